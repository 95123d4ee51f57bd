"""The state of a PSP EVSE, in amperes, watts and watt-hours, read from the answers of its six resources.

Each key may be missing: firmware 0.5.0 has fewer than 0.9.2, and the document of the vendor mixes three versions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
import re
from typing import Any

from ..counters import Counters
from ..errors import ChargerProtocolError
from ..fields import Fields, KeyedFields
from ..types import Identity, Status
from ..wire import block, flag, integer, mac_digits, number, numbered, redacted, scaled, text
from .registers import Known, Register, registers

STATUS, CONFIG, INFO, METER1, METER2 = "Status", "SystemConfig", "SystemInfo", "Meter1", "Meter2"

# IEC 61851 has no current below 6 A; 6 and 32 A are the extremes in the vendor's examples. Not known: the range.
MINIMUM_A, MAXIMUM_A = 6.0, 32.0
# The most that a house is supplied with. Not known: the ranges of the limits for it.
SUPPLY_MAXIMUM_A, SUPPLY_MAXIMUM_W = 100.0, 100_000.0
# Not known: by which voltage it converts a power into a current; taken to be the nominal one.
WATTS_PER_AMPERE = 230.0
# With less than this for each phase, the charger cannot offer its minimum.
_MINIMUM_W = MINIMUM_A * WATTS_PER_AMPERE

# Wider than any house, so that only nonsense falls outside.
_MOST_A = 2000.0
_MOST_W = 1_000_000.0
_MOST_WH = 1e9
_MOST_S = 1e9


class Stage(StrEnum):
    """The state of the controller, which follows the IEC 61851 states; the order on the wire is another."""

    WAITING = "waiting"
    IDLE = "idle"
    CONNECTED = "connected"
    CHARGING = "charging"
    CHARGING_VENTILATED = "charging_ventilated"
    FAULT = "fault"


class Fault(StrEnum):
    """The fault that the controller reports."""

    NONE = "none"
    RELAY = "relay"
    EMERGENCY_STOP = "emergency_stop"
    CAR_DIODE = "car_diode"
    PILOT = "pilot"
    GENERAL = "general"
    CABLE = "cable"
    LOCK = "lock"


class ChargerMode(StrEnum):
    """Whether the cable is fixed to the charger."""

    TETHERED = "tethered"
    SOCKET = "socket"


class LockMethod(StrEnum):
    """The kind of lock in the socket."""

    SOLENOID = "solenoid"
    SERVOMOTOR = "servomotor"


class ControlStrategy(StrEnum):
    """Whether the power is limited by the readings of the control meter."""

    OFF = "off"
    LIMIT_POWER = "limit_power"


class MeterType(StrEnum):
    """The type of a meter, and how it is read: by Modbus, or by IP through the vendor's bridge."""

    NONE = "none"
    MODBUS_SDM72D_M = "modbus_sdm72d_m"
    MODBUS_NMID30_2 = "modbus_nmid30_2"
    MODBUS_SDM120M = "modbus_sdm120m"
    IP_SDM72D_M = "ip_sdm72d_m"
    IP_NMID30_2 = "ip_nmid30_2"
    IP_SDM120M = "ip_sdm120m"
    REMOTE_CONTROL = "remote_control"

    @property
    def needs_address(self) -> bool:
        """Return whether the controller accepts it only together with an address."""
        return self.startswith("ip_") or self is MeterType.REMOTE_CONTROL


# By the number of the state, which contains the fault.
_STAGES: tuple[tuple[Stage | None, Fault | None], ...] = (
    (Stage.WAITING, Fault.NONE),
    (Stage.IDLE, Fault.NONE),
    (Stage.FAULT, Fault.RELAY),
    (Stage.FAULT, Fault.EMERGENCY_STOP),
    (Stage.CONNECTED, Fault.NONE),
    (Stage.CHARGING, Fault.NONE),
    (Stage.CHARGING_VENTILATED, Fault.NONE),
    *((Stage.FAULT, fault) for fault in tuple(Fault)[3:]),
)
# Status, plugged in and charging by stage. WAITING may be anything, and a fault hides whether there is a car.
_MEANINGS: dict[Stage | None, tuple[Status | None, bool | None, bool | None]] = {
    Stage.IDLE: (Status.DISCONNECTED, False, False),
    Stage.CONNECTED: (Status.CONNECTED, True, False),
    Stage.CHARGING: (Status.CHARGING, True, True),
    Stage.CHARGING_VENTILATED: (Status.CHARGING, True, True),
    Stage.FAULT: (Status.FAULT, None, False),
}
_PUBLIC_TEXTS = frozenset(
    {"SystemVersion", "ActualDuration", "ProductType", "HeapInfo", "GeneralInfo", "OTAMsg"}
    | {"Desc", "DataStatus"}
)
_PRIVATE = frozenset({"WiFiInfo", "MAC", "Meter1Ip", "Meter2Ip"})

# "hh:mm:ss" in the document's table, "00h:00m:00s" in its example.
_DURATION = re.compile(r"(\d{1,5})h?:(\d{1,2})m?:(\d{1,2})s?")
# The name of the network, which comes first, may contain colons and commas.
_QUALITY = re.compile(r"[:/](\d{1,3})%$")
_SIGNAL = re.compile(r"RSSI:(-?\d{1,3})dB/\d{1,3}%$")
_HEAP = re.compile(r"0x[0-9A-Fa-f]{1,8}(?:/0x[0-9A-Fa-f]{1,8})?")


def _found(pattern: re.Pattern[str], value: object, high: int) -> int | None:
    found = pattern.search(text(value) or "")
    return None if found is None else integer(found[1], -130, high)


def _heap(value: object) -> str | None:
    heap = text(value, 32)
    return heap if heap and _HEAP.fullmatch(heap) else None


class _Answers:
    """The last answers by resource, and what several fields depend on."""

    def __init__(
        self,
        answers: Mapping[str, Any],
        started_at: datetime | None,
        known: Mapping[str, Known],
        counters: Counters | None,
    ) -> None:
        self.of = {resource: block(answers, resource) for resource in (STATUS, CONFIG, INFO)}
        self.meter1, self.meter2 = (
            registers(answers.get(meter), meter, known[meter], counters) for meter in (METER1, METER2)
        )
        self.started_at = started_at
        self.stage, self.fault = numbered(_STAGES, self.of[STATUS].get("EvseState")) or (None, None)
        self.status, self.plugged_in, self.charging = _MEANINGS.get(self.stage, (None, None, None))
        three_phases = flag(self.of[STATUS].get("ThreePhaseCharging"))
        self.phases = None if three_phases is None else 3 if three_phases else 1
        self.available_w = _watts(self.of[STATUS].get("ActualPowerAvailable"))
        self.meter2_type = numbered(MeterType, self.of[CONFIG].get("Meter2Type"))
        self.paused_by_power = _paused_by_power(self.meter2_type, self.available_w)


def _paused_by_power(meter2_type: MeterType | None, available_w: float | None) -> bool:
    """Return whether it is paused by a supervisor: 0 W from one is no lack of power."""
    return meter2_type is MeterType.REMOTE_CONTROL and available_w == 0


_wire = Fields[_Answers]()


def _in(resource: str, *keys: str) -> KeyedFields[_Answers]:
    return KeyedFields(_wire, lambda answers: answers.of[resource], keys)


# By two of their keys, an answer is known to be of a resource.
_status = _in(
    STATUS,
    *("EvseState", "ThreePhaseCharging", "ActualDuration", "ActualPowerAvailable"),
    *("ActualCurrent", "ActualPower"),
)
_config, _info = _in(CONFIG, "Meter2Type"), _in(INFO)


def _status_of(answers: _Answers) -> Status | None:
    if answers.stage is not Stage.CONNECTED:
        return answers.status
    if answers.paused_by_power or flag(answers.of[STATUS].get("ChargerStarted")) is False:
        return Status.PAUSED
    if answers.available_w is not None and answers.available_w < _MINIMUM_W * (answers.phases or 1):
        return Status.WAITING_FOR_POWER
    return Status.CONNECTED


def _session_duration_s(answers: _Answers) -> float | None:
    """Return the time of the session in whole minutes, so that an idle car does not change the state at every poll."""
    status = answers.of[STATUS]
    seconds = number(status.get("ActualDurationTotalSeconds"), 0, _MOST_S)
    if seconds is None and (found := _DURATION.fullmatch(text(status.get("ActualDuration")) or "")):
        seconds = int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])
    return None if seconds is None else seconds // 60 * 60


def _firmware(answers: _Answers) -> str | None:
    versions = (text(answers.of[resource].get("SystemVersion")) for resource in (STATUS, INFO))
    return next(filter(None, versions), None)


def _drawn(answers: _Answers, key: str, *, digits: int = 0) -> float | None:
    """Read what a car draws: nothing before it charges, when the vendor's example shows what is offered.

    A fault may be a relay that does not open.
    """
    drawn = scaled(answers.of[STATUS].get(key), 1, -_MOST_W, _MOST_W, digits=digits)
    return 0.0 if drawn is not None and answers.stage in (Stage.IDLE, Stage.CONNECTED) else drawn


def _current_a(answers: _Answers) -> float | None:
    return number(_drawn(answers, "ActualCurrent", digits=1), 0, _MOST_A)


def _amperes(value: object) -> float | None:
    return number(value, 0, _MOST_A)


def _watts(value: object) -> float | None:
    return scaled(value, 1, 0, _MOST_W)


def _errors(value: object) -> int | None:
    return integer(value, 0, 2**32)


def _quality_percent(value: object) -> int | None:
    """Return the quality of the Wi-Fi in steps of 5 %, because it varies with every answer."""
    quality = _found(_QUALITY, value, 100)
    return None if quality is None else 5 * round(quality / 5)


@dataclass(frozen=True, kw_only=True)
class PspState:
    """One snapshot; a field is None where the controller does not send it."""

    firmware: str | None = _wire(_firmware)
    product_type: str | None = _info("ProductType", lambda v: text(v, 32))
    mac: str | None = _info("MAC", mac_digits, private=True)
    started_at: datetime | None = _wire(lambda a: a.started_at)

    status: Status | None = _wire(_status_of)
    stage: Stage | None = _wire(lambda a: a.stage)
    fault: Fault | None = _wire(lambda a: a.fault)
    plugged_in: bool | None = _wire(lambda a: a.plugged_in)
    charging: bool | None = _wire(lambda a: a.charging)
    phases: int | None = _wire(lambda a: a.phases)
    current_a: float | None = _wire(_current_a)
    cable_limit_a: float | None = _status("PPCodedCurrent", lambda v: number(v, MINIMUM_A, _MOST_A))
    power_w: float | None = _wire(lambda a: _drawn(a, "ActualPower"))
    available_power_w: float | None = _wire(lambda a: a.available_w)
    # In Ws on the wire.
    session_energy_wh: float | None = _status.counter(
        "ActualEnergy", lambda v: scaled(v, 1 / 3600, 0, _MOST_WH)
    )
    session_duration_s: float | None = _wire(_session_duration_s)
    auto_start_allowed: bool | None = _status("AutoStartAllowed", flag)
    start_stop_allowed: bool | None = _status("StartStopAllowed", flag)
    boost_allowed: bool | None = _status("BoostAllowed", flag)
    session_started: bool | None = _status("ChargerStarted", flag)
    boosted: bool | None = _status("ChargeBoosted", flag)
    meter1_errors: int | None = _status("Meter1Status", _errors)
    meter2_errors: int | None = _status("Meter2Status", _errors)
    wifi_quality_percent: int | None = _status("WiFiInfo", _quality_percent)
    wifi_signal_dbm: int | None = _info("WiFiInfo", lambda v: _found(_SIGNAL, v, 10))

    charger_mode: ChargerMode | None = _config("ChargerMode", lambda v: numbered(ChargerMode, v))
    lock_method: LockMethod | None = _config("LockMethod", lambda v: numbered(LockMethod, v))
    charge_current_a: float | None = _config("ChargeCurrent", _amperes)
    boost_current_a: float | None = _config("ChargeCurrentBoost", _amperes)
    meter1_type: MeterType | None = _config("Meter1Type", lambda v: numbered(MeterType, v))
    meter1_address: str | None = _config("Meter1Ip", lambda v: text(v, 15), private=True)
    meter2_type: MeterType | None = _wire(lambda a: a.meter2_type)
    meter2_address: str | None = _config("Meter2Ip", lambda v: text(v, 15), private=True)
    phase_current_limit_a: float | None = _config("PhaseCurrentLimit", _amperes)
    control_strategy: ControlStrategy | None = _config(
        "ControlStrategy", lambda v: numbered(ControlStrategy, v)
    )
    control_limit_w: float | None = _config("ControlLimit", lambda v: number(v, 0, _MOST_W))
    auto_start: bool | None = _config("ChargeAutoStart", flag)
    three_phase: bool | None = _config("Charge3Phase", flag)

    heap: str | None = _info("HeapInfo", _heap)
    condition: str | None = _info("GeneralInfo", text)
    update_message: str | None = _info("OTAMsg", text)
    update_check_allowed: bool | None = _info("OTACheckAllowed", flag)
    update_allowed: bool | None = _info("OTAUpdateAllowed", flag)

    meter1: tuple[Register, ...] = _wire(lambda a: a.meter1)
    meter2: tuple[Register, ...] = _wire(lambda a: a.meter2)

    @property
    def identity(self) -> Identity:
        """Return which controller this is; its MAC address is its only serial number."""
        return Identity(
            model="PSP EVSE v1.0" + (f" ({self.product_type})" if self.product_type else ""),
            serial=None if self.mac is None else self.mac.lower(),
            firmware=self.firmware,
            mac=None if self.mac is None else ":".join(re.findall("..", self.mac.lower())),
        )

    @property
    def maximum_a(self) -> float:
        """Return the maximum limit, A per phase: what the cable carries, up to the 32 A of the product."""
        return min(self.cable_limit_a or MAXIMUM_A, MAXIMUM_A)

    @property
    def limit_a(self) -> float | None:
        """Return what the car may draw during a session, A per phase: the charge current, or in a boost its current.

        Where it is not known whether it is boosted, the higher of the two; with a supervisor, no more than its power
        allows, and 0 below the minimum.
        """
        if self.boosted is None:
            limits = [self.charge_current_a, self.boost_current_a]
        else:
            limits = [self.boost_current_a if self.boosted else self.charge_current_a]
        known = [limit for limit in limits if limit is not None]
        if len(known) != len(limits):
            return None
        limit_a = min(max(known), self.maximum_a)
        if not self.is_supervised or self.available_power_w is None:
            return limit_a
        supervisor_a = self.available_power_w / WATTS_PER_AMPERE / (self.phases or 1)
        return min(limit_a, round(supervisor_a, 1)) if supervisor_a >= MINIMUM_A else 0.0

    @property
    def allows_charging(self) -> bool | None:
        """Return whether a car may charge: its session is started, or begins by itself; None: not known."""
        if self.paused_by_power:
            return False
        if self.plugged_in is False and self.auto_start:
            return True
        may_begin = self.plugged_in is not True and self.auto_start is not False
        return None if may_begin and self.session_started is False else self.session_started

    @property
    def paused_by_power(self) -> bool:
        """Return whether its supervisor has paused it with 0 W."""
        return _paused_by_power(self.meter2_type, self.available_power_w)

    @property
    def is_supervised(self) -> bool:
        """Return whether it takes its available power from a supervisor."""
        return self.meter2_type is MeterType.REMOTE_CONTROL


def check(resource: str, raw: object) -> Mapping[str, Any]:
    """Return an answer of Status, SystemConfig or SystemInfo; ChargerProtocolError if it is of another product."""
    keys = {STATUS: _status, CONFIG: _config, INFO: _info}[resource].keys
    if not isinstance(raw, Mapping) or len(keys & raw.keys()) < 2:
        raise ChargerProtocolError("not a PSP EVSE")
    return raw


def has_meter(config: Mapping[str, Any], resource: str) -> bool:
    """Return whether Meter1 or Meter2 has registers to read; so has one of an unknown type."""
    type_ = integer(config.get(f"{resource}Type"), 0, 255)
    return type_ is not None and numbered(MeterType, type_) not in (MeterType.NONE, MeterType.REMOTE_CONTROL)


def uptime_s(raw: Mapping[str, Any]) -> float | None:
    """Return the time since the start of the controller in s; each answer has it in milliseconds."""
    return scaled(raw.get("TimeStamp"), 0.001, 0, _MOST_S, digits=3)


def report(raw: object) -> object:
    """Return an answer for a bug report, without what is secret or personal in it."""
    return redacted(raw, _PUBLIC_TEXTS, _PRIVATE)


def from_wire(
    answers: Mapping[str, Any],
    started_at: datetime | None,
    known: Mapping[str, Known] | None = None,
    counters: Counters | None = None,
) -> PspState:
    """Return one snapshot of the last answers, by resource; what was not read is unknown.

    `known`: the registers of each meter in earlier answers, to which new ones are added. Without the counters of the
    controller, energies are as they were read.
    """
    known = {METER1: Known(), METER2: Known()} if known is None else known
    return _wire.state(PspState, _Answers(answers, started_at, known, counters), counters)
