"""Whether a car is plugged in, and not only for one reading."""

from ..chargers.types import Status

# A control pilot reads "no car" for a moment now and then: unplugged is two readings, or so many seconds.
_READINGS, _UNPLUGGED_S = 2, 10.0


class Presence:
    """Debounces the plug. Times are seconds of a clock that never goes back."""

    def __init__(self) -> None:
        """Know nothing of a car yet; `is_plugged_in` may be restored from before a restart."""
        self.is_plugged_in: bool | None = None
        self._since_s = 0.0
        self._readings = 0

    def read(self, t: float, status: Status | None) -> bool:
        """Take the status of a snapshot; return whether a car was plugged in, or unplugged, by now."""
        if status is None:
            return False
        if status is not Status.DISCONNECTED:
            self._readings = 0
            return self._become(True)
        if self._readings == 0:
            self._since_s = t
        self._readings += 1
        if self.is_plugged_in and self._readings < _READINGS and t - self._since_s < _UNPLUGGED_S:
            return False
        return self._become(False)

    def _become(self, is_plugged_in: bool) -> bool:
        changed = self.is_plugged_in is not None and self.is_plugged_in is not is_plugged_in
        self.is_plugged_in = is_plugged_in
        return changed
