"""Whether a car that may charge takes no more, and not only for a moment."""

# A car that is full, or pauses by itself, draws again for minutes now and then; most that wake up need less than two.
_CALM_S = 300.0


class TakesNoMore:
    """Finds a car that is finished. Times are seconds of a clock that never goes back."""

    def __init__(self, *, is_finished: bool = False) -> None:
        """Know of no car, or of one that was finished before a restart."""
        self.is_finished = is_finished
        self._since_s: float | None = None

    def absent(self) -> None:
        """Note that nothing is read: it may draw meanwhile."""
        self._since_s = None

    def read(self, t: float, *, draws: bool, may_charge: bool | None, has_charged: bool) -> bool:
        """Take a reading; return whether the car takes no more. `may_charge` None: not known."""
        if draws or may_charge is False or not has_charged:
            self.is_finished, self._since_s = False, None
        elif may_charge:
            if self._since_s is None:
                self._since_s = t
            self.is_finished = self.is_finished or t - self._since_s >= _CALM_S
        return self.is_finished
