"""Every key of the vendor's tables is shown, or named in the docs as left out, with the reason."""

from dataclasses import fields
from pathlib import Path
import re
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.evse_pilot.chargers.errors import ChargerProtocolError
from custom_components.evse_pilot.chargers.lektrico import entities
from custom_components.evse_pilot.chargers.lektrico.models import (
    SETTINGS,
    Device,
    LektricoState,
    device_from_wire,
    from_wire,
)
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
    """Where a key says something else the state is another one, unless the docs say that the key is left out."""
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
        # They count only while the charger says that there are some.
        answers["active_errors.get"]["rcd_error"] = True
    whole = from_wire(device, answers)
    keys = {key for answer in answers.values() for key in answer} - LEFT_OUT
    assert len(keys) > 10
    unread = set()
    for key in keys:
        # What one answer lacks may be in another one, so all of them say the same.
        changed = [
            {method: answer | ({key: value} if key in answer else {}) for method, answer in answers.items()}
            for value in (None, False, True, 7, "E")
        ]
        if all(_state(device, variant) == whole for variant in changed):
            unread.add(key)
    assert unread == set()


def _state(device: Device, answers: dict[str, Any]) -> LektricoState | None:
    try:
        return from_wire(device, answers)
    except ChargerProtocolError:
        return None


def test_every_part_of_the_state_is_shown() -> None:
    """What was read is shown, but for what is private or says which box it is."""
    source = Path(entities.__file__).read_text(encoding="utf-8")
    models = (Path(entities.__file__).parent / "models.py").read_text(encoding="utf-8")
    private = {field.name for field in fields(LektricoState) if not field.repr}
    # On the device page, in the pace, or in how a part of the schedule or of the light is shown.
    elsewhere = {"model", "firmware"}
    for field in fields(LektricoState):
        name = field.name
        if name in private - {"alias"} | elsewhere:
            continue
        shown = re.search(rf"\b(?:s|state)\.{name}\b", source)
        # Through a property that is shown.
        derived = re.search(rf"self\.{name}\b", models)
        assert shown or derived, name


def test_every_setting_is_written_or_left_out() -> None:
    """Each key of App_config has a command of its own, or is named as left out."""
    charger = (Path(entities.__file__).parent / "charger.py").read_text(encoding="utf-8")
    assert {key for key in SETTINGS if f'set_config("{key}"' not in charger} <= LEFT_OUT
