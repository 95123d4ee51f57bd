"""A person builds automations in the editor and of a blueprint, and calls an action in the tools, in a real browser."""

from collections.abc import AsyncGenerator
import re
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from playwright.async_api import Page, expect
import pytest

from .browser import NEEDS_A_BROWSER
from .conftest import ROOT, Demo, House, until

pytestmark = NEEDS_A_BROWSER

BLUEPRINT = "cheap_hours.yaml"


@pytest.fixture
async def blueprints() -> AsyncGenerator[str]:
    """Return the address of a server with the blueprints, in place of GitHub, which is not reachable everywhere."""
    app = web.Application()
    app.router.add_static("/", ROOT / "blueprints/automation/evse_pilot")
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_the_automation_editor(page: Page, demo: Demo, house: House) -> None:
    """Our trigger and our action are found by the area of the charger, and work together."""
    editor, adding = page.locator("ha-automation-editor"), page.locator("add-automation-element-dialog")
    await page.goto(f"{demo.url}/config/automation/edit/new")
    for button, item in (("Add trigger", "Car plugged in"), ("Add action", "Set current limit")):
        await editor.locator("ha-button", has_text=button).click()
        await adding.locator("wa-tree-item", has_text="Garage").first.click()
        await adding.locator("ha-automation-add-items ha-list-item-button", has_text=item).click()
        await expect(adding.locator("ha-automation-add-items")).to_have_count(0)
    await page.locator("ha-automation-sidebar ha-selector-number input").fill("9")
    await editor.locator("ha-button", has_text="Save").click()
    await page.locator("ha-dialog-automation-save input").first.fill("Gently at first")
    await page.locator("ha-dialog-automation-save ha-button", has_text="Save").click()
    await house.becomes("automation.gently_at_first", "on")
    try:
        await house.press("plug_in")
        await house.becomes("sensor.smartevse_current_l1", "9.0")
        assert (await house.box())["Drawn"] == "9 A, 9 A, 9 A"
    finally:
        made = await house.command("config/entity_registry/get", entity_id="automation.gently_at_first")
        await house.delete(f"/api/config/automation/config/{made['unique_id']}")


async def test_the_tools(page: Page, demo: Demo, house: House) -> None:
    """An action of ours is found by its name, has a target and a field, and is obeyed; what is wrong is in words."""
    finder = page.locator("ha-picker-combo-box")
    await house.press("plug_in")
    await house.becomes("sensor.smartevse_status", "charging")
    await page.goto(f"{demo.url}/config/tools/action")
    await page.locator("ha-service-picker").click()
    await finder.locator("input").fill("set_current_limit")
    await finder.locator("ha-combo-box-item", has_text="evse_pilot.set_current_limit").first.click()
    await page.locator("ha-target-picker ha-button", has_text="Add target").click()
    await finder.locator("ha-filter-chip", has_text="Areas").click()
    await finder.locator("ha-combo-box-item", has_text="Garage").click()
    await expect(page.locator("ha-target-picker-item-group", has_text="Garage")).to_be_visible()
    current = page.locator("ha-service-control ha-selector-number input")
    perform = page.locator("ha-progress-button, ha-button").filter(has_text="Perform action").last
    await current.fill("3")
    await perform.click()
    await expect(page.locator("ha-alert", has_text="takes values from 6 A to 16 A here.")).to_be_visible()
    await current.fill("8")
    await perform.click()
    await house.becomes("sensor.smartevse_current_l1", "8.0")
    assert (await house.box())["Drawn"] == "8 A, 8 A, 8 A"


async def test_a_blueprint_is_imported(page: Page, demo: Demo, house: House, blueprints: str) -> None:
    """The link of the documentation opens the import; in the clicks counted there, an automation is made of it."""
    documentation = (ROOT / "docs/automations.md").read_text(encoding="utf-8")
    [link, *_] = re.findall(
        rf"https://my\.home-assistant\.io/redirect/\S+{re.escape(BLUEPRINT)}", documentation
    )
    dialog, finder = page.locator("ha-dialog-import-blueprint"), page.locator("ha-picker-combo-box")
    address = dialog.locator("input")
    made = f"{urlsplit(blueprints).hostname}/{BLUEPRINT}"
    automation = "automation.charge_in_the_cheap_hours"

    async def has_windows() -> bool:
        target = {"entity_id": "sensor.smartevse_status"}
        _, answer = await house.post("/api/services/evse_pilot/get_schedule?return_response", target)
        [schedule] = answer["service_response"]["chargers"].values()
        return bool(schedule["windows"])

    # What my.home-assistant.io does.
    await page.goto(link.replace("https://my.home-assistant.io/redirect", f"{demo.url}/_my_redirect"))
    await expect(address).to_have_value(parse_qs(urlsplit(link).query)["blueprint_url"][0])
    await address.fill(f"{blueprints}/missing.yaml")
    await dialog.locator("ha-button", has_text="Preview").click()
    await expect(dialog.locator("ha-alert[alert-type=error]")).to_be_visible()
    await address.fill(f"{blueprints}/{BLUEPRINT}")
    await dialog.locator("ha-button", has_text="Preview").click()
    await expect(dialog.locator("ha-markdown", has_text="Every day picks the cheapest hours")).to_be_visible()
    await dialog.locator("ha-button", has_text="Import blueprint").click()
    await expect(dialog.locator("ha-button")).to_have_count(0)
    try:
        await page.get_by_text("Charge in the cheap hours").first.click()
        await page.locator("ha-selector-device ha-device-picker").first.click()
        await finder.locator("ha-combo-box-item", has_text="SmartEVSE").first.click()
        await page.locator("ha-selector-entity ha-entity-picker").first.click()
        await finder.locator("ha-combo-box-item", has_text="Electricity price").first.click()
        # Until then the prices are known at any time of the day.
        ready_by = page.locator("ha-selector-time").first
        await ready_by.locator("input").nth(0).fill("11")
        await ready_by.locator("input").nth(1).fill("59")
        await ready_by.locator("ha-select ha-picker-field").click()
        await ready_by.locator("ha-dropdown-item", has_text="PM").click()
        await page.locator("ha-button", has_text="Save").click()
        await house.becomes(automation, "on")

        assert not await has_windows()
        await house.press("plug_in")
        await until(has_windows, 60)
    finally:
        entry = await house.command("config/entity_registry/get", entity_id=automation)
        await house.delete(f"/api/config/automation/config/{entry['unique_id']}")
        await house.command("blueprint/delete", domain="automation", path=made)
        await house.act("evse_pilot.clear_schedule", "sensor.smartevse_status")
