"""Entities of a plan."""

from datetime import datetime

from homeassistant.components.number import NumberDeviceClass, NumberMode
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import UnitOfEnergy

from ..entities.descriptions import (
    Entities,
    ListedCalendarDescription,
    ListedEvent,
    NumberDescription,
    SensorDescription,
    SwitchDescription,
    TimeDescription,
)
from .runner import PlanRunner
from .state import PlanState


def _is_planned(state: PlanState) -> bool:
    """Return whether there is a plan: without one, these would be unknown."""
    return state.is_on


def _slots(state: PlanState) -> list[ListedEvent]:
    return [ListedEvent(begin=slot.start, end=slot.end, title=_title(state)) for slot in state.slots]


def _title(state: PlanState) -> str:
    """Return what a planned time is called on a calendar, in no language."""
    plan = state.plan
    parts = [] if plan is None else [f"{plan.energy_wh / 1000:.1f} kWh"]
    if (cost := _cost(state)) is not None:
        parts.append(f"{cost:.2f} {state.unit}")
    return " \u00b7 ".join(parts)


def _cost(state: PlanState) -> float | None:
    if state.plan is None or state.unit is None:
        return None
    return None if state.plan.cost is None else round(state.plan.cost, 2)


def _details(state: PlanState) -> dict[str, str | bool | float | datetime | None]:
    plan = state.plan
    return {
        "deadline": state.deadline,
        "feasible": None if plan is None else plan.feasible,
        "why": None if plan is None else plan.why.value,
        "sun_energy": None if plan is None else round(plan.sun_wh / 1000, 1),
    }


ENTITIES = Entities[PlanRunner, PlanState](
    calendars=(
        ListedCalendarDescription(key="plan", is_to_come=True, exists_fn=_is_planned, value_fn=_slots),
    ),
    numbers=(
        NumberDescription(
            key="plan_energy",
            device_class=NumberDeviceClass.ENERGY,
            native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
            native_min_value=1,
            native_max_value=200,
            native_step=0.5,
            mode=NumberMode.BOX,
            exists_fn=lambda state: state.is_offered,
            value_fn=lambda state: None if state.energy_wh is None else state.energy_wh / 1000,
            set_fn=PlanRunner.async_set_energy,
        ),
    ),
    sensors=(
        SensorDescription(
            key="plan_start",
            device_class=SensorDeviceClass.TIMESTAMP,
            exists_fn=_is_planned,
            value_fn=lambda state: state.next_start,
            attributes_fn=_details,
        ),
        SensorDescription(
            key="plan_cost",
            device_class=SensorDeviceClass.MONETARY,
            suggested_display_precision=2,
            exists_fn=lambda state: _cost(state) is not None,
            value_fn=_cost,
            unit_fn=lambda state: state.unit,
        ),
    ),
    switches=(
        SwitchDescription(
            key="plan",
            exists_fn=lambda state: state.is_offered or state.is_on,
            value_fn=lambda state: state.is_on,
            set_fn=PlanRunner.async_set_enabled,
        ),
    ),
    times=(
        TimeDescription(
            key="plan_ready_by",
            exists_fn=lambda state: state.is_offered,
            value_fn=lambda state: state.ready_by,
            set_fn=PlanRunner.async_set_ready_by,
        ),
    ),
)
