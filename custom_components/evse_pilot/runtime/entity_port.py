"""The entities of a charger of another integration, read from the state machine and commanded by actions."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
import time
from typing import Any, override

import voluptuous as vol

from homeassistant.const import ATTR_ENTITY_ID, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceNotFound, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity_component import async_update_entity
from homeassistant.helpers.event import (
    async_track_entity_registry_updated_event,
    async_track_state_change_event,
    async_track_state_report_event,
)
from homeassistant.helpers.service import ServiceParams, async_prepare_call_from_config

from ..chargers.entity_port import DeviceFacts, EntityPort, Reading, Role
from ..chargers.errors import ChargerNoReplyError, ChargerOfflineError, ChargerRefusedError
from ..const import LOGGER
from .entity_watch import is_missing

# A cloud that takes longer has not answered.
_TIMEOUT_S = 20.0
# Where nothing can be shown, it may be shown later; what is restored is of an integration that is not there.
_NOTHING = frozenset({STATE_UNAVAILABLE, STATE_UNKNOWN})
CONF_ENTITY, CONF_ID = "entity_id", "id"


class HassEntityPort(EntityPort):
    """The entities of one charger, by their ids in the entity registry, so that a new name is followed."""

    def __init__(
        self,
        hass: HomeAssistant,
        device_id: str | None,
        entities: Mapping[str, Mapping[str, str]],
        action: Mapping[str, Any] | None = None,
    ) -> None:
        """Know the entities by role, and the owner's action that sets the limit."""
        self._hass = hass
        self._device_id = device_id
        self._entities = {Role(role): entity for role, entity in entities.items()}
        self._action = action
        self._is_commanded = False

    def entity_id(self, role: Role) -> str | None:
        """Return how the entity of a role is called now."""
        if (entity := self._entities.get(role)) is None:
            return None
        registry_id = entity.get(CONF_ID)
        entry = None if registry_id is None else er.async_get(self._hass).entities.get_entry(registry_id)
        return entity[CONF_ENTITY] if entry is None else entry.entity_id

    @override
    def domain(self, role: Role) -> str | None:
        entity_id = self.entity_id(role)
        return None if entity_id is None else entity_id.partition(".")[0]

    @override
    def name(self, role: Role) -> str:
        return self.entity_id(role) or role

    @override
    def read(self, role: Role) -> Reading | None:
        entity_id = self.entity_id(role)
        state = None if entity_id is None else self._hass.states.get(entity_id)
        if state is None or is_missing(state):
            return None
        return Reading(
            value=None if state.state in _NOTHING else state.state,
            # Also of a state that was written with nothing new in it.
            at_s=state.last_reported.timestamp(),
            attributes=state.attributes,
        )

    @override
    def now_s(self) -> float:
        return time.time()

    @override
    def facts(self) -> DeviceFacts:
        device = None if self._device_id is None else dr.async_get(self._hass).async_get(self._device_id)
        if not isinstance(device, dr.DeviceEntry):
            return DeviceFacts()
        return DeviceFacts(manufacturer=device.manufacturer, model=device.model, firmware=device.sw_version)

    @override
    async def call(self, action: str, data: Mapping[str, Any], role: Role | None) -> None:
        entity_id = None if role is None else self.entity_id(role)
        if role is not None and (entity_id is None or self.read(role) is None):
            raise ChargerOfflineError("its entity is missing")
        if entity_id is not None and self._hass.states.is_state(entity_id, STATE_UNAVAILABLE):
            # Home Assistant would carry out nothing, and report that as done.
            raise ChargerOfflineError("its entity is unavailable")
        target = {} if entity_id is None else {ATTR_ENTITY_ID: entity_id}
        domain, _, name = action.partition(".")
        self._is_commanded = True
        with _translated():
            async with asyncio.timeout(_TIMEOUT_S):
                await self._hass.services.async_call(domain, name, {**data, **target}, blocking=True)

    @override
    async def act(self, amps: float) -> None:
        self._is_commanded = True
        with _translated():
            call = prepared(self._hass, self._action or {}, amps)
            async with asyncio.timeout(_TIMEOUT_S):
                await self._hass.services.async_call(**call, blocking=True)

    @override
    async def refresh(self) -> None:
        if not self._is_commanded:
            return
        self._is_commanded = False
        entity_ids = {self.entity_id(role) for role in (Role.LIMIT, Role.SWITCH, Role.STATUS)} - {None}
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                for entity_id in sorted(filter(None, entity_ids)):
                    await async_update_entity(self._hass, entity_id)
        except Exception as error:  # noqa: BLE001
            # Whatever another integration lets through: what comes of it is seen in the states.
            LOGGER.debug("Entities were not updated: %s", error)

    @override
    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        return _Listening(self._hass, self, list(self._entities), listener).stop


class _Listening:
    """Calls a listener after each report of the entities, by whatever name they are called."""

    def __init__(
        self, hass: HomeAssistant, port: HassEntityPort, roles: list[Role], listener: Callable[[], None]
    ) -> None:
        """Listen."""
        self._hass, self._port, self._roles = hass, port, roles
        self._listener = listener
        self._cancel: list[CALLBACK_TYPE] = []
        self._attach()

    @callback
    def _attach(self) -> None:
        self.stop()
        entity_ids = [entity_id for role in self._roles if (entity_id := self._port.entity_id(role))]
        self._cancel = [
            async_track_state_change_event(self._hass, entity_ids, self._on_state),
            async_track_state_report_event(self._hass, entity_ids, self._on_state),
            async_track_entity_registry_updated_event(self._hass, entity_ids, self._on_registry),
        ]

    @callback
    def _on_state(self, _: Event[Any]) -> None:
        self._listener()

    @callback
    def _on_registry(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        if event.data["action"] != "update" or "entity_id" in event.data["changes"]:
            self._attach()
            self._listener()

    @callback
    def stop(self) -> None:
        """Listen no more."""
        for cancel in self._cancel:
            cancel()
        self._cancel = []


def prepared(hass: HomeAssistant, action: Mapping[str, Any], amps: float) -> ServiceParams:
    """Return the call that an owner's action is for a current in A; HomeAssistantError if it, or a template of it, is none.

    Its templates find the current as `current`.
    """
    return async_prepare_call_from_config(hass, dict(action), {"current": amps}, validate_config=True)


@contextmanager
def _translated() -> Iterator[None]:
    """Raise what an action of another integration raises as an error of a charger."""
    try:
        yield
    except ServiceNotFound as error:
        raise ChargerOfflineError("its integration is not there") from error
    except (ServiceValidationError, vol.Invalid) as error:
        LOGGER.debug("An action was refused: %s", error)
        raise ChargerRefusedError("value_not_allowed") from error
    except TimeoutError as error:
        raise ChargerNoReplyError("its integration did not answer") from error
    except HomeAssistantError as error:
        raise ChargerNoReplyError("its integration failed") from error
    except Exception as error:
        # Whatever another integration lets through; it may have sent the command before.
        LOGGER.debug("An action failed: %s", error)
        raise ChargerNoReplyError("its integration failed") from error
