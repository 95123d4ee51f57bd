"""A charger on the wire."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from .types import Identity, OwnBalancing, Shortage, Snapshot, Status


class Charger[S: Snapshot](ABC):
    """One charger on the wire; S is its state, an immutable snapshot."""

    @abstractmethod
    async def identify(self) -> Identity:
        """Read which charger this is."""

    @abstractmethod
    async def fetch(self) -> S:
        """Read one whole snapshot."""

    def stream(self) -> AsyncGenerator[S] | None:
        """Yield whole snapshots as the charger sends them; None: it does not stream.

        Raises a ChargerError when the connection is lost. The next call waits until it is time to try again.
        """
        return None

    @abstractmethod
    def report(self) -> Mapping[str, object]:
        """Return its last raw answers for a bug report, without secrets."""

    def with_status(self, state: S, status: Status) -> S:
        """Return a state with a status that the charger does not know, such as that it waits for a schedule of ours."""
        changed: S = replace(cast("Any", state), status=status)
        return changed

    def own_balancing(self, state: S) -> OwnBalancing | None:
        """Return what of its own also sets its current; None: nothing does."""
        return None

    def shortage(self, state: S) -> Shortage | None:
        """Return what it lacks for what it is set to do; None: nothing."""
        return None

    def limited_by(self, state: S) -> str | None:
        """Return the limit that it names itself, a member of control/claim.py:Reason; None: none, or not shown."""
        return None

    def restarted(self, before: S, after: S) -> bool:
        """Return whether the charger restarted between two snapshots, and may have forgotten what it was sent."""
        return False

    def started_at(self, state: S) -> datetime | None:
        """Return when the charger started, in UTC; None: not known."""
        return None

    def has(self, kind: type[object]) -> bool:
        """Return whether its model and firmware have a capability that its class has; asked at each use."""
        return True

    def capability[T](self, kind: type[T]) -> T | None:
        """Return the charger as one with this capability; None: it does not have it."""
        return self if self.has(kind) and isinstance(self, kind) else None

    def require[T](self, kind: type[T]) -> T:
        """Return the charger as one with this capability, which it is known to have."""
        found = self.capability(kind)
        assert found is not None
        return found
