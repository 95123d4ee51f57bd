"""A log-in that is refused: for a moment, for good, and where there is none. Case E2."""

from datetime import timedelta

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_USERNAME, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from tests.emulators.base import Line
from tests.emulators.lektrico import LektricoEmulator
from tests.ha.conftest import Age, Poll, Read

from .conftest import entry_for

LOG_IN = {CONF_USERNAME: "me", CONF_PASSWORD: "secret"}


@pytest.fixture
def entry(hass: HomeAssistant, emulator: LektricoEmulator) -> MockConfigEntry:
    """Return the entry of a box with a log-in."""
    emulator.username, emulator.password = LOG_IN.values()
    entry = entry_for(emulator, **LOG_IN)
    entry.add_to_hass(hass)
    return entry


def cards(hass: HomeAssistant) -> list[str]:
    """Return the sources of the flows that wait for their owner."""
    return [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()]


def state_of(entry: MockConfigEntry) -> ConfigEntryState:
    """Return the state of an entry, which changes while a test waits."""
    return entry.state


async def refuse_for_good(emulator: LektricoEmulator, age: Age, poll: Poll) -> None:
    """Let it refuse its log-in for more than a minute."""
    emulator.line = Line.UNAUTHORIZED
    for _ in range(8):
        age(10)
        await poll()


@pytest.mark.parametrize("line", [Line.UNAUTHORIZED, Line.FORBIDDEN])
async def test_e2_a_refusal_is_not_the_end(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: LektricoEmulator,
    age: Age,
    poll: Poll,
    read: Read,
    line: Line,
) -> None:
    """One or two refusals, as in a restart, show nothing; more of them ask for nothing before a minute is over."""
    for _ in range(3):
        emulator.line = line
        for status in ("disconnected", "disconnected", STATE_UNAVAILABLE, STATE_UNAVAILABLE):
            age(10)
            await poll()
            assert read("sensor.status") == status
        emulator.line = Line.OK
        age(10)
        await poll()
        assert read("sensor.status") == "disconnected"
        assert cards(hass) == []


async def test_e2_refused_for_good(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: LektricoEmulator,
    age: Age,
    poll: Poll,
    read: Read,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """After a minute its owner is asked, and it is polled slowly; when it answers again, the question is withdrawn."""
    caplog.clear()
    await refuse_for_good(emulator, age, poll)
    assert cards(hass) == [SOURCE_REAUTH]
    assert len(ir.async_get(hass).issues) == 1
    asked = len(emulator.calls)
    for _ in range(10):
        await poll()
    assert len(emulator.calls) == asked
    age(300)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=301))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(emulator.calls) == asked + 1
    assert (cards(hass), read("sensor.status")) == ([SOURCE_REAUTH], STATE_UNAVAILABLE)
    emulator.line = Line.OK
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=301))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (cards(hass), read("sensor.status")) == ([], "disconnected")
    assert not ir.async_get(hass).issues
    logged = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert logged == ["Error fetching Lektrico data: Lektrico no longer accepts the log-in"]


async def test_e2_something_else_between_two_refusals(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, age: Age, poll: Poll
) -> None:
    """A refusal, an hour without power and another refusal are not a minute of refusals."""
    for line in (Line.UNAUTHORIZED, Line.REFUSED, Line.UNAUTHORIZED):
        emulator.line = line
        await poll()
        age(3600)
    assert cards(hass) == []
    # One that is busy has not looked at it.
    for line in (Line.BUSY, Line.UNAUTHORIZED):
        emulator.line = line
        await poll()
    assert cards(hass) == [SOURCE_REAUTH]


async def test_e2_asked_it_stays_so_while_the_box_is_away(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, age: Age, poll: Poll
) -> None:
    """A box that is off does not refuse its log-in."""
    await refuse_for_good(emulator, age, poll)
    emulator.line = Line.REFUSED
    await loaded.runtime_data.coordinator.async_refresh()
    assert cards(hass) == [SOURCE_REAUTH]
    emulator.line = Line.OK
    await loaded.runtime_data.coordinator.async_refresh()
    assert cards(hass) == []


async def test_e2_at_set_up(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: LektricoEmulator, age: Age
) -> None:
    """Refused when Home Assistant starts, it is tried again, asked for after a minute, and tried again all the same."""
    emulator.line = Line.UNAUTHORIZED
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert state_of(entry) is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "not_authorized"
    assert cards(hass) == []
    age(61)
    assert not await hass.config_entries.async_reload(entry.entry_id)
    assert state_of(entry) is ConfigEntryState.SETUP_RETRY
    await hass.async_block_till_done()
    assert cards(hass) == [SOURCE_REAUTH]
    emulator.line = Line.OK
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=10))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(entry) is ConfigEntryState.LOADED
    assert cards(hass) == []


@pytest.mark.parametrize("empty", [True, False], ids=["empty", "401"])
async def test_e2_without_a_log_in(
    hass: HomeAssistant, emulator: LektricoEmulator, age: Age, poll: Poll, read: Read, empty: bool
) -> None:
    """Where no log-in is set none is asked for again: it is unavailable with the reason, and polled, slowly at last."""
    entry = entry_for(emulator)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    emulator.password, emulator.empty_for_401 = "new", empty
    for _ in range(10):
        age(10)
        await poll()
    assert (cards(hass), read("sensor.status")) == ([], STATE_UNAVAILABLE)
    emulator.password = ""
    age(300)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=301))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (cards(hass), read("sensor.status")) == ([], "disconnected")


async def test_e2_protected_later(hass: HomeAssistant, emulator: LektricoEmulator) -> None:
    """A box that was protected while Home Assistant was off names the reason, and gets its log-in by Reconfigure."""
    entry = entry_for(emulator)
    entry.add_to_hass(hass)
    emulator.username, emulator.password = LOG_IN.values()
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "login_required"
    assert cards(hass) == []
    result = await entry.start_reconfigure_flow(hass)
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {CONF_HOST: f"{emulator.host}:{emulator.port}", **LOG_IN}
    )
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    [loaded] = hass.config_entries.async_loaded_entries(DOMAIN)
    assert {key: loaded.data[key] for key in LOG_IN} == LOG_IN
