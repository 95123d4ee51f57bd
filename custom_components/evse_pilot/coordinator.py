"""One coordinator class, one typed instance an entry."""

from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .chargers.base import Charger, Identity
from .const import LOGGER
from .device import Vendor
from .errors import translated


class ChargerCoordinator[S](DataUpdateCoordinator[S]):
    """Polls a charger; an equal snapshot wakes nobody."""

    config_entry: ConfigEntry
    identity: Identity

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, vendor: Vendor[Any, S], charger: Charger[S]
    ) -> None:
        """Nothing is asked yet."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            # In the log: so the vendor's name, and never a serial.
            name=vendor.name,
            always_update=False,
        )
        self._charger = charger
        self._pace = vendor.pace

    @override
    async def _async_setup(self) -> None:
        with translated(UpdateFailed, self.config_entry.title):
            self.identity = await self._charger.identify()

    @override
    async def _async_update_data(self) -> S:
        with translated(UpdateFailed, self.config_entry.title):
            if not self.last_update_success:
                await self._async_identify_again()
            state = await self._charger.fetch()
        self.update_interval = self._pace(state)
        return state

    async def _async_identify_again(self) -> None:
        """Show the firmware of a charger that was away: it may have been updated."""
        self.identity = await self._charger.identify()
        # What it does not tell this time is no news.
        if self.identity.firmware is None:
            return
        registry = dr.async_get(self.hass)
        for device in dr.async_entries_for_config_entry(registry, self.config_entry.entry_id):
            registry.async_update_device(device.id, sw_version=self.identity.firmware)
        # An entity that newer firmware brings will describe the device once more.
        self.config_entry.runtime_data.info["sw_version"] = self.identity.firmware
