"""The state of a Lektrico, in amperes, watts and watt-hours, and how it is read from its answers.

Firmware generations are told apart by the keys that are present, never by the version. Facts are from the vendor's
"Charger local API" of 02.2023, and from what its own client (PyPI lektricowifi) reads from newer firmware.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
import re
from typing import Any

from ..counters import Counters, Pace
from ..errors import ChargerProtocolError
from ..fields import Fields
from ..types import Status
from ..week import WeekSlot
from ..wire import block, flag, integer, number, redacted, scaled, text, word
from .info import (
    LETTER,
    NOT_IN_1_23,
    WORD,
    has_active_errors,
    limit_reason_of,
    live_phases,
    relay_mode_from_wire,
    state_of,
)
from .week import intervals_from_wire, week_from_intervals
from .words import MAXIMUM_A, MINIMUM_A, STATUSES, BalancingMode, Fault, LimitReason, PhaseMode, Segment

# Wider than any house, so that only nonsense falls outside.
_CURRENT_A = 2000.0
_VOLTAGE_V = 1000.0
_POWER_W = 1_000_000.0
_ENERGY_WH = 1e12
_INT_MAX = 2**31 - 1
# Minutes of charging, and sessions, of which none is shorter than a minute.
_MINUTES = Pace(per_hour=60, step=2, maximum=_INT_MAX)

type Rgb = tuple[int, int, int]
type Phases = tuple[float | None, float | None, float | None]

_FAULTS = {name: fault for fault in Fault for name in fault.wire}

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LektricoDevice:
    """The kind of a box and its serial, as its id has them."""

    model: str
    serial: str = field(repr=False)
    phases: int
    is_charger: bool


class LektricoAnswers:
    """The last answers of a box, by method, with those picked out that several fields are read from."""

    def __init__(self, device: LektricoDevice, raw: Mapping[str, object]) -> None:
        """Pick the answers out; one that is no object is empty."""
        self.device = device
        self.raw = raw
        nothing: Mapping[str, Any] = {}
        # The answer to every poll, of a charger and of an energy meter.
        self.info = block(raw, "charger_info.get") if device.is_charger else nothing
        self.meter = nothing if device.is_charger else block(raw, "meter_info.get")
        self.hardware = block(raw, "charger_config.get" if device.is_charger else "m2w_config.get")
        self.config = block(raw, "app_config.get")
        self.currents = block(raw, "system_currents.get")
        self.counters = block(raw, "counters_config.get")
        self.dynamic = block(raw, "dynamic_current.get")
        # Firmware 1.23 has no more than nine keys in the answer to every poll.
        self.is_sparse = not self.info.keys() & NOT_IN_1_23
        self.wifi = block(raw, "wifi_status.get")
        self.intervals = intervals_from_wire(raw.get("charging_schedule.get"))

    def limit_a(self, key: str, *blocks: Mapping[str, Any]) -> int | None:
        """Return a limit, A, from the first of these blocks that has it, or from the system currents."""
        return integer(_first(key, *blocks, self.currents), 0, MAXIMUM_A)

    def setting_flag(self, key: str) -> bool | None:
        """Return a setting that is on or off."""
        return flag(self.config.get(key))

    def phases(self, value: object, digits: int, largest: float, factor: float = 1) -> Phases | None:
        """Read a value for each of the phases that this box has; old firmware has one number, and no list."""
        # The one number of a three-phase charger is that of a phase which is not known.
        listed = value if isinstance(value, list) else [value] * (self.device.phases == 1)
        found = [
            scaled(part, factor, -largest, largest, digits=digits) for part in listed[: self.device.phases]
        ]
        if all(part is None for part in found):
            return None
        first, second, third, *_ = (*found, None, None, None)
        return first, second, third


def _first(key: str, *blocks: Mapping[str, Any]) -> Any:
    return next((each[key] for each in blocks if each.get(key) is not None), None)


def _status(a: LektricoAnswers) -> Status | None:
    """Read the status; a word that is not known falls back to the letter."""
    status = word(state_of(a.info, WORD, LETTER), STATUSES)
    if status is Status.CONNECTED and (flag(a.info.get("charger_is_paused")) or _dynamic_a(a) == 0):
        return Status.PAUSED
    return status


def _plugged_in(a: LektricoAnswers) -> bool | None:
    """Read from the state of IEC 61851 whether a car is there; in states E and F that is not known."""
    return {"A": False, "B": True, "C": True, "D": True}.get(state_of(a.info, LETTER, WORD)[:1])


def _locked(a: LektricoAnswers) -> bool | None:
    """Read the lock: the state shows it at every poll, but for a lock that lets a session end."""
    return True if state_of(a.info, WORD, LETTER) == "LOCKED" else a.setting_flag("charger_locked")


def _phase_mode(a: LektricoAnswers) -> PhaseMode | None:
    """Read how many phases are connected; one that carries a current is, whatever was answered before."""
    mode = PhaseMode.from_wire(relay_mode_from_wire(a.info) or relay_mode_from_wire(a.dynamic))
    return PhaseMode.THREE if mode is PhaseMode.SINGLE and live_phases(a.info) - {1} else mode


def _dynamic_a(a: LektricoAnswers) -> int | None:
    return integer(_first("dynamic_current", a.info, a.dynamic), 0, MAXIMUM_A)


def _total_energy_wh(a: LektricoAnswers) -> float | None:
    return _energy_wh(a.counters if a.is_sparse else a.info, "total_charged_energy", 1000)


def _voltages_v(a: LektricoAnswers) -> Phases | None:
    """Read the voltages; old firmware shows zeros while no car charges."""
    voltages_v = a.phases(a.info.get("voltages", a.info.get("voltage")), 0, _VOLTAGE_V)
    return voltages_v if voltages_v and any(voltages_v) else None


def _whole(answer: Mapping[str, Any], key: str) -> int | None:
    return integer(answer.get(key), 0, _INT_MAX)


def _energy_wh(answer: Mapping[str, Any], key: str, factor: float = 1) -> float | None:
    return scaled(answer.get(key), factor, 0, _ENERGY_WH)


def _celsius(answer: Mapping[str, Any], key: str) -> float | None:
    return number(answer.get(key), -60, 200)


def _requires_authentication(a: LektricoAnswers) -> bool | None:
    headless = flag(_first("headless", a.info, a.config))
    return None if headless is None else not headless


def _meter_connected(a: LektricoAnswers) -> bool | None:
    """Read the link to an energy meter; without energy management there is none that could be lost."""
    offline = flag(block(a.raw, "em_status.get").get("em_offline"))
    return not offline if a.setting_flag("energy_management_enabled") and offline is not None else None


def _balancing_mode(a: LektricoAnswers) -> BalancingMode | None:
    mode = integer(a.config.get("load_balancing_mode"), 0, len(BalancingMode) - 1)
    return None if mode is None else list(BalancingMode)[mode]


def _faults(raw: object) -> frozenset[Fault] | None:
    """Read an answer to Active_errors.Get or Logged_errors.Get; None if it names no error at all."""
    if not isinstance(raw, Mapping) or not raw.keys() & _FAULTS.keys():
        return None
    return frozenset(fault for name, fault in _FAULTS.items() if flag(raw.get(name)))


def _active_faults(a: LektricoAnswers) -> frozenset[Fault] | None:
    return frozenset() if has_active_errors(a.info) is False else _faults(a.raw.get("active_errors.get"))


_wire = Fields[LektricoAnswers]()


@dataclass(frozen=True, slots=True, kw_only=True)
class LektricoState:
    """All answers as one; None is what this box or firmware does not have, or what did not make sense.

    A box is either a charger or an energy meter; what only the other kind has is None.
    """

    is_charger: bool = _wire(lambda a: a.device.is_charger)
    model: str = _wire(lambda a: a.device.model)
    phase_count: int = _wire(lambda a: a.device.phases)
    serial: str = _wire(lambda a: a.device.serial, private=True)
    firmware: str | None = _wire(
        lambda a: firmware_from_wire(a.info or a.meter) or firmware_from_wire(a.raw.get("sw_version.get"))
    )
    board_revision: str | None = _wire(lambda a: text(a.hardware.get("board_revision")))
    wifi_connected: bool | None = _wire(lambda a: flag(a.wifi.get("connected")))
    wifi_signal_dbm: int | None = _wire(lambda a: integer(a.wifi.get("rssi"), -130, 10))

    # A charger
    status: Status | None = _wire(_status)
    plugged_in: bool | None = _wire(_plugged_in)
    paused: bool | None = _wire(lambda a: flag(a.info.get("charger_is_paused")))
    limit_reason: LimitReason | None = _wire(lambda a: limit_reason_of(a.info))
    faults: frozenset[Fault] | None = _wire(_active_faults)
    reports_errors: bool | None = _wire(lambda a: has_active_errors(a.info))
    logged_faults: frozenset[Fault] | None = _wire(lambda a: _faults(a.raw.get("logged_errors.get")))
    power_w: float | None = _wire(lambda a: scaled(a.info.get("instant_power"), 1, -_POWER_W, _POWER_W))
    currents_a: Phases | None = _wire(
        lambda a: a.phases(a.info.get("currents", a.info.get("current")), 2, _CURRENT_A)
    )
    voltages_v: Phases | None = _wire(_voltages_v)
    session_energy_wh: float | None = _wire.counter(
        lambda a: _energy_wh(a.info, "session_energy"), lambda a: a.info
    )
    session_time_s: int | None = _wire(lambda a: _whole(a.info, "charging_time"))
    session_number: int | None = _wire(lambda a: _whole(a.info, "session_id"))
    total_energy_wh: float | None = _wire.counter(
        _total_energy_wh, lambda a: a.counters if a.is_sparse else a.info
    )
    # Whether that is in the answer to every poll.
    counts_life: bool = _wire(lambda a: not a.is_sparse)
    # In whole degrees: its tenths never rest.
    temperature_c: float | None = _wire(lambda a: scaled(a.info.get("temperature"), 1, -60, 200))
    temperature_limit_c: float | None = _wire(lambda a: _celsius(a.hardware, "overtemp_threshold"))
    temperature_critical_c: float | None = _wire(lambda a: _celsius(a.hardware, "critical_temp_threshold"))
    rcd_enabled: bool | None = _wire(lambda a: flag(a.hardware.get("rcd_enabled")))

    offered_current_a: float | None = _wire(lambda a: number(a.info.get("pwm_current"), 0, MAXIMUM_A))
    install_current_a: int | None = _wire(
        lambda a: integer(_first("install_current", a.info, a.config), MINIMUM_A, MAXIMUM_A)
    )
    user_current_a: int | None = _wire(lambda a: a.limit_a("user_current", a.config, a.info))
    dynamic_current_a: int | None = _wire(_dynamic_a)
    meter_current_a: int | None = _wire(lambda a: a.limit_a("em_current", a.info))
    cable_current_a: int | None = _wire(lambda a: a.limit_a("cable_current"))
    system_max_current_a: int | None = _wire(lambda a: a.limit_a("system_max_current"))
    schedule_current_a: int | None = _wire(lambda a: a.limit_a("schedule_current"))
    ocpp_current_a: int | None = _wire(lambda a: a.limit_a("ocpp_current"))
    phase_mode: PhaseMode | None = _wire(_phase_mode)
    meter_connected: bool | None = _wire(_meter_connected)

    total_time_min: float | None = _wire.counter(
        lambda a: _whole(a.counters, "total_charged_time"), lambda a: a.counters, _MINUTES
    )
    total_sessions: float | None = _wire.counter(
        lambda a: _whole(a.counters, "total_charged_sessions"), lambda a: a.counters, _MINUTES
    )
    restarts: int | None = _wire(lambda a: _whole(a.counters, "reset_counter"))
    week: tuple[WeekSlot, ...] | None = _wire(
        lambda a: None if a.intervals is None else week_from_intervals(a.intervals)
    )
    schedule_intervals: int | None = _wire(lambda a: None if a.intervals is None else len(a.intervals))

    requires_authentication: bool | None = _wire(_requires_authentication)
    locked: bool | None = _wire(_locked)
    led_brightness_percent: int | None = _wire(
        lambda a: integer(_first("led_max_brightness", a.info, a.config), 0, 100)
    )
    led_dimming_delay_s: int | None = _wire(lambda a: _whole(a.config, "led_dimming_delay"))
    has_led_template: bool = _wire(lambda a: "led_template" in a.config)
    led_template_enabled: bool | None = _wire(lambda a: a.setting_flag("led_template_enabled"))
    led_template: tuple[Rgb, ...] | None = _wire(
        lambda a: led_template_from_wire(a.config.get("led_template"))
    )
    precise_pwm: bool | None = _wire(lambda a: a.setting_flag("precise_pwm_mode"))
    schedule_enabled: bool | None = _wire(lambda a: a.setting_flag("charging_schedule_enabled"))
    energy_management_enabled: bool | None = _wire(lambda a: a.setting_flag("energy_management_enabled"))
    auto_update: bool | None = _wire(lambda a: a.setting_flag("auto_update"))
    connected_phase: int | None = _wire(lambda a: integer(a.config.get("connected_phase"), 1, 3))
    gmt_offset_h: int | None = _wire(lambda a: integer(a.config.get("gmt_offset"), -12, 12))
    # Empty where it was never set.
    alias: str | None = _wire(
        lambda a: text(a.config["charger_alias"]) or "" if "charger_alias" in a.config else None, private=True
    )

    # An energy meter
    mains_currents_a: Phases | None = _wire(lambda a: a.phases(a.meter.get("current"), 2, _CURRENT_A))
    mains_voltages_v: Phases | None = _wire(lambda a: a.phases(a.meter.get("voltage"), 0, _VOLTAGE_V))
    mains_powers_w: Phases | None = _wire(lambda a: a.phases(a.meter.get("active_p"), 0, _POWER_W))
    power_factors_percent: Phases | None = _wire(
        lambda a: a.phases(a.meter.get("power_factor"), 0, 100, factor=100)
    )
    breaker_rating_a: int | None = _wire(lambda a: integer(a.config.get("breaker_rating"), 1, 1000))
    balancing_mode: BalancingMode | None = _wire(_balancing_mode)
    meter_type: str | None = _wire(lambda a: text(a.config.get("lb_meter_type")))
    pv_minimum_current_a: int | None = _wire(lambda a: a.limit_a("lb_pv_minimum_current", a.config))
    hybrid_current_a: int | None = _wire(lambda a: a.limit_a("lb_hybrid_current", a.config))
    meter_offline_current_a: int | None = _wire(lambda a: a.limit_a("lb_meter_offline_current", a.config))
    car_minimum_current_a: int | None = _wire(lambda a: a.limit_a("car_minimum_current", a.config))
    reverse_current: bool | None = _wire(lambda a: a.setting_flag("reverse_current"))
    green_single_phase: bool | None = _wire(lambda a: a.setting_flag("green_forced_single_phase"))
    hybrid_single_phase: bool | None = _wire(lambda a: a.setting_flag("hybrid_forced_single_phase"))

    @property
    def charging(self) -> bool | None:
        """Return whether a car charges; None: not known."""
        return None if self.status is None else self.status is Status.CHARGING

    @property
    def allows_charging(self) -> bool | None:
        """Return whether a car may charge: it is not paused, nor by a dynamic current of 0; None: not known."""
        if self.paused or self.dynamic_current_a == 0:
            return False
        return None if self.paused is None and self.dynamic_current_a is None else True

    @property
    def counted_energy_wh(self) -> float | None:
        """Return the energy that is read at every poll: of its life, or on firmware 1.23 of the session."""
        return self.total_energy_wh if self.counts_life else self.session_energy_wh

    @property
    def fault(self) -> Fault | None:
        """Return the most serious fault, if there is one."""
        return next((fault for fault in Fault if fault in (self.faults or ())), None)

    @property
    def error(self) -> str | None:
        """Return the most serious fault, "none" if there is none; None: not known, or its name is not."""
        if self.fault is not None or self.faults is None or self.reports_errors:
            return self.fault
        return "none"

    @property
    def has_problem(self) -> bool | None:
        """Return whether something is wrong; None: not known."""
        # An error may have a name that is not known.
        if self.status is Status.FAULT or self.reports_errors:
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
        # 0 is a cable that is not plugged in, and what firmware shows that does not know its cable.
        return min([self.install_current_a, *(amps for amps in others if amps)])

    @property
    def current_limit_a(self) -> int | None:
        """Return the limit that can be set, A per phase: what lies above the maximum has no effect."""
        if self.maximum_a is None or self.dynamic_current_a is None:
            return self.dynamic_current_a
        return min(self.maximum_a, self.dynamic_current_a)

    @property
    def limit_a(self) -> int | None:
        """Return the most that the car may draw, A per phase; 0 while it may not, None: not known.

        A car that charges may: a pause has not taken effect yet, and a lock lets the session end or was opened.
        """
        if (current_limit_a := self.current_limit_a) is None or self.maximum_a is None:
            return None
        if not self.charging and (self.paused or self.locked):
            return 0
        if self.limit_reason is LimitReason.METER and self.meter_current_a is not None:
            return min(current_limit_a, self.meter_current_a)
        return current_limit_a

    @property
    def phases(self) -> tuple[int, ...]:
        """Return which of a charger's conductors it can give to the car."""
        return (1,) if self.phase_count == 1 or self.phase_mode is PhaseMode.SINGLE else (1, 2, 3)


def from_wire(
    device: LektricoDevice, answers: Mapping[str, object], counters: Counters | None = None
) -> LektricoState:
    """Read the last answers, by method; ChargerProtocolError if the answer to every poll is not one of a Lektrico.

    Without the counters of the box, energies are as they were read.
    """
    found = LektricoAnswers(device, answers)
    if not found.info.keys() & {"charger_state", "extended_charger_state"} and "active_p" not in found.meter:
        raise ChargerProtocolError("not a Lektrico")
    return _wire.state(LektricoState, found, counters)


def device_from_id(device_id: object) -> LektricoDevice | None:
    """Return the box with this id; None: it is not the id of a Lektrico."""
    if (found := _DEVICE_ID.fullmatch(device_id) if isinstance(device_id, str) else None) is None:
        return None
    family, serial = found[1].lower(), found[2]
    if family != "m2w":
        return LektricoDevice(model=family.upper(), serial=serial, phases=int(family[0]), is_charger=True)
    model, phases = ("3EM", 3) if serial.startswith("83") else ("EM", 1)
    return LektricoDevice(model=model, serial=serial, phases=phases, is_charger=False)


def device_from_wire(raw: object) -> LektricoDevice:
    """Read an answer to Device_id.Get or Device_info.Get; ChargerProtocolError if it is not one of a Lektrico."""
    if (device := device_from_id(raw.get("device_id")) if isinstance(raw, Mapping) else None) is None:
        raise ChargerProtocolError("not a Lektrico")
    return device


def firmware_from_wire(raw: object) -> str | None:
    """Read the version in an answer to Sw_version.Get, Charger_info.Get or Device_info.Get."""
    return text(raw.get("fw_version")) if isinstance(raw, Mapping) else None


def serial_from_name(name: str) -> str | None:
    """Return the serial in a service name or a host name: Lektrico-1p7k-500006, lektrico-m2w-810172.local."""
    found = _SERIAL_IN_NAME.match(name)
    return found[1] if found else None


def report(raw: object) -> object:
    """Return an answer for a bug report, without what is secret or personal in it."""
    return redacted(raw, _PUBLIC_TEXTS, _PRIVATE)


def led_template_from_wire(value: object) -> tuple[Rgb, ...] | None:
    """Read "red1,green1,blue1,red2 ...", twelve numbers from 0 to 255: top, right, bottom, left."""
    parts = [integer(part, 0, 255) for part in value.split(",")] if isinstance(value, str) else []
    numbers = [part for part in parts if part is not None]
    if len(parts) != len(numbers) or len(numbers) != 3 * len(Segment):
        return None
    return tuple((numbers[at], numbers[at + 1], numbers[at + 2]) for at in range(0, len(numbers), 3))


def led_template_to_wire(template: Sequence[Rgb]) -> str:
    """Return the four colours as App_config.Set takes them."""
    return ",".join(str(part) for rgb in template for part in rgb)
