"""One phase or three, by the sun and by the fuse: when a car changes, by timers of its own, never under load, not too often."""

from collections import deque
import math

from .car import DRAWS_W, SunCar
from .model import SunMode, SunSettings

# One phase is used when three have lacked their least for so long.
DOWN_S = 90.0
# And when the fuse has left a paused car less than its least on three for so long.
_FUSE_S = 30.0
# Three phases need so much more than their least, for so long, and so long after the last change.
_SPARE_A, _UP_S, _BETWEEN_S = 0.5, 60.0, 300.0
# A car that was off, or away, for longer was not looked at, and nothing is counted of that.
_LOOKED_AT_S = 60.0
# The next time it takes so much longer.
_LONGER = 1.2
# Before it is switched a car is paused for so long at least, and until it draws nothing.
_STOPS_S = 10.0
# A charger that does not show other phases by then will not.
_GIVES_UP_S = 240.0
_DAY_S = 86_400.0


class PhaseChoice:
    """The phases of one car. Times are seconds of a clock that never goes back."""

    __slots__ = (
        "_at",
        "_changed_s",
        "_counted_s",
        "_enough_s",
        "_in_session",
        "_is_for_sun",
        "_is_refused",
        "_lacks_s",
        "_since_s",
        "_to",
        "wanted",
    )

    def __init__(self) -> None:
        """Start with the phases as they are."""
        self._at: deque[float] = deque()
        self._in_session = 0
        self._is_refused = False
        # Whether one phase was chosen for want of sun, and since when the fuse has left less than three need.
        self._is_for_sun = False
        self._lacks_s = math.inf
        # For how long there was enough for three phases, and when that was counted last.
        self._enough_s, self._counted_s = 0.0, math.inf
        # When they were last changed: one that waits is changed when it starts.
        self._changed_s = -math.inf
        # The phases that it is switched to, and since when.
        self._to: int | None = None
        self._since_s = -math.inf
        # The phases that are commanded; None: they are left as they are.
        self.wanted: int | None = None

    def unplugged(self) -> None:
        """Begin a new session."""
        self._in_session, self._is_refused, self._enough_s = 0, False, 0.0
        self._to = None

    def left(self, t: float, settings: SunSettings) -> int:
        """Return how many changes are left, now."""
        while self._at and self._at[0] <= t - _DAY_S:
            self._at.popleft()
        if self._is_refused:
            return 0
        left = min(settings.session_switches - self._in_session, settings.daily_switches - len(self._at))
        return max(0, left)

    @property
    def is_switching(self) -> bool:
        """Return whether a change is under way."""
        return self._to is not None

    @property
    def is_stopping(self) -> bool:
        """Return whether the car is to be paused for a change still."""
        return self.is_switching and self.wanted != self._to

    def follow(self, t: float, car: SunCar) -> None:
        """Go on with a change."""
        spec = car.spec
        if not spec.has_car:
            self.unplugged()
        if not spec.can_switch:
            self._to = self.wanted = None
        elif self.wanted is None:
            self.wanted = spec.on_phases
        if self._to is None:
            return
        car.phases = self._to
        if self.wanted != self._to:
            if spec.drawn_w >= DRAWS_W or t < self._since_s + _STOPS_S:
                return
            self.wanted, self._since_s = self._to, t
        if spec.on_phases == self._to:
            self._to = None
            self._changed_s = t
            car.is_back(t)
        elif spec.waits:
            # They are changed when it starts.
            self._since_s = t
        elif t >= self._since_s + _GIVES_UP_S:
            # It goes on with those that it has.
            self._to, self.wanted, self._is_refused = None, spec.on_phases, True
            car.is_back(t)

    def switch(self, t: float, to: int, *, for_fuse: bool = False) -> None:
        """Begin to change the phases."""
        self._to, self._since_s = to, t
        self._is_for_sun = to == 1 and not for_fuse
        self._at.append(t)
        self._in_session += 1
        self._enough_s = 0.0

    def may_fall(self, t: float, car: SunCar, settings: SunSettings, left_w: float) -> bool:
        """Return whether one phase is to be used instead of a stop, or to start: three have not enough."""
        return (
            self._can(t, car, settings, 1)
            and car.spec.on_phases == car.phases == 3
            and left_w >= car.least_a * settings.volts
        )

    def must_fall(self, t: float, car: SunCar, settings: SunSettings) -> bool:
        """Return whether the fuse has stopped a car on three phases for long enough, and leaves enough on one."""
        room = car.spec.room
        is_better = room is not None and room.lacks and room.one_a >= car.least_a + _SPARE_A
        if not is_better or not car.spec.on_phases == car.phases == 3:
            self._lacks_s = math.inf
            return False
        self._lacks_s = min(self._lacks_s, t)
        return t >= self._lacks_s + _FUSE_S and self._can(t, car, settings, 1)

    def may_rise_now(self, t: float, car: SunCar, settings: SunSettings, left_w: float) -> bool:
        """Return whether three phases have enough: a car that is to start begins with them."""
        enough = left_w >= (car.least_a + _SPARE_A) * 3 * settings.volts
        return car.spec.on_phases == 1 and enough and self._has_room(car) and self._can(t, car, settings, 2)

    def _has_room(self, car: SunCar) -> bool:
        """Return whether the fuse leaves three phases their least, and more than one phase has."""
        if (room := car.spec.room) is None:
            return self._is_for_sun or car.spec.mode is not SunMode.FAST
        is_more = 3 * min(room.three_a, car.most_a) > min(room.one_a, car.most_a)
        return is_more and room.three_a >= car.least_a + _SPARE_A

    def may_rise(self, t: float, car: SunCar, settings: SunSettings, left_w: float) -> bool:
        """Return whether there was enough for three phases for long enough; a cloud makes up for as much of it.

        A car that is to charge whatever the sun gives does not wait for what the sun had lacked.
        """
        passed_s, self._counted_s = max(0.0, t - self._counted_s), t
        if passed_s > _LOOKED_AT_S:
            passed_s = 0.0
        is_enough = self.may_rise_now(t, car, settings, left_w)
        self._enough_s = max(0.0, self._enough_s + (passed_s if is_enough else -passed_s))
        if not is_enough or not car.has_run(t, settings.minimum_on_s):
            return False
        if self._is_for_sun and car.spec.mode is SunMode.FAST:
            return True
        wait_s = _UP_S * _LONGER ** (self._in_session // 2)
        return self._enough_s >= wait_s and t >= self._changed_s + _BETWEEN_S

    def _can(self, t: float, car: SunCar, settings: SunSettings, changes: int) -> bool:
        """Return whether so many changes are left: the one up leaves one down."""
        return car.spec.can_switch and not self.is_switching and self.left(t, settings) >= changes
