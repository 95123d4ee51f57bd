"""One phase instead of a stop where the fuse leaves less than three need, in a running house, with sun or without."""

import pytest

from homeassistant.config_entries import ConfigSubentryDataWithId
from tests.ha.conftest import complaints

from .conftest import House

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("all_enabled")]

# The fuse of 25 A leaves less than 6 A on L2; or enough on all.
TIGHT, ROOMY = [2.0, 20.0, 2.1], [2.0, 2.2, 2.1]


@pytest.fixture
async def house(empty_house: House, members: list[ConfigSubentryDataWithId]) -> House:
    """Return a house without a roof: two chargers behind a fuse, and a car at the first."""
    await empty_house.load_group(*members)
    empty_house.boxes["Garage"].plug_in()
    empty_house.base_a = ROOMY
    await empty_house.live(30)
    assert empty_house.offers[0] > 15
    return empty_house


async def live(house: House, seconds: int) -> set[str]:
    """Let time pass while no phase is above its fuse for longer than the meter needs; return the reasons that were shown."""
    over_s, shown = 0, set()
    for _ in range(seconds):
        await house.live(1)
        over_s = over_s + 1 if max(house.mains_a) > 25 else 0
        assert over_s <= 3
        shown.add(house.read("sensor.reason", "Garage"))
    return shown


async def test_one_phase_instead_of_a_stop(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """It charges on the phase that has room, also when a person lets it charge now; and on three when all have."""
    box = house.boxes["Garage"]
    await house.act("switch.turn_on", "switch.auto_phases", "Garage")
    house.base_a = TIGHT
    assert "main_fuse_l2" in await live(house, 20)
    assert house.offers[0] == 0
    assert "changing_phases" in await live(house, 240)
    assert (box.enable_c2, box.contactor_phases) == (1, 1)
    assert house.offers[0] > 15
    assert max(box.ev_currents_a[1:]) == 0
    assert house.read("sensor.phases_used", "Garage") == "1"
    assert house.read("sensor.phase_changes_left", "Garage") == "15"
    house.base_a = ROOMY
    await live(house, 420)
    assert (box.enable_c2, box.contactor_phases) == (3, 3)
    assert house.offers[0] > 15
    assert box.c2_set_under_load == 0
    assert "sun" not in house.claims("Garage")
    assert not complaints(caplog)


async def test_phases_are_left_alone_unless_it_is_chosen(house: House) -> None:
    """The car waits for its three phases; and switched off, the switch gives back what its owner had set."""
    box = house.boxes["Garage"]
    house.base_a = TIGHT
    await live(house, 120)
    assert (house.read("switch.auto_phases", "Garage"), box.enable_c2, house.offers[0]) == ("off", 3, 0)
    await house.act("switch.turn_on", "switch.auto_phases", "Garage")
    await live(house, 150)
    assert box.enable_c2 == 1
    assert house.offers[0] > 15
    await house.act("switch.turn_off", "switch.auto_phases", "Garage")
    await live(house, 30)
    assert house.offers[0] == 0
    house.base_a = ROOMY
    await live(house, 240)
    assert box.enable_c2 == 3
    assert house.offers[0] > 15
    assert "phases" not in house.claims("Garage")


async def test_a_start_by_hand_does_not_end_it(house: House) -> None:
    """Charging now means on the phase that there is."""
    await house.act("switch.turn_on", "switch.auto_phases", "Garage")
    house.base_a = TIGHT
    await live(house, 260)
    device = house.entries["Garage"].runtime_data
    await device.owner.async_override()
    await live(house, 30)
    assert house.boxes["Garage"].enable_c2 == 1
    assert house.offers[0] > 15
