"""What the controller of a charger stores: claims, what the owner had set, and the writes of the day."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
import sys
from typing import Any

from homeassistant.core import HomeAssistant

from ..runtime.storage import UNREADABLE, Parts, Stored, moment_from, storage_key
from .claim import Baseline, Claim, Reason, Source
from .shown import Sent

VERSION = 1
_MOST_WRITES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All that outlives a restart. `sent`: of what a command of ours may hold at the charger; `stored_at` in UTC."""

    claims: Mapping[Source, Claim] = field(default_factory=dict)
    baseline: Baseline = Baseline()
    sent: Sent = Sent()
    plugged_in: bool | None = None
    stored_at: datetime | None = None
    writes: int = 0
    day: str = ""

    def sent_to(self, started_at: datetime | None) -> Sent:
        """Return what a command may hold at a charger that started then, in UTC; None: not known when.

        One that started since may have changed by itself what was confirmed before.
        """
        if started_at is None or self.stored_at is None or started_at <= self.stored_at:
            return self.sent
        return replace(self.sent, confirmed_a=None)


def stored_control(hass: HomeAssistant, entry_id: str) -> Stored[Record]:
    """Return the file of one charger."""
    return Stored(
        hass, storage_key("control", entry_id), version=VERSION, read=read_record, write=write_record
    )


def write_record(record: Record) -> dict[str, Any]:
    """Return a record as JSON."""
    return {
        "claims": {source.value: _write_claim(claim) for source, claim in record.claims.items()},
        "baseline": asdict(record.baseline),
        "sent": asdict(record.sent),
        "plugged_in": record.plugged_in,
        "stored_at": None if record.stored_at is None else record.stored_at.isoformat(),
        "writes": record.writes,
        "day": record.day,
    }


def read_record(parts: Parts) -> Record:
    """Read a record; a claim that makes no sense is left out, for the others still hold."""
    return Record(
        claims=parts.read("claims", _read_claims, {}),
        baseline=parts.read("baseline", _read_baseline, Baseline()),
        sent=parts.read("sent", _read_sent, Sent()),
        plugged_in=parts.read("plugged_in", _read_plug, None),
        stored_at=parts.read("stored_at", moment_from, None),
        writes=parts.read("writes", _read_count, 0),
        day=parts.read("day", lambda day: _text(day) or "", ""),
    )


def _read_claims(raw: Any) -> dict[Source, Claim]:
    claims = (_read_claim(source, claim) for source, claim in raw.items())
    return {claim.source: claim for claim in claims if claim is not None}


def _read_baseline(raw: Any) -> Baseline:
    return Baseline(
        current_a=current_from(raw.get("current_a")),
        paused=raw.get("paused") is True,
        mode=_text(raw.get("mode")),
        phases=_phases(raw.get("phases")),
    )


def _read_sent(raw: Any) -> Sent:
    return Sent(
        current=raw.get("current") is True,
        mode=raw.get("mode") is True,
        phases=raw.get("phases") is True,
        confirmed_a=current_from(raw.get("confirmed_a")),
        limit_a=current_from(raw.get("limit_a")),
    )


def _read_plug(value: object) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise TypeError("neither plugged in nor not")
    return value


def _read_count(value: object) -> int:
    """Read how often the charger was written to on a day, which is never absurdly often."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _MOST_WRITES:
        raise ValueError("no count")
    return value


def _write_claim(claim: Claim) -> dict[str, Any]:
    limit_a = claim.max_current_a
    # JSON has no word for what is not a number, and would make no limit of it.
    if limit_a is not None and not limit_a > 0:
        limit_a = 0.0
    until = None if claim.until is None else claim.until.isoformat()
    return asdict(claim) | {"max_current_a": limit_a, "until": until}


def _read_claim(source: str, raw: Any) -> Claim | None:
    try:
        until = moment_from(raw.get("until"))
        if until is None and (raw.get("until") is not None or source == Source.TIMED):
            # A limit for a time whose end cannot be read would never end.
            return None
        current_a = current_from(raw.get("max_current_a"))
        if raw.get("max_current_a") is not None and current_a is None:
            # A limit that cannot be read was one: until its source claims anew, nothing may flow.
            current_a = 0.0
        return Claim(
            source=Source(source),
            # Only a group that has just begun has none.
            reason=None if raw["reason"] is None and source == Source.GROUP else Reason(raw["reason"]),
            max_current_a=current_a,
            pause=raw.get("pause") is True,
            mode=_text(raw.get("mode")),
            phases=_phases(raw.get("phases")),
            until=until,
            ends_at_edge=raw.get("ends_at_edge") is True,
            detail=_text(raw.get("detail")),
        )
    except UNREADABLE:
        return None


def current_from(value: object) -> float | None:
    """Read a stored current, in A; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    # An integer may be larger than any float.
    return float(value) if 0 <= value <= sys.float_info.max else None


def _phases(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value in (1, 3) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
