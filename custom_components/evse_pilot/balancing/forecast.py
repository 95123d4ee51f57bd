"""The solar forecast of the Energy dashboard: what it leaves to the cars of a group."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from homeassistant.components.energy.data import async_get_manager
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..chargers.wire import number
from ..const import LOGGER
from ..control.expected_sun import SunPower
from ..runtime.errors import FAILS_ELSEWHERE
from .sun_settings import CONF_SUN_FORECAST, CONF_SUN_FORECAST_HOUSE, DEFAULTS

# So much of a forecast is counted on: a cloud more is no surprise, and what comes beyond that need not be bought.
TRUSTED = 0.7
# A value is the energy of the time up to the next one, but of no more than that.
_LONGEST = timedelta(hours=1)
_MOST_WH, _MOST_VALUES = 1e7, 2000
# How often it is read; the integrations keep theirs for longer.
_READ_EVERY_S, _TRY_AGAIN_S = 900.0, 60.0
_PATIENCE_S = 30.0


def powers_of(
    forecasts: Iterable[Mapping[str, Any]], now: datetime, *, house_w: float
) -> tuple[SunPower, ...]:
    """Return what forecasts leave to cars from now on; each has energies in Wh by the beginning of their times.

    `house_w`: what the house uses of the sun. Of several roofs it is the sum.
    """
    steps = [step for forecast in forecasts for step in _steps(forecast) if step.end > now]
    edges = sorted({now, *(edge for step in steps for edge in (step.start, step.end) if edge > now)})
    found = []
    for start, end in pairwise(edges):
        power_w = TRUSTED * sum(step.power_w for step in steps if step.start <= start < step.end) - house_w
        if power_w > 0:
            found.append(SunPower(start=start, end=end, power_w=power_w))
    return tuple(found)


def _steps(forecast: Mapping[str, Any]) -> list[SunPower]:
    """Return the powers of one roof; what makes no sense is left out."""
    energies: dict[datetime, float] = {}
    for raw, value in list(forecast.items())[:_MOST_VALUES]:
        at, energy_wh = dt_util.parse_datetime(str(raw)), number(value, 0, _MOST_WH)
        if at is not None and energy_wh is not None:
            energies[dt_util.as_utc(at)] = energy_wh
    starts = sorted(energies)
    ends = [*starts[1:], *(start + _LONGEST for start in starts[-1:])]
    return [
        SunPower(start=start, end=end, power_w=energies[start] / ((end - start) / timedelta(hours=1)))
        for start, following in zip(starts, ends, strict=True)
        if (end := min(following, start + _LONGEST)) > start
    ]


async def async_entries_with_forecast(hass: HomeAssistant) -> list[str]:
    """Return the config entries that the Energy dashboard has for the forecast of its solar panels."""
    if "energy" not in hass.config.components or (data := (await async_get_manager(hass)).data) is None:
        return []
    sources: list[Mapping[str, Any]] = [*data["energy_sources"]]
    found = [
        entry_id
        for source in sources
        if source["type"] == "solar"
        for entry_id in source.get("config_entry_solar_forecast") or ()
    ]
    return list(dict.fromkeys(found))


async def async_forecasts(hass: HomeAssistant) -> list[Mapping[str, Any]]:
    """Return the forecasts of the Energy dashboard, in Wh by the beginning of their times as ISO 8601."""
    found: list[Mapping[str, Any]] = []
    if not (entry_ids := await async_entries_with_forecast(hass)):
        return found
    # It needs the recorder, as the Energy dashboard does, and a house without it does not have that installed.
    from homeassistant.components.energy.websocket_api import async_get_energy_platforms  # noqa: PLC0415

    platforms = await async_get_energy_platforms(hass)
    for entry_id in entry_ids:
        entry = hass.config_entries.async_get_entry(entry_id)
        if entry is not None and entry.domain in platforms:
            forecast = await platforms[entry.domain](hass, entry_id)
            wh_hours = None if forecast is None else forecast.get("wh_hours")
            if isinstance(wh_hours, Mapping):
                found.append(wh_hours)
    return found


class SunForecast:
    """Reads the forecast for a group now and then, if its owner wants plans to count on it."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Know nothing yet."""
        self._hass = hass
        self._entry = entry
        # Of all cars together, by how many share it; None: not read yet.
        self._shared: dict[int, tuple[SunPower, ...]] | None = None
        self._next_s = 0.0

    @property
    def is_wanted(self) -> bool:
        """Return whether the owner of the group has chosen it."""
        return bool(self._entry.options.get(CONF_SUN_FORECAST, DEFAULTS[CONF_SUN_FORECAST]))

    @callback
    def take(self, t: float) -> None:
        """Read it anew if it is time; `t` in seconds of a clock that never goes back."""
        if not self.is_wanted:
            self._shared, self._next_s = {1: ()}, 0.0
        elif t >= self._next_s:
            self._next_s = t + (_READ_EVERY_S if self._shared else _TRY_AGAIN_S)
            self._entry.async_create_background_task(
                self._hass, self._async_read(), f"{self._entry.title} - sun forecast"
            )

    async def _async_read(self) -> None:
        """Read it; the last one counts while there is none, for its times pass by themselves."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                forecasts = await async_forecasts(self._hass)
        except FAILS_ELSEWHERE as error:
            LOGGER.debug("%s: no sun forecast: %s", self._entry.title, type(error).__name__)
            return
        if forecasts:
            house_w = self._entry.options.get(CONF_SUN_FORECAST_HOUSE, DEFAULTS[CONF_SUN_FORECAST_HOUSE])
            self._shared = {1: powers_of(forecasts, dt_util.utcnow(), house_w=house_w)}

    def for_each(self, cars: int) -> tuple[SunPower, ...] | None:
        """Return what each of so many cars may count on; None: not known yet."""
        if (shared := self._shared) is None:
            return None
        if cars not in shared:
            shared[cars] = tuple(
                SunPower(start=each.start, end=each.end, power_w=each.power_w / cars) for each in shared[1]
            )
        return shared[cars]
