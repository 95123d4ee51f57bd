"""A car that is ready by a time at the best price, in a running Home Assistant."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
from tests.emulators.smartevse import NORMAL, PAUSE, SmartEvseEmulator

from .clock import AMSTERDAM, Days
from .conftest import Call, Poll, Read
from .test_session_price import configure

PRICES = "sensor.nord_pool"
NOON = datetime(2026, 11, 20, 12, tzinfo=AMSTERDAM)
# The hours of a day in EUR: cheapest from 02:00 to 05:00.
DAY = [
    *(0.12, 0.11, 0.07, 0.05, 0.06, 0.13, 0.18, 0.25, 0.28, 0.24, 0.20, 0.18),
    *(0.16, 0.17, 0.19, 0.22, 0.27, 0.33, 0.36, 0.32, 0.27, 0.22, 0.18, 0.15),
]


@pytest.fixture
async def loaded(days: Days, loaded: MockConfigEntry) -> MockConfigEntry:
    """Return the entry, set up on a Friday noon."""
    return loaded


def show_prices(
    hass: HomeAssistant, day: datetime = NOON, today: Sequence[float] = DAY, tomorrow: Sequence[float] = DAY
) -> None:
    """Let the sensor show the prices of a day and of the next one, as Nord Pool of HACS does."""
    midnight = day.replace(hour=0, minute=0)

    def raw(prices: Sequence[float], start: datetime) -> list[dict[str, Any]]:
        return [
            {
                "start": start + index * timedelta(hours=1),
                "end": start + (index + 1) * timedelta(hours=1),
                "value": price,
            }
            for index, price in enumerate(prices)
        ]

    hass.states.async_set(
        PRICES,
        str(today[day.hour]),
        {
            "unit_of_measurement": "EUR/kWh",
            "raw_today": raw(today, midnight),
            "raw_tomorrow": raw(tomorrow, midnight + timedelta(days=1)),
        },
    )


async def act(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Carry out an action of ours on the charger, and return its response."""
    response: Any = await hass.services.async_call(
        DOMAIN,
        action,
        {"entity_id": "sensor.smartevse_status", **data},
        blocking=True,
        return_response=action in ("get_plan", "set_goal"),
    )
    return None if response is None else response["chargers"]["SmartEVSE"]


async def settle(hass: HomeAssistant) -> None:
    """Let everything happen that was begun."""
    await hass.async_block_till_done(wait_background_tasks=True)


class House:
    """Time that passes for the house and its charger alike."""

    def __init__(self, days: Days, emulator: SmartEvseEmulator, poll: Poll) -> None:
        """Begin at noon."""
        self._days, self._emulator, self._poll = days, emulator, poll
        self.now = NOON

    async def until(self, text: str, step: timedelta = timedelta(minutes=5)) -> None:
        """Let time pass until a local time, with a reading after each step."""
        end = datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)
        while self.now < end:
            await self.pass_by(min(step, end - self.now))
            await self._poll()

    async def pass_by(self, step: timedelta) -> None:
        """Let time pass without a reading."""
        self._emulator.advance(step.total_seconds())
        self.now += step
        await self._days.until(self.now.replace(tzinfo=None).isoformat())


@pytest.fixture
def house(loaded: MockConfigEntry, days: Days, emulator: SmartEvseEmulator, poll: Poll) -> House:
    """Return the house."""
    return House(days, emulator, poll)


def slots(plan: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the slots of a response, as local times of day."""
    return [(slot["start"][11:16], slot["end"][11:16]) for slot in plan["slots"]]


@pytest.fixture(autouse=True)
def _currency(hass: HomeAssistant) -> None:
    hass.config.currency = "EUR"


async def charged_before(hass: HomeAssistant, house: House, emulator: SmartEvseEmulator) -> None:
    """Let a car charge for a quarter of an hour, so that its 11 kW are known, and leave."""
    emulator.plug_in()
    emulator.draw()
    await house.until("2026-11-20T12:20")
    emulator.unplug()
    await house.until("2026-11-20T12:30")
    await settle(hass)


async def test_a_night_at_the_best_price(
    hass: HomeAssistant, house: House, emulator: SmartEvseEmulator, read: Read
) -> None:
    """A car that comes in the evening charges in the cheapest hours, and stops with its energy."""
    await charged_before(hass, house, emulator)
    show_prices(hass)
    response = await act(hass, "set_goal", energy=20, ready_by="07:00", prices=PRICES)
    assert (response["feasible"], response["why"], response["verified"]) == (True, "cheapest", True)
    assert response["deadline"] == "2026-11-21T07:00:00+01:00"
    assert response["unit"] == "EUR"
    assert response["cost"] == pytest.approx(11 * 0.05 + 9.6 * 0.06, abs=0.05)
    assert slots(response) == [("03:00", "04:51")]
    await house.until("2026-11-20T18:00", timedelta(hours=1))
    emulator.plug_in()
    await house.until("2026-11-20T18:10")
    assert emulator.mode_id == PAUSE
    assert read("sensor.limited_by") == "waiting_for_cheap_hour"
    until = hass.states.get("sensor.smartevse_limited_by")
    assert until is not None
    assert until.attributes["until"] == datetime(2026, 11, 21, 3, tzinfo=AMSTERDAM)
    assert read("sensor.status") == "scheduled"
    assert read("switch.plan") == "on"
    assert read("sensor.plan_start") == "2026-11-21T02:00:00+00:00"
    assert float(read("sensor.plan_cost")) == pytest.approx(response["cost"], abs=0.01)
    assert read("calendar.plan") == "off"
    assert slots(await act(hass, "get_plan")) == slots(response)
    await house.until("2026-11-21T02:58", timedelta(minutes=30))
    assert (emulator.mode_id, read("calendar.plan")) == (PAUSE, "off")
    before_wh = emulator.total_wh
    await house.until("2026-11-21T03:02")
    assert (emulator.mode_id, read("calendar.plan")) == (NORMAL, "on")
    await house.until("2026-11-21T06:00", timedelta(minutes=1))
    assert emulator.total_wh - before_wh == pytest.approx(20_000, abs=250)
    assert emulator.mode_id == PAUSE
    assert read("sensor.limited_by") == "plan_fulfilled"
    assert (await act(hass, "get_plan"))["reached"]
    # A goal that was set once is over with the car.
    await house.until("2026-11-21T08:00", timedelta(minutes=30))
    assert read("switch.plan") == "on"
    emulator.unplug()
    await house.until("2026-11-21T08:20")
    assert read("switch.plan") == "off"
    emulator.plug_in()
    await house.until("2026-11-21T08:30")
    assert emulator.mode_id == NORMAL


async def test_car_that_is_not_known_starts_early_enough(
    hass: HomeAssistant, house: House, emulator: SmartEvseEmulator
) -> None:
    """Without a session that shows its power a car is planned for one phase, and again when it shows more."""
    show_prices(hass)
    await house.until("2026-11-20T12:02")
    response = await act(hass, "set_goal", energy=20, ready_by="07:00", prices=PRICES)
    assert slots(response) == [("00:00", "05:35")]
    emulator.plug_in()
    emulator.draw()
    await house.until("2026-11-20T23:50", timedelta(hours=1))
    await house.until("2026-11-21T00:20")
    plan = await act(hass, "get_plan")
    # It stops, and goes on in the cheapest hours: two starts.
    assert slots(plan) == [("03:00", "04:41")]
    await house.until("2026-11-21T06:30", timedelta(minutes=15))
    assert (await act(hass, "get_plan"))["reached"]


async def test_car_that_comes_late(hass: HomeAssistant, house: House, emulator: SmartEvseEmulator) -> None:
    """It charges at once, and what is missing at the deadline is charged afterwards."""
    await charged_before(hass, house, emulator)
    show_prices(hass)
    await act(hass, "set_goal", energy=20, ready_by="07:00", prices=PRICES)
    await house.until("2026-11-21T06:00", timedelta(hours=1))
    emulator.plug_in()
    await house.until("2026-11-21T06:05")
    plan = await act(hass, "get_plan")
    assert (plan["feasible"], plan["why"]) == (False, "not_enough_time")
    assert emulator.mode_id == NORMAL
    await house.until("2026-11-21T07:10")
    assert emulator.mode_id == NORMAL
    await house.until("2026-11-21T08:00")
    assert emulator.mode_id == PAUSE
    assert (await act(hass, "get_plan"))["reached"]


async def test_plan_falls_behind(hass: HomeAssistant, house: House, emulator: SmartEvseEmulator) -> None:
    """A car that takes less than it did charges for longer, and is ready all the same."""
    await charged_before(hass, house, emulator)
    show_prices(hass)
    await act(hass, "set_goal", energy=20, ready_by="07:00", prices=PRICES)
    emulator.plug_in()
    emulator.draw(16, phases=2)
    await house.until("2026-11-21T02:50", timedelta(hours=1))
    before_wh = emulator.total_wh
    await house.until("2026-11-21T06:55", timedelta(minutes=2))
    assert emulator.total_wh - before_wh == pytest.approx(20_000, abs=400)


async def test_prices_that_come_late(
    hass: HomeAssistant, house: House, emulator: SmartEvseEmulator, read: Read
) -> None:
    """What is not known yet is taken to be as today; the plan changes when it comes, if that saves more than a little."""
    await charged_before(hass, house, emulator)
    show_prices(hass, tomorrow=[])
    response = await act(hass, "set_goal", energy=20, ready_by="07:00", prices=PRICES)
    assert (response["why"], response["cost"]) == ("some_prices_unknown", None)
    assert slots(response) == [("03:00", "04:51")]
    dear = [0.5] * 5 + [0.1, 0.1] + [0.5] * 17
    show_prices(hass, tomorrow=dear)
    await settle(hass)
    plan = await act(hass, "get_plan")
    assert plan["why"] == "cheapest"
    assert slots(plan)[-1] == ("05:00", "06:51")
    # For a cent nothing changes.
    dear[4] = 0.099
    show_prices(hass, tomorrow=dear)
    await settle(hass)
    assert await act(hass, "get_plan") == plan


async def test_no_prices_at_all(
    hass: HomeAssistant, house: House, emulator: SmartEvseEmulator, read: Read
) -> None:
    """As late as is safe, by the power that the car took."""
    await charged_before(hass, house, emulator)
    response = await act(hass, "set_goal", energy=20, ready_by="07:00")
    assert (response["why"], response["cost"], response["feasible"]) == ("no_prices", None, True)
    assert slots(response) == [("04:58", "06:50")]
    emulator.plug_in()
    await house.until("2026-11-20T12:40")
    assert read("sensor.limited_by") == "waiting_for_plan"


async def test_prices_that_go_away(hass: HomeAssistant, house: House, emulator: SmartEvseEmulator) -> None:
    """Those that were known stay known while the sensor is away."""
    await charged_before(hass, house, emulator)
    show_prices(hass)
    before = await act(hass, "set_goal", energy=20, ready_by="07:00", prices=PRICES)
    hass.states.async_set(PRICES, "unavailable")
    await house.until("2026-11-20T13:00", timedelta(minutes=15))
    assert slots(await act(hass, "get_plan")) == slots(before)


@pytest.mark.parametrize("state", ["0.18", "unavailable"])
async def test_prices_that_are_over(
    hass: HomeAssistant, house: House, emulator: SmartEvseEmulator, state: str
) -> None:
    """An hour costs what it did the day before, also once the last price that is known is over."""
    await charged_before(hass, house, emulator)
    show_prices(hass, tomorrow=[])
    before = await act(hass, "set_goal", energy=20, ready_by="07:00", prices=PRICES)
    emulator.plug_in()
    await house.until("2026-11-20T23:50", timedelta(hours=1))
    hass.states.async_set(PRICES, state, {"unit_of_measurement": "EUR/kWh", "raw_today": []})
    await house.until("2026-11-21T00:10")
    plan = await act(hass, "get_plan")
    assert (slots(plan), plan["why"]) == (slots(before), "some_prices_unknown")


async def test_restart_in_the_night(
    hass: HomeAssistant,
    house: House,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    read: Read,
) -> None:
    """The plan, what was charged and the prices outlive a restart, in which the price sensor is late."""
    await charged_before(hass, house, emulator)
    show_prices(hass)
    await act(hass, "set_goal", energy=20, ready_by="07:00", prices=PRICES)
    emulator.plug_in()
    await house.until("2026-11-21T02:30", timedelta(hours=1))
    before_wh = emulator.total_wh
    await house.until("2026-11-21T03:30")
    assert emulator.mode_id == NORMAL
    calls, before = len(emulator.calls), await act(hass, "get_plan")
    assert await hass.config_entries.async_unload(loaded.entry_id)
    hass.states.async_remove(PRICES)
    await house.pass_by(timedelta(minutes=10))
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await settle(hass)
    assert (emulator.mode_id, read("switch.plan")) == (NORMAL, "on")
    assert not [call for call in emulator.calls[calls:] if call.method == "POST"]
    assert slots(await act(hass, "get_plan")) == slots(before)
    await house.until("2026-11-21T06:00", timedelta(minutes=2))
    assert emulator.total_wh - before_wh == pytest.approx(20_000, abs=400)


async def test_charge_now_and_back(
    hass: HomeAssistant, house: House, emulator: SmartEvseEmulator, call: Call, read: Read
) -> None:
    """A person who charges now does so until the car is unplugged; one who switches off, until the plan starts."""
    await charged_before(hass, house, emulator)
    show_prices(hass)
    emulator.plug_in()
    await house.until("2026-11-20T12:35")
    await act(hass, "set_goal", energy=20, ready_by="07:00", prices=PRICES)
    assert emulator.mode_id == PAUSE
    await act(hass, "override_schedule")
    assert emulator.mode_id == NORMAL
    await house.until("2026-11-20T12:50")
    assert emulator.mode_id == NORMAL
    emulator.unplug()
    await house.until("2026-11-20T13:00")
    emulator.plug_in()
    await house.until("2026-11-20T13:10")
    assert emulator.mode_id == PAUSE
    # By the switch: until the next edge of the plan, or the plug.
    await call("switch.turn_on", "switch.allow_charging")
    await house.until("2026-11-20T13:20")
    assert emulator.mode_id == NORMAL
    await call("switch.turn_off", "switch.allow_charging")
    await house.until("2026-11-21T02:30", timedelta(hours=1))
    assert emulator.mode_id == PAUSE
    await house.until("2026-11-21T04:30", timedelta(minutes=10))
    assert read("switch.allow_charging") == "on"


@pytest.mark.parametrize("comes_first", [False, True])
@pytest.mark.parametrize("one_piece", [False, True])
async def test_at_once_is_one_of_the_starts(
    hass: HomeAssistant, house: House, emulator: SmartEvseEmulator, comes_first: bool, one_piece: bool
) -> None:
    """Two starts are not three, whether the car is there when its goal is set or comes later."""
    await charged_before(hass, house, emulator)
    show_prices(hass, today=[0.3] * 24, tomorrow=[*([0.3, 0.3, 0.02] * 2), *([0.3] * 18)])
    if comes_first:
        emulator.plug_in()
        await house.until("2026-11-20T12:40")
    data = {"energy": 23, "at_once": 2, "ready_by": "07:00", "prices": PRICES, "one_piece": one_piece}
    await act(hass, "set_goal", **data)
    emulator.plug_in()
    modes = []
    for text in ("20T14:30", "21T01:50", "21T03:30", "21T06:50"):
        while house.now < datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=AMSTERDAM):
            await house.until((house.now + timedelta(minutes=10)).replace(tzinfo=None).isoformat())
            modes.append(emulator.mode_id)
    starts = (modes[0] == NORMAL) + sum(
        (before, after) == (PAUSE, NORMAL) for before, after in pairwise(modes)
    )
    assert starts == 2
    assert (await act(hass, "get_plan"))["reached"]


async def test_clear_goal(hass: HomeAssistant, house: House, emulator: SmartEvseEmulator, read: Read) -> None:
    """Without a goal the car charges as it did."""
    show_prices(hass)
    emulator.plug_in()
    emulator.draw()
    await house.until("2026-11-20T12:10")
    await act(hass, "set_goal", energy=20, ready_by="07:00", prices=PRICES)
    assert emulator.mode_id == PAUSE
    await act(hass, "clear_goal")
    await settle(hass)
    assert emulator.mode_id == NORMAL
    plan = await act(hass, "get_plan")
    assert (plan["enabled"], plan["goal"], plan["slots"]) == (False, None, [])


async def test_simple_entities(
    hass: HomeAssistant,
    house: House,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    call: Call,
    read: Read,
) -> None:
    """A time, an energy and a switch are enough, every day anew; they are there when prices have been chosen."""
    assert not [name for name in hass.states.async_entity_ids("time") if "ready" in name]
    # One that does not show them yet.
    await configure(hass, loaded, plan_prices=[PRICES])
    await charged_before(hass, house, emulator)
    assert (read("time.plan_ready_by"), read("number.plan_energy"), read("switch.plan")) == (
        "07:00:00",
        "20.0",
        "off",
    )
    await call("time.set_value", "time.plan_ready_by", time="06:30:00")
    await call("number.set_value", "number.plan_energy", value=11)
    assert (read("time.plan_ready_by"), read("number.plan_energy")) == ("06:30:00", "11.0")
    await call("switch.turn_on", "switch.plan")
    plan = await act(hass, "get_plan")
    assert plan["goal"]["days"] == ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    assert slots(plan) == [("05:18", "06:20")]
    await call("number.set_value", "number.plan_energy", value=22)
    assert slots(await act(hass, "get_plan")) == [("04:16", "06:20")]
    await call("time.set_value", "time.plan_ready_by", time="05:30:00")
    assert slots(await act(hass, "get_plan")) == [("03:16", "05:20")]
    emulator.plug_in()
    await house.until("2026-11-21T03:00", timedelta(hours=1))
    await house.until("2026-11-21T05:40")
    plan = await act(hass, "get_plan")
    assert plan["reached"]
    assert plan["deadline"] == "2026-11-22T05:30:00+01:00"
    emulator.unplug()
    await house.until("2026-11-21T06:00")
    plan = await act(hass, "get_plan")
    assert (plan["reached"], plan["missing_kwh"]) == (False, 22)
    await call("switch.turn_off", "switch.plan")
    assert (read("switch.plan"), read("time.plan_ready_by")) == ("off", "05:30:00")


async def test_state_of_charge(
    hass: HomeAssistant, house: House, emulator: SmartEvseEmulator, read: Read
) -> None:
    """The sensor of the car counts; between two of its reports what the charger has counted does."""
    await charged_before(hass, house, emulator)
    soc = "sensor.car_soc"
    hass.states.async_set(soc, "40", {"unit_of_measurement": "%"})
    emulator.plug_in()
    await house.until("2026-11-20T12:40")
    data = {"soc": 80, "soc_entity": soc, "battery": 45, "ready_by": "07:00"}
    response = await act(hass, "set_goal", **data)
    assert response["missing_kwh"] == pytest.approx(20, abs=0.1)
    hass.states.async_set(soc, "58", {"unit_of_measurement": "%"})
    await settle(hass)
    assert (await act(hass, "get_plan"))["missing_kwh"] == pytest.approx(11, abs=0.1)
    for odd in ("unavailable", "unknown", "130", "nan"):
        hass.states.async_set(soc, odd)
        await settle(hass)
        assert (await act(hass, "get_plan"))["missing_kwh"] == pytest.approx(11, abs=0.1)
    await house.until("2026-11-21T05:50", timedelta(hours=1))
    await house.until("2026-11-21T06:20")
    left = (await act(hass, "get_plan"))["missing_kwh"]
    assert 4 < left < 8
    hass.states.async_set(soc, "80")
    await house.until("2026-11-21T06:25")
    assert (await act(hass, "get_plan"))["reached"]
    assert emulator.mode_id == PAUSE


@pytest.mark.parametrize("wrong", ["80", "100"])
async def test_state_of_charge_that_is_right_late(
    hass: HomeAssistant, house: House, emulator: SmartEvseEmulator, read: Read, wrong: str
) -> None:
    """A car that still shows what it had before its drive charges once it shows what it has."""
    await charged_before(hass, house, emulator)
    show_prices(hass)
    soc = "sensor.car_soc"
    hass.states.async_set(soc, wrong, {"unit_of_measurement": "%"})
    data = {"soc": 80, "soc_entity": soc, "battery": 45, "ready_by": "07:00", "prices": PRICES}
    await act(hass, "set_goal", **data)
    emulator.plug_in()
    await house.until("2026-11-20T12:40")
    assert (await act(hass, "get_plan"))["reached"]
    hass.states.async_set(soc, "40", {"unit_of_measurement": "%"})
    await settle(hass)
    plan = await act(hass, "get_plan")
    assert (plan["reached"], slots(plan)) == (False, [("03:00", "04:51")])
    before_wh = emulator.total_wh
    await house.until("2026-11-21T04:40", timedelta(minutes=20))
    await house.until("2026-11-21T05:00", timedelta(minutes=1))
    assert emulator.total_wh - before_wh == pytest.approx(20_000, abs=400)
    assert read("sensor.limited_by") == "plan_fulfilled"


async def test_windows_forbid(hass: HomeAssistant, house: House, emulator: SmartEvseEmulator) -> None:
    """The plan chooses inside the windows of the schedule."""
    await charged_before(hass, house, emulator)
    show_prices(hass)
    await act(hass, "set_schedule", windows=[{"start": "22:00", "end": "02:30"}])
    response = await act(hass, "set_goal", energy=20, ready_by="07:00", prices=PRICES)
    assert slots(response) == [("00:38", "02:30")]
    await act(hass, "set_schedule", windows=[{"start": "22:00", "end": "02:30", "current": 8}])
    await settle(hass)
    assert slots(await act(hass, "get_plan")) == [("22:46", "02:30")]


async def test_beside_a_schedule_that_follows_another_entity(
    hass: HomeAssistant, house: House, emulator: SmartEvseEmulator
) -> None:
    """It may allow charging at any time, so the plan chooses as if it did; while it does not, the car waits."""
    await charged_before(hass, house, emulator)
    show_prices(hass)
    await act(hass, "set_goal", energy=20, ready_by="07:00", prices=PRICES)
    hass.states.async_set("binary_sensor.cheap", "off")
    await act(hass, "set_schedule", follow="binary_sensor.cheap")
    await settle(hass)
    assert slots(await act(hass, "get_plan")) == [("03:00", "04:51")]
    # At the cheapest time the schedule still holds.
    emulator.plug_in()
    await house.until("2026-11-21T03:30", timedelta(minutes=30))
    assert emulator.mode_id == PAUSE
    hass.states.async_set("binary_sensor.cheap", "on")
    await settle(hass)
    await house.until("2026-11-21T03:40")
    assert emulator.mode_id == NORMAL


async def test_price_ceiling(hass: HomeAssistant, house: House, emulator: SmartEvseEmulator) -> None:
    """The car charges whenever the price is below the ceiling, by the prices to come or by that of now."""
    await charged_before(hass, house, emulator)
    show_prices(hass)
    response = await act(hass, "set_goal", price_ceiling=0.061, prices=PRICES)
    assert slots(response) == [("03:00", "05:00")]
    assert response["why"] == "below_ceiling"
    hass.states.async_set("sensor.now", "0.3", {"unit_of_measurement": "EUR/kWh"})
    response = await act(hass, "set_goal", price_ceiling=0.1, prices="sensor.now")
    assert response["slots"] == []
    emulator.plug_in()
    await house.until("2026-11-20T12:40")
    assert emulator.mode_id == PAUSE
    hass.states.async_set("sensor.now", "0.05", {"unit_of_measurement": "EUR/kWh"})
    await settle(hass)
    assert emulator.mode_id == NORMAL
    await house.until("2026-11-20T13:40")
    assert emulator.mode_id == NORMAL
    hass.states.async_set("sensor.now", "0.2", {"unit_of_measurement": "EUR/kWh"})
    await settle(hass)
    assert emulator.mode_id == PAUSE


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({}, "goal_missing"),
        ({"ready_by": "07:00"}, "goal_missing"),
        ({"energy": 20}, "goal_without_time"),
        ({"energy": 20, "days": ["mon"]}, "goal_without_time"),
        ({"energy": 20, "soc": 80, "ready_by": "07:00"}, "only_one_field"),
        ({"soc": 80, "ready_by": "07:00"}, "goal_soc_incomplete"),
        ({"energy": 20, "ready_by": "2026-11-30 07:00", "days": ["mon"]}, "only_one_field"),
        ({"energy": 20, "ready_by": "2026-11-19 07:00"}, "refused_ready_in_the_past"),
        ({"energy": 20, "ready_by": "9999-12-31 07:00"}, "refused_ready_too_late"),
        ({"energy": 20, "ready_by": "seven"}, "field_invalid"),
        ({"energy": -1, "ready_by": "07:00"}, "field_out_of_range"),
        ({"energy": "nan", "ready_by": "07:00"}, "field_out_of_range"),
        ({"energy": "much", "ready_by": "07:00"}, "field_not_a_number"),
        ({"energy": 20, "ready_by": "07:00", "days": ["someday"]}, "field_not_an_option"),
        ({"energy": 20, "ready_by": "07:00", "prices": "light.lamp"}, "field_invalid"),
        ({"energy": 20, "ready_by": "07:00", "prices": "sensor.gone"}, "refused_no_such_sensor"),
        (
            {"soc": 80, "soc_entity": "sensor.gone", "battery": 50, "ready_by": "07:00"},
            "refused_no_such_sensor",
        ),
        ({"price_ceiling": 0.1}, "refused_no_prices_for_ceiling"),
    ],
)
async def test_goals_that_make_no_sense(
    hass: HomeAssistant, house: House, emulator: SmartEvseEmulator, data: dict[str, Any], key: str
) -> None:
    """They are refused with a sentence, and nothing has changed."""
    emulator.plug_in()
    emulator.draw()
    await house.until("2026-11-20T12:10")
    await act(hass, "set_goal", energy=20, ready_by="07:00")
    before = await act(hass, "get_plan")
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, "set_goal", **data)
    assert error.value.translation_key == key
    assert await act(hass, "get_plan") == before


async def test_charger_without_a_meter(
    hass: HomeAssistant, house: House, emulator: SmartEvseEmulator
) -> None:
    """It takes no goal of an energy, which it could not count; one by the sensor of the car it does."""
    emulator.ev_meter = "Disabled"
    emulator.plug_in()
    await house.until("2026-11-20T12:10")
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, "set_goal", energy=20, ready_by="07:00")
    assert error.value.translation_key == "refused_no_energy_meter"


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        ("2027-03-27", "2027-03-28T00:55:16+01:00", "2027-03-28T05:00:00+02:00"),
        ("2026-10-24", "2026-10-25T00:55:16+02:00", "2026-10-25T03:00:00+01:00"),
    ],
)
async def test_night_in_which_the_clocks_change(
    hass: HomeAssistant, days: Days, entry: MockConfigEntry, day: str, start: str, end: str
) -> None:
    """A deadline is by the clock at the wall, and an hour that is missing, or there twice, counts as such."""
    await days.until(f"{day}T20:00:00")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    midnight = dt_util.as_utc(dt_util.start_of_local_day())
    prices = [
        {"start": midnight + index * timedelta(hours=1), "value": 0.1 if 25 <= index <= 27 else 0.4}
        for index in range(47)
    ]
    hass.states.async_set(PRICES, "0.4", {"unit_of_measurement": "EUR/kWh", "prices": prices})
    response = await act(hass, "set_goal", energy=11, ready_by="07:00", prices=PRICES)
    assert response["deadline"][11:16] == "07:00"
    # Eleven kWh, and a little more, take three hours and five minutes on one phase.
    assert response["slots"] == [{"start": start, "end": end}]
