"""What the answers of a Lektrico say, in amperes, watts and watt-hours.

The only place that knows its wire names, units and odd values. Firmware generations are told apart by the keys that
are present, never by the version. Facts are from the vendor's «Charger local API» of 02.2023, and from what its own
client (PyPI lektricowifi) reads from newer firmware.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
import re
from typing import Any

from ..errors import ChargerProtocolError
from ..types import Status
from ..week import DAY_MIN, WEEK_MIN, Timetable, WeekSlot, whole_week
from ..wire import block, flag, integer, number, redacted, scaled, text, word

# Wider than any house, so that only nonsense falls outside.
_CURRENT_A = 2000.0
_POWER_W = 1_000_000.0
_ENERGY_WH = 1e12
_INT_MAX = 2**31 - 1
# What a car and its cable can be given; below it is no current at all (IEC 61851).
MINIMUM_A, MAXIMUM_A = 6, 32

type Rgb = tuple[int, int, int]
type Phases = tuple[float | None, float | None, float | None]
type Value = bool | int | float | str


class LimitReason(StrEnum):
    """What holds the current down."""

    HARDWARE = "hardware"
    INSTALLATION = "installation"
    USER = "user"
    DYNAMIC = "dynamic"
    SCHEDULE = "schedule"
    METER_OFFLINE = "meter_offline"
    METER = "meter"
    OCPP = "ocpp"
    OVERTEMPERATURE = "overtemperature"
    SWITCHING_PHASES = "switching_phases"
    SINGLE_PHASE_DISABLED = "single_phase_disabled"


class Fault(StrEnum):
    """What a charger complains about, the most serious first."""

    CONTACTOR_FAILURE = "contactor_failure"
    RCD_ERROR = "rcd_error"
    RCD_TEST = "rcd_test"
    RCD_PIN = "rcd_pin"
    RCD_6MA_PIN = "rcd_6ma_pin"
    RCD_INIT_START = "rcd_init_start"
    RCD_INIT_END = "rcd_init_end"
    CRITICAL_TEMPERATURE = "critical_temperature"
    OVERCURRENT = "overcurrent"
    OVERVOLTAGE = "overvoltage"
    UNDERVOLTAGE = "undervoltage"
    VOLTAGE = "voltage"
    METER = "meter"
    CP_DIODE = "cp_diode"
    STATE_E = "state_e"
    STATE_F = "state_f"
    OVERTEMPERATURE = "overtemperature"


class PhaseMode(StrEnum):
    """How many phases a three-phase charger gives to the car."""

    SINGLE = "single"
    THREE = "three"


class BalancingMode(StrEnum):
    """How an energy meter shares the house's power with its chargers."""

    OFF = "off"
    POWER = "power"
    HYBRID = "hybrid"
    GREEN = "green"
    POWER_SHARE = "power_share"


class Segment(StrEnum):
    """A part of the ring of light, as seen from the front."""

    TOP = "top"
    RIGHT = "right"
    BOTTOM = "bottom"
    LEFT = "left"


_STATUSES = {
    "A": Status.DISCONNECTED,
    "B": Status.CONNECTED,
    "B_AUTH": Status.AWAITING_AUTHORIZATION,
    "B_PAUSE": Status.PAUSED,
    "B_SCHEDULER": Status.SCHEDULED,
    "C": Status.CHARGING,
    "D": Status.CHARGING,
    "E": Status.FAULT,
    "F": Status.FAULT,
    "OTA": Status.UPDATING,
    "LOCKED": Status.LOCKED,
}
_LIMIT_REASONS = {
    0: LimitReason.HARDWARE,
    1: LimitReason.INSTALLATION,
    2: LimitReason.USER,
    3: LimitReason.DYNAMIC,
    4: LimitReason.SCHEDULE,
    5: LimitReason.METER_OFFLINE,
    6: LimitReason.METER,
    7: LimitReason.OCPP,
    # Newer than the document.
    8: LimitReason.OVERTEMPERATURE,
    9: LimitReason.SWITCHING_PHASES,
    10: LimitReason.USER,
    11: LimitReason.SINGLE_PHASE_DISABLED,
}
_FAULTS = {
    "contactor_failure": Fault.CONTACTOR_FAILURE,
    "rcd_error": Fault.RCD_ERROR,
    "rcd_test_error": Fault.RCD_TEST,
    "rcd_err_pin_error": Fault.RCD_PIN,
    "rcd_err6_pin_error": Fault.RCD_6MA_PIN,
    "rcd_init_start_error": Fault.RCD_INIT_START,
    "rcd_init_end_error": Fault.RCD_INIT_END,
    "critical_temp": Fault.CRITICAL_TEMPERATURE,
    "overcurrent": Fault.OVERCURRENT,
    "overvoltage_error": Fault.OVERVOLTAGE,
    "undervoltage_error": Fault.UNDERVOLTAGE,
    "voltage_error": Fault.VOLTAGE,
    "meter_fault": Fault.METER,
    "cp_diode_failure": Fault.CP_DIODE,
    "state_e_activated": Fault.STATE_E,
    # The name that older firmware has for it.
    "state_machine_e_activated": Fault.STATE_E,
    "state_f_activated": Fault.STATE_F,
    "overtemp": Fault.OVERTEMPERATURE,
}
# 0 is what a charger shows that cannot switch.
_RELAY_MODES = {1: PhaseMode.SINGLE, 3: PhaseMode.THREE}

# 1p7k_500006, 3p22k_500123, m2w_810172 (EM), m2w_830017 (3EM); on the network with Lektrico- before and hyphens.
_DEVICE_ID = re.compile(r"(1p7k|3p22k|m2w)_(\d{1,10})", re.IGNORECASE)
_SERIAL_IN_NAME = re.compile(r"lektrico[-_](?:1p7k|3p22k|m2w)[-_](\d{1,10})(?:$|\.)", re.IGNORECASE)

_PUBLIC_TEXTS = frozenset(
    {"charger_state", "extended_charger_state", "fw_version", "fw_id", "board_revision", "lb_meter_type"}
    | {"led_template"}
)
# Texts that are not named above are left out anyway; these are numbers, or never to be named above.
_PRIVATE = frozenset(
    {"device_id", "serial_number", "latitude", "longitude", "owner_id", "em_id", "chargers_list"}
    | {"sta_ip", "sta_name", "bssid", "charger_alias", "ocpp_server_link"}
)


@dataclass(frozen=True, slots=True)
class Setting:
    """What App_config.Set takes under one key."""

    type: type[Value]
    low: float = 0
    high: float = 0


_AMPERES = Setting(int, MINIMUM_A, MAXIMUM_A)
_YES_NO, _TEXT = Setting(bool), Setting(str)

SETTINGS: Mapping[str, Setting] = {
    # Chargers: chapter 3 of the document
    "headless": _YES_NO,
    "install_current": _AMPERES,
    "led_max_brightness": Setting(int, 10, 100),
    "led_dimming_delay": Setting(int, 0, _INT_MAX),
    "charger_locked": _YES_NO,
    "led_template_enabled": _YES_NO,
    "led_template": _TEXT,
    "charger_alias": _TEXT,
    "latitude": Setting(float, -90, 90),
    "longitude": Setting(float, -180, 180),
    "ocpp_server_link": _TEXT,
    "connected_phase": Setting(int, 1, 3),
    "owner_id": _TEXT,
    "user_current": _AMPERES,
    "gmt_offset": Setting(int, -12, 12),
    "precise_pwm_mode": _YES_NO,
    "energy_management_enabled": _YES_NO,
    "charging_schedule_enabled": _YES_NO,
    "em_id": _TEXT,
    "timezone": _TEXT,
    # Firmware 2.0
    "auto_update": _YES_NO,
    # Energy meters
    "breaker_rating": Setting(int, 10, 1000),
    "load_balancing_mode": Setting(int, 0, len(BalancingMode) - 1),
    "lb_meter_type": _TEXT,
    "lb_pv_minimum_current": Setting(int, 1, 6),
    "lb_hybrid_current": _AMPERES,
    "lb_meter_offline_current": _AMPERES,
    "car_minimum_current": Setting(int, MINIMUM_A, 10),
    "reverse_current": _YES_NO,
    "green_forced_single_phase": _YES_NO,
    "hybrid_forced_single_phase": _YES_NO,
    "chargers_list": _TEXT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Which box it is, as its id tells."""

    model: str
    serial: str = field(repr=False)
    phases: int
    is_charger: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A part of the week with a limit of its own; days are 1 to 7 from Monday, and 0 A pauses."""

    start_day: int
    start_hour: int
    start_minute: int
    end_day: int
    end_hour: int
    end_minute: int
    current_a: int

    @property
    def is_valid(self) -> bool:
        """Return whether a charger takes it, and whether it is clear what it means."""
        start = (self.start_day, self.start_hour, self.start_minute)
        end = (self.end_day, self.end_hour, self.end_minute)
        return (
            all(1 <= day <= 7 and 0 <= hour <= 23 and 0 <= minute <= 59 for day, hour, minute in (start, end))
            and start != end
            and (self.current_a == 0 or MINIMUM_A <= self.current_a <= MAXIMUM_A)
        )

    @property
    def wire(self) -> dict[str, int]:
        """Return it as Charging_schedule.Set takes it."""
        return {key: getattr(self, name) for key, name in _INTERVAL_KEYS.items()}


def intervals_from_week(week: Sequence[WeekSlot]) -> tuple[Interval, ...]:
    """Return the intervals for a whole week: the pauses, too, for what holds outside of intervals is not written down.

    As much as is allowed is the most that an interval can say. One that lasted the whole week would have no length.
    """
    spans = [
        (start, end, MAXIMUM_A if slot.current_a is None else int(slot.current_a))
        for slot in week
        for start, end in _halves(slot)
    ]
    return tuple(
        Interval(
            **dict(zip(("start_day", "start_hour", "start_minute"), _clock(start), strict=True)),
            **dict(zip(("end_day", "end_hour", "end_minute"), _clock(end), strict=True)),
            current_a=current_a,
        )
        for start, end, current_a in spans
    )


def week_from_intervals(intervals: Iterable[Interval]) -> tuple[WeekSlot, ...]:
    """Return the whole week that intervals mean: where there is none, as much as is allowed.

    The most that an interval can say is as much as is allowed.
    """
    return whole_week(
        (
            WeekSlot(
                start_min=start,
                end_min=end,
                current_a=None if interval.current_a == MAXIMUM_A else float(interval.current_a),
            )
            for interval in intervals
            for start, end in _minutes(interval)
        ),
        None,
    )


def _halves(slot: WeekSlot) -> tuple[tuple[int, int], ...]:
    if slot.end_min - slot.start_min < WEEK_MIN:
        return ((slot.start_min, slot.end_min),)
    return ((0, WEEK_MIN // 2), (WEEK_MIN // 2, WEEK_MIN))


def _clock(minute: int) -> tuple[int, int, int]:
    """Return day, hour and minute; the week's end is its beginning."""
    day, minute = divmod(minute % WEEK_MIN, DAY_MIN)
    return day + 1, minute // 60, minute % 60


def _minutes(interval: Interval) -> tuple[tuple[int, int], ...]:
    """Return an interval in minutes of the week, in two parts where it passes the week's end."""
    start = ((interval.start_day - 1) * 24 + interval.start_hour) * 60 + interval.start_minute
    end = ((interval.end_day - 1) * 24 + interval.end_hour) * 60 + interval.end_minute
    return ((start, end),) if start < end else ((start, WEEK_MIN), (0, end))


_INTERVAL_KEYS = {
    "start_d": "start_day",
    "start_h": "start_hour",
    "start_m": "start_minute",
    "end_d": "end_day",
    "end_h": "end_hour",
    "end_m": "end_minute",
    "current": "current_a",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LektricoState:
    """All answers as one; None is what this box or firmware does not have, or what did not make sense.

    A box is either a charger or an energy meter; what only the other kind has is None.
    """

    is_charger: bool
    model: str
    phase_count: int
    serial: str = field(repr=False)
    firmware: str | None
    board_revision: str | None

    # A charger
    status: Status | None
    plugged_in: bool | None
    charging: bool | None
    paused: bool | None
    limit_reason: LimitReason | None
    faults: frozenset[Fault] | None
    logged_faults: frozenset[Fault] | None
    power_w: float | None
    currents_a: Phases | None
    voltages_v: Phases | None
    session_energy_wh: float | None
    session_time_s: int | None
    session_number: int | None
    total_energy_wh: float | None
    temperature_c: float | None
    temperature_limit_c: float | None
    temperature_critical_c: float | None
    rcd_enabled: bool | None

    offered_current_a: float | None
    install_current_a: int | None
    user_current_a: int | None
    dynamic_current_a: int | None
    meter_current_a: int | None
    cable_current_a: int | None
    system_max_current_a: int | None
    schedule_current_a: int | None
    ocpp_current_a: int | None
    phase_mode: PhaseMode | None
    meter_connected: bool | None

    total_time_min: int | None
    total_sessions: int | None
    restarts: int | None
    last_session_energy_wh: float | None
    wifi_connected: bool | None
    wifi_signal_dbm: int | None
    schedule: tuple[Interval, ...] | None

    requires_authentication: bool | None
    locked: bool | None
    led_brightness_percent: int | None
    led_dimming_delay_s: int | None
    has_led_template: bool
    led_template_enabled: bool | None
    led_template: tuple[Rgb, ...] | None
    precise_pwm: bool | None
    schedule_enabled: bool | None
    energy_management_enabled: bool | None
    auto_update: bool | None
    connected_phase: int | None
    gmt_offset_h: int | None
    has_alias: bool
    alias: str | None = field(repr=False)
    timezone: str | None = field(repr=False)
    latitude: float | None = field(repr=False)
    longitude: float | None = field(repr=False)
    ocpp_server_link: str | None = field(repr=False)
    owner_id: str | None = field(repr=False)
    em_id: str | None = field(repr=False)

    # An energy meter
    mains_currents_a: Phases | None
    mains_voltages_v: Phases | None
    mains_powers_w: Phases | None
    power_factors_percent: Phases | None
    breaker_rating_a: int | None
    balancing_mode: BalancingMode | None
    meter_type: str | None
    pv_minimum_current_a: int | None
    hybrid_current_a: int | None
    meter_offline_current_a: int | None
    car_minimum_current_a: int | None
    reverse_current: bool | None
    green_forced_single_phase: bool | None
    hybrid_forced_single_phase: bool | None
    chargers_list: str | None = field(repr=False)

    @property
    def timetable(self) -> Timetable | None:
        """Return the week that it keeps itself; None: this firmware keeps none."""
        if self.schedule is None or self.schedule_enabled is None:
            return None
        return Timetable(week=week_from_intervals(self.schedule), enabled=self.schedule_enabled)

    @property
    def fault(self) -> Fault | None:
        """Return the most serious fault, if there is one."""
        return next((fault for fault in Fault if fault in (self.faults or ())), None)

    @property
    def has_problem(self) -> bool | None:
        """Return whether something is wrong; None: it does not say."""
        if self.status is Status.FAULT:
            return True
        return None if self.faults is None else bool(self.faults)

    @property
    def mains_power_w(self) -> float | None:
        """Return what the house draws in all, W, import positive."""
        known = [power_w for power_w in self.mains_powers_w or () if power_w is not None]
        return sum(known) if known else None

    @property
    def maximum_a(self) -> int | None:
        """Return the most that a limit can allow, A per phase; None: the installer's limit is not known."""
        if self.install_current_a is None:
            return None
        others = (self.user_current_a, self.cable_current_a, self.system_max_current_a)
        # 0 is a cable that is not plugged in, and what a firmware shows that cannot tell.
        return min([self.install_current_a, *(amps for amps in others if amps)])

    @property
    def current_limit_a(self) -> int | None:
        """Return the limit that can be set, A per phase: what lies above the maximum has no effect."""
        if self.maximum_a is None or self.dynamic_current_a is None:
            return self.dynamic_current_a
        return min(self.maximum_a, self.dynamic_current_a)

    @property
    def limit_a(self) -> int | None:
        """Return the most that the car may draw, A per phase; 0 while it may not, None: not known."""
        if (current_limit_a := self.current_limit_a) is None or self.maximum_a is None:
            return None
        if self.paused or self.locked or self.status is Status.LOCKED:
            return 0
        if self.limit_reason is LimitReason.METER and self.meter_current_a is not None:
            return min(current_limit_a, self.meter_current_a)
        return current_limit_a

    @property
    def phases(self) -> tuple[int, ...]:
        """Return which of a charger's conductors it can give to the car."""
        return (1,) if self.phase_count == 1 or self.phase_mode is PhaseMode.SINGLE else (1, 2, 3)


def device_from_wire(raw: object) -> Device:
    """Read an answer to Device_id.Get or Device_info.Get; ChargerProtocolError if it is none of a Lektrico."""
    device_id = raw.get("device_id") if isinstance(raw, Mapping) else None
    found = _DEVICE_ID.fullmatch(device_id) if isinstance(device_id, str) else None
    if found is None:
        raise ChargerProtocolError("not a Lektrico")
    family, serial = found[1].lower(), found[2]
    if family == "m2w":
        phases = 3 if serial.startswith("83") else 1
        return Device(model="3EM" if phases == 3 else "EM", serial=serial, phases=phases, is_charger=False)
    return Device(model=family.upper(), serial=serial, phases=int(family[0]), is_charger=True)


def firmware_from_wire(raw: object) -> str | None:
    """Read the version in an answer to Sw_version.Get, Charger_info.Get or Device_info.Get."""
    return text(raw.get("fw_version")) if isinstance(raw, Mapping) else None


def has_active_errors(raw: object) -> bool | None:
    """Read in an answer to Charger_info.Get whether it is worth asking for the errors; None: not told."""
    return flag(raw.get("has_active_errors")) if isinstance(raw, Mapping) else None


def serial_from_name(name: str) -> str | None:
    """Return the serial in a service name or a host name: Lektrico-1p7k-500006, lektrico-m2w-810172.local."""
    found = _SERIAL_IN_NAME.match(name)
    return found[1] if found else None


def report(raw: object) -> object:
    """Return an answer for a bug report, without what is secret or personal in it."""
    return redacted(raw, _PUBLIC_TEXTS, _PRIVATE)


def from_wire(device: Device, answers: Mapping[str, object]) -> LektricoState:
    """Read the last answers, by method; ChargerProtocolError if the one that every poll asks for is none of theirs."""
    config, version = block(answers, "app_config.get"), block(answers, "sw_version.get")
    fast = block(answers, "charger_info.get" if device.is_charger else "meter_info.get")
    hardware = block(answers, "charger_config.get" if device.is_charger else "m2w_config.get")
    if not fast.keys() & ({"charger_state", "extended_charger_state"} if device.is_charger else {"active_p"}):
        raise ChargerProtocolError("not a Lektrico")
    return LektricoState(
        is_charger=device.is_charger,
        model=device.model,
        phase_count=device.phases,
        serial=device.serial,
        firmware=firmware_from_wire(fast) or firmware_from_wire(version),
        board_revision=text(hardware.get("board_revision")),
        temperature_limit_c=number(hardware.get("overtemp_threshold"), -60, 200),
        temperature_critical_c=number(hardware.get("critical_temp_threshold"), -60, 200),
        rcd_enabled=flag(hardware.get("rcd_enabled")),
        **_charger(device, fast, config),
        **_rarely_read(answers, config),
        **_settings(config),
        **_meter(device, {} if device.is_charger else fast, config),
    )


def _charger(device: Device, info: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    if not device.is_charger:
        info = {}
    # Firmware 1.23 has the state of IEC 61851 only, which newer firmware refines.
    letter = word(info.get("charger_state"), _STATUSES)
    status = word(info.get("extended_charger_state", info.get("charger_state")), _STATUSES)
    paused = flag(info.get("charger_is_paused"))
    dynamic_current_a = integer(info.get("dynamic_current"), 0, MAXIMUM_A)
    if status is Status.CONNECTED and (paused or dynamic_current_a == 0):
        status = Status.PAUSED
    plugged_in = _PLUGGED_IN.get(letter or status)
    voltages_v = _phases(device, info.get("voltages", info.get("voltage")), 0, 1000)
    headless = flag(_first("headless", info, config))
    return {
        "status": status,
        "plugged_in": plugged_in,
        "charging": None if status is None else status is Status.CHARGING,
        "paused": paused,
        "limit_reason": _LIMIT_REASONS.get(_index(info.get("current_limit_reason"))),
        "power_w": scaled(info.get("instant_power"), 1, -_POWER_W, _POWER_W),
        "currents_a": _phases(device, info.get("currents", info.get("current")), 2, _CURRENT_A),
        # Old firmware shows zeros while no car charges.
        "voltages_v": voltages_v if voltages_v and any(voltages_v) else None,
        "session_energy_wh": scaled(info.get("session_energy"), 1, 0, _ENERGY_WH),
        "session_time_s": integer(info.get("charging_time"), 0, _INT_MAX),
        "session_number": integer(info.get("session_id"), 0, _INT_MAX),
        "total_energy_wh": scaled(info.get("total_charged_energy"), 1000, 0, _ENERGY_WH),
        # In whole degrees: its tenths never rest.
        "temperature_c": scaled(info.get("temperature"), 1, -60, 200),
        "offered_current_a": number(info.get("pwm_current"), 0, MAXIMUM_A),
        "install_current_a": integer(_first("install_current", info, config), MINIMUM_A, MAXIMUM_A),
        "dynamic_current_a": dynamic_current_a,
        "requires_authentication": None if headless is None else not headless,
        "led_brightness_percent": integer(_first("led_max_brightness", info, config), 0, 100),
    }


_PLUGGED_IN: Mapping[Status | None, bool] = {
    Status.DISCONNECTED: False,
    Status.CONNECTED: True,
    Status.AWAITING_AUTHORIZATION: True,
    Status.PAUSED: True,
    Status.SCHEDULED: True,
    Status.CHARGING: True,
}


def _rarely_read(answers: Mapping[str, object], config: Mapping[str, Any]) -> dict[str, Any]:
    """Read the answers that have a request each, and change seldom."""
    currents, counters = block(answers, "system_currents.get"), block(answers, "counters_config.get")
    info, wifi = block(answers, "charger_info.get"), block(answers, "wifi_status.get")
    faults = _faults(answers.get("active_errors.get"))
    if has_active_errors(info) is False:
        faults = frozenset()
    managed = flag(config.get("energy_management_enabled"))
    offline = flag(block(answers, "em_status.get").get("em_offline"))

    def amps(name: str, *others: Mapping[str, Any]) -> int | None:
        return integer(_first(name, *others, currents), 0, MAXIMUM_A)

    return {
        "faults": faults,
        "logged_faults": _faults(answers.get("logged_errors.get")),
        "user_current_a": amps("user_current", config, info),
        "meter_current_a": amps("em_current", info),
        "cable_current_a": amps("cable_current"),
        "system_max_current_a": amps("system_max_current"),
        "schedule_current_a": amps("schedule_current"),
        "ocpp_current_a": amps("ocpp_current"),
        "phase_mode": _RELAY_MODES.get(_index(block(answers, "dynamic_current.get").get("relay_mode"))),
        # Without energy management there is no meter that could be lost.
        "meter_connected": not offline if managed and offline is not None else None,
        "total_time_min": integer(counters.get("total_charged_time"), 0, _INT_MAX),
        "total_sessions": integer(counters.get("total_charged_sessions"), 0, _INT_MAX),
        "restarts": integer(counters.get("reset_counter"), 0, _INT_MAX),
        "last_session_energy_wh": scaled(counters.get("last_session_energy"), 1, 0, _ENERGY_WH),
        "wifi_connected": flag(wifi.get("connected")),
        "wifi_signal_dbm": integer(wifi.get("rssi"), -130, 10),
        "schedule": schedule_from_wire(answers.get("charging_schedule.get")),
    }


def _settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Read the settings that App_config.Get has of either kind; those of one kind only are missing on the other."""
    return {
        "locked": flag(config.get("charger_locked")),
        "led_dimming_delay_s": integer(config.get("led_dimming_delay"), 0, _INT_MAX),
        "has_led_template": "led_template" in config,
        "led_template_enabled": flag(config.get("led_template_enabled")),
        "led_template": led_template_from_wire(config.get("led_template")),
        "precise_pwm": flag(config.get("precise_pwm_mode")),
        "schedule_enabled": flag(config.get("charging_schedule_enabled")),
        "energy_management_enabled": flag(config.get("energy_management_enabled")),
        "auto_update": flag(config.get("auto_update")),
        "connected_phase": integer(config.get("connected_phase"), 1, 3),
        "gmt_offset_h": integer(config.get("gmt_offset"), -12, 12),
        "has_alias": "charger_alias" in config,
        "alias": text(config.get("charger_alias")),
        "timezone": text(config.get("timezone")),
        "latitude": number(config.get("latitude"), -90, 90),
        "longitude": number(config.get("longitude"), -180, 180),
        "ocpp_server_link": text(config.get("ocpp_server_link")),
        "owner_id": text(config.get("owner_id")),
        "em_id": text(config.get("em_id")),
    }


def _meter(device: Device, info: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    mode = integer(config.get("load_balancing_mode"), 0, len(BalancingMode) - 1)
    return {
        "mains_currents_a": _phases(device, info.get("current"), 2, _CURRENT_A),
        "mains_voltages_v": _phases(device, info.get("voltage"), 0, 1000),
        "mains_powers_w": _phases(device, info.get("active_p"), 0, _POWER_W),
        "power_factors_percent": _phases(device, info.get("power_factor"), 0, 100, factor=100),
        "breaker_rating_a": integer(config.get("breaker_rating"), 1, 1000),
        "balancing_mode": None if mode is None else list(BalancingMode)[mode],
        "meter_type": text(config.get("lb_meter_type")),
        "pv_minimum_current_a": integer(config.get("lb_pv_minimum_current"), 0, MAXIMUM_A),
        "hybrid_current_a": integer(config.get("lb_hybrid_current"), 0, MAXIMUM_A),
        "meter_offline_current_a": integer(config.get("lb_meter_offline_current"), 0, MAXIMUM_A),
        "car_minimum_current_a": integer(config.get("car_minimum_current"), 0, MAXIMUM_A),
        "reverse_current": flag(config.get("reverse_current")),
        "green_forced_single_phase": flag(config.get("green_forced_single_phase")),
        "hybrid_forced_single_phase": flag(config.get("hybrid_forced_single_phase")),
        "chargers_list": text(config.get("chargers_list")),
    }


def led_template_from_wire(value: object) -> tuple[Rgb, ...] | None:
    """Read «red1,green1,blue1,red2 ...», twelve numbers from 0 to 255: top, right, bottom, left."""
    parts = [integer(part, 0, 255) for part in value.split(",")] if isinstance(value, str) else []
    numbers = [part for part in parts if part is not None]
    if len(parts) != len(numbers) or len(numbers) != 3 * len(Segment):
        return None
    return tuple((numbers[at], numbers[at + 1], numbers[at + 2]) for at in range(0, len(numbers), 3))


def led_template_to_wire(template: Sequence[Rgb]) -> str:
    """Return the four colours as App_config.Set takes them."""
    return ",".join(str(part) for rgb in template for part in rgb)


def schedule_from_wire(raw: object) -> tuple[Interval, ...] | None:
    """Read an answer to Charging_schedule.Get; None if a part of it is none.

    A part that is not understood would be lost if the rest were shown, changed and written back.
    """
    listed = raw.get("charging_schedule") if isinstance(raw, Mapping) else raw
    if not isinstance(listed, list):
        return None
    intervals = [_interval(item) for item in listed]
    known = tuple(interval for interval in intervals if interval is not None and interval.is_valid)
    return known if len(known) == len(intervals) else None


def _interval(raw: object) -> Interval | None:
    if not isinstance(raw, Mapping):
        return None
    numbers = {name: integer(raw.get(key), 0, 59) for key, name in _INTERVAL_KEYS.items()}
    values = {name: value for name, value in numbers.items() if value is not None}
    return Interval(**values) if len(values) == len(numbers) else None


def relay_mode_from_wire(raw: object) -> int | None:
    """Read in an answer to Dynamic_current.Get how many phases are switched; None: it cannot switch them."""
    mode = integer(raw.get("relay_mode"), 0, 3) if isinstance(raw, Mapping) else None
    return mode if mode in _RELAY_MODES else None


def relay_mode_to_wire(mode: PhaseMode) -> int:
    """Return the number that Dynamic_current.Set takes for it."""
    return next(number for number, known in _RELAY_MODES.items() if known is mode)


def _faults(raw: object) -> frozenset[Fault] | None:
    """Read an answer to Active_errors.Get or Logged_errors.Get; None if it names no error at all."""
    if not isinstance(raw, Mapping) or not raw.keys() & _FAULTS.keys():
        return None
    return frozenset(fault for key, fault in _FAULTS.items() if flag(raw.get(key)))


def _phases(
    device: Device, value: object, digits: int, largest: float, *, factor: float = 1
) -> Phases | None:
    """Read a value for each of the phases that this box has; old firmware has one number, and no list."""
    # The one number of a three-phase charger is that of nobody knows which phase.
    listed = value if isinstance(value, list) else [value] * (device.phases == 1)
    found = [scaled(part, factor, -largest, largest, digits=digits) for part in listed[: device.phases]]
    if all(part is None for part in found):
        return None
    first, second, third, *_ = (*found, None, None, None)
    return first, second, third


def _first(key: str, *answers: Mapping[str, Any]) -> Any:
    """Return what stands under the key in the first of the answers that has it."""
    return next((answer[key] for answer in answers if answer.get(key) is not None), None)


def _index(value: object) -> int:
    """Return a small whole number for a table; -1, which no table has, if it is none."""
    result = integer(value, 0, 255)
    return -1 if result is None else result
