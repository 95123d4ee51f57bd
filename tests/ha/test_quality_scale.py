"""The quality scale: all rules are there, and the evidence that each names exists."""

import ast
from pathlib import Path
import re
from typing import Any

import pytest

from custom_components.evse_pilot import const
from custom_components.evse_pilot.entities.descriptions import NumberDescription, SensorDescription
from homeassistant.components.number.const import DEVICE_CLASS_UNITS as NUMBER_UNITS
from homeassistant.components.sensor.const import DEVICE_CLASS_UNITS as SENSOR_UNITS
from homeassistant.const import PERCENTAGE
from homeassistant.util.yaml import parse_yaml

from .test_words import DESCRIPTIONS

PACKAGE = Path(const.__file__).parent
ROOT = PACKAGE.parents[1]
SCALE: Any = parse_yaml((PACKAGE / "quality_scale.yaml").read_text(encoding="utf-8"))
RULES: dict[str, Any] = SCALE["rules"]
NAMES = [
    "action-setup",
    "appropriate-polling",
    "brands",
    "common-modules",
    "config-flow",
    "config-flow-test-coverage",
    "dependency-transparency",
    "docs-actions",
    "docs-conditions",
    "docs-high-level-description",
    "docs-installation-instructions",
    "docs-removal-instructions",
    "docs-triggers",
    "entity-event-setup",
    "entity-unique-id",
    "has-entity-name",
    "runtime-data",
    "test-before-configure",
    "test-before-setup",
    "unique-config-entry",
    "action-exceptions",
    "config-entry-unloading",
    "docs-configuration-parameters",
    "docs-installation-parameters",
    "entity-unavailable",
    "integration-owner",
    "log-when-unavailable",
    "parallel-updates",
    "reauthentication-flow",
    "test-coverage",
    "devices",
    "diagnostics",
    "discovery",
    "discovery-update-info",
    "docs-data-update",
    "docs-examples",
    "docs-known-limitations",
    "docs-supported-devices",
    "docs-supported-functions",
    "docs-troubleshooting",
    "docs-use-cases",
    "dynamic-devices",
    "entity-category",
    "entity-device-class",
    "entity-disabled-by-default",
    "entity-translations",
    "exception-translations",
    "icon-translations",
    "reconfiguration-flow",
    "repair-issues",
    "stale-devices",
    "async-dependency",
    "inject-websession",
    "strict-typing",
]
# A file, or a test or a heading in it.
EVIDENCE = re.compile(r"([\w./-]+\.(?:py|md|ya?ml|json|toml|png)|script/\w+)(?:::([\w -]+))?")


def test_all_rules_are_there() -> None:
    """The scale has 54 rules."""
    assert sorted(RULES) == sorted(NAMES)
    assert len(NAMES) == 54


@pytest.mark.parametrize("rule", NAMES)
def test_each_rule_has_its_evidence(rule: str) -> None:
    """What is done names a file, a test or a heading that exists; what is not names its reason."""
    status, comment = RULES[rule]["status"], RULES[rule]["comment"]
    assert status in ("done", "exempt", "todo")
    found = EVIDENCE.findall(comment)
    assert found or status == "todo"
    for path, name in found:
        file = next((folder / path for folder in (ROOT, PACKAGE) if (folder / path).is_file()), None)
        assert file is not None, path
        if name and file.suffix == ".py":
            tree = ast.parse(file.read_text(encoding="utf-8"))
            assert name in {getattr(node, "name", None) for node in ast.walk(tree)}, name
        elif name:
            assert re.search(rf"^#+ {re.escape(name)}$", file.read_text(encoding="utf-8"), re.MULTILINE), name


@pytest.mark.parametrize("platform", const.PLATFORMS)
def test_each_platform_limits_its_updates(platform: str) -> None:
    """What a platform does at once is said in its module."""
    tree = ast.parse((PACKAGE / f"{platform}.py").read_text(encoding="utf-8"))
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert "PARALLEL_UPDATES" in assigned


def test_each_unit_has_its_device_class() -> None:
    """A number with a unit that only one kind of value has is of the device class of that kind.

    A percentage may be anything.
    """
    for _, description in DESCRIPTIONS:
        if not isinstance(description, (SensorDescription, NumberDescription)):
            continue
        unit = description.native_unit_of_measurement
        units = SENSOR_UNITS if isinstance(description, SensorDescription) else NUMBER_UNITS
        if unit not in (None, PERCENTAGE) and any(unit in of_class for of_class in units.values()):
            assert description.device_class is not None, description.key
