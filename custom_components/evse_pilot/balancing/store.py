"""What outlives a restart of a group: what a person lets it give each charger, and a ceiling for a time."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
import math
from typing import Any

from homeassistant.core import HomeAssistant

from ..const import LOGGER
from ..runtime.storage import Stored, storage_key
from .law.model import Ceiling

VERSION = 2
SAVE_DELAY_S = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporaryCeiling:
    """A ceiling, and when it ends; None: when it is cleared."""

    ceiling: Ceiling
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All that is stored: the charger of each member by its id, and its limit in A per phase, if it has one."""

    chargers: Mapping[str, str] = field(default_factory=dict)
    limits_a: Mapping[str, float] = field(default_factory=dict)
    temporary: TemporaryCeiling | None = None


def stored_group(hass: HomeAssistant, entry_id: str) -> Stored[Record]:
    """Return the file of one group; version 1 had more, of which the chargers' controllers have taken their part."""
    key = storage_key("group", entry_id)
    return Stored(hass, key, version=VERSION, read=_read, write=_write, migrate=lambda _, data: data)


def _write(record: Record) -> dict[str, Any]:
    temporary = record.temporary
    return {
        "members": {
            member_id: {"charger": charger, "limit_a": record.limits_a.get(member_id)}
            for member_id, charger in record.chargers.items()
        },
        "ceiling": None
        if temporary is None
        else asdict(temporary.ceiling) | {"until": temporary.until and temporary.until.isoformat()},
    }


def _read(data: Any) -> Record:
    """Read a record; a part of it that makes no sense is left out."""
    members = data.get("members")
    chargers, limits_a = {}, {}
    for member_id, raw in members.items() if isinstance(members, Mapping) else ():
        if not isinstance(raw, Mapping) or not isinstance(charger := raw.get("charger"), str):
            continue
        chargers[member_id] = charger
        limit_a = raw.get("limit_a")
        if isinstance(limit_a, (int, float)) and 0 <= limit_a < math.inf:
            limits_a[member_id] = float(limit_a)
    return Record(chargers=chargers, limits_a=limits_a, temporary=_read_ceiling(data.get("ceiling")))


def _read_ceiling(raw: object) -> TemporaryCeiling | None:
    if not isinstance(raw, Mapping):
        return None
    try:
        return TemporaryCeiling(
            ceiling=Ceiling(phase_a=raw["phase_a"], sum_a=raw["sum_a"], cars_only=bool(raw["cars_only"])),
            until=None if raw["until"] is None else datetime.fromisoformat(raw["until"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        LOGGER.warning("A stored ceiling cannot be read (%s) and is dropped", type(error).__name__)
        return None
