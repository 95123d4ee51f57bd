"""The words of charging by the sun: what is known of a car, and what the sun allows it. Amperes are per phase."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
import math

from ...chargers.types import LEAST_A
from ..law.model import PhaseRoom, Strategy


class SunMode(StrEnum):
    """How much of its energy a car takes from the sun."""

    FAST = "fast"
    MINIMUM = "minimum_and_sun"
    SUN = "sun_only"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class SunChoice:
    """What a person has chosen for a charger; `auto_phases`: it is switched between one phase and three."""

    mode: SunMode = SunMode.FAST
    auto_phases: bool = False


# In these the sun decides how much.
STEERED = frozenset({SunMode.MINIMUM, SunMode.SUN})


@dataclass(frozen=True, slots=True, kw_only=True)
class SunSettings:
    """What the owner of a roof has chosen; powers in W, times in seconds.

    `start_w`: so much more than its least must be left for a car to start, for `start_s`; less than 0: so much may come
    from the grid. `stop_w`: so much of its least may come from the grid; a car that lacks more stops after `stop_s`.
    `battery_first_percent`: below this state of charge the home battery has the sun first. `battery_gives_w`: so much
    may it discharge while cars charge by the sun. `battery_takes_w`: what it charges with at most; None: it is learned.
    """

    volts: float = 230.0
    strategy: Strategy = Strategy.EQUAL
    start_w: float = 0.0
    start_s: float = 60.0
    stop_w: float = 0.0
    stop_s: float = 35.0
    minimum_on_s: float = 120.0
    minimum_off_s: float = 180.0
    battery_first_percent: float = 0.0
    battery_gives_w: float = 0.0
    battery_takes_w: float | None = None
    session_switches: int = 16
    daily_switches: int = 24

    def __post_init__(self) -> None:
        """Refuse what is no setting."""
        powers = (self.stop_w, self.battery_gives_w, self.battery_takes_w or 0.0)
        times = (self.start_s, self.stop_s, self.minimum_on_s, self.minimum_off_s)
        if not all(0 <= number < math.inf for number in (*powers, *times)) or not math.isfinite(self.start_w):
            raise ValueError("powers and times are finite, and 0 or more")
        if not 0 < self.volts < math.inf:
            raise ValueError("a voltage is more than 0 V")


@dataclass(frozen=True, slots=True, kw_only=True)
class SunMember:
    """What is known of a charger now.

    `maximum_a`: the most that its car can use, as far as the sun is not concerned. `phases`: on how many it draws, or
    would. `takes`: whether its car draws what it is offered, as far as is known. `can_switch`: whether one phase or three
    may be chosen; `on_phases` are those that it is set to then. `room`: what the fuse would leave on them, None: not known.
    `waits`: the fuse leaves it nothing now, so that nothing is sent to its charger.
    """

    id: str
    mode: SunMode
    phases: int = 3
    minimum_a: float = LEAST_A
    maximum_a: float = 16.0
    step_a: float = 1.0
    priority: int = 1
    drawn_w: float = 0.0
    has_car: bool = True
    takes: bool = True
    daily_writes: int = 500
    can_switch: bool = False
    on_phases: int | None = None
    room: PhaseRoom | None = None
    waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """A home battery: its power in W, positive while it charges, and its state of charge; None: not known."""

    power_w: float | None
    charge_percent: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SunShare:
    """What the sun allows a car: 0 A is a pause, None whatever it can have. `phases` None: they are left as they are.

    `is_changing`: it is paused for a change of its phases, not by the sun.
    `missing_w`: what it lacks to start, or of its least; `seconds`: for how long that, or what is left, has to last
    until it starts or stops, or how long it rests; None: nothing is missing, or that is not known. `switches_left`: of its phases,
    None where they are not switched.
    """

    amps: float | None
    phases: int | None = None
    is_changing: bool = False
    missing_w: float | None = None
    seconds: float | None = None
    switches_left: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SunDecision:
    """What the sun allows each car that it steers, those that are off, and those whose phases are chosen.

    `surplus_w`: what it leaves to the cars, None while that is not known. `given_w`: what the cars that it steers take
    of that. `share`: which part of what all cars draw comes from the sun, 0 to 1.
    """

    shares: Mapping[str, SunShare]
    surplus_w: float | None
    given_w: float
    share: float
