"""Actions: schema -> chargers -> capability; services.yaml has the fields, en.json the words.

All targets are checked before any is told, and those that fail are named.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_extract_config_entry_ids, async_register_admin_service
from homeassistant.util import dt as dt_util

from ..balancing.settings import is_group
from ..chargers.capabilities import (
    AccessPoint,
    AccessPointLock,
    Authorizer,
    HardwareLimiter,
    PilotOverride,
    PowerBudget,
    Resetter,
)
from ..chargers.errors import ChargerRefusedError
from ..const import CONF_POWER_SOURCE, DOMAIN
from ..entities.device import EvseConfigEntry
from ..runtime.errors import translated
from ..scheduling.runner import Executor, ScheduleRunner, schedule_from_dict
from ..scheduling.schedule import Outside, Schedule, Weekday

_AUTHORIZE = {vol.Required("tag"): cv.string}
_WINDOW = vol.Schema(
    {
        vol.Optional("days", default=list(Weekday)): vol.All(cv.ensure_list, [vol.Coerce(Weekday)]),
        vol.Required("start"): cv.time,
        vol.Required("end"): cv.time,
        vol.Optional("current"): vol.Any(None, vol.Coerce(float)),
        vol.Optional("mode"): cv.string,
        vol.Optional("phases"): vol.All(vol.Coerce(int), vol.In([1, 3])),
        vol.Optional("energy"): vol.Coerce(float),
    }
)
_SCHEDULE = {
    vol.Exclusive("windows", "what"): vol.All(cv.ensure_list, [_WINDOW]),
    vol.Exclusive("follow", "what"): cv.entity_domain(
        ["schedule", "calendar", "input_boolean", "binary_sensor"]
    ),
    vol.Optional("outside", default=Outside.PAUSED): vol.Coerce(Outside),
    vol.Optional("enabled", default=True): cv.boolean,
    vol.Optional("executed_by", default=Executor.AUTO): vol.Coerce(Executor),
}
_DELAY = {
    vol.Required("start"): cv.datetime,
    vol.Optional("stop"): cv.datetime,
    vol.Optional("daily", default=False): cv.boolean,
    vol.Optional("mode"): cv.string,
}
_CONFIRM = {vol.Required("confirm"): vol.All(cv.boolean, True)}
_PASSWORD = {vol.Required("password"): cv.string}
_HARDWARE_LIMIT = _CONFIRM | {vol.Required("current"): vol.All(vol.Coerce(float), vol.Range(min=6, max=80))}
_OVERRIDE = {vol.Required("duty_cycle"): vol.All(vol.Coerce(float), vol.Range(min=0, max=100))}


@callback
def async_setup_actions(hass: HomeAssistant) -> None:
    """Register the actions."""

    async def authorize(call: ServiceCall) -> None:
        await _async_tell(call, "authorize", Authorizer, lambda it: it.authorize(call.data["tag"]))

    async def override_control_pilot(call: ServiceCall) -> None:
        await _async_tell(
            call,
            "override_control_pilot",
            PilotOverride,
            lambda it: it.override_duty_cycle(call.data["duty_cycle"]),
        )

    async def release_control_pilot(call: ServiceCall) -> None:
        await _async_tell(
            call,
            "release_control_pilot",
            PilotOverride,
            lambda it: it.override_duty_cycle(None),
        )

    async def factory_reset(call: ServiceCall) -> None:
        await _async_tell(call, "factory_reset", Resetter, lambda it: it.factory_reset())

    async def set_schedule(call: ServiceCall) -> ServiceResponse:
        raw = {"windows": [], **call.data}
        schedule = schedule_from_dict(raw)
        executed_by, follow = Executor(call.data["executed_by"]), call.data.get("follow")
        runners = await _async_runners(call, "set_schedule")
        for entry, runner in runners:
            with translated(HomeAssistantError, entry.title):
                runner.check(schedule, executed_by)
        outcomes: dict[str, Any] = {}

        async def replace_schedule(entry: EvseConfigEntry, runner: ScheduleRunner) -> None:
            outcome = await runner.async_set(schedule, executed_by, follow=follow)
            outcomes[entry.title] = runner.coordinator.data.as_dict() | outcome.as_dict()

        await _async_each(runners, replace_schedule)
        return {"chargers": outcomes}

    async def get_schedule(call: ServiceCall) -> ServiceResponse:
        runners = await _async_runners(call, "get_schedule")
        return {"chargers": {entry.title: runner.coordinator.data.as_dict() for entry, runner in runners}}

    async def set_delayed_start(call: ServiceCall) -> None:
        data = call.data
        start, stop = dt_util.as_utc(data["start"]), data.get("stop")
        stop = None if stop is None else dt_util.as_utc(stop)
        runners = await _async_runners(call, "set_delayed_start")
        await _async_each(
            runners,
            lambda _, runner: runner.async_delay(start, stop, daily=data["daily"], mode=data.get("mode")),
        )

    async def clear_schedule(call: ServiceCall) -> None:
        runners = await _async_runners(call, "clear_schedule")
        await _async_each(runners, lambda _, runner: runner.async_set(Schedule()))

    async def override_schedule(call: ServiceCall) -> None:
        runners = await _async_runners(call, "override_schedule")
        await _async_each(runners, lambda _, runner: runner.async_override())

    async def set_access_point_password(call: ServiceCall) -> None:
        await _async_tell(
            call,
            "set_access_point_password",
            AccessPointLock,
            lambda it: it.set_access_point_password(call.data["password"]),
        )

    async def open_access_point(call: ServiceCall) -> None:
        await _async_tell(call, "open_access_point", AccessPoint, lambda it: it.open_access_point())

    async def take_power_control(call: ServiceCall) -> None:
        await async_tell_each(call, "take_power_control", PowerBudget, _async_take_power_control)

    async def release_power_control(call: ServiceCall) -> None:
        await async_tell_each(call, "release_power_control", PowerBudget, _async_release_power_control)

    async def set_hardware_limit(call: ServiceCall) -> None:
        await _async_tell(
            call,
            "set_hardware_limit",
            HardwareLimiter,
            lambda it: it.set_hardware_limit(call.data["current"]),
        )

    hass.services.async_register(DOMAIN, "authorize", authorize, cv.make_entity_service_schema(_AUTHORIZE))
    hass.services.async_register(
        DOMAIN,
        "set_schedule",
        set_schedule,
        cv.make_entity_service_schema(_SCHEDULE),
        supports_response=SupportsResponse.OPTIONAL,
    )
    hass.services.async_register(
        DOMAIN,
        "get_schedule",
        get_schedule,
        cv.make_entity_service_schema({}),
        supports_response=SupportsResponse.ONLY,
    )
    hass.services.async_register(
        DOMAIN, "set_delayed_start", set_delayed_start, cv.make_entity_service_schema(_DELAY)
    )
    hass.services.async_register(DOMAIN, "clear_schedule", clear_schedule, cv.make_entity_service_schema({}))
    hass.services.async_register(
        DOMAIN, "override_schedule", override_schedule, cv.make_entity_service_schema({})
    )
    # These reach past all that keeps a car and its wiring safe.
    async_register_admin_service(
        hass,
        DOMAIN,
        "override_control_pilot",
        override_control_pilot,
        cv.make_entity_service_schema(_OVERRIDE),
    )
    async_register_admin_service(
        hass, DOMAIN, "release_control_pilot", release_control_pilot, cv.make_entity_service_schema({})
    )
    async_register_admin_service(
        hass, DOMAIN, "factory_reset", factory_reset, cv.make_entity_service_schema(_CONFIRM)
    )
    # These may let a stranger in, or lock the owner out.
    async_register_admin_service(
        hass,
        DOMAIN,
        "set_access_point_password",
        set_access_point_password,
        cv.make_entity_service_schema(_PASSWORD),
    )
    async_register_admin_service(
        hass, DOMAIN, "open_access_point", open_access_point, cv.make_entity_service_schema(_CONFIRM)
    )
    async_register_admin_service(
        hass, DOMAIN, "take_power_control", take_power_control, cv.make_entity_service_schema({})
    )
    async_register_admin_service(
        hass, DOMAIN, "release_power_control", release_power_control, cv.make_entity_service_schema({})
    )
    async_register_admin_service(
        hass,
        DOMAIN,
        "set_hardware_limit",
        set_hardware_limit,
        cv.make_entity_service_schema(_HARDWARE_LIMIT),
    )


async def _async_take_power_control(entry: EvseConfigEntry, budget: PowerBudget) -> None:
    """Make a charger obey the power that it is told from here, and keep what it went by, to undo it."""
    source = await budget.power_source(entry.data.get(CONF_POWER_SOURCE))
    # Before it is sent: if the reply is lost, it may have been done all the same.
    _keep(entry, {CONF_POWER_SOURCE: dict(source)})
    await budget.take_control()


async def _async_release_power_control(entry: EvseConfigEntry, budget: PowerBudget) -> None:
    """Make a charger go by what it went by before."""
    if (source := entry.data.get(CONF_POWER_SOURCE)) is None:
        raise ChargerRefusedError("power_control_not_taken")
    await budget.release_control(source)
    _keep(entry, {})


def _keep(entry: EvseConfigEntry, source: dict[str, Any]) -> None:
    hass = entry.runtime_data.coordinator.hass
    others = {key: value for key, value in entry.data.items() if key != CONF_POWER_SOURCE}
    hass.config_entries.async_update_entry(entry, data=others | source)


async def _async_tell[T](
    call: ServiceCall,
    action: str,
    kind: type[T],
    command: Callable[[T], Awaitable[None]],
) -> None:
    """Carry out a command that needs the charger only; see `async_tell_each`."""
    await async_tell_each(call, action, kind, lambda _, able: command(able))


async def async_tell_each[T](
    call: ServiceCall,
    action: str,
    kind: type[T],
    command: Callable[[EvseConfigEntry, T], Awaitable[None]],
    check: Callable[[EvseConfigEntry, T], None] = lambda _, __: None,
) -> None:
    """Carry out a command on every charger that the call targets.

    Raises ServiceValidationError before anything is sent if one of them cannot, or does not pass the check, and
    HomeAssistantError with the name of each that failed.
    """
    targets = []
    for entry in await _async_chargers(call):
        if (able := entry.runtime_data.target.capability(kind)) is None:
            raise invalid("not_supported", name=entry.title, action=action)
        targets.append((entry, able))
    for entry, able in targets:
        with translated(HomeAssistantError, entry.title):
            check(entry, able)

    async def tell(entry: EvseConfigEntry, able: T) -> None:
        try:
            await command(entry, able)
        finally:
            # It may have been heard though it failed.
            await entry.runtime_data.coordinator.async_refresh()

    await _async_each(targets, tell)


async def _async_each[T](
    targets: list[tuple[EvseConfigEntry, T]], command: Callable[[EvseConfigEntry, T], Awaitable[Any]]
) -> None:
    """Carry out a command on each; HomeAssistantError afterwards with the name of each that failed."""
    failures: dict[str, HomeAssistantError] = {}
    for entry, able in targets:
        try:
            with translated(HomeAssistantError, entry.title):
                await command(entry, able)
        except HomeAssistantError as error:
            failures[entry.title] = error
    if len(failures) == 1:
        raise next(iter(failures.values()))
    if failures:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="several_failed",
            translation_placeholders={"failures": "; ".join(map(str, failures.values()))},
        )


async def _async_chargers(call: ServiceCall) -> list[EvseConfigEntry]:
    return await async_targets(call, groups=False)


async def async_targets(call: ServiceCall, *, groups: bool) -> list[EvseConfigEntry]:
    """Return the loaded chargers, or the groups, that a call targets, in a stable order.

    An area may have both.
    """
    entries = [
        entry
        for entry_id in sorted(await async_extract_config_entry_ids(call))
        if (entry := call.hass.config_entries.async_get_entry(entry_id))
        and entry.domain == DOMAIN
        and is_group(entry) is groups
    ]
    if not entries:
        raise invalid("no_group_targeted" if groups else "no_charger_targeted")
    for entry in entries:
        if entry.state is not ConfigEntryState.LOADED:
            raise invalid("not_loaded", name=entry.title)
    return entries


async def _async_runners(call: ServiceCall, action: str) -> list[tuple[EvseConfigEntry, ScheduleRunner]]:
    """Return the schedules that a call targets."""
    found = []
    for entry in await _async_chargers(call):
        runner = next(
            (part.target for part in entry.runtime_data.parts if isinstance(part.target, ScheduleRunner)),
            None,
        )
        if runner is None:
            raise invalid("not_supported", name=entry.title, action=action)
        found.append((entry, runner))
    return found


def invalid(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the error for what the caller has to mend."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders or None
    )
