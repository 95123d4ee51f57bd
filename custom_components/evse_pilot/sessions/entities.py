"""Entities of the charging sessions."""

from ..entities.descriptions import Entities, EventDescription
from .recorder import SessionRecorder, SessionsState
from .tracker import Change

ENTITIES = Entities[SessionRecorder, SessionsState](
    events=(
        EventDescription(
            key="session",
            event_types=[change.value for change in Change],
            listen_fn=SessionRecorder.async_add_change_listener,
        ),
    ),
)
