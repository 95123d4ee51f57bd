"""A naive law, and the laws of other projects as published, written anew from their description: not their products.

What each does with the phases, its timer, its filter and its stops is kept; modes for sun and price are left out.
"""

from collections.abc import Mapping, Sequence
import math
from typing import override

from .days import Day

LEAST_A = 6.0


class Peer:
    """What they have in common: the last readings, a timer, one offer a charger."""

    every_s = 10.0

    def __init__(self, day: Day) -> None:
        """Begin with all paused."""
        self.fuse_a = [fuse - day.margin_a for fuse in day.fuse_a]
        self.cars = range(len(day.cars))
        self.wired = [[phase - 1 for phase in car.phases] for car in day.cars]
        self.most_a = [car.maximum_a for car in day.cars]
        self.priority = [car.priority for car in day.cars]
        self.mains: list[float] | None = None
        self.news = False
        self.read_s = -math.inf
        self.plugged = [False for _ in self.cars]
        self.drawn = [[0.0 for _ in phases] for phases in self.wired]
        self.offer = [0.0 for _ in self.cars]

    def read_mains(self, t: float, amps: Sequence[float | None]) -> None:
        """Keep the reading for the next tick, and the last one of a phase that has not arrived."""
        before = self.mains or [0.0] * len(amps)
        self.mains = [
            kept if reading is None else reading for reading, kept in zip(amps, before, strict=True)
        ]
        self.read_s, self.news = t, True

    def read_car(self, t: float, n: int, offer_a: float, plugged: bool, drawn_a: Sequence[float]) -> None:
        """Keep the reading for the next tick."""
        self.plugged[n], self.drawn[n] = plugged, list(drawn_a)

    def taken(self, n: int, amps: float) -> None:
        """Take it for granted."""

    def offers(self, t: float) -> Mapping[int, float]:
        """Run the timer once."""
        before = list(self.offer)
        if self.mains is not None:
            self.tick(t, self.mains)
        self.offer = [self.down(n, amps) if self.plugged[n] else 0.0 for n, amps in enumerate(self.offer)]
        changed = [n for n in self.cars if self.offer[n] != before[n]]
        return {n: self.offer[n] for n in sorted(changed, key=lambda n: self.offer[n] - before[n])}

    def tick(self, t: float, mains: list[float]) -> None:
        """Set the offers anew."""
        raise NotImplementedError

    def down(self, n: int, amps: float) -> float:
        """Round to whole amperes, and pause below the minimum."""
        amps = min(math.floor(amps + 1e-6), self.most_a[n])
        return amps if amps >= LEAST_A else 0.0

    def draw(self, n: int) -> float:
        """Return the worst phase of a car."""
        return max(self.drawn[n])

    def active(self) -> list[int]:
        """Return the cars that are plugged in."""
        return [n for n in self.cars if self.plugged[n]]

    def share(self, budget_a: float, cars: Sequence[int], caps: Sequence[float]) -> None:
        """Share one number among the cars, the least wanting first."""
        for left, n in enumerate(sorted(cars, key=lambda n: caps[n])):
            self.offer[n] = min(caps[n], max(0.0, budget_a) / (len(cars) - left))
            budget_a -= self.offer[n]


class Naive(Peer):
    """The automation from a forum: every 10 s what is left on the worst phase, shared equally."""

    @override
    def tick(self, t: float, mains: list[float]) -> None:
        cars = self.active()
        room = min(fuse - amps for fuse, amps in zip(self.fuse_a, mains, strict=True))
        if cars:
            budget = room + sum(self.draw(n) for n in cars)
            for n in cars:
                self.offer[n] = budget / len(cars)


class Evcc(Peer):
    """evcc's circuit: one charger a tick, the worst phase, no sharing and no minimum times."""

    every_s = 30.0

    def __init__(self, day: Day) -> None:
        """Begin with the first."""
        super().__init__(day)
        self._next = 0

    @override
    def tick(self, t: float, mains: list[float]) -> None:
        n, self._next = self._next, (self._next + 1) % len(self.cars)
        if not self.plugged[n]:
            return
        if t - self.read_s > 60:
            self.offer[n] = 0.0
            return
        # A current that charges is old; else what was offered while charging.
        old = self.draw(n)
        room = min(fuse - amps for fuse, amps in zip(self.fuse_a, mains, strict=True))
        wish = self.most_a[n]
        self.offer[n] = wish if wish - old <= room else max(0.0, old + room)


class EvccFast(Evcc):
    """The same at its fastest pace."""

    every_s = 10.0


class SmartEvse(Peer):
    """SmartEVSE's master: on each measurement down by all, up by a quarter; too little stops every car."""

    every_s = 2.0

    def __init__(self, day: Day) -> None:
        """Begin with nothing to share."""
        super().__init__(day)
        # 11 s in the original, which would never charge with a slower meter.
        self._patience_s = max(11.0, 3 * day.meter_every_s)
        self._sum = 0.0
        self._short = 0
        self._retry_s = -math.inf
        self._on: set[int] = set()

    @override
    def tick(self, t: float, mains: list[float]) -> None:
        cars = self.active()
        self._on &= set(cars)
        if t - self.read_s > self._patience_s or t < self._retry_s:
            self._stop(self._retry_s)
            return
        if not self.news:
            return
        self.news = False
        room = min(fuse - amps for fuse, amps in zip(self.fuse_a, mains, strict=True))
        drawn = sum(self.draw(n) for n in self._on)
        base = max(mains) - drawn
        for n in cars:
            if n not in self._on and (len(self._on) + 1) * LEAST_A + base <= min(self.fuse_a):
                self._on.add(n)
                self._sum = min(self.fuse_a) - base
                break
        else:
            self._sum += room / 4 if room > 0 else room
        self._sum = min(self._sum, min(self.fuse_a) - base)
        if self._sum < len(self._on) * LEAST_A:
            self._sum = len(self._on) * LEAST_A
            self._short += 1
            if self._short > 2:
                self._stop(t + 60)
                return
        else:
            self._short = 0
        self._sum = min(self._sum, sum(self.most_a[n] for n in self._on))
        self.share(self._sum, sorted(self._on), self.most_a)

    def _stop(self, until_s: float) -> None:
        self._retry_s = max(self._retry_s, until_s)
        self._on.clear()
        self._short, self._sum = 0, 0.0
        self.offer = [0.0 for _ in self.cars]


class Helb(Peer):
    """hass-evse-load-balancer, its default: overload is risk that adds up; down after 20 s, up after 15 min."""

    every_s = 1.0

    def __init__(self, day: Day) -> None:
        """Begin without risk."""
        super().__init__(day)
        self._risk = [0.0 for _ in self.fuse_a]
        self._limit = [0.0 for _ in self.fuse_a]
        self._wrote_s = [-math.inf for _ in self.cars]

    @override
    def tick(self, t: float, mains: list[float]) -> None:
        for p, fuse in enumerate(self.fuse_a):
            room = min(fuse, math.floor(fuse - mains[p]))
            if room < 0:
                part = -room / fuse
                self._risk[p] += 1 if part <= 0.13 else 2 if part <= 0.4 else 6 if part <= 1 else 60
                if self._risk[p] >= 60:
                    self._limit[p], self._risk[p] = room, 0.0
            else:
                self._risk[p] = max(0.0, self._risk[p] - 1)
                self._limit[p] = room
        cars = self.active()
        # Each charger is an entry of its own: they know nothing of each other.
        for n in cars:
            room = min(self._limit[p] for p in self.wired[n])
            now = self.offer[n] or LEAST_A
            wish = (
                now + math.floor(room / len(cars))
                if room < 0
                else min(self.most_a[n], now + int(room / len(cars)))
            )
            since_s = t - self._wrote_s[n]
            if since_s > 20 and (wish < self.offer[n] or (wish > self.offer[n] and since_s > 900)):
                self.offer[n], self._wrote_s[n] = max(0.0, wish), t


class LoadJuggler(Peer):
    """Load Juggler's shared mode: every number filtered, both ways; permits sent every 15 s; 3 min of pause."""

    every_s = 2.0

    def __init__(self, day: Day) -> None:
        """Begin with nothing measured."""
        super().__init__(day)
        self._grid: list[float] | None = None
        self._own = [[0.0 for _ in phases] for phases in self.wired]
        self._permit = [0.0 for _ in self.cars]
        self._ramp = [0.0 for _ in self.cars]
        self._paused_s = [-math.inf for _ in self.cars]
        self._sent_s = -math.inf

    @override
    def tick(self, t: float, mains: list[float]) -> None:
        slow = 1 - math.exp(-self.every_s / 5.6)
        self._grid = (
            list(mains)
            if self._grid is None
            else [a + slow * (b - a) for a, b in zip(self._grid, mains, strict=True)]
        )
        for n in self.cars:
            self._own[n] = [a + slow * (b - a) for a, b in zip(self._own[n], self.drawn[n], strict=True)]
        cars = [n for n in self.active() if t >= self._paused_s[n]]
        pool = [fuse - amps for fuse, amps in zip(self.fuse_a, self._grid, strict=True)]
        for n in self.cars:
            for p, amps in zip(self.wired[n], self._own[n], strict=True):
                pool[p] += amps
        # Minimum to each while it fits, in order; the rest in equal shares.
        on: list[int] = []
        for n in sorted(cars, key=lambda n: (self.priority[n], n)):
            if all(pool[p] >= LEAST_A for p in self.wired[n]):
                on.append(n)
                for p in self.wired[n]:
                    pool[p] -= LEAST_A
        for n in self.active():
            permit = 0.0
            if n in on:
                extra = min(pool[p] / max(1, sum(p in self.wired[m] for m in on)) for p in self.wired[n])
                permit = min(self.most_a[n], LEAST_A + max(0.0, extra))
            self._permit[n] += (1 - math.exp(-self.every_s / 7)) * (permit - self._permit[n])
            if self._ramp[n] == 0 and permit >= LEAST_A:
                self._permit[n] = self._ramp[n] = permit
            error = self._permit[n] - self._ramp[n]
            if abs(error) > 0.3:
                step = max((0.1 if error > 0 else 0.2) * self.every_s, abs(error) * slow)
                self._ramp[n] += math.copysign(min(step, abs(error)), error)
            if self._ramp[n] < LEAST_A and self.offer[n] > 0:
                self._ramp[n], self._paused_s[n] = 0.0, t + 180
        if t - self._sent_s >= 15:
            self._sent_s = t
            self.offer = [self._ramp[n] for n in self.cars]


class Warp(Peer):
    """WARP's charge manager: every 10 s, at once far beyond; up by half of the room; 3.5 min between on and off."""

    every_s = 10.0

    def __init__(self, day: Day) -> None:
        """Begin with all off."""
        super().__init__(day)
        self._raw = [0.0 for _ in self.fuse_a]
        self._least: list[list[float]] = [[] for _ in self.fuse_a]
        self._switched_s = [-math.inf for _ in self.cars]
        self._on: set[int] = set()
        self._turn_s = -math.inf
        self._energy = [0.0 for _ in self.cars]

    @override
    def tick(self, t: float, mains: list[float]) -> None:
        self._on &= set(self.active())
        for n in self.cars:
            self._energy[n] += sum(self.drawn[n]) if self.plugged[n] else -self._energy[n]
        if t - self.read_s > 65:
            pool = [0.0 for _ in self.fuse_a]
        elif self.news:
            self.news = False
            pool = []
            for p, fuse in enumerate(self.fuse_a):
                error = fuse - mains[p]
                given = sum(self.drawn[n][self.wired[n].index(p)] for n in self._on if p in self.wired[n])
                raw = given + (error / 2 if error > 0 else error * 0.9375)
                # The lowest of four minutes is for switching on.
                self._least[p] = [*self._least[p][-23:], fuse - mains[p] + given]
                pool.append(min(fuse, raw))
        else:
            return
        least = [min(values, default=0.0) for values in self._least]
        while self._on and not self._fits(self._on, pool):
            last = max(self._on, key=lambda n: self._energy[n])
            self._on.discard(last)
            self._switched_s[last] = t
        waiting = [n for n in self.active() if n not in self._on and t - self._switched_s[n] > 210]
        if waiting and self._on and t - self._turn_s > 900:
            last = max(self._on, key=lambda n: self._energy[n])
            if t - self._switched_s[last] > 210 and not self._fits(self._on | {waiting[0]}, least):
                self._on.discard(last)
                self._switched_s[last] = self._turn_s = t
        for n in sorted(waiting, key=lambda n: self._energy[n]):
            if self._fits(self._on, least, extra=n):
                self._on.add(n)
                self._switched_s[n] = t
        left = list(pool)
        for n in self._on:
            for p in self.wired[n]:
                left[p] -= LEAST_A
        self.offer = [0.0 for _ in self.cars]
        for k, n in enumerate(sorted(self._on, key=lambda n: self.most_a[n])):
            extra = max(0.0, min(left[p] / (len(self._on) - k) for p in self.wired[n]))
            wanted = self.draw(n) + 3 if self.draw(n) > 0 else self.most_a[n]
            self.offer[n] = max(LEAST_A, min(self.most_a[n], LEAST_A + extra, wanted))
            for p in self.wired[n]:
                left[p] -= self.offer[n] - LEAST_A

    def _fits(self, cars: set[int], pool: Sequence[float], extra: int | None = None) -> bool:
        for p, room in enumerate(pool):
            need = sum(LEAST_A for n in cars if p in self.wired[n])
            if extra is not None and p in self.wired[extra]:
                need += 1.5 * LEAST_A
            if need > room:
                return False
        return True
