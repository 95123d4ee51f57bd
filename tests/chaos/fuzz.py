"""Every reader of what comes from outside, with good input that was changed and with input that never was good.

The rule: a reader returns what is plausible, or raises an error that it declares, and nothing else.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import count, pairwise
import json
import logging
import random
from random import Random
import tempfile
from typing import Any, override
from unittest.mock import patch
from zoneinfo import ZoneInfo

from aiohttp import ClientSession, ThreadedResolver
from pytest_homeassistant_custom_component.common import async_test_home_assistant, mock_storage

from custom_components.evse_pilot.chargers import http
from custom_components.evse_pilot.chargers.charger import Charger
from custom_components.evse_pilot.chargers.clock import Clock
from custom_components.evse_pilot.chargers.entity_port import Reading, Role
from custom_components.evse_pilot.chargers.errors import ChargerError, ChargerProtocolError
from custom_components.evse_pilot.chargers.evnex.charger import Evnex
from custom_components.evse_pilot.chargers.evnex.models import device_from_wire, event_from_wire, return_value
from custom_components.evse_pilot.chargers.existing.models import Pause, Wiring, pause_of, state_of
from custom_components.evse_pilot.chargers.existing.profiles import FOLDER, read_profile
from custom_components.evse_pilot.chargers.http import JsonHttp
from custom_components.evse_pilot.chargers.lektrico import charger as lektrico
from custom_components.evse_pilot.chargers.lektrico.box import LektricoBox
from custom_components.evse_pilot.chargers.lektrico.charger import Lektrico
from custom_components.evse_pilot.chargers.psp import webapi as psp
from custom_components.evse_pilot.chargers.psp.charger import PspEvse
from custom_components.evse_pilot.chargers.smartevse import charger as smartevse
from custom_components.evse_pilot.chargers.smartevse.charger import SmartEvse
from custom_components.evse_pilot.chargers.sse import EventParser
from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.runtime.storage import Stored
from custom_components.evse_pilot.sessions.store import stored_tracked
from homeassistant.core import HomeAssistant
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from homeassistant.util.json import json_loads_object
from tests.chargers.bare import BareServer, reply
from tests.emulators.base import Emulator
from tests.emulators.evnex import EvnexEmulator
from tests.emulators.lektrico import LektricoEmulator
from tests.emulators.psp import PspEmulator
from tests.emulators.smartevse import FIRMWARES, SmartEvseEmulator
from tests.ha.test_storage import FILES, STORES, VERSIONS, in_storage
from tests.sessions.box import Box

from . import actions
from .clock import WoundLoop
from .junk import Case, mutated, mutated_bytes, value
from .plausible import check_charger, check_state

CIRCUIT_A = 16.0
ZONE = ZoneInfo("Europe/Amsterdam")
# What a server that stalls is given.
_PATIENCE_S = 0.05


class _Log(logging.Handler):
    """Keeps what is logged with a traceback: an error that no reader declares."""

    def __init__(self) -> None:
        """Read errors."""
        super().__init__(logging.ERROR)
        self.faults: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.faults.append(self.format(record))


def fuzz(name: str, seed: int, numbers: Sequence[int]) -> None:
    """Try these cases of a target, one after the other; what one raises has a note with what repeats it.

    A case may depend on all that were before it since the target was set up, so these are repeated as well.
    """
    # Home Assistant spreads what it polls at random.
    random.seed(seed)
    loop_factory = WoundLoop if name in _WOUND else None
    logging.getLogger().addHandler(log := _Log())
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(_fuzz(name, seed, numbers, log.faults))
    finally:
        logging.getLogger().removeHandler(log)


async def _fuzz(name: str, seed: int, numbers: Sequence[int], faults: list[str]) -> None:
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(str(context)))
    number = numbers[0]
    try:
        async with TARGETS[name]() as case:
            for number in numbers:
                await case(Random(f"{name} {seed} {number}"))
                assert not faults, "\n".join(faults)
        assert not faults, "\n".join(faults)
    except BaseException as error:
        error.add_note(f"script/chaos --replay {name}:{seed}:{numbers[0]}-{number}")
        raise


# Readers of the wire


async def _answers(
    vendor: str, module: Any, emulator: Emulator, connect: Callable[[ClientSession], Charger[Any]]
) -> list[tuple[Any, ...]]:
    """Return what a charger hands to its reader in a day of its emulator: idle, with a car, and after a restart."""
    found: list[tuple[Any, ...]] = []
    read = module.from_wire

    def record(*arguments: Any, **options: Any) -> Any:
        found.append(arguments)
        return read(*arguments, **options)

    async with emulator, ClientSession() as session:
        with patch.object(module, "from_wire", record):
            for button in (None, "plug_in", "unplug"):
                if button is not None:
                    emulator.press(button)
                emulator.advance(20)
                await connect(session).fetch()
    return found


def _smartevse(emulator: Emulator, session: ClientSession) -> SmartEvse:
    return SmartEvse(session, emulator.host, emulator.port, zone=ZONE)


def _lektrico(emulator: Emulator, session: ClientSession) -> Lektrico:
    return Lektrico(LektricoBox(session, emulator.host, emulator.port, ids=count(1)), zone=ZONE)


def _psp(emulator: Emulator, session: ClientSession) -> PspEvse:
    return PspEvse(session, emulator.host, emulator.port, clock=_CLOCK)


def _evnex(emulator: Any, session: ClientSession) -> Evnex:
    url = f"http://{emulator.host}:{emulator.port}"
    token, serial = emulator.token(), emulator.serial
    return Evnex(session, url, token, serial=serial, circuit_limit_a=CIRCUIT_A, clock=_CLOCK)


async def _no_wait(_: float) -> None:
    return


_CLOCK = Clock(sleep=_no_wait, uniform=lambda low, high: (low + high) / 2)


@asynccontextmanager
async def _readers(
    vendor: str,
    module: Any,
    emulators: Sequence[Callable[[], Emulator]],
    connect: Callable[[Emulator, ClientSession], Charger[Any]],
    at: int,
) -> AsyncGenerator[Case]:
    """Read the answers of a make, which are its reader's so many-th argument, with something wrong in them."""
    good = []
    for make in emulators:
        emulator = make()
        good += await _answers(vendor, module, emulator, partial(connect, emulator))

    async def case(rng: Random) -> None:
        arguments = list(rng.choice(good))
        answers = arguments[at]
        if at == 1 or vendor == "psp":
            # By method or resource, each of which the client has asked for.
            answers = {
                key: mutated(rng, each) if rng.random() < 0.4 else each for key, each in answers.items()
            }
        else:
            answers = mutated(rng, answers)
        arguments[at] = answers
        with suppress(ChargerError):
            check_state(vendor, module.from_wire(*arguments[: at + 1], *([None] if vendor == "psp" else [])))

    yield case


@asynccontextmanager
async def _evnex_reader() -> AsyncGenerator[Case]:
    """Read events and devices of the cloud of an EVNEX."""
    emulator = EvnexEmulator()
    aci = emulator.aci
    good: list[dict[str, Any]] = []
    for button in ("unplug", "plug_in", "fail"):
        emulator.press(button)
        good += [aci.data(strings=strings) for strings in (False, True)]

    async def case(rng: Random) -> None:
        inner = json.dumps(mutated(rng, rng.choice(good)))
        if rng.random() < 0.2:
            inner = mutated_bytes(rng, inner.encode()).decode(errors="replace")
        event = {
            "data": inner,
            "ttl": 60,
            "published_at": "2026-11-26T12:00:00.000Z",
            "coreid": emulator.serial,
        }
        text = json.dumps(mutated(rng, event) if rng.random() < 0.5 else event)
        if rng.random() < 0.1:
            text = mutated_bytes(rng, text.encode()).decode(errors="replace")
        found = event_from_wire(text, emulator.serial, CIRCUIT_A)
        if found is not None:
            check_state("evnex", replace(found.state, mode=None))
        for read in (device_from_wire, return_value):
            with suppress(ChargerError):
                read(mutated(rng, aci.listed()))

    yield case


_ENTITIES: dict[str, tuple[str, dict[str, Any]]] = {
    "status": ("charging", {}),
    "limit": ("16", {"min": 6, "max": 32, "step": 1, "unit_of_measurement": "A"}),
    "switch": ("on", {}),
    "phases": ("off", {"options": ["1", "3"]}),
    "plugged": ("on", {}),
    "charging": ("on", {}),
    "power": ("11.0", {"unit_of_measurement": "kW"}),
    **{f"current_l{phase}": ("16.0", {"unit_of_measurement": "A"}) for phase in (1, 2, 3)},
    "energy": ("1234.5", {"unit_of_measurement": "kWh"}),
    "session_energy": ("1234", {"unit_of_measurement": "Wh"}),
    "online": ("on", {}),
}


@asynccontextmanager
async def _existing_reader() -> AsyncGenerator[Case]:
    """Read what the entities of a charger of another integration show."""
    names = ["", *sorted(path.stem for path in FOLDER.glob("*.json"))]

    def reading(rng: Random, shown: tuple[str, dict[str, Any]]) -> Reading:
        state, attributes = (mutated(rng, part) if rng.random() < 0.5 else part for part in shown)
        # Home Assistant lets no state be anything but a text, or longer.
        return Reading(
            value=None if state is None else str(state)[:255],
            at_s=rng.uniform(0, 1000),
            attributes=attributes if isinstance(attributes, dict) else {},
        )

    async def case(rng: Random) -> None:
        roles = [role for role in Role if rng.random() < 0.7]
        readings = {role: reading(rng, _ENTITIES.get(role, ("on", {}))) for role in roles}
        profile, owners = (
            read_profile(rng.choice(names)),
            frozenset(role for role in roles if rng.random() < 0.3),
        )
        limit = readings.get(Role.LIMIT)
        pause = pause_of(profile, set(roles), owners, ("number", None if limit is None else limit.attributes))
        wiring = Wiring(
            profile=profile,
            circuit_a=rng.uniform(6, 80),
            pause=rng.choice((pause, *Pause)),
            has_limit=rng.random() < 0.8,
            owners=owners,
        )
        check_state(
            "existing",
            state_of(wiring, readings, 1000.0, firmware=None, energy_wh=None, session_energy_wh=None),
        )

    yield case


# The wire itself


@asynccontextmanager
async def _http() -> AsyncGenerator[Case]:
    """Ask a server that cuts, stalls and garbles its answers."""
    good = json.dumps(SmartEvseEmulator().settings()).encode()
    async with BareServer() as server, ClientSession() as session:
        with patch.multiple(http, BUSY_PAUSES_S=(0.0, 0.0), TIMEOUT_S=_PATIENCE_S):

            async def case(rng: Random) -> None:
                status = rng.choice((200, 200, 200, 204, 301, 401, 403, 404, 408, 429, 500, 503, 999))
                body = mutated_bytes(rng, good) if rng.random() < 0.5 else good
                answer = reply(body, status, *(rng.choice(_HEADERS) for _ in range(rng.randrange(3))))
                if rng.random() < 0.7:
                    head, _, rest = answer.partition(b"\r\n\r\n")
                    answer = mutated_bytes(rng, head) + b"\r\n\r\n" + rest
                server.answers = [answer[: rng.randrange(len(answer))] if rng.random() < 0.3 else answer]
                server.hangs_up = rng.random() > 0.02
                server.received.clear()
                client = JsonHttp(session, server.host, server.port, keep_alive=rng.random() < 0.3)
                with suppress(ChargerError):
                    if rng.random() < 0.5:
                        json.dumps(await client.get_json("/settings"))
                    else:
                        await client.post_json("/settings", {"mode": 1}, once=rng.random() < 0.5)

            yield case


_HEADERS = (
    "Content-Encoding: gzip", "Transfer-Encoding: chunked", "Content-Type: text/html", "Set-Cookie: a=b; Path=/",
    "Location: http://127.0.0.1:1/", "Connection: keep-alive", "Content-Length: 5", "Retry-After: -1", "X: \xff",
)  # fmt: skip


@asynccontextmanager
async def _sse() -> AsyncGenerator[Case]:
    """Cut a stream of events anywhere, with something wrong in it: it is the same as in one piece."""
    good = b"".join(
        f"event: {name}\ndata: {json.dumps(data)}\n{end}\n".encode()
        for name, end in (("ACIData", ""), ("spark/status", ":ok\n"), ("", "id: 7\r\n\r\n"))
        for data in ({"data": "{}", "ttl": 60}, {"coreid": "x" * 30})
    )

    async def case(rng: Random) -> None:
        stream = mutated_bytes(rng, good)
        cuts = sorted(rng.randint(0, len(stream)) for _ in range(rng.randrange(12)))
        parser = EventParser()
        pieces = [stream[begin:end] for begin, end in pairwise([0, *cuts, len(stream)])]
        try:
            found = [event for piece in pieces for event in parser.feed(piece)]
            assert found == EventParser().feed(stream)
        except ChargerProtocolError:
            pass
        for event in found:
            event_from_wire(event.data, "0" * 24, CIRCUIT_A)

    yield case


@asynccontextmanager
async def _charger(
    make: Callable[[], Emulator], connect: Callable[[Emulator, ClientSession], Charger[Any]], vendor: str
) -> AsyncGenerator[Case]:
    """Read a whole charger over a socket whose answers have something wrong in them."""
    async with make() as emulator, ClientSession() as session:
        emulator.advance(20)
        emulator.press("plug_in")

        async def case(rng: Random) -> None:
            share = rng.choice((0.0, 0.1, 0.5, 1.0))
            emulator.calls.clear()
            emulator.alters = lambda body: mutated(rng, body) if rng.random() < share else body
            charger = connect(emulator, session)
            for _ in range(2):
                with suppress(ChargerError):
                    await charger.identify()
                with suppress(ChargerError):
                    state = await charger.fetch()
                    check_state(vendor, state)
                    check_charger(charger, state)
                json.dumps(charger.report(), default=str)

        yield case


# What was stored


@asynccontextmanager
async def _home_assistant() -> AsyncGenerator[HomeAssistant]:
    resolver = "homeassistant.helpers.aiohttp_client._async_make_resolver"
    with tempfile.TemporaryDirectory() as folder, patch(resolver, lambda hass: _Resolver()):
        async with async_test_home_assistant(config_dir=folder) as hass:
            hass.data.pop(DATA_CUSTOM_COMPONENTS)
            yield hass
            await hass.async_stop(force=True)


class _Resolver(ThreadedResolver):
    """A resolver as Home Assistant closes it."""

    real_close = ThreadedResolver.close


def _tracked() -> dict[str, Any]:
    box = Box()
    box.plug_in()
    box.draw(7000)
    for _ in range(3):
        box.poll()
    return box.tracker.tracked.as_dict()


@asynccontextmanager
async def _stores() -> AsyncGenerator[Case]:
    """Read what was stored, store what was read, and read the same again."""
    files = FILES | {"session": _tracked()}
    stores: dict[str, Callable[..., Stored[Any]]] = STORES | {"session": stored_tracked}
    versions = VERSIONS | {"session": 1}
    async with _home_assistant() as hass:
        with mock_storage() as storage:

            async def case(rng: Random) -> None:
                kind = rng.choice(sorted(files))
                key = f"{DOMAIN}.{kind}.abc"
                version = versions[kind] if rng.random() < 0.95 else value(rng)
                storage.clear()
                stored = json.dumps(in_storage(key, version, mutated(rng, files[kind])))
                try:
                    storage.update(json_loads_object(stored))
                except ValueError:
                    # Home Assistant itself moves a file away that is no JSON.
                    return
                written = None
                for _ in range(2):
                    record = await stores[kind](hass, "abc").async_load()
                    if record is None:
                        break
                    await stores[kind](hass, "abc").async_save(record)
                    before, written = written, json.dumps(storage[key]["data"], allow_nan=False)
                    assert before in (None, written)

            yield case


# Those of a charger and of the wire itself wait for sockets, and take milliseconds each.
SLOW = ("http", "fetch_smartevse", "fetch_lektrico", "fetch_psp", "fetch_evnex", "actions", "stores")
# In time that is wound.
_WOUND = ("actions",)
TARGETS: dict[str, Callable[[], AbstractAsyncContextManager[Case]]] = {
    "smartevse": partial(
        _readers,
        "smartevse",
        smartevse,
        [partial(SmartEvseEmulator, name) for name in FIRMWARES],
        _smartevse,
        0,
    ),
    "lektrico": partial(
        _readers,
        "lektrico",
        lektrico,
        [partial(LektricoEmulator, *which) for which in (("1p7k", "1.4"), ("3p22k", "2.0"), ("em", "2.0"))],
        _lektrico,
        1,
    ),
    "psp": partial(_readers, "psp", psp, [PspEmulator], _psp, 0),
    "evnex": _evnex_reader,
    "existing": _existing_reader,
    "sse": _sse,
    "stores": _stores,
    "schemas": actions.schemas,
    "actions": actions.actions,
    "http": _http,
    "fetch_smartevse": partial(_charger, SmartEvseEmulator, _smartevse, "smartevse"),
    "fetch_lektrico": partial(_charger, partial(LektricoEmulator, "3p22k", "2.0"), _lektrico, "lektrico"),
    "fetch_psp": partial(_charger, PspEmulator, _psp, "psp"),
    "fetch_evnex": partial(_charger, EvnexEmulator, _evnex, "evnex"),
}
