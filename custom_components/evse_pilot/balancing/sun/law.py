"""The law of the sun: what a roof leaves now, and left before, decides what each car may have.

It follows the house without its cars, so that what it gave is never taken for a change of the sun. A car rises on the
worst of a time that has passed, falls at once, and stops when it has lacked its least for long enough.
"""

from collections.abc import Mapping, Sequence
import math

from ..law.model import Strategy
from .car import PAUSE_S, RISES_S, SunCar
from .model import STEERED, Battery, SunDecision, SunMember, SunMode, SunSettings, SunShare
from .phases import DOWN_S, PhaseChoice
from .sharing import share
from .surplus import HomeBattery, Surplus

# A car that has more than is left by so little falls only if that lasts.
_LITTLE_A, _LITTLE_S = 0.2, 15.0
# So long after a start what was allowed before holds, until the meter was read.
_FIRST_READ_WITHIN_S = 60.0
# Among equals a car that waits has its turn when another had so much more as that draws at least in such a time.
_TURN_S = 3600.0


class SunLaw:
    """Steers the cars of one group by the sun. Times are seconds of any clock that never goes back."""

    def __init__(self, settings: SunSettings) -> None:
        """Start with nothing read."""
        self.settings = settings
        self._surplus = Surplus()
        self._battery = HomeBattery()
        self._cars: dict[str, SunCar] = {}
        self._phases: dict[str, PhaseChoice] = {}
        self._first_s: float | None = None
        self._last_s: float | None = None
        self._is_read = False

    def decide(
        self,
        t: float,
        house_w: float | None,
        members: Sequence[SunMember],
        battery: Battery | None = None,
        held: Mapping[str, float] | None = None,
    ) -> SunDecision:
        """Return what each car may have now; call it after each reading, and once a second for what takes time alone.

        `house_w` is what the house draws without the cars, negative when it feeds in; None: not known. `battery` None:
        there is none. `held` are the currents that were allowed before a restart, in A.
        """
        passed_s = 0.0 if self._last_s is None else max(0.0, t - self._last_s)
        self._first_s, self._last_s = t if self._first_s is None else self._first_s, t
        self._read(t, members, held or {})
        left_w = self._left_w(t, house_w, members, battery)
        if left_w is None:
            self._surplus.forget()
        else:
            self._surplus.add(t, left_w)
            self._is_read = True
        for name, c in self._cars.items():
            self._phases[name].follow(t, c)
        if self._is_read or t >= self._first_s + _FIRST_READ_WITHIN_S:
            self._steer(t, passed_s)
        self._follow_fuse(t)
        return SunDecision(
            shares={
                c.spec.id: self._share(t, c)
                for c in self._cars.values()
                if c.spec.mode is not SunMode.FAST or c.spec.can_switch
            },
            surplus_w=left_w,
            given_w=self._given_w(left_w),
            share=_share_of_sun(house_w, members, battery),
        )

    # Readings

    def _read(self, t: float, members: Sequence[SunMember], held: Mapping[str, float]) -> None:
        known, self._cars = self._cars, {}
        for spec in members:
            car = known.get(spec.id)
            if car is None:
                car = SunCar(t, spec)
                if spec.mode in STEERED and held.get(spec.id, 0.0) >= car.least_a:
                    car.amps = held[spec.id]
                self._phases[spec.id] = PhaseChoice()
            car.read(t, spec)
            self._cars[spec.id] = car
        self._phases = {name: self._phases[name] for name in self._cars}

    def _left_w(
        self, t: float, house_w: float | None, members: Sequence[SunMember], battery: Battery | None
    ) -> float | None:
        """Return what is left to the cars that the sun steers; None: not known."""
        if house_w is None or not math.isfinite(house_w):
            return None
        others_w = sum(member.drawn_w for member in members if member.mode not in STEERED)
        if battery is None:
            return -house_w - others_w
        left_w = self._battery.surplus_w(t, house_w, battery, self.settings)
        return None if left_w is None else left_w - others_w

    def _given_w(self, left_w: float | None) -> float:
        drawn_w = sum(c.spec.drawn_w for c in self._cars.values() if c.spec.mode in STEERED)
        return 0.0 if left_w is None else min(drawn_w, max(0.0, left_w))

    # Who is on

    def _steer(self, t: float, passed_s: float) -> None:
        """Switch cars on and off, and share among those that are on."""
        now_w = self._surplus.now_w or 0.0
        cars = [c for c in self._cars.values() if c.spec.mode in STEERED and c.spec.has_car]
        ranked = sorted(cars, key=self._rank)
        self._stop(t, passed_s, ranked, now_w)
        if self._surplus.now_w is not None:
            self._start(t, ranked, now_w)
        self._move(t, [c for c in ranked if c.is_on])

    def _follow_fuse(self, t: float) -> None:
        """Let a car have one phase where the fuse leaves less than three need, and three again where it does not."""
        for c in self._cars.values():
            phases = self._phases[c.spec.id]
            if not c.spec.has_car or c.spec.mode is SunMode.OFF:
                continue
            if phases.must_fall(t, c, self.settings):
                phases.switch(t, 1, for_fuse=True)
            elif c.spec.mode is SunMode.FAST and phases.may_rise(t, c, self.settings, math.inf):
                phases.switch(t, 3)

    def _rank(self, c: SunCar) -> tuple[bool, bool, float, float, str]:
        """Return what sorts the first to be served before the last; those that always have their least before all."""
        is_last = not c.spec.takes
        always = c.spec.mode is SunMode.MINIMUM
        by = 0.0
        if self.settings.strategy is Strategy.PRIORITY:
            by = float(c.spec.priority)
        elif self.settings.strategy is not Strategy.FIRST_COME:
            turn_wh = c.least_w(self.settings.volts) * _TURN_S / 3600
            by = c.had_wh - turn_wh if c.is_on else c.had_wh
        return not always, is_last, by, c.plugged_s, c.spec.id

    def _stop(self, t: float, passed_s: float, ranked: Sequence[SunCar], now_w: float) -> None:
        """Stop a car that has lacked its least for long enough, or let it go on with one phase."""
        volts, left_w = self.settings.volts, now_w
        for c in ranked:
            if not c.is_on:
                continue
            c.count(passed_s, left_w)
            needs_w = c.needs_w(volts)
            missing_w = needs_w - max(0.0, left_w)
            phases = self._phases[c.spec.id]
            if c.spec.mode is SunMode.SUN and missing_w > self.settings.stop_w and not phases.is_switching:
                may_fall = phases.may_fall(t, c, self.settings, left_w)
                # One phase is not waited for as a stop is.
                c.lack(passed_s, missing_w, missing_w if may_fall else needs_w)
                if may_fall:
                    if c.stops(t, DOWN_S, self.settings.minimum_on_s):
                        phases.switch(t, 1)
                        c.wait()
                        c.move(t, c.least_a)
                elif c.stops(t, self.settings.stop_s, self.settings.minimum_on_s):
                    c.move(t, 0.0)
                    continue
            else:
                c.suffice(passed_s)
            left_w -= needs_w

    def _start(self, t: float, ranked: Sequence[SunCar], now_w: float) -> None:
        """Start a car for which there was enough for long enough."""
        settings, volts = self.settings, self.settings.volts
        # What each that is on needs is left to it, unless one that comes before it waits.
        left_w = now_w
        for place, c in enumerate(ranked):
            if c.is_on:
                left_w -= c.needs_w(volts)
                continue
            behind = [o for o in ranked[place + 1 :] if o.is_on]
            phases = self._phases[c.spec.id]
            if phases.may_fall(t, c, settings, left_w - settings.start_w) and left_w < c.least_w(volts):
                needs_w = c.least_a * volts
            else:
                needs_w = c.least_w(volts)
            c.missing_w = max(0.0, needs_w + settings.start_w - left_w)
            c.enough_s = math.inf if c.missing_w > 0 else min(c.enough_s, t)
            if t < max(c.enough_s + settings.start_s, c.switched_s + settings.minimum_off_s):
                continue
            if not self._make_way(t, behind, left_w - needs_w):
                continue
            worst_w = left_w - now_w + self._surplus.worst_w(t, settings.start_s)
            if needs_w < c.least_w(volts):
                phases.switch(t, 1)
                c.phases = 1
            elif phases.may_rise_now(t, c, settings, worst_w - settings.start_w):
                phases.switch(t, 3)
                c.phases = 3
                needs_w = c.least_w(volts)
            c.move(t, c.least_a)
            left_w -= needs_w

    def _make_way(self, t: float, behind: Sequence[SunCar], left_w: float) -> bool:
        """Stop those that do not fit beside one that comes before them; return whether that may be done now."""
        going: list[SunCar] = []
        for o in behind:
            needs_w = o.needs_w(self.settings.volts)
            if needs_w <= left_w:
                left_w -= needs_w
            else:
                going.append(o)
        if not all(o.has_run(t, self.settings.minimum_on_s) for o in going):
            return False
        for o in going:
            o.move(t, 0.0)
        return True

    # How much

    def _move(self, t: float, on: Sequence[SunCar]) -> None:
        """Lower at once what is too much, and raise what was left for long enough."""
        if not on:
            return
        now_a = self._shares_a(on, self._surplus.now_w or 0.0)
        for c, amps in zip(on, now_a, strict=True):
            if amps < c.amps:
                self._fall(t, c, amps)
            else:
                c.short_s = math.inf
        calm: dict[float, list[float]] = {}
        for n, c in enumerate(on):
            calm_s = c.calm_s(t)
            if calm_s not in calm:
                calm[calm_s] = self._shares_a(on, self._surplus.worst_w(t, calm_s))
            amps = min(c.most_a, c.down_a(calm[calm_s][n]))
            if amps >= c.amps + c.useful_a(t) or (amps == c.most_a > c.amps):
                if t >= c.moved_s + RISES_S:
                    c.move(t, amps)
            phases, extra_w = self._phases[c.spec.id], calm[calm_s][n] * c.phases * self.settings.volts
            if phases.may_rise(t, c, self.settings, extra_w):
                phases.switch(t, 3)
                c.move(t, c.least_a)

    def _fall(self, t: float, c: SunCar, amps: float) -> None:
        c.short_s = min(c.short_s, t)
        is_little = c.amps - amps <= _LITTLE_A and t < c.short_s + _LITTLE_S
        if not is_little and t >= c.moved_s + PAUSE_S:
            c.move(t, max(c.least_a, c.down_a(amps)))

    def _shares_a(self, on: Sequence[SunCar], left_w: float) -> list[float]:
        """Return what each that is on would have of so much, no less than its least; a car alone may have more than its most."""
        volts = self.settings.volts
        needs_w = [c.needs_w(volts) for c in on]
        caps_w = [
            c.watts(c.most_a - c.least_a, volts)
            if c.spec.takes and not self._phases[c.spec.id].is_switching
            else 0.0
            for c in on
        ]
        if len(on) == 1 and caps_w[0]:
            caps_w = [math.inf]
        extra_w = share(left_w - sum(needs_w), caps_w, in_order=self.settings.strategy is not Strategy.EQUAL)
        return [c.least_a + extra / (c.phases * volts) for c, extra in zip(on, extra_w, strict=True)]

    # The result

    def _share(self, t: float, c: SunCar) -> SunShare:
        settings, phases = self.settings, self._phases[c.spec.id]
        seconds: float | None = None
        if not c.spec.has_car or c.spec.mode not in STEERED:
            missing_w = None
        elif c.is_on:
            missing_w = c.missing_w
            if missing_w:
                seconds = max(0.0, settings.stop_s - c.lacked_s)
        else:
            missing_w = c.missing_w
            rests_s = c.switched_s + settings.minimum_off_s - t
            if c.enough_s < math.inf:
                seconds = max(0.0, rests_s, c.enough_s + settings.start_s - t)
            elif rests_s > 0:
                seconds = rests_s
        amps = 0.0 if phases.is_stopping else c.amps
        return SunShare(
            amps=None if c.spec.mode is SunMode.FAST else amps,
            phases=phases.wanted,
            is_changing=phases.is_stopping,
            missing_w=missing_w,
            seconds=seconds,
            switches_left=phases.left(t, settings) if c.spec.can_switch else None,
        )


def _share_of_sun(house_w: float | None, members: Sequence[SunMember], battery: Battery | None) -> float:
    """Return which part of what all cars draw is not drawn from the grid or from the battery; 0 while that is not known."""
    drawn_w = sum(member.drawn_w for member in members)
    discharged_w = 0.0
    if battery is not None:
        if battery.power_w is None:
            return 0.0
        discharged_w = max(0.0, -battery.power_w)
    if house_w is None or drawn_w <= 0:
        return 0.0
    return min(1.0, max(0.0, -house_w - discharged_w) / drawn_w)
