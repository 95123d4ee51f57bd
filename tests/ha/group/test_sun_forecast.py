"""Plans of a group by the sun that count on the solar forecast of the Energy dashboard."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    mock_integration,
    mock_platform,
)

from custom_components.evse_pilot.balancing.forecast import TRUSTED, powers_of
from homeassistant.components.energy.data import async_get_manager
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from tests.ha.automations import device_of

from .conftest import House
from .test_sun import choose
from .test_sun_options import form

pytestmark = [pytest.mark.timeout(180), pytest.mark.usefixtures("all_enabled")]

HOUR = timedelta(hours=1)
# 70 % of it, less the house, are more than the 4.1 kW that a car needs on three phases.
ROOF_WH, HOUSE_W = 12_000, 1200
HOURS = 8


class Roof:
    """The solar forecast of an integration."""

    def __init__(self) -> None:
        """Expect sun in the next hours."""
        first = dt_util.now().replace(minute=0, second=0, microsecond=0)
        self.answer: Any = {
            "wh_hours": {(first + index * HOUR).isoformat(): ROOF_WH for index in range(HOURS + 1)}
        }
        self.calls = 0

    async def forecast(self, hass: HomeAssistant, config_entry_id: str) -> Any:
        """Return it, as the integration of a forecast does."""
        self.calls += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
async def panels(hass: HomeAssistant) -> Roof:
    """Set up an Energy dashboard with a solar forecast."""
    made, entry = Roof(), MockConfigEntry(domain="sunny")
    entry.add_to_hass(hass)
    mock_integration(hass, MockModule("sunny"))
    mock_platform(hass, "sunny.energy", Mock(async_get_solar_forecast=made.forecast))
    for component in ("energy", "sunny"):
        hass.config.components.add(component)
    manager = await async_get_manager(hass)
    solar: Any = [
        {"type": "grid"},
        {
            "type": "solar",
            "stat_energy_from": "sensor.roof",
            "config_entry_solar_forecast": [entry.entry_id, "gone"],
        },
        {"type": "solar", "stat_energy_from": "sensor.shed", "config_entry_solar_forecast": None},
    ]
    manager.data = manager.default_preferences() | {"energy_sources": solar}
    return made


async def switch_on(house: House, *, on: bool = True) -> None:
    """Let plans count on the forecast, or not, in the form of the sun."""
    result = await form(house)
    await house.hass.config_entries.options.async_configure(
        result["flow_id"],
        {"sun_forecast": on, "sun_forecast_house": HOUSE_W, "battery_sign": "discharging_positive"},
    )
    await house.settle()
    await house.live(8)


async def planned(house: House, charger: str = "Garage", energy: float = 9, hours: float = 7) -> Any:
    """Set a goal and return the plan."""
    hass = house.hass
    target = {"device_id": device_of(hass, house.entries[charger])}
    ready_by = (dt_util.now() + hours * HOUR).isoformat()
    await hass.services.async_call(
        "evse_pilot", "set_goal", {**target, "energy": energy, "ready_by": ready_by}, blocking=True
    )
    response: Any = await hass.services.async_call(
        "evse_pilot", "get_plan", target, blocking=True, return_response=True
    )
    return next(iter(response["chargers"].values()))


async def test_the_sun_comes_first(roof: House, panels: Roof) -> None:
    """Nothing is planned while the sun is expected to be enough, and only the rest if it is not."""
    await choose(roof, "sun_only")
    assert (await planned(roof))["why"] == "no_prices"
    assert panels.calls == 0
    await switch_on(roof)
    made = await planned(roof)
    assert (made["why"], made["slots"], made["sun_kwh"], made["energy_kwh"]) == ("sun", [], 9, 0)
    # Of a car that never charged here it is known that it takes 3.7 kW; the forecast has eight or nine hours.
    made = await planned(roof, energy=40, hours=20)
    assert 8 * 3.6 < made["sun_kwh"] < 9 * 3.7
    assert made["energy_kwh"] + made["sun_kwh"] == pytest.approx(40, abs=0.5)
    await switch_on(roof, on=False)
    assert (await planned(roof))["why"] == "no_prices"


async def test_sun_that_is_not_enough_for_a_car(roof: House, panels: Roof) -> None:
    """A car that waits has nothing of less than its least."""
    panels.answer["wh_hours"] = dict.fromkeys(panels.answer["wh_hours"], 6000)
    await choose(roof, "sun_only")
    await switch_on(roof)
    assert (await planned(roof))["sun_kwh"] == 0


async def test_two_cars_share_it(roof: House, panels: Roof) -> None:
    """Each counts on half of it, which is too little for either; one alone has all."""
    await choose(roof, "sun_only", None)
    await switch_on(roof)
    assert (await planned(roof))["why"] == "sun"
    roof.boxes["Carport"].plug_in()
    await roof.live(10)
    assert (await planned(roof))["why"] == "no_prices"


@pytest.mark.parametrize("mode", ["fast", "off"])
async def test_without_a_solar_mode_it_does_not_count(roof: House, panels: Roof, mode: str) -> None:
    """Only a charger that the sun steers has it."""
    await switch_on(roof)
    await choose(roof, "sun_only")
    await roof.live(2)
    assert (await planned(roof))["why"] == "sun"
    await choose(roof, mode)
    await roof.live(2)
    assert (await planned(roof))["why"] == "no_prices"


async def test_group_that_goes(roof: House, panels: Roof) -> None:
    """Without its group no sun is expected."""
    await switch_on(roof)
    await choose(roof, "sun_only")
    await roof.live(2)
    await roof.hass.config_entries.async_remove(roof.group.entry_id)
    await roof.settle()
    assert (await planned(roof))["why"] == "no_prices"


@pytest.mark.parametrize(
    "answer", [HomeAssistantError("no"), KeyError("data"), None, {}, {"wh_hours": None}, {"wh_hours": 7}]
)
async def test_no_answer(roof: House, panels: Roof, answer: Any) -> None:
    """A forecast that fails is none; one that was known counts on, also over a restart, and is read again."""
    await choose(roof, "sun_only")
    known, panels.answer = panels.answer, answer
    await switch_on(roof)
    calls = panels.calls
    assert calls > 0
    assert (await planned(roof))["why"] == "no_prices"
    panels.answer = known
    await roof.live(70)
    assert panels.calls > calls
    assert (await planned(roof))["why"] == "sun"
    panels.answer = answer
    await roof.restart()
    await roof.live(5)
    assert (await planned(roof))["why"] == "sun"


async def test_no_forecast_in_the_energy_dashboard(roof: House) -> None:
    """It cannot be chosen, and nothing is changed."""
    before = dict(roof.group.options)
    result = await form(roof)
    result = await roof.hass.config_entries.options.async_configure(
        result["flow_id"], {"sun_forecast": True, "battery_sign": "discharging_positive"}
    )
    assert result["errors"] == {"sun_forecast": "no_forecast"}
    assert roof.group.options == before


def test_several_roofs() -> None:
    """Of several roofs with times of their own it is the sum; a value lasts until the next one, or an hour."""
    now = datetime(2026, 6, 1, 10, 30, tzinfo=UTC)
    east = {"2026-06-01T09:00:00+00:00": 9e3, "2026-06-01T12:00+02:00": 4000, "2026-06-01T11:00Z": 2000}
    west = {"2026-06-01T10:30:00+00:00": 1000, "2026-06-01T11:00:00+00:00": 1500, "2026-06-01T11:30Z": 0}
    senseless = {"noon": 5000, "2026-06-01T10:00Z": "much", "2026-06-01T11:00Z": -3, "2026-06-01T12:00Z": 1e9}
    powers = powers_of([east, west, senseless], now, house_w=700)
    assert [(each.start.strftime("%H:%M"), each.end.strftime("%H:%M")) for each in powers] == [
        ("10:30", "11:00"),
        ("11:00", "11:30"),
        ("11:30", "12:00"),
    ]
    assert [each.power_w for each in powers] == pytest.approx(
        [TRUSTED * 6000 - 700, TRUSTED * 5000 - 700, TRUSTED * 2000 - 700]
    )
