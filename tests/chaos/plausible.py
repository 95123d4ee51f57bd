"""What a state may be, whatever was read: finite, of our days, in the range of its unit, and shown without an error."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
import math
from typing import Any

from custom_components.evse_pilot.chargers.capabilities import (
    ChargingSwitch,
    EnergyMeter,
    Limiter,
    MainsMeter,
    ModeSwitch,
    PhaseSwitch,
    Scheduler,
)
from custom_components.evse_pilot.chargers.charger import Charger
from custom_components.evse_pilot.chargers.errors import ChargerError
from custom_components.evse_pilot.vendors import VENDORS

# By the end of a field's name. A house has no more, and a meter of one counts no more in its life.
_RANGES = {
    "_a": (-2000, 2000),
    "_w": (-1e6, 1e6),
    "_v": (-1000, 1000),
    "_wh": (-1e12, 1e12),
    "_c": (-100, 200),
    # A power factor may be negative.
    "_percent": (-100, 100),
    "_dbm": (-200, 128),
    "_s": (0, 1e11),
    "_min": (0, 1e11),
}
_ANY = (-1e18, 1e18)
_LONGEST_TEXT = 1000
_SHOWN = (
    "binary_sensors",
    "datetimes",
    "lights",
    "numbers",
    "selects",
    "sensors",
    "switches",
    "texts",
    "times",
)


def check_state(vendor: str, state: Any) -> None:
    """Check each field of a snapshot, and that each entity can be shown from it."""
    for field in fields(state):
        low, high = next((_RANGES[end] for end in _RANGES if field.name.endswith(end)), _ANY)
        for leaf in _leaves(getattr(state, field.name)):
            _check_leaf(field.name, leaf, low, high)
    repr(state)
    assert state == state and state is not None  # noqa: PLR0124
    entities = VENDORS[vendor].entities
    descriptions = [each for kind in _SHOWN for each in getattr(entities, kind)]
    for description in (*descriptions, *entities.sensors_fn(state)):
        description.exists_fn(state)
        for name in ("value_fn", "unit_fn", "attributes_fn", "min_fn", "max_fn", "step_fn", "options_fn"):
            if (read := getattr(description, name, None)) is not None:
                read(state)


def check_charger(charger: Charger[Any], state: Any) -> None:
    """Check what the capabilities of a charger make of a snapshot; they may refuse, and raise nothing else."""
    for kind, names in _CAPABILITIES.items():
        capable = charger.capability(kind)
        for name in names if capable is not None else ():
            try:
                value = getattr(capable, name)(state)
            except ChargerError:
                continue
            for leaf in _leaves(value):
                _check_leaf(name, leaf, *_ANY)
            if name == "load":
                # A box may be set to a minimum above its maximum; `resolve` then allows nothing.
                assert value.limit_a >= 0 and value.minimum_a > 0 and value.maximum_a > 0, value
    for name in ("own_balancing", "shortage", "limited_by", "started_at"):
        getattr(charger, name)(state)
    charger.report()


_CAPABILITIES: Mapping[type[Any], tuple[str, ...]] = {
    Limiter: ("load",),
    MainsMeter: ("mains_currents_a",),
    ChargingSwitch: ("allows_charging",),
    Scheduler: ("timetable",),
    ModeSwitch: ("modes", "mode"),
    PhaseSwitch: ("phases",),
    EnergyMeter: ("energy_wh", "session_reading"),
}


def _leaves(value: Any) -> Iterator[Any]:
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _leaves(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, (tuple, list, set, frozenset)):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


def _check_leaf(name: str, leaf: Any, low: float, high: float) -> None:
    if isinstance(leaf, datetime):
        assert 1970 <= leaf.astimezone(UTC).year <= 2106, (name, leaf)
    elif isinstance(leaf, str):
        assert len(leaf) <= _LONGEST_TEXT and leaf.isprintable(), (name, leaf)
    elif isinstance(leaf, (int, float)):
        assert math.isfinite(leaf) and low <= leaf <= high, (name, leaf)
