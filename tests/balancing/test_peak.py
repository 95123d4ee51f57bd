"""A peak tariff in the law: what is left of a window is spread over its rest, and contactors are spared."""

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.evse_pilot.balancing.law.peak import PeakWindow
from custom_components.evse_pilot.control.claim import Reason

from .bench import Bench, Car, group, member
from .peak_days import PeakScore, peak_table, play_peaks

_QUARTER_S = 900.0


class Tariff(Bench):
    """A bench whose windows are counted, with a meter that reports every second."""

    def __init__(self, target_a: float, car: Car, **changes: object) -> None:
        """Begin with a window, and one car on all phases."""
        super().__init__(group(member("a"), **changes), a=car)
        self.target_a = target_a
        self.drawn_as, self.left_s = 0.0, _QUARTER_S
        self.means: list[float] = []
        self.stops = 0

    def window(self) -> PeakWindow:
        """Return what is left."""
        return PeakWindow(
            target_a=self.target_a,
            length_s=_QUARTER_S,
            left_as=self.target_a * _QUARTER_S - self.drawn_as,
            left_s=self.left_s,
        )

    def live(self, seconds: int, *house: float) -> None:
        """Let so many seconds pass."""
        for _ in range(seconds):
            self.law.peak = self.window()
            before_a = self.cars["a"].offer_a
            self.step(*house)
            self.stops += before_a > 0 == self.cars["a"].offer_a
            self.drawn_as += max(0.0, sum(self.mains))
            self.left_s -= 1
            if self.left_s == 0:
                self.means.append(self.drawn_as / _QUARTER_S)
                self.drawn_as, self.left_s = 0.0, _QUARTER_S


def test_a_window_is_used_up_and_not_exceeded() -> None:
    """The car gets what the house leaves, and the reason is the tariff."""
    bench = Tariff(40.0, Car(6.0))
    bench.live(3 * 900, 3.0, 1.0, 2.0)
    assert bench.share("a").reason is Reason.PEAK
    assert all(0.95 * 40 < mean <= 40 for mean in bench.means)
    assert not bench.stops


def test_a_kettle_pauses_no_car() -> None:
    """The car goes down to its minimum, and has more afterwards."""
    bench = Tariff(40.0, Car(6.0))
    bench.live(300, 3.0, 1.0, 2.0)
    bench.live(180, 13.0, 8.0, 2.0)
    assert bench.cars["a"].offer_a == 6
    bench.live(420, 3.0, 1.0, 2.0)
    assert not bench.stops
    assert 0.95 * 40 < bench.means[0] <= 40


def test_a_house_above_the_target_pauses_the_cars_in_the_end() -> None:
    """Not with the first reading, and none comes back before the house leaves enough for good."""
    bench = Tariff(20.0, Car(6.0))
    bench.live(120, 0.3, 0.2, 0.2)
    bench.live(3, 8.0, 7.0, 7.0)
    assert bench.cars["a"].offer_a == 6
    bench.live(600, 8.0, 7.0, 7.0)
    assert bench.cars["a"].offer_a == 0
    assert bench.share("a").reason is Reason.PEAK
    bench.live(1200, 8.0, 7.0, 7.0)
    assert bench.cars["a"].offer_a == 0
    bench.live(1800, 0.3, 0.2, 0.2)
    assert bench.cars["a"].offer_a >= 6
    assert bench.stops == 1


def test_the_last_minute_opens_no_contactor_without_need() -> None:
    """A car at its minimum stays on where the rest of the window bears it."""
    bench = Tariff(20.0, Car(6.0))
    bench.live(5 * 900, 0.4, 0.4, 0.4)
    assert not bench.stops
    assert max(bench.means) <= 20


def test_the_fuse_holds_whatever_the_target_leaves() -> None:
    """A target that is no limit raises no car above the fuse."""
    bench = Tariff(500.0, Car(6.0))
    bench.live(60, 14.0, 1.0, 2.0)
    assert bench.cars["a"].offer_a == 10
    assert bench.share("a").reason is Reason.MAIN_FUSE


def test_a_car_of_which_the_phases_are_not_known_is_tried_once() -> None:
    """A car on one phase of a three-phase charger goes on; one on three is paused, and not tried again."""
    one = Tariff(16.0, Car(0.0, uses=1))
    one.live(2 * 900, 0.5, 0.5, 0.5)
    assert one.cars["a"].offer_a > 6
    assert one.stops == 0
    three = Tariff(16.0, Car(0.0))
    three.live(4 * 900, 1.5, 0.5, 0.5)
    assert three.cars["a"].offer_a == 0
    assert three.stops == 1
    assert max(three.means) <= 16 * 1.01


def test_a_silent_meter_gives_the_safe_current() -> None:
    """What the house draws is not known."""
    bench = Tariff(60.0, Car(6.0), safe_a=7.0)
    bench.live(60, 0.5, 0.5, 0.5)
    assert bench.cars["a"].offer_a > 7
    bench.law.peak = bench.window()
    bench.run(30, meter=False)
    assert bench.cars["a"].offer_a == 7
    assert bench.share("a").reason is Reason.METER_SILENT


@settings(max_examples=25, deadline=None)
@given(
    target_a=st.floats(0, 120),
    steps=st.lists(
        st.tuples(st.integers(1, 240), st.tuples(*[st.floats(-10, 8)] * 3)), min_size=1, max_size=8
    ),
)
def test_no_current_below_the_minimum_and_no_fuse_above(
    target_a: float, steps: list[tuple[int, tuple[float, float, float]]]
) -> None:
    """Whatever the house does and whatever the target is."""
    bench = Tariff(target_a, Car(6.0))
    for seconds, house in steps:
        bench.live(seconds, *house)
        offer_a = bench.cars["a"].offer_a
        assert offer_a == 0 or 6 <= offer_a <= 16
        assert max(bench.mains) <= 25
    # A target that the house alone never exceeds is kept.
    if bench.means and target_a >= max(sum(max(0.0, amps) for amps in house) for _, house in steps) + 18:
        assert max(bench.means) <= 1.01 * target_a


@pytest.mark.parametrize(
    "changes",
    [{"target_a": -1.0}, {"length_s": 0.0}, {"left_s": -1.0}, {"left_as": float("nan")}],
)
def test_what_is_no_window_is_refused(changes: dict[str, float]) -> None:
    """A target below 0 A, a window without length, a rest that is none."""
    with pytest.raises(ValueError, match=r"window|number"):
        PeakWindow(**{"target_a": 10.0, "length_s": 900.0, "left_as": 1.0, "left_s": 1.0} | changes)


def test_days_with_a_peak_tariff() -> None:
    """With meters that report every second and every 10 s; script/balance --peaks plays a year."""
    scores = play_peaks((1, 2, 3, 5))
    total = scores["all"]
    assert total.days == 4
    assert total.windows
    assert not total.above
    assert total.highest <= 1.01
    assert total.counted_wh >= 0.95 * total.planned_wh
    assert "| meter 10 s | 2 |" in peak_table(scores)


def test_the_judge_of_windows_sees_what_is_above() -> None:
    """A part of a window above the target counts."""
    score = PeakScore(days=1, windows=1, above=1, highest=1.2)
    score.add(PeakScore(days=1, windows=2, highest=0.4))
    assert (score.days, score.windows, score.above, score.highest) == (2, 3, 1, 1.2)
