"""Fields of actions, and the sentence for a person who has filled one in wrongly."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any

from probatio import ExtraKeysInvalid
import voluptuous as vol

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from ..const import DOMAIN

# A value that is quoted in a sentence may be anything that a template has made.
_LONGEST_QUOTE = 60


class FieldError(vol.Invalid):
    """A value that a field does not take; the key and the placeholders are those of its sentence."""

    def __init__(self, key: str, **placeholders: str) -> None:
        """Leave the path of the field to the schema."""
        super().__init__(key)
        self.sentence_key = key
        self.sentence_placeholders = placeholders


def number(unit: str, low: float | None = None, high: float | None = None) -> Callable[[Any], float]:
    """Return the validator of a number in a unit, from low to high where they are given."""

    def validate(value: Any) -> float:
        try:
            found = float(value)
        except TypeError, ValueError, OverflowError:
            raise FieldError("field_not_a_number", unit=unit) from None
        if low is not None and high is not None and not low <= found <= high:
            raise FieldError("field_out_of_range", minimum=f"{low:g} {unit}", maximum=f"{high:g} {unit}")
        # Without a range the charger's own decides, also on what is infinite.
        return found

    return validate


def checked[V](validator: Callable[[Any], V]) -> Callable[[Any], V]:
    """Return a validator of Home Assistant's that raises vol.Invalid for whatever it does not take.

    Some raise a TypeError or an OverflowError, and what parses a moment ends the process with a lone surrogate.
    """

    def validate(value: Any) -> V:
        try:
            if isinstance(value, str):
                value.encode()
            return validator(value)
        except (OverflowError, TypeError, UnicodeEncodeError) as error:
            raise vol.Invalid(type(error).__name__) from error

    return validate


def _moment(value: Any) -> datetime:
    """Return a moment in UTC; OverflowError for one that UTC or the local time has no date for."""
    found = dt_util.as_utc(cv.datetime(value))
    dt_util.as_local(found)
    return found


moment = checked(_moment)


def or_none[V](validator: Callable[[Any], V]) -> Callable[[Any], V | None]:
    """Return the validator of what may also be left open."""
    return lambda value: None if value is None else validator(value)


def word[E: StrEnum](words: type[E]) -> Callable[[Any], E]:
    """Return the validator of one of several words, however its letters are written."""

    def validate(value: Any) -> E:
        found = as_word(value)
        for each in words:
            if found in (each.value, each.name.casefold()):
                return each
        raise FieldError("field_not_an_option", options=", ".join(words))

    return validate


def as_word(value: Any) -> str:
    """Return a word as the integration has it, of one that is written as the user interface shows it."""
    return str(value).strip().casefold().replace(" ", "_")


def confirmed(value: Any) -> bool:
    """Return True; FieldError for what was not confirmed."""
    if cv.boolean(value):
        return True
    raise FieldError("field_not_confirmed")


def in_sentences(schema: Callable[[Any], dict[str, Any]]) -> vol.Schema:
    """Return a schema that raises what it refuses as a ServiceValidationError with a sentence."""

    def validate(data: Any) -> dict[str, Any]:
        # Home Assistant's own check of a target expects one or the other.
        if not isinstance(data.get(ATTR_ENTITY_ID, ""), (str, list)):
            raise _sentence(vol.Invalid("no entity", path=[ATTR_ENTITY_ID]), data)
        try:
            return schema(data)
        except vol.Invalid as error:
            errors = error.errors if isinstance(error, vol.MultipleInvalid) else [error]
            raise _sentence(errors[0], data) from error

    return vol.Schema(validate)


def _sentence(error: vol.Invalid, data: Any) -> ServiceValidationError:
    """Return the error of a call, which names the field and what it takes."""
    key, placeholders = "field_invalid", {"field": _field(error.path), "value": _quoted(error.path, data)}
    if isinstance(error, FieldError):
        key = error.sentence_key
        placeholders |= error.sentence_placeholders
    elif not error.path:
        key = "target_missing"
    elif isinstance(error, vol.RequiredFieldInvalid):
        key = "field_missing"
    elif isinstance(error, ExtraKeysInvalid):
        key = "field_unknown"
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders
    )


def _field(path: list[Any]) -> str:
    """Return the name of a field, such as `windows 1 start` for the start of the first window."""
    return " ".join(str(part + 1 if isinstance(part, int) else part) for part in path)


def _quoted(path: list[Any], data: Any) -> str:
    """Return the value at a path as a text that fits into a sentence."""
    for part in path:
        if isinstance(part, int) and not isinstance(data, list):
            # One alone may stand for a list of one.
            continue
        try:
            data = data[part]
        except KeyError, IndexError, TypeError:
            return ""
    text = str(data)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"
