"""Client of the WebAPI of one controller: its last answers, and when each is read again."""

from collections.abc import Mapping
from typing import Any

from ..clock import Clock, Uptime
from ..counters import Counters
from ..errors import ChargerAuthError, ChargerMismatchError, ChargerProtocolError
from ..http import JsonHttp, parsed
from .models import CONFIG, INFO, METER1, METER2, STATUS, PspState, check, from_wire, has_meter, uptime_s
from .registers import Known

_METERS = (METER1, METER2)
# How old the answers may grow that are not read with every snapshot.
_EVERY_S = {INFO: 900.0, CONFIG: 60.0, METER1: 30.0, METER2: 30.0}


class WebApi:
    """The resources of one controller, optionally of the one with this serial and of no other."""

    def __init__(self, http: JsonHttp, serial: str | None, clock: Clock) -> None:
        """Nothing is read yet."""
        self.answers: dict[str, Any] = {}
        self._http = http
        self._serial = serial
        self._clock = clock
        self._read_at: dict[str, float] = {}
        self._uptime = Uptime(clock)
        self._registers: dict[str, Known] = {meter: Known() for meter in _METERS}
        self._counters = Counters(clock.monotonic)

    @property
    def state(self) -> PspState:
        """Return the snapshot that the last answers make."""
        return from_wire(self.answers, self._uptime.started_at, self._registers, self._counters)

    async def refresh(self) -> None:
        """Read Status, each resource that was not read since the last restart, and one of those that are due."""
        await self.read(STATUS)
        may_read_again = True
        for resource, every_s in _EVERY_S.items():
            if resource in _METERS and not has_meter(self.answers[CONFIG], resource):
                self.answers.pop(resource, None)
                self._read_at.pop(resource, None)
            elif resource not in self._read_at:
                await self.read(resource)
            elif may_read_again and self._clock.monotonic() - self._read_at[resource] >= every_s:
                may_read_again = False
                await self.read(resource)

    def forget(self, resource: str) -> None:
        """Have a resource read with the next snapshot, however old its answer is."""
        self._read_at.pop(resource, None)

    async def read(self, resource: str) -> None:
        """GET a resource and store its answer.

        Raises ChargerMismatchError when another controller answers, as after a change of addresses. Only SystemInfo
        identifies it, so that is read again whenever an answer cannot come from the same run as the last one.
        """
        read_at = self._clock.monotonic()
        try:
            answer = parsed(await self._request("GET", resource))
        except ChargerProtocolError:
            if resource not in _METERS:
                raise
            # A meter that sends nonsense costs only its own registers.
            answer = None
        else:
            if resource not in _METERS:
                await self._check_controller(resource, check(resource, answer), read_at)
        self.answers[resource] = answer
        self._read_at[resource] = read_at

    async def post(self, resource: str, body: Mapping[str, object], *, once: bool = False) -> bytes:
        """POST to a resource and return the reply."""
        return await self._request("POST", resource, body, once=once)

    async def _check_controller(self, resource: str, answer: Mapping[str, Any], read_at: float) -> None:
        """Check that it is the same controller, and have everything read again after a restart of it."""
        if resource == INFO and self._serial:
            serial = from_wire({INFO: answer}, None).identity.serial
            if serial not in (None, self._serial):
                raise ChargerMismatchError
        if (up_s := uptime_s(answer)) is None:
            return
        if not self._uptime.goes_on(up_s, read_at):
            self._read_at.clear()
            if resource != INFO:
                await self.read(INFO)
        self._uptime.read(up_s, read_at)

    async def _request(
        self, method: str, resource: str, body: Mapping[str, object] | None = None, *, once: bool = False
    ) -> bytes:
        try:
            return await self._http.request(method, f"/webapi/v1/{resource}", body=body, once=once)
        except ChargerAuthError as error:
            # A controller has no log-in, so this is another device.
            raise ChargerProtocolError(str(error)) from error
