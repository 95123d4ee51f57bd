"""A house whose Home Assistant can be killed at any moment: a process of its own, and four chargers that live on."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
import json
from pathlib import Path
import socket
import time
from typing import Any

from aiohttp import ClientError, ClientSession
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import STORAGE_VERSION, STORAGE_VERSION_MINOR
from script.demo import home_assistant as demo
from script.demo.api import Api
from tests.emulators.base import Emulator, Line, Request
from tests.emulators.lektrico import LektricoEmulator
from tests.emulators.psp import PspEmulator
from tests.emulators.smartevse import SmartEvseEmulator
from tests.ha.conftest import entry_for as smartevse_entry
from tests.ha.group.conftest import group_entry, member
from tests.ha.lektrico.conftest import entry_for as lektrico_entry
from tests.ha.psp.conftest import entry_for as psp_entry

FUSE_A, MARGIN_A, SAFE_A = 40, 1, 8
# Half an ampere for each of the others, and what is less than a whole ampere.
NEAR_A = 2.0
CONFIGURATION = """\
homeassistant:
  time_zone: Europe/Amsterdam
  country: NL
api:
onboarding:
logger:
  default: warning
  logs:
    custom_components.evse_pilot: debug
"""
# What a charger shows that was limited, or paused, by its owner or by another controller.
NOT_OURS = ("paused_by_owner", "persons_limit", "charger_limit", "two_masters")
# What the chargers can give, which is all that their owners have set.
MAXIMA_A = (None, 16.0, 32.0)
# For Home Assistant to start, and for a car and its charger to do what they were commanded to.
STARTS_WITHIN_S, SETTLES_WITHIN_S = 60.0, 45.0


def offer_a(box: Emulator) -> float:
    """Return what a charger offers its car on each phase, in A; 0: it is paused."""
    if isinstance(box, SmartEvseEmulator):
        return box.offered_a if box.mode_id == 1 else 0.0
    if isinstance(box, LektricoEmulator):
        return 0.0 if box.is_paused else float(box.allows_a)
    assert isinstance(box, PspEmulator)
    return box.offered_a if box.started else 0.0


def drawn_a(box: Emulator) -> float:
    """Return what its car draws on each phase, in A."""
    if isinstance(box, SmartEvseEmulator):
        return max(box.ev_currents_a)
    if isinstance(box, LektricoEmulator):
        return max(box.currents_a)
    assert isinstance(box, PspEmulator)
    return box.drawn_a


class KilledHouse:
    """The chargers, the meter, and what is seen of the Home Assistant that runs at the moment."""

    def __init__(self, session: ClientSession, port: int, boxes: dict[str, Emulator]) -> None:
        """Nothing is switched on yet."""
        self.boxes = boxes
        self.base_a = 3.0
        self.readings = 0
        self._session = session
        self._port = port
        self.api = Api(session, f"http://127.0.0.1:{port}")
        self._stack = AsyncExitStack()
        self._process: asyncio.subprocess.Process | None = None

    # What is seen

    @property
    def mains_a(self) -> float:
        """Return what flows through each phase of the fuse."""
        return self.base_a + sum(map(drawn_a, self.boxes.values()))

    @property
    def offers(self) -> dict[str, float]:
        """Return what each charger offers."""
        return {name: offer_a(box) for name, box in self.boxes.items()}

    def share_a(self, base_a: float | None = None) -> float:
        """Return what each car may have while the house draws so much, in whole amperes."""
        return (FUSE_A - MARGIN_A - (self.base_a if base_a is None else base_a)) // len(self.boxes)

    def have_shares(self) -> bool:
        """Return whether the fuse bears what each offers: its share, or near enough to it soon after a change."""
        return self.mains_a <= FUSE_A and all(
            abs(amps - self.share_a()) <= NEAR_A for amps in self.offers.values()
        )

    def all_charge(self) -> bool:
        """Return whether no car is paused."""
        return min(self.offers.values()) >= 6

    async def has_shares(self) -> None:
        """Wait until each charger offers its share; it is no limit of its owner's then."""
        await self.until(self.have_shares)
        await self.is_no_owners()

    async def is_no_owners(self) -> None:
        """Check that nothing of what the group does is taken for its owner's."""
        for name in self.boxes:
            reason = await self._state(f"sensor.{name.lower()}_limited_by")
            assert reason not in NOT_OURS, (name, reason)
            if record := self._stored(name):
                assert "owner" not in record["claims"], name
                assert not record["baseline"]["paused"], name
                assert record["baseline"]["current_a"] in MAXIMA_A, name

    async def _state(self, entity_id: str) -> str:
        status, state = await self.api.get(f"/api/states/{entity_id}")
        assert status == 200, entity_id
        return str(state["state"])

    def _stored(self, name: str) -> dict[str, Any] | None:
        """Return what is stored of the control of a charger; None: nothing yet."""
        path = demo.CONFIG / ".storage" / f"evse_pilot.control.entry_{name}"
        return json.loads(path.read_text())["data"] if path.exists() else None

    # What happens

    async def start(self) -> None:
        """Start Home Assistant, and wait until it has read its chargers."""
        self._process = await self._stack.enter_async_context(demo.home_assistant())
        await demo.until(self.api.answers, self._process)
        await self.api.onboard()
        # The one who logs in may not be stored yet when it is killed.
        assert await self.api.log_in()
        end_s = time.monotonic() + STARTS_WITHIN_S
        while not await self._is_steered():
            assert time.monotonic() < end_s
            await asyncio.sleep(0.05)

    async def _is_steered(self) -> bool:
        # It knows no states while it starts, and may know those of before: only one that is on has been set up.
        status, state = await self.api.get("/api/states/switch.main_fuse_load_balancing")
        return status == 200 and state["state"] == "on"

    async def kill(self) -> None:
        """End Home Assistant as a power cut does: it stores nothing, and commands nothing."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()
        await self._stack.aclose()
        self._stack = AsyncExitStack()

    async def kill_and_start(self) -> None:
        """Kill it, and start it again."""
        await self.kill()
        await self.start()

    async def command_is_on_its_way(self) -> None:
        """Wait until a charger has received a command, which is answered too late."""
        arrived = asyncio.Event()

        def holds(request: Request) -> bool:
            is_command = request.method == "POST"
            if is_command:
                arrived.set()
            return is_command

        box = self.boxes["Garage"]
        box.line_for, box.line = holds, Line.SILENT
        async with asyncio.timeout(SETTLES_WITHIN_S):
            await arrived.wait()
        box.line = Line.OK

    async def stop(self) -> None:
        """End Home Assistant in good order, if it runs."""
        await self._stack.aclose()

    async def until(self, condition: Callable[[], bool], within_s: float = SETTLES_WITHIN_S) -> None:
        """Wait until it is so."""
        end_s = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < end_s, (self.base_a, self.offers, self.mains_a)
            await asyncio.sleep(0.02)

    async def within_readings(self, count: int, condition: Callable[[], bool]) -> None:
        """Wait until it is so, at the latest when what came of so many readings of the meter was sent."""
        last = self.readings + count
        while not condition():
            assert self.readings <= last, (self.base_a, self.offers, self.mains_a)
            await asyncio.sleep(0.02)

    async def meter(self) -> None:
        """Report every second, as long as it lasts."""
        while True:
            # Its pace; nothing is waited for.
            await asyncio.sleep(1)
            attributes = {"unit_of_measurement": "A", "device_class": "current"}
            body = {"state": f"{self.mains_a:.1f}", "attributes": attributes}
            # Home Assistant is dead now and then.
            with suppress(ClientError, TimeoutError):
                answers = [await self.api.post(f"/api/states/sensor.mains_l{n}", body) for n in (1, 2, 3)]
                self.readings += all(status in (200, 201) for status, _ in answers)


def _entries(boxes: dict[str, Any]) -> list[MockConfigEntry]:
    makes: dict[type[Emulator], Callable[..., MockConfigEntry]] = {
        SmartEvseEmulator: smartevse_entry,
        LektricoEmulator: lektrico_entry,
        PspEmulator: psp_entry,
    }
    entries = [makes[type(box)](box, name) for name, box in boxes.items()]
    for entry in entries:
        object.__setattr__(entry, "entry_id", f"entry_{entry.title}")
    group = group_entry(
        *(member(entry.entry_id, entry.title) for entry in entries),
        fuse=FUSE_A,
        margin=MARGIN_A,
        safe_current=SAFE_A,
    )
    return [*entries, group]


def _lay_out(boxes: dict[str, Emulator], port: int) -> None:
    """Lay out the folder of a Home Assistant that has these chargers in a group already."""
    demo.prepare_config(port, keep=False)
    data = {"entries": [entry.as_dict() for entry in _entries(boxes)]}
    stored = {"version": STORAGE_VERSION, "minor_version": STORAGE_VERSION_MINOR, "data": data}
    path = demo.CONFIG / ".storage/core.config_entries"
    path.write_text(json.dumps({"key": path.name, **stored}))


@asynccontextmanager
async def killed_house(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[KilledHouse]:
    """Return a house in which four cars charge, each with a quarter of what is left over."""
    for name, value in (
        ("CONFIG", folder / "config"),
        ("LOG", folder / "home-assistant.log"),
        ("CONFIGURATION", CONFIGURATION),
    ):
        monkeypatch.setattr(demo, name, value)
    boxes: dict[str, Emulator] = {
        "Garage": SmartEvseEmulator(serial=1),
        "Carport": SmartEvseEmulator(serial=2),
        "Yard": LektricoEmulator("3p22k", "2.0"),
        "Drive": PspEmulator(),
    }
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with AsyncExitStack() as stack:
        for box in boxes.values():
            await stack.enter_async_context(box)
            box.press("draw", "16")
            box.press("plug_in")
            if isinstance(box, SmartEvseEmulator):
                box.mains_meter = "Disabled"
            box.advance(20)
        session = await stack.enter_async_context(ClientSession())
        _lay_out(boxes, port)
        house = KilledHouse(session, port, boxes)
        stack.push_async_callback(house.stop)
        for work in (house.meter(), *(box.live() for box in boxes.values())):
            stack.push_async_callback(_end, asyncio.create_task(work))
        await house.start()
        yield house


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
