"""A charger on the wire."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import Any, cast

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

    def own_balancing(self, state: S) -> OwnBalancing | None:
        """Return what of its own also sets its current; None: nothing."""
        return None

    def limited_by(self, state: S) -> str | None:
        """Return what limits its current by its own word, one of control/claim.py:Reason; None: nothing, or not shown."""
        return None

    def restarted(self, before: S, after: S) -> bool:
        """Return whether the charger restarted between two snapshots, and may have forgotten what it was sent."""
        return False

    def has(self, kind: type[object]) -> bool:
        """Return whether its model and firmware have a capability that its class has; asked at each use."""
        return True

    def capability[T](self, kind: type[T]) -> T | None:
        """Return the charger as one that has this capability; None: it has not."""
        return self if self.has(kind) and isinstance(self, kind) else None

    def require[T](self, kind: type[T]) -> T:
        """Return the charger as one that is known to have this capability."""
        found = self.capability(kind)
        assert found is not None
        return found
