"""The price of a charger: in its options, of a sensor that is away or odd, and what sessions cost."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.sessions.price import per_kwh, price_of
from homeassistant.core import HomeAssistant, State
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import Read

SENSOR = "sensor.electricity_price"


@pytest.mark.parametrize(
    ("unit", "currency", "factor"),
    [
        ("EUR/kWh", "EUR", 1),
        ("€/kWh", "EUR", 1),
        ("€ / MWh", "EUR", 0.001),
        ("EUR/Wh", "EUR", 1000),
        ("ct/kWh", "EUR", 0.01),
        ("öre/kWh", "SEK", 0.01),
        ("Öre/kWh", "SEK", 0.01),
        ("Kr/kWh", "NOK", 1),
        ("kr/kWh", "NOK", 1),
        ("p/kWh", "GBP", 0.01),
        ("JPY/kWh", "JPY", 1),
        ("EUR/kWh", "CHF", None),
        ("öre/kWh", "EUR", None),
        ("EUR", "EUR", None),
        ("EUR/l", "EUR", None),
        ("kWh", "EUR", None),
        (None, "EUR", None),
        (7, "EUR", None),
    ],
)
def test_units_of_a_price(unit: object, currency: str, factor: float | None) -> None:
    """A price is per unit of energy, in the currency of Home Assistant or a hundredth of it."""
    assert per_kwh(unit, currency) == (None if factor is None else pytest.approx(factor))


@pytest.mark.parametrize(
    ("value", "price"),
    [("0.3", 0.3), ("-0.05", -0.05), ("unavailable", None), ("unknown", None), ("nan", None), ("1e9", None)],
)
def test_values_of_a_price(value: str, price: float | None) -> None:
    """What is no number is no price."""
    assert price_of(State(SENSOR, value, {"unit_of_measurement": "EUR/kWh"}), "EUR") == price
    assert price_of(None, "EUR") is None


async def configure(hass: HomeAssistant, entry: MockConfigEntry, **data: Any) -> Any:
    """Fill in the form of the options."""
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "charger")
    result = await hass.config_entries.options.async_configure(result["flow_id"], data)
    await hass.async_block_till_done()
    return result


def show(hass: HomeAssistant, value: str, unit: str | None = "EUR/kWh") -> None:
    """Let the sensor show a price."""
    hass.states.async_set(SENSOR, value, {} if unit is None else {"unit_of_measurement": unit})


async def test_options_of_a_price(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """A fixed one or a sensor, or none again; what is odd is refused with a reason."""
    assert (await configure(hass, loaded, price=0.3, price_sensor=SENSOR))["errors"] == {
        "price_sensor": "two_prices"
    }
    show(hass, "0.3", "EUR/l")
    assert (await configure(hass, loaded, price_sensor=SENSOR))["errors"] == {"price_sensor": "no_price"}
    for value, unit in (("0.3", "EUR/kWh"), ("unavailable", None)):
        show(hass, value, unit)
        await configure(hass, loaded, price_sensor=SENSOR)
        assert loaded.options == {"price_sensor": SENSOR}
        await configure(hass, loaded, price=0.25)
        assert loaded.options == {"price": 0.25}
    await configure(hass, loaded)
    assert loaded.options == {}


@pytest.fixture
async def house(hass: HomeAssistant) -> None:
    """Count in euros."""
    await hass.config.async_update(currency="EUR")


class Car:
    """A car that charges, at a price."""

    def __init__(
        self, freezer: FrozenDateTimeFactory, entry: MockConfigEntry, emulator: SmartEvseEmulator
    ) -> None:
        """Know the charger."""
        self._freezer, self._entry, self._emulator = freezer, entry, emulator

    async def press(self, button: str) -> None:
        """Plug in, or unplug."""
        self._emulator.press(button)
        await self.charge(minutes=1)

    async def charge(self, minutes: int) -> None:
        """Let it charge, and be read."""
        for _ in range(minutes * 2):
            self._freezer.tick(timedelta(seconds=30))
            self._emulator.tick(30)
            await self._entry.runtime_data.coordinator.async_refresh()


@pytest.fixture
def car(freezer: FrozenDateTimeFactory, entry: MockConfigEntry, emulator: SmartEvseEmulator) -> Car:
    """Return it."""
    return Car(freezer, entry, emulator)


async def test_no_price_is_no_cost(
    hass: HomeAssistant, house: None, all_enabled: None, loaded: MockConfigEntry, car: Car, read: Read
) -> None:
    """Without a price there is no sensor of a cost, and nothing about it in the event."""
    await car.press("plug_in")
    await car.charge(5)
    await car.press("unplug")
    assert float(read("sensor.last_session_energy")) > 0
    assert hass.states.get("sensor.smartevse_last_session_cost") is None
    event = hass.states.get("event.smartevse_charging_session")
    assert event
    assert not {"cost", "currency", "cost_complete"} & set(event.attributes)


async def test_a_fixed_price(
    hass: HomeAssistant, house: None, all_enabled: None, loaded: MockConfigEntry, car: Car, read: Read
) -> None:
    """The cost is that of the energy."""
    await configure(hass, loaded, price=0.25)
    await car.press("plug_in")
    await car.charge(10)
    await car.press("unplug")
    energy_kwh = float(read("sensor.last_session_energy"))
    state = hass.states.get("sensor.smartevse_last_session_cost")
    assert state
    assert float(state.state) == pytest.approx(energy_kwh * 0.25, rel=0.01)
    assert (state.attributes["unit_of_measurement"], state.attributes["complete"]) == ("EUR", True)


@pytest.mark.parametrize("away", [("unavailable", None), ("0.4", "CHF/kWh"), ("0.4", "EUR/l"), None])
async def test_a_price_sensor_that_is_away_or_odd(
    hass: HomeAssistant,
    house: None,
    loaded: MockConfigEntry,
    car: Car,
    read: Read,
    away: tuple[str, str | None] | None,
) -> None:
    """That energy is without cost, and the session shows that its cost is incomplete."""
    show(hass, "0.2")
    await configure(hass, loaded, price_sensor=SENSOR)
    await car.press("plug_in")
    await car.charge(5)
    if away is None:
        hass.states.async_remove(SENSOR)
    else:
        show(hass, *away)
    await car.charge(5)
    show(hass, "20", "ct/kWh")
    await car.charge(5)
    await car.press("unplug")
    state = hass.states.get("event.smartevse_charging_session")
    assert state
    attributes = state.attributes
    assert attributes["cost"] == pytest.approx(attributes["energy_kwh"] * 0.2 * 2 / 3, rel=0.1)
    assert attributes["cost_complete"] is False


async def test_a_price_sensor_that_is_renamed(
    hass: HomeAssistant, house: None, all_enabled: None, loaded: MockConfigEntry, car: Car, read: Read
) -> None:
    """It is followed."""
    registry = er.async_get(hass)
    sensor = registry.async_get_or_create("sensor", "prices", "now", suggested_object_id="electricity_price")
    show(hass, "0.2")
    await configure(hass, loaded, price_sensor=SENSOR)
    registry.async_update_entity(sensor.entity_id, new_entity_id="sensor.price_now")
    await hass.async_block_till_done()
    assert loaded.options == {"price_sensor": "sensor.price_now"}
    hass.states.async_set("sensor.price_now", "0.2", {"unit_of_measurement": "EUR/kWh"})
    await car.press("plug_in")
    await car.charge(5)
    await car.press("unplug")
    energy_kwh = float(read("sensor.last_session_energy"))
    assert float(read("sensor.last_session_cost")) == pytest.approx(energy_kwh * 0.2, rel=0.05)


async def _passes(hass: HomeAssistant, freezer: FrozenDateTimeFactory, minutes: int) -> None:
    """Let time pass, and what is due then happen."""
    freezer.tick(timedelta(minutes=minutes, seconds=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


def _issue(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, str] | None:
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"price_missing_{entry.entry_id}")
    return None if issue is None else issue.translation_placeholders


@pytest.mark.parametrize("gone", ["removed", "never_was", "renamed"])
async def test_b3_a_price_sensor_that_is_gone(
    hass: HomeAssistant, house: None, loaded: MockConfigEntry, freezer: FrozenDateTimeFactory, gone: str
) -> None:
    """A repair names it after ten minutes, and goes with its return, or when it is named no more."""
    show(hass, "0.2")
    await configure(hass, loaded, price_sensor=SENSOR)
    await _passes(hass, freezer, 30)
    assert _issue(hass, loaded) is None
    if gone == "never_was":
        assert await hass.config_entries.async_unload(loaded.entry_id)
    hass.states.async_remove(SENSOR)
    if gone == "never_was":
        assert await hass.config_entries.async_setup(loaded.entry_id)
    if gone == "renamed":
        # One without a unique id, by its YAML.
        hass.states.async_set("sensor.price_now", "0.2", {"unit_of_measurement": "EUR/kWh"})
    await _passes(hass, freezer, 9)
    assert _issue(hass, loaded) is None
    await _passes(hass, freezer, 2)
    assert _issue(hass, loaded) == {"name": "SmartEVSE", "entity": SENSOR}
    show(hass, "0.2")
    await hass.async_block_till_done()
    assert _issue(hass, loaded) is None
    hass.states.async_remove(SENSOR)
    await _passes(hass, freezer, 11)
    assert _issue(hass, loaded) is not None
    await configure(hass, loaded, price=0.3)
    assert _issue(hass, loaded) is None
    await _passes(hass, freezer, 30)
    assert _issue(hass, loaded) is None


async def test_b3_no_repair_of_a_charger_that_is_gone(
    hass: HomeAssistant, house: None, loaded: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """The repair goes with the entry; a price that is only unavailable is none."""
    show(hass, "0.2")
    await configure(hass, loaded, price_sensor=SENSOR)
    show(hass, "unavailable")
    await _passes(hass, freezer, 30)
    assert _issue(hass, loaded) is None
    hass.states.async_remove(SENSOR)
    await _passes(hass, freezer, 11)
    assert _issue(hass, loaded) is not None
    await hass.config_entries.async_remove(loaded.entry_id)
    assert _issue(hass, loaded) is None
