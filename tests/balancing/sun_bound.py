"""How much of the sun any law could use that draws no more than a part of it from the grid."""

from collections import defaultdict
from collections.abc import Sequence

from .sun_days import LEAST_A, MOST_A, VOLTS, sun_day

# Seconds with nearly the same part of a car's least are one.
_STEPS = 100


def most_used(days: Sequence[int], grid_part: float) -> float:
    """Return which part of the surplus of these days could be used, if so much of what is charged may be the grid's.

    It knows each second beforehand, and needs no time to start, to stop or to change phases: all that is enough for a car's
    least is used, and of the rest the seconds in which the grid gives least for it, as far as that goes.
    """
    possible_w = used_w = grid_w = 0.0
    # Of each part of the least that there is: what the sun would give, and what the grid would have to.
    rest: defaultdict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for number in days:
        day = sun_day(number)
        most_w = MOST_A * day.phases * VOLTS
        least_w = LEAST_A * VOLTS * (1 if day.can_switch else day.phases)
        for roof_w, house_w in zip(day.roof_w, day.house_w, strict=True):
            left_w = min(max(0.0, roof_w - house_w), most_w)
            possible_w += left_w
            if left_w >= least_w:
                used_w += left_w
            elif left_w:
                seconds = rest[round(_STEPS * left_w / least_w)]
                seconds[0] += left_w
                seconds[1] += least_w - left_w
    for _, (sun_w, lack_w) in sorted(rest.items(), reverse=True):
        if grid_w + lack_w > grid_part * (used_w + sun_w + grid_w + lack_w):
            break
        used_w, grid_w = used_w + sun_w, grid_w + lack_w
    return used_w / possible_w
