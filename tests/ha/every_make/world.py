"""One charger in a Home Assistant of its own, with a clock that can be wound: for state machines."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun import freeze_time
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_test_home_assistant,
)

from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.control.claim import Claim, Source
from custom_components.evse_pilot.control.controller import ChargerController
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from tests.emulators.base import Line, Request, Response
from tests.emulators.smartevse import SMART
from tests.ha.group.conftest import group_entry, member
from tests.ha.makes import MAKES, Make, settle, slug_of

# How long tests wait for a poll.
POLL_S = 6
# After so many steps of the event loop without an end, something waits for an event.
_STEPS = 2000


@dataclass(frozen=True)
class Box:
    """What a person sees and does at the charger of one make."""

    allows_a: Callable[[Any], float]
    switch_off: Callable[[Any], None]
    switch_on: Callable[[Any], None]
    limit: Callable[[Any, int], None] | None
    reboot: Callable[[Any], None] | None
    # A choice that a window can make besides the current, and what the charger shows with and without it
    choice: Mapping[str, Any] | None = None
    chosen: Callable[[Any], bool] = lambda _: False
    # After how many polls a limit is read that was set at the charger
    polls: int = 1
    # What a command changes that it may take without carrying it out; none: that is an error of its own
    commanded: tuple[str, ...] = ()


def _smartevse_limit(box: Any, amps: int) -> None:
    box.override_a = amps


def _lektrico_limit(box: Any, amps: int) -> None:
    box.dynamic_current = amps


def _psp_limit(box: Any, amps: int) -> None:
    box.settings["ChargeCurrent"] = amps


def _evnex_limit(box: Any, amps: int) -> None:
    box.aci.current = amps


def _psp_push(*, on: bool) -> Callable[[Any], None]:
    def push(box: Any) -> None:
        if box.started is not on:
            box.push_start()

    return push


BOXES = {
    "smartevse": Box(
        lambda e: (e.override_a or e.current_max) if e.mode_id not in (0, 4) else 0.0,
        lambda e: e.turn_mode(0),
        lambda e: e.turn_mode(e.mode),
        _smartevse_limit,
        lambda e: e.reboot(),
        {"mode": "smart"},
        lambda e: e.mode_id == SMART,
        commanded=("override_a", "mode", "access", "state"),
    ),
    "lektrico": Box(
        lambda e: float(e.allows_a),
        lambda e: e.pause(),
        lambda e: e.resume(),
        _lektrico_limit,
        lambda e: e.reboot(),
        {"phases": 1},
        lambda e: e.relay_mode == 1,
        commanded=("dynamic_current", "is_paused", "relay_mode"),
    ),
    "psp": Box(
        lambda e: e.offered_a if e.started else 0.0,
        _psp_push(on=False),
        _psp_push(on=True),
        _psp_limit,
        lambda e: e.reboot(),
        {"phases": 1},
        lambda e: e.phases == 1,
        # After an outage the meters are read before the settings.
        15,
    ),
    "existing": Box(
        lambda e: e.allows_a,
        lambda e: e.switch_off(),
        lambda e: e.switch_on(),
        lambda e, amps: e.limit(amps),
        None,
        {"phases": 1},
        lambda e: e.phases == 1,
        commanded=("limit_a", "allowed", "phases"),
    ),
    "evnex": Box(
        lambda e: float(e.aci.current) if e.aci.mode != 0 else 0.0,
        lambda e: e.turn_mode(0),
        lambda e: e.turn_mode(1),
        _evnex_limit,
        None,
    ),
}


class World:
    """A Home Assistant, a charger of one make, and time."""

    hass: HomeAssistant
    emulator: Any
    _carry_out: Callable[[Request], Awaitable[Response | None]]

    def __init__(self, name: str, start: datetime = datetime(2026, 11, 20, 8, tzinfo=UTC)) -> None:
        """Nothing runs yet."""
        self.make: Make = MAKES[name]
        self.box = BOXES[name]
        self._start = start
        self._to_lose = self._to_ignore = 0
        self._is_started = False
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in its event loop."""
        return self._runner.run(self._streaming(work) if self.make.streams else work)

    async def _streaming[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Do something; a charger that streams shows the effect of a command with its next event, 3 s later."""
        task, steps = asyncio.ensure_future(work), 0
        while not task.done():
            await asyncio.sleep(0)
            steps += 1
            if steps % _STEPS == 0 and self._is_started:
                self._freezer.tick(timedelta(seconds=3))
                self.emulator.tick(3)
        return await task

    async def start(self) -> None:
        """Set the charger up with a car plugged in."""
        self._freezer = self._stack.enter_context(freeze_time(self._start, ignore=["hypothesis"]))
        self.hass = await self._stack.enter_async_context(async_test_home_assistant())
        self.hass.data.pop(DATA_CUSTOM_COMPONENTS, None)
        await self.hass.config.async_set_time_zone("UTC")
        self.emulator = await self._stack.enter_async_context(self.make.emulator(clock=self._now))
        self.emulator.advance(5) if hasattr(self.emulator, "booted_at") else None
        if self.box.limit is not None:
            self.box.limit(self.emulator, 16)
        self._carry_out, self.emulator.answer = self.emulator.answer, self._answer
        self._is_started = True
        if self.make.other is not None:
            await self.make.other(self.hass, self.emulator)
        self.entry: MockConfigEntry = self.make.entry(self.emulator)
        self.entry.add_to_hass(self.hass)
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.settle()
        # A group that is not set up: it is there, so that what it claims is not taken for that of one that has gone.
        group_entry(member(self.entry.entry_id, "Box")).add_to_hass(self.hass)
        self.emulator.press("plug_in")
        await self.polls(2)

    async def stop(self) -> None:
        """Take everything down."""
        self.mend()
        self._is_started = False
        await self.hass.async_stop(force=True)
        await self._stack.aclose()

    def close(self) -> None:
        """End the event loop."""
        self.run(self.stop())
        self._runner.close()

    # Time

    def _now(self) -> float:
        """Return the time that was wound to, also where a state machine calls, which has the real one."""
        return self._freezer().replace(tzinfo=UTC).timestamp()

    async def settle(self) -> None:
        """Let everything happen that was begun."""
        await settle(self.hass, self.make)

    async def later(self, **time: float) -> None:
        """Let time pass, and what is due then happen."""
        self._freezer.tick(timedelta(**time))
        self.emulator.tick(3)
        async_fire_time_changed(self.hass)
        await self.settle()

    async def polls(self, count: int) -> None:
        """Let so many polls happen."""
        for _ in range(count):
            await self.later(seconds=POLL_S)
            if not self.make.streams and self.is_loaded:
                await self.entry.runtime_data.coordinator.async_refresh()
                await self.settle()

    async def settle_in(self) -> None:
        """Let so much time pass that nothing shows any more what the charger had before the last command."""
        if self.make.settles_s:
            await self.later(seconds=self.make.settles_s)
            await self.polls(1)

    # What is seen

    @property
    def is_loaded(self) -> bool:
        """Return whether the entry is set up."""
        return self.entry.state is ConfigEntryState.LOADED

    @property
    def allows_a(self) -> float:
        """Return what the charger would let a car draw, whatever anything else shows."""
        return self.box.allows_a(self.emulator)

    @property
    def is_chosen(self) -> bool:
        """Return whether the charger has the choice of the window."""
        return self.box.chosen(self.emulator)

    @property
    def control(self) -> ChargerController:
        """Return the controller of the charger."""
        control: ChargerController = self.entry.runtime_data.control
        return control

    # What is done

    async def act(self, action: str, **data: Any) -> None:
        """Carry out an action on the charger; a command that is lost may fail, and is kept all the same."""
        target = {"entity_id": f"sensor.{slug_of(self.entry)}_status"}
        await self._call(DOMAIN, action, target | data)

    async def switch(self, on: bool) -> None:
        """Use the switch of the charger's page."""
        entity_id = f"switch.{slug_of(self.entry)}_allow_charging"
        await self._call("switch", "turn_on" if on else "turn_off", {"entity_id": entity_id})

    async def _call(self, domain: str, action: str, data: dict[str, Any]) -> None:
        is_lossy = self._to_lose > 0
        try:
            await self.hass.services.async_call(domain, action, data, blocking=True)
        except HomeAssistantError as error:
            if not is_lossy or error.translation_key not in ("unreachable", "no_reply", "offline"):
                raise
        await self.settle()

    async def group(self, claim: Claim | None) -> None:
        """Let a group give it so much, or let go."""
        self.control.set_claim(Source.GROUP, claim)
        await self.settle()

    async def restart(self) -> None:
        """Let Home Assistant start again, as far as the charger is concerned."""
        assert await self.hass.config_entries.async_reload(self.entry.entry_id)
        await self.settle()

    async def disable(self) -> None:
        """Disable the entry."""
        await self.hass.config_entries.async_set_disabled_by(self.entry.entry_id, ConfigEntryDisabler.USER)
        await self.settle()

    async def enable(self) -> None:
        """Enable it again."""
        await self.hass.config_entries.async_set_disabled_by(self.entry.entry_id, None)
        await self.settle()

    async def remove(self) -> None:
        """Remove the entry."""
        await self.hass.config_entries.async_remove(self.entry.entry_id)
        await self.settle()

    # The line

    def lose_commands(self, count: int) -> None:
        """Lose the next commands; what is only read is answered."""
        self._to_lose = count

        def is_lost(request: Request) -> bool:
            if request.method == "GET" or not self._to_lose:
                return False
            self._to_lose -= 1
            return True

        self.emulator.line, self.emulator.line_for = Line.REFUSED, is_lost

    def ignore_commands(self, count: int) -> None:
        """Let it take the next commands, and do nothing."""
        self._to_ignore = count if self.box.commanded else 0

    async def _answer(self, request: Request) -> Response | None:
        if request.method == "GET" or not self._to_ignore:
            return await self._carry_out(request)
        self._to_ignore -= 1
        before = {name: copy(getattr(self.emulator, name)) for name in self.box.commanded}
        response = await self._carry_out(request)
        for name, value in before.items():
            setattr(self.emulator, name, value)
        return response

    def lose_all(self) -> None:
        """Lose everything."""
        self._to_lose = 0
        self.emulator.line, self.emulator.line_for = Line.REFUSED, lambda _: True

    def mend(self) -> None:
        """Let everything through again."""
        self._to_lose = self._to_ignore = 0
        self.emulator.line, self.emulator.line_for = Line.OK, lambda _: True
