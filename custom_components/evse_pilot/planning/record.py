"""What of a charger's plan outlives a restart."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from homeassistant.core import HomeAssistant

from ..chargers.wire import integer, number, text
from ..control.expected_sun import ExpectedSun, SunPower
from ..runtime.storage import Parts, Stored, moment_from, storage_key
from .goal import Goal, Soc, goal_from_dict, goal_to_dict
from .plan import Plan, Slot, Why
from .prices import joined
from .segments import Known, Price

VERSION = 1
_MOST_WH, _MOST_COST, _MOST_STARTS, _MOST_SLOTS = 1e9, 1e12, 1000, 1000
_MOST_PRICES = 5000


@dataclass(slots=True, kw_only=True)
class PlanRecord:
    """A goal, and how far it has been reached."""

    goal: Goal | None = None
    is_on: bool = False
    # What the simple entities show while there is no goal with them.
    ready_by: time = time(7)
    energy_wh: float = 20_000.0
    plan: Plan | None = None
    # The deadline of the plan.
    deadline: datetime | None = None
    # When the session began whose energy counts, and what the car had of it when the goal was set.
    session: datetime | None = None
    before_wh: float = 0.0
    soc: Soc | None = None
    starts: int = 0
    is_reached: bool = False
    # Whether the car was to charge when the plan was last looked at; None: there was none.
    charges: bool | None = None
    # The prices that were known last, and of which entities.
    known: Known = Known()
    sources: tuple[str, ...] = ()
    # What the sun was expected to give when the plan was last looked at.
    sun: ExpectedSun = ExpectedSun()


def stored_plan(hass: HomeAssistant, entry_id: str) -> Stored[PlanRecord]:
    """Return the file of one charger."""
    return Stored(hass, storage_key("plan", entry_id), version=VERSION, read=read_record, write=write_record)


def write_record(record: PlanRecord) -> dict[str, Any]:
    """Return a record as JSON."""
    return {
        "goal": None if record.goal is None else goal_to_dict(record.goal),
        "is_on": record.is_on,
        "ready_by": record.ready_by.isoformat("minutes"),
        "energy_wh": record.energy_wh,
        "plan": None if record.plan is None else plan_to_dict(record.plan),
        "deadline": _text(record.deadline),
        "session": _text(record.session),
        "before_wh": record.before_wh,
        "soc": None if record.soc is None else [record.soc.percent, record.soc.charged_wh],
        "starts": record.starts,
        "is_reached": record.is_reached,
        "charges": record.charges,
        "prices": [
            [price.start.isoformat(), price.end.isoformat(), price.per_kwh] for price in record.known.prices
        ],
        "unit": record.known.unit,
        "sources": list(record.sources),
        "sun": {
            "least_w": record.sun.least_w,
            "powers": [
                [each.start.isoformat(), each.end.isoformat(), each.power_w] for each in record.sun.powers
            ],
        },
    }


def read_record(parts: Parts) -> PlanRecord:
    """Read a record; a part of it that makes no sense is left out."""
    goal = parts.read("goal", lambda raw: None if raw is None else goal_from_dict(raw), None)
    return PlanRecord(
        goal=goal,
        # Without its goal a plan would be one of nothing.
        is_on=goal is not None and parts.data.get("is_on") is True,
        ready_by=parts.read("ready_by", time.fromisoformat, time(7)),
        energy_wh=parts.read("energy_wh", lambda raw: _number(raw, _MOST_WH), 20_000.0),
        plan=parts.read("plan", lambda raw: None if raw is None else plan_from_dict(raw), None),
        deadline=parts.read("deadline", moment_from, None),
        session=parts.read("session", moment_from, None),
        before_wh=parts.read("before_wh", lambda raw: _number(raw, _MOST_WH), 0.0),
        soc=parts.read("soc", _soc, None),
        starts=parts.read("starts", lambda raw: integer(raw, 0, _MOST_STARTS), None) or 0,
        is_reached=parts.data.get("is_reached") is True,
        charges=parts.read("charges", lambda raw: raw if isinstance(raw, bool) else None, None),
        known=Known(
            prices=parts.read("prices", _prices, ()),
            unit=parts.read("unit", lambda raw: text(raw, 32), None),
        ),
        sources=parts.read("sources", _sources, ()),
        sun=parts.read("sun", _sun, ExpectedSun()),
    )


def plan_to_dict(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON."""
    return {
        "slots": [[slot.start.isoformat(), slot.end.isoformat()] for slot in plan.slots],
        "energy_wh": plan.energy_wh,
        "sun_wh": plan.sun_wh,
        "cost": plan.cost,
        "feasible": plan.feasible,
        "why": plan.why.value,
    }


def plan_from_dict(raw: Any) -> Plan:
    """Read a plan; ValueError and the like for one that makes no sense."""
    slots = []
    for start, end in raw["slots"][:_MOST_SLOTS]:
        first, last = _moment(start), _moment(end)
        if first >= last:
            raise ValueError("no slot")
        slots.append(Slot(start=first, end=last))
    return Plan(
        slots=tuple(slots),
        energy_wh=_number(raw["energy_wh"], _MOST_WH),
        # Earlier versions knew nothing of the sun.
        sun_wh=_number(raw.get("sun_wh", 0.0), _MOST_WH),
        cost=None if raw["cost"] is None else _number(raw["cost"], _MOST_COST, -_MOST_COST),
        feasible=raw["feasible"] is True,
        why=Why(raw["why"]),
    )


def _number(raw: object, most: float, least: float = 0.0) -> float:
    if (found := number(raw, least, most)) is None:
        raise ValueError("no number")
    return found


def _soc(raw: Any) -> Soc | None:
    if raw is None:
        return None
    percent, charged_wh = raw
    return Soc(percent=_number(percent, 100), charged_wh=_number(charged_wh, _MOST_WH))


def _prices(raw: Any) -> tuple[Price, ...]:
    return joined(
        [
            [Price(start=_moment(start), end=_moment(end), per_kwh=_number(value, _MOST_COST, -_MOST_COST))]
            for start, end, value in raw[:_MOST_PRICES]
        ]
    )


def _sun(raw: Any) -> ExpectedSun:
    powers: list[SunPower] = []
    for start, end, power_w in raw["powers"][:_MOST_PRICES]:
        power = SunPower(start=_moment(start), end=_moment(end), power_w=_number(power_w, _MOST_WH))
        if power.start >= power.end or (powers and power.start < powers[-1].end):
            raise ValueError("not in order")
        powers.append(power)
    return ExpectedSun(powers=tuple(powers), least_w=_number(raw["least_w"], _MOST_WH))


def _sources(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(each, str) for each in raw):
        raise TypeError("no entities")
    return tuple(raw)


def _moment(raw: object) -> datetime:
    if (found := moment_from(raw)) is None:
        raise ValueError("no moment")
    return found


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
