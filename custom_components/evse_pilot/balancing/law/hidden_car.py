"""Hidden car: the status of a charger that does not show whether it has a car while it is paused."""

import math

from ...chargers.types import Load, Status
from ...control.claim import Reason
from .standing import NO_CAR, RESTING

# For so long one that was seen without a car is taken to have none. To see whether it still has none it has to be
# switched on: more often would be too many commands for it in a day.
_UNSEEN_S = 1800.0


class HiddenCar:
    """What was last seen of one charger. Times are seconds of a clock that never goes back."""

    __slots__ = ("_empty_s", "status")

    def __init__(self) -> None:
        """Nothing has been seen yet."""
        self.status: Status | None = None
        self._empty_s = -math.inf

    def read(self, t: float, load: Load) -> None:
        """Take the status of a reading, but where the one before had no car and this one cannot show it."""
        if not load.hides_car:
            self.status = load.status
            if load.status in NO_CAR:
                self._empty_s = t
        elif self.status not in NO_CAR or t >= self._empty_s + _UNSEEN_S:
            self.status = load.status

    @property
    def rests(self) -> Reason | None:
        """Return why it needs nothing; None: it may charge."""
        return None if self.status is None else RESTING.get(self.status)
