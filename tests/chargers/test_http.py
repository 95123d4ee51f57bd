"""Addresses, and JSON over HTTP."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import ExitStack
import gc
import gzip
import json
import logging
import math
import re
import socket
import time
from typing import Any
import warnings

from aiohttp import AddrInfoType, ClientSession, CookieJar, TCPConnector
from chargers import http
from chargers.command import one_command
from chargers.errors import (
    ChargerAuthError,
    ChargerBusyError,
    ChargerError,
    ChargerGaveWayError,
    ChargerProtocolError,
    ChargerSilentError,
    ChargerUnreachableError,
)
from chargers.http import LONGEST_BODY, JsonHttp, parse_address, parse_cloud
from hypothesis import given, settings, strategies as st
import pytest
from yarl import URL

from tests.chargers.bare import BareServer, reply
from tests.emulators.base import Line
from tests.emulators.lektrico import LektricoEmulator
from tests.emulators.smartevse import SmartEvseEmulator

type Ask = Callable[[], Coroutine[Any, Any, Any]]


@pytest.mark.parametrize(
    ("typed", "host", "port"),
    [
        ("smartevse-12345.local", "smartevse-12345.local", 80),
        ("SmartEVSE-12345.local", "smartevse-12345.local", 80),
        ("smartevse-12345.local.", "smartevse-12345.local.", 80),
        ("  box \n", "box", 80),
        ("box_2", "box_2", 80),
        ("box:8080", "box", 8080),
        ("192.0.2.7", "192.0.2.7", 80),
        ("192.0.2.7:8080", "192.0.2.7", 8080),
        ("http://192.0.2.7", "192.0.2.7", 80),
        ("HTTP://192.0.2.7:8080/", "192.0.2.7", 8080),
        ("http://box/settings?mode=1#top", "box", 80),
        ("box/a page", "box", 80),
        ("2001:db8::7", "2001:db8::7", 80),
        ("::1", "::1", 80),
        ("[2001:db8::7]", "2001:db8::7", 80),
        ("[2001:db8::7]:8080", "2001:db8::7", 8080),
        ("http://[2001:db8::7]:8080/", "2001:db8::7", 8080),
        ("fe80::1%eth0", "fe80::1%eth0", 80),
        ("büro-box.local", "büro-box.local", 80),
        ("box:65535", "box", 65535),
        ("3com.example", "3com.example", 80),
    ],
)
def test_address(typed: str, host: str, port: int) -> None:
    """What people type or paste for an address is understood."""
    assert parse_address(typed) == (host, port)


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            " ",
            "/",
            "//",
            "http://",
            "http:///settings",
            "//box",
            "???",
            "#",
            ".",
            "..",
            "-",
            "a..b",
            "-box",
        ),
        *(
            "https://box",
            "ftp://box",
            "ws://box",
            "mailto:me@box",
            "http:box",
            "http:/box",
            "http://http://box",
        ),
        *("me@box", "me:secret@box", ":secret@box", "@box", "[]@", "http://me@192.0.2.7"),
        *(
            "box:0",
            "box:99999",
            "box:-1",
            "box:",
            "box:http",
            "box:80:80",
            "box: 80",
            "192.0.2.7:0",
            "[::1]:0",
        ),
        *("the box", "a\tb", "a\nb", "a\0b", "a\\b", "a%2Fb", "a%20b", "a,b", "a;b", "<b>", "a|b", "*", "😀"),
        *("[::1", "::1]", "[]", "[box]", "[::1]x", "1:2:3", "::g", "999.999.999.999", "192.0.2", "12345"),
        *("x" * 64, f"{'x.' * 130}x"),
    ],
)
def test_no_address(typed: str) -> None:
    """What cannot be the address of a box is refused when it is typed, not later."""
    with pytest.raises(ValueError):
        parse_address(typed)


@settings(max_examples=500)
@given(st.text() | st.text(alphabet="ab1.:/[]@%-_ \\#?ü", max_size=12))
def test_any_text_is_an_address_or_a_value_error(typed: str) -> None:
    """Whatever is typed is refused, or is an address that can be asked."""
    try:
        host, port = parse_address(typed)
    except ValueError:
        return
    assert 0 < port < 65_536
    assert URL.build(scheme="http", host=host, port=port).host
    bracketed = f"[{host}]" if ":" in host else host
    assert parse_address(f"http://{bracketed}:{port}/") == (host, port)


@pytest.fixture
def ask(session: ClientSession, bare: BareServer) -> Ask:
    """Return what GETs the JSON of the bare server."""
    box = JsonHttp(session, bare.host, bare.port)
    return lambda: box.get_json("/settings")


async def test_get(ask: Ask, bare: BareServer) -> None:
    """A question is one GET on a connection of its own, and its answer is the JSON."""
    bare.answers = [reply(b'{"a": [1, null, "\xc3\xbc"]}')]
    assert await ask() == {"a": [1, None, "ü"]}
    head = bare.received[0].decode().lower()
    assert head.startswith("get /settings http/1.1\r\n")
    assert "\r\nconnection: close\r\n" in head


async def test_each_request_is_one_line_in_the_debug_log(
    session: ClientSession, bare: BareServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Method, path, outcome, duration and length are logged; query, body, log-in and answer are not."""
    caplog.set_level(logging.DEBUG, "chargers.http")
    box = JsonHttp(session, bare.host, bare.port, auth=("owner", "hush-hush"))
    bare.answers = [reply(b'{"pin": "4815162"}'), reply(b"", 500), b""]
    await box.post_json("/rfid", {"rfid": "04A1B2"}, body={"password": "hush-hush"})
    for _ in range(2):
        with pytest.raises(ChargerUnreachableError):
            await box.get_json("/settings")
    first, second, third = [
        record.getMessage() for record in caplog.records if record.name == "chargers.http"
    ]
    assert re.fullmatch(r"POST /rfid: 200, \d+ ms, 18 bytes", first)
    assert re.fullmatch(r"GET /settings: 500, \d+ ms, 0 bytes", second)
    assert re.fullmatch(r"GET /settings: ServerDisconnectedError, \d+ ms, 0 bytes", third)


async def test_nothing_is_logged_above_debug(
    ask: Ask, bare: BareServer, caplog: pytest.LogCaptureFixture
) -> None:
    """A request alone changes nothing for the owner."""
    caplog.set_level(logging.INFO, "chargers.http")
    await ask()
    assert not [record for record in caplog.records if record.name == "chargers.http"]


async def test_post_has_a_query_and_an_empty_body(session: ClientSession, bare: BareServer) -> None:
    """A command is in the query string, percent-encoded, with a body of length 0 that the box need not wait for."""
    box = JsonHttp(session, bare.host, bare.port)
    assert await box.post_json("/settings", {"mode": 3, "starttime": "2026-11-20T15:02", "id": "a b&c"}) == {}
    head, _, body = bare.received[0].partition(b"\r\n\r\n")
    line, *headers = head.decode().lower().split("\r\n")
    target = URL(line.split(" ")[1])
    assert line.startswith("post /settings?")
    assert dict(target.query) == {"mode": "3", "starttime": "2026-11-20t15:02", "id": "a b&c"}
    assert "content-length: 0" in headers
    assert "connection: close" in headers
    assert not [header for header in headers if header.startswith(("transfer-encoding", "expect"))]
    assert body == b""


async def test_connection_is_closed_by_us(session: ClientSession, bare: BareServer) -> None:
    """A box that forgets to hang up is hung up on, so that no connection of its few stays taken."""
    bare.hangs_up = False
    bare.answers = [reply(b"1")]
    box = JsonHttp(session, bare.host, bare.port)
    for _ in range(3):
        assert await box.get_json("/") == 1
        assert await box.post_json("/", {}) == 1
    assert len(bare.received) == 6


async def test_command_right_after_an_answer(session: ClientSession) -> None:
    """A command is not lost on a connection that the box is just closing."""
    async with SmartEvseEmulator() as emulator:
        box = JsonHttp(session, emulator.host, emulator.port)
        for _ in range(10):
            await box.get_json("/settings")
            assert await box.post_json("/settings", {"backlight": 1}) == {"Backlight": 1}
        assert emulator.most_connections == 1


async def test_one_lock_for_each_box(session: ClientSession, bare: BareServer) -> None:
    """A box that does not answer does not hold up another one."""
    async with SmartEvseEmulator() as silent:
        silent.line = Line.SILENT
        waiting = asyncio.create_task(JsonHttp(session, silent.host, silent.port).get_json("/settings"))
        assert await JsonHttp(session, bare.host, bare.port).get_json("/") == {}
        assert not waiting.done()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        silent.line = Line.OK
        assert await JsonHttp(session, silent.host, silent.port).get_json("/settings")


async def test_busy_is_asked_again(ask: Ask, bare: BareServer) -> None:
    """A box that is busy twice answers the third time."""
    bare.answers = [reply(b"Server busy, retry shortly", 503)] * 2 + [reply(b"[1]")]
    assert await ask() == [1]
    assert len(bare.received) == 3


async def test_busy_is_not_asked_again_for_what_is_sent_once(
    session: ClientSession, bare: BareServer
) -> None:
    """A command that may be too late is not kept back for a busy box."""
    bare.answers = [reply(b"", 503), reply()]
    with pytest.raises(ChargerBusyError):
        await JsonHttp(session, bare.host, bare.port).post_json("/x", body={"a": True}, once=True)
    assert len(bare.received) == 1


async def test_a10_a_command_that_waits_too_long_is_not_sent(
    session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command behind a request that is not answered fails before that one does, and a later one is sent."""
    monkeypatch.setattr(http, "TIMEOUT_S", 0.5)
    async with SmartEvseEmulator() as emulator:
        box = JsonHttp(session, emulator.host, emulator.port)
        await box.get_json("/settings")
        emulator.line = Line.SILENT
        first = asyncio.create_task(box.post_json("/settings", {"backlight": 1}))
        await asyncio.sleep(0)
        with pytest.raises(ChargerBusyError):
            await box.post_json("/settings", {"backlight": 2})
        assert not first.done()
        with pytest.raises(ChargerSilentError):
            await first
        emulator.line = Line.OK
        await box.post_json("/settings", {"backlight": 3})
        assert [call.query.get("backlight") for call in emulator.calls] == [None, "1", "3"]


async def test_a10_no_request_of_a_command_is_sent_late(
    ask: Ask, bare: BareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second request of a command is not sent when what came before has taken too long; a poll is."""
    monkeypatch.setattr(http, "TIMEOUT_S", 0.02)
    with one_command():
        await asyncio.sleep(0.07)
        with pytest.raises(ChargerBusyError):
            await ask()
    monkeypatch.setattr(http, "TIMEOUT_S", 5.0)
    await ask()
    assert len(bare.received) == 1


async def test_a10_a_command_within_a_command_is_a_part_of_it(
    ask: Ask, bare: BareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a press sets off begins with the press, and not when the command for it is sent at last."""
    monkeypatch.setattr(http, "TIMEOUT_S", 0.02)
    with one_command():
        await asyncio.sleep(0.07)
        with one_command(), pytest.raises(ChargerBusyError):
            await ask()
    assert bare.received == []


async def test_a10_what_a_command_starts_is_no_part_of_it(
    ask: Ask, bare: BareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request of a timer that was set during a command is not too late because the command began long ago."""
    monkeypatch.setattr(http, "_LATEST", 0.001)
    loop = asyncio.get_running_loop()
    started: asyncio.Future[asyncio.Task[object]] = loop.create_future()
    with one_command():
        loop.call_later(0.1, lambda: started.set_result(loop.create_task(ask())))
    await (await started)
    assert len(bare.received) == 1


async def test_a10_a_busy_box_is_not_asked_again_too_late(
    ask: Ask, bare: BareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command is not kept back longer for a box that has no time."""
    monkeypatch.setattr(http, "BUSY_PAUSES_S", (0.0, 60.0))
    bare.answers = [reply(b"", 503)]
    with one_command(), pytest.raises(ChargerBusyError):
        await ask()
    assert len(bare.received) == 2


async def test_a_slow_box_is_not_lost(session: ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """A box that takes longer than a time-out for its answers is read, and takes commands of several requests."""
    monkeypatch.setattr(http, "TIMEOUT_S", 0.4)
    async with SmartEvseEmulator() as emulator:
        box = JsonHttp(session, emulator.host, emulator.port)
        emulator.delay_s = 0.55
        await box.get_json("/settings")
        with one_command():
            await box.get_json("/settings")
            await box.post_json("/settings", {"backlight": 1})
        # One that is quick again has the usual time-out again, until a poll shows otherwise.
        emulator.delay_s = 0.0
        await box.get_json("/settings")
        emulator.delay_s = 0.55
        with pytest.raises(ChargerSilentError):
            await box.post_json("/settings", {"backlight": 2})
        await box.get_json("/settings")
        await box.post_json("/settings", {"backlight": 3})


async def test_own_address(session: ClientSession, bare: BareServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that the box sees is ours on the way to it, and finding it out sends nothing."""
    assert await JsonHttp(session, bare.host, bare.port).own_address() == "127.0.0.1"
    assert bare.received == []

    async def no_way(*_: object, **__: object) -> None:
        raise OSError("No route to host")

    monkeypatch.setattr(asyncio.get_running_loop(), "create_datagram_endpoint", no_way)
    with pytest.raises(ChargerUnreachableError):
        await JsonHttp(session, bare.host, bare.port).own_address()


async def test_always_busy(ask: Ask, bare: BareServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A box that stays busy is asked three times, with pauses, and then left alone."""
    monkeypatch.setattr(http, "BUSY_PAUSES_S", (0.02, 0.03))
    bare.answers = [reply(b"", 503)]
    before = asyncio.get_running_loop().time()
    with pytest.raises(ChargerBusyError):
        await ask()
    assert asyncio.get_running_loop().time() - before >= 0.045
    assert len(bare.received) == 3


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (300, ChargerProtocolError),
        (302, ChargerProtocolError),
        (304, ChargerProtocolError),
        (308, ChargerProtocolError),
        (400, ChargerProtocolError),
        (401, ChargerAuthError),
        (403, ChargerAuthError),
        (404, ChargerProtocolError),
        (411, ChargerProtocolError),
        (429, ChargerBusyError),
        (500, ChargerUnreachableError),
        (502, ChargerUnreachableError),
        (503, ChargerBusyError),
        (504, ChargerUnreachableError),
    ],
)
async def test_status(ask: Ask, bare: BareServer, status: int, error: type[ChargerError]) -> None:
    """Each status is one of our errors, whatever the body."""
    bare.answers = [reply(b"" if status == 304 else b'{"mode": "OFF"}', status, "Location: /elsewhere")]
    with pytest.raises(ChargerError) as raised:
        await ask()
    assert type(raised.value) is error
    assert str(status) in str(raised.value)
    assert all(b" /settings " in request for request in bare.received)


@pytest.mark.parametrize("status", [200, 201, 202])
async def test_success(session: ClientSession, bare: BareServer, status: int) -> None:
    """Every kind of yes is a yes."""
    bare.answers = [reply(b"Reboot scheduled", status)]
    assert await JsonHttp(session, bare.host, bare.port).request("POST", "/reboot") == b"Reboot scheduled"


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b" ",
            b"{",
            b"}",
            b"{'a': 1}",
            b'{"a": 1}x',
            b"OK",
            b"<html></html>",
            b'\xff\xfe{"a"',
            bytes(range(256)),
        ),
        b"[" * 100_000,
        b"[" * 125_000 + b"]" * 125_000,
        b"1" * 5000,
    ],
    ids=lambda body: repr(body[:12]),
)
async def test_no_json(ask: Ask, bare: BareServer, body: bytes) -> None:
    """A body that is not JSON, or only a trap for its reader, is an answer that no charger gives."""
    bare.answers = [reply(body)]
    with pytest.raises(ChargerProtocolError):
        await ask()


async def test_odd_numbers(ask: Ask, bare: BareServer) -> None:
    """Numbers that JSON does not know are read; to make sense of them is up to the models."""
    bare.answers = [reply(b"[NaN, 1e999, -Infinity, 1e-999]")]
    nan, *others = await ask()
    assert math.isnan(nan)
    assert others == [math.inf, -math.inf, 0]


async def test_invalid_utf8_costs_only_itself(ask: Ask, bare: BareServer) -> None:
    """A Wi-Fi name in another encoding does not hide the rest of the answer."""
    bare.answers = [reply(b'{"ssid": "caf\xe9", "mode": "OFF"}')]
    assert await ask() == {"ssid": "caf\ufffd", "mode": "OFF"}


@pytest.mark.parametrize("chunked", [False, True])
async def test_longest_body(ask: Ask, bare: BareServer, chunked: bool) -> None:
    """An answer up to the limit is read; one byte more is not an answer of a charger."""
    for length, fits in ((LONGEST_BODY, True), (LONGEST_BODY + 1, False)):
        body = b'"' + b"x" * (length - 2) + b'"'
        if chunked:
            head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            bare.answers = [head + b"%x\r\n%s\r\n0\r\n\r\n" % (length, body)]
        else:
            bare.answers = [reply(body)]
        if fits:
            assert len(await ask()) == length - 2
        else:
            with pytest.raises(ChargerProtocolError, match="endless"):
                await ask()


@pytest.mark.parametrize("encoding", ["gzip", "GZip", "deflate", "br", "zstd", "gzip, gzip", "nonsense"])
@pytest.mark.parametrize("status", [200, 401, 500])
async def test_e8_a_compressed_answer_is_refused_unread(
    ask: Ask, bare: BareServer, encoding: str, status: int
) -> None:
    """None is asked for, and none is unpacked: a few bytes of one may be more than there is memory."""
    body = gzip.compress(b"0" * 1_000_000)
    bare.answers = [reply(body, status, f"Content-Encoding: {encoding}")]
    with pytest.raises(ChargerProtocolError, match="compressed"):
        await ask()
    assert b"\r\naccept-encoding: identity\r\n" in bare.received[0].lower()
    bare.answers = [reply(b"[1]", 200, "Content-Encoding: identity")]
    assert await ask() == [1]


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"0," * 50_000 + b"0]",
        b"[" * 200 + b"]" * 200,
        b'{"a":' * 200 + b"1" + b"}" * 200,
        b"[" + b"[]," * 20_000 + b"0]",
    ],
    ids=lambda body: repr(body[:12]),
)
async def test_e8_more_values_or_levels_than_any_answer(ask: Ask, bare: BareServer, body: bytes) -> None:
    """An answer of a size that could be one, with more in it than any charger has, is none."""
    bare.answers = [reply(body)]
    with pytest.raises(ChargerProtocolError):
        await ask()


async def test_never_ending_body(ask: Ask, bare: BareServer) -> None:
    """A stream on that address is left once it is too long."""
    bare.answers = [b"HTTP/1.1 200 OK\r\n\r\n["]
    bare.repeats = b"0," * 8000
    async with asyncio.timeout(3):
        with pytest.raises(ChargerProtocolError, match="endless"):
            await ask()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
    ],
    ids=repr,
)
async def test_silence(session: ClientSession, bare: BareServer, answer: bytes) -> None:
    """An answer that stops without an end is given up in time."""
    bare.answers = [answer]
    bare.hangs_up = False
    async with asyncio.timeout(3):
        with pytest.raises(ChargerUnreachableError):
            await JsonHttp(session, bare.host, bare.port).get_json("/")


@pytest.mark.usefixtures("impatient")
async def test_drips(session: ClientSession, bare: BareServer) -> None:
    """A box that sends a byte now and then does not hold us for ever."""
    bare.answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"]
    bare.repeats = b" "
    async with asyncio.timeout(3):
        with pytest.raises(ChargerUnreachableError):
            await JsonHttp(session, bare.host, bare.port).get_json("/")


@pytest.mark.parametrize(
    "answer",
    [
        *(
            b"",
            b"\r\n\r\n",
            b"SSH-2.0-dropbear\r\n",
            b"HTTP/9.9 200 OK\r\n\r\n{}",
            b"HTTP/1.1 abc OK\r\n\r\n{}",
        ),
        *(
            b"HTTP/1.1 200 OK\r\nNo colon here\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nA: \x00\r\n\r\n{}",
            b"\x16\x03\x01\x02",
        ),
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n{x",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000 + b"\r\n{",
        b"HTTP/1.1 401 X\r\nWWW-Authenticate: \xff\xfe\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 X\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: \xff=\xff; Expires=never\r\nContent-Length: 1\r\n\r\n{",
    ],
    ids=lambda answer: repr(answer[:60]),
)
async def test_strange_servers(ask: Ask, bare: BareServer, answer: bytes) -> None:
    """Whatever a server sends, the error is one of ours."""
    bare.answers = [answer]
    with pytest.raises(ChargerError):
        await ask()
    bare.answers = [reply(b"1")]
    assert await ask() == 1


async def test_log_in_goes_into_a_header(session: ClientSession, bare: BareServer) -> None:
    """User name and password are in a header, and in no URL; whatever they are made of, they can be sent."""
    for login, sent in (
        (("me", "secret"), b"bWU6c2VjcmV0"),
        (("ä:", ":ö"), b"w6Q6OjrDtg=="),
        (("", ""), b"Og=="),
        (("\ud800", "\n"), b"PzoK"),
    ):
        box = JsonHttp(session, bare.host, bare.port, auth=login)
        await box.get_json("/settings")
        await box.post_json("/rpc", body={})
        for request in bare.received[-2:]:
            assert b"\r\nAuthorization: Basic " + sent + b"\r\n" in request
            assert b"secret" not in request


async def test_body_of_json(session: ClientSession) -> None:
    """A command may be a body of strict JSON, with its type and its length."""
    async with LektricoEmulator() as emulator:
        box = JsonHttp(session, emulator.host, emulator.port, keep_alive=True)
        frame = {"src": "a test", "id": 7, "method": "charge.start", "params": {"tag": "ä"}}
        assert await box.post_json("/rpc", body=frame) == {
            "id": 7,
            "src": "1p7k_500006",
            "dst": "a test",
            "result": True,
        }
        [call] = emulator.calls
    assert json.loads(call.body) == frame
    assert call.headers["content-type"] == "application/json"
    assert call.headers["content-length"] == str(len(call.body))
    assert call.query == {}


async def test_kept_connection(session: ClientSession) -> None:
    """Where a connection may be kept there is one for all requests, and no header that ends it."""
    async with LektricoEmulator() as emulator:
        box = JsonHttp(session, emulator.host, emulator.port, keep_alive=True)
        for _ in range(3):
            await box.get_json("/rpc/charger_info.get")
            await box.post_json("/rpc/charge.stop", body={})
            assert emulator.connections == 1
        assert not [call for call in emulator.calls if "close" in call.headers.get("connection", "")]
        assert emulator.most_connections == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_kept_connection_that_the_box_has_closed(session: ClientSession, method: str) -> None:
    """What is lost on a connection that was closed meanwhile is sent again, once."""
    async with LektricoEmulator() as emulator:
        box = JsonHttp(session, emulator.host, emulator.port, keep_alive=True)
        path = "/rpc/charge.pause"
        assert await box.request(method, path) == b"true"
        emulator.line, emulator.line_for = Line.REFUSED, lambda _: len(emulator.calls) == 2
        assert await box.request(method, path) == b"true"
        assert len(emulator.calls) == 3


async def test_a_box_that_hangs_up_on_every_command(session: ClientSession, bare: BareServer) -> None:
    """A command is sent twice at the most; without a kept connection it is sent once, for it may have arrived."""
    bare.answers = [b""]
    for keep_alive, times in ((True, 2), (False, 1)):
        bare.received.clear()
        box = JsonHttp(session, bare.host, bare.port, keep_alive=keep_alive)
        with pytest.raises(ChargerUnreachableError):
            await box.request("POST", "/")
        assert len(bare.received) == times


async def test_errors_that_come_with_an_answer(session: ClientSession, bare: BareServer) -> None:
    """A status that comes with an answer is read like any other, unless there is nothing to read."""
    box = JsonHttp(session, bare.host, bare.port, answers=frozenset({200, 404, 500}))
    for status in (200, 404, 500):
        bare.answers = [reply(b'{"code": -6}', status)]
        assert await box.get_json("/") == {"code": -6}
    bare.answers = [reply(b"", 500)]
    with pytest.raises(ChargerUnreachableError):
        await box.request("GET", "/")
    bare.answers = [reply(b"", 404)]
    with pytest.raises(ChargerProtocolError):
        await box.request("GET", "/")
    bare.answers = [reply(b"", 200)]
    assert await box.request("GET", "/") == b""
    for status, error in (
        (401, ChargerAuthError),
        (502, ChargerUnreachableError),
        (201, ChargerProtocolError),
    ):
        bare.answers = [reply(b"{}", status)]
        with pytest.raises(error):
            await box.request("GET", "/")


async def test_no_listener(session: ClientSession, bare: BareServer) -> None:
    """A port without a listener is a charger that is not there."""
    async with BareServer() as gone:
        port = gone.port
    with pytest.raises(ChargerUnreachableError):
        await JsonHttp(session, bare.host, port).get_json("/")


@pytest.fixture
async def counted() -> AsyncGenerator[tuple[ClientSession, list[socket.socket]]]:
    """Return a session, and the sockets that were made for it."""
    made: list[socket.socket] = []

    def make(address: AddrInfoType) -> socket.socket:
        family, kind, protocol, *_ = address
        made.append(socket.socket(family, kind, protocol))
        return made[-1]

    async with ClientSession(connector=TCPConnector(socket_factory=make)) as session:
        yield session, made


@pytest.mark.parametrize("keep_alive", [False, True])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a10_a_box_that_takes_no_connection_is_tried_once(
    counted: tuple[ClientSession, list[socket.socket]], *, keep_alive: bool, method: str
) -> None:
    """Nothing is sent to it, so that nothing can have been lost on a connection that it closed meanwhile."""
    session, made = counted
    async with BareServer() as gone:
        port = gone.port
    with pytest.raises(ChargerSilentError):
        await JsonHttp(session, gone.host, port, keep_alive=keep_alive).request(method, "/")
    assert len(made) == 1


@pytest.fixture
def unanswered() -> Generator[int]:
    """Return a port that does not answer a connection, as an address without a box behind it."""
    with socket.socket() as listener, ExitStack() as stack:
        listener.bind((BareServer.host, 0))
        listener.listen(0)
        port = int(listener.getsockname()[1])
        # It has room for one or two that wait, and never takes one.
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((BareServer.host, port))
        yield port


@pytest.mark.parametrize("keep_alive", [False, True])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a10_a_box_that_is_not_there_fails_within_the_time_to_connect(
    session: ClientSession,
    unanswered: int,
    monkeypatch: pytest.MonkeyPatch,
    *,
    keep_alive: bool,
    method: str,
) -> None:
    """On a local network a box answers a connection at once, so that one that does not is not waited for."""
    assert 2 <= http.CONNECT_TIMEOUT_S <= 3
    monkeypatch.setattr(http, "CONNECT_TIMEOUT_S", 0.2)
    box = JsonHttp(session, BareServer.host, unanswered, keep_alive=keep_alive)
    started_s = time.monotonic()
    with pytest.raises(ChargerSilentError):
        await box.request(method, "/")
    assert time.monotonic() - started_s < 2


@pytest.mark.parametrize("line", [Line.REFUSED, Line.SILENT])
async def test_a10_nothing_came(session: ClientSession, monkeypatch: pytest.MonkeyPatch, line: Line) -> None:
    """A box that sends nothing at all is another failure than one that answers with an error, or breaks off."""
    monkeypatch.setattr(http, "TIMEOUT_S", 0.2)
    async with SmartEvseEmulator() as emulator:
        box = JsonHttp(session, emulator.host, emulator.port)
        emulator.line = line
        with pytest.raises(ChargerSilentError):
            await box.post_json("/settings", {"mode": 1})
        for answers in (Line.CUT, Line.ERROR):
            emulator.line = answers
            with pytest.raises(ChargerUnreachableError) as raised:
                await box.post_json("/settings", {"mode": 1})
            assert not isinstance(raised.value, ChargerSilentError)


async def test_a10_many_commands_at_once_leave_no_queue(
    session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many are given to a silent box, all have failed after one time-out, and one was sent."""
    monkeypatch.setattr(http, "TIMEOUT_S", 1.0)
    async with SmartEvseEmulator() as emulator:
        box = JsonHttp(session, emulator.host, emulator.port)
        emulator.line = Line.SILENT
        started_s = time.monotonic()
        failures = await asyncio.gather(
            *(box.post_json("/settings", {"backlight": number}) for number in range(50)),
            return_exceptions=True,
        )
        assert time.monotonic() - started_s < 1.5
        assert {type(failure) for failure in failures} == {ChargerSilentError, ChargerBusyError}
        emulator.line = Line.OK
        # Requests reach the box one after the other: whatever was still waiting would be before this one.
        await box.get_json("/settings")
        assert [call.method for call in emulator.calls] == ["POST", "GET"]


async def test_a10_a_command_that_had_to_wait_fails_within_one_time_out(
    session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time for which it waited is no time that it has for its answer."""
    monkeypatch.setattr(http, "TIMEOUT_S", 1.0)
    async with SmartEvseEmulator() as emulator:
        box = JsonHttp(session, emulator.host, emulator.port)
        emulator.line = Line.SILENT
        async with http.taken(http.lock_of(session, emulator.host, emulator.port), None):
            started_s = time.monotonic()
            command = asyncio.create_task(box.post_json("/settings", {"backlight": 1}))
            # The waiting itself is what is tested.
            await asyncio.sleep(0.7)
        with pytest.raises(ChargerSilentError):
            await command
        assert 0.9 < time.monotonic() - started_s < 1.5


async def test_a10_a_command_that_is_sent_again_fails_within_one_time_out(
    session: ClientSession, bare: BareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is sent again on a new connection has the rest of the time."""
    monkeypatch.setattr(http, "TIMEOUT_S", 1.0)
    bare.answers = [b""]
    bare.delay_s = 0.7
    box = JsonHttp(session, bare.host, bare.port, keep_alive=True)
    started_s = time.monotonic()
    with pytest.raises(ChargerSilentError):
        await box.request("POST", "/")
    assert 0.9 < time.monotonic() - started_s < 1.3
    assert len(bare.received) == 2


async def test_one_session_for_all_requests(bare: BareServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests share a session that is neither Home Assistant's nor left open when that is closed."""
    made: list[ClientSession] = []

    # aiohttp advises against a subclass by a warning.
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):

        class Counted(ClientSession):
            def __init__(self, **options: Any) -> None:
                super().__init__(**options)
                made.append(self)

    monkeypatch.setattr(http, "ClientSession", Counted)
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with ClientSession() as session:
        for keep_alive in (False, True):
            box = JsonHttp(session, bare.host, bare.port, keep_alive=keep_alive)
            for _ in range(3):
                await box.get_json("/")
                await box.post_json("/", {})
        assert len(made) == 1
        assert made[0].connector is session.connector
    assert made[0].closed
    made.clear()
    del session
    with warnings.catch_warnings(record=True, action="always") as warned:
        gc.collect()
    assert complaints == []
    assert [str(warning.message) for warning in warned if "Unclosed" in str(warning.message)] == []


async def test_no_cookies(bare: BareServer) -> None:
    """A cookie of the box, or of another integration's, is neither stored nor sent."""
    jar = CookieJar(unsafe=True)
    async with ClientSession(cookie_jar=jar) as session:
        jar.update_cookies({"token": "hush-hush"}, URL(f"http://{bare.host}:{bare.port}/"))
        bare.answers = [reply(b"1", 200, "Set-Cookie: session=7; Path=/")]
        box = JsonHttp(session, bare.host, bare.port)
        await box.get_json("/")
        await box.get_json("/")
        assert not [request for request in bare.received if b"cookie" in request.lower()]
        assert [cookie.key for cookie in jar] == ["token"]


async def test_closed_session(bare: BareServer) -> None:
    """A request after the end of the session is an error of ours, too."""
    session = ClientSession()
    box = JsonHttp(session, bare.host, bare.port)
    await session.close()
    with pytest.raises(ChargerError):
        await box.get_json("/")


async def test_emulated_answer_is_read_whole(session: ClientSession) -> None:
    """A real answer arrives whole, with a length and in chunks."""
    for firmware in ("3.9.3", "3.11.1"):
        async with SmartEvseEmulator(firmware) as emulator:
            read = await JsonHttp(session, emulator.host, emulator.port).get_json("/settings")
            assert read.keys() == json.loads(json.dumps(emulator.settings())).keys()


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://api.particle.io", "https://api.particle.io"),
        (" https://api.particle.io/ ", "https://api.particle.io"),
        ("api.particle.io", "https://api.particle.io"),
        ("cloud.example:8443/particle/", "https://cloud.example:8443/particle"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://192.168.1.20", "http://192.168.1.20"),
        ("http://[fd00::1]:8080", "http://[fd00::1]:8080"),
    ],
)
def test_address_of_a_cloud(typed: str, url: str) -> None:
    """A person types an address as it is written elsewhere; encryption is the rule."""
    assert parse_cloud(typed) == url


@pytest.mark.parametrize(
    "typed",
    [
        *("", "  ", "https://", "ftp://api.particle.io", "http://api.particle.io", "http://8.8.8.8"),
        *("https://me:secret@api.particle.io", "https://api.particle.io?access_token=x", "https://a b"),
        *("https://api.particle.io#x", "https://300.1.2.3", "https://x:99999", "http://[2001:4860::1]"),
        *("https://[::1", "https://a b.example"),
    ],
)
def test_no_address_of_a_cloud(typed: str) -> None:
    """A secret is sent to no address that is none, and unencrypted to none on the internet."""
    with pytest.raises(ValueError):
        parse_cloud(typed)


async def test_f13_a_poll_gives_way_to_an_urgent_command(session: ClientSession) -> None:
    """It is ended for one, and so is the next that waits; a command that can wait does, behind the urgent one."""
    async with SmartEvseEmulator() as emulator:
        emulator.line, emulator.line_for = Line.SILENT, lambda request: request.method == "GET"
        box = JsonHttp(session, emulator.host, emulator.port)

        async def command(light: int, *, urgent: bool) -> None:
            with one_command(urgent=urgent):
                await box.post_json("/settings", {"backlight": light})

        polls = [asyncio.create_task(box.get_json("/settings")) for _ in range(2)]
        await emulator.arrived.wait()
        patient = asyncio.create_task(command(1, urgent=False))
        await asyncio.sleep(0)
        await command(2, urgent=True)
        await patient
        for poll in polls:
            with pytest.raises(ChargerGaveWayError):
                await poll
        assert [call.query.get("backlight") for call in emulator.calls] == [None, "2", "1"]
        emulator.line = Line.OK
        await box.get_json("/settings")


async def test_f13_an_urgent_command_does_not_wait_for_ever(
    session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is on its way already is not cut short, for it may have been taken; and polls go on afterwards."""
    monkeypatch.setattr(http, "TIMEOUT_S", 0.5)
    async with SmartEvseEmulator() as emulator:
        emulator.line = Line.SILENT
        box = JsonHttp(session, emulator.host, emulator.port)
        first = asyncio.create_task(box.post_json("/settings", {"backlight": 1}))
        await emulator.arrived.wait()
        with one_command(urgent=True), pytest.raises(ChargerBusyError):
            await box.post_json("/settings", {"backlight": 2})
        with pytest.raises(ChargerSilentError):
            await first
        emulator.line = Line.OK
        await box.get_json("/settings")
        assert [call.query.get("backlight") for call in emulator.calls] == ["1", None]
