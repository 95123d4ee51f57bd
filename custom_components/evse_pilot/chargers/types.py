"""Words and readings that all chargers share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

# IEC 61851 knows no current below it.
LEAST_A = 6.0
# What a car draws below it on a phase is no charging.
DRAWS_A = 1.0


class Status(StrEnum):
    """What a charger does, in words of its owner."""

    DISCONNECTED = "disconnected"
    AWAITING_AUTHORIZATION = "awaiting_authorization"
    CONNECTED = "connected"
    CHARGING = "charging"
    # A car that may charge, has charged, and takes no more. No charger shows it; it is found here.
    FINISHED = "finished"
    PAUSED = "paused"
    SCHEDULED = "scheduled"
    WAITING_FOR_SOLAR = "waiting_for_solar"
    WAITING_FOR_POWER = "waiting_for_power"
    FAULT = "fault"
    UPDATING = "updating"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which charger it is; None where it does not report that. `alias`: a number that was once taken for its serial."""

    model: str
    serial: str | None = field(default=None, repr=False)
    alias: str | None = field(default=None, repr=False)
    firmware: str | None = None
    mac: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A charger as the fuse sees it: amperes per phase; a limit is rounded down to a multiple of its step.

    `limit_a` is 0 while it is paused; `set_a` is the limit that is set then, None if the charger does not show it.
    `shows_pause`: it can be paused now and would show it, which one without a car may not. `hides_car`: paused as it is,
    it does not show whether it has one.
    """

    status: Status | None
    limit_a: float
    minimum_a: float
    maximum_a: float
    phases: tuple[int, ...]
    step_a: float = 1.0
    set_a: float | None = None
    shows_pause: bool = True
    hides_car: bool = False
    # One for each conductor that is wired, L1 first, also where the car draws nothing; None: not measured.
    drawn_a: tuple[float, ...] | None = None


class OwnBalancing(StrEnum):
    """What else sets the current of a charger: something of its own, or beside it."""

    SMART_MODE = "smart_mode"
    SOLAR_MODE = "solar_mode"
    MASTER = "master"
    NODE = "node"
    ENERGY_METER = "energy_meter"
    CONTROL_STRATEGY = "control_strategy"
    SUPERVISOR = "supervisor"
    OCPP = "ocpp"


class Shortage(StrEnum):
    """What a charger lacks for what its owner uses, and only its owner can give it."""

    MAINS_FEED = "mains_feed"
    SUPERVISION = "supervision"


@dataclass(frozen=True, slots=True, kw_only=True)
class MainsReading:
    """Readings of meters of the house elsewhere, in A; each part may be missing."""

    # What comes from the mains on each phase; what goes there is negative.
    currents_a: tuple[float, float, float] | None = None
    # What the home battery takes, charging positive; None: there is none, or it is not known.
    battery_a: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvReading:
    """The reading of a meter of the car elsewhere; each part may be missing."""

    currents_a: tuple[float, float, float] | None = None
    # Its power in W, and what it has counted in its life for the car and from it, in Wh.
    power_w: float | None = None
    import_wh: float | None = None
    export_wh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionReading:
    """What a charger shows of a charging session; None: it does not show that, or not now.

    `number`: that of its session, where it numbers them. `phases`: on how many the car draws current. `card`: the one
    that authorised the session. `is_estimated`: its energies are sums of its power.
    """

    plugged_in: bool | None = None
    power_w: float | None = None
    session_wh: float | None = None
    total_wh: float | None = None
    number: int | None = None
    phases: int | None = None
    card: str | None = field(default=None, repr=False)
    is_estimated: bool = False


def drawn_phases(currents_a: Sequence[float | None]) -> int | None:
    """Return on how many phases a car draws; None: one of them is not measured."""
    if not currents_a or None in currents_a:
        return None
    return sum(amps is not None and amps > DRAWS_A for amps in currents_a)


class Snapshot(Protocol):
    """What the state of every charger has."""

    @property
    def status(self) -> Status | None:
        """Return what the charger does; None: not known."""

    @property
    def firmware(self) -> str | None:
        """Return the version of its firmware in the newest answer that has it; None: not known."""
