"""A group at work: two cars share what the house leaves."""

from .conftest import House


async def test_two_cars_share(house: House) -> None:
    """Each gets the same, and no more than the fuse leaves; what another load takes goes from both at once."""
    for box in house.boxes.values():
        box.plug_in()
    await house.live(60)
    assert house.offers == [11.0, 11.0]
    assert max(house.mains_a) <= 24
    assert house.read("sensor.share", "Garage") == "11.0"
    assert house.why() == ["main_fuse_l1", "main_fuse_l1"]
    assert house.read("sensor.chargers_charging") == "2"
    assert house.read("binary_sensor.limiting") == "on"

    house.base_a = [10.0, 2.0, 2.0]
    await house.live(1)
    assert house.offers == [7.0, 7.0]
    assert house.read("sensor.house_current_l1") == "10.0"
