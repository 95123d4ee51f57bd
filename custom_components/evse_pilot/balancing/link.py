"""One charger of a group: its readings, what a person lets the group give it, and the group's claim on it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..chargers.capabilities import Limiter
from ..chargers.errors import ChargerError
from ..chargers.types import Load, OwnBalancing
from ..control.claim import OF_A_GROUP, Claim, Reason, Source, Target, is_left_by_group
from ..control.controller import ChargerController
from ..entities.device import Device
from ..runtime.shown_state import ShownState
from .calm import CalmShare
from .law.model import Share, Write
from .moment import CalmMoment
from .settings import CONF_CHARGER, CONF_MAXIMUM, CONF_MINIMUM, CONF_WIRING, wired_to
from .sun.model import SunChoice, SunMode
from .sun_link import OF_THE_SUN, PhasesState, SunLink, SunMemberState
from .watch import ChargerWatch


class Group(Protocol):
    """The group that a charger belongs to."""

    @property
    def has_sun(self) -> bool:
        """Return whether the house feeds in, so that the sun can steer its chargers."""

    def on_member_reading(self, link: MemberLink, load: Load, own: Target) -> None:
        """Take a reading."""

    def on_member_change(self, link: MemberLink, own: Target) -> None:
        """Take what the charger may do without the group, which has changed between two readings."""

    def on_sun_choice(self) -> None:
        """Store, and obey, what a person has chosen for the sun."""

    def save(self) -> None:
        """Store what a person has set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberState:
    """What a charger is given, and why; currents in A per phase."""

    given_a: float | None
    reason: Reason | None
    phase: int | None
    until: datetime | None
    detail: str | None
    limit_a: float
    minimum_a: float
    maximum_a: float
    writes_today: int
    sun: SunMemberState | None
    phases: PhasesState | None


class MemberLink(ChargerWatch):
    """Passes the readings of one charger to its group, and the claim of the group to its controller."""

    def __init__(
        self,
        hass: HomeAssistant,
        group: ConfigEntry,
        member_id: str,
        title: str,
        numbers: Mapping[str, Any],
        limit_a: float | None,
        sun: SunChoice,
        runner: Group,
    ) -> None:
        """Know the charger, what a person lets the group give it, in A per phase, and what it chose for the sun."""
        super().__init__(hass, numbers[CONF_CHARGER])
        self.id = member_id
        self.title = title
        self.numbers = numbers
        self.limit_a = limit_a
        self.load: Load | None = None
        # What is shown of its share, and claimed with its reason.
        self.share: Share | None = None
        self._calm = CalmShare()
        # The mean that is predicted of a window of a peak tariff, and its target.
        self._peak: str | None = None
        self.own_balancing: OwnBalancing | None = None
        # The newest claim that was decided and is not made yet.
        self.pending: Write | None = None
        self._runner = runner
        self._claim: Claim | None = None
        self._own: Target | None = None
        self.snapshot: Any = None
        self._until = CalmMoment()
        self.sun = SunLink(self, sun, len(wired_to(numbers[CONF_WIRING])))
        self.coordinator = ShownState(hass, group, f"{group.title} - {title}", self.state)
        self.coordinator.data = self.state()

    # Readings

    @property
    def control(self) -> ChargerController | None:
        """Return the controller of the charger; None while it is not loaded."""
        return None if self.device is None else self.device.control

    @property
    def own(self) -> Target | None:
        """Return what it may do as far as no fuse is concerned; None: not known yet."""
        return self._limited(None if self.control is None else self.control.own_target)

    @property
    def own_without_sun(self) -> Target | None:
        """Return what it may do as far as neither a fuse, the sun nor its phases are concerned; None: not known yet."""
        if self.control is None:
            return None
        return self._limited(self.control.core.target_without(OF_A_GROUP | OF_THE_SUN))

    def _limited(self, own: Target | None) -> Target | None:
        if own is None:
            return None
        shown = None if self.control is None else self.control.core.shown
        if shown is not None and not shown.has_other_phases(own):
            # It is not to be switched: they are left as they are.
            own = replace(own, phases=None)
        if self.limit_a is None or self.limit_a >= own.current_a:
            return own
        return replace(own, current_a=self.limit_a, reason=Reason.PERSONS_LIMIT)

    @callback
    @override
    def on_loaded(self, device: Device[Any, Any]) -> list[Callable[[], None]]:
        if (control := device.control) is None:
            return []
        if self._claim is not None:
            control.set_claim(Source.GROUP, self._claim)
        return [control.async_add_listener(self._on_control)]

    @callback
    @override
    def on_reading(self, state: Any) -> None:
        if self.device is None or (limiter := self.device.target.capability(Limiter)) is None:
            return
        self.snapshot = state
        self.own_balancing = self.device.target.own_balancing(state)
        with suppress(ChargerError):
            self.load = limiter.load(state)
            if (own := self.own) is not None:
                self._own = own
                self._runner.on_member_reading(self, self.load, own)

    @callback
    def _on_control(self) -> None:
        """Notice a change of what the charger may do; one that came with a reading is taken with that."""
        if self.control is not None and self.control.state is self.snapshot:
            self._note_own()

    @callback
    def _note_own(self) -> None:
        if self.load is not None and (own := self.own) is not None and own != self._own:
            self._own = own
            self._runner.on_member_change(self, own)

    # The claim

    @callback
    def give(self, t: float, share: Share | None, peak: str | None = None) -> None:
        """Take what was decided for it, and how near a peak is; `t` in seconds of a clock that never goes back."""
        self.share = self._calm.take(t, share)
        self._peak = peak

    @callback
    def claim(self, write: Write) -> None:
        """Claim what was decided; it is sent by `async_apply`."""
        self.pending = None
        self._claim = self._claim_of(write.amps)
        self.set_claims({Source.GROUP: self._claim} | self._taking_over())

    def _claim_of(self, amps: float) -> Claim:
        share = self.share
        # With one that is away none is shown; it would show this one for a moment when it is back.
        is_away = self.control is None or not self.control.is_available
        is_known = share is not None and not (is_away and share.reason is Reason.MEMBER_SILENT)
        return Claim(
            source=Source.GROUP,
            reason=word_of(share) if share is not None and is_known else None,
            max_current_a=amps,
            until=None if share is None else self._until.in_seconds(share.seconds),
            detail=self._peak_of(share) if share is None or share.phase is None else str(share.phase),
        )

    def _peak_of(self, share: Share | None) -> str | None:
        """Return how near a peak is that limits it; None: another thing does."""
        return None if share is None or share.reason is not Reason.PEAK else self._peak

    def _missing_sun_of(self, share: Share | None) -> str | None:
        """Return how much sun is missing to a car that waits for it; None: it does not, or there is enough."""
        if share is None or share.reason is not Reason.WAITING_FOR_SOLAR:
            return None
        missing_w = self.sun.state().missing_w
        return None if missing_w is None else f"{missing_w / 1000:.1f} kW"

    def _taking_over(self) -> dict[Source, Claim | None]:
        """Return the change that ends what a group has left behind."""
        is_left = self.control is not None and is_left_by_group(self.control.claims)
        return {Source.SAFETY: None} if is_left else {}

    @callback
    def set_claims(self, claims: Mapping[Source, Claim | None]) -> None:
        """Claim; it is sent by `async_apply`."""
        if self.control is not None:
            self.control.set_claims(claims, apply=False)

    async def async_apply(self) -> None:
        """Let the charger be commanded now; the controller logs a failure, and sends again."""
        if self.control is not None:
            with suppress(ChargerError):
                await self.control.async_apply()

    @callback
    def on_sun_choice(self) -> None:
        """Store, and obey, what a person has chosen for the sun."""
        self._runner.on_sun_choice()
        self.show()

    async def async_set_sun_mode(self, mode: SunMode) -> None:
        """Choose how much of its energy the car takes from the sun."""
        self.sun.choose_mode(mode)
        await self.async_apply()

    async def async_set_auto_phases(self, on: bool) -> None:
        """Let the sun and the fuse choose between one phase and three, or leave them as they are."""
        self.sun.choose_auto_phases(on)
        await self.async_apply()

    @callback
    def leave(self, safety: Claim | None) -> None:
        """Replace the claim of the group by what it leaves behind; it is sent by `async_apply`."""
        self.pending = self._claim = None
        self.set_claims({Source.GROUP: None, Source.SAFETY: safety})

    # What is shown

    async def async_set_limit(self, current_a: float) -> None:
        """Set what the group may give it at most, in A per phase; the maximum is no limit."""
        self.limit_a = None if current_a >= self.numbers[CONF_MAXIMUM] else current_a
        self._runner.save()
        self._note_own()
        self.show()

    def state(self) -> MemberState:
        """Return what is shown."""
        share, maximum_a = self.share, self.numbers[CONF_MAXIMUM]
        return MemberState(
            given_a=None if share is None else share.amps,
            reason=None if share is None else word_of(share),
            phase=None if share is None else share.phase,
            until=self._until_of(share),
            detail=self._missing_sun_of(share) or self._peak_of(share),
            limit_a=maximum_a if self.limit_a is None else self.limit_a,
            minimum_a=self.numbers[CONF_MINIMUM],
            maximum_a=maximum_a,
            writes_today=0 if self.control is None else self.control.writes_today,
            sun=self.sun.state() if self._runner.has_sun else None,
            phases=self.sun.phases_state(),
        )

    def _until_of(self, share: Share | None) -> datetime | None:
        """Return when the reason of a share ends by itself; the sun knows that of its own."""
        if share is not None and share.reason is Reason.WAITING_FOR_SOLAR:
            return self.sun.until.shown
        return self._until.in_seconds(None if share is None else share.seconds)

    @callback
    def show(self) -> None:
        """Update the entities, and the reason of the claim, where something has changed."""
        if self._claim is not None and self.pending is None:
            claim = self._claim_of(self._claim.max_current_a or 0.0)
            if claim != self._claim:
                self._claim = claim
                self.set_claims({Source.GROUP: claim})
        self.coordinator.show()


def word_of(share: Share) -> Reason | None:
    """Return why a charger is given just so much, None: not known yet; the main fuse has a word for each phase."""
    if share.reason is Reason.MAIN_FUSE and share.phase is not None:
        return Reason(f"{share.reason.value}_l{share.phase}")
    return share.reason
