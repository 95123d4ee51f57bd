"""What a plan reads of others: entities with prices, and the state of charge of a car."""

from collections.abc import Callable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..sessions.price import CONF_PRICE_SENSOR
from .car import CarSensor
from .goal import Goal
from .source import CONF_PLAN_PRICES, PriceSource


class PlanInputs:
    """Follows the entities of a goal, and those with prices in the options of the charger."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        on_prices: Callable[[], None],
        on_soc: Callable[[], None],
        on_rename: Callable[[str, str], None],
    ) -> None:
        """Follow nothing yet; `on_rename` is called with the old and the new entity id, after the options have it."""
        self._hass = hass
        self._entry = entry
        self._on_rename = on_rename
        self.prices = PriceSource(hass, entry, on_change=on_prices, on_rename=self._renamed)
        self.car = CarSensor(hass, entry, on_change=on_soc, on_rename=self._renamed)

    @callback
    def follow(self, goal: Goal | None) -> None:
        """Follow the entities of this goal, or those for all goals, instead of those before; also while no plan is on.

        Thus a new name is known when the next plan is made, and what is missing before.
        """
        listed = self._entry.options.get(CONF_PLAN_PRICES, ())
        self.prices.async_follow(listed if goal is None else self.prices_of(goal))
        self.car.async_follow(None if goal is None else goal.soc_entity)

    @callback
    def stop(self) -> None:
        """Follow nothing any more."""
        self.prices.async_stop()
        self.car.async_stop()

    def prices_of(self, goal: Goal) -> tuple[str, ...]:
        """Return which entities have the prices of a goal."""
        if goal.prices:
            return goal.prices
        options = self._entry.options
        sensor = options.get(CONF_PRICE_SENSOR)
        return tuple(options.get(CONF_PLAN_PRICES) or ([] if sensor is None else [sensor]))

    @property
    def has_prices(self) -> bool:
        """Return whether the owner has chosen prices for all goals."""
        options = self._entry.options
        return bool(options.get(CONF_PLAN_PRICES)) or CONF_PRICE_SENSOR in options

    @callback
    def _renamed(self, before: str, after: str) -> None:
        listed: list[str] = self._entry.options.get(CONF_PLAN_PRICES, [])
        if before in listed:
            renamed = [after if each == before else each for each in listed]
            options = {**self._entry.options, CONF_PLAN_PRICES: renamed}
            self._hass.config_entries.async_update_entry(self._entry, options=options)
        self._on_rename(before, after)
