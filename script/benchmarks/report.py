"""What a part of the benchmark returns: tables for people, ratios for a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of text cells under a title; a note has the conditions under which it was measured."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def markdown(self) -> str:
        """Return it as Markdown, the first column to the left and the others to the right."""
        lines = [
            _line(self.columns),
            _line(("---", *("--:" for _ in self.columns[1:]))),
            *(_line(row) for row in self.rows),
        ]
        return "\n".join([f"## {self.title}", "", *([self.note, ""] if self.note else []), *lines, ""])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """How many times as much one thing costs as another of the same run, and how many times are a regression."""

    name: str
    value: float
    most: float

    @property
    def is_kept(self) -> bool:
        """Return whether it is within its bound; what is no number is not."""
        return self.value <= self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The tables of one part, and its ratios."""

    tables: Sequence[Table]
    ratios: Sequence[Ratio] = field(default=())


def verdict(ratios: Sequence[Ratio]) -> Table:
    """Return the table of the ratios and their bounds."""
    return Table(
        title="Ratios and their bounds",
        columns=("what", "times", "at most", "kept"),
        rows=[
            (each.name, f"{each.value:.2f}", f"{each.most:g}", "yes" if each.is_kept else "**no**")
            for each in ratios
        ],
    )
