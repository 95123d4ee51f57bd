"""The second plant in all its sizes: chargers x fuses x meters, as tables."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from statistics import mean
from typing import NamedTuple

from .plant import Plant, Result
from .plant_days import CHARGERS, FUSES_A, METERS_S, night, plant_day
from .simulator import LAWS


class Cell(NamedTuple):
    """One run of the matrix."""

    seed: int
    chargers: int
    fuse_a: float
    meter_s: float


def cells(seeds: Sequence[int]) -> list[Cell]:
    """Return each size with each of these seeds."""
    return [
        Cell(seed, chargers, fuse_a, meter_s)
        for meter_s in METERS_S
        for fuse_a in FUSES_A
        for chargers in CHARGERS
        for seed in seeds
    ]


def run(cell: Cell, law: str, *, equal: bool = False) -> Result:
    """Live through the hours of one cell, or through a night of equal cars."""
    make_day = night if equal else plant_day
    day = make_day(cell.seed, chargers=cell.chargers, fuse_a=cell.fuse_a, meter_s=cell.meter_s)
    return Plant(day, LAWS[law], cell.seed).live()


def run_all(found: Sequence[Cell], law: str, jobs: int, *, equal: bool = False) -> list[Result]:
    """Live through all of them, in their order."""
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(partial(run, law=law, equal=equal), found))


def _row(name: str, results: Sequence[Result]) -> str:
    hours = sum(result.hours * result.cars for result in results)
    parts = (
        *(
            name,
            len(results),
            f"{sum(result.trips for result in results)} ({sum(result.trips_out_of_reach for result in results)})",
        ),
        f"{100 * max(result.hottest for result in results):.0f} %",
        *(f"{max(result.longest_s for result in results):.0f}", sum(result.late for result in results)),
        f"{100 * mean(result.used for result in results):.1f} %",
        f"{mean(result.stops / result.cars / result.hours for result in results):.2f}",
        f"{24 * sum(result.writes for result in results) / hours:.0f}",
        f"{mean(result.fairness for result in results):.2f} ({min(result.fairness for result in results):.2f})",
    )
    return f"| {' | '.join(str(part) for part in parts)} |"


_TITLES = (
    *(
        "",
        "runs",
        "trips",
        "hottest",
        "longest over, s",
        "too long",
        "of the optimum",
        "stops a car and hour",
    ),
    *("writes a charger and day", "least / most"),
)


def table(found: Sequence[Cell], results: Sequence[Result]) -> str:
    """Return the results by meter, by fuse and by number of chargers as a table in Markdown."""
    lines = [f"| {' | '.join(_TITLES)} |", "|---" * len(_TITLES) + "|", _row("all", results)]
    by: Iterable[tuple[str, Callable[[Cell], float]]] = (
        ("meter {:g} s", lambda cell: cell.meter_s),
        ("{:g} A", lambda cell: cell.fuse_a),
        ("{} chargers", lambda cell: cell.chargers),
    )
    for title, key in by:
        for value in sorted({key(cell) for cell in found}):
            part = [result for cell, result in zip(found, results, strict=True) if key(cell) == value]
            lines.append(_row(title.format(value), part))
    hard = [
        result
        for cell, result in zip(found, results, strict=True)
        if cell.fuse_a == FUSES_A[0] and cell.chargers == 8
    ]
    if hard:
        lines.append(_row("25 A, 8 chargers", hard))
    return "\n".join(lines)
