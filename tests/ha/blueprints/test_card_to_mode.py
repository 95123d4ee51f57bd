"""The blueprint with a card for each mode."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from homeassistant.core import HomeAssistant
from tests.emulators.smartevse import NORMAL, SMART, SOLAR, SmartEvseEmulator
from tests.ha.automations import device_of, entity_of

from .conftest import Later, Use

NAME = "card_to_mode"


@pytest.mark.usefixtures("all_enabled")
async def test_cards(
    hass: HomeAssistant, use: Use, emulator: SmartEvseEmulator, entry: MockConfigEntry, later: Later
) -> None:
    """Each card has its mode, as it is shown or as its option is called; others do what was chosen for them."""
    emulator.rfid_reader = "EnableAll"
    emulator.last_card = "112233445566"
    assert await hass.config_entries.async_setup(entry.entry_id)
    await later(minutes=1)
    mode = entity_of(hass, entry, "select.mode")
    device = device_of(hass, entry)
    others = async_capture_events(hass, "other_card")
    await use(
        NAME,
        charger=device,
        mode=mode,
        first_card="04:a1:b2:c3:d4:e5:f6",
        first_mode="Solar",
        second_card="010203040506",
        second_mode="smart",
        other_actions=[{"event": "other_card"}],
    )
    emulator.swipe("04A1B2C3D4E5F6")
    await later(minutes=1)
    assert emulator.mode_id == SOLAR
    emulator.swipe("010203040506")
    await later(minutes=1)
    assert emulator.mode_id == SMART
    assert not others
    emulator.swipe("AABBCCDDEEFF")
    await later(minutes=1)
    assert len(others) == 1
    assert emulator.mode_id != NORMAL
