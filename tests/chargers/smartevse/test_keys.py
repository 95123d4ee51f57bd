"""The table of keys in the docs, compared with the answers and with the code."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any

from chargers.errors import ChargerProtocolError
from chargers.smartevse.models import from_wire
from chargers.smartevse.readers import mains_updated_at
import pytest

from tests.chargers.mutations import changed
from tests.chargers.smartevse.answers import GENERATIONS
from tests.emulators.smartevse import FIRMWARES, SmartEvseEmulator

DOCS = (Path(__file__).parents[3] / "docs" / "smartevse.md").read_text(encoding="utf-8")
SAMPLES = Path(__file__).parents[4] / "shared" / "protocols" / "smartevse" / "samples"
# One of them at least changes what is read, if the key is read at all.
VALUES: tuple[Any, ...] = (
    *(None, False, True, 0, 1, 2, 3, 7, 300, 1024, 1e6, "", "junk", "00", "OFF", "Disabled", "Connected"),
    *(
        {},
        {"L1": 1},
        {"R": 1, "G": 2, "B": 3},
        "SmartEVSE/1",
        "N/A",
        "Connected to EV - RCM Tripped",
        "RCM Tripped",
    ),
)


def _table() -> dict[tuple[str, str], str]:
    """Return where each key is, by its block."""
    _, _, text = DOCS.partition("## What becomes of each key of its answer")
    block, found = "", {}
    for first, keys, where in re.findall(
        r"^\| ([^|`]*)\| ([^|]*`[^|]*) \| ([^|]+) \|$", text.partition("## ")[0], re.MULTILINE
    ):
        block = first.strip() or block
        for key in re.findall(r"`([^`]+)`", keys):
            assert (block, key) not in found
            found[block, key] = where
    return found


def _keys(raw: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in raw.items():
        if isinstance(value, dict):
            yield from ((key, inner) for inner in value)
        else:
            yield "", key


def _without_what_others_replace(raw: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without the keys that are read instead of others."""
    for block, key in [
        *(("", "car_connected"), ("", "eth"), ("evse", "error")),
        *(("ev_meter", "total_wh"), ("ev_meter", "charged_wh")),
    ]:
        if key in (raw.get(block, {}) if block else raw):
            raw = changed(raw, (block, key) if block else (key,))
    return raw


def _answers(*firmwares: str) -> Iterator[dict[str, Any]]:
    """Yield an answer of each generation, and all that these of the emulator can have."""
    yield from (raw for raw, _ in GENERATIONS.values())
    for firmware in firmwares:
        for wifi in (True, False):
            emulator = SmartEvseEmulator(
                firmware, modem_build=True, rfid_reader="EnableAll", circuit_meter="Eastron3P", wifi=wifi
            )
            emulator.advance(5)
            emulator.plug_in()
            emulator.advance(5)
            yield emulator.settings()


def test_s13_every_key_is_in_the_table() -> None:
    """No key of any generation is missing in the docs."""
    assert {key for raw in _answers(*FIRMWARES) for key in _keys(raw)} <= _table().keys()


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the captured answers are not at hand")
def test_s13_every_key_of_the_captured_answers_is_in_the_table() -> None:
    """Nor one of a real charger."""
    answers = (json.loads(path.read_text("utf-8")) for path in SAMPLES.glob("*.json"))
    assert {key for raw in answers for key in _keys(raw)} <= _table().keys()


def test_s13_what_is_left_out_is_not_read_and_the_rest_is() -> None:
    """Another value of a key, or none, makes another state, unless the docs name the key as left out."""
    read, seen = set(), set()
    answers = list(_answers("1.8", "3.11.1"))
    for raw in [*answers, *map(_without_what_others_replace, answers)]:
        whole = _read(raw)
        for block, key in _keys(raw):
            seen.add((block, key))
            path = (block, key) if block else (key,)
            variants = [changed(raw, path), *(changed(raw, path, value) for value in VALUES)]
            if any(_read(variant) != whole for variant in variants):
                read.add((block, key))
    table = _table()
    left_out = {key for key, where in table.items() if where.startswith("left out")}
    assert read & left_out == set()
    assert seen - read - left_out == set()
    # Only of a HomeWizard meter.
    assert table.keys() - seen == {("ev_meter", "host"), ("mains_meter", "host"), ("circuit_meter", "host")}


def _read(raw: dict[str, Any]) -> object:
    try:
        return from_wire(raw), mains_updated_at(raw)
    except ChargerProtocolError:
        return None


@pytest.mark.parametrize("left_out", ["`intervals`", "`/power_day`"])
def test_s11_what_is_left_out_has_a_reason(left_out: str) -> None:
    """The docs name the part of the API that is not used, and why."""
    lines = [line for line in DOCS.partition("## Deliberately left out")[2].splitlines() if left_out in line]
    assert lines
    assert all(len(line.split("|")[2].split()) > 5 for line in lines)
