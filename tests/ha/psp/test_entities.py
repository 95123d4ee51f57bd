"""Entities and their commands: both ways within one poll."""

from datetime import datetime
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from syrupy.assertion import SnapshotAssertion

from custom_components.evse_pilot.chargers.capabilities import ChargingSwitch
from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.control.acknowledgement import REPEAT_S
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from tests.emulators.base import Line
from tests.emulators.psp import (
    DIODE_ERR,
    EPO,
    ERR_E,
    FIRMWARES,
    GENERAL_ERR,
    LOCK_ERR,
    MODBUS_NMID30_2,
    MODBUS_SDM72D_M,
    MODBUS_SDM120M,
    NONE,
    PP_ERR,
    RELAY_ERR,
    PspEmulator,
)
from tests.ha.conftest import Call, Poll, Read, complaints, shown

from .conftest import SERIAL, Later, entry_for


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize("firmware", FIRMWARES)
@pytest.mark.parametrize("meter2", [MODBUS_NMID30_2, MODBUS_SDM120M, NONE])
async def test_all_entities(
    hass: HomeAssistant, later: Later, firmware: str, meter2: int, snapshot: SnapshotAssertion
) -> None:
    """Each firmware and each meter shows what it has, in its place, with the right unit, and nothing it lacks."""
    async with PspEmulator(
        firmware, cable_a=20, settings={"Meter2Type": meter2, "ControlStrategy": 1}
    ) as emulator:
        emulator.plug_in()
        emulator.advance(3600)
        entry = entry_for(emulator)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        await later()
        states = shown(hass, entry)
        started_at = datetime.fromisoformat(states["sensor.started_at"].partition(" ")[0])
        assert started_at.timestamp() == pytest.approx(emulator.booted_at - 3600, abs=30)
        # That of today is no snapshot.
        states["sensor.started_at"] = "a moment timestamp diagnostic"
        assert await hass.config_entries.async_unload(entry.entry_id)
    assert states == snapshot


async def test_enabled_by_default(
    hass: HomeAssistant, loaded: MockConfigEntry, poll: Poll, snapshot: SnapshotAssertion
) -> None:
    """Common things are on by default, noisy and rare ones and the installer's settings are off."""
    await poll()
    items = er.async_entries_for_config_entry(er.async_get(hass), loaded.entry_id)
    assert {
        "on": sorted(item.entity_id for item in items if not item.disabled),
        "off": sorted(item.entity_id for item in items if item.disabled),
    } == snapshot


@pytest.mark.usefixtures("all_enabled")
async def test_a_session(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: PspEmulator, poll: Poll, later: Later, read: Read
) -> None:
    """A car that is plugged in, charges and leaves is followed, and so are its power and its energy."""
    assert (read("sensor.status"), read("binary_sensor.plug")) == ("disconnected", "off")
    assert loaded.runtime_data.coordinator.update_interval.total_seconds() == 10
    emulator.plug_in()
    await poll()
    assert (read("sensor.status"), read("binary_sensor.plug")) == ("charging", "on")
    assert loaded.runtime_data.coordinator.update_interval.total_seconds() == 5
    assert (read("sensor.power"), read("sensor.current")) == ("11040.0", "16.0")
    emulator.advance(3600)
    # Between two polls that is a jump, which counts when it is read again; a meter is read every 30 s.
    await later()
    await later()
    # Ws on the wire; kWh here.
    assert read("sensor.session_energy") == "11.04"
    assert read("sensor.session_duration") == "60.0"
    assert read("sensor.meter1_04_0048_kWh") == "11.371"
    assert read("sensor.meter1_04_0034_W") == "11040.0"
    emulator.draw(0)
    await poll()
    assert (read("sensor.status"), read("sensor.power")) == ("connected", "0.0")
    emulator.unplug()
    await poll()
    assert (read("sensor.status"), read("binary_sensor.plug")) == ("disconnected", "off")


@pytest.mark.usefixtures("all_enabled")
async def test_start_and_boost_both_ways(
    loaded: MockConfigEntry, emulator: PspEmulator, poll: Poll, read: Read, call: Call
) -> None:
    """Started, stopped and boosted here arrives there at once; done there it shows here with the next poll."""
    emulator.plug_in()
    await poll()
    assert (read("switch.allow_charging"), read("switch.boost")) == ("on", "off")
    await call("switch.turn_on", "switch.boost")
    assert emulator.boosted
    assert (read("switch.boost"), read("sensor.current")) == ("on", "32.0")
    await call("switch.turn_off", "switch.allow_charging")
    assert not emulator.started
    assert (read("switch.allow_charging"), read("switch.boost"), read("sensor.status")) == (
        "off",
        "off",
        "paused",
    )
    await call("switch.turn_off", "switch.allow_charging")
    assert emulator.toggles == 2
    emulator.push_start()
    await poll()
    assert (read("switch.allow_charging"), read("sensor.status")) == ("on", "charging")


@pytest.mark.parametrize(
    ("plugged_in", "started", "auto_start", "allowed"),
    [
        (True, True, True, "on"),
        (True, False, True, "off"),
        (False, False, True, "on"),
        (False, False, False, "off"),
        (True, None, True, None),
        (False, False, None, None),
    ],
)
async def test_a7_switch_and_capability_agree(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    emulator: PspEmulator,
    read: Read,
    plugged_in: bool,
    started: bool | None,
    auto_start: bool | None,
    allowed: str | None,
) -> None:
    """The switch shows what the capability returns: without a car, a session may begin by itself with the next one.

    Where that is not known, the switch is unknown.
    """
    emulator.plugged_in = plugged_in
    emulator.altered = {
        "Status": {"ChargerStarted": started},
        "SystemConfig": {"ChargeAutoStart": auto_start},
    }
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    device = entry.runtime_data
    assert read("switch.allow_charging") == (allowed or STATE_UNKNOWN)
    allows = device.target.require(ChargingSwitch).allows_charging(device.coordinator.data)
    assert {True: "on", False: "off", None: None}[allows] == allowed
    assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("all_enabled")
async def test_currents_both_ways(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: PspEmulator,
    entity_id: Read,
    poll: Poll,
    read: Read,
    call: Call,
) -> None:
    """A current in whole amperes is set and read back; one that is set elsewhere shows within a minute."""
    emulator.plug_in()
    await poll()
    for key, setting, least in (
        ("current_limit", "ChargeCurrent", 0),
        ("boost_current", "ChargeCurrentBoost", 6),
    ):
        await call("number.set_value", f"number.{key}", value=10)
        assert emulator.settings[setting] == 10
        assert read(f"number.{key}") == "10.0"
        state = hass.states.get(entity_id(f"number.{key}"))
        assert state
        limits = [state.attributes[name] for name in ("min", "max", "step")]
        assert limits == [least, 32, 1]
        with pytest.raises(ServiceValidationError):
            await call("number.set_value", f"number.{key}", value=5)
        assert (emulator.settings[setting], read(f"number.{key}")) == (10, "10.0")
    assert read("sensor.current") == "10.0"
    # 0 is a pause, and the charge current stays what it was.
    await call("number.set_value", "number.current_limit", value=0)
    assert (emulator.started, emulator.settings["ChargeCurrent"]) == (False, 10)
    assert (read("number.current_limit"), read("switch.allow_charging")) == ("0.0", "off")
    await call("number.set_value", "number.current_limit", value=8)
    assert (emulator.started, emulator.settings["ChargeCurrent"]) == (True, 8)
    assert (read("number.current_limit"), read("switch.allow_charging")) == ("8.0", "on")


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize(
    ("action", "name", "data", "settings", "shown"),
    [
        ("switch.turn_off", "switch.auto_start", {}, {"ChargeAutoStart": False}, "off"),
        ("switch.turn_off", "switch.three_phase", {}, {"Charge3Phase": False}, "off"),
        ("number.set_value", "number.phase_current_limit", {"value": 16}, {"PhaseCurrentLimit": 16}, "16.0"),
        ("number.set_value", "number.control_limit", {"value": 9000}, {"ControlLimit": 9000}, "9000.0"),
        ("select.select_option", "select.charger_mode", {"option": "socket"}, {"ChargerMode": 1}, "socket"),
        (
            "select.select_option",
            "select.lock_method",
            {"option": "servomotor"},
            {"LockMethod": 1},
            "servomotor",
        ),
        (
            "select.select_option",
            "select.control_strategy",
            {"option": "limit_power"},
            {"ControlStrategy": 1},
            "limit_power",
        ),
        (
            "select.select_option",
            "select.meter1_type",
            {"option": "ip_sdm120m"},
            {"Meter1Type": 6, "Meter1Ip": "192.168.0.30"},
            "ip_sdm120m",
        ),
        (
            "select.select_option",
            "select.meter2_type",
            {"option": "none"},
            {"Meter2Type": 0, "Meter2Ip": "192.168.0.31"},
            "none",
        ),
        (
            "text.set_value",
            "text.meter1_address",
            {"value": "192.0.2.7"},
            {"Meter1Ip": "192.0.2.7"},
            "192.0.2.7",
        ),
        (
            "text.set_value",
            "text.meter2_address",
            {"value": "192.0.2.8"},
            {"Meter2Ip": "192.0.2.8"},
            "192.0.2.8",
        ),
    ],
)
async def test_settings(
    loaded: MockConfigEntry,
    emulator: PspEmulator,
    read: Read,
    call: Call,
    action: str,
    name: str,
    data: dict[str, Any],
    settings: dict[str, Any],
    shown: str,
) -> None:
    """A setting is set, and shown as it was read back."""
    await call(action, name, **data)
    assert {key: emulator.settings[key] for key in settings} == settings
    assert read(name) == shown


@pytest.mark.usefixtures("all_enabled")
async def test_only_the_control_meter_can_be_a_supervisor(
    hass: HomeAssistant, loaded: MockConfigEntry, entity_id: Read
) -> None:
    """Remote control is offered for the second meter, and not for the first."""
    options = []
    for name in ("select.meter1_type", "select.meter2_type"):
        state = hass.states.get(entity_id(name))
        assert state
        options.append(state.attributes["options"])
    assert options[0] == options[1][:-1]
    assert options[1][-1] == "remote_control"


# Registers


@pytest.mark.usefixtures("all_enabled")
async def test_n18_registers_come_with_their_meter(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: PspEmulator,
    poll: Poll,
    later: Later,
    read: Read,
    entity_id: Read,
) -> None:
    """Registers appear when the charger has sent them twice, named by their meter, and become unknown without it."""
    registry = er.async_get(hass)
    item = registry.async_get(entity_id("sensor.meter1_04_0156_kWh"))
    assert item
    assert (item.entity_id, item.original_name) == ("sensor.psp_evse_meter_1_energy", "Meter 1 energy")
    item = registry.async_get(entity_id("sensor.meter1_04_0048_kWh"))
    assert item
    assert (item.entity_id, item.translation_key) == ("sensor.psp_evse_total_energy", "total_energy")
    assert registry.async_get_entity_id("sensor", DOMAIN, f"psp_{SERIAL}_meter2_04_000c_W") is None
    emulator.settings["Meter2Type"] = MODBUS_SDM120M
    emulator.reboot(0)
    await poll()
    await later()
    await poll()
    assert read("sensor.meter2_04_0048_kWh") == "4815.162"
    assert registry.async_get(entity_id("sensor.meter2_04_000c_W"))
    emulator.settings["Meter2Type"] = NONE
    emulator.reboot(0)
    emulator.booted_at -= 100
    await poll()
    assert read("sensor.meter2_04_0048_kWh") == STATE_UNKNOWN
    assert read("sensor.meter1_04_0048_kWh") == "0.331"


@pytest.mark.usefixtures("all_enabled")
async def test_another_meter_has_something_else_at_the_same_address(
    loaded: MockConfigEntry, emulator: PspEmulator, poll: Poll, read: Read
) -> None:
    """A power in W is never shown as the one in kW that another type of meter has there."""
    assert read("sensor.meter2_04_0034_kW") == "1.5"
    emulator.settings["Meter2Type"] = MODBUS_SDM72D_M
    emulator.reboot(0)
    await poll()
    await poll()
    assert read("sensor.meter2_04_0034_W") == "1500.0"
    assert read("sensor.meter2_04_0034_kW") == STATE_UNKNOWN


async def test_e6_a_meter_that_sends_other_registers_each_time_and_after_reloads(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: PspEmulator,
    poll: Poll,
    read: Read,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A meter has no more sensors than a meter can have registers, whatever it sends, also after reloads; its own go on."""
    registry = er.async_get(hass)
    for answer in range(30):
        for meter in (1, 2):
            emulator.more_registers[meter] = {
                f"0x03_0x{64 * answer + address:04x}": {
                    "Desc": f"Odd{address}[W]",
                    "DataStatus": "Valid",
                    "Value": 1,
                }
                for address in range(64)
            }
        freezer.tick(31)
        await poll()
        await poll()
        if answer % 5 == 2:
            assert await hass.config_entries.async_reload(loaded.entry_id)
            await poll()
    found = [item.unique_id for item in er.async_entries_for_config_entry(registry, loaded.entry_id)]
    for meter in (1, 2):
        assert len([unique_id for unique_id in found if f"_meter{meter}_0" in unique_id]) == 64
    assert read("sensor.meter1_04_0048_kWh") == "0.331"


@pytest.mark.usefixtures("all_enabled")
async def test_e6_another_meter_has_room_for_its_registers(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: PspEmulator,
    poll: Poll,
    read: Read,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of a meter that was replaced the sensors give way after a while, also after a restart; those that are read stay."""
    for module in ("entities.additions", "chargers.psp.registers"):
        monkeypatch.setattr(f"custom_components.evse_pilot.{module}.PATIENCE", 6)
    assert await hass.config_entries.async_reload(loaded.entry_id)

    async def send(kind: int, polls: int) -> set[str]:
        """Let the meter send forty registers of a kind, and return which of all have a sensor."""
        emulator.more_registers[1] = {
            f"0x0{kind}_0x{address:04x}": {
                "Desc": f"Kind{kind}No{address}[W]",
                "DataStatus": "Valid",
                "Value": kind,
            }
            for address in range(1, 41)
        }
        for _ in range(polls):
            freezer.tick(31)
            await poll()
        items = er.async_entries_for_config_entry(er.async_get(hass), loaded.entry_id)
        found = {item.unique_id for item in items if "_meter1_0" in item.unique_id}
        assert len(found) <= 64
        return {unique_id for unique_id in found if f"_0{kind}_" in unique_id}

    assert len(await send(1, 3)) == 40
    assert len(await send(2, 3)) < 40
    assert len(await send(2, 14)) == 40
    assert read("sensor.meter1_02_0028_W") == "2.0"
    assert len(await send(3, 2)) < 40
    assert await hass.config_entries.async_reload(loaded.entry_id)
    assert len(await send(3, 16)) == 40
    # The meter of before is back.
    assert len(await send(1, 16)) == 40
    assert read("sensor.meter1_01_0001_W") == "1.0"
    assert read("sensor.meter1_04_0048_kWh") == "0.331"
    assert [state for state in hass.states.async_all() if state.attributes.get("restored")] == []


async def test_register_that_is_not_available(
    loaded: MockConfigEntry, emulator: PspEmulator, poll: Poll, read: Read
) -> None:
    """A meter that is lost is unknown, and comes back without a jump."""
    emulator.lose_meter(1)
    emulator.reboot(0)
    await poll()
    assert read("sensor.meter1_04_0048_kWh") == STATE_UNKNOWN
    emulator.mend_meter()
    emulator.reboot(0)
    emulator.booted_at -= 100
    await poll()
    assert read("sensor.meter1_04_0048_kWh") == "0.331"


async def test_registers_that_describe_themselves_oddly(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    emulator: PspEmulator,
    caplog: pytest.LogCaptureFixture,
    all_enabled: None,
) -> None:
    """Whatever a meter calls its registers, and whatever their unit, no entity fails because of it."""
    units = ("W", "kW", "VA", "kVA", "var", "kvar", "Wh", "kWh", "MWh", "varh", "kvarh", "V", "A", "Hz", "%")
    descriptions = [
        *(f"Thing{unit}[{unit}]" for unit in units),
        "",
        "x[°]",
        "<b>bold</b>[m²]",
        "{name}",
        "x" * 500,
    ]
    emulator.altered = {
        "Meter1": {
            "Meter1": {
                "ModbusData": {
                    f"0x04_0x{address:04x}": {"Desc": text, "Value": value, "DataStatus": "Valid"}
                    for address, (text, value) in enumerate(
                        (text, value)
                        for text in descriptions
                        for value in (1.5, -7, float("nan"), 1e38, "odd")
                    )
                }
            }
        }
    }
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    shown = [state for state in hass.states.async_all("sensor") if "meter_1" in state.entity_id]
    assert len(shown) == 64
    assert {state.state for state in shown} == {"1.5", "-7.0", STATE_UNKNOWN}
    assert complaints(caplog) == []
    assert await hass.config_entries.async_unload(entry.entry_id)


# What goes wrong


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (RELAY_ERR, "relay"),
        (EPO, "emergency_stop"),
        (DIODE_ERR, "car_diode"),
        (ERR_E, "pilot"),
        (GENERAL_ERR, "general"),
        (PP_ERR, "cable"),
        (LOCK_ERR, "lock"),
    ],
)
async def test_faults(
    loaded: MockConfigEntry, emulator: PspEmulator, poll: Poll, read: Read, state: int, error: str
) -> None:
    """A fault stops charging, is named, and goes away with its cause."""
    emulator.plug_in()
    emulator.fail(state)
    await poll()
    assert (read("sensor.status"), read("sensor.error"), read("binary_sensor.problem")) == (
        "fault",
        error,
        "on",
    )
    # The fault hides the car.
    assert read("binary_sensor.plug") == STATE_UNKNOWN
    emulator.clear()
    await poll()
    assert (read("sensor.status"), read("sensor.error"), read("binary_sensor.problem")) == (
        "charging",
        "none",
        "off",
    )


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize(
    ("action", "name", "data", "words"),
    [
        ("switch.turn_on", "switch.boost", {}, "Is a session running"),
        ("button.press", "button.install_update", {}, "Check for an update first"),
        ("text.set_value", "text.meter1_address", {"value": "my.house"}, "no IP address"),
    ],
)
async def test_refusals_in_words(
    loaded: MockConfigEntry,
    emulator: PspEmulator,
    call: Call,
    action: str,
    name: str,
    data: dict[str, Any],
    words: str,
) -> None:
    """What the charger does not allow is a translated refusal, and nothing was sent."""
    with pytest.raises(ServiceValidationError, match=words):
        await call(action, name, **data)
    assert not [request for request in emulator.calls if request.method == "POST"]


async def test_a_session_that_may_not_be_stopped(
    loaded: MockConfigEntry, emulator: PspEmulator, poll: Poll, read: Read, call: Call
) -> None:
    """Where the charger allows no toggle, the switch is refused in words, nothing was sent, and it stays as it was."""
    emulator.plug_in()
    emulator.altered = {"Status": {"StartStopAllowed": False}}
    await poll()
    with pytest.raises(ServiceValidationError, match="Is a car plugged in"):
        await call("switch.turn_off", "switch.allow_charging")
    assert read("switch.allow_charging") == "on"
    assert not [request for request in emulator.calls if request.method == "POST"]
    emulator.altered = {}
    await poll()
    assert (read("switch.allow_charging"), emulator.started) == ("on", True)


async def test_n6_without_a_car_the_switch_is_for_the_next_one(
    loaded: MockConfigEntry, emulator: PspEmulator, poll: Poll, read: Read, call: Call
) -> None:
    """Without a session nothing is sent, and it is no refusal; a car that comes is treated as the switch was set."""
    await call("switch.turn_on", "switch.allow_charging")
    await call("switch.turn_off", "switch.allow_charging")
    assert read("switch.allow_charging") == "off"
    assert not [request for request in emulator.calls if request.method == "POST"]
    emulator.plug_in()
    await poll()
    assert (emulator.started, read("switch.allow_charging"), read("sensor.status")) == (
        False,
        "off",
        "paused",
    )
    await call("switch.turn_on", "switch.allow_charging")
    assert (emulator.started, read("switch.allow_charging")) == (True, "on")


@pytest.mark.parametrize("line", [line for line in Line if line is not Line.OK])
async def test_a_command_on_a_broken_line(
    loaded: MockConfigEntry,
    emulator: PspEmulator,
    poll: Poll,
    read: Read,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    line: Line,
) -> None:
    """A command that does not arrive is a translated error; one that did, though half its reply is lost, is shown.

    The one that did not arrive stays set, and is sent again.
    """
    emulator.plug_in()
    await poll()
    emulator.line, emulator.line_for = line, lambda request: request.method == "POST"
    if line is Line.CUT:
        await call("switch.turn_off", "switch.allow_charging")
        assert read("switch.allow_charging") == "off"
        return
    with pytest.raises(HomeAssistantError) as raised:
        await call("switch.turn_off", "switch.allow_charging")
    assert raised.value.translation_key
    assert str(raised.value).startswith("PSP EVSE ")
    assert (read("switch.allow_charging"), read("sensor.status"), emulator.started) == (
        "off",
        "charging",
        True,
    )
    emulator.line = Line.OK
    monkeypatch.setattr(
        "custom_components.evse_pilot.control.controller.monotonic_s",
        lambda hass: hass.loop.time() + REPEAT_S,
    )
    await poll()
    assert (read("switch.allow_charging"), read("sensor.status"), emulator.started) == (
        "off",
        "paused",
        False,
    )
    assert emulator.toggles == 1


async def test_unknown_words(
    loaded: MockConfigEntry,
    emulator: PspEmulator,
    poll: Poll,
    read: Read,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What a later firmware may bring is unknown, not an error."""
    emulator.altered = {"Status": {"EvseState": 77, "ChargerStarted": "perhaps", "ActualPower": 1e38}}
    caplog.clear()
    await poll()
    for name in (
        "sensor.status",
        "sensor.error",
        "sensor.power",
        "switch.allow_charging",
        "binary_sensor.plug",
    ):
        assert read(name) == STATE_UNKNOWN, name
    assert complaints(caplog) == []


async def test_an_unchanged_answer_writes_no_state(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: PspEmulator, poll: Poll
) -> None:
    """While nothing changes, nothing is written, though the time stamp of each answer is another one."""
    written: list[str] = []

    @callback
    def note(event: Event) -> None:
        written.append(event.data["entity_id"])

    hass.bus.async_listen("state_changed", note)
    hass.bus.async_listen("state_reported", note, event_filter=callback(lambda _: True))
    # The energy of the session counts from its second reading on.
    await poll()
    written.clear()
    before = emulator.uptime_ms
    for _ in range(3):
        emulator.booted_at -= 1
        await poll()
    assert emulator.uptime_ms >= before + 3000
    assert written == []
    emulator.plug_in()
    await poll()
    assert "sensor.psp_evse_status" in written


# Buttons


@pytest.mark.usefixtures("all_enabled")
async def test_restart(
    loaded: MockConfigEntry, emulator: PspEmulator, poll: Poll, read: Read, call: Call
) -> None:
    """A restart takes the charger away and brings it back, with the moment of its start.

    It is away with the third lost poll (case A4), the first of which is that of the command.
    """
    before = read("sensor.started_at")
    await call("button.press", "button.restart")
    for status in ("disconnected", STATE_UNAVAILABLE):
        await poll()
        assert read("sensor.status") == status
    emulator.advance(15)
    await poll()
    assert read("sensor.status") == "disconnected"
    assert datetime.fromisoformat(read("sensor.started_at")) > datetime.fromisoformat(before)


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.usefixtures("all_enabled")
async def test_update(
    loaded: MockConfigEntry, emulator: PspEmulator, poll: Poll, read: Read, call: Call
) -> None:
    """An update is looked for, shown and installed."""
    assert read("sensor.update_message") == "No update information"
    emulator.new_firmware()
    await call("button.press", "button.check_update")
    assert read("sensor.update_message") == "New firmware available: 0.9.3"
    assert read("binary_sensor.update_allowed") == "on"
    await call("button.press", "button.install_update")
    for status in ("disconnected", STATE_UNAVAILABLE):
        await poll()
        assert read("sensor.status") == status
    emulator.advance(70)
    await poll()
    assert read("sensor.firmware") == "0.9.3"
