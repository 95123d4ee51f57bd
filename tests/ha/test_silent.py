"""A charger that takes requests and answers none of them: presses fail soon, and are not carried out late."""

import asyncio
import time
from typing import Any

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from tests.emulators.base import Emulator, Line

from .makes import MAKES, slug_of

TIMEOUT_S = 2.0


@pytest.mark.parametrize("make", ["smartevse", "lektrico", "psp"])
async def test_a10_presses_on_a_silent_box_fail_soon_and_are_not_carried_out_late(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, make: str
) -> None:
    """Three presses at once fail within one time-out, and none of them reaches a box that is back."""
    monkeypatch.setattr("custom_components.evse_pilot.chargers.http.TIMEOUT_S", TIMEOUT_S)
    async with MAKES[make].emulator() as emulator:
        entry = MAKES[make].entry(emulator)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        emulator.line = Line.SILENT
        emulator.calls.clear()
        entity_id = f"number.{slug_of(entry)}_current_limit"

        async def press(value: float) -> tuple[object, float]:
            started_s = time.monotonic()
            [error] = await asyncio.gather(
                hass.services.async_call(
                    "number", "set_value", {"entity_id": entity_id, "value": value}, blocking=True
                ),
                return_exceptions=True,
            )
            return error, time.monotonic() - started_s

        for error, lasted_s in await asyncio.gather(*(press(value) for value in (10, 11, 12))):
            assert isinstance(error, HomeAssistantError)
            assert error.translation_key in ("unreachable", "busy")
            # Today's 5 s are one time-out; the rest is for a busy machine.
            assert lasted_s < 1.3 * TIMEOUT_S
        emulator.line = Line.OK
        await hass.async_block_till_done(wait_background_tasks=True)
        # The one that was under way was taken while nothing answered; the others were never sent.
        sent = len(commands(emulator))
        assert sent <= 1
        await asyncio.sleep(TIMEOUT_S)
        assert len(commands(emulator)) == sent
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("make", ["smartevse", "lektrico", "psp"])
async def test_a10_one_read_back_for_all_that_wait(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, make: str
) -> None:
    """Twenty presses for which there is nothing to send leave no queue of readings at a silent box."""
    monkeypatch.setattr("custom_components.evse_pilot.chargers.http.TIMEOUT_S", 0.5)
    async with MAKES[make].emulator() as emulator:
        entry = MAKES[make].entry(emulator)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        await entry.runtime_data.coordinator.async_refresh()
        emulator.line = Line.SILENT
        emulator.calls.clear()
        press = {"entity_id": f"button.{slug_of(entry)}_clear_current_limit"}
        await asyncio.gather(
            *(hass.services.async_call("button", "press", press, blocking=True) for _ in range(20)),
            return_exceptions=True,
        )
        assert len(emulator.calls) <= 3
        emulator.line = Line.OK
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize("line", [Line.SILENT, Line.REFUSED])
@pytest.mark.parametrize("make", ["smartevse", "lektrico", "psp"])
async def test_a10_no_read_back_after_unreachable(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, make: str, line: Line
) -> None:
    """Twenty presses and an action fail within one time-out each, and are not followed by a request of ours."""
    monkeypatch.setattr("custom_components.evse_pilot.chargers.http.TIMEOUT_S", 1.0)
    async with MAKES[make].emulator() as emulator:
        entry = MAKES[make].entry(emulator)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        entity_id = f"number.{slug_of(entry)}_current_limit"
        lone = {
            "smartevse": ("button", "press", f"button.{slug_of(entry)}_restart", {}),
            "lektrico": ("switch", "turn_on", f"switch.{slug_of(entry)}_charger_lock", {}),
            "psp": ("number", "set_value", f"number.{slug_of(entry)}_boost_current", {"value": 20}),
        }[make]
        calls = [
            [("number", "set_value", entity_id, {"value": 7 + number % 5}) for number in range(20)],
            [lone],
            [("evse_pilot", "set_current_limit", entity_id, {"current": 9})],
        ]
        for at_once in calls:
            emulator.line = Line.OK
            # The next poll is not due before the end of what follows.
            await entry.runtime_data.coordinator.async_refresh()
            emulator.line = line
            started_s = time.monotonic()
            errors = await asyncio.gather(
                *(
                    hass.services.async_call(domain, action, {"entity_id": target, **data}, blocking=True)
                    for domain, action, target, data in at_once
                ),
                return_exceptions=True,
            )
            assert time.monotonic() - started_s < 1.8
            assert all(isinstance(error, HomeAssistantError) for error in errors), errors
            assert {error.translation_key for error in errors if isinstance(error, HomeAssistantError)} <= {
                "unreachable",
                "busy",
            }
            sent = len(emulator.calls)
            await hass.async_block_till_done(wait_background_tasks=True)
            assert len(emulator.calls) == sent
        assert await hass.config_entries.async_unload(entry.entry_id)


def commands(emulator: Emulator) -> list[Any]:
    """Return what was sent to the box that is no question."""
    return [request for request in emulator.calls if request.method == "POST"]
