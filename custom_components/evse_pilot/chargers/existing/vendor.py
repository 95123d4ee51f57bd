"""Any charger that Home Assistant already has, as a vendor."""

from collections.abc import Mapping
from datetime import timedelta, tzinfo
from typing import Any

import voluptuous as vol

from homeassistant.const import UnitOfElectricCurrent
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import NumberSelector, NumberSelectorConfig, NumberSelectorMode

from ...const import CONF_CIRCUIT_CURRENT
from ...entities.device import Vendor
from ...runtime.entity_port import HassEntityPort
from ..entity_port import CONF_DEVICE, CONF_INTEGRATION, CONF_LIMIT_ACTION, CONF_OWNERS, CONF_ROLES, Role
from ..types import LEAST_A
from .charger import ExistingCharger, Setup
from .entities import ENTITIES
from .loader import async_profile
from .models import ExistingState
from .proposal import Chooser

_MAXIMUM_A = 80


def _connect(hass: HomeAssistant, data: Mapping[str, Any], _: tzinfo) -> ExistingCharger:
    device_id, roles, action = data.get(CONF_DEVICE), data[CONF_ROLES], data.get(CONF_LIMIT_ACTION)
    setup = Setup(
        integration=data[CONF_INTEGRATION],
        device_id=device_id,
        circuit_a=data[CONF_CIRCUIT_CURRENT],
        roles=frozenset(map(Role, roles)),
        owners=frozenset(map(Role, data.get(CONF_OWNERS, ()))),
        has_action=action is not None,
    )
    return ExistingCharger(HassEntityPort(hass, device_id, roles, action), setup, async_profile)


EXISTING = Vendor[ExistingCharger, ExistingState](
    key="existing",
    name="EV charger",
    form=vol.Schema(
        {
            vol.Required(CONF_CIRCUIT_CURRENT): NumberSelector(
                NumberSelectorConfig(
                    min=LEAST_A,
                    max=_MAXIMUM_A,
                    step=1,
                    mode=NumberSelectorMode.BOX,
                    unit_of_measurement=UnitOfElectricCurrent.AMPERE,
                )
            )
        }
    ),
    connect=_connect,
    options=(CONF_CIRCUIT_CURRENT,),
    # It is read as its entities change. A group takes a charger for silent that shows nothing for longer.
    pace=lambda _: timedelta(seconds=10),
    entities=ENTITIES,
    chooser=Chooser(),
    recognises=lambda _: False,
    serial_from_name=lambda _: None,
)
