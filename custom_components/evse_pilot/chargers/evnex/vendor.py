"""EVNEX as a vendor."""

from collections.abc import Mapping
from datetime import timedelta, tzinfo
from typing import Any

import voluptuous as vol

from homeassistant.const import CONF_ACCESS_TOKEN, CONF_URL, UnitOfElectricCurrent
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import NumberSelector, NumberSelectorConfig, NumberSelectorMode

from ...const import CONF_CIRCUIT_CURRENT, CONF_SERIAL
from ...entities.device import Vendor
from ...runtime.accounts import Cloud
from .charger import Evnex
from .client import DEFAULT_URL, ParticleCloud
from .entities import ENTITIES
from .models import MAXIMUM_A, MINIMUM_A, EvnexState


def _connect(hass: HomeAssistant, data: Mapping[str, Any], _: tzinfo) -> Evnex:
    return Evnex(
        async_get_clientsession(hass),
        data[CONF_URL],
        data[CONF_ACCESS_TOKEN],
        serial=data[CONF_SERIAL],
        circuit_limit_a=data[CONF_CIRCUIT_CURRENT],
    )


EVNEX = Vendor[Evnex, EvnexState](
    key="evnex",
    name="EVNEX",
    form=vol.Schema(
        {
            vol.Required(CONF_CIRCUIT_CURRENT): NumberSelector(
                NumberSelectorConfig(
                    min=MINIMUM_A,
                    max=MAXIMUM_A,
                    step=1,
                    mode=NumberSelectorMode.BOX,
                    unit_of_measurement=UnitOfElectricCurrent.AMPERE,
                )
            )
        }
    ),
    connect=_connect,
    options=(CONF_CIRCUIT_CURRENT,),
    # It streams every 3 s; its cloud is polled only after it has been silent for so long.
    pace=lambda _: timedelta(seconds=30),
    entities=ENTITIES,
    cloud=Cloud(url=DEFAULT_URL, connect=ParticleCloud, token_lasts=timedelta(days=90)),
    # Nothing on the local network identifies it.
    recognises=lambda _: False,
    serial_from_name=lambda _: None,
)
