"""Client of the Particle cloud: log-in, devices, functions, event streams.

The token is sent in a header only, never in an address; no password is kept.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
import re
from typing import Any, override

from aiohttp import ClientResponse, ClientSession, ClientTimeout, encode_basic_auth
from yarl import URL

from ..account import Account, ChargerCodeRequiredError, ChargerLoginError, Listed, Token
from ..clock import Clock
from ..errors import (
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
    ChargerUnreachableError,
)
from ..http import exchange, line_errors, lock_of, parsed, read_limited, taken
from ..sse import Event, EventParser
from ..wire import number, text
from .models import device_from_wire, return_value

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
_LONGEST_RETRY_AFTER_S = 3600.0
_ERRORS: Mapping[int, type[ChargerError]] = {
    401: ChargerAuthError,
    403: ChargerForbiddenError,
    404: ChargerOfflineError,
    408: ChargerCloudError,
    429: ChargerRateLimitError,
    503: ChargerBusyError,
    529: ChargerRateLimitError,
}
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
        """Return the devices of the account; the list itself need not have their functions."""
        raw = await self._get("v1/devices")
        if not isinstance(raw, list):
            raise ChargerProtocolError("no list of devices")
        listed = []
        for item in raw:
            device = device_from_wire(item)
            if device.connected and device.functions is None:
                device = device_from_wire(await self.device(device.serial))
            listed.append(Listed(serial=device.serial, name=device.name, is_charger=device.is_charger))
        return listed

    async def _grant(self, form: Mapping[str, str], *, refused: str = "wrong_password") -> Token:
        """POST /oauth/token, which takes a form and no JSON."""
        async with self._request("POST", "oauth/token", data=form, headers=_CLIENT) as response:
            raw = await _json(response, needed=response.status == 200)
            reason = raw.get("error") if isinstance(raw, Mapping) else None
            if response.status == 403 and reason == "mfa_required":
                if (challenge := text(raw.get("mfa_token"))) is None:
                    raise ChargerProtocolError("no token for the one-time password")
                raise ChargerCodeRequiredError(challenge)
            if reason == "sso_user":
                raise ChargerLoginError("sso_user")
            if response.status == 429:
                raise ChargerLoginError("locked")
            if response.status in (400, 401, 403):
                raise ChargerLoginError(refused)
            _check(response)
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
            if response.status == 400:
                raise ChargerRefusedError("function_missing")
            if response.status == 408:
                raise ChargerNoReplyError("HTTP status 408")
            _check(response)
            value = return_value(await _json(response))
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
            _check(response)
            if response.content_type != "text/event-stream":
                raise ChargerProtocolError("no event stream")
            parser = EventParser()
            async for chunk in response.content.iter_any():
                yield parser.feed(chunk)

    # The line

    async def _get(self, path: str) -> Any:
        async with self._request("GET", path) as response:
            _check(response)
            return await _json(response)

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


def _check(response: ClientResponse) -> None:
    """Raise the error that a status other than 200 stands for."""
    status = response.status
    if status == 200:
        return
    error = _ERRORS.get(status, ChargerCloudError if status >= 500 else ChargerProtocolError)
    retry_after = response.headers.get("Retry-After") if error is ChargerRateLimitError else None
    raise error(f"HTTP status {status}", retry_after_s=number(retry_after, 0, _LONGEST_RETRY_AFTER_S))


async def _json(response: ClientResponse, *, needed: bool = True) -> Any:
    """Return the JSON of a body, or None where it may be something else."""
    body = await read_limited(response.content.iter_any())
    try:
        return parsed(body)
    except ChargerProtocolError:
        if needed:
            raise
        return None
