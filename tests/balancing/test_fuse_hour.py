"""The benchmark of the fuse hour, where it is at hand: it is not part of this repository.

Its numbers are counts of simulated seconds, a mean over seven shifts of the load's step.
"""

import importlib.util
from pathlib import Path
import sys
from types import ModuleType
from typing import NamedTuple

import pytest

from .fuse_hour_law import make_law

BENCHMARK = Path(__file__).parents[3] / "shared" / "tools" / "fuse_hour.py"

pytestmark = pytest.mark.skipif(not BENCHMARK.exists(), reason="the benchmark is not at hand")


class Hour(NamedTuple):
    """What was counted: seconds over the fuse, stops of cars, percent of the possible current used."""

    over_s: float
    stops: float
    used: float


@pytest.fixture(scope="module")
def fuse_hour() -> ModuleType:
    """Return the benchmark."""
    spec = importlib.util.spec_from_file_location("fuse_hour", BENCHMARK)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its data classes look themselves up.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def run(benchmark: ModuleType, letter: str, meter_s: int) -> Hour:
    """Play one of its hours with the cars read every 10 s."""
    house, cars, fuse_a = next(hour for title, hour in benchmark.HOURS.items() if title[0] == letter)
    runs = [benchmark.play(make_law, house, cars, fuse_a, shift, meter_s, 10) for shift in benchmark.SHIFTS]
    over_s, _, _, stops, used = (sum(column) / len(runs) for column in zip(*runs, strict=True))
    return Hour(over_s, stops, used)


@pytest.mark.parametrize(
    ("letter", "meter_s", "over_s", "stops", "used"),
    [
        ("A", 1, 4, 1, 98),
        ("B", 1, 12, 0, 98),
        ("C", 1, 36, 9, 50),
        ("D", 1, 12, 1, 95),
        ("D", 10, 21, 1, 95),
        ("D", 30, 38, 1, 80),
    ],
)
def test_fuse_hour(
    fuse_hour: ModuleType, letter: str, meter_s: int, over_s: float, stops: float, used: float
) -> None:
    """No longer over the fuse, no more stops and no less current than promised."""
    hour = run(fuse_hour, letter, meter_s)
    assert hour.over_s <= over_s
    assert hour.stops <= stops
    assert hour.used >= used
