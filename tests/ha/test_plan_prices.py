"""Where the prices of a plan come from: entities, actions, helpers, and what goes wrong with them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.helpers.entity_component import DATA_INSTANCES
from homeassistant.setup import async_setup_component

from .clock import AMSTERDAM, Days
from .conftest import Read
from .test_plan import DAY, PRICES, act, settle, show_prices, slots
from .test_session_price import configure

HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2026, 11, 20, tzinfo=AMSTERDAM)


@pytest.fixture(autouse=True)
def _currency(hass: HomeAssistant) -> None:
    hass.config.currency = "EUR"


@pytest.fixture
async def loaded(days: Days, loaded: MockConfigEntry) -> MockConfigEntry:
    """Return the entry, set up on a Friday noon."""
    await settle_counts(loaded)
    return loaded


async def settle_counts(loaded: MockConfigEntry) -> None:
    """Read the charger twice, so that its energy is known."""
    await loaded.runtime_data.coordinator.async_refresh()


class Market:
    """An integration with an action that returns prices."""

    def __init__(self, hass: HomeAssistant, platform: str, action: str) -> None:
        """Register the action, and a sensor of the price now, which has no others."""
        self.calls: list[dict[str, Any]] = []
        self.answer: Any = {}
        self.error: Exception | None = None
        self.entry = MockConfigEntry(domain=platform)
        self.entry.add_to_hass(hass)
        device = dr.async_get(hass).async_get_or_create(
            config_entry_id=self.entry.entry_id, identifiers={(platform, "1")}, name="My home"
        )
        item = er.async_get(hass).async_get_or_create(
            "sensor", platform, "NL-current_price", config_entry=self.entry, device_id=device.id
        )
        self.entity_id = item.entity_id
        hass.states.async_set(self.entity_id, "0.3", {"unit_of_measurement": "EUR/kWh"})
        hass.services.async_register(platform, action, self._call, supports_response=SupportsResponse.ONLY)

    async def _call(self, call: ServiceCall) -> ServiceResponse:
        self.calls.append(dict(call.data))
        if self.error is not None:
            raise self.error
        answer: ServiceResponse = self.answer(call.data) if callable(self.answer) else self.answer
        return answer


def prices_of(day: datetime, key: str, factor: float = 1.0) -> list[dict[str, Any]]:
    """Return the prices of a day; each begins at this key."""
    return [
        {key: (day + index * timedelta(hours=1)).isoformat(), "price": price * factor}
        for index, price in enumerate(DAY)
    ]


async def test_nord_pool_by_action(hass: HomeAssistant, loaded: MockConfigEntry, days: Days) -> None:
    """The prices of today and tomorrow, per MWh, are asked for, and again until those of tomorrow are there."""
    market = Market(hass, "nordpool", "get_prices_for_date")
    market.answer = lambda data: {
        "DE": [],
        "NL": prices_of(MIDNIGHT, "start", 1000) if data["date"] == "2026-11-20" else [],
    }
    response = await act(hass, "set_goal", energy=11, ready_by="07:00", prices=market.entity_id)
    assert [call["date"] for call in market.calls] == ["2026-11-20", "2026-11-21"]
    assert market.calls[0]["config_entry"] == market.entry.entry_id
    assert (response["why"], response["unit"]) == ("some_prices_unknown", "EUR")
    tomorrow = MIDNIGHT + timedelta(days=1)
    market.answer = lambda data: {
        "NL": prices_of(MIDNIGHT if data["date"] == "2026-11-20" else tomorrow, "start", 1000)
    }
    await days.until("2026-11-20T12:10:00")
    await loaded.runtime_data.coordinator.async_refresh()
    await settle(hass)
    assert len(market.calls) == 2
    await days.until("2026-11-20T12:20:00")
    await loaded.runtime_data.coordinator.async_refresh()
    await settle(hass)
    assert len(market.calls) == 4
    plan = await act(hass, "get_plan")
    assert (plan["why"], plan["cost"]) == ("cheapest", pytest.approx(0.7, abs=0.1))
    await days.until("2026-11-20T13:00:00")
    await loaded.runtime_data.coordinator.async_refresh()
    await settle(hass)
    assert len(market.calls) == 4


async def test_tibber_by_action(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """Of several homes that of the sensor counts."""
    market = Market(hass, "tibber", "get_prices")
    week = [each for day in (0, 1) for each in prices_of(MIDNIGHT + timedelta(days=day), "start_time")]
    market.answer = {"prices": {"Another": prices_of(MIDNIGHT, "start_time", 3), "My home": week}}
    response = await act(hass, "set_goal", energy=11, ready_by="07:00", prices=market.entity_id)
    assert market.calls == [{"start": "2026-11-20 00:00:00", "end": "2026-11-22 00:00:00"}]
    assert response["why"] == "cheapest"
    assert slots(response) == [("01:55", "05:00")]


@pytest.mark.parametrize(
    ("platform", "action"),
    [
        ("nordpool", "get_prices_for_date"),
        ("energyzero", "get_energy_prices"),
        ("easyenergy", "get_energy_usage_prices"),
    ],
)
async def test_tomorrow_is_not_there_yet(
    hass: HomeAssistant, loaded: MockConfigEntry, platform: str, action: str
) -> None:
    """An integration that fails for a day without prices still has those of today."""
    market = Market(hass, platform, action)

    def answer(data: dict[str, Any]) -> dict[str, Any]:
        if "2026-11-21" in {str(value)[:10] for value in data.values()}:
            raise ServiceValidationError("no data")
        return {"prices": prices_of(MIDNIGHT, "timestamp")}

    market.answer = answer
    response = await act(hass, "set_goal", energy=11, ready_by="23:00", prices=market.entity_id)
    assert response["why"] == "cheapest"
    response = await act(hass, "set_goal", energy=11, ready_by="07:00", prices=market.entity_id)
    assert response["why"] == "some_prices_unknown"


@pytest.mark.parametrize("error", [HomeAssistantError("down"), KeyError("x"), TimeoutError()])
async def test_action_that_fails(hass: HomeAssistant, loaded: MockConfigEntry, error: Exception) -> None:
    """The car charges as late as is safe, and nothing else happens."""
    market = Market(hass, "tibber", "get_prices")
    market.error = error
    response = await act(hass, "set_goal", energy=11, ready_by="07:00", prices=market.entity_id)
    assert (response["why"], response["feasible"]) == ("no_prices", True)


@pytest.mark.parametrize("answer", [{}, {"prices": None}, {"prices": {}}, {"prices": [7]}])
async def test_odd_answer(hass: HomeAssistant, loaded: MockConfigEntry, answer: Any) -> None:
    """It has no prices."""
    market = Market(hass, "tibber", "get_prices")
    market.answer = answer
    response = await act(hass, "set_goal", energy=11, ready_by="07:00", prices=market.entity_id)
    assert response["why"] == "no_prices"


@pytest.mark.parametrize("price", [None, 0.2])
async def test_schedule_helper(hass: HomeAssistant, loaded: MockConfigEntry, price: float | None) -> None:
    """Its blocks are the cheap hours; with prices they have a cost, too."""
    block = {"from": "01:00:00", "to": "06:00:00"} | ({} if price is None else {"data": {"price": price}})
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    helper = {"name": "Night"} | {day: [block] for day in days}
    assert await async_setup_component(hass, "schedule", {"schedule": {"night": helper}})
    response = await act(hass, "set_goal", energy=11, ready_by="07:00", prices="schedule.night")
    await hass.data[DATA_INSTANCES]["schedule"].async_remove_entity("schedule.night")
    if price is None:
        assert (response["unit"], response["cost"]) == (None, None)
        assert slots(response) == [("01:00", "04:04")]
    else:
        assert (response["unit"], response["cost"]) == ("EUR", pytest.approx(11.33 * 0.2, abs=0.02))


async def test_helper_that_is_changed(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """Nothing is left of the blocks that it had before."""
    block = {"from": "01:00:00", "to": "06:00:00"}

    async def get_schedule(call: ServiceCall) -> ServiceResponse:
        return {"schedule.night": {day: [dict(block)] for day in ("friday", "saturday", "sunday")}}

    hass.services.async_register(
        "schedule", "get_schedule", get_schedule, supports_response=SupportsResponse.ONLY
    )
    hass.states.async_set("schedule.night", "off", {"from": block["from"]})
    response = await act(hass, "set_goal", energy=7, ready_by="07:00", prices="schedule.night")
    assert slots(response)[0][0] == "01:00"
    for start in ("02:30", "03:30"):
        block["from"] = f"{start}:00"
        hass.states.async_set("schedule.night", "off", {"from": start})
        await settle(hass)
        assert slots(await act(hass, "get_plan"))[0][0] == start


async def test_blocks_that_are_changed(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """A rate that begins at another time than before leaves nothing of the one before."""
    for start in (25, 26, 27):
        rates = [
            {"start": MIDNIGHT + begin * HOUR, "end": MIDNIGHT + end * HOUR, "value_inc_vat": value}
            for begin, end, value in ((0, start, 0.3), (start, start + 4, 0.1), (start + 4, 48, 0.3))
        ]
        hass.states.async_set(PRICES, "0.3", {"rates": rates})
        if start == 25:
            await act(hass, "set_goal", energy=7, ready_by="07:00", prices=PRICES)
        await settle(hass)
        plan = await act(hass, "get_plan")
        assert (plan["slots"][0]["start"][11:16], plan["why"]) == (f"{start - 24:02}:00", "cheapest")


async def test_prices_of_the_options(hass: HomeAssistant, loaded: MockConfigEntry, read: Read) -> None:
    """Those for plans count; without them the price sensor of the sessions does."""
    show_prices(hass)
    await configure(hass, loaded, plan_prices=[PRICES])
    await settle_counts(loaded)
    response = await act(hass, "set_goal", energy=11, ready_by="07:00")
    assert response["why"] == "cheapest"
    assert "prices" not in response["goal"]
    await configure(hass, loaded, price_sensor=PRICES)
    await settle_counts(loaded)
    assert loaded.options == {"price_sensor": PRICES}
    assert (await act(hass, "get_plan"))["why"] == "cheapest"
    await configure(hass, loaded)
    await settle_counts(loaded)
    await act(hass, "set_goal", energy=11, ready_by="07:00")
    assert (await act(hass, "get_plan"))["why"] == "no_prices"


async def test_renamed_entity_is_followed(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """In a goal, and in the options."""
    registry = er.async_get(hass)
    item = registry.async_get_or_create("sensor", "nordpool_hacs", "1", suggested_object_id="nord_pool")
    assert item.entity_id == PRICES
    show_prices(hass)
    await configure(hass, loaded, plan_prices=[PRICES])
    await settle_counts(loaded)
    await act(hass, "set_goal", energy=11, ready_by="07:00")
    registry.async_update_entity(PRICES, new_entity_id="sensor.market")
    await settle(hass)
    assert loaded.options["plan_prices"] == ["sensor.market"]
    hass.states.async_set("sensor.market", "1")
    await act(hass, "set_goal", energy=11, ready_by="07:00", prices="sensor.market")
    registry.async_update_entity("sensor.market", new_entity_id="sensor.exchange")
    await settle(hass)
    assert (await act(hass, "get_plan"))["goal"]["prices"] == ["sensor.exchange"]


async def test_entity_that_is_missing(hass: HomeAssistant, loaded: MockConfigEntry, days: Days) -> None:
    """A repair names it after ten minutes, and goes with its return, or with the goal."""
    show_prices(hass)
    await act(hass, "set_goal", energy=11, ready_by="07:00", prices=PRICES)
    issue_id = f"prices_missing_{loaded.entry_id}"
    issues = ir.async_get(hass)
    hass.states.async_remove(PRICES)
    await days.until("2026-11-20T12:05:00")
    assert issues.async_get_issue(DOMAIN, issue_id) is None
    await days.until("2026-11-20T12:11:00")
    issue = issues.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_placeholders == {"name": "SmartEVSE", "entity": PRICES}
    assert (await act(hass, "get_plan"))["why"] == "cheapest"
    show_prices(hass)
    await settle(hass)
    assert issues.async_get_issue(DOMAIN, issue_id) is None
    hass.states.async_remove(PRICES)
    await days.until("2026-11-20T12:25:00")
    assert issues.async_get_issue(DOMAIN, issue_id) is not None
    await act(hass, "clear_goal")
    assert issues.async_get_issue(DOMAIN, issue_id) is None


async def test_prices_of_all_goals_while_there_is_none(
    hass: HomeAssistant, loaded: MockConfigEntry, days: Days
) -> None:
    """They are followed under a new name, and reported when they are gone, before the next goal needs them."""
    registry, issues = er.async_get(hass), ir.async_get(hass)
    registry.async_get_or_create("sensor", "nordpool_hacs", "1", suggested_object_id="nord_pool")
    show_prices(hass)
    await configure(hass, loaded, plan_prices=[PRICES])
    await settle_counts(loaded)
    registry.async_update_entity(PRICES, new_entity_id="sensor.market")
    await settle(hass)
    assert loaded.options["plan_prices"] == ["sensor.market"]
    registry.async_remove("sensor.market")
    hass.states.async_remove("sensor.market")
    await days.until("2026-11-20T12:30:00")
    issue_id = f"prices_missing_{loaded.entry_id}"
    issue = issues.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_placeholders == {"name": "SmartEVSE", "entity": "sensor.market"}
    await configure(hass, loaded)
    assert issues.async_get_issue(DOMAIN, issue_id) is None


async def test_entities_of_a_goal_while_it_is_off(
    hass: HomeAssistant, loaded: MockConfigEntry, days: Days
) -> None:
    """Its prices and its car have their new names when it is switched on again, and are reported when they are gone."""
    registry, issues = er.async_get(hass), ir.async_get(hass)
    registry.async_get_or_create("sensor", "nordpool_hacs", "1", suggested_object_id="nord_pool")
    registry.async_get_or_create("sensor", "car", "1", suggested_object_id="car_soc")
    show_prices(hass)
    hass.states.async_set("sensor.car_soc", "40", {"unit_of_measurement": "%"})
    data = {"soc": 80, "soc_entity": "sensor.car_soc", "battery": 45, "ready_by": "07:00"}
    await act(hass, "set_goal", **data, days=["mon", "sun"], prices=PRICES)
    await hass.services.async_call(
        "switch", "turn_off", {"entity_id": "switch.smartevse_planned_charging"}, blocking=True
    )
    registry.async_update_entity(PRICES, new_entity_id="sensor.market")
    registry.async_update_entity("sensor.car_soc", new_entity_id="sensor.battery")
    await settle(hass)
    goal = (await act(hass, "get_plan"))["goal"]
    assert (goal["prices"], goal["soc_entity"]) == (["sensor.market"], "sensor.battery")
    for entity_id in ("sensor.market", "sensor.battery"):
        registry.async_remove(entity_id)
        hass.states.async_remove(entity_id)
    await days.until("2026-11-20T12:30:00")
    for kind, entity_id in (("prices", "sensor.market"), ("soc", "sensor.battery")):
        issue = issues.async_get_issue(DOMAIN, f"{kind}_missing_{loaded.entry_id}")
        assert issue is not None
        assert issue.translation_placeholders == {"name": "SmartEVSE", "entity": entity_id}
    hass.states.async_set("sensor.battery", "40", {"unit_of_measurement": "%"})
    await settle(hass)
    assert issues.async_get_issue(DOMAIN, f"soc_missing_{loaded.entry_id}") is None
    await act(hass, "clear_goal")
    assert issues.async_get_issue(DOMAIN, f"prices_missing_{loaded.entry_id}") is None


def show_numbers(hass: HomeAssistant, now: float, today: list[float], tomorrow: list[float]) -> None:
    """Let the sensor show two lists of numbers, which have no dates."""
    attributes = {"unit_of_measurement": "EUR/kWh", "today": today, "tomorrow": tomorrow}
    hass.states.async_set(PRICES, str(now), attributes)


@pytest.mark.parametrize("has_next", [True, False])
async def test_lists_of_the_day_before_after_midnight(
    hass: HomeAssistant, loaded: MockConfigEntry, days: Days, has_next: bool
) -> None:
    """A sensor that has a new price at midnight and the lists of the old day shows none of the new day."""
    first, second, third = ([0.1 if hour == cheap else 0.4 for hour in range(24)] for cheap in (1, 4, 6))
    show_numbers(hass, 0.4, first, second)
    response = await act(hass, "set_goal", energy=3, ready_by="09:00", prices=PRICES)
    assert slots(response) == [("04:00", "04:50")]
    await days.until("2026-11-21T00:00:05")
    show_numbers(hass, 0.41, first, second if has_next else [])
    await days.until("2026-11-21T00:02:00")
    response = await act(hass, "get_plan")
    assert (slots(response), response["why"]) == ([("04:00", "04:50")], "cheapest")
    # Its lists are of the new day now; prices that were corrected count.
    show_numbers(hass, 0.42, third, first)
    await days.until("2026-11-21T00:04:00")
    response = await act(hass, "get_plan")
    assert (slots(response), response["why"]) == ([("06:00", "06:50")], "cheapest")


async def test_days_that_cost_the_same(hass: HomeAssistant, loaded: MockConfigEntry, days: Days) -> None:
    """Lists of a new day are no old ones because they have the same numbers."""
    week, weekend = ([0.1 if hour == cheap else 0.4 for hour in range(24)] for cheap in (4, 6))
    show_numbers(hass, 0.4, week, week)
    await act(hass, "set_goal", energy=3, ready_by="09:00", days=["sun"], prices=PRICES)
    await days.until("2026-11-21T00:00:05")
    show_numbers(hass, 0.41, week, weekend)
    await days.until("2026-11-21T00:02:00")
    response = await act(hass, "get_plan")
    assert (slots(response), response["why"]) == ([("04:00", "04:50")], "cheapest")


@pytest.mark.parametrize(
    ("unit", "factor", "shown"),
    [
        ("EUR/kWh", 1, "EUR"),
        ("ct/kWh", 100, "EUR"),
        ("EUR/MWh", 1000, "EUR"),
        ("SEK/kWh", 10, "SEK"),
        ("gCO2eq/kWh", 500, "gCO2eq"),
        ("\u00b0C", 1, None),
        (None, 1, "EUR"),
    ],
)
async def test_units(
    hass: HomeAssistant, loaded: MockConfigEntry, unit: str | None, factor: float, shown: str | None
) -> None:
    """What is no price of the house's currency is planned by all the same, and its cost has its own unit."""
    show_prices(hass, today=[price * factor for price in DAY], tomorrow=[price * factor for price in DAY])
    state = hass.states.get(PRICES)
    assert state is not None
    attributes = {key: value for key, value in state.attributes.items() if key != "unit_of_measurement"}
    hass.states.async_set(PRICES, "1", attributes | ({} if unit is None else {"unit_of_measurement": unit}))
    response = await act(hass, "set_goal", energy=11, ready_by="07:00", prices=PRICES)
    assert slots(response) == [("01:55", "05:00")]
    assert response["unit"] == shown
    in_euro = shown == "EUR"
    if shown is None:
        assert response["cost"] is None
    else:
        assert response["cost"] == pytest.approx(0.668 * (1 if in_euro else factor), rel=0.05)
