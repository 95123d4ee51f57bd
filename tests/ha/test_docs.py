"""Names in the documentation are those of the code and of the user interface."""

import json
from pathlib import Path
import re
from typing import Any
from urllib.parse import unquote

import pytest
import voluptuous as vol

from custom_components.evse_pilot import services
from custom_components.evse_pilot.chargers.existing.profiles import FOLDER, read_profile
from custom_components.evse_pilot.condition import CONDITIONS
from custom_components.evse_pilot.services import ACTIONS
from custom_components.evse_pilot.services.action import Action
from custom_components.evse_pilot.services.schedule import FOLLOWED_DOMAINS, WINDOW
from custom_components.evse_pilot.trigger import TRIGGERS
from custom_components.evse_pilot.vendors import VENDORS
from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util.yaml import load_yaml_dict, parse_yaml

INTEGRATION = Path(services.__file__).parents[1]
DOCS = INTEGRATION.parents[1] / "docs"
EN: dict[str, Any] = json.loads((INTEGRATION / "translations" / "en.json").read_text(encoding="utf-8"))
STATUSES = {text.casefold() for text in EN["entity"]["sensor"]["status"]["state"].values()}
# What Home Assistant calls the entities of a domain.
DOMAINS = {
    "binary_sensor": "binary sensor",
    "calendar": "calendar",
    "input_boolean": "toggle helper",
    "schedule": "schedule helper",
    "switch": "switch",
}


def rows(page: str) -> dict[str, str]:
    """Return the second cell of each row of a page's tables, by the first; the first such row counts."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return dict(reversed(re.findall(r"^\| ([^|]+) \| ([^|]+) \|", text, re.MULTILINE)))


@pytest.mark.parametrize("name", ["set_schedule", "set_delayed_start"])
def test_b7_each_field_is_documented(name: str) -> None:
    """Each field of an action for schedules has its row."""
    [action] = [action for action in ACTIONS if action.name == name]
    assert {f"`{field}`" for field in map(str, action.schema)} <= set(rows("schedules.md"))


def test_b7_entities_to_follow() -> None:
    """The documentation, the form, its text and the schema name the same kinds of entities to follow."""
    documented = rows("schedules.md")["`follow`"]
    assert set(re.findall(r"`(\w+)`", documented)) == set(FOLLOWED_DOMAINS)
    form: Any = parse_yaml((INTEGRATION / "services.yaml").read_text(encoding="utf-8"))
    field = form["set_schedule"]["fields"]["follow"]
    assert field["selector"]["entity"]["domain"] == list(FOLLOWED_DOMAINS)
    text = EN["services"]["set_schedule"]["fields"]["follow"]["description"]
    assert set(DOMAINS) == set(FOLLOWED_DOMAINS)
    for name in DOMAINS.values():
        assert name in documented
        assert name in text


def test_each_repair_is_documented() -> None:
    """The page of repairs has each by its title, and no other."""
    titles = {
        re.sub(r"\{(\w+)\}", r"*\1*", text["title"]).replace("*name*", "*charger*")
        for text in EN["issues"].values()
    }
    assert set(rows("repairs.md")) - {"repair", "---"} == titles


@pytest.mark.parametrize("vendor", VENDORS)
def test_b7_statuses(vendor: str) -> None:
    """The statuses of a charger have the names that the user interface shows."""
    page = "any_charger" if VENDORS[vendor].chooser else vendor
    named = re.sub(r" \([^)]*\)", "", rows(f"{page}.md")["Status"].partition(":")[0]).split(", ")
    assert set(named) <= STATUSES
    # A schedule in Home Assistant can make every charger wait.
    assert EN["entity"]["sensor"]["status"]["state"]["scheduled"].casefold() in named


def test_profiles_of_other_integrations() -> None:
    """Each profile has its row, with what was tried, and with the pace at which it is commanded."""
    text = (DOCS / "any_charger.md").read_text(encoding="utf-8")
    documented = {
        integration: (name, tried, a_day, every, within)
        for name, integration, tried, a_day, every, within in re.findall(
            r"^\| ([^|]+) \| `(\w+)` \| (\w+) \|[^|]+\|[^|]+\| (\d*) ?\| (?:(\d+) s)? ?\| (?:(\d+) s)? ?\|$",
            text,
            re.MULTILINE,
        )
    }
    profiles = [read_profile(path.stem) for path in FOLDER.glob("*.json")]
    assert documented.keys() == {profile.integration for profile in profiles}
    for profile in profiles:
        name, tried, *numbers = documented[profile.integration]
        assert (name, tried) == (profile.name, profile.tried)
        expected = (profile.daily_writes, profile.pace_s, profile.settles_s if profile.daily_writes else 0)
        assert tuple(float(number or 0) for number in numbers) == expected


def test_b7_the_status_of_a_car_that_waits() -> None:
    """The page on schedules names the status that the user interface shows."""
    text = (DOCS / "schedules.md").read_text(encoding="utf-8")
    named = re.findall(r"status \*([^*]+)\*", text)
    assert named == [EN["entity"]["sensor"]["status"]["state"]["scheduled"]]


def sections(page: str) -> dict[str, str]:
    """Return the text of each section of the third level of a page, by its title."""
    text = (DOCS / page).read_text(encoding="utf-8")
    parts = re.split(r"^#{2,3} ", text, flags=re.MULTILINE)
    return {title: body for title, _, body in (part.partition("\n") for part in parts)}


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_each_action_is_documented(action: Action) -> None:
    """Each action has a section with all of its fields, and with an example that it takes."""
    body = sections("actions.md")[action.name]
    table = re.findall(r"^\| (`[^|]+`) \| (yes|no) \|", body, re.MULTILINE)
    documented = {field: required for cell, required in table for field in re.findall(r"`(\w+)`", cell)}
    fields = {str(marker): "yes" if isinstance(marker, vol.Required) else "no" for marker in action.schema}
    if "windows" in fields:
        fields |= {str(m): "yes" if isinstance(m, vol.Required) else "no" for m in WINDOW.schema}
    assert documented == fields
    [example] = re.findall(r"```yaml\n(.*?)```", body, re.DOTALL)
    call: Any = parse_yaml(example)
    assert call["action"] == f"evse_pilot.{action.name}"
    cv.make_entity_service_schema(action.schema)({**call["target"], **call.get("data", {})})
    is_answered = action.response is not SupportsResponse.NONE
    assert ("response_variable" in call) is is_answered


def test_who_and_which_make() -> None:
    """The table of the actions names the makes for which each is offered, and those for administrators."""
    form: Any = parse_yaml((INTEGRATION / "services.yaml").read_text(encoding="utf-8"))
    text = (DOCS / "actions.md").read_text(encoding="utf-8")
    named = {
        name: (makes, who)
        for cell, makes, who in re.findall(r"^\| (\[`[^|]+) \| ([^|]+) \| ([^|]+) \|", text, re.MULTILINE)
        for name in re.findall(r"\[`(\w+)`\]\(#\1\)", cell)
    }
    for action in ACTIONS:
        filters = form[action.name]["target"]["device"]
        by_make = [filter_["manufacturer"] for filter_ in filters if "manufacturer" in filter_]
        parts = ["all"] if len(by_make) == len(VENDORS) else by_make
        makes = ", ".join(parts + ["load-balancing groups"] * (len(filters) > len(by_make)))
        assert named.pop(action.name) == (makes, "administrators" if action.admin else "everybody")
    assert not named


def test_n25_what_is_found_by_itself() -> None:
    """The README calls just those makes found that the manifest has names of, and names what to search for."""
    text = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    how = dict(re.findall(r"^\| ([^|]+) \| (by itself|not|the first)[^|]* \|", text, re.MULTILINE))
    manifest = json.loads((INTEGRATION / "manifest.json").read_text(encoding="utf-8"))
    announced = [matcher["name"].rstrip("*") for matcher in manifest["zeroconf"]]
    for vendor in VENDORS.values():
        [found] = [way for makes, way in how.items() if vendor.name in makes.split(", ")]
        assert (found == "by itself") is any(vendor.recognises(f"{name}1") for name in announced)
    assert "search for **EVSE Pilot**" in text


def labels() -> set[str]:
    """Return the labels of all fields in the forms of entries, options and members."""
    flows = (EN["config"], EN["options"], *EN["config_subentries"].values())
    steps = [step for flow in flows for step in flow["step"].values()]
    # What each phase has is documented once.
    return {re.sub(r" of L\d$", " of L1", label) for step in steps for label in step.get("data", {}).values()}


@pytest.mark.parametrize("label", sorted(labels()))
def test_each_field_of_a_form_is_documented(label: str) -> None:
    """Each field has its label in the first cell of a row, or is named in the row of the way that asks for it."""
    tables = "".join(
        line
        for page in DOCS.glob("*.md")
        for line in page.read_text(encoding="utf-8").splitlines(keepends=True)
        if line.startswith("|")
    )
    assert re.search(
        rf"(?:^\| |, |\| |; |then a ){re.escape(label)}(?: \||,|:|;| \(| if)", tables, re.MULTILINE
    )


def test_options_that_are_stored_are_documented() -> None:
    """The page of load balancing has the labels of all options of a group."""
    documented = rows("load_balancing.md")
    for label in EN["options"]["step"]["init"]["data"].values():
        assert label in documented


def test_each_trigger_and_condition_is_documented() -> None:
    """Each has its row, with its name in the editor, and no row is left over."""
    documented = rows("automations.md")
    for kind, known in (("triggers", TRIGGERS), ("conditions", CONDITIONS)):
        for name in known:
            assert documented.pop(f"`evse_pilot.{name}`") == EN[kind][name]["name"]
    assert not [name for name in documented if name.startswith("`evse_pilot.")]


def test_each_blueprint_can_be_imported() -> None:
    """Each blueprint has a link that imports it, with its name, and each link in the documentation has its blueprint."""
    found: dict[str, str] = {}
    for page in (*DOCS.glob("*.md"), DOCS.parent / "README.md"):
        text = page.read_text(encoding="utf-8")
        links = re.findall(
            r"\[([^]]+)\]\(https://my\.home-assistant\.io/redirect/blueprint_import/\?blueprint_url=(\S+)\)",
            text,
        )
        found |= {unquote(address): name for name, address in links if page.name == "automations.md"}
        assert {unquote(address) for _, address in links} <= set(_blueprints())
    assert found == _blueprints()


def _blueprints() -> dict[str, str]:
    """Return the names of the blueprints by their addresses."""
    folder = DOCS.parent / "blueprints" / "automation" / "evse_pilot"
    data = [load_yaml_dict(path)["blueprint"] for path in folder.glob("*.yaml")]
    names: dict[str, str] = {}
    for item in data:
        assert isinstance(item, dict)
        names[item["source_url"]] = item["name"]
    return names
