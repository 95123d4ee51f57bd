"""A group in a running house: hears the mains and the chargers, asks the law, and tells the chargers.

The law has the arithmetic; here are the clock, the storage, and the order in which chargers are told.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
import math
from typing import Any

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import (
    async_call_later,
    async_track_point_in_utc_time,
    async_track_time_interval,
)
from homeassistant.helpers.storage import Store
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..chargers.types import OwnBalancing, Status
from ..const import DOMAIN, LOGGER
from .law.law import Law
from .law.model import Ceiling, Decision, Strategy, Write
from .link import Kept, MemberLink, word_of
from .settings import (
    CONF_CHARGER,
    CONF_ENABLED,
    CONF_FUSE,
    CONF_LEAVE,
    CONF_LIMIT,
    CONF_MAINS,
    CONF_MARGIN,
    CONF_MAXIMUM,
    CONF_METER,
    CONF_MINIMUM,
    CONF_OBSERVER,
    CONF_PHASES,
    CONF_SAFE_CURRENT,
    CONF_STRATEGY,
    SUBENTRY_CHARGER,
    Leave,
    Mains,
    group_of,
    is_enabled,
    limit_of,
    nominal_voltage_of,
    steers,
    strategy_of,
)
from .sources import MainsOfCharger, MainsSensors

STORAGE_VERSION = 1
SAVE_DELAY_S, SAVE_SOON_S = 60, 1
EVERY = timedelta(seconds=1)
# A group that is set up again by then was only changed, and goes on where it was.
COMES_BACK_WITHIN = timedelta(seconds=10)
# Home Assistant does not wait longer for who is leaving, and neither does anybody else.
LEAVES_WITHIN_S = 10.0
_REMEMBERED = 100

# What its owner is told of a charger that sets its current by itself, too.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupState:
    """A group as it stands. Amperes of L1, L2, L3; None: not known, or the house has no such phase."""

    phases: int
    mains_a: tuple[float | None, ...]
    house_a: tuple[float | None, ...]
    room_a: tuple[float | None, ...]
    given_a: float
    charging: int
    strategy: Strategy
    enabled: bool
    observer: bool
    fuse_a: float
    limit_a: float
    margin_a: float
    limiting: bool
    meter_silent: bool
    ceiling: Ceiling | None
    ceiling_until: datetime | None


def monotonic_s(hass: HomeAssistant) -> float:
    """Return the seconds of a clock that never goes back."""
    return hass.loop.time()


class GroupRunner:
    """One group: its meter, its chargers, and what is decided for them."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Know the settings; nothing is heard yet."""
        self._hass = hass
        self._entry = entry
        self._phases: int = entry.data[CONF_PHASES]
        self._store = Store[dict[str, Any]](hass, STORAGE_VERSION, storage_key(entry))
        self._ceiling: Ceiling | None = None
        self._until: datetime | None = None
        self._cancel_ceiling: CALLBACK_TYPE | None = None
        self.law: Law
        self._decision: Decision | None = None
        self._mains_a: list[float | None] = [None] * self._phases
        self._steers = False
        self._stopped = False
        self._leaving: asyncio.Task[None] | None = None
        self._members = dict(entry.subentries)
        self._issues: set[str] = set()
        self._told: deque[dict[str, Any]] = deque(maxlen=_REMEMBERED)
        self._cancel: list[CALLBACK_TYPE] = []
        self._cancel_leave: list[CALLBACK_TYPE] = []
        self.links: dict[str, MemberLink] = {}
        self.coordinator = DataUpdateCoordinator[GroupState](
            hass,
            LOGGER,
            config_entry=entry,
            name=entry.title,
            update_method=self._async_state,
            always_update=False,
        )

    # Life

    async def async_start(self) -> None:
        """Take up what was stored, and listen."""
        hass, entry = self._hass, self._entry
        stored = await self._store.async_load() or {}
        members = _mapping(stored.get("members"))
        self._ceiling, self._until = _ceiling_from(stored.get("ceiling"))
        for subentry in entry.get_subentries_of_type(SUBENTRY_CHARGER):
            self.links[subentry.subentry_id] = MemberLink(
                hass,
                entry,
                subentry.subentry_id,
                subentry.title,
                subentry.data,
                Kept.read(subentry.data[CONF_CHARGER], members.get(subentry.subentry_id)),
                heard=self._heard_member,
                changed=self._keep,
            )
        self.law = self._take_up()
        self._show()
        self._steers = steers(entry.options)
        self._cancel = [
            async_track_time_interval(hass, self._tick, EVERY),
            async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed),
            hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._async_home_assistant_stops),
        ]
        # First the chargers: one may have read the mains with the same breath.
        for link in self.links.values():
            link.set_steered(self._steers)
            link.async_start()
        mains: MainsSensors | MainsOfCharger
        if entry.options[CONF_MAINS] == Mains.CHARGER:
            mains = MainsOfCharger(hass, entry.options[CONF_METER], self._phases, self._heard_mains)
        else:
            mains = MainsSensors(hass, entry.options, self._phases, self._heard_mains)
        mains.async_start()
        self._cancel.append(mains.async_stop)
        gone = {id_: kept for id_, kept in members.items() if id_ not in self.links}
        if gone:
            entry.async_create_background_task(
                hass, async_give_back(hass, entry, gone), f"{entry.title} - members that left"
            )
            self._keep()
        self._watch_ceiling()
        self._look_for_trouble()

    def _take_up(self) -> Law:
        """Return the law of before, if the group was only changed; else one that knows what was stored."""
        group = group_of(self._entry, self._ceiling)
        if (before := self._hass.data.setdefault(LEFT, {}).pop(self._entry.entry_id, None)) is not None:
            law = before.async_come_back()
            law.group = group
            return law
        given = {link.id: link.kept.given_a for link in self.links.values() if link.kept.given_a is not None}
        return Law(group, given=given)

    async def async_stop(self) -> None:
        """Let go of the house; the chargers are left in a while, unless the group is only being changed."""
        self._unhook()
        await self._store.async_save(self._stored())
        if self._entry.disabled_by is not None:
            await self._async_leave(never_more=False)
            return
        self._hass.data[LEFT][self._entry.entry_id] = self
        self._cancel_leave = [
            async_call_later(self._hass, COMES_BACK_WITHIN, self._async_does_not_come_back),
            self._hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._async_does_not_come_back),
        ]

    @callback
    def async_come_back(self) -> Law:
        """Leave the chargers to who goes on; return what was known of them."""
        for cancel in self._cancel_leave:
            cancel()
        self._cancel_leave = []
        for link in self.links.values():
            link.async_stop()
        return self.law

    async def _async_does_not_come_back(self, _: datetime | Event) -> None:
        self._hass.data[LEFT].pop(self._entry.entry_id, None)
        for cancel in self._cancel_leave:
            cancel()
        self._cancel_leave = []
        await self._async_leave(never_more=True)

    async def _async_home_assistant_stops(self, _: Event) -> None:
        self._unhook()
        await self._async_leave(never_more=True)

    @callback
    def _unhook(self) -> None:
        self._stopped = True
        for cancel in self._cancel:
            cancel()
        self._cancel = []
        if self._cancel_ceiling is not None:
            self._cancel_ceiling()
            self._cancel_ceiling = None
        for issue_id in self._issues:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        self._issues.clear()

    async def _async_leave(self, *, never_more: bool) -> None:
        """Leave the chargers as their owner wants it; `never_more`: with no more than they have."""
        options = self._entry.options
        safe = options[CONF_LEAVE] == Leave.SAFE

        async def leave(link: MemberLink) -> None:
            amps = link.safe_a(options[CONF_SAFE_CURRENT]) if safe else link.owners_a()
            await link.async_leave(min(amps, link.has_a or 0.0) if never_more else amps)
            # Who comes back after a restart knows better what was given.
            if not self._hass.is_stopping:
                await link.async_let_go()

        await _async_at_once([leave(link) for link in self.links.values()])
        if self._stopped:
            for link in self.links.values():
                link.async_stop()
            await self._store.async_save(self._stored())

    # What is heard

    @callback
    def _heard_mains(self, amps: Sequence[float | None]) -> None:
        for phase, reading in enumerate(amps[: self._phases]):
            if reading is not None:
                self._mains_a[phase] = reading
        self.law.read_mains(monotonic_s(self._hass), amps)
        self._decide()

    @callback
    def _heard_member(self, link: MemberLink) -> None:
        assert link.load is not None
        self.law.read_charger(
            monotonic_s(self._hass),
            link.id,
            link.load,
            allowed=link.allowed,
            persons_limit_a=link.ceiling_a,
        )
        self._decide()

    @callback
    def _tick(self, _: datetime) -> None:
        self._decide()
        self._look_for_trouble()

    @callback
    def _entry_changed(self, _: object, entry: ConfigEntry) -> None:
        """Start anew with other members; what entities change is obeyed already."""
        if entry is self._entry and dict(entry.subentries) != self._members:
            self._members = dict(entry.subentries)
            self._hass.config_entries.async_schedule_reload(entry.entry_id)

    # What is decided

    @callback
    def _decide(self) -> None:
        if self._stopped:
            return
        decision = self._decision = self.law.decide(monotonic_s(self._hass))
        for link in self.links.values():
            link.share = decision.shares.get(link.id)
        for write in decision.writes:
            self.links[write.id].wish = write
        if decision.writes:
            self._told.append(self._told_now(decision))
            self._entry.async_create_background_task(
                self._hass, self._async_carry_out(decision.writes), f"{self._entry.title} - limits"
            )
        self._show()

    async def _async_carry_out(self, writes: Sequence[Write]) -> None:
        """Tell the chargers: those that rise when those that fall have answered, or have failed to."""
        rises = [write for write in writes if self.links[write.id].rises(write)]
        falls = [write for write in writes if write not in rises]
        for together in (falls, rises):
            await asyncio.gather(*(self._async_tell(write) for write in together))

    async def _async_tell(self, write: Write) -> None:
        if await self.links[write.id].async_write(write):
            self.law.confirm(write.id, write.amps)

    # What a person sets

    async def async_set_strategy(self, strategy: Strategy) -> None:
        """Share in another way; or not at all."""
        if strategy is Strategy.OFF:
            await self.async_set_enabled(False)
        else:
            await self._async_set_options({CONF_STRATEGY: strategy.value, CONF_ENABLED: True})

    async def async_set_enabled(self, on: bool) -> None:
        """Share, or stand aside."""
        await self._async_set_options({CONF_ENABLED: on})

    async def async_set_observer(self, on: bool) -> None:
        """Show only what would be done, or do it."""
        await self._async_set_options({CONF_OBSERVER: on})

    async def async_set_limit(self, amps: float) -> None:
        """Take the main fuse for one of so many amperes; its own current is no limit."""
        await self._async_set_options({CONF_LIMIT: amps})

    async def async_set_margin(self, amps: float) -> None:
        """Keep so much free below the fuse."""
        await self._async_set_options({CONF_MARGIN: amps})

    async def _async_set_options(self, changes: Mapping[str, Any]) -> None:
        """Keep what was set, and obey it; done when the chargers have been left, if that is what it means."""
        self._hass.config_entries.async_update_entry(self._entry, options=self._entry.options | changes)
        self._apply()
        if self._leaving is not None:
            await asyncio.wait([self._leaving])

    async def async_set_ceiling(
        self, current_a: float | None, power_w: float | None, *, cars_only: bool, until: datetime | None
    ) -> None:
        """Limit each phase, or the sum of the phases, or both; None for `until`: until it is cleared."""
        sum_a = None if power_w is None else power_w / nominal_voltage_of(self._entry.options)
        self._set_ceiling(Ceiling(phase_a=current_a, sum_a=sum_a, cars_only=cars_only), until)
        await self._store.async_save(self._stored())

    async def async_clear_ceiling(self) -> None:
        """Lift that limit."""
        self._set_ceiling(None, None)
        await self._store.async_save(self._stored())

    @callback
    def _set_ceiling(self, ceiling: Ceiling | None, until: datetime | None) -> None:
        self._ceiling, self._until = ceiling, until
        self.law.group = group_of(self._entry, self._ceiling)
        self._watch_ceiling()
        self._decide()

    @callback
    def _watch_ceiling(self) -> None:
        """Lift the limit when its time has come."""
        if self._cancel_ceiling is not None:
            self._cancel_ceiling()
            self._cancel_ceiling = None
        if self._until is not None:
            self._cancel_ceiling = async_track_point_in_utc_time(self._hass, self._ceiling_ends, self._until)

    @callback
    def _ceiling_ends(self, _: datetime) -> None:
        self._cancel_ceiling = None
        self._set_ceiling(None, None)
        self._keep(soon=True)

    @callback
    def _apply(self) -> None:
        """Obey what was set."""
        self.law.group = group_of(self._entry, self._ceiling)
        if (wanted := steers(self._entry.options)) != self._steers:
            self._steers = wanted
            if self._leaving is not None:
                self._leaving.cancel()
            if wanted:
                for link in self.links.values():
                    link.set_steered(True)
            else:
                self._leaving = self._entry.async_create_background_task(
                    self._hass, self._async_leave(never_more=False), f"{self._entry.title} - stands aside"
                )
        self._decide()

    # What is shown

    async def _async_state(self) -> GroupState:
        return self._state()

    def _state(self) -> GroupState:
        options, decision = self._entry.options, self._decision
        nothing: tuple[float | None, ...] = (None,) * self._phases
        house_a, room_a = (nothing, nothing) if decision is None else (decision.house_a, decision.room_a)
        known = [house is not None for house in house_a]
        return GroupState(
            phases=self._phases,
            mains_a=_three(
                [amps if is_known else None for amps, is_known in zip(self._mains_a, known, strict=True)]
            ),
            house_a=_three(house_a),
            room_a=_three([None if room is None else max(0.0, room) for room in room_a]),
            given_a=0.0 if decision is None else round(float(max(decision.given_a)), 1),
            charging=sum(
                link.load is not None and link.load.status is Status.CHARGING for link in self.links.values()
            ),
            strategy=strategy_of(options) if is_enabled(options) else Strategy.OFF,
            enabled=is_enabled(options),
            observer=options.get(CONF_OBSERVER, False),
            fuse_a=options[CONF_FUSE],
            limit_a=limit_of(options),
            margin_a=options[CONF_MARGIN],
            limiting=decision is not None and decision.limiting,
            meter_silent=decision is None or decision.meter_silent,
            ceiling=self._ceiling,
            ceiling_until=self._until,
        )

    @callback
    def _show(self) -> None:
        state = self._state()
        if state != self.coordinator.data:
            self.coordinator.async_set_updated_data(state)
        for link in self.links.values():
            link.show()

    def report(self) -> Mapping[str, object]:
        """Return for a bug report what each charger was given and told lately, and why."""
        return {
            "options": dict(self._entry.options),
            "members": {
                link.title: {
                    "settings": dict(link.numbers),
                    "kept": link.kept.as_dict(),
                    "load": None if link.load is None else asdict(link.load),
                    "share": None if link.share is None else asdict(link.share),
                }
                for link in self.links.values()
            },
            "told": list(self._told),
        }

    def _told_now(self, decision: Decision) -> dict[str, Any]:
        return {
            "at": dt_util.utcnow().isoformat(timespec="milliseconds"),
            "mains_a": list(self._mains_a),
            "house_a": decision.house_a,
            "given": {
                self.links[id_].title: f"{share.amps:g} A, {word_of(share)}"
                for id_, share in decision.shares.items()
            },
            "told": {self.links[write.id].title: write.amps for write in decision.writes},
        }

    # What is wrong

    @callback
    def _look_for_trouble(self) -> None:
        """Say what its owner has to mend; each is taken back when it is mended."""
        found = {
            f"{kind}_{link.id}": (kind, link) for link in self.links.values() for kind in self._troubles(link)
        }
        for issue_id in self._issues - set(found):
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        for issue_id in set(found) - self._issues:
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
        self._issues = set(found)

    def _troubles(self, link: MemberLink) -> Iterator[str]:
        if link.entry is None:
            yield "member_gone"
        if link.own_balancing is not None and self._steers:
            yield _TWO_HANDS[link.own_balancing]
        if self._decision is not None and link.id in self._decision.two_masters:
            yield "two_masters"
        if link.limiter is not None and link.kept.writes_today > link.limiter.daily_writes:
            yield "many_writes"

    # What is kept

    @callback
    def _keep(self, *, soon: bool = False) -> None:
        self._store.async_delay_save(self._stored, SAVE_SOON_S if soon else SAVE_DELAY_S)

    def _stored(self) -> dict[str, Any]:
        ceiling = self._ceiling
        return {
            "members": {link.id: link.kept.as_dict() for link in self.links.values()},
            "ceiling": None
            if ceiling is None
            else asdict(ceiling) | {"until": self._until and self._until.isoformat()},
        }


# Groups that were unloaded, until it is known whether they come back.
LEFT: HassKey[dict[str, GroupRunner]] = HassKey(f"{DOMAIN}_left")


async def async_forget_group(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Give the chargers of a group that was removed back to their owners, and forget it."""
    if (before := hass.data.setdefault(LEFT, {}).pop(entry.entry_id, None)) is not None:
        before.async_come_back()
    store = Store[dict[str, Any]](hass, STORAGE_VERSION, storage_key(entry))
    stored = await store.async_load() or {}
    await async_give_back(hass, entry, _mapping(stored.get("members")))
    await store.async_remove()


async def async_give_back(hass: HomeAssistant, entry: ConfigEntry, members: Mapping[str, Any]) -> None:
    """Give chargers that are no members any more the limit that their owner had set."""

    links = [
        MemberLink(
            hass,
            entry,
            member_id,
            "",
            {CONF_MINIMUM: 0.0, CONF_MAXIMUM: math.inf},
            Kept.read(stored["charger"], stored),
            heard=lambda _: None,
            changed=lambda *, soon=False: None,
        )
        for member_id, stored in members.items()
        if isinstance(stored, Mapping) and isinstance(stored.get("charger"), str)
    ]
    for link in links:
        link.set_steered(True)
        link.async_start()
    await _async_at_once([_async_give_back(link) for link in links])
    for link in links:
        link.async_stop()


async def _async_give_back(link: MemberLink) -> None:
    kept = link.kept
    # Nobody has changed it since it was left with that.
    kept.given_a = given_a = kept.left_a if kept.given_a is None else kept.given_a
    # What is off though it was given something was switched off by hand.
    if link.load is not None and (link.load.limit_a > 0 or not given_a):
        await link.async_leave(link.owners_a())
    await link.async_let_go()


def storage_key(entry: ConfigEntry) -> str:
    """Return the name under which a group is stored."""
    return f"{DOMAIN}.group.{entry.entry_id}"


async def _async_at_once(work: Sequence[Awaitable[None]]) -> None:
    """Do all of it at the same time, as far as that is done in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LEAVES_WITHIN_S):
            await asyncio.gather(*work)


def _three(amps: Sequence[float | None]) -> tuple[float | None, ...]:
    """Return one value a phase of any house, to a tenth of an ampere."""
    rounded = [None if value is None else round(value, 1) for value in amps]
    return (*rounded, *(None,) * (3 - len(rounded)))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _ceiling_from(stored: object) -> tuple[Ceiling | None, datetime | None]:
    """Read a ceiling that was stored; what makes no sense is as if it had never been."""
    if not isinstance(stored, Mapping):
        return None, None
    try:
        until = None if stored["until"] is None else datetime.fromisoformat(stored["until"])
        ceiling = Ceiling(
            phase_a=stored["phase_a"], sum_a=stored["sum_a"], cars_only=bool(stored["cars_only"])
        )
    except (KeyError, TypeError, ValueError) as error:
        LOGGER.warning("A stored ceiling cannot be read (%s) and is dropped", type(error).__name__)
        return None, None
    return ceiling, until
