"""How a group leaves its chargers: with the safe current, or with what their owners have set.

A claim of a group must not outlive it. One that is changed or restarted goes on where it was; one that goes replaces its
claims before; and a charger that was not loaded by then is released as soon as it is.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
import math
from typing import Any

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryState,
    ConfigSubentry,
)
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later
from homeassistant.util.hass_dict import HassKey

from ..chargers.errors import ChargerError
from ..const import DOMAIN
from ..control.claim import Claim, Reason, Source, is_left_by_group
from ..control.controller import ChargerController
from ..control.expected_sun import ExpectedSun
from ..control.store import stored_control
from .law.law import Law
from .link import MemberLink
from .safe_current import safe_shares
from .settings import CONF_CHARGER, CONF_LEAVE, CONF_MINIMUM, SUBENTRY_CHARGER, Leave, is_group, steers
from .sun_link import OF_THE_SUN

# A group that is set up again by then was only changed, and goes on where it was.
COMES_BACK_WITHIN = timedelta(seconds=10)
# Home Assistant does not wait longer for a group that goes.
LEAVES_WITHIN_S = 10.0

# Groups that were unloaded, until it is known whether they come back.
LEFT: HassKey[dict[str, Departure]] = HassKey(f"{DOMAIN}_left")


class Departure:
    """A group that was unloaded: it leaves its chargers in a while, unless it is set up again."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, law: Law, links: Sequence[MemberLink]
    ) -> None:
        """Wait for the group to come back."""
        self._hass = hass
        self._entry = entry
        self._law = law
        self._links = links
        hass.data.setdefault(LEFT, {})[entry.entry_id] = self
        self._cancel: list[CALLBACK_TYPE] = [
            async_call_later(hass, COMES_BACK_WITHIN, self._async_leave),
            hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._async_leave),
        ]

    @callback
    def async_end(self) -> Law:
        """Leave the chargers to the group that goes on; return what was known of them."""
        self._hass.data[LEFT].pop(self._entry.entry_id, None)
        for cancel in self._cancel:
            cancel()
        for link in self._links:
            link.async_stop()
        return self._law

    async def _async_leave(self, cause: datetime | Event) -> None:
        links = self._links
        self._links = ()
        self.async_end()
        is_stopping = isinstance(cause, Event)
        await async_leave(links, self._entry, never_more=True, keeps_sun=is_stopping)
        for link in links:
            link.async_stop()


@callback
def async_come_back(hass: HomeAssistant, entry: ConfigEntry) -> Law | None:
    """Return the law of a group that was only changed; None: it starts anew."""
    departure = hass.data.setdefault(LEFT, {}).get(entry.entry_id)
    return None if departure is None else departure.async_end()


async def async_claimed(hass: HomeAssistant, links: Iterable[MemberLink]) -> dict[str, float]:
    """Return what a group, or what it has left behind, allows each charger, in A per phase, as far as it is stored."""
    claimed_a = {}
    for link in links:
        record = await stored_control(hass, link.entry_id).async_load()
        claims = {} if record is None else record.claims
        claim = claims.get(Source.GROUP, claims.get(Source.SAFETY))
        if claim is not None and claim.current_a is not None:
            claimed_a[link.id] = claim.current_a
    return claimed_a


async def async_leave(
    links: Iterable[MemberLink], group: ConfigEntry, *, never_more: bool, keeps_sun: bool = False
) -> None:
    """Leave the chargers of a group as their owner has chosen; `never_more`: with no more than they have.

    `keeps_sun`: what the sun allows them holds, so that none starts by the grid while Home Assistant is away. One that is
    not loaded is left as soon as it is.
    """
    links, shares = list(links), safe_shares(group)
    for link in links:
        control = link.control
        link.leave(
            None
            if control is None
            else left_behind(
                control, group.options, link.numbers, shares.get(link.id, 0.0), never_more=never_more
            )
        )
        if not keeps_sun:
            link.sun.forget()
    await _async_all([link.async_apply() for link in links])


def left_behind(
    control: ChargerController,
    options: Mapping[str, Any],
    numbers: Mapping[str, Any],
    safe_a: float,
    *,
    never_more: bool,
) -> Claim | None:
    """Return the claim that a group leaves on a charger; None: none, so that its owner's own limit holds again.

    `safe_a` is its share of the safe current.
    """
    most_a = safe_a if options[CONF_LEAVE] == Leave.SAFE else math.inf
    if never_more:
        most_a = min(most_a, _has_a(control))
    if most_a == math.inf:
        return None
    return Claim(
        source=Source.SAFETY,
        reason=Reason.GROUP_LEFT,
        max_current_a=most_a if most_a >= numbers[CONF_MINIMUM] else 0.0,
    )


def _has_a(control: ChargerController) -> float:
    """Return the most that it has of the group, in A per phase; without end if it is paused for another reason."""
    own, group = control.own_target, control.claims.get(Source.GROUP)
    if own is not None and own.current_a == 0:
        return math.inf
    if group is not None and group.current_a is not None:
        return group.current_a
    return 0.0 if control.load is None else control.load.limit_a


async def async_release_orphans(hass: HomeAssistant) -> None:
    """Release every charger on which a group that steers it no more has a claim; done when that was sent."""
    controls = [_release_orphan(hass, entry) for entry in hass.config_entries.async_entries(DOMAIN)]
    await _async_all([_async_apply(control) for control in controls if control is not None])


@callback
def async_watch_orphans(hass: HomeAssistant) -> None:
    """Release a charger that is loaded after its group has gone."""

    @callback
    def on_entry_changed(_: object, entry: ConfigEntry) -> None:
        if entry.domain == DOMAIN and (control := _release_orphan(hass, entry)) is not None:
            entry.async_create_task(hass, _async_apply(control), f"{entry.title} - its group has gone")

    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, on_entry_changed)


@callback
def _release_orphan(hass: HomeAssistant, entry: ConfigEntry) -> ChargerController | None:
    """Take away the claim of a group that has gone; return the controller if that changed anything."""
    if is_group(entry) or entry.state is not ConfigEntryState.LOADED:
        return None
    # Not there yet while it is set up, and not there any more.
    device = getattr(entry, "runtime_data", None)
    control: ChargerController | None = None if device is None else device.control
    if control is None:
        return None
    is_left = is_left_by_group(control.claims)
    is_steered = not control.claims.keys().isdisjoint({Source.GROUP, *OF_THE_SUN})
    changes: dict[Source, Claim | None] = {}
    groups = list(_groups_of(hass, entry.entry_id))
    if not groups:
        changes |= dict.fromkeys((Source.GROUP, *OF_THE_SUN))
        if is_left:
            changes[Source.SAFETY] = None
    elif is_steered and not any(each.disabled_by is None and steers(each.options) for each, _ in groups):
        group, member = groups[0]
        safe_a = safe_shares(group).get(member.subentry_id, 0.0)
        left = left_behind(control, group.options, member.data, safe_a, never_more=False)
        changes = {**dict.fromkeys((Source.GROUP, *OF_THE_SUN)), Source.SAFETY: left}
    if Source.SUN in changes:
        control.core.expected_sun = ExpectedSun()
    return control if control.set_claims(changes, apply=False) else None


def _groups_of(hass: HomeAssistant, charger: str) -> Iterator[tuple[ConfigEntry, ConfigSubentry]]:
    """Return the groups that a charger is in, and its part in each."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        if is_group(entry):
            for subentry in entry.get_subentries_of_type(SUBENTRY_CHARGER):
                if subentry.data[CONF_CHARGER] == charger:
                    yield entry, subentry


async def _async_apply(control: ChargerController) -> None:
    with suppress(ChargerError):
        await control.async_apply()


async def _async_all(work: Sequence[Awaitable[None]]) -> None:
    """Do all of it at the same time, as far as that is done in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LEAVES_WITHIN_S):
            await asyncio.gather(*work)
