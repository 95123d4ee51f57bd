"""Triggers of automations: what happens at a charger or in a group.

Home Assistant's helpers for triggers are new and may change without notice, so this module is thin: each trigger names
the entities that it looks at, and the states that count.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar, override

import voluptuous as vol

from homeassistant.components.event import ATTR_EVENT_TYPE, ATTR_EVENT_TYPES
from homeassistant.const import (
    CONF_OPTIONS,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    EntityStateAttribute,
    Platform,
)
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.trigger import (
    ENTITY_STATE_TRIGGER_SCHEMA_WITH_BEHAVIOR,
    EntityTargetStateTriggerBase,
    EntityTransitionTriggerBase,
    EntityTriggerBase,
    NotTriggeredReasonReporter,
    StatelessEntityTriggerBase,
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)

from .chargers.types import Status
from .const import DOMAIN
from .control.claim import Reason
from .entities.automation import LIMIT_REASONS, Keys, entities_with, reasons_of, warn_of_targets

CONF_REASON = "reason"
_LIMITED_SCHEMA = ENTITY_STATE_TRIGGER_SCHEMA_WITH_BEHAVIOR.extend(
    {vol.Required(CONF_OPTIONS, default={}): {vol.Optional(CONF_REASON, default=[]): [vol.In(LIMIT_REASONS)]}}
)
# Something holds charging back. A car that stops by itself is connected, and has finished when that lasts.
_HELD_BACK = frozenset(
    {
        Status.AWAITING_AUTHORIZATION,
        Status.PAUSED,
        Status.SCHEDULED,
        Status.WAITING_FOR_SOLAR,
        Status.WAITING_FOR_POWER,
    }
)
# What the reader of a SmartEVSE shows while there is no card.
_NO_CARD = frozenset({"not_installed", "no_status", "ready"})
# Two entities that changed within so short a time changed with the same reading.
_SAME_READING_S = 0.5
# Of an event entity, what does not belong to the session.
_NOT_OF_SESSION = frozenset({ATTR_EVENT_TYPE, ATTR_EVENT_TYPES, *EntityStateAttribute})


class _EvseTrigger(EntityTriggerBase):
    """A trigger that looks at entities of this integration with certain keys."""

    _keys: ClassVar[Keys]
    # The keys decide; the fault of a charger is a diagnostic entity.
    _primary_entities_only = False

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Keep the name of the trigger."""
        super().__init__(hass, config)
        self._name = config.key

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        return entities_with(self._hass, entities, self._keys)

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        warn_of_targets(self._hass, self._name, self._target, self._keys)

        @callback
        def run(
            extra_trigger_payload: dict[str, Any], description: str, context: Context | None = None
        ) -> asyncio.Task[Any]:
            more = self.variables(extra_trigger_payload["to_state"])
            return run_action(extra_trigger_payload | more, description, context)

        return await super().async_attach_runner(run, did_not_trigger)

    def variables(self, to_state: State) -> dict[str, Any]:
        """Return what the trigger brings besides the entity and its states."""
        return {}


def _becomes(platform: Platform, key: str, state: str) -> type[Trigger]:
    class BecomesTrigger(_EvseTrigger, EntityTargetStateTriggerBase):
        """An entity takes a state that it did not have."""

        _keys = {platform: frozenset({key})}
        _domain_specs = {platform: DomainSpec()}
        _to_states = {state}

    return BecomesTrigger


class ChargingPaused(_EvseTrigger, EntityTransitionTriggerBase):
    """A car was charging and is held back; it stays plugged in, and is not full."""

    _keys = {Platform.SENSOR: frozenset({"status"})}
    _domain_specs = {Platform.SENSOR: DomainSpec()}
    _from_states = {Status.CHARGING}
    _to_states = set(_HELD_BACK)


class LimitedBy(_EvseTrigger, EntityTargetStateTriggerBase):
    """A charger is limited for a reason of those chosen, or for any."""

    _schema = _LIMITED_SCHEMA
    _keys = {Platform.SENSOR: frozenset({"limited_by"})}
    _domain_specs = {Platform.SENSOR: DomainSpec()}
    _excluded_from_states = frozenset({STATE_UNAVAILABLE})

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take the choice of reasons."""
        super().__init__(hass, config)
        self._to_states = set(reasons_of(self._options[CONF_REASON]))

    @override
    def is_valid_transition(self, from_state: State, to_state: State) -> bool:
        if self._hass.is_stopping:
            # What a group leaves behind is for the time until Home Assistant is back.
            return False
        if from_state.state == STATE_UNKNOWN:
            # After a start that is unknown until the meter had the time to report; only that it did not is news.
            return to_state.state == Reason.METER_SILENT
        return super().is_valid_transition(from_state, to_state)


def _session(event_type: str) -> type[Trigger]:
    class SessionTrigger(_EvseTrigger, StatelessEntityTriggerBase):
        """An event of a session, with what is known of the session."""

        _keys = {Platform.EVENT: frozenset({"session"})}
        _domain_specs = {Platform.EVENT: DomainSpec()}

        @override
        def is_valid_state(self, state: State, report_not_triggered: NotTriggeredReasonReporter) -> bool:
            return state.attributes.get(ATTR_EVENT_TYPE) == event_type

        @override
        def variables(self, to_state: State) -> dict[str, Any]:
            record = {
                name: value for name, value in to_state.attributes.items() if name not in _NOT_OF_SESSION
            }
            return {"session": record}

    return SessionTrigger


class CardPresented(_EvseTrigger, StatelessEntityTriggerBase):
    """A card was held to the reader: the reader shows another card, or goes from being ready to a word about a card.

    Before the first card since the charger started, its last card is unknown.
    """

    _keys = {Platform.SENSOR: frozenset({"rfid_card", "rfid_status"})}
    _domain_specs = {Platform.SENSOR: DomainSpec()}

    @override
    def is_valid_state(self, state: State, report_not_triggered: NotTriggeredReasonReporter) -> bool:
        return state.state not in _NO_CARD

    @override
    def is_valid_transition(self, from_state: State, to_state: State) -> bool:
        if from_state.state == to_state.state:
            return False
        card = self._card_of(to_state.entity_id)
        return from_state.state in _NO_CARD or (card is not None and card.entity_id == to_state.entity_id)

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        async def async_run(payload: dict[str, Any], description: str, context: Context | None) -> None:
            # One reading may change both entities of a reader, one after the other; it counts once, with its card.
            await asyncio.sleep(0)
            changed: State = payload["to_state"]
            card = self._card_of(changed.entity_id)
            if card is not None and card.state in self._excluded_states:
                card = None
            if card is None or card.entity_id == changed.entity_id or not _with_one_reading(card, changed):
                run_action(payload | {"card": None if card is None else card.state}, description, context)

        @callback
        def run(
            extra_trigger_payload: dict[str, Any], description: str, context: Context | None = None
        ) -> asyncio.Task[Any]:
            return self._hass.async_create_task(async_run(extra_trigger_payload, description, context))

        return await super().async_attach_runner(run, did_not_trigger)

    def _card_of(self, entity_id: str) -> State | None:
        """Return the last card of the charger that has this entity; None: it has no such entity, or a disabled one."""
        registry = er.async_get(self._hass)
        own = registry.async_get(entity_id)
        device_id = None if own is None else own.device_id
        entries = [] if device_id is None else er.async_entries_for_device(registry, device_id)
        found = (
            self._hass.states.get(entry.entity_id)
            for entry in entries
            if entry.platform == DOMAIN and entry.translation_key == "rfid_card"
        )
        return next(found, None)


def _with_one_reading(one: State, other: State) -> bool:
    return abs(one.last_changed_timestamp - other.last_changed_timestamp) < _SAME_READING_S


TRIGGERS: Mapping[str, type[Trigger]] = {
    "plugged_in": _becomes(Platform.BINARY_SENSOR, "plug", STATE_ON),
    "unplugged": _becomes(Platform.BINARY_SENSOR, "plug", STATE_OFF),
    "charging_started": _becomes(Platform.BINARY_SENSOR, "charging", STATE_ON),
    "charging_paused": ChargingPaused,
    "charging_finished": _session("charging_finished"),
    "session_ended": _session("session_ended"),
    "fault": _becomes(Platform.BINARY_SENSOR, "problem", STATE_ON),
    "limited_by": LimitedBy,
    "meter_silent": _becomes(Platform.BINARY_SENSOR, "meter_silent", STATE_ON),
    "card_presented": CardPresented,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers by their keys."""
    return dict(TRIGGERS)
