"""An EVNEX ACI behind the Particle cloud.

It streams eight values every 3 s and takes three settings, of which it shows only the current limit. So its mode is the
one set last from here, unless its state contradicts that; its energy is summed up from its power.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
import math
from typing import Any, NamedTuple, override

from aiohttp import ClientSession

from ..capabilities import ChargingSwitch, EnergyMeter, HardwareLimiter, Limiter, Memory, ModeSwitch
from ..charger import Charger
from ..clock import Attempts, Clock
from ..errors import (
    ChargerMismatchError,
    ChargerNoReplyError,
    ChargerOfflineError,
    ChargerProtocolError,
    ChargerRateLimitError,
    ChargerRefusedError,
    ChargerUnreachableError,
    check_range,
)
from ..types import Identity, Load, OwnBalancing, SessionReading, Status
from ..wire import number, word
from .client import ParticleCloud
from .energy import EnergySum
from .models import (
    EVENT,
    FUNCTION,
    MAXIMUM_A,
    MINIMUM_A,
    MODES,
    UNKNOWN,
    EvnexState,
    Mode,
    ParticleDevice,
    device_from_wire,
    event_from_wire,
    mode_after,
    report,
)

# It publishes an event every 3 s. After a minute without one, the last one is stale.
SILENT_S = 60.0
# Three events long.
JUST_NOW_S = 9.0
# How often to ask the cloud for a charger that is offline; its first event arrives at once.
GONE_S = 300.0
# For so long after a command an event may still show what was set before.
SETTLE_S = 10.0
# How long to wait for the event that shows the effect of a command.
ECHO_S = 5.0
# An event is newer than a reply if it was published so much later: the smallest delay of an event is part of that.
NEWER_S = 1.0
# Events may come twice or late, but not later than this.
LATE_S = 300.0
# A time further ahead of what is due counts once the next event goes on from there.
AHEAD_S = 10.0


class _Moment(NamedTuple):
    """When an event was published, and when it arrived by our clock."""

    at_s: float
    arrived_s: float

    def lead_s(self, earlier: _Moment) -> float:
        """Return by how much it is ahead of what is due after an earlier one."""
        return (self.at_s - earlier.at_s) - (self.arrived_s - earlier.arrived_s)


class Evnex(
    Charger[EvnexState],
    Limiter[EvnexState],
    ChargingSwitch[EvnexState],
    ModeSwitch[EvnexState],
    EnergyMeter[EvnexState],
    HardwareLimiter,
    Memory,
):
    """One ACI of an account, on a circuit that carries so many amperes per phase."""

    def __init__(
        self,
        session: ClientSession,
        url: str,
        access_token: str,
        *,
        serial: str,
        circuit_limit_a: float,
        clock: Clock | None = None,
    ) -> None:
        """Create it; nothing is sent yet."""
        self._serial = serial
        self._circuit_limit_a = circuit_limit_a
        self._clock = clock or Clock()
        self._cloud = ParticleCloud(session, url, access_token, clock=self._clock)
        self._attempts = Attempts(self._clock)
        self._shown = UNKNOWN
        self._energy = EnergySum()
        # When the event arrived that was counted last, and one whose time is too far ahead to be counted alone.
        self._counted_s = 0.0
        self._ahead: tuple[_Moment, EvnexState] | None = None
        # When the last event arrived, or the first stream was opened; None: no stream was opened yet.
        self._last_event_s: float | None = None
        # When the last event was published, by our clock, less the smallest delay seen so far.
        self._published_s = -math.inf
        self._smallest_delay_s = math.inf
        self._event_arrived = asyncio.Event()
        self._is_listening = False
        self._mode: Mode | None = None
        # The mode to go back to when it is enabled again.
        self._active_mode: Mode | None = None
        self._mode_sent_s = -math.inf
        self._firmware: str | None = None
        self._raw_device: object = None
        self._raw_event: object = None

    @override
    async def identify(self) -> Identity:
        return (await self._device()).identity

    @override
    async def fetch(self) -> EvnexState:
        """GET the device, which shows whether it is online, and return the state after its last event.

        Raises ChargerOfflineError if the cloud does not have it, or no event arrived for a minute. A cloud that
        cannot answer does not make a charger unreachable whose event has just arrived.
        """
        silent_s = 0.0 if self._last_event_s is None else self._clock.monotonic() - self._last_event_s
        try:
            device = await self._device()
        except ChargerUnreachableError:
            if self._raw_event is None or silent_s > JUST_NOW_S:
                raise
            return self._state()
        if not device.connected:
            raise ChargerOfflineError("not connected", retry_after_s=GONE_S)
        if silent_s > SILENT_S:
            raise ChargerOfflineError("no events", retry_after_s=GONE_S)
        return self._state()

    @override
    async def stream(self) -> AsyncGenerator[EvnexState]:
        """Listen to ACIData; what comes in one piece makes one snapshot, however many events it is.

        Signs of life of the cloud alone do not prove that the charger lives, nor that its events would arrive: a
        stream without any is given up when it is time for another attempt.
        """
        await self._attempts.begin()
        quiet_since_s = self._clock.monotonic()
        if self._last_event_s is None:
            self._last_event_s = quiet_since_s
        try:
            async with aclosing(self._cloud.events(self._serial, EVENT)) as pieces:
                async for events in pieces:
                    self._is_listening = True
                    are_new = [self._take(event.data) for event in events if event.type == EVENT]
                    if any(are_new):
                        quiet_since_s = self._clock.monotonic()
                        yield self._state()
                    elif self._clock.monotonic() - quiet_since_s > SILENT_S and not self._attempts.due_in_s:
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
            raise ChargerMismatchError
        self._firmware = device.firmware or self._firmware
        return device

    def _state(self) -> EvnexState:
        return replace(
            self._shown,
            circuit_limit_a=self._circuit_limit_a,
            firmware=self._firmware,
            mode=self._mode,
            # Tenths of a watt-hour would change the state every 3 s even while a car only keeps warm.
            session_energy_wh=float(round(self._energy.session_wh)),
            total_energy_wh=float(round(self._energy.total_wh)),
        )

    def _take(self, data: str) -> bool:
        """Take an event; return whether it is a new one of this charger."""
        event = event_from_wire(data, self._serial, self._circuit_limit_a)
        if event is None:
            return False
        now_s = self._clock.monotonic()
        published_s = -math.inf
        if event.published_at is None:
            # By the clock of the cloud, of which ours may differ.
            due_s = now_s if self._energy.at_s is None else self._energy.at_s + now_s - self._counted_s
            self._count(_Moment(due_s, now_s), event.state)
        else:
            moment = _Moment(event.published_at.timestamp(), now_s)
            if self._is_old(moment):
                return False
            if self._believes(moment, event.state):
                self._count(moment, event.state)
                delay_s = now_s - moment.at_s
                # After a clock that was set, the smallest delay is another one.
                is_reset = abs(delay_s - self._smallest_delay_s) > LATE_S
                self._smallest_delay_s = delay_s if is_reset else min(self._smallest_delay_s, delay_s)
                published_s = moment.at_s + self._smallest_delay_s
        self._raw_event = data
        self._shown = event.state
        self._published_s = published_s
        self._last_event_s = now_s
        if self._last_event_s - self._mode_sent_s > SETTLE_S:
            self._mode = mode_after(self._mode, event.state.stage)
        self._attempts.succeeded()
        self._event_arrived.set()
        return True

    def _is_old(self, moment: _Moment) -> bool:
        """Return whether an event came twice, or after a newer one that counts."""
        if self._ahead is not None and self._ahead[0].at_s == moment.at_s:
            return True
        # A clock that was set back by more than that has been set right.
        return self._energy.at_s is not None and 0 <= self._energy.at_s - moment.at_s <= LATE_S

    def _believes(self, moment: _Moment, state: EvnexState) -> bool:
        """Return whether the time of an event counts: it is due, or goes on from the one before.

        A wrong time that counted would make all events late that follow, until it has come. Of one that is not wrong,
        such as that of the first event, nothing is lost: it is counted with the next.
        """
        before, self._ahead = self._ahead, None
        counted_s = self._energy.at_s
        if counted_s is not None and moment.lead_s(_Moment(counted_s, self._counted_s)) <= AHEAD_S:
            return True
        if before is not None and moment.at_s > before[0].at_s and moment.lead_s(before[0]) <= AHEAD_S:
            self._count(*before)
            return True
        self._ahead = (moment, state)
        return False

    def _count(self, moment: _Moment, state: EvnexState) -> None:
        self._energy = self._energy.after(moment.at_s, state.power_w, state.plugged_in)
        self._counted_s = moment.arrived_s

    # What the wire does not show

    def keep(self) -> Mapping[str, Any]:
        """Return the mode and the energy, as JSON would have it."""
        return {
            "mode": self._mode,
            "active_mode": self._active_mode,
            "total_energy_wh": self._energy.total_wh,
            "session_energy_wh": self._energy.session_wh,
            "plugged_in": self._energy.plugged_in,
        }

    def recall(self, kept: Mapping[str, Any]) -> None:
        """Restore what was stored: the energy goes on from there, without what was drawn meanwhile."""
        plugged_in = kept.get("plugged_in")
        self._mode = word(kept.get("mode"), MODES)
        self._active_mode = word(kept.get("active_mode"), MODES)
        self._energy = EnergySum(
            total_wh=number(kept.get("total_energy_wh"), 0, math.inf) or 0.0,
            session_wh=number(kept.get("session_energy_wh"), 0, math.inf) or 0.0,
            plugged_in=plugged_in if isinstance(plugged_in, bool) else None,
        )

    def energy_wh(self, state: EvnexState) -> float | None:
        """Return the energy estimated from its power since it was added, in Wh."""
        return state.total_energy_wh

    def session_reading(self, state: EvnexState) -> SessionReading:
        """Return what it shows of the session, with the energy that is summed up here.

        Not that of its session, which proves no exchange of cars that the plug does not show.
        """
        return SessionReading(
            plugged_in=state.plugged_in,
            power_w=state.power_w,
            total_wh=state.total_energy_wh,
            is_estimated=True,
        )

    # Current

    @property
    def daily_writes(self) -> int:
        """Return 100: each is a configuration over the cloud. Not known: whether the charger keeps it in flash."""
        return 100

    @override
    def own_balancing(self, state: EvnexState) -> OwnBalancing | None:
        return OwnBalancing.OCPP if state.mode is Mode.OCPP else None

    def load(self, state: EvnexState) -> Load:
        """Return what it may draw; ChargerProtocolError before the first event."""
        if state.current_limit_a is None:
            raise ChargerProtocolError("no current limit")
        return Load(
            status=state.status,
            limit_a=0.0 if state.may_charge is False else state.current_limit_a,
            minimum_a=MINIMUM_A,
            maximum_a=self._circuit_limit_a,
            set_a=state.current_limit_a,
            hides_car=state.status is Status.PAUSED,
            # The event shows neither which phases are wired nor the current of each.
            phases=(1, 2, 3),
        )

    async def set_limit(self, amps: float) -> None:
        """Set the dynamic limit, 6 A to what the circuit carries, rounded down; the event shows it as ISET."""
        check_range(amps, MINIMUM_A, self._circuit_limit_a, "A")
        value, before_a = math.floor(amps + 1e-6), self._shown.current_limit_a
        await self._set("CURRENT", value, lambda state: value != before_a == state.current_limit_a)

    async def set_hardware_limit(self, amps: float) -> None:
        """Set what its hardware carries, 6 to 80 A; the wire does not show it. Too much can set fire to a house."""
        check_range(amps, MINIMUM_A, MAXIMUM_A, "A")
        await self._set("MAXCURRENT", math.floor(amps + 1e-6))

    # Mode

    def allows_charging(self, state: EvnexState) -> bool | None:
        """Return whether it is not disabled, as far as that is known."""
        return state.may_charge

    async def set_charging(self, on: bool) -> None:
        """Enable it in the mode that it had before, or disable it."""
        await self.set_mode((self._active_mode or Mode.ENABLED) if on else Mode.DISABLED)

    @override
    def with_status(self, state: EvnexState, status: Status) -> EvnexState:
        return replace(state, found_status=status)

    def modes(self, state: EvnexState) -> tuple[Mode, ...]:
        """Return all modes but the one that forbids charging."""
        return (Mode.ENABLED, Mode.TIMER, Mode.OCPP)

    def mode(self, state: EvnexState) -> Mode | None:
        """Return the mode that was set last, or would be set when it is enabled; the event does not show it."""
        return self._active_mode or Mode.ENABLED

    async def set_mode(self, mode: str) -> None:
        """Set the mode; in OCPP mode the charger takes commands from its OCPP server only."""
        mode = Mode(mode)
        self._mode_sent_s = self._clock.monotonic()
        try:
            await self._set("MODE", mode.wire, lambda state: state.shows_other(mode))
        except ChargerNoReplyError:
            self._mode = None
            raise
        self._mode_sent_s = self._clock.monotonic()
        self._mode = mode
        if mode is not Mode.DISABLED:
            self._active_mode = mode

    async def _set(
        self, name: str, value: int, is_unchanged: Callable[[EvnexState], bool] = lambda _: False
    ) -> None:
        """Call setConfig and wait for the event that shows the effect.

        Raises ChargerRefusedError if an event that is newer than the reply shows that nothing has changed. Without
        such an event the command counts as carried out.
        """
        await self._cloud.call(self._serial, FUNCTION, f"{name},{value}")
        replied_s = self._clock.monotonic()
        try:
            async with asyncio.timeout(ECHO_S):
                while self._is_listening:
                    self._event_arrived.clear()
                    await self._event_arrived.wait()
                    if not is_unchanged(self._shown):
                        return
                    if self._published_s > replied_s + NEWER_S:
                        raise ChargerRefusedError("not_carried_out")
        except TimeoutError:
            return
