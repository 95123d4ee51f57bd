"""What triggers and conditions have in common: the entities that they look at, and what counts as a limit.

Home Assistant's helpers for both are new and may change without notice. Nothing but `trigger.py` and `condition.py` uses
them, and nothing else in the package depends on those two.
"""

from collections.abc import Iterable, Mapping

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.target import TargetSelection
from homeassistant.helpers.typing import ConfigType

from ..const import DOMAIN, LOGGER
from ..control.claim import Reason

# The translation keys of the entities that are looked at, by platform: ids may be renamed, and names are translated.
type Keys = Mapping[str, frozenset[str]]

# Where the charger gives all that it can, or there is nothing to give it to.
_NO_LIMIT = frozenset(
    {Reason.OWN_MAXIMUM, Reason.CAR_TAKES_LESS, Reason.CAR_TAKES_NO_MORE, Reason.NOT_PLUGGED_IN, Reason.OFF}
)
_PHASES_OF_FUSE = frozenset({Reason.MAIN_FUSE_L1, Reason.MAIN_FUSE_L2, Reason.MAIN_FUSE_L3})
# The reasons to choose from; the main fuse stands for each of its phases.
LIMIT_REASONS = tuple(reason for reason in Reason if reason not in _NO_LIMIT | _PHASES_OF_FUSE)


def reasons_of(chosen: Iterable[str]) -> frozenset[str]:
    """Return the states of `limited_by` that a choice of reasons stands for; none chosen: every limit."""
    reasons = frozenset(chosen) or frozenset(LIMIT_REASONS)
    return reasons | _PHASES_OF_FUSE if Reason.MAIN_FUSE in reasons else reasons


@callback
def entities_with(hass: HomeAssistant, entity_ids: Iterable[str], keys: Keys) -> set[str]:
    """Return those of the entities that are ours and have one of the keys."""
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in entity_ids
        if (entry := registry.async_get(entity_id)) is not None and _has_key(entry, keys)
    }


@callback
def warn_of_targets(hass: HomeAssistant, name: str, target: ConfigType, keys: Keys) -> None:
    """Log each device and entity of a target that can never match: it has no such entity, or a disabled one.

    Areas, floors and labels may be empty now, and are not looked at.
    """
    selection, registry = TargetSelection(target), er.async_get(hass)
    for entity_id in sorted(selection.entity_ids):
        entry = registry.async_get(entity_id)
        _warn_of(name, entity_id, [] if entry is None else [entry], keys)
    for device_id in sorted(selection.device_ids):
        device = dr.async_get(hass).async_get(device_id)
        label = device_id if device is None else str(device.name_by_user or device.name)
        _warn_of(
            name,
            label,
            er.async_entries_for_device(registry, device_id, include_disabled_entities=True),
            keys,
        )


def _warn_of(name: str, label: str, entries: Iterable[er.RegistryEntry], keys: Keys) -> None:
    found = [entry for entry in entries if _has_key(entry, keys)]
    if any(entry.disabled_by is None for entry in found):
        return
    if found:
        disabled = ", ".join(sorted(entry.entity_id for entry in found))
        LOGGER.warning("%s cannot look at %s before this entity is enabled: %s", name, label, disabled)
    else:
        wanted = ", ".join(sorted(f"{platform} {key}" for platform in keys for key in keys[platform]))
        LOGGER.warning("%s cannot look at %s, which has no such entity: %s", name, label, wanted)


def _has_key(entry: er.RegistryEntry, keys: Keys) -> bool:
    return entry.platform == DOMAIN and entry.translation_key in keys.get(entry.domain, ())
