"""The entity that a schedule follows instead of windows of its own."""

from collections.abc import Callable, Mapping
from datetime import datetime
import math
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.util import dt as dt_util

from ..runtime.entity_watch import EntityWatch
from ..runtime.issues import async_show_issue
from .schedule import ALLOWED, MINIMUM_A, PAUSED, Outside, Permit

_ATTR_CURRENT = "current"
# Of a schedule helper.
_ATTR_NEXT_EVENT = "next_event"
# Of a calendar: its event of now, else the next one.
_ATTR_START, _ATTR_END = "start_time", "end_time"


class FollowedEntity:
    """A schedule helper, a calendar, a switch helper or a binary sensor; on allows charging.

    It raises a repair issue while the entity is missing, and one while its current cannot be used.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        on_change: Callable[[], None],
        on_rename: Callable[[], None],
    ) -> None:
        """Follow nothing yet; `on_change` is called after each change of its state, `on_rename` after a new name."""
        self._hass = hass
        self._entry = entry
        self._on_change = on_change
        self._on_rename = on_rename
        self._watch: EntityWatch | None = None
        self._bad_current: str | None = None

    @property
    def entity_id(self) -> str | None:
        """Return which entity is followed; None: none."""
        return None if self._watch is None else self._watch.entity_id

    @property
    def registry_id(self) -> str | None:
        """Return its id in the entity registry, by which it is found under a new name."""
        return None if self._watch is None else self._watch.registry_id

    @callback
    def async_follow(self, entity_id: str | None, registry_id: str | None = None) -> None:
        """Follow this entity, or none, instead of the one before."""
        self.async_stop()
        if entity_id is not None:
            self._watch = EntityWatch(
                self._hass,
                entity_id,
                registry_id,
                on_rename=self._renamed,
                on_missing=self._report_missing,
                on_state=self._on_change,
            )
            self._watch.async_start()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more, and withdraw the repair issues."""
        if self._watch is not None:
            self._watch.async_stop()
            self._watch = None
        self._bad_current = None
        async_withdraw_issues(self._hass, self._entry)

    @callback
    def async_permit(self, outside: Outside, minimum_a: float, maximum_a: float) -> Permit | None:
        """Return what the entity allows now; None: it is not known, so that what held before stands.

        Currents are in A per phase. One above the maximum is the maximum. One that is below the minimum, or that is no
        number, pauses: what an owner meant to be little must not become everything.
        """
        state = self._state
        if state is None or state.state not in (STATE_ON, STATE_OFF):
            return None
        bad: str | None = None
        if state.state == STATE_OFF:
            permit = PAUSED if outside is Outside.PAUSED else ALLOWED
        else:
            raw = state.attributes.get(_ATTR_CURRENT)
            if (found := permit_of(raw, minimum_a, maximum_a)) is None:
                found, bad = PAUSED, str(raw)
            permit = found
        self._report_current(bad, minimum_a)
        return permit

    @property
    def next_change(self) -> datetime | None:
        """Return when a schedule helper or a calendar switches next; None: that is not known, or long ago."""
        state = self._state
        moment = None if state is None else _next_change(state.state, state.attributes)
        return moment if moment is not None and moment > dt_util.utcnow() else None

    @property
    def _state(self) -> State | None:
        return None if self._watch is None else self._hass.states.get(self._watch.entity_id)

    @callback
    def _renamed(self, _: str, __: str) -> None:
        self._on_rename()

    @callback
    def _report_missing(self, is_missing: bool) -> None:
        placeholders = {"name": self._entry.title, "entity": self.entity_id or ""} if is_missing else None
        async_show_issue(self._hass, self._entry, "followed_missing", placeholders)

    @callback
    def _report_current(self, bad: str | None, minimum_a: float) -> None:
        """Raise the issue of a current that cannot be used, or withdraw it when it is corrected."""
        if bad == self._bad_current:
            return
        self._bad_current = bad
        placeholders = None
        if bad is not None:
            entity_id, minimum = self.entity_id or "", f"{minimum_a:g}"
            placeholders = {"name": self._entry.title, "entity": entity_id, "value": bad, "minimum": minimum}
        async_show_issue(self._hass, self._entry, "followed_current", placeholders)


@callback
def async_withdraw_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Withdraw the repair issues of what an entry follows."""
    for kind in ("followed_missing", "followed_current"):
        async_show_issue(hass, entry, kind, None)


def permit_of(raw: object, minimum_a: float, maximum_a: float) -> Permit | None:
    """Return the permit of a block with this current, in A per phase; None: the current cannot be used."""
    if raw is None:
        return ALLOWED
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        return None
    try:
        current_a = float(raw)
    except ValueError:
        return None
    if current_a == 0 or max(minimum_a, MINIMUM_A) <= current_a < math.inf:
        return Permit(current_a=min(current_a, maximum_a))
    return None


def _next_change(state: str, attributes: Mapping[str, Any]) -> datetime | None:
    found = attributes.get(_ATTR_NEXT_EVENT) or attributes.get(
        _ATTR_END if state == STATE_ON else _ATTR_START
    )
    moment = dt_util.parse_datetime(found) if isinstance(found, str) else found
    # A calendar's moments are local and have no zone.
    return dt_util.as_utc(moment) if isinstance(moment, datetime) else None
