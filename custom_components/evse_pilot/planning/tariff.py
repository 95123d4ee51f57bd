"""A tariff of cheap and dear hours by a schedule helper, as prices.

Data in, prices out: no clock and no Home Assistant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta, tzinfo

from ..scheduling.schedule import moment_of
from .prices import number_of
from .segments import Price

# Without prices of its own, the hours of the helper are cheap and all others alike.
_CHEAP, _OTHER = 0.0, 1.0
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of a schedule helper on one day of the week, 0 is Monday; with a price of its own, or cheap.

    `end` None: the end of the day.
    """

    weekday: int
    start: time
    end: time | None
    per_kwh: float | None = None


def blocks_of(week: object) -> tuple[Block, ...]:
    """Return the blocks of a schedule helper, as its action `schedule.get_schedule` returns them, in order."""
    blocks: list[Block] = []
    for weekday, name in enumerate(_DAYS):
        entries = week.get(name) if isinstance(week, Mapping) else None
        if isinstance(entries, Sequence) and not isinstance(entries, str):
            blocks += [block for entry in entries if (block := _block(weekday, entry)) is not None]
    return tuple(sorted(blocks, key=lambda block: (block.weekday, block.start)))


def has_prices(blocks: Sequence[Block]) -> bool:
    """Return whether each block has a price."""
    return bool(blocks) and all(block.per_kwh is not None for block in blocks)


def prices_of_blocks(blocks: Sequence[Block], first: date, days: int, zone: tzinfo) -> tuple[Price, ...]:
    """Return the prices of some days.

    Where each block has one, other times have the highest of them. Else all that is in a block is cheap.
    """
    if not blocks:
        return ()
    priced = has_prices(blocks)
    other = max(block.per_kwh or 0.0 for block in blocks) if priced else _OTHER
    prices: list[Price] = []
    for day in (first + timedelta(days=index) for index in range(days)):
        at, midnight = moment_of(day, time(), zone), moment_of(day + timedelta(days=1), time(), zone)
        for block in (block for block in blocks if block.weekday == day.weekday()):
            start = max(at, moment_of(day, block.start, zone))
            end = midnight if block.end is None else moment_of(day, block.end, zone)
            per_kwh = (block.per_kwh or 0.0) if priced else _CHEAP
            prices += [
                Price(start=at, end=start, per_kwh=other),
                Price(start=start, end=end, per_kwh=per_kwh),
            ]
            at = max(at, end)
        prices.append(Price(start=at, end=midnight, per_kwh=other))
    return tuple(each for each in prices if each.end > each.start)


def _block(weekday: int, entry: object) -> Block | None:
    if not isinstance(entry, Mapping):
        return None
    start, end, data = _time(entry.get("from")), _time(entry.get("to")), entry.get("data")
    if start is None or end is None or start >= end:
        return None
    return Block(
        weekday=weekday,
        start=start.replace(second=0, microsecond=0),
        # A helper writes the end of a day as its last microsecond.
        end=None if end >= time(23, 59, 59) else end.replace(second=0, microsecond=0),
        per_kwh=number_of(data.get("price")) if isinstance(data, Mapping) else None,
    )


def _time(raw: object) -> time | None:
    if isinstance(raw, time):
        return raw
    try:
        return time.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
