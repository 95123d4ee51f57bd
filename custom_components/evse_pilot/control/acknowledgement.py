"""The state of the last command for one value of a charger: the one rule for whether what it shows is ours.

SENT: a command left, or the charger may have forgotten it. ACCEPTED: the charger took it. CONFIRMED: it was read back. A
value that differs before that was not taken, and is sent again; one that changes by itself afterwards is FOREIGN. For as
long as a cloud may take to follow, a value of before the command is no change: it may be shown again.
"""

from abc import abstractmethod
from enum import Enum, auto
import math
from typing import override

EPSILON_A = 0.05
_DUST_A = 1e-6
# A command that was not confirmed by then may not have arrived.
CONFIRMED_WITHIN_S = 3.0
REPEAT_S, REPEAT_AT_MOST_S = 5.0, 300.0


def shows(shown_a: float, asked_a: float, step_a: float) -> bool:
    """Return whether a charger that shows one current has the other, which it may have rounded down to its step.

    A whole step less is no rounding: the command was lost, or a person has set less.
    """
    if asked_a == 0 or shown_a == 0:
        return asked_a == shown_a
    return asked_a - step_a + _DUST_A < shown_a < asked_a + EPSILON_A


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


class Command[T]:
    """The last command for one value. Times are seconds of a clock that never goes back."""

    __slots__ = (
        "_before",
        "_due_s",
        "_earlier",
        "_fell_back",
        "_repeat_s",
        "asked",
        "asked_s",
        "held",
        "is_unread",
        "settles_s",
        "shown",
        "state",
        "tries",
    )

    def __init__(self) -> None:
        """Start with nothing commanded and nothing read."""
        self.state = State.IDLE
        self.asked: T | None = None
        self.asked_s = -math.inf
        self.shown: T | None = None
        # What it was last known to have: shown, or taken after that.
        self.held: T | None = None
        self._repeat_s = REPEAT_S
        self._due_s = -math.inf
        # Nothing was read since the charger took the last command.
        self.is_unread = False
        # What was commanded before the last command.
        self._before: T | None = None
        # How often the last command was sent since it was last confirmed.
        self.tries = 0
        # For how long after a command the charger may still show, or show again, what it had before.
        self.settles_s = 0.0
        # What that may be: each value, and when the command left that replaces it.
        self._earlier: dict[T, float] = {}
        # The last command was read back, and then an earlier value again.
        self._fell_back = False

    @abstractmethod
    def matches(self, shown: T, asked: T) -> bool:
        """Return whether a charger that shows one value has the other."""

    def send(self, t: float, value: T) -> None:
        """Note a command that leaves now; one that is repeated has twice the time until the next try."""
        again = self.asked == value and not self.is_confirmed and self.asked_s > -math.inf
        self._repeat_s = min(2 * self._repeat_s, REPEAT_AT_MOST_S) if again else REPEAT_S
        self.tries = self.tries + 1 if again else 1
        if not again:
            self._forget(t)
            self.note_earlier(t, self.asked)
            self._before, self._fell_back = self.asked, False
        if self.shown is not None and not self.matches(self.shown, value):
            self.note_earlier(t, self.shown)
        self.asked, self.asked_s = value, t
        self._due_s = t + self._repeat_s
        self.state = State.SENT
        self.is_unread = False

    def accept(self, value: T) -> None:
        """Note that the charger took the last command."""
        if value == self.asked and self.state is State.SENT:
            self.state = State.ACCEPTED
            self.is_unread = True
            self.held = value
            # What it shows until then is no sign that it did not take it.
            self._due_s = max(self._due_s, self.asked_s + self.settles_s)

    def take_back(self) -> None:
        """Forget the last command, which was refused: what was commanded before holds, or is sent again."""
        if self.state is not State.SENT:
            return
        if self._before is None:
            self.release()
        else:
            self.asked = self._before
            self.unsettle()

    def adopt(self, value: T) -> None:
        """Take a value that the charger shows already for confirmed, without a command."""
        self.asked = value
        self.state = State.CONFIRMED

    def resume(self, value: T) -> None:
        """Take a value for commanded some time ago, and not read back since: it is sent again if it does not hold."""
        self.asked = value
        self.state = State.SENT

    def read(self, value: T) -> Verdict:
        """Take a reading; after a foreign one nothing is commanded any more, for the value is not ours."""
        self.shown = self.held = value
        self.is_unread = False
        if self.asked is None:
            return Verdict.UNCLAIMED
        if self.matches(value, self.asked):
            self.state = State.CONFIRMED
            return Verdict.CONFIRMED
        if self.state is not State.CONFIRMED and not (self.state is State.ACCEPTED and self._fell_back):
            return Verdict.NOT_TAKEN
        if self.is_earlier(value):
            self.state, self._fell_back = State.ACCEPTED, True
            return Verdict.NOT_TAKEN
        # It may still be carried out, after what was set by others.
        self.note_earlier(self.asked_s, self.asked)
        self.release()
        return Verdict.FOREIGN

    def settle(self, t: float) -> None:
        """Before a reading: forget what was there before the last command, once nothing can show it any more.

        An integration may show what it was sent before its charger has it, and then what its cloud still has.
        """
        if self.is_confirmed:
            self._forget(t)

    @property
    def may_fall_back(self) -> bool:
        """Return whether the charger may still show once more what it had before the last command."""
        return bool(self._earlier)

    def is_earlier(self, value: T) -> bool:
        """Return whether a value may be one of before the last command, which is shown late or once more."""
        return any(self.matches(value, earlier) for earlier in self._earlier)

    def note_earlier(self, t: float, value: T | None) -> None:
        """Note a value that the charger has before a command that leaves now; None: none."""
        if value is not None and self.settles_s:
            self._earlier[value] = max(t, self._earlier.get(value, t))

    def _forget(self, t: float) -> None:
        """Forget what the charger had before, by the time that it takes to follow the command after that, or the last."""
        self._earlier = {
            value: since_s
            for value, since_s in self._earlier.items()
            if t - max(since_s, self.asked_s) < self.settles_s
        }

    def unsettle(self) -> None:
        """Take what was commanded for forgotten until it is read again: after a restart, an absence, a plug."""
        if self.state is not State.IDLE:
            self.state = State.SENT
            self._due_s = -math.inf
            self._repeat_s = REPEAT_S
            self.is_unread = self._fell_back = False

    def doubt(self) -> None:
        """Take what was confirmed for changed by the charger itself, as in a fault: a difference is sent again."""
        if self.state is State.CONFIRMED:
            self.unsettle()

    def release(self) -> None:
        """Command nothing any more."""
        self.state = State.IDLE
        self.asked = None
        self.asked_s = self._due_s = -math.inf
        self._fell_back = False

    @property
    def is_confirmed(self) -> bool:
        """Return whether the last command was read back, or there is none."""
        return self.state in (State.IDLE, State.CONFIRMED)

    def due_in_s(self, t: float) -> float | None:
        """Return in how many seconds an unconfirmed command is to be sent again, 0 for now.

        None: it is confirmed, or the charger took it and a reading will show whether it holds.
        """
        return None if self.is_confirmed or self.is_unread else max(0.0, self._due_s - t)

    def needs(self, t: float, value: T) -> bool:
        """Return whether this value is to be sent now: it is not shown, and no command for it is on its way."""
        if self.shown is None:
            return False
        if not self.is_confirmed and self.asked not in (None, value):
            # What is shown is older than the last command, which may hold by now.
            return True
        if self.matches(self.shown, value):
            return False
        return self.asked != value or self.is_confirmed or self.due_in_s(t) == 0

    def is_doubtful(self, t: float) -> bool:
        """Return whether the last command may not have arrived, or was undone."""
        return not self.is_confirmed and not self.is_unread and t >= self.asked_s + CONFIRMED_WITHIN_S


class Acknowledgement(Command[float]):
    """The last command for a current, in A per phase; 0 is a pause. A charger rounds down to a multiple of its step.

    `limit_a` is the last limit that was commanded: the charger may still have it after it was paused by hand.
    """

    __slots__ = ("limit_a", "step_a")

    def __init__(self, step_a: float = 1.0) -> None:
        """Start with nothing commanded and nothing read."""
        super().__init__()
        self.step_a = step_a
        self.limit_a: float | None = None

    @override
    def send(self, t: float, value: float) -> None:
        super().send(t, value)
        self.limit_a = value or self.limit_a

    def is_ours(self, set_a: float) -> bool:
        """Return whether a limit that the charger shows is the one that was commanded last."""
        return self.limit_a is not None and shows(set_a, self.limit_a, self.step_a)

    def restore(self) -> None:
        """Command nothing any more: the limit that the charger has is its owner's again."""
        self.release()
        self.limit_a = None

    @override
    def matches(self, shown: float, asked: float) -> bool:
        return shows(shown, asked, self.step_a)

    @property
    def asked_a(self) -> float | None:
        """Return the current that was commanded last; None: none."""
        return self.asked

    @property
    def shown_a(self) -> float | None:
        """Return the current that was read last; None: none."""
        return self.shown

    def most_a(self, t: float) -> float | None:
        """Return the most that the charger may be offering, in A per phase; None: nothing is known of it."""
        if self.asked is None or self.state is State.CONFIRMED:
            return self.shown
        if self.shown is None or not self.is_doubtful(t):
            return self.asked
        return max(self.asked, self.shown if self.held is None else max(self.shown, self.held))


class Choice[T: (str, int)](Command[T]):
    """The last command for a mode, or for a number of phases."""

    __slots__ = ()

    @override
    def matches(self, shown: T, asked: T) -> bool:
        return shown == asked
