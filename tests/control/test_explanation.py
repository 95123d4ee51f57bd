"""The reason that is shown: which one, and that it is calm."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.evse_pilot.chargers.types import Status
from custom_components.evse_pilot.control.claim import Baseline, Claim, Reason, Source
from custom_components.evse_pilot.control.core import ControlCore
from custom_components.evse_pilot.control.explanation import Calm, Explanation, explain

from .boxes import shown

UNTIL = datetime(2026, 11, 20, 22, tzinfo=UTC)
TIMED = Claim(source=Source.TIMED, reason=Reason.TIMED_LIMIT, max_current_a=8, until=UNTIL)
PAUSED = Claim(source=Source.OWNER, reason=Reason.PAUSED_BY_OWNER, pause=True)
SCHEDULED = Claim(source=Source.SCHEDULE, reason=Reason.SCHEDULED, pause=True, until=UNTIL)
FUSE = Claim(source=Source.GROUP, reason=Reason.MAIN_FUSE, max_current_a=9, detail="1")


def core_of(*claims: Claim, status: Status | None = Status.CHARGING, **baseline: Any) -> ControlCore:
    """Return a controller's core with these claims, whose charger has been read."""
    core = ControlCore()
    core.claims = {claim.source: claim for claim in claims}
    core.shown = shown(16, status=status)
    core.baseline = Baseline(**baseline)
    return core


def test_how_near_a_peak_is() -> None:
    """It belongs to its reason; the phase of a fuse has a word of its own."""
    peak = replace(FUSE, reason=Reason.PEAK, detail="3.1 / 4.0 kW")
    assert explain(core_of(peak), None) == Explanation(
        reason=Reason.PEAK, without_a=16, detail="3.1 / 4.0 kW"
    )
    assert explain(core_of(FUSE), None) == Explanation(reason=Reason.MAIN_FUSE, without_a=16)


@pytest.mark.parametrize(
    ("core", "own", "reason"),
    [
        (core_of(), None, Reason.OWN_MAXIMUM),
        (core_of(current_a=10), None, Reason.CHARGER_LIMIT),
        (core_of(paused=True), None, Reason.PAUSED_BY_OWNER),
        (core_of(TIMED), None, Reason.TIMED_LIMIT),
        (core_of(PAUSED), None, Reason.PAUSED_BY_OWNER),
        (core_of(SCHEDULED), None, Reason.SCHEDULED),
        (core_of(TIMED, replace(FUSE, max_current_a=7)), None, Reason.MAIN_FUSE),
        # The charger's own word counts where nothing of ours is stricter
        (core_of(), Reason.INSTALLATION, Reason.INSTALLATION),
        (core_of(current_a=10), Reason.OWN_METER, Reason.OWN_METER),
        (core_of(TIMED), Reason.INSTALLATION, Reason.TIMED_LIMIT),
        # Without a car, whatever else holds
        (core_of(TIMED, status=Status.DISCONNECTED), None, Reason.NOT_PLUGGED_IN),
        (core_of(SCHEDULED, status=Status.DISCONNECTED), None, Reason.NOT_PLUGGED_IN),
        (core_of(status=Status.FAULT), None, Reason.FAULT),
        (core_of(status=Status.UPDATING), None, Reason.FAULT),
        (core_of(status=Status.AWAITING_AUTHORIZATION), None, Reason.AWAITING_AUTHORIZATION),
        (core_of(status=Status.WAITING_FOR_SOLAR), None, Reason.WAITING_FOR_SOLAR),
        (core_of(status=Status.WAITING_FOR_POWER), None, Reason.WAITING_FOR_POWER),
        # A pause is the reason for which it does not charge, whatever the car waits for as well
        (core_of(PAUSED, status=Status.AWAITING_AUTHORIZATION), None, Reason.PAUSED_BY_OWNER),
        (core_of(status=None), None, Reason.OWN_MAXIMUM),
    ],
)
def test_reason(core: ControlCore, own: Reason | None, reason: Reason) -> None:
    """One reason, from one vocabulary."""
    explanation = explain(core, own)
    assert explanation is not None
    assert explanation.reason is reason


def test_until_and_what_would_hold_without_it() -> None:
    """A reason that ends by itself shows when; and what the charger would have without it."""
    assert explain(core_of(TIMED), None) == Explanation(reason=Reason.TIMED_LIMIT, until=UNTIL, without_a=16)
    assert explain(ControlCore(), None) is None


OWN = Explanation(reason=Reason.OWN_MAXIMUM)
METER = Explanation(reason=Reason.MAIN_FUSE)
LIMIT = Explanation(reason=Reason.TIMED_LIMIT)


def test_the_first_reason_is_shown_at_once() -> None:
    """There is none that could be held on to."""
    calm = Calm()
    assert calm.take(100, OWN, 16) is None
    assert calm.shown == OWN


def test_a_reason_is_shown_after_five_seconds() -> None:
    """One that does not change the current is held back for so long."""
    calm = Calm()
    calm.take(0, OWN, 16)
    assert calm.take(1, METER, 16) == 5
    assert calm.take(4, METER, 16) == 2
    assert calm.shown == OWN
    assert calm.take(6, METER, 16) is None
    assert calm.shown == METER


def test_a_reason_that_comes_and_goes_is_not_shown() -> None:
    """Each change begins the five seconds anew."""
    calm = Calm()
    calm.take(0, OWN, 16)
    for second in range(1, 60):
        calm.take(second, METER if second % 3 else LIMIT, 16)
        assert calm.shown == OWN
    calm.take(60, OWN, 16)
    assert calm.take(64, METER, 16) == 5
    assert calm.shown == OWN


def test_a_reason_that_changes_the_current_is_shown_at_once() -> None:
    """It is news: the current has changed with it."""
    calm = Calm()
    calm.take(0, OWN, 16)
    assert calm.take(1, METER, 9) is None
    assert calm.shown == METER
    assert calm.take(2, OWN, 9) == 5
    assert calm.take(3, OWN, 16) is None
    assert calm.shown == OWN


def test_what_is_not_known_is_shown_at_once() -> None:
    """Nothing is claimed to be known that is not."""
    calm = Calm()
    calm.take(0, OWN, 16)
    assert calm.take(1, None, None) is None
    assert calm.shown is None
