"""What a group shows: its state for the entities, and its decisions for a bug report."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from homeassistant.util import dt as dt_util

from ..chargers.types import Status
from ..control.claim import Reason
from ..scheduling.schedule import Schedule
from .common_windows import common_schedule
from .law.model import Ceiling, Decision, Strategy
from .link import MemberLink, word_of
from .peaks.tariff import PeakState
from .settings import (
    CONF_CHARGER_ID,
    CONF_FUSE,
    CONF_MARGIN,
    CONF_METER_ID,
    CONF_OBSERVER,
    is_enabled,
    limit_of,
    strategy_of,
)
from .solar import SunState
from .store import TemporaryCeiling

_OF_THE_HOUSE = frozenset(
    {
        *(Reason.MAIN_FUSE, Reason.SUM_CEILING, Reason.TEMPORARY_CEILING),
        *(Reason.PEAK, Reason.CIRCUIT, Reason.UNBALANCE),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupState:
    """A group as it stands; currents of L1, L2, L3 in A, None: not known, or the house has no such phase."""

    phases: int
    mains_a: tuple[float | None, ...]
    house_a: tuple[float | None, ...]
    room_a: tuple[float | None, ...]
    given_a: float
    charging: int
    strategy: Strategy
    enabled: bool
    observer: bool
    fuse_a: float
    limit_a: float
    margin_a: float
    limiting: bool
    meter_silent: bool
    ceiling: Ceiling | None
    ceiling_until: datetime | None
    sun: SunState | None
    peak: PeakState | None
    schedule: Schedule | None
    """The charging windows that all chargers have in common; None: there is one charger, which has its own."""


def group_state(
    options: Mapping[str, Any],
    phases: int,
    mains_a: Sequence[float | None],
    decision: Decision | None,
    links: Collection[MemberLink],
    temporary: TemporaryCeiling | None,
    sun: SunState | None,
    peak: PeakState | None,
) -> GroupState:
    """Return the state; a current of the mains that is not known any more is not shown."""
    nothing: tuple[float | None, ...] = (None,) * phases
    house_a, room_a = (nothing, nothing) if decision is None else (decision.house_a, decision.room_a)
    known_a = [None if house is None else amps for amps, house in zip(mains_a, house_a, strict=True)]
    return GroupState(
        phases=phases,
        mains_a=_three(known_a),
        house_a=_three(house_a),
        room_a=_three([None if room is None else max(0.0, room) for room in room_a]),
        given_a=0.0 if decision is None else round(float(max(decision.given_a)), 1),
        charging=sum(link.load is not None and link.load.status is Status.CHARGING for link in links),
        strategy=strategy_of(options) if is_enabled(options) else Strategy.OFF,
        enabled=is_enabled(options),
        observer=options.get(CONF_OBSERVER, False),
        fuse_a=options[CONF_FUSE],
        limit_a=limit_of(options),
        margin_a=options[CONF_MARGIN],
        limiting=any(link.share is not None and link.share.reason in _OF_THE_HOUSE for link in links),
        meter_silent=decision is not None and decision.meter_silent,
        ceiling=None if temporary is None else temporary.ceiling,
        ceiling_until=None if temporary is None else temporary.until,
        sun=sun,
        peak=peak,
        schedule=common_schedule(links) if len(links) > 1 else None,
    )


def _three(amps: Sequence[float | None]) -> tuple[float | None, ...]:
    """Return one value for each phase of any house, to a tenth of an ampere."""
    rounded = [None if value is None else round(value, 1) for value in amps]
    return (*rounded, *(None,) * (3 - len(rounded)))


def noted(
    decision: Decision, mains_a: Sequence[float | None], links: Mapping[str, MemberLink]
) -> dict[str, Any]:
    """Return a decision that changed a claim, for a bug report."""
    return {
        "at": dt_util.utcnow().isoformat(timespec="milliseconds"),
        "mains_a": list(mains_a),
        "house_a": decision.house_a,
        "given": {
            links[member_id].title: f"{share.amps:g} A, {word_of(share)}"
            for member_id, share in decision.shares.items()
        },
        "claims": {links[write.id].title: write.amps for write in decision.writes},
    }


def group_report(
    options: Mapping[str, Any],
    links: Iterable[MemberLink],
    decisions: Iterable[dict[str, Any]],
    peak: PeakState | None,
) -> Mapping[str, object]:
    """Return for a bug report what each charger was given lately, and why."""
    return {
        "options": _without_serials(options),
        "members": {
            link.title: {
                "settings": _without_serials(link.numbers),
                "limit_a": link.limit_a,
                "sun": asdict(link.sun.choice),
                "load": None if link.load is None else asdict(link.load),
                "share": None if link.share is None else asdict(link.share),
            }
            for link in links
        },
        "peak": None if peak is None else asdict(peak),
        "decisions": list(decisions),
    }


def _without_serials(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key not in (CONF_CHARGER_ID, CONF_METER_ID)}
