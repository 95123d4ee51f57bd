"""Emulated chargers in a process of their own, so that what they cost is not counted."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
import json
from multiprocessing import get_context
from multiprocessing.connection import Connection
import time
from typing import Any, override

from tests.emulators.base import Emulator, Request, Response
from tests.emulators.evnex import EvnexEmulator
from tests.emulators.lektrico import LektricoEmulator
from tests.emulators.psp import PspEmulator
from tests.emulators.smartevse import SmartEvseEmulator

HOST = "127.0.0.1"
# What each poll of a make reads.
POLLED = {
    "smartevse": "/settings",
    "psp": "/webapi/v1/Status",
    "lektrico": "/rpc/charger_info.get",
    "evnex": "/v1/devices/0123456789abcdef01234560",
}
NAMES = {"smartevse": "SmartEVSE", "psp": "PSP", "lektrico": "Lektrico", "evnex": "EVNEX"}
# A current that is worth showing at once, and another.

_CURRENTS_A = (8.0, 16.0)
# The EVNEX publishes a token of its account and so many events when it is asked for that, each so long after the other.
TOKEN, EVENTS, EVENTS_EVERY_S = "/bench/token", "/bench/events", 0.002
# How many requests of others came since it started.
REQUESTS = "/bench/requests"


def emulator_of(make: str, number: int = 1, clock: Callable[[], float] = time.time) -> Emulator:
    """Return a charger of a make, with a car that charges; its clock is in s since 1970."""
    emulator: Emulator
    match make:
        case "smartevse":
            emulator = SmartEvseEmulator(serial=number, clock=clock)
            emulator.advance(5)
        case "psp":
            emulator = PspEmulator(clock=clock)
        case "lektrico":
            emulator = LektricoEmulator("3p22k", "2.0", clock=clock)
        case _:
            emulator = EvnexEmulator(clock=clock)
    emulator.press("plug_in")
    emulator.press("draw", str(_CURRENTS_A[1]))
    return emulator


class _Bench:
    """An emulator whose car draws something else before each poll if it wavers, and which counts its polls."""

    def __init__(self, make: str, number: int, *, wavers: bool) -> None:
        self.emulator = emulator_of(make, number)
        self._answer = self.emulator.answer
        self._path, self._wavers, self._polls = POLLED[make], wavers, 0
        self._requests = 0
        self._tasks: set[asyncio.Task[None]] = set()
        # An instance has its own answer from here on.
        self.emulator.answer = self.answer  # type: ignore[method-assign]

    async def answer(self, request: Request) -> Response | None:
        if request.path == REQUESTS:
            return Response.of(self._requests)
        self._requests += 1
        if isinstance(self.emulator, EvnexEmulator):
            if request.path == TOKEN:
                return Response.of(self.emulator.token(lasts_s=0))
            if request.path == EVENTS:
                task = asyncio.ensure_future(self._publish(int(request.query["count"])))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                return Response.of(None)
        if request.path == self._path:
            # They would add up.
            self.emulator.calls.clear()
            self._waver()
        return await self._answer(request)

    def _waver(self) -> None:
        self._polls += 1
        if self._wavers:
            self.emulator.press("draw", str(_CURRENTS_A[self._polls % 2]))
            self.emulator.tick(1)

    async def _publish(self, count: int) -> None:
        assert isinstance(self.emulator, EvnexEmulator)
        for _ in range(count):
            self._waver()
            self.emulator.publish()
            await asyncio.sleep(EVENTS_EVERY_S)


def _serve(ports: Connection, boxes: Sequence[tuple[str, int, bool]]) -> None:
    async def run() -> None:
        emulators = [_Bench(make, number, wavers=wavers).emulator for make, number, wavers in boxes]
        ports.send([(await emulator.start()).port for emulator in emulators])
        await asyncio.Event().wait()

    asyncio.run(run())


@contextmanager
def process(target: Callable[..., None], *arguments: Any) -> Iterator[Connection]:
    """Run a function in a process of its own while the block lasts; it gets one end of a pipe, and the block the other."""
    context = get_context("spawn")
    ours, its = context.Pipe()
    server = context.Process(target=target, args=(its, *arguments), daemon=True)
    server.start()
    try:
        yield ours
    finally:
        server.terminate()
        server.join()


@contextmanager
def standing(boxes: Sequence[tuple[str, int, bool]]) -> Iterator[list[int]]:
    """Run chargers while the block lasts, each of a make, with a number, wavering or not; return their ports."""
    with process(_serve, boxes) as pipe:
        ports: list[int] = pipe.recv()
        yield ports


# Answers only


class _Answers(asyncio.Protocol):
    """A connection on which each GET gets the answer of the emulator, and nothing else is done for it."""

    def __init__(self, make: str, emulator: Emulator, go_on: Callable[[], object], paths: list[str]) -> None:
        self._emulator, self._path, self._go_on, self._paths = emulator, POLLED[make], go_on, paths
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
        first, *lines = head.rstrip().split("\r\n")
        path = first.split(" ", 2)[1]
        headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in lines)}
        if path == PATHS:
            status, body = 200, json.dumps(self._paths).encode()
            self._paths.clear()
        else:
            self._paths.append(path)
            if path == self._path:
                self._go_on()
            response = await self._emulator.answer(Request("GET", path, {}, headers, b""))
            assert response is not None
            status, body = response.status, response.body
        start = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
        self._transport.write(f"{start}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        if headers.get("connection") == "close":
            self._transport.close()


# What was asked for since this was asked for last.
PATHS = "/bench/paths"


def _go_on(now_s: list[float], seconds: float) -> None:
    now_s[0] += seconds


def serve_answers(pipe: Connection, paces_s: dict[str, float]) -> None:
    """Send the answers of a charger of each make; the time goes on by its pace with each poll, and by no other clock."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        ports: dict[str, tuple[int, str]] = {}
        for make, pace_s in paces_s.items():
            now_s = [time.time()]
            emulator = emulator_of(make, clock=partial(now_s.__getitem__, 0))
            go_on = partial(_go_on, now_s, pace_s)
            server = await loop.create_server(partial(_Answers, make, emulator, go_on, []), HOST, 0)
            token = emulator.token(lasts_s=0) if isinstance(emulator, EvnexEmulator) else ""
            ports[make] = server.sockets[0].getsockname()[1], token
        pipe.send(ports)
        await asyncio.Event().wait()

    asyncio.run(run())
