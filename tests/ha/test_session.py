"""The energy of a session begins anew with each session, and so do its statistics."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.entities.session import Session
from homeassistant.core import HomeAssistant
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import Poll, Read

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("before_wh", "after_wh", "is_new"),
    [
        (5000, 5000, False),
        (5000, 5010, False),
        (5000, 0, True),
        (78_500, 71_000, True),
        (80, 0, True),
        # The last digit of a counter that is worked out anew
        (5000, 4990, False),
        (0, 0, False),
        (None, 0, False),
        (5000, None, False),
    ],
)
def test_e11_a_lower_energy_is_of_a_new_session(
    before_wh: float | None, after_wh: float | None, is_new: bool
) -> None:
    """Without a number of the session, the energy is all there is to go by."""
    session = Session(energy_wh=before_wh, began_at=NOW).after(after_wh, LATER)
    assert session.began_at == (LATER if is_new else NOW)
    assert session.energy_wh == (before_wh if after_wh is None else after_wh)


@pytest.mark.parametrize(
    ("readings", "is_new"),
    [
        # The next car has drawn more than the one before.
        ([(None, 8), (9000, 8)], True),
        ([(9000, 8), (9000, 8)], True),
        # Nothing was drawn in either.
        ([(0, 8), (0, 8)], True),
        # One odd number, or none.
        ([(5010, 70), (5020, 7)], False),
        ([(5010, None), (5020, 7)], False),
        # The number is new, and the energy still the one before.
        ([(5000, 8), (5000, 8)], False),
        ([(5000, 8), (5000, 8), (30, 8)], True),
    ],
)
def test_e11_another_number_is_of_a_new_session(
    readings: list[tuple[float | None, int | None]], is_new: bool
) -> None:
    """Where a charger numbers its sessions, the energy need not fall; a number counts when it was read twice."""
    before_wh = 0 if readings[0] == (0, 8) else 5000
    session = Session(energy_wh=before_wh, number=7, began_at=NOW)
    for energy_wh, number in readings:
        session = Session.from_dict(session.as_dict()) if energy_wh is None else session
        session = session.after(energy_wh, LATER, number)
    assert session.began_at == (LATER if is_new else NOW)
    assert session.number == (8 if is_new else 7)


def test_e11_a_number_that_was_not_known_begins_no_session() -> None:
    """As after an update that made it known."""
    session = Session(energy_wh=5000, began_at=NOW).after(5010, LATER, 7)
    assert (session.number, session.began_at) == (7, NOW)
    assert session.after(5020, LATER).number == 7


@given(st.lists(st.tuples(st.floats(0, 1e6) | st.none(), st.integers(0, 3) | st.none()), max_size=8))
def test_e11_a_session_outlives_a_restart(readings: list[tuple[float | None, int | None]]) -> None:
    """Stored and restored at any moment, it goes on as it was."""
    session = Session()
    for hours, (energy_wh, number) in enumerate(readings):
        for minute in range(2):
            session = session.after(energy_wh, NOW + timedelta(hours=hours, minutes=minute), number)
        assert Session.from_dict(session.as_dict()) == session
        assert session.after(energy_wh, NOW + timedelta(days=1), number) == session


@pytest.mark.parametrize(
    "stored",
    [{}, {"energy_wh": "x", "began_at": 7, "number": "x"}, {"energy_wh": -1, "began_at": "yesterday"}],
)
def test_what_was_stored_and_does_not_fit_is_not_known(stored: dict[str, Any]) -> None:
    """It is then as if nothing had been stored."""
    assert Session.from_dict(stored) == Session()


async def test_e11_last_reset_is_the_beginning_of_the_session(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll, entity_id: Read
) -> None:
    """It changes with each session, once, and with nothing else: not with a poll, and not with a restart."""

    def last_reset() -> str | None:
        state = hass.states.get(entity_id("sensor.session_energy"))
        assert state
        reset: str | None = state.attributes.get("last_reset")
        return reset

    async def read() -> str | None:
        for _ in range(2):
            await poll()
        return last_reset()

    emulator.plug_in()
    emulator.advance(600)
    # When the first one that is seen began is not known.
    assert await read() is None
    emulator.unplug()
    emulator.plug_in()
    first = await read()
    assert first is not None
    emulator.advance(600)
    assert await read() == first
    assert await hass.config_entries.async_reload(loaded.entry_id)
    assert last_reset() == first
    assert await read() == first

    assert await hass.config_entries.async_unload(loaded.entry_id)
    emulator.unplug()
    emulator.plug_in()
    assert await hass.config_entries.async_setup(loaded.entry_id)
    second = await read()
    assert second is not None
    assert second > first
