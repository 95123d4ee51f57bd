"""N16: an action is offered for the chargers that have it, and for no others, as far as a selector distinguishes them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot import services
from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.services import ACTIONS
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.selector import TargetSelector
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import parse_yaml
from tests.ha.group.conftest import group_entry, member

SERVICES: Any = parse_yaml((Path(services.__file__).parents[1] / "services.yaml").read_text(encoding="utf-8"))
DATA: dict[str, dict[str, Any]] = {
    "authorize": {"tag": "04A1B2C3D4E5F6"},
    "override_control_pilot": {"duty_cycle": 16},
    "factory_reset": {"confirm": True},
    "open_access_point": {"confirm": True},
    "set_access_point_password": {"password": "12345678"},
    "set_hardware_limit": {"current": 16, "confirm": True},
    "set_schedule": {"windows": [{"start": "10:00", "end": "12:00"}]},
    "set_available_power": {"power": 4000},
    "set_current_limit": {"current": 10},
    "set_mains_currents": {"l1": 1, "l2": 1, "l3": 1},
    "set_ev_meter": {"l1": 1, "l2": 1, "l3": 1},
}
# What leaves the network comes last.
LAST = ("factory_reset", "open_access_point")
OF_CHARGERS = sorted(
    (action.name for action in ACTIONS if not action.groups), key=lambda name: (name in LAST, name)
)


def is_offered(device: dr.AnyDeviceEntry, name: str) -> bool:
    """Return whether the picker of an action has a device, as the frontend decides it."""
    filters: Any = TargetSelector(SERVICES[name]["target"]).config["device"]
    return any(
        all(getattr(device, key) == value for key, value in filter_.items() if key != "integration")
        for filter_ in filters
    )


async def test_n16_offered_for_what_has_it(hass: HomeAssistant, charger: MockConfigEntry) -> None:
    """A charger takes just the actions that are offered for it."""
    [device] = dr.async_entries_for_config_entry(dr.async_get(hass), charger.entry_id)
    for name in OF_CHARGERS:
        data = DATA.get(name, {})
        if name == "set_delayed_start":
            data = {"start": dt_util.utcnow() + timedelta(hours=1)}
        takes = True
        action = next(action for action in ACTIONS if action.name == name)
        try:
            await hass.services.async_call(
                DOMAIN,
                name,
                {"device_id": device.id, **data},
                blocking=True,
                return_response=action.response != "none",
            )
        except HomeAssistantError as error:
            takes = error.translation_key != "not_supported"
        assert takes is is_offered(device, name), name


async def test_n16_groups(hass: HomeAssistant, charger: MockConfigEntry) -> None:
    """The actions of groups are offered for groups, and those of chargers for neither groups nor their members."""
    hass.states.async_set("sensor.mains_l1", "2", {"unit_of_measurement": "A"})
    group = group_entry(member(charger.entry_id, charger.title))
    group.add_to_hass(hass)
    assert await hass.config_entries.async_setup(group.entry_id)
    await hass.async_block_till_done()
    devices = {
        device.model: device
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), group.entry_id)
    }
    [charger_device] = dr.async_entries_for_config_entry(dr.async_get(hass), charger.entry_id)
    assert set(devices) == {"Load-balancing group", "Charger in a group"}
    for action in ACTIONS:
        assert is_offered(devices["Load-balancing group"], action.name) is (action.groups or action.members)
        assert not is_offered(devices["Charger in a group"], action.name)
        assert not (action.groups and is_offered(charger_device, action.name))
    await hass.config_entries.async_unload(group.entry_id)


def test_n16_not_offered_for_other_integrations() -> None:
    """The entities and devices that an action is offered for are ours; Home Assistant's own dialogs read the entities."""
    for service in SERVICES.values():
        target: Any = TargetSelector(service["target"]).config
        assert target["entity"] == [{"integration": DOMAIN}]
        assert {filter_["integration"] for filter_ in target["device"]} == {DOMAIN}
