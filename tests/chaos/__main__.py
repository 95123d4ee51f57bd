"""Chaos for as long as wanted: `script/chaos`, `script/chaos --minutes 5`, `script/chaos --replay life:7`."""

import argparse
from collections.abc import Iterable, Sequence
import logging
import os
import random
import re
import sys
import traceback

from .fuzz import SLOW, TARGETS, fuzz
from .walk import Walk, walk
from .watch import resources

# The cases of each reader, and of each that waits for sockets; and the same of a short run.
_CASES, _SLOW_CASES, _LESS = 100_000, 10_000, 50
# So many cases have one set-up.
_PART = 500
# A failure of a longer walk is hard to find from its seed, and each begins with another house.
_ROUNDS = 8
# What must not grow once everything has been used, by more than this part.
_GROWTH = 0.1


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz, walk, print figures, and return the exit code."""
    parser = argparse.ArgumentParser(prog="script/chaos", description=__doc__)
    parser.add_argument(
        "--minutes", type=float, default=60, help="of life, for which walks follow each other"
    )
    parser.add_argument(
        "--cases",
        type=int,
        help=f"of each reader; without it {_CASES:,}, and {_SLOW_CASES:,} of each that waits for sockets",
    )
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--only", nargs="+", choices=(*TARGETS, "life"), default=(*TARGETS, "life"))
    parser.add_argument(
        "--short",
        action="store_true",
        help=f"a minute of all, with seed 1: 0.4 minutes of life and a {_LESS}th of the cases, where no others are named",
    )
    parser.add_argument(
        "--replay", type=_replayed, help="what a failure has printed: life:SEED or NAME:SEED:FIRST-LAST"
    )
    if parser.parse_args(arguments).short:
        parser.set_defaults(seed=1, minutes=0.4)
    found = parser.parse_args(arguments)
    if found.replay is not None:
        return _replay(*found.replay)
    _print(f"seed {found.seed}")
    failures = 0
    for name in (name for name in TARGETS if name in found.only):
        usual = (_SLOW_CASES if name in SLOW else _CASES) // (_LESS if found.short else 1)
        failures += _fuzz(name, found.seed, usual if found.cases is None else found.cases)
    if "life" in found.only:
        failures += _live(found.seed, found.minutes)
    return int(failures > 0)


def _replayed(text: str) -> tuple[str, int, range]:
    """Return the name, the seed and the cases of what a failure has printed; a walk has no cases."""
    if found := re.fullmatch(r"life:(-?\d+)", text):
        return "life", int(found[1]), range(0)
    found = re.fullmatch(r"(\w+):(-?\d+):(\d+)-(\d+)", text)
    if found and found[1] in TARGETS and (cases := range(int(found[3]), int(found[4]) + 1)):
        return found[1], int(found[2]), cases
    raise argparse.ArgumentTypeError(f"neither life:SEED nor NAME:SEED:FIRST-LAST of a part: {text!r}")


def _replay(name: str, seed: int, cases: range) -> int:
    try:
        if name == "life":
            walk(seed, _ROUNDS)
        else:
            fuzz(name, seed, cases)
    except Exception:  # noqa: BLE001
        # Whatever it is, it is what is looked for.
        traceback.print_exc()
        return 1
    _print("nothing")
    return 0


def _fuzz(name: str, seed: int, count: int) -> int:
    failures, started_s = 0, os.times().elapsed
    # An error with a traceback is looked for.
    logging.disable(logging.WARNING)
    number = 0
    while number < count:
        part = range(number, min(count, number + _PART))
        try:
            fuzz(name, seed, part)
            number = part.stop
        except Exception as error:  # noqa: BLE001
            # Whatever it is, it is counted, and the next case begins another part.
            failures += 1
            traceback.print_exc()
            number = int(error.__notes__[-1].rpartition("-")[2]) + 1
    logging.disable(logging.NOTSET)
    seconds = os.times().elapsed - started_s
    _print(f"{name}: seed {seed}, {count} cases, {failures} failed, {seconds:.0f} s")
    return failures


def _live(seed: int, minutes: float) -> int:
    end_s, failures = os.times().elapsed + 60 * minutes, 0
    used: list[dict[str, int]] = []
    while os.times().elapsed < end_s:
        try:
            found = walk(seed, _ROUNDS)
            _print(f"life {seed}: {_summary(found)}")
        except Exception:  # noqa: BLE001
            # So is a walk that fails. It leaves its house behind, so that what is used is compared from there.
            failures += 1
            traceback.print_exc()
            used.clear()
            continue
        finally:
            seed += 1
        used.append(resources() | {"tasks": found.tasks})
        _print("  " + ", ".join(f"{name} {value}" for name, value in used[-1].items()))
    # The first walks fill what is kept for good: modules, translations, compiled schemas.
    warm = used[len(used) // 3 :]
    for name in warm[0] if len(warm) > 3 else ():
        if warm[-1][name] > warm[0][name] * (1 + _GROWTH):
            failures += 1
            _print(f"grows: {name} from {warm[0][name]} to {warm[-1][name]}")
    return failures


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _summary(found: Walk) -> str:
    outages: Iterable[int] = found.watch.log.outages.values()
    return (
        f"{found.watch.seconds} s in {found.events.total()} events and {found.lives} lives of Home Assistant, "
        f"{sum(outages)} outages, {found.watch.pauses} pauses by groups, longest overload {found.watch.longest_over_s} s, {found.watch.log.lines} lines"
    )


if __name__ == "__main__":
    sys.exit(main())
