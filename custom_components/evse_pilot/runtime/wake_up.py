"""One moment to come at which something is to be done."""

from collections.abc import Callable
from datetime import datetime

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later, async_track_point_in_utc_time


class WakeUp:
    """Calls a function once, at the last moment that was set."""

    def __init__(self, hass: HomeAssistant, action: Callable[[], None]) -> None:
        """Set no moment yet."""
        self._hass = hass
        self._action = action
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def set_at(self, moment: datetime | None) -> None:
        """Replace the moment, in UTC; None: there is none."""
        self.cancel()
        if moment is not None:
            self._cancel = async_track_point_in_utc_time(self._hass, self._on_moment, moment)

    @callback
    def set_in(self, seconds: float | None) -> None:
        """Replace the moment by one in so many seconds; None: there is none."""
        self.cancel()
        if seconds is not None:
            self._cancel = async_call_later(self._hass, seconds, self._on_moment)

    @callback
    def cancel(self) -> None:
        """Set no moment."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def _on_moment(self, _: datetime) -> None:
        self._cancel = None
        self._action()
