"""What is installed for the tests is pinned, with hashes, and is what is asked for."""

from pathlib import Path
import re

ROOT = Path(__file__).parents[1]


def test_the_lock_has_what_is_asked_for() -> None:
    """Each requirement is locked with its version, and each that is locked has a hash."""
    asked = (ROOT / "requirements_test.txt").read_text(encoding="utf-8")
    asked_for = {line for line in asked.splitlines() if line and not line.startswith("#")}
    lock = (ROOT / "script/requirements.lock").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\S)", lock.strip())
    locked = {re.split(r"[ ;\\]", block)[0] for block in blocks}
    assert asked_for <= locked
    assert all("--hash=sha256:" in block for block in blocks)
    # Where it is fetched from is the business of who installs it.
    assert "://" not in lock
