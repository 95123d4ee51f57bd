"""What a poll costs, from the wire to the frozen state, against bare GETs of the same answers and a client from PyPI."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle
import time
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import ClientSession, TCPConnector
import httpx
from lektricowifi import Device
import orjson

from custom_components.evse_pilot.chargers.charger import Charger
from custom_components.evse_pilot.chargers.clock import Clock
from custom_components.evse_pilot.chargers.evnex.charger import Evnex
from custom_components.evse_pilot.chargers.lektrico.box import LektricoBox
from custom_components.evse_pilot.chargers.lektrico.charger import Lektrico
from custom_components.evse_pilot.chargers.psp.charger import PspEvse
from custom_components.evse_pilot.chargers.smartevse.charger import SmartEvse

from .boxes import HOST, NAMES, PATHS, POLLED, process, serve_answers
from .measuring import Cost, compared
from .replay import replayed
from .report import Ratio, Result, Table
from .yardstick import yardstick

# The pace of each make while a car charges, s: what falls due between two polls is a part of them.
PACES_S = {"smartevse": 5.0, "psp": 5.0, "lektrico": 5.0, "evnex": 30.0}
# The connection to these is kept.
KEPT = frozenset({"lektrico"})
GOAL, RIVAL_GOAL = 1.5, 0.1
# In processor time; about twice what is usual.
MOST_TIMES = {"smartevse": 3.6, "psp": 3.2, "lektrico": 5.2, "evnex": 2.8}
MOST_OF_RIVAL = 0.36
# What we do with the answers, in yardsticks; less than twice what is usual, for they are a part of it only.
MOST_YARDSTICKS = {"smartevse": 1.7, "psp": 0.78, "lektrico": 1.45, "evnex": 0.25}


class PollTime:
    """A clock that goes on with each poll only."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        """Return its time, in s."""
        return self.now_s

    @property
    def clock(self) -> Clock:
        """Return it as chargers take it."""
        return Clock(monotonic=self, time=lambda: time.time() + self.now_s)


def _connect(make: str, session: ClientSession, port: int, token: str, at: PollTime) -> Charger[Any]:
    match make:
        case "smartevse":
            return SmartEvse(session, HOST, port, zone=ZoneInfo("Europe/Amsterdam"), clock=at)
        case "psp":
            return PspEvse(session, HOST, port, clock=at.clock)
        case "lektrico":
            return Lektrico(LektricoBox(session, HOST, port, clock=at))
        case _:
            return Evnex(
                session,
                f"http://{HOST}:{port}",
                token,
                serial=POLLED["evnex"].rpartition("/")[2],
                circuit_limit_a=16,
                clock=at.clock,
            )


@dataclass(frozen=True, slots=True)
class _Costs:
    """What a poll of a make costs, the same answers without it, and with another client where there is one.

    And what it costs of what is asked for each time without the network, in yardsticks.
    """

    poll: Cost
    bare: Cost
    rival: Cost | None
    requests: float
    yardsticks: float


async def _compare(make: str, port: int, token: str, rounds: int, count: int) -> _Costs:
    at, address = PollTime(), f"http://{HOST}:{port}"
    closed = TCPConnector(force_close=True)
    async with (
        ClientSession() as session,
        ClientSession() if make in KEPT else ClientSession(connector=closed) as bare,
        httpx.AsyncClient() as client,
    ):
        charger = _connect(make, session, port, token, at)
        if make not in KEPT:
            bare.headers["Connection"] = "close"
        if token:
            bare.headers["Authorization"] = f"Bearer {token}"

        async def poll() -> None:
            # The charger's time goes on in the answer.
            at.now_s += PACES_S[make]
            await charger.fetch()

        async def paths() -> list[str]:
            async with session.get(address + PATHS) as response:
                asked: list[str] = await response.json()
            return asked

        await charger.identify()
        # All that is read once has been read before anything is measured.
        for _ in range(3):
            await poll()
        await paths()
        for _ in range(count):
            await poll()
        asked = await paths()
        polls = cycle(_by_poll(asked, POLLED[make]))

        async def again() -> None:
            at.now_s += PACES_S[make]
            for path in next(polls):
                async with bare.get(address + path) as response:
                    orjson.loads(await response.read())

        works: dict[str, Callable[[], Awaitable[object]]] = {"bare": again, "poll": poll}
        if make == "lektrico":
            device = Device(f"{HOST}:{port}", asyncClient=client)

            async def rival() -> None:
                at.now_s += PACES_S[make]
                await device.device_info(device.TYPE_3P22K)

            works["rival"] = rival
        costs = await compared(works, rounds, count)
        with replayed():
            # Time stands still: what falls due now and then is asked for first, and not any more then.
            for _ in range(20):
                await charger.fetch()
            alone = await compared({"fetch": charger.fetch, "yardstick": yardstick}, rounds, count)
    return _Costs(
        costs["poll"],
        costs["bare"],
        costs.get("rival"),
        len(asked) / count,
        alone["fetch"].times(alone["yardstick"]),
    )


def _by_poll(asked: list[str], polled: str) -> Iterator[list[str]]:
    """Return the requests of each poll, each of which has the one that all have."""
    extra = [path for path in asked if path != polled]
    count = len(asked) - len(extra)
    for n in range(count):
        yield [polled, *extra[n * len(extra) // count : (n + 1) * len(extra) // count]]


def _rows(costs: Mapping[str, _Costs]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for make, cost in costs.items():
        kind = "kept" if make in KEPT else "new"
        rival = "" if cost.rival is None else f"{cost.poll.cpu_ms / cost.rival.cpu_ms:.3f}"
        rows.append(
            (
                f"{NAMES[make]}, {kind} connection",
                f"{cost.requests:.2f}",
                f"{cost.bare.cpu_ms:.3f}",
                f"{cost.poll.cpu_ms:.3f}",
                f"{cost.poll.times(cost.bare):.2f}",
                f"{cost.poll.wall_ms / cost.bare.wall_ms:.2f}",
                f"{GOAL:g}",
                rival,
            )
        )
    return rows


async def _measure(rounds: int, count: int) -> dict[str, _Costs]:
    with process(serve_answers, PACES_S) as pipe:
        ports: dict[str, tuple[int, str]] = await asyncio.to_thread(pipe.recv)
        return {make: await _compare(make, *ports[make], rounds, count) for make in ports}


def run(*, short: bool) -> Result:
    """Compare all makes."""
    costs = asyncio.run(_measure(*((7, 50) if short else (15, 200))))
    table = Table(
        title="A poll, from the wire to the frozen state",
        columns=(
            "make",
            "requests a poll",
            "bare GET + orjson, ms of processor",
            "poll, ms of processor",
            "times, processor",
            "times, clock",
            "goal",
            f"of lektricowifi (goal {RIVAL_GOAL:g})",
        ),
        rows=_rows(costs),
        note="The best of several rounds. A car charges; each poll reads what has fallen due since the last.",
    )
    ratios = [
        Ratio(
            name=f"poll of {NAMES[make]}, bare GETs", value=cost.poll.times(cost.bare), most=MOST_TIMES[make]
        )
        for make, cost in costs.items()
    ]
    ratios += [
        Ratio(name=f"answers of {NAMES[make]}, yardsticks", value=cost.yardsticks, most=MOST_YARDSTICKS[make])
        for make, cost in costs.items()
    ]
    ratios += [
        Ratio(name="poll of Lektrico, lektricowifi", value=cost.poll.times(cost.rival), most=MOST_OF_RIVAL)
        for cost in costs.values()
        if cost.rival is not None
    ]
    return Result(tables=[table], ratios=ratios)
