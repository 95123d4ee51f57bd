"""Actions: schema -> chargers -> capability; services.yaml has the fields, en.json the words.

All targets are checked before any is told, and those that fail are named.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_extract_config_entry_ids, async_register_admin_service

from .chargers.base import Charger, ChargerRefusedError, PowerBudget
from .const import CONF_POWER_SOURCE, DOMAIN
from .device import EvseConfigEntry
from .errors import translated

_AUTHORIZE = {vol.Required("tag"): cv.string}
_CONFIRM = {vol.Required("confirm"): vol.All(cv.boolean, True)}
_PASSWORD = {vol.Required("password"): cv.string}
_HARDWARE_LIMIT = _CONFIRM | {vol.Required("current"): vol.All(vol.Coerce(float), vol.Range(min=6, max=80))}
_OVERRIDE = {vol.Required("duty_cycle"): vol.All(vol.Coerce(float), vol.Range(min=0, max=100))}


@callback
def async_setup_actions(hass: HomeAssistant) -> None:
    """Register the actions."""

    async def authorize(call: ServiceCall) -> None:
        await _async_tell(
            call, "authorize", lambda charger: charger.authorizer, lambda it: it.authorize(call.data["tag"])
        )

    async def override_control_pilot(call: ServiceCall) -> None:
        await _async_tell(
            call,
            "override_control_pilot",
            lambda charger: charger.pilot_override,
            lambda it: it.override_duty_cycle(call.data["duty_cycle"]),
        )

    async def release_control_pilot(call: ServiceCall) -> None:
        await _async_tell(
            call,
            "release_control_pilot",
            lambda charger: charger.pilot_override,
            lambda it: it.override_duty_cycle(None),
        )

    async def factory_reset(call: ServiceCall) -> None:
        await _async_tell(
            call, "factory_reset", lambda charger: charger.resetter, lambda it: it.factory_reset()
        )

    async def set_access_point_password(call: ServiceCall) -> None:
        await _async_tell(
            call,
            "set_access_point_password",
            lambda charger: charger.access_point_lock,
            lambda it: it.set_access_point_password(call.data["password"]),
        )

    async def open_access_point(call: ServiceCall) -> None:
        await _async_tell(
            call, "open_access_point", lambda charger: charger.access_point, lambda it: it.open_access_point()
        )

    async def take_power_control(call: ServiceCall) -> None:
        await _async_tell_each(
            call, "take_power_control", lambda charger: charger.power_budget, _async_take_power_control
        )

    async def release_power_control(call: ServiceCall) -> None:
        await _async_tell_each(
            call, "release_power_control", lambda charger: charger.power_budget, _async_release_power_control
        )

    async def set_hardware_limit(call: ServiceCall) -> None:
        await _async_tell(
            call,
            "set_hardware_limit",
            lambda charger: charger.hardware_limiter,
            lambda it: it.set_hardware_limit(call.data["current"]),
        )

    hass.services.async_register(DOMAIN, "authorize", authorize, cv.make_entity_service_schema(_AUTHORIZE))
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
    capability: Callable[[Charger[Any]], T | None],
    command: Callable[[T], Awaitable[None]],
) -> None:
    """Carry out a command that needs the charger only; see `_async_tell_each`."""
    await _async_tell_each(call, action, capability, lambda _, able: command(able))


async def _async_tell_each[T](
    call: ServiceCall,
    action: str,
    capability: Callable[[Charger[Any]], T | None],
    command: Callable[[EvseConfigEntry, T], Awaitable[None]],
) -> None:
    """Carry out a command on every charger that the call targets.

    Raises ServiceValidationError before anything is sent if one of them cannot, and HomeAssistantError with the
    name of each that failed.
    """
    targets = []
    for entry in await _async_chargers(call):
        if (able := capability(entry.runtime_data.target)) is None:
            raise _invalid("not_supported", name=entry.title, action=action)
        targets.append((entry, able))

    failures: dict[str, HomeAssistantError] = {}
    for entry, able in targets:
        try:
            with translated(HomeAssistantError, entry.title):
                await command(entry, able)
        except HomeAssistantError as error:
            failures[entry.title] = error
        await entry.runtime_data.coordinator.async_refresh()
    if len(failures) == 1:
        raise next(iter(failures.values()))
    if failures:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="several_failed",
            translation_placeholders={"failures": "; ".join(map(str, failures.values()))},
        )


async def _async_chargers(call: ServiceCall) -> list[EvseConfigEntry]:
    """Return the loaded chargers that a call targets, in a stable order."""
    entries = [
        entry
        for entry_id in sorted(await async_extract_config_entry_ids(call))
        if (entry := call.hass.config_entries.async_get_entry(entry_id)) and entry.domain == DOMAIN
    ]
    if not entries:
        raise _invalid("no_charger_targeted")
    for entry in entries:
        if entry.state is not ConfigEntryState.LOADED:
            raise _invalid("not_loaded", name=entry.title)
    return entries


def _invalid(key: str, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders or None
    )
