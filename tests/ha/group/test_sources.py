"""The sensors of the mains, whatever they report."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.balancing.settings import CONF_FUSE, CONF_MARGIN, CONF_PHASES
from custom_components.evse_pilot.balancing.sources import MainsSensors
from custom_components.evse_pilot.const import DOMAIN
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util

from .conftest import SENSORS, House, member

type Readings = list[tuple[Any, ...]]
ONE: dict[str, Any] = {"sensor_l1": "sensor.l1"}


class Meter:
    """Listens to sensors, and keeps their readings."""

    listening: ClassVar[list[MainsSensors]] = []

    def __init__(self, hass: HomeAssistant, phases: int = 1, **options: Any) -> None:
        """Listen."""
        self.hass = hass
        self.readings: Readings = []
        limits = {CONF_FUSE: 25.0, CONF_MARGIN: 1.0}
        entry = MockConfigEntry(domain=DOMAIN, data={CONF_PHASES: phases}, options=limits | options)
        self.sensors = MainsSensors(hass, entry, phases, lambda amps: self.readings.append(tuple(amps)))
        self.sensors.async_start()
        self.listening.append(self.sensors)

    async def report(self, entity_id: str, value: object, unit: str | None = "A") -> Readings:
        """Let a sensor report; return the readings that come of it."""
        self.readings.clear()
        self.hass.states.async_set(
            entity_id, str(value), {} if unit is None else {"unit_of_measurement": unit}
        )
        await self.hass.async_block_till_done()
        return self.readings

    async def wait(self) -> None:
        """Let the time pass that a telegram may take."""
        async_fire_time_changed(self.hass, dt_util.utcnow() + timedelta(seconds=1))
        await self.hass.async_block_till_done()


@pytest.fixture(autouse=True)
async def _stopped(hass: HomeAssistant) -> AsyncGenerator[None]:
    """Let no meter listen any longer than its test."""
    yield
    while Meter.listening:
        Meter.listening.pop().async_stop()


@pytest.mark.parametrize(
    ("value", "unit", "amps"),
    [
        ("12.3", "A", 12.3),
        ("-4", "A", -4.0),
        ("12300", "mA", 12.3),
        ("2300", "W", 10.0),
        ("2.3", "kW", 10.0),
        ("-2.3", "kW", -10.0),
        ("0", "A", 0.0),
        ("1e1", "A", 10.0),
    ],
)
async def test_units(hass: HomeAssistant, value: str, unit: str, amps: float) -> None:
    """Each unit of current and power is understood."""
    assert await Meter(hass, **ONE).report("sensor.l1", value, unit) == [(pytest.approx(amps),)]


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        ("unknown", "A"),
        ("unavailable", "A"),
        ("", "A"),
        ("nan", "A"),
        ("inf", "A"),
        ("much", "A"),
        ("12", "°C"),
        ("12", "kWh"),
        ("12", None),
    ],
)
async def test_no_reading(hass: HomeAssistant, value: str, unit: str | None) -> None:
    """What is no number, or of something else, is no reading; the next that is one counts."""
    meter = Meter(hass, **ONE)
    assert await meter.report("sensor.l1", value, unit) == []
    assert await meter.report("sensor.l1", 5) == [(5.0,)]
    hass.states.async_remove("sensor.l1")
    meter.readings.clear()
    await hass.async_block_till_done()
    assert meter.readings == []


async def test_what_is_no_reading(hass: HomeAssistant) -> None:
    """A value that is reported again is a reading; a voltage alone is none, and nothing is read after the end."""
    meter = Meter(hass, **ONE, voltage_l1="sensor.volts")
    for _ in range(3):
        assert await meter.report("sensor.l1", 5) == [(5.0,)]
    assert await meter.report("sensor.volts", 230, "V") == []
    meter.sensors.async_stop()
    assert await meter.report("sensor.l1", 6) == []


@pytest.mark.parametrize(
    ("volts", "unit", "amps"),
    [
        ("200", "V", 10.0),
        ("0.2", "kV", 10.0),
        ("unavailable", "V", 8.7),
        ("0", "V", 8.7),
        ("-230", "V", 8.7),
        ("23000", "V", 8.7),
        ("200", "W", 8.7),
    ],
)
async def test_voltage(hass: HomeAssistant, volts: str, unit: str, amps: float) -> None:
    """Watts become amperes by the voltage that is measured, or by the nominal one while that is no voltage."""
    meter = Meter(hass, **ONE, voltage_l1="sensor.volts")
    await meter.report("sensor.volts", volts, unit)
    assert await meter.report("sensor.l1", 2000, "W") == [(pytest.approx(amps, abs=0.05),)]


async def test_consumed_and_returned(hass: HomeAssistant) -> None:
    """What is returned is taken off, and reported in the same telegram it is one reading."""
    meter = Meter(hass, **ONE, returned_l1="sensor.returned", sign="export_positive", nominal_voltage=200)
    assert await meter.report("sensor.l1", 1, "kW") == []
    assert await meter.report("sensor.returned", 0, "kW") == [(5.0,)]
    meter.readings.clear()
    hass.states.async_set("sensor.l1", "0", {"unit_of_measurement": "kW"})
    hass.states.async_set("sensor.returned", "2", {"unit_of_measurement": "kW"})
    await hass.async_block_till_done()
    assert meter.readings == [(-10.0,)]
    assert await meter.report("sensor.returned", "unavailable", "kW") == []
    await meter.wait()
    assert meter.readings == []


async def test_sign(hass: HomeAssistant) -> None:
    """Where export is positive, import is negative."""
    meter = Meter(hass, **ONE, sign="export_positive")
    assert await meter.report("sensor.l1", -7) == [(7.0,)]
    assert await meter.report("sensor.l1", -1150, "W") == [(5.0,)]


async def test_each_phase_as_it_comes(hass: HomeAssistant) -> None:
    """A phase is read as soon as its sensor reports, all three together if they do."""
    meter = Meter(hass, 3, **SENSORS)
    assert await meter.report("sensor.mains_l2", 3) == [(None, 3.0, None)]
    meter.readings.clear()
    for phase in (1, 2, 3):
        hass.states.async_set(f"sensor.mains_l{phase}", str(phase), {"unit_of_measurement": "A"})
    await hass.async_block_till_done()
    assert meter.readings == [(1.0, 2.0, 3.0)]


@pytest.fixture
async def apart(hass: HomeAssistant) -> Meter:
    """Return a meter of three phases that has reported 5 A of each, and sends each in a message of its own."""
    meter = Meter(hass, 3, **SENSORS)
    for phase in (1, 2, 3):
        await meter.report(f"sensor.mains_l{phase}", 5)
    await meter.wait()
    meter.readings.clear()
    return meter


async def test_d5_phases_apart_are_one_reading(apart: Meter) -> None:
    """Three messages are one reading, as soon as the last is there, in any order."""
    for order in ((1, 2, 3), (3, 1, 2)):
        assert await apart.report(f"sensor.mains_l{order[0]}", 5.1) == []
        assert await apart.report(f"sensor.mains_l{order[1]}", 4.9) == []
        (reading,) = await apart.report(f"sensor.mains_l{order[2]}", 5)
        assert sorted(reading) == [4.9, 5, 5.1]
        apart.readings.clear()
        await apart.wait()
        assert apart.readings == []


async def test_d5_phases_that_do_not_arrive(apart: Meter) -> None:
    """What has not arrived in time is not waited for; it is a reading of its own then."""
    assert await apart.report("sensor.mains_l1", 5.1) == []
    assert await apart.report("sensor.mains_l3", 5.2) == []
    await apart.wait()
    assert apart.readings == [(5.1, None, 5.2)]
    apart.readings.clear()
    assert await apart.report("sensor.mains_l2", 5.3) == []
    await apart.wait()
    assert apart.readings == [(None, 5.3, None)]


async def test_d5_a_load_is_not_held_back(apart: Meter) -> None:
    """A phase that gains a load, or any more above the limit, is read at once, and the others when they are there."""
    assert await apart.report("sensor.mains_l2", 15) == [(None, 15, None)]
    assert await apart.report("sensor.mains_l1", 5) == []
    assert await apart.report("sensor.mains_l3", 5) == [(5, None, 5)]
    for amps in (23.0, 24.0):
        await apart.report("sensor.mains_l2", amps)
        await apart.wait()
    assert await apart.report("sensor.mains_l2", 24.1) == [(None, 24.1, None)]
    await apart.wait()
    assert await apart.report("sensor.mains_l2", 24.1) == []


async def test_one_phase_is_missing(hass: HomeAssistant, house: House) -> None:
    """A car that uses a phase of which nothing is read has the safe current; the others go on."""
    for box in house.boxes.values():
        box.plug_in()
    await house.live(30)
    assert house.offers == [11.0, 11.0]
    assert house.read("binary_sensor.meter_silent") == "off"
    house.meter_works = False
    for _ in range(20):
        for phase in (1, 3):
            hass.states.async_set(
                f"sensor.mains_l{phase}", str(house.mains_a[phase - 1]), {"unit_of_measurement": "A"}
            )
        await house.live(1)
    assert house.offers == [6.0, 6.0]
    assert house.why() == ["meter_silent", "meter_silent"]
    assert house.read("sensor.mains_current_l2") == "unknown"
    assert house.read("sensor.mains_current_l1") == "14.0"


async def test_the_meter_of_a_charger(hass: HomeAssistant, empty_house: House) -> None:
    """Each snapshot of a charger that reads the mains is a reading of them."""
    garage = empty_house.boxes["Garage"]
    garage.mains_meter = "Eastron3P"
    garage.house_a = [20.0, 3.0, 4.0]
    await empty_house.poll()
    entry = empty_house.entries["Garage"]
    await empty_house.load_group(member(entry.entry_id, "Garage"), mains="charger", meter=entry.entry_id)
    empty_house.meter_works = False
    await empty_house.live(30)
    assert [empty_house.read(f"sensor.mains_current_l{phase}") for phase in (1, 2, 3)] == [
        "20.0",
        "3.0",
        "4.0",
    ]
    garage.plug_in()
    await empty_house.live(40)
    assert empty_house.offers[0] == 0
    garage.house_a = [15.0, 3.0, 4.0]
    await empty_house.live(240)
    assert 6 <= empty_house.offers[0] <= 9
    garage.mains_meter = "Disabled"
    await empty_house.live(60)
    assert empty_house.read("binary_sensor.meter_silent") == "on"


class QuietMeter:
    """A meter behind MQTT: it reports only what has changed; its voltage does, every other second."""

    def __init__(self, house: House, registry: er.EntityRegistry, devices: dr.DeviceRegistry) -> None:
        """Add a device with the sensors of the mains and a voltage."""
        entry = MockConfigEntry(domain="mqtt")
        entry.add_to_hass(house.hass)
        device = devices.async_get_or_create(config_entry_id=entry.entry_id, identifiers={("mqtt", "meter")})
        for name, device_class in (("mains_l1", "current"), ("mains_l2", "current"), ("mains_l3", "current")):
            self._add(registry, device.id, name, device_class)
        self._add(registry, device.id, "mains_voltage", "voltage")
        self.is_alive = True
        self.lost: str | None = None
        self._house = house
        self._shown: dict[str, str] = {}

    def _add(self, registry: er.EntityRegistry, device_id: str, name: str, device_class: str) -> None:
        entity = registry.async_get_or_create(
            "sensor",
            "mqtt",
            name,
            suggested_object_id=name,
            device_id=device_id,
            original_device_class=device_class,
        )
        assert entity.entity_id == f"sensor.{name}"

    def report(self) -> None:
        """Report what has changed."""
        house = self._house
        values = {f"mains_l{n}": f"{amps:.1f}" for n, amps in enumerate(house.mains_a, 1)}
        values["mains_voltage"] = f"{230 + house.offset_s % 4 // 2 / 10}"
        for name, value in values.items():
            if self.is_alive and name != self.lost and self._shown.get(name) != value:
                self._shown[name] = value
                unit = "V" if name == "mains_voltage" else "A"
                house.hass.states.async_set(f"sensor.{name}", value, {"unit_of_measurement": unit})


@pytest.fixture
async def quiet_meter(
    empty_house: House,
    members: list[ConfigSubentryDataWithId],
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> QuietMeter:
    """Return such a meter in a house with a group and two cars, which has had some loads."""
    for phase in (1, 2, 3):
        empty_house.hass.states.async_remove(f"sensor.mains_l{phase}")
    meter = QuietMeter(empty_house, entity_registry, device_registry)
    monkeypatch.setattr(empty_house, "report", meter.report)
    await empty_house.load_group(*members)
    for amps in (2.0, 3.0, 2.0, 3.0, 2.0, 3.0, 2.0):
        empty_house.base_a = [amps] * 3
        await empty_house.live(2)
    for box in empty_house.boxes.values():
        box.plug_in()
    return meter


async def test_f2_a_quiet_house_is_not_silent(
    hass: HomeAssistant, quiet_meter: QuietMeter, empty_house: House
) -> None:
    """With nothing that changes but the voltage, the cars keep what the fuse leaves them for ten minutes."""
    await empty_house.live(60)
    offers = empty_house.offers
    assert min(offers) >= 10
    for _ in range(10):
        await empty_house.live(60)
        assert empty_house.read("binary_sensor.meter_silent") == "off"
        assert all(now >= before for now, before in zip(empty_house.offers, offers, strict=True))
    # A load is seen as before.
    empty_house.base_a = [10.0, 2.0, 2.0]
    await empty_house.live(3)
    assert empty_house.offers == [7.0, 7.0]


async def test_f2_a_dead_meter_is_silent(quiet_meter: QuietMeter, empty_house: House) -> None:
    """When its voltage stops as well, the safe current comes within today's times."""
    await empty_house.live(60)
    quiet_meter.is_alive = False
    await empty_house.live(30)
    assert empty_house.read("binary_sensor.meter_silent") == "on"
    assert empty_house.offers == [6.0, 6.0]


async def test_f2_an_unavailable_sensor_is_not_proven(
    hass: HomeAssistant, quiet_meter: QuietMeter, empty_house: House
) -> None:
    """The voltage goes on, and one current is unavailable: that phase is not known."""
    await empty_house.live(60)
    quiet_meter.lost = "mains_l2"
    hass.states.async_set("sensor.mains_l2", "unavailable")
    await empty_house.live(30)
    assert empty_house.read("sensor.mains_current_l2") == "unknown"
    assert empty_house.offers == [6.0, 6.0]
