"""Actions on a Lektrico, and those that other makes lack."""

import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr
from tests.emulators.base import Line
from tests.emulators.lektrico import LektricoEmulator
from tests.emulators.smartevse import SmartEvseEmulator
from tests.ha.conftest import Poll, Read, entry_for as smartevse_entry_for

from .conftest import entry_for

SENSITIVE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("factory_reset", {"confirm": True}),
    ("set_access_point_password", {"password": "hush-hush-hush"}),
)


async def act(hass: HomeAssistant, action: str, **data: Any) -> None:
    """Carry out an action on all devices."""
    devices = [device.id for device in dr.async_get(hass).devices]
    await hass.services.async_call(DOMAIN, action, {"device_id": devices, **data}, blocking=True)


async def test_limit_for_a_time_beside_a_meter(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: LektricoEmulator, read: Read, poll: Poll
) -> None:
    """What its owner had set is known beside an energy meter, and holds again afterwards, not the maximum."""
    emulator.keys["energy_management_enabled"].value = True
    emulator.dynamic_current = 10
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert read("number.current_limit") == "10"
    await act(hass, "set_current_limit", current=8, duration={"minutes": 10})
    assert emulator.dynamic_current == 8
    await act(hass, "clear_current_limit")
    await poll()
    assert (emulator.dynamic_current, read("number.current_limit")) == (10, "10")


async def test_authorize(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, read: Read
) -> None:
    """A session is started on behalf of a person, and it is shown at once."""
    emulator.keys["headless"].value = False
    emulator.plug_in()
    await act(hass, "authorize", tag="Anna")
    assert emulator.tag == "Anna"
    assert read("sensor.status") == "charging"
    with pytest.raises(ServiceValidationError, match="needs the number of a card"):
        await act(hass, "authorize", tag=" ")


async def test_factory_reset(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator
) -> None:
    """A charger is reset when that is confirmed."""
    await act(hass, "factory_reset", confirm=True)
    assert emulator.factory_resets == 1


@pytest.mark.parametrize("data", [{}, {"confirm": False}, {"confirm": "off"}, {"confirm": "perhaps"}])
async def test_factory_reset_unconfirmed(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, data: dict[str, Any]
) -> None:
    """Nothing but a yes is a yes."""
    with pytest.raises(ServiceValidationError, match="The field confirm"):
        await act(hass, "factory_reset", **data)
    assert emulator.factory_resets == 0
    assert emulator.commands() == []


async def test_access_point_password(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    """The password of the charger's own Wi-Fi is set, or removed, and in no log of ours."""
    caplog.set_level(logging.DEBUG)
    await act(hass, "set_access_point_password", password="hush-hush-hush")
    assert emulator.ap_password == "hush-hush-hush"
    await act(hass, "set_access_point_password", password="")
    assert emulator.ap_password == ""
    emulator.line = Line.GARBAGE
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "set_access_point_password", password="hush-hush-hush")
    assert "hush" not in str(raised.value)
    ours = [record.getMessage() for record in caplog.records if "evse_pilot" in record.name]
    assert not [line for line in ours if "hush" in line]
    assert not [call for call in emulator.calls if "hush" in f"{call.path}{call.query}{call.headers}"]


@pytest.mark.parametrize("password", ["short", "x" * 64, "pässwörter", "new\nline\n"])
async def test_access_point_password_that_is_none(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, password: str
) -> None:
    """What no Wi-Fi takes for a password is refused with the rule in words, and is not repeated there."""
    with pytest.raises(ServiceValidationError, match="8 to 63") as raised:
        await act(hass, "set_access_point_password", password=password)
    assert password not in str(raised.value)
    assert emulator.commands() == []


@pytest.mark.parametrize(("action", "data"), SENSITIVE)
async def test_only_an_admin_may(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: LektricoEmulator,
    hass_read_only_user: User,
    action: str,
    data: dict[str, Any],
) -> None:
    """Other users cannot lock the owner out."""
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            action,
            {"entity_id": "sensor.lektrico_status", **data},
            blocking=True,
            context=Context(user_id=hass_read_only_user.id),
        )
    assert emulator.commands() == []


@pytest.mark.parametrize(("action", "data"), [*SENSITIVE, ("authorize", {"tag": "me"})])
async def test_an_energy_meter_cannot(hass: HomeAssistant, action: str, data: dict[str, Any]) -> None:
    """What only chargers have is refused for a meter, by its name."""
    async with LektricoEmulator("em") as emulator:
        entry = entry_for(emulator, "Meter")
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        with pytest.raises(ServiceValidationError, match=f"^Meter cannot carry out the action {action}"):
            await act(hass, action, **data)
        assert emulator.commands() == []
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize(("action", "data"), SENSITIVE)
async def test_another_vendors_charger_cannot(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: LektricoEmulator,
    action: str,
    data: dict[str, Any],
) -> None:
    """Where one of the targets cannot, nothing is sent to any."""
    async with SmartEvseEmulator() as other:
        entry = smartevse_entry_for(other, "Garage")
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        with pytest.raises(ServiceValidationError, match="^Garage cannot carry out"):
            await act(hass, action, **data)
        assert emulator.commands() == []
        assert await hass.config_entries.async_unload(entry.entry_id)
