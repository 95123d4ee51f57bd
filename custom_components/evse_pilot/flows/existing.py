"""Config flow of a charger that Home Assistant already has: choose its device, and check which entity is what."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntry, ConfigFlowResult
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.selector import (
    ActionSelector,
    DeviceSelector,
    DeviceSelectorConfig,
    EntitySelector,
    EntitySelectorConfig,
)

from ..chargers.entity_port import (
    COMMANDED,
    CONF_DEVICE,
    CONF_INTEGRATION,
    CONF_LIMIT_ACTION,
    CONF_OWNERS,
    CONF_ROLES,
    DOMAINS,
    Candidate,
    EntityChooser,
    Proposal,
    Role,
)
from ..const import CONF_VENDOR, DOMAIN
from ..entities.device import Vendor
from ..runtime.entity_port import CONF_ENTITY, CONF_ID
from .charger import ChargerFlow
from .forms import BASE, Errors, Schema
from .meters import async_enable
from .own_action import problem_of

_CONF_CHOSEN = "entity"
_DEVICE_FORM: Schema = {
    vol.Optional(CONF_DEVICE): DeviceSelector(DeviceSelectorConfig()),
    vol.Optional(_CONF_CHOSEN): EntitySelector(EntitySelectorConfig()),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What was chosen: a device, or what an integration without devices has."""

    integration: str
    device: dr.DeviceEntry | None
    unique_id: str
    candidates: tuple[Candidate, ...]


class ExistingFlow(ChargerFlow):
    """Steps of a charger that another integration has."""

    _source_device: _Found
    _proposal: Proposal

    @property
    def _chooser(self) -> EntityChooser:
        assert self._vendor.chooser is not None
        return self._vendor.chooser

    async def _async_choose(
        self, vendor: Vendor[Any, Any], user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Ask for the device, or for one of its entities where there is none."""
        self._vendor = vendor
        errors: Errors = {}
        if user_input is not None:
            found = _find(self.hass, user_input)
            if not isinstance(found, _Found):
                errors = found
            else:
                await self.async_set_unique_id(vendor.unique_id(found.unique_id))
                self._abort_if_unique_id_configured()
                self._source_device = found
                self._proposal = await self._chooser.propose(found.integration, found.candidates)
                return await self.async_step_existing_entities()
        return self.async_show_form(
            step_id=vendor.key,
            data_schema=self.add_suggested_values_to_schema(vol.Schema(_DEVICE_FORM), user_input or {}),
            errors=errors,
        )

    async def _async_choose_again(self, entry: ConfigEntry, vendor: Vendor[Any, Any]) -> ConfigFlowResult:
        """Ask which entity is what once more, for a charger that is set up."""
        self._vendor = vendor
        chosen = {Role(role): each[CONF_ENTITY] for role, each in entry.data[CONF_ROLES].items()}
        device_id = entry.data.get(CONF_DEVICE)
        found = _find(
            self.hass, {CONF_DEVICE: device_id} if device_id else {_CONF_CHOSEN: chosen[next(iter(chosen))]}
        )
        if not isinstance(found, _Found):
            # The device is gone; its entities may have been made anew.
            found = _Found(integration=entry.data[CONF_INTEGRATION], device=None, unique_id="", candidates=())
        self._source_device = found
        self._proposal = await self._chooser.propose(found.integration, found.candidates)
        return await self.async_step_existing_entities()

    async def async_step_existing_entities(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show which entity is what, until the choice can be used."""
        errors: Errors = {}
        if user_input is not None:
            chosen = {role: user_input[role] for role in Role if role in user_input}
            if not (errors := await self._async_errors(chosen, user_input.get(CONF_LIMIT_ACTION))):
                return self._finish(chosen, user_input)
        values = user_input or self._suggested()
        return self.async_show_form(
            step_id="existing_entities",
            data_schema=self.add_suggested_values_to_schema(vol.Schema(self._form_of_entities()), values),
            errors=errors,
            description_placeholders={
                "name": self._proposal.name or self._vendor.name,
                # Braces are for placeholders in a translation.
                "template": "{{ current }}",
            },
        )

    def _form_of_entities(self) -> Schema:
        fields: Schema = {
            vol.Optional(role.value): EntitySelector(EntitySelectorConfig(domain=list(DOMAINS[role])))
            for role in Role
        }
        fields[vol.Optional(CONF_LIMIT_ACTION)] = ActionSelector()
        return fields if self.source == SOURCE_RECONFIGURE else fields | dict(self._vendor.form.schema)

    def _suggested(self) -> dict[str, Any]:
        if self.source == SOURCE_RECONFIGURE:
            data = self._get_reconfigure_entry().data
            action = data.get(CONF_LIMIT_ACTION)
            steps = {} if action is None else {CONF_LIMIT_ACTION: [dict(action)]}
            return steps | {role: _entity_id(self.hass, entity) for role, entity in data[CONF_ROLES].items()}
        proposed = {role.value: entity_id for role, entity_id in self._proposal.roles.items()}
        return proposed | dict.fromkeys(self._vendor.options, self._proposal.maximum_a)

    async def _async_errors(self, chosen: Mapping[Role, str], steps: list[Any] | None) -> Errors:
        """Return the first error in a choice; `steps`: of the owner's own action, an empty list is none."""
        if steps and (wrong := problem_of(self.hass, steps)) is not None:
            return {CONF_LIMIT_ACTION: wrong}
        registry = er.async_get(self.hass)
        for role, entity_id in chosen.items():
            item = registry.async_get(entity_id)
            if item is not None and item.platform == DOMAIN:
                return {role: "own_entity"}
            if role in COMMANDED and self._is_taken(entity_id):
                return {role: "entity_taken"}
        candidates = {role: _candidate(self.hass, entity_id) for role, entity_id in chosen.items()}
        problem = await self._chooser.problem(
            self._source_device.integration, candidates, self._owners(chosen), has_action=bool(steps)
        )
        return {} if problem is None else {problem[0]: problem[1]}

    def _owners(self, chosen: Mapping[Role, str]) -> frozenset[Role]:
        """Return the roles for which another entity was chosen than is proposed."""
        return frozenset(role for role, each in chosen.items() if each != self._proposal.roles.get(role))

    def _is_taken(self, entity_id: str) -> bool:
        """Return whether another charger of ours is commanded by an entity."""
        own = self._get_reconfigure_entry() if self.source == SOURCE_RECONFIGURE else None
        return any(
            _entity_id(self.hass, entry.data[CONF_ROLES][role]) == entity_id
            for entry in self._async_current_entries(include_ignore=False)
            if entry is not own and CONF_ROLES in entry.data
            for role in COMMANDED
            if role in entry.data[CONF_ROLES]
        )

    @callback
    def _finish(self, chosen: Mapping[Role, str], user_input: Mapping[str, Any]) -> ConfigFlowResult:
        async_enable(self.hass, chosen.values())
        registry = er.async_get(self.hass)
        roles = {}
        for role, entity_id in chosen.items():
            item = registry.async_get(entity_id)
            roles[role.value] = {CONF_ENTITY: entity_id} | ({} if item is None else {CONF_ID: item.id})
        data = {
            CONF_INTEGRATION: self._source_device.integration,
            CONF_ROLES: roles,
            CONF_OWNERS: sorted(role.value for role in self._owners(chosen)),
            CONF_LIMIT_ACTION: next(iter(user_input.get(CONF_LIMIT_ACTION) or ()), None),
        }
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_reload_and_abort(self._get_reconfigure_entry(), data_updates=data)
        if self._source_device.device is not None:
            data[CONF_DEVICE] = self._source_device.device.id
        maker = None if self._source_device.device is None else self._source_device.device.manufacturer
        return self._async_add(
            self._vendor,
            {CONF_VENDOR: self._vendor.key, **data, **{key: user_input[key] for key in self._vendor.options}},
            self._proposal.name or maker,
        )


def _entity_id(hass: HomeAssistant, entity: Mapping[str, str]) -> str:
    """Return how a stored entity is called now."""
    registry_id = entity.get(CONF_ID)
    item = None if registry_id is None else er.async_get(hass).entities.get_entry(registry_id)
    return entity[CONF_ENTITY] if item is None else item.entity_id


def _find(hass: HomeAssistant, chosen: Mapping[str, Any]) -> _Found | Errors:
    """Return what was chosen, or an error at its field."""
    registry = er.async_get(hass)
    device_id: str | None = chosen.get(CONF_DEVICE)
    entity_id: str | None = chosen.get(_CONF_CHOSEN)
    item = None if entity_id is None else registry.async_get(entity_id)
    field = CONF_DEVICE if device_id is not None else _CONF_CHOSEN
    if device_id is None and item is not None:
        device_id = item.device_id
    if device_id is not None:
        return _find_device(hass, device_id, field)
    if entity_id is None:
        return {BASE: "no_device"}
    if item is None:
        # An entity without an id of its own, such as one of YAML: the others are chosen by hand.
        return _Found(
            integration="", device=None, unique_id=entity_id, candidates=(_candidate(hass, entity_id),)
        )
    if item.platform == DOMAIN:
        return {field: "own_entity"}
    items = [
        each
        for each in registry.entities.values()
        if (each.platform, each.config_entry_id, each.device_id)
        == (item.platform, item.config_entry_id, None)
    ]
    return _Found(
        integration=item.platform,
        device=None,
        unique_id=item.id,
        candidates=tuple(_candidate(hass, each.entity_id) for each in items),
    )


def _find_device(hass: HomeAssistant, device_id: str, field: str) -> _Found | Errors:
    device = dr.async_get(hass).async_get(device_id)
    items = er.async_entries_for_device(er.async_get(hass), device_id, include_disabled_entities=True)
    items = [item for item in items if item.platform != DOMAIN]
    if not isinstance(device, dr.DeviceEntry) or not items:
        return {field: "no_entities"}
    if _is_ours(hass, device):
        return {field: "already_here"}
    # Other integrations, such as one that sums up a power, add to a device that is not theirs.
    primary = hass.config_entries.async_get_entry(device.config_entry_id)
    [(platform, _)] = Counter(item.platform for item in items).most_common(1)
    return _Found(
        integration=platform if primary is None else primary.domain,
        device=device,
        unique_id=device.id,
        candidates=tuple(_candidate(hass, item.entity_id) for item in items),
    )


def _is_ours(hass: HomeAssistant, device: dr.DeviceEntry) -> bool:
    """Return whether a device is a charger that is set up here, by its own integration's name or by its serial number."""
    if any(domain == DOMAIN for domain, *_ in device.identifiers):
        return True
    return any(
        isinstance(other, dr.DeviceEntry)
        and (
            bool(other.connections & device.connections)
            or (other.serial_number is not None and other.serial_number == device.serial_number)
        )
        for entry in hass.config_entries.async_entries(DOMAIN)
        for other in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    )


def _candidate(hass: HomeAssistant, entity_id: str) -> Candidate:
    """Return an entity with all that is known of it, whether its integration has started or not."""
    item, state = er.async_get(hass).async_get(entity_id), hass.states.get(entity_id)
    attributes: dict[str, Any] = {}
    if item is not None:
        attributes |= item.capabilities or {}
    if state is not None:
        attributes |= state.attributes
    is_shown = state is not None and state.state not in (STATE_UNAVAILABLE, STATE_UNKNOWN)
    return Candidate(
        entity_id=entity_id,
        domain=entity_id.partition(".")[0],
        translation_key=None if item is None else item.translation_key,
        unique_id="" if item is None else item.unique_id,
        device_class=attributes.get("device_class")
        or (None if item is None else item.device_class or item.original_device_class),
        state_class=attributes.get("state_class"),
        unit=attributes.get("unit_of_measurement") or (None if item is None else item.unit_of_measurement),
        state=state.state if state is not None and is_shown else None,
        attributes=attributes,
        is_enabled=item is None or item.disabled_by is None,
    )
