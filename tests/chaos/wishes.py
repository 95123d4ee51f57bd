"""What people ask for besides a limit and a pause, and what they have configured: it is kept, whatever breaks."""

from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, cast

from custom_components.evse_pilot.balancing.settings import CONF_CHARGER
from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.scheduling.runner import ScheduleRunner
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er

from .house import Charger, House

if TYPE_CHECKING:
    from .walk import Walk

# A log-in is renewed, and a charger that is added again has another entry.
_CHANGES = ("token", "expires", CONF_CHARGER)


async def schedule(walk: Walk) -> None:
    """Give a charger a window on a day that no walk reaches: it limits nothing yet."""
    charger, house, rng = walk.any(), walk.house, walk.rng
    if not can_ask(house, charger):
        return
    runner = _runner(house, charger)
    before, day = runner.schedule, f"2027-0{rng.randint(3, 9)}-1{rng.randint(0, 9)}"
    call = house.hass.services.async_call(
        DOMAIN,
        "set_schedule",
        {
            "entity_id": house.entity_id(charger, "sensor", "status"),
            "windows": [{"date": day, "start": "22:00", "end": "06:00", "current": rng.choice((0, 6, 10))}],
            "outside": "allowed",
            "executed_by": "home_assistant",
        },
        blocking=True,
    )
    if await _is_taken(walk, call):
        assert [str(window.day) for window in runner.schedule.windows] == [day], runner.schedule
    else:
        assert runner.schedule == before, (charger.name, before, runner.schedule)
    charger.schedule = runner.schedule


async def member_limit(walk: Walk) -> None:
    """Limit what a group may give a charger."""
    charger, house = walk.any(), walk.house
    amps = float(walk.rng.choice((6, 8, 10, 13)))
    registry = er.async_get(house.hass)
    group = house.hass.config_entries.async_get_entry(f"entry_{charger.group}")
    if not can_ask(house, charger) or group is None or group.disabled_by is not None:
        return
    [entity] = [
        each
        for each in er.async_entries_for_config_entry(registry, group.entry_id)
        if each.unique_id.endswith("_member_limit")
        and each.config_subentry_id is not None
        and group.subentries[each.config_subentry_id].title == charger.name
    ]
    state = house.hass.states.get(entity.entity_id)
    if state is None or state.state == STATE_UNAVAILABLE:
        return
    call = house.hass.services.async_call(
        "number", "set_value", {"entity_id": entity.entity_id, "value": amps}, blocking=True
    )
    if await _is_taken(walk, call):
        charger.member_limit_a = amps
    # It is stored a second later.
    await house.live(2)


async def _is_taken(walk: Walk, call: Coroutine[Any, Any, Any]) -> bool:
    try:
        await walk.house.during(call)
    except HomeAssistantError as error:
        walk.trail[-1] += f" {error.translation_key}"
        return False
    return True


def can_ask(house: House, charger: Charger) -> bool:
    """Return whether a charger can be asked for anything."""
    return house.is_loaded(charger) and cast("Any", house.entry(charger)).runtime_data.control.is_available


def _runner(house: House, charger: Charger) -> ScheduleRunner:
    return cast("ScheduleRunner", cast("Any", house.entry(charger)).runtime_data.part(ScheduleRunner))


def configured(house: House) -> dict[str, Any]:
    """Return what was configured, by entry; a sensor by what it is, for its name may be changed."""
    found: dict[str, Any] = {}
    for entry in house.hass.config_entries.async_entries(DOMAIN):
        found[entry.title] = [_settings(house, entry.data), _settings(house, entry.options)]
        found[entry.title] += [
            (each.title, _settings(house, each.data)) for each in entry.subentries.values()
        ]
    return found


def _settings(house: House, data: Mapping[str, Any]) -> dict[str, Any]:
    registry = er.async_get(house.hass)

    def lasting(value: Any) -> Any:
        entity = registry.async_get(value) if isinstance(value, str) else None
        return value if entity is None else entity.unique_id

    return {key: lasting(value) for key, value in data.items() if not any(word in key for word in _CHANGES)}


def compare(house: House, charger: Charger) -> None:
    """Compare what people asked of a charger with what it has, once all is quiet."""
    found = _runner(house, charger).schedule
    [link] = [
        each
        for each in cast("Any", house.group(charger)).runtime_data.target.links.values()
        if each.title == charger.name
    ]
    if charger.was_unsaved:
        charger.schedule, charger.member_limit_a = found, link.limit_a
    assert found == charger.schedule, (charger.name, found, charger.schedule)
    assert link.limit_a == charger.member_limit_a, (charger.name, link.limit_a, charger.member_limit_a)
