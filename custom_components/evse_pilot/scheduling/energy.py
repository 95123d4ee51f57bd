"""The energy that a car has received in a window that ends with an energy."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True, kw_only=True)
class WindowEnergy:
    """Counts from the charger's counter, which may start again from 0; stored over restarts.

    `since`: the start of the window that is counted, as ISO 8601; None: none yet. `counter_wh`: the last reading.
    """

    spent_wh: float = 0.0
    since: str | None = None
    counter_wh: float | None = None

    def read(self, counter_wh: float, window_start: datetime | None) -> bool:
        """Take a reading of the counter, in Wh, and the start of the window that now ends with an energy, if one does.

        Returns whether the energy has changed.
        """
        before_wh, self.counter_wh = self.counter_wh, counter_wh
        if window_start is None:
            return False
        if self.since != window_start.isoformat():
            self.since, self.spent_wh = window_start.isoformat(), 0.0
            return True
        if before_wh is None or counter_wh == before_wh:
            return False
        # A counter that is lower than before has started again from 0.
        self.spent_wh += counter_wh - before_wh if counter_wh > before_wh else counter_wh
        return True

    def is_spent(self, energy_wh: float, window_start: datetime) -> bool:
        """Return whether the car has received this energy since the window began."""
        return self.since == window_start.isoformat() and self.spent_wh >= energy_wh
