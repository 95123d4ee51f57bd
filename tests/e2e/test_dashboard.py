"""The dashboard of the integration in a real browser: made of real chargers, and of made-up ones."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
import json
from pathlib import Path
import re
from typing import Any
from zoneinfo import ZoneInfo

from playwright.async_api import ConsoleMessage, Error, Page, Route, ViewportSize, expect
import pytest

from .browser import NEEDS_A_BROWSER, TIME_ZONE
from .conftest import Demo, House

pytestmark = NEEDS_A_BROWSER

PACKAGE = Path(__file__).parents[2] / "custom_components/evse_pilot"
MANIFEST = PACKAGE / "manifest.json"
SENSORS = json.loads((PACKAGE / "translations/en.json").read_text(encoding="utf-8"))["entity"]["sensor"]
# Where the demonstration has it.
DASHBOARD = "the-chargers"
DESKTOP = ViewportSize(width=1400, height=1000)
PHONE = ViewportSize(width=390, height=844)
# What the demonstration has as the detail of a reason
PEAK, MISSING_SUN = re.compile(r"\d\.\d / 1\.0 kW"), re.compile(r"\b[1-9]\.\d kW")
# What the frontend shows in place of a card that it cannot show.
ERRORS = {
    "hui-error-card",
    "hui-warning",
    "hui-warning-element",
    "hui-error-badge",
    "hui-error-heading-badge",
}
# The elements of the page, also those inside others, that have a size: their names, texts and edges.
ELEMENTS = """() => {
  const found = [];
  const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
      const box = element.getBoundingClientRect();
      if (box.width > 0 && box.height > 0) {
        const isCut = getComputedStyle(element).textOverflow === "ellipsis";
        found.push({
          name: element.localName,
          top: box.top,
          right: box.right,
          text: element.innerText ?? "",
          cut: isCut && element.scrollWidth > element.clientWidth,
        });
      }
      if (element.shadowRoot) look(element.shadowRoot);
    }
  };
  look(document);
  return found;
}"""
# Let the strategy see only some of the entities that the house has.
SEE_ONLY = """(wanted) => customElements.whenDefined("ll-strategy-dashboard-evse-pilot").then(() => {
  const strategy = customElements.get("ll-strategy-dashboard-evse-pilot");
  const generate = strategy.generate;
  strategy.generate = (config, hass) => generate(config, {
    ...hass,
    entities: Object.fromEntries(
      Object.entries(hass.entities).filter(([, entry]) => wanted.includes(entry.device_id)),
    ),
  });
})"""


@pytest.fixture
async def complaints(page: Page) -> AsyncGenerator[list[str]]:
    """Return what the browser complains of; at the end of a test there must be none."""
    complaints: list[str] = []
    late: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        # Pictures of other integrations come from outside.
        if message.type == "error" and "brands" not in message.location["url"]:
            complaints.append(message.text)

    def on_error(error: Error) -> None:
        # The frontend gives a page five seconds for our module, which is little on a busy machine.
        is_late = "Timeout waiting for strategy element" in str(error)
        (late if is_late else complaints).append(str(error))

    page.on("console", on_console)
    page.on("pageerror", on_error)
    yield complaints
    assert complaints == []
    if late:
        # It must have come at last.
        await page.wait_for_function("customElements.get('ll-strategy-dashboard-evse-pilot')")


async def _views(page: Page) -> list[dict[str, Any]]:
    """Return the views that the strategy has made for this page."""
    views: list[dict[str, Any]] = await page.evaluate(
        """async () => {
          const strategy = customElements.get("ll-strategy-dashboard-evse-pilot");
          return (await strategy.generate({}, document.querySelector("home-assistant").hass)).views;
        }"""
    )
    return views


def _cards(view: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the cards of a view."""
    return [
        *view.get("cards", ()),
        *(card for section in view.get("sections", ()) for card in section["cards"]),
    ]


def _entities(view: dict[str, Any]) -> list[str]:
    """Return the ids of the entities that the cards of a view show."""
    found = [badge["entity"] for badge in view.get("badges", ())]
    for card in _cards(view):
        rows = [
            row if isinstance(row, str) else row.get("row", row).get("entity")
            for row in card.get("entities", ())
        ]
        # A row may also be a button with an action, and no entity.
        found += [card["entity"]] if "entity" in card else [row for row in rows if row is not None]
    return found


async def _show(page: Page, demo: Demo, path: str) -> list[dict[str, Any]]:
    """Open a view of the dashboard, wait until it is complete, and return its elements."""
    await page.goto(f"{demo.url}/{DASHBOARD}/{path}")
    await expect(page.locator("hui-sections-view, hui-panel-view")).to_be_visible()
    await page.wait_for_load_state("networkidle")
    elements: list[dict[str, Any]] = await page.evaluate(ELEMENTS)
    return elements


def _judge(elements: list[dict[str, Any]], width: int) -> None:
    """Require that each card is shown, within the page, with its whole text, and no value as unknown."""
    names = {element["name"] for element in elements}
    assert not names & ERRORS
    assert "hui-tile-card" in names
    cards = [element for element in elements if element["name"].endswith("-card")]
    assert max(element["right"] for element in cards) <= width
    assert not [element for element in elements if element["cut"] and element["text"]]
    assert not [element for element in cards if "unknown" in element["text"].lower()]


async def test_added_in_clicks(page: Page, demo: Demo, house: House, complaints: list[str]) -> None:
    """The dashboard is in the dialog that adds one, with a name and an icon, and is there after four clicks."""
    await page.goto(f"{demo.url}/config/lovelace/dashboards")
    await page.locator("ha-button", has_text="Add dashboard").click()
    await page.locator("dashboard-card", has_text="EVSE Pilot").click()
    dialog = page.locator("dialog-lovelace-dashboard-detail")
    await expect(dialog.locator("input").first).to_have_value("EVSE Pilot")
    await dialog.locator("ha-button", has_text="Create").click()
    # What is in it is stored after it was made; a page that is left before then makes an empty one.
    await expect(dialog.locator("ha-button")).to_have_count(0)
    [made] = [
        dashboard
        for dashboard in await house.command("lovelace/dashboards/list")
        if dashboard["title"] == "EVSE Pilot"
    ]
    assert made["icon"] == "mdi:ev-station"
    await page.goto(f"{demo.url}/{made['url_path']}")
    await expect(page.locator("hui-tile-card", has_text="SmartEVSE").first).to_be_visible()
    await house.command("lovelace/dashboards/delete", dashboard_id=made["id"])


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light")])
async def test_each_view(
    page: Page, demo: Demo, house: House, complaints: list[str], size: Any, scheme: Any
) -> None:
    """Each view shows each of its cards, in the dark too, and within the width of a phone (case N14)."""
    await house.press("plug_in")
    await house.becomes("sensor.smartevse_status", "charging")
    await page.set_viewport_size(size)
    await page.emulate_media(color_scheme=scheme)
    await _show(page, demo, "overview")
    views = await _views(page)
    assert [view["title"] for view in views] == [
        "Overview",
        "EVNEX",
        "Lektrico",
        "NRGkick",
        "Otherbox",
        "PSP EVSE",
        "SmartEVSE",
        "V2C Trydan",
        "Main fuse",
    ]
    for view in views:
        _judge(await _show(page, demo, view["path"]), size["width"])
    dark = await page.evaluate("document.querySelector('home-assistant').hass.themes.darkMode")
    assert dark == (scheme == "dark")


async def test_each_charger_has_a_row(page: Page, demo: Demo, house: House, complaints: list[str]) -> None:
    """What it does, its power and why stand side by side, and the next charger begins a row of its own."""
    await page.set_viewport_size(DESKTOP)
    elements = await _show(page, demo, "overview")
    of_a_row = {SENSORS["power"]["name"], SENSORS["limited_by"]["name"]}
    tops: list[list[float]] = []
    # The first text in each tile is its title.
    top: float | None = None
    for element in elements:
        if element["name"] == "hui-tile-card":
            top = element["top"]
        elif element["text"] and top is not None:
            if element["text"].split("\n")[0] not in of_a_row:
                tops.append([])
            tops[-1].append(top)
            top = None
    rows = [row for row in tops if len(row) > 1]
    assert len(rows) > 3
    assert all(len(set(row)) == 1 for row in rows)
    assert len({row[0] for row in rows}) == len(rows)


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
async def test_n14_a_charger_that_waits(
    page: Page, demo: Demo, house: House, complaints: list[str], size: Any
) -> None:
    """What it waits for can be read as a whole."""
    await house.press("plug_in")
    window = {"start": "03:00", "end": "03:05"}
    await house.act("evse_pilot.set_schedule", "sensor.smartevse_status", windows=[window])
    await house.becomes("sensor.smartevse_status", "scheduled")
    await page.set_viewport_size(size)
    elements = await _show(page, demo, "overview")
    _judge(elements, size["width"])
    assert any(element["text"] == SENSORS["status"]["state"]["scheduled"] for element in elements)


async def test_what_it_commands(page: Page, demo: Demo, house: House, complaints: list[str]) -> None:
    """The dashboard starts and stops a charger, and opens the view of the charger of a row."""
    await house.press("plug_in")
    await house.becomes("sensor.smartevse_status", "charging")
    await _show(page, demo, "overview")
    await page.locator("hui-tile-card", has_text="SmartEVSE").first.click()
    await expect(page.locator("hui-entity-badge", has_text="Charging")).to_be_visible()
    allow = page.locator("hui-tile-card", has_text="Allow charging")
    await allow.locator("ha-control-switch").click()
    await house.becomes("sensor.smartevse_status", "paused")
    await expect(
        page.locator("hui-entity-badge", has_text=SENSORS["limited_by"]["state"]["paused_by_owner"])
    ).to_be_visible()
    await allow.locator("ha-control-switch").click()
    await house.becomes("sensor.smartevse_status", "charging")
    limit = page.locator("hui-tile-card", has_text="Current limit")
    slider = await limit.locator("ha-control-slider").bounding_box()
    assert slider
    await page.mouse.click(slider["x"] + slider["width"] / 2, slider["y"] + slider["height"] / 2)
    # Three phases of 230 V.
    await house.becomes("sensor.smartevse_power", "5520.0")
    assert (await house.box())["Drawn"] == "8 A, 8 A, 8 A"
    await page.locator("hui-calendar-card ha-button", has_text="Add event").click()
    await expect(page.locator("dialog-calendar-event-editor ha-input.summary input")).to_be_visible()


async def test_alarms_only_when_there_are_some(
    page: Page, demo: Demo, house: House, complaints: list[str]
) -> None:
    """What is wrong is the first thing to see, and takes no room while nothing is."""
    await _show(page, demo, "overview")
    alarm = page.locator("hui-heading-card", has_text="Needs attention")
    await expect(alarm).to_be_hidden()
    await house.press("fail", 4)
    await expect(alarm).to_be_visible()
    await expect(page.locator("hui-tile-card", has_text="SmartEVSE Problem")).to_be_visible()
    await house.press("clear")
    await expect(alarm).to_be_hidden()


async def test_renamed_entities(page: Page, demo: Demo, house: House, complaints: list[str]) -> None:
    """Entities with other ids, other names, or disabled ones, leave a dashboard with what there is."""
    names = {
        "sensor.smartevse_status": "sensor.wallbox_zustand",
        "sensor.smartevse_limited_by": "sensor.waarom",
        "number.smartevse_current_limit": "number.limite",
    }
    power = "sensor.smartevse_power"
    try:
        for old, new in names.items():
            await house.command(
                "config/entity_registry/update", entity_id=old, new_entity_id=new, name="Mine"
            )
        await house.command("config/entity_registry/update", entity_id=power, hidden_by="user")
        _judge(await _show(page, demo, "overview"), 1280)
        [view] = [view for view in await _views(page) if view["title"] == "SmartEVSE"]
        shown = _entities(view)
        assert set(names.values()) <= set(shown)
        assert not {*names, power} & set(shown)
        _judge(await _show(page, demo, view["path"]), 1280)
    finally:
        for old, new in names.items():
            await house.command("config/entity_registry/update", entity_id=new, new_entity_id=old, name=None)
        await house.command("config/entity_registry/update", entity_id=power, hidden_by=None)


async def test_one_charger_and_none(page: Page, demo: Demo, house: House, complaints: list[str]) -> None:
    """One charger is the dashboard; without one it has a friendly word and a button that adds one."""
    [device] = [
        device
        for device in await house.command("config/device_registry/list")
        if device["name"] == "SmartEVSE" and device["via_device_id"] is None
    ]
    await page.add_init_script(f"({SEE_ONLY})({json.dumps([device['id']])})")
    elements = await _show(page, demo, "")
    _judge(elements, 1280)
    assert [view["title"] for view in await _views(page)] == ["SmartEVSE"]

    await page.add_init_script(f"({SEE_ONLY})([])")
    elements = await _show(page, demo, "")
    assert not {element["name"] for element in elements} & ERRORS
    await expect(page.get_by_text("No charger yet")).to_be_visible()
    await page.locator("hui-empty-state-card ha-button", has_text="Add charger").click()
    await expect(page.get_by_text("Do you want to set up EVSE Pilot?")).to_be_visible()


# Made-up houses, for what no demonstration has

CHARGER = {
    "binary_sensor": ("plug", "charging", "problem"),
    "button": ("override_schedule",),
    "calendar": ("plan", "schedule", "sessions"),
    "event": ("session",),
    "number": ("current_limit", "plan_energy"),
    "select": ("mode", "phase_mode"),
    "sensor": (
        *("status", "power", "limited_by", "target_current", "session_energy", "session_time", "error"),
        *("current_l1", "current_l2", "current_l3", "next_charging_start", "next_charging_end"),
        *("last_session_energy", "last_session_cost", "plan_start", "plan_cost"),
    ),
    "switch": ("allow_charging", "plan", "schedule_enabled"),
    "time": ("plan_ready_by",),
}
GROUP = {
    "binary_sensor": ("meter_silent", "limiting"),
    "number": ("group_limit", "peak_target"),
    "select": ("group_mode", "sun_mode"),
    "sensor": (
        *("mains_current_l1", "mains_current_l2", "mains_current_l3", "given_current", "ceiling_until"),
        *("sun_surplus", "sun_given", "predicted_peak", "highest_peak"),
    ),
    "switch": ("group_enabled",),
}
MEMBER = {
    "number": ("member_limit",),
    "select": ("sun_mode",),
    "sensor": ("share", "reason"),
    "switch": ("auto_phases",),
}


def _house(chargers: int, *, groups: int = 0) -> dict[str, Any]:
    """Make up what the frontend has of a house, where each group has each charger; no id has a meaning."""
    house: dict[str, Any] = {"entities": {}, "devices": {}, "states": {}, "language": "en-GB", "user": {}}

    def add(
        device_id: str, name: str, keys: dict[str, tuple[str, ...]], via: str | None = None, charger: str = ""
    ) -> None:
        # A device of a charger in a group is one of the group's entry, and names the entry of the charger.
        entry = f"entry_{via or device_id}"
        house["devices"][device_id] = {
            "id": device_id,
            "name": name,
            "via_device_id": via,
            "config_entry_id": entry,
            "identifiers": [["evse_pilot", device_id], ["evse_pilot", f"{entry}_entry_{charger}"]],
        }
        for domain, names in keys.items():
            for key in names:
                entity_id = f"{domain}.x{len(house['entities'])}"
                house["entities"][entity_id] = {
                    "entity_id": entity_id,
                    "device_id": device_id,
                    "platform": "evse_pilot",
                    "translation_key": key,
                }
                attributes = {"max": 16 if "member" in key else 25} if domain == "number" else {}
                house["states"][entity_id] = {"entity_id": entity_id, "state": "1", "attributes": attributes}

    for number in range(1, chargers + 1):
        add(f"c{number}", f"Charger {number}", CHARGER)
    for group in range(1, groups + 1):
        add(f"g{group}", f"Fuse {group}", GROUP)
        for number in range(1, chargers + 1):
            add(f"g{group}m{number}", f"Fuse {group} Charger {number}", MEMBER, f"g{group}", f"c{number}")
    # A charger of another integration.
    house["entities"]["sensor.other"] = {
        "entity_id": "sensor.other",
        "device_id": "other",
        "platform": "another",
        "translation_key": "status",
    }
    house["devices"]["other"] = {"id": "other", "name": "Another", "via_device_id": None}
    house["states"]["sensor.other"] = {"entity_id": "sensor.other", "state": "1", "attributes": {}}
    return house


async def _generate(page: Page, houses: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return the views that the module makes of each made-up house, each of whose entities exists."""
    version = json.loads(MANIFEST.read_text(encoding="utf-8"))["version"]
    made: list[list[dict[str, Any]]] = await page.evaluate(
        """async ([address, houses]) => {
          const { generate } = await import(address);
          return houses.map((house) => generate(house).views);
        }""",
        [f"/evse_pilot_frontend/{version}/evse-pilot-strategy.js", houses],
    )
    for house, views in zip(houses, made, strict=True):
        shown = {entity for view in views for entity in _entities(view)}
        assert shown <= set(house["states"]) - {"sensor.other"}
        assert len({view["path"] for view in views}) == len(views)
    return made


def _without(house: dict[str, Any], *entity_ids: str) -> dict[str, Any]:
    """Return a house in which these entities are disabled."""
    entities = {key: entry for key, entry in house["entities"].items() if key not in entity_ids}
    return house | {"entities": entities}


async def test_one_charger_and_eight(page: Page, complaints: list[str]) -> None:
    """One charger has its view, with all that it has; eight have a row each before theirs, and the house its own."""
    one, eight = _house(1), _house(8, groups=1)
    [single, many] = await _generate(page, [one, eight])
    assert [view["title"] for view in single] == ["Charger 1"]
    alarms = {"plug", "charging"}
    keys = {one["entities"][entity]["translation_key"] for entity in _entities(single[0])}
    assert keys == {key for names in CHARGER.values() for key in names} - alarms

    names = [f"Charger {number}" for number in range(1, 9)]
    assert [view["title"] for view in many] == ["Overview", *names, "Fuse 1"]
    rows = [card for card in _cards(many[0]) if card["type"] == "tile" and card.get("name") in names]
    assert [row["name"] for row in rows] == names
    assert [row["tap_action"]["navigation_path"] for row in rows] == [view["path"] for view in many[1:9]]
    gauges = [card for card in _cards(many[-1]) if card["type"] == "gauge"]
    assert [(card["name"], card["segments"][-1]["from"]) for card in gauges] == [
        ("L1", 25),
        ("L2", 25),
        ("L3", 25),
    ]
    shares = [card for card in _cards(many[-1]) if card.get("name") in names]
    assert [card["features"][0]["max"] for card in shares] == [16] * 8


async def test_devices_with_other_names(page: Page, complaints: list[str]) -> None:
    """A charger of a group is found under any name of its own, of its group, and of its device in the group."""
    names = [
        {"c1": "Driveway", "g1": "House"},
        # Two that were swapped.
        {"c1": "Charger 2", "c2": "Charger 1"},
        {"c1": "Box", "c2": "Box"},
    ]
    houses = []
    for renamed in names:
        for field in ("name", "name_by_user"):
            house = _house(2, groups=1)
            for device_id, name in renamed.items():
                house["devices"][device_id][field] = name
            houses.append(house)
    own = _house(2, groups=1)
    own["devices"]["g1m1"]["name_by_user"] = "First"
    for house, views in zip([*houses, own], await _generate(page, [*houses, own]), strict=True):
        shares = {
            house["entities"][card["entity"]]["device_id"]: card
            for card in _cards(views[-1])
            if "entity" in card and house["entities"][card["entity"]]["translation_key"] == "share"
        }
        for number in (1, 2):
            card, charger = shares[f"g1m{number}"], house["devices"][f"c{number}"]
            name = charger.get("name_by_user") or charger["name"]
            assert card["name"] == ("First" if house is own and number == 1 else name)
            assert card["tap_action"]["navigation_path"] == f"device-c{number}"


async def test_a_renamed_charger(page: Page, demo: Demo, house: House, complaints: list[str]) -> None:
    """The view of the house shows a charger whose entry and device have other names, and opens its view."""
    [device] = [
        device
        for device in await house.command("config/device_registry/list")
        if device["name"] == "SmartEVSE" and device["via_device_id"] is None
    ]
    path = f"device-{device['id']}"
    entry = device["config_entry_id"]
    try:
        for entry_name, device_name in (("Driveway", None), ("Driveway", "By the gate")):
            await house.command("config_entries/update", entry_id=entry, title=entry_name)
            await house.post(f"/api/config/config_entries/entry/{entry}/reload", {})
            await house.command(
                "config/device_registry/update", device_id=device["id"], name_by_user=device_name
            )
            _judge(await _show(page, demo, "overview"), 1280)
            [view] = [view for view in await _views(page) if view["title"] == "Main fuse"]
            names = {card["name"]: card for card in _cards(view) if isinstance(card.get("name"), str)}
            assert names[device_name or entry_name]["tap_action"]["navigation_path"] == path
            assert "SmartEVSE" not in names
    finally:
        await house.command("config/device_registry/update", device_id=device["id"], name_by_user=None)
        await house.command("config_entries/update", entry_id=entry, title="SmartEVSE")
        await house.post(f"/api/config/config_entries/entry/{entry}/reload", {})
        await house.becomes("sensor.smartevse_status", "disconnected")


async def test_entities_that_are_missing(page: Page, complaints: list[str]) -> None:
    """Without any one entity, with only one, and without a device or a state, there is a dashboard of the rest."""
    house = _house(2, groups=1)
    ids = list(house["entities"])
    without_one = [_without(house, entity_id) for entity_id in ids]
    with_one = [_without(house, *(other for other in ids if other != entity_id)) for entity_id in ids]
    no_device = house | {"devices": {}}
    lost = {key: entry | {"device_id": None} for key, entry in house["entities"].items()}
    hidden = {key: entry | {"hidden": True} for key, entry in house["entities"].items()}
    silent = house | {"states": {}}
    made = await _generate(
        page,
        [
            *without_one,
            *with_one,
            no_device,
            house | {"entities": lost},
            house | {"entities": hidden},
            silent,
        ],
    )
    assert all(len(views) == 4 for views in made[: len(ids)])
    assert all(len(views) >= 1 for views in made)
    for views in made:
        for view in views:
            assert all(len(section["cards"]) > 1 for section in view.get("sections", ()))
    for views in made[-2:]:
        assert [card["type"] for card in _cards(views[0])] == ["empty-state"]
        # Only an administrator can add a charger.
        assert "buttons" not in _cards(views[0])[0]


async def test_a_phase_that_is_missing(page: Page, complaints: list[str]) -> None:
    """The others keep their names: L2 is not L1, on a gauge or in a graph."""
    house = _house(2, groups=1)
    by_key = {entry["translation_key"]: key for key, entry in house["entities"].items()}
    l1, l2, l3 = (by_key[f"mains_current_l{phase}"] for phase in (1, 2, 3))
    [views] = await _generate(page, [_without(house, l1)])
    for view in (views[0], views[-1]):
        gauges = [card for card in _cards(view) if card["type"] == "gauge"]
        assert [(card["entity"], card["name"]) for card in gauges] == [(l2, "L2"), (l3, "L3")]
    graphs = [card["entities"] for card in _cards(views[-1]) if card["type"] == "history-graph"]
    assert graphs[0] == [{"entity": l2, "name": "L2"}, {"entity": l3, "name": "L3"}]


async def test_charge_now_without_the_button(page: Page, complaints: list[str]) -> None:
    """The button that overrides the schedule is disabled at first: its action is there while the schedule is on."""
    house = _house(1)
    by_key = {entry["translation_key"]: key for key, entry in house["entities"].items()}
    [whole, without] = await _generate(page, [house, _without(house, by_key["override_schedule"])])
    assert by_key["override_schedule"] in set(_entities(whole[0]))
    [row] = [
        row
        for card in _cards(without[0])
        for row in card.get("entities", ())
        if isinstance(row, dict) and row.get("row", {}).get("type") == "button"
    ]
    assert row["conditions"] == [{"condition": "state", "entity": by_key["schedule_enabled"], "state": "on"}]
    assert row["row"]["tap_action"] == {
        "action": "perform-action",
        "perform_action": "evse_pilot.override_schedule",
        "target": {"device_id": "c1"},
    }


async def test_reasons_with_their_details(page: Page, complaints: list[str]) -> None:
    """A reason has its detail in the same line; the sun that is missing is known to the group, and beside it."""
    alone, both = _house(1), _house(2, groups=1)
    [[single], many] = await _generate(page, [alone, both])
    by_key = {(each["device_id"], each["translation_key"]): key for key, each in both["entities"].items()}
    in_line = ["state", "detail"]
    assert [badge.get("state_content") for badge in single["badges"]] == [None, in_line]
    reason, in_group = by_key["c2", "limited_by"], by_key["g1m2", "reason"]
    _, limited_by, sun = many[2]["badges"]
    assert (limited_by["entity"], limited_by["state_content"]) == (reason, in_line)
    assert (sun["entity"], sun["state_content"]) == (in_group, ["detail"])
    assert [(each["entity"], each.get("state")) for each in sun["visibility"]] == [
        (reason, "waiting_for_solar"),
        (in_group, "waiting_for_solar"),
        (in_group, None),
    ]
    readings = [card for card in _cards(many[-1]) if card["type"] == "entities" and "visibility" in card]
    mode, surplus = by_key["g1", "sun_mode"], by_key["g1", "sun_surplus"]
    [of_sun] = [card for card in readings if card["entities"][0].get("row", {}).get("entity") == surplus]
    assert of_sun["visibility"][-1] == {"condition": "state", "entity": mode, "state_not": "fast"}
    shown = [card for card in _cards(many[-1]) if card.get("entity") == in_group and card["type"] == "tile"]
    assert [card["state_content"] for card in shown] == [in_line]


async def test_the_sun_of_a_charger(page: Page, complaints: list[str]) -> None:
    """What its group lets it take of the sun, and on how many phases, is chosen in its own view too."""
    alone, both = _house(1), _house(2, groups=1)
    [[single], many] = await _generate(page, [alone, both])
    by_key = {(each["device_id"], each["translation_key"]): key for key, each in both["entities"].items()}
    for n, view in enumerate(many[1:3], 1):
        assert view["path"] == f"device-c{n}"
        shown = {card.get("entity"): card.get("features", [{}])[0].get("type") for card in _cards(view)}
        assert shown[by_key[f"g1m{n}", "sun_mode"]] == "select-options"
        assert shown[by_key[f"g1m{n}", "auto_phases"]] == "toggle"
    selects = [card["entity"] for card in _cards(single) if card.get("entity", "").startswith("select.")]
    assert len(selects) == len(CHARGER["select"])


async def _detail_is_shown(page: Page, demo: Demo, reason: str, detail: re.Pattern[str]) -> None:
    """Wait until the view of the charger and that of the house show a reason with its detail, on a phone."""
    await page.set_viewport_size(PHONE)
    await _show(page, demo, "overview")
    views = {view["title"]: view["path"] for view in await _views(page)}
    await page.goto(f"{demo.url}/{DASHBOARD}/{views['SmartEVSE']}")
    await expect(page.locator("hui-tile-card", has_text="Solar mode")).to_be_visible()
    badges = page.locator("hui-entity-badge")
    await expect(badges.filter(has_text=reason)).to_be_visible()
    await expect(badges.filter(has_text=detail)).to_be_visible()
    _judge(await _show(page, demo, views["Main fuse"]), PHONE["width"])
    tile = page.locator("hui-tile-card", has_text="Share limited by").filter(has_text=f"{reason} · ")
    # Other chargers may wait for the same.
    await expect(tile.filter(has_text=detail).first).to_be_visible()


async def test_detail_of_a_peak(page: Page, demo: Demo, house: House, complaints: list[str]) -> None:
    """How near the peak is stands beside the reason, as long as the peak tariff is the reason."""
    target = "number.main_fuse_main_fuse_peak_target"
    await house.press("plug_in")
    await house.becomes("sensor.smartevse_status", "charging")
    await house.act("switch.turn_on", "switch.main_fuse_load_balancing")
    try:
        # The house alone draws more.
        await house.act("number.set_value", target, value=1)
        await house.becomes("sensor.smartevse_limited_by", "peak")
        await _detail_is_shown(page, demo, SENSORS["limited_by"]["state"]["peak"], PEAK)
    finally:
        await house.act("number.set_value", target, value=25)
    await expect(page.get_by_text(PEAK)).to_have_count(0)


async def test_detail_of_the_sun(page: Page, demo: Demo, house: House, complaints: list[str]) -> None:
    """The sun that is missing stands beside the reason while a car waits for it."""
    mode = "select.main_fuse_smartevse_solar_mode"
    await house.press("sun", 2, charger="house")
    await house.press("plug_in")
    await house.act("switch.turn_on", "switch.main_fuse_load_balancing")
    try:
        await house.act("select.select_option", mode, option="sun_only")
        await house.becomes("sensor.smartevse_limited_by", "waiting_for_solar")
        # 6 A on three phases are more.
        await _detail_is_shown(page, demo, SENSORS["limited_by"]["state"]["waiting_for_solar"], MISSING_SUN)
    finally:
        await house.press("sun", 0, charger="house")
        await house.act("select.select_option", mode, option="fast")
    await expect(page.get_by_text(MISSING_SUN)).to_have_count(0)


async def test_plan(page: Page, complaints: list[str]) -> None:
    """The planned times are in the week of the schedule; without a plan, and without a schedule, the rest is there."""
    house = _house(1)
    by_key = {
        (entry["entity_id"].partition(".")[0], entry["translation_key"]): key
        for key, entry in house["entities"].items()
    }
    week = [by_key["calendar", "schedule"], by_key["calendar", "plan"]]
    of_plan = [entity_id for (_, key), entity_id in by_key.items() if key.startswith("plan")]
    made = await _generate(page, [house, _without(house, *of_plan), _without(house, week[0])])
    calendars = [
        [card["entities"] for card in _cards(view[0]) if card["type"] == "calendar"] for view in made
    ]
    assert [weeks[0] for weeks in calendars] == [week, week[:1], week[1:]]
    headings = [[card.get("heading") for card in _cards(view[0])] for view in made]
    assert ["Planned charging" in names for names in headings] == [True, False, True]


async def test_plan_of_the_demonstration(page: Page, demo: Demo, house: House, complaints: list[str]) -> None:
    """Once there is a goal the view has its switch, the next start, the cost, and the planned times in the week."""
    await house.press("plug_in")
    # The prices of so many hours are known at any time of the day, so that the cost is.
    ready_by = datetime.now(ZoneInfo(TIME_ZONE)) + timedelta(hours=5)
    await house.act(
        "evse_pilot.set_goal",
        "sensor.smartevse_status",
        energy=8,
        ready_by=ready_by.isoformat(),
        prices=["sensor.electricity_price"],
    )
    switch = "switch.garage_smartevse_planned_charging"
    try:
        await house.becomes(switch, "on")
        await _show(page, demo, "overview")
        [view] = [view for view in await _views(page) if view["title"] == "SmartEVSE"]
        _judge(await _show(page, demo, view["path"]), 1280)
        await expect(page.locator("hui-calendar-card", has_text="kWh").first).to_be_visible()
        for text in ("Ready by", "Energy to charge"):
            await expect(page.locator("hui-tile-card", has_text=text)).to_be_visible()
        await expect(page.locator("hui-entities-card", has_text="Planned cost")).to_be_visible()
        tile = page.locator("hui-tile-card", has_text="Planned charging")
        await tile.locator("ha-control-switch").click()
        await house.becomes(switch, "off")
        await expect(page.get_by_text("Planned cost")).to_be_hidden()
    finally:
        await house.act("evse_pilot.clear_goal", "sensor.smartevse_status")


async def test_languages(page: Page, complaints: list[str]) -> None:
    """A dialect has the texts of its language, and a language that has none has the English ones."""
    titles = {"de-CH": "Übersicht", "nb": "Oversikt", "en-GB": "Overview", "pt-BR": "Overview"}
    made = await _generate(page, [_house(2) | {"language": language} for language in titles])
    assert [views[0]["title"] for views in made] == list(titles.values())


async def test_a_text_that_a_language_lacks(page: Page, complaints: list[str]) -> None:
    """It is the English one, as with any other text of Home Assistant."""
    source = (PACKAGE / "frontend/js/texts.js").read_text(encoding="utf-8")
    lacking = source.replace('    overview: "Übersicht",\n', "")
    assert lacking != source

    async def answer(route: Route) -> None:
        await route.fulfill(body=lacking, content_type="text/javascript")

    await page.route("**/evse_pilot_frontend/**/texts.js", answer)
    await page.reload()
    [views] = await _generate(page, [_house(2) | {"language": "de"}])
    assert views[0]["title"] == "Overview"
    sections = [
        card["heading"] for card in _cards(views[1]) if card["type"] == "heading" and "heading" in card
    ]
    assert "Ladevorgang" in sections


async def test_a_browser_that_blocks_the_modules(page: Page, demo: Demo) -> None:
    """The dashboard has the error that docs/dashboard.md explains, and the rest of Home Assistant is as ever."""
    await page.route("**/evse_pilot_frontend/**", lambda route: route.abort())
    await page.goto(f"{demo.url}/{DASHBOARD}")
    await expect(page.get_by_text("Timeout waiting for strategy element").first).to_be_visible()
    await page.goto(f"{demo.url}/config/devices/dashboard")
    await expect(page.get_by_text("SmartEVSE").first).to_be_visible()


async def test_made_anew_only_for_a_reason(page: Page, complaints: list[str]) -> None:
    """Another value makes no new dashboard; another name, range, language, and an entity more or less do."""
    house = _house(1)
    [limit] = [key for key, entry in house["entities"].items() if entry["translation_key"] == "current_limit"]
    state = house["states"][limit]

    def with_state(state: dict[str, Any] | None) -> dict[str, Any]:
        states = {key: value for key, value in house["states"].items() if key != limit}
        return {"states": states if state is None else states | {limit: state}}

    changes: list[tuple[dict[str, Any], bool]] = [
        (with_state(state | {"state": "6"}), False),
        (with_state(state | {"attributes": {"max": 32}}), True),
        (with_state(None), True),
        ({"language": "de"}, True),
        ({"entities": _without(house, limit)["entities"]}, True),
        ({"devices": {}}, True),
    ]
    found = await page.evaluate(
        """async ([house, changes]) => {
          await customElements.whenDefined("ll-strategy-dashboard-evse-pilot");
          const strategy = customElements.get("ll-strategy-dashboard-evse-pilot");
          return changes.map((change) => strategy.shouldRegenerate({}, house, { ...house, ...change }));
        }""",
        [house, [change for change, _ in changes]],
    )
    assert found == [expected for _, expected in changes]


async def test_a_second_copy(page: Page, complaints: list[str]) -> None:
    """The module that is loaded twice, as by an old cache, is offered once."""
    version = json.loads(MANIFEST.read_text(encoding="utf-8"))["version"]
    offered = await page.evaluate(
        """async (address) => {
          await import(address);
          return window.customStrategies.filter((one) => one.type === "evse-pilot").map((one) => one.description);
        }""",
        f"/evse_pilot_frontend/{version}/evse-pilot-strategy.js?again",
    )
    assert offered == ["Your EV chargers: what they do and why, their controls, and the main fuse."]
