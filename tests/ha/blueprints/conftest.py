"""A Home Assistant with one emulated charger, a phone, and automations that are made of blueprints."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
import logging
from pathlib import Path
import shutil
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from tests.emulators.smartevse import SmartEvseEmulator
from tests.ha.automations import device_of

BLUEPRINTS = Path(__file__).parents[3] / "blueprints" / "automation" / "evse_pilot"
NOW = "2026-11-20T12:00:02+00:00"

# Steps of the event loop in which a charger is read. An automation that waits would never be done.
_STEPS = 100

type Use = Callable[..., Awaitable[None]]
type Later = Callable[..., Awaitable[None]]


async def settle(steps: int = _STEPS) -> None:
    """Let happen what is due now."""
    for _ in range(steps):
        await asyncio.sleep(0)


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what went wrong by the log, besides a charger that does not answer."""
    sources = ("homeassistant.components.automation", "homeassistant.helpers")
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING and record.name.startswith(sources)
    ]


@pytest.fixture
async def use(hass: HomeAssistant, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncGenerator[Use]:
    """Return a function that makes an automation, automation.test, of a blueprint with these inputs.

    Nothing that it does may be an error in the log.
    """
    hass.config.config_dir = str(tmp_path)
    folder = tmp_path / "blueprints" / "automation" / DOMAIN
    shutil.copytree(BLUEPRINTS, folder)

    async def use(name: str, **inputs: Any) -> None:
        blueprint = {"path": f"{DOMAIN}/{name}.yaml", "input": inputs}
        config = {"id": "test", "alias": "Test", "use_blueprint": blueprint}
        assert await async_setup_component(hass, "automation", {"automation": config})
        await settle()
        state = hass.states.get("automation.test")
        assert state is not None
        assert state.state == "on"

    yield use
    if hass.services.has_service("automation", "turn_off"):
        await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)
    assert not errors(caplog)


@pytest.fixture
def later(hass: HomeAssistant, freezer: FrozenDateTimeFactory, emulator: SmartEvseEmulator) -> Later:
    """Return a function that lets time pass, in steps in which the charger is read."""

    async def later(**time: float) -> None:
        rest = timedelta(**time)
        while rest > timedelta(0):
            step = min(rest, timedelta(seconds=30))
            freezer.tick(step)
            emulator.tick(step.total_seconds())
            async_fire_time_changed(hass)
            await settle()
            rest -= step

    return later


@pytest.fixture
async def charger(hass: HomeAssistant, freezer: FrozenDateTimeFactory, loaded: MockConfigEntry) -> str:
    """Return the device of the charger, which has been read."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    return device_of(hass, loaded)


@pytest.fixture(autouse=True)
def _frozen(freezer: FrozenDateTimeFactory) -> None:
    """Begin at noon, before anything is set up."""
    freezer.move_to(NOW)


@pytest.fixture
def phone(hass: HomeAssistant) -> str:
    """Return a phone with the app."""
    entry = MockConfigEntry(domain="mobile_app", title="Anna's phone")
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("mobile_app", "anna")}, name="Anna's phone"
    )
    return device.id


@pytest.fixture
def notified(hass: HomeAssistant, phone: str) -> list[ServiceCall]:
    """Return what was sent to the phone."""
    return async_mock_service(hass, "notify", "mobile_app_anna_s_phone")
