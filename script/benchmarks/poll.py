"""Measure what a poll costs, against a bare GET of the same answer: `.venv/bin/python -m script.benchmarks.poll`.

The answers are those of the emulators, sent by a process of their own that does nothing else. The client's processor
time is measured as well as the time that passes, because the latter depends on what else the machine does.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
import statistics
import time
from typing import Any, override
from zoneinfo import ZoneInfo

from aiohttp import ClientSession, TCPConnector

from custom_components.evse_pilot.chargers.charger import Charger
from custom_components.evse_pilot.chargers.http import JsonHttp
from custom_components.evse_pilot.chargers.lektrico.box import LektricoBox
from custom_components.evse_pilot.chargers.lektrico.charger import Lektrico
from custom_components.evse_pilot.chargers.psp.charger import PspEvse
from custom_components.evse_pilot.chargers.smartevse.charger import SmartEvse
from tests.emulators.base import Emulator, Request
from tests.emulators.lektrico import LektricoEmulator
from tests.emulators.psp import PspEmulator
from tests.emulators.smartevse import SmartEvseEmulator

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Make:
    """A make: its emulator, its client, the path that each poll reads, and whether its connection is kept."""

    name: str
    emulator: Callable[[], Emulator]
    connect: Callable[[ClientSession, int], Charger[Any]]
    path: str
    keep_alive: bool


MAKES = (
    Make(
        "SmartEVSE",
        SmartEvseEmulator,
        lambda session, port: SmartEvse(session, HOST, port, zone=ZoneInfo("Europe/Amsterdam")),
        "/settings",
        keep_alive=False,
    ),
    Make(
        "PSP",
        PspEmulator,
        lambda session, port: PspEvse(session, HOST, port),
        "/webapi/v1/Status",
        keep_alive=False,
    ),
    Make(
        "Lektrico",
        LektricoEmulator,
        lambda session, port: Lektrico(LektricoBox(session, HOST, port)),
        "/rpc/charger_info.get",
        keep_alive=True,
    ),
)


class _Answers(asyncio.Protocol):
    """A connection on which each GET gets the answer of the emulator, whose clock goes on."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._received = b""
        self._task: asyncio.Task[None] | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._received.endswith(b"\r\n\r\n"):
            return
        head, self._received = self._received.decode(), b""
        self._task = asyncio.ensure_future(self._answer(head))

    async def _answer(self, head: str) -> None:
        response = await self._emulator.answer(Request("GET", head.split(" ", 2)[1], {}, {}, b""))
        assert response is not None
        start = f"HTTP/1.1 {response.status} X\r\nContent-Type: application/json\r\n"
        self._transport.write(f"{start}Content-Length: {len(response.body)}\r\n\r\n".encode() + response.body)
        if "connection: close" in head.lower():
            self._transport.close()


def serve(ports: Connection, emulators: list[Callable[[], Emulator]]) -> None:
    """Send the answers of each emulator from a port of its own, until the process is ended."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        servers = [await loop.create_server(partial(_Answers, emulator()), HOST, 0) for emulator in emulators]
        ports.send([server.sockets[0].getsockname()[1] for server in servers])
        await asyncio.Event().wait()

    asyncio.run(run())


async def measured(request: Callable[[], Awaitable[object]], count: int) -> tuple[float, float]:
    """Return how long one request lasts and how long the processor of this process works for it, in ms."""
    started_s, worked_s = time.perf_counter(), time.process_time()
    for _ in range(count):
        await request()
    return (
        1000 * (time.perf_counter() - started_s) / count,
        1000 * (time.process_time() - worked_s) / count,
    )


async def compare(make: Make, port: int, rounds: int, count: int) -> None:
    """Print the median costs of one make, and how many times those of the bare GET they are."""
    url = f"http://{HOST}:{port}{make.path}"
    async with (
        ClientSession() as kept,
        ClientSession(connector=TCPConnector(force_close=True), headers={"Connection": "close"}) as closed,
        ClientSession() as session,
    ):

        async def bare(session: ClientSession) -> None:
            async with session.get(url) as response:
                await response.read()

        http = JsonHttp(session, HOST, port, keep_alive=make.keep_alive)
        charger = make.connect(session, port)
        # All that is read once has been read before anything is measured.
        await charger.fetch()
        reference = f"bare GET, {'kept' if make.keep_alive else 'new'} connection"
        requests: dict[str, Callable[[], Awaitable[object]]] = {
            "bare GET, kept connection": lambda: bare(kept),
            "bare GET, new connection": lambda: bare(closed),
            "JsonHttp.get_json": lambda: http.get_json(make.path),
            "poll": charger.fetch,
        }
        costs: dict[str, list[tuple[float, float]]] = {name: [] for name in requests}
        for _ in range(rounds):
            for name, request in requests.items():
                costs[name].append(await measured(request, count))
    print(f"\n{make.name} (times the {reference})")
    for name, rounds_ms in costs.items():
        medians = [statistics.median(column) for column in zip(*rounds_ms, strict=True)]
        # Compared within each round, in which the machine was as busy for both.
        times = [
            statistics.median(cost / base for cost, base in zip(column, bases, strict=True))
            for column, bases in zip(
                zip(*rounds_ms, strict=True), zip(*costs[reference], strict=True), strict=True
            )
        ]
        print(
            f"  {name:26} {medians[0]:6.3f} ms ({times[0]:4.2f}), of processor {medians[1]:6.3f} ms ({times[1]:4.2f})"
        )


async def main() -> None:
    """Compare all makes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11, help="of which the median counts")
    parser.add_argument("--count", type=int, default=200, help="requests of a kind in a round")
    arguments = parser.parse_args()
    ours, its = get_context("spawn").Pipe()
    server = get_context("spawn").Process(target=serve, args=(its, [make.emulator for make in MAKES]))
    server.start()
    try:
        for make, port in zip(MAKES, await asyncio.to_thread(ours.recv), strict=True):
            await compare(make, port, arguments.rounds, arguments.count)
    finally:
        server.terminate()


if __name__ == "__main__":
    asyncio.run(main())
