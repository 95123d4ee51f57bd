"""Entities that groups read: those of ours among them are shown with each reading."""

from collections import Counter
from collections.abc import Iterable

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

_READ: HassKey[Counter[str]] = HassKey(f"{DOMAIN}_read_by_groups")


@callback
def async_note_read(hass: HomeAssistant, entity_ids: Iterable[str]) -> CALLBACK_TYPE:
    """Note that a group reads these entities, until the function that is returned is called."""
    read, noted = hass.data.setdefault(_READ, Counter()), tuple(entity_ids)
    read.update(noted)

    @callback
    def forget() -> None:
        read.subtract(noted)

    return forget


@callback
def is_read(hass: HomeAssistant, entity_id: str) -> bool:
    """Return whether a group reads an entity."""
    return hass.data.get(_READ, Counter())[entity_id] > 0
