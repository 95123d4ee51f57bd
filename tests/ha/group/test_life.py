"""The life of a group: restarts, silence, chargers that come and go, and how it leaves them."""

from datetime import timedelta
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.evse_pilot.balancing.leaving import LEFT
from custom_components.evse_pilot.balancing.settings import CONF_LEAVE, CONF_SAFE_CURRENT
from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.runtime.storage import storage_key
from homeassistant.config_entries import ConfigEntryDisabler, ConfigSubentryDataWithId
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.util import dt as dt_util
from tests.emulators.base import Line
from tests.emulators.smartevse import SmartEvseEmulator
from tests.ha.conftest import complaints

from .conftest import NAMES, House

pytestmark = pytest.mark.timeout(120)


def limits(box: SmartEvseEmulator) -> list[float]:
    """Return the limits that a box was sent so far, in A, and forget them."""
    sent = [
        int(call.query["override_current"]) / 10
        for call in box.calls
        if call.method == "POST" and "override_current" in call.query
    ]
    box.calls.clear()
    return sent


def commands(house: House) -> int:
    """Return how many commands were sent to the chargers, and forget them."""
    count = 0
    for box in house.boxes.values():
        count += sum(call.method == "POST" for call in box.calls)
        box.calls.clear()
    return count


@pytest.fixture
def charging(charging: House) -> House:
    """Return the same house, of which no command counts yet."""
    assert charging.offers == [11.0, 11.0]
    commands(charging)
    return charging


# Silence


async def test_a_meter_that_goes_silent(charging: House) -> None:
    """The safe current is there within 15 s of the third missed reading, and what is right soon after it is back."""
    charging.meter_works = False
    await charging.live(16)
    assert charging.offers == [6.0, 6.0]
    assert charging.why() == ["meter_silent", "meter_silent"]
    assert charging.read("binary_sensor.meter_silent") == "on"
    charging.meter_works = True
    await charging.live(30)
    assert charging.offers == [11.0, 11.0]
    assert charging.read("binary_sensor.meter_silent") == "off"


async def test_a_meter_that_repeats_one_value(charging: House) -> None:
    """A value that does not change is alive as long as it is reported."""
    await charging.live(60)
    assert charging.offers == [11.0, 11.0]
    assert commands(charging) == 0


@pytest.mark.parametrize("value", ["unknown", "unavailable", "nan", "9999999"])
async def test_a_meter_without_readings(hass: HomeAssistant, charging: House, value: str) -> None:
    """What is no reading is silence."""
    charging.meter_works = False
    for _ in range(17):
        for phase in (1, 2, 3):
            hass.states.async_set(f"sensor.mains_l{phase}", value, {"unit_of_measurement": "A"})
        await charging.live(1)
    assert charging.offers == [6.0, 6.0]


async def test_a_member_that_is_lost(charging: House, caplog: pytest.LogCaptureFixture) -> None:
    """One that does not answer counts with the most that it may draw; the other one lives with the rest."""
    carport = charging.boxes["Carport"]
    carport.line = Line.REFUSED
    await charging.live(40)
    assert charging.why()[1] == "member_silent"
    assert charging.offers == [11.0, 11.0]
    caplog.clear()
    charging.base_a = [9.0, 2.0, 2.0]
    await charging.live(30)
    # 25 A less the house and what the lost one may draw leave no minimum.
    assert charging.offers == [0.0, 11.0]
    assert not [record for record in complaints(caplog) if record.exc_info]
    carport.line = Line.OK
    await charging.live(230)
    assert charging.offers == [7.5, 7.5]


async def test_a_charger_that_refuses(charging: House, caplog: pytest.LogCaptureFixture) -> None:
    """A charger that answers but takes no limit is commanded again, ever more seldom; and the log has it once."""
    garage = charging.boxes["Garage"]
    garage.line, garage.line_for = Line.ERROR, lambda request: request.method == "POST"
    caplog.clear()
    charging.base_a = [10.0, 2.0, 2.0]
    await charging.live(60)
    assert charging.offers[1] == 0
    logged = [record.getMessage() for record in complaints(caplog) if "Garage" in record.getMessage()]
    assert logged == ["Garage cannot be commanded: unreachable"]
    assert 3 <= len(limits(garage)) <= 8
    caplog.clear()
    caplog.set_level(logging.INFO)
    garage.line = Line.OK
    await charging.live(200)
    assert charging.offers == [7.0, 7.0]
    assert caplog.text.count("Garage can be commanded again") == 1


# Restarts


async def test_a_restart_in_the_middle_of_a_limit(hass: HomeAssistant, charging: House) -> None:
    """The lower of the limit and the safe current holds until the first reading; two later the right one is back."""
    charging.base_a = [8.0, 2.0, 2.0]
    await charging.live(40)
    assert charging.offers == [8.0, 8.0]
    await charging.restart()
    assert charging.offers == [6.0, 6.0]
    charging.offset_s += 10
    for box in charging.boxes.values():
        box.advance(10)
    await charging.poll()
    await charging.live(2)
    assert charging.offers == [8.0, 8.0]


@pytest.mark.usefixtures("all_enabled")
async def test_what_outlives_a_restart(hass: HomeAssistant, house: House) -> None:
    """A person's limit, a ceiling for a time, the owner's limits and the count of the day come from storage."""
    await house.act("number.set_value", "number.member_limit", "Garage", value=8)
    for box in house.boxes.values():
        box.plug_in()
    await house.live(20)
    assert house.offers == [8.0, 14.0]
    writes = [house.read("sensor.writes_today", name) for name in NAMES]
    assert "0" not in writes
    until = dt_util.utcnow() + timedelta(hours=1)
    await house.runner.async_set_ceiling(None, 4140, cars_only=True, until=until)
    await house.settle()
    await house.live(8)
    assert house.offers == [6.0, 0.0]
    assert house.why() == ["temporary_ceiling", "rotation"]
    await house.restart()
    await house.live(10)
    assert house.offers == [6.0, 0.0]
    assert house.read("number.member_limit", "Garage") == "8.0"
    assert house.entries["Garage"].runtime_data.control.baseline.current_a == 16
    assert int(house.read("sensor.writes_today", "Carport")) >= int(writes[1])
    assert dt_util.parse_datetime(house.read("sensor.ceiling_until")) == until.replace(microsecond=0)


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"members": [], "ceiling": 7},
        {"members": {"id_Garage": 7}, "ceiling": {}},
        {"members": {"id_Garage": {"charger": "another", "given_a": 3}}, "ceiling": {"until": "never"}},
        {
            "members": {"gone": 1, "other": {"charger": 2}},
            "ceiling": {"until": None, "phase_a": -1, "sum_a": None, "cars_only": 1},
        },
    ],
)
async def test_storage_that_makes_no_sense(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    empty_house: House,
    members: list[ConfigSubentryDataWithId],
    stored: dict[str, Any],
) -> None:
    """What cannot be read is as if it had never been."""
    group = await empty_house.load_group()
    assert await hass.config_entries.async_unload(group.entry_id)
    hass.data[LEFT].clear()
    hass_storage[storage_key("group", group.entry_id)] = {
        "version": 1,
        "minor_version": 1,
        "key": "",
        "data": stored,
    }
    await empty_house.set_up(group)
    assert empty_house.read("sensor.ceiling_until") == "unknown"


# Leaving


@pytest.mark.parametrize(
    ("options", "offers"),
    [
        ({CONF_LEAVE: "safe", CONF_SAFE_CURRENT: 6.0}, [6.0, 6.0]),
        ({CONF_LEAVE: "safe", CONF_SAFE_CURRENT: 0.0}, [0.0, 0.0]),
        ({CONF_LEAVE: "safe", CONF_SAFE_CURRENT: 20.0}, [11.0, 11.0]),
        # With what its owner had set, but never with more than it has while the fuse is not looked after.
        ({CONF_LEAVE: "owner"}, [11.0, 11.0]),
    ],
)
async def test_home_assistant_stops(
    hass: HomeAssistant,
    empty_house: House,
    members: list[ConfigSubentryDataWithId],
    options: dict[str, Any],
    offers: list[float],
) -> None:
    """The chargers are left with no less safety than before."""
    await empty_house.load_group(*members, **options)
    for box in empty_house.boxes.values():
        box.plug_in()
    await empty_house.live(35)
    assert empty_house.offers == [11.0, 11.0]
    hass.set_state(CoreState.stopping)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await empty_house.settle()
    for box in empty_house.boxes.values():
        box.advance(1)
    assert empty_house.offers == offers
    commands(empty_house)
    empty_house.base_a = [20.0, 20.0, 20.0]
    await empty_house.measure()
    assert commands(empty_house) == 0
    hass.set_state(CoreState.running)


@pytest.mark.usefixtures("all_enabled")
async def test_home_assistant_stops_before_anything_was_sent(
    hass: HomeAssistant, empty_house: House, members: list[ConfigSubentryDataWithId]
) -> None:
    """A charger that had what it may have all the time is left safe, too."""
    await empty_house.load_group(members[0], observer=True)
    garage = empty_house.boxes["Garage"]
    garage.plug_in()
    await empty_house.live(60)
    await empty_house.act("switch.turn_off", "switch.observer")
    await empty_house.live(10)
    assert empty_house.read("sensor.writes_today", "Garage") == "0"
    assert empty_house.offers[0] == 16
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await empty_house.settle()
    garage.advance(1)
    assert empty_house.offers[0] == 6


async def test_home_assistant_stops_while_a_charger_is_silent(hass: HomeAssistant, charging: House) -> None:
    """It waits for none for longer than a while, and the others are left safe."""
    charging.boxes["Garage"].line = Line.SILENT
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await charging.settle()
    charging.boxes["Carport"].advance(1)
    assert charging.offers == [11.0, 6.0]


async def test_a_reload_disturbs_no_car(hass: HomeAssistant, charging: House) -> None:
    """A group that is only changed goes on where it was: no car notices."""
    assert await hass.config_entries.async_reload(charging.group.entry_id)
    await charging.live(20)
    assert charging.offers == [11.0, 11.0]
    assert commands(charging) == 0


async def test_unloaded_for_good(hass: HomeAssistant, charging: House) -> None:
    """A group that does not come back leaves the safe current, once, and steers none any more."""
    assert await hass.config_entries.async_unload(charging.group.entry_id)
    assert commands(charging) == 0
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=11))
    await charging.settle()
    for box in charging.boxes.values():
        box.advance(1)
    assert charging.offers == [6.0, 6.0]
    assert not charging.is_steered
    # Set up again it goes on, and still knows what their owner had set.
    await charging.set_up(charging.group)
    await charging.live(30)
    assert charging.offers == [11.0, 11.0]
    assert {charging.claims(name).get("safety") for name in NAMES} == {None}


async def test_unloaded_while_home_assistant_stops(hass: HomeAssistant, charging: House) -> None:
    """One that was just unloaded leaves the chargers safe, too, when Home Assistant stops meanwhile."""
    assert await hass.config_entries.async_unload(charging.group.entry_id)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await charging.settle()
    for box in charging.boxes.values():
        box.advance(1)
    assert charging.offers == [6.0, 6.0]


@pytest.mark.parametrize(("leave", "offers"), [("safe", [6.0, 6.0]), ("owner", [16.0, 16.0])])
async def test_disabled(
    hass: HomeAssistant,
    empty_house: House,
    members: list[ConfigSubentryDataWithId],
    leave: str,
    offers: list[float],
) -> None:
    """A group that a person disables leaves what was configured, at once."""
    await empty_house.load_group(*members, leave=leave)
    for box in empty_house.boxes.values():
        box.plug_in()
    await empty_house.live(35)
    await hass.config_entries.async_set_disabled_by(empty_house.group.entry_id, ConfigEntryDisabler.USER)
    await empty_house.settle()
    for box in empty_house.boxes.values():
        box.advance(1)
    assert empty_house.offers == offers


async def test_removed(hass: HomeAssistant, hass_storage: dict[str, Any], charging: House) -> None:
    """A group that is removed gives each charger back what its owner had set, and is forgotten."""
    await hass.config_entries.async_remove(charging.group.entry_id)
    await charging.settle()
    for box in charging.boxes.values():
        box.advance(1)
    assert charging.offers == [16.0, 16.0]
    assert storage_key("group", charging.group.entry_id) not in hass_storage
    assert not charging.is_steered


async def test_removed_with_a_limit_by_action(hass: HomeAssistant, charging: House) -> None:
    """A limit that its owner has set meanwhile by action is a ceiling for the group, and what is given back."""
    await hass.services.async_call(
        DOMAIN, "set_current_limit", {"entity_id": "sensor.garage_status", "current": 9}, blocking=True
    )
    await charging.settle()
    await charging.live(30)
    assert charging.offers == [9.0, 13.0]
    assert charging.why()[0] == "persons_limit"
    await hass.config_entries.async_remove(charging.group.entry_id)
    await charging.settle()
    for box in charging.boxes.values():
        box.advance(1)
    assert charging.offers == [9.0, 16.0]


async def test_removed_after_it_was_unloaded(hass: HomeAssistant, charging: House) -> None:
    """One that left its chargers safe still gives back what their owners had set, but to those that were paused by hand."""
    await hass.config_entries.async_unload(charging.group.entry_id)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=11))
    await charging.settle()
    await hass.config_entries.async_remove(charging.group.entry_id)
    await charging.settle()
    for box in charging.boxes.values():
        box.advance(1)
    assert charging.offers == [16.0, 16.0]


async def test_a_person_has_paused_it_before_it_leaves(hass: HomeAssistant, charging: House) -> None:
    """A charger that its owner has switched off stays so, whatever leaves it."""
    charging.boxes["Garage"].turn_mode(0)
    await hass.config_entries.async_remove(charging.group.entry_id)
    await charging.settle()
    for box in charging.boxes.values():
        box.advance(1)
    assert charging.offers == [0.0, 16.0]


async def test_a_member_is_removed_in_mid_charge(hass: HomeAssistant, charging: House) -> None:
    """It has its owner's limit back, its device is gone, and the other one has all that the house leaves."""
    hass.config_entries.async_remove_subentry(charging.group, "id_Garage")
    await charging.settle()
    await charging.live(1)
    assert charging.offers[0] == 16
    assert charging.claims("Garage") == {}
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), charging.group.entry_id)
    assert sorted(str(device.name) for device in devices) == ["Main fuse", "Main fuse Carport"]
    # What it draws is the house's now.
    await charging.live(30)
    assert charging.offers == [16.0, 6.0]


# Chargers that come and go


async def test_a_charger_is_reloaded(hass: HomeAssistant, charging: House) -> None:
    """A charger that is set up anew is read and steered again."""
    assert await hass.config_entries.async_reload(charging.entries["Garage"].entry_id)
    await charging.settle()
    assert "group" in charging.claims("Garage")
    await charging.live(20)
    assert charging.offers == [11.0, 11.0]
    charging.base_a = [8.0, 2.0, 2.0]
    await charging.live(1)
    assert charging.offers == [8.0, 8.0]


async def test_a_charger_is_loaded_later(
    hass: HomeAssistant, empty_house: House, members: list[ConfigSubentryDataWithId]
) -> None:
    """After a start a charger may come after its group."""
    garage = empty_house.entries["Garage"]
    await hass.config_entries.async_unload(garage.entry_id)
    await empty_house.load_group(*members)
    await empty_house.live(3)
    assert empty_house.read("sensor.reason", "Garage") == "unknown"
    await empty_house.set_up(garage)
    for box in empty_house.boxes.values():
        box.plug_in()
    await empty_house.live(30)
    assert empty_house.offers == [11.0, 11.0]


async def test_a_charger_is_removed(hass: HomeAssistant, charging: House) -> None:
    """A charger that is gone counts with the most it may draw, and there is a repair issue until it is mended."""
    garage = charging.entries.pop("Garage")
    await hass.config_entries.async_remove(garage.entry_id)
    await charging.live(17)
    assert issues(hass) == set()
    charging.offset_s += 60
    await charging.live(1)
    assert issues(hass) == {"member_gone_id_Garage"}
    assert charging.why()[0] == "member_silent"
    hass.config_entries.async_remove_subentry(charging.group, "id_Garage")
    await charging.settle()
    await charging.live(1)
    assert issues(hass) == set()


def issues(hass: HomeAssistant) -> set[str]:
    """Return the repairs that are open."""
    return {issue_id for domain, issue_id in ir.async_get(hass).issues if domain == DOMAIN}


# Standing aside


async def test_observer(
    hass: HomeAssistant, empty_house: House, members: list[ConfigSubentryDataWithId]
) -> None:
    """An observer shows what it would do, and sends nothing, not even when it leaves."""
    await empty_house.load_group(*members, observer=True)
    commands(empty_house)
    for box in empty_house.boxes.values():
        box.plug_in()
    await empty_house.live(40)
    assert empty_house.offers == [16.0, 16.0]
    assert empty_house.read("sensor.share", "Garage") == "11.0"
    assert not empty_house.is_steered
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await empty_house.settle()
    assert commands(empty_house) == 0


@pytest.mark.parametrize(("leave", "offers"), [("safe", [6.0, 6.0]), ("owner", [16.0, 16.0])])
@pytest.mark.parametrize(
    ("off", "on"),
    [
        (("switch.turn_on", "switch.observer", {}), ("switch.turn_off", "switch.observer", {})),
        (("switch.turn_off", "switch.group_enabled", {}), ("switch.turn_on", "switch.group_enabled", {})),
        (
            ("select.select_option", "select.mode", {"option": "off"}),
            ("select.select_option", "select.mode", {"option": "equal"}),
        ),
    ],
)
async def test_standing_aside(
    hass: HomeAssistant,
    empty_house: House,
    members: list[ConfigSubentryDataWithId],
    leave: str,
    offers: list[float],
    off: tuple[str, str, dict[str, Any]],
    on: tuple[str, str, dict[str, Any]],
) -> None:
    """A group that stands aside leaves its chargers as configured; it takes over again, and nothing is left behind."""
    await empty_house.load_group(*members, leave=leave)
    for box in empty_house.boxes.values():
        box.plug_in()
    await empty_house.live(35)
    assert empty_house.offers == [11.0, 11.0]
    action, entity, data = off
    await empty_house.act(action, entity, **data)
    await empty_house.live(1)
    assert empty_house.offers == offers
    assert not empty_house.is_steered
    commands(empty_house)
    empty_house.base_a = [10.0, 2.0, 2.0]
    await empty_house.live(10)
    assert commands(empty_house) == 0
    empty_house.base_a = [2.0, 2.0, 2.0]
    action, entity, data = on
    await empty_house.act(action, entity, **data)
    await empty_house.live(40)
    assert sorted(name for name in NAMES if "group" in empty_house.claims(name)) == sorted(NAMES)
    assert empty_house.offers == [11.0, 11.0]
    assert {empty_house.claims(name).get("safety") for name in NAMES} == {None}


async def test_a_car_that_the_group_paused_is_left_with_the_safe_current(charging: House) -> None:
    """When a person switches the group off none stays paused for want of room: the safe current is safe for all."""
    charging.base_a = [14.0, 2.0, 2.0]
    await charging.live(10)
    assert sorted(charging.offers) == [0.0, 10.0]
    await charging.act("switch.turn_off", "switch.group_enabled")
    await charging.live(1)
    assert charging.offers == [6.0, 6.0]


async def test_back_at_once(charging: House, hass: HomeAssistant) -> None:
    """Switched off and on again in the same breath, it steers."""
    off = hass.async_create_task(charging.runner.async_set_enabled(False))
    await charging.runner.async_set_enabled(True)
    await off
    await charging.settle()
    await charging.live(20)
    assert charging.offers == [11.0, 11.0]
    assert charging.is_steered
