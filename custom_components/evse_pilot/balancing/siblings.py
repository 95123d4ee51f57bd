"""Other sensors of the device of a meter, whose reports prove that it is alive while its currents do not change."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from homeassistant.components.sensor import DOMAIN as SENSOR, SensorDeviceClass
from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import (
    async_track_state_change_event,
    async_track_state_report_event,
    async_track_time_interval,
)

from ..runtime.clock import monotonic_s
from .liveness import Liveness

# What a meter measures with a current; an uptime or a signal strength goes on when its cable is pulled.
_MEASURED = frozenset(
    {
        SensorDeviceClass.APPARENT_POWER,
        SensorDeviceClass.CURRENT,
        SensorDeviceClass.ENERGY,
        SensorDeviceClass.FREQUENCY,
        SensorDeviceClass.POWER,
        SensorDeviceClass.POWER_FACTOR,
        SensorDeviceClass.REACTIVE_POWER,
        SensorDeviceClass.VOLTAGE,
    }
)
_NOTHING = (STATE_UNAVAILABLE, STATE_UNKNOWN)
# Heartbeats come between the reports, so that they are looked for by the clock.
_EVERY = timedelta(seconds=5)


class Siblings:
    """Knows which sensors of a meter are alive, whether they report anything or not."""

    def __init__(self, hass: HomeAssistant, on_due: Callable[[], None]) -> None:
        """Watch nothing yet; `on_due` is called when the last value of a sensor is proven once more."""
        self._hass = hass
        self._on_due = on_due
        self._alive: dict[str, Liveness] = {}
        # The sensors of the meter for which each sibling stands.
        self._stands_for: dict[str, list[str]] = {}
        self._cancel: list[CALLBACK_TYPE] = []

    @callback
    def async_attach(self, sensors: Iterable[str]) -> None:
        """Watch the siblings of these sensors; what was learned of those that were watched before stays."""
        self.async_detach()
        self._alive = {sensor: self._alive.get(sensor, Liveness()) for sensor in sensors}
        self._stands_for = {}
        registry = er.async_get(self._hass)
        for sensor in self._alive:
            entry = registry.async_get(sensor)
            if entry is None or entry.device_id is None:
                continue
            for sibling in er.async_entries_for_device(registry, entry.device_id):
                is_measured = (sibling.device_class or sibling.original_device_class) in _MEASURED
                if sibling.domain == SENSOR and is_measured and sibling.entity_id != sensor:
                    self._stands_for.setdefault(sibling.entity_id, []).append(sensor)
        others = self._stands_for.keys() - self._alive.keys()
        self._cancel = [
            async_track_state_change_event(self._hass, others, self._on_sibling),
            async_track_state_report_event(self._hass, others, self._on_sibling),
            async_track_time_interval(self._hass, self._on_beat, _EVERY),
        ]

    @callback
    def async_detach(self) -> None:
        """Watch no more."""
        for cancel in self._cancel:
            cancel()
        self._cancel = []

    @callback
    def report(self, event: Any) -> None:
        """Take a report of a sensor of the meter, which may be a sibling of the others."""
        entity_id, state = event.data["entity_id"], event.data["new_state"]
        if state is None or state.state in _NOTHING:
            return
        before = event.data.get("old_state")
        is_change = event.event_type == EVENT_STATE_CHANGED and (
            before is None or before.state != state.state
        )
        self._alive[entity_id].report(monotonic_s(self._hass), is_change=is_change)
        self._prove(entity_id)

    @callback
    def _on_sibling(self, event: Any) -> None:
        state = event.data["new_state"]
        if state is not None and state.state not in _NOTHING:
            self._prove(event.data["entity_id"])
            self._look()

    @callback
    def _prove(self, sibling: str) -> None:
        t = monotonic_s(self._hass)
        for sensor in self._stands_for.get(sibling, ()):
            self._alive[sensor].sibling(t)

    @callback
    def _on_beat(self, _: datetime) -> None:
        self._look()

    @callback
    def _look(self) -> None:
        t = monotonic_s(self._hass)
        if any(alive.is_due(t) for alive in self._alive.values()):
            self._on_due()

    @callback
    def take_due(self, sensors: Iterable[str]) -> bool:
        """Return whether all these sensors are proven once more, and note that they are read for it."""
        t = monotonic_s(self._hass)
        alive = [self._alive[sensor] for sensor in sensors]
        if not all(each.is_due(t) for each in alive):
            return False
        for each in alive:
            each.repeat(t)
        return True
