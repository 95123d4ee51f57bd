"""A Particle cloud on a socket with an EVNEX ACI behind it, a car, and whatever else the account has.

Faithful to the cloud's published server code and replies, and to what EVNEX wrote of the ACI; or, with `local`, to the
server that people run in place of the cloud, whose refusals have other statuses (`REFUSALS`). No real ACIData is public.

Claiming, flashing, products and recovery codes are the cloud's own business and not here: such a request is refused as an unknown
one. No other difference from the cloud is known. What is not known of the real ones, and what was assumed:

- for which accounts the cloud answers "unauthorized": for none, until a button is pressed;
- of whom the cloud counts requests, log-ins and streams against its published limits: of all that come here;
- the body of a refusal for too many requests, of a function that is missing, and of a call without one argument: a
  sentence of its own;
- whether an `expires_in` or `expires_at` that is no such value is refused: it is ignored;
- what becomes of open streams when a token ends: the cloud hangs up;
- whose event it is that a program publishes: that of a device "api";
- whether ids differ in upper and lower case: they do;
- the types of ACIData: numbers, and numeric strings on demand; the free memory: about 20 KiB that wavers;
- STATE of a disabled or sleeping charger while a car is plugged in: only that it is disabled or asleep;
- when the timer lets it charge: never, until its switch is set;
- how soon the cloud sees that a charger has gone: at once;
- what setConfig returns: 1 for yes and -1 for no.
"""

import asyncio
from base64 import b64decode
from binascii import Error as Base64Error
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
import json
from math import isinf
import time
from typing import Any, ClassVar, override
from urllib.parse import parse_qs, unquote

from .base import Emulator, Request, Response

DISABLED, ENABLED, TIMER, OCPP = range(4)
STATE_DISABLED, STATE_SLEEPING = 0, 1
STATE_A, STATE_B, STATE_C = 6, 7, 8
FAULTS = (2, 3, 4, 5, 10, 11)
STATES = (
    "Disabled", "Sleeping", "Diode Check Failed", "Over Temperature", "Stuck Relay", "Ground Fault",
    "Vehicle Disconnected", "Vehicle Connected", "Charging", "Charging, Vent Required", "Error 0 V",
    "Error -12 V", "Undefined",
)  # fmt: skip

VOLTS = 230.0
PUBLISH_EVERY_S = 3.0
# As the published server has it: after 9 s of silence, looked at every 3 s.
SIGN_OF_LIFE_AFTER_S = 9.0
TOKEN_LASTS_S = 7_776_000
FAILURES_UNTIL_LOCKED = 10
LOCKED_FOR_S = 1800.0
# What the cloud allows in five minutes, and how many streams at once.
LIMITS = {"requests": 10_000, "log-ins": 100, "streams": 100}
LIMITS_LAST_S = 300.0
STREAMS_AT_ONCE = 100

CLIENTS = {("particle", "particle"), ("particle-api", "particle-api")}
GRANTS = ("password", "refresh_token", "urn:custom:mfa-otp")

# Status and body of each refusal that the cloud and a local server word differently.
REFUSALS: dict[str, tuple[tuple[int, dict[str, Any]], tuple[int, dict[str, Any]]]] = {
    "no_device": (
        (403, {"error": "Permission Denied", "info": "No device of this name or id was recognized."}),
        (404, {"error": "No device found", "ok": False}),
    ),
    "foreign_device": (
        (403, {"error": "Permission Denied", "info": "No device of this name or id was recognized."}),
        (403, {"error": "User doesn't have access", "ok": False}),
    ),
    "offline": (
        (404, {"ok": False, "error": "Device is not connected."}),
        (400, {"error": "Could not get device for ID", "ok": False}),
    ),
    "no_function": (
        (400, {"ok": False, "error": "The device has no such function."}),
        (404, {"error": "Function not found", "ok": False}),
    ),
    "timed_out": (
        (408, {"error": "Timed out."}),
        (400, {"error": "Response timeout for event: CALL_DEVICE_FUNCTION", "ok": False}),
    ),
    "wrong_password": (
        (400, {"error": "invalid_grant", "error_description": "User credentials are invalid"}),
        (503, {"error": "server_error", "error_description": "Wrong password"}),
    ),
}


@dataclass
class Subscriber:
    """An open stream: its devices and events, and what is still to be sent."""

    device: str | None
    prefix: str
    pieces: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    quiet_since: float = 0.0
    held_back: bytearray = field(default_factory=bytearray)


@dataclass
class Token:
    """An access token of an account and when it ends."""

    owner: str
    expires_at: float


class EvnexEmulator(Emulator):
    """A cloud with one account and its devices; the buttons are those of the first ACI, and the cloud's own."""

    name: ClassVar[str] = "EVNEX"
    buttons: ClassVar[dict[str, str]] = {
        "plug_in": "plug the car in",
        "unplug": "unplug the car",
        "draw": "let the car draw at most VALUE A (16)",
        "fail": "raise the fault with the number VALUE: 2 to 5, 10 or 11 (5)",
        "clear": "clear the fault",
        "turn_mode": "set mode VALUE by another app: 0 disabled, 1 enabled, 2 timer, 3 OCPP",
        "go_offline": "take the charger off its Wi-Fi",
        "come_back": "bring the charger back to its Wi-Fi",
        "expire_token": "let all access tokens end now",
        "refuse_account": "allow the account nothing any more",
        "accept_account": "allow the account everything again",
        "cut_streams": "close all streams in the middle of an event",
        "silence_streams": "send signs of life only, no events",
        "deaden_streams": "keep streams open and send nothing at all",
        "heal_streams": "send events again",
        "time_out_calls": "carry out calls, and answer 408",
        "answer_calls": "answer calls again",
        "break_line": "let the line fail in the way VALUE (silent, cut, html, busy ...), or ok",
    }

    def __init__(
        self,
        *,
        chargers: int = 1,
        username: str = "ev@example.com",
        password: str = "correct horse",
        one_time_password: str | None = None,
        sso: bool = False,
        gives_refresh_token: bool = True,
        takes_refresh_token: bool = True,
        expires_in: int = TOKEN_LASTS_S,
        max_current: int = 32,
        local: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Start connected, unplugged and enabled; `expires_in` is for a log-in that asks for no other."""
        super().__init__(clock=clock)
        self.local = local
        self.username = username
        self.password = password
        self.one_time_password = one_time_password
        self.sso = sso
        self.gives_refresh_token = gives_refresh_token
        self.takes_refresh_token = takes_refresh_token
        self.expires_in = expires_in
        self.tokens: dict[str, Token] = {}
        self.refresh_tokens: dict[str, str] = {}
        self.devices = {
            id_: Aci(id_, f"garage {number}" if number else "garage", max_current)
            for number, id_ in enumerate(f"0123456789abcdef0123456{number:x}" for number in range(chargers))
        }
        # What else an account may have: names only, and functions that no ACI has.
        self.others: list[dict[str, Any]] = []
        self.foreign: set[str] = set()  # devices that have moved to another account
        self.clients = set(CLIENTS)  # the programs that may log in
        self.is_refused = False  # the account, in everything
        self.chatty = not local  # whether a stream begins with a comment
        self.numbers_as_strings = False
        self.missing: set[str] = set()  # keys that ACIData leaves out
        self.absurd: dict[str, Any] = {}  # and values that it has by mistake
        self.subscribers: list[Subscriber] = []
        self.subscriptions = 0
        self.last_published = ""  # when the last event was published
        self.rate_limit: tuple[int, float | None] | None = None  # status, Retry-After
        self.holds_back_s = 0.0  # a proxy that collects so much before it passes anything on
        self.calls_at_once = 0
        self.most_calls_at_once = 0
        self._subscribed = asyncio.Event()
        self._deserted = asyncio.Event()
        self._called = asyncio.Event()
        self._numbers = count(1)
        self._failures = 0
        self._locked_until = 0.0
        self._counted: dict[str, deque[float]] = {kind: deque() for kind in LIMITS}
        self._challenges: set[str] = set()
        self._since_publishing = 0.0
        self._streams_send = "all"
        self._calls_time_out = False
        self._held_since = 0.0

    @property
    def aci(self) -> Aci:
        """Return the first charger."""
        return next(iter(self.devices.values()))

    @property
    def serial(self) -> str:
        """Return its id."""
        return self.aci.id

    # Actions

    def plug_in(self) -> None:
        """Plug the car in."""
        self.aci.plugged_in = True

    def unplug(self) -> None:
        """Unplug the car."""
        self.aci.plugged_in = False

    def draw(self, amps: float = 16) -> None:
        """Let the car draw at most so much."""
        self.aci.car_max_a = amps

    def fail(self, state: float = 5) -> None:
        """Raise a fault."""
        if state not in FAULTS:
            raise ValueError(f"no fault: {state}")
        self.aci.fault = int(state)

    def clear(self) -> None:
        """Clear the fault."""
        self.aci.fault = None

    def turn_mode(self, mode: float) -> None:
        """Set the mode as another app would."""
        if mode not in range(4):
            raise ValueError(f"no mode: {mode}")
        self.aci.mode = int(mode)

    def go_offline(self) -> None:
        """Take the charger off its Wi-Fi, of which the cloud sends an event of its own."""
        self.aci.connected = False
        self.send_event("spark/status", "offline")

    def come_back(self) -> None:
        """Bring it back."""
        self.aci.connected = True
        self.send_event("spark/status", "online")

    def expire_token(self) -> None:
        """Let all access tokens end now.

        Not known: what becomes of streams that are open then. Assumed: the cloud hangs up.
        """
        for token in self.tokens.values():
            token.expires_at = self.now
        self.cut_streams()

    def refuse_account(self) -> None:
        """Allow the account nothing any more, and hang up."""
        self.is_refused = True
        self.cut_streams()

    def accept_account(self) -> None:
        """Allow it everything again."""
        self.is_refused = False

    def cut_streams(self) -> None:
        """Close all streams in the middle of an event."""
        for subscriber in self.subscribers:
            subscriber.pieces.put_nowait(b'event: ACIData\ndata: {"data":"{\\"PWR\\"')
            subscriber.pieces.put_nowait(None)

    def silence_streams(self) -> None:
        """Send signs of life only."""
        self._streams_send = "signs of life"

    def deaden_streams(self) -> None:
        """Send nothing at all, like a connection that was lost without being closed."""
        self._streams_send = "nothing"

    def heal_streams(self) -> None:
        """Send events again."""
        self._streams_send = "all"

    def time_out_calls(self) -> None:
        """Carry out calls, and answer that there was no answer."""
        self._calls_time_out = True

    def answer_calls(self) -> None:
        """Answer calls again."""
        self._calls_time_out = False

    def lock_account(self) -> None:
        """Take no log-in for a while, as after too many wrong passwords."""
        self._locked_until = self.now + LOCKED_FOR_S

    def token(self, *, lasts_s: float = TOKEN_LASTS_S) -> str:
        """Return a new access token, as the vendor's own web page would show it."""
        return str(self._new_token(self.username, lasts_s)["access_token"])

    # Observation

    async def subscribed(self, times: int = 1) -> None:
        """Wait until a stream is open, for the so many-th time."""
        while not self.subscribers or self.subscriptions < times:
            self._subscribed.clear()
            await self._subscribed.wait()

    async def called(self, times: int = 1) -> None:
        """Wait until the first charger has taken so many calls."""
        while len(self.aci.received) < times:
            self._called.clear()
            await self._called.wait()

    async def deserted(self) -> None:
        """Wait until no stream is open."""
        while self.subscribers:
            self._deserted.clear()
            await self._deserted.wait()

    def last_arguments(self) -> list[str]:
        """Return the calls of the first charger, oldest first."""
        return self.aci.received

    # Simulation

    @override
    def tick(self, seconds: float) -> None:
        for device in self.devices.values():
            device.tick(seconds)
        self._since_publishing += seconds
        if self._since_publishing >= PUBLISH_EVERY_S:
            self._since_publishing %= PUBLISH_EVERY_S
            self.publish()
            self._give_signs_of_life()

    def publish(self) -> None:
        """Publish the state of each connected charger."""
        for device in self.devices.values():
            if device.connected:
                data = device.data(strings=self.numbers_as_strings) | self.absurd
                for key in self.missing:
                    data.pop(key, None)
                self.send_event("ACIData", json.dumps(self.reported(data), separators=(",", ":")), device.id)

    def send_event(self, event: str, data: str | None, device: str | None = None, **envelope: Any) -> None:
        """Publish an event of a device."""
        device = self.serial if device is None else device
        self.last_published = iso(self.now)
        body = {"data": data, "ttl": "60", "published_at": self.last_published, "coreid": device} | envelope
        self.send(f"event: {event}\ndata: {json.dumps(body, separators=(',', ':'))}\n\n", event, device)

    def send(self, piece: str | bytes, event: str = "ACIData", device: str | None = None) -> None:
        """Send bytes to all that listen to such an event of this device, or of any."""
        raw = piece.encode() if isinstance(piece, str) else piece
        device = self.serial if device is None else device
        for subscriber in self.subscribers:
            if subscriber.device in (None, device) and event.startswith(subscriber.prefix):
                if self._streams_send == "all":
                    self._pass_on(subscriber, raw)

    def _give_signs_of_life(self) -> None:
        for subscriber in self.subscribers:
            if self._streams_send != "nothing" and self.now - subscriber.quiet_since >= SIGN_OF_LIFE_AFTER_S:
                self._pass_on(subscriber, b"\n")

    def _pass_on(self, subscriber: Subscriber, raw: bytes) -> None:
        subscriber.quiet_since = self.now
        if self.holds_back_s:
            subscriber.held_back += raw
            if self.now - self._held_since < self.holds_back_s:
                return
            self._held_since = self.now
            raw = bytes(subscriber.held_back)
            subscriber.held_back.clear()
        subscriber.pieces.put_nowait(raw)

    # The cloud

    @override
    async def answer(self, request: Request) -> Response | None:
        path = request.path.strip("/").split("/")
        if self.is_refused:
            return reply({"error": "unauthorized"}, 400)
        if not self.local and (refusal := self._too_often(request.method, path)):
            return refusal
        if (request.method, path) == ("POST", ["oauth", "token"]):
            return self._grant(request)
        if path[:2] == ["v1", "access_tokens"]:
            return self._tokens(request, path[2:])
        if refusal := self._unauthorized(request):
            return refusal
        if self.rate_limit is not None:
            status, wait_s = self.rate_limit
            headers = {} if wait_s is None else {"Retry-After": f"{wait_s:g}"}
            return reply({"error": "Too many requests"}, status, headers)
        if self.foreign.intersection(path):
            return self._refuse("foreign_device")
        return await self._serve(request, path)

    async def _serve(self, request: Request, path: list[str]) -> Response:
        """Answer a request of an account that may have it."""
        match request.method, path:
            case "GET", ["v1", "devices"]:
                own = [device for device in self.devices.values() if device.id not in self.foreign]
                return reply([device.listed() for device in own] + self.others)
            case "GET", ["v1", "events", *prefix]:
                return self._listen(None, unquote("/".join(prefix)))
            case "GET", ["v1", "devices", "events", *prefix]:
                return self._listen(None, unquote("/".join(prefix)))
            case "GET", ["v1", "devices", id_, "events", *prefix]:
                # The local server has sent its headers before it looks for the device, and then sends nothing.
                if id_ in self.devices or self.local:
                    return self._listen(id_, unquote("/".join(prefix)))
                return self._refuse("no_device")
            case "GET", ["v1", "devices", id_]:
                known = [device.described() for device in self.devices.values()] + self.others
                found = (reply(device) for device in known if device["id"] == id_)
                return next(found, self._refuse("no_device"))
            case "GET", ["v1", "devices", id_, _] if id_ in self.devices:
                return reply({"ok": False, "error": "Variable not found"}, 404)
            case "PUT", ["v1", "devices", id_] if id_ in self.devices:
                self.devices[id_].name = fields(request).get("name", self.devices[id_].name)
                return reply({"id": id_, "name": self.devices[id_].name})
            case "POST", ["v1", "devices", "events"]:
                form = fields(request)
                self.send_event(form.get("name", ""), form.get("data"), "api")
                return reply({"ok": True})
            case "POST", ["v1", "devices", id_, function]:
                return await self._call(id_, function, request)
        return reply({"error": "not_found"}, 404)

    def _too_often(self, method: str, path: list[str]) -> Response | None:
        """Count a request, and refuse what is above the limits of the cloud."""
        kinds = {
            "requests": True,
            "log-ins": path == ["oauth", "token"],
            "streams": method == "GET" and "events" in path,
        }
        for kind in [kind for kind, counts in kinds.items() if counts]:
            times = self._counted[kind]
            while times and times[0] <= self.now - LIMITS_LAST_S:
                times.popleft()
            times.append(self.now)
            too_many = kind == "streams" and len(self.subscribers) >= STREAMS_AT_ONCE
            if len(times) > LIMITS[kind] or too_many:
                if kind == "log-ins":
                    return oauth_error(429, "rate_limit_exceeded", "Too many log-ins")
                return reply({"error": "Too many requests"}, 529 if kind == "streams" else 429)
        return None

    def _refuse(self, why: str) -> Response:
        """Refuse for a reason of REFUSALS, in the words of this server."""
        status, body = REFUSALS[why][self.local]
        return reply(body, status)

    def _listen(self, device: str | None, prefix: str) -> Response:
        subscriber = Subscriber(device, prefix, quiet_since=self.now)
        self.subscribers.append(subscriber)
        self.subscriptions += 1
        self._subscribed.set()

        async def pieces() -> AsyncGenerator[bytes]:
            try:
                if self.chatty and self._streams_send != "nothing":
                    yield b":ok\n\n"
                while (piece := await subscriber.pieces.get()) is not None:
                    yield piece
            finally:
                self.subscribers.remove(subscriber)
                self._deserted.set()

        return Response(
            content_type="text/event-stream", headers={"Cache-Control": "no-cache"}, stream=pieces()
        )

    async def _call(self, id_: str, function: str, request: Request) -> Response:
        device = self.devices.get(id_)
        if device is None:
            return self._refuse("no_device")
        if not device.connected:
            return self._refuse("offline")
        if function != "setConfig":
            return self._refuse("no_function")
        # The published server takes any one field for the argument, whatever its name.
        arguments = [value for key, value in fields(request).items() if key != "access_token"]
        if len(arguments) != 1:
            return reply({"ok": False, "error": "one argument, please"}, 400)
        self.calls_at_once += 1
        self.most_calls_at_once = max(self.most_calls_at_once, self.calls_at_once)
        try:
            # Turns of the event loop in which another call would meet this one; a clock may stand still.
            for _ in range(10):
                await asyncio.sleep(0)
            value = device.set_config(arguments[0])
            self._called.set()
        finally:
            self.calls_at_once -= 1
        if self._calls_time_out:
            return self._refuse("timed_out")
        return reply({"id": id_, "name": device.name, "connected": True, "return_value": value})

    # Authorization

    def _grant(self, request: Request) -> Response:
        if "form" not in request.headers.get("content-type", ""):
            return oauth_error(400, "invalid_request", "The body must be form-encoded")
        form = fields(request)
        basic = basic_auth(request)
        client = basic or (form.get("client_id", ""), form.get("client_secret", ""))
        if self.now < self._locked_until:
            return oauth_error(429, "rate_limit_exceeded", "Too many log-ins")
        if form.get("grant_type") not in GRANTS:
            return oauth_error(400, "invalid_request", "Invalid or missing grant_type parameter")
        if client not in self.clients:
            status = 401 if self.local and basic is not None else 400
            return oauth_error(status, "invalid_client", "Client credentials are invalid")
        match form["grant_type"]:
            case "password":
                return self._grant_password(form)
            case "refresh_token":
                owner = self.refresh_tokens.pop(form.get("refresh_token", ""), None)
                if owner is None or not self.takes_refresh_token:
                    return oauth_error(400, "invalid_grant", "Invalid refresh token")
                return self._granted(owner, form)
        challenge, code = form.get("mfa_token", ""), form.get("otp", "")
        if not challenge or not code:
            return oauth_error(400, "invalid_request", "Both the code and its token are required")
        if challenge not in self._challenges or code != self.one_time_password:
            return self._wrong()
        self._challenges.discard(challenge)
        return self._granted(self.username, form)

    def _grant_password(self, form: dict[str, str]) -> Response:
        if self.sso:
            return oauth_error(403, "sso_user", "User must log in with single sign-on")
        if not form.get("username") or not form.get("password"):
            return oauth_error(400, "invalid_client", "Both the user name and the password are required")
        if (form["username"], form["password"]) != (self.username, self.password):
            return self._wrong()
        if self.one_time_password is not None:
            challenge = f"00000000-0000-0000-0000-{next(self._numbers):012}"
            self._challenges.add(challenge)
            body = {"mfa_token": challenge, "error": "mfa_required"}
            return reply(body | {"error_description": "Multi-factor authentication required"}, 403)
        return self._granted(self.username, form)

    def _wrong(self) -> Response:
        self._failures += 1
        if self._failures >= FAILURES_UNTIL_LOCKED:
            self._failures = 0
            self.lock_account()
        return self._refuse("wrong_password")

    def _granted(self, owner: str, form: dict[str, str]) -> Response:
        self._failures = 0
        return reply(self._new_token(owner, self._lifetime_s(form)))

    def _lifetime_s(self, form: dict[str, str]) -> float:
        """Return for how long the token lasts that this log-in asks for, in seconds; 0: for ever."""
        if form.get("expires_in", "").isdecimal():
            return int(form["expires_in"])
        try:
            return datetime.fromisoformat(form["expires_at"]).timestamp() - self.now
        except KeyError, ValueError:
            return self.expires_in

    def _new_token(self, owner: str, lasts_s: float) -> dict[str, Any]:
        number = next(self._numbers)
        access = f"access{number:034}"
        self.tokens[access] = Token(owner, self.now + lasts_s if lasts_s else float("inf"))
        granted: dict[str, Any] = {"token_type": "bearer", "access_token": access, "expires_in": lasts_s}
        # A token that never ends comes without.
        if self.gives_refresh_token and lasts_s:
            granted["refresh_token"] = f"refresh{number:033}"
            self.refresh_tokens[granted["refresh_token"]] = owner
        return granted

    def _tokens(self, request: Request, path: list[str]) -> Response:
        """List the tokens of the account, or end one, for its user name and password."""
        if basic_auth(request) != (self.username, self.password):
            return oauth_error(401, "invalid_token", "The user name or the password is wrong.")
        if request.method == "DELETE" and path:
            self.tokens.pop(path[0], None)
            return reply({"ok": True})
        return reply(
            [
                {
                    "token": access,
                    "expires_at": None if isinf(token.expires_at) else iso(token.expires_at),
                    "client": "particle",
                }
                for access, token in self.tokens.items()
            ]
        )

    def _unauthorized(self, request: Request) -> Response | None:
        header = request.headers.get("authorization")
        posted = fields(request).get("access_token")
        found = [way for way in (header, request.query.get("access_token"), posted) if way is not None]
        if len(found) > 1:
            text = "Only one method may be used to authenticate at a time  (Auth header, GET or POST)."
            return oauth_error(400, "invalid_request", text)
        if not found:
            return oauth_error(400, "invalid_request", "The access token was not found")
        if header is not None:
            scheme, _, found[0] = header.partition(" ")
            if scheme != "Bearer" or not found[0]:
                return oauth_error(400, "invalid_request", "Malformed auth header")
        elif posted is not None and "form" not in request.headers.get("content-type", ""):
            return oauth_error(400, "invalid_request", "A token in the body must be in a form")
        token = self.tokens.get(found[0])
        if token is None:
            return oauth_error(401, "invalid_token", "The access token provided is invalid.")
        if token.expires_at <= self.now:
            return oauth_error(401, "invalid_token", "The access token provided has expired.")
        if token.owner != self.username:
            if request.path.strip("/") == "v1/devices":
                return reply([])
            return self._refuse("foreign_device")
        return None


class Aci:
    """One ACI with one car, on one phase; currents in A, energies in Wh."""

    def __init__(self, id_: str, name: str, max_current: int) -> None:
        """Start connected, unplugged and enabled."""
        self.id = id_
        self.name = name
        self.connected = True
        self.functions = ["setConfig"]
        self.firmware_version: int | None = 7
        self.mode = ENABLED
        self.max_current = max_current
        self.current = max_current
        self.plugged_in = False
        self.car_max_a = 16.0
        self.fault: int | None = None
        # Not known: when the timer lets it charge, for its times cannot be read or set. Assumed: not now.
        self.timer_is_on = False
        self.energy_wh = 0.0
        self.obeys = True
        # Settings of which it confirms a call, and does not carry it out.
        self.ignores: set[str] = set()
        self.received: list[str] = []
        self._wavers = count()

    @property
    def state(self) -> int:
        """Return STATE.

        Not known: the STATE of a disabled or sleeping charger while a car is plugged in. Assumed: only that it is
        disabled or asleep.
        """
        if self.fault is not None:
            return self.fault
        if self.mode == DISABLED:
            return STATE_DISABLED
        if self.mode == TIMER and not self.timer_is_on:
            return STATE_SLEEPING
        if not self.plugged_in:
            return STATE_A
        return STATE_C if self.car_max_a > 0 else STATE_B

    @property
    def drawn_a(self) -> float:
        """Return what the car draws now."""
        return min(self.car_max_a, self.current) if self.state == STATE_C else 0.0

    def tick(self, seconds: float) -> None:
        """Let the car charge."""
        self.energy_wh += self.drawn_a * VOLTS * seconds / 3600

    def set_config(self, argument: str) -> int:
        """Take a setting.

        Not known: what the return value means. Assumed: 1 for yes and -1 for no, as the cloud's examples have it.
        """
        self.received.append(argument)
        name, _, text = argument.partition(",")
        if not self.obeys or not text.isdigit():
            return -1
        value = int(text)
        if name in self.ignores:
            return 1
        if name == "MODE" and value in range(4):
            self.mode = value
        elif name == "CURRENT":
            self.current = min(max(value, 6), self.max_current)
        elif name == "MAXCURRENT" and 6 <= value <= 80:
            self.max_current = value
            self.current = min(self.current, value)
        else:
            return -1
        return 1

    def data(self, *, strings: bool) -> dict[str, Any]:
        """Return what it publishes.

        Not known: the types of the values. Assumed: numbers; numeric strings can be had.
        """
        numbers: dict[str, float] = {
            "GPI": 0.0,
            "ISET": self.current,
            "PWR": round(self.drawn_a * VOLTS),
            # Not known: how much there is. It wavers a little, as free memory does.
            "RAM": 20_480 + next(self._wavers) % 700,
            "RSSI": 67,
            "STATE": self.state,
            "TEMP": 31,
        }
        values: dict[str, Any] = {"IPAddr": "192.0.2.44"}
        return values | ({key: str(value) for key, value in numbers.items()} if strings else numbers)

    def listed(self) -> dict[str, Any]:
        """Return its entry in the list of devices."""
        return {
            "id": self.id,
            "name": self.name,
            "last_app": None,
            "last_ip_address": "203.0.113.9",
            "last_heard": "2026-01-01T12:00:00.000Z",
            "product_id": 6,
            "connected": self.connected,
        }

    def described(self) -> dict[str, Any]:
        """Return its own description, with its functions while it is connected."""
        return self.listed() | {
            "firmware_version": self.firmware_version,
            "functions": self.functions if self.connected else None,
            "variables": {} if self.connected else None,
        }


def iso(seconds: float) -> str:
    """Return a moment as the cloud writes it."""
    moment = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return moment.replace("+00:00", "Z")


def reply(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with JSON and a status."""
    return Response(json.dumps(value).encode(), status, headers=headers or {})


def oauth_error(status: int, error: str, description: str) -> Response:
    """Refuse as the cloud's log-in does."""
    return reply({"code": status, "error": error, "error_description": description}, status)


def fields(request: Request) -> dict[str, str]:
    """Return the fields of a body, a form or JSON; none of anything else."""
    content_type = request.headers.get("content-type", "")
    if "json" in content_type:
        try:
            body = json.loads(request.body)
        except ValueError:
            return {}
        return {str(key): str(value) for key, value in body.items()} if isinstance(body, dict) else {}
    if "form" not in content_type:
        return {}
    form = parse_qs(request.body.decode(errors="replace"), keep_blank_values=True)
    return {key: values[0] for key, values in form.items()}


def basic_auth(request: Request) -> tuple[str, str] | None:
    """Return user name and password of HTTP Basic; None if there are none."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = b64decode(encoded).decode().partition(":")
    except Base64Error, UnicodeDecodeError:
        return None
    return user, password
