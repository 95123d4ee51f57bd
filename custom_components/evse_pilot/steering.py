"""Who has a say in the current of one charger: its owner, its schedule, and a group that shares a fuse.

A group that steers is the only one that tells the charger; the others tell it here what they leave to the group.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from homeassistant.core import CALLBACK_TYPE, callback

from .scheduling.schedule import ALLOWED, Permit


class Steering:
    """What the owner and the schedule of a charger allow, and whether a group makes something of it."""

    def __init__(self) -> None:
        """Nobody steers, and nobody has set a limit."""
        self._permit = ALLOWED
        self._owners_limit_a: float | None = None
        self._steered = False
        self._listeners: list[Callable[[], None]] = []

    @property
    def steered(self) -> bool:
        """Return whether a group tells the charger, so that nobody else does."""
        return self._steered

    @property
    def permit(self) -> Permit:
        """Return what the schedule allows now."""
        return self._permit

    @property
    def owners_limit_a(self) -> float | None:
        """Return the limit that the owner has set, in A per phase; 0: no charging; None: none."""
        return self._owners_limit_a

    @property
    def allowed(self) -> bool:
        """Return whether both its owner and its schedule let a car charge."""
        return not self._permit.is_pause and self._owners_limit_a != 0

    @property
    def ceiling_a(self) -> float | None:
        """Return the smaller of the owner's limit and the schedule's, in A per phase; None: there is none."""
        limits_a = [amps for amps in (self._owners_limit_a, self._permit.current_a) if amps]
        return min(limits_a) if limits_a else None

    @callback
    def set_permit(self, permit: Permit) -> None:
        """Say what the schedule allows."""
        if permit != self._permit:
            self._permit = permit
            self._tell()

    @callback
    def set_owners_limit(self, amps: float | None) -> None:
        """Say what the owner allows, in A per phase."""
        if amps != self._owners_limit_a:
            self._owners_limit_a = amps
            self._tell()

    @callback
    def set_steered(self, steered: bool) -> None:
        """Say that a group steers from now on, or no longer."""
        if steered != self._steered:
            self._steered = steered
            self._tell()

    @callback
    def async_add_listener(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call after each change."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()


class Limits(Protocol):
    """What the owner of a charger limits it to."""

    def check(self, amps: float) -> None:
        """Raise ChargerRefusedError for a limit that the charger cannot keep; nothing is sent."""

    async def async_set(self, amps: float, duration: timedelta | None) -> None:
        """Limit the charger, in A per phase, 0 is a pause; for a time, or until another limit is set."""

    async def async_clear(self) -> None:
        """Give back what was before a limit for a time, or before one that was left to a group."""
