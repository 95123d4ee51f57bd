"""Rights of the user behind a call, as Home Assistant checks them for actions of entities."""

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import ServiceCall
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from .targets import async_targeted

# A right to what only shows something is no right to command its charger.
_READ_ONLY = ("binary_sensor", "sensor")


async def async_check_rights(
    call: ServiceCall, *, admin: bool, reads: bool, groups: bool, members: bool = False
) -> None:
    """Raise Unauthorized if the user of a call may not do this with each of its targets.

    A call without a user comes from an automation. An administrator may do everything. Any other user needs the right
    to control, or to read, the entities that the call names; where it names a device, an area or something that cannot
    be controlled, all those of the charger, or of the group without its chargers.
    """
    if call.context.user_id is None:
        return
    user = await call.hass.auth.async_get_user(call.context.user_id)
    if user is None:
        raise UnknownUser(context=call.context)
    if user.is_admin:
        return
    if admin:
        raise Unauthorized(context=call.context)
    permission = POLICY_READ if reads else POLICY_CONTROL
    named = async_extract_referenced_entity_ids(call.hass, TargetSelection(call.data)).referenced
    for entry in await async_targeted(call, groups=groups, members=members):
        if not _may(call, user, entry, named, permission):
            raise Unauthorized(context=call.context, config_entry_id=entry.entry_id, permission=permission)


def _may(call: ServiceCall, user: User, entry: ConfigEntry, named: set[str], permission: str) -> bool:
    """Return whether a user has a right to an entry; one without entities is for administrators."""
    entities = {
        item.entity_id
        for item in er.async_entries_for_config_entry(er.async_get(call.hass), entry.entry_id)
        # The chargers of a group are devices of their own.
        if not item.disabled and item.config_subentry_id is None
        if permission == POLICY_READ or item.domain not in _READ_ONLY
    }
    needed = entities & named or entities
    return bool(needed) and all(user.permissions.check_entity(entity_id, permission) for entity_id in needed)
