"""Coordinator of a charger, one typed instance for each entry."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
import math
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from ..chargers.capabilities import Memory
from ..chargers.charger import Charger
from ..chargers.errors import ChargerAuthError, ChargerError, ChargerGaveWayError, ChargerUnreachableError
from ..chargers.types import Identity, Snapshot
from ..const import DOMAIN, LOGGER
from .clock import monotonic_s
from .errors import translated
from .log_in import LogIn
from .memory import ChargerMemory

# One or two lost polls are no absence, and nothing is shown or logged of them.
_ABSENT_POLLS, _ABSENT_S = 3, 30.0
# A charger that streams is not asked for its firmware, which may be updated between two of its events.
_IDENTIFY_EVERY_S = 3600.0


class ChargerCoordinator[S: Snapshot](DataUpdateCoordinator[S]):
    """Polls a charger, and takes the snapshots of one that streams; an equal snapshot updates no entity.

    A charger that streams is not polled: the next poll is due when nothing arrived for as long as its pace.
    """

    config_entry: ConfigEntry
    identity: Identity
    info: DeviceInfo | None = None
    """What the entities describe their device with, once they are set up."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        charger: Charger[S],
        *,
        pace: Callable[[S], timedelta],
        log_in: LogIn,
    ) -> None:
        """Read nothing yet."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            # In the log, to keep two chargers of a make apart.
            name=entry.title,
            always_update=False,
        )
        self._charger = charger
        self._pace = pace
        self._log_in = log_in
        self._lost_polls = 0
        self._read_backs, self._read_back = 0, asyncio.Lock()
        self._read_at_s = self._identified_s = -math.inf
        self._firmware: str | None = None
        memory = charger.capability(Memory)
        self._memory = None if memory is None else ChargerMemory(hass, entry, memory)
        # Adds what the charger does not report, such as that it waits for a schedule of ours.
        self.refine: Callable[[S], S] = lambda state: state
        self._reading_listeners: list[Callable[[S], None]] = []
        self._state_listeners: list[Callable[[], None]] = []
        self._readings: tuple[S | None, S | None] = (None, None)

    @override
    async def _async_setup(self) -> None:
        if self._memory is not None:
            await self._memory.async_recall()
        with self._failing():
            await self._async_identify()

    @override
    async def _async_update_data(self) -> S:
        with self._failing():
            try:
                if not self.last_update_success:
                    await self._async_identify()
                state = self.refine(await self._charger.fetch())
            except ChargerError as error:
                if self._is_only_a_lost_poll(error):
                    self._log_in.failed(error, monotonic_s(self.hass))
                    return self.data
                raise
        self._on_reading(state)
        if self.data is not None and self._charger.restarted(self.data, state):
            with suppress(ChargerError):
                await self._async_identify()
        self.update_interval = self._pace(state)
        self.async_keep()
        self._call_reading_listeners(state)
        return state

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Raise what a charger raises as UpdateFailed, after which it is polled again; its log-in may be asked for."""
        with translated(UpdateFailed, self.name):
            try:
                yield
            except ChargerError as error:
                self._log_in.failed(error, monotonic_s(self.hass))
                if isinstance(error, ChargerAuthError) and not self._log_in.is_set:
                    raise UpdateFailed(
                        translation_domain=DOMAIN,
                        translation_key="login_required",
                        translation_placeholders={"name": self.name},
                        retry_after=error.retry_after_s,
                    ) from error
                raise

    def _is_only_a_lost_poll(self, error: ChargerError) -> bool:
        """Return whether the last state still stands: an absence is three lost polls, or 30 s."""
        if isinstance(error, ChargerGaveWayError) and self.data is not None and self.last_update_success:
            return True
        self._lost_polls += 1
        # Another device is no lost poll.
        is_lost = isinstance(error, (ChargerUnreachableError, ChargerAuthError)) and self.data is not None
        if not is_lost or not self.last_update_success or self._lost_polls >= _ABSENT_POLLS:
            return False
        if monotonic_s(self.hass) - self._read_at_s >= _ABSENT_S:
            return False
        LOGGER.debug("%s: lost poll %d: %s", self.name, self._lost_polls, error)
        return True

    @callback
    def async_add_reading_listener(self, listener: Callable[[S], None]) -> CALLBACK_TYPE:
        """Call the listener with each snapshot, also with one that is equal to the last: the charger is there."""
        self._reading_listeners.append(listener)
        return lambda: self._reading_listeners.remove(listener)

    @callback
    def async_add_state_listener(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call the listener after each reading, when `data` is that of the reading, also where it has not changed."""
        self._state_listeners.append(listener)
        return lambda: self._state_listeners.remove(listener)

    @property
    def earlier(self) -> S | None:
        """Return the reading before the last; None: there was none."""
        return self._readings[0]

    async def async_read_back(self) -> None:
        """Read the charger after a command; one reading is for all that have been waiting for it."""
        before = self._read_backs
        async with self._read_back:
            if self._read_backs == before:
                self._read_backs += 1
                await self.async_refresh()

    async def async_read_again(self) -> None:
        """Read a charger once more that was never read before, so that one odd answer is not all that is known of it."""
        with suppress(ChargerError):
            # It forgets what it would not ask again so soon.
            await self._charger.identify()
        await self.async_refresh()

    @override
    def _async_refresh_finished(self) -> None:
        if self.last_update_success and not self._lost_polls:
            self._call_state_listeners()

    @callback
    def _call_state_listeners(self) -> None:
        for listener in tuple(self._state_listeners):
            listener()

    @callback
    def _call_reading_listeners(self, state: S) -> None:
        for listener in tuple(self._reading_listeners):
            listener(state)

    @callback
    def async_listen(self) -> None:
        """Take what the charger streams, if it does, in the background until the entry is unloaded."""
        self.config_entry.async_create_background_task(
            self.hass, self._async_listen(), f"{self.name} - stream"
        )

    async def _async_listen(self) -> None:
        """Open one stream after the other.

        A lost one is followed by one poll, which separates a charger that is away from a broken connection, and asks for
        another log-in if this one has ended.
        """
        while (stream := self._charger.stream()) is not None:
            try:
                async with aclosing(stream):
                    async for state in stream:
                        await self._async_take(state)
            except ChargerError as error:
                self.logger.debug("%s: lost the stream: %s", self.name, type(error).__name__)
            await self.async_refresh()

    async def _async_take(self, state: S) -> None:
        """Take a snapshot of the stream; it also proves that the charger is there."""
        state = self.refine(state)
        self._on_reading(state)
        is_back = not self.last_update_success
        if is_back:
            self.logger.info("Fetching %s data recovered", self.name)
        if is_back or state != self.data:
            self.async_set_updated_data(state)
        else:
            self._schedule_refresh()
        self.async_keep()
        self._call_reading_listeners(state)
        self._call_state_listeners()
        if is_back or monotonic_s(self.hass) - self._identified_s >= _IDENTIFY_EVERY_S:
            with suppress(ChargerError):
                await self._async_identify()

    @callback
    def async_keep(self, *, soon: bool = False) -> None:
        """Store what the charger does not report, if it has a memory."""
        if self._memory is not None:
            self._memory.async_keep(soon=soon)

    @callback
    def _on_reading(self, state: S) -> None:
        """Note that the charger has answered, or sent something, and show the firmware of a newer answer."""
        self._log_in.accepted()
        self._readings = (self._readings[1], state)
        self._lost_polls, self._read_at_s = 0, monotonic_s(self.hass)
        self._show_firmware(state.firmware)

    async def _async_identify(self) -> None:
        """Read which charger it is: one that was away may have been updated."""
        self._identified_s = monotonic_s(self.hass)
        self.identity = await self._charger.identify()
        self._show_firmware(self.identity.firmware)

    @callback
    def _show_firmware(self, firmware: str | None) -> None:
        """Show the firmware of the newest answer on the device page; what is missing from it has not changed."""
        if firmware is None or firmware == self._firmware:
            return
        self._firmware = firmware
        self.identity = replace(self.identity, firmware=firmware)
        registry = dr.async_get(self.hass)
        for device in dr.async_entries_for_config_entry(registry, self.config_entry.entry_id):
            registry.async_update_device(device.id, sw_version=firmware)
        if self.info is not None:
            # An entity that newer firmware brings will describe the device once more.
            self.info["sw_version"] = firmware
