"""Charging by the sun in a running house: modes, claims, restarts, and what is left when the group goes."""

from datetime import timedelta

import pytest

from custom_components.evse_pilot.balancing.settings import CONF_EXPORTS
from custom_components.evse_pilot.diagnostics import async_get_config_entry_diagnostics
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from tests.ha.automations import device_of
from tests.ha.conftest import complaints

from .conftest import House

pytestmark = [pytest.mark.timeout(180), pytest.mark.usefixtures("all_enabled")]

# The roof leaves 3 x 10 A, or nothing.
SUNNY, DARK = [-10.4, -10.3, -10.2], [1.0, 1.1, 1.2]


async def choose(house: House, mode: str, charger: str | None = "Garage") -> None:
    """Choose a solar mode, of one charger or of all."""
    await house.act("select.select_option", "select.sun_mode", charger, option=mode)


async def test_sun_only(roof: House, caplog: pytest.LogCaptureFixture) -> None:
    """A car waits for the sun, has what it leaves, falls with a cloud at once, and stops when that lasts."""
    roof.base_a = DARK
    await roof.live(5)
    await choose(roof, "sun_only")
    await roof.live(200)
    assert roof.offers[0] == 0
    assert roof.read("sensor.reason", "Garage") == "waiting_for_solar"
    state = roof.hass.states.get(roof.entity_id("sensor.reason", "Garage"))
    assert state is not None and state.attributes["missing_power"] == 4900
    assert state.attributes["detail"] == "4.9 kW"
    roof.base_a = SUNNY
    await roof.live(220)
    assert roof.offers[0] == 10.2
    state = roof.hass.states.get(roof.entity_id("sensor.reason", "Garage"))
    assert state is not None and state.state == "solar_surplus" and "detail" not in state.attributes
    assert float(roof.read("sensor.sun_surplus")) == 7100
    assert float(roof.read("sensor.sun_given")) == 7000
    assert max(roof.mains_a) <= 0
    roof.base_a = [-7.4, -7.3, -7.2]
    # The second charger, which is read every five seconds, might have drawn some of it.
    await roof.live(9)
    assert roof.offers[0] == 7.2
    roof.base_a = DARK
    await roof.live(10)
    assert roof.offers[0] == 6
    await roof.live(200)
    assert roof.offers[0] == 0
    assert not complaints(caplog)


async def test_status_and_limited_by_of_the_charger(hass: HomeAssistant, roof: House) -> None:
    """The charger's own page shows that it waits for the sun."""
    roof.base_a = DARK
    await choose(roof, "sun_only")
    await roof.live(200)
    entry = roof.entries["Garage"]
    shown = {
        item.translation_key: hass.states.get(item.entity_id)
        for item in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if item.domain == "sensor"
    }
    status, limited_by = shown["status"], shown["limited_by"]
    assert status is not None and status.state == "waiting_for_solar"
    assert limited_by is not None and limited_by.state == "waiting_for_solar"


async def test_minimum_and_sun(roof: House) -> None:
    """It always has its minimum."""
    roof.base_a = DARK
    await choose(roof, "minimum_and_sun")
    await roof.live(60)
    assert roof.offers[0] == 6
    roof.base_a = SUNNY
    await roof.live(40)
    assert roof.offers[0] == 10.2


async def test_off_and_fast_again(roof: House) -> None:
    """Off is a pause, and fast is what it was before."""
    await choose(roof, "off")
    await roof.live(10)
    assert roof.offers[0] == 0
    assert roof.read("sensor.reason", "Garage") == "paused_by_owner"
    await choose(roof, "fast")
    await roof.live(20)
    assert roof.offers[0] > 15
    assert "sun" not in roof.claims("Garage")


async def test_the_fuse_is_above_the_sun(roof: House) -> None:
    """The sun of one phase is no room on another."""
    roof.base_a = [-40.0, -10.0, 17.0]
    await choose(roof, "sun_only")
    await roof.live(120)
    assert roof.offers[0] == 6
    # The last ampere is not worth a command soon after the last one.
    await roof.live(280)
    assert roof.offers[0] == 6.9
    assert roof.read("sensor.reason", "Garage") == "main_fuse_l3"
    sun_a = roof.claims("Garage")["sun"]
    assert isinstance(sun_a, float)
    assert sun_a >= 8


async def test_the_sun_of_a_session(roof: House) -> None:
    """A car that charges with twice of what the sun leaves has half of its energy from it."""
    roof.base_a = [-8.0, -8.1, -7.9]
    await roof.live(60)
    tracker = roof.entries["Garage"].runtime_data.parts[2].target
    assert roof.offers[0] > 15
    before = tracker.report()["tracked"]["session"]["sun_wh"]
    await roof.live(60)
    gained_wh = tracker.report()["tracked"]["session"]["sun_wh"] - before
    assert 80 < gained_wh < 100


async def test_one_choice_for_all(roof: House) -> None:
    """The group's choice is that of each; with several it shows none."""
    await choose(roof, "sun_only", None)
    assert [roof.read("select.sun_mode", name) for name in roof.boxes] == ["sun_only", "sun_only"]
    await choose(roof, "fast", "Carport")
    assert roof.read("select.sun_mode") == "unknown"


async def test_two_cars_share_the_sun(roof: House) -> None:
    """Each has the same of it."""
    roof.boxes["Carport"].plug_in()
    roof.base_a = [-18.5, -18.4, -18.3]
    await choose(roof, "sun_only", None)
    await roof.live(200)
    assert roof.offers[0] == roof.offers[1]
    assert 8.5 < roof.offers[0] < 9.2


async def test_charge_now_hides_the_sun(roof: House) -> None:
    """Switching on by hand charges now; choosing the sun again ends that."""
    roof.base_a = DARK
    await choose(roof, "sun_only")
    await roof.live(20)
    owner = roof.entries["Garage"].runtime_data.owner
    await owner.async_set_charging(True)
    await roof.live(20)
    assert roof.offers[0] == 16
    await choose(roof, "sun_only")
    await roof.live(250)
    assert roof.offers[0] == 0


async def test_a_pause_of_its_owner_stays(roof: House) -> None:
    """The sun switches on no car that its owner has switched off."""
    roof.base_a = SUNNY
    await choose(roof, "sun_only")
    owner = roof.entries["Garage"].runtime_data.owner
    await owner.async_set_charging(False)
    await roof.live(100)
    assert roof.offers[0] == 0
    await owner.async_set_charging(True)
    await roof.live(100)
    assert roof.offers[0] == 10.2


async def test_restart(roof: House) -> None:
    """A restart neither stops the car nor starts one; it has what it had as soon as the meter is read."""
    roof.base_a = SUNNY
    await choose(roof, "sun_only")
    await roof.live(90)
    assert roof.offers[0] == 10.2
    await roof.restart()
    seen = []
    for _ in range(10):
        await roof.live(2)
        seen.append(roof.offers[0])
    assert seen[3:] == [10.2] * 7
    assert min(seen) == 6
    assert roof.read("select.sun_mode", "Garage") == "sun_only"


async def test_home_assistant_stops(hass: HomeAssistant, roof: House) -> None:
    """A car that waits for the sun is not started by the safe current that is left behind."""
    roof.base_a = DARK
    await choose(roof, "sun_only")
    await roof.live(20)
    hass.bus.async_fire("homeassistant_stop")
    await roof.settle()
    assert roof.offers[0] == 0
    assert roof.claims("Garage")["sun"] == 0


async def test_a_group_that_goes_takes_the_sun_with_it(hass: HomeAssistant, roof: House) -> None:
    """Its charger charges as its owner has set it."""
    roof.base_a = DARK
    await choose(roof, "sun_only")
    await roof.live(20)
    await hass.config_entries.async_remove(roof.group.entry_id)
    await roof.settle()
    assert roof.claims("Garage") == {}
    await roof.poll()
    assert roof.offers[0] == 16


@pytest.mark.parametrize("setting", ["switch.observer", "switch.group_enabled"])
async def test_a_group_that_stands_aside_claims_no_sun(roof: House, setting: str) -> None:
    """Neither one that only observes nor one that is off."""
    await choose(roof, "sun_only")
    await roof.live(20)
    await roof.act("switch.toggle", setting)
    await roof.live(5)
    assert "sun" not in roof.claims("Garage")
    await roof.act("switch.toggle", setting)
    await roof.live(20)
    assert roof.claims("Garage")["sun"] == 0


async def test_silent_meter(roof: House) -> None:
    """What is not known is no surplus: the car has its minimum, and stops after the stop time."""
    roof.base_a = SUNNY
    await choose(roof, "sun_only")
    await roof.live(90)
    roof.meter_works = False
    await roof.live(40)
    assert roof.offers[0] == 6
    await roof.live(200)
    assert roof.offers[0] == 0
    assert roof.read("sensor.sun_surplus") == "unknown"


async def test_no_sun_in_a_house_that_does_not_feed_in(hass: HomeAssistant, house: House) -> None:
    """Nothing of it is shown."""
    items = er.async_entries_for_config_entry(er.async_get(hass), house.group.entry_id)
    assert not [item.entity_id for item in items if "sun" in item.unique_id.rpartition("_id_")[2]]


async def test_diagnostics(hass: HomeAssistant, roof: House) -> None:
    """A bug report has the mode."""
    await choose(roof, "sun_only")
    report = await async_get_config_entry_diagnostics(hass, roof.group)
    assert "'mode': <SunMode.SUN" in str(report)


@pytest.mark.parametrize(
    ("power", "unit", "charge", "expected"),
    [
        ("-6900", "W", "80", 10.2),
        ("-6.9", "kW", "80", 10.2),
        ("-6900", "W", "40", 0),
        ("6900", "W", "80", 0),
        ("unavailable", "W", "80", 0),
        ("-6900", "W", "unavailable", 0),
        ("-6900", "%", "80", 0),
        (None, "W", "80", 0),
        ("-6900000", "W", "80", 0),
        ("-6900", "W", "120", 0),
        ("-6900", "W", None, 0),
    ],
)
async def test_home_battery(
    hass: HomeAssistant,
    empty_house: House,
    members: list[ConfigSubentryDataWithId],
    power: str | None,
    unit: str,
    charge: str | None,
    expected: float,
) -> None:
    """Above its first charge, what a battery charges with is left to the car; what is not known is not."""
    if power is not None:
        hass.states.async_set("sensor.battery", power, {"unit_of_measurement": unit})
    if charge is not None:
        hass.states.async_set("sensor.charge", charge, {"unit_of_measurement": "%"})
    empty_house.meter_shows = lambda mains: [amps + empty_house.offset_s % 3 / 100 for amps in mains]
    await empty_house.load_group(
        *members,
        **{
            CONF_EXPORTS: True,
            "battery_power": "sensor.battery",
            "battery_charge": "sensor.charge",
            "battery_first": 50.0,
        },
    )
    empty_house.boxes["Garage"].plug_in()
    empty_house.base_a = [-0.2, -0.3, -0.4]
    await empty_house.live(3)
    await choose(empty_house, "sun_only")
    await empty_house.live(90)
    assert empty_house.offers[0] == expected


async def test_plan_beside_the_sun(hass: HomeAssistant, roof: House) -> None:
    """While a car waits for its plan it has the sun; in the times of the plan it charges whatever the sun gives."""

    async def set_goal(**data: object) -> None:
        target = {"device_id": device_of(hass, roof.entries["Garage"])}
        ready_by = (dt_util.now() + timedelta(hours=30)).isoformat()
        await hass.services.async_call(
            "evse_pilot", "set_goal", {**target, "energy": 5, "ready_by": ready_by, **data}, blocking=True
        )

    await choose(roof, "sun_only")
    await set_goal()
    roof.base_a = DARK
    await roof.live(20)
    assert roof.offers[0] == 0
    roof.base_a = SUNNY
    await roof.live(220)
    assert roof.offers[0] == 10.2
    roof.base_a = DARK
    await set_goal(at_once=5)
    await roof.live(30)
    assert roof.offers[0] > 15
    assert "sun" not in roof.claims("Garage")
    await choose(roof, "off")
    await roof.live(10)
    assert roof.offers[0] == 0


async def _set_by_the_sun(roof: House) -> None:
    """Let the sun steer the car, and its phases."""
    await roof.act("switch.turn_on", "switch.auto_phases", "Garage")
    await choose(roof, "sun_only")


async def test_one_phase_instead_of_a_stop(roof: House, caplog: pytest.LogCaptureFixture) -> None:
    """With less than three phases need the second contactor opens, never under load; and closes again."""
    box = roof.boxes["Garage"]
    roof.base_a = SUNNY
    await _set_by_the_sun(roof)
    await roof.live(100)
    assert roof.offers[0] == 10.2
    roof.base_a = [-3.4, -3.3, -3.2]
    await roof.live(180)
    assert (box.enable_c2, box.contactor_phases, roof.offers[0]) == (1, 1, 9.8)
    assert roof.read("sensor.phases_used", "Garage") == "1"
    assert roof.read("sensor.phase_changes_left", "Garage") == "15"
    roof.base_a = SUNNY
    await roof.live(750)
    assert (box.enable_c2, box.contactor_phases, roof.offers[0]) == (3, 3, 10.2)
    assert box.c2_set_under_load == 0
    await choose(roof, "fast")
    await roof.live(10)
    assert not complaints(caplog)


async def test_phases_that_a_person_chooses_stay_for_this_car(roof: House) -> None:
    """The sun leaves them until the next car."""
    box = roof.boxes["Garage"]
    roof.base_a = SUNNY
    await _set_by_the_sun(roof)
    await roof.live(100)
    owner = roof.entries["Garage"].runtime_data.owner
    await owner.async_set_phases(1)
    await roof.live(900)
    assert box.enable_c2 == 1
    box.unplug()
    await roof.live(20)
    box.plug_in()
    await roof.live(900)
    assert box.enable_c2 == 3


async def test_phases_are_left_alone_unless_it_is_chosen(roof: House) -> None:
    """The switch is off at first, and there only where the charger can."""
    roof.base_a = [-3.4, -3.3, -3.2]
    await choose(roof, "sun_only")
    await roof.live(300)
    assert roof.boxes["Garage"].enable_c2 == 3
    assert roof.offers[0] == 0
    assert roof.read("switch.auto_phases", "Garage") == "off"
