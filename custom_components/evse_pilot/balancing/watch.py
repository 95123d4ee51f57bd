"""Watch over a charger of ours, which may be loaded, reloaded, lost and removed at any time."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..entities.device import Device
from ..runtime.coordinator import ChargerCoordinator


class ChargerWatch(ABC):
    """Takes every snapshot of one charger, also those that are equal to the last."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Know the charger's entry; nothing is read yet."""
        self._hass = hass
        self.entry_id = entry_id
        self.device: Device[Any, Any] | None = None
        self._cancel: list[CALLBACK_TYPE] = []
        self._cancel_signal: CALLBACK_TYPE | None = None

    @property
    def entry(self) -> ConfigEntry | None:
        """Return the charger's entry; None: it was removed."""
        return self._hass.config_entries.async_get_entry(self.entry_id)

    @callback
    def async_start(self) -> None:
        """Listen, from now on and whenever the charger is loaded."""
        self._cancel_signal = async_dispatcher_connect(
            self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._on_entry_changed
        )
        self._find()

    @callback
    def async_stop(self) -> None:
        """Stop listening."""
        if self._cancel_signal is not None:
            self._cancel_signal()
            self._cancel_signal = None
        self._release()

    @callback
    def _on_entry_changed(self, _: object, entry: ConfigEntry) -> None:
        if entry.entry_id == self.entry_id:
            self._find()

    @callback
    def _find(self) -> None:
        """Listen to a charger that was loaded, or no longer to one that was unloaded."""
        entry = self.entry
        device = None if entry is None or entry.state is not ConfigEntryState.LOADED else entry.runtime_data
        if device is self.device:
            return
        self._release()
        if device is None:
            return
        self.device = device
        readings = device.coordinator
        assert isinstance(readings, ChargerCoordinator)
        self._cancel = [readings.async_add_reading_listener(self.on_reading), *self.on_loaded(device)]
        if readings.last_update_success:
            self.on_reading(readings.data)

    @callback
    def _release(self) -> None:
        self.device = None
        for cancel in self._cancel:
            cancel()
        self._cancel = []

    @callback
    def on_loaded(self, device: Device[Any, Any]) -> list[Callable[[], None]]:
        """Prepare for a charger that was loaded; return what to call when it is unloaded."""
        return []

    @abstractmethod
    def on_reading(self, state: Any) -> None:
        """Take a snapshot."""
