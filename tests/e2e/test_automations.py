"""A person builds automations in the editor and of a blueprint, and calls an action in the tools, in a real browser."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from playwright.async_api import Locator, Page, expect
import pytest

from .browser import NEEDS_A_BROWSER
from .conftest import ROOT, Demo, House, until

pytestmark = NEEDS_A_BROWSER


@asynccontextmanager
async def serving(app: web.Application) -> AsyncGenerator[str]:
    """Serve something on this machine; return its address."""
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def blueprints() -> AsyncGenerator[str]:
    """Return the address of a server with the blueprints, in place of GitHub, which is not reachable everywhere."""
    app = web.Application()
    app.router.add_static("/", ROOT / "blueprints/automation/evse_pilot")
    async with serving(app) as url:
        yield url


@pytest.fixture
async def pushed(house: House) -> AsyncGenerator[list[dict[str, Any]]]:
    """Register a phone with the app, the Pocket phone; return what is pushed to it."""
    pushed: list[dict[str, Any]] = []

    async def push(request: web.Request) -> web.Response:
        pushed.append(await request.json())
        return web.Response(status=201)

    app = web.Application()
    app.router.add_post("/push", push)
    async with serving(app) as url:
        status, answer = await house.post(
            "/api/mobile_app/registrations",
            {
                "device_id": "of-a-phone",
                "device_name": "Pocket phone",
                "supports_encryption": False,
                "app_id": "io.homeassistant.companion",
                "app_name": "Home Assistant",
                "app_version": "1",
                "manufacturer": "Anyone",
                "model": "Any",
                "os_name": "Any",
                "os_version": "1",
                "app_data": {"push_token": "token", "push_url": f"{url}/push"},
            },
        )
        assert status == 201, answer
        yield pushed
        [entry] = await house.command("config_entries/get", domain="mobile_app")
        await house.delete(f"/api/config/config_entries/entry/{entry['entry_id']}")


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


@asynccontextmanager
async def imported(
    page: Page, demo: Demo, house: House, url: str, name: str, title: str
) -> AsyncGenerator[str]:
    """Import a blueprint by its link in the documentation, from here, and open it; return the id of its automation.

    The automation and the blueprint are deleted at the end.
    """
    documentation = (ROOT / "docs/automations.md").read_text(encoding="utf-8")
    [link, *_] = re.findall(rf"https://my\.home-assistant\.io/redirect/\S+{re.escape(name)}", documentation)
    dialog = page.locator("ha-dialog-import-blueprint")
    address, preview = dialog.locator("input"), dialog.locator("ha-button", has_text="Preview")
    automation = f"automation.{title.lower().replace(' ', '_')}"

    # What my.home-assistant.io does.
    await page.goto(link.replace("https://my.home-assistant.io/redirect", f"{demo.url}/_my_redirect"))
    await expect(address).to_have_value(parse_qs(urlsplit(link).query)["blueprint_url"][0])
    await address.fill(f"{url}/missing.yaml")
    await preview.click()
    await expect(dialog.locator("ha-alert[alert-type=error]")).to_be_visible()
    await address.fill(f"{url}/{name}")
    await preview.click()
    await expect(dialog.locator("ha-markdown")).to_be_visible()
    await dialog.locator("ha-button", has_text="Import blueprint").click()
    await expect(dialog.locator("ha-button")).to_have_count(0)
    try:
        await page.get_by_text(title).first.click()
        yield automation
    finally:
        entry = await house.command("config/entity_registry/get", entity_id=automation)
        await house.delete(f"/api/config/automation/config/{entry['unique_id']}")
        path = f"{urlsplit(url).hostname}/{name}"
        await house.command("blueprint/delete", domain="automation", path=path)


async def choose(page: Page, picker: Locator, item: str) -> None:
    """Choose an item in a picker."""
    finder = page.locator("ha-picker-combo-box")
    await picker.click()
    # Of a long list only what can be seen is there.
    await finder.locator("input").fill(item)
    await finder.locator("ha-combo-box-item", has_text=item).first.click()
    await expect(finder).to_have_count(0)


async def test_a_blueprint_is_imported(page: Page, demo: Demo, house: House, blueprints: str) -> None:
    """The link of the documentation opens the import; in the clicks counted there, an automation is made of it."""

    async def has_windows() -> bool:
        target = {"entity_id": "sensor.smartevse_status"}
        _, answer = await house.post("/api/services/evse_pilot/get_schedule?return_response", target)
        [schedule] = answer["service_response"]["chargers"].values()
        return bool(schedule["windows"])

    title = "Charge in the cheap hours"
    try:
        async with imported(page, demo, house, blueprints, "cheap_hours.yaml", title) as automation:
            await choose(page, page.locator("ha-selector-device ha-device-picker").first, "SmartEVSE")
            await choose(page, page.locator("ha-selector-entity ha-entity-picker").first, "Electricity price")
            # Until then the prices are known at any time of the day.
            ready_by = page.locator("ha-selector-time").first
            await ready_by.locator("input").nth(0).fill("11")
            await ready_by.locator("input").nth(1).fill("59")
            await ready_by.locator("ha-select ha-picker-field").click()
            await ready_by.locator("ha-dropdown-item", has_text="PM").click()
            await page.locator("ha-button", has_text="Save").click()
            await house.becomes(automation, "on")

            # A quarter of an hour may have struck since it was saved, at which it makes the plan of the day.
            await house.act("evse_pilot.clear_schedule", "sensor.smartevse_status")
            await house.press("plug_in")
            await until(has_windows, 60)
    finally:
        await house.act("evse_pilot.clear_schedule", "sensor.smartevse_status")


async def test_a_phone_is_notified(
    page: Page, demo: Demo, house: House, blueprints: str, pushed: list[dict[str, Any]]
) -> None:
    """From the link of the documentation to what a phone shows, in the clicks that are counted there."""

    async def is_notified() -> bool:
        return bool(pushed)

    async with imported(
        page, demo, house, blueprints, "notify_about_charging.yaml", "Notify about charging"
    ) as automation:
        pickers = page.locator("ha-selector-device ha-device-picker")
        await choose(page, pickers.first, "SmartEVSE")
        await choose(
            page, page.locator("ha-selector-device").nth(1).locator("ha-device-picker"), "Pocket phone"
        )
        await page.locator("ha-button", has_text="Save").click()
        await house.becomes(automation, "on")
        assert not pushed
        await house.press("fail", "3")
        await until(is_notified, 60)
        [notification] = pushed
        assert notification["title"] == "SmartEVSE"
        assert notification["message"] == "The charger has a fault."
        await house.press("clear")
