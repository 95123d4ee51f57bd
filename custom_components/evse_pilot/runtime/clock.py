"""The clock by which readings and commands are ordered."""

from homeassistant.core import HomeAssistant


def monotonic_s(hass: HomeAssistant) -> float:
    """Return the seconds of a clock that never goes back."""
    return hass.loop.time()
