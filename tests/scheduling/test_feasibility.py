"""Windows that a charger cannot hold."""

from datetime import time
from typing import Any
from unittest.mock import create_autospec

import pytest

from custom_components.evse_pilot.chargers.charger import Charger
from custom_components.evse_pilot.chargers.errors import ChargerRefusedError
from custom_components.evse_pilot.scheduling.feasibility import check_permit, rounded_a
from custom_components.evse_pilot.scheduling.schedule import ALLOWED, PAUSED, WEEK, Permit, Schedule, Window


@pytest.fixture
def charger() -> Charger[Any]:
    """Return a charger that can only be read."""
    plain = create_autospec(Charger, instance=True)
    plain.capability.return_value = None
    charger: Charger[Any] = plain
    return charger


@pytest.mark.parametrize(
    ("permit", "reason"),
    [
        (Permit(mode="solar"), "no_modes"),
        (Permit(phases=1), "no_phase_switch"),
        (Permit(energy_wh=5000.0), "no_energy_meter"),
        (Permit(current_a=10.0), "schedule_no_current"),
    ],
)
def test_what_a_charger_without_capabilities_cannot_hold(
    charger: Charger[Any], permit: Permit, reason: str
) -> None:
    """Each wish of a window is refused with its own reason."""
    with pytest.raises(ChargerRefusedError) as refused:
        check_permit(charger, None, permit)
    assert refused.value.reason == reason


@pytest.mark.parametrize("permit", [ALLOWED, PAUSED])
def test_what_any_charger_can_hold(charger: Charger[Any], permit: Permit) -> None:
    """Charging, and none; nothing of it is rounded."""
    check_permit(charger, None, permit)
    window = Window(days=frozenset(WEEK), start=time(1), end=time(2), permit=permit)
    assert rounded_a(charger, None, Schedule(windows=(window,))) == {}
