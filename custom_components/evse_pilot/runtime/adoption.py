"""The serial number of a charger that was added before it reported one."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_ALIAS
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ..const import CONF_DEVICE_ID, CONF_SERIAL, DOMAIN


def device_id(entry: ConfigEntry) -> str:
    """Return the id of the device and of its entities, which stays when the entry gets its serial number later."""
    stored: str | None = entry.data.get(CONF_DEVICE_ID)
    return stored or entry.unique_id or entry.entry_id


def lacks_serial(entry: ConfigEntry, alias: str | None) -> bool:
    """Return whether an entry was added without a serial number, or with a number that was once taken for it."""
    return entry.unique_id is None or (alias is not None and entry.data.get(CONF_SERIAL) == alias)


@callback
def async_has_alias(hass: HomeAssistant, entry: ConfigEntry, alias: str | None, serial: str | None) -> bool:
    """Return whether a charger with this alias is the entry's, wherever it is; `serial` is its own, if it is known.

    A number that the entry's charger has reported as its serial is no alias, though it may be another charger's.
    """
    data = entry.data
    if alias is None or alias != data.get(CONF_ALIAS, data.get(CONF_SERIAL)):
        return False
    if data.get(CONF_SERIAL, alias) != alias:
        return serial is None
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return alias not in [device.serial_number for device in devices]


@callback
def async_keep_alias(hass: HomeAssistant, entry: ConfigEntry, alias: str | None) -> None:
    """Store the alias of a charger that reports no serial: at another address nothing else shows which one it is."""
    if alias is not None and entry.data.get(CONF_ALIAS) != alias:
        hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_ALIAS: alias})


@callback
def async_adopt_serial(hass: HomeAssistant, entry: ConfigEntry, serial: str, unique_id: str) -> None:
    """Let an entry have a serial number from now on, unless another one has it; device and entities stay the same."""
    if hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, unique_id) is None:
        data = {**entry.data, CONF_SERIAL: serial, CONF_DEVICE_ID: device_id(entry)}
        hass.config_entries.async_update_entry(entry, unique_id=unique_id, data=data)
