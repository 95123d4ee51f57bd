"""An entity of another integration that is read here: its changes, its new names, and its absence."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from homeassistant.const import ATTR_RESTORED
from homeassistant.core import CALLBACK_TYPE, Event, HassJob, HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import (
    async_call_later,
    async_track_entity_registry_updated_event,
    async_track_state_change_event,
)

# A start of Home Assistant, or a reload of an integration, takes less.
MISSING_AFTER = timedelta(minutes=10)


class EntityWatch:
    """Watches one entity, by its id in the entity registry where it has one, so that a new name is followed.

    An entity is missing when it has no state, or only one that was restored for an integration that no longer has it.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entity_id: str,
        registry_id: str | None = None,
        *,
        on_rename: Callable[[str, str], None],
        on_missing: Callable[[bool], None],
        on_state: Callable[[], None] | None = None,
    ) -> None:
        """Prepare the watch; nothing is called before `async_start`.

        `on_rename` is called with the old and the new entity id, `on_missing` with True after ten minutes of absence
        and with False on its return, `on_state` after each change of the state.
        """
        self._hass = hass
        self._on_rename = on_rename
        self._on_missing = on_missing
        self._on_state = on_state
        # Whether it is missing by now.
        self.is_reported = False
        self._cancel: list[CALLBACK_TYPE] = []
        self._cancel_missing: CALLBACK_TYPE | None = None
        self.entity_id = entity_id
        self.registry_id = registry_id

    @callback
    def async_start(self) -> None:
        """Watch; an entity that was renamed since its registry id was stored is found under its new name."""
        registry = er.async_get(self._hass)
        entry = None if self.registry_id is None else registry.entities.get_entry(self.registry_id)
        if entry is not None and entry.entity_id != self.entity_id:
            before, self.entity_id = self.entity_id, entry.entity_id
            self._on_rename(before, self.entity_id)
        self._attach()

    @callback
    def _attach(self) -> None:
        self._detach()
        entry = er.async_get(self._hass).async_get(self.entity_id)
        self.registry_id = None if entry is None else entry.id
        self._cancel = [
            async_track_state_change_event(self._hass, self.entity_id, self._on_state_event),
            async_track_entity_registry_updated_event(self._hass, self.entity_id, self._on_registry_event),
        ]
        self._check_presence()

    @callback
    def async_stop(self) -> None:
        """Watch no more."""
        self._detach()
        self.is_reported = False
        if self._cancel_missing:
            self._cancel_missing()
            self._cancel_missing = None

    @callback
    def _detach(self) -> None:
        for cancel in self._cancel:
            cancel()
        self._cancel = []

    @callback
    def _on_state_event(self, _: Event[Any]) -> None:
        self._check_presence()
        if self._on_state is not None:
            self._on_state()

    @callback
    def _on_registry_event(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        data = event.data
        if data["action"] == "update" and "entity_id" in data["changes"]:
            before, self.entity_id = self.entity_id, data["entity_id"]
            self._attach()
            self._on_rename(before, self.entity_id)
        elif data["action"] == "create":
            # Its registry id is known from now on.
            self._attach()

    @callback
    def _check_presence(self) -> None:
        if not is_missing(self._hass.states.get(self.entity_id)):
            if self._cancel_missing:
                self._cancel_missing()
                self._cancel_missing = None
            if self.is_reported:
                self.is_reported = False
                self._on_missing(False)
        elif self._cancel_missing is None and not self.is_reported:
            job = HassJob(self._report_missing, cancel_on_shutdown=True)
            self._cancel_missing = async_call_later(self._hass, MISSING_AFTER, job)

    @callback
    def _report_missing(self, _: datetime) -> None:
        self._cancel_missing = None
        self.is_reported = True
        self._on_missing(True)


def is_missing(state: State | None) -> bool:
    """Return whether no integration provides the entity of this state."""
    return state is None or bool(state.attributes.get(ATTR_RESTORED))


@callback
def is_known(hass: HomeAssistant, entity_id: str) -> bool:
    """Return whether an entity exists, though its integration may not have started yet."""
    return hass.states.get(entity_id) is not None or er.async_get(hass).async_get(entity_id) is not None
