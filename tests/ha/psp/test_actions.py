"""Actions on a PSP EVSE for administrators, and how they are undone."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import CONF_POWER_SOURCE, DOMAIN
from homeassistant.auth.models import User
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from tests.emulators.base import Line
from tests.emulators.psp import MODBUS_NMID30_2, NONE, REMOTE, PspEmulator
from tests.ha.conftest import Poll, Read

ACTIONS = {
    "factory_reset": {"confirm": True},
    "open_access_point": {"confirm": True},
    "take_power_control": {},
    "release_power_control": {},
}


async def act(hass: HomeAssistant, action: str, **data: Any) -> None:
    """Carry out an action on the charger."""
    await hass.services.async_call(
        DOMAIN, action, {"entity_id": "sensor.psp_evse_status", **data}, blocking=True
    )


@pytest.mark.parametrize(("action", "data"), ACTIONS.items())
async def test_only_an_admin(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: PspEmulator,
    hass_read_only_user: User,
    action: str,
    data: dict[str, Any],
) -> None:
    """Only administrators may."""
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            action,
            {"entity_id": "sensor.psp_evse_status", **data},
            blocking=True,
            context=Context(user_id=hass_read_only_user.id),
        )
    assert not [request for request in emulator.calls if request.method == "POST"]


@pytest.mark.parametrize("action", ["factory_reset", "open_access_point"])
@pytest.mark.parametrize("data", [{}, {"confirm": False}, {"confirm": "perhaps"}])
async def test_not_by_mistake(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: PspEmulator, action: str, data: dict[str, Any]
) -> None:
    """Without a yes, nothing happens."""
    with pytest.raises(ServiceValidationError, match="The field confirm"):
        await act(hass, action, **data)
    assert not [request for request in emulator.calls if request.method == "POST"]


@pytest.mark.parametrize("action", ["factory_reset", "open_access_point"])
async def test_leaving_the_network(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: PspEmulator, poll: Poll, read: Read, action: str
) -> None:
    """After either of them the charger is gone, as documented; that is shown after three lost polls (case A4)."""
    await act(hass, action, confirm=True)
    assert emulator.left_network
    for status in ("disconnected", STATE_UNAVAILABLE, STATE_UNAVAILABLE):
        # The action itself has read the charger, which was the first lost poll.
        await poll()
        assert read("sensor.status") == status


async def test_control_is_taken_and_released_after_a_restart(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: PspEmulator, poll: Poll
) -> None:
    """The meter of before comes back, also when Home Assistant was restarted in between."""
    await act(hass, "take_power_control")
    assert (emulator.settings["Meter2Type"], emulator.settings["Meter2Ip"]) == (REMOTE, "127.0.0.1")
    await loaded.runtime_data.target.set_available_power(5000)
    assert emulator.supervisor_power_w == 5000
    # Taken twice, it does not forget.
    await act(hass, "take_power_control")
    kept = {"type": "modbus_nmid30_2", "address": "192.168.0.31"}
    assert loaded.as_dict()["options"][CONF_POWER_SOURCE] == kept
    assert await hass.config_entries.async_reload(loaded.entry_id)
    await hass.async_block_till_done()
    await act(hass, "release_power_control")
    assert (emulator.settings["Meter2Type"], emulator.settings["Meter2Ip"]) == (
        MODBUS_NMID30_2,
        "192.168.0.31",
    )
    assert CONF_POWER_SOURCE not in loaded.options
    with pytest.raises(ServiceValidationError, match="was not taken from here"):
        await act(hass, "release_power_control")


async def test_control_whose_reply_was_lost_can_be_released(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: PspEmulator
) -> None:
    """What was there before is kept before anything is sent."""
    emulator.line, emulator.line_for = Line.CUT, lambda request: request.method == "POST"
    with pytest.raises(HomeAssistantError, match="does not answer"):
        await act(hass, "take_power_control")
    assert emulator.settings["Meter2Type"] == REMOTE
    emulator.line = Line.OK
    await act(hass, "release_power_control")
    assert emulator.settings["Meter2Type"] == MODBUS_NMID30_2


async def test_release_that_fails_can_be_tried_again(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: PspEmulator
) -> None:
    """What was kept is forgotten only when it is back."""
    await act(hass, "take_power_control")
    emulator.line = Line.REFUSED
    with pytest.raises(HomeAssistantError, match="does not answer"):
        await act(hass, "release_power_control")
    emulator.line = Line.OK
    await act(hass, "release_power_control")
    assert emulator.settings["Meter2Type"] == MODBUS_NMID30_2


async def test_release_leaves_what_a_person_set(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: PspEmulator
) -> None:
    """A control meter that was set meanwhile stays."""
    await act(hass, "take_power_control")
    emulator.settings["Meter2Type"] = NONE
    await act(hass, "release_power_control")
    assert emulator.settings["Meter2Type"] == NONE
    assert CONF_POWER_SOURCE not in loaded.options


@pytest.mark.parametrize("action", ["authorize", "override_control_pilot", "release_control_pilot"])
async def test_what_it_cannot(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: PspEmulator, action: str
) -> None:
    """An action of other chargers is refused, with the name of this one."""
    data: dict[str, dict[str, Any]] = {
        "authorize": {"tag": "04A1B2C3D4E5F6"},
        "override_control_pilot": {"duty_cycle": 16},
    }
    with pytest.raises(ServiceValidationError, match="^PSP EVSE cannot"):
        await act(hass, action, **data.get(action, {}))
