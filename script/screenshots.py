"""Take the pictures of the dashboard and of the worked examples, of a demonstration with a day that is made up."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
import sqlite3
from tempfile import TemporaryDirectory
import time
from zoneinfo import ZoneInfo

from aiohttp import ClientSession
from playwright.async_api import Page, ViewportSize

from script.demo.house import GROUP
from tests.e2e.browser import TIME_ZONE, logged_in
from tests.e2e.conftest import Demo, House, demonstration
from tests.e2e.test_flows import Owner

IMAGES = Path(__file__).resolve().parents[1] / "docs/images"
MOST_BYTES = 200_000
DESKTOP = ViewportSize(width=1400, height=900)
PHONE = ViewportSize(width=390, height=844)
FORM = ViewportSize(width=800, height=1000)

FUSE_A = 34
VOLTS = 230
STEP = timedelta(minutes=5)
REST_S, QUARTER_S = 45, 900
# What the house draws on each phase from an hour on, in A.
HOUSE_A = {
    0: (1.5, 1.2, 0.8),
    7: (6.0, 9.0, 2.5),
    9: (2.5, 2.0, 1.5),
    12: (4.0, 11.0, 2.0),
    13: (2.5, 2.0, 1.5),
    18: (5.0, 15.5, 7.0),
    20: (4.0, 3.5, 5.0),
    23: (2.0, 1.5, 1.0),
}
# When each car charged, as the hours from the noon before.
CARS_H = {"SmartEVSE": (11, 15.5), "Lektrico": (5.5, 9.5), "PSP EVSE": (10, 13)}
CAR_A = 16

type Past = dict[tuple[str, str], list[tuple[float, float]]]


def made_up_day(until: datetime) -> Past:
    """Return a day of a house with three cars: for each device and key its readings, each with its moment."""
    past: Past = {}
    # The same day each time.
    chance = Random(1)

    def note(moment: datetime, device: str, key: str, value: float) -> None:
        past.setdefault((device, key), []).append((moment.timestamp(), round(value, 1)))

    for moment in _moments(until):
        usual = HOUSE_A[max(hour for hour in HOUSE_A if hour <= moment.hour)]
        house = [amps + chance.uniform(-0.4, 0.4) for amps in usual]
        hour = (moment.hour - 12) % 24 + moment.minute / 60
        charging = [car for car, (start, end) in CARS_H.items() if start <= hour < end]
        share = min(CAR_A, int((FUSE_A - max(house)) / len(charging))) if charging else 0
        for car in CARS_H:
            given = share if car in charging else 0
            note(moment, f"Main fuse {car}", "share", given)
            note(moment, car, "power", given * 3 * VOLTS)
            for phase in (1, 2, 3):
                note(moment, car, f"current_l{phase}", given)
        for phase, amps in enumerate(house, 1):
            note(moment, "Main fuse", f"mains_current_l{phase}", amps + share * len(charging))
    return past


def _moments(until: datetime) -> Iterator[datetime]:
    moment = until - timedelta(days=1)
    while moment < until:
        yield moment
        moment += STEP


def write_past(database: Path, ids: dict[tuple[str, str], str], past: Past) -> None:
    """Write readings into the recorder's database, as if they had been recorded."""
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        for name, readings in past.items():
            if name not in ids:
                # Not every charger measures each phase, and not each that does has its sensors enabled.
                continue
            [metadata, attributes] = connection.execute(
                "SELECT m.metadata_id, max(s.attributes_id) FROM states_meta m JOIN states s USING (metadata_id) "
                "WHERE m.entity_id = ?",
                (ids[name],),
            ).fetchone()
            connection.executemany(
                "INSERT INTO states (state, last_updated_ts, metadata_id, attributes_id) VALUES (?, ?, ?, ?)",
                [(str(value), moment, metadata, attributes) for moment, value in readings],
            )


async def entity_ids(house: House) -> dict[tuple[str, str], str]:
    """Return the ids of the enabled sensors, by the names of their devices and their translation keys."""
    devices = {device["id"]: device["name"] for device in await house.command("config/device_registry/list")}
    return {
        (devices[entry["device_id"]], entry["translation_key"]): entry["entity_id"]
        for entry in await house.command("config/entity_registry/list")
        if entry["platform"] == "evse_pilot"
        and entry["entity_id"].startswith("sensor.")
        and not entry["disabled_by"]
    }


async def prepare(house: House, folder: Path) -> None:
    """Let three cars charge, with a week in the calendar of the first charger and a day in the graphs."""
    for charger in ("smartevse", "lektrico", "psp"):
        await house.press("plug_in", charger=charger)
    now = datetime.now(ZoneInfo(TIME_ZONE))
    # One window holds now, and ends later today.
    open_now = {"start": f"{max(now.hour - 1, 0):02}:00", "end": f"{min(now.hour + 2, 23):02}:59"}
    await house.act(
        "evse_pilot.set_schedule",
        "sensor.smartevse_status",
        windows=[{"start": "00:00", "end": "00:30"}, open_now],
    )
    # Until the group has come to rest and the recorder has written each entity.
    await asyncio.sleep(REST_S)
    past = made_up_day(now - timedelta(minutes=2))
    write_past(folder / "config/home-assistant_v2.db", await entity_ids(house), past)


async def take_plan(page: Page, demo: Demo, house: House) -> None:
    """Take a picture of a charger with a plan, and nothing of a schedule."""
    await house.act("evse_pilot.clear_schedule", "sensor.smartevse_status")
    await house.act(
        "evse_pilot.set_goal",
        "sensor.smartevse_status",
        energy=10,
        ready_by="07:00",
        days=["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        prices=["sensor.electricity_price"],
    )
    await take(page, demo, "SmartEVSE", "plan.png", DESKTOP, dark=False)
    await house.act("evse_pilot.clear_goal", "sensor.smartevse_status")


async def take_form(page: Page, demo: Demo, house: House) -> None:
    """Take a picture of the form in which the entities of a charger of another integration are found."""
    await page.set_viewport_size(FORM)
    await page.emulate_media(color_scheme="light")
    owner = Owner(page, demo, house)
    await owner.picks("Otherbox", "Reconfigure")
    await owner.dialog.locator("ha-entity-picker").last.wait_for()
    # Until the names of the entities are there.
    await page.wait_for_timeout(3000)
    await save(page, "any_charger_entities.png")


async def take_solar(page: Page, demo: Demo, house: House) -> None:
    """Take a picture of each worked example of docs/solar.md: a battery and two cars, and one car that waits."""
    mode = "select.main_fuse_solar_mode"
    for charger, title in (("psp", "PSP EVSE"), ("nrgkick", "NRGkick"), ("v2c", "V2C Trydan")):
        await take_out(house, charger, title)
    await house.press("battery", 60, charger="house")
    await house.press("sun", 12, charger="house")
    await house.act("select.select_option", mode, option="sun_only")
    # A minute of enough sun, and the rest of a pause.
    await asyncio.sleep(6 * REST_S)
    await take(page, demo, "Main fuse", "solar_two_cars.png", DESKTOP, dark=False)

    await take_out(house, "lektrico", "Lektrico")
    await house.press("no_battery", charger="house")
    await house.press("sun", 5, charger="house")
    # One that charges already may draw a little of the grid for a quarter of an hour.
    await house.press("unplug")
    await house.becomes("sensor.smartevse_status", "disconnected")
    await house.press("plug_in")
    await house.becomes("sensor.smartevse_limited_by", "waiting_for_solar")
    await asyncio.sleep(REST_S)
    await take(page, demo, "Main fuse", "solar_one_car.png", DESKTOP, dark=False)
    await house.press("sun", 0, charger="house")
    await house.act("select.select_option", mode, option="fast")
    # After a pause of three minutes.
    await house.becomes("sensor.smartevse_status", "charging")


async def take_peak(page: Page, demo: Demo, house: House) -> None:
    """Take a picture of the worked example of docs/peaks.md: one car beside a house at night."""
    await house.press("load", 0.7, charger="house")
    await house.act("number.set_value", "number.main_fuse_main_fuse_peak_target", value=5)
    # What was drawn before is in the mean of this window.
    await asyncio.sleep(QUARTER_S - time.time() % QUARTER_S + 2 * REST_S)
    # A log-in lasts for half an hour.
    await house.log_in()
    await house.becomes("sensor.smartevse_status", "charging")
    await house.becomes("sensor.smartevse_limited_by", "peak")
    await take(page, demo, "Main fuse", "peak_one_car.png", DESKTOP, dark=False)


async def take_out(house: House, charger: str, title: str) -> None:
    """Unplug the car of a charger, and take the charger out of the group."""
    await house.press("unplug", charger=charger)
    entries = await house.command("config_entries/get", domain="evse_pilot")
    [group_id] = [entry["entry_id"] for entry in entries if entry["title"] == GROUP]
    members = await house.command("config_entries/subentries/list", entry_id=group_id)
    [member_id] = [each["subentry_id"] for each in members if each["title"] == title]
    await house.command("config_entries/subentries/delete", entry_id=group_id, subentry_id=member_id)
    # The group is loaded anew.
    await asyncio.sleep(REST_S)


async def take(page: Page, demo: Demo, title: str, name: str, size: ViewportSize, *, dark: bool) -> None:
    """Take a picture of the view with this title."""
    await page.set_viewport_size(size)
    await page.emulate_media(color_scheme="dark" if dark else "light")
    path = await page.evaluate(
        """async (title) => {
          await customElements.whenDefined("ll-strategy-dashboard-evse-pilot");
          const strategy = customElements.get("ll-strategy-dashboard-evse-pilot");
          const { views } = await strategy.generate({}, document.querySelector("home-assistant").hass);
          return views.find((view) => view.title === title).path;
        }""",
        title,
    )
    await page.goto(f"{demo.url}/the-chargers/{path}")
    await page.locator("hui-sections-view").wait_for()
    await page.wait_for_load_state("networkidle")
    # Until the graphs are drawn.
    await page.wait_for_timeout(3000)
    await save(page, name)


async def save(page: Page, name: str) -> None:
    """Take a picture of what is shown, which must not be too large."""
    file = IMAGES / name
    await page.screenshot(path=file)
    print(f"{file.relative_to(IMAGES.parents[1])}: {file.stat().st_size // 1000} kB")
    if file.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{name} is larger than {MOST_BYTES // 1000} kB")


async def take_all() -> None:
    """Start a demonstration and take each picture."""
    with TemporaryDirectory() as name, demonstration(folder := Path(name)) as demo:
        async with ClientSession() as session, logged_in(demo.url) as page:
            house = House(session, demo)
            await house.log_in()
            await prepare(house, folder)
            await page.locator("hui-sections-view").wait_for()
            await take(page, demo, "Overview", "dashboard.png", DESKTOP, dark=False)
            await take(page, demo, "SmartEVSE", "dashboard_charger.png", DESKTOP, dark=False)
            await take(page, demo, "SmartEVSE", "dashboard_charger_phone.png", PHONE, dark=False)
            await take_plan(page, demo, house)
            await take_form(page, demo, house)
            # Now there is not enough for all.
            await house.press("load", 5, charger="house")
            await house.press("oven_on", charger="house")
            await asyncio.sleep(REST_S)
            await take(page, demo, "Main fuse", "dashboard_house.png", DESKTOP, dark=True)
            await take(page, demo, "Main fuse", "dashboard_house_phone.png", PHONE, dark=True)
            await house.press("oven_off", charger="house")
            await house.press("load", 2, charger="house")
            await house.act("evse_pilot.clear_schedule", "sensor.smartevse_status")
            await take_solar(page, demo, house)
            await take_peak(page, demo, house)


if __name__ == "__main__":
    asyncio.run(take_all())
