"""Surplus: what a roof leaves to the cars, now and at the worst of a time that has passed."""

from bisect import bisect_left
import math

from .model import Battery, SunSettings

# No window is longer.
_MOST_S = 900.0
# A battery that is full charges with less; from there on its power is not learned from.
_NEARLY_FULL_PERCENT = 95.0
# A state of charge that falls to nothing in a moment is that of a battery that is away; so long the one before holds.
_AWAY_S, _AWAY_PERCENT = 600.0, 5.0


class Surplus:
    """Keeps the worst of what was left. Times are seconds of a clock that never goes back."""

    __slots__ = ("_at", "_since_s", "_w", "now_w")

    def __init__(self) -> None:
        """Start with nothing read."""
        self.now_w: float | None = None
        self._since_s = math.inf
        # Each reading below which none came later, oldest and lowest first.
        self._at: list[float] = []
        self._w: list[float] = []

    def add(self, t: float, watts: float) -> None:
        """Note what is left."""
        if self.now_w is None:
            self._since_s = t
        self.now_w = watts
        while self._w and self._w[-1] >= watts:
            self._w.pop()
            self._at.pop()
        self._at.append(t)
        self._w.append(watts)
        if self._at[0] < t - _MOST_S:
            gone = bisect_left(self._at, t - _MOST_S)
            del self._at[:gone], self._w[:gone]

    def forget(self) -> None:
        """Forget all, for the meter is silent."""
        self.now_w, self._since_s = None, math.inf
        self._at.clear()
        self._w.clear()

    def worst_w(self, t: float, seconds: float) -> float:
        """Return the least that was left within so many seconds; nothing is known of a time without readings."""
        if self._since_s > t - seconds:
            return -math.inf
        return self._w[min(bisect_left(self._at, t - seconds), len(self._w) - 1)]


class HomeBattery:
    """What a home battery takes of the sun, and gives to the cars."""

    __slots__ = ("_most_w", "_percent", "_percent_s")

    def __init__(self) -> None:
        """Start with nothing read."""
        self._most_w = 0.0
        self._percent: float | None = None
        self._percent_s = -math.inf

    def surplus_w(self, t: float, house_w: float, battery: Battery, settings: SunSettings) -> float | None:
        """Return what is left to the cars of a house that draws `house_w` without them; None: not known.

        What the battery charges with is left as well, once it is charged enough; before, all that it can take is its
        own. What it discharges is none of the sun.
        """
        if (power_w := battery.power_w) is None or not math.isfinite(power_w):
            return None
        self._note_percent(t, battery.charge_percent)
        percent, first = self._percent, settings.battery_first_percent
        if power_w > 0 and (percent is None or percent < _NEARLY_FULL_PERCENT):
            self._most_w = max(self._most_w, power_w)
        left_w = power_w - house_w
        if first > 0 and (percent is None or percent < first):
            takes_w = self._most_w if settings.battery_takes_w is None else settings.battery_takes_w
            return left_w - takes_w
        return left_w + (0.0 if percent is None else settings.battery_gives_w)

    def _note_percent(self, t: float, percent: float | None) -> None:
        is_known = percent is not None and 0 <= percent <= 100
        is_away = not is_known or (percent == 0 and (self._percent or 0.0) > _AWAY_PERCENT)
        if not is_away or t >= self._percent_s + _AWAY_S:
            self._percent, self._percent_s = percent if is_known else None, t
