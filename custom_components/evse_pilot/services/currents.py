"""Actions for currents: a limit for a charger, and what meters elsewhere read."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import voluptuous as vol

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.helpers import config_validation as cv

from ..chargers.capabilities import Limiter, MeterFeed, PowerBudget
from ..chargers.errors import ChargerRefusedError
from ..chargers.types import EvReading, MainsReading
from ..const import DOMAIN
from ..control.claim import Source
from ..control.owner import OwnerControls
from ..entities.device import EvseConfigEntry
from .charger import async_tell_each

_NUMBER = vol.Coerce(float)
_DURATION = vol.All(cv.positive_time_period, vol.Range(min=timedelta(seconds=1), max=timedelta(days=366)))
_PHASES = {vol.Optional(f"l{phase}"): _NUMBER for phase in (1, 2, 3)}
_MAINS = _PHASES | {vol.Optional("home_battery"): _NUMBER}
_EV = _PHASES | {vol.Optional(key): _NUMBER for key in ("power", "energy_import", "energy_export")}
_LIMIT = {vol.Required("current"): _NUMBER, vol.Optional("duration"): _DURATION}
_POWER = {vol.Required("power"): _NUMBER}


@callback
def async_setup_current_actions(hass: HomeAssistant) -> None:
    """Register the actions."""

    async def set_mains_currents(call: ServiceCall) -> None:
        reading = MainsReading(currents_a=_phases(call.data), battery_a=call.data.get("home_battery"))
        await async_tell_each(
            call,
            "set_mains_currents",
            MeterFeed,
            lambda _, feed: feed.feed_mains(reading),
            lambda _, feed: feed.check_mains(reading),
        )

    async def set_ev_meter(call: ServiceCall) -> None:
        reading = _ev_reading(call.data)
        await async_tell_each(
            call,
            "set_ev_meter",
            MeterFeed,
            lambda _, feed: feed.feed_ev(reading),
            lambda _, feed: feed.check_ev(reading),
        )

    async def set_current_limit(call: ServiceCall) -> None:
        amps, duration = call.data["current"], call.data.get("duration")

        async def limit(entry: EvseConfigEntry, _: Limiter[Any]) -> None:
            if duration is None:
                await _owner(entry).async_set_limit(amps)
            else:
                await _owner(entry).async_limit_for(amps, duration)

        await async_tell_each(
            call, "set_current_limit", Limiter, limit, lambda entry, _: _owner(entry).check_limit(amps)
        )

    async def clear_current_limit(call: ServiceCall) -> None:
        async def clear(entry: EvseConfigEntry, _: Limiter[Any]) -> None:
            await _owner(entry).async_clear_limit()

        await async_tell_each(call, "clear_current_limit", Limiter, clear)

    async def set_available_power(call: ServiceCall) -> None:
        watts = call.data["power"]

        def check(entry: EvseConfigEntry, budget: PowerBudget) -> None:
            budget.check_available_power(watts)
            control = entry.runtime_data.control
            if control is not None and Source.GROUP in control.claims:
                raise ChargerRefusedError("steered_by_group")

        await async_tell_each(
            call,
            "set_available_power",
            PowerBudget,
            lambda _, budget: budget.set_available_power(watts),
            check,
        )

    hass.services.async_register(
        DOMAIN, "set_mains_currents", set_mains_currents, cv.make_entity_service_schema(_MAINS)
    )
    hass.services.async_register(DOMAIN, "set_ev_meter", set_ev_meter, cv.make_entity_service_schema(_EV))
    hass.services.async_register(
        DOMAIN, "set_current_limit", set_current_limit, cv.make_entity_service_schema(_LIMIT)
    )
    hass.services.async_register(
        DOMAIN, "clear_current_limit", clear_current_limit, cv.make_entity_service_schema({})
    )
    hass.services.async_register(
        DOMAIN, "set_available_power", set_available_power, cv.make_entity_service_schema(_POWER)
    )


def _owner(entry: EvseConfigEntry) -> OwnerControls:
    owner = entry.runtime_data.owner
    assert owner is not None
    return owner


def _phases(data: Mapping[str, Any]) -> tuple[float, float, float] | None:
    """Return the currents of all phases, those that are not told being 0; None if none is."""
    if not data.keys() & {"l1", "l2", "l3"}:
        return None
    return (data.get("l1", 0.0), data.get("l2", 0.0), data.get("l3", 0.0))


def _ev_reading(data: Mapping[str, Any]) -> EvReading:
    imported_kwh, exported_kwh = data.get("energy_import"), data.get("energy_export")
    if imported_kwh is not None and exported_kwh is None:
        # Few cars give anything back.
        exported_kwh = 0.0
    return EvReading(
        currents_a=_phases(data),
        power_w=data.get("power"),
        import_wh=None if imported_kwh is None else imported_kwh * 1000,
        export_wh=None if exported_kwh is None else exported_kwh * 1000,
    )
