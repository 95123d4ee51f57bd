"""A limit that a person or an automation has set: for a time, or left to a group.

A limit for a time outlives a restart. When its time is over, what was before comes back, unless somebody else has
changed the limit meanwhile. While a group steers the charger nothing is told to the charger: the limit is what the
group may not go beyond, and goes to the charger itself when the group lets go.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later, async_track_point_in_utc_time
from homeassistant.helpers.storage import Store
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .chargers.capabilities import Limiter
from .chargers.charger import Charger
from .chargers.errors import ChargerError, ChargerRefusedError, check_range
from .chargers.types import Load, OwnBalancing
from .const import DOMAIN, LOGGER
from .runtime.errors import error_key
from .steering import Steering

STORAGE_VERSION = 1
# How long a charger that refused, or did not hear, is left in peace.
RETRY_AFTER = timedelta(seconds=60)


class Schedule(Protocol):
    """The schedule of the same charger."""

    async def async_settled(self) -> None:
        """Wait until what it is doing now is done."""

    async def async_replace_owners_limit(self, limit_a: float, before_a: float) -> None:
        """Give back another limit after a window than one that was for a time only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Memory:
    """What outlives a restart; all in A per phase, 0 is a pause."""

    limit_a: float | None = None
    # Until when; None: for good.
    until: datetime | None = None
    # What the charger had before, and what the owner had left to a group before.
    before_a: float | None = None
    earlier_a: float | None = None
    # Whether the charger itself was told, and has shown it since.
    told: bool = False
    confirmed: bool = False
    # What it is still to be told.
    pending_a: float | None = None
    # The last limit that was for good: a charger that is paused does not tell it.
    seen_a: float | None = None


class OwnersLimit:
    """The limit that the owner of one charger has set."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        charger: Charger[Any],
        readings: DataUpdateCoordinator[Any],
        steering: Steering,
        schedule: Schedule | None,
    ) -> None:
        """Know the charger, its readings, and who else has a say; nothing is done yet."""
        self._hass = hass
        self._entry = entry
        self._charger = charger
        self._readings = readings
        self._steering = steering
        self._schedule = schedule
        self._store = _store(hass, entry)
        self._memory = _Memory()
        self._lock = asyncio.Lock()
        self._was_steered = False
        self._away = False
        self._failing = False
        self._stopped = False
        self._cancel_end: CALLBACK_TYPE | None = None
        self._cancel_retry: CALLBACK_TYPE | None = None

    async def async_start(self) -> None:
        """Take up what was stored; a time that was over meanwhile is over now."""
        if stored := await self._store.async_load():
            self._memory = _remembered(stored)
        self._was_steered = self._steering.steered
        self._entry.async_on_unload(self._readings.async_add_listener(self._news))
        self._entry.async_on_unload(self._steering.async_add_listener(self._steering_changed))
        self._entry.async_on_unload(self._stop)
        self._say()
        self._news()

    @callback
    def _stop(self) -> None:
        self._stopped = True
        for cancel in (self._cancel_end, self._cancel_retry):
            if cancel:
                cancel()
        self._cancel_end = self._cancel_retry = None

    @property
    def _limiter(self) -> Limiter[Any]:
        limiter = self._charger.capability(Limiter)
        assert limiter is not None
        return limiter

    def _load(self) -> Load:
        try:
            return self._limiter.load(self._readings.data)
        except ChargerError as error:
            raise ChargerRefusedError("limits_unknown") from error

    # What is asked of it

    def check(self, amps: float) -> None:
        """Raise ChargerRefusedError for a limit that the charger cannot keep; nothing is sent."""
        load = self._load()
        if amps != 0:
            check_range(amps, load.minimum_a, load.maximum_a)

    async def async_set(self, amps: float, duration: timedelta | None) -> None:
        """Limit the charger, or let the group do so; for a time, or until somebody sets another limit."""
        self.check(amps)
        until = None if duration is None else dt_util.utcnow() + duration
        async with self._lock:
            memory = self._memory
            if self._steering.steered:
                earlier_a = memory.limit_a if memory.until is None else memory.earlier_a
                await self._async_remember(
                    replace(
                        memory,
                        limit_a=amps,
                        until=until,
                        earlier_a=None if until is None else earlier_a,
                        pending_a=None,
                    )
                )
            elif until is None:
                await self._limiter.set_limit(amps)
                await self._async_remember(_Memory(seen_a=amps))
            else:
                # Before it is sent: if the reply is lost, the charger may have taken it all the same.
                await self._async_remember(
                    _Memory(
                        limit_a=amps,
                        until=until,
                        before_a=memory.before_a if memory.told else self._found_a(),
                        told=True,
                        seen_a=memory.seen_a,
                    )
                )
                try:
                    await self._limiter.set_limit(amps)
                except ChargerRefusedError:
                    await self._async_remember(memory)
                    raise
        if self._memory.told:
            # One that it had already will be no news.
            self._news()

    async def async_clear(self) -> None:
        """Give back what was before a limit for a time, or before one that was left to a group."""
        async with self._lock:
            if self._memory.limit_a is not None:
                await self._async_end(replace(self._memory, earlier_a=None))

    def _found_a(self) -> float:
        """Return the limit that the charger has of others; of one that is paused, the last that it had."""
        load, memory = self._load(), self._memory
        ours = memory.limit_a is not None and _shows(load.limit_a, memory.limit_a)
        if load.limit_a > 0 and not ours and not self._is_bounded:
            return load.limit_a
        return load.maximum_a if memory.seen_a is None else memory.seen_a

    # What happens

    @callback
    def _say(self) -> None:
        """Tell a group, and wake up when the time is over."""
        if self._cancel_end:
            self._cancel_end()
            self._cancel_end = None
        until = self._memory.until
        if until is not None and not self._stopped:
            # A moment that is over comes at once.
            self._cancel_end = async_track_point_in_utc_time(self._hass, self._over, until)
        self._steering.set_owners_limit(self._memory.limit_a)

    @callback
    def _over(self, _: datetime) -> None:
        self._cancel_end = None
        self._run(self._async_over())

    async def _async_over(self) -> None:
        async with self._lock:
            until = self._memory.until
            if until is not None and until <= dt_util.utcnow():
                await self._async_end(self._memory)
            else:
                # The clock was set back, or somebody has set another meanwhile.
                self._say()
        await self._readings.async_refresh()

    async def _async_end(self, memory: _Memory) -> None:
        """Let what was before hold again."""
        if memory.told:
            back_a = memory.before_a if memory.earlier_a is None else memory.earlier_a
            await self._async_give_back(memory)
            await self._async_remember(_Memory(pending_a=back_a, seen_a=memory.seen_a))
            await self._async_tell()
        else:
            await self._async_remember(
                replace(memory, limit_a=memory.earlier_a, until=None, earlier_a=None, before_a=None)
            )

    async def _async_give_back(self, memory: _Memory) -> None:
        """See to it that a schedule does not take a limit for a time for one that was for good."""
        if self._schedule is not None and memory.limit_a is not None and memory.before_a is not None:
            await self._schedule.async_replace_owners_limit(memory.limit_a, memory.before_a)

    @callback
    def _steering_changed(self) -> None:
        """Leave the limit to a group, or take it back; or go on when a schedule allows it."""
        memory, steered = self._memory, self._steering.steered
        if steered != self._was_steered:
            self._was_steered = steered
            if steered:
                memory = replace(memory, told=False, confirmed=False, pending_a=None)
            elif memory.limit_a is not None:
                memory = replace(memory, told=True, pending_a=memory.limit_a)
                if memory.before_a is None and self._is_known:
                    memory = replace(memory, before_a=self._found_a())
            self._memory = memory
            self._run(self._async_remember(memory))
        self._tell_soon()

    @property
    def _is_bounded(self) -> bool:
        """Return whether what the charger shows may be less than its limit, because somebody else allows less."""
        own = self._charger.own_balancing(self._readings.data)
        return own in (OwnBalancing.ENERGY_METER, OwnBalancing.SUPERVISOR)

    @property
    def _is_known(self) -> bool:
        try:
            self._load()
        except ChargerRefusedError:
            return False
        return True

    @callback
    def _news(self) -> None:
        """Look at what the charger says of its limit."""
        if not self._readings.last_update_success:
            self._away = True
            return
        was_away, self._away = self._away, False
        if self._steering.steered or not self._is_known or self._lock.locked():
            return
        memory, limit_a = self._memory, self._load().limit_a
        if memory.limit_a is None or not memory.told:
            is_free = memory.pending_a is None and self._steering.permit.current_a is None
            if limit_a > 0 and is_free and not self._is_bounded:
                self._memory = replace(memory, seen_a=limit_a)
        elif _shows(limit_a, memory.limit_a):
            if not memory.confirmed:
                self._run(self._async_remember(replace(memory, confirmed=True)))
        elif was_away:
            # It may have restarted, and forgotten.
            self._memory = replace(memory, pending_a=memory.limit_a, confirmed=False)
        elif memory.confirmed and (limit_a > memory.limit_a or (limit_a > 0 and not self._is_bounded)):
            LOGGER.info("Somebody else has changed the limit of %s", self._entry.title)
            self._run(self._async_forget(memory, limit_a))
        self._tell_soon()

    async def _async_forget(self, memory: _Memory, limit_a: float) -> None:
        async with self._lock:
            await self._async_give_back(memory)
            await self._async_remember(_Memory(seen_a=limit_a))

    @callback
    def _tell_soon(self) -> None:
        if self._memory.pending_a is not None and not self._lock.locked() and self._may_tell:
            self._run(self._async_tell_now())

    @property
    def _may_tell(self) -> bool:
        """Return whether the charger may be told now; while its schedule pauses it, a limit could resume it."""
        return (
            not self._steering.steered
            and not self._steering.permit.is_pause
            and self._readings.last_update_success
        )

    async def _async_tell_now(self) -> None:
        async with self._lock:
            await self._async_tell()
        await self._readings.async_refresh()

    async def _async_tell(self) -> None:
        """Tell the charger what it is still to be told."""
        if self._schedule is not None:
            await self._schedule.async_settled()
        memory = self._memory
        if (amps := memory.pending_a) is None or not self._may_tell:
            return
        window_a = self._steering.permit.current_a
        if window_a is not None:
            # What was before a limit for a time is now the window's; what still holds is the smaller of both.
            amps = window_a if memory.limit_a is None else min(amps, window_a)
        try:
            load = self._load()
            amps = min(amps, load.maximum_a)
            if load.limit_a != amps:
                await self._limiter.set_limit(amps)
        except ChargerRefusedError as error:
            LOGGER.warning("%s does not take its limit back: %s", self._entry.title, error.reason)
        except ChargerError as error:
            if not self._failing:
                LOGGER.warning("%s cannot be told its limit: %s", self._entry.title, error_key(error))
            self._failing = True
            if self._cancel_retry:
                self._cancel_retry()
                self._cancel_retry = None
            if not self._stopped:
                self._cancel_retry = async_call_later(self._hass, RETRY_AFTER, self._retry)
            return
        self._failing = False
        await self._async_remember(replace(self._memory, pending_a=None))

    @callback
    def _retry(self, _: datetime) -> None:
        self._cancel_retry = None
        self._tell_soon()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self._entry.async_create_task(self._hass, work)

    async def _async_remember(self, memory: _Memory) -> None:
        self._memory = memory
        self._say()
        await self._store.async_save(_stored(memory))


def _shows(limit_a: float, told_a: float) -> bool:
    """Return whether a charger that shows a limit has the one that it was told, which it may have rounded down."""
    return told_a - 1 < limit_a < told_a + 0.1 if told_a else limit_a == 0


async def async_forget_limit(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Remove what was stored of a charger that was removed."""
    await _store(hass, entry).async_remove()


def _store(hass: HomeAssistant, entry: ConfigEntry) -> Store[dict[str, Any]]:
    return Store(hass, STORAGE_VERSION, f"{DOMAIN}.limit.{entry.entry_id}")


def _stored(memory: _Memory) -> dict[str, Any]:
    return asdict(memory) | {"until": None if memory.until is None else memory.until.isoformat()}


def _remembered(stored: Mapping[str, Any]) -> _Memory:
    """Read what was stored; what makes no sense is as if it had never been."""
    try:
        until = stored["until"]
        return _Memory(
            until=None if until is None else dt_util.as_utc(datetime.fromisoformat(until)),
            told=stored["told"] is True,
            confirmed=stored["confirmed"] is True,
            **{
                key: None if stored[key] is None else float(stored[key])
                for key in ("limit_a", "before_a", "earlier_a", "pending_a", "seen_a")
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        LOGGER.warning("A stored limit cannot be read (%s) and is dropped", type(error).__name__)
        return _Memory()
