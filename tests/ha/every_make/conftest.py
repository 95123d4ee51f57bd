"""A Home Assistant with one emulated charger of each make in turn."""

from collections.abc import AsyncGenerator, Iterator

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from tests.emulators.base import Emulator
from tests.ha.makes import MAKES, Make, look, settle

from .world import World

# The world begins at eight o'clock; what these windows allow begins at ten and ends at four.
WINDOW = {"start": "10:00", "end": "16:00"}
CHARGE_FROM_TEN = {"windows": [WINDOW], "outside": "paused", "executed_by": "home_assistant"}
TEN_AMPERES_FROM_TEN = {
    "windows": [WINDOW | {"current": 10}],
    "outside": "allowed",
    "executed_by": "home_assistant",
}


@pytest.fixture(autouse=True)
def patience(_short_patience: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no echo, and take no stream for silent: events are hours apart."""
    evnex = "custom_components.evse_pilot.chargers.evnex"
    monkeypatch.setattr(f"{evnex}.client.SILENCE_S", 1e6)
    monkeypatch.setattr(f"{evnex}.charger.ECHO_S", 0.01)
    for patience in ("FIRST_PAUSE_S", "LONGEST_PAUSE_S"):
        monkeypatch.setattr(f"custom_components.evse_pilot.chargers.clock.{patience}", 0.01)
    monkeypatch.setattr("custom_components.evse_pilot.chargers.http.TIMEOUT_S", 10.0)


@pytest.fixture(params=MAKES)
def make(request: pytest.FixtureRequest) -> Make:
    """Return one make after the other."""
    return MAKES[request.param]


@pytest.fixture
async def emulator(make: Make) -> AsyncGenerator[Emulator]:
    """Return a charger of that make."""
    async with make.emulator() as emulator:
        yield emulator


@pytest.fixture
async def charger(hass: HomeAssistant, make: Make, emulator: Emulator) -> MockConfigEntry:
    """Return its entry, set up, after its first event."""
    if make.other is not None:
        await make.other(hass, emulator)
    entry = make.entry(emulator)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    await settle(hass, make)
    emulator.press("plug_in")
    await look(hass, make, entry, emulator)
    return entry


@pytest.fixture(params=MAKES)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Return a Home Assistant with one charger of each make in turn, and a car."""
    world = World(request.param)
    world.run(world.start())
    yield world
    world.close()
