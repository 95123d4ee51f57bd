"""The calendar of a group: windows for all of its chargers at once."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.emulators.base import Line
from tests.emulators.lektrico import LektricoEmulator
from tests.emulators.smartevse import PAUSE
from tests.ha.lektrico.conftest import entry_for as lektrico_entry

from .conftest import House, member

pytestmark = pytest.mark.usefixtures("all_enabled")

NIGHT = {
    "summary": "8 A charging",
    "dtstart": "2026-11-20T23:00:00",
    "dtend": "2026-11-21T06:00:00",
    "rrule": "FREQ=WEEKLY;BYDAY=FR,SA",
}
UID = "fri, sat 23:00-06:00 8"
WINDOW = {"days": ["fri", "sat"], "start": "23:00", "end": "06:00", "current": 8.0}
DINNER = {"days": ["mon"], "start": "17:00", "end": "20:00", "current": 0.0}


class Page:
    """The calendar page."""

    def __init__(self, house: House, client: Any) -> None:
        """Know the line."""
        self.house = house
        self._client = client

    async def ask(self, command: str, **data: Any) -> str | None:
        """Send a command for the group's calendar, and return the error."""
        entity_id = self.house.entity_id("calendar.schedule")
        await self._client.send_json_auto_id(
            {"type": f"calendar/event/{command}", "entity_id": entity_id, **data}
        )
        reply = await self._client.receive_json()
        await self.house.settle()
        error: str | None = None if reply["success"] else reply["error"]["message"]
        return error

    async def events(self) -> list[tuple[str, str]]:
        """Return when the events of a week begin, and their titles."""
        entity_id = self.house.entity_id("calendar.schedule")
        span = {"start_date_time": "2026-11-20 00:00:00", "end_date_time": "2026-11-27 00:00:00"}
        response: Any = await self.house.hass.services.async_call(
            "calendar", "get_events", {"entity_id": entity_id, **span}, blocking=True, return_response=True
        )
        return [(event["start"][:16], event["summary"]) for event in response[entity_id]["events"]]

    async def windows(self) -> dict[str, list[dict[str, Any]]]:
        """Return the windows of each charger."""
        response: Any = await self.house.hass.services.async_call(
            DOMAIN,
            "get_schedule",
            {"entity_id": ["sensor.garage_status", "sensor.carport_status"]},
            blocking=True,
            return_response=True,
        )
        return {name: found["windows"] for name, found in response["chargers"].items()}

    async def set_windows(self, charger: str, *windows: dict[str, Any]) -> None:
        """Set the windows of one charger."""
        data = {"entity_id": f"sensor.{charger.lower()}_status", "windows": list(windows)}
        await self.house.hass.services.async_call(DOMAIN, "set_schedule", data, blocking=True)
        await self.house.live(1)


@pytest.fixture
async def page(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    hass_ws_client: WebSocketGenerator,
    charging: House,
) -> Page:
    """Return the page, on a Friday noon, with two cars that charge."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    await charging.settle()
    assert await async_setup_component(hass, "calendar", {})
    client = await hass_ws_client(hass)
    freezer.move_to("2026-11-20T11:00:00Z")
    return Page(charging, client)


async def test_n19_one_event_for_all_chargers(page: Page) -> None:
    """An event of the group's calendar is a window of each charger, which waits for it; what one has besides stays."""
    await page.set_windows("Garage", DINNER)
    assert await page.events() == []
    assert await page.ask("create", event=NIGHT) is None
    assert await page.windows() == {"Garage": [DINNER, WINDOW], "Carport": [WINDOW]}
    assert await page.events() == [
        ("2026-11-20T23:00", "8 A charging"),
        ("2026-11-21T23:00", "8 A charging"),
    ]
    await page.house.live(10)
    assert [box.mode_id for box in page.house.boxes.values()] == [PAUSE, PAUSE]

    assert await page.ask("delete", uid=UID, recurrence_id="20261120T230000") is None
    skips = WINDOW | {"except": ["2026-11-20"]}
    assert await page.windows() == {"Garage": [DINNER, skips], "Carport": [skips]}

    later = NIGHT | {"dtend": "2026-11-21T05:00:00"}
    future = {"recurrence_id": "20261121T230000", "recurrence_range": "THISANDFUTURE"}
    assert await page.ask("update", uid=UID, event=later, **future) is None
    skips |= {"end": "05:00"}
    assert await page.windows() == {"Garage": [DINNER, skips], "Carport": [skips]}

    assert await page.ask("delete", uid="fri, sat 23:00-05:00 8", **future) is None
    assert await page.windows() == {"Garage": [DINNER], "Carport": []}


async def test_n19_what_one_has_is_not_the_groups(page: Page) -> None:
    """A window that is changed on one charger is not shown any more, and is not changed for the other."""
    assert await page.ask("create", event=NIGHT) is None
    await page.set_windows("Garage", DINNER)
    assert await page.events() == []
    assert "no longer exists" in str(await page.ask("delete", uid=UID))
    assert await page.windows() == {"Garage": [DINNER], "Carport": [WINDOW]}


async def test_n19_one_that_cannot_hold_it_refuses_for_all(page: Page) -> None:
    """A window that contradicts one of a single charger is refused, with the name of that charger, and changes nothing."""
    await page.set_windows("Carport", WINDOW | {"energy": 5.0})
    before = await page.windows()
    reply = await page.ask("create", event=NIGHT | {"dtstart": "2026-11-20T22:00:00"})
    assert "schedule for Carport overlap and ask for different things" in str(reply)
    over = NIGHT | {"dtstart": "2026-11-19T22:00:00", "dtend": "2026-11-20T05:00:00"}
    del over["rrule"]
    assert "does not come any more" in str(await page.ask("create", event=over))
    assert await page.windows() == before


async def test_n19_a_charger_that_is_not_there_refuses_for_all(hass: HomeAssistant, page: Page) -> None:
    """While a charger is not loaded nothing is changed; what the others have in common is shown."""
    assert await page.ask("create", event=NIGHT) is None
    assert await hass.config_entries.async_unload(page.house.entries["Carport"].entry_id)
    await page.house.live(1)
    assert len(await page.events()) == 2
    assert "Carport" in str(await page.ask("delete", uid=UID))
    await page.house.set_up(page.house.entries["Carport"])
    assert await page.windows() == {"Garage": [WINDOW], "Carport": [WINDOW]}


async def test_n19_a_charger_that_does_not_answer(page: Page) -> None:
    """What Home Assistant carries out is set all the same, and is sent when the charger is back."""
    page.house.boxes["Carport"].line = Line.REFUSED
    assert await page.ask("create", event=NIGHT) is None
    assert await page.windows() == {"Garage": [WINDOW], "Carport": [WINDOW]}
    page.house.boxes["Carport"].line = Line.OK
    await page.house.live(20)
    assert [box.mode_id for box in page.house.boxes.values()] == [PAUSE, PAUSE]


async def test_n19_what_fails_is_named(hass: HomeAssistant, page: Page) -> None:
    """A charger that does not take its own timetable is named, and keeps what it had; the others have changed."""
    house = page.house
    async with LektricoEmulator("3p22k", "2.0", clock=lambda: dt_util.utcnow().timestamp()) as lektrico:
        entry = lektrico_entry(lektrico)
        entry.add_to_hass(hass)
        await house.set_up(entry)
        assert await hass.config_entries.async_remove(house.group.entry_id)
        await house.load_group(
            member(house.entries["Garage"].entry_id, "Garage"), member(entry.entry_id, "Lektrico")
        )
        await house.live(3)
        lektrico.line_for = lambda request: b"app_config.set" in request.body
        lektrico.line = Line.ERROR
        assert "Lektrico" in str(await page.ask("create", event=NIGHT))
        assert (await page.windows())["Garage"] == [WINDOW]
        assert await page.events() == []
        lektrico.line = Line.OK
        assert await page.ask("create", event=NIGHT) is None
        assert len(await page.events()) == 2
        assert lektrico.keys["charging_schedule_enabled"].value
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_n19_a_group_of_one_has_no_calendar(
    hass: HomeAssistant, empty_house: House, members: list[Any]
) -> None:
    """The calendar of the one charger is enough."""
    await empty_house.load_group(members[0])
    await empty_house.live(3)
    found = er.async_get(hass).async_get_entity_id(
        "calendar", DOMAIN, f"{empty_house.group.entry_id}_schedule"
    )
    assert found is None
