"""A charger of another integration from its set-up to its removal: read as it changes, commanded by actions."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.diagnostics import async_get_config_entry_diagnostics
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from tests.emulators.base import Line
from tests.emulators.otherbox import OtherboxEmulator
from tests.ha.conftest import Call, Read

from .conftest import See, device_of, entry_for


async def test_what_it_shows_is_only_what_is_new(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """Its power, currents and energies are on the page of its own device."""
    items = er.async_entries_for_config_entry(er.async_get(hass), loaded.entry_id)
    keys = {f"{item.domain}.{item.translation_key}" for item in items}
    assert not {"sensor.power", "sensor.current_l1", "sensor.total_energy", "sensor.session_energy"} & keys
    assert {
        *("sensor.status", "sensor.limited_by", "sensor.target_current", "number.current_limit"),
        *("switch.allow_charging", "calendar.schedule", "event.session"),
    } <= keys
    [device] = dr.async_entries_for_config_entry(dr.async_get(hass), loaded.entry_id)
    assert (device.manufacturer, device.model, device.sw_version) == ("EV charger", "Otherbox 11", "4.2")
    # By the same serial number two entries would be two that command one charger.
    assert device.serial_number is None


async def test_it_is_read_as_it_changes(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: OtherboxEmulator, see: See, read: Read
) -> None:
    """Each report of its integration is a reading; nothing polls."""
    emulator.plug_in()
    await see()
    assert read("sensor.status") == "charging"
    emulator.limit(10)
    await see()
    assert read("number.current_limit") == "10.0"
    emulator.switch_off()
    await see()
    assert read("sensor.status") == "paused"
    assert read("switch.allow_charging") == "off"
    emulator.unplug()
    await see()
    assert read("sensor.status") == "disconnected"


async def test_it_is_commanded_and_read_back(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: OtherboxEmulator, see: See, read: Read, call: Call
) -> None:
    """The number and the switch of ours end at the box."""
    emulator.plug_in()
    await see()
    await call("number.set_value", "number.current_limit", value=9)
    await hass.async_block_till_done()
    assert emulator.allows_a == 9
    assert read("number.current_limit") == "9.0"
    assert read("sensor.target_current") == "9.0"
    await call("switch.turn_off", "switch.allow_charging")
    await hass.async_block_till_done()
    assert emulator.allows_a == 0
    await see()
    assert read("sensor.status") == "paused"
    await call("switch.turn_on", "switch.allow_charging")
    await hass.async_block_till_done()
    assert emulator.allows_a == 9


async def test_a_hand_right_after_a_command(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: OtherboxEmulator, see: See, read: Read, call: Call
) -> None:
    """A limit that was neither there before nor set here is a person's at once; one that was there is sent again."""
    emulator.plug_in()
    await see()
    await call("number.set_value", "number.current_limit", value=9)
    await hass.async_block_till_done()
    emulator.limit(16)
    await see()
    assert read("sensor.limited_by") == "persons_limit"
    emulator.limit(12)
    await see()
    assert read("sensor.limited_by") == "charger_limit"
    assert read("number.current_limit") == "12.0"
    assert emulator.limit_a == 12


async def test_it_is_gone_with_its_integration_and_back_with_it(
    hass: HomeAssistant, loaded: MockConfigEntry, other: MockConfigEntry, see: See, read: Read
) -> None:
    """A reload of the other integration is no absence; one that stays away is."""
    assert await hass.config_entries.async_reload(other.entry_id)
    await hass.async_block_till_done()
    assert read("sensor.status") == "disconnected"
    assert await hass.config_entries.async_unload(other.entry_id)
    await hass.async_block_till_done()
    for _ in range(3):
        await loaded.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done()
    assert read("sensor.status") == STATE_UNAVAILABLE
    assert await hass.config_entries.async_setup(other.entry_id)
    await hass.async_block_till_done()
    assert read("sensor.status") == "disconnected"


async def test_entities_are_followed_to_new_names(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: OtherboxEmulator, see: See, read: Read, call: Call
) -> None:
    """A new name of an entity of the other integration changes nothing."""
    registry = er.async_get(hass)
    for role, name in (("limit", "number.renamed"), ("status", "sensor.renamed")):
        registry.async_update_entity(loaded.data["roles"][role]["entity_id"], new_entity_id=name)
    await hass.async_block_till_done()
    emulator.plug_in()
    await see()
    assert read("sensor.status") == "charging"
    await call("number.set_value", "number.current_limit", value=8)
    await hass.async_block_till_done()
    assert emulator.limit_a == 8


async def test_before_its_integration_it_waits(
    hass: HomeAssistant, other: MockConfigEntry, read: Read
) -> None:
    """At the start of Home Assistant the other integration may be later; then it is set up again."""
    entry = entry_for(hass, other)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_unload(other.entry_id)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert hass.config_entries.async_entries(DOMAIN)[0].state is ConfigEntryState.SETUP_RETRY
    assert await hass.config_entries.async_setup(other.entry_id)
    await hass.async_block_till_done()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    await hass.async_block_till_done()
    assert read("sensor.status") == "disconnected"


@pytest.mark.parametrize("line", [Line.ERROR, Line.REFUSED])
async def test_a_command_that_its_integration_does_not_get_through(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: OtherboxEmulator, see: See, call: Call, line: Line
) -> None:
    """What the other integration raises is an error of ours, and is not taken for done."""
    emulator.plug_in()
    await see()
    emulator.line, emulator.line_for = line, lambda request: request.method == "POST"
    with pytest.raises(HomeAssistantError) as raised:
        await call("number.set_value", "number.current_limit", value=9)
    assert raised.value.translation_domain == DOMAIN
    assert raised.value.translation_key == "no_reply"
    assert emulator.limit_a == 16


async def test_removed_it_is_left_as_its_owner_had_it(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: OtherboxEmulator, see: See, call: Call
) -> None:
    """What we have changed is restored by the same actions."""
    emulator.plug_in()
    emulator.limit(13)
    await see()
    await hass.services.async_call(
        DOMAIN,
        "set_current_limit",
        {"entity_id": "sensor.car_port_status", "current": 7, "duration": {"hours": 1}},
        blocking=True,
    )
    await hass.async_block_till_done()
    assert emulator.limit_a == 7
    await see()
    assert await hass.config_entries.async_remove(loaded.entry_id)
    await hass.async_block_till_done()
    assert emulator.limit_a == 13


@pytest.mark.parametrize("everything", [False, True])
async def test_missing_entities_are_a_repair(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    other: MockConfigEntry,
    see: See,
    freezer: FrozenDateTimeFactory,
    everything: bool,
) -> None:
    """An entity that is gone for ten minutes is named; one of many leaves the charger as it is."""
    registry = er.async_get(hass)
    roles = loaded.data["roles"] if everything else {"power": loaded.data["roles"]["power"]}
    for entity in roles.values():
        registry.async_remove(entity["entity_id"])
    await hass.async_block_till_done()
    issues = ir.async_get(hass)
    issue_id = f"entities_missing_{loaded.entry_id}"
    for minutes, is_open in ((1, False), (8, False), (2, True)):
        freezer.tick(timedelta(minutes=minutes))
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
        assert (issues.async_get_issue(DOMAIN, issue_id) is not None) is is_open
    issue = issues.async_get_issue(DOMAIN, issue_id)
    assert issue and issue.translation_placeholders
    assert roles["power"]["entity_id"] in issue.translation_placeholders["entities"]
    assert await hass.config_entries.async_reload(other.entry_id)
    await hass.async_block_till_done()
    await loaded.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done()
    assert issues.async_get_issue(DOMAIN, issue_id) is None


async def test_diagnostics_have_no_names_of_entities(
    hass: HomeAssistant, loaded: MockConfigEntry, other: MockConfigEntry
) -> None:
    """An entity id may contain a serial number; what each entity shows is there."""
    report = await async_get_config_entry_diagnostics(hass, loaded)
    assert report["answers"]["entities"]["limit"] == {"kind": "number", "value": "16", "unit": "A"}
    text = str(report)
    assert "otherbox_" not in text
    assert device_of(hass, other) not in text
