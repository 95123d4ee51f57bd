"""Light platform."""

from typing import Any, override

from homeassistant.components.light import LightEntity
from homeassistant.components.light.const import ATTR_BRIGHTNESS, ATTR_RGB_COLOR, ColorMode
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entities.descriptions import LightDescription, Rgb
from .entities.device import EvseConfigEntry
from .entities.entity import EvseEntity, async_add_as_called_for

# The charger's own lock keeps commands apart; waiting here would let each of them begin late.
PARALLEL_UPDATES = 0
_BLACK: Rgb = (0, 0, 0)


async def async_setup_entry(
    hass: HomeAssistant, entry: EvseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the entities of the device."""
    async_add_as_called_for(entry, lambda entities: entities.lights, EvseLight, async_add_entities)


class EvseLight[C, S](EvseEntity[C, S], LightEntity):
    """A light with a colour; its brightness is the largest of red, green and blue."""

    entity_description: LightDescription[C, S]
    _attr_color_mode = ColorMode.RGB
    _attr_supported_color_modes = {ColorMode.RGB}
    # What it had before it was switched off.
    _color_before: Rgb = (255, 255, 255)

    @property
    def _color(self) -> Rgb | None:
        return self.entity_description.value_fn(self.coordinator.data)

    @property
    @override
    def is_on(self) -> bool | None:
        return None if self._color is None else any(self._color)

    @property
    @override
    def brightness(self) -> int | None:
        return None if self._color is None else max(self._color)

    @property
    @override
    def rgb_color(self) -> Rgb | None:
        """Return the colour at full brightness, because Home Assistant keeps the brightness apart."""
        return _at_brightness(self._color, 255) if self._color and any(self._color) else None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Set a colour as it was given, or bring it to the brightness that was given; without either, the last one."""
        color: Rgb = kwargs.get(ATTR_RGB_COLOR) or self._color or _BLACK
        if not any(color):
            color = self._color_before
        if (brightness := kwargs.get(ATTR_BRIGHTNESS)) is not None:
            color = _at_brightness(color, brightness)
        await self._async_set(color)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        if self._color is not None and any(self._color):
            self._color_before = self._color
        await self._async_set(_BLACK)

    async def _async_set(self, color: Rgb) -> None:
        await self.async_command(self.entity_description.set_fn(self.target, color))


def _at_brightness(color: Rgb, brightness: int) -> Rgb:
    strongest = max(color)
    red, green, blue = (round(part * brightness / strongest) for part in color)
    return red, green, blue
