"""What real boxes answer, in Home Assistant."""

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from tests.emulators.base import Line
from tests.emulators.lektrico import LektricoEmulator
from tests.ha.conftest import Poll, Read


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
