"""Capabilities that a charger may have, each a class that it inherits from."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from .types import EvReading, Load, MainsReading, SessionReading
from .week import Timetable, WeekSlot


class Limiter[S](ABC):
    """Its current can be limited."""

    @abstractmethod
    def load(self, state: S) -> Load:
        """Return what the charger may draw and does; ChargerProtocolError if it does not report that."""

    @abstractmethod
    async def set_limit(self, amps: float) -> None:
        """Allow so many amperes per phase, from its minimum to its maximum, in steps of its own, rounded down.

        Raises ChargerRefusedError for any other current, 0 included. A pause stays a pause; one that hides the limit
        (Load.set_a None) ends with the next.
        """

    def read_limit_again(self) -> bool:
        """Have the next snapshot read the limit where that is done seldom, and return whether it is."""
        return False

    @property
    @abstractmethod
    def daily_writes(self) -> int:
        """Return how many limits a day it stands for years, as far as is known."""

    @property
    def settles_s(self) -> float:
        """Return for how long after a command it may still show what it had before, in seconds."""
        return 0.0

    @property
    def pace_s(self) -> float:
        """Return how long it has to be from one command to the next, in seconds."""
        return 0.0


class MainsMeter[S](ABC):
    """It reads a meter of the whole house at the mains."""

    @abstractmethod
    def mains_currents_a(self, state: S) -> tuple[float | None, ...] | None:
        """Return the current of each phase of the mains, in A, import positive; None: not known, or not now."""


class ChargingSwitch[S](ABC):
    """Charging can be allowed and forbidden: the one way in which a charger is paused, whatever the source."""

    @abstractmethod
    def allows_charging(self, state: S) -> bool | None:
        """Return whether a car may charge; None: not known."""

    @abstractmethod
    async def set_charging(self, on: bool) -> None:
        """Allow a car to charge, or forbid it; nothing is sent where that holds already.

        Where a pause has hidden the limit, the minimum holds until one is set.
        """


class Scheduler[S](ABC):
    """It keeps a timetable of its own, and carries it out by itself."""

    @abstractmethod
    def timetable(self, state: S) -> Timetable | None:
        """Return the timetable that it keeps; None: not known."""

    @abstractmethod
    def check_timetable(self, state: S, week: Sequence[WeekSlot]) -> None:
        """Raise ChargerRefusedError with a reason for a week that it cannot hold."""

    @abstractmethod
    def read_back(self, week: Sequence[WeekSlot]) -> tuple[WeekSlot, ...]:
        """Return a week that it can hold as `timetable` would return it afterwards."""

    @abstractmethod
    async def set_timetable(self, week: Sequence[WeekSlot]) -> None:
        """Replace its timetable by a whole week without gaps, set its clock, and enable the timetable."""

    @abstractmethod
    async def disable_timetable(self) -> None:
        """Disable its timetable, which it keeps."""

    @abstractmethod
    async def override_timetable(self) -> None:
        """Override its timetable until the car is unplugged."""


class ModeSwitch[S](ABC):
    """It has modes of charging, with names of its own."""

    @abstractmethod
    def modes(self, state: S) -> Sequence[str]:
        """Return the modes in which a car may charge."""

    @abstractmethod
    def mode(self, state: S) -> str | None:
        """Return in which mode it charges, or would; None: not known."""

    @abstractmethod
    async def set_mode(self, mode: str) -> None:
        """Set a mode: one of `modes` allows charging as well, any other that it has forbids it."""

    def limit_refusal(self, mode: str) -> str | None:
        """Return the reason for which a mode takes no limit below the charger's maximum; None: it does."""
        return None


class PhaseSwitch[S](ABC):
    """It can charge on one phase or on three."""

    @abstractmethod
    def phases(self, state: S) -> int | None:
        """Return on how many phases it charges, or would; None: not known."""

    @abstractmethod
    async def set_phases(self, phases: int) -> None:
        """Charge on one phase or on three."""


class EnergyMeter[S](ABC):
    """It counts the energy that the car receives."""

    @abstractmethod
    def energy_wh(self, state: S) -> float | None:
        """Return a counter that only grows, or starts again from zero, in Wh."""

    @abstractmethod
    def session_reading(self, state: S) -> SessionReading:
        """Return what it shows of the charging session."""


class DelayedStarter(ABC):
    """It can delay the start of charging by itself."""

    @abstractmethod
    async def delay_start(
        self, start: datetime, stop: datetime | None, *, daily: bool, mode: str | None
    ) -> None:
        """Start at a future time and stop at a later one, once or every day, in one of its modes."""


class Authorizer(ABC):
    """A charging session can be authorised from here."""

    @abstractmethod
    async def authorize(self, tag: str) -> None:
        """Authorise a session as if the card with this number were held to the reader."""


class PilotOverride(ABC):
    """The duty cycle of its control pilot can be forced, past all of its own safeguards."""

    @abstractmethod
    async def override_duty_cycle(self, percent: float | None) -> None:
        """Force the duty cycle, 0 to 100 %; None gives control back to the charger."""


class Resetter(ABC):
    """It can be reset to the factory's settings: for an owner that sells it, or is locked out."""

    @abstractmethod
    async def factory_reset(self) -> None:
        """Reset it to the factory's settings; it may leave the network for good."""


class AccessPointLock(ABC):
    """It opens a Wi-Fi of its own, and the password of that can be set."""

    @abstractmethod
    async def set_access_point_password(self, password: str) -> None:
        """Require this password from now on; an empty one removes it."""


class AccessPoint(ABC):
    """It can leave the network for one of its own, where its Wi-Fi is set up anew."""

    @abstractmethod
    async def open_access_point(self) -> None:
        """Open its access point; it is off the network until a person joins it to one again."""


class PowerBudget(ABC):
    """It keeps to a power that its supervisor sets, once it has one."""

    @abstractmethod
    def check_available_power(self, watts: float) -> None:
        """Raise ChargerRefusedError with a reason for a power that it would not take; nothing is sent."""

    @abstractmethod
    async def set_available_power(self, watts: float) -> None:
        """Set the power that it may draw now, in W; ChargerRefusedError while we are not its supervisor."""

    @abstractmethod
    async def power_source(self, kept: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """Return what sets its power now, to be stored for `release_control`: plain JSON that only this charger reads.

        While it has a supervisor already, that is what was stored before.
        """

    @abstractmethod
    async def take_control(self) -> None:
        """Become its supervisor, in place of a meter."""

    @abstractmethod
    async def release_control(self, kept: Mapping[str, Any]) -> None:
        """Restore what was stored, unless it was changed elsewhere meanwhile."""


class MeterFeed(ABC):
    """It takes the readings of meters that it cannot read itself.

    The checks raise what the commands would refuse, and send nothing.
    """

    @abstractmethod
    def check_mains(self, reading: MainsReading) -> None:
        """Raise ChargerRefusedError with a reason for a reading that it would not take."""

    @abstractmethod
    async def feed_mains(self, reading: MainsReading) -> None:
        """Send what flows to and from the mains."""

    @abstractmethod
    def check_ev(self, reading: EvReading) -> None:
        """Raise ChargerRefusedError with a reason for a reading that it would not take."""

    @abstractmethod
    async def feed_ev(self, reading: EvReading) -> None:
        """Send what flows to the car."""


class HardwareLimiter(ABC):
    """The current that its hardware carries can be set: by its builder, once."""

    @abstractmethod
    async def set_hardware_limit(self, amps: float) -> None:
        """Let it offer up to so many amperes per phase, whatever its wiring carries."""


class EntityBacked(ABC):
    """It is read and commanded through entities of another integration."""

    @abstractmethod
    def missing(self) -> tuple[str, ...]:
        """Return the names of those that no integration provides now."""


class Memory(ABC):
    """It does not report all that is known of it, so that some of it has to outlive a restart of ours."""

    @abstractmethod
    def keep(self) -> Mapping[str, Any]:
        """Return what is to be stored, as JSON."""

    @abstractmethod
    def recall(self, kept: Mapping[str, Any]) -> None:
        """Take up what was stored, before the first request; what does not fit is left out."""
