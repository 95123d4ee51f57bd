"""One phase or three, as the fuse leaves it: on which phases a charger counts while it is switched."""

from dataclasses import replace

from hypothesis import given, settings as hypothesis_settings, strategies as st
import pytest

from custom_components.evse_pilot.balancing.law.law import Law
from custom_components.evse_pilot.balancing.law.model import Strategy
from custom_components.evse_pilot.balancing.sun.model import SunSettings
from custom_components.evse_pilot.chargers.types import Load, Status
from custom_components.evse_pilot.control.acknowledgement import Acknowledgement
from custom_components.evse_pilot.control.claim import Reason, Target
from custom_components.evse_pilot.control.foreign import ForeignChanges

from .bench import Bench, group, member
from .phased import PhasedHouse

PAUSED = Load(status=Status.PAUSED, limit_a=0, minimum_a=6, maximum_a=16, phases=(1, 2, 3), drawn_a=(0, 0, 0))
CHARGING = Load(
    status=Status.CHARGING, limit_a=10, minimum_a=6, maximum_a=16, phases=(1,), drawn_a=(10, 0, 0)
)


def counted(law: Law) -> tuple[int, ...]:
    """Return the phases of the mains on which the charger counts, from 1."""
    charger = law.charger("a")
    assert charger is not None
    return tuple(phase + 1 for phase in charger.draw.counted)


def own(phases: int | None) -> Target:
    """Return what it may do without the group; `phases`: those that it is about to be switched to."""
    return Target(current_a=16, reason=Reason.OWN_MAXIMUM, phases=phases, without_a=16)


def read(law: Law, t: float, load: Load, phases: int | None) -> None:
    """Let the law take a reading."""
    law.read_charger(
        t,
        "a",
        load,
        own=own(phases),
        is_off_at_charger=False,
        ack=Acknowledgement(),
        foreign=ForeignChanges(),
    )


@pytest.mark.parametrize(
    ("load", "phases", "expected"),
    [
        # It is as it shows
        (PAUSED, None, (2, 3, 1)),
        (CHARGING, None, (2,)),
        # It is not started before it shows the one phase
        (PAUSED, 1, (2,)),
        # It still has three, or may have them at any moment
        (replace(PAUSED, status=Status.FINISHED, limit_a=10), 1, (2, 3, 1)),
        (CHARGING, 3, (2, 3, 1)),
        # Whatever is shown: there is current
        (replace(PAUSED, drawn_a=(0, 0, 9)), 1, (2, 1)),
    ],
)
def test_counts_on_all_phases_that_it_may_use(
    load: Load, phases: int | None, expected: tuple[int, ...]
) -> None:
    """Shown, or about to be switched on; the first of its conductors is the one that it keeps."""
    law = Law(group(member("a", (2, 3, 1))))
    read(law, 1, load, phases)
    assert counted(law) == expected


def test_counts_on_three_from_the_command_on() -> None:
    """Not with the next reading only."""
    law = Law(group(member("a")))
    read(law, 1, CHARGING, None)
    law.change_own("a", own(3))
    assert counted(law) == (1, 2, 3)


def test_a_phase_that_is_switched_off_shows_nothing_of_the_car() -> None:
    """After an hour on one phase it counts on all three that it gets."""
    law = Law(group(member("a")))
    for t in range(1, 3600, 10):
        read(law, t, CHARGING, None)
    read(law, 3600, replace(PAUSED, status=Status.CHARGING, limit_a=6), None)
    assert counted(law) == (1, 2, 3)


# What the fuse leaves on one phase, and on three

# L2 has no room for a car; the others have.
TIGHT, ROOMY = (4, 16, 3), (3, 4, 3)


def test_what_the_fuse_leaves() -> None:
    """On its first conductor alone, and on each of three; beside what others are given."""
    bench = Bench(group(member("a", (2, 3, 1)), member("b", (2,)), strategy=Strategy.PRIORITY))
    bench.run(60, 3, 2, 14)
    # 24 A of each fuse may be used, and the second charger has 16 A of L2.
    assert bench.decision is not None
    assert bench.decision.phase_rooms.keys() == {"a"}
    bench.cars["b"].draws_a = 10.0
    bench.run(120)
    room = bench.law.phase_room("a")
    assert room is not None
    given = bench.amps()
    assert room.one_a == pytest.approx(24 - 2 - given["b"], abs=0.3)
    assert room.three_a == pytest.approx(min(room.one_a, 24 - 14, 24 - 3), abs=0.3)
    assert not room.lacks
    bench.run(60, meter=False)
    assert bench.law.phase_room("a") is None, "nothing is known of a silent meter"


def test_one_phase_instead_of_a_stop() -> None:
    """Where another phase of the fuse is full; never under load, the fuse whole, and back when there is room for long."""
    house = PhasedHouse()
    house.live(120, ROOMY)
    assert house.box.phases == 3
    assert house.box.drawn_a > 14
    house.live(20, TIGHT)
    assert house.box.drawn_a == 0
    assert house.decision.phase_rooms["a"].lacks
    house.live(300)
    assert house.box.phases == 1
    assert house.box.drawn_a > 14
    # A short time of room is not waited out by a contactor.
    house.live(60, ROOMY)
    house.live(60, TIGHT)
    assert house.box.changes == 1
    house.live(700, ROOMY)
    assert house.box.phases == 3
    assert house.box.drawn_a > 14
    assert house.box.changes == 2
    assert house.longest_over_s <= 2


def test_it_waits_where_one_phase_has_no_room_either() -> None:
    """Its own first phase is the full one."""
    house = PhasedHouse()
    house.live(900, (16, 4, 3))
    assert (house.box.phases, house.box.drawn_a, house.box.changes) == (3, 0, 0)


def test_a_charger_that_does_not_change_stays_paused() -> None:
    """It is asked for a while, and then left as it is; no car ever starts on three phases that the fuse has not."""
    house = PhasedHouse()
    house.box.refuses = True
    house.live(120, ROOMY)
    house.live(3600, TIGHT)
    assert (house.box.phases, house.box.drawn_a, house.longest_over_s) == (3, 0, 2)
    house.live(400, ROOMY)
    assert house.box.phases == 3
    assert house.box.drawn_a > 14


def test_so_many_changes_and_no_more() -> None:
    """Of a house that goes up and down all day."""
    house = PhasedHouse(settings=SunSettings(session_switches=4))
    for _ in range(8):
        house.live(400, TIGHT)
        house.live(900, ROOMY)
    assert 2 <= house.box.changes <= 4


@hypothesis_settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.tuples(*(st.floats(0, 19) for _ in range(3))), st.integers(5, 500)),
        min_size=1,
        max_size=10,
    )
)
def test_the_fuse_stays_whole(spans: list[tuple[tuple[float, ...], int]]) -> None:
    """Whatever the house does, no phase is above its fuse for longer than the meter and the car need."""
    house = PhasedHouse()
    for base_a, seconds in spans:
        house.live(seconds, base_a)
    assert house.longest_over_s <= 3
