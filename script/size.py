"""Check that no file of the package is too long and no function in it too complex, and list those that are."""

from pathlib import Path
import subprocess
import sys

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path("custom_components/evse_pilot")
MOST_LINES = 450
MOST_COMPLEX = 15


def too_long() -> list[str]:
    """Return the files with too many lines, longest first."""
    lengths = {
        path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / PACKAGE).rglob("*.py")
    }
    return [
        f"{path.as_posix()}: {length} lines, at most {MOST_LINES}"
        for path, length in sorted(lengths.items(), key=lambda item: -item[1])
        if length > MOST_LINES
    ]


def too_complex() -> list[str]:
    """Return the functions that ruff finds too complex."""
    checked = subprocess.run(
        [
            *(sys.executable, "-m", "ruff", "check", "--quiet", "--output-format", "concise"),
            *("--select", "C901", "--config", f"lint.mccabe.max-complexity={MOST_COMPLEX}", PACKAGE),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    # 1: there are findings. Anything else means that nothing was checked.
    if checked.returncode not in (0, 1):
        sys.exit(checked.stderr)
    return checked.stdout.splitlines()


def main() -> int:
    """Print what is too large and return the exit code."""
    findings = too_long() + too_complex()
    print(*findings, sep="\n", end="\n" if findings else "")
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
