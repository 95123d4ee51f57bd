"""Measure how fast the integration is, and what it costs: tables in Markdown, as in docs/benchmarks.md.

The short form measures less of it, and is judged by ratios to what does not change with the integration, in the same run: one
above its bound is a regression, and the exit code is 1.
"""

import argparse
from collections.abc import Callable
from importlib import import_module
import logging
import os
import platform
import sys
import time

from homeassistant.const import __version__ as home_assistant

from .report import Ratio, Result, verdict

# In this order; those of the short form take seconds each.
PARTS = ("poll", "refresh", "scale", "start", "law", "latency", "rows")
SHORT = ("poll", "refresh", "scale", "start", "law")


def main() -> int:
    """Run the parts that are asked for, print their tables, and return the exit code."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(PARTS)}; without any: all")
    parser.add_argument("--short", action="store_true", help=f"{', '.join(SHORT)}, in a minute, judged")
    arguments = parser.parse_args()
    known = SHORT if arguments.short else PARTS
    if unknown := [part for part in arguments.parts if part not in known]:
        parser.error(f"no such part{' of the short form' * arguments.short}: {', '.join(unknown)}")
    logging.disable()
    print(
        f"{os.cpu_count()} processors, Python {platform.python_version()}, Home Assistant {home_assistant}\n",
        flush=True,
    )
    ratios: list[Ratio] = []
    for part in arguments.parts or known:
        started_s = time.monotonic()
        run: Callable[..., Result] = import_module(f".{part}", __package__).run
        result = run(short=arguments.short)
        for table in result.tables:
            print(table.markdown(), flush=True)
        ratios += result.ratios
        print(f"({part}: {time.monotonic() - started_s:.0f} s)\n", file=sys.stderr, flush=True)
    if not arguments.short:
        return 0
    print(verdict(ratios).markdown())
    return int(not all(ratio.is_kept for ratio in ratios))


if __name__ == "__main__":
    sys.exit(main())
