"""Members of a group: found again after their charger was added anew, and in one group only."""

import json

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.balancing.settings import (
    CONF_CHARGER,
    CONF_CHARGER_ID,
    CONF_METER,
    CONF_METER_ID,
)
from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.diagnostics import async_get_config_entry_diagnostics
from homeassistant.config_entries import SOURCE_IGNORE, ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.ha.conftest import entry_for
from tests.ha.repairs import go_on, issue_of, issues, open_flow

from .conftest import House, group_entry, member

pytestmark = pytest.mark.timeout(120)


# Found again


async def remove(house: House, name: str) -> None:
    """Remove a charger, which gives it back to its owner."""
    await house.hass.config_entries.async_remove(house.entries.pop(name).entry_id)
    await house.live(1)


async def add_again(house: House, name: str) -> MockConfigEntry:
    """Add a charger that was removed."""
    entry = house.entries[name] = entry_for(house.boxes[name], name)
    entry.add_to_hass(house.hass)
    await house.set_up(entry)
    return entry


async def test_n12_a_charger_that_was_added_again_is_the_same_member(
    hass: HomeAssistant, charging: House
) -> None:
    """A charger that is removed and added again has its share in its group again, and the repair goes."""
    before = charging.group.subentries["id_Garage"].data[CONF_CHARGER]
    await remove(charging, "Garage")
    charging.offset_s += 60
    await charging.live(1)
    assert issues(hass) == {"member_gone_id_Garage"}
    garage = await add_again(charging, "Garage")
    await charging.live(60)
    assert issues(hass) == set()
    stored = charging.group.subentries["id_Garage"]
    assert stored.data[CONF_CHARGER] == stored.unique_id == garage.entry_id != before
    assert "group" in charging.claims("Garage")
    assert charging.offers == [11.0, 11.0]


async def test_n12_what_was_stored_before_learns_the_serial(hass: HomeAssistant, house: House) -> None:
    """A member that was stored by its entry alone is completed when its group is set up; no bug report has the serial."""
    garage = house.entries["Garage"]
    assert house.group.subentries["id_Garage"].data[CONF_CHARGER_ID] == garage.unique_id
    report = await async_get_config_entry_diagnostics(hass, house.group)
    assert garage.unique_id is not None
    assert CONF_CHARGER in json.dumps(report, default=str)
    assert garage.unique_id not in json.dumps(report, default=str)


async def test_n12_the_charger_that_reads_the_mains(hass: HomeAssistant, empty_house: House) -> None:
    """A charger that reads the mains of a group is found again as well; no bug report has its serial."""
    garage = empty_house.entries["Garage"]
    empty_house.boxes["Garage"].mains_meter = "Eastron3P"
    await empty_house.poll()
    members = [member(empty_house.entries["Carport"].entry_id, "Carport")]
    group = await empty_house.load_group(*members, mains="charger", meter=garage.entry_id)
    await empty_house.live(10)
    assert empty_house.read("binary_sensor.meter_silent") == "off"
    await remove(empty_house, "Garage")
    again = await add_again(empty_house, "Garage")
    await empty_house.live(20)
    assert group.options[CONF_METER] == again.entry_id != garage.entry_id
    assert empty_house.read("binary_sensor.meter_silent") == "off"
    report = json.dumps(await async_get_config_entry_diagnostics(hass, group), default=str)
    assert again.entry_id in report
    assert group.options[CONF_METER_ID] == garage.unique_id
    assert group.options[CONF_METER_ID] not in report


async def test_n12_another_charger_is_another(hass: HomeAssistant, house: House) -> None:
    """Neither another serial number nor a discovery that is ignored is the charger that was removed."""
    unique_id = house.entries["Garage"].unique_id
    await remove(house, "Garage")
    MockConfigEntry(domain=DOMAIN, unique_id=unique_id, source=SOURCE_IGNORE).add_to_hass(hass)
    other = house.entries["Garage"] = entry_for(house.boxes["Garage"], "Garage", serial=False)
    other.add_to_hass(hass)
    hass.config_entries.async_update_entry(other, unique_id="smartevse_77")
    await house.settle()
    house.offset_s += 60
    await house.live(1)
    assert issues(hass) == {"member_gone_id_Garage"}


async def test_n12_a_charger_that_is_in_a_group_by_now_stays_there(hass: HomeAssistant, house: House) -> None:
    """A charger that was put into the group anew is not taken for the old member as well."""
    await remove(house, "Garage")
    again = entry_for(house.boxes["Garage"], "Garage")
    other = group_entry(member(again.entry_id, "Garage"))
    other.add_to_hass(hass)
    again.add_to_hass(hass)
    await house.set_up(again)
    assert house.group.subentries["id_Garage"].data[CONF_CHARGER] != again.entry_id


# In one group only


async def second_group(house: House) -> MockConfigEntry:
    """Add a second group over the charger in the garage, by storage; the form refuses it."""
    second = group_entry(member(house.entries["Garage"].entry_id, "Garage"))
    second.add_to_hass(house.hass)
    house.hass.config_entries.async_update_entry(second, title="Second")
    await house.hass.config_entries.async_setup(second.entry_id)
    await house.settle()
    return second


async def test_f12_the_second_group_is_refused(hass: HomeAssistant, charging: House) -> None:
    """A group with a charger of another one is not set up, and a repair names both; the first goes on undisturbed."""
    second = await second_group(charging)
    assert second.state is ConfigEntryState.SETUP_ERROR
    assert second.error_reason_translation_key == "charger_in_two_groups"
    issue_id = f"two_groups_{second.entry_id}"
    assert issues(hass) == {issue_id}
    names = {"name": "Garage", "group": "Second", "other": "Main fuse"}
    assert issue_of(hass, issue_id).translation_placeholders == names
    await charging.live(30)
    assert charging.offers == [11.0, 11.0]
    assert set(charging.claims("Garage")) == {"group"}


async def test_f12_a_click_mends_it(hass: HomeAssistant, charging: House) -> None:
    """The repair takes the charger out of the second group, which is then set up."""
    second = await second_group(charging)
    shown = await open_flow(hass, f"two_groups_{second.entry_id}")
    assert (await go_on(hass, shown))["type"] is FlowResultType.CREATE_ENTRY
    await charging.settle()
    assert second.state is ConfigEntryState.LOADED
    assert not second.subentries
    assert issues(hass) == set()


@pytest.mark.parametrize("how", ["leaves", "disabled", "removed"])
async def test_f12_the_second_group_is_accepted_when_the_first_lets_go(
    hass: HomeAssistant, house: House, how: str
) -> None:
    """When the first group has the charger no more, the second is set up by itself, and the repair goes."""
    second = await second_group(house)
    if how == "leaves":
        hass.config_entries.async_remove_subentry(house.group, "id_Garage")
    elif how == "disabled":
        await hass.config_entries.async_set_disabled_by(house.group.entry_id, ConfigEntryDisabler.USER)
    else:
        await hass.config_entries.async_remove(house.group.entry_id)
    await house.settle()
    assert second.state is ConfigEntryState.LOADED
    assert issues(hass) == set()
    if how == "disabled":
        # Enabled again, the first is the one that would disturb.
        await hass.config_entries.async_set_disabled_by(house.group.entry_id, None)
        await house.settle()
        assert house.group.state is ConfigEntryState.SETUP_ERROR
        assert second.state is ConfigEntryState.LOADED
        assert issues(hass) == {f"two_groups_{house.group.entry_id}"}


@pytest.mark.parametrize("how", ["disabled", "removed"])
async def test_f12_the_repair_goes_with_the_second_group(hass: HomeAssistant, house: House, how: str) -> None:
    """A group that is disabled or removed disturbs none."""
    second = await second_group(house)
    if how == "disabled":
        await hass.config_entries.async_set_disabled_by(second.entry_id, ConfigEntryDisabler.USER)
    else:
        await hass.config_entries.async_remove(second.entry_id)
    await house.settle()
    assert issues(hass) == set()
    assert house.group.state is ConfigEntryState.LOADED


async def test_f12_after_a_restart_the_older_group_has_it(hass: HomeAssistant, house: House) -> None:
    """Whichever is set up first, the group that was added first keeps the charger."""
    second = await second_group(house)
    await hass.config_entries.async_unload(house.group.entry_id)
    await hass.config_entries.async_reload(second.entry_id)
    assert second.state is ConfigEntryState.SETUP_ERROR
    await house.set_up(house.group)
    assert house.group.state is ConfigEntryState.LOADED
