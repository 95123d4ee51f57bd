"""EV chargers of several vendors as one family.

Where to begin (docs/architecture.md has the rest):

- `vendors.py` names the vendors; a vendor is one folder in `chargers/`: `models.py` reads words and units of the
  wire, `charger.py` has the requests, `entities.py` what is shown, `vendor.py` how a charger is reached.
- An entry is one charger, or a group of them (`balancing/`). Its set-up: vendor -> charger -> `runtime/coordinator.py` ->
  `control/controller.py` -> `scheduling/runner.py` -> `planning/runner.py` -> `entities/device.py:Device` -> platforms.
- Whatever decides what a charger may draw is a claim on its controller (`control/`), the only one that commands it.
- A platform (`sensor.py` ...) is the same few lines for all vendors; what differs is in the descriptions.
- A charger in a cloud has an account: `flows/account.py` logs in, `runtime/accounts.py` renews the token.
- `services/` and everything else that crosses vendors use the capabilities in `chargers/capabilities.py`.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from yarl import URL

from homeassistant.const import CONF_HOST, CONF_MAC, CONF_PORT, EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util

from .balancing.entities import async_setup_group
from .balancing.group import async_forget_group
from .balancing.leaving import async_watch_orphans
from .balancing.membership import async_watch_members
from .balancing.settings import is_group
from .chargers.capabilities import Limiter
from .chargers.types import Identity
from .const import CONF_CIRCUIT_CURRENT, CONF_POWER_SOURCE, CONF_VENDOR, DOMAIN, PLATFORMS
from .control.controller import ChargerController
from .control.entities import ENTITIES as CONTROL_ENTITIES, ControlCoordinator
from .control.migration import async_migrate
from .control.owner import OwnerControls
from .control.restore import async_restore
from .control.store import stored_control
from .control.trouble import ChargerTroubles
from .entities.device import Device, EvseConfigEntry, settings_of
from .frontend import async_setup_dashboard
from .planning.entities import ENTITIES as PLAN_ENTITIES
from .planning.runner import PlanRunner, async_forget_plan
from .runtime.accounts import async_forget_warning, async_look_after, async_offer_others, async_renew
from .runtime.adoption import async_adopt_serial, async_keep_alias, device_id, lacks_serial
from .runtime.coordinator import ChargerCoordinator
from .runtime.issues import async_show_issue
from .runtime.log_in import LogIn
from .runtime.memory import async_forget
from .scheduling.entities import ENTITIES as SCHEDULE_ENTITIES
from .scheduling.runner import ScheduleRunner, async_forget_schedule
from .services import async_setup_actions
from .sessions.entities import ENTITIES as SESSION_ENTITIES
from .sessions.recorder import SessionRecorder, async_forget_sessions
from .vendors import VENDORS

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up the actions, which are there before any charger is, and the dashboard."""
    async_setup_actions(hass)
    await async_setup_dashboard(hass)
    entries = hass.config_entries.async_entries(DOMAIN)
    groups = [entry for entry in entries if is_group(entry)]
    async_watch_orphans(hass)
    async_watch_members(hass)
    await async_migrate(hass, [entry for entry in entries if entry not in groups], groups)
    return True


async def async_migrate_entry(hass: HomeAssistant, entry: EvseConfigEntry) -> bool:
    """Move into the options what is no connection: version 1.1 had all in the data."""
    if entry.version == 1 and entry.minor_version < 2:
        moved = {
            key: entry.data[key] for key in (CONF_CIRCUIT_CURRENT, CONF_POWER_SOURCE) if key in entry.data
        }
        hass.config_entries.async_update_entry(
            entry,
            data={key: value for key, value in entry.data.items() if key not in moved},
            options=moved | entry.options,
            minor_version=2,
        )
    return entry.version == 1


async def async_setup_entry(hass: HomeAssistant, entry: EvseConfigEntry) -> bool:
    """Set up one charger, or a group of them."""
    if is_group(entry):
        return await async_setup_group(hass, entry)
    vendor = VENDORS[entry.data[CONF_VENDOR]]
    if vendor.cloud is not None:
        await async_look_after(hass, entry, vendor.cloud)
    charger = vendor.connect(hass, settings_of(entry), dt_util.get_default_time_zone())
    log_in = LogIn(
        hass,
        entry,
        is_set=vendor.has_log_in(entry.data),
        renew=None if vendor.cloud is None else partial(async_renew, hass, entry, vendor.cloud),
    )
    coordinator = ChargerCoordinator(hass, entry, charger, pace=vendor.pace, log_in=log_in)
    controller = ChargerController(hass, entry, charger, coordinator)
    await controller.async_load()
    sessions = SessionRecorder(hass, entry, charger, coordinator, controller)
    await sessions.async_load()
    # Before the first snapshot: what waits for its start time is not paused for a moment.
    coordinator.refine = sessions.refine
    await coordinator.async_config_entry_first_refresh()
    if not er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        await coordinator.async_read_again()

    identity = coordinator.identity
    if identity.serial is not None and lacks_serial(entry, identity.alias):
        async_adopt_serial(hass, entry, identity.serial, vendor.unique_id(identity.serial))
    if identity.serial is None:
        async_keep_alias(hass, entry, identity.alias)
    entry_device_id = device_id(entry)
    info = coordinator.info = _device_info(entry, vendor.name, coordinator.identity)
    parts: list[Device[Any, Any]] = []
    owner: OwnerControls | None = None
    if is_controllable := charger.capability(Limiter) is not None:
        owner = OwnerControls(controller)
        runner = ScheduleRunner(hass, entry, charger, coordinator, controller)
        await runner.async_start()
        planner = PlanRunner(hass, entry, charger, controller, runner, sessions)
        await planner.async_start()
        control = ControlCoordinator(hass, controller, entry.title)
        parts = [
            Device(
                id=entry_device_id,
                info=info,
                target=runner,
                coordinator=runner.coordinator,
                entities=SCHEDULE_ENTITIES,
                depends_on_answers=False,
            ),
            Device(
                id=entry_device_id, info=info, target=owner, coordinator=control, entities=CONTROL_ENTITIES
            ),
            Device(
                id=entry_device_id,
                info=info,
                target=sessions,
                coordinator=sessions.coordinator,
                entities=SESSION_ENTITIES,
            ),
            Device(
                id=entry_device_id,
                info=info,
                target=planner,
                coordinator=planner.coordinator,
                entities=PLAN_ENTITIES,
                depends_on_answers=False,
            ),
        ]
        controller.async_start()
        control.async_start()
        ChargerTroubles(hass, controller).async_start()
        sessions.async_start()
        # Controlled again, it is restored when that ends.
        async_show_issue(hass, entry, "not_restored", None)
    entry.runtime_data = Device(
        id=entry_device_id,
        info=info,
        target=charger,
        coordinator=coordinator,
        entities=vendor.entities,
        parts=tuple(parts),
        control=controller if is_controllable else None,
        owner=owner,
    )
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    _reload_with_the_time_zone(hass, entry)
    coordinator.async_listen()
    if vendor.cloud is not None:
        entry.async_create_background_task(
            hass, async_offer_others(hass, entry, vendor.cloud, vendor.unique_id), f"{entry.title} - others"
        )
    return True


async def async_unload_entry(hass: HomeAssistant, entry: EvseConfigEntry) -> bool:
    """Unload one charger, which keeps what its owner has set; or a group, which leaves its chargers safe."""
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    if unloaded and is_group(entry):
        await entry.runtime_data.target.async_stop()
    elif unloaded and entry.disabled_by is not None and entry.runtime_data.control is not None:
        await entry.runtime_data.control.async_stop()
        await async_restore(hass, entry, entry.runtime_data.target)
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: EvseConfigEntry) -> None:
    """Restore a charger, or release those of a group, that is removed, and remove what was stored."""
    if is_group(entry):
        await async_forget_group(hass, entry)
        return
    vendor = VENDORS[entry.data[CONF_VENDOR]]
    charger = vendor.connect(hass, settings_of(entry), dt_util.get_default_time_zone())
    await async_restore(hass, entry, charger)
    await stored_control(hass, entry.entry_id).async_remove()
    await async_forget(hass, entry)
    await async_forget_schedule(hass, entry)
    await async_forget_plan(hass, entry)
    await async_forget_sessions(hass, entry)
    async_forget_warning(hass, entry)


def _reload_with_the_time_zone(hass: HomeAssistant, entry: EvseConfigEntry) -> None:
    """Set up the charger anew when Home Assistant has another time zone: its times are local times."""
    zone = dt_util.get_default_time_zone()

    @callback
    def reload(_: Event[Any]) -> None:
        if dt_util.get_default_time_zone() != zone:
            hass.config_entries.async_schedule_reload(entry.entry_id)

    entry.async_on_unload(hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, reload))


def _device_info(entry: EvseConfigEntry, manufacturer: str, identity: Identity) -> DeviceInfo:
    """Return what the device registry knows of a charger."""
    mac = identity.mac or entry.data.get(CONF_MAC)
    return DeviceInfo(
        identifiers={(DOMAIN, device_id(entry))},
        connections={(dr.CONNECTION_NETWORK_MAC, dr.format_mac(mac))} if mac else set(),
        configuration_url=_own_page(entry.data),
        manufacturer=manufacturer,
        model=identity.model,
        name=entry.title,
        serial_number=identity.serial,
        sw_version=identity.firmware,
    )


def _own_page(data: Mapping[str, Any]) -> URL | None:
    """Return where the charger's own web page is; one in a cloud has none."""
    if CONF_HOST not in data:
        return None
    return URL.build(scheme="http", host=data[CONF_HOST], port=data[CONF_PORT])
