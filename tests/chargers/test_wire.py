"""Reading untrusted JSON."""

from collections.abc import Mapping
import json
import math

from chargers.wire import REDACTED, block, flag, integer, number, redacted, scaled, text, word
from hypothesis import example, given, strategies as st
import pytest

from tests.chargers.strategies import JSON

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
