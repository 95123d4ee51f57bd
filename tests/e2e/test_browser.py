"""A person with a browser: the device page of the running Home Assistant."""

from collections.abc import AsyncGenerator
import shutil

from playwright.async_api import Page, async_playwright, expect
import pytest

from .conftest import Demo, House

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# The first load of the frontend takes its time.
PATIENCE_MS = 60_000

pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on this machine"),
    pytest.mark.timeout(180),
]


@pytest.fixture
async def page(demo: Demo) -> AsyncGenerator[Page]:
    """Return a page that is logged in."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        page = await browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        await page.goto(demo.url)
        await page.fill("input[name=username]", "demo")
        await page.fill("input[name=password]", "demo")
        await page.keyboard.press("Enter")
        await expect(page.locator("home-assistant")).to_be_attached()
        yield page
        await browser.close()


async def test_the_device_page(page: Page, demo: Demo, house: House) -> None:
    """The charger is found by its name, shows what it does, and obeys a click."""
    await page.goto(f"{demo.url}/config/integrations/integration/evse_pilot")
    await page.get_by_text("SmartEVSE v3").first.click()
    await expect(page.get_by_text("Firmware: v3.11.1")).to_be_visible()
    await house.press("plug_in")
    await expect(page.get_by_text("11,040 W")).to_be_visible()
    await page.locator("hui-toggle-entity-row", has_text="Allow charging").locator("ha-entity-toggle").click()
    await house.becomes("sensor.smartevse_status", "paused")
    assert (await house.box())["Mode"] == "off"
