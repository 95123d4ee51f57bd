"""State of each generation, and one field at a time."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import fields, replace
from datetime import UTC, datetime
import json
import math
from typing import Any

from chargers.errors import ChargerProtocolError
from chargers.smartevse.models import SmartEvseState, from_wire, report, serial_from_name
from chargers.smartevse.numbering import Numbering
from chargers.smartevse.readers import Currents
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
_CHARGING = {"charging", "phases_in_use"}
_STAGE = {"stage", *_CHARGING, "status"}
_CAR = {
    *("car_id", "car_soc_percent", "car_full_soc_percent", "car_battery_capacity_wh"),
    *("car_energy_request_wh", "car_time_until_full_s"),
}
# The fields that may change with a key, where they are not the same for all.
OWNERS: dict[str, set[str]] = {
    "version": {"firmware"},
    "serialnr": {"serial"},
    "mode": {"mode", "underlying_mode", "has_no_solar", *_STATUS},
    "mode_id": {"mode", "underlying_mode", "has_no_solar", "can_pause", *_STATUS},
    "car_connected": {"plugged_in", *_CHARGING, *_CAR, *_STATUS},
    "access": {"access", "can_pause", "offered_current_a", *_STATUS},
    "temp": {"temperature_c"},
    "wifi.rssi": {"wifi_signal_dbm"},
    "eth.connected": {"ethernet_connected"},
    "eth.mac": {"mac"},
    "evse.temp": {"temperature_c"},
    "evse.temp_max": {"temperature_max_c"},
    "evse.connected": {"plugged_in", *_CHARGING, *_CAR, *_STATUS},
    "evse.access": {"access", "can_pause", *_STATUS},
    "evse.mode": {"underlying_mode", "underlying_number"},
    "evse.loadbl": {"power_share"},
    "evse.pwm": {"duty_cycle_percent", "offered_current_a", "solar_stop_timer_s"},
    "evse.custombutton": {"custom_button"},
    "evse.solar_stop_timer": {"solar_stop_timer_s"},
    "evse.state": {"error", *_STATUS},
    "evse.state_id": _STAGE,
    "evse.error": {"error", *_STATUS},
    "evse.error_id": {"error", *_STATUS},
    "evse.rfidreader": {"rfid_reader", "accepts_card_id", *_STATUS},
    "evse.nrofphases": {"phases_in_use"},
    "evse.rfid": {"rfid_status", *_STATUS},
    "evse.rfid_lastread": {"rfid_card"},
    "settings.charge_current": {"offered_current_a"},
    "settings.override_current": {"override_current_a"},
    "settings.current_min": {"current_min_a"},
    "settings.current_max": {"current_max_a", "offered_current_a"},
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
    "mqtt.topic_prefix": {"mqtt_number"},
    "mqtt.status": {"mqtt_connected"},
    "ocpp.mode": {"ocpp_connected"},
    "ocpp.status": {"ocpp_connected"},
    "home_battery": {"home_battery_current_a"},
    "phase_currents.last_data_update": {"home_battery_current_a"},
    "ev_meter.description": {"ev_meter"},
    "ev_meter.import_active_power": {"ev_power_w"},
    "ev_meter.total_wh": {"total_energy_wh", "session_energy_wh"},
    # Of firmware 1.5 and before, it distinguishes a power from an energy.
    "ev_meter.total_kwh": {"total_energy_wh", "session_energy_wh", "ev_import_wh", "ev_power_w"},
    "ev_meter.charged_wh": {"session_energy_wh"},
    "ev_meter.charged_kwh": {"session_energy_wh"},
    "ev_meter.currents": {"ev_currents"},
    # Of firmware 1.4 it is the power.
    "ev_meter.import_active_energy": {"ev_import_wh", "ev_power_w"},
    "ev_meter.export_active_energy": {"ev_export_wh"},
    "mains_meter.import_active_energy": {"mains_import_wh"},
    "mains_meter.export_active_energy": {"mains_export_wh"},
    "phase_currents": {"mains_currents", "mains_currents_measured", "phases_in_use"},
    "circuit_meter.currents": {"circuit_currents"},
    "backlight.status": {"backlight"},
    "color": {"led_colors"},
    "ev_state.evccid": {"car_id"},
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
        # While it charges in a mode, that is the mode, whatever its number.
        ("evse.mode", 2, {"underlying_number": 2}),
        ("evse.mode", 3, {"underlying_number": 3}),
        ("evse.mode", "?", {"underlying_number": None}),
        ("evse.loadbl", 0, {"power_share": PowerShare.DISABLED}),
        ("evse.loadbl", 2, {"power_share": PowerShare.NODE}),
        ("evse.loadbl", 8, {"power_share": PowerShare.NODE}),
        ("evse.loadbl", 9, {"power_share": None}),
        ("evse.pwm", 0, {"duty_cycle_percent": 0, "offered_current_a": 0}),
        ("evse.pwm", 1024, {"duty_cycle_percent": 100, "offered_current_a": 0}),
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
    assert from_wire(changed(raw, ("mqtt",))) == replace(lost, mqtt_connected=None, mqtt_number=None)
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
    active = mode if mode in (Mode.NORMAL, Mode.SOLAR, Mode.SMART) else Mode.SMART
    assert from_wire(raw) == replace(S3_11, mode=mode, underlying_mode=active)


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
    phases = 0 if charging is False else 3
    assert from_wire(raw) == replace(
        S3_11, stage=stage, charging=charging, status=status, phases_in_use=phases
    )
    raw = changed(changed(raw, ("car_connected",), False), ("settings", "starttime"), 0)
    assert from_wire(raw) == replace(
        S3_11,
        stage=stage,
        plugged_in=False,
        charging=None if charging is None else False,
        status=Status.DISCONNECTED,
        delayed_start=None,
        phases_in_use=3 if charging is None else 0,
        car_id=None,
        car_soc_percent=None,
        car_full_soc_percent=None,
        car_battery_capacity_wh=None,
        car_energy_request_wh=None,
        car_time_until_full_s=None,
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
    ("Test IO", 7, Error.CIRCUIT_METER_COMMUNICATION),
    ("Flash Error", 8, Error.FLASH),
]
FAULTS = {
    *(Error.COMMUNICATION, Error.TEMPERATURE_HIGH, Error.EV_METER_COMMUNICATION, Error.RCM_TRIPPED),
    *(Error.CIRCUIT_METER_COMMUNICATION, Error.FLASH),
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
    ("number", "serial"),
    [
        (12345, "12345"),
        ("12345", "12345"),
        (12345.0, "12345"),
        (0, None),
        (None, None),
        (-5, None),
        (2**40, None),
    ],
)
def test_s2_serial(number: object, serial: str | None) -> None:
    """The serial number comes from its key only."""
    raw = changed(V3_11, ("serialnr",), number)
    assert from_wire(raw) == replace(S3_11, serial=serial)


@pytest.mark.parametrize(
    ("prefix", "number"),
    [
        *(("SmartEVSE/12345", "12345"), ("SmartEVSE-12345", "12345"), ("SmartEVSE-12345/garage", "12345")),
        *(("garage/SmartEVSE-12345", None), ("SmartEVSE", None), ("SmartEVSE2", None), ("SmartEVSE/0", None)),
        *(("SmartEVSE-12a", None), ("", None), (None, None), (7, None)),
    ],
)
def test_s2_the_number_in_the_mqtt_prefix_is_no_serial(prefix: object, number: str | None) -> None:
    """The number in the MQTT prefix, in both of its forms, is another one than the serial."""
    raw = changed(V3_11, ("mqtt", "topic_prefix"), prefix)
    assert from_wire(raw) == replace(S3_11, mqtt_number=number)


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
        model="SmartEVSE v3", serial="4711", alias="15711", firmware="v3.11.1", mac="02:00:00:00:00:09"
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


# Values that it keeps while they mean nothing, and what firmware of its own has


def _answer(**blocks: Any) -> SmartEvseState:
    """Return the state of a short answer; what is not given is that of a charger that is on in normal mode."""
    usual = {"version": "v3.9.3", "mode": "NORMAL", "mode_id": 1, "car_connected": True}
    return from_wire({**usual, "evse": {"access": 1, "mode": 0, "state_id": 2}, "settings": {}, **blocks})


@pytest.mark.parametrize(
    ("evse", "offered_a"),
    [
        ({"access": 0, "pwm": 1024, "state_id": 0}, 0),
        ({"access": 2, "pwm": 1024, "state_id": 9}, 0),
        ({"access": 1, "pwm": 1024, "state_id": 9}, 0),
        ({"access": 1, "pwm": 0, "state_id": 2}, 0),
        ({"access": 1, "pwm": 272, "state_id": 2}, 16),
        ({"access": 1, "pwm": 51, "state_id": 1}, 16),
        ({"access": 0, "state_id": 0}, 0),
        ({"access": 2, "state_id": 0}, 0),
        ({"access": 1, "state_id": 2}, 16),
        ({"access": None, "state_id": 2}, 16),
    ],
)
def test_s1_nothing_is_offered(evse: dict[str, Any], offered_a: float) -> None:
    """The last offer, and its countdown, stay in the answer while the pilot offers nothing."""
    state = _answer(
        evse=evse | {"mode": 0, "solar_stop_timer": 120},
        settings={"charge_current": 160, "current_min": 6, "current_max": 16},
    )
    assert state.offered_current_a == offered_a
    assert state.solar_stop_timer_s == (120 if offered_a else 0)


def test_s1_nothing_is_offered_without_a_car() -> None:
    """Where the answer has no duty cycle, a charger that is on offers its current only to a car."""
    settings = {"charge_current": 160, "current_min": 6, "current_max": 16}
    evse = {"access": 1, "mode": 0, "state_id": 0}
    assert _answer(car_connected=False, evse=evse, settings=settings).offered_current_a == 0
    assert _answer(car_connected=True, evse=evse, settings=settings).offered_current_a == 16


@pytest.mark.parametrize(("state_id", "phases"), [(2, 3), (1, 0), (9, 0), (10, 3)])
def test_s1_phases_in_use(state_id: int, phases: int) -> None:
    """The number of phases stays in the answer while no car charges."""
    assert _answer(evse={"access": 1, "state_id": state_id, "nrofphases": 3}).phases_in_use == phases


def test_s1_car_that_has_left() -> None:
    """What a car has sent means nothing once it has gone."""
    car = {"evccid": "0A0B", "computed_soc": 55, "energy_request": 9, "time_until_full": 60}
    state = _answer(car_connected=False, ev_state=car)
    assert {getattr(state, name) for name in _CAR} == {None}
    assert _answer(ev_state=car).car_id == "0A0B"


@pytest.mark.parametrize(
    ("fed_at", "read_at", "amps"),
    [(1000, 1000, 0), (1000, 1060, 0), (1000, 1061, None), (1000, 0, 0), (1000, None, 0), (0, 1000, None)],
)
def test_s1_home_battery_that_is_not_fed_any_more(
    fed_at: int, read_at: int | None, amps: float | None
) -> None:
    """60 s after its last feed the home battery is 0 in the answer, which means nothing."""
    battery = {"current": 0, "last_update": fed_at}
    state = _answer(home_battery=battery, phase_currents={"last_data_update": read_at})
    assert state.home_battery_current_a == amps


@pytest.mark.parametrize(("imported", "total"), [(8.4, 718), (0, 718), (-0.2, 718), (8.4, None)])
def test_s3_power_under_the_name_of_the_energy(imported: float, total: float | None) -> None:
    """Firmware 1.5 sends currents, and the power of the car as its energy."""
    meter = {"description": "Eastron3P", "address": 11, "import_active_energy": imported, "charged_kwh": 3.1}
    meter |= {} if total is None else {"total_kwh": total}
    meter["currents"] = {"TOTAL": 366, "L1": 122, "L2": 122, "L3": 122}
    state = _answer(ev_meter=meter)
    assert (state.ev_power_w, state.ev_import_wh) == (imported * 1000, None)
    assert state.session_energy_wh == 3100


def test_s3_energy_that_lost_its_neighbours() -> None:
    """An energy register is no power, also in an answer that lost the keys around it."""
    raw = changed(changed(V3_9, ("ev_meter", "import_active_power")), ("ev_meter", "export_active_energy"))
    raw = changed(raw, ("ev_meter", "import_active_energy"), raw["ev_meter"]["total_kwh"])
    assert from_wire(raw).ev_power_w is None


@pytest.mark.parametrize("block", [{"circuit_meter": {"description": "Eastron3P"}}, {"capacity": True}])
def test_s4_circuit_meter_is_lost(block: dict[str, Any]) -> None:
    """Since v3.11 the error of a lost circuit meter has the name of a test, also behind the state."""
    settings = {"capacity_mode": 0} if "capacity" in block else {}
    for evse in (
        {"error": "Test IO", "error_id": 7},
        {"error": "None", "state": "Charging Stopped - Test IO"},
    ):
        state = _answer(evse={"access": 1, "state_id": 1} | evse, settings=settings, **block)
        assert (state.error, state.status) == (Error.CIRCUIT_METER_COMMUNICATION, Status.FAULT)
        assert _answer(evse={"state_id": 1} | evse).error is Error.TEST_IO


@pytest.mark.parametrize(
    ("status", "connected"),
    [
        *(("Connected (TLS verified)", True), ("Connected (no TLS)", True), ("Connected", True)),
        *(("Disconnected", False), ("Disconnected (timeout)", False), ("Connecting", None), ("", None)),
        *((None, None), (1, None), (["Connected"], None)),
    ],
)
def test_s5_connected_and_how(status: object, connected: bool | None) -> None:
    """Newer firmware adds how it is connected."""
    state = _answer(ocpp={"mode": "Enabled", "status": status}, mqtt={"status": status})
    assert (state.ocpp_connected, state.mqtt_connected) == (connected, connected)


@pytest.mark.parametrize("card", ["000000000000", "00000000000000", "0", "", " ", None])
def test_s6_no_card_yet(card: str | None) -> None:
    """Before the first card its number is all zeros."""
    state = _answer(evse={"rfid": "Ready to read card", "rfidreader": "EnableAll", "rfid_lastread": card})
    assert state.rfid_card is None
    assert _answer(ev_state={"evccid": card}).car_id is None
    eth = {"mac": "00:00:00:00:00:00"}
    assert _answer(eth=eth).mac is None


@pytest.mark.parametrize(
    ("meter", "session_wh"),
    [
        ({"total_kwh": 1005.9, "charged_kwh": 1005.9}, None),
        ({"total_wh": 1_005_900, "charged_wh": 1_005_900}, None),
        ({"total_kwh": 1005.9, "charged_kwh": 1006}, None),
        ({"total_kwh": 1005.9, "charged_kwh": 3.2}, 3200),
        ({"total_kwh": 0, "charged_kwh": 0}, 0),
        ({"charged_kwh": 3.2}, 3200),
    ],
)
def test_s7_session_that_has_lost_its_start(meter: dict[str, float], session_wh: float | None) -> None:
    """A charger that has lost the start of its session counts the whole life of its meter as one."""
    assert _answer(ev_meter={"description": "Eastron1P"} | meter).session_energy_wh == session_wh


@pytest.mark.parametrize("card", ["0A0B0C0D0E0F", "0a0b0c0d0e0f"])
def test_s10_car_id(card: str) -> None:
    """What a car sends of itself is shown: the required car ID wants this text."""
    state = _answer(ev_state={"evccid": card})
    assert state.car_id == card
    assert card not in repr(state)


@pytest.mark.parametrize(
    ("raw", "maximum", "offered_a"),
    [(16, 16, 16), (6, 16, 6), (160, 16, 16), (60, 16, 6), (16, None, 16), (0, 16, 0)],
)
def test_s8_whole_amperes(raw: int, maximum: int | None, offered_a: float) -> None:
    """Firmware of early March 2022 sent its offer in amperes, and tenths of it are never as few."""
    old = {"mode": "SOLAR", "mode_id": 2, "temp": 37, "access": True, "evse": {"state_id": 1}}
    state = from_wire(old | {"settings": {"charge_current": raw, "current_min": 6, "current_max": maximum}})
    assert (state.offered_current_a, state.temperature_c) == (offered_a, 37)


def test_s9_fork_without_solar_mode() -> None:
    """A fork counts its modes without solar; what its numbers mean is known once it was seen in smart mode."""
    smart = {"version": "x", "mode": "SMART", "mode_id": 2, "evse": {"access": 1, "mode": 2, "state_id": 2}}
    state = _answer(**smart)
    assert (state.mode, state.underlying_mode, state.can_pause) == (Mode.SMART, Mode.SMART, False)
    assert state.offers_modes == (Mode.OFF, Mode.NORMAL, Mode.SMART)
    off = {"version": "x", "mode": "OFF", "mode_id": 0, "evse": {"access": 0, "mode": 2}, "settings": {}}
    assert from_wire(off, state.numbering).underlying_mode is Mode.SMART
    assert from_wire(off | {"mode": None, "mode_id": 2}, state.numbering).mode is Mode.SMART
    # One that names solar mode has it.
    again = from_wire(off | {"mode": "SOLAR", "mode_id": 2}, state.numbering)
    assert Mode.SOLAR in again.offers_modes
    # So may other firmware; an answer that lacks its version is no other.
    assert Mode.SOLAR in from_wire(off | {"version": "v3.11.1"}, state.numbering).offers_modes
    assert Mode.SOLAR not in from_wire(off | {"version": None}, state.numbering).offers_modes
    assert Mode.SOLAR in _answer().offers_modes


def test_s9_fork_with_other_numbers_of_the_mode_before() -> None:
    """While it is switched off, the same number as before is the same mode, however it is counted."""
    on = _answer(evse={"access": 1, "mode": 1, "state_id": 2})
    off = {"mode": "OFF", "mode_id": 0, "settings": {}, "evse": {"access": 0, "mode": 1}}
    once = from_wire(off, on.numbering)
    twice = from_wire(off, once.numbering)
    assert (on.underlying_mode, once.underlying_mode, twice.underlying_mode) == (Mode.NORMAL,) * 3
    assert from_wire(off).underlying_mode is Mode.SMART
    assert from_wire(off | {"evse": {"mode": 0}}, once.numbering).underlying_mode is Mode.NORMAL
    assert from_wire(off | {"evse": {}}, once.numbering).underlying_mode is None


@pytest.mark.parametrize("junk", [None, [], {}, "junk", -1, 10**400, True, "off"])
@pytest.mark.parametrize("key", ["firmware", "has_no_solar", "underlying_mode", "underlying_number"])
def test_s9_a_stored_numbering_that_is_none(key: str, junk: object) -> None:
    """What cannot be read of what was stored is not known, and the rest counts."""
    stored = Numbering(
        firmware="x", has_no_solar=True, underlying_mode=Mode.NORMAL, underlying_number=1
    ).to_json()
    read = Numbering.from_json(stored | {key: junk}).to_json()
    assert {name: value for name, value in read.items() if name != key} in (
        {},
        {name: value for name, value in stored.items() if name != key},
    )
    assert read.get("underlying_mode") in (None, Mode.NORMAL)


@pytest.mark.parametrize(
    ("evse", "status"),
    [
        ({"rfid": "Ready to read card"}, Status.AWAITING_AUTHORIZATION),
        ({"rfid": "Card not in storage"}, Status.AWAITING_AUTHORIZATION),
        ({"rfid": "Not Installed"}, Status.PAUSED),
        ({}, Status.PAUSED),
        ({"rfid": "Ready to read card", "rfidreader": "Disabled"}, Status.PAUSED),
        ({"rfid": "Ready to read card", "rfidreader": "EnableAll"}, Status.AWAITING_AUTHORIZATION),
    ],
)
def test_s12_reader_of_old_firmware(evse: dict[str, Any], status: Status) -> None:
    """Before v3.8.5 nothing but its status shows that a reader waits for a card."""
    state = _answer(mode="OFF", mode_id=0, evse={"access": False, "mode": 0, "state_id": 9} | evse)
    assert state.status is status


@pytest.mark.parametrize(
    ("flags", "phases"), [((True, True, True), 3), ((True, False, False), 1), ((True, None, False), None)]
)
def test_s13_phases_of_old_firmware(flags: tuple[bool | None, ...], phases: int | None) -> None:
    """Before v3.5 each phase has a flag."""
    charging = {f"charging_L{number}": value for number, value in enumerate(flags, 1)}
    assert _answer(phase_currents=charging).phases_in_use == phases


@pytest.mark.parametrize(
    ("contactor", "evse", "currents", "one"),
    [
        ("Always Off", {"state_id": 1}, None, True),
        ("Always Off", {"state_id": 2}, None, False),
        ("Always Off", {"state_id": 2}, (160, 0, 0), True),
        ("Always Off", {"state_id": 2}, (160, None, 0), False),
        ("Always Off", {"state_id": 2, "nrofphases": 1}, None, True),
        ("Always Off", {"state_id": 2, "nrofphases": 1}, (160, 160, 160), False),
        ("Always Off", {"state_id": 1}, (160, 160, 160), False),
        # Set under load, it does not hold yet.
        ("Always Off", {"state_id": 2, "nrofphases": 3}, None, False),
        ("Always Off", {}, None, False),
        ("Always On", {"state_id": 2, "nrofphases": 1}, None, False),
        ("Not present", {"state_id": 2, "nrofphases": 1}, None, False),
        ("Solar Off", {"state_id": 2, "nrofphases": 1}, None, True),
        ("Auto", {"state_id": 1, "nrofphases": 1}, None, False),
        (None, {"state_id": 2, "nrofphases": 1}, None, False),
    ],
)
def test_s14_one_phase_only_where_that_is_sure(
    contactor: str | None, evse: dict[str, Any], currents: tuple[int | None, ...] | None, one: bool
) -> None:
    """What is not known is taken to be all three phases, for the fuse."""
    meter: dict[str, Any] = {"description": "Eastron3P"}
    if currents is not None:
        meter["currents"] = {f"L{number}": value for number, value in enumerate(currents, 1)}
    state = _answer(evse={"access": 1} | evse, settings={"enable_C2": contactor}, ev_meter=meter)
    assert state.has_one_phase is one
