"""A group in a running house: it reads the mains and the chargers, and makes the law's decisions claims on them.

The law has the arithmetic, the controllers send; here are the clock, and the order in which chargers are commanded.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
import math
from typing import Any

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_track_time_interval

from ..chargers.types import Load
from ..control.claim import Target
from ..runtime.clock import monotonic_s
from ..runtime.shown_state import ShownState
from ..runtime.wake_up import WakeUp
from .exports import async_exports, async_feeds_in
from .feed import MainsFeed
from .law.law import Law
from .law.model import Ceiling, Decision, Group, Strategy, Write
from .leaving import Departure, async_claimed, async_come_back, async_leave, async_release_orphans
from .link import MemberLink
from .meters import MeterWatch
from .peaks.settings import CONF_PEAK_TARGET, window_minutes
from .peaks.store import stored_peaks
from .peaks.tariff import PeakTariff
from .settings import (
    CONF_ENABLED,
    CONF_LIMIT,
    CONF_MARGIN,
    CONF_OBSERVER,
    CONF_PHASES,
    CONF_STRATEGY,
    SUBENTRY_CHARGER,
    MemberPace,
    group_of,
    nominal_voltage_of,
    steers,
)
from .solar import SunSteering
from .sources import MainsOfCharger, MainsSensors, circuit_meters, mains_source
from .state import GroupState, group_report, group_state, noted
from .store import SAVE_DELAY_S, Record, TemporaryCeiling, stored_group
from .sun.model import SunChoice, SunMode
from .trouble import Troubles

EVERY = timedelta(seconds=1)
_DECISIONS = 100
# A phase that was read within so many seconds counts in the power of the mains.
_POWER_HOLDS_S = 60.0


class GroupRunner:
    """One group: its meter, its chargers, and what is decided for them."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Know the settings; nothing is read yet."""
        self._hass = hass
        self._entry = entry
        self._phases: int = entry.data[CONF_PHASES]
        self._stored = stored_group(hass, entry.entry_id)
        self._temporary: TemporaryCeiling | None = None
        self._ceiling_end = WakeUp(hass, self._on_ceiling_end)
        self.law: Law
        self._decision: Decision | None = None
        self._mains_a: list[float | None] = [None] * self._phases
        self._mains_read_s = [-math.inf] * self._phases
        self._mains: MainsSensors | MainsOfCharger
        minutes = window_minutes(entry.options)
        self.tariff = None if minutes is None else PeakTariff(hass, entry, self._phases, minutes)
        self._feeds: list[MainsFeed] = []
        self._steers = steers(entry.options)
        self._is_stopped = False
        self._leaving: asyncio.Task[None] | None = None
        self._members = dict(entry.subentries)
        self._troubles = Troubles(hass, entry)
        self._exports, self.has_sun = True, False
        # How the chargers take a limit, as far as they were read.
        self._paces: dict[str, MemberPace] = {}
        self._decisions: deque[dict[str, Any]] = deque(maxlen=_DECISIONS)
        self._cancel: list[CALLBACK_TYPE] = []
        self.links: dict[str, MemberLink] = {}
        self.sun = SunSteering(hass, entry, self.links, self.save)
        self.coordinator = ShownState(hass, entry, entry.title, self._state)

    # Life

    async def async_start(self) -> None:
        """Take up what was stored, and listen."""
        hass, entry = self._hass, self._entry
        record = await self._stored.async_load() or Record()
        self._temporary = record.temporary
        self.sun.hold.held = record.battery_held
        self._exports = await async_exports(hass, entry.options)
        self.has_sun = await async_feeds_in(hass, entry.options)
        for subentry in entry.get_subentries_of_type(SUBENTRY_CHARGER):
            self.links[subentry.subentry_id] = MemberLink(
                hass,
                entry,
                subentry.subentry_id,
                subentry.title,
                subentry.data,
                record.limits_a.get(subentry.subentry_id),
                record.sun.get(subentry.subentry_id, SunChoice()),
                self,
            )
        self._feeds = [MainsFeed(hass, entry, link) for link in self.links.values()]
        if self.tariff is not None:
            await self.tariff.async_start()
        self.law = await self._async_law(record)
        self._show()
        self._cancel = [
            async_track_time_interval(hass, self._tick, EVERY),
            async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._on_entry_changed),
            hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._async_on_home_assistant_stop),
        ]
        # First the chargers: one may have read the mains in the same snapshot.
        for link in self.links.values():
            link.async_start()
        self._mains = mains_source(hass, entry, self._phases, self._on_mains)
        watch = MeterWatch(hass, entry, self._on_rename)
        for meter in (self._mains, *circuit_meters(hass, entry, self._phases, self._on_circuit), watch):
            meter.async_start()
            self._cancel.append(meter.async_stop)
        self.save()
        entry.async_create_background_task(
            hass, async_release_orphans(hass), f"{entry.title} - members that left"
        )
        self._watch_ceiling()
        self._watch_troubles()

    async def _async_law(self, record: Record) -> Law:
        """Return the law of before, if the group was only changed; else one that knows what was claimed."""
        group = self._group()
        if (law := async_come_back(self._hass, self._entry)) is not None:
            # Nothing is claimed yet on a charger that was added again.
            same = [
                each for each in group.members if record.chargers.get(each.id) == self.links[each.id].entry_id
            ]
            law.group = replace(group, members=tuple(same))
            law.group = group
            return law
        return Law(group, given=await async_claimed(self._hass, self.links.values()))

    def _group(self) -> Group:
        """Return the group as the law sees it now."""
        return group_of(self._entry, self._ceiling, self._paces, exports=self._exports)

    async def async_stop(self) -> None:
        """Stop listening; the chargers are left in a while, unless the group is only being changed."""
        self._unhook()
        await self.sun.hold.async_release()
        await self._stored.async_save(self._record())
        if self.tariff is not None:
            await self.tariff.async_stop()
        if self._entry.disabled_by is None and self._steers:
            Departure(self._hass, self._entry, self.law, list(self.links.values()))
            return
        if self._steers:
            await async_leave(self.links.values(), self._entry, never_more=False)
        for link in self.links.values():
            link.async_stop()

    async def _async_on_home_assistant_stop(self, _: Event) -> None:
        self._unhook()
        if self._steers:
            await async_leave(self.links.values(), self._entry, never_more=True, keeps_sun=True)
        await self.sun.hold.async_release()

    @callback
    def _unhook(self) -> None:
        self._is_stopped = True
        for cancel in self._cancel:
            cancel()
        self._cancel = []
        self._ceiling_end.cancel()
        self._troubles.withdraw()

    # Readings

    @callback
    def _on_mains(self, amps: Sequence[float | None]) -> None:
        t = monotonic_s(self._hass)
        for phase, reading in enumerate(amps[: self._phases]):
            if reading is not None:
                self._mains_a[phase], self._mains_read_s[phase] = reading, t
        self.law.read_mains(t, amps)
        self._note_power(t)
        self._follow_sun()
        self._decide()
        self._feed()

    @callback
    def _on_circuit(self, circuit: str, amps: Sequence[float | None]) -> None:
        """Take a reading of the meter of a circuit."""
        self.law.read_circuit(monotonic_s(self._hass), circuit, amps)
        self._decide()

    @callback
    def _on_rename(self, before: str, after: str) -> None:
        """Listen to the sensors of the mains under their new names; with those of a circuit the group starts anew."""
        self.sun.hold.rename(before, after)
        if isinstance(self._mains, MainsSensors):
            self._mains.async_start()

    @callback
    def _note_power(self, t: float) -> None:
        """Count what is drawn, if all phases are known."""
        if self.tariff is None or min(self._mains_read_s) < t - _POWER_HOLDS_S:
            return
        amps = [0.0 if each is None else each for each in self._mains_a]
        self.tariff.read(sum(each * self._mains.volts(phase) for phase, each in enumerate(amps, 1)))

    @callback
    def on_member_reading(self, link: MemberLink, load: Load, own: Target) -> None:
        """Take a reading of a charger."""
        control = link.control
        assert control is not None
        pace = MemberPace(step_a=load.step_a, answers_s=control.core.answers_s)
        if self._paces.get(link.id) != pace:
            self._paces[link.id] = pace
            self.law.group = self._group()
        self.law.read_charger(
            monotonic_s(self._hass),
            link.id,
            load,
            own=own,
            is_off_at_charger=control.is_off_at_charger,
            ack=control.ack,
            foreign=control.foreign,
        )
        self._decide()

    @callback
    def on_member_change(self, link: MemberLink, own: Target) -> None:
        """Take what a charger may do without the group, which has changed between two readings."""
        self.law.change_own(link.id, own)
        if not self.sun.is_busy:
            self._decide()

    @callback
    def on_sun_choice(self) -> None:
        """Store, and obey, what a person has chosen for the sun."""
        self.save()
        self._follow_sun()
        self._decide()

    @callback
    def _follow_sun(self) -> None:
        """Claim what the sun allows each charger, and its phases, before the fuse is weighed: it is a ceiling of theirs."""
        if not self._is_stopped:
            self.sun.update(monotonic_s(self._hass), self.law, steers=self._steers, has_sun=self.has_sun)

    @callback
    def _tick(self, _: datetime) -> None:
        self._follow_sun()
        self._decide()
        self._feed()
        self._watch_troubles()

    @callback
    def _feed(self) -> None:
        t = monotonic_s(self._hass)
        for feed in self._feeds:
            feed.feed(t, self._mains_a, self._mains_read_s)

    @callback
    def _on_entry_changed(self, _: object, entry: ConfigEntry) -> None:
        """Start anew with other members; what entities change is obeyed already."""
        if entry is self._entry and dict(entry.subentries) != self._members:
            self._members = dict(entry.subentries)
            self._hass.config_entries.async_schedule_reload(entry.entry_id)

    # Decisions

    @callback
    def _decide(self) -> None:
        if self._is_stopped:
            return
        t = monotonic_s(self._hass)
        self.law.peak = None if self.tariff is None else self.tariff.window()
        decision = self._decision = self.law.decide(t)
        peak = None if self.tariff is None else self.tariff.detail(t)
        for link in self.links.values():
            link.give(t, decision.shares.get(link.id), peak)
        if decision.writes:
            for write in decision.writes:
                self.links[write.id].pending = write
                if not write.rises:
                    self.links[write.id].claim(write)
            self._decisions.append(noted(decision, self._mains_a, self.links))
            self._entry.async_create_background_task(
                self._hass, self._async_carry_out(decision.writes), f"{self._entry.title} - claims"
            )
        self._show()

    async def _async_carry_out(self, writes: Sequence[Write]) -> None:
        """Let the chargers be commanded: those that rise when those that fall have answered, or have failed to."""
        await asyncio.gather(*(self.links[write.id].async_apply() for write in writes if not write.rises))
        links = [link for write in writes if write.rises and (link := self.links[write.id]).pending is write]
        for link in links:
            assert link.pending is not None
            link.claim(link.pending)
        await asyncio.gather(*(link.async_apply() for link in links))

    # What a person sets

    async def async_set_strategy(self, strategy: Strategy) -> None:
        """Share in another way; or not at all."""
        if strategy is Strategy.OFF:
            await self.async_set_enabled(False)
        else:
            await self._async_set_options({CONF_STRATEGY: strategy.value, CONF_ENABLED: True})

    async def async_set_enabled(self, on: bool) -> None:
        """Share, or stand aside."""
        await self._async_set_options({CONF_ENABLED: on})

    async def async_set_observer(self, on: bool) -> None:
        """Show only what would be done, or do it."""
        await self._async_set_options({CONF_OBSERVER: on})

    async def async_set_limit(self, current_a: float) -> None:
        """Take the main fuse for one of so many amperes; its own current is no limit."""
        await self._async_set_options({CONF_LIMIT: current_a})

    async def async_set_margin(self, current_a: float) -> None:
        """Keep so many amperes free below the fuse."""
        await self._async_set_options({CONF_MARGIN: current_a})

    async def async_set_peak_target(self, power_kw: float) -> None:
        """Set the highest mean that a window of the peak tariff is to have."""
        await self._async_set_options({CONF_PEAK_TARGET: power_kw})

    async def _async_set_options(self, changes: Mapping[str, Any]) -> None:
        """Store what was set, and obey it; done when the chargers have been left, if that is what it means."""
        self._hass.config_entries.async_update_entry(self._entry, options=self._entry.options | changes)
        self.law.group = self._group()
        if (wanted := steers(self._entry.options)) != self._steers:
            self._steers = wanted
            if self._leaving is not None:
                self._leaving.cancel()
            if not wanted:
                work = async_leave(self.links.values(), self._entry, never_more=False)
                self._leaving = self._entry.async_create_background_task(
                    self._hass, work, f"{self._entry.title} - stands aside"
                )
        self._decide()
        if self._leaving is not None:
            await asyncio.wait([self._leaving])

    async def async_set_sun_mode(self, mode: SunMode) -> None:
        """Let all chargers take this much of their energy from the sun."""
        for link in self.links.values():
            await link.async_set_sun_mode(mode)

    async def async_set_ceiling(
        self, current_a: float | None, power_w: float | None, *, cars_only: bool, until: datetime | None
    ) -> None:
        """Limit each phase, or the sum of the phases, or both; None for `until`: until it is cleared."""
        sum_a = None if power_w is None else power_w / nominal_voltage_of(self._entry.options)
        ceiling = Ceiling(phase_a=current_a, sum_a=sum_a, cars_only=cars_only)
        self._set_ceiling(TemporaryCeiling(ceiling=ceiling, until=until))
        await self._stored.async_save(self._record())

    async def async_clear_ceiling(self) -> None:
        """Lift that limit."""
        self._set_ceiling(None)
        await self._stored.async_save(self._record())

    @property
    def _ceiling(self) -> Ceiling | None:
        return None if self._temporary is None else self._temporary.ceiling

    @callback
    def _set_ceiling(self, temporary: TemporaryCeiling | None) -> None:
        self._temporary = temporary
        self.law.group = self._group()
        self._watch_ceiling()
        self._decide()

    @callback
    def _watch_ceiling(self) -> None:
        """Lift the limit when its time has come."""
        self._ceiling_end.set_at(None if self._temporary is None else self._temporary.until)

    @callback
    def _on_ceiling_end(self) -> None:
        self._set_ceiling(None)
        self.save()

    # What is stored and shown

    @callback
    def save(self) -> None:
        """Store what a person has set, soon."""
        self._stored.async_delay_save(self._record, SAVE_DELAY_S)

    def _record(self) -> Record:
        return Record(
            chargers={link.id: link.entry_id for link in self.links.values()},
            limits_a={link.id: link.limit_a for link in self.links.values() if link.limit_a is not None},
            sun={link.id: link.sun.choice for link in self.links.values()},
            temporary=self._temporary,
            battery_held=self.sun.hold.held,
        )

    def _state(self) -> GroupState:
        options, links = self._entry.options, list(self.links.values())
        sun = self.sun.state() if self.has_sun else None
        peak = None if self.tariff is None else self.tariff.state()
        return group_state(
            options, self._phases, self._mains_a, self._decision, links, self._temporary, sun, peak
        )

    @callback
    def _show(self) -> None:
        self.coordinator.show()
        for link in self.links.values():
            link.show()

    @callback
    def _watch_troubles(self) -> None:
        t = monotonic_s(self._hass)
        self._troubles.show(t, self.links.values(), self._decision, steers=self._steers)

    def report(self) -> Mapping[str, object]:
        """Return for a bug report what each charger was given lately, and why."""
        return group_report(self._entry.options, self.links.values(), self._decisions, self._state().peak)


async def async_forget_group(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Release the chargers of a group that was removed, and forget it."""
    async_come_back(hass, entry)
    await async_release_orphans(hass)
    await stored_group(hass, entry.entry_id).async_remove()
    await stored_peaks(hass, entry.entry_id).async_remove()
