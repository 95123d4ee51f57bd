"""A group at work: what it shows, what can be set, and how it lives with schedules and with people."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from syrupy.assertion import SnapshotAssertion

from custom_components.evse_pilot.chargers.errors import ChargerProtocolError
from custom_components.evse_pilot.chargers.smartevse.charger import SmartEvse
from custom_components.evse_pilot.chargers.types import Load
from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.control.controller import ChargerController
from custom_components.evse_pilot.diagnostics import async_get_config_entry_diagnostics
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util
from tests.ha.conftest import complaints

from .conftest import NAMES, House, member

pytestmark = pytest.mark.timeout(120)


@pytest.mark.usefixtures("all_enabled")
async def test_two_cars_share(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Each gets the same, and no more than the fuse leaves; what another load takes goes from both at once."""
    for box in house.boxes.values():
        box.plug_in()
    await house.live(60)
    assert house.offers == [11.0, 11.0]
    assert max(house.mains_a) <= 24
    assert house.read("sensor.share", "Garage") == "11.0"
    assert house.why() == ["main_fuse_l1", "main_fuse_l1"]
    assert house.read("sensor.chargers_charging") == "2"
    assert house.read("binary_sensor.limiting") == "on"

    house.base_a = [10.0, 2.0, 2.0]
    await house.live(1)
    assert house.offers == [7.0, 7.0]
    assert house.read("sensor.house_current_l1") == "10.0"
    assert not complaints(caplog)


@pytest.mark.usefixtures("all_enabled")
async def test_all_that_is_shown(hass: HomeAssistant, charging: House, snapshot: SnapshotAssertion) -> None:
    """Every entity of a group and of its members, with its state, its unit and its attributes."""
    shown = {}
    for item in er.async_entries_for_config_entry(er.async_get(hass), charging.group.entry_id):
        state = hass.states.get(item.entity_id)
        assert state
        attributes = {
            key: value
            for key, value in state.attributes.items()
            if key not in ("options", "icon", "device_class", "supported_features")
        }
        shown[item.entity_id] = (state.state, item.config_subentry_id, item.entity_category, attributes)
    assert shown == snapshot


async def test_devices(hass: HomeAssistant, house: House) -> None:
    """A group is a device, and each of its chargers one that hangs on it, in its own part of the entry."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), house.group.entry_id)
    group, *members = sorted(devices, key=lambda device: str(device.name))
    assert [device.name for device in members] == ["Main fuse Carport", "Main fuse Garage"]
    assert all(isinstance(device, dr.DeviceEntry) and device.via_device_id == group.id for device in members)
    assert [device.config_subentry_id for device in members] == ["id_Carport", "id_Garage"]


async def test_one_phase(hass: HomeAssistant, empty_house: House) -> None:
    """A house with one phase shows one phase, and its fuse has no number."""
    entry = empty_house.entries["Garage"]
    await empty_house.load_group(
        member(entry.entry_id, "Garage", wiring="1"), phases=1, sensor_l1="sensor.mains_l1"
    )
    empty_house.boxes["Garage"].plug_in()
    empty_house.base_a = [10.0, 0.0, 0.0]
    await empty_house.live(30)
    assert empty_house.offers[0] == 14
    assert empty_house.read("sensor.reason", "Garage") == "main_fuse_l1"
    keys = [
        item.unique_id.removeprefix(f"{empty_house.group.entry_id}_")
        for item in er.async_entries_for_config_entry(er.async_get(hass), empty_house.group.entry_id)
    ]
    assert not [key for key in keys if key.endswith(("_l2", "_l3"))]


async def test_other_wiring(empty_house: House) -> None:
    """A charger with its L1 on phase 3 is lowered for a load on phase 3, and names it."""
    entry = empty_house.entries["Garage"]
    await empty_house.load_group(member(entry.entry_id, "Garage", wiring="3"))
    box = empty_house.boxes["Garage"]
    box.draw(16, 1)
    box.plug_in()
    # A meter that shows the same all the time would be taken for stuck.
    for n in range(15):
        empty_house.base_a = [0.0, 20.0, 14.0 - n % 2 / 10]
        await empty_house.live(2)
    assert empty_house.offers[0] == 16
    # The meter sees on phase 1 what the box draws there; the house has it on phase 3.
    empty_house.base_a = [0.0, 20.0, 16.0]
    empty_house.meter_works = False
    for _ in range(30):
        for phase, amps in enumerate((0.0, 20.0, 16.0 + box.ev_currents_a[0]), 1):
            empty_house.hass.states.async_set(
                f"sensor.mains_l{phase}", f"{amps}", {"unit_of_measurement": "A"}
            )
        await empty_house.live(1)
    assert empty_house.offers[0] == 8
    assert empty_house.read("sensor.reason", "Garage") == "main_fuse_l3"


async def test_d9_a_share_reaches_the_box_to_a_tenth(house: House) -> None:
    """A charger that takes tenths of an ampere is given tenths: 24 A less 10.3 A of the house are 13.7 A."""
    house.boxes["Garage"].plug_in()
    house.boxes["Garage"].draw(16, 3)
    house.base_a = [10.3, 2.0, 2.0]
    await house.live(60)
    assert house.offers[0] == 13.7
    assert house.boxes["Garage"].override_a == 13.7
    assert float(house.read("sensor.share", "Garage")) == 13.7


# What a person sets


@pytest.mark.usefixtures("all_enabled")
async def test_numbers(charging: House) -> None:
    """The limit stands for a smaller fuse, the margin is kept free; both are obeyed at once and outlive a restart."""
    await charging.act("number.set_value", "number.group_limit", value=20)
    await charging.live(1)
    assert charging.offers == [8.5, 8.5]
    await charging.act("number.set_value", "number.margin", value=3)
    await charging.live(1)
    assert charging.offers == [7.5, 7.5]
    assert charging.group.options["limit"] == 20
    assert charging.group.options["margin"] == 3
    with pytest.raises(ServiceValidationError):
        await charging.act("number.set_value", "number.group_limit", value=26)


async def test_a_persons_limit(charging: House) -> None:
    """What a person lets the group give a charger at most; the maximum takes it back."""
    await charging.act("number.set_value", "number.member_limit", "Garage", value=8)
    await charging.live(20)
    assert charging.offers == [8.0, 14.0]
    assert charging.why() == ["persons_limit", "main_fuse_l1"]
    await charging.act("number.set_value", "number.member_limit", "Garage", value=16)
    await charging.live(20)
    assert charging.offers == [11.0, 11.0]
    assert charging.runner.links["id_Garage"].limit_a is None


async def test_a_persons_limit_while_the_charger_is_not_there(house: House, hass: HomeAssistant) -> None:
    """It is remembered until the charger comes."""
    await hass.config_entries.async_unload(house.entries["Garage"].entry_id)
    house.runner.links["id_Garage"].load = None
    await house.act("number.set_value", "number.member_limit", "Garage", value=8)
    assert house.read("number.member_limit", "Garage") == "8.0"


async def test_by_priority(empty_house: House) -> None:
    """By priority the first has all that it can use before the second."""
    one, two = (entry.entry_id for entry in empty_house.entries.values())
    await empty_house.load_group(member(one, "Garage", priority=2), member(two, "Carport"))
    await empty_house.act("select.select_option", "select.mode", option="priority")
    for box in empty_house.boxes.values():
        box.plug_in()
    await empty_house.live(40)
    assert empty_house.offers == [6.0, 16.0]


async def test_a_hand_at_the_box(charging: House) -> None:
    """What its owner has switched off at the box stays off, and is not resumed by the group."""
    garage = charging.boxes["Garage"]
    garage.turn_mode(0)
    await charging.live(40)
    assert charging.offers == [0.0, 16.0]
    assert charging.why()[0] == "paused_by_owner"
    garage.turn_mode(1)
    await charging.live(260)
    assert charging.offers == [11.0, 11.0]


@pytest.mark.usefixtures("all_enabled")
async def test_why_nobody_charges(house: House) -> None:
    """Each reason is there to be read: no car, no room, and for how long."""
    assert house.why() == ["not_plugged_in", "not_plugged_in"]
    house.boxes["Garage"].plug_in()
    await house.live(30)
    assert house.why() == ["own_maximum", "not_plugged_in"]
    house.base_a = [20.0, 2.0, 2.0]
    await house.live(10)
    assert house.offers[0] == 0
    assert house.why()[0] == "main_fuse_l1"
    state = house.hass.states.get(house.entity_id("sensor.reason", "Garage"))
    assert state
    assert state.attributes["phase"] == 1
    house.base_a = [2.0, 2.0, 2.0]
    await house.live(25)
    assert house.why()[0] == "minimum_off_time"
    until = house.read("sensor.reason_until", "Garage")
    changed = house.hass.states.get(house.entity_id("sensor.reason", "Garage"))
    await house.live(1)
    # The seconds go by, and the moment stays.
    assert house.read("sensor.reason_until", "Garage") == until
    assert changed is house.hass.states.get(house.entity_id("sensor.reason", "Garage"))
    await house.live(180)
    assert house.offers[0] == 16
    assert house.read("sensor.reason_until", "Garage") == "unknown"


# Schedules


async def schedule(house: House, **data: Any) -> None:
    """Set the schedule of the first charger."""
    [device] = dr.async_entries_for_config_entry(dr.async_get(house.hass), house.entries["Garage"].entry_id)
    await house.hass.services.async_call(
        DOMAIN, "set_schedule", {"device_id": device.id, **data}, blocking=True
    )
    await house.settle()


async def test_a_schedule_decides_whether(charging: House) -> None:
    """A pause of the schedule is carried out by the group, once; the window's current is a ceiling."""
    garage = charging.boxes["Garage"]
    garage.calls.clear()
    await schedule(charging, windows=[{"start": "00:00", "end": "00:00", "current": 0}])
    await charging.live(20)
    assert charging.offers == [0.0, 16.0]
    assert charging.why()[0] == "scheduled"
    assert [call.query for call in garage.calls if call.method == "POST"] == [{"mode": "4", "starttime": "0"}]
    await schedule(charging, windows=[{"start": "00:00", "end": "00:00", "current": 7}])
    await charging.live(120)
    assert charging.offers == [7.0, 15.0]
    assert charging.why()[0] == "scheduled"
    # Paused by its schedule it stays so when the group leaves.
    await schedule(charging, windows=[{"start": "00:00", "end": "00:00", "current": 0}])
    await charging.live(10)
    await charging.act("switch.turn_off", "switch.group_enabled")
    await charging.live(10)
    assert charging.offers == [0.0, 6.0]


# Actions


async def ask(house: House, action: str, **data: Any) -> Any:
    """Carry out an action on the group's device."""
    device = next(
        device
        for device in dr.async_entries_for_config_entry(dr.async_get(house.hass), house.group.entry_id)
        if device.name == "Main fuse"
    )
    response = await house.hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": device.id, **data},
        blocking=True,
        return_response=action == "get_allocation",
    )
    await house.settle()
    return response


@pytest.mark.usefixtures("all_enabled")
async def test_a_limit_for_a_time(hass: HomeAssistant, charging: House) -> None:
    """A ceiling holds at once, until its end, or until it is cleared."""
    await ask(charging, "set_group_limit", current=16, duration={"minutes": 10})
    await charging.live(1)
    assert charging.offers == [7.0, 7.0]
    assert charging.why() == ["temporary_ceiling"] * 2
    until = dt_util.parse_datetime(charging.read("sensor.ceiling_until"))
    assert until
    assert timedelta(minutes=9) < until - dt_util.utcnow() < timedelta(minutes=10)
    async_fire_time_changed(hass, until + timedelta(seconds=1))
    await charging.settle()
    await charging.live(20)
    assert charging.offers == [11.0, 11.0]
    assert charging.read("sensor.ceiling_until") == "unknown"

    in_an_hour = (dt_util.now() + timedelta(hours=1)).isoformat()
    await ask(charging, "set_group_limit", power=8280, cars_only=True, until=in_an_hour)
    await charging.live(1)
    assert charging.offers == [6.0, 6.0]
    await ask(charging, "clear_group_limit")
    await charging.live(20)
    assert charging.offers == [11.0, 11.0]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({}, "group_limit_missing"),
        ({"cars_only": True}, "group_limit_missing"),
        ({"current": 10, "until": "2020-01-01 00:00:00"}, "until_in_the_past"),
        ({"current": 10, "until": "2030-01-01 00:00:00", "duration": {"hours": 1}}, "only_one_field"),
        ({"current": 501}, "field_out_of_range"),
        ({"current": 10, "duration": {"seconds": 0}}, "until_in_the_past"),
    ],
)
async def test_n20_impossible_limits(house: House, data: dict[str, Any], error: str) -> None:
    """A limit of nothing, without one end, or that has ended already, is refused in words."""
    with pytest.raises(ServiceValidationError) as caught:
        await ask(house, "set_group_limit", **data)
    assert caught.value.translation_key == error
    assert house.runner.coordinator.data.ceiling is None


async def test_who_is_targeted(hass: HomeAssistant, house: House) -> None:
    """An action for groups needs a group, and one for chargers a charger; an area may have both."""
    group_entity, box_entity = house.entity_id("select.mode"), "sensor.garage_status"
    for action, entity_id, error in (
        ("clear_group_limit", box_entity, "no_group_targeted"),
        ("clear_schedule", group_entity, "no_charger_targeted"),
    ):
        with pytest.raises(ServiceValidationError) as caught:
            await hass.services.async_call(DOMAIN, action, {"entity_id": entity_id}, blocking=True)
        assert caught.value.translation_key == error
        await hass.services.async_call(
            DOMAIN, action, {"entity_id": [group_entity, box_entity]}, blocking=True
        )


async def test_n20_get_allocation(charging: House) -> None:
    """The action returns numbers and texts."""
    await ask(charging, "set_group_limit", current=16)
    await charging.live(1)
    answer = await ask(charging, "get_allocation")
    share = {
        "current": 7.0,
        "drawn": [11.0, 11.0, 11.0],
        "status": "charging",
        "reason": "temporary_ceiling",
        "why": "Temporary group limit",
        "phase": None,
        "until": None,
    }
    phase = {"mains": 16.0, "house": 2.0, "room": 22.0}
    assert answer == {
        "groups": {
            "Main fuse": {
                "mode": "equal",
                "observer": False,
                "limit": 25.0,
                "margin": 1.0,
                "temporary_limit": {
                    "current": 16.0,
                    "sum_of_phases": None,
                    "cars_only": False,
                    "until": None,
                },
                "meter_silent": False,
                "phases": {"L1": phase, "L2": phase, "L3": phase},
                "chargers": {"Garage": share, "Carport": share},
            }
        }
    }
    # In W, which is 18.260869... A.
    await ask(charging, "set_group_limit", power=4200)
    limit = (await ask(charging, "get_allocation"))["groups"]["Main fuse"]["temporary_limit"]
    assert (limit["current"], limit["sum_of_phases"]) == (None, 18.3)
    await ask(charging, "clear_group_limit")
    await charging.live(1)
    answer = await ask(charging, "get_allocation")
    assert answer["groups"]["Main fuse"]["temporary_limit"] is None


# Repairs and diagnostics


def issues(hass: HomeAssistant) -> set[str]:
    """Return the repairs that are open."""
    return {issue_id for domain, issue_id in ir.async_get(hass).issues if domain == DOMAIN}


async def test_two_hands(hass: HomeAssistant, charging: House) -> None:
    """A charger that balances by itself for half a minute has a repair issue, as long as it does."""
    garage = charging.boxes["Garage"]
    garage.mains_meter = "Eastron3P"
    garage.turn_mode(3)
    await charging.live(10)
    assert issues(hass) == set()
    await charging.live(25)
    assert issues(hass) == {"two_hands_smart_mode_id_Garage"}
    garage.turn_mode(1)
    await charging.live(10)
    assert issues(hass) == set()


async def test_two_masters(hass: HomeAssistant, charging: House) -> None:
    """A charger with a limit that something else changes again and again has a repair issue and a reason of its own."""
    garage = charging.boxes["Garage"]
    for amps in (8.0, 12.0, 7.0, 12.0):
        garage.override_a = amps
        await charging.live(35)
    assert issues(hass) == {"two_masters_id_Garage"}
    assert charging.why()[0] in ("two_masters", "charger_limit")
    charging.offset_s += 1800
    await charging.live(1)
    assert issues(hass) == set()


def count(monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    """Let so many commands have been sent today."""
    monkeypatch.setattr(ChargerController, "writes_today", writes)


@pytest.mark.usefixtures("all_enabled")
async def test_a_charger_that_is_written_too_often(
    hass: HomeAssistant, charging: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More commands a day than the charger stands are an issue, which stays for a day of fewer."""
    count(monkeypatch, 100_000)
    await charging.live(5)
    assert issues(hass) == {f"many_writes_{entry.entry_id}" for entry in charging.entries.values()}
    assert charging.read("sensor.writes_today", "Garage") == "100000"
    count(monkeypatch, 0)
    await charging.live(5)
    assert charging.read("sensor.writes_today", "Garage") == "0"
    assert len(issues(hass)) == 2
    charging.offset_s += 86_400
    await charging.live(5)
    assert issues(hass) == set()


async def test_a_group_that_is_gone_complains_no_more(hass: HomeAssistant, charging: House) -> None:
    """A repair of a group goes with it."""
    charging.boxes["Garage"].mains_meter = "Eastron3P"
    charging.boxes["Garage"].turn_mode(3)
    await charging.live(40)
    assert issues(hass)
    await hass.config_entries.async_unload(charging.group.entry_id)
    assert not issues(hass)


async def test_diagnostics(hass: HomeAssistant, charging: House) -> None:
    """What each was given lately, and why; and no secret."""
    answer = await async_get_config_entry_diagnostics(hass, charging.group)
    assert answer["data"] == {"kind": "group", "phases": 3}
    assert answer["state"]["mains_a"] == (24.0, 24.0, 24.0)
    report = answer["answers"]
    assert report["options"]["fuse"] == 25
    assert set(report["members"]) == set(NAMES)
    assert report["members"]["Garage"]["share"]["reason"] == "main_fuse"
    last = report["decisions"][-1]
    assert last["given"]["Garage"] == "11 A, main_fuse_l1"
    assert "serial" not in str(answer)
    assert "127.0.0.1" not in str(answer)


@pytest.mark.usefixtures("all_enabled")
async def test_an_empty_group(hass: HomeAssistant, empty_house: House) -> None:
    """A group without chargers shows the mains."""
    await empty_house.load_group()
    await empty_house.live(2)
    assert empty_house.read("sensor.mains_current_l1") == "2.0"
    assert empty_house.read("sensor.room_l1") == "22.0"
    assert empty_house.read("sensor.given_current") == "0.0"


async def test_a_member_that_cannot_be_limited(
    hass: HomeAssistant,
    empty_house: House,
    members: list[ConfigSubentryDataWithId],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A charger that does not show its limits any more is silent."""

    def load(_: object, __: object) -> Load:
        raise ChargerProtocolError("no maximum current")

    await empty_house.load_group(*members)
    await empty_house.live(30)
    monkeypatch.setattr(SmartEvse, "load", load)
    await empty_house.live(20)
    assert empty_house.why() == ["member_silent", "member_silent"]
