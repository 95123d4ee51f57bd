"""The law as the benchmark of the fuse hour wants one: `fuse_hour.py --law tests.balancing.fuse_hour_law:make_law`."""

from collections.abc import Sequence

from custom_components.evse_pilot.balancing.law.law import Law
from custom_components.evse_pilot.balancing.law.model import Group, Member, Strategy
from custom_components.evse_pilot.chargers.types import Load, Status


class FuseHourLaw:
    """One phase, and chargers that take every limit at once."""

    def __init__(self, group: Group) -> None:
        """Balance so."""
        self.law = Law(group)
        self.offers = [member.maximum_a for member in group.members]

    def step(self, t: int, mains_a: float | None, drawn_a: Sequence[float] | None) -> list[float]:
        """Return each car's offer."""
        for n, drawn in enumerate(drawn_a or ()):
            offer = self.offers[n]
            status = Status.CHARGING if drawn else Status.CONNECTED if offer else Status.PAUSED
            load = Load(
                status=status,
                limit_a=offer,
                minimum_a=6.0,
                maximum_a=16.0,
                phases=(1,),
                drawn_a=(drawn,),
            )
            self.law.read_charger(t, str(n), load)
        if mains_a is not None:
            self.law.read_mains(t, (mains_a,))
        for write in self.law.decide(t).writes:
            self.offers[int(write.id)] = write.amps
            self.law.confirm(write.id, write.amps)
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
