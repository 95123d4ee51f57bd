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

ENTITIES = Entities[ScheduleRunner, ScheduleState](
    buttons=(ButtonDescription(key="override_schedule", press_fn=ScheduleRunner.async_override),),
    calendars=(
        CalendarDescription(
            key="schedule", value_fn=lambda s: s.schedule, set_fn=ScheduleRunner.async_set_windows
        ),
    ),
    sensors=(
        SensorDescription(
            key="next_charging_start",
            device_class=SensorDeviceClass.TIMESTAMP,
            value_fn=lambda s: s.next_start,
        ),
        SensorDescription(
            key="next_charging_end",
            device_class=SensorDeviceClass.TIMESTAMP,
            value_fn=lambda s: s.next_end,
        ),
    ),
    switches=(
        SwitchDescription(
            key="schedule_enabled",
            value_fn=lambda s: s.schedule.enabled,
            set_fn=ScheduleRunner.async_set_enabled,
        ),
    ),
)
