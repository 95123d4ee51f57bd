"""Carries a schedule out: by the charger where it keeps the timetable, else from here.

What holds is brought to the charger once: at the edge of a window, when a car is plugged in, after a restart, and when
the charger was away. In between, whoever touched it last is right.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
import math
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import (
    async_call_later,
    async_track_point_in_utc_time,
    async_track_utc_time_change,
)
from homeassistant.helpers.storage import Store
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from ..chargers.capabilities import (
    ChargingSwitch,
    DelayedStarter,
    EnergyMeter,
    Limiter,
    ModeSwitch,
    PhaseSwitch,
    Scheduler,
)
from ..chargers.charger import Charger
from ..chargers.errors import ChargerError, ChargerRefusedError
from ..chargers.types import Status
from ..const import DOMAIN, LOGGER
from ..runtime.coordinator import ChargerCoordinator
from ..runtime.entity_watch import is_known
from ..runtime.errors import error_key
from ..steering import Steering
from .codec import schedule_from_dict, schedule_to_dict
from .energy import WindowEnergy
from .follow import FollowedEntity, async_delete_issues
from .schedule import (
    ALLOWED,
    MAXIMUM_A,
    MINIMUM_A,
    PAUSED,
    Permit,
    Schedule,
    Weekday,
    Window,
    check,
    from_slots,
    next_change,
    occurrence_at,
    permit_at,
    slots,
)

STORAGE_VERSION = 1
# How long a charger that refused, or did not hear, is left in peace.
SAVE_DELAY_S = 60
RETRY_AFTER = timedelta(seconds=60)


class Executor(StrEnum):
    """Who carries a schedule out; AUTO: the charger, if it can hold all of it."""

    AUTO = "auto"
    CHARGER = "charger"
    HOME_ASSISTANT = "home_assistant"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleState:
    """A charger's schedule as it stands."""

    schedule: Schedule
    executed_by: Executor
    follow: str | None
    permit: Permit
    overridden: bool
    next_start: datetime | None
    next_end: datetime | None
    problem: str | None
    """The key of the error for which the charger is not yet as the schedule wants it."""

    def as_dict(self) -> dict[str, Any]:
        """Return it in the words in which a schedule is set, with what comes of it."""
        return schedule_to_dict(self.schedule) | {
            "executed_by": self.executed_by.value,
            "follow": self.follow,
            "overridden": self.overridden,
            "next_start": None if self.next_start is None else dt_util.as_local(self.next_start).isoformat(),
            "next_end": None if self.next_end is None else dt_util.as_local(self.next_end).isoformat(),
            "problem": self.problem,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What has become of a schedule that was set."""

    executed_by: Executor
    verified: bool
    rounded_a: Mapping[float, float]
    """The currents of windows that the charger has no steps for, and what it gets instead."""

    def as_dict(self) -> dict[str, Any]:
        """Return it for a response."""
        return {
            "executed_by": self.executed_by.value,
            "verified": self.verified,
            "rounded": [{"current": given, "to": held} for given, held in self.rounded_a.items()],
        }


@dataclass(kw_only=True)
class _Memory:
    """What outlives a restart."""

    schedule: Schedule = Schedule()
    executed_by: Executor = Executor.HOME_ASSISTANT
    follow: str | None = None
    overridden: bool = False
    # Charge from a moment, or between two, whatever the schedule says; until the car is unplugged.
    once: tuple[datetime, datetime | None] | None = None
    # What was last brought to the charger; None: nothing that it would still know.
    applied: Permit | None = None
    # What we took from it, to be given back: its owner's limit, and the leave to charge.
    owners_limit_a: float | None = None
    # The last limit that was not ours: a charger that is paused may not tell.
    seen_limit_a: float | None = None
    owners_mode: str | None = None
    owners_phases: int | None = None
    paused: bool = False
    energy: WindowEnergy = field(default_factory=WindowEnergy)
    # The clock of the house against UTC when the charger was last told the time, in s.
    told_utc_offset_s: float | None = None


class ScheduleRunner:
    """The schedule of one charger: what it is, who carries it out, and what is still to be done."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        charger: Charger[Any],
        readings: ChargerCoordinator[Any],
        steering: Steering,
    ) -> None:
        """Know the charger and its readings; nothing is done yet."""
        self._hass = hass
        self._entry = entry
        self._charger = charger
        self._readings = readings
        self._steering = steering
        self._store = Store[dict[str, Any]](hass, STORAGE_VERSION, storage_key(entry))
        self._memory = _Memory()
        self._lock = asyncio.Lock()
        self._problem: str | None = None
        self._away = False
        self._stopped = False
        self._was_steered = False
        self._plugged_in: bool | None = None
        self._cancel_edge: CALLBACK_TYPE | None = None
        self._cancel_retry: CALLBACK_TYPE | None = None
        self._source = FollowedEntity(
            hass, entry, on_change=self._on_source_change, on_rename=self._on_source_rename
        )
        self.coordinator = DataUpdateCoordinator[ScheduleState](
            hass,
            LOGGER,
            config_entry=entry,
            name=f"{entry.title} schedule",
            update_method=self._async_state,
            always_update=False,
        )

    # Life

    async def async_start(self) -> None:
        """Take up what was stored, and bring the charger to what holds now."""
        if stored := await self._store.async_load():
            self._memory = _remembered(stored)
        # After a restart the charger may be as anybody has left it.
        self._memory.applied = None
        self._plugged_in = self._is_plugged_in()
        self._readings.refine = self._refined
        self._follow(self._memory.follow)
        self._entry.async_on_unload(self._readings.async_add_listener(self._news))
        self._entry.async_on_unload(self._steering.async_add_listener(self._steered))
        self._entry.async_on_unload(
            # The clocks change at a full hour, in all zones but one, which changes by half an hour then.
            async_track_utc_time_change(self._hass, self._hour, minute=0, second=1)
        )
        self._entry.async_on_unload(self._stop)
        self._entry.async_on_unload(self._async_remember)
        self._entry.async_on_unload(
            self._hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._stop_with_home_assistant)
        )
        self._show()
        self._read_timetable()
        self._hour(dt_util.utcnow())
        self._enforce_soon()

    @callback
    def _stop_with_home_assistant(self, _: Event) -> None:
        self._stop()

    @callback
    def _stop(self) -> None:
        for cancel in (self._cancel_edge, self._cancel_retry):
            if cancel:
                cancel()
        self._cancel_edge = self._cancel_retry = None
        self._source.async_stop()
        self._stopped = True

    # What is asked of it

    def check(self, schedule: Schedule, executed_by: Executor, follow: str | None = None) -> Executor:
        """Return what would carry it out; ChargerRefusedError with the reason if nothing can."""
        check(schedule)
        if follow is not None and not is_known(self._hass, follow):
            raise ChargerRefusedError("no_such_entity", entity=follow)
        for window in schedule.windows:
            self._check_permit(window.permit)
        scheduler = self._charger.capability(Scheduler)
        if executed_by is Executor.CHARGER and scheduler is None:
            raise ChargerRefusedError("no_timetable")
        if scheduler is None or executed_by is Executor.HOME_ASSISTANT or not schedule.windows:
            return Executor.HOME_ASSISTANT
        try:
            scheduler.check_timetable(self._readings.data, slots(schedule))
        except ChargerRefusedError:
            if executed_by is Executor.CHARGER:
                raise
            return Executor.HOME_ASSISTANT
        return Executor.CHARGER

    def _check_permit(self, permit: Permit) -> None:
        state = self._readings.data
        if permit.mode is not None:
            if (modes := self._charger.capability(ModeSwitch)) is None:
                raise ChargerRefusedError("no_modes")
            if permit.mode not in modes.modes(state):
                raise ChargerRefusedError("no_such_mode", modes=", ".join(modes.modes(state)))
        if permit.phases is not None and self._charger.capability(PhaseSwitch) is None:
            raise ChargerRefusedError("no_phase_switch")
        if permit.energy_wh is not None and self._charger.capability(EnergyMeter) is None:
            raise ChargerRefusedError("no_energy_meter")
        if permit.current_a:
            if self._charger.capability(Limiter) is None:
                raise ChargerRefusedError("schedule_no_current")
            maximum_a = self._charger.require(Limiter).load(state).maximum_a
            if permit.current_a > maximum_a:
                raise ChargerRefusedError("out_of_range", minimum="6", maximum=f"{maximum_a:g}")

    async def async_set(
        self, schedule: Schedule, executed_by: Executor = Executor.AUTO, *, follow: str | None = None
    ) -> Outcome:
        """Replace the schedule; ChargerRefusedError, and nothing has changed, for one that cannot be held."""
        if follow is not None:
            executed_by = Executor.HOME_ASSISTANT
        async with self._lock:
            by = self.check(schedule, executed_by, follow)
            scheduler = self._charger.capability(Scheduler)
            verified = True
            if by is Executor.CHARGER:
                assert scheduler is not None
                await self._async_let_go()
                await scheduler.set_timetable(slots(schedule))
                if not schedule.enabled:
                    await scheduler.disable_timetable()
                await self._readings.async_refresh()
                timetable = scheduler.timetable(self._readings.data)
                verified = timetable is not None and timetable.week == scheduler.read_back(slots(schedule))
            elif scheduler is not None:
                timetable = scheduler.timetable(self._readings.data)
                # One owner at a time.
                if timetable is not None and timetable.enabled:
                    await scheduler.disable_timetable()
                    await self._readings.async_refresh()
            self._memory.schedule, self._memory.executed_by = schedule, by
            self._memory.overridden = False
            self._memory.once = None
            self._memory.told_utc_offset_s = _utc_offset_s()
            self._follow(follow)
            await self._async_remember()
        self._read_timetable()
        await self._async_enforce()
        self._show()
        return Outcome(executed_by=by, verified=verified, rounded_a=self._rounded_a(schedule))

    def _rounded_a(self, schedule: Schedule) -> dict[float, float]:
        """Return which currents the charger has no steps for, and what becomes of them."""
        currents_a = sorted({window.permit.current_a or 0.0 for window in schedule.windows} - {0.0})
        if not currents_a or self._charger.capability(Limiter) is None:
            return {}
        step_a = self._charger.require(Limiter).load(self._readings.data).step_a
        return {
            amps: held
            for amps in currents_a
            # Rounded, for a sum of tenths has the dust of binary fractions.
            if (held := round(math.floor(amps / step_a + 1e-6) * step_a, 3)) != amps
        }

    async def async_set_windows(self, schedule: Schedule) -> None:
        """Replace the windows, carried out by whoever can hold them; a helper is followed no longer."""
        await self.async_set(schedule)

    async def async_set_enabled(self, on: bool) -> None:
        """Go by the schedule, or let everybody charge."""
        memory = self._memory
        async with self._lock:
            if memory.executed_by is Executor.CHARGER:
                if on:
                    await self._charger.require(Scheduler).set_timetable(slots(memory.schedule))
                    memory.told_utc_offset_s = _utc_offset_s()
                else:
                    await self._charger.require(Scheduler).disable_timetable()
                await self._readings.async_refresh()
            memory.schedule = replace(memory.schedule, enabled=on)
            memory.overridden = False
            memory.once = None
            await self._async_remember()
        self._read_timetable()
        await self._async_enforce()
        self._show()

    async def async_override(self) -> None:
        """Charge now, whatever the schedule says, until the car is unplugged."""
        async with self._lock:
            if self._memory.executed_by is Executor.CHARGER:
                await self._charger.require(Scheduler).override_timetable()
                await self._readings.async_refresh()
            self._memory.overridden = True
            self._memory.once = None
            self._memory.applied = None
            await self._async_remember()
        await self._async_enforce()
        self._show()

    async def async_delay(
        self, start: datetime, stop: datetime | None, *, daily: bool, mode: str | None
    ) -> None:
        """Charge from a moment to come, or between two, once or every day."""
        starter = self._charger.capability(DelayedStarter)
        if starter is not None:
            await starter.delay_start(start, stop, daily=daily, mode=mode)
            await self._readings.async_refresh()
            return
        if mode is not None:
            raise ChargerRefusedError("no_modes")
        if start <= dt_util.utcnow():
            raise ChargerRefusedError("start_in_the_past")
        if stop is not None and stop <= start:
            raise ChargerRefusedError("stop_before_start")
        if daily:
            if stop is None:
                raise ChargerRefusedError("stop_needed_to_repeat")
            begins, ends = (_to_the_minute(dt_util.as_local(moment)) for moment in (start, stop))
            window = Window(days=frozenset(Weekday), start=begins.time(), end=ends.time())
            await self.async_set(Schedule(windows=(window,)))
            return
        async with self._lock:
            if self._memory.executed_by is Executor.CHARGER:
                # Its own timetable would not know.
                await self._charger.require(Scheduler).disable_timetable()
                await self._readings.async_refresh()
                self._memory.executed_by = Executor.HOME_ASSISTANT
            self._memory.once, self._memory.overridden = (start, stop), False
            await self._async_remember()
        await self._async_enforce()
        self._show()

    async def async_settled(self) -> None:
        """Wait until what is being done is done."""
        async with self._lock:
            pass

    async def async_replace_owners_limit(self, limit_a: float, before_a: float) -> None:
        """Give back another limit after a window than one that was for a time only, and found by then."""
        owners_a = self._memory.owners_limit_a
        if owners_a is not None and abs(owners_a - limit_a) < 1:
            self._memory.owners_limit_a = before_a
            await self._async_remember()

    # What holds

    def _permit(self) -> Permit:
        """Return what the charger may do now."""
        memory = self._memory
        if memory.overridden:
            return ALLOWED
        if memory.once is not None:
            start, stop = memory.once
            now = dt_util.utcnow()
            return ALLOWED if start <= now and (stop is None or now < stop) else PAUSED
        if not memory.schedule.enabled:
            return ALLOWED
        if memory.follow is not None:
            return self._followed()
        now, zone = dt_util.utcnow(), dt_util.get_default_time_zone()
        occurrence = occurrence_at(memory.schedule, now, zone)
        if occurrence is not None and (energy_wh := occurrence.window.permit.energy_wh) is not None:
            if memory.energy.is_spent(energy_wh, occurrence.start):
                return PAUSED
        return permit_at(memory.schedule, now, zone)

    def _count(self) -> None:
        """Count what the car gets in a window that ends with an energy."""
        meter, memory = self._charger.capability(EnergyMeter), self._memory
        counter_wh = None if meter is None else meter.energy_wh(self._readings.data)
        if counter_wh is None:
            return
        occurrence = occurrence_at(memory.schedule, dt_util.utcnow(), dt_util.get_default_time_zone())
        ends_with_energy = occurrence is not None and occurrence.window.permit.energy_wh is not None
        start = occurrence.start if occurrence is not None and ends_with_energy else None
        if memory.energy.read(counter_wh, start):
            self._store.async_delay_save(lambda: _stored(memory), SAVE_DELAY_S)

    def _followed(self) -> Permit:
        """Return what the helper or the calendar says; as before while it says nothing."""
        limiter, minimum_a, maximum_a = self._charger.capability(Limiter), MINIMUM_A, MAXIMUM_A
        if limiter is not None:
            with suppress(ChargerError):
                load = limiter.load(self._readings.data)
                minimum_a, maximum_a = load.minimum_a, load.maximum_a
        permit = self._source.async_permit(self._memory.schedule.outside, minimum_a, maximum_a)
        return self._steering.permit if permit is None else permit

    def _followed_edges(self) -> tuple[datetime | None, datetime | None]:
        """Return when what is followed allows charging next, and when it next does not any more, where it shows that."""
        change = self._source.next_change
        return (change, None) if self._permit().is_pause else (None, change)

    async def _async_state(self) -> ScheduleState:
        return self._state()

    def _state(self) -> ScheduleState:
        memory = self._memory
        start, end = self._followed_edges() if memory.follow else _next_edges(memory.schedule)
        if memory.once is not None:
            start, end = (moment if moment and moment > dt_util.utcnow() else None for moment in memory.once)
        return ScheduleState(
            schedule=memory.schedule,
            executed_by=memory.executed_by,
            follow=memory.follow,
            permit=self._permit(),
            overridden=memory.overridden,
            next_start=start,
            next_end=end,
            problem=self._problem,
        )

    @callback
    def _show(self) -> None:
        """Tell the entities, and wake up when something else holds."""
        self._say()
        self.coordinator.async_set_updated_data(self._state())
        if self._cancel_edge:
            self._cancel_edge()
            self._cancel_edge = None
        if (edge := self._next_edge()) is not None and not self._stopped:
            self._cancel_edge = async_track_point_in_utc_time(self._hass, self._edge, edge)

    def _next_edge(self) -> datetime | None:
        """Return when something else holds; None: never, or as soon as somebody else says so."""
        now = dt_util.utcnow()
        if self._memory.once is not None:
            return min((moment for moment in self._memory.once if moment and moment > now), default=None)
        change = next_change(self._memory.schedule, now, dt_util.get_default_time_zone())
        return None if change is None or self._memory.follow else change.at

    # What happens

    @callback
    def _edge(self, _: datetime) -> None:
        self._cancel_edge = None
        self._show()
        self._enforce_soon()

    @callback
    def _hour(self, _: datetime) -> None:
        """Tell a charger that keeps the timetable when the clocks have changed."""
        memory = self._memory
        if (
            memory.executed_by is Executor.CHARGER
            and memory.schedule.enabled
            and memory.told_utc_offset_s != _utc_offset_s()
        ):
            self._run(self._async_tell_again())

    @callback
    def _steered(self) -> None:
        """Leave the charger to a group, or take it back."""
        if self._was_steered != self._steering.steered:
            self._was_steered = self._steering.steered
            self._memory.applied = None
            self._enforce_soon()

    @callback
    def _on_source_change(self) -> None:
        self._show()
        self._enforce_soon()

    @callback
    def _on_source_rename(self) -> None:
        self._memory.follow = self._source.entity_id
        self._run(self._async_remember())
        self._on_source_change()

    @callback
    def _news(self) -> None:
        """Look at what the charger says."""
        if not self._readings.last_update_success:
            self._away = True
            return
        plugged_in = self._is_plugged_in()
        if (self._memory.overridden or self._memory.once) and self._plugged_in and plugged_in is False:
            self._memory.overridden, self._memory.once = False, None
            self._memory.applied = None
            self._run(self._async_remember())
            self._show()
        # One that was away may have forgotten, and one that a car is plugged into may start by itself.
        if self._away or (plugged_in and self._plugged_in is False):
            self._memory.applied = None
        self._away = False
        self._plugged_in = plugged_in
        self._count()
        self._read_timetable()
        self._enforce_soon()

    def _is_plugged_in(self) -> bool | None:
        status = self._readings.data.status
        return None if status is None else status is not Status.DISCONNECTED

    def _refined(self, state: Any) -> Any:
        """Say of a charger that we have paused that it waits for the schedule."""
        if self._steering.steered:
            waits = self._steering.permit.is_pause
        else:
            applied = self._memory.applied
            waits = self._memory.paused and applied is not None and applied.is_pause
        if waits and state.status is Status.PAUSED:
            return self._charger.waiting_for_schedule(state)
        return state

    @callback
    def _read_timetable(self) -> None:
        """Show what was changed in the charger's own app, and tell when two timetables are on."""
        scheduler = self._charger.capability(Scheduler)
        timetable = None if scheduler is None else scheduler.timetable(self._readings.data)
        memory = self._memory
        if timetable is None or self._lock.locked():
            return
        if memory.executed_by is Executor.CHARGER:
            schedule = memory.schedule
            assert scheduler is not None
            if scheduler.read_back(slots(schedule)) != timetable.week:
                schedule = from_slots(timetable.week)
            schedule = replace(schedule, enabled=timetable.enabled)
            if schedule != memory.schedule:
                memory.schedule = schedule
                self._run(self._async_remember())
                self._show()
        elif not memory.schedule.windows and memory.follow is None and timetable.enabled:
            # Nobody else has a timetable: it is the charger's.
            memory.executed_by = Executor.CHARGER
            memory.schedule = from_slots(timetable.week)
            memory.told_utc_offset_s = _utc_offset_s()
            self._run(self._async_remember())
            self._show()
        two = memory.executed_by is Executor.HOME_ASSISTANT and memory.schedule.enabled and timetable.enabled
        if two:
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                self._issue_id,
                is_fixable=False,
                severity=ir.IssueSeverity.WARNING,
                translation_key="two_schedules",
                translation_placeholders={"name": self._entry.title},
            )
        else:
            ir.async_delete_issue(self._hass, DOMAIN, self._issue_id)

    @property
    def _issue_id(self) -> str:
        return f"two_schedules_{self._entry.entry_id}"

    @callback
    def _follow(self, entity_id: str | None) -> None:
        self._memory.follow = entity_id
        self._source.async_follow(entity_id)

    # What is done

    @callback
    def _say(self) -> None:
        """Say what a group has to keep to; what the charger itself carries out it keeps to anyway."""
        by_charger = self._memory.executed_by is Executor.CHARGER
        self._steering.set_permit(ALLOWED if by_charger else self._permit())

    @callback
    def _enforce_soon(self) -> None:
        self._say()
        if self._stopped:
            return
        if self._steering.steered:
            if self._memory.paused:
                self._run(self._async_hand_over())
        elif self._memory.executed_by is not Executor.CHARGER and self._permit() != self._memory.applied:
            self._run(self._async_enforce())

    async def _async_hand_over(self) -> None:
        """Leave a charger that was paused to a group: paused by its limit, which is all that a group sets."""
        switch, limiter = self._charger.capability(ChargingSwitch), self._charger.capability(Limiter)
        assert switch is not None
        assert limiter is not None
        async with self._lock:
            if not self._readings.last_update_success or not self._memory.paused:
                return
            state = self._readings.data
            try:
                if not self._steering.permit.is_pause:
                    # A window has begun meanwhile, and the group has set a limit.
                    await switch.set_charging(True)
                elif switch.allows_charging(state) is False and limiter.load(state).limit_a > 0:
                    await limiter.set_limit(0)
                    await switch.set_charging(True)
                else:
                    # One switch for both, perhaps: it must know that it is paused by its limit from now on.
                    await switch.set_charging(True)
                    await limiter.set_limit(0)
            except ChargerError as error:
                self._fail(error)
                return
            self._memory.paused, self._problem = False, None
            await self._async_remember()
        self._show()

    def _run(self, work: Any) -> None:
        self._entry.async_create_task(self._hass, work)

    async def _async_enforce(self) -> None:
        """Bring the charger to what holds now, if it was not brought there already."""
        async with self._lock:
            permit = self._permit()
            if self._memory.executed_by is Executor.CHARGER or permit == self._memory.applied:
                return
            if self._steering.steered:
                # Said already; what becomes of it is the group's.
                return
            if not self._readings.last_update_success:
                # Its return brings us back here.
                return
            try:
                changed = await self._async_apply(permit)
            except ChargerError as error:
                self._fail(error)
                return
            self._memory.applied = permit
            self._problem = None
            await self._async_remember()
        if changed:
            await self._readings.async_refresh()
        self._show()

    async def _async_tell_again(self) -> None:
        """Tell the charger its timetable by the clock of now."""
        async with self._lock:
            if self._memory.told_utc_offset_s == _utc_offset_s():
                return
            try:
                await self._charger.require(Scheduler).set_timetable(slots(self._memory.schedule))
            except ChargerError as error:
                self._fail(error)
                return
            LOGGER.info("%s was told that the clocks have changed", self._entry.title)
            self._memory.told_utc_offset_s = _utc_offset_s()
            await self._async_remember()

    @callback
    def _fail(self, error: ChargerError) -> None:
        key = error_key(error)
        problem = f"{key}_{error.reason}" if isinstance(error, ChargerRefusedError) else key
        if problem != self._problem:
            LOGGER.warning("%s cannot be brought to what its schedule says: %s", self._entry.title, problem)
        self._problem = problem
        self._show()
        if self._cancel_retry:
            self._cancel_retry()
        if not self._stopped:
            self._cancel_retry = async_call_later(self._hass, RETRY_AFTER, self._retry)

    @callback
    def _retry(self, now: datetime) -> None:
        self._cancel_retry = None
        self._enforce_soon()
        self._hour(now)

    async def _async_apply(self, permit: Permit) -> bool:
        """Tell the charger; return whether there was anything to tell."""
        switch, state, memory = self._charger.capability(ChargingSwitch), self._readings.data, self._memory
        assert switch is not None
        allows = switch.allows_charging(state)
        if permit.is_pause:
            self._note_limit()
            if allows is False:
                return False
            # Before it is sent: if the reply is lost, it has paused all the same.
            memory.paused = True
            await switch.set_charging(False)
            return True
        if await self._async_phases(permit):
            changed, allows = True, switch.allows_charging(self._readings.data)
        else:
            changed = False
        # First the limit, so that the car does not start with too much; unless it is a mode that allows a limit.
        if permit.mode is None or permit.current_a is None:
            changed |= await self._async_limit(permit)
        at_an_edge = (
            memory.overridden
            or memory.once is not None
            or (memory.schedule.enabled and (memory.schedule.windows or memory.follow))
        )
        if await self._async_mode(permit, allowed=allows is True):
            changed = True
        elif allows is not True and (memory.paused or at_an_edge):
            await switch.set_charging(True)
            changed = True
        memory.paused = False
        if permit.mode is not None and permit.current_a is not None:
            if changed:
                await self._readings.async_refresh()
            changed |= await self._async_limit(permit)
        return changed

    async def _async_mode(self, permit: Permit, *, allowed: bool) -> bool:
        """Let the car charge in the mode of the window, or in its owner's again; return whether it was told."""
        modes, memory = self._charger.capability(ModeSwitch), self._memory
        if modes is None or (permit.mode is None and memory.owners_mode is None):
            return False
        mode = modes.mode(self._readings.data)
        wanted = permit.mode or memory.owners_mode
        assert wanted is not None
        if permit.mode is None:
            memory.owners_mode = None
        elif memory.owners_mode is None:
            memory.owners_mode = mode
        if mode == wanted and allowed:
            return False
        await modes.charge_in_mode(wanted)
        return True

    async def _async_phases(self, permit: Permit) -> bool:
        """Choose the phases of the window, or its owner's again; return whether it was told."""
        switch, memory = self._charger.capability(PhaseSwitch), self._memory
        wanted = permit.phases or memory.owners_phases
        if switch is None or wanted is None:
            return False
        phases = switch.phases(self._readings.data)
        if permit.phases is not None and memory.owners_phases is None:
            memory.owners_phases = phases
        if phases != wanted:
            if self._readings.data.status is Status.CHARGING:
                # A car may take harm from phases that come and go.
                memory.paused = True
                await self._charger.require(ChargingSwitch).set_charging(False)
            await switch.set_phases(wanted)
            await self._readings.async_refresh()
        if permit.phases is None:
            memory.owners_phases = None
        return phases != wanted

    @callback
    def _note_limit(self) -> None:
        """Note the limit of the charger's owner before it is paused."""
        limiter, memory = self._charger.capability(Limiter), self._memory
        if limiter is not None and memory.owners_limit_a is None:
            with suppress(ChargerError):
                memory.seen_limit_a = limiter.load(self._readings.data).limit_a or memory.seen_limit_a

    async def _async_limit(self, permit: Permit) -> bool:
        limiter, memory = self._charger.capability(Limiter), self._memory
        if limiter is None or (permit.current_a is None and memory.owners_limit_a is None):
            return False
        load = limiter.load(self._readings.data)
        if permit.current_a is not None:
            if memory.owners_limit_a is None:
                memory.owners_limit_a = load.limit_a or memory.seen_limit_a or load.maximum_a
            amps = min(permit.current_a, load.maximum_a)
        else:
            assert memory.owners_limit_a is not None
            amps = min(memory.owners_limit_a, load.maximum_a)
        if load.limit_a != amps:
            await limiter.set_limit(amps)
        if permit.current_a is None:
            memory.owners_limit_a = None
        return load.limit_a != amps

    async def _async_let_go(self) -> None:
        """Give back what was taken, before the charger itself takes over."""
        memory = self._memory
        taken = (memory.owners_limit_a, memory.owners_mode, memory.owners_phases)
        if memory.paused or any(each is not None for each in taken):
            await self._async_apply(ALLOWED)
        self._memory.applied = None

    async def _async_remember(self) -> None:
        await self._store.async_save(_stored(self._memory))


async def async_forget_schedule(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Remove what was stored of a charger that was removed."""
    await Store[dict[str, Any]](hass, STORAGE_VERSION, storage_key(entry)).async_remove()
    ir.async_delete_issue(hass, DOMAIN, f"two_schedules_{entry.entry_id}")
    async_delete_issues(hass, entry.entry_id)


def storage_key(entry: ConfigEntry) -> str:
    """Return the name under which an entry's schedule is stored."""
    return f"{DOMAIN}.schedule.{entry.entry_id}"


def _utc_offset_s() -> float:
    offset = dt_util.now().utcoffset()
    return 0.0 if offset is None else offset.total_seconds()


def _next_edges(schedule: Schedule) -> tuple[datetime | None, datetime | None]:
    """Return when charging is next allowed, and when it next is not any more."""
    zone = dt_util.get_default_time_zone()
    moment = dt_util.utcnow()
    paused = permit_at(schedule, moment, zone).is_pause
    start = end = None
    while (start is None or end is None) and (change := next_change(schedule, moment, zone)):
        moment = change.at
        if moment - dt_util.utcnow() > timedelta(days=8):
            break
        if change.permit.is_pause and not paused:
            end = end or moment
        elif paused and not change.permit.is_pause:
            start = start or moment
        paused = change.permit.is_pause
    return start, end


def _stored(memory: _Memory) -> dict[str, Any]:
    return {
        "schedule": schedule_to_dict(memory.schedule),
        "executed_by": memory.executed_by,
        "follow": memory.follow,
        "overridden": memory.overridden,
        "once": None if memory.once is None else [moment and moment.isoformat() for moment in memory.once],
        "owners_limit_a": memory.owners_limit_a,
        "seen_limit_a": memory.seen_limit_a,
        "owners_mode": memory.owners_mode,
        "owners_phases": memory.owners_phases,
        "spent_wh": memory.energy.spent_wh,
        "spent_since": memory.energy.since,
        "counter_wh": memory.energy.counter_wh,
        "paused": memory.paused,
        "told_utc_offset_s": memory.told_utc_offset_s,
    }


def _remembered(stored: Mapping[str, Any]) -> _Memory:
    """Read what was stored; what makes no sense is as if it had never been."""
    try:
        memory = _Memory(
            schedule=schedule_from_dict(stored["schedule"]),
            executed_by=Executor(stored["executed_by"]),
            follow=stored["follow"],
            overridden=stored["overridden"],
            once=_once(stored["once"]),
            owners_limit_a=stored["owners_limit_a"],
            seen_limit_a=stored["seen_limit_a"],
            owners_mode=stored["owners_mode"],
            owners_phases=stored["owners_phases"],
            energy=WindowEnergy(
                spent_wh=stored["spent_wh"], since=stored["spent_since"], counter_wh=stored["counter_wh"]
            ),
            paused=stored["paused"],
            told_utc_offset_s=stored["told_utc_offset_s"],
        )
        check(memory.schedule)
    except (KeyError, TypeError, ValueError, AttributeError, ChargerRefusedError) as error:
        LOGGER.warning("A stored schedule cannot be read (%s) and is dropped", type(error).__name__)
        return _Memory()
    return memory


def _once(stored: list[str | None] | None) -> tuple[datetime, datetime | None] | None:
    if stored is None:
        return None
    start, stop = (None if text is None else datetime.fromisoformat(text) for text in stored)
    if start is None:
        raise ValueError("a delayed start without a start")
    return start, stop


def _to_the_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
