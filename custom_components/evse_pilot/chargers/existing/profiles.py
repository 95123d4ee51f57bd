"""What is known of the integrations of other vendors: one file of data for each, in profiles/."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
import json
from pathlib import Path
from typing import Any

from ..entity_port import DOMAINS, Role
from ..types import Status
from .words import normalized

FOLDER = Path(__file__).parent / "profiles"
# Of an integration without a profile; Home Assistant polls most of them twice a minute.
_DAILY_WRITES, _SETTLES_S, _STALE_S = 100, 30.0, 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """An action with its data; `$amps` and `$device` in it are replaced."""

    action: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The entity of a role: its keys, the best first; what it shows may be an attribute."""

    keys: Sequence[str]
    domains: Sequence[str]
    attribute: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """Words of a switch or a select for charging: the one that allows it, and those that forbid it, the first to be set.

    `mirrors`: it shows whether a car charges, and not whether one may.
    """

    allow: str = "on"
    forbid: Sequence[str] = ("off",)
    mirrors: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known of one integration; without a file nothing is, and what is common is assumed.

    `status`: its words. `set_limit`, `allow`, `forbid`: actions, where no entity can be set. `zero_pauses`: a limit of 0 A
    is a pause. `one_phase`, `three_phases`: the words of its phase switch. `pace_s`: the least time between two
    commands. `settles_s`: for how long it may show the old value after a command. `stale_s`: after which time
    without a report a measurement is not taken for one; None: it reports changes only.
    """

    integration: str = ""
    name: str = ""
    tried: str = ""
    parts: Mapping[Role, Part] = field(default_factory=dict)
    status: Mapping[str, Status] = field(default_factory=dict)
    minimum_a: float = 6.0
    maximum_a: float = 80.0
    step_a: float | None = None
    set_limit: Command | None = None
    zero_pauses: bool | None = None
    switch: Switch = Switch()
    allow: Command | None = None
    forbid: Command | None = None
    one_phase: str | None = None
    three_phases: str | None = None
    daily_writes: int = _DAILY_WRITES
    pace_s: float = 0.0
    settles_s: float = _SETTLES_S
    stale_s: float | None = _STALE_S


GENERIC = Profile()


def profile_of(raw: Mapping[str, Any]) -> Profile:
    """Return the profile that a file has; KeyError, TypeError or ValueError if it is none."""
    known = {
        "integration", "name", "tried", "roles", "status", "limit", "pause", "phases", "commands", "readings",
    }  # fmt: skip
    if unknown := raw.keys() - known:
        raise ValueError(f"unknown: {sorted(unknown)}")
    limit, pause, phases = (dict(raw.get(key, {})) for key in ("limit", "pause", "phases"))
    commands, readings = dict(raw.get("commands", {})), dict(raw.get("readings", {}))
    profile = Profile(
        integration=raw["integration"],
        name=raw["name"],
        tried=raw["tried"],
        parts={Role(role): _part(Role(role), part) for role, part in raw["roles"].items()},
        status={normalized(word): Status(status) for word, status in raw.get("status", {}).items()},
        minimum_a=float(limit.pop("minimum_a", 6)),
        maximum_a=float(limit.pop("maximum_a", 80)),
        step_a=limit.pop("step_a", None),
        set_limit=_command(limit.pop("action", None)),
        zero_pauses=limit.pop("zero_pauses", None),
        switch=Switch(
            allow=pause.pop("allow_word", "on"),
            forbid=tuple(pause.pop("forbid_words", ("off",))),
            mirrors=pause.pop("mirrors", False),
        ),
        allow=_command(pause.pop("allow", None)),
        forbid=_command(pause.pop("forbid", None)),
        one_phase=phases.pop("one", None),
        three_phases=phases.pop("three", None),
        daily_writes=int(commands.pop("a_day", _DAILY_WRITES)),
        pace_s=float(commands.pop("every_s", 0)),
        settles_s=float(commands.pop("shown_within_s", _SETTLES_S)),
        stale_s=readings.pop("stale_after_s", _STALE_S),
    )
    if left := [*limit, *pause, *phases, *commands, *readings]:
        raise ValueError(f"unknown: {left}")
    return profile


def _part(role: Role, raw: Mapping[str, Any]) -> Part:
    return Part(
        keys=tuple(raw["keys"]),
        domains=tuple(raw.get("domains", DOMAINS[role])),
        attribute=raw.get("attribute"),
    )


def _command(raw: Mapping[str, Any] | None) -> Command | None:
    return None if raw is None else Command(action=raw["action"], data=raw.get("data", {}))


@cache
def read_profile(integration: str) -> Profile:
    """Read the profile of an integration from its file, or return what is assumed without one; it blocks."""
    # A name that is no file's, such as one with a slash, has no profile.
    path = next((path for path in FOLDER.glob("*.json") if path.stem == integration), None)
    return GENERIC if path is None else profile_of(json.loads(path.read_text(encoding="utf-8")))
