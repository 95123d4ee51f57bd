"""What a decision of the law of load balancing costs, by the number of members."""

from dataclasses import dataclass
import gc
import random
import statistics
import time

from custom_components.evse_pilot.chargers.types import Status
from tests.balancing.bench import Bench, Car, group, member

from .report import Ratio, Result, Table
from .yardstick import yardstick_ms

COUNTS, SHORT_COUNTS = (2, 10, 50, 100, 300, 1000), (10, 90)
GOALS_MS = {100: 2.0, 1000: 20.0}
# What a meter shows is less than 1,000 A, which feeds this many cars at their minimum.
MOST_FUSE_A, FED = 900.0, 140
WARM_S, ROUNDS, DECISIONS = 30, 5, 20
# For each member, of ninety against ten, whose cars all charge; about twice what is usual.
MOST_TIMES_EACH = 1.6
# A decision, in yardsticks; about twice what is usual.
MOST_YARDSTICKS = {10: 4.6, 90: 19.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A decision, in ms of processor time: the median, the longest of the best round, in yardsticks; how many charge."""

    median_ms: float
    most_ms: float
    yardsticks: float
    charging: int


def _bench(count: int, cars: int) -> Bench:
    """Return a group on three phases, so many of whose members have a car that would take all it is offered."""
    fuse_a = min(MOST_FUSE_A, 9.6 * count + 20)
    members = [member(f"m{n}") for n in range(count)]
    without = {each.id: Car(0.0, draws_a=0.0, status=Status.DISCONNECTED) for each in members[cars:]}
    return Bench(group(*members, fuse_a=(fuse_a,) * 3), **without)


def _measure(count: int, cars: int) -> Measured:
    bench, chance = _bench(count, cars), random.Random(7)
    most_a = 0.02 * bench.law.group.fuse_a[0]

    def decision_ms() -> float:
        bench.t += 1
        bench.house = [chance.uniform(0, most_a) for _ in range(3)]
        bench.read_chargers()
        bench.law.read_mains(bench.t, bench.mains)
        worked_s = time.process_time()
        decision = bench.law.decide(bench.t)
        lasted_ms = 1000 * (time.process_time() - worked_s)
        for write in decision.writes:
            bench.controllers[write.id].give(write.amps)
        bench.send()
        return lasted_ms

    def decisions_ms(number: int) -> list[tuple[float, float]]:
        # Each with a yardstick of the same moment.
        return [(decision_ms(), yardstick_ms()) for _ in range(number)]

    decisions_ms(WARM_S)
    gc.collect()
    gc.freeze()
    pairs = [list(zip(*decisions_ms(DECISIONS), strict=True)) for _ in range(ROUNDS)]
    gc.unfreeze()
    rounds = [decisions for decisions, _ in pairs]
    median_ms = min(statistics.median(each) for each in rounds)
    charging = sum(car.drawn_a > 0 for car in bench.cars.values())
    return Measured(
        median_ms=median_ms,
        most_ms=min(max(each) for each in rounds),
        yardsticks=median_ms / min(statistics.median(yardsticks) for _, yardsticks in pairs),
        charging=charging,
    )


def run(*, short: bool) -> Result:
    """Measure each number of members: with as many cars as can charge, and with one at each that waits for its turn."""
    counts = SHORT_COUNTS if short else COUNTS
    fed = {count: _measure(count, min(count, FED)) for count in counts}
    queues = {count: _measure(count, count) for count in counts if count > FED}
    table = Table(
        title="A decision of the law",
        columns=(
            "members on three phases",
            "charge",
            "median, ms of processor",
            "longest",
            "goal",
            "median where all others wait",
        ),
        rows=[
            (
                f"{count:,}",
                str(each.charging),
                f"{each.median_ms:.2f}",
                f"{each.most_ms:.2f}",
                f"{GOALS_MS[count]:g}" if count in GOALS_MS else "",
                f"{queues[count].median_ms:.1f}" if count in queues else "",
            )
            for count, each in fed.items()
        ],
        note="The house changes each second, and each car takes what it is offered. A meter shows less than 1,000 A, so that "
        f"no more than {FED} of many charge: the others have no car, or in the last column one that waits for its turn.",
    )
    first, *_, last = counts
    ratios = [
        Ratio(
            name=f"decision for each of {last} members, of {first}",
            value=fed[last].median_ms / last / (fed[first].median_ms / first),
            most=MOST_TIMES_EACH,
        )
    ]
    ratios += [
        Ratio(name=f"decision for {count} members, yardsticks", value=fed[count].yardsticks, most=most)
        for count, most in MOST_YARDSTICKS.items()
        if count in fed
    ]
    return Result(tables=[table], ratios=ratios)
