"""Flows of a group: add it, change it, add chargers to it; each error is at its field."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.balancing.circuits import SUBENTRY_CIRCUIT
from custom_components.evse_pilot.balancing.settings import (
    CONF_CHARGER,
    CONF_CHARGER_ID,
    CONF_CONTRACTED_POWER,
    CONF_EXPORTS,
    CONF_FUSE,
    CONF_LEAVE,
    CONF_MAINS,
    CONF_MARGIN,
    CONF_MAXIMUM,
    CONF_METER,
    CONF_METER_ID,
    CONF_MINIMUM,
    CONF_NOMINAL_VOLTAGE,
    CONF_PHASES,
    CONF_PRIORITY,
    CONF_SAFE_CURRENT,
    CONF_SIGN,
    CONF_STRATEGY,
    CONF_UNBALANCE,
    CONF_WIRING,
    SUBENTRY_CHARGER,
)
from custom_components.evse_pilot.const import CONF_KIND, DOMAIN, KIND_GROUP
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er

from .conftest import SENSORS, House, group_entry, member

LIMITS: dict[str, Any] = {
    CONF_FUSE: 25,
    CONF_MARGIN: 1,
    CONF_SAFE_CURRENT: 6,
    CONF_LEAVE: "safe",
    CONF_MAINS: "sensors",
}
NAMED = {CONF_NAME: "Main fuse", CONF_PHASES: "3", **LIMITS}
SOURCES = {CONF_SIGN: "import_positive", CONF_NOMINAL_VOLTAGE: 230, CONF_EXPORTS: False, **SENSORS}
MEMBER = {CONF_WIRING: "2-3-1", CONF_MINIMUM: 6, CONF_MAXIMUM: 16, CONF_PRIORITY: 2}


@pytest.fixture
def _not_set_up() -> Iterator[None]:
    """Make groups without setting them up: that is another test's matter."""
    with patch("custom_components.evse_pilot.async_setup_entry", return_value=True):
        yield


async def start(hass: HomeAssistant) -> ConfigFlowResult:
    """Choose a group in the menu."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    return await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": "group"})


async def submit(hass: HomeAssistant, result: ConfigFlowResult, **given: Any) -> ConfigFlowResult:
    """Fill in the form."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], given)


def measure(hass: HomeAssistant, entity_id: str, unit: str | None, value: str = "1") -> None:
    """Add a sensor."""
    hass.states.async_set(entity_id, value, {} if unit is None else {"unit_of_measurement": unit})


@pytest.fixture
def three(hass: HomeAssistant) -> None:
    """Add three current sensors with a unit, or without one."""
    for entity_id, unit, value in zip(
        SENSORS.values(), ("A", "mA", "kW"), ("1", "unavailable", "0"), strict=True
    ):
        measure(hass, entity_id, unit, value)


@pytest.mark.usefixtures("_not_set_up", "three")
async def test_by_sensors(hass: HomeAssistant) -> None:
    """A fuse and three sensors make a group."""
    extra = {CONF_CONTRACTED_POWER: 9200, CONF_UNBALANCE: 20}
    result = await submit(hass, await start(hass), **NAMED, **extra)
    assert result["step_id"] == "group_sensors"
    result = await submit(hass, result, **SOURCES)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Main fuse"
    assert result["data"] == {CONF_KIND: KIND_GROUP, CONF_PHASES: 3}
    assert result["options"] == LIMITS | SOURCES | extra


@pytest.mark.usefixtures("_not_set_up")
async def test_one_phase(hass: HomeAssistant) -> None:
    """A house with one phase is asked for one sensor, consumed and returned."""
    measure(hass, "sensor.consumed", "kW")
    measure(hass, "sensor.returned", "kW")
    measure(hass, "sensor.volts", "V")
    result = await submit(hass, await start(hass), **NAMED | {CONF_PHASES: "1"})
    assert result["data_schema"] is not None
    assert {str(key) for key in result["data_schema"].schema} == {
        "sensor_l1",
        "returned_l1",
        "voltage_l1",
        CONF_SIGN,
        CONF_NOMINAL_VOLTAGE,
        CONF_EXPORTS,
    }
    sources = {
        "sensor_l1": "sensor.consumed",
        "returned_l1": "sensor.returned",
        "voltage_l1": "sensor.volts",
        CONF_EXPORTS: True,
    }
    result = await submit(hass, result, **sources)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"][CONF_PHASES] == 1
    assert result["options"].items() >= sources.items()


@pytest.mark.usefixtures("_not_set_up", "three")
@pytest.mark.parametrize(
    ("mistake", "errors"),
    [
        ({CONF_FUSE: 0}, {CONF_FUSE: "no_fuse"}),
        ({CONF_MARGIN: 25}, {CONF_MARGIN: "margin_too_large"}),
        ({CONF_SAFE_CURRENT: 25}, {CONF_SAFE_CURRENT: "safe_too_large"}),
        # It is only a warning, but the form stays for it.
        ({CONF_SAFE_CURRENT: 16}, {"base": "safe_too_many", CONF_SAFE_CURRENT: "safe_too_many"}),
        ({CONF_SAFE_CURRENT: 5.5}, {CONF_SAFE_CURRENT: "safe_too_small"}),
        ({CONF_MAINS: "charger"}, {CONF_MAINS: "no_meter"}),
        (
            {CONF_MARGIN: 30, CONF_SAFE_CURRENT: 30},
            {CONF_MARGIN: "margin_too_large", CONF_SAFE_CURRENT: "safe_too_large"},
        ),
    ],
)
async def test_impossible_limits(
    hass: HomeAssistant, mistake: dict[str, Any], errors: dict[str, str]
) -> None:
    """An impossible fuse or current is an error at the field, in the config flow and in the options flow."""
    result = await submit(hass, await start(hass), **NAMED | mistake)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == errors
    result = await submit(hass, result, **NAMED | {CONF_SAFE_CURRENT: 0})
    result = await submit(hass, result, **SOURCES)
    assert result["type"] is FlowResultType.CREATE_ENTRY

    entry = result["result"]
    changed = await hass.config_entries.options.async_init(entry.entry_id)
    assert changed["step_id"] == "init"
    changed = await hass.config_entries.options.async_configure(changed["flow_id"], LIMITS | mistake)
    assert changed["errors"] == errors


@pytest.mark.usefixtures("_not_set_up")
@pytest.mark.parametrize(
    ("units", "chosen", "errors"),
    [
        ({"sensor.a": "°C"}, {}, {"sensor_l1": "no_current_or_power"}),
        ({"sensor.a": None}, {}, {"sensor_l1": "no_current_or_power"}),
        ({"sensor.a": "VA"}, {}, {"sensor_l1": "no_current_or_power"}),
        ({"sensor.a": "kWh"}, {}, {"sensor_l1": "no_current_or_power"}),
        ({"sensor.r": "VA", "sensor.a": "W"}, {"returned_l1": "sensor.r"}, {"returned_l1": "no_power"}),
        ({}, {"sensor_l1": "sensor.missing"}, {"sensor_l1": "no_current_or_power"}),
        ({"sensor.r": "A"}, {"returned_l1": "sensor.r"}, {"returned_l1": "no_power"}),
        ({"sensor.r": "W"}, {"returned_l1": "sensor.r"}, {"returned_l1": "returned_needs_power"}),
        ({"sensor.v": "W"}, {"voltage_l1": "sensor.v"}, {"voltage_l1": "no_voltage"}),
        ({"sensor.a": "W"}, {"returned_l1": "sensor.a"}, {"returned_l1": "sensor_twice"}),
        ({}, {"sensor_l2": "sensor.a"}, {"sensor_l2": "sensor_twice"}),
    ],
)
async def test_impossible_sensors(
    hass: HomeAssistant, units: dict[str, str | None], chosen: dict[str, str], errors: dict[str, str]
) -> None:
    """A sensor that measures something else, or is used twice, is refused at its field; and the form stays."""
    three = {f"sensor_l{phase}": f"sensor.{name}" for phase, name in ((1, "a"), (2, "b"), (3, "c"))}
    for name, unit in ({"sensor.a": "A", "sensor.b": "A", "sensor.c": "mA"} | units).items():
        measure(hass, name, unit)
    result = await submit(hass, await start(hass), **NAMED)
    result = await submit(hass, result, **three | chosen)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == errors
    measure(hass, "sensor.a", "A")
    result = await submit(hass, result, **three)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]

    for name, unit in units.items():
        measure(hass, name, unit)
    changed = await hass.config_entries.options.async_init(entry.entry_id)
    changed = await hass.config_entries.options.async_configure(changed["flow_id"], LIMITS)
    assert changed["step_id"] == "sensors"
    changed = await hass.config_entries.options.async_configure(changed["flow_id"], three | chosen)
    assert changed["errors"] == errors


@pytest.mark.usefixtures("_not_set_up")
async def test_a_sensor_that_is_not_there_yet(hass: HomeAssistant) -> None:
    """The unit of a sensor whose integration has not been loaded is known from the registry."""
    item = er.async_get(hass).async_get_or_create("sensor", "dsmr", "power", unit_of_measurement="kW")
    result = await submit(hass, await start(hass), **NAMED | {CONF_PHASES: "1"})
    result = await submit(hass, result, sensor_l1=item.entity_id)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.usefixtures("_not_set_up")
async def test_d3_split_phase(hass: HomeAssistant) -> None:
    """A house of two phases is asked for two sensors, at 120 V unless that is changed."""
    for name in ("a", "b"):
        measure(hass, f"sensor.{name}", "W")
    result = await submit(hass, await start(hass), **NAMED | {CONF_PHASES: "2"})
    assert result["data_schema"] is not None
    assert not [key for key in result["data_schema"].schema if str(key).endswith("l3")]
    result = await submit(hass, result, sensor_l1="sensor.a", sensor_l2="sensor.b")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"][CONF_PHASES] == 2
    assert result["options"][CONF_NOMINAL_VOLTAGE] == 120


async def test_by_the_meter_of_a_charger(hass: HomeAssistant, empty_house: House) -> None:
    """A charger that reads the mains can be the meter; one that does not is not offered."""
    garage = empty_house.entries["Garage"]
    empty_house.boxes["Garage"].mains_meter = "Eastron3P"
    await empty_house.poll()
    result = await submit(hass, await start(hass), **NAMED | {CONF_MAINS: "charger"})
    assert result["step_id"] == "group_meter"
    assert result["data_schema"] is not None
    fields = {str(marker): selector for marker, selector in result["data_schema"].schema.items()}
    assert set(fields) == {CONF_METER, CONF_EXPORTS}
    selector = fields[CONF_METER]
    assert selector.config["options"] == [{"value": garage.entry_id, "label": "Garage"}]
    result = await submit(hass, result, **{CONF_METER: garage.entry_id, CONF_EXPORTS: True})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["options"][CONF_METER] == garage.entry_id
    assert result["options"][CONF_EXPORTS] is True
    await empty_house.settle()

    group = result["result"]
    changed = await hass.config_entries.options.async_init(group.entry_id)
    changed = await hass.config_entries.options.async_configure(
        changed["flow_id"], LIMITS | {CONF_MAINS: "charger", CONF_FUSE: 20}
    )
    assert changed["step_id"] == "meter"
    changed = await hass.config_entries.options.async_configure(
        changed["flow_id"], {CONF_METER: garage.entry_id, CONF_EXPORTS: False}
    )
    assert changed["type"] is FlowResultType.CREATE_ENTRY
    await empty_house.settle()
    assert group.options[CONF_FUSE] == 20
    assert group.options[CONF_METER] == garage.entry_id
    assert group.options[CONF_EXPORTS] is False


async def test_what_was_set_elsewhere_outlives_a_change(hass: HomeAssistant, house: House) -> None:
    """A change keeps the strategy that was chosen on the dashboard, and an optional field can be emptied."""
    await house.act("select.select_option", "select.mode", option="priority")
    for power in ({CONF_CONTRACTED_POWER: 6900}, {}):
        result = await hass.config_entries.options.async_init(house.group.entry_id)
        result = await hass.config_entries.options.async_configure(result["flow_id"], LIMITS | power)
        result = await hass.config_entries.options.async_configure(result["flow_id"], SOURCES)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        await house.settle()
        assert house.group.options == LIMITS | SOURCES | power | {CONF_STRATEGY: "priority", "enabled": True}
        assert house.read("select.mode") == "priority"


async def test_n11_reconfigure_changes_all_of_a_group(hass: HomeAssistant, house: House) -> None:
    """Reconfigure has the name beside what Configure has, and keeps what was set on the dashboard."""
    await house.act("select.select_option", "select.mode", option="priority")
    result = await house.group.start_reconfigure_flow(hass)
    assert result["step_id"] == "group_reconfigure"
    result = await submit(hass, result, **LIMITS | {CONF_NAME: "Garage fuse", CONF_FUSE: 22})
    assert result["step_id"] == "group_sensors"
    result = await submit(hass, result, **SOURCES)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "group_changed")
    await house.settle()
    assert house.group.title == "Garage fuse"
    assert house.group.data == {CONF_KIND: KIND_GROUP, CONF_PHASES: 3}
    changed = {CONF_FUSE: 22, CONF_STRATEGY: "priority", "enabled": True}
    assert house.group.options == LIMITS | SOURCES | changed
    assert house.read("select.mode") == "priority"


async def test_n11_reconfigure_by_the_meter_of_a_charger(hass: HomeAssistant, house: House) -> None:
    """The mains can be read by a charger from then on; a name of another group is refused."""
    group_entry().add_to_hass(hass)
    house.boxes["Garage"].mains_meter = "Eastron3P"
    await house.poll()
    hass.config_entries.async_update_entry(house.group, title="Garage fuse")
    result = await house.group.start_reconfigure_flow(hass)
    changed = LIMITS | {CONF_MAINS: "charger"}
    result = await submit(hass, result, **changed, **{CONF_NAME: "Main fuse"})
    assert result["errors"] == {CONF_NAME: "name_taken"}
    result = await submit(hass, result, **changed, **{CONF_NAME: "Garage fuse"})
    result = await submit(hass, result, **{CONF_METER: house.entries["Garage"].entry_id})
    assert result["reason"] == "group_changed"
    await house.settle()
    garage = house.entries["Garage"]
    # A group that was not asked may feed in, and the form has it so.
    meter = {CONF_METER: garage.entry_id, CONF_METER_ID: garage.unique_id, CONF_EXPORTS: True}
    assert house.group.options == changed | meter


async def test_what_can_be_changed(house: House) -> None:
    """A group has options, members and circuits; a charger has none of these but options."""
    garage = house.entries["Garage"]
    assert garage.supports_options
    assert not garage.supported_subentry_types
    assert house.group.supports_options
    assert set(house.group.supported_subentry_types) == {SUBENTRY_CHARGER, SUBENTRY_CIRCUIT}


async def add(hass: HomeAssistant, group: MockConfigEntry, **given: Any) -> Any:
    """Put a charger into a group."""
    result: Any = await hass.config_entries.subentries.async_init(
        (group.entry_id, SUBENTRY_CHARGER), context={"source": SOURCE_USER}
    )
    if result["type"] is not FlowResultType.FORM:
        return result
    return await hass.config_entries.subentries.async_configure(result["flow_id"], given)


async def test_a_member(hass: HomeAssistant, empty_house: House) -> None:
    """A charger is put into a group, rewired there, and has a device of its own in it."""
    group = await empty_house.load_group()
    garage = empty_house.entries["Garage"]
    result = await add(hass, group, **{CONF_CHARGER: garage.entry_id}, **MEMBER)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await empty_house.settle()
    [subentry] = group.subentries.values()
    assert subentry.title == "Garage"
    assert subentry.unique_id == garage.entry_id
    assert subentry.data == {CONF_CHARGER: garage.entry_id, CONF_CHARGER_ID: garage.unique_id, **MEMBER}
    assert empty_house.runner.links[subentry.subentry_id].load is not None

    result = await hass.config_entries.subentries.async_init(
        (group.entry_id, SUBENTRY_CHARGER),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry.subentry_id},
    )
    assert result["step_id"] == "reconfigure"
    wrong = MEMBER | {CONF_MINIMUM: 17}
    result = await hass.config_entries.subentries.async_configure(result["flow_id"], wrong)
    assert result["errors"] == {CONF_MAXIMUM: "maximum_below_minimum"}
    result = await hass.config_entries.subentries.async_configure(
        result["flow_id"], MEMBER | {CONF_WIRING: "3"}
    )
    assert result["reason"] == "reconfigure_successful"
    await empty_house.settle()
    assert group.subentries[subentry.subentry_id].data[CONF_WIRING] == "3"
    [spec] = empty_house.runner.law.group.members
    assert spec.phases == (3,)


async def test_impossible_members(hass: HomeAssistant, empty_house: House) -> None:
    """A charger in two groups, or twice in one, and a minimum above the maximum are refused at the field."""
    garage, carport = (entry.entry_id for entry in empty_house.entries.values())
    first = await empty_house.load_group(member(garage, "Garage"))
    second = group_entry()
    second.add_to_hass(hass)
    await empty_house.set_up(second)
    for group in (first, second):
        result = await add(hass, group, **{CONF_CHARGER: garage}, **MEMBER)
        assert result["errors"] == {CONF_CHARGER: "already_member"}
    result = await add(hass, second, **{CONF_CHARGER: carport}, **MEMBER | {CONF_MINIMUM: 20})
    assert result["errors"] == {CONF_MAXIMUM: "maximum_below_minimum"}
    assert not second.subentries


@pytest.mark.parametrize(
    ("phases", "wirings"),
    [
        (1, ["1"]),
        (2, ["1_2", "1", "2"]),
        (3, [*("1-2-3", "2-3-1", "3-1-2", "1-3-2", "3-2-1", "2-1-3"), "1_2", "2_3", "1_3", "1", "2", "3"]),
    ],
)
async def test_no_phase_that_the_house_has_not(
    hass: HomeAssistant, empty_house: House, phases: int, wirings: list[str]
) -> None:
    """Only the phases of the mains are offered, and none twice; what counts on most of them comes first."""
    group = await empty_house.load_group(phases=phases)
    result: Any = await hass.config_entries.subentries.async_init(
        (group.entry_id, SUBENTRY_CHARGER), context={"source": SOURCE_USER}
    )
    schema = {str(marker): selector for marker, selector in result["data_schema"].schema.items()}
    assert schema[CONF_WIRING].config["options"] == wirings
    [marker] = [marker for marker in result["data_schema"].schema if marker == CONF_WIRING]
    assert marker.default() == wirings[0]
    offered = [option["label"] for option in schema[CONF_CHARGER].config["options"]]
    assert offered == ["Garage", "Carport"]


async def test_no_charger_to_add(hass: HomeAssistant) -> None:
    """Without a charger there is nothing to add."""
    group = group_entry()
    group.add_to_hass(hass)
    result = await add(hass, group)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "no_charger"
