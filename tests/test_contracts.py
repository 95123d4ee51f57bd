"""The structure of the package: its import contracts are tried, and one folder sends the commands."""

import ast
from collections import Counter
from copy import deepcopy
from inspect import iscoroutinefunction
from pathlib import Path

import grimp
from importlinter.api import read_configuration
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract
from importlinter.contracts.protected import ProtectedContract
from importlinter.domain.contract import Contract
import pytest

from custom_components.evse_pilot.chargers.capabilities import (
    ChargingSwitch,
    Limiter,
    ModeSwitch,
    PhaseSwitch,
)

ROOT = Path(__file__).parents[1]
PACKAGE = "custom_components.evse_pilot"
FOLDER = ROOT / "custom_components" / "evse_pilot"

TYPES: dict[str, type[Contract]] = {
    "forbidden": ForbiddenContract,
    "independence": IndependenceContract,
    "layers": LayersContract,
    "protected": ProtectedContract,
}

LAYERS = "Each folder knows only those below it"
WIRE = "The wire and its models know no Home Assistant"
ARITHMETIC = "Claims, the law of load balancing, the week, plans and sessions are arithmetic"
NO_CALENDAR = "The law of load balancing has no calendar"
UNREACHED = "What a charger is does not depend on how it is reached"
WITHIN = "Within a vendor, each module knows only those below it"
DESCRIBES = "A vendor describes entities and makes none"
SHIPPED = "The integration needs neither its tests nor its scripts"
APART = "No vendor knows another"
NAMED = "Only vendors.py names the vendors"

NEW = "new_module"

# Importer, imported, and a contract that must be broken by it.
FORBIDDEN = [
    # The law of load balancing, the claims and the week.
    ("balancing.law.law", "homeassistant", ARITHMETIC),
    ("balancing.law.law", "time", ARITHMETIC),
    ("balancing.telegram", "homeassistant", ARITHMETIC),
    ("balancing.law.law", "datetime", NO_CALENDAR),
    ("balancing.law.law", "scheduling.schedule", NO_CALENDAR),
    ("balancing.law.law", "runtime.coordinator", ARITHMETIC),
    ("balancing.law.law", "chargers.http", ARITHMETIC),
    ("balancing.law.law", "chargers.smartevse.charger", ARITHMETIC),
    ("balancing.law.law", "balancing.group", ARITHMETIC),
    ("control.claim", "homeassistant", ARITHMETIC),
    ("control.claim", "scheduling.schedule", LAYERS),
    ("control.claim", "balancing.law.law", LAYERS),
    ("control.resolve", "services.charger", LAYERS),
    ("control.resolve", "chargers.http", ARITHMETIC),
    ("control.acknowledgement", "time", ARITHMETIC),
    ("scheduling.schedule", "homeassistant", ARITHMETIC),
    ("scheduling.schedule", "chargers.http", ARITHMETIC),
    ("scheduling.event", "scheduling.runner", ARITHMETIC),
    ("sessions.tracker", "homeassistant", ARITHMETIC),
    ("sessions.tracker", "time", ARITHMETIC),
    ("sessions.registers", "runtime.storage", ARITHMETIC),
    ("sessions.session", "chargers.psp.models", ARITHMETIC),
    ("planning.plan", "homeassistant", ARITHMETIC),
    ("planning.plan", "time", ARITHMETIC),
    ("planning.prices", "runtime.storage", ARITHMETIC),
    ("planning.plan", "balancing.group", LAYERS),
    ("balancing.group", "planning.plan", LAYERS),
    # The chargers.
    ("chargers.http", "entities.descriptions", LAYERS),
    ("chargers.http", "runtime.errors", LAYERS),
    ("chargers.http", "const", WIRE),
    ("chargers.http", "chargers.smartevse.charger", NAMED),
    ("chargers.capabilities", "chargers.http", UNREACHED),
    ("chargers.types", "aiohttp", UNREACHED),
    ("chargers.smartevse.charger", "homeassistant", WIRE),
    ("chargers.smartevse.charger", "voluptuous", WIRE),
    ("chargers.smartevse.charger", "const", WIRE),
    ("chargers.smartevse.charger", "chargers.smartevse.entities", WITHIN),
    ("chargers.smartevse.models", "chargers.smartevse.charger", WITHIN),
    ("chargers.evnex.models", "aiohttp", UNREACHED),
    ("chargers.smartevse.entities", "chargers.psp.models", APART),
    ("chargers.lektrico.entities", "entities.entity", DESCRIBES),
    ("chargers.psp.entities", "scheduling.runner", LAYERS),
    ("chargers.smartevse.vendor", "chargers.lektrico.vendor", APART),
    ("chargers.evnex.vendor", "runtime.coordinator", LAYERS),
    # What runs in Home Assistant.
    ("runtime.coordinator", "services.charger", LAYERS),
    ("runtime.coordinator", "entities.entity", LAYERS),
    ("runtime.coordinator", "vendors", LAYERS),
    ("runtime.errors", "scheduling.schedule", LAYERS),
    ("entities.entity", "scheduling.runner", LAYERS),
    ("entities.entity", "services.charger", LAYERS),
    ("entities.vocabulary", "chargers.evnex.models", NAMED),
    ("scheduling.runner", "balancing.group", LAYERS),
    ("scheduling.runner", "chargers.psp.charger", NAMED),
    ("scheduling.runner", "sessions.tracker", LAYERS),
    ("sessions.tracker", "balancing.group", LAYERS),
    ("balancing.group", "vendors", LAYERS),
    ("services.charger", "flows.group", LAYERS),
    ("services.charger", "chargers.psp.charger", NAMED),
    ("flows.account", "chargers.evnex.vendor", NAMED),
    ("flows.group", "config_flow", LAYERS),
    ("vendors", "services.charger", LAYERS),
    ("sensor", "chargers.evnex.models", NAMED),
    ("sensor", "number", LAYERS),
    ("const", "chargers.types", LAYERS),
    # A module without a layer.
    (NEW, "chargers.types", LAYERS),
    # Beside the package.
    ("sensor", "tests", SHIPPED),
    ("config_flow", "script", SHIPPED),
]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Return the imports of today."""
    return grimp.build_graph("custom_components", include_external_packages=True, cache_dir=None)


@pytest.fixture(scope="module")
def contracts() -> list[Contract]:
    """Return the contracts of pyproject.toml."""
    configuration = read_configuration(str(ROOT / "pyproject.toml"))
    return [
        TYPES[options["type"]](options["name"], configuration["session_options"], options)
        for options in configuration["contracts_options"]
    ]


def _broken(contracts: list[Contract], graph: grimp.ImportGraph) -> set[str]:
    """Return the names of the contracts that a graph breaks."""
    # A check may change the graph that it gets.
    return {
        contract.name for contract in contracts if not contract.check(deepcopy(graph), verbose=False).kept
    }


def _module(name: str) -> str:
    """Return the full name of a module of the package, or a name outside it as it is."""
    outside = {"aiohttp", "datetime", "homeassistant", "script", "tests", "time", "voluptuous"}
    return name if name in outside else f"{PACKAGE}.{name}"


def test_all_contracts_are_kept_and_tried(contracts: list[Contract], graph: grimp.ImportGraph) -> None:
    """The package keeps its contracts, and an import is tried below against each of them."""
    assert _broken(contracts, graph) == set()
    assert {contract.name for contract in contracts} == {contract for _, _, contract in FORBIDDEN}


@pytest.mark.parametrize(("importer", "imported", "contract"), FORBIDDEN)
def test_forbidden_import(
    contracts: list[Contract], graph: grimp.ImportGraph, importer: str, imported: str, contract: str
) -> None:
    """An import that the design forbids breaks a contract."""
    importer, imported = _module(importer), _module(imported)
    # A name that no longer exists would break a contract only for being unknown.
    for module in (importer, imported):
        assert not module.startswith(PACKAGE) or module in graph.modules or module == _module(NEW)
    trial = deepcopy(graph)
    trial.add_import(importer=importer, imported=imported)
    assert contract in _broken(contracts, trial)


# What steers a charger: the commands of these are sent by control/ alone, so that one place knows what was sent.
STEERED_BY_CONTROL = (ChargingSwitch, Limiter, ModeSwitch, PhaseSwitch)
COMMANDS = {
    name
    for capability in STEERED_BY_CONTROL
    for name, member in vars(capability).items()
    if iscoroutinefunction(member)
}


def test_control_is_the_only_writer() -> None:
    """No module outside control/ and chargers/ uses a command that steers a charger."""
    assert {"set_limit", "set_charging", "set_mode", "set_phases"} == COMMANDS
    found = {}
    for path in FOLDER.rglob("*.py"):
        module = path.relative_to(FOLDER)
        if module.parts[0] in ("chargers", "control"):
            continue
        used = Counter(
            node.attr
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute) and node.attr in COMMANDS
        )
        if used:
            found[module.as_posix()] = dict(used)
    assert found == {}
