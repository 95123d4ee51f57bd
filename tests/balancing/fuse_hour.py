"""One hour behind the fuse of one phase, second by second: four houses, as a mean over seven shifts of their steps.

A shift is the time between a step of the house and the reading that shows it first, which decides how long it is over.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from statistics import mean
from typing import NamedTuple

from .fuse_hour_law import make_law

_HOUR_S, _LEAST_A, _CAR_A = 3600, 6.0, 16.0
# A car follows its offer after 3 s, and draws again 10 s after it was stopped.
_FOLLOWS_S, _RESTARTS_S = 3, 10
# Rounding is no overload.
_OVER_A = 0.5
_SHIFTS_S = (0, 3, 7, 11, 17, 23, 29)
_CARS_ARE_READ_S = 10


class Hour(NamedTuple):
    """What was counted: seconds over the fuse, stops of cars, percent of the possible current that was used."""

    over_s: float
    stops: float
    used: float


@dataclass(frozen=True)
class House:
    """What else is behind the fuse: the current by the second, the cars and the fuse."""

    load_a: Callable[[int], float]
    cars: int
    fuse_a: float


class _Car:
    """A car that takes what it is offered, in its own time."""

    def __init__(self) -> None:
        """Start with a car that draws all that it can."""
        self.drawn_a = _CAR_A
        self.stops = 0
        self._offers = deque([_CAR_A] * _FOLLOWS_S)
        self._waits_s = 0

    def live(self, offer_a: float) -> None:
        """Let a second pass."""
        self._offers.append(offer_a)
        offer_a = self._offers.popleft()
        if offer_a < _LEAST_A:
            self.stops += self.drawn_a > 0
            self.drawn_a, self._waits_s = 0.0, _RESTARTS_S
            return
        self._waits_s = max(0, self._waits_s - 1)
        if not self._waits_s:
            self.drawn_a = min(offer_a, _CAR_A)


def _wanders(t: int) -> float:
    """Return a load that takes another step of up to 2 A every 20 s, between 16 and 21 A."""
    return _WALK[max(0, t) // 20]


def _walk() -> Sequence[float]:
    rng = Random(3)
    steps = (rng.choice((-2, -1, 0, 1, 2)) for _ in range(_HOUR_S // 20))
    return tuple(accumulate(steps, lambda amps, step: min(21.0, max(16.0, amps + step)), initial=18.5))


_WALK = _walk()
HOUSES = {
    "A: oven": House(lambda t: 20.0 if 600 <= t < 1200 else 8.0, 1, 25.0),
    "B: kettle": House(lambda t: 14.0 if t >= 900 and t % 900 < 180 else 5.0, 1, 25.0),
    "C: border": House(_wanders, 1, 25.0),
    "D: two cars": House(lambda t: (6.0, 14.0, 22.0, 6.0)[max(0, t) // 900], 2, 32.0),
}


def play(house: House, meter_s: int) -> Hour:
    """Return the mean of its hours, with a meter that reports so often."""
    hours = [_one(house, meter_s, shift_s) for shift_s in _SHIFTS_S]
    return Hour(*(mean(column) for column in zip(*hours, strict=True)))


def _one(house: House, meter_s: int, shift_s: int) -> Hour:
    cars = [_Car() for _ in range(house.cars)]
    law = make_law(house.fuse_a, [_CAR_A] * house.cars)
    offers = [_CAR_A] * house.cars
    over_s = taken = possible = 0.0
    for t in range(_HOUR_S):
        load_a = house.load_a(t - shift_s)
        for car, offer_a in zip(cars, offers, strict=True):
            car.live(offer_a)
        drawn = [car.drawn_a for car in cars]
        mains_a = load_a + sum(drawn)
        over_s += mains_a > house.fuse_a + _OVER_A
        taken += sum(drawn)
        possible += _possible_a(house.fuse_a - load_a, house.cars)
        offers = law.step(
            t, mains_a if t % meter_s == 0 else None, drawn if t % _CARS_ARE_READ_S == 0 else None
        )
        assert all(amps == 0 or amps >= _LEAST_A for amps in offers), offers
    return Hour(over_s, sum(car.stops for car in cars), 100 * taken / possible)


def _possible_a(room_a: float, cars: int) -> float:
    """Return what cars could draw together: none gets less than 6 A."""
    fitting = min(cars, int(max(0.0, room_a) // _LEAST_A))
    return min(fitting * _CAR_A, room_a) if fitting else 0.0


def table(meters_s: Sequence[int] = (1, 10, 30)) -> str:
    """Return the hours as a table in Markdown."""
    lines = [f"| meter | {' | '.join(HOUSES)} |", "|---" * (len(HOUSES) + 1) + "|"]
    for meter_s in meters_s:
        hours = (play(house, meter_s) for house in HOUSES.values())
        cells = (f"{hour.over_s:.0f} / {hour.stops:.0f} / {hour.used:.0f} %" for hour in hours)
        lines.append(f"| {meter_s} s | {' | '.join(cells)} |")
    return "\n".join(lines)
