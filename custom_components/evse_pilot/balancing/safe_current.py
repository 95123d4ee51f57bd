"""The safe current of a group against its fuses: it holds while nothing watches them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry

from .circuits import circuits_of
from .law.allocate import Demand, share, too_much
from .law.limits import circuit_limit
from .settings import (
    CONF_MINIMUM,
    CONF_PHASES,
    CONF_PRIORITY,
    CONF_SAFE_CURRENT,
    CONF_WIRING,
    SUBENTRY_CHARGER,
    wired_to,
)

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


def safe_shares(group: ConfigEntry) -> dict[str, float]:
    """Return the safe current of each member of a group, in A per phase, no more than its circuits bear; 0: a pause.

    Where the minimums of all do not fit behind a circuit, those with the first priority have it.
    """
    safe_a: float = group.options[CONF_SAFE_CURRENT]
    limits = [
        circuit_limit(circuit, phase)
        for circuit in circuits_of(group)
        for phase in range(group.data[CONF_PHASES])
    ]
    rooms = [limit.room_a for limit in limits]
    members = group.get_subentries_of_type(SUBENTRY_CHARGER)
    demands = [
        Demand(
            id=member.subentry_id,
            phases=tuple(phase - 1 for phase in wired_to(member.data[CONF_WIRING])),
            minimum_a=member.data[CONF_MINIMUM],
            wanted_a=safe_a,
            maximum_a=safe_a,
        )
        for member in sorted(members, key=lambda each: (each.data[CONF_PRIORITY], each.subentry_id))
        # One that is given less than its minimum is paused.
        if safe_a >= member.data[CONF_MINIMUM]
    ]
    while (full := too_much(demands, limits, rooms)) is not None:
        demands.remove([each for each in demands if full.weight(each.id, each.phases)][-1])
    shares = share(demands, limits, rooms, in_order=False) if demands else []
    return {each.id: amps for each, amps in zip(demands, shares, strict=True)}
