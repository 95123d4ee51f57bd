"""The Particle cloud: log-in, answers, and the meaning of each refusal."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
import logging
from typing import Any

from aiohttp import ClientSession
from chargers.account import ChargerCodeRequiredError, ChargerLoginError, Listed, Token
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
    """A charger that is away, or not of the account, cannot be called."""
    emulator.go_offline()
    for serial in (emulator.serial, "f00"):
        with pytest.raises(ChargerOfflineError):
            await cloud.call(serial, "setConfig", "MODE,0")
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
