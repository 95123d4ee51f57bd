"""The thermal reserve of the breaker: chosen in the options, and used by the group."""

from typing import Any

import pytest

from custom_components.evse_pilot.balancing.settings import CONF_RESERVE
from homeassistant.core import HomeAssistant

from .conftest import OPTIONS, House

_SOURCES = {key: value for key, value in OPTIONS.items() if key.startswith("sensor")} | {
    "sign": "import_positive",
    "nominal_voltage": 230,
    "exports": False,
}
_LIMITS = {key: value for key, value in OPTIONS.items() if not key.startswith("sensor")}


async def _choose(hass: HomeAssistant, house: House, **reserve: bool) -> None:
    """Go through the forms of Configure."""
    options = hass.config_entries.options
    result: Any = await options.async_init(house.group.entry_id)
    result = await options.async_configure(result["flow_id"], _LIMITS | reserve)
    result = await options.async_configure(result["flow_id"], _SOURCES)
    assert result["type"] == "create_entry"
    await house.settle()


@pytest.mark.parametrize(("reserve", "paused"), [({}, 1), ({CONF_RESERVE: True}, 0)])
async def test_a_kettle_stops_no_car(
    hass: HomeAssistant, house: House, reserve: dict[str, bool], paused: int
) -> None:
    """Both cars are at their minimum at once; where the breaker may bear the rest for a while, none is paused."""
    await _choose(hass, house, **reserve)
    for box in house.boxes.values():
        box.plug_in()
    await house.live(90)
    assert min(house.offers) > 6
    house.base_a = [16.0, 2.0, 2.0]
    await house.live(15)
    assert sum(offer == 0 for offer in house.offers) == paused


async def test_it_can_be_taken_back(hass: HomeAssistant, house: House) -> None:
    """Off is as it was before."""
    await _choose(hass, house, **{CONF_RESERVE: True})
    assert house.group.options[CONF_RESERVE] is True
    await _choose(hass, house, **{CONF_RESERVE: False})
    assert CONF_RESERVE not in house.group.options
