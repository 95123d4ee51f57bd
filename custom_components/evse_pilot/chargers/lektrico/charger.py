"""A Lektrico charger or energy meter on the wire."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
import math
from typing import override

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
from ..counters import Counters
from ..errors import ChargerProtocolError, ChargerRefusedError, check_range
from ..settings import Configurable, Setting
from ..types import Identity, Load, OwnBalancing, SessionReading, drawn_phases
from ..week import Timetable, WeekSlot
from .box import CONFIG, DYNAMIC, INFO, LOGGED, SCHEDULE, VERSION, LektricoBox, UnknownMethodError
from .info import relay_mode_from_wire, reports_limit
from .models import (
    LektricoState,
    Rgb,
    firmware_from_wire,
    from_wire,
    led_template_from_wire,
    led_template_to_wire,
    report,
)
from .week import intervals_from_week, week_from_intervals
from .words import MAXIMUM_A, MINIMUM_A, LimitReason, Segment

# In the words of control/claim.py:Reason; its dynamic current is our own limit, and its hardware no limit at all.
_OWN_REASONS: Mapping[LimitReason | None, str] = {
    LimitReason.INSTALLATION: "installation",
    LimitReason.USER: "charger_limit",
    LimitReason.SCHEDULE: "own_schedule",
    LimitReason.METER: "own_meter",
    LimitReason.METER_OFFLINE: "own_meter",
    LimitReason.OCPP: "ocpp",
    LimitReason.OVERTEMPERATURE: "overtemperature",
}


def _now(zone: tzinfo) -> datetime:
    return datetime.now(zone)


class Lektrico(
    Charger[LektricoState],
    Configurable[LektricoState],
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
    """A charger or an energy meter; which of the two it is, is known from its first answer on."""

    def __init__(
        self, box: LektricoBox, *, zone: tzinfo = UTC, now: Callable[[tzinfo], datetime] = _now
    ) -> None:
        """Take a box, of which nothing is known yet, and the time zone of its schedule."""
        self._box = box
        self._zone = zone
        self._now = now
        self._last: LektricoState | None = None
        self._changing = asyncio.Lock()
        self._counters = Counters()
        # A state of which it is not known whether a restart has made it.
        self._unclear: LektricoState | None = None

    @override
    async def identify(self) -> Identity:
        device = await self._box.identify()
        await self._box.refresh(VERSION)
        firmware = firmware_from_wire(self._box.answers.get(VERSION))
        if firmware is None and device.is_charger:
            firmware = firmware_from_wire(await self._box.get(INFO))
        return Identity(model=device.model, serial=device.serial, firmware=firmware)

    @override
    async def fetch(self) -> LektricoState:
        device = await self._box.poll()
        self._last = from_wire(device, self._box.answers, self._counters)
        self._unclear = self._last if self._box.may_have_restarted else None
        return self._last

    @override
    def report(self) -> Mapping[str, object]:
        return {method: report(answer) for method, answer in self._box.answers.items()}

    @override
    def has(self, kind: type[object]) -> bool:
        """Return what a charger can do; an energy meter measures the mains, and nothing else."""
        if (device := self._box.device) is None or not device.is_charger:
            return device is not None and kind in (MainsMeter, Configurable)
        if kind is PhaseSwitch:
            return self._last is not None and self._last.phase_mode is not None
        if kind is Scheduler:
            return self._last is not None and self.timetable(self._last) is not None
        return kind is not MainsMeter

    @override
    def own_balancing(self, state: LektricoState) -> OwnBalancing | None:
        is_metered = state.limit_reason in (LimitReason.METER, LimitReason.METER_OFFLINE)
        if state.is_charger and (state.energy_management_enabled or is_metered):
            return OwnBalancing.ENERGY_METER
        return OwnBalancing.OCPP if state.limit_reason is LimitReason.OCPP else None

    @override
    def limited_by(self, state: LektricoState) -> str | None:
        return _OWN_REASONS.get(state.limit_reason)

    @override
    def restarted(self, before: LektricoState, after: LektricoState) -> bool:
        """Return whether its restart counter grew, or may have; limit and phases are not kept over a restart."""
        if after is self._unclear:
            return True
        return before.restarts is not None and after.restarts is not None and after.restarts > before.restarts

    @override
    async def change[V](self, setting: Setting[LektricoState, V], value: V) -> None:
        await self._set_config(setting.name, setting.to_wire(value))

    def mains_currents_a(self, state: LektricoState) -> tuple[float | None, ...] | None:
        """Return the current of each of its phases; the sign is that of the power, for currents have none."""
        if state.mains_currents_a is None:
            return None
        powers_w = state.mains_powers_w or (None,) * 3
        return tuple(
            amps if amps is None or watts is None else math.copysign(amps, -1 if watts < 0 else 1)
            for amps, watts in zip(state.mains_currents_a, powers_w, strict=True)
        )[: state.phase_count]

    def energy_wh(self, state: LektricoState) -> float | None:
        """Return what it has charged in its life, in Wh, or in this session on firmware 1.23."""
        return state.counted_energy_wh

    def session_reading(self, state: LektricoState) -> SessionReading:
        """Return what it shows of the session; the total of firmware 1.23 is read too seldom for that."""
        return SessionReading(
            plugged_in=state.plugged_in,
            power_w=state.power_w,
            session_wh=state.session_energy_wh,
            total_wh=state.total_energy_wh if state.counts_life else None,
            number=state.session_number,
            phases=drawn_phases((state.currents_a or ())[: state.phase_count]),
        )

    # Limit and phases

    @property
    def daily_writes(self) -> int:
        """Return 1000: the dynamic current is kept in RAM, and made to be set often."""
        return 1000

    def load(self, state: LektricoState) -> Load:
        """Return what it may draw; ChargerProtocolError if its limits are not known."""
        if (limit_a := state.limit_a) is None or (maximum_a := state.maximum_a) is None:
            raise ChargerProtocolError("no limits")
        drawn_a = [amps for amps in (state.currents_a or ())[: state.phase_count] if amps is not None]
        return Load(
            status=state.status,
            limit_a=limit_a,
            minimum_a=MINIMUM_A,
            maximum_a=maximum_a,
            set_a=state.dynamic_current_a or None,
            phases=state.phases,
            drawn_a=tuple(drawn_a) if len(drawn_a) == state.phase_count else None,
        )

    async def set_limit(self, amps: float) -> None:
        """Allow so many whole amperes per phase, rounded down: the "dynamic current", which is not kept in flash.

        A pause stays, for by the document a limit may resume; a dynamic current of 0 does not.
        """
        if (maximum_a := self._known().maximum_a) is None:
            raise ChargerRefusedError("limits_unknown")
        check_range(amps, MINIMUM_A, maximum_a, "A")
        async with self._changing:
            before = await self._read_now()
            await self._set_limit(math.floor(amps + 1e-6))
            if before.paused and before.dynamic_current_a != 0:
                await self.pause()

    async def _set_limit(self, amps: int) -> None:
        """Set the dynamic current together with the phases that hold now, which the app may have changed."""
        phases = None
        if self._known().phase_count == 3:
            with suppress(UnknownMethodError):
                phases = relay_mode_from_wire(await self._box.get(DYNAMIC))
        await self._set_dynamic_current(amps, phases)

    async def _read_now(self) -> LektricoState:
        """Return what it shows now of its pause and its dynamic current, which the app may have changed."""
        device = await self._box.verify()
        answers = {INFO: await self._box.get(INFO)}
        if not reports_limit(answers[INFO]):
            with suppress(UnknownMethodError):
                answers[DYNAMIC] = await self._box.get(DYNAMIC)
        return from_wire(device, answers)

    def phases(self, state: LektricoState) -> int | None:
        """Return on how many phases it charges; None: it cannot switch them."""
        return None if state.phase_mode is None else len(state.phases)

    async def set_phases(self, phases: int) -> None:
        """Charge on one phase or on three; three-phase chargers only, and forgotten at a restart."""
        async with self._changing:
            # Both are sent together, so the limit has to be the one that holds now.
            amps = (await self._read_now()).dynamic_current_a
            if amps is None or 0 < amps < MINIMUM_A:
                raise ChargerRefusedError("limits_unknown")
            await self._set_dynamic_current(amps, phases)

    async def _set_dynamic_current(self, amps: int, phases: int | None) -> None:
        params = {"dynamic_current": amps} | ({} if phases is None else {"relay_mode": phases})
        await self._box.command("dynamic_current.set", params, DYNAMIC)

    def _known(self) -> LektricoState:
        if self._last is None:
            raise ChargerProtocolError("not read yet")
        return self._last

    # Charging

    async def start(self) -> None:
        """Start charging on behalf of Home Assistant.

        Whether a box that asks for a card starts without a tag is not known; the vendor's client sends this one.
        """
        await self.authorize("HASS")

    async def authorize(self, tag: str) -> None:
        """Start charging on behalf of the owner of this card or name."""
        if not tag.strip():
            raise ChargerRefusedError("tag_missing")
        await self._box.command("charge.start", {"tag": tag.strip()})

    async def stop(self) -> None:
        """End the charging session."""
        await self._box.command("charge.stop")

    def allows_charging(self, state: LektricoState) -> bool | None:
        """Return whether it is not paused; None: not known."""
        return state.allows_charging

    async def set_charging(self, on: bool) -> None:
        """Resume what was paused, or pause it: firmware that reports no pause by a dynamic current of 0.

        A dynamic current of 0, which hides the limit of before, gives way to the minimum.
        """
        reports_pause = self._known().paused is not None
        if reports_pause:
            await (self.resume() if on else self.pause())
        if on or not reports_pause:
            async with self._changing:
                is_zero = (await self._read_now()).dynamic_current_a == 0
                if is_zero is on:
                    await self._set_limit(MINIMUM_A if on else 0)

    async def pause(self) -> None:
        """Pause until it is resumed."""
        await self._box.command("charge.pause")

    async def resume(self) -> None:
        """Go on after a pause."""
        await self._box.command("charge.resume")

    # The week

    def timetable(self, state: LektricoState) -> Timetable | None:
        """Return the week that it keeps; None: this firmware keeps none."""
        if state.week is None or state.schedule_enabled is None:
            return None
        return Timetable(week=state.week, enabled=state.schedule_enabled)

    def check_timetable(self, state: LektricoState, week: Sequence[WeekSlot]) -> None:
        """Raise ChargerRefusedError for a week that its intervals and its clock cannot hold.

        Currents are whole amperes, 0 or 6 to 32, and its clock is whole hours from UTC.
        """
        for slot in week:
            if slot.current_a:
                check_range(slot.current_a, MINIMUM_A, MAXIMUM_A, "A")
                if not slot.current_a.is_integer():
                    raise ChargerRefusedError("whole_numbers_only")
        self._utc_offset_h()

    def read_back(self, week: Sequence[WeekSlot]) -> tuple[WeekSlot, ...]:
        """Return the week as its intervals mean it."""
        return week_from_intervals(intervals_from_week(week)) or tuple(week)

    async def set_timetable(self, week: Sequence[WeekSlot]) -> None:
        """Set its clock, keep the intervals of this week and no others, and go by them.

        It knows no summer time, so this has to be done again whenever the clocks change.
        """
        state = self._known()
        self.check_timetable(state, week)
        if state.gmt_offset_h != (offset_h := self._utc_offset_h()):
            await self._set_config("gmt_offset", offset_h)
        params = {"charging_schedule": intervals_from_week(week)}
        await self._box.command("charging_schedule.set", params, SCHEDULE)
        if not self._known().schedule_enabled:
            await self._set_config("charging_schedule_enabled", True)

    async def disable_timetable(self) -> None:
        """Keep its intervals, and ignore them."""
        await self._set_config("charging_schedule_enabled", False)

    async def override_timetable(self) -> None:
        """Charge in spite of the schedule until the car is unplugged."""
        await self._box.command("charging_schedule.override")

    def _utc_offset_h(self) -> int:
        offset = self._now(self._zone).utcoffset() or timedelta()
        hours = offset.total_seconds() / 3600
        if not hours.is_integer() or not -12 <= hours <= 12:
            raise ChargerRefusedError("whole_hours_only")
        return int(hours)

    # The box itself

    async def _set_config(self, name: str, value: object) -> None:
        await self._box.command("app_config.set", {"config_key": name, "config_value": value}, CONFIG)

    async def set_led_segment(self, segment: Segment, rgb: Rgb) -> None:
        """Colour one of the four parts of its light; the others keep theirs."""
        for part in rgb:
            check_range(part, 0, 255)
        async with self._changing:
            await self._box.verify()
            config = await self._box.get(CONFIG)
            # A template that was never set, or is none, is dark.
            template = (
                led_template_from_wire(config.get("led_template")) if isinstance(config, Mapping) else None
            )
            colors = dict(zip(Segment, template or ((0, 0, 0),) * len(Segment), strict=True)) | {segment: rgb}
            await self._set_config("led_template", led_template_to_wire(list(colors.values())))

    async def reset_logged_errors(self) -> None:
        """Forget the errors of the past."""
        await self._box.command("logged_errors.reset", None, LOGGED)

    async def reboot(self) -> None:
        """Restart the box; a charging session is let end first."""
        await self._box.command("device.reset")

    async def update_firmware(self) -> None:
        """Look for new firmware, and install it."""
        await self._box.command("ota.verify")

    async def factory_reset(self) -> None:
        """Forget all settings, the installer's limit and the Wi-Fi among them."""
        await self._box.command("factory.reset")

    async def set_access_point_password(self, password: str) -> None:
        """Set the password of its own Wi-Fi, 8 to 63 characters; an empty one removes it."""
        if password and not (8 <= len(password) <= 63 and password.isascii() and password.isprintable()):
            raise ChargerRefusedError("password_invalid")
        await self._box.command("ap_password.set", {"password": password})
