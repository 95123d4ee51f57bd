"""What the controller of a charger stores, and what becomes of a file that makes no sense."""

from datetime import UTC, datetime
import json
import math
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.evse_pilot.control.claim import Baseline, Claim, Reason, Source
from custom_components.evse_pilot.control.shown import Sent
from custom_components.evse_pilot.control.store import (
    Record,
    current_from,
    read_record,
    stored_control,
    write_record,
)
from custom_components.evse_pilot.runtime.storage import Parts, Stored
from homeassistant.core import HomeAssistant

from .strategies import AMPS, BASELINES, MODES, PHASES

END = datetime(2026, 11, 20, 18, tzinfo=UTC)
MOMENTS = st.integers(0, 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


CLAIMS = st.builds(
    Claim,
    source=st.sampled_from(Source),
    reason=st.sampled_from(Reason),
    max_current_a=st.none() | AMPS,
    pause=st.booleans(),
    mode=MODES,
    phases=PHASES,
    until=st.none() | MOMENTS,
    ends_at_edge=st.booleans(),
    detail=st.none() | st.sampled_from(["", "1", "a phase"]),
).filter(lambda claim: claim.source is not Source.TIMED or claim.until is not None)
RECORDS = st.builds(
    Record,
    claims=st.lists(CLAIMS, max_size=4).map(lambda claims: {claim.source: claim for claim in claims}),
    baseline=BASELINES,
    sent=st.builds(
        Sent,
        current=st.booleans(),
        mode=st.booleans(),
        phases=st.booleans(),
        confirmed_a=st.none() | st.just(0.0),
    ),
    plugged_in=st.none() | st.booleans(),
    stored_at=st.none() | MOMENTS,
    writes=st.integers(0, 10_000),
    day=st.sampled_from(["", "2026-11-20"]),
)
ONE = Record(
    claims={Source.OWNER: Claim(source=Source.OWNER, reason=Reason.PERSONS_LIMIT, max_current_a=8)},
    baseline=Baseline(current_a=16, mode="normal", phases=3),
    sent=Sent(current=True, phases=True),
    writes=7,
    day="2026-11-20",
)


@given(RECORDS)
def test_round_trip(record: Record) -> None:
    """What was written is read again, by way of JSON."""
    assert read_record(Parts(json.loads(json.dumps(write_record(record))))) == record


@given(st.data())
@settings(max_examples=300)
def test_whatever_is_stored_raises_nothing(data: st.DataObject) -> None:
    """One value of a wrong type: the others still hold, and no limit becomes higher."""
    raw: Any = json.loads(json.dumps(write_record(ONE)))
    claim = raw["claims"]["owner"]
    where: Any = data.draw(st.sampled_from([raw, raw["claims"], claim, raw["baseline"]]))
    key = data.draw(st.sampled_from(sorted(where)))
    where[key] = data.draw(JSON)
    record = read_record(Parts(raw))
    owner = record.claims.get(Source.OWNER)
    odd = where is claim and key == "max_current_a"
    if owner is not None and odd and current_from(where[key]) is None:
        assert owner.current_a == (None if where[key] is None else 0)
    assert record.writes >= 0


@pytest.mark.parametrize("odd", ["much", True, [8], {}, -1, float("nan"), float("inf")])
def test_a_limit_that_cannot_be_read_allows_nothing(odd: Any) -> None:
    """It was a limit, and nobody knows which: until its source claims anew, nothing may flow."""
    raw = write_record(ONE)
    raw["claims"]["owner"]["max_current_a"] = odd
    assert read_record(Parts(raw)).claims[Source.OWNER].current_a == 0


@pytest.mark.parametrize(
    ("key", "odd"),
    [("reason", "because"), ("reason", None), ("until", "soon"), ("until", 7), ("reason", [])],
)
def test_a_claim_that_makes_no_sense_is_left_out(key: str, odd: Any) -> None:
    """The others still hold."""
    raw = write_record(ONE)
    timed = Claim(source=Source.TIMED, reason=Reason.TIMED_LIMIT, max_current_a=7, until=END)
    raw["claims"] |= write_record(Record(claims={Source.TIMED: timed}))["claims"]
    raw["claims"]["owner"][key] = odd
    assert read_record(Parts(raw)).claims == {Source.TIMED: timed}


def test_a_group_that_has_just_begun_has_no_reason() -> None:
    """Its limit holds all the same."""
    claim = Claim(source=Source.GROUP, reason=None, max_current_a=6.0)
    record = Record(claims={Source.GROUP: claim})
    assert read_record(Parts(write_record(record))).claims == {Source.GROUP: claim}


def test_an_unknown_source_is_left_out() -> None:
    """A newer version may have had one more party."""
    raw = write_record(ONE)
    raw["claims"]["heat_pump"] = raw["claims"]["owner"]
    assert read_record(Parts(raw)) == ONE


@pytest.mark.parametrize("data", [None, [], "text", 7, {}, {"claims": []}, {"claims": {}, "baseline": 7}])
async def test_e7_a_file_of_a_wrong_type_is_dropped_with_one_warning(
    hass: HomeAssistant, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture, data: Any
) -> None:
    """The charger is as if nothing had been stored."""
    hass_storage["evse_pilot.control.abc"] = {"version": 1, "key": "evse_pilot.control.abc", "data": data}
    for _ in range(2):
        assert await stored_control(hass, "abc").async_load() in (None, Record())
    assert caplog.text.count("cannot be read") == (0 if data in (None, {}) else 1)


async def test_a_file_of_a_newer_version_is_dropped_with_one_warning(
    hass: HomeAssistant, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody knows what a later version means by it."""
    hass_storage["evse_pilot.control.abc"] = {
        "version": 99,
        "key": "evse_pilot.control.abc",
        "data": write_record(ONE),
    }
    assert await stored_control(hass, "abc").async_load() is None
    assert caplog.text.count("cannot be read") == 1


async def test_what_is_saved_is_loaded(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    """One file for each charger; removed with it."""
    stored = stored_control(hass, "abc")
    await stored.async_save(ONE)
    assert await stored_control(hass, "abc").async_load() == ONE
    assert await stored_control(hass, "def").async_load() is None
    await stored.async_remove()
    assert "evse_pilot.control.abc" not in hass_storage


# A value of any kind


def a_number(hass: HomeAssistant, **more: Any) -> Stored[int]:
    """Return a stored number, of version 2."""

    def read(parts: Parts) -> int:
        return int(parts.data["number"])

    return Stored(hass, "number", version=2, read=read, write=lambda value: {"number": value}, **more)


async def test_an_older_version_is_migrated(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    """The migration gets the version and what was stored."""
    hass_storage["number"] = {"version": 1, "key": "number", "data": 7}
    stored = a_number(hass, migrate=lambda version, data: {"number": data * 10 + version})
    assert await stored.async_load() == 71


async def test_an_older_version_that_cannot_be_migrated_is_nothing(
    hass: HomeAssistant, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """It is no error."""
    hass_storage["number"] = {"version": 1, "key": "number", "data": {"number": 7}}
    assert await a_number(hass).async_load() is None
    assert not caplog.records or "cannot be read" not in caplog.text


@pytest.mark.parametrize("error", [KeyError, TypeError, ValueError, AttributeError])
async def test_a_migration_that_fails(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    error: type[Exception],
) -> None:
    """One warning, and nothing that was stored."""

    def migrate(_: int, __: Any) -> Any:
        raise error("secret")

    hass_storage["number"] = {"version": 1, "key": "number", "data": 7}
    assert await a_number(hass, migrate=migrate).async_load() is None
    assert caplog.text.count("cannot be read") == 1
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("value", "current_a"),
    [
        (8, 8.0),
        (0, 0.0),
        (7.5, 7.5),
        (True, None),
        ("8", None),
        (None, None),
        (-1, None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_a_stored_current(value: Any, current_a: float | None) -> None:
    """A number of amperes, or none."""
    assert current_from(value) == current_a


def test_what_is_not_a_number_allows_nothing_after_a_restart_either() -> None:
    """JSON has no word for it, and no limit must not be made of it."""
    strange = Claim(source=Source.GROUP, reason=Reason.MAIN_FUSE, max_current_a=math.nan)
    stored = json.loads(json.dumps(write_record(Record(claims={Source.GROUP: strange})), allow_nan=False))
    assert read_record(Parts(stored)).claims[Source.GROUP].current_a == 0
