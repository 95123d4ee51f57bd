"""A bench for the law: chargers that obey at once, and cars that follow at once unless they are set up otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from custom_components.evse_pilot.balancing.law.law import Law
from custom_components.evse_pilot.balancing.law.model import Decision, Group, Member, Share, Strategy
from custom_components.evse_pilot.chargers.types import Load, Status
from custom_components.evse_pilot.control.acknowledgement import Acknowledgement
from custom_components.evse_pilot.control.claim import Reason, Source, Target
from custom_components.evse_pilot.control.foreign import ForeignChanges

from .controller import SimulatedController


@dataclass
class Car:
    """A charger with its car: what it may draw, and on how many conductors; None follows its offer.

    `answers`: it is read. `obeys`: it takes commands. `measures`: it has a meter.
    """

    offer_a: float
    conductors: int = 3
    uses: int = 3
    draws_a: float | None = None
    status: Status | None = None
    answers: bool = True
    obeys: bool = True
    measures: bool = True
    # What its charger offers without a car it cannot be kept from.
    holds_pause: bool = True
    # While its charger is paused, it does not show whether there is a car.
    hides: bool = False

    @property
    def drawn_a(self) -> float:
        """Return what it draws from each conductor that it uses."""
        most = self.offer_a if self.offer_a >= 6 else 0.0
        if self.status not in (None, Status.CHARGING):
            return 0.0
        return most if self.draws_a is None else min(most, self.draws_a)

    def load(self) -> Load:
        """Return its reading."""
        drawn = tuple(self.drawn_a if n < self.uses else 0.0 for n in range(self.conductors))
        plugged = Status.CHARGING if self.drawn_a else Status.CONNECTED if self.offer_a else Status.PAUSED
        is_hidden = self.hides and self.offer_a == 0
        return Load(
            status=Status.PAUSED if is_hidden else self.status or plugged,
            hides_car=is_hidden,
            limit_a=self.offer_a,
            minimum_a=6.0,
            maximum_a=32.0,
            step_a=0.1,
            phases=tuple(range(1, self.conductors + 1)),
            drawn_a=drawn if self.measures else None,
            shows_pause=self.holds_pause or self.status is not Status.DISCONNECTED,
        )


def member(name: str, phases: tuple[int, ...] = (1, 2, 3), **changes: Any) -> Member:
    """Return a charger of 16 A in steps of 0.1 A."""
    return replace(Member(id=name, phases=phases, maximum_a=16.0, step_a=0.1), **changes)


def group(*members: Member, **changes: Any) -> Group:
    """Return a house of three times 25 A, 1 A of them kept back, safe at 6 A."""
    return replace(Group(fuse_a=(25.0, 25.0, 25.0), margin_a=1.0, safe_a=6.0, members=members), **changes)


def read(law: Law, t: float, name: str, load: Load, ack: Acknowledgement | None = None) -> None:
    """Let the law take a reading of a charger for which its owner has set nothing."""
    if ack is None:
        ack = Acknowledgement(load.step_a)
    ack.read(load.limit_a)
    own = Target(current_a=load.maximum_a, reason=Reason.OWN_MAXIMUM, without_a=load.maximum_a)
    law.read_charger(t, name, load, own=own, is_off_at_charger=False, ack=ack, foreign=ForeignChanges())


class Bench:
    """A law with a clock, a house and cars, each with a controller."""

    def __init__(self, group: Group, **cars: Car) -> None:
        """Begin at noon of some day; a charger without a car is found with a car at 16 A that follows."""
        self.law = Law(group)
        self.t = 1000.0
        self.cars = {
            each.id: cars.get(each.id, Car(16.0, len(each.phases), len(each.phases)))
            for each in group.members
        }
        self.controllers = {
            name: SimulatedController(car.offer_a if self.is_steering else None)
            for name, car in self.cars.items()
        }
        self.house: list[float] = [0.0] * len(group.fuse_a)
        self.decision: Decision | None = None
        # The commands that left: when, to which charger, for how many amperes.
        self.commands: list[tuple[float, str, float]] = []

    @property
    def is_steering(self) -> bool:
        """Return whether the group claims anything."""
        return not self.law.group.observer and self.law.group.strategy is not Strategy.OFF

    def add(self, name: str, car: Car) -> None:
        """Add a charger."""
        self.cars[name] = car
        self.controllers[name] = SimulatedController(car.offer_a)

    def limit(self, name: str, current_a: float | None, source: Source = Source.OWNER) -> None:
        """Let a person limit a charger, or a schedule pause it."""
        reason = Reason.SCHEDULED if source is Source.SCHEDULE else Reason.PERSONS_LIMIT
        self.controllers[name].limit(source, current_a, reason)

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
        """Read all chargers that answer."""
        for name, car in self.cars.items():
            if car.answers:
                controller, load = self.controllers[name], car.load()
                controller.read(self.t, load)
                self.law.read_charger(
                    self.t,
                    name,
                    load,
                    own=controller.own,
                    is_off_at_charger=controller.is_off,
                    ack=controller.core.ack,
                    foreign=controller.core.foreign,
                )

    def decide(self) -> Decision:
        """Let the law decide, and carry it out."""
        self.decision = self.law.decide(self.t)
        if not self.is_steering:
            for controller in self.controllers.values():
                controller.give(None)
        for write in self.decision.writes:
            self.controllers[write.id].give(write.amps)
        self.send()
        return self.decision

    def send(self) -> None:
        """Let the commands leave: those that lower a charger first."""
        for rises in (False, True):
            for name, car in self.cars.items():
                target = self.controllers[name].core.command
                if target is None or (target.current_a > car.offer_a) is not rises:
                    continue
                if (amps := self.controllers[name].command(self.t)) is None:
                    continue
                self.commands.append((self.t, name, amps))
                if car.obeys:
                    car.offer_a = amps
                    self.controllers[name].accept()

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
