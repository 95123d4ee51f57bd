"""Actions for charging schedules."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import voluptuous as vol

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.translation import async_get_translations
from homeassistant.helpers.typing import VolDictType

from ..chargers.errors import ChargerRefusedError
from ..const import DOMAIN
from ..entities.device import EvseConfigEntry
from ..scheduling.codec import schedule_from_dict
from ..scheduling.record import Executor
from ..scheduling.runner import ScheduleRunner
from ..scheduling.schedule import Outside, Schedule, Weekday
from .action import Action
from .fields import FieldError, as_word, checked, moment, number, or_none, word
from .targets import async_command_each, async_parts, by_name, invalid


def _date(value: Any) -> date:
    found = cv.date(value)
    return found.date() if isinstance(found, datetime) else found


def _with_days(window: dict[str, Any]) -> dict[str, Any]:
    """Return a window with a date, or with days: every day where neither is given."""
    if window.get("date") is None:
        return {"days": list(Weekday)} | window
    for field in ("days", "except"):
        if window.get(field):
            raise FieldError("only_one_field", field=field, other="date")
    return window


WINDOW = vol.Schema(
    {
        vol.Optional("days"): vol.All(cv.ensure_list, [word(Weekday)]),
        vol.Optional("date"): or_none(checked(_date)),
        vol.Optional("except"): vol.All(cv.ensure_list, [checked(_date)]),
        vol.Required("start"): checked(cv.time),
        vol.Required("end"): checked(cv.time),
        vol.Optional("current"): or_none(number("A")),
        vol.Optional("mode"): cv.string,
        vol.Optional("phases"): vol.All(vol.Coerce(int), vol.In([1, 3])),
        vol.Optional("energy"): number("kWh"),
        vol.Optional("title"): cv.string,
    }
)
# Domains of entities that are on or off.
FOLLOWED_DOMAINS = ("schedule", "calendar", "input_boolean", "binary_sensor", "switch")
_SCHEDULE: VolDictType = {
    vol.Optional("windows"): vol.All(cv.ensure_list, [vol.All(WINDOW, _with_days)]),
    vol.Optional("follow"): checked(cv.entity_domain(list(FOLLOWED_DOMAINS))),
    vol.Optional("outside", default=Outside.PAUSED): word(Outside),
    vol.Optional("enabled", default=True): cv.boolean,
    vol.Optional("executed_by", default=Executor.AUTO): word(Executor),
}
_SHOWN_MODES = tuple(f"component.{DOMAIN}.entity.select.{key}.state." for key in ("mode", "evnex_mode"))
_DELAYED_START: VolDictType = {
    vol.Required("start"): moment,
    vol.Optional("stop"): moment,
    vol.Optional("daily", default=False): cv.boolean,
    vol.Optional("mode"): cv.string,
}


async def _set_schedule(call: ServiceCall) -> ServiceResponse:
    executed_by, follow = Executor(call.data["executed_by"]), call.data.get("follow")
    if "windows" in call.data and follow is not None:
        raise invalid("only_one_field", field="windows", other="follow")
    if not call.data.get("windows") and follow is None:
        # A schedule without windows would let every car charge at any time.
        raise invalid("schedule_missing")
    mode_of = await _async_modes(call.hass)
    windows = [window | {"mode": mode_of(window.get("mode"))} for window in call.data.get("windows", [])]
    schedule = schedule_from_dict({**call.data, "windows": windows})
    outcomes: list[tuple[EvseConfigEntry, Any]] = []

    async def replace_schedule(entry: EvseConfigEntry, runner: ScheduleRunner) -> None:
        outcome = await runner.async_set(schedule, executed_by, follow=follow)
        outcomes.append((entry, runner.coordinator.data.as_dict() | outcome.as_dict()))

    def check(entry: EvseConfigEntry, runner: ScheduleRunner) -> None:
        if follow is not None:
            _check_followed(call.hass, entry, follow)
        runner.check(schedule, executed_by, follow)

    await async_command_each(await async_parts(call, ScheduleRunner), replace_schedule, check, refresh=False)
    return {"chargers": by_name(outcomes)}


def _check_followed(hass: HomeAssistant, entry: EvseConfigEntry, entity_id: str) -> None:
    """Raise ChargerRefusedError for an entity of the charger itself, which changes with what the schedule does."""
    followed = er.async_get(hass).async_get(entity_id)
    if followed is not None and followed.config_entry_id == entry.entry_id:
        raise ChargerRefusedError("follow_own_entity")


async def _get_schedule(call: ServiceCall) -> ServiceResponse:
    runners = await async_parts(call, ScheduleRunner)
    return {"chargers": by_name((entry, runner.coordinator.data.as_dict()) for entry, runner in runners)}


async def _set_delayed_start(call: ServiceCall) -> None:
    data, mode_of = call.data, await _async_modes(call.hass)
    start: datetime = data["start"]
    stop: datetime | None = data.get("stop")
    await async_command_each(
        await async_parts(call, ScheduleRunner),
        lambda _, runner: runner.async_delay(
            start, stop, daily=data["daily"], mode=mode_of(data.get("mode"))
        ),
        refresh=False,
    )


async def _clear_schedule(call: ServiceCall) -> None:
    await async_command_each(
        await async_parts(call, ScheduleRunner), lambda _, runner: runner.async_set(Schedule()), refresh=False
    )


async def _override_schedule(call: ServiceCall) -> None:
    await async_command_each(
        await async_parts(call, ScheduleRunner), lambda _, runner: runner.async_override(), refresh=False
    )


async def _async_modes(hass: HomeAssistant) -> Callable[[str | None], str | None]:
    """Return the function that returns the word of a mode which is written as the user interface shows it."""
    texts = await async_get_translations(hass, hass.config.language, "entity", [DOMAIN])
    words = {
        as_word(text): key.rpartition(".")[2] for key, text in texts.items() if key.startswith(_SHOWN_MODES)
    }
    return lambda shown: None if shown is None else words.get(as_word(shown), as_word(shown))


ACTIONS = (
    Action(
        name="set_schedule",
        handler=_set_schedule,
        schema=_SCHEDULE,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(name="get_schedule", handler=_get_schedule, response=SupportsResponse.ONLY),
    Action(name="set_delayed_start", handler=_set_delayed_start, schema=_DELAYED_START),
    Action(name="clear_schedule", handler=_clear_schedule),
    Action(name="override_schedule", handler=_override_schedule),
)
