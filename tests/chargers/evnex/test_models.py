"""Events and devices of an ACI and its cloud, and invalid ones."""

from dataclasses import replace
from datetime import UTC, datetime
import json
from typing import Any

from chargers.errors import ChargerProtocolError
from chargers.evnex.models import (
    MODES,
    UNKNOWN,
    AciEvent,
    EvnexState,
    Mode,
    Stage,
    device_from_wire,
    event_from_wire,
    mode_after,
    report,
    return_value,
)
from chargers.types import Identity, Status
from chargers.wire import word
from hypothesis import given, strategies as st
import pytest

NO_TEXTS: list[Any] = [7, [], {}]
SERIAL = "0123456789abcdef01234567"
CIRCUIT_A = 16
NUMBERS = {"GPI": 4.26, "ISET": 16, "PWR": 3680, "RAM": 20_500, "RSSI": 67, "STATE": 8, "TEMP": 31.5}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(sorted(NUMBERS)), inner),
    max_leaves=8,
)


def event(inner: Any = None, **envelope: Any) -> str:
    """Return the data of an event ACIData."""
    inner = json.dumps(NUMBERS | {"IPAddr": "192.0.2.44"}) if inner is None else inner
    return json.dumps(
        {"data": inner, "ttl": "60", "published_at": "2015-01-01T14:29:49.787Z", "coreid": SERIAL} | envelope
    )


PUBLISHED_AT = datetime(2015, 1, 1, 14, 29, 49, 787_000, UTC)
STATE = replace(
    UNKNOWN,
    stage=Stage.CHARGING,
    current_limit_a=16,
    power_w=3680,
    temperature_c=31.5,
    input_v=4.3,
    free_memory_bytes=20_480,
    wifi_signal_dbm=-60,
    ip_address="192.0.2.44",
)
EVENT = AciEvent(state=STATE, published_at=PUBLISHED_AT)


def state(stage: Stage | None = None, mode: Mode | None = None) -> EvnexState:
    """Return a state in which only this is known."""
    return replace(UNKNOWN, stage=stage, mode=mode)


def test_an_event() -> None:
    """JSON in JSON, numbers as numbers or as texts, with or without what another cloud leaves out."""
    assert event_from_wire(event(), SERIAL, CIRCUIT_A) == EVENT
    strings = {key: str(value) for key, value in NUMBERS.items()} | {"IPAddr": "192.0.2.44"}
    assert event_from_wire(event(json.dumps(strings)), SERIAL, CIRCUIT_A) == EVENT
    assert event_from_wire(event(strings), SERIAL, CIRCUIT_A) == EVENT
    assert event_from_wire(event(ttl=60), SERIAL, CIRCUIT_A) == EVENT
    assert event_from_wire(event(coreid=SERIAL.upper()), SERIAL, CIRCUIT_A) == EVENT
    assert event_from_wire(event(published_at="2015-01-01T14:29:49.787"), SERIAL, CIRCUIT_A) == EVENT


@pytest.mark.parametrize(
    "data",
    [
        *("", "{", "null", "[]", "7", '"text"', '{"data":', "[" * 100_000),
        *(
            event(inner)
            for inner in ("", "{", "null", "[]", "7", "{}", '{"color": "red"}', '{"PWR": "lots"}')
        ),
        *(event(text) for text in ('{"PWR": NaN}', '{"PWR": 1e999}', '{"PWR": {}}')),
        *(event(value) for value in NO_TEXTS),
        json.dumps({"published_at": "2015-01-01T14:29:49.787Z", "coreid": SERIAL}),
        event(coreid="another"),
        event(coreid=None),
    ],
)
def test_no_event(data: str) -> None:
    """What is no event of this charger is none at all."""
    assert event_from_wire(data, SERIAL, CIRCUIT_A) is None


@pytest.mark.parametrize("published_at", [None, 7, "", "yesterday", "2015-13-01T00:00:00Z", []])
def test_a_moment_that_is_none(published_at: object) -> None:
    """Without a moment it is still an event."""
    found = event_from_wire(event(published_at=published_at), SERIAL, CIRCUIT_A)
    assert found == replace(EVENT, published_at=None)


@pytest.mark.parametrize("key", NUMBERS)
@pytest.mark.parametrize("value", [None, "", "x", float("nan"), float("inf"), -1e9, 1e30, True, [], {}])
def test_a_value_that_makes_no_sense(key: str, value: object) -> None:
    """One wrong value is unknown, and the others are as they are."""
    found = event_from_wire(event(json.dumps(NUMBERS | {key: value})), SERIAL, CIRCUIT_A)
    assert found is not None
    missing = event_from_wire(
        event(json.dumps({name: number for name, number in NUMBERS.items() if name != key})),
        SERIAL,
        CIRCUIT_A,
    )
    assert found == missing


@pytest.mark.parametrize(
    ("power_w", "limit_a", "believed"),
    [
        (0, 16, True),
        (11_040, 16, True),
        (13_000, 16, True),
        (14_000, 16, False),
        (1_000_000, 16, False),
        # A limit that was set elsewhere is above the circuit, and what is drawn then is shown.
        (22_080, 32, True),
        (27_000, 32, False),
        # A limit that no ACI has raises nothing.
        (22_080, 1000, False),
        (14_000, 6, False),
        (11_040, None, True),
        (14_000, None, False),
    ],
)
def test_e5_more_power_than_the_circuit_carries_is_no_reading(
    power_w: float, limit_a: float | None, believed: bool
) -> None:
    """A power that fuse and wiring do not carry is unknown, and the rest of the event is as it is."""
    values = NUMBERS | {"PWR": power_w, "ISET": limit_a}
    found = event_from_wire(event(json.dumps(values)), SERIAL, CIRCUIT_A)
    assert found is not None
    assert found.state.power_w == (power_w if believed else None)
    assert found.state.stage is Stage.CHARGING
    alone = event_from_wire(event(json.dumps({"PWR": power_w, "ISET": limit_a})), SERIAL, CIRCUIT_A)
    assert (alone is None) == (not believed and limit_a in (None, 1000))


@pytest.mark.parametrize(("key", "field"), [("ISET", "current_limit_a"), ("GPI", "input_v")])
def test_e5_no_value_beyond_its_documented_range(key: str, field: str) -> None:
    """A current above 80 A and a voltage above that of the input are unknown."""
    for value, is_known in ((12, True), (81, False), (1000, False)):
        found = event_from_wire(event(json.dumps(NUMBERS | {key: value})), SERIAL, CIRCUIT_A)
        assert found is not None
        assert (getattr(found.state, field) is not None) == is_known


@given(JSON, JSON)
def test_any_json(inner: object, outer: object) -> None:
    """No JSON is an exception."""
    event_from_wire(event(inner), SERIAL, CIRCUIT_A)
    event_from_wire(json.dumps(outer), SERIAL, CIRCUIT_A)
    report(outer)
    report(event(inner))


@given(st.text())
def test_any_text(text: str) -> None:
    """No text is an exception."""
    event_from_wire(text, SERIAL, CIRCUIT_A)
    event_from_wire(event(text), SERIAL, CIRCUIT_A)
    report(text)


@pytest.mark.parametrize(
    ("code", "stage", "status", "plugged_in"),
    [
        (0, Stage.DISABLED, Status.PAUSED, None),
        (1, Stage.SLEEPING, Status.PAUSED, None),
        (2, Stage.DIODE_CHECK_FAILED, Status.FAULT, None),
        (3, Stage.OVER_TEMPERATURE, Status.FAULT, None),
        (4, Stage.STUCK_RELAY, Status.FAULT, None),
        (5, Stage.GROUND_FAULT, Status.FAULT, None),
        (6, Stage.DISCONNECTED, Status.DISCONNECTED, False),
        (7, Stage.CONNECTED, Status.CONNECTED, True),
        (8, Stage.CHARGING, Status.CHARGING, True),
        (9, Stage.CHARGING_VENTILATED, Status.CHARGING, True),
        (10, Stage.PILOT_SHORTED, Status.FAULT, None),
        (11, Stage.PILOT_REVERSED, Status.FAULT, None),
        (12, None, None, None),
        (13, None, None, None),
        ("8.0", Stage.CHARGING, Status.CHARGING, True),
        (8.5, None, None, None),
    ],
)
def test_state(code: object, stage: Stage | None, status: Status | None, plugged_in: bool | None) -> None:
    """Each number of STATE is one of our words; 12 and what we do not know is unknown."""
    found = event_from_wire(event(json.dumps({"STATE": code, "PWR": 0})), SERIAL, CIRCUIT_A)
    assert found is not None
    assert (found.state.stage, found.state.plugged_in) == (stage, plugged_in)
    assert state(stage).status is status


def test_asleep_by_its_timer() -> None:
    """A charger that sleeps waits for its time if it is in timer mode."""
    assert state(Stage.SLEEPING, Mode.TIMER).status is Status.SCHEDULED
    assert state(Stage.SLEEPING, Mode.OCPP).status is Status.PAUSED
    assert state(Stage.CHARGING, Mode.TIMER).status is Status.CHARGING


def test_may_charge() -> None:
    """The event counts more than the mode that was set."""
    assert state(Stage.DISABLED, Mode.ENABLED).may_charge is False
    assert state(Stage.SLEEPING, Mode.DISABLED).may_charge is True
    assert state(None, Mode.DISABLED).may_charge is False
    assert state(None, Mode.OCPP).may_charge is True
    assert state().may_charge is None


@pytest.mark.parametrize("mode", [None, *Mode])
@pytest.mark.parametrize("stage", [None, *Stage])
def test_mode_after(mode: Mode | None, stage: Stage | None) -> None:
    """A mode stands until the charger contradicts it: it is disabled when it reports that, and only then."""
    after = mode_after(mode, stage)
    if stage is Stage.DISABLED:
        assert after is Mode.DISABLED
    elif stage is not None and mode is Mode.DISABLED:
        assert after is None
    else:
        assert after is mode


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("stage", [None, *Stage])
def test_a13_an_event_that_proves_another_mode(mode: Mode, stage: Stage | None) -> None:
    """Only whether it is disabled is shown, and a fault hides that."""
    proves = state(stage).shows_other(mode)
    if stage is None or state(stage).status is Status.FAULT:
        assert not proves
    else:
        assert proves is ((stage is Stage.DISABLED) != (mode is Mode.DISABLED))


def test_modes() -> None:
    """Each mode has the number that the description gives it, and its word leads back to it."""
    assert [mode.wire for mode in (Mode.DISABLED, Mode.ENABLED, Mode.TIMER, Mode.OCPP)] == [0, 1, 2, 3]
    assert [word(mode.value, MODES) for mode in Mode] == list(Mode)
    assert word("turbo", MODES) is word(None, MODES) is word(1, MODES) is None


def test_a_device() -> None:
    """A device of the list, alone, away, and of another kind."""
    listed = device_from_wire({"id": SERIAL, "name": "garage", "connected": True})
    assert (listed.serial, listed.name, listed.connected, listed.is_charger) == (SERIAL, "garage", True, None)
    alone = device_from_wire({"id": SERIAL, "name": None, "online": True, "functions": ["setConfig"]})
    assert (alone.name, alone.connected, alone.is_charger) == ("EVNEX ACI", True, True)
    newer = device_from_wire({"id": SERIAL, "connected": None, "online": True})
    assert newer.connected
    lamp = device_from_wire({"id": SERIAL, "connected": True, "functions": ["brew", 7, None]})
    assert lamp.is_charger is False
    gone: list[dict[str, Any]] = [
        {"functions": None},
        {"functions": []},
        {"connected": "no"},
        {"online": None},
    ]
    for away in gone:
        device = device_from_wire({"id": SERIAL} | away)
        assert (device.connected, device.is_charger) == (False, None)
    firmware = {"id": SERIAL, "firmware_version": 7}
    assert device_from_wire(firmware).identity == Identity(model="EVNEX ACI", serial=SERIAL, firmware="7")
    assert device_from_wire({"id": SERIAL, "firmware_version": []}).firmware is None
    assert device_from_wire({"id": SERIAL, "firmware_version": 10**400}).firmware is None


@pytest.mark.parametrize("raw", [None, [], 7, {}, {"id": None}, {"id": 7}, {"id": ""}, {"id": "x" * 65}])
def test_no_device(raw: object) -> None:
    """What has no id is no device."""
    with pytest.raises(ChargerProtocolError):
        device_from_wire(raw)


@given(JSON)
def test_a_device_of_any_json(raw: object) -> None:
    """Nothing that a device may be described with is an exception."""
    device_from_wire({"id": SERIAL, "functions": raw, "connected": raw, "firmware_version": raw, "name": raw})


def test_return_value() -> None:
    """A function returns a whole number, and nothing else is an answer of one."""
    assert return_value({"return_value": -1}) == -1
    for raw in (*NO_TEXTS, None, *({"return_value": value} for value in (None, 0.5, 2**40, "x"))):
        with pytest.raises(ChargerProtocolError):
            return_value(raw)


def test_report_has_no_secret() -> None:
    """A bug report has the numbers, and nothing that is personal or that we do not know."""
    reported = report(event(json.dumps(NUMBERS | {"IPAddr": "192.0.2.44", "Owner": "Jane", "STATE": "8"})))
    assert reported == {
        "data": NUMBERS | {"IPAddr": "**REDACTED**", "Owner": "**REDACTED**", "STATE": "8"},
        "ttl": "60",
        "published_at": "2015-01-01T14:29:49.787Z",
        "coreid": "**REDACTED**",
    }
    device = report(
        {"id": SERIAL, "name": "Jane's", "functions": ["setConfig"], "connected": True, "mac": "x"}
    )
    assert device == {
        "id": "**REDACTED**",
        "name": "**REDACTED**",
        "functions": ["setConfig"],
        "connected": True,
        "mac": "**REDACTED**",
    }
    assert report(None) is None
    assert "192.0.2.44" not in repr(EVENT)
