"""Which entities of a device are added when."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .descriptions import Described, always


@dataclass(frozen=True, slots=True)
class Found[D]:
    """What only a state can name: all that it names, and one of them again by its key and the name that it had."""

    all_fn: Callable[[Any], Iterable[D]]
    one_fn: Callable[[str, str], D | None]


class Additions[D: Described[Any]]:
    """The descriptions of a device for one platform that are not added yet; each is returned once."""

    def __init__(self, descriptions: Iterable[D], found: Found[D] | None) -> None:
        """Add nothing yet."""
        self._waiting = {description.key: description for description in descriptions}
        self._found = found
        self._added: set[str] = set()
        # How many were added of each group that has only so much room.
        self._counts: Counter[str] = Counter()
        # Those that the last state had.
        self._seen: set[str] = set()

    def known(self, names: Mapping[str, str]) -> list[D]:
        """Return those that were there before, by their keys, with the names that they had."""
        known = [self._waiting[key] for key in names if key in self._waiting]
        if self._found is not None:
            again = (self._found.one_fn(key, name) for key, name in names.items() if key not in self._waiting)
            known += [description for description in again if description is not None]
        for description in known:
            self._add(description)
        return known

    def now(self, state: Any) -> list[D]:
        """Return those that a state has."""
        return self._take(self._in(state))

    def note(self, state: Any) -> None:
        """Note what a state has."""
        self._seen = {description.key for description in self._in(state)}

    def twice(self, state: Any) -> list[D]:
        """Return those that a state has and the last one had, and those that depend on none; note what it has."""
        present = self._in(state)
        new = [
            description
            for description in present
            # What only a state names depends on it.
            if description.key in self._seen
            or (description.exists_fn is always and description.key in self._waiting)
        ]
        self._seen = {description.key for description in present}
        return self._take(new)

    def _in(self, state: Any) -> list[D]:
        present = [description for description in self._waiting.values() if description.exists_fn(state)]
        if self._found is not None:
            described = (d for d in self._found.all_fn(state) if d.key not in self._added)
            present += {description.key: description for description in described}.values()
        return present

    def _take(self, new: list[D]) -> list[D]:
        taken: list[D] = []
        for description in new:
            if description.room is not None:
                group, most = description.room
                if self._counts[group] >= most:
                    continue
            self._add(description)
            taken.append(description)
        return taken

    def _add(self, description: D) -> None:
        self._waiting.pop(description.key, None)
        self._added.add(description.key)
        if description.room is not None:
            self._counts[description.room[0]] += 1
