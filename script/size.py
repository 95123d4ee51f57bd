"""Check that no file of the package is too long, or too hard to maintain; ruff checks the size of functions."""

from pathlib import Path
import sys

from radon.metrics import mi_visit

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "custom_components/evse_pilot"
MOST_LINES = 450
# Of radon's maintainability index, which goes up to 100; above it is rank A.
LEAST_INDEX = 19


def main() -> int:
    """Print the files with too many lines, or too low an index, and return the exit code."""
    problems = []
    for path in sorted((*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.js"))):
        source, name = path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()
        if (lines := len(source.splitlines())) > MOST_LINES:
            problems.append(f"{name}: {lines} lines, at most {MOST_LINES}")
        if path.suffix == ".py" and (index := mi_visit(source, multi=True)) <= LEAST_INDEX:
            problems.append(f"{name}: a maintainability index of {index:.1f}, more than {LEAST_INDEX}")
    print(*problems, sep="\n", end="\n" if problems else "", file=sys.stderr)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
