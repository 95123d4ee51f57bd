"""Claims that come of what a person does by hand, at the charger or here."""

from dataclasses import replace

from .acknowledgement import EPSILON_A
from .claim import BY_ITSELF, Claim, Claims, Reason, Source, is_left_by_group
from .shown import Shown


def without_pause(owner: Claim) -> Claim | None:
    """Return what is left of an owner's claim when charging is allowed again: a limit above 0, or nothing."""
    if owner.max_current_a:
        return replace(owner, pause=False, ends_at_edge=False, reason=Reason.PERSONS_LIMIT)
    return None


def after_edge(owner: Claim) -> Claim | None:
    """Return what is left of an owner's claim that ends with an edge: a limit for good, also one of 0, or nothing."""
    if owner.max_current_a == 0:
        return replace(owner, pause=False, ends_at_edge=False)
    return without_pause(owner)


def without_left_by_group(claims: Claims) -> dict[Source, Claim | None]:
    """Return the changes of the claims when a person takes over what a group has left behind."""
    return {Source.SAFETY: None} if is_left_by_group(claims) else {}


def without_pauses(claims: Claims) -> dict[Source, Claim | None]:
    """Return the changes of the claims when a person lets a car charge: own pauses, and what a group has left, end."""
    changes = without_left_by_group(claims)
    if (owner := claims.get(Source.OWNER)) is not None and owner.current_a == 0:
        changes[Source.OWNER] = without_pause(owner)
    if (timed := claims.get(Source.TIMED)) is not None and timed.current_a == 0:
        changes[Source.TIMED] = None
    return changes


def hand_until_edge() -> Claim:
    """Return the claim of a person who lets a car charge against the schedule."""
    return Claim(source=Source.OVERRIDE, reason=Reason.OWN_MAXIMUM, ends_at_edge=True)


def owner_pause(claims: Claims) -> Claim:
    """Return the claim of an owner who forbids charging; while a schedule decides, until its next edge."""
    owner = claims.get(Source.OWNER)
    return Claim(
        source=Source.OWNER,
        reason=Reason.PAUSED_BY_OWNER,
        pause=True,
        max_current_a=None if owner is None else owner.max_current_a,
        # The sun has no edges.
        ends_at_edge=not claims.keys().isdisjoint(BY_ITSELF - {Source.SUN}),
    )


def limit_at_charger(owner: Claim | None, current_a: float) -> Claim:
    """Return the owner's claim after a person set a limit at the charger itself; a pause of the owner stays."""
    limit = Claim(source=Source.OWNER, reason=Reason.CHARGER_LIMIT, max_current_a=current_a)
    if owner is not None and owner.current_a == 0:
        return replace(owner, pause=True, max_current_a=current_a)
    return limit


def without_choice(claims: Claims, name: str) -> dict[Source, Claim]:
    """Return the claims of schedules and the like without a mode, or phases, that a person has chosen otherwise."""
    chosen_for = BY_ITSELF | {Source.PHASES}
    return {
        source: replace(claim, mode=None) if name == "mode" else replace(claim, phases=None)
        for source, claim in claims.items()
        if source in chosen_for
    }


def limit_of_a_pause(before: Shown, now: Shown) -> float | None:
    """Return the limit that was changed at the charger while it was paused, in A per phase; None: none was."""
    before_a, set_a = before.load.set_a, now.load.set_a
    if not before.paused or not before_a or not set_a:
        return None
    return None if abs(set_a - before_a) < EPSILON_A else set_a
