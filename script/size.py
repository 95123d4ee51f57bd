"""Check that no file of the package is too long, and list those that are; ruff checks the size of functions."""

from pathlib import Path
import sys

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "custom_components/evse_pilot"
MOST_LINES = 450


def main() -> int:
    """Print the files with too many lines, longest first, and return the exit code."""
    lengths = {
        path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines())
        for path in (*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.js"))
    }
    too_long = [
        f"{path.as_posix()}: {length} lines, at most {MOST_LINES}"
        for path, length in sorted(lengths.items(), key=lambda item: -item[1])
        if length > MOST_LINES
    ]
    print(*too_long, sep="\n", end="\n" if too_long else "", file=sys.stderr)
    return int(bool(too_long))


if __name__ == "__main__":
    sys.exit(main())
