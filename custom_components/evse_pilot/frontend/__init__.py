"""The dashboard strategy, served to the browser."""

from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration

from ..const import DOMAIN

FOLDER: Final = Path(__file__).parent / "js"
MODULE: Final = "evse-pilot-strategy.js"


async def async_setup_dashboard(hass: HomeAssistant) -> None:
    """Serve the modules of the strategy, and let each browser load them, where there is a frontend."""
    if "frontend" not in hass.config.components:
        return
    # Loaded already where there is a frontend; where there is none, they would cost seconds.
    from homeassistant.components.frontend import add_extra_js_url  # noqa: PLC0415
    from homeassistant.components.http.server import StaticPathConfig  # noqa: PLC0415

    # A browser keeps a file for a month, so its address has the version. It is in the path and not behind it, for the
    # module imports others by relative addresses, which have to change with it.
    version = (await async_get_integration(hass, DOMAIN)).version
    address = f"/{DOMAIN}_frontend/{version}"
    await hass.http.async_register_static_paths([StaticPathConfig(address, str(FOLDER), cache_headers=True)])
    add_extra_js_url(hass, f"{address}/{MODULE}")
