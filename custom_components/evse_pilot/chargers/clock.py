"""Time and chance, to be replaced in tests, and attempts that are spaced by them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import math
import random
import time

# By how much the time since a start may deviate between two answers: a request takes up to 10 s.
_SAME_RUN_S = 30.0
# The first pause between two attempts, and the longest; with jitter, so that not all clients of one cloud come back to it
# in the same moment.
FIRST_PAUSE_S, LONGEST_PAUSE_S, JITTER = 2.0, 300.0, 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time in seconds: since any moment, since 1970, a pause; and a random number between two."""

    monotonic: Callable[[], float] = time.monotonic
    time: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    uniform: Callable[[float, float], float] = random.uniform


class Attempts:
    """Spaces attempts: each pause is twice as long as the last, up to the longest, until one succeeds."""

    def __init__(self, clock: Clock) -> None:
        """Allow the first attempt at once."""
        self._clock = clock
        self._pause_s = 0.0
        self._due_s = -math.inf

    @property
    def due_in_s(self) -> float:
        """Return how long it is until the next one may begin."""
        return max(0.0, self._due_s - self._clock.monotonic())

    async def begin(self) -> None:
        """Wait until another attempt may begin, and count it."""
        await self._clock.sleep(self.due_in_s)
        self._schedule(min(max(FIRST_PAUSE_S, 2 * self._pause_s), LONGEST_PAUSE_S))

    def succeeded(self) -> None:
        """Begin again with the shortest pause."""
        self._schedule(FIRST_PAUSE_S)

    def hold(self, pause_s: float) -> None:
        """Allow no attempt for so long."""
        self._due_s = max(self._due_s, self._clock.monotonic() + pause_s)

    def _schedule(self, pause_s: float) -> None:
        self._pause_s = pause_s
        factor = self._clock.uniform(1 - JITTER, 1 + JITTER)
        self._due_s = self._clock.monotonic() + pause_s * factor


class Uptime:
    """When a charger started, by the time since then in its answers; a restart is one that does not go on."""

    def __init__(self, clock: Clock) -> None:
        """Know of no start yet."""
        self.started_at: datetime | None = None
        self._clock = clock
        self._uptime_s, self._read_s = 0.0, 0.0

    def goes_on(self, uptime_s: float, read_s: float) -> bool:
        """Return whether an answer that was asked for at this monotonic time is of the run that is known, or the first."""
        expected_s = self._uptime_s + read_s - self._read_s
        is_same_run = uptime_s >= self._uptime_s and abs(uptime_s - expected_s) <= _SAME_RUN_S
        return self.started_at is None or is_same_run

    def read(self, uptime_s: float, read_s: float) -> None:
        """Take the uptime of an answer."""
        if self.started_at is None or not self.goes_on(uptime_s, read_s):
            now = datetime.fromtimestamp(self._clock.time(), UTC).replace(microsecond=0)
            self.started_at = now - timedelta(seconds=math.floor(uptime_s))
        self._uptime_s, self._read_s = uptime_s, read_s
