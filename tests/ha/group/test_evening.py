"""An evening in a house with two chargers of different makes: after each event their reasons are the right ones."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, override

import pytest

from custom_components.evse_pilot.balancing.settings import CONF_CONTRACTED_POWER, CONF_EXPORTS
from custom_components.evse_pilot.chargers.lektrico.box import LektricoBox
from custom_components.evse_pilot.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from tests.emulators.base import Line
from tests.emulators.lektrico import LektricoEmulator
from tests.emulators.smartevse import SmartEvseEmulator
from tests.ha.conftest import entry_for as smartevse_entry
from tests.ha.lektrico.conftest import entry_for as lektrico_entry

from .conftest import House, furnish, member
from .test_config_flow import LIMITS, SOURCES

pytestmark = pytest.mark.timeout(300)

FUSE_A = 25.0
# A meter that reports every second, and the time in which a car has to follow a command.
METER_S, FOLLOWS_S = 1, 7


class Evening(House):
    """The house, with a SmartEVSE in the garage, and in the carport a Lektrico whose phases are turned."""

    def __init__(self, hass: HomeAssistant, garage: SmartEvseEmulator, carport: LektricoEmulator) -> None:
        """Nothing is switched on."""
        self.garage, self.carport = garage, carport
        boxes: Any = {"Garage": garage, "Carport": carport}
        super().__init__(hass, boxes)
        # The longest time for which more than the fuse's current flowed without a pause.
        self.longest_over_s = self._over_s = 0

    @property
    @override
    def mains_a(self) -> list[float]:
        garage_a, carport_a = self.garage.ev_currents_a, self.carport.currents_a
        turned_a = [carport_a[2], carport_a[0], carport_a[1]]
        return [sum(amps) for amps in zip(self.base_a, garage_a, turned_a, strict=True)]

    @override
    async def live(self, seconds: int, *, polled: bool = True) -> None:
        for _ in range(seconds):
            before_a = self.mains_a
            await super().live(1, polled=polled)
            self._over_s = self._over_s + 1 if max(*before_a, *self.mains_a) > FUSE_A else 0
            self.longest_over_s = max(self.longest_over_s, self._over_s)

    async def call(self, action: str, charger: str | None = None, **data: Any) -> None:
        """Carry out an action on a charger, or on the group."""
        entity_id = (
            self.entity_id("select.mode")
            if charger is None
            else self.entity_of(charger, "sensor", "limited_by")
        )
        await self.hass.services.async_call(DOMAIN, action, {"entity_id": entity_id, **data}, blocking=True)
        await self.settle()

    async def switch(self, charger: str, *, on: bool) -> None:
        """Use the switch on the page of a charger."""
        entity_id = self.entity_of(charger, "switch", "charging")
        action = "turn_on" if on else "turn_off"
        await self.hass.services.async_call("switch", action, {"entity_id": entity_id}, blocking=True)
        await self.settle()

    def entity_of(self, charger: str, platform: str, key: str) -> str:
        """Return an entity on the page of a charger."""
        items = er.async_entries_for_config_entry(er.async_get(self.hass), self.entries[charger].entry_id)
        return next(i.entity_id for i in items if i.domain == platform and i.unique_id.endswith(key))

    async def contract(self, power_w: int | None) -> None:
        """Configure the contracted power."""
        power = {} if power_w is None else {CONF_CONTRACTED_POWER: power_w}
        flow: Any = await self.hass.config_entries.options.async_init(self.group.entry_id)
        for form in (LIMITS | power, SOURCES):
            flow = await self.hass.config_entries.options.async_configure(flow["flow_id"], form)
        assert flow["type"] == "create_entry"
        await self.settle()

    @property
    def shown(self) -> tuple[str, str, bool]:
        """Return the reason of each charger in the group, and whether a limit of the house holds a car back."""
        garage, carport = self.why()
        return garage, carport, self.read("binary_sensor.limiting") == "on"

    @property
    def on_page(self) -> tuple[str, ...]:
        """Return the reason on the page of each charger."""
        states = [self.hass.states.get(self.entity_of(name, "sensor", "limited_by")) for name in self.entries]
        return tuple(state.state for state in states if state)


@pytest.fixture
async def evening(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Evening]:
    """Return the house, with its group, before the first car comes home."""
    monkeypatch.setattr("custom_components.evse_pilot.chargers.http.TIMEOUT_S", 10.0)
    async with SmartEvseEmulator(serial=1) as garage, LektricoEmulator("3p22k", "2.0") as carport:
        garage.mains_meter = "Disabled"
        garage.advance(5)
        house = Evening(hass, garage, carport)
        monkeypatch.setattr(
            "custom_components.evse_pilot.chargers.lektrico.vendor.LektricoBox",
            partial(LektricoBox, clock=lambda: hass.loop.time() + house.offset_s),
        )
        entries = {"Garage": smartevse_entry(garage, "Garage"), "Carport": lektrico_entry(carport, "Carport")}
        await furnish(house, entries, monkeypatch)
        await house.load_group(
            member(entries["Garage"].entry_id, "Garage"),
            member(entries["Carport"].entry_id, "Carport", wiring="2-3-1"),
            **{CONF_EXPORTS: False},
        )
        yield house


@dataclass(frozen=True)
class Event:
    """What happens, how long it takes until all is settled, and the reasons then."""

    name: str
    happens: Callable[[Evening], Awaitable[None] | None]
    garage: str
    carport: str
    limiting: bool
    settles_s: int = 40


def loads(*amps: float) -> Callable[[Evening], None]:
    """Let the house draw so much on its phases."""

    def happens(house: Evening) -> None:
        house.base_a = list(amps)

    return happens


def limit(**data: Any) -> Callable[[Evening], Awaitable[None]]:
    """Limit the first charger by action, or clear its limit."""
    action = "set_current_limit" if data else "clear_current_limit"
    return lambda house: house.call(action, "Garage", **data)


def meter(*, works: bool) -> Callable[[Evening], None]:
    """Let the meter report, or not."""

    def happens(house: Evening) -> None:
        house.meter_works = works

    return happens


def line(line: Line) -> Callable[[Evening], None]:
    """Let the second charger answer, or not."""

    def happens(house: Evening) -> None:
        house.carport.line = line

    return happens


FULL, FUSE, SUM, CEILING = "own_maximum", "main_fuse_l1", "sum_ceiling", "temporary_ceiling"
NO_CAR, SILENT, OFF, PAUSED = "not_plugged_in", "meter_silent", "off", "paused_by_owner"
AWAY = "member_silent"
# On its page a Lektrico has its own limit where the group has none, and a group that is off has left the safe current.
PAGE_OF_GARAGE = {OFF: "group_left"}
PAGE_OF_CARPORT = PAGE_OF_GARAGE | {FULL: "installation", AWAY: "unavailable"}
PAUSE = [{"start": "00:00", "end": "00:00", "current": 0}]
EVENTS = (
    Event("the evening begins", lambda h: None, NO_CAR, NO_CAR, False),
    Event("a car comes home", lambda h: h.garage.plug_in(), FULL, NO_CAR, False),
    Event("a kettle", loads(14, 2, 2), FUSE, NO_CAR, True),
    Event("the oven", loads(14, 16, 2), "main_fuse_l2", NO_CAR, True),
    Event("dinner is ready", loads(2, 2, 2), FULL, NO_CAR, False),
    Event("a second car", lambda h: h.carport.plug_in(), FUSE, FUSE, True),
    Event("its owner limits the first", limit(current=8), "persons_limit", FUSE, True),
    Event("and clears the limit", limit(), FUSE, FUSE, True),
    Event("a neighbour pauses the second in its app", lambda h: h.carport.pause(), FULL, PAUSED, False),
    Event("and resumes", lambda h: h.carport.resume(), FUSE, FUSE, True, 240),
    Event("a schedule", lambda h: h.call("set_schedule", "Garage", windows=PAUSE), "scheduled", FULL, False),
    Event("charge now", lambda h: h.call("override_schedule", "Garage"), FUSE, FUSE, True),
    Event("no schedule any more", lambda h: h.call("clear_schedule", "Garage"), FUSE, FUSE, True),
    Event("the meter is silent", meter(works=False), SILENT, SILENT, False),
    Event("and reports again", meter(works=True), FUSE, FUSE, True),
    Event("the second car is full", lambda h: h.carport.draw(0), FULL, "car_takes_no_more", False, 200),
    Event("and wakes", lambda h: h.carport.draw(32), FUSE, FUSE, True, 60),
    Event("the first is switched off", lambda h: h.switch("Garage", on=False), PAUSED, FULL, False),
    Event("and on", lambda h: h.switch("Garage", on=True), FUSE, FUSE, True, 240),
    Event("a contracted power", lambda h: h.contract(11500), SUM, SUM, True),
    Event("and none", lambda h: h.contract(None), FUSE, FUSE, True),
    Event("a limit of the group", lambda h: h.call("set_group_limit", current=16), CEILING, CEILING, True),
    Event("is cleared", lambda h: h.call("clear_group_limit"), FUSE, FUSE, True),
    Event("no load balancing", lambda h: h.act("switch.turn_off", "switch.group_enabled"), OFF, OFF, False),
    Event("and again", lambda h: h.act("switch.turn_on", "switch.group_enabled"), FUSE, FUSE, True),
    Event("a charger is away", line(Line.REFUSED), FUSE, AWAY, True, 60),
    Event("and back", line(Line.OK), FUSE, FUSE, True, 60),
    Event("the first draws 7 A", lambda h: h.garage.draw(7), "car_takes_less", FUSE, True, 60),
    Event("the first car leaves", lambda h: h.garage.unplug(), NO_CAR, FULL, False),
    Event("the second car leaves", lambda h: h.carport.unplug(), NO_CAR, NO_CAR, False),
)


async def test_f20_the_reasons_of_an_evening(evening: Evening) -> None:
    """Once settled each charger has the reason of the last event, in the group and on its page; the fuse stays whole."""
    for event in EVENTS:
        if (work := event.happens(evening)) is not None:
            await work
        await evening.live(event.settles_s)
        assert (event.name, *evening.shown) == (event.name, event.garage, event.carport, event.limiting)
        garage = PAGE_OF_GARAGE.get(event.garage, event.garage)
        carport = PAGE_OF_CARPORT.get(event.carport, event.carport)
        assert (event.name, *evening.on_page) == (event.name, garage, carport)
        assert (event.name, evening.longest_over_s <= METER_S + FOLLOWS_S) == (event.name, True)
