"""The blueprint that reports each month."""

import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, State, SupportsResponse
from homeassistant.helpers import restore_state
from homeassistant.helpers.restore_state import StoredState
from homeassistant.util import dt as dt_util
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import Later, Use, settle

NAME = "monthly_report"


def session(end: str | None, energy_kwh: float | None, cost: float | None = None) -> dict[str, Any]:
    """Return a session as the action lists it."""
    return {
        "begin": "2026-10-01T08:00:00+02:00",
        "end": end,
        "energy_kwh": energy_kwh,
        "cost": cost,
        "currency": None if cost is None else "EUR",
    }


SESSIONS = [
    session("2026-10-31T23:59:00+01:00", 90.0, 90.0),
    session("2026-11-01T00:01:00+01:00", 7.25, 2.0),
    session("2026-11-30T23:59:00+01:00", 10.5, 3.125),
    session("2026-11-12T09:00:00+01:00", None),
    session("2026-12-01T00:01:00+01:00", 80.0, 80.0),
    session(None, 3.0, 1.0),
]


@pytest.fixture
def listed(hass: HomeAssistant, charger: str) -> list[ServiceCall]:
    """Return the calls that list the sessions, which are answered with those above."""
    calls: list[ServiceCall] = []

    async def list_sessions(call: ServiceCall) -> ServiceResponse:
        calls.append(call)
        rows: list[Any] = SESSIONS
        return {"chargers": {"SmartEVSE": rows}}

    hass.services.async_register(
        "evse_pilot", "list_sessions", list_sessions, supports_response=SupportsResponse.ONLY
    )
    return calls


async def test_the_first_of_the_month(
    hass: HomeAssistant,
    use: Use,
    charger: str,
    phone: str,
    notified: list[ServiceCall],
    listed: list[ServiceCall],
    later: Later,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What ended in the month before is counted, once, with what is known of it."""
    freezer.move_to("2026-12-01T06:58:02+00:00")
    reports = async_capture_events(hass, "report")
    again = [{"event": "report", "event_data": {"count": "{{ sessions | count }}", "title": "{{ title }}"}}]
    await use(NAME, chargers=[charger], phones=[phone], other_actions=again)
    await later(minutes=3)
    [call] = notified
    assert call.data["title"] == "Charging in November 2026"
    assert call.data["message"] == "SmartEVSE: 3 sessions, 17.8 kWh, 5.12 EUR"
    assert listed[0].data["start"] == "2026-09-02"
    assert [event.data for event in reports] == [{"count": 3, "title": "Charging in November 2026"}]
    freezer.move_to("2026-12-02T06:58:02+00:00")
    await later(minutes=3)
    assert len(notified) == 1


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("last", "reports"),
    [("2026-11-01T07:00:00+00:00", 1), ("2026-12-01T07:00:00+00:00", 0), (None, 0)],
)
async def test_a_report_that_was_missed(
    hass: HomeAssistant,
    use: Use,
    charger: str,
    phone: str,
    notified: list[ServiceCall],
    later: Later,
    freezer: FrozenDateTimeFactory,
    last: str | None,
    reports: int,
) -> None:
    """It comes when Home Assistant starts; one that was sent does not come again, and a new automation waits."""
    freezer.move_to("2026-12-03T12:00:02+00:00")
    if last is not None:
        state = State("automation.test", "on", {"last_triggered": last})
        restored = StoredState(state, None, dt_util.utcnow())
        restore_state.async_get(hass).last_states[state.entity_id] = restored
    await use(NAME, chargers=[charger], phones=[phone])
    hass.bus.async_fire("homeassistant_started")
    await settle()
    assert len(notified) == reports


async def test_the_sessions_of_a_charger(
    hass: HomeAssistant,
    use: Use,
    charger: str,
    phone: str,
    notified: list[ServiceCall],
    later: Later,
    emulator: SmartEvseEmulator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A car that has charged is in the report."""
    emulator.press("plug_in")
    await later(minutes=20)
    emulator.press("unplug")
    await later(minutes=2)
    await use(NAME, chargers=[charger], phones=[phone])
    freezer.move_to("2026-12-01T06:58:02+00:00")
    await later(minutes=3)
    [call] = notified
    found = re.fullmatch(r"SmartEVSE: 1 session, (\d\.\d) kWh", call.data["message"])
    assert found is not None
    assert 3 < float(found[1]) < 4.5
