"""The law over time: what was read and given before decides what may be given now.

Four lessons are built in, each measured (docs/load_balancing.md): act on each new reading, not on a timer; never act
twice on one reading; filter only upwards; while a car is on its way to a new offer, what the meter gains is that car's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
import math

from ...chargers.types import Load
from ...control.acknowledgement import Acknowledgement
from ...control.claim import Reason, Target
from ...control.foreign import ForeignChanges
from .charger import TrackedCharger
from .limits import below_fuse_a
from .mains import Phase
from .meter import Meter
from .model import Decision, Group, PhaseRoom, Share, Strategy
from .pace import Pace
from .peak import HouseMeans, PeakWindow
from .round import Round
from .standing import Standing
from .turns import start_even

# After so long a silence the safe current is given even to a charger that had less.
_LONG_SILENCE_S = 60.0
# So long after a start none is lowered for what a charger might draw that was not read yet: each is read at its own moment.
_ALL_READ_WITHIN_S = 10.0


class Law:
    """Balances one group. Times are seconds of any clock that never goes back."""

    def __init__(self, group: Group, given: Mapping[str, float] | None = None) -> None:
        """Start with nothing read; `given` is the stored claim on each charger, in A, where there is one."""
        self._mains = Meter(len(group.fuse_a))
        # Of the circuits that have one.
        self._meters: dict[str, Meter] = {}
        self._chargers: dict[str, TrackedCharger] = {}
        self._stored = dict(given or {})
        self._is_new = False
        self._first_decision_s = math.inf
        # Those of which too little was read since the start to know why they are given no more.
        self._awaited: set[str] = set()
        # What a peak tariff leaves; it is set before each decision, for the law has no clock of the day.
        self.peak: PeakWindow | None = None
        self._means = HouseMeans()
        self._phase_rooms: Mapping[str, PhaseRoom] = {}
        self._group = group
        self.group = group

    @property
    def group(self) -> Group:
        """Return the group that is balanced."""
        return self._group

    @group.setter
    def group(self, group: Group) -> None:
        """Balance with other numbers, or other members, from now on; nothing that was read is forgotten."""
        if len(group.fuse_a) != len(self._phases):
            raise ValueError("a house does not change its phases")
        steered = self._steers
        self._group = group
        known, self._chargers = self._chargers, {}
        for spec in sorted(group.members, key=lambda member: member.id):
            charger = known.get(spec.id)
            if charger is None or (charger.spec.phases, charger.spec.between) != (spec.phases, spec.between):
                # What was stored does not hold for one that is added anew.
                given_a = self._stored.pop(spec.id, None) if charger is None else charger.given_a
                charger = TrackedCharger(spec, len(self._phases), given_a)
                # One that is added is waited for as at a start.
                self._first_decision_s = math.inf
                self._awaited.add(spec.id)
            charger.spec = spec
            self._chargers[spec.id] = charger
            if not self._steers:
                charger.claimed_a = None
            elif not steered:
                charger.take_over()
        if known.keys() != self._chargers.keys():
            for meter in (self._mains, *self._meters.values()):
                meter.plausibility.forget_draws()
        # One that is fast makes up for those that are slow only while it has something to give.
        answers_s = max((member.answers_s for member in group.members), default=0.0)
        self._mains.protect(group.fuse_a, group.margin_a, answers_s, uses_reserve=group.uses_reserve)
        self._mains.keep_below(*below_fuse_a(group))
        before, self._meters = self._meters, {}
        for circuit in group.circuits:
            if circuit.fuse_a is not None:
                meter = before.get(circuit.id) or Meter(len(group.fuse_a), may_be_idle=True)
                self._meters[circuit.id] = meter
                fuse_a = (circuit.fuse_a,) * len(group.fuse_a)
                meter.protect(fuse_a, circuit.fuse_a - circuit.limit_a, answers_s)

    @property
    def _phases(self) -> Sequence[Phase]:
        return self._mains.phases

    @property
    def _steers(self) -> bool:
        return not self._group.observer and self._group.strategy is not Strategy.OFF

    @property
    def house_a(self) -> tuple[float | None, ...]:
        """Return what each phase draws without the chargers, export negative, in A; None while it is not known."""
        return tuple(None if phase.blind else phase.house_a for phase in self._phases)

    def charger(self, member: str) -> TrackedCharger | None:
        """Return what is known of a charger; None: it is no member, or was not read yet."""
        charger = self._chargers.get(member)
        return charger if charger is not None and charger.is_known else None

    def phase_room(self, member: str) -> PhaseRoom | None:
        """Return what the last decision left to a charger on one phase and on three; None: that is not known."""
        return self._phase_rooms.get(member)

    # Readings

    def read_charger(
        self,
        t: float,
        member: str,
        load: Load,
        *,
        own: Target,
        is_off_at_charger: bool,
        ack: Acknowledgement,
        foreign: ForeignChanges,
    ) -> None:
        """Take a reading of a charger; one that is no member, or no longer, is ignored.

        `own` is its target without the group: at 0 A it is barred, below its maximum it has a ceiling. `ack` and
        `foreign` are the controller's own objects, and are read again at each decision.
        """
        if (charger := self._chargers.get(member)) is None:
            return
        was_known = charger.is_known
        charger.read(t, load, own=own, is_off_at_charger=is_off_at_charger, ack=ack, foreign=foreign)
        if not was_known:
            for meter in (self._mains, *self._meters_of(member)):
                meter.found(t, charger)

    def change_own(self, member: str, own: Target) -> None:
        """Take what a charger may do without the group, where that has changed between two of its readings."""
        if (charger := self._chargers.get(member)) is not None:
            charger.change_own(own)

    def read_mains(self, t: float, amps: Sequence[float | None]) -> None:
        """Take a reading of the mains, amperes of each phase, export negative; None where nothing new was read."""
        chargers = list(self._chargers.values())
        count = self._mains.readings
        readings = self._mains.read(t, amps, chargers, exports=self._group.exports)
        self._is_new |= self._mains.readings > count
        self._watch_footprints(t, readings)

    def read_circuit(self, t: float, circuit: str, amps: Sequence[float | None]) -> None:
        """Take a reading of the meter of a circuit, as of the mains; one of a circuit that is gone is ignored."""
        if (meter := self._meters.get(circuit)) is not None:
            behind = [self._chargers[name] for name in self._members_of(circuit) if name in self._chargers]
            meter.read(t, amps, behind, exports=self._group.exports)

    def _members_of(self, circuit: str) -> frozenset[str]:
        return next(each.members for each in self._group.circuits if each.id == circuit)

    def _meters_of(self, member: str) -> list[Meter]:
        """Return the meters of the circuits that a charger is behind."""
        return [meter for name, meter in self._meters.items() if member in self._members_of(name)]

    def _watch_footprints(self, t: float, readings: Sequence[float | None]) -> None:
        """Let the mains show on which phases those cars charge whose chargers measure nothing."""
        chargers = list(self._chargers.values())
        unmeasured = [c for c in chargers if not c.draw.is_measured]
        if not unmeasured or not all(c.is_settled(t) for c in chargers):
            return
        measured = [c for c in chargers if c.draw.is_measured]
        for charger in unmeasured:
            rest_a = {
                n: reading - sum(c.draw.drawn_a[n] for c in measured)
                for n, reading in enumerate(readings)
                if reading is not None and n in charger.draw.wiring
            }
            if len(rest_a) == len(charger.draw.wiring) > 1:
                others_a = [c.draw.most_a for c in unmeasured if c is not charger]
                charger.draw.footprint.watch(t, charger.draw.most_a, rest_a, others_a)

    # Decisions

    def decide(self, t: float) -> Decision:
        """Return what each charger is given now; call it after each reading, and once a second for what takes time alone.

        No charger rises without a new reading of the mains, for what the last one showed was given already.
        """
        is_new, self._is_new = self._is_new, False
        meters = (self._mains, *self._meters.values())
        for meter in meters:
            meter.watch(t)
        chargers = list(self._chargers.values())
        are_known = not any(phase.blind for meter in meters for phase in meter.phases)
        for charger in chargers:
            stood = charger.standing
            charger.stand(t, None if are_known else self._safe_a(t, charger), steers=self._steers)
            if charger.standing is Standing.AWAKE is not stood:
                start_even(chargers, charger)
        self._first_decision_s = min(self._first_decision_s, t)
        awaited = [c for c in chargers if not c.is_known]
        if t >= self._first_decision_s + _ALL_READ_WITHIN_S:
            awaited = []
        # Nor does any rise meanwhile.
        known = [c for c in chargers if c not in awaited]
        if self.peak is not None and is_new:
            house_a = sum(phase.house_a for phase in self._phases if not phase.blind)
            self._means.note(t, house_a, self.peak.left_s)
        metered = {name: meter.phases for name, meter in self._meters.items()}
        decision = Round(
            t, self._group, self._phases, metered, known, is_new and not awaited, self.peak, self._means
        ).decide()
        self._phase_rooms = decision.phase_rooms
        others = {c.spec.id: Share(amps=c.worst_a(t), reason=c.reason) for c in awaited}
        return replace(
            decision,
            shares=self._explained(t, {**decision.shares, **others}),
            meter_silent=any(
                phase.blind and (phase.known or self._is_overdue(t, phase.pace))
                for meter in meters
                for phase in meter.phases
            ),
            meter_doubted=any(each.plausibility.doubted for each in meters),
        )

    def _explained(self, t: float, shares: dict[str, Share]) -> dict[str, Share]:
        """Return the shares without a reason that only comes of a start; no current waits for it."""
        self._awaited = {
            name
            for name, charger in self._chargers.items()
            if name in self._awaited and self._awaits(t, charger)
        }
        if self._group.strategy is Strategy.OFF:
            return shares
        return {
            name: Share(amps=share.amps, reason=None) if self._is_of_start(name, share) else share
            for name, share in shares.items()
        }

    def _is_of_start(self, name: str, share: Share) -> bool:
        """Return whether a reason only comes of a start; that no car is there, or that a person allows none, does not."""
        standing = self._chargers[name].standing
        is_weighed = standing in (Standing.AWAKE, Standing.SILENT) or share.reason is Reason.METER_SILENT
        return is_weighed and name in self._awaited

    def _awaits(self, t: float, charger: TrackedCharger) -> bool:
        """Return whether a charger, or the second reading of its phases, is still waited for since the start.

        With the first one none is raised, so that its reason would be the start's, too.
        """
        if not charger.is_known:
            return not self._is_overdue(t, charger.pace)
        return any(
            phase.before_a == math.inf and not self._is_overdue(t, phase.pace)
            for phase in self._phases_of(charger)
        )

    def _is_overdue(self, t: float, pace: Pace) -> bool:
        """Return whether a source would have been read by now since the start."""
        return t >= max(self._first_decision_s, pace.last_s) + pace.silent_after_s

    def _phases_of(self, charger: TrackedCharger) -> list[Phase]:
        """Return the phases of its meters that a charger depends on: all where the sum of them has a limit."""
        temporary = self._group.temporary
        sums_a = (self._group.sum_a, self.peak, None if temporary is None else temporary.sum_a)
        everywhere = any(amps is not None for amps in sums_a)
        phases = self._phases if everywhere else [self._phases[n] for n in charger.draw.wiring]
        of_circuits = [
            meter.phases[n] for meter in self._meters_of(charger.spec.id) for n in charger.draw.wiring
        ]
        return [*phases, *of_circuits]

    def _safe_a(self, t: float, charger: TrackedCharger) -> float | None:
        """Return the ceiling of a charger on a phase that is not known; None if all of its phases are."""
        blind = [phase for phase in self._phases_of(charger) if phase.blind]
        if not blind:
            return None
        if all(t - phase.blind_since_s >= _LONG_SILENCE_S for phase in blind):
            return self._group.safe_a
        return min(self._group.safe_a, charger.given_a)
