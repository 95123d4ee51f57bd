"""A schedule leaves the charger to a group that shares a fuse, and takes it back, on each make of charger."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.chargers.capabilities import Limiter
from custom_components.evse_pilot.chargers.types import Status
from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.scheduling.schedule import Permit
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from tests.emulators.base import Emulator, Line
from tests.ha.makes import Make, look, settle, slug_of

ALWAYS = {"start": "00:00", "end": "00:00"}


async def _set(hass: HomeAssistant, make: Make, entry: MockConfigEntry, current_a: float) -> None:
    """Let a current hold all week."""
    await hass.services.async_call(
        DOMAIN,
        "set_schedule",
        {
            "entity_id": f"sensor.{slug_of(entry)}_status",
            "windows": [ALWAYS | {"current": current_a}],
            "executed_by": "home_assistant",
        },
        blocking=True,
    )
    await settle(hass, make)


async def _load(hass: HomeAssistant, make: Make, entry: MockConfigEntry, emulator: Emulator) -> Any:
    """Look at the charger anew."""
    await look(hass, make, entry, emulator)
    return entry.runtime_data.target.capability(Limiter).load(entry.runtime_data.coordinator.data)


async def test_paused_by_the_schedule(
    hass: HomeAssistant, make: Make, charger: MockConfigEntry, emulator: Emulator
) -> None:
    """One that the schedule has paused is paused by its limit afterwards, and goes on with the next limit."""
    runtime = charger.runtime_data
    await _set(hass, make, charger, 0)
    assert (await _load(hass, make, charger, emulator)).status is Status.SCHEDULED
    runtime.steering.set_steered(True)
    await settle(hass, make)
    assert not runtime.steering.allowed
    load = await _load(hass, make, charger, emulator)
    assert load.limit_a == 0
    assert load.status is Status.SCHEDULED
    await runtime.target.capability(Limiter).set_limit(8)
    load = await _load(hass, make, charger, emulator)
    assert (load.status, load.limit_a) == (Status.CHARGING, 8)


async def test_said_and_not_sent(
    hass: HomeAssistant, make: Make, charger: MockConfigEntry, emulator: Emulator
) -> None:
    """While a group steers, a window is its ceiling, and the charger hears nothing of it; afterwards it does."""
    runtime = charger.runtime_data
    runtime.steering.set_steered(True)
    before = await _load(hass, make, charger, emulator)
    await _set(hass, make, charger, 7)
    assert runtime.steering.ceiling_a == 7
    assert runtime.steering.permit == Permit(current_a=7)
    assert (await _load(hass, make, charger, emulator)).limit_a == before.limit_a
    runtime.steering.set_owners_limit(6)
    assert runtime.steering.ceiling_a == 6
    runtime.steering.set_owners_limit(0)
    assert not runtime.steering.allowed
    runtime.steering.set_owners_limit(None)
    runtime.steering.set_steered(False)
    await settle(hass, make)
    assert (await _load(hass, make, charger, emulator)).limit_a == 7


@pytest.mark.parametrize("window_begins", [False, True])
async def test_out_of_reach_when_a_group_takes_over(
    hass: HomeAssistant,
    make: Make,
    charger: MockConfigEntry,
    emulator: Emulator,
    caplog: pytest.LogCaptureFixture,
    window_begins: bool,
) -> None:
    """A charger that cannot be told now is left to the group as soon as it is there again."""
    runtime = charger.runtime_data
    await _set(hass, make, charger, 0)
    emulator.line = Line.REFUSED
    runtime.steering.set_steered(True)
    await settle(hass, make)
    emulator.line = Line.OK
    if window_begins:
        await _set(hass, make, charger, 8)
        await runtime.target.capability(Limiter).set_limit(8)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=61))
    await settle(hass, make)
    if window_begins:
        assert (await _load(hass, make, charger, emulator)).limit_a == 8
        return
    assert (await _load(hass, make, charger, emulator)).limit_a == 0
    await runtime.target.capability(Limiter).set_limit(8)
    assert (await _load(hass, make, charger, emulator)).limit_a == 8
    assert not [record for record in caplog.records if record.exc_info and record.name.startswith("custom")]
