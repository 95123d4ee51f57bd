"""What a group with a peak tariff shows besides."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.components.number import NumberDeviceClass, NumberMode
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import UnitOfPower

from ...entities.descriptions import NumberDescription, SensorDescription
from .settings import MOST_TARGET_KW
from .tariff import PeakState


def _has_peak(state: Any) -> bool:
    return state.peak is not None


def _kw[V](value_fn: Callable[[PeakState], V]) -> Callable[[Any], V | None]:
    """Return the reader of a value, unknown where the tariff was taken away."""
    return lambda state: None if state.peak is None else value_fn(state.peak)


def _sensor(
    key: str,
    value_fn: Callable[[PeakState], float | None],
    attributes_fn: Callable[[PeakState], Mapping[str, Any]],
    *,
    enabled: bool = True,
) -> SensorDescription[Any]:
    return SensorDescription(
        key=key,
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.KILO_WATT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=2,
        entity_registry_enabled_default=enabled,
        exists_fn=_has_peak,
        value_fn=_kw(value_fn),
        attributes_fn=lambda state: {} if state.peak is None else attributes_fn(state.peak),
    )


SENSORS = (
    _sensor("predicted_peak", lambda s: s.predicted_kw, lambda s: {"target": s.goal_kw, "until": s.ends_at}),
    _sensor("highest_peak", lambda s: s.highest_kw, lambda s: {"start": s.highest_at}),
    _sensor("peak_mean_of_days", lambda s: s.mean_of_days_kw, lambda s: {"windows": s.days}, enabled=False),
    _sensor(
        "peak_mean_of_windows",
        lambda s: s.mean_of_windows_kw,
        lambda s: {"windows": s.windows},
        enabled=False,
    ),
)


def target_number(set_fn: Callable[[Any, float], Any]) -> NumberDescription[Any, Any]:
    """Describe the target of the tariff."""
    return NumberDescription(
        key="peak_target",
        device_class=NumberDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.KILO_WATT,
        native_min_value=0,
        native_max_value=MOST_TARGET_KW,
        native_step=0.1,
        mode=NumberMode.BOX,
        exists_fn=_has_peak,
        value_fn=_kw(lambda s: s.target_kw),
        set_fn=set_fn,
    )
