"""Whether the house can feed in: from the options of a group, or from the preferences of the Energy dashboard."""

from typing import Any

import pytest

from custom_components.evse_pilot.balancing.settings import CONF_EXPORTS, CONF_MAINS
from homeassistant.components.energy.data import async_get_manager
from homeassistant.config_entries import ConfigFlowResult, ConfigSubentryDataWithId
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from .conftest import SENSORS, House
from .test_adding import add_dsmr, filled_in
from .test_config_flow import LIMITS, NAMED, measure, start, submit

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


# The forms


async def new_form(hass: HomeAssistant, **given: Any) -> ConfigFlowResult:
    """Open the form that follows that of a new group's fuse."""
    return await submit(hass, await start(hass), **NAMED | given)


@pytest.mark.parametrize(
    ("sources", "exports"), [([], False), ([GRID], False), ([GRID, {"type": "solar"}], True)]
)
async def test_d2_a_new_group_is_asked(
    hass: HomeAssistant, empty_house: House, sources: list[dict[str, Any]], exports: bool
) -> None:
    """The form proposes what the Energy dashboard has, also where a charger reads the mains; else that nothing feeds in."""
    await prefer(hass, *sources)
    form = await new_form(hass)
    assert form["step_id"] == "group_sensors"
    assert filled_in(form)[CONF_EXPORTS] is exports
    form = await submit(hass, form, **SENSORS)
    assert form["options"][CONF_EXPORTS] is exports
    empty_house.boxes["Garage"].mains_meter = "Eastron3P"
    await empty_house.poll()
    form = await new_form(hass, **{CONF_NAME: "Second", CONF_MAINS: "charger"})
    assert form["step_id"] == "group_meter"
    assert filled_in(form)[CONF_EXPORTS] is exports


async def test_d2_a_meter_with_returned_power(hass: HomeAssistant) -> None:
    """A sensor of returned power that was found proposes a house that feeds in."""
    add_dsmr(hass)
    assert filled_in(await new_form(hass))[CONF_EXPORTS] is True


@pytest.mark.usefixtures("empty_house")
async def test_d2_returned_power_in_a_house_that_cannot_feed_in(hass: HomeAssistant) -> None:
    """It is a warning, also where the other phases were only found; the same form once more is taken."""
    for n in (1, 2, 3):
        measure(hass, f"sensor.used_l{n}", "W")
        measure(hass, f"sensor.returned_l{n}", "W")
    warning = {"base": "exports_returned", CONF_EXPORTS: "exports_returned"}
    given = {"sensor_l1": "sensor.used_l1", "returned_l1": "sensor.returned_l1"}
    form = await submit(hass, await new_form(hass), **given)
    assert form["errors"] == warning
    values = filled_in(form)
    assert values["returned_l3"] == "sensor.returned_l3"
    taken = await submit(hass, form, **values)
    assert taken["type"] is FlowResultType.CREATE_ENTRY
    group = taken["result"]
    assert group.options[CONF_EXPORTS] is False
    await hass.async_block_till_done()

    form = await hass.config_entries.options.async_init(group.entry_id)
    form = await hass.config_entries.options.async_configure(form["flow_id"], LIMITS)
    assert filled_in(form)[CONF_EXPORTS] is False
    form = await hass.config_entries.options.async_configure(form["flow_id"], values)
    assert form["errors"] == warning
    form = await hass.config_entries.options.async_configure(form["flow_id"], values | {CONF_EXPORTS: True})
    assert form["step_id"] == "sun"
    form = await hass.config_entries.options.async_configure(form["flow_id"], {})
    assert form["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert group.runtime_data.target.law.group.exports


async def test_d2_a_group_that_was_not_asked(hass: HomeAssistant, house: House) -> None:
    """The form shows what holds for it: that it may feed in, until the Energy dashboard has only its consumption."""
    for sources, exports in (([], True), ([GRID], False)):
        await prefer(hass, *sources)
        form: Any = await hass.config_entries.options.async_init(house.group.entry_id)
        form = await hass.config_entries.options.async_configure(form["flow_id"], LIMITS)
        assert filled_in(form)[CONF_EXPORTS] is exports
