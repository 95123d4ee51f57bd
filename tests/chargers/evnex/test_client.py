"""The Particle cloud: log-in, answers, and the meaning of each refusal."""

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
import json
import logging
from pathlib import Path
from typing import Any
import zlib

from aiohttp import ClientSession
from chargers.account import ChargerAccountError, ChargerCodeRequiredError, ChargerLoginError, Listed, Token
from chargers.errors import (
    ChargerAuthError,
    ChargerBusyError,
    ChargerCloudError,
    ChargerError,
    ChargerForbiddenError,
    ChargerNoReplyError,
    ChargerOfflineError,
    ChargerProtocolError,
    ChargerRateLimitError,
    ChargerRefusedError,
    ChargerSilentError,
    ChargerUnreachableError,
)
import chargers.evnex.client
from chargers.evnex.client import ParticleCloud
import pytest

from tests.chargers.bare import BareServer, reply
from tests.emulators.base import Line
from tests.emulators.evnex import EvnexEmulator

from .conftest import url_of

PASSWORD = "correct horse"
USER = "ev@example.com"


@pytest.fixture
def cloud(session: ClientSession, emulator: EvnexEmulator) -> ParticleCloud:
    """Return our side of the cloud, with a token."""
    return ParticleCloud(session, url_of(emulator), emulator.token())


@pytest.fixture(autouse=True)
def _nothing_leaks(emulator: EvnexEmulator, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Neither a password nor a token is ever in an address or a log, and no device id is in a log line of ours."""
    caplog.set_level(logging.DEBUG)
    yield
    for request in emulator.calls:
        assert "access" not in f"{request.path} {request.query}"
    # The records of the test itself: the handler's own text is that of the teardown by now.
    records = caplog.get_records("call")
    for secret in (PASSWORD, *emulator.tokens):
        assert not [record for record in records if secret in record.getMessage()]
    logged = [record.getMessage() for record in records if record.name.startswith("chargers")]
    assert logged or not emulator.calls
    assert emulator.serial not in "".join(logged)


# Logging in


async def test_log_in(cloud: ParticleCloud, emulator: EvnexEmulator) -> None:
    """A user name and a password are exchanged for a token with its end."""
    before = datetime.now(UTC)
    token = await cloud.log_in(USER, PASSWORD)
    assert token.access in emulator.tokens
    assert token.refresh in emulator.refresh_tokens
    assert token.expires_at is not None
    assert timedelta(days=90) <= token.expires_at - before < timedelta(days=90, minutes=1)
    [request] = emulator.calls
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert token.access not in repr(token)


async def test_a_token_that_never_ends(cloud: ParticleCloud, emulator: EvnexEmulator) -> None:
    """A token may end never, and then it comes without one to renew it."""
    emulator.expires_in = 0
    token = await cloud.log_in(USER, PASSWORD)
    assert token.expires_at is None
    assert token.refresh is None
    with pytest.raises(ChargerAuthError):
        await cloud.renew(token)
    assert len(emulator.calls) == 1


async def test_wrong_password_until_the_account_is_locked(
    cloud: ParticleCloud, emulator: EvnexEmulator
) -> None:
    """Ten wrong passwords lock the account for half an hour, even for the right one."""
    for _ in range(10):
        with pytest.raises(ChargerLoginError) as refused:
            await cloud.log_in(USER, "wrong")
        assert refused.value.reason == "wrong_password"
    with pytest.raises(ChargerLoginError) as locked:
        await cloud.log_in(USER, PASSWORD)
    assert locked.value.reason == "locked"
    emulator.advance(1801)
    await cloud.log_in(USER, PASSWORD)


async def test_one_time_password(cloud: ParticleCloud, emulator: EvnexEmulator) -> None:
    """An account may ask for a one-time password; a wrong one is reported, and a second try is possible."""
    emulator.one_time_password = "123456"
    with pytest.raises(ChargerCodeRequiredError) as needed:
        await cloud.log_in(USER, PASSWORD)
    with pytest.raises(ChargerLoginError) as refused:
        await cloud.confirm(needed.value.challenge, "654321")
    assert refused.value.reason == "wrong_code"
    token = await cloud.confirm(needed.value.challenge, "123456")
    assert token.access in emulator.tokens


async def test_single_sign_on(cloud: ParticleCloud, emulator: EvnexEmulator) -> None:
    """An account of a company's single sign-on has no password here."""
    emulator.sso = True
    with pytest.raises(ChargerLoginError) as refused:
        await cloud.log_in(USER, PASSWORD)
    assert refused.value.reason == "sso_user"


async def test_renew(cloud: ParticleCloud, emulator: EvnexEmulator) -> None:
    """A refresh token is worth a new token, once; where the cloud takes none, that is an error of the log-in."""
    token = await cloud.log_in(USER, PASSWORD)
    renewed = await cloud.renew(token)
    assert renewed.access != token.access
    assert renewed.access in emulator.tokens
    with pytest.raises(ChargerAuthError):
        await cloud.renew(token)
    emulator.takes_refresh_token = False
    with pytest.raises(ChargerAuthError):
        await cloud.renew(renewed)


@pytest.mark.parametrize("line", [line for line in Line if line is not Line.OK])
@pytest.mark.usefixtures("impatient")
async def test_log_in_on_a_bad_line(cloud: ParticleCloud, emulator: EvnexEmulator, line: Line) -> None:
    """Whatever the line does, the error is one of ours, and in time."""
    emulator.line = line
    async with asyncio.timeout(3):
        with pytest.raises(ChargerError):
            await cloud.log_in(USER, PASSWORD)


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"{}", 200, ChargerProtocolError),
        (b"[]", 200, ChargerProtocolError),
        (b'{"access_token": ""}', 200, ChargerProtocolError),
        (b'{"access_token": 7}', 200, ChargerProtocolError),
        (b'{"error": "mfa_required"}', 403, ChargerProtocolError),
        (b'{"error": "mfa_required", "mfa_token": []}', 403, ChargerProtocolError),
        (b"<html>", 400, ChargerLoginError),
        (b"", 401, ChargerLoginError),
        (b"[]", 403, ChargerLoginError),
        (b"", 503, ChargerBusyError),
    ],
)
async def test_odd_answers_to_a_log_in(
    session: ClientSession, bare: BareServer, body: bytes, status: int, error: type[ChargerError]
) -> None:
    """A token, a challenge or a refusal that is not as it should be is no token."""
    bare.answers = [reply(body, status)]
    with pytest.raises(error):
        await ParticleCloud(session, f"http://{bare.host}:{bare.port}").log_in(USER, PASSWORD)


# Devices


async def test_devices(session: ClientSession) -> None:
    """All that the account has, and what of it is a charger, as far as that is known."""
    async with EvnexEmulator(chargers=2) as emulator:
        emulator.others = [
            {"id": "f00", "name": "lamp", "connected": True, "functions": ["brew"]},
            {"id": "f01", "name": "away", "connected": False},
        ]
        first, second = emulator.devices
        emulator.devices[second].connected = False
        cloud = ParticleCloud(session, url_of(emulator), emulator.token())
        assert await cloud.devices() == [
            Listed(serial=first, name="garage", is_charger=True),
            Listed(serial=second, name="garage 1", is_charger=None),
            Listed(serial="f00", name="lamp", is_charger=False),
            Listed(serial="f01", name="away", is_charger=None),
        ]
        # Only the charger that is there had to be asked.
        assert len(emulator.calls) == 2


async def test_a_device_that_cannot_be_read(session: ClientSession) -> None:
    """A device that does not answer, has moved or makes no sense hides no other one; alone it is an error."""
    async with EvnexEmulator(chargers=2) as emulator:
        first, second = emulator.devices
        cloud = ParticleCloud(session, url_of(emulator), emulator.token())
        emulator.others = [{"name": "without an id", "connected": True}]
        emulator.line_for = lambda request: request.path.endswith(second)
        for line in (Line.ERROR, Line.NOT_FOUND, Line.FORBIDDEN, Line.HTML):
            emulator.line = line
            assert await cloud.devices() == [
                Listed(serial=first, name="garage", is_charger=True),
                Listed(serial=second, name="garage 1", is_charger=None),
            ]
        # What concerns the account, or all requests, is an error as before.
        for line, error in ((Line.UNAUTHORIZED, ChargerAuthError), (Line.TOO_MANY, ChargerRateLimitError)):
            emulator.line = line
            assert type(await refusal(cloud.devices())) is error
        emulator.go_offline()
        emulator.line, emulator.others = Line.ERROR, []
        assert type(await refusal(cloud.devices())) is ChargerCloudError


async def test_no_list_of_devices(session: ClientSession, bare: BareServer) -> None:
    """A list that is none is an error."""
    bare.answers = [reply(b"{}")]
    with pytest.raises(ChargerProtocolError):
        await ParticleCloud(session, f"http://{bare.host}:{bare.port}", "x").devices()


# What a refusal means


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, ChargerProtocolError),
        (400, ChargerProtocolError),
        (401, ChargerAuthError),
        (403, ChargerForbiddenError),
        (404, ChargerOfflineError),
        (408, ChargerCloudError),
        (418, ChargerProtocolError),
        (429, ChargerRateLimitError),
        (500, ChargerCloudError),
        (502, ChargerCloudError),
        (503, ChargerBusyError),
        (529, ChargerRateLimitError),
    ],
)
async def test_what_a_status_means(
    session: ClientSession, bare: BareServer, status: int, error: type[ChargerError]
) -> None:
    """Each status has a meaning of its own; all but some of them are the same for a function call."""
    bare.answers = [reply(b"{}", status)]
    cloud = ParticleCloud(session, f"http://{bare.host}:{bare.port}", "x")
    with pytest.raises(ChargerError) as refused:
        await cloud.device("f00")
    assert type(refused.value) is error
    with pytest.raises(ChargerError) as refused:
        await cloud.call("f00", "setConfig", "MODE,0")
    called = {400: ChargerRefusedError, 408: ChargerNoReplyError}
    assert type(refused.value) is called.get(status, error)
    with pytest.raises(ChargerError) as refused:
        await anext(cloud.events("f00", "ACIData"))
    assert type(refused.value) is error


# Of each body of the cloud, and of the servers like it: its status, what it means for a request, for a call if that is
# another thing, and for a log-in: an error, or the reason of a ChargerLoginError.
BODIES: list[tuple[int, Any, type[ChargerError], type[ChargerError] | None, type[ChargerError] | str]] = [
    # The account
    (400, "unauthorized", ChargerAccountError, None, ChargerAccountError),
    (403, "unauthorized", ChargerAccountError, None, ChargerAccountError),
    (400, "access_denied", ChargerAccountError, None, ChargerAccountError),
    (400, "invalid_scope", ChargerAccountError, None, ChargerAccountError),
    (403, "insufficient_scope", ChargerAccountError, None, ChargerAccountError),
    # The token, or the password
    (401, "invalid_token", ChargerAuthError, None, "wrong_password"),
    (401, "Unauthorized", ChargerAuthError, None, "wrong_password"),
    (401, "unauthorized_request", ChargerAuthError, None, "wrong_password"),
    (400, "invalid_token", ChargerAuthError, None, ChargerAuthError),
    (400, "invalid_grant", ChargerAuthError, None, "wrong_password"),
    (503, "invalid_grant", ChargerAuthError, None, "wrong_password"),
    (400, "invalid_request", ChargerAuthError, None, ChargerProtocolError),
    # This program
    (400, "invalid_client", ChargerAuthError, None, "client_refused"),
    (401, "invalid_client", ChargerAuthError, None, "client_refused"),
    (400, "unauthorized_client", ChargerAuthError, None, "client_refused"),
    (400, "unsupported_grant_type", ChargerProtocolError, ChargerRefusedError, "client_refused"),
    (403, "sso_user", ChargerForbiddenError, None, "sso_user"),
    # The device
    (403, "Permission Denied", ChargerForbiddenError, None, ChargerForbiddenError),
    (403, "device Permission Denied", ChargerForbiddenError, None, ChargerForbiddenError),
    (403, "User doesn't have access", ChargerForbiddenError, None, ChargerForbiddenError),
    (404, "No device found", ChargerForbiddenError, None, ChargerForbiddenError),
    (400, "Entity does not exist", ChargerForbiddenError, None, ChargerForbiddenError),
    (404, "Device is not connected.", ChargerOfflineError, None, ChargerOfflineError),
    (400, "Could not get device for ID", ChargerOfflineError, None, ChargerOfflineError),
    (400, "Device is offline", ChargerOfflineError, None, ChargerOfflineError),
    (404, "Function not found", ChargerRefusedError, None, ChargerRefusedError),
    (404, "Function setConfig not found", ChargerRefusedError, None, ChargerRefusedError),
    (400, "Unknown Function: setConfig", ChargerRefusedError, None, ChargerRefusedError),
    # Nothing came in time
    (408, "Timed out.", ChargerCloudError, ChargerNoReplyError, ChargerCloudError),
    (400, "timeout", ChargerCloudError, ChargerNoReplyError, ChargerCloudError),
    (400, "Request timed out", ChargerCloudError, ChargerNoReplyError, ChargerCloudError),
    (400, "Response timeout for event: X", ChargerCloudError, ChargerNoReplyError, ChargerCloudError),
    (200, "Timed out.", ChargerCloudError, ChargerNoReplyError, ChargerCloudError),
    # The cloud
    (429, "rate_limit_exceeded", ChargerRateLimitError, None, "locked"),
    (503, "server_error", ChargerCloudError, None, ChargerCloudError),
    # What is none of these, the status explains
    (400, "out of tea", ChargerProtocolError, ChargerRefusedError, "wrong_password"),
    (404, "out of tea", ChargerOfflineError, None, ChargerOfflineError),
    (404, {}, ChargerOfflineError, None, ChargerOfflineError),
    (503, ["server_error"], ChargerBusyError, None, ChargerBusyError),
    (400, "unauthorized" * 100, ChargerProtocolError, ChargerRefusedError, "wrong_password"),
]


@pytest.mark.parametrize(
    ("status", "word", "error", "called", "logged_in"),
    BODIES,
    ids=[f"{status} {str(word)[:40]}" for status, word, *_ in BODIES],
)
async def test_p1_p2_what_a_body_means(
    session: ClientSession,
    bare: BareServer,
    status: int,
    word: Any,
    error: type[ChargerError],
    called: type[ChargerError] | None,
    logged_in: type[ChargerError] | str,
) -> None:
    """The word in the body of a refusal is read before its status: of a request, a list, a stream, a call, a log-in."""
    bare.answers = [reply(json.dumps({"ok": False, "error": word}).encode(), status)]
    cloud = ParticleCloud(session, f"http://{bare.host}:{bare.port}", "x")
    for request in (cloud.device("f00"), cloud.devices(), anext(cloud.events("f00", "ACIData"))):
        assert type(await refusal(request)) is error
    refused = await refusal(cloud.call("f00", "setConfig", "MODE,0"))
    assert type(refused) is (called or error)
    if isinstance(refused, ChargerRefusedError):
        assert refused.reason == "function_missing"
    refused = await refusal(cloud.log_in(USER, PASSWORD))
    if isinstance(logged_in, str):
        assert isinstance(refused, ChargerLoginError)
        assert refused.reason == logged_in
    else:
        assert type(refused) is logged_in


def test_p2_the_docs_list_each_body() -> None:
    """Each word that has a meaning is in the table of the docs, with that of other letters as one."""
    docs = (Path(__file__).parents[3] / "docs" / "evnex.md").read_text(encoding="utf-8").lower()
    table = docs.partition("## what the cloud's refusals mean")[2].partition("\n## ")[0]
    others = ("out of tea", "unauthorized" * 100)
    words = {word.lower() for _, word, *_ in BODIES if isinstance(word, str) and word not in others}
    texts = (
        "permission denied",
        "offline",
        "timeout",
        "timed out",
        "unknown function",
        "function setconfig not found",
    )
    assert {
        word for word in words if f"`{word}`" not in table and not any(text in word for text in texts)
    } == set()


async def refusal(request: Awaitable[object]) -> ChargerError:
    """Return the error of a request."""
    with pytest.raises(ChargerError) as refused:
        await request
    return refused.value


@pytest.mark.parametrize("line", ["Wrong password", "User doesn't exist"])
async def test_p2_a_wrong_password_that_the_server_takes_for_its_own_error(
    session: ClientSession, bare: BareServer, line: str
) -> None:
    """A server whose check of the password fails answers with 503; its description shows what was wrong."""
    body = {"error": "server_error", "error_description": line}
    bare.answers = [reply(json.dumps(body).encode(), 503)]
    with pytest.raises(ChargerLoginError) as refused:
        await ParticleCloud(session, f"http://{bare.host}:{bare.port}").log_in(USER, PASSWORD)
    assert refused.value.reason == "wrong_password"


async def test_p2_a_server_in_place_of_the_cloud(session: ClientSession) -> None:
    """The same errors come from a server that words and numbers its refusals in another way."""
    async with EvnexEmulator(chargers=2, local=True) as emulator:
        first, second = emulator.devices
        emulator.foreign = {second}
        cloud = ParticleCloud(session, url_of(emulator), (await cloud_token(session, emulator)).access)
        with pytest.raises(ChargerLoginError) as refused:
            await cloud.log_in(USER, "wrong")
        assert refused.value.reason == "wrong_password"
        for serial in ("f00", second):
            with pytest.raises(ChargerForbiddenError):
                await cloud.device(serial)
        await cloud.call(first, "setConfig", "CURRENT,10")
        with pytest.raises(ChargerRefusedError) as missing:
            await cloud.call(first, "explode", "")
        assert missing.value.reason == "function_missing"
        emulator.time_out_calls()
        with pytest.raises(ChargerNoReplyError):
            await cloud.call(first, "setConfig", "CURRENT,11")
        emulator.go_offline()
        with pytest.raises(ChargerOfflineError):
            await cloud.call(first, "setConfig", "CURRENT,12")
        emulator.clients.clear()
        with pytest.raises(ChargerLoginError) as refused:
            await cloud.log_in(USER, PASSWORD)
        assert refused.value.reason == "client_refused"


async def cloud_token(session: ClientSession, emulator: EvnexEmulator) -> Token:
    """Log in."""
    return await ParticleCloud(session, url_of(emulator)).log_in(USER, PASSWORD)


async def test_p1_an_account_that_is_not_allowed(cloud: ParticleCloud, emulator: EvnexEmulator) -> None:
    """The cloud refuses the account in everything; that is neither a missing function nor a wrong password."""
    emulator.refuse_account()
    for request in (
        cloud.device(emulator.serial),
        cloud.devices(),
        anext(cloud.events(emulator.serial, "ACIData")),
        cloud.call(emulator.serial, "setConfig", "MODE,0"),
        cloud.log_in(USER, PASSWORD),
    ):
        assert type(await refusal(request)) is ChargerAccountError


async def test_p1_empty_fields_of_a_log_in(cloud: ParticleCloud, emulator: EvnexEmulator) -> None:
    """An empty field is a wrong one, and is not sent: the cloud would answer as if it did not know this program."""
    emulator.one_time_password = "123456"
    for username, password in (("", PASSWORD), (USER, "")):
        with pytest.raises(ChargerLoginError) as refused:
            await cloud.log_in(username, password)
        assert refused.value.reason == "wrong_password"
    with pytest.raises(ChargerLoginError) as refused:
        await cloud.confirm("challenge", "")
    assert refused.value.reason == "wrong_code"
    assert emulator.calls == []


async def test_a_refusal_whose_body_is_cut(session: ClientSession, bare: BareServer) -> None:
    """Where the body of a refusal does not arrive, its status explains it."""
    bare.answers = [b'HTTP/1.1 401 X\r\nContent-Length: 99\r\n\r\n{"error": "inval']
    with pytest.raises(ChargerAuthError):
        await ParticleCloud(session, f"http://{bare.host}:{bare.port}", "x").device("f00")


@pytest.mark.usefixtures("impatient")
async def test_a_refusal_of_a_stream_that_never_ends(session: ClientSession, bare: BareServer) -> None:
    """A refusal is not listened to as long as a stream would be."""
    bare.answers = [b"HTTP/1.1 403 X\r\nContent-Length: 99\r\n\r\n{"]
    bare.hangs_up = False
    async with asyncio.timeout(3):
        with pytest.raises(ChargerUnreachableError):
            await anext(ParticleCloud(session, f"http://{bare.host}:{bare.port}", "x").events("f00", "A"))


@pytest.mark.parametrize(("value", "seconds"), [("7", 7), ("0.5", 0.5), ("-1", None), ("soon", None)])
async def test_retry_after(
    session: ClientSession, bare: BareServer, value: str, seconds: float | None
) -> None:
    """A cloud with too many requests states when the next may be sent."""
    bare.answers = [reply(b"", 429, f"Retry-After: {value}")]
    with pytest.raises(ChargerRateLimitError) as refused:
        await ParticleCloud(session, f"http://{bare.host}:{bare.port}", "x").device("f00")
    assert refused.value.retry_after_s == seconds


async def test_a_token_that_is_none(session: ClientSession, emulator: EvnexEmulator) -> None:
    """A wrong token, one that has ended, and one of another account are different errors where the cloud permits that."""
    for wrong in ("nonsense", emulator.token(lasts_s=-1)):
        with pytest.raises(ChargerAuthError):
            await ParticleCloud(session, url_of(emulator), wrong).devices()
    stranger = emulator.token()
    emulator.tokens[stranger].owner = "somebody@example.com"
    with pytest.raises(ChargerForbiddenError):
        await ParticleCloud(session, url_of(emulator), stranger).device(emulator.serial)
    assert await ParticleCloud(session, url_of(emulator), stranger).devices() == []


# Functions


async def test_call(cloud: ParticleCloud, emulator: EvnexEmulator, caplog: pytest.LogCaptureFixture) -> None:
    """A function gets its argument as a form, as EVNEX describes it."""
    await cloud.call(emulator.serial, "setConfig", "CURRENT,10")
    assert emulator.aci.received == ["CURRENT,10"]
    [request] = emulator.calls
    assert request.body == b"arg=CURRENT%2C10"
    [line] = [record.getMessage() for record in caplog.records if record.name.startswith("chargers")]
    assert line.startswith("POST v1/devices/*/setConfig: 200, ")
    with pytest.raises(ChargerRefusedError) as refused:
        await cloud.call(emulator.serial, "setConfig", "COLOUR,3")
    assert refused.value.reason == "value_not_allowed"
    with pytest.raises(ChargerRefusedError) as refused:
        await cloud.call(emulator.serial, "explode", "")
    assert refused.value.reason == "function_missing"


async def test_a_call_to_no_device(cloud: ParticleCloud, emulator: EvnexEmulator) -> None:
    """A charger that is away cannot be called, nor one that the account does not have."""
    emulator.go_offline()
    with pytest.raises(ChargerOfflineError):
        await cloud.call(emulator.serial, "setConfig", "MODE,0")
    with pytest.raises(ChargerForbiddenError):
        await cloud.call("f00", "setConfig", "MODE,0")
    assert emulator.aci.received == []


@pytest.mark.usefixtures("impatient")
async def test_a_call_whose_outcome_is_open(cloud: ParticleCloud, emulator: EvnexEmulator) -> None:
    """A call that the cloud, or we, gave up may have been carried out; one that was never sent has not."""
    emulator.time_out_calls()
    with pytest.raises(ChargerNoReplyError):
        await cloud.call(emulator.serial, "setConfig", "CURRENT,10")
    emulator.answer_calls()
    for line in (Line.SILENT, Line.CUT, Line.REFUSED):
        emulator.line = line
        with pytest.raises(ChargerNoReplyError):
            await cloud.call(emulator.serial, "setConfig", "CURRENT,11")
    assert emulator.aci.received == ["CURRENT,10", "CURRENT,11"]
    await emulator.stop()
    with pytest.raises(ChargerUnreachableError) as lost:
        await cloud.call(emulator.serial, "setConfig", "CURRENT,12")
    assert type(lost.value) is ChargerSilentError


async def test_one_call_at_a_time(
    session: ClientSession, cloud: ParticleCloud, emulator: EvnexEmulator
) -> None:
    """The charger gets one call after the other, from whatever task; reading is not held up by them."""
    other = ParticleCloud(session, url_of(emulator), emulator.token())
    await asyncio.gather(
        *(each.call(emulator.serial, "setConfig", "CURRENT,9") for each in (cloud, other) for _ in range(5))
    )
    assert len(emulator.aci.received) == 10
    assert emulator.most_calls_at_once == 1


# Streams


async def test_events(cloud: ParticleCloud, emulator: EvnexEmulator) -> None:
    """A comment, events in one piece and events in parts; other chargers and other events are not sent."""
    async with aclosing(cloud.events(emulator.serial, "ACI")) as pieces:
        assert await anext(pieces) == []
        emulator.send_event("spark/status", "online")
        emulator.send_event("ACIData", "1", "another")
        emulator.send_event("ACIData", "2")
        [event] = await anext(pieces)
        assert event.type == "ACIData"
        assert '"2"' in event.data
        emulator.send(b"event: ACIData\n")
        assert await anext(pieces) == []
        emulator.send(b"data: half\r\n")
        assert await anext(pieces) == []
        emulator.send(b"\r\n")
        [event] = await anext(pieces)
        assert event.data == "half"
        emulator.advance(12)
        emulator.cut_streams()
        rest = [piece async for piece in pieces]
        assert rest
        assert [event for piece in rest for event in piece if event.type != "ACIData"] == []


async def test_no_event_stream(session: ClientSession, bare: BareServer) -> None:
    """A web page is no stream, whatever its status."""
    bare.answers = [reply(b"<html>", 200, "Content-Type: text/html")]
    with pytest.raises(ChargerProtocolError):
        await anext(ParticleCloud(session, f"http://{bare.host}:{bare.port}", "x").events("f00", "ACIData"))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "unheard-of"])
@pytest.mark.parametrize("status", [200, 400])
async def test_e8_nothing_is_unpacked(
    session: ClientSession, bare: BareServer, encoding: str, status: int
) -> None:
    """Answers are asked for as they are; one that is compressed all the same is refused, unread.

    A thousand bytes of a stream would unpack to a megabyte of events.
    """
    packed = zlib.compress(b"event: A\ndata: B\n\n" * 60_000, wbits=31)
    headers = (f"Content-Encoding: {encoding}", "Content-Type: text/event-stream")
    bare.answers = [reply(packed, status, *headers)]
    cloud = ParticleCloud(session, f"http://{bare.host}:{bare.port}", "x")
    for request in (
        anext(cloud.events("f00", "ACIData")),
        cloud.device("f00"),
        cloud.devices(),
        cloud.call("f00", "setConfig", "MODE,0"),
        cloud.log_in(USER, PASSWORD),
    ):
        assert type(await refusal(request)) is ChargerProtocolError
    assert len(bare.received) == 5
    for received in bare.received:
        asked = [line for line in received.lower().split(b"\r\n") if line.startswith(b"accept-encoding:")]
        assert asked == [b"accept-encoding: identity"]


async def test_signs_of_life_keep_a_stream(
    cloud: ParticleCloud, emulator: EvnexEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence is what counts, not how long a stream lasts."""
    monkeypatch.setattr(chargers.evnex.client, "SILENCE_S", 0.3)
    monkeypatch.setattr(chargers.evnex.client, "TIMEOUT_S", 0.2)
    async with aclosing(cloud.events(emulator.serial, "ACIData")) as pieces:
        for _ in range(5):
            assert await anext(pieces) == []
            emulator.send(b"\n")
            await asyncio.sleep(0.1)
        emulator.deaden_streams()
        assert await anext(pieces) == []
        with pytest.raises(ChargerUnreachableError):
            await anext(pieces)


async def test_a_session_that_is_closed(emulator: EvnexEmulator) -> None:
    """When Home Assistant has closed its connections, nothing is sent any more."""
    async with ClientSession() as session:
        cloud = ParticleCloud(session, url_of(emulator), emulator.token())
    with pytest.raises(ChargerUnreachableError):
        await cloud.devices()


def test_token_has_no_secret_in_its_text() -> None:
    """Neither half of a token is in a text that could reach a log."""
    text: Any = repr(Token(access="hush", refresh="quiet"))
    assert "hush" not in text
    assert "quiet" not in text
