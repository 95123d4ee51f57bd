"""The meter of the house among the sensors of other integrations: which are of one meter, and of which phase."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
import re
from typing import Any

from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN, SensorDeviceClass
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util.unit_conversion import (
    ElectricCurrentConverter,
    ElectricPotentialConverter,
    PowerConverter,
)

from ..balancing.settings import CONF_RETURNED, CONF_SENSOR, CONF_VOLTAGE, of_phase

# How likely a device is the meter of the house: the Energy dashboard has it, its integration reads nothing else, or its
# integration has meters that are often put there, but also before a single load.
_OF_ENERGY, _AT_THE_MAINS, _ANYWHERE = 3, 2, 1
_RANKS = dict.fromkeys(
    ("dsmr", "dsmr_reader", "earn_e_p1", "p1_monitor", "tibber"), _AT_THE_MAINS
) | dict.fromkeys(("esphome", "homewizard", "shelly"), _ANYWHERE)
# What may stand for the first phase in the name of a sensor, and what then stands for each.
_FIRST_PHASE = re.compile(r"(?<!\d)[01](?!\d)|(?<![a-z0-9])a(?![a-z0-9])", re.IGNORECASE)
_PHASES = {"0": "012", "1": "123", "a": "abc", "A": "ABC"}
_RETURNED = re.compile(r"return|produc|export|negative|inject|delivery", re.IGNORECASE)
# No reading of now, or none of what flows.
_OTHER = re.compile(
    r"peak|max|minimum|average|demand|threshold|fuse|limit|factor|reactive|apparent|neutral", re.IGNORECASE
)


class Quantity(StrEnum):
    """What a sensor of a meter measures."""

    CURRENT = "current"
    POWER = "power"
    VOLTAGE = "voltage"


_UNITS: Mapping[Quantity, Collection[str | None]] = {
    Quantity.CURRENT: ElectricCurrentConverter.VALID_UNITS,
    Quantity.POWER: PowerConverter.VALID_UNITS,
    Quantity.VOLTAGE: ElectricPotentialConverter.VALID_UNITS,
}
_CLASSES: Mapping[str | None, Quantity] = {
    SensorDeviceClass.CURRENT: Quantity.CURRENT,
    SensorDeviceClass.POWER: Quantity.POWER,
    SensorDeviceClass.VOLTAGE: Quantity.VOLTAGE,
}


def quantity_of(hass: HomeAssistant, entity_id: str) -> Quantity | None:
    """Return what a sensor measures, or measured when it was last available; None: nothing of these."""
    item = er.async_get(hass).async_get(entity_id)
    if (state := hass.states.get(entity_id)) is not None:
        unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    else:
        unit = None if item is None else item.unit_of_measurement
    if unit is not None:
        return next((quantity for quantity, units in _UNITS.items() if unit in units), None)
    if state is not None or item is None:
        return None
    # One that is disabled may never have had a unit.
    return _CLASSES.get(item.device_class or item.original_device_class)


def sensors_like(hass: HomeAssistant, entity_id: str, phases: int) -> tuple[str, ...] | None:
    """Return the sensors of all phases that this one of the first phase belongs to; None: there are none.

    They have the same unique id, or the same entity id, but for the phase.
    """
    registry = er.async_get(hass)
    quantity = quantity_of(hass, entity_id)
    candidates: list[list[str | None]] = []
    if (item := registry.async_get(entity_id)) is not None:
        candidates = [
            [registry.async_get_entity_id(item.domain, item.platform, name) for name in names]
            for names in _of_each_phase(item.unique_id, phases)
        ]
    candidates += [list(names) for names in _of_each_phase(entity_id, phases)]
    for names in candidates:
        known = [name for name in names if name is not None and quantity_of(hass, name) is quantity]
        if quantity is not None and len(known) == phases:
            return tuple(known)
    return None


def _of_each_phase(name: str, phases: int) -> Iterator[tuple[str, ...]]:
    """Yield the name with each part that may stand for the first phase replaced for each phase; the last part first."""
    for part in reversed(list(_FIRST_PHASE.finditer(name))):
        yield tuple(name[: part.start()] + phase + name[part.end() :] for phase in _PHASES[part[0]][:phases])


def with_other_phases(hass: HomeAssistant, phases: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sensors of a form, with those of the phases that have none found beside those of L1."""
    filled = dict(given)
    if all(of_phase(CONF_SENSOR, phase) in given for phase in range(1, phases + 1)):
        return filled
    for key in (CONF_SENSOR, CONF_RETURNED, CONF_VOLTAGE):
        first = given.get(of_phase(key, 1))
        names = None if first is None else sensors_like(hass, first, phases)
        for phase, name in enumerate(names or (), 1):
            filled.setdefault(of_phase(key, phase), name)
    return filled


async def async_find_meter(hass: HomeAssistant, phases: int, exclude: Collection[str]) -> dict[str, str]:
    """Return the sensors of the meter of the house as a form has them; none where two are as likely."""
    of_energy = await _async_devices_of_energy(hass)
    devices: dict[str, list[er.RegistryEntry]] = {}
    for item in er.async_get(hass).entities.values():
        if item.device_id is not None and item.entity_id not in exclude and _is_usable(item):
            devices.setdefault(item.device_id, []).append(item)
    found: dict[int, list[dict[str, str]]] = {}
    for device_id, items in devices.items():
        rank = _OF_ENERGY if device_id in of_energy else _RANKS.get(items[0].platform, 0)
        # A socket has one phase, too.
        if rank > (_ANYWHERE if phases == 1 else 0) and (sensors := _sensors_of(hass, items, phases)):
            found.setdefault(rank, []).append(sensors)
    best = found[max(found)] if found else []
    return best[0] if len(best) == 1 else {}


async def _async_devices_of_energy(hass: HomeAssistant) -> set[str]:
    """Return the devices that the Energy dashboard has for the grid."""
    if "energy" not in hass.config.components:
        return set()
    preferences = (await async_get_manager(hass)).data
    sources = [] if preferences is None else preferences["energy_sources"]
    registry = er.async_get(hass)
    entity_ids = [
        value
        for source in sources
        if source["type"] == "grid"
        for key, value in source.items()
        if key.startswith("stat_") and isinstance(value, str)
    ]
    items = [registry.async_get(entity_id) for entity_id in entity_ids]
    return {item.device_id for item in items if item is not None and item.device_id is not None}


def _is_usable(item: er.RegistryEntry) -> bool:
    """Return whether a sensor may be one of the mains; one that its integration has disabled can be enabled."""
    return (
        item.domain == SENSOR_DOMAIN
        and item.disabled_by in (None, er.RegistryEntryDisabler.INTEGRATION)
        and not _OTHER.search(_words_of(item))
    )


def _words_of(item: er.RegistryEntry) -> str:
    return f"{item.entity_id} {item.unique_id} {item.translation_key} {item.original_name}"


def _sensors_of(hass: HomeAssistant, items: Iterable[er.RegistryEntry], phases: int) -> dict[str, str]:
    """Return the sensors of a device as a form has them: powers, which have a direction, before currents."""
    found: dict[tuple[Quantity, bool], tuple[str, ...]] = {}
    # The total of a meter has the shortest name.
    for item in sorted(items, key=lambda item: (len(item.entity_id), item.entity_id)):
        quantity = quantity_of(hass, item.entity_id)
        names = (item.entity_id,) if phases == 1 else sensors_like(hass, item.entity_id, phases)
        if quantity is not None and names is not None and names[0] == item.entity_id:
            found.setdefault((quantity, _RETURNED.search(_words_of(item)) is not None), names)
    sensors: dict[str, tuple[str, ...] | None] = {CONF_SENSOR: found.get((Quantity.CURRENT, False))}
    if (power := found.get((Quantity.POWER, False))) is not None:
        sensors = {
            CONF_SENSOR: power,
            CONF_RETURNED: found.get((Quantity.POWER, True)),
            CONF_VOLTAGE: found.get((Quantity.VOLTAGE, False)),
        }
    return {
        of_phase(key, phase): name
        for key, names in sensors.items()
        for phase, name in enumerate(names or (), 1)
    }


@callback
def async_enable(hass: HomeAssistant, entity_ids: Iterable[object]) -> None:
    """Enable the sensors among these that their integration has disabled; those that a person has stay so."""
    registry = er.async_get(hass)
    for entity_id in entity_ids:
        item = registry.async_get(entity_id) if isinstance(entity_id, str) else None
        if item is not None and item.disabled_by is er.RegistryEntryDisabler.INTEGRATION:
            registry.async_update_entity(item.entity_id, disabled_by=None)
