"""Config flow and options flow of a load-balancing group."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryData,
    OptionsFlowWithReload,
)
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)

from ..balancing.exports import async_exports, async_proposed_exports
from ..balancing.membership import identity_of
from ..balancing.peaks.settings import CONF_PEAK_WINDOW, OF_A_PEAK, PeakLength
from ..balancing.settings import (
    CONF_CHARGERS,
    CONF_EXPORTS,
    CONF_FUSE,
    CONF_MAINS,
    CONF_OBSERVER,
    CONF_PHASES,
    CONF_RESERVE,
    SUBENTRY_CHARGER,
    Mains,
)
from ..const import CONF_KIND, KIND_GROUP
from .forms import Errors, Schema, choice, entry_options
from .group_forms import (
    LIMITS,
    ONLY_IN_OPTIONS,
    PEAK,
    GroupSteps,
    any_chargers,
    changed_options,
    members_of,
    sensors_of_chargers,
)
from .member import free_chargers, maximum_errors, member_form
from .meters import async_enable, async_find_meter, with_other_phases
from .sun import SUN, async_proposed_battery, async_sun_errors

_NAME: Schema = {vol.Required(CONF_NAME): TextSelector()}


class GroupFlow(GroupSteps, ConfigFlow):
    """Steps that add a group with its chargers, or change one."""

    _group: dict[str, Any]
    # The options that are complete, and the chargers that are still to be asked for.
    _options: dict[str, Any]
    _waiting: list[ConfigEntry]
    _members: list[ConfigSubentryData]

    async def async_step_group(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the fuse, the chargers, and the kind of mains meter."""
        errors: Errors = {}
        able = free_chargers(self.hass)
        chosen = [] if user_input is None else user_input.get(CONF_CHARGERS, [])
        if user_input is not None and not (
            errors := self.name_errors(user_input[CONF_NAME])
            or self.limit_errors(user_input, any_chargers(int(user_input[CONF_PHASES]), len(chosen)))
        ):
            self._waiting = [entry for entry in able if entry.entry_id in chosen]
            self._members = []
            self._group = user_input
            return await self._async_step_source()
        values = await self._async_proposal(able) if user_input is None else user_input
        return self._group_form("group", self._group_fields(able), values, errors)

    def _group_fields(self, able: list[ConfigEntry]) -> Schema:
        fields: Schema = _NAME | {vol.Required(CONF_PHASES, default="3"): choice("phases", ["1", "2", "3"])}
        if able:
            options = SelectSelectorConfig(
                options=entry_options(able), multiple=True, mode=SelectSelectorMode.LIST
            )
            fields[vol.Optional(CONF_CHARGERS)] = SelectSelector(options)
        return fields | {vol.Required(CONF_OBSERVER, default=False): BooleanSelector()} | LIMITS

    async def _async_proposal(self, able: list[ConfigEntry]) -> dict[str, Any]:
        """Return what most households will choose."""
        name = self.hass.config.location_name
        proposal: dict[str, Any] = {} if self.name_errors(name) else {CONF_NAME: name}
        proposal[CONF_CHARGERS] = [entry.entry_id for entry in able]
        exclude = sensors_of_chargers(self.hass)
        if not await async_find_meter(self.hass, 3, exclude):
            if await async_find_meter(self.hass, 1, exclude):
                proposal[CONF_PHASES] = "1"
            elif self.meters():
                proposal[CONF_MAINS] = Mains.CHARGER
        return proposal

    async def async_step_group_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another name, another fuse, or another kind of mains meter."""
        entry = self._get_reconfigure_entry()
        errors: Errors = {}
        if user_input is not None and not (
            errors := self.name_errors(user_input[CONF_NAME], entry)
            or self.limit_errors(user_input, members_of(entry))
        ):
            self._group = user_input
            return await self._async_step_source()
        values = {CONF_NAME: entry.title} | entry.options if user_input is None else user_input
        return self._group_form("group_reconfigure", _NAME | LIMITS, values, errors)

    async def _async_step_source(self) -> ConfigFlowResult:
        if self._group[CONF_MAINS] == Mains.CHARGER:
            return await self.async_step_group_meter()
        return await self.async_step_group_sensors()

    async def async_step_group_sensors(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the sensors of the mains; those of a meter that was found are filled in."""
        is_new = self.source != SOURCE_RECONFIGURE
        phases = int(self._group[CONF_PHASES] if is_new else self._get_reconfigure_entry().data[CONF_PHASES])
        errors: Errors = {}
        values: Mapping[str, Any]
        if user_input is not None:
            values = with_other_phases(self.hass, phases, user_input)
            if not (errors := self.sensor_errors(phases, values)) and values == user_input:
                return await self._async_have_source(user_input)
        elif is_new:
            values = await async_find_meter(self.hass, phases, sensors_of_chargers(self.hass))
        else:
            values = self._get_reconfigure_entry().options
        form = self.sensors_form(phases, exports=await self._async_exports(values))
        return self._group_form("group_sensors", form, values, errors)

    async def async_step_group_meter(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the charger that reads the mains meter."""
        if user_input is not None:
            return await self._async_have_source(user_input)
        form = self.meter_form(exports=await self._async_exports({}))
        return self._group_form("group_meter", form, None, {})

    async def _async_exports(self, proposed: Mapping[str, Any]) -> bool:
        """Return whether the house can feed in, as the form has it; `proposed` are the sensors of a new group."""
        if self.source == SOURCE_RECONFIGURE:
            return await async_exports(self.hass, self._get_reconfigure_entry().options)
        return await async_proposed_exports(self.hass, proposed)

    async def _async_have_source(self, source: dict[str, Any]) -> ConfigFlowResult:
        if self.source == SOURCE_RECONFIGURE:
            entry = self._get_reconfigure_entry()
            title = self._group.pop(CONF_NAME)
            options = changed_options(entry, self._group | source)
            async_enable(self.hass, source.values())
            return self.async_update_reload_and_abort(
                entry, title=title, options=options, reason="group_changed"
            )
        self._options = {key: value for key, value in self._group.items() if key in LIMITS} | source
        if self._group[CONF_OBSERVER]:
            self._options[CONF_OBSERVER] = True
        return await self.async_step_group_charger()

    async def async_step_group_charger(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the wiring and the limits of each charger that was chosen."""
        if not self._waiting:
            return self._async_add_group()
        charger = self._waiting[0]
        errors: Errors = {}
        if user_input is not None and not (errors := maximum_errors(user_input, self._group[CONF_FUSE])):
            self._waiting.pop(0)
            self._members.append(
                ConfigSubentryData(
                    data=user_input | identity_of(charger),
                    subentry_type=SUBENTRY_CHARGER,
                    title=charger.title,
                    unique_id=charger.entry_id,
                )
            )
            return await self.async_step_group_charger()
        form = member_form(int(self._group[CONF_PHASES]), self._group[CONF_FUSE])
        return self._group_form("group_charger", form, user_input, errors, name=charger.title)

    def _async_add_group(self) -> ConfigFlowResult:
        async_enable(self.hass, self._options.values())
        return self.async_create_entry(
            title=self._group[CONF_NAME],
            data={CONF_KIND: KIND_GROUP, CONF_PHASES: int(self._group[CONF_PHASES])},
            options=self._options,
            subentries=self._members,
        )

    def _group_form(
        self, step_id: str, schema: Schema, values: Mapping[str, Any] | None, errors: Errors, **names: str
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(vol.Schema(schema), values or {}),
            errors=errors,
            description_placeholders=names,
        )


class GroupOptionsFlow(GroupSteps, OptionsFlowWithReload):
    """Options flow of a group: everything but its name and its number of phases."""

    _limits: dict[str, Any]
    # What the forms so far have asked for, and which further ones there were.
    _values: dict[str, Any]
    _in_forms: tuple[str, ...]

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the fuse, and for the kind of mains meter."""
        errors: Errors = {}
        if user_input is not None and not (
            errors := self.limit_errors(user_input, members_of(self.config_entry))
        ):
            self._limits = user_input
            if user_input[CONF_MAINS] == Mains.CHARGER:
                return await self.async_step_meter()
            return await self.async_step_sensors()
        return self._form("init", LIMITS | ONLY_IN_OPTIONS, user_input, errors)

    async def async_step_sensors(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the sensors of the mains."""
        phases: int = self.config_entry.data[CONF_PHASES]
        errors: Errors = {}
        values = None
        if user_input is not None:
            values = with_other_phases(self.hass, phases, user_input)
            if not (errors := self.sensor_errors(phases, values)) and values == user_input:
                return await self._async_have_source(user_input)
        form = self.sensors_form(phases, exports=await async_exports(self.hass, self.config_entry.options))
        return self._form("sensors", form, values, errors)

    async def async_step_meter(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the charger that reads the mains meter."""
        if user_input is not None:
            return await self._async_have_source(user_input)
        form = self.meter_form(exports=await async_exports(self.hass, self.config_entry.options))
        return self._form("meter", form, None, {})

    async def _async_have_source(self, source: dict[str, Any]) -> ConfigFlowResult:
        """Ask for the sun where the house feeds in."""
        self._values = self._limits | source
        self._in_forms = ()
        if source[CONF_EXPORTS]:
            return await self.async_step_sun()
        return await self._async_have_sun({})

    async def async_step_sun(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask when cars start and stop by the sun, and for the home battery."""
        errors: Errors = {}
        values: Mapping[str, Any] | None = user_input
        if user_input is not None:
            if not (errors := await async_sun_errors(self.hass, user_input)):
                self._in_forms = tuple(map(str, SUN))
                return await self._async_have_sun(user_input)
        elif not any(key in self.config_entry.options for key in SUN):
            values = await async_proposed_battery(self.hass)
        return self._form("sun", SUN, values, errors)

    async def _async_have_sun(self, sun: dict[str, Any]) -> ConfigFlowResult:
        """Ask for the peak tariff where one was chosen."""
        self._values |= sun
        if self._values[CONF_PEAK_WINDOW] == PeakLength.NONE:
            return self._async_change()
        return await self.async_step_peak()

    async def async_step_peak(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the target of the peak tariff."""
        errors: Errors = {}
        if user_input is not None and not (errors := self.peak_errors(user_input)):
            self._values |= user_input
            return self._async_change()
        return self._form("peak", PEAK, user_input, errors)

    def _async_change(self) -> ConfigFlowResult:
        async_enable(self.hass, self._values.values())
        options = changed_options(self.config_entry, self._values, *self._in_forms, *OF_A_PEAK, CONF_RESERVE)
        return self.async_create_entry(data=options)

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
