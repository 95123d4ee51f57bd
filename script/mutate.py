"""Change one thing in a module at a time, and see whether its tests notice: `script/mutate` (`--help` has the options).

A change that no test notices survives: either a test is missing, or the change means nothing. Those that mean nothing are
listed with their reasons in docs/reliability.md, and tried all the same. Each runs in a copy of the tree.
"""

import argparse
import ast
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from operator import setitem
import os
from pathlib import Path
from queue import SimpleQueue
import re
import shutil
import sys
import tempfile
from time import monotonic

from hypothesis import Phase, settings
import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "custom_components/evse_pilot"
LISTED = ROOT / "docs/reliability.md"
# What must not fail, and the tests that are to notice.
MODULES = {
    "control/resolve.py": ("tests/control/test_resolve.py",),
    "control/acknowledgement.py": (
        "tests/control/test_acknowledgement.py",
        "tests/control/test_open_commands.py",
    ),
    "control/core.py": ("tests/control/test_core.py", "tests/control/test_open_commands.py"),
    "control/wanted.py": ("tests/control/test_core.py", "tests/control/test_open_commands.py"),
    "balancing/law/allocate.py": ("tests/balancing/test_allocate.py",),
    "scheduling/schedule.py": ("tests/scheduling/test_schedule.py", "tests/scheduling/test_dates.py"),
    "sessions/registers.py": ("tests/sessions/test_registers.py", "tests/sessions/test_tracker.py"),
}
_OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
# How a class is written, which mypy checks, and not what it does.
_WRITTEN = ("slots", "kw_only")
_OTHER_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
# A row of the list: the module, the text of the line, the change, and the reason for which it means nothing.
_ROW = re.compile(r"^\| `(\S+\.py)` \| `(.+)` \| ([^|`]+) \| (.+) \|$", re.MULTILINE)
# Without end is what takes so much longer than without a change, and at least so long.
_PATIENCE, _PATIENCE_S = 5, 30
# Home Assistant is loaded once, which takes longer than most of the tests.
_FORKS = get_context("forkserver")
_PLUGIN = "pytest_homeassistant_custom_component"
_FORKS.set_forkserver_preload([f"{_PLUGIN}.patch_recorder", f"{_PLUGIN}.patch_time"])


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that can be changed in a tree."""

    line: int
    what: str
    make: Callable[[], None]


def changes(tree: ast.Module) -> Iterator[Change]:
    """Yield what can be changed in a module, always in the same order."""
    nodes = list(ast.walk(tree))
    written = {id(node.value) for node in nodes if isinstance(node, ast.keyword) and node.arg in _WRITTEN}
    for node in nodes:
        if id(node) in written:
            continue
        line: int = getattr(node, "lineno", 0)
        match node:
            case ast.Compare(ops=operators):
                for n, operator in enumerate(operators):
                    if (other := _OTHER.get(type(operator))) is not None:
                        yield Change(line, _instead(other, operator), partial(setitem, operators, n, other()))
            case ast.BoolOp(op=operator) | ast.BinOp(op=operator):
                if (other := _OTHER.get(type(operator))) is not None:
                    yield Change(line, _instead(other, operator), partial(setattr, node, "op", other()))
            case ast.If(test=test) | ast.IfExp(test=test):
                opposite = ast.UnaryOp(ast.Not(), test)
                yield Change(line, "the other branch", partial(setattr, node, "test", opposite))
            case ast.Constant(value=bool() as value):
                yield Change(line, f"{not value}", partial(setattr, node, "value", not value))
            case ast.Constant(value=int() | float() as value):
                yield Change(line, f"{value} + 1", partial(setattr, node, "value", value + 1))
            case ast.Name(id=name) if name in _OTHER_NAMES:
                yield Change(line, _OTHER_NAMES[name], partial(setattr, node, "id", _OTHER_NAMES[name]))


def _instead(other: type[ast.AST], operator: ast.AST) -> str:
    return f"{other.__name__} for {type(operator).__name__}"


@dataclass(frozen=True, slots=True)
class Place:
    """A change of a module: which of `changes` it is, and how it is listed, which holds when lines move."""

    n: int
    line: int
    text: str
    what: str


def places(source: str) -> list[Place]:
    """Return all changes of a module; the second of its kind in a line, or in another that reads the same, is "... (2)"."""
    lines = source.splitlines()
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for n, change in sorted(enumerate(changes(ast.parse(source))), key=lambda each: each[1].line):
        text = lines[change.line - 1].strip()
        seen[text, change.what] += 1
        nth = seen[text, change.what]
        found.append(Place(n, change.line, text, change.what if nth == 1 else f"{change.what} ({nth})"))
    return found


def changed(source: str, n: int) -> str:
    """Return a module with one of its changes."""
    tree = ast.parse(source)
    list(changes(tree))[n].make()
    return ast.unparse(ast.fix_missing_locations(tree))


def listed(module: str) -> dict[tuple[str, str], str]:
    """Return the reasons of those changes of a module that mean nothing, by the text of the line and the change."""
    rows = _ROW.findall(LISTED.read_text(encoding="utf-8"))
    return {(text.replace(r"\|", "|"), what): why for name, text, what, why in rows if name == module}


def survives(tree: Path, module: Path, source: str, tests: tuple[str, ...], patience_s: float | None) -> bool:
    """Return whether all tests pass with this source of the module; without end is noticed, too."""
    before = (tree / module).read_text(encoding="utf-8")
    (tree / module).write_text(source, encoding="utf-8")
    process = _FORKS.Process(target=_run, args=(tree, tests))
    process.start()
    try:
        process.join(patience_s)
    finally:
        process.kill()
        process.join()
        (tree / module).write_text(before, encoding="utf-8")
    return process.exitcode == 0


def _run(tree: Path, tests: tuple[str, ...]) -> None:
    """Run tests in a tree, in this process."""
    os.chdir(tree)
    sys.path.insert(0, str(tree))
    sys.dont_write_bytecode = True
    for output in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), output)
    # The same examples each time, however slow the machine is; the first that fails is enough.
    settings.register_profile(
        "mutate", derandomize=True, deadline=None, phases=(Phase.explicit, Phase.generate)
    )
    settings.load_profile("mutate")
    sys.exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]))


def try_module(name: str, tests: tuple[str, ...], trees: SimpleQueue[Path], jobs: int) -> str:
    """Return the row of a module for the table; prints those that survive as they are found."""
    module = Path(PACKAGE) / name
    unchanged = (ROOT / module).read_text(encoding="utf-8")

    def is_survivor(place: Place) -> bool:
        tree = trees.get()
        try:
            survived = survives(tree, module, changed(unchanged, place.n), tests, patience_s)
        finally:
            trees.put(tree)
        if survived:
            _say(name, place, reasons.get((place.text, place.what)))
        return survived

    tree = trees.get()
    began_s = monotonic()
    if not survives(tree, module, unchanged, tests, None):
        sys.exit(f"the tests of {name} fail without a change")
    patience_s = max(_PATIENCE_S, _PATIENCE * (monotonic() - began_s))
    trees.put(tree)
    reasons = listed(name)
    them = places(unchanged)
    with ThreadPoolExecutor(jobs) as pool:
        survived = {
            (place.text, place.what)
            for place, survives in zip(them, pool.map(is_survivor, them), strict=True)
            if survives
        }
    for text, what in reasons.keys() - survived:
        print(f"{name}: listed, but noticed or gone: {what}: {text}", file=sys.stderr, flush=True)
    nothing = len(survived & reasons.keys())
    left = len(them) - nothing
    found = len(survived) - nothing
    return f"| `{name}` | {len(them)} | {nothing} | {found} ({found / left:.1%}) |"


def _say(name: str, place: Place, reason: str | None) -> None:
    means = "" if reason is None else f": means nothing: {reason}"
    print(f"{name}:{place.line}: {place.what}: {place.text}{means}", file=sys.stderr, flush=True)


def main() -> None:
    """Print a table, and each survivor as it is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "modules", nargs="*", default=list(MODULES), choices=MODULES, help="such as control/resolve.py"
    )
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trees: SimpleQueue[Path] = SimpleQueue()
        for n in range(args.jobs):
            tree = Path(folder) / str(n)
            for part in ("custom_components", "tests", "script"):
                shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
            shutil.copy(ROOT / "pyproject.toml", tree)
            trees.put(tree)
        rows = [try_module(name, MODULES[name], trees, args.jobs) for name in args.modules]
    print("| module | changes | mean nothing | survive of the others |\n|---|---|---|---|", *rows, sep="\n")


if __name__ == "__main__":
    main()
