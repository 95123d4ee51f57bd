"""The controller of one charger: claims in, commands out.

Whatever wants something of a charger sets a claim; `resolve` makes a target of all claims; here it is sent, sent again
while it is not confirmed, and compared with what the charger shows afterwards.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..chargers.capabilities import ChargingSwitch, Limiter
from ..chargers.charger import Charger
from ..chargers.errors import ChargerError, ChargerRefusedError
from ..chargers.types import Load, Status
from ..const import LOGGER
from ..runtime.clock import monotonic_s
from ..runtime.coordinator import ChargerCoordinator
from ..runtime.wake_up import WakeUp
from .acknowledgement import Acknowledgement, Verdict
from .claim import OF_A_GROUP, Baseline, Claim, Claims, Reason, Source, Target
from .core import ControlCore
from .decisions import Decisions
from .explanation import waiting_status
from .foreign import ForeignChanges
from .keeper import Keeper
from .problem import Problem
from .store import Record
from .write_count import WriteCount
from .writer import async_write, shown

# Home Assistant does not wait longer than 10 s for what is unloaded.
_STOP_WITHIN_S = 8.0
# A charger that takes the same command so often without showing it does not carry it out.
_IGNORED_AFTER = 2


class ChargerController:
    """What one charger should do, and the only way to command it."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        charger: Charger[Any],
        readings: ChargerCoordinator[Any],
    ) -> None:
        """Know the charger and its readings; nothing is claimed yet."""
        self.charger = charger
        self.core = ControlCore()
        self._problem = Problem(entry.title)
        self.decisions = Decisions()
        self._hass = hass
        self.entry = entry
        self._readings = readings
        self._file = Keeper(hass, entry, self.record)
        self.state: Any = None
        self.was_away = self._is_started = self._is_stopped = self._apply_again = False
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._listeners: list[Callable[[], None]] = []
        self._retry, self._end_of_limit = WakeUp(hass, self._on_retry), WakeUp(hass, self._on_end_of_limit)
        self._writes = WriteCount()
        self._loaded: Record | None = None
        # One wish of a person after the other: a refused one is taken back, and no other with it.
        self.wishes = asyncio.Lock()

    async def async_load(self) -> None:
        """Take up what was stored, before the charger is read for the first time."""
        if (record := await self._file.async_load()) is None:
            return
        core = self.core
        core.claims, core.baseline = dict(record.claims), record.baseline
        core.end_timed(dt_util.utcnow())
        self._writes = WriteCount(count=record.writes, day=record.day)
        core.sent_before, core.presence.is_plugged_in = record.sent, record.plugged_in
        self._loaded = record

    @callback
    def async_start(self) -> None:
        """Listen to the readings from now on; the schedule has claimed by then."""
        self._is_started = True
        self.core.keep_pace(self.charger.require(Limiter))
        for cancel in (
            self._readings.async_add_reading_listener(self._on_reading),
            self._readings.async_add_listener(self._on_update),
            self._hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._end),
            self.async_stop,
        ):
            self.entry.async_on_unload(cancel)
        self._on_reading(self._readings.data)

    @callback
    def _end(self, _: Event | None = None) -> None:
        """Send nothing by itself any more; a group may still leave a safe current behind."""
        self._is_started = False
        self._retry.cancel()
        self._end_of_limit.cancel()

    async def async_stop(self) -> None:
        """Send nothing any more, and store for the last time; a command that is on its way ends here."""
        if self._is_stopped:
            return
        self._is_stopped = True
        self._end()
        if self._task is not None:
            self._task.cancel()
        # The command of a person cannot be cancelled from here, and may consist of several requests.
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_WITHIN_S), self._lock:
                pass
        await self._file.async_stop()

    # What is wanted

    @property
    def claims(self) -> Claims:
        """Return what is claimed now."""
        return self.core.claims

    @property
    def baseline(self) -> Baseline:
        """Return what the owner has set at the charger itself."""
        return self.core.baseline

    @property
    def target(self) -> Target | None:
        """Return what the charger should do; None while its bounds are not known."""
        return self.core.target

    @property
    def own_target(self) -> Target | None:
        """Return what it should do as far as no fuse is concerned: what a group may give it at most."""
        return self.core.own_target

    @property
    def load(self) -> Load | None:
        """Return the charger as the fuse sees it; None: not known yet."""
        return None if self.core.shown is None else self.core.shown.load

    @property
    def ack(self) -> Acknowledgement:
        """Return what has become of the last command for the current."""
        return self.core.ack

    @property
    def foreign(self) -> ForeignChanges:
        """Return the foreign changes of the current."""
        return self.core.foreign

    @property
    def is_off_at_charger(self) -> bool:
        """Return whether a person has switched it off at the charger itself."""
        return self.core.baseline.paused

    @property
    def is_plugged_in(self) -> bool | None:
        """Return whether a car is plugged in, and not only for one reading; None: not known."""
        return self.core.presence.is_plugged_in

    @property
    def may_charge(self) -> bool | None:
        """Return whether a car may charge, as far as its owner and the charger are concerned; None: not known."""
        owner = self.claims.get(Source.OWNER)
        if owner is not None and owner.current_a == 0:
            return False
        switch = self.charger.capability(ChargingSwitch)
        return None if switch is None or self.state is None else switch.allows_charging(self.state)

    @property
    def own_reason(self) -> Reason | None:
        """Return what limits the charger by its own word; None: nothing, or it does not show that."""
        word = None if self.state is None else self.charger.limited_by(self.state)
        return None if word is None else Reason(word)

    @property
    def problem(self) -> str | None:
        """Return the key of the error for which the charger does not do what it should; None: it does."""
        return self._problem.key

    @callback
    def take_back(self) -> None:
        """Forget the last command, which was refused to a person."""
        self._problem.forget()
        self.core.commands.take_back()

    @property
    def is_available(self) -> bool:
        """Return whether the charger answers."""
        return self._readings.last_update_success

    @callback
    def set_claim(self, source: Source, claim: Claim | None) -> None:
        """Replace the claim of a source, or take it away; it is applied in the background."""
        self.set_claims({source: claim})

    @callback
    def set_claims(self, claims: Mapping[Source, Claim | None], *, apply: bool = True) -> bool:
        """Replace several at once, and return whether that changed anything."""
        before = self.claims.keys()
        changed = [source for source, claim in claims.items() if self.core.claim(source, claim)]
        if changed:
            self._file.save(soon=before != self.claims.keys() or not OF_A_GROUP.issuperset(changed))
            self._changed(apply=apply)
        return bool(changed)

    @callback
    def window_edge(self, *, allowed: bool, apply: bool = True) -> None:
        """End what a person did by hand until the schedule changes; `allowed`: a car may charge from now on."""
        self.core.end_at_edge(allowed=allowed)
        self._file.save(soon=True)
        self._changed(apply=apply)

    @callback
    def end_source(self, source: Source, *, apply: bool = True) -> None:
        """Take the claim of a schedule or a plan away for good; what a person did by hand meanwhile stays."""
        self.core.end_source(source)
        self._file.save(soon=True)
        self._changed(apply=apply)

    @callback
    def async_add_listener(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call after each reading, each change of a claim and each command."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # What the charger shows

    def refine(self, state: Any) -> Any:
        """Return the state of a charger that is paused for a schedule, a plan or the sun as one that waits for that."""
        if state.status is Status.PAUSED and not self.baseline.paused:
            if (waits_for := waiting_status(self.claims)) is not None:
                return self.charger.with_status(state, waits_for)
        return state

    @callback
    def _on_update(self) -> None:
        """Note an absence; one or two lost polls are none, and the coordinator does not show them."""
        if not self._readings.last_update_success:
            self.was_away = True
            self._notify()
        elif not self._lock.locked():
            # Back again: what it has to be sent was not sent while it was away.
            self._changed(apply=True)

    @callback
    def _on_reading(self, state: Any) -> None:
        if self._is_stopped:
            return
        core, t = self.core, monotonic_s(self._hass)
        stored = (dict(core.claims), core.baseline)
        before, self.state = self.state, state
        if self.was_away or (before is not None and self.charger.restarted(before, state)):
            core.unsettle(t)
        self.was_away = False
        if self._loaded is not None:
            core.sent_before, self._loaded = self._loaded.sent_to(self.charger.started_at(state)), None
        core.read_plug(t, state.status)
        core.end_timed(dt_util.utcnow())
        try:
            now = shown(self.charger, state)
        except ChargerError as error:
            # It does not show its limits this time; what was known stays.
            LOGGER.debug("%s does not show its limits: %s", self.entry.title, error)
        else:
            self._note_verdict(core.read(t, now, is_settled=not self._lock.locked()), core.current_of(now))
        if stored != (core.claims, core.baseline):
            self._file.save(soon=True)
        self._changed(apply=True)

    def _note_verdict(self, verdict: Verdict, current_a: float) -> None:
        if verdict is Verdict.FOREIGN:
            LOGGER.debug("%s: foreign change of the current to %g A", self.entry.title, current_a)
            self._note("foreign", current_a)
        elif verdict is Verdict.CONFIRMED:
            self._watch_retry()
            self._problem.end()
            if self.decisions.last_event in ("sent", "accepted", "failed"):
                self._note("confirmed", current_a)

    # What is sent

    async def async_apply(
        self, *, read_back: bool = False, by_person: bool = False, chosen_mode: str | None = None
    ) -> bool:
        """Bring the charger to the target now; return whether it shows, or took, what was to be sent for it.

        Raises the ChargerError of a command. `read_back`: only what was read afterwards counts. `by_person`: whatever
        was set at the charger before. `chosen_mode`: sent whatever the charger shows.
        """
        async with self._lock:
            if not by_person:
                await self._async_look()
            target = self.core.command
            if target is None or self._is_stopped or not self.is_available:
                return False
            # What is left behind at the end does not wait.
            if self._is_started and not by_person and (held_s := self.core.held_s(monotonic_s(self._hass))):
                self._retry.set_in(held_s)
                return False
            if self.core.differs(target) or chosen_mode is not None:
                await self._async_send(target, chosen_mode)
            else:
                self.core.adopt(target)
                read_back = read_back and not self.core.ack.is_confirmed
        if read_back:
            await self._readings.async_refresh()
            return self.is_available and not self.core.differs(target)
        return True

    async def _async_look(self) -> None:
        """Read the charger before its limit is raised, for a person may have set another one there meanwhile."""
        if self._is_stopped or not self.is_available or not self.core.raises(self.core.command):
            return
        # Not in a group, where that is often, unless the limit is read seldom.
        if self.charger.require(Limiter).read_limit_again() or OF_A_GROUP.isdisjoint(self.claims):
            await self.async_read()

    async def _async_send(self, target: Target, chosen_mode: str | None) -> None:
        core = self.core
        assert core.shown is not None
        now = core.presumed(target)
        core.send(monotonic_s(self._hass), target)
        self._writes.add()
        self._note("sent", target.current_a)
        LOGGER.debug(
            "%s: send %g A, mode %s, phases %s for %s (%s)",
            *(self.entry.title, target.current_a, target.mode, target.phases),
            *(target.source or "its owner", target.reason),
        )
        # Before it is sent: if the reply is lost, the charger may have taken it all the same.
        await self._file.async_before_command(target.current_a)
        self._file.save(soon=True)
        try:
            await async_write(self.charger, target, now, self.async_read, chosen_mode)
        except ChargerError as error:
            self._fail(error, target)
            raise
        finally:
            # What a limit is known by must not be read any more with the old one.
            self._readings.async_keep(soon=True)
            self._watch_retry()
        core.commands.accept(target)
        self._note("accepted", target.current_a)
        if core.ack.tries > _IGNORED_AFTER:
            self._fail(ChargerRefusedError("not_carried_out"), target)
            return
        self._problem.end()
        self._notify()

    async def async_read(self) -> Any:
        """Read the charger, and return the snapshot."""
        await self._readings.async_refresh()
        return self._readings.data

    @callback
    def _fail(self, error: ChargerError, target: Target) -> None:
        self._note("failed", target.current_a, problem=self._problem.begin(error))
        self._notify()

    @callback
    def _changed(self, *, apply: bool) -> None:
        self._watch_end()
        self._notify()
        if apply and self._is_started and self.is_available and self.core.needs(monotonic_s(self._hass)):
            self._apply_soon()

    @callback
    def _apply_soon(self) -> None:
        if self._task is not None and not self._task.done():
            self._apply_again = True
            return
        work = self._async_apply_all()
        # Not before all listeners have seen the reading or the claim: a group may claim something else for it.
        name = f"{self.entry.title} - control"
        self._task = self.entry.async_create_task(self._hass, work, name, eager_start=False)

    async def _async_apply_all(self) -> None:
        while True:
            self._apply_again = False
            try:
                # A group's commands are read back with the next poll: they come too often for one of their own.
                await self.async_apply(read_back=OF_A_GROUP.isdisjoint(self.claims))
            except ChargerError:
                return
            if not self._apply_again or not self.core.needs(monotonic_s(self._hass)):
                return

    @callback
    def _watch_retry(self) -> None:
        """Send again what is not confirmed by then, also when no reading comes in between."""
        if self._is_started:
            self._retry.set_in(self.core.ack.due_in_s(monotonic_s(self._hass)))

    @callback
    def _on_retry(self) -> None:
        self._changed(apply=True)

    @callback
    def _watch_end(self) -> None:
        """Wake up when a limit for a time is over."""
        timed = self.claims.get(Source.TIMED) if self._is_started else None
        self._end_of_limit.set_at(None if timed is None else timed.until)

    @callback
    def _on_end_of_limit(self) -> None:
        if self.core.end_timed(dt_util.utcnow()):
            self._file.save(soon=True)
        self._changed(apply=True)

    @callback
    def _notify(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    # What is counted, stored and reported

    @property
    def writes_today(self) -> int:
        """Return how many commands were sent today."""
        return self._writes.today

    @property
    def daily_writes(self) -> int:
        """Return how many commands a day the charger stands for years."""
        return self.charger.require(Limiter).daily_writes

    def record(self) -> Record:
        """Return what is to be stored."""
        return Record(
            claims=dict(self.claims),
            baseline=self.baseline,
            sent=self.core.sent,
            plugged_in=self.is_plugged_in,
            stored_at=dt_util.utcnow(),
            writes=self._writes.count,
            day=self._writes.day,
        )

    async def async_save(self) -> None:
        """Store at once, as for what a person has set."""
        await self._file.async_save()

    def _note(self, event: str, current_a: float, **details: str) -> None:
        self.decisions.add(event, current_a, self.claims, **details)
