"""Days with everything on: a few in each run, more by hand (docs/load_balancing.md)."""

from dataclasses import replace
import math

import pytest

from custom_components.evse_pilot.balancing.law.model import Ceiling
from custom_components.evse_pilot.balancing.sun.model import SunMode

from . import tables
from .everything import EveryWorld, play_every, play_everything
from .everything_days import EveryDay, every_day
from .everything_score import EveryScore
from .world import FuseScore

# Short ones, with all of it on one or the other
DAYS = (2, 11, 42, 69, 84)


@pytest.fixture(scope="module")
def score() -> EveryScore:
    """Return how the laws do together."""
    return play_everything(DAYS)["all"]


def test_nothing_happens_that_may_never_be(score: EveryScore) -> None:
    """No fuse trips, no minimum time is broken, and no phases are changed under load or again and again."""
    assert score.days == len(DAYS)
    assert score.is_clean, score.found


def test_limits_are_kept(score: EveryScore) -> None:
    """Fuses, limits by action and bounds are exceeded no longer than a law needs; a window hardly ever."""
    assert score.late == score.boards.late == score.limits.late == score.unbalance.late == 0
    assert score.windows
    assert score.highest < 1.02


def test_all_of_it_is_on(score: EveryScore) -> None:
    """Cars charge, start, stop, and change their phases."""
    assert score.delivered_wh > 0.2 * score.wanted_wh
    assert score.starts
    assert score.switches
    days = [every_day(number) for number in range(12)]
    for name in ("roof", "battery", "boards", "tariff", "unbalance_a", "sum_a", "ceilings", "hand"):
        assert 0 < sum(bool(getattr(day, name)) for day in days) < len(days), name


def _day() -> EveryDay:
    """Return a day with nothing but a three-phase car, and a house that draws nothing."""
    day = every_day(0)
    car = replace(
        day.cars[0],
        phases=(1, 2, 3),
        uses=3,
        maximum_a=16.0,
        plugs_in_s=1000.0,
        leaves_s=20_000.0,
        starts_s=0.0,
        wants_wh=1e6,
        takes=1.0,
        follows_s=1.0,
        wakes_s=5.0,
        line_down=[],
        needs_a=6.0,
        sleeps_after_s=math.inf,
        can_switch=True,
        switches_s=0.0,
        mode=SunMode.FAST,
    )
    return replace(
        day,
        fuse_a=(25.0, 25.0, 25.0),
        cars=(car,),
        changes=[],
        meter_every_s=10,
        meter_loses=10**9,
        meter_down=[],
        roof=[],
        battery=None,
        boards=(),
        tariff=None,
        unbalance_a=None,
        sum_a=None,
        ceilings=[],
        hand=[],
    )


def _charging() -> EveryWorld:
    """Return a world in which the car has charged for an hour, from noon on."""
    world = EveryWorld(_day(), 0)
    world.pass_events(lambda t: t > 4600)
    assert world.cars[0].drawn_a == 16
    return world


def test_the_judge_sees_a_stop_and_a_start_that_come_too_early() -> None:
    """Unless a person, or for a stop a limit, asked for it."""
    world = _charging()
    car, law, score = world.cars[0], world.law, world.score
    before, law.is_forced[0] = score.early_stops, False
    car.hand_s, car.on_s = 0.0, 4500.0
    world.give(4600, car, 0.0)
    assert score.early_stops == before + 1
    world.give(4700, car, 6.0)
    assert score.early_starts == 1
    assert not score.is_clean
    assert [what for _, _, what in score.found] == ["stops after 100 s", "starts after 100 s"]
    law.is_forced[0] = True
    world.give(4750, car, 0.0)
    assert (score.early_stops, score.forced_stops) == (before + 1, 1)
    world.give(4931, car, 6.0)
    assert score.early_starts == 1


@pytest.mark.parametrize(("gone_s", "found"), [(100.0, 1), (400.0, 0)])
def test_the_judge_sees_phases_that_are_changed_again_and_again(gone_s: float, found: int) -> None:
    """And under load."""
    world = _charging()
    car, law, score = world.cars[0], world.law, world.score
    law.sent_phases[0] = 1
    world.give(4600, car, 8.0)
    assert score.under_load == 1
    world.give(4605, car, 0.0)
    car.drawn_a, law.sent_phases[0] = 0.0, 3
    world.give(4600 + gone_s, car, 6.0)
    assert (score.switches, score.under_load, score.too_often) == (2, 1, found)


def test_a_charger_that_takes_its_time_does_not_start_on_three_phases() -> None:
    """A command for one is refused until it has that; one for three is taken, and the car waits."""
    day = _day()
    world = EveryWorld(replace(day, cars=(replace(day.cars[0], switches_s=100.0),)), 0)
    car = world.cars[0]
    world.law.sent_phases[0], car.offer_a = 1, 0.0
    world.give(1000, car, 6.0)
    assert (car.offer_a, car.on) == (0, 3)
    world.now = 1000
    world.pass_events(lambda t: t > 1101)
    assert car.on == 1


def test_the_judge_sees_a_limit_that_is_exceeded(monkeypatch: pytest.MonkeyPatch) -> None:
    """For longer than two readings and what a car needs."""
    day = replace(_day(), ceilings=[(4000.0, 20_000.0, Ceiling(phase_a=10.0))])
    world = EveryWorld(day, 0)
    monkeypatch.setattr(world.law, "limit", lambda ceiling: None)
    score = world.live()
    # On each phase
    assert score.limits.late == 3
    assert play_of(day).limits.late == 0


def play_of(day: EveryDay) -> EveryScore:
    """Live through a day."""
    return EveryWorld(day, 0).live()


def test_a_night_without_anything_else() -> None:
    """The car gets all that it can take."""
    score = play_of(_day())
    assert score.is_clean
    assert score.delivered_wh > 55_000


@pytest.mark.parametrize("mode", [SunMode.FAST, SunMode.MINIMUM])
def test_a_car_that_needs_more_than_the_least_is_charged(mode: SunMode) -> None:
    """Also where the sun would leave it the least."""
    day = _day()
    car = replace(day.cars[0], needs_a=8.0, mode=mode)
    score = play_of(replace(day, cars=(car,), roof=[(0.0, (0.1, 0.1, 0.1))]))
    assert score.delivered_wh > 27_000


def test_scores_of_days_add_up() -> None:
    """Those of the sub-boards as well."""
    total = EveryScore()
    for late in (1, 2):
        boards = FuseScore(late=late, hottest=late / 10)
        total.add(EveryScore(days=1, cars=1, boards=boards, highest=late, trips_out_of_reach=late))
    assert (total.days, total.boards.late, total.boards.hottest, total.highest) == (2, 3, 0.2, 2)
    assert total.trips_out_of_reach == 3


def test_the_command_prints_the_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the pace of the meter, and of all."""
    monkeypatch.setattr("sys.argv", ["balance", "--everything", "1", "--first", "2"])
    tables.main()
    lines = capsys.readouterr().out.strip().splitlines()
    assert lines[0].startswith("|  | all | meter ")
    assert lines[2].startswith("| days | 1 | 1 |")


@pytest.mark.parametrize("number", [25, 29, 47])
def test_no_roof_feeds_in_more_than_the_fuse_bears(number: int) -> None:
    """The house of a random day may have a roof of its own."""
    day = every_day(number)
    house_a = [0.0] * len(day.fuse_a)
    roof_a = house_a.copy()
    events: list[tuple[float, int, float]] = list(day.changes)
    for t, given_a in day.roof:
        for phase, (before_a, now_a) in enumerate(zip(roof_a, given_a, strict=True)):
            events.append((t, phase, before_a - now_a))
        roof_a = list(given_a)
    for _, phase, change_a in sorted(events):
        house_a[phase] += change_a
        assert house_a[phase] > -0.95 * day.fuse_a[phase]


def test_a_day_is_the_same_each_time() -> None:
    """Its number is all there is to it."""
    assert every_day(2) == every_day(2)
    assert play_every(2) == play_every(2)
