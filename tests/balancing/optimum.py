"""What could have been charged behind a fuse by one that knows all: the house, the cars, and the next moment."""

from collections.abc import Sequence

from .days import VOLTS
from .plant_days import PilotCar, PlantDay
from .world import taken_a

_DUST_A = 1e-9


class Optimum:
    """Shares all that fits below fuse and margin among the same cars at every moment, in equal currents.

    Where not all minimums fit, those that had least come first. Nothing is waited for: its cars follow and wake at
    once, none is ever stopped for long, and no reading is late. So no law that shares equally can reach it.
    """

    every_s = 10.0

    def __init__(self, day: PlantDay) -> None:
        """Start with no car plugged in."""
        self._day = day
        self._got_wh = [0.0] * len(day.cars)
        self._plugged = [False] * len(day.cars)

    @property
    def delivered_wh(self) -> float:
        """Return what all cars got."""
        return sum(self._got_wh)

    def plug(self, n: int, plugged: bool) -> None:
        """Plug a car in, or drive away with it."""
        self._plugged[n] = plugged

    def charge(self, house_a: Sequence[float]) -> None:
        """Charge until the next call with what the house leaves now."""
        day = self._day
        rooms = [fuse - day.margin_a - amps for fuse, amps in zip(day.fuse_a, house_a, strict=True)]
        given: dict[int, float] = {}
        for n in sorted(range(len(day.cars)), key=lambda n: self._got_wh[n]):
            car = day.cars[n]
            phases = _phases(car)
            if (
                self._plugged[n]
                and self._got_wh[n] < car.wants_wh
                and all(rooms[p] >= car.needs_a for p in phases)
            ):
                given[n] = car.needs_a
                for p in phases:
                    rooms[p] -= car.needs_a
        self._fill(given, rooms)
        for n, amps in given.items():
            car = day.cars[n]
            wh = amps * car.uses * VOLTS * self.every_s / 3600
            self._got_wh[n] = min(car.wants_wh, self._got_wh[n] + wh)

    def _fill(self, given: dict[int, float], rooms: list[float]) -> None:
        """Raise all that may rise to one level, and go on with those that nothing stops."""
        caps = {n: self._cap_a(n) for n in given}
        rising = {n for n in given if given[n] < caps[n]}
        while rising:
            # Only those at the lowest level rise, as far as the next one.
            level = min(given[n] for n in rising)
            low = [n for n in rising if given[n] <= level + _DUST_A]
            step = min(caps[n] - given[n] for n in low)
            if higher := [given[n] for n in rising if given[n] > level + _DUST_A]:
                step = min(step, min(higher) - level)
            for p, room in enumerate(rooms):
                if count := sum(p in _phases(self._day.cars[n]) for n in low):
                    step = min(step, max(0.0, room) / count)
            for n in low:
                given[n] += step
                for p in _phases(self._day.cars[n]):
                    rooms[p] -= step
            rising = {
                n
                for n in rising
                if given[n] < caps[n] - _DUST_A
                and all(rooms[p] > _DUST_A for p in _phases(self._day.cars[n]))
            }

    def _cap_a(self, n: int) -> float:
        return taken_a(self._day.cars[n], self._got_wh[n])


def _phases(car: PilotCar) -> tuple[int, ...]:
    """Return the phases of the mains, from 0, that a car draws from."""
    return tuple(phase - 1 for phase in car.phases[: car.uses])
