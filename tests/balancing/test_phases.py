"""One phase or three, as the fuse leaves it: on which phases a charger counts while it is switched."""

from dataclasses import replace

import pytest

from custom_components.evse_pilot.balancing.law.law import Law
from custom_components.evse_pilot.chargers.types import Load, Status
from custom_components.evse_pilot.control.acknowledgement import Acknowledgement
from custom_components.evse_pilot.control.claim import Reason, Target
from custom_components.evse_pilot.control.foreign import ForeignChanges

from .bench import group, member

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
