"""Repair issues of a group: what its owner has to mend; each is withdrawn when it is mended."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..chargers.capabilities import MainsMeter
from ..chargers.types import OwnBalancing
from ..runtime.competitors import async_competitors
from ..runtime.issues import Issues, Trouble
from .law.model import Decision
from .link import MemberLink
from .meters import async_unusable
from .safe_current import HOUSE_A, together_a
from .settings import CONF_FUSE, CONF_MAINS, CONF_METER, CONF_SAFE_CURRENT, Mains

# A charger that sets its current by itself, too. Another supervisor is a trouble of the charger, in a group or not.
_TWO_HANDS = {
    OwnBalancing.SMART_MODE: "two_hands_smart_mode",
    OwnBalancing.SOLAR_MODE: "two_hands_solar_mode",
    OwnBalancing.MASTER: "two_hands_master",
    OwnBalancing.NODE: "two_hands_node",
    OwnBalancing.ENERGY_METER: "two_hands_energy_meter",
    OwnBalancing.CONTROL_STRATEGY: "two_hands_control_strategy",
    OwnBalancing.OCPP: "two_hands_ocpp",
}
# A mode that is passed on the way to another is no trouble, nor an entry that is disabled for a moment.
_TWO_HANDS_LAST_S, _ABSENT_LASTS_S = 30.0, 60.0
# As long as a sensor of the mains may be missing, may have another unit, or may show what cannot be.
_METER_LASTS_S, _UNIT_LASTS_S, _DOUBT_LASTS_S = 600.0, 60.0, 60.0


class Troubles:
    """The repair issues of one group."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Start without any."""
        self._hass = hass
        self._entry = entry
        self._issues = Issues(hass)
        # Of the charger that reads the mains; one that was removed before a restart of Home Assistant has none any more.
        self._meter_title = "?"

    @callback
    def show(
        self, t: float, links: Collection[MemberLink], decision: Decision | None, *, steers: bool
    ) -> None:
        """Take what is wrong now; `t` in seconds of a clock that never goes back."""
        two_masters = () if decision is None else decision.two_masters
        found = {
            f"{trouble.kind}_{link.id}": trouble
            for link in links
            for trouble in self._troubles(link, steers=steers, has_two_masters=link.id in two_masters)
        }
        if self._is_meter_missing():
            found[f"meter_missing_{self._entry.entry_id}"] = Trouble(
                kind="meter_missing",
                placeholders={"group": self._entry.title, "entities": self._meter_title},
                lasts_s=_METER_LASTS_S,
                severity=ir.IssueSeverity.ERROR,
            )
        if decision is not None and decision.meter_doubted:
            found[f"meter_implausible_{self._entry.entry_id}"] = Trouble(
                kind="meter_implausible",
                placeholders={"group": self._entry.title},
                lasts_s=_DOUBT_LASTS_S,
                severity=ir.IssueSeverity.ERROR,
            )
        if steers and (trouble := self._safe_current_trouble([link.numbers for link in links])) is not None:
            found[f"{trouble.kind}_{self._entry.entry_id}"] = trouble
        if unusable := self._unusable_sensors():
            found[f"meter_unit_{self._entry.entry_id}"] = Trouble(
                kind="meter_unit",
                placeholders={"group": self._entry.title, "entities": ", ".join(unusable)},
                lasts_s=_UNIT_LASTS_S,
                severity=ir.IssueSeverity.ERROR,
            )
        self._issues.show(t, found)

    @callback
    def withdraw(self) -> None:
        """Withdraw all."""
        self._issues.withdraw()

    def _safe_current_trouble(self, members: Iterable[Mapping[str, Any]]) -> Trouble | None:
        """Return the trouble with a safe current that leaves the house too little of the fuse."""
        fuse_a, safe_a = self._entry.options[CONF_FUSE], self._entry.options[CONF_SAFE_CURRENT]
        if (all_a := together_a(safe_a, members)) == 0 or fuse_a - all_a >= HOUSE_A:
            return None
        amps = {"fuse": f"{fuse_a:g}", "safe": f"{safe_a:g}", "together": f"{all_a:g}"}
        return Trouble(
            kind="safe_current_high",
            placeholders={"group": self._entry.title} | amps,
            lasts_s=_ABSENT_LASTS_S,
        )

    def _unusable_sensors(self) -> list[str]:
        if self._entry.options[CONF_MAINS] != Mains.SENSORS:
            return []
        return async_unusable(self._hass, self._entry)

    def _is_meter_missing(self) -> bool:
        """Return whether the mains are read by a charger that has gone, is disabled, or has no meter any more."""
        options = self._entry.options
        if options[CONF_MAINS] != Mains.CHARGER:
            return False
        charger = self._hass.config_entries.async_get_entry(options[CONF_METER])
        if charger is None or charger.disabled_by is not None:
            return True
        self._meter_title = charger.title
        return (
            charger.state is ConfigEntryState.LOADED
            and charger.runtime_data.target.capability(MainsMeter) is None
        )

    def _troubles(self, link: MemberLink, *, steers: bool, has_two_masters: bool) -> Iterator[Trouble]:
        names = {"name": link.title, "group": self._entry.title}
        member = {"group_id": self._entry.entry_id, "member_id": link.id}
        if link.entry is None:
            yield Trouble(
                kind="member_gone",
                placeholders=names,
                lasts_s=_ABSENT_LASTS_S,
                fix={"flow": "remove_member"} | member,
            )
        elif link.entry.disabled_by is not None:
            yield Trouble(
                kind="member_disabled",
                placeholders=names,
                lasts_s=_ABSENT_LASTS_S,
                fix={"flow": "enable", "entry_id": link.entry_id},
            )
        elif has_two_masters:
            yield self._second_master(link.entry, names, member)
        if steers and link.own_balancing in _TWO_HANDS:
            yield Trouble(kind=_TWO_HANDS[link.own_balancing], placeholders=names, lasts_s=_TWO_HANDS_LAST_S)

    def _second_master(self, charger: ConfigEntry, names: dict[str, str], member: dict[str, str]) -> Trouble:
        """Return the trouble with a second master, with its name if another integration reaches the same charger."""
        for other in async_competitors(self._hass, charger):
            return Trouble(
                kind="two_masters_named",
                placeholders=names | {"other": other.name},
                fix={"flow": "one_master", "other_id": other.entry_id} | member,
            )
        return Trouble(kind="two_masters", placeholders=names)
