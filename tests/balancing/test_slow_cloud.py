"""Chargers in a cloud that takes one command a minute and answers after 10 s: the fuse is kept all the same."""

from dataclasses import replace
from functools import partial
import math
from typing import override

import pytest

from custom_components.evse_pilot.balancing.law.model import Group

from .days import CarKind, Day, random_day
from .simulator import DayWorld, Ours, Score
from .world import Car

EVERY_S, ANSWERS_S = 60.0, 10.0


class _Ours(Ours):
    """The law, with controllers that know how slow their chargers are."""

    def __init__(self, day: Day) -> None:
        super().__init__(day)
        slow = slow_of(day)
        for n in slow:
            core = self.controllers[n].core
            core.pace_s = EVERY_S
            core.commands.settles_in(EVERY_S + 30)
        members = tuple(
            replace(member, answers_s=self.controllers[n].core.answers_s)
            for n, member in enumerate(self.law.group.members)
        )
        self.law.group = replace(self.law.group, members=members)


class CloudWorld(DayWorld):
    """A day in which some chargers are in such a cloud; a command that comes too soon is refused."""

    def __init__(self, day: Day, seed: int) -> None:
        """Begin with the cloud at rest."""
        self.slow = slow_of(day)
        self.taken_s = dict.fromkeys(self.slow, -math.inf)
        self.refused = 0
        super().__init__(day, _Ours(day), seed)

    @override
    def give(self, t: float, car: Car[CarKind], amps: float) -> None:
        if car.n not in self.slow:
            super().give(t, car, amps)
            return
        if t < self.taken_s[car.n] + EVERY_S:
            self.refused += 1
            return
        self.taken_s[car.n] = t
        self.law.taken(car.n, amps)
        self.at(t + ANSWERS_S, partial(self._follow_cloud, car, amps))

    def _follow_cloud(self, car: Car[CarKind], amps: float, t: float) -> None:
        """Let a command have its effect."""
        if amps != car.offer_a:
            car.offer_a = amps
            car.writes += 1
            self.at(t + car.kind.follows_s, partial(self.feel, car, amps))


def slow_of(day: Day) -> frozenset[int]:
    """Return which chargers of a day are in the cloud: all but the last one, which is fast where there are several."""
    return frozenset(range(max(1, len(day.cars) - 1)))


def _play(number: int) -> tuple[Score, CloudWorld]:
    world = CloudWorld(random_day(number), number)
    return world.live(), world


# One phase with several chargers, three with one alone: a fuse that is shared as if the cloud were fast trips in both.
@pytest.mark.parametrize("number", [15, 36])
def test_the_fuse_holds(number: int) -> None:
    """Nothing trips, no command is wasted on a cloud that would refuse it, and the cars are charged."""
    score, world = _play(number)
    assert score.trips == 0
    assert score.hottest < 1
    assert world.refused == 0
    assert score.delivered_wh > 0.2 * score.wanted_wh


def test_a_group_of_slow_chargers_keeps_more_room() -> None:
    """As behind a slow meter, in which the law does not see what comes; one slow charger is enough for that."""
    day = random_day(1)
    law = _Ours(day).law
    assert isinstance(law.group, Group)
    empty = (0.0,) * len(law.group.fuse_a)

    def room_a(t: float) -> float:
        law.read_mains(t, empty)
        room = law.decide(t).room_a[0]
        assert room is not None
        return room

    # Chargers that were not read yet are waited for.
    law.read_mains(0, empty)
    slow = room_a(20)
    law.group = replace(law.group, members=tuple(replace(each, answers_s=0.0) for each in law.group.members))
    assert slow < room_a(21) - 2
