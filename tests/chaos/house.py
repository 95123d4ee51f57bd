"""A house with a charger of each make, two groups, and a Home Assistant that can be stopped, killed and started again."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
from random import Random
import shutil
from typing import Any, cast
from unittest.mock import patch

from aiohttp import ThreadedResolver
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.scheduling.schedule import Schedule
from homeassistant import bootstrap, loader
from homeassistant.config_entries import STORAGE_VERSION, STORAGE_VERSION_MINOR, ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, translation
from homeassistant.setup import async_setup_component
from tests.emulators.base import Emulator, Line
from tests.emulators.evnex import EvnexEmulator
from tests.emulators.lektrico import LektricoEmulator
from tests.ha.every_make.world import BOXES, Box
from tests.ha.evnex.conftest import entry_for as evnex_entry
from tests.ha.existing.conftest import set_up_otherbox
from tests.ha.group.conftest import group_entry, member
from tests.ha.lektrico.conftest import entry_for as lektrico_entry
from tests.ha.makes import MAKES

from .clock import Inline, Wound, WoundLoop

FUSE_A = 25.0
LOG_IN: dict[str, Any] = {"username": "pilot", "password": "lektrico-secret-word"}
# Longer than any command or set-up takes in the worst case.
_STUCK_S = 400


class _Resolver(ThreadedResolver):
    """A resolver as Home Assistant closes it."""

    real_close = ThreadedResolver.close


@dataclass
class Charger:
    """A charger of a make, its entry, and what its owner has set."""

    name: str
    make: str
    group: str
    emulator: Any
    entry_id: str
    # What the car draws on each phase, in A.
    draws: Callable[[Any], list[float]]
    limit_a: float | None = None
    paused: bool = False
    schedule: Schedule = Schedule()
    # A pause that was not set here is the charger's own, which may forget it.
    has_own_pause: bool = False
    # What its group may give it.
    member_limit_a: float | None = None
    # Whether the disk was full since Home Assistant started, and whether it was in its life before.
    is_unsaved: bool = False
    was_unsaved: bool = False
    disturbed_at_s: float = 0.0
    undo: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    @property
    def box(self) -> Box:
        """Return what a person sees and does at it."""
        return BOXES[self.make]

    @property
    def allows_a(self) -> float:
        """Return what it would let a car draw."""
        return self.box.allows_a(self.emulator)


def _phases(read: Callable[[Any], float], count: Callable[[Any], int]) -> Callable[[Any], list[float]]:
    return lambda box: [read(box) if phase < count(box) else 0.0 for phase in range(3)]


_DRAWS: Mapping[str, Callable[[Any], list[float]]] = {
    "smartevse": lambda box: box.ev_currents_a,
    "lektrico": lambda box: box.currents_a,
    "psp": _phases(lambda box: box.drawn_a, lambda box: box.phases),
    "evnex": _phases(lambda box: box.aci.drawn_a, lambda _: 1),
    "existing": _phases(lambda box: box.drawn_a, lambda box: box.phases),
}
# Behind the main fuse, and behind that of the barn.
PLACES = {
    "Garage": ("smartevse", "house"),
    "Carport": ("lektrico", "house"),
    "Yard": ("psp", "barn"),
    "Drive": ("evnex", "barn"),
    "Field": ("existing", "barn"),
}


class House:
    """The machines, which live on, and the Home Assistant of now."""

    hass: HomeAssistant

    def __init__(self, loop: WoundLoop, rng: Random, folder: Path) -> None:
        """Nothing is switched on."""
        self.loop = loop
        self.folder = folder
        self._rng = rng
        self.wound = Wound(loop, rng)
        self.chargers: dict[str, Charger] = {}
        self.base_a: dict[str, list[float]] = {group: [2.0, 2.0, 2.0] for group in ("house", "barn")}
        # What each sensor of the mains shows instead of the truth; None: it reports nothing.
        self.meter_shows: dict[str, Callable[[float], str] | None] = {}
        self.disk_is_full = False
        self.on_second: Callable[[], None] = lambda: None
        self.on_start: Callable[[HomeAssistant], None] = lambda _: None
        # How many files are still written before Home Assistant dies; below 0: it lives, or has died.
        self._dies_after = -1
        self._machines = AsyncExitStack()
        self._life = AsyncExitStack()

    # Switched on and off

    async def build(self) -> None:
        """Switch the machines on, and lay out what Home Assistant has been configured with."""
        self._machines.enter_context(self.wound.clocks())
        resolver = "homeassistant.helpers.aiohttp_client._async_make_resolver"
        self._machines.enter_context(patch(resolver, lambda hass: _Resolver()))
        self._machines.enter_context(patch("homeassistant.util.file.os.replace", self._replace))
        self._machines.enter_context(patch("homeassistant.util.file.os.fchmod", self._chmod))
        # The registries are stored in another way.
        self._machines.enter_context(patch("atomicwrites.replace_atomic", self._replace))
        for pause in ("MEASUREMENT_S", "COUNTER_S"):
            # Numbers are shown at once, so that they can be compared with what is true.
            self._machines.enter_context(patch(f"custom_components.evse_pilot.sensor.{pause}", 0.0))
        entries: list[MockConfigEntry] = []
        for name, (make, group) in PLACES.items():
            emulator: Any = _emulator(make, lambda: self.wound.machine_s)
            await self._machines.enter_async_context(emulator)
            if hasattr(emulator, "booted_at"):
                emulator.advance(5)
            if make == "smartevse":
                emulator.mains_meter = "Disabled"
            entry = self.entry_of(make, emulator, name)
            self.chargers[name] = Charger(name, make, group, emulator, entry.entry_id, _DRAWS[make])
            entries.append(entry)
        entries += [self._group(name) for name in ("house", "barn")]
        (self.folder / ".storage").mkdir()
        self._store(
            "core.config_entries",
            {"entries": [entry.as_dict() for entry in entries]},
            STORAGE_VERSION,
            STORAGE_VERSION_MINOR,
        )

    def entry_of(self, make: str, emulator: Any, name: str) -> MockConfigEntry:
        """Return the entry of a charger, as its flow would have made it."""
        if make == "evnex":
            token = emulator._new_token(emulator.username, 90 * 86400)  # noqa: SLF001
            entry = evnex_entry(emulator, token=token["access_token"], refresh=token["refresh_token"])
        elif make == "lektrico":
            entry = lektrico_entry(emulator, **LOG_IN)
        else:
            entry = MAKES[make].entry(emulator)
        object.__setattr__(entry, "title", name)
        object.__setattr__(entry, "entry_id", f"entry_{name}_{self.loop.wound_s:.0f}".lower())
        return entry

    def _group(self, group: str) -> MockConfigEntry:
        members = [member(each.entry_id, each.name) for each in self.chargers.values() if each.group == group]
        sensors: dict[str, Any] = {f"sensor_l{phase}": f"sensor.{group}_l{phase}" for phase in (1, 2, 3)}
        entry = group_entry(*members, **sensors)
        object.__setattr__(entry, "entry_id", f"entry_{group}")
        object.__setattr__(entry, "title", group.capitalize())
        return entry

    def _store(self, key: str, data: Any, version: int, minor_version: int) -> None:
        stored = {"version": version, "minor_version": minor_version, "key": key, "data": data}
        (self.folder / ".storage" / key).write_text(json.dumps(stored))

    async def start(self) -> None:
        """Start Home Assistant on what was stored."""
        self._life = AsyncExitStack()
        hass = self.hass = await self._life.enter_async_context(
            async_test_home_assistant(config_dir=str(self.folder), load_registries=False)
        )
        self.on_start(hass)
        hass.import_executor.shutdown()
        hass.import_executor = cast("Any", Inline())
        hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
        hass.data.pop(translation.TRANSLATION_FLATTEN_CACHE)
        assert await self.during(bootstrap.async_load_base_functionality(hass))
        await hass.config.async_set_time_zone("Europe/Amsterdam")
        registry = er.async_get(hass)
        for group in self.base_a:
            for phase in (1, 2, 3):
                registry.async_get_or_create(
                    "sensor", "meter", f"{group}_l{phase}", object_id_base=f"{group}_l{phase}"
                )
        self.report()
        other = self.chargers["Field"].emulator
        await self.during(set_up_otherbox(hass, other))
        assert await self.during(async_setup_component(hass, DOMAIN, {}))
        await self.loop.rest()

    async def stop(self) -> None:
        """Stop Home Assistant in good order."""
        await self.during(self.hass.async_stop(force=True))
        await self.loop.rest()
        await self._life.aclose()

    async def kill(self, writes: int) -> None:
        """Let Home Assistant die in the midst of its last writes, after so many: it sends nothing any more."""
        storage = self.folder / ".storage"
        self._dies_after = writes
        lines = {name: (each.emulator.line, each.emulator.line_for) for name, each in self.chargers.items()}
        for charger in self.chargers.values():
            charger.emulator.line, charger.emulator.line_for = Line.REFUSED, lambda _: True
        await self.stop()
        for name, (line, line_for) in lines.items():
            self.chargers[name].emulator.line, self.chargers[name].emulator.line_for = line, line_for
        if self._dies_after < 0:
            shutil.rmtree(storage)
            (self.folder / "copy").rename(storage)
        self._dies_after = -1

    async def demolish(self) -> None:
        """Switch the machines off."""
        await self._machines.aclose()

    def _chmod(self, descriptor: int, mode: int) -> None:
        """Fail as the write before it would, in half of the cases."""
        if self.disk_is_full and self._rng.random() < 0.5:
            raise OSError(28, "No space left on device")
        os.chmod(descriptor, mode)

    def _replace(self, source: str, target: str) -> None:
        if self._dies_after == 0:
            # What is written is there under another name, and is left there for good.
            shutil.copytree(self.folder / ".storage", self.folder / "copy")
        if self._dies_after >= 0:
            self._dies_after -= 1
        if self.disk_is_full and str(target).startswith(str(self.folder)):
            raise OSError(28, "No space left on device")
        Path(source).rename(target)

    # Time

    async def second(self) -> None:
        """Let a second pass, in which each meter reports."""
        self.wound.pass_s(1.0)
        now_s = self.loop.wound_s
        for charger in self.chargers.values():
            for at_s, undo in [each for each in charger.undo if each[0] <= now_s]:
                undo()
                charger.undo = [each for each in charger.undo if each != (at_s, undo)]
                charger.disturbed_at_s = now_s
            charger.emulator.tick(1)
        self.report()
        await self.loop.rest()
        self.on_second()

    async def live(self, seconds: int) -> None:
        """Let so many seconds pass."""
        for _ in range(seconds):
            await self.second()

    async def during[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Do something, and let as much time pass as it takes."""
        task = asyncio.ensure_future(work)
        for _ in range(_STUCK_S):
            await self.loop.rest()
            if task.done():
                return task.result()
            await self.second()
        task.cancel()
        raise AssertionError(f"stuck: {work}")

    # What flows, and what is shown

    def mains_a(self, group: str) -> list[float]:
        """Return what flows through the fuses of a group."""
        cars = [each.draws(each.emulator) for each in self.chargers.values() if each.group == group]
        return [sum(amps) for amps in zip(self.base_a[group], *cars, strict=True)]

    def report(self) -> None:
        """Let the meters report."""
        registry = er.async_get(self.hass)
        for group in self.base_a:
            for phase, amps in enumerate(self.mains_a(group), 1):
                name = f"{group}_l{phase}"
                entity_id = registry.async_get_entity_id("sensor", "meter", name)
                shows = self.meter_shows.get(name, "{:.2f}".format)
                if entity_id is not None and shows is not None:
                    self.hass.states.async_set(entity_id, shows(amps), {"unit_of_measurement": "A"})

    def entry(self, charger: Charger) -> ConfigEntry[Any] | None:
        """Return the entry of a charger."""
        return self.hass.config_entries.async_get_entry(charger.entry_id)

    def group(self, charger: Charger) -> ConfigEntry[Any]:
        """Return the entry of the group of a charger."""
        entry = self.hass.config_entries.async_get_entry(f"entry_{charger.group}")
        assert entry is not None
        return entry

    def is_loaded(self, charger: Charger) -> bool:
        """Return whether it is set up."""
        entry = self.entry(charger)
        return entry is not None and entry.state is ConfigEntryState.LOADED

    def entity_id(self, charger: Charger, platform: str, key: str) -> str:
        """Return an entity of a charger by platform and key."""
        entry = self.entry(charger)
        assert entry is not None
        unique_id = f"{entry.unique_id or entry.entry_id}_{key}"
        found = er.async_get(self.hass).async_get_entity_id(platform, DOMAIN, unique_id)
        assert found, (charger.name, unique_id)
        return found


def _emulator(make: str, now: Callable[[], float]) -> Emulator:
    if make == "evnex":
        return EvnexEmulator(clock=now)
    if make == "lektrico":
        return LektricoEmulator("3p22k", "2.0", clock=now, **LOG_IN)
    return MAKES[make].emulator(clock=now)
