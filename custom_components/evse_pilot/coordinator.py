"""One coordinator class, one typed instance an entry."""

from collections.abc import Callable
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .chargers.base import Charger, Identity, Snapshot
from .const import LOGGER
from .device import Vendor
from .errors import translated


class ChargerCoordinator[S: Snapshot](DataUpdateCoordinator[S]):
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
        # What is known beyond the charger's own word, such as that it is the schedule for which it waits.
        self.refine: Callable[[S], S] = lambda state: state

    @override
    async def _async_setup(self) -> None:
        with translated(UpdateFailed, self.config_entry.title):
            self.identity = await self._charger.identify()

    @override
    async def _async_update_data(self) -> S:
        with translated(UpdateFailed, self.config_entry.title):
            if not self.last_update_success:
                await self._async_identify_again()
            state = self.refine(await self._charger.fetch())
        self.update_interval = self._pace(state)
        return state

    async def _async_identify_again(self) -> None:
        """Show the firmware of a charger that was away: it may have been updated."""
        self.identity = await self._charger.identify()
        registry = dr.async_get(self.hass)
        for device in dr.async_entries_for_config_entry(registry, self.config_entry.entry_id):
            # What it does not tell this time is no news.
            registry.async_update_device(device.id, sw_version=self.identity.firmware or device.sw_version)
