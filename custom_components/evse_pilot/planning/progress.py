"""How far a goal has been reached: the energy of the session that lasts, and the state of charge of the car."""

from datetime import datetime, timedelta, tzinfo

from ..sessions.session import ChargingSession
from .goal import Goal, Need, Soc, need
from .record import PlanRecord

# What a meter does not show.
_NOTHING_WH = 20.0
# A battery may lose so much by itself, in percent, and still has what it should; one that has less never had it.
_FALLS_PERCENT = 3.0
# A car that was not ready in time goes on charging for so long; then it is the next time that counts.
LATE_FOR = timedelta(hours=3)


def begin(record: PlanRecord, goal: Goal, session: ChargingSession | None, soc_percent: float | None) -> None:
    """Take up a goal that was set: what the car has had already does not count."""
    record.goal, record.is_on, record.is_reached = goal, True, False
    record.session = None if session is None else session.begin
    record.before_wh = 0.0 if session is None else session.energy_wh or 0.0
    record.plan, record.deadline, record.starts, record.charges = None, None, 0, None
    record.soc = None if soc_percent is None else Soc(percent=soc_percent, charged_wh=0.0)


def follow(record: PlanRecord, session: ChargingSession | None) -> bool:
    """Follow the session; return whether another car has come, or none is there any more."""
    begun = None if session is None else session.begin
    if begun == record.session:
        return False
    record.session, record.before_wh, record.soc = begun, 0.0, None
    # One that comes while it is time to charge starts with that.
    record.is_reached, record.starts = False, int(record.charges is True and session is not None)
    return True


def charged_wh(record: PlanRecord, session: ChargingSession | None) -> float:
    """Return what the car was charged with since the goal was set, in this session."""
    if session is None or session.energy_wh is None:
        return 0.0
    return max(0.0, session.energy_wh - record.before_wh)


def missing(record: PlanRecord, goal: Goal, session: ChargingSession | None) -> Need:
    """Return what is missing, and note when nothing is: a state of charge may fall again by itself, but by a little."""
    found = need(goal, charged_wh(record, session), record.soc)
    soc, wanted = record.soc, goal.soc_percent
    if soc is not None and wanted is not None and record.deadline is not None:
        # After the deadline of a goal that was set once, the car is in use.
        record.is_reached &= soc.percent >= wanted - _FALLS_PERCENT
    has_all = found.energy_wh <= _NOTHING_WH
    wants_more = goal.ceiling is not None and (found.at_most_wh is None or found.at_most_wh > _NOTHING_WH)
    if has_all and not wants_more and session is not None:
        record.is_reached = True
    return found


def deadline(
    record: PlanRecord, goal: Goal, session: ChargingSession | None, now: datetime, zone: tzinfo
) -> datetime | None:
    """Return the deadline that counts now; it may be past by a few hours, for a car that was not ready in time."""
    after = now
    if session is not None and not record.is_reached:
        late_for = LATE_FOR if goal.is_weekly else timedelta(days=3650)
        after = max(now - late_for, session.begin, goal.since)
    return goal.deadline_after(min(after, now), zone)


def is_over(
    record: PlanRecord, goal: Goal, session: ChargingSession | None, now: datetime, *, shows_plug: bool
) -> bool:
    """Return whether a goal that was set once is over: its time has passed, and no car is left that missed it.

    `shows_plug`: the charger shows whether a car is plugged in, which one that is paused may not.
    """
    if goal.is_weekly or goal.ready_at is None or goal.ready_at > now:
        return False
    has_left = session is None or session.begin > goal.ready_at
    return has_left or (record.is_reached and not shows_plug)


def count_anew(
    record: PlanRecord, session: ChargingSession | None, now: datetime, *, shows_plug: bool
) -> None:
    """Begin anew after a deadline that was kept, where it is not known whether another car has come since."""
    if record.is_reached and not shows_plug and record.deadline is not None and record.deadline <= now:
        record.is_reached, record.soc, record.starts = False, None, 0
        record.before_wh = 0.0 if session is None else session.energy_wh or 0.0
