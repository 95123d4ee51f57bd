"""What of a schedule is stored."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from custom_components.evse_pilot.runtime.storage import Parts
from custom_components.evse_pilot.scheduling.energy import WindowEnergy
from custom_components.evse_pilot.scheduling.record import (
    Executor,
    ScheduleRecord,
    migrate,
    read_record,
    write_record,
)
from custom_components.evse_pilot.scheduling.schedule import Outside, Permit, Schedule, Weekday, Window

START = datetime(2026, 11, 20, 13, tzinfo=UTC)
FULL = ScheduleRecord(
    schedule=Schedule(
        windows=(Window(days=frozenset({Weekday.MONDAY}), start=START.time(), end=START.time().replace(18)),),
        outside=Outside.ALLOWED,
        enabled=False,
    ),
    executed_by=Executor.CHARGER,
    follow="schedule.car",
    follow_id="0123",
    once=(START, None),
    permit=Permit(current_a=8, mode="smart"),
    energy=WindowEnergy(spent_wh=1500, since=START.isoformat(), counter_wh=9000),
    sent_utc_offset_s=3600,
    is_handed_over=True,
)


@pytest.mark.parametrize("record", [FULL, ScheduleRecord()])
def test_survives(record: ScheduleRecord) -> None:
    """A record that is written is the same when it is read."""
    assert read_record(Parts(write_record(record))) == record


@pytest.mark.parametrize(
    "bad",
    [
        {"schedule": None},
        {"schedule": {"windows": [{"days": [], "start": "10:00", "end": "11:00"}], "outside": "paused"}},
        {
            "schedule": {
                "windows": [{"days": ["mon"], "start": "10:00+01:00", "end": "11:00"}],
                "outside": "paused",
                "enabled": True,
            }
        },
        {"executed_by": "sun"},
        {"permit": {"phases": 2}},
        {"follow": 7},
        {"once": [None, None]},
        {"once": ["2026-11-20T13:00:00", None]},
        {"permit": {"current": "much"}},
        {"spent_wh": "much"},
        {"spent_wh": float("nan")},
        {"counter_wh": True},
        {"sent_utc_offset_s": []},
    ],
)
def test_e7_what_is_no_record(bad: dict[str, Any]) -> None:
    """A part that makes no sense is dropped, and the others are kept."""
    stored = write_record(FULL)
    parts = Parts(stored | bad)
    kept = write_record(read_record(parts))
    assert parts.dropped == list(bad)
    assert {key: value for key, value in kept.items() if key not in bad} == {
        key: value for key, value in stored.items() if key not in bad
    }


def test_version_1() -> None:
    """What version 1 stored of the schedule itself is kept, and it is not known what was claimed."""
    old = write_record(FULL)
    for new in ("follow_id", "permit", "is_handed_over"):
        del old[new]
    old["told_utc_offset_s"] = old.pop("sent_utc_offset_s")
    record = read_record(Parts(migrate(1, old | {"paused": True, "owners_limit_a": 16.0})))
    assert (record.schedule, record.once, record.sent_utc_offset_s) == (FULL.schedule, FULL.once, 3600)
    assert (record.permit, record.follow_id, record.is_handed_over) == (None, None, False)
    assert migrate(1, None) is None


def test_n19_version_2() -> None:
    """What version 2 stored is read as it is, for it had no dates."""
    old = write_record(FULL)
    assert read_record(Parts(migrate(2, old))) == FULL


def test_n19_dates_are_stored() -> None:
    """A window of a date, and exceptions, are read as they were written; absurd ones are dropped with the schedule."""
    monday, day = Weekday.MONDAY, date(2099, 11, 30)
    windows = (
        Window(days=frozenset({monday}), start=time(1), end=time(2), exceptions=frozenset({day})),
        Window(day=day, start=time(1), end=time(2), permit=Permit(mode="smart")),
    )
    record = ScheduleRecord(schedule=Schedule(windows=windows))
    assert read_record(Parts(write_record(record))) == record
    last = replace(windows[1], day=date.max)
    stored = write_record(ScheduleRecord(schedule=Schedule(windows=(windows[0], last))))
    parts = Parts(stored)
    assert read_record(parts).schedule == Schedule()
    assert parts.dropped == ["schedule"]
