"""One charger in a Home Assistant whose clock is frozen, read as often as it would be, or as a test wants."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.sessions.recorder import SessionRecorder
from homeassistant.core import Event, HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from tests.emulators.base import Line
from tests.ha.makes import Make, settle

POLL_S = 5.0


class Visits:
    """A charger, its car, and the events of its sessions."""

    def __init__(
        self,
        hass: HomeAssistant,
        freezer: FrozenDateTimeFactory,
        make: Make,
        emulator: Any,
        entry: MockConfigEntry,
    ) -> None:
        """Take each event of the charger."""
        self.hass, self.emulator, self.entry = hass, emulator, entry
        self._freezer, self._make = freezer, make
        self.events: list[tuple[str, dict[str, Any]]] = []
        hass.bus.async_listen("state_changed", self._on_state)

    @callback
    def _on_state(self, event: Event[Any]) -> None:
        before, after = event.data["old_state"], event.data["new_state"]
        if before is None or after is None or after.domain != "event" or before.state == after.state:
            return
        # On the way out of unavailable the last one is restored, and nothing happens.
        if "unavailable" not in (before.state, after.state):
            self.events.append((after.attributes["event_type"], dict(after.attributes)))

    @property
    def event_types(self) -> list[str]:
        """Return the types of the events so far."""
        return [event_type for event_type, _ in self.events]

    # Time

    async def poll(self, count: int = 1, every_s: float = POLL_S) -> None:
        """Let the charger be read so often."""
        for _ in range(count):
            self._freezer.tick(timedelta(seconds=every_s))
            self.emulator.tick(every_s)
            await settle(self.hass, self._make)
            if not self._make.streams:
                await self.entry.runtime_data.coordinator.async_refresh()
                await settle(self.hass, self._make)

    async def live(self, seconds: float) -> None:
        """Let time pass, and nothing be read; a charger that streams goes on to do so."""
        if self._make.streams:
            await self.poll(round(seconds / 30), 30)
            return
        self._freezer.tick(timedelta(seconds=seconds))
        self.emulator.tick(seconds)

    async def press(self, button: str, value: str | None = None, polls: int = 3) -> None:
        """Press a button of the emulator, and let it be read."""
        self.emulator.press(button, value)
        await self.poll(polls)

    async def away(self, seconds: float) -> None:
        """Let its line be lost for a while."""
        self.emulator.line = Line.REFUSED
        if self._make.streams:
            self.emulator.cut_streams()
        for _ in range(round(seconds / 30)):
            self._freezer.tick(timedelta(seconds=30))
            self.emulator.tick(30)
            await self.entry.runtime_data.coordinator.async_refresh()
            await settle(self.hass, self._make)
        assert not self.entry.runtime_data.coordinator.last_update_success
        self.emulator.line = Line.OK
        await self.entry.runtime_data.coordinator.async_refresh()
        await settle(self.hass, self._make)

    async def stop(self) -> None:
        """Let Home Assistant stop, as far as the charger is concerned."""
        assert await self.hass.config_entries.async_unload(self.entry.entry_id)
        await settle(self.hass, self._make)

    async def start(self) -> None:
        """Let it start again."""
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        await settle(self.hass, self._make)
        await self.poll(3)

    # What is seen

    @property
    def streams(self) -> bool:
        """Return whether it streams."""
        return self._make.streams

    @property
    def counted_wh(self) -> float:
        """Return what the charger has counted in its life, in Wh."""
        return self._make.energy_wh(self.emulator)

    def state(self, name: str) -> State:
        """Return the state of an entity by platform and key."""
        platform, _, key = name.partition(".")
        device_id = self.entry.unique_id or self.entry.entry_id
        entity_id = er.async_get(self.hass).async_get_entity_id(platform, DOMAIN, f"{device_id}_{key}")
        assert entity_id, name
        state = self.hass.states.get(entity_id)
        assert state, name
        return state

    async def sessions(self) -> list[dict[str, Any]]:
        """Return the sessions of the charger, as the action does."""
        recorders = (part.target for part in self.entry.runtime_data.parts)
        [recorder] = [each for each in recorders if isinstance(each, SessionRecorder)]
        zone = dt_util.get_default_time_zone()
        return [session.as_dict(zone) for session in recorder.coordinator.data.sessions]
