"""What a whole refresh costs in Home Assistant, with the entities that are on by default, and an event of a stream."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
import time
from typing import Any
from unittest.mock import patch

from aiohttp import ClientSession
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.chargers.lektrico.box import LektricoBox
from custom_components.evse_pilot.chargers.psp.charger import PspEvse
from custom_components.evse_pilot.chargers.smartevse.charger import SmartEvse
from homeassistant.const import ATTR_HW_VERSION, ATTR_SERIAL_NUMBER, CONF_HOST, CONF_TYPE
from homeassistant.core import HomeAssistant

from .boxes import EVENTS, EVENTS_EVERY_S, HOST, NAMES, REQUESTS, TOKEN, standing
from .home import entry_of, home, set_up, shown_entities
from .measuring import Cost, best, compared, measured
from .poll import PACES_S, PollTime
from .report import Ratio, Result, Table
from .yardstick import yardstick

POLLED_MAKES = ("smartevse", "psp", "lektrico")
# Of each polled make one that shows the same, and one whose car draws something else with each poll.
BOXES = [(make, number, number == 2) for make in POLLED_MAKES for number in (1, 2)]
RIVAL = "Lektrico by core's integration"
# An answer without a change and one with it, in processor time, against the same refresh by the integration of core; about twice
# what is usual, as all below.
MOST_OF_RIVAL = (0.7, 1.0)
# A change, against an answer without one.
MOST_TIMES_UNCHANGED = 2.8
# The same two, in yardsticks.
MOST_YARDSTICKS = {"smartevse": (13.5, 16.0), "psp": (16.5, 20.0), "lektrico": (9.6, 13.8)}
MOST_YARDSTICKS_EVENT = 11.0
# A stream is open within a second; one that never is has to end the run.
_OPENS_S = 60


def rival_entry(port: int, number: int = 1) -> MockConfigEntry:
    """Return an entry of core's integration for the same charger."""
    return MockConfigEntry(
        domain="lektrico",
        title=f"Core {number}",
        data={
            CONF_HOST: f"{HOST}:{port}",
            CONF_TYPE: "3p22k",
            # As its config flow stores it: with a number all its entities are refused.
            ATTR_SERIAL_NUMBER: str(number),
            ATTR_HW_VERSION: "F",
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What a refresh costs, how many requests it has, and how many entities show it."""

    cost: Cost
    requests: float
    entities: int


@contextmanager
def _paced(at: PollTime) -> Iterator[None]:
    """Give this clock to the chargers that are made while the block lasts."""
    with ExitStack() as stack:
        for make, clock in ((SmartEvse, at), (PspEvse, at.clock), (LektricoBox, at)):
            stack.enter_context(patch.dict(make.__init__.__kwdefaults__, clock=clock))
        yield


async def _refresh(entry: MockConfigEntry, at: PollTime, pace_s: float) -> None:
    # What falls due between two polls is a part of them.
    at.now_s += pace_s
    coordinator = getattr(entry.runtime_data, "coordinator", entry.runtime_data)
    await coordinator.async_refresh()
    if not coordinator.last_update_success:
        raise RuntimeError(f"{entry.title} was not read")


async def _requests(port: int) -> int:
    async with ClientSession(f"http://{HOST}:{port}") as session, session.get(REQUESTS) as response:
        return int(await response.json())


async def _refreshes(
    hass: HomeAssistant, ports: list[int], rounds: int, count: int
) -> tuple[dict[Any, Refreshed], Cost]:
    """Return what each make costs, by its name and whether it wavers, and a yardstick."""
    entries: dict[Any, tuple[MockConfigEntry, int, float]] = {}
    for (make, number, wavers), port in zip(BOXES, ports, strict=True):
        entries[NAMES[make], wavers] = entry_of(make, port, number), port, PACES_S[make]
        if make == "lektrico":
            entries[RIVAL, wavers] = rival_entry(port, number), port, 0.0
    works: dict[Any, Callable[[], Awaitable[object]]] = {"yardstick": yardstick}
    requests: dict[Any, float] = {}
    for key, (entry, port, pace_s) in entries.items():
        at = PollTime()
        with _paced(at):
            await set_up(hass, [entry])
        works[key] = work = partial(_refresh, entry, at, pace_s)
        # What is read seldom, and one at a time.
        for _ in range(12):
            await work()
        before = await _requests(port)
        for _ in range(count):
            await work()
        requests[key] = (await _requests(port) - before) / count
    costs = await compared(works, rounds, count)
    refreshed = {
        key: Refreshed(cost=costs[key], requests=requests[key], entities=shown_entities(hass, entry))
        for key, (entry, _, _) in entries.items()
    }
    for entry, _, _ in entries.values():
        await hass.config_entries.async_unload(entry.entry_id)
    return refreshed, costs["yardstick"]


async def _events(hass: HomeAssistant, port: int, count: int) -> tuple[float, float, Cost]:
    """Return what an event costs, in ms of processor time, which part was shown one by one, and a yardstick."""
    async with ClientSession(f"http://{HOST}:{port}") as session:
        async with session.get(TOKEN) as response:
            token = await response.json()
        entry = entry_of("evnex", port, token=token)
        await set_up(hass, [entry])
        coordinator = entry.runtime_data.coordinator
        readings: asyncio.Queue[None] = asyncio.Queue()
        coordinator.async_add_reading_listener(lambda _: readings.put_nowait(None))
        # The stream is open when its first event is there.
        async with asyncio.timeout(_OPENS_S):
            while readings.empty():
                async with session.get(f"{EVENTS}?count=1"):
                    await asyncio.sleep(0.05)
        costs, yardsticks = [], []
        for _ in range(3):
            yardsticks.append(await measured(yardstick, count))
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
    return *min(costs), best(yardsticks)


async def _measure(
    rounds: int, count: int
) -> tuple[tuple[dict[Any, Refreshed], Cost], tuple[float, float, Cost]]:
    with standing([*BOXES, ("evnex", 1, True)]) as ports:
        async with home() as hass:
            costs = await _refreshes(hass, ports[:-1], rounds, count)
            event = await _events(hass, ports[-1], 5 * count)
            await hass.async_stop(force=True)
    return costs, event


def run(*, short: bool) -> Result:
    """Measure all makes, and core's integration for one of them."""
    (found, stick), (event_ms, part, event_stick) = asyncio.run(_measure(*((7, 20) if short else (15, 100))))
    costs = {key: each.cost for key, each in found.items()}
    names = [*(NAMES[make] for make in POLLED_MAKES), RIVAL]
    table = Table(
        title="A refresh in Home Assistant",
        columns=(
            "make",
            "entities that are on",
            "requests",
            "unchanged answer, ms of processor",
            "changed answer",
            "unchanged, ms that pass",
            "changed",
        ),
        rows=[
            (
                name,
                str(found[name, True].entities),
                f"{found[name, True].requests:.2f}",
                *(f"{costs[name, wavers].cpu_ms:.2f}" for wavers in (False, True)),
                *(f"{costs[name, wavers].wall_ms:.2f}" for wavers in (False, True)),
            )
            for name in names
        ],
        note="With the entities that are on by default; a changed answer has another current and power each time. Each reads what has "
        "fallen due since the last.",
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
            most=MOST_OF_RIVAL[wavers],
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
    ratios += [
        Ratio(
            name=f"refresh of {NAMES[make]}, {'changed' if wavers else 'unchanged'}, yardsticks",
            value=costs[NAMES[make], wavers].times(stick),
            most=MOST_YARDSTICKS[make][wavers],
        )
        for make in POLLED_MAKES
        for wavers in (False, True)
    ]
    ratios.append(
        Ratio(
            name="event of EVNEX, yardsticks", value=event_ms / event_stick.cpu_ms, most=MOST_YARDSTICKS_EVENT
        )
    )
    return Result(tables=[table, events], ratios=ratios)
