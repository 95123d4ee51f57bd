"""Diagnostics: all that a bug report needs, and no secret."""

import json
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.core import HomeAssistant
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import entry_for

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


async def test_diagnostics_of_a_lost_charger(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, loaded: MockConfigEntry
) -> None:
    """A charger that is lost still tells what it said last."""
    loaded.runtime_data.coordinator.async_set_update_error(TimeoutError())
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, loaded)
    assert diagnostics["last_update_success"] is False
    assert diagnostics["answers"]["/settings"]["mode"] == "NORMAL"
