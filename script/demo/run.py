"""All of it is started, and runs until Home Assistant ends."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from importlib.util import find_spec
from typing import Any

from aiohttp import ClientSession, ClientTimeout

from homeassistant.const import RESTART_EXIT_CODE

from .added import add_charger, add_other, show_first
from .api import Api
from .common import HOST, ROOT, DemoError, show
from .group import add_group
from .home_assistant import LOG, home_assistant, prepare_config, until
from .house import HOUSE, SHOWN, report_mains
from .mdns import announce
from .page import control_page
from .stands import CHARGERS, OTHERS, STANDS, start_charger

DEFAULT_PORT = 8123
FIRST_CHARGER_PORT = 8180


def background(stack: AsyncExitStack, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Let it run until the block ends."""
    task = asyncio.create_task(coroutine)

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(end)
    return task


async def demonstrate(port: int, *, keep: bool) -> None:
    """Start everything, print where it is, and run until Home Assistant ends."""
    url = f"http://{HOST}:{port}"
    prepare_config(port, keep=keep)
    LOG.unlink(missing_ok=True)
    async with AsyncExitStack() as stack:
        for number, stand in enumerate(CHARGERS):
            if stand.service is not None:
                # Another demonstration on this machine sees what is announced, and would take a charger with the
                # serial of one of its own for that one, moved.
                # The thousands of a Lektrico's are its model.
                stand.emulator.serial += (port - DEFAULT_PORT) % 900
            await start_charger(stand, FIRST_CHARGER_PORT + number, port)
            stack.push_async_callback(stand.emulator.stop)
        living = [background(stack, stand.emulator.live()) for stand in SHOWN]
        page = await stack.enter_async_context(control_page(port))
        announcing = background(stack, announce(STANDS))
        session = await stack.enter_async_context(ClientSession(timeout=ClientTimeout(total=60)))
        show(f"Home Assistant is starting; its log is {LOG.relative_to(ROOT, walk_up=True)}.")
        if find_spec("hass_frontend") is None:
            show("At its first start it installs its web pages, which takes a while.")
        async with home_assistant() as process:
            await bring_up(Api(session, url), process, announcing)
            background(stack, report_mains(Api(session, url)))
            show(*instructions(url, page))
            code = await ended(process, living)
        # A person pressed "Restart Home Assistant".
        while code == RESTART_EXIT_CODE:
            async with home_assistant() as process:
                code = await ended(process, living)
    if code:
        raise DemoError(f"Home Assistant ended with code {code}.")
    show("Home Assistant was stopped.")


async def bring_up(api: Api, process: asyncio.subprocess.Process, announcing: asyncio.Task[None]) -> None:
    """Make the Home Assistant that is starting one that has a user and the chargers."""
    await until(api.answers, process)
    new = await api.onboard()
    if not await api.log_in():
        show("The user demo has another password now, so Home Assistant is left as it is.")
        return
    await until(api.is_running, process)
    for stand in STANDS:
        await add_charger(api, stand, look=new and not announcing.done())
    for stand in OTHERS:
        await add_other(api, stand)
    await add_group(api)
    if new:
        await show_first(api)


async def ended(process: asyncio.subprocess.Process, living: list[asyncio.Task[None]]) -> int:
    """Return the code with which Home Assistant ends; a charger that fails meanwhile is a bug, and raised."""
    end = asyncio.create_task(process.wait())
    await asyncio.wait({end, *living}, return_when=asyncio.FIRST_COMPLETED)
    for life in living:
        if life.done():
            await life
    return await end


def instructions(url: str, page: str) -> list[str]:
    """Print where everything is."""
    charger, buttons = STANDS[0].id, STANDS[0].emulator.buttons
    plain = next(name for name, text in buttons.items() if "VALUE" not in text)
    valued = next(name for name, text in buttons.items() if "VALUE" in text)
    return [
        "",
        f"Home Assistant is ready at {url}; user name and password are both demo.",
        f"The buttons of the chargers and of the house are at {page}, and in a shell they are for example:",
        f"  curl -X POST {page}/{charger}/{plain}",
        f"  curl -X POST '{page}/{charger}/{valued}?value=10'",
        f"  curl -X POST {page}/{HOUSE.id}/{next(iter(HOUSE.emulator.buttons))}",
        "Ctrl-C ends everything.",
    ]
