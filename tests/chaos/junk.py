"""Good answers gone wrong, and answers that never were good, by a source of chance that can be repeated."""

from collections.abc import Awaitable, Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any

from tests.chargers.mutations import JUNK

# What a target tries once, with these chances.
type Case = Callable[[Random], Awaitable[None]]

_TEXTS = (
    "", "0", "-0", "1e999", "NaN", "Infinity", "true", "null", "on", "unavailable", "٣", "\ud800", "\0", "\u202e",
    "2026-11-26T12:00:00+00:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "24:00", "-1:30", "7,7,7",
    "x" * 5000, "9" * 5000, "sensor.x", "monday", "6 A",
)  # fmt: skip
_NUMBERS = (0, -1, 1, 6, 16, 255, 65535, 2**31, 2**63, -(2**63), 10**400, 0.1, -0.0, 1e-320, 1e38, 1e308)
# A change of a number that may still be taken for one.
_FACTORS = (-1, 0, 0.001, 0.1, 0.999, 1.001, 10, 1000, 3600, 1e6)


def value(rng: Random, depth: int = 3) -> Any:
    """Return any JSON."""
    kind = rng.randrange(7 if depth else 4)
    if kind == 0:
        return deepcopy(rng.choice(JUNK))
    if kind == 1:
        return rng.choice(_TEXTS)
    if kind == 2:
        return rng.choice(_NUMBERS)
    if kind == 3:
        return rng.choice((rng.uniform(-1e3, 1e5), rng.randint(-5, 100), str(rng.randint(-5, 70000))))
    inner = [value(rng, depth - 1) for _ in range(rng.randrange(4))]
    return inner if kind == 4 else {rng.choice(_TEXTS[:12]): each for each in inner}


def mutated(rng: Random, good: Any) -> Any:
    """Return a copy of good JSON with one change or a few; now and then something else altogether."""
    if rng.random() < 0.03:
        return value(rng)
    box = [deepcopy(good)]
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5, 20))):
        places = list(_places(box))
        _change(rng, *rng.choice(places), places)
    return box[0]


def mutated_bytes(rng: Random, good: bytes) -> bytes:
    """Return bytes with some of them changed, lost, doubled, or cut off."""
    found = bytearray(good)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        at, end = sorted((rng.randint(0, len(found)), rng.randint(0, len(found))))
        match rng.randrange(6):
            case 0:
                del found[at:]
            case 1:
                del found[at : min(end, at + 20)]
            case 2:
                found[at:at] = found[at:end]
            case 3:
                found[at:at] = rng.randbytes(rng.randrange(1, 20))
            case 4:
                found[at : at + 1] = rng.choice(
                    (b"\r", b"\n", b"\r\n\r\n", b":", b"\0", b"\xff", b'"', b"{", b"9")
                )
            case _ if found:
                found[at - 1] ^= 1 << rng.randrange(8)
    return bytes(found)


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place of JSON: the container, and the key in it."""
    keys = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield node, key
        yield from _places(node[key])


def _change(rng: Random, node: Any, key: Any, places: list[tuple[Any, Any]]) -> None:
    was = node[key]
    match rng.randrange(9):
        case 0 if isinstance(node, dict):
            del node[key]
        case 1:
            node[key] = deepcopy(rng.choice(JUNK))
        case 2:
            node[key] = [was]
        case 3:
            node[key] = str(was) if not isinstance(was, str) else {was: was}
        case 4 if isinstance(was, (int, float)) and not isinstance(was, bool):
            node[key] = _scaled(was, rng.choice(_FACTORS))
        case 5:
            # The value of another place, such as the neighbour's.
            other, at = rng.choice(places)
            if at in other if isinstance(other, dict) else at < len(other):
                node[key] = deepcopy(other[at])
        case 6 if isinstance(was, list):
            node[key] = was * rng.choice((0, 2, 50))
        case 7 if isinstance(node, dict) and isinstance(key, str):
            node[rng.choice((key.upper(), key + " ", key[:-1], "x" + key))] = node.pop(key)
        case _:
            node[key] = value(rng)


def _scaled(number: float, factor: float) -> float:
    try:
        return number * factor
    except OverflowError:
        return -number
