"""The peak tariff of a group: what its windows have, what they leave to the law, and what is shown of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
import math
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfPower
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, State, callback
from homeassistant.helpers.event import async_track_state_change_event, async_track_state_report_event
from homeassistant.util import dt as dt_util
from homeassistant.util.dt import utcnow
from homeassistant.util.unit_conversion import PowerConverter

from ...runtime.read_by_groups import async_note_read
from ..calm import CalmPower
from ..law.peak import PeakWindow
from ..settings import limit_of, nominal_voltage_of
from .meter import Window, WindowMeter
from .month import Month, Peak, mean_w
from .settings import CONF_PEAK_FOLLOWS, CONF_PEAK_SENSOR, target_w_of
from .store import SAVE_DELAY_S, PeakRecord, stored_peaks

# Tariffs take the mean of so many: of the highest windows of different days, or of the highest whatever their days.
DAYS, WINDOWS = 3, 5
# A house may draw so much more than its fuse for a while.
_MOST_OF_FUSE = 1.5
# Beside a reason the prediction changes no more often.
_DETAIL_EVERY_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakState:
    """What is shown of a peak tariff; powers in kW, None: not known yet."""

    target_kw: float
    goal_kw: float
    mean_kw: float
    predicted_kw: float
    ends_at: datetime
    highest_kw: float | None
    highest_at: datetime | None
    mean_of_days_kw: float | None
    days: Mapping[str, float]
    mean_of_windows_kw: float | None
    windows: Mapping[str, float]


class PeakTariff:
    """The windows of one group, by the clock of the house."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, phases: int, minutes: int) -> None:
        """Count nothing yet."""
        self._hass = hass
        self._entry = entry
        self._phases = phases
        self._minutes = minutes
        self._stored = stored_peaks(hass, entry.entry_id)
        self._meter: WindowMeter
        self._month: Month
        self._predicted = CalmPower(_DETAIL_EVERY_S)
        self._cancel: list[CALLBACK_TYPE] = []

    async def async_start(self) -> None:
        """Go on with what was stored, and listen to the meter's own mean, where it has one."""
        record = await self._stored.async_load() or PeakRecord()
        now_s = utcnow().timestamp()
        today = _local(now_s).date()
        self._month = (record.month or Month(first=today.replace(day=1))).at(today)
        self._meter = WindowMeter(
            self._start_of,
            self._minutes * 60.0,
            now_s,
            # What was drawn while nothing was read is taken for what leaves the window nothing.
            assumed_w=max(self.goal_w, record.power_w),
            stored=record.window,
            stored_s=record.at_s,
        )
        if (sensor := self._entry.options.get(CONF_PEAK_SENSOR)) is not None:
            self._cancel = [
                async_track_state_change_event(self._hass, [sensor], self._on_sensor),
                async_track_state_report_event(self._hass, [sensor], self._on_sensor),
                async_note_read(self._hass, {sensor}),
            ]

    async def async_stop(self) -> None:
        """Stop listening, and store what was counted."""
        for cancel in self._cancel:
            cancel()
        self._cancel = []
        self._take(self._meter.advance(utcnow().timestamp()))
        await self._stored.async_save(self._record())

    def _start_of(self, now_s: float) -> float:
        """Return when the window of a moment has begun, by the clock on the wall."""
        local = _local(now_s)
        return math.floor(now_s) - (local.minute % self._minutes) * 60.0 - local.second

    # Readings

    @callback
    def read(self, power_w: float) -> None:
        """Take what flows through the mains now, in W of all phases together, export negative."""
        self._take(self._meter.read(utcnow().timestamp(), power_w))

    @callback
    def _on_sensor(self, event: Any) -> None:
        state: State | None = event.data["new_state"]
        if state is None or (mean := _watts(state)) is None:
            return
        most_w = _MOST_OF_FUSE * limit_of(self._entry.options) * self._phases * self._volts
        self._take(self._meter.read_mean(utcnow().timestamp(), mean, most_w))

    @callback
    def _take(self, over: list[Window]) -> None:
        """Note the windows that are over; one that is not known well enough is none of the highest."""
        for window in over:
            if window.is_measured:
                self._month = self._month.add(Peak(start=_local(window.start_s), mean_w=window.mean_w))
        self._stored.async_delay_save(self._record, SAVE_DELAY_S)

    def _record(self) -> PeakRecord:
        return PeakRecord(
            window=self._meter.window,
            at_s=utcnow().timestamp(),
            power_w=self._meter.power_w,
            month=self._month,
        )

    # What it leaves

    @property
    def _volts(self) -> float:
        return nominal_voltage_of(self._entry.options)

    @property
    def goal_w(self) -> float:
        """Return the mean that no window is to exceed: what is wanted, or what was reached this month anyway."""
        options = self._entry.options
        target_w, peak = target_w_of(options), self._month.peak
        if peak is None or not options.get(CONF_PEAK_FOLLOWS, False):
            return target_w
        return max(target_w, peak.mean_w)

    @callback
    def window(self) -> PeakWindow:
        """Return what the window of now leaves to the law."""
        now_s = utcnow().timestamp()
        self._take(self._meter.advance(now_s))
        # With the first window of a new month what was reached in the last one counts no more.
        self._month = self._month.at(_local(self._meter.window.start_s).date())
        return PeakWindow(
            target_a=self.goal_w / self._volts,
            length_s=self._minutes * 60.0,
            left_as=self._meter.left_ws(self.goal_w) / self._volts,
            left_s=self._meter.left_s(now_s),
        )

    def detail(self, t: float) -> str:
        """Return the mean that is predicted, calmly, and the target that holds; `t` in seconds of a clock that never goes back."""
        self._predicted.take(t, self._meter.predicted_w(utcnow().timestamp()))
        return f"{(self._predicted.shown_w or 0.0) / 1000:.1f} / {self.goal_w / 1000:.1f} kW"

    def state(self) -> PeakState:
        """Return what is shown."""
        now_s, peak, month = utcnow().timestamp(), self._month.peak, self._month
        return PeakState(
            target_kw=target_w_of(self._entry.options) / 1000,
            goal_kw=round(self.goal_w / 1000, 2),
            mean_kw=round(self._meter.window.mean_w / 1000, 2),
            predicted_kw=round(self._meter.predicted_w(now_s) / 1000, 2),
            ends_at=dt_util.utc_from_timestamp(self._meter.window.end_s),
            highest_kw=None if peak is None else round(peak.mean_w / 1000, 3),
            highest_at=None if peak is None else peak.start,
            mean_of_days_kw=_kw(mean_w(month.highest_of_days, DAYS)),
            days=_shown(month.highest_of_days),
            mean_of_windows_kw=_kw(mean_w(month.highest, WINDOWS)),
            windows=_shown(month.highest),
        )


def _local(seconds: float) -> datetime:
    return dt_util.as_local(dt_util.utc_from_timestamp(seconds))


def _kw(watts: float | None) -> float | None:
    return None if watts is None else round(watts / 1000, 3)


def _shown(peaks: tuple[Peak, ...]) -> dict[str, float]:
    return {peak.start.isoformat(timespec="minutes"): round(peak.mean_w / 1000, 3) for peak in peaks}


def _watts(state: State) -> float | None:
    """Return the value of a power sensor in W; None if it has none."""
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    if unit not in PowerConverter.VALID_UNITS:
        return None
    try:
        value = float(state.state)
    except ValueError:
        return None
    return PowerConverter.convert(value, unit, UnitOfPower.WATT) if math.isfinite(value) else None
