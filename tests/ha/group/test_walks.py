"""The walks to the wire are as short as docs/architecture.md counts them."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
import re
import traceback
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.evse_pilot.chargers.smartevse.charger import SmartEvse
from custom_components.evse_pilot.const import DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from .conftest import House

PACKAGE = "/custom_components/evse_pilot/"
PAGE = Path(__file__).parents[3] / "docs" / "architecture.md"
# The hops that each walk may have at most.
AT_MOST = {"limit by action": 12, "number entity": 12, "mains reading": 20, "window of the calendar": 15}


def documented(walk: str) -> int:
    """Return the number of hops that the documentation states for a walk."""
    found = re.search(
        rf"\*\*An? {walk} to the wire: (\d+) hops|\*\*The {walk} to the wire: (\d+) hops", PAGE.read_text()
    )
    assert found, walk
    return int(found[1] or found[2])


class Walks:
    """Records the functions of the package on the way to each command, over the tasks that are created on it."""

    def __init__(self) -> None:
        """Record nothing yet."""
        self.seen: list[list[str]] = []
        self._created: dict[object, list[str]] = {}

    def here(self) -> list[str]:
        """Return the functions of the package from the call of Home Assistant to here."""
        frames = [
            f"{frame.filename.split(PACKAGE)[1]}:{frame.name}"
            for frame in traceback.extract_stack()
            if PACKAGE in frame.filename
        ]
        task = asyncio.current_task()
        before = [] if task is None else self._created.get(task.get_coro(), [])
        # A task that starts at once has the frames of its creator in its stack.
        return frames if frames[: len(before)] == before else before + frames

    def note(self, work: object) -> None:
        """Note where a task is created."""
        if asyncio.iscoroutine(work):
            self._created[work] = self.here()


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> Walks:
    """Return the walks to each command of a SmartEVSE."""
    walks = Walks()
    send, gather = vars(SmartEvse)["_command"], asyncio.gather

    async def command(self: SmartEvse, *arguments: Any) -> object:
        walks.seen.append([*walks.here(), "chargers/smartevse/charger.py:_command"])
        return await send(self, *arguments)

    def gathered(*work: Coroutine[Any, Any, Any], **options: Any) -> Any:
        for each in work:
            walks.note(each)
        return gather(*work, **options)

    for name in ("async_create_task", "async_create_background_task"):
        create = getattr(ConfigEntry, name)

        def noting(
            self: ConfigEntry,
            hass: HomeAssistant,
            work: object,
            *arguments: Any,
            create: Any = create,
            **options: Any,
        ) -> Any:
            walks.note(work)
            return create(self, hass, work, *arguments, **options)

        monkeypatch.setattr(ConfigEntry, name, noting)
    monkeypatch.setattr(asyncio, "gather", gathered)
    monkeypatch.setattr(SmartEvse, "_command", command)
    return walks


def entity_of(hass: HomeAssistant, house: House, platform: str, key: str) -> str:
    """Return an entity of the first charger."""
    entry = house.entries["Garage"]
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return next(
        each.entity_id for each in entities if each.domain == platform and each.unique_id.endswith(key)
    )


def check(walk: str, seen: list[str]) -> None:
    """Check the length of a walk against the documentation and against what is allowed."""
    assert len(seen) == documented(walk), seen
    assert len(seen) <= AT_MOST[walk]


async def test_a_limit(hass: HomeAssistant, empty_house: House, walks: Walks) -> None:
    """The action and the number entity go the same way from the owner's controls on."""
    empty_house.boxes["Garage"].plug_in()
    await empty_house.poll()
    status = entity_of(hass, empty_house, "sensor", "_status")
    await hass.services.async_call(
        DOMAIN, "set_current_limit", {"entity_id": status, "current": 9}, blocking=True
    )
    number = entity_of(hass, empty_house, "number", "_current_limit")
    await hass.services.async_call("number", "set_value", {"entity_id": number, "value": 8}, blocking=True)
    by_action, by_number = walks.seen
    check("limit by action", by_action)
    check("number entity", by_number)
    owner = "control/owner.py:async_set_limit"
    assert by_action[by_action.index(owner) :] == by_number[by_number.index(owner) :]


async def test_a_mains_reading(house: House, walks: Walks) -> None:
    """A load in the house pauses both cars; Home Assistant's call before the telegram is whole is one hop more."""
    for box in house.boxes.values():
        box.plug_in()
    await house.live(60)
    walks.seen.clear()
    house.base_a = [20.0, 20.0, 20.0]
    await house.measure()
    assert len(walks.seen) == 2
    for seen in walks.seen:
        assert seen[0] == "balancing/sources.py:_on_telegram"
        check("mains reading", ["balancing/sources.py:_on_report", *seen])


async def test_a_window(
    hass: HomeAssistant, empty_house: House, walks: Walks, freezer: FrozenDateTimeFactory
) -> None:
    """A window with a current begins: the limit is sent, and the pause ends."""
    empty_house.boxes["Garage"].plug_in()
    await empty_house.poll()
    start, end = (dt_util.now() + timedelta(minutes=minutes) for minutes in (20, 60))
    await hass.services.async_call(
        DOMAIN,
        "set_schedule",
        {
            "entity_id": entity_of(hass, empty_house, "sensor", "_status"),
            "windows": [{"start": f"{start:%H:%M}", "end": f"{end:%H:%M}", "current": 10}],
        },
        blocking=True,
    )
    await empty_house.settle()
    walks.seen.clear()
    freezer.tick(timedelta(minutes=21))
    empty_house.offset_s += timedelta(minutes=21).total_seconds()
    async_fire_time_changed(hass)
    await empty_house.settle()
    assert len(walks.seen) == 2
    for seen in walks.seen:
        assert seen[0] == "runtime/wake_up.py:_on_moment"
        check("window of the calendar", seen)
