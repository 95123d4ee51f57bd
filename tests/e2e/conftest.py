"""A demonstration of its own, on free ports, with its files in a folder of its own."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
import os
from pathlib import Path
import re
import signal
import socket
import subprocess
import sys
import time
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse
from playwright.async_api import Page
import pytest
from pytest_socket import enable_socket

from script.demo.api import Api

from .browser import logged_in

ROOT = Path(__file__).parents[2]
ENABLED = (
    *("button.smartevse_clear_current_limit", "sensor.smartevse_current_l1"),
    *("sensor.smartevse_error_or_wait_reason", "sensor.lektrico_current_l1", "switch.lektrico_charger_lock"),
    *("sensor.psp_evse_meter_1_power", "switch.psp_evse_boost"),
)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float) -> None:
    """Wait until it is so, for so long at most."""
    end = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < end, condition
        await asyncio.sleep(0.1)


@dataclass(frozen=True)
class Demo:
    """Where a demonstration is."""

    url: str
    buttons: str


@contextmanager
def demonstration(folder: Path) -> Generator[Demo]:
    """Run a demonstration with its files in this folder; ended as a person ends it, it leaves nothing behind."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "script.demo", "--port", str(port)],
        cwd=ROOT,
        env=os.environ | {"EVSE_PILOT_DEVELOP": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    output = ""
    try:
        for line in process.stdout:
            output += line
            if "Ctrl-C" in line:
                break
        url = re.search(r"ready at (\S+);", output)
        buttons = re.search(r"buttons of .* are at (\S+),", output)
        assert url, output
        assert buttons, output
        assert "could not be added" not in output
        yield Demo(url[1], buttons[1])
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, rest


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Generator[Demo]:
    """Return a demonstration that is ready."""
    # Comes before what allows sockets to each test.
    enable_socket()
    with demonstration(tmp_path_factory.mktemp("develop")) as demo:
        asyncio.run(_async_enable(demo))
        yield demo


async def _async_enable(demo: Demo) -> None:
    """Enable what the tests use and a charger does not have at first; Home Assistant reloads it half a minute later."""
    async with ClientSession() as session:
        house = House(session, demo)
        await house.log_in()
        for entity_id in ENABLED:
            await house.command("config/entity_registry/update", entity_id=entity_id, disabled_by=None)
        for entity_id in ENABLED:
            await house.appears(entity_id)


class House(Api):
    """The running Home Assistant, seen through its own API, and the buttons of its chargers."""

    def __init__(self, session: ClientSession, demo: Demo) -> None:
        """Know where they are."""
        super().__init__(session, demo.url)
        self._demo = demo

    async def act(self, action: str, entity_id: str, **data: Any) -> None:
        """Carry out an action, such as switch.turn_on, on an entity."""
        status, answer = await self.post(
            f"/api/services/{action.replace('.', '/')}", {"entity_id": entity_id, **data}
        )
        assert status == 200, answer

    async def delete(self, path: str) -> None:
        """Delete what is at this path of its API."""
        status, answer = await self._request("DELETE", path)
        assert status == 200, answer

    async def press(
        self, button: str, value: float | str | None = None, *, charger: str = "smartevse"
    ) -> None:
        """Press a button of an emulated charger."""
        query = {} if value is None else {"value": str(value)}
        async with self._session.post(f"{self._demo.buttons}/{charger}/{button}", params=query) as response:
            assert response.status == 200, await response.text()

    async def box(self, charger: str = "smartevse") -> dict[str, str]:
        """Return what the control page shows of a charger."""
        async with self._session.get(f"{self._demo.buttons}/chargers") as response:
            [shown] = [shown for shown in await response.json() if shown["id"] == charger]
            state: dict[str, str] = shown["state"]
            return state

    async def appears(self, entity_id: str) -> None:
        """Wait until an entity is there; the test's own time-out is the limit."""
        await self._until(entity_id, lambda state: state is not None)

    async def becomes(self, entity_id: str, wanted: str) -> None:
        """Wait until an entity has this state; the test's own time-out is the limit."""
        await self._until(entity_id, lambda state: state == wanted)

    async def _until(self, entity_id: str, is_wanted: Callable[[str | None], bool]) -> None:
        async with self._session.ws_connect(f"{self._demo.url}/api/websocket") as websocket:
            await websocket.receive_json()
            await websocket.send_json({"type": "auth", "access_token": self._token})
            await websocket.receive_json()
            await websocket.send_json({"id": 1, "type": "subscribe_entities", "entity_ids": [entity_id]})
            while not is_wanted(_state(await _event(websocket), entity_id)):
                pass


async def _event(websocket: ClientWebSocketResponse) -> dict[str, Any]:
    while (message := await websocket.receive_json())["type"] != "event":
        pass
    event: dict[str, Any] = message["event"]
    return event


def _state(event: dict[str, Any], entity_id: str) -> str | None:
    """Return the state in a compressed event: all of it at first, then what has changed."""
    added: dict[str, Any] = event.get("a", {}).get(entity_id) or event.get("c", {}).get(entity_id, {}).get(
        "+", {}
    )
    return added.get("s")


@pytest.fixture
async def house(demo: Demo) -> AsyncGenerator[House]:
    """Return the running Home Assistant, logged in, with an unplugged car at a box in normal mode."""
    async with ClientSession() as session:
        house = House(session, demo)
        assert await house.log_in()
        for button, value in (
            ("break_line", "ok"),
            ("clear", None),
            ("unplug", None),
            ("turn_mode", 1),
            ("draw", 16),
        ):
            await house.press(button, value)
        await house.act("evse_pilot.clear_schedule", "sensor.smartevse_status")
        # Else it would share what a test sets.
        await house.act("switch.turn_off", "switch.main_fuse_load_balancing")
        await house.act("button.press", "button.smartevse_clear_current_limit")
        await house.becomes("sensor.smartevse_status", "disconnected")
        yield house


@pytest.fixture
async def page(demo: Demo) -> AsyncGenerator[Page]:
    """Return a page that is logged in."""
    async with logged_in(demo.url) as page:
        yield page
