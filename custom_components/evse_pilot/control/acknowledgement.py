"""The state of the last command for one value of a charger: the one rule for whether what it shows is ours.

SENT: a command left, or the charger may have forgotten it. ACCEPTED: the charger took it. CONFIRMED: it was read back. A
value that differs before that was not taken, and is sent again; one that changes by itself afterwards is FOREIGN.
"""

from enum import Enum, auto
import math

EPSILON_A = 0.05
# A command that was not confirmed by then may not have arrived.
CONFIRMED_WITHIN_S = 3.0
REPEAT_S, REPEAT_AT_MOST_S = 5.0, 300.0


class State(Enum):
    """Where the last command is."""

    IDLE = auto()
    SENT = auto()
    ACCEPTED = auto()
    CONFIRMED = auto()


class Verdict(Enum):
    """What a reading means."""

    # Nothing was commanded: it is what the owner has set at the charger.
    UNCLAIMED = auto()
    CONFIRMED = auto()
    NOT_TAKEN = auto()
    FOREIGN = auto()


class Acknowledgement:
    """The last command for a current, in A per phase; 0 is a pause. Times are seconds of a clock that never goes back."""

    __slots__ = ("_due_s", "_repeat_s", "asked_a", "asked_s", "shown_a", "state", "step_a")

    def __init__(self, step_a: float = 1.0) -> None:
        """Start with nothing commanded and nothing read; the charger rounds down to a multiple of the step."""
        self.step_a = step_a
        self.state = State.IDLE
        self.asked_a: float | None = None
        self.asked_s = -math.inf
        self.shown_a: float | None = None
        self._repeat_s = REPEAT_S
        self._due_s = -math.inf

    def send(self, t: float, current_a: float) -> None:
        """Note a command that leaves now; repeated, it has twice the time for the next try."""
        again = self.asked_a == current_a and self.state is not State.CONFIRMED and self.asked_s > -math.inf
        self._repeat_s = min(2 * self._repeat_s, REPEAT_AT_MOST_S) if again else REPEAT_S
        self.asked_a, self.asked_s = current_a, t
        self._due_s = t + self._repeat_s
        self.state = State.SENT

    def accept(self, current_a: float) -> None:
        """Note that the charger took the last command."""
        if current_a == self.asked_a and self.state is State.SENT:
            self.state = State.ACCEPTED

    def read(self, current_a: float) -> Verdict:
        """Take a reading; the state is IDLE again after a foreign one, for the value is not ours any more."""
        self.shown_a = current_a
        if self.state is State.IDLE or self.asked_a is None:
            return Verdict.UNCLAIMED
        if self.shows(current_a, self.asked_a):
            self.state = State.CONFIRMED
            return Verdict.CONFIRMED
        if self.state is State.CONFIRMED:
            self.release()
            return Verdict.FOREIGN
        return Verdict.NOT_TAKEN

    def shows(self, shown_a: float, asked_a: float) -> bool:
        """Return whether a charger that shows one current has the other, which it may have rounded down."""
        if asked_a == 0 or shown_a == 0:
            return asked_a == shown_a
        return asked_a - self.step_a < shown_a + EPSILON_A and shown_a < asked_a + EPSILON_A

    def unsettle(self) -> None:
        """Take what was commanded for forgotten until it is read again: after a restart, an absence, a plug."""
        if self.state is not State.IDLE:
            self.state = State.SENT
            self._due_s = -math.inf
            self._repeat_s = REPEAT_S

    def release(self) -> None:
        """Command nothing any more."""
        self.state = State.IDLE
        self.asked_a = None
        self.asked_s = self._due_s = -math.inf

    @property
    def is_confirmed(self) -> bool:
        """Return whether the last command was read back, or there is none."""
        return self.state in (State.IDLE, State.CONFIRMED)

    def due_in_s(self, t: float) -> float | None:
        """Return in how many seconds an unconfirmed command is to be sent again, 0 for now; None: it is confirmed."""
        return None if self.is_confirmed else max(0.0, self._due_s - t)

    def is_doubtful(self, t: float) -> bool:
        """Return whether the last command may not have arrived, or was undone."""
        return not self.is_confirmed and t >= self.asked_s + CONFIRMED_WITHIN_S

    def most_a(self, t: float) -> float | None:
        """Return the most that the charger may be offering, in A per phase; None: nothing is known of it."""
        if self.asked_a is None or self.state is State.CONFIRMED:
            return self.shown_a
        if self.shown_a is None or not self.is_doubtful(t):
            return self.asked_a
        return max(self.asked_a, self.shown_a)
