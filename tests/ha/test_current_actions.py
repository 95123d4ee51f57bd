"""Currents by action: a limit, what meters read, and a power; what is refused, and that nothing is sent then."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.control.claim import Claim, Reason, Source
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from tests.emulators.base import Line, Request
from tests.emulators.lektrico import LektricoEmulator
from tests.emulators.psp import REMOTE, PspEmulator
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import entry_for
from .psp.conftest import entry_for as psp_entry_for


@pytest.fixture
async def emulator() -> AsyncGenerator[SmartEvseEmulator]:
    """Return a SmartEVSE that is fed by others."""
    async with SmartEvseEmulator(mains_meter="API", ev_meter="API") as emulator:
        emulator.advance(5)
        yield emulator


async def act(hass: HomeAssistant, action: str, **data: Any) -> None:
    """Carry out an action on all devices."""
    devices = [device.id for device in dr.async_get(hass).devices]
    await hass.services.async_call(DOMAIN, action, {"device_id": devices, **data}, blocking=True)


def commands(*emulators: Any) -> list[str]:
    """Return the commands that they received."""
    return [call.path for emulator in emulators for call in emulator.calls if call.method == "POST"]


async def _set_up(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


@pytest.fixture
async def second(hass: HomeAssistant, loaded: MockConfigEntry) -> AsyncGenerator[SmartEvseEmulator]:
    """Return a second box with meters of its own, set up as "Garage"."""
    async with SmartEvseEmulator(serial=54321) as emulator:
        await _set_up(hass, entry_for(emulator, "Garage"))
        yield emulator


@pytest.fixture
async def psp(hass: HomeAssistant) -> AsyncGenerator[PspEmulator]:
    """Return a PSP EVSE that obeys us, set up."""
    async with PspEmulator(settings={"Meter2Type": REMOTE, "Meter2Ip": "127.0.0.1"}) as emulator:
        await _set_up(hass, psp_entry_for(emulator))
        yield emulator


# What meters read


async def test_mains_currents(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator
) -> None:
    """The charger uses the currents that it is sent; a phase that is left out is 0 A."""
    await act(hass, "set_mains_currents", l1=7.31, l2="-2.1", l3=0.4, home_battery=-5.5)
    assert emulator.api_mains_a == [7.3, -2.1, 0.4]
    assert emulator.battery_a == -5.5
    await act(hass, "set_mains_currents", l1=3)
    assert emulator.api_mains_a == [3, 0, 0]
    await act(hass, "set_mains_currents", home_battery=2)
    assert (emulator.api_mains_a, emulator.battery_a) == ([3, 0, 0], 2)


async def test_ev_meter(hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator) -> None:
    """The charger sees the car with our eyes, in the units that a person reads."""
    await act(hass, "set_ev_meter", l1=16, l2=15.9, l3=16)
    assert emulator.api_ev_a == [16, 15.9, 16]
    await act(hass, "set_ev_meter", power=11000, energy_import=1234.567)
    assert emulator.last_query("/ev_meter") == {
        "import_active_energy": "1234567",
        "export_active_energy": "0",
        "import_active_power": "11000",
    }
    await act(hass, "set_ev_meter", power=-5, energy_import=1, energy_export=2, l1=1)
    assert emulator.last_query("/ev_meter")["export_active_energy"] == "2000"


@pytest.mark.parametrize(
    ("action", "data", "message"),
    [
        ("set_mains_currents", {}, "Set the currents"),
        ("set_mains_currents", {"l1": float("nan")}, "takes values from"),
        ("set_mains_currents", {"l1": 1, "l2": 1e9}, "takes values from"),
        ("set_mains_currents", {"home_battery": float("inf")}, "takes values from"),
        ("set_ev_meter", {}, "Set the currents"),
        ("set_ev_meter", {"power": 230}, "together with the imported energy"),
        ("set_ev_meter", {"power": 230, "energy_export": 1}, "together with the imported energy"),
        ("set_ev_meter", {"power": 230, "energy_import": -1}, "takes values from"),
        ("set_ev_meter", {"power": float("nan"), "energy_import": 1}, "takes values from"),
        ("set_current_limit", {"current": 5}, "takes values from 6 A to 16 A"),
        ("set_current_limit", {"current": 16.1}, "takes values from 6 A to 16 A"),
        ("set_current_limit", {"current": -1}, "takes values from 6 A to 16 A"),
        ("set_current_limit", {"current": float("nan")}, "takes values from 6 A to 16 A"),
        ("set_current_limit", {"current": 1e12, "duration": {"hours": 1}}, "takes values from 6 A to 16 A"),
        ("set_available_power", {"power": 5000}, "cannot carry out the action"),
    ],
)
async def test_refused(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    action: str,
    data: dict[str, Any],
    message: str,
) -> None:
    """A reading that makes no sense is refused, and nothing is sent."""
    with pytest.raises(ServiceValidationError, match=message):
        await act(hass, action, **data)
    assert commands(emulator) == []


@pytest.mark.parametrize(
    ("action", "data", "message"),
    [
        ("set_mains_currents", {"l1": "much"}, "The field l1 has to be a number, in A, and is much"),
        ("set_ev_meter", {"power": [1]}, "The field power has to be a number, in W"),
        ("set_current_limit", {}, "The field current is missing"),
        ("set_current_limit", {"current": "10 A"}, "has to be a number, in A, and is 10 A"),
        ("set_current_limit", {"current": None}, "has to be a number, in A"),
        ("set_current_limit", {"current": 10, "amps": 1}, "There is no field amps in this action"),
        ("set_current_limit", {"current": 10, "duration": "soon"}, "The field duration does not take soon"),
        ("set_current_limit", {"current": 10, "duration": {"seconds": 0}}, "does not take"),
        ("set_current_limit", {"current": 10, "duration": {"hours": -1}}, "does not take"),
        ("set_current_limit", {"current": 10, "duration": {"days": 1e6}}, "does not take"),
        ("set_available_power", {"power": "all"}, "The field power has to be a number, in W"),
    ],
)
async def test_n20_no_number(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    action: str,
    data: dict[str, Any],
    message: str,
) -> None:
    """What is no number, or no time, is no call, and a sentence names the field and what it takes."""
    with pytest.raises(ServiceValidationError, match=message):
        await act(hass, action, **data)
    assert commands(emulator) == []


@pytest.mark.parametrize(
    ("action", "data", "message"),
    [
        (
            "set_mains_currents",
            {"l1": 1},
            "Garage takes mains currents only while its mains meter is set to API",
        ),
        ("set_ev_meter", {"l1": 1}, "Garage takes these values only while its EV meter is set to API"),
        ("set_current_limit", {"current": 14}, "Garage takes values from 6 A to 13 A"),
    ],
)
async def test_all_are_checked_before_any_is_commanded(
    hass: HomeAssistant,
    emulator: SmartEvseEmulator,
    second: SmartEvseEmulator,
    action: str,
    data: dict[str, Any],
    message: str,
) -> None:
    """If one charger cannot take it, nothing is sent to any, and the error names the charger and what to change."""
    second.current_max = 13
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        await entry.runtime_data.coordinator.async_refresh()
    with pytest.raises(ServiceValidationError, match=message):
        await act(hass, action, **data)
    assert commands(emulator, second) == []


async def test_failures_are_named(
    hass: HomeAssistant, emulator: SmartEvseEmulator, second: SmartEvseEmulator
) -> None:
    """A charger that does not answer is named, and the commands to the others are sent."""
    second.line = Line.REFUSED
    with pytest.raises(HomeAssistantError, match="Garage does not answer"):
        await act(hass, "set_current_limit", current=10)
    assert emulator.override_a == 10


async def test_d8_a_feed_is_not_read_back(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator
) -> None:
    """What is sent each second costs the box one request each, and no other."""
    emulator.calls.clear()
    await act(hass, "set_mains_currents", l1=5, l2=6, l3=7)
    await act(hass, "set_ev_meter", l1=5, l2=6, l3=7)
    assert [call.method for call in emulator.calls] == ["POST", "POST"]


# The limit


async def test_limit_of_chargers_of_different_makes(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, psp: PspEmulator
) -> None:
    """One call limits all, each in its own way; 0 pauses, and the next one resumes."""
    emulator.plug_in()
    psp.plug_in()
    await act(hass, "set_current_limit", current=10)
    assert (emulator.override_a, psp.supervisor_power_w) == (10, 6900)
    await act(hass, "set_current_limit", current=0)
    assert (emulator.offered_a if emulator.mode_id not in (0, 4) else 0, psp.offered_a) == (0, 0)
    await act(hass, "set_current_limit", current=8)
    assert (emulator.offered_a, psp.offered_a) == (8, 8)


async def test_limit_of_a_lektrico(hass: HomeAssistant) -> None:
    """It is the current that is not kept in flash."""
    async with LektricoEmulator("1p7k", "2.0") as box:
        data = {"vendor": "lektrico", "host": box.host, "port": box.port, "serial": "500006"}
        await _set_up(hass, MockConfigEntry(domain=DOMAIN, title="Lektrico", unique_id="x", data=data))
        await act(hass, "set_current_limit", current=9)
        assert box.commands() == [("dynamic_current.set", {"dynamic_current": 9})]


async def test_limit_of_a_charger_without_known_limits(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator
) -> None:
    """Nothing is sent to a charger while its maximum is not known."""
    emulator.lost_keys = {"current_max"}
    await loaded.runtime_data.coordinator.async_refresh()
    with pytest.raises(ServiceValidationError, match="limits of SmartEVSE are unknown"):
        await act(hass, "set_current_limit", current=10)
    assert commands(emulator) == []


async def test_away_while_it_ends(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, loaded: MockConfigEntry, emulator: SmartEvseEmulator
) -> None:
    """What a limit left that ended while the charger was away is not taken for its owner's."""
    await act(hass, "set_current_limit", current=8, duration={"minutes": 10})
    emulator.line = Line.REFUSED
    for _ in range(14):
        freezer.tick(timedelta(minutes=1))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert emulator.override_a == 8
    emulator.line = Line.OK
    for _ in range(3):
        freezer.tick(timedelta(minutes=1))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert emulator.override_a == 16


async def test_unloaded_while_it_is_commanded(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator
) -> None:
    """A limit that is to be restored is not tried again after the entry is unloaded; the next start does so."""
    await act(hass, "set_current_limit", current=8, duration={"seconds": 1})
    emulator.calls.clear()
    received = asyncio.Event()

    def fail(request: Request) -> bool:
        if request.method == "POST":
            received.set()
        return received.is_set()

    emulator.line, emulator.line_for = Line.SILENT, fail
    async with asyncio.timeout(10):
        await received.wait()
    assert await hass.config_entries.async_unload(loaded.entry_id)
    emulator.line = Line.OK
    assert emulator.override_a == 8
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert emulator.override_a == 16


# The power


async def test_available_power(hass: HomeAssistant, psp: PspEmulator) -> None:
    """The available power is sent while Home Assistant is the supervisor."""
    await act(hass, "set_available_power", power=5000.7)
    assert psp.supervisor_power_w == 5000
    await act(hass, "set_available_power", power=0)
    assert psp.supervisor_power_w == 0
    for power in (-1, float("nan"), 1e9):
        with pytest.raises(ServiceValidationError, match="takes values from 0 W to"):
            await act(hass, "set_available_power", power=power)
    entry, *_ = hass.config_entries.async_loaded_entries(DOMAIN)
    control = entry.runtime_data.control
    fuse = Claim(source=Source.GROUP, reason=Reason.MAIN_FUSE, max_current_a=16)
    control.set_claims({Source.GROUP: fuse}, apply=False)
    with pytest.raises(ServiceValidationError, match="controlled by a load-balancing group"):
        await act(hass, "set_available_power", power=5000)
    control.set_claims({Source.GROUP: None}, apply=False)
    assert psp.supervisor_power_w == 0


async def test_available_power_of_one_that_does_not_obey(hass: HomeAssistant) -> None:
    """Before control was taken nothing is sent, and the error names the action that takes it."""
    async with PspEmulator() as emulator:
        await _set_up(hass, psp_entry_for(emulator))
        with pytest.raises(ServiceValidationError, match="action Take power control"):
            await act(hass, "set_available_power", power=5000)
        assert commands(emulator) == []
