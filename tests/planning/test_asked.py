"""The actions of other integrations that return prices: what is asked of them, against the fields that they take."""

from datetime import UTC, datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest

from custom_components.evse_pilot.planning.asked import Ask, asks_of, prices_of_response
from homeassistant.util.yaml import parse_yaml

ZONE = ZoneInfo("Europe/Amsterdam")
# The day before the clocks go back, and after midnight in the house, but not in UTC.
NOW = datetime(2026, 10, 24, 0, 30, tzinfo=ZONE)
TODAY, TOMORROW, AFTER = "2026-10-24", "2026-10-25", "2026-10-26"


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("nordpool", [{"date": TODAY}, {"date": TOMORROW}]),
        ("tibber", [{"start": f"{TODAY} 00:00:00", "end": f"{AFTER} 00:00:00"}]),
        ("energyzero", [{"incl_vat": True, "start": day, "end": day} for day in (TODAY, TOMORROW)]),
        ("easyenergy", [{"incl_vat": True, "start": day, "end": day} for day in (TODAY, TOMORROW)]),
        ("entsoe", [{"start": f"{TODAY} 00:00:00", "end": f"{AFTER} 00:00:00"}]),
        ("met", []),
    ],
)
def test_today_and_tomorrow_of_the_house(platform: str, expected: list[dict[str, object]]) -> None:
    """Of the entry that has the sensor, where an integration may have several."""
    asked = [dict(ask.data) for ask in asks_of(platform, "abc", NOW)]
    assert [data.pop("config_entry", None) for data in asked] == [
        None if platform == "tibber" else "abc" for _ in expected
    ]
    assert asked == expected


@pytest.mark.parametrize("platform", ["nordpool", "tibber", "energyzero", "easyenergy"])
def test_fields_that_the_installed_integration_has(platform: str) -> None:
    """Each action is there; it takes all that is given, and has all that it needs."""
    described = parse_yaml(
        files("homeassistant.components").joinpath(platform, "services.yaml").read_text(encoding="utf-8")
    )
    assert isinstance(described, dict)
    for ask in asks_of(platform, "abc", NOW):
        fields = described[ask.action]["fields"]
        assert set(ask.data) <= set(fields)
        assert {name for name, field in fields.items() if field.get("required")} <= set(ask.data)


@pytest.mark.parametrize(
    "ask", [Ask(action="get_prices", data={}), Ask(action="get_prices", data={}, key=None, per_kwh=0.001)]
)
def test_one_of_several_homes_or_areas(ask: Ask) -> None:
    """That with the name of the sensor's counts; without one the first."""

    def entries(price: float) -> list[dict[str, object]]:
        return [{"start": "2026-10-24T00:00:00+02:00", "price": price / ask.per_kwh}]

    lists = {"DE": entries(0.1), "NL": entries(0.2)}
    response = lists if ask.key is None else {ask.key: lists}
    for names, per_kwh in ((("BE", "NL"), 0.2), (("BE",), 0.1), ((), 0.1)):
        [price] = prices_of_response(ask, response, names, ZONE)
        assert price.per_kwh == pytest.approx(per_kwh)
        assert price.start == datetime(2026, 10, 23, 22, tzinfo=UTC)


@pytest.mark.parametrize("response", [None, 7, [], {}, {"prices": None}, {"prices": {}}, {"prices": [None]}])
def test_a_response_without_prices(response: object) -> None:
    """It has none, whatever it is."""
    assert prices_of_response(Ask(action="get_prices", data={}), response, (), ZONE) == ()
