"""The blueprint that charges in the cheap hours, with prices in the forms of several sensors and actions."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.util import dt as dt_util
from tests.emulators.base import Line
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import Later, Use, settle
from .test_charge_now import schedule_of

NAME = "cheap_hours"
SENSOR = "sensor.prices"
# 13:58 on a Friday in Amsterdam: at 14:00 the night is planned.
BEFORE = "2026-11-20T12:58:02+00:00"
# Cheap from 01:00 to 03:00 and from 05:00 to 06:00; and, in vain, after the car has left.
CHEAP = {"2026-11-21T01": 0.05, "2026-11-21T02": 0.06, "2026-11-21T05": 0.07, "2026-11-21T13": 0.01}
NIGHT = [
    {"days": ["sat"], "start": "01:00", "end": "03:00"},
    {"days": ["sat"], "start": "05:00", "end": "06:00"},
]


def hours(day: int, length_min: int = 60) -> list[tuple[datetime, datetime, float]]:
    """Return the prices of a day of November."""
    zone = dt_util.get_time_zone("Europe/Amsterdam")
    begin = datetime(2026, 11, day, tzinfo=zone)
    slots = []
    for number in range(24 * 60 // length_min):
        start = begin + timedelta(minutes=number * length_min)
        slots.append((start, start + timedelta(minutes=length_min), CHEAP.get(f"{start:%Y-%m-%dT%H}", 0.3)))
    return slots


def _nord_pool(*days: int) -> dict[str, Any]:
    """Return those of the custom integration: moments, not texts, and numbers for each hour beside them."""
    lists = [[{"start": s, "end": e, "value": p} for s, e, p in hours(day)] for day in days]
    names = ("raw_today", "raw_tomorrow")
    return dict(zip(names, lists, strict=False)) | {"unit": "kWh", "today": [p for _, _, p in hours(days[0])]}


def _entso_e(*days: int) -> dict[str, Any]:
    lists = [[{"time": str(s), "price": p} for s, _, p in hours(day)] for day in days]
    names = ("prices_today", "prices_tomorrow")
    return dict(zip(names, lists, strict=False)) | {"prices": [slot for one in lists for slot in one]}


def _epex_spot(*days: int) -> dict[str, Any]:
    return {
        "data": [
            {"start_time": s.isoformat(), "end_time": e.isoformat(), "price_per_kwh": p}
            for day in days
            for s, e, p in hours(day, 15)
        ]
    }


def _tibber(*days: int) -> dict[str, Any]:
    lists = [
        [{"total": p, "startsAt": s.isoformat(), "level": "NORMAL"} for s, _, p in hours(day)] for day in days
    ]
    return dict(zip(("today", "tomorrow"), lists, strict=False))


def _octopus(*days: int) -> dict[str, Any]:
    return {
        "rates": [{"start": s, "end": e, "value_inc_vat": p} for day in days for s, e, p in hours(day, 30)]
    }


def _energi_data_service(*days: int) -> dict[str, Any]:
    lists = [[{"hour": s, "price": p} for s, _, p in hours(day)] for day in days]
    return dict(zip(("raw_today", "raw_tomorrow"), lists, strict=False))


def _awattar(*days: int) -> dict[str, Any]:
    return {
        "prices": [
            {
                "start_timestamp": int(s.timestamp() * 1000),
                "end_timestamp": int(e.timestamp() * 1000),
                "marketprice": p * 1000,
            }
            for day in days
            for s, e, p in hours(day)
        ]
    }


def _amber(*days: int) -> dict[str, Any]:
    return {
        "forecasts": [
            {"start_time": s.isoformat(), "end_time": e.isoformat(), "per_kwh": p, "renewables": 40}
            for day in days
            for s, e, p in hours(day, 30)
        ]
    }


def _numbers(*days: int) -> dict[str, Any]:
    return {
        name: [p for _, _, p in hours(day)] for name, day in zip(("today", "tomorrow"), days, strict=False)
    }


FORMS: dict[str, Callable[..., dict[str, Any]]] = {
    form.__name__.strip("_"): form
    for form in (
        *(_nord_pool, _entso_e, _epex_spot, _tibber, _octopus),
        *(_energi_data_service, _awattar, _amber, _numbers),
    )
}


@pytest.fixture(autouse=True)
def _before(freezer: FrozenDateTimeFactory, _frozen: None) -> None:
    freezer.move_to(BEFORE)


@pytest.fixture
def plan(hass: HomeAssistant, charger: str) -> Callable[[], Any]:
    """Return a function that returns the windows of the charger."""

    async def windows() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await schedule_of(hass, charger))["windows"]
        return found

    return windows


@pytest.mark.parametrize("form", FORMS)
async def test_prices_of_a_sensor(
    hass: HomeAssistant, use: Use, charger: str, later: Later, plan: Callable[[], Any], form: str
) -> None:
    """The cheapest hours until the car leaves are the schedule; the next day they are planned anew."""
    hass.states.async_set(SENSOR, "0.3", FORMS[form](20, 21))
    await use(NAME, chargers=[charger], price_sensors=[SENSOR], hours=3)
    assert await plan() == []
    await later(minutes=3)
    assert await plan() == NIGHT


async def test_prices_that_come_later(
    hass: HomeAssistant, use: Use, charger: str, later: Later, plan: Callable[[], Any]
) -> None:
    """Until the prices of the next day are there nothing is planned, nor while the sensor is unavailable; and then once."""
    hass.states.async_set(SENSOR, "0.3", _nord_pool(20))
    await use(NAME, chargers=[charger], price_sensors=[SENSOR], hours=3)
    await later(minutes=30)
    hass.states.async_set(SENSOR, "unavailable", {})
    await later(minutes=30)
    assert await plan() == []
    hass.states.async_set(SENSOR, "0.3", _nord_pool(20, 21))
    await later(minutes=16)
    assert await plan() == NIGHT
    # What a person sets afterwards stays until the next day.
    await hass.services.async_call(
        "evse_pilot", "set_schedule", {"device_id": charger, "windows": [NIGHT[0]]}, blocking=True
    )
    await later(minutes=40)
    assert await plan() == [NIGHT[0]]


async def test_a_highest_price(
    hass: HomeAssistant, use: Use, charger: str, later: Later, plan: Callable[[], Any]
) -> None:
    """Nothing is charged above the highest price; where every hour is too dear, nothing is charged."""
    hass.states.async_set(SENSOR, "0.3", _nord_pool(20, 21))
    await use(NAME, chargers=[charger], price_sensors=[SENSOR], hours=5, highest_price="0.055")
    await later(minutes=3)
    assert await plan() == [{"days": ["sat"], "start": "01:00", "end": "02:00"}]


async def test_every_hour_is_too_dear(
    hass: HomeAssistant, use: Use, charger: str, later: Later, emulator: SmartEvseEmulator
) -> None:
    """The car waits, also at other times of the week."""
    emulator.press("plug_in")
    hass.states.async_set(SENSOR, "0.3", _nord_pool(20, 21))
    await use(NAME, chargers=[charger], price_sensors=[SENSOR], hours=5, highest_price="0.01")
    await later(minutes=4)
    assert not any(emulator.ev_currents_a)


async def test_a_car_that_is_plugged_in_late(
    hass: HomeAssistant,
    use: Use,
    charger: str,
    later: Later,
    plan: Callable[[], Any],
    freezer: FrozenDateTimeFactory,
    emulator: SmartEvseEmulator,
) -> None:
    """It gets the cheapest of the hours that are left."""
    hass.states.async_set(SENSOR, "0.3", _nord_pool(20, 21))
    await use(NAME, chargers=[charger], price_sensors=[SENSOR], hours=2)
    await later(minutes=3)
    assert await plan() == [{"days": ["sat"], "start": "01:00", "end": "03:00"}]
    freezer.move_to("2026-11-21T01:30:02+00:00")  # 02:30
    emulator.press("plug_in")
    await later(minutes=1)
    assert {"days": ["sat"], "start": "05:00", "end": "06:00"} in await plan()


@pytest.mark.parametrize("form", ["nordpool", "tibber", "energyzero"])
async def test_an_action(
    hass: HomeAssistant, use: Use, charger: str, later: Later, plan: Callable[[], Any], form: str
) -> None:
    """An action that answers with prices does as well; when it fails, it is tried again."""
    failures = 1

    async def answer(call: ServiceCall) -> ServiceResponse:
        nonlocal failures
        if failures:
            failures -= 1
            return {}
        slots = [slot for day in (20, 21) for slot in hours(day)]
        iso = [(s.isoformat(), e.isoformat(), p) for s, e, p in slots]
        answers: dict[str, Any] = {
            "nordpool": {"NL": [{"start": s, "end": e, "price": p * 1000} for s, e, p in iso]},
            "tibber": {"prices": {"Home": [{"start_time": s, "price": p} for s, _, p in iso]}},
            "energyzero": {"prices": [{"timestamp": str(s), "price": p} for s, _, p in slots]},
        }
        return dict(answers[form])

    hass.services.async_register("prices", "get", answer, supports_response=SupportsResponse.ONLY)
    action = [{"action": "prices.get", "response_variable": "prices"}]
    await use(NAME, chargers=[charger], price_action=action, hours=3)
    await later(minutes=3)
    assert await plan() == []
    await later(minutes=15)
    assert await plan() == NIGHT


async def test_over_a_restart(
    hass: HomeAssistant, use: Use, charger: str, later: Later, plan: Callable[[], Any]
) -> None:
    """A plan that was made before Home Assistant started is kept; without one it is made."""
    hass.states.async_set(SENSOR, "0.3", _nord_pool(20, 21))
    night = {"windows": [{"days": ["sat"], "start": "04:00", "end": "05:00"}]}
    await hass.services.async_call(
        "evse_pilot", "set_schedule", {"device_id": charger, **night}, blocking=True
    )
    await use(NAME, chargers=[charger], price_sensors=[SENSOR], hours=3, plan_at="12:00:00")
    hass.bus.async_fire("homeassistant_started")
    await settle()
    assert await plan() == night["windows"]
    await hass.services.async_call("evse_pilot", "clear_schedule", {"device_id": charger}, blocking=True)


async def test_a_charger_that_does_not_answer(
    hass: HomeAssistant,
    use: Use,
    charger: str,
    later: Later,
    plan: Callable[[], Any],
    emulator: SmartEvseEmulator,
) -> None:
    """The plan is kept for a charger that is away, and holds when it is back."""
    hass.states.async_set(SENSOR, "0.3", _nord_pool(20, 21))
    await use(NAME, chargers=[charger], price_sensors=[SENSOR], hours=3)
    emulator.line = Line.REFUSED
    await later(minutes=3)
    emulator.line = Line.OK
    await later(minutes=1)
    assert await plan() == NIGHT
