"""The law keeps the fuse hour within bounds. The numbers are a mean over seven shifts of the load's step."""

import pytest

from . import fuse_hour
from .fuse_hour import HOUSES, Hour, House, play, table


@pytest.mark.parametrize(
    ("name", "meter_s", "over_s", "stops", "used"),
    [
        ("A: oven", 1, 5, 1, 97),
        ("B: kettle", 1, 12, 0, 98),
        ("C: border", 1, 58, 11, 48),
        ("D: two cars", 1, 13, 1, 95),
        ("D: two cars", 10, 21, 1, 95),
        ("D: two cars", 30, 38, 1, 80),
    ],
)
def test_fuse_hour(name: str, meter_s: int, over_s: float, stops: float, used: float) -> None:
    """No longer over the fuse, no more stops and no less current than promised."""
    hour = play(HOUSES[name], meter_s)
    assert hour.over_s <= over_s
    assert hour.stops <= stops
    assert hour.used >= used


def test_a_house_that_draws_nothing() -> None:
    """A car that is alone behind its fuse gets all that it could take, and is never over it."""
    hour = play(House(lambda _: 0.0, 1, 25.0), 1)
    assert hour.over_s == hour.stops == 0
    assert hour.used > 99


def test_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each house is a column, each pace of the meter a row."""
    monkeypatch.setattr(fuse_hour, "play", lambda house, meter_s: Hour(house.fuse_a, meter_s, 99.4))
    assert table([1]).splitlines() == [
        "| meter | A: oven | B: kettle | C: border | D: two cars |",
        "|---|---|---|---|---|",
        "| 1 s | 25 / 1 / 99 % | 25 / 1 / 99 % | 25 / 1 / 99 % | 32 / 1 / 99 % |",
    ]
