"""What a charger counts for years, above all energies, and which of its readings are plausible.

A counter becomes a sum over years in the statistics of Home Assistant, and may end a window, so that one odd answer must
not get through: a box that has just started may show 0, and a meter that is lost 0xFFFFFFFF.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
import time


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a counter can go on: so much in an hour, and so much in a step besides, up to a maximum for its life.

    A net counter also goes back.
    """

    per_hour: float
    step: float
    maximum: float
    is_net: bool = False


# Energies in Wh. A circuit of 3 x 80 A, the largest of these makes; the last digit of what is shown in tenths of a kWh;
# and 22 kW for five years without a pause. What steps further, or faster, is only shown one reading late.
ENERGY = Pace(per_hour=60_000.0, step=100.0, maximum=1e9)
NET_ENERGY = replace(ENERGY, is_net=True)

# Two meters of 64 registers, and as many again of other meters in their place.
_MOST_COUNTERS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a counter showed, and when it was read."""

    value: float
    at_s: float

    def leads_to(self, later: Reading, pace: Pace) -> bool:
        """Return whether a counter of this pace can have gone on to a later reading."""
        gained = later.value - self.value
        possible = pace.per_hour * max(0.0, later.at_s - self.at_s) / 3600 + pace.step
        return (-possible if pace.is_net else 0.0) <= gained <= possible


def begins_anew(before_wh: float, after_wh: float) -> bool:
    """Return whether the energy of a session is so much lower than before that it counts another, or from 0 again.

    A fall of less than its last digit, and of less than a tenth, is rounding.
    """
    return before_wh - after_wh > min(ENERGY.step, before_wh / 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """The last reading of a counter that counts, and one that waits for another like it."""

    counts: Reading | None = None
    doubted: Reading | None = None

    def after(self, reading: Reading, pace: Pace) -> Counter:
        """Return the counter after a reading, which counts if it goes on from the last one.

        Any other, the first one among them, counts with the next reading that goes on from it.
        """
        known = (each for each in (self.counts, self.doubted) if each is not None)
        if any(each.leads_to(reading, pace) for each in known):
            return Counter(counts=reading)
        return replace(self, doubted=reading)


def _now_s() -> float:
    return time.monotonic()


class Counters:
    """The counters of one charger, by name.

    An answer is one reading, however often it is looked at: some are only read every few minutes.
    """

    def __init__(self, clock: Callable[[], float] = _now_s) -> None:
        """Know no reading yet; the clock is in s."""
        self._clock = clock
        # By name, the one that was read last at the end, with the answer that it was read from.
        self._counters: dict[str, tuple[object, Counter]] = {}

    def read(self, name: str, value: float | None, answer: object, pace: Pace = ENERGY) -> float | None:
        """Return the value that counts after an answer; None: not known, or not in this answer."""
        if value is None or abs(value) > pace.maximum:
            return None
        last_answer, counter = self._counters.pop(name, (None, Counter()))
        if last_answer is not answer:
            counter = counter.after(Reading(value=value, at_s=self._clock()), pace)
        self._counters[name] = answer, counter
        if len(self._counters) > _MOST_COUNTERS:
            self._counters.pop(next(iter(self._counters)))
        return None if counter.counts is None else counter.counts.value
