"""Reasons that alternate with the noise of the meter, and those that do not wait."""

from custom_components.evse_pilot.balancing.calm import CalmPower, CalmShare
from custom_components.evse_pilot.balancing.law.model import Share
from custom_components.evse_pilot.control.claim import Reason


def fuse(phase: int, amps: float = 10) -> Share:
    """Return a share that the fuse of a phase bounds."""
    return Share(amps=amps, reason=Reason.MAIN_FUSE, phase=phase)


def test_d5_phases_that_alternate() -> None:
    """A phase that is the tightest every now and then is not shown, however long it goes on."""
    calm = CalmShare()
    assert calm.take(0, fuse(1)) == fuse(1)
    for t in range(1, 200):
        assert calm.take(t, fuse(2 - t % 2)) == fuse(1)


def test_d5_a_phase_that_lasts() -> None:
    """A phase that is the tightest for 15 s is shown; each relapse begins that anew."""
    calm = CalmShare()
    calm.take(0, fuse(1))
    for t in range(1, 10):
        assert calm.take(t, fuse(2)) == fuse(1)
    assert calm.take(10, fuse(1)) == fuse(1)
    for t in range(11, 26):
        assert calm.take(t, fuse(2)) == fuse(1)
    assert calm.take(26, fuse(2)) == fuse(2)


def test_what_comes_with_a_current_is_shown_at_once() -> None:
    """Another current has its own reason, and so has what is no limit of the house."""
    calm = CalmShare()
    calm.take(0, fuse(1))
    assert calm.take(1, fuse(2, 9)) == fuse(2, 9)
    silent = Share(amps=9, reason=Reason.METER_SILENT)
    assert calm.take(2, silent) == silent
    assert calm.take(3, fuse(1, 9)) == fuse(1, 9)
    assert calm.take(4, None) is None
    assert calm.take(5, fuse(2, 9)) == fuse(2, 9)


def test_a_reason_with_an_end() -> None:
    """Its time goes on while it is shown, and with its time it ends."""
    calm = CalmShare()
    pause, full = (
        Share(amps=0, reason=Reason.MINIMUM_OFF_TIME, seconds=12),
        Share(amps=0, reason=Reason.MAIN_FUSE, phase=1),
    )
    assert calm.take(0, pause) == pause
    assert calm.take(5, full) == Share(amps=0, reason=Reason.MINIMUM_OFF_TIME, seconds=7)
    assert calm.take(12, full) == full


def test_a_power_beside_a_reason_changes_once_a_minute_at_most() -> None:
    """In steps of 100 W; that it is not known any more is shown at once."""
    calm = CalmPower(60.0)
    shown = []
    for t in range(150):
        calm.take(t, 3000 + 10 * t)
        shown.append(calm.shown_w)
    assert [shown[0], shown[59], shown[60], shown[119], shown[120]] == [3000, 3000, 3600, 3600, 4200]
    calm.take(150, None)
    assert calm.shown_w is None
