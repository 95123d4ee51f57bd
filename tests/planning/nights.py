"""Random nights: price curves that look like those of a market, a car, and the best cost by brute force."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched, combinations, pairwise
import math
from random import Random

from custom_components.evse_pilot.planning.plan import START_WORTH_WH, Plan, Task
from custom_components.evse_pilot.planning.segments import Price, whole

MIDNIGHT = datetime(2026, 3, 10, tzinfo=UTC)
POWERS_W = (1400.0, 3700.0, 7400.0, 11000.0, 22000.0)
HOUR = timedelta(hours=1)


def curve(random: Random, minutes: int = 60, days: int = 2) -> tuple[Price, ...]:
    """Return prices as a market makes them: a valley at night, peaks in the morning and in the evening, sun and wind."""
    base, noise = random.uniform(0.02, 0.3), random.choice((0.0, 0.01, 0.04))
    morning, evening, sun = random.uniform(0, 0.2), random.uniform(0, 0.35), random.uniform(0, 0.25)
    prices = []
    for index in range(days * 1440 // minutes):
        hour = index * minutes / 60 % 24
        per_kwh = (
            base
            + morning * math.exp(-(((hour - 8) / 1.8) ** 2))
            + evening * math.exp(-(((hour - 19) / 2.2) ** 2))
            - sun * math.exp(-(((hour - 13) / 2.5) ** 2))
            + random.gauss(0, noise)
        )
        start = MIDNIGHT + index * timedelta(minutes=minutes)
        prices.append(Price(start=start, end=start + timedelta(minutes=minutes), per_kwh=round(per_kwh, 4)))
    return tuple(prices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """A car that comes in the afternoon or at night, and has to be ready in the morning."""

    task: Task
    power_w: float

    @property
    def is_feasible(self) -> bool:
        """Return whether the car can have its energy at all."""
        assert self.task.deadline is not None
        hours = (self.task.deadline - self.task.now) / HOUR
        return self.power_w * hours >= self.task.energy_wh


def night(random: Random) -> Night:
    """Return a night; one in a few is too short for its energy."""
    now = MIDNIGHT + timedelta(minutes=random.randint(15 * 60, 28 * 60))
    deadline = MIDNIGHT + timedelta(minutes=random.randrange(29 * 60, 34 * 60, 5))
    power_w = random.choice(POWERS_W)
    most_wh = power_w * ((deadline - now) / HOUR)
    energy_wh = most_wh * random.choice((random.uniform(0.02, 0.6), random.uniform(0.6, 1.2)))
    task = Task(
        now=now,
        deadline=deadline,
        energy_wh=energy_wh,
        spans=whole(now, deadline, power_w),
        prices=curve(random),
        is_charging=random.random() < 0.3,
    )
    return Night(task=task, power_w=power_w)


def start_cost(task: Task) -> float:
    """Return what a start has to save."""
    return START_WORTH_WH / 1000 * sum(abs(each.per_kwh) for each in task.prices) / len(task.prices)


def paid(night: Night, plan: Plan) -> tuple[float, float, int]:
    """Return what a plan costs, with its starts, what energy it gives by the deadline, and its starts."""
    task, cost, energy_wh = night.task, 0.0, 0.0
    assert task.deadline is not None
    starts = sum(not (task.is_charging and slot.start == task.now) for slot in plan.slots)
    for slot in plan.slots:
        for price in task.prices:
            hours = (min(slot.end, price.end, task.deadline) - max(slot.start, price.start)) / HOUR
            if hours > 0:
                energy_wh += hours * night.power_w
                cost += hours * night.power_w / 1000 * price.per_kwh
    return cost + starts * start_cost(task), energy_wh, starts


def best_cost(night: Night, starts: int = 2) -> float:
    """Return the lowest cost with so few starts, whatever the second in which the car starts and stops; by brute force.

    All but one of these moments are edges of the prices, for the cost is linear in them. A car that charges now may go on,
    which is no start.
    """
    task = night.task
    assert task.deadline is not None
    end_s = (task.deadline - task.now).total_seconds()
    edges = sorted(
        {0.0, end_s}
        | {
            seconds
            for price in task.prices
            if 0 < (seconds := (price.start - task.now).total_seconds()) < end_s
        }
    )
    sums, rates = _sums(night, edges)
    need_s = task.energy_wh / night.power_w * 3600
    best = math.inf
    for goes_on in (False, True)[: 1 + task.is_charging]:
        for count in range(1, starts + 1 + goes_on):
            ends = combinations(range(goes_on, len(edges)), 2 * count - goes_on)
            least = min(
                (_least((0,) * goes_on + each, goes_on, edges, sums, rates, need_s) for each in ends),
                default=math.inf,
            )
            best = min(best, least + (count - goes_on) * start_cost(task))
    return best


def _least(
    ends: tuple[int, ...],
    goes_on: bool,
    edges: list[float],
    sums: list[float],
    rates: list[float],
    need_s: float,
) -> float:
    """Return the lowest cost of runs that start and stop at these edges, but for one that is moved; `goes_on`: not the first."""
    missing_s = need_s - sum(edges[stop] - edges[start] for start, stop in batched(ends, 2, strict=True))
    cost = sum(sums[stop] - sums[start] for start, stop in batched(ends, 2, strict=True))
    best = math.inf
    for free in range(goes_on, len(ends)):
        sign = 1 if free % 2 else -1
        moved_s = edges[ends[free]] + sign * missing_s
        low_s = edges[ends[free - 1]] if free else 0.0
        high_s = edges[ends[free + 1]] if free + 1 < len(ends) else edges[-1]
        if low_s - 1e-6 <= moved_s <= high_s + 1e-6:
            index = min(max(bisect_right(edges, moved_s) - 1, 0), len(rates) - 1)
            until = sums[index] + (moved_s - edges[index]) * rates[index]
            best = min(best, cost + sign * (until - sums[ends[free]]))
    return best


def _sums(night: Night, edges: list[float]) -> tuple[list[float], list[float]]:
    """Return what charging from now until each edge costs, and what a second costs after each."""
    task = night.task
    rates = []
    for edge in edges[:-1]:
        at = task.now + timedelta(seconds=edge)
        price = next(price for price in task.prices if price.start <= at < price.end)
        rates.append(price.per_kwh * night.power_w / 1000 / 3600)
    sums = [0.0]
    for (first, second), rate in zip(pairwise(edges), rates, strict=True):
        sums.append(sums[-1] + (second - first) * rate)
    return sums, rates
