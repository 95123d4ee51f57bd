"""A roof, a house and cars that follow what the law of the sun allows them, second by second."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from custom_components.evse_pilot.balancing.sun.law import SunLaw
from custom_components.evse_pilot.balancing.sun.model import (
    Battery,
    SunDecision,
    SunMember,
    SunMode,
    SunSettings,
)

VOLTS = 230.0


class Roof:
    """What the sun leaves to the cars is set; each car draws all that it may, from the next second on."""

    def __init__(self, *members: SunMember, settings: SunSettings | None = None) -> None:
        """Begin in the dark."""
        self.law = SunLaw(settings or SunSettings())
        self.members = {member.id: member for member in members}
        self.sun_w: float | None = 0.0
        self.battery: Battery | None = None
        self.t = 0.0
        self.shares: list[Mapping[str, float]] = []
        self.decision: SunDecision
        # A charger that refuses to switch its phases, or takes its time.
        self.switches_after_s: float | None = 5.0
        self._asked_s: dict[str, float] = {}
        self.one_phase_cars: set[str] = set()

    def live(self, seconds: float) -> Mapping[str, float]:
        """Let time pass, and return what each car that is steered may have at its end, in A."""
        for _ in range(int(seconds)):
            self.t += 1
            house_w = None if self.sun_w is None else -self.sun_w
            self.decision = self.law.decide(self.t, house_w, list(self.members.values()), self.battery)
            shares = self.decision.shares.items()
            given = {name: share.amps for name, share in shares if share.amps is not None}
            self.shares.append(given)
            for name, share in self.decision.shares.items():
                self._obey(name, share.amps, share.phases)
        return self.shares[-1]

    def _obey(self, name: str, amps: float | None, phases: int | None) -> None:
        member = self.members[name]
        if phases is not None and amps != 0 and phases != member.on_phases:
            assert member.drawn_w == 0, "phases switched under load"
            since_s = self._asked_s.setdefault(name, self.t)
            if self.switches_after_s is not None and self.t >= since_s + self.switches_after_s:
                del self._asked_s[name]
                self.change(name, phases=phases, on_phases=phases)
            return
        draws = amps if amps and member.has_car and member.takes else 0.0
        if name in self.one_phase_cars:
            # What is found once it draws.
            self.change(name, phases=1)
            member = self.members[name]
        if member.mode is not SunMode.FAST:
            self.change(name, drawn_w=draws * member.phases * VOLTS)

    def change(self, name: str, **changes: Any) -> None:
        """Change what is known of a charger."""
        self.members[name] = replace(self.members[name], **changes)

    def amps(self, name: str = "car") -> float:
        """Return what a car may have now, in A."""
        amps = self.decision.shares[name].amps
        assert amps is not None
        return amps

    def switches(self, name: str = "car") -> int:
        """Return how often a car was switched on or off."""
        given = [shares[name] > 0 for shares in self.shares if name in shares]
        return sum(before is not after for before, after in pairwise(given))
