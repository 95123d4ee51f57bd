"""State of an EVNEX ACI, read from its event ACIData, and what the Particle cloud knows of a device.

No other module knows their wire names, units and odd values. No real payload of ACIData is public, so numbers may come
as numbers or as numeric strings.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from ..errors import ChargerProtocolError
from ..fields import Fields
from ..types import Identity, Status
from ..wire import (
    NumberedWord,
    changed,
    first,
    flag,
    integer,
    iso_moment,
    json_object,
    number,
    numbered,
    redacted,
    scaled,
    text,
)

MODEL = "EVNEX ACI"
FUNCTION = "setConfig"
EVENT = "ACIData"

# The range of setConfig, by the J1772 standard.
MINIMUM_A = 6.0
MAXIMUM_A = 80.0
# The power of an ampere on each of three phases at 253 V, and a tenth more for a meter that counts pulses.
_HIGHEST_W_PER_A = 3 * 253 * 1.1

# The signal strength comes with this added to it.
_RSSI_OFFSET = 127
# Free memory changes with every event; whole kilobytes are what a person would look at.
_MEMORY_STEP = 1024


class Mode(NumberedWord):
    """How the charger decides whether to charge; setConfig MODE takes their numbers."""

    DISABLED = "disabled"
    ENABLED = "enabled"
    TIMER = "timer"
    OCPP = "ocpp"


class Stage(StrEnum):
    """STATE of the charger, 0 to 11 in this order; 12 is its own value for undefined."""

    DISABLED = "disabled"
    SLEEPING = "sleeping"
    DIODE_CHECK_FAILED = "diode_check_failed"
    OVER_TEMPERATURE = "over_temperature"
    STUCK_RELAY = "stuck_relay"
    GROUND_FAULT = "ground_fault"
    DISCONNECTED = "disconnected"
    CONNECTED = "connected"
    CHARGING = "charging"
    CHARGING_VENTILATED = "charging_ventilated"
    PILOT_SHORTED = "pilot_shorted"
    PILOT_REVERSED = "pilot_reversed"


MODES: Mapping[str, Mode] = {mode.value: mode for mode in Mode}
# All others are faults.
_STATUSES = {
    Stage.DISABLED: Status.PAUSED,
    Stage.SLEEPING: Status.PAUSED,
    Stage.DISCONNECTED: Status.DISCONNECTED,
    Stage.CONNECTED: Status.CONNECTED,
    Stage.CHARGING: Status.CHARGING,
    Stage.CHARGING_VENTILATED: Status.CHARGING,
}
# Asleep, disabled or at fault it does not show whether a car is plugged in.
_PLUGGED: Mapping[Status | None, bool] = {
    Status.DISCONNECTED: False,
    Status.CONNECTED: True,
    Status.CHARGING: True,
}


wire = Fields[Mapping[str, Any]]()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvnexState:
    """State of an ACI; None where its event has no such value, or none has arrived yet."""

    stage: Stage | None = wire(lambda raw: numbered(Stage, raw.get("STATE")))
    current_limit_a: float | None = wire(lambda raw: number(raw.get("ISET"), 0, MAXIMUM_A))
    power_w: float | None = wire(lambda raw: number(raw.get("PWR"), 0, 1_000_000))
    temperature_c: float | None = wire(lambda raw: number(raw.get("TEMP"), -60, 200))
    # 0 to 12 V, accurate to half a volt.
    input_v: float | None = wire(lambda raw: scaled(raw.get("GPI"), 1, -1, 15, digits=1))
    free_memory_bytes: int | None = wire(
        lambda raw: changed(integer(raw.get("RAM"), 0, 2**40), lambda ram: ram // _MEMORY_STEP * _MEMORY_STEP)
    )
    wifi_signal_dbm: int | None = wire(
        lambda raw: changed(integer(raw.get("RSSI"), 0, 255), lambda rssi: rssi - _RSSI_OFFSET)
    )
    ip_address: str | None = wire(lambda raw: text(raw.get("IPAddr"), 64), private=True)

    # Not in the event. The firmware is that of the cloud's last answer, the mode the last one set from here unless the
    # state contradicts it; the energies are sums of the power.
    circuit_limit_a: float = MINIMUM_A
    firmware: str | None = None
    mode: Mode | None = None
    session_energy_wh: float = 0.0
    total_energy_wh: float = 0.0
    # What is known of its status beside that, such as that it waits for a schedule.
    found_status: Status | None = None

    @property
    def plugged_in(self) -> bool | None:
        """Return whether a car is plugged in; None: not known."""
        return _PLUGGED.get(self._own_status)

    @property
    def status(self) -> Status | None:
        """Return the status in the words that all chargers share."""
        return self.found_status or self._own_status

    @property
    def _own_status(self) -> Status | None:
        if self.stage is None:
            return None
        if self.stage is Stage.SLEEPING and self.mode is Mode.TIMER:
            return Status.SCHEDULED
        return _STATUSES.get(self.stage, Status.FAULT)

    @property
    def may_charge(self) -> bool | None:
        """Return whether it is not disabled, by its event where there is one, else by the mode; None: not known."""
        if self.stage is None:
            return None if self.mode is None else self.mode is not Mode.DISABLED
        return self.stage is not Stage.DISABLED

    def shows_other(self, mode: Mode) -> bool:
        """Return whether its event proves that it is in another mode; a fault hides whether it is disabled."""
        return self.stage in _STATUSES and (self.stage is Stage.DISABLED) is not (mode is Mode.DISABLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AciEvent:
    """One event ACIData: its values, and when the cloud published it."""

    state: EvnexState
    published_at: datetime | None


UNKNOWN = wire.state(EvnexState, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticleDevice:
    """A device of the account as the cloud describes it."""

    serial: str = wire(lambda raw: text(raw.get("id"), 64) or "", private=True)
    name: str = wire(lambda raw: text(raw.get("name")) or MODEL, private=True)
    # Older clouds have connected, newer ones online as well.
    connected: bool = wire(lambda raw: first(flag(raw.get("connected")), flag(raw.get("online"))) or False)
    # Null, missing or empty while it is offline: the cloud asks the device itself.
    functions: frozenset[str] | None = wire(lambda raw: _names(raw.get("functions")))
    firmware: str | None = wire(lambda raw: _firmware(raw.get("firmware_version")))

    @property
    def identity(self) -> Identity:
        """Return the identity that all chargers have."""
        return Identity(model=MODEL, serial=self.serial, firmware=self.firmware)

    @property
    def is_charger(self) -> bool | None:
        """Return whether it has the function of an ACI; None: not known while it is offline."""
        return None if self.functions is None or not self.connected else FUNCTION in self.functions


def _names(value: object) -> frozenset[str] | None:
    return frozenset(map(str, value)) if isinstance(value, list) else None


def _firmware(value: object) -> str | None:
    return text(str(value) if isinstance(value, int) else value, 64)


def device_from_wire(raw: object) -> ParticleDevice:
    """Read one device of GET /v1/devices or GET /v1/devices/:id; ChargerProtocolError if it has no id."""
    if not isinstance(raw, Mapping) or not (device := wire.state(ParticleDevice, raw)).serial:
        raise ChargerProtocolError("no device")
    return device


def event_from_wire(data: str, serial: str, circuit_limit_a: float) -> AciEvent | None:
    """Read the data of an event of this device: JSON in which `data` is JSON again; None if it is something else.

    More power than the circuit carries is no reading; or than the limit in the event, where that is higher.
    """
    envelope = json_object(data)
    # An event of another device of the account would be another charger's.
    if envelope is None or str(envelope.get("coreid", serial)).lower() != serial.lower():
        return None
    raw = json_object(envelope.get("data"))
    if raw is None:
        return None
    state = wire.state(EvnexState, raw)
    if (state.power_w or 0) > max(circuit_limit_a, state.current_limit_a or 0) * _HIGHEST_W_PER_A:
        state = replace(state, power_w=None)
    if state == UNKNOWN:
        return None
    return AciEvent(state=state, published_at=iso_moment(envelope.get("published_at")))


def mode_after(mode: Mode | None, stage: Stage | None) -> Mode | None:
    """Return the mode that was set last, or what is left of it after an event with this stage."""
    if stage is Stage.DISABLED:
        return Mode.DISABLED
    if mode is Mode.DISABLED and stage is not None:
        return None
    return mode


def return_value(raw: object) -> int:
    """Read what a function returned; ChargerProtocolError if it is not the reply of a function."""
    if not isinstance(raw, Mapping) or (value := integer(raw.get("return_value"), -(2**31), 2**31)) is None:
        raise ChargerProtocolError("no return value")
    return value


def report(raw: object) -> object:
    """Return an answer of the cloud, or the data of an event, without what is secret or personal."""
    raw = json_object(raw) if isinstance(raw, str) else raw
    if isinstance(raw, Mapping) and isinstance(raw.get("data"), str):
        raw = {**raw, "data": json_object(raw["data"])}
    return redacted(raw, _WORDS, _PRIVATE)


# The texts under these keys are no secret; firmware may send numbers as strings.
_WORDS = frozenset(
    {"published_at", "ttl", "last_heard", "last_handshake_at", "status", "firmware_version", "functions"}
    | {"GPI", "ISET", "PWR", "RAM", "RSSI", "STATE", "TEMP"}
)
_PRIVATE = frozenset({"id", "coreid", "name", "last_ip_address", "IPAddr", "owner", "notes", "iccid", "imei"})
