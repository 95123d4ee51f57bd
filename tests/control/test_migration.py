"""What earlier versions stored becomes claims; nothing that an owner had set is lost."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.control.claim import Baseline, Claim, Claims, Reason, Source
from custom_components.evse_pilot.control.migration import async_migrate
from custom_components.evse_pilot.control.shown import Sent
from custom_components.evse_pilot.control.store import Record, stored_control, write_record
from homeassistant.core import HomeAssistant

from . import old_files

UNTIL = "2026-11-20T22:00:00+00:00"
NIGHT = {"start": "23:00", "end": "06:00"}


def timed(current_a: float) -> Claim:
    """Return a limit for a time."""
    until = datetime(2026, 11, 20, 22, tzinfo=UTC)
    return Claim(source=Source.TIMED, reason=Reason.TIMED_LIMIT, max_current_a=current_a, until=until)


def owner(current_a: float) -> Claim:
    """Return a limit for good."""
    reason = Reason.PERSONS_LIMIT if current_a else Reason.PAUSED_BY_OWNER
    return Claim(source=Source.OWNER, reason=reason, max_current_a=current_a)


def given(current_a: float) -> Claim:
    """Return what a group gave."""
    return Claim(source=Source.GROUP, reason=Reason.MAIN_FUSE, max_current_a=current_a)


SCHEDULED = Claim(source=Source.SCHEDULE, reason=Reason.SCHEDULED, pause=True)


@pytest.fixture
def charger(hass: HomeAssistant) -> MockConfigEntry:
    """Return the entry of a charger, which is not set up."""
    return MockConfigEntry(domain=DOMAIN, title="Box", data={}, entry_id="abc")


GROUP = MockConfigEntry(domain=DOMAIN, title="Fuse", data={}, entry_id="fuse")


async def migrated(hass: HomeAssistant, charger: MockConfigEntry) -> Record | None:
    """Migrate, and return what is stored then."""
    await async_migrate(hass, [charger], [GROUP])
    return await stored_control(hass, charger.entry_id).async_load()


def by_source(*claims: Claim) -> Claims:
    """Return claims as the controller has them."""
    return {claim.source: claim for claim in claims}


@pytest.mark.parametrize(
    ("limit", "schedule", "member", "claims", "baseline"),
    [
        # A limit for a time that the charger has; what it had before comes back
        (
            old_files.limit(limit_a=8.0, until=UNTIL, before_a=13.0, told=True, confirmed=True, seen_a=13.0),
            None,
            None,
            [timed(8)],
            Baseline(current_a=13),
        ),
        # One that pauses
        (
            old_files.limit(limit_a=0.0, until=UNTIL, before_a=12.0, told=True, seen_a=12.0),
            None,
            None,
            [timed(0)],
            Baseline(current_a=12),
        ),
        # Over while the charger was away: it was still to be sent what it had before
        (old_files.limit(pending_a=13.0, seen_a=13.0), None, None, [], Baseline(current_a=13)),
        # For good, at the charger itself
        (old_files.limit(seen_a=10.0), None, None, [], Baseline(current_a=10)),
        # For good, left to a group
        (
            old_files.limit(limit_a=9.0, seen_a=16.0),
            None,
            {"given_a": 7.0, "owners_limit_a": 16.0},
            [owner(9), given(7)],
            Baseline(current_a=16),
        ),
        # A pause for good, left to a group
        (
            old_files.limit(limit_a=0.0, seen_a=16.0),
            None,
            {"given_a": 0.0, "owners_limit_a": 16.0},
            [owner(0), given(0)],
            Baseline(current_a=16),
        ),
        # For a time, left to a group, over one for good
        (
            old_files.limit(limit_a=8.0, until=UNTIL, earlier_a=12.0, seen_a=16.0),
            None,
            {"given_a": 8.0, "owners_limit_a": 16.0},
            [timed(8), owner(12), given(8)],
            Baseline(current_a=16),
        ),
        # For a time, back from a group that has gone
        (
            old_files.limit(limit_a=8.0, until=UNTIL, before_a=16.0, earlier_a=12.0, told=True),
            None,
            None,
            [timed(8), owner(12)],
            Baseline(current_a=16),
        ),
        # A schedule that pauses: the limit of before is known, or was only seen
        (
            None,
            old_files.schedule(NIGHT, paused=True, owners_limit_a=13.0, seen_limit_a=13.0),
            None,
            [SCHEDULED],
            Baseline(current_a=13),
        ),
        (
            None,
            old_files.schedule(NIGHT, paused=True, seen_limit_a=13.0),
            None,
            [SCHEDULED],
            Baseline(current_a=13),
        ),
        # A window with a current, mode and phases
        (
            None,
            old_files.schedule(
                NIGHT | {"current": 10.0, "mode": "solar", "phases": 1},
                owners_limit_a=13.0,
                owners_mode="smart",
                owners_phases=3,
            ),
            None,
            [],
            Baseline(current_a=13, mode="smart", phases=3),
        ),
        # A limit for a time within such a window, which the schedule had taken for the owner's
        (
            old_files.limit(limit_a=8.0, until=UNTIL, before_a=16.0, told=True, seen_a=16.0),
            old_files.schedule(NIGHT | {"current": 10.0}, owners_limit_a=8.0),
            None,
            [timed(8)],
            Baseline(current_a=16),
        ),
        # A limit for good within a window, which was only known as the last one seen
        (
            old_files.limit(seen_a=8.0),
            old_files.schedule(NIGHT | {"current": 10.0}, owners_limit_a=16.0),
            None,
            [],
            Baseline(current_a=8),
        ),
        # One that was set at the charger, after the last one seen
        (
            old_files.limit(seen_a=16.0),
            old_files.schedule(NIGHT | {"current": 10.0}, owners_limit_a=8.0),
            None,
            [],
            Baseline(current_a=8),
        ),
        # Charge now
        (
            None,
            old_files.schedule(NIGHT, overridden=True),
            None,
            [Claim(source=Source.OVERRIDE, reason=Reason.OWN_MAXIMUM)],
            Baseline(),
        ),
        # A delayed start
        (
            None,
            old_files.schedule(once=[UNTIL, None], paused=True, seen_limit_a=16.0),
            None,
            [SCHEDULED],
            Baseline(current_a=16),
        ),
        # In a group, and out of one that left a safe current
        (None, None, {"given_a": 6.0, "owners_limit_a": 13.0}, [given(6)], Baseline(current_a=13)),
        (
            None,
            None,
            {"left_a": 6.0, "owners_limit_a": 13.0},
            [Claim(source=Source.SAFETY, reason=Reason.GROUP_LEFT, max_current_a=6)],
            Baseline(current_a=13),
        ),
        # In a group that took it over while a limit for a time held
        (
            old_files.limit(limit_a=9.0, until=UNTIL, before_a=13.0, seen_a=13.0),
            None,
            {"given_a": 7.0, "owners_limit_a": 9.0},
            [timed(9), given(7)],
            Baseline(current_a=13),
        ),
        # In a group that took it over within a window
        (
            None,
            old_files.schedule(NIGHT | {"current": 10.0}, owners_limit_a=13.0),
            {"given_a": 7.0, "owners_limit_a": 10.0},
            [given(7)],
            Baseline(current_a=13),
        ),
        # In a group, paused by its schedule
        (
            None,
            old_files.schedule(NIGHT, paused=True),
            {"given_a": 0.0, "owners_limit_a": 13.0},
            [SCHEDULED, given(0)],
            Baseline(current_a=13),
        ),
    ],
)
async def test_claims(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    charger: MockConfigEntry,
    limit: Any,
    schedule: Any,
    member: Any,
    claims: list[Claim],
    baseline: Baseline,
) -> None:
    """What held holds, and what was before comes back."""
    for kind, data in (("limit", limit), ("schedule", schedule)):
        if data is not None:
            hass_storage |= old_files.stored(kind, charger.entry_id, data)
    if member is not None:
        hass_storage |= old_files.stored("group", "fuse", old_files.group(charger.entry_id, **member))
    record = await migrated(hass, charger)
    assert record is not None
    assert record.claims == by_source(*claims)
    assert record.baseline == baseline
    # Whatever a schedule, a group or a limit for a time had sent is at the charger.
    sends = any(claim.source is not Source.OVERRIDE for claim in claims) or (
        limit is not None and limit["pending_a"] is not None
    )
    taken = schedule is not None and schedule["owners_limit_a"] is not None
    assert record.sent.current is (sends or taken)
    assert f"evse_pilot.limit.{charger.entry_id}" not in hass_storage


async def test_writes_of_the_day(
    hass: HomeAssistant, hass_storage: dict[str, Any], charger: MockConfigEntry
) -> None:
    """An update does not reset the count."""
    member = old_files.group(charger.entry_id, given_a=7.0, writes=41, day="2026-11-20")
    hass_storage |= old_files.stored("group", "fuse", member)
    record = await migrated(hass, charger)
    assert record is not None
    assert (record.writes, record.day) == (41, "2026-11-20")


async def test_nothing_was_stored(
    hass: HomeAssistant, hass_storage: dict[str, Any], charger: MockConfigEntry
) -> None:
    """Then nothing is."""
    assert await migrated(hass, charger) is None
    hass_storage |= old_files.stored("group", "fuse", old_files.group("another", given_a=6.0))
    assert await migrated(hass, charger) is None


async def test_once_only(hass: HomeAssistant, hass_storage: dict[str, Any], charger: MockConfigEntry) -> None:
    """What the controller has stored since is newer than what an earlier version left."""
    record = Record(claims=by_source(owner(7)), sent=Sent(current=True))
    hass_storage |= old_files.stored("control", charger.entry_id, write_record(record))
    hass_storage |= old_files.stored("schedule", charger.entry_id, old_files.schedule(NIGHT, paused=True))
    assert await migrated(hass, charger) == record


ODD: list[Any] = [None, [], 7, "text", {}, {"members": 7}, {"members": {"member": 7}}, {"limit_a": "much"}]


@pytest.mark.parametrize("kind", ["limit", "schedule", "group"])
@pytest.mark.parametrize("data", ODD)
async def test_a_file_that_makes_no_sense(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    charger: MockConfigEntry,
    kind: str,
    data: Any,
) -> None:
    """It is as if it had never been, and fails nothing; the other files count."""
    hass_storage |= old_files.stored("limit", charger.entry_id, old_files.limit(seen_a=10.0))
    member = old_files.group(charger.entry_id, given_a=7.0)
    hass_storage |= old_files.stored("group", "fuse", member)
    hass_storage |= old_files.stored(kind, "fuse" if kind == "group" else charger.entry_id, data)
    record = await migrated(hass, charger)
    assert record is not None
    assert (Source.GROUP in record.claims) is (kind != "group")
    assert record.baseline.current_a == (None if kind == "limit" else 10)
    # Schedules and groups have readers of their own, which warn.
    is_warned = kind == "limit" and data is not None and not isinstance(data, dict)
    assert caplog.text.count("cannot be read") == is_warned


@pytest.mark.parametrize("kind", ["limit", "schedule", "group"])
async def test_a_newer_version(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    charger: MockConfigEntry,
    kind: str,
) -> None:
    """Nothing is made of what is not known, and it stays for whatever knows it."""
    key = "fuse" if kind == "group" else charger.entry_id
    hass_storage |= old_files.stored(kind, key, old_files.limit(limit_a=8.0), version=2)
    assert await migrated(hass, charger) is None
    assert (f"evse_pilot.{kind}.{key}" in hass_storage) is (kind != "limit")
    assert caplog.text.count("cannot be read") == (kind == "limit")


@pytest.mark.parametrize("odd", ["much", True, -1, float("nan"), [], {}])
@pytest.mark.parametrize("key", ["limit_a", "before_a", "earlier_a", "seen_a"])
async def test_a_current_that_makes_no_sense(
    hass: HomeAssistant, hass_storage: dict[str, Any], charger: MockConfigEntry, key: str, odd: Any
) -> None:
    """It is none; nothing raises."""
    fields = old_files.limit(limit_a=8.0, until=UNTIL, before_a=13.0, earlier_a=12.0, told=True, seen_a=13.0)
    hass_storage |= old_files.stored("limit", charger.entry_id, fields | {key: odd})
    record = await migrated(hass, charger)
    assert record is not None
    assert (Source.TIMED in record.claims) is (key != "limit_a")


@pytest.mark.parametrize("odd", [7, "soon", "2026-13-01", [], "22:00"])
async def test_an_end_that_makes_no_sense(
    hass: HomeAssistant, hass_storage: dict[str, Any], charger: MockConfigEntry, odd: Any
) -> None:
    """A limit whose end is not known holds until a person ends it: nothing is raised by an update."""
    fields = old_files.limit(limit_a=8.0, until=odd, before_a=13.0, told=True)
    hass_storage |= old_files.stored("limit", charger.entry_id, fields)
    record = await migrated(hass, charger)
    assert record is not None
    assert record.claims == by_source(owner(8))
