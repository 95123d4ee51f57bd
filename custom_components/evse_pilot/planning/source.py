"""The prices that plans go by: of entities of other integrations, or of their actions."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfEnergy
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import EnergyConverter

from ..const import LOGGER
from ..runtime.entity_watch import EntityWatch
from ..runtime.errors import FAILS_ELSEWHERE
from ..runtime.issues import async_show_issue
from ..sessions.price import per_kwh
from .asked import asks_of, prices_of_response
from .prices import contradicts, is_what_is_known, joined, number_of, prices_of_attributes, without_past
from .segments import Known, Price, PriceCurve
from .tariff import Block, blocks_of, has_prices, prices_of_blocks

# In the options of a charger: entities with prices, for plans; without them the sensor of the price of sessions.
CONF_PLAN_PRICES = "plan_prices"
DOMAINS = ("sensor", "event", "schedule", "input_number", "number")
_SCHEDULE = "schedule"
# How long an answer of an action counts, and how long to wait for one.
_ASKED_AGAIN = timedelta(minutes=15)
_PATIENCE_S = 30.0
# A price without those to come is one for so long; it is read again with each look.
_HOLDS = timedelta(minutes=15)


class PriceSource:
    """Follows entities with prices; `on_change` is called when they have changed, `on_rename` after a new name."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        on_change: Callable[[], None],
        on_rename: Callable[[str, str], None],
    ) -> None:
        """Follow nothing yet."""
        self._hass = hass
        self._entry = entry
        self._on_change = on_change
        self._on_rename = on_rename
        self._watches: list[EntityWatch] = []
        # What actions returned, by entity, and when they were called last.
        self._asked: dict[str, tuple[Price, ...] | tuple[Block, ...]] = {}
        self._asked_at: datetime | None = None
        self._task: asyncio.Task[None] | None = None
        # What was known last: an entity that is away for a while still has those prices.
        self._last = Known()

    @property
    def entities(self) -> tuple[str, ...]:
        """Return which entities are followed."""
        return tuple(watch.entity_id for watch in self._watches)

    @callback
    def async_follow(self, entities: Iterable[str]) -> None:
        """Follow these entities instead of those before."""
        entities = tuple(entities)
        if entities == self.entities:
            return
        self.async_stop()
        for entity_id in entities:
            watch = EntityWatch(
                self._hass,
                entity_id,
                on_rename=self._renamed,
                on_missing=self._report_missing,
                on_state=self._on_helper if entity_id.startswith(f"{_SCHEDULE}.") else self._on_change,
            )
            self._watches.append(watch)
            watch.async_start()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        for watch in self._watches:
            watch.async_stop()
        self._watches = []
        self._asked, self._asked_at, self._last = {}, None, Known()
        if self._task is not None:
            self._task.cancel()
            self._task = None
        async_show_issue(self._hass, self._entry, "prices_missing", None)

    @callback
    def _on_helper(self) -> None:
        """Ask a schedule helper anew: its blocks may have been changed."""
        self._asked_at = None
        self._on_change()

    @callback
    def _renamed(self, before: str, after: str) -> None:
        self._on_rename(before, after)

    @callback
    def _report_missing(self, _: bool) -> None:
        missing = [watch.entity_id for watch in self._watches if watch.is_reported]
        placeholders = {"name": self._entry.title, "entity": ", ".join(missing)} if missing else None
        async_show_issue(self._hass, self._entry, "prices_missing", placeholders)

    # What is known

    def known(self) -> Known:
        """Return the prices that are known now."""
        if not self._watches:
            return Known()
        now, zone = dt_util.utcnow(), dt_util.get_default_time_zone()
        found: list[tuple[Price, ...]] = []
        unit: str | None = None
        for entity_id in self.entities:
            if entity_id.startswith(f"{_SCHEDULE}."):
                blocks = tuple(each for each in self._asked.get(entity_id, ()) if isinstance(each, Block))
                first = dt_util.as_local(now).date() - timedelta(days=1)
                found.append(prices_of_blocks(blocks, first, 10, zone))
                unit = unit or (self._hass.config.currency if has_prices(blocks) else None)
                continue
            state = self._hass.states.get(entity_id)
            factor, money = unit_of(state, self._hass.config.currency)
            prices = () if state is None else _prices_of(state, factor, self._last.prices)
            found.append(
                prices or tuple(each for each in self._asked.get(entity_id, ()) if isinstance(each, Price))
            )
            unit = unit or money
        if any(found):
            # What is read now counts more, also where its prices begin and end at other times than those before.
            read = joined(found)
            curve = PriceCurve(read)
            before = [each for each in self._last.prices if not curve.knows(each.start)]
            self._last = Known(prices=without_past(joined([before, read]), now), unit=unit)
        if not (prices := without_past(self._last.prices, now)):
            return Known(prices=self._price_of_now(now), unit=unit)
        if prices[-1].end <= now:
            # A list that is over is still a guess for the hours to come.
            prices = joined([prices, self._price_of_now(now)])
        return replace(self._last, prices=prices)

    @callback
    def restore(self, last: Known) -> None:
        """Take up what was known before a restart, until the entities show it again; a price of that time alone is no list."""
        if len(last.prices) > 1:
            self._last = last

    def _price_of_now(self, now: datetime) -> tuple[Price, ...]:
        """Return the price that a sensor shows now, where none shows those to come: enough for a ceiling."""
        for entity_id in self.entities:
            state = self._hass.states.get(entity_id)
            value = None if state is None else number_of(state.state)
            if value is not None and not entity_id.startswith(f"{_SCHEDULE}."):
                factor, _ = unit_of(state, self._hass.config.currency)
                start = now.replace(second=0, microsecond=0)
                return (Price(start=start, end=start + _HOLDS, per_kwh=value * factor),)
        return ()

    # What is asked for

    @callback
    def async_ask_if_due(self, until: datetime | None) -> None:
        """Call the actions in the background if the prices are not known until then; `on_change` is called afterwards."""
        if not self._is_due(until) or (self._task is not None and not self._task.done()):
            return
        self._task = self._entry.async_create_background_task(
            self._hass, self._async_ask_and_report(), f"{self._entry.title} - prices"
        )

    def _is_due(self, until: datetime | None) -> bool:
        if not self.entities:
            return False
        if self._asked_at is None:
            return True
        known = self.known().prices
        is_known = bool(known) and until is not None and known[-1].end >= until
        return not is_known and dt_util.utcnow() - self._asked_at >= _ASKED_AGAIN

    async def _async_ask_and_report(self) -> None:
        await self.async_ask()
        self._on_change()

    async def async_ask(self) -> None:
        """Call the actions that return prices of these entities; one that fails is called again later."""
        self._asked_at = dt_util.utcnow()
        for entity_id in self.entities:
            if answer := await self._async_answer(entity_id):
                self._asked[entity_id] = answer

    async def _async_answer(self, entity_id: str) -> tuple[Price, ...] | tuple[Block, ...]:
        if entity_id.startswith(f"{_SCHEDULE}."):
            response = await self._async_call(_SCHEDULE, "get_schedule", {"entity_id": entity_id})
            return blocks_of(response.get(entity_id) if isinstance(response, dict) else None)
        entry = er.async_get(self._hass).async_get(entity_id)
        if entry is None or entry.config_entry_id is None:
            return ()
        lists = []
        for ask in asks_of(entry.platform, entry.config_entry_id, dt_util.now()):
            if self._hass.services.has_service(entry.platform, ask.action):
                response = await self._async_call(entry.platform, ask.action, dict(ask.data))
                zone = dt_util.get_default_time_zone()
                lists.append(prices_of_response(ask, response, self._names(entry), zone))
        return joined(lists)

    async def _async_call(self, domain: str, action: str, data: dict[str, Any]) -> object:
        """Return the response of an action, None if it failed: as for a day whose prices are not there yet."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await self._hass.services.async_call(
                    domain, action, data, blocking=True, return_response=True
                )
        except FAILS_ELSEWHERE as error:
            LOGGER.debug(
                "%s: no prices of %s.%s: %s", self._entry.title, domain, action, type(error).__name__
            )
            return None

    def _names(self, entry: er.RegistryEntry) -> tuple[str, ...]:
        """Return by which names a response may have the prices of an entity: its area, or the name of its home."""
        device = None if entry.device_id is None else dr.async_get(self._hass).async_get(entry.device_id)
        names = (entry.unique_id.partition("-")[0], None if device is None else device.name)
        return tuple(name for name in names if name)


def _prices_of(state: State, factor: float, known: Sequence[Price]) -> tuple[Price, ...]:
    """Return the prices that an entity shows.

    Those without a date are of the day on which it was written last; or of the day before, if they are what is known of that,
    for some write their old lists again after midnight, with a new price.
    """
    day = dt_util.as_local(state.last_updated).date()
    shown, shown_before = (
        prices_of_attributes(state.attributes, factor, dt_util.get_default_time_zone(), each)
        for each in (day, day - timedelta(days=1))
    )
    return shown_before if is_what_is_known(shown_before, known) and contradicts(shown, known) else shown


def unit_of(state: State | None, currency: str) -> tuple[float, str | None]:
    """Return the factor of what an entity shows to a price of a kWh, and its unit, a currency or another one.

    Without a unit it is that of Home Assistant.
    """
    unit = None if state is None else state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    if not unit:
        return 1.0, currency
    if (factor := per_kwh(unit, currency)) is not None:
        return factor, currency
    money, _, energy = str(unit).replace(" ", "").partition("/")
    if energy not in EnergyConverter.VALID_UNITS:
        return 1.0, None
    return EnergyConverter.convert(1.0, UnitOfEnergy.KILO_WATT_HOUR, energy), money
