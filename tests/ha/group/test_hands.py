"""What people do while a group steers: at the page of a box, and in the group's own menu."""

import pytest

from homeassistant.config_entries import ConfigSubentry, ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .conftest import House

pytestmark = pytest.mark.timeout(180)


async def test_f8_a_person_changes_the_override_four_times(hass: HomeAssistant, house: House) -> None:
    """A person who tries limits at the box's own page is no second master, and the neighbour has the rest."""
    for box in house.boxes.values():
        box.plug_in()
    await house.live(30)
    for amps, seconds in ((8.0, 35), (12.0, 55), (7.0, 40), (9.0, 50)):
        house.boxes["Garage"].override_a = amps
        await house.live(seconds)
    assert not ir.async_get(hass).issues
    assert house.offers == [9.0, 13.0]
    assert house.why()[0] == "charger_limit"


async def test_f7_removed_in_mid_charge_and_added_again(
    hass: HomeAssistant, house: House, members: list[ConfigSubentryDataWithId]
) -> None:
    """It has its share within two readings, without a pause."""
    for box in house.boxes.values():
        box.plug_in()
    await house.live(40)
    assert house.offers == [11.0, 11.0]
    again = house.group.subentries["id_Garage"]
    hass.config_entries.async_remove_subentry(house.group, "id_Garage")
    await house.settle()
    await house.live(10)
    hass.config_entries.async_add_subentry(
        house.group,
        ConfigSubentry(
            data=again.data,
            subentry_type=again.subentry_type,
            title=again.title,
            unique_id=again.unique_id,
            subentry_id="id_Garage",
        ),
    )
    await house.settle()
    await house.live(2)
    assert house.offers == [11.0, 6.0]
    await house.live(10)
    assert house.offers == [11.0, 11.0]
