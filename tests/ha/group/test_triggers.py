"""Triggers of a group, and of the chargers in it."""

from collections.abc import Awaitable, Callable

import pytest

from custom_components.evse_pilot.balancing.leaving import async_come_back
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CoreState
from tests.emulators.base import Line
from tests.ha.automations import Runs, async_automate, async_holds, device_of
from tests.ha.group.conftest import House

type Return = Callable[[House], Awaitable[None]]


async def _reloads(house: House) -> None:
    """Reload the entry of the group."""
    assert await house.hass.config_entries.async_reload(house.group.entry_id)
    await house.settle()


async def _unload(house: House) -> None:
    await house.hass.config_entries.async_unload(house.group.entry_id)
    async_come_back(house.hass, house.group)
    for entry in house.entries.values():
        await house.hass.config_entries.async_unload(entry.entry_id)


async def _restarts_in_order(house: House) -> None:
    """Let Home Assistant stop, and start again; the group leaves the safe current in between."""
    house.hass.set_state(CoreState.stopping)
    house.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await house.settle()
    await _unload(house)
    house.hass.set_state(CoreState.running)
    for entry in (*house.entries.values(), house.group):
        await house.set_up(entry)


async def _chargers_come_last(house: House) -> None:
    """Let Home Assistant die; its chargers answer a while after the group was set up."""
    await _unload(house)
    await house.set_up(house.group)
    await house.live(2)
    for entry in house.entries.values():
        await house.set_up(entry)


async def _automate_limits(house: House) -> Runs:
    """Run on every reason of the charger in the garage by itself, and on any."""
    return await async_automate(
        house.hass,
        {"device_id": device_of(house.hass, house.entries["Garage"])},
        "limited_by",
        **{
            reason: ("limited_by", {"reason": [reason]})
            for reason in ("main_fuse", "meter_silent", "member_silent", "waiting_for_calm", "group_left")
        },
    )


async def test_meter_silent(house: House) -> None:
    """A meter that falls silent fires once for the group, and one that is back does not."""
    target = {"device_id": device_of(house.hass, house.group, "binary_sensor.meter_silent")}
    runs = await async_automate(house.hass, target, "meter_silent")
    house.boxes["Garage"].plug_in()
    await house.live(30)
    house.meter_works = False
    await house.live(30)
    assert house.read("binary_sensor.meter_silent") == "on"
    assert [run["entity"] for run in runs.take()] == [house.entity_id("binary_sensor.meter_silent")]
    house.meter_works = True
    await house.live(10)
    await house.restart()
    await house.live(10)
    assert not runs.take()


async def test_a_group_that_limits_and_pauses(house: House) -> None:
    """What a group takes from a car is a limit by the fuse, and a pause where nothing is left."""
    target = {"device_id": device_of(house.hass, house.entries["Garage"])}
    house.boxes["Garage"].plug_in()
    await house.live(90)
    runs = await async_automate(
        house.hass,
        target,
        "charging_paused",
        "charging_finished",
        fuse=("limited_by", {"reason": ["main_fuse"]}),
        other=("limited_by", {"reason": ["scheduled"]}),
    )
    assert await async_holds(house.hass, "may_charge", target)
    house.base_a = [24.0, 2.0, 2.0]
    await house.live(60)
    assert len(runs.take("fuse")) == 1
    assert len(runs.take("charging_paused")) == 1
    assert not runs.take()
    assert not await async_holds(house.hass, "may_charge", target)
    assert await async_holds(house.hass, "is_limited_by", target, reason=["main_fuse"])


async def _live(house: House, reports: int, pace_s: int) -> None:
    """Let the meter report so often, at this pace."""
    for _ in range(reports):
        house.meter_works = True
        await house.live(1)
        house.meter_works = False
        await house.live(pace_s - 1)


def _limited_by(house: House) -> str:
    state = house.hass.states.get("sensor.garage_limited_by")
    assert state is not None
    return state.state


@pytest.mark.parametrize("cars", [("Garage",), ("Garage", "Carport")])
@pytest.mark.parametrize("pace_s", [1, 20])
@pytest.mark.parametrize("comes_back", [_reloads, House.restart, _restarts_in_order, _chargers_come_last])
async def test_nothing_fires_when_a_group_comes_back(
    house: House, comes_back: Return, pace_s: int, cars: tuple[str, ...]
) -> None:
    """What limits a car after a restart limited it before; that a meter was not read yet is no silence."""
    for name in cars:
        house.boxes[name].plug_in()
    await _live(house, 120 // pace_s, pace_s)
    before = _limited_by(house)
    assert before == ("own_maximum" if len(cars) == 1 else "main_fuse_l1")
    runs = await _automate_limits(house)
    await comes_back(house)
    await house.live(5)
    assert house.read("binary_sensor.meter_silent") == "off"
    assert max(house.offers) <= 6 or comes_back is _reloads
    await _live(house, 5, pace_s)
    assert _limited_by(house) == before
    await _live(house, 60 // pace_s, pace_s)
    assert _limited_by(house) == before
    assert not runs.take()


async def test_a_meter_that_stays_silent_after_a_restart(house: House) -> None:
    """The safe current holds at once; that the meter is silent is shown, and fires, once, when it had its time."""
    house.boxes["Garage"].plug_in()
    await house.live(60)
    group = {"device_id": device_of(house.hass, house.group, "binary_sensor.meter_silent")}
    charger = {"device_id": device_of(house.hass, house.entries["Garage"])}
    runs = await async_automate(
        house.hass,
        charger | {"device_id": [*group.values(), *charger.values()]},
        "limited_by",
        "meter_silent",
    )
    house.meter_works = False
    await house.restart()
    await house.live(80)
    assert house.offers[0] == 6
    assert house.read("binary_sensor.meter_silent") == "off"
    assert house.read("sensor.reason", "Garage") == "unknown"
    assert house.read("sensor.share", "Garage") == "6.0"
    assert not runs.take()
    await house.live(20)
    assert house.read("sensor.reason", "Garage") == "meter_silent"
    assert [run["to"] for run in runs.take("limited_by")] == ["meter_silent"]
    assert len(runs.take("meter_silent")) == 1
    await house.live(60)
    assert not runs.take()


async def test_nothing_fires_when_a_charger_of_a_group_answers_again(house: House) -> None:
    """What a group counts it with while it is away is no reason of its own."""
    house.boxes["Garage"].plug_in()
    house.boxes["Carport"].plug_in()
    await house.live(60)
    house.boxes["Garage"].line = Line.REFUSED
    await house.live(60)
    assert house.why()[0] == "member_silent"
    runs = await _automate_limits(house)
    house.boxes["Garage"].line = Line.OK
    await house.live(30)
    assert house.why()[0] == "main_fuse_l1"
    assert not runs.take()


async def test_nothing_fires_when_a_group_is_added(
    empty_house: House, members: list[ConfigSubentryDataWithId]
) -> None:
    """A group that finds a car charging, and enough for it, is no limit."""
    empty_house.boxes["Garage"].plug_in()
    await empty_house.live(60)
    runs = await _automate_limits(empty_house)
    empty_house.meter_works = False
    await empty_house.load_group(*members)
    await empty_house.live(5)
    empty_house.meter_works = True
    await empty_house.live(30)
    assert empty_house.why()[0] == "own_maximum"
    assert not runs.take()
