"""A peak tariff in a running group: its form, what it shows, what it leaves to the cars, and what outlives a restart."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
import re
from typing import Any

import pytest

from custom_components.evse_pilot.balancing.peaks.settings import (
    CONF_PEAK_FOLLOWS,
    CONF_PEAK_SENSOR,
    CONF_PEAK_TARGET,
    CONF_PEAK_WINDOW,
    OF_A_PEAK,
    PeakLength,
)
from custom_components.evse_pilot.balancing.peaks.tariff import PeakTariff
from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.diagnostics import async_get_config_entry_diagnostics
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .conftest import OPTIONS, House

pytestmark = pytest.mark.timeout(180)

# Nine minutes before the clocks go back, in the middle of a quarter-hour.
NIGHT = datetime(2026, 10, 25, 0, 51, tzinfo=UTC)
SENSOR = "sensor.average_demand"
TARIFF = {CONF_PEAK_WINDOW: PeakLength.QUARTER.value, CONF_PEAK_TARGET: 5.0, CONF_PEAK_FOLLOWS: False}

type Load = Callable[..., Awaitable[House]]


@pytest.fixture
async def load(
    hass: HomeAssistant,
    empty_house: House,
    members: list[ConfigSubentryDataWithId],
    monkeypatch: pytest.MonkeyPatch,
) -> Load:
    """Return what sets up a house with a peak tariff, whose clock can be wound, with a car in the garage."""
    await hass.config.async_set_time_zone("Europe/Brussels")
    monkeypatch.setattr(
        "custom_components.evse_pilot.balancing.peaks.tariff.utcnow",
        lambda: NIGHT + timedelta(seconds=empty_house.offset_s),
    )

    async def _load(**options: Any) -> House:
        await empty_house.load_group(*members, **TARIFF | options)
        empty_house.base_a = [0.5, 0.4, 0.3]
        empty_house.boxes["Garage"].plug_in()
        await empty_house.live(3)
        return empty_house

    return _load


def _power_kw(house: House) -> float:
    return 230 * sum(house.mains_a) / 1000


@pytest.mark.usefixtures("all_enabled")
async def test_the_cars_get_what_the_target_leaves(load: Load, hass: HomeAssistant) -> None:
    """The reason is the tariff, and the prediction is near the target and not above it."""
    house = await load()
    await house.live(90)
    assert 4.5 < _power_kw(house) <= 5
    assert house.why()[0] == "peak"
    charger = house.entries["Garage"].runtime_data.id
    limited_by = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{charger}_limited_by")
    assert limited_by is not None
    for entity_id in (limited_by, house.entity_id("sensor.reason", "Garage")):
        state = hass.states.get(entity_id)
        assert state is not None
        assert re.fullmatch(r"(4\.[5-9]|5\.0) / 5\.0 kW", state.attributes["detail"])
    assert house.read("binary_sensor.limiting") == "on"
    assert 4.5 < float(house.read("sensor.predicted_peak")) <= 5
    assert house.read("sensor.highest_peak") == "unknown"
    # More is left to the cars at once.
    await house.act("number.set_value", "number.peak_target", value=8)
    await house.live(60)
    assert _power_kw(house) > 5
    assert house.read("number.peak_target") == "8.0"


@pytest.mark.usefixtures("all_enabled")
async def test_a_window_that_is_over_is_the_highest(load: Load, hass: HomeAssistant) -> None:
    """By the clock of the house; one that is known in part is none."""
    house = await load()
    house.boxes["Garage"].unplug()
    # The window of the start is known from its sixth minute on only.
    await house.live(540, polled=False)
    assert house.read("sensor.highest_peak") == "unknown"
    house.base_a = [4.0, 4.0, 2.0]
    await house.live(905, polled=False)
    state = hass.states.get(house.entity_id("sensor.highest_peak"))
    assert state
    assert float(state.state) == pytest.approx(2.3, abs=0.05)
    # The second 2:00 of that night.
    assert state.attributes["start"].isoformat() == "2026-10-25T02:00:00+01:00"
    for key in ("sensor.peak_mean_of_days", "sensor.peak_mean_of_windows"):
        state = hass.states.get(house.entity_id(key))
        assert state
        assert list(state.attributes["windows"]) == ["2026-10-25T02:00+01:00"]

    await house.restart()
    await house.live(2)
    assert float(house.read("sensor.highest_peak")) == pytest.approx(2.3, abs=0.05)


@pytest.mark.usefixtures("all_enabled")
async def test_what_was_reached_is_the_target(load: Load) -> None:
    """If the owner wants it: to stay below would save nothing."""
    house = await load(**{CONF_PEAK_TARGET: 2.5, CONF_PEAK_FOLLOWS: True})
    house.boxes["Garage"].unplug()
    house.base_a = [9.0, 9.0, 9.0]
    await house.live(540 + 905, polled=False)
    assert float(house.read("sensor.highest_peak")) == pytest.approx(6.2, abs=0.05)
    house.base_a = [0.5, 0.4, 0.3]
    house.boxes["Garage"].plug_in()
    await house.live(400)
    assert house.offers[0] >= 6
    assert house.read("number.peak_target") == "2.5"


@pytest.mark.usefixtures("all_enabled")
async def test_a_restart_within_a_window(load: Load) -> None:
    """What was counted is stored, and the mean goes on where it was."""
    house = await load()
    await house.live(200)
    tariff = _tariff(house)
    before_ws = tariff.window().left_as
    await house.restart()
    after_ws = _tariff(house).window().left_as
    assert 0 <= before_ws - after_ws < 0.02 * before_ws + 100


@pytest.mark.usefixtures("all_enabled")
async def test_a_start_within_a_window_leaves_no_more_than_the_target(load: Load) -> None:
    """What was drawn before is not known, and taken for the target."""
    house = await load()
    window = _tariff(house).window()
    assert window.left_as == pytest.approx(window.target_a * window.left_s, rel=0.05)


async def test_the_meters_own_mean(hass: HomeAssistant, load: Load) -> None:
    """It counts instead of what was read here; what is no power changes nothing."""
    hass.states.async_set(SENSOR, "unavailable")
    house = await load(**{CONF_PEAK_SENSOR: SENSOR})
    for odd, unit in (("unknown", "kW"), ("3", "A"), ("nan", "kW"), ("900", "kW"), ("-1", "kW")):
        hass.states.async_set(SENSOR, odd, {"unit_of_measurement": unit})
        await house.live(1)
        window = _tariff(house).window()
        assert window.left_as == pytest.approx(window.target_a * window.left_s, rel=0.1)
    hass.states.async_set(SENSOR, "0.4", {"unit_of_measurement": "kW"})
    await house.live(1)
    window = _tariff(house).window()
    assert window.target_a * window.length_s - window.left_as == pytest.approx(900 * 400 / 230, rel=0.2)


async def test_a_house_above_the_target(load: Load) -> None:
    """The cars pause, and the fuse is no matter."""
    house = await load(**{CONF_PEAK_TARGET: 3.0})
    house.base_a = [6.0, 5.0, 5.0]
    await house.live(240)
    assert house.offers == [0.0, 0.0]
    assert house.why()[0] == "peak"


async def test_a_dimmed_house_leaves_each_charger_its_minimum(load: Load) -> None:
    """4.2 kW for the cars alone, whatever the house draws: one of two three-phase cars has it, and they take turns."""
    house = await load(**{CONF_PEAK_WINDOW: PeakLength.NONE.value})
    house.boxes["Carport"].plug_in()
    house.base_a = [12.0, 12.0, 12.0]
    await house.live(60)
    await house.hass.services.async_call(
        "evse_pilot",
        "set_group_limit",
        {"entity_id": house.entity_id("select.mode"), "power": 4200, "cars_only": True},
        blocking=True,
    )
    await house.live(30)
    assert sorted(house.offers) == [0.0, 6.0]
    assert set(house.why()) <= {"temporary_ceiling", "rotation"}


async def test_the_form(hass: HomeAssistant, load: Load) -> None:
    """The tariff is chosen in the options, and taken away there; other forms leave it as it is."""
    house = await load(**{CONF_PEAK_WINDOW: PeakLength.NONE.value})
    limits = {key: value for key, value in OPTIONS.items() if not key.startswith("sensor")}
    sensors = {key: value for key, value in OPTIONS.items() if key.startswith("sensor")}
    sensors |= {"sign": "import_positive", "nominal_voltage": 230, "exports": True}
    options = hass.config_entries.options
    result: Any = await options.async_init(house.group.entry_id)
    result = await options.async_configure(result["flow_id"], limits | {CONF_PEAK_WINDOW: "hour"})
    result = await options.async_configure(result["flow_id"], sensors)
    # A house that feeds in is asked for its sun before.
    assert result["step_id"] == "sun"
    result = await options.async_configure(result["flow_id"], {})
    assert result["step_id"] == "peak"
    peak = {CONF_PEAK_TARGET: 4.5, CONF_PEAK_FOLLOWS: True, CONF_PEAK_SENSOR: "sensor.mains_l1"}
    result = await options.async_configure(result["flow_id"], peak)
    assert result["errors"] == {CONF_PEAK_SENSOR: "no_power"}
    hass.states.async_set(SENSOR, "1", {"unit_of_measurement": "kW"})
    result = await options.async_configure(result["flow_id"], peak | {CONF_PEAK_SENSOR: SENSOR})
    assert result["type"] == "create_entry"
    await house.settle()
    chosen = {key: value for key, value in house.group.options.items() if key in OF_A_PEAK}
    assert chosen == peak | {CONF_PEAK_SENSOR: SENSOR, CONF_PEAK_WINDOW: "hour"}
    report = await async_get_config_entry_diagnostics(hass, house.group)
    assert "predicted_kw" in str(report)

    result = await options.async_init(house.group.entry_id)
    result = await options.async_configure(result["flow_id"], limits | {CONF_PEAK_WINDOW: "none"})
    result = await options.async_configure(result["flow_id"], sensors | {"exports": False})
    assert result["type"] == "create_entry"
    await house.settle()
    assert not OF_A_PEAK & house.group.options.keys()


def _tariff(house: House) -> PeakTariff:
    assert house.runner.tariff
    return house.runner.tariff
