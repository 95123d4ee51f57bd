"""Options flow of a charger: how it is used, where Reconfigure is for how it is reached."""

from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, STATE_UNAVAILABLE, STATE_UNKNOWN, UnitOfEnergy
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)

from ..const import CONF_VENDOR
from ..planning.source import CONF_PLAN_PRICES, DOMAINS as PLAN_DOMAINS
from ..sessions.price import CONF_PRICE, CONF_PRICE_SENSOR, PRICE_DOMAINS, per_kwh
from ..vendors import VENDORS
from .forms import Schema

_PRICES = (CONF_PRICE, CONF_PRICE_SENSOR, CONF_PLAN_PRICES)


class ChargerOptionsFlow(OptionsFlowWithReload):
    """Asks for the options of a vendor's chargers."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show them, under a title of their own."""
        return await self.async_step_charger(user_input)

    async def async_step_charger(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for other values; what no form shows stays."""
        options, errors = self.config_entry.options, dict[str, str]()
        if user_input is not None and not (errors := self._price_errors(user_input)):
            others = {key: value for key, value in options.items() if key not in _PRICES}
            return self.async_create_entry(data={**others, **user_input})
        vendor = VENDORS[self.config_entry.data[CONF_VENDOR]]
        schema: Schema = {
            marker: field for marker, field in vendor.form.schema.items() if marker in vendor.options
        }
        return self.async_show_form(
            step_id="charger",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(schema | self._price_form()), options if user_input is None else user_input
            ),
            errors=errors,
            description_placeholders={"name": self.config_entry.title},
        )

    def _price_form(self) -> Schema:
        """Return the fields for a price, fixed or of a sensor, and for the prices by which it is planned."""
        return {
            vol.Optional(CONF_PRICE): NumberSelector(
                NumberSelectorConfig(
                    step="any",
                    mode=NumberSelectorMode.BOX,
                    unit_of_measurement=f"{self.hass.config.currency}/{UnitOfEnergy.KILO_WATT_HOUR}",
                )
            ),
            vol.Optional(CONF_PRICE_SENSOR): EntitySelector(EntitySelectorConfig(domain=list(PRICE_DOMAINS))),
            vol.Optional(CONF_PLAN_PRICES): EntitySelector(
                EntitySelectorConfig(domain=list(PLAN_DOMAINS), multiple=True)
            ),
        }

    def _price_errors(self, user_input: dict[str, Any]) -> dict[str, str]:
        """Return the errors in a price, by field; a sensor that is unavailable shows no unit, and is taken as it is."""
        if CONF_PRICE_SENSOR not in user_input:
            return {}
        if CONF_PRICE in user_input:
            return {CONF_PRICE_SENSOR: "two_prices"}
        state = self.hass.states.get(user_input[CONF_PRICE_SENSOR])
        unit = None if state is None else state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
        is_known = state is not None and state.state not in (STATE_UNAVAILABLE, STATE_UNKNOWN)
        if is_known and per_kwh(unit, self.hass.config.currency) is None:
            return {CONF_PRICE_SENSOR: "no_price"}
        return {}


def has_options(entry: ConfigEntry) -> bool:
    """Return whether a charger has any; a discovered one that is ignored has not even a vendor."""
    return entry.data.get(CONF_VENDOR) in VENDORS
