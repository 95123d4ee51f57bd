"""What the watch of the walks finds."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from .watch import leftovers

_OURS = "custom_components/evse_pilot/some.py"


@pytest.fixture(name="before")
async def fixture_before() -> AsyncIterator[set[asyncio.Task[Any]]]:
    """Return what runs already, and end all that is begun."""
    before = asyncio.all_tasks()
    yield before
    begun = asyncio.all_tasks() - before - {asyncio.current_task()}
    for task in begun:
        task.cancel()
    await asyncio.wait(begun)


async def _wait() -> None:
    await asyncio.sleep(600)


def _stay() -> Any:
    """Return a coroutine function as a module of ours might have it."""
    module: dict[str, Any] = {}
    exec(compile("async def stay(wait):\n    await wait()\n", _OURS, "exec"), module)  # noqa: S102
    return module["stay"]


async def _await_ours() -> None:
    await _stay()(_wait)


async def test_a_task_of_ours_is_left(before: set[asyncio.Task[Any]]) -> None:
    """Whether it is ours itself, or awaits what is ours; one of others is not."""
    loop = asyncio.get_running_loop()
    others = loop.create_task(_wait())
    ours, awaits = loop.create_task(_stay()(_wait)), loop.create_task(_await_ours())
    await asyncio.sleep(0)
    left = leftovers(before)
    assert set(left) == {ours, awaits}
    assert others not in left
