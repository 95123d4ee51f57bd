"""`script/chaos`: what it is asked for, and that what it prints repeats what it has found."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from random import Random
import re

import pytest

from . import __main__ as chaos
from .fuzz import SLOW, TARGETS
from .junk import Case


@asynccontextmanager
async def _wears_out() -> AsyncGenerator[Case]:
    """Set up what fails with its third case, whichever that is."""
    tried = 0

    async def case(rng: Random) -> None:
        nonlocal tried
        tried += 1
        assert tried % 3, f"worn out by {rng.random()}"

    yield case


@asynccontextmanager
async def _holds() -> AsyncGenerator[Case]:
    """Set up what never fails."""

    async def case(rng: Random) -> None:
        rng.random()

    yield case


@asynccontextmanager
async def _ends_badly() -> AsyncGenerator[Case]:
    """Set up what fails once all cases are over."""

    async def case(rng: Random) -> None:
        rng.random()

    yield case
    raise AssertionError("left behind")


@pytest.fixture(autouse=True)
def _made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, target in (("worn", _wears_out), ("sound", _holds), ("leaks", _ends_badly)):
        monkeypatch.setitem(TARGETS, name, target)


def test_what_depends_on_earlier_cases_is_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    """Each failure is printed with all cases since its set-up, and fails again in the same way."""
    assert chaos.main(["--only", "worn", "--seed", "7", "--cases", "7"]) == 1
    out, err = capsys.readouterr()
    assert re.search(r"^worn: seed 7, 7 cases, 2 failed, \d+ s$", out, re.MULTILINE)
    printed, causes = re.findall(r"--replay (\S+)", err), re.findall(r"worn out by 0\S+", err)
    assert printed == ["worn:7:0-2", "worn:7:3-5"]
    for line, cause in zip(printed, causes, strict=True):
        assert chaos.main(["--replay", line]) == 1
        assert cause in capsys.readouterr().err
    assert chaos.main(["--replay", "worn:7:5-5"]) == 0


def test_what_is_left_behind_is_a_failure_of_the_part(capsys: pytest.CaptureFixture[str]) -> None:
    """What fails only when a target is taken down ends its part, and no other."""
    assert chaos.main(["--only", "leaks", "--seed", "7", "--cases", "600"]) == 1
    out, err = capsys.readouterr()
    assert "600 cases, 2 failed" in out
    assert re.findall(r"--replay (\S+)", err) == ["leaks:7:0-499", "leaks:7:500-599"]


@pytest.mark.parametrize(
    "line",
    [
        "nosuch:1:2-3",
        "life",
        "life:x",
        "life:1:2-3",
        "sound",
        "sound:1",
        "sound:1:2",
        "sound:x:1-2",
        "sound:1:3-2",
        "",
    ],
)
def test_no_such_failure(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What no failure has printed is refused with one line."""
    with pytest.raises(SystemExit) as ended:
        chaos.main(["--replay", line])
    assert ended.value.code == 2
    assert (
        capsys.readouterr()
        .err.splitlines()[-1]
        .endswith(f"error: argument --replay: neither life:SEED nor NAME:SEED:FIRST-LAST of a part: {line!r}")
    )


@pytest.mark.parametrize("name", ["sound", SLOW[0]])
def test_cases(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A number that is given holds for each part, in a short run as well; without one slow parts have fewer."""
    monkeypatch.setitem(TARGETS, name, _holds)
    for given, shown in (
        ([], f"seed 1, {200 if name in SLOW else 2000} cases"),
        (["--cases", "30"], "seed 1, 30 cases"),
        (["--cases", "30", "--seed", "5"], "seed 5, 30 cases"),
    ):
        assert chaos.main(["--short", "--only", name, *given]) == 0
        assert f"{name}: {shown}, 0 failed" in capsys.readouterr().out
