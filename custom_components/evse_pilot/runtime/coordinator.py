"""Coordinator of a charger, one typed instance for each entry."""

from collections.abc import Callable
from contextlib import aclosing, suppress
from datetime import timedelta
import math
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from ..chargers.capabilities import Memory
from ..chargers.charger import Charger
from ..chargers.errors import ChargerError, ChargerUnreachableError
from ..chargers.types import Identity, Snapshot
from ..const import LOGGER
from .clock import monotonic_s
from .errors import translated
from .memory import ChargerMemory

# One or two lost polls are no absence, and nothing is shown or logged of them.
_ABSENT_POLLS, _ABSENT_S = 3, 30.0


class ChargerCoordinator[S: Snapshot](DataUpdateCoordinator[S]):
    """Polls a charger, and takes the snapshots of one that streams; an equal snapshot updates no entity.

    A charger that streams is not polled: the next poll is due when nothing arrived for as long as its pace.
    """

    config_entry: ConfigEntry
    identity: Identity

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        charger: Charger[S],
        *,
        name: str,
        pace: Callable[[S], timedelta],
    ) -> None:
        """Read nothing yet."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            # In the log: so the vendor's name, and never a serial.
            name=name,
            always_update=False,
        )
        self._charger = charger
        self._pace = pace
        self._lost_polls = 0
        self._read_at_s = -math.inf
        memory = charger.capability(Memory)
        self._memory = None if memory is None else ChargerMemory(hass, entry, memory)
        # Adds what the charger does not report, such as that it waits for a schedule of ours.
        self.refine: Callable[[S], S] = lambda state: state
        self._reading_listeners: list[Callable[[S], None]] = []

    @override
    async def _async_setup(self) -> None:
        if self._memory is not None:
            await self._memory.async_recall()
        with translated(UpdateFailed, self.config_entry.title):
            self.identity = await self._charger.identify()

    @override
    async def _async_update_data(self) -> S:
        with translated(UpdateFailed, self.config_entry.title):
            try:
                if not self.last_update_success:
                    await self._async_identify_again()
                state = self.refine(await self._charger.fetch())
            except ChargerError as error:
                if self._is_only_a_lost_poll(error):
                    return self.data
                raise
        self._lost_polls, self._read_at_s = 0, monotonic_s(self.hass)
        self.update_interval = self._pace(state)
        self.async_keep()
        self._call_reading_listeners(state)
        return state

    def _is_only_a_lost_poll(self, error: ChargerError) -> bool:
        """Return whether the last state still stands: an absence is three lost polls, or 30 s."""
        self._lost_polls += 1
        # Another device, or a refused log-in, is no lost poll.
        is_lost = isinstance(error, ChargerUnreachableError) and self.data is not None
        if not is_lost or not self.last_update_success or self._lost_polls >= _ABSENT_POLLS:
            return False
        if monotonic_s(self.hass) - self._read_at_s >= _ABSENT_S:
            return False
        LOGGER.debug("%s: lost poll %d: %s", self.config_entry.title, self._lost_polls, error)
        return True

    @callback
    def async_add_reading_listener(self, listener: Callable[[S], None]) -> CALLBACK_TYPE:
        """Call the listener with each snapshot, also with one that is equal to the last: the charger is there."""
        self._reading_listeners.append(listener)
        return lambda: self._reading_listeners.remove(listener)

    @callback
    def _call_reading_listeners(self, state: S) -> None:
        for listener in tuple(self._reading_listeners):
            listener(state)

    @callback
    def async_listen(self) -> None:
        """Take what the charger streams, if it does, in the background until the entry is unloaded."""
        self.config_entry.async_create_background_task(
            self.hass, self._async_listen(), f"{self.name} - {self.config_entry.title} - stream"
        )

    async def _async_listen(self) -> None:
        """Open one stream after the other.

        A lost one is followed by one poll, which separates a charger that is away from a broken connection, and starts
        the re-authentication if the log-in has ended. Then a new log-in sets up the entry anew.
        """
        while (stream := self._charger.stream()) is not None:
            try:
                async with aclosing(stream):
                    async for state in stream:
                        await self._async_take(state)
            except ChargerError as error:
                self.logger.debug("%s: lost the stream: %s", self.config_entry.title, type(error).__name__)
            await self.async_refresh()
            if not self.last_update_success and isinstance(self.last_exception, ConfigEntryAuthFailed):
                return

    async def _async_take(self, state: S) -> None:
        """Take a snapshot of the stream; it also proves that the charger is there."""
        self._lost_polls, self._read_at_s = 0, monotonic_s(self.hass)
        state = self.refine(state)
        is_back = not self.last_update_success
        if is_back:
            self.logger.info("Fetching %s data recovered", self.name)
        if is_back or state != self.data:
            self.async_set_updated_data(state)
        else:
            self._schedule_refresh()
        self.async_keep()
        self._call_reading_listeners(state)
        if is_back:
            with suppress(ChargerError):
                await self._async_identify_again()

    @callback
    def async_keep(self) -> None:
        """Store what the charger does not report, if it has a memory."""
        if self._memory is not None:
            self._memory.async_keep()

    async def _async_identify_again(self) -> None:
        """Show the firmware of a charger that was away: it may have been updated."""
        self.identity = await self._charger.identify()
        # What is missing from this answer has not changed.
        if self.identity.firmware is None:
            return
        registry = dr.async_get(self.hass)
        for device in dr.async_entries_for_config_entry(registry, self.config_entry.entry_id):
            registry.async_update_device(device.id, sw_version=self.identity.firmware)
        # An entity that newer firmware brings will describe the device once more.
        self.config_entry.runtime_data.info["sw_version"] = self.identity.firmware
