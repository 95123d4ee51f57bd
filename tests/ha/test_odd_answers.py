"""What one odd answer leaves behind, and what was there before a restart. Case E4."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from tests.emulators.psp import NONE, PspEmulator
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import Poll, Read
from .psp.conftest import entry_for as psp_entry


def ids(hass: HomeAssistant, entry: MockConfigEntry) -> set[str]:
    """Return the entities that an entry has registered."""
    return {item.unique_id for item in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)}


def restored(hass: HomeAssistant) -> list[str]:
    """Return the entities that are registered, and not there."""
    return [state.entity_id for state in hass.states.async_all() if state.attributes.get("restored")]


async def test_e4_one_odd_answer_leaves_no_entity(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll
) -> None:
    """A value that one answer has, or every second one, makes no entity; two in a row do."""
    emulator.mains_meter = emulator.ev_meter = "Disabled"
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    before = ids(hass, entry)
    for _ in range(2):
        emulator.ev_meter = "Eastron3P"
        await poll()
        emulator.ev_meter = "Disabled"
        await poll()
        assert ids(hass, entry) == before
    emulator.ev_meter = "Eastron3P"
    for _ in range(3):
        await poll()
    assert f"{entry.unique_id}_total_energy" in ids(hass, entry) - before


@pytest.mark.parametrize("odd", ["first", "second"])
async def test_e4_one_odd_answer_at_the_first_set_up(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    emulator: SmartEvseEmulator,
    monkeypatch: pytest.MonkeyPatch,
    odd: str,
) -> None:
    """A new charger is read twice, and has what both readings have, at once."""
    settings, calls = emulator.settings, 0

    def answer() -> dict[str, Any]:
        nonlocal calls
        calls += 1
        emulator.ev_meter = "Eastron3P" if (calls <= 2) is (odd == "first") else "Disabled"
        return settings()

    monkeypatch.setattr(emulator, "settings", answer)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert calls == 4
    assert f"{entry.unique_id}_total_energy" not in ids(hass, entry)
    assert f"{entry.unique_id}_mains_current_l1" in ids(hass, entry)


async def test_e4_what_was_there_is_there_after_a_restart(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    poll: Poll,
    read: Read,
) -> None:
    """Of a meter that is off when Home Assistant starts the entities are unknown until it is read."""
    before = ids(hass, loaded)
    emulator.ev_meter = "Disabled"
    emulator.lost_keys = {"settings", "color"}
    assert await hass.config_entries.async_reload(loaded.entry_id)
    await hass.async_block_till_done()
    assert restored(hass) == []
    assert ids(hass, loaded) == before
    assert read("sensor.total_energy") == STATE_UNKNOWN
    emulator.ev_meter, emulator.lost_keys = "Eastron3P", set()
    # An energy is believed with its second reading (case E5).
    await poll()
    await poll()
    assert read("sensor.total_energy") not in (STATE_UNKNOWN, STATE_UNAVAILABLE)


@pytest.mark.usefixtures("all_enabled")
async def test_e4_registers_are_there_after_a_restart(hass: HomeAssistant) -> None:
    """The registers of a meter keep their names and units while it is away, and are read again when it is back."""
    async with PspEmulator() as emulator:
        entry = psp_entry(emulator)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        registry = er.async_get(hass)

        def registers() -> dict[str, tuple[Any, ...]]:
            return {
                item.entity_id: (item.original_name, item.unit_of_measurement, item.original_device_class)
                for item in er.async_entries_for_config_entry(registry, entry.entry_id)
                if "_meter1_" in item.unique_id and "0x" not in item.unique_id
            }

        before = registers()
        assert len(before) > 10
        # Not an energy, which is believed with its second reading only (case E5).
        power = next(entity_id for entity_id, (_, unit, _) in before.items() if unit in ("V", "A", "W", "kW"))
        kind = emulator.settings["Meter1Type"]
        emulator.settings["Meter1Type"] = NONE
        assert await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
        assert restored(hass) == []
        assert registers() == before
        state = hass.states.get(power)
        assert state
        assert state.state == STATE_UNKNOWN
        emulator.settings["Meter1Type"] = kind
        emulator.reboot(0)
        await entry.runtime_data.coordinator.async_refresh()
        await hass.async_block_till_done()
        state = hass.states.get(power)
        assert state
        assert state.state != STATE_UNKNOWN
        assert await hass.config_entries.async_unload(entry.entry_id)
