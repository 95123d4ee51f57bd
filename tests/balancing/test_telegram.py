"""Phases of a telegram that arrive one by one."""

from custom_components.evse_pilot.balancing.telegram import Telegram

SENSORS = ("a", "b", "c")


def read(telegram: Telegram, *amps: float) -> None:
    """Let all phases arrive, and be read."""
    for phase, (sensor, value) in enumerate(zip(SENSORS, amps, strict=True), 1):
        telegram.add(sensor, phase, value, 24)
        telegram.note_read(phase, value)
    telegram.take()
    telegram.end()


def test_d5_whole() -> None:
    """A telegram is read when its last phase is there, also if that has no value."""
    telegram = Telegram(SENSORS)
    read(telegram, 5, 5, 5)
    assert not telegram.add("a", 1, 5.5, 24)
    assert not telegram.add("a", 1, 5.6, 24)
    assert not telegram.add("b", 2, 1, 24)
    assert telegram.add("c", 3, None, 24)
    assert telegram.is_whole
    assert telegram.take() == {1, 2, 3}
    telegram.end()
    assert not telegram.add("a", 1, 5, 24)


def test_d5_at_once() -> None:
    """A load, and anything more above the limit, is read at once; once, and not with the rest again."""
    telegram = Telegram(SENSORS)
    read(telegram, 5, 23.5, 24.5)
    assert telegram.add("a", 1, 7, 24)
    assert telegram.take() == {1}
    telegram.note_read(1, 7)
    assert telegram.add("b", 2, 24.1, 24)
    assert telegram.take() == {2}
    assert telegram.add("c", 3, 24.5, 24)
    assert telegram.take() == {3}
    telegram.end()
    assert not telegram.add("c", 3, 24.5, 24)
    assert not telegram.add("a", 1, 8.9, 24)


def test_d5_the_first_is_read_at_once() -> None:
    """Of a phase that was never read nothing is known, so that it is not waited for."""
    assert Telegram(SENSORS).add("b", 2, 0, 24)
