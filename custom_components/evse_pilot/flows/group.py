"""Config flow and options flow of a load-balancing group."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import CONF_NAME

from ..balancing.settings import CONF_MAINS, CONF_METER, CONF_PHASES, SUBENTRY_CHARGER, Mains
from ..const import CONF_KIND, KIND_GROUP
from .forms import Errors, Schema
from .group_forms import ANY_CHARGER, LIMITS, NAME, GroupSteps


class GroupFlow(GroupSteps, ConfigFlow):
    """Steps that add a group; its chargers are added to it afterwards."""

    _group: dict[str, Any]

    async def async_step_group(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the fuse, and for the kind of mains meter."""
        errors: Errors = {}
        if user_input is not None and not (
            errors := self.name_errors(user_input[CONF_NAME]) or self.limit_errors(user_input, [ANY_CHARGER])
        ):
            self._group = user_input
            if user_input[CONF_MAINS] == Mains.CHARGER:
                return await self.async_step_group_meter()
            return await self.async_step_group_sensors()
        return self._group_form("group", NAME | LIMITS, user_input, errors)

    async def async_step_group_sensors(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the sensors of the mains."""
        phases = int(self._group[CONF_PHASES])
        errors: Errors = {}
        if user_input is not None and not (errors := self.sensor_errors(phases, user_input)):
            return self._async_add_group(user_input)
        return self._group_form("group_sensors", self.sensors_form(phases), user_input, errors)

    async def async_step_group_meter(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the charger that reads the mains meter."""
        if user_input is not None:
            return self._async_add_group(user_input)
        return self._group_form("group_meter", self.meter_form(), None, {})

    def _async_add_group(self, source: dict[str, Any]) -> ConfigFlowResult:
        data = self._group | source
        title, phases = data.pop(CONF_NAME), int(data.pop(CONF_PHASES))
        return self.async_create_entry(
            title=title, data={CONF_KIND: KIND_GROUP, CONF_PHASES: phases}, options=data
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
    """Options flow of a group: everything but its number of phases."""

    _limits: dict[str, Any]

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the fuse, and for the kind of mains meter."""
        errors: Errors = {}
        subentries = self.config_entry.get_subentries_of_type(SUBENTRY_CHARGER)
        members = [subentry.data for subentry in subentries] if subentries else [ANY_CHARGER]
        if user_input is not None and not (errors := self.limit_errors(user_input, members)):
            self._limits = user_input
            if user_input[CONF_MAINS] == Mains.CHARGER:
                return await self.async_step_meter()
            return await self.async_step_sensors()
        return self._form("init", LIMITS, user_input, errors)

    async def async_step_sensors(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the sensors of the mains."""
        phases: int = self.config_entry.data[CONF_PHASES]
        errors: Errors = {}
        if user_input is not None and not (errors := self.sensor_errors(phases, user_input)):
            return self._async_change(user_input)
        return self._form("sensors", self.sensors_form(phases), user_input, errors)

    async def async_step_meter(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the charger that reads the mains meter."""
        if user_input is not None:
            return self._async_change(user_input)
        return self._form("meter", self.meter_form(), None, {})

    def _async_change(self, source: dict[str, Any]) -> ConfigFlowResult:
        """Store the options; those that entities set, such as the strategy, stay."""
        in_forms = {str(marker) for form in (LIMITS, self.sensors_form(3)) for marker in form} | {CONF_METER}
        others = {key: value for key, value in self.config_entry.options.items() if key not in in_forms}
        return self.async_create_entry(data=others | self._limits | source)

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
