"""One car that the sun steers: what it may have now, and its timers."""

import math

from ..law.allocate import EPSILON_A
from .model import STEERED, SunMember, SunMode

# A car draws if it has an ampere on one phase, or so.
DRAWS_W = 230.0
# A car needs 5 s from one offer to the next (IEC 61851-1).
PAUSE_S = 5.0
# It rises no more often.
RISES_S = 12.0
# A rise must bring so much, and have been there for so long: more and longer the more commands there were.
_USEFUL_A = (0.5, 1.0, 1.0)
_CALM_S = (12.0, 30.0, 90.0)
# Commands that may be sent in a row, and in how many hours of sun the rest of a day's may.
_BURST, _SUN_S = 1 / 2, 36_000.0
# A lack counts by the square of its part of the least: with a small one the grid gives little, and the sun the rest.
# It counts as so much at least, so that the car stops in the end.
_SMALL_LACK = 0.06
# It goes on for longer while the grid has given less than so much of what it charged within some hours, and at first
# so much; with nothing left of its least, for so long at most.
_GRID_PART, _GRID_WH, _RECENT_S = 0.02, 20.0, 7200.0
_LONGEST_S = 900.0
# On how many phases a car draws is measured after so long; until then it is taken to use all that are switched on.
_MEASURED_S = 90.0


class SunCar:
    """One charger. Currents are in A per phase, times in seconds of a clock that never goes back."""

    __slots__ = (
        "_draws_s",
        "_grid_wh",
        "_read_s",
        "_returns",
        "_sun_wh",
        "_tokens",
        "_tokens_s",
        "amps",
        "enough_s",
        "had_wh",
        "lacked_s",
        "missing_w",
        "moved_s",
        "phases",
        "plugged_s",
        "short_s",
        "spec",
        "switched_s",
        "waited_s",
    )

    def __init__(self, t: float, spec: SunMember) -> None:
        """Start without permission; one that draws already keeps its least, so that no contactor opens for a change."""
        self.spec = spec
        self.amps = 0.0
        self.moved_s = self.switched_s = -math.inf
        # When the fuse last let it wait.
        self.waited_s = -math.inf
        self.plugged_s = t if spec.has_car else math.inf
        # Since when there is enough to start, and to fall by a little; for how long it lacked its least.
        self.enough_s = self.short_s = math.inf
        self.lacked_s = 0.0
        self.missing_w: float | None = None
        self.had_wh = 0.0
        # What it charged lately.
        self._sun_wh = self._grid_wh = 0.0
        self.phases = spec.phases
        self._read_s, self._draws_s = t, -math.inf
        # Its phases were changed, and it has drawn nothing since.
        self._returns = False
        self._tokens, self._tokens_s = spec.daily_writes * _BURST, t
        self._begin()

    def _begin(self) -> None:
        draws = self.spec.has_car and self.spec.drawn_w >= DRAWS_W
        if self.spec.mode is SunMode.MINIMUM or (self.spec.mode is SunMode.SUN and draws):
            self.amps = self.least_a

    def read(self, t: float, spec: SunMember) -> None:
        """Take what is known of it now."""
        before, self.spec = self.spec, spec
        self.had_wh += self.spec.drawn_w * min(max(0.0, t - self._read_s), 60.0) / 3600
        self._read_s = t
        if spec.waits:
            self.waited_s = t
        if self._returns and spec.drawn_w >= DRAWS_W:
            # A charger that takes its time for the phases takes the current even later.
            self.switched_s, self._returns = t, False
        self._find_phases(t, before)
        if spec.has_car and not before.has_car:
            self.plugged_s = t
            self.had_wh = self._sun_wh = self._grid_wh = 0.0
        if not spec.has_car:
            # The next car neither owes anything nor starts by itself.
            self.amps = 0.0
            self.switched_s = -math.inf
            self.wait()
        if spec.mode not in STEERED:
            self.amps = 0.0
            self.wait()
        elif before.mode not in STEERED:
            self._begin()
        if spec.mode is SunMode.MINIMUM and self.amps < self.least_a:
            self.amps = self.least_a
        elif self.amps:
            self.amps = max(self.least_a, min(self.amps, self.most_a))

    def _find_phases(self, t: float, before: SunMember) -> None:
        spec = self.spec
        self.phases = spec.phases
        if spec.on_phases is None:
            return
        if spec.on_phases != before.on_phases:
            self._draws_s = math.inf
        if spec.drawn_w >= DRAWS_W:
            self._draws_s = min(self._draws_s, t)
        if spec.on_phases == 1 or t < self._draws_s + _MEASURED_S:
            self.phases = spec.on_phases

    def wait(self) -> None:
        """Forget what was counted of its surplus."""
        self.enough_s = self.short_s = math.inf
        self.lacked_s = 0.0

    # What it can use

    @property
    def is_on(self) -> bool:
        """Return whether it may charge."""
        return self.amps > 0

    def watts(self, amps: float, volts: float) -> float:
        """Return the power of a current on the phases that it draws from."""
        return amps * self.phases * volts

    def least_w(self, volts: float) -> float:
        """Return its least power."""
        return self.watts(self.least_a, volts)

    def needs_w(self, volts: float) -> float:
        """Return what has to be left to it: its least, or what it draws if it takes no more."""
        return self.least_w(volts) if self.spec.takes else min(self.spec.drawn_w, self.least_w(volts))

    @property
    def least_a(self) -> float:
        """Return the least that it can be set to."""
        return self.up_a(self.spec.minimum_a)

    @property
    def most_a(self) -> float:
        """Return the most that is of use to it."""
        return max(self.least_a, self.down_a(self.spec.maximum_a))

    def up_a(self, amps: float) -> float:
        """Round up to a step of the charger."""
        return round(math.ceil(amps / self.spec.step_a - EPSILON_A) * self.spec.step_a, 3)

    def down_a(self, amps: float) -> float:
        """Round down to a step of the charger."""
        return round(math.floor(amps / self.spec.step_a + EPSILON_A) * self.spec.step_a, 3)

    # Commands

    def _scarcity(self, t: float) -> int:
        """Return how scarce commands are, from 0 to 2."""
        most = self.spec.daily_writes * _BURST
        gained = (t - self._tokens_s) / _SUN_S * self.spec.daily_writes * (1 - _BURST)
        self._tokens, self._tokens_s = min(most, self._tokens + gained), t
        return 0 if self._tokens > most / 4 else 1 if self._tokens > most / 8 else 2

    def calm_s(self, t: float) -> float:
        """Return for how long a surplus must have been there for a rise."""
        return _CALM_S[self._scarcity(t)]

    def useful_a(self, t: float) -> float:
        """Return how much a rise must bring, in A."""
        return max(self.spec.step_a, _USEFUL_A[self._scarcity(t)])

    def move(self, t: float, amps: float) -> None:
        """Give it so much."""
        if amps == self.amps:
            return
        if (amps > 0) is not self.is_on:
            self.switched_s, self._returns = t, False
            self.wait()
        self.amps, self.moved_s, self.short_s = amps, t, math.inf
        self._scarcity(t)
        self._tokens = max(0.0, self._tokens - 1)

    def is_back(self, t: float) -> None:
        """Note that its phases were changed: it is switched on again, and its contactor has its time anew."""
        if self.is_on:
            self.switched_s, self._returns = t, True

    def count(self, seconds: float, left_w: float) -> None:
        """Count what it charged of the sun, and of the grid, where so much was left to it."""
        kept = math.exp(-seconds / _RECENT_S)
        sun_w = min(self.spec.drawn_w, max(0.0, left_w))
        self._sun_wh = self._sun_wh * kept + sun_w * seconds / 3600
        self._grid_wh = self._grid_wh * kept + (self.spec.drawn_w - sun_w) * seconds / 3600

    def has_run(self, t: float, minimum_on_s: float) -> bool:
        """Return whether its contactor was on for so long, or is off while the fuse lets it wait."""
        return self.spec.waits or t >= max(self.switched_s, self.waited_s) + minimum_on_s

    def stops(self, t: float, stop_s: float, minimum_on_s: float) -> bool:
        """Return whether it has lacked its least for long enough, and had enough of the grid."""
        if self.lacked_s < stop_s or not self.has_run(t, minimum_on_s):
            return False
        may_wh = max(_GRID_WH, _GRID_PART * (self._sun_wh + self._grid_wh))
        return self._grid_wh > may_wh or self.lacked_s >= max(stop_s, _LONGEST_S)

    def lack(self, seconds: float, missing_w: float, least_w: float) -> None:
        """Count a time in which so much of its least was missing; a small lack is borne for much longer."""
        self.missing_w = missing_w
        self.lacked_s += seconds * min(1.0, max(_SMALL_LACK, (missing_w / least_w) ** 2))

    def suffice(self, seconds: float) -> None:
        """Count a time in which there was enough for its least."""
        self.missing_w = None
        self.lacked_s = max(0.0, self.lacked_s - seconds)
