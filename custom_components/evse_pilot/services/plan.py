"""Actions for charging plans."""

from datetime import datetime, time, timedelta
from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType
from homeassistant.util import dt as dt_util

from ..entities.device import EvseConfigEntry
from ..planning.goal import MOST_KWH, MOST_PRICE, MOST_SOURCES, Goal
from ..planning.runner import PlanRunner
from ..planning.source import DOMAINS
from ..scheduling.schedule import Weekday, moment_of
from .action import Action
from .fields import checked, moment, number, word
from .targets import async_command_each, async_parts, by_name, invalid

_KWH = number("kWh", 0.1, MOST_KWH)
# Sensors of a car, and helpers that stand for one.
_SOC_DOMAINS = ("sensor", "number", "input_number")
_time_of = checked(cv.time)


def _when(value: Any) -> time | datetime:
    """Return a time of day, or a moment."""
    if isinstance(value, datetime) or (isinstance(value, str) and "-" in value):
        return moment(value)
    return _time_of(value)


_GOAL: VolDictType = {
    vol.Optional("energy"): _KWH,
    vol.Optional("soc"): number("%", 1, 100),
    vol.Optional("soc_entity"): checked(cv.entity_domain(list(_SOC_DOMAINS))),
    vol.Optional("battery"): _KWH,
    vol.Optional("ready_by"): _when,
    vol.Optional("days"): vol.All(cv.ensure_list, [word(Weekday)]),
    vol.Optional("at_once"): _KWH,
    vol.Optional("at_most"): _KWH,
    vol.Optional("price_ceiling"): number("kWh", -MOST_PRICE, MOST_PRICE),
    vol.Optional("one_piece", default=False): cv.boolean,
    vol.Optional("prices"): vol.All(
        cv.ensure_list, vol.Length(max=MOST_SOURCES), [checked(cv.entity_domain(list(DOMAINS)))]
    ),
}


async def _set_goal(call: ServiceCall) -> ServiceResponse:
    goal = _goal(call.data, dt_util.utcnow())
    outcomes: list[tuple[EvseConfigEntry, Any]] = []

    async def set_goal(entry: EvseConfigEntry, runner: PlanRunner) -> None:
        verified = await runner.async_set(goal)
        outcomes.append((entry, runner.coordinator.data.as_dict() | {"verified": verified}))

    await async_command_each(
        await async_parts(call, PlanRunner), set_goal, lambda _, runner: runner.check(goal), refresh=False
    )
    return {"chargers": by_name(outcomes)}


def _goal(data: dict[str, Any], now: datetime) -> Goal:
    """Return the goal of a call; ServiceValidationError for fields that are missing or contradict each other."""
    soc = [field for field in ("soc", "soc_entity", "battery") if field in data]
    if soc and "energy" in data:
        raise invalid("only_one_field", field="energy", other=soc[0])
    if soc and len(soc) < 3:
        raise invalid("goal_soc_incomplete")
    if not soc and not data.keys() & {"energy", "price_ceiling"}:
        raise invalid("goal_missing")
    when, days = data.get("ready_by"), frozenset(data.get("days", ()))
    if when is None and (days or "price_ceiling" not in data):
        raise invalid("goal_without_time")
    if days and isinstance(when, datetime):
        raise invalid("only_one_field", field="days", other="ready_by")
    return Goal(
        since=now,
        energy_wh=_wh(data.get("energy")),
        soc_percent=data.get("soc"),
        battery_wh=_wh(data.get("battery")),
        soc_entity=data.get("soc_entity"),
        ready_by=when.replace(second=0, microsecond=0) if days and isinstance(when, time) else None,
        days=days,
        ready_at=None if days or when is None else _moment(when, now),
        at_once_wh=_wh(data.get("at_once")) or 0.0,
        at_most_wh=_wh(data.get("at_most")),
        ceiling=data.get("price_ceiling"),
        one_piece=data["one_piece"],
        prices=tuple(data.get("prices", ())),
    )


def _moment(when: time | datetime, now: datetime) -> datetime:
    """Return a moment, or the next one with this time of day, in UTC."""
    if isinstance(when, datetime):
        return when
    local = dt_util.as_local(now)
    at = moment_of(local.date(), when, dt_util.get_default_time_zone())
    if at > now:
        return at
    return moment_of(local.date() + timedelta(days=1), when, dt_util.get_default_time_zone())


def _wh(energy_kwh: float | None) -> float | None:
    return None if energy_kwh is None else energy_kwh * 1000


async def _clear_goal(call: ServiceCall) -> None:
    await async_command_each(
        await async_parts(call, PlanRunner), lambda _, runner: runner.async_clear(), refresh=False
    )


async def _get_plan(call: ServiceCall) -> ServiceResponse:
    runners = await async_parts(call, PlanRunner)
    return {"chargers": by_name((entry, runner.coordinator.data.as_dict()) for entry, runner in runners)}


ACTIONS = (
    Action(name="set_goal", handler=_set_goal, schema=_GOAL, response=SupportsResponse.OPTIONAL),
    Action(name="clear_goal", handler=_clear_goal),
    Action(name="get_plan", handler=_get_plan, response=SupportsResponse.ONLY),
)
