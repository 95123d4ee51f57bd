"""The state that answers make, generation by generation and one field at a time."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import fields, replace
import json
import math
from typing import Any

from chargers.errors import ChargerProtocolError
from chargers.psp.models import (
    Fault,
    MeterType,
    PspState,
    Stage,
    check,
    from_wire,
    has_meter,
    report,
    uptime_s,
)
from chargers.psp.registers import PATIENCE, Known, Register
from chargers.psp.settings import SETTINGS
from chargers.settings import ChoiceSetting
from chargers.types import Identity, Status
from hypothesis import given, strategies as st
import pytest

from tests.chargers.mutations import JUNK, changed, differences, numbers, owned_by, paths
from tests.chargers.psp.answers import GENERATIONS, NEW, NEW_STATE, OLD_STATE, STARTED_AT
from tests.chargers.strategies import JSON

# The fields that may change with a key.
OWNERS: dict[str, set[str]] = {
    "Status.SystemVersion": {"firmware"},
    "Status.WiFiInfo": {"wifi_quality_percent"},
    "Status.EvseState": {"stage", "fault", "status", "plugged_in", "charging", "current_a", "power_w"},
    "Status.ThreePhaseCharging": {"phases", "status"},
    "Status.ActualCurrent": {"current_a"},
    "Status.PPCodedCurrent": {"cable_limit_a"},
    "Status.ActualPower": {"power_w"},
    "Status.ActualPowerAvailable": {"available_power_w", "status"},
    "Status.ActualEnergy": {"session_energy_wh"},
    "Status.ActualDuration": {"session_duration_s"},
    "Status.ActualDurationTotalSeconds": {"session_duration_s"},
    "Status.AutoStartAllowed": {"auto_start_allowed"},
    "Status.StartStopAllowed": {"start_stop_allowed"},
    "Status.BoostAllowed": {"boost_allowed"},
    "Status.ChargerStarted": {"session_started", "status"},
    "Status.ChargeBoosted": {"boosted"},
    "Status.Meter1Status": {"meter1_errors"},
    "Status.Meter2Status": {"meter2_errors"},
    "SystemConfig.ChargerMode": {"charger_mode"},
    "SystemConfig.LockMethod": {"lock_method"},
    "SystemConfig.ChargeCurrent": {"charge_current_a"},
    "SystemConfig.ChargeCurrentBoost": {"boost_current_a"},
    "SystemConfig.Meter1Type": {"meter1_type"},
    "SystemConfig.Meter1Ip": {"meter1_address"},
    "SystemConfig.Meter2Type": {"meter2_type"},
    "SystemConfig.Meter2Ip": {"meter2_address"},
    "SystemConfig.PhaseCurrentLimit": {"phase_current_limit_a"},
    "SystemConfig.ControlStrategy": {"control_strategy"},
    "SystemConfig.ControlLimit": {"control_limit_w"},
    "SystemConfig.ChargeAutoStart": {"auto_start"},
    "SystemConfig.Charge3Phase": {"three_phase"},
    "SystemInfo.ProductType": {"product_type"},
    "SystemInfo.MAC": {"mac"},
    "SystemInfo.WiFiInfo": {"wifi_signal_dbm"},
    "SystemInfo.HeapInfo": {"heap"},
    "SystemInfo.GeneralInfo": {"condition"},
    "SystemInfo.OTAMsg": {"update_message"},
    "SystemInfo.OTACheckAllowed": {"update_check_allowed"},
    "SystemInfo.OTAUpdateAllowed": {"update_allowed"},
    "Meter1": {"meter1"},
    "Meter2": {"meter2"},
}


METER_NUMBERS = {
    "none": 0,
    "modbus_sdm72d_m": 1,
    "modbus_nmid30_2": 2,
    "modbus_sdm120m": 3,
    "ip_sdm72d_m": 4,
    "ip_nmid30_2": 5,
    "ip_sdm120m": 6,
    "remote_control": 7,
}


def _read(raw: Mapping[str, Any]) -> PspState:
    return from_wire(raw, STARTED_AT)


@pytest.mark.parametrize(("raw", "state"), GENERATIONS.values(), ids=GENERATIONS)
def test_generation(raw: dict[str, Any], state: PspState) -> None:
    """Every value of every generation is in the state, in amperes, watts and watt-hours."""
    assert _read(raw) == state
    assert _read(json.loads(json.dumps(raw))) == state


def test_generations_have_different_values_in_each_field() -> None:
    """No field is left at what it would be if its key were not read."""
    nothing = _read({})
    found = differences(nothing, NEW_STATE) | differences(nothing, OLD_STATE)
    assert found == {field.name for field in fields(PspState)} - {"started_at"}


@pytest.mark.parametrize(("raw", "state"), GENERATIONS.values(), ids=GENERATIONS)
def test_any_key_that_is_missing(raw: dict[str, Any], state: PspState) -> None:
    """Answers that lost one key or resource still have all the rest."""
    for path in paths(raw):
        assert differences(state, _read(changed(raw, path))) <= owned_by(OWNERS, path), path


@pytest.mark.parametrize(("raw", "state"), GENERATIONS.values(), ids=GENERATIONS)
def test_any_key_with_nonsense(raw: dict[str, Any], state: PspState) -> None:
    """Null, another type, or an absurd number in one place costs nothing else."""
    for path in paths(raw):
        for junk in JUNK:
            altered = changed(raw, path, junk)
            odd = _read(altered)
            assert differences(state, odd) <= owned_by(OWNERS, path), (path, junk)
            assert all(math.isfinite(number) for number in numbers(odd)), (path, junk)
            assert repr(odd)
            assert report(altered)


def test_every_key_that_is_read_has_an_owner() -> None:
    """The table above names every field but the moment of the start, and none that is not there."""
    names = {field.name for field in fields(PspState)} - {"started_at"}
    assert set().union(*OWNERS.values()) == names


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(JUNK) | JSON), min_size=1, max_size=6),
    st.sampled_from([raw for raw, _ in GENERATIONS.values()]),
)
def test_any_mutation_is_a_state(changes: list[tuple[int, object]], raw: dict[str, Any]) -> None:
    """Good answers with nonsense in several places are read without an exception, and show finite numbers."""
    for place, value in changes:
        ways = list(paths(raw))
        raw = changed(raw, ways[place % len(ways)], value)
    state = _read(raw)
    assert state == _read(raw)
    assert all(math.isfinite(number) for number in numbers(state))
    assert 6 <= state.maximum_a <= 32
    assert state.limit_a is None or 0 <= state.limit_a <= state.maximum_a
    assert state.identity.model


@pytest.mark.parametrize("resource", ["Status", "SystemConfig", "SystemInfo"])
@pytest.mark.parametrize(
    "raw",
    [
        *(None, 1, "OK", "<html></html>", [], [1, 2], {}, {"TimeStamp": 1, "SystemVersion": "0.9.1"}),
        {"name": "a lamp", "id": 7, "on": True},
        {"mode": "NORMAL", "evse": {}, "settings": {}},
        {"EvseState": 4},
        {"MAC": "E0:E2:E6:00:00:01"},
    ],
    ids=lambda raw: repr(raw)[:30],
)
def test_another_product_is_refused(resource: str, raw: object) -> None:
    """A lamp, another charger, a web page or nothing at all is not taken for a PSP EVSE."""
    with pytest.raises(ChargerProtocolError, match="not a PSP EVSE"):
        check(resource, raw)


@pytest.mark.parametrize("raw", [raw for raw, _ in GENERATIONS.values()], ids=GENERATIONS)
@pytest.mark.parametrize("resource", ["Status", "SystemConfig", "SystemInfo"])
def test_each_resource_is_known_by_its_own_keys(raw: dict[str, Any], resource: str) -> None:
    """An answer is taken for the resource that it is of, also without any one of its keys, and for no other."""
    for key in raw[resource]:
        assert check(resource, changed(raw, (resource, key))[resource])
    for other in {"Status", "SystemConfig", "SystemInfo"} - {resource}:
        with pytest.raises(ChargerProtocolError):
            check(other, raw[resource])


# One field at a time, in the newer answers but for what the case changes


@pytest.mark.parametrize(
    ("path", "value", "changes"),
    [
        ("Status.WiFiInfo", "559EVSE:60%", {"wifi_quality_percent": 60}),
        ("Status.WiFiInfo", "a:b:c:100%", {"wifi_quality_percent": 100}),
        ("Status.WiFiInfo", ":0%", {"wifi_quality_percent": 0}),
        ("Status.WiFiInfo", "559EVSE:62%", {"wifi_quality_percent": 60}),
        ("Status.WiFiInfo", "559EVSE,RSSI:-49dB/68%", {"wifi_quality_percent": 70}),
        ("Status.WiFiInfo", "559EVSE:101%", {"wifi_quality_percent": None}),
        ("Status.WiFiInfo", "559EVSE", {"wifi_quality_percent": None}),
        ("SystemInfo.WiFiInfo", "559EVSE,RSSI:-49dB/68%", {"wifi_signal_dbm": -49}),
        ("SystemInfo.WiFiInfo", "559EVSE:60%", {"wifi_signal_dbm": None}),
        ("SystemInfo.WiFiInfo", "559EVSE,RSSI:-999dB/0%", {"wifi_signal_dbm": None}),
        ("Status.PPCodedCurrent", 0, {"cable_limit_a": None}),
        ("Status.PPCodedCurrent", 63, {"cable_limit_a": 63}),
        ("Status.ActualCurrent", -1, {"current_a": None}),
        ("Status.ActualPower", -0.2, {"power_w": 0}),
        ("Status.ActualPower", 1e38, {"power_w": None}),
        ("Status.ActualEnergy", 5_401_799, {"session_energy_wh": 1500}),
        ("Status.ActualEnergy", -3600, {"session_energy_wh": None}),
        ("Status.ActualDurationTotalSeconds", 59, {"session_duration_s": 0}),
        ("Status.ActualDurationTotalSeconds", -1, {"session_duration_s": 9 * 3600 + 59 * 60}),
        ("SystemConfig.Meter1Type", 7, {"meter1_type": MeterType.REMOTE_CONTROL}),
        ("SystemConfig.Meter2Type", 8, {"meter2_type": None}),
        ("SystemConfig.Meter2Ip", "bridge.in.my.house.example", {"meter2_address": None}),
        ("SystemConfig.ChargeCurrent", -6, {"charge_current_a": None}),
        ("SystemConfig.Charge3Phase", 1, {"three_phase": True}),
        ("SystemInfo.MAC", "00:00:00:00:00:00", {"mac": None}),
        ("SystemInfo.MAC", "ff:ff:ff:ff:ff:ff", {"mac": None}),
        ("SystemInfo.MAC", "e0e2.e600.0002", {"mac": "E0E2E6000002"}),
        ("SystemInfo.MAC", "E0:E2:E6", {"mac": None}),
        ("SystemInfo.HeapInfo", "0x022DF0/ hush", {"heap": None}),
        ("SystemInfo.OTAMsg", "x" * 300, {"update_message": None}),
    ],
)
def test_field(path: str, value: object, changes: dict[str, Any]) -> None:
    """Each field is read as documented, and what makes no sense is unknown."""
    assert _read(changed(NEW, tuple(path.split(".")), value)) == replace(NEW_STATE, **changes)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00h:00m:00s", 0),
        ("00:00:00", 0),
        ("01h:02m:03s", 3720),
        ("123:59:59", 123 * 3600 + 59 * 60),
        ("1:2", None),
        ("01h:02m", None),
        ("later", None),
        (3600, None),
    ],
)
def test_duration_of_old_firmware(text: object, seconds: float | None) -> None:
    """Both spellings of the session's time are read where the seconds are missing; whole minutes are enough."""
    raw = changed(NEW, ("Status", "ActualDurationTotalSeconds"))
    assert _read(changed(raw, ("Status", "ActualDuration"), text)).session_duration_s == seconds


@pytest.mark.parametrize(
    ("number", "stage", "fault", "status", "plugged_in", "charging"),
    [
        (0, Stage.WAITING, Fault.NONE, None, None, None),
        (1, Stage.IDLE, Fault.NONE, Status.DISCONNECTED, False, False),
        (2, Stage.FAULT, Fault.RELAY, Status.FAULT, None, False),
        (3, Stage.FAULT, Fault.EMERGENCY_STOP, Status.FAULT, None, False),
        (4, Stage.CONNECTED, Fault.NONE, Status.CONNECTED, True, False),
        (5, Stage.CHARGING, Fault.NONE, Status.CHARGING, True, True),
        (6, Stage.CHARGING_VENTILATED, Fault.NONE, Status.CHARGING, True, True),
        (7, Stage.FAULT, Fault.CAR_DIODE, Status.FAULT, None, False),
        (8, Stage.FAULT, Fault.PILOT, Status.FAULT, None, False),
        (9, Stage.FAULT, Fault.GENERAL, Status.FAULT, None, False),
        (10, Stage.FAULT, Fault.CABLE, Status.FAULT, None, False),
        (11, Stage.FAULT, Fault.LOCK, Status.FAULT, None, False),
        (12, None, None, None, None, None),
        (4.5, None, None, None, None, None),
        (None, None, None, None, None, None),
    ],
)
def test_state(
    number: float | None,
    stage: Stage | None,
    fault: Fault | None,
    status: Status | None,
    plugged_in: bool | None,
    charging: bool | None,
) -> None:
    """The controller's states, in the order of the enumeration; a fault hides whether there is a car."""
    state = _read(changed(NEW, ("Status", "EvseState"), number))
    assert (state.stage, state.fault, state.status) == (stage, fault, status)
    assert (state.plugged_in, state.charging) == (plugged_in, charging)


@pytest.mark.parametrize(
    ("started", "available_w", "three_phases", "status"),
    [
        (False, 0, True, Status.PAUSED),
        (True, None, True, Status.CONNECTED),
        (True, 4140, True, Status.CONNECTED),
        (True, 4139, True, Status.WAITING_FOR_POWER),
        (True, 1380, False, Status.CONNECTED),
        (True, 1379, False, Status.WAITING_FOR_POWER),
        (True, 1380, None, Status.CONNECTED),
        (None, 0, True, Status.WAITING_FOR_POWER),
        (None, None, None, Status.CONNECTED),
    ],
)
def test_why_a_car_waits(
    started: bool | None, available_w: float | None, three_phases: bool | None, status: Status
) -> None:
    """A car waits to be started, for power for 6 A, or by its own choice."""
    raw = deepcopy(NEW)
    raw["Status"] |= {
        "EvseState": 4,
        "ChargerStarted": started,
        "ActualPowerAvailable": available_w,
        "ThreePhaseCharging": three_phases,
    }
    assert _read(raw).status is status


@pytest.mark.parametrize(
    ("key", "numbers"),
    [
        ("charger_mode", {"tethered": 0, "socket": 1}),
        ("lock_method", {"solenoid": 0, "servomotor": 1}),
        ("control_strategy", {"off": 0, "limit_power": 1}),
        ("meter1_type", METER_NUMBERS),
        ("meter2_type", METER_NUMBERS),
    ],
)
def test_numbers_of_the_wire(key: str, numbers: dict[str, int]) -> None:
    """Each choice has the number that the document gives it, both ways."""
    [setting] = [setting for setting in SETTINGS if setting.key == key]
    assert isinstance(setting, ChoiceSetting)
    assert {word.value: setting.to_wire(word) for word in setting.words} == numbers
    for word in setting.words:
        raw = {"SystemConfig": {"ChargeCurrent": 6, setting.name: numbers[word.value]}}
        assert setting.value(_read(raw)) is word


def test_meters_that_need_an_address() -> None:
    """Those by IP, and remote control, are there only together with an address."""
    assert {word for word in MeterType if word.needs_address} == {
        MeterType.IP_SDM72D_M,
        MeterType.IP_NMID30_2,
        MeterType.IP_SDM120M,
        MeterType.REMOTE_CONTROL,
    }


@pytest.mark.parametrize(
    ("type_", "has"),
    [(0, False), (1, True), (6, True), (7, False), ("7", False), (9, True), (None, False), ("new", False)],
)
def test_has_meter(type_: object, has: bool) -> None:
    """A meter is read where there is one, also of a type that we do not know; remote control is none."""
    assert has_meter({"Meter2Type": type_, "Meter1Type": not has}, "Meter2") is has


@pytest.mark.parametrize(
    ("boosted", "charge_a", "boost_a", "cable_a", "limit_a"),
    [
        (False, 16, 32, None, 16),
        (True, 16, 32, None, 32),
        (True, 16, 32, 20, 20),
        (True, 16, 10, None, 10),
        (None, 16, 32, None, 32),
        (None, 16, 10, None, 16),
        (False, None, 32, None, None),
        (True, 16, None, None, None),
        (None, 16, None, None, None),
        (False, 40, 40, 63, 32),
    ],
)
def test_limit(
    boosted: bool | None,
    charge_a: float | None,
    boost_a: float | None,
    cable_a: float | None,
    limit_a: float | None,
) -> None:
    """The boost current holds while it is boosted; what is not known is the higher one; the cable is the end."""
    state = replace(
        NEW_STATE,
        boosted=boosted,
        charge_current_a=charge_a,
        boost_current_a=boost_a,
        cable_limit_a=cable_a,
    )
    assert state.limit_a == limit_a


def test_identity() -> None:
    """The address on the network is the serial number, however it is spelled."""
    assert NEW_STATE.identity == Identity(
        model="PSP EVSE v1.0 (01100200)", serial="e0e2e6000001", firmware="0.9.1", mac="e0:e2:e6:00:00:01"
    )
    assert replace(NEW_STATE, product_type=None, mac=None).identity == Identity(
        model="PSP EVSE v1.0", firmware="0.9.1"
    )
    assert _read({"SystemInfo": NEW["SystemInfo"]}).identity.firmware == "0.9.2"


@pytest.mark.parametrize(
    ("raw", "seconds"), [(179_760, 179.76), ("5", 0.005), (0, 0), (-1, None), (None, None), (1e300, None)]
)
def test_uptime(raw: object, seconds: float | None) -> None:
    """Milliseconds become seconds."""
    assert uptime_s({"TimeStamp": raw}) == seconds


# Registers


def _register(description: object, value: object = 1.5, status: object = "Valid") -> Register:
    raw = {"Desc": description, "Value": value, "DataStatus": status}
    [register] = _read({"Meter1": {"Meter1": {"ModbusData": {"0x04_0x0034": raw}}}}).meter1
    return register


@pytest.mark.parametrize(
    ("description", "name", "unit"),
    [
        ("TotalSystemPower[W]", "total system power", "W"),
        ("ResettableImportActiveEnergy[kWh]", "resettable import active energy", "kWh"),
        ("L1Voltage[V]", "L1 voltage", "V"),
        ("VoltageL1N[V]", "voltage L1 N", "V"),
        ("THDCurrentL2[%]", "THD current L2", "%"),
        ("Power factor", "power factor", None),
        ("total_import [kWh]", "total import", "kWh"),
        ("Phase1Current[A]", "phase1 current", "A"),
        ("Energy[ ]", "energy", None),
        ("Energy[]", "energy", None),
        ("[W]", "register 04_0034", "W"),
        ("", "register 04_0034", None),
        (None, "register 04_0034", None),
        (7, "register 04_0034", None),
        ("Mit Umlaut: Größe[A]", "mit umlaut größe", "A"),
        ("x" * 100, "register 04_0034", None),
    ],
)
def test_description_of_a_register(description: object, name: str, unit: str | None) -> None:
    """The meter maker's name is split into words, and its unit taken off."""
    register = _register(description)
    assert (register.name, register.unit) == (name, unit)


@pytest.mark.parametrize(
    ("value", "status", "read"),
    [
        (475.2041931152344, "Valid", 475.2042),
        (0.3310000002384186, "Valid", 0.331),
        (-0.0, "Valid", 0.0),
        ("12.5", "Valid", 12.5),
        (8_614_812, "Valid", 8_614_812),
        (1.0, "Not available", None),
        (1.0, None, None),
        (1.0, "Fine", None),
        (None, "Valid", None),
        (math.nan, "Valid", None),
        (1e38, "Valid", None),
        (-math.inf, "Valid", None),
        (True, "Valid", None),
    ],
)
def test_value_of_a_register(value: object, status: object, read: float | None) -> None:
    """A value is rid of the digits that a 32-bit float never had; what is not valid is unknown."""
    assert _register("TotalSystemPower[W]", value, status).value == read


@given(st.floats(-1e7, 1e7, width=32))
def test_any_32_bit_float_is_read_as_precisely_as_it_is(value: float) -> None:
    """No more than the last bit of a 32-bit float is lost."""
    read = _register("Energy[kWh]", value).value
    assert read is not None
    assert math.isclose(read, value, rel_tol=1e-6)


@pytest.mark.parametrize(
    ("wire", "key"),
    [
        ("0x04_0x0034", "04_0034"),
        ("0X03_0X00fF", "03_00ff"),
        ("0x4_0x34", "04_0034"),
        ("0x04_0x00034", None),
        ("04_0034", None),
        ("0x04_", None),
        ("", None),
    ],
)
def test_key_of_a_register(wire: str, key: str | None) -> None:
    """Function code and address are hexadecimal numbers; what is no register is left out."""
    registers = _read({"Meter1": {"Meter1": {"ModbusData": {wire: {"Desc": "X"}}}}}).meter1
    assert [register.key for register in registers] == ([key] if key else [])


@pytest.mark.parametrize("name", ["Meter2", "Meter1", "Meter", None])
def test_root_of_a_meter(name: str | None) -> None:
    """The registers are found under whatever name, of which there is no example for the second meter."""
    data = NEW["Meter1"]["Meter1"]
    assert _read({"Meter2": {name: data} if name else data}).meter2 == NEW_STATE.meter1


@pytest.mark.parametrize(
    ("state", "current_a", "power_w"),
    [
        (0, 12.3, 2838),
        (1, 0, 0),
        # A relay that does not open.
        (2, 12.3, 2838),
        (4, 0, 0),
        (5, 12.3, 2838),
        (6, 12.3, 2838),
        (99, 12.3, 2838),
    ],
)
def test_a_car_that_does_not_charge_draws_nothing(state: int, current_a: float, power_w: float) -> None:
    """What is shown before a car charges is offered, as in the vendor's example; no energy comes of it."""
    read = _read(NEW | {"Status": NEW["Status"] | {"EvseState": state}})
    assert (read.current_a, read.power_w) == (current_a, power_w)


def test_e6_other_registers_with_each_answer() -> None:
    """Registers are added while there is room for them, and those that are known stay."""
    known: dict[str, Known] = {"Meter1": Known(), "Meter2": Known()}

    def keys(addresses: Iterable[int]) -> list[str]:
        data = {f"0x04_0x{address:04x}": {"Desc": "X[W]"} for address in addresses}
        answers = {"Meter1": {"Meter1": {"ModbusData": data}}}
        return [register.key for register in from_wire(answers, STARTED_AT, known).meter1]

    assert keys([1, 2]) == ["04_0001", "04_0002"]
    assert len(keys(range(100, 200))) == 62
    assert keys([200, 2, 1]) == ["04_0002", "04_0001"]
    # Another meter has the places of the one before, once that has not been read for long; not while it is away.
    others = range(300, 340)
    for _ in range(PATIENCE - 1):
        assert keys(others) == []
        from_wire({"Meter1": None}, STARTED_AT, known)
    assert len(keys(others)) == 40
    assert keys([1, 2]) == ["04_0001", "04_0002"]
    assert len(keys([*others, 1, 2, *range(100, 200)])) == 64


def test_more_registers_than_any_meter_has() -> None:
    """A meter cannot create any number of entities."""
    data = {f"0x04_0x{address:04x}": {"Desc": "X"} for address in range(1000)}
    assert len(_read({"Meter1": {"Meter1": {"ModbusData": data}}}).meter1) == 64


def test_report_shows_what_helps_and_hides_what_is_private() -> None:
    """Numbers, versions and descriptions are shown; network, address and meters' addresses are not."""
    shown: Any = report(NEW)
    assert shown["Status"] == NEW["Status"] | {"WiFiInfo": "**REDACTED**"}
    assert shown["SystemConfig"] == NEW["SystemConfig"] | {
        "Meter1Ip": "**REDACTED**",
        "Meter2Ip": "**REDACTED**",
    }
    assert shown["SystemInfo"] == NEW["SystemInfo"] | {"WiFiInfo": "**REDACTED**", "MAC": "**REDACTED**"}
    assert shown["Meter1"] == NEW["Meter1"]
    text = f"{NEW_STATE!r} {NEW_STATE.identity!r}"
    assert not [
        secret
        for secret in ("E0E2E6", "e0e2e6", "e0:e2", "192.0.2.30", "192.0.2.31", "net")
        if secret in text
    ]
