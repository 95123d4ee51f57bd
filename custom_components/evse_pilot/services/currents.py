"""Actions for currents: a limit for a charger, and the readings of meters elsewhere."""

from collections.abc import Awaitable, Mapping
from datetime import timedelta
from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceCall
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ..chargers.capabilities import Limiter, MeterFeed
from ..chargers.types import EvReading, MainsReading
from ..control.owner import OwnerControls
from ..entities.device import EvseConfigEntry
from .action import Action
from .fields import checked, number
from .targets import async_capable, async_command_each

_DURATION = vol.All(
    checked(cv.positive_time_period), vol.Range(min=timedelta(seconds=1), max=timedelta(days=366))
)
_PHASES: VolDictType = {vol.Optional(f"l{phase}"): number("A") for phase in (1, 2, 3)}


async def _set_current_limit(call: ServiceCall) -> None:
    limit_a: float = call.data["current"]
    duration: timedelta | None = call.data.get("duration")

    def limit(entry: EvseConfigEntry, _: Limiter[Any]) -> Awaitable[None]:
        if duration is None:
            return _owner(entry).async_set_limit(limit_a)
        return _owner(entry).async_limit_for(limit_a, duration)

    await async_command_each(
        await async_capable(call, Limiter), limit, lambda entry, _: _owner(entry).check_limit(limit_a)
    )


async def _clear_current_limit(call: ServiceCall) -> None:
    await async_command_each(
        await async_capable(call, Limiter), lambda entry, _: _owner(entry).async_clear_limit()
    )


async def _set_mains_currents(call: ServiceCall) -> None:
    reading = MainsReading(currents_a=_phases(call.data), battery_a=call.data.get("home_battery"))
    await async_command_each(
        await async_capable(call, MeterFeed),
        lambda _, feed: feed.feed_mains(reading),
        lambda _, feed: feed.check_mains(reading),
        # It is sent each second, and nothing of it has to be read back.
        refresh=False,
    )


async def _set_ev_meter(call: ServiceCall) -> None:
    reading = _ev_reading(call.data)
    await async_command_each(
        await async_capable(call, MeterFeed),
        lambda _, feed: feed.feed_ev(reading),
        lambda _, feed: feed.check_ev(reading),
        refresh=False,
    )


def _owner(entry: EvseConfigEntry) -> OwnerControls:
    owner = entry.runtime_data.owner
    assert owner is not None
    return owner


def _phases(data: Mapping[str, Any]) -> tuple[float, float, float] | None:
    """Return the currents of all phases in A, a missing one being 0; None if all are missing."""
    if not data.keys() & {"l1", "l2", "l3"}:
        return None
    return (data.get("l1", 0.0), data.get("l2", 0.0), data.get("l3", 0.0))


def _ev_reading(data: Mapping[str, Any]) -> EvReading:
    imported_kwh, exported_kwh = data.get("energy_import"), data.get("energy_export")
    if imported_kwh is not None and exported_kwh is None:
        # Few cars feed energy back.
        exported_kwh = 0.0
    return EvReading(
        currents_a=_phases(data),
        power_w=data.get("power"),
        import_wh=None if imported_kwh is None else imported_kwh * 1000,
        export_wh=None if exported_kwh is None else exported_kwh * 1000,
    )


ACTIONS = (
    Action(
        name="set_current_limit",
        handler=_set_current_limit,
        schema={vol.Required("current"): number("A"), vol.Optional("duration"): _DURATION},
    ),
    Action(name="clear_current_limit", handler=_clear_current_limit),
    Action(
        name="set_mains_currents",
        handler=_set_mains_currents,
        schema=_PHASES | {vol.Optional("home_battery"): number("A")},
    ),
    Action(
        name="set_ev_meter",
        handler=_set_ev_meter,
        schema=_PHASES
        | {vol.Optional("power"): number("W")}
        | {vol.Optional(key): number("kWh") for key in ("energy_import", "energy_export")},
    ),
)
