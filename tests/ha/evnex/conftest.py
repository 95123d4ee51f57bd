"""A Home Assistant with one emulated EVNEX in an emulated cloud."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.const import (
    CONF_CIRCUIT_CURRENT,
    CONF_EXPIRES_AT,
    CONF_REFRESH_TOKEN,
    CONF_SERIAL,
    CONF_VENDOR,
    DOMAIN,
)
from homeassistant.const import CONF_ACCESS_TOKEN, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from tests.emulators.evnex import EvnexEmulator

type Publish = Callable[[], Awaitable[None]]
type Pass = Callable[[float], Awaitable[None]]

CHARGERS = "custom_components.evse_pilot.chargers.evnex"


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch, hass_storage: dict[str, Any]) -> None:
    """Wait as long as a test can; keep what is kept in memory."""
    for patience in ("TIMEOUT_S", "CALL_TIMEOUT_S"):
        monkeypatch.setattr(f"{CHARGERS}.client.{patience}", 1.0)
    # A test that lets time pass would let it pass for the stream as well.
    monkeypatch.setattr(f"{CHARGERS}.client.SILENCE_S", 1e6)
    monkeypatch.setattr("custom_components.evse_pilot.chargers.clock.FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr("custom_components.evse_pilot.chargers.clock.LONGEST_PAUSE_S", 0.01)
    monkeypatch.setattr(f"{CHARGERS}.charger.ECHO_S", 0.01)


@pytest.fixture
async def emulator() -> AsyncGenerator[EvnexEmulator]:
    """Return a cloud with one ACI, listening."""
    async with EvnexEmulator() as emulator:
        yield emulator


def url_of(emulator: EvnexEmulator) -> str:
    """Return where the cloud is."""
    return f"http://{emulator.host}:{emulator.port}"


def entry_for(
    emulator: EvnexEmulator,
    serial: str | None = None,
    *,
    title: str = "EVNEX",
    token: str | None = None,
    refresh: str | None = None,
    lasts: timedelta = timedelta(days=90),
) -> MockConfigEntry:
    """Return an entry for an emulated charger."""
    serial = serial or emulator.serial
    data = {
        CONF_VENDOR: "evnex",
        CONF_URL: url_of(emulator),
        CONF_SERIAL: serial,
        CONF_ACCESS_TOKEN: token or emulator.token(),
        CONF_EXPIRES_AT: (dt_util.utcnow() + lasts).isoformat(),
    }
    return MockConfigEntry(
        domain=DOMAIN,
        title=title,
        unique_id=f"evnex_{serial}",
        data=data | ({} if refresh is None else {CONF_REFRESH_TOKEN: refresh}),
        options={CONF_CIRCUIT_CURRENT: 16},
        minor_version=2,
    )


@pytest.fixture
def entry(hass: HomeAssistant, emulator: EvnexEmulator) -> MockConfigEntry:
    """Return its entry, not yet set up."""
    entry = entry_for(emulator)
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
async def loaded(hass: HomeAssistant, entry: MockConfigEntry, emulator: EvnexEmulator) -> MockConfigEntry:
    """Return its entry, set up and listening."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    await emulator.subscribed()
    # Until the other devices of the account were looked for, which polls this one as well.
    for _ in range(3000):
        if len(emulator.calls) >= 5:
            break
        await asyncio.sleep(0.002)
    return entry


@pytest.fixture
def publish(hass: HomeAssistant, emulator: EvnexEmulator) -> Publish:
    """Return a function that lets the chargers publish their state and waits until all events were taken."""

    async def publish() -> None:
        await emulator.subscribed()
        emulator.advance(3)
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            for _ in range(3000):
                if published(entry.runtime_data.target.report()) == emulator.last_published:
                    break
                await asyncio.sleep(0.002)
        await hass.async_block_till_done()

    return publish


def published(report: Any) -> object:
    """Return when the last event that was taken was published."""
    event = report["ACIData"]
    return event["published_at"] if event else None


@pytest.fixture
def pass_time(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> Pass:
    """Return a function that lets time pass for Home Assistant, though not for the chargers."""
    passed_s = 0.0
    monkeypatch.setattr(
        "custom_components.evse_pilot.runtime.coordinator.monotonic_s",
        lambda hass: hass.loop.time() + passed_s,
    )

    async def pass_time(seconds: float) -> None:
        nonlocal passed_s
        passed_s += seconds
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=seconds))
        # Not for the background tasks: one of them listens for ever. A poll is some turns and a socket away.
        for _ in range(20):
            await asyncio.sleep(0.005)
            await hass.async_block_till_done()

    return pass_time
