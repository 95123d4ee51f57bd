"""One charger in a Home Assistant with a recorder, and what its energies became there."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)

from homeassistant.components.recorder.statistics import get_latest_short_term_statistics_with_session
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance, session_scope
from homeassistant.util import dt as dt_util
from tests.emulators.base import Emulator
from tests.ha.makes import Make, settle

PERIOD = timedelta(minutes=5)
# Between two polls, and around what happens; a charger that streams sends an event at least so often while it charges.
POLL_S, MOMENT_S, EVENT_S = 10.0, 3.0, 1800.0


# Where each make has the counter of each of its energies, by the key of the sensor. All that is charged goes through the
# car's meter, session after session; an emulated charger feeds nothing back from the car.
def _car(emulator: Any) -> float:
    counted_wh: float = emulator.total_wh
    return counted_wh


def _nothing(_: Any) -> float:
    return 0.0


def wait() -> None:
    """Let nothing happen before a poll."""


COUNTERS: dict[str, dict[str, Callable[[Any], float]]] = {
    "smartevse": {
        "session_energy": _car,
        "total_energy": _car,
        "import_energy": _car,
        "export_energy": _nothing,
        "mains_import_energy": lambda e: e.mains_import_wh,
        "mains_export_energy": lambda e: e.mains_export_wh,
    },
    "lektrico": {"session_energy": _car, "total_energy": _car},
    "psp": {"session_energy": lambda e: e.imported_wh[1]}
    | {f"meter1_04_{key}_kWh": lambda e: e.imported_wh[1] for key in ("0048", "0156", "0180", "0184")}
    | {f"meter2_04_{key}_kWh": lambda e: e.imported_wh[2] for key in ("0048", "0156")}
    | {f"meter{key}_kWh": _nothing for key in ("1_04_004a", "1_04_0186", "2_04_004a")},
    "evnex": {"session_energy": lambda e: e.aci.energy_wh, "total_energy": lambda e: e.aci.energy_wh},
}


class Recorded:
    """A charger that is looked at a few times an hour, and what it has counted since its first statistics."""

    def __init__(
        self,
        hass: HomeAssistant,
        freezer: FrozenDateTimeFactory,
        make: Make,
        emulator: Emulator,
        entry: MockConfigEntry,
    ) -> None:
        """Begin at nothing."""
        self.hass, self.emulator, self.entry = hass, emulator, entry
        self._freezer, self._make = freezer, make
        self._counters = COUNTERS[entry.data["vendor"]]
        self.counted_wh = dict.fromkeys(self._counters, 0.0)
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._on_state)

    @callback
    def _on_state(self, _: Event[EventStateChangedData]) -> None:
        """Let no two states have the same moment, by which the recorder sorts them; a clock that is not frozen goes on."""
        self._freezer.tick(timedelta(milliseconds=1))

    @property
    def energies(self) -> dict[str, str]:
        """Return the entities with a sum of energy in the statistics, by key."""
        device_id = self.entry.unique_id or self.entry.entry_id
        return {
            item.unique_id.removeprefix(f"{device_id}_"): item.entity_id
            for item in er.async_entries_for_config_entry(er.async_get(self.hass), self.entry.entry_id)
            if (state := self.hass.states.get(item.entity_id))
            and state.attributes.get("device_class") == "energy"
            and state.attributes.get("state_class") in ("total", "total_increasing")
        }

    # Time

    async def live(self, seconds: float) -> None:
        """Let time pass in the world, and nothing be read; a charger that streams goes on to do so while it charges."""
        step_s = EVENT_S if self._make.streams and self._is_charging else seconds
        while seconds > 0:
            self._tick(min(step_s, seconds))
            seconds -= step_s
            if self._make.streams:
                await settle(self.hass, self._make)

    async def press(self, button: str, value: str | None = None) -> None:
        """Press a button of the emulator, between two readings."""
        await self.poll(MOMENT_S)
        self.emulator.press(button, value)
        await self.poll(MOMENT_S)

    async def poll(self, after_s: float = POLL_S) -> None:
        """Let the charger be read."""
        self._tick(after_s)
        await settle(self.hass, self._make)
        if not self._make.streams:
            await self.entry.runtime_data.coordinator.async_refresh()
            await settle(self.hass, self._make)

    async def visit(self, *before_polls: Callable[[], None]) -> None:
        """Read the charger some times within one period of the statistics, and compile that."""
        start = self._next_period()
        await self.live((start - dt_util.utcnow()).total_seconds())
        for act in (*before_polls, wait, wait):
            act()
            await self.poll()
        await async_wait_recording_done(self.hass)
        do_adhoc_statistics(self.hass, start=start)
        await async_wait_recording_done(self.hass)

    async def restart(self) -> None:
        """Let Home Assistant start again, as far as the charger is concerned."""
        await self.poll(MOMENT_S)
        assert await self.hass.config_entries.async_reload(self.entry.entry_id)
        for _ in range(5):
            await self.poll(MOMENT_S)

    def forgive(self, sums_wh: dict[str, float]) -> None:
        """Go on from the sums of the statistics."""
        self.counted_wh = dict(sums_wh)

    # What is compared

    async def sums_wh(self) -> dict[str, float]:
        """Return the sums of the statistics, in Wh, by key."""
        ids = {entity_id: key for key, entity_id in self.energies.items()}

        def read() -> dict[str, float]:
            with session_scope(hass=self.hass, read_only=True) as session:
                found = get_latest_short_term_statistics_with_session(
                    self.hass, session, set(ids), {"sum", "state"}
                )
            return {ids[entity_id]: (rows[0].get("sum") or 0.0) * 1000 for entity_id, rows in found.items()}

        return await get_instance(self.hass).async_add_executor_job(read)

    # Inside

    @property
    def _is_charging(self) -> bool:
        emulator: Any = self.emulator
        return bool(emulator.aci.drawn_a)

    def _tick(self, seconds: float) -> None:
        before = {key: read(self.emulator) for key, read in self._counters.items()}
        self._freezer.tick(timedelta(seconds=seconds))
        self.emulator.tick(seconds)
        for key, read in self._counters.items():
            self.counted_wh[key] += read(self.emulator) - before[key]

    def _next_period(self) -> datetime:
        now = dt_util.utcnow()
        return now - timedelta(seconds=now.timestamp() % PERIOD.total_seconds()) + PERIOD
