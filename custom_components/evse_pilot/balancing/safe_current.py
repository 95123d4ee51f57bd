"""The safe current of a group against its fuse: it holds while the mains are not known, so nothing watches the fuse then."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from .settings import CONF_MINIMUM, CONF_WIRING, wired_to

# What any house may switch on at any moment: a kettle, or an oven.
HOUSE_A = 10.0


def together_a(safe_a: float, members: Iterable[Mapping[str, Any]]) -> float:
    """Return what chargers may draw together of the phase that has most of them, each with the safe current, in A."""
    chargers = Counter(
        phase
        for member in members
        # One that is given less than its minimum is paused.
        if safe_a >= member[CONF_MINIMUM]
        for phase in wired_to(member[CONF_WIRING])
    )
    return safe_a * max(chargers.values(), default=0)
