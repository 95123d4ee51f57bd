"""The last decisions of a controller, for a bug report."""

from collections import deque
from collections.abc import Sequence
from typing import Any

from homeassistant.util import dt as dt_util

from .claim import Claims

_KEPT = 100


class Decisions:
    """A ring of events: sent, accepted, confirmed, foreign, failed."""

    def __init__(self) -> None:
        """Start with none."""
        self._ring: deque[dict[str, Any]] = deque(maxlen=_KEPT)

    def add(self, event: str, current_a: float, claims: Claims, **details: str) -> None:
        """Note an event with the claims of that moment, and the current that was sent or shown, in A per phase."""
        self._ring.append(
            {
                "at": dt_util.utcnow().isoformat(timespec="milliseconds"),
                "event": event,
                "current_a": current_a,
                "claims": {source.value: claim.current_a for source, claim in claims.items()},
                **details,
            }
        )

    @property
    def last_event(self) -> str | None:
        """Return the last event; None: there was none."""
        return self._ring[-1]["event"] if self._ring else None

    def report(self) -> Sequence[dict[str, Any]]:
        """Return all that are kept, the oldest first."""
        return list(self._ring)
