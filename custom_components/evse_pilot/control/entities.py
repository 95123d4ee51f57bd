"""Entities that every charger with a limit has, whatever its make, in a group or not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeassistant.components.number import NumberDeviceClass, NumberMode
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import UnitOfElectricCurrent
from homeassistant.core import HomeAssistant, callback

from ..chargers.capabilities import ChargingSwitch
from ..entities.descriptions import Entities, NumberDescription, SensorDescription, SwitchDescription
from ..runtime.clock import monotonic_s
from ..runtime.shown_state import ShownState
from ..runtime.wake_up import WakeUp
from .claim import Reason, Source
from .controller import ChargerController
from .explanation import Calm, explain
from .owner import OwnerControls


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlState:
    """What is shown of the control of a charger; currents in A per phase, None: not known yet."""

    is_available: bool
    limit_a: float | None = None
    maximum_a: float | None = None
    step_a: float = 1.0
    has_charging_switch: bool = False
    may_charge: bool | None = None
    target_a: float | None = None
    limited_by: Reason | None = None
    until: datetime | None = None
    detail: str | None = None


class ControlCoordinator(ShownState[ControlState]):
    """Shows what a controller does, when it means something."""

    def __init__(self, hass: HomeAssistant, controller: ChargerController, name: str) -> None:
        """Show the first state."""
        super().__init__(hass, controller.entry, f"{name} - control", self._shown)
        self._controller = controller
        self._calm = Calm()
        self._again = WakeUp(hass, self._on_change)
        self.data = self._shown()

    @callback
    def async_start(self) -> None:
        """Follow the controller until the entry is unloaded."""
        entry = self._controller.entry
        entry.async_on_unload(self._controller.async_add_listener(self._on_change))
        entry.async_on_unload(self._again.cancel)
        self._on_change()

    @callback
    def _on_change(self) -> None:
        controller = self._controller
        target = controller.target
        # What is true when it is read again is shown at once then: a while later it would seem to have just happened.
        explanation = None if controller.was_away else explain(controller.core, controller.own_reason)
        again_in_s = self._calm.take(
            monotonic_s(self.hass),
            explanation,
            None if target is None else target.current_a,
        )
        self._again.set_in(again_in_s)
        self.show()

    def _shown(self) -> ControlState:
        controller, shown = self._controller, self._calm.shown
        load, target = controller.load, controller.target
        owner = controller.claims.get(Source.OWNER)
        # What is set at the charger is shown as it is, also where the circuit carries less.
        limit_a = controller.baseline.current_a
        if owner is not None and owner.max_current_a is not None:
            limit_a = owner.max_current_a if load is None else min(owner.max_current_a, load.maximum_a)
        if limit_a is None and load is not None:
            # Where something beside it may allow less, what its owner has set is not known, but what it shows is.
            limit_a = load.set_a or load.limit_a or None
        return ControlState(
            # One that streams is there a moment before its reading is taken.
            is_available=controller.is_available and not controller.was_away,
            limit_a=limit_a,
            maximum_a=None if load is None else load.maximum_a,
            step_a=1.0 if load is None else load.step_a,
            has_charging_switch=controller.charger.capability(ChargingSwitch) is not None,
            may_charge=controller.may_charge,
            target_a=None if target is None else target.current_a,
            limited_by=None if shown is None else shown.reason,
            until=None if shown is None else shown.until,
            detail=None if shown is None else shown.detail,
        )


def _available(state: ControlState) -> bool:
    return state.is_available


def _details(state: ControlState) -> dict[str, Any]:
    """Return what belongs to the reason."""
    return {"until": state.until} | ({} if state.detail is None else {"detail": state.detail})


ENTITIES = Entities[OwnerControls, ControlState](
    numbers=(
        NumberDescription(
            key="current_limit",
            device_class=NumberDeviceClass.CURRENT,
            native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
            # 0 pauses; what is between that and the minimum is refused.
            native_min_value=0,
            # Replaced by the charger's own; with none, nothing above the minimum can be chosen.
            native_max_value=6,
            # A slider shows no number where it is narrow, and tenths of an ampere are hard to hit with one.
            mode=NumberMode.BOX,
            max_fn=lambda state: state.maximum_a,
            step_fn=lambda state: state.step_a,
            available_fn=_available,
            value_fn=lambda state: state.limit_a,
            set_fn=OwnerControls.async_set_limit,
        ),
    ),
    sensors=(
        SensorDescription(
            key="limited_by",
            device_class=SensorDeviceClass.ENUM,
            options=[reason.value for reason in Reason],
            available_fn=_available,
            value_fn=lambda state: state.limited_by,
            attributes_fn=_details,
        ),
        SensorDescription(
            key="target_current",
            device_class=SensorDeviceClass.CURRENT,
            suggested_display_precision=1,
            native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
            state_class=SensorStateClass.MEASUREMENT,
            available_fn=_available,
            value_fn=lambda state: state.target_a,
        ),
    ),
    switches=(
        SwitchDescription(
            key="allow_charging",
            # Not known before the first event of a charger that streams, but there at once.
            exists_fn=lambda state: state.has_charging_switch,
            available_fn=_available,
            value_fn=lambda state: state.may_charge,
            set_fn=OwnerControls.async_set_charging,
        ),
    ),
)
