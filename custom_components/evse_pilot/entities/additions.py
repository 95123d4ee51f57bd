"""Which entities of a device are added when."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..chargers.room import Room
from .descriptions import Described, always

# Of the readings of a charger, which come every 5 to 10 s: an hour or two.
PATIENCE = 720


@dataclass(frozen=True, slots=True)
class Found[D]:
    """What only a state can name: all that it names, and one of them again by its key and the name that it had."""

    all_fn: Callable[[Any], Iterable[D]]
    one_fn: Callable[[str, str], D | None]


class Additions[D: Described[Any]]:
    """The descriptions of a device for one platform that are not added yet; each is returned once."""

    def __init__(
        self, descriptions: Iterable[D], found: Found[D] | None, remove: Callable[[str], None]
    ) -> None:
        """Add nothing yet; `remove` is called with the key of one that gives way to a new one."""
        self._waiting = {description.key: description for description in descriptions}
        self._found = found
        self._remove = remove
        self._added: set[str] = set()
        # The places of each group that has only so many.
        self._rooms: dict[str, Room[str]] = {}
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
            if description.room is not None:
                self._room(*description.room).keep([description.key])
        return known

    def now(self, state: Any) -> list[D]:
        """Return those that a state has."""
        named = self._named(state)
        return self._take(self._in(state, named), named)

    def note(self, state: Any) -> None:
        """Note what a state has."""
        self._seen = {description.key for description in self._in(state, self._named(state))}

    def twice(self, state: Any) -> list[D]:
        """Return those that a state has and the last one had, and those that depend on none; note what it has."""
        named = self._named(state)
        present = self._in(state, named)
        new = [
            description
            for description in present
            # What only a state names depends on it.
            if description.key in self._seen
            or (description.exists_fn is always and description.key in self._waiting)
        ]
        self._seen = {description.key for description in present}
        return self._take(new, named)

    def _named(self, state: Any) -> Mapping[str, D]:
        """Return what only a state can name, by key."""
        found = () if self._found is None else self._found.all_fn(state)
        return {description.key: description for description in found}

    def _in(self, state: Any, named: Mapping[str, D]) -> list[D]:
        present = [description for description in self._waiting.values() if description.exists_fn(state)]
        return present + [description for key, description in named.items() if key not in self._added]

    def _take(self, new: list[D], named: Mapping[str, D]) -> list[D]:
        places = {description.room for description in named.values() if description.room is not None}
        for place in places:
            keys = [key for key, description in named.items() if description.room == place]
            for gone in self._room(*place).take(keys, [each.key for each in new if each.room == place]):
                self._added.discard(gone)
                self._remove(gone)
        taken = [each for each in new if each.room is None or each.key in self._room(*each.room)]
        for description in taken:
            self._add(description)
        return taken

    def _room(self, group: str, most: int) -> Room[str]:
        return self._rooms.setdefault(group, Room(most, PATIENCE))

    def _add(self, description: D) -> None:
        self._waiting.pop(description.key, None)
        self._added.add(description.key)
