"""The law with chargers that take every command at once, as the fuse hour plays it."""

from collections.abc import Sequence

from custom_components.evse_pilot.balancing.law.law import Law
from custom_components.evse_pilot.balancing.law.model import Group, Member, Strategy
from custom_components.evse_pilot.chargers.types import Load, Status

from .controller import SimulatedController


class FuseHourLaw:
    """One phase, and chargers that take every command at once."""

    def __init__(self, group: Group) -> None:
        """Start with each charger at its maximum."""
        self.law = Law(group)
        self._controllers = [SimulatedController(member.maximum_a, 10) for member in group.members]
        self.offers = [member.maximum_a for member in group.members]

    def step(self, t: int, mains_a: float | None, drawn_a: Sequence[float] | None) -> list[float]:
        """Return each car's offer."""
        for n, drawn in enumerate(drawn_a or ()):
            offer = self.offers[n]
            status = Status.CHARGING if drawn else Status.CONNECTED if offer else Status.PAUSED
            load = Load(
                status=status,
                limit_a=offer,
                step_a=0.1,
                minimum_a=6.0,
                maximum_a=16.0,
                phases=(1,),
                drawn_a=(drawn,),
            )
            controller = self._controllers[n]
            controller.read(t, load)
            self.law.read_charger(
                t,
                str(n),
                load,
                own=controller.own,
                is_off_at_charger=controller.is_off,
                ack=controller.core.ack,
                foreign=controller.core.foreign,
            )
        if mains_a is not None:
            self.law.read_mains(t, (mains_a,))
        for write in self.law.decide(t).writes:
            self._controllers[int(write.id)].give(write.amps)
        for n, controller in enumerate(self._controllers):
            if (amps := controller.command(t)) is not None:
                self.offers[n] = amps
                controller.accept()
        return list(self.offers)


def make_law(fuse_a: float, car_max_a: list[float]) -> FuseHourLaw:
    """Return the law for a house of one phase."""
    return FuseHourLaw(
        Group(
            fuse_a=(fuse_a,),
            margin_a=0.5,
            strategy=Strategy.EQUAL,
            members=tuple(
                Member(id=str(n), phases=(1,), maximum_a=amps, step_a=0.1) for n, amps in enumerate(car_max_a)
            ),
        )
    )
