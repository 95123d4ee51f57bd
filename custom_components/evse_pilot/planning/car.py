"""The state of charge of a car, by a sensor of another integration."""

from collections.abc import Callable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..runtime.entity_watch import EntityWatch
from ..runtime.issues import async_show_issue
from .prices import number_of


class CarSensor:
    """Follows a sensor in percent; `on_change` is called after each change, `on_rename` after a new name.

    It raises a repair issue while the sensor is missing.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        on_change: Callable[[], None],
        on_rename: Callable[[str, str], None],
    ) -> None:
        """Follow nothing yet."""
        self._hass = hass
        self._entry = entry
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
                on_missing=self._report_missing,
                on_state=self._on_change,
            )
            self._watch.async_start()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        if self._watch is not None:
            self._watch.async_stop()
            self._watch = None
            self._report_missing(False)

    @callback
    def _report_missing(self, is_missing: bool) -> None:
        entity_id = "" if self._watch is None else self._watch.entity_id
        placeholders = {"name": self._entry.title, "entity": entity_id} if is_missing else None
        async_show_issue(self._hass, self._entry, "soc_missing", placeholders)

    @property
    def percent(self) -> float | None:
        """Return the state of charge; None: not known, or no percentage."""
        state = None if self._watch is None else self._hass.states.get(self._watch.entity_id)
        percent = None if state is None else number_of(state.state)
        return percent if percent is not None and 0 <= percent <= 100 else None
