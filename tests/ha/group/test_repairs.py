"""Repairs of a group that a click mends."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    mock_config_flow,
    mock_integration,
    mock_platform,
)

from custom_components.evse_pilot.balancing.settings import Mains
from homeassistant.config_entries import ConfigEntry, ConfigEntryDisabler, ConfigFlow
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from tests.ha.repairs import go_on, issue_of, issues, open_flow

from .conftest import House, member

pytestmark = pytest.mark.timeout(120)


async def pass_a_minute(house: House) -> None:
    """Let so much time pass that what is gone is not only being added again."""
    await house.live(1)
    house.offset_s += 60
    await house.live(1)


async def test_a_member_that_was_removed(hass: HomeAssistant, house: House) -> None:
    """A click takes it out of the group, after which nothing is to be mended."""
    garage = house.entries.pop("Garage")
    await hass.config_entries.async_remove(garage.entry_id)
    await house.live(1)
    assert issues(hass) == set()
    await pass_a_minute(house)
    [issue_id] = issues(hass)
    assert issue_of(hass, issue_id).is_fixable
    shown = await open_flow(hass, issue_id)
    assert shown["description_placeholders"] == {"name": "Garage", "group": "Main fuse"}
    assert (await go_on(hass, shown))["type"] is FlowResultType.CREATE_ENTRY
    assert list(house.group.subentries) == ["id_Carport"]
    await pass_a_minute(house)
    assert issues(hass) == set()


async def test_a_member_that_was_removed_and_left_the_group(hass: HomeAssistant, house: House) -> None:
    """What was mended elsewhere while the page was open ends the flow."""
    await hass.config_entries.async_remove(house.entries.pop("Garage").entry_id)
    await pass_a_minute(house)
    shown = await open_flow(hass, "member_gone_id_Garage")
    hass.config_entries.async_remove_subentry(house.group, "id_Garage")
    await house.settle()
    result = await go_on(hass, shown)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "gone")


async def test_a_member_that_is_disabled(hass: HomeAssistant, house: House) -> None:
    """A click enables it, and the repair goes; one that is enabled within the minute has none."""
    garage = house.entries["Garage"]
    await hass.config_entries.async_set_disabled_by(garage.entry_id, ConfigEntryDisabler.USER)
    await house.live(2)
    assert issues(hass) == set()
    await pass_a_minute(house)
    assert issues(hass) == {"member_disabled_id_Garage"}
    shown = await open_flow(hass, "member_disabled_id_Garage")
    assert (await go_on(hass, shown))["type"] is FlowResultType.CREATE_ENTRY
    assert garage.disabled_by is None
    await pass_a_minute(house)
    assert issues(hass) == set()


async def test_a_disabled_member_that_is_removed_meanwhile(hass: HomeAssistant, house: House) -> None:
    """There is nothing to enable any more."""
    garage = house.entries.pop("Garage")
    await hass.config_entries.async_set_disabled_by(garage.entry_id, ConfigEntryDisabler.USER)
    await pass_a_minute(house)
    shown = await open_flow(hass, "member_disabled_id_Garage")
    await hass.config_entries.async_remove(garage.entry_id)
    assert (await go_on(hass, shown))["reason"] == "gone"


# A charger that reads the mains


async def read_by_the_garage(house: House) -> str:
    """Let the group read the mains by the meter of the garage's charger; return the id of its repair."""
    garage = house.entries["Garage"]
    house.boxes["Garage"].mains_meter = "Eastron3P"
    await house.poll()
    members = [member(house.entries["Carport"].entry_id, "Carport")]
    await house.load_group(*members, mains=Mains.CHARGER.value, meter=garage.entry_id)
    await house.live(2)
    return f"meter_missing_{house.group.entry_id}"


async def test_b3_the_charger_that_reads_the_mains_is_gone(hass: HomeAssistant, empty_house: House) -> None:
    """After ten minutes its absence is a repair of the group, as that of a sensor is."""
    issue_id = await read_by_the_garage(empty_house)
    await hass.config_entries.async_remove(empty_house.entries.pop("Garage").entry_id)
    await empty_house.live(1)
    empty_house.offset_s += 500
    await empty_house.live(1)
    assert issues(hass) == set()
    empty_house.offset_s += 100
    await empty_house.live(1)
    assert issues(hass) == {issue_id}
    issue = issue_of(hass, issue_id)
    assert issue.translation_placeholders == {"group": "Main fuse", "entities": "Garage"}
    assert issue.severity is ir.IssueSeverity.ERROR


async def test_b3_the_charger_has_no_meter_any_more(hass: HomeAssistant, empty_house: House) -> None:
    """A meter that is switched off at the charger, or a charger that is disabled, reads nothing; until it does again."""
    issue_id = await read_by_the_garage(empty_house)
    garage = empty_house.boxes["Garage"]
    garage.mains_meter = "Disabled"
    await empty_house.live(5)
    empty_house.offset_s += 600
    await empty_house.live(1)
    assert issues(hass) == {issue_id}
    garage.mains_meter = "Eastron3P"
    await empty_house.live(5)
    assert issues(hass) == set()
    await hass.config_entries.async_set_disabled_by(
        empty_house.entries["Garage"].entry_id, ConfigEntryDisabler.USER
    )
    await empty_house.live(1)
    empty_house.offset_s += 600
    await empty_house.live(1)
    assert issues(hass) == {issue_id}


# A second integration for the same charger


async def other_integration(
    hass: HomeAssistant, data: dict[str, Any], *, serial: str | None = None, platform: str = "number"
) -> MockConfigEntry:
    """Set up an entry of another integration with one device and one entity."""

    async def set_up(hass: HomeAssistant, entry: ConfigEntry) -> bool:
        device = dr.async_get(hass).async_get_or_create(
            config_entry_id=entry.entry_id, identifiers={("other", "box")}, serial_number=serial
        )
        er.async_get(hass).async_get_or_create(
            platform, "other", "limit", config_entry=entry, device_id=device.id
        )
        return True

    async def unload(hass: HomeAssistant, entry: ConfigEntry) -> bool:
        return True

    mock_integration(hass, MockModule("other", async_setup_entry=set_up, async_unload_entry=unload))
    mock_platform(hass, "other.config_flow")
    entry = MockConfigEntry(domain="other", title="My charger", data=data)
    entry.add_to_hass(hass)
    with mock_config_flow("other", ConfigFlow):
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
    return entry


async def contest(house: House) -> None:
    """Let something else change the limit of the garage's charger again and again."""
    for amps in (8.0, 12.0, 7.0, 12.0):
        house.boxes["Garage"].override_a = amps
        await house.live(35)


async def test_the_second_master_has_a_name(hass: HomeAssistant, charging: House) -> None:
    """Another integration at the same address is named once the limit is contested, and a click disables it."""
    garage = charging.entries["Garage"]
    other = await other_integration(hass, {CONF_HOST: garage.data[CONF_HOST]})
    await charging.live(5)
    assert issues(hass) == set()
    await contest(charging)
    assert issues(hass) == {"two_masters_named_id_Garage"}
    shown = await open_flow(hass, "two_masters_named_id_Garage")
    assert shown["type"] is FlowResultType.MENU
    assert shown["description_placeholders"]["other"] == "My charger (other)"
    result = await go_on(hass, shown, next_step_id="disable_other")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert other.disabled_by is ConfigEntryDisabler.USER


async def test_the_second_master_keeps_the_charger(hass: HomeAssistant, charging: House) -> None:
    """The other way out is to take the charger out of the group; the serial number proves that it is the same."""
    garage = charging.entries["Garage"]
    await other_integration(hass, {"cloud": "https://elsewhere"}, serial=str(charging.boxes["Garage"].serial))
    await contest(charging)
    shown = await open_flow(hass, "two_masters_named_id_Garage")
    await go_on(hass, shown, next_step_id="leave_group")
    assert list(charging.group.subentries) == ["id_Carport"]
    await charging.live(2)
    assert issues(hass) == set()
    assert garage.state.name == "LOADED"


async def test_the_second_master_is_removed_meanwhile(hass: HomeAssistant, charging: House) -> None:
    """An entry that has gone cannot be disabled."""
    other = await other_integration(hass, {CONF_HOST: charging.entries["Garage"].data[CONF_HOST]})
    await contest(charging)
    shown = await open_flow(hass, "two_masters_named_id_Garage")
    await hass.config_entries.async_remove(other.entry_id)
    assert (await go_on(hass, shown, next_step_id="disable_other"))["reason"] == "gone"


@pytest.mark.parametrize(
    ("data", "platform"),
    [
        ({CONF_HOST: "192.0.2.7"}, "number"),
        ({CONF_HOST: 7, "url": "http://[", "ip_address": ""}, "number"),
        ({CONF_HOST: "127.0.0.1"}, "sensor"),
    ],
)
async def test_what_commands_another_box_or_none_is_no_second_master(
    hass: HomeAssistant, charging: House, data: dict[str, Any], platform: str
) -> None:
    """Another address, odd data, and an integration that only shows are not named."""
    await other_integration(hass, data, platform=platform)
    await contest(charging)
    assert issues(hass) == {"two_masters_id_Garage"}
