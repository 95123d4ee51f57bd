"""The cheapest segments in which a car takes an energy, with few starts: by dynamic programming.

On the grid of the segments all are used whole, but for the last one, which ends when the energy is reached, or the first
one, which begins as late as that allows; then each start and stop is moved to the second (polish.py). A start costs
something, for a contactor wears.
"""

from collections.abc import Sequence
import math

from .polish import TINY_S, polished
from .segments import Segment

_TOLERANCE_WH = 1.0
# So many different energies are kept apart, which is all there are while the power is the same everywhere.
_BUCKETS = 512

# How much it costs, the energy in Wh, and the segments that are used: the last one, and those before it.
type _Chain = tuple[int, _Chain] | None
type _Label = tuple[float, float, _Chain]
# By the energy, in buckets.
type _Labels = dict[int, _Label]


def cheapest(
    segments: Sequence[Segment],
    energy_wh: float,
    *,
    starts: int,
    start_cost: float,
    is_charging: bool,
) -> tuple[Segment, ...] | None:
    """Return the segments, and parts of them, in which this energy is cheapest; None: there are none with so few starts.

    `is_charging`: the car charges now, so that to go on is no start.
    """
    forward = _search(segments, energy_wh, starts, start_cost, is_charging=is_charging)
    # To go on is only known at the end of this one: it counts as a start.
    backward = _search(_mirrored(segments), energy_wh, starts, start_cost, is_charging=False)
    # One that is dearer on the grid may be the cheapest to the second, with its short runs and gaps.
    candidates = [
        polished(segments, used, is_charging=is_charging)
        for used in (*forward, *(_mirrored(used) for used in backward))
    ]
    best: tuple[Segment, ...] | None = None
    least = math.inf
    for used in candidates:
        cost = _cost(segments, used, start_cost, is_charging=is_charging)
        if cost < least - 1e-9:
            best, least = used, cost
    return best


def _cost(
    segments: Sequence[Segment], used: Sequence[Segment], start_cost: float, *, is_charging: bool
) -> float:
    cost, before_s = 0.0, segments[0].start_s if is_charging else -math.inf
    for segment in used:
        cost += segment.energy_wh / 1000 * segment.per_kwh
        if segment.start_s > before_s + TINY_S:
            cost += start_cost
        before_s = segment.end_s
    return cost


def _mirrored(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Return segments with the time turned round."""
    return tuple(each.part(-each.end_s, -each.start_s) for each in reversed(segments))


def _search(
    segments: Sequence[Segment], energy_wh: float, starts: int, start_cost: float, *, is_charging: bool
) -> list[tuple[Segment, ...]]:
    """Return the cheapest segments for each number of starts, of which the last one may be cut short."""
    search = _Search(segments, energy_wh, starts, start_cost)
    search.run(is_charging=is_charging)
    return search.found()


class _Search:
    """Labels by the number of starts so far, while the car charges and while it does not."""

    def __init__(self, segments: Sequence[Segment], energy_wh: float, starts: int, start_cost: float) -> None:
        self._segments = segments
        self._energy_wh = energy_wh
        self._start_cost = start_cost
        self._bucket_wh = max(_TOLERANCE_WH, energy_wh / _BUCKETS)
        self._off: list[_Labels] = [{} for _ in range(starts + 1)]
        self._on: list[_Labels] = [{} for _ in range(starts + 1)]
        self._best: list[_Label | None] = [None] * (starts + 1)

    def run(self, *, is_charging: bool) -> None:
        """Go through all segments once."""
        self._off[0][0] = (0.0, 0.0, None)
        if is_charging:
            self._on[0][0] = (0.0, 0.0, None)
        left_wh = sum(segment.energy_wh for segment in self._segments)
        before_s = self._segments[0].start_s if self._segments else 0.0
        for index, segment in enumerate(self._segments):
            if segment.start_s > before_s:
                self._interrupt()
            # What cannot reach the energy any more is left out.
            self._step(index, segment, least_wh=self._energy_wh - left_wh - _TOLERANCE_WH)
            left_wh -= segment.energy_wh
            before_s = segment.end_s

    def _interrupt(self) -> None:
        """Stop charging in a gap between two segments."""
        for off, on in zip(self._off, self._on, strict=True):
            for label in on.values():
                self._keep(off, label)
            on.clear()

    def _step(self, index: int, segment: Segment, least_wh: float) -> None:
        gain_wh = segment.energy_wh
        cost = gain_wh / 1000 * segment.per_kwh
        count = len(self._on)
        new_on: list[_Labels] = [{} for _ in range(count)]
        for used in range(count):
            for label in self._on[used].values():
                if label[1] >= least_wh:
                    self._charge(new_on, used, label, index, gain_wh, cost)
            if used + 1 < count:
                for label in self._off[used].values():
                    if label[1] >= least_wh:
                        self._charge(new_on, used + 1, label, index, gain_wh, cost, self._start_cost)
        self._interrupt()
        self._on = new_on

    def _charge(
        self,
        into: list[_Labels],
        starts: int,
        label: _Label,
        index: int,
        gain_wh: float,
        cost: float,
        extra: float = 0.0,
    ) -> None:
        spent, energy_wh, chain = label
        need_wh = self._energy_wh - energy_wh
        if gain_wh >= need_wh - _TOLERANCE_WH:
            spent += extra + cost * min(1.0, need_wh / gain_wh)
            best = self._best[starts]
            if best is None or spent < best[0] - 1e-12:
                self._best[starts] = (spent, self._energy_wh, (index, chain))
            return
        self._keep(into[starts], (spent + extra + cost, energy_wh + gain_wh, (index, chain)))

    def _keep(self, into: _Labels, label: _Label) -> None:
        bucket = round(label[1] / self._bucket_wh)
        other = into.get(bucket)
        if other is None or label[0] < other[0] - 1e-12:
            into[bucket] = label

    def found(self) -> list[tuple[Segment, ...]]:
        """Return the segments of the best ones."""
        return [self._of(best[2]) for best in self._best if best is not None]

    def _of(self, chain: _Chain) -> tuple[Segment, ...]:
        used: list[Segment] = []
        while chain is not None:
            index, chain = chain
            used.append(self._segments[index])
        used.reverse()
        missing_wh = self._energy_wh - sum(segment.energy_wh for segment in used[:-1])
        last = used[-1]
        length_s = min(last.end_s - last.start_s, missing_wh * 3600 / last.power_w)
        used[-1] = last.part(last.start_s, last.start_s + length_s)
        return tuple(used)
