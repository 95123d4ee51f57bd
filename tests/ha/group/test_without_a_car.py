"""A charger that cannot be paused before a car comes: a PSP EVSE has no session then."""

from collections.abc import AsyncGenerator
from typing import override

import pytest

from homeassistant.core import HomeAssistant
from tests.emulators.psp import PspEmulator
from tests.ha.psp.conftest import entry_for

from .conftest import House, furnish, member

pytestmark = pytest.mark.timeout(180)


class HouseWithPsp(House):
    """A house with one charger."""

    def __init__(self, hass: HomeAssistant, box: PspEmulator) -> None:
        """Nothing is switched on."""
        super().__init__(hass, {})
        self.box = box

    @property
    @override
    def mains_a(self) -> list[float]:
        return [base + self.box.drawn_a for base in self.base_a]


@pytest.fixture
async def house(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[HouseWithPsp]:
    """Return a house whose charger is in a group, without a car."""
    async with PspEmulator() as box:
        house = HouseWithPsp(hass, box)
        house.meter_shows = lambda mains: [amps + house.offset_s % 3 / 100 for amps in mains]
        await furnish(house, {"Garage": entry_for(box)}, monkeypatch)
        await house.load_group(member(house.entries["Garage"].entry_id, "Garage"))
        yield house


async def test_the_next_car_finds_the_minimum(house: HouseWithPsp) -> None:
    """Where the house leaves nothing, its charge current is lowered; a car is paused when it is read, and waits."""
    box = house.box
    house.base_a = [21.0, 21.0, 21.0]
    await house.live(60)
    assert (box.settings["ChargeCurrent"], box.toggles) == (6, 0)
    box.plug_in()
    assert max(house.mains_a) == 27
    await house.live(15)
    assert not box.started
    house.base_a = [5.0, 5.0, 5.0]
    await house.live(1000)
    assert box.drawn_a == 16
    assert box.toggles == 2


async def test_observed_only_it_has_its_own_again(house: HouseWithPsp) -> None:
    """A group that lets go leaves the current that its owner had set."""
    box = house.box
    before_a = box.settings["ChargeCurrent"]
    house.base_a = [21.0, 21.0, 21.0]
    await house.live(60)
    assert box.settings["ChargeCurrent"] == 6
    await house.act("select.select_option", "select.mode", option="off")
    await house.live(30)
    assert box.settings["ChargeCurrent"] == before_a
