"""The devices of a group come and go with its chargers."""

from types import MappingProxyType

import pytest

from homeassistant.config_entries import ConfigSubentry, ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .conftest import House, member

pytestmark = pytest.mark.timeout(120)


def devices(hass: HomeAssistant, house: House) -> set[str | None]:
    """Return the names of the devices of the group."""
    return {
        device.name for device in dr.async_entries_for_config_entry(dr.async_get(hass), house.group.entry_id)
    }


async def test_a_device_for_each_charger_as_long_as_it_is_a_member(
    hass: HomeAssistant, empty_house: House, members: list[ConfigSubentryDataWithId]
) -> None:
    """A charger that is added has its device and its entities at once; both go when it is removed."""
    group = await empty_house.load_group(members[0])
    assert devices(hass, empty_house) == {"Main fuse", "Main fuse Garage"}
    data = member(empty_house.entries["Carport"].entry_id, "Carport")
    carport = ConfigSubentry(
        data=MappingProxyType(data["data"]),
        subentry_type=data["subentry_type"],
        title=data["title"],
        unique_id=data["unique_id"],
        subentry_id=data["subentry_id"],
    )
    hass.config_entries.async_add_subentry(group, carport)
    await empty_house.settle()
    assert devices(hass, empty_house) == {"Main fuse", "Main fuse Garage", "Main fuse Carport"}
    assert empty_house.read("number.member_limit", "Carport") == "16.0"

    hass.config_entries.async_remove_subentry(group, carport.subentry_id)
    await empty_house.settle()
    assert devices(hass, empty_house) == {"Main fuse", "Main fuse Garage"}
    entities = er.async_entries_for_config_entry(er.async_get(hass), group.entry_id)
    assert {item.config_subentry_id for item in entities} == {None, "id_Garage"}
