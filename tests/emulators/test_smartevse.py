"""The emulated SmartEVSE keeps to what is known of the real one, down to its oddities."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
import json
from pathlib import Path
from typing import Any

import pytest

from tests.emulators.base import Line
from tests.emulators.smartevse import (
    ACCESS,
    CHARGING,
    CONNECTED,
    FIRMWARES,
    HOMEWIZARD,
    NO_ACCESS,
    NORMAL,
    OFF,
    PAUSE,
    PAUSED,
    READY,
    REFUSED,
    SMART,
    SOLAR,
    STOPPED,
    SmartEvseEmulator,
)

SAMPLES = Path(__file__).parents[3] / "shared" / "protocols" / "smartevse" / "samples"
NOON = datetime(2026, 11, 20, 11, tzinfo=UTC).timestamp()  # in Amsterdam

type Make = Callable[..., Awaitable[SmartEvseEmulator]]


@pytest.fixture
async def box() -> AsyncGenerator[Make]:
    """Return what makes a listening charger; its clock stands still at noon until it is wound."""
    async with AsyncExitStack() as stack:

        async def make(firmware: str = "3.11.1", **options: Any) -> SmartEvseEmulator:
            return await stack.enter_async_context(SmartEvseEmulator(firmware, clock=lambda: NOON, **options))

        yield make


async def raw(
    emulator: SmartEvseEmulator, request: str, body: str = "", *headers: str, patience_s: float = 5
) -> tuple[str, bytes]:
    """Send just these bytes, and return the head of the answer and all that follows it."""
    reader, writer = await asyncio.open_connection(emulator.host, emulator.port)
    try:
        lines = [f"{request} HTTP/1.1", "Host: box", "Connection: close", *headers, "", body]
        writer.write("\r\n".join(lines).encode())
        async with asyncio.timeout(patience_s):
            head, _, rest = (await reader.read()).partition(b"\r\n\r\n")
        return head.decode(), rest
    finally:
        writer.close()


async def get(emulator: SmartEvseEmulator, path: str = "/settings") -> Any:
    """GET JSON."""
    head, body = await raw(emulator, f"GET {path}")
    assert head.startswith("HTTP/1.1 200 ")
    return json.loads(_unchunked(head, body))


async def post(emulator: SmartEvseEmulator, target: str) -> Any:
    """POST with an empty body, and return the JSON of the reply; its status is always 200."""
    head, body = await raw(emulator, f"POST {target}", "", "Content-Length: 0")
    assert head.startswith("HTTP/1.1 200 ")
    assert "Content-Type: application/json" in head
    return json.loads(_unchunked(head, body))


def _unchunked(head: str, body: bytes) -> bytes:
    if "Transfer-Encoding: chunked" not in head:
        return body
    size, _, rest = body.partition(b"\r\n")
    assert rest[int(size, 16) :] == b"\r\n0\r\n\r\n"
    return rest[: int(size, 16)]


# Transport


@pytest.mark.parametrize("firmware", ["3.6.10", "3.7.4", "3.11.1"])
async def test_post_without_a_length_is_411(box: Make, firmware: str) -> None:
    """Since v3.6.6 a POST without a length is refused, with an empty body, and not carried out."""
    emulator = await box(firmware)
    head, body = await raw(emulator, "POST /settings?mode=0")
    assert head.startswith("HTTP/1.1 411 ")
    assert body == b""
    assert emulator.access == ACCESS


async def test_post_without_a_length_hangs(box: Make) -> None:
    """From v3.6.0 to v3.6.5 it is never answered."""
    emulator = await box("3.6.0")
    with pytest.raises(TimeoutError):
        await raw(emulator, "POST /settings?mode=0", patience_s=0.1)
    assert emulator.access == ACCESS
    assert await post(emulator, "/settings?mode=0") == {"mode": "0"}


@pytest.mark.parametrize("firmware", ["1.8", "3.5.1"])
async def test_post_without_a_length_on_the_old_server(box: Make, firmware: str) -> None:
    """The web server up to v3.5 did not mind."""
    emulator = await box(firmware)
    head, _ = await raw(emulator, "POST /settings?mode=0")
    assert head.startswith("HTTP/1.1 200 ")
    assert emulator.access == NO_ACCESS


async def test_chunked_body_hangs(box: Make) -> None:
    """A body without a length of its own is waited for in vain."""
    emulator = await box()
    with pytest.raises(TimeoutError):
        await raw(
            emulator, "POST /settings?mode=0", "0\r\n\r\n", "Transfer-Encoding: chunked", patience_s=0.1
        )
    assert emulator.access == ACCESS


@pytest.mark.parametrize("firmware", ["1.8", "3.6.10", "3.11.1"])
async def test_parameters_in_the_body_are_ignored(box: Make, firmware: str) -> None:
    """Only the query string counts; a POST that sets nothing is answered with null."""
    emulator = await box(firmware)
    form = ("Content-Length: 6", "Content-Type: application/x-www-form-urlencoded")
    head, body = await raw(emulator, "POST /settings", "mode=0", *form)
    assert head.startswith("HTTP/1.1 200 ")
    assert json.loads(_unchunked(head, body)) is None
    assert emulator.access == ACCESS


@pytest.mark.parametrize(
    ("options", "target"),
    [
        ({}, "/settings"),
        ({}, "/settings?unknown=1"),
        ({}, "/settings?starttime=2026-11-20T15:00"),
        ({}, "/currents?L1=1&L2=2&L3=3"),
        ({"mains_meter": "API"}, "/currents?L1=1&L2=2"),
        ({}, "/ev_meter?L1=1&L2=2&L3=3"),
        ({"ev_meter": "API"}, "/ev_meter?L1=1"),
        ({"ev_meter": "API"}, "/ev_meter?import_active_energy=1"),
        ({"loadbl": 2}, "/currents"),
    ],
)
async def test_post_that_sets_nothing_is_null(box: Make, options: dict[str, Any], target: str) -> None:
    """An empty reply is the word null, not an empty object."""
    assert await post(await box(**options), target) is None


async def test_refused_values_have_status_200(box: Make) -> None:
    """A value out of range is answered with a sentence, and changes nothing."""
    emulator = await box()
    before = await get(emulator)
    for key, values in {
        "mode": (-1, 5),
        "override_current": (1, 59, 161, -1),
        "current_min": (5, 17),
        "current_max_sum_mains": (1, 9, 601),
        "solar_start_current": (-1, 49),
        "solar_max_import": (-1, 49),
        "lcdlock": (2,),
        "cablelock": (2,),
    }.items():
        for value in values:
            assert await post(emulator, f"/settings?{key}={value}") == {key: REFUSED}
    assert await post(emulator, "/settings?max_sum_mains_timer=61") == {"max_sum_mains_time": REFUSED}
    assert await post(emulator, "/settings?stop_timer=61") == {"stop_timer": False}
    assert await post(emulator, "/settings?capacity_mode=4") is None
    assert await get(emulator) == before
    assert emulator.flash_writes == 0


async def test_replies(box: Make) -> None:
    """Each parameter is answered under its own key and type, odd as they are."""
    emulator = await box()
    assert await post(emulator, "/settings?mode=3&override_current=83&backlight=1") == {
        "mode": "3",
        "override_current": 83,
        "Backlight": 1,
    }
    assert await post(emulator, "/settings?disable_override_current=1") == {"disable_override_current": "OK"}
    assert await post(emulator, "/settings?stop_timer=5") == {"stop_timer": True}
    assert await post(emulator, "/settings?max_sum_mains_timer=5") == {"max_sum_mains_time": 5}
    assert await post(emulator, "/settings?enable_C2=4") == {"settings": {"enable_C2": "Auto"}}
    assert await post(emulator, "/settings?custombutton=1") == {"custombutton": True}
    assert await post(emulator, "/settings?current_max_sum_mains=0") == {"current_max_sum_mains": 0}
    assert await post(emulator, "/color_off?R=0&G=0&B=255") == {"color": {"off": {"R": 0, "G": 0, "B": 255}}}
    assert await post(emulator, "/color_off?R=0&G=0") == {}
    assert await post(emulator, "/color_off?R=0&G=0&B=256") == {}
    assert emulator.leds["off"] == (0, 0, 255)


async def test_sum_limit_of_zero_on_old_firmware(box: Make) -> None:
    """Up to v3.6.3 the sum limit could not be set to none."""
    emulator = await box("3.6.0")
    assert await post(emulator, "/settings?current_max_sum_mains=0") == {"current_max_sum_mains": REFUSED}


@pytest.mark.parametrize(("firmware", "counts"), [("3.7.4", False), ("3.8.5", True), ("3.11.1", True)])
async def test_parameter_without_a_value(box: Make, firmware: str, counts: bool) -> None:
    """Before v3.8.5 a parameter without a value counted as missing."""
    emulator = await box(firmware)
    emulator.override_a = 10
    reply = await post(emulator, "/settings?disable_override_current=")
    assert reply == ({"disable_override_current": "OK"} if counts else None)
    assert emulator.override_a == (0 if counts else 10)


@pytest.mark.parametrize(("firmware", "counts"), [("3.9.3", False), ("3.10.3", True)])
async def test_long_value(box: Make, firmware: str, counts: bool) -> None:
    """Up to v3.9 a value of 64 characters or more counted as missing."""
    emulator = await box(firmware)
    reply = await post(emulator, f"/settings?mode={'0' * 64}")
    assert (reply is not None) is counts


async def test_numbers_are_read_as_the_firmware_does(box: Make) -> None:
    """A decimal point ends a number, and rubbish is 0."""
    emulator = await box()
    assert await post(emulator, "/settings?override_current=83.9") == {"override_current": 83}
    assert await post(emulator, "/settings?override_current=abc") == {"override_current": 0}


@pytest.mark.parametrize(("firmware", "status"), [("3.10.3", 200), ("3.11.1", 503)])
async def test_ninth_connection(box: Make, firmware: str, status: int) -> None:
    """Since v3.11.0 a charger has no time for more than eight at once, and hangs up on the ninth."""
    emulator = await box(firmware)
    idle = [await asyncio.open_connection(emulator.host, emulator.port) for _ in range(7)]
    assert await get(emulator)
    idle.append(await asyncio.open_connection(emulator.host, emulator.port))
    head, body = await raw(emulator, "GET /settings")
    assert head.startswith(f"HTTP/1.1 {status} ")
    if status == 503:
        assert "Content-Type: text/plain" in head
        assert body == b"Server busy, retry shortly"
    assert emulator.most_connections == 9
    idle.pop()[1].close()
    await asyncio.sleep(0.01)
    assert await get(emulator)
    for _, writer in idle:
        writer.close()


@pytest.mark.parametrize("line", [Line.SILENT, Line.OK])
async def test_a_client_that_hangs_up_frees_its_connection(box: Make, line: Line) -> None:
    """One that waits in vain, for a box that is silent or for an answer that never comes, takes no place for good."""
    emulator = await box("3.6.0")
    emulator.line = line
    with pytest.raises(TimeoutError):
        await raw(emulator, "POST /settings?mode=0", patience_s=0.1)
    for _ in range(100):
        await asyncio.sleep(0.01 if emulator.connections else 0)
    assert emulator.connections == 0


@pytest.mark.parametrize("firmware", FIRMWARES)
async def test_framing(box: Make, firmware: str) -> None:
    """Replies come in chunks since v3.11.1, and with a length before; old ones let any web page read them."""
    emulator = await box(firmware)
    head, _ = await raw(emulator, "GET /settings")
    release = emulator.firmware.release
    assert ("Transfer-Encoding: chunked" in head) is (release >= (3, 11, 1))
    assert ("Content-Length: " in head) is (release < (3, 11, 1))
    assert ("Access-Control-Allow-Origin: *" in head) is (release < (3, 6, 0))


@pytest.mark.parametrize(
    ("firmware", "request_line"),
    [
        ("3.11.1", "PUT /settings"),
        ("3.11.1", "DELETE /settings"),
        ("3.11.1", "GET /"),
        ("3.11.1", "GET /currents"),
        ("3.11.1", "POST /nowhere"),
        ("3.11.1", "POST /color_pink"),
        ("3.11.1", "POST /modem?pwm=50"),
        ("3.6.10", "POST /color_off?R=1&G=2&B=3"),
        ("3.9.3", "POST /rfid?rfid=010203040506"),
    ],
)
async def test_unknown_requests(box: Make, firmware: str, request_line: str) -> None:
    """What the firmware does not know falls through to its files, and is not found there."""
    head, body = await raw(await box(firmware), request_line, "", "Content-Length: 0")
    assert head.startswith("HTTP/1.1 404 ")
    assert b"<html>" in body


async def test_connection_stays_open_unless_close_is_requested(box: Make) -> None:
    """Several requests can go over one connection."""
    emulator = await box("3.9.3")
    reader, writer = await asyncio.open_connection(emulator.host, emulator.port)
    for _ in range(2):
        writer.write(b"POST /settings?backlight=1 HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        assert b"200" in await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(len(b'{"Backlight":1}')) == b'{"Backlight":1}'
    writer.close()
    assert len(emulator.calls) == 2


# What it shows


def _shape(value: Any) -> Any:
    return {key: _shape(inner) for key, inner in value.items()} if isinstance(value, dict) else None


@pytest.mark.parametrize(
    ("firmware", "sample"),
    [
        ("1.8", "30_shape_v1.8.0"),
        ("3.5.1", "31_shape_v3.5.1"),
        ("3.7.4", "33_shape_v3.7.4"),
        ("3.8.5", "34_shape_v3.8.5"),
        ("3.9.3", "35_shape_v3.9.3"),
        ("3.10.3", "36_shape_v3.10.3"),
        ("3.11.1", "37_shape_v3.11.1"),
    ],
)
async def test_keys_of_a_generation(box: Make, firmware: str, sample: str) -> None:
    """Every generation shows the keys that it is known for, no more and no less, and their types."""
    file = SAMPLES / f"{sample}.json"
    if not file.is_file():
        pytest.skip("the captured answers are not at hand")
    emulator = await box(firmware)
    emulator.advance(5)
    known, shown = json.loads(file.read_text("utf-8")), await get(emulator)
    assert _shape(shown) == _shape(known)
    for block in ("evse", "settings"):
        for key, value in known[block].items():
            assert type(shown[block][key]) is type(value), key


async def test_units_change_with_v3_10(box: Make) -> None:
    """The same keys are kW and kWh before v3.10 and W and Wh since; very old firmware calls power energy."""
    for firmware, key, power, total, charged in (
        ("1.8", "kwh", 11.0, pytest.approx(5681.2, abs=0.001), pytest.approx(11.0, abs=0.001)),
        ("3.9.3", "kwh", 11.0, 5681.2, 11.0),
        ("3.10.3", "wh", 11040, 5681163, 11040),
    ):
        emulator = await box(firmware)
        emulator.plug_in()
        emulator.advance(3600)
        meter = (await get(emulator))["ev_meter"]
        assert meter["import_active_power"] == power
        assert meter[f"total_{key}"] == meter["import_active_energy"] == total
        assert meter[f"charged_{key}"] == charged
    emulator = await box("1.4")
    emulator.plug_in()
    meter = (await get(emulator))["ev_meter"]
    assert meter["import_active_energy"] == 11.0
    assert "import_active_power" not in meter


async def test_access_by_generation(box: Make) -> None:
    """Access was a word, then a truth value, and is a number since the pause."""
    assert (await get(await box("2022")))["access"] == "true"
    assert (await get(await box("3.7.4")))["evse"]["access"] is True
    emulator = await box("3.8.5")
    for mode, access in ((OFF, 0), (NORMAL, 1), (PAUSE, 2)):
        await post(emulator, f"/settings?mode={mode}")
        assert (await get(emulator))["evse"]["access"] == access


async def test_pause_is_unknown_before_v3_8(box: Make) -> None:
    """Mode 4 came with v3.8."""
    emulator = await box("3.7.4")
    assert await post(emulator, "/settings?mode=4") == {"mode": REFUSED}
    assert emulator.access == ACCESS


async def test_ethernet(box: Make) -> None:
    """Without Wi-Fi its whole block is gone, and the other network has an address."""
    answer = await get(await box(wifi=False))
    assert "wifi" not in answer
    assert answer["eth"].keys() == {"present", "connected", "has_ip", "ip", "mac"}


async def test_reader_and_modem_keys(box: Make) -> None:
    """The last card is shown where a reader is on, and the car's data in builds with a modem."""
    answer = await get(await box(rfid_reader="EnableAll", modem_build=True))
    assert answer["evse"]["rfid_lastread"] == "000000000000"
    assert answer["ev_state"]["computed_soc"] == -1
    assert "required_evccid" in answer["settings"]
    assert answer["settings"]["modem"] == "Experiment"


async def test_lost_keys(box: Make) -> None:
    """A firmware leaves members out when its answer outgrows its buffer."""
    emulator = await box()
    emulator.lost_keys = {"mains_meter", "L2"}
    answer = await get(emulator)
    assert "mains_meter" not in answer
    assert "mains_meter" not in answer["settings"]
    assert answer["phase_currents"].keys() == {"TOTAL", "L1", "L3", "last_data_update", "original_data"}


# Modes and charging


@pytest.mark.parametrize("mode", [SOLAR, SMART])
async def test_mode_without_a_mains_meter_is_echoed_and_ignored(box: Make, mode: int) -> None:
    """Without a mains meter a mode that needs one is answered as if it were taken."""
    emulator = await box(mains_meter="Disabled")
    assert await post(emulator, f"/settings?mode={mode}") == {"mode": str(mode)}
    assert (await get(emulator))["mode"] == "NORMAL"
    node = await box(mains_meter="Disabled", loadbl=2)
    await post(node, f"/settings?mode={mode}")
    assert (await get(node))["mode_id"] == mode


async def test_mode_before_off_is_kept(box: Make) -> None:
    """The underlying mode, which counts in another way, stays during off and pause."""
    emulator = await box()
    for mode, underlying in ((NORMAL, 0), (SMART, 1), (SOLAR, 2)):
        for rest in (OFF, PAUSE):
            await post(emulator, f"/settings?mode={mode}")
            await post(emulator, f"/settings?mode={rest}")
            answer = await get(emulator)
            assert (answer["mode_id"], answer["evse"]["mode"]) == (rest, underlying)


async def test_solar_mode_and_the_override(box: Make) -> None:
    """Solar mode clears the override, and leaves one out of its reply."""
    emulator = await box()
    await post(emulator, "/settings?override_current=100")
    await post(emulator, "/settings?mode=2")
    assert (await get(emulator))["settings"]["override_current"] == 0
    assert await post(emulator, "/settings?override_current=100") is None
    assert await post(emulator, "/settings?mode=3&override_current=100") == {
        "mode": "3",
        "override_current": 100,
    }


async def test_node_refuses(box: Make) -> None:
    """A node leaves the currents to its master."""
    node = await box(loadbl=2, mains_meter="API")
    assert await post(node, "/settings?override_current=100") == {"override_current": REFUSED}
    assert await post(node, "/settings?current_min=8") == {"current_min": REFUSED}
    assert await post(node, "/settings?current_max_sum_mains=100") == {"current_max_sum_mains": REFUSED}
    assert await post(node, "/settings?max_sum_mains_timer=5") == {"max_sum_mains_time": REFUSED}
    slave = "not allowed on slave"
    assert await post(node, "/currents?L1=1&L2=2&L3=3") == {"TOTAL": slave}
    assert await post(node, "/currents?battery_current=1") == {"battery_current": slave}


async def test_plug_and_state(box: Make) -> None:
    """The state follows the car, and the plug is seen even where the state stands still."""
    emulator = await box()
    assert emulator.state == READY
    emulator.draw(0)
    emulator.plug_in()
    emulator.draw(0)
    assert emulator.state == CONNECTED
    emulator.draw(10)
    assert (emulator.state, emulator.ev_currents_a) == (CHARGING, [10, 10, 10])
    emulator.turn_mode(OFF)
    assert emulator.state == STOPPED
    emulator.unplug()
    answer = await get(emulator)
    assert (answer["car_connected"], answer["evse"]["state_id"]) == (False, STOPPED)
    emulator.turn_mode(NORMAL)
    assert emulator.state == READY


async def test_override_and_duty_cycle(box: Make) -> None:
    """The car draws no more than is offered, by the duty cycle: 0.6 A for each percent."""
    emulator = await box()
    emulator.plug_in()
    await post(emulator, "/settings?override_current=90")
    answer = await get(emulator)
    assert answer["settings"]["charge_current"] == 90
    assert answer["evse"]["pwm"] == round(1024 * 0.15)
    assert emulator.ev_currents_a == [9, 9, 9]
    await post(emulator, "/settings?override_current=0")
    assert emulator.ev_currents_a == [16, 16, 16]
    # The second contactor moves when charging begins the next time.
    await post(emulator, "/settings?enable_C2=1")
    assert ((await get(emulator))["evse"]["nrofphases"], emulator.ev_currents_a) == (3, [16, 16, 16])
    assert emulator.c2_set_under_load == 1
    emulator.turn_mode(OFF)
    emulator.turn_mode(NORMAL)
    assert ((await get(emulator))["evse"]["nrofphases"], emulator.ev_currents_a) == (1, [16, 0, 0])


async def test_smart_mode_keeps_the_mains_fuse(box: Make) -> None:
    """What the house draws is not offered to the car."""
    emulator = await box()
    emulator.turn_mode(SMART)
    emulator.plug_in()
    emulator.house(15)
    assert emulator.ev_currents_a == [10, 10, 10]
    emulator.house(20)
    answer = await get(emulator)
    assert answer["evse"]["state"] == "Charging Stopped - No Power Available"
    assert (answer["evse"]["error"], answer["evse"]["error_id"]) == ("None", 0)
    emulator.house(2)
    emulator.current_max_sum_mains = 36
    emulator.tick(0)
    assert emulator.ev_currents_a == [10, 10, 10]


@pytest.mark.parametrize(
    ("firmware", "suffix"), [("3.8.5", "Waiting for Solar"), ("3.11.1", "No Power Available")]
)
async def test_solar_start_and_stop_countdown(box: Make, firmware: str, suffix: str) -> None:
    """Solar charging starts with enough export, and stops when its patience is over."""
    emulator = await box(firmware)
    emulator.solar_stop_time = 2
    emulator.turn_mode(SOLAR)
    emulator.plug_in()
    assert (await get(emulator))["evse"]["state"] == f"Charging Stopped - {suffix}"
    emulator.sun(8)
    assert (emulator.state, emulator.ev_currents_a) == (CHARGING, [8, 8, 8])
    emulator.house(2)
    assert (await get(emulator))["evse"]["solar_stop_timer"] == 120
    emulator.advance(30)
    answer = await get(emulator)
    assert answer["evse"]["solar_stop_timer"] == 90
    assert answer["settings"]["charge_current"] == 60
    emulator.sun(8)
    assert (await get(emulator))["evse"]["solar_stop_timer"] == 0
    emulator.house(2)
    emulator.advance(119)
    assert (emulator.state, emulator.solar_stop_timer) == (CHARGING, 1)
    emulator.advance(1)
    assert (emulator.state, emulator.solar_stop_timer) == (STOPPED, 0)
    assert emulator.contactor_operations == 2


async def test_solar_without_a_stop_time(box: Make) -> None:
    """A stop time of 0 is patience without end."""
    emulator = await box()
    await post(emulator, "/settings?stop_timer=0")
    emulator.turn_mode(SOLAR)
    emulator.plug_in()
    emulator.sun(8)
    emulator.house(2)
    emulator.advance(3600)
    assert (emulator.state, emulator.ev_currents_a) == (CHARGING, [6, 6, 6])


@pytest.mark.parametrize(
    ("bit", "name", "number"),
    [
        (1, "Communication Error", 2),
        (2, "Temperature High", 3),
        (3, "EV Meter Comm Error", 4),
        (4, "RCM Tripped", 5),
        (5, "RCM Test", 6),
        (6, "Test IO", 7),
        (7, "Flash Error", 8),
    ],
)
async def test_errors(box: Make, bit: int, name: str, number: int) -> None:
    """The number of an error is the place of its flag, counted from one, and only the highest is shown."""
    emulator = await box()
    emulator.plug_in()
    emulator.fail(bit)
    evse = (await get(emulator))["evse"]
    assert (evse["error"], evse["error_id"]) == (name, number)
    assert emulator.state == (CHARGING if bit == 5 else STOPPED)
    emulator.fail(7)
    assert (await get(emulator))["evse"]["error_id"] == 8
    emulator.clear()
    assert (await get(emulator))["evse"]["error"] == "None"
    assert emulator.state == CHARGING


async def test_real_error_hides_behind_the_state(box: Make) -> None:
    """While there is no power, another error shows in the state's text only."""
    emulator = await box()
    emulator.turn_mode(SMART)
    emulator.plug_in()
    emulator.house(30)
    emulator.fail(2)
    evse = (await get(emulator))["evse"]
    assert evse["state"] == "Charging Stopped - Temperature High"
    assert (evse["error"], evse["error_id"]) == ("None", 0)


@pytest.mark.parametrize(("firmware", "name"), [("1.8", "Unused"), ("3.5.1", "EV Meter Comm Error")])
async def test_error_of_the_ev_meter(box: Make, firmware: str, name: str) -> None:
    """Up to v1.8 the error of the EV meter had no name."""
    emulator = await box(firmware)
    emulator.fail(3)
    assert (await get(emulator))["evse"]["error"] == name


# Energy and meters


async def test_energy_of_an_hour(box: Make) -> None:
    """16 A on three phases of 230 V for an hour are 11 040 Wh; the house takes its 2 A besides."""
    emulator = await box()
    total, bought = emulator.total_wh, emulator.mains_import_wh
    emulator.plug_in()
    emulator.advance(3600)
    assert emulator.charged_wh == pytest.approx(3 * 16 * 230)
    assert emulator.total_wh - total == pytest.approx(11_040)
    assert emulator.mains_import_wh - bought == pytest.approx(3 * 18 * 230)
    answer = await get(emulator)
    assert answer["ev_meter"]["import_active_power"] == 11_040
    assert answer["ev_meter"]["charged_wh"] == 11_040
    assert answer["phase_currents"]["TOTAL"] == 540
    emulator.unplug()
    assert emulator.charged_wh == pytest.approx(11_040)
    emulator.plug_in()
    assert emulator.charged_wh == 0


async def test_energy_that_is_sold(box: Make) -> None:
    """8 A of sun on three phases of 230 V for half an hour are 2760 Wh into the grid."""
    emulator = await box()
    sold = emulator.mains_export_wh
    emulator.sun(8)
    emulator.advance(1800)
    assert emulator.mains_export_wh - sold == pytest.approx(2760)
    assert (await get(emulator))["phase_currents"]["L1"] == -80


async def test_currents_over_the_wire(box: Make) -> None:
    """A mains meter named API holds what it is fed for eleven seconds."""
    emulator = await box(mains_meter="API")
    emulator.turn_mode(SMART)
    reply = await post(emulator, "/currents?L1=100&L2=-50&L3=30&battery_current=-35")
    phases = {"L1": 100, "L2": -50, "L3": 30}
    assert reply == {"battery_current": -35, "original": phases, "TOTAL": 80} | phases
    answer = await get(emulator)
    assert answer["home_battery"] == {"current": -35, "last_update": round(NOON)}
    assert answer["phase_currents"]["L2"] == -50
    emulator.plug_in()
    emulator.advance(11)
    assert (emulator.errors, emulator.state) == (0, CHARGING)
    emulator.advance(1)
    answer = await get(emulator)
    assert answer["evse"]["error_id"] == 2
    assert emulator.state == STOPPED
    await post(emulator, "/currents?L1=0&L2=0&L3=0")
    assert (emulator.errors, emulator.state) == (0, CHARGING)
    emulator.advance(61)
    assert (await get(emulator))["home_battery"]["current"] == 0


async def test_normal_mode_needs_no_mains_meter(box: Make) -> None:
    """In normal mode silence of the mains meter is no error."""
    emulator = await box(mains_meter="API")
    emulator.plug_in()
    emulator.advance(60)
    assert (emulator.errors, emulator.state) == (0, CHARGING)


async def test_ev_meter_over_the_wire(box: Make) -> None:
    """An EV meter named API shows what it is fed."""
    emulator = await box(ev_meter="API")
    emulator.advance(5)
    await post(emulator, "/ev_meter?L1=100&L2=0&L3=0")
    reply = await post(
        emulator, "/ev_meter?import_active_energy=1234&export_active_energy=0&import_active_power=2300"
    )
    assert reply["ev_meter"]["total_kwh"] == 1234
    meter = (await get(emulator))["ev_meter"]
    assert (meter["currents"]["L1"], meter["total_wh"], meter["import_active_power"]) == (100, 1234, 2300)


# Delayed start


async def test_delayed_start(box: Make) -> None:
    """A start to come takes the access away until it is there."""
    emulator = await box()
    emulator.plug_in()
    start = round(NOON) + 3 * 3600
    reply = await post(emulator, "/settings?mode=3&starttime=2026-11-20T15%3A00")
    assert reply == {"mode": "3", "starttime": start}
    answer = await get(emulator)
    assert (answer["mode"], answer["evse"]["mode"], answer["settings"]["starttime"]) == ("OFF", 1, start)
    assert emulator.state == STOPPED
    emulator.advance(3 * 3600 - 1)
    assert emulator.state == STOPPED
    emulator.advance(1)
    answer = await get(emulator)
    assert (answer["mode"], answer["settings"]["starttime"]) == ("SMART", 0)
    assert emulator.state == CHARGING


async def test_delayed_start_and_stop(box: Make) -> None:
    """With a stop the car charges in between, and both are forgotten."""
    emulator = await box()
    emulator.plug_in()
    reply = await post(
        emulator, "/settings?mode=1&starttime=2026-11-20T13:00&stoptime=2026-11-20T14:00&repeat=0"
    )
    assert reply == {
        "mode": "1",
        "starttime": round(NOON) + 3600,
        "stoptime": round(NOON) + 7200,
        "repeat": 0,
    }
    emulator.advance(3600)
    assert emulator.state == CHARGING
    emulator.advance(3600)
    assert emulator.state == STOPPED
    assert emulator.charged_wh == pytest.approx(11_040, rel=0.001)
    answer = await get(emulator)
    assert (answer["settings"]["starttime"], answer["settings"]["stoptime"]) == (0, 0)


async def test_delayed_start_that_repeats(box: Make) -> None:
    """With repeat the same happens on the next day."""
    emulator = await box()
    emulator.plug_in()
    await post(emulator, "/settings?mode=1&starttime=2026-11-20T13:00&stoptime=2026-11-20T14:00&repeat=1")
    for _ in range(2):
        emulator.advance(3600 + 60)
        assert emulator.state == CHARGING
        emulator.advance(3600)
        assert emulator.state == STOPPED
        emulator.advance(22 * 3600 - 60)
    assert (await get(emulator))["settings"]["repeat"] == 1


@pytest.mark.parametrize(
    "start",
    ["%222026-11-20T15:00%22", "2026-11-20T11:59", "2026-11-20T12:00", "tomorrow", "2026-11-20"],
    ids=["quoted", "past", "now", "no time", "no hour"],
)
async def test_start_that_is_none_applies_the_mode_at_once(box: Make, start: str) -> None:
    """A start in quotes or in the past is ignored, and the car charges now."""
    emulator = await box()
    emulator.turn_mode(OFF)
    emulator.plug_in()
    assert await post(emulator, f"/settings?mode=1&starttime={start}&stoptime=2026-11-20T18:00") == {
        "mode": "1",
        "starttime": 0,
    }
    emulator.advance(1)
    assert emulator.state == CHARGING


async def test_stop_before_start_is_none(box: Make) -> None:
    """A stop must come after the start."""
    emulator = await box()
    reply = await post(
        emulator, "/settings?mode=1&starttime=2026-11-20T15:00&stoptime=2026-11-20T14:00&repeat=1"
    )
    assert reply == {"mode": "1", "starttime": round(NOON) + 3 * 3600, "stoptime": 0, "repeat": 1}


@pytest.mark.parametrize(
    ("firmware", "query", "left"),
    [
        ("1.8", "", "start stop repeat"),
        ("3.5.1", "", "start stop repeat"),
        ("3.6.0", "", "stop repeat"),
        ("3.11.1", "", "stop repeat"),
        ("1.8", "&starttime=0", ""),
        ("3.5.1", "&starttime=2026-11-20T11:00", ""),
        ("3.6.0", "&starttime=0", ""),
        ("3.11.1", "&starttime=2026-11-20T12:00&stoptime=2026-11-20T12:00&repeat=0", ""),
        # A start for once inherits the stop and the repeat of before.
        ("1.8", "&starttime=2026-11-20T12:30", "start stop repeat"),
        ("3.11.1", "&starttime=2026-11-20T12:30", "start stop repeat"),
        ("3.11.1", "&starttime=2026-11-20T12:30&stoptime=0&repeat=0", "start"),
        # Without a stop in the request, a repeat is not read.
        ("3.11.1", "&starttime=2026-11-20T12:30&repeat=0", "start stop repeat"),
        ("3.11.1", "&starttime=2026-11-20T12:30&stoptime=2026-11-20T15:00&repeat=2", "start stop repeat"),
    ],
)
async def test_what_a_mode_leaves_of_the_timer(box: Make, firmware: str, query: str, left: str) -> None:
    """A mode alone cancels nothing, or the start only; with a start that is none it cancels all."""
    emulator = await box(firmware)
    emulator.plug_in()
    await post(emulator, "/settings?mode=1&starttime=2026-11-20T13:00&stoptime=2026-11-20T14:00&repeat=1")
    reply = await post(emulator, f"/settings?mode=1{query}")
    assert ("repeat" in reply) is ("repeat=0" in query and "stoptime" in query and left == "start")
    kept = {"start": emulator.starttime, "stop": emulator.stoptime, "repeat": emulator.repeat}
    assert " ".join(name for name, value in kept.items() if value) == left
    # While a start is pending the charger stays off, whatever mode is set.
    assert (emulator.state == CHARGING) is ("start" not in left)


async def test_stop_without_a_start_comes_every_day(box: Make) -> None:
    """A stop that a mode has left switches the charger off at that minute every day."""
    emulator = await box()
    emulator.plug_in()
    await post(emulator, "/settings?mode=1&starttime=2026-11-20T13:00&stoptime=2026-11-20T14:00&repeat=1")
    await post(emulator, "/settings?mode=1")
    for _ in range(3):
        emulator.advance(2 * 3600 - 60)
        assert emulator.state == CHARGING
        emulator.advance(60)
        assert emulator.state == STOPPED
        await post(emulator, "/settings?mode=1")
        emulator.advance(22 * 3600)


@pytest.mark.parametrize("firmware", ["2022", "1.4", "1.5"])
async def test_no_timer_before_v1_6(box: Make, firmware: str) -> None:
    """Older firmware does not know a start."""
    emulator = await box(firmware)
    assert await post(emulator, "/settings?mode=1&starttime=2026-11-20T15:00") == {"mode": "1"}
    assert emulator.access == ACCESS


@pytest.mark.parametrize(
    ("key", "first", "query"),
    [
        ("override_pwm", "1.8", "override_pwm=51"),
        ("max_sum_mains_time", "3.6.10", "max_sum_mains_timer=5"),
        ("settings", "1.8", "enable_C2=1"),
    ],
)
async def test_parameters_that_came_later(box: Make, key: str, first: str, query: str) -> None:
    """A parameter that the firmware does not know yet sets nothing, and its key is not shown."""
    generations = [name for name in FIRMWARES if name != "fork"]
    for name in generations:
        emulator = await box(name)
        is_known = generations.index(name) >= generations.index(first) or (
            key == "settings" and emulator.firmware.release >= (1, 5, 0)
        )
        assert (await post(emulator, f"/settings?{query}") is not None) is is_known, name
        if key == "max_sum_mains_time":
            assert (key in (await get(emulator))["settings"]) is is_known


async def test_the_last_offer_stays(box: Make) -> None:
    """What was offered last is shown also while nothing is offered."""
    emulator = await box()
    emulator.plug_in()
    for mode in (OFF, PAUSE):
        emulator.turn_mode(mode)
        answer = await get(emulator)
        assert (answer["settings"]["charge_current"], answer["evse"]["pwm"]) == (160, 1024)


async def test_serial_and_prefix_are_two_numbers(box: Make) -> None:
    """The serial is in the name on the network; the number in the MQTT prefix is another one."""
    emulator = await box(serial=6001)
    assert emulator.host_name == "SmartEVSE-6001"
    answer = await get(emulator)
    assert (answer["serialnr"], answer["mqtt"]["topic_prefix"]) == (6001, "SmartEVSE/15001")
    assert "serialnr" not in await get(await box("1.8"))


async def test_power_in_the_place_of_the_energy(box: Make) -> None:
    """Firmware 1.5 sends currents, and the power under the name of the energy."""
    emulator = await box("1.5")
    emulator.plug_in()
    emulator.advance(3600)
    meter = (await get(emulator))["ev_meter"]
    assert (meter["import_active_energy"], meter["currents"]["L1"]) == (11.0, 160)
    assert "import_active_power" not in meter
    assert "export_active_energy" not in meter


async def test_circuit_meter(box: Make) -> None:
    """Since v3.11 a meter of the circuit has a block of its own where there is one."""
    emulator = await box(circuit_meter="Eastron3P")
    emulator.plug_in()
    assert (await get(emulator))["circuit_meter"]["currents"]["L1"] == 160
    assert "circuit_meter" not in await get(await box())
    assert "circuit_meter" not in await get(await box("3.10.3", circuit_meter="Eastron3P"))


async def test_meter_that_is_read_over_the_network(box: Make) -> None:
    """Of a HomeWizard meter its host is shown: of the mains since v3.8, of the others since v3.11.1."""
    meters = dict.fromkeys(("mains_meter", "ev_meter", "circuit_meter"), HOMEWIZARD)
    answers = {name: await get(await box(name, **meters)) for name in ("3.7.4", "3.10.3", "3.11.1")}
    shown = {
        name: {block for block in meters if "host" in answer.get(block, {})}
        for name, answer in answers.items()
    }
    assert shown == {"3.7.4": set(), "3.10.3": {"mains_meter"}, "3.11.1": set(meters)}
    assert "host" not in (await get(await box()))["ev_meter"]


async def test_three_phases_before_there_was_a_second_contactor(box: Make) -> None:
    """Firmware 1.4 shows whether it charges on three phases, and knows no second contactor."""
    for name, has in (("2022", False), ("1.4", True), ("1.5", False)):
        settings = (await get(await box(name)))["settings"]
        assert ("3phases_enabled" in settings) is has
        assert not ({"3phases_enabled", "enable_C2"} <= settings.keys())


async def test_fork_without_solar(box: Make) -> None:
    """One fork counts its modes without solar."""
    emulator = await box("fork")
    assert await post(emulator, "/settings?mode=3") == {"mode": REFUSED}
    await post(emulator, "/settings?mode=2")
    answer = await get(emulator)
    assert (answer["mode"], answer["mode_id"], answer["evse"]["mode"]) == ("SMART", 2, 2)


async def test_solar_off_moves_the_contactor_with_the_mode(box: Make) -> None:
    """With "Solar Off" a change to solar mode interrupts charging, and goes on on one phase."""
    emulator = await box()
    emulator.enable_c2 = 2
    emulator.plug_in()
    emulator.sun(12)
    assert emulator.ev_currents_a == [16, 16, 16]
    await post(emulator, "/settings?mode=2")
    assert (emulator.state, emulator.ev_currents_a[1:]) == (CHARGING, [0, 0])


# Restart


async def test_reboot(box: Make) -> None:
    """The charger restarts in five seconds, is gone for ten, and has forgotten what is not in flash."""
    emulator = await box()
    await post(emulator, "/settings?override_current=100&current_min=7")
    head, body = await raw(emulator, "GET /reboot")
    assert head.startswith("HTTP/1.1 200 ")
    assert body == b"Device will reboot in 5 seconds..."
    emulator.advance(4)
    assert (await get(emulator))["settings"]["override_current"] == 100
    emulator.advance(1)
    assert await raw(emulator, "GET /settings") == ("", b"")
    emulator.advance(10)
    answer = await get(emulator)
    assert answer["settings"]["override_current"] == 0
    assert answer["settings"]["current_min"] == 7


@pytest.mark.parametrize("firmware", ["3.9.3", "3.11.1"])
async def test_registers_after_a_reboot(box: Make, firmware: str) -> None:
    """Until a meter was read its registers are 0, or left out since v3.10.3."""
    emulator = await box(firmware)
    unit = "kwh" if firmware == "3.9.3" else "wh"
    emulator.advance(5)
    total = (await get(emulator))["ev_meter"][f"total_{unit}"]
    assert total
    emulator.reboot()
    emulator.advance(10)
    answer = await get(emulator)
    assert answer["ev_meter"][f"total_{unit}"] == 0
    if firmware == "3.9.3":
        assert answer["ev_meter"]["import_active_energy"] == 0
        assert answer["mains_meter"] == {"import_active_energy": 0, "export_active_energy": 0}
    else:
        assert "import_active_energy" not in answer["ev_meter"]
        assert answer["mains_meter"] == {}
    emulator.advance(3)
    assert (await get(emulator))["ev_meter"][f"total_{unit}"] == total


async def test_reboot_waits_for_the_session(box: Make) -> None:
    """A charger that charges confirms with another reply, and restarts afterwards."""
    emulator = await box()
    emulator.plug_in()
    head, body = await raw(emulator, "POST /reboot", "", "Content-Length: 0")
    assert head.startswith("HTTP/1.1 202 ")
    assert body.startswith(b"Reboot scheduled")
    emulator.advance(60)
    assert not emulator.is_offline
    emulator.unplug()
    emulator.advance(1)
    assert emulator.is_offline


async def test_reboot_of_old_firmware_is_json(box: Make) -> None:
    """Older firmware confirms a restart in JSON."""
    assert await post(await box("3.5.1"), "/reboot") == {"reboot": True}


# Cards and buttons


async def test_cards(box: Make) -> None:
    """The status of the reader names what is wrong with a card; a known one allows and forbids charging."""
    off = await box()
    assert await post(off, "/rfid?rfid=04A1B2C3D4E5F6") == {"rfid_status": "RFID reader not enabled"}
    emulator = await box(rfid_reader="EnableAll")
    assert await post(emulator, "/rfid") == {"rfid_status": "Missing rfid parameter"}
    assert await post(emulator, "/rfid?rfid=0102") == {"rfid_status": "Invalid RFID length"}
    assert await post(emulator, "/rfid?rfid=01020304050G") == {"rfid_status": "Invalid RFID hex string"}
    unknown = await post(emulator, "/rfid?rfid=0A0B0C0D0E0F")
    assert unknown == {"rfid": "0A0B0C0D0E0F", "rfid_status": "Card not in storage"}
    assert emulator.access == ACCESS
    for access in (NO_ACCESS, ACCESS):
        reply = await post(emulator, "/rfid?rfid=04a1b2c3d4e5f6")
        assert reply["rfid_status"] == "Present"
        assert emulator.access == access
    assert (await get(emulator))["evse"]["rfid_lastread"] == "04A1B2C3D4E5F6"


async def test_every_button_can_be_pressed(box: Make) -> None:
    """Each button of the demonstration does something, with a value and without."""
    emulator = await box(rfid_reader="EnableAll")
    for button in emulator.buttons:
        emulator.press(button)
    emulator.press("draw", "10")
    emulator.press("turn_mode", "4")
    emulator.press("break_line", "ok")
    assert (emulator.car_max_a, emulator.access, emulator.line) == (10, PAUSED, Line.OK)
    with pytest.raises(ValueError, match="no such button"):
        emulator.press("stop")


async def test_backlight(box: Make) -> None:
    """The display goes dark by itself."""
    emulator = await box()
    await post(emulator, "/settings?backlight=1")
    assert (await get(emulator))["backlight"] == {"timer": 120, "status": "ON"}
    emulator.advance(120)
    assert (await get(emulator))["backlight"] == {"timer": 0, "status": "OFF"}


async def test_live_time(box: Make) -> None:
    """For a demonstration its world goes on by itself."""
    emulator = await box()
    task = asyncio.create_task(emulator.live())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# Its buttons


@pytest.mark.parametrize(
    ("button", "value"),
    [
        ("turn_mode", "9"),
        ("turn_mode", "-1"),
        ("fail", "99"),
        ("house", "nan"),
        ("sun", "1e400"),
        ("draw", "much"),
        ("plug_in", "5"),
        ("break_line", "bent"),
        ("explode", None),
    ],
)
async def test_a_button_that_takes_no_such_value(box: Make, button: str, value: str | None) -> None:
    """A wrong value is refused before it can disturb the emulated world."""
    emulator = await box()
    before = await get(emulator)
    with pytest.raises(ValueError):
        emulator.press(button, value)
    after = await get(emulator)
    assert after["evse"] == before["evse"]
    assert after["phase_currents"]["L1"] == before["phase_currents"]["L1"]


async def test_buttons(box: Make) -> None:
    """Buttons take their values as a person types them."""
    emulator = await box(rfid_reader="EnableAll")
    emulator.press("plug_in")
    emulator.press("draw", "10.5")
    emulator.press("swipe", "12345678")
    assert emulator.ev_currents_a == [10.5] * 3
    assert emulator.last_card == "12345678"
