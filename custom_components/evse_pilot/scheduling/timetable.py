"""The timetable that a charger keeps itself, in step with its schedule."""

from dataclasses import replace
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..chargers.capabilities import Scheduler
from ..chargers.charger import Charger
from ..chargers.errors import ChargerRefusedError
from ..chargers.week import Timetable
from ..const import LOGGER
from ..runtime.clock import monotonic_s
from ..runtime.coordinator import ChargerCoordinator
from ..runtime.issues import Issues, Trouble
from .record import Executor, ScheduleRecord
from .schedule import Schedule, from_slots, slots

# One that is switched on elsewhere may be on its way off again.
_TWO_SCHEDULES_LAST_S = 30.0


class ChargerTimetable:
    """Writes a charger's own timetable, and takes up what was changed elsewhere. Commands raise ChargerErrors."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        charger: Charger[Any],
        readings: ChargerCoordinator[Any],
    ) -> None:
        """Know the charger and its readings; `record` is what the runner stores."""
        self._hass = hass
        self._entry = entry
        self._charger = charger
        self._readings = readings
        # The snapshot from before the last command, which shows what was replaced.
        self._outdated: Any = None
        self.record = ScheduleRecord()
        self._issues = Issues(hass)
        entry.async_on_unload(self._issues.withdraw)

    @property
    def _scheduler(self) -> Scheduler[Any] | None:
        return self._charger.capability(Scheduler)

    @property
    def _shown(self) -> Timetable | None:
        scheduler = self._scheduler
        return None if scheduler is None else scheduler.timetable(self._readings.data)

    @property
    def is_executed_by_charger(self) -> bool:
        """Return whether the charger goes by its own timetable, and nothing is to be claimed from here."""
        return self.record.executed_by is Executor.CHARGER

    def executor_of(self, schedule: Schedule, executed_by: Executor) -> Executor:
        """Return what would carry a schedule out; ChargerRefusedError if that has to be the charger, which cannot."""
        scheduler = self._scheduler
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

    async def async_set(self, schedule: Schedule) -> bool:
        """Let the charger keep a schedule that it can hold; return whether it was read back as it was sent."""
        scheduler = self._charger.require(Scheduler)
        self._outdated = self._readings.data
        await scheduler.set_timetable(slots(schedule))
        if not schedule.enabled:
            await scheduler.disable_timetable()
        self.record.sent_utc_offset_s = _utc_offset_s()
        await self._readings.async_refresh()
        timetable = self._shown
        return (
            self._readings.data is not self._outdated
            and timetable is not None
            and timetable.week == scheduler.read_back(slots(schedule))
            and timetable.enabled is schedule.enabled
        )

    async def async_disable(self) -> None:
        """Let the charger ignore its timetable, for only one of two may decide; nothing is sent if it does already."""
        timetable = self._shown
        if timetable is not None and timetable.enabled:
            self._outdated = self._readings.data
            await self._charger.require(Scheduler).disable_timetable()
            await self._readings.async_refresh()

    async def async_override(self) -> None:
        """Let the charger ignore its timetable until the car is unplugged."""
        await self._charger.require(Scheduler).override_timetable()
        await self._readings.async_refresh()

    # Clocks

    @property
    def is_due(self) -> bool:
        """Return whether the charger's timetable is to be judged anew: it knows no summer time, and no dates."""
        return (
            (self.is_executed_by_charger or self.record.is_handed_over)
            and self.record.schedule.enabled
            and self.record.once is None
            and self.record.sent_utc_offset_s != _utc_offset_s()
        )

    async def async_keep_in_step(self) -> None:
        """Send the timetable by the clock of now, or hand it over to Home Assistant while the charger cannot hold it."""
        record = self.record
        by = self.executor_of(record.schedule, Executor.AUTO)
        if by is Executor.CHARGER:
            await self.async_set(record.schedule)
            LOGGER.info("%s was sent its timetable anew", self._entry.title)
        elif self.is_executed_by_charger:
            await self.async_disable()
            LOGGER.info("%s cannot keep its timetable by the clock of now", self._entry.title)
        record.executed_by = by
        record.is_handed_over = by is Executor.HOME_ASSISTANT
        record.sent_utc_offset_s = _utc_offset_s()

    # What was changed elsewhere

    @callback
    def async_read(self, state: Any) -> bool:
        """Take up what was changed in the app of its maker, and return whether that changed the schedule."""
        scheduler, record = self._scheduler, self.record
        timetable = None if scheduler is None else scheduler.timetable(state)
        if timetable is None or state is self._outdated:
            return False
        changed = False
        if self.is_executed_by_charger:
            schedule = record.schedule
            if self._charger.require(Scheduler).read_back(slots(schedule)) != timetable.week:
                schedule = from_slots(timetable.week)
            schedule = replace(schedule, enabled=timetable.enabled)
            changed, record.schedule = schedule != record.schedule, schedule
        elif not record.schedule.windows and record.follow is None and timetable.enabled:
            # Home Assistant has none: it is the charger's.
            record.executed_by, record.schedule = Executor.CHARGER, from_slots(timetable.week)
            record.sent_utc_offset_s = _utc_offset_s()
            changed = True
        self._report(
            is_second=not self.is_executed_by_charger and record.schedule.enabled and timetable.enabled
        )
        return changed

    @callback
    def _report(self, *, is_second: bool) -> None:
        trouble = Trouble(
            kind="two_schedules", placeholders={"name": self._entry.title}, lasts_s=_TWO_SCHEDULES_LAST_S
        )
        found = {f"two_schedules_{self._entry.entry_id}": trouble} if is_second else {}
        self._issues.show(monotonic_s(self._hass), found)


def _utc_offset_s() -> float:
    offset = dt_util.now().utcoffset()
    return 0.0 if offset is None else offset.total_seconds()
