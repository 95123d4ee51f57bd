"""The clock of a test's Home Assistant."""

from datetime import datetime
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from homeassistant.core import HomeAssistant

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
# A Friday noon.
NOON = datetime(2026, 11, 20, 12, tzinfo=AMSTERDAM)


class Days:
    """A frozen clock that starts on a Friday noon and fires the timers that become due."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        """Move the clock to the start."""
        self._hass = hass
        self._freezer = freezer
        freezer.move_to(NOON)

    async def until(self, text: str, zone: ZoneInfo = AMSTERDAM) -> None:
        """Move the clock to a local time and wait until all that is due has run."""
        self._freezer.move_to(datetime.fromisoformat(text).replace(tzinfo=zone))
        async_fire_time_changed(self._hass)
        await self._hass.async_block_till_done(wait_background_tasks=True)
