"""The six rules of `resolve`, as a table and as properties."""

from collections.abc import Sequence
from dataclasses import replace
import math
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.evse_pilot.control.claim import Baseline, Bounds, Claim, Reason, Source, Target
from custom_components.evse_pilot.control.resolve import resolve

from .strategies import BASELINES, BOUNDS, several_claims

BOX = Bounds(minimum_a=6, maximum_a=16)
REASONS = {
    Source.SAFETY: Reason.METER_SILENT,
    Source.GROUP: Reason.MAIN_FUSE,
    Source.OWNER: Reason.PERSONS_LIMIT,
    Source.TIMED: Reason.TIMED_LIMIT,
    Source.SCHEDULE: Reason.SCHEDULED,
    Source.PLAN: Reason.SCHEDULED,
    Source.SUN: Reason.WAITING_FOR_SOLAR,
    Source.PHASES: Reason.CHANGING_PHASES,
    Source.OVERRIDE: Reason.OWN_MAXIMUM,
}


def claim(source: Source, current_a: float | None = None, **more: Any) -> Claim:
    """Return a claim with the reason that its source would give."""
    return Claim(source=source, reason=REASONS[source], max_current_a=current_a, **more)


def pause(source: Source) -> Claim:
    """Return a claim that allows no charging."""
    return claim(source, pause=True)


OWNER, TIMED, SCHEDULE, OVERRIDE = Source.OWNER, Source.TIMED, Source.SCHEDULE, Source.OVERRIDE
GROUP, SAFETY, PLAN, SUN = Source.GROUP, Source.SAFETY, Source.PLAN, Source.SUN
PHASES = Source.PHASES


@pytest.mark.parametrize(
    ("claims", "baseline", "current_a", "source"),
    [
        # The table of what went wrong before: a window of 10 A, and a limit of 8 A for good
        ([claim(OWNER, 8), claim(SCHEDULE, 10)], Baseline(current_a=16), 8, OWNER),
        ([claim(OWNER, 8)], Baseline(current_a=16), 8, OWNER),
        ([claim(OWNER, 8), claim(GROUP, 11)], Baseline(current_a=16), 8, OWNER),
        # 1. The smallest wins; a pause is 0 A
        ([claim(OWNER, 13), claim(TIMED, 7), claim(GROUP, 9)], Baseline(), 7, TIMED),
        ([claim(OWNER, 13), pause(SCHEDULE)], Baseline(), 0, SCHEDULE),
        ([claim(GROUP, 0), claim(OWNER, 8)], Baseline(), 0, GROUP),
        # 2. An override hides schedules, plans and the sun, and nothing else
        ([pause(SCHEDULE), pause(PLAN), pause(SUN), claim(OVERRIDE)], Baseline(), 16, None),
        ([claim(OWNER, 8), pause(SCHEDULE), claim(OVERRIDE)], Baseline(), 8, OWNER),
        ([claim(TIMED, 7), claim(OVERRIDE)], Baseline(), 7, TIMED),
        ([pause(OWNER), claim(OVERRIDE)], Baseline(), 0, OWNER),
        ([claim(GROUP, 9), claim(OVERRIDE)], Baseline(), 9, GROUP),
        ([claim(SAFETY, 6), claim(OVERRIDE)], Baseline(), 6, SAFETY),
        # 4. Without a claim the baseline; the owner's limit takes its place, upwards as well
        ([], Baseline(current_a=10), 10, None),
        ([], Baseline(current_a=10, paused=True), 0, None),
        ([claim(OWNER, 13)], Baseline(current_a=10), 13, OWNER),
        ([claim(SCHEDULE, 13)], Baseline(current_a=10), 10, None),
        ([claim(OWNER, 13)], Baseline(current_a=10, paused=True), 0, None),
        # 5. Between 0 and the minimum is 0
        ([claim(GROUP, 5.9)], Baseline(), 0, GROUP),
        ([claim(SAFETY, 3)], Baseline(), 0, SAFETY),
        # 6. What is not known is nothing that could trip a fuse
        ([claim(GROUP, math.nan)], Baseline(), 0, GROUP),
        ([claim(GROUP, -3)], Baseline(), 0, GROUP),
        ([claim(GROUP, 500)], Baseline(), 16, None),
        ([], Baseline(current_a=500), 16, None),
        # Of two that allow as much a fuse is named, and nothing that limits nothing
        ([claim(GROUP, 16)], Baseline(), 16, None),
        ([claim(GROUP, 10)], Baseline(current_a=10), 10, None),
        ([claim(OWNER, 8), claim(GROUP, 8)], Baseline(), 8, GROUP),
        ([claim(GROUP, 0)], Baseline(paused=True), 0, None),
    ],
)
def test_table(claims: Sequence[Claim], baseline: Baseline, current_a: float, source: Source | None) -> None:
    """Each rule has its lines."""
    target = resolve(claims, baseline, BOX)
    assert (target.current_a, target.source) == (current_a, source)


@pytest.mark.parametrize(
    ("claims", "mode", "phases"),
    [
        # 3. The first that claims one has it; a group never does
        ([], "normal", 3),
        ([claim(SCHEDULE, mode="solar", phases=1)], "solar", 1),
        ([claim(PHASES, phases=3), claim(PLAN, mode="plan"), claim(SCHEDULE, phases=1)], "plan", 1),
        ([claim(PHASES, phases=1), claim(OVERRIDE)], "normal", 1),
        ([claim(SCHEDULE, mode="solar"), claim(OVERRIDE)], "normal", 3),
        ([claim(SCHEDULE, mode="solar"), claim(OVERRIDE, mode="fast")], "fast", 3),
        ([claim(GROUP, mode="solar", phases=1)], "normal", 3),
        ([claim(SAFETY, mode="solar", phases=1)], "normal", 3),
    ],
)
def test_mode_and_phases(claims: Sequence[Claim], mode: str, phases: int) -> None:
    """Rule 3."""
    target = resolve(claims, Baseline(mode="normal", phases=3), BOX)
    assert (target.mode, target.phases) == (mode, phases)


def test_the_answer_to_why() -> None:
    """The target names the winning claim, until when, and what would hold without it."""
    target = resolve([claim(OWNER, 13), claim(TIMED, 8, detail="x"), claim(GROUP, 10)], Baseline(), BOX)
    assert (target.reason, target.detail, target.without_a) == (Reason.TIMED_LIMIT, "x", 10)
    assert resolve([], Baseline(), BOX).reason is Reason.OWN_MAXIMUM
    assert resolve([], Baseline(current_a=9), BOX).reason is Reason.CHARGER_LIMIT
    assert resolve([], Baseline(paused=True), BOX).reason is Reason.PAUSED_BY_OWNER
    # A step below it is what a charger with its maximum may show.
    assert resolve([], Baseline(current_a=15), BOX).reason is Reason.OWN_MAXIMUM


def test_a_minimum_between_two_steps_can_be_reached() -> None:
    """A charger rounds it up; less is a pause."""
    bounds = Bounds(minimum_a=6.5, maximum_a=16, step_a=1)
    for current_a, expected_a in ((6.49, 0), (6.5, 6.5), (6.9, 6.5), (7, 7)):
        assert resolve([claim(GROUP, current_a)], Baseline(), bounds).current_a == expected_a


def test_a_room_of_just_the_minimum_is_no_pause() -> None:
    """What a group has left is a difference of tenths, which may fall short by the dust of binary fractions."""
    left_a = 10.2 - 4.2
    assert left_a < 6
    assert resolve([claim(GROUP, left_a)], Baseline(), BOX).current_a == 6


@given(several_claims(), BASELINES, BOUNDS, st.randoms())
def test_the_order_of_claims_does_not_count(
    claims: list[Claim], baseline: Baseline, bounds: Bounds, random: Any
) -> None:
    """The same claims make the same target."""
    shuffled = claims.copy()
    random.shuffle(shuffled)
    assert resolve(shuffled, baseline, bounds) == resolve(claims, baseline, bounds)


@given(several_claims(), BASELINES, BOUNDS, st.data())
def test_a_stricter_claim_never_raises(
    claims: list[Claim], baseline: Baseline, bounds: Bounds, data: st.DataObject
) -> None:
    """Monotone: whichever claim allows less, the target is no higher."""
    before = resolve(claims, baseline, bounds)
    for n, each in enumerate(claims):
        if each.current_a:
            stricter = replace(each, max_current_a=data.draw(st.floats(0, each.current_a)))
            after = resolve([*claims[:n], stricter, *claims[n + 1 :]], baseline, bounds)
            assert after.current_a <= before.current_a


@given(several_claims(), BASELINES, BOUNDS)
def test_one_more_limit_never_raises(claims: list[Claim], baseline: Baseline, bounds: Bounds) -> None:
    """A claim that is added raises nothing, but for an owner's own limit and an override."""
    for each in claims:
        if each.source in (Source.OWNER, Source.OVERRIDE):
            continue
        without = resolve([other for other in claims if other is not each], baseline, bounds)
        assert resolve(claims, baseline, bounds).current_a <= without.current_a


@given(several_claims(), BASELINES, BOUNDS)
def test_what_would_hold_without_it(claims: list[Claim], baseline: Baseline, bounds: Bounds) -> None:
    """Without the winning claim the target is its own `without_a`."""
    target = resolve(claims, baseline, bounds)
    rest = [each for each in claims if each.source is not target.source]
    assert resolve(rest, baseline, bounds).current_a == target.without_a


@given(several_claims(), BASELINES, BOUNDS)
def test_never_between_zero_and_the_minimum(claims: list[Claim], baseline: Baseline, bounds: Bounds) -> None:
    """0, or from the minimum to what charger, cable and installation carry."""
    current_a = resolve(claims, baseline, bounds).current_a
    assert current_a == 0 or bounds.minimum_a <= current_a <= bounds.maximum_a


def least_allowed(claims: Sequence[Claim], baseline: Baseline, bounds: Bounds) -> float:
    """Return by hand the most that any of the claims allows, for comparison."""
    override = any(each.source is Source.OVERRIDE for each in claims)
    hidden = (Source.SCHEDULE, Source.PLAN, Source.SUN) if override else ()
    limits = [each.current_a for each in claims if each.source not in hidden and each.current_a is not None]
    owners = any(each.source is Source.OWNER and each.current_a is not None for each in claims)
    if baseline.paused:
        limits.append(0.0)
    elif baseline.current_a is not None and not owners:
        limits.append(baseline.current_a)
    return min([*limits, bounds.maximum_a])


@given(several_claims(), BASELINES, BOUNDS)
def test_the_smallest_wins(claims: list[Claim], baseline: Baseline, bounds: Bounds) -> None:
    """The target is within a step below the smallest of all, or 0 where that is below the minimum."""
    least_a = least_allowed(claims, baseline, bounds)
    target: Target = resolve(claims, baseline, bounds)
    assert target.current_a <= least_a + 1e-6
    if least_a >= bounds.minimum_a:
        assert target.current_a > least_a - bounds.step_a - 1e-6
