"""Triggers and conditions of our own in running automations, with a charger of each make in turn."""

from collections.abc import AsyncGenerator

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import CONF_VENDOR, DOMAIN
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from tests.emulators.base import Emulator, Line
from tests.ha.automations import async_automate, async_holds, device_of, entity_of
from tests.ha.makes import Make, look

# A fault of each make that has several kinds of values for it.
FAULTS = {"lektrico": "overcurrent", "smartevse": "3"}


class Garage:
    """A charger of one make, what is done at it, and what Home Assistant shows of it."""

    def __init__(self, hass: HomeAssistant, make: Make, entry: MockConfigEntry, emulator: Emulator) -> None:
        """Watch nothing yet."""
        self.hass = hass
        self.make = make
        self.entry = entry
        self.emulator = emulator
        self.device = {"device_id": device_of(hass, entry)}

    async def press(self, button: str, value: str | None = None) -> None:
        """Press a button of the emulator, and let the charger be read until it is steady."""
        self.emulator.press(button, value)
        await self.looks()

    async def looks(self, count: int = 3) -> None:
        """Let the charger be read."""
        for _ in range(count):
            self.emulator.advance(1)
            await look(self.hass, self.make, self.entry, self.emulator)

    def state(self, name: str) -> str:
        """Return the state of an entity."""
        state = self.hass.states.get(entity_of(self.hass, self.entry, name))
        assert state is not None
        return state.state

    async def allow(self, on: bool) -> None:
        """Turn the switch that allows charging."""
        entity_id = entity_of(self.hass, self.entry, "switch.allow_charging")
        await self.hass.services.async_call(
            "switch", "turn_on" if on else "turn_off", {"entity_id": entity_id}, blocking=True
        )
        await self.looks()

    async def lose(self) -> None:
        """Break the line until the charger is unavailable."""
        if self.make.streams:
            self.entry.runtime_data.coordinator.async_set_update_error(TimeoutError())
            await self.hass.async_block_till_done()
        else:
            self.emulator.line = Line.REFUSED
            await self.looks(5)
        assert self.state("sensor.status") == STATE_UNAVAILABLE

    async def lose_and_find(self) -> None:
        """Break the line until the charger is unavailable, and mend it."""
        await self.lose()
        self.emulator.line = Line.OK
        await self.looks(4)

    async def restart(self) -> None:
        """Reload the entry, as at a start of Home Assistant."""
        assert await self.hass.config_entries.async_reload(self.entry.entry_id)
        await self.looks()


@pytest.fixture
async def garage(
    hass: HomeAssistant, make: Make, charger: MockConfigEntry, emulator: Emulator
) -> AsyncGenerator[Garage]:
    """Return a charger without a car."""
    garage = Garage(hass, make, charger, emulator)
    await garage.press("unplug")
    assert garage.state("binary_sensor.plug") == "off"
    yield garage
    await hass.config_entries.async_unload(charger.entry_id)


async def test_plug(garage: Garage) -> None:
    """Plugging in and unplugging fire once each, with the entity and its states."""
    runs = await async_automate(garage.hass, garage.device, "plugged_in", "unplugged")
    assert not await async_holds(garage.hass, "is_plugged_in", garage.device)

    await garage.press("plug_in")
    [run] = runs.take()
    assert run["id"] == "plugged_in"
    assert run["entity"] == entity_of(garage.hass, garage.entry, "binary_sensor.plug")
    assert (run["from"], run["to"]) == ("off", "on")
    assert await async_holds(garage.hass, "is_plugged_in", garage.device)

    await garage.press("unplug")
    assert [run["id"] for run in runs.take()] == ["unplugged"]


async def test_charging_and_pause(garage: Garage) -> None:
    """Charging that starts, is paused and goes on; a pause counts while the car is plugged in."""
    runs = await async_automate(garage.hass, garage.device, "charging_started", "charging_paused")
    await garage.press("plug_in")
    assert [run["id"] for run in runs.take()] == ["charging_started"]
    assert await async_holds(garage.hass, "is_charging", garage.device)
    assert await async_holds(garage.hass, "may_charge", garage.device)

    await garage.allow(False)
    [run] = runs.take()
    assert (run["id"], run["from"], run["to"]) == ("charging_paused", "charging", "paused")
    assert not await async_holds(garage.hass, "is_charging", garage.device)
    assert not await async_holds(garage.hass, "may_charge", garage.device)

    await garage.allow(True)
    assert [run["id"] for run in runs.take()] == ["charging_started"]
    await garage.press("unplug")
    assert not runs.take()


async def test_n15_a_car_that_takes_no_more_is_not_paused(garage: Garage) -> None:
    """A car that stops by itself is not held back."""
    await garage.press("plug_in")
    runs = await async_automate(garage.hass, garage.device, "charging_paused")
    await garage.press("draw", "0")
    await garage.looks(5)
    assert garage.state("binary_sensor.plug") == "on"
    assert not runs.take()


async def test_n15_finished_and_ended(garage: Garage, freezer: FrozenDateTimeFactory) -> None:
    """A car that takes no more has finished once, and its session ends when it is unplugged; both carry the session."""
    runs = await async_automate(
        garage.hass, garage.device, "charging_finished", "charging_paused", "session_ended"
    )
    await garage.press("plug_in")
    for _ in range(10):
        freezer.tick(60)
        await garage.looks(1)
    assert not runs.take()
    await garage.press("draw", "0")
    for _ in range(12):
        freezer.tick(60)
        await garage.looks(1)
    [run] = runs.take()
    assert run["id"] == "charging_finished"
    assert run["entity"] == entity_of(garage.hass, garage.entry, "event.session")
    assert run["session"]["energy_kwh"] > 0
    assert "friendly_name" not in run["session"]
    await garage.press("unplug")
    for _ in range(3):
        freezer.tick(60)
        await garage.looks(1)
    [run] = runs.take()
    assert run["id"] == "session_ended"
    assert run["session"]["duration_minutes"] > 20
    # The last event is shown again after a restart, and does not happen again.
    await garage.restart()
    await garage.lose_and_find()
    assert not runs.take()


async def test_fault(garage: Garage) -> None:
    """A fault fires once, also though its entity is a diagnostic one."""
    runs = await async_automate(garage.hass, garage.device, "fault")
    await garage.press("fail", FAULTS.get(garage.entry.data[CONF_VENDOR]))
    assert garage.state("binary_sensor.problem") == "on"
    [run] = runs.take()
    assert run["entity"] == entity_of(garage.hass, garage.entry, "binary_sensor.problem")
    await garage.looks()
    assert not runs.take()


async def test_limited_by(garage: Garage) -> None:
    """A limit fires with its reason, or with any; a car that is not plugged in is no limit."""
    runs = await async_automate(
        garage.hass,
        garage.device,
        any=("limited_by", {}),
        own=("limited_by", {"reason": ["paused_by_owner", "timed_limit"]}),
        fuse=("limited_by", {"reason": ["main_fuse"]}),
    )
    await garage.press("plug_in")
    assert not runs.take()
    assert not await async_holds(garage.hass, "is_limited_by", garage.device)
    await garage.allow(False)
    assert garage.state("sensor.limited_by") == "paused_by_owner"
    assert sorted(run["id"] for run in runs.take()) == ["any", "own"]
    for reasons, holds in (([], True), (["paused_by_owner"], True), (["main_fuse"], False)):
        assert holds is await async_holds(garage.hass, "is_limited_by", garage.device, reason=reasons)


async def test_nothing_fires_when_a_charger_comes_back(garage: Garage) -> None:
    """A line that is lost and found, and a restart, fire nothing, with a car and without one."""
    runs = await async_automate(
        garage.hass,
        garage.device,
        *("plugged_in", "unplugged", "charging_started", "charging_paused", "fault", "limited_by"),
    )
    for button in (None, "plug_in", "unplug"):
        if button is not None:
            await garage.press(button)
        runs.take()
        await garage.lose_and_find()
        await garage.restart()
        await garage.lose_and_find()
        assert not runs.take(), button


async def test_a_car_that_came_while_the_charger_was_away_is_no_new_limit(
    garage: Garage, freezer: FrozenDateTimeFactory
) -> None:
    """What limits a charger that comes back is shown with its first reading, and is no trigger a while later."""
    target = garage.device | {"current": 8}
    await garage.hass.services.async_call(DOMAIN, "set_current_limit", target, blocking=True)
    await garage.looks()
    assert garage.state("sensor.limited_by") == "not_plugged_in"
    runs = await async_automate(garage.hass, garage.device, "limited_by")
    await garage.lose()
    garage.emulator.press("plug_in")
    garage.emulator.line = Line.OK
    for _ in range(4):
        await garage.looks(1)
        freezer.tick(6)
    assert garage.state("sensor.limited_by") == "persons_limit"
    assert not runs.take()


async def test_nothing_holds_of_a_charger_that_is_away(garage: Garage) -> None:
    """No condition holds while the charger does not answer, also where all have to match."""
    await garage.press("plug_in")
    await garage.lose()
    for name in ("is_plugged_in", "is_charging", "is_limited_by", "may_charge"):
        for behavior in ("any", "all"):
            assert not await async_holds(garage.hass, name, garage.device, behavior=behavior)
