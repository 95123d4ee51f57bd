"""Client of the Particle cloud: log-in, devices, functions, event streams.

The token is sent in a header only, never in an address; no password is kept.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
import re
from typing import Any, override

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, encode_basic_auth
from yarl import URL

from ..account import Account, ChargerLoginError, Listed, Token
from ..clock import Clock
from ..errors import (
    ChargerAuthError,
    ChargerCloudError,
    ChargerError,
    ChargerForbiddenError,
    ChargerNoReplyError,
    ChargerOfflineError,
    ChargerProtocolError,
    ChargerRefusedError,
    ChargerUnreachableError,
)
from ..http import exchange, line_errors, lock_of, parsed, read_limited, taken
from ..sse import Event, EventParser
from ..wire import number, text
from .models import device_from_wire, return_value
from .refusals import check, check_login

DEFAULT_URL = "https://api.particle.io"

TIMEOUT_S = 10.0
# The cloud answers a call when the device has, or gives up itself (408) after some time that is not documented.
CALL_TIMEOUT_S = 40.0
# A call that has waited longer for those before it would be carried out late.
CALL_PATIENCE_S = 5.0
# A healthy stream is never quiet for longer than 12 s: an event every 3 s, or a sign of life.
SILENCE_S = 30.0

# The tools of the cloud's maker use the same; it identifies no person.
_CLIENT = {"Authorization": encode_basic_auth("particle", "particle")}
_DEVICE_ID = re.compile(r"(?<=v1/devices/)[^/]+")


class ParticleCloud(Account):
    """A Particle cloud at an address, with the access token of an account or before there is one."""

    def __init__(
        self, session: ClientSession, url: str, access_token: str | None = None, *, clock: Clock | None = None
    ) -> None:
        """Create it; nothing is sent yet."""
        self._session = session
        self._url = URL(url)
        self._token = access_token
        self._clock = clock or Clock()

    # The account

    @override
    async def log_in(self, username: str, password: str) -> Token:
        return await self._grant({"grant_type": "password", "username": username, "password": password})

    @override
    async def confirm(self, challenge: str, code: str) -> Token:
        return await self._grant(
            {"grant_type": "urn:custom:mfa-otp", "mfa_token": challenge, "otp": code}, refused="wrong_code"
        )

    @override
    async def renew(self, token: Token) -> Token:
        if token.refresh is None:
            raise ChargerAuthError("no refresh token")
        return await self._grant({"grant_type": "refresh_token", "refresh_token": token.refresh})

    @override
    async def devices(self) -> list[Listed]:
        """Return the devices of the account; the list itself need not have their functions.

        A device that cannot be read is an error only where no other one is a charger.
        """
        raw = await self._get("v1/devices")
        if not isinstance(raw, list):
            raise ChargerProtocolError("no list of devices")
        listed, failed = [], None
        for item in raw:
            try:
                device = device_from_wire(item)
                listed.append(Listed(serial=device.serial, name=device.name, is_charger=device.is_charger))
                if device.connected and device.functions is None:
                    # The cloud asks the device itself, which may be slow or of another account by now.
                    device = device_from_wire(await self.device(device.serial))
                    listed[-1] = replace(listed[-1], is_charger=device.is_charger)
            except (
                ChargerOfflineError,
                ChargerCloudError,
                ChargerForbiddenError,
                ChargerProtocolError,
            ) as error:
                failed = error
        if failed is not None and not any(device.is_charger for device in listed):
            raise failed
        return listed

    async def _grant(self, form: Mapping[str, str], *, refused: str = "wrong_password") -> Token:
        """POST /oauth/token, which takes a form and no JSON."""
        # The cloud has another error for an empty field, which would read as if it did not know this program.
        if not all(form.values()):
            raise ChargerLoginError(refused)
        async with self._request("POST", "oauth/token", data=form, headers=_CLIENT) as response:
            raw = await _json(response)
            check_login(response, raw, refused)
        access = text(raw.get("access_token")) if isinstance(raw, Mapping) else None
        if access is None:
            raise ChargerProtocolError("no token")
        # 0 is a token that never ends.
        lasts_s = number(raw.get("expires_in"), 1, 1e10)
        return Token(
            access=access,
            refresh=text(raw.get("refresh_token")),
            expires_at=None if lasts_s is None else datetime.fromtimestamp(self._clock.time() + lasts_s, UTC),
        )

    # One device

    async def device(self, serial: str) -> Any:
        """GET one device as the cloud describes it; the cloud asks a connected one for its functions."""
        return await self._get(f"v1/devices/{serial}")

    async def call(self, serial: str, function: str, argument: str) -> None:
        """Call a function of a device, one at a time; ChargerRefusedError if it fails.

        ChargerBusyError if the calls before it take too long; it is not sent then.
        Whatever happens after the call was sent leaves open whether it was carried out.
        """
        async with (
            taken(lock_of(self._session, self._url, serial), CALL_PATIENCE_S),
            self._request(
                "POST",
                f"v1/devices/{serial}/{function}",
                data={"arg": argument},
                timeout=ClientTimeout(total=CALL_TIMEOUT_S, sock_connect=TIMEOUT_S),
                lost=ChargerNoReplyError,
            ) as response,
        ):
            raw = await _json(response)
            check(response, raw, is_call=True)
            value = return_value(raw)
        # Not known: what a positive number means.
        if value < 0:
            raise ChargerRefusedError("value_not_allowed")

    async def events(self, serial: str, prefix: str) -> AsyncGenerator[list[Event]]:
        """Listen to a device: the events that each piece of the stream completes, none for a sign of life.

        Ends when the cloud hangs up, and raises ChargerUnreachableError when nothing at all arrives for a while.
        """
        async with self._request(
            "GET",
            f"v1/devices/{serial}/events/{prefix}",
            headers={"Accept": "text/event-stream", "Cache-Control": "no-cache"},
            timeout=ClientTimeout(total=None, sock_connect=TIMEOUT_S, sock_read=SILENCE_S),
        ) as response:
            if response.status != 200 or response.content_type != "text/event-stream":
                async with asyncio.timeout(TIMEOUT_S):
                    check(response, await _json(response))
                raise ChargerProtocolError("no event stream")
            parser = EventParser()
            async for chunk in response.content.iter_any():
                yield parser.feed(chunk)

    # The line

    async def _get(self, path: str) -> Any:
        async with self._request("GET", path) as response:
            raw = await _json(response)
            check(response, raw)
            return raw

    @asynccontextmanager
    async def _request(
        self,
        method: str,
        path: str,
        *,
        lost: Callable[[str], ChargerError] = ChargerUnreachableError,
        **options: Any,
    ) -> AsyncGenerator[ClientResponse]:
        """Send one request and return its response; a lost response is raised as `lost`."""
        if self._session.closed:
            raise ChargerUnreachableError("closed session")
        with line_errors(lost):
            # The connection is not kept: a call would be lost on one that the cloud has closed meanwhile.
            async with exchange(
                self._session,
                method,
                self._url / path,
                logged_path=_DEVICE_ID.sub("*", path),
                **{
                    "headers": {"Authorization": f"Bearer {self._token}"} | options.pop("headers", {}),
                    "timeout": ClientTimeout(total=TIMEOUT_S),
                }
                | options,
            ) as response:
                yield response


async def _json(response: ClientResponse) -> Any:
    """Return the JSON of an answer; None for a refusal without any, which its status explains."""
    try:
        return parsed(await read_limited(response.content.iter_any()))
    except ChargerProtocolError, ClientError:
        if response.status == 200:
            raise
        return None
