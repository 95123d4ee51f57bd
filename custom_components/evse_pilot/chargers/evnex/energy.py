"""Energy summed up from power: the ACI has no register of its own. Arithmetic only."""

from dataclasses import dataclass

# Between two readings further apart the energy is not known, so nothing is counted. A charger without events counts as
# online for as long.
LONGEST_GAP_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergySum:
    """Energy since the beginning and since a car was plugged in, in Wh, and the last reading that went into it."""

    total_wh: float = 0.0
    session_wh: float = 0.0
    plugged_in: bool | None = None
    at_s: float | None = None
    power_w: float | None = None

    def after(self, at_s: float, power_w: float | None, plugged_in: bool | None) -> EnergySum:
        """Return the sum with a reading added: the mean of both powers for the time between them.

        A reading that is not newer than the last one adds nothing. A car that was plugged in begins a session; a
        reading without the plug changes nothing about that.
        """
        gained_wh = 0.0
        if self.at_s is not None and self.power_w is not None and power_w is not None:
            between_s = at_s - self.at_s
            if 0 < between_s <= LONGEST_GAP_S:
                gained_wh = (self.power_w + power_w) / 2 * between_s / 3600
        begins = plugged_in is True and self.plugged_in is False
        return EnergySum(
            total_wh=self.total_wh + gained_wh,
            session_wh=(0.0 if begins else self.session_wh) + gained_wh,
            plugged_in=self.plugged_in if plugged_in is None else plugged_in,
            at_s=at_s,
            power_w=power_w,
        )
