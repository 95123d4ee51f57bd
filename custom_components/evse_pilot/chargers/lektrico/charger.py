"""A Lektrico charger or energy meter on the wire: what it is asked and told, and how it says no.

Reads are GET /rpc/<method>, answered with the bare result; commands are a frame to POST /rpc. Method names are
written as the vendor's own client writes those of its commands; the boxes do not tell capitals from small letters.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import count
import math
import random
import time
from typing import override

from aiohttp import ClientSession

from ..capabilities import (
    AccessPointLock,
    Authorizer,
    ChargingSwitch,
    EnergyMeter,
    Limiter,
    MainsMeter,
    PhaseSwitch,
    Resetter,
    Scheduler,
)
from ..charger import Charger
from ..errors import ChargerAuthError, ChargerProtocolError, ChargerRefusedError, ChargerUnreachableError
from ..http import JsonHttp, parsed
from ..types import Identity, Load, OwnBalancing
from ..week import Timetable, WeekSlot
from ..wire import integer
from .models import (
    MAXIMUM_A,
    MINIMUM_A,
    SETTINGS,
    BalancingMode,
    Device,
    Interval,
    LektricoState,
    LimitReason,
    PhaseMode,
    Rgb,
    Segment,
    Value,
    device_from_wire,
    firmware_from_wire,
    from_wire,
    has_active_errors,
    intervals_from_week,
    led_template_from_wire,
    led_template_to_wire,
    relay_mode_from_wire,
    relay_mode_to_wire,
    report,
    schedule_from_wire,
    week_from_intervals,
)

_NAME = "evse_pilot"
_WHO, _INFO, _METER, _VERSION = "device_id.get", "charger_info.get", "meter_info.get", "sw_version.get"
_CONFIG, _ERRORS, _LOGGED = "app_config.get", "active_errors.get", "logged_errors.get"
_DYNAMIC, _CURRENTS, _SCHEDULE = "dynamic_current.get", "system_currents.get", "charging_schedule.get"

# What every poll asks for changes within seconds. How old the rest may become, in seconds: together that is less than
# one such request in ten seconds, and of some there is nothing new before a restart.
_WHO_PACE_S = _ERRORS_PACE_S = 60.0
_CHARGER_PACES_S = {
    _WHO: _WHO_PACE_S,
    "charger_config.get": math.inf,
    _VERSION: math.inf,
    _CONFIG: 60.0,
    _DYNAMIC: 60.0,
    _CURRENTS: 60.0,
    "em_status.get": 60.0,
    _SCHEDULE: 300.0,
    "counters_config.get": 300.0,
    "wifi_status.get": 300.0,
    _LOGGED: 300.0,
}
_METER_PACES_S = {
    _WHO: _WHO_PACE_S,
    "m2w_config.get": math.inf,
    _VERSION: math.inf,
    _CONFIG: 60.0,
    "wifi_status.get": 300.0,
}
_ANSWERS = frozenset({*range(200, 300), 404, 500})

# The document's error codes; -7 is from the pages for firmware 2.0.
_REFUSALS = {
    -1: "general_failure",
    -2: "request_malformed",
    -3: "text_length",
    -4: "value_out_of_range",
    -5: "value_wrong_type",
    -6: "unknown_to_firmware",
    -7: "prohibited",
}
# The second is what the web server below the methods says.
_UNKNOWN_CODES = frozenset({-6, 404})


class _UnknownMethodError(ChargerRefusedError):
    """The firmware has no such method."""


class Lektrico(
    Charger[LektricoState],
    Limiter[LektricoState],
    MainsMeter[LektricoState],
    ChargingSwitch[LektricoState],
    Scheduler[LektricoState],
    PhaseSwitch[LektricoState],
    EnergyMeter[LektricoState],
    Authorizer,
    Resetter,
    AccessPointLock,
):
    """One box at a host and port, optionally the one with this serial and no other.

    Which kind it is, charger or energy meter, is known once it has been asked.
    """

    def __init__(
        self,
        session: ClientSession,
        host: str,
        port: int,
        *,
        auth: tuple[str, str] | None = None,
        serial: str | None = None,
        zone: tzinfo = UTC,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Remember where it is; nothing is sent yet."""
        self._http = JsonHttp(session, host, port, auth=auth, keep_alive=True, answers=_ANSWERS)
        self._serial = serial
        self._zone = zone
        self._clock = clock
        self._device: Device | None = None
        self._last: LektricoState | None = None
        self._answers: dict[str, object] = {}
        # When each method was asked last; a firmware that does not know it has been asked for ever.
        self._asked: dict[str, float] = {}
        self._has_answered = False
        self._knows_device_id = True
        self._paused_by_hand = False
        self._ids = count(random.randint(10_000_000, 90_000_000))
        self._changing = asyncio.Lock()

    @override
    async def identify(self) -> Identity:
        """Ask anew for what is not asked at every poll: it may have been updated, or be another box."""
        self._has_answered = False
        self._knows_device_id = True
        device = await self._make_sure()
        self._asked = {_WHO: self._asked[_WHO]}
        self._answers.clear()
        await self._refresh(_VERSION)
        firmware = firmware_from_wire(self._answers.get(_VERSION))
        if firmware is None and device.is_charger:
            firmware = firmware_from_wire(await self._get(_INFO))
        return Identity(model=device.model, serial=device.serial, firmware=firmware)

    @override
    async def fetch(self) -> LektricoState:
        """Read what changes, and of the rest what has become too old: all of it at first, then one at a time.

        Raises ChargerProtocolError when another box answers: after a change of addresses it might be a
        neighbour's, and must not be steered.
        """
        device = self._device or await self._make_sure()
        for method in self._due(device):
            if method == _WHO:
                device = await self._make_sure()
                continue
            try:
                await self._refresh(method)
            except ChargerUnreachableError:
                # Whether the box is lost, or only this one answer, is told by the question that matters.
                break
        fast = _INFO if device.is_charger else _METER
        self._answers[fast] = info = await self._get(fast)
        if device.is_charger:
            await self._refresh_errors(info)
        self._last = from_wire(device, self._answers)
        return self._last

    @override
    def report(self) -> Mapping[str, object]:
        return {method: report(answer) for method, answer in self._answers.items()}

    @property
    def _is_charger(self) -> bool:
        return self._device is not None and self._device.is_charger

    def mains_currents_a(self, state: LektricoState) -> tuple[float | None, ...] | None:
        """Return what it measures on each of its phases; the sign is that of the power, for currents have none."""
        if state.mains_currents_a is None:
            return None
        powers_w = state.mains_powers_w or (None,) * 3
        return tuple(
            amps if amps is None or watts is None else math.copysign(amps, -1 if watts < 0 else 1)
            for amps, watts in zip(state.mains_currents_a, powers_w, strict=True)
        )[: state.phase_count]

    @override
    def has(self, kind: type[object]) -> bool:
        """Return what a charger can do, and what an energy meter: that measures the mains, and nothing else."""
        if not self._is_charger:
            return kind is MainsMeter and self._device is not None
        if kind is MainsMeter:
            return False
        if kind is PhaseSwitch:
            return self._last is not None and self._last.phase_mode is not None
        if kind is Scheduler:
            return self._last is not None and self._last.timetable is not None
        return True

    @override
    def own_balancing(self, state: LektricoState) -> OwnBalancing | None:
        if not state.is_charger:
            return None
        if state.energy_management_enabled or state.limit_reason in (
            LimitReason.METER,
            LimitReason.METER_OFFLINE,
        ):
            return OwnBalancing.ENERGY_METER
        return OwnBalancing.OCPP if state.limit_reason is LimitReason.OCPP else None

    # Limiter

    @property
    def daily_writes(self) -> int:
        """Return 1000: the dynamic current is kept in RAM, and made to be told often."""
        return 1000

    def load(self, state: LektricoState) -> Load:
        """Return what it may draw; ChargerProtocolError if it does not tell its limits."""
        if (limit_a := state.limit_a) is None or (maximum_a := state.maximum_a) is None:
            raise ChargerProtocolError("no limits")
        drawn_a = [amps for amps in (state.currents_a or ())[: state.phase_count] if amps is not None]
        return Load(
            status=state.status,
            limit_a=limit_a,
            minimum_a=MINIMUM_A,
            maximum_a=maximum_a,
            phases=state.phases,
            drawn_a=tuple(drawn_a) if len(drawn_a) == state.phase_count else None,
        )

    async def set_limit(self, amps: float) -> None:
        """Allow so many whole amperes per phase, rounded down; 0 pauses, and the next limit resumes.

        It is the «dynamic current», which the box does not keep in flash. What a person has paused stays paused.
        """
        state = self._known()
        if amps != 0:
            if (maximum_a := state.maximum_a) is None:
                raise ChargerRefusedError("limits_unknown")
            _check_range(amps, MINIMUM_A, maximum_a)
        async with self._changing:
            await self._note_pause_by_hand()
            # The phases are told with it, lest they be switched; by whom they were set last may not be us.
            relay_mode = None
            if state.phase_count == 3:
                with suppress(_UnknownMethodError):
                    relay_mode = relay_mode_from_wire(await self._asked_now(_DYNAMIC))
            await self._set_dynamic_current(math.floor(amps + 1e-6), relay_mode)
            # The document says of a limit that it resumes charging.
            if amps and self._paused_by_hand:
                await self._command("charge.pause")

    async def set_phase_mode(self, mode: PhaseMode) -> None:
        """Charge on one phase or on three; three-phase chargers only, and forgotten at a restart."""
        async with self._changing:
            # Both are told together, so the limit has to be the one that holds now.
            info = await self._asked_now(_INFO)
            amps = integer(info.get("dynamic_current"), 0, MAXIMUM_A) if isinstance(info, Mapping) else None
            if amps is None or 0 < amps < MINIMUM_A:
                raise ChargerRefusedError("limits_unknown")
            await self._set_dynamic_current(amps, relay_mode_to_wire(mode))

    def phases(self, state: LektricoState) -> int | None:
        """Return on how many phases it charges."""
        return None if state.phase_mode is None else relay_mode_to_wire(state.phase_mode)

    async def set_phases(self, phases: int) -> None:
        """Charge on one phase or on three."""
        await self.set_phase_mode(PhaseMode.SINGLE if phases == 1 else PhaseMode.THREE)

    def energy_wh(self, state: LektricoState) -> float | None:
        """Return what it has charged in its life, in Wh, or in this session where it does not say."""
        return state.session_energy_wh if state.total_energy_wh is None else state.total_energy_wh

    # Charging

    async def start(self) -> None:
        """Start charging, as the app does."""
        await self._command("charge.start")

    async def authorize(self, tag: str) -> None:
        """Start charging on behalf of whoever has this card or name."""
        if not tag.strip():
            raise ChargerRefusedError("tag_missing")
        await self._command("charge.start", {"tag": tag.strip()})

    async def stop(self) -> None:
        """End the charging session."""
        await self._command("charge.stop")

    def allows_charging(self, state: LektricoState) -> bool | None:
        """Return whether nobody has paused it; None: old firmware does not say."""
        return None if state.paused is None else not state.paused

    async def set_charging(self, on: bool) -> None:
        """Resume what was paused, or pause it."""
        await (self.resume() if on else self.pause())

    async def pause(self) -> None:
        """Pause until somebody resumes."""
        await self._command("charge.pause")

    async def resume(self) -> None:
        """Go on after a pause."""
        self._paused_by_hand = False
        await self._command("charge.resume")

    async def set_em_current(self, amps: float) -> None:
        """Limit the current in the place of an energy meter, 6 to 32 A; 0 pauses."""
        if amps != 0:
            _check_range(amps, MINIMUM_A, MAXIMUM_A)
        await self._command("em_current.set", {"EM_current": _whole(amps)}, _CURRENTS)

    # The week

    async def schedule(self) -> tuple[Interval, ...]:
        """Read the intervals that it keeps; ChargerProtocolError if one of them is none."""
        if (intervals := schedule_from_wire(await self._asked_now(_SCHEDULE))) is None:
            raise ChargerProtocolError("no schedule")
        return intervals

    async def set_schedule(self, intervals: Iterable[Interval]) -> None:
        """Keep these intervals and no others; they count while the schedule is enabled."""
        intervals = tuple(intervals)
        if not all(interval.is_valid for interval in intervals):
            raise ChargerRefusedError("interval_invalid")
        await self._command(
            "charging_schedule.set",
            {"charging_schedule": [interval.wire for interval in intervals]},
            _SCHEDULE,
        )

    def timetable(self, state: LektricoState) -> Timetable | None:
        """Return the week that it keeps."""
        return state.timetable

    def check_timetable(self, state: LektricoState, week: Sequence[WeekSlot]) -> None:
        """Raise ChargerRefusedError for what its intervals and its clock cannot say.

        Currents are whole amperes, 0 or 6 to 32, and its clock is whole hours from UTC.
        """
        for slot in week:
            if slot.current_a:
                _check_range(slot.current_a, MINIMUM_A, MAXIMUM_A)
                _whole(slot.current_a)
        self._utc_offset_h()

    def read_back(self, week: Sequence[WeekSlot]) -> tuple[WeekSlot, ...]:
        """Return the week as its intervals mean it."""
        return week_from_intervals(intervals_from_week(week))

    async def set_timetable(self, week: Sequence[WeekSlot]) -> None:
        """Set its clock, keep the intervals of this week and no others, and go by them.

        It knows no summer time, so this has to be done again whenever the clocks change.
        """
        offset_h = self._utc_offset_h()
        if self._known().gmt_offset_h != offset_h:
            await self.set_gmt_offset(offset_h)
        await self.set_schedule(intervals_from_week(week))
        if not self._known().schedule_enabled:
            await self.set_schedule_enabled(True)

    async def disable_timetable(self) -> None:
        """Keep its intervals, and ignore them."""
        await self.set_schedule_enabled(False)

    async def override_timetable(self) -> None:
        """Charge in spite of the schedule until the car is unplugged."""
        await self._command("charging_schedule.override")

    def _utc_offset_h(self) -> int:
        offset = datetime.now(self._zone).utcoffset() or timedelta()
        hours = offset.total_seconds() / 3600
        if not hours.is_integer() or not -12 <= hours <= 12:
            raise ChargerRefusedError("whole_hours_only")
        return int(hours)

    # Settings that it keeps in flash: for a person's hand, never for a loop

    async def set_config(self, key: str, value: Value) -> None:
        """Set one key of App_config; its type and range are checked, for a box may take another for something else."""
        if (setting := SETTINGS.get(key)) is None:
            raise ChargerRefusedError("unknown_to_firmware")
        if setting.type in (int, float) and type(value) in (int, float):
            _check_range(float(value), setting.low, setting.high)
            value = _whole(float(value)) if setting.type is int else float(value)
        if type(value) is not setting.type:
            raise ChargerRefusedError("value_wrong_type")
        await self._command("app_config.set", {"config_key": key, "config_value": value}, _CONFIG)

    async def set_user_current(self, amps: float) -> None:
        """Set the user's limit, 6 to 32 A."""
        await self.set_config("user_current", amps)

    async def set_locked(self, on: bool) -> None:
        """Lock it against all charging, or unlock it."""
        await self.set_config("charger_locked", on)

    async def set_authentication(self, on: bool) -> None:
        """Ask for a card or the app before charging, or just charge."""
        await self.set_config("headless", not on)

    async def set_led_brightness(self, percent: float) -> None:
        """Set how bright its light is at most, 10 to 100 %."""
        await self.set_config("led_max_brightness", percent)

    async def set_led_dimming_delay(self, seconds: float) -> None:
        """Set after how many seconds the light dims; 0: never."""
        await self.set_config("led_dimming_delay", seconds)

    async def set_led_template_enabled(self, on: bool) -> None:
        """Show the colours of the template instead of its own."""
        await self.set_config("led_template_enabled", on)

    async def set_led_segment(self, segment: Segment, rgb: Rgb) -> None:
        """Colour one of the four parts of its light; the others keep theirs."""
        if not all(0 <= part <= 255 for part in rgb):
            raise ChargerRefusedError("out_of_range", minimum="0", maximum="255")
        async with self._changing:
            config = await self._asked_now(_CONFIG)
            # One that was never set, or is none, is dark.
            template = (
                led_template_from_wire(config.get("led_template")) if isinstance(config, Mapping) else None
            )
            colors = dict(zip(Segment, template or ((0, 0, 0),) * len(Segment), strict=True)) | {segment: rgb}
            await self.set_config("led_template", led_template_to_wire(list(colors.values())))

    async def set_precise_pwm(self, on: bool) -> None:
        """Keep the control pilot steadier, at the price of a light that stands still while charging."""
        await self.set_config("precise_pwm_mode", on)

    async def set_schedule_enabled(self, on: bool) -> None:
        """Obey the schedule, or ignore it."""
        await self.set_config("charging_schedule_enabled", on)

    async def set_energy_management(self, on: bool) -> None:
        """Obey an energy meter, or ignore it."""
        await self.set_config("energy_management_enabled", on)

    async def set_auto_update(self, on: bool) -> None:
        """Install new firmware by itself, or wait to be told."""
        await self.set_config("auto_update", on)

    async def set_gmt_offset(self, hours: float) -> None:
        """Set by how many hours the schedule's clock is ahead of UTC, -12 to 12."""
        await self.set_config("gmt_offset", hours)

    async def set_alias(self, alias: str) -> None:
        """Set the name that the vendor's app shows."""
        await self.set_config("charger_alias", alias)

    # Settings of an energy meter

    async def set_balancing_mode(self, mode: BalancingMode) -> None:
        """Set how the house's power is shared with the chargers."""
        await self.set_config("load_balancing_mode", list(BalancingMode).index(mode))

    async def set_hybrid_current(self, amps: float) -> None:
        """Set what hybrid mode gives a car when the sun does not, 6 to 32 A."""
        await self.set_config("lb_hybrid_current", amps)

    async def set_pv_minimum_current(self, amps: float) -> None:
        """Set the surplus at which green charging begins, 1 to 6 A."""
        await self.set_config("lb_pv_minimum_current", amps)

    async def set_car_minimum_current(self, amps: float) -> None:
        """Set the least that a car is given, 6 to 10 A."""
        await self.set_config("car_minimum_current", amps)

    async def set_green_forced_single_phase(self, on: bool) -> None:
        """Charge on one phase in green mode, or as many as there are."""
        await self.set_config("green_forced_single_phase", on)

    async def set_hybrid_forced_single_phase(self, on: bool) -> None:
        """Charge on one phase in hybrid mode, or as many as there are."""
        await self.set_config("hybrid_forced_single_phase", on)

    # The box itself

    async def reset_logged_errors(self) -> None:
        """Forget the errors of the past."""
        await self._command("logged_errors.reset", None, _LOGGED)

    async def reboot(self) -> None:
        """Restart the box; a charging session is let end first."""
        await self._command("device.reset")

    async def update_firmware(self) -> None:
        """Look for new firmware, and install it."""
        await self._command("ota.verify")

    async def factory_reset(self) -> None:
        """Forget all settings, the installer's limit and the Wi-Fi among them."""
        await self._command("factory.reset")

    async def set_access_point_password(self, password: str) -> None:
        """Ask for 8 to 63 characters before letting anybody into its own Wi-Fi; an empty password lets everybody in."""
        if password and not (8 <= len(password) <= 63 and password.isascii() and password.isprintable()):
            raise ChargerRefusedError("password_invalid")
        await self._command("ap_password.set", {"password": password})

    # Who it is, and what is asked when

    async def _make_sure(self) -> Device:
        """Ask which box answers; ChargerProtocolError if it is another one than before, or than it should be."""
        device = await self._ask_who()
        serial = self._serial or (self._device and self._device.serial)
        if serial and device.serial != serial:
            raise ChargerProtocolError("another box answers")
        self._device = device
        self._asked[_WHO] = self._clock()
        return device

    async def _ask_who(self) -> Device:
        """Ask for the id, by the method of the document where the firmware does not know the newer one."""
        if self._knows_device_id:
            with suppress(_UnknownMethodError, ChargerProtocolError):
                return device_from_wire(await self._get(_WHO))
        try:
            device = device_from_wire(await self._get("device_info.get"))
        except _UnknownMethodError as error:
            # Other products answer in the same manner.
            raise ChargerProtocolError("not a Lektrico") from error
        self._knows_device_id = False
        return device

    def _is_due(self, method: str, pace_s: float) -> bool:
        return self._clock() - self._asked.get(method, -math.inf) >= pace_s

    def _due(self, device: Device) -> list[str]:
        """Return what to ask besides: all that is not known or was changed, or else what is too old the longest."""
        paces_s = _CHARGER_PACES_S if device.is_charger else _METER_PACES_S
        if unknown := [method for method in paces_s if method not in self._asked]:
            return unknown
        now = self._clock()
        late_s = {method: now - self._asked[method] - pace_s for method, pace_s in paces_s.items()}
        latest = max(late_s, key=lambda method: late_s[method])
        return [latest] if late_s[latest] >= 0 else []

    async def _refresh(self, method: str) -> None:
        """Ask what is not asked at every poll; what is refused, or makes no sense, is not known."""
        was_changed = method not in self._asked
        self._asked[method] = self._clock()
        try:
            self._answers[method] = await self._get(method)
        except ChargerUnreachableError:
            # A lost answer is no news, unless a command has made the last one old.
            if was_changed:
                self._answers.pop(method, None)
            raise
        except _UnknownMethodError:
            self._asked[method] = math.inf
            self._answers.pop(method, None)
        except ChargerRefusedError, ChargerProtocolError:
            # Asked again when its time comes.
            self._answers.pop(method, None)

    async def _refresh_errors(self, info: object) -> None:
        """Ask for the errors while there are some, and now and then where the firmware does not say."""
        there_are = has_active_errors(info)
        if there_are is False:
            self._answers.pop(_ERRORS, None)
        elif self._is_due(_ERRORS, 0 if there_are else _ERRORS_PACE_S):
            await self._refresh(_ERRORS)

    async def _asked_now(self, method: str) -> object:
        """Ask before something is changed that only makes sense with what holds now."""
        await self._make_sure_lately()
        return await self._get(method)

    async def _note_pause_by_hand(self) -> None:
        """Find out whether a person has paused it: a limit of 0 of ours is shown as a pause, too, perhaps."""
        device = await self._make_sure_lately()
        state = from_wire(device, {_INFO: await self._get(_INFO)})
        if not state.paused:
            self._paused_by_hand = False
        elif state.dynamic_current_a != 0:
            self._paused_by_hand = True

    def _known(self) -> LektricoState:
        if self._last is None:
            raise ChargerProtocolError("not read yet")
        return self._last

    # How it is asked and told, and how it says yes and no

    async def _set_dynamic_current(self, amps: int, relay_mode: int | None) -> None:
        params: dict[str, object] = {"dynamic_current": amps}
        if relay_mode is not None:
            params["relay_mode"] = relay_mode
        await self._command("dynamic_current.set", params, _DYNAMIC)

    async def _make_sure_lately(self) -> Device:
        """Ask which box it is unless that is known from the last minute, without a lost answer since."""
        if self._device is None or self._is_due(_WHO, _WHO_PACE_S):
            return await self._make_sure()
        return self._device

    async def _get(self, method: str) -> object:
        answer = await self._exchange("GET", f"/rpc/{method}")
        if (error := _error(answer)) is not None:
            if _code(error) in _UNKNOWN_CODES:
                raise _UnknownMethodError("unknown_to_firmware")
            raise _refusal(error)
        return answer

    async def _command(self, method: str, params: Mapping[str, object] | None = None, *changed: str) -> None:
        """Send a command, after which these methods have something new to tell.

        The reply names the box that has taken it.
        """
        device = await self._make_sure_lately()
        frame = {"src": _NAME, "id": next(self._ids), "method": method}
        if params is not None:
            frame["params"] = params
        for read in changed:
            if self._asked.get(read) != math.inf:
                self._asked.pop(read, None)
        reply = await self._exchange("POST", "/rpc", frame)
        if (error := _error(reply)) is not None:
            raise _refusal(error)
        if not isinstance(reply, Mapping) or reply.get("id") != frame["id"] or "result" not in reply:
            raise ChargerProtocolError("no reply to this frame")
        if (serial := _serial(reply.get("src"))) and serial != device.serial:
            self._asked.pop(_WHO, None)
            raise ChargerProtocolError("another box answers")
        if reply["result"] is False:
            raise ChargerRefusedError("general_failure")

    async def _exchange(self, method: str, path: str, body: object = None) -> object:
        try:
            answer = await self._http.request(method, path, body=body)
            if not answer.strip():
                # Some firmware says so that it wants a log-in; but one that knew us a moment ago may just be
                # restarting.
                raise (ChargerUnreachableError if self._has_answered else ChargerAuthError)("empty answer")
        except ChargerUnreachableError:
            # Who answers next may be another one.
            self._asked.pop(_WHO, None)
            raise
        result = parsed(answer)
        self._has_answered = True
        return result


def _serial(src: object) -> str | None:
    """Return the serial of the box that a frame comes from, if it says so."""
    try:
        return device_from_wire({"device_id": src}).serial
    except ChargerProtocolError:
        return None


def _error(answer: object) -> object:
    """Return the error in an answer, which may come with any status; None: it is none, or number 0."""
    if not isinstance(answer, Mapping):
        return None
    error = answer.get("error")
    if error is None and {"code", "message"} <= answer.keys():
        error = answer
    return None if _code(error) == 0 else error


def _code(error: object) -> int | None:
    return integer(error.get("code") if isinstance(error, Mapping) else error, -(2**31), 2**31)


def _refusal(error: object) -> ChargerRefusedError:
    """Return the box's no; what it writes itself is for programmers."""
    code = _code(error)
    if code in _REFUSALS:
        return ChargerRefusedError(_REFUSALS[code])
    if code in _UNKNOWN_CODES:
        return ChargerRefusedError("unknown_to_firmware")
    return ChargerRefusedError("unknown_code", code="?" if code is None else str(code))


def _check_range(value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ChargerRefusedError("out_of_range", minimum=f"{low:g}", maximum=f"{high:g}")


def _whole(value: float) -> int:
    if value != math.floor(value):
        raise ChargerRefusedError("whole_numbers_only")
    return int(value)
