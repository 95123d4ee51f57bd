"""Whether a charger can hold a schedule, and with which currents."""

import math
from typing import Any

from ..chargers.capabilities import EnergyMeter, Limiter, ModeSwitch, PhaseSwitch
from ..chargers.charger import Charger
from ..chargers.errors import ChargerRefusedError
from .schedule import Permit, Schedule


def check_permit(charger: Charger[Any], state: Any, permit: Permit) -> None:
    """Raise ChargerRefusedError with the reason for a permit that the charger cannot be set to."""
    if permit.mode is not None:
        if (modes := charger.capability(ModeSwitch)) is None:
            raise ChargerRefusedError("no_modes")
        if permit.mode not in modes.modes(state):
            raise ChargerRefusedError("no_such_mode", modes=", ".join(modes.modes(state)))
    if permit.phases is not None and charger.capability(PhaseSwitch) is None:
        raise ChargerRefusedError("no_phase_switch")
    if permit.energy_wh is not None and charger.capability(EnergyMeter) is None:
        raise ChargerRefusedError("no_energy_meter")
    if permit.current_a:
        if (limiter := charger.capability(Limiter)) is None:
            raise ChargerRefusedError("schedule_no_current")
        maximum_a = limiter.load(state).maximum_a
        if permit.current_a > maximum_a:
            raise ChargerRefusedError("out_of_range", minimum="6 A", maximum=f"{maximum_a:g} A")


def rounded_a(charger: Charger[Any], state: Any, schedule: Schedule) -> dict[float, float]:
    """Return the currents of windows that the charger has no steps for, and those that it gets instead; A per phase."""
    currents_a = sorted({window.permit.current_a or 0.0 for window in schedule.windows} - {0.0})
    limiter = charger.capability(Limiter)
    if not currents_a or limiter is None:
        return {}
    step_a = limiter.load(state).step_a
    return {
        amps: held
        for amps in currents_a
        # Rounded, for a sum of tenths has the dust of binary fractions.
        if (held := round(math.floor(amps / step_a + 1e-6) * step_a, 3)) != amps
    }
