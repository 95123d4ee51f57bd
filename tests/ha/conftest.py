"""A Home Assistant with one emulated charger: a SmartEVSE, unless a folder has an emulator and an entry of its own."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from functools import partial
import logging
import time
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.chargers.clock import Clock
from custom_components.evse_pilot.chargers.errors import ChargerUnreachableError
from custom_components.evse_pilot.chargers.psp.charger import PspEvse
from custom_components.evse_pilot.const import CONF_SERIAL, CONF_VENDOR, DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from tests.emulators.base import Emulator, Line
from tests.emulators.smartevse import SmartEvseEmulator

from .clock import Days

type Poll = Callable[[], Awaitable[None]]
type Age = Callable[[float], None]
type Read = Callable[[str], str]
type LoseAndFind = Callable[[Emulator, Line], Awaitable[None]]
type Call = Callable[..., Awaitable[None]]


@pytest.fixture(autouse=True)
def _custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant find the integration."""


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a silent box and for a busy one as long as a test can."""
    monkeypatch.setattr("custom_components.evse_pilot.chargers.http.BUSY_PAUSES_S", (0.01, 0.01))
    monkeypatch.setattr("custom_components.evse_pilot.chargers.http.TIMEOUT_S", 1.0)
    monkeypatch.setattr("custom_components.evse_pilot.flows.discovery.TRY_AGAIN_S", 0.01)


@pytest.fixture(autouse=True)
def _loud(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each change of a number be shown at once, but where a test is about just that (`quiet`)."""
    if "quiet" not in request.fixturenames:
        for pause in ("MEASUREMENT_S", "COUNTER_S"):
            monkeypatch.setattr(f"custom_components.evse_pilot.sensor.{pause}", 0.0)


@pytest.fixture
def quiet() -> None:
    """Let small changes of numbers be held, as for users."""


@pytest.fixture(autouse=True)
def _psp_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock of a PSP EVSE follow a frozen one, and do not wait after a command with a lost reply."""

    def monotonic() -> float:
        return time.monotonic()

    async def no_wait(_: float) -> None:
        return

    clock = Clock(monotonic=monotonic, time=lambda: dt_util.utcnow().timestamp(), sleep=no_wait)
    monkeypatch.setattr(
        "custom_components.evse_pilot.chargers.psp.vendor.PspEvse", partial(PspEvse, clock=clock)
    )


@pytest.fixture
async def emulator() -> AsyncGenerator[SmartEvseEmulator]:
    """Return a SmartEVSE of the newest firmware, listening, that has been up for a while."""
    async with SmartEvseEmulator() as emulator:
        emulator.advance(5)
        yield emulator


def entry_for(
    emulator: SmartEvseEmulator, title: str = "SmartEVSE", *, serial: bool = True
) -> MockConfigEntry:
    """Return an entry for an emulated box."""
    data: dict[str, Any] = {CONF_VENDOR: "smartevse", CONF_HOST: emulator.host, CONF_PORT: emulator.port}
    return MockConfigEntry(
        domain=DOMAIN,
        title=title,
        unique_id=f"smartevse_{emulator.serial}" if serial else None,
        data=data | ({CONF_SERIAL: str(emulator.serial)} if serial else {}),
    )


@pytest.fixture
def entry(hass: HomeAssistant, emulator: SmartEvseEmulator) -> MockConfigEntry:
    """Return its entry, not yet set up."""
    entry = entry_for(emulator)
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
async def loaded(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """Return its entry, set up."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


@pytest.fixture
async def days(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Days:
    """Return the clock of a Home Assistant in Amsterdam."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    return Days(hass, freezer)


@pytest.fixture
def all_enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enable the entities that are off by default, too."""
    monkeypatch.setattr(
        "homeassistant.helpers.entity.Entity.entity_registry_enabled_default", property(lambda _: True)
    )


def shown(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, str]:
    """Return what each entity of an entry shows, by platform and key: state, unit, classes and category."""
    device_id = entry.unique_id or entry.entry_id
    states = {}
    for item in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        state = hass.states.get(item.entity_id)
        assert state, item.entity_id
        assert state.state != STATE_UNAVAILABLE, item.entity_id
        attributes = state.attributes
        states[f"{item.domain}.{item.unique_id.removeprefix(f'{device_id}_')}"] = " ".join(
            str(part)
            for part in (
                state.state,
                attributes.get("unit_of_measurement"),
                item.original_device_class,
                attributes.get("state_class"),
                item.entity_category,
                "assumed" if attributes.get("assumed_state") else None,
            )
            if part is not None
        )
    return states


@pytest.fixture
def poll(hass: HomeAssistant) -> Poll:
    """Return a function that lets the next poll happen."""

    async def poll() -> None:
        paces = [
            entry.runtime_data.coordinator.update_interval
            for entry in hass.config_entries.async_loaded_entries(DOMAIN)
        ]
        due_in = max((pace for pace in paces if pace), default=timedelta(seconds=5))
        async_fire_time_changed(hass, dt_util.utcnow() + due_in + timedelta(seconds=1))
        await hass.async_block_till_done(wait_background_tasks=True)

    return poll


@pytest.fixture
def age(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> Age:
    """Return a function that lets so many seconds pass for what was read last."""
    passed_s = 0.0
    monkeypatch.setattr(
        "custom_components.evse_pilot.runtime.coordinator.monotonic_s",
        lambda hass: hass.loop.time() + passed_s,
    )

    def age(seconds: float) -> None:
        nonlocal passed_s
        passed_s += seconds

    return age


@pytest.fixture
def entity_id(hass: HomeAssistant) -> Read:
    """Return a function that finds an entity of the first entry by platform and key: "sensor.status"."""

    def find(name: str) -> str:
        platform, _, key = name.partition(".")
        entry, *_ = hass.config_entries.async_entries(DOMAIN)
        device_id = entry.unique_id or entry.entry_id
        found = er.async_get(hass).async_get_entity_id(platform, DOMAIN, f"{device_id}_{key}")
        assert found, f"no entity {name}"
        return found

    return find


@pytest.fixture
def read(hass: HomeAssistant, entity_id: Read) -> Read:
    """Return a function that reads the state of an entity by platform and key."""

    def read(name: str) -> str:
        state = hass.states.get(entity_id(name))
        assert state, f"{name} has no state"
        return state.state

    return read


@pytest.fixture
def lose_and_find(
    entry: MockConfigEntry, poll: Poll, read: Read, caplog: pytest.LogCaptureFixture
) -> LoseAndFind:
    """Return a function that breaks a charger's line and mends it: unavailable once, with one line in the log each.

    Case A4: one or two lost polls are no absence, so that nothing is shown or logged of them.
    """

    async def lose_and_find(emulator: Emulator, line: Line) -> None:
        caplog.clear()
        emulator.line = line
        states = []
        for _ in range(5):
            await poll()
            states.append(read("sensor.status"))
            assert bool(complaints(caplog)) is (states[-1] == STATE_UNAVAILABLE)
        # What answers nothing may answer the next poll; what answers nonsense is not the charger.
        cause = entry.runtime_data.coordinator.last_exception.__cause__
        stands_for = 2 if isinstance(cause, ChargerUnreachableError) else 0
        assert states == ["disconnected"] * stands_for + [STATE_UNAVAILABLE] * (5 - stands_for)
        lost = complaints(caplog)
        assert len(lost) == 1
        assert lost[0].getMessage().startswith(f"Error fetching {entry.title} data: {entry.title} ")
        assert lost[0].exc_info is None

        caplog.clear()
        emulator.line = Line.OK
        for _ in range(2):
            await poll()
            assert read("sensor.status") == "disconnected"
        recovered = f"{entry.title} data recovered"
        assert len([record for record in caplog.records if recovered in record.getMessage()]) == 1
        assert not [request for request in emulator.calls if request.method == "POST"]

    return lose_and_find


@pytest.fixture
def call(hass: HomeAssistant, entity_id: Read) -> Call:
    """Return a function that calls an action, such as switch.turn_on, on an entity by platform and key."""

    async def call(action: str, name: str, **data: Any) -> None:
        domain, _, service = action.partition(".")
        await hass.services.async_call(domain, service, {"entity_id": entity_id(name), **data}, blocking=True)

    return call


def complaints(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return what was logged as a warning or worse, but for what a busy machine and any custom integration cause."""
    return [
        record
        for record in caplog.records
        if record.levelno >= logging.WARNING
        and record.name not in ("asyncio", "aiohttp_fast_zlib", "homeassistant.loader")
    ]
