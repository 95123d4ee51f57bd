"""The blueprint that keeps the home battery out of the car."""

from typing import Any

import pytest

from homeassistant.core import HomeAssistant, ServiceCall
from tests.emulators.base import Line
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import Later, Use, settle

NAME = "home_battery_guard"
NUMBER, SWITCH, SELECT = "number.discharge", "switch.discharge", "select.mode"


@pytest.fixture
def written(hass: HomeAssistant) -> list[Any]:
    """Return what is written to the battery, which does it."""
    values: list[Any] = []

    async def write(call: ServiceCall) -> None:
        value = call.data.get("value", call.data.get("option", call.service.removeprefix("turn_")))
        values.append(value)
        for entity_id in call.data["entity_id"]:
            hass.states.async_set(entity_id, str(value))

    for domain, service in (
        *(("number", "set_value"), ("select", "select_option")),
        *(("homeassistant", "turn_on"), ("homeassistant", "turn_off")),
    ):
        hass.services.async_register(domain, service, write)
    return values


@pytest.mark.parametrize(
    ("entity_id", "blocked", "normal"),
    [(NUMBER, "0", "5000"), (SWITCH, "off", "on"), (SELECT, "charge_only", "self_use")],
)
async def test_charging(
    hass: HomeAssistant,
    use: Use,
    charger: str,
    emulator: SmartEvseEmulator,
    later: Later,
    written: list[Any],
    entity_id: str,
    blocked: str,
    normal: str,
) -> None:
    """The battery is blocked once when the car charges, and given back once when it no longer does."""
    hass.states.async_set(entity_id, normal)
    await use(NAME, chargers=[charger], discharge=entity_id, blocked=blocked, normal=normal)
    await later(minutes=2)
    assert written == []
    emulator.press("plug_in")
    await later(minutes=5)
    assert [str(value) for value in written] == [blocked]
    emulator.press("draw", "0")
    await later(minutes=5)
    assert [str(value) for value in written] == [blocked, normal]


async def test_a_charger_that_does_not_answer(
    hass: HomeAssistant,
    use: Use,
    charger: str,
    emulator: SmartEvseEmulator,
    later: Later,
    written: list[Any],
) -> None:
    """The battery is given back within minutes, and blocked again when the charger is back and the car charges."""
    hass.states.async_set(NUMBER, "5000.0")
    await use(NAME, chargers=[charger], discharge=NUMBER, normal="5000")
    emulator.press("plug_in")
    await later(minutes=3)
    emulator.line = Line.REFUSED
    await later(minutes=4)
    assert [float(value) for value in written] == [0, 5000]
    emulator.line = Line.OK
    await later(minutes=3)
    assert [float(value) for value in written] == [0, 5000, 0]


async def test_a_start_of_home_assistant(
    hass: HomeAssistant, use: Use, charger: str, later: Later, written: list[Any]
) -> None:
    """A battery that was left blocked is given back; one that is unavailable is waited for."""
    hass.states.async_set(NUMBER, "unavailable")
    await use(NAME, chargers=[charger], discharge=NUMBER, normal="5000")
    hass.bus.async_fire("homeassistant_started")
    await settle()
    assert written == []
    hass.states.async_set(NUMBER, "0")
    await later(minutes=2)
    assert [float(value) for value in written] == [5000]


async def test_a_value_by_hand_and_the_sun(
    hass: HomeAssistant,
    use: Use,
    charger: str,
    emulator: SmartEvseEmulator,
    later: Later,
    written: list[Any],
) -> None:
    """A value of the owner's stays, and nothing is blocked while the sun yields enough."""
    hass.states.async_set(NUMBER, "2000")
    hass.states.async_set("sensor.roof", "8.5", {"unit_of_measurement": "kW"})
    await use(NAME, chargers=[charger], discharge=NUMBER, normal="5000", sun_power=["sensor.roof"])
    emulator.press("plug_in")
    await later(minutes=5)
    assert written == []
    hass.states.async_set("sensor.roof", "unavailable")
    await later(minutes=2)
    assert [float(value) for value in written] == [0]
    hass.states.async_set("sensor.roof", "9000", {"unit_of_measurement": "W"})
    await later(minutes=2)
    assert [float(value) for value in written] == [0, 5000]
