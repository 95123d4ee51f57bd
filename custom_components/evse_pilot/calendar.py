"""Calendar platform: the charging windows of a week, the times of a plan, and the sessions that are over."""

from dataclasses import replace
from datetime import date, datetime, timedelta
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

from .chargers.errors import ChargerRefusedError
from .entities.descriptions import CalendarDescription, ListedCalendarDescription
from .entities.device import Device, EvseConfigEntry
from .entities.entity import EvseEntity, async_add_as_called_for
from .runtime.errors import translated
from .scheduling.event import description_of, rule_of, title_of, uid_of, window_of
from .scheduling.schedule import ALLOWED, Occurrence, Permit, Schedule, Window, occurrences

# The charger's own lock keeps commands apart; waiting here would let each of them begin late.
PARALLEL_UPDATES = 0

# Every window repeats within a week.
_AHEAD = timedelta(days=8)


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
    """A week of charging windows, which can be added, moved and deleted; each repeats every week."""

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
        now = dt_util.utcnow()
        if not self._schedule.enabled:
            return None
        found = occurrences(self._schedule, now, now + _AHEAD, dt_util.get_default_time_zone())
        return _event(found[0]) if found else None

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
        await self._async_set((*self._schedule.windows, window))

    @override
    async def async_update_event(
        self,
        uid: str,
        event: dict[str, Any],
        recurrence_id: str | None = None,
        recurrence_range: str | None = None,
    ) -> None:
        with self._translated():
            old = self._window_with(uid, recurrence_id, recurrence_range)
            window = _window_of_event(event, old.permit)
        await self._async_set(tuple(window if each == old else each for each in self._schedule.windows))

    @override
    async def async_delete_event(
        self, uid: str, recurrence_id: str | None = None, recurrence_range: str | None = None
    ) -> None:
        with self._translated():
            old = self._window_with(uid, recurrence_id, recurrence_range)
        await self._async_set(tuple(each for each in self._schedule.windows if each != old))

    def _translated(self) -> Any:
        return translated(HomeAssistantError, str(self._device.info.get("name")))

    def _window_with(self, uid: str, recurrence_id: str | None, recurrence_range: str | None) -> Window:
        if recurrence_id and not recurrence_range:
            raise ChargerRefusedError("schedule_event_one")
        for window in self._schedule.windows:
            if uid_of(window) == uid:
                return window
        raise ChargerRefusedError("schedule_event_gone")

    async def _async_set(self, windows: tuple[Window, ...]) -> None:
        await self.async_command(
            self.entity_description.set_fn(self._device.target, replace(self._schedule, windows=windows))
        )


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
    whole_day = occurrence.window.start == occurrence.window.end
    return CalendarEvent(
        start=start.date() if whole_day else start,
        end=end.date() if whole_day else end,
        summary=title_of(occurrence.window),
        description=description_of(occurrence.window),
        uid=uid_of(occurrence.window),
        rrule=rule_of(occurrence.window),
        recurrence_id=f"{start:%Y%m%dT%H%M%S}",
    )


def _entity(
    device: Device[Any, Any], description: CalendarDescription[Any, Any] | ListedCalendarDescription[Any]
) -> EvseCalendar[Any, Any] | EvseListedCalendar[Any]:
    if isinstance(description, ListedCalendarDescription):
        return EvseListedCalendar(device, description)
    return EvseCalendar(device, description)
