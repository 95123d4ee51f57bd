"""A person builds an automation in the editor, and calls an action in the tools, in a real browser."""

from playwright.async_api import Page, expect

from .browser import NEEDS_A_BROWSER
from .conftest import Demo, House

pytestmark = NEEDS_A_BROWSER


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
