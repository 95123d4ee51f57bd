"""What the schedule of one charger allows now, and until when."""

from datetime import datetime
from typing import Any

from homeassistant.util import dt as dt_util

from ..chargers.capabilities import EnergyMeter
from ..chargers.charger import Charger
from ..control.claim import Claim, Reason, Source
from ..control.controller import ChargerController
from .follow import FollowedEntity
from .record import ScheduleRecord
from .schedule import ALLOWED, MAXIMUM_A, MINIMUM_A, PAUSED, Outlook, Permit, Schedule, outlook


class Holding:
    """Reads the windows, the delayed start or the followed entity by the clock of now. Moments are in UTC."""

    def __init__(
        self,
        charger: Charger[Any],
        controller: ChargerController,
        source: FollowedEntity,
    ) -> None:
        """Know where the parts of it are read; `record` is what the runner stores."""
        self._charger = charger
        self._controller = controller
        self._source = source
        self._outlook: tuple[Schedule, Outlook] | None = None
        self.record = ScheduleRecord()

    def permit(self) -> Permit | None:
        """Return what the charger may do now; None: not known."""
        record = self.record
        if record.once is not None:
            start, stop = record.once
            now = dt_util.utcnow()
            return ALLOWED if start <= now and (stop is None or now < stop) else PAUSED
        if not record.is_in_force:
            return ALLOWED
        if record.follow is not None:
            minimum_a, maximum_a = MINIMUM_A, MAXIMUM_A
            if (load := self._controller.load) is not None:
                minimum_a, maximum_a = load.minimum_a, load.maximum_a
            return self._source.async_permit(record.schedule.outside, minimum_a, maximum_a)
        week = self._week()
        if (
            week.window is not None
            and (energy_wh := week.window.window.permit.energy_wh) is not None
            and record.energy.is_spent(energy_wh, week.window.start)
        ):
            return PAUSED
        return week.permit

    def claim(self, permit: Permit) -> Claim:
        """Return the claim of a permit; while it limits nothing, that a schedule decides."""
        start, end = self.next_start_and_end()
        return Claim(
            source=Source.SCHEDULE,
            reason=Reason.SCHEDULED if self.record.once is None else Reason.DELAYED_START,
            max_current_a=None if permit.is_pause else permit.current_a,
            pause=permit.is_pause,
            mode=permit.mode,
            phases=permit.phases,
            until=start if permit.is_pause else end,
        )

    def next_start_and_end(self) -> tuple[datetime | None, datetime | None]:
        """Return when charging is allowed next, and when it next is not any more; None: never, or not known."""
        record = self.record
        if record.once is not None:
            now = dt_util.utcnow()
            start, stop = (moment if moment is not None and moment > now else None for moment in record.once)
            return start, stop
        if record.follow is None:
            return self._week().next_start, self._week().next_end
        change = self._source.next_change
        return (change, None) if record.permit is not None and record.permit.is_pause else (None, change)

    def next_edge(self) -> datetime | None:
        """Return when something else may hold; None: never, or as soon as the followed entity changes."""
        if self.record.once is not None:
            return min((moment for moment in self.next_start_and_end() if moment is not None), default=None)
        return None if self.record.follow is not None else self._week().until

    def until(self) -> datetime | None:
        """Return when a window next begins or ends; None: no window decides."""
        record = self.record
        by_windows = record.is_in_force and record.follow is None and record.once is None
        return self._week().until if by_windows else None

    def count(self, state: Any) -> bool:
        """Count what the car receives in a window that ends with an energy, and return whether that has changed."""
        meter = self._charger.capability(EnergyMeter)
        counter_wh = None if meter is None else meter.energy_wh(state)
        if counter_wh is None:
            return False
        window = None if self.record.follow is not None else self._week().window
        ends = window is not None and window.window.permit.energy_wh is not None
        return self.record.energy.read(counter_wh, window.start if window is not None and ends else None)

    def _week(self) -> Outlook:
        """Return what the windows allow now; worked out anew at each edge, and when the clock was set back."""
        schedule, now = self.record.schedule, dt_util.utcnow()
        if self._outlook is None or self._outlook[0] is not schedule or not self._outlook[1].covers(now):
            self._outlook = (schedule, outlook(schedule, now, dt_util.get_default_time_zone()))
        return self._outlook[1]
