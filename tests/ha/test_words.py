"""Texts, icons and the manifest: all that is used is there, and all that is there is used."""

import ast
from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
import json
from pathlib import Path
import re
from string import Formatter
from typing import Any

import pytest

from custom_components.evse_pilot import repairs
from custom_components.evse_pilot.balancing.entities import GROUP_ENTITIES, MEMBER_ENTITIES
from custom_components.evse_pilot.balancing.peaks.settings import PeakLength
from custom_components.evse_pilot.balancing.settings import WIRINGS, Leave, Mains, Sign
from custom_components.evse_pilot.chargers import types
from custom_components.evse_pilot.chargers.entity_port import CONF_LIMIT_ACTION, Role
from custom_components.evse_pilot.chargers.psp.registers import NAMES
from custom_components.evse_pilot.chargers.types import Status
from custom_components.evse_pilot.condition import CONDITIONS
from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.control.entities import ENTITIES as CONTROL_ENTITIES
from custom_components.evse_pilot.entities.automation import LIMIT_REASONS
from custom_components.evse_pilot.entities.descriptions import (
    Described,
    Entities,
    SelectDescription,
    SensorDescription,
)
from custom_components.evse_pilot.entities.device import Vendor
from custom_components.evse_pilot.flows.account import WAYS_IN
from custom_components.evse_pilot.flows.group_forms import LIMITS, PEAK, GroupSteps
from custom_components.evse_pilot.planning.entities import ENTITIES as PLAN_ENTITIES
from custom_components.evse_pilot.planning.source import CONF_PLAN_PRICES
from custom_components.evse_pilot.scheduling.entities import ENTITIES as SCHEDULE_ENTITIES
from custom_components.evse_pilot.services import ACTIONS
from custom_components.evse_pilot.sessions.entities import ENTITIES as SESSION_ENTITIES
from custom_components.evse_pilot.sessions.price import CONF_PRICE, CONF_PRICE_SENSOR
from custom_components.evse_pilot.trigger import TRIGGERS
from custom_components.evse_pilot.vendors import VENDORS
from homeassistant.components import frontend
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.core import HomeAssistant
from homeassistant.util.yaml import parse_yaml

HOUSE = Path(types.__file__).parents[1]
EN: dict[str, Any] = json.loads((HOUSE / "translations" / "en.json").read_text(encoding="utf-8"))
ICONS: dict[str, Any] = json.loads((HOUSE / "icons.json").read_text(encoding="utf-8"))


def _yaml(name: str) -> Any:
    return parse_yaml((HOUSE / name).read_text(encoding="utf-8"))


SERVICES: dict[str, Any] = _yaml("services.yaml")
MANIFEST: dict[str, Any] = json.loads((HOUSE / "manifest.json").read_text(encoding="utf-8"))
FRONTEND: dict[str, Any] = json.loads(
    (Path(frontend.__file__).parent / "manifest.json").read_text(encoding="utf-8")
)
PLATFORMS = {
    "binary_sensors": "binary_sensor",
    "buttons": "button",
    "calendars": "calendar",
    "datetimes": "datetime",
    "events": "event",
    "lights": "light",
    "numbers": "number",
    "selects": "select",
    "sensors": "sensor",
    "switches": "switch",
    "texts": "text",
    "times": "time",
}


# Not those that only a state can name: their names are the state's.
TUPLES = [field.name for field in fields(Entities) if not field.name.endswith("_fn")]


def words_key(description: Described[Any]) -> str:
    """Return the key of an entity's texts and icons."""
    return description.translation_key or description.key


DESCRIPTIONS = [
    (PLATFORMS[name], description)
    for shown in (
        *(vendor.entities for vendor in VENDORS.values()),
        CONTROL_ENTITIES,
        PLAN_ENTITIES,
        SCHEDULE_ENTITIES,
        SESSION_ENTITIES,
        GROUP_ENTITIES,
        MEMBER_ENTITIES,
    )
    for name in TUPLES
    for description in getattr(shown, name)
]


def texts(node: Any, path: str = "") -> list[tuple[str, str]]:
    """Return all texts with the path to each."""
    if isinstance(node, str):
        return [(path, node)]
    return [found for key, value in node.items() for found in texts(value, f"{path}.{key}".lstrip("."))]


def placeholders(text: str) -> set[str]:
    """Return the names in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def called_with(*names: str) -> list[ast.Call]:
    """Return all calls of these names in the integration."""
    return [
        node
        for path in HOUSE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in names
    ]


def test_each_entity_has_a_name_and_each_name_an_entity() -> None:
    """No entity is nameless, and no name is left over."""
    used = {(platform, words_key(description)) for platform, description in DESCRIPTIONS}
    used |= {("sensor", f"meter_{name}") for name in NAMES}
    named = {(platform, key) for platform, keys in EN["entity"].items() for key in keys}
    assert used == named


def test_keys_are_unique() -> None:
    """No two entities of one vendor and platform share a unique id."""
    for vendor in VENDORS.values():
        for name in TUPLES:
            keys = [description.key for description in getattr(vendor.entities, name)]
            assert len(keys) == len(set(keys))


def test_each_word_is_translated() -> None:
    """Each state of an enum sensor and each option of a select has its word, and there are no others."""
    for platform, description in DESCRIPTIONS:
        options: list[str] | None = None
        if isinstance(description, SelectDescription):
            options = [str(word) for word in description.words]
        elif (
            isinstance(description, SensorDescription) and description.device_class is SensorDeviceClass.ENUM
        ):
            options = [str(option) for option in description.options or []]
        elif platform == "binary_sensor" and words_key(description) == "charging":
            # Without a device class, whose words would be those of a battery or a machine.
            options = ["off", "on"]
        states = EN["entity"][platform][words_key(description)].get("state")
        assert sorted(states or []) == sorted(options or []), description.key


def test_each_entity_has_an_icon_or_a_device_class() -> None:
    """Nothing is left without a picture, and no icon is left over."""
    for platform, description in DESCRIPTIONS:
        has_class = description.device_class not in (None, SensorDeviceClass.ENUM)
        has_icon = words_key(description) in ICONS["entity"].get(platform, {})
        assert has_class or has_icon, description.key
    used = {(platform, words_key(description)) for platform, description in DESCRIPTIONS}
    # The only register of a meter that has neither a device class nor a maker's name.
    used.add(("sensor", "meter_power_factor"))
    assert {(platform, key) for platform, keys in ICONS["entity"].items() for key in keys} <= used


def test_n14_reasons_and_statuses_fit_a_tile() -> None:
    """What a sensor or a select shows is short enough for a tile."""
    for platform in ("sensor", "select"):
        for key, words in EN["entity"][platform].items():
            for state, text in words.get("state", {}).items():
                assert len(text) <= 24, f"{platform} {key} {state}: {text}"


def test_n18_the_same_name_for_the_same_thing() -> None:
    """On the page of one device no name stands twice on a platform, and no name is that of another device's entity."""
    names: dict[str, set[str]] = {}
    for platform, description in DESCRIPTIONS:
        name = EN["entity"][platform][words_key(description)]["name"]
        names.setdefault(name, set()).add(f"{platform}.{description.key}")
    duration = {"sensor.session_duration", "sensor.session_time"}
    assert names["Session duration"] == duration
    assert "Limit" not in names
    for key in ("current_limit", "group_limit", "member_limit"):
        assert {f"number.{key}"} == names[EN["entity"]["number"][key]["name"]]


def test_icons() -> None:
    """Icons are Material Design ones; a state's icon differs from the default, and the state exists."""
    assert all(icon.startswith("mdi:") for _, icon in texts(ICONS))
    for platform, keys in ICONS["entity"].items():
        for key, icon in keys.items():
            assert icon["default"] not in icon.get("state", {}).values()
            if platform != "switch":
                assert set(icon.get("state", {})) <= set(EN["entity"][platform][key].get("state", {}))


def test_each_refusal_has_a_sentence() -> None:
    """Each reason for a refusal has a text that uses its placeholders, and none is left over."""
    reasons: dict[str, set[str]] = {}
    for call in called_with("ChargerRefusedError"):
        for constant in ast.walk(call.args[0]):
            if isinstance(constant, ast.Constant):
                reasons[str(constant.value)] = {str(keyword.arg) for keyword in call.keywords}
    # Those that a table names.
    for path in HOUSE.glob("chargers/*/*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and "REFUSALS" in getattr(node.targets[0], "id", ""):
                reasons |= {value: set() for value in ast.literal_eval(node.value).values()}
    sentences = {
        key.removeprefix("refused_"): placeholders(value["message"])
        for key, value in EN["exceptions"].items()
        if key.startswith("refused_")
    }
    assert set(reasons) == set(sentences)
    for reason, brought in reasons.items():
        assert sentences[reason] <= brought | {"name"}, reason


def test_each_other_error_has_a_sentence() -> None:
    """Each translation key of an exception or an issue exists, and none is left over."""
    written = "".join(
        path.read_text(encoding="utf-8")
        for pattern in (
            "*.py",
            "balancing/**/*.py",
            "control/*.py",
            "flows/*.py",
            "planning/*.py",
            "runtime/*.py",
            "scheduling/*.py",
            "services/*.py",
            "sessions/*.py",
        )
        for path in HOUSE.glob(pattern)
        # What they translate has its own checks.
        if path.name != "entities.py"
    )
    others = {key for key in EN["exceptions"] if not key.startswith("refused_")} | set(EN["issues"])
    shown = r'async_show_issue\(\s*[\w.]+, [\w.]+, "(\w+)"'
    used = set(re.findall(rf'invalid\("(\w+)"|translation_key="(\w+)"|Error, "(\w+)"\)|{shown}', written))
    assert {groups[-1] for groups in used} > {"not_restored", "followed_current"}
    kinds = set(re.findall(r'kind="(\w+)"', written))
    assert {"two_schedules", "member_gone", "mains_feed_missing"} < kinds <= set(EN["issues"])
    assert {next(filter(None, groups)) for groups in used} - set(EN["config"]["error"]) <= others
    assert all(f'"{key}"' in written for key in others)


def test_each_repair_has_its_words() -> None:
    """An issue has a description, or a flow with its steps, choices and reasons to abort; its steps have no others."""
    for key, issue in EN["issues"].items():
        assert set(issue) in ({"title", "description"}, {"title", "fix_flow"}), key
        if (flow := issue.get("fix_flow")) is None:
            continue
        assert set(flow) - {"error"} == {"abort", "step"}
        assert set(flow["abort"]) == {"gone"}
        assert set(flow.get("error", {})) <= {"not_taken"}
        [(step_id, step)] = flow["step"].items()
        assert set(step) == {"title", "description"} | ({"menu_options"} if step_id == "init" else set())
        for choice in step.get("menu_options", {}):
            assert hasattr(repairs.OneMaster, f"async_step_{choice}")
        # All texts of an issue have the same placeholders to choose from.
        used = {name for _, text in texts(issue) for name in placeholders(text)}
        assert used <= {"name", "group", "other", "date"}, key


def test_the_flow_has_its_words() -> None:
    """Each step, field, error and reason to abort has its texts, and each field a description."""
    config = EN["config"]
    for vendor in VENDORS.values():
        assert vendor.key in config["step"]["user"]["menu_options"]
        if vendor.cloud is not None:
            assert set(config["step"][vendor.key]["menu_options"]) == set(WAYS_IN)
            for step in ("account_charger", "account_confirm"):
                _check_form(vendor, config["step"][step], other_fields=True)
            changed = EN["options"]["step"]["charger"]
            options = {*vendor.options, CONF_PLAN_PRICES, CONF_PRICE, CONF_PRICE_SENSOR}
            assert set(changed["data"]) == set(changed["data_description"]) == options
            continue
        if vendor.chooser is not None:
            _check_form(vendor, config["step"]["existing_entities"], other_fields=True)
            asked = config["step"]["existing_entities"]["data"]
            assert set(asked) == {*Role, CONF_LIMIT_ACTION, *(str(marker) for marker in vendor.form.schema)}
            assert set(config["step"]["existing"]["data"]) == {"device", "entity"}
            assert set(config["step"]["existing"]["data_description"]) == {"device", "entity"}
            continue
        _check_form(vendor, config["step"][vendor.key])
        _check_form(vendor, config["step"]["reconfigure"], other_fields=True)
        for step in ("reauth_confirm", "discovery_login"):
            assert set(vendor.login) <= set(config["step"][step]["data"])
    flows = [HOUSE / "config_flow.py", *HOUSE.glob("flows/*.py")]
    written = "".join(flow.read_text(encoding="utf-8") for flow in flows)
    either = written + (HOUSE / "runtime" / "errors.py").read_text(encoding="utf-8")
    # These two are Home Assistant's own reasons.
    own = {"reauth_successful", "reconfigure_successful"}
    assert own <= set(config["abort"])
    # The reasons of a refused log-in follow below.
    for name in ("client", "proposal", "refusals"):
        either += "".join(path.read_text(encoding="utf-8") for path in HOUSE.glob(f"chargers/*/{name}.py"))
    changes, parts = EN["options"], EN["config_subentries"].values()
    aborts = {*config["abort"], *(key for part in parts for key in part["abort"])}
    errors = {*config["error"], *changes["error"], *(key for part in parts for key in part["error"])}
    for key in {*errors, *aborts} - own:
        assert f'"{key}"' in either, key
    for call in called_with("ChargerLoginError"):
        for constant in ast.walk(call.args[0]):
            if isinstance(constant, ast.Constant):
                assert constant.value in config["error"]
    for _, key in re.findall(r'^    \((\w+Error), "(\w+)"\),$', either, re.MULTILINE):
        assert key in config["error"]
        assert key in config["abort"]
    for reason in re.findall(r'reason="(\w+)"|AbortFlow\("(\w+)"\)', written):
        assert next(filter(None, reason)) in aborts


_OF_A_CIRCUIT = ("user", "reconfigure")


def test_the_forms_of_a_group_have_their_words(hass: HomeAssistant) -> None:
    """Each field of a group and of its chargers has a description, when it is added and when it is changed."""
    made, changed = EN["config"]["step"], EN["options"]["step"]
    member = EN["config_subentries"]["charger"]["step"]
    circuit = EN["config_subentries"]["circuit"]["step"]
    steps = GroupSteps()
    steps.hass = hass
    sensors = {str(marker) for marker in steps.sensors_form(3, exports=True)}
    limits = {str(marker) for marker in LIMITS}
    for step, wanted in (
        (made["group"], limits | {"name", "phases", "chargers", "observer"}),
        (made["group_reconfigure"], limits | {"name"}),
        (made["group_charger"], {"wiring", "minimum", "maximum", "priority"}),
        (changed["init"], limits | {"thermal_reserve", "peak_window"}),
        (changed["peak"], {str(marker) for marker in PEAK}),
        (made["group_sensors"], sensors),
        (changed["sensors"], sensors),
        (made["group_meter"], {"meter", "exports"}),
        (changed["meter"], {"meter", "exports"}),
        (member["user"], {"charger", "wiring", "minimum", "maximum", "priority", "feed"}),
        (member["reconfigure"], {"wiring", "minimum", "maximum", "priority", "feed"}),
        *(
            (circuit[step], {"name", "fuse", "reserve", "behind", "members", "metered"})
            for step in _OF_A_CIRCUIT
        ),
        (circuit["sensors"], sensors - {"exports"}),
    ):
        assert set(step["data"]) == set(step["data_description"]) == wanted
    for words, options in (
        ("peak_window", PeakLength),
        ("wiring", WIRINGS),
        ("mains", Mains),
        ("sign", Sign),
        ("leave", Leave),
    ):
        assert set(EN["selector"][words]["options"]) == set(options)


def _check_form(vendor: Vendor[Any, Any], step: dict[str, Any], *, other_fields: bool = False) -> None:
    fields_ = {str(marker) for marker in vendor.form.schema}
    for words in (step["data"], step["data_description"]):
        assert fields_ <= set(words) if other_fields else fields_ == set(words)


def test_actions_have_their_words_and_icons() -> None:
    """Each action and each of its fields is described; each action has an icon."""
    assert set(SERVICES) == set(EN["services"]) == set(ICONS["services"])
    assert sorted(action.name for action in ACTIONS) == sorted(SERVICES)
    fields_of = {action.name: {str(key) for key in action.schema} for action in ACTIONS}
    for name, service in SERVICES.items():
        words = EN["services"][name]
        assert words["name"]
        assert words["description"]
        assert set(service.get("fields", {})) == set(words.get("fields", {})) == fields_of[name]
        for field, shown in service.get("fields", {}).items():
            assert "example" in shown, f"{name} {field}"
            unit = shown["selector"].get("number", {}).get("unit_of_measurement")
            described = words["fields"][field]["description"]
            assert unit is None or re.search(rf"(?<!\w){unit}(?!\w)", described), f"{name} {field}"


@pytest.mark.parametrize(("kind", "known"), [("trigger", TRIGGERS), ("condition", CONDITIONS)])
def test_triggers_and_conditions_have_their_words_and_icons(kind: str, known: Mapping[str, Any]) -> None:
    """Each trigger and condition, and each of its fields, is described; it has an icon, and its targets are ours."""
    described = {key: value for key, value in _yaml(f"{kind}s.yaml").items() if not key.startswith(".")}
    assert set(known) == set(described) == set(EN[f"{kind}s"]) == set(ICONS[f"{kind}s"])
    for name, implementation in known.items():
        words, fields_ = EN[f"{kind}s"][name], described[name].get("fields", {})
        assert words["name"]
        assert words["description"]
        assert set(fields_) == set(words.get("fields", {}))
        assert described[name]["target"]["entity"]["integration"] == DOMAIN
        assert set(ICONS[f"{kind}s"][name]) == {kind}
        # Each option that can be set is described, and each that is described can be set.
        options = implementation._schema.schema["options"]  # noqa: SLF001
        assert {str(option) for option in options} == set(fields_)
        if "reason" in fields_:
            assert fields_["reason"]["selector"]["select"]["options"] == list(LIMIT_REASONS)
    states = EN["entity"]["sensor"]["limited_by"]["state"]
    assert EN["selector"]["reason"]["options"] == {reason: states[reason] for reason in LIMIT_REASONS}


@pytest.mark.parametrize(("path", "text"), texts(EN))
def test_texts(path: str, text: str) -> None:
    """Texts keep the rules of Home Assistant's own check."""
    assert text == text.strip()
    assert text
    assert not re.search(r"<[a-z/]|https?://|'\{|\}'", text), path
    assert all(name.isidentifier() for name in placeholders(text))
    assert all(re.fullmatch(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?", key) for key in path.split("."))
    if path.startswith("entity."):
        is_of_a_meter = path in {f"entity.sensor.meter_{name}.name" for name in NAMES}
        assert placeholders(text) == ({"meter"} if is_of_a_meter else set())


def test_manifest() -> None:
    """The manifest has what the Marketplace wants, in the order that Home Assistant's own check wants."""
    assert list(MANIFEST) == ["domain", "name", *sorted(set(MANIFEST) - {"domain", "name"})]
    assert {
        "codeowners",
        "documentation",
        "issue_tracker",
        "version",
        "iot_class",
        "integration_type",
    } <= set(MANIFEST)
    project = (HOUSE.parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{MANIFEST["version"]}"' in project
    hacs = json.loads((HOUSE.parents[1] / "hacs.json").read_text(encoding="utf-8"))
    requirements = (HOUSE.parents[1] / "requirements_test.txt").read_text(encoding="utf-8")
    assert f"homeassistant=={hacs['homeassistant']}\n" in requirements
    # What Home Assistant installs when its frontend is set up: here it is there from the start.
    assert f"\n{FRONTEND['requirements'][0]}\n" in requirements
    assert {"registered_devices": True} in MANIFEST["dhcp"]
    names = [matcher["name"] for matcher in MANIFEST["zeroconf"]]
    names += [matcher["hostname"] for matcher in MANIFEST["dhcp"] if "hostname" in matcher]
    for name in names:
        known = [vendor for vendor in VENDORS.values() if vendor.recognises(name.replace("*", "12345"))]
        assert len(known) == 1, name


def test_brand_images() -> None:
    """All eight images are there."""
    variants = {
        f"{dark}{kind}{size}.png"
        for dark in ("", "dark_")
        for kind in ("icon", "logo")
        for size in ("", "@2x")
    }
    assert {path.name for path in (HOUSE / "brand").iterdir()} == variants


def test_shared_words_are_words() -> None:
    """The shared statuses are lower-case words, as states are."""
    assert issubclass(Status, StrEnum)
    assert all(re.fullmatch(r"[a-z_]+", status) for status in Status)
