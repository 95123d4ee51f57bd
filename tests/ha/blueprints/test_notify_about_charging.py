"""The blueprint that notifies about charging."""

import json
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot import const
from custom_components.evse_pilot.control.claim import Source
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
from tests.emulators.base import Line
from tests.emulators.smartevse import SmartEvseEmulator
from tests.ha.test_triggers import happen, session_of

from .conftest import Later, Use

NAME = "notify_about_charging"
TEXTS = Path(const.__file__).parent / "translations" / "en.json"
REASONS = json.loads(TEXTS.read_text(encoding="utf-8"))["entity"]["sensor"]["limited_by"]["state"]


@pytest.fixture
async def running(use: Use, charger: str, phone: str) -> None:
    """Let the blueprint run with its defaults."""
    await use(NAME, chargers=[charger], phones=[phone])


async def press(hass: HomeAssistant, action: str) -> None:
    """Press a button of a notification."""
    hass.bus.async_fire("mobile_app_notification_action", {"action": action})
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.usefixtures("running")
async def test_finished_and_fault(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    later: Later,
    notified: list[ServiceCall],
) -> None:
    """A car that has finished is notified with its energy, where that is known, and a fault is."""
    session = session_of(hass, loaded)
    happen(hass, session, "charging_finished", energy_kwh=7.25)
    await hass.async_block_till_done()
    [call] = notified
    assert call.data["title"] == "SmartEVSE"
    assert call.data["message"] == "The car has finished with 7.2 kWh."
    assert call.data["data"]["actions"] == []
    await later(seconds=1)
    happen(hass, session, "charging_finished", energy_kwh=None)
    await hass.async_block_till_done()
    assert notified[-1].data["message"] == "The car has finished."
    emulator.press("fail", "3")
    await later(seconds=30)
    assert notified[-1].data["message"] == "The charger has a fault."
    assert len(notified) == 3


@pytest.mark.usefixtures("running")
async def test_n15_finished_stopped_early_and_the_buttons(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    charger: str,
    emulator: SmartEvseEmulator,
    later: Later,
    notified: list[ServiceCall],
) -> None:
    """Charging that is held back is notified once, with the reason; Charge now ends it, and Stop stops it."""
    emulator.press("plug_in")
    await later(minutes=10)
    assert not notified
    await hass.services.async_call(
        "evse_pilot", "set_current_limit", {"device_id": charger, "current": 0}, blocking=True
    )
    await later(minutes=10)
    [call] = notified
    assert (
        call.data["message"] == f"Charging has stopped before the car was full: {REASONS['paused_by_owner']}."
    )
    [button] = call.data["data"]["actions"]
    assert button["title"] == "Charge now"
    await press(hass, button["action"])
    await later(minutes=1)
    assert emulator.offered_a > 0
    await press(hass, button["action"].replace("CHARGE", "STOP"))
    claim = loaded.runtime_data.control.claims[Source.TIMED]
    assert claim.current_a == 0
    assert 11.9 < (claim.until - dt_util.utcnow()).total_seconds() / 3600 <= 12
    assert len(notified) == 1
    # What is not ours changes nothing.
    for action in ("EVSE_PILOT_CHARGE_0123", "OTHER", "EVSE_PILOT_CHARGE_"):
        await press(hass, action)
    assert Source.TIMED in loaded.runtime_data.control.claims


@pytest.mark.usefixtures("running")
async def test_plugged_in_and_waits(
    hass: HomeAssistant,
    charger: str,
    emulator: SmartEvseEmulator,
    later: Later,
    notified: list[ServiceCall],
) -> None:
    """A car that waits for its schedule is notified after five minutes; one that charges is not."""
    schedule = {"windows": [{"start": "02:00", "end": "05:00"}]}
    await hass.services.async_call(
        "evse_pilot", "set_schedule", {"device_id": charger, **schedule}, blocking=True
    )
    emulator.press("plug_in")
    await later(minutes=4)
    assert not notified
    await later(minutes=3)
    [call] = notified
    assert call.data["message"] == f"The car is plugged in and waits: {REASONS['scheduled']}."
    assert [button["title"] for button in call.data["data"]["actions"]] == ["Charge now", "Stop"]
    # A line that is lost and found is no news.
    emulator.line = Line.REFUSED
    await later(minutes=3)
    emulator.line = Line.OK
    await later(minutes=20)
    assert len(notified) == 1


async def test_meter_silent(
    hass: HomeAssistant, use: Use, charger: str, phone: str, notified: list[ServiceCall]
) -> None:
    """The meter of a group that falls silent is notified; without a group nothing is amiss."""
    group = MockConfigEntry(domain="evse_pilot", title="Main fuse")
    group.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=group.entry_id, identifiers={("evse_pilot", "group")}, name="Main fuse"
    )
    meter = er.async_get(hass).async_get_or_create(
        "binary_sensor",
        "evse_pilot",
        "group_meter_silent",
        config_entry=group,
        device_id=device.id,
        translation_key="meter_silent",
    )
    await use(NAME, chargers=[charger], phones=[phone], groups=[device.id])
    for state in ("off", "on"):
        hass.states.async_set(meter.entity_id, state)
    await hass.async_block_till_done()
    [call] = notified
    assert call.data["title"] == "Main fuse"
    assert call.data["message"].startswith("The meter is silent.")
