"""A Home Assistant with one emulated Lektrico: a three-phase charger, unless a test makes another."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.chargers.lektrico.box import LektricoBox
from custom_components.evse_pilot.const import CONF_SERIAL, CONF_VENDOR, DOMAIN
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from tests.emulators.lektrico import LektricoEmulator
from tests.ha.conftest import Poll

type Later = Callable[[], Awaitable[None]]

NOON = 1_800_000_000.0


class Clock:
    """The clock of the box, which decides what is read again."""

    now_s = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let time pass only when a test sets the clock."""
    clock = Clock()
    monkeypatch.setattr(
        "custom_components.evse_pilot.chargers.lektrico.vendor.LektricoBox",
        partial(LektricoBox, clock=clock),
    )
    return clock


@pytest.fixture(autouse=True)
def patience(_short_patience: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait longer than a busy machine takes for the many requests of a first snapshot."""
    monkeypatch.setattr("custom_components.evse_pilot.chargers.http.TIMEOUT_S", 10.0)


@pytest.fixture
def impatient(patience: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up on a silent box after a moment, for tests that wait for just that."""
    monkeypatch.setattr("custom_components.evse_pilot.chargers.http.TIMEOUT_S", 0.3)


@pytest.fixture
async def emulator() -> AsyncGenerator[LektricoEmulator]:
    """Return a 3P22K of the newest firmware, listening."""
    async with LektricoEmulator("3p22k", "2.0", clock=lambda: NOON) as emulator:
        yield emulator


def entry_for(emulator: LektricoEmulator, title: str = "Lektrico", **data: Any) -> MockConfigEntry:
    """Return an entry for an emulated box."""
    return MockConfigEntry(
        domain=DOMAIN,
        title=title,
        unique_id=f"lektrico_{emulator.serial}",
        data={
            CONF_VENDOR: "lektrico",
            CONF_HOST: emulator.host,
            CONF_PORT: emulator.port,
            CONF_SERIAL: str(emulator.serial),
            **data,
        },
    )


@pytest.fixture
def entry(hass: HomeAssistant, emulator: LektricoEmulator) -> MockConfigEntry:
    """Return its entry, not yet set up."""
    entry = entry_for(emulator)
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
def later(clock: Clock, poll: Poll) -> Later:
    """Return a function that lets so many polls happen, in so much time, that all is read again."""

    async def later() -> None:
        for _ in range(36):
            clock.now_s += 10
            await poll()

    return later
