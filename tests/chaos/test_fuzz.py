"""Some hundred cases of each reader, the same each time; `script/chaos` tries others, and more."""

import pytest

from .fuzz import SLOW, TARGETS, fuzz


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", TARGETS)
def test_whatever_is_read(name: str) -> None:
    """What comes of wrong input is plausible, or an error that is declared."""
    fuzz(name, 1, range(200 if name in SLOW else 2000))
