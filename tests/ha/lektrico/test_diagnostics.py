"""Diagnostics: all that a bug report needs, and no secret."""

import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.const import CONF_PASSWORD, CONF_USERNAME
from homeassistant.core import HomeAssistant
from tests.emulators.lektrico import SECRETS, LektricoEmulator

from .conftest import entry_for


@pytest.mark.parametrize("model", ["1p7k", "3em"])
async def test_diagnostics(hass: HomeAssistant, hass_client: ClientSessionGenerator, model: str) -> None:
    """The snapshot and the raw answers are there, without what is secret, personal or not known."""
    async with LektricoEmulator(model, "2.0", username="annas_user", password="hush-hush") as emulator:
        emulator.settle_in()
        emulator.answers_instead = {
            "app_config.get": {key: entry.value for key, entry in emulator.keys.items()}
            | {"new_secret": "tomorrow's token"}
        }
        entry: MockConfigEntry = entry_for(
            emulator, **{CONF_USERNAME: "annas_user", CONF_PASSWORD: "hush-hush"}
        )
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
        assert await hass.config_entries.async_unload(entry.entry_id)
    text = json.dumps(diagnostics)
    for secret in (
        *SECRETS.values(),
        "annas_user",
        "hush-hush",
        "tomorrow",
        "emulated_wifi",
        "00:11:22:33:44:55",
    ):
        assert str(secret) not in text
    for secret in (str(emulator.serial), emulator.device_id, "192.0.2.44", "127.0.0.1", "1p7k_500006"):
        assert secret not in text

    assert diagnostics["data"]["vendor"] == "lektrico"
    assert diagnostics["state"]["serial"] == "**REDACTED**"
    answers = diagnostics["answers"]
    assert answers["sw_version.get"]["fw_version"] == "2.0"
    if model == "1p7k":
        assert diagnostics["state"]["alias"] == "**REDACTED**"
        assert answers["app_config.get"]["latitude"] == "**REDACTED**"
        assert answers["charger_info.get"]["extended_charger_state"] == "A"
        assert answers["app_config.get"]["user_current"] == 32
        assert answers["charging_schedule.get"] == {"charging_schedule": []}
    else:
        assert answers["meter_info.get"]["active_p"] == [460.0, 460.0, 460.0]
        assert answers["app_config.get"]["lb_meter_type"] == "Onboard"
