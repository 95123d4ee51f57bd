"""Diagnostics: all that a bug report needs, and no secret."""

import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from tests.emulators.base import Line
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import Poll, entry_for

CARD = "04A1B2C3D4E5F6"


async def test_diagnostics(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> None:
    """The snapshot and the raw answer are there, what is secret or personal is not, nor is what we do not know."""
    async with SmartEvseEmulator(
        serial=98765, rfid_reader="EnableAll", modem_build=True, ocpp_auth_key="hunter2", wifi=True
    ) as emulator:
        emulator.advance(5)
        emulator.car_soc = 40
        emulator.required_evccid = "0A0B0C0D0E0F"
        emulator.plug_in()
        emulator.swipe(CARD)
        emulator.says = {"evse": {"new_secret": "tomorrow's token"}}
        entry = entry_for(emulator)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
        assert await hass.config_entries.async_unload(entry.entry_id)
    text = json.dumps(diagnostics)
    for secret in (
        "98765",
        CARD,
        "hunter2",
        "0A0B0C0D0E0F",
        "emulated_wifi",
        "00:11:22:33:44:55",
        "192.0.2.10",
    ):
        assert secret not in text
    for secret in ("ocpp.example", "charge-box-7", "127.0.0.1", "tomorrow", "homeassistant"):
        assert secret not in text

    assert diagnostics["data"]["vendor"] == "smartevse"
    assert diagnostics["last_update_success"] is True
    assert diagnostics["state"]["ev_power_w"] == 0.0
    assert diagnostics["state"]["serial"] == "**REDACTED**"
    assert diagnostics["state"]["mac"] is None
    assert diagnostics["schedule"]["windows"] == []
    assert diagnostics["schedule"]["executed_by"] == "home_assistant"
    answer = diagnostics["answers"]["/settings"]
    assert answer["version"] == "v3.11.1"
    assert answer["settings"]["current_max"] == 16
    assert answer["ev_meter"]["description"] == "Eastron3P"
    assert answer["ocpp"]["auth_key"] == "**REDACTED**"
    assert answer["serialnr"] == "**REDACTED**"


async def test_what_was_decided_and_why(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    poll: Poll,
) -> None:
    """Claims, what the owner has set, the target, the last command, and what led to it."""
    target = {"entity_id": "sensor.smartevse_status"}
    emulator.plug_in()
    await poll()
    for data in ({"current": 13}, {"current": 8, "duration": {"hours": 1}}):
        await hass.services.async_call(DOMAIN, "set_current_limit", target | data, blocking=True)
    emulator.override_a = 10
    await poll()
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, loaded)
    control = diagnostics["control"]
    assert control["claims"].keys() == {"owner"}
    assert control["claims"]["owner"]["max_current_a"] == 10
    assert control["claims"]["owner"]["reason"] == "charger_limit"
    assert control["baseline"] == {"current_a": 16, "paused": False, "mode": "normal", "phases": 3}
    assert (control["target"]["current_a"], control["target"]["without_a"]) == (10, 16)
    assert control["acknowledgement"] == {"state": "confirmed", "asked_a": 10, "shown_a": 10}
    assert (control["is_plugged_in"], control["problem"], control["writes_today"]) == (True, None, 2)
    assert [(each["event"], each["current_a"], each["claims"]) for each in control["decisions"]] == [
        ("sent", 13, {"owner": 13}),
        ("accepted", 13, {"owner": 13}),
        ("confirmed", 13, {"owner": 13}),
        ("sent", 8, {"owner": 13, "timed": 8}),
        ("accepted", 8, {"owner": 13, "timed": 8}),
        ("confirmed", 8, {"owner": 13, "timed": 8}),
        ("foreign", 10, {"owner": 10}),
    ]
    emulator.line = Line.REFUSED
    emulator.line_for = lambda request: request.method == "POST"
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(DOMAIN, "set_current_limit", target | {"current": 9}, blocking=True)
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, loaded)
    control = diagnostics["control"]
    assert control["problem"] == "unreachable"
    assert control["decisions"][-1]["event"] == "failed"
    assert control["decisions"][-1]["problem"] == "unreachable"


async def test_diagnostics_of_a_lost_charger(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, loaded: MockConfigEntry
) -> None:
    """A charger that is lost still tells what it said last."""
    loaded.runtime_data.coordinator.async_set_update_error(TimeoutError())
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, loaded)
    assert diagnostics["last_update_success"] is False
    assert diagnostics["answers"]["/settings"]["mode"] == "NORMAL"
