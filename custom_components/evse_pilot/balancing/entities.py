"""What a group shows, and each of its chargers in it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.number import NumberDeviceClass, NumberMode
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfElectricCurrent, UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo

from ..const import DOMAIN, PLATFORMS
from ..control.claim import Reason
from ..entities import vocabulary
from ..entities.descriptions import (
    BinarySensorDescription,
    CalendarDescription,
    Entities,
    NumberDescription,
    SelectDescription,
    SensorDescription,
    SwitchDescription,
    known,
)
from ..entities.device import Device, EvseConfigEntry
from ..scheduling.schedule import Schedule
from .common_windows import async_set_common
from .group import GroupRunner
from .law.model import Strategy
from .link import MemberLink, MemberState
from .membership import async_find_chargers, async_refuse_second_group
from .peaks.entities import SENSORS as PEAK_SENSORS, target_number
from .state import GroupState
from .sun.model import SunMode


def _has_phase(number: int) -> Callable[[GroupState], bool]:
    return lambda state: number <= state.phases


def _of_each_phase(
    prefix: str, name: str, *, enabled: bool = False, diagnostic: bool = False
) -> tuple[SensorDescription[Any], ...]:
    """Describe a current of L1 to L3 of the mains, as far as the house has them; unknown while it is."""
    return tuple(
        replace(
            vocabulary.current(f"{prefix}_l{number}", phase_fn, enabled=enabled, diagnostic=diagnostic),
            exists_fn=_has_phase(number),
        )
        for number, phase_fn in enumerate(vocabulary.each_phase(lambda s: getattr(s, name)), 1)
    )


def _sun_power(key: str, value_fn: Callable[[Any], float | None]) -> SensorDescription[GroupState]:
    """Describe a power of the sun, in a house that feeds in."""
    return SensorDescription(
        key=key,
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        exists_fn=lambda s: s.sun is not None,
        value_fn=lambda s: None if s.sun is None else value_fn(s),
    )


# By these the actions of a group find their targets (services.yaml).
_MANUFACTURER, _MODEL, _MEMBER_MODEL = "EVSE Pilot", "Load-balancing group", "Charger in a group"
REASONS = [reason.value for reason in Reason]

GROUP_ENTITIES = Entities[GroupRunner, GroupState](
    binary_sensors=(
        BinarySensorDescription(key="limiting", value_fn=lambda s: s.limiting),
        BinarySensorDescription(
            key="meter_silent",
            device_class=BinarySensorDeviceClass.PROBLEM,
            value_fn=lambda s: s.meter_silent,
        ),
    ),
    calendars=(
        CalendarDescription(
            key="schedule",
            entity_registry_enabled_default=False,
            exists_fn=known(lambda s: s.schedule),
            value_fn=lambda s: s.schedule or Schedule(),
            set_fn=lambda runner, schedule: async_set_common(runner.links.values(), schedule),
        ),
    ),
    numbers=(
        NumberDescription(
            key="group_limit",
            device_class=NumberDeviceClass.CURRENT,
            native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
            native_min_value=0,
            native_step=1,
            mode=NumberMode.BOX,
            max_fn=lambda s: s.fuse_a,
            value_fn=lambda s: s.limit_a,
            set_fn=GroupRunner.async_set_limit,
        ),
        NumberDescription(
            key="margin",
            entity_registry_enabled_default=False,
            device_class=NumberDeviceClass.CURRENT,
            native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
            native_min_value=0,
            native_step=0.5,
            mode=NumberMode.BOX,
            entity_category=EntityCategory.CONFIG,
            max_fn=lambda s: s.fuse_a - 0.5,
            value_fn=lambda s: s.margin_a,
            set_fn=GroupRunner.async_set_margin,
        ),
        target_number(GroupRunner.async_set_peak_target),
    ),
    selects=(
        SelectDescription(
            key="mode",
            translation_key="group_mode",
            words=Strategy,
            value_fn=lambda s: s.strategy,
            set_fn=GroupRunner.async_set_strategy,
        ),
        SelectDescription(
            key="sun_mode",
            words=SunMode,
            exists_fn=lambda s: s.sun is not None,
            value_fn=lambda s: None if s.sun is None else s.sun.mode,
            set_fn=GroupRunner.async_set_sun_mode,
        ),
    ),
    sensors=(
        *_of_each_phase("mains_current", "mains_a", enabled=True),
        *_of_each_phase("room", "room_a"),
        *_of_each_phase("house_current", "house_a", diagnostic=True),
        vocabulary.current("given_current", lambda s: s.given_a, enabled=True),
        _sun_power("sun_surplus", lambda s: s.sun.surplus_w),
        _sun_power("sun_given", lambda s: s.sun.given_w),
        vocabulary.diagnostic(
            "chargers_charging", lambda s: s.charging, state_class=SensorStateClass.MEASUREMENT
        ),
        SensorDescription(
            key="ceiling_until",
            device_class=SensorDeviceClass.TIMESTAMP,
            entity_registry_enabled_default=False,
            value_fn=lambda s: s.ceiling_until,
        ),
        *PEAK_SENSORS,
    ),
    switches=(
        SwitchDescription(
            key="group_enabled", value_fn=lambda s: s.enabled, set_fn=GroupRunner.async_set_enabled
        ),
        SwitchDescription(
            key="observer",
            entity_category=EntityCategory.CONFIG,
            value_fn=lambda s: s.observer,
            set_fn=GroupRunner.async_set_observer,
        ),
    ),
)


def _details(state: MemberState) -> dict[str, Any]:
    """Return what belongs to the reason of a share; what is missing of the sun is in W."""
    details: dict[str, Any] = {"phase": state.phase, "until": state.until}
    if state.detail is not None:
        details["detail"] = state.detail
    missing_w = None if state.sun is None else state.sun.missing_w
    return details if missing_w is None else details | {"missing_power": missing_w}


MEMBER_ENTITIES = Entities[MemberLink, MemberState](
    numbers=(
        NumberDescription(
            key="member_limit",
            device_class=NumberDeviceClass.CURRENT,
            native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
            native_step=1,
            mode=NumberMode.BOX,
            min_fn=lambda s: s.minimum_a,
            max_fn=lambda s: s.maximum_a,
            value_fn=lambda s: s.limit_a,
            set_fn=MemberLink.async_set_limit,
        ),
    ),
    selects=(
        SelectDescription(
            key="sun_mode",
            words=SunMode,
            exists_fn=lambda s: s.sun is not None,
            value_fn=lambda s: None if s.sun is None else s.sun.mode,
            set_fn=MemberLink.async_set_sun_mode,
        ),
    ),
    sensors=(
        replace(vocabulary.current("share", lambda s: s.given_a, enabled=True), exists_fn=lambda _: True),
        SensorDescription(
            key="reason",
            device_class=SensorDeviceClass.ENUM,
            options=REASONS,
            value_fn=lambda s: s.reason,
            attributes_fn=_details,
        ),
        SensorDescription(
            key="reason_until",
            device_class=SensorDeviceClass.TIMESTAMP,
            entity_registry_enabled_default=False,
            value_fn=lambda s: s.until,
        ),
        vocabulary.diagnostic("phases_used", lambda s: None if s.phases is None else s.phases.used),
        vocabulary.diagnostic(
            "phase_changes_left", lambda s: None if s.phases is None else s.phases.changes_left
        ),
        vocabulary.diagnostic(
            "writes_today", lambda s: s.writes_today, state_class=SensorStateClass.MEASUREMENT
        ),
    ),
    switches=(
        SwitchDescription(
            key="auto_phases",
            entity_category=EntityCategory.CONFIG,
            exists_fn=lambda s: s.phases is not None,
            value_fn=lambda s: None if s.phases is None else s.phases.is_auto,
            set_fn=MemberLink.async_set_auto_phases,
        ),
    ),
)


async def async_setup_group(hass: HomeAssistant, entry: EvseConfigEntry) -> bool:
    """Set up a group, as a device of its own with one for each of its chargers."""
    async_find_chargers(hass, entry)
    async_refuse_second_group(hass, entry)
    runner = GroupRunner(hass, entry)
    await runner.async_start()
    info = DeviceInfo(
        identifiers={(DOMAIN, entry.entry_id)},
        entry_type=DeviceEntryType.SERVICE,
        manufacturer=_MANUFACTURER,
        model=_MODEL,
        name=entry.title,
    )
    group = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, entry.entry_id)},
        entry_type=DeviceEntryType.SERVICE,
        manufacturer=_MANUFACTURER,
        model=_MODEL,
        name=entry.title,
    )
    members = tuple(
        Device(
            id=f"{entry.entry_id}_{link.id}",
            info=DeviceInfo(
                # By the second one the dashboard finds the charger, whatever that is called.
                identifiers={
                    (DOMAIN, f"{entry.entry_id}_{link.id}"),
                    (DOMAIN, f"{entry.entry_id}_{link.entry_id}"),
                },
                entry_type=DeviceEntryType.SERVICE,
                manufacturer=_MANUFACTURER,
                model=_MEMBER_MODEL,
                name=f"{entry.title} {link.title}",
                via_device_id=group.id,
            ),
            target=link,
            coordinator=link.coordinator,
            entities=MEMBER_ENTITIES,
            subentry_id=link.id,
        )
        for link in runner.links.values()
    )
    entry.runtime_data = Device(
        id=entry.entry_id,
        info=info,
        target=runner,
        coordinator=runner.coordinator,
        entities=GROUP_ENTITIES,
        parts=members,
    )
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True
