"""The controllers of a simulated house: the real core of each, with a clock and a line of the simulation's own."""

from dataclasses import replace

from custom_components.evse_pilot.chargers.types import Load, Status
from custom_components.evse_pilot.control.claim import OF_A_GROUP, Claim, Reason, Source, Target
from custom_components.evse_pilot.control.core import ControlCore
from custom_components.evse_pilot.control.shown import Shown

# An absence: three lost polls, or 30 s.
_LOST_POLLS, _ABSENT_S = 3, 30.0


class SimulatedController:
    """Claims in, commands out: what leaves is returned, and `accept` and `read` note what becomes of it."""

    def __init__(self, given_a: float | None = None, poll_s: float = 1.0) -> None:
        """Start with what a group had given before, in A per phase; None: no group was there."""
        self.core = ControlCore()
        self._absent_s = min(_ABSENT_S, (_LOST_POLLS + 0.5) * poll_s)
        self._read_s = 0.0
        # Nothing is to be sent before something is read or claimed; a day has many decisions that change nothing.
        self._is_quiet = False
        # What it may do without some claims, until it is read or claimed anew.
        self._own: dict[frozenset[Source], Target] = {}
        if given_a is not None:
            self.give(given_a)
            self.core.ack.adopt(given_a)

    def read(self, t: float, load: Load, phases: int | None = None) -> None:
        """Take a reading of the charger; `phases`: on how many it is set to charge, None: it cannot switch them."""
        if self._read_s and t - self._read_s >= self._absent_s:
            self.core.unsettle(t)
        self._read_s = t
        self._own.clear()
        self.core.read_plug(t, load.status)
        is_paused = load.limit_a == 0 or load.status is Status.PAUSED
        self.core.read(t, Shown(load=load, paused=is_paused, mode=None, phases=phases))
        self._is_quiet = False

    @property
    def own(self) -> Target:
        """Return what the charger may do as far as no group is concerned."""
        return self.own_without(OF_A_GROUP)

    def own_without(self, sources: frozenset[Source]) -> Target:
        """Return what it may do as far as these are not concerned; phases that it has are left as they are."""
        if sources not in self._own:
            own, shown = self.core.target_without(sources), self.core.shown
            assert own is not None
            assert shown is not None
            is_other = own.phases is None or shown.has_other_phases(own)
            self._own[sources] = own if is_other else replace(own, phases=None)
        return self._own[sources]

    @property
    def is_off(self) -> bool:
        """Return whether it was switched off at the charger."""
        return self.core.baseline.paused

    def give(self, current_a: float | None) -> None:
        """Set what a group claims, in A per phase."""
        self.limit(Source.GROUP, current_a, Reason.MAIN_FUSE)

    def limit(self, source: Source, current_a: float | None, reason: Reason) -> None:
        """Set a claim of a source, in A per phase; None: it claims nothing any more."""
        self.claim(
            source,
            None if current_a is None else Claim(source=source, reason=reason, max_current_a=current_a),
        )

    def claim(self, source: Source, claim: Claim | None) -> None:
        """Replace the claim of a source; None: it claims nothing any more."""
        if self.core.claim(source, claim):
            self._is_quiet = False
            self._own.clear()

    def command(self, t: float) -> float | None:
        """Return the current for which a command leaves now; None: there is none to be sent."""
        core = self.core
        if self._is_quiet:
            return None
        if not core.needs(t) or (target := core.command) is None:
            self._is_quiet = core.ack.is_confirmed
            return None
        if not core.differs(target):
            core.adopt(target)
            return None
        core.send(t, target)
        return target.current_a

    def accept(self) -> None:
        """Let the charger take the last command."""
        if self.core.command is not None:
            self.core.commands.accept(self.core.command)
