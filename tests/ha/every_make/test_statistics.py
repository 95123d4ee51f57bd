"""Energies in the statistics of a real recorder, for every energy of every make."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime
import math
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager

from custom_components.evse_pilot.chargers.clock import Clock
from custom_components.evse_pilot.entities.quiet import COUNTER_S
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from tests.emulators.base import Emulator
from tests.emulators.smartevse import FIRMWARES
from tests.ha.makes import MAKES, Make, settle

from .recorded import EVENT_S, POLL_S, Recorded, wait

# A counter that shows tenths of a kilowatt-hour is at most one of them away.
RESOLUTION_WH = 100.0
# What a car of 11 kW draws while a counter is held: a sum that is looked at while it charges may lack as much.
HELD_WH = 11_040 * COUNTER_S / 3600
# An EVNEX whose power is not known for three events has drawn what is not counted.
LOST_WH = 600.0
# Each energy on the wire, by the name of its key; a register of a meter is found by its unit.
ENERGY_KEYS = frozenset(
    {"total_wh", "charged_wh", "total_kwh", "charged_kwh", "import_active_energy", "export_active_energy"}
    | {"session_energy", "total_charged_energy", "energy_index", "ActualEnergy", "PWR"}
)


@pytest.fixture
async def mock_recorder_before_hass(async_test_recorder: RecorderInstanceContextManager) -> None:
    """Prepare the recorder before Home Assistant."""


@pytest.fixture(autouse=True)
def rare_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the events of a charger that streams be half an hour apart, in which its power does not change."""
    energy = "custom_components.evse_pilot.chargers.evnex.energy"
    monkeypatch.setattr(f"{energy}.LONGEST_GAP_S", EVENT_S + POLL_S)
    # So that its events are due when they come.
    clock = Clock(monotonic=lambda: dt_util.utcnow().timestamp())
    monkeypatch.setattr("custom_components.evse_pilot.chargers.evnex.charger.Clock", lambda: clock)


@pytest.fixture
async def emulator(make: Make, freezer: FrozenDateTimeFactory) -> AsyncGenerator[Emulator]:
    """Return a charger whose clock is the frozen one."""
    freezer.move_to(datetime(2026, 11, 1, 6, tzinfo=UTC))
    async with make.emulator(clock=lambda: dt_util.utcnow().timestamp()) as emulator:
        emulator.advance(5) if hasattr(emulator, "booted_at") else None
        yield emulator


@pytest.fixture
async def recorded(
    recorder_mock: object,
    hass: HomeAssistant,
    all_enabled: None,
    quiet: None,
    freezer: FrozenDateTimeFactory,
    make: Make,
    emulator: Any,
) -> Recorded:
    """Return a charger that has just got its first statistics."""
    if make.other is not None:
        pytest.skip("its energies are shown, and counted, by the integration that has it")
    if make is MAKES["psp"]:
        emulator.settings["Meter1Type"] = 1
    elif make is MAKES["smartevse"]:
        # A car that has fed back, long ago.
        emulator.says = {"ev_meter": {"export_active_energy": 12_000}}
    entry = make.entry(emulator)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass, make)
    recorded = Recorded(hass, freezer, make, emulator, entry)
    # Registers are read every 30 s only, and count from their second reading on.
    await recorded.visit(*[wait] * 6)
    recorded.forgive(await recorded.sums_wh())
    return recorded


class Odd:
    """Makes each energy of an answer this value, once for each kind of answer."""

    def __init__(self, value: float) -> None:
        """Nothing was answered yet."""
        self._value = value
        self._kinds: set[frozenset[str]] = set()

    def __call__(self, raw: Any) -> Any:
        """Return an answer with its energies changed, or as it was where it is not the first."""
        kind = frozenset(raw) if isinstance(raw, dict) else frozenset()
        if kind in self._kinds:
            return raw
        self._kinds.add(kind)
        return self._alter(raw)

    def _alter(self, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        is_register = str(raw.get("Desc")).endswith("Wh]")
        return {
            key: self._value if key in ENERGY_KEYS or (is_register and key == "Value") else self._alter(part)
            for key, part in raw.items()
        }


async def charge(recorded: Recorded, hours: float = 1) -> None:
    """Let a car come, charge, and go."""
    await recorded.press("plug_in")
    await recorded.visit()
    for _ in range(round(hours * 2)):
        await recorded.live(1800)
        await recorded.visit()
    await recorded.press("unplug")
    await recorded.visit()


async def check(recorded: Recorded, case: str, lost_wh: float = 0.0) -> None:
    """Compare the statistics with the emulator's own counters; what could not be read may be missing."""
    # Until the last register was read, and what was held of it is shown.
    await recorded.visit(*[wait] * 8)
    sums_wh = await recorded.sums_wh()
    assert sums_wh.keys() == recorded.counted_wh.keys() == recorded.energies.keys(), case
    for key, counted_wh in recorded.counted_wh.items():
        below_wh = max(counted_wh / 1000, RESOLUTION_WH + HELD_WH)
        assert -below_wh - lost_wh <= sums_wh[key] - counted_wh <= below_wh, f"{case}: {key}: {sums_wh}"


async def alone(recorded: Recorded, value: float) -> None:
    """Let one answer of each kind have nothing but this for an energy."""

    def begin() -> None:
        recorded.emulator.alters = Odd(value)

    await recorded.visit(*[wait] * 4, begin, *[wait] * 4)
    recorded.emulator.alters = None


def replace_meter(emulator: Any, counted_wh: float) -> None:
    """Let the meter of the car go on from another reading, in Wh; an EVNEX has none."""
    if hasattr(emulator, "imported_wh"):
        emulator.imported_wh[1] = counted_wh
    elif hasattr(emulator, "total_wh"):
        emulator.total_wh = counted_wh


async def test_e5_e11_statistics_are_what_the_meter_counted(recorded: Recorded, make: Make) -> None:
    """Whatever happens, each sum is what was charged: no life is counted twice, and no session is lost."""
    emulator: Any = recorded.emulator
    await charge(recorded, 1)
    await check(recorded, "a session")
    await charge(recorded, 0.5)
    await check(recorded, "a shorter session")

    await recorded.press("plug_in")
    await recorded.visit()
    await recorded.live(1800)
    for odd in (0, 1, float(0xFFFFFFFF), 4e5, 1e308, math.nan):
        await alone(recorded, odd)
        await check(recorded, f"one answer of {odd}", LOST_WH)
    recorded.forgive(await recorded.sums_wh())

    if hasattr(emulator, "reboot"):
        emulator.reboot()
        await recorded.live(300)
        await recorded.visit()
        await check(recorded, "restart of the charger")
    await recorded.restart()
    await recorded.visit()
    await check(recorded, "restart of Home Assistant", LOST_WH)
    await recorded.press("unplug")
    await recorded.visit()
    await check(recorded, "the end of the session", LOST_WH)
    recorded.forgive(await recorded.sums_wh())

    # Not 0, for a SmartEVSE that shows no more in its life than in the session has lost where that began.
    replace_meter(emulator, 50.0)
    await charge(recorded, 0.5)
    await check(recorded, "rollover, or another meter")

    assert await recorded.hass.config_entries.async_unload(recorded.entry.entry_id)
    emulator.press("plug_in")
    await recorded.live(600)
    assert await recorded.hass.config_entries.async_setup(recorded.entry.entry_id)
    await recorded.visit()
    # What an EVNEX draws is summed up here, so that nothing is counted meanwhile.
    await check(recorded, "another session after a restart", math.inf if make.streams else 0.0)


async def test_e5_thirty_days(recorded: Recorded, make: Make) -> None:
    """Restarts, dips, an absurd value and new firmware: the sums are within 0.1 % of the emulator's own counter."""
    days: dict[int, Callable[[], Awaitable[None]]] = {
        3: recorded.restart,
        5: lambda: alone(recorded, 0),
        9: lambda: alone(recorded, float(0xFFFFFFFF)),
        12: lambda: update(recorded),
        16: lambda: alone(recorded, 3e5),
        20: recorded.restart,
        25: lambda: reboot(recorded),
    }
    for day in range(30):
        await recorded.press("plug_in")
        await recorded.visit()
        await recorded.live(3600)
        await recorded.visit()
        if day in days:
            await days[day]()
        await recorded.live(3600)
        await recorded.press("draw", "10" if day % 2 else "16")
        await recorded.visit()
        await recorded.press("unplug")
        await recorded.visit()
        await recorded.live(20 * 3600)
    await recorded.visit(*[wait] * 8)
    sums_wh = await recorded.sums_wh()
    assert min(counted for counted in recorded.counted_wh.values() if counted) > 100_000
    for key, counted_wh in recorded.counted_wh.items():
        assert sums_wh[key] == pytest.approx(counted_wh, rel=1e-3, abs=1), key


async def reboot(recorded: Recorded) -> None:
    """Let the charger restart; one in a cloud is offline for a while."""
    emulator: Any = recorded.emulator
    if hasattr(emulator, "reboot"):
        emulator.reboot()
    await recorded.live(60)
    await recorded.visit()


async def update(recorded: Recorded) -> None:
    """Install other firmware, which may show its energies in another unit."""
    emulator: Any = recorded.emulator
    match emulator.name:
        case "SmartEVSE":
            emulator.firmware = FIRMWARES["3.11.1"]
        case "Lektrico":
            emulator.firmware = "2.0"
        case "PSP EVSE":
            emulator.version = "0.9.3"
    await reboot(recorded)
