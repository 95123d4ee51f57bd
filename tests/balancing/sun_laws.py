"""Laws of charging by the sun: ours, and those of other projects as published, written anew from their description."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
import math
from typing import override

from custom_components.evse_pilot.balancing.law.law import Law
from custom_components.evse_pilot.balancing.law.model import Group, Member
from custom_components.evse_pilot.balancing.sun.law import SunLaw
from custom_components.evse_pilot.balancing.sun.model import SunMember, SunMode, SunSettings
from custom_components.evse_pilot.chargers.types import Load, Status
from custom_components.evse_pilot.control.claim import Reason, Source

from .controller import SimulatedController
from .sun_days import LEAST_A, MOST_A, VOLTS, MakeSunLaw, SunDay


class Ours:
    """The law of the sun above the law of the fuse, as a group has them."""

    every_s = 0

    def __init__(self, day: SunDay) -> None:
        """Begin with nothing read."""
        self.day = day
        member = Member(id="car", phases=tuple(range(1, day.phases + 1)), maximum_a=MOST_A, step_a=day.step_a)
        self.law = Law(Group(fuse_a=(35.0, 35.0, 35.0), margin_a=1.0, safe_a=6.0, members=(member,)))
        self.sun = SunLaw(SunSettings())
        self.controller = SimulatedController(0.0, 5.0)
        self.phases, self.offer_a = day.phases, 0.0
        self.on_phases = day.phases

    def read_mains(self, t: float, mains_a: Sequence[float]) -> None:
        """Take a reading of the meter."""
        self.law.read_mains(t, mains_a)

    def read_car(self, t: float, offer_a: float, phases: int, drawn_a: float) -> None:
        """Take a reading of the charger."""
        self.on_phases = phases
        load = Load(
            status=Status.CHARGING if drawn_a else Status.CONNECTED if offer_a else Status.PAUSED,
            limit_a=offer_a,
            minimum_a=LEAST_A,
            maximum_a=MOST_A,
            step_a=self.day.step_a,
            phases=tuple(range(1, phases + 1)),
            drawn_a=tuple(drawn_a if n < phases else 0.0 for n in range(self.day.phases)),
        )
        self.controller.read(t, load)
        core = self.controller.core
        self.law.read_charger(
            t,
            "car",
            load,
            own=self.controller.own,
            is_off_at_charger=False,
            ack=core.ack,
            foreign=core.foreign,
        )

    def decide(self, t: float) -> tuple[float, int]:
        """Let the sun claim, and the fuse obey."""
        if (charger := self.law.charger("car")) is None:
            return 0.0, self.day.phases
        house_a = [amps for amps in self.law.house_a if amps is not None]
        member = SunMember(
            id="car",
            mode=SunMode.SUN,
            phases=max(1, len(charger.draw.counted)),
            maximum_a=charger.maximum_a,
            step_a=self.day.step_a,
            drawn_w=sum(charger.draw.drawn_a) * VOLTS,
            can_switch=self.day.can_switch,
            on_phases=self.on_phases if self.day.can_switch else None,
        )
        decision = self.sun.decide(t, sum(house_a) * VOLTS if len(house_a) == 3 else None, [member])
        share = decision.shares["car"]
        self.controller.limit(Source.SUN, share.amps, Reason.SOLAR_SURPLUS)
        self.law.change_own("car", self.controller.own)
        for write in self.law.decide(t).writes:
            self.controller.give(write.amps)
        if (amps := self.controller.command(t)) is not None:
            self.offer_a = amps
            self.controller.accept()
        if share.phases is not None and self.offer_a > 0:
            self.phases = share.phases
        return self.offer_a, self.phases


class Peer(ABC):
    """What the others have in common: the last readings, a timer, one offer."""

    every_s = 2

    def __init__(self, day: SunDay) -> None:
        """Begin with the car paused."""
        self.day = day
        self.mains_w = 0.0
        self.is_new = False
        self.offer_a, self.phases, self.drawn_a = 0.0, day.phases, 0.0

    def read_mains(self, t: float, mains_a: Sequence[float]) -> None:
        """Keep the reading for the next tick."""
        self.mains_w, self.is_new = sum(mains_a) * VOLTS, True

    def read_car(self, t: float, offer_a: float, phases: int, drawn_a: float) -> None:
        """Keep the reading for the next tick."""
        self.drawn_a = drawn_a

    def decide(self, t: float) -> tuple[float, int]:
        """Run the timer once."""
        self.tick(t)
        self.is_new = False
        return self.offer_a, self.phases

    @abstractmethod
    def tick(self, t: float) -> None:
        """Set the offer anew."""

    def down_a(self, amps: float) -> float:
        """Round down to a step of the charger."""
        return round(math.floor(amps / self.day.step_a + 1e-6) * self.day.step_a, 3)

    @property
    def drawn_now_a(self) -> float:
        """Return what the car draws, or where it is not known yet, what it is offered."""
        return self.drawn_a or self.offer_a


class Evcc(Peer):
    """Each 30 s; on after a minute, off after three; phases with the same delays; blind for a minute after both."""

    every_s = 30
    _ENABLE_S, _DISABLE_S, _BLIND_S = 60.0, 180.0, 60.0

    def __init__(self, day: SunDay) -> None:
        """Begin with no timer."""
        super().__init__(day)
        self._since_s: float | None = None
        self._phase_since_s: float | None = None
        self._blind_until_s = -math.inf

    @override
    def tick(self, t: float) -> None:
        if t < self._blind_until_s:
            return
        own_w = self.drawn_a * self.phases * VOLTS
        left_w = own_w - self.mains_w
        if self.day.can_switch and self._switch(t, left_w):
            return
        target_a = left_w / VOLTS / self.phases
        if self.offer_a == 0:
            if target_a < LEAST_A:
                self._since_s = None
            elif self._is_over(t, self._ENABLE_S):
                self.offer_a, self._blind_until_s = LEAST_A, t + self._BLIND_S
        elif target_a < LEAST_A:
            self.offer_a = LEAST_A
            if self._is_over(t, self._DISABLE_S):
                self.offer_a = 0.0
        else:
            self._since_s = None
            self.offer_a = min(MOST_A, self.down_a(target_a))

    def _is_over(self, t: float, seconds: float) -> bool:
        if self._since_s is None:
            self._since_s = t
        if t - self._since_s < seconds:
            return False
        self._since_s = None
        return True

    def _switch(self, t: float, left_w: float) -> bool:
        """Scale the phases down when three have too little, and up when one has too much."""
        least_w = LEAST_A * VOLTS
        down = self.phases == 3 and least_w <= left_w < 3 * least_w
        up = self.phases == 1 and left_w > MOST_A * VOLTS and left_w >= 3 * least_w
        if not down and not up:
            self._phase_since_s = None
            return False
        if self._phase_since_s is None:
            self._phase_since_s = t
        if self.offer_a and t - self._phase_since_s < (self._DISABLE_S if down else self._ENABLE_S):
            return False
        self.phases, self._phase_since_s = 1 if down else 3, None
        self._blind_until_s = t + self._BLIND_S
        return True


class OpenEvse(Peer):
    """Smoothed, quick up and slow down; on with a tenth more than its least, and for ten minutes at least."""

    _ATTACK, _DECAY, _RATIO, _HYSTERESIS_A, _ON_S = 0.4, 0.05, 1.1, 0.5, 600.0

    def __init__(self, day: SunDay) -> None:
        """Begin with nothing smoothed."""
        super().__init__(day)
        self._smooth_a = 0.0
        self._on_s = -math.inf

    @override
    def tick(self, t: float) -> None:
        if not self.is_new:
            return
        left_a = (self.drawn_a * self.phases * VOLTS - self.mains_w) / VOLTS / self.phases
        self._smooth_a += (self._ATTACK if left_a > self._smooth_a else self._DECAY) * (
            left_a - self._smooth_a
        )
        if self.offer_a == 0:
            if self._smooth_a >= LEAST_A * self._RATIO:
                self.offer_a, self._on_s = LEAST_A, t
        elif self._smooth_a < LEAST_A - self._HYSTERESIS_A and t >= self._on_s + self._ON_S:
            self.offer_a = 0.0
        else:
            self.offer_a = max(LEAST_A, min(MOST_A, float(math.floor(self._smooth_a))))


class SmartEvse(Peer):
    """By its current: small steps up, half of the import down; off after ten minutes, one phase after that or 30 s."""

    _START_A, _AT_FIRST_S, _STOP_S, _LARGE_S, _UP_S = 4.0, 40.0, 600.0, 30.0, 60.0

    def __init__(self, day: SunDay) -> None:
        """Begin with no timer."""
        super().__init__(day)
        self._on_s = -math.inf
        self._lacks_s = self._room_s = math.inf

    @override
    def tick(self, t: float) -> None:
        if not self.is_new:
            return
        sum_a = self.mains_w / VOLTS
        if self.offer_a == 0:
            if -sum_a >= self._START_A:
                self.offer_a, self._on_s = LEAST_A, t
                self._lacks_s = self._room_s = math.inf
            return
        if t < self._on_s + self._AT_FIRST_S:
            return
        amps = self.offer_a
        if sum_a < 0:
            amps += 0.5 if sum_a < -1 * self.phases else 0.1
        else:
            amps -= sum_a / 2 if sum_a > 2 else 0.5 if sum_a > 0.5 else 0.1
        self._count(t, amps, sum_a)
        self.offer_a = max(LEAST_A, min(MOST_A, round(amps, 1)))

    def _count(self, t: float, amps: float, sum_a: float) -> None:
        """Stop, or change the phases, after its time."""
        self._lacks_s = min(self._lacks_s, t) if amps < LEAST_A else math.inf
        if self.day.can_switch and self.phases == 3 and self._lacks_s < math.inf:
            if t - self._lacks_s >= (self._LARGE_S if sum_a > LEAST_A else self._STOP_S):
                self.phases, self._on_s, self._lacks_s = 1, t, math.inf
        elif t - self._lacks_s >= self._STOP_S:
            self.offer_a, self._lacks_s = 0.0, math.inf
        has_room = self.phases == 1 and amps >= MOST_A and -sum_a >= 3 * LEAST_A - MOST_A
        self._room_s = min(self._room_s, t) if has_room else math.inf
        if self.day.can_switch and t - self._room_s >= self._UP_S:
            self.phases, self._on_s, self._room_s = 3, t, math.inf
            self.offer_a = LEAST_A


class LoadJuggler(Peer):
    """Filtered in and out, with a ramp; below its least for five minutes it is paused for three; sent every 15 s."""

    _IN_S, _OUT_S, _SCHMITT_A, _UP, _DOWN, _SEND_S = 5.6, 7.0, 0.3, 0.1, 0.2, 15
    _GRACE_S, _PAUSE_S = 300.0, 180.0

    def __init__(self, day: SunDay) -> None:
        """Begin with filters that are empty."""
        super().__init__(day)
        self._grid_w = self._car_w = self._permit_a = self._amps = 0.0
        self._lacks_s, self._paused_s = math.inf, -math.inf

    @override
    def tick(self, t: float) -> None:
        kept, out = math.exp(-self.every_s / self._IN_S), math.exp(-self.every_s / self._OUT_S)
        self._grid_w += (1 - kept) * (self.mains_w - self._grid_w)
        self._car_w += (1 - kept) * (self.drawn_a * self.phases * VOLTS - self._car_w)
        left_a = (self._car_w - self._grid_w) / VOLTS / self.phases
        self._permit_a += (1 - out) * (left_a - self._permit_a)
        if abs(self._permit_a - self._amps) > self._SCHMITT_A or self._amps == 0:
            self._ramp(t)
        if t % self._SEND_S < self.every_s:
            self.offer_a = self.down_a(self._amps)

    def _ramp(self, t: float) -> None:
        permit_a = min(MOST_A, self._permit_a)
        if self._amps == 0:
            if permit_a >= LEAST_A and t >= self._paused_s + self._PAUSE_S:
                self._amps, self._lacks_s = permit_a, math.inf
            return
        error_a = permit_a - self._amps
        most_a = max(self._UP if error_a > 0 else self._DOWN, abs(error_a) * (1 - math.exp(-2 / 5.6)))
        amps = self._amps + max(-most_a * self.every_s, min(most_a * self.every_s, error_a))
        self._lacks_s = min(self._lacks_s, t) if permit_a < LEAST_A else math.inf
        if t - self._lacks_s >= self._GRACE_S:
            self._amps, self._paused_s = 0.0, t
        else:
            self._amps = max(LEAST_A, amps)


SUN_LAWS: dict[str, MakeSunLaw] = {
    "EVSE Pilot": Ours,
    "evcc": Evcc,
    "OpenEVSE": OpenEvse,
    "SmartEVSE": SmartEvse,
    "Load Juggler": LoadJuggler,
}
