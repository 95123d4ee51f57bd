"""What a car draws from the phases of the mains, and the habits that its readings show."""

from collections.abc import Collection
import math

from ...chargers.types import Load, Status
from .footprint import Footprint
from .mains import sane

# What is below it on a phase is no charging.
DRAWS_A = 1.0
# A car that draws so much less than it may, for so long, is left a little more than it draws.
_LESS_A, _SETTLED_S, _REACH_A = 1.5, 30.0, 3.0
# No car draws so much more than its charger can give, and none gives back so much: such a reading is an error.
_ERROR_TIMES, _ERROR_A = 2.0, -2.0
# A phase without current, while others have it, is not in use after so long.
_UNUSED_S = 60.0
# A car may draw a little more than it is offered.
_EXCESS, _MOST_EXCESS = 1.05, 1.1


class Draw:
    """The currents of one charger's car, in A on each phase of the mains; phases are numbered from 0."""

    __slots__ = (
        "_between",
        "_excess",
        "_expected",
        "_freed",
        "_has_drawn",
        "_is_paused",
        "_less_s",
        "_shown",
        "_unused_s",
        "counted",
        "drawn_a",
        "drew_s",
        "footprint",
        "is_measured",
        "reach_a",
        "wiring",
    )

    def __init__(self, wiring: tuple[int, ...], phases: int, *, between: bool = False) -> None:
        """Start with nothing read: a charger counts on all phases that its conductors are on.

        `between`: it has one current, which flows through both of its phases.
        """
        self.wiring = wiring
        self._between = between
        self.counted = wiring
        self.drawn_a: list[float] = [0.0] * phases
        self.drew_s = -math.inf
        self.is_measured = self._has_drawn = False
        self.footprint = Footprint()
        # The most that is of use to a car that draws less than it may.
        self.reach_a: float | None = None
        self._less_s: float | None = None
        self._excess: float | None = None
        self._unused_s: dict[int, float] = {}
        self._freed: set[int] = set()
        # The phases that the charger shows, and on how many it is about to be switched; None: on those.
        self._shown = frozenset(wiring)
        self._is_paused = False
        self._expected: int | None = None

    def forget(self) -> None:
        """Forget a car that has gone: the next one may use all phases."""
        self.counted = self.wiring
        self._has_drawn = False
        self._freed.clear()
        self.footprint.forget()
        self.reach_a = self._less_s = self._excess = None

    def read(self, t: float, load: Load, offer_a: float, maximum_a: float) -> bool:
        """Take a reading; return whether it measures the currents.

        A charger without a meter is taken to draw all that it offers while it charges, on each phase but those that the
        mains have shown to be unused. Currents that cannot be are
        dropped: what was read before them holds.
        """
        drawn = self._drawn(load)
        if drawn is not None and not all(_ERROR_A < amps < _ERROR_TIMES * maximum_a for amps in drawn):
            return False
        drawn = drawn and [max(0.0, amps) for amps in drawn]
        self.is_measured = drawn is not None
        self._is_paused = load.limit_a == 0 or load.status is Status.PAUSED
        shown = {self.wiring[n - 1] for n in load.phases if 1 <= n <= len(self.wiring)}
        self._shown = frozenset(shown or self.wiring)
        if drawn is None:
            amps = offer_a if load.status is Status.CHARGING else 0.0
            self.counted = tuple(phase for phase in self.wiring if phase not in self.footprint.unused)
            self.drawn_a = [amps if phase in self.counted else 0.0 for phase in range(len(self.drawn_a))]
        else:
            self.drawn_a = drawn
            self._find_phases(t)
        if self.most_a >= DRAWS_A:
            self.drew_s = t
            self._has_drawn = True
        return self.is_measured

    @property
    def is_tried(self) -> bool:
        """Return whether its phases are known, or to try it would show nothing."""
        return self._has_drawn or not self.is_measured or len(self.wiring) == 1

    def is_sure(self, phases: Collection[int]) -> bool:
        """Return whether it is known that the car draws from each of these phases what it is taken to."""
        return (
            self.is_measured
            or len(self.counted) == 1
            or self.footprint.used.issuperset(phase for phase in self.counted if phase in phases)
        )

    @property
    def most_a(self) -> float:
        """Return the current of the phase that has most."""
        return max(self.drawn_a)

    def _drawn(self, load: Load) -> list[float] | None:
        """Return the current of each phase of the mains; None if one of them is not known."""
        if self._between:
            return self._drawn_between(load)
        if load.drawn_a is None or len(load.drawn_a) < len(self.wiring):
            return None
        drawn = [0.0] * len(self.drawn_a)
        for phase, reading in zip(self.wiring, load.drawn_a, strict=False):
            if (amps := sane(reading)) is None:
                return None
            drawn[phase] = amps
        return drawn

    def _drawn_between(self, load: Load) -> list[float] | None:
        """Return the one current of a charger on both of its phases, whichever of its conductors is measured."""
        read = [sane(reading) for reading in load.drawn_a or ()]
        amps = [reading for reading in read if reading is not None]
        if not amps or len(amps) < len(read):
            return None
        return [max(0.0, *amps) if phase in self.wiring else 0.0 for phase in range(len(self.drawn_a))]

    def expect(self, phases: int | None) -> None:
        """Take on how many phases the charger is about to be switched; None: they stay as they are."""
        self._expected = phases
        if self.is_measured and not self._between:
            self._count()

    @property
    def _in_use(self) -> frozenset[int]:
        """Return the phases that it gives to the car, or may give at any moment.

        One that is paused is not started before it shows the one phase that it is switched to.
        """
        if self._expected == 3:
            return frozenset(self.wiring)
        if self._expected == 1 and self._is_paused:
            return frozenset(self.wiring[:1])
        return self._shown

    def _find_phases(self, t: float) -> None:
        """Find out which phases are in use; one that is not is free for others until a current is read there."""
        if self._between:
            return
        for phase in self.wiring:
            if self.drawn_a[phase] >= DRAWS_A:
                self._unused_s.pop(phase, None)
                self._freed.discard(phase)
            elif self.most_a < _REACH_A or phase not in self._shown:
                # A phase that is switched off shows nothing of the car.
                self._unused_s.pop(phase, None)
            elif t - self._unused_s.setdefault(phase, t) >= _UNUSED_S:
                self._freed.add(phase)
        self._count()

    def _count(self) -> None:
        in_use = self._in_use - self._freed
        self.counted = tuple(
            phase for phase in self.wiring if self.drawn_a[phase] >= DRAWS_A or phase in in_use
        )

    def learn(self, t: float, offer_a: float, *, is_held: bool) -> None:
        """Learn from a car that had time to follow its offer; `is_held`: it is offered less than it could have."""
        most_a = self.most_a
        if is_held and DRAWS_A <= offer_a - _LESS_A < most_a:
            self._excess = min(_MOST_EXCESS, max(self._excess or 1.0, most_a / offer_a))
        if most_a >= offer_a - _LESS_A:
            self._less_s = self.reach_a = None
            return
        if self._less_s is None:
            self._less_s = t
        reach_a = most_a + _REACH_A
        settled = t - self._less_s >= _SETTLED_S
        if settled and (self.reach_a is None or abs(reach_a - self.reach_a) > DRAWS_A):
            self.reach_a = reach_a

    def obeyed_a(self, amps: float, offer_a: float, margin_a: float) -> float:
        """Return what to offer so that the car draws no more than so much.

        What it draws beyond its offer counts as the house's, so that only the difference is left to mind. Of a car
        that was always offered all it can take a little excess is expected, and the margin is there for it.
        """
        beyond_a = max(0.0, self.most_a - offer_a)
        if self._excess is None:
            return (amps + beyond_a + margin_a) / _EXCESS
        return (amps + beyond_a) / self._excess
