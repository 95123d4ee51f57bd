"""Numbers that change all the time: what is shown at once, what is held, and that the last value always arrives."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
import math
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.balancing.settings import CONF_SENSOR, of_phase
from custom_components.evse_pilot.entities.quiet import COUNTER_S, MEASUREMENT_S, Quiet
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers.event import async_track_state_change_event
from tests.emulators.base import Line
from tests.emulators.lektrico import LektricoEmulator
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import Read
from .group.conftest import group_entry
from .lektrico.conftest import entry_for as lektrico_entry

type Later = Callable[[float], Awaitable[None]]

VALUES = st.one_of(st.none(), st.floats(-1e6, 1e6))
READINGS = st.lists(st.tuples(st.floats(0, 120), VALUES), min_size=1, max_size=40)


@given(readings=READINGS, unit=st.sampled_from(["A", "W", "Wh", "%", "lx"]))
def test_n27_the_newest_value_is_shown_after_the_pause_at_the_latest(
    readings: list[tuple[float, float | None]], unit: str
) -> None:
    """Whatever comes, a value is held for no longer than the pause, and one that differs by 5 % is not held at all."""
    quiet, now_s, due_s = Quiet(unit, MEASUREMENT_S), 0.0, math.inf
    for after_s, value in readings:
        now_s += after_s
        if due_s <= now_s:
            quiet.show(due_s, quiet.held)
            due_s = math.inf
        shown = quiet.shown
        wait_s = quiet.take(now_s, value)
        if wait_s is None:
            assert (quiet.shown, quiet.held) == (value, None)
            due_s = math.inf
            continue
        assert 0 < wait_s <= MEASUREMENT_S + 1e-9
        assert (quiet.shown, quiet.held) == (shown, value)
        assert shown is not None
        assert value is not None
        assert abs(value - shown) < max(100.0, 0.05 * abs(shown))
        # Held since the last one that was shown, not since the last one that came.
        assert now_s + wait_s <= due_s + 1e-9
        due_s = min(due_s, now_s + wait_s)


@pytest.mark.parametrize(
    ("unit", "before", "after", "is_held"),
    [
        ("A", 16.0, 15.6, True),
        ("A", 16.0, 15.1, False),
        ("A", 0.0, 0.4, True),
        ("A", 0.0, 0.5, False),
        ("W", 11000.0, 10500.0, True),
        ("W", 11000.0, 10440.0, False),
        ("W", 0.0, 99.0, True),
        ("Wh", 1000.0, 1049.0, True),
        ("Wh", 1000.0, 1051.0, False),
        ("lx", 100.0, 104.0, True),
        ("A", 16.0, math.nan, False),
    ],
)
def test_what_is_a_small_change(unit: str, before: float, after: float, is_held: bool) -> None:
    """A change of 5 % is shown at once, but for what is next to nothing in its unit."""
    quiet = Quiet(unit, MEASUREMENT_S)
    assert quiet.take(0, before) is None
    assert (quiet.take(1, after) is not None) is is_held


@pytest.fixture
def later(hass: HomeAssistant, freezer: FrozenDateTimeFactory, quiet: None) -> Later:
    """Return a function that lets time pass and what is due happen."""

    async def later(seconds: float) -> None:
        freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)

    return later


def seen(hass: HomeAssistant, entity_id: str) -> list[State]:
    """Return the states that an entity will have, as they come."""
    states: list[State] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        if (state := event.data["new_state"]) is not None:
            states.append(state)

    async_track_state_change_event(hass, entity_id, note)
    return states


async def _read(loaded: MockConfigEntry) -> None:
    await loaded.runtime_data.coordinator.async_refresh()


async def test_n27_small_changes_are_held_and_the_last_arrives(
    hass: HomeAssistant, later: Later, loaded: MockConfigEntry, emulator: SmartEvseEmulator, entity_id: Read
) -> None:
    """A car that wavers is shown twice a minute, and at once where it draws another power."""
    emulator.plug_in()
    await later(6)
    await _read(loaded)
    states = seen(hass, entity_id("sensor.power"))
    for amps in (15.8, 15.9, 15.7):
        emulator.draw(amps)
        await _read(loaded)
    assert states == []
    await later(MEASUREMENT_S)
    assert [float(state.state) for state in states] == [pytest.approx(3 * 230 * 15.7, abs=5)]
    emulator.draw(10)
    await _read(loaded)
    assert float(states[-1].state) == pytest.approx(6900, abs=5)
    assert len(states) == 2


async def test_an_absence_is_shown_at_once_and_so_is_its_end(
    hass: HomeAssistant, later: Later, loaded: MockConfigEntry, emulator: SmartEvseEmulator, entity_id: Read
) -> None:
    """What was held before a charger went is not shown, and what it has afterwards is not held."""
    emulator.plug_in()
    await later(6)
    await _read(loaded)
    states = seen(hass, entity_id("sensor.power"))
    emulator.draw(15.8)
    await _read(loaded)
    emulator.line = Line.REFUSED
    for _ in range(4):
        await later(12)
    assert states[-1].state == STATE_UNAVAILABLE
    emulator.line = Line.OK
    await _read(loaded)
    assert float(states[-1].state) == pytest.approx(3 * 230 * 15.8, abs=5)


async def test_e5_the_last_energy_of_a_session_is_shown_before_the_next_one_begins(
    hass: HomeAssistant, later: Later, loaded: MockConfigEntry, emulator: SmartEvseEmulator, entity_id: Read
) -> None:
    """Statistics lose nothing of a session whose last energy was held when the next one began."""
    emulator.plug_in()
    emulator.advance(3600)
    await later(6)
    await _read(loaded)
    states = seen(hass, entity_id("sensor.session_energy"))
    emulator.advance(5)
    await _read(loaded)
    emulator.advance(5)
    await _read(loaded)
    held_kwh = emulator.charged_wh / 1000
    count = len(states)
    emulator.unplug()
    emulator.plug_in()
    # A fall counts when it was read twice.
    for _ in range(3):
        await _read(loaded)
    before, after = states[count:][-2:]
    assert float(before.state) == pytest.approx(held_kwh, abs=0.001)
    assert float(after.state) < 1
    assert before.attributes.get("last_reset") != after.attributes["last_reset"]
    # A counter that only grows is held for longer.
    total = seen(hass, entity_id("sensor.total_energy"))
    emulator.advance(3)
    await _read(loaded)
    assert total == []
    await later(COUNTER_S)
    assert len(total) == 1


async def test_a_sensor_of_ours_that_a_group_reads_is_not_held(hass: HomeAssistant, later: Later) -> None:
    """A group hears each reading of an energy meter of ours, however small the change."""
    async with LektricoEmulator("3em", "1.23") as meter:
        entry = lektrico_entry(meter)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        sensors: dict[str, Any] = {
            of_phase(CONF_SENSOR, n): f"sensor.lektrico_mains_current_l{n}" for n in (1, 2, 3)
        }
        group = group_entry(**sensors)
        states = seen(hass, sensors[of_phase(CONF_SENSOR, 1)])

        async def change(base_a: float) -> int:
            before = len(states)
            for tenths in (1, 2, 3):
                meter.house(base_a + tenths / 10)
                await entry.runtime_data.coordinator.async_refresh()
            return len(states) - before

        assert await change(4) <= 1
        group.add_to_hass(hass)
        assert await hass.config_entries.async_setup(group.entry_id)
        await hass.async_block_till_done()
        assert await change(5) == 3
        assert await hass.config_entries.async_unload(group.entry_id)
        await change(6)
        assert await change(6.1) == 0
        assert await hass.config_entries.async_unload(entry.entry_id)
