"""Keeps in touch with a charger of ours, which may be loaded, reloaded, lost and removed at any time."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..entities.device import Device
from ..runtime.coordinator import ChargerCoordinator


class ChargerWatch(ABC):
    """Hears every snapshot of one charger, also those that are equal to the last."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Know which; nothing is heard yet."""
        self._hass = hass
        self.entry_id = entry_id
        self.device: Device[Any, Any] | None = None
        self._cancel: list[CALLBACK_TYPE] = []
        self._cancel_signal: CALLBACK_TYPE | None = None

    @property
    def entry(self) -> ConfigEntry | None:
        """Return the charger's entry; None: it was removed."""
        return self._hass.config_entries.async_get_entry(self.entry_id)

    @property
    def readings(self) -> ChargerCoordinator[Any] | None:
        """Return where its snapshots come from; None while it is not there."""
        if self.device is None:
            return None
        assert isinstance(self.device.coordinator, ChargerCoordinator)
        return self.device.coordinator

    @property
    def name(self) -> str:
        """Return what the charger is called."""
        return self.entry_id if self.entry is None else self.entry.title

    @callback
    def async_start(self) -> None:
        """Listen, from now on and whenever the charger is loaded."""
        self._cancel_signal = async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._changed)
        self._look()

    @callback
    def async_stop(self) -> None:
        """Listen no more."""
        if self._cancel_signal is not None:
            self._cancel_signal()
            self._cancel_signal = None
        self._let_go()

    @callback
    def _changed(self, _: object, entry: ConfigEntry) -> None:
        if entry.entry_id == self.entry_id:
            self._look()

    @callback
    def _look(self) -> None:
        """Take hold of a charger that is loaded, or let go of one that is not."""
        entry = self.entry
        device = None if entry is None or entry.state is not ConfigEntryState.LOADED else entry.runtime_data
        if device is self.device:
            return
        self._let_go()
        if device is None:
            return
        self.device = device
        readings = self.readings
        assert readings is not None
        self._cancel = [readings.async_add_reading_listener(self.hear), *self.found(device)]
        if readings.last_update_success:
            self.hear(readings.data)

    @callback
    def _let_go(self) -> None:
        self.device = None
        for cancel in self._cancel:
            cancel()
        self._cancel = []

    @callback
    def found(self, device: Device[Any, Any]) -> list[Callable[[], None]]:
        """Get ready for a charger that was loaded; return what to call when it is unloaded."""
        return []

    @abstractmethod
    def hear(self, state: Any) -> None:
        """Take a snapshot."""
