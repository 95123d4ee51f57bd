"""Constants of EVSE Pilot."""

import logging
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "evse_pilot"
LOGGER = logging.getLogger(__package__)

PLATFORMS: Final = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CALENDAR,
    Platform.DATETIME,
    Platform.EVENT,
    Platform.LIGHT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.TEXT,
    Platform.TIME,
]

CONF_CIRCUIT_CURRENT: Final = "circuit_current"
CONF_DEVICE_ID: Final = "device_id"
CONF_KIND: Final = "kind"
CONF_EXPIRES_AT: Final = "expires_at"
CONF_POWER_SOURCE: Final = "power_source"
CONF_REFRESH_TOKEN: Final = "refresh_token"
CONF_SERIAL: Final = "serial"
CONF_VENDOR: Final = "vendor"

# What an entry is that is no charger.
KIND_GROUP: Final = "group"
