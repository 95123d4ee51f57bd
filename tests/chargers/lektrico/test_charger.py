"""A Lektrico on the wire: what is read and when, its commands and its refusals."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import pairwise
import math
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import ClientSession
from chargers.capabilities import AccessPoint, Authorizer, Limiter, MainsMeter, Resetter, Scheduler
from chargers.errors import (
    ChargerAuthError,
    ChargerError,
    ChargerMismatchError,
    ChargerProtocolError,
    ChargerRefusedError,
    ChargerUnreachableError,
)
from chargers.lektrico.box import LektricoBox
from chargers.lektrico.charger import Lektrico
from chargers.lektrico.settings import SETTINGS
from chargers.lektrico.words import BalancingMode, Fault, LimitReason, PhaseMode, Segment
from chargers.settings import FlagSetting, NumberSetting, Setting, TextSetting
from chargers.types import OwnBalancing, Status
from chargers.week import WEEK_MIN, Timetable, WeekSlot
import pytest

from tests.emulators.base import Line
from tests.emulators.lektrico import DYNAMIC, EM, MODELS, USER, LektricoEmulator

from .conftest import Clock, Connect, Make

NIGHT = {"start_d": 1, "start_h": 22, "start_m": 30, "end_d": 2, "end_h": 6, "end_m": 0, "current": 16}
# From Monday 22:30 to Tuesday 06:00.
NIGHT_WEEK = (
    WeekSlot(start_min=0, end_min=1350, current_a=None),
    WeekSlot(start_min=1350, end_min=1800, current_a=16.0),
    WeekSlot(start_min=1800, end_min=WEEK_MIN, current_a=None),
)
NO_LIMIT = (WeekSlot(start_min=0, end_min=WEEK_MIN, current_a=None),)
WEEK_OFF = (WeekSlot(start_min=0, end_min=WEEK_MIN, current_a=0.0),)
SLOW = [
    "device_id.get",
    "charger_config.get",
    "sw_version.get",
    "app_config.get",
    "dynamic_current.get",
    "system_currents.get",
    "em_status.get",
    "charging_schedule.get",
    "counters_config.get",
    "wifi_status.get",
    "logged_errors.get",
]


# What is read when


async def test_all_is_asked_at_first_and_then_only_what_changes(make: Make, connect: Connect) -> None:
    """The first snapshot has everything; while nothing happens the next ones cost one request each."""
    box = await make("3p22k", "1.51")
    charger = connect(box)
    await charger.fetch()
    assert box.reads() == [*SLOW, "charger_info.get"]
    box.calls.clear()
    for _ in range(3):
        await charger.fetch()
    assert box.reads() == ["charger_info.get"] * 3


async def test_identify_asks_what_only_a_restart_can_change(make: Make, connect: Connect) -> None:
    """Identifying costs two requests, which the first snapshot does not repeat; a second time everything is read anew."""
    box = await make()
    charger = connect(box)
    identity = await charger.identify()
    assert (identity.model, identity.serial, identity.firmware) == ("1P7K", "500006", "1.51")
    assert box.reads() == ["device_id.get", "sw_version.get"]
    await charger.fetch()
    assert sorted(box.reads()) == sorted([*SLOW, "charger_info.get"])
    box.firmware = "2.0"
    box.calls.clear()
    assert (await charger.identify()).firmware == "2.0"
    await charger.fetch()
    assert sorted(box.reads()) == sorted([*SLOW, "charger_info.get"])


@pytest.mark.parametrize("pace_s", [5, 10])
async def test_a_poll_costs_two_requests_at_the_most(
    box: LektricoEmulator, charger: Lektrico, clock: Clock, pace_s: int
) -> None:
    """What changes seldom is read one at a time, none of it more often than it should, and all of it in time."""
    polls = 1800 // pace_s
    for _ in range(polls):
        clock.now_s += pace_s
        asked = len(box.calls)
        await charger.fetch()
        assert len(box.calls) - asked in (1, 2)
    counts = Counter(box.reads())
    assert counts.pop("charger_info.get") == polls
    for method in (
        "device_id.get",
        "app_config.get",
        "dynamic_current.get",
        "system_currents.get",
        "em_status.get",
    ):
        assert 25 <= counts.pop(method) <= 30, method
    for method in ("charging_schedule.get", "counters_config.get", "wifi_status.get", "logged_errors.get"):
        assert 5 <= counts.pop(method) <= 6, method
    assert not counts


@pytest.mark.parametrize("no_handler", [True, False], ids=["404", "-6"])
@pytest.mark.parametrize("errors_with_200", [True, False], ids=["200", "500"])
async def test_what_the_firmware_does_not_know_is_asked_once(
    make: Make, connect: Connect, clock: Clock, no_handler: bool, errors_with_200: bool
) -> None:
    """A method that old firmware lacks is not asked for again, until the box was away and may have been updated."""
    box = await make("1p7k", "1.23", no_handler=no_handler, errors_with_200=errors_with_200)
    charger = connect(box)
    state = await charger.fetch()
    assert (state.model, state.serial, state.firmware) == ("1P7K", "500006", "1.23")
    lacking = {"device_id.get", "em_status.get", "system_currents.get"}
    assert lacking <= set(box.reads())
    box.calls.clear()
    for _ in range(200):
        clock.now_s += 10
        await charger.fetch()
    assert not lacking & set(box.reads())
    assert "device_info.get" in box.reads()
    box.firmware = "2.0"
    assert (await charger.identify()).firmware == "2.0"
    assert (await charger.fetch()).user_current_a == 32
    assert lacking <= set(box.reads())


async def test_e5_energy_of_a_window_is_one_counter(make: Make, connect: Connect) -> None:
    """One answer without the energy of its life is no fall and no jump: two counters in turn are no counter."""
    box = await make("3p22k", "2.0")
    charger = connect(box)
    box.plug_in()
    energies_wh = []
    for lost_keys in (set(), set(), {"total_charged_energy"}, set(), set()):
        box.lost_keys = lost_keys
        energies_wh.append(charger.energy_wh(await charger.fetch()))
    life_wh = energies_wh[1]
    assert life_wh
    assert energies_wh == [None, life_wh, None, life_wh, life_wh]


async def test_firmware_without_a_version_method(make: Make, connect: Connect) -> None:
    """The version is in what every poll asks for, too."""
    box = await make()
    box.fails_with = {"sw_version.get": -6}
    assert (await connect(box).identify()).firmware == "1.51"
    meter = await make("em")
    meter.fails_with = {"sw_version.get": -6}
    assert (await connect(meter).identify()).firmware is None


@pytest.mark.parametrize("code", [-1, -7, 500])
async def test_what_is_refused_once_is_asked_again_later(
    box: LektricoEmulator, charger: Lektrico, clock: Clock, code: int
) -> None:
    """A part that the box refuses is unknown, and is asked for again in its time."""
    box.fails_with = {"app_config.get": code}
    clock.now_s += 61
    for _ in range(6):
        state = await charger.fetch()
    assert state.locked is None
    assert state.status is Status.DISCONNECTED
    assert box.reads().count("app_config.get") == 1
    box.fails_with = {}
    clock.now_s += 61
    for _ in range(6):
        state = await charger.fetch()
    assert state.locked is False


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("line", [Line.SILENT, Line.CUT, Line.ERROR, Line.GARBAGE, Line.LIST, Line.NOT_FOUND])
async def test_one_answer_that_is_lost_does_not_lose_the_box(
    make: Make, connect: Connect, line: Line
) -> None:
    """A method that hangs on some firmware leaves the rest as it is, at the first poll too."""
    box = await make()
    box.line, box.line_for = line, lambda request: request.path == "/rpc/wifi_status.get"
    charger = connect(box)
    await charger.fetch()
    state = await charger.fetch()
    assert state.status is Status.DISCONNECTED
    assert state.wifi_signal_dbm is None
    assert state.logged_faults == frozenset()
    assert box.reads().count("wifi_status.get") == 1


@pytest.mark.parametrize("line", [Line.ERROR, Line.CUT, Line.REFUSED])
async def test_a_lost_answer_changes_nothing(
    box: LektricoEmulator, charger: Lektrico, clock: Clock, line: Line
) -> None:
    """What was read a minute ago holds while its answer is lost; what a command has changed is not known then."""
    box.line, box.line_for = line, lambda request: request.path == "/rpc/app_config.get"
    clock.now_s += 61
    for _ in range(6):
        state = await charger.fetch()
    assert "app_config.get" in box.reads()
    assert state.precise_pwm is False
    await charger.change(setting("precise_pwm"), True)
    assert (await charger.fetch()).precise_pwm is None
    box.line = Line.OK
    clock.now_s += 61
    for _ in range(6):
        state = await charger.fetch()
    assert state.precise_pwm is True


async def test_report_of_a_lost_box(box: LektricoEmulator, charger: Lektrico) -> None:
    """A bug report about a box that is gone has its last answers."""
    box.line = Line.ERROR
    for attempt in (charger.fetch, charger.identify):
        with pytest.raises(ChargerUnreachableError):
            await attempt()
    assert {"charger_info.get", "app_config.get"} <= charger.report().keys()


async def test_errors_are_asked_for_while_there_are_some(
    box: LektricoEmulator, charger: Lektrico, clock: Clock
) -> None:
    """Active errors cost a request at each poll while they last, and none otherwise."""
    assert (await charger.fetch()).faults == frozenset()
    box.fail("rcd_error")
    box.fail("overvoltage_error")
    state = await charger.fetch()
    assert state.faults == frozenset({Fault.RCD_ERROR, Fault.OVERVOLTAGE})
    assert (state.status, state.fault, state.has_problem) == (Status.FAULT, Fault.RCD_ERROR, True)
    await charger.fetch()
    box.clear()
    assert (await charger.fetch()).faults == frozenset()
    assert box.reads().count("active_errors.get") == 2
    clock.now_s += 301
    for _ in range(11):
        state = await charger.fetch()
    assert state.logged_faults == frozenset({Fault.RCD_ERROR, Fault.OVERVOLTAGE})
    await charger.reset_logged_errors()
    assert (await charger.fetch()).logged_faults == frozenset()


async def test_errors_of_old_firmware(make: Make, connect: Connect, clock: Clock) -> None:
    """Firmware that does not report whether there are errors is asked once a minute; its own names are understood."""
    box = await make("1p7k", "1.23")
    box.fail("state_e_activated")
    box.fail("undervoltage_error")
    charger = connect(box)
    state = await charger.fetch()
    assert state.faults == frozenset({Fault.STATE_E, Fault.VOLTAGE})
    assert state.status is Status.FAULT
    for _ in range(12):
        clock.now_s += 10
        await charger.fetch()
    assert box.reads().count("active_errors.get") == 3


async def test_errors_that_cannot_be_asked_for(make: Make, connect: Connect) -> None:
    """A box that reports errors but not which ones is asked once."""
    box = await make()
    box.fails_with = {"active_errors.get": -6}
    box.fail("overcurrent")
    charger = connect(box)
    for _ in range(3):
        state = await charger.fetch()
    assert (state.faults, state.has_problem) == (None, True)
    assert box.reads().count("active_errors.get") == 1


async def test_what_cannot_be_read_back_is_not(box: LektricoEmulator, charger: Lektrico) -> None:
    """A command does not make a method known that the firmware does not know."""
    box.fails_with = {"logged_errors.get": -6}
    await charger.identify()
    await charger.fetch()
    box.calls.clear()
    await charger.reset_logged_errors()
    assert (await charger.fetch()).logged_faults is None
    assert box.reads() == ["charger_info.get"]


async def test_one_connection_is_kept(make: Make, connect: Connect) -> None:
    """All requests to a box go over one connection, commands among them."""
    box = await make()
    charger = connect(box)
    await charger.fetch()
    assert box.connections == 1
    await charger.pause()
    await charger.fetch()
    assert (box.connections, box.most_connections) == (1, 1)


# Which box it is


async def test_another_box_at_the_address(make: Make, connect: Connect) -> None:
    """A box with another serial is neither read nor steered."""
    box = await make()
    charger = connect(box, serial="500007")
    for attempt in (charger.identify, charger.fetch, charger.pause):
        with pytest.raises(ChargerMismatchError):
            await attempt()
    assert box.commands() == []


async def test_a_box_that_becomes_another_one(box: LektricoEmulator, charger: Lektrico, clock: Clock) -> None:
    """It is noticed within a minute or so, by its reply to a command at once, and not steered from then on."""
    box.device_id = "3p22k_500999"
    for _ in range(12):
        clock.now_s += 10
        try:
            await charger.fetch()
        except ChargerMismatchError:
            break
    assert clock.now_s <= 1000 + 70
    for attempt in (charger.fetch, charger.pause):
        with pytest.raises(ChargerMismatchError):
            await attempt()
    assert not box.is_paused
    box.device_id = MODELS["3p22k"]
    await charger.pause()
    assert box.is_paused


async def test_a_reply_of_another_box(box: LektricoEmulator, charger: Lektrico) -> None:
    """A command that another box has taken is an error, and the next one is not sent to it."""
    box.device_id = "3p22k_500999"
    with pytest.raises(ChargerMismatchError):
        await charger.change(setting("lock"), True)
    assert len(box.commands()) == 1
    with pytest.raises(ChargerMismatchError):
        await charger.change(setting("lock"), False)
    assert len(box.commands()) == 1


async def test_after_a_lost_answer_the_box_is_identified(box: LektricoEmulator, charger: Lektrico) -> None:
    """The box that answers after an interruption may be another one."""
    box.line = Line.ERROR
    with pytest.raises(ChargerUnreachableError):
        await charger.fetch()
    box.line = Line.OK
    box.device_id = "3p22k_500999"
    for attempt in (charger.pause, charger.fetch):
        with pytest.raises(ChargerMismatchError):
            await attempt()
    assert box.commands() == []


async def test_a_command_after_a_long_silence_asks_first(
    box: LektricoEmulator, charger: Lektrico, clock: Clock
) -> None:
    """A command more than a minute after the last check is preceded by one."""
    await charger.pause()
    assert box.reads() == []
    clock.now_s += 61
    await charger.resume()
    assert box.reads() == ["device_id.get"]


# The log-in


@pytest.mark.parametrize("empty", [True, False], ids=["empty", "401"])
async def test_log_in(make: Make, connect: Connect, empty: bool) -> None:
    """A protected box accepts its user name and password only; some firmware refuses with an empty answer."""
    box = await make(username="ännä", password="geheim: 8", empty_for_401=empty)
    for auth in (None, ("ännä", "wrong"), ("", "geheim: 8")):
        with pytest.raises(ChargerAuthError):
            await connect(box, auth=auth).identify()
        with pytest.raises(ChargerAuthError):
            await connect(box, auth=auth).fetch()
    charger = connect(box, auth=("ännä", "geheim: 8"))
    assert (await charger.identify()).serial == "500006"
    await charger.pause()
    assert box.is_paused
    assert not [call for call in box.calls if "geheim" in f"{call.path}{call.query}{call.body!r}"]


async def test_e2_one_empty_answer_is_no_lost_log_in(make: Make, connect: Connect) -> None:
    """A box that has answered before is lost at first; only when it goes on like that it asks for another log-in."""
    box = await make(username="me", password="old", empty_for_401=True)
    charger = connect(box, auth=("me", "old"))
    await charger.fetch()
    box.password = "new"
    with pytest.raises(ChargerUnreachableError):
        await charger.fetch()
    with pytest.raises(ChargerAuthError):
        await charger.identify()
    box.password = "old"
    assert (await charger.identify()).serial == "500006"


async def test_e2_empty_answers_without_a_log_in(box: LektricoEmulator, charger: Lektrico) -> None:
    """A box that has answered without a log-in is away while its answers are empty, however long that lasts."""
    box.password, box.empty_for_401 = "starting", True
    for attempt in (charger.fetch, charger.identify, charger.fetch, charger.identify, charger.pause):
        with pytest.raises(ChargerUnreachableError):
            await attempt()
    box.password = ""
    assert (await charger.identify()).serial == "500123"
    assert (await charger.fetch()).status is Status.DISCONNECTED


async def test_a_log_in_that_is_refused_meanwhile(box: LektricoEmulator, charger: Lektrico) -> None:
    """Status 401 is an authentication error, for a poll and for a command."""
    box.password = "new"
    for attempt in (charger.fetch, charger.pause):
        with pytest.raises(ChargerAuthError):
            await attempt()


# Commands

type Command = Callable[[Lektrico], Awaitable[None]]


@pytest.mark.parametrize(
    ("command", "method", "params", "read_back"),
    [
        (Lektrico.start, "charge.start", {"tag": "HASS"}, None),
        (lambda c: c.authorize(" 04A1B2C3 "), "charge.start", {"tag": "04A1B2C3"}, None),
        (Lektrico.stop, "charge.stop", None, None),
        (Lektrico.pause, "charge.pause", None, None),
        (Lektrico.resume, "charge.resume", None, None),
        (lambda c: c.set_charging(False), "charge.pause", None, None),
        (lambda c: c.set_charging(True), "charge.resume", None, None),
        (Lektrico.override_timetable, "charging_schedule.override", None, None),
        (Lektrico.reset_logged_errors, "logged_errors.reset", None, "logged_errors.get"),
        (Lektrico.reboot, "device.reset", None, None),
        (Lektrico.update_firmware, "ota.verify", None, None),
        (Lektrico.factory_reset, "factory.reset", None, None),
        (
            lambda c: c.set_access_point_password("12345678"),
            "ap_password.set",
            {"password": "12345678"},
            None,
        ),
        (lambda c: c.set_access_point_password(""), "ap_password.set", {"password": ""}, None),
    ],
)
async def test_commands(
    box: LektricoEmulator,
    charger: Lektrico,
    command: Command,
    method: str,
    params: dict[str, Any] | None,
    read_back: str | None,
) -> None:
    """Each command is one frame, and what it changes is read back with the next poll."""
    await command(charger)
    assert box.commands() == [(method, params)]
    box.calls.clear()
    box.be_offline(-1)
    await charger.fetch()
    assert box.reads() == [*([read_back] if read_back else []), "charger_info.get"]


def setting(key: str) -> Setting[Any, Any]:
    """Return the setting with this key."""
    return next(setting for setting in SETTINGS if setting.key == key)


@pytest.mark.parametrize(
    ("key", "value", "name", "sent"),
    [
        ("user_current", 20.0, "user_current", 20),
        ("lock", True, "charger_locked", True),
        ("authentication", True, "headless", False),
        ("led_brightness", 55.0, "led_max_brightness", 55),
        ("led_dimming_delay", 30, "led_dimming_delay", 30),
        ("led_template", True, "led_template_enabled", True),
        ("precise_pwm", True, "precise_pwm_mode", True),
        ("energy_management", True, "energy_management_enabled", True),
        ("auto_update", False, "auto_update", False),
        ("gmt_offset", -3.0, "gmt_offset", -3),
        ("alias", "Garage", "charger_alias", "Garage"),
    ],
)
async def test_settings(
    box: LektricoEmulator, charger: Lektrico, key: str, value: object, name: str, sent: object
) -> None:
    """Each setting arrives as a value of its own type, without which the box refuses it, and is read back."""
    assert box.keys[name].value != sent
    await charger.change(setting(key), value)
    assert box.commands() == [("app_config.set", {"config_key": name, "config_value": sent})]
    assert type(box.keys[name].value) is type(sent)
    assert box.keys[name].value == sent
    box.calls.clear()
    state = await charger.fetch()
    assert box.reads() == ["app_config.get", "charger_info.get"]
    assert setting(key).value(state) == value


@pytest.mark.parametrize(
    ("key", "value", "name", "sent"),
    [
        ("balancing_mode", BalancingMode.GREEN, "load_balancing_mode", 3),
        ("hybrid_current", 10, "lb_hybrid_current", 10),
        ("pv_minimum_current", 2, "lb_pv_minimum_current", 2),
        ("car_minimum_current", 8, "car_minimum_current", 8),
        ("green_single_phase", True, "green_forced_single_phase", True),
        ("hybrid_single_phase", True, "hybrid_forced_single_phase", True),
    ],
)
async def test_settings_of_a_meter(
    make: Make, connect: Connect, key: str, value: object, name: str, sent: object
) -> None:
    """An energy meter takes its settings the same way."""
    meter = await make("3em", "2.0")
    charger = connect(meter)
    await charger.fetch()
    await charger.change(setting(key), value)
    assert meter.keys[name].value == sent
    assert type(meter.keys[name].value) is type(sent)
    assert setting(key).value(await charger.fetch()) == value


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
async def test_every_setting_is_checked_before_it_is_sent(
    box: LektricoEmulator, charger: Lektrico, setting: Setting[Any, Any]
) -> None:
    """A value that is out of range, fractional, not a number or too long is not sent, for every setting."""
    wrong: list[tuple[Any, str]] = []
    if isinstance(setting, NumberSetting):
        low, high = setting.low, setting.high
        wrong = [(value, "out_of_range") for value in (low - 1, high + 1, math.nan, math.inf, -math.inf)]
        wrong.append((low + 0.5, "whole_numbers_only"))
    elif isinstance(setting, TextSetting):
        wrong = [("x" * 65, "text_length")]
    for value, reason in wrong:
        with pytest.raises(ChargerRefusedError) as refused:
            await charger.change(setting, value)
        assert refused.value.reason == reason, value
    assert box.calls == []


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_every_setting_is_sent_in_its_type(setting: Setting[Any, Any]) -> None:
    """The box may take another type for something else: numbers and words are integers, truth values are JSON's."""
    if isinstance(setting, NumberSetting):
        for value in (setting.low, setting.high, float(setting.low)):
            assert type(setting.to_wire(value)) is int
    elif isinstance(setting, FlagSetting):
        assert {setting.to_wire(True), setting.to_wire(False)} == {True, False}
        assert type(setting.to_wire(True)) is bool
    elif isinstance(setting, TextSetting):
        assert setting.to_wire("Garage") == "Garage"
    else:
        assert [setting.to_wire(mode) for mode in BalancingMode] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (lambda c: c.authorize("  "), "tag_missing"),
        (lambda c: c.set_access_point_password("1234567"), "password_invalid"),
        (lambda c: c.set_access_point_password("x" * 64), "password_invalid"),
        (lambda c: c.set_access_point_password("pässwörter"), "password_invalid"),
        (lambda c: c.set_access_point_password("1234567\n"), "password_invalid"),
        (lambda c: c.set_led_segment(Segment.TOP, (0, 0, 256)), "out_of_range"),
        (lambda c: c.set_led_segment(Segment.TOP, (0, -1, 0)), "out_of_range"),
    ],
)
async def test_what_the_box_would_refuse_is_not_sent(
    box: LektricoEmulator, charger: Lektrico, command: Command, reason: str
) -> None:
    """What makes no sense is refused before it is sent, with a reason."""
    with pytest.raises(ChargerRefusedError) as refused:
        await command(charger)
    assert refused.value.reason == reason
    assert box.calls == []


async def test_before_anything_was_read(make: Make, connect: Connect) -> None:
    """Without knowing its limits nothing is limited."""
    box = await make()
    charger = connect(box)
    with pytest.raises(ChargerProtocolError):
        await charger.set_limit(10)
    with pytest.raises(ChargerProtocolError):
        await charger.set_limit(0)
    assert box.commands() == []
    assert (
        charger.capability(Limiter),
        charger.capability(Authorizer),
        charger.capability(Resetter),
        charger.capability(AccessPoint),
    ) == (None,) * 4


# Refusals


@pytest.mark.parametrize(
    ("code", "reason", "placeholders"),
    [
        (-1, "general_failure", {}),
        (-2, "request_malformed", {}),
        (-3, "text_length", {}),
        (-4, "value_out_of_range", {}),
        (-5, "value_wrong_type", {}),
        (-6, "unknown_to_firmware", {}),
        (-7, "prohibited", {}),
        (404, "unknown_to_firmware", {}),
        (-99, "unknown_code", {"code": "-99"}),
        (500, "unknown_code", {"code": "500"}),
    ],
)
async def test_error_codes(
    box: LektricoEmulator, charger: Lektrico, code: int, reason: str, placeholders: dict[str, str]
) -> None:
    """Each code has a reason of its own, whether it comes with a command or with the question of every poll."""
    box.fails_with = {"charge.pause": code, "charger_info.get": code}
    for attempt in (charger.pause, charger.fetch):
        for status_200 in (True, False):
            box.errors_with_200 = status_200
            with pytest.raises(ChargerRefusedError) as refused:
                await attempt()
            assert (refused.value.reason, refused.value.placeholders) == (reason, placeholders)
    assert not box.is_paused


@pytest.mark.parametrize(
    ("changed", "error", "reason"),
    [
        ({"result": None}, ChargerProtocolError, None),
        ({"id": None}, ChargerProtocolError, None),
        ({"id": 1}, ChargerProtocolError, None),
        ({"id": "1"}, ChargerProtocolError, None),
        ({"result": False}, ChargerRefusedError, "general_failure"),
        ({"error": {}}, ChargerRefusedError, "unknown_code"),
        ({"error": "no"}, ChargerRefusedError, "unknown_code"),
        ({"error": -4}, ChargerRefusedError, "value_out_of_range"),
        ({"error": {"code": "-4", "message": "x"}}, ChargerRefusedError, "value_out_of_range"),
        ({"code": -3, "message": "x", "result": None}, ChargerRefusedError, "text_length"),
    ],
)
async def test_strange_replies(
    box: LektricoEmulator,
    charger: Lektrico,
    changed: dict[str, Any],
    error: type[ChargerError],
    reason: str | None,
) -> None:
    """A reply that is not to the frame sent is an error, and so is one that does not accept it."""
    box.frame_changes = changed
    with pytest.raises(error) as raised:
        await charger.pause()
    assert getattr(raised.value, "reason", None) == reason


@pytest.mark.parametrize("changed", [{"error": {"code": 0, "message": ""}}, {"src": "other"}, {"src": 7}])
async def test_an_accepted_command_with_an_unknown_source(
    box: LektricoEmulator, charger: Lektrico, changed: dict[str, Any]
) -> None:
    """Error 0 is the document's word for none; only an id of a Lektrico identifies the box that answers."""
    box.frame_changes = changed
    await charger.pause()
    assert box.is_paused


@pytest.mark.parametrize("line", [Line.LIST, Line.NULL])
async def test_a_reply_that_is_no_frame(box: LektricoEmulator, charger: Lektrico, line: Line) -> None:
    """JSON that is no object is no reply."""
    box.line = line
    with pytest.raises(ChargerProtocolError):
        await charger.pause()


@pytest.mark.parametrize("no_handler", [True, False])
async def test_another_product_of_the_same_kind(make: Make, connect: Connect, no_handler: bool) -> None:
    """Others answer questions in the same manner, and know none of these."""
    box = await make(no_handler=no_handler)
    code = 404 if no_handler else -6
    box.fails_with = {"device_id.get": code, "device_info.get": code}
    for attempt in (connect(box).identify, connect(box).fetch):
        with pytest.raises(ChargerProtocolError):
            await attempt()


@pytest.mark.parametrize("line", [Line.NOT_FOUND, Line.HTML])
async def test_old_firmware_that_has_a_page_for_unknown_methods(
    make: Make, connect: Connect, line: Line
) -> None:
    """In whichever way a firmware refuses the newer method, the document's own is asked in its place."""
    box = await make()
    box.line, box.line_for = line, lambda request: request.path == "/rpc/device_id.get"
    charger = connect(box)
    assert (await charger.identify()).serial == "500006"
    box.calls.clear()
    await charger.pause()
    assert (await charger.fetch()).paused is True
    assert "device_id.get" not in box.reads()


@pytest.mark.parametrize(
    "answer", [[], 7, "x", {}, {"device_id": 7}, {"device_id": "lamp_1"}, {"device_id": "m2w"}]
)
async def test_something_else_at_the_address(make: Make, connect: Connect, answer: Any) -> None:
    """What has no id of a Lektrico is none."""
    box = await make()
    box.answers_instead = {"device_id.get": answer, "device_info.get": answer}
    with pytest.raises(ChargerProtocolError):
        await connect(box).identify()


# The limit


@pytest.mark.parametrize(("amps", "sent"), [(6, 6), (6.99, 6), (15.9999999, 16), (16, 16), (12.5, 12)])
async def test_a_limit_is_rounded_down(make: Make, connect: Connect, amps: float, sent: int) -> None:
    """The box knows whole amperes only; more than was allowed is never sent."""
    box = await make()
    charger = connect(box)
    await charger.fetch()
    await charger.set_limit(amps)
    assert box.commands() == [("dynamic_current.set", {"dynamic_current": sent})]


@pytest.mark.parametrize("mode", [1, 3])
async def test_a_limit_leaves_the_phases_alone(box: LektricoEmulator, charger: Lektrico, mode: int) -> None:
    """Both are sent together, with the phases that hold now, even if they were set elsewhere a moment ago."""
    box.relay_mode = mode
    await charger.set_limit(10)
    assert box.commands() == [("dynamic_current.set", {"dynamic_current": 10, "relay_mode": mode})]


@pytest.mark.parametrize("firmware", ["1.23", "1.47"])
async def test_a_limit_where_phases_cannot_be_switched(make: Make, connect: Connect, firmware: str) -> None:
    """A three-phase charger of older firmware gets the limit alone."""
    box = await make("3p22k", firmware)
    charger = connect(box)
    state = await charger.fetch()
    assert state.phase_mode is None
    assert charger.load(state).phases == (1, 2, 3)
    await charger.set_limit(10)
    assert box.commands() == [("dynamic_current.set", {"dynamic_current": 10})]


async def test_phase_mode(box: LektricoEmulator, charger: Lektrico) -> None:
    """The phases are switched with the limit that holds, and what the car draws follows."""
    box.plug_in()
    box.dynamic_current = 12
    await charger.set_phases(1)
    assert box.commands() == [("dynamic_current.set", {"dynamic_current": 12, "relay_mode": 1})]
    state = await charger.fetch()
    assert state.phase_mode is PhaseMode.SINGLE
    load = charger.load(state)
    assert (load.phases, load.drawn_a, load.limit_a) == ((1,), (12.0, 0.0, 0.0), 12)
    assert state.currents_a == (12.0, 0.0, 0.0)
    await charger.set_phases(3)
    assert charger.load(await charger.fetch()).drawn_a == (12.0, 12.0, 12.0)


@pytest.mark.parametrize(
    "strange",
    [{"charger_state": "C"} | more for more in ({"dynamic_current": 3}, {"dynamic_current": "much"}, {})],
)
async def test_phase_mode_without_a_limit_to_keep(
    box: LektricoEmulator, charger: Lektrico, strange: Any
) -> None:
    """Where the limit that holds is not known none is sent."""
    box.answers_instead = {"charger_info.get": strange, "dynamic_current.get": strange}
    with pytest.raises(ChargerRefusedError) as refused:
        await charger.set_phases(1)
    assert refused.value.reason == "limits_unknown"
    assert box.commands() == []


@pytest.mark.parametrize("strange", [{}, []])
async def test_an_answer_of_no_charger_before_a_command(
    box: LektricoEmulator, charger: Lektrico, strange: Any
) -> None:
    """What looks first sends nothing where the answer is not one of a charger."""
    box.answers_instead = {"charger_info.get": strange}
    for command in (charger.set_phases(1), charger.set_limit(10)):
        with pytest.raises(ChargerProtocolError):
            await command
    assert box.commands() == []


async def test_limits_that_are_not_known(box: LektricoEmulator, charger: Lektrico) -> None:
    """Without the installation limit a box is not limited, nor is its load known."""
    box.lost_keys = {"install_current"}
    await charger.identify()
    state = await charger.fetch()
    assert (state.maximum_a, state.limit_a) == (None, None)
    with pytest.raises(ChargerProtocolError):
        charger.load(state)
    with pytest.raises(ChargerRefusedError) as refused:
        await charger.set_limit(10)
    assert refused.value.reason == "limits_unknown"
    assert box.commands() == []


async def test_the_users_limit_bounds_ours(box: LektricoEmulator, charger: Lektrico) -> None:
    """More than the user limit has no effect on the box, so it is refused."""
    box.keys["user_current"].value = 10
    await charger.identify()
    state = await charger.fetch()
    assert state.limit_reason is LimitReason.USER
    assert (charger.load(state).limit_a, charger.load(state).maximum_a) == (10, 10)
    with pytest.raises(ChargerRefusedError):
        await charger.set_limit(12)
    assert min(box.limits, key=lambda reason: box.limits[reason]) == USER


async def test_the_energy_meter_limits(box: LektricoEmulator, charger: Lektrico) -> None:
    """What an energy meter allows counts while it is what limits."""
    box.limit(8)
    load = charger.load(await charger.fetch())
    assert (load.limit_a, load.maximum_a) == (8, 16)
    await charger.set_limit(6)
    state = await charger.fetch()
    assert state.limit_reason is LimitReason.DYNAMIC
    assert charger.load(state).limit_a == 6
    assert min(box.limits, key=lambda reason: box.limits[reason]) == DYNAMIC
    box.limit(0)
    state = await charger.fetch()
    assert (state.limit_reason, charger.load(state).limit_a) == (LimitReason.METER, 0)
    assert min(box.limits, key=lambda reason: box.limits[reason]) == EM


async def test_own_balancing(box: LektricoEmulator, charger: Lektrico) -> None:
    """A box that obeys an energy meter, or a central system, is not steered from here alone."""
    assert charger.own_balancing(await charger.fetch()) is None
    box.answers_instead = {"charger_info.get": {"charger_state": "A", "current_limit_reason": 7}}
    assert charger.own_balancing(await charger.fetch()) is OwnBalancing.OCPP
    for reason in (5, 6):
        box.answers_instead = {"charger_info.get": {"charger_state": "A", "current_limit_reason": reason}}
        assert charger.own_balancing(await charger.fetch()) is OwnBalancing.ENERGY_METER
    box.answers_instead = {}
    await charger.change(setting("energy_management"), True)
    assert charger.own_balancing(await charger.fetch()) is OwnBalancing.ENERGY_METER


@pytest.mark.parametrize("limit_resumes", [True, False])
async def test_a_pause_outlasts_limits(make: Make, connect: Connect, limit_resumes: bool) -> None:
    """Whichever way the box works, a limit keeps a pause, also one of the app since the last reading."""
    box = await make(limit_resumes=limit_resumes)
    charger = connect(box)
    await charger.fetch()
    box.plug_in()
    await charger.set_charging(False)
    await charger.set_charging(True)
    await charger.set_limit(10)
    assert (await charger.fetch()).status is Status.CHARGING
    box.pause()
    for amps in (10, 6, 12):
        await charger.set_limit(amps)
        assert box.is_paused
        state = await charger.fetch()
        load = charger.load(state)
        assert (state.status, load.limit_a, load.set_a) == (Status.PAUSED, 0, amps)
    box.resume()
    await charger.set_limit(8)
    assert (await charger.fetch()).status is Status.CHARGING
    assert box.allows_a == 8


@pytest.mark.parametrize("here", [True, False], ids=["here", "in the app"])
async def test_a_pause_that_was_ended(make: Make, connect: Connect, here: bool) -> None:
    """After it was resumed, here or in the app, a limit pauses no more."""
    box = await make(limit_resumes=True)
    charger = connect(box)
    box.plug_in()
    box.pause()
    await charger.fetch()
    await charger.set_limit(7)
    assert (await charger.fetch()).status is Status.PAUSED
    if here:
        await charger.set_charging(True)
    else:
        box.resume()
    await charger.set_limit(9)
    assert (await charger.fetch()).status is Status.CHARGING
    assert box.allows_a == 9


@pytest.mark.parametrize("zero_is_pause", [True, False])
async def test_a_dynamic_current_of_zero(make: Make, connect: Connect, zero_is_pause: bool) -> None:
    """A dynamic current of 0, set elsewhere, shows as a pause; the next limit ends it, or else the switch."""
    box = await make(zero_is_pause=zero_is_pause)
    charger = connect(box)
    box.plug_in()
    for amps in (10, None):
        box.dynamic_current = 0
        state = await charger.fetch()
        load = charger.load(state)
        assert (state.status, load.limit_a, load.set_a) == (Status.PAUSED, 0, None)
        assert charger.allows_charging(state) is False
        if amps is not None:
            await charger.set_limit(amps)
        await charger.set_charging(True)
        # What it was before is not known; the minimum trips no fuse.
        assert box.allows_a == (amps or 6)
        assert (await charger.fetch()).status is Status.CHARGING


async def test_firmware_that_reports_no_pause(make: Make, connect: Connect) -> None:
    """Firmware 1.23 is paused by a dynamic current of 0, which it shows, and sends nothing twice."""
    box = await make("1p7k", "1.23")
    charger = connect(box)
    box.plug_in()
    state = await charger.fetch()
    assert state.paused is None
    assert charger.allows_charging(state) is True
    await charger.set_charging(True)
    assert box.commands() == []
    for _ in range(2):
        await charger.set_charging(False)
        assert box.commands() == [("dynamic_current.set", {"dynamic_current": 0})]
    state = await charger.fetch()
    load = charger.load(state)
    assert (state.status, load.limit_a, load.set_a) == (Status.PAUSED, 0, None)
    assert charger.allows_charging(state) is False
    await charger.set_limit(10)
    await charger.set_charging(True)
    assert box.allows_a == 10
    state = await charger.fetch()
    assert (charger.allows_charging(state), charger.load(state).limit_a) == (True, 10)
    await charger.set_charging(False)
    await charger.set_charging(True)
    assert box.allows_a == 6


async def test_a_locked_charger(box: LektricoEmulator, charger: Lektrico) -> None:
    """A lock is not a pause: neither a limit nor the switch opens it."""
    box.plug_in()
    box.lock()
    await charger.set_charging(False)
    await charger.set_limit(10)
    await charger.set_charging(True)
    state = await charger.fetch()
    assert (state.status, state.plugged_in, state.charging) == (Status.LOCKED, True, False)
    assert charger.load(state).limit_a == 0
    box.unlock()
    assert (await charger.fetch()).status is Status.CHARGING


# Light


async def test_one_segment_keeps_the_other_three(box: LektricoEmulator, charger: Lektrico) -> None:
    """A colour is written with those that the others have now; a template that was never set is dark."""
    await charger.set_led_segment(Segment.RIGHT, (1, 2, 3))
    assert box.keys["led_template"].value == "0,0,0,1,2,3,0,0,0,0,0,0"
    box.keys["led_template"].value = "9,9,9,1,2,3,4,5,6,7,8,9"
    await charger.set_led_segment(Segment.BOTTOM, (255, 0, 128))
    state = await charger.fetch()
    assert state.led_template == ((9, 9, 9), (1, 2, 3), (255, 0, 128), (7, 8, 9))


async def test_two_segments_at_once(box: LektricoEmulator, charger: Lektrico) -> None:
    """A scene that colours all four at once colours all four."""
    box.delay_s = 0.002
    await asyncio.gather(
        *(charger.set_led_segment(segment, (index, 0, 0)) for index, segment in enumerate(Segment))
    )
    assert box.keys["led_template"].value == "0,0,0,1,0,0,2,0,0,3,0,0"


async def test_a_template_that_cannot_be_read(box: LektricoEmulator, charger: Lektrico) -> None:
    """An answer that is no configuration makes no template of what is there."""
    box.answers_instead = {"app_config.get": []}
    await charger.set_led_segment(Segment.LEFT, (1, 1, 1))
    assert box.keys["led_template"].value == "0,0,0,0,0,0,0,0,0,1,1,1"


# The week


async def test_timetable(box: LektricoEmulator, charger: Lektrico) -> None:
    """A week that was written is read, holds the car back, and is ignored until the car is unplugged."""
    assert charger.timetable(await charger.fetch()) == Timetable(week=NO_LIMIT, enabled=False)
    await charger.set_timetable(WEEK_OFF)
    box.plug_in()
    state = await charger.fetch()
    assert charger.timetable(state) == Timetable(week=WEEK_OFF, enabled=True)
    assert (state.status, state.schedule_intervals) == (Status.SCHEDULED, 2)
    await charger.override_timetable()
    assert (await charger.fetch()).status is Status.CHARGING
    box.unplug()
    box.plug_in()
    assert (await charger.fetch()).status is Status.SCHEDULED
    await charger.disable_timetable()
    state = await charger.fetch()
    assert charger.timetable(state) == Timetable(week=WEEK_OFF, enabled=False)
    assert state.status is Status.CHARGING


async def test_timetable_on_the_wire(box: LektricoEmulator, charger: Lektrico) -> None:
    """A week is one frame, whose intervals cover all of it; it is enabled once, and read back."""
    await charger.set_timetable(NIGHT_WEEK)
    before = {"start_d": 1, "start_h": 0, "start_m": 0, "end_d": 1, "end_h": 22, "end_m": 30, "current": 32}
    after = {"start_d": 2, "start_h": 6, "start_m": 0, "end_d": 1, "end_h": 0, "end_m": 0, "current": 32}
    frame = ("charging_schedule.set", {"charging_schedule": [before, NIGHT, after]})
    enable = ("app_config.set", {"config_key": "charging_schedule_enabled", "config_value": True})
    assert box.commands() == [frame, enable]
    assert charger.read_back(NIGHT_WEEK) == NIGHT_WEEK
    box.calls.clear()
    state = await charger.fetch()
    assert box.reads() == ["app_config.get", "charging_schedule.get", "charger_info.get"]
    assert charger.timetable(state) == Timetable(week=NIGHT_WEEK, enabled=True)
    await charger.set_timetable(NIGHT_WEEK)
    assert box.commands() == [frame]


@pytest.mark.parametrize(
    ("current_a", "reason"),
    [*((amps, "out_of_range") for amps in (1.0, 5.0, 33.0, -6.0, math.nan)), (10.5, "whole_numbers_only")],
)
async def test_a_week_that_cannot_be_held(
    box: LektricoEmulator, charger: Lektrico, current_a: float, reason: str
) -> None:
    """A week with one impossible current is not sent at all."""
    week = (NIGHT_WEEK[0], WeekSlot(start_min=1350, end_min=1800, current_a=current_a), NIGHT_WEEK[2])
    with pytest.raises(ChargerRefusedError) as refused:
        await charger.set_timetable(week)
    assert refused.value.reason == reason
    assert box.calls == []


@pytest.mark.parametrize(
    ("zone", "offset_h"),
    [("Europe/Amsterdam", 2), ("America/Los_Angeles", -7), ("Asia/Kolkata", None), ("Pacific/Apia", None)],
)
async def test_clock_of_the_schedule(
    box: LektricoEmulator, session: ClientSession, zone: str, offset_h: int | None
) -> None:
    """Its clock is set with the week; a zone of half hours, or beyond 12 hours, is refused."""
    charger = Lektrico(
        LektricoBox(session, box.host, box.port),
        zone=ZoneInfo(zone),
        now=datetime(2026, 7, 1, tzinfo=UTC).astimezone,
    )
    await charger.fetch()
    if offset_h is None:
        with pytest.raises(ChargerRefusedError) as refused:
            await charger.set_timetable(NIGHT_WEEK)
        assert refused.value.reason == "whole_hours_only"
        assert box.commands() == []
    else:
        await charger.set_timetable(NIGHT_WEEK)
        assert box.keys["gmt_offset"].value == offset_h


@pytest.mark.parametrize(
    ("change", "intervals"),
    [
        *(({f"{edge}_d": day}, 2) for edge in ("start", "end") for day in (0, 8)),
        *(
            ({part: value}, 2)
            for part, value in (("start_h", 24), ("end_h", -1), ("start_m", 60), ("end_m", -1))
        ),
        *(({"current": amps}, 2) for amps in (5, 1, 33, -6, "much", None)),
        ({"end_d": 1, "end_h": 22, "end_m": 30}, 2),
    ],
)
async def test_an_interval_that_makes_no_sense(
    box: LektricoEmulator, charger: Lektrico, change: dict[str, Any], intervals: int
) -> None:
    """A schedule with one impossible interval is not read as one, and not shown as half of one."""
    box.answers_instead = {"charging_schedule.get": {"charging_schedule": [NIGHT, NIGHT | change]}}
    await charger.identify()
    state = await charger.fetch()
    assert (state.week, state.schedule_intervals) == (None, intervals)
    assert charger.timetable(state) is None
    assert charger.capability(Scheduler) is None


@pytest.mark.parametrize(
    "answer", [{}, {"charging_schedule": 7}, {"charging_schedule": [{}]}, {"charging_schedule": ["x"]}, "x"]
)
async def test_a_schedule_that_makes_no_sense(box: LektricoEmulator, charger: Lektrico, answer: Any) -> None:
    """A schedule that cannot be read whole is not taken for one."""
    box.answers_instead = {"charging_schedule.get": answer}
    await charger.identify()
    assert (await charger.fetch()).week is None


async def test_a_schedule_without_its_envelope(box: LektricoEmulator, charger: Lektrico) -> None:
    """A bare list is understood, too."""
    box.answers_instead = {"charging_schedule.get": [NIGHT]}
    await charger.identify()
    assert (await charger.fetch()).week == NIGHT_WEEK


# Restarts


async def test_restarted(box: LektricoEmulator, charger: Lektrico) -> None:
    """A restart shows in the first answers after it, because its counter is asked for after each lost answer."""
    before = await charger.fetch()
    box.reboot()
    with pytest.raises(ChargerUnreachableError):
        await charger.fetch()
    assert not charger.restarted(before, before)
    box.be_offline(-1)
    after = await charger.fetch()
    assert charger.restarted(before, after)
    assert not charger.restarted(after, after)
    assert not charger.restarted(after, before)


@pytest.mark.parametrize("firmware", ["2.0", "1.47", "1.23"])
async def test_a2_restarted_between_two_polls(make: Make, connect: Connect, firmware: str) -> None:
    """A restart of which no answer was lost shows in the poll in which its limit is gone."""
    box = await make(firmware=firmware)
    charger = connect(box)
    await charger.fetch()
    box.dynamic_current = 8
    before = await charger.fetch()
    box.reboot()
    box.be_offline(-1)
    after = await charger.fetch()
    assert charger.restarted(before, after)
    assert not charger.restarted(after, await charger.fetch())


async def test_a_pause_that_a_restart_has_ended(box: LektricoEmulator, charger: Lektrico) -> None:
    """No person has resumed it: a restart that cost no answer shows in the poll in which its pause is gone."""
    box.plug_in()
    box.pause()
    before = await charger.fetch()
    box.reboot()
    box.be_offline(-1)
    after = await charger.fetch()
    assert before.paused and after.paused is False
    assert charger.restarted(before, after)


@pytest.mark.parametrize("firmware", ["2.0", "1.47"])
@pytest.mark.parametrize("line", [Line.TOO_MANY, Line.SILENT, Line.BROKEN_JSON])
async def test_may_have_restarted(make: Make, connect: Connect, firmware: str, line: Line) -> None:
    """While the counter of restarts cannot be read, a limit that is gone was not taken away by a person."""
    box = await make(firmware=firmware)
    charger = connect(box)
    await charger.fetch()
    box.dynamic_current = 8
    before = await charger.fetch()
    box.reboot()
    box.be_offline(-1)
    box.line, box.line_for = line, lambda request: request.path == "/rpc/counters_config.get"
    after = await charger.fetch()
    assert charger.restarted(before, after)
    assert not charger.restarted(after, await charger.fetch())


@pytest.mark.parametrize("identified", [True, False])
async def test_restarted_while_the_counter_is_lost(
    box: LektricoEmulator, charger: Lektrico, clock: Clock, identified: bool
) -> None:
    """The last counter stands while its answer is lost, so that a restart is found with the next one."""
    states = [await charger.fetch()]
    box.restarts += 1
    box.line, box.line_for = Line.ERROR, lambda request: request.path == "/rpc/counters_config.get"
    if identified:
        await charger.identify()
    for _ in range(40):
        clock.now_s += 10
        states.append(await charger.fetch())
    assert "counters_config.get" in box.reads()
    box.line = Line.OK
    for _ in range(40):
        clock.now_s += 10
        states.append(await charger.fetch())
    found = [charger.restarted(before, after) for before, after in pairwise(states)]
    assert found.count(True) == 1


async def test_restart_of_a_firmware_without_a_counter(make: Make, connect: Connect) -> None:
    """Without a counter no restart is found."""
    box = await make()
    box.fails_with = {"counters_config.get": -6}
    charger = connect(box)
    before = await charger.fetch()
    box.restarts += 1
    await charger.identify()
    assert not charger.restarted(before, await charger.fetch())


# Energy meters


@pytest.mark.parametrize(("model", "phases"), [("em", 1), ("3em", 3)])
async def test_a_meter_sees_the_mains(make: Make, connect: Connect, model: str, phases: int) -> None:
    """What the house draws has the sign of its power, for each phase that is measured, or none."""
    box = await make(model)
    meter = connect(box)
    box.house(7)
    assert meter.mains_currents_a(await meter.fetch()) == (7,) * phases
    assert meter.capability(MainsMeter) is meter
    box.house(-3)
    state = await meter.fetch()
    assert meter.mains_currents_a(state) == (-3,) * phases
    assert meter.own_balancing(state) is None
    box.answers_instead = {
        "meter_info.get": {"current": [4.5, None, 2], "active_p": [-700, 0, None]},
    }
    assert meter.mains_currents_a(await meter.fetch()) == (-4.5, None, 2)[:phases]
    box.answers_instead = {"meter_info.get": {"active_p": [700, 0, 0]}}
    assert meter.mains_currents_a(await meter.fetch()) is None
    box.answers_instead = {"meter_info.get": {"current": [4.5, 4, 2], "active_p": None}}
    assert meter.mains_currents_a(await meter.fetch()) == (4.5, 4, 2)[:phases]


@pytest.mark.parametrize(("model", "name", "phases"), [("em", "EM", 1), ("3em", "3EM", 3)])
async def test_a_meter(
    make: Make, connect: Connect, clock: Clock, model: str, name: str, phases: int
) -> None:
    """A meter measures the house, and can do nothing that only a charger can."""
    box = await make(model)
    box.house(-5)
    charger = connect(box)
    assert (await charger.identify()).model == name
    state = await charger.fetch()
    assert sorted(box.reads()) == sorted(
        [
            *("device_id.get", "sw_version.get", "m2w_config.get", "app_config.get", "wifi_status.get"),
            "meter_info.get",
        ]
    )
    absent = (None,) * (3 - phases)
    assert state.mains_currents_a == (5.0,) * phases + absent
    assert state.mains_powers_w == (-1150.0,) * phases + absent
    assert state.mains_voltages_v == (230.0,) * phases + absent
    assert state.power_factors_percent == (98.0,) * phases + absent
    assert state.mains_power_w == -1150.0 * phases
    assert (state.balancing_mode, state.breaker_rating_a) == (BalancingMode.OFF, 32)
    assert (state.status, state.plugged_in, state.charging, state.limit_a) == (None,) * 4
    assert (
        charger.capability(Limiter),
        charger.capability(Authorizer),
        charger.capability(Resetter),
        charger.capability(AccessPoint),
    ) == (None,) * 4
    box.calls.clear()
    for _ in range(12):
        clock.now_s += 5
        await charger.fetch()
    assert box.reads().count("meter_info.get") == 12
    assert len(box.reads()) <= 14
    await charger.reboot()
    assert box.is_offline
