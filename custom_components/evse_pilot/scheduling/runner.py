"""The schedule of one charger: which permit holds now, as one claim, and when that changes."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ..chargers.capabilities import DelayedStarter
from ..chargers.charger import Charger
from ..chargers.errors import ChargerError, ChargerRefusedError
from ..const import LOGGER
from ..control.claim import Source
from ..control.controller import ChargerController
from ..control.owner import OwnerControls
from ..runtime.coordinator import ChargerCoordinator
from ..runtime.entity_watch import is_known
from ..runtime.errors import error_key
from ..runtime.shown_state import ShownState
from ..runtime.wake_up import WakeUp
from .dates import check_dates, without_dates, without_past
from .feasibility import check_permit, rounded_a
from .follow import FollowedEntity, async_withdraw_issues
from .holding import Holding
from .record import Executor, ScheduleRecord, stored_schedule
from .schedule import ALLOWED, Schedule, Weekday, Window, check, outside_of
from .state import Outcome, ScheduleState
from .timetable import ChargerTimetable

SAVE_DELAY_S, SAVE_SOON_S = 60, 1
# How long a charger that did not take its timetable is left in peace.
RETRY_AFTER = timedelta(seconds=60)


class ScheduleRunner:
    """Works out what the schedule of one charger allows, and claims it of the charger's controller."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        charger: Charger[Any],
        readings: ChargerCoordinator[Any],
        controller: ChargerController,
    ) -> None:
        """Know the charger and its controller; nothing is claimed yet."""
        self._hass = hass
        self._entry = entry
        self._charger = charger
        self._readings = readings
        self._controller = controller
        self._stored = stored_schedule(hass, entry.entry_id)
        self._record = ScheduleRecord()
        self._timetable = ChargerTimetable(hass, entry, charger, readings)
        self._source = FollowedEntity(hass, entry, on_change=self._update, on_rename=self._on_rename)
        self._lock = asyncio.Lock()
        self._problem: str | None = None
        self._holding = Holding(charger, controller, self._source)
        self._is_stopped = self._was_plugged_in = self._has_claimed = False
        self._edge = WakeUp(hass, self._update)
        self._cancel_retry: CALLBACK_TYPE | None = None
        self.coordinator = ShownState(hass, entry, f"{entry.title} schedule", self._state)

    # Life

    async def async_start(self) -> None:
        """Take up what was stored, and claim what holds now; the controller starts afterwards."""
        self._record = await self._stored.async_load() or ScheduleRecord()
        self._timetable.record = self._holding.record = self._record
        self._source.async_follow(self._record.follow, self._record.follow_id)
        self._note_source()
        for cancel in (
            self._controller.async_add_listener(self._on_control),
            self._hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._stop),
            # The last one first.
            self._stop,
            self._async_save,
        ):
            self._entry.async_on_unload(cancel)
        self._read_timetable()
        self._update()

    @callback
    def _stop(self, _: Event | None = None) -> None:
        self._is_stopped = True
        self._edge.cancel()
        if self._cancel_retry is not None:
            self._cancel_retry()
            self._cancel_retry = None
        self._source.async_stop()

    async def _async_save(self) -> None:
        """Store at once; nothing after the end, for the file may be removed by then."""
        if not self._is_stopped:
            await self._stored.async_save(self._record)

    @callback
    def _save(self, delay_s: float = SAVE_SOON_S) -> None:
        if not self._is_stopped:
            self._stored.async_delay_save(lambda: self._record, delay_s)

    # What a person sets

    @property
    def schedule(self) -> Schedule:
        """Return the schedule as it stands."""
        return self._record.schedule

    def check(self, schedule: Schedule, executed_by: Executor, follow: str | None = None) -> Executor:
        """Return what would carry it out; ChargerRefusedError with the reason if nothing can."""
        # First, for only near dates can be compared with each other.
        check_dates(schedule, self._record.schedule, dt_util.utcnow(), dt_util.get_default_time_zone())
        check(schedule)
        if follow is not None and not is_known(self._hass, follow):
            raise ChargerRefusedError("no_such_entity", entity=follow)
        for window in schedule.windows:
            check_permit(self._charger, self._readings.data, window.permit)
        return self._timetable.executor_of(schedule, executed_by)

    async def async_set(
        self, schedule: Schedule, executed_by: Executor = Executor.AUTO, *, follow: str | None = None
    ) -> Outcome:
        """Replace the schedule; ChargerRefusedError, and nothing has changed, for one that cannot be held.

        Another ChargerError: the charger that is to carry it out itself did not take it, and nothing has changed.
        """
        if follow is not None:
            executed_by = Executor.HOME_ASSISTANT
        async with self._lock:
            by, verified = self.check(schedule, executed_by, follow), True
            if by is Executor.CHARGER:
                verified = await self._timetable.async_set(schedule)
            else:
                await self._timetable.async_disable()
            record = self._record
            record.schedule, record.executed_by = schedule, by
            record.is_handed_over = (
                executed_by is Executor.AUTO
                and by is Executor.HOME_ASSISTANT
                and self._timetable.executor_of(without_dates(schedule), Executor.AUTO) is Executor.CHARGER
            )
            self._source.async_follow(follow)
            self._note_source()
            confirmed = await self._async_replace(once=None)
        return Outcome(
            executed_by=by,
            verified=verified and confirmed,
            rounded_a=rounded_a(self._charger, self._readings.data, schedule),
        )

    async def async_set_windows(self, schedule: Schedule) -> None:
        """Replace the windows, carried out by what can hold them; an entity is followed no longer."""
        await self.async_set(schedule)

    async def async_set_enabled(self, on: bool) -> None:
        """Go by the schedule, or allow charging at any time."""
        async with self._lock:
            schedule = replace(self._record.schedule, enabled=on)
            if self._timetable.is_executed_by_charger:
                await (self._timetable.async_set(schedule) if on else self._timetable.async_disable())
            self._record.schedule = schedule
            await self._async_replace(once=None)

    async def async_override(self) -> None:
        """Charge now, whatever the schedule allows, until the car is unplugged."""
        async with self._lock:
            if self._timetable.is_executed_by_charger:
                await self._timetable.async_override()
            await OwnerControls(self._controller).async_override()
            self._record.once = None
            self._update()

    async def async_delay(
        self, start: datetime, stop: datetime | None, *, daily: bool, mode: str | None
    ) -> None:
        """Charge from a moment to come, or between two, once or every day; ChargerRefusedError if that cannot be."""
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
            begins, ends = (
                dt_util.as_local(moment).replace(second=0, microsecond=0) for moment in (start, stop)
            )
            window = Window(days=frozenset(Weekday), start=begins.time(), end=ends.time())
            await self.async_set(Schedule(windows=(window,)))
            return
        async with self._lock:
            if self._timetable.is_executed_by_charger:
                # The charger would go by its timetable all the same.
                await self._timetable.async_disable()
                self._record.executed_by = Executor.HOME_ASSISTANT
            await self._async_replace(once=(start, stop))

    async def _async_replace(self, once: tuple[datetime, datetime | None] | None) -> bool:
        """Store what was set, claim and apply it, and return whether the charger shows it.

        What a person chose before is over. A command that fails is sent again by the controller.
        """
        self._record.once = once
        self._controller.set_claims({Source.OVERRIDE: None}, apply=False)
        self._claim(apply=False)
        await self._async_save()
        try:
            return await self._controller.async_apply(read_back=True)
        except ChargerError:
            return False
        finally:
            self._read_timetable()
            self._update()

    # What holds

    @callback
    def _drop_past(self) -> None:
        """Drop the windows and exceptions of dates that are over; what is stored of them is dropped with the next change.

        Without its last charging window a charger may charge at any time: that waits until no car is plugged in, so that
        none goes on charging when its window ends.
        """
        record = self._record
        kept = without_past(record.schedule, dt_util.utcnow(), dt_util.get_default_time_zone())
        if kept is record.schedule:
            return
        if outside_of(kept) != outside_of(record.schedule) and self._controller.is_plugged_in is not False:
            return
        record.schedule = kept
        if record.is_handed_over:
            # The charger may hold what remains.
            record.sent_utc_offset_s = None

    @callback
    def _claim(self, *, apply: bool = True) -> None:
        """Claim what holds now; a change of it ends what a person did by hand until then."""
        if (permit := self._holding.permit()) is None:
            # Not known: what was claimed before stands.
            return
        record, controller = self._record, self._controller
        before, record.permit = record.permit, permit
        until, record.until = record.until, self._holding.until()
        if permit != before or record.until != until:
            self._save()
        claimed = controller.claims.get(Source.SCHEDULE)
        if not record.is_in_force:
            if claimed is not None:
                controller.end_source(Source.SCHEDULE, apply=apply)
            return
        claim = self._holding.claim(permit)
        if claimed is not None and permit == before:
            # A mode, or phases, that a person chose until the next edge is missing in it.
            claim = replace(claimed, until=claim.until, reason=claim.reason)
        # While Home Assistant was away a window may have begun and ended.
        is_missed = not self._has_claimed and until is not None and until <= dt_util.utcnow()
        self._has_claimed = True
        is_edge = before is not None and (permit != before or is_missed)
        controller.set_claims({Source.SCHEDULE: claim}, apply=apply and not is_edge)
        if is_edge:
            controller.window_edge(allowed=not permit.is_pause, apply=apply)

    @callback
    def _update(self) -> None:
        """Claim what holds now, show it, and wake up at the next edge."""
        if self._is_stopped:
            return
        self._drop_past()
        self._claim()
        self._edge.set_at(self._holding.next_edge())
        self.coordinator.show()

    # What happens

    @callback
    def _on_control(self) -> None:
        """Take a reading, or a change of what is claimed or commanded."""
        if self._is_stopped or self._lock.locked():
            return
        is_plugged_in = self._controller.is_plugged_in
        if self._was_plugged_in and is_plugged_in is False and self._record.once is not None:
            self._record.once = None
            self._save()
        self._was_plugged_in = is_plugged_in is True
        if self._holding.count(self._snapshot):
            self._save(SAVE_DELAY_S)
        self._read_timetable()
        self._update()

    @property
    def _snapshot(self) -> Any:
        """Return the newest snapshot, which the coordinator has only after the controller has taken it."""
        return self._readings.data if self._controller.state is None else self._controller.state

    @callback
    def _read_timetable(self) -> None:
        """Take up what was changed at the charger, and keep its timetable in step with the clocks."""
        if self._timetable.async_read(self._snapshot):
            self._save()
        if self._timetable.is_due and self._cancel_retry is None and not self._is_stopped:
            self._cancel_retry = async_call_later(self._hass, RETRY_AFTER, self._on_retry)
            self._entry.async_create_task(self._hass, self._async_keep_in_step())

    @callback
    def _on_retry(self, _: datetime) -> None:
        self._cancel_retry = None

    async def _async_keep_in_step(self) -> None:
        async with self._lock:
            try:
                await self._timetable.async_keep_in_step()
            except ChargerError as error:
                if self._problem is None:
                    LOGGER.warning("%s did not take its timetable: %s", self._entry.title, error_key(error))
                self._problem = error_key(error)
            else:
                self._problem = None
                await self._async_save()
        self._update()

    @callback
    def _on_rename(self) -> None:
        self._note_source()
        self._save()
        self._update()

    @callback
    def _note_source(self) -> None:
        self._record.follow, self._record.follow_id = self._source.entity_id, self._source.registry_id

    # What is shown

    def _state(self) -> ScheduleState:
        record, override = self._record, self._controller.claims.get(Source.OVERRIDE)
        start, end = self._holding.next_start_and_end()
        return ScheduleState(
            schedule=record.schedule,
            executed_by=record.executed_by,
            follow=record.follow,
            permit=record.permit or ALLOWED,
            overridden=override is not None and not override.ends_at_edge,
            next_start=start,
            next_end=end,
            is_delayed=record.once is not None,
            problem=self._problem or self._controller.problem,
        )


async def async_forget_schedule(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Remove what was stored of a charger that was removed."""
    await stored_schedule(hass, entry.entry_id).async_remove()
    async_withdraw_issues(hass, entry)
