"""Entities of an EVNEX, and their commands."""

import asyncio
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from syrupy.assertion import SnapshotAssertion

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.emulators.base import Line
from tests.emulators.evnex import DISABLED, ENABLED, OCPP, TIMER, EvnexEmulator
from tests.ha.conftest import Call, Read, shown

from .conftest import Pass, Publish, entry_for


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize("generation", ["with input", "without input"])
async def test_all_entities(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    emulator: EvnexEmulator,
    publish: Publish,
    generation: str,
    snapshot: SnapshotAssertion,
) -> None:
    """All that it reports is shown with the right unit, and no input where it has none."""
    if generation == "without input":
        emulator.missing = {"GPI"}
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    emulator.plug_in()
    await publish()
    await publish()
    assert shown(hass, entry) == snapshot


async def test_enabled_by_default(
    hass: HomeAssistant, loaded: MockConfigEntry, publish: Publish, snapshot: SnapshotAssertion
) -> None:
    """Common things are on by default, rare ones are off."""
    await publish()
    await publish()
    items = er.async_entries_for_config_entry(er.async_get(hass), loaded.entry_id)
    assert {
        "on": sorted(item.entity_id for item in items if not item.disabled),
        "off": sorted(item.entity_id for item in items if item.disabled),
    } == snapshot


async def test_device(hass: HomeAssistant, loaded: MockConfigEntry, emulator: EvnexEmulator) -> None:
    """The device has its model; it has no page of its own."""
    [device] = dr.async_entries_for_config_entry(dr.async_get(hass), loaded.entry_id)
    assert (device.name, device.manufacturer, device.model) == ("EVNEX", "EVNEX", "EVNEX ACI")
    assert (device.serial_number, device.sw_version) == (emulator.serial, "7")
    assert device.configuration_url is None


@pytest.mark.usefixtures("all_enabled")
async def test_before_the_first_event(
    loaded: MockConfigEntry, emulator: EvnexEmulator, publish: Publish, read: Read, call: Call
) -> None:
    """What is documented is there at once, unknown until the first event; a command is refused until then."""
    for name in ("sensor.status", "sensor.power", "number.current_limit", "select.mode"):
        assert read(name) == STATE_UNKNOWN
    assert read("sensor.total_energy") == "0.0"
    for action, name, data in (
        ("number.set_value", "number.current_limit", {"value": 6}),
        ("select.select_option", "select.mode", {"option": "ocpp"}),
    ):
        with pytest.raises(ServiceValidationError, match="The limits of EVNEX are unknown"):
            await call(action, name, **data)
    await publish()
    assert emulator.aci.received == []
    assert read("number.current_limit") == "32.0"
    await call("select.select_option", "select.mode", option="ocpp")
    assert (emulator.aci.mode, read("select.mode")) == (OCPP, "ocpp")


async def test_a_session(
    loaded: MockConfigEntry, emulator: EvnexEmulator, publish: Publish, read: Read
) -> None:
    """A car that is plugged in, charges and leaves is followed, and so are its power and its energy."""
    await publish()
    assert (read("sensor.status"), read("binary_sensor.plug")) == ("disconnected", "off")
    emulator.plug_in()
    await publish()
    assert (read("sensor.status"), read("binary_sensor.plug")) == ("charging", "on")
    assert read("binary_sensor.charging") == "on"
    assert read("sensor.power") == "3680.0"
    # 16 A of 230 V for an hour.
    emulator.advance(3600)
    await publish()
    assert float(read("sensor.session_energy")) == pytest.approx(3.68, rel=0.01)
    assert float(read("sensor.total_energy")) == pytest.approx(3.68, rel=0.01)
    emulator.draw(0)
    await publish()
    assert (read("sensor.status"), read("sensor.power")) == ("connected", "0.0")
    emulator.fail(3)
    await publish()
    assert (read("sensor.status"), read("sensor.stage")) == ("fault", "over_temperature")
    assert (read("binary_sensor.problem"), read("binary_sensor.plug")) == ("on", STATE_UNKNOWN)


async def test_within_the_same_second(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: EvnexEmulator, publish: Publish, entity_id: Read
) -> None:
    """From an event on the wire to the state in Home Assistant it is less than a second."""
    await publish()
    changed = asyncio.Event()

    @callback
    def note(event: Event) -> None:
        if event.data["entity_id"] == entity_id("sensor.power") and event.data["new_state"].state == "3680.0":
            changed.set()

    hass.bus.async_listen("state_changed", note)
    emulator.plug_in()
    emulator.publish()
    async with asyncio.timeout(1):
        await changed.wait()


async def test_an_unchanged_event_writes_no_state(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: EvnexEmulator, publish: Publish
) -> None:
    """While nothing changes, nothing is written, whatever the free memory does."""
    await publish()
    written: list[str] = []

    @callback
    def note(event: Event) -> None:
        written.append(event.data["entity_id"])

    hass.bus.async_listen("state_changed", note)
    hass.bus.async_listen("state_reported", note, event_filter=callback(lambda _: True))
    for _ in range(5):
        await publish()
    assert written == []
    emulator.plug_in()
    await publish()
    assert "sensor.evnex_status" in written


@pytest.mark.usefixtures("all_enabled")
async def test_mode(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: EvnexEmulator,
    publish: Publish,
    read: Read,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A mode that is chosen arrives at once, and is shown until an event contradicts it."""
    emulator.plug_in()
    await publish()
    for mode, number in (("disabled", DISABLED), ("enabled", ENABLED), ("timer", TIMER), ("ocpp", OCPP)):
        await call("select.select_option", "select.mode", option=mode)
        assert emulator.aci.mode == number
        assert read("select.mode") == mode
    state = hass.states.get("select.evnex_mode")
    assert state
    assert state.attributes["assumed_state"] is True
    switch = hass.states.get("switch.evnex_allow_charging")
    assert switch
    assert "assumed_state" not in switch.attributes
    monkeypatch.setattr("custom_components.evse_pilot.chargers.evnex.charger.SETTLE_S", 0.0)
    emulator.turn_mode(DISABLED)
    await publish()
    assert (read("select.mode"), read("sensor.status")) == ("disabled", "paused")
    emulator.turn_mode(ENABLED)
    await publish()
    assert (read("select.mode"), read("sensor.status")) == (STATE_UNKNOWN, "charging")


@pytest.mark.usefixtures("all_enabled")
async def test_allow_charging(
    loaded: MockConfigEntry, emulator: EvnexEmulator, publish: Publish, read: Read, call: Call
) -> None:
    """Switched off and on again, it is in the mode that it had before; before the first event its switch is there, and unknown."""
    assert read("switch.allow_charging") == STATE_UNKNOWN
    await publish()
    await call("select.select_option", "select.mode", option="ocpp")
    await call("switch.turn_off", "switch.allow_charging")
    await publish()
    assert (read("switch.allow_charging"), read("select.mode"), read("sensor.status")) == (
        "off",
        "disabled",
        "paused",
    )
    await call("switch.turn_on", "switch.allow_charging")
    await publish()
    assert (read("switch.allow_charging"), read("select.mode")) == ("on", "ocpp")


async def test_current_limit(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: EvnexEmulator,
    publish: Publish,
    read: Read,
    call: Call,
) -> None:
    """The limit is the one that the charger reports, and cannot be set above what the circuit carries."""
    await publish()
    assert read("number.current_limit") == "32.0"
    await call("number.set_value", "number.current_limit", value=10)
    assert emulator.aci.received == ["CURRENT,10"]
    await publish()
    assert read("number.current_limit") == "10.0"
    state = hass.states.get("number.evnex_current_limit")
    assert state
    assert (state.attributes["min"], state.attributes["max"], state.attributes["step"]) == (0, 16, 1)
    for value in (-1, 1, 5, 17, 32):
        with pytest.raises(ServiceValidationError):
            await call("number.set_value", "number.current_limit", value=value)
        assert read("number.current_limit") == "10.0"
    assert emulator.aci.received == ["CURRENT,10"]
    # 0 is a pause.
    await call("number.set_value", "number.current_limit", value=0)
    assert emulator.aci.received == ["CURRENT,10", f"MODE,{DISABLED}"]
    assert (read("number.current_limit"), read("switch.allow_charging")) == ("0.0", "off")


@pytest.mark.parametrize("line", [line for line in Line if line is not Line.OK])
async def test_a_command_on_a_broken_line(
    loaded: MockConfigEntry, emulator: EvnexEmulator, publish: Publish, call: Call, line: Line
) -> None:
    """A command that does not get through fails in words; a crash it is not."""
    await publish()
    emulator.line = line
    emulator.line_for = lambda request: request.method == "POST"
    with pytest.raises(HomeAssistantError) as raised:
        await call("number.set_value", "number.current_limit", value=10)
    assert raised.value.translation_key
    assert "EVNEX" in str(raised.value)


async def test_the_error_of_a_failed_command(
    loaded: MockConfigEntry, emulator: EvnexEmulator, publish: Publish, read: Read, call: Call
) -> None:
    """Each way to fail has a sentence of its own, also the one with an open outcome."""
    await publish()

    async def error_of_command() -> str:
        with pytest.raises(HomeAssistantError) as raised:
            await call("number.set_value", "number.current_limit", value=10)
        return str(raised.value)

    emulator.time_out_calls()
    assert "may have carried out the command all the same" in await error_of_command()
    emulator.answer_calls()
    emulator.rate_limit = (429, 60)
    assert "asked too often" in await error_of_command()
    # A cloud that does not answer does not hide a charger with an event just now.
    assert read("sensor.status") == "disconnected"
    emulator.rate_limit = None
    emulator.aci.obeys = False
    assert "refused this value" in await error_of_command()
    emulator.line_for = lambda request: request.method == "POST"
    emulator.line = Line.ERROR
    assert "problem of its own" in await error_of_command()
    emulator.line = Line.FORBIDDEN
    assert "no right to EVNEX" in await error_of_command()
    emulator.line = Line.OK
    emulator.go_offline()
    assert "not connected to its cloud" in await error_of_command()


async def test_a13_a_command_that_is_ignored_fails(
    loaded: MockConfigEntry,
    emulator: EvnexEmulator,
    publish: Publish,
    read: Read,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The press fails with a sentence of its own, and the limit stays what the charger shows."""
    await publish()
    monkeypatch.setattr("custom_components.evse_pilot.chargers.evnex.charger.ECHO_S", 5)
    # The clock of the emulator alone is moved on.
    monkeypatch.setattr("custom_components.evse_pilot.chargers.evnex.charger.NEWER_S", 0.0)
    emulator.aci.ignores = {"CURRENT"}
    pressed = asyncio.ensure_future(call("number.set_value", "number.current_limit", value=10))
    await emulator.called()
    # The reply may be read only after an event, which then shows nothing.
    while not (await asyncio.wait({pressed}, timeout=0.05))[0]:
        emulator.advance(3)
    with pytest.raises(ServiceValidationError, match="EVNEX did not carry out the command"):
        await pressed
    assert read("number.current_limit") == "32.0"


async def hardware_limit(hass: HomeAssistant, device_id: str, context: Any = None, **data: Any) -> None:
    """Call the dangerous action."""
    await hass.services.async_call(
        "evse_pilot", "set_hardware_limit", {"device_id": device_id} | data, blocking=True, context=context
    )


async def test_hardware_limit(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: EvnexEmulator, hass_read_only_user: Any
) -> None:
    """It takes an administrator, a confirmation and a current that the standard knows."""
    [device] = dr.async_entries_for_config_entry(dr.async_get(hass), loaded.entry_id)
    wrong: list[dict[str, Any]] = [
        {"current": 20},
        {"current": 20, "confirm": False},
        {"current": 5, "confirm": True},
        {"current": 81, "confirm": True},
        {"confirm": True},
    ]
    for data in wrong:
        with pytest.raises(
            ServiceValidationError, match=r"The field (current|confirm) (is missing|has to be)"
        ):
            await hardware_limit(hass, device.id, **data)
    with pytest.raises(Unauthorized):
        await hardware_limit(
            hass, device.id, Context(user_id=hass_read_only_user.id), current=20, confirm=True
        )
    assert emulator.aci.received == []
    await hardware_limit(hass, device.id, current=20, confirm=True)
    assert emulator.aci.received == ["MAXCURRENT,20"]


async def test_p1_a_command_of_an_account_that_is_not_allowed(
    loaded: MockConfigEntry, emulator: EvnexEmulator, publish: Publish, call: Call
) -> None:
    """An account that the cloud does not allow is reported as that, not as a command that is missing."""
    await publish()
    emulator.is_refused = True
    with pytest.raises(HomeAssistantError, match="The cloud of EVNEX does not allow the account"):
        await call("number.set_value", "number.current_limit", value=10)
    emulator.accept_account()
    assert emulator.aci.received == []


async def test_p2_a_server_in_place_of_the_cloud(
    hass: HomeAssistant, publish: Publish, call: Call, read: Read, emulator: EvnexEmulator
) -> None:
    """With a server that refuses with other statuses, the reasons are the same."""
    emulator.local, emulator.chatty = True, False
    entry = entry_for(emulator)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await publish()
    assert read("sensor.status") == "disconnected"
    await call("number.set_value", "number.current_limit", value=10)
    assert emulator.aci.current == 10
    emulator.time_out_calls()
    with pytest.raises(HomeAssistantError, match="did not answer in time. It may have carried out"):
        await call("number.set_value", "number.current_limit", value=11)
    emulator.go_offline()
    with pytest.raises(HomeAssistantError, match="is not connected to its cloud"):
        await call("number.set_value", "number.current_limit", value=12)


async def test_no_other_action(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """An action that it cannot carry out is refused in words."""
    [device] = dr.async_entries_for_config_entry(dr.async_get(hass), loaded.entry_id)
    with pytest.raises(ServiceValidationError, match="EVNEX cannot carry out the action authorize"):
        await hass.services.async_call(
            "evse_pilot", "authorize", {"device_id": device.id, "tag": "1"}, blocking=True
        )


async def test_offline(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: EvnexEmulator,
    publish: Publish,
    read: Read,
    call: Call,
    pass_time: Pass,
) -> None:
    """A command to a charger that is away fails at once; that it is away is shown after 30 s (case A4)."""
    await publish()
    emulator.go_offline()
    with pytest.raises(HomeAssistantError):
        await call("switch.turn_off", "switch.allow_charging")
    assert read("sensor.status") == "disconnected"
    await pass_time(31)
    for name in ("sensor.status", "switch.allow_charging", "number.current_limit", "sensor.limited_by"):
        assert read(name) == STATE_UNAVAILABLE, name
    # What was set meanwhile is sent when it is back.
    assert emulator.aci.received == []
    emulator.come_back()
    await publish()
    await hass.async_block_till_done()
    assert emulator.aci.received == [f"MODE,{DISABLED}"]
    await publish()
    assert (read("sensor.status"), read("switch.allow_charging")) == ("paused", "off")
