"""Config flow of the integration of another make."""

from typing import Any, override

import voluptuous as vol

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_PORT

from . import DOMAIN


class OtherboxConfigFlow(ConfigFlow, domain=DOMAIN):
    """Asks where the charger is."""

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        if user_input is not None:
            return self.async_create_entry(title="Otherbox", data=user_input)
        fields = {vol.Required(CONF_HOST): str, vol.Required(CONF_PORT): int}
        return self.async_show_form(step_id="user", data_schema=vol.Schema(fields))
