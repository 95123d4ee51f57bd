"""Integrations of Home Assistant's core as they are, with emulated chargers, or emulated libraries of their makers."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.const import CONF_CIRCUIT_CURRENT, DOMAIN
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import ATTR_HW_VERSION, ATTR_SERIAL_NUMBER, CONF_HOST, CONF_TYPE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.emulators.lektrico import LektricoEmulator
from tests.emulators.otherbox import OtherboxEmulator
from tests.emulators.v2c import V2cEmulator
from tests.ha.group.conftest import OPTIONS, group_entry, member
from tests.ha.lektrico.conftest import entry_for as lektrico_entry

from .conftest import device_of
from .libraries import installed, keba_modules
from .test_config_flow import start, submit, suggested

# Before a clock stands still, with which its data classes cannot be made.
pytest.importorskip("lektricowifi")
pytest.importorskip("pytrydan")

type Wait = Callable[..., Awaitable[None]]


@pytest.fixture
def wait(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Wait:
    """Return a function that lets so much time pass for all that polls."""

    async def wait(seconds: float = 11) -> None:
        freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
        # Their answers come over sockets, for which nothing waits that is in the background.
        for domain in ("lektrico", "v2c"):
            for entry in hass.config_entries.async_loaded_entries(domain):
                await entry.runtime_data.async_refresh()
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            if entry.title == "Own Lektrico":
                await entry.runtime_data.coordinator.async_refresh()
        await hass.async_block_till_done()

    return wait


async def add(hass: HomeAssistant, circuit_a: float, **chosen: str) -> ConfigEntry:
    """Add a charger by the flow, as it is proposed."""
    result = await submit(hass, await start(hass), chosen)
    result = await submit(hass, result, suggested(result) | {CONF_CIRCUIT_CURRENT: circuit_a})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    entry: ConfigEntry = result["result"]
    assert hass.config_entries.async_get_known_entry(entry.entry_id).state is ConfigEntryState.LOADED
    return entry


async def core_lektrico(hass: HomeAssistant, box: LektricoEmulator) -> MockConfigEntry:
    """Set up a Lektrico by the integration of the core."""
    entry = MockConfigEntry(
        domain="lektrico",
        title="Core Lektrico",
        data={
            CONF_HOST: f"{box.host}:{box.port}",
            CONF_TYPE: "3p22k",
            ATTR_SERIAL_NUMBER: str(box.serial),
            ATTR_HW_VERSION: "B",
        },
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


async def core_v2c(hass: HomeAssistant, box: V2cEmulator) -> MockConfigEntry:
    """Set up a V2C Trydan by the integration of the core."""
    entry = MockConfigEntry(domain="v2c", title="Trydan", data={CONF_HOST: f"{box.host}:{box.port}"})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


@pytest.fixture
async def lektrico() -> AsyncGenerator[LektricoEmulator]:
    """Return a Lektrico, listening, that the core has."""
    async with LektricoEmulator("3p22k", "2.0", clock=lambda: dt_util.utcnow().timestamp()) as box:
        box.settle_in()
        yield box


@pytest.fixture
async def trydan() -> AsyncGenerator[V2cEmulator]:
    """Return a V2C Trydan, listening."""
    async with V2cEmulator(clock=lambda: dt_util.utcnow().timestamp()) as box:
        yield box


@pytest.fixture
def keba() -> Iterator[OtherboxEmulator]:
    """Return a KEBA."""
    box = OtherboxEmulator(clock=lambda: dt_util.utcnow().timestamp())
    with installed("keba", keba_modules(box)):
        yield box


def shows(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state of an entity."""
    state = hass.states.get(entity_id)
    assert state, entity_id
    return state.state


async def limit(hass: HomeAssistant, name: str, amps: float) -> None:
    """Set the limit of ours."""
    data = {"entity_id": f"number.{name}_current_limit", "value": amps}
    await hass.services.async_call("number", "set_value", data, blocking=True)
    await hass.async_block_till_done()


async def allow(hass: HomeAssistant, name: str, on: bool) -> None:
    """Use the switch of ours."""
    data = {"entity_id": f"switch.{name}_allow_charging"}
    await hass.services.async_call("switch", "turn_on" if on else "turn_off", data, blocking=True)
    await hass.async_block_till_done()


async def test_lektrico(hass: HomeAssistant, lektrico: LektricoEmulator, wait: Wait) -> None:
    """A Lektrico by the core's own integration: a limit of 0 pauses it."""
    other = await core_lektrico(hass, lektrico)
    await add(hass, 16, device=device_of(hass, other))
    lektrico.plug_in()
    await wait()
    assert shows(hass, "sensor.lektrico_status") == "charging"
    await limit(hass, "lektrico", 9)
    assert lektrico.allows_a == 9
    await wait()
    assert float(shows(hass, "sensor.lektrico_target_current")) == 9
    await allow(hass, "lektrico", False)
    assert lektrico.allows_a == 0
    await wait()
    assert shows(hass, "sensor.lektrico_status") == "paused"
    assert shows(hass, "switch.lektrico_allow_charging") == "off"
    await allow(hass, "lektrico", True)
    assert lektrico.allows_a == 9
    lektrico.unplug()
    await wait()
    assert shows(hass, "sensor.lektrico_status") == "disconnected"


async def test_v2c(hass: HomeAssistant, trydan: V2cEmulator, wait: Wait) -> None:
    """A V2C has no status but its plug and its contactor, and a switch that pauses when it is on."""
    other = await core_v2c(hass, trydan)
    entry = await add(hass, 16, device=device_of(hass, other))
    assert entry.title == "V2C Trydan"
    name = "v2c_trydan"
    assert shows(hass, f"sensor.{name}_status") == "disconnected"
    trydan.plug_in()
    await wait()
    assert shows(hass, f"sensor.{name}_status") == "charging"
    await limit(hass, name, 10)
    assert trydan.allows_a == 10
    await allow(hass, name, False)
    assert trydan.allows_a == 0
    await wait()
    assert shows(hass, f"sensor.{name}_status") == "paused"
    await allow(hass, name, True)
    assert trydan.allows_a == 10
    trydan.be_offline(1e6)
    for _ in range(4):
        await wait()
    assert shows(hass, f"sensor.{name}_status") == "unavailable"


async def test_keba(hass: HomeAssistant, keba: OtherboxEmulator) -> None:
    """A KEBA has neither a device nor an entity that can be set: it is commanded by the actions of its integration."""
    assert await async_setup_component(hass, "keba", {"keba": {"host": "192.0.2.1"}})
    await hass.async_block_till_done()
    entry = await add(hass, 16, entity="sensor.kc_p30_max_current")
    assert entry.title == "KEBA"

    async def see() -> None:
        await hass.data["keba"].request_data()
        await hass.async_block_till_done()

    assert shows(hass, "sensor.keba_status") == "disconnected"
    keba.plug_in()
    await see()
    assert shows(hass, "sensor.keba_status") == "charging"
    await limit(hass, "keba", 8)
    assert keba.allows_a == 8
    await see()
    await allow(hass, "keba", False)
    assert keba.allows_a == 0
    await see()
    assert shows(hass, "sensor.keba_status") == "paused"
    await allow(hass, "keba", True)
    assert keba.allows_a == 8
    hass.data["keba"]._polling_task.cancel()  # noqa: SLF001


async def test_three_makes_share_a_fuse(
    hass: HomeAssistant, lektrico: LektricoEmulator, trydan: V2cEmulator, wait: Wait
) -> None:
    """A Lektrico of ours, one of the core's and a V2C are one group; the fuse is kept as the house draws more."""
    async with AsyncExitStack() as stack:
        own = await stack.enter_async_context(
            LektricoEmulator("3p22k", "2.0", clock=lambda: dt_util.utcnow().timestamp())
        )
        own.settle_in()
        own.serial = 500124
        own_entry = lektrico_entry(own, "Own Lektrico")
        own_entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(own_entry.entry_id)
        others = [
            await add(hass, 16, device=device_of(hass, await core_lektrico(hass, lektrico))),
            await add(hass, 16, device=device_of(hass, await core_v2c(hass, trydan))),
        ]
        house_a = 3.0

        def mains_a() -> list[float]:
            cars = (own.currents_a, lektrico.currents_a, [trydan.drawn_a] * 3)
            return [house_a + sum(currents[phase] for currents in cars) for phase in range(3)]

        async def go_on(seconds: int) -> None:
            for _ in range(seconds):
                for phase, amps in enumerate(mains_a(), 1):
                    hass.states.async_set(
                        f"sensor.mains_l{phase}", f"{amps:.1f}", {"unit_of_measurement": "A"}
                    )
                await wait(1)

        for phase in (1, 2, 3):
            hass.states.async_set(f"sensor.mains_l{phase}", "3", {"unit_of_measurement": "A"})
        group = group_entry(
            *(member(entry.entry_id, entry.title) for entry in (own_entry, *others)),
            **{**OPTIONS, "fuse": 32.0},
        )
        group.add_to_hass(hass)
        assert await hass.config_entries.async_setup(group.entry_id)
        await hass.async_block_till_done()
        for box in (own, lektrico, trydan):
            box.plug_in()
        await go_on(60)
        assert all(amps <= 32.5 for amps in mains_a())
        offers = [own.allows_a, lektrico.allows_a, trydan.allows_a]
        assert all(offer >= 6 for offer in offers)
        assert sum(offers) >= 25
        house_a = 12.0
        await go_on(60)
        assert all(amps <= 32.5 for amps in mains_a())
        assert sum(amps > 0 for amps in (own.allows_a, lektrico.allows_a, trydan.allows_a)) == 3
        for name in ("lektrico", "v2c_trydan"):
            assert shows(hass, f"sensor.{name}_limited_by").startswith("main_fuse")
