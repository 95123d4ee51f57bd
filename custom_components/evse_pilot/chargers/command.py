"""Which requests belong to one command, since when, and whether it can wait."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
import time
from typing import Any

# When a command began, whether it is urgent, and the task that carries it out: timers and tasks that it starts inherit
# the variable, and would be too late for ever.
_command: ContextVar[tuple[asyncio.Task[Any] | None, float, bool] | None] = ContextVar(
    "command", default=None
)


@contextmanager
def one_command(*, urgent: bool = False) -> Iterator[None]:
    """Make all requests of this block parts of one command, which is carried out in time or not at all.

    Within another one of the same task it is a part of that. `urgent`: before anything else to that box.
    """
    began_s = command_began_s()
    token = _command.set(
        (asyncio.current_task(), time.monotonic() if began_s is None else began_s, urgent or is_urgent())
    )
    try:
        yield
    finally:
        _command.reset(token)


def command_began_s() -> float | None:
    """Return when the command began that the requests of this task belong to; None: they belong to none."""
    command = _command.get()
    return command[1] if command is not None and command[0] is asyncio.current_task() else None


def is_urgent() -> bool:
    """Return whether the requests of this task go before anything else to their box."""
    command = _command.get()
    return command is not None and command[0] is asyncio.current_task() and command[2]
