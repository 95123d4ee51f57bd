"""Entities, and commands through them: both ways within one poll."""

from typing import Any

from aiohttp import ClientSession
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from syrupy.assertion import SnapshotAssertion

from custom_components.evse_pilot.chargers.lektrico.box import LektricoBox
from custom_components.evse_pilot.chargers.lektrico.charger import Lektrico
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from tests.emulators.base import Line
from tests.emulators.lektrico import LektricoEmulator
from tests.ha.conftest import Call, Poll, Read, shown

from .conftest import NOON, Later, entry_for

COLOR = "0,0,0,255,0,0,0,0,0,0,0,0"


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize(
    ("model", "firmware"),
    [
        *(("1p7k", "1.23"), ("1p7k", "1.41"), ("1p7k", "1.47"), ("1p7k", "2.0")),
        *(("3p22k", "1.47"), ("3p22k", "1.51"), ("3p22k", "2.0")),
        *(("em", "1.15"), ("3em", "2.0")),
    ],
)
async def test_all_entities(
    hass: HomeAssistant, later: Later, model: str, firmware: str, snapshot: SnapshotAssertion
) -> None:
    """Each kind and generation shows what it has, in its place, with the right unit, and nothing it lacks."""
    async with LektricoEmulator(model, firmware, clock=lambda: NOON) as emulator:
        if emulator.is_charger:
            emulator.keys["energy_management_enabled"].value = True
            emulator.keys["connected_phase"].value = 2
            emulator.plug_in()
            emulator.advance(3600)
        entry = entry_for(emulator)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        # What is counted is shown from its second reading on.
        await later()
        entities = shown(hass, entry)
        assert await hass.config_entries.async_unload(entry.entry_id)
    assert entities == snapshot


@pytest.mark.parametrize("model", ["3p22k", "3em"])
async def test_enabled_by_default(
    hass: HomeAssistant, later: Later, model: str, snapshot: SnapshotAssertion
) -> None:
    """Common things are on by default, noisy and rare ones are off."""
    async with LektricoEmulator(model, "2.0") as emulator:
        entry = entry_for(emulator)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        await later()
        items = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        assert await hass.config_entries.async_unload(entry.entry_id)
    assert {
        "on": sorted(item.entity_id for item in items if not item.disabled),
        "off": sorted(item.entity_id for item in items if item.disabled),
    } == snapshot


@pytest.mark.usefixtures("all_enabled")
async def test_a_session(loaded: MockConfigEntry, emulator: LektricoEmulator, poll: Poll, read: Read) -> None:
    """A car that is plugged in, charges and leaves is followed, and so are its power and its energy."""
    assert (read("sensor.status"), read("binary_sensor.plug")) == ("disconnected", "off")
    emulator.plug_in()
    await poll()
    assert (read("sensor.status"), read("binary_sensor.plug")) == ("charging", "on")
    assert (read("binary_sensor.charging"), read("sensor.limit_reason")) == ("on", "installation")
    assert read("sensor.power") == "11040.0"
    assert (read("sensor.current_l1"), read("sensor.current_l3")) == ("16.0", "16.0")
    emulator.advance(3600)
    # Between two polls that is a jump, which counts when it is read again.
    await poll()
    await poll()
    assert read("sensor.session_energy") == "11.04"
    assert read("sensor.session_time") == "60.0"
    assert read("sensor.total_energy") == "1872.159"
    emulator.draw(0)
    await poll()
    assert (read("sensor.status"), read("sensor.power")) == ("connected", "0.0")
    emulator.unplug()
    await poll()
    assert (read("sensor.status"), read("binary_sensor.plug")) == ("disconnected", "off")


async def test_e11_a_larger_session_while_home_assistant_was_off(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, poll: Poll, entity_id: Read
) -> None:
    """It is known by its number, and its statistics begin anew, although its energy did not fall."""

    async def settled() -> State:
        for _ in range(3):
            await poll()
        state = hass.states.get(entity_id("sensor.session_energy"))
        assert state
        return state

    emulator.plug_in()
    emulator.advance(1800)
    before = await settled()
    assert await hass.config_entries.async_unload(loaded.entry_id)
    emulator.unplug()
    emulator.plug_in()
    emulator.advance(7200)
    assert await hass.config_entries.async_setup(loaded.entry_id)
    after = await settled()
    assert float(after.state) > float(before.state) > 0
    first = after.attributes["last_reset"]
    assert first not in (None, before.attributes.get("last_reset"))
    assert await hass.config_entries.async_reload(loaded.entry_id)
    assert (await settled()).attributes["last_reset"] == first


async def test_pace(loaded: MockConfigEntry, emulator: LektricoEmulator, poll: Poll) -> None:
    """A charger is asked twice as often while a car charges."""
    coordinator = loaded.runtime_data.coordinator
    assert coordinator.update_interval.total_seconds() == 10
    emulator.plug_in()
    await poll()
    assert coordinator.update_interval.total_seconds() == 5
    emulator.unplug()
    await poll()
    assert coordinator.update_interval.total_seconds() == 10


@pytest.mark.usefixtures("all_enabled")
async def test_charging_buttons(
    loaded: MockConfigEntry, emulator: LektricoEmulator, read: Read, call: Call
) -> None:
    """Start and stop work, and the result is shown at once."""
    emulator.plug_in()
    await call("button.press", "button.stop_charging")
    assert read("sensor.status") == "connected"
    await call("button.press", "button.start_charging")
    assert read("sensor.status") == "charging"
    assert [method for method, _ in emulator.commands()] == ["charge.stop", "charge.start"]


@pytest.mark.usefixtures("all_enabled")
async def test_pause_both_ways(
    loaded: MockConfigEntry, emulator: LektricoEmulator, poll: Poll, read: Read, call: Call
) -> None:
    """A pause from here, by switch or button, and one from the app are the same."""
    emulator.plug_in()
    await call("switch.turn_off", "switch.allow_charging")
    assert emulator.state == "B_PAUSE"
    assert (read("switch.allow_charging"), read("sensor.status")) == ("off", "paused")
    emulator.resume()
    await poll()
    assert (read("switch.allow_charging"), read("sensor.status")) == ("on", "charging")
    await call("button.press", "button.pause_charging")
    assert read("switch.allow_charging") == "off"
    await call("button.press", "button.resume_charging")
    assert emulator.state == "C"
    await call("switch.turn_off", "switch.allow_charging")
    await call("switch.turn_on", "switch.allow_charging")
    assert read("sensor.status") == "charging"


@pytest.mark.parametrize("firmware", ["1.23", "2.0"])
@pytest.mark.parametrize("change", ["plug_in", "pause", "lock", "limit_0"])
async def test_a7_switch_and_capability_agree(firmware: str, change: str) -> None:
    """The state has one answer for the switch and the capability; firmware 1.23 reports no pause but by its limit."""
    async with LektricoEmulator("1p7k", firmware) as emulator, ClientSession() as session:
        emulator.plug_in()
        if change == "limit_0":
            emulator.dynamic_current = 0
        else:
            getattr(emulator, change)()
        charger = Lektrico(LektricoBox(session, emulator.host, emulator.port))
        state = await charger.fetch()
    forbids = change == "limit_0" or (change == "pause" and firmware != "1.23")
    assert state.allows_charging is charger.allows_charging(state) is not forbids


@pytest.mark.usefixtures("all_enabled")
async def test_current_limit_both_ways(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: LektricoEmulator,
    poll: Poll,
    read: Read,
    call: Call,
) -> None:
    """A limit is obeyed, 0 pauses, what lies between is refused, and a limit from elsewhere is shown."""
    emulator.plug_in()
    await poll()
    # What is above the installer's limit is shown, and has no effect.
    assert (emulator.dynamic_current, read("number.current_limit")) == (32, "32")
    assert read("sensor.target_current") == "16.0"
    await call("number.set_value", "number.current_limit", value=10)
    assert emulator.currents_a == [10, 10, 10]
    assert (read("number.current_limit"), read("sensor.limit_reason")) == ("10.0", "dynamic")
    for amps in (1, 5):
        with pytest.raises(ServiceValidationError, match="from 6 A to 16 A"):
            await call("number.set_value", "number.current_limit", value=amps)
    with pytest.raises(ServiceValidationError):
        await call("number.set_value", "number.current_limit", value=17)
    assert emulator.dynamic_current == 10
    await call("number.set_value", "number.current_limit", value=0)
    assert (read("number.current_limit"), read("sensor.status")) == ("0.0", "paused")
    assert (emulator.state, emulator.dynamic_current) == ("B_PAUSE", 10)
    emulator.dynamic_current = 12
    await poll()
    # A limit from elsewhere does not end the pause; a hand at the charger does, and then that limit holds.
    assert (read("number.current_limit"), read("sensor.status")) == ("0.0", "paused")
    emulator.resume()
    await poll()
    assert read("sensor.status") == "charging"
    await poll()
    assert (read("number.current_limit"), emulator.dynamic_current) == ("12", 12)
    assert emulator.currents_a == [12, 12, 12]
    emulator.dynamic_current = 11
    await poll()
    assert float(read("number.current_limit")) == 11
    assert emulator.currents_a == [11, 11, 11]
    state = hass.states.get("number.lektrico_current_limit")
    assert state
    assert (state.attributes["min"], state.attributes["max"], state.attributes["step"]) == (0, 16, 1)


async def test_resumed_at_the_charger_after_a_limit_of_0(
    loaded: MockConfigEntry, emulator: LektricoEmulator, poll: Poll, read: Read, call: Call
) -> None:
    """A limit of 0 has replaced the one before; resumed at the charger, it has, shows and should have its own maximum."""
    emulator.plug_in()
    await poll()
    await call("number.set_value", "number.current_limit", value=10)
    await call("number.set_value", "number.current_limit", value=0)
    emulator.resume()
    for _ in range(3):
        await poll()
    shown = float(read("number.current_limit")), float(read("sensor.target_current"))
    assert (*shown, emulator.dynamic_current) == (16, 16, 16)


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize(
    ("name", "value", "key", "wire"),
    [
        ("number.user_current", 12, "user_current", 12),
        ("number.led_brightness", 55, "led_max_brightness", 55),
        ("number.led_dimming_delay", 30, "led_dimming_delay", 30),
        ("number.gmt_offset", -3, "gmt_offset", -3),
    ],
)
async def test_numbers(
    loaded: MockConfigEntry,
    emulator: LektricoEmulator,
    read: Read,
    call: Call,
    later: Later,
    name: str,
    value: int,
    key: str,
    wire: int,
) -> None:
    """A number is written as a number, read back at once, and followed when the app changes it."""
    before = emulator.keys[key].value
    await call("number.set_value", name, value=value)
    assert emulator.keys[key].value == wire
    assert type(emulator.keys[key].value) is int
    assert float(read(name)) == value
    emulator.keys[key].value = before
    await later()
    assert float(read(name)) == before


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize(
    ("name", "key", "inverted"),
    [
        ("lock", "charger_locked", False),
        ("authentication", "headless", True),
        ("energy_management", "energy_management_enabled", False),
        ("led_template", "led_template_enabled", False),
        ("precise_pwm", "precise_pwm_mode", False),
        ("auto_update", "auto_update", False),
    ],
)
async def test_switches(
    loaded: MockConfigEntry,
    emulator: LektricoEmulator,
    read: Read,
    call: Call,
    later: Later,
    name: str,
    key: str,
    inverted: bool,
) -> None:
    """A switch is written as a truth value, read back at once, and followed when the app changes it."""
    for turn, state in (("turn_on", "on"), ("turn_off", "off")):
        await call(f"switch.{turn}", f"switch.{name}")
        assert emulator.keys[key].value is ((state == "on") is not inverted)
        assert read(f"switch.{name}") == state
    emulator.keys[key].value = not inverted
    await later()
    assert read(f"switch.{name}") == "on"


@pytest.mark.usefixtures("all_enabled")
async def test_lock_and_authentication(
    loaded: MockConfigEntry, emulator: LektricoEmulator, poll: Poll, read: Read, call: Call
) -> None:
    """A charger that is locked shows it, and one that asks for a card waits for it."""
    await call("switch.turn_on", "switch.authentication")
    emulator.plug_in()
    await poll()
    assert read("sensor.status") == "awaiting_authorization"
    await call("switch.turn_on", "switch.lock")
    assert read("sensor.status") == "locked"
    await call("switch.turn_off", "switch.lock")
    emulator.swipe()
    await poll()
    assert read("sensor.status") == "charging"


@pytest.mark.usefixtures("all_enabled")
async def test_phase_mode(
    loaded: MockConfigEntry, emulator: LektricoEmulator, read: Read, call: Call
) -> None:
    """The phases are switched from here, and the limit stays."""
    emulator.plug_in()
    await call("number.set_value", "number.current_limit", value=8)
    await call("select.select_option", "select.phase_mode", option="single")
    assert (emulator.relay_mode, emulator.dynamic_current) == (1, 8)
    assert (read("select.phase_mode"), read("sensor.current_l2")) == ("single", "0.0")
    await call("number.set_value", "number.current_limit", value=9)
    assert (emulator.relay_mode, read("sensor.current_l1")) == (1, "9.0")
    await call("select.select_option", "select.phase_mode", option="three")
    assert read("sensor.current_l2") == "9.0"


@pytest.mark.usefixtures("all_enabled")
async def test_lights(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: LektricoEmulator,
    read: Read,
    call: Call,
    later: Later,
) -> None:
    """Each of the four parts is a light with a colour; one that changes leaves the others as they are."""
    assert read("light.led_top") == STATE_UNKNOWN
    await call("light.turn_on", "light.led_right", rgb_color=[255, 0, 0])
    assert emulator.keys["led_template"].value == COLOR
    assert (read("light.led_top"), read("light.led_right")) == ("off", "on")
    await call("light.turn_on", "light.led_left", rgb_color=[0, 0, 255], brightness=100)
    assert emulator.keys["led_template"].value == "0,0,0,255,0,0,0,0,0,0,0,100"
    await call("light.turn_off", "light.led_right")
    assert emulator.keys["led_template"].value == "0,0,0,0,0,0,0,0,0,0,0,100"
    emulator.keys["led_template"].value = "1,2,3,4,5,6,7,8,9,10,11,12"
    await later()
    assert read("light.led_bottom") == "on"
    await hass.services.async_call(
        "light",
        "turn_on",
        {
            "entity_id": [
                f"light.lektrico_custom_light_{part}" for part in ("top", "right", "bottom", "left")
            ],
            "rgb_color": [0, 255, 0],
            "brightness": 255,
        },
        blocking=True,
    )
    assert emulator.keys["led_template"].value == ",".join(["0,255,0"] * 4)


@pytest.mark.usefixtures("all_enabled")
async def test_alias(loaded: MockConfigEntry, emulator: LektricoEmulator, read: Read, call: Call) -> None:
    """The name that the vendor's app shows can be changed."""
    assert read("text.alias") == ""
    await call("text.set_value", "text.alias", value="Garage")
    assert emulator.keys["charger_alias"].value == "Garage"
    assert read("text.alias") == "Garage"


@pytest.mark.usefixtures("all_enabled")
async def test_faults(
    loaded: MockConfigEntry, emulator: LektricoEmulator, poll: Poll, read: Read, call: Call, later: Later
) -> None:
    """A fault is shown by its name, and is in the log until that is cleared."""
    assert (read("sensor.error"), read("binary_sensor.problem")) == ("none", "off")
    emulator.fail("overcurrent")
    await poll()
    assert (read("sensor.status"), read("sensor.error")) == ("fault", "overcurrent")
    assert (read("binary_sensor.problem"), read("binary_sensor.fault_overcurrent")) == ("on", "on")
    assert read("binary_sensor.fault_rcd_error") == "off"
    emulator.clear()
    await later()
    assert (read("sensor.error"), read("binary_sensor.fault_overcurrent")) == ("none", "off")
    assert read("binary_sensor.logged_fault_overcurrent") == "on"
    await call("button.press", "button.reset_logged_faults")
    assert emulator.logged == set()
    assert read("binary_sensor.logged_fault_overcurrent") == "off"


@pytest.mark.usefixtures("all_enabled")
async def test_restart_and_update(
    loaded: MockConfigEntry, emulator: LektricoEmulator, poll: Poll, read: Read, call: Call
) -> None:
    """The box is restarted, and installs new firmware on command."""
    emulator.offer_update("2.1")
    await call("button.press", "button.update_firmware")
    assert read("sensor.status") == "updating"
    emulator.advance(100)
    await poll()
    assert read("sensor.status") == "disconnected"
    assert emulator.firmware == "2.1"
    await call("button.press", "button.restart")
    assert emulator.is_offline
    # The first lost poll was that after the command.
    for status in ("disconnected", STATE_UNAVAILABLE):
        await poll()
        assert read("sensor.status") == status
    emulator.advance(20)
    await poll()
    assert read("sensor.status") == "disconnected"


@pytest.mark.usefixtures("all_enabled")
async def test_meter(hass: HomeAssistant, poll: Poll, read: Read, call: Call) -> None:
    """An energy meter shows the house, and how its load is balanced can be chosen."""
    async with LektricoEmulator("3em", "2.0") as emulator:
        entry = entry_for(emulator)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        assert entry.runtime_data.coordinator.update_interval.total_seconds() == 5
        assert hass.states.get("sensor.lektrico_status") is None
        emulator.house(-4)
        await poll()
        assert (read("sensor.mains_power"), read("sensor.mains_power_l2")) == ("-2760.0", "-920.0")
        for mode in ("power", "hybrid", "green", "power_share", "off"):
            await call("select.select_option", "select.balancing_mode", option=mode)
            assert read("select.balancing_mode") == mode
        for name, key, value in (
            ("number.hybrid_current", "lb_hybrid_current", 10),
            ("number.pv_minimum_current", "lb_pv_minimum_current", 2),
            ("number.car_minimum_current", "car_minimum_current", 8),
        ):
            await call("number.set_value", name, value=value)
            assert emulator.keys[key].value == value
        for name in ("green", "hybrid"):
            await call("switch.turn_on", f"switch.{name}_single_phase")
            assert emulator.keys[f"{name}_forced_single_phase"].value is True
        await call("button.press", "button.restart")
        assert emulator.is_offline
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize(
    ("code", "message"),
    [
        (-1, "^Lektrico did not carry out the command, for an unknown reason"),
        (-4, "out of range"),
        (-6, "firmware of Lektrico does not know"),
        (-7, "does not allow this"),
        (-42, "error -42, which is not documented"),
    ],
)
async def test_refusals_are_sentences(
    loaded: MockConfigEntry, emulator: LektricoEmulator, read: Read, call: Call, code: int, message: str
) -> None:
    """A refusal of the box is a sentence, and nothing changes."""
    emulator.fails_with = {"app_config.set": code}
    with pytest.raises(ServiceValidationError, match=message):
        await call("switch.turn_on", "switch.lock")
    assert read("switch.lock") == "off"


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("line", [Line.SILENT, Line.CUT, Line.HTML, Line.ERROR, Line.UNAUTHORIZED])
async def test_a_command_that_is_lost(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: LektricoEmulator,
    poll: Poll,
    read: Read,
    call: Call,
    line: Line,
) -> None:
    """A command that gets no answer is an error with the charger's name; whether it arrived shows with the next poll."""
    emulator.line, emulator.line_for = line, lambda request: request.method == "POST"
    with pytest.raises(HomeAssistantError, match="^Lektrico "):
        await call("switch.turn_on", "switch.lock")
    await poll()
    assert read("switch.lock") == ("on" if line is Line.CUT else "off")


@pytest.mark.usefixtures("all_enabled")
async def test_strange_answers_leave_the_rest(
    loaded: MockConfigEntry, emulator: LektricoEmulator, poll: Poll, read: Read, later: Later
) -> None:
    """Numbers as texts, arrays that are too short and unknown words are no reason to fail."""
    strange: dict[str, Any] = emulator.charger_info() | {
        "extended_charger_state": "B_WHATEVER",
        "current_limit_reason": 99,
        "currents": [1],
        "voltages": "230",
        "instant_power": "123.4",
        "temperature": None,
        "session_energy": float("nan"),
    }
    emulator.answers_instead = {"charger_info.get": strange, "app_config.get": [], "wifi_status.get": 7}
    await later()
    assert read("sensor.status") == "disconnected"
    assert (read("sensor.limit_reason"), read("sensor.current_l2")) == (STATE_UNKNOWN, STATE_UNKNOWN)
    assert (read("sensor.power"), read("sensor.current_l1")) == ("123.0", "1.0")
    assert read("switch.lock") == STATE_UNKNOWN
    emulator.answers_instead = {}
    await later()
    assert (read("sensor.status"), read("switch.lock")) == ("disconnected", "off")
