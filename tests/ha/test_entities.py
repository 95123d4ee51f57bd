"""Entities of a SmartEVSE, and their commands: both ways within one poll."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, mock_restore_cache_with_extra_data
from syrupy.assertion import SnapshotAssertion

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from tests.emulators.base import Line
from tests.emulators.smartevse import FIRMWARES, OFF, PAUSE, SMART, SmartEvseEmulator

from .conftest import Call, Poll, Read, entry_for, shown


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize("firmware", FIRMWARES)
async def test_all_entities(hass: HomeAssistant, firmware: str, snapshot: SnapshotAssertion) -> None:
    """Each firmware generation shows what it has, in its place, with the right unit, and nothing it lacks."""
    async with SmartEvseEmulator(
        firmware, rfid_reader="EnableOne", modem_build=True, ocpp_auth_key="key", clock=lambda: 1_800_000_000
    ) as emulator:
        emulator.advance(10)
        emulator.rfid_reader = "Disabled"
        emulator.car_soc = 40
        emulator.plug_in()
        emulator.advance(3600)
        entry = entry_for(emulator)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        states = shown(hass, entry)
        assert await hass.config_entries.async_unload(entry.entry_id)
    assert states == snapshot


async def test_enabled_by_default(
    hass: HomeAssistant, loaded: MockConfigEntry, snapshot: SnapshotAssertion
) -> None:
    """Common things are on by default, noisy and rare ones are off."""
    items = er.async_entries_for_config_entry(er.async_get(hass), loaded.entry_id)
    assert {
        "on": sorted(item.entity_id for item in items if not item.disabled),
        "off": sorted(item.entity_id for item in items if item.disabled),
    } == snapshot


@pytest.mark.usefixtures("all_enabled")
async def test_a_session(
    loaded: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll, read: Read
) -> None:
    """A car that is plugged in, charges and leaves is followed, and so are its power and its energy."""
    assert (read("sensor.status"), read("binary_sensor.plug")) == ("disconnected", "off")
    emulator.plug_in()
    await poll()
    assert (read("sensor.status"), read("binary_sensor.plug")) == ("charging", "on")
    assert read("binary_sensor.charging") == "on"
    assert read("sensor.power") == "11040.0"
    assert read("sensor.current_l3") == "16.0"
    # 16 A on three phases of 230 V for an hour.
    emulator.advance(3600)
    # Between two polls that is a jump, which counts when it is read again.
    await poll()
    await poll()
    assert read("sensor.session_energy") == "11.04"
    assert read("sensor.total_energy") == "5681.163"
    emulator.draw(0)
    await poll()
    assert read("sensor.status") == "connected"
    assert read("sensor.power") == "0.0"
    emulator.unplug()
    await poll()
    assert (read("sensor.status"), read("binary_sensor.plug")) == ("disconnected", "off")


async def test_mode_both_ways(
    loaded: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll, read: Read, call: Call
) -> None:
    """A mode that is chosen here arrives there at once, and one that is chosen there shows here with the next poll."""
    emulator.plug_in()
    for mode in ("off", "normal", "solar", "smart", "pause"):
        await call("select.select_option", "select.mode", option=mode)
        assert emulator.last_query("/settings") == {
            "mode": str(["off", "normal", "solar", "smart", "pause"].index(mode)),
            "starttime": "0",
        }
        assert read("select.mode") == mode
    assert read("sensor.status") == "paused"
    emulator.turn_mode(SMART)
    await poll()
    assert (read("select.mode"), read("sensor.status")) == ("smart", "charging")


async def test_allow_charging_keeps_the_mode(
    loaded: MockConfigEntry, emulator: SmartEvseEmulator, read: Read, call: Call
) -> None:
    """Switched off and on again, the charger is in the mode that it had before."""
    emulator.turn_mode(SMART)
    emulator.plug_in()
    await call("switch.turn_off", "switch.allow_charging")
    assert emulator.mode_id == PAUSE
    assert (read("switch.allow_charging"), read("select.mode"), read("sensor.status")) == (
        "off",
        "pause",
        "paused",
    )
    await call("switch.turn_on", "switch.allow_charging")
    assert emulator.mode_id == SMART
    assert (read("switch.allow_charging"), read("select.mode"), read("sensor.status")) == (
        "on",
        "smart",
        "charging",
    )


@pytest.mark.usefixtures("all_enabled")
async def test_current_limit_both_ways(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    poll: Poll,
    read: Read,
    call: Call,
) -> None:
    """A limit in steps of 0.1 A is obeyed, read back and cleared; without one, the box's own maximum holds.

    0 pauses, and what lies between that and the minimum is refused.
    """
    emulator.plug_in()
    assert read("number.current_limit") == "16.0"
    await call("number.set_value", "number.current_limit", value=8.3)
    assert emulator.last_query("/settings") == {"override_current": "83"}
    assert read("number.current_limit") == "8.3"
    assert emulator.ev_currents_a == [8.3, 8.3, 8.3]
    await poll()
    assert (read("sensor.offered_current"), read("sensor.current_l1")) == ("8.3", "8.3")
    emulator.override_a = 10
    await poll()
    assert read("number.current_limit") == "10.0"
    await call("button.press", "button.clear_current_limit")
    assert emulator.override_a == 16
    assert read("number.current_limit") == "16.0"
    state = hass.states.get("number.smartevse_current_limit")
    assert state
    assert (state.attributes["min"], state.attributes["max"], state.attributes["step"]) == (0, 16, 0.1)
    emulator.calls.clear()
    for amps in (0.1, 5.9):
        with pytest.raises(ServiceValidationError, match="from 6 A to 16 A"):
            await call("number.set_value", "number.current_limit", value=amps)
    with pytest.raises(ServiceValidationError):
        await call("number.set_value", "number.current_limit", value=16.1)
    assert not [request for request in emulator.calls if request.method == "POST"]
    await call("number.set_value", "number.current_limit", value=0)
    assert (emulator.mode_id, read("number.current_limit"), read("sensor.status")) == (PAUSE, "0.0", "paused")


@pytest.mark.usefixtures("all_enabled")
async def test_limits_are_the_box_s_own(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll, call: Call
) -> None:
    """The number ends where the box does, and moves with it."""
    emulator.current_max, emulator.current_min = 32, 8
    await poll()
    state = hass.states.get("number.smartevse_current_limit")
    assert state
    assert (state.attributes["min"], state.attributes["max"]) == (0, 32)
    with pytest.raises(ServiceValidationError, match="from 8 A to 32 A"):
        await call("number.set_value", "number.current_limit", value=7)
    emulator.lost_keys = {"current_max", "current_min"}
    await poll()
    state = hass.states.get("number.smartevse_current_limit")
    assert state
    # What was known stays, but nothing is sent while the box does not show it.
    assert (state.state, state.attributes["min"], state.attributes["max"]) == ("32.0", 0, 32)
    with pytest.raises(ServiceValidationError, match="limits of SmartEVSE are unknown"):
        await call("number.set_value", "number.current_limit", value=10)
    assert not [request for request in emulator.calls if request.method == "POST"]


async def test_limits_that_were_never_known(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: SmartEvseEmulator, call: Call
) -> None:
    """What the box allows is not known, so nothing above the least can be chosen."""
    emulator.lost_keys = {"current_max", "current_min"}
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    state = hass.states.get("number.smartevse_current_limit")
    assert state
    assert (state.state, state.attributes["min"], state.attributes["max"]) == (STATE_UNKNOWN, 0, 6)
    for amps in (0, 6):
        with pytest.raises(ServiceValidationError, match="limits of SmartEVSE are unknown"):
            await call("number.set_value", "number.current_limit", value=amps)
    assert not [request for request in emulator.calls if request.method == "POST"]


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize(
    ("key", "value", "query", "attribute"),
    [
        ("minimum_current", 8, {"current_min": "8"}, "current_min"),
        ("mains_sum_limit", 40, {"current_max_sum_mains": "40"}, "current_max_sum_mains"),
        ("mains_sum_limit_time", 15, {"max_sum_mains_timer": "15"}, "max_sum_mains_time"),
        ("solar_start_current", 6, {"solar_start_current": "6"}, "solar_start_current"),
        ("solar_maximum_import", 3, {"solar_max_import": "3"}, "solar_max_import"),
        ("solar_stop_time", 0, {"stop_timer": "0"}, "solar_stop_time"),
    ],
)
async def test_settings_both_ways(
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    poll: Poll,
    read: Read,
    call: Call,
    key: str,
    value: int,
    query: dict[str, str],
    attribute: str,
) -> None:
    """A setting is sent as a plain whole number, read back, and followed when it is changed at the box."""
    await call("number.set_value", f"number.{key}", value=value)
    assert emulator.last_query("/settings") == query
    assert getattr(emulator, attribute) == value
    assert float(read(f"number.{key}")) == value
    setattr(emulator, attribute, value + 2)
    await poll()
    assert float(read(f"number.{key}")) == value + 2


@pytest.mark.usefixtures("all_enabled")
async def test_no_sum_limit(
    loaded: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll, read: Read
) -> None:
    """0 and 600 A both mean that the sum has no limit; it is shown as 600."""
    emulator.current_max_sum_mains = 0
    await poll()
    assert read("number.mains_sum_limit") == "600.0"


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize("option", ["not_present", "always_off", "solar_off", "always_on", "auto"])
async def test_second_contactor(
    loaded: MockConfigEntry, emulator: SmartEvseEmulator, read: Read, call: Call, option: str
) -> None:
    """The second contactor is chosen in words."""
    await call("select.select_option", "select.second_contactor", option=option)
    assert read("select.second_contactor") == option
    assert emulator.enable_c2 == ["not_present", "always_off", "solar_off", "always_on", "auto"].index(option)


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize(
    ("key", "attribute"),
    [("display_lock", "lcdlock"), ("cable_lock", "cablelock"), ("custom_button", "custom_button")],
)
async def test_switches(
    loaded: MockConfigEntry, emulator: SmartEvseEmulator, read: Read, call: Call, key: str, attribute: str
) -> None:
    """Switches switch, and show what has become of it."""
    for action, value in (("turn_on", 1), ("turn_off", 0)):
        await call(f"switch.{action}", f"switch.{key}")
        assert getattr(emulator, attribute) == value
        assert read(f"switch.{key}") == action.removeprefix("turn_")


@pytest.mark.usefixtures("all_enabled")
async def test_backlight_goes_out_by_itself(
    loaded: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll, read: Read, call: Call
) -> None:
    """The display stays lit for the time of its timer."""
    await call("switch.turn_on", "switch.backlight")
    assert read("switch.backlight") == "on"
    emulator.advance(130)
    await poll()
    assert read("switch.backlight") == "off"


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize("led", ["off", "normal", "smart", "solar", "custom"])
async def test_led_colours(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    entity_id: Read,
    read: Read,
    call: Call,
    led: str,
) -> None:
    """The button's light has a colour for each mode; brightness and colour come apart and together again."""
    name = f"light.led_{led}"
    await call("light.turn_on", name, rgb_color=(255, 100, 0))
    await call("light.turn_on", name, brightness=128)
    assert emulator.leds[led] == (128, 50, 0)
    state = hass.states.get(entity_id(name))
    assert state
    assert state.attributes["brightness"] == 128
    assert state.attributes["rgb_color"] == (255, 100, 0)
    await call("light.turn_off", name)
    assert emulator.leds[led] == (0, 0, 0)
    assert read(name) == "off"
    await call("light.turn_on", name)
    assert emulator.leds[led] == (128, 50, 0)


@pytest.mark.usefixtures("all_enabled")
async def test_e10_lights_keep_their_colours(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    entity_id: Read,
    call: Call,
) -> None:
    """A dark colour is sent as it was given, and comes back as it was, from a scene and after being off."""
    name = "light.led_solar"
    await call("light.turn_on", name, rgb_color=(10, 20, 30))
    assert emulator.leds["solar"] == (10, 20, 30)
    state = hass.states.get(entity_id(name))
    assert state
    kept = {key: state.attributes[key] for key in ("rgb_color", "brightness")}
    await call("light.turn_off", name)
    await call("light.turn_off", name)
    await call("light.turn_on", name)
    assert emulator.leds["solar"] == (10, 20, 30)
    await call("light.turn_on", name, rgb_color=(255, 170, 0))
    assert emulator.leds["solar"] == (255, 170, 0)
    # As a scene restores it.
    await call("light.turn_on", name, **kept)
    assert emulator.leds["solar"] == (10, 20, 30)
    await call("light.turn_on", name, brightness=255)
    assert emulator.leds["solar"] == (85, 170, 255)
    # One that was never lit is white.
    await call("light.turn_on", "light.led_off")
    assert emulator.leds["off"] == (255, 255, 255)
    await call("light.turn_on", "light.led_off", rgb_color=(0, 0, 0))
    assert emulator.leds["off"] == (255, 255, 255)


@pytest.mark.usefixtures("all_enabled")
async def test_e10_a_dimmed_colour_comes_back(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: SmartEvseEmulator, entity_id: Read, call: Call
) -> None:
    """Dimmed until only red is left, it is the colour that was set when it is bright again, also after a reload."""
    name = "light.led_solar"
    await call("light.turn_on", name, rgb_color=(200, 10, 5))
    for reload in (False, True):
        await call("light.turn_on", name, brightness=2)
        assert emulator.leds["solar"] == (2, 0, 0)
        if reload:
            await call("light.turn_off", name)
            assert await hass.config_entries.async_reload(loaded.entry_id)
            await hass.async_block_till_done()
            await call("light.turn_on", name)
            assert emulator.leds["solar"] == (2, 0, 0)
        state = hass.states.get(entity_id(name))
        assert state
        assert state.attributes["rgb_color"] == (255, 13, 6)
        await call("light.turn_on", name, brightness=200)
        assert emulator.leds["solar"] == (200, 10, 5)
    # Another colour that was set at the charger is the one that counts.
    emulator.leds["solar"] = (0, 40, 80)
    await hass.config_entries.async_reload(loaded.entry_id)
    await call("light.turn_on", name, brightness=160)
    assert emulator.leds["solar"] == (0, 80, 160)


@pytest.mark.parametrize(
    ("stored", "color"),
    [
        ([9, 8, 7], (9, 8, 7)),
        *((none, (255, 255, 255)) for none in (None, 7, [], [1, 2], [1, 2, "x"], [0, 0, 0], [1, 2, 300])),
    ],
)
async def test_e10_a_stored_colour_that_is_none_is_white(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    emulator: SmartEvseEmulator,
    all_enabled: None,
    call: Call,
    stored: object,
    color: tuple[int, int, int],
) -> None:
    """A light that is off then becomes white; otherwise it has the colour that was stored."""
    name = "light.smartevse_button_light_when_off"
    data = {"before": stored, "set": stored}
    mock_restore_cache_with_extra_data(hass, [(State(name, "off"), data)])
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    await call("light.turn_on", "light.led_off")
    assert emulator.leds["off"] == color


@pytest.mark.usefixtures("all_enabled")
async def test_capacity_tariff_and_car_id(hass: HomeAssistant) -> None:
    """What only the newest firmware and builds with a modem have can be set there."""
    async with SmartEvseEmulator(modem_build=True) as emulator:
        entry = entry_for(emulator)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        await hass.services.async_call(
            "select",
            "select_option",
            {"entity_id": "select.smartevse_capacity_tariff", "option": "flanders"},
            blocking=True,
        )
        assert emulator.capacity_mode == 3
        for value in ("0A0B0C0D0E0F", ""):
            await hass.services.async_call(
                "text",
                "set_value",
                {"entity_id": "text.smartevse_required_car_id", "value": value},
                blocking=True,
            )
            assert emulator.required_evccid == value
            state = hass.states.get("text.smartevse_required_car_id")
            assert state
            assert state.state == value
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("all_enabled")
async def test_delayed_start_and_stop(
    loaded: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll, read: Read, call: Call
) -> None:
    """A start and a stop are set, shown, repeated and obeyed, in the local time of the house."""
    await dt_util.async_get_time_zone("America/Los_Angeles")
    emulator.zone = dt_util.get_default_time_zone()
    emulator.plug_in()
    start = datetime.fromtimestamp(emulator.now, UTC).replace(second=0, microsecond=0) + timedelta(hours=2)
    stop = start + timedelta(hours=4)
    with pytest.raises(ServiceValidationError, match="Set the start first"):
        await call("datetime.set_value", "datetime.delayed_stop", datetime=stop)
    await call("datetime.set_value", "datetime.delayed_start", datetime=start)
    assert read("datetime.delayed_start") == start.isoformat()
    assert read("sensor.status") == "scheduled"
    await call("datetime.set_value", "datetime.delayed_stop", datetime=stop)
    await call("switch.turn_on", "switch.daily_repeat")
    assert (emulator.starttime, emulator.stoptime, emulator.repeat) == (
        start.timestamp(),
        stop.timestamp(),
        1,
    )
    assert read("datetime.delayed_stop") == stop.isoformat()
    assert read("switch.daily_repeat") == "on"

    emulator.advance(2 * 3600 + 60)
    await poll()
    assert read("sensor.status") == "charging"
    emulator.advance(4 * 3600)
    await poll()
    assert read("sensor.status") == "scheduled"
    assert read("datetime.delayed_start") == (start + timedelta(days=1)).isoformat()


@pytest.mark.usefixtures("all_enabled")
async def test_a_start_in_the_past_is_not_sent(
    loaded: MockConfigEntry, emulator: SmartEvseEmulator, call: Call
) -> None:
    """The box would take it as "now", so it is not sent."""
    past = datetime.fromtimestamp(emulator.now, UTC) - timedelta(minutes=1)
    with pytest.raises(ServiceValidationError, match="must lie in the future"):
        await call("datetime.set_value", "datetime.delayed_start", datetime=past)
    assert not [request for request in emulator.calls if request.method == "POST"]


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize(
    ("bit", "error"),
    [
        (1, "communication"),
        (2, "temperature_high"),
        (3, "ev_meter_communication"),
        (4, "rcm_tripped"),
        (7, "flash"),
    ],
)
async def test_errors(
    loaded: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll, read: Read, bit: int, error: str
) -> None:
    """An error stops charging, is named, and goes away with its cause."""
    emulator.plug_in()
    emulator.fail(bit)
    await poll()
    assert (read("sensor.status"), read("sensor.error"), read("binary_sensor.problem")) == (
        "fault",
        error,
        "on",
    )
    emulator.clear()
    await poll()
    assert (read("sensor.status"), read("sensor.error"), read("binary_sensor.problem")) == (
        "charging",
        "none",
        "off",
    )


@pytest.mark.usefixtures("all_enabled")
async def test_waiting_for_the_sun(
    loaded: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll, read: Read, call: Call
) -> None:
    """Solar charging waits for the sun, follows it, and counts down when it goes: no fault, just weather."""
    await call("select.select_option", "select.mode", option="solar")
    emulator.plug_in()
    await poll()
    assert (read("sensor.status"), read("binary_sensor.problem")) == ("waiting_for_solar", "off")
    emulator.sun(8)
    emulator.advance(2)
    await poll()
    assert (read("sensor.status"), read("sensor.offered_current")) == ("charging", "8.0")
    emulator.house(1)
    emulator.advance(60)
    await poll()
    assert 500 < int(read("sensor.solar_stop_timer")) < 600
    emulator.advance(600)
    await poll()
    assert read("sensor.status") == "waiting_for_solar"


@pytest.mark.usefixtures("all_enabled")
async def test_restart(
    loaded: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll, read: Read, call: Call
) -> None:
    """A restart takes the box away and brings it back without its limit, which is sent again; the energy stays."""
    emulator.advance(5)
    await call("number.set_value", "number.current_limit", value=10)
    before = read("sensor.total_energy")
    await call("button.press", "button.restart")
    emulator.advance(5)
    for status in ("disconnected", "disconnected", STATE_UNAVAILABLE):
        await poll()
        assert read("sensor.status") == status
    emulator.advance(10)
    assert emulator.override_a == 0
    await poll()
    assert read("sensor.status") == "disconnected"
    assert (emulator.override_a, read("number.current_limit")) == (10, "10.0")
    # The register is 0 until the meter is read; shown, that would be a jump of its whole life in the statistics.
    assert read("sensor.total_energy") == STATE_UNKNOWN
    emulator.advance(4)
    await poll()
    assert read("sensor.total_energy") == before


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize(
    ("change", "action", "name", "data", "words"),
    [
        (
            {"mains_meter": "Disabled"},
            "select.select_option",
            "select.mode",
            {"option": "smart"},
            "no mains meter",
        ),
        (
            {"mains_meter": "Disabled"},
            "select.select_option",
            "select.mode",
            {"option": "solar"},
            "no mains meter",
        ),
        ({"loadbl": 2}, "number.set_value", "number.minimum_current", {"value": 7}, "load-balancing master"),
        ({"loadbl": 2}, "number.set_value", "number.current_limit", {"value": 7}, "load-balancing master"),
        ({"mode": 2}, "number.set_value", "number.current_limit", {"value": 7}, "the sun decides"),
    ],
)
async def test_refusals_in_words(
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    poll: Poll,
    call: Call,
    change: dict[str, Any],
    action: str,
    name: str,
    data: dict[str, Any],
    words: str,
) -> None:
    """What the box refuses, or would ignore silently, is an error with its reason, and nothing has changed."""
    for attribute, value in change.items():
        setattr(emulator, attribute, value)
    await poll()
    before = emulator.settings()
    with pytest.raises(ServiceValidationError, match=words):
        await call(action, name, **data)
    after = emulator.settings()
    assert (after["settings"], after["mode"]) == (before["settings"], before["mode"])


@pytest.mark.parametrize("line", [line for line in Line if line is not Line.OK])
async def test_a_command_on_a_broken_line(
    loaded: MockConfigEntry, emulator: SmartEvseEmulator, read: Read, call: Call, line: Line
) -> None:
    """A command that does not get through fails in words; what is shown is what has become of it all the same."""
    emulator.line = line
    emulator.line_for = lambda request: request.method == "POST"
    with pytest.raises(HomeAssistantError) as raised:
        await call("select.select_option", "select.mode", option="smart")
    assert raised.value.translation_key
    assert str(raised.value).startswith("SmartEVSE ")
    # Only the answer was cut off.
    assert read("select.mode") == ("smart" if line is Line.CUT else "normal")


async def test_pause_is_offered_where_it_is_known(hass: HomeAssistant) -> None:
    """Firmware before v3.8 has no pause; it cannot be chosen there."""
    async with SmartEvseEmulator("3.7.4") as emulator:
        entry = entry_for(emulator)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        state = hass.states.get("select.smartevse_mode")
        assert state
        assert state.attributes["options"] == ["off", "normal", "solar", "smart"]
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("all_enabled")
async def test_unknown_words(
    loaded: MockConfigEntry,
    emulator: SmartEvseEmulator,
    poll: Poll,
    read: Read,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A word that a later firmware may bring is unknown, not an error."""
    emulator.plug_in()
    emulator.says = {
        "evse": {
            "state": "Dancing",
            "state_id": 42,
            "access": 7,
            "error": "Dizzy",
            "error_id": 99,
            "rfid": "Eaten",
        },
        "settings": {"enable_C2": "Sometimes"},
    }
    caplog.clear()
    await poll()
    assert read("sensor.status") == "connected"
    assert read("binary_sensor.charging") == STATE_UNKNOWN
    assert read("sensor.error") == STATE_UNKNOWN
    assert read("select.second_contactor") == STATE_UNKNOWN
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


@pytest.mark.usefixtures("all_enabled")
async def test_s10_the_car_that_is_there_can_be_the_only_one(
    loaded: MockConfigEntry, emulator: SmartEvseEmulator, poll: Poll, read: Read, call: Call
) -> None:
    """What a car sends of itself is shown while it is there, and is what the required car ID wants."""
    emulator.modem_build, emulator.car_soc = True, 40
    emulator.plug_in()
    await poll()
    await poll()
    assert (read("sensor.car_id"), read("text.required_car_id")) == ("0A0B0C0D0E0F", "")
    await call("text.set_value", "text.required_car_id", value=read("sensor.car_id"))
    assert emulator.required_evccid == read("text.required_car_id") == "0A0B0C0D0E0F"
    emulator.unplug()
    await poll()
    assert read("sensor.car_id") == STATE_UNKNOWN


async def test_s9_a_fork_without_solar_mode_over_a_restart(
    hass: HomeAssistant, call: Call, poll: Poll, read: Read, entity_id: Read, hass_storage: dict[str, Any]
) -> None:
    """Switched off when Home Assistant starts, it is not offered solar mode, and is switched on in its own."""
    async with SmartEvseEmulator("fork") as emulator, SmartEvseEmulator(serial=54321) as other:
        entries = [entry_for(emulator), entry_for(other, "SmartEVSE 2")]
        for entry in entries:
            entry.add_to_hass(hass)
            assert await hass.config_entries.async_setup(entry.entry_id)
            await hass.async_block_till_done()
        emulator.turn_mode(SMART)
        await poll()
        emulator.turn_mode(OFF)
        await poll()
        for entry in entries:
            assert await hass.config_entries.async_reload(entry.entry_id)
            await hass.async_block_till_done()
        state = hass.states.get(entity_id("select.mode"))
        assert state
        assert state.attributes["options"] == ["off", "normal", "smart"]
        await call("switch.turn_on", "switch.allow_charging")
        assert (emulator.mode_id, read("select.mode")) == (SMART, "smart")
        # Of a charger that has nothing to store there is no file.
        stored = {f"{DOMAIN}.{entry.entry_id}" for entry in entries} & hass_storage.keys()
        assert stored == {f"{DOMAIN}.{entries[0].entry_id}"}
        for entry in entries:
            assert await hass.config_entries.async_unload(entry.entry_id)
