"""Automations of a test: what they were triggered by, and whether a condition holds."""

from collections.abc import Mapping
from typing import Any

from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import condition, entity_registry as er
from homeassistant.helpers.typing import ConfigType
from homeassistant.setup import async_setup_component

_RAN = "automation_ran"


class Runs:
    """The runs of an automation, by the id of the trigger."""

    def __init__(self, events: list[Event[Any]]) -> None:
        """Begin with those that there were."""
        self._events = events

    def take(self, trigger_id: str | None = None) -> list[dict[str, Any]]:
        """Return what the trigger carried in each run since the last call, of one trigger or of all."""
        found = [event for event in self._events if trigger_id in (None, event.data["id"])]
        for event in found:
            self._events.remove(event)
        return [dict(event.data) for event in found]


async def async_automate(
    hass: HomeAssistant,
    target: Mapping[str, Any],
    *names: str,
    **configured: tuple[str, Mapping[str, Any]],
) -> Runs:
    """Set an automation up with triggers of ours: by their names, or by an id with the name and the options."""
    runs = Runs(async_capture_events(hass, _RAN))
    triggers: dict[str, tuple[str, Mapping[str, Any]]] = {name: (name, {}) for name in names} | configured
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "alias": "Test",
                "mode": "queued",
                "triggers": [
                    {
                        "id": trigger_id,
                        "trigger": f"{DOMAIN}.{name}",
                        "target": dict(target),
                        "options": dict(options),
                    }
                    for trigger_id, (name, options) in triggers.items()
                ],
                "actions": [
                    {
                        "event": _RAN,
                        "event_data": {
                            "id": "{{ trigger.id }}",
                            "entity": "{{ trigger.entity_id }}",
                            "from": "{{ trigger.from_state.state }}",
                            "to": "{{ trigger.to_state.state }}",
                            "session": "{{ trigger.get('session') }}",
                            "card": "{{ trigger.get('card') }}",
                        },
                    }
                ],
            }
        },
    )
    await hass.async_block_till_done()
    automation = hass.states.get("automation.test")
    assert automation is not None
    assert automation.state == "on"
    return runs


async def async_holds(hass: HomeAssistant, name: str, target: Mapping[str, Any], **options: Any) -> bool:
    """Return whether a condition of ours holds."""
    config: ConfigType = {
        "condition": f"{DOMAIN}.{name}",
        "target": dict(target),
        "options": options or {},
    }
    checker = await condition.async_from_config(
        hass, await condition.async_validate_condition_config(hass, config)
    )
    try:
        return bool(checker.async_check())
    finally:
        checker.async_unload()


def entity_of(hass: HomeAssistant, entry: ConfigEntry, name: str) -> str:
    """Return the id of an entity of an entry by platform and translation key, renamed or not: "sensor.status"."""
    platform, _, key = name.partition(".")
    [found] = [
        item.entity_id
        for item in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if item.domain == platform and item.translation_key == key
    ]
    return found


def device_of(hass: HomeAssistant, entry: ConfigEntry, name: str = "sensor.status") -> str:
    """Return the id of the device that has an entity."""
    item = er.async_get(hass).async_get(entity_of(hass, entry, name))
    assert item is not None
    assert item.device_id is not None
    return item.device_id
