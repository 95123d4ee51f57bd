"""The commands that bring a charger to its target, and their order."""

from dataclasses import replace
from typing import Any, cast, override

import pytest

from custom_components.evse_pilot.chargers.capabilities import (
    ChargingSwitch,
    Limiter,
    ModeSwitch,
    PhaseSwitch,
)
from custom_components.evse_pilot.chargers.charger import Charger
from custom_components.evse_pilot.chargers.errors import (
    ChargerNoReplyError,
    ChargerProtocolError,
    ChargerRefusedError,
)
from custom_components.evse_pilot.chargers.types import Load, OwnBalancing, Status
from custom_components.evse_pilot.control.claim import Reason, Target
from custom_components.evse_pilot.control.shown import Shown
from custom_components.evse_pilot.control.writer import async_write, shown

from . import boxes


class Box(Limiter[Shown], ChargingSwitch[Shown], ModeSwitch[Shown], PhaseSwitch[Shown]):
    """A charger that notes its commands. `no_limit_in`: the mode in which it refuses a limit."""

    # What its owner has taken away from it
    without: type | None = None

    def __init__(self, state: Shown, no_limit_in: str | None = None, lost: str | None = None) -> None:
        """Show this."""
        self.state = state
        self.no_limit_in = no_limit_in
        self.lost = lost
        self.commands: list[tuple[str, Any]] = []

    @property
    def charger(self) -> Charger[Any]:
        """Return it as the charger of which only this is used."""
        return cast("Charger[Any]", self)

    def require(self, _: type) -> Any:
        """Return the capability, which is this."""
        return self

    def capability(self, kind: type) -> Any:
        """Return the capability, if it has it now."""
        return None if kind is self.without else self

    def own_balancing(self, _: Any) -> OwnBalancing | None:
        """Return that nothing else sets its current."""
        return None

    async def read(self) -> Any:
        """Return a new snapshot."""
        self.commands.append(("read", None))
        return self.state

    def _note(self, command: str, value: Any) -> None:
        self.commands.append((command, value))
        if command == self.lost:
            raise ChargerNoReplyError("lost")

    @property
    @override
    def daily_writes(self) -> int:
        return 100

    @override
    def load(self, state: Shown) -> Load:
        return state.load

    @override
    async def set_limit(self, amps: float) -> None:
        self._note("limit", amps)
        if self.state.mode is not None and self.state.mode == self.no_limit_in:
            raise ChargerRefusedError("solar")

    @override
    def allows_charging(self, state: Shown) -> bool | None:
        return not state.paused

    @override
    async def set_charging(self, on: bool) -> None:
        self._note("charging", on)

    @override
    def modes(self, state: Shown) -> tuple[str, ...]:
        return state.modes

    @override
    def mode(self, state: Shown) -> str | None:
        return state.mode

    @override
    async def set_mode(self, mode: str) -> None:
        self._note("mode", mode)
        self.state = replace(self.state, mode=mode)

    @override
    def phases(self, state: Shown) -> int | None:
        return state.phases

    @override
    async def set_phases(self, phases: int) -> None:
        self._note("phases", phases)
        # It was stopped before, so that it is paused now.
        self.state = replace(
            self.state, phases=phases, paused=self.state.paused or ("charging", False) in self.commands
        )


def target(current_a: float, mode: str | None = None, phases: int | None = None) -> Target:
    """Return a target."""
    return Target(
        current_a=current_a, reason=Reason.OWN_MAXIMUM, mode=mode, phases=phases, without_a=current_a
    )


async def write(box: Box, to: Target, chosen_mode: str | None = None) -> list[tuple[str, Any]]:
    """Bring the box to the target and return the commands; whether there were any is what is returned as well."""
    changed = await async_write(box.charger, to, box.state, box.read, chosen_mode)
    assert changed is any(command != "read" for command, _ in box.commands)
    return box.commands


@pytest.mark.parametrize(
    ("now", "to", "commands"),
    [
        # Nothing differs
        (boxes.shown(10), target(10), []),
        (boxes.shown(10, paused=True), target(0), []),
        (boxes.shown(10, mode="normal", phases=3), target(10, "normal", 3), []),
        # One thing does
        (boxes.shown(16), target(10), [("limit", 10)]),
        (boxes.shown(16), target(0), [("charging", False)]),
        (boxes.shown(10, paused=True), target(10), [("charging", True)]),
        (boxes.shown(10, mode="normal"), target(10, "solar"), [("mode", "solar")]),
        # The limit before the car may charge
        (boxes.shown(16, paused=True), target(10), [("limit", 10), ("charging", True)]),
        (
            boxes.shown(16, paused=True, shows_set=False),
            target(10),
            [("limit", 10), ("charging", True)],
        ),
        (boxes.shown(16, mode="normal"), target(10, "solar"), [("limit", 10), ("mode", "solar")]),
        # A mode in which it charges is what resumes it
        (
            boxes.shown(16, paused=True, mode="off"),
            target(10, "normal"),
            [("limit", 10), ("mode", "normal")],
        ),
        # A pause is one command: what it is to be afterwards comes with what ends it
        (boxes.shown(16, mode="normal", phases=3), target(0, "solar", 1), [("charging", False)]),
        # Phases never under load, and with the rest of the current afterwards
        (
            boxes.shown(16, phases=3),
            target(16, phases=1),
            [("charging", False), ("phases", 1), ("read", None), ("charging", True)],
        ),
        (
            boxes.shown(16, phases=3),
            target(10, phases=1),
            [("charging", False), ("phases", 1), ("read", None), ("limit", 10), ("charging", True)],
        ),
        (
            boxes.shown(16, phases=3, status=Status.CONNECTED),
            target(16, phases=1),
            [("phases", 1), ("read", None)],
        ),
        # What it does not show is not sent
        (boxes.shown(16, phases=None), target(16, phases=1), []),
    ],
)
async def test_commands(now: Shown, to: Target, commands: list[tuple[str, Any]]) -> None:
    """What differs is sent, in an order in which no car ever gets more than the target."""
    assert await write(Box(now), to) == commands


async def test_a_mode_that_takes_no_limit_is_left_first() -> None:
    """The limit is sent again in the mode that takes it."""
    box = Box(boxes.shown(16, mode="solar"), no_limit_in="solar")
    assert await write(box, target(10, "normal")) == [
        ("limit", 10),
        ("mode", "normal"),
        ("read", None),
        ("limit", 10),
    ]


async def test_a_refused_limit_is_refused() -> None:
    """There is no mode to go to that would take it."""
    box = Box(boxes.shown(16, mode="solar"), no_limit_in="solar")
    with pytest.raises(ChargerRefusedError):
        await write(box, target(10, "solar"))
    assert box.commands == [("limit", 10)]


@pytest.mark.parametrize(
    ("lost", "commands"),
    [
        ("limit", [("charging", False), ("phases", 1), ("read", None), ("limit", 10)]),
        ("phases", [("charging", False), ("phases", 1)]),
        ("charging", [("charging", False)]),
    ],
)
async def test_a_lost_command_ends_it(lost: str, commands: list[tuple[str, Any]]) -> None:
    """Without the limit no car is let charge, and phases are not switched while it may be charging."""
    box = Box(boxes.shown(16, phases=3), lost=lost)
    with pytest.raises(ChargerNoReplyError):
        await write(box, target(10, phases=1))
    assert box.commands == commands


async def test_phases_that_cannot_be_chosen_any_more() -> None:
    """Nothing is paused for a command that cannot be sent."""
    box = Box(boxes.shown(16, phases=3))
    box.without = PhaseSwitch
    with pytest.raises(ChargerRefusedError, match="no_phase_switch"):
        await write(box, target(10, phases=1))
    assert not box.commands


async def test_no_snapshot_after_the_phases() -> None:
    """What it would be resumed with is not known, so it stays paused."""
    box = Box(boxes.shown(16, phases=3))

    async def nothing() -> None:
        return None

    with pytest.raises(ChargerProtocolError):
        await async_write(box.charger, target(10, phases=1), box.state, nothing)
    assert box.commands == [("charging", False), ("phases", 1)]


async def test_no_start_on_more_phases_than_are_wanted() -> None:
    """A charger that took the command and still shows three phases stays paused."""
    box = Box(boxes.shown(16, phases=3))

    async def as_before() -> Shown:
        return replace(box.state, phases=3)

    with pytest.raises(ChargerRefusedError, match="not_carried_out"):
        await async_write(box.charger, target(10, phases=1), box.state, as_before)
    assert box.commands == [("charging", False), ("phases", 1)]


async def test_a_mode_that_a_person_chose_is_sent_whatever_is_shown() -> None:
    """What the charger shows may be old."""
    assert await write(Box(boxes.shown(16, mode="normal")), target(16, "normal"), "normal") == [
        ("mode", "normal")
    ]


async def test_a_mode_in_which_it_does_not_charge() -> None:
    """Of several ways of not charging it is the one that was chosen; a charger that is paused by a mode of charging too."""
    assert await write(Box(boxes.shown(16, mode="normal")), target(0), "off") == [("mode", "off")]
    assert await write(Box(boxes.shown(16, mode="normal")), target(0), "solar") == [("charging", False)]


@pytest.mark.parametrize("paused", [False, True])
def test_shown(paused: bool) -> None:
    """Paused by its switch, or by its limit."""
    now = boxes.shown(10, paused=paused, mode="normal", phases=3)
    assert shown(Box(now).charger, now) == now


def test_a_limit_of_zero_is_a_pause() -> None:
    """Whatever the switch shows."""
    now = replace(boxes.shown(10), load=replace(boxes.shown(10).load, limit_a=0))
    assert shown(Box(now).charger, now).paused
