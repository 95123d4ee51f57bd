"""A PSP EVSE on the wire: its commands, and how it refuses them.

Bodies are JSON. A refusal comes with status 200 and a text for each key; see `_REPLY_REFUSALS`. Settings are read back,
because the replies to them are not documented.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
import math
import re
from typing import Any, override

from aiohttp import ClientSession

from ..capabilities import (
    AccessPoint,
    ChargingSwitch,
    EnergyMeter,
    Limiter,
    PhaseSwitch,
    PowerBudget,
    Resetter,
)
from ..charger import Charger
from ..clock import Clock
from ..errors import (
    ChargerError,
    ChargerProtocolError,
    ChargerRefusedError,
    ChargerUnreachableError,
    check_range,
)
from ..http import JsonHttp, parsed
from ..settings import Configurable, Setting, WireValue, is_set
from ..types import Identity, Load, OwnBalancing, SessionReading, Shortage
from .models import (
    CONFIG,
    INFO,
    MINIMUM_A,
    STATUS,
    SUPPLY_MAXIMUM_W,
    WATTS_PER_AMPERE,
    ControlStrategy,
    Fault,
    MeterType,
    PspState,
    report,
)
from .settings import METER2_ADDRESS, METER2_TYPE, complete
from .webapi import WebApi

_CONTROL = "EvseCtrl"
_START, _BOOST = "ChargeStartToggle", "ChargeBoostToggle"
_UPDATE_CHECK, _UPDATE_RUN = "UpdateCheckToggle", "UpdateRunToggle"
# A collision of two clients ends with one of them done, so a few attempts are enough for a few clients.
_MOST_TOGGLES = 4
# For how long a command whose reply was lost may still be carried out.
_SETTLE_S = 1.0
# While it looks for firmware or installs it, its update message shows the progress.
_UPDATING_S = 120.0
_SET = re.compile(r"set\s*=>\s*(true|false)", re.IGNORECASE)

_NOT_ALLOWED_REFUSALS = {
    "ChargeStartToggle": "start_stop_not_allowed",
    "ChargeBoostToggle": "boost_not_allowed",
    "UpdateCheckToggle": "update_check_not_allowed",
    "UpdateRunToggle": "update_not_allowed",
}
_REPLY_REFUSALS = {"no action": "no_action", "supervisor ip not set": "supervisor_not_set"}


class PspEvse(
    Charger[PspState],
    Limiter[PspState],
    ChargingSwitch[PspState],
    PhaseSwitch[PspState],
    EnergyMeter[PspState],
    Resetter,
    AccessPoint,
    PowerBudget,
    Configurable[PspState],
):
    """One controller at a host and port, optionally the one with this serial (its MAC address) and no other."""

    def __init__(
        self,
        session: ClientSession,
        host: str,
        port: int,
        *,
        serial: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Store its address; nothing is sent yet."""
        # Not known: whether it bears a connection that is kept; its toggles must not be sent twice.
        self._http = JsonHttp(session, host, port)
        self._clock = clock or Clock()
        self._api = WebApi(self._http, serial, self._clock)
        self._updating_until = -math.inf
        self._commands = asyncio.Lock()
        # The limit that was last sent as a power, per phase.
        self._power_limit_a: float | None = None
        # Whether this machine is its supervisor, if it has one; until it refuses a power, that is assumed.
        self._is_supervisor = True

    @override
    async def identify(self) -> Identity:
        return (await self._read(INFO)).identity

    @override
    async def fetch(self) -> PspState:
        await self._api.refresh()
        if self._clock.monotonic() < self._updating_until:
            await self._api.read(INFO)
        return self._api.state

    @override
    def report(self) -> Mapping[str, object]:
        return {resource: report(answer) for resource, answer in self._api.answers.items()}

    @override
    def restarted(self, before: PspState, after: PspState) -> bool:
        return None not in (before.started_at, after.started_at) and before.started_at != after.started_at

    @override
    def started_at(self, state: PspState) -> datetime | None:
        return state.started_at

    @override
    def own_balancing(self, state: PspState) -> OwnBalancing | None:
        if state.is_supervised:
            return None if self._is_supervisor else OwnBalancing.SUPERVISOR
        limits_power = state.control_strategy is ControlStrategy.LIMIT_POWER
        return OwnBalancing.CONTROL_STRATEGY if limits_power else None

    @override
    def shortage(self, state: PspState) -> Shortage | None:
        is_refused = state.is_supervised and not self._is_supervisor
        return Shortage.SUPERVISION if is_refused else None

    # Limiter

    @property
    def daily_writes(self) -> int:
        """Return 1000 while limits are sent as a power, which is made to change; else 30, for a setting.

        Not known: whether settings are kept in flash; the 100,000 writes that flash endures are 30 a day for nine years.
        """
        return 1000 if self._api.state.is_supervised and self._is_supervisor else 30

    def load(self, state: PspState) -> Load:
        """Return what the charger may draw; ChargerProtocolError if its charge current is not known."""
        if state.limit_a is None:
            raise ChargerProtocolError("no charge current")
        # Where the phases are not known, it is taken to draw on all three.
        drawing = 1 if state.phases == 1 else 3
        # A fault may be a relay that does not open.
        drawn_a = 0.0 if state.charging is False and state.fault is Fault.NONE else state.current_a
        return Load(
            status=state.status,
            limit_a=0.0 if state.allows_charging is False else state.limit_a,
            minimum_a=MINIMUM_A,
            maximum_a=state.maximum_a,
            # Beside another supervisor it shows what that one leaves.
            set_a=None if self.own_balancing(state) is OwnBalancing.SUPERVISOR else state.limit_a or None,
            shows_pause=state.plugged_in is not False or state.is_supervised,
            phases=tuple(range(1, drawing + 1)),
            drawn_a=None
            if drawn_a is None or state.charging is None
            else (drawn_a,) * drawing + (0.0,) * (3 - drawing),
        )

    @override
    def read_limit_again(self) -> bool:
        """Return True: the charge current is a setting, which is not read with every snapshot."""
        self._api.forget(CONFIG)
        return True

    async def set_limit(self, amps: float) -> None:
        """Allow so many whole amperes per phase, rounded down; a boost is ended, because it would exceed the limit.

        While this machine is its supervisor, the limit is sent as the power of as many phases as it charges on, which ends
        a pause by 0 W; otherwise as the charge current. Not known: whether the charger keeps its charge current in flash;
        it is written only when it differs, and must not be changed periodically.
        """
        check_range(amps, MINIMUM_A, self._api.state.maximum_a, "A")
        amps = math.floor(amps + 1e-6)
        if not await self._set_power_limit(amps):
            await self._configure({"ChargeCurrent": int(amps)})
            await self._api.read(STATUS)
        if self._api.state.boosted:
            await self._toggle(_BOOST, wanted=False)

    async def _set_power_limit(self, amps: float, phases: int | None = None) -> bool:
        """Send a limit per phase as a power; return whether this machine is the supervisor.

        It is the power of so many phases, by default of those it charges on; of one if they are not known, so that the
        current on one phase never exceeds the limit.
        """
        if not self._api.state.is_supervised:
            return False
        phases = phases or (await self._read(STATUS)).phases or 1
        try:
            # A product that is whole except for its last binary digit must not lose a watt.
            await self.set_available_power(amps * phases * WATTS_PER_AMPERE + 1e-6)
        except ChargerRefusedError:
            if self._is_supervisor:
                raise
            return False
        self._power_limit_a = amps
        return True

    # Session

    def allows_charging(self, state: PspState) -> bool | None:
        """Return whether a car may charge; None: not known."""
        return state.allows_charging

    async def set_charging(self, on: bool) -> None:
        """Allow a car to charge, or pause it.

        While this machine is its supervisor, 0 W pauses it, with a car or without, and its session goes on; 0 W hides the
        limit of before, so that without a new one it gives way to the minimum. Otherwise its session is started or
        stopped; without a car there is none, so nothing is sent, and the next one may begin by itself.
        """
        if not on and await self._set_power_limit(0):
            return
        if on and self._api.state.is_supervised and (await self._read(STATUS)).paused_by_power:
            await self._set_power_limit(MINIMUM_A)
        await self._toggle(_START, wanted=on)

    async def set_boost(self, on: bool) -> None:
        """Charge with the boost current, or with the charge current again."""
        await self._toggle(_BOOST, wanted=on)

    async def _toggle(self, key: str, *, wanted: bool) -> None:
        """Toggle a switch that is not as wanted; the state is read before each toggle, because two cancel each other.

        The reply contains the result. Where two clients toggle at the same moment, the second toggle undoes the first;
        its client sees that in the reply and reads again, and the other one is done. So they do not undo each other
        for ever.
        """
        async with self._commands:
            problem: ChargerError = ChargerRefusedError("toggled_meanwhile")
            sent = 0
            while True:
                state = await self._read(STATUS)
                is_on, allowed = _switch(key, state)
                if is_on is wanted or (key == _START and state.plugged_in is False):
                    return
                if sent == _MOST_TOGGLES:
                    raise problem
                if is_on is None:
                    raise ChargerRefusedError("session_unknown")
                if allowed is False:
                    raise ChargerRefusedError(_NOT_ALLOWED_REFUSALS[key])
                sent += 1
                try:
                    if await self._send_toggle(key) is wanted:
                        return
                except ChargerUnreachableError as error:
                    problem = error
                    await self._clock.sleep(_SETTLE_S)
                except ChargerProtocolError as error:
                    # It may have been carried out, so it is not sent again.
                    problem, sent = error, _MOST_TOGGLES

    async def _send_toggle(self, key: str) -> bool:
        """Send one toggle and return the result, True for on."""
        answer = _accepted(await self._api.post(_CONTROL, {key: True}, once=True), key)
        if (found := _SET.fullmatch(answer)) is None:
            raise ChargerProtocolError("unknown reply to a toggle")
        return found[1].lower() == "true"

    def energy_wh(self, state: PspState) -> float | None:
        """Return the energy of this session, in Wh."""
        return state.session_energy_wh

    def session_reading(self, state: PspState) -> SessionReading:
        """Return what it shows of the session; not known: whether its first meter counts only what the car draws."""
        return SessionReading(
            plugged_in=state.plugged_in,
            power_w=state.power_w,
            session_wh=state.session_energy_wh,
            phases=state.phases,
        )

    # Power from a supervisor

    def check_available_power(self, watts: float) -> None:
        """Refuse a power that no house has, and any while the control meter is known to be another."""
        check_range(watts, 0, SUPPLY_MAXIMUM_W, "W")
        if self._api.state.meter2_type not in (None, MeterType.REMOTE_CONTROL):
            raise ChargerRefusedError("supervisor_not_set")

    async def set_available_power(self, watts: float) -> None:
        """Send the power that it may draw, in whole W, rounded down. Not known: for how long it applies."""
        check_range(watts, 0, SUPPLY_MAXIMUM_W, "W")
        key = "EVSEPowerAvailable"
        self._power_limit_a = None
        reply = await self._api.post(_CONTROL, {key: math.floor(watts)})
        try:
            _accepted(reply, key)
        except ChargerRefusedError as error:
            self._is_supervisor = self._is_supervisor and error.reason != "supervisor_not_set"
            raise
        self._is_supervisor = True

    async def power_source(self, kept: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """Return type and address of its control meter, or what was stored while it has a supervisor already."""
        state = await self._read(CONFIG)
        if state.meter2_type is None:
            raise ChargerRefusedError("meter_unknown")
        if kept and state.is_supervised:
            return kept
        return {"type": state.meter2_type.value, "address": state.meter2_address or ""}

    async def take_control(self) -> None:
        """Replace its control meter by remote control, with this machine as the supervisor."""
        await self._set_control_meter(MeterType.REMOTE_CONTROL, await self._http.own_address())
        self._is_supervisor = True

    async def release_control(self, kept: Mapping[str, Any]) -> None:
        """Restore the control meter that it had, unless another one was set meanwhile."""
        if (await self._read(CONFIG)).is_supervised:
            await self._set_control_meter(MeterType(kept["type"]), kept["address"])

    async def _set_control_meter(self, type_: MeterType, address: str) -> None:
        await self._configure({METER2_TYPE.name: METER2_TYPE.to_wire(type_), METER2_ADDRESS.name: address})

    # Settings

    @override
    async def change[V](self, setting: Setting[PspState, V], value: V) -> None:
        await self._configure({setting.name: setting.to_wire(value)})

    def phases(self, state: PspState) -> int | None:
        """Return on how many phases it charges."""
        return state.phases

    async def set_phases(self, phases: int) -> None:
        """Charge on one phase or on three; refused while a car charges, because a change under load may harm it."""
        if (await self._read(STATUS)).charging:
            raise ChargerRefusedError("not_while_charging")
        limit_a = self._power_limit_a
        if phases == 1 and limit_a is not None:
            # The power of three phases would be three times the current on one.
            await self._set_power_limit(limit_a, 1)
        await self._configure({"Charge3Phase": phases == 3})
        if phases == 3 and limit_a is not None:
            await self._set_power_limit(limit_a, 3)

    async def _configure(self, changes: Mapping[str, WireValue]) -> None:
        """Set what differs, and read it back, because the replies to settings are not documented."""
        async with self._commands:
            changes = complete(changes, await self._read(CONFIG))
            if is_set(changes, self._api.answers[CONFIG]):
                return
            await self._api.post(CONFIG, changes)
            await self._api.read(CONFIG)
            if not is_set(changes, self._api.answers[CONFIG]):
                raise ChargerRefusedError("value_not_allowed")

    # The controller itself

    async def restart(self) -> None:
        """Restart it."""
        await self._send_service_code("Reset")

    async def factory_reset(self) -> None:
        """Restore the factory settings."""
        await self._send_service_code("FactoryDefault")

    async def open_access_point(self) -> None:
        """Leave the network for a Wi-Fi of its own."""
        await self._send_service_code("WiFiSetToAP")

    async def _send_service_code(self, code: str) -> None:
        # It must be the right controller.
        await self._api.read(INFO)
        # The key is SCode in the table of the document, Scode in its example.
        _accepted(await self._api.post(INFO, {"SCode": code, "SCodeData": ""}), code)

    async def check_update(self) -> None:
        """Have it look for new firmware; its update message contains the result."""
        await self._update(_UPDATE_CHECK, (await self._read(INFO)).update_check_allowed)

    async def install_update(self) -> None:
        """Have it install the firmware that it found."""
        await self._update(_UPDATE_RUN, (await self._read(INFO)).update_allowed)

    async def _update(self, key: str, allowed: bool | None) -> None:
        if allowed is False:
            raise ChargerRefusedError(_NOT_ALLOWED_REFUSALS[key])
        _accepted(await self._api.post(INFO, {key: True}, once=True), key)
        self._updating_until = self._clock.monotonic() + _UPDATING_S

    async def _read(self, resource: str) -> PspState:
        await self._api.read(resource)
        return self._api.state


def _accepted(reply: bytes, key: str) -> str:
    """Return the answer to a key of a command; ChargerRefusedError if it is a refusal."""
    answers = parsed(reply)
    answer = answers.get(key) if isinstance(answers, Mapping) else None
    if answer is None:
        raise ChargerProtocolError("no reply to a command")
    words = str(answer).strip()
    if (reason := _REPLY_REFUSALS.get(words.lower())) is not None:
        raise ChargerRefusedError(reason)
    return words


def _switch(key: str, state: PspState) -> tuple[bool | None, bool | None]:
    """Return whether the switch of a toggle is on, and whether it may be toggled."""
    if key == _START:
        return state.session_started, state.start_stop_allowed
    return state.boosted, state.boost_allowed
