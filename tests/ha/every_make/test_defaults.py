"""Entities that are enabled on each make and in a group: few, and those that an owner looks for."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from tests.emulators.evnex import EvnexEmulator
from tests.emulators.lektrico import LektricoEmulator
from tests.emulators.psp import PspEmulator
from tests.emulators.smartevse import SmartEvseEmulator
from tests.ha.conftest import entry_for as smartevse_entry
from tests.ha.evnex.conftest import entry_for as evnex_entry
from tests.ha.group.conftest import group_entry, member
from tests.ha.lektrico.conftest import entry_for as lektrico_entry
from tests.ha.makes import MAKES, look
from tests.ha.psp.conftest import entry_for as psp_entry

# What every charger has, with a schedule, whatever its make.
COMMON = {
    "binary_sensor.charging",
    "binary_sensor.plug",
    "binary_sensor.problem",
    "calendar.schedule",
    "event.session",
    "number.current_limit",
    "sensor.limited_by",
    "sensor.next_charging_start",
    "sensor.power",
    "sensor.session_energy",
    "sensor.status",
    "sensor.target_current",
    "sensor.total_energy",
    "switch.allow_charging",
    "switch.schedule_enabled",
}
SCHEDULED = {"sensor.next_charging_start", "switch.schedule_enabled"}
# Each model with all optional hardware that its emulator has.
MODELS: dict[
    str, tuple[Callable[[], AbstractAsyncContextManager[Any]], Callable[[Any], MockConfigEntry], set[str]]
] = {
    "smartevse": (
        lambda: SmartEvseEmulator(rfid_reader="EnableOne", modem_build=True, ocpp_auth_key="key"),
        smartevse_entry,
        COMMON | {"select.mode"},
    ),
    "lektrico_1p7k": (lambda: LektricoEmulator("1p7k", "2.0"), lektrico_entry, COMMON | {"sensor.error"}),
    "lektrico_3p22k": (lambda: LektricoEmulator("3p22k", "2.0"), lektrico_entry, COMMON | {"sensor.error"}),
    "psp": (
        PspEmulator,
        psp_entry,
        COMMON - {"sensor.total_energy"} | {"sensor.error", "sensor.meter1_04_0048_kWh"},
    ),
    "evnex": (
        EvnexEmulator,
        lambda emulator: evnex_entry(emulator, lasts=timedelta(days=400)),
        COMMON | {"sensor.stage"},
    ),
}
MOST_OF_A_CHARGER, MOST_OF_A_GROUP, MOST_OF_A_MEMBER = 16, 10, 4


def keys_of(hass: HomeAssistant, entry: MockConfigEntry, *, disabled: bool = False) -> set[str]:
    """Return the enabled entities of an entry, or those that are not, by platform and key."""
    device_id = entry.unique_id or entry.entry_id
    return {
        f"{item.domain}.{item.unique_id.removeprefix(f'{device_id}_')}"
        for item in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if item.disabled is disabled
    }


async def schedule(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set a schedule of the charger."""
    registry = er.async_get(hass)
    status = registry.async_get_entity_id("sensor", DOMAIN, f"{entry.unique_id}_status")
    data = {"entity_id": status, "windows": [{"start": "23:00", "end": "06:00"}]}
    await hass.services.async_call(DOMAIN, "set_schedule", data, blocking=True)
    await hass.async_block_till_done()


@pytest.mark.parametrize("model", MODELS)
async def test_n23_n27_what_a_charger_shows_at_first(hass: HomeAssistant, model: str) -> None:
    """A charger has at most sixteen enabled entities, with a schedule; those of a schedule come with the first one."""
    emulate, entry_for, wanted = MODELS[model]
    make = MAKES[model.partition("_")[0]]
    async with emulate() as emulator:
        emulator.advance(5) if hasattr(emulator, "booted_at") else None
        if model == "psp":
            emulator.settings["Meter1Type"] = 1
        elif model == "smartevse":
            emulator.car_soc = 40
        emulator.press("plug_in")
        entry = entry_for(emulator)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        for _ in range(3):
            await look(hass, make, entry, emulator)
        assert keys_of(hass, entry) == wanted - SCHEDULED
        await schedule(hass, entry)
        assert keys_of(hass, entry) == wanted
        assert len(wanted) <= MOST_OF_A_CHARGER
        for item in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
            state = hass.states.get(item.entity_id)
            # A car that is there at first is no event.
            is_late = item.unique_id.endswith(("total_energy", "_kWh", "stage", "_session"))
            assert item.disabled or is_late or (state and state.state != STATE_UNKNOWN), item.entity_id
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("model", ["em", "3em"])
async def test_n27_what_an_energy_meter_shows_at_first(hass: HomeAssistant, model: str) -> None:
    """An energy meter shows what it measures."""
    async with LektricoEmulator(model, "1.23") as emulator:
        entry = lektrico_entry(emulator)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        for _ in range(3):
            await look(hass, MAKES["lektrico"], entry, emulator)
        phases = range(1, 4) if model == "3em" else range(1, 2)
        of_phases = {f"sensor.mains_{what}_l{phase}" for what in ("current", "power") for phase in phases}
        found = keys_of(hass, entry)
        assert found <= {"sensor.mains_power", "select.balancing_mode"} | of_phases
        assert "sensor.mains_power" in found
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_n22_n27_what_a_group_shows_at_first(hass: HomeAssistant) -> None:
    """A group has at most ten enabled entities, and each charger in it three; one more switches its phases, if it can."""
    async with SmartEvseEmulator() as emulator:
        box = smartevse_entry(emulator)
        box.add_to_hass(hass)
        assert await hass.config_entries.async_setup(box.entry_id)
        group = group_entry(member(box.entry_id, "Garage"))
        group.add_to_hass(hass)
        assert await hass.config_entries.async_setup(group.entry_id)
        await hass.async_block_till_done()
        shown = keys_of(hass, group)
        of_member = {key for key in shown if "_Garage_" in key}
        assert of_member == {
            f"{platform}.id_Garage_{key}"
            for platform, key in (
                ("number", "member_limit"),
                ("sensor", "reason"),
                ("sensor", "share"),
                ("switch", "auto_phases"),
            )
        }
        assert len(of_member) <= MOST_OF_A_MEMBER
        assert shown - of_member == {
            "binary_sensor.limiting",
            "binary_sensor.meter_silent",
            "number.group_limit",
            "select.mode",
            "sensor.given_current",
            *(f"sensor.mains_current_l{phase}" for phase in (1, 2, 3)),
            "switch.group_enabled",
            "switch.observer",
        }
        assert len(shown - of_member) <= MOST_OF_A_GROUP
        assert await hass.config_entries.async_unload(group.entry_id)
        assert await hass.config_entries.async_unload(box.entry_id)


async def test_an_installation_from_before_keeps_what_it_has(hass: HomeAssistant) -> None:
    """Entities that the registry has enabled stay so, and are there, also those of a schedule without one."""
    before = ("sensor.temperature", "sensor.current_l1", "sensor.next_charging_end", "number.minimum_current")
    registry = er.async_get(hass)
    async with SmartEvseEmulator() as emulator:
        emulator.advance(5)
        entry = smartevse_entry(emulator)
        entry.add_to_hass(hass)
        for name in before:
            platform, _, key = name.partition(".")
            registry.async_get_or_create(
                platform,
                DOMAIN,
                f"{entry.unique_id}_{key}",
                config_entry=entry,
                suggested_object_id=f"old_{key}",
            )
        assert await hass.config_entries.async_setup(entry.entry_id)
        await look(hass, MAKES["smartevse"], entry, emulator)
        assert set(before) <= keys_of(hass, entry)
        for name in before:
            platform, _, key = name.partition(".")
            state = hass.states.get(f"{platform}.old_{key}")
            assert state
            assert not state.attributes.get("restored"), name
        assert "button.restart" in keys_of(hass, entry, disabled=True)
        assert await hass.config_entries.async_unload(entry.entry_id)
