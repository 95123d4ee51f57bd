"""An EVNEX ACI behind the Particle cloud: what it streams, what it is told, and what it never tells.

It streams eight values every 3 s and takes three settings, of which it shows only the current limit again. So its
mode is what was set last from here, unless its state contradicts that; its energy is summed up from its power.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
import math
import random
import time
from typing import Any, override

from aiohttp import ClientSession

from ..capabilities import ChargingSwitch, EnergyMeter, HardwareLimiter, Limiter, Memory
from ..charger import Charger
from ..errors import (
    ChargerNoReplyError,
    ChargerOfflineError,
    ChargerProtocolError,
    ChargerRateLimitError,
    ChargerUnreachableError,
    check_range,
)
from ..types import Identity, Load, OwnBalancing
from ..wire import number
from .client import ParticleCloud
from .energy import EnergySum
from .models import (
    EVENT,
    FUNCTION,
    EvnexState,
    Mode,
    ParticleDevice,
    Reading,
    Stage,
    believed,
    device_from_wire,
    mode_from_word,
    reading_from_wire,
    report,
)

# What setConfig takes, by the J1772 standard.
MINIMUM_A = 6.0
MAXIMUM_A = 80.0

# It tells its state every 3 s. After a minute without, what it said last is no longer true.
SILENT_S = 60.0
# Three events long.
JUST_NOW_S = 9.0
# How often to ask the cloud for a charger that is not there; its first event is heard at once.
GONE_S = 300.0
# An event that says what was set before may still be under way.
SETTLE_S = 10.0
# How long to wait for the event that shows what a command has changed.
ECHO_S = 5.0
# Events may come twice or late, but not later than this.
LATE_S = 300.0

FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 300.0
JITTER = 0.2


class _Attempts:
    """Spaces attempts to listen: further and further apart, until something is heard."""

    def __init__(self) -> None:
        self._pause_s = 0.0
        self._due = -math.inf

    @property
    def due_in_s(self) -> float:
        """Return how long it is until the next one may begin."""
        return max(0.0, self._due - time.monotonic())

    async def begin(self) -> None:
        """Wait until another attempt may begin, and count it."""
        await asyncio.sleep(self.due_in_s)
        self._pause_s = min(max(FIRST_PAUSE_S, 2 * self._pause_s), LONGEST_PAUSE_S)
        self._next()

    def succeeded(self) -> None:
        """Begin again with the shortest pause."""
        self._pause_s = FIRST_PAUSE_S
        self._next()

    def hold(self, pause_s: float) -> None:
        """Leave the cloud alone for so long."""
        self._due = max(self._due, time.monotonic() + pause_s)

    def _next(self) -> None:
        # So that not all who lost the same cloud come back to it in the same moment.
        self._due = time.monotonic() + self._pause_s * random.uniform(1 - JITTER, 1 + JITTER)


class Evnex(
    Charger[EvnexState],
    Limiter[EvnexState],
    ChargingSwitch[EvnexState],
    EnergyMeter[EvnexState],
    HardwareLimiter,
    Memory,
):
    """One ACI of an account, on a circuit that carries so many amperes per phase."""

    def __init__(
        self, session: ClientSession, url: str, access_token: str, *, serial: str, circuit_limit_a: float
    ) -> None:
        """Remember where it is; nothing is sent yet."""
        self._cloud = ParticleCloud(session, url, access_token)
        self._serial = serial
        self._circuit_limit_a = circuit_limit_a
        self._attempts = _Attempts()
        self._reading = Reading()
        self._energy = EnergySum()
        # When it was last heard, or when we began to listen; None: nobody listens yet.
        self._heard_at: float | None = None
        self._news = asyncio.Event()
        self._is_listening = False
        self._mode: Mode | None = None
        # What it goes back to when it is enabled again, and when a limit of 0 is over.
        self._active_mode: Mode | None = None
        self._resume_mode: Mode | None = None
        self._mode_sent_at = -math.inf
        self._raw_device: object = None
        self._raw_event: object = None

    # What it is and says

    @override
    async def identify(self) -> Identity:
        return (await self._device()).identity

    @override
    async def fetch(self) -> EvnexState:
        """GET the device, which tells whether it is there, and return what it said last.

        Raises ChargerOfflineError if the cloud does not have it, or nothing was heard of it for a minute. A cloud
        that cannot answer does not make a charger unreachable that was heard just now.
        """
        silent_s = 0.0 if self._heard_at is None else time.monotonic() - self._heard_at
        try:
            device = await self._device()
        except ChargerUnreachableError:
            if self._raw_event is None or silent_s > JUST_NOW_S:
                raise
            return self._state()
        if not device.connected:
            raise ChargerOfflineError("not connected", retry_after_s=GONE_S)
        if silent_s > SILENT_S:
            raise ChargerOfflineError("says nothing", retry_after_s=GONE_S)
        return self._state()

    @override
    async def stream(self) -> AsyncGenerator[EvnexState]:
        """Listen to ACIData; what comes in one piece makes one snapshot, however many events it is.

        Signs of life of the cloud alone do not prove that the charger lives, nor that its events would arrive: a
        stream without any is given up when it is time for another attempt.
        """
        await self._attempts.begin()
        quiet_since = time.monotonic()
        if self._heard_at is None:
            self._heard_at = quiet_since
        try:
            async with aclosing(self._cloud.events(self._serial, EVENT)) as pieces:
                async for events in pieces:
                    self._is_listening = True
                    news = [self._take(event.data) for event in events if event.type == EVENT]
                    if any(news):
                        quiet_since = time.monotonic()
                        yield self._state()
                    elif time.monotonic() - quiet_since > SILENT_S and not self._attempts.due_in_s:
                        raise ChargerOfflineError("silent stream")
        except ChargerRateLimitError as error:
            self._attempts.hold(error.retry_after_s or 0.0)
            raise
        finally:
            self._is_listening = False
        raise ChargerOfflineError("stream ended")

    @override
    def report(self) -> Mapping[str, object]:
        return {"device": report(self._raw_device), EVENT: report(self._raw_event)}

    async def _device(self) -> ParticleDevice:
        self._raw_device = await self._cloud.device(self._serial)
        device = device_from_wire(self._raw_device)
        if device.serial.lower() != self._serial.lower():
            raise ChargerProtocolError("another device answers")
        return device

    def _state(self) -> EvnexState:
        reading, energy = self._reading, self._energy
        return EvnexState(
            circuit_limit_a=self._circuit_limit_a,
            mode=self._mode,
            stage=reading.stage,
            plugged_in=reading.plugged_in,
            current_limit_a=reading.current_limit_a,
            power_w=reading.power_w,
            # Tenths of a watt-hour would be news every 3 s even while a car only keeps warm.
            session_energy_wh=float(round(energy.session_wh)),
            total_energy_wh=float(round(energy.total_wh)),
            temperature_c=reading.temperature_c,
            input_v=reading.input_v,
            free_memory_bytes=reading.free_memory_bytes,
            wifi_signal_dbm=reading.wifi_signal_dbm,
            ip_address=reading.ip_address,
        )

    def _take(self, data: str) -> bool:
        """Take an event; return whether it is news."""
        reading = reading_from_wire(data, self._serial)
        if reading is None:
            return False
        at_s = time.time()
        if reading.published_at is not None:
            at_s = reading.published_at.timestamp()
            # A clock that was set back by more than that has been set right.
            if self._energy.at_s is not None and 0 <= self._energy.at_s - at_s <= LATE_S:
                return False
        self._raw_event = data
        self._reading = reading
        self._energy = self._energy.after(at_s, reading.power_w, reading.plugged_in)
        self._heard_at = time.monotonic()
        if self._heard_at - self._mode_sent_at > SETTLE_S:
            self._mode = believed(self._mode, reading.stage)
            if reading.stage not in (None, Stage.DISABLED):
                # Somebody else has enabled it.
                self._resume_mode = None
        self._attempts.succeeded()
        self._news.set()
        return True

    # What it does not tell

    def keep(self) -> Mapping[str, Any]:
        """Return the mode and the energy, as JSON would have it."""
        return {
            "mode": self._mode,
            "active_mode": self._active_mode,
            "resume_mode": self._resume_mode,
            "total_energy_wh": self._energy.total_wh,
            "session_energy_wh": self._energy.session_wh,
            "plugged_in": self._energy.plugged_in,
        }

    def recall(self, kept: Mapping[str, Any]) -> None:
        """Take up what was kept: the energy goes on from there, without what was drawn meanwhile."""
        plugged_in = kept.get("plugged_in")
        self._mode = mode_from_word(kept.get("mode"))
        self._active_mode = mode_from_word(kept.get("active_mode"))
        self._resume_mode = mode_from_word(kept.get("resume_mode"))
        self._energy = EnergySum(
            total_wh=number(kept.get("total_energy_wh"), 0, math.inf) or 0.0,
            session_wh=number(kept.get("session_energy_wh"), 0, math.inf) or 0.0,
            plugged_in=plugged_in if isinstance(plugged_in, bool) else None,
        )

    # Limiter

    @property
    def daily_writes(self) -> int:
        """Return 100: each is a configuration over the cloud, and nobody knows whether the charger keeps it in flash."""
        return 100

    @override
    def own_balancing(self, state: EvnexState) -> OwnBalancing | None:
        return OwnBalancing.OCPP if state.mode is Mode.OCPP else None

    def load(self, state: EvnexState) -> Load:
        """Return what it may draw; ChargerProtocolError while nothing was heard of it."""
        if state.current_limit_a is None:
            raise ChargerProtocolError("no current limit")
        return Load(
            status=state.status,
            limit_a=0.0 if state.may_charge is False else state.current_limit_a,
            minimum_a=MINIMUM_A,
            maximum_a=self._circuit_limit_a,
            # It does not say which ones, nor how much flows on each.
            phases=(1, 2, 3),
        )

    async def set_limit(self, amps: float) -> None:
        """Allow so many amperes per phase, rounded down; 0 disables, and what 0 has disabled is enabled again.

        A limit below 6 A is never sent. What a person has disabled stays so, and so does what was already disabled
        when nothing was known of it.
        """
        if self._mode is not None and self._heard_at is not None and self._mode_sent_at > self._heard_at:
            # What it said last was before it was told.
            is_disabled, may_charge = self._mode is Mode.DISABLED, self._mode is not Mode.DISABLED
        else:
            is_disabled = self._reading.stage is Stage.DISABLED
            may_charge = self._state().may_charge is True
        if amps == 0:
            if self._resume_mode is None and not is_disabled and may_charge:
                self._resume_mode = self._mode or self._active_mode or Mode.ENABLED
            if not is_disabled:
                await self._set_mode(Mode.DISABLED)
            return
        await self.set_current_limit(amps)
        if self._resume_mode is not None:
            await self._set_mode(self._resume_mode)
            self._resume_mode = None

    async def set_current_limit(self, amps: float) -> None:
        """Set the dynamic limit, 6 A to what the circuit carries, rounded down; shown again as ISET."""
        check_range(amps, MINIMUM_A, self._circuit_limit_a)
        await self._set("CURRENT", math.floor(amps + 1e-6))

    # Mode

    async def set_mode(self, mode: Mode) -> None:
        """Set the mode; in OCPP mode the charger listens to its OCPP server only."""
        self._resume_mode = None
        await self._set_mode(mode)

    @override
    def waiting_for_schedule(self, state: EvnexState) -> EvnexState:
        return replace(state, waits_for_schedule=True)

    def allows_charging(self, state: EvnexState) -> bool | None:
        """Return whether it is not disabled, as far as that is known."""
        return state.may_charge

    def energy_wh(self, state: EvnexState) -> float | None:
        """Return what has been estimated from its power in its life, in Wh."""
        return state.total_energy_wh

    async def set_charging(self, on: bool) -> None:
        """Enable it in the mode that it had before, or disable it."""
        await self.set_mode((self._active_mode or Mode.ENABLED) if on else Mode.DISABLED)

    async def _set_mode(self, mode: Mode) -> None:
        self._mode_sent_at = time.monotonic()
        try:
            await self._set("MODE", mode.wire)
        except ChargerNoReplyError:
            self._mode = None
            raise
        self._mode_sent_at = time.monotonic()
        self._mode = mode
        if mode is not Mode.DISABLED:
            self._active_mode = mode

    # Hardware

    async def set_hardware_limit(self, amps: float) -> None:
        """Tell it what its hardware carries, 6 to 80 A. Too much can set fire to a house."""
        check_range(amps, MINIMUM_A, MAXIMUM_A)
        await self._set("MAXCURRENT", math.floor(amps + 1e-6))

    async def _set(self, name: str, value: int) -> None:
        """Call setConfig, and wait for the next event, which shows what has become of it."""
        await self._cloud.call(self._serial, FUNCTION, f"{name},{value}")
        if self._is_listening:
            self._news.clear()
            try:
                async with asyncio.timeout(ECHO_S):
                    await self._news.wait()
            except TimeoutError:
                # It was told; what it shows later is not this command's matter.
                pass
