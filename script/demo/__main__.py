"""Show EVSE Pilot: a real Home Assistant, an emulated charger of each kind, and a page with their buttons."""

import os
import signal

if __name__ == "__main__":
    # Loading what follows takes a moment, in which Ctrl-C would end in a traceback.
    for early in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(early, lambda *_: os._exit(0))

import argparse
import asyncio
from contextlib import suppress
import errno
import fcntl
import socket
import sys
from typing import TextIO

from aiohttp import ClientError

from .common import HOST, ROOT, STATE, DemoError, show
from .home_assistant import LOG
from .run import DEFAULT_PORT, demonstrate


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
