"""Readers of untrusted JSON: a value that is missing, of another type or out of range is None, never an exception."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
import json
import math
import re
from typing import Any, Self, cast

REDACTED = "**REDACTED**"

# Before each capital that begins a word: "THDCurrentL1" has three words.
_WORD_START = re.compile(r"(?<=[^A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_MAC = re.compile(r"(?!0{12}|F{12})[0-9A-F]{12}")
# Types of JSON that may hold a number; a truth value has a type of its own.
_NUMERIC = frozenset({int, float, str})
# In 2106 a count of seconds in 32 bits is used up.
_LATEST_S = 2**32
# The longest answer known has some hundreds of values, on five levels.
_MOST_VALUES, _DEEPEST = 8192, 32
_UNIT = re.compile(r"\[([^\[\]]{1,16})\]$")


def block(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the object under the key; empty if there is none."""
    value = raw.get(key)
    # A dict at once: to ask an abstract class takes long.
    return value if type(value) is dict or isinstance(value, Mapping) else {}


def number(value: object, low: float, high: float) -> float | None:
    """Return a finite number between low and high, also from a numeric string."""
    if type(value) not in _NUMERIC:
        return None
    try:
        result = float(cast("float", value))
    except ValueError, OverflowError:
        return None
    return result if low <= result <= high and math.isfinite(result) else None


def scaled(value: object, factor: float, low: float, high: float, *, digits: int = 0) -> float | None:
    """Return a number in another unit, rid of binary noise; low and high are in the new unit."""
    if (result := number(value, -math.inf, math.inf)) is None:
        return None
    result *= factor * 10**digits
    if not math.isfinite(result):
        return None
    result = round(result) / 10**digits
    return result if low <= result <= high else None


def float32(value: object) -> float | None:
    """Return a number that was a 32-bit float, without the digits that it never had; only nonsense is above 1e12."""
    result = number(value, -1e12, 1e12)
    return None if result is None else float(f"{result:.7g}") + 0.0


def integer(value: object, low: int, high: int) -> int | None:
    """Return a whole number between low and high; 16.0 is one."""
    if type(value) is int:
        return value if low <= value <= high else None
    result = number(value, low, high)
    return int(result) if result is not None and result.is_integer() else None


def flag(value: object) -> bool | None:
    """Return a truth value, also from 0, 1, "true" and "false"."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return bool(value) if isinstance(value, (int, float)) and value in (0, 1) else None


def text(value: object, longest: int = 255) -> str | None:
    """Return a printable, non-empty text."""
    if not isinstance(value, str):
        return None
    if not value.isprintable():
        value = "".join(character for character in value if character.isprintable())
    result = value.strip()
    return result if 0 < len(result) <= longest else None


@lru_cache(maxsize=512)
def described(description: str) -> tuple[str, str | None]:
    """Split "TotalSystemPower[W]" into words and unit."""
    unit = _UNIT.search(description)
    words = [
        word
        for part in re.findall(r"[^\W_]+", description[: unit.start()] if unit else description)
        for word in _WORD_START.split(part)
    ]
    # An abbreviation, such as L1, stays as it is.
    name = " ".join(word if word.isupper() else word.lower() for word in words)
    return name, unit[1].strip() or None if unit else None


def mac_digits(value: object) -> str | None:
    """Return a MAC address as twelve capital hexadecimal digits; one that is all 0 or all F is none."""
    digits = re.sub(r"[:.-]", "", text(value) or "").upper()
    return digits if _MAC.fullmatch(digits) else None


def word[T](value: object, words: Mapping[str, T]) -> T | None:
    """Return the value of a word; None for an unknown one."""
    return words.get(value) if isinstance(value, str) else None


def changed[T, U](value: T | None, change: Callable[[T], U]) -> U | None:
    """Return a value that was read in another form; None stays None."""
    return None if value is None else change(value)


def redacted(
    raw: object, words: frozenset[str], private: frozenset[str], key: str = "", *, depth: int = 16
) -> object:
    """Return raw JSON for a bug report: texts only where words names their key, and nothing that is private.

    Unknown texts are left out, so that newer firmware cannot leak a secret; so is everything deeper than any known
    answer.
    """
    if key in private or depth == 0:
        return REDACTED
    if isinstance(raw, Mapping):
        return {
            name: redacted(value, words, private, str(name), depth=depth - 1) for name, value in raw.items()
        }
    if isinstance(raw, list):
        return [redacted(value, words, private, key, depth=depth - 1) for value in raw]
    return REDACTED if isinstance(raw, str) and raw and key not in words else raw


def first[T](value: T | None, other: T | None) -> T | None:
    """Return the value, or the other one where it is None."""
    return other if value is None else value


def moment(value: object) -> datetime | None:
    """Return the time of so many seconds since 1970, in UTC; None for 0, which means none."""
    seconds = integer(value, 1, _LATEST_S)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def iso_moment(value: object) -> datetime | None:
    """Return the time of an ISO 8601 text, in UTC where it names no zone."""
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if time is not None and time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    # In the first and the last year a time cannot be converted to every zone.
    return time if time is not None and 0 < time.timestamp() <= _LATEST_S else None


def json_value(text: str) -> Any:
    """Return the JSON of a text; ValueError if it is none, or has more values or levels than any answer of a charger."""
    # All but the first value of a list or an object follow a comma.
    if text.count(",") > _MOST_VALUES:
        raise ValueError("too many values")
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise ValueError("too deep") from error
    # A level takes a bracket, so that most answers need not be searched.
    if text.count("[") + text.count("{") > _DEEPEST and _is_deeper(value, _DEEPEST):
        raise ValueError("too deep")
    return value


def _is_deeper(value: object, levels: int) -> bool:
    """Return whether lists and objects are nested in more levels than these."""
    level = [value]
    for _ in range(levels + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def json_object(value: object) -> Mapping[str, Any] | None:
    """Return the object that a text of JSON is, or that was one already; None for anything else."""
    try:
        raw = json_value(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return raw if isinstance(raw, Mapping) else None


@lru_cache(maxsize=64)
def _choices(words: Hashable) -> tuple[Any, ...]:
    """Return the words of a class or a table in their order; stored, for a class takes long to list them."""
    return tuple(cast("Iterable[Any]", words))


def numbered[T](words: type[T] | tuple[T, ...], value: object) -> T | None:
    """Return the word for a number of the wire, which counts from 0 in their order; None for another number."""
    choices: tuple[T, ...] = _choices(cast("Hashable", words))
    index = integer(value, 0, len(choices) - 1)
    return None if index is None else choices[index]


class NumberedWord(StrEnum):
    """A word of Home Assistant's that the wire counts from 0, in the order of its class."""

    @property
    def wire(self) -> int:
        """Return its number on the wire, which `numbered` reads."""
        return list(type(self)).index(self)


class WireWord(StrEnum):
    """A word of Home Assistant's with its name on the wire."""

    wire: str

    def __new__(cls, value: str, wire: str) -> Self:
        """Return the word, which compares equal to its value."""
        word = str.__new__(cls, value)
        word._value_, word.wire = value, wire
        return word

    @classmethod
    def read(cls, name: object) -> Self | None:
        """Return the word with this name on the wire; None for a name that is not known."""
        return next((word for word in cls if word.wire == name), None)
