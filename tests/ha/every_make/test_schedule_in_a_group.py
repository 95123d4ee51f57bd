"""What a schedule, a group and an owner want at once, on each make of charger: the smallest current wins."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.chargers.types import Load, Status
from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.control import controller
from custom_components.evse_pilot.control.claim import Claim, Reason, Source
from custom_components.evse_pilot.control.controller import ChargerController
from homeassistant.core import HomeAssistant
from tests.emulators.base import Emulator, Line
from tests.ha.makes import Make, look, settle, slug_of

ALWAYS = {"start": "00:00", "end": "00:00"}


class Wanted:
    """Sets what is wanted of one charger, and reads what comes of it."""

    def __init__(self, hass: HomeAssistant, make: Make, entry: MockConfigEntry, emulator: Emulator) -> None:
        """Know the charger."""
        self._hass = hass
        self._make = make
        self._entry = entry
        self._emulator = emulator
        self.later_s = 0.0

    @property
    def controller(self) -> ChargerController:
        """Return the controller."""
        found = self._entry.runtime_data.control
        assert isinstance(found, ChargerController)
        return found

    async def schedule(self, current_a: float) -> None:
        """Let a schedule of Home Assistant allow this current all week."""
        await self._act(
            "set_schedule", windows=[ALWAYS | {"current": current_a}], executed_by="home_assistant"
        )

    async def owner(self, current_a: float) -> None:
        """Limit the charger for good."""
        await self._act("set_current_limit", current=current_a)

    async def group(self, current_a: float | None) -> None:
        """Let a group give it this current, or go."""
        claim = None
        if current_a is not None:
            claim = Claim(source=Source.GROUP, reason=Reason.MAIN_FUSE, max_current_a=current_a)
        self.controller.set_claim(Source.GROUP, claim)
        await settle(self._hass, self._make)

    async def _act(self, action: str, **data: Any) -> None:
        await self._hass.services.async_call(
            DOMAIN, action, {"entity_id": f"sensor.{slug_of(self._entry)}_status", **data}, blocking=True
        )
        await settle(self._hass, self._make)

    async def load(self) -> Load:
        """Read the charger anew, some seconds later each time: what was not taken is sent again by then."""
        for _ in range(4):
            self.later_s += 10
            await look(self._hass, self._make, self._entry, self._emulator)
        assert self.controller.load is not None
        return self.controller.load


@pytest.fixture
def wanted(
    hass: HomeAssistant,
    make: Make,
    charger: MockConfigEntry,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
) -> Wanted:
    """Return the charger with a car."""
    wanted = Wanted(hass, make, charger, emulator)
    monkeypatch.setattr(controller, "monotonic_s", lambda hass: hass.loop.time() + wanted.later_s)
    return wanted


async def test_paused_by_the_schedule(wanted: Wanted) -> None:
    """A current that a group gives does not resume a car that waits for its start time; the window does."""
    await wanted.schedule(0)
    assert (await wanted.load()).status is Status.SCHEDULED
    await wanted.group(8)
    assert (await wanted.load()).status is Status.SCHEDULED
    own_target = wanted.controller.own_target
    assert own_target is not None
    assert (own_target.current_a, own_target.source) == (0, Source.SCHEDULE)
    await wanted.schedule(10)
    load = await wanted.load()
    assert (load.status, load.limit_a) == (Status.CHARGING, 8)


async def test_the_smallest_wins(wanted: Wanted) -> None:
    """Of a group, a window and an owner the one that allows least has it, whichever came first."""
    await wanted.group(10)
    await wanted.schedule(8)
    assert (await wanted.load()).limit_a == 8
    await wanted.owner(7)
    assert (await wanted.load()).limit_a == 7
    await wanted.group(6)
    assert (await wanted.load()).limit_a == 6
    await wanted.owner(0)
    assert (await wanted.load()).status is Status.PAUSED
    await wanted.group(None)
    assert (await wanted.load()).status is Status.PAUSED
    await wanted.owner(12)
    load = await wanted.load()
    assert (load.status, load.limit_a) == (Status.CHARGING, 8)


@pytest.mark.parametrize("window_begins", [False, True])
async def test_out_of_reach_when_a_group_takes_over(
    wanted: Wanted,
    emulator: Emulator,
    caplog: pytest.LogCaptureFixture,
    window_begins: bool,
) -> None:
    """What was claimed while the charger was out of reach holds as soon as it is back."""
    await wanted.schedule(0)
    emulator.line = Line.REFUSED
    await wanted.group(8)
    if window_begins:
        await wanted.schedule(10)
    emulator.line = Line.OK
    load = await wanted.load()
    if window_begins:
        assert (load.status, load.limit_a) == (Status.CHARGING, 8)
    else:
        assert load.status is Status.SCHEDULED
    assert not [record for record in caplog.records if record.exc_info and record.name.startswith("custom")]
