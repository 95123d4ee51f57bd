"""How many rows and bytes a day leaves in the database: tests/ha/every_make/test_rows.py, for an hour of the house."""

import json
import os
from pathlib import Path
import subprocess
import sys
import tempfile

from .report import Result, Table

ROOT = Path(__file__).parents[2]
LIVED_S = 3600
MOST_ROWS = 20_000
OPTIONS = ("-q", "-p", "no:xdist", "-p", "no:cacheprovider", "-o", "timeout=3600")


def run(*, short: bool) -> Result:
    """Live an hour with each make and with a group; there is no short form of it, for the tests live some minutes."""
    assert not short
    with tempfile.NamedTemporaryFile() as lines:
        settings = {"EVSE_PILOT_ROWS_TABLE": lines.name, "EVSE_PILOT_ROWS_S": str(LIVED_S)}
        tests = [sys.executable, "-m", "pytest", *OPTIONS, "tests/ha/every_make/test_rows.py"]
        done = subprocess.run(
            tests, cwd=ROOT, env=os.environ | settings, check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"more rows than are allowed, or a failure:\n{done.stdout[-4000:]}")
        found = [json.loads(line) for line in Path(lines.name).read_text(encoding="utf-8").splitlines()]
    return Result(
        tables=[
            Table(
                title="The database",
                columns=("what", "rows a day", "goal", "kB a day", "most of them"),
                rows=[
                    (
                        each["name"],
                        f"{each['rows']:,.0f}",
                        f"{MOST_ROWS:,}",
                        f"{each['bytes'] / 1000:,.0f}",
                        ", ".join(f"{name} {rows:,.0f}" for name, rows in each["most"].items()),
                    )
                    for each in found
                ],
                note="An hour in compressed time, with Home Assistant's own recorder, for a day of it: a car that never draws "
                "the same, every ten minutes another current, and for the group of two a meter of 1 Hz. *Charger* is one of another "
                "integration, which records its numbers itself.",
            )
        ]
    )
