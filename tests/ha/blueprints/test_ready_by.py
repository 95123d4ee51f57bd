"""The blueprint that lets a car be ready in time."""

from datetime import datetime
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from tests.emulators.base import Emulator
from tests.emulators.psp import PspEmulator
from tests.ha.automations import device_of, entity_of
from tests.ha.psp.conftest import entry_for as psp_entry

from .conftest import Later, Use, settle

NAME = "ready_by"
CALENDAR = "calendar.trips"


@pytest.fixture
async def emulator() -> Any:
    """Return a charger for which Home Assistant waits."""
    async with PspEmulator() as emulator:
        yield emulator


@pytest.fixture
def entry(hass: HomeAssistant, emulator: PspEmulator) -> MockConfigEntry:
    """Return its entry."""
    entry = psp_entry(emulator)
    entry.add_to_hass(hass)
    return entry


async def next_start(hass: HomeAssistant, entry: MockConfigEntry) -> str | None:
    """Return when the charger starts, as the action returns it; None: it does not wait."""
    answer = await hass.services.async_call(
        "evse_pilot",
        "get_schedule",
        {"device_id": device_of(hass, entry)},
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    chargers: Any = answer["chargers"]
    [schedule] = chargers.values()
    start: str | None = schedule["next_start"]
    return start


@pytest.fixture
def agenda(hass: HomeAssistant) -> list[str]:
    """Return the starts of the events of a calendar, to be filled."""
    starts: list[str] = []

    async def get_events(call: ServiceCall) -> ServiceResponse:
        events: list[Any] = [{"start": start, "end": start, "summary": "Trip"} for start in starts]
        return {CALENDAR: {"events": events}}

    hass.services.async_register(
        "calendar", "get_events", get_events, supports_response=SupportsResponse.ONLY
    )
    return starts


def begins(hass: HomeAssistant, start: str, state: str = "off") -> None:
    """Let the calendar show its next event."""
    hass.states.async_set(CALENDAR, state, {"start_time": start})


async def test_a_time_of_day(
    hass: HomeAssistant, use: Use, charger: str, entry: MockConfigEntry, later: Later, emulator: Emulator
) -> None:
    """20 kWh with 11 kW take 1 h 49 min, and half an hour is kept in reserve before seven."""
    await use(NAME, charger=charger)
    assert await next_start(hass, entry) is None
    emulator.press("plug_in")
    await later(minutes=1)
    start = await next_start(hass, entry)
    assert start is not None
    assert datetime.fromisoformat(start).strftime("%d %H:%M") == "21 04:40"


async def test_a_calendar(
    hass: HomeAssistant,
    use: Use,
    charger: str,
    entry: MockConfigEntry,
    later: Later,
    agenda: list[str],
    emulator: Emulator,
) -> None:
    """The next event counts, also one that is moved while the car waits; with no event the time of day does."""
    agenda.extend(["2026-11-20T08:00:00+01:00", "2026-11-21T10:00:00+01:00"])
    begins(hass, "2026-11-21 10:00:00")
    await use(NAME, charger=charger, calendars=[CALENDAR], energy=11, margin=0)
    emulator.press("plug_in")
    await later(minutes=1)
    assert await next_start(hass, entry) == "2026-11-21T09:00:00+01:00"
    agenda[1] = "2026-11-21T06:00:00+01:00"
    begins(hass, "2026-11-21 06:00:00")
    await later(seconds=30)
    assert await next_start(hass, entry) == "2026-11-21T05:00:00+01:00"
    agenda.clear()
    begins(hass, "")
    await later(seconds=30)
    assert await next_start(hass, entry) == "2026-11-21T06:00:00+01:00"
    # A calendar that is lost and found plans the same again, and one that is lost nothing.
    hass.states.async_set(CALENDAR, "unavailable")
    await settle()
    begins(hass, "")
    await later(seconds=30)
    assert await next_start(hass, entry) == "2026-11-21T06:00:00+01:00"
    # The event begins: that is no other one.
    agenda.append("2026-11-21T23:00:00+01:00")
    begins(hass, "", "on")
    await later(seconds=30)
    assert await next_start(hass, entry) == "2026-11-21T06:00:00+01:00"


async def test_too_little_time(
    hass: HomeAssistant,
    use: Use,
    charger: str,
    entry: MockConfigEntry,
    later: Later,
    agenda: list[str],
    emulator: Any,
) -> None:
    """It charges at once, whatever its schedule allows."""
    await hass.services.async_call(
        "evse_pilot",
        "set_schedule",
        {"device_id": charger, "windows": [{"start": "02:00", "end": "05:00"}]},
        blocking=True,
    )
    agenda.append("2026-11-20T14:00:00+01:00")
    begins(hass, "2026-11-20 14:00:00")
    await use(NAME, charger=charger, calendars=[CALENDAR])
    emulator.press("plug_in")
    await later(minutes=2)
    state = hass.states.get(entity_of(hass, entry, "binary_sensor.charging"))
    assert state is not None
    assert state.state == "on"


async def test_persons(
    hass: HomeAssistant, use: Use, charger: str, entry: MockConfigEntry, later: Later, emulator: Emulator
) -> None:
    """While all are away nothing is planned; it is when one comes home, and not when a phone is found again."""
    for name in ("anna", "ben"):
        hass.states.async_set(f"person.{name}", "not_home")
    await use(NAME, charger=charger, persons=["person.anna", "person.ben"])
    emulator.press("plug_in")
    await later(minutes=1)
    assert await next_start(hass, entry) is None
    hass.states.async_set("person.ben", "unavailable")
    await settle()
    hass.states.async_set("person.ben", "home")
    await later(seconds=30)
    assert await next_start(hass, entry) is None
    hass.states.async_set("person.anna", "home")
    await later(seconds=30)
    assert await next_start(hass, entry) is not None
    # Without a car nothing is planned.
    emulator.press("unplug")
    await later(minutes=1)
    assert await next_start(hass, entry) is None
    hass.states.async_set("person.anna", "not_home")
    hass.states.async_set("person.anna", "home")
    await later(seconds=30)
    assert await next_start(hass, entry) is None
