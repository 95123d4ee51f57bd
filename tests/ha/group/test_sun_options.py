"""The form for the sun and the home battery of a group."""

from typing import Any

import pytest

from custom_components.evse_pilot.balancing.settings import CONF_EXPORTS
from homeassistant.components.energy.data import async_get_manager
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant

from .conftest import OPTIONS, House

LIMITS = {key: OPTIONS[key] for key in ("fuse", "margin", "safe_current", "leave", "mains")}
SOURCES = {key: OPTIONS[key] for key in ("sensor_l1", "sensor_l2", "sensor_l3")} | {
    "sign": "import_positive",
    "nominal_voltage": 230,
}
SUN = {
    "sun_start": 200,
    "sun_start_time": 90,
    "sun_stop": 100,
    "sun_stop_time": 240,
    "battery_power": "sensor.battery",
    "battery_sign": "charging_positive",
    "battery_charge": "sensor.charge",
    "battery_first": 60,
    "battery_takes": 5000,
    "battery_gives": 500,
    "battery_hold": "switch.hold",
    "sun_forecast": False,
    "sun_forecast_house": 700,
}


@pytest.fixture(autouse=True)
def battery(hass: HomeAssistant) -> None:
    """Set up a battery with its sensors."""
    hass.states.async_set("sensor.battery", "-500", {"unit_of_measurement": "W", "device_class": "power"})
    hass.states.async_set("sensor.charge", "70", {"unit_of_measurement": "%", "device_class": "battery"})


async def form(house: House, *, exports: bool = True) -> ConfigFlowResult:
    """Go up to the form, or to the end."""
    options = house.hass.config_entries.options
    result = await options.async_init(house.group.entry_id)
    result = await options.async_configure(result["flow_id"], LIMITS)
    return await options.async_configure(result["flow_id"], SOURCES | {CONF_EXPORTS: exports})


def _suggested(result: ConfigFlowResult) -> dict[str, Any]:
    schema = result["data_schema"]
    assert schema is not None
    return {
        str(key): key.description["suggested_value"]
        for key in schema.schema
        if key.description and "suggested_value" in key.description
    }


async def test_what_is_set_is_stored_and_obeyed(house: House) -> None:
    """All of it is in the options, is proposed the next time, and what is emptied is gone."""
    options = house.hass.config_entries.options
    result = await form(house)
    assert result["step_id"] == "sun"
    result = await options.async_configure(result["flow_id"], SUN)
    await house.settle()
    assert house.group.options.items() >= (SUN | LIMITS | SOURCES | {CONF_EXPORTS: True}).items()
    result = await form(house)
    assert _suggested(result) == SUN
    none = {"battery_power", "battery_charge", "battery_takes"}
    without = {key: value for key, value in SUN.items() if key not in none}
    await options.async_configure(result["flow_id"], without | {"battery_first": 0, "battery_gives": 0})
    await house.settle()
    assert not none & house.group.options.keys()


async def test_no_form_in_a_house_that_does_not_feed_in(house: House) -> None:
    """It is at its end after the sensors; what was set before stays."""
    result = await form(house)
    await house.hass.config_entries.options.async_configure(result["flow_id"], SUN)
    await house.settle()
    assert (await form(house, exports=False))["type"] == "create_entry"
    await house.settle()
    assert house.group.options["sun_start"] == 200


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({"battery_power": "sensor.charge"}, {"battery_power": "no_power"}),
        ({"battery_charge": "sensor.battery"}, {"battery_charge": "no_percent"}),
        ({"battery_charge": "sensor.gone"}, {"battery_charge": "no_percent"}),
        ({"battery_power": None}, {"battery_power": "battery_needs_power"}),
        ({"battery_charge": None}, {"battery_first": "battery_needs_charge"}),
        ({"battery_charge": None, "battery_first": 0}, {"battery_gives": "battery_needs_charge"}),
    ],
)
async def test_errors(house: House, change: dict[str, Any], errors: dict[str, str]) -> None:
    """A sensor that is none, or that is missing for what was chosen, changes nothing."""
    before = dict(house.group.options)
    result = await form(house)
    given = {key: value for key, value in (SUN | change).items() if value is not None}
    result = await house.hass.config_entries.options.async_configure(result["flow_id"], given)
    assert result["errors"] == errors
    assert house.group.options == before


BATTERY = {"type": "battery", "stat_energy_from": "sensor.out", "stat_energy_to": "sensor.in"}


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (None, {}),
        ([BATTERY], {}),
        (
            [BATTERY | {"stat_rate": "sensor.battery", "stat_soc": "sensor.charge"}],
            {
                "battery_power": "sensor.battery",
                "battery_sign": "discharging_positive",
                "battery_charge": "sensor.charge",
            },
        ),
        (
            [
                BATTERY
                | {"power_config": {"stat_rate_inverted": "sensor.battery"}, "stat_rate": "sensor.made"}
            ],
            {"battery_power": "sensor.battery", "battery_sign": "charging_positive"},
        ),
        ([BATTERY | {"stat_rate": "sensor.gone"}], {}),
        ([BATTERY | {"stat_rate": "sensor.battery"}, BATTERY | {"stat_rate": "sensor.charge"}], {}),
    ],
)
async def test_the_battery_of_the_energy_dashboard_is_proposed(
    house: House, sources: list[dict[str, Any]] | None, expected: dict[str, Any]
) -> None:
    """One alone; nothing of it is used before the form is submitted."""
    house.hass.config.components.add("energy")
    manager = await async_get_manager(house.hass)
    given: Any = sources
    if sources is not None:
        manager.data = manager.default_preferences() | {"energy_sources": given}
    result = await form(house)
    assert _suggested(result) == expected
    assert "battery_power" not in house.group.options
