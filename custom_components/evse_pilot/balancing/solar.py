"""The sun in a running house: the modes that a person has chosen, and the claims of the sun on the members of a group."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..control.claim import Target
from ..control.expected_sun import ExpectedSun
from .battery_hold import BatteryHold
from .calm import CalmPower
from .forecast import SunForecast
from .home_battery import read_battery
from .law.allocate import EPSILON_A
from .law.charger import TrackedCharger
from .law.law import Law
from .law.model import PhaseRoom
from .law.standing import Standing
from .link import MemberLink
from .settings import nominal_voltage_of
from .sun.law import SunLaw
from .sun.model import STEERED, SunDecision, SunMember, SunMode
from .sun_settings import sun_settings_of

# Beside the fuse a car can use so much more than the group gives it, so that it is noticed when that rises.
_BEYOND_FUSE_A = 1.0
# Less is no car that charges.
_DRAWS_W = 500.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SunState:
    """What a group shows of the sun, in W; `mode` None: its chargers have several."""

    mode: SunMode | None
    surplus_w: float | None
    given_w: float


class SunSteering:
    """Steers the members of one group by the sun."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        links: Mapping[str, MemberLink],
        on_change: Callable[[], None],
    ) -> None:
        """Know the members; nothing is known of the sun yet. `on_change` is called when something is to be stored."""
        self._hass = hass
        self._entry = entry
        self._links = links
        self._law = SunLaw(sun_settings_of(entry.options))
        self.hold = BatteryHold(hass, entry, on_change)
        self._forecast = SunForecast(hass, entry)
        self._surplus, self._given = CalmPower(), CalmPower()
        self.decision: SunDecision | None = None
        # While the sun claims, the fuse's law is asked once, afterwards.
        self.is_busy = False

    @callback
    def update(self, t: float, law: Law, *, steers: bool, has_sun: bool) -> None:
        """Work out what the sun allows each member, and claim it; `t` in seconds of a clock that never goes back.

        Without sun the cars charge whatever it gives, and only their phases are chosen.
        """
        self._law.settings = sun_settings_of(self._entry.options)
        known = [
            (link, charger, own)
            for link in self._links.values()
            if (charger := law.charger(link.id)) is not None and (own := link.own_without_sun) is not None
        ]
        members = [self._member(*each, law.phase_room(each[0].id), has_sun=has_sun) for each in known]
        decision = self.decision = self._law.decide(
            t,
            self._house_w(law),
            members,
            read_battery(self._hass, self._entry.options),
            {link.id: link.sun.held_a for link, _, _ in known},
        )
        self._surplus.take(t, decision.surplus_w)
        self._given.take(t, decision.given_w)
        self.is_busy = True
        try:
            for (link, _, _), member in zip(known, members, strict=True):
                if has_sun:
                    link.sun.count(t, member.drawn_w * decision.share)
                link.sun.take(t, decision.shares.get(link.id), steers=steers)
        finally:
            self.is_busy = False
        if has_sun:
            self.hold.take(t, is_wanted=steers and any(_is_fast(member) for member in members))
            self._forecast.take(t)
            self._expect(
                [(link, member) for (link, _, _), member in zip(known, members, strict=True)], steers=steers
            )
        else:
            for link, _, _ in known:
                link.sun.expect(ExpectedSun())

    def _expect(self, members: Sequence[tuple[MemberLink, SunMember]], *, steers: bool) -> None:
        """Let the plan of each member count on its part of the forecast; cars that the sun steers share it."""
        steered = {link.id for link, _ in members if link.sun.choice.mode in STEERED}
        sharing = {member.id for _, member in members if member.has_car} & steered
        for link, member in members:
            if (powers := self._forecast.for_each(len(sharing | {link.id}))) is None:
                return
            phases = 1 if member.can_switch else member.phases
            least_w = member.minimum_a * phases * nominal_voltage_of(self._entry.options)
            is_steered = steers and link.id in steered
            link.sun.expect(ExpectedSun(powers=powers if is_steered else (), least_w=least_w))

    def _house_w(self, law: Law) -> float | None:
        """Return what the house draws without its chargers on all phases, in W; None: one of them is not known."""
        amps = [each for each in law.house_a if each is not None]
        if len(amps) < len(law.house_a):
            return None
        return sum(amps) * nominal_voltage_of(self._entry.options)

    @property
    def _is_shared(self) -> bool:
        """Return whether several chargers are steered by the sun."""
        return sum(link.sun.choice.mode in STEERED for link in self._links.values()) > 1

    def _member(
        self, link: MemberLink, charger: TrackedCharger, own: Target, room: PhaseRoom | None, *, has_sun: bool
    ) -> SunMember:
        """Return a charger as the law of the sun sees it."""
        minimum_a, maximum_a = charger.needs_a, min(charger.maximum_a, own.current_a)
        # What the fuse does not let it have is left to other cars.
        is_held = charger.standing is Standing.AWAKE and charger.given_a < charger.ceiling_a - EPSILON_A
        if is_held and charger.given_a > 0 and self._is_shared:
            maximum_a = min(maximum_a, charger.given_a + _BEYOND_FUSE_A)
        has_car = not charger.has_no_car and not charger.is_out_of_order and own.current_a >= minimum_a
        phases = max(1, len(charger.draw.counted))
        # While a person lets it charge now, the sun does not steer it.
        mode = link.sun.choice.mode if has_sun and not link.sun.is_overridden else SunMode.FAST
        on_phases = link.sun.phases_to_choose(link.snapshot, has_car=not charger.has_no_car, phases=phases)
        if mode is SunMode.FAST and (charger.has_no_car or not charger.draw.is_measured):
            # The next car begins with those that its owner has set; and what is not measured is not known to be free.
            on_phases = None
        return SunMember(
            id=link.id,
            mode=mode,
            phases=phases,
            minimum_a=minimum_a,
            maximum_a=max(minimum_a, maximum_a),
            step_a=charger.spec.step_a,
            priority=charger.spec.priority,
            drawn_w=sum(charger.draw.drawn_a) * nominal_voltage_of(self._entry.options),
            has_car=has_car,
            takes=charger.takes,
            daily_writes=link.sun.daily_writes,
            can_switch=on_phases is not None,
            on_phases=on_phases,
            room=room,
            waits=charger.given_a == 0,
        )

    def state(self) -> SunState:
        """Return what is shown."""
        modes = {link.sun.choice.mode for link in self._links.values()}
        return SunState(
            mode=next(iter(modes)) if len(modes) == 1 else None,
            surplus_w=self._surplus.shown_w,
            given_w=self._given.shown_w or 0.0,
        )


def _is_fast(member: SunMember) -> bool:
    """Return whether its car charges whatever the sun gives."""
    return member.mode is SunMode.FAST and member.drawn_w >= _DRAWS_W
