"""What a car should have by when: a goal as data, in the words of the storage, and what is missing for it.

No clock and no Home Assistant. Moments are in UTC, energies in Wh as the charger counts them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from ..chargers.errors import ChargerRefusedError
from ..chargers.wire import iso_moment, number
from ..scheduling.schedule import WEEK, Weekday, moment_of

# Of what a charger counts, so much reaches the battery of a car.
EFFICIENCY = 0.9
MOST_KWH, MOST_PRICE = 500.0, 1e6
MOST_SOURCES = 8
# A plan looks at each hour until its deadline.
_LATEST = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """An energy, or a state of charge, by a time.

    `energy_wh`: to be charged from `since` on; None: what the state of charge needs, or all that is below the ceiling.
    `soc_percent`, `battery_wh`, `soc_entity`: a state of charge, by the sensor of the car. `ready_by`: the time of day on
    these days; `ready_at`: once, instead. `prices`: entities; none: that of the options.
    """

    since: datetime
    energy_wh: float | None = None
    soc_percent: float | None = None
    battery_wh: float | None = None
    soc_entity: str | None = None
    ready_by: time | None = None
    days: frozenset[Weekday] = frozenset()
    ready_at: datetime | None = None
    at_once_wh: float = 0.0
    at_most_wh: float | None = None
    ceiling: float | None = None
    one_piece: bool = False
    prices: tuple[str, ...] = ()

    def with_entity(self, before: str, after: str) -> Goal:
        """Return it after an entity has got a new name."""
        prices = tuple(after if each == before else each for each in self.prices)
        soc_entity = after if self.soc_entity == before else self.soc_entity
        return replace(self, prices=prices, soc_entity=soc_entity)

    @property
    def is_weekly(self) -> bool:
        """Return whether it comes again."""
        return self.ready_by is not None and bool(self.days)

    @property
    def has_deadline(self) -> bool:
        """Return whether the car has to be ready at some time."""
        return self.ready_at is not None or self.is_weekly

    def deadline_after(self, moment: datetime, zone: tzinfo) -> datetime | None:
        """Return the first deadline after a moment; None: there is none."""
        if self.ready_by is None or not self.days:
            return self.ready_at if self.ready_at is not None and self.ready_at > moment else None
        day = moment.astimezone(zone).date() - timedelta(days=1)
        for _ in range(10):
            at = moment_of(day, self.ready_by, zone)
            if WEEK[day.weekday()] in self.days and at > moment:
                return at
            day += timedelta(days=1)
        return None


def check(goal: Goal, now: datetime, *, counts_energy: bool, has_prices: bool) -> None:
    """Raise ChargerRefusedError with the reason for a goal that a charger cannot reach."""
    needs_energy = goal.energy_wh is not None or goal.at_most_wh is not None or goal.at_once_wh > 0
    if needs_energy and not counts_energy:
        raise ChargerRefusedError("no_energy_meter")
    if goal.ready_at is not None and goal.ready_at <= now:
        raise ChargerRefusedError("ready_in_the_past")
    if goal.ready_at is not None and goal.ready_at > now + _LATEST:
        raise ChargerRefusedError("ready_too_late")
    if goal.ceiling is not None and not has_prices:
        raise ChargerRefusedError("no_prices_for_ceiling")


@dataclass(frozen=True, slots=True, kw_only=True)
class Soc:
    """A state of charge that was read, and what the car had been charged with in its session by then."""

    percent: float
    charged_wh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What is missing: of the energy, of that at once, and of what the car may have at most; None: no limit."""

    energy_wh: float
    at_once_wh: float = 0.0
    at_most_wh: float | None = None


def need(goal: Goal, charged_wh: float, soc: Soc | None) -> Need:
    """Return what is missing of a goal; `charged_wh`: in this session, since the goal was set.

    While the state of charge is not known the battery is taken to be empty: too much is charged rather than too little.
    """
    energy_wh = 0.0 if goal.energy_wh is None else goal.energy_wh - charged_wh
    if goal.soc_percent is not None and goal.battery_wh is not None:
        if soc is None:
            soc = Soc(percent=0.0, charged_wh=0.0)
        missing = (goal.soc_percent - soc.percent) / 100 * goal.battery_wh / EFFICIENCY
        energy_wh = missing - (charged_wh - soc.charged_wh)
    at_most_wh = None if goal.at_most_wh is None else goal.at_most_wh - charged_wh
    if at_most_wh is not None:
        energy_wh = min(energy_wh, at_most_wh)
    return Need(
        energy_wh=energy_wh,
        at_once_wh=max(0.0, min(goal.at_once_wh - charged_wh, energy_wh)),
        at_most_wh=at_most_wh,
    )


def goal_to_dict(goal: Goal) -> dict[str, Any]:
    """Return a goal as JSON for the storage."""
    found: dict[str, Any] = {field.name: getattr(goal, field.name) for field in fields(goal)}
    return found | {
        "since": goal.since.isoformat(),
        "ready_by": None if goal.ready_by is None else goal.ready_by.isoformat("minutes"),
        "days": [day.value for day in WEEK if day in goal.days],
        "ready_at": None if goal.ready_at is None else goal.ready_at.isoformat(),
        "prices": list(goal.prices),
    }


def goal_from_dict(raw: Mapping[str, Any]) -> Goal:
    """Read a stored goal; ValueError and the like for one that makes no sense: half a goal is another one."""
    since, ready_at = iso_moment(raw["since"]), raw.get("ready_at")
    soc_entity, ready_by, prices = raw.get("soc_entity"), raw.get("ready_by"), raw.get("prices", [])
    if since is None or not isinstance(prices, list) or not all(isinstance(each, str) for each in prices):
        raise ValueError("no goal")
    if soc_entity is not None and not isinstance(soc_entity, str):
        raise TypeError("no entity")
    goal = Goal(
        since=since,
        energy_wh=_optional(raw, "energy_wh", MOST_KWH * 1000),
        soc_percent=_optional(raw, "soc_percent", 100),
        battery_wh=_optional(raw, "battery_wh", MOST_KWH * 1000),
        soc_entity=soc_entity,
        ready_by=None if ready_by is None else time.fromisoformat(ready_by),
        days=frozenset(Weekday(day) for day in raw.get("days", [])),
        ready_at=None if ready_at is None else iso_moment(ready_at),
        at_once_wh=_optional(raw, "at_once_wh", MOST_KWH * 1000) or 0.0,
        at_most_wh=_optional(raw, "at_most_wh", MOST_KWH * 1000),
        ceiling=_optional(raw, "ceiling", MOST_PRICE, -MOST_PRICE),
        one_piece=raw.get("one_piece") is True,
        prices=tuple(prices[:MOST_SOURCES]),
    )
    if ready_at is not None and goal.ready_at is None:
        raise ValueError("no moment")
    return goal


def _optional(raw: Mapping[str, Any], key: str, most: float, least: float = 0.0) -> float | None:
    if raw.get(key) is None:
        return None
    if (found := number(raw[key], least, most)) is None:
        raise ValueError(key)
    return found


def daily(goal: Goal | None, since: datetime, *, ready_by: time, energy_wh: float) -> Goal:
    """Return the goal of the simple entities: an energy by a time on every day; what else was set stays."""
    before = Goal(since=since) if goal is None else goal
    days = before.days or frozenset(WEEK)
    return replace(
        before,
        since=since,
        energy_wh=None if before.soc_percent is not None else energy_wh,
        ready_by=ready_by,
        days=days,
        ready_at=None,
    )
