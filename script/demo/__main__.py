"""Show EVSE Pilot: a real Home Assistant, an emulated charger of each kind, and a page with their buttons."""

import os
import signal

if __name__ == "__main__":
    # Loading what follows takes a moment, in which Ctrl-C would end in a traceback.
    for early in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(early, lambda *_: os._exit(0))

import argparse
import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
import errno
import fcntl
from importlib.util import find_spec
import socket
import sys
from typing import Any, TextIO

from aiohttp import ClientError, ClientSession, ClientTimeout

from homeassistant.const import RESTART_EXIT_CODE

from .added import add_charger, add_other, show_first
from .api import Api
from .common import HOST, ROOT, STATE, DemoError, show
from .group import add_group
from .home_assistant import LOG, home_assistant, prepare_config, until
from .house import HOUSE, SHOWN, report_mains
from .mdns import announce
from .page import control_page
from .stands import CHARGERS, STANDS, start_charger

DEFAULT_PORT = 8123
FIRST_CHARGER_PORT = 8180


# The chargers


# Their control page


# Home Assistant


# All of it


def check_port(port: int) -> None:
    """Make sure that Home Assistant can listen on this port."""
    with socket.socket() as visitor, socket.socket() as server:
        # Some systems let one listen on an address of a port that is taken as a whole.
        problem = errno.EADDRINUSE if visitor.connect_ex((HOST, port)) == 0 else 0
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((HOST, port))
        except OSError as error:
            problem = error.errno or errno.EADDRINUSE
    if problem:
        raise DemoError(
            f"Port {port} cannot be used ({os.strerror(problem)}); choose another one with --port, for example "
            "script/develop --port 8130."
        )


def lock(file: TextIO) -> None:
    """Make sure that nothing else runs in this clone: it would wipe what the other one runs on."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise DemoError("script/develop is running in this folder already; end that one first.") from None


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
    await add_other(api)
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


async def until_ended(port: int, *, keep: bool) -> int:
    """Demonstrate until Ctrl-C; return the exit code."""
    task = asyncio.create_task(demonstrate(port, keep=keep))

    def end() -> None:
        # Only once: pressed again, it would cut short the good order in which everything ends.
        if not task.cancelling():
            show("", "Ending Home Assistant and the chargers ...")
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, end)
    try:
        await task
    except asyncio.CancelledError:
        return 0
    except (DemoError, ClientError, TimeoutError) as error:
        if isinstance(error, DemoError):
            show(str(error))
        else:
            show(f"Home Assistant broke off: {error!r}")
        with suppress(OSError):
            if lines := LOG.read_text().splitlines()[-20:]:
                show(f"The end of {LOG.relative_to(ROOT, walk_up=True)}:", *lines)
        return 1
    return 0


def port(text: str) -> int:
    """Read a port; argparse's message has the name of this function."""
    if not 0 < (number := int(text)) < 65536:
        raise ValueError
    return number


def main() -> int:
    """Read the command line and demonstrate; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="script/develop",
        description="Run Home Assistant with EVSE Pilot, an emulated charger of each kind, and a page with "
        "the chargers' buttons. Everything listens on this machine only and keeps its files in .cache/develop.",
        epilog="The code is the clone's own: after a change, restart Home Assistant from its developer tools, "
        "or end this with Ctrl-C and start it again.",
    )
    parser.add_argument(
        "--port", type=port, default=DEFAULT_PORT, help="the port of Home Assistant (default: %(default)s)"
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="go on with the Home Assistant of the last time, not with a new one",
    )
    arguments = parser.parse_args()
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "lock").open("w") as file:
        try:
            lock(file)
            check_port(arguments.port)
        except DemoError as error:
            print(error, file=sys.stderr)
            return 2
        return asyncio.run(until_ended(arguments.port, keep=arguments.keep))


if __name__ == "__main__":
    sys.exit(main())
