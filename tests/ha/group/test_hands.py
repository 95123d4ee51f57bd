"""What people do while a group steers: at the page of a box."""

import pytest

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
