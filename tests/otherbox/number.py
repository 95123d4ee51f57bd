"""The limit of an Otherbox."""

from typing import override

from homeassistant.components.number import NumberDeviceClass, NumberEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import UnitOfElectricCurrent
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import OtherboxCoordinator, OtherboxEntity


class OtherboxLimit(OtherboxEntity, NumberEntity):
    """How much a car may draw, in A per phase."""

    _attr_device_class = NumberDeviceClass.CURRENT
    _attr_native_unit_of_measurement = UnitOfElectricCurrent.AMPERE
    _attr_native_max_value = 16
    _attr_native_step = 1

    def __init__(self, coordinator: OtherboxCoordinator) -> None:
        """Take 0 where there is no switch."""
        super().__init__(coordinator, "charge_limit")
        self._attr_native_min_value = 6 if coordinator.data["has_switch"] else 0

    @property
    @override
    def native_value(self) -> float:
        limit: float = self.coordinator.data["limit"]
        return limit

    @override
    async def async_set_native_value(self, value: float) -> None:
        await self.coordinator.async_command(limit=value)


async def async_setup_entry(
    hass: HomeAssistant, entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add it."""
    async_add_entities([OtherboxLimit(entry.runtime_data)])
