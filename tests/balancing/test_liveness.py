"""Sensors that report only changes, and what proves them alive."""

import pytest

from custom_components.evse_pilot.balancing.liveness import Liveness


def changed(*moments: float, siblings: bool) -> Liveness:
    """Return a sensor that changed at these moments, with siblings that reported just after it, or with none."""
    liveness = Liveness()
    for t in moments:
        liveness.report(t, is_change=True)
        if siblings:
            liveness.sibling(t + 0.05)
    return liveness


def test_f2_siblings_prove_it() -> None:
    """The report of a sibling is one of the sensor, once three changes came with siblings."""
    liveness = changed(0, 2, 4, siblings=True)
    liveness.sibling(10)
    assert not liveness.is_due(10)
    liveness = changed(0, 2, 4, 6, siblings=True)
    liveness.sibling(10)
    assert liveness.is_due(10.1)
    liveness.repeat(10.1)
    liveness.sibling(11)
    assert not liveness.is_due(11)
    liveness.sibling(13)
    assert liveness.is_due(13)


def test_f2_siblings_that_stop_prove_nothing() -> None:
    """With its siblings silent as well, nothing is proven."""
    liveness = changed(0, 2, 4, 6, siblings=True)
    liveness.sibling(10)
    assert not liveness.is_due(11)


def test_f2_siblings_at_other_moments_prove_nothing() -> None:
    """A sibling such as an uptime, which reports by itself, proves nothing."""
    liveness = changed(0, 2, 4, 6, siblings=False)
    liveness.sibling(7)
    liveness.sibling(20)
    assert not liveness.is_due(20)


def test_f2_a_sensor_that_repeats_itself_is_lost_when_it_stops() -> None:
    """One that reports each value reports always: its siblings do not stand for it."""
    liveness = changed(0, 2, 4, 6, siblings=True)
    for t in (7, 8, 9):
        liveness.report(t, is_change=False)
    liveness.sibling(20)
    assert not liveness.is_due(20)


def test_f2_a_slow_sensor_is_not_made_faster() -> None:
    """One that changes every 30 s is proven every 30 s at most, though its siblings report each second."""
    liveness = changed(0, 30, 60, 90, siblings=True)
    due = []
    for t in range(91, 181):
        liveness.sibling(t)
        if liveness.is_due(t):
            liveness.repeat(t)
            due.append(t)
    assert due == [120, 150, 180]


@pytest.mark.parametrize(("beat_s", "is_due"), [(30, True), (60, True), (61, False), (120, False)])
def test_f2_a_heartbeat_proves_it(beat_s: float, is_due: bool) -> None:
    """A heartbeat proves it until the next is late; a slow one proves nothing."""
    liveness = changed(0, 2, 4, 6, siblings=False)
    for beat in (1, 2, 3):
        liveness.report(6 + beat * beat_s, is_change=False)
    last_s = 6 + 3 * beat_s
    assert liveness.is_due(last_s + 5) is is_due
    assert liveness.is_due(last_s + 1.25 * beat_s) is is_due
    assert not liveness.is_due(last_s + 1.25 * beat_s + 0.1)


def test_f2_no_heartbeat() -> None:
    """Repetitions without a period are none, and neither are those of a sensor that is read by a timer."""
    irregular = changed(0, 2, 4, 6, siblings=False)
    for t in (22, 62, 90):
        irregular.report(t, is_change=False)
    assert not irregular.is_due(95)
    timed = changed(0, 30, 60, 90, siblings=False)
    for t in (120, 150, 180):
        timed.report(t, is_change=False)
    assert not timed.is_due(210)
