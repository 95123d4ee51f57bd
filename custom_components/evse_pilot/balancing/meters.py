"""The entities that a group names, of its mains and its home battery: followed under a new name, reported when gone."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.unit_conversion import (
    ElectricCurrentConverter,
    ElectricPotentialConverter,
    PowerConverter,
)

from ..runtime.entity_watch import EntityWatch, is_missing
from ..runtime.issues import async_show_issue
from .circuits import data_of_circuits, is_metered
from .peaks.settings import CONF_PEAK_SENSOR
from .settings import CONF_PHASES, CONF_RETURNED, CONF_SENSOR, CONF_VOLTAGE, of_phase
from .sun_settings import CONF_BATTERY_CHARGE, CONF_BATTERY_HOLD, CONF_BATTERY_POWER

_UNITS: dict[str, set[str | None]] = {
    CONF_SENSOR: ElectricCurrentConverter.VALID_UNITS | PowerConverter.VALID_UNITS,
    CONF_RETURNED: PowerConverter.VALID_UNITS,
    CONF_VOLTAGE: ElectricPotentialConverter.VALID_UNITS,
    CONF_PEAK_SENSOR: PowerConverter.VALID_UNITS,
}


class MeterWatch:
    """Watches all sensors of a group, those in its options and those of its circuits, and its home battery."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, on_rename: Callable[[str, str], None]
    ) -> None:
        """Watch nothing yet; `on_rename` is called with the old and the new entity id when the entry has the new one."""
        self._hass = hass
        self._entry = entry
        self._on_rename = on_rename
        self._watches = [
            EntityWatch(hass, entity_id, on_rename=self._rename, on_missing=self._show_missing)
            for entity_id in sorted(sensors_of(entry) | _of_battery(entry))
        ]

    @callback
    def async_start(self) -> None:
        """Watch."""
        for watch in self._watches:
            watch.async_start()

    @callback
    def async_stop(self) -> None:
        """Watch no more, and withdraw the repair issues."""
        for watch in self._watches:
            watch.async_stop()
        self._show_missing()

    @callback
    def _rename(self, before: str, after: str) -> None:
        entries = self._hass.config_entries
        options = _renamed(self._entry.options, before, after)
        entries.async_update_entry(self._entry, options=options)
        for subentry_id, data in data_of_circuits(self._entry).items():
            # The group starts anew with it.
            subentry = self._entry.subentries[subentry_id]
            entries.async_update_subentry(self._entry, subentry, data=_renamed(data, before, after))
        self._on_rename(before, after)

    @callback
    def _show_missing(self, _: bool = False) -> None:
        """Open one repair issue that names all sensors that are missing, and one for the battery, or withdraw them."""
        missing = {watch.entity_id for watch in self._watches if watch.is_reported}
        sensors = sensors_of(self._entry)
        self._show("meter_missing", missing & sensors, ir.IssueSeverity.ERROR)
        self._show("battery_missing", missing - sensors, ir.IssueSeverity.WARNING)

    @callback
    def _show(self, kind: str, missing: set[str], severity: ir.IssueSeverity) -> None:
        names = {"group": self._entry.title, "entities": ", ".join(sorted(missing))}
        async_show_issue(self._hass, self._entry, kind, names if missing else None, severity=severity)


def _renamed(settings: Mapping[str, Any], before: str, after: str) -> dict[str, Any]:
    return {key: after if value == before else value for key, value in settings.items()}


def sensors_of(entry: ConfigEntry) -> set[str]:
    """Return the entity ids of all sensors that a group reads."""
    return {entity_id for _, entity_id in _sensors(entry)}


def _of_battery(entry: ConfigEntry) -> set[str]:
    """Return the entity ids of the sensors of the home battery, and of what holds it."""
    named = (entry.options.get(key) for key in (CONF_BATTERY_POWER, CONF_BATTERY_CHARGE, CONF_BATTERY_HOLD))
    return {entity_id for entity_id in named if entity_id}


@callback
def async_unusable(hass: HomeAssistant, entry: ConfigEntry) -> list[str]:
    """Return the sensors of a group that have a value in a unit which it cannot read, each with that unit."""
    found = set()
    for key, entity_id in _sensors(entry):
        state = hass.states.get(entity_id)
        if state is None or is_missing(state) or state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
            continue
        unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
        if unit not in _UNITS[key]:
            found.add(f"{entity_id} ({unit or '-'})")
    return sorted(found)


def _sensors(entry: ConfigEntry) -> Iterator[tuple[str, str]]:
    """Return each sensor with the name of its setting."""
    if (entity_id := entry.options.get(CONF_PEAK_SENSOR)) is not None:
        yield CONF_PEAK_SENSOR, entity_id
    metered = [data for data in data_of_circuits(entry).values() if is_metered(data)]
    for settings in (entry.options, *metered):
        for key in (CONF_SENSOR, CONF_RETURNED, CONF_VOLTAGE):
            for phase in range(1, entry.data[CONF_PHASES] + 1):
                if (entity_id := settings.get(of_phase(key, phase))) is not None:
                    yield key, entity_id
