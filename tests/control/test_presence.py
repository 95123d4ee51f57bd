"""Case A5: unplugged is two readings, or ten seconds."""

import pytest

from custom_components.evse_pilot.chargers.types import Status
from custom_components.evse_pilot.control.presence import Presence


def test_a5_one_reading_of_no_car_is_not_unplugging() -> None:
    """A pilot that reads "no car" once changes nothing."""
    presence = Presence()
    presence.read(0, Status.CHARGING)
    shown = [presence.is_plugged_in]
    assert not presence.read(5, Status.DISCONNECTED)
    shown.append(presence.is_plugged_in)
    assert shown == [True, True]
    assert not presence.read(10, Status.CHARGING)
    # It counts anew.
    assert not presence.read(15, Status.DISCONNECTED)
    assert presence.read(16, Status.DISCONNECTED)
    assert presence.is_plugged_in is False
    assert not presence.read(17, Status.DISCONNECTED)
    assert presence.read(18, Status.CONNECTED)


def test_a5_two_readings_are() -> None:
    """A charger that streams needs no ten seconds."""
    presence = Presence()
    presence.read(0, Status.CONNECTED)
    assert not presence.read(1, Status.DISCONNECTED)
    assert presence.read(1.2, Status.DISCONNECTED)
    assert presence.is_plugged_in is False


def test_a5_the_time_is_that_between_readings_without_a_car() -> None:
    """A long time with a car before the first reading without one does not count."""
    presence = Presence()
    presence.read(0, Status.CONNECTED)
    assert not presence.read(1000, Status.DISCONNECTED)
    assert presence.is_plugged_in


@pytest.mark.parametrize("status", [None, *Status])
def test_the_first_reading_changes_nothing(status: Status | None) -> None:
    """Whether a car was plugged in before is not known, so nothing was plugged in or unplugged."""
    presence = Presence()
    assert presence.read(0, status) is False
    assert presence.is_plugged_in is (None if status is None else status is not Status.DISCONNECTED)


def test_a_status_that_is_not_shown_changes_nothing() -> None:
    """What is not known is as it was."""
    presence = Presence()
    presence.read(0, Status.CONNECTED)
    assert not presence.read(1, None)
    assert presence.is_plugged_in
