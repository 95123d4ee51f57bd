"""What real boxes answer, in Home Assistant."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from tests.emulators.base import Line
from tests.emulators.lektrico import LektricoEmulator
from tests.ha.conftest import Call, Poll, Read

from .conftest import Clock, entry_for


async def test_e2_an_empty_answer_after_a_restart(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, poll: Poll, read: Read
) -> None:
    """A box without a log-in that answers with an empty body while it starts is away, and then comes back."""
    emulator.line = Line.REFUSED
    for _ in range(3):
        await poll()
    emulator.line = Line.OK
    emulator.password, emulator.empty_for_401 = "starting", True
    for _ in range(5):
        await poll()
        assert read("sensor.status") == STATE_UNAVAILABLE
    emulator.password = ""
    await poll()
    assert read("sensor.status") == "disconnected"
    assert loaded.state is ConfigEntryState.LOADED
    assert not hass.config_entries.flow.async_progress()


@pytest.mark.usefixtures("all_enabled")
async def test_l2_firmware_1_23(hass: HomeAssistant, poll: Poll, read: Read, call: Call) -> None:
    """The limit and the settings that are in other answers are shown, and the limit can be set."""
    async with LektricoEmulator("1p7k", "1.23", install_current=32) as emulator:
        emulator.total_wh, emulator.dynamic_current = 123_400, 16
        entry = entry_for(emulator)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        assert read("number.current_limit") == "16"
        assert read("switch.authentication") == "off"
        await call("number.set_value", "number.current_limit", value=10)
        assert emulator.dynamic_current == 10
        emulator.dynamic_current = 8
        await poll()
        assert float(read("number.current_limit")) == 8
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("all_enabled")
async def test_l3_locked_in_the_app(
    loaded: MockConfigEntry, emulator: LektricoEmulator, poll: Poll, read: Read, clock: Clock
) -> None:
    """The switch follows the status with the next poll, both ways."""
    emulator.plug_in()
    for lock, status in (("on", "locked"), ("off", "charging")) * 2:
        emulator.press("lock" if lock == "on" else "unlock")
        clock.now_s += 5
        await poll()
        assert (read("switch.lock"), read("sensor.status")) == (lock, status)


@pytest.mark.usefixtures("all_enabled")
async def test_l5_a_start_on_a_charger_that_asks_for_a_card(
    loaded: MockConfigEntry, emulator: LektricoEmulator, poll: Poll, read: Read, call: Call
) -> None:
    """The button starts the session, on behalf of Home Assistant."""
    emulator.keys["headless"].value = False
    emulator.plug_in()
    await poll()
    assert read("sensor.status") == "awaiting_authorization"
    await call("button.press", "button.start_charging")
    assert (read("sensor.status"), emulator.tag) == ("charging", "HASS")
