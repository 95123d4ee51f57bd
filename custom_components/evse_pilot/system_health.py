"""System health: how many chargers and groups there are, what can be reached, and when a log-in ends."""

import asyncio
from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration, async_check_can_reach_url
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant, callback

from .balancing.group import GroupRunner
from .balancing.settings import SUBENTRY_CHARGER, is_group
from .const import CONF_VENDOR, DOMAIN
from .runtime.accounts import token_of
from .vendors import VENDORS


@callback
def async_register(hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register the callback."""
    register.async_register_info(async_info)


async def async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return numbers, what a cloud answers, and a moment: no name, no address and nothing secret."""
    entries = hass.config_entries.async_entries(DOMAIN, include_ignore=False, include_disabled=False)
    groups = [entry for entry in entries if is_group(entry)]
    chargers = [entry for entry in entries if not is_group(entry)]
    in_cloud = [entry for entry in chargers if VENDORS[entry.data[CONF_VENDOR]].cloud is not None]
    info: dict[str, Any] = {
        "chargers": len(chargers),
        "chargers_reachable": sum(_is_reachable(entry) for entry in chargers),
        "groups": len(groups),
        "members": sum(len(group.get_subentries_of_type(SUBENTRY_CHARGER)) for group in groups),
        "members_reachable": sum(_members_reachable(group) for group in groups),
    }
    if in_cloud:
        info["cloud"] = _async_reach_all(hass, {entry.data[CONF_URL] for entry in in_cloud})
    if ends := [end for entry in in_cloud if (end := token_of(entry.data).expires_at) is not None]:
        info["login_ends"] = min(ends)
    return info


def _is_reachable(entry: ConfigEntry) -> bool:
    return entry.state is ConfigEntryState.LOADED and entry.runtime_data.coordinator.last_update_success


def _members_reachable(group: ConfigEntry) -> int:
    if group.state is not ConfigEntryState.LOADED:
        return 0
    runner: GroupRunner = group.runtime_data.target
    return sum(link.control is not None and link.control.is_available for link in runner.links.values())


async def _async_reach_all(hass: HomeAssistant, urls: set[str]) -> str | dict[str, str]:
    """Return "ok" if all clouds answer, else what is wrong with one of them."""
    results = await asyncio.gather(*(async_check_can_reach_url(hass, url) for url in sorted(urls)))
    return next((result for result in results if result != "ok"), "ok")
