"""Settings of a group that cannot be meant: refused, or used only when they are submitted a second time."""

from typing import Any

import pytest

from custom_components.evse_pilot.balancing.safe_current import together_a
from custom_components.evse_pilot.balancing.settings import (
    CONF_CHARGER,
    CONF_FUSE,
    CONF_MAXIMUM,
    CONF_MINIMUM,
    CONF_SAFE_CURRENT,
    CONF_WIRING,
    SUBENTRY_CHARGER,
)
from homeassistant.config_entries import SOURCE_RECONFIGURE
from homeassistant.const import CONF_HOST, CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from tests.ha.repairs import issue_of, issues

from .conftest import House, member
from .test_config_flow import LIMITS, MEMBER, NAMED, SOURCES, add, start, submit
from .test_repairs import other_integration

pytestmark = pytest.mark.timeout(120)


def own(hass: HomeAssistant, entry_id: str, key: str) -> str:
    """Return the entity id of a sensor of ours."""
    items = er.async_entries_for_config_entry(er.async_get(hass), entry_id)
    [found] = [item.entity_id for item in items if item.domain == "sensor" and item.unique_id.endswith(key)]
    return found


# Sensors of chargers


@pytest.mark.usefixtures("all_enabled")
async def test_n9_a_sensor_of_a_charger_is_no_mains_meter(hass: HomeAssistant, house: House) -> None:
    """What a car draws, and what a group shows, is neither offered nor taken; the mains of a charger are."""
    garage = house.entries["Garage"]
    house.boxes["Garage"].mains_meter = "Eastron3P"
    await house.poll()
    await hass.config_entries.async_reload(garage.entry_id)
    await house.live(10)
    of_car, of_mains = (own(hass, garage.entry_id, key) for key in ("_1_current_l1", "_1_mains_current_l1"))
    of_group = own(hass, house.group.entry_id, f"{house.group.entry_id}_mains_current_l1")
    other = await other_integration(hass, {CONF_HOST: garage.data[CONF_HOST]})
    of_other = (
        er.async_get(hass).async_get_or_create("sensor", "other", "current", config_entry=other).entity_id
    )
    form = await submit(hass, await start(hass), **NAMED | {CONF_NAME: "Second"})
    assert form["data_schema"] is not None
    fields = {str(marker): field for marker, field in form["data_schema"].schema.items()}
    for field in ("sensor_l1", "returned_l1", "sensor_l3"):
        hidden = fields[field].config["exclude_entities"]
        assert {of_car, of_group, of_other} <= set(hidden)
        assert of_mains not in hidden
    assert not fields["voltage_l1"].config["exclude_entities"]
    for entity_id in (of_car, of_group, of_other):
        hass.states.async_set(entity_id, "1", {"unit_of_measurement": "A"})
        form = await submit(hass, form, **SOURCES | {"sensor_l2": entity_id})
        assert form["errors"] == {"sensor_l2": "sensor_of_charger"}
    form = await submit(hass, form, **SOURCES | {"sensor_l2": of_mains})
    assert form["type"] is FlowResultType.CREATE_ENTRY


# Names


@pytest.mark.parametrize("name", ["Main fuse", " main FUSE "])
async def test_n9_two_groups_of_one_name(hass: HomeAssistant, house: House, name: str) -> None:
    """A second group with the name of the first is refused at the field."""
    form = await submit(hass, await start(hass), **NAMED | {CONF_NAME: name})
    assert form["errors"] == {CONF_NAME: "name_taken"}
    form = await submit(hass, form, **NAMED | {CONF_NAME: "Second"})
    assert form["step_id"] == "group_sensors"


# Maximum


async def test_n9_a_maximum_above_the_fuse(hass: HomeAssistant, empty_house: House) -> None:
    """No charger may have more than the fuse of its group, when it is added and when it is changed."""
    garage = empty_house.entries["Garage"]
    group = await empty_house.load_group()
    result = await add(hass, group, **{CONF_CHARGER: garage.entry_id}, **MEMBER | {CONF_MAXIMUM: 100})
    assert result["errors"] == {CONF_MAXIMUM: "maximum_above_fuse"}
    result = await hass.config_entries.subentries.async_configure(
        result["flow_id"], {CONF_CHARGER: garage.entry_id, **MEMBER, CONF_MAXIMUM: 25}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await empty_house.settle()
    [subentry] = group.subentries.values()
    result = await hass.config_entries.subentries.async_init(
        (group.entry_id, SUBENTRY_CHARGER),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry.subentry_id},
    )
    result = await hass.config_entries.subentries.async_configure(
        result["flow_id"], MEMBER | {CONF_MAXIMUM: 26}
    )
    assert result["errors"] == {CONF_MAXIMUM: "maximum_above_fuse"}


# The safe current


@pytest.mark.parametrize(
    ("safe_a", "wirings", "together"),
    [
        (6, ["1-2-3"] * 4, 24),
        (6, ["1", "2", "3", "2"], 12),
        (6, ["1_2", "2_3"], 12),
        (0, ["1-2-3"] * 4, 0),
        (6, [], 0),
    ],
)
def test_f17_what_the_safe_current_is_together(safe_a: float, wirings: list[str], together: float) -> None:
    """The phase that most chargers are on counts; one that the safe current pauses draws nothing."""
    members = [{CONF_WIRING: wiring, CONF_MINIMUM: 6} for wiring in wirings]
    assert together_a(safe_a, [*members, {CONF_WIRING: "1-2-3", CONF_MINIMUM: 9}]) == together


async def change(hass: HomeAssistant, house: House, *forms: dict[str, Any]) -> Any:
    """Configure the group, with one form after the other."""
    result: Any = await hass.config_entries.options.async_init(house.group.entry_id)
    for form in forms:
        result = await hass.config_entries.options.async_configure(result["flow_id"], form)
    return result


async def test_f17_the_form_warns_once(hass: HomeAssistant, house: House) -> None:
    """A safe current that leaves the house too little is used only when it is submitted again, unchanged."""
    high = LIMITS | {CONF_SAFE_CURRENT: 8}
    result = await change(hass, house, high)
    assert result["errors"] == {"base": "safe_too_many", CONF_SAFE_CURRENT: "safe_too_many"}
    result = await hass.config_entries.options.async_configure(result["flow_id"], high | {CONF_FUSE: 20})
    assert result["errors"] == {"base": "safe_too_many", CONF_SAFE_CURRENT: "safe_too_many"}
    result = await change(hass, house, high, high)
    assert result["step_id"] == "sensors"
    assert house.group.options[CONF_SAFE_CURRENT] == 6


async def test_f17_one_charger_too_many(hass: HomeAssistant, house: House) -> None:
    """The charger with which the safe current becomes too high is added only when it is submitted again."""
    hass.config_entries.async_remove_subentry(house.group, "id_Carport")
    hass.config_entries.async_update_entry(house.group, options=house.group.options | {CONF_SAFE_CURRENT: 8})
    await house.settle()
    given = {CONF_CHARGER: house.entries["Carport"].entry_id, **MEMBER}
    result = await add(hass, house.group, **given)
    assert result["errors"] == {"base": "safe_too_many", CONF_WIRING: "safe_too_many"}
    result = await hass.config_entries.subentries.async_configure(result["flow_id"], given)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_f17_a_repair_while_it_holds(hass: HomeAssistant, empty_house: House) -> None:
    """A safe current that is too high for the fuse is a repair, until it is lower."""
    entries = list(empty_house.entries.values())
    group = await empty_house.load_group(
        *(member(entry.entry_id, entry.title) for entry in entries), **{CONF_SAFE_CURRENT: 8.0}
    )
    issue_id = f"safe_current_high_{group.entry_id}"
    await empty_house.live(2)
    assert issues(hass) == set()
    empty_house.offset_s += 60
    await empty_house.live(1)
    assert issues(hass) == {issue_id}
    placeholders = {"group": "Main fuse", "safe": "8", "together": "16", "fuse": "25"}
    assert issue_of(hass, issue_id).translation_placeholders == placeholders
    hass.config_entries.async_update_entry(group, options=group.options | {CONF_SAFE_CURRENT: 7.0})
    await empty_house.live(1)
    assert issues(hass) == set()
