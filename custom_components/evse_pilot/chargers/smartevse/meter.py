"""The meter of the car at a SmartEVSE, and what it shows of a session."""

from ..capabilities import EnergyMeter
from ..types import SessionReading, drawn_phases
from .models import SmartEvseState
from .words import RfidReader, RfidStatus

_TAKES_CARDS = (RfidReader.ENABLE_ALL, RfidReader.ENABLE_ONE)
# The card that was read last was refused.
_REFUSED = (RfidStatus.NOT_STORED, RfidStatus.INVALID)


class CarMeter(EnergyMeter[SmartEvseState]):
    """Reads the meter of the car, where there is one."""

    def energy_wh(self, state: SmartEvseState) -> float | None:
        """Return what its meter has counted in its life, in Wh; None without a meter, and until that was read.

        Not the energy of the session, which is another number where the charger has lost its start.
        """
        return state.total_energy_wh

    def session_reading(self, state: SmartEvseState) -> SessionReading:
        """Return what it shows of the session; the last card that was read is shown for ever."""
        # Where its meter does not measure them, as it has connected them.
        measured = drawn_phases(() if state.ev_currents is None else state.ev_currents.phases_a)
        has_card = state.rfid_reader in _TAKES_CARDS and state.allows_charging
        return SessionReading(
            plugged_in=state.plugged_in,
            power_w=state.ev_power_w,
            session_wh=state.session_energy_wh,
            total_wh=state.total_energy_wh,
            phases=state.phases_in_use if measured is None else measured,
            card=state.rfid_card if has_card and state.rfid_status not in _REFUSED else None,
        )
