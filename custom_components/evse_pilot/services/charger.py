"""Actions of a charger itself: authorization, control pilot, access point and hardware."""

import voluptuous as vol

from homeassistant.core import ServiceCall
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ..chargers.capabilities import (
    AccessPoint,
    AccessPointLock,
    Authorizer,
    HardwareLimiter,
    PilotOverride,
    Resetter,
)
from .action import Action
from .fields import confirmed, number
from .targets import async_capable, async_command_each

_CONFIRM: VolDictType = {vol.Required("confirm"): confirmed}
_DUTY_CYCLE = number("%", 0, 100)
_HARDWARE_LIMIT = number("A", 6, 80)


async def _authorize(call: ServiceCall) -> None:
    tag: str = call.data["tag"]
    await async_command_each(
        await async_capable(call, Authorizer), lambda _, authorizer: authorizer.authorize(tag)
    )


async def _override_control_pilot(call: ServiceCall) -> None:
    duty_cycle: float = call.data["duty_cycle"]
    await async_command_each(
        await async_capable(call, PilotOverride), lambda _, pilot: pilot.override_duty_cycle(duty_cycle)
    )


async def _release_control_pilot(call: ServiceCall) -> None:
    await async_command_each(
        await async_capable(call, PilotOverride), lambda _, pilot: pilot.override_duty_cycle(None)
    )


async def _factory_reset(call: ServiceCall) -> None:
    await async_command_each(
        await async_capable(call, Resetter), lambda _, resetter: resetter.factory_reset()
    )


async def _set_access_point_password(call: ServiceCall) -> None:
    password: str = call.data["password"]
    await async_command_each(
        await async_capable(call, AccessPointLock), lambda _, lock: lock.set_access_point_password(password)
    )


async def _open_access_point(call: ServiceCall) -> None:
    await async_command_each(
        await async_capable(call, AccessPoint), lambda _, access_point: access_point.open_access_point()
    )


async def _set_hardware_limit(call: ServiceCall) -> None:
    limit_a: float = call.data["current"]
    await async_command_each(
        await async_capable(call, HardwareLimiter), lambda _, hardware: hardware.set_hardware_limit(limit_a)
    )


ACTIONS = (
    Action(name="authorize", handler=_authorize, schema={vol.Required("tag"): cv.string}),
    # These bypass everything that protects a car and its wiring.
    Action(
        name="override_control_pilot",
        handler=_override_control_pilot,
        schema={vol.Required("duty_cycle"): _DUTY_CYCLE},
        admin=True,
    ),
    Action(name="release_control_pilot", handler=_release_control_pilot, admin=True),
    Action(name="factory_reset", handler=_factory_reset, schema=_CONFIRM, admin=True),
    Action(
        name="set_hardware_limit",
        handler=_set_hardware_limit,
        schema=_CONFIRM | {vol.Required("current"): _HARDWARE_LIMIT},
        admin=True,
    ),
    # These may admit a stranger, or lock the owner out.
    Action(
        name="set_access_point_password",
        handler=_set_access_point_password,
        schema={vol.Required("password"): cv.string},
        admin=True,
    ),
    Action(name="open_access_point", handler=_open_access_point, schema=_CONFIRM, admin=True),
)
