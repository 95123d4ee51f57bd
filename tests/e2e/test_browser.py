"""A person with a browser: the device page of the running Home Assistant."""

from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.async_api import Page, expect

from .browser import NEEDS_A_BROWSER, TIME_ZONE
from .conftest import Demo, House

pytestmark = NEEDS_A_BROWSER


async def test_the_device_page(page: Page, demo: Demo, house: House) -> None:
    """The charger is found by its name, shows what it does, and obeys a click."""
    await page.goto(f"{demo.url}/config/integrations/integration/evse_pilot")
    await page.get_by_text("SmartEVSE v3").first.click()
    await expect(page.get_by_text("Firmware: v3.11.1")).to_be_visible()
    await house.press("plug_in")
    await expect(page.get_by_text("11,040 W")).to_be_visible()
    await page.locator("hui-toggle-entity-row", has_text="Allow charging").locator("ha-entity-toggle").click()
    await house.becomes("sensor.smartevse_status", "paused")
    assert (await house.box())["Mode"] == "pause"


async def test_the_calendar_page(page: Page, demo: Demo, house: House) -> None:
    """A charging window that is drawn, moved and deleted on the calendar page is what the charger does."""
    await house.press("plug_in")
    await house.becomes("sensor.smartevse_status", "charging")
    await page.goto(f"{demo.url}/calendar")
    editor, detail = (
        page.locator("dialog-calendar-event-editor"),
        page.locator("dialog-calendar-event-detail"),
    )

    async def choose_day(field: int, day: int | None) -> None:
        """Choose a day of the month for the start, 0, or the end, 1; None: another one than is chosen."""
        await editor.locator("ha-date-input").nth(field).click()
        picker = page.locator("ha-dialog-date-picker")
        selected = int(await picker.locator("calendar-month button[aria-pressed=true]").inner_text())
        other = selected + 1 if selected < 28 else selected - 1
        days = picker.locator("calendar-month button:not([part~=outside])")
        await days.get_by_text(str(day or other), exact=True).click()
        await picker.locator("ha-button", has_text="OK").click()

    # Today, the whole day, every week; in the last hour of a day the editor proposes an end on the next one.
    await page.get_by_text("Add event").click()
    await editor.locator("ha-input.summary input").fill("Charging at 9 A")
    await editor.locator("ha-switch#all_day").click()
    await choose_day(1, datetime.now(ZoneInfo(TIME_ZONE)).day)
    await editor.locator("ha-select#freq ha-picker-field").click()
    await editor.locator("ha-dropdown-item", has_text="Weekly").click()
    await editor.locator("ha-dialog-footer ha-button", has_text="Add event").click()
    await house.becomes("calendar.smartevse_charging_schedule", "on")
    await house.becomes("sensor.smartevse_current_l1", "9.0")
    assert (await house.box())["Drawn"] == "9 A, 9 A, 9 A"

    # Another day of the week; a page loaded anew has no dialog that is still about to close.
    await page.goto(f"{demo.url}/calendar")
    event = page.locator("ha-full-calendar .fc-event", has_text="Charging at 9 A").first
    await event.dispatch_event("click")
    await detail.locator("ha-button", has_text="Edit event").click()
    await choose_day(0, None)
    await editor.locator("ha-dialog-footer ha-button", has_text="Save event").click()
    await page.get_by_text("This and all future events").click()
    await page.locator("ha-button", has_text="Update").last.click()
    await house.becomes("sensor.smartevse_status", "scheduled")
    assert (await house.box())["Mode"] == "pause"

    # Until the page has received it, it shows the window where it was.
    await page.goto(f"{demo.url}/calendar")
    await event.dispatch_event("click")
    await detail.locator("ha-button", has_text="Delete event").click()
    await page.get_by_text("This and all future events").click()
    await page.locator("ha-button", has_text="Delete").last.click()
    await house.becomes("sensor.smartevse_status", "charging")
    await house.becomes("sensor.smartevse_current_l1", "16.0")


async def test_n19_only_today_and_not_today(page: Page, demo: Demo, house: House) -> None:
    """An event that does not repeat is drawn and deleted, and of one that repeats today's alone is deleted."""
    await house.press("plug_in")
    await house.becomes("sensor.smartevse_status", "charging")
    editor, detail = (
        page.locator("dialog-calendar-event-editor"),
        page.locator("dialog-calendar-event-detail"),
    )
    confirm = page.locator("confirm-event-dialog-box")
    event = page.locator("ha-full-calendar .fc-day-today .fc-event", has_text="Charging at 9 A")

    async def draw(*, weekly: bool) -> None:
        """Draw a window of all of today."""
        await page.goto(f"{demo.url}/calendar")
        await page.get_by_text("Add event").click()
        await editor.locator("ha-input.summary input").fill("Charging at 9 A")
        await editor.locator("ha-switch#all_day").click()
        await editor.locator("ha-date-input").nth(1).click()
        picker = page.locator("ha-dialog-date-picker")
        days = picker.locator("calendar-month button:not([part~=outside])")
        await days.get_by_text(str(datetime.now(ZoneInfo(TIME_ZONE)).day), exact=True).click()
        await picker.locator("ha-button", has_text="OK").click()
        if weekly:
            await editor.locator("ha-select#freq ha-picker-field").click()
            await editor.locator("ha-dropdown-item", has_text="Weekly").click()
        await editor.locator("ha-dialog-footer ha-button", has_text="Add event").click()
        await house.becomes("sensor.smartevse_current_l1", "9.0")
        await page.goto(f"{demo.url}/calendar")
        await event.dispatch_event("click")
        await detail.locator("ha-button", has_text="Delete event").click()

    await draw(weekly=False)
    await confirm.locator("ha-button", has_text="Delete").click()
    await house.becomes("sensor.smartevse_current_l1", "16.0")

    await draw(weekly=True)
    await confirm.get_by_text("Only this event").click()
    await confirm.locator("ha-button", has_text="Delete").click()
    await house.becomes("sensor.smartevse_status", "scheduled")
    assert (await house.box())["Mode"] == "pause"
