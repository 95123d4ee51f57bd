"""Entries of other integrations that command the same charger."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from yarl import URL

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_IP_ADDRESS, CONF_URL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.loader import async_get_loaded_integration

from ..const import DOMAIN

# An integration without any of these only watches, such as one that pings the charger.
_COMMANDING = frozenset({"button", "number", "select", "switch"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Competitor:
    """An entry of another integration, and its name for a person."""

    entry_id: str
    name: str


@callback
def async_competitors(hass: HomeAssistant, entry: ConfigEntry) -> list[Competitor]:
    """Return the loaded entries of other integrations that command what has the address or serial of a charger.

    Its MAC address proves nothing: a router has a device, and a switch, for all that is in the network.
    """
    # The address of a cloud is the same for all of its chargers.
    hosts = set(_hosts({CONF_HOST: entry.data.get(CONF_HOST)}))
    serials = set(_serials(hass, entry))
    return [
        Competitor(entry_id=other.entry_id, name=_name(hass, other))
        for other in hass.config_entries.async_entries()
        if other.domain != DOMAIN and other.state is ConfigEntryState.LOADED
        if not hosts.isdisjoint(_hosts(other.data)) or not serials.isdisjoint(_serials(hass, other))
        if _commands(hass, other)
    ]


def _hosts(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the hosts in the data of an entry, whatever integration wrote them."""
    for key in (CONF_HOST, CONF_IP_ADDRESS, CONF_URL):
        value = data.get(key)
        if isinstance(value, str):
            try:
                host = URL(value if "://" in value else f"http://{value}").host
            except ValueError:
                continue
            if host:
                yield host.lower().rstrip(".")


def _serials(hass: HomeAssistant, entry: ConfigEntry) -> Iterator[str]:
    """Yield the serial numbers of the devices of an entry."""
    for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id):
        if device.serial_number:
            yield device.serial_number.lower()


def _commands(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    return any(
        item.domain in _COMMANDING and not item.disabled
        for item in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    )


def _name(hass: HomeAssistant, entry: ConfigEntry) -> str:
    """Return the title of an entry with its integration, for a title may be that of the charger, too."""
    return f"{entry.title} ({async_get_loaded_integration(hass, entry.domain).name})"
