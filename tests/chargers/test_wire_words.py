"""Words and times of the wire."""

from datetime import UTC, datetime
from enum import StrEnum
import math

from chargers.wire import (
    NumberedWord,
    WireWord,
    described,
    first,
    float32,
    iso_moment,
    json_object,
    mac_digits,
    moment,
    numbered,
)
import pytest


class _Lock(WireWord):
    """A word with a name on the wire."""

    OPEN = "open", "Lock Open"
    SHUT = "shut", "Lock Shut"


class _Letter(StrEnum):
    """A word that the wire counts."""

    A = "a"
    B = "b"


def test_wire_word() -> None:
    """A word is its value everywhere but on the wire."""
    assert [word.value for word in _Lock] == list(_Lock) == ["open", "shut"]
    words: type[StrEnum] = _Lock
    assert words("shut") is _Lock.SHUT
    assert _Lock.SHUT.wire == "Lock Shut"
    assert _Lock.read("Lock Open") is _Lock.OPEN


@pytest.mark.parametrize("name", ["open", "Lock", "", None, 0, True, math.nan, [], {}, ["Lock Open"]])
def test_wire_word_that_is_not_known(name: object) -> None:
    """A name that is not known is no word."""
    assert _Lock.read(name) is None


@pytest.mark.parametrize(
    ("value", "letter"),
    [
        (0, "a"),
        (1, "b"),
        (1.0, "b"),
        ("1", "b"),
        (2, None),
        (-1, None),
        (0.5, None),
        (True, None),
        (None, None),
    ],
)
def test_numbered(value: object, letter: str | None) -> None:
    """Words are counted from 0 in their order, and no other number is one; a gap in a table is none."""
    assert numbered(_Letter, value) == letter
    assert numbered((*_Letter, None), value) == letter
    assert numbered((*_Letter, None), 2) is None


def test_numbered_word() -> None:
    """A word knows its number."""

    class _Word(NumberedWord):
        A = "a"
        B = "b"

    assert [(word.value, word.wire) for word in _Word] == [("a", 0), ("b", 1)]
    assert all(numbered(_Word, word.wire) is word for word in _Word)


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("2015-01-01T14:29:49.5Z", datetime(2015, 1, 1, 14, 29, 49, 500_000, tzinfo=UTC)),
        ("2015-01-01T15:29:49+01:00", datetime(2015, 1, 1, 14, 29, 49, tzinfo=UTC)),
        ("2015-01-01T14:29:49", datetime(2015, 1, 1, 14, 29, 49, tzinfo=UTC)),
        *((nonsense, None) for nonsense in ("", "soon", "2015-13-01", None, 7, True, math.nan)),
        ([], None),
    ],
)
def test_iso_moment(value: object, time: datetime | None) -> None:
    """A time is a text of ISO 8601, in UTC without a zone; nonsense is none."""
    assert iso_moment(value) == time


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('{"a": 1}', {"a": 1}),
        ({"a": 1}, {"a": 1}),
        *((nonsense, None) for nonsense in ("", "{", "[1]", "1", "null", "[" * 100_000)),
        *((nonsense, None) for nonsense in (None, 7, True)),
        ([1], None),
    ],
)
def test_json_object(value: object, found: object) -> None:
    """An object, or a text that is one; anything else is none."""
    assert json_object(value) == found


@pytest.mark.parametrize(
    ("value", "time"),
    [
        (1, datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
        ("1795213800", datetime(2026, 11, 20, 22, 30, tzinfo=UTC)),
        *((nonsense, None) for nonsense in (0, -1, 2**33, 0.5, "soon", None, True, math.inf)),
    ],
)
def test_moment(value: object, time: datetime | None) -> None:
    """A time is seconds since 1970, in UTC; 0 and nonsense are none."""
    assert moment(value) == time


def test_first() -> None:
    """Only None gives way to the other value."""
    assert first(0, 5) == 0
    assert first(False, True) is False
    assert first(None, 5) == 5


@pytest.mark.parametrize(
    ("description", "name", "unit"),
    [
        ("TotalSystemPower[W]", "total system power", "W"),
        ("THDCurrentL1[%]", "THD current L1", "%"),
        ("PowerFactor", "power factor", None),
        ("", "", None),
    ],
)
def test_described(description: str, name: str, unit: str | None) -> None:
    """A description is words, of which abbreviations stay as they are, and a unit in brackets."""
    assert described(description) == (name, unit)


@pytest.mark.parametrize(
    ("value", "found"),
    [(0.3310000002384186, 0.331), (-0.0, 0), (475.20001, 475.2), (1e13, None), ("x", None), (None, None)],
)
def test_float32(value: object, found: float | None) -> None:
    """A float of 32 bits has seven digits."""
    assert float32(value) == found


@pytest.mark.parametrize(
    ("value", "digits"),
    [
        ("e0:e2:e6:48:15:16", "E0E2E6481516"),
        ("E0-E2-E6-48-15-16", "E0E2E6481516"),
        ("e0e2e6481516", "E0E2E6481516"),
        *((nonsense, None) for nonsense in ("00:00:00:00:00:00", "ff" * 6, "e0e2e6", "xx" * 6, "", None, 7)),
    ],
)
def test_mac_digits(value: object, digits: str | None) -> None:
    """An address is twelve digits, however they are parted."""
    assert mac_digits(value) == digits
