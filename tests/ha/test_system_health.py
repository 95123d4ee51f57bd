"""System health, as the page of the system information asks for it."""

from datetime import timedelta
import json
from pathlib import Path
from typing import Any

from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.evse_pilot import system_health
from custom_components.evse_pilot.const import CONF_EXPIRES_AT, DOMAIN
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.const import CONF_ACCESS_TOKEN, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.emulators.base import Line
from tests.emulators.evnex import EvnexEmulator
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import entry_for
from .evnex.conftest import entry_for as evnex_entry
from .group.conftest import group_entry, member

TEXTS = json.loads(
    (Path(system_health.__file__).parent / "translations" / "en.json").read_text(encoding="utf-8")
)["system_health"]["info"]


async def info(hass: HomeAssistant) -> dict[str, Any]:
    """Return what the page shows; a check that takes its time has ended."""
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    shown = await get_system_health_info(hass, DOMAIN)
    return {
        key: value if isinstance(value, (int, str)) or key == "login_ends" else await value
        for key, value in shown.items()
    }


async def test_chargers_and_groups(hass: HomeAssistant, emulator: SmartEvseEmulator) -> None:
    """What answers is counted, in a group and without; a disabled entry is not."""
    async with SmartEvseEmulator(serial=2) as second, SmartEvseEmulator(serial=3) as third:
        entries = [entry_for(box, f"Box {box.serial}") for box in (emulator, second, third)]
        group = group_entry(*(member(entry.entry_id, entry.title) for entry in entries[:2]))
        third.line = Line.REFUSED
        for entry in (*entries, group):
            entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entries[0].entry_id)
        await hass.async_block_till_done()
        assert await info(hass) == {
            "chargers": 3,
            "chargers_reachable": 2,
            "groups": 1,
            "members": 2,
            "members_reachable": 2,
        }
        await hass.config_entries.async_set_disabled_by(entries[1].entry_id, ConfigEntryDisabler.USER)
        await hass.config_entries.async_unload(group.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert await info(hass) == {
            "chargers": 2,
            "chargers_reachable": 1,
            "groups": 1,
            "members": 2,
            "members_reachable": 0,
        }


async def test_a_cloud(hass: HomeAssistant) -> None:
    """A cloud is asked whether it answers; of the log-ins the first to end counts, and there is no secret."""
    # Chargers that are not set up are asked for nothing.
    assert await async_setup_component(hass, DOMAIN, {})
    async with EvnexEmulator() as cloud:
        entries = [evnex_entry(cloud, lasts=timedelta(days=days)) for days in (50, 40)]
        for entry in entries:
            entry.add_to_hass(hass)
        shown = await info(hass)
        assert shown["cloud"] == "ok"
        assert shown["login_ends"] == dt_util.parse_datetime(entries[1].data[CONF_EXPIRES_AT])
        assert set(shown) == set(TEXTS)
        assert entries[0].data[CONF_ACCESS_TOKEN] not in str(shown)
        assert entries[0].data[CONF_URL] not in str(shown)
        nowhere = entries[1].data | {CONF_URL: "http://127.0.0.1:1"}
        hass.config_entries.async_update_entry(entries[1], data=nowhere)
        assert (await info(hass))["cloud"] == {"type": "failed", "error": "unreachable"}
