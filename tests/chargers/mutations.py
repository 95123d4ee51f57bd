"""Good answers with something wrong in them, for the tests of every vendor's models."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import fields, is_dataclass
import math
from typing import Any

type Path = tuple[str, ...]

JUNK: list[Any] = [
    *(None, "", "junk", "<html></html>", [], [1, 2], {}, {"a": {"b": 1}}, True, False, -1, 10**4000, 1e308),
    *(1e38, "1e999", math.nan, math.inf, -math.inf, 0.5, "\ud800\0", [[[[]]]], "\x1b[31m" * 100),
]


def paths(raw: Mapping[str, Any], above: Path = ()) -> Iterator[Path]:
    """Return the way to each value and each block."""
    for key, value in raw.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from paths(value, (*above, key))


def changed(raw: dict[str, Any], path: Path, *value: Any) -> dict[str, Any]:
    """Return the answer with another value at the path, or without it."""
    raw = deepcopy(raw)
    block = raw
    for key in path[:-1]:
        block = block[key]
    if value:
        block[path[-1]] = value[0]
    else:
        del block[path[-1]]
    return raw


def owned_by(owners: Mapping[str, set[str]], path: Path) -> set[str]:
    """Return the fields that may change with what is at the path, of a table by paths with dots."""
    name = ".".join(path)
    return {
        field
        for key, owned in owners.items()
        if key == name or key.startswith(f"{name}.") or name.startswith(f"{key}.")
        for field in owned
    }


def differences(one: Any, other: Any) -> set[str]:
    """Return the names of the fields in which two snapshots differ."""
    return {field.name for field in fields(one) if getattr(one, field.name) != getattr(other, field.name)}


def numbers(value: object) -> Iterator[float]:
    """Return all numbers in a snapshot."""
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from numbers(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from numbers(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from numbers(inner)
    elif isinstance(value, (int, float)):
        yield value
