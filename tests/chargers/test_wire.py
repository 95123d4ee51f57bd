"""Reading untrusted JSON."""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from enum import StrEnum
import json
import math
from zoneinfo import ZoneInfo

from chargers.wire import (
    REDACTED,
    WireWord,
    block,
    changed,
    described,
    first,
    flag,
    float32,
    integer,
    iso_moment,
    json_object,
    json_value,
    mac_digits,
    moment,
    number,
    numbered,
    redacted,
    scaled,
    text,
    word,
)
from hypothesis import example, given, strategies as st
import pytest

from tests.chargers.strategies import JSON


class _Letter(StrEnum):
    """A word that the wire counts."""

    A = "a"
    B = "b"


class _Named(WireWord):
    """A word with a name on the wire."""

    OPEN = "open", "Lock Open"


BOUNDS = st.tuples(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12)).map(lambda pair: (min(pair), max(pair)))


@given(JSON, BOUNDS)
def test_number_is_finite_and_in_range(value: object, bounds: tuple[float, float]) -> None:
    """Whatever was sent, a number is one that makes sense, or None."""
    result = number(value, *bounds)
    assert result is None or (math.isfinite(result) and bounds[0] <= result <= bounds[1])


@given(JSON, st.sampled_from([0.1, 1, 100 / 1024, 1000, 1e300]), BOUNDS, st.integers(0, 3))
def test_scaled_is_finite_and_in_range(
    value: object, factor: float, bounds: tuple[float, float], digits: int
) -> None:
    """A number in another unit makes sense in that unit, or is None, and is never minus zero."""
    result = scaled(value, factor, *bounds, digits=digits)
    assert result is None or (math.isfinite(result) and bounds[0] <= result <= bounds[1])
    assert result != 0 or math.copysign(1, result) == 1


@given(JSON, st.integers(-1000, 0), st.integers(0, 1000))
def test_integer_is_whole_and_in_range(value: object, low: int, high: int) -> None:
    """A whole number is one, in its range, or None."""
    result = integer(value, low, high)
    assert result is None or (type(result) is int and low <= result <= high)


@given(JSON)
def test_words_flags_texts_and_blocks_never_raise(value: object) -> None:
    """Whatever was sent, the other readings give their type or None."""
    assert flag(value) in (True, False, None)
    assert word(value, {"a": 1}) in (1, None)
    read = text(value, 20)
    assert read is None or (0 < len(read) <= 20 and read.isprintable() and read == read.strip())
    assert isinstance(block({"key": value}, "key"), Mapping)
    assert block({}, "key") == {}


@given(JSON)
def test_e5_every_other_reader_is_in_range(value: object) -> None:
    """Whatever was sent, each reader gives what it promises, or None."""
    a_float = float32(value)
    assert a_float is None or (math.isfinite(a_float) and abs(a_float) <= 1e12)
    mac = mac_digits(value)
    assert mac is None or (len(mac) == 12 and int(mac, 16) > 0)
    assert numbered(_Letter, value) in (*_Letter, None)
    assert numbered((_Letter.A, None), value) in (_Letter.A, None)
    assert _Named.read(value) in (*_Named, None)
    assert isinstance(json_object(value), Mapping | None)
    assert first(changed(number(value, 0, 9), int), 0) in range(10)
    name, unit = described(text(value) or "")
    assert name.isprintable() and (unit is None or 0 < len(unit) <= 16)


@given(JSON, st.sampled_from([ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Etc/GMT+12"), UTC]))
def test_e5_a_time_is_one_in_every_zone(value: object, zone: tzinfo) -> None:
    """A time of the wire is one of our days, so that it can be shown wherever Home Assistant is."""
    for time in (moment(value), iso_moment(value)):
        assert time is None or 1970 <= time.astimezone(UTC).year <= 2106
        assert time is None or time.astimezone(zone) == time


@pytest.mark.parametrize("nonsense", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1815-06-18"])
def test_e5_a_time_that_is_not_ours(nonsense: str) -> None:
    """A time long before the charger was made, or long after, is none."""
    assert iso_moment(nonsense) is None


@given(JSON)
def test_every_answer_that_is_json_is_read_as_it_is(value: object) -> None:
    """Bounds on the number of values and levels change no answer within them."""
    try:
        sent = json.dumps(value)
    except ValueError:
        # A number that Python neither writes nor reads.
        return
    assert json.dumps(json_value(sent)) == sent


@pytest.mark.parametrize("depth", [32, 33, 500, 100_000])
def test_e8_levels_are_bounded(depth: int) -> None:
    """An answer that is nested without sense is none, so that nothing that compares or shows it breaks."""
    for opens, closes in (("[", "]"), ('{"a":', "}")):
        sent = opens * depth + "0" + closes * depth
        if depth > 32:
            with pytest.raises(ValueError, match="deep"):
                json_value(sent)
            assert json_object(sent) is None
        else:
            assert json.dumps(json_value(sent), separators=(",", ":")) == sent


def test_e8_values_are_bounded() -> None:
    """A list without end is none; one with a value for each register of a large meter is."""
    assert len(json_value(json.dumps([0] * 8192))) == 8192
    too_many: list[object] = [[0] * 8200, [[]] * 8200, {str(each): 0 for each in range(8200)}]
    for values in too_many:
        with pytest.raises(ValueError, match="many"):
            json_value(json.dumps(values))


def test_e5_numbers_that_python_does_not_print() -> None:
    """A whole number of 5,000 digits is none to any reader, and no error."""
    for value in (10**5000, -(10**5000)):
        read: list[object] = [
            *(number(value, -math.inf, math.inf), scaled(value, 0.1, -math.inf, math.inf), float32(value)),
            *(integer(value, 0, 2**64), numbered(_Letter, value), moment(value), iso_moment(value)),
            *(flag(value), text(value), mac_digits(value), _Named.read(value)),
        ]
        assert read == [None] * len(read)


@given(st.integers())
def test_whole_numbers_are_exact(value: int) -> None:
    """A whole number is not rounded to what a float can hold."""
    assert integer(value, -(2**200), 2**200) == value


@given(st.integers(-(10**9), 10**9))
def test_numbers_survive(value: int) -> None:
    """A sensible number is not changed, be it sent as a number, a float or a text."""
    bounds = (-(10**9), 10**9)
    assert integer(value, *bounds) == integer(float(value), *bounds) == integer(str(value), *bounds) == value
    assert number(value, *bounds) == value
    assert scaled(value, 0.1, -1e9, 1e9, digits=1) == value / 10


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, None),
        (False, None),
        ("16", 16),
        (" 16.5 ", 16.5),
        ("", None),
        (None, None),
        ([1], None),
        (101, None),
    ],
)
def test_number(value: object, expected: float | None) -> None:
    """A truth value is no number; a numeric text is one."""
    assert number(value, 0, 100) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(
            (True, True),
            (False, False),
            ("true", True),
            ("True", True),
            ("false", False),
            (1, True),
            (0, False),
        ),
        *(
            (1.0, True),
            (2, None),
            (-1, None),
            ("yes", None),
            ("1", None),
            (None, None),
            ([], None),
            ({}, None),
        ),
        (math.nan, None),
    ],
)
def test_flag(value: object, expected: bool | None) -> None:
    """Truth comes as a word, a number or itself; anything else is unknown."""
    assert flag(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("  v3.11.1\r\n", "v3.11.1"), ("a\0b\x1b[31m", "ab[31m"), (" \t", None), ("x" * 11, None), (7, None)],
)
def test_text(value: object, expected: str | None) -> None:
    """A text is rid of what cannot be shown."""
    assert text(value, 10) == expected


def test_scaled_is_rid_of_binary_noise() -> None:
    """A float's noise is not shown; the unit decides what is too much."""
    assert scaled(5670.100098, 1000, 0, 1e12) == 5_670_100
    assert scaled(83, 0.1, 0, 100, digits=1) == 8.3
    assert scaled(1001, 0.1, 0, 100, digits=1) is None
    assert scaled(-0.2, 1, 0, 100) == 0
    assert scaled(1e300, 1e300, -math.inf, math.inf) is None


@given(JSON)
@example([10**400, math.nan, "\ud800"])
def test_redacted_keeps_the_shape_but_no_unknown_text(value: object) -> None:
    """A report has the answer's shape and numbers, and no text under a key that is not known to be harmless."""
    report = redacted({"odd": value}, frozenset(), frozenset())
    assert isinstance(report, dict)
    assert not set(_texts(report)) - {REDACTED, ""}
    json.dumps(report)


def test_redacted_vouches_by_key_and_hides_by_key() -> None:
    """A text is shown where its key is known to be harmless, and nothing at all where it is private."""
    raw = {
        "state": "Charging",
        "list": ["secret", 1],
        "serial": 7,
        "deep": {"serial": {"a": 1}, "on": True, "e": ""},
    }
    assert redacted(raw, frozenset({"state"}), frozenset({"serial"})) == {
        "state": "Charging",
        "list": [REDACTED, 1],
        "serial": REDACTED,
        "deep": {"serial": REDACTED, "on": True, "e": ""},
    }


def test_redacted_of_a_bottomless_answer() -> None:
    """An answer nested without sense does not break the report."""
    raw: object = "secret"
    for _ in range(20_000):
        raw = [raw]
    assert "secret" not in repr(redacted(raw, frozenset({""}), frozenset()))


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [found for inner in value.values() for found in _texts(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in _texts(inner)]
    return [value] if isinstance(value, str) else []
