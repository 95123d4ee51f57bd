"""The changes of `script/mutate` that mean nothing, as docs/reliability.md lists them."""

import pytest

from script.mutate import MODULES, PACKAGE, ROOT, changed, listed, places

SOURCE = "def low(a):\n    return a < 6 or a < 7\n"


def test_each_change_has_a_name_of_its_own() -> None:
    """Two of a kind in a line are told apart, so that one can be listed without the other."""
    found = {place.what: changed(SOURCE, place.n).splitlines()[-1].strip() for place in places(SOURCE)}
    assert found == {
        "And for Or": "return a < 6 and a < 7",
        "LtE for Lt": "return a <= 6 or a < 7",
        "LtE for Lt (2)": "return a < 6 or a <= 7",
        "6 + 1": "return a < 7 or a < 7",
        "7 + 1": "return a < 6 or a < 8",
    }


@pytest.mark.parametrize("name", MODULES)
def test_what_is_listed_can_still_be_changed(name: str) -> None:
    """A line that was rewritten needs another look."""
    source = (ROOT / PACKAGE / name).read_text(encoding="utf-8")
    assert listed(name).keys() <= {(place.text, place.what) for place in places(source)}
