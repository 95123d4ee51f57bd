"""Every key of every answer of every make: missing, null, of another type, absurd, one at a time in each answer."""

from collections.abc import AsyncGenerator, Iterator, Mapping
from itertools import zip_longest
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.chargers.lektrico.box import _CHARGER_PACES_S
from custom_components.evse_pilot.chargers.psp.models import STATUS
from custom_components.evse_pilot.chargers.psp.webapi import _EVERY_S, WebApi
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from tests.chargers.mutations import Path, changed, paths
from tests.emulators.base import Emulator
from tests.ha.conftest import complaints
from tests.ha.makes import Make, look

type Kind = frozenset[str]

# In place of a value, and in place of a block or a truth value; () is a key that is missing.
VALUES: tuple[tuple[Any, ...], ...] = ((), (None,), ("junk",), ([],), (True,), (-1,), (2**32 - 1,), (1e308,))
BLOCKS = VALUES[:4]
# After so many good answers all is known.
_READINGS = 4
# A charger that is lost, or found again, is one line; two for one with an account.
_MOST_LINES = 2


class Answers:
    """What the charger answers, by the keys of the answer: as it is, or with one key odd."""

    def __init__(self) -> None:
        """Nothing was answered yet."""
        self.good: dict[Kind, dict[str, Any]] = {}
        self.odd: dict[Kind, tuple[Path, tuple[Any, ...]]] = {}

    def __call__(self, raw: Any) -> Any:
        """Return an answer as it is reported."""
        if not isinstance(raw, dict):
            return raw
        kind = frozenset(raw)
        self.good.setdefault(kind, raw)
        if kind not in self.odd:
            return raw
        path, value = self.odd[kind]
        return changed(raw, path, *value) if _has(raw, path) else raw


def _has(raw: Any, path: Path) -> bool:
    return not path or (isinstance(raw, Mapping) and path[0] in raw and _has(raw[path[0]], path[1:]))


def _at(raw: Any, path: Path) -> Any:
    return _at(raw[path[0]], path[1:]) if path else raw


def odd_answers(good: dict[Kind, dict[str, Any]]) -> Iterator[dict[Kind, tuple[Path, tuple[Any, ...]]]]:
    """Return what is odd in each answer, in turn: no key is odd twice in a row."""
    for value in VALUES:
        turns = (
            [
                (kind, (path, value))
                for path in paths(raw)
                if value in BLOCKS or not isinstance(_at(raw, path), Mapping | bool)
            ]
            for kind, raw in good.items()
        )
        for turn in zip_longest(*turns):
            yield dict(filter(None, turn))


@pytest.fixture(autouse=True)
def everything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each poll read all parts of a snapshot, as if all were due."""

    async def refresh(api: WebApi) -> None:
        for resource in (STATUS, *_EVERY_S):
            await api.read(resource)

    monkeypatch.setattr(
        "custom_components.evse_pilot.chargers.lektrico.box.LektricoBox._due",
        lambda *_: list(_CHARGER_PACES_S),
    )
    monkeypatch.setattr("custom_components.evse_pilot.chargers.psp.webapi.WebApi.refresh", refresh)


def shown(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, str]:
    """Return the states of the entities of an entry, by their ids in the registry, but for what time alone changes."""
    return {
        item.unique_id: state.state if (state := hass.states.get(item.entity_id)) else "none"
        for item in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if not item.unique_id.endswith(("session_duration", "session_time", "started_at", "limited_by"))
    }


class Walk:
    """Each key of each answer odd in turn, and what became of that."""

    def __init__(self, hass: HomeAssistant, make: Make, entry: MockConfigEntry, emulator: Emulator) -> None:
        """Begin with good answers."""
        self.hass, self._make, self.entry, self._emulator = hass, make, entry, emulator
        self._answers = emulator.alters = Answers()
        self.sums: dict[str, set[str]] = {}

    async def read(self) -> dict[str, str]:
        """Return what is shown after some readings."""
        for _ in range(_READINGS):
            await look(self.hass, self._make, self.entry, self._emulator)
        return shown(self.hass, self.entry)

    async def odd_answers(self) -> AsyncGenerator[str]:
        """Let the charger answer so once, for each odd answer, and yield what was odd; at last it is as before."""
        self.hass.bus.async_listen("state_changed", self._note)
        for odd in odd_answers(dict(self._answers.good)):
            self._answers.odd = odd
            await look(self.hass, self._make, self.entry, self._emulator)
            yield "; ".join(f"{'.'.join(path)} {value}" for path, value in odd.values())
        self._answers.odd = {}

    @callback
    def _note(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state and str(state.attributes.get("state_class")).startswith("total"):
            if state.state not in (STATE_UNKNOWN, STATE_UNAVAILABLE):
                self.sums.setdefault(state.entity_id, set()).add(state.state)


@pytest.fixture
def walk(
    all_enabled: None, hass: HomeAssistant, make: Make, charger: MockConfigEntry, emulator: Emulator
) -> Walk:
    """Return a walk over a charger with a car that does not draw, so that nothing else changes."""
    if make.other is not None:
        pytest.skip("its answers are read by the integration that has it")
    emulator.press("draw", "0")
    if "house" in emulator.buttons:
        emulator.press("house", "0")
    emulator.advance(10)
    return Walk(hass, make, charger, emulator)


async def test_e5_no_odd_key_leaves_a_trace(
    walk: Walk, emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    """No traceback, no command, no sum that jumps; and afterwards all is as it was."""
    before = await walk.read()
    commands = len([call for call in emulator.calls if call.method != "GET"])
    caplog.clear()
    async for odd in walk.odd_answers():
        lines = complaints(caplog)
        assert not [line for line in lines if line.exc_info or "Traceback" in line.getMessage()], odd
        assert len(lines) <= _MOST_LINES, odd
        caplog.clear()
    assert [call.body for call in emulator.calls if call.method != "GET"][commands:] == []
    after = await walk.read()
    assert {key: (state, after[key]) for key, state in before.items() if after[key] != state} == {}
    assert {entity_id: values for entity_id, values in walk.sums.items() if len(values) > 1} == {}


async def test_e4_no_odd_key_leaves_a_phantom(walk: Walk) -> None:
    """No entity comes of an odd answer, and all that were there are there after a restart."""
    before = await walk.read()
    async for odd in walk.odd_answers():
        assert shown(walk.hass, walk.entry).keys() == before.keys(), odd
    await walk.read()
    assert await walk.hass.config_entries.async_reload(walk.entry.entry_id)
    after = await walk.read()
    assert after == before
    assert STATE_UNAVAILABLE not in after.values()
