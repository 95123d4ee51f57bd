"""The emulated Lektrico behaves like the real one, as far as that is known."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
import pytest

from tests.emulators.base import Line
from tests.emulators.lektrico import (
    EM,
    EM_OFFLINE,
    FAULTS,
    FORMAT,
    GENERAL,
    LENGTH,
    NO_HANDLER,
    OVERTEMPERATURE,
    PROHIBITED,
    RANGE,
    SCHEDULE,
    TYPE,
    UNKNOWN,
    LektricoEmulator,
    LektricoMeterEmulator,
)

SAMPLES = Path(__file__).parents[3] / "shared" / "protocols" / "lektrico" / "samples"
FRIDAY_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()

# me:secret
LOG_IN = "Basic bWU6c2VjcmV0"

type Make = Callable[..., Awaitable[LektricoEmulator]]


@pytest.fixture
async def make() -> AsyncGenerator[Make]:
    """Return a function that starts a box; its clock stands still on a Friday at noon until it is set."""
    async with AsyncExitStack() as stack:

        async def make(model: str = "1p7k", firmware: str = "1.51", **options: Any) -> LektricoEmulator:
            emulator = LektricoEmulator(model, firmware, clock=lambda: FRIDAY_NOON, **options)
            return await stack.enter_async_context(emulator)

        yield make


@pytest.fixture
async def session() -> AsyncGenerator[ClientSession]:
    """Return a client session."""
    async with ClientSession() as session:
        yield session


type Ask = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture
def ask(session: ClientSession) -> Ask:
    """Return a function that sends a request and returns status and JSON of the answer."""

    async def ask(box: LektricoEmulator, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        url = f"http://{box.host}:{box.port}{path}"
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        async with session.request(method, url, data=data) as response:
            text = await response.text()
            return response.status, json.loads(text) if "json" in response.content_type and text else text

    return ask


async def test_capitals_do_not_matter(make: Make, ask: Ask) -> None:
    """Clients write the methods as they like."""
    box = await make()
    answers = [
        await ask(box, "GET", f"/rpc/{name}") for name in ("Device_id.Get", "device_id.get", "DEVICE_ID.GET")
    ]
    assert answers == [(200, {"device_id": "1p7k_500006"})] * 3


async def test_commands_in_all_three_forms(make: Make, ask: Ask) -> None:
    """A frame, parameters under the method's own path, and even a GET."""
    box = await make()
    frame = {"src": "me", "id": 5, "method": "Dynamic_current.set", "params": {"dynamic_current": 7}}
    assert await ask(box, "POST", "/rpc", frame) == (
        200,
        {"id": 5, "src": "1p7k_500006", "dst": "me", "result": True},
    )
    assert box.dynamic_current == 7
    assert await ask(box, "POST", "/rpc/Dynamic_current.Set", {"dynamic_current": 8}) == (200, True)
    assert box.dynamic_current == 8
    assert await ask(box, "GET", "/rpc/charge.pause") == (200, True)
    assert box.is_paused


async def test_l4_parameters_in_the_query(make: Make, ask: Ask) -> None:
    """A GET takes its parameters from its query, numbers and truth values as such."""
    box = await make()
    assert await ask(box, "GET", "/rpc/Dynamic_current.Set?dynamic_current=9") == (200, True)
    assert box.dynamic_current == 9
    path = "/rpc/app_config.set?config_key=charger_locked&config_value=true"
    assert await ask(box, "GET", path) == (200, True)
    assert box.keys["charger_locked"].value is True
    assert await ask(box, "GET", "/rpc/charge.start?tag=Anna%20B") == (200, True)
    assert box.tag == "Anna B"


async def test_l4_keys_without_quotes(make: Make, ask: Ask) -> None:
    """JSON whose keys have no quotes is taken, in a frame too."""
    box = await make()
    assert await ask(box, "POST", "/rpc/Dynamic_current.set", b"{dynamic_current:7}") == (200, True)
    assert box.dynamic_current == 7
    body = b'{config_key:"user_current", config_value: 20}'
    assert await ask(box, "POST", "/rpc/app_config.Set", body) == (200, True)
    assert box.keys["user_current"].value == 20
    frame = b'{src:"me",id:5,method:"charge.start",params:{tag:"a, b: c"}}'
    assert (await ask(box, "POST", "/rpc", frame))[1]["result"] is True


async def test_l4_answers_of_firmware_1_23(make: Make, ask: Ask) -> None:
    """What the vendor's client of that time reads from five answers is in those, and charger_info has nine keys."""
    box = await make(firmware="1.23")
    box.total_wh = 123_400
    info = (await ask(box, "GET", "/rpc/charger_info.get"))[1]
    assert info.keys() == {
        *("charger_state", "session_energy", "charging_time", "session_id", "instant_power", "current"),
        *("voltage", "temperature", "energy_index"),
    }
    assert await ask(box, "GET", "/rpc/dynamic_current.get") == (200, {"dynamic_current": 32})
    assert (await ask(box, "GET", "/rpc/counters_config.get"))[1]["total_charged_energy"] == 123.4
    config = (await ask(box, "GET", "/rpc/app_config.get"))[1]
    assert (config["headless"], config["install_current"], config["led_max_brightness"]) == (True, 16, 100)
    assert (await ask(box, "GET", "/rpc/sw_version.get"))[1]["fw_version"] == "1.23"


@pytest.mark.parametrize("firmware", ["1.15", "1.47", "2.0"])
async def test_l4_settings_of_an_energy_meter(make: Make, ask: Ask, firmware: str) -> None:
    """An energy meter without an owner has an empty one, which can be set once, and updates by itself."""
    meter = await make("em", firmware)
    config = (await ask(meter, "GET", "/rpc/app_config.get"))[1]
    assert (config["auto_update"], config["owner_id"], config["chargers_list"]) == (True, "", "")
    params = {"config_key": "owner_id", "config_value": "me"}
    assert await ask(meter, "POST", "/rpc/app_config.set", params) == (200, True)
    assert (await ask(meter, "POST", "/rpc/app_config.set", params))[1]["code"] in (GENERAL, PROHIBITED)


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("app_config.set", {"config_key": "user_current", "config_value": "16"}, TYPE),
        ("app_config.set", {"config_key": "user_current", "config_value": 16.0}, TYPE),
        ("app_config.set", {"config_key": "user_current", "config_value": True}, TYPE),
        ("app_config.set", {"config_key": "headless", "config_value": 1}, TYPE),
        ("app_config.set", {"config_key": "user_current", "config_value": 33}, RANGE),
        ("app_config.set", {"config_key": "led_max_brightness", "config_value": 9}, RANGE),
        ("app_config.set", {"config_key": "wifi", "config_value": 1}, UNKNOWN),
        ("app_config.set", {"config_key": "headless"}, FORMAT),
        ("app_config.set", {"config_key": "led_template", "config_value": "1,2,3"}, FORMAT),
        ("dynamic_current.set", {"dynamic_current": 5}, RANGE),
        ("dynamic_current.set", {"dynamic_current": 16, "relay_mode": 3}, RANGE),
        ("em_current.set", {"em_current": 16}, FORMAT),
        ("em_current.set", {"EM_current": "16"}, TYPE),
        ("ap_password.set", {"password": "short"}, LENGTH),
        ("charging_schedule.set", {"charging_schedule": [{"start_d": 1}]}, FORMAT),
        ("charging_schedule.set", {"charging_schedule": "always"}, TYPE),
        ("charge.start", {"tag": 7}, TYPE),
        ("no.such", {}, NO_HANDLER),
    ],
)
async def test_refusals(make: Make, ask: Ask, method: str, params: dict[str, Any], code: int) -> None:
    """Each refusal has the code of the document, and changes nothing."""
    box = await make()
    before = await ask(box, "GET", "/rpc/app_config.get"), box.dynamic_current, box.em_current, box.schedule
    status, reply = await ask(box, "POST", "/rpc", {"src": "me", "id": 1, "method": method, "params": params})
    assert (status, reply["error"]["code"]) == (200, code)
    assert "result" not in reply
    status, reply = await ask(box, "POST", f"/rpc/{method}", params)
    assert (status, reply["code"]) == (404 if code == NO_HANDLER else 500, code)
    assert before == (
        await ask(box, "GET", "/rpc/app_config.get"),
        box.dynamic_current,
        box.em_current,
        box.schedule,
    )


async def test_what_is_no_request(make: Make, ask: Ask) -> None:
    """A body that is not JSON, or not an object, is answered with an error."""
    box = await make(errors_with_200=True)
    for body in (b"{", b"[1]", b'{"id": 1}'):
        assert (await ask(box, "POST", "/rpc", body))[1]["code"] == FORMAT
    for body in (b"{", b"[1]"):
        assert (await ask(box, "POST", "/rpc/charge.start", body))[1]["code"] == FORMAT
    assert (await ask(box, "GET", "/index.html"))[0] == 404


async def test_owner_is_set_once(make: Make, ask: Ask) -> None:
    """A second owner is refused until a factory reset."""
    params = {"config_key": "owner_id", "config_value": "me"}
    for firmware, code in (("1.51", GENERAL), ("2.0", PROHIBITED)):
        box = await make(firmware=firmware)
        assert await ask(box, "POST", "/rpc/app_config.set", params) == (200, True)
        assert (await ask(box, "POST", "/rpc/app_config.set", params))[1]["code"] == code
        assert await ask(box, "POST", "/rpc/factory.reset") == (200, True)
        assert box.factory_resets == 1
        assert box.keys["install_current"].value == 6
        assert await ask(box, "POST", "/rpc/app_config.set", params) == (200, True)


async def test_log_in(make: Make, session: ClientSession) -> None:
    """A protected box accepts its user name and password only."""
    for empty, refusal in ((False, (401, "")), (True, (200, ""))):
        box = await make(username="me", password="secret", empty_for_401=empty)
        url = f"http://{box.host}:{box.port}/rpc/device_id.get"
        async with session.get(url) as response:
            assert (response.status, await response.text()) == refusal
        async with session.get(url, headers={"Authorization": LOG_IN}) as response:
            assert response.status == 200


async def test_generations(make: Make, ask: Ask) -> None:
    """Firmware 1.23 knows neither the arrays nor the finer state, and 1.47 has the keys of a captured answer."""
    new = {
        *("currents", "voltages", "extended_charger_state", "current_limit_reason", "has_active_errors"),
        *("charger_is_paused", "heap_free", "pwm_current", "em_current"),
    }
    old = await make(firmware="1.23")
    assert not new & (await ask(old, "GET", "/rpc/charger_info.get"))[1].keys()
    assert "user_current" not in (await ask(old, "GET", "/rpc/app_config.get"))[1]
    assert (await ask(old, "GET", "/rpc/device_id.get"))[0] == 404
    assert new <= (await ask(await make(firmware="1.47"), "GET", "/rpc/charger_info.get"))[1].keys()
    beta = await make(firmware="1.45_beta")
    assert beta.release == (1, 45)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the captured answers are not at hand")
async def test_keys_are_those_of_a_captured_answer(make: Make, ask: Ask) -> None:
    """The emulated 1P7K of firmware 1.47 has the keys and types of a real one."""
    sample = json.loads((SAMPLES / "01_charger_info_1p7k_fw1.47_charging.json").read_text(encoding="utf-8"))
    box = await make(firmware="1.47")
    box.plug_in()
    info = (await ask(box, "GET", "/rpc/charger_info.get"))[1]
    assert info.keys() == sample.keys()
    for key, value in sample.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        assert isinstance(info[key], (int, float) if number else type(value)), key


async def test_session(make: Make) -> None:
    """Energy and time are counted while the car charges, and the last session's are kept."""
    box = await make("3p22k")
    box.plug_in()
    box.draw(10)
    assert box.currents_a == [10, 10, 10]
    box.advance(3600)
    assert (round(box.session_wh), round(box.session_s)) == (6900, 3600)
    box.draw(10, 1)
    assert box.currents_a == [10, 0, 0]
    box.draw(0)
    assert box.state == "B"
    box.unplug()
    assert (round(box.last_session_wh), box.state) == (6900, "A")
    box.plug_in()
    assert box.session_wh == 0


async def test_authentication(make: Make) -> None:
    """A charger that asks for a card waits for one that it knows, for each session anew."""
    box = await make()
    box.keys["headless"].value = False
    box.plug_in()
    assert box.state == "B_AUTH"
    box.swipe("another card")
    assert box.state == "B_AUTH"
    box.swipe()
    assert box.state == "C"
    box.unplug()
    box.plug_in()
    assert box.state == "B_AUTH"


async def test_stop_and_start(make: Make, ask: Ask) -> None:
    """A session that was stopped goes on with a start, or with the next plug."""
    box = await make()
    box.plug_in()
    await ask(box, "POST", "/rpc/charge.stop", {})
    assert box.state == "B"
    await ask(box, "POST", "/rpc/charge.start", {"tag": "me"})
    assert (box.state, box.tag) == ("C", "me")


async def test_l5_a_start_without_a_tag(make: Make, ask: Ask) -> None:
    """A charger that asks for a card does not start without one."""
    box = await make()
    box.keys["headless"].value = False
    box.plug_in()
    assert await ask(box, "POST", "/rpc/charge.start", {}) == (200, True)
    assert box.state == "B_AUTH"
    assert await ask(box, "POST", "/rpc/charge.start", {"tag": "me"}) == (200, True)
    assert box.state == "C"


@pytest.mark.parametrize(
    ("start", "end", "current", "state", "allowed"),
    [
        ((5, 11, 0), (5, 13, 0), 0, "B_SCHEDULER", 0),
        ((5, 11, 0), (5, 13, 0), 8, "C", 8),
        ((5, 12, 0), (5, 12, 1), 0, "B_SCHEDULER", 0),
        ((5, 11, 0), (5, 12, 0), 0, "C", 16),
        ((4, 22, 0), (6, 6, 0), 0, "B_SCHEDULER", 0),
        # Over the end of the week
        ((6, 0, 0), (5, 12, 30), 0, "B_SCHEDULER", 0),
        ((6, 0, 0), (5, 11, 30), 0, "C", 16),
    ],
)
async def test_schedule(
    make: Make,
    start: tuple[int, int, int],
    end: tuple[int, int, int],
    current: int,
    state: str,
    allowed: int,
) -> None:
    """An interval holds the car back or limits it, from its start until just before its end."""
    box = await make()
    keys = ("start_d", "start_h", "start_m", "end_d", "end_h", "end_m")
    box.schedule = [dict(zip(keys, start + end, strict=True)) | {"current": current}]
    box.plug_in()
    assert box.state == "C"
    box.keys["charging_schedule_enabled"].value = True
    assert (box.state, box.allows_a) == (state, allowed)
    # In another time zone it is another hour.
    box.keys["gmt_offset"].value = 12
    assert box.limits[SCHEDULE] == (32 if start[0] == 5 else 0)


async def test_override_lasts_until_the_car_is_unplugged(make: Make, ask: Ask) -> None:
    """The schedule is ignored for this session only."""
    box = await make()
    keys = ("start_d", "start_h", "start_m", "end_d", "end_h", "end_m", "current")
    week = [dict(zip(keys, (1, 0, 0, 7, 23, 59, 0), strict=True))]
    assert await ask(box, "POST", "/rpc/charging_schedule.set", {"charging_schedule": week}) == (200, True)
    box.keys["charging_schedule_enabled"].value = True
    box.plug_in()
    assert box.state == "B_SCHEDULER"
    await ask(box, "POST", "/rpc/charging_schedule.override", {})
    assert box.state == "C"
    box.unplug()
    box.plug_in()
    assert box.state == "B_SCHEDULER"


async def test_reset_waits_for_the_end_of_the_session(make: Make, ask: Ask) -> None:
    """The box does not restart under a car that charges; then it is gone for a while, and forgets its limit."""
    box = await make()
    box.plug_in()
    await ask(box, "POST", "/rpc/dynamic_current.set", {"dynamic_current": 10})
    await ask(box, "POST", "/rpc/device.reset", {})
    box.advance(60)
    assert (box.restarts, box.is_offline, box.dynamic_current) == (4, False, 10)
    box.unplug()
    assert (box.restarts, box.is_offline, box.dynamic_current) == (5, True, 32)
    box.advance(15)
    assert not box.is_offline


async def test_update(make: Make, ask: Ask) -> None:
    """New firmware is installed when the box is commanded to look for it, and runs after its restart."""
    box = await make()
    await ask(box, "POST", "/rpc/ota.verify", {})
    assert box.state == "A"
    box.offer_update("2.0")
    await ask(box, "POST", "/rpc/ota.verify", {})
    assert box.state == "OTA"
    box.advance(61)
    assert (box.firmware, box.is_offline) == ("2.0", True)


async def test_errors(make: Make, ask: Ask) -> None:
    """An error stops the car; a log keeps it until it is cleared; heat only slows down."""
    box = await make()
    box.plug_in()
    box.fail("overtemp")
    assert (box.state, box.allows_a) == ("C", 6)
    assert OVERTEMPERATURE in box.limits
    box.fail("rcd_error")
    assert (box.state, box.letter, box.currents_a[0]) == ("E", "E", 0)
    box.clear()
    assert box.state == "C"
    logged = (await ask(box, "GET", "/rpc/logged_errors.get"))[1]
    assert {name for name, raised in logged.items() if raised} == {"overtemp", "rcd_error"}
    assert logged.keys() == set(FAULTS) - {"voltage_error"}
    await ask(box, "POST", "/rpc/logged_errors.reset", {})
    assert box.logged == set()


async def test_energy_meter_limits(make: Make) -> None:
    """What an energy meter allows counts while it is obeyed, and so does its loss."""
    box = await make()
    box.plug_in()
    box.limit(8)
    assert (box.allows_a, min(box.limits, key=lambda reason: box.limits[reason])) == (8, EM)
    box.em_offline = True
    assert EM_OFFLINE in box.limits
    box.limit(0)
    assert box.state == "B_PAUSE"


async def test_meter(make: Make, ask: Ask) -> None:
    """An energy meter measures its phases, has its own settings and none of a charger's methods."""
    box = await make("em", "2.0")
    box.house(-3)
    assert (await ask(box, "GET", "/rpc/Meter_info.Get"))[1]["active_p"] == [-690, 0, 0]
    assert (await ask(box, "GET", "/rpc/charger_info.get"))[0] == 404
    assert await ask(box, "POST", "/rpc/Load_balancing_mode.Set", {"load_balancing_mode": 4}) == (200, True)
    assert await ask(box, "GET", "/rpc/Load_balancing_mode.Get") == (200, {"load_balancing_mode": 4})
    old = await make("3em", "1.15")
    assert (await ask(old, "POST", "/rpc/Load_balancing_mode.Set", {"load_balancing_mode": 4}))[1][
        "code"
    ] == RANGE
    await ask(old, "POST", "/rpc/device.reset", {})
    assert old.is_offline


@pytest.mark.parametrize(
    ("button", "value"),
    [("fail", "rust"), ("limit", "5"), ("limit", "33"), ("offer_update", "tomorrow"), ("relay", "3")],
)
async def test_buttons_refuse_nonsense(make: Make, button: str, value: str) -> None:
    """A button refuses a value that does not exist."""
    box = await make()
    with pytest.raises(ValueError):
        box.press(button, value)


async def test_buttons(make: Make) -> None:
    """Every button can be pressed; those with a default without a value."""
    for box in (await make("3p22k"), LektricoMeterEmulator()):
        for button, text in box.buttons.items():
            box.press(button, Line.OK if button == "break_line" else None)
            assert text
        assert box.is_offline
