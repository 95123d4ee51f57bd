"""The blueprint that feeds a SmartEVSE with the currents of the mains."""

from collections.abc import AsyncGenerator
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from homeassistant.core import HomeAssistant
from tests.emulators.base import Line
from tests.emulators.smartevse import SMART, SmartEvseEmulator

from .conftest import Use, errors, settle

NAME = "feed_mains_currents"


@pytest.fixture
async def emulator() -> AsyncGenerator[SmartEvseEmulator]:
    """Return a SmartEVSE that is fed by others."""
    async with SmartEvseEmulator(mains_meter="API", ev_meter="API") as emulator:
        emulator.advance(5)
        yield emulator


def sense(hass: HomeAssistant, *values: object, unit: str = "A") -> None:
    """Let the sensors of the house report, one phase after the other."""
    for phase, value in enumerate(values, 1):
        hass.states.async_set(f"sensor.l{phase}", str(value), {"unit_of_measurement": unit})


def requests(emulator: SmartEvseEmulator, method: str = "POST") -> int:
    """Return how many requests the box has received."""
    return len([call for call in emulator.calls if call.method == method])


async def live(hass: HomeAssistant, freezer: FrozenDateTimeFactory, seconds: float) -> None:
    """Let time pass, a tenth of a second after the other."""
    for _ in range(round(seconds * 10)):
        freezer.tick(timedelta(milliseconds=100))
        async_fire_time_changed(hass)
        await settle(40)


@pytest.fixture
async def feeding(hass: HomeAssistant, use: Use, charger: str, emulator: SmartEvseEmulator) -> None:
    """Let the blueprint feed the charger from three sensors."""
    emulator.turn_mode(SMART)
    sense(hass, 5, 6.25, -7)
    await use(NAME, charger=charger, l1="sensor.l1", l2="sensor.l2", l3="sensor.l3")
    emulator.calls.clear()


@pytest.mark.usefixtures("feeding")
async def test_d8_a_meter_that_reports_each_second(
    hass: HomeAssistant, emulator: SmartEvseEmulator, freezer: FrozenDateTimeFactory
) -> None:
    """One feed a second at most, each of one telegram, and nothing is read back."""
    polls = 0
    for second in range(20):
        sense(hass, 5 + second, 6 + second, 7 + second)
        await live(hass, freezer, 1)
        polls += 1 if second % 5 == 0 else 0
        fed = emulator.api_mains_a
        assert fed is not None
        assert fed[0] + 2 == fed[1] + 1 == fed[2]
        assert second + 5 - fed[0] <= 2
    assert 10 <= requests(emulator) <= 20
    assert requests(emulator, "GET") <= polls + 2


@pytest.mark.usefixtures("feeding")
async def test_what_does_not_change_is_sent_again(
    hass: HomeAssistant, emulator: SmartEvseEmulator, freezer: FrozenDateTimeFactory
) -> None:
    """The charger drops what it was sent after 11 s; milliamperes are amperes for it."""
    for _ in range(4):
        before = requests(emulator)
        await live(hass, freezer, 6)
        assert requests(emulator) > before
    sense(hass, 5000, 6250, -8000, unit="mA")
    await live(hass, freezer, 2)
    assert emulator.api_mains_a == [5, 6.2, -8]


@pytest.mark.usefixtures("feeding")
@pytest.mark.parametrize("odd", ["unavailable", "unknown", "much", "nan"])
async def test_it_is_silent_when_a_sensor_is(
    hass: HomeAssistant, emulator: SmartEvseEmulator, freezer: FrozenDateTimeFactory, odd: str
) -> None:
    """The value of an unavailable sensor is not sent, so that the charger notices."""
    await live(hass, freezer, 6)
    assert requests(emulator)
    hass.states.async_set("sensor.l2", odd, {"unit_of_measurement": "A"})
    await live(hass, freezer, 2)
    before = requests(emulator)
    await live(hass, freezer, 12)
    assert requests(emulator) == before


@pytest.mark.usefixtures("feeding")
async def test_a_frozen_sensor(
    hass: HomeAssistant, emulator: SmartEvseEmulator, freezer: FrozenDateTimeFactory
) -> None:
    """A value that is reported again is current; one that is no longer reported is not sent for ever."""
    for _ in range(8):
        sense(hass, 5, 6.25, -7)
        await live(hass, freezer, 5)
    assert requests(emulator) >= 7
    before = requests(emulator)
    await live(hass, freezer, 40)
    assert requests(emulator) - before <= 7
    before = requests(emulator)
    await live(hass, freezer, 12)
    assert requests(emulator) == before


@pytest.mark.usefixtures("feeding")
async def test_d8_a_refusal(
    hass: HomeAssistant,
    emulator: SmartEvseEmulator,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A charger whose meter is not API refuses once, with one line in the log, and is asked again after it was away."""
    emulator.mains_meter = "Eastron3P"
    await live(hass, freezer, 6)
    caplog.clear()
    before = requests(emulator)
    for second in range(20):
        sense(hass, 5 + second, 6, 7)
        await live(hass, freezer, 1)
    assert len(errors(caplog)) <= 1
    assert requests(emulator) == before
    caplog.clear()
    emulator.line = Line.REFUSED
    await live(hass, freezer, 40)
    emulator.mains_meter = "API"
    emulator.line = Line.OK
    sense(hass, 5, 6, 7)
    await live(hass, freezer, 12)
    assert requests(emulator) > before
    caplog.clear()


async def test_a_house_with_one_phase(
    hass: HomeAssistant, use: Use, charger: str, emulator: SmartEvseEmulator, freezer: FrozenDateTimeFactory
) -> None:
    """Only the current of phase 1 is sent."""
    sense(hass, 5)
    sensors = dict.fromkeys(("l1", "l2", "l3"), "sensor.l1")
    await use(NAME, charger=charger, **sensors, one_phase=True)
    await live(hass, freezer, 6)
    assert emulator.api_mains_a == [5, 0, 0]
