"""What the six resources of a PSP EVSE say, in amperes, watts and watt-hours.

The only place that knows their wire names, units and odd values. Each key may be missing: firmware 0.5.0 has fewer
than 0.9.2, and the vendor's document has three versions in one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
import re
from typing import Any

from ..errors import ChargerProtocolError
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


class _Numbered(StrEnum):
    """A choice that the wire has as a number, counted from 0."""

    @property
    def wire(self) -> int:
        """Return the number on the wire."""
        return list(type(self)).index(self)


class ChargerMode(_Numbered):
    """What the car is connected by."""

    TETHERED = "tethered"
    SOCKET = "socket"


class LockMethod(_Numbered):
    """What locks the plug into the socket."""

    SOLENOID = "solenoid"
    SERVOMOTOR = "servomotor"


class ControlStrategy(_Numbered):
    """Whether the power is limited by what the control meter sees."""

    OFF = "off"
    LIMIT_POWER = "limit_power"


class MeterType(_Numbered):
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
        """Return whether it is there only together with an address."""
        return self.wire >= MeterType.IP_SDM72D_M.wire


_NO_METER, _REMOTE_CONTROL = MeterType.NONE.wire, MeterType.REMOTE_CONTROL.wire
_STAGES = {
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
_CHARGING = frozenset({Stage.CHARGING, Stage.CHARGING_VENTILATED})
# Not there: waiting, which may be anything, and a fault, which hides whether there is a car.
_PLUGGED_IN: dict[Stage | None, bool] = {
    Stage.IDLE: False,
    Stage.CONNECTED: True,
    Stage.CHARGING: True,
    Stage.CHARGING_VENTILATED: True,
}
_STATUSES: dict[Stage | None, Status] = {
    Stage.IDLE: Status.DISCONNECTED,
    Stage.CHARGING: Status.CHARGING,
    Stage.CHARGING_VENTILATED: Status.CHARGING,
    Stage.FAULT: Status.FAULT,
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


@dataclass(frozen=True, kw_only=True)
class PspState:
    """One snapshot; None where the controller does not say."""

    firmware: str | None
    product_type: str | None
    mac: str | None = field(repr=False)
    started_at: datetime | None

    status: Status | None
    stage: Stage | None
    fault: Fault | None
    plugged_in: bool | None
    charging: bool | None
    phases: int | None
    current_a: float | None
    cable_limit_a: float | None
    power_w: float | None
    available_power_w: float | None
    session_energy_wh: float | None
    session_duration_s: float | None
    auto_start_allowed: bool | None
    start_stop_allowed: bool | None
    boost_allowed: bool | None
    session_started: bool | None
    boosted: bool | None
    meter1_errors: int | None
    meter2_errors: int | None
    wifi_quality_percent: int | None
    wifi_signal_dbm: int | None

    charger_mode: ChargerMode | None
    lock_method: LockMethod | None
    charge_current_a: float | None
    boost_current_a: float | None
    meter1_type: MeterType | None
    meter1_address: str | None = field(repr=False)
    meter2_type: MeterType | None
    meter2_address: str | None = field(repr=False)
    phase_current_limit_a: float | None
    control_strategy: ControlStrategy | None
    control_limit_w: float | None
    auto_start: bool | None
    three_phase: bool | None

    heap: str | None
    condition: str | None
    update_message: str | None
    update_check_allowed: bool | None
    update_allowed: bool | None

    meter1: tuple[Register, ...]
    meter2: tuple[Register, ...]

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
    def is_supervised(self) -> bool:
        """Return whether it is told its power from outside, by whomever."""
        return self.meter2_type is MeterType.REMOTE_CONTROL


def check(resource: str, raw: object) -> Mapping[str, Any]:
    """Return an answer of Status, SystemConfig or SystemInfo; ChargerProtocolError if it is none."""
    if not isinstance(raw, Mapping) or len(_KEYS[resource] & raw.keys()) < 2:
        raise ChargerProtocolError("not a PSP EVSE")
    return raw


def has_meter(config: Mapping[str, Any], resource: str) -> bool:
    """Return whether Meter1 or Meter2 has registers to read; one of a type that we do not know has."""
    return integer(config.get(f"{resource}Type"), 0, 255) not in (None, _NO_METER, _REMOTE_CONTROL)


def uptime_s(raw: Mapping[str, Any]) -> float | None:
    """Return for how long the controller has been up, which each answer tells in milliseconds."""
    return scaled(raw.get("TimeStamp"), 0.001, 0, _UPTIME_S, digits=3)


def report(raw: object) -> object:
    """Return an answer for a bug report, without what is secret or personal in it."""
    return redacted(raw, _PUBLIC_TEXTS, _PRIVATE)


def from_wire(answers: Mapping[str, Any], started_at: datetime | None) -> PspState:
    """Make one snapshot of the last answers, by resource; of those that were not asked for, all is unknown."""
    status, config, info = (block(answers, resource) for resource in (STATUS, CONFIG, INFO))
    stage, fault = _STAGES.get(_index(status.get("EvseState")), (None, None))
    started = flag(status.get("ChargerStarted"))
    three_phases = flag(status.get("ThreePhaseCharging"))
    phases = None if three_phases is None else 3 if three_phases else 1
    available_w = scaled(status.get("ActualPowerAvailable"), 1, 0, _POWER_W)
    meter2_type = _choice(MeterType, config.get("Meter2Type"))
    # A supervisor's 0 W is no lack of power, but his word.
    held = meter2_type is MeterType.REMOTE_CONTROL and available_w == 0
    quality = _found(_QUALITY, status.get("WiFiInfo"), 100)
    return PspState(
        firmware=text(status.get("SystemVersion")) or text(info.get("SystemVersion")),
        product_type=text(info.get("ProductType"), 32),
        mac=_mac(info.get("MAC")),
        started_at=started_at,
        status=_status(stage, False if held else started, available_w, phases),
        stage=stage,
        fault=fault,
        plugged_in=_PLUGGED_IN.get(stage),
        charging=None if stage in (None, Stage.WAITING) else stage in _CHARGING,
        phases=phases,
        current_a=scaled(status.get("ActualCurrent"), 1, 0, _CURRENT_A, digits=1),
        cable_limit_a=number(status.get("PPCodedCurrent"), MINIMUM_A, _CURRENT_A),
        power_w=scaled(status.get("ActualPower"), 1, -_POWER_W, _POWER_W),
        available_power_w=available_w,
        session_energy_wh=scaled(status.get("ActualEnergy"), 1 / 3600, 0, _ENERGY_WH),
        session_duration_s=_duration(status),
        auto_start_allowed=flag(status.get("AutoStartAllowed")),
        start_stop_allowed=flag(status.get("StartStopAllowed")),
        boost_allowed=flag(status.get("BoostAllowed")),
        session_started=started,
        boosted=flag(status.get("ChargeBoosted")),
        meter1_errors=integer(status.get("Meter1Status"), 0, 2**32),
        meter2_errors=integer(status.get("Meter2Status"), 0, 2**32),
        # In steps of 5: it trembles with every answer.
        wifi_quality_percent=None if quality is None else 5 * round(quality / 5),
        wifi_signal_dbm=_found(_SIGNAL, info.get("WiFiInfo"), 10),
        charger_mode=_choice(ChargerMode, config.get("ChargerMode")),
        lock_method=_choice(LockMethod, config.get("LockMethod")),
        charge_current_a=number(config.get("ChargeCurrent"), 0, _CURRENT_A),
        boost_current_a=number(config.get("ChargeCurrentBoost"), 0, _CURRENT_A),
        meter1_type=_choice(MeterType, config.get("Meter1Type")),
        meter1_address=text(config.get("Meter1Ip"), 15),
        meter2_type=meter2_type,
        meter2_address=text(config.get("Meter2Ip"), 15),
        phase_current_limit_a=number(config.get("PhaseCurrentLimit"), 0, _CURRENT_A),
        control_strategy=_choice(ControlStrategy, config.get("ControlStrategy")),
        control_limit_w=number(config.get("ControlLimit"), 0, _POWER_W),
        auto_start=flag(config.get("ChargeAutoStart")),
        three_phase=flag(config.get("Charge3Phase")),
        heap=_heap(info.get("HeapInfo")),
        condition=text(info.get("GeneralInfo")),
        update_message=text(info.get("OTAMsg")),
        update_check_allowed=flag(info.get("OTACheckAllowed")),
        update_allowed=flag(info.get("OTAUpdateAllowed")),
        meter1=registers(answers.get(METER1)),
        meter2=registers(answers.get(METER2)),
    )


def _status(
    stage: Stage | None, started: bool | None, available_w: float | None, phases: int | None
) -> Status | None:
    if stage is not Stage.CONNECTED:
        return _STATUSES.get(stage)
    if started is False:
        return Status.PAUSED
    if available_w is not None and available_w < _MINIMUM_W * (phases or 1):
        return Status.WAITING_FOR_POWER
    return Status.CONNECTED


def _duration(status: Mapping[str, Any]) -> float | None:
    """Read the time of the session in whole minutes, so that an idle car does not make news with every answer."""
    seconds = number(status.get("ActualDurationTotalSeconds"), 0, _UPTIME_S)
    if seconds is None and (found := _DURATION.fullmatch(text(status.get("ActualDuration")) or "")):
        seconds = int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])
    return None if seconds is None else seconds // 60 * 60


def _choice[E: _Numbered](words: type[E], value: object) -> E | None:
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
