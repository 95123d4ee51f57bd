"""What a charger is, in words that no vendor owns."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, cast

from .week import Timetable, WeekSlot


class ChargerError(Exception):
    """Something between us and the charger went wrong; if known, how long to leave it alone, in seconds."""

    def __init__(self, *args: object, retry_after_s: float | None = None) -> None:
        """Say what, for the log: no secrets."""
        super().__init__(*args)
        self.retry_after_s = retry_after_s


class ChargerUnreachableError(ChargerError):
    """The charger did not answer, or the answer did not arrive whole."""


class ChargerBusyError(ChargerUnreachableError):
    """The charger says it has no time now."""


class ChargerRateLimitError(ChargerBusyError):
    """Its cloud has been asked too often."""


class ChargerOfflineError(ChargerUnreachableError):
    """Its cloud answers, but the charger is not connected to it, or says nothing."""


class ChargerCloudError(ChargerUnreachableError):
    """Its cloud has a problem of its own."""


class ChargerNoReplyError(ChargerUnreachableError):
    """A command was sent and never answered: it may have been carried out all the same."""


class ChargerAuthError(ChargerError):
    """The charger does not know us, or no longer."""


class ChargerForbiddenError(ChargerAuthError):
    """The account is known, but has no right to this charger."""


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


def check_range(value: float, low: float, high: float) -> None:
    """Refuse a value that is not from low to high."""
    if not low <= value <= high:
        raise ChargerRefusedError("out_of_range", minimum=f"{low:g}", maximum=f"{high:g}")


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
    LOCKED = "locked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which charger it is; None where the charger does not say."""

    model: str
    serial: str | None = field(default=None, repr=False)
    firmware: str | None = None
    mac: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A charger as the fuse sees it: amperes per phase; a limit is rounded down to a multiple of its step."""

    status: Status | None
    limit_a: float
    minimum_a: float
    maximum_a: float
    phases: tuple[int, ...]
    step_a: float = 1.0
    # One for each conductor that is wired, L1 first, also where the car draws nothing; None: nobody measures it.
    drawn_a: tuple[float, ...] | None = None


class OwnBalancing(StrEnum):
    """What of a charger's own, or beside it, also sets its current."""

    SMART_MODE = "smart_mode"
    SOLAR_MODE = "solar_mode"
    MASTER = "master"
    NODE = "node"
    ENERGY_METER = "energy_meter"
    CONTROL_STRATEGY = "control_strategy"
    SUPERVISOR = "supervisor"
    OCPP = "ocpp"


@dataclass(frozen=True, slots=True, kw_only=True)
class MainsReading:
    """What meters elsewhere say of the house, in A; each part may be missing."""

    # What comes from the mains on each phase; what goes there is negative.
    currents_a: tuple[float, float, float] | None = None
    # What the home battery takes, charging positive; None: there is none, or nobody says.
    battery_a: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvReading:
    """What a meter elsewhere says of the car; each part may be missing."""

    currents_a: tuple[float, float, float] | None = None
    # Its power in W, and what it has counted in its life for the car and from it, in Wh.
    power_w: float | None = None
    import_wh: float | None = None
    export_wh: float | None = None


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

    @property
    def daily_writes(self) -> int:
        """Return how many limits a day it stands for years, as far as is known."""


class MainsMeter[S](Protocol):
    """It sees what the whole house draws from the mains, or sends into it."""

    def mains_currents_a(self, state: S) -> tuple[float | None, ...] | None:
        """Return the current of each phase of the mains, in A, import positive; None: it does not say, or not now."""


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

    def read_back(self, week: Sequence[WeekSlot]) -> tuple[WeekSlot, ...]:
        """Return a week that it can hold as it would be told afterwards."""

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


class AccessPointLock(Protocol):
    """It opens a Wi-Fi of its own, whose password can be set."""

    async def set_access_point_password(self, password: str) -> None:
        """Ask for this password from now on; an empty one removes it."""


class AccessPoint(Protocol):
    """It can leave the network for one of its own, where its Wi-Fi is set up anew."""

    async def open_access_point(self) -> None:
        """Become an access point; it is gone from the network until somebody joins it to one again."""


class PowerBudget(Protocol):
    """It keeps to a power that is told from outside, once it was told whom to obey."""

    def check_available_power(self, watts: float) -> None:
        """Raise ChargerRefusedError with a reason if it would not take this power; nothing is sent."""

    async def set_available_power(self, watts: float) -> None:
        """Tell the power that it may draw now, in W; refused while it does not obey us."""

    async def power_source(self, kept: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """Return what it goes by now, to be kept for `release_control`: plain JSON that only this charger reads.

        What was kept before comes back while the charger already obeys somebody outside.
        """

    async def take_control(self) -> None:
        """Make it obey us, and no meter any more."""

    async def release_control(self, kept: Mapping[str, Any]) -> None:
        """Make it go by what was kept, unless somebody has changed that meanwhile."""


class MeterFeed(Protocol):
    """It takes the readings of meters that it cannot read itself.

    The checks raise what the commands would refuse, and send nothing.
    """

    def check_mains(self, reading: MainsReading) -> None:
        """Raise ChargerRefusedError with a reason if it would not take this."""

    async def feed_mains(self, reading: MainsReading) -> None:
        """Tell it what flows to and from the mains."""

    def check_ev(self, reading: EvReading) -> None:
        """Raise ChargerRefusedError with a reason if it would not take this."""

    async def feed_ev(self, reading: EvReading) -> None:
        """Tell it what flows to the car."""


class HardwareLimiter(Protocol):
    """What its hardware carries can be told to it: for whoever has built it, once."""

    async def set_hardware_limit(self, amps: float) -> None:
        """Let it offer up to so many amperes per phase, whatever its wiring carries."""


class Memory(Protocol):
    """It does not tell all that it knows, so that some of it has to outlive a restart of ours."""

    def keep(self) -> Mapping[str, Any]:
        """Return what to remember, as JSON would have it."""

    def recall(self, kept: Mapping[str, Any]) -> None:
        """Take up what was remembered, before anything is asked; whatever does not fit is left out."""


class Charger[S: Snapshot](ABC):
    """One charger on the wire; S is its state, an immutable snapshot."""

    @abstractmethod
    async def identify(self) -> Identity:
        """Ask which charger this is."""

    @abstractmethod
    async def fetch(self) -> S:
        """Read one whole snapshot."""

    def stream(self) -> AsyncGenerator[S] | None:
        """Listen: whole snapshots as the charger sends them, without being asked; None: it only answers.

        Raises a ChargerError when the line is lost. The next call waits until it is time to try again.
        """
        return None

    @abstractmethod
    def report(self) -> Mapping[str, object]:
        """Return its last raw answers for a bug report, without secrets."""

    def waiting_for_schedule(self, state: S) -> S:
        """Return the state of a charger that is paused, told as one that waits for a schedule of ours."""
        told: S = replace(cast("Any", state), status=Status.SCHEDULED)
        return told

    @property
    def limiter(self) -> Limiter[S] | None:
        """Return how its current is limited; None: it cannot."""
        return None

    @property
    def mains_meter(self) -> MainsMeter[S] | None:
        """Return how it sees the mains with a meter of its own; None: it has none."""
        return None

    def own_balancing(self, state: S) -> OwnBalancing | None:
        """Return what of its own also sets its current; None: nothing."""
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

    @property
    def access_point_lock(self) -> AccessPointLock | None:
        """Return how its own Wi-Fi is protected; None: it cannot."""
        return None

    @property
    def access_point(self) -> AccessPoint | None:
        """Return how it opens a network of its own; None: it cannot."""
        return None

    @property
    def power_budget(self) -> PowerBudget | None:
        """Return how it is told the power that it may draw; None: it cannot."""
        return None

    @property
    def meter_feed(self) -> MeterFeed | None:
        """Return how it is told what meters elsewhere read; None: it cannot be told."""
        return None

    @property
    def hardware_limiter(self) -> HardwareLimiter | None:
        """Return how it is told what its hardware carries; None: it cannot be told."""
        return None

    @property
    def memory(self) -> Memory | None:
        """Return what has to be remembered for it; None: it tells all that it knows."""
        return None
