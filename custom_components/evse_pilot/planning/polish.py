"""The moments at which a car starts and stops, moved while that is cheaper: from the grid to the second."""

from bisect import bisect_right
from collections.abc import Sequence

from .segments import Segment

_TINY_WH = 0.5
# What lasts shorter is nothing, and a gap that does is none.
TINY_S = 0.01
# Less than any currency has.
_TINY_GAIN = 1e-9
# Each move brings an end to an edge of a segment, and makes the whole cheaper.
_MOST_MOVES = 200


def polished(
    segments: Sequence[Segment], used: Sequence[Segment], *, is_charging: bool
) -> tuple[Segment, ...]:
    """Return segments with the same energy and no more starts, of which none can be exchanged for a cheaper one beside.

    `segments`: all in which the car may charge, in order; `used`: those in which it does. `is_charging`: it
    charges now, and if it goes on, that is no start.
    """
    runs = _Runs(_joined(segments), used, is_charging=is_charging)
    for _ in range(_MOST_MOVES):
        if not runs.move():
            break
    return runs.used()


def _joined(segments: Sequence[Segment]) -> list[Segment]:
    """Return segments of which two that follow each other differ in more than their times."""
    found: list[Segment] = []
    for segment in segments:
        if (
            found
            and found[-1] == segment.part(found[-1].start_s, found[-1].end_s)
            and segment.start_s == found[-1].end_s
        ):
            found[-1] = segment.part(found[-1].start_s, segment.end_s)
        else:
            found.append(segment)
    return found


def extended(segments: Sequence[Segment], used: Sequence[Segment], energy_wh: float) -> tuple[Segment, ...]:
    """Return segments with so much more energy, where they are cheapest beside those that are used: with no more starts."""
    if not used:
        return tuple(used)
    runs = _Runs(segments, used, is_charging=False)
    for _ in range(_MOST_MOVES):
        energy_wh -= (grown_wh := runs.grow(energy_wh))
        if grown_wh <= 0 or energy_wh <= _TINY_WH:
            break
    return runs.used()


class _Runs:
    """The times in which the car charges without a stop, as pairs of seconds."""

    def __init__(self, segments: Sequence[Segment], used: Sequence[Segment], *, is_charging: bool) -> None:
        self._segments = segments
        self._starts_s = [segment.start_s for segment in segments]
        self._runs: list[list[float]] = []
        for segment in used:
            if self._runs and segment.start_s - self._runs[-1][1] < TINY_S:
                self._runs[-1][1] = segment.end_s
            else:
                self._runs.append([segment.start_s, segment.end_s])
        goes_on = is_charging and self._runs[0][0] < segments[0].start_s + TINY_S
        # The end that stays where it is.
        self._fixed: tuple[int, int] | None = (0, 0) if goes_on else None

    def move(self) -> bool:
        """Move an end of one run out and an end of one in by the same energy; return whether that was cheaper."""
        ends = [
            (run, side) for run in range(len(self._runs)) for side in (0, 1) if (run, side) != self._fixed
        ]
        slides = [self._slid(outer, inner) for outer in ends for inner in ends if outer != inner]
        gain, runs = max(slides, key=lambda slide: slide[0], default=(0.0, []))
        if gain <= _TINY_GAIN:
            return False
        kept = [run for run in runs if run[1] - run[0] > TINY_S]
        if self._fixed is not None and kept[0] is not runs[0]:
            self._fixed = None
        self._runs = kept
        return True

    def _slid(self, outer: tuple[int, int], inner: tuple[int, int]) -> tuple[float, list[list[float]]]:
        """Return what is gained at most when one end moves out and another one in, and the runs that this makes.

        It goes on past a dear edge, and past one of the same price: the gain may be beyond it.
        """
        before, gain = self._runs, 0.0
        best, found = 0.0, before
        self._runs = [[*run] for run in before]
        while (new := self._outside(*outer)) is not None and (old := self._inside(*inner)) is not None:
            energy_wh = min(new.energy_wh, old.energy_wh)
            gain += energy_wh / 1000 * (old.per_kwh - new.per_kwh)
            self._shift(*outer, energy_wh * 3600 / new.power_w, out=True)
            self._shift(*inner, energy_wh * 3600 / old.power_w, out=False)
            if gain > best:
                best, found = gain, [[*run] for run in self._runs]
        self._runs = before
        return best, found

    def grow(self, most_wh: float) -> float:
        """Move the cheapest end out by at most this energy; return by how much."""
        ends = [(run, side) for run in range(len(self._runs)) for side in (0, 1)]
        outwards = [(found.per_kwh, end, found) for end in ends if (found := self._outside(*end))]
        if not outwards:
            return 0.0
        _, end, new = min(outwards, key=lambda outward: outward[0])
        energy_wh = min(most_wh, new.energy_wh)
        self._shift(*end, energy_wh * 3600 / new.power_w, out=True)
        return energy_wh

    def _shift(self, run: int, side: int, seconds: float, *, out: bool) -> None:
        self._runs[run][side] += seconds if out is (side == 1) else -seconds

    def _outside(self, run: int, side: int) -> Segment | None:
        """Return what is free beside the end of a run, up to the next edge; None: nothing is."""
        at_s = self._runs[run][side]
        if side:
            low_s, high_s = at_s, self._runs[run + 1][0] if run + 1 < len(self._runs) else float("inf")
            segment = self._at(at_s)
        else:
            low_s, high_s = self._runs[run - 1][1] if run else -float("inf"), at_s
            segment = self._before(at_s)
        return self._part(segment, low_s, high_s)

    def _inside(self, run: int, side: int) -> Segment | None:
        """Return what is used at the end of a run, up to the next edge."""
        start_s, end_s = self._runs[run]
        return self._part(self._before(end_s) if side else self._at(start_s), start_s, end_s)

    def _at(self, at_s: float) -> Segment | None:
        """Return the segment that goes on, or begins, at a second."""
        index = bisect_right(self._starts_s, at_s + TINY_S) - 1
        segment = self._segments[index] if index >= 0 else None
        return segment if segment is not None and segment.end_s > at_s + TINY_S else None

    def _before(self, at_s: float) -> Segment | None:
        """Return the segment that goes on, or ends, at a second."""
        index = bisect_right(self._starts_s, at_s - TINY_S) - 1
        segment = self._segments[index] if index >= 0 else None
        return segment if segment is not None and segment.end_s >= at_s - TINY_S else None

    @staticmethod
    def _part(segment: Segment | None, low_s: float, high_s: float) -> Segment | None:
        if segment is None:
            return None
        part = segment.part(max(low_s, segment.start_s), min(high_s, segment.end_s))
        return part if part.end_s > part.start_s and part.energy_wh > _TINY_WH else None

    def used(self) -> tuple[Segment, ...]:
        """Return the segments, and parts of them, in which the car charges."""
        return tuple(
            segment.part(max(start_s, segment.start_s), min(end_s, segment.end_s))
            for start_s, end_s in self._runs
            for segment in self._segments
            if min(end_s, segment.end_s) - max(start_s, segment.start_s) > TINY_S
        )
