"""What of a charger's sessions outlives a restart: the one that lasts, and those of two years."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from homeassistant.core import HomeAssistant

from ..runtime.storage import UNREADABLE, Parts, Stored, storage_key
from .session import ChargingSession, session_from_dict, session_to_dict
from .tracker import Tracked

KEPT_FOR = timedelta(days=731)
# Seven a day for two years, in less than 2 MB.
MOST_SESSIONS = 5000


def stored_tracked(hass: HomeAssistant, entry_id: str) -> Stored[Tracked]:
    """Return the file of the session that lasts: it changes with each minute, and those that ended do not."""
    return Stored(
        hass,
        storage_key("session", entry_id),
        version=1,
        read=lambda parts: Tracked.from_dict(parts.data),
        write=Tracked.as_dict,
    )


def stored_sessions(hass: HomeAssistant, entry_id: str) -> Stored[tuple[ChargingSession, ...]]:
    """Return the file of the sessions that ended, oldest first."""
    return Stored(
        hass,
        storage_key("sessions", entry_id),
        version=1,
        read=_read,
        write=lambda sessions: {"sessions": [session_to_dict(session) for session in sessions]},
    )


def pruned(sessions: Sequence[ChargingSession], now: datetime) -> tuple[ChargingSession, ...]:
    """Return those that are kept: the newest of the last two years."""
    oldest = now - KEPT_FOR
    return tuple(session for session in sessions if session.end is not None and session.end >= oldest)[
        -MOST_SESSIONS:
    ]


def _read(parts: Parts) -> tuple[ChargingSession, ...]:
    """Read all sessions that make sense."""
    found: list[ChargingSession] = []
    dropped = 0
    for stored in _listed(parts)[-MOST_SESSIONS:]:
        try:
            found.append(session_from_dict(stored))
        except UNREADABLE:
            dropped += 1
    if dropped:
        parts.dropped.append(f"{dropped} of sessions")
    return tuple(sorted(found, key=lambda session: session.begin))


def _listed(parts: Parts) -> list[Any]:
    def read(stored: Any) -> list[Any]:
        if not isinstance(stored, list):
            raise TypeError("no list")
        return stored

    return parts.read("sessions", read, [])
