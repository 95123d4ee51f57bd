"""Case A9: a slow charger is sent nothing, and nothing is stored of it, after its entry was unloaded or removed."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.control.claim import Source
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from tests.emulators.psp import PspEmulator

TARGET = {"entity_id": "sensor.psp_evse_status"}
ALWAYS = {"start": "00:00", "end": "00:00"}


def commands(emulator: PspEmulator) -> list[Any]:
    """Return what was sent to the charger that is no question."""
    return [request for request in emulator.calls if request.method == "POST"]


@pytest.mark.parametrize("how", ["unload", "remove"])
async def test_a9_nothing_is_sent_after_the_end(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: PspEmulator,
    hass_storage: dict[str, Any],
    how: str,
) -> None:
    """A limit for a time ends while a slow poll is under way, and the entry goes: its end is not sent afterwards."""
    emulator.plug_in()
    await hass.services.async_call(
        DOMAIN, "set_current_limit", TARGET | {"current": 8, "duration": {"hours": 1}}, blocking=True
    )
    await hass.async_block_till_done()
    control = loaded.runtime_data.control
    emulator.delay_s = 0.4
    polled = hass.async_create_task(loaded.runtime_data.coordinator.async_refresh())
    control.set_claim(Source.TIMED, None)
    control.set_claim(Source.SCHEDULE, None)
    await asyncio.sleep(0.05)
    if how == "unload":
        assert await hass.config_entries.async_unload(loaded.entry_id)
    else:
        await hass.config_entries.async_remove(loaded.entry_id)
    sent = len(commands(emulator))
    await polled
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(commands(emulator)) == sent
    stored = [key for key in hass_storage if loaded.entry_id in key]
    assert bool(stored) is (how == "unload")


@pytest.mark.parametrize("how", ["unload", "remove"])
async def test_a9_nothing_is_stored_after_the_end(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: PspEmulator,
    hass_storage: dict[str, Any],
    how: str,
) -> None:
    """A schedule is being carried out by a slow charger: it does not come back after the entry was removed."""
    emulator.plug_in()
    await loaded.runtime_data.coordinator.async_refresh()
    emulator.delay_s = 0.4
    call = hass.async_create_task(
        hass.services.async_call(
            DOMAIN,
            "set_schedule",
            TARGET | {"windows": [ALWAYS | {"current": 0}], "executed_by": "home_assistant"},
            blocking=True,
        )
    )
    await asyncio.sleep(0.05)
    if how == "unload":
        assert await hass.config_entries.async_unload(loaded.entry_id)
    else:
        await hass.config_entries.async_remove(loaded.entry_id)
    sent = len(commands(emulator))
    await asyncio.gather(call, return_exceptions=True)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=5))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(commands(emulator)) == sent
    if how == "remove":
        assert not [key for key in hass_storage if loaded.entry_id in key]
