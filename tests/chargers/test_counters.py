"""Which readings of a counter count."""

from dataclasses import dataclass, replace

from chargers.counters import ENERGY, NET_ENERGY, Counter, Counters, Pace, Reading
from chargers.fields import Fields
from hypothesis import given, strategies as st
import pytest

PACES = st.sampled_from([ENERGY, NET_ENERGY, Pace(per_hour=60, step=2, maximum=1e6)])
# Ten seconds to a month between two readings
GAPS_S = st.floats(5, 2.6e6)


class Box:
    """The counters of a box that is read every ten seconds."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._now_s = 1000.0
        self._counters = Counters(lambda: self._now_s)

    def shows(self, *values: float | None, pace: Pace = ENERGY, every_s: float = 10) -> list[float | None]:
        """Return what counts after each of these readings."""
        shown = []
        for value in values:
            self._now_s += every_s
            shown.append(self._counters.read("total", value, object(), pace))
        return shown


def test_e5_first_two_readings_have_to_agree() -> None:
    """A first reading has nothing to be compared with: a box that has just started may show 0."""
    assert Box().shows(0, 12_345_000, 12_345_010) == [None, None, 12_345_010]
    assert Box().shows(9e8, 12_345_000, 12_345_010) == [None, None, 12_345_010]
    assert Box().shows(0, 0, 10) == [None, 0, 10]


@pytest.mark.parametrize("odd", [0, 5, 12_300_000, 12_350_000, 9e8])
def test_e5_one_odd_reading_is_not_shown(odd: float) -> None:
    """The last one that counts stands, and the next good one counts at once."""
    shown = Box().shows(12_345_000, 12_345_010, odd, 12_345_020, odd, odd + 1)
    assert shown == [None, 12_345_010, 12_345_010, 12_345_020, 12_345_020, odd + 1]


def test_e5_a_jump_or_a_0_counts_when_it_is_seen_again() -> None:
    """A meter that was replaced is hidden for one reading."""
    assert Box().shows(12_345_000, 12_345_010, 0, 0, 20) == [None, 12_345_010, 12_345_010, 0, 20]
    assert Box().shows(5000, 5000, 90_000, 90_010) == [None, 5000, 5000, 90_010]


def test_e5_what_no_life_is_long_enough_for_never_counts() -> None:
    """0xFFFFFFFF Wh are 4.29 GWh, however often they are read."""
    sentinel = float(0xFFFFFFFF)
    shown = Box().shows(5000, 5010, sentinel, sentinel, None, 5020)
    assert shown == [None, 5010, None, None, None, 5020]


def test_e5_the_circuit_bounds_what_was_counted_meanwhile() -> None:
    """After an hour without a reading 20 kWh are plausible, after ten seconds they are not."""
    assert Box().shows(5000, 5000, 25_000, every_s=3600) == [None, 5000, 25_000]
    assert Box().shows(5000, 5000, 25_000) == [None, 5000, 5000]


def test_e5_net_energy_goes_both_ways() -> None:
    """Energy less what was fed back may fall, also below 0; a jump is one all the same."""
    shown = Box().shows(100, 50, -150, 90_000, -160, -170, pace=NET_ENERGY)
    assert shown == [None, 50, -150, -150, -160, -170]


def test_e5_an_answer_is_one_reading() -> None:
    """An answer that is only read every few minutes is in many snapshots."""
    counters, first, second = Counters(), object(), object()
    assert [counters.read("total", 400_000, first) for _ in range(3)] == [None] * 3
    assert [counters.read("total", 400_000, second) for _ in range(3)] == [400_000] * 3
    assert counters.read("other", 400_000, second) is None


def test_names_that_a_meter_makes_up_do_not_pile_up() -> None:
    """Of counters with ever new names the last ones are known, and those that are read again and again."""
    counters = Counters()
    for number in range(1000):
        counters.read("total", 7000, object())
        counters.read(f"register {number}", 7000, object())
    assert counters.read("total", 7000, object()) == 7000
    assert counters.read("register 999", 7000, object()) == 7000
    assert counters.read("register 0", 7000, object()) is None


@given(st.lists(st.tuples(GAPS_S, st.floats(0, 1)), min_size=2, max_size=20), st.floats(0, 1e8), PACES)
def test_e5_a_counter_that_counts_is_shown(
    steps: list[tuple[float, float]], value: float, pace: Pace
) -> None:
    """Whatever goes on within what is possible counts from its second reading on, at once."""
    counter, at_s = Counter(), 0.0
    for number, (gap_s, share) in enumerate(steps):
        at_s += gap_s
        value += share * (pace.per_hour * gap_s / 3600 + pace.step) * 0.999
        counter = counter.after(Reading(value=value, at_s=at_s), pace)
        assert counter.counts == (Reading(value=value, at_s=at_s) if number else None)


@given(st.lists(st.floats(0, 1e9), max_size=12), st.floats(0, 9e8))
def test_e5_shown_value_only_moves_by_two_readings_that_agree(odd: list[float], good: float) -> None:
    """Between good readings, each odd one alone changes nothing, however odd."""
    counter = Counter().after(Reading(value=good, at_s=0), ENERGY)
    for number, value in enumerate(odd):
        counter = counter.after(Reading(value=good, at_s=60 * number + 5), ENERGY)
        assert counter.counts is not None
        assert counter.counts.value == good
        counter = counter.after(Reading(value=value, at_s=60 * number + 30), ENERGY)
        assert counter.counts is not None
        assert counter.counts.value == good or 0 <= value - good <= ENERGY.step + ENERGY.per_hour / 144
        counter = replace(counter, counts=Reading(value=good, at_s=60 * number + 30))


@given(st.lists(st.tuples(GAPS_S, st.floats() | st.none()), max_size=12), PACES)
def test_e5_shown_value_is_possible(readings: list[tuple[float, float | None]], pace: Pace) -> None:
    """Any readings at all: what is shown is one of them, within the maximum."""
    now_s = 0.0
    counters = Counters(lambda: now_s)
    seen: set[float] = set()
    for gap_s, value in readings:
        now_s += gap_s
        shown = counters.read("total", value, object(), pace)
        if value is not None:
            seen.add(value)
        assert shown is None or (shown in seen and abs(shown) <= pace.maximum)


def test_fields_declare_what_is_counted() -> None:
    """A field that is counted passes the counters of its charger; without them it is as it was read."""
    wire = Fields[dict[str, float]]()

    @dataclass(frozen=True, kw_only=True)
    class State:
        power_w: float | None = wire(lambda raw: raw.get("power"))
        energy_wh: float | None = wire.counter(lambda raw: raw.get("energy"))

    counters = Counters()
    answers = [{"power": 0.0, "energy": 7000.0}, {"power": 1.0, "energy": 7000.0}, {"energy": 0.0}]
    states = [wire.state(State, answer, counters) for answer in answers]
    assert [(state.power_w, state.energy_wh) for state in states] == [(0, None), (1, 7000), (None, 7000)]
    assert wire.state(State, answers[2]).energy_wh == 0
