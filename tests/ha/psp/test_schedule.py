"""A charging week on a charger that keeps nothing, starts by a toggle, and can charge on one phase or three."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from tests.emulators.base import Line
from tests.emulators.psp import PspEmulator
from tests.ha.conftest import Poll, Read

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
EVENING = {"start": "18:00", "end": "22:00"}


@pytest.fixture
async def loaded(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, entry: MockConfigEntry, emulator: PspEmulator
) -> MockConfigEntry:
    """Return the entry, set up on a Friday noon in Amsterdam, with a car plugged in."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    freezer.move_to(datetime(2026, 11, 20, 12, tzinfo=AMSTERDAM))
    emulator.press("plug_in")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


@pytest.fixture
def until(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Any:
    """Return a function that lets it be later, and what is due then happen."""

    async def until(text: str) -> None:
        freezer.move_to(datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)

    return until


async def act(hass: HomeAssistant, action: str, **data: Any) -> None:
    """Carry out an action on the charger."""
    await hass.services.async_call(
        DOMAIN, action, {"entity_id": "sensor.psp_evse_status", **data}, blocking=True
    )
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.usefixtures("all_enabled")
async def test_once(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: PspEmulator, until: Any, read: Read
) -> None:
    """A start for once is carried out from here, over a restart, and is over when the car is unplugged."""
    await act(hass, "set_delayed_start", start="2026-11-20 14:00:00", stop="2026-11-20 15:00:00")
    assert not emulator.drawn_a
    assert read("sensor.status") == "scheduled"
    assert read("sensor.next_charging_start") == "2026-11-20T13:00:00+00:00"
    assert await hass.config_entries.async_reload(loaded.entry_id)
    await until("2026-11-20T14:00:01")
    assert emulator.drawn_a
    assert read("sensor.next_charging_end") == "2026-11-20T14:00:00+00:00"
    await until("2026-11-20T15:00:01")
    assert not emulator.drawn_a
    emulator.press("unplug")
    # Unplugged is two polls (case A5).
    await until("2026-11-20T15:59:45")
    await until("2026-11-20T16:00:00")
    emulator.press("plug_in")
    await until("2026-11-20T16:01:00")
    assert emulator.drawn_a


async def test_every_day(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: PspEmulator, until: Any
) -> None:
    """A start and a stop for every day are a week of their own."""
    await act(hass, "set_delayed_start", start="2026-11-21 02:00:00", stop="2026-11-21 05:00:00", daily=True)
    for day in ("21", "22"):
        assert not emulator.drawn_a
        await until(f"2026-11-{day}T02:00:01")
        assert emulator.drawn_a
        await until(f"2026-11-{day}T05:00:01")


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"start": "2026-11-20 11:00:00"}, "refused_start_in_the_past"),
        ({"start": "2026-11-20 14:00:00", "stop": "2026-11-20 13:00:00"}, "refused_stop_before_start"),
        ({"start": "2026-11-20 14:00:00", "daily": True}, "refused_stop_needed_to_repeat"),
        ({"start": "2026-11-20 14:00:00", "mode": "solar"}, "refused_no_modes"),
    ],
)
async def test_no_such_start(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: PspEmulator, data: dict[str, Any], key: str
) -> None:
    """What cannot be is refused, and the car charges on."""
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, "set_delayed_start", **data)
    assert error.value.translation_key == key
    assert emulator.drawn_a


async def test_phases_of_a_window(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: PspEmulator, until: Any, poll: Poll
) -> None:
    """Phases are switched while no current flows, and the owner's come back."""
    windows = [EVENING | {"phases": 1, "current": 8}, {"start": "22:00", "end": "23:00"}]
    await act(hass, "set_schedule", windows=windows)
    # The session is started at the charger all the same.
    emulator.press("push_start")
    await poll()
    assert emulator.drawn_a
    await until("2026-11-20T18:00:01")
    assert (emulator.phases, emulator.drawn_a) == (1, 8)
    await until("2026-11-20T22:00:01")
    assert (emulator.phases, emulator.drawn_a) == (3, 16)
    await until("2026-11-20T23:00:01")
    assert not emulator.drawn_a


async def test_lost_toggle(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: PspEmulator, until: Any
) -> None:
    """A start is not sent twice when its reply was lost: twice would be a stop."""
    await act(hass, "set_schedule", windows=[EVENING])
    assert not emulator.drawn_a
    emulator.line = Line.CUT
    await until("2026-11-20T18:00:01")
    emulator.line = Line.OK
    await until("2026-11-20T18:01:10")
    await until("2026-11-20T18:02:10")
    assert emulator.drawn_a
