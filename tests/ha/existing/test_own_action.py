"""A limit that is set by an action of the owner's, and shown by a sensor."""

from collections.abc import Mapping
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.chargers.errors import ChargerNoReplyError, ChargerOfflineError
from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.control.acknowledgement import State
from custom_components.evse_pilot.diagnostics import async_get_config_entry_diagnostics
from custom_components.evse_pilot.runtime.entity_port import HassEntityPort
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntry
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.event import async_track_state_change_event
from tests.emulators.otherbox import OtherboxEmulator

from .conftest import See, device_of
from .test_config_flow import start, submit, suggested

SHOWN, NUMBER = "sensor.limit_of_the_box", "number.otherbox_charge_limit"
ACTION = {
    "action": "number.set_value",
    "target": {"entity_id": NUMBER},
    "data": {"value": "{{ current }}"},
}


@pytest.fixture
def shown(hass: HomeAssistant, other: MockConfigEntry) -> None:
    """Let a sensor show the limit of the box, as that of an integration that only reads."""

    @callback
    def show(_: Event[EventStateChangedData] | None = None) -> None:
        state = hass.states.get(NUMBER)
        assert state
        hass.states.async_set(SHOWN, state.state, {"unit_of_measurement": "A"})

    show()
    async_track_state_change_event(hass, NUMBER, show)


async def choose(hass: HomeAssistant, other: MockConfigEntry, **changes: Any) -> Any:
    """Fill in the form of a new charger."""
    result = await submit(hass, await start(hass), {"device": device_of(hass, other)})
    values = suggested(result) | {"limit": SHOWN, **changes}
    return await submit(hass, result, {key: value for key, value in values.items() if value is not None})


@pytest.mark.usefixtures("shown")
async def test_it_sets_the_limit(
    hass: HomeAssistant, other: MockConfigEntry, emulator: OtherboxEmulator, see: See
) -> None:
    """The current is filled in, and is confirmed when the sensor shows it."""
    result = await choose(hass, other, limit_action=[ACTION])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry: ConfigEntry = result["result"]
    assert entry.data["limit_action"] == ACTION
    await hass.async_block_till_done()
    emulator.plug_in()
    await see()
    await hass.services.async_call(
        "number", "set_value", {"entity_id": "number.otherbox_current_limit", "value": 9}, blocking=True
    )
    await see()
    assert emulator.allows_a == 9
    assert entry.runtime_data.control.core.ack.state is State.CONFIRMED
    # An action may have a password in it.
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    assert "number.set_value" not in str(diagnostics)

    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    values = suggested(result)
    assert values["limit_action"] == [ACTION]
    without = {key: value for key, value in values.items() if key != "limit_action"}
    result = await submit(hass, result, without)
    assert result["errors"] == {"limit": "limit_not_settable"}
    result = await submit(hass, result, without | {"limit": NUMBER, "limit_action": []})
    assert result["type"] is FlowResultType.ABORT
    assert entry.data["limit_action"] is None


def _with(**changes: Any) -> list[Mapping[str, Any]]:
    return [ACTION | changes]


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        ([ACTION, ACTION], "one_action"),
        ([{"delay": 5}], "one_action"),
        (["number.set_value"], "one_action"),
        ([5], "one_action"),
        (5, "one_action"),
        ({"action": "number.set_value"}, "one_action"),
        (_with(action="number"), "bad_action"),
        (_with(data={"value": "{{ current"}), "bad_action"),
        (_with(data={"value": "{{ current / none }}"}), "bad_action"),
        (_with(data={"value": "{{ curent }}"}), "no_current"),
        (_with(data={"value": 16}), "no_current"),
        (_with(action="number.{{ current }}"), "no_such_action"),
        (_with(action="box.set"), "no_such_action"),
        (_with(action="evse_pilot.set_current_limit"), "own_action"),
    ],
)
@pytest.mark.usefixtures("shown")
async def test_actions_that_cannot_be(
    hass: HomeAssistant, other: MockConfigEntry, steps: Any, error: str
) -> None:
    """Each mistake is an error at its field, and nothing is added."""
    result = await choose(hass, other, limit_action=steps)
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"limit_action": error})


@pytest.mark.usefixtures("shown")
async def test_limit_that_is_not_shown(hass: HomeAssistant, other: MockConfigEntry) -> None:
    """What has become of an action has to be seen; what pauses the charger is needed as ever."""
    result = await choose(hass, other, limit_action=[ACTION], limit=None)
    assert result["errors"] == {"limit": "shows_no_limit"}
    values = suggested(result)
    result = await submit(
        hass,
        result,
        {key: values[key] for key in ("status", "limit_action")} | {"limit": SHOWN, "circuit_current": 16},
    )
    assert result["errors"] == {"switch": "no_pause"}


async def test_what_becomes_of_a_failure(hass: HomeAssistant) -> None:
    """An action that has gone, or is broken by an update, is an error of the charger."""
    for action, error in ((ACTION, ChargerOfflineError), ({"action": "{{ 5 }}"}, ChargerNoReplyError)):
        with pytest.raises(error):
            await HassEntityPort(hass, None, {}, action).act(9)
