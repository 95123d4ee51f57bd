"""A house in which a group of two SmartEVSEs shares a main fuse, with a clock that can be wound."""

from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.balancing.group import GroupRunner
from custom_components.evse_pilot.balancing.leaving import async_come_back
from custom_components.evse_pilot.balancing.settings import (
    CONF_CHARGER,
    CONF_EXPORTS,
    CONF_FUSE,
    CONF_LEAVE,
    CONF_MAINS,
    CONF_MARGIN,
    CONF_MAXIMUM,
    CONF_MINIMUM,
    CONF_PHASES,
    CONF_PRIORITY,
    CONF_SAFE_CURRENT,
    CONF_WIRING,
    SUBENTRY_CHARGER,
    Leave,
    Mains,
)
from custom_components.evse_pilot.const import CONF_KIND, DOMAIN, KIND_GROUP
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from tests.emulators.smartevse import SmartEvseEmulator
from tests.ha.conftest import entry_for

SENSORS = {f"sensor_l{phase}": f"sensor.mains_l{phase}" for phase in (1, 2, 3)}
OPTIONS: Mapping[str, Any] = MappingProxyType(
    {
        CONF_FUSE: 25.0,
        CONF_MARGIN: 1.0,
        CONF_SAFE_CURRENT: 6.0,
        CONF_LEAVE: Leave.SAFE.value,
        CONF_MAINS: Mains.SENSORS.value,
        **SENSORS,
    }
)
NAMES = ("Garage", "Carport")


def member(
    entry_id: str,
    title: str,
    *,
    wiring: str = "1-2-3",
    minimum: float = 6.0,
    maximum: float = 16.0,
    priority: int = 1,
) -> ConfigSubentryDataWithId:
    """Return a charger of a group, as its flow would have made it."""
    data = {
        CONF_CHARGER: entry_id,
        CONF_WIRING: wiring,
        CONF_MINIMUM: minimum,
        CONF_MAXIMUM: maximum,
        CONF_PRIORITY: priority,
    }
    return ConfigSubentryDataWithId(
        data=data, subentry_type=SUBENTRY_CHARGER, title=title, unique_id=entry_id, subentry_id=f"id_{title}"
    )


def group_entry(*members: ConfigSubentryDataWithId, phases: int = 3, **options: Any) -> MockConfigEntry:
    """Return the entry of a group."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Main fuse",
        data={CONF_KIND: KIND_GROUP, CONF_PHASES: phases},
        options={**OPTIONS, **options},
        subentries_data=members,
    )


class House:
    """What a person can do in it, and see. The meter reports every second, and counts what the cars draw."""

    def __init__(self, hass: HomeAssistant, boxes: Mapping[str, SmartEvseEmulator]) -> None:
        """Nothing is switched on."""
        self.hass = hass
        self.boxes = boxes
        self.entries: dict[str, MockConfigEntry] = {}
        self.group: MockConfigEntry
        self.base_a = [2.0, 2.0, 2.0]
        self.meter_works = True
        # What its meter shows of what flows
        self.meter_shows: Callable[[list[float]], list[float]] = list
        self.offset_s = 0.0

    @property
    def runner(self) -> GroupRunner:
        """Return the running group."""
        runner: GroupRunner = self.group.runtime_data.target
        return runner

    @property
    def mains_a(self) -> list[float]:
        """Return what flows through the main fuse."""
        return [
            base + sum(box.ev_currents_a[phase] for box in self.boxes.values())
            for phase, base in enumerate(self.base_a)
        ]

    @property
    def offers(self) -> list[float]:
        """Return what each charger offers its car: 0 if it is paused."""
        return [box.offered_a if box.mode_id == 1 else 0.0 for box in self.boxes.values()]

    def report(self) -> None:
        """Let the meter report."""
        for phase, amps in enumerate(self.meter_shows(self.mains_a), 1):
            self.hass.states.async_set(f"sensor.mains_l{phase}", f"{amps:.2f}", {"unit_of_measurement": "A"})

    async def settle(self) -> None:
        """Let everything that is under way come to its end."""
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def poll(self) -> None:
        """Read all chargers that are there."""
        for entry in self.entries.values():
            if entry.state.name == "LOADED":
                await entry.runtime_data.coordinator.async_refresh()
        await self.settle()

    async def measure(self) -> None:
        """Let the meter report once, and what comes of it happen."""
        self.report()
        await self.settle()

    async def live(self, seconds: int, *, polled: bool = True) -> None:
        """Let so many seconds pass: the meter reports every second, chargers are read every five."""
        for _ in range(seconds):
            self.offset_s += 1
            for box in self.boxes.values():
                box.advance(1)
            if self.meter_works:
                await self.measure()
            if polled and self.offset_s % 5 == 0:
                await self.poll()
            async_fire_time_changed(self.hass, dt_util.utcnow() + timedelta(seconds=1.1))
            await self.settle()

    async def load_group(self, *members: ConfigSubentryDataWithId, **options: Any) -> MockConfigEntry:
        """Make a group and set it up."""
        self.group = group_entry(*members, **options)
        self.group.add_to_hass(self.hass)
        await self.set_up(self.group)
        return self.group

    async def set_up(self, entry: MockConfigEntry) -> None:
        """Set up an entry."""
        assert await self.hass.config_entries.async_setup(entry.entry_id)
        await self.settle()

    async def restart(self) -> None:
        """Let Home Assistant die, and come back: all is set up anew, with what was stored."""
        await self.hass.config_entries.async_unload(self.group.entry_id)
        assert async_come_back(self.hass, self.group)
        for entry in self.entries.values():
            assert await self.hass.config_entries.async_reload(entry.entry_id)
        await self.set_up(self.group)

    def entity_id(self, name: str, charger: str | None = None) -> str:
        """Return an entity of the group, or of one of its chargers, by platform and key."""
        platform, _, key = name.partition(".")
        of = self.group.entry_id if charger is None else f"{self.group.entry_id}_id_{charger}"
        found = er.async_get(self.hass).async_get_entity_id(platform, DOMAIN, f"{of}_{key}")
        assert found, f"no entity {name}"
        return found

    def read(self, name: str, charger: str | None = None) -> str:
        """Return what such an entity shows."""
        state = self.hass.states.get(self.entity_id(name, charger))
        assert state
        return state.state

    def claims(self, name: str) -> dict[str, float | None]:
        """Return what is claimed on a charger, in A per phase, by source."""
        control = self.entries[name].runtime_data.control
        return {source.value: claim.current_a for source, claim in control.claims.items()}

    @property
    def is_steered(self) -> bool:
        """Return whether the group has a claim on any charger."""
        return any("group" in self.claims(name) for name in self.entries)

    def why(self) -> list[str]:
        """Return the reason of each charger."""
        return [self.read("sensor.reason", name) for name in self.boxes]

    async def act(self, action: str, name: str, charger: str | None = None, **data: Any) -> None:
        """Carry out an action on such an entity."""
        domain, _, service = action.partition(".")
        await self.hass.services.async_call(
            domain, service, {"entity_id": self.entity_id(name, charger), **data}, blocking=True
        )
        await self.settle()


@pytest.fixture
async def boxes() -> AsyncGenerator[dict[str, SmartEvseEmulator]]:
    """Return two chargers that listen, without a car."""
    async with SmartEvseEmulator(serial=1) as one, SmartEvseEmulator(serial=2) as two:
        for box in (one, two):
            box.mains_meter = "Disabled"
            box.advance(5)
        yield dict(zip(NAMES, (one, two), strict=True))


@pytest.fixture
async def empty_house(
    hass: HomeAssistant, boxes: dict[str, SmartEvseEmulator], monkeypatch: pytest.MonkeyPatch
) -> House:
    """Return a house with two chargers that are set up, a meter, and no group."""
    house = House(hass, boxes)
    await furnish(house, {name: entry_for(box, name) for name, box in boxes.items()}, monkeypatch)
    return house


async def furnish(
    house: House, entries: Mapping[str, MockConfigEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set up the chargers of a house with a clock that can be wound, and let its meter report."""
    for user in (
        "balancing.group",
        "balancing.siblings",
        "control.controller",
        "control.entities",
        "control.trouble",
        "runtime.coordinator",
    ):
        monkeypatch.setattr(
            f"custom_components.evse_pilot.{user}.monotonic_s", lambda hass: hass.loop.time() + house.offset_s
        )
    monkeypatch.setattr(
        "custom_components.evse_pilot.balancing.moment.utcnow",
        lambda: dt_util.utcnow() + timedelta(seconds=house.offset_s),
    )
    house.report()
    for name, entry in entries.items():
        house.entries[name] = entry
        entry.add_to_hass(house.hass)
        await house.set_up(entry)


@pytest.fixture
def members(empty_house: House) -> list[ConfigSubentryDataWithId]:
    """Return both chargers as members of a group."""
    return [member(entry.entry_id, name) for name, entry in empty_house.entries.items()]


@pytest.fixture
async def house(empty_house: House, members: list[ConfigSubentryDataWithId]) -> House:
    """Return a house in which the two are in a group that has read its meter."""
    await empty_house.load_group(*members)
    await empty_house.live(3)
    return empty_house


@pytest.fixture
async def charging(house: House) -> House:
    """Return a house in which two cars share: 11 A each."""
    for box in house.boxes.values():
        box.plug_in()
    await house.live(30)
    return house


@pytest.fixture
async def roof(empty_house: House, members: list[ConfigSubentryDataWithId]) -> House:
    """Return a house that feeds in, with two chargers in a group, and a car at the first."""
    # A value that never changes would be taken for stuck.
    empty_house.meter_shows = lambda mains: [amps + empty_house.offset_s % 3 / 100 for amps in mains]
    await empty_house.load_group(*members, **{CONF_EXPORTS: True})
    empty_house.boxes["Garage"].plug_in()
    await empty_house.live(3)
    return empty_house
