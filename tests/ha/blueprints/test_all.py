"""All blueprints: what Home Assistant and a reader need of each."""

from pathlib import Path
import re
from typing import Any

import pytest
import voluptuous as vol

from custom_components.evse_pilot.services import ACTIONS
from custom_components.evse_pilot.trigger import TRIGGERS
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.util.yaml import load_yaml_dict

from .conftest import BLUEPRINTS

PATHS = sorted(BLUEPRINTS.glob("*.yaml"))
SOURCE = "https://github.com/evse-pilot/evse-pilot/blob/main/blueprints/automation/evse_pilot"


def inputs_of(path: Path) -> dict[str, Any]:
    """Return the inputs of a blueprint, those of its sections too."""
    found: dict[str, Any] = {}
    for name, item in load_yaml_dict(path)["blueprint"]["input"].items():
        assert isinstance(item, dict)
        if "input" in item:
            assert item["name"]
            assert item["icon"].startswith("mdi:")
            found |= item["input"]
        else:
            found[name] = item
    return found


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_blueprint_is_complete(path: Path) -> None:
    """Each can be imported and names the version that it needs; each input has a name and a selector of its own."""
    raw = load_yaml_dict(path)
    blueprint = Blueprint(raw, expected_domain="automation", path=path.name, schema=vol.Schema(dict))
    assert blueprint.validate() is None
    data = raw["blueprint"]
    assert data["source_url"] == f"{SOURCE}/{path.name}"
    assert data["homeassistant"]["min_version"] == "2026.10.0"
    assert data["author"] == "EVSE Pilot"
    assert len(data["description"]) > 40
    inputs = inputs_of(path)
    assert set(inputs) == set(blueprint.inputs)
    chargers = 0
    for name, item in inputs.items():
        assert item["name"], name
        [kind] = item["selector"]
        if kind == "device":
            [narrowed] = item["selector"]["device"]["filter"]
            assert narrowed["integration"] in ("evse_pilot", "mobile_app")
            chargers += name in ("charger", "chargers")
        elif kind == "entity":
            assert item["selector"]["entity"]["filter"], name
    assert chargers == 1


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_blueprint_names_what_there_is(path: Path) -> None:
    """Triggers and actions of ours exist, and no entity of a certain house is in it."""
    text = path.read_text(encoding="utf-8")
    used = set(re.findall(r"(?:trigger|condition|action): evse_pilot\.(\w+)", text))
    known = set(TRIGGERS) | {"is_plugged_in", "is_charging"} | {action.name for action in ACTIONS}
    assert used <= known
    assert not re.findall(
        r"\b(?:sensor|binary_sensor|switch|number|person|input_\w+|button)\.[a-z0-9_]{3,}", text
    )
