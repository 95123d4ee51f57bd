"""The examples of the vendor's document, where they are at hand: they are not part of this repository.

The states were worked out by hand from the tables of the document.
"""

from collections.abc import Iterator
from dataclasses import fields
import json
from pathlib import Path
from typing import Any

from chargers.psp.models import (
    ChargerMode,
    ControlStrategy,
    Fault,
    LockMethod,
    MeterType,
    PspState,
    Stage,
    check,
    from_wire,
)
from chargers.psp.registers import Register
from chargers.types import Status
import pytest

from tests.emulators.base import Request
from tests.emulators.psp import PspEmulator

FOLDER = Path(__file__).parents[4] / "shared" / "protocols" / "psp" / "samples"
if not FOLDER.is_dir():
    pytest.skip("the document's examples are not at hand", allow_module_level=True)


def _sample(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def _known(**answers: Any) -> dict[str, Any]:
    """Return all fields that these answers contain."""
    state = from_wire(answers, None)
    nothing = from_wire({}, None)
    return {
        field.name: getattr(state, field.name)
        for field in fields(PspState)
        if getattr(state, field.name) != getattr(nothing, field.name)
    }


def test_status() -> None:
    """The example of Status: a car that is connected to a started session, at a cable of 20 A."""
    status = _sample("01_status_v0.9.1")
    assert _known(Status=check("Status", status)) == {
        "firmware": "0.9.1",
        "status": Status.CONNECTED,
        "stage": Stage.CONNECTED,
        "fault": Fault.NONE,
        "plugged_in": True,
        "charging": False,
        "phases": 3,
        # The example has 16 A and 11,040 W, though no car charges.
        "current_a": 0,
        "cable_limit_a": 20,
        "power_w": 0,
        "available_power_w": 22_080,
        "session_energy_wh": 0,
        "session_duration_s": 3720,
        "auto_start_allowed": False,
        "start_stop_allowed": True,
        "boost_allowed": True,
        "session_started": True,
        "boosted": False,
        "meter1_errors": 0,
        "meter2_errors": 0,
        "wifi_quality_percent": 60,
    }


def test_config() -> None:
    """The example of SystemConfig."""
    assert _known(SystemConfig=check("SystemConfig", _sample("05_systemconfig_v0.5.0"))) == {
        "charger_mode": ChargerMode.TETHERED,
        "lock_method": LockMethod.SOLENOID,
        "charge_current_a": 6,
        "boost_current_a": 32,
        "meter1_type": MeterType.MODBUS_SDM72D_M,
        "meter1_address": "192.168.0.30",
        "meter2_type": MeterType.MODBUS_NMID30_2,
        "meter2_address": "192.168.0.30",
        "phase_current_limit_a": 25,
        "control_strategy": ControlStrategy.LIMIT_POWER,
        "control_limit_w": 0,
        "auto_start": True,
        "three_phase": True,
    }


def test_info() -> None:
    """The example of SystemInfo."""
    assert _known(SystemInfo=check("SystemInfo", _sample("06_systeminfo_v0.9.2"))) == {
        "firmware": "0.9.2",
        "product_type": "01100200",
        "mac": "E0E2E6000001",
        "wifi_signal_dbm": -49,
        "heap": "0x022DF0/0x02D230",
        "condition": "System: Failure free",
        "update_message": "Operation not allowed in WiFi AP mode!",
        "update_check_allowed": True,
        "update_allowed": False,
    }


def test_meter() -> None:
    """The example of Meter1, repaired: an SDM72D-M."""
    assert from_wire({"Meter1": _sample("04_meter1_repaired")}, None).meter1 == tuple(
        Register(key=key, name=name, unit=unit, value=value)
        for key, name, unit, value in (
            ("04_0034", "total system power", "W", 475.2042),
            ("04_0048", "total import", "kWh", 0.331),
            ("04_004a", "total export", "kWh", 0),
            ("04_0156", "total", "kWh", 0.331),
            ("04_0180", "resettable total active energy", "kWh", 0.331),
            ("04_0184", "resettable import active energy", "kWh", 0.331),
            ("04_0186", "resettable export active energy", "kWh", 0),
            ("04_0500", "total import active power", "W", 476.0401),
            ("04_0502", "total export active power", "W", 0),
        )
    )


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.json")))
def test_the_docs_name_every_object(name: str) -> None:
    """The docs name each object of the guide, also those that are left out."""
    docs = (Path(__file__).parents[3] / "docs" / "psp.md").read_text(encoding="utf-8")
    # Registers are named by themselves, and Reset by its service code.
    named = {key for key in _keys(_sample(name)) if not key.startswith("0x")} - {"Scode"}
    assert [key for key in named if f"`{key}`" not in docs] == []


def _keys(raw: dict[str, Any]) -> Iterator[str]:
    for key, value in raw.items():
        if isinstance(value, dict):
            yield from _keys(value)
        else:
            yield key


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("01_status_v0.9.1", "Status"),
        ("06_systeminfo_v0.9.2", "SystemInfo"),
        ("05_systemconfig_v0.5.0", "SystemConfig"),
    ],
)
def test_the_emulator_answers_with_the_keys_of_the_example(name: str, resource: str) -> None:
    """The emulator leaves nothing out, adds nothing, and keeps the order and the types."""
    emulator = PspEmulator(cable_a=20, settings={"ControlStrategy": 1})
    sample, answer = _sample(name), emulator.resource(resource)
    assert list(answer) == list(sample)
    for key, value in sample.items():
        # A whole number of amperes is printed without a point.
        assert isinstance(answer[key], (int, float) if isinstance(value, int) else type(value)), key


def test_the_emulator_s_meter_is_the_example_s() -> None:
    """The emulated SDM72D-M has the registers of the example."""
    data, sample = (
        answer["Meter1"]["ModbusData"]
        for answer in (PspEmulator().resource("Meter1"), _sample("04_meter1_repaired"))
    )
    assert {key: value["Desc"] for key, value in data.items()} == {
        key: value["Desc"] for key, value in sample.items()
    }


async def test_the_emulator_replies_as_in_the_example() -> None:
    """A running session is stopped, a toggle that is false and a power without supervisor are answered in words."""
    emulator = PspEmulator()
    emulator.plug_in()
    for resource, request, reply in (
        ("EvseCtrl", "02_evsectrl_request", "03_evsectrl_response"),
        ("SystemInfo", "07_systeminfo_post_request", "08_systeminfo_post_response"),
    ):
        body = json.dumps(_sample(request)).encode()
        response = await emulator.answer(Request("POST", f"/webapi/v1/{resource}", {}, {}, body))
        assert response
        assert json.loads(response.body) == _sample(reply)
