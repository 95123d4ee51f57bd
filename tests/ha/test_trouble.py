"""Repairs of a charger, in a group or not: opened when their cause lasts, withdrawn with it, mended with a click."""

from collections.abc import AsyncGenerator

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from tests.emulators.base import Emulator, Line
from tests.emulators.lektrico import NO_HANDLER, LektricoEmulator
from tests.emulators.psp import PspEmulator
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import entry_for
from .lektrico.conftest import entry_for as lektrico_entry
from .psp.conftest import entry_for as psp_entry
from .repairs import go_on, issue_of, issues, open_flow


class Life:
    """One charger, and a clock that can be wound."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start now."""
        self.hass = hass
        self.passed_s = 0.0
        self.entry: MockConfigEntry
        self.emulator: Emulator

    async def begin(self, entry: MockConfigEntry, emulator: Emulator) -> None:
        """Set up a charger."""
        self.entry, self.emulator = entry, emulator
        entry.add_to_hass(self.hass)
        assert await self.hass.config_entries.async_setup(entry.entry_id)
        await self.hass.async_block_till_done()

    async def live(self, seconds: float, polls: int = 2) -> None:
        """Let so much time pass, in which the charger is read so many times."""
        for _ in range(polls):
            self.passed_s += seconds / polls
            self.emulator.advance(seconds / polls)
            await self.entry.runtime_data.coordinator.async_refresh()
            await self.hass.async_block_till_done()

    async def act(self, action: str, **data: object) -> None:
        """Carry out an action on the charger."""
        name = self.entry.title.lower().replace(" ", "_")
        await self.hass.services.async_call(
            DOMAIN, action, {"entity_id": f"sensor.{name}_status", **data}, blocking=True
        )
        await self.hass.async_block_till_done()


@pytest.fixture
def life(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> Life:
    """Return a house without a charger yet."""
    life = Life(hass)
    for user in ("control.controller", "control.trouble", "runtime.coordinator"):
        monkeypatch.setattr(
            f"custom_components.evse_pilot.{user}.monotonic_s", lambda hass: hass.loop.time() + life.passed_s
        )
    return life


# A SmartEVSE that is fed with the currents of the mains


@pytest.fixture
async def fed(life: Life) -> AsyncGenerator[SmartEvseEmulator]:
    """Return a SmartEVSE with mains meter API in smart mode, with a car, and fed."""
    async with SmartEvseEmulator(mains_meter="API") as box:
        await life.begin(entry_for(box), box)
        await feed(life)
        box.turn_mode(3)
        box.plug_in()
        await life.live(2)
        yield box


async def feed(life: Life) -> None:
    """Send the currents of the mains once."""
    await life.act("set_mains_currents", l1=2, l2=2, l3=2)


async def test_b3_a_meter_that_is_fed_no_more(
    hass: HomeAssistant, life: Life, fed: SmartEvseEmulator
) -> None:
    """A feed that stops for two minutes is a repair, until it is there again; a short one is none."""
    await life.live(60)
    assert life.entry.runtime_data.coordinator.data.error == "communication"
    await feed(life)
    await life.live(2)
    await life.live(110)
    assert issues(hass) == set()
    await life.live(130)
    [issue_id] = issues(hass)
    assert issue_id == f"mains_feed_missing_{life.entry.entry_id}"
    assert not issue_of(hass, issue_id).is_fixable
    await feed(life)
    await life.live(2)
    assert issues(hass) == set()


async def test_a_meter_that_nobody_looks_at_need_not_be_fed(
    hass: HomeAssistant, life: Life, fed: SmartEvseEmulator
) -> None:
    """In normal mode, which is what the repair advises, there is none."""
    await life.live(300)
    assert len(issues(hass)) == 1
    fed.turn_mode(1)
    await life.live(10)
    assert issues(hass) == set()


async def test_a_charger_that_does_not_answer_keeps_its_repairs(
    hass: HomeAssistant, life: Life, fed: SmartEvseEmulator
) -> None:
    """What it needs is not known while it is away; the repairs go with its entry."""
    await life.live(300)
    fed.line = Line.REFUSED
    await life.live(60, polls=4)
    assert len(issues(hass)) == 1
    await hass.config_entries.async_unload(life.entry.entry_id)
    assert issues(hass) == set()


# A PSP EVSE with another supervisor


@pytest.fixture
async def supervised(life: Life) -> AsyncGenerator[PspEmulator]:
    """Return a PSP EVSE that is supervised from here."""
    async with PspEmulator() as box:
        await life.begin(psp_entry(box), box)
        await life.act("take_power_control")
        yield box


async def lose_control(hass: HomeAssistant, life: Life, box: PspEmulator) -> None:
    """Let the supervisor be at another address, which shows with the next power."""
    box.settings["Meter2Ip"] = "192.0.2.99"
    with pytest.raises(HomeAssistantError):
        await life.act("set_available_power", power=5000)
    await life.live(180)


async def test_another_supervisor(hass: HomeAssistant, life: Life, supervised: PspEmulator) -> None:
    """A click takes control again, as after Home Assistant got another address; a failure is shown in the form."""
    await life.act("set_available_power", power=5000)
    await lose_control(hass, life, supervised)
    issue_id = f"other_supervisor_{life.entry.entry_id}"
    assert issues(hass) == {issue_id}
    shown = await open_flow(hass, issue_id)
    supervised.line = Line.REFUSED
    shown = await go_on(hass, shown)
    assert shown["errors"] == {"base": "not_taken"}
    supervised.line = Line.OK
    assert (await go_on(hass, shown))["type"] is FlowResultType.CREATE_ENTRY
    assert supervised.settings["Meter2Ip"] == "127.0.0.1"
    await life.live(180)
    assert issues(hass) == set()
    await life.act("set_available_power", power=4000)
    assert supervised.supervisor_power_w == 4000


async def test_another_supervisor_of_a_charger_that_is_gone(
    hass: HomeAssistant, life: Life, supervised: PspEmulator
) -> None:
    """A charger that is not set up cannot be taken."""
    await lose_control(hass, life, supervised)
    shown = await open_flow(hass, f"other_supervisor_{life.entry.entry_id}")
    await hass.config_entries.async_unload(life.entry.entry_id)
    assert (await go_on(hass, shown))["reason"] == "gone"


async def test_a_supervisor_that_was_never_ours(hass: HomeAssistant, life: Life) -> None:
    """An energy manager that its owner has chosen is no trouble."""
    async with PspEmulator() as box:
        box.settings["Meter2Type"], box.settings["Meter2Ip"] = 0x64, "192.0.2.99"
        await life.begin(psp_entry(box), box)
        await life.act("set_current_limit", current=10)
        await life.live(120)
        assert issues(hass) == set()


# Firmware


async def test_firmware_that_does_not_know_a_command(hass: HomeAssistant, life: Life) -> None:
    """A command that is refused for ten minutes because the firmware lacks it is a repair, until it is updated."""
    async with LektricoEmulator("3p22k", "2.0") as box:
        await life.begin(lektrico_entry(box), box)
        box.fails_with["dynamic_current.set"] = NO_HANDLER
        box.plug_in()
        await life.live(10)
        # A person sees at once what is refused; a window that begins has nobody to show it to.
        all_day = [{"start": "00:00", "end": "00:00", "current": 10}]
        await life.act("set_schedule", windows=all_day, executed_by="home_assistant")
        await life.live(60)
        assert issues(hass) == set()
        await life.live(700, polls=20)
        assert issues(hass) == {f"firmware_too_old_{life.entry.entry_id}"}
        box.fails_with.clear()
        await life.live(700, polls=20)
        assert issues(hass) == set()
