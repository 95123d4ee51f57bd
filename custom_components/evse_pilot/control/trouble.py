"""Repair issues of a charger: what only its owner can mend; each is withdrawn when it is mended."""

from collections.abc import Iterator
import math

from homeassistant.core import HomeAssistant, callback

from ..chargers.capabilities import EntityBacked
from ..chargers.types import Shortage
from ..const import CONF_POWER_SOURCE
from ..runtime.clock import monotonic_s
from ..runtime.issues import Issues, Trouble
from ..runtime.wake_up import WakeUp
from .claim import Source
from .controller import ChargerController

# A restart of what feeds the charger is no shortage, and one that installs firmware may not know a command meanwhile.
_FEED_LASTS_S, _SUPERVISION_LASTS_S, _FIRMWARE_LASTS_S = 120.0, 60.0, 600.0
# A start of Home Assistant, or a reload of an integration, takes less.
_MISSING_LASTS_S = 600.0
# So long after its last command too many, also past midnight.
_MANY_WRITES_STAY_S = 86_400.0
_UNKNOWN_COMMAND = frozenset({"refused_function_missing", "refused_unknown_to_firmware"})


class ChargerTroubles:
    """The repair issues of one charger, in a group or not."""

    def __init__(self, hass: HomeAssistant, controller: ChargerController) -> None:
        """Start without any."""
        self._hass = hass
        self._controller = controller
        self._issues = Issues(hass)
        # Of a charger that has no entity left, too.
        self._missing, self._look_again = Issues(hass), WakeUp(hass, self._on_change)
        self._is_missing = False
        self._many_writes_until_s = -math.inf

    @callback
    def async_start(self) -> None:
        """Follow the controller until the entry is unloaded."""
        entry = self._controller.entry
        entry.async_on_unload(self._controller.async_add_listener(self._on_change))
        for cancel in (self._issues.withdraw, self._missing.withdraw, self._look_again.cancel):
            entry.async_on_unload(cancel)
        self._on_change()

    @callback
    def _on_change(self) -> None:
        t, entry_id = monotonic_s(self._hass), self._controller.entry.entry_id
        # What a charger that does not answer needs is not known.
        if self._controller.is_available and self._controller.state is not None:
            self._issues.show(t, {f"{trouble.kind}_{entry_id}": trouble for trouble in self._troubles(t)})
        backed = self._controller.charger.capability(EntityBacked)
        missing = () if backed is None else backed.missing()
        if bool(missing) is not self._is_missing:
            self._is_missing = bool(missing)
            self._look_again.set_in(_MISSING_LASTS_S if missing else None)
        trouble = Trouble(
            kind="entities_missing",
            placeholders={"name": self._controller.entry.title, "entities": ", ".join(missing)},
            lasts_s=_MISSING_LASTS_S,
        )
        self._missing.show(t, {f"{trouble.kind}_{entry_id}": trouble} if missing else {})

    def _troubles(self, t: float) -> Iterator[Trouble]:
        controller = self._controller
        name = {"name": controller.entry.title}
        shortage = controller.charger.shortage(controller.state)
        if shortage is Shortage.MAINS_FEED:
            yield Trouble(kind="mains_feed_missing", placeholders=name, lasts_s=_FEED_LASTS_S)
        if shortage is Shortage.SUPERVISION and self._is_to_supervise:
            yield Trouble(
                kind="other_supervisor",
                placeholders=name,
                lasts_s=_SUPERVISION_LASTS_S,
                fix={"flow": "take_power_control", "entry_id": controller.entry.entry_id},
            )
        if controller.problem in _UNKNOWN_COMMAND:
            yield Trouble(kind="firmware_too_old", placeholders=name, lasts_s=_FIRMWARE_LASTS_S)
        if controller.writes_today > controller.daily_writes:
            self._many_writes_until_s = t + _MANY_WRITES_STAY_S
        if t < self._many_writes_until_s:
            yield Trouble(kind="many_writes", placeholders=name | {"most": str(controller.daily_writes)})

    @property
    def _is_to_supervise(self) -> bool:
        """Return whether the power of the charger is to be set from here: its control was taken, or a group has it."""
        controller = self._controller
        return CONF_POWER_SOURCE in controller.entry.options or Source.GROUP in controller.claims
