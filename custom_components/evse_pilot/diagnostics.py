"""Diagnostics of a charger, without secrets."""

from dataclasses import fields
from typing import Any

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.const import (
    CONF_ACCESS_TOKEN,
    CONF_ALIAS,
    CONF_HOST,
    CONF_MAC,
    CONF_PASSWORD,
    CONF_URL,
    CONF_USERNAME,
)
from homeassistant.core import HomeAssistant

from .balancing.settings import CONF_METER_ID
from .chargers.entity_port import CONF_DEVICE, CONF_LIMIT_ACTION, CONF_ROLES
from .const import CONF_DEVICE_ID, CONF_POWER_SOURCE, CONF_REFRESH_TOKEN, CONF_SERIAL
from .control.report import control_report
from .entities.device import EvseConfigEntry
from .planning.runner import PlanRunner
from .scheduling.runner import ScheduleRunner
from .sessions.recorder import SessionRecorder

_PRIVATE = {
    CONF_ACCESS_TOKEN,
    CONF_ALIAS,
    CONF_DEVICE,
    CONF_DEVICE_ID,
    CONF_HOST,
    CONF_MAC,
    CONF_METER_ID,
    CONF_PASSWORD,
    CONF_POWER_SOURCE,
    CONF_REFRESH_TOKEN,
    CONF_ROLES,
    CONF_LIMIT_ACTION,
    CONF_SERIAL,
    CONF_URL,
    CONF_USERNAME,
}


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: EvseConfigEntry) -> dict[str, Any]:
    """Return the entry, the snapshot, the schedule, the plan, the session, the control of its current and the last raw answers."""
    device = entry.runtime_data
    state = device.coordinator.data
    schedule, plan, sessions = (
        device.part(ScheduleRunner),
        device.part(PlanRunner),
        device.part(SessionRecorder),
    )
    return {
        "data": async_redact_data(dict(entry.data), _PRIVATE),
        "options": async_redact_data(dict(entry.options), _PRIVATE),
        "last_update_success": device.coordinator.last_update_success,
        # A field that is kept out of the snapshot's own text is private.
        "state": {
            field.name: getattr(state, field.name)
            if field.repr or getattr(state, field.name) is None
            else REDACTED
            for field in fields(state)
        },
        "schedule": None if schedule is None else schedule.coordinator.data.as_dict(),
        "plan": None if plan is None else plan.coordinator.data.as_dict(),
        "sessions": None if sessions is None else sessions.report(),
        "control": None if device.control is None else control_report(device.control),
        "answers": device.target.report(),
    }
