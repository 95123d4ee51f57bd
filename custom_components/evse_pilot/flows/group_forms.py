"""Fields and errors in the forms of a load-balancing group: its fuse, and where the mains are read."""

from collections.abc import Mapping, Sequence
import re
from typing import Any, override

import voluptuous as vol

from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN, SensorDeviceClass
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import (
    ATTR_UNIT_OF_MEASUREMENT,
    CONF_NAME,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfPower,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
)
from homeassistant.util.unit_conversion import (
    ElectricCurrentConverter,
    ElectricPotentialConverter,
    PowerConverter,
)

from ..balancing.law.model import LEAST_A
from ..balancing.safe_current import HOUSE_A, together_a
from ..balancing.settings import (
    CONF_CONTRACTED_POWER,
    CONF_FUSE,
    CONF_LEAVE,
    CONF_MAINS,
    CONF_MARGIN,
    CONF_METER,
    CONF_MINIMUM,
    CONF_NOMINAL_VOLTAGE,
    CONF_PHASES,
    CONF_RETURNED,
    CONF_SAFE_CURRENT,
    CONF_SENSOR,
    CONF_SIGN,
    CONF_VOLTAGE,
    CONF_WIRING,
    NOMINAL_VOLTAGE,
    SPLIT_PHASE_VOLTAGE,
    WIRINGS,
    Leave,
    Mains,
    Sign,
    is_group,
    of_phase,
)
from ..chargers.capabilities import MainsMeter
from ..const import DOMAIN
from ..runtime.competitors import async_competitors
from .forms import MAXIMUM_A, Errors, Schema, WarnsOnce, chargers, choice, entry_options, number

# A charger of which nothing is known yet.
ANY_CHARGER: Mapping[str, Any] = {CONF_WIRING: WIRINGS[0], CONF_MINIMUM: LEAST_A}
# The sensors of ours that are of a meter of the house: the mains of a charger, the control meter of a PSP EVSE.
_OF_A_METER = re.compile(r"_(mains_(current|power|voltage)|meter2_)")


class MainsSelector(EntitySelector):
    """A field for a sensor that does not offer some; one of them that is given all the same has an error of its own."""

    @override
    def __call__(self, data: Any) -> str | list[str]:
        config = EntitySelectorConfig(**self.config)
        config.pop("exclude_entities", None)
        return EntitySelector(config)(data)


def _sensor(*device_classes: str, exclude: Sequence[str] = ()) -> EntitySelector:
    return MainsSelector(
        EntitySelectorConfig(
            domain="sensor", device_class=list(device_classes), exclude_entities=list(exclude)
        )
    )


_AMPERES = number(UnitOfElectricCurrent.AMPERE, 0, MAXIMUM_A, 0.5)
NAME: Schema = {
    vol.Required(CONF_NAME): TextSelector(),
    vol.Required(CONF_PHASES, default="3"): choice("phases", ["1", "2", "3"]),
}
LIMITS: Schema = {
    vol.Required(CONF_FUSE, default=25): _AMPERES,
    vol.Required(CONF_MARGIN, default=1): _AMPERES,
    vol.Required(CONF_SAFE_CURRENT, default=6): _AMPERES,
    vol.Required(CONF_LEAVE, default=Leave.SAFE): choice("leave", list(Leave)),
    vol.Optional(CONF_CONTRACTED_POWER): number(UnitOfPower.WATT, 0, 500_000, 1),
    vol.Required(CONF_MAINS, default=Mains.SENSORS): choice("mains", list(Mains)),
}


def _nominal_voltage_of(phases: int) -> float:
    """Return what is proposed for a house of so many phases; of two voltages that are common the lower is more A."""
    return SPLIT_PHASE_VOLTAGE if phases == 2 else NOMINAL_VOLTAGE


class GroupSteps(WarnsOnce):
    """Fields of a group that the config flow and the options flow share."""

    hass: HomeAssistant

    def limit_errors(self, user_input: Mapping[str, Any], members: Sequence[Mapping[str, Any]]) -> Errors:
        """Return the errors in the limits of a group with these chargers, by field; or what is only a warning."""
        fuse_a, safe_a = user_input[CONF_FUSE], user_input[CONF_SAFE_CURRENT]
        if fuse_a <= 0:
            return {CONF_FUSE: "no_fuse"}
        errors = {}
        if user_input[CONF_MARGIN] >= fuse_a:
            errors[CONF_MARGIN] = "margin_too_large"
        if safe_a >= fuse_a:
            errors[CONF_SAFE_CURRENT] = "safe_too_large"
        elif 0 < safe_a < LEAST_A:
            errors[CONF_SAFE_CURRENT] = "safe_too_small"
        if user_input[CONF_MAINS] == Mains.CHARGER and not self._meters():
            errors[CONF_MAINS] = "no_meter"
        if not errors and fuse_a - together_a(safe_a, members) < HOUSE_A:
            return self.warn_once({CONF_SAFE_CURRENT: "safe_too_many"}, user_input)
        return errors

    def name_errors(self, name: str, own: ConfigEntry | None = None) -> Errors:
        """Return the error in the name of a group: that of another one."""
        for entry in self.hass.config_entries.async_entries(DOMAIN):
            if is_group(entry) and entry is not own and entry.title.casefold() == name.strip().casefold():
                return {CONF_NAME: "name_taken"}
        return {}

    def sensors_form(self, phases: int) -> Schema:
        """Return the fields for the mains sensors of this number of phases."""
        schema: Schema = {}
        of_chargers = sensors_of_chargers(self.hass)
        for phase in range(1, phases + 1):
            schema |= {
                vol.Required(of_phase(CONF_SENSOR, phase)): _sensor(
                    SensorDeviceClass.CURRENT, SensorDeviceClass.POWER, exclude=of_chargers
                ),
                vol.Optional(of_phase(CONF_RETURNED, phase)): _sensor(
                    SensorDeviceClass.POWER, exclude=of_chargers
                ),
                vol.Optional(of_phase(CONF_VOLTAGE, phase)): _sensor(SensorDeviceClass.VOLTAGE),
            }
        return schema | {
            vol.Required(CONF_SIGN, default=Sign.IMPORT_POSITIVE): choice("sign", list(Sign)),
            vol.Required(CONF_NOMINAL_VOLTAGE, default=_nominal_voltage_of(phases)): number(
                UnitOfElectricPotential.VOLT, 100, 300, 1
            ),
        }

    def sensor_errors(self, phases: int, user_input: Mapping[str, Any]) -> Errors:
        """Return the errors in the mains sensors, by field."""
        errors = {}
        of_chargers = sensors_of_chargers(self.hass)
        taken: set[str] = set()
        for phase in range(1, phases + 1):
            sensor: str = user_input[of_phase(CONF_SENSOR, phase)]
            returned, voltage = (
                user_input.get(of_phase(key, phase)) for key in (CONF_RETURNED, CONF_VOLTAGE)
            )
            is_power = self._measures(sensor, PowerConverter.VALID_UNITS)
            if not is_power and not self._measures(sensor, ElectricCurrentConverter.VALID_UNITS):
                errors[of_phase(CONF_SENSOR, phase)] = "no_current_or_power"
            if returned is not None and not self._measures(returned, PowerConverter.VALID_UNITS):
                errors[of_phase(CONF_RETURNED, phase)] = "no_power"
            elif returned is not None and not is_power:
                errors[of_phase(CONF_RETURNED, phase)] = "returned_needs_power"
            if voltage is not None and not self._measures(voltage, ElectricPotentialConverter.VALID_UNITS):
                errors[of_phase(CONF_VOLTAGE, phase)] = "no_voltage"
            for key, entity_id in ((CONF_SENSOR, sensor), (CONF_RETURNED, returned)):
                if entity_id in taken:
                    errors[of_phase(key, phase)] = "sensor_twice"
                elif entity_id in of_chargers:
                    errors[of_phase(key, phase)] = "sensor_of_charger"
                if entity_id is not None:
                    taken.add(entity_id)
        return errors

    def meter_form(self) -> Schema:
        """Return the field for the charger that has the mains meter."""
        return {
            vol.Required(CONF_METER): SelectSelector(
                SelectSelectorConfig(options=entry_options(self._meters()))
            )
        }

    def _meters(self) -> list[ConfigEntry]:
        return [
            entry
            for entry in chargers(self.hass)
            if entry.state is ConfigEntryState.LOADED
            and (meter := entry.runtime_data.target.capability(MainsMeter)) is not None
            and meter.mains_currents_a(entry.runtime_data.coordinator.data) is not None
        ]

    def _measures(self, entity_id: str, units: set[str | None]) -> bool:
        """Return whether an entity has one of these units, or had when it was last available."""
        if (state := self.hass.states.get(entity_id)) is not None:
            unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
        else:
            item = er.async_get(self.hass).async_get(entity_id)
            unit = None if item is None else item.unit_of_measurement
        return unit is not None and unit in units


def sensors_of_chargers(hass: HomeAssistant) -> list[str]:
    """Return the sensors of ours that are no meter of the house, and those of others that command the same chargers."""
    registry = er.async_get(hass)
    found: list[er.RegistryEntry] = []
    for entry in hass.config_entries.async_entries(DOMAIN):
        items = er.async_entries_for_config_entry(registry, entry.entry_id)
        found += [item for item in items if is_group(entry) or not _OF_A_METER.search(item.unique_id)]
        if not is_group(entry):
            for other in async_competitors(hass, entry):
                found += er.async_entries_for_config_entry(registry, other.entry_id)
    return [item.entity_id for item in found if item.domain == SENSOR_DOMAIN]
