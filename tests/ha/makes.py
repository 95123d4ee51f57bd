"""One charger of each make, for what all of them have to do alike."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

from aiohttp import ClientTimeout
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import CONF_CIRCUIT_CURRENT, CONF_VENDOR, DOMAIN
from custom_components.evse_pilot.runtime.entity_port import HassEntityPort
from homeassistant.const import EVENT_HOMEASSISTANT_CLOSE
from homeassistant.core import HomeAssistant
from tests import otherbox
from tests.emulators.base import Emulator
from tests.emulators.evnex import EvnexEmulator
from tests.emulators.lektrico import LektricoEmulator
from tests.emulators.otherbox import OtherboxEmulator
from tests.emulators.psp import PspEmulator
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import entry_for as smartevse_entry
from .evnex.conftest import entry_for as evnex_entry
from .existing.conftest import ROLES, set_up_otherbox
from .lektrico.conftest import entry_for as lektrico_entry
from .psp.conftest import entry_for as psp_entry


def existing_entry() -> MockConfigEntry:
    """Return an entry for a charger that another integration has, by the names of its entities."""
    roles = {role: {"entity_id": f"{platform}.otherbox_{key}"} for role, (platform, key) in ROLES.items()}
    return MockConfigEntry(
        domain=DOMAIN,
        title="Charger",
        unique_id="existing_0123456789abcdef",
        data={
            CONF_VENDOR: "existing",
            "integration": "otherbox",
            "roles": roles,
            "owners": sorted(roles),
        },
        options={CONF_CIRCUIT_CURRENT: 32.0},
    )


def _stop(change: Any, _: object) -> None:
    change.stop()


async def set_up_polled_otherbox(hass: HomeAssistant, emulator: Any) -> None:
    """Set up the integration of an Otherbox, which polls it whenever we read its entities, for as long as this runs."""

    async def refresh(port: HassEntityPort) -> None:
        for other in port._hass.config_entries.async_loaded_entries("otherbox"):  # noqa: SLF001
            await other.runtime_data.async_refresh()

    # A poll of its own may be on its way while a clock is wound by hours.
    for change in (
        patch.object(HassEntityPort, "refresh", refresh),
        patch.object(otherbox, "TIMEOUT", ClientTimeout(total=None)),
    ):
        change.start()
        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_CLOSE, partial(_stop, change))
    await set_up_otherbox(hass, emulator)


@dataclass(frozen=True)
class Make:
    """One make of charger: how to make one, its entry, and its own counter of energy."""

    emulator: Callable[..., Emulator]
    entry: Callable[[Any], MockConfigEntry]
    energy_wh: Callable[[Any], float]
    executed_by: str
    phases: int
    streams: bool = False
    # For how long after a command it may show once more what it had before.
    settles_s: int = 0
    # What has to be set up before: the integration that has the charger, which polls it.
    other: Callable[[HomeAssistant, Any], Awaitable[Any]] | None = None


MAKES = {
    "smartevse": Make(SmartEvseEmulator, smartevse_entry, lambda e: e.total_wh, "home_assistant", 3),
    "lektrico": Make(
        lambda **options: LektricoEmulator("3p22k", "2.0", **options),
        lektrico_entry,
        lambda e: e.total_wh,
        "charger",
        3,
    ),
    "psp": Make(PspEmulator, psp_entry, lambda e: e.imported_wh[1], "home_assistant", 3),
    "evnex": Make(
        EvnexEmulator,
        lambda e: evnex_entry(e, lasts=timedelta(days=400)),
        lambda e: e.aci.energy_wh,
        "home_assistant",
        1,
        streams=True,
    ),
    "existing": Make(
        OtherboxEmulator,
        lambda _: existing_entry(),
        lambda e: e.total_wh,
        "home_assistant",
        3,
        other=set_up_polled_otherbox,
        settles_s=30,
    ),
}


async def settle(hass: HomeAssistant, make: Make) -> None:
    """Let everything happen that was begun; what a charger streams is on its way for a moment."""
    await hass.async_block_till_done(wait_background_tasks=not make.streams and make.other is None)
    if make.other is not None:
        # It listens in the background without an end, beside the polls.
        while polls := {
            task
            for task in hass._background_tasks  # noqa: SLF001
            if isinstance(task, asyncio.Task) and not task.get_name().endswith(" - stream")
        }:
            await asyncio.wait(polls)
            await hass.async_block_till_done()
    if make.streams:
        # Both ends are in this event loop: each step of it carries what was sent one hop further.
        for _ in range(4):
            for _ in range(10):
                await asyncio.sleep(0)
            await hass.async_block_till_done()


async def look(hass: HomeAssistant, make: Make, entry: MockConfigEntry, emulator: Emulator) -> None:
    """Poll the charger, or let it send an event."""
    emulator.tick(3)
    await settle(hass, make)
    if not make.streams:
        await entry.runtime_data.coordinator.async_refresh()
        await settle(hass, make)


def slug_of(entry: MockConfigEntry) -> str:
    """Return how the entity ids of an entry begin."""
    return entry.title.lower().replace(" ", "_")
