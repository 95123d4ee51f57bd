"""What the watch of the walks finds."""

import asyncio

import pytest

from . import watch


async def _stay(never: asyncio.Event) -> None:
    await never.wait()


async def test_a_task_of_ours_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it is ours itself, or awaits what is ours; one of others is not."""
    monkeypatch.setattr(watch, "OURS", __file__)
    before, loop, never = asyncio.all_tasks(), asyncio.get_running_loop(), asyncio.Event()
    others = loop.create_task(never.wait())
    ours, awaits = loop.create_task(_stay(never)), loop.create_task(asyncio.wait_for(_stay(never), None))
    await asyncio.sleep(0)
    left = watch.leftovers(before)
    never.set()
    await asyncio.gather(others, ours, awaits)
    assert set(left) == {ours, awaits}
