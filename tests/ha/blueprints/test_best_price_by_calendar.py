"""The blueprint that lets a car be ready for the first appointment at the best price."""

from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from tests.emulators.base import Emulator
from tests.ha.automations import device_of

from .conftest import Later, Use, settle
from .test_ready_by import CALENDAR, agenda, begins, emulator, entry

__all__ = ["agenda", "emulator", "entry"]

NAME = "best_price_by_calendar"


async def plan_of(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, Any]:
    """Return the plan of the charger."""
    answer: Any = await hass.services.async_call(
        "evse_pilot",
        "get_plan",
        {"device_id": device_of(hass, entry)},
        blocking=True,
        return_response=True,
    )
    [plan] = answer["chargers"].values()
    return dict(plan)


async def test_first_appointment(
    hass: HomeAssistant,
    use: Use,
    charger: str,
    entry: MockConfigEntry,
    later: Later,
    agenda: list[str],
    emulator: Emulator,
) -> None:
    """The next event counts, also one that is moved while the car waits; without one the time of day does."""
    agenda.extend(["2026-11-20T08:00:00+01:00", "2026-11-21T10:00:00+01:00"])
    begins(hass, "2026-11-21 10:00:00")
    await use(NAME, charger=charger, calendars=[CALENDAR], energy=11)
    assert not (await plan_of(hass, entry))["enabled"]
    emulator.press("plug_in")
    await later(minutes=1)
    plan = await plan_of(hass, entry)
    assert (plan["deadline"], plan["goal"]["energy"]) == ("2026-11-21T09:30:00+01:00", 11)
    agenda[1] = "2026-11-21T06:00:00+01:00"
    begins(hass, "2026-11-21 06:00:00")
    await later(seconds=30)
    plan = await plan_of(hass, entry)
    assert plan["deadline"] == "2026-11-21T05:30:00+01:00"
    # What it had before it was paused is not charged again.
    assert 10 < plan["goal"]["energy"] <= 11
    agenda.clear()
    begins(hass, "")
    await later(seconds=30)
    assert (await plan_of(hass, entry))["deadline"] == "2026-11-21T07:00:00+01:00"
    # A calendar that is lost and found plans the same again, and one that is lost nothing.
    hass.states.async_set(CALENDAR, "unavailable")
    await settle()
    assert (await plan_of(hass, entry))["deadline"] == "2026-11-21T07:00:00+01:00"
    begins(hass, "")
    await later(seconds=30)
    assert (await plan_of(hass, entry))["deadline"] == "2026-11-21T07:00:00+01:00"
