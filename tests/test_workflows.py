"""The workflows run what was looked at, with no more rights than they need."""

from pathlib import Path
import re

import pytest

WORKFLOWS = sorted((Path(__file__).parents[1] / ".github/workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_pinned_by_commit(path: Path) -> None:
    """A tag or a branch can be moved to other code; a commit cannot."""
    text = path.read_text(encoding="utf-8")
    for action in re.findall(r"uses: (\S+)", text):
        assert action.startswith("./") or re.search(r"@[0-9a-f]{40}$", action), action
    assert "\npermissions:\n  contents: read\n" in text
