"""Many chargers in one Home Assistant: processor, delays of the event loop, memory, and the time that a start and a stop take."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
import gc
import logging
from multiprocessing import get_context
from pathlib import Path
import resource
import statistics
import time
from typing import Any

from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .boxes import standing
from .home import entry_of, home, set_up
from .measuring import Cost, compared
from .report import Ratio, Result, Table
from .yardstick import yardstick

# The make that has most entities and the longest answer, polled every 5 s.
MAKE = "smartevse"
COUNTS, SECONDS = (1, 10, 50, 100, 200), 40.0
FEW, MANY = 4, 44
GOAL_LAG_MS, GOAL_MEMORY_KB = 20.0, 1024.0
# At a start all is read and written at once; after so long each charger is polled at its own moment.
CALM_S = 6.0
PROBED_EVERY_S = 0.01
# What one costs among many, of what it costs among few.
MOST_TIMES_EACH = 2.0
# A refresh of one among few, in yardsticks; about twice what is usual.
MOST_YARDSTICKS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What so many chargers cost: a share of one processor, delays in ms, kB, s."""

    count: int
    share: float
    lag_p99_ms: float
    lag_most_ms: float
    work_p99_ms: float
    memory_kb: float
    set_up_s: float
    set_up_cpu_s: float
    stop_s: float

    @property
    def each_ms(self) -> float:
        """Return the processor time for a charger in a second, in ms."""
        return 1000 * self.share / self.count


def _memory_kb() -> float:
    """Return what this process has in memory, in kB."""
    gc.collect()
    return (
        int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 1024
    )


async def _lags_ms(seconds: float) -> tuple[list[float], list[float]]:
    """Return how much later than asked for the event loop came back, again and again, and how long it worked meanwhile.

    It cannot have been later than that by itself; what is more is the work of others on the same processors.
    """
    loop = asyncio.get_running_loop()
    end_s = loop.time() + seconds
    lags, works = [], []
    while (due_s := loop.time() + PROBED_EVERY_S) < end_s:
        worked_s = time.thread_time()
        await asyncio.sleep(PROBED_EVERY_S)
        lags.append(1000 * (loop.time() - due_s))
        works.append(1000 * (time.thread_time() - worked_s))
    return lags, works


def _p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100)[-1]


async def _measure(ports: Sequence[int], seconds: float) -> Measured:
    async with home() as hass:
        entries = [entry_of(MAKE, port, number) for number, port in enumerate(ports, 1)]
        # The first brings the integration into memory.
        await set_up(hass, entries[:1])
        before_kb = _memory_kb()
        started_s, worked_s = time.perf_counter(), time.process_time()
        await set_up(hass, entries[1:])
        set_up_s, set_up_cpu_s = time.perf_counter() - started_s, time.process_time() - worked_s
        await asyncio.sleep(CALM_S)
        gc.collect()
        gc.freeze()
        started_s, worked_s = time.perf_counter(), time.process_time()
        lags, works = await _lags_ms(seconds)
        share = (time.process_time() - worked_s) / (time.perf_counter() - started_s)
        memory_kb = (_memory_kb() - before_kb) / max(1, len(entries) - 1)
        started_s = time.perf_counter()
        await hass.async_stop(force=True)
        stop_s = time.perf_counter() - started_s
    return Measured(
        count=len(entries),
        share=share,
        lag_p99_ms=_p99(lags),
        lag_most_ms=max(lags),
        work_p99_ms=_p99(works),
        memory_kb=memory_kb,
        set_up_s=set_up_s,
        set_up_cpu_s=set_up_cpu_s,
        stop_s=stop_s,
    )


def measure(ports: Sequence[int], seconds: float) -> Measured:
    """Measure a Home Assistant with the chargers at these ports for so long."""
    logging.disable()
    return asyncio.run(_measure(ports, seconds))


def _in_a_process(count: int, seconds: float) -> Measured:
    """Measure so many chargers in a process that has done nothing before, for its memory is measured."""
    with (
        standing([(MAKE, number, True) for number in range(1, count + 1)]) as ports,
        ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool,
    ):
        return pool.submit(measure, ports, seconds).result()


async def _few_and_many(ports: Sequence[int]) -> tuple[dict[int, Cost], float]:
    """Return what a refresh costs, for each of few chargers that are refreshed at once, and of many.

    And in yardsticks, for each of few.
    """
    costs: dict[int, Cost] = {}
    yardsticks: list[float] = []
    async with home() as hass:
        entries = [entry_of(MAKE, port, number) for number, port in enumerate(ports, 1)]
        for count, new in ((FEW, entries[:FEW]), (MANY, entries[FEW:])):
            await set_up(hass, new)
            coordinators = [entry.runtime_data.coordinator for entry in entries[:count]]

            async def refresh(all_: Sequence[DataUpdateCoordinator[Any]] = coordinators) -> None:
                await asyncio.gather(*(each.async_refresh() for each in all_))

            found = await compared({"refresh": refresh, "yardstick": yardstick}, 5, 2 * MANY // count)
            together = found["refresh"]
            costs[count] = Cost(cpu_ms=together.cpu_ms / count, wall_ms=together.wall_ms / count)
            yardsticks.append(costs[count].times(found["yardstick"]))
        await hass.async_stop(force=True)
    return costs, yardsticks[0]


def _run_short() -> Result:
    with standing([(MAKE, number, True) for number in range(1, MANY + 1)]) as ports:
        costs, yardsticks = asyncio.run(_few_and_many(ports))
    table = Table(
        title="Few and many chargers",
        columns=("chargers", "a refresh of each, ms of processor"),
        rows=[(str(count), f"{cost.cpu_ms:.2f}") for count, cost in costs.items()],
        note="SmartEVSEs that charge, all refreshed at once, each with another current and power.",
    )
    ratios = [
        Ratio(
            name=f"refresh of each of {MANY} chargers, of {FEW}",
            value=costs[MANY].times(costs[FEW]),
            most=MOST_TIMES_EACH,
        ),
        Ratio(name=f"refresh of each of {FEW} chargers, yardsticks", value=yardsticks, most=MOST_YARDSTICKS),
    ]
    return Result(tables=[table], ratios=ratios)


def run(*, short: bool) -> Result:
    """Measure each number of chargers; in the short form only what a refresh costs among few and many."""
    if short:
        return _run_short()
    found = [_in_a_process(count, SECONDS) for count in COUNTS]
    table = Table(
        title="Many chargers in one Home Assistant",
        columns=(
            "chargers",
            "share of one processor",
            "ms a second for each",
            f"delay of the event loop, p99, ms (goal {GOAL_LAG_MS:g} at 100)",
            "the longest, ms",
            "own work meanwhile, p99, ms",
            f"memory for each, kB (goal {GOAL_MEMORY_KB:g})",
            "set-up, s",
            "of processor, s",
            "stop, s",
        ),
        rows=[
            (
                str(each.count),
                f"{100 * each.share:.1f} %",
                f"{each.each_ms:.2f}",
                f"{each.lag_p99_ms:.1f}",
                f"{each.lag_most_ms:.1f}",
                f"{each.work_p99_ms:.1f}",
                f"{each.memory_kb:.0f}" if each.count > 1 else "",
                f"{each.set_up_s:.2f}" if each.count > 1 else "",
                f"{each.set_up_cpu_s:.2f}" if each.count > 1 else "",
                f"{each.stop_s:.2f}",
            )
            for each in found
        ],
        note="SmartEVSEs that charge, polled every 5 s; at each poll current and power are others. The set-up is that of "
        "all but the first, at once. A probe that sleeps for 10 ms measures the delays, and is a part of the share; by itself Home Assistant cannot "
        "delay it for longer than it works meanwhile.",
    )
    return Result(tables=[table])
