"""A home battery that is kept from discharging into a car: an entity of its owner's is on while one charges fast."""

import asyncio
from collections.abc import Callable
import math

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_ENTITY_ID, SERVICE_TURN_OFF, SERVICE_TURN_ON, STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant, callback

from ..const import LOGGER
from ..runtime.errors import FAILS_ELSEWHERE
from .sun_settings import CONF_BATTERY_HOLD

# A car that pauses for less does not switch it; nor is it switched, or tried again, more often.
_STAYS_S = 60.0
# The end of Home Assistant, or of the group, does not wait longer.
_PATIENCE_S = 5.0


class BatteryHold:
    """Switches one entity on and off; one that a person has switched on stays on."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, on_change: Callable[[], None]) -> None:
        """Hold nothing; `on_change` is called when `held` is to be stored."""
        self._hass = hass
        self._entry = entry
        self._on_change = on_change
        # The entity that was switched on here, and is to be switched off.
        self.held: str | None = None
        self._wanted_s = self._tried_s = -math.inf

    @callback
    def take(self, t: float, *, is_wanted: bool) -> None:
        """Take whether a car charges fast; `t` in seconds of a clock that never goes back."""
        if is_wanted:
            self._wanted_s = t
        if t < self._tried_s + _STAYS_S:
            return
        if self.held is None:
            entity_id = self._entry.options.get(CONF_BATTERY_HOLD)
            if is_wanted and entity_id is not None and self._shows(entity_id) == STATE_OFF:
                self._switch(t, entity_id, on=True)
        elif t >= self._wanted_s + _STAYS_S:
            shown = self._shows(self.held)
            if shown == STATE_ON:
                self._switch(t, self.held, on=False)
            elif shown == STATE_OFF:
                self._note(None)

    @callback
    def rename(self, before: str, after: str) -> None:
        """Release what was switched on here under its new name."""
        if self.held == before:
            self._note(after)

    async def async_release(self) -> None:
        """Switch off at once what was switched on here."""
        if self.held is not None:
            await self._async_switch(self.held, on=False)

    def _shows(self, entity_id: str) -> str | None:
        state = self._hass.states.get(entity_id)
        return None if state is None else state.state

    @callback
    def _switch(self, t: float, entity_id: str, *, on: bool) -> None:
        self._tried_s = t
        self._entry.async_create_background_task(
            self._hass, self._async_switch(entity_id, on=on), f"{self._entry.title} - home battery"
        )

    async def _async_switch(self, entity_id: str, *, on: bool) -> None:
        action = SERVICE_TURN_ON if on else SERVICE_TURN_OFF
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._hass.services.async_call(
                    entity_id.partition(".")[0], action, {ATTR_ENTITY_ID: entity_id}, blocking=True
                )
        except FAILS_ELSEWHERE as error:
            # The chargers of the group are left as they should be all the same.
            LOGGER.debug(
                "%s: %s of %s failed: %s", self._entry.title, action, entity_id, type(error).__name__
            )
            return
        self._note(entity_id if on else None)

    @callback
    def _note(self, held: str | None) -> None:
        self.held = held
        self._on_change()
