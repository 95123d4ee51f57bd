"""Sharing of the sun: watts among cars, beyond their least."""

from collections.abc import Sequence


def share(extra_w: float, caps_w: Sequence[float], *, in_order: bool) -> list[float]:
    """Return how much each has of what is left beyond the least of all: as much as it can use, or the same as others.

    `in_order`: the first has all that it can use, then the next.
    """
    left_w = max(0.0, extra_w)
    given = [0.0] * len(caps_w)
    if in_order:
        for n, cap_w in enumerate(caps_w):
            given[n] = min(max(0.0, cap_w), left_w)
            left_w -= given[n]
        return given
    # The one that can use least is served first; the others share what it leaves.
    order = sorted(range(len(caps_w)), key=lambda n: caps_w[n])
    for place, n in enumerate(order):
        given[n] = min(max(0.0, caps_w[n]), left_w / (len(order) - place))
        left_w -= given[n]
    return given
