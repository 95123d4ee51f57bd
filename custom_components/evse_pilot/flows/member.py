"""Config subentry flow of a charger in a load-balancing group."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import UnitOfElectricCurrent
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
)

from ..balancing.membership import identity_of
from ..balancing.safe_current import HOUSE_A, together_a
from ..balancing.settings import (
    CONF_CHARGER,
    CONF_FEED,
    CONF_FUSE,
    CONF_MAXIMUM,
    CONF_MINIMUM,
    CONF_PHASES,
    CONF_PRIORITY,
    CONF_SAFE_CURRENT,
    CONF_WIRING,
    SUBENTRY_CHARGER,
    wirings_of,
)
from ..chargers.capabilities import Limiter, MeterFeed
from ..chargers.types import LEAST_A
from ..const import DOMAIN
from .forms import MAXIMUM_A, Errors, Schema, WarnsOnce, chargers, choice, entry_options, number

# What most chargers are wired for.
_USUAL_A = 16.0


class MemberFlow(WarnsOnce, ConfigSubentryFlow):
    """Adds a charger to a group, or changes its wiring and limits."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the charger, its phases and its limits."""
        able = limitable_chargers(self.hass)
        if not able:
            return self.async_abort(reason="no_charger")
        errors: Errors = {}
        if user_input is not None and not (errors := self._errors(user_input)):
            entry = self.hass.config_entries.async_get_known_entry(user_input[CONF_CHARGER])
            return self.async_create_entry(
                title=entry.title, data=user_input | identity_of(entry), unique_id=entry.entry_id
            )
        choose: Schema = {
            vol.Required(CONF_CHARGER): SelectSelector(SelectSelectorConfig(options=entry_options(able)))
        }
        return self._form("user", choose | self._numbers(), user_input or {}, errors)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for other phases and limits."""
        subentry = self._get_reconfigure_subentry()
        errors: Errors = {}
        if user_input is not None and not (
            errors := self._feed_errors(subentry.data[CONF_CHARGER], user_input)
            or self._limit_errors(user_input, subentry.subentry_id)
        ):
            return self.async_update_reload_and_abort(
                self._get_entry(), subentry, data_updates=user_input, reload_even_if_entry_is_unchanged=False
            )
        return self._form("reconfigure", self._numbers(), user_input or subentry.data, errors)

    def _numbers(self) -> Schema:
        group = self._get_entry()
        feed: Schema = {vol.Optional(CONF_FEED): BooleanSelector()}
        return member_form(group.data[CONF_PHASES], group.options[CONF_FUSE]) | feed

    def _errors(self, user_input: Mapping[str, Any]) -> Errors:
        """Return the errors, by field."""
        if user_input[CONF_CHARGER] not in {entry.entry_id for entry in free_chargers(self.hass)}:
            return {CONF_CHARGER: "already_member"}
        return self._feed_errors(user_input[CONF_CHARGER], user_input) or self._limit_errors(user_input)

    def _feed_errors(self, charger: str, user_input: Mapping[str, Any]) -> Errors:
        entry = self.hass.config_entries.async_get_entry(charger)
        # One that is not loaded now cannot be asked.
        if not user_input.get(CONF_FEED) or entry is None or entry.state is not ConfigEntryState.LOADED:
            return {}
        return {} if entry.runtime_data.target.capability(MeterFeed) else {CONF_FEED: "cannot_be_fed"}

    def _limit_errors(self, user_input: Mapping[str, Any], member_id: str | None = None) -> Errors:
        """Return the errors in the limits of a charger, by field, or what is only a warning; None: it is new."""
        group = self._get_entry()
        if errors := maximum_errors(user_input, group.options[CONF_FUSE]):
            return errors
        others = [
            subentry.data
            for subentry in group.get_subentries_of_type(SUBENTRY_CHARGER)
            if subentry.subentry_id != member_id
        ]
        safe_a = group.options[CONF_SAFE_CURRENT]
        if group.options[CONF_FUSE] - together_a(safe_a, [*others, user_input]) < HOUSE_A:
            return self.warn_once(CONF_WIRING, "safe_too_many", user_input)
        return {}

    def _form(
        self, step_id: str, schema: Schema, values: Mapping[str, Any], errors: Errors
    ) -> SubentryFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(vol.Schema(schema), values),
            errors=errors,
        )


def maximum_errors(user_input: Mapping[str, Any], fuse_a: float) -> Errors:
    """Return the error in the maximum of a charger behind such a fuse."""
    if user_input[CONF_MINIMUM] > user_input[CONF_MAXIMUM]:
        return {CONF_MAXIMUM: "maximum_below_minimum"}
    if user_input[CONF_MAXIMUM] > fuse_a:
        return {CONF_MAXIMUM: "maximum_above_fuse"}
    return {}


def member_form(phases: int, fuse_a: float) -> Schema:
    """Return the fields for the wiring and the limits of a charger behind such a fuse."""
    wirings = wirings_of(phases)
    return {
        vol.Required(CONF_WIRING, default=wirings[0]): choice("wiring", wirings),
        vol.Required(CONF_MINIMUM, default=LEAST_A): number(
            UnitOfElectricCurrent.AMPERE, LEAST_A, MAXIMUM_A, 1
        ),
        vol.Required(CONF_MAXIMUM, default=max(LEAST_A, min(_USUAL_A, fuse_a))): number(
            UnitOfElectricCurrent.AMPERE, LEAST_A, MAXIMUM_A, 1
        ),
        vol.Required(CONF_PRIORITY, default=1): NumberSelector(
            NumberSelectorConfig(min=1, max=9, step=1, mode=NumberSelectorMode.BOX)
        ),
    }


def limitable_chargers(hass: HomeAssistant) -> list[ConfigEntry]:
    """Return the chargers that are set up, and that take a limit."""
    return [
        entry
        for entry in chargers(hass)
        if entry.state is ConfigEntryState.LOADED
        and entry.runtime_data.target.capability(Limiter) is not None
    ]


def free_chargers(hass: HomeAssistant) -> list[ConfigEntry]:
    """Return those of them that are in no group."""
    taken = {
        subentry.data[CONF_CHARGER]
        for group in hass.config_entries.async_entries(DOMAIN)
        for subentry in group.get_subentries_of_type(SUBENTRY_CHARGER)
    }
    return [entry for entry in limitable_chargers(hass) if entry.entry_id not in taken]
