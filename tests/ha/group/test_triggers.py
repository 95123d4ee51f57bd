"""Triggers of a group, and of the chargers in it."""

from tests.ha.automations import async_automate, async_holds, device_of
from tests.ha.group.conftest import House


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
