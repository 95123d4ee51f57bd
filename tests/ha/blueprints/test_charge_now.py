"""The blueprint that charges now, and then goes by the schedule again."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import restore_state
from homeassistant.helpers.restore_state import StoredState
from homeassistant.util import dt as dt_util
from tests.emulators.base import Line
from tests.emulators.smartevse import SmartEvseEmulator
from tests.ha.automations import entity_of

from .conftest import Later, Use, settle

NAME = "charge_now"
START = [{"trigger": "event", "event_type": "charge_now"}]
NIGHT: dict[str, Any] = {"windows": [{"start": "02:00", "end": "05:00", "current": 10}]}


async def schedule_of(hass: HomeAssistant, charger: str) -> dict[str, Any]:
    """Return the schedule of the charger."""
    answer = await hass.services.async_call(
        "evse_pilot", "get_schedule", {"device_id": charger}, blocking=True, return_response=True
    )
    assert answer is not None
    found: Any = answer["chargers"]
    return dict(found["SmartEVSE"])


@pytest.fixture
async def waiting(hass: HomeAssistant, charger: str, emulator: SmartEvseEmulator, later: Later) -> str:
    """Return a charger with a car that waits for the night."""
    await hass.services.async_call(
        "evse_pilot", "set_schedule", {"device_id": charger, **NIGHT}, blocking=True
    )
    emulator.press("plug_in")
    await later(minutes=1)
    assert not any(emulator.ev_currents_a)
    return charger


async def start(hass: HomeAssistant) -> None:
    """Fire the trigger that was chosen."""
    hass.bus.async_fire("charge_now")
    await settle()


async def test_by_time(
    hass: HomeAssistant, use: Use, waiting: str, emulator: SmartEvseEmulator, later: Later
) -> None:
    """The car charges for the hours, and waits for its schedule again, which is as it was."""
    before = await schedule_of(hass, waiting)
    await use(NAME, charger=waiting, start=START, hours=1)
    await start(hass)
    await later(minutes=58)
    assert any(emulator.ev_currents_a)
    await later(minutes=4)
    assert not any(emulator.ev_currents_a)
    after = await schedule_of(hass, waiting)
    assert after == before
    await start(hass)
    await later(minutes=58)
    assert any(emulator.ev_currents_a)


async def test_by_energy(
    hass: HomeAssistant,
    use: Use,
    waiting: str,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    later: Later,
) -> None:
    """The car charges until it has its kWh; a line that is lost at that moment only makes it later."""
    sensor = entity_of(hass, loaded, "sensor.session_energy")
    await use(NAME, charger=waiting, start=START, hours=3, session_energy=[sensor], energy=4)
    await start(hass)
    await later(minutes=10)
    state = hass.states.get(sensor)
    assert state is not None
    assert 1 < float(state.state) < 4
    emulator.line = Line.REFUSED
    await later(minutes=20)
    emulator.line = Line.OK
    assert any(emulator.ev_currents_a)
    await later(minutes=3)
    assert not any(emulator.ev_currents_a)
    assert not (await schedule_of(hass, waiting))["overridden"]


async def test_without_a_trigger(
    hass: HomeAssistant, use: Use, waiting: str, emulator: SmartEvseEmulator, later: Later
) -> None:
    """It can be run by hand; a person who goes by the schedule again, or unplugs the car, ends it."""
    await use(NAME, charger=waiting)
    await hass.services.async_call("automation", "trigger", {"entity_id": "automation.test"})
    await later(minutes=2)
    assert any(emulator.ev_currents_a)
    emulator.press("unplug")
    await later(minutes=2)
    state = hass.states.get("automation.test")
    assert state is not None
    assert state.attributes["current"] == 0


@pytest.mark.parametrize(
    ("ago", "charges"), [("2026-11-20T11:30:00+00:00", 30), ("2026-11-20T08:00:00+00:00", 0)]
)
async def test_over_a_restart(
    hass: HomeAssistant,
    use: Use,
    waiting: str,
    emulator: SmartEvseEmulator,
    later: Later,
    ago: str,
    charges: int,
) -> None:
    """After a restart of Home Assistant the time goes on from its start."""
    await hass.services.async_call("evse_pilot", "override_schedule", {"device_id": waiting}, blocking=True)
    state = State("automation.test", "on", {"last_triggered": ago})
    restore_state.async_get(hass).last_states[state.entity_id] = StoredState(state, None, dt_util.utcnow())
    await use(NAME, charger=waiting, start=START, hours=1)
    hass.bus.async_fire("homeassistant_started")
    await later(minutes=2)
    assert any(emulator.ev_currents_a) is bool(charges)
    await later(minutes=charges)
    assert not any(emulator.ev_currents_a)
