"""What a start costs: the import of the integration, and the set-up of a charger, against integrations of core."""

import asyncio
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant

from . import imports
from .boxes import NAMES, standing
from .home import entry_of, home, set_up
from .measuring import Cost, Work, compared
from .refresh import POLLED_MAKES, RIVAL, rival_entry
from .report import Ratio, Result, Table
from .yardstick import work

OURS = "custom_components.evse_pilot"
CORE_LEKTRICO, CORE_PEBLAR = "homeassistant.components.lektrico", "homeassistant.components.peblar"
# In processor time, against core's integration of Lektrico; about twice what is usual.
MOST_IMPORT, MOST_SET_UP = 6.0, 4.6
# A set-up, in so many yardsticks; about twice what is usual.
YARDSTICKS = 100
MOST_YARDSTICKS = {"smartevse": 2.1, "psp": 2.1, "lektrico": 2.4}


def _import(package: str) -> tuple[float, int]:
    """Return the processor time of an import in an interpreter of its own, in ms, and how many modules it brought."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(imports.measure, package).result()


async def _again(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    if not await hass.config_entries.async_setup(entry.entry_id):
        raise RuntimeError(f"{entry.title} was not set up")
    await hass.async_block_till_done()
    await hass.config_entries.async_unload(entry.entry_id)


async def _yardsticks() -> None:
    # As many as take about as long as a set-up.
    for _ in range(YARDSTICKS):
        work()


async def _set_ups(rounds: int, count: int) -> dict[str, Cost]:
    boxes = [(make, 1, False) for make in POLLED_MAKES]
    with standing(boxes) as ports:
        async with home() as hass:
            entries = {
                NAMES[make]: entry_of(make, port) for make, port in zip(POLLED_MAKES, ports, strict=True)
            }
            entries[RIVAL] = rival_entry(ports[POLLED_MAKES.index("lektrico")])
            await set_up(hass, list(entries.values()))
            for entry in entries.values():
                await hass.config_entries.async_unload(entry.entry_id)
            works: dict[str, Work] = {name: partial(_again, hass, entry) for name, entry in entries.items()}
            works["yardstick"] = _yardsticks
            costs = await compared(works, rounds, count)
            await hass.async_stop(force=True)
    return costs


def run(*, short: bool) -> Result:
    """Measure the imports and the set-ups; the short form leaves Peblar out."""
    times = 3 if short else 5
    packages = {"EVSE Pilot": OURS, "Lektrico of core": CORE_LEKTRICO}
    if not short:
        packages["Peblar of core"] = CORE_PEBLAR
    # One after the other in each round, as all that is compared.
    imported_by = [{name: _import(package) for name, package in packages.items()} for _ in range(times)]
    found = {name: min(each[name] for each in imported_by) for name in packages}
    rows = [(name, f"{ms:.0f}", str(modules)) for name, (ms, modules) in found.items()]
    imported = Table(
        title="Import",
        columns=("integration", "ms of processor", "modules"),
        rows=rows,
        note="All modules of it and its libraries, into a fresh interpreter that has what every Home Assistant has loaded.",
    )
    costs = asyncio.run(_set_ups(*((5, 3) if short else (7, 10))))
    stick = costs.pop("yardstick")
    started = Table(
        title="Set-up of a charger",
        columns=("make", "ms of processor", "ms that pass"),
        rows=[(name, f"{cost.cpu_ms:.1f}", f"{cost.wall_ms:.1f}") for name, cost in costs.items()],
        note="Set up and unloaded again, with the integration in memory: its first reading and its entities.",
    )
    ratios = [
        Ratio(
            name="import, of core's Lektrico",
            value=found["EVSE Pilot"][0] / found["Lektrico of core"][0],
            most=MOST_IMPORT,
        ),
        Ratio(
            name="set-up of Lektrico, by core's integration",
            value=costs[NAMES["lektrico"]].times(costs[RIVAL]),
            most=MOST_SET_UP,
        ),
    ]
    ratios += [
        Ratio(
            name=f"set-up of {NAMES[make]}, {YARDSTICKS} yardsticks",
            value=costs[NAMES[make]].times(stick),
            most=MOST_YARDSTICKS[make],
        )
        for make in POLLED_MAKES
    ]
    return Result(tables=[imported, started], ratios=ratios)
