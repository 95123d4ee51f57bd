"""Each profile is complete, and means entities that its integration has."""

import json
from typing import Any

from chargers.entity_port import DOMAINS, Role
from chargers.existing.profiles import FOLDER, GENERIC, profile_of, read_profile
from chargers.types import Status
import pytest

PROFILES = sorted(path.stem for path in FOLDER.glob("*.json"))


def test_there_are_at_least_twelve() -> None:
    """Those that were asked for are among them."""
    assert {
        *("openevse", "peblar", "lektrico", "wallbox", "keba", "v2c", "tesla_wall_connector", "ohme"),
        *("easee", "zaptec", "ocpp", "goecharger_api2"),
    } <= set(PROFILES)


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_is_sane(name: str) -> None:
    """It is named for its integration, has a status, and is careful with its charger."""
    profile = read_profile(name)
    assert profile.integration == name
    assert profile.name
    assert profile.tried in ("emulated", "read")
    assert {Role.STATUS, Role.PLUGGED, Role.CHARGING} & profile.parts.keys()
    assert Status.FINISHED not in profile.status.values()
    assert 6 <= profile.minimum_a <= profile.maximum_a <= 80
    assert profile.step_a is None or 0 < profile.step_a <= 6
    assert profile.pace_s <= 60
    assert 0 < profile.settles_s <= 300
    # What is sent once a minute at most is shown no sooner than that.
    assert profile.settles_s > profile.pace_s
    assert profile.stale_s is None or profile.stale_s >= profile.settles_s
    for role, part in profile.parts.items():
        assert part.keys
        assert set(part.domains) <= set(DOMAINS[role]), role
    if Role.STATUS in profile.parts and profile.status:
        assert {Status.CHARGING} <= set(profile.status.values())
    assert (profile.allow is None) is (profile.forbid is None)
    assert (profile.one_phase is None) is (profile.three_phases is None) is (Role.PHASES not in profile.parts)
    for command in (profile.set_limit, profile.allow, profile.forbid):
        assert command is None or command.action.startswith(f"{name}.")
    if profile.set_limit is not None:
        assert "$amps" in profile.set_limit.data.values()
    if Role.LIMIT in profile.parts:
        is_pausable = Role.SWITCH in profile.parts or profile.allow is not None or profile.zero_pauses
        assert is_pausable
        assert profile.daily_writes >= 30


@pytest.mark.parametrize("name", ["nobody", "", "../profiles/peblar", "peblar.json", "*"])
def test_without_a_profile_the_common_is_assumed(name: str) -> None:
    """Whatever the name of an integration is."""
    assert read_profile(name) is GENERIC


@pytest.mark.parametrize("part", ["", "limit", "pause", "phases", "commands", "readings"])
def test_a_misspelt_key_is_an_error(part: str) -> None:
    """A file with a key that is none would be without what was meant by it."""
    raw: dict[str, Any] = json.loads((FOLDER / "peblar.json").read_text(encoding="utf-8"))
    profile_of(raw)
    changed = raw | ({part: {"misspelt": 1}} if part else {"misspelt": 1})
    with pytest.raises(ValueError, match="misspelt"):
        profile_of(changed)
