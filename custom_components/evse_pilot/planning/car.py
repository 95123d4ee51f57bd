"""The state of charge of a car, by a sensor of another integration."""

from collections.abc import Callable

from homeassistant.core import HomeAssistant, callback

from ..runtime.entity_watch import EntityWatch
from .prices import number_of


class CarSensor:
    """Follows a sensor in percent; `on_change` is called after each change, `on_rename` after a new name."""

    def __init__(
        self, hass: HomeAssistant, *, on_change: Callable[[], None], on_rename: Callable[[str, str], None]
    ) -> None:
        """Follow nothing yet."""
        self._hass = hass
        self._on_change = on_change
        self._on_rename = on_rename
        self._watch: EntityWatch | None = None

    @callback
    def async_follow(self, entity_id: str | None) -> None:
        """Follow this entity, or none, instead of the one before."""
        if entity_id == (None if self._watch is None else self._watch.entity_id):
            return
        self.async_stop()
        if entity_id is not None:
            self._watch = EntityWatch(
                self._hass,
                entity_id,
                on_rename=self._on_rename,
                on_missing=lambda _: None,
                on_state=self._on_change,
            )
            self._watch.async_start()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        if self._watch is not None:
            self._watch.async_stop()
            self._watch = None

    @property
    def percent(self) -> float | None:
        """Return the state of charge; None: not known, or no percentage."""
        state = None if self._watch is None else self._hass.states.get(self._watch.entity_id)
        percent = None if state is None else number_of(state.state)
        return percent if percent is not None and 0 <= percent <= 100 else None
