"""The last commands to one charger: for its current, its mode and its phases."""

from .acknowledgement import Acknowledgement, Choice, State
from .claim import Target
from .shown import Sent, Shown


class Commands:
    """What was commanded last, and what has become of it. `t` is in seconds of a clock that never goes back."""

    def __init__(self) -> None:
        """Start with nothing commanded."""
        self.current = Acknowledgement()
        self.mode = Choice[str]()
        self.phases = Choice[int]()

    def settles_in(self, seconds: float) -> None:
        """Set for how long after a command the charger may still show what it had before."""
        for command in (self.current, self.mode, self.phases):
            command.settles_s = seconds

    def settle(self, t: float) -> None:
        """Before a reading: forget what was there before the last commands, once nothing can show it any more."""
        for command in (self.current, self.mode, self.phases):
            command.settle(t)

    def unsettle(self) -> None:
        """Take all of it for forgotten until it is read again."""
        for command in (self.current, self.mode, self.phases):
            command.unsettle()

    def doubt(self) -> None:
        """Take what was confirmed for changed by the charger itself."""
        for command in (self.current, self.mode, self.phases):
            command.doubt()

    def take_back(self) -> None:
        """Forget what was sent last, for it was refused."""
        for command in (self.current, self.mode, self.phases):
            command.take_back()

    def accept(self, target: Target) -> None:
        """Note that the charger took what was sent."""
        self.current.accept(target.current_a)
        if target.mode is not None:
            self.mode.accept(target.mode)
        if target.phases is not None:
            self.phases.accept(target.phases)

    def needs_choice(self, t: float, now: Shown, target: Target) -> bool | None:
        """Return whether the mode, else the phases, are to be sent now; None: the charger shows them."""
        if target.mode is not None and now.has_other_mode(target):
            return self.mode.needs(t, target.mode)
        if target.phases is not None and now.has_other_phases(target):
            return self.phases.needs(t, target.phases)
        return None

    def send_choices(self, t: float, now: Shown, target: Target) -> None:
        """Note that the mode and the phases leave now that the charger does not show."""
        if target.mode is not None and now.has_other_mode(target):
            self.mode.send(t, target.mode)
        if target.phases is not None and now.has_other_phases(target):
            self.phases.send(t, target.phases)

    def resume_choices(self, before: Sent, target: Target) -> None:
        """Take the mode and the phases for commanded before a restart of ours, as far as they were."""
        if before.mode and target.mode is not None:
            self.mode.resume(target.mode)
        if before.phases and target.phases is not None:
            self.phases.resume(target.phases)

    def sent(self, before: Sent) -> Sent:
        """Return of what a command may hold at the charger; `before`: what was commanded before a restart of ours."""
        current = self.current
        return Sent(
            current=before.current or current.state is not State.IDLE,
            confirmed_a=current.asked if current.state is State.CONFIRMED else before.confirmed_a,
            mode=before.mode or self.mode.state is not State.IDLE,
            phases=before.phases or self.phases.state is not State.IDLE,
            limit_a=before.limit_a or current.limit_a,
        )
