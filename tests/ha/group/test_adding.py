"""A group is added with few clicks: the meter is proposed, the other phases are found, the chargers are in the same flow."""

from collections.abc import Mapping
from typing import Any, cast

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.balancing.settings import (
    CONF_CHARGERS,
    CONF_FUSE,
    CONF_MAINS,
    CONF_MAXIMUM,
    CONF_MINIMUM,
    CONF_OBSERVER,
    CONF_PHASES,
    CONF_SAFE_CURRENT,
    CONF_WIRING,
)
from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.flows.meters import async_find_meter, sensors_like
from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .conftest import House
from .test_config_flow import LIMITS, MEMBER, NAMED, measure, start, submit

pytestmark = pytest.mark.timeout(120)

DSMR = {
    **{f"sensor_l{n}": f"sensor.electricity_meter_power_consumption_phase_l{n}" for n in (1, 2, 3)},
    **{f"returned_l{n}": f"sensor.electricity_meter_power_production_phase_l{n}" for n in (1, 2, 3)},
    **{f"voltage_l{n}": f"sensor.electricity_meter_voltage_phase_l{n}" for n in (1, 2, 3)},
}


def add_meter(
    hass: HomeAssistant,
    platform: str,
    sensors: Mapping[str, tuple[str, SensorDeviceClass | None]],
    *,
    unit: str | None = None,
    disabled_by: er.RegistryEntryDisabler | None = None,
) -> str:
    """Add a device with sensors, by unique id: the entity id without its domain, and the device class."""
    entry = MockConfigEntry(domain=platform)
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(platform, entry.entry_id)}
    )
    for unique_id, (object_id, device_class) in sensors.items():
        er.async_get(hass).async_get_or_create(
            "sensor",
            platform,
            f"{entry.entry_id}_{unique_id}",
            suggested_object_id=object_id,
            config_entry=entry,
            device_id=device.id,
            original_device_class=device_class,
            unit_of_measurement=unit,
            disabled_by=disabled_by,
        )
    return device.id


def add_dsmr(hass: HomeAssistant) -> str:
    """Add a meter as the DSMR integration does it: the sensors of the phases are disabled at first."""
    power, current = SensorDeviceClass.POWER, SensorDeviceClass.CURRENT
    sensors: dict[str, tuple[str, SensorDeviceClass | None]] = {
        "current_electricity_usage": ("electricity_meter_power_consumption", power),
        "current_electricity_delivery": ("electricity_meter_power_production", power),
        "electricity_used_tariff_1": ("electricity_meter_energy_consumption", SensorDeviceClass.ENERGY),
    }
    for n in (1, 2, 3):
        sensors |= {
            f"instantaneous_active_power_l{n}_positive": (
                f"electricity_meter_power_consumption_phase_l{n}",
                power,
            ),
            f"instantaneous_active_power_l{n}_negative": (
                f"electricity_meter_power_production_phase_l{n}",
                power,
            ),
            f"instantaneous_current_l{n}": (f"electricity_meter_current_phase_l{n}", current),
            f"fuse_threshold_l{n}": (f"electricity_meter_fuse_threshold_on_l{n}", current),
            f"instantaneous_voltage_l{n}": (
                f"electricity_meter_voltage_phase_l{n}",
                SensorDeviceClass.VOLTAGE,
            ),
        }
    return add_meter(hass, "dsmr", sensors, disabled_by=er.RegistryEntryDisabler.INTEGRATION)


def add_homewizard(hass: HomeAssistant, name: str) -> str:
    """Add a meter of HomeWizard: that of the house, or one before a single load."""
    return add_meter(
        hass,
        "homewizard",
        {f"active_power_l{n}_w": (f"{name}_power_phase_{n}", SensorDeviceClass.POWER) for n in (1, 2, 3)},
        unit="W",
    )


def filled_in(form: ConfigFlowResult) -> dict[str, Any]:
    """Return what the fields of a form are filled in with."""
    assert form["data_schema"] is not None
    values = {}
    for marker in form["data_schema"].schema:
        if marker.description and "suggested_value" in marker.description:
            values[str(marker)] = marker.description["suggested_value"]
        elif callable(marker.default):
            values[str(marker)] = marker.default()
    return values


async def press_submit(hass: HomeAssistant, form: ConfigFlowResult, **changes: Any) -> ConfigFlowResult:
    """Submit a form as it is filled in, but for some fields."""
    assert form["type"] is FlowResultType.FORM
    assert not form["errors"]
    return await submit(hass, form, **filled_in(form) | changes)


async def test_n11_a_group_of_two_behind_a_dsmr_meter(hass: HomeAssistant, empty_house: House) -> None:
    """A choice in the menu and four clicks on Submit make a group of two chargers with the meter of the house."""
    add_dsmr(hass)
    submits = 0
    form = await start(hass)
    while form["type"] is FlowResultType.FORM:
        form = await press_submit(hass, form)
        submits += 1
    assert submits == 4
    assert form["type"] is FlowResultType.CREATE_ENTRY
    await empty_house.settle()
    group = form["result"]
    assert group.state is ConfigEntryState.LOADED
    assert group.title == hass.config.location_name
    assert group.options == LIMITS | DSMR | {
        "sign": "import_positive",
        "nominal_voltage": 230,
        "exports": True,
    }
    members = [
        (subentry.title, subentry.unique_id, subentry.data[CONF_WIRING])
        for subentry in group.subentries.values()
    ]
    assert members == [(name, entry.entry_id, "1-2-3") for name, entry in empty_house.entries.items()]
    assert set(group.runtime_data.target.links) == set(group.subentries)
    registry = er.async_get(hass)
    for entity_id in DSMR.values():
        item = registry.async_get(entity_id)
        assert item
        assert item.disabled_by is None
    unused = registry.async_get("sensor.electricity_meter_current_phase_l1")
    assert unused
    assert unused.disabled_by is er.RegistryEntryDisabler.INTEGRATION


async def test_n11_each_charger_has_its_own_form(hass: HomeAssistant, empty_house: House) -> None:
    """Wiring and limits are asked for each charger by name, with the errors of the group's fuse."""
    add_dsmr(hass)
    form = await press_submit(hass, await start(hass), **{CONF_FUSE: 22, CONF_OBSERVER: True})
    form = await press_submit(hass, form)
    assert form["step_id"] == "group_charger"
    assert form["description_placeholders"] == {"name": "Garage"}
    for wrong, error in (
        ({CONF_MAXIMUM: 25}, "maximum_above_fuse"),
        ({CONF_MINIMUM: 17}, "maximum_below_minimum"),
    ):
        form = await submit(hass, form, **MEMBER | wrong)
        assert form["errors"] == {CONF_MAXIMUM: error}
    form = await submit(hass, form, **MEMBER)
    assert form["description_placeholders"] == {"name": "Carport"}
    form = await press_submit(hass, form, **{CONF_WIRING: "3-2-1"})
    await empty_house.settle()
    group = form["result"]
    assert [subentry.data[CONF_WIRING] for subentry in group.subentries.values()] == ["2-3-1", "3-2-1"]
    assert group.options[CONF_OBSERVER] is True
    assert not any(empty_house.claims(name) for name in empty_house.entries)


async def test_n11_only_some_chargers_or_none(hass: HomeAssistant, empty_house: House) -> None:
    """A charger that is not chosen is no member; one that is in a group is not offered, and takes no part."""
    add_dsmr(hass)
    garage, carport = (entry.entry_id for entry in empty_house.entries.values())
    form = await press_submit(hass, await start(hass), **{CONF_NAME: "First", CONF_CHARGERS: [garage]})
    form = await press_submit(hass, await press_submit(hass, form))
    assert form["type"] is FlowResultType.CREATE_ENTRY
    await empty_house.settle()
    form = await start(hass)
    assert filled_in(form)[CONF_CHARGERS] == [carport]
    form = await press_submit(hass, form, **{CONF_CHARGERS: []})
    form = await press_submit(hass, form)
    assert form["type"] is FlowResultType.CREATE_ENTRY
    assert not form["result"].subentries


async def test_f17_many_chargers_in_the_flow(hass: HomeAssistant, empty_house: House) -> None:
    """The safe current is checked for the number of chargers that are chosen."""
    form = await start(hass)
    values = filled_in(form) | {CONF_SAFE_CURRENT: 8}
    form = await submit(hass, form, **values)
    assert form["errors"] == {"base": "safe_too_many", CONF_SAFE_CURRENT: "safe_too_many"}
    form = await submit(hass, form, **values)
    assert form["step_id"] == "group_sensors"


@pytest.mark.usefixtures("empty_house")
async def test_n11_a_charger_that_reads_the_mains_is_proposed(
    hass: HomeAssistant, empty_house: House
) -> None:
    """Without a meter of another integration, the one that a charger reads is proposed."""
    assert filled_in(await start(hass))[CONF_MAINS] == "sensors"
    empty_house.boxes["Garage"].mains_meter = "Eastron3P"
    await empty_house.poll()
    assert filled_in(await start(hass))[CONF_MAINS] == "charger"
    add_dsmr(hass)
    assert filled_in(await start(hass))[CONF_MAINS] == "sensors"


async def test_n11_a_name_that_is_taken_is_not_proposed(hass: HomeAssistant) -> None:
    """The name of the home is proposed for the first group, and none for the second."""
    assert filled_in(await start(hass))[CONF_NAME] == hass.config.location_name
    MockConfigEntry(domain=DOMAIN, title=hass.config.location_name, data={"kind": "group"}).add_to_hass(hass)
    assert CONF_NAME not in filled_in(await start(hass))


# The other phases


@pytest.mark.parametrize(
    ("first", "others"),
    [
        ("sensor.mains_l1", ["sensor.mains_l2", "sensor.mains_l3"]),
        ("sensor.p1_meter_power_phase_1", ["sensor.p1_meter_power_phase_2", "sensor.p1_meter_power_phase_3"]),
        ("sensor.shelly_phase_a_power", ["sensor.shelly_phase_b_power", "sensor.shelly_phase_c_power"]),
        ("sensor.house_1_power_1", ["sensor.house_1_power_2", "sensor.house_1_power_3"]),
        ("sensor.channel_0_power", ["sensor.channel_1_power", "sensor.channel_2_power"]),
    ],
)
async def test_n11_l2_and_l3_are_found_from_l1(hass: HomeAssistant, first: str, others: list[str]) -> None:
    """Sensors of the other phases that are named alike are filled in, shown, and used with the next click."""
    for entity_id in (first, *others):
        measure(hass, entity_id, "A")
    form = await submit(hass, await start(hass), **NAMED)
    form = await submit(hass, form, sensor_l1=first)
    assert form["step_id"] == "group_sensors"
    assert not form["errors"]
    values = filled_in(form)
    assert [values["sensor_l2"], values["sensor_l3"]] == others
    form = await press_submit(hass, form)
    assert form["type"] is FlowResultType.CREATE_ENTRY
    assert form["options"]["sensor_l3"] == others[1]


@pytest.mark.parametrize(
    ("first", "units"),
    [
        ("sensor.mains", {"sensor.mains": "A"}),
        ("sensor.mains_l1", {"sensor.mains_l1": "A", "sensor.mains_l2": "A"}),
        ("sensor.mains_l1", {"sensor.mains_l1": "A", "sensor.mains_l2": "V", "sensor.mains_l3": "A"}),
        ("sensor.mains_11", {"sensor.mains_11": "A", "sensor.mains_12": "A", "sensor.mains_13": "A"}),
    ],
)
async def test_n11_phases_that_are_not_found(hass: HomeAssistant, first: str, units: dict[str, str]) -> None:
    """Where no sensor is named alike, or it measures something else, the fields ask for one; in the options, too."""
    for entity_id, unit in units.items():
        measure(hass, entity_id, unit)
    errors = {"sensor_l2": "sensor_missing", "sensor_l3": "sensor_missing"}
    form = await submit(hass, await start(hass), **NAMED)
    form = await submit(hass, form, sensor_l1=first)
    assert form["errors"] == errors
    for name in ("a", "b", "c"):
        measure(hass, f"sensor.{name}", "A")
    form = await submit(hass, form, sensor_l1="sensor.a", sensor_l2="sensor.b", sensor_l3="sensor.c")
    changed = await hass.config_entries.options.async_init(form["result"].entry_id)
    changed = await hass.config_entries.options.async_configure(changed["flow_id"], LIMITS)
    changed = await hass.config_entries.options.async_configure(changed["flow_id"], {"sensor_l1": first})
    assert changed["errors"] == errors


async def test_n11_other_phases_in_the_options(hass: HomeAssistant, house: House) -> None:
    """Another meter is chosen by its L1 in the options as well."""
    for n in (1, 2, 3):
        measure(hass, f"sensor.new_l{n}", "W")
    result: Any = await hass.config_entries.options.async_init(house.group.entry_id)
    result = await hass.config_entries.options.async_configure(result["flow_id"], LIMITS)
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {"sensor_l1": "sensor.new_l1"}
    )
    result = await hass.config_entries.options.async_configure(result["flow_id"], filled_in(result))
    # The house feeds in, so that it is asked for the sun as well.
    assert result["step_id"] == "sun"
    result = await hass.config_entries.options.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert [house.group.options[f"sensor_l{n}"] for n in (1, 2, 3)] == [f"sensor.new_l{n}" for n in (1, 2, 3)]


async def test_n11_unique_ids_before_names(hass: HomeAssistant) -> None:
    """Sensors that a person has renamed are found by what their integration calls them."""
    add_homewizard(hass, "p1_meter")
    registry = er.async_get(hass)
    registry.async_update_entity("sensor.p1_meter_power_phase_2", new_entity_id="sensor.kitchen")
    names = ("sensor.p1_meter_power_phase_1", "sensor.kitchen", "sensor.p1_meter_power_phase_3")
    assert sensors_like(hass, names[0], 3) == names
    assert sensors_like(hass, "sensor.unknown_l1", 3) is None


# The meter of the house


@pytest.fixture
async def grid(hass: HomeAssistant) -> dict[str, Any]:
    """Return the source of the grid in the preferences of the Energy dashboard."""
    hass.config.components.add("energy")
    manager = await async_get_manager(hass)
    source: dict[str, Any] = {
        "type": "grid",
        "stat_energy_from": None,
        "stat_energy_to": None,
        "stat_cost": None,
    }
    manager.data = manager.default_preferences()
    sun: Any = {"type": "solar", "stat_energy_from": "sensor.sun"}
    manager.data["energy_sources"] = [sun, cast("Any", source)]
    return source


async def test_n11_the_energy_dashboard_names_the_meter(hass: HomeAssistant, grid: dict[str, Any]) -> None:
    """Of two meters that are as likely none is proposed, until the Energy dashboard has one of them."""
    add_homewizard(hass, "heat_pump")
    add_homewizard(hass, "house")
    assert await async_find_meter(hass, 3, []) == {}
    grid["stat_energy_from"] = "sensor.house_power_phase_1"
    found = await async_find_meter(hass, 3, [])
    assert found == {f"sensor_l{n}": f"sensor.house_power_phase_{n}" for n in (1, 2, 3)}
    add_dsmr(hass)
    assert await async_find_meter(hass, 3, []) == found
    grid["stat_energy_from"] = "external:statistics"
    assert await async_find_meter(hass, 3, []) == DSMR


async def test_n11_without_preferences(hass: HomeAssistant) -> None:
    """An Energy dashboard that was never set up names nothing."""
    hass.config.components.add("energy")
    assert await async_find_meter(hass, 3, []) == {}


async def test_n11_currents_where_there_is_no_power(hass: HomeAssistant) -> None:
    """A meter of currents alone is proposed with them; one that a person has disabled is not, nor an unknown one."""
    current = SensorDeviceClass.CURRENT
    sensors = {f"current_l{n}": (f"reader_current_l{n}", current) for n in (1, 2, 3)}
    add_meter(
        hass,
        "esphome",
        {key: (f"off_{name}", kind) for key, (name, kind) in sensors.items()},
        disabled_by=er.RegistryEntryDisabler.USER,
    )
    add_meter(
        hass, "other", {key: (f"other_{name}", kind) for key, (name, kind) in sensors.items()}, unit="A"
    )
    assert await async_find_meter(hass, 3, []) == {}
    add_meter(hass, "esphome", sensors, unit="A")
    found = await async_find_meter(hass, 3, [])
    assert found == {f"sensor_l{n}": f"sensor.reader_current_l{n}" for n in (1, 2, 3)}
    assert await async_find_meter(hass, 3, ["sensor.reader_current_l1"]) == {}


async def test_n11_a_house_of_one_phase(hass: HomeAssistant) -> None:
    """The total of a DSMR meter without phases is proposed, with what is returned; a socket with a meter is not."""
    power = SensorDeviceClass.POWER
    add_meter(hass, "homewizard", {"active_power_w": ("socket_power", power)}, unit="W")
    assert await async_find_meter(hass, 1, []) == {}
    add_meter(
        hass,
        "dsmr",
        {
            "current_electricity_usage": ("meter_power_consumption", power),
            "current_electricity_delivery": ("meter_power_production", power),
            "l1_positive": ("meter_power_consumption_phase_l1", power),
        },
        unit="kW",
    )
    form = await start(hass)
    assert filled_in(form)[CONF_PHASES] == "1"
    form = await press_submit(hass, form)
    values = filled_in(form)
    assert values["sensor_l1"] == "sensor.meter_power_consumption"
    assert values["returned_l1"] == "sensor.meter_power_production"


async def test_n11_what_a_person_has_disabled_stays_so(hass: HomeAssistant) -> None:
    """Only what its integration has disabled is enabled with the group."""
    add_dsmr(hass)
    registry = er.async_get(hass)
    name = "sensor.electricity_meter_voltage_phase_l1"
    registry.async_update_entity(name, disabled_by=er.RegistryEntryDisabler.USER)
    form = await press_submit(hass, await start(hass))
    form = await press_submit(hass, form, voltage_l1=name)
    assert form["type"] is FlowResultType.CREATE_ENTRY
    item = registry.async_get(name)
    assert item
    assert item.disabled_by is er.RegistryEntryDisabler.USER
