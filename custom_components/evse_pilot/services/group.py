"""Actions of a load-balancing group: a limit for a time, and the allocation with its reasons."""

from datetime import datetime, timedelta
from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.translation import async_get_translations
from homeassistant.helpers.typing import VolDictType
from homeassistant.util import dt as dt_util

from ..balancing.group import GroupRunner
from ..balancing.link import MemberLink
from ..const import DOMAIN
from .action import Action
from .fields import checked, moment, number
from .targets import async_entries, invalid

_LIMIT: VolDictType = {
    vol.Optional("current"): number("A", 0, 500),
    vol.Optional("power"): number("W", 0, 500_000),
    vol.Optional("cars_only", default=False): cv.boolean,
    # As long as a limit of a charger; after some thousand years there is no date.
    vol.Optional("duration"): vol.All(checked(cv.positive_time_period), vol.Range(max=timedelta(days=366))),
    vol.Optional("until"): moment,
}


async def _set_group_limit(call: ServiceCall) -> None:
    data = call.data
    if "current" not in data and "power" not in data:
        raise invalid("group_limit_missing")
    until = _until(call)
    for runner in await _async_runners(call):
        await runner.async_set_ceiling(
            data.get("current"), data.get("power"), cars_only=data["cars_only"], until=until
        )


async def _clear_group_limit(call: ServiceCall) -> None:
    for runner in await _async_runners(call):
        await runner.async_clear_ceiling()


async def _get_allocation(call: ServiceCall) -> ServiceResponse:
    texts = await async_get_translations(call.hass, call.hass.config.language, "entity", [DOMAIN])
    return {
        "groups": {
            runner.coordinator.name: _allocation(runner, texts) for runner in await _async_runners(call)
        }
    }


async def _async_runners(call: ServiceCall) -> list[GroupRunner]:
    return [entry.runtime_data.target for entry in await async_entries(call, groups=True)]


def _until(call: ServiceCall) -> datetime | None:
    """Return when the limit ends; None: when it is cleared."""
    until: datetime | None = None
    if "duration" in call.data and "until" in call.data:
        raise invalid("only_one_field", field="duration", other="until")
    if "duration" in call.data:
        until = dt_util.utcnow() + call.data["duration"]
    elif "until" in call.data:
        until = call.data["until"]
    if until is not None and until <= dt_util.utcnow():
        raise invalid("until_in_the_past")
    return until


def _allocation(runner: GroupRunner, texts: dict[str, str]) -> dict[str, Any]:
    """Return the current of each charger of a group and the reason, as keys and as texts."""
    state = runner.coordinator.data
    ceiling = state.ceiling
    return {
        "mode": state.strategy.value,
        "observer": state.observer,
        "limit": state.limit_a,
        "margin": state.margin_a,
        "temporary_limit": None
        if ceiling is None
        else {
            "current": ceiling.phase_a,
            "sum_of_phases": None if ceiling.sum_a is None else round(ceiling.sum_a, 1),
            "cars_only": ceiling.cars_only,
            "until": _iso(state.ceiling_until),
        },
        "meter_silent": state.meter_silent,
        "phases": {
            f"L{phase + 1}": {
                "mains": state.mains_a[phase],
                "house": state.house_a[phase],
                "room": state.room_a[phase],
            }
            for phase in range(state.phases)
        },
        "chargers": {link.title: _share(link, texts) for link in runner.links.values()},
    }


def _share(link: MemberLink, texts: dict[str, str]) -> dict[str, Any]:
    state, load = link.state(), link.load
    return {
        "current": state.given_a,
        "drawn": None if load is None or load.drawn_a is None else list(load.drawn_a),
        "status": None if load is None else load.status,
        "reason": state.reason,
        "why": texts.get(f"component.{DOMAIN}.entity.sensor.reason.state.{state.reason}"),
        "phase": state.phase,
        "until": _iso(state.until),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else dt_util.as_local(moment).isoformat()


ACTIONS = (
    Action(name="set_group_limit", handler=_set_group_limit, schema=_LIMIT, groups=True),
    Action(name="clear_group_limit", handler=_clear_group_limit, groups=True),
    Action(name="get_allocation", handler=_get_allocation, response=SupportsResponse.ONLY, groups=True),
)
