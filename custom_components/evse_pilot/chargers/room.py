"""A bounded number of places for what a device may name without end, such as the registers of a meter."""

from collections.abc import Collection, Hashable, Iterable


class Room[K: Hashable]:
    """So many places; where there is none left, the key gives way that was in none of the last answers.

    So another meter gets the places of the one before, and one odd answer takes none of those that are in use.
    """

    def __init__(self, most: int, patience: int) -> None:
        """Have `most` places, and let a key give way that was in none of the last `patience` answers."""
        self._most = most
        self._patience = patience
        self._answers = 0
        # In which answer each was last, the one that has been missing for the longest first.
        self._last: dict[K, int] = {}

    def __contains__(self, key: K) -> bool:
        """Return whether a key has a place."""
        return key in self._last

    def keep(self, keys: Iterable[K]) -> None:
        """Give these a place each, also beyond the bound: they had one before."""
        self._last |= dict.fromkeys(keys, self._answers)

    def take(self, answer: Collection[K], new: Iterable[K]) -> list[K]:
        """Give a place to the new keys of one answer, in their order, while there is one; return those that gave way."""
        self._answers += 1
        for key in answer:
            if self._last.pop(key, None) is not None:
                self._last[key] = self._answers
        gone: list[K] = []
        for key in new:
            if key in self._last:
                continue
            while len(self._last) >= self._most and self._is_gone(oldest := next(iter(self._last))):
                del self._last[oldest]
                gone.append(oldest)
            if len(self._last) < self._most:
                self._last[key] = self._answers
        return gone

    def _is_gone(self, key: K) -> bool:
        return self._answers - self._last[key] > self._patience
