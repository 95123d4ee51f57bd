"""Time that passes only when it is let pass, for Home Assistant, chargers and sockets alike."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any, override
from unittest.mock import patch

from freezegun import freeze_time

# Lets Home Assistant's own functions of time be frozen; a test has it from the plugin.
from pytest_homeassistant_custom_component import patch_time  # noqa: F401

from custom_components.evse_pilot.chargers.clock import Clock
from custom_components.evse_pilot.chargers.evnex.charger import Evnex
from custom_components.evse_pilot.chargers.lektrico.box import LektricoBox
from custom_components.evse_pilot.chargers.psp.charger import PspEvse
from custom_components.evse_pilot.chargers.smartevse.charger import SmartEvse

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
_BEGIN_S = 1000.0
# Both ends of each connection are in this loop: after so many turns with nothing to do, all has arrived.
_IDLE_TURNS = 12
_MOST_TURNS = 5000


class Inline(ThreadPoolExecutor):
    """Carries out at once what is for a thread, so that no order depends on the speed of a machine."""

    @override
    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001
            future.set_exception(error)
        return future


class WoundLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is wound by hand; its sockets are real."""

    def __init__(self) -> None:
        """Begin at a time at which no clock of a charger begins."""
        super().__init__()
        self.wound_s = _BEGIN_S
        self.set_default_executor(Inline())

    @override
    def time(self) -> float:
        return self.wound_s

    async def rest(self) -> None:
        """Wait until nothing is left to do before time passes."""
        idle = 0
        for _ in range(_MOST_TURNS):
            await asyncio.sleep(0)
            # This task itself is running, and is not among those that wait for a turn.
            idle = 0 if self._ready else idle + 1  # type: ignore[attr-defined]
            if idle > _IDLE_TURNS:
                return
        raise AssertionError("tasks that keep each other awake without an end")


class Wound:
    """The clocks: that of the loop and of all machines, and the wall's, which may be set."""

    def __init__(self, loop: WoundLoop, rng: Random) -> None:
        """Begin; nothing is patched yet."""
        self._loop = loop
        self._rng = rng
        self._freezer: Any = None

    @contextmanager
    def clocks(self) -> Iterator[None]:
        """Let everything read these clocks, for as long as this lasts."""
        clock = Clock(
            monotonic=self._loop.time,
            time=lambda: self._freezer().replace(tzinfo=UTC).timestamp(),
            sleep=asyncio.sleep,
            uniform=self._rng.uniform,
        )
        makes: dict[str, Callable[..., Any]] = {
            "smartevse.vendor.SmartEvse": partial(SmartEvse, clock=self._loop.time),
            "lektrico.vendor.LektricoBox": partial(LektricoBox, clock=self._loop.time),
            "psp.vendor.PspEvse": partial(PspEvse, clock=clock),
            "evnex.vendor.Evnex": partial(Evnex, clock=clock),
        }
        with ExitStack() as stack:
            self._freezer = stack.enter_context(freeze_time(START, ignore=["hypothesis"]))
            stack.enter_context(patch("time.monotonic", self._loop.time))
            for name, make in makes.items():
                stack.enter_context(patch(f"custom_components.evse_pilot.chargers.{name}", make))
            yield

    @property
    def machine_s(self) -> float:
        """Return the time of all machines but Home Assistant, in seconds since 1970: it is never set."""
        return START.timestamp() + self._loop.wound_s - _BEGIN_S

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self._loop.wound_s += seconds
        self._freezer.tick(timedelta(seconds=seconds))

    def set_wall(self, seconds: float) -> None:
        """Set the clock of Home Assistant's machine by so much."""
        self._freezer.move_to(self._freezer() + timedelta(seconds=seconds))
