"""The vendor PSP EVSE."""

from datetime import timedelta

import voluptuous as vol

from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig

from ...const import CONF_SERIAL
from ...entities.device import Vendor
from .charger import PspEvse
from .entities import ENTITIES
from .models import PspState

PSP = Vendor[PspEvse, PspState](
    key="psp",
    name="PSP EVSE",
    form=vol.Schema({vol.Required(CONF_HOST): TextSelector(TextSelectorConfig(autocomplete="off"))}),
    connect=lambda hass, data, _: PspEvse(
        async_get_clientsession(hass), data[CONF_HOST], data[CONF_PORT], serial=data.get(CONF_SERIAL)
    ),
    pace=lambda state: timedelta(seconds=5 if state.session_started or state.charging else 10),
    entities=ENTITIES,
    # It does not announce itself. Not known: its name on the network.
    recognises=lambda _: False,
    serial_from_name=lambda _: None,
)
