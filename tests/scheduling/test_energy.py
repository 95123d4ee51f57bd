"""The energy of a window that ends with an energy."""

from datetime import UTC, datetime, timedelta

from custom_components.evse_pilot.scheduling.energy import WindowEnergy

START = datetime(2026, 11, 20, 22, tzinfo=UTC)
NEXT = START + timedelta(days=1)


def test_what_was_counted_before_the_window_is_not_its_energy() -> None:
    """The first reading in a window is where it begins."""
    energy = WindowEnergy()
    energy.read(5000, None)
    assert energy.read(9000, START)
    assert not energy.is_spent(1, START)
    energy.read(12000, START)
    assert energy.spent_wh == 3000
    assert energy.is_spent(3000, START)
    assert not energy.is_spent(3001, START)


def test_next_window_begins_at_nothing() -> None:
    """What one window has given is not held against the next."""
    energy = WindowEnergy()
    for counter_wh in (0, 8000):
        energy.read(counter_wh, START)
    assert energy.is_spent(8000, START)
    assert not energy.is_spent(8000, NEXT)
    energy.read(8000, NEXT)
    assert not energy.is_spent(1, NEXT)


def test_counter_that_starts_again() -> None:
    """A counter of the session goes back to 0 and counts on from there."""
    energy = WindowEnergy()
    for counter_wh in (1000, 4000, 500, 1500):
        energy.read(counter_wh, START)
    assert energy.spent_wh == 3000 + 500 + 1000


def test_nothing_new() -> None:
    """A reading that is equal to the last changes nothing, nor does one outside of such windows."""
    energy = WindowEnergy()
    assert energy.read(1000, START)
    assert not energy.read(1000, START)
    assert not energy.read(2000, None)
    # What flowed while no such window was on does not count.
    assert not energy.read(2000, START)
    assert energy.spent_wh == 0


def test_over_a_restart() -> None:
    """What the counter went on by while nothing was read counts."""
    stored = WindowEnergy(spent_wh=2000, since=START.isoformat(), counter_wh=7000)
    assert stored.read(9000, START)
    assert stored.spent_wh == 4000
