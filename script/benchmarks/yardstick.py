"""A fixed piece of work that figures are compared with: pure Python of the kind that ours is, and nothing of ours is in it.

Whoever changes it changes all ratios: it stays as it is.
"""

from dataclasses import dataclass
import time

_FIELDS = {f"field_{n}": 0.5 * n for n in range(100)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Three currents, and their sum, in A."""

    phases_a: tuple[float, float, float]
    total_a: float


def _part(name: str, number: float) -> _Part:
    phases_a = (number, min(32.0, number + 1.0), max(6.0, number - 1.0))
    return _Part(phases_a=phases_a, total_a=sum(phases_a) if name in _FIELDS else 0.0)


def work() -> None:
    """Work for some 0.1 ms: look up, check and round numbers, make frozen parts of them, sort and sum these."""
    read = {name: round(number, 1) for name, number in _FIELDS.items() if isinstance(number, float)}
    parts = {name: _part(name, number) for name, number in read.items()}
    ranked = sorted(parts.items(), key=lambda item: (-item[1].total_a, item[0]))
    rest_a = 200.0
    for name, part in ranked:
        share_a = min(rest_a, part.total_a)
        rest_a -= share_a
        parts[name] = _part(name, share_a)


async def yardstick() -> None:
    """Do it, as what is awaited is done."""
    work()


def yardstick_ms() -> float:
    """Return what it costs once, in ms of processor time."""
    worked_s = time.process_time()
    work()
    return 1000 * (time.process_time() - worked_s)
