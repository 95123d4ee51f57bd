"""A person at the charger, and what Home Assistant makes of it when it was away, was disabled, or looked elsewhere."""

import asyncio
from typing import Any

import pytest

from custom_components.evse_pilot.control.claim import Claim, Reason, Source
from homeassistant.exceptions import ServiceValidationError
from tests.ha.makes import slug_of

from .conftest import CHARGE_FROM_TEN, TEN_AMPERES_FROM_TEN
from .world import World


@pytest.fixture
def patient(world: World) -> World:
    """Return a world with a limit of 10 A that the charger shows."""
    world.run(world.act("set_current_limit", current=10))
    seen(world)
    assert world.allows_a == 10
    return world


def seen(world: World) -> None:
    """Let the charger be read until a hand at it is seen."""
    world.run(world.polls(world.box.polls + 2))


def problem(world: World) -> str | None:
    """Return why it could not be commanded last."""
    return world.control.problem


def down(world: World) -> None:
    """Let Home Assistant stop, as far as the charger is concerned."""
    world.run(world.hass.config_entries.async_unload(world.entry.entry_id))
    world.run(world.settle())


def up(world: World) -> None:
    """Let it start."""
    world.run(world.hass.config_entries.async_setup(world.entry.entry_id))
    world.run(world.settle())
    seen(world)


def hand(world: World, amps: int) -> None:
    """Set a limit at the charger, 0 for off."""
    if amps:
        assert world.box.limit is not None
        world.box.limit(world.emulator, amps)
    else:
        world.box.switch_off(world.emulator)


@pytest.mark.parametrize("amps", [0, 6, 9])
def test_less_at_the_charger_while_home_assistant_is_away_stands(patient: World, amps: int) -> None:
    """What was confirmed before and is less now is a person's."""
    down(patient)
    hand(patient, amps)
    up(patient)
    assert patient.allows_a == amps
    patient.run(patient.restart())
    seen(patient)
    assert patient.allows_a == amps


def test_more_at_the_charger_while_home_assistant_is_away_is_no_word(patient: World) -> None:
    """It may have restarted as well and have forgotten its limit, which is sent again."""
    down(patient)
    hand(patient, 16)
    up(patient)
    assert patient.allows_a == 10


@pytest.mark.parametrize("amps", [0, 8])
@pytest.mark.parametrize("duration", [{}, {"duration": {"hours": 1}}])
def test_hand_while_the_entry_is_disabled_stands(world: World, amps: int, duration: dict[str, Any]) -> None:
    """The charger is its owner's then, and what is set at it holds afterwards, in place of what was set before."""
    world.run(world.act("set_current_limit", current=10, **duration))
    seen(world)
    world.run(world.disable())
    hand(world, amps)
    world.emulator.advance(2 * 3600)
    world.run(world.later(hours=2))
    world.run(world.enable())
    seen(world)
    assert world.allows_a == amps


@pytest.mark.parametrize("amps", [6, 9])
def test_one_ampere_less_is_a_hand_as_well(patient: World, amps: int) -> None:
    """A charger rounds down to its step, by less than a step."""
    hand(patient, amps)
    seen(patient)
    assert patient.control.claims[Source.OWNER].max_current_a == amps
    patient.run(patient.restart())
    seen(patient)
    assert patient.allows_a == amps


@pytest.mark.parametrize("order", [("limit", "switch"), ("switch", "limit")])
def test_no_current_for_good_outlives_a_window(world: World, order: tuple[str, str]) -> None:
    """A limit of 0 is for good; the switch until the next edge, on top of it."""
    world.run(world.act("set_schedule", **TEN_AMPERES_FROM_TEN))
    for what in order:
        world.run(world.act("set_current_limit", current=0) if what == "limit" else world.switch(False))
    seen(world)
    world.run(world.later(hours=2, seconds=5))
    seen(world)
    assert world.allows_a == 0
    world.run(world.switch(True))
    assert world.allows_a == 10


@pytest.mark.parametrize("ends", ["limit for a time", "window"])
def test_limit_at_the_charger_just_before_a_claim_ends(world: World, ends: str) -> None:
    """It was not read yet when the claim ends, and stands all the same."""
    if ends == "window":
        week = {"windows": [{"start": "08:00", "end": "08:05", "current": 10}], "outside": "allowed"}
        world.run(world.act("set_schedule", **week, executed_by="home_assistant"))
    else:
        world.run(world.act("set_current_limit", current=10, duration={"minutes": 5}))
    seen(world)
    assert world.allows_a == 10
    hand(world, 7)
    if world.make.streams:
        # It cannot be asked, but sends an event every 3 s.
        world.run(world.later(seconds=3))
    world.run(world.later(minutes=5))
    seen(world)
    assert world.allows_a == 7


def test_limit_at_a_charger_that_was_switched_off_there(patient: World) -> None:
    """It holds as soon as it is switched on again."""
    hand(patient, 0)
    seen(patient)
    hand(patient, 8)
    seen(patient)
    patient.box.switch_on(patient.emulator)
    seen(patient)
    assert patient.allows_a == 8


def test_limit_and_on_at_once_at_a_charger_that_its_schedule_pauses(world: World) -> None:
    """Seen with one reading, both are a person's."""
    world.run(world.act("set_current_limit", current=13))
    world.run(world.act("set_schedule", **CHARGE_FROM_TEN))
    seen(world)
    assert world.allows_a == 0
    hand(world, 8)
    world.box.switch_on(world.emulator)
    seen(world)
    assert world.allows_a == 8


def test_override_ends_with_a_car_that_leaves_during_a_restart(world: World) -> None:
    """The next car is not meant."""
    world.run(world.act("set_schedule", **CHARGE_FROM_TEN))
    world.run(world.act("override_schedule"))
    seen(world)
    assert world.allows_a >= 16
    down(world)
    world.emulator.press("unplug")
    up(world)
    world.run(world.polls(6))
    assert Source.OVERRIDE not in world.control.claims
    world.emulator.press("plug_in")
    world.run(world.polls(6))
    assert world.allows_a == 0


def test_no_of_a_person_outlives_the_car(patient: World) -> None:
    """Switched off at the charger and here: the plug that is pulled switches on neither."""
    hand(patient, 0)
    seen(patient)
    patient.run(patient.switch(False))
    patient.emulator.press("unplug")
    patient.run(patient.polls(3))
    patient.emulator.press("plug_in")
    patient.run(patient.polls(4))
    assert Source.OWNER in patient.control.claims
    assert patient.allows_a == 0


def test_edges_while_home_assistant_was_away(world: World) -> None:
    """A window that began and ended ends what was set until the next edge."""
    world.run(world.act("set_schedule", **TEN_AMPERES_FROM_TEN))
    world.run(world.switch(False))
    down(world)
    world.run(world.later(hours=9))
    up(world)
    assert world.allows_a >= 16


@pytest.mark.parametrize("world", ["psp"], indirect=True)
def test_refused_wish_takes_back_no_other(world: World) -> None:
    """Two at once: the one that the charger refuses is taken back, the other holds."""
    world.emulator.press("fail")
    seen(world)

    async def both() -> tuple[BaseException | None, ...]:
        return await asyncio.gather(
            world.switch(False), world.act("set_current_limit", current=8), return_exceptions=True
        )

    refused, taken = world.run(both())
    assert isinstance(refused, ServiceValidationError)
    assert taken is None
    assert {source: claim.current_a for source, claim in world.control.claims.items()} == {Source.OWNER: 8}


@pytest.mark.parametrize("world", ["lektrico"], indirect=True)
def test_reason_of_a_charger_that_was_switched_off_there(world: World) -> None:
    """Its own word of what limits it is not why it is paused."""
    hand(world, 0)
    seen(world)
    state = world.hass.states.get(f"sensor.{slug_of(world.entry)}_limited_by")
    assert state is not None
    assert state.state == "paused_by_owner"


# A PSP EVSE is read back with each command, and an EVNEX with its next event: there it is an error of its own.
@pytest.mark.parametrize("world", ["smartevse", "lektrico"], indirect=True)
def test_charger_that_takes_a_command_and_does_nothing_is_named(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """It is sent again with growing pauses, and named once; when it does it, that is over."""
    world.ignore_commands(1000)
    world.run(world.act("set_current_limit", current=8))
    sent = len([call for call in world.emulator.calls if call.method != "GET"])
    for _ in range(100):
        world.run(world.polls(1))
    assert problem(world) == "refused_not_carried_out"
    assert caplog.text.count("cannot be commanded: refused_not_carried_out") == 1
    assert len([call for call in world.emulator.calls if call.method != "GET"]) - sent <= 8
    world.mend()
    world.run(world.later(minutes=6))
    seen(world)
    assert world.allows_a == 8
    assert problem(world) is None
    assert world.control.decisions.last_event == "confirmed"
    assert caplog.text.count("can be commanded again") == 1


def test_command_in_a_fault_is_repeated_with_growing_pauses(world: World) -> None:
    """A charger with a fault may change its limit by itself; that is no reason for one command after the other."""
    world.emulator.press("fail")
    seen(world)
    before = world.control.writes_today
    world.run(world.group(Claim(source=Source.GROUP, reason=Reason.MAIN_FUSE, max_current_a=0)))
    for _ in range(90):
        world.run(world.polls(1))
    assert world.control.writes_today - before <= 8


@pytest.mark.parametrize("world", ["smartevse"], indirect=True)
def test_solar_mode_is_refused_beside_a_limit(world: World) -> None:
    """It takes no limit: whichever is chosen last is refused, and nothing changes."""
    world.run(world.act("set_current_limit", current=8))
    data = {"entity_id": "select.smartevse_mode", "option": "solar"}
    with pytest.raises(ServiceValidationError, match="solar mode"):
        world.run(world.hass.services.async_call("select", "select_option", data, blocking=True))
    seen(world)
    assert world.allows_a == 8


def test_limit_that_a_pause_did_not_let_restore(world: World) -> None:
    """Switched off at the charger and disabled: the limit of the window is still ours when the entry is enabled."""
    world.run(world.act("set_schedule", **TEN_AMPERES_FROM_TEN))
    world.run(world.later(hours=4, seconds=5))
    seen(world)
    assert world.allows_a == 10
    hand(world, 0)
    seen(world)
    world.run(world.disable())
    world.run(world.enable())
    seen(world)
    world.run(world.act("override_schedule"))
    seen(world)
    assert world.allows_a >= 16
