"""The arithmetic of script/bench, and the form of its tables; what it measures is no test."""

import math

import pytest

from script.benchmarks.measuring import Cost, best
from script.benchmarks.report import Ratio, Table, verdict


def test_the_best_of_several_rounds_is_the_least_of_each() -> None:
    """A busy moment adds to the one, or to the other."""
    rounds = [Cost(cpu_ms=2.0, wall_ms=3.0), Cost(cpu_ms=1.0, wall_ms=9.0), Cost(cpu_ms=4.0, wall_ms=4.0)]
    assert best(rounds) == Cost(cpu_ms=1.0, wall_ms=3.0)
    assert best(rounds).times(Cost(cpu_ms=0.5, wall_ms=1.0)) == 2


@pytest.mark.parametrize(
    ("value", "is_kept"), [(1.9, True), (2.0, True), (2.1, False), (math.nan, False), (math.inf, False)]
)
def test_a_ratio_above_its_bound_is_a_regression(value: float, is_kept: bool) -> None:
    """So is one that could not be measured."""
    ratio = Ratio(name="poll", value=value, most=2.0)
    assert ratio.is_kept is is_kept
    assert verdict([ratio]).rows[0][-1] == ("yes" if is_kept else "**no**")


def test_a_table_is_markdown() -> None:
    """The first column is on the left, and a note comes before the table."""
    table = Table(title="Polls", columns=("make", "ms"), rows=[("PSP", "0.3")], note="The best.")
    assert table.markdown() == "## Polls\n\nThe best.\n\n| make | ms |\n| --- | --: |\n| PSP | 0.3 |\n"
