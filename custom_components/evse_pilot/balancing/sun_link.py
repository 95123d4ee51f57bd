"""The sun of one member of a group: what a person has chosen for it, and the claim of the sun on its controller."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from homeassistant.core import callback

from ..chargers.capabilities import PhaseSwitch
from ..control.claim import Claim, Reason, Source
from ..control.controller import ChargerController
from ..control.expected_sun import ExpectedSun
from ..entities.device import Device
from ..sessions.recorder import SessionRecorder
from .calm import CalmPower
from .moment import CalmMoment
from .sun.model import SunChoice, SunMode, SunShare

# What is claimed here
OF_THE_SUN = frozenset({Source.SUN, Source.PHASES})
# What a car drew for longer without being looked at is not known.
_COUNTED_S = 15.0


class SunMemberLink(Protocol):
    """The member of the group."""

    @property
    def device(self) -> Device[Any, Any] | None:
        """Return the charger; None while it is not loaded."""

    @property
    def control(self) -> ChargerController | None:
        """Return its controller; None while it is not loaded."""

    def set_claims(self, claims: Mapping[Source, Claim | None]) -> None:
        """Claim; it is sent later."""

    def on_sun_choice(self) -> None:
        """Store, and obey, what a person has chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SunMemberState:
    """What is shown of the sun of a member; `missing_w` None: nothing is missing."""

    mode: SunMode
    missing_w: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhasesState:
    """What is shown of a member whose charger can switch its phases.

    `used`: on how many its car draws, or would. None: not known yet, and nothing to be switched.
    """

    is_auto: bool
    used: int | None
    changes_left: int | None


class SunLink:
    """Makes what the sun allows one charger a claim on it."""

    def __init__(self, member: SunMemberLink, choice: SunChoice, conductors: int) -> None:
        """Know what was chosen, and how many conductors the charger has."""
        self._member = member
        self.choice = choice
        self._conductors = conductors
        self.until = CalmMoment()
        self._missing = CalmPower()
        self._counted_s: float | None = None
        self._share: SunShare | None = None
        self._phases: int | None = None
        # The phases that were claimed, and whether a person has chosen others for this car since.
        self._claimed_phases: int | None = None
        self._is_chosen_otherwise = False

    # What a person chooses

    @callback
    def choose_mode(self, mode: SunMode) -> None:
        """Choose how much of its energy the car takes from the sun; a start by hand before ends with that."""
        self.choice = replace(self.choice, mode=mode)
        if mode is not SunMode.FAST and self._is_charging_now:
            self._member.set_claims({Source.OVERRIDE: None})
        self._member.on_sun_choice()

    @callback
    def choose_auto_phases(self, on: bool) -> None:
        """Let the sun and the fuse choose between one phase and three, or leave them as they are."""
        self.choice = replace(self.choice, auto_phases=on)
        self._is_chosen_otherwise = False
        self._member.on_sun_choice()

    @property
    def is_overridden(self) -> bool:
        """Return whether a person, or the time of a plan, lets it charge now, whatever the sun."""
        return self._is_charging_now or self._is_planned_now

    @property
    def _is_charging_now(self) -> bool:
        control = self._member.control
        return control is not None and Source.OVERRIDE in control.claims

    @property
    def _is_planned_now(self) -> bool:
        control = self._member.control
        plan = None if control is None else control.claims.get(Source.PLAN)
        is_its_time = plan is not None and plan.reason is Reason.OWN_MAXIMUM
        return is_its_time and self.choice.mode is not SunMode.OFF

    @property
    def held_a(self) -> float:
        """Return what the sun allows it by its claim, also by one of before a restart, in A; 0: nothing."""
        claim = self._claim_on(Source.SUN)
        return 0.0 if claim is None else claim.current_a or 0.0

    @property
    def daily_writes(self) -> int:
        """Return how many commands a day the charger stands for years."""
        control = self._member.control
        assert control is not None
        return control.daily_writes

    # Its phases

    @property
    def _switch(self) -> PhaseSwitch[Any] | None:
        device = self._member.device
        return None if device is None or self._conductors < 3 else device.target.capability(PhaseSwitch)

    def phases_to_choose(self, state: Any, *, has_car: bool, phases: int) -> int | None:
        """Return the phases that it is set to, if others may be chosen now; a person's choice holds for a car.

        `phases`: on how many its car draws, or would.
        """
        self._phases = phases
        claim = self._claim_on(Source.PHASES)
        if not has_car:
            self._is_chosen_otherwise = False
        elif self._claimed_phases is not None and claim is not None and claim.phases is None:
            self._is_chosen_otherwise = True
        if not self.choice.auto_phases or self._is_chosen_otherwise or (switch := self._switch) is None:
            return None
        return switch.phases(state)

    # Its claim

    def _claim_on(self, source: Source) -> Claim | None:
        control = self._member.control
        return None if control is None else control.claims.get(source)

    @callback
    def take(self, t: float, share: SunShare | None, *, steers: bool) -> None:
        """Claim what the sun allows; `t` in seconds of a clock that never goes back."""
        self._share = share
        self._missing.take(t, None if share is None or not share.missing_w else share.missing_w)
        phases = _claim_of_phases(share) if share is not None and steers else None
        self._claimed_phases = None if phases is None else phases.phases
        self._set(Source.PHASES, phases)
        if phases is not None and phases.pause:
            # What the sun allows waits until they are changed.
            return
        amps = None if share is None or not steers else share.amps
        if share is not None and amps is not None:
            self._set(Source.SUN, self._claim_of(share, amps))
        elif not steers or not self._is_charging_now or self.choice.mode is SunMode.FAST:
            # Else it waits until a person's start ends.
            self._set(Source.SUN, None)

    def _set(self, source: Source, claim: Claim | None) -> None:
        control = self._member.control
        if control is not None and claim != self._claim_on(source):
            control.set_claim(source, claim)

    def _claim_of(self, share: SunShare, amps: float) -> Claim:
        if self.choice.mode is SunMode.OFF:
            return Claim(source=Source.SUN, reason=Reason.PAUSED_BY_OWNER, pause=True)
        is_paused = amps == 0
        until = self.until.in_seconds(share.seconds if is_paused else None)
        return Claim(
            source=Source.SUN,
            reason=Reason.WAITING_FOR_SOLAR if is_paused else Reason.SOLAR_SURPLUS,
            max_current_a=None if is_paused else amps,
            pause=is_paused,
            until=until,
        )

    @callback
    def forget(self) -> None:
        """Take the claims away; it is sent by the member."""
        self.expect(ExpectedSun())
        self._member.set_claims(dict.fromkeys(OF_THE_SUN))

    @callback
    def expect(self, sun: ExpectedSun) -> None:
        """Let the plan of the charger count on what the sun is expected to give it."""
        if (control := self._member.control) is not None:
            control.core.expected_sun = sun

    # What is counted and shown

    @callback
    def count(self, t: float, power_w: float) -> None:
        """Count what its car draws of the sun; `t` in seconds of a clock that never goes back."""
        passed_s = 0.0 if self._counted_s is None else min(max(0.0, t - self._counted_s), _COUNTED_S)
        self._counted_s = t
        device = self._member.device
        if device is not None and (recorder := device.part(SessionRecorder)) is not None:
            recorder.add_sun(power_w * passed_s / 3600)

    def state(self) -> SunMemberState:
        """Return what is shown."""
        return SunMemberState(mode=self.choice.mode, missing_w=self._missing.shown_w)

    def phases_state(self) -> PhasesState | None:
        """Return what is shown of its phases; None: its charger cannot switch them."""
        if self._switch is None:
            return None
        return PhasesState(
            is_auto=self.choice.auto_phases,
            used=self._phases,
            changes_left=None if self._share is None else self._share.switches_left,
        )


def _claim_of_phases(share: SunShare) -> Claim | None:
    """Return the claim of the phases of a car, paused while they are changed; None: they are left as they are."""
    if share.phases is None:
        return None
    return Claim(
        source=Source.PHASES, reason=Reason.CHANGING_PHASES, pause=share.is_changing, phases=share.phases
    )
