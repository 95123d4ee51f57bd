"""The contract of every charger, of whatever vendor: a new vendor is one more line in VENDORS."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import FrozenInstanceError, dataclass, fields
import json
import math
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import ClientSession
from chargers.capabilities import (
    AccessPoint,
    AccessPointLock,
    Authorizer,
    ChargingSwitch,
    EnergyMeter,
    HardwareLimiter,
    Limiter,
    MainsMeter,
    Memory,
    MeterFeed,
    ModeSwitch,
    PhaseSwitch,
    PilotOverride,
    PowerBudget,
    Resetter,
)
from chargers.charger import Charger
from chargers.clock import Clock
from chargers.errors import ChargerError, ChargerRefusedError, ChargerUnreachableError
from chargers.evnex.charger import Evnex
from chargers.lektrico.box import LektricoBox
from chargers.lektrico.charger import Lektrico
from chargers.smartevse.charger import SmartEvse
from chargers.types import SessionReading, Status
import pytest

from tests.chargers.existing.polled import connect as connect_existing
from tests.chargers.psp.client import client as connect_psp
from tests.emulators.base import Emulator, Line, Request
from tests.emulators.evnex import EvnexEmulator
from tests.emulators.lektrico import SECRETS as LEKTRICO_SECRETS, LektricoEmulator
from tests.emulators.otherbox import OtherboxEmulator
from tests.emulators.psp import REMOTE, PspEmulator, Settings
from tests.emulators.smartevse import SmartEvseEmulator


async def _fetch(_: Emulator, charger: Charger[Any]) -> Any:
    return await charger.fetch()


@dataclass(frozen=True, kw_only=True)
class Vendor[E: Emulator]:
    """One line of the table."""

    name: str
    # A charger with a car that can be plugged in, and with everything in it that must stay private.
    emulator: Callable[[], E]
    connect: Callable[[ClientSession, E], Charger[Any]]
    requests_per_fetch: int
    # Capabilities that it has
    limiter: bool
    authorizer: bool
    pilot_override: bool
    resetter: bool
    access_point_lock: bool = False
    access_point: bool = False
    power_budget: bool = False
    hardware_limiter: bool = False
    streams: bool = False
    # Whether it takes what it is read from as it changes, within this process
    listens: bool = False
    has_serial: bool = True
    memory: bool = False
    mains_meter: bool = False
    meter_feed: bool = False
    mode_switch: bool = False
    phase_switch: bool = False
    # Whether it shows the limit that is set while it is paused
    shows_limit_while_paused: bool = True
    # How many limits a day it stands
    daily_writes: int
    # How many of its conductors it measures; 0: none
    conductors: int
    # How to read its present state: one that streams has to send it first
    read: Callable[[E, Charger[Any]], Awaitable[Any]] = _fetch
    # How many have talked to the charger itself at the same time; a cloud may be asked by many
    most_at_once: Callable[[E], int] = lambda e: e.most_connections
    # What the car may draw at most, and on how many phases it then does; None: not measured
    maximum_a: float
    phases: int | None
    # What it would let a car draw, amperes per phase, and what a person does at the box itself; None: it does
    # not show that
    allows_a: Callable[[E], float]
    switch_off: Callable[[E], None] | None
    secrets: tuple[str, ...]


def _smartevse(firmware: str) -> SmartEvseEmulator:
    emulator = SmartEvseEmulator(
        firmware,
        serial=4815162,
        ocpp_auth_key="hush-hush-key",
        rfid_reader="EnableAll",
        modem_build=True,
        wifi=True,
    )
    # It reads its meters some seconds after its start; that is no change in a test that takes longer.
    emulator.advance(5)
    emulator.last_card = "04A1B2C3D4E5F6"
    emulator.required_evccid = "C0FFEE123456"
    emulator.car_soc = 55
    # Its meter is read some seconds after it has started, which would change the state under a slow test.
    emulator.advance(5)
    return emulator


def _connect_smartevse(session: ClientSession, emulator: SmartEvseEmulator) -> SmartEvse:
    return SmartEvse(session, emulator.host, emulator.port, zone=ZoneInfo("Europe/Amsterdam"))


def _line(firmware: str, *, authorizer: bool) -> Vendor[SmartEvseEmulator]:
    return Vendor(
        name=f"smartevse {firmware}",
        emulator=lambda: _smartevse(firmware),
        connect=_connect_smartevse,
        requests_per_fetch=1,
        limiter=True,
        authorizer=authorizer,
        pilot_override=True,
        memory=True,
        resetter=False,
        access_point=False,
        power_budget=False,
        mode_switch=True,
        phase_switch=True,
        mains_meter=True,
        meter_feed=True,
        daily_writes=500,
        conductors=3,
        maximum_a=16,
        phases=3,
        allows_a=lambda e: (e.override_a or e.current_max) if e.mode_id not in (0, 4) else 0.0,
        switch_off=lambda e: e.turn_mode(0),
        secrets=(
            *("4815162", "emulated_wifi", "00:11:22:33:44:55", "192.0.2.10", "homeassistant", "SmartEVSE/"),
            *("SmartEVSE-", "hush-hush-key", "ocpp.example", "charge-box-7", "04A1B2C3D4E5F6"),
            *("0A0B0C0D0E0F", "C0FFEE123456"),
        ),
    )


def _lektrico(model: str, firmware: str) -> LektricoEmulator:
    emulator = LektricoEmulator(model, firmware, username="owner", password="hush-hush")
    emulator.settle_in()
    return emulator


def _connect_lektrico(session: ClientSession, emulator: LektricoEmulator) -> Lektrico:
    auth = (emulator.username, emulator.password)
    return Lektrico(LektricoBox(session, emulator.host, emulator.port, auth=auth))


def _lektrico_line(model: str, firmware: str, requests: int) -> Vendor[LektricoEmulator]:
    return Vendor(
        name=f"lektrico {model} {firmware}",
        emulator=lambda: _lektrico(model, firmware),
        connect=_connect_lektrico,
        # The first time, when all is new.
        requests_per_fetch=requests,
        limiter=True,
        authorizer=True,
        pilot_override=False,
        resetter=True,
        access_point_lock=True,
        phase_switch=model == "3p22k" and firmware not in ("1.23", "1.41"),
        # It is paused by the limit, where it reports no pause.
        shows_limit_while_paused=firmware != "1.23",
        daily_writes=1000,
        conductors=3 if model == "3p22k" else 1,
        maximum_a=16,
        phases=3 if model == "3p22k" else 1,
        allows_a=lambda e: e.allows_a,
        switch_off=None if firmware == "1.23" else lambda e: e.pause(),
        secrets=(
            *("hush-hush", "500006", "500123", *map(str, LEKTRICO_SECRETS.values())),
            *("emulated_wifi", "00:11:22:33:44:55", "192.0.2.44"),
        ),
    )


def _psp(firmware: str, *, cable_a: int | None, supervised: bool = False) -> Vendor[PspEmulator]:
    settings: Settings = {"ChargeCurrent": 32}
    if supervised:
        settings |= {"Meter2Type": REMOTE, "Meter2Ip": Emulator.host}
    return Vendor(
        name=f"psp {firmware}{' supervised' if supervised else ''}",
        emulator=lambda: PspEmulator(firmware, mac="E0:E2:E6:48:15:16", cable_a=cable_a, settings=settings),
        connect=connect_psp,
        # Status, SystemInfo, SystemConfig and two meters at first; most of the later ones are one.
        requests_per_fetch=4 if supervised else 5,
        limiter=True,
        authorizer=False,
        pilot_override=False,
        resetter=True,
        access_point=True,
        power_budget=True,
        phase_switch=True,
        # 0 W hides it.
        shows_limit_while_paused=not supervised,
        daily_writes=1000 if supervised else 30,
        conductors=3,
        maximum_a=cable_a or 32,
        phases=3,
        allows_a=lambda e: e.offered_a if e.started else 0.0,
        switch_off=lambda e: e.push_start(),
        secrets=("E0:E2:E6", "E0E2E6", "481516", "559EVSE", "192.168.0.30", "192.168.0.31"),
    )


def _connect_evnex(session: ClientSession, emulator: EvnexEmulator) -> Evnex:
    return Evnex(
        session,
        f"http://{emulator.host}:{emulator.port}",
        emulator.token(),
        serial=emulator.serial,
        circuit_limit_a=32,
        # Streams are opened again at once.
        clock=Clock(sleep=lambda _: asyncio.sleep(0)),
    )


async def _read_evnex(emulator: EvnexEmulator, charger: Charger[Any]) -> Any:
    stream = charger.stream()
    assert stream is not None
    async with aclosing(stream):
        arriving = asyncio.ensure_future(anext(stream))
        await emulator.subscribed()
        emulator.advance(3)
        await arriving
    await emulator.deserted()
    return await charger.fetch()


EVNEX = Vendor[EvnexEmulator](
    name="evnex",
    emulator=EvnexEmulator,
    connect=_connect_evnex,
    requests_per_fetch=1,
    limiter=True,
    authorizer=False,
    pilot_override=False,
    resetter=False,
    hardware_limiter=True,
    streams=True,
    memory=True,
    mode_switch=True,
    daily_writes=100,
    conductors=0,
    read=_read_evnex,
    most_at_once=lambda e: e.most_calls_at_once,
    maximum_a=32,
    phases=None,
    allows_a=lambda e: 0.0 if e.aci.mode == 0 else e.aci.current,
    switch_off=lambda e: e.turn_mode(0),
    secrets=("0123456789abcdef", "access0000", "192.0.2.44", "203.0.113.9", "garage", "ev@example"),
)


def _existing(*, zero_pauses: bool) -> Vendor[OtherboxEmulator]:
    return Vendor(
        name=f"existing, paused by {'0 A' if zero_pauses else 'a switch'}",
        emulator=lambda: OtherboxEmulator(zero_pauses=zero_pauses),
        connect=connect_existing,
        requests_per_fetch=1,
        limiter=True,
        authorizer=False,
        pilot_override=False,
        resetter=False,
        listens=True,
        has_serial=False,
        phase_switch=True,
        shows_limit_while_paused=not zero_pauses,
        daily_writes=200,
        conductors=3,
        maximum_a=16,
        phases=3,
        allows_a=lambda e: e.allows_a,
        switch_off=None if zero_pauses else lambda e: e.switch_off(),
        secrets=("0123456789abcdef",),
    )


VENDORS: tuple[Vendor[Any], ...] = (
    _line("3.11.1", authorizer=True),
    # The oldest that reports its serial number, and has no pause.
    _line("3.5.1", authorizer=False),
    _lektrico_line("1p7k", "2.0", 12),
    _lektrico_line("3p22k", "1.51", 12),
    # The oldest that reports a pause, and an older one.
    _lektrico_line("3p22k", "1.41", 12),
    _lektrico_line("1p7k", "1.23", 14),
    # A cable of its own, and a socket with a cable that carries less.
    _psp("0.9.2", cable_a=None),
    _psp("0.5.0", cable_a=20),
    # One that obeys us.
    _psp("0.9.2", cable_a=None, supervised=True),
    EVNEX,
    _existing(zero_pauses=False),
    _existing(zero_pauses=True),
)
type Read = Callable[[], Awaitable[Any]]
type Listen = Callable[[], Awaitable[AsyncGenerator[Any]]]

FAULTS = [line for line in Line if line is not Line.OK]


@pytest.fixture(params=VENDORS, ids=lambda vendor: str(vendor.name))
def vendor(request: pytest.FixtureRequest) -> Vendor[Any]:
    """Return one vendor after the other."""
    vendor: Vendor[Any] = request.param
    return vendor


@pytest.fixture
async def emulator(vendor: Vendor[Any]) -> AsyncGenerator[Emulator]:
    """Return a charger of this vendor, listening."""
    async with vendor.emulator() as emulator:
        yield emulator


@pytest.fixture
def charger(vendor: Vendor[Any], emulator: Emulator, session: ClientSession) -> Charger[Any]:
    """Return our side of it."""
    return vendor.connect(session, emulator)


@pytest.fixture
def read(vendor: Vendor[Any], emulator: Emulator, charger: Charger[Any]) -> Read:
    """Return a function that reads the present state."""
    return lambda: vendor.read(emulator, charger)


@pytest.fixture
async def limiter(charger: Charger[Any], read: Read) -> Limiter[Any]:
    """Return how its current is limited, once it was read."""
    await read()
    if charger.capability(Limiter) is None:
        pytest.skip("its current cannot be limited")
    return charger.require(Limiter)


async def test_identity_is_stable_and_names_serial_and_firmware(
    vendor: Vendor[Any], charger: Charger[Any]
) -> None:
    """The same charger reports the same identity each time."""
    identity = await charger.identify()
    assert identity.model and identity.firmware
    # That of another integration's is its own, by which the two would be taken for two that command one charger.
    assert bool(identity.serial) is vendor.has_serial
    assert await charger.identify() == identity


async def test_snapshot_is_frozen_and_equal_while_nothing_happens(read: Read) -> None:
    """A snapshot never changes, and a later one of the same world is equal, so that it updates no entity.

    An energy counts from its second reading on.
    """
    await read()
    first = await read()
    with pytest.raises(FrozenInstanceError):
        setattr(first, fields(first)[0].name, None)
    second = await read()
    assert second is not first
    assert second == first


async def test_plug_charge_unplug(read: Read, emulator: Emulator) -> None:
    """What happens at the plug is seen in the status."""
    assert (await read()).status is Status.DISCONNECTED
    emulator.press("draw", "0")
    emulator.press("plug_in")
    emulator.press("draw", "0")
    plugged = await read()
    assert plugged.status is Status.CONNECTED
    emulator.press("draw", "16")
    assert (await read()).status is Status.CHARGING
    emulator.press("unplug")
    unplugged = await read()
    assert unplugged.status is Status.DISCONNECTED
    assert unplugged != plugged


async def test_what_a_session_is_known_by(charger: Charger[Any], read: Read, emulator: Any) -> None:
    """The plug is known from the pilot, the power and one counter from a meter; the counters only grow."""

    async def read_twice() -> SessionReading:
        # What was counted in a leap counts from its second reading on.
        await read()
        state = await read()
        return charger.require(EnergyMeter).session_reading(state)

    assert not (await read_twice()).plugged_in
    emulator.plug_in()
    reading = await read_twice()
    assert reading.plugged_in
    for _ in range(2):
        emulator.advance(60)
        before, reading = reading, await read_twice()
    assert reading.power_w is not None and reading.power_w > 1000
    for counter in ("total_wh", "session_wh"):
        counted, after = getattr(before, counter), getattr(reading, counter)
        assert counted is None or after >= counted
    assert reading.total_wh is not None or reading.session_wh is not None
    assert reading.phases in (None, 1, 3)
    number, session_wh = reading.number, reading.session_wh
    emulator.unplug()
    await read()
    emulator.plug_in()
    reading = await read_twice()
    assert number is None or reading.number == number + 1
    assert session_wh is None or (reading.session_wh is not None and reading.session_wh < session_wh)


async def test_fetch_costs_what_was_declared_and_only_reads(
    vendor: Vendor[Any], charger: Charger[Any], emulator: Emulator
) -> None:
    """Reading changes nothing, and takes no more requests than the vendor states."""
    await charger.fetch()
    assert len(emulator.calls) == vendor.requests_per_fetch
    assert {call.method for call in emulator.calls} == {"GET"}


async def test_never_asked_two_things_at_once(
    vendor: Vendor[Any], emulator: Emulator, session: ClientSession, charger: Charger[Any]
) -> None:
    """However many ask at once, the charger is asked one thing at a time."""
    other = vendor.connect(session, emulator)
    await asyncio.gather(charger.fetch(), other.fetch())
    emulator.calls.clear()
    emulator.delay_s = 0.001
    limiters = [limiter for each in (charger, other) if (limiter := each.capability(Limiter)) is not None]
    await asyncio.gather(
        *(each.fetch() for each in (charger, other) for _ in range(8)),
        *(limiter.set_limit(10) for limiter in limiters for _ in range(2)),
    )
    assert len(emulator.calls) >= 16
    assert vendor.most_at_once(emulator) == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("line", FAULTS)
async def test_every_fault_of_the_line_is_a_charger_error(
    vendor: Vendor[Any], emulator: Emulator, session: ClientSession, line: Line
) -> None:
    """Whatever the line does, the error is one of ours, in time, and the charger is back with the line."""
    charger = vendor.connect(session, emulator)
    await charger.fetch()
    emulator.line = line
    async with asyncio.timeout(3):
        with pytest.raises(ChargerError):
            await charger.fetch()
        with pytest.raises(ChargerError):
            await charger.identify()
        if charger.capability(Limiter) is not None:
            with pytest.raises(ChargerError):
                await charger.require(Limiter).set_limit(10)
            with pytest.raises(ChargerError):
                await charger.require(ChargingSwitch).set_charging(False)
    charger.report()
    emulator.line = Line.OK
    # A pause whose reply was lost has been carried out.
    assert (await vendor.read(emulator, charger)).status in (Status.DISCONNECTED, Status.PAUSED)


async def test_answer_cut_anywhere(charger: Charger[Any], emulator: Emulator) -> None:
    """An answer that ends too early is never taken for a whole one."""
    await charger.fetch()
    # The second one, which asks for no more than each poll does.
    whole = await charger.fetch()
    emulator.line = Line.CUT
    for length in range(0, emulator.body_length, 10):
        emulator.cut_at = length
        with pytest.raises(ChargerError):
            await charger.fetch()
    emulator.line = Line.OK
    again = await charger.fetch()
    # What is only read now and then, and counted, is known from its second reading on.
    known = [each.name for each in fields(whole) if getattr(whole, each.name) is not None]
    assert [getattr(again, name) for name in known] == [getattr(whole, name) for name in known]


async def test_capabilities(vendor: Vendor[Any], charger: Charger[Any]) -> None:
    """A charger has the capabilities that it is known for, and no others."""
    await charger.fetch()
    assert (charger.capability(Limiter) is not None) is vendor.limiter
    assert (charger.capability(Authorizer) is not None) is vendor.authorizer
    assert (charger.capability(PilotOverride) is not None) is vendor.pilot_override
    assert (charger.capability(Resetter) is not None) is vendor.resetter
    assert (charger.capability(AccessPointLock) is not None) is vendor.access_point_lock
    assert (charger.capability(AccessPoint) is not None) is vendor.access_point
    assert (charger.capability(PowerBudget) is not None) is vendor.power_budget
    assert (charger.capability(HardwareLimiter) is not None) is vendor.hardware_limiter
    assert (charger.capability(Memory) is not None) is vendor.memory
    assert (charger.capability(ModeSwitch) is not None) is vendor.mode_switch
    assert (charger.capability(PhaseSwitch) is not None) is vendor.phase_switch
    # What can be limited can be paused, and in no other way.
    assert (charger.capability(ChargingSwitch) is not None) is vendor.limiter
    assert (charger.capability(MainsMeter) is not None) is vendor.mains_meter
    assert (charger.capability(MeterFeed) is not None) is vendor.meter_feed
    stream = charger.stream()
    assert (stream is not None) is (vendor.streams or vendor.listens)
    if stream is not None:
        await stream.aclose()


async def test_load_is_sane(
    vendor: Vendor[Any], read: Read, limiter: Limiter[Any], emulator: Emulator
) -> None:
    """The load has a limit between 0 and the maximum, and phases that exist."""
    emulator.press("plug_in")
    load = limiter.load(await read())
    assert 6 <= load.minimum_a <= load.maximum_a <= 80
    assert load.limit_a == load.maximum_a
    assert load.phases in ((1,), (1, 2, 3))
    assert load.status is Status.CHARGING
    assert (load.drawn_a is not None) is (vendor.phases is not None)
    assert all(0 <= amps <= load.limit_a for amps in load.drawn_a or ())
    assert len(load.drawn_a or ()) == vendor.conductors
    assert limiter.daily_writes == vendor.daily_writes


async def test_every_conductor_is_reported_whatever_the_car_uses(
    read: Read, limiter: Limiter[Any], emulator: Emulator
) -> None:
    """A one-phase car on a three-phase charger draws nothing on the other two, and reports that."""
    if not isinstance(emulator, (SmartEvseEmulator, LektricoEmulator)) or limiter.load(
        await read()
    ).phases == (1,):
        pytest.skip("it has one phase, or does not tell them apart")
    emulator.draw(13, 1)
    emulator.plug_in()
    emulator.advance(5)
    assert limiter.load(await read()).drawn_a == (13, 0, 0)


async def test_nothing_of_its_own_sets_the_current(charger: Charger[Any], read: Read) -> None:
    """As they come, nothing but a limit of ours steers them; and what sees the mains sees a current on each phase."""
    state = await read()
    assert charger.own_balancing(state) is None
    if charger.capability(MainsMeter) is not None:
        assert charger.require(MainsMeter).mains_currents_a(state) == (2, 2, 2)


async def test_limit_is_obeyed_and_read_back(
    vendor: Vendor[Any], read: Read, limiter: Limiter[Any], emulator: Emulator
) -> None:
    """The charger offers no more than its limit, and shows it."""
    emulator.press("plug_in")
    emulator.advance(5)
    await limiter.set_limit(10)
    assert vendor.allows_a(emulator) == 10
    load = limiter.load(await read())
    assert (load.limit_a, load.set_a) == (10, 10)
    if vendor.phases is not None:
        assert load.drawn_a is not None
        assert load.drawn_a[: vendor.phases] == (10,) * vendor.phases
        assert not any(load.drawn_a[vendor.phases :])


async def test_limit_is_rounded_down_to_a_step(read: Read, limiter: Limiter[Any], emulator: Emulator) -> None:
    """What is between two steps is the lower one."""
    emulator.press("plug_in")
    emulator.advance(5)
    step_a = limiter.load(await read()).step_a
    await limiter.set_limit(10 + 1.5 * step_a)
    assert limiter.load(await read()).limit_a == pytest.approx(10 + step_a)


@pytest.mark.parametrize("read_between", [True, False], ids=["read between", "at once"])
async def test_the_switch_pauses_and_a_limit_with_it_resumes(
    vendor: Vendor[Any],
    charger: Charger[Any],
    read: Read,
    limiter: Limiter[Any],
    emulator: Emulator,
    read_between: bool,
) -> None:
    """What is paused stays so, and shows it; it goes on with the limit that is set then, read in between or not."""
    switch = charger.require(ChargingSwitch)
    emulator.press("plug_in")
    await limiter.set_limit(10)
    assert switch.allows_charging(await read()) is True
    for _ in range(2):
        await switch.set_charging(False)
        assert vendor.allows_a(emulator) == 0
        if read_between:
            state = await read()
            assert state.status is Status.PAUSED
            assert switch.allows_charging(state) is False
            load = limiter.load(state)
            assert (load.limit_a, load.set_a) == (0, 10 if vendor.shows_limit_while_paused else None)
    await limiter.set_limit(8)
    await switch.set_charging(True)
    assert vendor.allows_a(emulator) == 8
    await switch.set_charging(True)
    state = await read()
    assert state.status is Status.CHARGING
    assert switch.allows_charging(state) is True
    load = limiter.load(state)
    assert (load.limit_a, load.set_a) == (8, 8)


async def test_the_switch_alone_resumes_with_no_more_than_before(
    vendor: Vendor[Any], charger: Charger[Any], read: Read, limiter: Limiter[Any], emulator: Emulator
) -> None:
    """Without a limit it goes on with that of before, or with the minimum where the pause has hidden it."""
    switch = charger.require(ChargingSwitch)
    emulator.press("plug_in")
    await limiter.set_limit(9)
    await read()
    await switch.set_charging(False)
    await switch.set_charging(True)
    assert vendor.allows_a(emulator) == (9 if vendor.shows_limit_while_paused else 6)
    await switch.set_charging(False)
    assert vendor.allows_a(emulator) == 0


async def test_a_limit_keeps_a_pause_that_does_not_hide_it(
    vendor: Vendor[Any], charger: Charger[Any], read: Read, limiter: Limiter[Any], emulator: Emulator
) -> None:
    """A limit is set beside the pause of the switch and shown there; where the pause hides it, the limit ends it."""
    emulator.press("plug_in")
    await charger.require(ChargingSwitch).set_charging(False)
    for amps in (10, 12):
        await limiter.set_limit(amps)
        load = limiter.load(await read())
        assert load.set_a == amps
        allowed = 0 if vendor.shows_limit_while_paused else amps
        assert (load.limit_a, vendor.allows_a(emulator)) == (allowed, allowed)


def lost_after(emulator: Emulator, count: int) -> Callable[[Request], bool]:
    """Return the test that a request comes after so many."""
    return lambda _: len(emulator.calls) >= count


async def test_a_pause_is_kept_until_the_charger_has_its_end(
    vendor: Vendor[Any], charger: Charger[Any], limiter: Limiter[Any], emulator: Emulator
) -> None:
    """The end of a pause that is lost on the way, at whichever request, is carried out when it is sent again."""
    switch = charger.require(ChargingSwitch)
    emulator.press("plug_in")
    await switch.set_charging(False)
    emulator.line = Line.ERROR
    for lost_from in range(1, 8):
        received = len(emulator.calls)
        emulator.line_for = lost_after(emulator, received + lost_from)
        try:
            await limiter.set_limit(8)
            await switch.set_charging(True)
        except ChargerError:
            assert vendor.allows_a(emulator) in (0, 8)
        else:
            break
    assert lost_from > 1
    assert vendor.allows_a(emulator) == 8


async def test_a_pause_whose_reply_was_lost_is_ended(
    vendor: Vendor[Any], charger: Charger[Any], limiter: Limiter[Any], emulator: Emulator
) -> None:
    """A charger that has paused, though its reply never arrived, goes on when that is sent."""
    switch = charger.require(ChargingSwitch)
    emulator.press("plug_in")
    emulator.line, emulator.line_for = Line.CUT, lambda request: request.method != "GET"
    # One that reads again when a reply is lost knows that it has paused.
    with suppress(ChargerError):
        await switch.set_charging(False)
    assert vendor.allows_a(emulator) == 0
    emulator.line = Line.OK
    await switch.set_charging(False)
    assert vendor.allows_a(emulator) == 0
    await limiter.set_limit(8)
    await switch.set_charging(True)
    assert vendor.allows_a(emulator) == 8


@pytest.mark.parametrize(
    "amps", [0, -0.0, 1, 3, 5.9, 5.999, 80.1, 81, 1e9, -1, -10, math.nan, math.inf, -math.inf]
)
async def test_senseless_limit_is_refused_unsent(
    vendor: Vendor[Any], limiter: Limiter[Any], emulator: Emulator, amps: float
) -> None:
    """A limit that no charger or no car can keep is refused before anything is sent."""
    emulator.press("plug_in")
    allowed = vendor.allows_a(emulator)
    emulator.calls.clear()
    with pytest.raises(ChargerRefusedError) as refused:
        await limiter.set_limit(amps)
    assert refused.value.reason == "out_of_range"
    assert emulator.calls == []
    assert vendor.allows_a(emulator) == allowed


@pytest.mark.parametrize("excess_a", [0.1, 1, 5])
async def test_limit_above_the_maximum_is_refused(
    vendor: Vendor[Any], limiter: Limiter[Any], emulator: Emulator, excess_a: float
) -> None:
    """More than the wiring behind the charger carries is refused before anything is sent."""
    allowed = vendor.allows_a(emulator)
    emulator.calls.clear()
    with pytest.raises(ChargerRefusedError):
        await limiter.set_limit(vendor.maximum_a + excess_a)
    assert emulator.calls == []
    assert vendor.allows_a(emulator) == allowed


switched_off = pytest.mark.parametrize(
    "vendor",
    [vendor for vendor in VENDORS if vendor.switch_off is not None],
    ids=lambda vendor: str(vendor.name),
    indirect=True,
)


@switched_off
async def test_what_a_person_switched_off_stays_off(
    vendor: Vendor[Any], charger: Charger[Any], read: Read, limiter: Limiter[Any], emulator: Emulator
) -> None:
    """A limit never switches on what was switched off at the charger, nor does a pause in between; the switch does."""
    switch = charger.require(ChargingSwitch)
    emulator.press("plug_in")
    assert vendor.switch_off is not None
    vendor.switch_off(emulator)
    load = limiter.load(await read())
    # More than the maximum has no effect.
    assert load.limit_a == 0
    assert load.set_a is not None
    assert load.set_a >= vendor.maximum_a
    for amps in (10, 0, 12):
        if amps:
            await limiter.set_limit(amps)
        elif vendor.shows_limit_while_paused:
            await switch.set_charging(False)
        assert vendor.allows_a(emulator) == 0
        assert switch.allows_charging(await read()) is False
    load = limiter.load(await read())
    assert (load.limit_a, load.set_a) == (0, 12)
    await switch.set_charging(True)
    assert vendor.allows_a(emulator) == 12


@switched_off
async def test_switched_off_and_paused_at_once(
    vendor: Vendor[Any], charger: Charger[Any], limiter: Limiter[Any], emulator: Emulator
) -> None:
    """Both at once end with one limit and one use of the switch, too."""
    switch = charger.require(ChargingSwitch)
    emulator.press("plug_in")
    assert vendor.switch_off is not None
    vendor.switch_off(emulator)
    await switch.set_charging(False)
    assert vendor.allows_a(emulator) == 0
    await limiter.set_limit(7)
    await switch.set_charging(True)
    assert vendor.allows_a(emulator) == 7


async def test_no_secret_in_report_or_repr(
    vendor: Vendor[Any], charger: Charger[Any], read: Read, emulator: Emulator
) -> None:
    """A bug report and a log line contain no serial number, network, account, card or car."""
    emulator.press("plug_in")
    assert str(charger.report())
    identity = await charger.identify()
    state = await read()
    text = f"{charger.report()} {state!r} {identity!r}"
    assert identity.firmware is not None and identity.firmware in text
    assert [secret for secret in vendor.secrets if secret.lower() in text.lower()] == []


# Those that stream

streaming = pytest.mark.parametrize(
    "vendor",
    [vendor for vendor in VENDORS if vendor.streams],
    ids=lambda vendor: str(vendor.name),
    indirect=True,
)


@pytest.fixture
async def listen(charger: Charger[Any]) -> AsyncGenerator[Listen]:
    """Return a function that begins to listen."""
    async with AsyncExitStack() as stack:

        async def listen() -> AsyncGenerator[Any]:
            stream = charger.stream()
            assert stream is not None
            return await stack.enter_async_context(aclosing(stream))

        yield listen


async def _next(stream: AsyncGenerator[Any], emulator: Any) -> Any:
    arriving = asyncio.ensure_future(anext(stream))
    await emulator.subscribed()
    emulator.advance(3)
    async with asyncio.timeout(5):
        return await arriving


@streaming
async def test_what_happens_is_streamed(listen: Listen, emulator: Emulator) -> None:
    """Each change is in the next snapshot, and nothing is asked for it."""
    stream = await listen()
    assert (await _next(stream, emulator)).status is Status.DISCONNECTED
    emulator.calls.clear()
    emulator.press("plug_in")
    assert (await _next(stream, emulator)).status is Status.CHARGING
    emulator.press("unplug")
    assert (await _next(stream, emulator)).status is Status.DISCONNECTED
    assert emulator.calls == []


@streaming
async def test_snapshots_are_equal_while_nothing_happens(listen: Listen, emulator: Emulator) -> None:
    """What wavers and means nothing is no change."""
    stream = await listen()
    first = await _next(stream, emulator)
    for _ in range(10):
        assert await _next(stream, emulator) == first


@streaming
async def test_a_closed_stream_closes_its_connection(listen: Listen, emulator: Any) -> None:
    """A stream that is closed leaves nothing open."""
    stream = await listen()
    await _next(stream, emulator)
    assert emulator.subscribers
    await stream.aclose()
    async with asyncio.timeout(5):
        await emulator.deserted()
    for _ in range(100):
        await asyncio.sleep(0.01 if emulator.connections else 0)
    assert emulator.connections == 0


@streaming
async def test_stream_cut_anywhere(listen: Listen, emulator: Any) -> None:
    """A stream that ends, wherever, ends with an error of ours; the next attempt goes on, and half an event is none."""
    stream = await listen()
    await _next(stream, emulator)
    for _ in range(3):
        ended = asyncio.ensure_future(anext(stream))
        emulator.press("cut_streams")
        with pytest.raises(ChargerUnreachableError):
            await ended
        await emulator.deserted()
        stream = await listen()
        assert (await _next(stream, emulator)).status is Status.DISCONNECTED


@streaming
@pytest.mark.usefixtures("impatient")
async def test_a_dead_stream_is_noticed(listen: Listen, emulator: Any) -> None:
    """A connection on which nothing comes any more is given up, though it was not closed."""
    stream = await listen()
    await _next(stream, emulator)
    emulator.press("deaden_streams")
    async with asyncio.timeout(5):
        with pytest.raises(ChargerUnreachableError):
            await anext(stream)


@streaming
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("line", FAULTS)
async def test_every_fault_of_the_line_ends_the_stream(listen: Listen, emulator: Any, line: Line) -> None:
    """Whatever comes instead of a stream, the error is one of ours, in time, and the stream is back afterwards."""
    emulator.line = line
    async with asyncio.timeout(5):
        with pytest.raises(ChargerError):
            await anext(await listen())
    emulator.line = Line.OK
    assert (await _next(await listen(), emulator)).status is Status.DISCONNECTED


async def test_what_was_kept_is_recalled(
    vendor: Vendor[Any], emulator: Emulator, session: ClientSession, charger: Charger[Any], read: Read
) -> None:
    """What has to outlive a restart of ours is JSON, and comes back as it was; nonsense is left out."""
    if charger.capability(Memory) is None:
        pytest.skip("it tells all that it knows")
    await read()
    kept = charger.require(Memory).keep()
    again = vendor.connect(session, emulator).capability(Memory)
    assert again is not None
    again.recall(json.loads(json.dumps(kept)))
    assert again.keep() == kept
    again.recall({key: [] for key in kept})
    again.recall({})
