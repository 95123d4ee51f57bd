"""What a charger does not tell and is to outlive a restart: kept in Home Assistant's storage."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from ..chargers.capabilities import Memory
from ..const import DOMAIN

# Short enough to lose little when the power fails, long enough for a memory card.
KEEP_EVERY_S = 60


class ChargerMemory:
    """Keeps the memory of one charger; written at the latest when its entry is unloaded or Home Assistant stops."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, memory: Memory) -> None:
        """Nothing is read yet."""
        self._memory = memory
        self._store = _store(hass, entry)
        self._kept: Mapping[str, Any] | None = None
        self._is_due = False
        entry.async_on_unload(self._async_keep_now)

    async def async_recall(self) -> None:
        """Give the charger back what was kept."""
        self._kept = await self._store.async_load()
        if self._kept is not None:
            self._memory.recall(self._kept)

    @callback
    def async_keep(self) -> None:
        """Keep what is new, in a while."""
        # Asked again, the storage would wait anew each time.
        if not self._is_due and self._memory.keep() != self._kept:
            self._is_due = True
            self._store.async_delay_save(self._what_to_keep, KEEP_EVERY_S)

    @callback
    def _what_to_keep(self) -> Mapping[str, Any]:
        self._is_due = False
        self._kept = self._memory.keep()
        return self._kept

    async def _async_keep_now(self) -> None:
        if self._memory.keep() != self._kept:
            await self._store.async_save(self._what_to_keep())


async def async_forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete what was kept for an entry that is no more."""
    await _store(hass, entry).async_remove()


def _store(hass: HomeAssistant, entry: ConfigEntry) -> Store[Mapping[str, Any]]:
    return Store(hass, 1, f"{DOMAIN}.{entry.entry_id}")
