"""What an EVNEX ACI says by its event ACIData and what the Particle cloud says of it, in our words and units.

The only place that knows their wire names, units and odd values. No real payload of ACIData is public, so numbers
may come as numbers or as numeric strings.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
import json
from typing import Any

from ..errors import ChargerProtocolError
from ..types import Identity, Status
from ..wire import flag, integer, number, redacted, text

MODEL = "EVNEX ACI"
FUNCTION = "setConfig"
EVENT = "ACIData"

# The signal strength comes with this added to it.
_RSSI_OFFSET = 127
# Its free memory changes with every event; whole kilobytes are what a person would look at.
_MEMORY_STEP = 1024


class Mode(StrEnum):
    """How it decides whether to charge; the member's value is our word for it."""

    DISABLED = "disabled"
    ENABLED = "enabled"
    TIMER = "timer"
    OCPP = "ocpp"

    @property
    def wire(self) -> int:
        """Return the number that setConfig MODE takes."""
        return list(Mode).index(self)


class Stage(StrEnum):
    """What it says of itself in STATE, 0 to 11; 12 is its own word for unknown."""

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


_STAGES = dict(enumerate(Stage))
_STATUSES = {
    Stage.DISABLED: Status.PAUSED,
    Stage.SLEEPING: Status.PAUSED,
    Stage.DISCONNECTED: Status.DISCONNECTED,
    Stage.CONNECTED: Status.CONNECTED,
    Stage.CHARGING: Status.CHARGING,
    Stage.CHARGING_VENTILATED: Status.CHARGING,
}
_PLUGGED = {
    Stage.DISCONNECTED: False,
    Stage.CONNECTED: True,
    Stage.CHARGING: True,
    Stage.CHARGING_VENTILATED: True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One event ACIData; None where it does not say."""

    published_at: datetime | None = None
    stage: Stage | None = None
    current_limit_a: float | None = None
    power_w: float | None = None
    temperature_c: float | None = None
    input_v: float | None = None
    free_memory_bytes: int | None = None
    wifi_signal_dbm: int | None = None
    ip_address: str | None = field(default=None, repr=False)

    @property
    def plugged_in(self) -> bool | None:
        """Return whether a car is plugged in; while it sleeps, is disabled or has a fault, it does not say."""
        return None if self.stage is None else _PLUGGED.get(self.stage)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvnexState:
    """All that is known of an ACI; None where nothing was heard yet, or it did not say.

    The mode is what was last set from here, as long as nothing that was heard contradicts it. Energies are our own
    sums of its power.
    """

    circuit_limit_a: float
    mode: Mode | None = None
    stage: Stage | None = None
    plugged_in: bool | None = None
    current_limit_a: float | None = None
    power_w: float | None = None
    session_energy_wh: float | None = None
    total_energy_wh: float | None = None
    temperature_c: float | None = None
    input_v: float | None = None
    free_memory_bytes: int | None = None
    wifi_signal_dbm: int | None = None
    ip_address: str | None = field(default=None, repr=False)
    waits_for_schedule: bool = False

    @property
    def status(self) -> Status | None:
        """Return what it does, in the words that all chargers share."""
        if self.stage is None:
            return None
        if self.stage is Stage.SLEEPING and self.mode is Mode.TIMER:
            return Status.SCHEDULED
        status = _STATUSES.get(self.stage, Status.FAULT)
        return Status.SCHEDULED if self.waits_for_schedule and status is Status.PAUSED else status

    @property
    def may_charge(self) -> bool | None:
        """Return whether it is not disabled."""
        if self.stage is None:
            return None if self.mode is None else self.mode is not Mode.DISABLED
        return self.stage is not Stage.DISABLED


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticleDevice:
    """What the cloud says of a device of the account."""

    serial: str = field(repr=False)
    name: str = field(repr=False)
    connected: bool
    # None while it is offline: the cloud asks the device itself.
    functions: frozenset[str] | None
    firmware: str | None

    @property
    def identity(self) -> Identity:
        """Return which charger it is."""
        return Identity(model=MODEL, serial=self.serial, firmware=self.firmware)

    @property
    def is_charger(self) -> bool | None:
        """Return whether it offers what an ACI offers; None: it cannot be told now."""
        return None if self.functions is None else FUNCTION in self.functions


def device_from_wire(raw: object) -> ParticleDevice:
    """Read one device of GET /v1/devices or GET /v1/devices/:id; ChargerProtocolError if it has no id."""
    if not isinstance(raw, Mapping) or (serial := text(raw.get("id"), 64)) is None:
        raise ChargerProtocolError("no device")
    functions = raw.get("functions")
    # Older clouds say connected, newer ones online as well.
    connected = flag(raw.get("connected", raw.get("online"))) or False
    version = raw.get("firmware_version")
    return ParticleDevice(
        serial=serial,
        name=text(raw.get("name")) or MODEL,
        connected=connected,
        # The lists of a device that is away are null, missing or empty.
        functions=frozenset(map(str, functions)) if connected and isinstance(functions, list) else None,
        firmware=str(version) if isinstance(version, int) else text(version, 64),
    )


def reading_from_wire(data: str, serial: str) -> Reading | None:
    """Read the data of one event of this device: JSON in which `data` is JSON again; None if it is something else."""
    envelope = _parsed(data)
    # An event of another device of the account would be another charger's.
    if envelope is None or str(envelope.get("coreid", serial)).lower() != serial.lower():
        return None
    inner = envelope.get("data")
    raw = _parsed(inner) if isinstance(inner, str) else inner
    if not isinstance(raw, Mapping):
        return None
    signal = integer(raw.get("RSSI"), 0, 255)
    memory = integer(raw.get("RAM"), 0, 2**40)
    reading = Reading(
        published_at=_moment(envelope.get("published_at")),
        stage=_stage(raw.get("STATE")),
        current_limit_a=number(raw.get("ISET"), 0, 1000),
        power_w=number(raw.get("PWR"), 0, 1_000_000),
        temperature_c=number(raw.get("TEMP"), -60, 200),
        # Good for half a volt.
        input_v=_rounded(number(raw.get("GPI"), -1, 100)),
        free_memory_bytes=None if memory is None else memory // _MEMORY_STEP * _MEMORY_STEP,
        wifi_signal_dbm=None if signal is None else signal - _RSSI_OFFSET,
        ip_address=text(raw.get("IPAddr"), 64),
    )
    said = (reading.stage, reading.current_limit_a, reading.power_w, reading.temperature_c, memory, signal)
    return None if said == (None,) * len(said) else reading


def believed(mode: Mode | None, stage: Stage | None) -> Mode | None:
    """Return the mode that was set last, unless what the charger says of itself contradicts it."""
    if stage is Stage.DISABLED:
        return Mode.DISABLED
    if mode is Mode.DISABLED and stage is not None:
        return None
    return mode


def return_value(raw: object) -> int:
    """Read what a function returned; ChargerProtocolError if it is no answer of a function."""
    if not isinstance(raw, Mapping) or (value := integer(raw.get("return_value"), -(2**31), 2**31)) is None:
        raise ChargerProtocolError("no return value")
    return value


def mode_from_word(value: object) -> Mode | None:
    """Return the mode of this word of ours."""
    return Mode(value) if isinstance(value, str) and value in set(Mode) else None


def report(raw: object) -> object:
    """Return an answer of the cloud, or the data of an event, without what is secret or personal."""
    if isinstance(raw, str):
        raw = _parsed(raw)
    if isinstance(raw, Mapping) and isinstance(raw.get("data"), str):
        raw = {**raw, "data": _parsed(raw["data"])}
    return redacted(raw, _WORDS, _PRIVATE)


# Whose texts are no secret; numeric strings are the firmware's way of sending numbers.
_WORDS = frozenset(
    {"published_at", "ttl", "last_heard", "last_handshake_at", "status", "firmware_version", "functions"}
    | {"GPI", "ISET", "PWR", "RAM", "RSSI", "STATE", "TEMP"}
)
_PRIVATE = frozenset({"id", "coreid", "name", "last_ip_address", "IPAddr", "owner", "notes", "iccid", "imei"})


def _parsed(value: str) -> Mapping[str, Any] | None:
    try:
        raw = json.loads(value)
    except ValueError, RecursionError:
        return None
    return raw if isinstance(raw, Mapping) else None


def _stage(value: object) -> Stage | None:
    code = integer(value, 0, 255)
    return None if code is None else _STAGES.get(code)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1) + 0.0


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
