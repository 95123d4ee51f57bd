"""An integration of another make, as there are many: it polls an emulated charger, and has its entities."""

from datetime import timedelta
import logging
from typing import Any, override

from aiohttp import ClientError, ClientTimeout

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity, DataUpdateCoordinator, UpdateFailed

DOMAIN = "otherbox"
PLATFORMS = [Platform.NUMBER, Platform.SENSOR, Platform.SWITCH]
EVERY = timedelta(seconds=10)
TIMEOUT = ClientTimeout(total=2)


class OtherboxCoordinator(DataUpdateCoordinator[dict[str, Any]]):
    """Polls the charger, and commands it."""

    config_entry: ConfigEntry

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Know where it is."""
        super().__init__(
            hass, logging.getLogger(__name__), config_entry=entry, name=entry.title, update_interval=EVERY
        )
        self._url = f"http://{entry.data[CONF_HOST]}:{entry.data[CONF_PORT]}"

    @override
    async def _async_update_data(self) -> dict[str, Any]:
        try:
            async with async_get_clientsession(self.hass).get(
                f"{self._url}/status", timeout=TIMEOUT
            ) as reply:
                answer: dict[str, Any] = await reply.json()
        except (ClientError, TimeoutError, ValueError) as error:
            raise UpdateFailed(str(error)) from error
        return answer

    async def async_command(self, **command: Any) -> None:
        """Send a command, and look what has come of it."""
        try:
            async with async_get_clientsession(self.hass).post(
                f"{self._url}/set", json=command, timeout=TIMEOUT
            ) as reply:
                reply.raise_for_status()
        except (ClientError, TimeoutError) as error:
            raise HomeAssistantError(str(error)) from error
        await self.async_request_refresh()


class OtherboxEntity(CoordinatorEntity[OtherboxCoordinator]):
    """One entity of the charger."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: OtherboxCoordinator, key: str) -> None:
        """Describe its device."""
        super().__init__(coordinator)
        entry = coordinator.config_entry
        self.key = key
        self._attr_translation_key = key
        self._attr_name = key.replace("_", " ").capitalize()
        self._attr_unique_id = f"{entry.entry_id}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, entry.entry_id)},
            manufacturer="Otherbox",
            model=coordinator.data["model"],
            name=entry.title,
            sw_version=coordinator.data["firmware"],
        )


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Set up one charger."""
    entry.runtime_data = coordinator = OtherboxCoordinator(hass, entry)
    await coordinator.async_config_entry_first_refresh()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Unload it."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
