"""JSON-RPC of a Lektrico box.

Reads are GET /rpc/<method>, answered with the bare result; commands are a frame to POST /rpc. Method names are
written as the vendor's own client writes those of its commands; the boxes ignore capitals.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import count
import math
import random
import time

from aiohttp import ClientSession

from ..errors import (
    ChargerAuthError,
    ChargerGaveWayError,
    ChargerMismatchError,
    ChargerProtocolError,
    ChargerRefusedError,
    ChargerUnreachableError,
)
from ..http import JsonHttp, parsed
from ..wire import integer
from .info import has_active_errors, has_forgotten, has_resumed, outdated, reports_limit
from .models import LektricoDevice, device_from_id, device_from_wire

_NAME = "evse_pilot"
INFO, VERSION, CONFIG = "charger_info.get", "sw_version.get", "app_config.get"
LOGGED, DYNAMIC, SCHEDULE = "logged_errors.get", "dynamic_current.get", "charging_schedule.get"
_DEVICE_ID, _COUNTERS = "device_id.get", "counters_config.get"
_METER, _ERRORS = "meter_info.get", "active_errors.get"

# What every poll asks for changes within seconds. How old the rest may become, in seconds: together that is less than
# one such request in ten seconds, and some of it changes at a restart only.
_DEVICE_ID_PACE_S = _ERRORS_PACE_S = 60.0
_CHARGER_PACES_S = {
    _DEVICE_ID: _DEVICE_ID_PACE_S,
    "charger_config.get": math.inf,
    VERSION: math.inf,
    CONFIG: 60.0,
    DYNAMIC: 60.0,
    "system_currents.get": 60.0,
    "em_status.get": 60.0,
    SCHEDULE: 300.0,
    _COUNTERS: 300.0,
    "wifi_status.get": 300.0,
    LOGGED: 300.0,
}
_METER_PACES_S = {
    method: _CHARGER_PACES_S[method] for method in (_DEVICE_ID, VERSION, CONFIG, "wifi_status.get")
} | {"m2w_config.get": math.inf}
# Statuses that come with an answer to read.
_ANSWERS = frozenset({*range(200, 300), 404, 500})

# The document's error codes; -7 is from the pages for firmware 2.0.
_REFUSALS = {
    -1: "general_failure",
    -2: "request_malformed",
    -3: "text_length",
    -4: "value_out_of_range",
    -5: "value_wrong_type",
    -6: "unknown_to_firmware",
    -7: "prohibited",
    # From the web server below the methods.
    404: "unknown_to_firmware",
}


class UnknownMethodError(ChargerRefusedError):
    """The firmware has no such method."""


class LektricoBox:
    """A box at a host and port, optionally the one with this serial only: its identity and its last answers."""

    def __init__(
        self,
        session: ClientSession,
        host: str,
        port: int,
        *,
        auth: tuple[str, str] | None = None,
        serial: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        ids: Iterator[int] | None = None,
    ) -> None:
        """Prepare requests; nothing is sent yet. `ids` are the numbers of its frames."""
        self.device: LektricoDevice | None = None
        self.answers: dict[str, object] = {}
        # Kept alive, as the vendor's own client has it in Home Assistant (lektricowifi 0.1 on its shared httpx client).
        self._http = JsonHttp(session, host, port, auth=auth, keep_alive=True, answers=_ANSWERS)
        self._serial = serial
        self._clock = clock
        self._ids = ids or count(random.randint(10_000_000, 90_000_000))
        # When each method was asked last; infinity for one that the firmware does not know.
        self._asked: dict[str, float] = {}
        # The last poll showed its limit or its pause no more, and the counter that shows a restart could not be read.
        self.may_have_restarted = False
        self._has_login = auth is not None
        self._has_answered = False
        self._knows_device_id = True

    async def identify(self) -> LektricoDevice:
        """Ask which box it is, and forget its answers: it may have been updated."""
        # The log-in may have been changed; a box that wanted none is no more than away.
        self._has_answered &= not self._has_login
        self._knows_device_id = True
        device = await self._verify()
        self._asked = {_DEVICE_ID: self._asked[_DEVICE_ID]}
        # A restart is found by comparing the counter with the one of before.
        self.answers = {method: answer for method, answer in self.answers.items() if method == _COUNTERS}
        return device

    async def poll(self) -> LektricoDevice:
        """Read what changes, and of the rest what has become too old: all of it at first, then one at a time.

        Raises ChargerMismatchError when another box answers, as after a change of addresses.
        """
        device = self.device or await self._verify()
        asked: list[str] = []
        for method in self._due(device):
            if method == _DEVICE_ID:
                device = await self._verify()
                continue
            try:
                await self.refresh(method)
            except ChargerGaveWayError:
                raise
            except ChargerUnreachableError:
                # The answer that matters shows whether the box is lost, or only this answer.
                break
            asked.append(method)
        if not device.is_charger:
            self.answers[_METER] = await self.get(_METER)
            return device
        before, info = self.answers.get(INFO), await self.get(INFO)
        limits = [before, info]
        self.answers[INFO] = info
        await self._refresh_outdated(outdated(before, info), asked)
        if not reports_limit(info):
            limits = [self.answers.get(DYNAMIC)]
            await self._refresh_outdated([DYNAMIC], asked)
            limits.append(self.answers.get(DYNAMIC))
        self.may_have_restarted = has_forgotten(*limits) or has_resumed(before, info)
        if self.may_have_restarted:
            await self._refresh_outdated([_COUNTERS], asked)
            is_known = _COUNTERS in self._asked and _COUNTERS in self.answers
            self.may_have_restarted = not is_known and self._asked.get(_COUNTERS) != math.inf
        await self._refresh_errors(has_active_errors(info))
        return device

    async def refresh(self, method: str) -> None:
        """Ask what is not asked at every poll; what is refused, or makes no sense, is not known."""
        self._asked[method] = self._clock()
        try:
            self.answers[method] = await self.get(method)
        except UnknownMethodError:
            self._asked[method] = math.inf
            self.answers.pop(method, None)
        except ChargerRefusedError, ChargerProtocolError:
            # Asked again when its time comes.
            self.answers.pop(method, None)

    async def verify(self) -> LektricoDevice:
        """Ask which box it is unless that is known from the last minute, without a lost answer since."""
        if self.device is None or self._is_due(_DEVICE_ID, _DEVICE_ID_PACE_S):
            return await self._verify()
        return self.device

    async def get(self, method: str) -> object:
        """Return the answer of a method; UnknownMethodError if the firmware has no such method."""
        answer = await self._exchange("GET", f"/rpc/{method}")
        if (error := _error(answer)) is not None:
            raise _refusal(error)
        return answer

    async def command(self, method: str, params: Mapping[str, object] | None = None, *changed: str) -> None:
        """Send a command that changes the answers of these methods.

        ChargerRefusedError if the box refuses it, ChargerProtocolError if the reply is not to this command,
        ChargerMismatchError if it is from another box.
        """
        device = await self.verify()
        frame = {"src": _NAME, "id": next(self._ids), "method": method}
        if params is not None:
            frame["params"] = params
        for read in changed:
            if self._asked.get(read) != math.inf:
                self._asked.pop(read, None)
                self.answers.pop(read, None)
        reply = await self._exchange("POST", "/rpc", frame)
        if (error := _error(reply)) is not None:
            raise _refusal(error)
        if not isinstance(reply, Mapping) or reply.get("id") != frame["id"] or "result" not in reply:
            raise ChargerProtocolError("no reply to this frame")
        sender = device_from_id(reply.get("src"))
        if sender is not None and sender.serial != device.serial:
            self._asked.pop(_DEVICE_ID, None)
            raise ChargerMismatchError
        if reply["result"] is False:
            raise ChargerRefusedError("general_failure")

    async def _verify(self) -> LektricoDevice:
        """Ask which box answers; ChargerMismatchError if it is another one than before, or than it should be."""
        device = await self._get_device()
        serial = self._serial or (self.device and self.device.serial)
        if serial and device.serial != serial:
            raise ChargerMismatchError
        self.device = device
        self._asked[_DEVICE_ID] = self._clock()
        return device

    async def _get_device(self) -> LektricoDevice:
        """Ask for the id, by the method of the document where the firmware does not know the newer one."""
        if self._knows_device_id:
            with suppress(UnknownMethodError, ChargerProtocolError):
                return device_from_wire(await self.get(_DEVICE_ID))
        try:
            device = device_from_wire(await self.get("device_info.get"))
        except UnknownMethodError as error:
            # Other products answer in the same manner.
            raise ChargerProtocolError("not a Lektrico") from error
        self._knows_device_id = False
        return device

    def _is_due(self, method: str, pace_s: float) -> bool:
        return self._clock() - self._asked.get(method, -math.inf) >= pace_s

    def _due(self, device: LektricoDevice) -> list[str]:
        """Return what to ask besides: all that is not known or was changed, or else what is overdue the longest."""
        paces_s = _CHARGER_PACES_S if device.is_charger else _METER_PACES_S
        if unknown := [method for method in paces_s if method not in self._asked]:
            return unknown
        now = self._clock()
        late_s = {method: now - self._asked[method] - pace_s for method, pace_s in paces_s.items()}
        latest = max(late_s, key=lambda method: late_s[method])
        return [latest] if late_s[latest] >= 0 else []

    async def _refresh_outdated(self, methods: list[str], asked: list[str]) -> None:
        """Ask anew what the answer to this poll shows to be old, but for what was asked in it already."""
        for method in dict.fromkeys(methods):
            if method in asked or self._asked.get(method) == math.inf:
                continue
            try:
                await self.refresh(method)
            except ChargerUnreachableError:
                # With the next poll, then.
                self._asked.pop(method, None)

    async def _refresh_errors(self, there_are: bool | None) -> None:
        """Ask for the errors while there are some, and now and then where the firmware does not report that."""
        if there_are is False:
            self.answers.pop(_ERRORS, None)
        elif self._is_due(_ERRORS, 0 if there_are else _ERRORS_PACE_S):
            await self.refresh(_ERRORS)

    async def _exchange(self, method: str, path: str, body: object = None) -> object:
        try:
            answer = await self._http.request(method, path, body=body)
            if not answer.strip():
                # Some firmware asks for a log-in so; but a box that has answered before, as one without a log-in did
                # whenever it did, may just be restarting.
                raise (ChargerUnreachableError if self._has_answered else ChargerAuthError)("empty answer")
        except ChargerGaveWayError:
            raise
        except ChargerUnreachableError:
            # The next answer may come from another box, or from this one after a restart.
            self._asked.pop(_DEVICE_ID, None)
            self._asked.pop(_COUNTERS, None)
            raise
        result = parsed(answer)
        self._has_answered = True
        return result


def _error(answer: object) -> object:
    """Return the error in an answer, which may come with any status; None: there is none, or number 0."""
    if not isinstance(answer, Mapping):
        return None
    error = answer.get("error")
    if error is None and {"code", "message"} <= answer.keys():
        error = answer
    return None if _code(error) == 0 else error


def _code(error: object) -> int | None:
    return integer(error.get("code") if isinstance(error, Mapping) else error, -(2**31), 2**31)


def _refusal(error: object) -> ChargerRefusedError:
    """Return the refusal of an error; the message of the box itself is for programmers."""
    code = _code(error)
    if code is None or (reason := _REFUSALS.get(code)) is None:
        return ChargerRefusedError("unknown_code", code="?" if code is None else str(code))
    return (UnknownMethodError if reason == "unknown_to_firmware" else ChargerRefusedError)(reason)
