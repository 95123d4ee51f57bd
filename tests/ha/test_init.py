"""Set up and unload."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry


async def test_set_up_and_unload(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """An entry can be set up and unloaded."""
    assert loaded.state is ConfigEntryState.LOADED
    for state in sorted(hass.states.async_all(), key=lambda s: s.entity_id):
        print(state.entity_id, state.state, state.name)
    assert await hass.config_entries.async_unload(loaded.entry_id)
    assert loaded.state is ConfigEntryState.NOT_LOADED
