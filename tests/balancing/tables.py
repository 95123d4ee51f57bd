"""The tables of docs/load_balancing.md, docs/solar.md and docs/peaks.md, as script/balance prints them."""

import argparse
import sys

from .everything import play_everything
from .everything_score import everything_table
from .fuse_hour import table as hour_table
from .matrix import cells, run_all, table as plant_table
from .peak_days import peak_table, play_peaks
from .simulator import LAWS, by_meter, meter_table, play_all, table, total
from .sun_bound import most_used
from .sun_days import play_sun, sun_table, sun_total
from .sun_laws import SUN_LAWS

OURS = "EVSE Pilot"


def main() -> None:
    """Judge by the options of the command line, and print the tables."""
    parser = argparse.ArgumentParser(prog="script/balance", description=__doc__)
    parser.add_argument("--days", type=int, default=100, help="how many random days")
    parser.add_argument("--first", type=int, default=0, help="number of the first day")
    parser.add_argument("--law", action="append", choices=LAWS, help="only this one; may be repeated")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument(
        "--plant", type=int, metavar="SEEDS", help="the second plant, each size so many times"
    )
    parser.add_argument("--nights", type=int, metavar="SEEDS", help="nights of equal cars on it")
    parser.add_argument(
        "--peaks", type=int, metavar="DAYS", help="so many days with a peak tariff (docs/peaks.md)"
    )
    parser.add_argument("--sun", type=int, metavar="DAYS", help="days of a roof with clouds and one car")
    parser.add_argument(
        "--everything", type=int, metavar="DAYS", help="so many random days with everything on at once"
    )
    args = parser.parse_args()
    if args.everything:
        days = range(args.first, args.first + args.everything)
        _print(everything_table(play_everything(days, args.jobs)))
        return
    if args.peaks:
        _print(peak_table(play_peaks(range(args.first, args.first + args.peaks), args.jobs)))
        return
    if args.sun:
        days = range(args.first, args.first + args.sun)
        judged = {name: sun_total(play_sun(days, make, args.jobs)) for name, make in SUN_LAWS.items()}
        _print(sun_table(judged))
        for part in (0.0, 0.03, 0.05):
            _print(f"At most, with {part:.0%} from the grid: {most_used(days, part):.1%} of the surplus.")
        return
    if args.plant or args.nights:
        found = cells(range(args.plant or args.nights))
        for name in args.law or [OURS]:
            results = run_all(found, name, args.jobs, equal=not args.plant)
            _print(f"{name}\n\n{plant_table(found, results)}")
        return
    days = range(args.first, args.first + args.days)
    scores = {name: play_all(days, name, args.jobs) for name in args.law or LAWS}
    _print(table({name: total(of_days) for name, of_days in scores.items()}))
    if (ours := scores.get(OURS)) is not None:
        _print(meter_table(by_meter(days, ours)))
        _print(hour_table())


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
