"""The emulated house, its roof, its battery and its sub-board."""

import pytest

from .house import QUARTER_S, HouseEmulator


def _mains_w(house: HouseEmulator) -> float:
    return sum(house.mains_a) * 230


def test_the_roof_feeds_in_what_is_left() -> None:
    """On all phases alike, less what the house and its cars draw."""
    house = HouseEmulator(lambda: [[6.0, 6.0, 6.0]])
    house.press("sun", "6.9")
    assert house.mains_a == pytest.approx([-2.0, -2.0, -2.0])
    house.press("kettle_on", None)
    assert house.mains_a == pytest.approx([8.0, -2.0, -2.0])


def test_clouds_come_and_go() -> None:
    """A cloud leaves a third of the sun, for some of each minute."""
    house = HouseEmulator(list)
    house.press("sun", "6")
    house.press("clouds_come", None)
    seen = []
    for _ in range(60):
        house.advance(1)
        seen.append(house.roof.power_w)
    assert min(seen) == pytest.approx(1800)
    assert max(seen) == 6000
    house.press("clouds_go", None)
    assert house.roof.power_w == 6000


def test_the_battery_keeps_the_meter_near_zero() -> None:
    """As far as its power and its charge allow, and but for what its inverter loses: 0 A for long no meter shows."""
    house = HouseEmulator(list)
    house.press("battery", "50")
    assert _mains_w(house) == pytest.approx(169)
    assert house.metered_a == [0.2, 0.2, 0.2]
    assert house.battery_w == pytest.approx(-1211)
    house.press("sun", "6")
    assert house.battery_w == 3000
    assert _mains_w(house) == pytest.approx(-1620)
    house.advance(3600)
    assert house.roof.battery_percent == pytest.approx(80)
    house.press("battery", "100")
    assert house.battery_w == 0
    house.press("sun", "0")
    house.press("battery", "5")
    assert house.battery_w == 0
    house.press("battery", "60")
    assert house.battery_w == pytest.approx(-1211)
    house.press("hold_battery", None)
    assert house.battery_w == 0
    house.press("sun", "6")
    assert house.battery_w == 3000
    house.press("release_battery", None)
    house.press("sun", "0")
    assert house.battery_w == pytest.approx(-1211)
    house.press("no_battery", None)
    assert house.battery_w == 0


def test_the_sub_board_is_behind_the_main_fuse() -> None:
    """What is on it flows through both fuses, and its meter shows nothing of the house but a freezer."""
    house = HouseEmulator(lambda: [[6.0, 6.0, 6.0]], lambda: [[8.04, 0.0, 0.0]])
    house.press("welder_on", None)
    assert house.garage_metered_a == [18.0, 10.2, 10.0]
    assert house.mains_a == pytest.approx([26.04, 18.0, 18.0])
    house.press("welder_off", None)
    house.press("hob_on", None)
    assert house.garage_metered_a == [8.0, 0.2, 0.0]
    assert house.mains_a == pytest.approx([26.04, 8.0, 18.0])
    house.press("hob_off", None)
    assert house.mains_a == pytest.approx([16.04, 8.0, 8.0])


def test_the_meter_counts_by_the_quarter_hour() -> None:
    """Its mean begins at 0, rises with what is drawn, and not with what is fed in."""
    house = HouseEmulator(list)
    house.advance(QUARTER_S - house.now % QUARTER_S + 1)
    begun_w = house.average_demand_w
    assert begun_w < 50
    house.advance(300)
    assert house.average_demand_w - begun_w == pytest.approx(1380 * 300 / QUARTER_S)
    house.press("sun", "6")
    counted_w = house.average_demand_w
    house.advance(300)
    assert house.average_demand_w == counted_w
    house.press("sun", "0")
    house.advance(QUARTER_S - house.now % QUARTER_S + 1)
    assert house.average_demand_w < 50
