"""What real boxes of old and new firmware answer, and what of it shows at once."""

from collections import Counter
from typing import Any

from chargers.capabilities import Limiter
from chargers.lektrico.charger import Lektrico
from chargers.lektrico.info import outdated
from chargers.lektrico.words import PhaseMode
from chargers.types import Load, Status
import pytest

from tests.emulators.base import Line
from tests.emulators.lektrico import LektricoEmulator

from .conftest import Clock, Connect, Make


async def load_of(charger: Lektrico) -> Load:
    """Return the load after the next poll."""
    return charger.load(await charger.fetch())


async def test_l1_a_word_that_is_not_known(box: LektricoEmulator, charger: Lektrico) -> None:
    """A car charges where the letter shows it, whatever newer firmware calls that."""
    info = {"charger_state": "C", "extended_charger_state": "C_REDUCED", "instant_power": 3600.0}
    box.answers_instead = {"charger_info.get": info | {"dynamic_current": 16, "install_current": 32}}
    state = await charger.fetch()
    assert (state.status, state.charging, state.plugged_in) == (Status.CHARGING, True, True)
    assert charger.load(state).limit_a == 16


async def test_l2_firmware_1_23(make: Make, connect: Connect, clock: Clock) -> None:
    """What is not among its nine keys is in its other answers: the limit, the energy and the settings."""
    box = await make("1p7k", "1.23", install_current=32)
    box.total_wh, box.dynamic_current = 123_400, 16
    charger = connect(box)
    box.plug_in()
    await charger.fetch()
    # The life's energy is read every five minutes, one of what is due with each poll, and shown with the reading that
    # confirms it.
    for _ in range(10):
        clock.now_s += 301
        state = await charger.fetch()
    assert (state.firmware, state.status, state.dynamic_current_a) == ("1.23", Status.CHARGING, 16)
    assert (state.total_energy_wh, state.install_current_a) == (123_400, 32)
    assert (state.requires_authentication, state.led_brightness_percent) == (False, 100)
    load = charger.load(state)
    assert (load.limit_a, load.set_a, load.maximum_a) == (16, 16, 32)
    assert charger.capability(Limiter) is charger


async def test_l2_a_limit_of_another_on_firmware_1_23(make: Make, connect: Connect, clock: Clock) -> None:
    """A limit that is not in the answer to every poll is asked for at every poll, once."""
    box = await make("1p7k", "1.23")
    charger = connect(box)
    await charger.fetch()
    box.calls.clear()
    for amps in (10, 8, 0, 12):
        box.dynamic_current = amps
        clock.now_s += 61
        state = await charger.fetch()
        assert state.dynamic_current_a == amps
        assert charger.allows_charging(state) is (amps > 0)
    assert Counter(box.reads())["dynamic_current.get"] == 4
    # The next reading is sooner than the others, and finds no other limit either while this one is lost.
    box.line, box.line_for = Line.ERROR, lambda request: request.path == "/rpc/dynamic_current.get"
    box.dynamic_current = 9
    assert (await charger.fetch()).dynamic_current_a == 12
    box.line = Line.OK
    assert (await charger.fetch()).dynamic_current_a == 9


async def test_l2_the_energy_of_a_window_on_firmware_1_23(make: Make, connect: Connect) -> None:
    """The session's energy is read at every poll; the life's is up to five minutes old."""
    box = await make("1p7k", "1.23")
    charger = connect(box)
    box.plug_in()
    await charger.fetch()
    box.advance(60)
    assert charger.energy_wh(await charger.fetch()) == round(box.session_wh)
    newer = await make("1p7k", "1.47")
    charger = connect(newer)
    await charger.fetch()
    assert charger.energy_wh(await charger.fetch()) == newer.total_wh
    # One odd answer does not exchange one counter for the other.
    newer.lost_keys = {"total_charged_energy"}
    assert charger.energy_wh(await charger.fetch()) is None


async def test_l2_firmware_without_any_limit(make: Make, connect: Connect) -> None:
    """Where no answer has the limit it is not known, and nothing is sent for it."""
    box = await make("3p22k", "1.23")
    box.fails_with = {"dynamic_current.get": -6}
    charger = connect(box)
    for _ in range(3):
        state = await charger.fetch()
    assert (state.dynamic_current_a, state.limit_a, charger.allows_charging(state)) == (None,) * 3
    assert box.reads().count("dynamic_current.get") == 1
    await charger.set_limit(10)
    assert box.commands() == [("dynamic_current.set", {"dynamic_current": 10})]


async def test_l3_locked_in_the_app(box: LektricoEmulator, charger: Lektrico, clock: Clock) -> None:
    """The lock follows the state at once, both ways, and a car that charges is not taken to draw nothing."""
    box.plug_in()
    await charger.fetch()
    for _ in range(3):
        clock.now_s += 5
        box.lock()
        state = await charger.fetch()
        assert (state.status, state.locked, charger.load(state).limit_a) == (Status.LOCKED, True, 0)
        clock.now_s += 5
        box.unlock()
        state = await charger.fetch()
        assert (state.status, state.locked) == (Status.CHARGING, False)
        load = charger.load(state)
        assert (load.limit_a, load.drawn_a) == (16, (16.0, 16.0, 16.0))


async def test_l3_while_the_settings_are_lost(box: LektricoEmulator, charger: Lektrico, clock: Clock) -> None:
    """Where the settings cannot be read the state counts, and they are asked for with the next poll."""
    box.line_for = lambda request: request.path == "/rpc/app_config.get"
    box.line = Line.ERROR
    box.plug_in()
    box.lock()
    state = await charger.fetch()
    assert (state.locked, charger.load(state).limit_a) == (True, 0)
    box.line = Line.OK
    await charger.fetch()
    box.line = Line.ERROR
    box.unlock()
    assert (await load_of(charger)).limit_a == 16
    box.line = Line.OK
    clock.now_s += 5
    assert (await charger.fetch()).locked is False


async def test_l3_a_pause_that_has_not_taken_effect(box: LektricoEmulator, charger: Lektrico) -> None:
    """A car that still charges draws, though the charger is paused by now."""
    info = {"charger_state": "C", "charger_is_paused": True, "dynamic_current": 16, "install_current": 16}
    box.answers_instead = {"charger_info.get": info}
    assert (await load_of(charger)).limit_a == 16
    box.answers_instead = {"charger_info.get": info | {"charger_state": "B"}}
    assert (await load_of(charger)).limit_a == 0


async def test_l3_phases_in_the_app(box: LektricoEmulator, charger: Lektrico, clock: Clock) -> None:
    """A conductor that carries a current is connected, and the phases are asked for when it shows that they changed."""
    box.plug_in()
    await charger.fetch()
    for phases, mode in ((1, PhaseMode.SINGLE), (3, PhaseMode.THREE)) * 2:
        clock.now_s += 5
        box.relay(phases)
        state = await charger.fetch()
        assert (state.phase_mode, len(charger.load(state).phases)) == (mode, phases)
    box.relay(1)
    await charger.fetch()
    box.line_for = lambda request: request.path == "/rpc/dynamic_current.get"
    box.line = Line.ERROR
    box.relay(3)
    assert (await load_of(charger)).phases == (1, 2, 3)


async def test_l3_phases_that_every_poll_shows(box: LektricoEmulator, charger: Lektrico) -> None:
    """Firmware that has the phases in the answer to every poll is believed."""
    info = {"charger_state": "B", "dynamic_current": 16, "install_current": 16}
    for mode, phases in ((1, (1,)), (3, (1, 2, 3)), (0, (1, 2, 3))):
        box.answers_instead = {"charger_info.get": info | {"relay_mode": mode}}
        assert (await load_of(charger)).phases == phases


async def test_l3_the_users_limit_in_the_app(box: LektricoEmulator, charger: Lektrico, clock: Clock) -> None:
    """A user limit that was changed in the app counts as soon as the charger names it."""
    box.plug_in()
    for amps in (10, 8, 14, 32):
        clock.now_s += 5
        box.keys["user_current"].value = amps
        state = await charger.fetch()
        assert state.user_current_a == amps
        assert charger.load(state).limit_a == min(amps, 16)


async def test_l3_the_schedule_in_the_app(box: LektricoEmulator, charger: Lektrico) -> None:
    """A schedule that was enabled or disabled in the app shows as soon as it holds a car back, or no longer does."""
    keys = ("start_d", "start_h", "start_m", "end_d", "end_h", "end_m", "current")
    box.schedule = [
        dict(zip(keys, (1, 0, 0, 1, 0, 1, 0), strict=True)),
        dict(zip(keys, (1, 0, 1, 1, 0, 0, 0), strict=True)),
    ]
    box.plug_in()
    await charger.fetch()
    for enabled, status in ((True, Status.SCHEDULED), (False, Status.CHARGING)):
        box.keys["charging_schedule_enabled"].value = enabled
        state = await charger.fetch()
        assert (state.schedule_enabled, state.status) == (enabled, status)


async def test_l3_an_energy_meter_that_is_lost(
    box: LektricoEmulator, charger: Lektrico, clock: Clock
) -> None:
    """The link to an energy meter is down as soon as the charger names that as the reason of its limit."""
    box.limit(8)
    box.plug_in()
    clock.now_s += 61
    for _ in range(6):
        state = await charger.fetch()
    assert state.meter_connected is True
    for offline in (True, False):
        box.em_offline = offline
        assert (await charger.fetch()).meter_connected is not offline


async def test_l3_the_cable(make: Make, connect: Connect) -> None:
    """The limit of a cable counts from the moment at which it is plugged in."""
    box = await make("3p22k", "2.0", install_current=32)
    charger = connect(box)
    assert (await charger.fetch()).cable_current_a == 0
    box.plug_in()
    assert (await charger.fetch()).cable_current_a == 32


async def test_l3_nothing_is_asked_while_nothing_changes(box: LektricoEmulator, charger: Lektrico) -> None:
    """A car that charges, and one that varies its current, cost nothing more."""
    box.plug_in()
    await charger.fetch()
    box.calls.clear()
    for amps in (16, 12.5, 8, 10, 16):
        box.draw(amps)
        await charger.fetch()
    assert box.reads() == ["charger_info.get"] * 5


@pytest.mark.parametrize("before", [None, [], {}, {"charger_state": 7}])
def test_l3_nothing_to_compare_with(before: Any) -> None:
    """Without two answers nothing is old."""
    assert outdated(before, before) == []


async def test_l5_a_start_on_a_charger_that_asks_for_a_card(make: Make, connect: Connect) -> None:
    """A start has a tag, as that of the vendor's client has."""
    box = await make()
    box.keys["headless"].value = False
    box.plug_in()
    charger = connect(box)
    assert (await charger.fetch()).status is Status.AWAITING_AUTHORIZATION
    await charger.start()
    assert (await charger.fetch()).status is Status.CHARGING
    assert box.tag == "HASS"
