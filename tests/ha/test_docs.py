"""Names in the documentation are those of the code and of the user interface."""

import json
from pathlib import Path
import re
from typing import Any

import pytest

from custom_components.evse_pilot import services
from custom_components.evse_pilot.services import ACTIONS
from custom_components.evse_pilot.services.schedule import FOLLOWED_DOMAINS
from custom_components.evse_pilot.vendors import VENDORS
from homeassistant.util.yaml import parse_yaml

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
    named = re.sub(r" \([^)]*\)", "", rows(f"{vendor}.md")["Status"]).split(", ")
    assert set(named) <= STATUSES
    # A schedule in Home Assistant can make every charger wait.
    assert EN["entity"]["sensor"]["status"]["state"]["scheduled"].casefold() in named


def test_b7_the_status_of_a_car_that_waits() -> None:
    """The page on schedules names the status that the user interface shows."""
    text = (DOCS / "schedules.md").read_text(encoding="utf-8")
    named = re.findall(r"status \*([^*]+)\*", text)
    assert named == [EN["entity"]["sensor"]["status"]["state"]["scheduled"]]
