"""Cases that went wrong before there was one controller, on each make; the ids are those of the list of cases."""

from dataclasses import replace
import logging
from typing import Any

import pytest

from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.control.claim import Claim, Reason, Source
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import Event, callback
from homeassistant.helpers import issue_registry as ir
from tests.ha.makes import MAKES, slug_of

from .conftest import CHARGE_FROM_TEN, TEN_AMPERES_FROM_TEN
from .world import BOXES, World


@pytest.fixture
def most_a(world: World) -> float:
    """Return the most that it allows without a claim: what is set at it, within what its circuit carries."""
    load = world.control.load
    assert load is not None
    assert world.allows_a >= 16
    return min(world.allows_a, load.maximum_a)


def fuse(amps: float) -> Claim:
    """Return what a group gives."""
    return Claim(source=Source.GROUP, reason=Reason.MAIN_FUSE, max_current_a=amps)


# A1: what was set for good


def test_a1_limit_for_good_within_a_window_stands_after_it(world: World, most_a: float) -> None:
    """The window ends, the limit does not."""
    world.run(world.act("set_schedule", **TEN_AMPERES_FROM_TEN))
    world.run(world.later(hours=2, seconds=1))
    assert world.allows_a == 10
    world.run(world.act("set_current_limit", current=8))
    assert world.allows_a == 8
    world.run(world.later(hours=6))
    world.run(world.polls(1))
    assert world.allows_a == 8
    world.run(world.act("clear_current_limit"))
    assert world.allows_a == most_a


def test_a1_window_never_raises_a_limit_for_good(world: World) -> None:
    """A window of at most 10 A begins over a limit of 8 A."""
    world.run(world.act("set_current_limit", current=8))
    world.run(world.act("set_schedule", **TEN_AMPERES_FROM_TEN))
    world.run(world.later(hours=2, seconds=1))
    world.run(world.polls(1))
    assert world.allows_a == 8
    world.run(world.later(hours=6))
    world.run(world.polls(1))
    assert world.allows_a == 8


def test_a1_group_never_raises_a_limit_for_good(world: World) -> None:
    """A group that would give 11 A comes and goes over a limit of 8 A."""
    world.run(world.act("set_current_limit", current=8))
    for claim in (fuse(11), fuse(7), fuse(11), None):
        world.run(world.group(claim))
        world.run(world.polls(1))
        assert world.allows_a == (7 if claim == fuse(7) else 8)


def test_a1_number_and_action_are_the_same(world: World, most_a: float) -> None:
    """The number on the page is a limit for good as well."""
    data = {"entity_id": f"number.{slug_of(world.entry)}_current_limit", "value": 8}
    world.run(world.hass.services.async_call("number", "set_value", data, blocking=True))
    world.run(world.settle())
    assert world.control.claims[Source.OWNER].max_current_a == 8
    world.run(world.act("set_schedule", **TEN_AMPERES_FROM_TEN))
    world.run(world.later(hours=2, seconds=1))
    assert world.allows_a == 8
    world.run(world.later(hours=6))
    assert world.allows_a == 8
    world.run(world.act("clear_current_limit"))
    assert world.allows_a == most_a


# A2: the charger has forgotten


# The cloud of an EVNEX shows no restart.
@pytest.mark.parametrize("between_polls", [False, True])
@pytest.mark.parametrize("world", [name for name, box in BOXES.items() if box.reboot], indirect=True)
def test_a2_limit_for_a_time_is_sent_again_after_a_restart(
    world: World, most_a: float, between_polls: bool
) -> None:
    """Whatever the charger keeps over its restart, and however its first readings look, also if no poll was lost."""
    assert world.box.reboot is not None
    world.run(world.act("set_current_limit", current=8, duration={"hours": 1}))
    world.run(world.polls(2))
    world.box.reboot(world.emulator)
    if between_polls:
        world.emulator.be_offline(-1)
    world.run(world.polls(1))
    world.emulator.advance(60)
    world.run(world.polls(4))
    assert world.allows_a == 8
    assert world.control.claims.keys() == {Source.TIMED}
    world.run(world.later(hours=1))
    world.run(world.polls(2))
    assert world.allows_a == most_a


@pytest.mark.parametrize("world", [n for n, box in BOXES.items() if box.reboot and box.limit], indirect=True)
def test_a2_limit_at_the_charger_that_it_forgets_while_it_is_paused(world: World, most_a: float) -> None:
    """Paused here and switched on again at the charger, it has the limit that its owner had set at it."""
    box, emulator = world.box, world.emulator
    assert box.limit is not None
    assert box.reboot is not None
    box.limit(emulator, 8)
    world.run(world.polls(2))
    world.run(world.switch(False))
    world.run(world.polls(1))
    box.reboot(emulator)
    world.run(world.polls(1))
    emulator.advance(60)
    world.run(world.polls(2))
    assert world.allows_a == 0
    box.switch_on(emulator)
    world.run(world.polls(3))
    assert world.allows_a == 8 < most_a
    assert not world.control.claims


# A3: lost commands


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a3_lost_raise_of_the_owner_is_sent_again(world: World, most_a: float, count: int) -> None:
    """A charger that shows the old limit has not taken the new one; its owner has said nothing."""
    world.run(world.act("set_current_limit", current=7))
    world.run(world.polls(1))
    world.lose_commands(count)
    world.run(world.act("set_current_limit", current=12))
    world.run(world.polls(8))
    assert world.allows_a == 12
    assert world.control.claims[Source.OWNER].reason is Reason.PERSONS_LIMIT


def test_a3_lost_resumption_of_a_schedule_is_sent_again(world: World, most_a: float) -> None:
    """The window begins, and the command that lets the car charge is lost: the car is not empty in the morning."""
    world.run(world.act("set_schedule", **CHARGE_FROM_TEN))
    world.run(world.polls(1))
    assert world.allows_a == 0
    world.lose_commands(2)
    world.run(world.later(hours=2, seconds=1))
    world.run(world.polls(8))
    assert world.allows_a == most_a
    assert not world.control.baseline.paused


# A4: lost polls


@pytest.mark.parametrize("count", [1, 2])
def test_a4_hand_that_switches_on_stands(world: World, most_a: float, count: int) -> None:
    """A person lets the car charge while the schedule pauses it; a lost poll undoes nothing, the next edge does."""
    world.run(world.act("set_schedule", **CHARGE_FROM_TEN))
    world.run(world.polls(1))
    # It is the current of before the pause.
    world.run(world.settle_in())
    world.box.switch_on(world.emulator)
    world.run(world.polls(2))
    assert world.allows_a == most_a
    lose_polls(world, count)
    assert world.allows_a == most_a
    world.run(world.later(hours=2))
    world.run(world.polls(1))
    assert world.allows_a == most_a
    world.run(world.later(hours=6))
    world.run(world.polls(1))
    assert world.allows_a == 0


@pytest.mark.parametrize("count", [1, 2])
def test_a4_hand_that_switches_off_stands(world: World, count: int) -> None:
    """A person stops the car while the schedule lets it charge."""
    world.run(world.act("set_schedule", **TEN_AMPERES_FROM_TEN))
    world.run(world.later(hours=2, seconds=1))
    world.run(world.polls(2))
    world.box.switch_off(world.emulator)
    world.run(world.polls(2))
    lose_polls(world, count)
    assert world.allows_a == 0
    world.run(world.later(hours=4))
    assert world.allows_a == 0


def lose_polls(world: World, count: int) -> None:
    """Lose so many polls; the next one is answered."""
    world.lose_all()
    for _ in range(count):
        world.run(world.entry.runtime_data.coordinator.async_refresh())
        world.run(world.settle())
    world.mend()
    world.run(world.polls(2))


@pytest.mark.parametrize("world", [name for name, make in MAKES.items() if not make.streams], indirect=True)
def test_a4_one_or_two_lost_polls_are_not_shown(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """No entity becomes unavailable and nothing is logged; three lost polls are an absence: one line down, one up."""
    lost: list[str] = []

    @callback
    def note(event: Event[Any]) -> None:
        state = event.data["new_state"]
        # What another integration shows of its charger is its own.
        is_ours = state is not None and "otherbox" not in state.entity_id
        if is_ours and state.state == STATE_UNAVAILABLE:
            lost.append(state.entity_id)

    world.hass.bus.async_listen("state_changed", note)
    caplog.clear()
    for count in (1, 2):
        lose_polls(world, count)
    assert not lost
    assert not of_the_charger(caplog)
    world.lose_all()
    world.run(world.polls(3))
    assert f"sensor.{slug_of(world.entry)}_status" in lost
    assert f"number.{slug_of(world.entry)}_current_limit" in lost
    assert f"sensor.{slug_of(world.entry)}_limited_by" in lost
    world.run(world.polls(3))
    assert len(set(lost)) == len(lost)
    world.mend()
    world.run(world.polls(2))
    assert len(of_the_charger(caplog)) == 2


@pytest.mark.parametrize("world", [name for name, make in MAKES.items() if not make.streams], indirect=True)
def test_a4_thirty_seconds_are_an_absence(world: World) -> None:
    """However few polls that are."""
    world.lose_all()
    world.run(world.later(seconds=31))
    world.run(world.entry.runtime_data.coordinator.async_refresh())
    assert not world.control.is_available


def of_the_charger(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged of the charger that a person sees."""
    return [
        record.getMessage()
        for record in caplog.records
        if "evse_pilot" in record.name and record.levelno >= logging.INFO
    ]


# A6: the entry goes


@pytest.mark.parametrize("how", ["disable", "remove"])
def test_a6_charger_that_its_schedule_pauses_is_given_back(world: World, most_a: float, how: str) -> None:
    """It does not stay off for ever."""
    world.run(world.act("set_schedule", **CHARGE_FROM_TEN))
    world.run(world.polls(1))
    assert world.allows_a == 0
    world.run(world.disable() if how == "disable" else world.remove())
    assert world.allows_a == most_a


@pytest.mark.parametrize("how", ["disable", "remove"])
@pytest.mark.parametrize("limit_a", [0, 7])
def test_a6_limit_for_a_time_is_given_back(world: World, how: str, limit_a: float) -> None:
    """What the owner had set for good holds."""
    world.run(world.act("set_current_limit", current=12))
    world.run(world.act("set_current_limit", current=limit_a, duration={"hours": 1}))
    world.run(world.polls(1))
    assert world.allows_a == limit_a
    world.run(world.disable() if how == "disable" else world.remove())
    assert world.allows_a == 12


@pytest.mark.parametrize("how", ["disable", "remove"])
def test_a6_what_its_owner_has_set_stays(world: World, how: str) -> None:
    """A charger that its owner has switched off stays off, and a limit for good stays."""
    world.run(world.act("set_current_limit", current=9))
    world.run(world.polls(1))
    world.run(world.switch(False))
    world.run(world.disable() if how == "disable" else world.remove())
    assert world.allows_a == 0


@pytest.mark.parametrize("how", ["disable", "remove"])
def test_a6_member_of_a_group_is_not_raised(world: World, how: str) -> None:
    """A fuse that it shares is shared all the same."""
    world.run(world.group(fuse(7)))
    world.run(world.act("set_current_limit", current=6, duration={"hours": 1}))
    world.run(world.polls(1))
    assert world.allows_a == 6
    world.run(world.disable() if how == "disable" else world.remove())
    assert world.allows_a <= 7


@pytest.mark.parametrize("how", ["disable", "remove"])
def test_a6_charger_that_cannot_be_reached_is_named(
    world: World, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    """A warning and a repair issue, for a person has to see to it."""
    world.run(world.act("set_current_limit", current=7, duration={"hours": 1}))
    world.run(world.polls(1))
    world.lose_all()
    caplog.clear()
    world.run(world.disable() if how == "disable" else world.remove())
    assert f"{world.entry.title} could not be restored" in caplog.text
    issues, issue_id = ir.async_get(world.hass), f"not_restored_{world.entry.entry_id}"
    issue = issues.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_placeholders == {"name": world.entry.title}
    world.mend()
    if how == "disable":
        world.run(world.enable())
        assert issues.async_get_issue(DOMAIN, issue_id) is None


# A14 and A15: one meaning on all makes


def test_a14_own_controls_never_go_past_a_group(world: World) -> None:
    """Number, switch and action are a ceiling below the fuse, and no second master."""
    world.run(world.group(fuse(8)))
    world.run(world.polls(1))
    data = {"entity_id": f"number.{slug_of(world.entry)}_current_limit", "value": 16}
    for _ in range(4):
        world.run(world.hass.services.async_call("number", "set_value", data, blocking=True))
        assert world.allows_a == 8
        world.run(world.switch(False))
        assert world.allows_a == 0
        world.run(world.switch(True))
        assert world.allows_a == 8
        world.run(world.act("set_current_limit", current=13))
        assert world.allows_a == 8
        world.run(world.polls(6))
    assert world.allows_a == 8
    assert not world.control.foreign.is_second_master(world.hass.loop.time())
    assert world.control.own_target is not None
    assert world.control.own_target.current_a == 13


def test_a15_n6_no_without_a_car_holds_for_the_next_one(world: World, most_a: float) -> None:
    """The owner's no is kept and enforced, and the yes is accepted without a car as well."""
    world.emulator.press("unplug")
    world.run(world.polls(3))
    world.run(world.switch(False))
    entity_id = f"switch.{slug_of(world.entry)}_allow_charging"
    assert world.hass.states.get(entity_id) is not None
    assert shown(world, "switch", "allow_charging") == "off"
    world.run(world.polls(2))
    world.emulator.press("plug_in")
    world.run(world.polls(2))
    assert world.allows_a == 0
    assert shown(world, "switch", "allow_charging") == "off"
    world.emulator.press("unplug")
    world.run(world.polls(3))
    world.run(world.switch(True))
    assert Source.OWNER not in world.control.claims
    world.emulator.press("plug_in")
    world.run(world.polls(2))
    assert world.allows_a == most_a
    assert shown(world, "switch", "allow_charging") == "on"


# What every charger shows


def shown(world: World, platform: str, key: str) -> str:
    """Return the state of an entity of the charger."""
    state = world.hass.states.get(f"{platform}.{slug_of(world.entry)}_{key}")
    assert state is not None
    return state.state


def reason(world: World) -> tuple[str, bool]:
    """Return why the charger may draw no more, after it was looked at for a while, and whether an end is shown."""
    world.run(world.polls(3))
    state = world.hass.states.get(f"sensor.{slug_of(world.entry)}_limited_by")
    assert state is not None
    return state.state, state.attributes["until"] is not None


def test_limited_by_and_target(world: World, most_a: float) -> None:
    """The same words on all makes, in a group or not."""
    assert reason(world) == (at_its_own_limit(world, most_a), False)
    assert float(shown(world, "sensor", "target_current")) == most_a
    world.run(world.act("set_current_limit", current=12))
    assert reason(world) == ("persons_limit", False)
    world.run(world.act("set_current_limit", current=9, duration={"minutes": 5}))
    assert reason(world) == ("timed_limit", True)
    assert float(shown(world, "sensor", "target_current")) == 9
    world.run(world.group(fuse(7)))
    assert reason(world) == ("main_fuse", False)
    world.run(world.group(replace(fuse(7), reason=Reason.METER_SILENT)))
    assert reason(world) == ("meter_silent", False)
    world.run(world.group(None))
    world.run(world.later(minutes=6))
    world.run(world.switch(False))
    assert reason(world) == ("paused_by_owner", False)
    assert float(shown(world, "sensor", "target_current")) == 0
    world.run(world.switch(True))
    world.run(world.act("clear_current_limit"))
    world.run(world.act("set_schedule", **CHARGE_FROM_TEN))
    assert reason(world) == ("scheduled", True)
    world.emulator.press("unplug")
    # An EVNEX does not show its plug while it is disabled.
    assert reason(world) == (("scheduled", True) if world.make.streams else ("not_plugged_in", False))
    world.run(world.act("clear_schedule"))
    world.run(world.settle_in())
    world.emulator.press("plug_in")
    if world.box.limit is not None:
        world.box.limit(world.emulator, 10)
        assert reason(world) == ("charger_limit", False)


def at_its_own_limit(world: World, limit_a: float) -> str:
    """Return the reason of a charger that has what its owner has set at it: the charger's own, if it has one."""
    load = world.control.load
    if world.control.own_reason is not None:
        return world.control.own_reason.value
    assert load is not None
    return "own_maximum" if limit_a == load.maximum_a else "charger_limit"


def test_range_and_step_of_the_number(world: World, most_a: float) -> None:
    """From 0, which pauses, to the charger's maximum, in the charger's steps."""
    state = world.hass.states.get(f"number.{slug_of(world.entry)}_current_limit")
    assert state is not None
    load = world.control.load
    assert load is not None
    attributes = state.attributes
    assert (attributes["min"], attributes["max"], attributes["step"]) == (0, load.maximum_a, load.step_a)
    assert float(state.state) == most_a


def test_a_charger_that_does_not_change_writes_no_state(world: World) -> None:
    """Readings come and go; what every charger shows is calm."""
    world.run(world.polls(3))
    written: list[str] = []
    keys = ("number.current_limit", "sensor.limited_by", "sensor.target_current", "switch.allow_charging")
    of_control = {key.replace(".", f".{slug_of(world.entry)}_") for key in keys}

    @callback
    def note(event: Event[Any]) -> None:
        if event.data["entity_id"] in of_control:
            written.append(event.data["entity_id"])

    world.hass.bus.async_listen("state_changed", note)
    world.hass.bus.async_listen("state_reported", note, event_filter=callback(lambda _: True))
    world.run(world.polls(5))
    assert written == []
