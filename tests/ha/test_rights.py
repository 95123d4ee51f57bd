"""Rights of users: who may carry out which action, with which charger. Case E3."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.auth.models import User
from homeassistant.auth.permissions.models import PermissionLookup
from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, Unauthorized, UnknownUser
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import entry_for
from .group.conftest import group_entry, member


class Needs(Enum):
    """What a user needs for an action."""

    ADMIN = auto()
    CONTROL = auto()
    READ = auto()


@dataclass(frozen=True)
class Row:
    """An action: what it needs, on what it acts, and data that it takes."""

    needs: Needs
    data: Mapping[str, Any] = field(default_factory=dict)
    group: bool = False


TABLE = {
    "authorize": Row(Needs.CONTROL, {"tag": "04A1B2C3D4E5F6"}),
    "clear_current_limit": Row(Needs.CONTROL),
    "clear_goal": Row(Needs.CONTROL),
    "clear_group_limit": Row(Needs.CONTROL, group=True),
    "clear_schedule": Row(Needs.CONTROL),
    "factory_reset": Row(Needs.ADMIN, {"confirm": True}),
    "get_allocation": Row(Needs.READ, group=True),
    "get_plan": Row(Needs.READ),
    "get_schedule": Row(Needs.READ),
    "list_sessions": Row(Needs.READ),
    "open_access_point": Row(Needs.ADMIN, {"confirm": True}),
    "override_control_pilot": Row(Needs.ADMIN, {"duty_cycle": 50}),
    "override_schedule": Row(Needs.CONTROL),
    "release_control_pilot": Row(Needs.ADMIN),
    "release_power_control": Row(Needs.ADMIN),
    "set_access_point_password": Row(Needs.ADMIN, {"password": "12345678"}),
    "set_available_power": Row(Needs.CONTROL, {"power": 5000}),
    "set_current_limit": Row(Needs.CONTROL, {"current": 10}),
    "set_delayed_start": Row(Needs.CONTROL, {"start": "2099-01-01 00:00:00"}),
    "set_ev_meter": Row(Needs.CONTROL, {"l1": 1}),
    "set_goal": Row(Needs.CONTROL, {"energy": 20, "ready_by": "07:00"}),
    "set_group_limit": Row(Needs.CONTROL, {"current": 10}, group=True),
    "set_hardware_limit": Row(Needs.ADMIN, {"confirm": True, "current": 32}),
    "set_mains_currents": Row(Needs.CONTROL, {"l1": 1, "l2": 1, "l3": 1}),
    "set_schedule": Row(Needs.CONTROL, {"windows": [{"start": "01:00", "end": "05:00"}]}),
    "take_power_control": Row(Needs.ADMIN),
}
# What a kind of user may do with the charger and the group of its area, and with those elsewhere.
HERE: dict[str, set[Needs]] = {
    "automation": {*Needs},
    "admin": {*Needs},
    "user": {Needs.CONTROL, Needs.READ},
    "read_only": {Needs.READ},
    "area": {Needs.CONTROL, Needs.READ},
    "area_read_only": {Needs.READ},
    "no_rights": set(),
    "unknown": set(),
}
ELSEWHERE = HERE | {"area": set[Needs](), "area_read_only": set[Needs]()}


class Home:
    """Two chargers and their group, in an area, and another charger elsewhere; users of all kinds."""

    def __init__(self, hass: HomeAssistant, boxes: list[SmartEvseEmulator]) -> None:
        """Move in."""
        self.hass = hass
        self.boxes = boxes
        self.entries: dict[str, MockConfigEntry] = {}
        self.users: dict[str, str | None] = {"automation": None, "unknown": "0" * 32}

    async def set_up(self, name: str, entry: MockConfigEntry) -> None:
        """Set up an entry."""
        self.entries[name] = entry
        entry.add_to_hass(self.hass)
        assert await self.hass.config_entries.async_setup(entry.entry_id)
        await self.hass.async_block_till_done()

    def device(self, name: str) -> str:
        """Return the device of an entry; of the group that of itself."""
        entry = self.entries[name]
        device = dr.async_get(self.hass).async_get_device_by_identifier(
            (DOMAIN, entry.unique_id or entry.entry_id), entry.entry_id
        )
        assert device
        return device.id

    def add(self, kind: str, policy: dict[str, Any]) -> None:
        """Add a kind of user."""
        user = MockUser(name=kind).add_to_hass(self.hass)
        user.perm_lookup = PermissionLookup(er.async_get(self.hass), dr.async_get(self.hass))
        user.mock_policy(policy)
        self.users[kind] = user.id

    async def is_allowed(self, action: str, kind: str, target: dict[str, Any]) -> bool:
        """Return whether this kind of user is allowed an action; whether the charger can do it is another matter."""
        before = [len(box.calls) for box in self.boxes]
        context = Context(user_id=self.users[kind])
        responds = (
            self.hass.services.async_services()[DOMAIN][action].supports_response is SupportsResponse.ONLY
        )
        try:
            await self.hass.services.async_call(
                DOMAIN,
                action,
                {**target, **TABLE[action].data},
                blocking=True,
                context=context,
                return_response=responds,
            )
        except Unauthorized as error:
            refusal = type(error)
        except HomeAssistantError:
            return True
        else:
            return True
        assert refusal is (UnknownUser if kind == "unknown" else Unauthorized)
        # Nothing was sent to any charger.
        assert [len(box.calls) for box in self.boxes] == before
        return False


@pytest.fixture
async def home(hass: HomeAssistant, hass_admin_user: User, hass_read_only_user: User) -> AsyncGenerator[Home]:
    """Return a home with chargers and users."""
    async with SmartEvseEmulator(serial=1) as one, SmartEvseEmulator(serial=2) as two:
        home = Home(hass, [one, two])
        for name, box in (("charger", one), ("elsewhere", two)):
            box.mains_meter = "Disabled"
            box.advance(5)
            await home.set_up(name, entry_for(box, name.title()))
        await home.set_up("group", group_entry(member(home.entries["charger"].entry_id, "Charger")))
        area = ar.async_get(hass).async_create("Garage")
        for name in ("charger", "group"):
            dr.async_get(hass).async_update_device(home.device(name), area_id=area.id)
        home.users |= {"admin": hass_admin_user.id, "read_only": hass_read_only_user.id}
        home.add("user", {"entities": True})
        home.add("area", {"entities": {"area_ids": {area.id: True}}})
        home.add("area_read_only", {"entities": {"area_ids": {area.id: {"read": True}}}})
        home.add("no_rights", {})
        yield home
        for entry in reversed(home.entries.values()):
            assert await hass.config_entries.async_unload(entry.entry_id)


async def test_e3_the_table_has_every_action(hass: HomeAssistant, home: Home) -> None:
    """A new action is in the table, or this fails."""
    assert set(hass.services.async_services()[DOMAIN]) == TABLE.keys()


@pytest.mark.parametrize("kind", HERE)
async def test_e3_each_action_looks_at_its_user(hass: HomeAssistant, home: Home, kind: str) -> None:
    """Each action is allowed to those that have the right to its targets, and to no one else."""
    for name, allowed in (("charger", HERE), ("elsewhere", ELSEWHERE), ("group", HERE)):
        for action in hass.services.async_services()[DOMAIN]:
            if TABLE[action].group is (name == "group"):
                is_allowed = await home.is_allowed(action, kind, {"device_id": home.device(name)})
                assert is_allowed is (TABLE[action].needs in allowed[kind]), (action, name)


async def test_e3_whatever_the_target_is(hass: HomeAssistant, home: Home) -> None:
    """The charger is the same one by entity, device, area, floor, label and group of entities."""
    label = lr.async_get(hass).async_create("cars")
    dr.async_get(hass).async_update_device(home.device("charger"), labels={label.label_id})
    hass.states.async_set("group.cars", "on", {"entity_id": ["switch.charger_allow_charging"]})
    targets: list[dict[str, Any]] = [
        {"entity_id": "switch.charger_allow_charging"},
        {"entity_id": "sensor.charger_status"},
        {"entity_id": "group.cars"},
        {"device_id": home.device("charger")},
        {"area_id": "garage"},
        {"label_id": label.label_id},
    ]
    for target in targets:
        for kind, allowed in HERE.items():
            is_allowed = await home.is_allowed("set_current_limit", kind, target)
            assert is_allowed is (Needs.CONTROL in allowed), (kind, target)
            is_allowed = await home.is_allowed("get_schedule", kind, target)
            assert is_allowed is (Needs.READ in allowed), (kind, target)


async def test_e3_each_target_counts(hass: HomeAssistant, home: Home) -> None:
    """A right to one of two targets is none to both, and neither is commanded."""
    both = {"device_id": [home.device("charger"), home.device("elsewhere")]}
    assert not await home.is_allowed("set_current_limit", "area", both)
    assert await home.is_allowed("set_current_limit", "user", both)


async def test_e3_one_entity(hass: HomeAssistant, home: Home) -> None:
    """A right to one entity is one to name it, and none to all of its charger; a sensor commands nothing."""
    home.add("switch", {"entities": {"entity_ids": {"switch.charger_allow_charging": True}}})
    home.add("sensor", {"entities": {"entity_ids": {"sensor.charger_status": True}}})
    switch, sensor = {"entity_id": "switch.charger_allow_charging"}, {"entity_id": "sensor.charger_status"}
    device = {"device_id": home.device("charger")}
    for kind, target, needs in (
        ("switch", switch, {"set_current_limit", "get_schedule"}),
        ("switch", sensor, set[str]()),
        ("switch", device, set[str]()),
        ("sensor", sensor, {"get_schedule"}),
        ("sensor", switch, set[str]()),
        ("sensor", device, set[str]()),
    ):
        for action in ("set_current_limit", "get_schedule"):
            is_allowed = await home.is_allowed(action, kind, target)
            assert is_allowed is (action in needs), (kind, target, action)
    assert not await home.is_allowed("factory_reset", "switch", switch)


async def test_e3_a_charger_of_a_group_is_not_the_group(hass: HomeAssistant, home: Home) -> None:
    """A right to one charger of a group, its limit there included, is no right to the limit of all."""
    group = home.entries["group"]
    limit = er.async_get(hass).async_get_entity_id(
        "number", DOMAIN, f"{group.entry_id}_id_Charger_member_limit"
    )
    assert limit
    home.add("member", {"entities": {"entity_ids": {limit: True}}})
    assert not await home.is_allowed("set_group_limit", "member", {"entity_id": limit})
    assert await home.is_allowed("set_group_limit", "user", {"entity_id": limit})


async def test_e3_a_group_that_stands_for_its_chargers(hass: HomeAssistant, home: Home) -> None:
    """The sessions of a group are those of its chargers, and need the right to them."""
    group = {"device_id": home.device("group")}
    for kind, allowed in HERE.items():
        assert await home.is_allowed("list_sessions", kind, group) is (Needs.READ in allowed), kind
    entry = home.entries["group"]
    items = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    home.add("group", {"entities": {"entity_ids": {item.entity_id: True for item in items}}})
    assert await home.is_allowed("get_allocation", "group", group)
    assert not await home.is_allowed("list_sessions", "group", group)


async def test_e3_a_charger_without_entities_is_for_administrators(hass: HomeAssistant, home: Home) -> None:
    """A right to nothing is no right to everything."""
    home.add("all", {"entities": {"all": True}})
    device = {"device_id": home.device("charger")}
    assert await home.is_allowed("set_current_limit", "all", device)
    registry = er.async_get(hass)
    for item in er.async_entries_for_config_entry(registry, home.entries["charger"].entry_id):
        registry.async_update_entity(item.entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    assert not await home.is_allowed("set_current_limit", "all", device)
    assert await home.is_allowed("set_current_limit", "admin", device)
