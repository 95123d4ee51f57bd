"""The plan of one charger: when its car charges for its goal, as one claim."""

import asyncio
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..chargers.capabilities import EnergyMeter
from ..chargers.charger import Charger
from ..chargers.errors import ChargerError, ChargerRefusedError
from ..chargers.types import Status
from ..control.claim import Reason, Source
from ..control.controller import ChargerController
from ..runtime.entity_watch import is_known
from ..runtime.issues import async_show_issue
from ..runtime.shown_state import ShownState
from ..runtime.wake_up import WakeUp
from ..scheduling.runner import ScheduleRunner
from ..sessions.recorder import SessionRecorder
from ..sessions.session import ChargingSession
from .claims import claim_of
from .goal import Goal, Need, Soc, check, daily
from .inputs import PlanInputs
from .plan import Plan, Why
from .planner import Planner
from .progress import begin, charged_wh, count_anew, deadline, follow, is_over, missing
from .record import PlanRecord, stored_plan
from .state import PlanState, shown

SAVE_DELAY_S, SAVE_SOON_S = 60, 1
# How often a plan is looked at while a car is plugged in, and while none is.
_EVERY, _EVERY_WITHOUT_CAR = timedelta(minutes=1), timedelta(minutes=15)


class PlanRunner:
    """Makes the plan of one charger, and claims it of the charger's controller."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        charger: Charger[Any],
        controller: ChargerController,
        schedule: ScheduleRunner,
        sessions: SessionRecorder,
    ) -> None:
        """Know what a plan is made of; nothing is claimed yet."""
        self._hass = hass
        self._entry = entry
        self._charger = charger
        self._controller = controller
        self._schedule = schedule
        self._sessions = sessions
        self._stored = stored_plan(hass, entry.entry_id)
        self._record = PlanRecord()
        self._inputs = PlanInputs(
            hass, entry, on_prices=self._on_prices, on_soc=self._on_soc, on_rename=self._on_rename
        )
        self._planner = Planner(controller, schedule, sessions, self._inputs.prices)
        self._lock = asyncio.Lock()
        self._is_stopped = self._had_sun = False
        self._planned_at: datetime | None = None
        self._need: Need | None = None
        self._edge = WakeUp(hass, self._on_edge)
        self.coordinator = ShownState(hass, entry, f"{entry.title} plan", self._state)

    # Life

    async def async_start(self) -> None:
        """Take up what was stored, and claim what holds now; the controller starts afterwards."""
        self._record = await self._stored.async_load() or PlanRecord()
        self._follow_entities()
        if self._inputs.prices.entities == self._record.sources:
            self._inputs.prices.restore(self._record.known)
        for cancel in (
            self._controller.async_add_listener(self._on_control),
            self._schedule.coordinator.async_add_listener(self._on_schedule),
            self._sessions.coordinator.async_add_listener(self._show),
            self._hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._stop),
            # The last one first.
            self._stop,
            self._async_save,
        ):
            self._entry.async_on_unload(cancel)
        if self._record.plan is not None:
            # What was charged meanwhile is counted with the first readings.
            self._planned_at = dt_util.utcnow()
            self._claim(apply=True)
            self._show()
        else:
            self._update(is_new=False)

    @callback
    def _stop(self, _: Event | None = None) -> None:
        self._is_stopped = True
        self._edge.cancel()
        self._inputs.stop()

    async def _async_save(self) -> None:
        """Store at once; nothing after the end, for the file may be removed by then."""
        if not self._is_stopped:
            await self._stored.async_save(self._record)

    @callback
    def _save(self, delay_s: float = SAVE_SOON_S) -> None:
        if not self._is_stopped:
            self._stored.async_delay_save(lambda: self._record, delay_s)

    # What a person sets

    def check(self, goal: Goal) -> None:
        """Raise ChargerRefusedError with the reason for a goal that cannot be reached or followed."""
        check(
            goal,
            dt_util.utcnow(),
            counts_energy=self._counts_energy,
            has_prices=bool(self._inputs.prices_of(goal)),
        )
        for entity_id in (*goal.prices, goal.soc_entity):
            if entity_id is not None and not is_known(self._hass, entity_id):
                raise ChargerRefusedError("no_such_sensor", entity=entity_id)

    @property
    def _counts_energy(self) -> bool:
        return self._sessions.coordinator.data.counts_energy

    async def async_set(self, goal: Goal) -> bool:
        """Charge for this goal instead of the one before; return whether the charger shows what now holds.

        Raises ChargerRefusedError, and nothing has changed, for one that cannot be reached or followed.
        """
        self.check(goal)
        async with self._lock:
            return await self._async_begin(goal)

    async def async_clear(self) -> None:
        """Charge for no goal any more."""
        async with self._lock:
            self._record.goal = None
            await self._async_end()

    async def async_set_enabled(self, on: bool) -> None:
        """Charge for the goal of the entities, or for none."""
        if not on:
            async with self._lock:
                await self._async_end()
            return
        record, now = self._record, dt_util.utcnow()
        goal = record.goal
        if goal is None or (not goal.is_weekly and (goal.ready_at is None or goal.ready_at <= now)):
            goal = daily(goal, now, ready_by=record.ready_by, energy_wh=record.energy_wh)
        await self.async_set(replace(goal, since=now))

    async def async_set_ready_by(self, at: time) -> None:
        """Be ready at this time of day."""
        await self._async_change(ready_by=at.replace(second=0, microsecond=0, tzinfo=None))

    async def async_set_energy(self, energy_kwh: float) -> None:
        """Charge so much, in kWh, from now on."""
        await self._async_change(energy_wh=energy_kwh * 1000)

    async def _async_change(self, *, ready_by: time | None = None, energy_wh: float | None = None) -> None:
        record, goal = self._record, self._record.goal
        record.ready_by, record.energy_wh = ready_by or record.ready_by, energy_wh or record.energy_wh
        if goal is None or not record.is_on:
            record.goal = None
            await self._async_save()
            self._update(is_new=False)
            return
        if energy_wh is not None:
            goal = replace(goal, energy_wh=energy_wh, soc_percent=None, soc_entity=None, battery_wh=None)
        if ready_by is not None:
            goal = daily(goal, goal.since, ready_by=ready_by, energy_wh=goal.energy_wh or record.energy_wh)
        await self.async_set(goal if energy_wh is None else replace(goal, since=dt_util.utcnow()))

    async def _async_begin(self, goal: Goal) -> bool:
        record = self._record
        is_same = record.is_on and record.goal is not None and record.goal.since == goal.since
        session = self._sessions.session
        before = (record.session, record.before_wh, record.soc)
        record.ready_by = goal.ready_by or record.ready_by
        record.energy_wh = goal.energy_wh or record.energy_wh
        record.goal, record.is_on = goal, True
        self._follow_entities()
        begin(record, goal, session, self._inputs.car.percent)
        if is_same:
            record.session, record.before_wh, record.soc = before
        await self._inputs.prices.async_ask()
        return await self._async_apply()

    async def _async_end(self) -> None:
        self._record.is_on = False
        self._record.plan, self._record.deadline, self._record.charges = None, None, None
        self._follow_entities()
        await self._async_apply()

    async def _async_apply(self) -> bool:
        """Claim what holds now, store and apply it; a command that fails is sent again by the controller."""
        self._controller.set_claims({Source.OVERRIDE: None}, apply=False)
        self._plan(is_new=True)
        self._claim(apply=False)
        await self._async_save()
        try:
            return await self._controller.async_apply(read_back=True)
        except ChargerError:
            return False
        finally:
            self._show()

    # Entities of others

    @callback
    def _follow_entities(self) -> None:
        self._inputs.follow(self._record.goal)

    @callback
    def _on_rename(self, before: str, after: str) -> None:
        record = self._record
        if record.goal is not None:
            record.goal = record.goal.with_entity(before, after)
        record.sources = self._inputs.prices.entities
        self._save()
        self._show()

    @callback
    def _on_soc(self) -> None:
        record = self._record
        percent = self._inputs.car.percent
        is_known = record.soc is not None and record.soc.percent == percent
        if not record.is_on or percent is None or is_known:
            return
        record.soc = Soc(percent=percent, charged_wh=charged_wh(record, self._sessions.session))
        self._save()
        self._update(is_new=True)

    # What happens

    @callback
    def _on_control(self) -> None:
        if self._is_stopped or self._lock.locked() or not self._record.is_on:
            return
        session = self._sessions.session
        every = _EVERY_WITHOUT_CAR if session is None else _EVERY
        begun = None if session is None else session.begin
        is_due = self._planned_at is None or dt_util.utcnow() - self._planned_at >= every
        if begun != self._record.session or is_due or self._has_just_all(session):
            self._update(is_new=begun != self._record.session)
        elif self._had_sun is not (Source.SUN in self._controller.claims):
            self._claim(apply=True)

    def _has_just_all(self, session: ChargingSession | None) -> bool:
        """Return whether the car has its energy by this reading: it stops at once."""
        record = self._record
        if record.goal is None or record.is_reached:
            return False
        missing(record, record.goal, session)
        return record.is_reached

    @callback
    def _on_schedule(self) -> None:
        if not self._is_stopped and not self._lock.locked() and self._record.is_on:
            self._update(is_new=False)

    @callback
    def _on_prices(self) -> None:
        if not self._is_stopped and not self._lock.locked():
            self._update(is_new=False)

    @callback
    def _on_edge(self) -> None:
        if not self._lock.locked():
            self._update(is_new=False)

    # What is planned

    @callback
    def _update(self, *, is_new: bool) -> None:
        if self._is_stopped:
            return
        self._plan(is_new=is_new)
        self._claim(apply=True)
        self._show()

    @callback
    def _plan(self, *, is_new: bool) -> None:
        """Make the plan, or keep the one that is as good; `is_new`: what it was made of is no longer true."""
        record, now, session = self._record, dt_util.utcnow(), self._sessions.session
        if not record.is_on or (goal := record.goal) is None:
            return
        shows_plug = self._shows_plug
        if is_over(record, goal, session, now, shows_plug=shows_plug):
            record.is_on, record.plan, record.charges = False, None, None
            self._follow_entities()
            self._save()
            return
        if follow(record, session):
            percent = self._inputs.car.percent
            record.soc = None if percent is None else Soc(percent=percent, charged_wh=0.0)
            self._save()
        count_anew(record, session, now, shows_plug=shows_plug)
        self._planned_at = now
        self._need = missing(record, goal, session)
        ready_at = deadline(record, goal, session, now, dt_util.get_default_time_zone())
        self._inputs.prices.async_ask_if_due(ready_at)
        before = None if is_new or ready_at != record.deadline else record.plan
        plan = Plan(why=Why.REACHED)
        if not record.is_reached:
            plan = self._planner.best(record, goal, self._need, ready_at, before)
        if plan != record.plan or ready_at != record.deadline:
            record.plan, record.deadline = plan, ready_at
            self._save()
        if self._planner.known != record.known:
            record.known, record.sources = self._planner.known, self._inputs.prices.entities
            self._save(SAVE_DELAY_S)
        if self._planner.sun != record.sun:
            record.sun = self._planner.sun
            self._save(SAVE_DELAY_S)

    # What is claimed

    @callback
    def _claim(self, *, apply: bool) -> None:
        """Claim what holds now; a slot that begins or ends ends what a person did by hand until then."""
        record, controller = self._record, self._controller
        if not record.is_on or (plan := record.plan) is None:
            self._edge.cancel()
            if Source.PLAN in controller.claims:
                controller.end_source(Source.PLAN, apply=apply)
            return
        has_sun, now = Source.SUN in controller.claims, dt_util.utcnow()
        claim, edge = claim_of(plan, now, takes_no_more=self._takes_no_more, has_sun=has_sun)
        self._had_sun = has_sun
        before, record.charges = record.charges, claim.reason is Reason.OWN_MAXIMUM
        is_edge = before is not None and before != record.charges
        if record.charges and not before and self._sessions.session is not None:
            record.starts += 1
        if before != record.charges:
            self._save()
        controller.set_claims({Source.PLAN: claim}, apply=apply and not is_edge)
        if is_edge:
            controller.window_edge(allowed=record.charges, apply=apply)
        # At the deadline another one counts, or the goal is over.
        edges = [edge, record.deadline if record.deadline is not None and record.deadline > now else None]
        self._edge.set_at(min((each for each in edges if each is not None), default=None))

    @property
    def _shows_plug(self) -> bool:
        """Return whether the charger shows now whether a car is plugged in."""
        meter, state = self._charger.capability(EnergyMeter), self._controller.state
        return meter is None or state is None or meter.session_reading(state).plugged_in is not None

    @property
    def _takes_no_more(self) -> bool:
        state = self._controller.state
        return state is not None and state.status is Status.FINISHED

    # What is shown

    @callback
    def _show(self) -> None:
        if not self._is_stopped:
            self.coordinator.show()

    def _state(self) -> PlanState:
        record = self._record
        is_offered = self._counts_energy and (record.goal is not None or self._inputs.has_prices)
        return shown(record, dt_util.utcnow(), self._need, is_offered=is_offered)


async def async_forget_plan(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Remove what was stored of a charger that was removed."""
    await stored_plan(hass, entry.entry_id).async_remove()
    async_show_issue(hass, entry, "prices_missing", None)
