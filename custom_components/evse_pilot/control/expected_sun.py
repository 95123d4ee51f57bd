"""What the sun is expected to give one charger: what its group knows, and its plan counts on."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SunPower:
    """The mean power in W that is left to one car from one moment to another, in UTC."""

    start: datetime
    end: datetime
    power_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedSun:
    """The powers that are expected, in order and without overlaps; a car that waits has none of less than `least_w`."""

    powers: tuple[SunPower, ...] = ()
    least_w: float = 0.0
