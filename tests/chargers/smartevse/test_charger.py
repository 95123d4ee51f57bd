"""Every command: what arrives at the charger, what the charger then does, and what is refused with nothing changed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import json
import math
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import ClientSession
from chargers.capabilities import Authorizer, Limiter, MainsMeter, PhaseSwitch, PilotOverride
from chargers.errors import (
    ChargerError,
    ChargerMismatchError,
    ChargerProtocolError,
    ChargerRefusedError,
    ChargerUnreachableError,
)
from chargers.smartevse.charger import SmartEvse
from chargers.smartevse.settings import SETTINGS
from chargers.smartevse.words import Access, CapacityMode, Led, Mode, SecondContactor
from chargers.types import EvReading, MainsReading, OwnBalancing, Status
from freezegun.api import FrozenDateTimeFactory
import pytest

from tests.chargers.bare import BareServer, reply
from tests.chargers.conftest import MakeSmartEvse
from tests.emulators.base import Line
from tests.emulators.smartevse import (
    FIRMWARES,
    MODES,
    NO_ACCESS,
    NORMAL,
    OFF,
    PAUSED,
    REFUSED,
    SMART,
    SOLAR,
    SmartEvseEmulator,
)

ZONE = ZoneInfo("Europe/Amsterdam")
OLDEST, NEWEST = "2022", "3.11.1"
NOW = datetime(2026, 11, 20, 11, 0, 30, tzinfo=UTC)  # noon in Amsterdam

type Command = Callable[[SmartEvse], Awaitable[None]]
type Connect = Callable[..., Awaitable[tuple[SmartEvse, SmartEvseEmulator]]]


@pytest.fixture
def connect(smartevse: MakeSmartEvse, session: ClientSession) -> Connect:
    """Return what makes a charger, connects to it and reads it."""

    async def make(firmware: str = NEWEST, **options: Any) -> tuple[SmartEvse, SmartEvseEmulator]:
        # Looked up at every call, so that its time is frozen, too.
        emulator = await smartevse(firmware, clock=lambda: datetime.now(UTC).timestamp(), **options)
        charger = SmartEvse(session, emulator.host, emulator.port, zone=ZONE)
        await charger.fetch()
        emulator.calls.clear()
        return charger, emulator

    return make


@pytest.fixture
async def noon(freezer: FrozenDateTimeFactory) -> FrozenDateTimeFactory:
    """Make it a moment after noon of a day in November, here and at the charger."""
    freezer.move_to(NOW)
    return freezer


async def _refused(charger: SmartEvse, command: Command, reason: str, emulator: SmartEvseEmulator) -> None:
    """Expect a refusal for this reason, with a charger that is as it was."""
    await charger.fetch()
    before = _all_of(emulator)
    with pytest.raises(ChargerRefusedError) as refused:
        await command(charger)
    assert refused.value.reason == reason
    assert _all_of(emulator) == before


async def _change(charger: SmartEvse, key: str, value: Any) -> None:
    """Change the setting whose entity has this key."""
    await charger.change(next(setting for setting in SETTINGS if setting.key == key), value)


def _all_of(emulator: SmartEvseEmulator) -> tuple[Any, ...]:
    settings = emulator.settings()
    del settings["phase_currents"]["last_data_update"]
    return settings, emulator.flash_writes, emulator.mode


# What a command sends, and what the charger then has


@pytest.mark.parametrize(
    ("oldest", "options", "command", "path", "query", "accepted"),
    [
        (
            OLDEST,
            {},
            lambda c: c.set_mode(Mode.OFF),
            "",
            {"mode": "0", "starttime": "0"},
            ("access", NO_ACCESS),
        ),
        (
            OLDEST,
            {},
            lambda c: c.set_mode(Mode.NORMAL),
            "",
            {"mode": "1", "starttime": "0"},
            ("mode", NORMAL),
        ),
        (OLDEST, {}, lambda c: c.set_mode(Mode.SOLAR), "", {"mode": "2", "starttime": "0"}, ("mode", SOLAR)),
        (OLDEST, {}, lambda c: c.set_mode(Mode.SMART), "", {"mode": "3", "starttime": "0"}, ("mode", SMART)),
        (
            "3.8.5",
            {},
            lambda c: c.set_mode(Mode.PAUSE),
            "",
            {"mode": "4", "starttime": "0"},
            ("access", PAUSED),
        ),
        (
            OLDEST,
            {},
            lambda c: c.set_limit(8.3),
            "",
            {"override_current": "83"},
            ("override_a", 8.3),
        ),
        (
            OLDEST,
            {},
            lambda c: _change(c, "minimum_current", 8),
            "",
            {"current_min": "8"},
            ("current_min", 8),
        ),
        (
            OLDEST,
            {},
            lambda c: _change(c, "mains_sum_limit", 48.0),
            "",
            {"current_max_sum_mains": "48"},
            ("current_max_sum_mains", 48),
        ),
        (
            "3.6.10",
            {},
            lambda c: _change(c, "mains_sum_limit_time", 15),
            "",
            {"max_sum_mains_timer": "15"},
            ("max_sum_mains_time", 15),
        ),
        (
            NEWEST,
            {},
            lambda c: _change(c, "capacity_mode", CapacityMode.FLANDERS),
            "",
            {"capacity_mode": "3"},
            ("capacity_mode", 3),
        ),
        (
            OLDEST,
            {},
            lambda c: _change(c, "solar_start_current", 6),
            "",
            {"solar_start_current": "6"},
            ("solar_start_current", 6),
        ),
        (
            OLDEST,
            {},
            lambda c: _change(c, "solar_maximum_import", 0),
            "",
            {"solar_max_import": "0"},
            ("solar_max_import", 0),
        ),
        (
            OLDEST,
            {},
            lambda c: _change(c, "solar_stop_time", 0),
            "",
            {"stop_timer": "0"},
            ("solar_stop_time", 0),
        ),
        (
            OLDEST,
            {},
            lambda c: _change(c, "solar_stop_time", 60),
            "",
            {"stop_timer": "60"},
            ("solar_stop_time", 60),
        ),
        *(
            (
                "1.8",
                {},
                lambda c, mode=mode: _change(c, "second_contactor", mode),
                "",
                {"enable_C2": str(number)},
                ("enable_c2", number),
            )
            for number, mode in enumerate(SecondContactor)
        ),
        ("3.8.5", {}, lambda c: _change(c, "display_lock", True), "", {"lcdlock": "1"}, ("lcdlock", 1)),
        ("3.8.5", {}, lambda c: _change(c, "cable_lock", True), "", {"cablelock": "1"}, ("cablelock", 1)),
        ("3.8.5", {}, lambda c: _change(c, "cable_lock", False), "", {"cablelock": "0"}, ("cablelock", 0)),
        (
            "3.7.4",
            {},
            lambda c: _change(c, "custom_button", True),
            "",
            {"custombutton": "1"},
            ("custom_button", True),
        ),
        (
            "3.7.4",
            {},
            lambda c: _change(c, "custom_button", False),
            "",
            {"custombutton": "0"},
            ("custom_button", False),
        ),
        (
            "1.8",
            {"modem_build": True},
            lambda c: _change(c, "required_car_id", "0A0B&=C"),
            "",
            {"required_evccid": "0A0B&=C"},
            ("required_evccid", "0A0B&=C"),
        ),
        (
            "3.8.5",
            {"modem_build": True},
            lambda c: _change(c, "required_car_id", ""),
            "",
            {"required_evccid": ""},
            ("required_evccid", ""),
        ),
        *(
            (
                "3.7.4",
                {},
                lambda c, led=led: c.set_led_color(led, (1, 20, 255)),
                f"/color_{led}",
                {"R": "1", "G": "20", "B": "255"},
                None,
            )
            for led in Led
        ),
        (
            OLDEST,
            {},
            lambda c: c.feed_mains(MainsReading(battery_a=-12.34)),
            "/currents",
            {"battery_current": "-123"},
            ("battery_a", -12.3),
        ),
        (
            OLDEST,
            {"mains_meter": "API"},
            lambda c: c.feed_mains(MainsReading(currents_a=(10, -5.04, 3.27))),
            "/currents",
            {"L1": "100", "L2": "-50", "L3": "33"},
            ("api_mains_a", [10, -5, 3.3]),
        ),
        (
            OLDEST,
            {"ev_meter": "API"},
            lambda c: c.feed_ev(EvReading(currents_a=(16, 15.9, 0))),
            "/ev_meter",
            {"L1": "160", "L2": "159", "L3": "0"},
            ("api_ev_a", [16, 15.9, 0]),
        ),
        (
            OLDEST,
            {"ev_meter": "API"},
            lambda c: c.feed_ev(EvReading(import_wh=1234567.6, export_wh=0, power_w=-230.4)),
            "/ev_meter",
            {
                "import_active_energy": "1234568",
                "export_active_energy": "0",
                "import_active_power": "-230",
            },
            ("api_ev_power_w", -230),
        ),
        (
            "3.10.3",
            {"rfid_reader": "EnableAll"},
            lambda c: c.authorize("04:a1:b2:c3:d4:e5:f6"),
            "/rfid",
            {"rfid": "04A1B2C3D4E5F6"},
            ("access", NO_ACCESS),
        ),
        (
            "3.10.3",
            {"rfid_reader": "EnableOne"},
            lambda c: c.authorize("0102 0304 0506"),
            "/rfid",
            {"rfid": "010203040506"},
            ("access", NO_ACCESS),
        ),
        (
            "3.10.3",
            {"rfid_reader": "EnableAll"},
            lambda c: c.authorize("04-a1-b2-c3-d4-e5-f6"),
            "/rfid",
            {"rfid": "04A1B2C3D4E5F6"},
            ("access", NO_ACCESS),
        ),
        ("1.8", {}, lambda c: c.override_duty_cycle(0), "", {"override_pwm": "0"}, ("override_pwm", 0)),
        ("3.5.1", {}, lambda c: c.override_duty_cycle(5), "", {"override_pwm": "51"}, ("override_pwm", 51)),
        (
            "3.5.1",
            {},
            lambda c: c.override_duty_cycle(100),
            "",
            {"override_pwm": "1024"},
            ("override_pwm", 1024),
        ),
        (
            "3.5.1",
            {},
            lambda c: c.override_duty_cycle(None),
            "",
            {"override_pwm": "-1"},
            ("override_pwm", -1),
        ),
        (
            "3.7.4",
            {"modem_build": True},
            lambda c: c.override_duty_cycle(10),
            "",
            {"override_pwm": "102"},
            ("override_pwm", 102),
        ),
    ],
)
@pytest.mark.parametrize("generation", ["oldest", "newest"])
async def test_command(
    connect: Connect,
    generation: str,
    oldest: str,
    options: dict[str, Any],
    command: Command,
    path: str,
    query: dict[str, str],
    accepted: tuple[str, Any] | None,
) -> None:
    """A command is one POST of plain values in the query string, and the charger does it, old or new."""
    charger, emulator = await connect(oldest if generation == "oldest" else NEWEST, **options)
    emulator.car_max_a = 0
    await command(charger)
    assert [(call.method, call.path) for call in emulator.calls] == [("POST", path or "/settings")]
    assert emulator.last_query(path or "/settings") == query
    assert emulator.calls[0].body == b""
    assert emulator.calls[0].headers["content-length"] == "0"
    if accepted is not None:
        assert getattr(emulator, accepted[0]) == accepted[1]
    await charger.fetch()


async def test_led_color_is_read_back(connect: Connect) -> None:
    """A colour that was set is the one that is shown."""
    charger, _ = await connect()
    await charger.set_led_color(Led.SOLAR, (1, 20, 255))
    assert (await charger.fetch()).led_colors[Led.SOLAR] == (1, 20, 255)


@pytest.mark.parametrize("firmware", [OLDEST, NEWEST])
async def test_backlight(connect: Connect, firmware: str) -> None:
    """The display is lit and darkened, though the reply spells its key in its own way."""
    charger, emulator = await connect(firmware)
    await _change(charger, "backlight", True)
    assert emulator.last_query("/settings") == {"backlight": "1"}
    assert (await charger.fetch()).backlight is True
    await _change(charger, "backlight", False)
    assert (await charger.fetch()).backlight is False


async def test_capacity_mode_off_lifts_the_limit(connect: Connect) -> None:
    """Without a capacity tariff the sum of the mains is not limited."""
    charger, _ = await connect()
    await _change(charger, "mains_sum_limit", 40)
    await _change(charger, "capacity_mode", CapacityMode.FIXED)
    assert (await charger.fetch()).mains_sum_max_a == 40
    await _change(charger, "capacity_mode", CapacityMode.DISABLED)
    state = await charger.fetch()
    assert (state.capacity_mode, state.mains_sum_max_a) == (CapacityMode.DISABLED, 0)


@pytest.mark.parametrize(
    ("amps", "sent"),
    [
        (6, 60),
        (8.3, 83),
        (8.39, 83),
        (8.39999999, 84),
        (10.04, 100),
        (15.99, 159),
        (16, 160),
        (9.7, 97),
        (11.1, 111),
    ],
)
async def test_override_is_rounded_down(connect: Connect, amps: float, sent: int) -> None:
    """A limit is never exceeded by rounding, and binary noise costs nothing."""
    charger, emulator = await connect()
    await charger.set_limit(amps)
    assert emulator.last_query("/settings") == {"override_current": str(sent)}
    assert (await charger.fetch()).override_current_a == sent / 10


async def test_old_pilot_override(connect: Connect) -> None:
    """Old firmware takes the pilot's duty cycle on another path and in tenths of a percent, until it restarts."""
    charger, emulator = await connect("1.4")
    await charger.override_duty_cycle(5)
    assert emulator.last_query("/modem") == {"pwm": "50"}
    assert (await charger.fetch()).duty_cycle_percent == 5
    await charger.override_duty_cycle(100)
    assert emulator.last_query("/modem") == {"pwm": "1000"}
    assert (await charger.fetch()).duty_cycle_percent == 100
    await charger.override_duty_cycle(0)
    await _refused(charger, lambda c: c.override_duty_cycle(None), "restart_ends_override", emulator)


@pytest.mark.parametrize("modem_build", [True, False])
async def test_pilot_override_ends(connect: Connect, modem_build: bool) -> None:
    """The control pilot is given back to the charger, with a powerline modem and without."""
    charger, emulator = await connect(modem_build=modem_build)
    emulator.plug_in()
    await charger.override_duty_cycle(50)
    assert (await charger.fetch()).duty_cycle_percent == 50
    await charger.override_duty_cycle(None)
    # 16 A is a duty cycle of 16 / 0.6 = 26.7 %.
    assert (await charger.fetch()).duty_cycle_percent == pytest.approx(26.7, abs=0.1)


# On and off


@pytest.mark.parametrize(
    ("firmware", "paused", "access"),
    [
        ("1.8", Mode.OFF, Access.OFF),
        ("3.7.4", Mode.OFF, Access.OFF),
        ("3.8.5", Mode.PAUSE, Access.PAUSE),
        (NEWEST, Mode.PAUSE, Access.PAUSE),
    ],
)
@pytest.mark.parametrize("mode", [Mode.NORMAL, Mode.SOLAR, Mode.SMART])
async def test_off_and_on_again_in_the_same_mode(
    connect: Connect, firmware: str, paused: Mode, access: Access, mode: Mode
) -> None:
    """Forbidden and allowed again, the charger charges in the mode it had before.

    A charger that knows a pause is paused, which keeps its OCPP session; an older one is switched off.
    """
    charger, emulator = await connect(firmware)
    emulator.plug_in()
    emulator.sun(12)
    await charger.set_mode(mode)
    await charger.fetch()
    for _ in range(2):
        await charger.set_charging(False)
        state = await charger.fetch()
        assert (state.mode, state.access, state.status) == (paused, access, Status.PAUSED)
        load = charger.load(state)
        assert (load.limit_a, load.set_a) == (0, 16)
        await charger.set_charging(True)
        state = await charger.fetch()
        assert (state.mode, state.access, state.status) == (mode, Access.ON, Status.CHARGING)


@pytest.mark.parametrize("mode", [OFF, 4, NORMAL])
async def test_on_or_off_already_sends_nothing(connect: Connect, mode: int) -> None:
    """What is so already, even if only since the last reading, is not sent: an off of its owner stays an off."""
    charger, emulator = await connect()
    emulator.turn_mode(mode)
    await charger.set_charging(mode == NORMAL)
    assert emulator.mode_id == mode
    assert not [call for call in emulator.calls if call.method == "POST"]


async def test_on_after_a_pause(connect: Connect) -> None:
    """Switched on after a pause, the charger charges in the mode it had before."""
    charger, emulator = await connect()
    emulator.turn_mode(SMART)
    emulator.turn_mode(4)
    await charger.fetch()
    await charger.set_charging(True)
    assert (await charger.fetch()).mode is Mode.SMART


async def test_s12_switched_off_from_here_is_no_wait_for_a_card(connect: Connect) -> None:
    """Old firmware shows the same for both, but what was switched off from here is paused."""
    charger, emulator = await connect("3.7.4", rfid_reader="EnableAll")
    emulator.plug_in()
    await charger.set_charging(False)
    assert (await charger.fetch()).status is Status.PAUSED
    emulator.swipe()
    assert (await charger.fetch()).status is Status.CHARGING
    emulator.swipe()
    assert (await charger.fetch()).status is Status.AWAITING_AUTHORIZATION


async def test_the_card_of_a_session_is_one_that_authorised_it(connect: Connect) -> None:
    """Not the one of the last session, nor one that was refused, nor any where none is asked for."""
    charger, emulator = await connect("3.11.1", rfid_reader="EnableAll")

    async def card() -> str | None:
        return charger.session_reading(await charger.fetch()).card

    emulator.access = 0
    emulator.plug_in()
    emulator.last_card = "010203040506"
    assert await card() is None
    emulator.swipe("04A1B2C3D4E5F6")
    assert await card() == "04A1B2C3D4E5F6"
    emulator.rfid_reader = "Disabled"
    assert await card() is None


async def test_on_without_a_known_mode(connect: Connect) -> None:
    """A charger whose previous mode is not known is not switched on in a guessed mode."""
    charger, emulator = await connect()
    emulator.turn_mode(OFF)
    emulator.says = {"evse": {"mode": 9}}
    await _refused(charger, lambda c: c.set_charging(True), "mode_before_unknown", emulator)


@pytest.mark.parametrize(
    ("mode", "lost_keys", "allowed"),
    [
        (NORMAL, set(), True),
        (SOLAR, set(), True),
        (OFF, set(), False),
        (4, set(), False),
        (NORMAL, {"access"}, True),
        (OFF, {"access"}, False),
        (4, {"access"}, False),
        (OFF, {"access", "mode", "mode_id"}, None),
    ],
)
async def test_a7_allows_charging(
    connect: Connect, mode: int, lost_keys: set[str], allowed: bool | None
) -> None:
    """The capability and the state that the switch shows agree; without the access, the mode decides."""
    charger, emulator = await connect()
    emulator.turn_mode(mode)
    emulator.lost_keys = lost_keys
    state = await charger.fetch()
    assert charger.allows_charging(state) is allowed
    assert state.allows_charging is allowed


async def test_s7_energy_of_a_session_that_lost_its_start(connect: Connect) -> None:
    """What a window counts is the life of the meter, which does not jump when the session does."""
    charger, emulator = await connect()
    emulator.plug_in()
    emulator.advance(60)
    # An energy is shown with the answer that confirms it.
    await charger.fetch()
    before = charger.energy_wh(await charger.fetch())
    assert before is not None
    emulator.draw(0)
    emulator.charged_wh = emulator.total_wh
    state = await charger.fetch()
    assert (state.session_energy_wh, charger.energy_wh(state)) == (None, before)
    emulator.reboot()
    emulator.advance(11)
    # Its meter was not read yet.
    assert charger.energy_wh(await charger.fetch()) is None


# Limits


async def test_an_override_of_zero_is_never_sent(connect: Connect) -> None:
    """An override of 0 means full current to the charger, so a limit of 0 is refused, and a pause is a mode."""
    for firmware in ("1.8", "3.7.4", NEWEST):
        charger, emulator = await connect(firmware)
        for amps in (0, 10, 0.0, 6.04, -0.0, 0.04):
            if amps < 6:
                with pytest.raises(ChargerRefusedError) as refused:
                    await charger.set_limit(amps)
                assert refused.value.reason == "out_of_range"
            else:
                await charger.set_limit(amps)
            await charger.set_charging(False)
        sent = [call.query for call in emulator.calls if call.method == "POST"]
        assert sent
        assert not [query for query in sent if query.get("override_current") == "0"]
        assert not [query for query in sent if "disable_override_current" in query]
        assert emulator.mode_id in (0, 4)


@pytest.mark.parametrize("firmware", ["3.7.4", NEWEST])
async def test_a_limit_keeps_a_pause(connect: Connect, firmware: str) -> None:
    """A limit is taken while it is paused, however it was paused, and shown beside the pause."""
    charger, emulator = await connect(firmware)
    emulator.turn_mode(SMART)
    emulator.plug_in()
    await charger.fetch()
    await charger.set_charging(False)
    mode = emulator.mode_id
    await charger.set_limit(9)
    load = charger.load(await charger.fetch())
    assert (load.limit_a, load.set_a, emulator.override_a, emulator.mode_id) == (0, 9, 9, mode)
    await charger.set_charging(True)
    load = charger.load(await charger.fetch())
    assert (load.limit_a, load.set_a, emulator.mode_id) == (9, 9, SMART)


async def test_pause_without_known_access(connect: Connect) -> None:
    """A charger whose answer lacks its access is paused all the same, and shows it by its mode."""
    charger, emulator = await connect()
    emulator.lost_keys = {"access"}
    await charger.fetch()
    await charger.set_charging(False)
    assert emulator.mode_id == OFF
    state = await charger.fetch()
    load = charger.load(state)
    assert (charger.allows_charging(state), load.limit_a, load.set_a) == (False, 0, 16)
    await charger.set_charging(True)
    assert emulator.mode_id == NORMAL


async def test_pause_of_what_shows_neither_access_nor_mode(connect: Connect) -> None:
    """A charger of which nothing is known is switched off, and not switched on in a guessed mode."""
    charger, emulator = await connect()
    emulator.lost_keys = {"access", "mode", "mode_id"}
    await charger.fetch()
    await charger.set_charging(False)
    assert emulator.mode_id == OFF


@pytest.mark.parametrize("firmware", ["3.7.4", NEWEST])
async def test_pause_in_solar_mode(connect: Connect, firmware: str) -> None:
    """In solar mode, too, it is paused and resumed, and a limit leaves both as they are."""
    charger, emulator = await connect(firmware)
    emulator.turn_mode(SOLAR)
    emulator.plug_in()
    await charger.fetch()
    for _ in range(2):
        await charger.set_charging(False)
        assert emulator.access != 1
        # Up to its maximum there is nothing to limit.
        await charger.set_limit(16)
        with pytest.raises(ChargerRefusedError) as refused:
            await charger.set_limit(10)
        assert refused.value.reason == "not_in_solar_mode"
        assert emulator.access != 1
        await charger.set_charging(True)
        assert (emulator.mode_id, emulator.override_a) == (SOLAR, 0)


# What else sets the current


@pytest.mark.parametrize(
    ("mode", "loadbl", "own"),
    [
        (NORMAL, 0, None),
        (SMART, 0, OwnBalancing.SMART_MODE),
        (SOLAR, 0, OwnBalancing.SOLAR_MODE),
        (NORMAL, 1, OwnBalancing.MASTER),
        (NORMAL, 2, OwnBalancing.NODE),
        (SMART, 5, OwnBalancing.NODE),
    ],
)
async def test_own_balancing(connect: Connect, mode: int, loadbl: int, own: OwnBalancing | None) -> None:
    """A charger that regulates by its own meter, or shares with others, reports that, also while it is switched off."""
    charger, emulator = await connect(loadbl=loadbl)
    emulator.turn_mode(mode)
    assert charger.own_balancing(await charger.fetch()) is own
    emulator.turn_mode(OFF)
    assert charger.own_balancing(await charger.fetch()) is own


@pytest.mark.usefixtures("noon")
async def test_mains_meter(connect: Connect, session: ClientSession) -> None:
    """The mains currents are read, also an export, until the charger repeats one reading for 15 s."""
    _, emulator = await connect()
    seconds = 0.0
    charger = SmartEvse(session, emulator.host, emulator.port, zone=ZONE, clock=lambda: seconds)
    await charger.fetch()
    meter = charger.capability(MainsMeter)
    assert meter is not None
    emulator.house(-3.5)
    assert meter.mains_currents_a(await charger.fetch()) == (-3.5, -3.5, -3.5)
    emulator.freeze_mains()
    for silent in (False, True, True):
        state = await charger.fetch()
        assert (meter.mains_currents_a(state) is None) is silent
        seconds += 15
        emulator.advance(15)
    emulator.freeze_mains(0)
    assert meter.mains_currents_a(await charger.fetch()) == (-3.5, -3.5, -3.5)
    emulator.fail(1)
    assert meter.mains_currents_a(await charger.fetch()) is None


async def test_mains_meter_of_old_firmware(connect: Connect, session: ClientSession) -> None:
    """Without the raw reading, the corrected one counts; a meter that is fed from outside is not its own."""
    charger, emulator = await connect()
    emulator.lost_keys = {"original_data", "last_data_update"}
    assert charger.mains_currents_a(await charger.fetch()) == (2, 2, 2)
    for kind in ("Disabled", "API"):
        charger, _ = await connect(mains_meter=kind)
        assert charger.capability(MainsMeter) is None
    assert SmartEvse(session, "host", 80, zone=ZONE).capability(MainsMeter) is None


async def test_load(connect: Connect) -> None:
    """The load is what the charger may draw, what it draws, and on which phases."""
    charger, emulator = await connect()
    emulator.current_min, emulator.enable_c2 = 7, 1
    emulator.plug_in()
    emulator.advance(5)
    emulator.draw(13)
    load = charger.load(await charger.fetch())
    assert (load.limit_a, load.minimum_a, load.maximum_a) == (16, 7, 16)
    assert (load.phases, load.drawn_a, load.status) == ((1,), (13, 0, 0), Status.CHARGING)


async def test_load_of_what_is_not_known(connect: Connect) -> None:
    """A value that is not known is assumed to be safe for the fuse, or the load is refused."""
    charger, emulator = await connect("3.7.4", ev_meter="Disabled")
    emulator.lost_keys = {"current_min"}
    load = charger.load(await charger.fetch())
    assert (load.minimum_a, load.phases, load.drawn_a) == (6, (1, 2, 3), None)
    emulator.lost_keys = {"current_max"}
    state = await charger.fetch()
    with pytest.raises(ChargerProtocolError):
        charger.load(state)
    await _refused(charger, lambda c: c.set_limit(10), "limits_unknown", emulator)


async def test_load_with_a_phase_that_is_not_measured(connect: Connect) -> None:
    """Half a measurement is none."""
    charger, emulator = await connect()
    emulator.lost_keys = {"L2"}
    assert charger.load(await charger.fetch()).drawn_a is None


# Refusals


@pytest.mark.parametrize(
    "command",
    [
        lambda c: c.set_limit(10),
        lambda c: _change(c, "minimum_current", 7),
        lambda c: _change(c, "mains_sum_limit", 40),
        lambda c: c.feed_mains(MainsReading(currents_a=(1, 2, 3))),
        lambda c: c.feed_mains(MainsReading(battery_a=1)),
    ],
)
@pytest.mark.parametrize("firmware", ["1.8", NEWEST])
async def test_node_refuses(connect: Connect, firmware: str, command: Command) -> None:
    """A value that the master sets is refused at a node, with that reason."""
    charger, emulator = await connect(firmware, loadbl=2, mains_meter="API")
    await _refused(charger, command, "is_node", emulator)


async def test_node_takes_the_modes_of_its_master(connect: Connect) -> None:
    """A node without a mains meter of its own may well be in solar mode: its master has one."""
    charger, emulator = await connect(loadbl=3, mains_meter="Disabled")
    await charger.set_mode(Mode.SOLAR)
    assert emulator.mode == SOLAR


@pytest.mark.parametrize("mode", [Mode.SOLAR, Mode.SMART])
@pytest.mark.parametrize("firmware", [OLDEST, NEWEST])
async def test_no_mains_meter(connect: Connect, firmware: str, mode: Mode) -> None:
    """A mode that the charger would echo and ignore for want of a mains meter is refused before it is sent."""
    charger, emulator = await connect(firmware, mains_meter="Disabled")
    emulator.calls.clear()
    await _refused(charger, lambda c: c.set_mode(mode), "no_mains_meter", emulator)
    assert not [call for call in emulator.calls if call.method == "POST"]


@pytest.mark.parametrize("firmware", [OLDEST, "1.8", "3.7.4"])
async def test_no_pause(connect: Connect, firmware: str) -> None:
    """Old firmware knows no pause, and is not asked for one."""
    charger, emulator = await connect(firmware)
    await _refused(charger, lambda c: c.set_mode(Mode.PAUSE), "no_pause", emulator)


async def test_no_override_in_solar_mode(connect: Connect) -> None:
    """In solar mode the sun decides, also while the charger is off."""
    charger, emulator = await connect()
    emulator.turn_mode(SOLAR)
    await _refused(charger, lambda c: c.set_limit(10), "not_in_solar_mode", emulator)
    # Up to its maximum there is nothing to limit.
    await charger.set_limit(16)
    assert (emulator.mode_id, emulator.override_a) == (SOLAR, 0)
    emulator.turn_mode(OFF)
    await _refused(charger, lambda c: c.set_limit(10), "not_in_solar_mode", emulator)


@pytest.mark.parametrize(
    "command",
    [
        *(lambda c, a=a: c.set_limit(a) for a in (0, -0.0, 5.99, 16.01, -1, math.nan, math.inf)),
        *(lambda c, a=a: _change(c, "minimum_current", a) for a in (0, 5, 17, math.nan)),
        *(lambda c, a=a: _change(c, "mains_sum_limit", a) for a in (0, 9, 601, math.inf)),
        *(lambda c, a=a: _change(c, "mains_sum_limit_time", a) for a in (-1, 61, math.nan)),
        *(lambda c, a=a: _change(c, "solar_start_current", a) for a in (-1, 49)),
        *(lambda c, a=a: _change(c, "solar_maximum_import", a) for a in (-1, 49)),
        *(lambda c, a=a: _change(c, "solar_stop_time", a) for a in (-1, 61)),
        *(lambda c, a=a: c.feed_mains(MainsReading(battery_a=a)) for a in (-3277, 3277, math.nan, math.inf)),
        lambda c: c.feed_mains(MainsReading(currents_a=(1, math.nan, 1))),
        lambda c: c.feed_mains(MainsReading(currents_a=(1, 1, 1e9))),
        lambda c: c.feed_ev(EvReading(currents_a=(math.inf, 1, 1))),
        lambda c: c.feed_ev(EvReading(import_wh=-1, export_wh=0, power_w=0)),
        lambda c: c.feed_ev(EvReading(import_wh=0, export_wh=1e10, power_w=0)),
        lambda c: c.feed_ev(EvReading(import_wh=0, export_wh=0, power_w=40_000)),
        lambda c: c.override_duty_cycle(-1),
        lambda c: c.override_duty_cycle(100.1),
        lambda c: c.override_duty_cycle(math.nan),
    ],
)
async def test_out_of_range(connect: Connect, command: Command) -> None:
    """A value outside what the charger takes is refused, with its range, before anything is sent."""
    charger, emulator = await connect(mains_meter="API", ev_meter="API")
    with pytest.raises(ChargerRefusedError) as refused:
        await command(charger)
    assert refused.value.reason == "out_of_range"
    (low, *unit), (high, *same) = (refused.value.placeholders[end].split() for end in ("minimum", "maximum"))
    assert float(low) < float(high)
    # Only a part of a colour has no unit.
    assert unit == same
    assert emulator.calls == []


async def test_range_of_the_override_is_that_of_the_charger(connect: Connect) -> None:
    """The least and the most are those that this charger is set to."""
    charger, emulator = await connect()
    emulator.current_min, emulator.current_max = 8, 13
    await charger.fetch()
    for amps in (7.9, 13.1):
        with pytest.raises(ChargerRefusedError) as refused:
            await charger.set_limit(amps)
        assert refused.value.placeholders == {"minimum": "8 A", "maximum": "13 A"}
    for amps in (8, 13):
        await charger.set_limit(amps)
        assert emulator.override_a == amps


@pytest.mark.parametrize(
    "command",
    [
        lambda c: _change(c, "minimum_current", 6.5),
        lambda c: _change(c, "mains_sum_limit", 40.1),
        lambda c: _change(c, "mains_sum_limit_time", 0.5),
        lambda c: _change(c, "solar_start_current", 1.5),
        lambda c: _change(c, "solar_maximum_import", 1.5),
        lambda c: _change(c, "solar_stop_time", 1.5),
    ],
)
async def test_whole_numbers_only(connect: Connect, command: Command) -> None:
    """Half an ampere, which the charger would silently cut off, is refused."""
    charger, emulator = await connect()
    await _refused(charger, command, "whole_numbers_only", emulator)


async def test_all_readings_at_once(connect: Connect) -> None:
    """What belongs together goes in one request."""
    charger, emulator = await connect(mains_meter="API", ev_meter="API")
    await charger.feed_mains(MainsReading(currents_a=(1, 2, 3), battery_a=-4))
    assert emulator.last_query("/currents") == {"L1": "10", "L2": "20", "L3": "30", "battery_current": "-40"}
    await charger.feed_ev(EvReading(currents_a=(6, 0, 0), power_w=1400, import_wh=5000, export_wh=0))
    assert (emulator.api_ev_a, emulator.api_ev_power_w, emulator.total_wh) == ([6, 0, 0], 1400, 5000)
    assert len([call for call in emulator.calls if call.method == "POST"]) == 2


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (lambda c: c.feed_mains(MainsReading()), "mains_reading_empty"),
        (lambda c: c.feed_ev(EvReading()), "ev_meter_incomplete"),
        (lambda c: c.feed_ev(EvReading(power_w=230)), "ev_meter_incomplete"),
        (lambda c: c.feed_ev(EvReading(currents_a=(1, 1, 1), import_wh=230)), "ev_meter_incomplete"),
    ],
)
async def test_half_a_reading(connect: Connect, command: Command, reason: str) -> None:
    """What the charger would not take is refused unsent."""
    charger, emulator = await connect(mains_meter="API", ev_meter="API")
    emulator.calls.clear()
    await _refused(charger, command, reason, emulator)
    assert not [call for call in emulator.calls if call.method == "POST"]


async def test_readings_are_checked_unsent(connect: Connect) -> None:
    """A reading can be checked before it is sent."""
    charger, emulator = await connect(mains_meter="API")
    emulator.calls.clear()
    charger.check_mains(MainsReading(currents_a=(1, 2, 3)))
    with pytest.raises(ChargerRefusedError, match="ev_meter_not_api"):
        charger.check_ev(EvReading(currents_a=(1, 2, 3)))
    assert emulator.calls == []


async def test_meters_that_are_not_fed(connect: Connect) -> None:
    """Currents are only sent to a charger that listens to them."""
    charger, emulator = await connect()
    await _refused(
        charger, lambda c: c.feed_mains(MainsReading(currents_a=(1, 2, 3))), "mains_meter_not_api", emulator
    )
    await _refused(
        charger, lambda c: c.feed_ev(EvReading(currents_a=(1, 2, 3))), "ev_meter_not_api", emulator
    )
    await _refused(
        charger,
        lambda c: c.feed_ev(EvReading(import_wh=1, export_wh=2, power_w=3)),
        "ev_meter_not_api",
        emulator,
    )
    assert not [call for call in emulator.calls if call.method == "POST"]


async def test_meters_that_are_not_known(connect: Connect) -> None:
    """A charger whose meters are not known is sent the reading, and an empty reply is a refusal."""
    charger, emulator = await connect()
    emulator.lost_keys = {"mains_meter", "description"}
    await _refused(
        charger, lambda c: c.feed_mains(MainsReading(currents_a=(1, 2, 3))), "value_not_allowed", emulator
    )
    await _refused(
        charger, lambda c: c.feed_ev(EvReading(currents_a=(1, 2, 3))), "value_not_allowed", emulator
    )


@pytest.mark.parametrize(
    ("firmware", "options", "command"),
    [
        ("3.10.3", {}, lambda c: _change(c, "capacity_mode", CapacityMode.FIXED)),
        ("1.8", {}, lambda c: _change(c, "mains_sum_limit_time", 5)),
        ("3.6.10", {}, lambda c: _change(c, "custom_button", True)),
        ("3.6.10", {}, lambda c: _change(c, "display_lock", True)),
        ("3.7.4", {}, lambda c: _change(c, "cable_lock", True)),
        (NEWEST, {}, lambda c: _change(c, "required_car_id", "0A0B")),
        ("3.7.4", {"modem_build": True}, lambda c: _change(c, "required_car_id", "")),
        (NEWEST, {}, lambda c: c.set_led_color(Led.OFF, (0, 0, 256))),
        (NEWEST, {}, lambda c: c.set_led_color(Led.OFF, (0, -1, 0))),
    ],
)
async def test_command_that_the_firmware_does_not_know(
    connect: Connect, firmware: str, options: dict[str, Any], command: Command
) -> None:
    """A command that the firmware does not have, and answers with an empty reply of status 200, is a refusal."""
    charger, emulator = await connect(firmware, **options)
    await _refused(charger, command, "value_not_allowed", emulator)


async def test_path_that_the_firmware_does_not_know(connect: Connect) -> None:
    """A command on a path that does not exist yet is an answer that makes no sense, and changes nothing."""
    charger, emulator = await connect("3.6.10")
    with pytest.raises(ChargerProtocolError):
        await charger.set_led_color(Led.OFF, (1, 2, 3))
    assert (await charger.fetch()).led_colors == {}
    assert emulator.leds["off"] == (0, 0, 0)


async def test_car_id_that_is_too_long(connect: Connect) -> None:
    """A car's identifier has at most 32 characters."""
    charger, emulator = await connect(modem_build=True)
    await _refused(charger, lambda c: _change(c, "required_car_id", "x" * 33), "text_length", emulator)
    await _change(charger, "required_car_id", "x" * 32)
    assert (await charger.fetch()).required_car_id == "x" * 32


@pytest.mark.parametrize(
    "card",
    [
        "",
        "0102",
        "01020304",
        "01-02-03-04",
        "1020304050",
        "0102030405067",
        "01020304050G",
        "0" * 13,
        "0" * 16,
        "é" * 12,
    ],
)
async def test_card_that_is_none(connect: Connect, card: str) -> None:
    """A card's number has 12 or 14 hexadecimal digits; another one is not sent."""
    charger, emulator = await connect(rfid_reader="EnableAll")
    await _refused(charger, lambda c: c.authorize(card), "rfid_card_invalid", emulator)
    assert not [call for call in emulator.calls if call.method == "POST"]


@pytest.mark.parametrize("reader", ["Learn", "Delete", "DeleteAll"])
async def test_reader_that_learns(connect: Connect, reader: str) -> None:
    """A reader that would store or delete the card is not given one."""
    charger, emulator = await connect(rfid_reader=reader)
    await _refused(charger, lambda c: c.authorize("010203040506"), "rfid_reader_learning", emulator)
    assert not [call for call in emulator.calls if call.method == "POST"]


async def test_reader_that_is_off(connect: Connect) -> None:
    """A reader that is switched off is named as the reason."""
    charger, emulator = await connect()
    await _refused(charger, lambda c: c.authorize("010203040506"), "rfid_reader_off", emulator)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("RFID reader not enabled", "rfid_reader_off"),
        ("Invalid RFID hex string", "rfid_card_invalid"),
        ("Invalid RFID length", "rfid_card_invalid"),
        ("Missing rfid parameter", "rfid_card_invalid"),
        ("Card not in storage", "rfid_card_unknown"),
    ],
)
async def test_refusals_of_the_reader(
    session: ClientSession, bare: BareServer, status: str, reason: str
) -> None:
    """Each refusal of the reader has its reason."""
    charger = await _answered(session, bare, f'{{"rfid_status": "{status}"}}'.encode())
    with pytest.raises(ChargerRefusedError) as refused:
        await charger.authorize("010203040506")
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("firmware", "reader", "can"),
    [
        (NEWEST, "EnableAll", True),
        ("3.10.3", "Disabled", True),
        ("3.9.3", "EnableAll", False),
        ("3.8.5", "EnableAll", False),
        ("1.8", "EnableAll", False),
    ],
)
async def test_authorizer(connect: Connect, firmware: str, reader: str, can: bool) -> None:
    """Cards are only offered where the firmware has the command for them."""
    charger, _ = await connect(firmware, rfid_reader=reader)
    assert (charger.capability(Authorizer) is charger) is can


def test_nothing_before_the_first_reading(session: ClientSession) -> None:
    """A charger that was never read has no reader, and no report but an empty one."""
    charger = SmartEvse(session, "192.0.2.1", 80, zone=ZONE)
    assert charger.capability(Authorizer) is None
    assert charger.report() == {"/settings": None}
    assert charger.capability(Limiter) is charger
    assert charger.capability(PilotOverride) is charger


async def test_command_before_the_first_reading(session: ClientSession, bare: BareServer) -> None:
    """A command that must know the charger first is not sent blindly."""
    charger = SmartEvse(session, bare.host, bare.port, zone=ZONE)
    with pytest.raises(ChargerProtocolError):
        await charger.set_limit(10)
    assert bare.received == []


# Refusals by the reply


async def _answered(session: ClientSession, bare: BareServer, body: bytes, **evse: Any) -> SmartEvse:
    """Return a charger that was read, and whose reply to any command is this."""
    settings = {"current_min": 6, "current_max": 16, "mains_meter": "API", "starttime": 0, "stoptime": 0}
    answer = {
        "mode": "NORMAL",
        "car_connected": True,
        "evse": {"access": 1, "mode": 0, "rfidreader": "EnableAll", **evse},
        "settings": settings,
        "ev_meter": {"description": "API"},
    }
    bare.answers = [reply(str(answer).replace("'", '"').replace("True", "true").encode()), reply(body)]
    charger = SmartEvse(session, bare.host, bare.port, zone=ZONE)
    await charger.fetch()
    return charger


COMMANDS: list[Command] = [
    lambda c: c.set_mode(Mode.SMART),
    lambda c: c.set_limit(10),
    lambda c: c.set_delayed_start(datetime.now(UTC) + timedelta(hours=1)),
    lambda c: _change(c, "minimum_current", 8),
    lambda c: _change(c, "mains_sum_limit", 48),
    lambda c: _change(c, "mains_sum_limit_time", 15),
    lambda c: _change(c, "capacity_mode", CapacityMode.FIXED),
    lambda c: _change(c, "solar_start_current", 6),
    lambda c: _change(c, "solar_maximum_import", 6),
    lambda c: _change(c, "solar_stop_time", 10),
    lambda c: _change(c, "second_contactor", SecondContactor.AUTO),
    lambda c: _change(c, "display_lock", True),
    lambda c: _change(c, "cable_lock", True),
    lambda c: _change(c, "required_car_id", "0A"),
    lambda c: _change(c, "backlight", True),
    lambda c: _change(c, "custom_button", True),
    lambda c: c.set_led_color(Led.OFF, (1, 2, 3)),
    lambda c: c.feed_mains(MainsReading(currents_a=(1, 2, 3))),
    lambda c: c.feed_mains(MainsReading(battery_a=1)),
    lambda c: c.feed_ev(EvReading(currents_a=(1, 2, 3))),
    lambda c: c.feed_ev(EvReading(import_wh=1, export_wh=2, power_w=3)),
    lambda c: c.authorize("010203040506"),
    lambda c: c.override_duty_cycle(50),
]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"{}",
        b"[]",
        b'"OK"',
        b"true",
        b'{"something": "else"}',
        b'{"mode": null, "ev_meter": {}, "color": {}, "original": null, "settings": {}, "starttime": null}',
    ],
)
async def test_reply_without_the_echo(
    session: ClientSession, bare: BareServer, command: Command, body: bytes
) -> None:
    """A command is done only when the reply has its key; an empty reply, or another key, is a refusal."""
    charger = await _answered(session, bare, body)
    with pytest.raises(ChargerRefusedError) as refused:
        await command(charger)
    assert refused.value.reason == "value_not_allowed"


@pytest.mark.parametrize(
    ("command", "key"),
    [
        (lambda c: c.set_mode(Mode.SMART), "mode"),
        (lambda c: c.set_limit(10), "override_current"),
        (lambda c: _change(c, "minimum_current", 8), "current_min"),
        (lambda c: _change(c, "mains_sum_limit_time", 15), "max_sum_mains_time"),
        (lambda c: _change(c, "backlight", True), "Backlight"),
        (lambda c: _change(c, "cable_lock", True), "cablelock"),
        (lambda c: c.override_duty_cycle(50), "override_pwm"),
    ],
)
@pytest.mark.parametrize(("loadbl", "reason"), [(0, "value_not_allowed"), (2, "is_node")])
async def test_value_not_allowed(
    session: ClientSession, bare: BareServer, command: Command, key: str, loadbl: int, reason: str
) -> None:
    """The charger's own refusal, which comes with status 200, is a refusal; at a node the reason is known."""
    charger = await _answered(session, bare, f'{{"{key}": "{REFUSED}"}}'.encode(), loadbl=loadbl)
    with pytest.raises(ChargerRefusedError) as refused:
        await command(charger)
    assert refused.value.reason == reason


async def test_stop_time_that_was_not_taken(session: ClientSession, bare: BareServer) -> None:
    """For this setting the reply is only whether it was accepted."""
    charger = await _answered(session, bare, b'{"stop_timer": false}')
    with pytest.raises(ChargerRefusedError) as refused:
        await _change(charger, "solar_stop_time", 10)
    assert refused.value.reason == "value_not_allowed"


@pytest.mark.parametrize("command", [*COMMANDS, lambda c: c.reboot()])
@pytest.mark.parametrize("line", [Line.FORBIDDEN, Line.UNAUTHORIZED])
async def test_pin(connect: Connect, command: Command, line: Line) -> None:
    """A fork that wants a PIN for commands can be read, and its refusal names the PIN."""
    charger, emulator = await connect(
        mains_meter="API", ev_meter="API", rfid_reader="EnableAll", modem_build=True
    )
    emulator.line, emulator.line_for = line, lambda request: request.method == "POST"
    await _refused(charger, command, "pin_required", emulator)


@pytest.mark.parametrize("line", [Line.FORBIDDEN, Line.UNAUTHORIZED])
async def test_set_up_portal(connect: Connect, line: Line) -> None:
    """A charger that waits for its Wi-Fi to be set up refuses to be read; there is no log-in that could help."""
    charger, emulator = await connect()
    emulator.line = line
    with pytest.raises(ChargerProtocolError):
        await charger.fetch()


# Delayed start, stop and repeat


@pytest.mark.parametrize("firmware", ["1.8", NEWEST])
async def test_delayed_start(connect: Connect, noon: FrozenDateTimeFactory, firmware: str) -> None:
    """The car starts at the moment that was set, in the mode that the charger has, and not before."""
    charger, emulator = await connect(firmware)
    emulator.turn_mode(SMART)
    emulator.plug_in()
    await charger.fetch()
    start = datetime(2026, 11, 20, 14, 2, 59, tzinfo=UTC)
    await charger.set_delayed_start(start)
    # An hour ahead of UTC, and without quotes.
    assert emulator.last_query("/settings") == {
        "mode": "3",
        "starttime": "2026-11-20T15:02",
        "stoptime": "0",
        "repeat": "0",
    }
    state = await charger.fetch()
    assert (state.status, state.access) == (Status.SCHEDULED, Access.OFF)
    assert state.delayed_start == datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
    emulator.advance((start - NOW).total_seconds() - 120)
    assert (await charger.fetch()).status is Status.SCHEDULED
    emulator.advance(120)
    state = await charger.fetch()
    assert (state.status, state.mode) == (Status.CHARGING, Mode.SMART)


async def test_delayed_start_stop_and_repeat(connect: Connect, noon: FrozenDateTimeFactory) -> None:
    """A start, a stop and their daily repetition are set one after the other, each keeping the others."""
    charger, emulator = await connect()
    start, stop = datetime(2026, 11, 20, 22, 30, tzinfo=UTC), datetime(2026, 11, 21, 5, tzinfo=UTC)
    await charger.set_delayed_start(start)
    await charger.fetch()
    await charger.set_delayed_stop(stop)
    assert emulator.last_query("/settings") == {
        "mode": "1",
        "starttime": "2026-11-20T23:30",
        "stoptime": "2026-11-21T06:00",
        "repeat": "0",
    }
    await charger.fetch()
    await charger.set_daily_repeat(True)
    assert emulator.last_query("/settings")["repeat"] == "1"
    state = await charger.fetch()
    assert (state.delayed_start, state.delayed_stop, state.daily_repeat) == (start, stop, True)
    # Another start keeps stop and repeat, but for a stop that would come before it.
    await charger.set_delayed_start(start + timedelta(hours=1))
    assert emulator.last_query("/settings")["repeat"] == "1"
    await charger.fetch()
    await charger.set_delayed_start(stop + timedelta(hours=1))
    # What is left out stays as it was, so it is sent that there is none.
    assert emulator.last_query("/settings") == {
        "mode": "1",
        "starttime": "2026-11-21T07:00",
        "stoptime": "0",
        "repeat": "0",
    }
    state = await charger.fetch()
    assert (state.delayed_stop, state.daily_repeat) == (None, False)


@pytest.mark.parametrize(
    ("now", "start", "sent"),
    [
        # The clocks go back in the night to 25 October 2026, and forward in that to 28 March 2027.
        ("2026-10-24T20:00Z", "2026-10-24T23:30Z", "2026-10-25T01:30"),
        ("2026-10-24T20:00Z", "2026-10-25T02:30Z", "2026-10-25T03:30"),
        ("2026-10-24T20:00Z", "2026-10-25T00:30Z", "2026-10-25T02:30"),
        ("2027-03-27T20:00Z", "2027-03-28T00:59Z", "2027-03-28T01:59"),
        ("2027-03-27T20:00Z", "2027-03-28T01:00Z", "2027-03-28T03:00"),
        ("2026-12-31T20:00Z", "2026-12-31T23:30Z", "2027-01-01T00:30"),
    ],
)
async def test_delayed_start_across_a_change_of_the_clocks(
    connect: Connect, freezer: FrozenDateTimeFactory, now: str, start: str, sent: str
) -> None:
    """The charger gets the time on its own wall, and means the same moment by it."""
    freezer.move_to(datetime.fromisoformat(now))
    charger, emulator = await connect()
    moment = datetime.fromisoformat(start)
    await charger.set_delayed_start(moment.astimezone(ZoneInfo("America/New_York")))
    assert emulator.last_query("/settings")["starttime"] == sent
    assert (await charger.fetch()).delayed_start == moment


@pytest.mark.parametrize("seconds", [-86_400, -1, 0, 5, 29])
async def test_start_in_the_past(connect: Connect, noon: FrozenDateTimeFactory, seconds: int) -> None:
    """A start that is over, or is so for a charger that knows only minutes, is refused: the car would charge at once."""
    charger, emulator = await connect()
    emulator.turn_mode(OFF)
    emulator.calls.clear()
    await _refused(
        charger,
        lambda c: c.set_delayed_start(NOW + timedelta(seconds=seconds)),
        "start_in_the_past",
        emulator,
    )
    assert not [call for call in emulator.calls if call.method == "POST"]
    await charger.set_delayed_start(NOW + timedelta(seconds=30))
    assert (await charger.fetch()).delayed_start == NOW + timedelta(seconds=30)


@pytest.mark.parametrize("mode", [OFF, SMART, NORMAL])
async def test_start_in_the_past_of_the_charger(
    connect: Connect, noon: FrozenDateTimeFactory, mode: int
) -> None:
    """A charger whose clock is ahead takes the start for over: it does not charge at once, and that is not hidden."""
    charger, emulator = await connect()
    emulator.turn_mode(mode)
    before = await charger.fetch()
    emulator.advance(600)
    with pytest.raises(ChargerRefusedError) as refused:
        await charger.set_delayed_start(NOW + timedelta(minutes=5))
    assert refused.value.reason == "start_in_the_past"
    after = await charger.fetch()
    assert after.mode is before.mode


async def test_stop_before_start(connect: Connect, noon: FrozenDateTimeFactory) -> None:
    """A stop must come a minute after the start, which must be still to come."""
    charger, emulator = await connect()
    stop = NOW + timedelta(hours=2)
    await _refused(charger, lambda c: c.set_delayed_stop(stop), "no_delayed_start", emulator)
    await _refused(charger, lambda c: c.set_daily_repeat(True), "no_delayed_start", emulator)
    await charger.set_delayed_start(stop)
    await _refused(charger, lambda c: c.set_daily_repeat(True), "no_delayed_start", emulator)
    for moment in (stop - timedelta(hours=1), stop, stop + timedelta(seconds=20)):

        def command(charger: SmartEvse, moment: datetime = moment) -> Awaitable[None]:
            return charger.set_delayed_stop(moment)

        await _refused(charger, command, "stop_before_start", emulator)


async def test_stop_of_a_start_that_is_over(connect: Connect, noon: FrozenDateTimeFactory) -> None:
    """Once the charger has started, its stop is left alone: setting it again would start it anew."""
    charger, emulator = await connect()
    await charger.set_delayed_start(NOW + timedelta(minutes=1))
    await charger.fetch()
    await charger.set_delayed_stop(NOW + timedelta(hours=1))
    noon.tick(120)
    emulator.tick(0)
    assert (await charger.fetch()).access is Access.ON
    await _refused(
        charger, lambda c: c.set_delayed_stop(NOW + timedelta(hours=2)), "no_delayed_start", emulator
    )
    assert (await charger.fetch()).delayed_stop == NOW + timedelta(seconds=3570)


@pytest.mark.parametrize("firmware", ["1.8", "3.5.1", "3.6.0", "3.11.1"])
@pytest.mark.parametrize(
    ("command", "access"),
    [
        (lambda c: c.set_charging(True), Access.ON),
        (lambda c: c.set_mode(Mode.SMART), Access.ON),
        (lambda c: c.set_mode(Mode.OFF), Access.OFF),
    ],
)
async def test_mode_cancels_a_delayed_start_and_stop(
    connect: Connect, noon: FrozenDateTimeFactory, firmware: str, command: Command, access: Access
) -> None:
    """A mode that is set takes effect at once, and leaves no timer that would switch it on or off later."""
    charger, emulator = await connect(firmware)
    emulator.plug_in()
    stop = NOW + timedelta(hours=2)
    await charger.delay_start(NOW + timedelta(hours=1), stop, daily=True, mode=None)
    await charger.fetch()
    await command(charger)
    for _ in range(3):
        state = await charger.fetch()
        assert (state.delayed_start, state.delayed_stop, state.daily_repeat) == (None, None, False)
        assert state.access is access
        emulator.advance(24 * 3600)


@pytest.mark.parametrize("firmware", ["1.8", "3.5.1", "3.6.0", "3.11.1"])
async def test_pause_is_not_ended_by_a_timer(
    connect: Connect, noon: FrozenDateTimeFactory, firmware: str
) -> None:
    """A stop that was left by a start of before does not switch the charger off, nor its repeat on again."""
    charger, emulator = await connect(firmware)
    emulator.plug_in()
    await charger.delay_start(
        NOW + timedelta(minutes=1), NOW + timedelta(hours=2), daily=True, mode=Mode.NORMAL
    )
    emulator.advance(600)
    assert (await charger.fetch()).status is Status.CHARGING
    await charger.set_charging(False)
    emulator.advance(26 * 3600)
    assert (await charger.fetch()).allows_charging is False
    await charger.set_charging(True)
    emulator.advance(26 * 3600)
    assert (await charger.fetch()).status is Status.CHARGING


@pytest.mark.parametrize("firmware", ["1.8", "3.6.0", "3.11.1"])
async def test_start_for_once_inherits_nothing(
    connect: Connect, noon: FrozenDateTimeFactory, firmware: str
) -> None:
    """A start for once has no stop, though one of before stays in the charger unless it is replaced."""
    charger, emulator = await connect(firmware)
    emulator.plug_in()
    start = NOW + timedelta(hours=1)
    await charger.delay_start(start, start + timedelta(hours=1), daily=True, mode=None)
    await charger.delay_start(start, None, daily=False, mode=None)
    state = await charger.fetch()
    assert (state.delayed_start is not None, state.delayed_stop, state.daily_repeat) == (True, None, False)
    emulator.advance(30 * 3600)
    assert (await charger.fetch()).status is Status.CHARGING


# The second contactor


@pytest.mark.parametrize("firmware", ["1.8", "3.8.5", "3.11.1"])
async def test_s14_phases_never_under_load(connect: Connect, firmware: str) -> None:
    """The second contactor is set while no car charges, and what it then has is shown at once."""
    charger, emulator = await connect(firmware)
    emulator.plug_in()
    emulator.advance(5)
    assert charger.phases(await charger.fetch()) == 3
    await _refused(charger, lambda c: c.set_phases(1), "phases_under_load", emulator)
    await charger.set_charging(False)
    await charger.set_phases(1)
    assert charger.phases(await charger.fetch()) == 1
    await charger.set_charging(True)
    emulator.advance(5)
    state = await charger.fetch()
    assert (charger.phases(state), charger.load(state).phases, emulator.ev_currents_a) == (
        1,
        (1,),
        [16, 0, 0],
    )
    await charger.set_charging(False)
    await charger.set_phases(3)
    await charger.set_charging(True)
    emulator.advance(5)
    state = await charger.fetch()
    assert (charger.phases(state), charger.load(state).phases) == (3, (1, 2, 3))
    assert (emulator.ev_currents_a, emulator.c2_set_under_load) == ([16, 16, 16], 0)


async def test_s14_what_holds_already_is_not_sent(connect: Connect) -> None:
    """Each setting of the contactor is stored in flash, so it is sent only when it is another one."""
    charger, emulator = await connect()
    writes = emulator.flash_writes
    await charger.set_phases(3)
    assert emulator.flash_writes == writes
    await charger.set_phases(1)
    assert emulator.flash_writes == writes + 1


@pytest.mark.parametrize(("number", "phases"), [(0, None), (1, 1), (2, None), (3, 3), (4, None)])
async def test_s14_who_decides_on_the_phases(connect: Connect, number: int, phases: int | None) -> None:
    """Where the charger decides itself, or has no second contactor, the phases cannot be chosen."""
    charger, emulator = await connect()
    emulator.enable_c2 = number
    state = await charger.fetch()
    assert charger.phases(state) == phases
    assert (charger.capability(PhaseSwitch) is charger) is (phases is not None)
    # One answer that lacks the key changes nothing.
    emulator.lost_keys = {"enable_C2"}
    assert charger.phases(await charger.fetch()) is None
    assert (charger.capability(PhaseSwitch) is charger) is (phases is not None)


async def test_s14_set_under_load_it_holds_later(connect: Connect) -> None:
    """Set at the charger while a car charges, the phases stay what they are until charging begins anew."""
    charger, emulator = await connect()
    emulator.plug_in()
    emulator.advance(5)
    await _change(charger, "second_contactor", SecondContactor.ALWAYS_OFF)
    state = await charger.fetch()
    assert (charger.phases(state), charger.load(state).phases) == (3, (1, 2, 3))
    await charger.set_charging(False)
    assert charger.phases(await charger.fetch()) == 1


async def test_s14_no_second_contactor_before_the_first_reading(session: ClientSession) -> None:
    """Of a charger that was never read it is not known."""
    assert SmartEvse(session, "192.0.2.1", 80, zone=ZONE).capability(PhaseSwitch) is None


# A fork without solar mode


async def test_s9_fork_takes_the_modes_that_are_sent(connect: Connect) -> None:
    """A fork that counts its modes without solar is sent its own numbers, and solar is not offered."""
    charger, emulator = await connect("fork")
    emulator.turn_mode(SMART)
    emulator.plug_in()
    state = await charger.fetch()
    assert (state.mode, charger.modes(state)) == (Mode.SMART, (Mode.NORMAL, Mode.SMART))
    await charger.set_limit(10)
    for _ in range(2):
        await charger.set_charging(False)
        assert (emulator.mode_id, (await charger.fetch()).status) == (OFF, Status.PAUSED)
        await charger.set_charging(True)
        assert (emulator.mode_id, (await charger.fetch()).mode) == (SMART, Mode.SMART)
    await charger.set_mode(Mode.NORMAL)
    await charger.fetch()
    await charger.set_mode(Mode.SMART)
    assert (emulator.mode_id, emulator.last_query("/settings")["mode"]) == (SMART, "2")
    await _refused(charger, lambda c: c.set_mode(Mode.SOLAR), "no_such_mode", emulator)
    await _refused(charger, lambda c: c.set_mode(Mode.PAUSE), "no_pause", emulator)


async def test_s9_fork_that_was_switched_off_all_along(connect: Connect) -> None:
    """Of a fork that was never seen in smart mode the numbers are not known, and the one before is taken."""
    charger, emulator = await connect("fork")
    emulator.turn_mode(SMART)
    emulator.turn_mode(OFF)
    await charger.fetch()
    await charger.set_charging(True)
    assert (emulator.mode_id, (await charger.fetch()).mode) == (SMART, Mode.SMART)


@pytest.mark.parametrize(("mode", "word"), [(NORMAL, Mode.NORMAL), (SMART, Mode.SMART)])
async def test_s9_fork_is_known_over_a_restart_of_ours(
    connect: Connect, session: ClientSession, mode: int, word: Mode
) -> None:
    """What a fork has shown of its numbers is known at once, and not only once it is seen in that mode again."""
    charger, emulator = await connect("fork")
    emulator.turn_mode(mode)
    await charger.fetch()
    emulator.turn_mode(OFF)
    await charger.fetch()
    again = SmartEvse(session, emulator.host, emulator.port, zone=ZONE)
    again.recall(json.loads(json.dumps(charger.keep())))
    state = await again.fetch()
    assert (Mode.SOLAR in again.modes(state)) is (mode == NORMAL)
    await again.set_charging(True)
    assert (emulator.mode_id, (await again.fetch()).mode) == (mode, word)


@pytest.mark.parametrize("firmware", [firmware for firmware in FIRMWARES if firmware != "fork"])
async def test_s9_nothing_is_stored_of_firmware_with_the_usual_numbers(
    connect: Connect, firmware: str
) -> None:
    """There is nothing to store of what each answer shows anew."""
    charger, emulator = await connect(firmware)
    for mode in (NORMAL, SOLAR, SMART, OFF):
        emulator.turn_mode(mode)
        await charger.fetch()
        assert charger.keep() == {}


# Restart


@pytest.mark.parametrize("firmware", ["1.8", "3.6.10", NEWEST])
async def test_reboot(connect: Connect, firmware: str) -> None:
    """The charger restarts in five seconds, is gone for a while, and comes back without its override."""
    charger, emulator = await connect(firmware)
    await charger.set_limit(10)
    await charger.reboot()
    assert emulator.calls[-1].method == "POST"
    assert emulator.calls[-1].headers["content-length"] == "0"
    assert (await charger.fetch()).override_current_a == 10
    emulator.advance(6)
    with pytest.raises(ChargerUnreachableError):
        await charger.fetch()
    emulator.advance(10)
    assert (await charger.fetch()).override_current_a == 0


async def test_reboot_while_charging(connect: Connect) -> None:
    """A charger that charges restarts after the session, and its other reply is a confirmation."""
    charger, emulator = await connect()
    emulator.plug_in()
    await charger.reboot()
    emulator.advance(60)
    assert (await charger.fetch()).status is Status.CHARGING
    emulator.unplug()
    emulator.advance(1)
    with pytest.raises(ChargerUnreachableError):
        await charger.fetch()


@pytest.mark.parametrize(
    ("before_a", "after_a", "restarted"),
    [(10, 0, True), (10, None, True), (10, 10, False), (10, 12, False), (0, 0, False), (None, 0, False)],
)
async def test_restarted(
    connect: Connect, before_a: float | None, after_a: float | None, restarted: bool
) -> None:
    """An override that is gone may mean a restart, for the answer has no uptime; in solar mode there is none."""
    charger, _ = await connect()
    state = await charger.fetch()
    before, after = (replace(state, override_current_a=amps) for amps in (before_a, after_a))
    assert charger.restarted(before, after) is restarted
    assert not charger.restarted(before, replace(after, underlying_mode=Mode.SOLAR))


async def test_restarted_is_seen_after_a_restart(connect: Connect) -> None:
    """The first answer after a restart of the charger shows that it may have forgotten its limit."""
    charger, emulator = await connect()
    await charger.set_limit(10)
    before = await charger.fetch()
    emulator.reboot()
    emulator.advance(20)
    after = await charger.fetch()
    assert charger.restarted(before, after)
    assert not charger.restarted(after, await charger.fetch())


# Which charger it is


async def test_another_charger_is_refused(smartevse: MakeSmartEvse, session: ClientSession) -> None:
    """After a change of addresses a neighbour's charger is neither read nor sent a command."""
    emulator = await smartevse(serial=54321)
    charger = SmartEvse(session, emulator.host, emulator.port, zone=ZONE, serial="12345")
    with pytest.raises(ChargerMismatchError):
        await charger.fetch()
    with pytest.raises(ChargerMismatchError):
        await charger.identify()
    with pytest.raises(ChargerProtocolError):
        await charger.set_limit(10)
    assert not [call for call in emulator.calls if call.method == "POST"]
    assert "54321" not in str(charger.report())
    emulator.serial = 12345
    assert (await charger.identify()).serial == "12345"


@pytest.mark.parametrize("serial", ["6001", "15001", None])
async def test_s2_one_charger_through_an_update(
    smartevse: MakeSmartEvse, session: ClientSession, serial: str | None
) -> None:
    """A charger stays the same one when newer firmware brings its serial number.

    Also where its entry has the number in its MQTT prefix, which was once taken for the serial.
    """
    emulator = await smartevse("1.8", serial=6001, prefix=15001)
    charger = SmartEvse(session, emulator.host, emulator.port, zone=ZONE, serial=serial)
    assert (await charger.identify()).serial is None
    emulator.firmware = FIRMWARES["3.11.1"]
    assert (await charger.identify()).serial == "6001"


async def test_s2_number_of_the_prefix_is_no_other_charger(
    smartevse: MakeSmartEvse, session: ClientSession
) -> None:
    """A charger with neither of the two numbers is another one."""
    emulator = await smartevse(serial=6001, prefix=15001)
    charger = SmartEvse(session, emulator.host, emulator.port, zone=ZONE, serial="15002")
    with pytest.raises(ChargerMismatchError):
        await charger.identify()


async def test_s2_another_charger_without_a_serial_gets_no_command(
    smartevse: MakeSmartEvse, session: ClientSession
) -> None:
    """Firmware without a serial number is distinguished by the number in its MQTT prefix, once that was read."""
    emulator = await smartevse("1.8", serial=6001, prefix=15001)
    charger = SmartEvse(session, emulator.host, emulator.port, zone=ZONE)
    await charger.fetch()
    # One answer may lack it.
    emulator.lost_keys = {"topic_prefix"}
    await charger.fetch()
    emulator.lost_keys = set()
    emulator.serial, emulator.prefix = 6002, 15002
    with pytest.raises(ChargerMismatchError):
        await charger.fetch()
    with pytest.raises(ChargerMismatchError):
        await charger.set_charging(on=False)
    # An update brings the serial number, and may change the prefix.
    emulator.firmware = FIRMWARES["3.11.1"]
    assert (await charger.fetch()).serial == "6002"


async def test_charger_without_a_serial_is_accepted(smartevse: MakeSmartEvse, session: ClientSession) -> None:
    """A charger without a serial number is accepted."""
    emulator = await smartevse()
    emulator.lost_keys = {"serialnr", "topic_prefix"}
    charger = SmartEvse(session, emulator.host, emulator.port, zone=ZONE, serial="12345")
    assert (await charger.identify()).serial is None


@pytest.mark.parametrize(("wifi", "mac"), [(True, None), (False, "02:00:00:00:00:01")])
async def test_identity(connect: Connect, wifi: bool, mac: str | None) -> None:
    """The identity has a serial number; the address on the network is there only on Ethernet."""
    charger, _ = await connect(wifi=wifi)
    identity = await charger.identify()
    assert (identity.model, identity.serial, identity.firmware) == ("SmartEVSE v3", "12345", "v3.11.1")
    assert identity.mac == mac


async def test_stranger_at_the_address(connect: Connect) -> None:
    """Another product at the address is no SmartEVSE, and the last state still stands."""
    charger, emulator = await connect()
    for line in (Line.STRANGER, Line.HTML, Line.NULL, Line.LIST):
        emulator.line = line
        with pytest.raises(ChargerProtocolError):
            await charger.fetch()
    emulator.line = Line.OK
    await charger.set_limit(10)
    assert emulator.override_a == 10


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("line", [line for line in Line if line is not Line.OK])
async def test_command_on_a_broken_line(connect: Connect, line: Line) -> None:
    """A command whose reply does not arrive raises an error."""
    charger, emulator = await connect()
    emulator.line = line
    async with asyncio.timeout(3):
        with pytest.raises(ChargerError):
            await charger.set_limit(10)
        with pytest.raises(ChargerError):
            await _change(charger, "backlight", True)
    emulator.line = Line.OK
    await charger.set_limit(11)
    assert emulator.override_a == 11


def test_modes_of_the_emulator_are_those_of_the_library() -> None:
    """Both sides count the modes alike."""
    assert [MODES[mode.wire].lower() for mode in Mode] == [mode.value for mode in Mode]
