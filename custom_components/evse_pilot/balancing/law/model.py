"""The words of load balancing: what a group is, and what was decided for it. Amperes are per phase."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import math

from ...chargers.types import LEAST_A
from ...control.claim import Reason


class Strategy(StrEnum):
    """How the chargers of a group share what there is."""

    EQUAL = "equal"
    PRIORITY = "priority"
    FIRST_COME = "first_come"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """A limit besides the fuse: of each phase, of the sum of the phases, or both.

    It holds for all that the house draws, or for the cars alone (an operator that dims chargers, not homes).
    """

    phase_a: float | None = None
    sum_a: float | None = None
    cars_only: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no limit."""
        for amps in (self.phase_a, self.sum_a):
            if amps is not None and not 0 <= amps < math.inf:
                raise ValueError("a ceiling is 0 A or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A charger of a group; `phases` are the mains phases, 1 to 3, that its conductors L1, L2, L3 are on.

    `between`: its one current flows from one phase to the other, without neutral, and so counts on both. Offers are
    rounded down to its step. Priority 1 is served before 2. `answers_s`: how long it takes to
    follow a command beyond what any charger does.
    """

    id: str
    phases: tuple[int, ...]
    between: bool = False
    minimum_a: float = LEAST_A
    maximum_a: float
    step_a: float = 1.0
    priority: int = 1
    answers_s: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be wired, or would set a current that no car knows."""
        if not 1 <= len(self.phases) <= 3 or len(set(self.phases)) < len(self.phases):
            raise ValueError("a charger has one to three conductors, each on a phase of its own")
        if self.between and len(self.phases) != 2:
            raise ValueError("a charger without neutral is between two phases")
        if not LEAST_A <= self.minimum_a <= self.maximum_a < math.inf:
            raise ValueError("6 A <= minimum <= maximum")
        if not 0 < self.step_a <= LEAST_A:
            raise ValueError("a step is more than 0 A, and 6 A at most")


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """A fuse between the main fuse and some chargers.

    `limit_a` is what they may draw together on each phase; `members` are all that are behind it, those of circuits
    behind this one too. `fuse_a`: the fuse itself, where a meter of its own shows what else is behind it: all of it together
    may draw `limit_a` then. None: no meter, and nothing else counts.
    """

    id: str
    limit_a: float
    members: frozenset[str]
    fuse_a: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is no limit."""
        if not 0 <= self.limit_a <= (self.limit_a if self.fuse_a is None else self.fuse_a) < math.inf:
            raise ValueError("a circuit carries 0 A or more, and no more than its fuse")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What shares one connection; a new one may be given to a running law at any time.

    `safe_a` is for each charger while the meter is silent; below its minimum it pauses. `exports`: the house may feed
    in, so that its meter may show less than the chargers draw. `unbalance_a`: what cars that do not use all phases may
    draw from each phase, together; None: whatever the others allow. `uses_reserve`: for as long as the breaker of the
    mains bears it, a fast meter pauses no car that has its minimum.
    """

    fuse_a: tuple[float, ...]
    margin_a: float
    members: tuple[Member, ...]
    strategy: Strategy = Strategy.EQUAL
    safe_a: float = 0.0
    sum_a: float | None = None
    unbalance_a: float | None = None
    temporary: Ceiling | None = None
    circuits: tuple[Circuit, ...] = ()
    observer: bool = False
    exports: bool = True
    uses_reserve: bool = False
    minimum_off_s: float = 180.0
    minimum_on_s: float = 120.0
    rotation_s: float = 1440.0

    def __post_init__(self) -> None:
        """Refuse what is no group; a fuse of 0 A, and no members, are allowed."""
        numbers = (*self.fuse_a, self.margin_a, self.safe_a, self.sum_a or 0.0, self.unbalance_a or 0.0)
        times = (self.minimum_off_s, self.minimum_on_s, self.rotation_s)
        if not 1 <= len(self.fuse_a) <= 3:
            raise ValueError("one to three phases")
        if not all(0 <= number < math.inf for number in (*numbers, *times)):
            raise ValueError("0 or more")
        if len({member.id for member in self.members}) < len(self.members):
            raise ValueError("a charger twice")
        if not all(1 <= phase <= len(self.fuse_a) for member in self.members for phase in member.phases):
            raise ValueError("a charger on a phase that the house has not")


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a charger is given, and why: with the mains phase, or the seconds left, where the reason has one.

    `reason` None: too little was read since the start to know it.
    """

    amps: float
    reason: Reason | None
    phase: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRoom:
    """What a charger could have beside the others: on its first phase alone, and on each of its three.

    `lacks`: its car would charge, and what is left on its phases is less than its minimum.
    """

    one_a: float
    three_a: float
    lacks: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A claim that changes now; `rises`: it is made when those that fall have been carried out."""

    id: str
    amps: float
    rises: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How much each charger is given, and the claims that change, in this order: those that fall before those that rise.

    Of each mains phase, None while it is not known: `house_a`, what is drawn without the chargers, and `room_a`,
    what the fuse leaves to all chargers together; `given_a` is what they are given there; one that does not answer
    counts with the most that it may draw. `two_masters`: those with a limit that something else changes as well; the group lowers
    them where it must, and does not raise them. `meter_silent`: a meter reports nothing, after a start when it had its time;
    `meter_doubted`: one reports what cannot be. `phase_rooms`: of the three-phase chargers of which it is known.
    """

    shares: Mapping[str, Share]
    writes: tuple[Write, ...]
    house_a: tuple[float | None, ...]
    room_a: tuple[float | None, ...]
    given_a: tuple[float, ...]
    meter_silent: bool = False
    meter_doubted: bool = False
    two_masters: frozenset[str] = frozenset()
    phase_rooms: Mapping[str, PhaseRoom] = field(default_factory=dict)
