"""Captured answers of real boxes, where they are at hand: they are not part of this repository.

The expected values were worked out by hand from the vendor's document.
"""

from dataclasses import fields
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from chargers.lektrico.box import LektricoBox
from chargers.lektrico.charger import Lektrico
from chargers.lektrico.models import (
    LektricoDevice,
    LektricoState,
    device_from_wire,
    firmware_from_wire,
    from_wire,
    serial_from_name,
)
from chargers.lektrico.words import LimitReason
from chargers.types import Status
import pytest

from tests.chargers.bare import BareServer, reply

FOLDER = Path(__file__).parents[4] / "shared" / "protocols" / "lektrico" / "samples"
if not FOLDER.is_dir():
    pytest.skip("the captured answers are not at hand", allow_module_level=True)

DEVICE = LektricoDevice(model="1P7K", serial="500006", phases=1, is_charger=True)
# What is unknown without an answer that has it.
NOTHING: dict[str, Any] = dict.fromkeys(field.name for field in fields(LektricoState)) | {
    "is_charger": True,
    "model": "1P7K",
    "phase_count": 1,
    "serial": "500006",
    "has_led_template": False,
    "counts_life": True,
}


def sample(name: str) -> Any:
    """Return a captured answer."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def test_charging_under_an_energy_meter() -> None:
    """A 1P7K of firmware 1.47 charges with 5.5 of the 6 A that its energy meter allows."""
    info = sample("01_charger_info_1p7k_fw1.47_charging")
    state = from_wire(DEVICE, {"charger_info.get": info})
    assert state == LektricoState(
        **NOTHING
        | {
            "firmware": "1.47",
            "status": Status.CHARGING,
            "plugged_in": True,
            "paused": False,
            "limit_reason": LimitReason.METER,
            "faults": frozenset(),
            "reports_errors": False,
            "power_w": 1180,
            "currents_a": (5.47, None, None),
            "voltages_v": (221, None, None),
            "session_energy_wh": 3514,
            "session_time_s": 49_947,
            "session_number": 627,
            "total_energy_wh": 1_861_119,
            "temperature_c": 24,
            "offered_current_a": 6,
            "install_current_a": 32,
            "dynamic_current_a": 16,
            "meter_current_a": 6,
            "requires_authentication": False,
            "led_brightness_percent": 10,
        }
    )
    assert (state.limit_a, state.maximum_a, state.phases) == (6, 32, (1,))
    assert (state.charging, state.has_problem) == (True, False)


def test_config_of_a_charger() -> None:
    """What the vendor's client of firmware 1.23 documents of Charger_config.Get."""
    config = sample("25_docstring_charger_config")
    info = {"charger_state": "A"}
    state = from_wire(DEVICE, {"charger_info.get": info, "charger_config.get": config})
    assert (state.board_revision, state.rcd_enabled) == ("B", False)
    assert (state.temperature_limit_c, state.temperature_critical_c) == (65, 75)
    assert str(config["serial_number"]) == DEVICE.serial


def test_announcement() -> None:
    """The mDNS announcement of a 1P7K has the serial in its name and in its id."""
    announced = sample("14_ha_core_zeroconf")
    assert serial_from_name(announced["name"]) == "500006"
    assert serial_from_name(announced["hostname"]) == "500006"
    assert device_from_wire({"device_id": announced["properties"]["id"]}) == DEVICE


@pytest.mark.parametrize("name", ["20_rpc_reply_charge_start", "21_rpc_reply_app_config_set_em"])
async def test_reply_to_a_command(session: ClientSession, bare: BareServer, name: str) -> None:
    """The reply of a real charger, and of a real energy meter, accepts the frame with its number."""
    frame = sample(name)
    charger = Lektrico(LektricoBox(session, bare.host, bare.port, ids=iter([frame["id"]])))
    who = json.dumps({"device_id": frame["src"]}).encode()
    bare.answers = [reply(who), reply(json.dumps(frame).encode())]
    await charger.reboot()
    assert bare.received[1].startswith(b"POST /rpc HTTP/1.1\r\n")


@pytest.mark.parametrize("name", ["10_ha_core_get_info_current", "13_ha_core_current_measures"])
def test_output_of_the_vendors_client(name: str) -> None:
    """These two are not answers of a box but output of its client; the keys that both have agree in their units."""
    output = sample(name)
    wire = {"charger_state": "A", "extended_charger_state": "A", "current_limit_reason": 1} | {
        key: output[key]
        for key in (
            *("charging_time", "instant_power", "session_energy", "temperature", "total_charged_energy"),
            *("install_current", "fw_version"),
        )
    }
    wire |= {"voltages": [output["voltage_l1"], 0, 0], "currents": [output["current_l1"], 0, 0]}
    state = from_wire(DEVICE, {"charger_info.get": wire})
    assert (state.status, state.limit_reason) == (Status.DISCONNECTED, LimitReason.INSTALLATION)
    assert (state.install_current_a, state.voltages_v) == (6, (220, None, None))
    assert (state.session_time_s, state.power_w, state.total_energy_wh, state.temperature_c) == (0, 0, 0, 34)
    assert firmware_from_wire(wire) == "1.44"


def test_every_sample_is_used() -> None:
    """A sample that is added later has to be used, too."""
    assert {path.stem[:2] for path in FOLDER.glob("*.json")} == {
        "01",
        "10",
        "12",
        "13",
        "14",
        "20",
        "21",
        "25",
    }
    # The output of the client for Charger_config.Get.
    assert sample("12_ha_core_get_config") == {
        "type": "1p7k",
        "serial_number": "500006",
        "board_revision": "B",
    }
