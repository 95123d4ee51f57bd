"""Which charger a member of a group is: one that was added again is the same one, and none is in two groups."""

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    SOURCE_IGNORE,
    ConfigEntry,
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..runtime.issues import Trouble, async_open_issue
from .settings import CONF_CHARGER, CONF_CHARGER_ID, CONF_METER, CONF_METER_ID, SUBENTRY_CHARGER, is_group

# Whether the set-up of a group was accepted, by entry id.
_ACCEPTED: HassKey[dict[str, bool]] = HassKey(f"{DOMAIN}_accepted_groups")


def identity_of(charger: ConfigEntry) -> dict[str, str]:
    """Return what is stored of a charger: its entry, and its vendor and serial number where they are known."""
    known = {} if charger.unique_id is None else {CONF_CHARGER_ID: charger.unique_id}
    return {CONF_CHARGER: charger.entry_id} | known


@callback
def async_watch_members(hass: HomeAssistant) -> None:
    """Find chargers again that were removed and added, and set up groups that were refused as soon as they may."""

    @callback
    def on_entry_changed(_: object, entry: ConfigEntry) -> None:
        if entry.domain != DOMAIN:
            return
        for group in _groups(hass):
            if async_find_chargers(hass, group) and group.state is ConfigEntryState.LOADED:
                hass.config_entries.async_schedule_reload(group.entry_id)
        for entry_id, is_accepted in tuple(_accepted(hass).items()):
            if not is_accepted:
                _accept_again(hass, entry_id)

    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, on_entry_changed)


@callback
def async_find_chargers(hass: HomeAssistant, group: ConfigEntry) -> bool:
    """Store the identity of each charger of a group, and of its meter; return whether any is another entry than before."""
    is_other = _find_meter(hass, group)
    for subentry in group.get_subentries_of_type(SUBENTRY_CHARGER):
        before = subentry.data[CONF_CHARGER]
        charger = hass.config_entries.async_get_entry(before) or _free(
            hass, _added_again(hass, subentry.data.get(CONF_CHARGER_ID))
        )
        if charger is None or subentry.data.items() >= identity_of(charger).items():
            continue
        is_other = is_other or charger.entry_id != before
        hass.config_entries.async_update_subentry(
            group, subentry, data={**subentry.data, **identity_of(charger)}, unique_id=charger.entry_id
        )
    return is_other


def _find_meter(hass: HomeAssistant, group: ConfigEntry) -> bool:
    """Do the same with the charger that reads the mains, which any group may use."""
    options = group.options
    before: str | None = options.get(CONF_METER)
    if before is None:
        return False
    charger = hass.config_entries.async_get_entry(before) or _added_again(hass, options.get(CONF_METER_ID))
    if charger is None or charger.unique_id is None:
        return False
    identity = {CONF_METER: charger.entry_id, CONF_METER_ID: charger.unique_id}
    hass.config_entries.async_update_entry(group, options={**options, **identity})
    return charger.entry_id != before


@callback
def async_refuse_second_group(hass: HomeAssistant, group: ConfigEntry) -> None:
    """Refuse to set up a group with a charger that another group has: each would undo what the other does."""
    shared = _shared(hass, group)
    _accepted(hass)[group.entry_id] = shared is None
    if shared is None:
        ir.async_delete_issue(hass, DOMAIN, _issue_id(group.entry_id))
        return
    async_open_issue(hass, _issue_id(group.entry_id), shared)
    raise ConfigEntryError(
        translation_domain=DOMAIN,
        translation_key="charger_in_two_groups",
        translation_placeholders=dict(shared.placeholders),
    )


@callback
def _accept_again(hass: HomeAssistant, entry_id: str) -> None:
    """Set up a group that was refused, if the reason has gone; forget one that was removed or disabled."""
    group = hass.config_entries.async_get_entry(entry_id)
    if group is not None and group.disabled_by is None:
        if _shared(hass, group) is not None:
            return
        hass.config_entries.async_schedule_reload(entry_id)
    del _accepted(hass)[entry_id]
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry_id))


def _shared(hass: HomeAssistant, group: ConfigEntry) -> Trouble | None:
    """Return the trouble with a charger that another group has: one that was accepted, or that was added before."""
    mine = {
        subentry.data[CONF_CHARGER]: subentry for subentry in group.get_subentries_of_type(SUBENTRY_CHARGER)
    }
    is_older = True
    for other in _groups(hass):
        if other is group:
            is_older = False
            continue
        if other.disabled_by is not None or not _accepted(hass).get(other.entry_id, is_older):
            continue
        for subentry in other.get_subentries_of_type(SUBENTRY_CHARGER):
            if (member := mine.get(subentry.data[CONF_CHARGER])) is not None:
                return Trouble(
                    kind="two_groups",
                    placeholders={"name": member.title, "group": group.title, "other": other.title},
                    severity=ir.IssueSeverity.ERROR,
                    fix={
                        "flow": "remove_member",
                        "group_id": group.entry_id,
                        "member_id": member.subentry_id,
                    },
                )
    return None


def _added_again(hass: HomeAssistant, unique_id: str | None) -> ConfigEntry | None:
    """Return the new entry of a charger that was removed."""
    if unique_id is None:
        return None
    charger = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, unique_id)
    return None if charger is None or charger.source == SOURCE_IGNORE else charger


def _free(hass: HomeAssistant, charger: ConfigEntry | None) -> ConfigEntry | None:
    """Return a charger if no group has it."""
    taken = {
        subentry.data[CONF_CHARGER]
        for group in _groups(hass)
        for subentry in group.get_subentries_of_type(SUBENTRY_CHARGER)
    }
    return None if charger is None or charger.entry_id in taken else charger


def _groups(hass: HomeAssistant) -> list[ConfigEntry]:
    """Return all groups, in the order in which they were added."""
    return [entry for entry in hass.config_entries.async_entries(DOMAIN) if is_group(entry)]


def _accepted(hass: HomeAssistant) -> dict[str, bool]:
    return hass.data.setdefault(_ACCEPTED, {})


def _issue_id(entry_id: str) -> str:
    return f"two_groups_{entry_id}"
