"""Phases of one telegram of the meter, which may arrive one by one."""

from collections.abc import Iterable
import math

# The phases of one telegram, sent as messages of their own, arrive within this time.
WAITS_S = 0.1
# So much at once is a load that was switched on.
_STEP_A = 2.0


class Telegram:
    """Collects the phases of a telegram, so that they become one reading.

    A phase that may call for less is not held back: one that gains a load, or gains anything above the limit.
    """

    def __init__(self, sensors: Iterable[str] = ()) -> None:
        """Know the sensors that a telegram may have values of."""
        self._sensors = frozenset(sensors)
        self._missing = set(self._sensors)
        self._unread: set[int] = set()
        self._read_a: dict[int, float] = {}

    def add(self, sensor: str, phase: int, amps: float | None, limit_a: float) -> bool:
        """Note the report of a sensor, and what its phase draws by it; return whether it is to be read at once."""
        self._missing.discard(sensor)
        self._unread.add(phase)
        if not self._missing:
            return True
        if amps is None:
            return False
        gained_a = amps - self._read_a.get(phase, -math.inf)
        return gained_a >= _STEP_A or (gained_a > 0 and amps > limit_a)

    def again(self, phase: int) -> None:
        """Note that a phase draws what it drew before."""
        self._unread.add(phase)

    @property
    def is_whole(self) -> bool:
        """Return whether all sensors have reported."""
        return not self._missing

    def take(self) -> set[int]:
        """Return the phases that were reported and are not read yet."""
        phases, self._unread = self._unread, set()
        return phases

    def note_read(self, phase: int, amps: float) -> None:
        """Note what was read of a phase, in A."""
        self._read_a[phase] = amps

    def end(self) -> None:
        """Begin the next telegram."""
        self._missing = set(self._sensors)
