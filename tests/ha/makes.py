"""One charger of each make, for what all of them have to do alike."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from tests.emulators.base import Emulator
from tests.emulators.evnex import EvnexEmulator
from tests.emulators.lektrico import LektricoEmulator
from tests.emulators.psp import PspEmulator
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import entry_for as smartevse_entry
from .evnex.conftest import entry_for as evnex_entry
from .lektrico.conftest import entry_for as lektrico_entry
from .psp.conftest import entry_for as psp_entry


@dataclass(frozen=True)
class Make:
    """One make of charger: how to make one, its entry, and its own counter of energy."""

    emulator: Callable[..., Emulator]
    entry: Callable[[Any], MockConfigEntry]
    energy_wh: Callable[[Any], float]
    executed_by: str
    phases: int
    streams: bool = False


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
}


async def settle(hass: HomeAssistant, make: Make) -> None:
    """Let everything happen that was begun; what a charger streams is on its way for a moment."""
    await hass.async_block_till_done(wait_background_tasks=not make.streams)
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
