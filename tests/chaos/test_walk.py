"""A short walk through the life of a house, the same each time; `script/chaos` walks others, and further."""

import pytest

from .walk import EVENTS, walk


@pytest.mark.timeout(600)
def test_life() -> None:
    """Whatever breaks, all is right again within a poll, nothing is lost, and no fuse bears more than it may."""
    found = walk(13, 6)
    assert found.watch.log.lines > 1000
    assert found.events.keys() == {event.__name__ for event, _ in EVENTS}
