"""Calendar platform: the charging windows, the times of a plan, and the sessions that are over."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any, override

from homeassistant.components.calendar import CalendarEntity, CalendarEvent
from homeassistant.components.calendar.const import (
    EVENT_END,
    EVENT_RRULE,
    EVENT_START,
    EVENT_SUMMARY,
    CalendarEntityFeature,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .entities.descriptions import CalendarDescription, ListedCalendarDescription
from .entities.device import Device, EvseConfigEntry
from .entities.entity import EvseEntity, async_add_as_called_for
from .runtime.errors import translated
from .scheduling.dates import changed
from .scheduling.event import day_of, description_of, recurrence_id_of, rule_of, title_of, uid_of, window_of
from .scheduling.schedule import ALLOWED, Occurrence, Permit, Schedule, Window, next_occurrence, occurrences

# The charger's own lock keeps commands apart; waiting here would let each of them begin late.
PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: EvseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the entities of the device."""
    async_add_as_called_for(entry, lambda entities: entities.calendars, _entity, async_add_entities)


class EvseListedCalendar[S](EvseEntity[Any, S], CalendarEntity):
    """What is over, or planned; it cannot be changed here."""

    entity_description: ListedCalendarDescription[S]

    @property
    def _events(self) -> list[CalendarEvent]:
        return [
            CalendarEvent(
                start=dt_util.as_local(listed.begin),
                end=dt_util.as_local(listed.end),
                summary=listed.title,
                uid=listed.begin.isoformat(),
            )
            for listed in self.entity_description.value_fn(self.coordinator.data)
        ]

    @property
    @override
    def event(self) -> CalendarEvent | None:
        if not self.entity_description.is_to_come:
            return None
        now = dt_util.utcnow()
        return next((event for event in self._events if event.end_datetime_local > now), None)

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        return [
            event
            for event in self._events
            if event.start_datetime_local < end_date and event.end_datetime_local > start_date
        ]


class EvseCalendar[C, S](EvseEntity[C, S], CalendarEntity):
    """Charging windows, which can be added, moved and deleted; each comes every week, or once."""

    entity_description: CalendarDescription[C, S]
    _attr_supported_features = (
        CalendarEntityFeature.CREATE_EVENT
        | CalendarEntityFeature.UPDATE_EVENT
        | CalendarEntityFeature.DELETE_EVENT
    )

    @property
    def _schedule(self) -> Schedule:
        return self.entity_description.value_fn(self.coordinator.data)

    @property
    @override
    def event(self) -> CalendarEvent | None:
        if not self._schedule.enabled:
            return None
        found = next_occurrence(self._schedule, dt_util.utcnow(), dt_util.get_default_time_zone())
        return None if found is None else _event(found)

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        return [
            _event(occurrence)
            for occurrence in occurrences(
                self._schedule, start_date, end_date, dt_util.get_default_time_zone()
            )
        ]

    @override
    async def async_create_event(self, **kwargs: Any) -> None:
        with self._translated():
            window = _window_of_event(kwargs)
        await self._async_set(replace(self._schedule, windows=(*self._schedule.windows, window)))

    @override
    async def async_update_event(
        self,
        uid: str,
        event: dict[str, Any],
        recurrence_id: str | None = None,
        recurrence_range: str | None = None,
    ) -> None:
        if recurrence_id and not recurrence_range:
            # One event of a series is a window that comes once.
            event = event | {EVENT_RRULE: None}
        await self._async_change(
            uid, recurrence_id, recurrence_range, lambda old: _window_of_event(event, old.permit)
        )

    @override
    async def async_delete_event(
        self, uid: str, recurrence_id: str | None = None, recurrence_range: str | None = None
    ) -> None:
        await self._async_change(uid, recurrence_id, recurrence_range, None)

    def _translated(self) -> Any:
        return translated(HomeAssistantError, str(self._device.info.get("name")))

    async def _async_change(
        self,
        uid: str,
        recurrence_id: str | None,
        recurrence_range: str | None,
        change: Callable[[Window], Window] | None,
    ) -> None:
        """Change what the windows with an id are, or without a range only what comes of them on one date."""
        with self._translated():
            schedule = changed(
                self._schedule,
                uid,
                day_of(recurrence_id) if recurrence_id and not recurrence_range else None,
                change,
                moment=dt_util.utcnow(),
                zone=dt_util.get_default_time_zone(),
            )
        await self._async_set(schedule)

    async def _async_set(self, schedule: Schedule) -> None:
        await self.async_command(self.entity_description.set_fn(self._device.target, schedule))


def _window_of_event(event: dict[str, Any], before: Permit = ALLOWED) -> Window:
    """Return the window of an event; `before` is what the window allowed before the event was changed."""
    return window_of(
        _local(event[EVENT_START]),
        _local(event[EVENT_END]),
        event[EVENT_SUMMARY],
        event.get(EVENT_RRULE),
        before=before,
    )


def _local(moment: datetime | date) -> datetime | date:
    """Return the local time, without a zone."""
    return dt_util.as_local(moment).replace(tzinfo=None) if isinstance(moment, datetime) else moment


def _event(occurrence: Occurrence) -> CalendarEvent:
    start, end = dt_util.as_local(occurrence.start), dt_util.as_local(occurrence.end)
    whole_day, rule = occurrence.window.start == occurrence.window.end, rule_of(occurrence.window)
    return CalendarEvent(
        start=start.date() if whole_day else start,
        end=end.date() if whole_day else end,
        summary=title_of(occurrence.window),
        description=description_of(occurrence.window),
        uid=uid_of(occurrence.window),
        rrule=rule,
        recurrence_id=None if rule is None else recurrence_id_of(start),
    )


def _entity(
    device: Device[Any, Any], description: CalendarDescription[Any, Any] | ListedCalendarDescription[Any]
) -> EvseCalendar[Any, Any] | EvseListedCalendar[Any]:
    if isinstance(description, ListedCalendarDescription):
        return EvseListedCalendar(device, description)
    return EvseCalendar(device, description)
