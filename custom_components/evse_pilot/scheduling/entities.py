"""Entities of a schedule."""

from homeassistant.components.sensor import SensorDeviceClass

from ..entities.descriptions import (
    ButtonDescription,
    CalendarDescription,
    Entities,
    SensorDescription,
    SwitchDescription,
)
from .runner import ScheduleRunner
from .state import ScheduleState


def _is_scheduled(state: ScheduleState) -> bool:
    """Return whether there is a schedule, a followed entity or a delayed start: without, these would be unknown."""
    return bool(state.schedule.windows) or state.follow is not None or state.next_start is not None


ENTITIES = Entities[ScheduleRunner, ScheduleState](
    buttons=(
        ButtonDescription(
            key="override_schedule",
            entity_registry_enabled_default=False,
            exists_fn=_is_scheduled,
            press_fn=ScheduleRunner.async_override,
        ),
    ),
    calendars=(
        CalendarDescription(
            key="schedule", value_fn=lambda s: s.schedule, set_fn=ScheduleRunner.async_set_windows
        ),
    ),
    sensors=(
        SensorDescription(
            key="next_charging_start",
            device_class=SensorDeviceClass.TIMESTAMP,
            exists_fn=_is_scheduled,
            value_fn=lambda s: s.next_start,
        ),
        SensorDescription(
            key="next_charging_end",
            device_class=SensorDeviceClass.TIMESTAMP,
            entity_registry_enabled_default=False,
            exists_fn=_is_scheduled,
            value_fn=lambda s: s.next_end,
        ),
    ),
    switches=(
        SwitchDescription(
            key="schedule_enabled",
            exists_fn=_is_scheduled,
            value_fn=lambda s: s.schedule.enabled,
            set_fn=ScheduleRunner.async_set_enabled,
        ),
    ),
)
