"""What a charger is, in words that no vendor owns."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class ChargerError(Exception):
    """Something between us and the charger went wrong."""


class ChargerUnreachableError(ChargerError):
    """The charger did not answer, or the answer did not arrive whole."""


class ChargerBusyError(ChargerUnreachableError):
    """The charger says it has no time now."""


class ChargerAuthError(ChargerError):
    """The charger does not know us, or no longer."""


class ChargerProtocolError(ChargerError):
    """The answer is not one that this charger would give."""


class ChargerRefusedError(ChargerError):
    """The charger, or we on its behalf, said no; nothing has changed.

    The reason is a word of lower-case letters and underscores with a translation of its own.
    """

    def __init__(self, reason: str, **placeholders: str) -> None:
        """Say why, with what the translated sentence needs."""
        super().__init__(reason)
        self.reason = reason
        self.placeholders = placeholders


class Status(StrEnum):
    """What a charger does, as its owner would say it."""

    DISCONNECTED = "disconnected"
    AWAITING_AUTHORIZATION = "awaiting_authorization"
    CONNECTED = "connected"
    CHARGING = "charging"
    PAUSED = "paused"
    SCHEDULED = "scheduled"
    WAITING_FOR_SOLAR = "waiting_for_solar"
    WAITING_FOR_POWER = "waiting_for_power"
    FAULT = "fault"
    UPDATING = "updating"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which charger it is; None where the charger does not say."""

    model: str
    serial: str | None = field(default=None, repr=False)
    firmware: str | None = None
    mac: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A charger as the fuse sees it: amperes per phase."""

    status: Status | None
    limit_a: float
    minimum_a: float
    maximum_a: float
    phases: tuple[int, ...]
    drawn_a: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekSlot:
    """A part of the week, in minutes since Monday 00:00 of the wall's clock; current per phase.

    None is as much as is allowed otherwise, 0 is no charging.
    """

    start_min: int
    end_min: int
    current_a: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """The week that a charger keeps itself, without gaps, and whether it goes by it."""

    week: tuple[WeekSlot, ...]
    enabled: bool


class Snapshot(Protocol):
    """What the state of every charger tells."""

    @property
    def status(self) -> Status | None:
        """Return what the charger does; None: it does not say."""


class Limiter[S](Protocol):
    """Its current can be set."""

    def load(self, state: S) -> Load:
        """Return what the charger may draw and does; ChargerProtocolError if it does not say."""

    async def set_limit(self, amps: float) -> None:
        """Allow so many amperes per phase; 0 pauses."""


class ChargingSwitch[S](Protocol):
    """Charging can be allowed and forbidden, whatever the current."""

    def allows_charging(self, state: S) -> bool | None:
        """Return whether a car may charge; None: it does not say."""

    async def set_charging(self, on: bool) -> None:
        """Allow a car to charge, or forbid it; done already, it changes nothing."""


class Scheduler[S](Protocol):
    """It keeps a timetable of its own, and carries it out with nobody there."""

    def timetable(self, state: S) -> Timetable | None:
        """Return what it keeps; None: it does not say."""

    def check_timetable(self, state: S, week: Sequence[WeekSlot]) -> None:
        """Raise ChargerRefusedError with a reason for a week that it cannot hold."""

    async def set_timetable(self, week: Sequence[WeekSlot]) -> None:
        """Replace its timetable by a whole week without gaps, set its clock, and let it go by both."""

    async def disable_timetable(self) -> None:
        """Let it keep its timetable, and not go by it."""

    async def override_timetable(self) -> None:
        """Let it forget its timetable until the car is unplugged."""


class ModeSwitch[S](Protocol):
    """It has modes of charging to choose from, in words of its own."""

    def modes(self, state: S) -> Sequence[str]:
        """Return the modes in which a car may charge."""

    def mode(self, state: S) -> str | None:
        """Return in which mode it charges, or would; None: it does not say."""

    async def charge_in_mode(self, mode: str) -> None:
        """Let a car charge in this mode."""


class PhaseSwitch[S](Protocol):
    """It can charge on one phase or on three."""

    def phases(self, state: S) -> int | None:
        """Return on how many phases it charges, or would; None: it does not say."""

    async def set_phases(self, phases: int) -> None:
        """Charge on one phase or on three."""


class EnergyMeter[S](Protocol):
    """It counts what the car has got."""

    def energy_wh(self, state: S) -> float | None:
        """Return a counter that only grows, or starts again from zero, in Wh."""


class DelayedStarter(Protocol):
    """It can wait for a moment by itself."""

    async def delay_start(
        self, start: datetime, stop: datetime | None, *, daily: bool, mode: str | None
    ) -> None:
        """Start at a moment to come, stop at a later one, once or every day, in a mode that it has."""


class Authorizer(Protocol):
    """A charging session can be authorised from here."""

    async def authorize(self, tag: str) -> None:
        """Act as if the card with this number were held to the reader."""


class PilotOverride(Protocol):
    """The duty cycle of its control pilot can be forced: for experts, past all of its own safeguards."""

    async def override_duty_cycle(self, percent: float | None) -> None:
        """Force the duty cycle, 0 to 100 %; None gives control back to the charger."""


class Resetter(Protocol):
    """It can be made to forget all that was ever set: for whoever sells it, or is locked out."""

    async def factory_reset(self) -> None:
        """Go back to the factory's settings; it may leave the network for good."""


class Charger[S: Snapshot](ABC):
    """One charger on the wire; S is its state, an immutable snapshot."""

    @abstractmethod
    async def identify(self) -> Identity:
        """Ask which charger this is."""

    @abstractmethod
    async def fetch(self) -> S:
        """Read one whole snapshot."""

    @abstractmethod
    def report(self) -> Mapping[str, object]:
        """Return its last raw answers for a bug report, without secrets."""

    @property
    def limiter(self) -> Limiter[S] | None:
        """Return how its current is limited; None: it cannot."""
        return None

    @property
    def charging_switch(self) -> ChargingSwitch[S] | None:
        """Return how charging is allowed and forbidden; None: it cannot."""
        return None

    @property
    def scheduler(self) -> Scheduler[S] | None:
        """Return how its own timetable is kept; None: it has none."""
        return None

    @property
    def mode_switch(self) -> ModeSwitch[S] | None:
        """Return how its mode is chosen; None: it has none."""
        return None

    @property
    def phase_switch(self) -> PhaseSwitch[S] | None:
        """Return how its phases are chosen; None: it cannot."""
        return None

    @property
    def energy_meter(self) -> EnergyMeter[S] | None:
        """Return how it counts energy; None: it does not."""
        return None

    @property
    def delayed_starter(self) -> DelayedStarter | None:
        """Return how it waits by itself; None: it cannot."""
        return None

    @property
    def authorizer(self) -> Authorizer | None:
        """Return how a session is authorised; None: it cannot."""
        return None

    @property
    def pilot_override(self) -> PilotOverride | None:
        """Return how its control pilot is forced; None: it cannot."""
        return None

    @property
    def resetter(self) -> Resetter | None:
        """Return how it is reset to the factory's settings; None: it cannot."""
        return None
