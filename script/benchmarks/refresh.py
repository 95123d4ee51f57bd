"""What a whole refresh costs in Home Assistant, with the entities that are on by default, and an event of a stream."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
import time
from typing import Any

from aiohttp import ClientSession
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.const import ATTR_HW_VERSION, ATTR_SERIAL_NUMBER, CONF_HOST, CONF_TYPE
from homeassistant.core import HomeAssistant

from .boxes import EVENTS, EVENTS_EVERY_S, HOST, NAMES, TOKEN, standing
from .home import entry_of, home, set_up
from .measuring import Cost, compared
from .report import Ratio, Result, Table

POLLED_MAKES = ("smartevse", "psp", "lektrico")
# Of each polled make one that shows the same, and one whose car draws something else with each poll.
BOXES = [(make, number, number == 2) for make in POLLED_MAKES for number in (1, 2)]
RIVAL = "Lektrico by core's integration"
# In processor time, against the same refresh by the integration of core.
MOST_OF_RIVAL = 1.0
# A change, against an answer without one.
MOST_TIMES_UNCHANGED = 4.0
# An event, against a refresh of a SmartEVSE.
MOST_TIMES_REFRESH = 2.0


def rival_entry(port: int, number: int = 1) -> MockConfigEntry:
    """Return an entry of core's integration for the same charger."""
    return MockConfigEntry(
        domain="lektrico",
        title=f"Core {number}",
        data={
            CONF_HOST: f"{HOST}:{port}",
            CONF_TYPE: "3p22k",
            ATTR_SERIAL_NUMBER: number,
            ATTR_HW_VERSION: "F",
        },
    )


async def _refresh(entry: MockConfigEntry) -> None:
    coordinator = getattr(entry.runtime_data, "coordinator", entry.runtime_data)
    await coordinator.async_refresh()
    if not coordinator.last_update_success:
        raise RuntimeError(f"{entry.title} was not read")


async def _refreshes(hass: HomeAssistant, ports: list[int], rounds: int, count: int) -> dict[Any, Cost]:
    entries = {
        (NAMES[make], wavers): entry_of(make, port, number)
        for (make, number, wavers), port in zip(BOXES, ports, strict=True)
    }
    entries |= {
        (RIVAL, wavers): rival_entry(port, number)
        for (make, number, wavers), port in zip(BOXES, ports, strict=True)
        if make == "lektrico"
    }
    await set_up(hass, list(entries.values()))
    works: dict[Any, Callable[[], Awaitable[object]]] = {
        key: partial(_refresh, entry) for key, entry in entries.items()
    }
    for work in works.values():
        # What is read seldom, and one at a time.
        for _ in range(12):
            await work()
    costs = await compared(works, rounds, count)
    for entry in entries.values():
        await hass.config_entries.async_unload(entry.entry_id)
    return costs


async def _events(hass: HomeAssistant, port: int, count: int) -> tuple[float, float]:
    """Return what an event costs, in ms of processor time, and which part of them was shown one by one."""
    async with ClientSession(f"http://{HOST}:{port}") as session:
        async with session.get(TOKEN) as response:
            token = await response.json()
        entry = entry_of("evnex", port, token=token)
        await set_up(hass, [entry])
        coordinator = entry.runtime_data.coordinator
        readings: asyncio.Queue[None] = asyncio.Queue()
        coordinator.async_add_reading_listener(lambda _: readings.put_nowait(None))
        # The stream is open when its first event is there.
        while readings.empty():
            async with session.get(f"{EVENTS}?count=1"):
                await asyncio.sleep(0.05)
        costs = []
        for _ in range(3):
            while not readings.empty():
                readings.get_nowait()
            async with session.get(f"{EVENTS}?count={count}"):
                pass
            worked_s = time.process_time()
            # As long as that takes, and a pause after which none will come any more.
            await asyncio.sleep(2 * EVENTS_EVERY_S * count + 0.5)
            shown = readings.qsize()
            costs.append((1000 * (time.process_time() - worked_s) / max(1, shown), shown / count))
        await hass.config_entries.async_unload(entry.entry_id)
    return min(costs)


async def _measure(rounds: int, count: int) -> tuple[dict[Any, Cost], tuple[float, float]]:
    with standing([*BOXES, ("evnex", 1, True)]) as ports:
        async with home() as hass:
            costs = await _refreshes(hass, ports[:-1], rounds, count)
            event = await _events(hass, ports[-1], 5 * count)
            await hass.async_stop(force=True)
    return costs, event


def run(*, short: bool) -> Result:
    """Measure all makes, and core's integration for one of them."""
    costs, (event_ms, part) = asyncio.run(_measure(*((5, 20) if short else (15, 100))))
    names = [*(NAMES[make] for make in POLLED_MAKES), RIVAL]
    table = Table(
        title="A refresh in Home Assistant",
        columns=(
            "make",
            "unchanged answer, ms of processor",
            "changed answer",
            "unchanged, ms that pass",
            "changed",
        ),
        rows=[
            (
                name,
                *(f"{costs[name, wavers].cpu_ms:.2f}" for wavers in (False, True)),
                *(f"{costs[name, wavers].wall_ms:.2f}" for wavers in (False, True)),
            )
            for name in names
        ],
        note="With the entities that are on by default; a changed answer has another current and power each time.",
    )
    events = Table(
        title="Events of a stream",
        columns=("make", "ms of processor an event", "events a second of one processor", "shown one by one"),
        rows=[(NAMES["evnex"], f"{event_ms:.2f}", f"{1000 / event_ms:,.0f}", f"{100 * part:.0f} %")],
        note="Each event changes current, power and energy. The charger sends one in 3 s.",
    )
    ratios = [
        Ratio(
            name=f"refresh of Lektrico, {'changed' if wavers else 'unchanged'}, core's integration",
            value=costs[NAMES["lektrico"], wavers].times(costs[RIVAL, wavers]),
            most=MOST_OF_RIVAL,
        )
        for wavers in (False, True)
    ]
    ratios += [
        Ratio(
            name=f"refresh of {NAMES[make]}, changed, unchanged",
            value=costs[NAMES[make], True].times(costs[NAMES[make], False]),
            most=MOST_TIMES_UNCHANGED,
        )
        for make in POLLED_MAKES
    ]
    ratios.append(
        Ratio(
            name="event of EVNEX, changed refresh of SmartEVSE",
            value=event_ms / costs[NAMES["smartevse"], True].cpu_ms,
            most=MOST_TIMES_REFRESH,
        )
    )
    return Result(tables=[table, events], ratios=ratios)
