"""The page with the buttons of the chargers."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
import re
from typing import Any

from aiohttp import web

from .common import HOST
from .house import SHOWN
from .stands import Stand

PAGE = Path(__file__).with_name("page.html")
CONTROL_PORT = 8124


def hand(name: str, description: str) -> dict[str, str | None]:
    """Describe a button to the page: its text, and the default of its value."""
    default = re.search(r" \((-?[\d.]+)\)$", description)
    text = description[: default.start()] if default else description
    return {"name": name, "text": text, "default": default[1] if default else None}


def exhibit(stand: Stand[Any]) -> dict[str, Any]:
    """Describe a charger to the page."""
    emulator = stand.emulator
    return {
        "id": stand.id,
        "name": emulator.name,
        "address": stand.address if emulator.port else None,
        "state": stand.state(emulator)
        | ({"Line": "restarting" if emulator.is_offline else emulator.line} if emulator.port else {}),
        "buttons": [hand(name, description) for name, description in emulator.buttons.items()],
    }


async def show_page(_: web.Request) -> web.FileResponse:
    """Serve the page."""
    return web.FileResponse(PAGE, headers={"Cache-Control": "no-store"})


async def show_chargers(_: web.Request) -> web.Response:
    """Serve what the page shows."""
    return web.json_response([exhibit(stand) for stand in SHOWN], headers={"Cache-Control": "no-store"})


def try_button(stand: Stand[Any], button: str, value: str | None) -> bool:
    """Press a button; return whether it could take the value."""
    try:
        stand.emulator.press(button, value)
    except ValueError:
        return False
    return True


async def press(request: web.Request) -> web.Response:
    """Press a button of a charger."""
    charger, button = request.match_info["charger"], request.match_info["button"]
    stand = next((stand for stand in SHOWN if stand.id == charger), None)
    if stand is None:
        known = ", ".join(stand.id for stand in SHOWN)
        return web.Response(text=f"There is no charger {charger}; there is: {known}.\n", status=400)
    emulator = stand.emulator
    if button not in emulator.buttons:
        known = ", ".join(emulator.buttons)
        return web.Response(text=f"{emulator.name} has no button {button}; it has: {known}.\n", status=400)
    value = request.query.get("value") or None
    if not try_button(stand, button, value):
        return web.Response(
            text=f"{value!r} is no value for {button}, which is: {emulator.buttons[button]}.\n", status=400
        )
    return web.Response(text=f"Done: {button}{f' {value}' if value else ''}.\n")


@asynccontextmanager
async def control_page(taken: int) -> AsyncGenerator[str]:
    """Serve the page while the block lasts; yield its address."""
    app = web.Application()
    app.add_routes(
        [
            web.get("/", show_page),
            web.get("/chargers", show_chargers),
            web.post("/{charger}/{button}", press),
        ]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, HOST, CONTROL_PORT if taken != CONTROL_PORT else 0).start()
        except OSError:
            await web.TCPSite(runner, HOST, 0).start()
        yield f"http://{HOST}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
