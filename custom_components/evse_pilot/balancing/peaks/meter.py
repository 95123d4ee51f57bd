"""Energy drawn from the grid in the window of a peak tariff that lasts, from readings of the power.

Times are seconds since 1970, powers are in W of all phases together, and only import counts. What is not known is taken
to be what was drawn last, or what is found afterwards, whichever is more.
"""

from collections.abc import Callable
from dataclasses import dataclass

# Readings farther apart leave a hole: what was drawn meanwhile is not known.
_HOLE_S = 40.0
# A window counts as measured if no more of it than this is unknown.
_UNKNOWN_PART = 0.05
# The meter's own clock may differ by so much: near the edges of a window its mean may be that of another one.
_OTHER_CLOCK_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A window that is over, or that lasts: when it began, and what was drawn in it, in Ws.

    `unknown_s`: for how long of it the power is not known.
    """

    start_s: float
    length_s: float
    drawn_ws: float = 0.0
    unknown_s: float = 0.0

    @property
    def end_s(self) -> float:
        """Return when it ends."""
        return self.start_s + self.length_s

    @property
    def mean_w(self) -> float:
        """Return the mean of the whole window, with what was drawn so far."""
        return self.drawn_ws / self.length_s

    @property
    def is_measured(self) -> bool:
        """Return whether nearly all of it is known."""
        return self.unknown_s <= _UNKNOWN_PART * self.length_s


class WindowMeter:
    """Counts what is drawn in one window after the other."""

    def __init__(
        self,
        start_fn: Callable[[float], float],
        length_s: float,
        now_s: float,
        *,
        assumed_w: float,
        stored: Window | None = None,
        stored_s: float = 0.0,
    ) -> None:
        """Begin within the window of now; `start_fn` returns when the window of a moment has begun.

        `stored` is what was known at the moment `stored_s`. What was drawn since then, or since the window began,
        is taken for `assumed_w`.
        """
        self._start_fn = start_fn
        self._length_s = length_s
        self._power_w = max(0.0, assumed_w)
        self._sensor_ws = 0.0
        start_s = start_fn(now_s)
        is_same = stored is not None and stored.start_s == start_s and stored.length_s == length_s
        self.window = stored if stored is not None and is_same else Window(start_s=start_s, length_s=length_s)
        self._counted_s = min(now_s, max(start_s, stored_s if is_same else start_s))
        # Of the last reading; what is counted since a hole is not known.
        self._read_s = -_HOLE_S
        self.advance(now_s)

    @property
    def power_w(self) -> float:
        """Return what is drawn now, as far as is known."""
        return self._power_w

    def advance(self, now_s: float) -> list[Window]:
        """Count what was drawn until now, as it was last read; return the windows that are over."""
        over = []
        while now_s >= self.window.end_s:
            self._count(self.window.end_s)
            over.append(self.window)
            # After a long absence only the window of now is begun.
            start_s = max(self.window.end_s, self._start_fn(now_s))
            self.window = Window(start_s=start_s, length_s=self._length_s)
            self._counted_s, self._sensor_ws = start_s, 0.0
        self._count(now_s)
        return over

    def _count(self, until_s: float) -> None:
        gone_s = until_s - self._counted_s
        # A clock that was set back counts nothing twice.
        if gone_s <= 0:
            return
        unknown_s = min(gone_s, max(0.0, until_s - (self._read_s + _HOLE_S)))
        self.window = Window(
            start_s=self.window.start_s,
            length_s=self._length_s,
            drawn_ws=self.window.drawn_ws + self._power_w * gone_s,
            unknown_s=self.window.unknown_s + unknown_s,
        )
        self._counted_s = until_s

    def read(self, now_s: float, power_w: float) -> list[Window]:
        """Take a reading of the power, export negative; return the windows that are over."""
        drawn_w = max(0.0, power_w)
        over = self.advance(now_s)
        hole_s = min(now_s - self._read_s, now_s - self.window.start_s)
        if hole_s > _HOLE_S and drawn_w > self._power_w:
            # What is found after a hole may have been drawn in all of it.
            self._add((drawn_w - self._power_w) * min(hole_s, self.window.unknown_s))
        self._power_w, self._read_s = drawn_w, now_s
        return over

    def _add(self, more_ws: float) -> None:
        window = self.window
        self.window = Window(
            start_s=window.start_s,
            length_s=window.length_s,
            drawn_ws=window.drawn_ws + more_ws,
            unknown_s=window.unknown_s,
        )

    def read_mean(self, now_s: float, mean_w: float, most_w: float) -> list[Window]:
        """Take what the meter itself has counted: the mean that the whole window has, with what was drawn so far.

        `most_w` is the most that the house can draw. What cannot be, or is of another window, changes nothing.
        """
        over = self.advance(now_s)
        gone_s, counted_ws = now_s - self.window.start_s, mean_w * self._length_s
        is_near_an_edge = not _OTHER_CLOCK_S <= gone_s <= self._length_s - _OTHER_CLOCK_S
        if is_near_an_edge or not self._sensor_ws <= counted_ws <= most_w * gone_s:
            return over
        self._sensor_ws = counted_ws
        self.window = Window(start_s=self.window.start_s, length_s=self._length_s, drawn_ws=counted_ws)
        return over

    def left_ws(self, target_w: float) -> float:
        """Return what may still be drawn so that the mean is no more than a target; negative: it is more already."""
        return target_w * self._length_s - self.window.drawn_ws

    def left_s(self, now_s: float) -> float:
        """Return how long the window still lasts."""
        return min(self._length_s, max(0.0, self.window.end_s - now_s))

    def predicted_w(self, now_s: float) -> float:
        """Return the mean that the window will have if the power stays as it is."""
        return (self.window.drawn_ws + self._power_w * self.left_s(now_s)) / self._length_s
