"""Whether a house can feed in, so that its meter may show less than its chargers draw."""

from collections.abc import Mapping
from typing import Any

from homeassistant.components.energy.data import async_get_manager
from homeassistant.core import HomeAssistant

from .settings import CONF_EXPORTS, CONF_RETURNED, of_phase


async def async_exports(hass: HomeAssistant, options: Mapping[str, Any]) -> bool:
    """Return whether the house of a group can feed in; one that was not asked can, unless that is known."""
    if (chosen := options.get(CONF_EXPORTS)) is not None:
        return bool(chosen)
    return await _async_energy_exports(hass) is not False


async def async_feeds_in(hass: HomeAssistant, options: Mapping[str, Any]) -> bool:
    """Return whether the house of a group is known to feed in."""
    if (chosen := options.get(CONF_EXPORTS)) is not None:
        return bool(chosen)
    return await async_proposed_exports(hass, options)


async def async_proposed_exports(hass: HomeAssistant, options: Mapping[str, Any]) -> bool:
    """Return whether a house can feed in, as the form of a new group has it."""
    return has_returned(options) or await _async_energy_exports(hass) is True


def has_returned(options: Mapping[str, Any]) -> bool:
    """Return whether a sensor of returned power is chosen."""
    return any(options.get(of_phase(CONF_RETURNED, phase)) for phase in (1, 2, 3))


async def _async_energy_exports(hass: HomeAssistant) -> bool | None:
    """Return whether the Energy dashboard has what feeds in; None: it does not have the grid either."""
    if "energy" not in hass.config.components:
        return None
    preferences = (await async_get_manager(hass)).data
    sources: list[Any] = [] if preferences is None else [*preferences["energy_sources"]]
    if any(
        source["type"] in ("solar", "battery")
        or (source["type"] == "grid" and source.get("stat_energy_to") is not None)
        for source in sources
    ):
        return True
    return False if any(source["type"] == "grid" for source in sources) else None
