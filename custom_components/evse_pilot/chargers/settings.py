"""Settings of a charger, each declared once: its names, what it may be, and where a state has it.

The field of the state is declared with its reader (fields.py); entity, command, refusal and range come from here.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from enum import StrEnum
import math
from typing import Any, override

from .errors import ChargerRefusedError, check_range
from .wire import flag, number

type WireValue = bool | int | float | str


@dataclass(frozen=True)
class Setting[S, V](ABC):
    """One setting; `key` is the key of its entity, `name` that on the wire.

    Its entity is there once `exists` is true of a state, by default once its value is known. `reply_key` is where the
    reply to its command has its value, if that is not `name`. A `primary` one stands among the controls of its device;
    the others are in its configuration, and not enabled at first: they are set once, if ever.
    """

    key: str
    name: str
    value: Callable[[S], V | None]
    _: KW_ONLY
    primary: bool = False
    exists: Callable[[S], bool] | None = None
    reply_key: str | None = None

    @abstractmethod
    def to_wire(self, value: V) -> WireValue:
        """Return what is sent; ChargerRefusedError for what the charger would take wrongly, or not at all."""


@dataclass(frozen=True, kw_only=True)
class NumberSetting[S](Setting[S, float]):
    """A whole number from low to high, in its unit; on the wire it is `factor` times as much.

    Its entity offers no more than `maximum` reads from the state, where that knows one. A fraction is refused, unless
    it `rounds_down`.
    """

    low: float
    high: float
    maximum: Callable[[S], float | None] | None = None
    unit: str | None = None
    factor: float = 1
    rounds_down: bool = False

    @override
    def to_wire(self, value: float) -> WireValue:
        check_range(value, self.low, self.high, self.unit)
        if self.rounds_down:
            value = math.floor(value)
        if value != int(value):
            # A charger reads an integer: of "83.5" it would take 83 without a word.
            raise ChargerRefusedError("whole_numbers_only")
        return round(value * self.factor)


@dataclass(frozen=True, kw_only=True)
class FlagSetting[S](Setting[S, bool]):
    """On or off; an inverted one is the opposite on the wire."""

    inverted: bool = False

    @override
    def to_wire(self, value: bool) -> WireValue:
        return value != self.inverted


@dataclass(frozen=True, kw_only=True)
class ChoiceSetting[S, E: StrEnum](Setting[S, E]):
    """One of several words, which the wire counts from 0 in their order; its entity offers all but those excluded."""

    words: type[E]
    excluded: frozenset[E] = frozenset()

    @override
    def to_wire(self, value: E) -> WireValue:
        return list(self.words).index(value)


@dataclass(frozen=True, kw_only=True)
class TextSetting[S](Setting[S, str]):
    """A text of so many characters at most."""

    longest: int = 255

    @override
    def to_wire(self, value: str) -> WireValue:
        if len(value) > self.longest:
            raise ChargerRefusedError("text_length")
        return value


class Configurable[S](ABC):
    """A charger with settings."""

    @abstractmethod
    async def change[V](self, setting: Setting[S, V], value: V) -> None:
        """Set one of its settings; ChargerRefusedError for a value that it does not take, and nothing is sent."""


def is_set(changes: Mapping[str, WireValue], answer: Mapping[str, Any]) -> bool:
    """Return whether an answer has all changes; a setting that the firmware does not have is taken to be set."""
    return all(name not in answer or _same(answer[name], value) for name, value in changes.items())


def _same(found: object, wanted: WireValue) -> bool:
    if isinstance(wanted, bool):
        return flag(found) is wanted
    return found == wanted if isinstance(wanted, str) else number(found, wanted, wanted) is not None
