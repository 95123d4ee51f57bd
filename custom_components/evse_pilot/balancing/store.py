"""What outlives a restart of a group: what a person lets it give each charger, and a ceiling for a time."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from homeassistant.core import HomeAssistant

from ..chargers.wire import text
from ..control.store import current_from
from ..runtime.storage import Parts, Stored, storage_key
from .law.model import Ceiling
from .sun.model import SunChoice, SunMode

VERSION = 2
SAVE_DELAY_S = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporaryCeiling:
    """A ceiling, and when it ends; None: when it is cleared."""

    ceiling: Ceiling
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All that is stored: by its id the charger of each member, its limit in A per phase, if it has one, and its sun.

    `battery_held`: the entity that is on for the group, to hold the home battery.
    """

    chargers: Mapping[str, str] = field(default_factory=dict)
    limits_a: Mapping[str, float] = field(default_factory=dict)
    sun: Mapping[str, SunChoice] = field(default_factory=dict)
    temporary: TemporaryCeiling | None = None
    battery_held: str | None = None


def stored_group(hass: HomeAssistant, entry_id: str) -> Stored[Record]:
    """Return the file of one group; version 1 had more, of which the chargers' controllers have taken their part."""
    key = storage_key("group", entry_id)
    return Stored(hass, key, version=VERSION, read=_read, write=_write, migrate=lambda _, data: data)


def _write(record: Record) -> dict[str, Any]:
    temporary = record.temporary
    return {
        "members": {
            member_id: {
                "charger": charger,
                "limit_a": record.limits_a.get(member_id),
                "sun": asdict(record.sun.get(member_id, SunChoice())),
            }
            for member_id, charger in record.chargers.items()
        },
        "ceiling": None
        if temporary is None
        else asdict(temporary.ceiling) | {"until": temporary.until and temporary.until.isoformat()},
        "battery_held": record.battery_held,
    }


def _read(parts: Parts) -> Record:
    """Read a record; a part of it that makes no sense is left out."""
    none: dict[str, tuple[str, float | None, SunChoice]] = {}
    members = parts.read("members", _read_members, none)
    return Record(
        chargers={member_id: charger for member_id, (charger, *_) in members.items()},
        limits_a={
            member_id: limit_a for member_id, (_, limit_a, _) in members.items() if limit_a is not None
        },
        sun={member_id: choice for member_id, (*_, choice) in members.items()},
        temporary=parts.read("ceiling", _read_ceiling, None),
        battery_held=parts.read("battery_held", lambda raw: text(raw, 255), None),
    )


def _read_members(raw: Any) -> dict[str, tuple[str, float | None, SunChoice]]:
    """Read the charger, the limit, in A, and the choice for the sun of each member."""
    return {
        member_id: (
            member["charger"],
            current_from(member.get("limit_a")),
            _choice_from(member.get("sun")),
        )
        for member_id, member in raw.items()
        if isinstance(member, Mapping) and isinstance(member.get("charger"), str)
    }


def _choice_from(raw: Any) -> SunChoice:
    """Read a choice; a mode that is not known is fast, which the sun does not steer."""
    if not isinstance(raw, Mapping):
        return SunChoice()
    mode = raw.get("mode")
    return SunChoice(
        mode=SunMode(mode) if mode in list(SunMode) else SunMode.FAST,
        auto_phases=raw.get("auto_phases") is True,
    )


def _read_ceiling(raw: Any) -> TemporaryCeiling | None:
    if raw is None:
        return None
    until = None if raw["until"] is None else datetime.fromisoformat(raw["until"])
    if until is not None and until.tzinfo is None:
        raise ValueError("no moment")
    return TemporaryCeiling(
        ceiling=Ceiling(
            phase_a=_limit_a(raw["phase_a"]), sum_a=_limit_a(raw["sum_a"]), cars_only=raw["cars_only"] is True
        ),
        until=until,
    )


def _limit_a(value: object) -> float | None:
    if value is not None and current_from(value) is None:
        raise ValueError("no limit")
    return current_from(value)
