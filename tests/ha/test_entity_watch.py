"""An entity of another integration that is read here."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from unittest.mock import Mock

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.evse_pilot.runtime.entity_watch import EntityWatch, is_known
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er


class Watched:
    """One watch with its listeners, and a clock."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        """Watch nothing yet."""
        self._hass = hass
        self._freezer = freezer
        self.on_state, self.on_rename, self.on_missing = Mock(), Mock(), Mock()
        self.watch: EntityWatch

    def start(self, entity_id: str, registry_id: str | None = None) -> None:
        """Watch an entity."""
        self.watch = EntityWatch(
            self._hass,
            entity_id,
            registry_id,
            on_state=self.on_state,
            on_rename=self.on_rename,
            on_missing=self.on_missing,
        )
        self.watch.async_start()

    async def wait(self, minutes: float) -> None:
        """Let time pass."""
        self._freezer.tick(timedelta(minutes=minutes))
        async_fire_time_changed(self._hass)
        await self._hass.async_block_till_done()


@pytest.fixture
async def watched(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> AsyncGenerator[Watched]:
    """Return a watch that is not started."""
    watched = Watched(hass, freezer)
    yield watched
    watched.watch.async_stop()


async def test_missing_and_back(hass: HomeAssistant, watched: Watched) -> None:
    """An absence is reported once after ten minutes, and so is the return."""
    watched.start("sensor.mains")
    await watched.wait(9)
    watched.on_missing.assert_not_called()
    await watched.wait(2)
    await watched.wait(60)
    watched.on_missing.assert_called_once_with(True)
    hass.states.async_set("sensor.mains", "1")
    await hass.async_block_till_done()
    assert watched.on_missing.call_args_list[1:] == [((False,),)]
    assert watched.on_state.called


async def test_short_absence(hass: HomeAssistant, watched: Watched) -> None:
    """A restart of the integration behind it is no absence, and one that is unavailable is there."""
    hass.states.async_set("sensor.mains", "1")
    watched.start("sensor.mains")
    hass.states.async_remove("sensor.mains")
    await watched.wait(9)
    hass.states.async_set("sensor.mains", STATE_UNAVAILABLE)
    await watched.wait(9)
    await watched.wait(9)
    watched.on_missing.assert_not_called()


async def test_restored_only(hass: HomeAssistant, watched: Watched) -> None:
    """A state that is only restored is one that no integration provides."""
    hass.states.async_set("sensor.mains", STATE_UNAVAILABLE, {"restored": True})
    watched.start("sensor.mains")
    await watched.wait(11)
    watched.on_missing.assert_called_once_with(True)


async def test_stopped(hass: HomeAssistant, watched: Watched) -> None:
    """Nothing is called after the stop."""
    watched.start("sensor.mains")
    watched.watch.async_stop()
    await watched.wait(11)
    hass.states.async_set("sensor.mains", "1")
    await hass.async_block_till_done()
    for listener in (watched.on_missing, watched.on_state, watched.on_rename):
        listener.assert_not_called()


async def test_renamed(hass: HomeAssistant, entity_registry: er.EntityRegistry, watched: Watched) -> None:
    """A new name is followed, now and when it was given while nothing was watched."""
    entry = entity_registry.async_get_or_create("sensor", "other", "x", suggested_object_id="mains")
    hass.states.async_set(entry.entity_id, "1")
    watched.start(entry.entity_id)
    assert watched.watch.registry_id == entry.id
    entity_registry.async_update_entity(entry.entity_id, new_entity_id="sensor.house")
    await hass.async_block_till_done()
    watched.on_rename.assert_called_once_with("sensor.mains", "sensor.house")
    watched.on_state.reset_mock()
    hass.states.async_set("sensor.house", "2")
    await hass.async_block_till_done()
    watched.on_state.assert_called_once()
    watched.watch.async_stop()

    entity_registry.async_update_entity("sensor.house", new_entity_id="sensor.grid")
    watched.start("sensor.house", entry.id)
    assert watched.on_rename.call_args.args == ("sensor.house", "sensor.grid")
    assert watched.watch.entity_id == "sensor.grid"
    assert is_known(hass, "sensor.grid")
    assert not is_known(hass, "sensor.never_was")


async def test_deleted_and_made_again(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, watched: Watched
) -> None:
    """An entity that is made again under its old name is the one that is watched, and followed from then on."""
    entry = entity_registry.async_get_or_create("sensor", "other", "x", suggested_object_id="mains")
    watched.start(entry.entity_id)
    entity_registry.async_remove(entry.entity_id)
    await hass.async_block_till_done()
    again = entity_registry.async_get_or_create("sensor", "another", "y", suggested_object_id="mains")
    await hass.async_block_till_done()
    assert again.id != entry.id
    assert watched.watch.registry_id == again.id
    entity_registry.async_update_entity(again.entity_id, new_entity_id="sensor.house")
    await hass.async_block_till_done()
    watched.on_rename.assert_called_once_with("sensor.mains", "sensor.house")
