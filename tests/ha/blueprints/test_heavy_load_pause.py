"""The blueprint that lets a car charge less while something else needs the power."""

from homeassistant.core import HomeAssistant
from tests.emulators.base import Line
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import Later, Use, settle

NAME = "heavy_load_pause"
OVEN = "sensor.oven"


def takes(hass: HomeAssistant, watts: object) -> None:
    """Let the oven take so much."""
    hass.states.async_set(OVEN, str(watts), {"unit_of_measurement": "W"})


async def test_an_oven(
    hass: HomeAssistant, use: Use, charger: str, emulator: SmartEvseEmulator, later: Later
) -> None:
    """The car waits while the oven is hot, however long, and charges within five minutes of its end, by its own limit."""
    await hass.services.async_call(
        "evse_pilot", "set_current_limit", {"device_id": charger, "current": 10}, blocking=True
    )
    takes(hass, 20)
    await use(NAME, chargers=[charger], load_power=OVEN, threshold=2000)
    emulator.press("plug_in")
    await later(minutes=1)
    assert emulator.ev_currents_a[0] == 10
    takes(hass, 2500)
    await later(minutes=1)
    assert not any(emulator.ev_currents_a)
    await later(minutes=20)
    assert not any(emulator.ev_currents_a)
    takes(hass, 20)
    await later(minutes=6)
    assert emulator.ev_currents_a[0] == 10


async def test_less_instead_of_nothing(
    hass: HomeAssistant, use: Use, charger: str, emulator: SmartEvseEmulator, later: Later
) -> None:
    """With a current above 0 the car charges on with that, and a sensor that is lost limits nothing."""
    takes(hass, 20)
    await use(NAME, chargers=[charger], load_power=OVEN, threshold=2000, current=8)
    emulator.press("plug_in")
    await later(minutes=1)
    takes(hass, 2500)
    await later(minutes=1)
    assert emulator.ev_currents_a[0] == 8
    takes(hass, "unavailable")
    await later(minutes=6)
    assert emulator.ev_currents_a[0] == 16


async def test_a_restart_and_a_charger_that_does_not_answer(
    hass: HomeAssistant, use: Use, charger: str, emulator: SmartEvseEmulator, later: Later
) -> None:
    """A load that is there already when Home Assistant starts, or when the charger is back, counts."""
    emulator.press("plug_in")
    await later(minutes=1)
    takes(hass, 2500)
    await use(NAME, chargers=[charger], load_power=OVEN, threshold=2000)
    hass.bus.async_fire("homeassistant_started")
    await settle()
    await later(seconds=30)
    assert not any(emulator.ev_currents_a)
    emulator.line = Line.REFUSED
    await later(minutes=10)
    emulator.line = Line.OK
    await later(minutes=3)
    assert not any(emulator.ev_currents_a)
