"""Captured answers of real chargers, where they are at hand: they are not part of this repository.

The expected states were worked out by hand from the protocol's description.
"""

from dataclasses import fields
import json
from pathlib import Path
from typing import Any

from chargers.smartevse.models import SmartEvseState, from_wire, report
from chargers.smartevse.readers import Currents
from chargers.smartevse.words import (
    Access,
    CapacityMode,
    Error,
    Led,
    LockType,
    Mode,
    PowerShare,
    RfidReader,
    RfidStatus,
    SecondContactor,
    Stage,
)
from chargers.types import Status
import pytest

FOLDER = Path(__file__).parents[4] / "shared" / "protocols" / "smartevse" / "samples"
if not FOLDER.is_dir():
    pytest.skip("the captured answers are not at hand", allow_module_level=True)

# The state of an answer without any of the keys; each line below names all that differs.
NOTHING: dict[str, Any] = dict.fromkeys(field.name for field in fields(SmartEvseState)) | {
    "can_pause": False,
    "has_delayed_start": False,
    "has_modem": False,
    "accepts_car_id": False,
    "accepts_card_id": False,
    "led_colors": {},
    "has_no_solar": False,
    "mains_silent": False,
}
# What the constructed shapes share: three phases of 16 A in smart mode, a mains meter fed over the wire.
CHARGING: dict[str, Any] = {
    "serial": "12345",
    "mqtt_number": "12345",
    "status": Status.CHARGING,
    "mode": Mode.SMART,
    "underlying_mode": Mode.SMART,
    "underlying_number": 1,
    "access": Access.ON,
    "stage": Stage.CHARGING,
    "error": Error.NONE,
    "plugged_in": True,
    "charging": True,
    "duty_cycle_percent": 26.6,  # 272 / 1024
    "solar_stop_timer_s": 0,
    "power_share": PowerShare.DISABLED,
    "temperature_c": 33,
    "temperature_max_c": 65,
    "offered_current_a": 16.0,
    "override_current_a": 0,
    "current_min_a": 6,
    "current_max_a": 16,
    "mains_fuse_a": 25,
    "mains_sum_max_a": 0,
    "solar_max_import_a": 0,
    "solar_start_current_a": 4,
    "solar_stop_time_min": 10,
    "second_contactor": SecondContactor.ALWAYS_ON,
    "has_delayed_start": True,
    "daily_repeat": False,
    "backlight": False,
    "mains_meter": "API",
    "mains_currents": Currents(l1_a=5.7, l2_a=0.6, l3_a=1.2, total_a=7.5),
    "mains_currents_measured": Currents(l1_a=5.7, l2_a=0.6, l3_a=1.2, total_a=7.5),
    "mains_import_wh": 8_614_800,
    "mains_export_wh": 5_289_300,
    "ev_meter": "Eastron3P",
    "ev_currents": Currents(l1_a=16.0, l2_a=15.9, l3_a=15.9, total_a=47.8),
    "ev_power_w": 11_000,
    "session_energy_wh": 3400,
    "total_energy_wh": 5_670_100,
    "ev_import_wh": 5_670_100,
    "rfid_status": RfidStatus.NOT_INSTALLED,
    "wifi_signal_dbm": -60,
    "mqtt_connected": False,
}
V3_5 = CHARGING | {"has_modem": True, "circuit_max_a": 16}
V3_7 = V3_5 | {
    "has_modem": False,
    "custom_button": False,
    "mains_sum_max_time_min": 0,
    "lcd_lock": False,
    "led_colors": {
        Led.OFF: (0, 0, 0),
        Led.NORMAL: (0, 255, 0),
        Led.SMART: (0, 255, 0),
        Led.SOLAR: (255, 170, 0),
        Led.CUSTOM: (0, 0, 255),
    },
}
V3_8 = V3_7 | {
    "can_pause": True,
    "rfid_reader": RfidReader.DISABLED,
    "lock_type": LockType.DISABLED,
    "cable_lock": False,
}
V3_10 = V3_8 | {
    "phases_in_use": 3,
    "accepts_card_id": True,
    "ethernet_connected": False,
    "mains_import_wh": 8_614_812,
    "mains_export_wh": 5_289_345,
    "ev_power_w": 11_040,
    "session_energy_wh": 3412,
    "total_energy_wh": 5_670_123,
    "ev_import_wh": 5_670_123,
}

EXPECTED: dict[str, dict[str, Any]] = {
    "06_settings_2024-01-03_build_v1.8": {
        "firmware": "21:02:46 @Jan  3 2024",
        "mqtt_number": "12345",
        "phases_in_use": 0,
        "status": Status.DISCONNECTED,
        "mode": Mode.OFF,
        "underlying_mode": Mode.SMART,
        "underlying_number": 1,
        "access": Access.OFF,
        "stage": Stage.READY,
        "error": Error.NONE,
        "plugged_in": False,
        "charging": False,
        "duty_cycle_percent": 100,
        "solar_stop_timer_s": 0,
        "power_share": PowerShare.DISABLED,
        "temperature_c": 16,
        "temperature_max_c": 60,
        "offered_current_a": 0,
        "override_current_a": 0,
        "current_min_a": 6,
        "current_max_a": 16,
        "mains_fuse_a": 25,
        "circuit_max_a": 16,
        "mains_sum_max_a": 600,
        "solar_max_import_a": 9,
        "solar_start_current_a": 29,
        "solar_stop_time_min": 10,
        "second_contactor": SecondContactor.ALWAYS_ON,
        "has_modem": True,
        "has_delayed_start": True,
        "daily_repeat": False,
        "backlight": False,
        "mains_meter": "InvEastrn",
        "mains_currents": Currents(l1_a=5.7, l2_a=0.6, l3_a=1.2, total_a=7.5),
        "mains_currents_measured": Currents(l1_a=5.7, l2_a=0.6, l3_a=1.2, total_a=7.5),
        "mains_import_wh": 8_614_800,
        "mains_export_wh": 5_289_300,
        "ev_meter": "Eastron3P",
        "ev_currents": Currents(l1_a=0, l2_a=0, l3_a=0.1, total_a=0.1),
        "ev_power_w": 0,
        "session_energy_wh": 0,
        "total_energy_wh": 5_670_100,
        "ev_import_wh": 5_670_100,
        "rfid_status": RfidStatus.NOT_INSTALLED,
        "wifi_signal_dbm": -82,
        "mqtt_connected": True,
    },
    "07_settings_SERKRI-1.8.0_waiting_for_solar": {
        "firmware": "SERKRI-1.8.0",
        "status": Status.WAITING_FOR_SOLAR,
        "mode": Mode.SOLAR,
        "underlying_mode": Mode.SOLAR,
        "underlying_number": 2,
        "access": Access.ON,
        "stage": Stage.CHARGING_STOPPED,
        "error": Error.WAITING_FOR_SOLAR,
        "plugged_in": True,
        "charging": False,
        "duty_cycle_percent": 100,
        "solar_stop_timer_s": 0,
        "power_share": PowerShare.DISABLED,
        "temperature_c": 21,
        "temperature_max_c": 65,
        "offered_current_a": 0,
        "override_current_a": 0,
        "current_min_a": 6,
        "rfid_status": RfidStatus.NOT_INSTALLED,
        "wifi_signal_dbm": -13,
    },
    "08_settings_2024-02-11_build_slave_loadbl2": {
        "firmware": "11:29:11 @Feb 11 2024",
        "status": Status.PAUSED,
        "mode": Mode.OFF,
        "underlying_mode": Mode.SMART,
        "underlying_number": 1,
        "access": Access.OFF,
        "stage": Stage.CHARGING_STOPPED,
        "error": Error.NONE,
        "plugged_in": True,
        "charging": False,
        "duty_cycle_percent": 100,
        "solar_stop_timer_s": 0,
        "power_share": PowerShare.NODE,
        "temperature_c": 25,
        "temperature_max_c": 65,
        "offered_current_a": 0,
        "override_current_a": 0,
        "current_min_a": 6,
        "current_max_a": 16,
        "mains_fuse_a": 25,
        "circuit_max_a": 16,
        "mains_sum_max_a": 600,
        "solar_max_import_a": 2,
        "solar_start_current_a": 4,
        "solar_stop_time_min": 10,
        "second_contactor": SecondContactor.SOLAR_OFF,
        "has_modem": True,
        "has_delayed_start": True,
        "daily_repeat": False,
        "mains_meter": "API",
        "ev_meter": "Eastron3P",
        "ev_power_w": 0,
        "session_energy_wh": 600,
        "total_energy_wh": 177_100,
        "rfid_status": RfidStatus.NOT_INSTALLED,
        "wifi_signal_dbm": -48,
        "mqtt_connected": True,
    },
    "10_settings_v3.6.7_master_solar": {
        "firmware": "v3.6.7",
        "serial": "12345",
        "status": Status.CHARGING,
        "mode": Mode.SOLAR,
        "underlying_mode": Mode.SOLAR,
        "underlying_number": 2,
        "access": Access.ON,
        "stage": Stage.CHARGING,
        "error": Error.NONE,
        "plugged_in": True,
        "charging": True,
        "duty_cycle_percent": 34.5,  # 353 / 1024
        "solar_stop_timer_s": 0,
        "power_share": PowerShare.MASTER,
        "temperature_c": 51,
        "temperature_max_c": 65,
        "offered_current_a": 20.7,
        "override_current_a": 0,
        "current_min_a": 6,
        "current_max_a": 32,
        "mains_fuse_a": 32,
        "circuit_max_a": 32,
        "mains_sum_max_a": 60,
        "mains_sum_max_time_min": 1,
        "solar_max_import_a": 6,
        "solar_start_current_a": 0,
        "solar_stop_time_min": 15,
        "second_contactor": SecondContactor.AUTO,
        "has_delayed_start": True,
        "daily_repeat": False,
        "mains_meter": "Sensorbox",
        "rfid_status": RfidStatus.NOT_INSTALLED,
        "wifi_signal_dbm": -48,
    },
    "12_settings_2025-04-14_build_v3.8": {
        "firmware": "08:10:16 @Apr 14 2025",
        "serial": "12345",
        "status": Status.CONNECTED,
        "mode": Mode.SMART,
        "underlying_mode": Mode.SMART,
        "underlying_number": 1,
        "access": Access.ON,
        "can_pause": True,
        "stage": Stage.CONNECTED,
        "error": Error.NONE,
        "plugged_in": True,
        "charging": False,
        "duty_cycle_percent": 44.9,  # 460 / 1024
        "solar_stop_timer_s": 0,
        "power_share": PowerShare.DISABLED,
        "custom_button": False,
        "temperature_c": 39,
        "temperature_max_c": 55,
        "offered_current_a": 27.0,
        "override_current_a": 0,
        "current_min_a": 6,
        "current_max_a": 27,
        "mains_fuse_a": 33,
        "circuit_max_a": 32,
        "mains_sum_max_a": 600,
        "mains_sum_max_time_min": 0,
        "solar_max_import_a": 0,
        "solar_start_current_a": 7,
        "solar_stop_time_min": 31,
        "second_contactor": SecondContactor.ALWAYS_OFF,
        "has_delayed_start": True,
        "daily_repeat": False,
        "lcd_lock": False,
        "mains_meter": "HmWzrd P1",
        "ev_meter": "Disabled",
        "rfid_status": RfidStatus.NOT_INSTALLED,
        "wifi_signal_dbm": -55,
        "mqtt_connected": True,
    },
    "14_settings_v3.9.2_off": {
        "firmware": "v3.9.2",
        "status": Status.DISCONNECTED,
        "mode": Mode.OFF,
        "access": Access.OFF,
        "can_pause": True,
        "plugged_in": False,
        "temperature_c": 13,
        "temperature_max_c": 65,
        "wifi_signal_dbm": -79,
    },
    "30_shape_v1.8.0": CHARGING
    | {"firmware": "SERKRI-1.8.0", "serial": None, "has_modem": True, "phases_in_use": 3},
    "31_shape_v3.5.1": V3_5 | {"firmware": "v3.5.1"},
    "33_shape_v3.7.4": V3_7 | {"firmware": "v3.7.4"},
    "34_shape_v3.8.5": V3_8 | {"firmware": "v3.8.5"},
    "35_shape_v3.9.3": V3_8 | {"firmware": "v3.9.3", "phases_in_use": 3},
    "36_shape_v3.10.3": V3_10 | {"firmware": "v3.10.3"},
    "37_shape_v3.11.1": V3_10 | {"firmware": "v3.11.1", "capacity_mode": CapacityMode.DISABLED},
}


def _raw(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


@pytest.mark.parametrize("name", EXPECTED)
def test_sample(name: str) -> None:
    """Each captured answer gives the expected state."""
    assert from_wire(_raw(name)) == SmartEvseState(**(NOTHING | EXPECTED[name]))


@pytest.mark.parametrize("name", EXPECTED)
def test_report_of_a_sample(name: str) -> None:
    """No network, account or serial number of a captured answer gets into a bug report."""
    raw = _raw(name)
    shown = str(report(raw))
    mqtt = raw.get("mqtt", {})
    secrets = [raw["wifi"]["ssid"], raw["wifi"]["bssid"], mqtt.get("host"), mqtt.get("topic_prefix")]
    secrets += [mqtt.get("username") and f": '{mqtt['username']}'", "12345"]
    assert [secret for secret in secrets if secret and secret in shown] == []


def test_every_sample_is_in_the_table() -> None:
    """No captured answer is left out."""
    assert {file.stem for file in FOLDER.glob("*.json")} == EXPECTED.keys()
