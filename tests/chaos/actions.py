"""Actions, called with good fields and with bad ones, on what can carry them out and on what cannot."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
import json
from pathlib import Path
from random import Random
from string import Formatter
import tempfile
from typing import Any
from unittest.mock import patch

from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.control.claim import OF_A_GROUP
from custom_components.evse_pilot.planning.runner import PlanRunner
from custom_components.evse_pilot.scheduling.runner import ScheduleRunner
from custom_components.evse_pilot.services import ACTIONS
from custom_components.evse_pilot.services.action import Action
from custom_components.evse_pilot.services.fields import in_sentences
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import load_yaml_dict

from .calls import FOLLOWED, PRICES, SOC, Wishes
from .clock import START, WoundLoop
from .house import PLACES, House
from .junk import Case, mutated

_PACKAGE = Path(__file__).parents[2] / "custom_components" / DOMAIN
_SENTENCES: dict[str, Any] = json.loads((_PACKAGE / "translations/en.json").read_text())["exceptions"]
# These would leave the charger in a state from which only a person at it gets it back.
_NOT_CALLED = ("factory_reset", "open_access_point")
_GROUP = "house"
# What services.yaml has for a device, by its place in the house.
_DEVICES = {
    "Garage": ("manufacturer", "SmartEVSE"),
    "Carport": ("manufacturer", "Lektrico"),
    "Yard": ("manufacturer", "PSP EVSE"),
    "Drive": ("manufacturer", "EVNEX"),
    "Field": ("manufacturer", "EV charger"),
    _GROUP: ("model", "Load-balancing group"),
}
# An entity of another integration, and none at all.
_ELSEWHERE = ("sensor.house_l1", "sensor.nowhere")
# Why a charger may refuse what is good: its power is not controlled from here, or it does not know the card.
_STATES = (
    "refused_power_control_not_taken",
    "refused_supervisor_not_set",
    "refused_rfid_card_unknown",
    # A window that was set before has another mode.
    "refused_not_in_solar_mode",
)
# So many cases carry out most of the actions.
_ENOUGH, _MOST = 200, 0.9
_LEAST_A = 6
# What the installation of each allows.
_MOST_A = {"smartevse": 16, "lektrico": 16, "psp": 32, "evnex": 16, "existing": 32}


@asynccontextmanager
async def schemas() -> AsyncGenerator[Case]:
    """Call with fields that are wrong: each is refused with a sentence, or taken."""
    known = {action.name: in_sentences(cv.make_entity_service_schema(action.schema)) for action in ACTIONS}

    async def case(rng: Random) -> None:
        name = rng.choice(sorted(known))
        target = {"entity_id": ["sensor.smartevse_status"], "area_id": ["garage"]}
        data = mutated(rng, Wishes(rng, rng.choice(("smartevse", "psp")), START).data(name) | target)
        # Home Assistant lets no call be anything but fields.
        if isinstance(data, dict):
            with suppress(ServiceValidationError):
                known[name](data)

    yield case


@asynccontextmanager
async def actions() -> AsyncGenerator[Case]:
    """Call all actions in a house with a charger of each make and a group."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, WoundLoop)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        # A group decides on the power of its chargers, so that nothing else could.
        stack.enter_context(patch.dict(PLACES, {"Yard": ("psp", "nobody")}))
        house = House(loop, Random(0), Path(folder))
        stack.push_async_callback(house.demolish)
        await house.build()
        smartevse = house.chargers["Garage"].emulator
        # It takes readings and cards from others.
        smartevse.mains_meter = smartevse.ev_meter = "API"
        smartevse.rfid_reader = "EnableAll"
        await house.start()
        stack.push_async_callback(house.stop)
        caller = Caller(house)
        await caller.settle_in()
        yield caller.case
        caller.check_carried_out()


class Caller:
    """Calls actions, and looks at what comes of it."""

    def __init__(self, house: House) -> None:
        """Call nothing yet."""
        self._house = house
        self._actions = [action for action in ACTIONS if action.name not in _NOT_CALLED]
        described = load_yaml_dict(str(_PACKAGE / "services.yaml"))
        self._able = {action.name: _able(described[action.name]["target"]["device"]) for action in ACTIONS}
        self._called: Counter[str] = Counter()
        self._carried_out: Counter[str] = Counter()

    async def settle_in(self) -> None:
        """Let cars come, and the house become calm."""
        states = self._house.hass.states
        states.async_set(FOLLOWED, "on")
        states.async_set(SOC, "40", {"unit_of_measurement": "%"})
        states.async_set(PRICES, "0.25", {"unit_of_measurement": "EUR/kWh"})
        for charger in self._house.chargers.values():
            charger.emulator.press("plug_in")
        await self._house.live(30)

    async def case(self, rng: Random) -> None:
        """Call one action, once."""
        house = self._house
        if rng.random() < 0.1:
            charger = rng.choice(list(house.chargers.values()))
            charger.emulator.press(rng.choice(("plug_in", "plug_in", "unplug")))
        await house.live(rng.choice((0, 0, 0, 1, 6)))
        action = self._next(rng)
        kind = rng.choice(("good", "good", "careless", "mutated"))
        able = self._able[action.name]
        others = [*(name for name in _DEVICES if name not in able), *_ELSEWHERE]
        name = rng.choice(sorted(able) if rng.random() < 0.8 else others)
        make = house.chargers[name].make if name in house.chargers else ""
        data = Wishes(rng, make, dt_util.now(), is_careless=kind == "careless").data(action.name)
        if kind == "mutated":
            data = mutated(rng, data)
            data = data if isinstance(data, dict) else {}
        data["entity_id"] = self._entity_id(rng, name)
        call = f"{kind} {action.name} on {name}: {data}"
        before = self._kept()
        error = await self._error_of(action, data)
        self._called[action.name] += 1
        self._carried_out[action.name] += error is None
        assert error is not None or name in able, f"carried out by what cannot: {call}"
        if error is not None:
            check_sentence(error)
            assert kind != "good" or name not in able or error.translation_key in _STATES, (
                f"{error!r}: {call}"
            )
        if isinstance(error, ServiceValidationError):
            assert self._kept() == before, f"refused, and changed: {call}"
        await house.loop.rest()
        self._check_currents(call)

    def _next(self, rng: Random) -> Action:
        """Return an action of those that were called least, one with fields three times as often."""
        return min(
            self._actions,
            key=lambda action: (self._called[action.name] // (3 if action.schema else 1), rng.random()),
        )

    async def _error_of(self, action: Action, data: dict[str, Any]) -> HomeAssistantError | None:
        """Call an action, and return the error that a person sees; None: it was carried out."""
        responds = action.response is not SupportsResponse.NONE
        services = self._house.hass.services
        call = services.async_call(DOMAIN, action.name, data, blocking=True, return_response=responds)
        try:
            await self._house.during(call)
        except HomeAssistantError as error:
            return error
        return None

    def _entity_id(self, rng: Random, name: str) -> str:
        """Return any entity of a charger, or of the group itself; what is elsewhere has its own name."""
        if name in _ELSEWHERE:
            return name
        registered = er.async_entries_for_config_entry(
            er.async_get(self._house.hass), self._entry(name).entry_id
        )
        return rng.choice([each.entity_id for each in registered if each.config_subentry_id is None])

    def _entry(self, name: str) -> ConfigEntry[Any]:
        house = self._house
        entry_id = house.chargers[name].entry_id if name in house.chargers else f"entry_{name}"
        entry = house.hass.config_entries.async_get_entry(entry_id)
        assert entry is not None
        return entry

    def _kept(self) -> dict[str, Any]:
        """Return what persons have set, and what the chargers make of it."""
        kept: dict[str, Any] = {}
        for name, charger in self._house.chargers.items():
            entry = self._entry(name)
            runtime, control = entry.runtime_data, entry.runtime_data.control
            kept[name] = {
                "claims": {
                    source: each for source, each in control.claims.items() if source not in OF_A_GROUP
                },
                "baseline": control.baseline,
                "schedule": runtime.part(ScheduleRunner).schedule,
                # What it is in trouble with changes by itself.
                "shown": runtime.part(ScheduleRunner).coordinator.data.as_dict() | {"problem": None},
                "plan": runtime.part(PlanRunner).coordinator.data.as_dict(),
                "options": dict(entry.options),
                "allows_a": charger.allows_a,
            }
        group = self._entry(_GROUP).runtime_data.coordinator.data
        kept[_GROUP] = {"ceiling": group.ceiling, "until": group.ceiling_until}
        return kept

    def _check_currents(self, call: str) -> None:
        """Check that nothing lets a car draw between 0 and the least, or more than the installation allows."""
        for name, charger in self._house.chargers.items():
            assert self._house.is_loaded(charger), f"{name} is gone: {call}"
            entry = self._entry(name)
            schedule = entry.runtime_data.part(ScheduleRunner).schedule
            currents_a = [charger.allows_a]
            currents_a += [claim.max_current_a for claim in entry.runtime_data.control.claims.values()]
            currents_a += [window.permit.current_a for window in schedule.windows]
            for amps in currents_a:
                assert not amps or _LEAST_A <= amps <= _MOST_A[charger.make], f"{name}, {currents_a}: {call}"
            charger.emulator.calls.clear()

    def check_carried_out(self) -> None:
        """Check that of enough calls most actions were carried out once."""
        never = sorted(action.name for action in self._actions if not self._carried_out[action.name])
        if self._called.total() >= _ENOUGH:
            assert len(never) <= (1 - _MOST) * len(self._actions), f"never carried out: {never}"


def check_sentence(error: HomeAssistantError) -> None:
    """Check that an error has a sentence, and all that it names."""
    assert error.translation_key, repr(error)
    if error.translation_domain == DOMAIN:
        sentence = _SENTENCES[error.translation_key]["message"]
        named = {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}
        assert named <= (error.translation_placeholders or {}).keys(), (error.translation_key, named)


def _able(devices: list[Mapping[str, str]]) -> set[str]:
    """Return the places in the house at which an action can be carried out."""
    return {
        name for name, (key, word) in _DEVICES.items() if any(device.get(key) == word for device in devices)
    }
