"""Each key of the vendor's tables is shown, or named in the docs as left out, with the reason."""

from dataclasses import fields
from pathlib import Path
import re
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.evse_pilot.chargers.errors import ChargerProtocolError
from custom_components.evse_pilot.chargers.lektrico import entities
from custom_components.evse_pilot.chargers.lektrico.models import (
    LektricoDevice,
    LektricoState,
    device_from_wire,
    from_wire,
)
from custom_components.evse_pilot.chargers.lektrico.settings import SETTINGS
from tests.emulators.lektrico import LektricoEmulator

DOCS = (Path(__file__).parents[3] / "docs" / "lektrico.md").read_text(encoding="utf-8")
LEFT_OUT = set(re.findall(r"`(\w+)`", DOCS.partition("## Deliberately left out")[2]))
CHARGER = (
    *("charger_info.get", "app_config.get", "charger_config.get", "sw_version.get", "wifi_status.get"),
    *("system_currents.get", "counters_config.get", "dynamic_current.get", "em_status.get"),
    *("active_errors.get", "logged_errors.get", "charging_schedule.get", "device_id.get"),
)
METER = ("meter_info.get", "app_config.get", "m2w_config.get", "sw_version.get", "wifi_status.get")


@pytest.mark.parametrize(("model", "methods"), [("3p22k", CHARGER), ("3em", METER)])
async def test_every_key_is_read_or_left_out(model: str, methods: tuple[str, ...]) -> None:
    """Another value of a key makes another state, unless the docs name the key as left out."""
    async with LektricoEmulator(model, "2.0") as box, ClientSession() as session:
        for key, entry in box.keys.items():
            if entry.value is None:
                entry.value = "0,0,0,0,0,0,0,0,0,0,0,0" if key == "led_template" else "something"
            if key == "connected_phase":
                entry.value = 1
            if key == "energy_management_enabled":
                entry.value = True
        box.plug_in()
        answers: dict[str, Any] = {}
        for method in methods:
            async with session.get(f"http://{box.host}:{box.port}/rpc/{method}") as response:
                answers[method] = await response.json()
        device = device_from_wire({"device_id": box.device_id})
    if box.is_charger:
        # They count only while the charger reports that there are some.
        answers["active_errors.get"]["rcd_error"] = True
    whole = from_wire(device, answers)
    keys = {key for answer in answers.values() for key in answer} - LEFT_OUT
    assert len(keys) > 10
    unread = set()
    for key in keys:
        # What one answer lacks may be in another one, so all of them are changed alike.
        changed = [
            {method: answer | ({key: value} if key in answer else {}) for method, answer in answers.items()}
            for value in (None, False, True, 7, "E")
        ]
        if all(_state(device, variant) == whole for variant in changed):
            unread.add(key)
    assert unread == set()


def _state(device: LektricoDevice, answers: dict[str, Any]) -> LektricoState | None:
    try:
        return from_wire(device, answers)
    except ChargerProtocolError:
        return None


def test_every_part_of_the_state_is_shown() -> None:
    """Each field is shown, but for the serial and what is on the device page."""
    folder = Path(entities.__file__).parent
    source = "".join((folder / f"{name}.py").read_text(encoding="utf-8") for name in ("entities", "settings"))
    models = (folder / "models.py").read_text(encoding="utf-8")
    charger = (folder / "charger.py").read_text(encoding="utf-8")
    elsewhere = {"serial", "model", "firmware"}
    for field in fields(LektricoState):
        name = field.name
        if name in elsewhere:
            continue
        shown = re.search(rf"\b(?:s|state)\.{name}\b", source)
        # Through a property that is shown, or in the calendar of its timetable.
        derived = re.search(rf"self\.{name}\b", models)
        in_timetable = name in ("week", "schedule_enabled") and f"state.{name}" in charger
        assert shown or derived or in_timetable, name


def test_every_setting_is_written_or_left_out() -> None:
    """Each key of App_config is a setting or has a command, or is named as left out."""
    charger = (Path(entities.__file__).parent / "charger.py").read_text(encoding="utf-8")
    keys = {*LektricoEmulator("3p22k", "2.0").keys, *LektricoEmulator("3em", "2.0").keys}
    settings = {setting.name for setting in SETTINGS}
    assert settings <= keys
    commands = {key for key in keys if f'set_config("{key}"' in charger}
    assert commands == {"gmt_offset", "charging_schedule_enabled", "led_template"}
    assert keys - settings - commands <= LEFT_OUT
