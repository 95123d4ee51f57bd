"""The steps of a load-balancing group: its fuse, where the mains are read, and its chargers."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import (
    SOURCE_IGNORE,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlowWithReload,
    SubentryFlowResult,
)
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
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
from homeassistant.util.unit_conversion import (
    ElectricCurrentConverter,
    ElectricPotentialConverter,
    PowerConverter,
)

from ..balancing.law.model import LEAST_A
from ..balancing.settings import (
    CONF_CHARGER,
    CONF_CONTRACTED_POWER,
    CONF_FUSE,
    CONF_LEAVE,
    CONF_MAINS,
    CONF_MARGIN,
    CONF_MAXIMUM,
    CONF_METER,
    CONF_MINIMUM,
    CONF_NOMINAL_VOLTAGE,
    CONF_PHASES,
    CONF_PRIORITY,
    CONF_RETURNED,
    CONF_SAFE_CURRENT,
    CONF_SENSOR,
    CONF_SIGN,
    CONF_VOLTAGE,
    CONF_WIRING,
    NOMINAL_VOLTAGE,
    SUBENTRY_CHARGER,
    WIRINGS,
    Leave,
    Mains,
    Sign,
    is_group,
    of_phase,
    wired_to,
)
from ..chargers.capabilities import Limiter, MainsMeter
from ..const import CONF_KIND, DOMAIN, KIND_GROUP
from .account import Schema

type Errors = dict[str, str]

_MOST_A = 500


def _number(unit: str, least: float, most: float, step: float) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(
            min=least, max=most, step=step, mode=NumberSelectorMode.BOX, unit_of_measurement=unit
        )
    )


def _choice(key: str, options: list[str]) -> SelectSelector:
    few = len(options) <= 3
    return SelectSelector(
        SelectSelectorConfig(
            options=options,
            translation_key=key,
            mode=SelectSelectorMode.LIST if few else SelectSelectorMode.DROPDOWN,
        )
    )


def _sensor(*device_classes: str) -> EntitySelector:
    return EntitySelector(EntitySelectorConfig(domain="sensor", device_class=list(device_classes)))


_AMPERES = _number(UnitOfElectricCurrent.AMPERE, 0, _MOST_A, 0.5)
_NAME: Schema = {
    vol.Required(CONF_NAME): TextSelector(),
    vol.Required(CONF_PHASES, default="3"): _choice("phases", ["1", "3"]),
}
LIMITS: Schema = {
    vol.Required(CONF_FUSE, default=25): _AMPERES,
    vol.Required(CONF_MARGIN, default=1): _AMPERES,
    vol.Required(CONF_SAFE_CURRENT, default=6): _AMPERES,
    vol.Required(CONF_LEAVE, default=Leave.SAFE): _choice("leave", list(Leave)),
    vol.Optional(CONF_CONTRACTED_POWER): _number(UnitOfPower.WATT, 0, 500_000, 1),
    vol.Required(CONF_MAINS, default=Mains.SENSORS): _choice("mains", list(Mains)),
}


class GroupSteps:
    """What is asked of a group, when it is made and when it is changed."""

    hass: HomeAssistant

    def limits_wrong(self, given: Mapping[str, Any]) -> Errors:
        """Return what is wrong with the fuse and what belongs to it, by field."""
        fuse_a, safe_a = given[CONF_FUSE], given[CONF_SAFE_CURRENT]
        if fuse_a <= 0:
            return {CONF_FUSE: "no_fuse"}
        errors = {}
        if given[CONF_MARGIN] >= fuse_a:
            errors[CONF_MARGIN] = "margin_too_large"
        if safe_a > fuse_a:
            errors[CONF_SAFE_CURRENT] = "safe_too_large"
        elif 0 < safe_a < LEAST_A:
            errors[CONF_SAFE_CURRENT] = "safe_too_small"
        if given[CONF_MAINS] == Mains.CHARGER and not self._meters():
            errors[CONF_MAINS] = "no_meter"
        return errors

    def sensors_form(self, phases: int) -> Schema:
        """Return what is asked of the sensors of a house with so many phases."""
        schema: Schema = {}
        for phase in range(1, phases + 1):
            schema |= {
                vol.Required(of_phase(CONF_SENSOR, phase)): _sensor(
                    SensorDeviceClass.CURRENT, SensorDeviceClass.POWER
                ),
                vol.Optional(of_phase(CONF_RETURNED, phase)): _sensor(SensorDeviceClass.POWER),
                vol.Optional(of_phase(CONF_VOLTAGE, phase)): _sensor(SensorDeviceClass.VOLTAGE),
            }
        return schema | {
            vol.Required(CONF_SIGN, default=Sign.IMPORT_POSITIVE): _choice("sign", list(Sign)),
            vol.Required(CONF_NOMINAL_VOLTAGE, default=NOMINAL_VOLTAGE): _number(
                UnitOfElectricPotential.VOLT, 100, 300, 1
            ),
        }

    def sensors_wrong(self, phases: int, given: Mapping[str, Any]) -> Errors:
        """Return what is wrong with the sensors, by field."""
        errors = {}
        taken: set[str] = set()
        for phase in range(1, phases + 1):
            sensor: str = given[of_phase(CONF_SENSOR, phase)]
            returned, voltage = (given.get(of_phase(key, phase)) for key in (CONF_RETURNED, CONF_VOLTAGE))
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
                if entity_id is not None:
                    taken.add(entity_id)
        return errors

    def meter_form(self) -> Schema:
        """Return which of our chargers may be asked for the mains."""
        return {
            vol.Required(CONF_METER): SelectSelector(SelectSelectorConfig(options=_options(self._meters())))
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
        """Return whether an entity has one of these units, or had when it was last there."""
        if (state := self.hass.states.get(entity_id)) is not None:
            unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
        else:
            item = er.async_get(self.hass).async_get(entity_id)
            unit = None if item is None else item.unit_of_measurement
        return unit is not None and unit in units


def chargers(hass: HomeAssistant) -> list[ConfigEntry]:
    """Return the entries that are chargers."""
    return [
        entry
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.source != SOURCE_IGNORE and not is_group(entry)
    ]


def _options(entries: list[ConfigEntry]) -> list[SelectOptionDict]:
    return [SelectOptionDict(value=entry.entry_id, label=entry.title) for entry in entries]


class GroupFlow(GroupSteps, ConfigFlow):
    """Makes a group; its chargers are added to it afterwards."""

    _group: dict[str, Any]

    async def async_step_group(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the fuse, and where the mains are read."""
        errors: Errors = {}
        if user_input is not None and not (errors := self.limits_wrong(user_input)):
            self._group = user_input
            if user_input[CONF_MAINS] == Mains.CHARGER:
                return await self.async_step_group_meter()
            return await self.async_step_group_sensors()
        return self._group_form("group", _NAME | LIMITS, user_input, errors)

    async def async_step_group_sensors(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the sensors of the mains."""
        phases = int(self._group[CONF_PHASES])
        errors: Errors = {}
        if user_input is not None and not (errors := self.sensors_wrong(phases, user_input)):
            return self._async_add_group(user_input)
        return self._group_form("group_sensors", self.sensors_form(phases), user_input, errors)

    async def async_step_group_meter(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the charger that reads the mains meter."""
        if user_input is not None:
            return self._async_add_group(user_input)
        return self._group_form("group_meter", self.meter_form(), None, {})

    def _async_add_group(self, source: dict[str, Any]) -> ConfigFlowResult:
        given = self._group | source
        title, phases = given.pop(CONF_NAME), int(given.pop(CONF_PHASES))
        return self.async_create_entry(
            title=title, data={CONF_KIND: KIND_GROUP, CONF_PHASES: phases}, options=given
        )

    def _group_form(
        self, step_id: str, schema: Schema, values: Mapping[str, Any] | None, errors: Errors
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(vol.Schema(schema), values or {}),
            errors=errors,
        )


class GroupOptionsFlow(GroupSteps, OptionsFlowWithReload):
    """Changes all of a group but its phases."""

    _limits: dict[str, Any]

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the fuse, and where the mains are read."""
        errors: Errors = {}
        if user_input is not None and not (errors := self.limits_wrong(user_input)):
            self._limits = user_input
            if user_input[CONF_MAINS] == Mains.CHARGER:
                return await self.async_step_meter()
            return await self.async_step_sensors()
        return self._form("init", LIMITS, user_input, errors)

    async def async_step_sensors(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the sensors of the mains."""
        phases: int = self.config_entry.data[CONF_PHASES]
        errors: Errors = {}
        if user_input is not None and not (errors := self.sensors_wrong(phases, user_input)):
            return self._async_change(user_input)
        return self._form("sensors", self.sensors_form(phases), user_input, errors)

    async def async_step_meter(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the charger that reads the mains meter."""
        if user_input is not None:
            return self._async_change(user_input)
        return self._form("meter", self.meter_form(), None, {})

    def _async_change(self, source: dict[str, Any]) -> ConfigFlowResult:
        """Keep what entities have set, such as the strategy."""
        asked = {str(marker) for form in (LIMITS, self.sensors_form(3)) for marker in form} | {CONF_METER}
        kept = {key: value for key, value in self.config_entry.options.items() if key not in asked}
        return self.async_create_entry(data=kept | self._limits | source)

    def _form(
        self, step_id: str, schema: Schema, values: Mapping[str, Any] | None, errors: Errors
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(schema), self.config_entry.options if values is None else values
            ),
            errors=errors,
        )


class MemberFlow(ConfigSubentryFlow):
    """Adds a charger to a group, or changes how it is wired and what it may have."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask which charger, on which phases, with which limits."""
        able = [entry for entry in chargers(self.hass) if _can_be_limited(entry)]
        if not able:
            return self.async_abort(reason="no_charger")
        errors: Errors = {}
        if user_input is not None and not (errors := self._wrong(user_input)):
            entry = self.hass.config_entries.async_get_known_entry(user_input[CONF_CHARGER])
            return self.async_create_entry(title=entry.title, data=user_input, unique_id=entry.entry_id)
        choose: Schema = {
            vol.Required(CONF_CHARGER): SelectSelector(SelectSelectorConfig(options=_options(able)))
        }
        return self._form("user", choose | self._numbers(), user_input or {}, errors)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the phases and the limits anew."""
        subentry = self._get_reconfigure_subentry()
        errors: Errors = {}
        if user_input is not None and not (errors := _limits_wrong(user_input)):
            return self.async_update_reload_and_abort(
                self._get_entry(), subentry, data_updates=user_input, reload_even_if_entry_is_unchanged=False
            )
        return self._form("reconfigure", self._numbers(), user_input or subentry.data, errors)

    def _numbers(self) -> Schema:
        phases: int = self._get_entry().data[CONF_PHASES]
        wirings = [wiring for wiring in WIRINGS if max(wired_to(wiring)) <= phases]
        return {
            vol.Required(CONF_WIRING, default=wirings[0]): _choice("wiring", wirings),
            vol.Required(CONF_MINIMUM, default=LEAST_A): _number(
                UnitOfElectricCurrent.AMPERE, LEAST_A, _MOST_A, 1
            ),
            vol.Required(CONF_MAXIMUM, default=16): _number(
                UnitOfElectricCurrent.AMPERE, LEAST_A, _MOST_A, 1
            ),
            vol.Required(CONF_PRIORITY, default=1): NumberSelector(
                NumberSelectorConfig(min=1, max=9, step=1, mode=NumberSelectorMode.BOX)
            ),
        }

    def _wrong(self, given: Mapping[str, Any]) -> Errors:
        """Return what is wrong, by field."""
        for group in self.hass.config_entries.async_entries(DOMAIN):
            for subentry in group.get_subentries_of_type(SUBENTRY_CHARGER):
                if subentry.data[CONF_CHARGER] == given[CONF_CHARGER]:
                    return {CONF_CHARGER: "already_member"}
        return _limits_wrong(given)

    def _form(
        self, step_id: str, schema: Schema, values: Mapping[str, Any], errors: Errors
    ) -> SubentryFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(vol.Schema(schema), values),
            errors=errors,
        )


def _limits_wrong(given: Mapping[str, Any]) -> Errors:
    if given[CONF_MINIMUM] > given[CONF_MAXIMUM]:
        return {CONF_MAXIMUM: "maximum_below_minimum"}
    return {}


def _can_be_limited(entry: ConfigEntry) -> bool:
    return (
        entry.state is ConfigEntryState.LOADED and entry.runtime_data.target.capability(Limiter) is not None
    )
