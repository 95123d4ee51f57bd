"""Entities of another integration that are not as they should be: unavailable, in other units, with ranges that lie, or gone."""

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.emulators.otherbox import OtherboxEmulator
from tests.ha.conftest import Call, Read
from tests.otherbox.number import OtherboxLimit
from tests.otherbox.switch import OtherboxAllows

from .conftest import See, device_of

LIMIT = "number.otherbox_charge_limit"


async def test_command_to_an_entity_that_is_unavailable(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: OtherboxEmulator,
    see: See,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Home Assistant carries out nothing on it and raises nothing: it is no command that was taken."""
    emulator.plug_in()
    await see()
    monkeypatch.setattr(OtherboxLimit, "available", False)
    monkeypatch.setattr(OtherboxAllows, "available", False)
    await see()
    for action, entity_id, data in (
        ("number.set_value", "number.current_limit", {"value": 9}),
        ("switch.turn_off", "switch.allow_charging", {}),
    ):
        with pytest.raises(HomeAssistantError) as raised:
            await call(action, entity_id, **data)
        assert raised.value.translation_key == "offline"
    monkeypatch.undo()
    await see()
    assert emulator.allows_a == 16


@pytest.mark.parametrize(
    ("least", "most", "step"),
    [
        (32, 6, 1),
        (0, 0, 1),
        (6, 16, 0),
        (6, 16, 50),
        (-5, 500, 0.001),
        (float("nan"), 16, 1),
        (6, float("inf"), 1),
    ],
)
async def test_ranges_that_lie(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: OtherboxEmulator,
    see: See,
    call: Call,
    read: Read,
    least: float,
    most: float,
    step: float,
) -> None:
    """What cannot be is not believed: the limit is set, or Home Assistant refuses it and it stays."""
    emulator.plug_in()
    entity = hass.data["entity_components"]["number"].get_entity(LIMIT)
    for name, value in (("min_value", least), ("max_value", most), ("step", step)):
        setattr(entity, f"_attr_native_{name}", value)
    await see()
    assert read("sensor.target_current") == "16.0"
    if least > most or most == 0:
        with pytest.raises(ServiceValidationError):
            await call("number.set_value", "number.current_limit", value=9)
        assert emulator.limit_a == 16
    else:
        await call("number.set_value", "number.current_limit", value=9)
        assert emulator.limit_a == 9


async def test_another_unit(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: OtherboxEmulator, see: See, call: Call, read: Read
) -> None:
    """Its owner may have a limit shown in mA, at any time."""
    emulator.plug_in()
    er.async_get(hass).async_update_entity_options(LIMIT, "number", {"unit_of_measurement": "mA"})
    await see()
    state = hass.states.get(LIMIT)
    assert state and (state.state, state.attributes["unit_of_measurement"]) == ("16000.0", "mA")
    assert read("number.current_limit") == "16.0"
    await call("number.set_value", "number.current_limit", value=9)
    assert emulator.limit_a == 9


async def test_disabled_and_enabled_again(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    other: MockConfigEntry,
    emulator: OtherboxEmulator,
    see: See,
    call: Call,
    read: Read,
) -> None:
    """Without its limit a charger shows what it does, and is not commanded."""
    emulator.plug_in()
    await see()
    registry = er.async_get(hass)
    registry.async_update_entity(LIMIT, disabled_by=er.RegistryEntryDisabler.USER)
    await hass.async_block_till_done()
    await see()
    assert read("sensor.status") == "charging"
    with pytest.raises(HomeAssistantError) as raised:
        await call("number.set_value", "number.current_limit", value=9)
    assert raised.value.translation_key == "offline"
    registry.async_update_entity(LIMIT, disabled_by=None)
    assert await hass.config_entries.async_reload(other.entry_id)
    await hass.async_block_till_done()
    await call("number.set_value", "number.current_limit", value=9)
    assert emulator.limit_a == 9


async def test_device_that_was_removed_and_is_back(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    other: MockConfigEntry,
    emulator: OtherboxEmulator,
    call: Call,
    read: Read,
) -> None:
    """Home Assistant gives its entities the names back that they had, and the charger is what it was."""
    er.async_get(hass).async_update_entity(LIMIT, new_entity_id="number.garage_limit")
    await hass.async_block_till_done()
    dr.async_get(hass).async_remove_device(device_of(hass, other))
    await hass.async_block_till_done()
    for _ in range(3):
        await loaded.runtime_data.coordinator.async_refresh()
    assert read("sensor.status") == STATE_UNAVAILABLE
    assert await hass.config_entries.async_reload(other.entry_id)
    await hass.async_block_till_done()
    await loaded.runtime_data.coordinator.async_refresh()
    emulator.plug_in()
    await call("number.set_value", "number.current_limit", value=9)
    assert emulator.limit_a == 9


async def test_optimistic_number_that_falls_back(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: OtherboxEmulator,
    see: See,
    call: Call,
    read: Read,
    monkeypatch: pytest.MonkeyPatch,
    freezer: FrozenDateTimeFactory,
) -> None:
    """It shows what it was sent until its next poll, which shows that nothing was done: no person has set that."""

    async def go_on(seconds: int) -> None:
        for _ in range(seconds):
            freezer.tick(1)
            async_fire_time_changed(hass)
            await hass.async_block_till_done()
            await see()

    emulator.plug_in()
    emulator.limit(10)
    await see()

    async def pretend(self: OtherboxLimit, value: float) -> None:
        monkeypatch.setattr(OtherboxLimit, "native_value", value)
        self.async_write_ha_state()

    with monkeypatch.context() as pretending:
        pretending.setattr(OtherboxLimit, "async_set_native_value", pretend)
        await call("number.set_value", "number.current_limit", value=7)
    await go_on(25)
    assert (emulator.limit_a, read("number.current_limit")) == (10, "7.0")
    monkeypatch.undo()
    await go_on(10)
    assert (emulator.limit_a, read("number.current_limit")) == (7, "7.0")
