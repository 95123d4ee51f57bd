"""The serial number of a charger that was added before it reported one."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..const import CONF_DEVICE_ID, CONF_SERIAL, DOMAIN


def device_id(entry: ConfigEntry) -> str:
    """Return the id of the device and of its entities, which stays when the entry gets its serial number later."""
    stored: str | None = entry.data.get(CONF_DEVICE_ID)
    return stored or entry.unique_id or entry.entry_id


def lacks_serial(entry: ConfigEntry, alias: str | None) -> bool:
    """Return whether an entry was added without a serial number, or with a number that was once taken for it."""
    return entry.unique_id is None or (alias is not None and entry.data.get(CONF_SERIAL) == alias)


@callback
def async_adopt_serial(hass: HomeAssistant, entry: ConfigEntry, serial: str, unique_id: str) -> None:
    """Let an entry have a serial number from now on, unless another one has it; device and entities stay the same."""
    if hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, unique_id) is None:
        data = {**entry.data, CONF_SERIAL: serial, CONF_DEVICE_ID: device_id(entry)}
        hass.config_entries.async_update_entry(entry, unique_id=unique_id, data=data)
