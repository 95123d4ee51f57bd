"""How long a group takes from an overload on the meter to the chargers.

In a running Home Assistant a group of SmartEVSEs charges, and a load is switched on in the house. The time counts from
the first state of the meter that shows it to the moment at which each emulator, in a process of their own, has the command
with its lower limit. Between two loads the group's clock is wound, so that the cars have their full current again.
"""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
import gc
from multiprocessing.connection import Connection
import statistics
import time
from types import MappingProxyType
from typing import override
from unittest.mock import patch

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from tests.emulators.base import Request, Response
from tests.emulators.smartevse import SmartEvseEmulator

from .boxes import process
from .home import entry_of, home, set_up
from .report import Result, Table

COUNTS, ROUNDS = (2, 10, 50), 10
GOALS_MS = {10: 48.0, 50: 100.0}
# Fifty cars and the load are less than a thousand amperes, which no meter shows.
HOUSE_A, CAR_A, LOWERED_A = 2.0, 14.0, 10.0
# By which modules the clock is read that is wound.
CLOCKS = (
    "balancing.group",
    "control.controller",
    "control.entities",
    "control.trouble",
    "runtime.coordinator",
)
# At first some may have to wait for the end of a pause.
AT_FIRST_S, CALM_S, PATIENCE_S = 300, 60, 5.0


class _Box(SmartEvseEmulator):
    """A SmartEVSE that notes when it was sent which limit."""

    def __init__(self, number: int, commands: list[tuple[float, int, float]]) -> None:
        super().__init__(serial=number + 1)
        self._number, self._commands = number, commands

    @override
    async def answer(self, request: Request) -> Response | None:
        if request.method == "POST" and (amps := request.query.get("override_current")) is not None:
            self._commands.append((time.monotonic(), self._number, float(amps) / 10))
        return await super().answer(request)


def serve(pipe: Connection, count: int) -> None:
    """Run so many boxes; send their ports, and their commands whenever they are asked for."""

    async def run() -> None:
        commands: list[tuple[float, int, float]] = []
        boxes = [await _Box(number, commands).start() for number in range(count)]
        for box in boxes:
            box.mains_meter = "Disabled"
            box.advance(5)
            box.plug_in()
        pipe.send([box.port for box in boxes])
        while await asyncio.to_thread(pipe.recv):
            pipe.send(list(commands))
            commands.clear()

    asyncio.run(run())


class Bench:
    """A house with a group, whose meter counts what its cars draw."""

    def __init__(self, hass: HomeAssistant, ports: list[int], pipe: Connection) -> None:
        """Know the boxes; nothing is set up yet."""
        self._hass = hass
        self._ports = ports
        self._pipe = pipe
        self._entries: list[MockConfigEntry] = []
        self._wound_s = 0.0
        self.house_a = HOUSE_A

    @contextmanager
    def wound(self) -> Iterator[None]:
        """Let the group and the controllers read a clock that can be wound."""
        with ExitStack() as stack:
            for module in CLOCKS:
                name = f"custom_components.evse_pilot.{module}.monotonic_s"
                stack.enter_context(patch(name, lambda hass: hass.loop.time() + self._wound_s))
            yield

    async def set_up(self) -> None:
        """Add the chargers and the group."""
        self.report()
        self._entries = [entry_of("smartevse", port, number) for number, port in enumerate(self._ports, 1)]
        await set_up(self._hass, self._entries)
        members = [
            ConfigSubentryDataWithId(
                data=MappingProxyType(
                    {
                        "charger": entry.entry_id,
                        "wiring": "1-2-3",
                        "minimum": 6.0,
                        "maximum": 16.0,
                        "priority": 1,
                    }
                ),
                subentry_type="charger",
                title=entry.title,
                unique_id=entry.entry_id,
                subentry_id=f"id_{entry.title}",
            )
            for entry in self._entries
        ]
        options = {f"sensor_l{phase}": f"sensor.mains_l{phase}" for phase in (1, 2, 3)} | {
            "fuse": HOUSE_A + CAR_A * len(members) + 1.5,
            "margin": 1.0,
            "safe_current": 6.0,
            "leave": "safe",
            "mains": "sensors",
        }
        group = MockConfigEntry(
            domain=DOMAIN,
            title="Group",
            data={"kind": "group", "phases": 3},
            options=options,
            subentries_data=members,
        )
        await set_up(self._hass, [group])

    def report(self) -> None:
        """Let the meter report what the house and the cars draw."""
        loads = (entry.runtime_data.control.load for entry in self._entries)
        # Each car takes all that it is offered.
        cars_a = sum(load.limit_a for load in loads if load is not None)
        for phase in (1, 2, 3):
            state = f"{self.house_a + cars_a:.1f}"
            self._hass.states.async_set(f"sensor.mains_l{phase}", state, {"unit_of_measurement": "A"})

    async def calm_down(self, seconds: int) -> None:
        """Let time pass, in which the chargers are read and the meter reports."""
        for second in range(seconds):
            self._wound_s += 1
            if second % 5 == 0:
                for entry in self._entries:
                    await entry.runtime_data.coordinator.async_refresh()
            self.report()
            await asyncio.sleep(0)
            # Each second as long as its commands take.
            await self._hass.async_block_till_done(wait_background_tasks=True)
        await asyncio.sleep(0.5)

    async def overload(self) -> list[float]:
        """Switch on a load that calls for less of each car; return after how many ms each box was commanded."""
        await self._commands()
        self.house_a = HOUSE_A + (CAR_A - LOWERED_A) * len(self._ports)
        started_s = time.monotonic()
        self.report()
        seen: dict[int, float] = {}
        while len(seen) < len(self._ports) and time.monotonic() < started_s + PATIENCE_S:
            # Nothing that is done here may cost the group its time.
            await asyncio.sleep(0.5)
            for at_s, number, amps in await self._commands():
                if 0 < amps < CAR_A - 1:
                    seen.setdefault(number, 1000 * (at_s - started_s))
        self.house_a = HOUSE_A
        return list(seen.values())

    async def _commands(self) -> list[tuple[float, int, float]]:
        self._pipe.send(True)
        commands: list[tuple[float, int, float]] = await asyncio.to_thread(self._pipe.recv)
        return commands


async def measure(count: int, rounds: int) -> list[float]:
    """Return the times of all commands of a group with so many members, in ms."""
    with process(serve, count) as pipe:
        ports = await asyncio.to_thread(pipe.recv)
        async with home() as hass:
            bench = Bench(hass, ports, pipe)
            with bench.wound():
                await bench.set_up()
                times: list[float] = []
                await bench.calm_down(AT_FIRST_S)
                # What the tests' libraries have loaded is no part of a house, and is 0.15 s of garbage collection.
                gc.collect()
                gc.freeze()
                for _ in range(rounds):
                    await bench.calm_down(CALM_S)
                    times += await bench.overload()
            await hass.async_stop(force=True)
    return times


def _row(count: int, times: list[float]) -> tuple[str, ...]:
    goal = f"{GOALS_MS[count]:g}" if count in GOALS_MS else ""
    missing = f"{count * ROUNDS - len(times)} of {count * ROUNDS}"
    if len(times) < 2:
        return str(count), "", "", goal, "", missing
    p95_ms = statistics.quantiles(times, n=20)[-1]
    return (
        str(count),
        f"{statistics.median(times):.1f}",
        f"{p95_ms:.1f}",
        goal,
        f"{max(times):.1f}",
        missing,
    )


def run(*, short: bool) -> Result:
    """Measure groups of each size; there is no short form of it."""
    assert not short
    return Result(
        tables=[
            Table(
                title="From an overload to the chargers",
                columns=("members", "p50, ms", "p95, ms", "goal", "longest, ms", "commands missing"),
                rows=[_row(count, asyncio.run(measure(count, ROUNDS))) for count in COUNTS],
                note="From the first state of the meter that shows the overload to the first byte of each lowered limit at "
                "its charger; time that passes, with the chargers on the same machine.",
            )
        ]
    )
