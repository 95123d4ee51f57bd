"""The best plan of one charger, by all that is known of its car, its schedule and the prices."""

from dataclasses import replace
from datetime import datetime, timedelta

from homeassistant.util import dt as dt_util

from ..control.claim import Source
from ..control.controller import ChargerController
from ..control.expected_sun import ExpectedSun
from ..scheduling.runner import ScheduleRunner
from ..sessions.recorder import SessionRecorder
from .goal import Goal, Need
from .plan import Plan, Task, Why, replan
from .record import PlanRecord
from .segments import Known, Span
from .source import PriceSource
from .spans import power_w, spans_of_week

# Of the time before the deadline so much is kept free, and of the energy so much more is planned: a car takes a little less
# than it did, and a fuse may take some.
_SPARE, _RESERVE = timedelta(minutes=10), 0.03
_STARTS = 2
_AHEAD = timedelta(days=2)
# While nothing is known of the charger.
_USUAL_A = 16.0


class Planner:
    """Makes tasks of what is known, and plans of tasks."""

    def __init__(
        self,
        controller: ChargerController,
        schedule: ScheduleRunner,
        sessions: SessionRecorder,
        source: PriceSource,
    ) -> None:
        """Know where the parts of a task are read."""
        self._controller = controller
        self._schedule = schedule
        self._sessions = sessions
        self._source = source
        # By which prices, and by what of the sun, the last plan was made.
        self.known = Known()
        self.sun = ExpectedSun()

    def best(
        self, record: PlanRecord, goal: Goal, need: Need, ready_at: datetime | None, before: Plan | None
    ) -> Plan:
        """Return the plan before, if it is still as good as any, else the best one."""
        now, known = dt_util.utcnow(), self._source.known()
        self.known = known
        # After a restart the group has its forecast later: until then that of before counts.
        sun = self._controller.core.expected_sun
        self.sun = record.sun if sun is None else sun
        is_late = goal.has_deadline and (ready_at is None or ready_at <= now)
        end = max(now + _AHEAD, ready_at or now)
        task = Task(
            now=now,
            deadline=end if is_late else ready_at,
            energy_wh=need.energy_wh,
            at_once_wh=need.energy_wh if is_late else need.at_once_wh,
            at_most_wh=need.at_most_wh,
            spans=self._spans(now, end),
            prices=known.prices,
            ceiling=goal.ceiling,
            # What has to come at once is a piece of its own.
            starts=(1 if goal.one_piece and not goal.at_once_wh else _STARTS) - record.starts,
            is_charging=record.charges is True and self._sessions.session is not None,
            spare=_SPARE,
            reserve=_RESERVE,
            sun=self.sun,
            zone=dt_util.get_default_time_zone(),
        )
        plan = replan(task, before)
        return replace(plan, feasible=False, why=Why.NOT_ENOUGH_TIME) if is_late else plan

    def _spans(self, now: datetime, end: datetime) -> tuple[Span, ...]:
        """Return when the car may charge as far as the schedule is concerned, and what it would take."""
        schedule, limit_a = self._schedule.coordinator.data, self._limit_a
        lasting, ended = self._sessions.session, self._sessions.coordinator.data.sessions[::-1]
        at_limit_w = power_w(limit_a, self._controller.load, ended if lasting is None else (lasting, *ended))
        if schedule.follow is not None or schedule.is_delayed:
            # What comes after its next change is not known.
            first = (schedule.next_start or now) if schedule.permit.is_pause else now
            return (Span(start=first, end=end, power_w=at_limit_w),) if first < end else ()
        return spans_of_week(
            schedule.schedule,
            now,
            end,
            dt_util.get_default_time_zone(),
            limit_a=limit_a,
            at_limit_w=at_limit_w,
        )

    @property
    def _limit_a(self) -> float:
        """Return what the owner lets the car have, in A per phase; a pause by hand ends before the deadline."""
        controller = self._controller
        own = controller.core.resolve(
            claim for claim in controller.claims.values() if claim.source is Source.OWNER
        )
        if own is not None and own.current_a > 0:
            return own.current_a
        return _USUAL_A if controller.load is None else controller.load.maximum_a
