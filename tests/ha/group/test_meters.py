"""The sensors that a group reads, renamed and gone."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.evse_pilot.balancing.settings import CONF_EXPORTS
from custom_components.evse_pilot.const import DOMAIN
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir

from .conftest import House


async def test_b3_renamed(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    empty_house: House,
    members: list[ConfigSubentryDataWithId],
) -> None:
    """A meter that is given another name is read under that, also after a reload."""
    hass.states.async_remove("sensor.mains_l1")
    entry = entity_registry.async_get_or_create("sensor", "p1", "l1", suggested_object_id="mains_l1")
    await empty_house.load_group(*members)
    await empty_house.measure()
    hass.states.async_remove(entry.entity_id)
    entity_registry.async_update_entity(entry.entity_id, new_entity_id="sensor.grid_l1")
    await empty_house.settle()
    assert empty_house.group.options["sensor_l1"] == "sensor.grid_l1"
    for amps in (7.5, 8.5):
        # What is read while the chargers still go to the safe current counts for nothing.
        await empty_house.live(10)
        hass.states.async_set("sensor.grid_l1", f"{amps}", {"unit_of_measurement": "A"})
        await empty_house.settle()
        assert empty_house.runner.coordinator.data.mains_a[0] == amps
        assert await hass.config_entries.async_reload(empty_house.group.entry_id)


async def test_b3_gone(
    hass: HomeAssistant,
    empty_house: House,
    members: list[ConfigSubentryDataWithId],
    freezer: FrozenDateTimeFactory,
) -> None:
    """A meter that is gone for ten minutes raises a repair with its name, which is withdrawn when it is back."""
    await empty_house.load_group(*members)
    issue_id = f"meter_missing_{empty_house.group.entry_id}"

    def issue() -> ir.IssueEntry | None:
        return ir.async_get(hass).async_get_issue(DOMAIN, issue_id)

    async def wait(minutes: float) -> None:
        freezer.tick(timedelta(minutes=minutes))
        async_fire_time_changed(hass)
        await empty_house.settle()

    for phase in (1, 3):
        hass.states.async_remove(f"sensor.mains_l{phase}")
    await wait(9)
    assert issue() is None
    await wait(2)
    found = issue()
    assert found is not None
    assert found.translation_placeholders == {
        "group": "Main fuse",
        "entities": "sensor.mains_l1, sensor.mains_l3",
    }
    await empty_house.measure()
    assert issue() is None
    hass.states.async_remove("sensor.mains_l2")
    await wait(11)
    assert issue() is not None
    assert await hass.config_entries.async_unload(empty_house.group.entry_id)
    assert issue() is None


@pytest.mark.parametrize(("unit", "shown"), [(None, "-"), ("VA", "VA")])
async def test_f11_a_wrong_unit(hass: HomeAssistant, house: House, unit: str | None, shown: str) -> None:
    """A sensor that has lost its unit, or measures volt-amperes, is named after a minute; its phase is not known."""
    issue_id = f"meter_unit_{house.group.entry_id}"

    def issue() -> ir.IssueEntry | None:
        return ir.async_get(hass).async_get_issue(DOMAIN, issue_id)

    await house.live(10)
    house.meter_works = False
    hass.states.async_set("sensor.mains_l2", "3", {} if unit is None else {"unit_of_measurement": unit})
    await house.live(55)
    assert issue() is None
    assert house.read("sensor.mains_current_l2") == "unknown"
    await house.live(10)
    found = issue()
    assert found is not None
    assert found.translation_placeholders == {"group": "Main fuse", "entities": f"sensor.mains_l2 ({shown})"}
    house.meter_works = True
    await house.live(2)
    assert issue() is None
    for nothing in ("unavailable", "unknown"):
        hass.states.async_set("sensor.mains_l2", nothing)
        house.meter_works = False
        await house.live(65)
        assert issue() is None


BATTERY = {
    "battery_power": "sensor.battery_power",
    "battery_charge": "sensor.battery_charge",
    "battery_hold": "input_boolean.hold",
}


async def test_b3_a_home_battery_that_is_gone(
    hass: HomeAssistant,
    empty_house: House,
    members: list[ConfigSubentryDataWithId],
    freezer: FrozenDateTimeFactory,
) -> None:
    """A repair of its own names what is gone, until that is back or named no more; the mains have nothing to do with it."""
    for entity_id in BATTERY.values():
        hass.states.async_set(entity_id, "0", {"unit_of_measurement": "W"})
    group = await empty_house.load_group(*members, **{CONF_EXPORTS: True, **BATTERY})

    def missing(kind: str = "battery") -> str | None:
        issue = ir.async_get(hass).async_get_issue(DOMAIN, f"{kind}_missing_{group.entry_id}")
        if issue is None or issue.translation_placeholders is None:
            return None
        return issue.translation_placeholders["entities"]

    async def pass_minutes(minutes: float) -> None:
        freezer.tick(timedelta(minutes=minutes))
        async_fire_time_changed(hass)
        await empty_house.settle()

    hass.states.async_remove("sensor.battery_charge")
    hass.states.async_remove("input_boolean.hold")
    await pass_minutes(11)
    assert missing() == "input_boolean.hold, sensor.battery_charge"
    assert missing("meter") is None
    hass.states.async_set("input_boolean.hold", "off")
    await empty_house.settle()
    assert missing() == "sensor.battery_charge"
    options = {key: value for key, value in group.options.items() if key != "battery_charge"}
    hass.config_entries.async_update_entry(group, options=options)
    assert await hass.config_entries.async_reload(group.entry_id)
    await pass_minutes(11)
    assert missing() is None
