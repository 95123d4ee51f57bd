"""Costs of what is done again and again: processor time, which is the same on a busy machine, and the time that passes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
import gc
import time

type Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What doing it once costs, in ms: of the processor for this process, and on the clock."""

    cpu_ms: float
    wall_ms: float

    def times(self, other: Cost) -> float:
        """Return how many times the processor time of another."""
        return self.cpu_ms / other.cpu_ms


async def measured(work: Work, count: int) -> Cost:
    """Do it so often, and return the mean of it."""
    started_s, worked_s = time.perf_counter(), time.process_time()
    for _ in range(count):
        await work()
    return Cost(
        cpu_ms=1000 * (time.process_time() - worked_s) / count,
        wall_ms=1000 * (time.perf_counter() - started_s) / count,
    )


def best(costs: Sequence[Cost]) -> Cost:
    """Return the least of each: what else the machine does only adds to a cost."""
    return Cost(cpu_ms=min(each.cpu_ms for each in costs), wall_ms=min(each.wall_ms for each in costs))


async def compared(works: Mapping[str, Work], rounds: int, count: int) -> dict[str, Cost]:
    """Do each of them so often in each round, one after the other, and return the best of its rounds."""
    # What is loaded would be searched for garbage again and again.
    gc.collect()
    gc.freeze()
    costs: dict[str, list[Cost]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            # The garbage of one is not for the next to collect.
            gc.collect()
            costs[name].append(await measured(work, count))
    return {name: best(rounds_of) for name, rounds_of in costs.items()}
