"""PSP EVSE: its name, its form, and how to get to one."""

from collections.abc import Mapping
from datetime import timedelta, tzinfo
from typing import Any

from aiohttp import ClientSession
import voluptuous as vol

from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig

from ...const import CONF_SERIAL
from ...entities.device import Vendor
from .charger import PspEvse
from .entities import ENTITIES
from .models import PspState


def _connect(session: ClientSession, data: Mapping[str, Any], _: tzinfo) -> PspEvse:
    return PspEvse(session, data[CONF_HOST], data[CONF_PORT], serial=data.get(CONF_SERIAL))


def _pace(state: PspState) -> timedelta:
    return timedelta(seconds=5 if state.session_started or state.charging else 10)


PSP = Vendor[PspEvse, PspState](
    key="psp",
    name="PSP EVSE",
    form=vol.Schema({vol.Required(CONF_HOST): TextSelector(TextSelectorConfig(autocomplete="off"))}),
    connect=_connect,
    pace=_pace,
    entities=ENTITIES,
    # It does not announce itself, and what its name on the network looks like is not documented.
    recognises=lambda _: False,
    serial_from_name=lambda _: None,
)
