"""Prices as the integrations of Home Assistant have them, read from attributes and from responses of actions.

Data in, prices out: no clock and no Home Assistant. What cannot be read is left out, and the others are kept.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
import math
import re
from typing import Any, Final

from ..scheduling.schedule import moment_of
from .segments import Price

# Attributes with a list of prices; those of one line belong together, and the first line that has any counts.
_LISTS: Final = (
    # Nord Pool and Energi Data Service of HACS
    ("raw_today", "raw_tomorrow"),
    # ENTSO-E and Frank Energie of HACS
    ("prices",),
    ("prices_today", "prices_tomorrow"),
    # Octopus Energy of HACS
    ("rates",),
    # EPEX Spot of HACS
    ("data",),
    # Amber
    ("forecasts",),
    # Forecasts of the carbon dioxide of a kWh, and of prices by templates; Zonneplan of HACS
    ("forecast",),
    ("today", "tomorrow"),
)
_STARTS: Final = ("start", "start_time", "startsAt", "time", "timestamp", "from", "datetime", "hour")
_ENDS: Final = ("end", "end_time", "endsAt", "to", "till")
_VALUES: Final = (
    *("value", "price", "value_inc_vat", "price_per_kwh", "per_kwh", "total"),
    *("intensity", "carbon_intensity"),
)
# EPEX Spot names the unit of its list in it, which may be another one than that of the sensor.
_NAMED_UNIT = re.compile(r"price_([a-z]{2,5})_per_(kwh|mwh)")
_PER_KWH: Final = {"kwh": 1.0, "mwh": 0.001}
_HUNDREDTHS: Final = ("ct", "cent", "cents", "pence", "ore", "p", "c")
# Zonneplan has ten-millionths of a euro.
_TEN_MILLIONTHS = "electricity_price"
# PVPC: the hours of this day and of the next one; the second of two hours when the clocks go back has an end of its own.
_HOUR_OF_DAY = re.compile(r"price_(next_day_)?([01]\d|2[0-3])h(_d)?")
# Lists of numbers: of an hour, or a part of it, each, from midnight to midnight.
_NUMBERS: Final = (("today", "tomorrow"), ("prices_today", "prices_tomorrow"))
_LENGTHS: Final = tuple(timedelta(minutes=minutes) for minutes in (15, 30, 60))
# More than any currency has for a kWh, or a power station has grams for it.
_MOST: Final = 1e6
_LONGEST, _USUAL = timedelta(days=2), timedelta(hours=1)
# Amber's intervals begin a second late.
_ROUND_S = 60
# Less than any integration rounds a price to.
_SAME: Final = 1e-9
_MOST_ENTRIES: Final = 5000


@dataclass(frozen=True, slots=True)
class _Read:
    """One entry of a list; `end` None: it does not have one."""

    start: datetime
    end: datetime | None
    per_kwh: float


def prices_of_attributes(
    attributes: Mapping[str, Any], per_kwh: float, zone: tzinfo, day: date
) -> tuple[Price, ...]:
    """Return the prices in the attributes of an entity; `per_kwh`: the factor of the unit of its state.

    Times without a zone are those of the house. `day`: the one on which it showed them, for prices without a date.
    """
    for names in _LISTS:
        found = [each for name in names for each in _read(attributes.get(name), per_kwh, zone)]
        if found:
            return in_order(found)
    found = [*_of_moments(attributes, per_kwh, zone), *_of_hours(attributes, per_kwh, zone, day)]
    if found:
        return in_order(found)
    for names in _NUMBERS:
        days = (day, day + timedelta(days=1))
        for name, its_day in zip(names, days, strict=True):
            found += _of_numbers(attributes.get(name), per_kwh, zone, its_day)
        if found:
            break
    return in_order(found)


def _of_moments(attributes: Mapping[str, Any], per_kwh: float, zone: tzinfo) -> Iterator[_Read]:
    """Read attributes that have a moment as their name, as those of the Czech spot prices."""
    for name, raw in attributes.items():
        start = _moment(name, zone) if "T" in name else None
        if start is not None and (value := number_of(raw)) is not None:
            yield _Read(start, None, value * per_kwh)


def _of_hours(attributes: Mapping[str, Any], per_kwh: float, zone: tzinfo, day: date) -> Iterator[_Read]:
    """Read attributes that have an hour as their name, as those of PVPC."""
    for name, raw in attributes.items():
        if (found := _HOUR_OF_DAY.fullmatch(name)) is None or (value := number_of(raw)) is None:
            continue
        its_day = day + timedelta(days=1) if found[1] else day
        at = datetime.combine(its_day, time(int(found[2])), zone).replace(fold=1 if found[3] else 0)
        yield _Read(at.astimezone(UTC), None, value * per_kwh)


def _of_numbers(values: object, per_kwh: float, zone: tzinfo, day: date) -> Iterator[_Read]:
    """Read the numbers of a day; those that do not fill it with hours, or quarters of them, are not of one."""
    if not isinstance(values, Sequence) or isinstance(values, (str, bytes)) or not values:
        return
    midnight, end = (moment_of(each, time(), zone) for each in (day, day + timedelta(days=1)))
    length = (end - midnight) / len(values)
    if length not in _LENGTHS:
        return
    for index, raw in enumerate(values):
        if (value := number_of(raw)) is not None:
            start = midnight + index * length
            yield _Read(start, start + length, value * per_kwh)


def prices_of_list(entries: object, per_kwh: float, zone: tzinfo) -> tuple[Price, ...]:
    """Return the prices in a list."""
    return in_order(list(_read(entries, per_kwh, zone)))


def joined(lists: Iterable[Sequence[Price]]) -> tuple[Price, ...]:
    """Return the prices of several lists, such as those of two days."""
    return in_order([_Read(each.start, each.end, each.per_kwh) for prices in lists for each in prices])


def in_order(found: Sequence[_Read]) -> tuple[Price, ...]:
    """Return prices in order, of which none overlaps another; of two that begin at once the last one counts."""
    by_start = {each.start: each for each in found}
    ordered = [by_start[start] for start in sorted(by_start)]
    usual = _usual_length(ordered)
    prices: list[Price] = []
    for index, each in enumerate(ordered):
        following = ordered[index + 1].start if index + 1 < len(ordered) else None
        end = each.start + usual if each.end is None else each.end
        if each.end is None and following is not None and following - each.start <= _USUAL:
            end = following
        if following is not None:
            end = min(end, following)
        if each.start < end <= each.start + _LONGEST:
            prices.append(Price(start=each.start, end=end, per_kwh=each.per_kwh))
    return tuple(prices)


def _usual_length(ordered: Sequence[_Read]) -> timedelta:
    """Return how long most of the prices hold that have no end."""
    lengths = Counter(after.start - before.start for before, after in pairwise(ordered))
    return min(_USUAL, max(lengths, key=lambda length: (lengths[length], -length))) if lengths else _USUAL


def _read(entries: object, per_kwh: float, zone: tzinfo) -> Iterator[_Read]:
    if not isinstance(entries, Sequence) or isinstance(entries, (str, bytes)):
        return
    for entry in entries[:_MOST_ENTRIES]:
        if not isinstance(entry, Mapping):
            continue
        start = _moment(_first(entry, _STARTS), zone)
        value = _value(entry, per_kwh)
        if start is not None and value is not None:
            yield _Read(start, _moment(_first(entry, _ENDS), zone), value)


def _first(entry: Mapping[Any, Any], names: Iterable[str]) -> object:
    return next((entry[name] for name in names if name in entry), None)


def _value(entry: Mapping[Any, Any], per_kwh: float) -> float | None:
    for key, raw in entry.items():
        if isinstance(key, str) and (named := _NAMED_UNIT.fullmatch(key)) is not None:
            value = number_of(raw)
            hundredth = 0.01 if named[1] in _HUNDREDTHS else 1.0
            return None if value is None else value * _PER_KWH[named[2]] * hundredth
    if (value := number_of(entry.get(_TEN_MILLIONTHS), _MOST * 1e7)) is not None:
        return value / 1e7
    value = number_of(_first(entry, _VALUES))
    return None if value is None else value * per_kwh


def number_of(raw: object, most: float = _MOST) -> float | None:
    """Return a number, or the number of a text; None for what is none, or absurd."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        return None
    try:
        value = float(raw)
    except ValueError, OverflowError:
        return None
    return value if math.isfinite(value) and abs(value) <= most else None


def _moment(raw: object, zone: tzinfo) -> datetime | None:
    """Return a moment in UTC, to the minute; None for what is none."""
    if isinstance(raw, str):
        try:
            raw = datetime.fromisoformat(raw.strip())
        except ValueError:
            return None
    if not isinstance(raw, datetime):
        return None
    try:
        found = (raw if raw.tzinfo is not None else raw.replace(tzinfo=zone)).astimezone(UTC)
        return found - timedelta(seconds=found.timestamp() % _ROUND_S)
    except OverflowError, ValueError:
        return None


def without_past(prices: Sequence[Price], now: datetime) -> tuple[Price, ...]:
    """Return prices of which a day before now is the oldest: older ones are no guess for what is to come."""
    oldest = now - _LONGEST
    return tuple(replace(each, start=max(each.start, oldest)) for each in prices if each.end > oldest)


def is_what_is_known(prices: Sequence[Price], known: Sequence[Price]) -> bool:
    """Return whether all of some prices are known as they are."""
    per_kwh = {each.start: each.per_kwh for each in known}
    return bool(prices) and all(_is_same(each, per_kwh.get(each.start)) for each in prices)


def contradicts(prices: Sequence[Price], known: Sequence[Price]) -> bool:
    """Return whether one of some prices is another one than is known, or there are none."""
    per_kwh = {each.start: each.per_kwh for each in known}
    return not prices or any(
        each.start in per_kwh and not _is_same(each, per_kwh[each.start]) for each in prices
    )


def _is_same(price: Price, per_kwh: float | None) -> bool:
    return per_kwh is not None and math.isclose(price.per_kwh, per_kwh, abs_tol=_SAME)
