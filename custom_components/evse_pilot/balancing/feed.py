"""Feed of the mains currents to a charger of a group that takes them from elsewhere."""

from collections.abc import Sequence
import math

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..chargers.capabilities import MeterFeed
from ..chargers.errors import ChargerError, ChargerRefusedError
from ..chargers.types import MainsReading
from ..const import LOGGER
from .link import MemberLink
from .settings import CONF_FEED, CONF_WIRING, wired_to

# A SmartEVSE drops the currents after 11 s. They are sent once in a second or two, and while they are no older than this.
_PAUSE_S, _STALE_AFTER_S = 1.0, 10.0
# Its owner may have mended what it refused for.
_AFTER_REFUSAL_S = 3600.0


class MainsFeed:
    """Sends the readings of the mains to one charger, as long as there are any; it is a reading, and no claim."""

    def __init__(self, hass: HomeAssistant, group: ConfigEntry, link: MemberLink) -> None:
        """Know the charger; nothing is sent yet."""
        self._hass = hass
        self._group = group
        self._link = link
        self._sent_s = self._refused_s = -math.inf
        self._is_sending = False

    @callback
    def feed(self, t: float, mains_a: Sequence[float | None], read_s: Sequence[float]) -> None:
        """Send the currents of the phases, in A, if it is time; `read_s` is when each was read."""
        link = self._link
        if link.device is None or not link.device.coordinator.last_update_success:
            # What it refused before its absence, it may take afterwards.
            self._refused_s = -math.inf
            return
        feed = link.device.target.capability(MeterFeed)
        known = [amps for amps in mains_a if amps is not None]
        if not link.numbers.get(CONF_FEED) or feed is None or len(known) < len(mains_a):
            return
        is_early = t < self._sent_s + _PAUSE_S or t < self._refused_s + _AFTER_REFUSAL_S
        if is_early or self._is_sending or t > min(read_s) + _STALE_AFTER_S:
            return
        self._sent_s, self._is_sending = t, True
        self._group.async_create_background_task(
            self._hass,
            self._async_send(t, feed, MainsReading(currents_a=as_wired(known, link.numbers[CONF_WIRING]))),
            f"{self._group.title} - feed of {link.title}",
        )

    async def _async_send(self, t: float, feed: MeterFeed, reading: MainsReading) -> None:
        try:
            await feed.feed_mains(reading)
        except ChargerRefusedError as error:
            self._refused_s = t
            LOGGER.warning("%s does not take the mains currents: %s", self._link.title, error.reason)
        except ChargerError as error:
            LOGGER.debug("The mains currents did not reach %s: %s", self._link.title, error)
        finally:
            self._is_sending = False


def as_wired(mains_a: Sequence[float], wiring: str) -> tuple[float, float, float]:
    """Return the currents of the mains in the order of the charger's conductors; 0 A of a phase that a house lacks."""
    own = [phase for phase in wired_to(wiring) if phase <= len(mains_a)]
    others = [phase for phase in range(1, len(mains_a) + 1) if phase not in own]
    first, second, third = ([mains_a[phase - 1] for phase in own + others] + [0.0, 0.0])[:3]
    return first, second, third
