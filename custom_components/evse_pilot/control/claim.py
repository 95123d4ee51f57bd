"""Claims on a charger: who wants what of it, and why. Currents are in A per phase."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Source(StrEnum):
    """A party that wants something of a charger; of two that want the same, the first in this list is named."""

    # What keeps a fuse whole while a meter is silent, or after a group has gone
    SAFETY = "safety"
    # The fuse that a group shares
    GROUP = "group"
    # A person, for good
    OWNER = "owner"
    # A limit for a time
    TIMED = "timed"
    SCHEDULE = "schedule"
    PLAN = "plan"
    SUN = "sun"
    # One phase or three, as the sun and the fuse leave it
    PHASES = "phases"
    # Charge now, until the car is unplugged or until the next edge of the schedule
    OVERRIDE = "override"


class Reason(StrEnum):
    """Why a charger may draw no more: one vocabulary for every make, in a group or not."""

    # The charger, the car and its owner
    OWN_MAXIMUM = "own_maximum"
    PERSONS_LIMIT = "persons_limit"
    TIMED_LIMIT = "timed_limit"
    CHARGER_LIMIT = "charger_limit"
    CAR_TAKES_LESS = "car_takes_less"
    CAR_TAKES_NO_MORE = "car_takes_no_more"
    PAUSED_BY_OWNER = "paused_by_owner"
    NOT_PLUGGED_IN = "not_plugged_in"
    AWAITING_AUTHORIZATION = "awaiting_authorization"
    SCHEDULED = "scheduled"
    DELAYED_START = "delayed_start"
    WAITING_FOR_CHEAP_HOUR = "waiting_for_cheap_hour"
    WAITING_FOR_PLAN = "waiting_for_plan"
    PLAN_FULFILLED = "plan_fulfilled"
    FAULT = "fault"
    # A limit of the charger's own
    INSTALLATION = "installation"
    OVERTEMPERATURE = "overtemperature"
    OWN_METER = "own_meter"
    OWN_SCHEDULE = "own_schedule"
    OCPP = "ocpp"
    WAITING_FOR_SOLAR = "waiting_for_solar"
    SOLAR_SURPLUS = "solar_surplus"
    WAITING_FOR_POWER = "waiting_for_power"
    # A limit of the house; MAIN_FUSE with its phase
    MAIN_FUSE = "main_fuse"
    MAIN_FUSE_L1 = "main_fuse_l1"
    MAIN_FUSE_L2 = "main_fuse_l2"
    MAIN_FUSE_L3 = "main_fuse_l3"
    SUM_CEILING = "sum_ceiling"
    TEMPORARY_CEILING = "temporary_ceiling"
    PEAK = "peak"
    CIRCUIT = "circuit"
    UNBALANCE = "unbalance"
    # Time
    WAITING_FOR_CALM = "waiting_for_calm"
    CHANGING_PHASES = "changing_phases"
    MINIMUM_OFF_TIME = "minimum_off_time"
    ROTATION = "rotation"
    # Nothing arrives
    METER_SILENT = "meter_silent"
    MEMBER_SILENT = "member_silent"
    # Something else sets its limit as well
    TWO_MASTERS = "two_masters"
    # The group stands aside, or has gone and left a safe current behind
    OFF = "off"
    GROUP_LEFT = "group_left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one source wants of a charger; `reason` None: it is not known yet, as of a group that has just begun.

    `max_current_a`: at most so much on each phase; None: it claims no current. `pause`: no charging, the same as 0 A.
    `mode` in the charger's own words, `phases` 1 or 3; None: it claims none. `until`: when it ends by itself, if that is
    known. `ends_at_edge`: it ends with the next edge of the schedule. `detail`: what the reason's sentence needs.
    """

    source: Source
    reason: Reason | None
    max_current_a: float | None = None
    pause: bool = False
    mode: str | None = None
    phases: int | None = None
    until: datetime | None = None
    ends_at_edge: bool = False
    detail: str | None = None

    @property
    def current_a(self) -> float | None:
        """Return the most that it allows, in A per phase; 0: a pause, None: it claims no current."""
        if self.pause:
            return 0.0
        if self.max_current_a is None:
            return None
        # What is not a number allows nothing: that cannot trip a fuse.
        return self.max_current_a if self.max_current_a > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What the owner has set at the charger itself; None: not known, for the charger did not show it yet."""

    current_a: float | None = None
    paused: bool = False
    mode: str | None = None
    phases: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the charger, the cable and the installation allow; a current is rounded down to a multiple of the step."""

    minimum_a: float
    maximum_a: float
    step_a: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the charger should do, and the claim that wins.

    `current_a` 0 is a pause. `mode` and `phases` None: left as they are. `source` None: the charger's own maximum, or
    what its owner has set at it. `without_a`: the current that would hold without the winning claim.
    """

    current_a: float
    reason: Reason | None
    source: Source | None = None
    mode: str | None = None
    phases: int | None = None
    until: datetime | None = None
    detail: str | None = None
    without_a: float


type Claims = Mapping[Source, Claim]

# What keeps a fuse whole; everything else is what a person, a schedule or a plan leaves to a group.
OF_A_GROUP = frozenset({Source.GROUP, Source.SAFETY})
BY_ITSELF = frozenset({Source.SCHEDULE, Source.PLAN, Source.SUN})


def is_left_by_group(claims: Claims) -> bool:
    """Return whether a group has left its claim behind: a person or another group may end it."""
    safety = claims.get(Source.SAFETY)
    return safety is not None and safety.reason is Reason.GROUP_LEFT
