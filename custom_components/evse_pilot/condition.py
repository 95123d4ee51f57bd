"""Conditions of automations: what holds at a charger.

Home Assistant's helpers for conditions are new and may change without notice, so this module is thin: each condition
names the entity that it looks at, and the states that count.
"""

from collections.abc import Mapping
import math
from typing import ClassVar, override

import voluptuous as vol

from homeassistant.const import CONF_OPTIONS, STATE_ON, Platform
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import (
    ENTITY_STATE_CONDITION_SCHEMA_ANY_ALL,
    Condition,
    ConditionConfig,
    EntityConditionBase,
    EntityStateConditionBase,
)

from .entities.automation import LIMIT_REASONS, Keys, entities_with, reasons_of, warn_of_targets

CONF_REASON = "reason"
_LIMITED_SCHEMA = ENTITY_STATE_CONDITION_SCHEMA_ANY_ALL.extend(
    {vol.Required(CONF_OPTIONS, default={}): {vol.Optional(CONF_REASON, default=[]): [vol.In(LIMIT_REASONS)]}}
)


class _EvseCondition(EntityConditionBase):
    """A condition that looks at entities of this integration with certain keys."""

    _keys: ClassVar[Keys]
    # The keys decide.
    _primary_entities_only = False

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Name what of the targets can never match."""
        super().__init__(hass, config)
        warn_of_targets(hass, "A condition", self._target, self._keys)

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        return entities_with(self._hass, entities, self._keys)

    @override
    def _check_all_match_state(self, states: list[State]) -> bool:
        # Of a charger that does not answer nothing holds, also where all have to match.
        return bool(states) and super()._check_all_match_state(states)


def _is_on(key: str) -> type[Condition]:
    class IsOnCondition(_EvseCondition, EntityStateConditionBase):
        """A binary sensor is on."""

        _keys = {Platform.BINARY_SENSOR: frozenset({key})}
        _domain_specs = {Platform.BINARY_SENSOR: DomainSpec()}
        _states = {STATE_ON}

    return IsOnCondition


class IsLimitedBy(_EvseCondition, EntityStateConditionBase):
    """A charger is limited for a reason of those chosen, or for any."""

    _schema = _LIMITED_SCHEMA
    _keys = {Platform.SENSOR: frozenset({"limited_by"})}
    _domain_specs = {Platform.SENSOR: DomainSpec()}

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Take the choice of reasons."""
        super().__init__(hass, config)
        assert config.options is not None
        self._states = set(reasons_of(config.options[CONF_REASON]))


class MayCharge(_EvseCondition):
    """All that decides about a charger allows a current."""

    _keys = {Platform.SENSOR: frozenset({"target_current"})}
    _domain_specs = {Platform.SENSOR: DomainSpec()}

    @override
    def is_valid_state(self, entity_state: State) -> bool:
        try:
            current_a = float(entity_state.state)
        except ValueError:
            return False
        return math.isfinite(current_a) and current_a > 0


CONDITIONS: Mapping[str, type[Condition]] = {
    "is_plugged_in": _is_on("plug"),
    "is_charging": _is_on("charging"),
    "is_limited_by": IsLimitedBy,
    "may_charge": MayCharge,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions by their keys."""
    return dict(CONDITIONS)
