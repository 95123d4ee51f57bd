"""Base of all emulators: a small HTTP server with a line that can break, and a clock that can be set.

The server is written on bare sockets, because what matters here is what a proper server would not do: leave out
a length, stop in the middle of a body, answer with another product's page, never answer at all.
"""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from inspect import signature
import json
import math
import time
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlsplit

# At the end of a long time a test looks.
_LAST_S = 3600.0


class Line(StrEnum):
    """What becomes of a request and its answer."""

    OK = "ok"
    REFUSED = "refused"  # nothing listens: the connection is closed at once
    SILENT = "silent"  # taken, and never answered
    CUT = "cut"  # the answer ends in the middle of its body
    GARBAGE = "garbage"  # random bytes for a body
    BROKEN_JSON = "broken_json"
    NULL = "null"
    LIST = "list"
    HTML = "html"
    HUGE = "huge"  # 3 MB of JSON
    ENDLESS = "endless"  # a body that never ends, in drips
    NOT_HTTP = "not_http"
    STRANGER = "stranger"  # another product's JSON
    REDIRECT = "redirect"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    TOO_MANY = "too_many"
    ERROR = "error"
    BUSY = "busy"


_STATUS = {
    Line.REDIRECT: 302,
    Line.UNAUTHORIZED: 401,
    Line.FORBIDDEN: 403,
    Line.NOT_FOUND: 404,
    Line.TOO_MANY: 429,
    Line.ERROR: 500,
    Line.BUSY: 503,
}
_BODIES = {
    Line.GARBAGE: bytes(range(256)),
    Line.BROKEN_JSON: b'{"mode": "NORMAL", "evse": {',
    Line.NULL: b"null",
    Line.LIST: b"[1, 2, 3]",
    Line.HTML: b"<!DOCTYPE html><html><body>Printer is ready</body></html>",
    Line.STRANGER: b'{"name": "a lamp", "id": 7, "on": true}',
}


@dataclass(frozen=True)
class Request:
    """What came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    peer: str = "127.0.0.1"  # the address that it came from


@dataclass(frozen=True)
class Response:
    """What goes out; a length of its own unless it is chunked, and no end if it is a stream."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    chunked: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    stream: AsyncGenerator[bytes] | None = None

    @classmethod
    def of(cls, value: Any, *, chunked: bool = False) -> Self:
        """Answer with JSON."""
        return cls(json.dumps(value, separators=(",", ":")).encode(), chunked=chunked)


class Emulator(ABC):
    """A charger on 127.0.0.1; its buttons are the methods named in `buttons`, its line is `line`."""

    name: ClassVar[str]
    buttons: ClassVar[dict[str, str]]

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        """Stand there unplugged, on a good line."""
        self.line = Line.OK
        self.cut_at: int | None = None  # how much of a body gets through a cut line; None: half
        self.body_length = 0  # of the last answer, as it would go over a good line
        self.line_for: Callable[[Request], bool] = lambda _: True
        self.delay_s = 0.0
        # What becomes of a JSON value that it reports: the body of an answer, or the data of an event.
        self.alters: Callable[[Any], Any] | None = None
        self.calls: list[Request] = []
        self.arrived = asyncio.Event()  # a request
        self.connections = 0
        self.most_connections = 0
        self._clock = clock
        self._wound_s = 0.0
        self._offline_until = 0.0
        self._server: asyncio.Server | None = None
        self._handlers: set[asyncio.Task[None]] = set()
        self._port = 0

    # The socket

    host = "127.0.0.1"

    @property
    def port(self) -> int:
        """Return where it listens."""
        return self._port

    async def start(self, port: int = 0) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, self.host, port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        """Hang up on everybody and stop listening."""
        if self._server is not None:
            self._server.close()
        for handler in list(self._handlers):
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)

    async def __aenter__(self) -> Self:
        """Listen while the block lasts."""
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        """Stop listening."""
        await self.stop()

    # The clock

    @property
    def now(self) -> float:
        """Return its time, seconds since 1970."""
        return self._clock() + self._wound_s

    def advance(self, seconds: float) -> None:
        """Let time pass in its world: second by second in the last hour of it, by ten before."""
        while seconds > 0:
            step_s = min(1.0 if seconds <= _LAST_S else 10.0, seconds)
            self._wound_s += step_s
            self.tick(step_s)
            seconds -= step_s

    async def live(self) -> None:
        """Let time pass as it does outside, for a demonstration."""
        last = time.monotonic()
        while True:
            await asyncio.sleep(1)
            now = time.monotonic()
            # The clock outside has moved already; only the world has to follow.
            self.tick(now - last)
            last = now
            # These are not read here, and a demonstration may last for days.
            self.calls.clear()

    @abstractmethod
    def tick(self, seconds: float) -> None:
        """Let the physical world go on."""

    @abstractmethod
    async def answer(self, request: Request) -> Response | None:
        """Answer as the real one does; None: it waits for more and never answers."""

    def reported(self, value: Any) -> Any:
        """Return what it reports in place of a JSON value."""
        return value if self.alters is None else self.alters(value)

    def _altered(self, response: Response | None) -> Response | None:
        """Return an answer with what is reported in place of its body; errors and pages stay as they are."""
        if self.alters is None or response is None or response.stream is not None or response.status != 200:
            return response
        with suppress(ValueError):
            return replace(response, body=json.dumps(self.reported(json.loads(response.body))).encode())
        return response

    # Hands that all have

    def press(self, button: str, value: str | None = None) -> None:
        """Press the button of this name, with a value for those that take one; ValueError if it takes no such."""
        if button not in self.buttons:
            raise ValueError(f"no such button: {button}")
        hand = getattr(self, button)
        if value is None:
            hand()
            return
        parameter, *_ = signature(hand).parameters.values()
        if isinstance(parameter.default, str):
            hand(value)
        elif math.isfinite(number := float(value)):
            hand(number)
        else:
            raise ValueError(f"no finite number: {value}")

    def break_line(self, way: str = Line.SILENT) -> None:
        """Let the line fail in this way from now on; ok mends it."""
        self.line = Line(way)

    def be_offline(self, seconds: float) -> None:
        """Be gone from the network for a while, as in a restart."""
        self._offline_until = self.now + seconds

    @property
    def is_offline(self) -> bool:
        """Return whether it is gone from the network now."""
        return self.now < self._offline_until

    # One connection

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        self.connections += 1
        self.most_connections = max(self.most_connections, self.connections)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                while await self._serve_one(reader, writer):
                    pass
        finally:
            self.connections -= 1
            self._handlers.discard(task)
            # Closed without waiting: the other side may never read what is left.
            writer.transport.abort()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request; return whether the connection stays open."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ")
        headers = {
            key.strip().lower(): value.strip()
            for key, _, value in (line.partition(":") for line in lines if line)
        }
        split = urlsplit(target)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        request = Request(
            method,
            split.path,
            {key: values[0] for key, values in parse_qs(split.query, keep_blank_values=True).items()},
            headers,
            body,
            str(writer.get_extra_info("peername")[0]),
        )
        if self.is_offline:
            return False
        self.calls.append(request)
        self.arrived.set()
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        line = self.line if self.line_for(request) else Line.OK
        if line is Line.SILENT:
            await _hear_out(reader)
            return False
        if line is not Line.OK and line is not Line.CUT:
            await self._misbehave(line, writer)
            return False
        response = self._altered(await self.answer(request))
        if response is None:
            await _hear_out(reader)
            return False
        if response.stream is not None:
            await _send_stream(response, response.stream, reader, writer, cut=line is Line.CUT)
            return False
        start, content = _on_the_wire(response)
        self.body_length = len(content)
        if line is Line.CUT:
            content = content[: len(content) // 2 if self.cut_at is None else self.cut_at]
        writer.write(start + content)
        await writer.drain()
        close = line is Line.CUT or headers.get("connection") == "close" or "Connection" in response.headers
        if close and line is not Line.CUT:
            writer.close()
            await writer.wait_closed()
        return not close

    async def _misbehave(self, line: Line, writer: asyncio.StreamWriter) -> None:
        if line is Line.REFUSED:
            return
        if line is Line.NOT_HTTP:
            writer.write(b"SSH-2.0-dropbear\r\n")
        elif line is Line.ENDLESS:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
            while True:
                writer.write(b"0," * 4096)
                await writer.drain()
                await asyncio.sleep(0.001)
        elif line is Line.HUGE:
            await _send(writer, Response(b"[" + b"0," * 1_500_000 + b"0]"))
        elif line in _STATUS:
            await _send(
                writer,
                Response(
                    b"Server busy, retry shortly" if line is Line.BUSY else b"",
                    _STATUS[line],
                    "text/plain",
                    headers={"Connection": "close"} | ({"Location": "/"} if line is Line.REDIRECT else {}),
                ),
            )
        else:
            await _send(writer, Response(_BODIES[line], headers={"Connection": "close"}))
        await writer.drain()
        writer.close()
        await writer.wait_closed()


async def _hear_out(reader: asyncio.StreamReader) -> None:
    """Wait until the other side hangs up."""
    while await reader.read(4096):
        pass


async def _send(writer: asyncio.StreamWriter, response: Response) -> None:
    writer.write(b"".join(_on_the_wire(response)))
    await writer.drain()


async def _send_stream(
    response: Response,
    pieces: AsyncGenerator[bytes],
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    *,
    cut: bool,
) -> None:
    """Send pieces as they come, until they end or the other side hangs up; the first one only in part if it is cut."""
    head = [f"HTTP/1.1 {response.status} X", f"Content-Type: {response.content_type}"]
    head += [f"{key}: {value}" for key, value in response.headers.items()]
    writer.write("\r\n".join([*head, "Transfer-Encoding: chunked", "", ""]).encode())

    async def send() -> None:
        async for piece in pieces:
            writer.write(b"%x\r\n%s" % (len(piece), piece[:1] if cut else piece + b"\r\n"))
            await writer.drain()
            if cut:
                return
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    sending, hung_up = asyncio.ensure_future(send()), asyncio.ensure_future(reader.read(1))
    try:
        await asyncio.wait({sending, hung_up}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, hung_up):
            task.cancel()
        await asyncio.gather(sending, hung_up, return_exceptions=True)
        await pieces.aclose()


def _on_the_wire(response: Response) -> tuple[bytes, bytes]:
    head = [f"HTTP/1.1 {response.status} X", f"Content-Type: {response.content_type}"]
    head += [f"{key}: {value}" for key, value in response.headers.items()]
    if response.chunked:
        head.append("Transfer-Encoding: chunked")
        body = (
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(response.body), response.body) if response.body else b"0\r\n\r\n"
        )
    else:
        head.append(f"Content-Length: {len(response.body)}")
        body = response.body
    return "\r\n".join([*head, "", ""]).encode(), body
