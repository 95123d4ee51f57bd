"""The controls of a person: every number, switch, select and action that decides what a charger may draw."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from homeassistant.util import dt as dt_util

from ..chargers.capabilities import ModeSwitch, PhaseSwitch
from ..chargers.errors import ChargerRefusedError, ChargerUnreachableError, check_range
from .claim import BY_ITSELF, Baseline, Claim, Reason, Source, is_left_by_group
from .controller import ChargerController
from .hand import hand_until_edge, owner_pause, without_choice, without_pause


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
            check_range(current_a, load.minimum_a, load.maximum_a)

    async def async_set_limit(self, current_a: float) -> None:
        """Limit the charger for good, in A per phase; 0 pauses until another limit is set."""
        self.check_limit(current_a)
        owner = self._controller.claims.get(Source.OWNER)
        claim = Claim(
            source=Source.OWNER,
            reason=Reason.PERSONS_LIMIT if current_a else Reason.PAUSED_BY_OWNER,
            max_current_a=current_a,
        )
        if owner is not None and owner.pause:
            claim = replace(owner, max_current_a=current_a)
        await self._async_set({Source.OWNER: claim, Source.TIMED: None} | self._left_by_a_group())

    async def async_limit_for(self, current_a: float, duration: timedelta) -> None:
        """Limit the charger for a time, in A per phase; 0 pauses. Afterwards what was before holds again."""
        self.check_limit(current_a)
        claim = Claim(
            source=Source.TIMED,
            reason=Reason.TIMED_LIMIT,
            max_current_a=current_a,
            until=dt_util.utcnow() + duration,
        )
        await self._async_set({Source.TIMED: claim})

    async def async_clear_limit(self) -> None:
        """End a limit for a time; without one, that for good."""
        claims = self._controller.claims
        if Source.TIMED in claims:
            await self._async_set({Source.TIMED: None})
        elif (owner := claims.get(Source.OWNER)) is not None and owner.max_current_a is not None:
            await self._async_set({Source.OWNER: replace(owner, max_current_a=None) if owner.pause else None})

    async def async_clear_all_limits(self) -> None:
        """End every limit of the owner, so that the charger's own maximum holds."""
        if (load := self._controller.load) is None:
            raise ChargerRefusedError("limits_unknown")
        await self.async_set_limit(load.maximum_a)

    async def async_set_charging(self, on: bool) -> None:
        """Allow charging, or forbid it; while a schedule decides, until its next edge."""
        claims = self._controller.claims
        if not on:
            override = claims.get(Source.OVERRIDE)
            ends = override is not None and override.ends_at_edge
            await self._async_set(
                {Source.OWNER: owner_pause(claims)} | ({Source.OVERRIDE: None} if ends else {})
            )
            return
        await self._async_set(self._allowing(), replace(self._controller.baseline, paused=False))

    async def async_override(self) -> None:
        """Charge now, whatever a schedule allows, until the car is unplugged."""
        override = Claim(source=Source.OVERRIDE, reason=Reason.OWN_MAXIMUM)
        baseline = replace(self._controller.baseline, paused=False)
        await self._async_set(self._allowing() | {Source.OVERRIDE: override}, baseline)

    async def async_set_mode(self, mode: str) -> None:
        """Charge in a mode of the charger's; one in which it does not charge forbids charging."""
        controller = self._controller
        modes = controller.charger.require(ModeSwitch)
        if mode not in modes.modes(controller.state):
            await self._async_set({Source.OWNER: owner_pause(controller.claims)}, chosen_mode=mode)
            return
        baseline = replace(controller.baseline, mode=mode, paused=False)
        await self._async_set(
            {**without_choice(controller.claims, "mode"), **self._allowing()}, baseline, chosen_mode=mode
        )

    async def async_set_phases(self, phases: int) -> None:
        """Charge on one phase, or on three."""
        self._controller.charger.require(PhaseSwitch)
        await self._async_set(
            without_choice(self._controller.claims, "phases"),
            replace(self._controller.baseline, phases=phases),
        )

    def _allowing(self) -> dict[Source, Claim | None]:
        """Return the claims with which a person lets a car charge now."""
        claims = self._controller.claims
        changes: dict[Source, Claim | None] = {}
        if (owner := claims.get(Source.OWNER)) is not None and owner.current_a == 0:
            changes[Source.OWNER] = without_pause(owner)
        if (timed := claims.get(Source.TIMED)) is not None and timed.current_a == 0:
            changes[Source.TIMED] = None
        if any(claim.current_a == 0 for source, claim in claims.items() if source in BY_ITSELF):
            changes[Source.OVERRIDE] = claims.get(Source.OVERRIDE, hand_until_edge())
        return changes | self._left_by_a_group()

    def _left_by_a_group(self) -> dict[Source, Claim | None]:
        return {Source.SAFETY: None} if is_left_by_group(self._controller.claims) else {}

    async def _async_set(
        self,
        changes: Mapping[Source, Claim | None],
        baseline: Baseline | None = None,
        *,
        chosen_mode: str | None = None,
    ) -> None:
        """Claim and apply; a refusal takes everything back."""
        controller = self._controller
        if not controller.is_available:
            raise ChargerUnreachableError("does not answer")
        if controller.target is None:
            # Nothing could be sent, and the first reading would take the place of what was set.
            raise ChargerRefusedError("limits_unknown")
        claims_before, baseline_before = dict(controller.claims), controller.baseline
        if baseline is not None:
            controller.core.baseline = baseline
        controller.set_claims(changes, apply=False)
        await controller.async_save()
        try:
            await controller.async_apply(read_back=True, chosen_mode=chosen_mode)
        except ChargerRefusedError:
            controller.core.baseline, controller.problem = baseline_before, None
            controller.core.take_back()
            controller.set_claims({source: claims_before.get(source) for source in changes}, apply=False)
            await controller.async_save()
            raise
