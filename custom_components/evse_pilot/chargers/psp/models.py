"""What the six resources of a PSP EVSE say, in amperes, watts and watt-hours.

The only place that knows their wire names, units and odd values. Each key may be missing: firmware 0.5.0 has fewer
than 0.9.2, and the vendor's document has three versions in one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
import re
from typing import Any

from ..errors import ChargerProtocolError
from ..fields import Fields
from ..types import Identity, Status
from ..wire import block, flag, integer, number, redacted, scaled, text
from .registers import Register, registers

STATUS, CONFIG, INFO, METER1, METER2 = "Status", "SystemConfig", "SystemInfo", "Meter1", "Meter2"

# IEC 61851 knows no current below 6 A; 6 and 32 A are the ends in the vendor's own examples, which state no range.
MINIMUM_A, MAXIMUM_A = 6.0, 32.0
# What a house is supplied with at most: of its limits, the guide states no ranges either.
SUPPLY_MAXIMUM_A, SUPPLY_MAXIMUM_W = 100.0, 100_000.0
# Not known: by which voltage it makes a current of a power; taken to be the nominal one.
WATTS_PER_AMPERE = 230.0
# Below so much a phase, the charger cannot offer its minimum.
_MINIMUM_W = MINIMUM_A * WATTS_PER_AMPERE

# Wider than any house, so that only nonsense falls outside.
_CURRENT_A = 2000.0
_POWER_W = 1_000_000.0
_ENERGY_WH = 1e9
_UPTIME_S = 1e9


class Stage(StrEnum):
    """Where the controller is in its state machine around the IEC 61851 states; the wire counts otherwise."""

    WAITING = "waiting"
    IDLE = "idle"
    CONNECTED = "connected"
    CHARGING = "charging"
    CHARGING_VENTILATED = "charging_ventilated"
    FAULT = "fault"


class Fault(StrEnum):
    """What the controller complains about."""

    NONE = "none"
    RELAY = "relay"
    EMERGENCY_STOP = "emergency_stop"
    CAR_DIODE = "car_diode"
    PILOT = "pilot"
    GENERAL = "general"
    CABLE = "cable"
    LOCK = "lock"


class ChargerMode(StrEnum):
    """What the car is connected by."""

    TETHERED = "tethered"
    SOCKET = "socket"


class LockMethod(StrEnum):
    """What locks the plug into the socket."""

    SOLENOID = "solenoid"
    SERVOMOTOR = "servomotor"


class ControlStrategy(StrEnum):
    """Whether the power is limited by what the control meter sees."""

    OFF = "off"
    LIMIT_POWER = "limit_power"


class MeterType(StrEnum):
    """Which meter there is, and how it is read: by Modbus, or by IP through the vendor's bridge."""

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


_STAGES: dict[int, tuple[Stage | None, Fault | None]] = {
    0: (Stage.WAITING, Fault.NONE),
    1: (Stage.IDLE, Fault.NONE),
    2: (Stage.FAULT, Fault.RELAY),
    3: (Stage.FAULT, Fault.EMERGENCY_STOP),
    4: (Stage.CONNECTED, Fault.NONE),
    5: (Stage.CHARGING, Fault.NONE),
    6: (Stage.CHARGING_VENTILATED, Fault.NONE),
    7: (Stage.FAULT, Fault.CAR_DIODE),
    8: (Stage.FAULT, Fault.PILOT),
    9: (Stage.FAULT, Fault.GENERAL),
    10: (Stage.FAULT, Fault.CABLE),
    11: (Stage.FAULT, Fault.LOCK),
}
# Status, plugged in and charging by stage. WAITING may be anything, and a fault hides whether there is a car.
_MEANINGS: dict[Stage | None, tuple[Status | None, bool | None, bool | None]] = {
    Stage.IDLE: (Status.DISCONNECTED, False, False),
    Stage.CONNECTED: (Status.CONNECTED, True, False),
    Stage.CHARGING: (Status.CHARGING, True, True),
    Stage.CHARGING_VENTILATED: (Status.CHARGING, True, True),
    Stage.FAULT: (Status.FAULT, None, False),
}
# By two of these an answer is known to be one; any of them may be missing.
_KEYS = {
    STATUS: frozenset(
        {"EvseState", "ThreePhaseCharging", "ActualCurrent", "ActualPower", "ActualEnergy", "ActualDuration"}
        | {"AutoStartAllowed", "StartStopAllowed", "BoostAllowed", "ChargerStarted", "ChargeBoosted"}
    ),
    CONFIG: frozenset(
        {"ChargerMode", "LockMethod", "ChargeCurrent", "ChargeCurrentBoost", "Meter1Type", "Meter2Type"}
        | {"PhaseCurrentLimit", "ControlStrategy", "ControlLimit", "ChargeAutoStart", "Charge3Phase"}
    ),
    INFO: frozenset(
        {"ProductType", "MAC", "HeapInfo", "GeneralInfo", "OTAMsg", "OTACheckAllowed", "OTAUpdateAllowed"}
    ),
}

_PUBLIC_TEXTS = frozenset(
    {
        "SystemVersion",
        "ActualDuration",
        "ProductType",
        "HeapInfo",
        "GeneralInfo",
        "OTAMsg",
        "Desc",
        "DataStatus",
    }
)
_PRIVATE = frozenset({"WiFiInfo", "MAC", "Meter1Ip", "Meter2Ip"})

# "hh:mm:ss" in the document's table, "00h:00m:00s" in its example.
_DURATION = re.compile(r"(\d{1,5})h?:(\d{1,2})m?:(\d{1,2})s?")
# The name of the network before it may hold a colon or a comma of its own.
_QUALITY = re.compile(r"[:/](\d{1,3})%$")
_SIGNAL = re.compile(r"RSSI:(-?\d{1,3})dB/\d{1,3}%$")
_HEAP = re.compile(r"0x[0-9A-Fa-f]{1,8}(?:/0x[0-9A-Fa-f]{1,8})?")
_MAC = re.compile(r"(?!0{12}|F{12})[0-9A-F]{12}")


class _Answers:
    """The last answers by resource, empty where one was not read, and what several fields depend on."""

    def __init__(self, answers: Mapping[str, Any], started_at: datetime | None) -> None:
        self.status, self.config, self.info = (block(answers, name) for name in (STATUS, CONFIG, INFO))
        self.meter1, self.meter2 = answers.get(METER1), answers.get(METER2)
        self.started_at = started_at
        self.stage, self.fault = _STAGES.get(_index(self.status.get("EvseState")), (None, None))
        self.stage_status, self.plugged_in, self.charging = _MEANINGS.get(self.stage, (None, None, None))
        self.session_started = flag(self.status.get("ChargerStarted"))
        self.available_w = scaled(self.status.get("ActualPowerAvailable"), 1, 0, _POWER_W)
        self.meter2_type = choice(MeterType, self.config.get("Meter2Type"))
        three_phases = flag(self.status.get("ThreePhaseCharging"))
        self.phases = None if three_phases is None else 3 if three_phases else 1


def _status(answers: _Answers) -> Status | None:
    if answers.stage is not Stage.CONNECTED:
        return answers.stage_status
    # 0 W from a supervisor is a pause, not a lack of power.
    held = answers.meter2_type is MeterType.REMOTE_CONTROL and answers.available_w == 0
    if held or answers.session_started is False:
        return Status.PAUSED
    if answers.available_w is not None and answers.available_w < _MINIMUM_W * (answers.phases or 1):
        return Status.WAITING_FOR_POWER
    return Status.CONNECTED


def _session_duration_s(answers: _Answers) -> float | None:
    """Return the time of the session in whole minutes, so that an idle car does not change the state at every poll."""
    seconds = number(answers.status.get("ActualDurationTotalSeconds"), 0, _UPTIME_S)
    if seconds is None and (found := _DURATION.fullmatch(text(answers.status.get("ActualDuration")) or "")):
        seconds = int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])
    return None if seconds is None else seconds // 60 * 60


def _wifi_quality_percent(answers: _Answers) -> int | None:
    """Return the quality in steps of 5 %, because it varies with every answer."""
    quality = _found(_QUALITY, answers.status.get("WiFiInfo"), 100)
    return None if quality is None else 5 * round(quality / 5)


wire = Fields[_Answers]()


@dataclass(frozen=True, kw_only=True)
class PspState:
    """One snapshot; a field is None where the controller does not send it."""

    firmware: str | None = wire(
        lambda a: text(a.status.get("SystemVersion")) or text(a.info.get("SystemVersion"))
    )
    product_type: str | None = wire(lambda a: text(a.info.get("ProductType"), 32))
    mac: str | None = wire(lambda a: _mac(a.info.get("MAC")), private=True)
    started_at: datetime | None = wire(lambda a: a.started_at)

    status: Status | None = wire(_status)
    stage: Stage | None = wire(lambda a: a.stage)
    fault: Fault | None = wire(lambda a: a.fault)
    plugged_in: bool | None = wire(lambda a: a.plugged_in)
    charging: bool | None = wire(lambda a: a.charging)
    phases: int | None = wire(lambda a: a.phases)
    current_a: float | None = wire(
        lambda a: scaled(a.status.get("ActualCurrent"), 1, 0, _CURRENT_A, digits=1)
    )
    cable_limit_a: float | None = wire(
        lambda a: number(a.status.get("PPCodedCurrent"), MINIMUM_A, _CURRENT_A)
    )
    power_w: float | None = wire(lambda a: scaled(a.status.get("ActualPower"), 1, -_POWER_W, _POWER_W))
    available_power_w: float | None = wire(lambda a: a.available_w)
    # In Ws on the wire.
    session_energy_wh: float | None = wire(
        lambda a: scaled(a.status.get("ActualEnergy"), 1 / 3600, 0, _ENERGY_WH)
    )
    session_duration_s: float | None = wire(_session_duration_s)
    auto_start_allowed: bool | None = wire(lambda a: flag(a.status.get("AutoStartAllowed")))
    start_stop_allowed: bool | None = wire(lambda a: flag(a.status.get("StartStopAllowed")))
    boost_allowed: bool | None = wire(lambda a: flag(a.status.get("BoostAllowed")))
    session_started: bool | None = wire(lambda a: a.session_started)
    boosted: bool | None = wire(lambda a: flag(a.status.get("ChargeBoosted")))
    meter1_errors: int | None = wire(lambda a: integer(a.status.get("Meter1Status"), 0, 2**32))
    meter2_errors: int | None = wire(lambda a: integer(a.status.get("Meter2Status"), 0, 2**32))
    wifi_quality_percent: int | None = wire(_wifi_quality_percent)
    wifi_signal_dbm: int | None = wire(lambda a: _found(_SIGNAL, a.info.get("WiFiInfo"), 10))

    charger_mode: ChargerMode | None = wire(lambda a: choice(ChargerMode, a.config.get("ChargerMode")))
    lock_method: LockMethod | None = wire(lambda a: choice(LockMethod, a.config.get("LockMethod")))
    charge_current_a: float | None = wire(lambda a: number(a.config.get("ChargeCurrent"), 0, _CURRENT_A))
    boost_current_a: float | None = wire(lambda a: number(a.config.get("ChargeCurrentBoost"), 0, _CURRENT_A))
    meter1_type: MeterType | None = wire(lambda a: choice(MeterType, a.config.get("Meter1Type")))
    meter1_address: str | None = wire(lambda a: text(a.config.get("Meter1Ip"), 15), private=True)
    meter2_type: MeterType | None = wire(lambda a: a.meter2_type)
    meter2_address: str | None = wire(lambda a: text(a.config.get("Meter2Ip"), 15), private=True)
    phase_current_limit_a: float | None = wire(
        lambda a: number(a.config.get("PhaseCurrentLimit"), 0, _CURRENT_A)
    )
    control_strategy: ControlStrategy | None = wire(
        lambda a: choice(ControlStrategy, a.config.get("ControlStrategy"))
    )
    control_limit_w: float | None = wire(lambda a: number(a.config.get("ControlLimit"), 0, _POWER_W))
    auto_start: bool | None = wire(lambda a: flag(a.config.get("ChargeAutoStart")))
    three_phase: bool | None = wire(lambda a: flag(a.config.get("Charge3Phase")))

    heap: str | None = wire(lambda a: _heap(a.info.get("HeapInfo")))
    condition: str | None = wire(lambda a: text(a.info.get("GeneralInfo")))
    update_message: str | None = wire(lambda a: text(a.info.get("OTAMsg")))
    update_check_allowed: bool | None = wire(lambda a: flag(a.info.get("OTACheckAllowed")))
    update_allowed: bool | None = wire(lambda a: flag(a.info.get("OTAUpdateAllowed")))

    meter1: tuple[Register, ...] = wire(lambda a: registers(a.meter1))
    meter2: tuple[Register, ...] = wire(lambda a: registers(a.meter2))

    @property
    def identity(self) -> Identity:
        """Return which controller this is; it has no serial number but its address on the network."""
        return Identity(
            model="PSP EVSE v1.0" + (f" ({self.product_type})" if self.product_type else ""),
            serial=None if self.mac is None else self.mac.lower(),
            firmware=self.firmware,
            mac=None if self.mac is None else ":".join(re.findall("..", self.mac.lower())),
        )

    @property
    def maximum_a(self) -> float:
        """Return the most that a car may be given, A per phase: what the cable carries, up to the product's 32 A."""
        return min(self.cable_limit_a or MAXIMUM_A, MAXIMUM_A)

    @property
    def limit_a(self) -> float | None:
        """Return what the car may draw while a session runs, A per phase; while it is boosted, the boost current.

        Where it is not told whether it is boosted, the higher of the two; where it obeys a supervisor, no more than
        the power that he has told, and nothing below the minimum.
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
        told_a = self.available_power_w / WATTS_PER_AMPERE / (self.phases or 1)
        return min(limit_a, round(told_a, 1)) if told_a >= MINIMUM_A else 0.0

    @property
    def allows_charging(self) -> bool | None:
        """Return whether a car may charge: its session is started, or begins by itself with the plug."""
        return True if self.plugged_in is False and self.auto_start else self.session_started

    @property
    def is_supervised(self) -> bool:
        """Return whether it is told its power from outside, by whomever."""
        return self.meter2_type is MeterType.REMOTE_CONTROL


def check(resource: str, raw: object) -> Mapping[str, Any]:
    """Return an answer of Status, SystemConfig or SystemInfo; ChargerProtocolError if it is none."""
    if not isinstance(raw, Mapping) or len(_KEYS[resource] & raw.keys()) < 2:
        raise ChargerProtocolError("not a PSP EVSE")
    return raw


def has_meter(config: Mapping[str, Any], resource: str) -> bool:
    """Return whether Meter1 or Meter2 has registers to read; so has one of an unknown type."""
    type_ = integer(config.get(f"{resource}Type"), 0, 255)
    return type_ is not None and choice(MeterType, type_) not in (MeterType.NONE, MeterType.REMOTE_CONTROL)


def uptime_s(raw: Mapping[str, Any]) -> float | None:
    """Return for how long the controller has been up, which each answer tells in milliseconds."""
    return scaled(raw.get("TimeStamp"), 0.001, 0, _UPTIME_S, digits=3)


def report(raw: object) -> object:
    """Return an answer for a bug report, without what is secret or personal in it."""
    return redacted(raw, _PUBLIC_TEXTS, _PRIVATE)


def from_wire(answers: Mapping[str, Any], started_at: datetime | None) -> PspState:
    """Return one snapshot of the last answers, by resource; what was not read is unknown."""
    return wire.state(PspState, _Answers(answers, started_at))


def choice[E: StrEnum](words: type[E], value: object) -> E | None:
    """Return the word that has this number on the wire, which counts them from 0; None for a number without one."""
    return dict(enumerate(words)).get(_index(value))


def _index(value: object) -> int:
    """Return a small whole number for a table; -1, which no table has, if it is none."""
    result = integer(value, 0, 255)
    return -1 if result is None else result


def _found(pattern: re.Pattern[str], value: object, high: int) -> int | None:
    found = pattern.search(text(value) or "")
    return None if found is None else integer(found[1], -130, high)


def _heap(value: object) -> str | None:
    heap = text(value, 32)
    return heap if heap and _HEAP.fullmatch(heap) else None


def _mac(value: object) -> str | None:
    digits = re.sub(r"[:.-]", "", text(value) or "").upper()
    return digits if _MAC.fullmatch(digits) else None
