"""An ACI behind its cloud: events, commands, stored values."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from datetime import UTC, datetime
import json
import random
import time

from aiohttp import ClientSession
import chargers.clock
from chargers.clock import Clock
from chargers.errors import (
    ChargerAuthError,
    ChargerMismatchError,
    ChargerNoReplyError,
    ChargerOfflineError,
    ChargerProtocolError,
    ChargerRateLimitError,
    ChargerRefusedError,
    ChargerUnreachableError,
)
import chargers.evnex.charger
from chargers.evnex.charger import Evnex
from chargers.evnex.models import UNKNOWN, EvnexState, Mode, Stage
from chargers.types import OwnBalancing, Status
import pytest

from tests.chargers.bare import BareServer, reply
from tests.emulators.base import Line
from tests.emulators.evnex import DISABLED, OCPP, TIMER, EvnexEmulator, iso

from .conftest import MakeEvnex

type Listen = Callable[..., Awaitable[Listener]]


class Listener:
    """A task that keeps a stream open, and opens it again as often as it takes."""

    def __init__(self, charger: Evnex) -> None:
        """Start without a state."""
        self.charger = charger
        self.states: list[EvnexState] = []
        self.lost: list[Exception] = []
        self._arrived = asyncio.Event()

    async def run(self) -> None:
        """Listen."""
        while True:
            try:
                async with aclosing(self.charger.stream()) as stream:
                    async for state in stream:
                        self.states.append(state)
                        self._arrived.set()
            except (ChargerUnreachableError, ChargerAuthError) as error:
                self.lost.append(error)
                self._arrived.set()

    async def next_state(self) -> None:
        """Wait until a state arrives, or the stream is lost."""
        async with asyncio.timeout(5):
            self._arrived.clear()
            await self._arrived.wait()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a state fulfils the condition."""
        while not condition():
            await self.next_state()


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again after a moment."""
    monkeypatch.setattr(chargers.clock, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(chargers.clock, "LONGEST_PAUSE_S", 0.01)
    monkeypatch.setattr(chargers.evnex.charger, "ECHO_S", 0.01)


@pytest.fixture
async def listen(emulator: EvnexEmulator) -> AsyncGenerator[Listen]:
    """Return a function that keeps a stream of a charger open until the test ends."""
    async with AsyncExitStack() as stack:

        async def listen(charger: Evnex) -> Listener:
            listener, before = Listener(charger), emulator.subscriptions
            task = asyncio.ensure_future(listener.run())

            async def end() -> None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

            stack.push_async_callback(end)
            await emulator.subscribed(before + 1)
            return listener

        yield listen


async def next_published(listener: Listener, emulator: EvnexEmulator) -> EvnexState:
    """Let the charger publish its state, and return it."""
    await emulator.subscribed()
    emulator.advance(3)
    await listener.until(lambda: last_published(listener.charger) == emulator.last_published)
    return listener.states[-1]


def stamp(at_s: float) -> str:
    """Return a moment with more digits than the cloud would give."""
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="microseconds")


def last_published(evnex: Evnex) -> object:
    """Return when the last event that was taken was published."""
    event = evnex.report()["ACIData"]
    return event["published_at"] if isinstance(event, dict) else None


# Events


async def test_all_eight_values(evnex: Evnex, emulator: EvnexEmulator, listen: Listen) -> None:
    """Everything that the event has is in the snapshot, whether numbers come as numbers or as texts."""
    assert await evnex.fetch() == replace(UNKNOWN, circuit_limit_a=32, firmware="7")
    listener = await listen(evnex)
    emulator.plug_in()
    expected = replace(
        UNKNOWN,
        circuit_limit_a=32,
        firmware="7",
        stage=Stage.CHARGING,
        current_limit_a=32,
        power_w=3680,
        session_energy_wh=0.0,
        total_energy_wh=0.0,
        temperature_c=31,
        input_v=0.0,
        free_memory_bytes=20_480,
        wifi_signal_dbm=-60,
        ip_address="192.0.2.44",
    )
    assert await next_published(listener, emulator) == expected
    emulator.numbers_as_strings = True
    emulator.advance(60)
    again = await next_published(listener, emulator)
    assert again.temperature_c == 31
    assert again.stage is Stage.CHARGING
    assert (again.session_energy_wh, again.total_energy_wh) == (64.0, 64.0)


async def test_an_older_charger_without_the_input(
    evnex: Evnex, emulator: EvnexEmulator, listen: Listen
) -> None:
    """What the event leaves out is unknown."""
    emulator.missing = {"GPI", "IPAddr", "TEMP"}
    state = await next_published(await listen(evnex), emulator)
    assert (state.input_v, state.ip_address, state.temperature_c) == (None, None, None)
    assert state.status is Status.DISCONNECTED


async def test_what_is_no_event_of_ours(evnex: Evnex, emulator: EvnexEmulator, listen: Listen) -> None:
    """Garbage, other events with the same beginning and other devices' events change nothing."""
    listener = await listen(evnex)
    before = await next_published(listener, emulator)
    emulator.plug_in()
    for data in ("", "{", "[]", "null", "\x00", "ÿ" * 300, '{"STATE": "?"}', None):
        emulator.send_event("ACIData", data)
    emulator.send(b"event: ACIData\ndata: {\n\ndata: \xff\xfe\n\n")
    emulator.send_event("ACIDataOld", json.dumps({"STATE": 5, "PWR": 1}))
    emulator.send_event("ACIData", json.dumps({"STATE": 5, "PWR": 1}), coreid="another")
    emulator.unplug()
    assert await next_published(listener, emulator) == before
    assert listener.lost == []
    assert set(listener.states) == {before}


async def test_duplicates_and_latecomers(evnex: Evnex, emulator: EvnexEmulator, listen: Listen) -> None:
    """An event that comes twice, or after a newer one, is ignored; a clock that is set right is believed."""
    listener = await listen(evnex)
    await next_published(listener, emulator)
    now = emulator.now

    def say(power_w: float, moment_s: float) -> None:
        emulator.send_event("ACIData", json.dumps({"STATE": 8, "PWR": power_w}), published_at=iso(moment_s))

    say(100, now + 10)
    await listener.until(lambda: listener.states[-1].power_w == 100)
    for late_s in (10, 9, -200):
        say(200, now + late_s)
    say(300, now + 13)
    await listener.until(lambda: listener.states[-1].power_w == 300)
    assert 200 not in [state.power_w for state in listener.states]
    # Years ahead by mistake, and back.
    say(400, now + 1e9)
    await listener.until(lambda: listener.states[-1].power_w == 400)
    say(500, now + 16)
    await listener.until(lambda: listener.states[-1].power_w == 500)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("ahead_s", [20, 250, 1e8])
async def test_e4_a_time_ahead_does_not_hold(
    make: MakeEvnex, emulator: EvnexEmulator, listen: Listen, first: bool, ahead_s: float
) -> None:
    """After one event that is dated ahead, also the first, those that follow are taken; its energy counts once."""
    boot_s = emulator.now - 1000
    evnex = make(clock=Clock(monotonic=lambda: emulator.now - boot_s))
    listener = await listen(evnex)
    emulator.plug_in()
    if not first:
        await next_published(listener, emulator)
    emulator.aci.energy_wh = 0.0
    before_wh = evnex.keep()["total_energy_wh"]
    odd = json.dumps({"STATE": 8, "PWR": 3680, "TEMP": 33})
    # One event that comes twice: had the copy a later time, it would go on from there.
    ahead = iso(emulator.now + ahead_s)
    for _ in range(2):
        emulator.send_event("ACIData", odd, published_at=ahead)
    await listener.until(lambda: 3680 in [state.power_w for state in listener.states])
    for _ in range(20):
        await next_published(listener, emulator)
    gained_wh = evnex.keep()["total_energy_wh"] - before_wh
    assert gained_wh == pytest.approx(emulator.aci.energy_wh, abs=8 if first else 4)


async def test_e4_a_clock_that_is_set_ahead_is_believed(
    evnex: Evnex, emulator: EvnexEmulator, listen: Listen
) -> None:
    """The second event that goes on from there makes it the time; one from before it is late then."""
    listener = await listen(evnex)
    await next_published(listener, emulator)
    ahead_s = emulator.now + 250
    for number, at_s in enumerate((ahead_s, ahead_s + 3, ahead_s - 20, ahead_s + 6)):
        emulator.send_event("ACIData", json.dumps({"PWR": number}), published_at=iso(at_s))
    await listener.until(lambda: listener.states[-1].power_w == 3)
    assert 2 not in [state.power_w for state in listener.states]


async def test_e4_no_time_is_not_that_of_our_clock(
    make: MakeEvnex, emulator: EvnexEmulator, listen: Listen
) -> None:
    """Our clock is ahead of the cloud's: an event without a time makes none late that has one."""
    evnex = make(clock=Clock(time=lambda: emulator.now + 250))
    listener = await listen(evnex)
    for _ in range(2):
        emulator.send_event("ACIData", json.dumps({"PWR": 1}), published_at=None)
        await next_published(listener, emulator)


async def test_e5_an_absurd_power_is_not_counted(
    evnex: Evnex, emulator: EvnexEmulator, listen: Listen
) -> None:
    """A megawatt on a circuit of 32 A adds no energy and is unknown; what comes after it counts again."""
    listener = await listen(evnex)
    emulator.plug_in()
    before = await next_published(listener, emulator)
    emulator.absurd = {"PWR": 1_000_000}
    odd = await next_published(listener, emulator)
    assert (odd.power_w, odd.total_energy_wh) == (None, before.total_energy_wh)
    emulator.absurd = {}
    emulator.advance(600)
    after = await next_published(listener, emulator)
    assert after.power_w == 3680
    assert after.total_energy_wh == pytest.approx(emulator.aci.energy_wh, abs=12)


async def test_events_without_a_moment(evnex: Evnex, emulator: EvnexEmulator, listen: Listen) -> None:
    """An event without a time counts as of now."""
    listener = await listen(evnex)
    for power_w in (1, 2, 3):
        emulator.send_event("ACIData", json.dumps({"PWR": power_w}), published_at=None)
        await listener.until(
            lambda power_w=power_w: bool(  # type: ignore[misc]
                listener.states and listener.states[-1].power_w == power_w
            )
        )


async def test_a_flood_of_events(evnex: Evnex, emulator: EvnexEmulator, listen: Listen) -> None:
    """A flood is taken in large pieces, makes few snapshots, and leaves time for everything else."""
    listener = await listen(evnex)
    await next_published(listener, emulator)
    turns, watching = 0, True

    async def watch() -> None:
        nonlocal turns
        while watching:
            await asyncio.sleep(0)
            turns += 1

    for batch in range(10):
        moments = (emulator.now + (batch * 10_000 + number) / 1e6 for number in range(10_000))
        event = json.dumps({"data": '{"PWR":1}', "coreid": emulator.serial, "published_at": "MOMENT"})
        flood = "".join(f"event: ACIData\ndata: {event.replace('MOMENT', stamp(at))}\n\n" for at in moments)
        emulator.send(flood)
    watcher = asyncio.ensure_future(watch())
    state = await next_published(listener, emulator)
    watching = False
    await watcher
    assert state.power_w == 0
    assert len(listener.states) < 1000
    # It is not taken in one turn of the event loop.
    assert turns > 20


async def test_a_proxy_that_collects(evnex: Evnex, emulator: EvnexEmulator, listen: Listen) -> None:
    """Events that a proxy holds back and passes on together are all counted, each at its own time."""
    listener = await listen(evnex)
    emulator.plug_in()
    emulator.advance(3)
    await listener.next_state()
    emulator.holds_back_s = 20
    emulator.advance(3600)
    await listener.until(lambda: (listener.states[-1].total_energy_wh or 0) > 3600)
    assert len(listener.states) < 1200 / 2
    assert listener.states[-1].total_energy_wh == pytest.approx(emulator.aci.energy_wh, rel=0.01)


# Connection


async def test_offline(evnex: Evnex, emulator: EvnexEmulator) -> None:
    """A charger that is offline is polled rarely."""
    emulator.go_offline()
    with pytest.raises(ChargerOfflineError) as lost:
        await evnex.fetch()
    assert lost.value.retry_after_s == 300
    emulator.come_back()
    await evnex.fetch()


async def test_another_device(session: ClientSession, bare: BareServer) -> None:
    """The answer of another device is refused; upper and lower case in the id do not matter."""
    evnex = Evnex(session, f"http://{bare.host}:{bare.port}", "token", serial="f00", circuit_limit_a=16)
    bare.answers = [reply(b'{"id": "F00", "connected": true}'), reply(b'{"id": "f01", "connected": true}')]
    await evnex.fetch()
    with pytest.raises(ChargerMismatchError):
        await evnex.fetch()


async def test_a_silent_charger(
    evnex: Evnex, emulator: EvnexEmulator, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A charger is available without a stream; with one, an event has to arrive in time."""
    monkeypatch.setattr(chargers.evnex.charger, "SILENT_S", 0.2)
    await asyncio.sleep(0.3)
    await evnex.fetch()
    listener = await listen(evnex)
    await evnex.fetch()
    emulator.silence_streams()
    await asyncio.sleep(0.3)
    with pytest.raises(ChargerOfflineError) as silent:
        await evnex.fetch()
    assert silent.value.retry_after_s == 300
    # Keep-alives of the cloud do not count; the stream is opened again, and events arrive.
    emulator.advance(12)
    await listener.next_state()
    assert isinstance(listener.lost[0], ChargerOfflineError)
    await emulator.subscribed(2)
    emulator.heal_streams()
    await next_published(listener, emulator)
    await evnex.fetch()


# Attempts


async def test_pauses_grow_until_an_event_arrives(
    make: MakeEvnex, emulator: EvnexEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2 s at first, twice as long each time, up to 5 min, with jitter; an open stream without events changes nothing."""
    pauses: list[float] = []
    now = 1000.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        pauses.append(seconds)
        now += seconds

    monkeypatch.setattr(chargers.clock, "FIRST_PAUSE_S", 2.0)
    monkeypatch.setattr(chargers.clock, "LONGEST_PAUSE_S", 300.0)
    evnex = make(clock=Clock(monotonic=lambda: now, sleep=sleep))

    async def attempt(line: Line) -> None:
        emulator.line = line
        with pytest.raises(ChargerUnreachableError):
            await anext(evnex.stream())

    for _ in range(12):
        await attempt(Line.ERROR)
    assert pauses[0] == 0
    for pause_s, wanted_s in zip(pauses[1:], (2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300), strict=True):
        assert 0.8 * wanted_s <= pause_s <= 1.2 * wanted_s
    assert len({round(pause_s / 300, 3) for pause_s in pauses[-3:]}) > 1

    # An event arrives.
    emulator.line = Line.OK
    stream = evnex.stream()
    arriving = asyncio.ensure_future(anext(stream))
    await emulator.subscribed()
    emulator.advance(3)
    await arriving
    emulator.cut_streams()
    with pytest.raises(ChargerOfflineError):
        await anext(stream)
    pauses.clear()
    await attempt(Line.CUT)
    await attempt(Line.ERROR)
    assert 1.6 <= pauses[0] <= 2.4
    assert 3.2 <= pauses[1] <= 4.8

    # The cloud limits the rate.
    emulator.line = Line.OK
    for wait_s in (60, None):
        emulator.rate_limit = (529, wait_s)
        with pytest.raises(ChargerRateLimitError):
            await anext(evnex.stream())
    emulator.rate_limit = None
    assert pauses[-1] == 60


async def test_a_token_that_ends_while_listening(
    evnex: Evnex, emulator: EvnexEmulator, listen: Listen
) -> None:
    """The stream ends with the token, and the next attempt raises the reason."""
    listener = await listen(evnex)
    await next_published(listener, emulator)
    emulator.expire_token()
    await listener.until(lambda: len(listener.lost) > 1)
    assert isinstance(listener.lost[0], ChargerUnreachableError)
    assert isinstance(listener.lost[1], ChargerAuthError)
    with pytest.raises(ChargerAuthError):
        await evnex.fetch()


# Energy


@pytest.mark.timeout(120)
async def test_a_day_of_energy(evnex: Evnex, emulator: EvnexEmulator, listen: Listen) -> None:
    """In 24 h with 40 cuts, energy is that of the emulator within 1 %, but for long gaps.

    A cut of less than a minute is bridged by the mean of what was drawn before and after it; what was drawn during
    a longer one is left out, and so is left out of the emulator's here.
    """
    chance = random.Random(4)
    listener = await listen(evnex)
    await next_published(listener, emulator)
    emulator.aci.energy_wh = 0.0
    missed_wh, short, long = 0.0, 0, 0
    while emulator.now - time.time() < 86_400:
        if emulator.aci.plugged_in:
            emulator.draw(chance.choice([0, 6, 10, 16, 24, 32]))
        if chance.random() < 0.1:
            emulator.press(chance.choice(["plug_in", "unplug"]))
        emulator.advance(3 * chance.randint(20, 200))
        await next_published(listener, emulator)
        if chance.random() < 0.18:
            before_wh, gap_s = emulator.aci.energy_wh, chance.choice([3, 6, 15, 30, 45, 300, 900])
            lost, subscriptions = len(listener.lost), emulator.subscriptions
            emulator.line = Line.ERROR
            emulator.cut_streams()
            await listener.until(lambda lost=lost: len(listener.lost) > lost)  # type: ignore[misc]
            emulator.advance(gap_s)
            emulator.line = Line.OK
            await emulator.subscribed(subscriptions + 1)
            await next_published(listener, emulator)
            if gap_s > 60:
                missed_wh += emulator.aci.energy_wh - before_wh
                long += 1
            else:
                short += 1
    assert short > 15
    assert long > 5
    assert missed_wh > 0.02 * emulator.aci.energy_wh
    assert listener.states[-1].total_energy_wh == pytest.approx(emulator.aci.energy_wh - missed_wh, rel=0.01)


async def test_session_energy(evnex: Evnex, emulator: EvnexEmulator, listen: Listen) -> None:
    """A session's energy stays after the car has left, and begins anew with the next; the total goes on."""
    listener = await listen(evnex)
    await next_published(listener, emulator)
    emulator.draw(10)
    emulator.plug_in()
    await next_published(listener, emulator)
    emulator.advance(1800)
    emulator.unplug()
    state = await next_published(listener, emulator)
    assert state.session_energy_wh == pytest.approx(1150, rel=0.01)
    emulator.turn_mode(DISABLED)
    emulator.plug_in()
    assert (await next_published(listener, emulator)).session_energy_wh == state.session_energy_wh
    emulator.turn_mode(1)
    state = await next_published(listener, emulator)
    assert state.session_energy_wh is not None
    assert state.session_energy_wh < 5
    assert state.total_energy_wh == pytest.approx(1150, rel=0.01)


async def test_a_restart_in_between(
    make: MakeEvnex, evnex: Evnex, emulator: EvnexEmulator, listen: Listen
) -> None:
    """Energy goes on where it was, without what was drawn meanwhile; the session too, unless a car has left."""
    listener = await listen(evnex)
    emulator.plug_in()
    await next_published(listener, emulator)
    emulator.advance(3600)
    before = await next_published(listener, emulator)
    kept = json.loads(json.dumps(evnex.keep()))
    emulator.advance(3600)

    again = make()
    again.recall(kept)
    assert (await again.fetch()).total_energy_wh == before.total_energy_wh
    listener = await listen(again)
    after = await next_published(listener, emulator)
    assert after.total_energy_wh == before.total_energy_wh
    assert after.session_energy_wh == before.session_energy_wh
    emulator.advance(60)
    after = await next_published(listener, emulator)
    assert after.total_energy_wh is not None
    assert before.total_energy_wh is not None
    assert after.total_energy_wh - before.total_energy_wh == pytest.approx(64, abs=3)


@pytest.mark.parametrize("value", [None, "x", -1, float("nan"), [], True])
def test_nonsense_is_not_recalled(make: MakeEvnex, value: object) -> None:
    """Damaged stored values are ignored."""
    evnex = make("token")
    evnex.recall(dict.fromkeys(evnex.keep(), value))
    kept = dict(make("token").keep())
    assert evnex.keep() == kept | ({"plugged_in": True} if value is True else {})


# Mode


async def test_mode_is_what_was_set_last(
    make: MakeEvnex, evnex: Evnex, emulator: EvnexEmulator, listen: Listen
) -> None:
    """The mode is unknown at first, then the one that was set, after a restart too."""
    assert (await evnex.fetch()).mode is None
    await evnex.set_mode(Mode.TIMER)
    assert emulator.aci.mode == TIMER
    assert (await evnex.fetch()).mode is Mode.TIMER
    state = await next_published(await listen(evnex), emulator)
    assert (state.mode, state.status) == (Mode.TIMER, Status.SCHEDULED)
    again = make()
    again.recall(json.loads(json.dumps(evnex.keep())))
    assert (await again.fetch()).mode is Mode.TIMER


async def test_the_state_contradicts(evnex: Evnex, emulator: EvnexEmulator, listen: Listen) -> None:
    """A charger that shows disabled is disabled, whatever was set; one that charges is not disabled any more."""
    listener = await listen(evnex)
    emulator.plug_in()
    emulator.turn_mode(DISABLED)
    state = await next_published(listener, emulator)
    assert (state.mode, state.status, state.may_charge) == (Mode.DISABLED, Status.PAUSED, False)
    emulator.turn_mode(1)
    state = await next_published(listener, emulator)
    assert (state.mode, state.status, state.may_charge) == (None, Status.CHARGING, True)


async def test_an_event_that_was_under_way_contradicts_nothing(
    evnex: Evnex, emulator: EvnexEmulator, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event from before a command does not contradict it."""
    listener = await listen(evnex)
    await next_published(listener, emulator)
    await evnex.set_mode(Mode.DISABLED)
    emulator.turn_mode(1)
    assert (await next_published(listener, emulator)).mode is Mode.DISABLED
    monkeypatch.setattr(chargers.evnex.charger, "SETTLE_S", 0.0)
    assert (await next_published(listener, emulator)).mode is None


async def test_charging_is_allowed_in_the_mode_before(evnex: Evnex, emulator: EvnexEmulator) -> None:
    """The switch brings back the mode that was set last; enabled, if none was."""
    await evnex.set_charging(False)
    await evnex.set_charging(True)
    await evnex.set_mode(Mode.OCPP)
    await evnex.set_charging(False)
    await evnex.set_charging(True)
    assert emulator.aci.received == ["MODE,0", "MODE,1", "MODE,3", "MODE,0", "MODE,3"]
    assert emulator.aci.mode == OCPP


async def test_a_mode_whose_fate_is_unknown(evnex: Evnex, emulator: EvnexEmulator) -> None:
    """After a call without a reply, the mode is unknown until an event shows it."""
    await evnex.set_mode(Mode.ENABLED)
    emulator.time_out_calls()
    with pytest.raises(ChargerNoReplyError):
        await evnex.set_mode(Mode.OCPP)
    assert (await evnex.fetch()).mode is None
    emulator.answer_calls()
    await evnex.set_charging(False)
    emulator.aci.connected = False
    with pytest.raises(ChargerOfflineError):
        await evnex.set_charging(True)
    emulator.aci.connected = True
    assert (await evnex.fetch()).mode is Mode.DISABLED


# Limits


async def test_a_command_waits_for_what_has_become_of_it(
    evnex: Evnex, emulator: EvnexEmulator, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a stream is open, a command is done when the next event shows it."""
    monkeypatch.setattr(chargers.evnex.charger, "ECHO_S", 5)
    listener = await listen(evnex)
    await next_published(listener, emulator)
    command = asyncio.ensure_future(evnex.set_limit(13))
    await emulator.called()
    assert emulator.aci.current == 13
    assert not command.done()
    emulator.advance(3)
    await command
    assert (await evnex.fetch()).current_limit_a == 13


async def test_a_command_does_not_wait_for_ever(
    evnex: Evnex, emulator: EvnexEmulator, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an event the command counts as carried out."""
    await next_published(await listen(evnex), emulator)
    await evnex.set_limit(13)
    assert emulator.aci.current == 13


@pytest.mark.parametrize(
    ("setting", "command"),
    [
        ("CURRENT", lambda evnex: evnex.set_limit(13)),
        ("MODE", lambda evnex: evnex.set_charging(False)),
    ],
    ids=["current", "mode"],
)
async def test_a13_a_command_that_is_ignored_is_an_error(
    make: MakeEvnex,
    emulator: EvnexEmulator,
    listen: Listen,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    command: Callable[[Evnex], Awaitable[None]],
) -> None:
    """An event that is newer than the reply and shows the old value proves it; an older one proves nothing."""
    monkeypatch.setattr(chargers.evnex.charger, "ECHO_S", 5)
    evnex = make(clock=Clock(monotonic=lambda: emulator.now))
    listener = await listen(evnex)
    before = await next_published(listener, emulator)
    emulator.aci.ignores = {setting}
    sent = asyncio.ensure_future(command(evnex))
    await emulator.called()
    await asyncio.sleep(0.05)
    # Published in the moment of the reply: it may have been under way.
    emulator.publish()
    await listener.next_state()
    await asyncio.sleep(0.05)
    assert not sent.done()
    emulator.advance(3)
    with pytest.raises(ChargerRefusedError) as refused:
        await sent
    assert refused.value.reason == "not_carried_out"
    assert replace(listener.states[-1], mode=None) == replace(before, mode=None)
    # The next one is carried out.
    emulator.aci.ignores = set()
    sent = asyncio.ensure_future(command(evnex))
    await emulator.called(2)
    emulator.advance(3)
    await sent


async def test_a13_after_an_event_with_a_wrong_time(
    make: MakeEvnex, emulator: EvnexEmulator, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One event that is dated years ahead does not hide for good that commands are ignored."""
    monkeypatch.setattr(chargers.evnex.charger, "ECHO_S", 5)
    evnex = make(clock=Clock(monotonic=lambda: emulator.now))
    listener = await listen(evnex)
    await next_published(listener, emulator)
    emulator.send_event("ACIData", json.dumps({"PWR": 1}), published_at=iso(emulator.now + 1e8))
    await listener.until(lambda: listener.states[-1].power_w == 1)
    await next_published(listener, emulator)
    emulator.aci.ignores = {"CURRENT"}
    sent = asyncio.ensure_future(evnex.set_limit(13))
    await emulator.called()
    await asyncio.sleep(0.05)
    emulator.advance(3)
    with pytest.raises(ChargerRefusedError):
        await sent


async def test_a13_what_no_event_shows_counts_as_carried_out(
    make: MakeEvnex, emulator: EvnexEmulator, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mode is shown by nothing but whether it is disabled; a fault hides that; a limit that was set already is set."""
    monkeypatch.setattr(chargers.evnex.charger, "ECHO_S", 5)
    evnex = make(clock=Clock(monotonic=lambda: emulator.now))
    listener = await listen(evnex)
    await next_published(listener, emulator)
    emulator.aci.ignores = {"CURRENT", "MODE"}

    async def command(sent: Awaitable[None]) -> None:
        count, task = len(emulator.aci.received), asyncio.ensure_future(sent)
        await emulator.called(count + 1)
        await asyncio.sleep(0.02)
        emulator.advance(3)
        await task

    await command(evnex.set_mode(Mode.OCPP))
    await command(evnex.set_limit(32))
    emulator.fail(5)
    await command(evnex.set_mode(Mode.DISABLED))


async def test_a13_without_the_time_of_an_event_nothing_is_proved(
    make: MakeEvnex, emulator: EvnexEmulator, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event that does not show when it was published may always have been under way."""
    evnex = make(clock=Clock(monotonic=lambda: emulator.now))
    listener = await listen(evnex)
    await next_published(listener, emulator)
    monkeypatch.setattr(chargers.evnex.charger, "ECHO_S", 0.2)
    emulator.aci.ignores = {"CURRENT"}
    sent = asyncio.ensure_future(evnex.set_limit(13))
    await emulator.called()
    await asyncio.sleep(0.02)
    emulator.send_event("ACIData", json.dumps(emulator.aci.data(strings=False)), published_at=None)
    await sent


@pytest.mark.parametrize("mode", [None, *Mode])
@pytest.mark.parametrize("stage", [None, *Stage])
def test_a7_one_answer_to_whether_a_car_may_charge(
    make: MakeEvnex, mode: Mode | None, stage: Stage | None
) -> None:
    """The capability goes by the property that the switch shows; a disabled one may not, any other may."""
    state = replace(UNKNOWN, mode=mode, stage=stage)
    may_charge = make("token").allows_charging(state)
    assert may_charge is state.may_charge
    if stage is not None:
        assert may_charge is (stage is not Stage.DISABLED)
    else:
        assert may_charge is (None if mode is None else mode is not Mode.DISABLED)


async def test_a_restart_of_the_charger_is_not_seen(
    evnex: Evnex, emulator: EvnexEmulator, listen: Listen
) -> None:
    """Nothing on the wire shows a restart, and what was set outlives one."""
    listener = await listen(evnex)
    before = await next_published(listener, emulator)
    emulator.go_offline()
    emulator.advance(60)
    emulator.come_back()
    assert evnex.restarted(before, await next_published(listener, emulator)) is False


@pytest.mark.parametrize("amps", [5.9, 0, 32.5, 33, 80, float("nan")])
async def test_no_limit_beyond_the_circuit(evnex: Evnex, emulator: EvnexEmulator, amps: float) -> None:
    """No current that the car cannot take or the circuit does not carry is sent."""
    with pytest.raises(ChargerRefusedError) as refused:
        await evnex.set_limit(amps)
    assert refused.value.placeholders == {"minimum": "6 A", "maximum": "32 A"}
    assert emulator.calls == []


async def test_limits_are_whole_amperes(evnex: Evnex, emulator: EvnexEmulator) -> None:
    """A fraction is rounded down; the device itself clips to its hardware's limit."""
    for amps in (6, 10.9, 31.9999999):
        await evnex.set_limit(amps)
    assert emulator.aci.received == ["CURRENT,6", "CURRENT,10", "CURRENT,32"]
    emulator.aci.max_current = 16
    await evnex.set_limit(20)
    assert emulator.aci.current == 16


async def test_own_balancing(evnex: Evnex) -> None:
    """In OCPP mode its server also sets the current; in no other mode does anything else."""
    for mode in Mode:
        await evnex.set_mode(mode)
        own = evnex.own_balancing(await evnex.fetch())
        assert own is (OwnBalancing.OCPP if mode is Mode.OCPP else None)


async def test_hardware_limit(evnex: Evnex, emulator: EvnexEmulator) -> None:
    """The hardware limit is set within the standard's range, whatever the circuit carries."""
    await evnex.set_hardware_limit(40)
    assert emulator.aci.max_current == 40
    for amps in (5, 81):
        with pytest.raises(ChargerRefusedError):
            await evnex.set_hardware_limit(amps)
    assert emulator.aci.received == ["MAXCURRENT,40"]


async def test_no_load_before_the_first_event(evnex: Evnex) -> None:
    """Before the first event the load is not known."""
    with pytest.raises(ChargerProtocolError):
        evnex.load(await evnex.fetch())


async def test_the_mode_before_a_pause_outlives_a_restart(
    make: MakeEvnex, evnex: Evnex, emulator: EvnexEmulator, listen: Listen
) -> None:
    """A pause from before a restart ends in the mode before it, with the limit that is set first."""
    await evnex.set_mode(Mode.OCPP)
    await evnex.set_charging(False)
    again = make()
    again.recall(json.loads(json.dumps(evnex.keep())))
    await next_published(await listen(again), emulator)
    await again.set_limit(8)
    await again.set_charging(True)
    assert emulator.aci.received == ["MODE,3", "MODE,0", "CURRENT,8", "MODE,3"]


async def test_a_limit_changes_no_mode(evnex: Evnex, emulator: EvnexEmulator, listen: Listen) -> None:
    """A limit neither ends a pause, set here or elsewhere, nor changes a mode; it shows beside the pause."""
    listener = await listen(evnex)
    emulator.plug_in()
    await next_published(listener, emulator)
    await evnex.set_charging(False)
    for amps in (8, 9):
        await evnex.set_limit(amps)
        load = evnex.load(await next_published(listener, emulator))
        assert (load.limit_a, load.set_a, emulator.aci.mode) == (0, amps, DISABLED)
        emulator.turn_mode(DISABLED)

    emulator.turn_mode(TIMER)
    await evnex.set_limit(8)
    load = evnex.load(await next_published(listener, emulator))
    assert (load.limit_a, load.set_a, emulator.aci.mode) == (8, 8, TIMER)


async def test_a_pause_of_what_is_not_known(evnex: Evnex, emulator: EvnexEmulator) -> None:
    """A charger of which nothing was received is paused all the same, and a limit does not resume it."""
    await evnex.set_charging(False)
    assert emulator.aci.mode == DISABLED
    await evnex.set_limit(8)
    assert emulator.aci.mode == DISABLED
    assert (await evnex.fetch()).mode is Mode.DISABLED
