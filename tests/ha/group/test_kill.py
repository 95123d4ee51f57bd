"""Home Assistant that dies without a word: a crash, kill -9 or a power cut at any moment.

What was stored by then is all that is left of it. `test_life.py` has the restarts in good order.
"""

from copy import deepcopy
from typing import Any

import pytest

from custom_components.evse_pilot.balancing.leaving import async_come_back
from tests.emulators.base import Line

from .conftest import NAMES, House

pytestmark = pytest.mark.timeout(180)

type Storage = dict[str, Any]


async def kill(house: House, storage: Storage, *, away_s: int = 10) -> None:
    """Let Home Assistant die now, be away for a while, and come back with what was stored when it died."""
    stored = deepcopy(storage)
    await house.hass.config_entries.async_unload(house.group.entry_id)
    async_come_back(house.hass, house.group)
    for entry in house.entries.values():
        await house.hass.config_entries.async_unload(entry.entry_id)
    # What was stored at the end of a good order is not there after a crash.
    storage.clear()
    storage.update(stored)
    for _ in range(away_s):
        for box in house.boxes.values():
            box.advance(1)
        house.offset_s += 1
    for entry in house.entries.values():
        await house.set_up(entry)
    await house.set_up(house.group)


def owners(house: House) -> list[object]:
    """Return what the owner is believed to have set at each charger, and to have claimed."""
    return [
        (control.baseline.current_a, control.baseline.paused, control.claims.get("owner"))
        for entry in house.entries.values()
        for control in [entry.runtime_data.control]
    ]


async def charge(house: House) -> None:
    """Let both cars charge with their shares."""
    for box in house.boxes.values():
        box.plug_in()
    await house.live(30)
    assert house.offers == [11.0, 11.0]


@pytest.mark.parametrize("lives_s", [0, 1, 3, 7, 20, 70])
async def test_f1_killed_while_the_group_has_paused(
    house: House, hass_storage: Storage, lives_s: int
) -> None:
    """Both cars are paused for a load of the house, and Home Assistant dies: neither was paused by its owner."""
    await charge(house)
    owned = owners(house)
    house.base_a = [22.0, 2.0, 2.0]
    # One reading alone opens no contactor.
    await house.live(2)
    assert house.offers == [0.0, 0.0]
    await house.live(lives_s)
    await kill(house, hass_storage)
    await house.live(5)
    assert owners(house) == owned
    assert house.why() == ["main_fuse_l1", "main_fuse_l1"]
    house.base_a = [2.0, 2.0, 2.0]
    await house.live(230)
    assert house.offers == [11.0, 11.0]


@pytest.mark.parametrize("lives_s", [0, 1, 20])
async def test_f1_the_load_is_gone_after_the_power_cut(
    house: House, hass_storage: Storage, lives_s: int
) -> None:
    """Cars that were paused have their shares as soon as two readings have shown that they fit."""
    await charge(house)
    house.base_a = [22.0, 2.0, 2.0]
    await house.measure()
    await house.live(lives_s)
    house.base_a = [2.0, 2.0, 2.0]
    await kill(house, hass_storage)
    await house.live(2)
    assert min(house.offers) >= 6
    await house.live(30)
    assert house.offers == [11.0, 11.0]


@pytest.mark.parametrize("lives_s", [0, 1, 5, 30])
@pytest.mark.parametrize("kills", [1, 2])
async def test_f19_killed_while_lowered(
    house: House, hass_storage: Storage, lives_s: int, kills: int
) -> None:
    """Its own current is no limit of the owner's, however old what was stored is, and nothing is raised unasked."""
    await charge(house)
    owned = owners(house)
    for base_a in (6.0, 10.0):
        house.base_a = [base_a, 2.0, 2.0]
        await house.measure()
        await house.live(lives_s)
    for _ in range(kills):
        await kill(house, hass_storage)
        assert max(house.offers) <= 7
    await house.live(8)
    assert house.offers == [7.0, 7.0]
    assert house.why() == ["main_fuse_l1", "main_fuse_l1"]
    house.base_a = [2.0, 2.0, 2.0]
    await house.live(30)
    assert house.offers == [11.0, 11.0]
    assert owners(house) == owned


async def test_f19_killed_while_it_raises(house: House, hass_storage: Storage) -> None:
    """What was raised a moment ago is lowered to what is safe until the meter was read, and is no limit of the owner."""
    house.base_a = [10.0, 2.0, 2.0]
    for box in house.boxes.values():
        box.plug_in()
    await house.live(40)
    owned = owners(house)
    assert house.offers == [7.0, 7.0]
    house.base_a = [2.0, 2.0, 2.0]
    for _ in range(40):
        await house.live(1)
        if max(house.offers) > 7:
            break
    await kill(house, hass_storage)
    assert max(house.offers) <= 11
    await house.live(30)
    assert house.offers == [11.0, 11.0]
    assert owners(house) == owned


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("line", [Line.SILENT, Line.CUT])
async def test_f19_killed_in_the_middle_of_a_command(
    house: House, hass_storage: Storage, name: str, line: Line
) -> None:
    """A command whose reply never arrived may have been taken, or not: both are ours."""
    await charge(house)
    owned = owners(house)
    box = house.boxes[name]
    box.line, box.line_for = line, lambda request: request.method == "POST"
    house.base_a = [10.0, 2.0, 2.0]
    house.report()
    await house.hass.async_block_till_done()
    box.line_for = lambda _: False
    await kill(house, hass_storage)
    await house.live(8)
    assert house.offers == [7.0, 7.0]
    assert owners(house) == owned


async def test_f19_a_person_lowers_it_while_home_assistant_is_dead(
    house: House, hass_storage: Storage
) -> None:
    """What was confirmed for a minute and is less afterwards was set at the charger."""
    await charge(house)
    await house.live(10)
    await house.entries["Garage"].runtime_data.control.async_save()
    house.boxes["Garage"].override_a = 8.0
    await kill(house, hass_storage)
    await house.live(30)
    assert house.offers[0] == 8
    assert house.why()[0] == "charger_limit"


@pytest.mark.parametrize("base_a", [10.0, 12.0])
async def test_f9_a_load_that_came_while_home_assistant_was_dead(
    house: House, hass_storage: Storage, base_a: float
) -> None:
    """The overload is lowered to what fits, and no car is paused that need not be."""
    await charge(house)
    house.base_a = [base_a, 2.0, 2.0]
    await kill(house, hass_storage)
    for _ in range(12):
        await house.live(1)
        assert min(house.offers) >= 6
    share_a = (24 - base_a) // 2
    assert house.offers == [share_a, share_a]


async def test_f9_the_first_reading_is_older_than_the_first_command(
    house: House, hass_storage: Storage
) -> None:
    """What the cars still drew then is not the house's: none is paused for it."""
    await charge(house)
    house.base_a = [10.0, 2.0, 2.0]
    before_a = house.mains_a
    await kill(house, hass_storage)
    for phase, amps in enumerate(before_a, 1):
        house.hass.states.async_set(f"sensor.mains_l{phase}", f"{amps:.2f}", {"unit_of_measurement": "A"})
    await house.settle()
    for _ in range(12):
        await house.live(1)
        assert min(house.offers) >= 6
    assert house.offers == [7.0, 7.0]


async def test_f18_a_start_without_stored_values(house: House, hass_storage: Storage) -> None:
    """The first charger that answers is not paused for what the others might draw: they are waited for."""
    await house.act("number.set_value", "number.group_limit", value=20)
    for box in house.boxes.values():
        box.plug_in()
    await house.live(60)
    assert house.offers == pytest.approx([8.3, 8.3], abs=0.25)
    await house.hass.config_entries.async_unload(house.group.entry_id)
    async_come_back(house.hass, house.group)
    for entry in house.entries.values():
        await house.hass.config_entries.async_unload(entry.entry_id)
    for key in [key for key in hass_storage if key.startswith("evse_pilot.")]:
        del hass_storage[key]
    await house.set_up(house.group)
    for name in NAMES:
        await house.live(3)
        await house.set_up(house.entries[name])
        assert min(house.offers) >= 6
    await house.live(30)
    assert house.offers == pytest.approx([8.3, 8.3], abs=0.25)
