"""The same week on each make of charger leads to the same charging hours, over both changes of the clocks."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component import common
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.control import controller
from homeassistant.core import HomeAssistant
from homeassistant.helpers import event
from homeassistant.util import dt as dt_util
from tests.emulators.base import Emulator, Line
from tests.ha.makes import Make, settle as settled, slug_of

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


@pytest.fixture
async def emulator(make: Make) -> AsyncGenerator[Emulator]:
    """Return a charger whose clock is the test's."""
    async with make.emulator(clock=lambda: dt_util.utcnow().timestamp()) as emulator:
        yield emulator


class Clock:
    """Moves the clock; for a make that streams the event loop's own clock goes on, or nothing would arrive."""

    def __init__(self, move: Callable[[datetime], object]) -> None:
        """Move all clocks with this function."""
        self._move = move
        self.start = self.now = dt_util.utcnow()

    def now_s(self) -> float:
        """Return the time in seconds, as time.time() would."""
        return self.now.timestamp()

    def start_s(self) -> float:
        """Return since when time is counted, as time.time() would."""
        return self.start.timestamp()

    def start_at(self, moment: datetime) -> None:
        """Let it be that moment, from which on time is counted."""
        self.start = moment
        self.move_to(moment)

    def move_to(self, moment: datetime) -> None:
        """Let it be that moment."""
        self.now = moment
        self._move(moment)


@pytest.fixture
def clock(make: Make, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock of the house."""
    if not make.streams:
        freezer: FrozenDateTimeFactory = request.getfixturevalue("freezer")
        return Clock(freezer.move_to)

    def move(moment: datetime) -> None:
        monkeypatch.setattr("homeassistant.util.dt.utcnow", lambda: moment)

    clock = Clock(move)
    # A timer is set by the clock of now; one that is fired too early, for the loop's clock did not move, looks at it.
    monkeypatch.setattr(event, "time", SimpleNamespace(time=clock.now_s))
    monkeypatch.setattr(common, "time", SimpleNamespace(time=clock.start_s))
    # What was not taken is sent again by the clock of the house, too.
    monkeypatch.setattr(controller, "monotonic_s", lambda _: clock.now_s())
    return clock


@pytest.mark.timeout(60)
@pytest.mark.parametrize("sunday", [datetime(2026, 3, 29), datetime(2026, 10, 25)], ids=["spring", "autumn"])
async def test_a_week(
    hass: HomeAssistant,
    clock: Clock,
    make: Make,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    sunday: datetime,
) -> None:
    """Each hour of the week brings the energy that the schedule allows, with a restart and an outage in between."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    now = (sunday - timedelta(days=4)).replace(hour=12, tzinfo=AMSTERDAM).astimezone(UTC)
    clock.start_at(now + timedelta(seconds=1))
    if make.other is not None:
        await make.other(hass, emulator)
    entry = make.entry(emulator)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()

    async def settle() -> None:
        # A poll, what comes of it, and the poll that sees what has come of that; another integration polls before us.
        for _ in range(2 if make.other is None else 3):
            async_fire_time_changed(hass, clock.now)
            await settled(hass, make)

    async def an_hour() -> float:
        before_wh = make.energy_wh(emulator)
        for _ in range(6):
            emulator.tick(600)
        await settle()
        return make.energy_wh(emulator) - before_wh

    emulator.press("plug_in")
    await settle()
    full_a = await an_hour() / (230 * make.phases)
    # An echo is later than what was read before.
    clock.move_to(now + timedelta(seconds=2))
    monkeypatch.setattr("custom_components.evse_pilot.chargers.evnex.charger.ECHO_S", 5.0)
    action = hass.async_create_task(
        hass.services.async_call(
            DOMAIN,
            "set_schedule",
            {"entity_id": f"sensor.{slug_of(entry)}_status", "windows": WINDOWS},
            blocking=True,
            return_response=True,
        )
    )
    if make.streams:
        # The command waits for what the charger sends next. On a busy machine it may leave only after some of that.
        while not (await asyncio.wait({action}, timeout=0.05))[0]:
            clock.move_to(clock.now + timedelta(milliseconds=10))
            emulator.tick(3)
    response = await action
    monkeypatch.setattr("custom_components.evse_pilot.chargers.evnex.charger.ECHO_S", 0.01)
    assert response
    outcomes: Any = response["chargers"]
    assert outcomes[entry.title]["executed_by"] == make.executed_by
    assert outcomes[entry.title]["verified"]
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
        clock.move_to(now + timedelta(hours=hour, seconds=4))
        await settle()
        energy_wh = await an_hour()
        # A charger that is out of reach stays as it was last set.
        if not gone or hour not in gone:
            got_wh.append(energy_wh)
            wanted_wh.append(allowed_a(now + timedelta(hours=hour), full_a) * 230 * make.phases)
    assert got_wh == pytest.approx(wanted_wh, abs=0.02 * full_a * 230 * make.phases)
    assert sum(wanted_wh) > 0
