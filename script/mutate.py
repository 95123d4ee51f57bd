"""Change one thing in a module at a time, and see whether its tests notice: `script/mutate` (`--help` has the options).

A change that no test notices survives: either a test is missing, or the change means nothing. Each runs in a copy of the
tree.
"""

import argparse
import ast
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from operator import setitem
import os
from pathlib import Path
from queue import SimpleQueue
import shutil
import sys
import tempfile

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "custom_components/evse_pilot"
# What must not fail, and the tests that are to notice.
MODULES = {
    "control/resolve.py": ("tests/control/test_resolve.py",),
    "control/acknowledgement.py": ("tests/control",),
    "control/core.py": ("tests/control",),
    "control/wanted.py": ("tests/control",),
    "balancing/law/allocate.py": ("tests/balancing/test_allocate.py", "tests/balancing/test_law.py"),
    "scheduling/schedule.py": ("tests/scheduling",),
    "sessions/registers.py": ("tests/sessions",),
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
_OTHER_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
_PATIENCE_S = 300
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
    for node in ast.walk(tree):
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


def mutants(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield for each change of a module its line, what it is, and the changed module."""
    for n in range(sum(1 for _ in changes(ast.parse(source)))):
        tree = ast.parse(source)
        change = list(changes(tree))[n]
        change.make()
        yield change.line, change.what, ast.unparse(ast.fix_missing_locations(tree))


def survives(tree: Path, module: Path, changed: str, tests: tuple[str, ...]) -> bool:
    """Return whether all tests pass with the changed module; without end is noticed, too."""
    before = (tree / module).read_text(encoding="utf-8")
    (tree / module).write_text(changed, encoding="utf-8")
    process = _FORKS.Process(target=_run, args=(tree, tests))
    process.start()
    try:
        process.join(_PATIENCE_S)
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
    sys.exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]))


def try_module(
    name: str, tests: tuple[str, ...], trees: SimpleQueue[Path], jobs: int
) -> tuple[int, list[str]]:
    """Return how many changes there are, and those that survive."""
    module = Path(PACKAGE) / name

    def survivor(mutant: tuple[int, str, str]) -> str | None:
        line, what, changed = mutant
        tree = trees.get()
        try:
            survived = survives(tree, module, changed, tests)
        finally:
            trees.put(tree)
        if not survived:
            return None
        found = f"{name}:{line}: {what}"
        print(found, file=sys.stderr, flush=True)
        return found

    unchanged = (ROOT / module).read_text(encoding="utf-8")
    tree = trees.get()
    if not survives(tree, module, unchanged, tests):
        sys.exit(f"the tests of {name} fail without a change")
    trees.put(tree)
    them = list(mutants(unchanged))
    with ThreadPoolExecutor(jobs) as pool:
        return len(them), [found for found in pool.map(survivor, them) if found is not None]


def main() -> None:
    """Print a table, and each survivor as it is found and at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "modules", nargs="*", default=list(MODULES), choices=MODULES, help="such as control/resolve.py"
    )
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    survivors: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        trees: SimpleQueue[Path] = SimpleQueue()
        for n in range(args.jobs):
            tree = Path(folder) / str(n)
            for part in ("custom_components", "tests", "script"):
                shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
            shutil.copy(ROOT / "pyproject.toml", tree)
            trees.put(tree)
        print("| module | changes | survive |\n|---|---|---|")
        for name in args.modules:
            count, found = try_module(name, MODULES[name], trees, args.jobs)
            print(f"| `{name}` | {count} | {len(found)} ({len(found) / count:.1%}) |", flush=True)
            survivors += found
    print("", *survivors, sep="\n")


if __name__ == "__main__":
    main()
