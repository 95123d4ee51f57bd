"""What an Otherbox measures."""

from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import UnitOfElectricCurrent, UnitOfEnergy, UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import OtherboxCoordinator, OtherboxEntity

# Its own words, in those of its integration.
STATES = {
    "vacant": "unplugged",
    "ready": "connected",
    "delivering": "charging",
    "halted": "paused",
    "faulted": "error",
}


class OtherboxStatus(OtherboxEntity, SensorEntity):
    """Its status."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = list(STATES.values())

    @property
    @override
    def native_value(self) -> str | None:
        return STATES.get(self.coordinator.data["state"])


class OtherboxMeasurement(OtherboxEntity, SensorEntity):
    """One of its numbers."""

    def __init__(
        self, coordinator: OtherboxCoordinator, key: str, device_class: SensorDeviceClass, unit: str
    ) -> None:
        """Describe it."""
        super().__init__(coordinator, key)
        is_energy = device_class is SensorDeviceClass.ENERGY
        self._attr_device_class = device_class
        self._attr_native_unit_of_measurement = unit
        self._attr_state_class = (
            SensorStateClass.TOTAL_INCREASING if is_energy else SensorStateClass.MEASUREMENT
        )

    @property
    @override
    def native_value(self) -> float:
        data: dict[str, Any] = self.coordinator.data
        if self.key.startswith("current"):
            currents: list[float] = data["currents"]
            return currents[int(self.key[-1]) - 1]
        value: float = data[self.key.partition("_")[0]]
        return value


async def async_setup_entry(
    hass: HomeAssistant, entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add them."""
    coordinator = entry.runtime_data
    kwh, amps = UnitOfEnergy.KILO_WATT_HOUR, UnitOfElectricCurrent.AMPERE
    async_add_entities(
        [
            OtherboxStatus(coordinator, "status"),
            OtherboxMeasurement(coordinator, "power", SensorDeviceClass.POWER, UnitOfPower.KILO_WATT),
            OtherboxMeasurement(coordinator, "total_energy", SensorDeviceClass.ENERGY, kwh),
            OtherboxMeasurement(coordinator, "session_energy", SensorDeviceClass.ENERGY, kwh),
            *(
                OtherboxMeasurement(coordinator, f"current_l{phase}", SensorDeviceClass.CURRENT, amps)
                for phase in range(1, len(coordinator.data["currents"]) + 1)
            ),
        ]
    )
