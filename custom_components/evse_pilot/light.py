"""Light platform."""

from typing import Any, override

from homeassistant.components.light import LightEntity
from homeassistant.components.light.const import ATTR_BRIGHTNESS, ATTR_RGB_COLOR, ColorMode
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoredExtraData, RestoreEntity

from .chargers.wire import integer
from .entities.descriptions import LightDescription, Rgb
from .entities.device import EvseConfigEntry
from .entities.entity import EvseEntity, async_add_as_called_for

# The charger's own lock keeps commands apart; waiting here would let each of them begin late.
PARALLEL_UPDATES = 0
_BLACK: Rgb = (0, 0, 0)
_WHITE: Rgb = (255, 255, 255)


async def async_setup_entry(
    hass: HomeAssistant, entry: EvseConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the entities of the device."""
    async_add_as_called_for(entry, lambda entities: entities.lights, EvseLight, async_add_entities)


class EvseLight[C, S](EvseEntity[C, S], LightEntity, RestoreEntity):
    """A light with a colour; its brightness is the largest of red, green and blue."""

    entity_description: LightDescription[C, S]
    _attr_color_mode = ColorMode.RGB
    _attr_supported_color_modes = {ColorMode.RGB}
    # What it had before it was switched off, and the colour that was set last: dimmed, it is rounded.
    _color_before: Rgb = _WHITE
    _color_set: Rgb = _WHITE

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        if (stored := await self.async_get_last_extra_data()) is not None:
            self._color_before = _rgb(stored.as_dict().get("before"))
            self._color_set = _rgb(stored.as_dict().get("set"))

    @property
    @override
    def extra_restore_state_data(self) -> RestoredExtraData:
        return RestoredExtraData({"before": list(self._lit), "set": list(self._color_set)})

    @property
    def _color(self) -> Rgb | None:
        return self.entity_description.value_fn(self.coordinator.data)

    @property
    def _lit(self) -> Rgb:
        """Return its colour, or the one that it had before it was switched off."""
        return self._color if self._color and any(self._color) else self._color_before

    @property
    def _exact(self) -> Rgb:
        """Return its colour before it was rounded, at any brightness."""
        is_set_here = _at_brightness(self._color_set, max(self._lit)) == self._lit
        return self._color_set if is_set_here else self._lit

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
        return _at_brightness(self._exact, 255) if self._color and any(self._color) else None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Set a colour as it was given, or bring it to the brightness that was given; without either, the last one."""
        color: Rgb = kwargs.get(ATTR_RGB_COLOR) or _BLACK
        exact = color if any(color) else self._exact
        if (brightness := kwargs.get(ATTR_BRIGHTNESS)) is not None:
            color = _at_brightness(exact, brightness)
        elif not any(color):
            color = self._lit
        await self._async_set(color)
        self._color_set = exact

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        self._color_before = self._lit
        await self._async_set(_BLACK)

    async def _async_set(self, color: Rgb) -> None:
        await self.async_command(self.entity_description.set_fn(self.target, color))


def _at_brightness(color: Rgb, brightness: int) -> Rgb:
    strongest = max(color)
    red, green, blue = (round(part * brightness / strongest) for part in color)
    return red, green, blue


def _rgb(stored: Any) -> Rgb:
    """Return a stored colour; white where it is none."""
    parts = [integer(part, 0, 255) for part in stored] if isinstance(stored, list) else []
    match parts:
        case [int(red), int(green), int(blue)] if any(parts):
            return red, green, blue
    return _WHITE
