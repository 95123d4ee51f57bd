"""A bench for the law: chargers that obey at once, and cars that follow at once unless told otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from custom_components.evse_pilot.balancing.law.law import Law
from custom_components.evse_pilot.balancing.law.model import Decision, Group, Member, Share
from custom_components.evse_pilot.chargers.types import Load, Status


@dataclass
class Car:
    """What is plugged in: what it may draw, and on how many conductors; None follows its offer."""

    offer_a: float
    conductors: int = 3
    uses: int = 3
    draws_a: float | None = None
    status: Status | None = None
    speaks: bool = True
    obeys: bool = True
    allowed: bool = True
    persons_limit_a: float | None = None

    @property
    def drawn_a(self) -> float:
        """Return what it draws from each conductor that it uses."""
        most = self.offer_a if self.offer_a >= 6 else 0.0
        if self.status not in (None, Status.CHARGING):
            return 0.0
        return most if self.draws_a is None else min(most, self.draws_a)

    def load(self) -> Load:
        """Return what its charger says."""
        drawn = tuple(self.drawn_a if n < self.uses else 0.0 for n in range(self.conductors))
        plugged = Status.CHARGING if self.drawn_a else Status.CONNECTED if self.offer_a else Status.PAUSED
        return Load(
            status=self.status or plugged,
            limit_a=self.offer_a,
            minimum_a=6.0,
            maximum_a=32.0,
            phases=tuple(range(1, self.conductors + 1)),
            drawn_a=drawn,
        )


def member(name: str, phases: tuple[int, ...] = (1, 2, 3), **changes: Any) -> Member:
    """Return a charger of 16 A in steps of 0.1 A."""
    return replace(Member(id=name, phases=phases, maximum_a=16.0, step_a=0.1), **changes)


def group(*members: Member, **changes: Any) -> Group:
    """Return a house of three times 25 A, 1 A of them kept back, safe at 6 A."""
    return replace(Group(fuse_a=(25.0, 25.0, 25.0), margin_a=1.0, safe_a=6.0, members=members), **changes)


class Bench:
    """A law with a clock, a house and cars."""

    def __init__(self, group: Group, **cars: Car) -> None:
        """Begin at noon of some day; a charger without a car is found with a car at 16 A that follows."""
        self.law = Law(group)
        self.t = 1000.0
        self.cars = {
            each.id: cars.get(each.id, Car(16.0, len(each.phases), len(each.phases)))
            for each in group.members
        }
        self.house: list[float] = [0.0] * len(group.fuse_a)
        self.decision: Decision | None = None
        self.writes: list[tuple[float, str, float]] = []

    @property
    def mains(self) -> list[float]:
        """Return what the meter would read."""
        mains = list(self.house)
        for each in self.law.group.members:
            car = self.cars[each.id]
            for phase in each.phases[: car.uses]:
                mains[phase - 1] += car.drawn_a
        return mains

    def read_chargers(self) -> None:
        """Let all that speak be heard."""
        for name, car in self.cars.items():
            if car.speaks:
                self.law.read_charger(
                    self.t, name, car.load(), allowed=car.allowed, persons_limit_a=car.persons_limit_a
                )

    def decide(self) -> Decision:
        """Let the law decide, and carry it out."""
        self.decision = self.law.decide(self.t)
        for write in self.decision.writes:
            self.writes.append((self.t, write.id, write.amps))
            car = self.cars[write.id]
            if car.obeys:
                car.offer_a = write.amps
                self.law.confirm(write.id, write.amps)
        return self.decision

    def step(
        self, *house: float, mains: Sequence[float | None] | None = None, meter: bool = True
    ) -> Decision:
        """Let a second pass, in which the house draws so much."""
        self.t += 1
        if house:
            self.house = list(house)
        self.read_chargers()
        if meter:
            self.law.read_mains(self.t, self.mains if mains is None else mains)
        return self.decide()

    def run(self, seconds: int, *house: float, meter: bool = True) -> Decision:
        """Let so many seconds pass."""
        for _ in range(seconds):
            self.step(*house, meter=meter)
        assert self.decision is not None
        return self.decision

    def amps(self) -> dict[str, float]:
        """Return what each is given."""
        assert self.decision is not None
        return {name: share.amps for name, share in self.decision.shares.items()}

    def share(self, name: str) -> Share:
        """Return what one is given, and why."""
        assert self.decision is not None
        return self.decision.shares[name]
