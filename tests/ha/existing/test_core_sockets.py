"""Integrations of the core with the libraries of their makers, and emulated chargers on sockets."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

from homeassistant.const import CONF_HOST, CONF_PASSWORD
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util
from tests.emulators.nrgkick import NrgkickEmulator

from .boxes import PeblarEmulator, TeslaEmulator
from .conftest import device_of
from .test_core import add, allow, limit, shows

pytest.importorskip("nrgkick_api")
pytest.importorskip("tesla_wall_connector")
peblar_library = pytest.importorskip("peblar")


async def core_entry(
    hass: HomeAssistant, domain: str, host: str, unique_id: str | None = None, **data: str
) -> MockConfigEntry:
    """Set up a charger by the integration of the core."""
    entry = MockConfigEntry(domain=domain, title=domain, unique_id=unique_id, data={CONF_HOST: host, **data})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


async def see(hass: HomeAssistant, coordinator: DataUpdateCoordinator[Any]) -> None:
    """Let an integration poll its charger."""
    await coordinator.async_refresh()
    await hass.async_block_till_done()


@pytest.fixture
async def tesla() -> AsyncGenerator[TeslaEmulator]:
    """Return a Tesla Wall Connector, listening."""
    async with TeslaEmulator(clock=lambda: dt_util.utcnow().timestamp()) as box:
        yield box


@pytest.fixture
async def peblar(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[PeblarEmulator]:
    """Return a Peblar, listening; its library knows no port but 80."""
    async with PeblarEmulator(clock=lambda: dt_util.utcnow().timestamp()) as box:
        for name, scheme, path in (
            ("Peblar", "http", "/api/v1/"),
            ("PeblarApi", "http", "/api/wlac/v1/"),
            ("PeblarWebsocket", "ws", "/api/v1/ws"),
        ):
            url = URL.build(scheme=scheme, host=box.host, port=box.port, path=path)
            monkeypatch.setattr(getattr(peblar_library, name), "__post_init__", _with_url(url))
        yield box


def _with_url(url: URL) -> Callable[[Any], None]:
    def set_url(client: Any) -> None:
        client.url = url

    return set_url


@pytest.fixture
async def nrgkick() -> AsyncGenerator[NrgkickEmulator]:
    """Return an NRGkick, listening."""
    async with NrgkickEmulator(clock=lambda: dt_util.utcnow().timestamp()) as box:
        yield box


async def test_tesla_wall_connector(hass: HomeAssistant, tesla: TeslaEmulator) -> None:
    """It shows its status and counts its sessions; there is nothing to command."""
    other = await core_entry(hass, "tesla_wall_connector", f"{tesla.host}:{tesla.port}")
    coordinator = other.runtime_data.update_coordinator
    entry = await add(hass, 16, device=device_of(hass, other))
    name = "tesla_wall_connector"
    assert set(entry.data["roles"]) == {
        *("status", "plugged", "charging", "power", "energy", "session_energy"),
        *("current_l1", "current_l2", "current_l3"),
    }
    assert shows(hass, f"sensor.{name}_status_2") == "disconnected"
    tesla.plug_in()
    await see(hass, coordinator)
    assert shows(hass, f"sensor.{name}_status_2") == "charging"
    state = entry.runtime_data.coordinator.data
    assert (state.currents_a, state.power_w) == ((16, 16, 16), 11040)
    tesla.draw(0)
    await see(hass, coordinator)
    assert shows(hass, f"sensor.{name}_status_2") == "connected"
    tesla.fail()
    await see(hass, coordinator)
    assert shows(hass, f"sensor.{name}_status_2") == "fault"
    assert not [
        item
        for item in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if item.domain in ("number", "switch")
    ]


async def test_peblar(hass: HomeAssistant, peblar: PeblarEmulator) -> None:
    """Its number and its switch set one limit: a pause hides it, and is none of the currents that can be set."""
    other = await core_entry(hass, "peblar", peblar.host, **{CONF_PASSWORD: "x"})
    coordinator = other.runtime_data.data_coordinator
    entry = await add(hass, 16, device=device_of(hass, other))
    assert set(entry.data["roles"]) == {
        *("status", "limit", "switch", "phases", "power", "energy", "session_energy"),
        *("current_l1", "current_l2", "current_l3"),
    }
    assert entry.data["owners"] == []
    name = "peblar"
    assert shows(hass, f"sensor.{name}_status") == "disconnected"
    peblar.plug_in()
    await see(hass, coordinator)
    assert shows(hass, f"sensor.{name}_status") == "charging"
    await limit(hass, name, 9)
    await see(hass, coordinator)
    assert peblar.allows_a == 9
    await allow(hass, name, False)
    await see(hass, coordinator)
    assert peblar.allows_a == 0
    assert shows(hass, f"sensor.{name}_status") == "paused"
    # A limit that is set meanwhile is for afterwards.
    await limit(hass, name, 8)
    await see(hass, coordinator)
    assert peblar.allows_a == 0
    await allow(hass, name, True)
    await see(hass, coordinator)
    assert peblar.allows_a == 8
    await hass.services.async_call(
        "switch", "turn_on", {"entity_id": "switch.peblar_ev_charger_force_single_phase"}, blocking=True
    )
    await see(hass, coordinator)
    assert entry.runtime_data.coordinator.data.phases == 1
    assert await hass.config_entries.async_unload(other.entry_id)
    # The integration leaves it open.
    await coordinator.api.close()


async def test_nrgkick(hass: HomeAssistant, nrgkick: NrgkickEmulator) -> None:
    """It takes tenths of an ampere, and has a switch for its pause."""
    other = await core_entry(hass, "nrgkick", f"{nrgkick.host}:{nrgkick.port}", unique_id="NRG123456")
    coordinator = other.runtime_data
    entry = await add(hass, 16, device=device_of(hass, other))
    assert entry.title == "NRGkick"
    assert set(entry.data["roles"]) == {
        *("status", "limit", "switch", "power", "energy", "session_energy"),
        *("current_l1", "current_l2", "current_l3"),
    }
    name = "nrgkick"
    assert shows(hass, f"sensor.{name}_status_2") == "disconnected"
    nrgkick.plug_in()
    await see(hass, coordinator)
    assert shows(hass, f"sensor.{name}_status_2") == "charging"
    state = entry.runtime_data.coordinator.data
    assert (state.currents_a, state.power_w) == ((16, 16, 16), 11040)
    await limit(hass, name, 9.4)
    assert nrgkick.allows_a == 9.4
    await allow(hass, name, False)
    assert nrgkick.allows_a == 0
    await see(hass, coordinator)
    assert shows(hass, f"sensor.{name}_status_2") == "paused"
    await allow(hass, name, True)
    assert nrgkick.allows_a == 9.4
    nrgkick.fail()
    await see(hass, coordinator)
    assert shows(hass, f"sensor.{name}_status_2") == "fault"
