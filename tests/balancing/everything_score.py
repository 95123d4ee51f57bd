"""What days with everything on come to, and their table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import override

from .simulator import Score
from .world import FuseScore


@dataclass(slots=True, kw_only=True)
class EveryScore(Score):
    """What was found on one day or on many; `boards` and `limits` are judged as the main fuse is, but limits do not trip."""

    boards: FuseScore = field(default_factory=FuseScore)
    limits: FuseScore = field(default_factory=FuseScore)
    unbalance: FuseScore = field(default_factory=FuseScore)
    starts: int = 0
    # Contactors that closed, or opened, before their time; and those that a limit opened before their time
    early_starts: int = 0
    early_stops: int = 0
    forced_stops: int = 0
    # While a charger could not be reached, so that a command came late
    late_commands: int = 0
    switches: int = 0
    most_switches: int = 0
    under_load: int = 0
    too_often: int = 0
    windows: int = 0
    above: int = 0
    highest: float = 0.0
    # What is to be looked into: the second, the car, and what it was
    found: list[tuple[float, int, str]] = field(default_factory=list)

    @override
    def add(self, other: Score) -> None:
        assert isinstance(other, EveryScore)
        Score.add(self, other)
        for name in (
            *("starts", "early_starts", "early_stops", "forced_stops", "late_commands", "switches"),
            *("under_load", "too_often", "windows", "above"),
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("most_switches", "highest"):
            setattr(self, name, max(getattr(self, name), getattr(other, name)))
        for mine, its in (
            (self.boards, other.boards),
            (self.limits, other.limits),
            (self.unbalance, other.unbalance),
        ):
            for name in ("trips", "trips_out_of_reach", "late", "over_s"):
                setattr(mine, name, getattr(mine, name) + getattr(its, name))
            mine.hottest = max(mine.hottest, its.hottest)
            mine.longest_s = max(mine.longest_s, its.longest_s)

    @property
    def is_clean(self) -> bool:
        """Return whether nothing was found that may not be."""
        return not (
            self.trips
            or self.boards.trips
            or self.early_starts
            or self.early_stops
            or self.under_load
            or self.too_often
        )


def everything_table(scores: Mapping[str, EveryScore]) -> str:
    """Return the scores as a table in Markdown."""
    rows: list[tuple[str, Callable[[EveryScore], str]]] = [
        ("days", lambda s: f"{s.days}"),
        ("cars", lambda s: f"{s.cars}"),
        ("trips of the main fuse (while a charger was out of reach)", _trips),
        ("hottest", lambda s: f"{100 * s.hottest:.0f} %"),
        ("overloads that lasted too long", lambda s: f"{s.late}"),
        ("trips of a sub-board", lambda s: _trips(s.boards)),
        ("hottest", lambda s: f"{100 * s.boards.hottest:.0f} %"),
        ("overloads of it that lasted too long", lambda s: f"{s.boards.late}"),
        ("starts", lambda s: f"{s.starts}"),
        ("before the minimum off time", lambda s: f"{s.early_starts}"),
        (
            "stops before the minimum on time (that a limit forced)",
            lambda s: f"{s.early_stops} ({s.forced_stops})",
        ),
        ("changes of phases, most of a charger and day", lambda s: f"{s.switches}, {s.most_switches}"),
        ("of these, under load", lambda s: f"{s.under_load}"),
        ("of these, too soon or too many", lambda s: f"{s.too_often}"),
        ("limits exceeded for too long", lambda s: f"{s.limits.late}"),
        ("unbalance exceeded for too long", lambda s: f"{s.unbalance.late}"),
        ("windows of a tariff, above by more than 1 %", lambda s: f"{s.windows}, {s.above}"),
        ("highest, of the target", lambda s: f"{100 * s.highest:.1f} %"),
        ("kWh a day, of what was wanted", _energy),
        ("stops a car and day", lambda s: f"{s.stops / s.cars:.1f}"),
        ("commands a car and day", lambda s: f"{s.writes / s.cars:.0f}"),
    ]
    lines = [f"|  | {' | '.join(scores)} |", "|---" * (len(scores) + 1) + "|"]
    lines += [f"| {title} | {' | '.join(cell(s) for s in scores.values())} |" for title, cell in rows]
    return "\n".join(lines)


def _trips(score: FuseScore) -> str:
    return f"{score.trips} ({score.trips_out_of_reach})"


def _energy(score: Score) -> str:
    part = 100 * score.delivered_wh / score.wanted_wh
    return f"{score.delivered_wh / score.days / 1000:.1f}, {part:.1f} %"
