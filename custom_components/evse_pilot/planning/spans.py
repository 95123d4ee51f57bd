"""When a charger may charge as far as its schedule is concerned, and the power that its car would take.

No clock and no Home Assistant.
"""

from datetime import datetime, tzinfo
from itertools import pairwise

from ..chargers.types import Load
from ..scheduling.schedule import Schedule, occurrences, permit_at
from ..sessions.session import ChargingSession
from .segments import Span

VOLTAGE_V = 230.0
# A car that charged for less has not shown what it takes.
_SHOWN_AFTER_S = 600.0


def power_w(limit_a: float, load: Load | None, sessions: tuple[ChargingSession, ...]) -> float:
    """Return what a car would take at a limit in A per phase, by the newest session that shows it.

    Without one it is what it would take on one phase: the deadline is then kept by most cars.
    """
    for session in sessions:
        if session.mean_w is None or session.charging_s < _SHOWN_AFTER_S:
            continue
        phases = session.phases or (3 if load is None else len(load.phases) or 1)
        return min(session.mean_w, limit_a * phases * VOLTAGE_V)
    return limit_a * VOLTAGE_V


def spans_of_week(
    schedule: Schedule, start: datetime, end: datetime, zone: tzinfo, *, limit_a: float, at_limit_w: float
) -> tuple[Span, ...]:
    """Return when the windows of a schedule allow charging; one with less current gives less power."""
    edges = {start, end}
    if schedule.enabled:
        for occurrence in occurrences(schedule, start, end, zone):
            edges |= {edge for edge in (occurrence.start, occurrence.end) if start < edge < end}
    ordered, spans = sorted(edges), list[Span]()
    for first, last in pairwise(ordered):
        permit = permit_at(schedule, first, zone)
        if permit.is_pause:
            continue
        part = 1.0 if permit.current_a is None or limit_a <= 0 else min(1.0, permit.current_a / limit_a)
        spans.append(Span(start=first, end=last, power_w=at_limit_w * part))
    return tuple(spans)
