"""A random walk through the life of a house: what people do, what breaks, and what is right again once all is quiet."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
import random
from random import Random
import tempfile
from typing import Any, cast

from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.control.claim import Source
from custom_components.evse_pilot.scheduling.schedule import Schedule
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from tests.emulators.base import Line, Request, Response

from . import wishes
from .clock import WoundLoop
from .house import FUSE_A, Charger, House
from .watch import Watch

# How many files Home Assistant writes at its end.
_LAST_WRITES = 8
# What a line does that fails, and what an answer is that is not one; what is plausible JSON would be believed.
_LINES = [line for line in Line if line not in (Line.OK, Line.UNAUTHORIZED, Line.FORBIDDEN)]
# The integration of another make takes any JSON for its own.
_LINES_OF_ANY = [line for line in _LINES if line not in (Line.NULL, Line.LIST, Line.STRANGER, Line.HUGE)]
# After so many events all is mended, and what was wanted is compared with what is.
_EVENTS_UNTIL_QUIET = 12
# A token that has ended is noticed with the next request, and a cloud that was refused is asked ever more seldom.
_RENEWED_WITHIN_S = 600
# A command that was lost is sent again after 5 min at the latest, and a car that was paused waits for 3 min.
_QUIET_S = 420
# At its end nothing has changed for minutes, and hardly anything is left to command.
_CALM_S, _CALM_WRITES = 180, 3


class Walk:
    """One walk, all of whose chances come from one seed."""

    def __init__(self, house: House, rng: Random) -> None:
        """Begin in a quiet house."""
        self.house = house
        self.rng = rng
        self.watch = Watch(house)
        self.events: Counter[str] = Counter()
        # What happens next; each comes as often as it should before all come again.
        self._deck: list[Callable[[Walk], Awaitable[None]]] = []
        self.trail: list[str] = []
        self.lives = 1
        # Tasks of any kind that were there at the end, of which one is the walk.
        self.tasks = 0
        self._others = set[asyncio.Task[Any]]()
        self._configured: dict[str, Any] = {}
        # Until when a new token may still have to be stored.
        self._renews_until_s = 0

    async def begin(self) -> None:
        """Switch everything on, and let cars come."""
        await self.house.build()
        self._others = asyncio.all_tasks()
        self.watch.start()
        await self.house.start()
        for charger in self.house.chargers.values():
            charger.emulator.press("plug_in")
        await self.quiet()

    async def end(self) -> None:
        """Switch everything off."""
        await self._stop(self.house.stop)
        self.watch.stop()
        await self.house.demolish()

    async def round(self) -> None:
        """Let one thing happen after the other, and then nothing for a while."""
        for _ in range(_EVENTS_UNTIL_QUIET):
            await self.step()
        await self.quiet()

    async def step(self) -> None:
        """Let one thing happen, and some time pass."""
        if not self._deck:
            self._deck = [event for event, weight in EVENTS for _ in range(weight)]
            self.rng.shuffle(self._deck)
        event = self._deck.pop()
        self.events[event.__name__] += 1
        self.trail.append(f"{self.watch.seconds} s: {event.__name__}")
        if event is not Walk.loads:
            # What ends or changes a pause besides the fuse is another test's.
            self.watch.paused_at_s.clear()
        await event(self)
        await self.house.live(self.rng.choice((0, 1, 2, 5, 10, 30, 60, 120)))

    async def quiet(self) -> None:
        """Mend everything, wait, and compare what was wanted with what is."""
        self.trail.append(f"{self.watch.seconds} s: quiet")
        house = self.house
        house.disk_is_full = False
        if house.meter_shows or any(charger.undo for charger in house.chargers.values()):
            self.watch.paused_at_s.clear()
        for charger in house.chargers.values():
            self._mend(charger)
        house.meter_shows.clear()
        for group in house.base_a:
            house.base_a[group] = [2.0, 2.0, 2.0]
        for charger in house.chargers.values():
            entry = house.entry(charger)
            if entry is None:
                await self._add(charger)
            elif entry.disabled_by is not None:
                self.watch.forget(charger.name)
                await house.during(house.hass.config_entries.async_set_disabled_by(charger.entry_id, None))
        await house.live(_QUIET_S - _CALM_S)
        before = self._writes()
        await house.live(_CALM_S)
        for name, writes in self._writes().items():
            assert writes - before.get(name, 0) <= _CALM_WRITES, (name, before, writes)
        if not self._configured or any(each.was_unsaved for each in house.chargers.values()):
            self._configured = wishes.configured(house)
        for charger in house.chargers.values():
            self._compare(charger)
        found = wishes.configured(house)
        assert found == self._configured, [
            (name, found.get(name), each)
            for name, each in self._configured.items()
            if found.get(name) != each
        ]
        await self.watch.look_closely()

    def _compare(self, charger: Charger) -> None:
        """Compare what a person has set, what `resolve` makes of it, and what the charger has."""
        entry = self.house.entry(charger)
        assert entry is not None and self.house.is_loaded(charger), (charger.name, entry)
        control = entry.runtime_data.control
        found, target = _owners(control), control.target
        wishes.compare(self.house, charger)
        if charger.was_unsaved:
            # Home Assistant stores nothing again for which the disk had no room: it may not know what a person had
            # set, and a command of its own of which it has no note is taken for a person's.
            charger.limit_a, charger.paused = found
            charger.has_own_pause = charger.paused
            charger.was_unsaved = False
        if charger.has_own_pause:
            charger.paused = found[1]
        assert found == (charger.limit_a, charger.paused), (charger.name, found, charger, control.claims)
        assert target is not None, charger.name
        if charger.make == "psp" and not charger.emulator.plugged_in:
            # It has no session without a car, and so nothing that could be compared.
            return
        assert target.current_a == charger.allows_a, (charger.name, target, charger.allows_a, control.problem)

    def _writes(self) -> dict[str, int]:
        """Return the commands of this day, by charger."""
        entries = ((name, self.house.entry(each)) for name, each in self.house.chargers.items())
        return {
            name: entry.runtime_data.control.writes_today
            for name, entry in entries
            if entry is not None and entry.state is ConfigEntryState.LOADED
        }

    def _mend(self, charger: Charger) -> None:
        for _, undo in charger.undo:
            undo()
        charger.undo.clear()
        charger.disturbed_at_s = self.house.loop.wound_s

    # What people do

    async def plug(self) -> None:
        """Drive away, or come."""
        charger = self.any()
        charger.emulator.press(self.rng.choice(("plug_in", "unplug")))

    async def draw(self) -> None:
        """Let a car draw more or less."""
        self.any().emulator.press("draw", str(self.rng.choice((0, 6, 8, 13, 16, 32))))

    async def loads(self) -> None:
        """Switch something on or off in the house."""
        group = self.rng.choice(sorted(self.house.base_a))
        self.house.base_a[group] = [self.rng.uniform(0, FUSE_A - 1.5) for _ in range(3)]

    async def limit(self) -> None:
        """Limit a charger for good."""
        charger, amps = self.any(), float(self.rng.choice((6, 7, 8, 10, 13, 16)))
        before = charger.limit_a
        charger.limit_a = amps
        self.trail[-1] += f" {amps}"
        if not await self._ask(charger, DOMAIN, "set_current_limit", "sensor", "status", current=amps):
            charger.limit_a = before

    async def switch(self) -> None:
        """Allow charging, or forbid it."""
        charger, on = self.any(), self.rng.random() < 0.6
        before = charger.paused
        had_own_pause = charger.has_own_pause
        charger.paused, charger.has_own_pause = not on, False
        action = "turn_on" if on else "turn_off"
        if not await self._ask(charger, "switch", action, "switch", "allow_charging"):
            charger.paused, charger.has_own_pause = before, had_own_pause

    async def _ask(
        self, charger: Charger, domain: str, action: str, platform: str, key: str, **data: Any
    ) -> bool:
        """Carry out an action; return whether it counts: it does unless it was refused."""
        house = self.house
        if not wishes.can_ask(house, charger):
            return False
        control = cast("Any", house.entry(charger)).runtime_data.control
        call = house.hass.services.async_call(
            domain, action, {"entity_id": house.entity_id(charger, platform, key), **data}, blocking=True
        )
        claims = dict(control.claims), control.baseline
        try:
            await house.during(call)
        except HomeAssistantError as error:
            self.trail[-1] += f" {error.translation_key}"
            # It may have been carried out all the same, and is kept then; one that never began has changed nothing.
            if (dict(control.claims), control.baseline) == claims:
                return False
        return True

    # What breaks

    async def line(self) -> None:
        """Let a line fail, for all requests or for some."""
        charger, rng = self.any(), self.rng
        emulator = charger.emulator
        lines = _LINES if charger.make != "existing" else _LINES_OF_ANY
        emulator.line, share = rng.choice(lines), rng.choice((0.3, 1.0, 1.0))
        self.trail[-1] += f" {emulator.line} {share}"
        luck = Random(rng.random())
        # A token is renewed once: if the answer with it is cut, another log-in is asked for, as it has to be.
        whole = "/oauth/token" if emulator.line is Line.CUT else None
        emulator.line_for = lambda request: request.path != whole and luck.random() < share

        def mend() -> None:
            emulator.line, emulator.line_for = Line.OK, lambda _: True

        self._until_mended(charger, mend)

    async def delay(self) -> None:
        """Let a charger answer late."""
        charger = self.any()
        charger.emulator.delay_s = self.rng.choice((0.5, 2.0, 4.0, 9.0))
        self._until_mended(charger, lambda: setattr(charger.emulator, "delay_s", 0.0))

    async def duplicate(self) -> None:
        """Let each command arrive twice; a PSP EVSE has toggles, which are the opposite then."""
        charger = self.any()
        emulator = charger.emulator
        if charger.make == "psp" or charger.undo:
            return
        once = emulator.answer

        async def twice(request: Request) -> Response | None:
            if request.method == "POST" and "token" not in request.path:
                await once(request)
            return cast("Response | None", await once(request))

        emulator.answer = twice
        self._until_mended(charger, lambda: setattr(emulator, "answer", once))

    async def reboot(self) -> None:
        """Let a box start anew: it forgets what is not in its flash."""
        charger = self.any()
        if charger.box.reboot is not None:
            charger.box.reboot(charger.emulator)
            # It is gone for some seconds, and one of which nothing is known yet may be asked for a while.
            self._until_mended(charger, lambda: None, (60,))

    async def cloud(self) -> None:
        """Let the cloud of the EVNEX do what clouds do."""
        charger = self.house.chargers["Drive"]
        emulator = charger.emulator
        what, mended = self.rng.choice(
            (
                ("cut_streams", None),
                ("expire_token", None),
                ("silence_streams", "heal_streams"),
                ("deaden_streams", "heal_streams"),
                ("go_offline", "come_back"),
                ("time_out_calls", "answer_calls"),
            )
        )
        if what == "expire_token" and self.house.disk_is_full:
            # A token is renewed once. Where there is no room for the new one, a death asks for another log-in.
            return
        if what == "expire_token":
            self._renews_until_s = self.watch.seconds + _RENEWED_WITHIN_S
        emulator.press(what)
        self._until_mended(charger, lambda: None if mended is None else emulator.press(mended))

    async def clock(self) -> None:
        """Set the clock of Home Assistant."""
        self.house.wound.set_wall(self.rng.choice((-3600, -60, -2, 2, 60, 3600, 86400)))

    async def meter(self) -> None:
        """Let a sensor of the mains be unknown, show zeros, or fall silent, for one phase or all."""
        house, rng = self.house, self.rng
        group = rng.choice(sorted(house.base_a))
        shows = rng.choice((None, lambda _: "unknown", lambda _: "unavailable", lambda _: "0.00"))
        names = [f"{group}_l{phase}" for phase in rng.choice(((1,), (2,), (1, 2, 3)))]
        house.meter_shows |= dict.fromkeys(names, shows)
        charger = next(each for each in house.chargers.values() if each.group == group)

        def mend() -> None:
            for name in names:
                house.meter_shows.pop(name, None)

        self._until_mended(charger, mend)

    async def rename(self) -> None:
        """Rename a sensor of the mains."""
        registry = er.async_get(self.house.hass)
        name = f"{self.rng.choice(sorted(self.house.base_a))}_l{self.rng.randint(1, 3)}"
        before = registry.async_get_entity_id("sensor", "meter", name)
        assert before
        after = f"sensor.{name}_{self.watch.seconds}"
        registry.async_update_entity(before, new_entity_id=after)
        self.house.hass.states.async_remove(before)
        self.house.report()
        # Home Assistant stores the new name after ten seconds; one that dies before then does not find the sensor.
        await self.house.live(11)

    async def disk(self) -> None:
        """Let the disk be full, or have room again."""
        if self.watch.seconds < self._renews_until_s:
            return
        self.house.disk_is_full = not self.house.disk_is_full
        for charger in self.house.chargers.values():
            charger.is_unsaved = True

    # What becomes of entries

    async def reload(self) -> None:
        """Reload a charger, or a group."""
        entries = self.house.hass.config_entries.async_entries(DOMAIN)
        entry = self.rng.choice([each for each in entries if each.disabled_by is None])
        self.watch.forget(entry.title)
        with suppress(HomeAssistantError):
            await self.house.during(self.house.hass.config_entries.async_reload(entry.entry_id))
        self.watch.forget(entry.title)
        self._reads_again(entry.entry_id)

    def _reads_again(self, entry_id: str) -> None:
        """Note that what is stored of a charger is read, of which the disk may have had no room for the last."""
        for charger in self.house.chargers.values():
            if charger.entry_id == entry_id:
                charger.was_unsaved |= charger.is_unsaved

    async def disable(self) -> None:
        """Disable a charger, or enable it again."""
        charger = self.any()
        entry = self.house.entry(charger)
        if entry is None:
            return
        by = ConfigEntryDisabler.USER if entry.disabled_by is None else None
        self.watch.forget(charger.name)
        await self.house.during(self.house.hass.config_entries.async_set_disabled_by(charger.entry_id, by))
        self.watch.forget(charger.name)
        self._reads_again(charger.entry_id)
        # Home Assistant stores entries after one second and entities after ten: where it dies in between, the entry is
        # enabled, and all its entities are not.
        await self.house.live(11)

    async def remove(self) -> None:
        """Remove a charger that answers: its owner has to limit it anew, and to switch it on if a group paused it."""
        charger = self.any()
        if self.house.entry(charger) is not None and charger.group == "house" and not charger.undo:
            await self.house.during(self.house.hass.config_entries.async_remove(charger.entry_id))
            self.watch.forget(charger.name)
            charger.limit_a, charger.paused = None, charger.allows_a == 0
            charger.has_own_pause = charger.paused
            charger.schedule = Schedule()

    async def _add(self, charger: Charger) -> None:
        entry = self.house.entry_of(charger.make, charger.emulator, charger.name)
        charger.entry_id = entry.entry_id
        await self.house.during(self.house.hass.config_entries.async_add(entry))
        self.watch.forget(charger.name)

    async def restart(self) -> None:
        """Restart Home Assistant in good order."""
        await self._stop(self.house.stop)
        await self._start()

    async def die(self) -> None:
        """Let Home Assistant die, and start it again on what was stored."""
        await self._stop(partial(self.house.kill, self.rng.randrange(_LAST_WRITES)))
        await self._start()

    async def _stop(self, stop: Callable[[], Awaitable[None]]) -> None:
        self._disturb_all()
        await stop()
        self.watch.look_for_leftovers(self._others)
        self.watch.forget()

    async def _start(self) -> None:
        house = self.house
        self.lives += 1
        house.disk_is_full = False
        # The integration of another make is set up only with its charger there.
        self._mend(house.chargers["Field"])
        await house.start()
        self._disturb_all()
        for charger in house.chargers.values():
            charger.was_unsaved |= charger.is_unsaved
            charger.is_unsaved = False

    # Inside

    def any(self) -> Charger:
        """Choose a charger."""
        charger = self.rng.choice(list(self.house.chargers.values()))
        self.trail[-1] += f" {charger.name}"
        return charger

    def _disturb_all(self) -> None:
        for charger in self.house.chargers.values():
            charger.disturbed_at_s = self.house.loop.wound_s

    def _until_mended(
        self, charger: Charger, mend: Callable[[], None], after_s: tuple[int, ...] = (3, 10, 40, 120, 400)
    ) -> None:
        charger.undo.append((self.house.loop.wound_s + self.rng.choice(after_s), mend))
        charger.disturbed_at_s = self.house.loop.wound_s


# What may happen, and how often of all together.
EVENTS: list[tuple[Callable[[Walk], Awaitable[None]], int]] = [
    (Walk.plug, 4),
    (Walk.draw, 3),
    (Walk.loads, 8),
    (Walk.limit, 6),
    (Walk.switch, 5),
    (wishes.schedule, 2),
    (wishes.member_limit, 2),
    (Walk.line, 8),
    (Walk.delay, 3),
    (Walk.duplicate, 2),
    (Walk.reboot, 3),
    (Walk.cloud, 3),
    (Walk.clock, 1),
    (Walk.meter, 4),
    (Walk.rename, 1),
    (Walk.disk, 1),
    (Walk.reload, 2),
    (Walk.disable, 2),
    (Walk.remove, 1),
    (Walk.restart, 1),
    (Walk.die, 2),
]


def _owners(control: Any) -> tuple[float | None, bool]:
    """Return the limit that the owner has set here, and whether the charger is paused by hand."""
    owner = control.claims.get(Source.OWNER)
    is_paused = control.baseline.paused or (owner is not None and owner.pause)
    return (None if owner is None else owner.max_current_a), is_paused


def walk(seed: int, rounds: int) -> Walk:
    """Walk so many rounds by a seed; what is wrong is raised with the last steps, and with what repeats it."""

    async def run(folder: str) -> Walk:
        rng = Random(seed)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, WoundLoop)
        found = Walk(House(loop, rng, Path(folder)), rng)
        try:
            await found.begin()
            for _ in range(rounds):
                await found.round()
            await found.end()
            found.tasks = len(asyncio.all_tasks())
        except BaseException as error:
            found.watch.stop()
            error.add_note("\n".join(found.trail[-20:]))
            error.add_note(f"script/chaos --replay life:{seed}")
            raise
        return found

    # Home Assistant spreads what it polls at random.
    random.seed(seed)
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=WoundLoop) as runner:
        return runner.run(run(folder))
