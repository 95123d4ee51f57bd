"""Random nights, and how close the plans of them come to the best cost."""

import argparse
from random import Random
import sys

from custom_components.evse_pilot.planning.plan import plan

from .nights import best_cost, night, paid, start_cost


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main(arguments: list[str]) -> int:
    """Print what was found, and return the exit code: 1 if a plan is worse than 1 % above the best, late or restless."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nights", type=int, nargs="?", default=5000)
    parser.add_argument("seed", type=int, nargs="?", default=1)
    options = parser.parse_args(arguments)
    random, worse, starts = Random(options.seed), list[float](), list[int]()
    late = dear = short = 0
    for _ in range(options.nights):
        one = night(random)
        made = plan(one.task)
        if not one.is_feasible:
            short += 1
            continue
        cost, energy_wh, count = paid(one, made)
        best = best_cost(one)
        scale = max(abs(best), start_cost(one.task))
        worse.append((cost - best) / scale)
        starts.append(count)
        late += energy_wh < one.task.energy_wh - max(30, one.task.energy_wh * 0.003)
        dear += worse[-1] > 0.01
    worse.sort()
    _print(f"{options.nights} nights, {short} too short for their energy")
    _print(f"missed: {late}; more than 1 % above the best cost: {dear}")
    _print(f"above the best cost: {worse[len(worse) // 2]:.4%} in the middle, {worse[-1]:.4%} at most")
    _print(f"starts: {max(starts)} at most, {sum(starts) / len(starts):.2f} on average")
    return int(bool(late or dear or max(starts) > 2))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
