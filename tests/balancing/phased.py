"""A house with one charger that can switch its phases, and both laws over it: what the fuse leaves, and on how many phases."""

from collections.abc import Sequence
from dataclasses import dataclass

from custom_components.evse_pilot.balancing.law.law import Law
from custom_components.evse_pilot.balancing.law.model import Decision, Group
from custom_components.evse_pilot.balancing.sun.law import SunLaw
from custom_components.evse_pilot.balancing.sun.model import SunMember, SunMode, SunSettings
from custom_components.evse_pilot.chargers.types import Load, Status
from custom_components.evse_pilot.control.claim import Claim, Reason, Source

from .bench import member
from .controller import SimulatedController

# A car draws so long after it is offered something, and follows a change within a second.
_WAKES_S = 8


@dataclass
class Box:
    """The charger and its car; it takes a command at once, unless it refuses to change its phases."""

    phases: int = 3
    offer_a: float = 16.0
    drawn_a: float = 0.0
    offered_s: float = 0.0
    refuses: bool = False
    changes: int = 0

    def load(self) -> Load:
        """Return its reading."""
        status = Status.CHARGING if self.drawn_a else Status.CONNECTED if self.offer_a else Status.PAUSED
        return Load(
            status=status,
            limit_a=self.offer_a,
            minimum_a=6.0,
            maximum_a=16.0,
            step_a=0.1,
            phases=(1, 2, 3)[: self.phases],
            drawn_a=tuple(self.drawn_a if n < self.phases else 0.0 for n in range(3)),
        )

    def obey(self, t: float, amps: float, phases: int | None) -> bool:
        """Take a command, and return whether it was carried out."""
        if amps and phases not in (None, self.phases):
            assert self.drawn_a == 0, "phases changed under load"
            if self.refuses:
                return False
            self.phases = phases
            self.changes += 1
        if not self.offer_a:
            self.offered_s = t
        self.offer_a = amps
        return True

    def live(self, t: float) -> None:
        """Let the car follow."""
        may_draw = self.offer_a >= 6 and (self.drawn_a or t >= self.offered_s + _WAKES_S)
        self.drawn_a = self.offer_a if may_draw else 0.0


class PhasedHouse:
    """Lives second by second: meter, charger, the law of the phases, the law of the fuse, commands."""

    def __init__(self, fuse_a: float = 20.0, settings: SunSettings | None = None) -> None:
        """Begin with a car that is hungry, on three phases."""
        self.law = Law(Group(fuse_a=(fuse_a,) * 3, margin_a=1.0, safe_a=0.0, members=(member("a"),)))
        self.sun = SunLaw(settings or SunSettings())
        self.box = Box()
        self.controller = SimulatedController()
        self.base_a: list[float] = [2.0, 2.0, 2.0]
        self.t = 1000.0
        # For how long each phase was above its fuse, without a break, and the longest.
        self._over_s = [0, 0, 0]
        self.longest_over_s = 0
        self.decision: Decision

    @property
    def mains_a(self) -> list[float]:
        """Return what flows through the fuse."""
        return [
            base + (self.box.drawn_a if n < self.box.phases else 0.0) for n, base in enumerate(self.base_a)
        ]

    def live(self, seconds: int, base_a: Sequence[float] | None = None) -> None:
        """Let time pass, in which the house draws so much on each phase."""
        self.base_a = list(base_a or self.base_a)
        for _ in range(seconds):
            self.t += 1
            self.box.live(self.t)
            self._watch()
            self._decide()

    def _watch(self) -> None:
        for n, (amps, base) in enumerate(zip(self.mains_a, self.base_a, strict=True)):
            is_over = amps > self.law.group.fuse_a[n] >= base
            self._over_s[n] = self._over_s[n] + 1 if is_over else 0
        self.longest_over_s = max(self.longest_over_s, *self._over_s)

    def _decide(self) -> None:
        t, box, controller = self.t, self.box, self.controller
        load = box.load()
        controller.read(t, load, box.phases)
        self.law.read_charger(
            t,
            "a",
            load,
            own=controller.own,
            is_off_at_charger=False,
            ack=controller.core.ack,
            foreign=controller.core.foreign,
        )
        self.law.read_mains(t, self.mains_a)
        share = self.sun.decide(t, None, [self._member(load)]).shares["a"]
        claim = Claim(
            source=Source.PHASES,
            reason=Reason.CHANGING_PHASES,
            pause=share.is_changing,
            phases=share.phases,
        )
        controller.claim(Source.PHASES, None if share.phases is None else claim)
        self.law.change_own("a", controller.own)
        self.decision = self.law.decide(t)
        for write in self.decision.writes:
            controller.give(write.amps)
        target = controller.core.command
        if (amps := controller.command(t)) is None or target is None:
            return
        if box.obey(t, amps, target.phases):
            controller.accept()

    def _member(self, load: Load) -> SunMember:
        charger = self.law.charger("a")
        assert charger is not None
        return SunMember(
            id="a",
            mode=SunMode.FAST,
            phases=len(charger.draw.counted),
            step_a=0.1,
            drawn_w=sum(load.drawn_a or ()) * 230,
            can_switch=True,
            on_phases=self.box.phases,
            room=self.law.phase_room("a"),
            waits=charger.given_a == 0,
        )
