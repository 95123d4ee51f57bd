"""States from answers: one key changed at a time, and any JSON at all."""

from dataclasses import fields
from typing import Any

from chargers.errors import ChargerProtocolError
from chargers.lektrico.info import has_active_errors, relay_mode_from_wire
from chargers.lektrico.models import (
    LektricoDevice,
    LektricoState,
    device_from_wire,
    firmware_from_wire,
    from_wire,
    led_template_from_wire,
    led_template_to_wire,
    report,
    serial_from_name,
)
from chargers.lektrico.week import intervals_from_week, intervals_from_wire, week_from_intervals
from chargers.lektrico.words import BalancingMode, Fault, LimitReason, PhaseMode
from chargers.types import Status
from hypothesis import given, strategies as st
import pytest

ONE = LektricoDevice(model="1P7K", serial="500006", phases=1, is_charger=True)
THREE = LektricoDevice(model="3P22K", serial="500123", phases=3, is_charger=True)
METER = LektricoDevice(model="3EM", serial="830017", phases=3, is_charger=False)

INFO: dict[str, Any] = {
    "charger_state": "B",
    "extended_charger_state": "B",
    "install_current": 16,
    "dynamic_current": 32,
    "charger_is_paused": False,
    "current_limit_reason": 1,
}


def state(
    device: LektricoDevice = THREE, *, config: Any = None, others: Any = None, **info: Any
) -> LektricoState:
    """Return the state of a charger with this in its answers as well."""
    answers = {"charger_info.get": INFO | info, "app_config.get": config or {}} | (others or {})
    return from_wire(device, answers)


@pytest.mark.parametrize(
    ("letter", "word", "status", "plugged_in", "charging"),
    [
        ("A", "A", Status.DISCONNECTED, False, False),
        ("B", "B", Status.CONNECTED, True, False),
        ("B", "B_AUTH", Status.AWAITING_AUTHORIZATION, True, False),
        ("B", "B_PAUSE", Status.PAUSED, True, False),
        ("B", "B_SCHEDULER", Status.SCHEDULED, True, False),
        ("C", "C", Status.CHARGING, True, True),
        ("D", "D", Status.CHARGING, True, True),
        ("E", "E", Status.FAULT, None, False),
        ("F", "F", Status.FAULT, None, False),
        ("A", "LOCKED", Status.LOCKED, False, False),
        ("B", "LOCKED", Status.LOCKED, True, False),
        ("B", "OTA", Status.UPDATING, True, False),
        ("B", "NEW_WORD", Status.CONNECTED, True, False),
        ("C", "C_REDUCED", Status.CHARGING, True, True),
        ("C", None, Status.CHARGING, True, True),
        ("LOCKED", 7, Status.LOCKED, None, False),
        ("X", "X", None, None, None),
        ("X", "B_AUTH", Status.AWAITING_AUTHORIZATION, True, False),
        (7, None, None, None, None),
    ],
)
def test_l1_status(
    letter: Any, word: Any, status: Status | None, plugged_in: bool | None, charging: bool | None
) -> None:
    """The finer word is the status, and the letter where that is not known; it shows whether a car is there."""
    read = state(charger_state=letter, extended_charger_state=word)
    assert (read.status, read.plugged_in, read.charging) == (status, plugged_in, charging)


def test_status_of_old_firmware() -> None:
    """Without the finer word the letter is the status, and a limit of 0 is a pause."""
    info = {"charger_state": "B", "dynamic_current": 32}
    assert from_wire(ONE, {"charger_info.get": info}).status is Status.CONNECTED
    assert from_wire(ONE, {"charger_info.get": info | {"dynamic_current": 0}}).status is Status.PAUSED
    assert from_wire(ONE, {"charger_info.get": info | {"charger_is_paused": 1}}).status is Status.PAUSED
    assert from_wire(ONE, {"charger_info.get": {"extended_charger_state": "C"}}).charging is True


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (0, LimitReason.HARDWARE),
        (1, LimitReason.INSTALLATION),
        (2, LimitReason.USER),
        (3, LimitReason.DYNAMIC),
        (4, LimitReason.SCHEDULE),
        (5, LimitReason.METER_OFFLINE),
        (6, LimitReason.METER),
        (7, LimitReason.OCPP),
        (8, LimitReason.OVERTEMPERATURE),
        (9, LimitReason.SWITCHING_PHASES),
        (10, LimitReason.USER),
        (11, LimitReason.SINGLE_PHASE_DISABLED),
        (12, None),
        (-1, None),
        ("6", LimitReason.METER),
        (None, None),
        (6.5, None),
    ],
)
def test_limit_reason(number: Any, reason: LimitReason | None) -> None:
    """Each number has its word; an unknown number has none."""
    assert state(current_limit_reason=number).limit_reason is reason


@pytest.mark.parametrize(
    ("device", "value", "currents"),
    [
        (THREE, [1, 2, 3], (1, 2, 3)),
        (THREE, [1.23456, "2", 3.0], (1.23, 2, 3)),
        (THREE, [1, 2], (1, 2, None)),
        (THREE, [1, 2, 3, 4], (1, 2, 3)),
        (THREE, [1, None, "much"], (1, None, None)),
        (THREE, [None] * 3, None),
        (THREE, [], None),
        (THREE, 5, None),
        (THREE, {"L1": 5}, None),
        (ONE, [5.468, 0, 0], (5.47, None, None)),
        (ONE, 5, (5, None, None)),
        (ONE, "5", (5, None, None)),
        (ONE, [], None),
        (ONE, [True], None),
        (ONE, [float("nan")], None),
        (ONE, [1e9], None),
    ],
)
def test_phases(device: LektricoDevice, value: Any, currents: Any) -> None:
    """An array of any length, or a single number, has the values of the box's own phases."""
    assert state(device, currents=value).currents_a == currents


def test_old_names_of_current_and_voltage() -> None:
    """One number each is what firmware 1.23 has; a voltage of 0 is one that was not measured."""
    read = state(ONE, current=7, voltage=231.4)
    assert (read.currents_a, read.voltages_v) == ((7, None, None), (231, None, None))
    assert state(ONE, voltage=0).voltages_v is None
    assert state(voltages=[0, 0, 0]).voltages_v is None
    assert state(voltages=[230, 0, 229.6]).voltages_v == (230, 0, 230)


def test_energies_and_noise() -> None:
    """The session is in Wh and the life in kWh; tenths that never rest are rounded away."""
    read = state(
        session_energy=3514.12, total_charged_energy=1861.119, instant_power=1179.57, temperature=23.7
    )
    assert (read.session_energy_wh, read.total_energy_wh, read.power_w) == (3514, 1_861_119, 1180)
    assert read.temperature_c == 24
    assert state(heap_free=29_732) == state(heap_free=29_100)
    assert state(temperature=23.7) == state(temperature=24.2)


@pytest.mark.parametrize(
    ("changed", "limit_a", "maximum_a"),
    [
        ({}, 16, 16),
        ({"install_current": 32}, 32, 32),
        ({"dynamic_current": 10}, 10, 16),
        ({"dynamic_current": 0}, 0, 16),
        ({"charger_is_paused": True}, 0, 16),
        ({"extended_charger_state": "LOCKED"}, 0, 16),
        ({"config": {"charger_locked": True}}, 0, 16),
        ({"config": {"user_current": 10}}, 10, 10),
        ({"config": {"user_current": 32}}, 16, 16),
        ({"others": {"system_currents.get": {"cable_current": 13, "system_max_current": 32}}}, 13, 13),
        ({"others": {"system_currents.get": {"cable_current": 0, "system_max_current": 8}}}, 8, 8),
        ({"others": {"system_currents.get": {"cable_current": 3}}}, 3, 3),
        ({"others": {"system_currents.get": {"user_current": 9}}}, 9, 9),
        # Of an energy meter only while it is what limits: without one this may be anything.
        ({"em_current": 8}, 16, 16),
        ({"em_current": 8, "current_limit_reason": 6}, 8, 16),
        ({"em_current": 0, "current_limit_reason": 6}, 0, 16),
        ({"em_current": None, "current_limit_reason": 6}, 16, 16),
        ({"install_current": None}, None, None),
        ({"install_current": 5}, None, None),
        ({"install_current": 63}, None, None),
        ({"dynamic_current": None}, None, 16),
        ({"dynamic_current": -3}, None, 16),
    ],
)
def test_limit(changed: dict[str, Any], limit_a: int | None, maximum_a: int | None) -> None:
    """The smallest of what applies is the limit; what the installer has allowed must be known."""
    read = state(**changed)
    assert (read.limit_a, read.maximum_a) == (limit_a, maximum_a)
    if limit_a is not None:
        assert read.current_limit_a == min(read.dynamic_current_a or 0, read.maximum_a or 0)
    else:
        assert read.current_limit_a == read.dynamic_current_a


@pytest.mark.parametrize(
    ("device", "mode", "word", "phases"),
    [
        (THREE, 1, PhaseMode.SINGLE, (1,)),
        (THREE, 3, PhaseMode.THREE, (1, 2, 3)),
        (THREE, "3", PhaseMode.THREE, (1, 2, 3)),
        (THREE, 2, None, (1, 2, 3)),
        (THREE, None, None, (1, 2, 3)),
        (ONE, 0, None, (1,)),
    ],
)
def test_phase_mode(
    device: LektricoDevice, mode: Any, word: PhaseMode | None, phases: tuple[int, ...]
) -> None:
    """What is not known of the phases draws on all that there are."""
    answer = {"dynamic_current": 16, "relay_mode": mode}
    read = state(device, others={"dynamic_current.get": answer})
    assert (read.phase_mode, read.phases) == (word, phases)
    assert relay_mode_from_wire(answer) == (None if word is None else len(phases))
    assert relay_mode_from_wire([answer]) is None


def test_faults() -> None:
    """Each flag is a fault of its own; which is shown first is the one that matters most."""
    names = [
        *("state_e_activated", "overtemp", "critical_temp", "overcurrent", "meter_fault", "voltage_error"),
        *("rcd_error", "rcd_test_error", "rcd_err_pin_error", "rcd_err6_pin_error", "rcd_init_start_error"),
        *("rcd_init_end_error", "state_f_activated", "contactor_failure", "cp_diode_failure"),
        *("undervoltage_error", "overvoltage_error"),
    ]
    found = set()
    for name in names:
        read = state(others={"active_errors.get": dict.fromkeys(names, False) | {name: True}})
        assert read.faults is not None
        [fault] = read.faults
        assert read.fault is fault
        assert read.has_problem is True
        found.add(fault)
    assert found == set(Fault)
    all_of_them = state(others={"active_errors.get": dict.fromkeys(names, True)})
    assert all_of_them.fault is Fault.CONTACTOR_FAILURE
    assert state(others={"active_errors.get": {"state_machine_e_activated": True}}).fault is Fault.STATE_E


@pytest.mark.parametrize(
    ("reported", "answer", "has_problem"),
    [
        (False, None, False),
        (False, {"rcd_error": True}, False),
        (True, {"rcd_error": True}, True),
        (True, {"rcd_error": "true"}, True),
        (True, {"rcd_error": None}, True),
        (True, {"new_error": True}, True),
        (True, None, True),
        (None, {}, None),
        (None, {"rcd_error": False}, False),
        (None, [], None),
    ],
)
def test_problem(reported: Any, answer: Any, has_problem: bool | None) -> None:
    """A box that reports no errors has none; one that does not report it is asked, and otherwise it is not known."""
    info = {} if reported is None else {"has_active_errors": reported}
    assert has_active_errors(info) is reported
    assert has_active_errors([info]) is None
    read = state(others={"active_errors.get": answer}, **info)
    assert read.has_problem is has_problem
    # One whose name is not known is not taken for none.
    assert read.error == (read.fault if has_problem is not False else "none")


def test_energy_meter_link() -> None:
    """The link to an energy meter is up or down only where there is to be one."""
    for managed, offline, connected in (
        (True, False, True),
        (True, True, False),
        (False, True, None),
        (None, False, None),
        (True, None, None),
    ):
        config = {} if managed is None else {"energy_management_enabled": managed}
        read = state(config=config, others={"em_status.get": {"em_offline": offline}})
        assert read.meter_connected is connected


@pytest.mark.parametrize(
    "answer",
    [
        {"charger_info.get": {}},
        {"charger_info.get": {"mode": "OFF"}},
        {"charger_info.get": []},
        {"charger_info.get": None},
        {},
    ],
)
def test_something_else(answer: Any) -> None:
    """What has nothing of a charger, or of a meter, is none."""
    with pytest.raises(ChargerProtocolError):
        from_wire(ONE, answer)
    with pytest.raises(ChargerProtocolError):
        from_wire(METER, {"meter_info.get": answer.get("charger_info.get")})


@pytest.mark.parametrize(
    ("device_id", "model", "phases", "is_charger"),
    [
        ("1p7k_500006", "1P7K", 1, True),
        ("3p22k_500123", "3P22K", 3, True),
        ("3P22K_500123", "3P22K", 3, True),
        ("m2w_810172", "EM", 1, False),
        ("m2w_830017", "3EM", 3, False),
    ],
)
def test_device(device_id: str, model: str, phases: int, is_charger: bool) -> None:
    """The kind of box is in its id."""
    device = device_from_wire({"device_id": device_id})
    assert (device.model, device.phases, device.is_charger) == (model, phases, is_charger)
    assert device.serial == device_id.rpartition("_")[2]
    assert device.serial not in repr(device)


@pytest.mark.parametrize(
    "raw",
    [None, [], {}, {"device_id": None}, {"device_id": "1p7k"}, {"device_id": "2p9k_500006"}, "1p7k_500006"],
)
def test_no_device(raw: Any) -> None:
    """What has no such id is no Lektrico."""
    with pytest.raises(ChargerProtocolError):
        device_from_wire(raw)


@pytest.mark.parametrize(
    ("name", "serial"),
    [
        ("Lektrico-1p7k-500006", "500006"),
        ("Lektrico-1p7k-500006._http._tcp.local.", "500006"),
        ("lektrico-3p22k-500123", "500123"),
        ("lektrico-m2w-810172.local", "810172"),
        ("lektrico_m2w_830017", "830017"),
        ("lektrico", None),
        ("lektrico-1p7k", None),
        ("lektrico-1p7k-garage", None),
        ("my-lektrico-1p7k-500006", None),
        ("lektrico-1p7k-500006x", None),
        ("192.168.1.20", None),
    ],
)
def test_serial_from_name(name: str, serial: str | None) -> None:
    """The name on the network has the serial, unless it was changed."""
    assert serial_from_name(name) == serial


def test_firmware() -> None:
    """A version is a text, and not always a number."""
    assert firmware_from_wire({"fw_version": "1.45_beta"}) == "1.45_beta"
    nothing: list[Any] = [{}, {"fw_version": 1.47}, {"fw_version": ""}, [], None]
    for raw in nothing:
        assert firmware_from_wire(raw) is None
    assert (
        from_wire(ONE, {"charger_info.get": INFO, "sw_version.get": {"fw_version": "1.5"}}).firmware == "1.5"
    )


@pytest.mark.parametrize(
    "value",
    [
        *(None, 7, "", "NULL", "1,2,3", "0," * 11, "0," * 12 + "0", ",".join(["0"] * 11 + ["256"])),
        *(",".join(["0"] * 11 + ["-1"]), ",".join(["0"] * 11 + ["1.5"]), ",".join(["0"] * 11 + ["red"])),
    ],
)
def test_no_led_template(value: Any) -> None:
    """Twelve numbers from 0 to 255, or none at all."""
    assert led_template_from_wire(value) is None


parts = st.integers(0, 255)
rgb = st.tuples(parts, parts, parts)


@given(st.tuples(rgb, rgb, rgb, rgb))
def test_led_template_both_ways(template: tuple[tuple[int, int, int], ...]) -> None:
    """What is written is what is read, blanks or not."""
    written = led_template_to_wire(template)
    assert led_template_from_wire(written) == template
    assert led_template_from_wire(written.replace(",", " , ")) == template


RANGES = {
    f"{edge}_{unit}": bounds
    for edge in ("start", "end")
    for unit, bounds in (("d", (1, 7)), ("h", (0, 23)), ("m", (0, 59)))
}


def intervals(beyond: int) -> st.SearchStrategy[dict[str, int]]:
    """Return intervals on the wire, with parts that may be this far beyond their ranges."""
    parts = {name: st.integers(low - beyond, high + beyond) for name, (low, high) in RANGES.items()}
    return st.fixed_dictionaries(parts | {"current": st.just(0) | st.integers(6 - beyond, 32 + beyond)})


def minutes(interval: dict[str, int]) -> tuple[int, int]:
    """Return the minutes of the week at which an interval starts and ends."""
    start, end = (
        ((interval[f"{edge}_d"] - 1) * 24 + interval[f"{edge}_h"]) * 60 + interval[f"{edge}_m"]
        for edge in ("start", "end")
    )
    return start, end


def is_possible(interval: dict[str, int]) -> bool:
    """Return whether there are such days and times, and such a current, and whether the interval has a length."""
    start, end = minutes(interval)
    in_range = all(low <= interval[name] <= high for name, (low, high) in RANGES.items())
    return in_range and start != end and (interval["current"] == 0 or 6 <= interval["current"] <= 32)


@given(st.lists(intervals(0).filter(is_possible), max_size=5), st.integers(0, 7 * 24 * 60 - 1))
def test_what_intervals_mean(schedule: list[dict[str, int]], minute: int) -> None:
    """At each minute the smallest current of the intervals around it holds; outside of all, and at 32 A, there is no limit."""
    week = week_from_intervals(intervals_from_wire({"charging_schedule": schedule}) or ())
    assert week is not None
    holding = []
    for interval in schedule:
        start, end = minutes(interval)
        if start <= minute < end or (end < start and not end <= minute < start):
            holding.append(interval["current"])
    [slot] = [slot for slot in week if slot.start_min <= minute < slot.end_min]
    allowed = min(holding, default=32)
    assert slot.current_a == (None if allowed == 32 else allowed)


@given(st.lists(intervals(0).filter(is_possible), max_size=5))
def test_schedule_both_ways(schedule: list[dict[str, int]]) -> None:
    """What is written is what is read, and can be written."""
    week = week_from_intervals(schedule)
    assert week is not None
    written = intervals_from_week(week)
    assert all(is_possible(interval) for interval in written)
    assert week_from_intervals(written) == week


@given(intervals(1))
def test_only_possible_intervals_are_read(interval: dict[str, int]) -> None:
    """A schedule with an interval that is impossible is not read at all, not even the other intervals."""
    good = {"start_d": 1, "start_h": 0, "start_m": 0, "end_d": 2, "end_h": 0, "end_m": 0, "current": 16}
    assert (week_from_intervals([good, interval]) is not None) is is_possible(interval)


@pytest.mark.parametrize("raw", [None, "x", {}, {"charging_schedule": 7}])
def test_no_schedule(raw: Any) -> None:
    """An answer without a list has no schedule."""
    assert intervals_from_wire(raw) is None
    read = state(others={"charging_schedule.get": raw})
    assert (read.week, read.schedule_intervals) == (None, None)


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = [
    *("charger_state", "extended_charger_state", "current_limit_reason", "currents", "voltages", "current"),
    *(
        "voltage",
        "active_p",
        "power_factor",
        "temperature",
        "install_current",
        "dynamic_current",
        "em_current",
    ),
    *("charger_is_paused", "has_active_errors", "total_charged_energy", "led_template", "user_current"),
    *(
        "charging_schedule",
        "relay_mode",
        "rssi",
        "em_offline",
        "rcd_error",
        "load_balancing_mode",
        "latitude",
    ),
]
METHODS = [
    *("app_config.get", "sw_version.get", "dynamic_current.get", "system_currents.get", "wifi_status.get"),
    *(
        "charging_schedule.get",
        "counters_config.get",
        "em_status.get",
        "logged_errors.get",
        "active_errors.get",
    ),
    *("charger_config.get", "m2w_config.get"),
]
objects = st.dictionaries(st.sampled_from(KEYS), json, max_size=8)


@given(
    st.sampled_from([ONE, THREE, METER]),
    objects | json,
    st.dictionaries(st.sampled_from(METHODS), objects | json, max_size=6),
)
def test_anything(device: LektricoDevice, fast: Any, others: Any) -> None:
    """Whatever the answers are, they are a state or none of a Lektrico, and a state is sane."""
    answers = others | {"charger_info.get": fast, "meter_info.get": fast}
    report(answers)
    try:
        read = from_wire(device, answers)
    except ChargerProtocolError:
        return
    assert read == from_wire(device, answers) or "nan" in repr(answers)
    hash(read.faults)
    assert read.limit_a is None or 0 <= read.limit_a <= 32
    assert read.maximum_a is None or 0 < read.maximum_a <= 32
    assert set(read.phases) <= {1, 2, 3}
    for field in fields(read):
        value = getattr(read, field.name)
        if isinstance(value, float):
            assert abs(value) < 1e13


def test_report_has_no_secret() -> None:
    """Its owner, its place and its connections are left out; what helps is not."""
    text = str(
        report(
            {
                "device_id": "1p7k_500006",
                "serial_number": 500006,
                "latitude": 52.37,
                "longitude": 4.89,
                "owner_id": 7,
                "em_id": 810172,
                "new_key": "tomorrow's token",
                "fw_version": "1.47",
                "led_template": "1,2,3",
                "install_current": 16,
            }
        )
    )
    for secret in ("500006", "52.37", "4.89", "'owner_id': 7", "810172", "tomorrow"):
        assert secret not in text
    for helpful in ("1.47", "1,2,3", "16"):
        assert helpful in text


@pytest.mark.parametrize(
    ("number", "mode"),
    [
        (0, BalancingMode.OFF),
        (4, BalancingMode.POWER_SHARE),
        (5, None),
        ("2", BalancingMode.HYBRID),
        (True, None),
    ],
)
def test_balancing_mode(number: Any, mode: BalancingMode | None) -> None:
    """Each number has its word."""
    answers = {"meter_info.get": {"active_p": [1]}, "app_config.get": {"load_balancing_mode": number}}
    assert from_wire(METER, answers).balancing_mode is mode
