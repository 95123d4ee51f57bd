"""A charger on the wire."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import Any, cast

from .capabilities import (
    AccessPoint,
    AccessPointLock,
    Authorizer,
    ChargingSwitch,
    DelayedStarter,
    EnergyMeter,
    HardwareLimiter,
    Limiter,
    MainsMeter,
    Memory,
    MeterFeed,
    ModeSwitch,
    PhaseSwitch,
    PilotOverride,
    PowerBudget,
    Resetter,
    Scheduler,
)
from .types import Identity, OwnBalancing, Snapshot, Status


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
