"""A person adds chargers and a group in a real browser, changes them, and deletes them again."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, suppress
from dataclasses import replace

from playwright.async_api import Error, Locator, Page, expect
import pytest

from script.demo.mdns import announce
from script.demo.run import background
from script.demo.stands import STANDS
from tests.emulators.evnex import EvnexEmulator
from tests.emulators.lektrico import LektricoEmulator, LektricoMeterEmulator
from tests.emulators.psp import PspEmulator
from tests.emulators.smartevse import SmartEvseEmulator

from .browser import NEEDS_A_BROWSER
from .conftest import Demo, House

pytestmark = NEEDS_A_BROWSER

ROOT = "/api/config/config_entries"
# A log-in that is refused for a minute is asked for.
ASKED_WITHIN_MS = 120_000
# A person whose click has missed a button presses it again.
TRIES, MENU_WITHIN_MS = 4, 20_000
# As they are named beside those of the demonstration.
CHARGERS = ("SmartEVSE 2", "PSP EVSE 2", "EVNEX 2", "EVNEX 3", "Lektrico 3")


class Owner:
    """One who has the page of the integration open."""

    def __init__(self, page: Page, demo: Demo, house: House) -> None:
        """Open nothing yet."""
        self._page = page
        self._integrations = f"{demo.url}/config/integrations"
        self._address = f"{self._integrations}/integration/evse_pilot"
        self._house = house
        self.dialog = page.locator("dialog-data-entry-flow")

    async def opens_the_integration(self) -> None:
        """Go to its page; the page may be on its way elsewhere after something was deleted."""
        with suppress(Error):
            await self._page.goto(self._address)
            return
        await self._page.goto(self._address)

    async def adds(self, what: str) -> None:
        """Start to add a device, and choose what."""
        for _ in range(TRIES):
            await self.opens_the_integration()
            # Its buttons move while the rest of the page arrives, and a click may miss them all the same.
            await self._page.locator("ha-config-entry-row").last.wait_for()
            await self._page.locator("ha-button", has_text="Add a circuit").wait_for()
            await self._page.locator("ha-button", has_text="Add device").click()
            with suppress(Error):
                await self.dialog.locator("step-flow-menu").wait_for(timeout=MENU_WITHIN_MS)
                break
        await self.chooses(what)

    async def chooses(self, what: str) -> None:
        """Choose from a menu in the dialog."""
        await self.dialog.locator("step-flow-menu").get_by_text(what, exact=True).click()

    async def fills(self, **values: str) -> None:
        """Fill in fields for text."""
        for name, value in values.items():
            await self.dialog.locator(f"input[name={name}]").fill(value)

    async def submits(self) -> None:
        """Press the button of a form."""
        await self.dialog.locator("ha-dialog-footer ha-button", has_text="Submit").click()

    async def is_refused(self, why: str) -> None:
        """Wait until the form shows an error."""
        await expect(self.dialog.locator("ha-alert", has_text=why).first).to_be_visible()

    async def finishes(self) -> None:
        """Close the dialog in which something was added."""
        await self.dialog.locator("step-flow-create-entry").wait_for()
        await self.dialog.locator("ha-dialog-footer ha-button").click()
        await expect(self.dialog.locator("step-flow-create-entry")).to_have_count(0)

    async def closes(self, text: str) -> None:
        """Close the dialog that ends with this text."""
        await expect(self.dialog.get_by_text(text)).to_be_visible()
        await self.dialog.locator("ha-dialog-footer ha-button").click()

    async def adds_discovered(self, name: str) -> None:
        """Add what was discovered, from the list of all integrations."""
        await self._page.goto(self._integrations)
        card = self._page.locator("ha-config-flow-card", has_text=name)
        await card.locator("ha-button", has_text="Add").click()
        await expect(self.dialog.get_by_text(name)).to_be_visible()
        await self.submits()
        await self.finishes()
        await expect(card).to_have_count(0)

    async def sees_the_device(self, title: str, model: str) -> None:
        """Find the device of an entry on the page of the integration."""
        await self.opens_the_integration()
        await expect((await self.row(title)).get_by_text(model)).to_be_visible()

    async def row(self, title: str) -> Locator:
        """Return the row of an entry."""
        entries = await self._house.command("config_entries/get", domain="evse_pilot")
        [entry_id] = [entry["entry_id"] for entry in entries if entry["title"] == title]
        return self._page.locator(f"ha-config-entry-row[data-entry-id='{entry_id}']")

    async def sets(self, field: int, value: str) -> None:
        """Fill in a field for a number, which has no name in the page."""
        await self.dialog.locator("ha-selector-number input").nth(field).fill(value)

    async def unchecks(self, name: str) -> None:
        """Clear the box of one of some things to choose from."""
        box = self.dialog.locator("ha-checkbox").filter(has=self._page.get_by_text(name, exact=True))
        await box.click()

    async def selects(self, name: str) -> None:
        """Select one of some things to choose from."""
        await self.dialog.locator("ha-radio-option", has_text=name).click()

    async def finds(self, name: str) -> None:
        """Look for an entity, and choose it for the first field that wants one."""
        await self.dialog.locator("ha-entity-picker").first.click()
        finder = self._page.locator("ha-picker-combo-box")
        await finder.locator("input").fill(name)
        await finder.locator("ha-combo-box-item", has_text=name).first.click()

    async def picks(self, title: str, item: str) -> None:
        """Pick an item from the menu of an entry."""
        await self.opens_the_integration()
        row = await self.row(title)
        await row.locator("ha-dropdown").first.locator("ha-icon-button").first.click()
        await row.locator("ha-dropdown-item", has_text=item).first.click()

    async def configures(self, title: str) -> None:
        """Open the options of an entry."""
        await self.opens_the_integration()
        await (await self.row(title)).get_by_label("Configure").first.click()

    async def attends(self, section: str, title: str) -> None:
        """Press the button of a flow that waits for a person, once it is there."""
        await self.opens_the_integration()
        waiting = self._page.locator(f"ha-list-base.{section} ha-list-item-base", has_text=title)
        await waiting.locator("ha-button").click(timeout=ASKED_WITHIN_MS)

    async def deletes(self, title: str) -> None:
        """Delete an entry, and wait until its row is gone."""
        await self.picks(title, "Delete")
        row = await self.row(title)
        await self._page.locator("dialog-box ha-button", has_text="Delete").click()
        await expect(row).to_have_count(0)


@pytest.fixture
async def owner(page: Page, demo: Demo, house: House) -> AsyncGenerator[Owner]:
    """Return an owner; what was added is gone after the test."""
    before = {entry["entry_id"] for entry in await house.command("config_entries/get")}
    yield Owner(page, demo, house)
    for entry in await house.command("config_entries/get"):
        if entry["entry_id"] not in before:
            await house.delete(f"{ROOT}/entry/{entry['entry_id']}")
    for flow in await house.command("config_entries/flow/progress"):
        await house.delete(f"{ROOT}/flow/{flow['flow_id']}")


async def test_from_nothing_to_a_group_and_back(owner: Owner, house: House) -> None:
    """One charger of each make is added by hand, changed, put into a group, and deleted; errors are in words."""
    async with AsyncExitStack() as stack:
        lektrico = LektricoEmulator("1p7k", username="me", password="secret")
        smartevse = SmartEvseEmulator(serial=777)
        psp = PspEmulator(mac="E0:E2:E6:00:07:77")
        # The first one of every emulated account has the serial number of that of the demonstration.
        cloud = EvnexEmulator(chargers=3)
        for box in (lektrico, smartevse, psp, cloud):
            await stack.enter_async_context(box)
            background(stack, box.live())

        await owner.adds("Lektrico 1P7K, 3P22K, EM or 3EM")
        await owner.fills(host="127.0.0.1:1")
        await owner.submits()
        await owner.is_refused("The charger does not answer.")
        await owner.fills(host=f"127.0.0.1:{lektrico.port}", username="me", password="wrong")
        await owner.submits()
        await owner.is_refused("The charger does not accept the log-in.")
        await owner.fills(password="secret")
        await owner.submits()
        await owner.finishes()
        await house.becomes("sensor.lektrico_3_status", "disconnected")
        # It is asked for below.
        lektrico.password = "another"

        await owner.adds("SmartEVSE v3")
        await owner.fills(host=f"127.0.0.1:{smartevse.port}")
        await owner.submits()
        await owner.finishes()
        await owner.adds("PSP EVSE v1.0")
        await owner.fills(host=f"127.0.0.1:{psp.port}")
        await owner.submits()
        await owner.finishes()
        await owner.adds("EVNEX ACI")
        await owner.chooses("Log in with e-mail and password")
        await owner.fills(url=f"http://127.0.0.1:{cloud.port}", username=cloud.username, password="wrong")
        await owner.submits()
        await owner.is_refused("The e-mail address or the password is wrong.")
        await owner.fills(password=cloud.password)
        await owner.submits()
        await owner.sets(0, "20")
        await owner.submits()
        await owner.finishes()
        # The other charger of the account needs no log-in.
        await owner.attends("discovered", "garage 2")
        await owner.sets(0, "20")
        await owner.submits()
        await owner.finishes()
        await house.becomes("sensor.evnex_3_status", "disconnected")

        # The same charger elsewhere, and another price.
        await smartevse.stop()
        await smartevse.start()
        await owner.picks("SmartEVSE 2", "Reconfigure")
        await owner.fills(host=f"127.0.0.1:{psp.port}")
        await owner.submits()
        await owner.is_refused("Something answers at this address, but not a charger of this kind.")
        await owner.fills(host=f"127.0.0.1:{smartevse.port}")
        await owner.submits()
        await owner.closes("Reconfiguration was successful")
        await owner.configures("SmartEVSE 2")
        await owner.sets(0, "0.25")
        await owner.submits()
        await owner.closes("Options successfully saved.")
        await owner.configures("SmartEVSE 2")
        await expect(owner.dialog.locator("ha-selector-number input").first).to_have_value("0.25")

        await owner.adds("Load-balancing group")
        await owner.fills(name="Garage fuse")
        await owner.submits()
        await owner.is_refused("less than 10 A of the fuse is left to the house.")
        for other in ("EVNEX", "EVNEX 2", "EVNEX 3", "Lektrico 3", "Otherbox"):
            await owner.unchecks(other)
        await owner.selects("Sensors in Home Assistant")
        await owner.submits()
        await owner.finds("House current L1")
        await owner.submits()
        # Those of the other phases are filled in.
        await expect(owner.dialog.get_by_text("House current L3")).to_be_visible()
        await owner.submits()
        for charger in CHARGERS[:2]:
            await expect(owner.dialog.get_by_text(f"{charger} in the group")).to_be_visible()
            await owner.submits()
        await owner.finishes()
        await house.becomes("switch.garage_fuse_load_balancing", "on")

        for title in ("Garage fuse", *CHARGERS[:-1]):
            await owner.deletes(title)

        await owner.attends("attention", "Lektrico 3")
        await owner.fills(username="me", password="another")
        await owner.submits()
        await owner.closes("Re-authentication was successful")
        await house.becomes("sensor.lektrico_3_status", "disconnected")
        await owner.deletes("Lektrico 3")
        devices = await house.command("config/device_registry/list")
        assert not {"Garage fuse", *CHARGERS} & {device["name"] for device in devices}


async def test_by_discovery(owner: Owner, house: House) -> None:
    """Each charger that announces itself is offered by Home Assistant, and is there once that was confirmed."""
    smartevse, lektrico, meter = (
        SmartEvseEmulator(serial=778),
        LektricoEmulator("3p22k", "2.0"),
        LektricoMeterEmulator(),
    )
    lektrico.serial, meter.serial = 500_978, 830_978
    titles = {"SmartEVSE 2": "SmartEVSE v3", "Lektrico 3": "3P22K", "Lektrico 4": "3EM"}
    async with AsyncExitStack() as stack:
        stands = []
        announced = [stand for stand in STANDS if stand.service is not None]
        for stand, box in zip(announced, (smartevse, lektrico, meter), strict=True):
            await stack.enter_async_context(box)
            background(stack, box.live())
            stands.append(replace(stand, emulator=box))
        background(stack, announce(tuple(stands)))
        for stand, (title, model) in zip(stands, titles.items(), strict=True):
            assert stand.name is not None
            await owner.adds_discovered(stand.name)
            await owner.sees_the_device(title, model)
        await house.becomes("sensor.smartevse_2_status", "disconnected")
        await house.becomes("sensor.lektrico_3_status", "disconnected")
        await house.appears("sensor.lektrico_4_mains_power")
        entries = await house.command("config_entries/get", domain="evse_pilot")
        assert [entry["source"] for entry in entries if entry["title"] in titles] == ["zeroconf"] * 3
        for title in titles:
            await owner.deletes(title)
