"""Diagnostics: all that a bug report needs, and no secret."""

import json
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.core import HomeAssistant
from tests.emulators.evnex import EvnexEmulator

from .conftest import Publish, entry_for


async def test_diagnostics(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, emulator: EvnexEmulator, publish: Publish
) -> None:
    """The snapshot and the last event are there; tokens, ids, names and addresses are not."""
    entry = entry_for(emulator, refresh="refresh-me")
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await publish()
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    text = json.dumps(diagnostics)
    for secret in (emulator.serial, *emulator.tokens, "refresh-me", "192.0.2.44", "203.0.113.9", "garage"):
        assert secret not in text
    assert "127.0.0.1" not in text
    assert diagnostics["data"]["vendor"] == "evnex"
    assert diagnostics["state"]["current_limit_a"] == 32
    assert diagnostics["state"]["ip_address"] == "**REDACTED**"
    assert diagnostics["answers"]["ACIData"]["data"]["STATE"] == 6
    assert diagnostics["answers"]["device"]["functions"] == ["setConfig"]


async def test_diagnostics_before_the_first_event(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, loaded: MockConfigEntry
) -> None:
    """A charger that has sent nothing yet has diagnostics, too."""
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, loaded)
    assert diagnostics["answers"]["ACIData"] is None
