"""Settings of a group: the keys of its config entry, and the numbers that the law makes of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry

from ..const import CONF_KIND, KIND_GROUP
from .circuits import circuits_of
from .law.model import Ceiling, Group, Member, Strategy

# In the data of the entry, for good
CONF_PHASES: Final = "phases"
# In its options
CONF_FUSE: Final = "fuse"
CONF_MARGIN: Final = "margin"
CONF_SAFE_CURRENT: Final = "safe_current"
CONF_CONTRACTED_POWER: Final = "contracted_power"
CONF_UNBALANCE: Final = "unbalance"
CONF_RESERVE: Final = "thermal_reserve"
CONF_LEAVE: Final = "leave"
CONF_MAINS: Final = "mains"
CONF_METER: Final = "meter"
CONF_METER_ID: Final = "meter_id"
CONF_SENSOR: Final = "sensor"
CONF_RETURNED: Final = "returned"
CONF_VOLTAGE: Final = "voltage"
CONF_SIGN: Final = "sign"
CONF_NOMINAL_VOLTAGE: Final = "nominal_voltage"
CONF_EXPORTS: Final = "exports"
CONF_STRATEGY: Final = "strategy"
CONF_ENABLED: Final = "enabled"
CONF_OBSERVER: Final = "observer"
CONF_LIMIT: Final = "limit"
# Only in the form that adds a group
CONF_CHARGERS: Final = "chargers"
# In the data of a member's subentry
SUBENTRY_CHARGER: Final = "charger"
CONF_CHARGER: Final = "charger"
CONF_CHARGER_ID: Final = "charger_id"
CONF_WIRING: Final = "wiring"
CONF_MINIMUM: Final = "minimum"
CONF_MAXIMUM: Final = "maximum"
CONF_PRIORITY: Final = "priority"
CONF_FEED: Final = "feed"

NOMINAL_VOLTAGE: Final = 230.0
# Of each leg of a house with two of them.
SPLIT_PHASE_VOLTAGE: Final = 120.0
# On which phases of the mains the conductors L1, L2, L3 of a charger are; "1_2": it is between phases 1 and 2,
# without neutral. The first one that a house has counts on most of its phases.
WIRINGS: Final = (
    *("1-2-3", "2-3-1", "3-1-2", "1-3-2", "3-2-1", "2-1-3"),
    *("1_2", "2_3", "1_3"),
    *("1", "2", "3"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPace:
    """In which steps a charger takes a limit, in A, and how long it takes to follow beyond what any does, in s."""

    step_a: float = 1.0
    answers_s: float = 0.0


class Mains(StrEnum):
    """Where the currents of the mains are read."""

    SENSORS = "sensors"
    CHARGER = "charger"


class Sign(StrEnum):
    """What a positive value of a mains sensor means."""

    IMPORT_POSITIVE = "import_positive"
    EXPORT_POSITIVE = "export_positive"


class Leave(StrEnum):
    """With what a charger is left when the group steers no more."""

    SAFE = "safe"
    OWNER = "owner"


def is_group(entry: ConfigEntry) -> bool:
    """Return whether an entry is a group, and no charger."""
    return entry.data.get(CONF_KIND) == KIND_GROUP


def of_phase(key: str, phase: int) -> str:
    """Return the name of a setting that each phase, from 1, has for itself."""
    return f"{key}_l{phase}"


def wired_to(wiring: str) -> tuple[int, ...]:
    """Return the phases of the mains, from 1, that the conductors of a charger are on."""
    return tuple(int(phase) for phase in wiring.replace("_", "-").split("-"))


def wirings_of(phases: int) -> list[str]:
    """Return the wirings that are possible in a house of so many phases."""
    return [wiring for wiring in WIRINGS if max(wired_to(wiring)) <= phases]


def is_enabled(options: Mapping[str, Any]) -> bool:
    """Return whether the group shares at all."""
    return bool(options.get(CONF_ENABLED, True))


def steers(options: Mapping[str, Any]) -> bool:
    """Return whether the group claims what it makes out."""
    return is_enabled(options) and not options.get(CONF_OBSERVER, False)


def strategy_of(options: Mapping[str, Any]) -> Strategy:
    """Return how the group shares, or would if it were enabled."""
    return Strategy(options.get(CONF_STRATEGY, Strategy.EQUAL))


def limit_of(options: Mapping[str, Any]) -> float:
    """Return the current at which the main fuse is taken to be, A per phase."""
    fuse_a: float = options[CONF_FUSE]
    limit_a: float = options.get(CONF_LIMIT, fuse_a)
    return min(fuse_a, limit_a)


def nominal_voltage_of(options: Mapping[str, Any]) -> float:
    """Return the voltage between a phase and neutral where it is not measured, in V."""
    volts: float = options.get(CONF_NOMINAL_VOLTAGE, NOMINAL_VOLTAGE)
    return volts


def member_of(member_id: str, data: Mapping[str, Any], pace: MemberPace) -> Member:
    """Return a charger of the group as the law sees it."""
    return Member(
        id=member_id,
        phases=wired_to(data[CONF_WIRING]),
        between="_" in data[CONF_WIRING],
        minimum_a=data[CONF_MINIMUM],
        maximum_a=data[CONF_MAXIMUM],
        step_a=pace.step_a,
        answers_s=pace.answers_s,
        priority=int(data[CONF_PRIORITY]),
    )


def group_of(
    entry: ConfigEntry, temporary: Ceiling | None, paces: Mapping[str, MemberPace], *, exports: bool
) -> Group:
    """Return the group as the law sees it; a charger that is not in `paces` was not read yet.

    `exports`: the house may feed in; see exports.py.
    """
    options = entry.options
    watts = options.get(CONF_CONTRACTED_POWER)
    return Group(
        fuse_a=(limit_of(options),) * entry.data[CONF_PHASES],
        margin_a=options[CONF_MARGIN],
        members=tuple(
            member_of(subentry.subentry_id, subentry.data, paces.get(subentry.subentry_id, MemberPace()))
            for subentry in entry.get_subentries_of_type(SUBENTRY_CHARGER)
        ),
        strategy=strategy_of(options) if is_enabled(options) else Strategy.OFF,
        safe_a=options[CONF_SAFE_CURRENT],
        sum_a=None if watts is None else watts / nominal_voltage_of(options),
        unbalance_a=options.get(CONF_UNBALANCE),
        temporary=temporary,
        circuits=circuits_of(entry),
        observer=options.get(CONF_OBSERVER, False),
        exports=exports,
        uses_reserve=options.get(CONF_RESERVE, False),
    )
