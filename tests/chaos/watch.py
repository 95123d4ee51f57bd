"""What must never happen, whatever does: looked at in each line of the log and in each second."""

import asyncio
from collections import Counter
from collections.abc import Iterable
import gc
import json
import logging
import os
from pathlib import Path
import re
from typing import Any, override

from custom_components.evse_pilot.chargers.clock import JITTER, LONGEST_PAUSE_S
from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.control.claim import Reason
from custom_components.evse_pilot.diagnostics import async_get_config_entry_diagnostics
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED, MATCH_ALL, STATE_UNAVAILABLE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.json import ExtendedJSONEncoder
from tests.ha.makes import MAKES

from .house import FUSE_A, LOG_IN, Charger, House

# An overload lasts for at most about so long with a meter that reports every second (docs/load_balancing.md).
OVERLOAD_S = 8
# For so long a group lets a charger rest that it has paused, less what its clock and ours may differ by.
REST_S = 180 - 2
# A request that a box does not answer is given up after twice its time-out, if the box was slow before.
_IN_FLIGHT_S = 21
# The same line so often, each soon after the last, is one for each poll.
_OFTEN, _SOON_S = 3, 60
_DOWN = re.compile(r"^Error fetching (\w+) data: ")
_CANCELLED = re.compile(r"^Setup of config entry '\w+' for evse_pilot integration cancelled")
_UP = re.compile(r"^Fetching (\w+) data recovered$")
OURS = "custom_components"
_DISK = ("homeassistant.util.file", "homeassistant.helpers.storage")


class Log(logging.Handler):
    """Reads each line of the log as it is written."""

    def __init__(self, house: House) -> None:
        """Read all of ours at debug level, and what is wrong of everything else."""
        super().__init__(logging.DEBUG)
        self.house = house
        self.lines = 0
        self.faults: list[str] = []
        self.is_down: dict[str, bool] = {}
        self._readers: dict[str, object] = {}
        # When each line that people read was written last, and how often in a row soon after the last.
        self._told: dict[str, tuple[float, int]] = {}
        self.outages: Counter[str] = Counter()

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.lines += 1
        text = self.format(record)
        if any(secret in text for secret in secrets(self.house)):
            self.faults.append(f"secret in the log: {text}")
        if record.name == "tests.otherbox" or (record.name in _DISK and self.house.disk_is_full):
            return
        if self.house.hass.is_stopping and _CANCELLED.match(text):
            # Home Assistant waits no longer for a charger that does not answer while it is set up.
            return
        if match := _DOWN.match(text):
            self._note(match[1], is_down=True)
        elif match := _UP.match(text):
            self._note(match[1], is_down=False)
        elif record.levelno >= (logging.WARNING if record.exc_info else logging.ERROR):
            # A coordinator itself shows at debug level why it has failed.
            self.faults.append(f"{record.name}: {text}")
        elif record.levelno >= logging.INFO and record.name.startswith(OURS):
            self._tell(text)

    def _tell(self, text: str) -> None:
        now_s = self.house.loop.wound_s
        at_s, often = self._told.get(text, (now_s, 0))
        often = often + 1 if now_s - at_s <= _SOON_S else 1
        self._told[text] = now_s, often
        if often > _OFTEN:
            self.faults.append(f"{often} times: {text}")

    def _note(self, title: str, *, is_down: bool) -> None:
        if title in self.house.chargers:
            entry = self.house.entry(self.house.chargers[title])
            reader = getattr(getattr(entry, "runtime_data", None), "coordinator", None)
            if reader is not self._readers.get(title):
                # It was set up anew, as it is with a new token, and knows nothing of what was before.
                self._readers[title] = reader
                self.is_down.pop(title, None)
            if self.is_down.get(title, False) is is_down:
                self.faults.append(f"{title}: {'down' if is_down else 'up'} twice")
            self.is_down[title] = is_down
            self.outages[title] += is_down


def secrets(house: House) -> Iterable[str]:
    """Return what may be in no text: log-ins, and all tokens there ever were."""
    cloud = house.chargers["Drive"].emulator
    return (LOG_IN["password"], cloud.password, *cloud.tokens, *cloud.refresh_tokens)


class Watch:
    """Looks at the house in each second, and raises for what must not be."""

    def __init__(self, house: House) -> None:
        """See nothing yet."""
        self.house = house
        self.log = Log(house)
        self._levels: dict[logging.Logger, int] = {}
        self.seconds = 0
        self.over_s: dict[str, int] = dict.fromkeys(house.base_a, 0)
        self.longest_over_s = 0
        # Since when a group has all that it needs: its meter, its chargers, and Home Assistant.
        self.whole_since_s: dict[str, float] = dict.fromkeys(house.base_a, 0.0)
        self._off_since_s: dict[str, float] = {}
        # When a group paused a charger for its fuse, if nothing but loads has changed since.
        self.paused_at_s: dict[str, float] = {}
        self._shares_a: dict[str, float] = {}
        self._drew: dict[str, bool] = {}
        self.pauses = 0

    def start(self) -> None:
        """Look from now on."""
        logging.getLogger().addHandler(self.log)
        for name, level in ((None, logging.INFO), ("custom_components.evse_pilot", logging.DEBUG)):
            logger = logging.getLogger(name)
            self._levels[logger] = logger.level
            logger.setLevel(level)
        self.house.loop.set_exception_handler(lambda _, context: self.log.faults.append(str(context)))
        self.house.on_second = self.look
        self.house.on_start = self._listen

    def stop(self) -> None:
        """Look no more."""
        logging.getLogger().removeHandler(self.log)
        for logger, level in self._levels.items():
            logger.setLevel(level)
        # A loop may be kept for good, and would keep the house.
        self.house.loop.set_exception_handler(None)
        self.house.on_second = lambda: None
        self.house.on_start = lambda _: None

    def _listen(self, hass: HomeAssistant) -> None:
        hass.bus.async_listen(MATCH_ALL, self._hear)

    @callback
    def _hear(self, event: Event[Any]) -> None:
        """Look for secrets in an event; states are looked at once all is mended."""
        if event.event_type == EVENT_STATE_CHANGED:
            return
        if any(secret in str(event.data) for secret in secrets(self.house)):
            self.log.faults.append(f"secret in an event: {event}")

    def forget(self, charger: str | None = None) -> None:
        """Begin anew with a charger that is set up anew, disabled or removed, or with all of them."""
        self.paused_at_s.clear()
        if charger is not None:
            # One that is removed after it was disabled is restored once more.
            self._off_since_s.pop(charger, None)
        names = list(self.log.is_down) if charger is None else [charger]
        for name in names:
            self.log.is_down.pop(name, None)

    def look(self) -> None:
        """Look once."""
        self.seconds += 1
        assert not self.log.faults, self.log.faults
        for charger in self.house.chargers.values():
            self._look_at(charger)
            charger.emulator.calls.clear()
        for group in self.house.base_a:
            self._look_at_fuse(group)
            self._look_at_pauses(group)

    def _look_at(self, charger: Charger) -> None:
        amps = charger.allows_a
        assert amps == 0 or amps >= 6, (charger.name, amps)
        for call in charger.emulator.calls:
            url = f"{call.path}?{call.query}"
            assert not any(secret in url for secret in secrets(self.house)), url
        house, entry = self.house, self.house.entry(charger)
        if entry is not None and entry.state is ConfigEntryState.LOADED:
            self._off_since_s.pop(charger.name, None)
            is_there = entry.runtime_data.coordinator.last_update_success
            # A stream that was refused is tried again ever more seldom (Attempts), as the cloud asks for.
            is_cloud = MAKES[charger.make].streams
            update_interval = entry.runtime_data.coordinator.update_interval
            pace_s = LONGEST_PAUSE_S * (1 + JITTER) if is_cloud else update_interval.total_seconds()
            quiet_s = house.loop.wound_s - charger.disturbed_at_s
            if not charger.undo and quiet_s > _IN_FLIGHT_S + pace_s:
                assert is_there, (charger.name, quiet_s)
                state = house.hass.states.get(house.entity_id(charger, "sensor", "status"))
                assert state and state.state != STATE_UNAVAILABLE, (charger.name, quiet_s, state)
        elif entry is None or entry.state is ConfigEntryState.NOT_LOADED:
            # It is restored within 10 s, by requests that may be in flight for as long.
            since_s = self._off_since_s.setdefault(charger.name, house.loop.wound_s)
            calls = [call for call in charger.emulator.calls if not _is_the_others(charger, call)]
            assert house.loop.wound_s - since_s <= _IN_FLIGHT_S or not calls, (charger.name, calls)

    def _look_at_fuse(self, group: str) -> None:
        house, now_s = self.house, self.house.loop.wound_s
        members = [each for each in house.chargers.values() if each.group == group]
        is_whole = all(house.is_loaded(each) and not each.undo for each in members) and not any(
            name.startswith(group) for name in house.meter_shows
        )
        if not is_whole:
            self.whole_since_s[group] = now_s
        cars_a = [sum(each.draws(each.emulator)[phase] for each in members) for phase in range(3)]
        flows = zip(house.mains_a(group), cars_a, strict=True)
        is_over = any(amps > FUSE_A and cars > 0 for amps, cars in flows)
        self.over_s[group] = self.over_s[group] + 1 if is_over else 0
        # What cannot be commanded cannot be lowered, and what has come back has to be read first.
        if now_s - self.whole_since_s[group] > _IN_FLIGHT_S + 40:
            self.longest_over_s = max(self.longest_over_s, self.over_s[group])
            assert self.over_s[group] <= OVERLOAD_S, (group, house.mains_a(group), house.base_a[group])

    def _look_at_pauses(self, group: str) -> None:
        entry = self.house.hass.config_entries.async_get_entry(f"entry_{group}")
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return
        now_s = self.house.loop.wound_s
        for link in entry.runtime_data.target.links.values():
            charger = self.house.chargers[link.title]
            share_a, before_a = link.state().given_a or 0.0, self._shares_a.get(link.title, 0.0)
            self._shares_a[link.title] = share_a
            reason = link.share and link.share.reason
            # A car that is not known of yet, or whose meter is silent, has not been paused for the fuse, and the
            # contactor of one that draws nothing does not open.
            drew, self._drew[link.title] = self._drew.get(link.title), any(charger.draws(charger.emulator))
            if before_a and not share_a and reason is Reason.MAIN_FUSE and drew:
                self.paused_at_s[link.title] = now_s
                self.pauses += 1
            elif reason is Reason.MEMBER_SILENT:
                # What it may draw is counted, not given.
                self.paused_at_s.pop(link.title, None)
            elif share_a and not before_a and (at_s := self.paused_at_s.pop(link.title, None)) is not None:
                assert now_s - at_s >= REST_S, (link.title, now_s - at_s, link.share)

    async def look_closely(self) -> None:
        """Look for secrets in everything that is shown or stored."""
        hass = self.house.hass
        texts = {
            f"issue {key}": str(issue) for key, issue in ir.async_get(hass).issues.items() if key[0] == DOMAIN
        }
        texts |= {state.entity_id: str(state.as_dict()) for state in hass.states.async_all()}
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            found = await self.house.during(async_get_config_entry_diagnostics(hass, entry))
            texts[f"diagnostics of {entry.title}"] = json.dumps(found, cls=ExtendedJSONEncoder)
        for path in (self.house.folder / ".storage").iterdir():
            # The token of an account and the log-in of a box are in the entry, and nowhere else.
            if path.name != "core.config_entries":
                texts[path.name] = path.read_text()
        for name, text in texts.items():
            assert not any(secret in text for secret in secrets(self.house)), name

    def look_for_leftovers(self, before: set[asyncio.Task[Any]]) -> None:
        """Check that a Home Assistant that has stopped has left no task and no timer of ours behind."""
        tasks = leftovers(before)
        assert not tasks, tasks
        # Those of Home Assistant itself, which call ours, it leaves to the end of its process.
        timers = [
            timer
            for timer in self.house.loop._scheduled  # type: ignore[attr-defined]  # noqa: SLF001
            if not timer.cancelled() and OURS in str(timer)
        ]
        assert not timers, timers


def leftovers(before: set[asyncio.Task[Any]]) -> list[asyncio.Task[Any]]:
    """Return the tasks of ours that were not there before."""
    return [task for task in asyncio.all_tasks() - before if _awaits_ours(task.get_coro())]


def _awaits_ours(coro: Any) -> bool:
    """Return whether a coroutine, or one that it awaits, is of our code."""
    while coro is not None:
        code = getattr(coro, "cr_code", None)
        if code is not None and OURS in code.co_filename:
            return True
        coro = getattr(coro, "cr_await", None)
    return False


def _is_the_others(charger: Charger, call: Any) -> bool:
    """Return whether a request is of the integration that has the charger, which polls on."""
    return charger.make == "existing" and call.method == "GET"


def resources() -> dict[str, int]:
    """Return what must not grow: memory in KiB, objects and open files."""
    gc.collect()
    status = Path("/proc/self/status").read_text()
    return {
        "rss_kib": int(re.findall(r"VmRSS:\s+(\d+)", status)[0]),
        "objects": len(gc.get_objects()),
        "files": len(os.listdir("/proc/self/fd")),  # noqa: PTH208
    }
