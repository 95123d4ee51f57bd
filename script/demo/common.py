"""What all parts of the demonstration share: where its files are, and what it prints."""

from contextlib import suppress
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The end-to-end tests have a folder of their own, so that they do not disturb a demonstration that runs.
STATE = Path(os.environ.get("EVSE_PILOT_DEVELOP", ROOT / ".cache/develop"))
HOST = "127.0.0.1"


class DemoError(Exception):
    """A message to the user that ends the demonstration."""


def show(*lines: str) -> None:
    """Print a message; the terminal may be closed."""
    with suppress(OSError):
        print(*lines, sep="\n", flush=True)
