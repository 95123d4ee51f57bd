"""The controls of a person: every number, switch, select and action that decides what a charger may draw."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from homeassistant.util import dt as dt_util

from ..chargers.capabilities import ModeSwitch, PhaseSwitch
from ..chargers.errors import ChargerRefusedError, ChargerUnreachableError, check_range
from ..chargers.http import taken
from .claim import BY_ITSELF, Claim, Claims, Reason, Source
from .controller import ChargerController
from .hand import hand_until_edge, owner_pause, without_choice, without_left_by_group, without_pauses

type Changes = Mapping[Source, Claim | None]

# A wish that has to wait for others for longer would be carried out late.
_PATIENCE_S = 4.0


class OwnerControls:
    """What a person may want of one charger; whatever the way, it becomes the same claim.

    Each raises ChargerRefusedError, and nothing has changed, for what the charger does not take, and another ChargerError
    for a command that failed: that one may have been taken all the same, so what was set is kept, and sent again.
    """

    def __init__(self, controller: ChargerController) -> None:
        """Know the controller."""
        self._controller = controller

    def check_limit(self, current_a: float) -> None:
        """Raise ChargerRefusedError for a limit that the charger cannot keep, in A per phase; 0 is a pause."""
        if not self._controller.is_available:
            raise ChargerUnreachableError("does not answer")
        if (load := self._controller.load) is None:
            raise ChargerRefusedError("limits_unknown")
        if current_a != 0:
            check_range(current_a, load.minimum_a, load.maximum_a, "A")

    async def async_set_limit(self, current_a: float) -> None:
        """Limit the charger for good, in A per phase; 0 pauses until another limit is set."""
        self.check_limit(current_a)

        def changes(claims: Claims) -> Changes:
            owner = claims.get(Source.OWNER)
            if owner is not None and owner.pause:
                claim = replace(owner, max_current_a=current_a)
            else:
                reason = Reason.PERSONS_LIMIT if current_a else Reason.PAUSED_BY_OWNER
                claim = Claim(source=Source.OWNER, reason=reason, max_current_a=current_a)
            return {Source.OWNER: claim, Source.TIMED: None, **without_left_by_group(claims)}

        await self._async_set(changes)

    async def async_limit_for(self, current_a: float, duration: timedelta) -> None:
        """Limit the charger for a time, in A per phase; 0 pauses. Afterwards what was before holds again."""
        self.check_limit(current_a)
        claim = Claim(
            source=Source.TIMED,
            reason=Reason.TIMED_LIMIT,
            max_current_a=current_a,
            until=dt_util.utcnow() + duration,
        )
        await self._async_set(lambda _: {Source.TIMED: claim})

    async def async_clear_limit(self) -> None:
        """End a limit for a time; without one, that for good."""
        if not self._controller.claims.keys().isdisjoint({Source.TIMED, Source.OWNER}):
            await self._async_set(_without_limit)

    async def async_clear_all_limits(self) -> None:
        """End every limit of the owner, so that the charger's own maximum holds."""
        if (load := self._controller.load) is None:
            raise ChargerRefusedError("limits_unknown")
        await self.async_set_limit(load.maximum_a)

    async def async_set_charging(self, on: bool) -> None:
        """Allow charging, or forbid it; while a schedule decides, until its next edge."""
        if on:
            await self._async_set(_allowing, paused=False)
        else:
            await self._async_set(_forbidding)

    async def async_override(self) -> None:
        """Charge now, whatever a schedule allows, until the car is unplugged."""
        override = Claim(source=Source.OVERRIDE, reason=Reason.OWN_MAXIMUM)
        await self._async_set(lambda claims: {**_allowing(claims), Source.OVERRIDE: override}, paused=False)

    async def async_set_mode(self, mode: str) -> None:
        """Charge in a mode of the charger's; one in which it does not charge forbids charging."""
        controller = self._controller
        modes = controller.charger.require(ModeSwitch)
        if mode not in modes.modes(controller.state):
            await self._async_set(lambda claims: {Source.OWNER: owner_pause(claims)}, chosen_mode=mode)
            return
        target, load = controller.target, controller.load
        refusal = modes.limit_refusal(mode)
        if refusal is not None and target is not None and load is not None:
            if 0 < target.current_a < load.maximum_a:
                raise ChargerRefusedError(refusal)
        await self._async_set(
            lambda claims: {**without_choice(claims, "mode"), **_allowing(claims)},
            chosen_mode=mode,
            mode=mode,
            paused=False,
        )

    async def async_set_phases(self, phases: int) -> None:
        """Charge on one phase, or on three."""
        if self._controller.charger.capability(PhaseSwitch) is None:
            raise ChargerRefusedError("no_phase_switch")
        await self._async_set(lambda claims: without_choice(claims, "phases"), phases=phases)

    async def _async_set(
        self, changes: Callable[[Claims], Changes], *, chosen_mode: str | None = None, **baseline: Any
    ) -> None:
        """Claim and apply, one wish after the other; a refusal takes everything back.

        `baseline`: what changes of what the owner has set at the charger itself.
        """
        controller = self._controller
        async with taken(controller.wishes, _PATIENCE_S):
            if not controller.is_available:
                raise ChargerUnreachableError("does not answer")
            if controller.target is None:
                # Nothing could be sent, and the first reading would take the place of what was set.
                raise ChargerRefusedError("limits_unknown")
            claims_before, baseline_before = dict(controller.claims), controller.baseline
            changed = changes(claims_before)
            controller.core.baseline = replace(baseline_before, **baseline)
            controller.set_claims(changed, apply=False)
            await controller.async_save()
            try:
                await controller.async_apply(read_back=True, by_person=True, chosen_mode=chosen_mode)
            except ChargerRefusedError:
                controller.core.baseline = baseline_before
                controller.take_back()
                controller.set_claims({source: claims_before.get(source) for source in changed}, apply=False)
                await controller.async_save()
                raise


def _without_limit(claims: Claims) -> Changes:
    """Return the claims without a limit for a time; without one, without that for good."""
    if Source.TIMED in claims:
        return {Source.TIMED: None}
    owner = claims.get(Source.OWNER)
    if owner is None or owner.max_current_a is None:
        return {}
    return {Source.OWNER: replace(owner, max_current_a=None) if owner.pause else None}


def _forbidding(claims: Claims) -> Changes:
    """Return the claims with which a person lets no car charge; while a schedule decides, until its next edge."""
    override = claims.get(Source.OVERRIDE)
    ends = override is not None and override.ends_at_edge
    return {Source.OWNER: owner_pause(claims)} | ({Source.OVERRIDE: None} if ends else {})


def _allowing(claims: Claims) -> dict[Source, Claim | None]:
    """Return the claims with which a person lets a car charge now."""
    changes = without_pauses(claims)
    # A pause of its owner that ends leaves the sun to decide; switched on once more, it charges now.
    sources = BY_ITSELF - {Source.SUN} if Source.OWNER in changes else BY_ITSELF
    if any(claim.current_a == 0 for source, claim in claims.items() if source in sources):
        changes[Source.OVERRIDE] = claims.get(Source.OVERRIDE, hand_until_edge())
    return changes
