"""The highest of the values of a while."""

from collections import deque
import math


class Highest:
    """Keeps of values over time those that may still become the highest."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        """Start without a value."""
        self._kept: deque[tuple[float, float]] = deque()

    def add(self, t: float, value: float, while_s: float) -> float:
        """Add a value, forget those older than `while_s`, and return the highest."""
        while self._kept and self._kept[-1][1] <= value:
            self._kept.pop()
        self._kept.append((t, value))
        while self._kept[0][0] < t - while_s:
            self._kept.popleft()
        return self.value

    @property
    def value(self) -> float:
        """Return the highest; without a value it is below all others."""
        return self._kept[0][1] if self._kept else -math.inf

    def clear(self) -> None:
        """Forget all values."""
        self._kept.clear()
