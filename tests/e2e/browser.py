"""A real browser, logged in to a demonstration."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import re

from playwright.async_api import Page, async_playwright, expect
import pytest

from script.browser import find

BROWSER = find()
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# That of the demonstration.
TIME_ZONE = "Europe/Amsterdam"
# The first load of the frontend takes its time.
PATIENCE_MS = 60_000

NEEDS_A_BROWSER = [
    pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome here: script/test fetches one"),
    pytest.mark.timeout(300),
]


@asynccontextmanager
async def logged_in(url: str) -> AsyncGenerator[Page]:
    """Open a page of the Home Assistant at this address, as its owner."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        page = await browser.new_page(
            # High enough for the events of a month.
            viewport={"width": 1280, "height": 1100},
            # Today is the same day for the browser as for the house.
            timezone_id=TIME_ZONE,
        )
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        await page.goto(url)
        await page.fill("input[name=username]", "demo")
        await page.fill("input[name=password]", "demo")
        await page.keyboard.press("Enter")
        await expect(page.locator("home-assistant")).to_be_attached()
        # The code in the address is of use once: a page that is loaded again before it was used up is refused.
        await expect(page).not_to_have_url(re.compile("auth_callback"))
        yield page
        await browser.close()
