"""On which phases a car charges whose charger measures nothing: the mains show it when its current changes. Currents are in A."""

from collections.abc import Mapping, Sequence
import math

# A smaller change may as well be the house's.
_STEP_A = 3.0
# A phase that gained so much of the change has the car, one that stayed as it was but for so much has not.
_HAS_PART, _LACKS_PART = 0.7, 0.3
# Once may have been the house.
_TIMES = 2
# The house does not stay as it was for much longer.
_COMPARABLE_S = 120.0


class Footprint:
    """Learns from one car until it is unplugged; phases are numbered from 0."""

    __slots__ = ("_drawn_a", "_lacked", "_others_a", "_rest_a", "_since_s", "unused", "used")

    def __init__(self) -> None:
        """Start with a car that may charge on all phases."""
        self.forget()

    def forget(self) -> None:
        """Forget a car that has gone."""
        # Those that are neither may be either.
        self.unused: frozenset[int] = frozenset()
        self.used: frozenset[int] = frozenset()
        self._lacked: dict[int, int] = {}
        self._since_s = -math.inf
        self._drawn_a = 0.0
        self._others_a: Sequence[float] = ()
        self._rest_a: Mapping[int, float] = {}

    def watch(self, t: float, drawn_a: float, rest_a: Mapping[int, float], others_a: Sequence[float]) -> None:
        """Take a reading while no charger is on its way to another offer; `t` in seconds.

        `drawn_a` is what the car draws on each phase that it charges on. `rest_a` is what each of its phases has without
        what other chargers measure, `others_a` what those draw that measure nothing either.
        """
        step_a = drawn_a - self._drawn_a
        is_comparable = (
            t < self._since_s + _COMPARABLE_S
            and self._others_a == others_a
            and self._rest_a.keys() == rest_a.keys()
        )
        if is_comparable and 0 < abs(step_a) < _STEP_A:
            return
        if is_comparable and step_a:
            self._judge({n: (amps - self._rest_a[n]) / step_a for n, amps in rest_a.items()})
        self._since_s, self._drawn_a, self._rest_a, self._others_a = t, drawn_a, rest_a, others_a

    def _judge(self, gained: Mapping[int, float]) -> None:
        """Judge which part of a change each phase has gained."""
        # A car that has not followed on any phase shows nothing.
        if max(gained.values()) < _HAS_PART:
            return
        self.used = frozenset(
            n for n in gained if gained[n] >= _HAS_PART or (n in self.used and gained[n] > _LACKS_PART)
        )
        for n, part in gained.items():
            if abs(part) > _LACKS_PART:
                self._lacked.pop(n, None)
            else:
                self._lacked[n] = self._lacked.get(n, 0) + 1
        self.unused = frozenset(n for n, times in self._lacked.items() if times >= _TIMES)
