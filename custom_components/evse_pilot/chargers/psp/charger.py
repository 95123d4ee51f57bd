"""A PSP EVSE on the wire: what it is asked and told, and how it says no.

Bodies are JSON. What is refused is answered with status 200 and a text for each key; see `_REPLY_REFUSALS`. What is
set is read back, because replies to settings are not described.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
import math
import re
import time
from typing import Any, override

from aiohttp import ClientSession

from ..capabilities import (
    AccessPoint,
    ChargingSwitch,
    EnergyMeter,
    Limiter,
    Memory,
    PhaseSwitch,
    PowerBudget,
    Resetter,
)
from ..charger import Charger
from ..errors import (
    ChargerAuthError,
    ChargerError,
    ChargerProtocolError,
    ChargerRefusedError,
    ChargerUnreachableError,
    check_range,
)
from ..http import JsonHttp
from ..settings import Configurable, Setting, WireValue
from ..types import Identity, Load, OwnBalancing
from ..wire import flag, number
from .models import (
    CONFIG,
    INFO,
    METER1,
    METER2,
    MINIMUM_A,
    STATUS,
    SUPPLY_MAXIMUM_W,
    WATTS_PER_AMPERE,
    ControlStrategy,
    MeterType,
    PspState,
    check,
    from_wire,
    has_meter,
    report,
    uptime_s,
)
from .settings import CHARGE_CURRENT, METER2_ADDRESS, METER2_TYPE, THREE_PHASE, complete

_CONTROL = "EvseCtrl"
_METERS = (METER1, METER2)
# How old the answers may grow that are not asked for with every snapshot.
_EVERY_S = {INFO: 900.0, CONFIG: 60.0, METER1: 30.0, METER2: 30.0}
# While it looks for firmware, or installs it, it says how far it is.
_UPDATING_S = 120.0
# The moment of its start, worked out from each answer, trembles with the network and drifts with its clock.
_SAME_START = timedelta(seconds=30)

_START, _BOOST = "ChargeStartToggle", "ChargeBoostToggle"
# A collision of two clients ends with one of them done, so a few are enough for a few clients.
_TOGGLES = 4
# How long a command whose reply was lost may still be under way.
SETTLE_S = 1.0
_SET = re.compile(r"set\s*=>\s*(true|false)", re.IGNORECASE)

_NOT_ALLOWED_REFUSALS = {
    "ChargeStartToggle": "start_stop_not_allowed",
    "ChargeBoostToggle": "boost_not_allowed",
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
    Memory,
    Configurable[PspState],
):
    """One controller at a host and port, optionally the one with this serial (its MAC address) and no other."""

    def __init__(self, session: ClientSession, host: str, port: int, *, serial: str | None = None) -> None:
        """Remember where it is; nothing is sent yet."""
        self._http = JsonHttp(session, host, port)
        self._serial = serial
        self._answers: dict[str, Any] = {}
        self._asked_at: dict[str, float] = {}
        self._uptime_s = 0.0
        self._started_at: datetime | None = None
        self._updating_until = -math.inf
        self._commands = asyncio.Lock()
        self._paused_by_limit = False
        # What it was told as a power, per phase; and whether it obeys us, as far as it was tried.
        self._limit_a: float | None = None
        self._is_obeyed = True

    @override
    async def identify(self) -> Identity:
        await self._read(INFO)
        return self._state.identity

    @override
    async def fetch(self) -> PspState:
        """GET Status, and what was not read since the last restart; of all else that is due, one at a time.

        Raises ChargerProtocolError when another box answers: after a change of addresses it might be a
        neighbour's, and must not be steered. Only SystemInfo says which one it is, so it is asked for again
        whenever the answers cannot come from the run of before.
        """
        await self._read(STATUS)
        may_refresh = True
        for resource, every_s in _EVERY_S.items():
            if resource in _METERS and not has_meter(self._answers[CONFIG], resource):
                self._answers.pop(resource, None)
                self._asked_at.pop(resource, None)
            elif resource not in self._asked_at:
                await self._read(resource)
            elif may_refresh and time.monotonic() - self._asked_at[resource] >= every_s:
                may_refresh = False
                await self._read(resource)
        if time.monotonic() < self._updating_until:
            await self._read(INFO)
        state = self._state
        if state.plugged_in is False:
            # Whoever comes next was not paused by us.
            self._paused_by_limit = False
        return state

    @override
    def report(self) -> Mapping[str, object]:
        return {resource: report(answer) for resource, answer in self._answers.items()}

    def keep(self) -> Mapping[str, Any]:
        """Return whether a limit of 0 has stopped its session, which a stopped session does not tell."""
        return {"paused_by_limit": self._paused_by_limit}

    def recall(self, kept: Mapping[str, Any]) -> None:
        """Take up what was kept."""
        self._paused_by_limit = kept.get("paused_by_limit") is True

    @override
    def own_balancing(self, state: PspState) -> OwnBalancing | None:
        if state.is_supervised:
            return None if self._is_obeyed else OwnBalancing.SUPERVISOR
        return (
            OwnBalancing.CONTROL_STRATEGY if state.control_strategy is ControlStrategy.LIMIT_POWER else None
        )

    # Limiter

    @property
    def daily_writes(self) -> int:
        """Return 1000 while it obeys us: that power is there to be told. Else 30: its charge current is a setting.

        Nobody knows whether settings are kept in flash; 100 000 writes, which flash stands, are 30 a day for nine years.
        """
        return 1000 if self._state.is_supervised and self._is_obeyed else 30

    def load(self, state: PspState) -> Load:
        """Return what the charger may draw; ChargerProtocolError if it does not tell its charge current."""
        if state.limit_a is None:
            raise ChargerProtocolError("no charge current")
        # Without a car, a session may begin by itself with the next one.
        stopped = state.session_started is False and (state.plugged_in is True or state.auto_start is False)
        drawing = 1 if state.phases == 1 else 3
        drawn_a = state.current_a if state.charging is not False else 0.0
        return Load(
            status=state.status,
            limit_a=0.0 if stopped else state.limit_a,
            minimum_a=MINIMUM_A,
            maximum_a=state.maximum_a,
            # What is not known draws on all three.
            phases=tuple(range(1, drawing + 1)),
            drawn_a=None
            if drawn_a is None or state.charging is None
            else (drawn_a,) * drawing + (0.0,) * (3 - drawing),
        )

    async def set_limit(self, amps: float) -> None:
        """Allow so many whole amperes per phase, rounded down; 0 pauses, and what 0 has paused goes on afterwards.

        While it obeys us it is told the power of as many phases as it charges on; 0 W pauses, with a car or without.

        Else it is told its charge current. Without a car there is then no session to
        pause: one that begins by itself with the next car has to be paused then, and `load` says so. Nobody knows
        whether the charger keeps its charge current in flash, so it is written only when it differs; whoever calls
        this must not do so periodically with ever other values.

        A boost is ended: it would go past the limit.
        """
        if amps != 0:
            check_range(amps, MINIMUM_A, self._state.maximum_a)
            amps = math.floor(amps + 1e-6)
        if await self._tell_power(amps):
            if amps == 0:
                return
        elif amps == 0:
            if (await self._now()).session_started is False:
                return
            # Before it is sent: if the reply is lost, it has paused all the same.
            self._paused_by_limit = True
            await self._toggle(_START, wanted=False)
            return
        else:
            await self._configure({CHARGE_CURRENT.name: int(amps)})
            await self._now()
        state = self._state
        if state.boosted:
            await self._toggle(_BOOST, wanted=False)
        if self._paused_by_limit:
            if state.plugged_in is not False:
                await self._toggle(_START, wanted=True)
            self._paused_by_limit = False

    async def _tell_power(self, amps: float, phases: int | None = None) -> bool:
        """Allow so many amperes on each of so many phases, or of all, as a power; return whether it obeys us."""
        if not self._state.is_supervised:
            return False
        # Where it is not told how many phases there are, not more than wanted on one.
        phases = phases or (await self._now()).phases or 1
        try:
            # A product that is whole but for the last binary digit must not lose a watt.
            await self.set_available_power(amps * phases * WATTS_PER_AMPERE + 1e-6)
        except ChargerRefusedError:
            if self._is_obeyed:
                raise
            return False
        self._limit_a = amps
        return True

    # The session

    def allows_charging(self, state: PspState) -> bool | None:
        """Return whether a car may charge: its session is started, or begins with the plug."""
        if state.plugged_in is False and state.auto_start is not None:
            return state.auto_start or state.session_started
        return state.session_started

    def phases(self, state: PspState) -> int | None:
        """Return on how many phases it charges."""
        return state.phases

    async def set_phases(self, phases: int) -> None:
        """Charge on one phase or on three; refused while a car charges, because a change under load may harm it."""
        if (await self._now()).charging:
            raise ChargerRefusedError("not_while_charging")
        limit_a = self._limit_a
        if phases == 1 and limit_a is not None:
            # The power for three phases would be three times the current on one.
            await self._tell_power(limit_a, 1)
        await self._configure({THREE_PHASE.name: phases == 3})
        if phases == 3 and limit_a is not None:
            await self._tell_power(limit_a, 3)

    def energy_wh(self, state: PspState) -> float | None:
        """Return what the car has got in this session, in Wh."""
        return state.session_energy_wh

    async def set_charging(self, on: bool) -> None:
        """Start the session, or stop it."""
        # A person's word stands above the limit's.
        self._paused_by_limit = False
        await self._toggle(_START, wanted=on)

    async def set_boost(self, on: bool) -> None:
        """Charge with the boost current, or with the charge current again."""
        await self._toggle(_BOOST, wanted=on)

    async def _toggle(self, key: str, *, wanted: bool) -> None:
        """Toggle what is not as wanted; never blindly, for a toggle too many is the opposite.

        Each one is preceded by a look. Its reply says what has become of it: where two clients toggle at the same
        moment, the one whose toggle came second undid the first, hears so, and looks again; the one that heard what
        it wanted is done. So the two never undo each other for ever.
        """
        async with self._commands:
            problem: ChargerError = ChargerRefusedError("toggled_meanwhile")
            sent = 0
            while True:
                is_on, allowed = _switch(key, await self._now())
                if is_on is wanted:
                    return
                if is_on is None:
                    raise ChargerRefusedError("session_unknown")
                if allowed is False:
                    raise ChargerRefusedError(_NOT_ALLOWED_REFUSALS[key])
                if sent == _TOGGLES:
                    raise problem
                sent += 1
                try:
                    if await self._press(key) is wanted:
                        return
                except ChargerUnreachableError as error:
                    problem = error
                    await asyncio.sleep(SETTLE_S)
                except ChargerProtocolError:
                    # It may have been done all the same.
                    if _switch(key, await self._now())[0] is wanted:
                        return
                    raise

    async def _press(self, key: str) -> bool:
        """Send one toggle; return what has become of it, True for on."""
        answer = _told(await self._post(_CONTROL, {key: True}, once=True), key)
        if (found := _SET.fullmatch(answer)) is None:
            raise ChargerProtocolError("unknown reply to a toggle")
        return found[1].lower() == "true"

    # Power that is told from outside

    def check_available_power(self, watts: float) -> None:
        """Refuse a power that no house has, and any while it was last seen to obey nobody outside."""
        check_range(watts, 0, SUPPLY_MAXIMUM_W)
        if self._state.meter2_type not in (None, MeterType.REMOTE_CONTROL):
            raise ChargerRefusedError("supervisor_not_set")

    async def set_available_power(self, watts: float) -> None:
        """Tell the power that it may draw, in whole W, rounded down; how long it counts is not documented."""
        check_range(watts, 0, SUPPLY_MAXIMUM_W)
        key = "EVSEPowerAvailable"
        self._limit_a = None
        reply = await self._post(_CONTROL, {key: math.floor(watts)})
        try:
            _told(reply, key)
        except ChargerRefusedError as error:
            self._is_obeyed = self._is_obeyed and error.reason != "supervisor_not_set"
            raise
        self._is_obeyed = True

    async def power_source(self, kept: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """Return type and address of its control meter; what was kept, while it is remotely controlled already."""
        await self._read(CONFIG)
        state = self._state
        if state.meter2_type is None:
            raise ChargerRefusedError("meter_unknown")
        if kept and state.meter2_type is MeterType.REMOTE_CONTROL:
            return kept
        return {"type": state.meter2_type.value, "address": state.meter2_address or ""}

    async def take_control(self) -> None:
        """Make remote control of its control meter, and this machine the supervisor that it obeys."""
        await self._configure(_control_meter(MeterType.REMOTE_CONTROL, await self._http.own_address()))
        self._is_obeyed = True

    async def release_control(self, kept: Mapping[str, Any]) -> None:
        """Give it back the control meter that it had, unless it has been given one meanwhile."""
        await self._read(CONFIG)
        if self._state.meter2_type is MeterType.REMOTE_CONTROL:
            await self._configure(_control_meter(MeterType(kept["type"]), kept["address"]))

    # Settings

    @override
    async def change[V](self, setting: Setting[PspState, V], value: V) -> None:
        wire_value = setting.to_wire(value)
        if setting.name == THREE_PHASE.name:
            await self.set_phases(3 if wire_value else 1)
        else:
            await self._configure({setting.name: wire_value})

    async def _configure(self, changes: Mapping[str, WireValue]) -> None:
        """Set what differs, and read it back, because the replies to settings are not documented."""
        async with self._commands:
            await self._read(CONFIG)
            changes = complete(changes, self._state)
            if self._has(changes):
                return
            with _no_log_in():
                await self._http.request("POST", _path(CONFIG), body=changes)
            await self._read(CONFIG)
            if not self._has(changes):
                raise ChargerRefusedError("value_not_allowed")

    def _has(self, settings: Mapping[str, WireValue]) -> bool:
        config = self._answers[CONFIG]
        # A setting that the firmware does not have is taken to be set.
        return all(key not in config or _same(config[key], value) for key, value in settings.items())

    # The controller itself

    async def restart(self) -> None:
        """Restart it."""
        await self._serve("Reset")

    async def factory_reset(self) -> None:
        """Go back to the factory's settings."""
        await self._serve("FactoryDefault")

    async def open_access_point(self) -> None:
        """Leave the network for a Wi-Fi of its own."""
        await self._serve("WiFiSetToAP")

    async def check_update(self) -> None:
        """Let it look for new firmware; its update message tells what it found."""
        await self._read(INFO)
        if self._state.update_check_allowed is False:
            raise ChargerRefusedError("update_check_not_allowed")
        await self._update("UpdateCheckToggle")

    async def install_update(self) -> None:
        """Let it install the firmware that it found."""
        await self._read(INFO)
        if self._state.update_allowed is False:
            raise ChargerRefusedError("update_not_allowed")
        await self._update("UpdateRunToggle")

    async def _update(self, key: str) -> None:
        _told(await self._post(INFO, {key: True}, once=True), key)
        self._updating_until = time.monotonic() + _UPDATING_S

    async def _serve(self, code: str) -> None:
        """Send a service code, to the right box."""
        await self._read(INFO)
        # The document's table has SCode, its example Scode.
        _told(await self._post(INFO, {"SCode": code, "SCodeData": ""}), code)

    # The wire

    @property
    def _state(self) -> PspState:
        return from_wire(self._answers, self._started_at)

    async def _now(self) -> PspState:
        await self._read(STATUS)
        return self._state

    async def _read(self, resource: str) -> None:
        """GET a resource and keep its answer, once it is known whose it is."""
        asked_at = time.monotonic()
        try:
            with _no_log_in():
                answer = await self._http.get_json(_path(resource))
        except ChargerProtocolError:
            if resource not in _METERS:
                raise
            # A meter that makes no sense costs its own registers only.
            answer = None
        else:
            if resource not in _METERS:
                await self._check_box(resource, check(resource, answer))
        self._answers[resource] = answer
        self._asked_at[resource] = asked_at

    async def _check_box(self, resource: str, answer: Mapping[str, Any]) -> None:
        """Make sure that it is still the same box, and let all be read again, if this is another run of it."""
        if resource == INFO and self._serial:
            serial = from_wire({INFO: answer}, None).identity.serial
            if serial not in (None, self._serial):
                raise ChargerProtocolError("another box answers")
        if (up_s := uptime_s(answer)) is None:
            return
        started_at = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=math.floor(up_s))
        if self._started_at is None:
            self._started_at = started_at
        elif up_s < self._uptime_s or abs(started_at - self._started_at) > _SAME_START:
            self._asked_at.clear()
            if resource != INFO:
                await self._read(INFO)
            self._started_at = started_at
        self._uptime_s = up_s

    async def _post(self, resource: str, body: Mapping[str, object], *, once: bool = False) -> object:
        with _no_log_in():
            return await self._http.post_json(_path(resource), body=body, once=once)


@contextmanager
def _no_log_in() -> Iterator[None]:
    """Say what a refused access means: it has no log-in, so this is another device."""
    try:
        yield
    except ChargerAuthError as error:
        raise ChargerProtocolError(str(error)) from error


def _path(resource: str) -> str:
    return f"/webapi/v1/{resource}"


def _told(reply: object, key: str) -> str:
    """Return what the reply says to a key; ChargerRefusedError if that is a no."""
    answer = reply.get(key) if isinstance(reply, Mapping) else None
    if answer is None:
        raise ChargerProtocolError("no reply to a command")
    words = str(answer).strip()
    if (reason := _REPLY_REFUSALS.get(words.lower())) is not None:
        raise ChargerRefusedError(reason)
    return words


def _switch(key: str, state: PspState) -> tuple[bool | None, bool | None]:
    """Return whether what a toggle switches is on, and whether it may be toggled."""
    if key == _START:
        return state.session_started, state.start_stop_allowed
    return state.boosted, state.boost_allowed


def _control_meter(type_: MeterType, address: str) -> dict[str, WireValue]:
    return {METER2_TYPE.name: METER2_TYPE.to_wire(type_), METER2_ADDRESS.name: address}


def _same(told: object, wanted: WireValue) -> bool:
    if isinstance(wanted, bool):
        return flag(told) is wanted
    return told == wanted if isinstance(wanted, str) else number(told, wanted, wanted) is not None
