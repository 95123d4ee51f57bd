"""Every command: what arrives at the controller, what it then does, and what is refused with nothing changed."""

import asyncio
from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
import json
import math
from typing import Any

from aiohttp import ClientSession, TCPConnector
from chargers.clock import Clock
from chargers.errors import (
    ChargerError,
    ChargerMismatchError,
    ChargerProtocolError,
    ChargerRefusedError,
    ChargerUnreachableError,
)
from chargers.psp.charger import PspEvse
from chargers.psp.models import ChargerMode, ControlStrategy, LockMethod, MeterType
from chargers.psp.settings import SETTINGS
from chargers.types import OwnBalancing, Status
from freezegun.api import FrozenDateTimeFactory
import pytest

from tests.chargers.bare import BareServer, reply
from tests.chargers.conftest import MakePsp
from tests.chargers.psp.answers import NEW
from tests.chargers.psp.client import client
from tests.emulators.base import Line, Request, Response
from tests.emulators.psp import (
    DIODE_ERR,
    IP_NMID30_2,
    MODBUS_NMID30_2,
    MODBUS_SDM72D_M,
    NONE,
    REMOTE,
    PspEmulator,
)

type Command = Callable[[PspEvse], Awaitable[None]]
type Connect = Callable[..., Awaitable[tuple[PspEvse, PspEmulator]]]


@pytest.fixture
def connect(psp: MakePsp, session: ClientSession) -> Connect:
    """Return what makes a box with a car plugged in, connects to it and reads it."""

    async def make(
        firmware: str = "0.9.2", *, plugged_in: bool = True, **options: Any
    ) -> tuple[PspEvse, PspEmulator]:
        emulator = await psp(firmware, **options)
        if plugged_in:
            emulator.plug_in()
        charger = client(session, emulator)
        await charger.fetch()
        emulator.calls.clear()
        return charger, emulator

    return make


async def change(charger: PspEvse, key: str, value: object) -> None:
    """Change the setting with this key."""
    [setting] = [setting for setting in SETTINGS if setting.key == key]
    await charger.change(setting, value)


def _requests(emulator: PspEmulator) -> list[str]:
    """Return the requests since the last call."""
    requests = [f"{call.method} {call.path.removeprefix('/webapi/v1/')}" for call in emulator.calls]
    emulator.calls.clear()
    return requests


def _posted(emulator: PspEmulator) -> list[Any]:
    """Return the bodies of all commands."""
    return [json.loads(call.body) for call in emulator.calls if call.method == "POST"]


async def _refused(charger: PspEvse, command: Command, reason: str, emulator: PspEmulator) -> None:
    """Expect a refusal for this reason, with a box that is as it was."""
    before = deepcopy((emulator.settings, emulator.started, emulator.boosted, emulator.supervisor_power_w))
    with pytest.raises(ChargerRefusedError) as refused:
        await command(charger)
    assert refused.value.reason == reason
    assert (emulator.settings, emulator.started, emulator.boosted, emulator.supervisor_power_w) == before


# Requests and their pace


async def test_each_resource_at_its_own_pace(connect: Connect, freezer: FrozenDateTimeFactory) -> None:
    """A poll is one request, and now and then two; never more."""
    charger, emulator = await connect()
    polls = []
    for _ in range(96):
        freezer.tick(10)
        await charger.fetch()
        polls.append(_requests(emulator))
    assert all(poll[0] == "GET Status" and len(poll) <= 2 for poll in polls)
    rest = [resource for _, *rest in polls for resource in rest]
    # In 960 s: at each 60 s, at each 30 s, and once in 900 s; one that has to wait comes a poll later.
    assert rest.count("GET SystemConfig") in (15, 16)
    assert rest.count("GET Meter1") in range(24, 33)
    assert rest.count("GET Meter2") in range(24, 33)
    assert rest.count("GET SystemInfo") == 1


@pytest.mark.parametrize(
    ("types", "asked"),
    [
        ((NONE, NONE), []),
        ((MODBUS_SDM72D_M, NONE), ["GET Meter1"]),
        ((NONE, IP_NMID30_2), ["GET Meter2"]),
        ((MODBUS_SDM72D_M, REMOTE), ["GET Meter1"]),
        ((9, 9), ["GET Meter1", "GET Meter2"]),
    ],
)
async def test_meters_are_read_where_there_are_some(
    psp: MakePsp, session: ClientSession, types: tuple[int, int], asked: list[str]
) -> None:
    """A meter that is not configured is not asked for; one of a type that we do not know is."""
    emulator = await psp(settings={"Meter1Type": types[0], "Meter2Type": types[1]})
    await client(session, emulator).fetch()
    assert _requests(emulator) == ["GET Status", "GET SystemInfo", "GET SystemConfig", *asked]


async def test_meter_that_is_taken_away(connect: Connect, freezer: FrozenDateTimeFactory) -> None:
    """The registers of a meter that is no longer configured are gone, and it is not read any more."""
    charger, emulator = await connect()
    assert (await charger.fetch()).meter1
    emulator.settings["Meter1Type"] = NONE
    freezer.tick(100)
    await charger.fetch()
    await charger.fetch()
    emulator.calls.clear()
    freezer.tick(100)
    assert (await charger.fetch()).meter1 == ()
    assert "GET Meter1" not in _requests(emulator)
    assert "Meter1" not in charger.report()


@pytest.mark.parametrize("line", [Line.NOT_FOUND, Line.HTML, Line.NULL, Line.GARBAGE, Line.UNAUTHORIZED])
async def test_meter_that_makes_no_sense(psp: MakePsp, session: ClientSession, line: Line) -> None:
    """A meter that cannot be read costs its own registers only."""
    emulator = await psp()
    emulator.line, emulator.line_for = line, lambda request: request.path.endswith("Meter2")
    state = await client(session, emulator).fetch()
    assert state.meter1
    assert state.meter2 == ()


@pytest.mark.parametrize("resource", ["Status", "SystemInfo", "SystemConfig"])
@pytest.mark.parametrize("line", [Line.NOT_FOUND, Line.HTML, Line.STRANGER, Line.LIST, Line.UNAUTHORIZED])
async def test_stranger_at_the_address(
    psp: MakePsp, session: ClientSession, line: Line, resource: str
) -> None:
    """Another product is not taken for a PSP EVSE; one that asks for a log-in is none."""
    emulator = await psp()
    emulator.line, emulator.line_for = line, lambda request: request.path.endswith(resource)
    with pytest.raises(ChargerProtocolError):
        await client(session, emulator).fetch()


# Identity and restarts


async def test_start_is_shown_and_is_steady(connect: Connect, freezer: FrozenDateTimeFactory) -> None:
    """The moment of its start stays the same, though each answer differs a little."""
    charger, emulator = await connect()
    first = await charger.fetch()
    assert first.started_at
    assert abs(first.started_at.timestamp() - emulator.booted_at) < 2
    for shift_s in (-9, 9, 4, -3):
        emulator.booted_at += shift_s
        freezer.tick(10)
        assert (await charger.fetch()).started_at == first.started_at


async def test_clock_that_drifts_is_no_restart(connect: Connect, freezer: FrozenDateTimeFactory) -> None:
    """A clock that loses a second in ten is still that of the same run."""
    charger, emulator = await connect()
    first = await charger.fetch()
    for _ in range(40):
        emulator.booted_at += 1
        freezer.tick(10)
        state = await charger.fetch()
        assert state.started_at == first.started_at
        assert not charger.restarted(first, state)


@pytest.mark.parametrize("hours", [-7, 7])
async def test_time_of_day_that_jumps_is_no_restart(
    psp: MakePsp, session: ClientSession, hours: float
) -> None:
    """Whether it is the same run does not depend on the time of day here."""
    emulator = await psp()
    times = iter([datetime(2026, 11, 20, 12, tzinfo=UTC) + timedelta(hours=n * hours) for n in range(9)])
    charger = PspEvse(
        session, emulator.host, emulator.port, clock=Clock(time=lambda: next(times).timestamp())
    )
    first = await charger.fetch()
    emulator.calls.clear()
    assert (await charger.fetch()).started_at == first.started_at
    assert _requests(emulator) == ["GET Status"]


@pytest.mark.parametrize("gone_s", [0, 5, 600])
async def test_restart_reads_all_again(
    connect: Connect, freezer: FrozenDateTimeFactory, gone_s: float
) -> None:
    """A time stamp that begins anew is a restart, and nothing from before it is believed any more."""
    charger, emulator = await connect()
    before = await charger.fetch()
    emulator.reboot(0)
    emulator.settings["ChargeCurrent"] = 11
    emulator.version = "0.9.3"
    emulator.booted_at -= gone_s
    emulator.calls.clear()
    freezer.tick(10)
    after = await charger.fetch()
    assert (after.charge_current_a, after.firmware) == (11, "0.9.3")
    assert after.started_at != before.started_at
    assert _requests(emulator) == [
        *("GET Status", "GET SystemInfo", "GET SystemConfig", "GET Meter1", "GET Meter2")
    ]
    assert charger.restarted(before, after)
    assert not charger.restarted(replace(before, started_at=None), after)
    assert not charger.restarted(after, await charger.fetch())
    assert _requests(emulator) == ["GET Status"]


@pytest.mark.parametrize("up_s", [60, 360_000])
async def test_another_box_is_not_taken_for_ours(
    psp: MakePsp, session: ClientSession, freezer: FrozenDateTimeFactory, up_s: float
) -> None:
    """After a change of addresses another controller is neither shown nor controlled, from the first answer on."""
    emulator = await psp(mac="E0:E2:E6:00:00:01")
    emulator.plug_in()
    charger = client(session, emulator, "e0e2e6000001")
    await charger.fetch()
    emulator.mac = "E0:E2:E6:00:00:02"
    emulator.booted_at = emulator.now - up_s
    freezer.tick(10)
    emulator.calls.clear()
    for command in (
        *(charger.fetch, charger.identify, lambda: charger.set_charging(False), charger.restart),
        *(lambda: charger.set_limit(8), lambda: charger.set_charging(True), charger.take_control),
        *(lambda: change(charger, "auto_start", False), charger.fetch),
    ):
        with pytest.raises(ChargerMismatchError):
            await command()
    assert _posted(emulator) == []
    emulator.mac = "E0:E2:E6:00:00:01"
    assert (await charger.fetch()).status is Status.CHARGING


async def test_controller_without_an_address_is_accepted(psp: MakePsp, session: ClientSession) -> None:
    """A key that is missing is no reason to lose a charger."""
    emulator = await psp()
    emulator.lost_keys = {"MAC", "TimeStamp"}
    charger = client(session, emulator, "e0e2e6000001")
    state = await charger.fetch()
    assert (state.mac, state.started_at) == (None, None)
    assert (await charger.identify()).serial is None


# The session


@pytest.mark.parametrize("on", [True, False])
async def test_start_and_stop(connect: Connect, on: bool) -> None:
    """A toggle is sent once, alone, and only where it changes something."""
    charger, emulator = await connect()
    emulator.started = not on
    await charger.set_charging(on)
    assert emulator.started is on
    assert _posted(emulator) == [{"ChargeStartToggle": True}]
    assert _requests(emulator) == ["GET Status", "POST EvseCtrl"]
    await charger.set_charging(on)
    assert emulator.started is on
    assert _requests(emulator) == ["GET Status"]


@pytest.mark.parametrize("on", [True, False])
async def test_boost(connect: Connect, on: bool) -> None:
    """Boost is toggled in the same way."""
    charger, emulator = await connect()
    emulator.boosted = not on
    await charger.set_boost(on)
    assert emulator.boosted is on
    assert _posted(emulator) == [{"ChargeBoostToggle": True}]
    await charger.set_boost(on)
    assert emulator.boosted is on
    assert len(_posted(emulator)) == 1


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (lambda c: c.set_charging(False), "start_stop_not_allowed"),
        (lambda c: c.set_boost(True), "boost_not_allowed"),
    ],
)
async def test_toggle_that_is_not_allowed(connect: Connect, command: Command, reason: str) -> None:
    """What the charger does not allow now is not sent."""
    charger, emulator = await connect()
    emulator.start_stop_forbidden = True
    await _refused(charger, command, reason, emulator)
    assert _posted(emulator) == []


@pytest.mark.parametrize(
    ("command", "key"),
    [
        (lambda c: c.set_charging(False), "ChargerStarted"),
        (lambda c: c.set_boost(True), "ChargeBoosted"),
        (lambda c: c.set_charging(True), "ChargerStarted"),
    ],
)
async def test_toggle_of_what_is_not_known(connect: Connect, command: Command, key: str) -> None:
    """Where the effect of a toggle is not known, none is sent."""
    charger, emulator = await connect()
    emulator.lost_keys = {key}
    await _refused(charger, command, "session_unknown", emulator)
    assert _posted(emulator) == []


async def test_toggle_where_it_is_not_known_whether_it_is_allowed(connect: Connect) -> None:
    """A missing flag forbids nothing; a refusal of the charger does."""
    charger, emulator = await connect()
    emulator.lost_keys = {"StartStopAllowed"}
    await charger.set_charging(False)
    assert not emulator.started
    emulator.start_stop_forbidden = True
    await _refused(charger, lambda c: c.set_charging(True), "no_action", emulator)


async def test_toggle_is_not_repeated_while_the_box_is_busy(connect: Connect) -> None:
    """The state of a busy controller is read again before a toggle is sent again."""
    charger, emulator = await connect()
    emulator.line, emulator.line_for = Line.BUSY, lambda request: request.method == "POST"
    with pytest.raises(ChargerUnreachableError):
        await charger.set_charging(False)
    asked = _requests(emulator)
    assert asked == ["GET Status", "POST EvseCtrl"] * 4 + ["GET Status"]
    assert emulator.started


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("way", [Line.SILENT, Line.REFUSED])
async def test_toggle_whose_reply_is_lost_is_checked(
    psp: MakePsp, session: ClientSession, arrives: bool, way: Line
) -> None:
    """After a time-out the charger is read before anything is sent again: what was done is not undone."""
    emulator = await psp(kind=LosingPsp)
    assert isinstance(emulator, LosingPsp)
    emulator.plug_in()
    charger = client(session, emulator)
    emulator.lose = [(way, arrives)]
    await charger.set_charging(False)
    assert not emulator.started
    assert emulator.toggles == 1
    asked = _requests(emulator)
    assert asked == ["GET Status", "POST EvseCtrl", "GET Status", *([] if arrives else ["POST EvseCtrl"])]


async def test_toggle_whose_replies_are_all_lost(psp: MakePsp, session: ClientSession) -> None:
    """A line on which no toggle arrives is an error, after a few attempts."""
    emulator = await psp(kind=LosingPsp)
    assert isinstance(emulator, LosingPsp)
    emulator.plug_in()
    charger = client(session, emulator)
    emulator.lose = [(Line.REFUSED, False)] * 9
    with pytest.raises(ChargerUnreachableError):
        await charger.set_charging(False)
    assert _requests(emulator) == ["GET Status", "POST EvseCtrl"] * 4 + ["GET Status"]


@pytest.mark.parametrize("answer", ["done", "Set=>", "Set=>maybe", 1, True, None, [], {"a": 1}])
@pytest.mark.parametrize("done", [True, False])
async def test_reply_to_a_toggle_that_is_not_understood(
    psp: MakePsp, session: ClientSession, answer: object, done: bool
) -> None:
    """An unknown reply is no reason to toggle again; the state of the charger shows the result."""
    emulator = await psp(kind=LosingPsp)
    assert isinstance(emulator, LosingPsp)
    emulator.plug_in()
    emulator.replies = answer
    emulator.start_stop_forbidden = not done
    emulator.altered = {"Status": {"StartStopAllowed": True}}
    charger = client(session, emulator)
    if done:
        await charger.set_charging(False)
    else:
        with pytest.raises(ChargerProtocolError):
            await charger.set_charging(False)
    assert _requests(emulator) == ["GET Status", "POST EvseCtrl", "GET Status"]


async def test_client_that_never_stops_toggling(psp: MakePsp, session: ClientSession) -> None:
    """Where another client undoes each toggle at the same moment, it ends with a refusal."""
    emulator = await psp(kind=LosingPsp)
    assert isinstance(emulator, LosingPsp)
    emulator.plug_in()
    emulator.contested = True
    with pytest.raises(ChargerRefusedError) as refused:
        await client(session, emulator).set_charging(False)
    assert refused.value.reason == "toggled_meanwhile"
    assert emulator.started


class LosingPsp(PspEmulator):
    """A charger that answers commands oddly or not at all, or that another client commands at the same moment."""

    lose: list[tuple[Line, bool]]
    replies: object = ...
    contested = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Lose nothing yet."""
        super().__init__(*arguments, **options)
        self.lose = []

    async def answer(self, request: Request) -> Any:
        """Answer, or lose the command or its reply."""
        if request.method == "GET":
            return await super().answer(request)
        if self.lose:
            way, arrives = self.lose.pop(0)
            if arrives:
                await super().answer(request)
            if way is Line.SILENT:
                return None
            raise ConnectionResetError
        if self.contested:
            self.push_start()
        response = await super().answer(request)
        if self.replies is not ...:
            return Response.of(dict.fromkeys(json.loads(request.body), self.replies))
        return response


# Limiter


@pytest.mark.parametrize(("amps", "sent"), [(6, 6), (8.9, 8), (31.999, 31), (32, 32)])
async def test_limit_is_whole_amperes(connect: Connect, amps: float, sent: int) -> None:
    """A limit is rounded down, and read back."""
    charger, emulator = await connect()
    await charger.set_limit(amps)
    assert _posted(emulator) == [{"ChargeCurrent": sent}]
    state = await charger.fetch()
    assert state.charge_current_a == sent
    assert charger.load(state).limit_a == sent


async def test_limit_that_is_set_already_is_not_written(connect: Connect) -> None:
    """It may keep settings in flash memory, so nothing is written twice."""
    charger, emulator = await connect()
    await charger.set_limit(9)
    for amps in (9, 9.7, 9):
        await charger.set_limit(amps)
    assert emulator.settings_written == 1


async def test_limit_that_was_changed_elsewhere_is_written_again(connect: Connect) -> None:
    """The present setting counts, not what was once sent."""
    charger, emulator = await connect()
    await charger.set_limit(9)
    emulator.settings["ChargeCurrent"] = 32
    await charger.set_limit(9)
    assert emulator.settings["ChargeCurrent"] == 9


async def test_limit_ends_a_boost(connect: Connect) -> None:
    """A boost would go past the limit; while it lasts, its current is what the fuse has to count with."""
    charger, emulator = await connect()
    emulator.push_boost()
    assert charger.load(await charger.fetch()).limit_a == 32
    await charger.set_limit(8)
    assert not emulator.boosted
    assert emulator.drawn_a == 8
    assert emulator.settings["ChargeCurrentBoost"] == 32
    assert charger.load(await charger.fetch()).limit_a == 8


async def test_boost_that_cannot_be_ended(connect: Connect) -> None:
    """Where it may not be ended, that is an error; the limit applies from its end on."""
    charger, emulator = await connect()
    emulator.push_boost()
    emulator.start_stop_forbidden = True
    with pytest.raises(ChargerRefusedError, match="boost_not_allowed"):
        await charger.set_limit(8)
    assert emulator.settings["ChargeCurrent"] == 8
    assert charger.load(await charger.fetch()).limit_a == 32


async def test_a_pause_stops_the_session(connect: Connect) -> None:
    """There is no current of 0: the session is stopped, and a limit leaves it so and is shown beside it."""
    charger, emulator = await connect()
    await charger.set_charging(False)
    await charger.set_charging(False)
    assert (emulator.started, emulator.settings["ChargeCurrent"], emulator.toggles) == (False, 16, 1)
    for amps in (8, 9):
        await charger.set_limit(amps)
        state = await charger.fetch()
        load = charger.load(state)
        assert (load.limit_a, load.set_a, state.allows_charging) == (0, amps, False)
    await charger.set_charging(True)
    load = charger.load(await charger.fetch())
    assert (load.limit_a, load.set_a, emulator.started, emulator.toggles) == (9, 9, True, 2)


async def test_person_stops_what_is_paused_already(connect: Connect) -> None:
    """A session that is stopped at the charger meanwhile is not toggled, and a limit does not start it."""
    charger, emulator = await connect()
    emulator.push_start()
    await charger.set_charging(False)
    await charger.set_limit(8)
    assert (emulator.started, emulator.toggles) == (False, 0)


@pytest.mark.parametrize("auto_start", [True, False])
@pytest.mark.parametrize("on", [True, False])
async def test_n6_a7_without_a_car_nothing_is_sent(connect: Connect, on: bool, auto_start: bool) -> None:
    """There is no session then: both ways are no refusal, and what the next car may do is shown."""
    charger, emulator = await connect(plugged_in=False, settings={"ChargeAutoStart": auto_start})
    await charger.set_charging(on)
    assert _posted(emulator) == []
    state = await charger.fetch()
    assert charger.allows_charging(state) is auto_start
    assert charger.load(state).limit_a == (16 if auto_start else 0)
    emulator.plug_in()
    await charger.set_charging(on)
    state = await charger.fetch()
    assert (emulator.started, charger.allows_charging(state)) == (on, on)


async def test_next_car_is_not_started_by_a_limit(connect: Connect) -> None:
    """A car that comes after the one that was paused keeps waiting to be started, whatever the limit."""
    charger, emulator = await connect(settings={"ChargeAutoStart": False})
    emulator.push_start()
    await charger.set_charging(False)
    emulator.unplug()
    await charger.set_limit(8)
    emulator.plug_in()
    await charger.set_limit(10)
    assert not emulator.started


@pytest.mark.parametrize(
    ("plugged_in", "started", "auto_start", "limit_a"),
    [
        (True, True, True, 16),
        (True, False, True, 0),
        # A session may begin by itself as soon as there is a car.
        (False, False, True, 16),
        (False, False, False, 0),
    ],
)
async def test_load_of_a_session(
    connect: Connect, plugged_in: bool, started: bool, auto_start: bool, limit_a: float
) -> None:
    """Stopped counts as nothing, unless it may start by itself."""
    charger, emulator = await connect(plugged_in=plugged_in, settings={"ChargeAutoStart": auto_start})
    emulator.started = started
    await charger.fetch()
    load = charger.load(await charger.fetch())
    assert load.limit_a == limit_a
    assert (load.minimum_a, load.maximum_a) == (6, 32)


@pytest.mark.parametrize(
    ("altered", "phases", "drawn_a"),
    [
        ({}, (1, 2, 3), (16, 16, 16)),
        ({"ThreePhaseCharging": False}, (1,), (16, 0, 0)),
        ({"ThreePhaseCharging": None}, (1, 2, 3), (16, 16, 16)),
        ({"ActualCurrent": None}, (1, 2, 3), None),
        ({"EvseState": 99}, (1, 2, 3), None),
        # The document's example: a current though the car does not charge.
        ({"EvseState": 4}, (1, 2, 3), (0, 0, 0)),
        ({"EvseState": 4, "ActualCurrent": None}, (1, 2, 3), (0, 0, 0)),
        # A fault may be a relay that does not open.
        ({"EvseState": 2}, (1, 2, 3), (16, 16, 16)),
        ({"EvseState": 3, "ActualCurrent": None}, (1, 2, 3), None),
    ],
)
async def test_load_of_what_is_drawn(
    connect: Connect, altered: dict[str, Any], phases: tuple[int, ...], drawn_a: tuple[float, ...] | None
) -> None:
    """What is not known draws on all three phases."""
    charger, emulator = await connect()
    emulator.altered = {"Status": altered}
    load = charger.load(await charger.fetch())
    assert (load.phases, load.drawn_a) == (phases, drawn_a)


async def test_load_without_a_charge_current(psp: MakePsp, session: ClientSession) -> None:
    """A charger without a known charge current has no load to rely on."""
    emulator = await psp()
    emulator.lost_keys = {"ChargeCurrent"}
    charger = client(session, emulator)
    with pytest.raises(ChargerProtocolError, match="no charge current"):
        charger.load(await charger.fetch())


# Settings


@pytest.mark.parametrize(
    ("command", "sent"),
    [
        (lambda c: c.set_limit(7.9), {"ChargeCurrent": 7}),
        (lambda c: change(c, "boost_current", 20), {"ChargeCurrentBoost": 20}),
        (lambda c: change(c, "auto_start", False), {"ChargeAutoStart": False}),
        (lambda c: change(c, "charger_mode", ChargerMode.SOCKET), {"ChargerMode": 1}),
        (lambda c: change(c, "lock_method", LockMethod.SERVOMOTOR), {"LockMethod": 1}),
        (lambda c: change(c, "control_strategy", ControlStrategy.LIMIT_POWER), {"ControlStrategy": 1}),
        (lambda c: change(c, "control_limit", 9000.5), {"ControlLimit": 9000}),
        (lambda c: change(c, "phase_current_limit", 16), {"PhaseCurrentLimit": 16}),
        (lambda c: change(c, "meter1_type", MeterType.NONE), {"Meter1Type": 0, "Meter1Ip": "192.168.0.30"}),
        (
            lambda c: change(c, "meter1_type", MeterType.IP_SDM120M),
            {"Meter1Type": 6, "Meter1Ip": "192.168.0.30"},
        ),
        (lambda c: change(c, "meter1_address", " 192.0.2.9 "), {"Meter1Type": 1, "Meter1Ip": "192.0.2.9"}),
        (
            lambda c: change(c, "meter2_type", MeterType.IP_SDM72D_M),
            {"Meter2Type": 4, "Meter2Ip": "192.168.0.31"},
        ),
        (lambda c: change(c, "meter2_address", "192.0.2.9"), {"Meter2Type": 2, "Meter2Ip": "192.0.2.9"}),
    ],
)
async def test_setting(connect: Connect, command: Command, sent: dict[str, Any]) -> None:
    """A setting is sent alone, unless it is taken only together with another; and it is sent once."""
    charger, emulator = await connect()
    await command(charger)
    assert _posted(emulator) == [sent]
    assert {key: emulator.settings[key] for key in sent} == sent
    await command(charger)
    assert _posted(emulator) == [sent]


async def test_three_phases(connect: Connect) -> None:
    """The phases are changed while no car charges, and only then: it might take harm."""
    charger, emulator = await connect()
    await _refused(charger, lambda c: c.set_phases(1), "not_while_charging", emulator)
    emulator.draw(0)
    await charger.set_phases(1)
    assert _posted(emulator) == [{"Charge3Phase": False}]
    assert (await charger.fetch()).phases == 1


@pytest.mark.parametrize(
    "command",
    [
        lambda c: c.set_limit(5.9),
        lambda c: c.set_limit(0),
        lambda c: c.set_limit(32.1),
        lambda c: c.set_limit(math.nan),
        lambda c: change(c, "boost_current", 5),
        lambda c: change(c, "boost_current", 33),
        lambda c: change(c, "boost_current", math.inf),
        lambda c: change(c, "control_limit", -1),
        lambda c: change(c, "control_limit", 1e6),
        lambda c: change(c, "phase_current_limit", 5),
        lambda c: change(c, "phase_current_limit", 101),
        lambda c: c.set_available_power(-1),
        lambda c: c.set_available_power(math.nan),
        lambda c: c.set_available_power(100_001),
    ],
)
async def test_out_of_range(connect: Connect, command: Command) -> None:
    """What is out of range is refused before anything is sent."""
    charger, emulator = await connect()
    await _refused(charger, command, "out_of_range", emulator)
    assert emulator.calls == []


@pytest.mark.parametrize("address", ["", "bridge", "192.168.0", "192.168.0.300", "::1", "192.168.0.1:80"])
async def test_address_that_is_none(connect: Connect, address: str) -> None:
    """An address that the charger could not use is not sent."""
    charger, emulator = await connect()
    for key in ("meter1_address", "meter2_address"):
        await _refused(charger, partial(change, key=key, value=address), "address_invalid", emulator)
    assert _posted(emulator) == []


@pytest.mark.parametrize("type_", [word for word in MeterType if word.needs_address])
async def test_meter_by_ip_without_an_address(connect: Connect, type_: MeterType) -> None:
    """A meter by IP is taken only together with its address, so without one it is not sent."""
    charger, emulator = await connect()
    emulator.settings["Meter2Ip"] = ""
    await _refused(charger, lambda c: change(c, "meter2_type", type_), "meter_address_missing", emulator)


async def test_address_of_a_meter_whose_type_is_not_known(connect: Connect) -> None:
    """The address goes alone, and the charger decides."""
    charger, emulator = await connect()
    emulator.settings["Meter1Type"] = 9
    await change(charger, "meter1_address", "192.0.2.9")
    assert _posted(emulator) == [{"Meter1Ip": "192.0.2.9"}]


async def test_setting_that_the_charger_does_not_take(connect: Connect) -> None:
    """Only what is read back counts, whatever the reply was."""
    charger, emulator = await connect()
    emulator.altered = {"SystemConfig": {"ChargeCurrentBoost": 32}}
    with pytest.raises(ChargerRefusedError, match="value_not_allowed"):
        await change(charger, "boost_current", 20)


@pytest.mark.parametrize("found", ["20", 20.0, 20])
async def test_setting_that_is_sent_as_a_text(connect: Connect, found: object) -> None:
    """A number is a number, however it is spelled."""
    charger, emulator = await connect()
    emulator.altered = {"SystemConfig": {"ChargeCurrentBoost": found, "ChargeAutoStart": "false"}}
    await change(charger, "boost_current", 20)
    await change(charger, "auto_start", False)
    assert _posted(emulator) == []


async def test_setting_that_the_firmware_does_not_have(connect: Connect) -> None:
    """A setting that the firmware does not know is nothing to send."""
    charger, emulator = await connect()
    emulator.lost_keys = {"ControlLimit"}
    await change(charger, "control_limit", 5000)
    assert _posted(emulator) == []


# Power from a supervisor


async def test_power_is_taken_from_the_supervisor_only(connect: Connect) -> None:
    """With this machine as its supervisor it draws what was sent; before, it refuses."""
    charger, emulator = await connect()
    await _refused(charger, lambda c: c.set_available_power(5000), "supervisor_not_set", emulator)
    kept = await charger.power_source(None)
    assert kept == {"type": "modbus_nmid30_2", "address": "192.168.0.31"}
    emulator.calls.clear()
    await charger.take_control()
    assert _posted(emulator) == [{"Meter2Type": REMOTE, "Meter2Ip": "127.0.0.1"}]
    await charger.set_available_power(6999.9)
    assert emulator.supervisor_power_w == 6999
    assert emulator.drawn_a == 10
    state = await charger.fetch()
    assert state.available_power_w == 6999
    await charger.set_available_power(4000)
    assert (await charger.fetch()).status is Status.WAITING_FOR_POWER
    await charger.set_available_power(0)
    assert (await charger.fetch()).status is Status.PAUSED
    await charger.release_control(json.loads(json.dumps(dict(kept))))
    assert (emulator.settings["Meter2Type"], emulator.settings["Meter2Ip"]) == (
        MODBUS_NMID30_2,
        "192.168.0.31",
    )
    await _refused(charger, lambda c: c.set_available_power(5000), "supervisor_not_set", emulator)


async def test_power_that_is_not_taken(connect: Connect) -> None:
    """A power that it does not accept is refused."""
    charger, emulator = await connect()
    emulator.settings["Meter2Type"], emulator.settings["Meter2Ip"] = REMOTE, "192.0.2.99"
    await _refused(charger, lambda c: c.set_available_power(5000), "supervisor_not_set", emulator)


async def test_power_is_not_taken_from_another_address(connect: Connect) -> None:
    """A client at another address than the supervisor's is refused, and nothing changes."""
    charger, emulator = await connect()
    await charger.take_control()
    async with ClientSession(connector=TCPConnector(local_addr=("127.0.0.2", 0))) as session:
        stranger = client(session, emulator)
        await _refused(stranger, lambda c: c.set_available_power(5000), "supervisor_not_set", emulator)


async def _supervised(connect: Connect, **settings: Any) -> tuple[PspEvse, PspEmulator]:
    charger, emulator = await connect(settings={"ChargeCurrent": 32, **settings})
    await charger.take_control()
    await charger.fetch()
    emulator.calls.clear()
    return charger, emulator


@pytest.mark.parametrize(
    ("amps", "three_phase", "watts", "limit_a"),
    [
        (6, True, 4140, 6),
        (6, False, 1380, 6),
        (10, True, 6900, 10),
        (7.4, True, 4830, 7),
        (31.99, False, 7130, 31),
        (32, True, 22080, 32),
    ],
)
async def test_limit_is_a_power_with_a_supervisor(
    connect: Connect, amps: float, three_phase: bool, watts: int, limit_a: float
) -> None:
    """A supervisor sends a power and writes no settings; what is read back is in amperes again."""
    charger, emulator = await _supervised(connect, Charge3Phase=three_phase)
    await charger.set_limit(amps)
    assert _posted(emulator) == [{"EVSEPowerAvailable": watts}]
    assert emulator.offered_a == math.floor(limit_a if watts != 7357 else 31)
    assert charger.load(await charger.fetch()).limit_a == limit_a
    assert charger.daily_writes == 1000


async def test_power_that_allows_less_than_the_minimum_is_none(connect: Connect) -> None:
    """A power that allows no current counts as a pause."""
    charger, emulator = await _supervised(connect)
    await charger.set_available_power(4139)
    assert charger.load(await charger.fetch()).limit_a == 0
    assert emulator.drawn_a == 0


async def test_its_charge_current_bounds_the_power(connect: Connect) -> None:
    """The charge current bounds the limit, however much power there is."""
    charger, emulator = await _supervised(connect, ChargeCurrent=13)
    await charger.set_limit(20)
    assert charger.load(await charger.fetch()).limit_a == emulator.drawn_a == 13


@pytest.mark.parametrize("plugged_in", [True, False])
async def test_a_pause_by_power_leaves_the_session_alone(connect: Connect, plugged_in: bool) -> None:
    """Nothing is toggled, and a car that comes while it is paused does not begin; the next limit ends it."""
    charger, emulator = await _supervised(connect)
    if not plugged_in:
        emulator.unplug()
    for _ in range(2):
        await charger.set_charging(False)
        state = await charger.fetch()
        load = charger.load(state)
        assert (load.limit_a, load.set_a, charger.allows_charging(state)) == (0, None, False)
    assert _posted(emulator) == [{"EVSEPowerAvailable": 0}] * 2
    emulator.plug_in()
    state = await charger.fetch()
    assert (state.status, emulator.drawn_a, charger.load(state).limit_a) == (Status.PAUSED, 0, 0)
    await charger.set_limit(8)
    await charger.set_charging(True)
    assert (emulator.drawn_a, emulator.toggles) == (8, 0)
    state = await charger.fetch()
    assert (charger.load(state).limit_a, charger.allows_charging(state)) == (8, True)


async def test_a_pause_by_power_that_ends_without_a_limit(connect: Connect) -> None:
    """What the limit was is not known any more; the minimum trips no fuse. A power that is none is left alone."""
    charger, emulator = await _supervised(connect)
    await charger.set_limit(20)
    await charger.set_charging(False)
    await charger.set_charging(True)
    assert emulator.drawn_a == 6
    await charger.set_available_power(8280)
    emulator.push_start()
    emulator.calls.clear()
    await charger.set_charging(True)
    assert _posted(emulator) == [{"ChargeStartToggle": True}]
    assert emulator.drawn_a == 12


async def test_a_pause_by_power_outlasts_a_change_of_phases(connect: Connect) -> None:
    """The power of a pause is 0 W on however many phases."""
    charger, emulator = await _supervised(connect)
    await charger.set_limit(10)
    await charger.set_charging(False)
    for phases in (1, 3):
        await charger.set_phases(phases)
        assert (emulator.supervisor_power_w, emulator.phases) == (0, phases)


async def test_a_pause_with_another_supervisor(connect: Connect) -> None:
    """Where another machine is its supervisor, the session is stopped and started; 0 W of it is a pause all the same."""
    charger, emulator = await _supervised(connect)
    emulator.settings["Meter2Ip"] = "192.0.2.99"
    for on in (False, True):
        await charger.set_charging(on)
        assert emulator.started is on
    emulator.supervisor_power_w = 0
    state = await charger.fetch()
    assert (state.status, charger.allows_charging(state)) == (Status.PAUSED, False)
    await charger.set_charging(True)
    assert (emulator.started, emulator.supervisor_power_w) == (True, 0)


async def test_session_that_was_stopped_before_control_was_taken(connect: Connect) -> None:
    """A session that was stopped goes on, though the limit is a power now."""
    charger, emulator = await connect()
    await charger.set_charging(False)
    await charger.take_control()
    await charger.set_limit(8)
    assert emulator.drawn_a == 0
    await charger.set_charging(True)
    assert emulator.drawn_a == 8


async def test_a_limit_as_power_ends_a_boost(connect: Connect) -> None:
    """Not known: whether a boost heeds the power."""
    charger, emulator = await _supervised(connect)
    emulator.push_boost()
    await charger.set_limit(8)
    assert not emulator.boosted


async def test_power_follows_the_phases(connect: Connect) -> None:
    """One phase never gets the power of three."""
    charger, emulator = await _supervised(connect)
    emulator.draw(0)
    await charger.set_limit(10)
    emulator.calls.clear()
    await charger.set_phases(1)
    assert _posted(emulator) == [{"EVSEPowerAvailable": 2300}, {"Charge3Phase": False}]
    assert charger.load(await charger.fetch()).limit_a == 10
    emulator.calls.clear()
    await charger.set_phases(3)
    assert _posted(emulator) == [{"Charge3Phase": True}, {"EVSEPowerAvailable": 6900}]
    # A power that was set by an action is no limit.
    await charger.set_available_power(5000)
    emulator.calls.clear()
    await charger.set_phases(1)
    assert _posted(emulator) == [{"Charge3Phase": False}]


async def test_phases_that_are_not_known(connect: Connect) -> None:
    """The current is then not above the limit, be it on one phase."""
    charger, emulator = await _supervised(connect)
    emulator.altered = {"Status": {"ThreePhaseCharging": None}}
    await charger.set_limit(20)
    assert _posted(emulator) == [{"EVSEPowerAvailable": 4600}]


async def test_limit_with_another_supervisor(connect: Connect) -> None:
    """With another supervisor the limit is a setting; the supervisor is reported, and its power counts."""
    charger, emulator = await _supervised(connect)
    assert charger.own_balancing(await charger.fetch()) is None
    emulator.settings["Meter2Ip"] = "192.0.2.99"
    for amps in (10, 12):
        await charger.set_limit(amps)
        assert emulator.settings["ChargeCurrent"] == amps
    assert charger.daily_writes == 30
    assert charger.own_balancing(await charger.fetch()) is OwnBalancing.SUPERVISOR
    emulator.supervisor_power_w = 4600
    assert charger.load(await charger.fetch()).limit_a == 6.7
    await charger.take_control()
    assert charger.own_balancing(await charger.fetch()) is None
    await charger.set_limit(9)
    assert emulator.offered_a == 9


async def test_power_that_is_not_taken_for_another_reason(connect: Connect) -> None:
    """A refusal for another reason is passed on, and nothing is written instead."""
    charger, emulator = await connect(kind=LosingPsp)
    await charger.take_control()
    assert isinstance(emulator, LosingPsp)
    emulator.replies = "no action"
    with pytest.raises(ChargerRefusedError, match="no_action"):
        await charger.set_limit(10)
    assert emulator.settings["ChargeCurrent"] == 16


async def test_power_is_checked_unsent(connect: Connect) -> None:
    """Whether it would accept a power is known before it is sent."""
    charger, emulator = await connect()
    for watts, reason in ((5000, "supervisor_not_set"), (math.nan, "out_of_range"), (-1, "out_of_range")):
        with pytest.raises(ChargerRefusedError, match=reason):
            charger.check_available_power(watts)
    await charger.take_control()
    emulator.calls.clear()
    charger.check_available_power(5000)
    assert emulator.calls == []


async def test_its_own_strategy(connect: Connect) -> None:
    """A charger that follows its own control meter reports that."""
    charger, _ = await connect()
    await change(charger, "control_strategy", ControlStrategy.LIMIT_POWER)
    assert charger.own_balancing(await charger.fetch()) is OwnBalancing.CONTROL_STRATEGY


async def test_power_source_is_kept_while_it_is_supervised(connect: Connect) -> None:
    """Control that is taken twice does not forget what was there before the first time."""
    charger, emulator = await connect()
    kept = await charger.power_source(None)
    await charger.take_control()
    assert await charger.power_source(kept) == kept
    # Another supervisor of which nothing is stored is what was there before.
    assert await charger.power_source(None) == {"type": "remote_control", "address": "127.0.0.1"}
    # A meter that was set meanwhile is what was there before.
    emulator.settings["Meter2Type"] = MODBUS_SDM72D_M
    assert await charger.power_source(kept) == {"type": "modbus_sdm72d_m", "address": "127.0.0.1"}


async def test_power_source_that_is_not_known(connect: Connect) -> None:
    """What could not be undone is not done."""
    charger, emulator = await connect()
    emulator.lost_keys = {"Meter2Type"}
    await _refused(charger, lambda c: c.power_source(None), "meter_unknown", emulator)  # type: ignore[arg-type,return-value]


async def test_release_leaves_what_a_person_set(connect: Connect) -> None:
    """A control meter that was set meanwhile stays."""
    charger, emulator = await connect()
    kept = await charger.power_source(None)
    await charger.take_control()
    emulator.settings["Meter2Type"] = NONE
    await charger.release_control(kept)
    assert emulator.settings["Meter2Type"] == NONE


async def test_release_without_an_address(connect: Connect) -> None:
    """A meter that had no address gets none."""
    charger, emulator = await connect(settings={"Meter2Ip": ""})
    kept = await charger.power_source(None)
    await charger.take_control()
    emulator.calls.clear()
    await charger.release_control(kept)
    assert _posted(emulator) == [{"Meter2Type": MODBUS_NMID30_2}]


# The controller itself


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (lambda c: c.restart(), "Reset"),
        (lambda c: c.factory_reset(), "FactoryDefault"),
        (lambda c: c.open_access_point(), "WiFiSetToAP"),
    ],
)
async def test_service_codes(connect: Connect, command: Command, code: str) -> None:
    """A service code is sent as the document's table spells it, after the controller was identified."""
    charger, emulator = await connect()
    await command(charger)
    assert _posted(emulator) == [{"SCode": code, "SCodeData": ""}]
    assert _requests(emulator) == ["GET SystemInfo", "POST SystemInfo"]
    assert emulator.left_network is (code != "Reset")
    assert emulator.is_offline is (code == "Reset")


async def test_update(connect: Connect, freezer: FrozenDateTimeFactory) -> None:
    """New firmware is looked for, shown and installed."""
    charger, emulator = await connect()
    await _refused(charger, lambda c: c.install_update(), "update_not_allowed", emulator)
    assert _posted(emulator) == []
    emulator.new_firmware()
    await charger.check_update()
    assert _posted(emulator) == [{"UpdateCheckToggle": True}]
    assert (await charger.fetch()).update_message == "New firmware available: 0.9.3"
    emulator.update_message = "50 %"
    freezer.tick(10)
    assert (await charger.fetch()).update_message == "50 %"
    emulator.calls.clear()
    await charger.install_update()
    assert _posted(emulator) == [{"UpdateRunToggle": True}]
    emulator.advance(70)
    assert (await charger.fetch()).firmware == "0.9.3"
    # Then it is asked at its usual pace again.
    freezer.tick(130)
    emulator.booted_at = emulator.now - 60
    await charger.fetch()
    emulator.calls.clear()
    freezer.tick(1)
    await charger.fetch()
    assert _requests(emulator) == ["GET Status"]


async def test_update_check_that_is_not_allowed(connect: Connect) -> None:
    """What the charger does not allow now is not sent."""
    charger, emulator = await connect()
    emulator.altered = {"SystemInfo": {"OTACheckAllowed": False}}
    await _refused(charger, lambda c: c.check_update(), "update_check_not_allowed", emulator)
    assert _posted(emulator) == []


async def test_update_that_is_not_run(connect: Connect) -> None:
    """A missing flag forbids nothing; a refusal of the charger does."""
    charger, emulator = await connect()
    emulator.lost_keys = {"OTAUpdateAllowed"}
    await _refused(charger, lambda c: c.install_update(), "no_action", emulator)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'"OK"', b'{"Reset": null}'])
async def test_reply_without_the_key(session: ClientSession, bare: BareServer, body: bytes) -> None:
    """A command that is not replied to by name was not understood."""
    bare.answers = [reply(json.dumps(NEW["SystemInfo"]).encode()), reply(body)]
    with pytest.raises(ChargerProtocolError, match="no reply"):
        await PspEvse(session, bare.host, bare.port).restart()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("line", [line for line in Line if line is not Line.OK])
@pytest.mark.parametrize(
    "command",
    [
        lambda c: c.set_charging(False),
        lambda c: change(c, "boost_current", 20),
        lambda c: c.take_control(),
        lambda c: c.check_update(),
        lambda c: c.restart(),
    ],
)
async def test_command_on_a_broken_line(connect: Connect, command: Command, line: Line) -> None:
    """Whatever the line does to a command is a ChargerError, unless the command arrived."""
    charger, emulator = await connect()
    emulator.line, emulator.line_for = line, lambda request: request.method == "POST"
    before = emulator.started
    try:
        await command(charger)
    except ChargerError:
        return
    # Half a reply: the charger has carried it out, and its state was read.
    assert line in (Line.CUT, Line.GARBAGE, Line.BROKEN_JSON, Line.NULL, Line.LIST, Line.HTML, Line.STRANGER)
    assert emulator.started is not before or emulator.settings_written


async def test_commands_at_once(connect: Connect) -> None:
    """Commands that come together are carried out one after the other, and none is lost."""
    charger, emulator = await connect()
    await asyncio.gather(
        charger.set_charging(False),
        charger.set_limit(9),
        change(charger, "boost_current", 10),
        change(charger, "auto_start", False),
        charger.fetch(),
    )
    assert not emulator.started
    assert [emulator.settings[key] for key in ("ChargeCurrent", "ChargeCurrentBoost", "ChargeAutoStart")] == [
        9,
        10,
        False,
    ]


async def test_fault_while_paused(connect: Connect) -> None:
    """What is paused is not started while there is a fault; it goes on after that."""
    charger, emulator = await connect()
    await charger.set_charging(False)
    emulator.fail(DIODE_ERR)
    with pytest.raises(ChargerRefusedError, match="start_stop_not_allowed"):
        await charger.set_charging(True)
    emulator.clear()
    await charger.set_charging(True)
    assert emulator.started
