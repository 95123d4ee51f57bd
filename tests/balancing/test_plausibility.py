"""Readings of the mains that cannot be: dropped until the meter is proved right."""

from custom_components.evse_pilot.balancing.law.model import Decision

from .bench import Bench, Car, group, member

A, B = member("a"), member("b")


def charging(*, exports: bool = False, safe_a: float = 6.0) -> Bench:
    """Return a house of 2 A in which two cars share 22 A."""
    bench = Bench(group(A, B, exports=exports, safe_a=safe_a), a=Car(11.0), b=Car(11.0))
    bench.run(60, 2, 2, 2)
    assert bench.amps() == {"a": 11, "b": 11}
    return bench


def run(bench: Bench, seconds: int, part: float) -> list[Decision]:
    """Let the meter show a part of what flows for so many seconds; return the decisions."""
    return [bench.step(mains=[part * amps for amps in bench.mains]) for _ in range(seconds)]


def most_a(decisions: list[Decision]) -> float:
    """Return the highest current that a charger was given."""
    return max(share.amps for decision in decisions for share in decision.shares.values())


def test_d2_no_car_is_raised_by_a_meter_that_shows_nothing() -> None:
    """The safe current comes after the silence, and the zeros that go on with it raise no car again."""
    bench = charging(exports=True)
    assert most_a(run(bench, 20, 0.0)) == 11
    decisions = run(bench, 600, 0.0)
    assert most_a(decisions) == 6
    assert all(decision.meter_doubted and decision.meter_silent for decision in decisions)
    assert not bench.step().meter_doubted
    bench.run(40)
    assert bench.amps() == {"a": 11, "b": 11}


def test_d2_zeros_prove_nothing_while_the_cars_are_paused() -> None:
    """Zeros while nothing is drawn are not believed after a doubt: the cars would be raised by them."""
    bench = charging(exports=True, safe_a=0.0)
    run(bench, 20, 0.0)
    decisions = run(bench, 600, 0.0)
    assert most_a(decisions) == 0
    assert all(decision.meter_doubted for decision in decisions)
    bench.run(300)
    assert bench.amps() == {"a": 11, "b": 11}


def test_f10_too_small_a_current_raises_no_car() -> None:
    """While the cars are on their way to the safe current they prove nothing, and afterwards that it is too small."""
    bench = charging()
    assert most_a(run(bench, 20, 0.23)) == 11
    decisions = run(bench, 600, 0.23)
    assert most_a(decisions) == 6
    assert all(decision.meter_doubted and decision.meter_silent for decision in decisions)


def test_f10_a_meter_is_believed_again_without_a_car() -> None:
    """With the cars paused nothing can prove a meter: it is believed after a minute, and doubted again when they draw."""
    bench = charging(safe_a=0.0)
    run(bench, 20, 0.23)
    doubted_s = sum(decision.meter_doubted for decision in run(bench, 120, 0.23))
    assert 50 <= doubted_s <= 70
    bench.run(300)
    assert bench.amps() == {"a": 11, "b": 11}


def test_f10_a_car_that_stops_between_two_readings_of_its_charger() -> None:
    """A charger that is read every 30 s shows the old current for a while: the meter is not doubted for that."""
    bench = charging()
    doubted = 0
    for second in range(120):
        if second == 5:
            bench.cars["a"].draws_a = 0.0
        bench.t += 1
        if second % 30 == 0:
            bench.read_chargers()
        bench.law.read_mains(bench.t, bench.mains)
        doubted += bench.decide().meter_doubted
    assert doubted == 0


def test_f10_chargers_that_are_read_seldom() -> None:
    """Until the chargers were read again nothing is proved, and nothing is given either."""
    bench = charging()
    decisions = []
    for second in range(300):
        bench.t += 1
        if second % 30 == 20:
            bench.read_chargers()
        bench.law.read_mains(bench.t, [0.23 * amps for amps in bench.mains])
        decisions.append(bench.decide())
    assert most_a(decisions) == 11
    assert most_a(decisions[60:]) == 6
    assert all(decision.meter_doubted for decision in decisions[60:])


def test_f10_an_owner_who_lets_the_house_feed_in() -> None:
    """What was too little is the sun's from then on."""
    bench = charging()
    run(bench, 60, 0.23)
    bench.law.group = group(A, B, exports=True)
    decisions = run(bench, 60, 0.23)
    assert not decisions[-1].meter_doubted
    assert most_a(decisions[30:]) == 16


def test_nothing_for_a_moment_is_the_balance_of_a_roof() -> None:
    """Where the cars take what the sun leaves, a meter that shows tenths is at 0 A now and then; if it stays, it is dead."""
    bench = Bench(group(A, exports=True), a=Car(10.0))
    bench.limit("a", 10.0)
    bench.run(60, -10.1, -10.0, -9.9)
    for _ in range(20):
        assert not any(decision.meter_doubted for decision in run(bench, 5, 0.0))
        bench.run(3)
    assert run(bench, 30, 0.0)[-1].meter_doubted
