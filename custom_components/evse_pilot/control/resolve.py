"""The rules by which claims become a target; docs/architecture.md has them as a table."""

from collections.abc import Iterable
import math

from .claim import BY_ITSELF, Baseline, Bounds, Claim, Reason, Source, Target

# Below it a difference of currents is the dust of binary fractions.
EPSILON_A = 1e-6
# Rule 3: the first of these that claims a mode, or phases, has it; a fuse never does.
_MODE_ORDER = (Source.OVERRIDE, Source.SCHEDULE, Source.PLAN, Source.PHASES)
_RANK = {source: rank for rank, source in enumerate(Source)}


def resolve(claims: Iterable[Claim], baseline: Baseline, bounds: Bounds) -> Target:
    """Return what a charger should do; the same for the same claims, in whatever order they came.

    1. A pause is 0 A; the smallest current wins.
    2. OVERRIDE hides SCHEDULE, PLAN and SUN; never OWNER, TIMED, GROUP, SAFETY, PHASES.
    3. Mode and phases: OVERRIDE, then SCHEDULE, PLAN, PHASES, else the baseline; GROUP never sets them.
    4. No claim: the baseline, which is what the owner has set at the charger. OWNER's current takes its place.
    5. A result between 0 and the charger's minimum is 0.
    6. What is not known is never more than what was known to be safe.
    """
    claims = list(claims)
    held = _held(claims)
    mode = next((claim.mode for claim in _by_mode_order(held) if claim.mode is not None), baseline.mode)
    phases = next(
        (claim.phases for claim in _by_mode_order(held) if claim.phases is not None), baseline.phases
    )
    winner, current_a = _smallest(held, baseline, bounds)
    if winner is None:
        return Target(
            current_a=current_a,
            reason=_reason_of_baseline(baseline, current_a, bounds),
            mode=mode,
            phases=phases,
            without_a=current_a,
        )
    rest = _held(claim for claim in claims if claim is not winner)
    _, without_a = _smallest(rest, baseline, bounds)
    return Target(
        current_a=current_a,
        reason=winner.reason,
        source=winner.source,
        mode=mode,
        phases=phases,
        until=winner.until,
        detail=winner.detail,
        without_a=without_a,
    )


def _held(claims: Iterable[Claim]) -> list[Claim]:
    """Return the claims that count, in an order of their own."""
    ordered = sorted(claims, key=lambda claim: (_RANK[claim.source], repr(claim)))
    if any(claim.source is Source.OVERRIDE for claim in ordered):
        # Rule 2: charge now, whatever these want.
        return [claim for claim in ordered if claim.source not in BY_ITSELF]
    return ordered


def _by_mode_order(held: Iterable[Claim]) -> list[Claim]:
    return sorted(
        (claim for claim in held if claim.source in _MODE_ORDER),
        key=lambda claim: _MODE_ORDER.index(claim.source),
    )


def _smallest(held: Iterable[Claim], baseline: Baseline, bounds: Bounds) -> tuple[Claim | None, float]:
    """Return the claim that allows least, and how much that is; None: the baseline, or the charger's maximum."""
    winner: Claim | None = None
    least_a = bounds.maximum_a
    owners = any(claim.source is Source.OWNER and claim.current_a is not None for claim in held)
    if baseline.paused:
        least_a = 0.0
    elif baseline.current_a is not None and not owners:
        least_a = min(least_a, baseline.current_a)
    for claim in held:
        # Not a number compares to nothing, and Claim.current_a has made a pause of it.
        if claim.current_a is not None and claim.current_a < least_a - EPSILON_A:
            winner, least_a = claim, claim.current_a
    return winner, _settable(least_a, bounds)


def _settable(current_a: float, bounds: Bounds) -> float:
    """Return the current as the charger can be set to it: in its steps, and never between 0 and its minimum."""
    down_a = round(math.floor(current_a / bounds.step_a + EPSILON_A) * bounds.step_a, 3)
    if not down_a >= bounds.minimum_a - EPSILON_A:
        # A minimum between two steps is rounded up by the charger, and a current that reaches it is as good.
        return bounds.minimum_a if current_a >= bounds.minimum_a else 0.0
    return down_a


def _reason_of_baseline(baseline: Baseline, current_a: float, bounds: Bounds) -> Reason:
    if baseline.paused:
        return Reason.PAUSED_BY_OWNER
    if current_a < bounds.maximum_a - bounds.step_a:
        return Reason.CHARGER_LIMIT
    return Reason.OWN_MAXIMUM
