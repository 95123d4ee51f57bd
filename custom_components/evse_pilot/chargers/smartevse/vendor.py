"""SmartEVSE as a vendor: its name, its form and its client."""

from collections.abc import Mapping
from datetime import timedelta, tzinfo
from typing import Any

import voluptuous as vol

from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig

from ...const import CONF_SERIAL
from ...entities.device import Vendor
from .charger import SmartEvse
from .entities import ENTITIES
from .models import SmartEvseState, serial_from_name


def _connect(hass: HomeAssistant, data: Mapping[str, Any], zone: tzinfo) -> SmartEvse:
    session = async_get_clientsession(hass)
    return SmartEvse(session, data[CONF_HOST], data[CONF_PORT], zone=zone, serial=data.get(CONF_SERIAL))


SMARTEVSE = Vendor[SmartEvse, SmartEvseState](
    key="smartevse",
    name="SmartEVSE",
    form=vol.Schema({vol.Required(CONF_HOST): TextSelector(TextSelectorConfig(autocomplete="off"))}),
    connect=_connect,
    # As often as its own web page; the answer takes milliseconds.
    pace=lambda _: timedelta(seconds=5),
    entities=ENTITIES,
    # Not the Sensorbox, which has the same server and another name.
    recognises=lambda name: name.lower().startswith("smartevse-"),
    serial_from_name=serial_from_name,
)
