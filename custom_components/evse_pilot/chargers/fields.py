"""State fields that are declared together with their reader."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, fields
from functools import cache
from typing import Any, cast

from .counters import ENERGY, Counters, Pace

_READER, _COUNTED = "reader", "counted"


class Fields[R]:
    """Declares the fields of a frozen state, each by the function that reads it from the answers R of a charger.

    The type of a field is that of its reader, and mypy compares the two:

        wire = Fields[Mapping[str, Any]]()

        @dataclass(frozen=True, slots=True, kw_only=True)
        class State:
            power_w: float | None = wire(lambda raw: number(raw.get("power"), 0, 1e6))

        wire.state(State, answers)
    """

    def __call__[T](self, reader: Callable[[R], T], *, private: bool = False) -> T:
        """Declare a field; a private one is in no text that could reach a log, and diagnostics leave it out."""
        # A dataclass takes the field, a type checker the type of its value.
        return cast("T", field(repr=not private, metadata={_READER: reader}))

    def counter(
        self,
        reader: Callable[[R], float | None],
        answer: Callable[[R], object] = lambda answers: answers,
        pace: Pace = ENERGY,
    ) -> float | None:
        """Declare what is counted for years, in Wh unless it has a pace of its own; only what is plausible is shown.

        `answer` finds the answer that it is in, of several that make one state: one that was read earlier is no second one.
        """
        return cast("float | None", field(metadata={_READER: reader, _COUNTED: (answer, pace)}))

    def state[S](
        self, cls: Callable[..., S], answers: R, counters: Counters | None = None, **others: object
    ) -> S:
        """Return the state that these answers make; ChargerProtocolError and the like come from the readers.

        Without the counters of the charger, energies are as they were read. `others` are the fields without a reader.
        """
        values = {name: reader(answers) for name, reader in _readers(cls)}
        if counters is not None:
            for name, (answer, pace) in _counted(cls):
                values[name] = counters.read(name, values[name], answer(answers), pace)
        return cls(**values, **others)


class KeyedFields[R]:
    """Declares the fields of one part of the answers, each by its key there; `keys` are all of them, and some others."""

    def __init__(
        self, fields: Fields[R], part: Callable[[R], Mapping[str, Any]], keys: Iterable[str]
    ) -> None:
        """Declare fields of this part."""
        self.keys = set(keys)
        self._fields = fields
        self._part = part

    def __call__[T](self, key: str, reader: Callable[[object], T], *, private: bool = False) -> T:
        """Declare a field by its key and the function that reads its value."""
        self.keys.add(key)
        return self._fields(lambda answers: reader(self._part(answers).get(key)), private=private)

    def counter(self, key: str, reader: Callable[[object], float | None]) -> float | None:
        """Declare an energy that is counted, in Wh, by its key."""
        self.keys.add(key)
        return self._fields.counter(lambda answers: reader(self._part(answers).get(key)), self._part)


@cache
def _readers(cls: object) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    """Return the fields of a state that have a reader; asked at each poll, so it is worked out once."""
    return tuple(
        (each.name, each.metadata[_READER])
        for each in fields(cast("type[Any]", cls))
        if _READER in each.metadata
    )


@cache
def _counted(cls: object) -> tuple[tuple[str, tuple[Callable[[Any], object], Pace]], ...]:
    """Return the fields of a state that are counted, each with the answer that it is in and its pace."""
    return tuple(
        (each.name, each.metadata[_COUNTED])
        for each in fields(cast("type[Any]", cls))
        if _COUNTED in each.metadata
    )
