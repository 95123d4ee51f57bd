"""Rows that a day leaves in the database: one charger of each make, and a group with its chargers.

`script/bench rows` runs these for an hour of a house that is awake, and prints the table; here they run for some minutes.
"""

from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
import os
from pathlib import Path
import random
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager
from sqlalchemy import func, select, text

from homeassistant.components.recorder.db_schema import States, StatesMeta
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance, session_scope
from homeassistant.util import dt as dt_util
from tests.emulators.base import Emulator
from tests.emulators.smartevse import SmartEvseEmulator
from tests.ha.conftest import entry_for as smartevse_entry
from tests.ha.group.conftest import group_entry, member
from tests.ha.makes import MAKES, Make, settle

DAY_S = 86_400
# So many seconds are lived, and counted for a day of them.
LIVED_S = int(os.environ.get("EVSE_PILOT_ROWS_S", "300"))
TABLE = os.environ.get("EVSE_PILOT_ROWS_TABLE")
MOST_ROWS = 20_000
STEP_S = 5
# What states take of the database, with their attributes and all indexes, and without what its pages have left.
BYTES = text(
    "SELECT sum(pgsize - unused) FROM dbstat WHERE name IN "
    "(SELECT name FROM sqlite_master WHERE tbl_name IN ('states', 'state_attributes'))"
)


@pytest.fixture
async def mock_recorder_before_hass(async_test_recorder: RecorderInstanceContextManager) -> None:
    """Prepare the recorder before Home Assistant."""


@pytest.fixture
async def emulator(make: Make, freezer: FrozenDateTimeFactory) -> AsyncGenerator[Emulator]:
    """Return a charger whose clock is the frozen one."""
    freezer.move_to(datetime(2026, 11, 1, 6, tzinfo=UTC))
    async with make.emulator(clock=lambda: dt_util.utcnow().timestamp()) as emulator:
        emulator.advance(5) if hasattr(emulator, "booted_at") else None
        yield emulator


class Wavering:
    """A car that never draws the same, and every ten minutes another current altogether; the same in each run."""

    def __init__(self, emulator: Any, most_a: float = 16) -> None:
        """Begin at its most."""
        self._emulator, self._most_a = emulator, most_a
        self._random = random.Random(7)

    def waver(self, at_s: int) -> None:
        """Draw something else."""
        most_a = self._most_a if at_s // 600 % 2 == 0 else 10
        self._emulator.draw(round(most_a * self._random.uniform(0.97, 1.0), 1))


@dataclass(frozen=True)
class Recorded:
    """How many rows each entity of some entries has, how many there are in all, and how many bytes they take."""

    rows: dict[str, int]
    all_rows: int
    bytes: int


async def recorded_of(hass: HomeAssistant, entries: Iterable[MockConfigEntry]) -> Recorded:
    """Return what was recorded of these entries, and in all."""
    await async_wait_recording_done(hass)
    ids = {
        item.entity_id
        for entry in entries
        for item in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    }

    def read() -> Recorded:
        with session_scope(hass=hass, read_only=True) as session:
            query = (
                select(StatesMeta.entity_id, func.count())
                .join(States, States.metadata_id == StatesMeta.metadata_id)
                .group_by(StatesMeta.entity_id)
            )
            counts = {str(entity_id): int(count) for entity_id, count in session.execute(query)}
            return Recorded(
                {entity_id: count for entity_id, count in counts.items() if entity_id in ids},
                sum(counts.values()),
                # Not every library of SQLite can count them.
                0 if TABLE is None else int(session.execute(BYTES).scalar_one()),
            )

    return await get_instance(hass).async_add_executor_job(read)


def report(name: str, before: Recorded, after: Recorded) -> float:
    """Return how many rows a day has; note them for script/bench, with the three entities that have most, and its bytes.

    What all rows take is shared among them: others, such as those of the meter, are as long.
    """
    scale = DAY_S / LIVED_S
    grown = {
        entity_id: (count - before.rows.get(entity_id, 0)) * scale for entity_id, count in after.rows.items()
    }
    total = sum(grown.values())
    if TABLE is not None:
        row_bytes = (after.bytes - before.bytes) / (after.all_rows - before.all_rows)
        most = sorted(grown, key=lambda entity_id: -grown[entity_id])[:3]
        line = {
            "name": name,
            "rows": total,
            "bytes": total * row_bytes,
            "most": {entity_id: grown[entity_id] for entity_id in most},
        }
        with Path(TABLE).open("a", encoding="utf-8") as table:
            table.write(json.dumps(line) + "\n")
    return total


async def test_n27_rows_of_a_charger(
    recorder_mock: object,
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    make: Make,
    emulator: Any,
    quiet: None,
) -> None:
    """A charger whose car wavers leaves at most 20,000 rows a day with what is enabled at first."""
    if make is MAKES["psp"]:
        emulator.settings["Meter1Type"] = 1
    if make.other is not None:
        await make.other(hass, emulator)
    entry = make.entry(emulator)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    emulator.press("plug_in")
    car = Wavering(emulator)

    async def live(seconds: int) -> None:
        for at_s in range(0, seconds, STEP_S):
            car.waver(at_s)
            freezer.tick(timedelta(seconds=STEP_S))
            emulator.tick(STEP_S)
            async_fire_time_changed(hass)
            await settle(hass, make)

    await live(60)
    before = await recorded_of(hass, [entry])
    await live(LIVED_S)
    assert report(entry.title, before, await recorded_of(hass, [entry])) <= MOST_ROWS


async def test_n27_rows_of_a_group(
    recorder_mock: object,
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    quiet: None,
) -> None:
    """A group whose meter reports every second leaves at most 20,000 rows a day, its chargers' devices included."""
    freezer.move_to(datetime(2026, 11, 1, 6, tzinfo=UTC))
    noise, base_a = random.Random(7), [2.0, 3.0, 1.0]
    async with AsyncExitStack() as stack:
        boxes = [
            await stack.enter_async_context(
                SmartEvseEmulator(serial=serial, clock=lambda: dt_util.utcnow().timestamp())
            )
            for serial in (1, 2)
        ]
        entries = [smartevse_entry(box, f"Box {box.serial}") for box in boxes]
        for box, entry in zip(boxes, entries, strict=True):
            box.advance(5)
            box.plug_in()
            entry.add_to_hass(hass)
            assert await hass.config_entries.async_setup(entry.entry_id)
        cars = [Wavering(box) for box in boxes]

        def measure(at_s: int) -> None:
            kettle_a = 9.0 if at_s % 600 < 180 else 0.0
            for phase in range(3):
                amps = base_a[phase] + noise.uniform(-0.15, 0.15) + (kettle_a if phase == 0 else 0.0)
                amps += sum(box.ev_currents_a[phase] for box in boxes)
                state = f"{amps:.2f}", {"unit_of_measurement": "A"}
                hass.states.async_set(f"sensor.mains_l{phase + 1}", *state)

        measure(0)
        group = group_entry(*(member(entry.entry_id, entry.title) for entry in entries))
        group.add_to_hass(hass)
        assert await hass.config_entries.async_setup(group.entry_id)

        async def live(seconds: int) -> None:
            for at_s in range(seconds):
                if at_s % STEP_S == 0:
                    for car in cars:
                        car.waver(at_s)
                freezer.tick(timedelta(seconds=1))
                for box in boxes:
                    box.tick(1)
                measure(at_s)
                async_fire_time_changed(hass)
                await settle(hass, MAKES["smartevse"])

        await live(60)
        before = await recorded_of(hass, [group])
        await live(LIVED_S)
        assert report("a group", before, await recorded_of(hass, [group])) <= MOST_ROWS
        for loaded in (group, *entries):
            assert await hass.config_entries.async_unload(loaded.entry_id)
