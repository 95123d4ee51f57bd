"""The file of a controller, written before a command leaves where a crash would leave it in doubt."""

import asyncio
from collections.abc import Callable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .store import Record, stored_control

_DELAY_S, _SOON_S = 60, 1
# A fuse does not wait longer for a slow disk.
_BEFORE_A_COMMAND_S = 0.2


class Keeper:
    """Stores the record of one charger, and knows what a crash would leave of it."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, record: Callable[[], Record]) -> None:
        """Read nothing yet; the function returns what is to be stored now."""
        self._hass = hass
        self._entry = entry
        self._stored = stored_control(hass, entry.entry_id)
        self._record = record
        self._is_stopped = False
        # What may be in the file: one after it was written, two while that is under way.
        self._on_disk: tuple[Record, ...] = (Record(),)

    async def async_load(self) -> Record | None:
        """Return what was stored; None: nothing."""
        record = await self._stored.async_load()
        if record is not None:
            self._on_disk = (record,)
        return record

    @callback
    def save(self, *, soon: bool) -> None:
        """Store in a while."""
        if not self._is_stopped:
            self._stored.async_delay_save(self._pending, _SOON_S if soon else _DELAY_S)

    def _pending(self) -> Record:
        record = self._record()
        self._on_disk = (self._on_disk[-1], record)
        return record

    async def async_save(self) -> None:
        """Store at once, as for what a person has set; nothing after the end, for the file may be removed by then."""
        if not self._is_stopped:
            await self._async_save()

    async def async_stop(self) -> None:
        """Store for the last time."""
        self._is_stopped = True
        await self._async_save()

    async def _async_save(self) -> None:
        record = self._record()
        await self._stored.async_save(record)
        self._on_disk = (record,)

    async def async_before_command(self, current_a: float) -> None:
        """Store what a command changes that leaves now, if its value would be taken for a person's after a crash.

        A command for `current_a` that was not confirmed by then is ours whatever the charger shows.
        """
        now = self._record()
        if all(_covers(stored, now, current_a) for stored in self._on_disk):
            return
        save = self._entry.async_create_task(self._hass, self.async_save(), f"{self._entry.title} - store")
        await asyncio.wait({save}, timeout=_BEFORE_A_COMMAND_S)


def _covers(stored: Record, now: Record, current_a: float) -> bool:
    """Return whether what was stored is enough to know after a crash that a current of this command is ours."""
    before, sent = stored.sent, now.sent
    return (
        stored.baseline == now.baseline
        and before.current >= sent.current
        and before.mode >= sent.mode
        and before.phases >= sent.phases
        # A charger that shows less than was confirmed was changed by a person.
        and (before.confirmed_a is None or before.confirmed_a <= current_a)
    )
