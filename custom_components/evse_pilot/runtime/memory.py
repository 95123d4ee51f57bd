"""Storage of what a charger does not report and is to outlive a restart."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..chargers.capabilities import Memory
from ..const import DOMAIN
from .storage import Stored

# Short enough to lose little when the power fails, long enough for a memory card.
KEEP_EVERY_S, KEEP_SOON_S = 60, 1


class ChargerMemory:
    """Stores the memory of one charger, at the latest when its entry is unloaded or Home Assistant stops."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, memory: Memory) -> None:
        """Read nothing yet."""
        self._memory = memory
        self._store = _store(hass, entry)
        self._kept: Mapping[str, Any] = {}
        self._is_stopped = False
        entry.async_on_unload(self._async_keep_now)

    async def async_recall(self) -> None:
        """Hand to the charger what was stored."""
        self._kept = await self._store.async_load() or {}
        if self._kept:
            self._memory.recall(self._kept)

    @callback
    def async_keep(self, *, soon: bool = False) -> None:
        """Store what has changed, in a while."""
        if not self._is_stopped and self._memory.keep() != self._kept:
            self._store.async_delay_save(self._what_to_keep, KEEP_SOON_S if soon else KEEP_EVERY_S)

    def _what_to_keep(self) -> Mapping[str, Any]:
        self._kept = self._memory.keep()
        return self._kept

    async def _async_keep_now(self) -> None:
        # A command that ends later must not bring back the file of an entry that was removed.
        self._is_stopped = True
        if self._memory.keep() != self._kept:
            await self._store.async_save(self._what_to_keep())


async def async_forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Remove what was stored for an entry that was removed."""
    await _store(hass, entry).async_remove()


def _store(hass: HomeAssistant, entry: ConfigEntry) -> Stored[Mapping[str, Any]]:
    # A part that does not fit is left out by the charger.
    return Stored(
        hass, f"{DOMAIN}.{entry.entry_id}", version=1, read=lambda parts: parts.data, write=lambda kept: kept
    )
