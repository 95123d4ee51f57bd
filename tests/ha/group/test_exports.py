"""Whether the house can feed in: from the options of a group, or from the preferences of the Energy dashboard."""

from typing import Any

import pytest

from homeassistant.components.energy.data import async_get_manager
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant

from .conftest import House

pytestmark = pytest.mark.timeout(120)

GRID = {"type": "grid", "stat_energy_from": "sensor.consumed", "stat_energy_to": None}


async def prefer(hass: HomeAssistant, *sources: dict[str, Any]) -> None:
    """Set up the Energy dashboard with these sources."""
    hass.config.components.add("energy")
    manager = await async_get_manager(hass)
    given: Any = list(sources)
    manager.data = manager.default_preferences() | {"energy_sources": given}


@pytest.mark.parametrize(
    ("sources", "options", "exports"),
    [
        ([], {}, True),
        ([{"type": "gas"}], {}, True),
        ([GRID], {}, False),
        ([GRID], {"exports": True}, True),
        ([GRID, {"type": "solar"}], {}, True),
        ([GRID, {"type": "battery"}], {}, True),
        ([GRID, {"type": "solar"}], {"exports": False}, False),
        ([GRID, GRID | {"stat_energy_to": "sensor.returned"}], {}, True),
    ],
)
async def test_d2_a_house_that_feeds_in(
    hass: HomeAssistant,
    empty_house: House,
    members: list[ConfigSubentryDataWithId],
    sources: list[dict[str, Any]],
    options: dict[str, bool],
    exports: bool,
) -> None:
    """The choice of its owner holds; without one the house may, unless the Energy dashboard has only its consumption."""
    await prefer(hass, *sources)
    await empty_house.load_group(*members, **options)
    assert empty_house.runner.law.group.exports is exports
    await empty_house.act("number.set_value", "number.group_limit", value=20)
    assert empty_house.runner.law.group.exports is exports


async def test_d2_without_an_energy_dashboard(
    hass: HomeAssistant, empty_house: House, members: list[ConfigSubentryDataWithId]
) -> None:
    """A group that was not asked, in a house of which nothing is known, may be one that feeds in."""
    await empty_house.load_group(*members)
    assert empty_house.runner.law.group.exports
