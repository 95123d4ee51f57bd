"""Lektrico as a vendor: its name, its form, and the connection to a box."""

from collections.abc import Mapping
from datetime import timedelta, tzinfo
from typing import Any

import voluptuous as vol

from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_PORT, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType

from ...const import CONF_SERIAL
from ...entities.device import Vendor
from .box import LektricoBox
from .charger import Lektrico
from .entities import ENTITIES
from .models import LektricoState, serial_from_name


def _connect(hass: HomeAssistant, data: Mapping[str, Any], zone: tzinfo) -> Lektrico:
    username, password = data.get(CONF_USERNAME, ""), data.get(CONF_PASSWORD, "")
    box = LektricoBox(
        async_get_clientsession(hass),
        data[CONF_HOST],
        data[CONF_PORT],
        auth=(username, password) if username or password else None,
        serial=data.get(CONF_SERIAL),
    )
    return Lektrico(box, zone=zone)


def _pace(state: LektricoState) -> timedelta:
    """Return the time to the next poll: half as long where the current matters, at a car that charges and at the mains."""
    return timedelta(seconds=5 if state.charging or not state.is_charger else 10)


LEKTRICO = Vendor[Lektrico, LektricoState](
    key="lektrico",
    name="Lektrico",
    form=vol.Schema(
        {
            vol.Required(CONF_HOST): TextSelector(TextSelectorConfig(autocomplete="off")),
            vol.Optional(CONF_USERNAME): TextSelector(TextSelectorConfig(autocomplete="username")),
            vol.Optional(CONF_PASSWORD): TextSelector(
                TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
            ),
        }
    ),
    connect=_connect,
    pace=_pace,
    entities=ENTITIES,
    login=(CONF_USERNAME, CONF_PASSWORD),
    recognises=lambda name: name.lower().startswith("lektrico"),
    serial_from_name=serial_from_name,
)
