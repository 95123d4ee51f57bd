"""A car that is ready by a time at the best price, on each make."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util

from .test_sessions import emulator, events_are_due, visits
from .visits import Visits

__all__ = ["emulator", "events_are_due", "visits"]

PRICES = "sensor.prices"


def show_prices(visits: Visits) -> None:
    """Let a sensor show that 20:00 to 22:00 is cheap."""
    midnight = dt_util.start_of_local_day()
    prices = [
        {
            "time": (midnight + hour * timedelta(hours=1)).isoformat(),
            "price": 0.1 if hour in (20, 21) else 0.4,
        }
        for hour in range(48)
    ]
    visits.hass.states.async_set(PRICES, "0.4", {"unit_of_measurement": "EUR/kWh", "prices": prices})


async def act(visits: Visits, action: str, **data: Any) -> Any:
    """Carry out an action on the charger, and return its response."""
    [device] = dr.async_entries_for_config_entry(dr.async_get(visits.hass), visits.entry.entry_id)
    response: Any = await visits.hass.services.async_call(
        "evse_pilot", action, {"device_id": device.id, **data}, blocking=True, return_response=True
    )
    [charger] = response["chargers"].values()
    return charger


class Evening:
    """Time that passes, also while a command waits for what a charger that streams shows of it."""

    def __init__(self, visits: Visits, freezer: FrozenDateTimeFactory) -> None:
        """Take the charger, and its clock."""
        self.visits, self._freezer = visits, freezer

    async def during(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Return what comes of something that is waited for."""
        task = asyncio.create_task(work)
        while not task.done():
            await asyncio.sleep(0)
            if self.visits.streams and not task.done():
                self._freezer.tick(timedelta(milliseconds=100))
                self.visits.emulator.tick(0.1)
        return await task

    async def until(self, text: str, step_s: float = 30) -> None:
        """Let time pass until a local time of this day."""
        end = datetime.fromisoformat(f"2026-11-20T{text}").replace(tzinfo=dt_util.get_default_time_zone())
        while dt_util.utcnow() < end:
            await self.during(self.visits.poll(1, step_s))


async def test_a_plan(visits: Visits, freezer: FrozenDateTimeFactory) -> None:
    """The car waits for the cheap hours, has its energy in them, over a restart, and stops."""
    evening = Evening(visits, freezer)
    show_prices(visits)
    await visits.press("plug_in")
    response = await evening.during(act(visits, "set_goal", energy=5, ready_by="23:00", prices=PRICES))
    assert response["why"] == "cheapest"
    await visits.poll(5, 60)
    before_wh = visits.counted_wh
    await evening.until("19:50", 300)
    assert visits.counted_wh == pytest.approx(before_wh, abs=20)
    assert visits.state("sensor.limited_by").state == "waiting_for_cheap_hour"
    assert visits.state("sensor.status").state == "scheduled"
    await evening.until("20:20")
    assert visits.counted_wh > before_wh + 500
    await evening.during(visits.stop())
    show_prices(visits)
    await evening.during(visits.start())
    await evening.until("22:00")
    assert visits.counted_wh - before_wh == pytest.approx(5000, abs=400)
    assert visits.state("sensor.limited_by").state == "plan_fulfilled"
    assert (await act(visits, "get_plan"))["reached"]
    await visits.press("unplug")
    await evening.until("23:20")
    assert visits.state("switch.plan").state == "off"
