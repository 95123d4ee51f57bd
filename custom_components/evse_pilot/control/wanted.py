"""What is wanted of one charger: the claims on it, what its owner has set at it, and the target that they make.

Numbers in, a target out: no clock, no charger and no Home Assistant. Currents are in A per phase.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from ..chargers.types import Status
from .claim import BY_ITSELF, OF_A_GROUP, Baseline, Bounds, Claim, Source, Target
from .hand import after_edge
from .resolve import resolve
from .shown import Shown


class Wanted:
    """The claims on one charger, and what they make of what it shows."""

    def __init__(self) -> None:
        """Start with nothing claimed and nothing shown."""
        self.claims: dict[Source, Claim] = {}
        self.baseline = Baseline()
        self.shown: Shown | None = None

    @property
    def bounds(self) -> Bounds | None:
        """Return what the charger, its cable and its installation allow; None: not known yet."""
        if self.shown is None:
            return None
        load = self.shown.load
        return Bounds(minimum_a=load.minimum_a, maximum_a=load.maximum_a, step_a=load.step_a)

    @property
    def target(self) -> Target | None:
        """Return what the charger should do; None while its bounds are not known."""
        return self.resolve(self.claims.values())

    @property
    def command(self) -> Target | None:
        """Return what is to be sent for the target; the minimum where a group pauses what no car has come to yet.

        Some chargers have nothing to pause before, and the next car draws what they offer until it is read.
        """
        target, now = self.target, self.shown
        if target is None or now is None or now.paused or not self.waits_for_a_car(target):
            return target
        in_group = not OF_A_GROUP.isdisjoint(self.claims)
        return replace(target, current_a=now.load.minimum_a) if in_group else target

    @property
    def own_target(self) -> Target | None:
        """Return what it should do as far as no fuse is concerned: what a group may give it at most."""
        return self.target_without(OF_A_GROUP)

    def target_without(self, sources: frozenset[Source]) -> Target | None:
        """Return what it should do as far as these sources are not concerned."""
        return self.resolve(claim for claim in self.claims.values() if claim.source not in sources)

    def resolve(self, claims: Iterable[Claim]) -> Target | None:
        """Return what these claims make of it."""
        bounds = self.bounds
        return None if bounds is None else resolve(claims, self.baseline, bounds)

    def claim(self, source: Source, claim: Claim | None) -> bool:
        """Replace the claim of a source, or take it away; return whether that changed anything."""
        if self.claims.get(source) == claim:
            return False
        self.claims.pop(source, None)
        if claim is not None:
            self.claims[source] = claim
        return True

    def end_timed(self, now: datetime) -> bool:
        """End a limit for a time that is over; return whether there was one."""
        timed = self.claims.get(Source.TIMED)
        return (
            timed is not None
            and timed.until is not None
            and timed.until <= now
            and self.claim(Source.TIMED, None)
        )

    def end_at_edge(self, *, allowed: bool) -> None:
        """End what a person did by hand until the schedule changes; `allowed`: it lets a car charge from now on."""
        for source, claim in tuple(self.claims.items()):
            if claim.ends_at_edge:
                self.claim(source, after_edge(claim) if source is Source.OWNER else None)
        status = None if self.shown is None else self.shown.load.status
        if allowed and status is not Status.AWAITING_AUTHORIZATION:
            self.baseline = replace(self.baseline, paused=False)

    def end_source(self, source: Source) -> None:
        """End the claim of a schedule or a plan; with the last one, keep what a person did by hand meanwhile."""
        self.claim(source, None)
        if not self.claims.keys().isdisjoint(BY_ITSELF - {Source.SUN}):
            return
        override = self.claims.get(Source.OVERRIDE)
        if override is not None and override.ends_at_edge:
            self.claim(Source.OVERRIDE, None)
        if (owner := self.claims.get(Source.OWNER)) is not None:
            self.claim(Source.OWNER, replace(owner, ends_at_edge=False))

    def has_claim_of(self, name: str) -> bool:
        """Return whether any claim is for this: `current_a`, `mode` or `phases`."""
        return any(getattr(claim, name) is not None for claim in self.claims.values())

    @property
    def claims_a_current(self) -> bool:
        """Return whether any claim limits the current."""
        return self.has_claim_of("current_a")

    def waits_for_a_car(self, target: Target) -> bool:
        """Return whether there is nothing to pause before a car is plugged in."""
        return target.current_a == 0 and self.shown is not None and not self.shown.load.shows_pause
