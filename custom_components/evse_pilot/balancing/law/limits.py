"""Limits of one decision: the fuse of each phase and the ceilings, less what the house and the chargers hold already."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
import math

from ...control.claim import Reason
from .allocate import Limit
from .charger import TrackedCharger
from .mains import FOLLOWS_S, Phase
from .model import Ceiling, Circuit, Group
from .peak import HouseMeans, PeakWindow, peak_limit

# So much more than the limit, and no more than half of the margin, is no reason to lower one: a house wavers.
_SLACK_A = 0.5
_FUSES = frozenset({Reason.MAIN_FUSE, Reason.CIRCUIT})
# Two readings are the least that can be called calm.
_CALM_READINGS = 2


def find_limits(
    group: Group,
    phases: Sequence[Phase],
    metered: Mapping[str, Sequence[Phase]],
    peak: PeakWindow | None,
    means: HouseMeans,
) -> list[Limit]:
    """Return all that bounds a sum of currents; the smallest wins. `metered`: the phases of circuits with a meter."""
    everywhere = tuple(range(len(phases)))
    # Of two that leave as little the first is named, and a circuit concerns fewer chargers.
    limits = [
        circuit_limit(circuit, n)
        if circuit.id not in metered
        else _limit_of_meter(circuit, metered[circuit.id], n)
        for circuit in group.circuits
        for n in everywhere
    ]
    if (unbalance_a := group.unbalance_a) is not None and len(phases) > 1:
        uneven = [_of_chargers(unbalance_a, n, Reason.UNBALANCE) for n in everywhere]
        limits += [replace(limit, fewer_than=len(phases)) for limit in uneven]
    limits += [_limit(phases, (n,), *phase.limits_a(), Reason.MAIN_FUSE) for n, phase in enumerate(phases)]
    if group.sum_a is not None:
        limits.append(_limit(phases, everywhere, group.sum_a, group.sum_a, Reason.SUM_CEILING))
    if peak is not None:
        limits.append(peak_limit(peak, means, phases, calm=_is_calm(phases)))
    if (ceiling := group.temporary) is not None:
        reason, cars_only = Reason.TEMPORARY_CEILING, ceiling.cars_only
        if ceiling.phase_a is not None:
            limits += [
                _limit(phases, (n,), ceiling.phase_a, ceiling.phase_a, reason, cars_only=cars_only)
                for n in everywhere
            ]
        if ceiling.sum_a is not None:
            limits.append(
                _limit(phases, everywhere, ceiling.sum_a, ceiling.sum_a, reason, cars_only=cars_only)
            )
    return limits


def below_fuse_a(group: Group) -> tuple[float, float]:
    """Return what may flow on a phase, and on all of them, by the limits below the fuse; infinite without one."""
    ceiling = group.temporary
    if ceiling is None or ceiling.cars_only:
        ceiling = Ceiling()
    sums_a = [amps for amps in (group.sum_a, ceiling.sum_a) if amps is not None]
    return math.inf if ceiling.phase_a is None else ceiling.phase_a, min(sums_a, default=math.inf)


def _limit(
    phases: Sequence[Phase],
    numbers: tuple[int, ...],
    limit_a: float,
    careful_a: float,
    reason: Reason,
    *,
    cars_only: bool = False,
) -> Limit:
    """Return the room below a limit on the phases of these numbers.

    A phase that is not known counts nothing: a charger on it has the safe current, which its owner chose for
    whatever the house may draw.
    """
    known = [phases[n] for n in numbers if not phases[n].blind]
    is_fuse = reason in _FUSES
    calm = _is_calm(known)
    house_a = 0.0 if cars_only else sum(phase.house_a for phase in known)
    worst_a = 0.0 if cars_only else sum(phase.worst_a for phase in known)
    before_a = 0.0 if cars_only else sum(min(phase.house_a, phase.before_a) for phase in known)
    # One reading alone opens no contactor, as long as the breaker bears that; nor do more where its reserve may be used.
    least_a, stay_a = limit_a, math.inf
    if is_fuse and known:
        least_a, stay_a = known[0].least_a(), known[0].stay_a() - house_a
        if known[0].opens_by_heat:
            before_a = -math.inf
    return Limit(
        phases=numbers,
        room_a=limit_a - house_a,
        stay_a=max(least_a - house_a, min(least_a - before_a, stay_a)),
        slack_a=min(_SLACK_A, phases[numbers[0]].margin_a / 2) if is_fuse else 0.0,
        wakes_a=phases[numbers[0]].wakes_a() if is_fuse else math.inf,
        careful_a=careful_a - house_a,
        safe_a=limit_a - worst_a if calm else -math.inf,
        calm_a=careful_a - worst_a if calm else -math.inf,
        reason=reason,
    )


def circuit_limit(circuit: Circuit, phase: int) -> Limit:
    """Return the room of a circuit on one phase."""
    return _of_chargers(circuit.limit_a, phase, Reason.CIRCUIT, circuit.members)


def _limit_of_meter(circuit: Circuit, phases: Sequence[Phase], n: int) -> Limit:
    """Return the room that a circuit with a meter leaves on one phase, beside what else is behind it."""
    if phases[n].blind:
        # Its chargers have the safe current, and together no more than it carries.
        return circuit_limit(circuit, n)
    limit = _limit(phases, (n,), *phases[n].limits_a(), Reason.CIRCUIT)
    return replace(limit, members=circuit.members)


def _of_chargers(limit_a: float, phase: int, reason: Reason, members: frozenset[str] | None = None) -> Limit:
    """Return the room on one phase of a limit that nothing but chargers counts in: all of it.

    A car that wakes counts beforehand, for no meter shows it.
    """
    return Limit(
        phases=(phase,),
        room_a=limit_a,
        stay_a=limit_a,
        slack_a=0.0,
        wakes_a=0.0,
        careful_a=limit_a,
        safe_a=limit_a,
        calm_a=limit_a,
        reason=reason,
        members=members,
    )


def _is_calm(phases: Sequence[Phase]) -> bool:
    """Return whether the phases that are known have been read often enough to rise into what they leave."""
    return all(phase.readings >= _CALM_READINGS for phase in phases if not phase.blind)


def reserve(t: float, c: TrackedCharger, given_a: float | None, limits: Sequence[Limit]) -> None:
    """Take from the room what a charger draws that cannot be commanded, and note what still leaves.

    `given_a` is what a charger that is commanded is given, None for any other. None may rise into what another master
    of it may give it at any moment.
    """
    # One that is commanded has no more than it is given.
    held_a = c.worst_a(t) if given_a is None else given_a
    beyond_a = held_a if given_a is None else 0.0
    back_a = max(0.0, c.others_a - held_a)
    leaves = t < c.moved_s + FOLLOWS_S
    if not beyond_a and not back_a and not leaves:
        return
    for limit in limits:
        weight = limit.weight(c.spec.id, c.counted)
        limit.room_a -= weight * beyond_a
        limit.stay_a -= weight * beyond_a
        limit.careful_a -= weight * beyond_a
        limit.kept_a += weight * back_a
        limit.safe_a -= weight * (beyond_a + back_a)
        limit.calm_a -= weight * (beyond_a + back_a)
        for phase in limit.phases if leaves else ():
            if phase in c.counted:
                limit.leaving_a += max(0.0, c.leaving_a(t, phase) - held_a)
