"""What is shown of a charger's plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from homeassistant.util import dt as dt_util

from ..scheduling.schedule import WEEK
from .goal import Goal, Need
from .plan import Plan, Slot
from .record import PlanRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanState:
    """A plan as it stands; moments in UTC, energies in Wh.

    `ready_by` and `energy_wh`: of the simple entities; the energy is None while a state of charge is the goal. `unit`: that
    of the cost, a currency or another one; None: the cost is not one of money. `slots`: those that are not over.
    """

    is_on: bool
    ready_by: time
    energy_wh: float | None
    goal: Goal | None = None
    plan: Plan | None = None
    slots: tuple[Slot, ...] = ()
    deadline: datetime | None = None
    missing_wh: float | None = None
    is_reached: bool = False
    next_start: datetime | None = None
    unit: str | None = None
    # Whether a goal of an energy can be set by entities: the charger counts energy, and its owner has chosen prices, or has
    # set a goal before.
    is_offered: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return it for a response."""
        plan = self.plan
        return {
            "enabled": self.is_on,
            "goal": None if self.goal is None else _goal(self.goal),
            "deadline": _local(self.deadline),
            "missing_kwh": None if self.missing_wh is None else round(self.missing_wh / 1000, 3),
            "reached": self.is_reached,
            "slots": [{"start": _local(slot.start), "end": _local(slot.end)} for slot in self.slots],
            "energy_kwh": None if plan is None else round(plan.energy_wh / 1000, 3),
            "sun_kwh": None if plan is None else round(plan.sun_wh / 1000, 3),
            "cost": None if plan is None or plan.cost is None or self.unit is None else round(plan.cost, 3),
            "unit": self.unit,
            "feasible": None if plan is None else plan.feasible,
            "why": None if plan is None else plan.why.value,
        }


def shown(record: PlanRecord, now: datetime, need: Need | None, *, is_offered: bool) -> PlanState:
    """Return what is shown of a record; `need`: what was missing when the plan was looked at last."""
    goal, plan = record.goal, record.plan if record.is_on else None
    following = None if plan is None else plan.next_slot(now)
    return PlanState(
        is_on=record.is_on,
        ready_by=record.ready_by if goal is None else goal.ready_by or record.ready_by,
        energy_wh=record.energy_wh if goal is None or goal.soc_percent is None else None,
        goal=goal,
        plan=plan,
        slots=() if plan is None else tuple(slot for slot in plan.slots if slot.end > now),
        deadline=record.deadline if record.is_on else None,
        missing_wh=None if need is None or not record.is_on else max(0.0, need.energy_wh),
        is_reached=record.is_on and record.is_reached,
        next_start=None if following is None else following.start,
        unit=record.known.unit,
        is_offered=is_offered,
    )


def _goal(goal: Goal) -> Mapping[str, Any]:
    """Return a goal in the words of the action that sets it."""
    known = {
        "energy": _kwh(goal.energy_wh),
        "soc": goal.soc_percent,
        "soc_entity": goal.soc_entity,
        "battery": _kwh(goal.battery_wh),
        "ready_by": None if goal.ready_by is None else goal.ready_by.isoformat("minutes"),
        "days": [day.value for day in WEEK if day in goal.days] or None,
        "at_once": _kwh(goal.at_once_wh or None),
        "at_most": _kwh(goal.at_most_wh),
        "price_ceiling": goal.ceiling,
        "one_piece": goal.one_piece,
        "prices": list(goal.prices) or None,
    }
    return {key: value for key, value in known.items() if value is not None}


def _kwh(energy_wh: float | None) -> float | None:
    return None if energy_wh is None else round(energy_wh / 1000, 3)


def _local(moment: datetime | None) -> str | None:
    return None if moment is None else dt_util.as_local(moment).isoformat()
