"""A home battery that is held while a car charges without the sun."""

from typing import Any

import pytest

from custom_components.evse_pilot.balancing.settings import CONF_EXPORTS
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from tests.emulators.house import HouseEmulator
from tests.ha.conftest import complaints

from .conftest import House

pytestmark = [pytest.mark.timeout(180), pytest.mark.usefixtures("all_enabled")]
HOLD = "input_boolean.hold"


@pytest.fixture
async def house(hass: HomeAssistant, empty_house: House, members: list[ConfigSubentryDataWithId]) -> House:
    """Return a house with a roof, a battery that can be held, and a car that charges without the sun."""
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"hold": {}}})
    empty_house.meter_shows = lambda mains: [amps + empty_house.offset_s % 3 / 100 for amps in mains]
    await empty_house.load_group(*members, **{CONF_EXPORTS: True, "battery_hold": HOLD})
    empty_house.boxes["Garage"].plug_in()
    return empty_house


def is_held(house: House) -> bool:
    """Return whether the battery is held."""
    state = house.hass.states.get(HOLD)
    assert state is not None
    return state.state == "on"


async def switch(house: House, action: str) -> None:
    """Switch the entity as a person does."""
    await house.hass.services.async_call("input_boolean", action, {"entity_id": HOLD}, blocking=True)


async def test_while_a_car_charges_fast(house: House) -> None:
    """It is on with the car, stays for a minute, and a car that stops for less does not switch it."""
    await house.live(12)
    assert is_held(house)
    house.boxes["Garage"].draw(0)
    await house.live(40)
    house.boxes["Garage"].draw(16)
    await house.live(70)
    assert is_held(house)
    house.boxes["Garage"].unplug()
    await house.live(50)
    assert is_held(house)
    await house.live(20)
    assert not is_held(house)


async def test_b3_renamed_while_it_is_held(house: House, entity_registry: er.EntityRegistry) -> None:
    """It is released under its new name, which the group has from then on, as those of the battery's sensors."""
    await house.live(12)
    assert is_held(house)
    entity_registry.async_update_entity(HOLD, new_entity_id="input_boolean.keep_battery")
    await house.settle()
    assert house.group.options["battery_hold"] == "input_boolean.keep_battery"
    house.boxes["Garage"].unplug()
    await house.live(70)
    state = house.hass.states.get("input_boolean.keep_battery")
    assert state is not None
    assert state.state == "off"
    house.boxes["Garage"].plug_in()
    await house.live(12)
    state = house.hass.states.get("input_boolean.keep_battery")
    assert state is not None
    assert state.state == "on"


async def test_not_for_a_car_that_charges_with_the_sun(house: House) -> None:
    """It takes from the battery only what it may."""
    house.base_a = [-12.0, -12.0, -12.0]
    await house.act("select.select_option", "select.sun_mode", "Garage", option="sun_only")
    await house.live(150)
    assert house.offers[0] >= 6
    assert not is_held(house)


async def test_what_a_person_has_switched_on_stays_on(house: House) -> None:
    """And what a person switches off meanwhile stays off."""
    await switch(house, "turn_on")
    await house.live(20)
    house.boxes["Garage"].unplug()
    await house.live(80)
    assert is_held(house)
    await switch(house, "turn_off")
    house.boxes["Garage"].plug_in()
    await house.live(20)
    assert is_held(house)
    await switch(house, "turn_off")
    await house.live(80)
    assert not is_held(house)
    house.boxes["Garage"].unplug()
    await house.live(80)
    await switch(house, "turn_on")
    await house.live(80)
    assert is_held(house)


async def test_a_group_that_lets_go_releases_it(house: House) -> None:
    """Switched off, restarted and removed."""
    await house.live(12)
    await house.act("select.select_option", "select.mode", option="off")
    await house.live(70)
    assert not is_held(house)
    await house.act("select.select_option", "select.mode", option="equal")
    await house.live(70)
    assert is_held(house)
    assert await house.hass.config_entries.async_remove(house.group.entry_id)
    await house.settle()
    assert not is_held(house)


async def test_after_a_restart_in_the_middle_of_it(
    house: House, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """What was held before a sudden end is released when the car has left meanwhile."""
    await house.live(20)
    assert is_held(house)
    await house.hass.config_entries.async_unload(house.group.entry_id)
    await switch(house, "turn_on")
    hass_storage[f"evse_pilot.group.{house.group.entry_id}"]["data"]["battery_held"] = HOLD
    house.boxes["Garage"].unplug()
    await house.set_up(house.group)
    await house.live(80)
    assert not is_held(house)
    assert not complaints(caplog)


async def test_an_entity_that_does_not_answer(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """It is tried again, and nothing else happens."""
    house.hass.states.async_set(HOLD, "unavailable")
    await house.live(70)
    assert house.offers[0] > 15
    house.hass.states.async_remove("input_boolean.hold")
    await house.live(5)
    assert not complaints(caplog)


@pytest.mark.parametrize("error", [HomeAssistantError("no"), TypeError("no"), TimeoutError()])
async def test_an_entity_that_fails_keeps_no_charger(house: House, error: Exception) -> None:
    """Where the integration of the entity fails, a group that is unloaded still leaves its chargers."""
    await house.live(12)
    assert is_held(house)

    async def fail(_: ServiceCall) -> None:
        raise error

    house.hass.services.async_register("input_boolean", "turn_off", fail)
    assert await house.hass.config_entries.async_remove(house.group.entry_id)
    await house.settle()
    assert "group" not in house.claims("Garage")


async def test_a_car_empties_no_battery(
    hass: HomeAssistant, empty_house: House, members: list[ConfigSubentryDataWithId]
) -> None:
    """An emulated battery that obeys the switch keeps its charge for the house while a car charges at night."""
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"hold": {}}})
    emulated = HouseEmulator(lambda: [empty_house.boxes["Garage"].ev_currents_a])
    emulated.press("battery", "60")

    def live(_: list[float]) -> list[float]:
        emulated.advance(1)
        emulated.press("hold_battery" if is_held(empty_house) else "release_battery", None)
        power_w = {"unit_of_measurement": "W", "device_class": "power"}
        hass.states.async_set("sensor.battery_power", f"{emulated.battery_w:.0f}", power_w)
        # A value that never changes would be taken for stuck.
        return [amps + empty_house.offset_s % 3 / 100 for amps in emulated.mains_a]

    empty_house.meter_shows = live
    battery = {"battery_power": "sensor.battery_power", "battery_sign": "charging_positive"}
    await empty_house.load_group(*members, **{CONF_EXPORTS: True, "battery_hold": HOLD}, **battery)
    await empty_house.live(5)
    assert emulated.battery_w < -1000, "it supplies the house"
    empty_house.boxes["Garage"].plug_in()
    await empty_house.live(30)
    assert is_held(empty_house)
    percent = emulated.roof.battery_percent
    await empty_house.live(60)
    assert (emulated.battery_w, emulated.roof.battery_percent) == (0, percent)
    assert sum(empty_house.boxes["Garage"].ev_currents_a) > 40
    empty_house.boxes["Garage"].unplug()
    await empty_house.live(75)
    assert not is_held(empty_house)
    assert emulated.battery_w < -1000
