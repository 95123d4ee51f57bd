"""Repair issues of a group: what its owner has to mend; each is withdrawn when it is mended."""

from collections.abc import Collection, Iterable, Iterator

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..chargers.types import OwnBalancing
from ..runtime.competitors import async_competitors
from ..runtime.issues import Issues, Trouble
from .link import MemberLink

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


class Troubles:
    """The repair issues of one group."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Start without any."""
        self._hass = hass
        self._entry = entry
        self._issues = Issues(hass)

    @callback
    def show(
        self, t: float, links: Iterable[MemberLink], *, steers: bool, two_masters: Collection[str]
    ) -> None:
        """Take what is wrong now; `t` in seconds of a clock that never goes back."""
        self._issues.show(
            t,
            {
                f"{trouble.kind}_{link.id}": trouble
                for link in links
                for trouble in self._troubles(link, steers=steers, has_two_masters=link.id in two_masters)
            },
        )

    @callback
    def withdraw(self) -> None:
        """Withdraw all."""
        self._issues.withdraw()

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
