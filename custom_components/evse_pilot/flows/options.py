"""Options flow of a charger: how it is used, where Reconfigure is for how it is reached."""

from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult, OptionsFlowWithReload

from ..const import CONF_VENDOR
from ..vendors import VENDORS


class ChargerOptionsFlow(OptionsFlowWithReload):
    """Asks for the options of a vendor's chargers."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show them, under a title of their own."""
        return await self.async_step_charger(user_input)

    async def async_step_charger(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for other values; what no form shows stays."""
        options = self.config_entry.options
        if user_input is not None:
            return self.async_create_entry(data={**options, **user_input})
        vendor = VENDORS[self.config_entry.data[CONF_VENDOR]]
        schema = {marker: field for marker, field in vendor.form.schema.items() if marker in vendor.options}
        return self.async_show_form(
            step_id="charger",
            data_schema=self.add_suggested_values_to_schema(vol.Schema(schema), options),
            description_placeholders={"name": self.config_entry.title},
        )


def has_options(entry: ConfigEntry) -> bool:
    """Return whether a charger has any; a discovered one that is ignored has not even a vendor."""
    vendor = VENDORS.get(entry.data.get(CONF_VENDOR, ""))
    return vendor is not None and bool(vendor.options)
