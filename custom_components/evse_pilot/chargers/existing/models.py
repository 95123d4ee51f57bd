"""The state of a charger of another integration, made of what its entities show."""

from collections.abc import Mapping, Set as AbstractSet
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise
import math
import re
from typing import Any

from ..entity_port import CURRENTS, Reading, Role
from ..types import LEAST_A, Status
from ..wire import number
from .profiles import Profile
from .words import COMMON, normalized

# No charger of a house, or its car, has more.
_MOST_A, _MOST_W, _MOST_WH = 500.0, 500_000.0, 1e9
# The finest step that is of use; one that is finer is of the integration, and not of the charger.
_FINEST_A, _STEP_A = 0.1, 1.0
_AMPERES = {"A": 1.0, "mA": 0.001}
_WATTS = {"W": 1.0, "kW": 1e3, "mW": 1e-3, "MW": 1e6}
_WATT_HOURS = {"Wh": 1.0, "kWh": 1e3, "mWh": 1e-3, "MWh": 1e6}
UNITS: Mapping[Role, Mapping[str, float]] = {
    Role.LIMIT: _AMPERES,
    Role.POWER: _WATTS,
    Role.ENERGY: _WATT_HOURS,
    Role.SESSION_ENERGY: _WATT_HOURS,
    **dict.fromkeys(CURRENTS, _AMPERES),
}
# A negative one is no current: some mean by it that there is no limit.
_CHOICE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*A?\s*", re.IGNORECASE)
_DUST_A = 1e-6


class Pause(Enum):
    """How a charger is paused."""

    SWITCH = auto()
    BUTTONS = auto()
    ACTIONS = auto()
    ZERO = auto()


def pause_of(
    profile: Profile,
    roles: AbstractSet[Role],
    owners: AbstractSet[Role],
    limit: tuple[str | None, Mapping[str, Any] | None],
    *,
    has_action: bool = False,
) -> Pause | None:
    """Return how a charger with entities for these roles is paused; None: it cannot be commanded.

    `limit`: the kind of entity that its limit is, and its attributes, as far as it is there. `has_action`: an action of the
    owner's sets it.
    """
    domain, attributes = limit
    knows_limit = Role.LIMIT in profile.parts and Role.LIMIT not in owners
    if domain == "sensor" and not has_action and not (knows_limit and profile.set_limit):
        # It shows a limit that cannot be set.
        return None
    if Role.SWITCH in roles:
        return Pause.SWITCH
    if {Role.START, Role.STOP} <= roles:
        return Pause.BUTTONS
    if profile.allow is not None and profile.forbid is not None:
        return Pause.ACTIONS
    if Role.LIMIT not in roles:
        return None
    if knows_limit and profile.zero_pauses is not None:
        return Pause.ZERO if profile.zero_pauses else None
    # Where 0 can be set as a limit, it is what pauses: no car may draw less than 6 A.
    return Pause.ZERO if _takes_zero(attributes) else None


def _takes_zero(attributes: Mapping[str, Any] | None) -> bool:
    if attributes is None:
        # It was chosen as one that takes 0, and is not there yet.
        return True
    if offered := choices(attributes):
        return 0.0 in offered
    least = attributes.get("min")
    return isinstance(least, (int, float)) and least <= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What is known of a charger before it is read: its profile, what its owner has set, and how it is commanded.

    `owners`: the roles for which its owner chose another entity than the profile does.
    """

    profile: Profile
    circuit_a: float
    pause: Pause | None
    has_limit: bool
    owners: frozenset[Role] = frozenset()

    def knows(self, role: Role) -> bool:
        """Return whether the profile knows the entity of this role."""
        return role in self.profile.parts and role not in self.owners


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingState:
    """What the entities of a charger show; None: not shown, or not now. Currents are in A per phase.

    `limit_a` is what is set, which is 0 for a pause where that is how it is paused. `missing`: the roles of entities
    that no integration provides.
    """

    status: Status | None
    limit_a: float | None
    minimum_a: float
    maximum_a: float
    step_a: float
    allows_charging: bool | None
    plugged_in: bool | None
    phases: int | None
    power_w: float | None
    currents_a: tuple[float, ...] | None
    energy_wh: float | None
    session_energy_wh: float | None
    firmware: str | None
    missing: tuple[Role, ...] = ()


type Readings = Mapping[Role, Reading | None]


def state_of(
    wiring: Wiring,
    readings: Readings,
    now_s: float,
    *,
    firmware: str | None,
    energy_wh: float | None,
    session_energy_wh: float | None,
) -> ExistingState:
    """Return the state that these readings make; a role without one has no entity any more, or shows nothing."""
    minimum_a, maximum_a = bounds(wiring, readings)
    limit_a = limit_of(wiring, readings)
    allows = _allows(wiring, readings, limit_a)
    if limit_a == 0 and allows is not False and _is_below_range(readings.get(Role.LIMIT)):
        limit_a = None
    plugged_in, status = _plug_and_status(wiring, readings, allows)
    return ExistingState(
        status=status,
        limit_a=limit_a if wiring.has_limit else maximum_a,
        minimum_a=minimum_a,
        maximum_a=maximum_a,
        step_a=step_of(wiring, readings),
        allows_charging=allows,
        plugged_in=plugged_in,
        phases=_phases(wiring, readings),
        power_w=_measured(wiring, readings, Role.POWER, now_s, _MOST_W),
        currents_a=_currents(wiring, readings, now_s),
        energy_wh=energy_wh,
        session_energy_wh=session_energy_wh,
        firmware=firmware,
        missing=tuple(role for role, reading in readings.items() if reading is None),
    )


# Words


def word_of(wiring: Wiring, readings: Readings, role: Role) -> str | None:
    """Return the word that the entity of a role shows, or the attribute that stands for it."""
    if (reading := readings.get(role)) is None:
        return None
    attribute = wiring.profile.parts[role].attribute if wiring.knows(role) else None
    if attribute is None or reading.value is None:
        return reading.value
    value = reading.attributes.get(attribute)
    return value if isinstance(value, str) else None


def flag_of(wiring: Wiring, readings: Readings, role: Role) -> bool | None:
    """Return whether the entity of a role is on; None: it shows neither."""
    return {"on": True, "off": False}.get(word_of(wiring, readings, role) or "")


def status_of_word(profile: Profile, word: str) -> Status | None:
    """Return what a word of an integration means; None: it is not known."""
    word = normalized(word)
    return profile.status.get(word, COMMON.get(word))


def _plug_and_status(
    wiring: Wiring, readings: Readings, allows: bool | None
) -> tuple[bool | None, Status | None]:
    word = word_of(wiring, readings, Role.STATUS)
    status = None if word is None else status_of_word(wiring.profile, word)
    plugged_in, charging = (flag_of(wiring, readings, role) for role in (Role.PLUGGED, Role.CHARGING))
    if plugged_in is False and status not in (Status.FAULT, Status.UPDATING, Status.LOCKED):
        status = Status.DISCONNECTED
    elif status is None and charging:
        status = Status.CHARGING
    elif status is None and plugged_in:
        status = Status.CONNECTED
    if status is Status.CONNECTED and allows is False:
        status = Status.PAUSED
    if plugged_in is None and status not in (None, Status.FAULT, Status.UPDATING, Status.LOCKED):
        plugged_in = status is not Status.DISCONNECTED
    return plugged_in, status


# A word of the status of which it can be seen that charging is allowed, or not
_ALLOWED = {
    Status.CHARGING: True,
    Status.PAUSED: False,
    Status.SCHEDULED: False,
}


def _allows(wiring: Wiring, readings: Readings, limit_a: float | None) -> bool | None:
    """Return whether a car may charge, as its way of pausing shows it."""
    if wiring.pause is Pause.ZERO:
        return None if limit_a is None else limit_a > 0
    if wiring.pause is Pause.SWITCH and (shown := _switched(wiring, readings)) is not None:
        return shown
    if wiring.pause in (None, Pause.SWITCH) and not is_mirror(wiring):
        return None
    word = word_of(wiring, readings, Role.STATUS)
    status = None if word is None else status_of_word(wiring.profile, word)
    return None if status is None else _ALLOWED.get(status)


def is_mirror(wiring: Wiring) -> bool:
    """Return whether what pauses it shows only while a car charges whether it may."""
    if wiring.pause is Pause.SWITCH:
        return wiring.knows(Role.SWITCH) and wiring.profile.switch.mirrors
    return wiring.pause in (Pause.BUTTONS, Pause.ACTIONS)


def _switched(wiring: Wiring, readings: Readings) -> bool | None:
    reading = readings.get(Role.SWITCH)
    if reading is None or reading.value is None:
        return None
    if not wiring.knows(Role.SWITCH):
        return {"on": True, "off": False}.get(reading.value)
    switch = wiring.profile.switch
    if reading.value in switch.forbid:
        return None if switch.mirrors else False
    # Whatever else can be chosen lets a car charge, by itself or later.
    return True


def _phases(wiring: Wiring, readings: Readings) -> int | None:
    if (word := word_of(wiring, readings, Role.PHASES)) is None:
        return None
    one, three = phase_words(wiring, readings)
    return {three: 3, one: 1}.get(word)


def phase_words(wiring: Wiring, readings: Readings) -> tuple[str, str]:
    """Return the words for one phase and for three of what switches them.

    Where nothing is known of it, a select offers both numbers, and a switch forces one phase.
    """
    profile, reading = wiring.profile, readings.get(Role.PHASES)
    if wiring.knows(Role.PHASES) and profile.one_phase is not None and profile.three_phases is not None:
        return profile.one_phase, profile.three_phases
    return ONE_AND_THREE if reading is not None and offers(reading.attributes, *ONE_AND_THREE) else ON_AND_OFF


ONE_AND_THREE, ON_AND_OFF = ("1", "3"), ("on", "off")


def offers(attributes: Mapping[str, Any], *words: str) -> bool:
    """Return whether a select has all of these options."""
    options = attributes.get("options")
    return isinstance(options, (list, tuple)) and all(word in options for word in words)


# Numbers


def amount(
    reading: Reading | None, factors: Mapping[str, float], most: float, *, least: float = 0.0
) -> float | None:
    """Return the number that an entity shows in our unit; None: none, one in another unit, or one that cannot be."""
    if reading is None or (factor := factors.get(reading.unit or "")) is None:
        return None
    value = number(reading.value, -math.inf, math.inf)
    if value is None or not least <= (value := round(value * factor, 6)) <= most:
        return None
    return value


def _measured(wiring: Wiring, readings: Readings, role: Role, now_s: float, most: float) -> float | None:
    """Return a measurement that is not too old to be one."""
    reading, stale_s = readings.get(role), wiring.profile.stale_s
    if reading is None or (stale_s is not None and now_s - reading.at_s > stale_s):
        return None
    return amount(reading, UNITS[role], most)


def _currents(wiring: Wiring, readings: Readings, now_s: float) -> tuple[float, ...] | None:
    roles = [role for role in CURRENTS if role in readings]
    amps = [_measured(wiring, readings, role, now_s, _MOST_A) for role in roles]
    known = tuple(each for each in amps if each is not None)
    if not known or len(known) < len(amps):
        return None
    # One sensor for a charger is of the phase with most, or of the only one: it counts on each that is wired.
    return known * 3 if len(known) == 1 else known


def energy_of(reading: Reading | None, role: Role) -> float | None:
    """Return a counter, in Wh."""
    return amount(reading, UNITS[role], _MOST_WH)


def choices(attributes: Mapping[str, Any]) -> dict[float, str]:
    """Return the currents that a select offers, in A, with the word for each."""
    options = attributes.get("options")
    found = {}
    for option in options if isinstance(options, (list, tuple)) else ():
        if isinstance(option, str) and (match := _CHOICE.fullmatch(option)) is not None:
            found[float(match[1])] = option
    return found


def limit_factor(reading: Reading) -> float | None:
    """Return the factor of what a limit shows to A; a number of an integration that leaves the unit out is in A.

    None: it is in another unit, or in words.
    """
    return None if "options" in reading.attributes else _AMPERES.get(reading.unit or "A")


def limit_of(wiring: Wiring, readings: Readings) -> float | None:
    """Return the limit that is set, in A; less than any car knows is 0."""
    reading = readings.get(Role.LIMIT)
    if reading is None or reading.value is None:
        return None
    amps: float | None
    if offered := choices(reading.attributes):
        amps = next((each for each, word in offered.items() if word == reading.value), None)
    else:
        factor = limit_factor(reading)
        amps = None if factor is None else amount(reading, {reading.unit or "": factor}, _MOST_A)
    return 0.0 if amps is not None and amps < LEAST_A - 0.5 else amps


def _is_below_range(reading: Reading | None) -> bool:
    """Return whether 0 is none of the limits that an entity has: it is what one shows that was not read yet."""
    if reading is None or "options" in reading.attributes:
        return False
    least = number(reading.attributes.get("min"), -math.inf, math.inf)
    return least is not None and least * (limit_factor(reading) or 1.0) >= LEAST_A - 0.5


def _range(reading: Reading) -> tuple[float, float]:
    """Return the range of a number, in A."""
    factor = limit_factor(reading) or 1.0
    low_a, high_a = (
        (number(reading.attributes.get(key), -math.inf, math.inf) or 0.0) * factor for key in ("min", "max")
    )
    return low_a, high_a


def bounds(wiring: Wiring, readings: Readings) -> tuple[float, float]:
    """Return the least and the most that may be set: what the entity offers, as far as it can be, and what is known."""
    profile, reading = wiring.profile, readings.get(Role.LIMIT)
    least_a = max(LEAST_A, profile.minimum_a)
    most_a = max(least_a, min(wiring.circuit_a, profile.maximum_a))
    if not wiring.has_limit:
        return most_a, most_a
    if reading is None:
        return least_a, most_a
    if offered := [amps for amps in choices(reading.attributes) if amps >= least_a]:
        low_a, high_a = min(offered), max(offered)
    else:
        low_a, high_a = _range(reading)
        least_a = _stepped(least_a, low_a, step_of(wiring, readings), up=True)
    # A range that is none is of an integration that does not know it yet.
    if high_a >= max(least_a, low_a):
        most_a = max(least_a, min(most_a, high_a))
        least_a = min(max(least_a, low_a), most_a)
    return min(least_a, most_a), most_a


def settable(wiring: Wiring, readings: Readings, amps: float) -> float:
    """Return the limit of a number that is set for so many A: in whole steps from its least one, and never more."""
    reading = readings.get(Role.LIMIT)
    low_a = 0.0 if reading is None or amps <= 0 else _range(reading)[0]
    return _stepped(amps, low_a, step_of(wiring, readings), up=False)


def _stepped(amps: float, from_a: float, step_a: float, *, up: bool) -> float:
    if amps < from_a:
        return amps
    steps = (amps - from_a) / step_a
    whole = math.ceil(steps - _DUST_A) if up else math.floor(steps + _DUST_A)
    return round(from_a + whole * step_a, 3)


def step_of(wiring: Wiring, readings: Readings) -> float:
    """Return the step in which a limit is set, in A."""
    profile, reading = wiring.profile, readings.get(Role.LIMIT)
    if profile.step_a is not None and wiring.knows(Role.LIMIT):
        return profile.step_a
    if reading is None:
        return _STEP_A
    if offered := sorted(amps for amps in choices(reading.attributes) if amps >= LEAST_A):
        gaps = [after - before for before, after in pairwise(offered)]
        return min(max(gaps, default=_STEP_A), LEAST_A)
    step_a = number(reading.attributes.get("step"), 1e-6, math.inf)
    if step_a is None:
        return _STEP_A
    step_a = max(_FINEST_A, step_a * (limit_factor(reading) or 1.0))
    return step_a if step_a <= LEAST_A else _STEP_A
