"""What real boxes of old and new firmware answer, and what of it shows at once."""

from collections import Counter

from chargers.capabilities import Limiter
from chargers.lektrico.charger import Lektrico
from chargers.types import Status

from tests.emulators.base import Line
from tests.emulators.lektrico import LektricoEmulator

from .conftest import Clock, Connect, Make


async def test_l1_a_word_that_is_not_known(box: LektricoEmulator, charger: Lektrico) -> None:
    """A car charges where the letter shows it, whatever newer firmware calls that."""
    info = {"charger_state": "C", "extended_charger_state": "C_REDUCED", "instant_power": 3600.0}
    box.answers_instead = {"charger_info.get": info | {"dynamic_current": 16, "install_current": 32}}
    state = await charger.fetch()
    assert (state.status, state.charging, state.plugged_in) == (Status.CHARGING, True, True)
    assert charger.load(state).limit_a == 16


async def test_l2_firmware_1_23(make: Make, connect: Connect) -> None:
    """What is not among its nine keys is in its other answers: the limit, the energy and the settings."""
    box = await make("1p7k", "1.23", install_current=32)
    box.total_wh, box.dynamic_current = 123_400, 16
    charger = connect(box)
    box.plug_in()
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
