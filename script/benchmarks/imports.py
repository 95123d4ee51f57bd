"""How long a fresh interpreter takes to import an integration; imports nothing itself that an integration could need."""

from importlib import import_module
from pkgutil import iter_modules
import sys
import time

# What chargers have entities on, and some other integration of a house has, too.
PLATFORMS = (
    *("binary_sensor", "button", "calendar", "datetime", "event", "light", "number", "select", "sensor"),
    *("switch", "text", "time", "update"),
)


def measure(package: str) -> tuple[float, int]:
    """Import an integration into an interpreter that has what every Home Assistant has.

    Return the processor time of that in ms, and how many modules it brought.
    """
    import_module("homeassistant.bootstrap")
    for library in ("aiohttp_client", "httpx_client", "update_coordinator", "entity_platform"):
        import_module(f"homeassistant.helpers.{library}")
    for platform in PLATFORMS:
        import_module(f"homeassistant.components.{platform}")
    before, worked_s = len(sys.modules), time.process_time()
    integration = import_module(package)
    # All that Home Assistant may ask it for.
    for each in iter_modules(integration.__path__):
        if not each.ispkg:
            import_module(f"{package}.{each.name}")
    return 1000 * (time.process_time() - worked_s), len(sys.modules) - before
