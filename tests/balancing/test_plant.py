"""The second plant, some hours of it in each run; script/balance has all of it (docs/load_balancing.md)."""

from dataclasses import replace

import pytest

from . import tables
from .matrix import Cell, cells, run, table
from .plant import Plant, Result
from .plant_days import CHARGERS, FUSES_A, METERS_S, night, plant_day
from .simulator import LAWS

OURS = "EVSE Pilot"
SOME = [Cell(0, 2, 25.0, 1.0), Cell(1, 4, 35.0, 10.0), Cell(0, 8, 25.0, 30.0), Cell(0, 8, 63.0, 10.0)]


@pytest.fixture(scope="module")
def results() -> list[Result]:
    """Return how the law does."""
    return [run(cell, OURS) for cell in SOME]


def test_the_fuse_never_trips(results: list[Result]) -> None:
    """Nor does it get near it."""
    assert [result.trips for result in results] == [0] * len(SOME)
    assert max(result.hottest for result in results) < 0.95


def test_cars_charge_and_contactors_rest(results: list[Result]) -> None:
    """Most of what could have been charged is charged."""
    assert sum(result.used for result in results) / len(SOME) > 0.75
    assert all(result.used < 1.05 for result in results)
    assert sum(result.stops / result.cars / result.hours for result in results) / len(SOME) < 1


def test_zeros_and_spikes_are_survived() -> None:
    """A reader that lost its link for a minute, and readings that are 15 A too high."""
    day = plant_day(0, chargers=4, fuse_a=25.0, meter_s=1.0, hours=1)
    day = replace(day, zeros=[(1200.0, 1260.0)], spikes=[(600.0, 15.0), (2400.0, 15.0)])
    assert Plant(day, LAWS[OURS]).live().trips == 0


def test_equal_cars_get_the_same() -> None:
    """Two behind a fuse that leaves enough for both, for two hours."""
    day = night(1, chargers=2, fuse_a=35.0, meter_s=10.0, hours=2)
    assert Plant(day, LAWS[OURS]).live().fairness > 0.9


def test_a_law_that_keeps_no_fuse_is_found_out() -> None:
    """The judge of this plant sees what the other one sees."""
    assert run(Cell(0, 8, 25.0, 10.0), "naive, 10 s").late


def test_a_run_is_the_same_each_time() -> None:
    """Its seed and its size are all there is to it."""
    day = plant_day(3, chargers=2, fuse_a=35.0, meter_s=10.0)
    assert day == plant_day(3, chargers=2, fuse_a=35.0, meter_s=10.0)
    assert Plant(day, LAWS[OURS], 3).live() == Plant(day, LAWS[OURS], 3).live()


def test_the_matrix_has_each_size() -> None:
    """And its table a row for each meter, fuse and number of chargers, and for eight behind the smallest."""
    found = cells([0, 1])
    assert len(found) == 2 * len(CHARGERS) * len(FUSES_A) * len(METERS_S)
    result = Result(hours=3.0, cars=2, delivered_wh=9.0, possible_wh=10.0, of_cars_wh=[4.0, 5.0])
    lines = table(found, [result] * len(found)).splitlines()
    assert len(lines) == 3 + len(CHARGERS) + len(FUSES_A) + len(METERS_S) + 1
    assert lines[-1].startswith(
        "| 25 A, 8 chargers | 6 | 0 (0) | 0 % | 0 | 0 | 90.0 % | 0.00 | 0 | 0.80 (0.80) |"
    )


def test_the_command_prints_the_plant(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Or its nights."""
    seen: list[bool] = []

    def none(found: list[Cell], law: str, jobs: int, *, equal: bool) -> list[Result]:
        seen.append(equal)
        return [Result(hours=1.0, cars=1, of_cars_wh=[1.0]) for _ in found]

    monkeypatch.setattr(tables, "run_all", none)
    for option in ("--plant", "--nights"):
        monkeypatch.setattr("sys.argv", ["balance", option, "1"])
        tables.main()
    assert seen == [False, True]
    assert capsys.readouterr().out.count("25 A, 8 chargers") == 2
