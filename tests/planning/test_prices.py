"""Prices as integrations have them: the forms of their attributes and responses, and what is wrong with them."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.evse_pilot.planning.prices import (
    joined,
    prices_of_attributes,
    prices_of_list,
    without_past,
)
from custom_components.evse_pilot.planning.segments import Price
from custom_components.evse_pilot.planning.tariff import blocks_of, has_prices, prices_of_blocks

ZONE = ZoneInfo("Europe/Berlin")
DAY = datetime(2026, 11, 26, tzinfo=ZONE)
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)


def at(hour: float) -> datetime:
    """Return a moment of the day, in UTC."""
    return (DAY + timedelta(hours=hour)).astimezone(UTC)


def read(attributes: dict[str, Any], per_kwh: float = 1.0) -> list[tuple[datetime, datetime, Any]]:
    """Return the prices of attributes, as tuples."""
    return [
        (price.start, price.end, pytest.approx(price.per_kwh))
        for price in prices_of_attributes(attributes, per_kwh, ZONE, DAY.date())
    ]


EXPECTED = [(at(0), at(1), 0.31), (at(1), at(2), -0.02), (at(24), at(25), 0.12)]


def test_nord_pool_of_hacs() -> None:
    """Its lists of today and of tomorrow have moments, not texts; tomorrow's is empty until 13:00."""
    today: list[dict[str, Any]] = [
        {"start": DAY, "end": DAY + HOUR, "value": 0.31},
        {"start": DAY + HOUR, "end": DAY + 2 * HOUR, "value": -0.02},
    ]
    tomorrow: list[dict[str, Any]] = [{"start": DAY + 24 * HOUR, "end": DAY + 25 * HOUR, "value": 0.12}]
    attributes = {"raw_today": today, "raw_tomorrow": tomorrow, "today": [0.31, -0.02], "tomorrow": []}
    assert read(attributes) == EXPECTED
    assert read(attributes | {"raw_tomorrow": []}) == EXPECTED[:2]
    # A sensor in öre has its lists in öre.
    hundredths = [{**each, "value": each["value"] * 100} for each in (*today, *tomorrow)]
    assert read({"raw_today": hundredths, "raw_tomorrow": None}, 0.01) == EXPECTED


def test_nord_pool_of_home_assistant() -> None:
    """Its action returns the prices of a MWh, in quarters of an hour."""
    area = [
        {"start": "2026-11-25T23:00:00+00:00", "end": "2026-11-25T23:15:00+00:00", "price": 310.0},
        {"start": "2026-11-25T23:15:00+00:00", "end": "2026-11-25T23:30:00+00:00", "price": -20.0},
    ]
    prices = prices_of_list(area, 0.001, ZONE)
    assert [(price.start, price.end) for price in prices] == [(at(0), at(0.25)), (at(0.25), at(0.5))]
    assert [price.per_kwh for price in prices] == pytest.approx([0.31, -0.02])


def test_entso_e() -> None:
    """It writes moments as texts with a space, and no ends."""
    prices = [
        {"time": "2026-11-26 00:00:00+01:00", "price": 0.31},
        {"time": "2026-11-26 01:00:00+01:00", "price": -0.02},
        {"time": "2026-11-27 00:00:00+01:00", "price": 0.12},
    ]
    assert read({"prices_today": prices[:2], "prices_tomorrow": prices[2:], "prices": prices}) == EXPECTED
    assert read({"prices_today": prices[:2], "prices_tomorrow": prices[2:]}) == EXPECTED
    quarters = [
        {"time": f"2026-11-26 00:{minute:02}:00+01:00", "price": minute / 100} for minute in (0, 15, 30, 45)
    ]
    assert [(end - start) for start, end, _ in read({"prices": quarters})] == [QUARTER] * 4


def test_tibber() -> None:
    """Its action returns when each price begins; which ends with the next one."""
    home = [
        {"start_time": "2026-11-26T00:00:00.000+01:00", "price": 0.31},
        {"start_time": "2026-11-26T00:15:00.000+01:00", "price": -0.02},
    ]
    prices = prices_of_list(home, 1, ZONE)
    assert [(price.start, price.end) for price in prices] == [(at(0), at(0.25)), (at(0.25), at(0.5))]


def test_octopus_energy() -> None:
    """Its event entities have the rates of a day, in pounds."""
    rates = [
        {
            "start": DAY + index * 2 * QUARTER,
            "end": DAY + (index + 1) * 2 * QUARTER,
            "value_inc_vat": 0.24514 - index,
            "is_capped": False,
        }
        for index in range(2)
    ]
    assert read({"event_type": "octopus_energy_electricity_current_day_rates", "rates": rates}) == [
        (at(0), at(0.5), 0.24514),
        (at(0.5), at(1), -0.75486),
    ]
    today, tomorrow = (prices_of_list([rate], 1, ZONE) for rate in rates)
    assert [price.start for price in joined((tomorrow, today))] == [at(0), at(0.5)]


@pytest.mark.parametrize(
    ("names", "per_kwh"),
    [
        # The net price is in cents, whatever the unit of the sensor; a price per MWh has both.
        ({"price_ct_per_kwh": 31.0}, 7),
        ({"price_eur_per_mwh": 310.0, "price_ct_per_kwh": 31.0}, 7),
        ({"price_gbp_per_mwh": 310.0, "price_pence_per_kwh": 31.0}, 7),
        ({"price_per_kwh": 0.31}, 1),
    ],
)
def test_epex_spot(names: dict[str, float], per_kwh: float) -> None:
    """The names of its prices have had their unit, and have none since."""
    data = [{"start_time": "2026-11-26T00:00:00+01:00", "end_time": "2026-11-26T01:00:00+01:00", **names}]
    assert read({"data": data}, per_kwh) == EXPECTED[:1]


def test_amber() -> None:
    """Its intervals begin a second late, and it has no price of the one that lasts."""
    forecasts = [
        {
            "duration": 30,
            "date": "2026-11-26",
            "per_kwh": value,
            "spot_per_kwh": 0.1,
            "start_time": f"2026-11-26T{start}:01+00:00",
            "end_time": f"2026-11-26T{end}:00+00:00",
            "descriptor": "low",
        }
        for value, start, end in ((0.31, "00:00", "00:30"), (-0.02, "00:30", "01:00"))
    ]
    assert read({"forecasts": forecasts, "channel_type": "general"}) == [
        (at(1), at(1.5), 0.31),
        (at(1.5), at(2), -0.02),
    ]


def test_energy_zero() -> None:
    """Its action returns texts of moments with a space."""
    entry = {"price": 0.31, "timestamp": "2026-11-25 23:00:00+00:00", "start": "2026-11-25 23:00:00+00:00"}
    assert prices_of_list([{**entry, "end": "2026-11-26 00:00:00+00:00"}], 1, ZONE) == (
        Price(start=at(0), end=at(1), per_kwh=0.31),
    )


def test_carbon_dioxide() -> None:
    """A forecast of grams is as good as one of prices."""
    forecast = [
        {"from": "2026-11-26T00:00Z", "to": "2026-11-26T00:30Z", "intensity": 112},
        {"from": "2026-11-26T00:30Z", "to": "2026-11-26T01:00Z", "intensity": 87},
    ]
    assert read({"forecast": forecast}) == [(at(1), at(1.5), 112), (at(1.5), at(2), 87)]


def test_list_of_a_template() -> None:
    """Texts for numbers, and times without a zone, which are those of the house."""
    assert read({"today": [{"startsAt": "2026-11-26T00:00:00", "total": "0.31"}]}) == EXPECTED[:1]


@pytest.mark.parametrize(
    "entry",
    [
        None,
        7,
        "2026-11-26",
        {},
        {"start": "2026-11-26T05:00:00+01:00"},
        {"value": 0.1},
        {"start": "yesterday", "value": 0.1},
        {"start": 1795600000, "value": 0.1},
        {"start": datetime.min, "value": 0.1},
        {"start": at(5), "value": None},
        {"start": at(5), "value": "n/a"},
        {"start": at(5), "value": "nan"},
        {"start": at(5), "value": float("inf")},
        {"start": at(5), "value": True},
        {"start": at(5), "value": []},
        {"start": at(5), "value": 1e9},
        {"start": at(5), "end": at(5), "value": 0.1},
        {"start": at(5), "end": at(4), "value": 0.1},
    ],
)
def test_what_cannot_be_read_is_left_out(entry: Any) -> None:
    """The others are kept."""
    good = [{"start": at(hour), "end": at(hour + 1), "value": hour} for hour in (3, 7)]
    assert [start for start, _, _ in read({"raw_today": [good[0], entry, good[1]]})] == [at(3), at(7)]


def test_energi_data_service() -> None:
    """It names the beginning an hour; its lists of numbers have the same prices."""
    hours: list[Any] = [{"hour": at(0), "price": 0.31}, {"hour": at(1), "price": -0.02}]
    attributes = {"raw_today": hours, "raw_tomorrow": [{"hour": at(24), "price": 0.12}], "today": [1.0] * 24}
    assert read(attributes) == EXPECTED
    assert read(attributes | {"raw_tomorrow": None}) == EXPECTED[:2]


def test_frank_energie() -> None:
    """Its prices have from and till."""
    prices = [{"from": start, "till": end, "price": price} for start, end, price in ((at(0), at(2), 0.2),)]
    assert read({"prices": prices}) == [(at(0), at(2), 0.2)]


def test_zonneplan() -> None:
    """Its forecast has ten-millionths of a euro, whatever the unit of the sensor is."""
    forecast = [
        {"datetime": at(hour).isoformat(), "electricity_price": value, "electricity_price_excl_tax": 1}
        for hour, value in ((0, 3_100_000), (1, -200_000))
    ]
    assert read({"forecast": forecast}, 0.01) == EXPECTED[:2]
    assert read({"forecast": [*forecast, {"datetime": at(24).isoformat(), "price": 0.12}]}) == EXPECTED


def test_czech_spot_prices() -> None:
    """The moments are the names of its attributes."""
    prices = {(DAY + hour * HOUR).isoformat(): price for hour, price in ((0, 0.31), (1, -0.02), (24, 0.12))}
    others = {"friendly_name": "Price", "unit_of_measurement": "CZK/kWh", "Till": 3, "T": 4}
    assert read(others | prices) == EXPECTED
    assert read({key: value * 1000 for key, value in prices.items()}, 0.001) == EXPECTED


def test_pvpc() -> None:
    """Each hour of this day and of the next one is an attribute."""
    attributes = {"price_00h": 0.31, "price_01h": -0.02, "price_next_day_00h": 0.12, "next_price": 1}
    assert read(attributes | {"price_24h": 1, "price_02h": None, "tariff": "2.0TD"}) == EXPECTED


def test_pvpc_when_the_clocks_go_back() -> None:
    """The hour that comes twice has an attribute for each."""
    zone, day = ZoneInfo("Europe/Madrid"), date(2026, 10, 25)
    attributes = {"price_01h": 1, "price_02h": 2, "price_02h_d": 3, "price_03h": 4}
    prices = prices_of_attributes(attributes, 1, zone, day)
    first = datetime(2026, 10, 24, 23, tzinfo=UTC)
    assert [(price.start - first, price.per_kwh) for price in prices] == [
        (index * HOUR, index + 1) for index in range(4)
    ]


@pytest.mark.parametrize(("count", "length"), [(24, HOUR), (48, HOUR / 2), (96, QUARTER)])
def test_numbers_without_times(count: int, length: timedelta) -> None:
    """A list of numbers fills a day, from midnight on; what is no number is left out."""
    today: list[Any] = [index / 100 for index in range(count)]
    prices = read({"today": today, "tomorrow": []})
    assert prices == [
        (at(0) + index * length, at(0) + (index + 1) * length, index / 100) for index in range(count)
    ]
    assert read({"prices_today": today, "prices_tomorrow": None}) == prices
    today[3] = None
    both = read({"today": today, "tomorrow": [0.5] * 24}, 0.01)
    assert len(both) == count - 1 + 24
    assert both[-1] == (at(47), at(48), 0.005)


@pytest.mark.parametrize("count", [1, 12, 23, 25, 95, 1000])
def test_numbers_that_fill_no_day(count: int) -> None:
    """They are no prices of this day."""
    assert read({"today": [0.1] * count}) == []


def test_numbers_of_a_longer_day() -> None:
    """The day on which the clocks go back has 25 hours."""
    day = date(2026, 10, 25)
    assert len(prices_of_attributes({"today": [0.1] * 25}, 1, ZONE, day)) == 25
    assert prices_of_attributes({"today": [0.1] * 24}, 1, ZONE, day) == ()


@pytest.mark.parametrize("attributes", [{}, {"raw_today": None}, {"prices": "0.31"}, {"data": {"a": 1}}])
def test_no_list(attributes: dict[str, Any]) -> None:
    """An entity without a list has no prices."""
    assert read(attributes) == []


def test_duplicates_overlaps_and_holes() -> None:
    """Of two prices of one hour the last one counts, a later hour ends an earlier one, and a hole stays one."""
    entries = [
        {"start": at(2), "end": at(3), "value": 1},
        {"start": at(0), "end": at(1), "value": 2},
        {"start": at(0), "end": at(2.5), "value": 3},
        {"start": at(5), "value": 4},
    ]
    assert [(price.start, price.end, price.per_kwh) for price in prices_of_list(entries, 1, ZONE)] == [
        (at(0), at(2), 3),
        (at(2), at(3), 1),
        (at(5), at(6), 4),
    ]


def test_past_only() -> None:
    """What is two days old is no price any more; yesterday's is a guess for today."""
    prices = prices_of_list(
        [{"start": at(hour), "end": at(hour + 1), "value": 1} for hour in range(24)], 1, ZONE
    )
    assert without_past(prices, at(80)) == ()
    assert without_past(prices, at(48)) == prices
    assert without_past(prices, at(60))[0].start == at(12)


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 11, 26), 24)])
def test_days_on_which_the_clocks_change(day: tuple[int, int, int], hours: int) -> None:
    """A day has 23 or 25 hours, each of which is there once; and a tariff by a helper has all of the day."""
    midnight = datetime(*day, tzinfo=ZONE).astimezone(UTC)
    entries = [
        {"start": (midnight + index * HOUR).astimezone(ZONE).isoformat(), "value": index}
        for index in range(hours)
    ]
    prices = prices_of_list(entries, 1, ZONE)
    assert [price.per_kwh for price in prices] == list(range(hours))
    assert prices[-1].end == midnight + hours * HOUR
    week = {name: [{"from": "02:30:00", "to": "06:00:00"}] for name in ("sunday", "thursday")}
    tariff = prices_of_blocks(blocks_of(week), datetime(*day).date(), 1, ZONE)
    assert (tariff[0].start, tariff[-1].end) == (midnight, midnight + hours * HOUR)
    assert all(before.end == after.start for before, after in pairwise(tariff))


def test_tariff_by_a_helper() -> None:
    """Its blocks are cheap, or have prices, and then other times have the highest of them."""
    night = {"from": time(22), "to": time.max}
    morning = {"from": time(), "to": "06:00:00"}
    blocks = blocks_of({"thursday": [night, morning], "friday": [morning]})
    assert not has_prices(blocks)
    assert [
        (price.start, price.end, price.per_kwh) for price in prices_of_blocks(blocks, DAY.date(), 2, ZONE)
    ] == [
        (at(0), at(6), 0),
        (at(6), at(22), 1),
        (at(22), at(24), 0),
        (at(24), at(30), 0),
        (at(30), at(48), 1),
    ]
    priced = blocks_of({"thursday": [night | {"data": {"price": 0.2}}, morning | {"data": {"price": "0.3"}}]})
    assert has_prices(priced)
    assert [price.per_kwh for price in prices_of_blocks(priced, DAY.date(), 1, ZONE)] == [0.3, 0.3, 0.2]


@pytest.mark.parametrize(
    "week",
    [
        None,
        [],
        {},
        {"monday": "all"},
        {"monday": [7]},
        {"monday": [{"from": "x", "to": "y"}]},
        {"monday": [{"from": "07:00:00", "to": "06:00:00"}]},
    ],
)
def test_helper_that_makes_no_sense(week: Any) -> None:
    """It is no tariff."""
    assert prices_of_blocks(blocks_of(week), DAY.date(), 2, ZONE) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.datetimes(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["start", "end", "value", "price", "rates"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(["raw_today", "today", "prices", "rates", "data", "price_03h", "2026-11-26T05:00"]),
        JSON,
        max_size=4,
    )
)
def test_whatever_the_attributes_are(attributes: dict[str, Any]) -> None:
    """Prices are in order, do not overlap, and are numbers."""
    prices = prices_of_attributes(attributes, 1, ZONE, DAY.date())
    assert all(price.start < price.end and abs(price.per_kwh) <= 1e6 for price in prices)
    assert all(before.end <= after.start for before, after in pairwise(prices))
