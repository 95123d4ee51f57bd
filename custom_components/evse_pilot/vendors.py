"""The vendors: one line each, and the only file that names them all."""

from typing import Any

from .chargers.evnex.vendor import EVNEX
from .chargers.existing.vendor import EXISTING
from .chargers.lektrico.vendor import LEKTRICO
from .chargers.psp.vendor import PSP
from .chargers.smartevse.vendor import SMARTEVSE
from .entities.device import Vendor

VENDORS: dict[str, Vendor[Any, Any]] = {
    vendor.key: vendor for vendor in (SMARTEVSE, LEKTRICO, EVNEX, PSP, EXISTING)
}
