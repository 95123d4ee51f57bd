"""Repair issues of a group: what its owner has to mend; each is withdrawn when it is mended."""

from collections.abc import Collection, Iterable, Iterator

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..chargers.types import OwnBalancing
from ..const import DOMAIN
from .link import MemberLink

# A charger that sets its current by itself, too.
_TWO_HANDS = {
    OwnBalancing.SMART_MODE: "two_hands_smart_mode",
    OwnBalancing.SOLAR_MODE: "two_hands_solar_mode",
    OwnBalancing.MASTER: "two_hands_master",
    OwnBalancing.NODE: "two_hands_node",
    OwnBalancing.ENERGY_METER: "two_hands_energy_meter",
    OwnBalancing.CONTROL_STRATEGY: "two_hands_control_strategy",
    OwnBalancing.SUPERVISOR: "two_hands_supervisor",
    OwnBalancing.OCPP: "two_hands_ocpp",
}


class Troubles:
    """The repair issues that are open for one group."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Start without any."""
        self._hass = hass
        self._entry = entry
        self._open: set[str] = set()

    @callback
    def show(self, links: Iterable[MemberLink], *, steers: bool, two_masters: Collection[str]) -> None:
        """Open an issue for each new trouble, and withdraw those that are mended."""
        found = {
            f"{kind}_{link.id}": (kind, link)
            for link in links
            for kind in _troubles(link, steers=steers, has_two_masters=link.id in two_masters)
        }
        self._withdraw(self._open - set(found))
        for issue_id in set(found) - self._open:
            kind, link = found[issue_id]
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                issue_id,
                is_fixable=False,
                severity=ir.IssueSeverity.WARNING,
                translation_key=kind,
                translation_placeholders={"name": link.title, "group": self._entry.title},
            )
        self._open = set(found)

    @callback
    def withdraw(self) -> None:
        """Withdraw all."""
        self._withdraw(self._open)
        self._open = set()

    def _withdraw(self, issue_ids: Iterable[str]) -> None:
        for issue_id in issue_ids:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)


def _troubles(link: MemberLink, *, steers: bool, has_two_masters: bool) -> Iterator[str]:
    if link.entry is None:
        yield "member_gone"
    if link.own_balancing is not None and steers:
        yield _TWO_HANDS[link.own_balancing]
    if has_two_masters:
        yield "two_masters"
    if link.control is not None and link.control.writes_today > link.control.daily_writes:
        yield "many_writes"
