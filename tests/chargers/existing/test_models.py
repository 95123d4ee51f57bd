"""What entities show, whatever they show: only what can be is read, and nothing raises."""

from collections.abc import Mapping
import math
from typing import Any

from chargers.entity_port import CURRENTS, Reading, Role
from chargers.existing.models import Pause, Wiring, pause_of, state_of, status_of_word
from chargers.existing.profiles import GENERIC, read_profile
from chargers.existing.words import COMMON, normalized
from chargers.types import LEAST_A, Status
from hypothesis import given, strategies as st
import pytest

ANYTHING: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.lists(st.text() | st.integers() | st.none(), max_size=5)
)
NUMBERS = st.integers(-100, 10**7).map(str) | st.floats().map(str)
VALUES = st.none() | st.text() | NUMBERS | st.sampled_from(["on", "off", "charging", "16 A", "Available"])
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["min", "max", "step", "options", "status", "unit_of_measurement"]) | st.text(),
    ANYTHING | st.sampled_from(["A", "mA", "W", "kW", "kWh", "Wh"]),
    max_size=8,
)
READINGS = st.dictionaries(
    st.sampled_from(Role),
    st.none() | st.builds(Reading, value=VALUES, at_s=st.floats(0, 1e6), attributes=ATTRIBUTES),
)
PROFILES = st.sampled_from(["", "peblar", "keba", "wallbox", "easee", "v2c", "goecharger_api2", "zaptec"])


@given(
    PROFILES, READINGS, st.floats(6, 80), st.sampled_from([None, *Pause]), st.booleans(), st.floats(0, 1e6)
)
def test_whatever_is_shown_a_state_is_sane(
    integration: str,
    readings: Mapping[Role, Reading | None],
    circuit_a: float,
    pause: Pause | None,
    has_limit: bool,
    now_s: float,
) -> None:
    """No range of an entity lets more through than the circuit bears, or less than a car knows."""
    wiring = Wiring(profile=read_profile(integration), circuit_a=circuit_a, pause=pause, has_limit=has_limit)
    state = state_of(wiring, readings, now_s, firmware=None, energy_wh=None, session_energy_wh=None)
    assert LEAST_A <= state.minimum_a <= state.maximum_a <= circuit_a
    assert 0 < state.step_a <= LEAST_A
    assert state.limit_a is None or state.limit_a == 0 or LEAST_A - 0.5 <= state.limit_a <= 500
    assert state.power_w is None or 0 <= state.power_w < math.inf
    assert state.currents_a is None or all(0 <= amps <= 500 for amps in state.currents_a)
    assert state.phases in (None, 1, 3)
    if state.status is Status.DISCONNECTED:
        assert state.plugged_in is False


@pytest.mark.parametrize("word", COMMON)
def test_a_common_word_is_as_it_is_looked_up(word: str) -> None:
    """Each is found as an integration writes it, and no word has two meanings."""
    assert normalized(word) == word
    assert status_of_word(GENERIC, word.upper().replace("_", "-")) is COMMON[word]


@given(st.text())
def test_a_word_is_normalized_once(word: str) -> None:
    """To look a word up twice finds the same."""
    assert normalized(normalized(word)) == normalized(word)


def _state(roles: Mapping[Role, str | None], pause: Pause = Pause.SWITCH) -> Any:
    readings = {
        role: Reading(value=value, at_s=0, attributes={"unit_of_measurement": "A"})
        for role, value in roles.items()
    }
    wiring = Wiring(profile=GENERIC, circuit_a=16, pause=pause, has_limit=True)
    return state_of(wiring, readings, 0, firmware=None, energy_wh=None, session_energy_wh=None)


@pytest.mark.parametrize(
    ("shown", "status", "plugged_in"),
    [
        ({Role.PLUGGED: "off"}, Status.DISCONNECTED, False),
        ({Role.PLUGGED: "on"}, Status.CONNECTED, True),
        ({Role.PLUGGED: "on", Role.CHARGING: "on"}, Status.CHARGING, True),
        ({Role.PLUGGED: "on", Role.CHARGING: "off", Role.SWITCH: "off"}, Status.PAUSED, True),
        ({Role.PLUGGED: "on", Role.CHARGING: "off", Role.SWITCH: "on"}, Status.CONNECTED, True),
        ({Role.CHARGING: "on"}, Status.CHARGING, True),
        ({Role.CHARGING: "off"}, None, None),
        ({Role.CHARGING: None}, None, None),
        ({Role.STATUS: "Charging"}, Status.CHARGING, True),
        ({Role.STATUS: "charging", Role.PLUGGED: "off"}, Status.DISCONNECTED, False),
        ({Role.STATUS: "error", Role.PLUGGED: "off"}, Status.FAULT, False),
        ({Role.STATUS: "error"}, Status.FAULT, None),
        ({Role.STATUS: "brewing", Role.PLUGGED: "on"}, Status.CONNECTED, True),
        ({Role.STATUS: "brewing"}, None, None),
        ({Role.STATUS: "B2", Role.SWITCH: "off"}, Status.PAUSED, True),
    ],
)
def test_status(shown: Mapping[Role, str | None], status: Status | None, plugged_in: bool | None) -> None:
    """By a word, by a plug and a contactor, or by both; a plug that is out is no car."""
    state = _state(shown)
    assert (state.status, state.plugged_in) == (status, plugged_in)


@pytest.mark.parametrize(
    ("amps", "expected"),
    [
        (("10", "9", "0"), (10, 9, 0)),
        (("10", None, "0"), None),
        (("10", "x", "0"), None),
        (("-1", "0", "0"), None),
        (("16",), (16, 16, 16)),
    ],
)
def test_currents(amps: tuple[str | None, ...], expected: tuple[float, ...] | None) -> None:
    """All of those that there are, or none."""
    assert _state(dict(zip(CURRENTS, amps, strict=False))).currents_a == expected


@pytest.mark.parametrize(
    ("roles", "limit", "pause"),
    [
        ({Role.LIMIT, Role.SWITCH}, ("number", {"min": 6}), Pause.SWITCH),
        ({Role.LIMIT, Role.START, Role.STOP}, ("number", {"min": 6}), Pause.BUTTONS),
        ({Role.LIMIT, Role.START}, ("number", {"min": 6}), None),
        ({Role.LIMIT}, ("number", {"min": 6}), None),
        ({Role.LIMIT}, ("number", {"min": 0}), Pause.ZERO),
        ({Role.LIMIT}, ("number", {}), None),
        ({Role.LIMIT}, ("number", None), Pause.ZERO),
        ({Role.LIMIT}, ("select", {"options": ["0", "6"]}), Pause.ZERO),
        ({Role.LIMIT}, ("select", {"options": ["6", "16"]}), None),
        ({Role.LIMIT, Role.SWITCH}, ("sensor", {}), None),
        ({Role.SWITCH}, (None, None), Pause.SWITCH),
        ({Role.STATUS}, (None, None), None),
    ],
)
def test_how_it_is_paused(
    roles: set[Role], limit: tuple[str | None, Mapping[str, Any] | None], pause: Pause | None
) -> None:
    """By its switch, its buttons, or a limit of 0."""
    assert pause_of(GENERIC, roles, frozenset(), limit) is pause
