"""State of each generation, and one field at a time."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import fields, replace
from datetime import UTC, datetime
import json
import math
from typing import Any

from chargers.errors import ChargerProtocolError
from chargers.smartevse.models import Currents, SmartEvseState, from_wire, report, serial_from_name
from chargers.smartevse.words import (
    Access,
    CapacityMode,
    Error,
    LockType,
    Mode,
    PowerShare,
    RfidReader,
    RfidStatus,
    SecondContactor,
    Stage,
)
from chargers.types import Identity, Status
from hypothesis import given, strategies as st
import pytest

from tests.chargers.mutations import JUNK, Path, changed, differences, numbers, owned_by, paths
from tests.chargers.smartevse.answers import GENERATIONS, S3_9, S3_11, V1_4, V1_8, V3_9, V3_11
from tests.chargers.strategies import JSON

_STATUS = {"status"}
_STAGE = {"stage", "charging", "status"}
# The fields that may change with a key, where they are not the same for all.
OWNERS: dict[str, set[str]] = {
    "version": {"firmware"},
    "serialnr": {"serial"},
    "mode": {"mode", *_STATUS},
    "mode_id": {"mode", *_STATUS},
    "car_connected": {"plugged_in", "charging", *_STATUS},
    "access": {"access", "can_pause", *_STATUS},
    "temp": {"temperature_c"},
    "wifi.rssi": {"wifi_signal_dbm"},
    "eth.connected": {"ethernet_connected"},
    "eth.mac": {"mac"},
    "evse.temp": {"temperature_c"},
    "evse.temp_max": {"temperature_max_c"},
    "evse.connected": {"plugged_in", "charging", *_STATUS},
    "evse.access": {"access", "can_pause", *_STATUS},
    "evse.mode": {"underlying_mode"},
    "evse.loadbl": {"power_share"},
    "evse.pwm": {"duty_cycle_percent"},
    "evse.custombutton": {"custom_button"},
    "evse.solar_stop_timer": {"solar_stop_timer_s"},
    "evse.state": {"error", *_STATUS},
    "evse.state_id": _STAGE,
    "evse.error": {"error", *_STATUS},
    "evse.error_id": {"error", *_STATUS},
    "evse.rfidreader": {"rfid_reader", "accepts_card_id", *_STATUS},
    "evse.nrofphases": {"phases_in_use"},
    "evse.rfid": {"rfid_status"},
    "evse.rfid_lastread": {"rfid_card"},
    "settings.charge_current": {"offered_current_a"},
    "settings.override_current": {"override_current_a"},
    "settings.current_min": {"current_min_a"},
    "settings.current_max": {"current_max_a"},
    "settings.current_main": {"mains_fuse_a"},
    "settings.current_max_circuit": {"circuit_max_a"},
    "settings.current_max_sum_mains": {"mains_sum_max_a"},
    "settings.max_sum_mains_time": {"mains_sum_max_time_min"},
    "settings.solar_max_import": {"solar_max_import_a"},
    "settings.solar_start_current": {"solar_start_current_a"},
    "settings.solar_stop_time": {"solar_stop_time_min"},
    "settings.enable_C2": {"second_contactor"},
    "settings.modem": {"has_modem"},
    "settings.mains_meter": {"mains_meter"},
    "settings.starttime": {"has_delayed_start", "delayed_start", *_STATUS},
    "settings.stoptime": {"delayed_stop"},
    "settings.repeat": {"daily_repeat"},
    "settings.required_evccid": {"required_car_id", "accepts_car_id"},
    "settings.lcdlock": {"lcd_lock"},
    "settings.lock": {"lock_type"},
    "settings.cablelock": {"cable_lock"},
    "settings.capacity_mode": {"capacity_mode"},
    "mqtt.topic_prefix": {"serial"},
    "mqtt.status": {"mqtt_connected"},
    "ocpp.mode": {"ocpp_connected"},
    "ocpp.status": {"ocpp_connected"},
    "home_battery": {"home_battery_current_a"},
    "ev_meter.description": {"ev_meter"},
    "ev_meter.import_active_power": {"ev_power_w"},
    "ev_meter.total_wh": {"total_energy_wh"},
    "ev_meter.total_kwh": {"total_energy_wh"},
    "ev_meter.charged_wh": {"session_energy_wh"},
    "ev_meter.charged_kwh": {"session_energy_wh"},
    "ev_meter.currents": {"ev_currents"},
    # Of firmware 1.4 it is the power.
    "ev_meter.import_active_energy": {"ev_import_wh", "ev_power_w"},
    "ev_meter.export_active_energy": {"ev_export_wh"},
    "mains_meter.import_active_energy": {"mains_import_wh"},
    "mains_meter.export_active_energy": {"mains_export_wh"},
    "phase_currents": {"mains_currents", "mains_currents_measured"},
    "circuit_meter.currents": {"circuit_currents"},
    "backlight.status": {"backlight"},
    "color": {"led_colors"},
    "ev_state.initial_soc": {"car_soc_percent"},
    "ev_state.full_soc": {"car_full_soc_percent"},
    "ev_state.energy_capacity": {"car_battery_capacity_wh"},
    "ev_state.energy_request": {"car_energy_request_wh"},
    "ev_state.computed_soc": {"car_soc_percent"},
    "ev_state.time_until_full": {"car_time_until_full_s"},
}
EV_METER = {
    *("ev_currents", "ev_power_w", "session_energy_wh", "total_energy_wh"),
    *("ev_import_wh", "ev_export_wh"),
}
MAINS_METER = {"mains_currents", "mains_currents_measured", "mains_import_wh", "mains_export_wh"}


def _owned(raw: Mapping[str, Any], path: Path) -> set[str]:
    """Return the fields that may change with what is at the path."""
    name = ".".join(path)
    owned = owned_by(OWNERS, path)
    if name == "ev_meter" and "eth" not in raw:
        # Nothing else distinguishes old units from new ones.
        owned |= {"mains_import_wh", "mains_export_wh"}
    # The zeros of a meter that is off are hidden only as long as the answer shows that.
    if owned & {"ev_meter"} and raw["ev_meter"]["description"] == "Disabled":
        owned |= EV_METER
    if owned & {"mains_meter"} and raw["settings"].get("mains_meter") == "Disabled":
        owned |= MAINS_METER
    return owned


@pytest.mark.parametrize(("raw", "state"), GENERATIONS.values(), ids=GENERATIONS)
def test_generation(raw: dict[str, Any], state: SmartEvseState) -> None:
    """Every value of every generation is in the state, in amperes, watts and watt-hours."""
    assert from_wire(raw) == state
    assert from_wire(json.loads(json.dumps(raw))) == state


@pytest.mark.parametrize(("raw", "state"), GENERATIONS.values(), ids=GENERATIONS)
def test_any_key_that_is_missing(raw: dict[str, Any], state: SmartEvseState) -> None:
    """An answer that lost one key or block still has all the rest."""
    for path in paths(raw):
        assert differences(state, from_wire(changed(raw, path))) <= _owned(raw, path), path


@pytest.mark.parametrize(("raw", "state"), GENERATIONS.values(), ids=GENERATIONS)
def test_any_key_with_nonsense(raw: dict[str, Any], state: SmartEvseState) -> None:
    """Null, another type, or an absurd number in one place costs nothing else."""
    for path in paths(raw):
        for junk in JUNK:
            altered = changed(raw, path, junk)
            odd = from_wire(altered)
            assert differences(state, odd) <= _owned(raw, path), (path, junk)
            assert all(math.isfinite(number) for number in numbers(odd)), (path, junk)
            assert repr(odd)
            assert report(altered)


def test_every_key_that_is_read_has_an_owner() -> None:
    """The table above names no field that is not there."""
    # Whether a reading has been the same for too long is not in one answer.
    names = {field.name for field in fields(SmartEvseState)} - {"mains_silent"}
    assert set().union(*OWNERS.values()) == names


@given(JSON | st.dictionaries(st.sampled_from([*V3_11, *V1_8["evse"]]), JSON))
def test_any_json_is_a_state_or_a_protocol_error(raw: object) -> None:
    """Whatever JSON answers at the address, the only error is that it is no SmartEVSE."""
    try:
        state = from_wire(raw)
    except ChargerProtocolError:
        return
    assert all(math.isfinite(number) for number in numbers(state))


@given(
    st.sampled_from([raw for raw, _ in GENERATIONS.values()]),
    st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(JUNK) | JSON), min_size=1, max_size=6),
)
def test_any_mutation_is_a_state_or_a_protocol_error(
    raw: dict[str, Any], changes: list[tuple[int, object]]
) -> None:
    """A good answer with nonsense in several places is read without an exception, and shows finite numbers."""
    for choice, value in changes:
        ways = list(paths(raw))
        raw = changed(raw, ways[choice % len(ways)], value)
    try:
        state = from_wire(raw)
    except ChargerProtocolError:
        return
    assert state == from_wire(raw)
    assert all(math.isfinite(number) for number in numbers(state))
    assert state.identity.model


@pytest.mark.parametrize(
    "raw",
    [
        *(
            None,
            1,
            "OK",
            "<html></html>",
            [],
            [1, 2],
            {},
            {"mode": "OFF"},
            {"settings": {}},
            {"html": "<body>"},
        ),
        {"name": "a lamp", "id": 7, "on": True},
        {
            "version": "v2.1.0",
            "serialnr": 99,
            "wifi": {"status": "WL_CONNECTED"},
            "mqtt": {"status": "Connected"},
        },
        {"error": "Not available in portal mode"},
    ],
    ids=lambda raw: repr(raw)[:30],
)
def test_another_product_is_refused(raw: object) -> None:
    """A Sensorbox, a lamp, a web page or nothing at all is no SmartEVSE."""
    with pytest.raises(ChargerProtocolError, match="not a SmartEVSE"):
        from_wire(raw)


def test_bottomless_answer() -> None:
    """An answer nested without sense is no reason to fail."""
    deep: object = 1
    for _ in range(20_000):
        deep = [deep]
    raw = changed(V3_11, ("evse", "state"), deep)
    assert from_wire(raw) == S3_11
    assert report(raw)


# One field at a time, in an answer of v3.11 but for what the case changes


@pytest.mark.parametrize(
    ("path", "value", "changes"),
    [
        ("mode", "N/A", {"mode": Mode.SMART}),
        ("evse.mode", 0, {"underlying_mode": Mode.NORMAL}),
        ("evse.mode", 1, {"underlying_mode": Mode.SMART}),
        ("evse.mode", 2, {"underlying_mode": Mode.SOLAR}),
        ("evse.mode", 3, {"underlying_mode": None}),
        ("evse.loadbl", 0, {"power_share": PowerShare.DISABLED}),
        ("evse.loadbl", 2, {"power_share": PowerShare.NODE}),
        ("evse.loadbl", 8, {"power_share": PowerShare.NODE}),
        ("evse.loadbl", 9, {"power_share": None}),
        ("evse.pwm", 0, {"duty_cycle_percent": 0}),
        ("evse.pwm", 1024, {"duty_cycle_percent": 100}),
        ("evse.pwm", 51, {"duty_cycle_percent": 5}),
        ("evse.pwm", 1030, {"duty_cycle_percent": None}),
        ("evse.custombutton", False, {"custom_button": False}),
        ("evse.solar_stop_timer", 600, {"solar_stop_timer_s": 600}),
        ("evse.nrofphases", 0, {"phases_in_use": 0}),
        ("evse.nrofphases", 1, {"phases_in_use": 1}),
        ("evse.nrofphases", 4, {"phases_in_use": None}),
        ("evse.temp", -20, {"temperature_c": -20}),
        ("evse.temp", -127, {"temperature_c": None}),
        ("evse.connected", False, {}),
        ("car_connected", None, {}),
        ("settings.charge_current", 0, {"offered_current_a": 0}),
        ("settings.charge_current", 83, {"offered_current_a": 8.3}),
        ("settings.charge_current", -1, {"offered_current_a": None}),
        ("settings.override_current", 0, {"override_current_a": 0}),
        ("settings.current_max_sum_mains", 0, {"mains_sum_max_a": 0}),
        ("settings.current_max_sum_mains", 600, {"mains_sum_max_a": 600}),
        ("settings.starttime", 0, {"delayed_start": None}),
        ("settings.stoptime", 0, {"delayed_stop": None}),
        ("settings.starttime", 1, {"delayed_start": datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)}),
        ("settings.repeat", 0, {"daily_repeat": False}),
        ("settings.lock", 0, {"lock_type": LockType.DISABLED}),
        ("settings.lock", 1, {"lock_type": LockType.SOLENOID}),
        ("settings.lock", 3, {"lock_type": None}),
        ("settings.cablelock", 1, {"cable_lock": True}),
        ("settings.lcdlock", 0, {"lcd_lock": False}),
        ("settings.capacity_mode", 0, {"capacity_mode": CapacityMode.DISABLED}),
        ("settings.capacity_mode", 1, {"capacity_mode": CapacityMode.FIXED}),
        ("settings.capacity_mode", 3, {"capacity_mode": CapacityMode.FLANDERS}),
        ("settings.capacity_mode", 4, {"capacity_mode": None}),
        ("settings.enable_C2", "Not present", {"second_contactor": SecondContactor.NOT_PRESENT}),
        ("settings.enable_C2", "Always Off", {"second_contactor": SecondContactor.ALWAYS_OFF}),
        ("settings.enable_C2", "Solar Off", {"second_contactor": SecondContactor.SOLAR_OFF}),
        ("settings.enable_C2", "Always On", {"second_contactor": SecondContactor.ALWAYS_ON}),
        ("settings.enable_C2", "Sometimes", {"second_contactor": None}),
        ("settings.required_evccid", "", {"required_car_id": None}),
        ("settings.mains_meter", "API", {"mains_meter": "API"}),
        ("ev_meter.import_active_power", -230, {"ev_power_w": -230}),
        ("ev_meter.import_active_power", 0, {"ev_power_w": 0}),
        ("ev_meter.charged_wh", 0, {"session_energy_wh": 0}),
        ("ev_meter.charged_wh", -1, {"session_energy_wh": None}),
        ("ev_meter.total_wh", 0, {"total_energy_wh": None}),
        ("ev_meter.import_active_energy", 0, {"ev_import_wh": None}),
        ("ev_meter.export_active_energy", 0, {"ev_export_wh": None}),
        ("mains_meter", {}, {"mains_import_wh": None, "mains_export_wh": None}),
        ("mains_meter.import_active_energy", 0, {"mains_import_wh": None}),
        (
            "ev_meter.currents.L2",
            -1,
            {"ev_currents": Currents(l1_a=15.2, l2_a=-0.1, l3_a=15.4, total_a=45.8)},
        ),
        (
            "ev_meter.currents.L2",
            None,
            {"ev_currents": Currents(l1_a=15.2, l2_a=None, l3_a=15.4, total_a=45.8)},
        ),
        ("ev_meter.currents", {}, {"ev_currents": None}),
        ("circuit_meter", None, {"circuit_currents": None}),
        ("home_battery.last_update", 0, {"home_battery_current_a": None}),
        ("home_battery.current", 0, {"home_battery_current_a": 0}),
        ("backlight.status", "ON", {}),
        ("backlight.status", "OFF", {"backlight": False}),
        ("backlight.status", "BLINKING", {"backlight": None}),
        ("mqtt.status", "Disconnected", {"mqtt_connected": False}),
        ("ocpp.status", "Disconnected", {"ocpp_connected": False}),
        ("ocpp.mode", "Disabled", {"ocpp_connected": None}),
        (
            "color.off.R",
            256,
            {"led_colors": {led: rgb for led, rgb in S3_11.led_colors.items() if led != "off"}},
        ),
        ("color", {}, {"led_colors": {}}),
        ("eth.connected", False, {"ethernet_connected": False}),
        ("ev_state.computed_soc", -1, {"car_soc_percent": 40}),
        ("ev_state.full_soc", -1, {"car_full_soc_percent": None}),
        ("ev_state.energy_capacity", -1, {"car_battery_capacity_wh": None}),
        ("ev_state.energy_request", -1, {"car_energy_request_wh": None}),
        ("ev_state.time_until_full", -1, {"car_time_until_full_s": None}),
        ("evse.rfid_lastread", "", {"rfid_card": None}),
        ("version", "bm-2026.4.1", {"firmware": "bm-2026.4.1"}),
    ],
)
def test_field(path: str, value: object, changes: dict[str, Any]) -> None:
    """One value changes what it should, and nothing else."""
    assert from_wire(changed(V3_11, tuple(path.split(".")), value)) == replace(S3_11, **changes)


@pytest.mark.parametrize(
    ("path", "value", "changes"),
    [
        ("ev_meter.import_active_power", -0.2, {"ev_power_w": -200}),
        ("ev_meter.import_active_power", 11.03999996, {"ev_power_w": 11_040}),
        ("ev_meter.charged_kwh", 3.400000095, {"session_energy_wh": 3400}),
        ("ev_meter.charged_kwh", 0, {"session_energy_wh": 0}),
        ("ev_meter.total_kwh", 0, {"total_energy_wh": None}),
        ("mains_meter.import_active_energy", 0.1, {"mains_import_wh": 100}),
        ("ev_meter.description", "Disabled", dict.fromkeys(EV_METER) | {"ev_meter": "Disabled"}),
        ("settings.mains_meter", "Disabled", dict.fromkeys(MAINS_METER) | {"mains_meter": "Disabled"}),
    ],
)
def test_field_in_kilowatts(path: str, value: object, changes: dict[str, Any]) -> None:
    """Up to v3.9 the same keys are kW and kWh; a meter that is off shows zeros that mean nothing."""
    assert from_wire(changed(V3_9, tuple(path.split(".")), value)) == replace(S3_9, **changes)


def test_units_are_known_without_the_key_that_names_them() -> None:
    """An answer of new firmware that lost the end of its meter block is not a thousand times too high."""
    raw = changed(changed(V3_11, ("ev_meter", "total_wh")), ("ev_meter", "charged_wh"))
    lost = replace(S3_11, total_energy_wh=None, session_energy_wh=None)
    assert from_wire(raw) == lost
    assert from_wire(changed(raw, ("mqtt",))) == replace(lost, mqtt_connected=None)
    without_eth = from_wire(changed(raw, ("eth",)))
    assert without_eth == replace(lost, mac=None, ethernet_connected=None)


def test_lost_power_is_not_taken_from_the_energy() -> None:
    """Only firmware 1.4 sends its power under the name of the energy."""
    assert from_wire(changed(V3_9, ("ev_meter", "import_active_power"))) == replace(S3_9, ev_power_w=None)
    raw = changed(V1_4, ("ev_meter", "import_active_energy"), -0.1)
    assert from_wire(raw).ev_power_w == -100


@pytest.mark.parametrize(
    ("word", "number", "mode"),
    [
        *(
            ("OFF", 0, Mode.OFF),
            ("NORMAL", 1, Mode.NORMAL),
            ("SOLAR", 2, Mode.SOLAR),
            ("SMART", 3, Mode.SMART),
        ),
        *(("PAUSE", 4, Mode.PAUSE), ("N/A", -1, None), (None, 2, Mode.SOLAR), ("SOLAR", None, Mode.SOLAR)),
        ("TURBO", 5, None),
    ],
)
def test_mode(word: str | None, number: int | None, mode: Mode | None) -> None:
    """The mode is known by its word, or by its number."""
    raw = changed(changed(V3_11, ("mode",), word), ("mode_id",), number)
    assert from_wire(raw) == replace(S3_11, mode=mode)


def test_mode_numbers_of_the_wire() -> None:
    """The numbers that set a mode are those of the protocol."""
    assert {mode: mode.wire for mode in Mode} == {
        Mode.OFF: 0,
        Mode.NORMAL: 1,
        Mode.SOLAR: 2,
        Mode.SMART: 3,
        Mode.PAUSE: 4,
    }


@pytest.mark.parametrize(
    ("wire", "access", "can_pause"),
    [
        *((True, Access.ON, False), (False, Access.OFF, False), ("true", Access.ON, False)),
        *(("false", Access.OFF, False), (0, Access.OFF, True), (1, Access.ON, True), (2, Access.PAUSE, True)),
        *((3, None, True), (None, None, False), ("maybe", None, False)),
    ],
)
def test_access(wire: object, access: Access | None, can_pause: bool) -> None:
    """Access is a truth value, a word or a number; only the number's firmware knows a pause."""
    state = from_wire(changed(V3_11, ("evse", "access"), wire))
    assert (state.access, state.can_pause) == (access, can_pause)
    assert state.offers_modes == (tuple(Mode) if can_pause else tuple(Mode)[:-1])


@pytest.mark.parametrize(
    ("number", "stage", "charging"),
    [
        (0, Stage.READY, False),
        (1, Stage.CONNECTED, False),
        (2, Stage.CHARGING, True),
        (3, Stage.CHARGING_VENTILATED, True),
        (4, Stage.REQUEST_STATE_B, False),
        (5, Stage.STATE_B_OK, False),
        (6, Stage.REQUEST_STATE_C, True),
        (7, Stage.STATE_C_OK, True),
        (8, Stage.ACTIVATE, False),
        (9, Stage.CHARGING_STOPPED, False),
        (10, Stage.STOP_CHARGING, True),
        (11, Stage.MODEM_SETUP, False),
        (12, Stage.MODEM_REQUEST, False),
        (13, Stage.MODEM_DONE, False),
        (14, Stage.MODEM_DENIED, False),
        (15, None, None),
        (255, None, None),
        (-1, None, None),
        (2.5, None, None),
        (None, None, None),
    ],
)
def test_stage(number: float | None, stage: Stage | None, charging: bool | None) -> None:
    """Every state of the charger is known by its number, and whether the car charges in it."""
    raw = changed(V3_11, ("evse", "state_id"), number)
    status = Status.CHARGING if charging else Status.CONNECTED
    assert from_wire(raw) == replace(S3_11, stage=stage, charging=charging, status=status)
    raw = changed(changed(raw, ("car_connected",), False), ("settings", "starttime"), 0)
    assert from_wire(raw) == replace(
        S3_11,
        stage=stage,
        plugged_in=False,
        charging=None if charging is None else False,
        status=Status.DISCONNECTED,
        delayed_start=None,
    )


ERRORS = [
    ("None", 0, Error.NONE),
    ("No Power Available", 1, Error.NO_POWER_AVAILABLE),
    ("Communication Error", 2, Error.COMMUNICATION),
    ("Temperature High", 3, Error.TEMPERATURE_HIGH),
    ("EV Meter Comm Error", 4, Error.EV_METER_COMMUNICATION),
    ("RCM Tripped", 5, Error.RCM_TRIPPED),
    ("RCM Test", 6, Error.RCM_TEST),
    ("Waiting for Solar", 6, Error.WAITING_FOR_SOLAR),
    ("Test IO", 7, Error.TEST_IO),
    ("Flash Error", 8, Error.FLASH),
]
FAULTS = {
    *(Error.COMMUNICATION, Error.TEMPERATURE_HIGH, Error.EV_METER_COMMUNICATION, Error.RCM_TRIPPED),
    *(Error.TEST_IO, Error.FLASH),
}


@pytest.mark.parametrize(
    ("name", "number", "error"),
    [
        *ERRORS,
        *((None, number, error) for _, number, error in ERRORS if number != 6),
        *((name, None, error) for name, _, error in ERRORS),
        *(
            ("Unused", 4, Error.EV_METER_COMMUNICATION),
            (None, 6, None),
            (None, 9, None),
            ("New Error", 99, None),
        ),
        (None, None, None),
    ],
)
def test_error(name: str | None, number: int | None, error: Error | None) -> None:
    """The error is known by its name, or by its number where that has always meant the same."""
    raw = changed(changed(V3_11, ("evse", "error"), name), ("evse", "error_id"), number)
    status = Status.FAULT if error in FAULTS else Status.CHARGING
    assert from_wire(raw) == replace(S3_11, error=error, status=status)


@pytest.mark.parametrize(
    ("suffix", "mode", "error", "status"),
    [
        ("Waiting for Solar", "SOLAR", Error.WAITING_FOR_SOLAR, Status.WAITING_FOR_SOLAR),
        ("Waiting for Solar", "SMART", Error.WAITING_FOR_SOLAR, Status.WAITING_FOR_SOLAR),
        ("No Power Available", "SOLAR", Error.NO_POWER_AVAILABLE, Status.WAITING_FOR_SOLAR),
        ("No Power Available", "SMART", Error.NO_POWER_AVAILABLE, Status.WAITING_FOR_POWER),
        ("Communication Error", "SMART", Error.COMMUNICATION, Status.FAULT),
        ("Temperature High", "SOLAR", Error.TEMPERATURE_HIGH, Status.FAULT),
        ("RCM Test", "SOLAR", Error.RCM_TEST, Status.CONNECTED),
        ("A New Error", "SMART", None, Status.CONNECTED),
    ],
)
def test_error_behind_the_state(suffix: str, mode: str, error: Error | None, status: Status) -> None:
    """An error that hides in the state's text, while the error itself is "None", is found there."""
    raw = changed(changed(V3_11, ("evse", "state"), f"Charging Stopped - {suffix}"), ("mode",), mode)
    raw = changed(raw, ("evse", "state_id"), 9)
    state = from_wire(raw)
    assert (state.error, state.status) == (error, status)
    assert state.stage is Stage.CHARGING_STOPPED


@pytest.mark.parametrize(
    ("access", "mode", "starts", "reader", "status"),
    [
        (1, "NORMAL", 0, "EnableAll", Status.CONNECTED),
        (0, "OFF", 1795213800, "EnableAll", Status.SCHEDULED),
        (0, "OFF", 0, "EnableAll", Status.AWAITING_AUTHORIZATION),
        (0, "OFF", 0, "EnableOne", Status.AWAITING_AUTHORIZATION),
        (0, "OFF", 0, "Rmt/OCPP", Status.AWAITING_AUTHORIZATION),
        (0, "OFF", 0, "Learn", Status.PAUSED),
        (0, "OFF", 0, "Disabled", Status.PAUSED),
        (0, "OFF", 0, None, Status.PAUSED),
        (2, "PAUSE", 0, "EnableAll", Status.PAUSED),
        (None, "PAUSE", 0, "EnableAll", Status.PAUSED),
        (None, "OFF", 0, "Disabled", Status.PAUSED),
        (None, "N/A", 0, "Disabled", Status.CONNECTED),
    ],
)
def test_status_of_a_car_that_waits(
    access: int | None, mode: str, starts: int, reader: str | None, status: Status
) -> None:
    """The status shows why a plugged-in car does not charge."""
    raw = deepcopy(V3_11)
    raw |= {"mode": mode, "mode_id": -1}
    raw["evse"] |= {"access": access, "state_id": 9, "rfidreader": reader}
    raw["settings"]["starttime"] = starts
    assert from_wire(raw).status is status


def test_status_is_unknown_without_the_plug() -> None:
    """A charger without its plug in the answer has no status, but for a fault."""
    raw = changed(changed(V3_11, ("car_connected",)), ("evse", "connected"))
    assert from_wire(raw) == replace(S3_11, plugged_in=None, charging=None, status=None)
    raw = changed(raw, ("evse", "error"), "Flash Error")
    assert from_wire(raw).status is Status.FAULT


def test_switched_off_charger_still_sees_the_plug() -> None:
    """A state that stands still while the charger is off does not make a car charge that has left."""
    raw = changed(changed(V3_11, ("car_connected",), False), ("evse", "access"), 0)
    state = from_wire(raw)
    assert state.stage is Stage.CHARGING
    assert (state.charging, state.status) == (False, Status.DISCONNECTED)


@pytest.mark.parametrize(
    ("number", "prefix", "serial"),
    [
        (12345, "SmartEVSE/999", "12345"),
        (0, "SmartEVSE/12345", "12345"),
        (0, "SmartEVSE-12345", "12345"),
        (None, "SmartEVSE-12345", "12345"),
        ("12345", "", "12345"),
        (12345.0, None, "12345"),
        (-5, "smartevse-12345", "12345"),
        (0, "SmartEVSE-12345/garage", "12345"),
        (0, "garage/SmartEVSE-12345", None),
        (0, "SmartEVSE", None),
        (0, "SmartEVSE2", None),
        (0, "SmartEVSE/0", None),
        (0, "SmartEVSE-12a", None),
        (0, "", None),
        (0, None, None),
        (2**40, 7, None),
    ],
)
def test_serial(number: object, prefix: object, serial: str | None) -> None:
    """The serial number comes from its key, or from the MQTT prefix in both of its forms."""
    raw = changed(changed(V3_11, ("serialnr",), number), ("mqtt", "topic_prefix"), prefix)
    assert from_wire(raw) == replace(S3_11, serial=serial)


@pytest.mark.parametrize(
    ("name", "serial"),
    [
        ("SmartEVSE-12345._http._tcp.local.", "12345"),
        ("smartevse-12345.local", "12345"),
        ("SmartEVSE-12345", "12345"),
        ("Sensorbox-12345.local", None),
        ("SmartEVSE-.local", None),
        ("my-SmartEVSE-12345", None),
        ("SmartEVSE-12345678901", None),
    ],
)
def test_serial_from_name(name: str, serial: str | None) -> None:
    """The serial number is in the name under which the charger is found; a Sensorbox is another product."""
    assert serial_from_name(name) == serial


@pytest.mark.parametrize(
    ("wire", "reader"),
    [
        *(("Disabled", RfidReader.DISABLED), ("EnableAll", RfidReader.ENABLE_ALL)),
        *(("EnableOne", RfidReader.ENABLE_ONE), ("Learn", RfidReader.LEARN), ("Delete", RfidReader.DELETE)),
        *(("DeleteAll", RfidReader.DELETE_ALL), ("Rmt/OCPP", RfidReader.REMOTE)),
    ],
)
def test_reader(wire: str, reader: RfidReader) -> None:
    """What the card reader is there for."""
    raw = changed(V3_11, ("evse", "rfidreader"), wire)
    assert from_wire(raw) == replace(S3_11, rfid_reader=reader)


@pytest.mark.parametrize(
    ("wire", "status"),
    [
        *(("Not Installed", RfidStatus.NOT_INSTALLED), ("NOSTATUS", RfidStatus.NO_STATUS)),
        *(("Ready to read card", RfidStatus.READY), ("Present", RfidStatus.PRESENT)),
        *(("Card Stored", RfidStatus.STORED), ("Card Deleted", RfidStatus.DELETED)),
        *(("Card already stored", RfidStatus.ALREADY_STORED), ("Card not in storage", RfidStatus.NOT_STORED)),
        *(("Card Storage full", RfidStatus.STORAGE_FULL), ("Invalid", RfidStatus.INVALID), ("?", None)),
    ],
)
def test_reader_status(wire: str, status: RfidStatus | None) -> None:
    """What the card reader last saw."""
    assert from_wire(changed(V3_11, ("evse", "rfid"), wire)) == replace(S3_11, rfid_status=status)


def test_cards_are_taken_since_the_firmware_that_brought_ethernet() -> None:
    """A reader takes cards over the wire only where the firmware has the command for it."""
    assert not from_wire(changed(V3_9, ("evse", "rfidreader"), "EnableAll")).accepts_card_id
    assert from_wire(changed(V3_11, ("eth",))).accepts_card_id
    assert from_wire(changed(V3_11, ("settings", "ledmode"))).accepts_card_id
    assert not from_wire(changed(V3_11, ("evse", "rfidreader"))).accepts_card_id


def test_mains_meter() -> None:
    """A node sees the mains through its master; without the key it is not known."""
    assert S3_11.has_mains_meter is True
    assert replace(S3_11, mains_meter="Disabled").has_mains_meter is False
    assert replace(S3_11, mains_meter=None).has_mains_meter is None
    node = replace(S3_11, mains_meter="Disabled", power_share=PowerShare.NODE)
    assert node.is_node and node.has_mains_meter is True
    assert not S3_11.is_node


def test_minimum() -> None:
    """No charger offers less than 6 A, whatever its minimum is; one that is not known is 6 A."""
    assert S3_11.minimum_a == 7
    assert replace(S3_11, current_min_a=5).minimum_a == 6
    assert replace(S3_11, current_min_a=None).minimum_a == 6


def test_limit() -> None:
    """The limit is the override, and without one the charger's own maximum."""
    assert S3_11.limit_a == 15.5
    assert replace(S3_11, override_current_a=0).limit_a == 16
    assert replace(S3_11, override_current_a=None).limit_a == 16
    assert replace(S3_11, override_current_a=0, current_max_a=None).limit_a is None


def test_identity() -> None:
    """The charger is known by model, serial number, firmware and, on Ethernet, its address there."""
    assert S3_11.identity == Identity(
        model="SmartEVSE v3", serial="4711", firmware="v3.11.1", mac="02:00:00:00:00:09"
    )


def test_report_shows_what_helps_and_hides_what_is_private() -> None:
    """A bug report keeps modes, states, meters and numbers, and nothing that identifies the charger or its owner."""
    shown = report(V3_11)
    assert isinstance(shown, dict)
    assert shown["evse"]["state"] == "Charging"
    assert shown["ev_meter"] == V3_11["ev_meter"]
    assert shown["settings"] | {"required_evccid": "0A0B0C0D0E0F"} == V3_11["settings"]
    hidden = {
        *("4711", "garage", "02:00:00", "192.0.2", "04AABBCCDDEE11", "0A0B0C0D0E0F", "SmartEVSE/"),
        *("ocpp.example", "'box'", "'key'", "'tag'", "'evse',"),
    }
    assert [secret for secret in hidden if secret in str(shown)] == []
