"""A log-in that is refused: when its owner is asked for another one, and when that is withdrawn."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..chargers.errors import ChargerAuthError, ChargerBusyError, ChargerError
from ..const import DOMAIN

# A charger that restarts, or a cloud in trouble, may refuse a good log-in for a moment.
REFUSED_FOR_S = 60.0
# How often to try a log-in that is not accepted; another one is tried at once.
TRY_EVERY_S = 300.0


@dataclass(slots=True, kw_only=True)
class _Refused:
    """Since when nothing but refusals came, in s, and whether the owner was asked for another log-in."""

    since_s: float
    is_asked: bool = False


# By entry, so that refusals are counted over the attempts to set it up.
_REFUSED: HassKey[dict[str, _Refused]] = HassKey(f"{DOMAIN}_refused")


class LogIn:
    """The log-in of one entry; it may have none.

    `renew`: renews it without a person, and sets up the entry anew, if that works; None: it cannot be renewed.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        is_set: bool,
        renew: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        """Ask for nothing yet."""
        self.is_set = is_set
        self._renew = renew
        self._hass = hass
        self._entry = entry
        self._refused = hass.data.setdefault(_REFUSED, {})

    @callback
    def failed(self, error: ChargerError, now_s: float) -> None:
        """Count an error: once there were only refusals for a minute, ask for another log-in, and try this one slowly.

        Where no log-in is set, there is none to ask for again. One that can be renewed is renewed at once, and once.
        """
        if isinstance(error, ChargerBusyError):
            # It has not looked at the log-in.
            return
        if not isinstance(error, ChargerAuthError):
            if (refused := self._refused.get(self._entry.entry_id)) is not None and not refused.is_asked:
                del self._refused[self._entry.entry_id]
            return
        if (refused := self._refused.get(self._entry.entry_id)) is None:
            refused = self._refused[self._entry.entry_id] = _Refused(since_s=now_s)
            if self._renew is not None:
                self._hass.async_create_background_task(
                    self._async_renew(self._renew), f"{self._entry.title} - renew"
                )
        if now_s - refused.since_s < REFUSED_FOR_S:
            return
        error.retry_after_s = error.retry_after_s or TRY_EVERY_S
        if self.is_set:
            refused.is_asked = True
            self._entry.async_start_reauth(self._hass)

    async def _async_renew(self, renew: Callable[[], Awaitable[object]]) -> None:
        # Not a task of the entry: it is set up anew meanwhile.
        await renew()

    @callback
    def accepted(self) -> None:
        """Withdraw the question for another log-in, if there is one."""
        refused = self._refused.pop(self._entry.entry_id, None)
        if refused is None or not refused.is_asked:
            return
        flows = self._hass.config_entries.flow
        context = {"source": SOURCE_REAUTH, "entry_id": self._entry.entry_id}
        for flow in flows.async_progress_by_handler(DOMAIN, match_context=context):
            flows.async_abort(flow["flow_id"])
