"""JSON over HTTP to a charger on the local network, and what all HTTP clients share: exchange, log line, errors."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Container, Hashable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from ipaddress import ip_address
import logging
import math
import re
import socket
import time
from typing import Any, override
from weakref import WeakKeyDictionary, WeakValueDictionary

from aiohttp import (
    ClientConnectionResetError,
    ClientConnectorError,
    ClientError,
    ClientOSError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    ServerDisconnectedError,
)
from aiohttp.connector import Connection
from aiohttp.hdrs import ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING
from yarl import URL

from .command import command_began_s, is_urgent
from .errors import (
    ChargerAuthError,
    ChargerBusyError,
    ChargerError,
    ChargerProtocolError,
    ChargerSilentError,
    ChargerUnreachableError,
)
from .gate import Gate
from .wire import json_value

_LOGGER = logging.getLogger(__name__)

# The longest answer known is below 8 KB; a web page or a stream on that address is not read to its end.
LONGEST_BODY = 256 * 1024
BUSY_PAUSES_S = (0.5, 1.5)
# A command that is not answered by then has failed for the person who waits for it. Boxes answer within a second.
TIMEOUT_S = 5.0
# Two lost packets of a connection are sent again within this time.
CONNECT_TIMEOUT_S = 3.0
# A PSP EVSE with much to do has taken 6 to 8 s for an answer. A box whose last answer took longer than this part of
# the time-out is slow and has so many time-outs for the next one; so has a poll after a time-out, which shows whether
# the box is slow or gone.
_SLOW_PART = 0.2
_SLOW_FACTOR = 2.0
# How many time-outs after the beginning of a command, or later, none of its requests is sent any more: it would be
# carried out late. A slow box needs several answers of 6 s for one command.
_LATEST = 1.0 - _SLOW_PART
_LATEST_SLOW = 3.0
# Nothing came from the box, not even the beginning of an answer.
_LOST = (ClientOSError, ClientConnectionResetError, ServerDisconnectedError)

# Labels between dots, the last of them not a number: that would be a mistyped address.
_NAME = re.compile(r"(?=.{1,253}$)(?:(?!-)[\w-]{1,63}\.)*(?!-|\d+\.?$)[\w-]{1,63}\.?")

_locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()
_gates: WeakValueDictionary[Hashable, Gate] = WeakValueDictionary()
_own_sessions: WeakKeyDictionary[ClientSession, ClientSession] = WeakKeyDictionary()


def lock_of(session: ClientSession, *box: Hashable) -> asyncio.Lock:
    """Return the one lock of a box for all clients of one session: a set-up entry and a config flow."""
    return _locks.setdefault((id(session), *box), asyncio.Lock())


def _gate_of(session: ClientSession, *box: Hashable) -> Gate:
    return _gates.setdefault((id(session), *box), Gate())


@asynccontextmanager
async def taken(lock: asyncio.Lock, patience_s: float | None) -> AsyncGenerator[None]:
    """Hold a lock; ChargerBusyError if that takes longer than the patience, in seconds."""
    if patience_s is not None and patience_s <= 0:
        raise ChargerBusyError("too late to be sent")
    if patience_s is None:
        await lock.acquire()
    else:
        try:
            async with asyncio.timeout(patience_s):
                await lock.acquire()
        except TimeoutError as error:
            raise ChargerBusyError("other requests are pending") from error
    try:
        yield
    finally:
        lock.release()


def parse_address(address: str) -> tuple[str, int]:
    """Return host and port of typed text: a name or an address, with or without http:// and port.

    Raises ValueError if it is neither.
    """
    address = address.strip()
    if "://" not in address:
        address = f"http://[{address}]" if ":" in address and _is_ip(address) else f"http://{address}"
    # Checked as typed: a URL leaves out an empty user, an empty port and line breaks.
    authority = address.partition("://")[2].partition("/")[0]
    if "@" in authority or " " in authority or authority.endswith(":") or not authority.isprintable():
        raise ValueError("not a host name or address")
    url = URL(address)
    if (
        url.scheme != "http"
        or not url.host
        or not url.port
        or not (_is_ip(url.host) or _NAME.fullmatch(url.host))
    ):
        raise ValueError("not a host name or address")
    # The name may still be invalid in a request.
    return str(URL.build(scheme="http", host=url.host, port=url.port).host), url.port


def parse_cloud(address: str) -> str:
    """Return the URL of a cloud from typed text, without a slash at its end.

    Raises ValueError if it is none, or if secrets would cross a network unencrypted: plain http is for this machine
    and for addresses of private networks only.
    """
    address = address.strip()
    url = URL(address if "://" in address else f"https://{address}")
    if (
        url.scheme not in ("http", "https")
        or not url.host
        or not (_is_ip(url.host) or _NAME.fullmatch(url.host))
        or any(sign in address for sign in "@?#")
        or not address.isprintable()
        or " " in address
    ):
        raise ValueError("not the address of a cloud")
    if url.scheme == "http" and url.host != "localhost":
        if not _is_ip(url.host) or not ip_address(url.host).is_private:
            raise ValueError("a public address without encryption")
    return str(url).rstrip("/")


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class _Response(ClientResponse):
    """An answer after which the connection is closed where the request asks for that.

    aiohttp would keep it, for it goes by the server's headers only. The box closes it without notice, and the next
    command would be lost on it.
    """

    @override
    async def start(self, connection: Connection) -> ClientResponse:
        if self.request_info.headers.get(CONNECTION) == "close":
            assert connection.protocol is not None
            connection.protocol.force_close()
        return await super().start(connection)


def _own_session(session: ClientSession) -> ClientSession:
    """Return the session of our own on the connections of Home Assistant's: without cookies, and unpacking nothing.

    It owns nothing and need not be closed: it is closed when those connections are.
    """
    if (own := _own_sessions.get(session)) is None:
        own = _own_sessions[session] = ClientSession(
            connector=session.connector,
            connector_owner=False,
            cookie_jar=DummyCookieJar(),
            headers={ACCEPT_ENCODING: "identity"},
            response_class=_Response,
            auto_decompress=False,
        )
    return own


@lru_cache(maxsize=8)
def _client_timeout(total_s: float, connect_s: float) -> ClientTimeout:
    return ClientTimeout(total=total_s, sock_connect=min(connect_s, total_s))


class JsonHttp:
    """Requests to one box, one after the other, never two at a time.

    Each request is a connection of its own, so that an idle one never takes one of the few that a box has; or all
    are on one connection that is kept alive, for a box whose commands may be repeated: one that the box closed
    meanwhile is noticed only when a command is lost on it, and that one is sent again.
    """

    def __init__(
        self,
        session: ClientSession,
        host: str,
        port: int,
        *,
        auth: tuple[str, str] | None = None,
        keep_alive: bool = False,
        answers: Container[int] = range(200, 300),
    ) -> None:
        """Create it; nothing is sent yet. `answers` are the statuses whose body is an answer."""
        self._session = session
        self._url = URL.build(scheme="http", host=host, port=port)
        self._urls: dict[str, URL] = {}
        self._headers: dict[str, str] = {}
        if auth is not None:
            login = b64encode(":".join(auth).encode(errors="replace")).decode()
            self._headers["Authorization"] = f"Basic {login}"
        self._keep_alive = keep_alive
        self._answers = answers
        self._gate = _gate_of(session, host, port)
        # Until the first answer nothing is known of the box: it may be a slow one.
        self._is_lost = True
        self._is_slow = False

    async def get_json(self, path: str) -> Any:
        """GET a path and return its JSON."""
        return parsed(await self.request("GET", path))

    async def post_json(
        self,
        path: str,
        query: Mapping[str, str | int] | None = None,
        *,
        body: object = None,
        once: bool = False,
    ) -> Any:
        """POST parameters in the query string, or a body of JSON, and return the JSON of the reply."""
        return parsed(await self.request("POST", path, query, body=body, once=once))

    async def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int] | None = None,
        *,
        body: object = None,
        once: bool = False,
    ) -> bytes:
        """Send one request and return the body of the answer.

        A busy box (503) has not looked at the request, so it is sent again, twice; but not if it must be sent once,
        because the right moment for it may be over by then. A command is sent in time or not at all:
        ChargerBusyError if the requests before it, or the box, leave no room for it.
        """
        now_s, began_s = time.monotonic(), command_began_s()
        is_poll = method == "GET" and began_s is None
        if began_s is None:
            began_s = now_s
        due_s = math.inf if is_poll else began_s + (_LATEST_SLOW if self._is_slow else _LATEST) * TIMEOUT_S

        async def attempt() -> bytes:
            timeout_s = TIMEOUT_S * (_SLOW_FACTOR if self._is_slow or (is_poll and self._is_lost) else 1.0)
            if not is_poll and not self._is_slow:
                # Together with what came before it, a command lasts one time-out; such a box needs only a part of it.
                timeout_s = max(
                    _SLOW_PART * TIMEOUT_S, min(timeout_s, began_s + TIMEOUT_S - time.monotonic())
                )
            return await self._once(method, path, query, body, timeout_s)

        async with self._gate.passed(
            None if is_poll else due_s - now_s, is_poll=is_poll, is_urgent=is_urgent()
        ):
            for pause_s in () if once else BUSY_PAUSES_S:
                try:
                    return await attempt()
                except ChargerBusyError:
                    if time.monotonic() + pause_s > due_s:
                        raise
                    await asyncio.sleep(pause_s)
            return await attempt()

    async def own_address(self) -> str:
        """Return the IPv4 address that this machine has on the way to the box; nothing is sent."""
        try:
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                asyncio.DatagramProtocol,
                remote_addr=(str(self._url.host), int(self._url.port or 80)),
                family=socket.AF_INET,
            )
        except OSError as error:
            raise ChargerUnreachableError(type(error).__name__) from error
        try:
            return str(transport.get_extra_info("sockname")[0])
        finally:
            transport.close()

    async def _once(
        self, method: str, path: str, query: Mapping[str, str | int] | None, body: object, timeout_s: float
    ) -> bytes:
        self._is_lost = True
        started_s = time.monotonic()
        with line_errors():
            try:
                status, answer = await self._exchange(method, path, query, body, timeout_s)
            except _LOST as error:
                left_s = started_s + timeout_s - time.monotonic()
                # aiohttp itself repeats what only reads.
                if (
                    not self._keep_alive
                    or method == "GET"
                    or isinstance(error, ClientConnectorError)
                    or left_s <= 0
                ):
                    raise
                status, answer = await self._exchange(method, path, query, body, left_s)
        self._is_lost = False
        self._is_slow = time.monotonic() - started_s > _SLOW_PART * TIMEOUT_S
        # An error with an answer has a body.
        if status in self._answers and (answer or 200 <= status < 300):
            return answer
        if status in (429, 503):
            raise ChargerBusyError(f"HTTP status {status}")
        if status in (401, 403):
            raise ChargerAuthError(f"HTTP status {status}")
        if status >= 500:
            raise ChargerUnreachableError(f"HTTP status {status}")
        raise ChargerProtocolError(f"HTTP status {status}")

    async def _exchange(
        self, method: str, path: str, query: Mapping[str, str | int] | None, body: object, timeout_s: float
    ) -> tuple[int, bytes]:
        if (url := self._urls.get(path)) is None:
            url = self._urls[path] = self._url.with_path(path)
        async with exchange(
            self._session,
            method,
            url if query is None else url.with_query(query),
            logged_path=path,
            keep_alive=self._keep_alive,
            headers=self._headers,
            json=body,
            timeout=_client_timeout(timeout_s, CONNECT_TIMEOUT_S),
        ) as response:
            return response.status, await read_limited(response.content.iter_any())


@asynccontextmanager
async def exchange(
    session: ClientSession,
    method: str,
    url: URL,
    *,
    logged_path: str,
    headers: Mapping[str, str],
    keep_alive: bool = False,
    **options: Any,
) -> AsyncGenerator[ClientResponse]:
    """Send one request without cookies and return its response, whatever its status; redirects are not followed.

    Raises ChargerProtocolError for a compressed response, which was not asked for: a few bytes of one may unpack to
    more than there is memory. Logs one line at DEBUG when the response is closed. `logged_path` must hold no secret;
    the query is not logged.
    """
    if session.closed:
        raise ChargerUnreachableError("closed session")
    if not keep_alive:
        headers = {**headers, CONNECTION: "close"}
    started_s, outcome, length = time.monotonic(), "cancelled", 0
    try:
        async with _own_session(session).request(
            method, url, headers=headers, allow_redirects=False, **options
        ) as response:
            outcome = str(response.status)
            if response.headers.get(CONTENT_ENCODING, "").strip().lower() not in ("", "identity"):
                raise ChargerProtocolError("compressed answer")
            try:
                yield response
            finally:
                length = response.content.total_bytes
    except (ClientError, OSError, ValueError) as error:
        outcome = type(error).__name__
        raise
    finally:
        if _LOGGER.isEnabledFor(logging.DEBUG):
            duration_ms = 1000 * (time.monotonic() - started_s)
            _LOGGER.debug("%s %s: %s, %.0f ms, %d bytes", method, logged_path, outcome, duration_ms, length)


@contextmanager
def line_errors(lost: Callable[[str], ChargerError] = ChargerUnreachableError) -> Iterator[None]:
    """Raise ChargerUnreachableError if a request could not be sent, and `lost` if its response did not arrive.

    ChargerSilentError stands for ChargerUnreachableError where nothing came.
    """
    try:
        yield
    # TimeoutError and ConnectionError are OSErrors; ValueError and UnicodeError come from invalid headers.
    except (ClientError, OSError, ValueError) as error:
        is_sent = not isinstance(error, (ClientConnectorError, ConnectionTimeoutError))
        kind = lost if is_sent else ChargerUnreachableError
        if kind is ChargerUnreachableError and isinstance(error, (TimeoutError, *_LOST)):
            kind = ChargerSilentError
        raise kind(type(error).__name__) from error


async def read_limited(chunks: AsyncIterable[bytes]) -> bytes:
    """Return the whole body; ChargerProtocolError if it is longer than any answer."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > LONGEST_BODY:
            raise ChargerProtocolError("endless answer")
    return bytes(body)


def parsed(body: bytes) -> Any:
    """Return the JSON of a body; ChargerProtocolError if it is none."""
    try:
        # A Wi-Fi name may hold any byte; that must not cost the rest of the answer.
        return json_value(body.decode("utf-8", errors="replace"))
    except ValueError as error:
        raise ChargerProtocolError("no JSON") from error
