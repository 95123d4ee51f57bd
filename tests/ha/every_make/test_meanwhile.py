"""What a charger does while Home Assistant is dead: the table of docs/load_balancing.md, on the emulators."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from tests.ha.makes import MAKES, Make, look, settle

from .world import BOXES

HOUR_S = 3600
# What is left after a restart of a charger that was limited to 8 A: its maximum, its user limit, or the limit where that is a setting.
AFTER_A_RESTART_A = {"smartevse": 16.0, "lektrico": 16.0, "psp": 8.0}


@pytest.fixture
def name(make: Make) -> str:
    """Return the name of the make."""
    return next(name for name, each in MAKES.items() if each is make)


async def test_the_last_limit_stays(
    hass: HomeAssistant, make: Make, name: str, emulator: Any, charger: MockConfigEntry
) -> None:
    """No make knows that Home Assistant has died: the limit has no end."""
    await charger.runtime_data.owner.async_set_limit(8)
    await look(hass, make, charger, emulator)
    await hass.config_entries.async_unload(charger.entry_id)
    emulator.advance(HOUR_S)
    assert BOXES[name].allows_a(emulator) == 8


async def test_a_pause_stays(
    hass: HomeAssistant, make: Make, name: str, emulator: Any, charger: MockConfigEntry
) -> None:
    """Nor does any make go on charging by itself."""
    await charger.runtime_data.owner.async_set_charging(False)
    await look(hass, make, charger, emulator)
    await hass.config_entries.async_unload(charger.entry_id)
    emulator.advance(HOUR_S)
    assert BOXES[name].allows_a(emulator) == 0


@pytest.mark.parametrize("make", [MAKES[name] for name in AFTER_A_RESTART_A])
async def test_a_restart_of_the_charger(
    hass: HomeAssistant, make: Make, name: str, emulator: Any, charger: MockConfigEntry
) -> None:
    """What a box keeps in RAM is forgotten, and commanded again when Home Assistant is back."""
    await charger.runtime_data.owner.async_set_limit(8)
    await look(hass, make, charger, emulator)
    await hass.config_entries.async_unload(charger.entry_id)
    emulator.reboot()
    emulator.advance(120)
    assert BOXES[name].allows_a(emulator) == AFTER_A_RESTART_A[name]
    assert await hass.config_entries.async_setup(charger.entry_id)
    await settle(hass, make)
    for _ in range(BOXES[name].polls):
        await look(hass, make, charger, emulator)
    assert BOXES[name].allows_a(emulator) == 8
