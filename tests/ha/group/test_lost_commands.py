"""Commands that are lost on their way, and our own controls beside a group: neither is a person at the charger."""

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from tests.emulators.base import Line

from .conftest import House

pytestmark = pytest.mark.timeout(180)


async def lose_command(house: House, outage_s: int) -> None:
    """Let the line of the garage break with the next command, for so long."""
    box = house.boxes["Garage"]
    control = house.entries["Garage"].runtime_data.control
    sent_s = control.ack.asked_s
    box.line, box.line_for = Line.REFUSED, lambda request: request.method == "POST"
    for _ in range(60):
        await house.live(1)
        if control.ack.asked_s > sent_s:
            break
    box.line_for = lambda _: True
    await house.live(outage_s)
    box.line = Line.OK


@pytest.mark.parametrize("outage_s", [0, 5, 12, 60])
async def test_a3_a_lost_raise(house: House, outage_s: int) -> None:
    """A car is not stuck at the current of before, and nothing was turned down at the charger."""
    house.boxes["Garage"].plug_in()
    house.base_a = [17.0, 2.0, 2.0]
    await house.live(60)
    assert house.offers[0] == 7
    house.base_a = [2.0, 2.0, 2.0]
    await lose_command(house, outage_s)
    await house.live(60)
    assert house.offers[0] == 16
    assert house.why()[0] == "own_maximum"


@pytest.mark.parametrize("outage_s", [0, 5, 12, 60])
async def test_a3_a_lost_resumption(house: House, outage_s: int) -> None:
    """A car that the group itself had paused was not paused by its owner."""
    house.boxes["Garage"].plug_in()
    await house.live(40)
    house.base_a = [20.0, 2.0, 2.0]
    await house.live(10)
    assert house.offers[0] == 0
    house.base_a = [2.0, 2.0, 2.0]
    await house.live(165)
    await lose_command(house, outage_s)
    await house.live(90)
    assert house.offers[0] == 16
    assert house.why()[0] == "own_maximum"


LIGHT_A, HEAVY_A, FULL_A = 2.0, 17.0, 20.0


@pytest.mark.parametrize("outage_s", [1, 5, 20, 60])
@pytest.mark.parametrize(
    ("before_a", "after_a", "offer_a"),
    [
        (LIGHT_A, HEAVY_A, 7.0),
        (HEAVY_A, LIGHT_A, 16.0),
        (LIGHT_A, FULL_A, 0.0),
        (HEAVY_A, FULL_A, 0.0),
    ],
    ids=["lowered", "raised", "paused", "paused_at_7_a"],
)
async def test_a3_any_command_is_lost_for_any_time(
    house: House, outage_s: int, before_a: float, after_a: float, offer_a: float
) -> None:
    """The right value is there within 30 s of the line's return, and nothing is taken for the owner's."""
    house.boxes["Garage"].plug_in()
    house.base_a = [before_a, 2.0, 2.0]
    await house.live(60)
    control = house.entries["Garage"].runtime_data.control
    owned = control.baseline
    house.base_a = [after_a, 2.0, 2.0]
    await lose_command(house, outage_s)
    await house.live(30)
    # A house that has switched on so much at once may be left an ampere more.
    assert offer_a - (offer_a == 16) <= house.offers[0] <= offer_a
    assert control.baseline == owned
    assert "owner" not in house.claims("Garage")


@pytest.mark.parametrize("line", [Line.REFUSED, Line.BUSY, Line.ERROR])
async def test_a3_only_commands_are_lost(house: House, line: Line) -> None:
    """The charger is read all the time, and shows the current of before."""
    box = house.boxes["Garage"]
    box.plug_in()
    house.base_a = [17.0, 2.0, 2.0]
    await house.live(60)
    box.line, box.line_for = line, lambda request: request.method == "POST"
    house.base_a = [2.0, 2.0, 2.0]
    await house.live(60)
    assert house.offers[0] == 7
    box.line = Line.OK
    await house.live(90)
    assert house.offers[0] == 16
    assert house.why()[0] == "own_maximum"


async def test_a2_a14_our_own_controls(hass: HomeAssistant, house: House) -> None:
    """The number and the switch of the charger are claims: ceilings for the group, and never a second master."""
    house.boxes["Garage"].plug_in()
    house.base_a = [14.0, 2.0, 2.0]
    await house.live(40)
    assert house.offers[0] == 10
    registry = er.async_get(hass)
    number = registry.async_get_entity_id("number", "evse_pilot", "smartevse_1_current_limit")
    switch = registry.async_get_entity_id("switch", "evse_pilot", "smartevse_1_allow_charging")
    for amps in (16, 8, 12, 7, 16):
        await hass.services.async_call(
            "number", "set_value", {"entity_id": number, "value": amps}, blocking=True
        )
        await house.live(35)
        assert house.offers[0] == min(amps, 10)
    for _ in range(3):
        for action, reason in (("turn_off", "paused_by_owner"), ("turn_on", "main_fuse_l1")):
            await hass.services.async_call("switch", action, {"entity_id": switch}, blocking=True)
            await house.live(35)
            assert house.why()[0] == reason
    assert house.offers[0] == 10
    assert not ir.async_get(hass).issues


async def test_restart_while_the_group_pauses_a_car(hass: HomeAssistant, house: House) -> None:
    """What a group had paused before a restart is still its own pause, and not the owner's."""
    house.boxes["Garage"].plug_in()
    await house.live(40)
    house.base_a = [20.0, 2.0, 2.0]
    await house.live(10)
    assert house.offers[0] == 0
    await house.restart()
    await house.live(10)
    assert house.offers[0] == 0
    assert house.why()[0] == "main_fuse_l1"
    house.base_a = [2.0, 2.0, 2.0]
    await house.live(230)
    assert house.offers[0] == 16


async def test_charger_that_is_loaded_after_its_group_was_removed(hass: HomeAssistant, house: House) -> None:
    """A claim does not outlive its group, whatever was loaded when that was removed."""
    for box in house.boxes.values():
        box.plug_in()
    await house.live(40)
    assert house.offers == [11.0, 11.0]
    garage = house.entries["Garage"]
    await hass.config_entries.async_unload(garage.entry_id)
    await hass.config_entries.async_remove(house.group.entry_id)
    await house.settle()
    await house.set_up(garage)
    for box in house.boxes.values():
        box.advance(1)
    assert house.offers == [16.0, 16.0]
    assert house.claims("Garage") == {}


async def test_charger_that_is_loaded_after_its_group_was_switched_off(
    hass: HomeAssistant, house: House
) -> None:
    """It is left as the others were."""
    for box in house.boxes.values():
        box.plug_in()
    await house.live(40)
    garage = house.entries["Garage"]
    await hass.config_entries.async_unload(garage.entry_id)
    await house.act("switch.turn_off", "switch.group_enabled")
    await house.set_up(garage)
    for box in house.boxes.values():
        box.advance(1)
    assert house.offers == [6.0, 6.0]
    assert house.claims("Garage") == {"safety": 6.0}
