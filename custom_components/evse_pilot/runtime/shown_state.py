"""What a part of an entry shows: a schedule, a group, a member, the sessions of a charger."""

from collections.abc import Callable
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from ..const import LOGGER


class ShownState[S](DataUpdateCoordinator[S]):
    """Shows a state that a function makes; it polls nothing, and an equal state updates no entity."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, name: str, state: Callable[[], S]) -> None:
        """Show nothing yet."""
        super().__init__(hass, LOGGER, config_entry=entry, name=name, always_update=False)
        self._state = state

    @override
    async def _async_update_data(self) -> S:
        return self._state()

    @callback
    def show(self) -> None:
        """Show what has changed."""
        if (state := self._state()) != self.data:
            self.async_set_updated_data(state)
