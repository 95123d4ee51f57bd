"""The price that the owner of a charger has named: a fixed one, or that of a sensor."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfEnergy
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.util.unit_conversion import EnergyConverter

from ..chargers.wire import number
from ..runtime.entity_watch import EntityWatch
from ..runtime.issues import async_show_issue
from .tracker import Tariff

# In the options of a charger.
CONF_PRICE: Final = "price"
CONF_PRICE_SENSOR: Final = "price_sensor"
PRICE_DOMAINS: Final = ("sensor", "input_number", "number")

# More than any currency has for a kilowatt-hour, so that only nonsense falls outside.
_MOST = 1e6
# What sensors write for a currency beside its code, and for a hundredth of it.
_SYMBOLS: Mapping[str, tuple[str, ...]] = {
    "CHF": ("Fr", "Fr."),
    "CZK": ("Kč",),
    "DKK": ("kr", "kr."),
    "EUR": ("€",),
    "GBP": ("£",),
    "NOK": ("kr", "kr."),
    "PLN": ("zł",),
    "RON": ("lei",),
    "SEK": ("kr", "kr."),
    "USD": ("$",),
}
_HUNDREDTHS: Mapping[str, tuple[str, ...]] = {
    "CHF": ("rp", "rp."),
    "DKK": ("øre",),
    "EUR": ("ct", "c", "cent", "c€", "¢"),
    "GBP": ("p",),
    "NOK": ("øre",),
    "PLN": ("gr",),
    "RON": ("bani",),
    "SEK": ("öre",),
    "USD": ("ct", "c", "cent", "¢"),
}


def per_kwh(unit: object, currency: str) -> float | None:
    """Return the factor from a value in this unit to a price per kWh in the currency; None: it is no such unit."""
    money, slash, energy = str(unit or "").replace(" ", "").partition("/")
    if not slash or energy not in EnergyConverter.VALID_UNITS:
        return None
    units = EnergyConverter.convert(1.0, UnitOfEnergy.KILO_WATT_HOUR, energy)
    money = money.casefold()
    if money in map(str.casefold, (currency, *_SYMBOLS.get(currency, ()))):
        return units
    # Nord Pool of HACS writes them with a capital.
    return units / 100 if money in _HUNDREDTHS.get(currency, ()) else None


def price_of(state: State | None, currency: str) -> float | None:
    """Return the price per kWh that an entity shows; None: none, or in an odd unit or another currency."""
    if state is None or (factor := per_kwh(state.attributes.get(ATTR_UNIT_OF_MEASUREMENT), currency)) is None:
        return None
    value = number(state.state, -_MOST, _MOST)
    return None if value is None else value * factor


class NamedPrice:
    """The price in the options of a charger, as it is now; a renamed sensor is followed, and a missing one reported."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Watch nothing yet."""
        self._hass = hass
        self._entry = entry

    @callback
    def async_start(self) -> None:
        """Follow the sensor until the entry is unloaded."""
        if (sensor := self._options.get(CONF_PRICE_SENSOR)) is None:
            return
        watch = EntityWatch(self._hass, sensor, on_rename=self._on_rename, on_missing=self._report_missing)
        watch.async_start()
        self._entry.async_on_unload(watch.async_stop)
        self._entry.async_on_unload(lambda: self._report_missing(False))

    @callback
    def _on_rename(self, _: str, after: str) -> None:
        options = {**self._options, CONF_PRICE_SENSOR: after}
        self._hass.config_entries.async_update_entry(self._entry, options=options)

    @callback
    def _report_missing(self, is_missing: bool) -> None:
        placeholders = {"name": self._entry.title, "entity": self._options.get(CONF_PRICE_SENSOR, "")}
        async_show_issue(self._hass, self._entry, "price_missing", placeholders if is_missing else None)

    @property
    def _options(self) -> Mapping[str, Any]:
        return self._entry.options

    @property
    def tariff(self) -> Tariff | None:
        """Return the price that holds now; None: the owner has named none."""
        currency, price = self._hass.config.currency, self._options.get(CONF_PRICE)
        if (sensor := self._options.get(CONF_PRICE_SENSOR)) is not None:
            return Tariff(per_kwh=price_of(self._hass.states.get(sensor), currency), currency=currency)
        if price is None:
            return None
        return Tariff(per_kwh=number(price, -_MOST, _MOST), currency=currency, is_fixed=True)
