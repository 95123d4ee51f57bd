"""A schedule that is set is shown as it was set, on each make of charger; one that cannot be held changes nothing."""

from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.chargers.capabilities import Limiter
from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.scheduling.codec import schedule_to_dict
from custom_components.evse_pilot.scheduling.schedule import Schedule
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from tests.emulators.base import Emulator
from tests.ha.makes import Make, look, slug_of
from tests.scheduling.strategies import SCHEDULES


async def _act(hass: HomeAssistant, charger: MockConfigEntry, action: str, **data: Any) -> dict[str, Any]:
    response: Any = await hass.services.async_call(
        DOMAIN,
        action,
        {"entity_id": f"sensor.{slug_of(charger)}_status", **data},
        blocking=True,
        return_response=True,
    )
    shown: dict[str, Any] = response["chargers"][charger.title]
    return {key: shown[key] for key in ("windows", "outside", "enabled")}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(schedule=SCHEDULES, enabled=st.booleans())
async def test_round_trip(
    hass: HomeAssistant,
    make: Make,
    charger: MockConfigEntry,
    emulator: Emulator,
    schedule: Schedule,
    enabled: bool,
) -> None:
    """A week is returned as it was set, also after a poll, or is refused and changes nothing."""
    wanted = schedule_to_dict(schedule) | {"enabled": enabled}
    before = await _act(hass, charger, "get_schedule")
    runtime = charger.runtime_data
    most_a = runtime.target.capability(Limiter).load(runtime.coordinator.data).maximum_a
    too_much = any((window.permit.current_a or 0) > most_a for window in schedule.windows)
    if too_much or not schedule.windows:
        with pytest.raises(ServiceValidationError) as refusal:
            await _act(hass, charger, "set_schedule", **wanted)
        assert refusal.value.translation_key == ("refused_out_of_range" if too_much else "schedule_missing")
        wanted = before
    else:
        assert await _act(hass, charger, "set_schedule", **wanted) == wanted
    await look(hass, make, charger, emulator)
    assert await _act(hass, charger, "get_schedule") == wanted
