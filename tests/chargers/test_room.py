"""A bounded number of places."""

from chargers.room import Room
from hypothesis import given, strategies as st


def test_a_place_while_there_is_one() -> None:
    """Keys get a place in their order, once, and keep it while they are named."""
    room: Room[int] = Room(3, 2)
    assert room.take([1, 2, 3, 4, 1], [1, 2, 3, 4, 1]) == []
    assert [key in room for key in (1, 2, 3, 4)] == [True, True, True, False]
    for _ in range(9):
        assert room.take([4, 1, 2, 3], [4]) == []
    assert 4 not in room


def test_the_one_that_is_missing_longest_gives_way() -> None:
    """One that was in none of the last answers gives way, and not before its place is needed."""
    room: Room[int] = Room(2, 2)
    room.take([1, 2], [1, 2])
    room.take([2], [])
    room.take([], [])
    assert room.take([3], [3]) == [1]
    assert room.take([4], [4]) == [2]
    for _ in range(3):
        assert room.take([3, 4], []) == []
    assert room.take([5], [5]) == []
    assert 5 not in room


def test_what_had_a_place_before_keeps_it_for_a_while() -> None:
    """Also beyond the bound; and all that is too much gives way at the first that needs a place."""
    room: Room[int] = Room(2, 1)
    room.keep(range(5))
    assert room.take([4, 9], [9]) == []
    assert room.take([4, 9], [9]) == [0, 1, 2, 3]
    assert [key for key in range(10) if key in room] == [4, 9]


ANSWERS = st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=40)


@given(ANSWERS, st.integers(1, 4), st.integers(0, 5))
def test_never_too_many_and_none_gives_way_that_is_in_use(
    answers: list[list[int]], most: int, patience: int
) -> None:
    """Whatever is named, there are no more than so many, and what was named lately stays."""
    room: Room[int] = Room(most, patience)
    had: set[int] = set()
    for number, answer in enumerate(answers):
        gone = room.take(answer, answer)
        lately = {key for each in answers[max(0, number - patience) : number + 1] for key in each}
        assert not lately & had & set(gone)
        has = {key for key in range(10) if key in room}
        assert had - set(gone) <= has <= had | set(answer)
        assert len(has) <= most
        had = has
