"""Takes up what earlier versions stored of the control of a charger, in four files, as claims."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from ..const import LOGGER
from ..runtime.storage import moment_from, storage_key
from .claim import Baseline, Claim, Reason, Source
from .shown import Sent
from .store import Record, current_from, stored_control

# The last version of the files of a schedule and of a group in which the control of a charger was.
_WITH_CONTROL = 1


async def async_migrate(
    hass: HomeAssistant, chargers: Iterable[ConfigEntry], groups: Iterable[ConfigEntry]
) -> None:
    """Make one record of each charger that has none yet; nothing that an owner had set is lost."""
    members = [
        member
        for group in groups
        for member in _mapping((await _async_old(hass, "group", group.entry_id)).get("members")).values()
    ]
    for entry in chargers:
        stored = stored_control(hass, entry.entry_id)
        if await stored.async_load() is not None:
            continue
        limit = await _async_old(hass, "limit", entry.entry_id)
        schedule = await _async_old(hass, "schedule", entry.entry_id)
        member = _member(members, entry.entry_id)
        baseline = Baseline(current_a=_owners_current_a(limit, schedule, member))
        record = _with_group(Record(baseline=baseline), member)
        record = _with_schedule(_with_limit(record, limit), schedule)
        if record != Record():
            LOGGER.debug("%s: what earlier versions stored is taken up", entry.title)
            await stored.async_save(record)
        await Store[Any](hass, _WITH_CONTROL, storage_key("limit", entry.entry_id)).async_remove()


async def _async_old(hass: HomeAssistant, kind: str, entry_id: str) -> Mapping[str, Any]:
    """Return what an earlier version stored; nothing for a file of a newer one, or one that makes no sense.

    A file of a schedule or of a group is read again by its own reader, which knows the newer version and warns of what
    it cannot read; that of a limit is not.
    """
    try:
        stored = await Store[Any](hass, _WITH_CONTROL, storage_key(kind, entry_id)).async_load()
    except HomeAssistantError, NotImplementedError:
        # Of a newer version, or of one before the first, which was never written.
        stored = ()
    if kind == "limit" and stored is not None and not isinstance(stored, Mapping):
        LOGGER.warning("A stored limit of an earlier version cannot be read and is dropped")
    return _mapping(stored)


def _owners_current_a(
    limit: Mapping[str, Any], schedule: Mapping[str, Any], member: Mapping[str, Any]
) -> float | None:
    """Return what the owner had set at the charger, in A per phase; None: no file has it."""
    for key in ("before_a", "pending_a"):
        if current_a := current_from(limit.get(key)):
            return current_a
    # A schedule takes nothing while a group steers, so what it has is of before the group.
    scheduled_a = current_from(schedule.get("owners_limit_a")) or None
    if current_a := current_from(member.get("owners_limit_a")):
        return scheduled_a or current_a
    seen_a = current_from(limit.get("seen_a")) or None
    if scheduled_a is not None and seen_a is not None:
        # The one may be older, and the other of a limit within a window: the smaller of both raises nothing.
        return min(scheduled_a, seen_a)
    # A charger that was paused may not have shown its limit.
    return scheduled_a or seen_a or current_from(schedule.get("seen_limit_a")) or None


def _with_group(record: Record, member: Mapping[str, Any]) -> Record:
    """Add what a group gave the charger, or left it with."""
    given_a, left_a = current_from(member.get("given_a")), current_from(member.get("left_a"))
    claims = dict(record.claims)
    if given_a is not None:
        claims[Source.GROUP] = Claim(source=Source.GROUP, reason=Reason.MAIN_FUSE, max_current_a=given_a)
    elif left_a is not None:
        claims[Source.SAFETY] = Claim(source=Source.SAFETY, reason=Reason.GROUP_LEFT, max_current_a=left_a)
    writes, day = member.get("writes"), member.get("day")
    return replace(
        record,
        claims=claims,
        sent=Sent(current=bool(claims)),
        writes=writes if isinstance(writes, int) else 0,
        day=day if isinstance(day, str) else "",
    )


def _with_limit(record: Record, limit: Mapping[str, Any]) -> Record:
    """Add a limit for a time, or one for good that was left to a group."""
    limit_a, until = current_from(limit.get("limit_a")), moment_from(limit.get("until"))
    claims = dict(record.claims)
    if limit_a is not None and until is not None:
        claims[Source.TIMED] = Claim(
            source=Source.TIMED, reason=Reason.TIMED_LIMIT, max_current_a=limit_a, until=until
        )
    elif limit_a is not None:
        claims[Source.OWNER] = _owners(limit_a)
    if (earlier_a := current_from(limit.get("earlier_a"))) is not None:
        claims[Source.OWNER] = _owners(earlier_a)
    return replace(
        record,
        claims=claims,
        sent=replace(
            record.sent,
            current=record.sent.current or limit.get("told") is True or limit.get("pending_a") is not None,
        ),
    )


def _with_schedule(record: Record, schedule: Mapping[str, Any]) -> Record:
    """Add what a schedule took from the owner, and that the owner overrides it."""
    claims, baseline = dict(record.claims), record.baseline
    if isinstance(mode := schedule.get("owners_mode"), str):
        baseline = replace(baseline, mode=mode)
    if (phases := schedule.get("owners_phases")) in (1, 3):
        baseline = replace(baseline, phases=phases)
    is_paused = schedule.get("paused") is True
    if is_paused:
        claims[Source.SCHEDULE] = Claim(source=Source.SCHEDULE, reason=Reason.SCHEDULED, pause=True)
    if schedule.get("overridden") is True:
        claims[Source.OVERRIDE] = Claim(source=Source.OVERRIDE, reason=Reason.OWN_MAXIMUM)
    sent = Sent(
        current=record.sent.current or is_paused or schedule.get("owners_limit_a") is not None,
        mode=schedule.get("owners_mode") is not None,
        phases=schedule.get("owners_phases") is not None,
    )
    return replace(record, claims=claims, baseline=baseline, sent=sent)


def _owners(current_a: float) -> Claim:
    reason = Reason.PERSONS_LIMIT if current_a else Reason.PAUSED_BY_OWNER
    return Claim(source=Source.OWNER, reason=reason, max_current_a=current_a)


def _member(members: Iterable[Any], entry_id: str) -> Mapping[str, Any]:
    return next((_mapping(each) for each in members if _mapping(each).get("charger") == entry_id), {})


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
