"""When a number is shown: at once where it means something, else now and then, so that the recorder stays small."""

from collections.abc import Mapping

# So large a part of the shown value is a change that a person would see.
_FRACTION = 0.05
# For how long a smaller change is held, in s.
MEASUREMENT_S, COUNTER_S = 30.0, 60.0
# Below these a change is small, whatever part of the value it is; by unit.
_FLOORS: Mapping[str, float] = {
    "A": 0.5,
    "W": 100.0,
    "kW": 0.1,
    "VA": 100.0,
    "var": 100.0,
    "V": 2.0,
    "Hz": 0.1,
    "°C": 1.0,
    "%": 2.0,
    "dBm": 3.0,
    "Wh": 50.0,
    "kWh": 0.05,
    "MWh": 0.00005,
    "varh": 50.0,
    "kvarh": 0.05,
    "s": 30.0,
    "min": 1.0,
}


class Quiet:
    """The number that is shown of one that changes all the time, and the newest one that is held back.

    All times are seconds of a clock that never goes back. None is no number, and never held.
    """

    def __init__(self, unit: str, pause_s: float) -> None:
        """Show nothing yet; a small change is held until `pause_s` after the last one that was shown."""
        self._floor = _FLOORS.get(unit, 0.0)
        self._pause_s = pause_s
        self._shown_at_s = 0.0
        self.shown: float | None = None
        self.held: float | None = None

    def take(self, now_s: float, value: float | None) -> float | None:
        """Take a value, and return for how long it is held, in s; None: it is shown from now on."""
        if (wait_s := self._wait_s(now_s, value)) > 0:
            self.held = value
            return wait_s
        self.show(now_s, value)
        return None

    def show(self, now_s: float, value: float | None) -> None:
        """Show a value, whatever was shown or held."""
        if value != self.shown:
            self._shown_at_s = now_s
        self.shown, self.held = value, None

    def _wait_s(self, now_s: float, value: float | None) -> float:
        if value is None or self.shown is None or value == self.shown:
            return 0.0
        # What is not a number is no small change of one.
        if not abs(value - self.shown) < max(self._floor, _FRACTION * abs(self.shown)):
            return 0.0
        return self._shown_at_s + self._pause_s - now_s
