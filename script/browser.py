"""The browser of the tests and of the pictures: the one of this machine, else one that is fetched once."""

from contextlib import suppress
import os
from pathlib import Path
import shutil
import subprocess
import sys

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".cache/browsers"
LOG = ROOT / ".cache/browser.log"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLAYWRIGHT = (sys.executable, "-m", "playwright")
# Where nothing can be reached, both must fail in seconds, not minutes.
APT = ("apt-get", "--yes", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=10")
CONNECT_WITHIN_MS = 10_000
START_WITHIN_S = 60
FETCH_WITHIN_S = 600


def find() -> str | None:
    """Return the path of a Chromium or Chrome that starts; None: there is none."""
    own = sorted(map(str, FOLDER.glob("chromium-*/chrome-linux*/chrome")))
    return next(filter(_starts, (*filter(None, map(shutil.which, NAMES)), *own)), None)


def _starts(path: str) -> bool:
    """Return whether a browser has what it needs: a fetched one may lack libraries, and a package be only a notice."""
    with suppress(OSError, subprocess.TimeoutExpired):
        tried = subprocess.run(
            (path, "--version"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=START_WITHIN_S,
            check=False,
        )
        return tried.returncode == 0
    return False


def _run(*command: str) -> bool:
    """Run a command, whose output goes to the log; return whether it succeeded."""
    environment = {
        "PLAYWRIGHT_BROWSERS_PATH": str(FOLDER),
        "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": str(CONNECT_WITHIN_MS),
        # A network may have a certificate authority of its own, which only the system's store has.
        "NODE_USE_SYSTEM_CA": "1",
        "DEBIAN_FRONTEND": "noninteractive",
    }
    with LOG.open("a", encoding="utf-8") as log, suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=os.environ | environment,
            timeout=FETCH_WITHIN_S,
            check=False,
        )
        return done.returncode == 0
    return False


def fetch() -> str | None:
    """Fetch a browser, and return its path; None: none could be fetched.

    Playwright's own comes into this clone. Only root, as in a container, may install what it lacks, or the package of the
    distribution in its place.
    """
    may_install = os.geteuid() == 0 and shutil.which("apt-get") is not None
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_text("", encoding="utf-8")
    if _run(*PLAYWRIGHT, "install", "--no-shell", "chromium"):
        if (path := find()) is not None:
            return path
        if may_install and _run(*PLAYWRIGHT, "install-deps", "chromium") and (path := find()) is not None:
            return path
    if may_install and _run(*APT, "update"):
        _run(*APT, "--no-install-recommends", "install", "chromium")
    return find()


def main() -> int:
    """See to it that there is a browser; return the exit code."""
    if find() is not None:
        return 0
    print("Fetching a browser (once) ...", file=sys.stderr)
    if fetch() is not None:
        return 0
    print(
        "No Chromium or Chrome here, and none could be fetched (details: .cache/browser.log).\n"
        "Without one the browser tests are skipped. Please install one so that 'chromium' or 'google-chrome' is on the "
        "PATH.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
