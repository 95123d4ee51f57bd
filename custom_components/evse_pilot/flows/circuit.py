"""Config subentry flow of a circuit: a fuse between the main fuse of a group and some of its chargers."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_NAME, UnitOfElectricCurrent
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)

from ..balancing.circuits import (
    CONF_BEHIND,
    CONF_CIRCUIT_FUSE,
    CONF_MEMBERS,
    CONF_METERED,
    CONF_RESERVE,
    MAIN,
    SUBENTRY_CIRCUIT,
    data_of_circuits,
    is_metered,
    limit_of_circuit,
    outer_of,
)
from ..balancing.settings import CONF_EXPORTS, CONF_PHASES, SUBENTRY_CHARGER
from ..chargers.types import LEAST_A
from .forms import MAXIMUM_A, Errors, Schema, number
from .group_forms import GroupSteps
from .meters import async_enable, with_other_phases

_AMPERES = number(UnitOfElectricCurrent.AMPERE, 0, MAXIMUM_A, 0.5)
# Of a circuit that is not added yet.
_NEW = "new"


class CircuitFlow(GroupSteps, ConfigSubentryFlow):
    """Adds a circuit to a group, or changes it."""

    # What the first form has asked for.
    _values: dict[str, Any]

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the fuse, and for what is behind it."""
        if not self._get_entry().get_subentries_of_type(SUBENTRY_CHARGER):
            return self.async_abort(reason="no_member")
        errors: Errors = {}
        if user_input is not None and not (errors := self._errors(user_input)):
            return await self._async_have_values(user_input)
        return self._form("user", user_input or {}, errors)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for another fuse, or other chargers."""
        subentry = self._get_reconfigure_subentry()
        errors: Errors = {}
        if user_input is not None and not (errors := self._errors(user_input)):
            return await self._async_have_values(user_input)
        values = {CONF_NAME: subentry.title} | subentry.data if user_input is None else user_input
        return self._form("reconfigure", values, errors)

    async def _async_have_values(self, values: dict[str, Any]) -> SubentryFlowResult:
        """Ask for the sensors where it has a meter."""
        self._values = values
        if is_metered(values):
            return await self.async_step_sensors()
        return self._finish()

    async def async_step_sensors(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the sensors of its meter."""
        phases: int = self._get_entry().data[CONF_PHASES]
        errors: Errors = {}
        values: Mapping[str, Any] = {}
        if user_input is not None:
            values = with_other_phases(self.hass, phases, user_input)
            errors = self.sensor_errors(phases, {**values, CONF_EXPORTS: True})
            if not errors and values == user_input:
                self._values |= user_input
                return self._finish()
        elif self.source == SOURCE_RECONFIGURE:
            values = self._get_reconfigure_subentry().data
        form = self.sensors_form(phases, exports=True)
        # That is known of the house.
        schema = vol.Schema({field: selector for field, selector in form.items() if field != CONF_EXPORTS})
        return self.async_show_form(
            step_id="sensors",
            data_schema=self.add_suggested_values_to_schema(schema, values),
            errors=errors,
        )

    def _finish(self) -> SubentryFlowResult:
        """Add the circuit, or change it."""
        data = {key: value for key, value in self._values.items() if key != CONF_NAME}
        title: str = self._values[CONF_NAME]
        async_enable(self.hass, data.values())
        if self.source != SOURCE_RECONFIGURE:
            return self.async_create_entry(title=title, data=data)
        return self.async_update_reload_and_abort(
            self._get_entry(),
            self._get_reconfigure_subentry(),
            title=title,
            data=data,
            reload_even_if_entry_is_unchanged=False,
        )

    @property
    def _own_id(self) -> str:
        return self._get_reconfigure_subentry().subentry_id if self.source == SOURCE_RECONFIGURE else _NEW

    def _errors(self, user_input: Mapping[str, Any]) -> Errors:
        """Return the errors, by field."""
        group, own_id = self._get_entry(), self._own_id
        circuits = data_of_circuits(group) | {own_id: user_input}
        if own_id in outer_of(circuits, own_id):
            return {CONF_BEHIND: "circuit_loop"}
        if limit_of_circuit(user_input) < LEAST_A:
            return {CONF_CIRCUIT_FUSE: "circuit_too_small"}
        others = {member for key, data in circuits.items() if key != own_id for member in data[CONF_MEMBERS]}
        if others & set(user_input[CONF_MEMBERS]):
            return {CONF_MEMBERS: "in_two_circuits"}
        return {}

    def _form(self, step_id: str, values: Mapping[str, Any], errors: Errors) -> SubentryFlowResult:
        group = self._get_entry()
        members = [
            SelectOptionDict(value=each.subentry_id, label=each.title)
            for each in group.get_subentries_of_type(SUBENTRY_CHARGER)
        ]
        outer = [
            SelectOptionDict(value=each.subentry_id, label=each.title)
            for each in group.get_subentries_of_type(SUBENTRY_CIRCUIT)
            if each.subentry_id != self._own_id
        ]
        schema: Schema = {
            vol.Required(CONF_NAME): TextSelector(),
            vol.Required(CONF_CIRCUIT_FUSE, default=16): _AMPERES,
            vol.Required(CONF_RESERVE, default=1): _AMPERES,
            vol.Required(CONF_BEHIND, default=MAIN): SelectSelector(
                SelectSelectorConfig(
                    options=[SelectOptionDict(value=MAIN, label=group.title), *outer],
                    mode=SelectSelectorMode.LIST,
                )
            ),
            vol.Required(CONF_MEMBERS, default=[]): SelectSelector(
                SelectSelectorConfig(options=members, multiple=True, mode=SelectSelectorMode.LIST)
            ),
            vol.Required(CONF_METERED, default=False): BooleanSelector(),
        }
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(vol.Schema(schema), values),
            errors=errors,
        )
