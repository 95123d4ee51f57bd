"""The same week on each make of charger leads to the same charging hours, over both changes of the clocks."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from tests.emulators.base import Emulator, Line
from tests.emulators.evnex import EvnexEmulator
from tests.emulators.lektrico import LektricoEmulator
from tests.emulators.psp import PspEmulator
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import entry_for as smartevse_entry
from .evnex.conftest import entry_for as evnex_entry
from .lektrico.conftest import entry_for as lektrico_entry
from .psp.conftest import entry_for as psp_entry

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
# Charge at night, at 10 A, on weekdays; on Sunday from noon; not between 17:00 and 20:00.
WINDOWS = [
    {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "23:00", "end": "06:00", "current": 10},
    {"days": ["sat"], "start": "22:00", "end": "05:00", "current": 8},
    {"days": ["sun"], "start": "12:00", "end": "00:00"},
    {"start": "17:00", "end": "20:00", "current": 0},
]


def allowed_a(moment: datetime, full_a: float) -> float:
    """Return what the week above allows at a moment, worked out by hand."""
    local = moment.astimezone(AMSTERDAM)
    day, hour = local.weekday(), local.hour
    if 17 <= hour < 20:
        return 0
    if day == 6 and hour >= 12:
        return full_a
    if (day < 5 and hour == 23) or (1 <= day <= 5 and hour < 6):
        return 10
    if (day == 5 and hour >= 22) or (day == 6 and hour < 5):
        return 8
    return 0


@dataclass(frozen=True)
class Make:
    """One make of charger: how to make one, its entry, and its own counter of energy."""

    emulator: Callable[..., Emulator]
    entry: Callable[[Any], MockConfigEntry]
    energy_wh: Callable[[Any], float]
    executed_by: str
    phases: int
    streams: bool = False


MAKES = {
    "smartevse": Make(SmartEvseEmulator, smartevse_entry, lambda e: e.total_wh, "home_assistant", 3),
    "lektrico": Make(
        lambda **options: LektricoEmulator("3p22k", "2.0", **options),
        lektrico_entry,
        lambda e: e.total_wh,
        "charger",
        3,
    ),
    "psp": Make(PspEmulator, psp_entry, lambda e: e.imported_wh[1], "home_assistant", 3),
    "evnex": Make(
        EvnexEmulator,
        lambda e: evnex_entry(e, lasts=timedelta(days=400)),
        lambda e: e.aci.energy_wh,
        "home_assistant",
        1,
        streams=True,
    ),
}


@pytest.fixture(params=MAKES)
def make(request: pytest.FixtureRequest) -> Make:
    """Return one make after the other."""
    return MAKES[request.param]


@pytest.fixture
async def emulator(make: Make) -> AsyncGenerator[Emulator]:
    """Return a charger whose clock is the test's."""
    async with make.emulator(clock=lambda: dt_util.utcnow().timestamp()) as emulator:
        yield emulator


@pytest.fixture
def move_to(
    make: Make, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Callable[[datetime], object]:
    """Return a function that lets it be another time; for one that streams the loop's own clock goes on."""
    if make.streams:
        return lambda moment: monkeypatch.setattr("homeassistant.util.dt.utcnow", lambda: moment)
    freezer: FrozenDateTimeFactory = request.getfixturevalue("freezer")
    return freezer.move_to


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no echo, and take no stream for silent: what is heard comes by the hour."""
    evnex = "custom_components.evse_pilot.chargers.evnex"
    monkeypatch.setattr(f"{evnex}.client.SILENCE_S", 1e6)
    for patience in ("ECHO_S", "FIRST_PAUSE_S", "LONGEST_PAUSE_S"):
        monkeypatch.setattr(f"{evnex}.charger.{patience}", 0.01)
    monkeypatch.setattr("custom_components.evse_pilot.chargers.http.TIMEOUT_S", 10.0)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("sunday", [datetime(2026, 3, 29), datetime(2026, 10, 25)], ids=["spring", "autumn"])
async def test_a_week(
    hass: HomeAssistant,
    move_to: Callable[[datetime], object],
    make: Make,
    emulator: Emulator,
    sunday: datetime,
) -> None:
    """Each hour of the week brings the energy that the schedule allows, with a restart and an outage in between."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    now = (sunday - timedelta(days=4)).replace(hour=12, tzinfo=AMSTERDAM).astimezone(UTC)
    move_to(now + timedelta(seconds=2))
    entry = make.entry(emulator)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()

    async def settle() -> None:
        # A poll, what comes of it, and the poll that sees what has come of that.
        for _ in range(2):
            async_fire_time_changed(hass, dt_util.utcnow())
            await hass.async_block_till_done(wait_background_tasks=not make.streams)
            if make.streams:
                # What it says by itself is on its way.
                for _ in range(4):
                    await asyncio.sleep(0.002)
                    await hass.async_block_till_done()

    async def an_hour() -> float:
        before_wh = make.energy_wh(emulator)
        for _ in range(6):
            emulator.tick(600)
        await settle()
        return make.energy_wh(emulator) - before_wh

    emulator.press("plug_in")
    await settle()
    full_a = await an_hour() / (230 * make.phases)
    response = await hass.services.async_call(
        DOMAIN,
        "set_schedule",
        {"entity_id": f"sensor.{_slug(entry)}_status", "windows": WINDOWS},
        blocking=True,
        return_response=True,
    )
    assert response
    told: Any = response["chargers"]
    assert told[entry.title]["executed_by"] == make.executed_by
    assert told[entry.title]["verified"]
    await settle()

    got_wh: list[float] = []
    wanted_wh: list[float] = []
    gone = make.executed_by == "home_assistant" and {50, 51, 100, 101}
    for hour in range(7 * 24):
        if hour == 30:
            assert await hass.config_entries.async_reload(entry.entry_id)
        if hour in (50, 100):
            # Gone for some hours outside of the windows' edges, or over one of them.
            emulator.line = Line.REFUSED
        if hour in (52, 102):
            emulator.line = Line.OK
        move_to(now + timedelta(hours=hour, seconds=2))
        await settle()
        energy_wh = await an_hour()
        # One that nobody reaches stays as it was last told.
        if not gone or hour not in gone:
            got_wh.append(energy_wh)
            wanted_wh.append(allowed_a(now + timedelta(hours=hour), full_a) * 230 * make.phases)
    assert got_wh == pytest.approx(wanted_wh, abs=0.02 * full_a * 230 * make.phases)
    assert sum(wanted_wh) > 0


def _slug(entry: MockConfigEntry) -> str:
    return entry.title.lower().replace(" ", "_")
