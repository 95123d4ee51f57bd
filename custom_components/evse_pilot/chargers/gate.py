"""The gate before one box: one request at a time, and none before a command that lowers its current."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from .errors import ChargerBusyError, ChargerGaveWayError


class Gate:
    """Lets one request after the other through; an urgent one ends a poll that is under way, and goes before all."""

    def __init__(self) -> None:
        """Stand open."""
        self._lock = asyncio.Lock()
        self._urgent = 0
        self._poll: asyncio.Timeout | None = None

    @asynccontextmanager
    async def passed(
        self, patience_s: float | None, *, is_poll: bool = False, is_urgent: bool = False
    ) -> AsyncGenerator[None]:
        """Hold the gate; ChargerBusyError if that takes longer than the patience, in seconds.

        Raises ChargerGaveWayError for a poll that an urgent request has ended.
        """
        if patience_s is not None and patience_s <= 0:
            raise ChargerBusyError("too late to be sent")
        if is_urgent:
            self._urgent += 1
            if self._poll is not None:
                self._poll.reschedule(asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout(patience_s):
                await self._take_turn(is_poll=is_poll, is_urgent=is_urgent)
        except TimeoutError as error:
            raise ChargerBusyError("other requests are pending") from error
        finally:
            if is_urgent:
                self._urgent -= 1
        try:
            if is_poll:
                async with self._yielding():
                    yield
            else:
                yield
        finally:
            self._lock.release()

    async def _take_turn(self, *, is_poll: bool, is_urgent: bool) -> None:
        await self._lock.acquire()
        while self._urgent and not is_urgent:
            self._lock.release()
            if is_poll:
                raise ChargerGaveWayError("gave way to a command")
            # Behind the urgent one, which waits already.
            await asyncio.sleep(0)
            await self._lock.acquire()

    @asynccontextmanager
    async def _yielding(self) -> AsyncGenerator[None]:
        """End what is done here when an urgent request comes."""
        try:
            async with asyncio.timeout(None) as self._poll:
                yield
        except TimeoutError as error:
            raise ChargerGaveWayError("gave way to a command") from error
        finally:
            self._poll = None
