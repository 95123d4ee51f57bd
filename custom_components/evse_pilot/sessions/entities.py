"""Entities of the charging sessions."""

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import UnitOfEnergy, UnitOfTime

from ..entities.descriptions import (
    Entities,
    EventDescription,
    ListedCalendarDescription,
    ListedEvent,
    SensorDescription,
)
from .recorder import SessionRecorder, SessionsState
from .session import ChargingSession
from .tracker import Change


def _past(state: SessionsState) -> list[ListedEvent]:
    return [
        ListedEvent(begin=session.begin, end=session.end, title=_title(session))
        for session in state.sessions
        if session.end is not None
    ]


def _title(session: ChargingSession) -> str:
    """Return what a session is called on a calendar, in no language."""
    hours, minutes = divmod(round((session.duration_s or 0) / 60), 60)
    parts = [
        f"{hours}:{minutes:02} h" if session.energy_wh is None else f"{session.energy_wh / 1000:.1f} kWh"
    ]
    if session.cost is not None:
        parts.append(f"{session.cost:.2f} {session.currency or ''}".strip())
    return " \u00b7 ".join(parts)


def _currency(state: SessionsState) -> str | None:
    """Return the currency of the last session, which may be another one than that of the next."""
    return (None if state.last is None else state.last.currency) or state.currency


def _completeness(state: SessionsState) -> dict[str, bool | None]:
    last = state.last
    return {"complete": None if last is None or last.cost is None else last.is_cost_complete}


ENTITIES = Entities[SessionRecorder, SessionsState](
    calendars=(
        ListedCalendarDescription(key="sessions", entity_registry_enabled_default=False, value_fn=_past),
    ),
    events=(
        EventDescription(
            key="session",
            event_types=[change.value for change in Change],
            listen_fn=SessionRecorder.async_add_change_listener,
        ),
    ),
    sensors=(
        # Of one session after the other, which is no meter for statistics.
        SensorDescription(
            key="last_session_energy",
            device_class=SensorDeviceClass.ENERGY,
            entity_registry_enabled_default=False,
            native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
            suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
            suggested_display_precision=2,
            exists_fn=lambda state: state.counts_energy,
            value_fn=lambda state: None if state.last is None else state.last.energy_wh,
        ),
        SensorDescription(
            key="last_session_cost",
            device_class=SensorDeviceClass.MONETARY,
            suggested_display_precision=2,
            exists_fn=lambda state: state.currency is not None,
            value_fn=lambda state: None if state.last is None else state.last.cost,
            unit_fn=_currency,
            attributes_fn=_completeness,
        ),
        SensorDescription(
            key="last_session_duration",
            device_class=SensorDeviceClass.DURATION,
            entity_registry_enabled_default=False,
            native_unit_of_measurement=UnitOfTime.SECONDS,
            suggested_unit_of_measurement=UnitOfTime.MINUTES,
            suggested_display_precision=0,
            value_fn=lambda state: None if state.last is None else state.last.duration_s,
        ),
    ),
)
