"""Fields and errors in the forms of a load-balancing group: its fuse, and where the mains are read."""

from collections.abc import Mapping, Sequence
import re
from typing import Any, override

import voluptuous as vol

from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN, SensorDeviceClass
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_NAME, UnitOfElectricCurrent, UnitOfElectricPotential, UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
)

from ..balancing.exports import has_returned
from ..balancing.peaks.settings import (
    CONF_PEAK_FOLLOWS,
    CONF_PEAK_SENSOR,
    CONF_PEAK_TARGET,
    CONF_PEAK_WINDOW,
    DEFAULT_TARGET_KW,
    MOST_TARGET_KW,
    PeakLength,
)
from ..balancing.safe_current import HOUSE_A, together_a
from ..balancing.settings import (
    CONF_CONTRACTED_POWER,
    CONF_EXPORTS,
    CONF_FUSE,
    CONF_LEAVE,
    CONF_MAINS,
    CONF_MARGIN,
    CONF_METER,
    CONF_METER_ID,
    CONF_MINIMUM,
    CONF_NOMINAL_VOLTAGE,
    CONF_PHASES,
    CONF_RESERVE,
    CONF_RETURNED,
    CONF_SAFE_CURRENT,
    CONF_SENSOR,
    CONF_SIGN,
    CONF_UNBALANCE,
    CONF_VOLTAGE,
    CONF_WIRING,
    NOMINAL_VOLTAGE,
    SPLIT_PHASE_VOLTAGE,
    SUBENTRY_CHARGER,
    Leave,
    Mains,
    Sign,
    is_group,
    of_phase,
    wirings_of,
)
from ..chargers.capabilities import MainsMeter
from ..chargers.types import LEAST_A
from ..const import DOMAIN
from ..runtime.competitors import async_competitors
from .forms import MAXIMUM_A, Errors, Schema, WarnsOnce, chargers, choice, entry_options, number
from .meters import Quantity, quantity_of

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
LIMITS: Schema = {
    vol.Required(CONF_FUSE, default=25): _AMPERES,
    vol.Required(CONF_MARGIN, default=1): _AMPERES,
    vol.Required(CONF_SAFE_CURRENT, default=6): _AMPERES,
    vol.Required(CONF_LEAVE, default=Leave.SAFE): choice("leave", list(Leave)),
    vol.Optional(CONF_CONTRACTED_POWER): number(UnitOfPower.WATT, 0, 500_000, 1),
    vol.Optional(CONF_UNBALANCE): number(UnitOfElectricCurrent.AMPERE, LEAST_A, MAXIMUM_A, 0.5),
    vol.Required(CONF_MAINS, default=Mains.SENSORS): choice("mains", list(Mains)),
}

# Only in the options: a group is added without.
ONLY_IN_OPTIONS: Schema = {
    vol.Required(CONF_RESERVE, default=False): BooleanSelector(),
    vol.Required(CONF_PEAK_WINDOW, default=PeakLength.NONE): choice("peak_window", list(PeakLength)),
}
PEAK: Schema = {
    vol.Required(CONF_PEAK_TARGET, default=DEFAULT_TARGET_KW): number(
        UnitOfPower.KILO_WATT, 0, MOST_TARGET_KW, 0.1
    ),
    vol.Required(CONF_PEAK_FOLLOWS, default=False): BooleanSelector(),
    vol.Optional(CONF_PEAK_SENSOR): _sensor(SensorDeviceClass.POWER),
}

# What is as if it were not set.
_UNSET = ((CONF_RESERVE, False), (CONF_PEAK_WINDOW, PeakLength.NONE))


def _exports_field(exports: bool) -> Schema:
    return {vol.Required(CONF_EXPORTS, default=exports): BooleanSelector()}


def _nominal_voltage_of(phases: int) -> float:
    """Return what is proposed for a house of so many phases; of two voltages that are common the lower is more A."""
    return SPLIT_PHASE_VOLTAGE if phases == 2 else NOMINAL_VOLTAGE


# All settings that the forms of an existing group have.
_IN_FORMS = frozenset(
    {
        *map(str, LIMITS),
        *(of_phase(key, phase) for key in (CONF_SENSOR, CONF_RETURNED, CONF_VOLTAGE) for phase in (1, 2, 3)),
        *(CONF_SIGN, CONF_NOMINAL_VOLTAGE, CONF_EXPORTS, CONF_METER, CONF_METER_ID),
    }
)


def any_chargers(phases: int, number: int) -> list[Mapping[str, Any]]:
    """Return so many chargers of which nothing is known yet; a group will have one at least."""
    return [{CONF_WIRING: wirings_of(phases)[0], CONF_MINIMUM: LEAST_A}] * max(1, number)


def members_of(group: ConfigEntry) -> list[Mapping[str, Any]]:
    """Return the settings of the chargers of a group."""
    members = [subentry.data for subentry in group.get_subentries_of_type(SUBENTRY_CHARGER)]
    return [*members] or any_chargers(group.data[CONF_PHASES], 1)


def changed_options(group: ConfigEntry, values: Mapping[str, Any], *in_form: str) -> dict[str, Any]:
    """Return the options of a group with those of its forms replaced; what entities set, such as the strategy, stays.

    `in_form`: what a further form has asked for.
    """
    replaced = {*_IN_FORMS, *map(str, in_form)}
    others = {key: value for key, value in group.options.items() if key not in replaced}
    return {**others, **{key: value for key, value in values.items() if (key, value) not in _UNSET}}


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
        if user_input[CONF_MAINS] == Mains.CHARGER and not self.meters():
            errors[CONF_MAINS] = "no_meter"
        if not errors and fuse_a - together_a(safe_a, members) < HOUSE_A:
            return self.warn_once(CONF_SAFE_CURRENT, "safe_too_many", user_input)
        return errors

    def name_errors(self, name: str, own: ConfigEntry | None = None) -> Errors:
        """Return the error in the name of a group: that of another one."""
        for entry in self.hass.config_entries.async_entries(DOMAIN):
            if is_group(entry) and entry is not own and entry.title.casefold() == name.strip().casefold():
                return {CONF_NAME: "name_taken"}
        return {}

    def sensors_form(self, phases: int, *, exports: bool) -> Schema:
        """Return the fields for the mains sensors of this number of phases; `exports`: the house can feed in."""
        schema: Schema = {}
        of_chargers = sensors_of_chargers(self.hass)
        for phase in range(1, phases + 1):
            schema |= {
                (vol.Required if phase == 1 else vol.Optional)(of_phase(CONF_SENSOR, phase)): _sensor(
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
            **_exports_field(exports),
        }

    def sensor_errors(self, phases: int, user_input: Mapping[str, Any]) -> Errors:
        """Return the errors in the mains sensors, by field; or what is only a warning."""
        errors = {}
        of_chargers = sensors_of_chargers(self.hass)
        taken: set[str] = set()
        for phase in range(1, phases + 1):
            sensor, returned, voltage = (
                user_input.get(of_phase(key, phase)) for key in (CONF_SENSOR, CONF_RETURNED, CONF_VOLTAGE)
            )
            measured = None if sensor is None else quantity_of(self.hass, sensor)
            if sensor is None:
                errors[of_phase(CONF_SENSOR, phase)] = "sensor_missing"
            elif measured not in (Quantity.CURRENT, Quantity.POWER):
                errors[of_phase(CONF_SENSOR, phase)] = "no_current_or_power"
            if returned is not None and quantity_of(self.hass, returned) is not Quantity.POWER:
                errors[of_phase(CONF_RETURNED, phase)] = "no_power"
            elif returned is not None and measured is not Quantity.POWER:
                errors[of_phase(CONF_RETURNED, phase)] = "returned_needs_power"
            if voltage is not None and quantity_of(self.hass, voltage) is not Quantity.VOLTAGE:
                errors[of_phase(CONF_VOLTAGE, phase)] = "no_voltage"
            for key, entity_id in ((CONF_SENSOR, sensor), (CONF_RETURNED, returned)):
                if entity_id in taken:
                    errors[of_phase(key, phase)] = "sensor_twice"
                elif entity_id in of_chargers:
                    errors[of_phase(key, phase)] = "sensor_of_charger"
                if entity_id is not None:
                    taken.add(entity_id)
        if not errors and has_returned(user_input) and not user_input[CONF_EXPORTS]:
            return self.warn_once(CONF_EXPORTS, "exports_returned", user_input)
        return errors

    def peak_errors(self, user_input: Mapping[str, Any]) -> Errors:
        """Return the errors in a peak tariff, by field."""
        sensor = user_input.get(CONF_PEAK_SENSOR)
        if sensor is not None and quantity_of(self.hass, sensor) is not Quantity.POWER:
            return {CONF_PEAK_SENSOR: "no_power"}
        if sensor is not None and sensor in sensors_of_chargers(self.hass):
            return {CONF_PEAK_SENSOR: "sensor_of_charger"}
        return {}

    def meter_form(self, *, exports: bool) -> Schema:
        """Return the fields for the charger that has the mains meter; `exports`: the house can feed in."""
        return {
            vol.Required(CONF_METER): SelectSelector(
                SelectSelectorConfig(options=entry_options(self.meters()))
            ),
            **_exports_field(exports),
        }

    def meters(self) -> list[ConfigEntry]:
        """Return the chargers that read a mains meter now."""
        return [
            entry
            for entry in chargers(self.hass)
            if entry.state is ConfigEntryState.LOADED
            and (meter := entry.runtime_data.target.capability(MainsMeter)) is not None
            and meter.mains_currents_a(entry.runtime_data.coordinator.data) is not None
        ]


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
