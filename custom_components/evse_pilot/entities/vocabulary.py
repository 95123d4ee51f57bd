"""Descriptions of entities that several vendors have in common."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.components.number import NumberDeviceClass
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.components.sensor.const import DEVICE_CLASS_UNITS
from homeassistant.const import (
    SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
    EntityCategory,
    UnitOfElectricCurrent,
    UnitOfEnergy,
    UnitOfPower,
    UnitOfTemperature,
    UnitOfTime,
)

from ..chargers.types import Snapshot, Status
from ..control.owner import OwnerControls
from .descriptions import (
    BinarySensorDescription,
    ButtonDescription,
    SelectDescription,
    SensorDescription,
    SwitchDescription,
    always,
    known,
)

type Reader[S, T] = Callable[[S], T | None]

NUMBER_CLASSES: Mapping[str, NumberDeviceClass] = {
    UnitOfElectricCurrent.AMPERE: NumberDeviceClass.CURRENT,
    UnitOfPower.WATT: NumberDeviceClass.POWER,
    UnitOfTime.HOURS: NumberDeviceClass.DURATION,
    UnitOfTime.MINUTES: NumberDeviceClass.DURATION,
    UnitOfTime.SECONDS: NumberDeviceClass.DURATION,
}
# The device class of a value whose unit was chosen by its device.
SENSOR_CLASSES: Mapping[str, SensorDeviceClass] = {
    str(unit): device_class
    for device_class in (
        SensorDeviceClass.POWER,
        SensorDeviceClass.APPARENT_POWER,
        SensorDeviceClass.REACTIVE_POWER,
        SensorDeviceClass.ENERGY,
        SensorDeviceClass.REACTIVE_ENERGY,
        SensorDeviceClass.VOLTAGE,
        SensorDeviceClass.CURRENT,
        SensorDeviceClass.FREQUENCY,
    )
    for unit in DEVICE_CLASS_UNITS[device_class]
}


def status[S](value_fn: Reader[S, Status]) -> SensorDescription[S]:
    """Describe the status of the charger."""
    return SensorDescription(
        key="status", device_class=SensorDeviceClass.ENUM, options=list(Status), value_fn=value_fn
    )


def plug[S](value_fn: Reader[S, bool]) -> BinarySensorDescription[S]:
    """Describe whether a car is plugged in."""
    return BinarySensorDescription(key="plug", device_class=BinarySensorDeviceClass.PLUG, value_fn=value_fn)


def charging[S: Snapshot](value_fn: Reader[S, bool]) -> BinarySensorDescription[S]:
    """Describe whether a car is charging; one that takes no more is not, though it may still be switched on.

    No battery, for Home Assistant offers automations of batteries.
    """
    return BinarySensorDescription(
        key="charging", value_fn=lambda state: False if state.status is Status.FINISHED else value_fn(state)
    )


def problem[S](value_fn: Reader[S, bool]) -> BinarySensorDescription[S]:
    """Describe whether the charger reports a fault."""
    return BinarySensorDescription(
        key="problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=value_fn,
    )


def connectivity[S](key: str, value_fn: Reader[S, bool]) -> BinarySensorDescription[S]:
    """Describe whether a connection of the charger itself is up; disabled by default."""
    return fact(key, value_fn, BinarySensorDeviceClass.CONNECTIVITY)


def fact[S](
    key: str, value_fn: Reader[S, bool], device_class: BinarySensorDeviceClass | None = None
) -> BinarySensorDescription[S]:
    """Describe what is true of the charger or not; disabled by default."""
    return BinarySensorDescription(
        key=key,
        device_class=device_class,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        exists_fn=known(value_fn),
        value_fn=value_fn,
    )


def power[S](value_fn: Reader[S, float], key: str = "power", *, enabled: bool = True) -> SensorDescription[S]:
    """Describe a power, in W; by default that of the car."""
    return SensorDescription(
        key=key,
        entity_registry_enabled_default=enabled,
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        state_class=SensorStateClass.MEASUREMENT,
        exists_fn=known(value_fn),
        value_fn=value_fn,
    )


def energy[S](
    key: str, value_fn: Reader[S, float], *, enabled: bool = True, translation_key: str | None = None
) -> SensorDescription[S]:
    """Describe an energy that only grows, or starts again from zero, in Wh; it is shown in kWh."""
    return SensorDescription(
        key=key,
        translation_key=translation_key,
        device_class=SensorDeviceClass.ENERGY,
        entity_registry_enabled_default=enabled,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        state_class=SensorStateClass.TOTAL_INCREASING,
        exists_fn=known(value_fn),
        value_fn=value_fn,
    )


def session_energy[S](
    value_fn: Reader[S, float],
    number_fn: Reader[S, int] = lambda _: None,
    *,
    translation_key: str | None = None,
) -> SensorDescription[S]:
    """Describe the energy of the session, in Wh, and its number, where it has one; statistics begin anew with each."""
    return replace(
        energy("session_energy", value_fn, translation_key=translation_key),
        state_class=SensorStateClass.TOTAL,
        is_of_session=True,
        session_number_fn=number_fn,
    )


def current[S](
    key: str, value_fn: Reader[S, float], *, enabled: bool = False, diagnostic: bool = False
) -> SensorDescription[S]:
    """Describe a current, in A; disabled by default."""
    return SensorDescription(
        key=key,
        device_class=SensorDeviceClass.CURRENT,
        entity_category=EntityCategory.DIAGNOSTIC if diagnostic else None,
        entity_registry_enabled_default=enabled,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        suggested_display_precision=1,
        state_class=SensorStateClass.MEASUREMENT,
        exists_fn=known(value_fn),
        value_fn=value_fn,
    )


def phase_currents[S](
    prefix: str, value_fn: Reader[S, Sequence[float | None]], *, enabled: bool = False
) -> tuple[SensorDescription[S], ...]:
    """Describe the currents of L1 to L3, in A, disabled by default; the keys are the prefix and _l1 to _l3."""

    return tuple(
        current(f"{prefix}_l{number}", phase_fn, enabled=enabled)
        for number, phase_fn in enumerate(each_phase(value_fn), 1)
    )


def phase_values[S](
    prefix: str,
    value_fn: Reader[S, Sequence[float | None]],
    unit: str,
    device_class: SensorDeviceClass,
    *,
    enabled: bool = False,
) -> tuple[SensorDescription[S], ...]:
    """Describe a value of L1 to L3, in whole units, disabled by default; the keys are the prefix and _l1 to _l3."""
    return tuple(
        SensorDescription(
            key=f"{prefix}_l{number}",
            device_class=device_class,
            native_unit_of_measurement=unit,
            suggested_display_precision=0,
            state_class=SensorStateClass.MEASUREMENT,
            entity_registry_enabled_default=enabled,
            exists_fn=known(phase_fn),
            value_fn=phase_fn,
        )
        for number, phase_fn in enumerate(each_phase(value_fn), 1)
    )


def each_phase[S](value_fn: Reader[S, Sequence[float | None]]) -> tuple[Reader[S, float], ...]:
    """Return three readers, of the values of L1, L2 and L3."""

    def phase(index: int) -> Reader[S, float]:
        def value(state: S) -> float | None:
            values = value_fn(state)
            return None if values is None else values[index]

        return value

    return tuple(phase(index) for index in range(3))


def session_duration[S](key: str, value_fn: Reader[S, float]) -> SensorDescription[S]:
    """Describe for how long a session has lasted, in s, shown in whole minutes; disabled by default."""
    return SensorDescription(
        key=key,
        entity_registry_enabled_default=False,
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MINUTES,
        suggested_display_precision=0,
        exists_fn=known(value_fn),
        value_fn=value_fn,
    )


def phases_in_use[S](value_fn: Reader[S, int]) -> SensorDescription[S]:
    """Describe the number of phases on which the car charges; disabled by default."""
    return SensorDescription(
        key="phases_in_use",
        entity_registry_enabled_default=False,
        exists_fn=known(value_fn),
        value_fn=value_fn,
    )


def temperature[S](value_fn: Reader[S, float]) -> SensorDescription[S]:
    """Describe the temperature inside the charger, in °C; disabled by default."""
    return SensorDescription(
        key="temperature",
        entity_registry_enabled_default=False,
        device_class=SensorDeviceClass.TEMPERATURE,
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        suggested_display_precision=0,
        state_class=SensorStateClass.MEASUREMENT,
        exists_fn=known(value_fn),
        value_fn=value_fn,
    )


def wifi_signal[S](value_fn: Reader[S, int]) -> SensorDescription[S]:
    """Describe the signal strength of the charger's Wi-Fi, in dBm."""
    return SensorDescription(
        key="wifi_signal",
        device_class=SensorDeviceClass.SIGNAL_STRENGTH,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
        state_class=SensorStateClass.MEASUREMENT,
        exists_fn=known(value_fn),
        value_fn=value_fn,
    )


def words[S, E: StrEnum](
    key: str,
    words: type[E],
    value_fn: Reader[S, E],
    *,
    enabled: bool = False,
    translation_key: str | None = None,
) -> SensorDescription[S]:
    """Describe a diagnostic sensor with a fixed set of states."""
    return SensorDescription(
        key=key,
        translation_key=translation_key,
        device_class=SensorDeviceClass.ENUM,
        options=[word.value for word in words],
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
        exists_fn=known(value_fn),
        value_fn=value_fn,
    )


def mode[S, E: StrEnum](
    words: type[E],
    value_fn: Reader[S, E],
    *,
    options_fn: Callable[[S], Iterable[E]] | None = None,
    translation_key: str | None = None,
    assumed_state: bool = False,
) -> SelectDescription[Any, S, E]:
    """Describe the mode of charging that the owner chooses."""
    return SelectDescription(
        key="mode",
        translation_key=translation_key,
        assumed_state=assumed_state,
        owners=True,
        words=words,
        options_fn=options_fn,
        value_fn=value_fn,
        set_fn=OwnerControls.async_set_mode,
    )


def phase_mode[S, E: StrEnum](one: E, value_fn: Reader[S, E]) -> SelectDescription[Any, S, E]:
    """Describe the choice of one phase, which is called so by its word, or of three; disabled by default."""

    def set_phases(owner: OwnerControls, word: E) -> Awaitable[None]:
        return owner.async_set_phases(1 if word is one else 3)

    return SelectDescription(
        key="phase_mode",
        owners=True,
        entity_registry_enabled_default=False,
        words=type(one),
        exists_fn=known(value_fn),
        value_fn=value_fn,
        set_fn=set_phases,
    )


def three_phase[S](value_fn: Reader[S, bool]) -> SwitchDescription[Any, S]:
    """Describe the choice of three phases, or of one; disabled by default."""

    def set_phases(owner: OwnerControls, on: bool) -> Awaitable[None]:
        return owner.async_set_phases(3 if on else 1)

    return SwitchDescription(
        key="three_phase",
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        owners=True,
        exists_fn=known(value_fn),
        value_fn=value_fn,
        set_fn=set_phases,
    )


def allow_button[S](key: str, exists_fn: Callable[[S], bool], *, on: bool) -> ButtonDescription[Any, S]:
    """Describe a button that does what one side of the switch that allows charging does; disabled by default."""

    def press(owner: OwnerControls) -> Awaitable[None]:
        return owner.async_set_charging(on)

    return ButtonDescription(
        key=key, owners=True, entity_registry_enabled_default=False, exists_fn=exists_fn, press_fn=press
    )


def clear_current_limit[S](exists_fn: Callable[[S], bool]) -> ButtonDescription[Any, S]:
    """Describe the button that ends every limit of the owner; disabled by default."""
    return ButtonDescription(
        key="clear_current_limit",
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        owners=True,
        exists_fn=exists_fn,
        press_fn=OwnerControls.async_clear_all_limits,
    )


def restart[C, S](press_fn: Callable[[C], Awaitable[Any]]) -> ButtonDescription[C, S]:
    """Describe the button that restarts the charger; disabled by default."""
    return ButtonDescription(
        key="restart",
        device_class=ButtonDeviceClass.RESTART,
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        press_fn=press_fn,
    )


def update[C, S](
    key: str, press_fn: Callable[[C], Awaitable[Any]], exists_fn: Callable[[S], bool] = always
) -> ButtonDescription[C, S]:
    """Describe a button of the firmware; disabled by default."""
    return ButtonDescription(
        key=key,
        device_class=ButtonDeviceClass.UPDATE,
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        exists_fn=exists_fn,
        press_fn=press_fn,
    )


def diagnostic[S](
    key: str,
    value_fn: Reader[S, float] | Reader[S, str] | Reader[S, datetime],
    unit: str | None = None,
    device_class: SensorDeviceClass | None = None,
    *,
    state_class: SensorStateClass | None = None,
    enabled: bool = False,
) -> SensorDescription[S]:
    """Describe a diagnostic sensor, disabled by default."""
    return SensorDescription(
        key=key,
        device_class=device_class,
        native_unit_of_measurement=unit,
        # A limit is in whole amperes, or in tenths.
        suggested_display_precision=1 if device_class is SensorDeviceClass.CURRENT else None,
        state_class=state_class,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
        exists_fn=known(value_fn),
        value_fn=value_fn,
    )


def option[C, S](
    key: str,
    value_fn: Reader[S, bool],
    set_fn: Callable[[C, bool], Awaitable[Any]],
) -> SwitchDescription[C, S]:
    """Describe a setting that is on or off; disabled by default."""
    return SwitchDescription(
        key=key,
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        exists_fn=known(value_fn),
        value_fn=value_fn,
        set_fn=set_fn,
    )
