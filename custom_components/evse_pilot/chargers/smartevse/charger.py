"""Client of a SmartEVSE. Parameters go into the query string, never into a body."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
import math
import time
from typing import Any, override

from aiohttp import ClientSession

from ..capabilities import (
    Authorizer,
    ChargingSwitch,
    DelayedStarter,
    Limiter,
    MainsMeter,
    Memory,
    MeterFeed,
    ModeSwitch,
    PhaseSwitch,
    PilotOverride,
)
from ..charger import Charger
from ..counters import Counters
from ..errors import (
    ChargerAuthError,
    ChargerMismatchError,
    ChargerProtocolError,
    ChargerRefusedError,
    check_range,
)
from ..http import JsonHttp
from ..settings import Configurable, FlagSetting, Setting
from ..types import EvReading, Identity, Load, MainsReading, OwnBalancing, Shortage, Status
from .card import card_number, card_refusal
from .feed import ev_query, mains_query
from .meter import CarMeter
from .models import SmartEvseState, from_wire, report
from .numbering import UNKNOWN, Numbering
from .readers import mains_updated_at
from .words import Error, Led, Mode, PowerShare, RfidReader, Rgb, SecondContactor

# The charger itself takes its mains meter for lost after 11 s, but reports that in no answer in normal mode.
_MAINS_SILENT_S = 15.0
_OWN_BALANCING: Mapping[str | None, OwnBalancing] = {
    PowerShare.MASTER: OwnBalancing.MASTER,
    PowerShare.NODE: OwnBalancing.NODE,
    Mode.SMART: OwnBalancing.SMART_MODE,
    Mode.SOLAR: OwnBalancing.SOLAR_MODE,
}
# The others leave it to the charger.
_CONTACTORS = {1: SecondContactor.ALWAYS_OFF, 3: SecondContactor.ALWAYS_ON}


class SmartEvse(
    Charger[SmartEvseState],
    Limiter[SmartEvseState],
    MainsMeter[SmartEvseState],
    ChargingSwitch[SmartEvseState],
    ModeSwitch[SmartEvseState],
    PhaseSwitch[SmartEvseState],
    CarMeter,
    Configurable[SmartEvseState],
    DelayedStarter,
    Authorizer,
    PilotOverride,
    MeterFeed,
    Memory,
):
    """One SmartEVSE v3, only the one with this serial if there is one; its clock is set to the time zone."""

    def __init__(
        self,
        session: ClientSession,
        host: str,
        port: int,
        *,
        zone: tzinfo,
        serial: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Store the address; nothing is sent yet."""
        # Not kept alive: it takes eight connections, and a tester has had trouble with kept ones (evcc-io/evcc#29290).
        self._http = JsonHttp(session, host, port)
        self._zone, self._serial = zone, serial
        self._clock, self._now = clock, now
        self._last: SmartEvseState | None = None
        self._numbering = UNKNOWN
        self._contactor: SecondContactor | None = None
        # Switched off from here, which without a pause mode looks like waiting for a card.
        self._switched_off = False
        self._mqtt_number: str | None = None
        self._raw: object = None
        self._counters = Counters()
        # The time stamp of its mains currents, and since when it has been the same.
        self._mains_updated: tuple[int | None, float] = (None, 0.0)

    @override
    async def identify(self) -> Identity:
        return (await self.fetch()).identity

    @override
    async def fetch(self) -> SmartEvseState:
        """Return the state; ChargerMismatchError if another charger answers, as after a change of addresses."""
        try:
            self._raw = await self._http.get_json("/settings")
        except ChargerAuthError as error:
            # It has no log-in; one that waits for its Wi-Fi to be set up answers so.
            raise ChargerProtocolError(str(error)) from error
        state = from_wire(self._raw, self._numbering, self._counters, mains_silent=self._mains_silent())
        if self._serial and state.serial and self._serial not in (state.serial, state.mqtt_number):
            raise ChargerMismatchError
        if state.serial is None and self._mqtt_number not in (None, state.mqtt_number or self._mqtt_number):
            # Without a serial number, the one in its MQTT prefix is all that distinguishes two of them.
            raise ChargerMismatchError
        self._mqtt_number = state.mqtt_number or self._mqtt_number
        # One answer may lack it.
        self._contactor = state.second_contactor or self._contactor
        self._switched_off = self._switched_off and state.allows_charging is False
        if self._switched_off and state.status is Status.AWAITING_AUTHORIZATION:
            state = replace(state, status=Status.PAUSED)
        self._last, self._numbering = state, state.numbering
        return state

    def keep(self) -> Mapping[str, Any]:
        """Return how it numbers its modes, where another firmware would number them in another way."""
        return self._numbering.to_json()

    def recall(self, kept: Mapping[str, Any]) -> None:
        """Restore how it numbers its modes."""
        self._numbering = Numbering.from_json(kept)

    def _mains_silent(self) -> bool:
        updated_at, now = mains_updated_at(self._raw), self._clock()
        if updated_at is None or updated_at != self._mains_updated[0]:
            self._mains_updated = (updated_at, now)
        return now - self._mains_updated[1] >= _MAINS_SILENT_S

    @override
    def report(self) -> Mapping[str, object]:
        return {"/settings": report(self._raw)}

    def mains_currents_a(self, state: SmartEvseState) -> tuple[float | None, ...] | None:
        """Return what its meter reads, not corrected for a home battery; None once the meter is lost."""
        currents = state.mains_currents_measured or state.mains_currents
        if currents is None or state.mains_silent or state.error is Error.COMMUNICATION:
            return None
        return currents.phases_a

    @override
    def has(self, kind: type[object]) -> bool:
        """Return whether its firmware has the capability; a meter that is fed over the API is not its own."""
        if (last := self._last) is None:
            return kind not in (Authorizer, DelayedStarter, MainsMeter, PhaseSwitch)
        if kind is MainsMeter:
            return last.mains_meter not in (None, "Disabled", "API")
        if kind is Authorizer:
            return last.accepts_card_id
        if kind is PhaseSwitch:
            return self._contactor in _CONTACTORS.values()
        return kind is not DelayedStarter or last.has_delayed_start

    @override
    def own_balancing(self, state: SmartEvseState) -> OwnBalancing | None:
        return _OWN_BALANCING.get(state.power_share) or _OWN_BALANCING.get(self.mode(state))

    @override
    def shortage(self, state: SmartEvseState) -> Shortage | None:
        # In normal mode it does not look at the mains.
        is_fed = state.mains_meter == "API" and state.mode in (Mode.SMART, Mode.SOLAR)
        is_starved = state.mains_silent or state.error is Error.COMMUNICATION
        return Shortage.MAINS_FEED if is_fed and is_starved else None

    @override
    def restarted(self, before: SmartEvseState, after: SmartEvseState) -> bool:
        # The answer has no uptime, but an override does not outlive a restart, nor a change to solar mode.
        gone = bool(before.override_current_a) and not after.override_current_a
        return gone and after.underlying_mode is not Mode.SOLAR

    # Limiter

    @property
    def daily_writes(self) -> int:
        """Return 500: an override is kept in RAM only, but a pause is a mode, which is stored with each command."""
        return 500

    def load(self, state: SmartEvseState) -> Load:
        """Return what the charger may draw; ChargerProtocolError if its maximum is not known."""
        if state.limit_a is None or state.current_max_a is None:
            raise ChargerProtocolError("no maximum current")
        drawn = None if state.ev_currents is None else state.ev_currents.phases_a
        return Load(
            status=state.status,
            limit_a=0.0 if state.allows_charging is False else state.limit_a,
            minimum_a=state.minimum_a,
            maximum_a=state.current_max_a,
            step_a=0.1,
            set_a=state.limit_a,
            phases=(1,) if state.has_one_phase else (1, 2, 3),
            drawn_a=None if drawn is None or None in drawn else tuple(a for a in drawn if a is not None),
        )

    async def set_limit(self, amps: float) -> None:
        """Limit the current, per phase, rounded down to 0.1 A, until a restart.

        To the charger an override of 0 means none, which is full current, so 0 is never sent as one. In solar mode there
        is no override: a limit below the charger's maximum is refused.
        """
        state = self._check_limit(amps)
        if state.underlying_mode is Mode.SOLAR:
            if amps < (state.current_max_a or amps):
                raise ChargerRefusedError("not_in_solar_mode")
            return
        deciamps = math.floor(amps * 10 + 1e-6)
        await self._command("/settings", {"override_current": deciamps}, "override_current")

    def _check_limit(self, amps: float) -> SmartEvseState:
        """Return the last state; ChargerRefusedError for a current outside its limits."""
        state = self._known()
        if state.current_max_a is None:
            raise ChargerRefusedError("limits_unknown")
        check_range(amps, state.minimum_a, state.current_max_a, "A")
        return state

    # Mode and access

    async def set_mode(self, mode: str) -> None:
        """Set the mode, which allows or forbids charging at once, and cancels a delayed start and stop.

        Alone a mode cancels nothing up to v3.5, and only the start since; a start that is none cancels all in any firmware.
        """
        state, mode = self._known(), Mode(mode)
        # The charger echoes a mode that it then ignores for want of a mains meter.
        if mode in (Mode.SOLAR, Mode.SMART) and state.has_mains_meter is False:
            raise ChargerRefusedError("no_mains_meter")
        if mode is Mode.PAUSE and not state.can_pause:
            raise ChargerRefusedError("no_pause")
        if mode not in state.offers_modes:
            raise ChargerRefusedError("no_such_mode", modes=", ".join(self.modes(state)))
        await self._command("/settings", {"mode": state.numbered_modes.index(mode), "starttime": 0}, "mode")

    @override
    def limit_refusal(self, mode: str) -> str | None:
        return "not_in_solar_mode" if mode == Mode.SOLAR else None

    def allows_charging(self, state: SmartEvseState) -> bool | None:
        """Return whether a car may charge, now or as soon as there is sun or power."""
        return state.allows_charging

    async def set_charging(self, on: bool) -> None:
        """Allow charging in the mode that the charger had before, or pause it; older firmware is switched off.

        It is read first, because the last state may be older than the last command, or a change at the charger, and
        each mode that is sent is stored in flash.
        """
        state = await self.fetch()
        if state.allows_charging is on:
            return
        if on:
            await self.set_mode(self._active_mode())
        else:
            await self.set_mode(Mode.PAUSE if state.can_pause else Mode.OFF)
            self._switched_off = True

    def modes(self, state: SmartEvseState) -> tuple[Mode, ...]:
        """Return the modes in which it charges: only one without a mains meter."""
        if state.has_mains_meter is False:
            return (Mode.NORMAL,)
        return tuple(mode for mode in state.numbered_modes if mode not in (Mode.OFF, Mode.PAUSE))

    def mode(self, state: SmartEvseState) -> Mode | None:
        """Return the mode in which it charges, or would if it were switched on."""
        return state.underlying_mode if state.mode in (Mode.OFF, Mode.PAUSE, None) else state.mode

    # Phases

    def phases(self, state: SmartEvseState) -> int | None:
        """Return on how many phases it charges, or would; None: it decides itself, or has no second contactor."""
        fixed = next((phases for phases, word in _CONTACTORS.items() if word is state.second_contactor), None)
        if fixed is not None and state.charging and state.phases_in_use in _CONTACTORS:
            # Set under load, it holds from the next session on.
            return state.phases_in_use
        return fixed

    async def set_phases(self, phases: int) -> None:
        """Charge on one phase or on three from the next session on; ChargerRefusedError while a car charges.

        The charger moves its second contactor only when charging begins, so it has to be paused before.
        """
        state = await self.fetch()
        if state.charging and state.allows_charging is not False:
            raise ChargerRefusedError("phases_under_load")
        if state.second_contactor is not (contactor := _CONTACTORS[phases]):
            query = {"enable_C2": list(SecondContactor).index(contactor)}
            await self._command("/settings", query, "settings")

    async def set_delayed_start(self, start: datetime) -> None:
        """Start at a moment to come, in the mode that the charger has."""
        state = self._known()
        stop = state.delayed_stop if state.delayed_stop and state.delayed_stop > start else None
        await self._delay(start, stop, bool(stop and state.daily_repeat), self._active_mode())

    async def set_delayed_stop(self, stop: datetime) -> None:
        """Stop at a moment after a delayed start that is still to come."""
        state = self._known()
        if state.delayed_start is None:
            raise ChargerRefusedError("no_delayed_start")
        await self._delay(state.delayed_start, stop, bool(state.daily_repeat), self._active_mode())

    async def delay_start(
        self, start: datetime, stop: datetime | None, *, daily: bool, mode: str | None
    ) -> None:
        """Start at a moment to come and stop at a later one, once or every 24 hours, whatever the summer time."""
        if mode not in (None, Mode.NORMAL, Mode.SMART):
            raise ChargerRefusedError("mode_cannot_wait")
        if daily and stop is None:
            raise ChargerRefusedError("stop_needed_to_repeat")
        await self._delay(start, stop, daily, self._active_mode() if mode is None else Mode(mode))

    async def set_daily_repeat(self, on: bool) -> None:
        """Repeat the delayed start and stop every day."""
        state = self._known()
        if state.delayed_start is None or state.delayed_stop is None:
            raise ChargerRefusedError("no_delayed_start")
        await self._delay(state.delayed_start, state.delayed_stop, on, self._active_mode())

    @override
    async def change[V](self, setting: Setting[SmartEvseState, V], value: V) -> None:
        sent = setting.to_wire(value)
        query = {setting.name: sent if isinstance(sent, str) else int(sent)}
        reply = await self._command("/settings", query, setting.reply_key or setting.name)
        # For stop_timer, the reply is whether it was accepted, not the value.
        if reply is False and not isinstance(setting, FlagSetting):
            raise ChargerRefusedError("value_not_allowed")

    async def set_led_color(self, led: Led, rgb: Rgb) -> None:
        """Set the colour of the button's light in one mode."""
        await self._command(f"/color_{led.value}", dict(zip("RGB", rgb, strict=True)), "color")

    # Readings of other meters

    def check_mains(self, reading: MainsReading) -> None:
        """Raise ChargerRefusedError for a reading that would not be accepted."""
        mains_query(self._known(), reading)

    async def feed_mains(self, reading: MainsReading) -> None:
        """Send the currents of the mains, which expire after 11 s, or of a home battery, after 60 s."""
        query = mains_query(self._known(), reading)
        await self._command("/currents", query, "original" if "L1" in query else "battery_current")

    def check_ev(self, reading: EvReading) -> None:
        """Raise ChargerRefusedError for a reading that would not be accepted."""
        ev_query(self._known(), reading)

    async def feed_ev(self, reading: EvReading) -> None:
        """Send what flows to the car, which expires after 64 s."""
        await self._command("/ev_meter", ev_query(self._known(), reading), "ev_meter")

    # Cards and the control pilot

    async def authorize(self, tag: str) -> None:
        """Present a card of 12 or 14 hexadecimal digits, with or without ":", "-" and " ", to the reader.

        The charger takes no number of 8 digits.
        """
        if self._known().rfid_reader in (RfidReader.LEARN, RfidReader.DELETE, RfidReader.DELETE_ALL):
            # The card would be stored or deleted instead.
            raise ChargerRefusedError("rfid_reader_learning")
        reply = await self._post("/rfid", {"rfid": card_number(tag)})
        if (reason := card_refusal(reply)) is not None:
            raise ChargerRefusedError(reason)
        self._accepted(reply, "rfid_status")

    async def override_duty_cycle(self, percent: float | None) -> None:
        """Force the control pilot: 0 disconnects it, 100 is steady +12 V, None ends the override."""
        if percent is not None:
            check_range(percent, 0, 100, "%")
        duty = -1 if percent is None else round(percent * 10.24)
        reply = await self._post("/settings", {"override_pwm": duty})
        # Old firmware has POST /modem instead, which only a restart ends. Only the reply shows which it is: later
        # firmware with a modem has the same keys.
        if reply is not None or not self._known().has_modem:
            self._accepted(reply, "override_pwm")
        elif percent is None:
            raise ChargerRefusedError("restart_ends_override")
        else:
            await self._command("/modem", {"pwm": round(percent * 10)}, "pwm")

    async def reboot(self) -> None:
        """Restart the charger: in 5 s, or after the session."""
        await self._permitted(self._http.request("POST", "/reboot"))

    # Replies

    def _known(self) -> SmartEvseState:
        if self._last is None:
            raise ChargerProtocolError("not read yet")
        return self._last

    def _active_mode(self) -> Mode:
        """Return the mode in which the charger charges, or did before it was switched off."""
        mode = self.mode(self._known())
        if mode is None:
            raise ChargerRefusedError("mode_before_unknown")
        return mode

    async def _delay(self, start: datetime, stop: datetime | None, daily: bool, mode: Mode) -> None:
        # The charger has whole minutes. It ignores a start that is over, if only by seconds, and charges at once.
        start = start.replace(second=0, microsecond=0)
        if start <= self._now():
            raise ChargerRefusedError("start_in_the_past")
        if stop is not None and stop < start + timedelta(minutes=1):
            raise ChargerRefusedError("stop_before_start")
        state, stoptime = self._known(), 0 if stop is None else self._local(stop)
        # What is left out stays as it was.
        query: dict[str, str | int] = {"mode": state.numbered_modes.index(mode), "repeat": int(daily)}
        query |= {"starttime": self._local(start), "stoptime": stoptime}
        # 0: by the clock of the charger it is over. It has taken the mode all the same, and charges at once.
        if await self._command("/settings", query, "starttime") == 0:
            if state.mode not in (None, mode):
                await self.set_mode(state.mode)
            raise ChargerRefusedError("start_in_the_past")

    def _local(self, moment: datetime) -> str:
        # Quotes around it would make the charger start at once.
        return moment.astimezone(self._zone).strftime("%Y-%m-%dT%H:%M")

    async def _command(self, path: str, query: Mapping[str, str | int], reply_key: str) -> object:
        return self._accepted(await self._post(path, query), reply_key)

    async def _post(self, path: str, query: Mapping[str, str | int]) -> object:
        return await self._permitted(self._http.post_json(path, query))

    async def _permitted[T](self, request: Awaitable[T]) -> T:
        try:
            return await request
        except ChargerAuthError as error:
            # One fork of the firmware wants a PIN, and only for commands.
            raise ChargerRefusedError("pin_required") from error

    def _accepted(self, reply: object, key: str) -> object:
        """Return the value of the reply; ChargerRefusedError without one, for the status is 200 also for a refusal."""
        answer = reply.get(key) if isinstance(reply, Mapping) else None
        # "Value not allowed!", and "not allowed on slave" to /currents.
        if answer is None or answer == {} or "not allowed" in str(answer).lower():
            raise ChargerRefusedError("is_node" if self._known().is_node else "value_not_allowed")
        return answer
