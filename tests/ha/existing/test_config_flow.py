"""Adding a charger that another integration has: its device, and which entity is what."""

from collections.abc import Mapping
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import CONF_CIRCUIT_CURRENT, DOMAIN
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.emulators.otherbox import OtherboxEmulator
from tests.emulators.smartevse import SmartEvseEmulator
from tests.ha.conftest import entry_for as smartevse_entry

from .conftest import ROLES, device_of, set_up_otherbox


async def start(hass: HomeAssistant) -> ConfigFlowResult:
    """Choose the kind in the menu."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": "existing"})
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "existing")
    return result


async def submit(
    hass: HomeAssistant, result: ConfigFlowResult, values: Mapping[str, Any]
) -> ConfigFlowResult:
    """Fill in the form."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], dict(values))


def suggested(result: ConfigFlowResult) -> dict[str, Any]:
    """Return what a form has filled in already."""
    schema = result["data_schema"]
    assert schema is not None
    found = {}
    for marker in schema.schema:
        if marker.description and "suggested_value" in marker.description:
            found[str(marker)] = marker.description["suggested_value"]
    return found


async def test_its_device_is_enough(
    hass: HomeAssistant,
    other: MockConfigEntry,
    emulator: OtherboxEmulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is what is found out, though there is no profile of its integration, and without what is deprecated."""
    result = await submit(hass, await start(hass), {"device": device_of(hass, other)})
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "existing_entities")
    assert "deprecated" not in caplog.text
    values = suggested(result)
    registry = er.async_get(hass)
    expected = {
        role: registry.async_get_entity_id(platform, "otherbox", f"{other.entry_id}_{key}")
        for role, (platform, key) in ROLES.items()
        # Which way a switch of the phases works cannot be known.
        if role != "phases"
    }
    assert values == expected | {CONF_CIRCUIT_CURRENT: 16}
    result = await submit(hass, result, values | {CONF_CIRCUIT_CURRENT: 13})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.title == "Otherbox"
    assert entry.unique_id == f"existing_{device_of(hass, other)}"
    assert entry.options == {CONF_CIRCUIT_CURRENT: 13}
    assert set(entry.data["roles"]) == set(expected)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    emulator.plug_in()
    await other.runtime_data.async_refresh()
    await hass.async_block_till_done()
    assert hass.states.get("sensor.otherbox_status_2").state == "charging"  # type: ignore[union-attr]


async def test_a_number_that_takes_zero_is_enough_to_pause(hass: HomeAssistant) -> None:
    """Without a switch a limit of 0 pauses."""
    async with OtherboxEmulator(zero_pauses=True) as emulator:
        other = await set_up_otherbox(hass, emulator)
        result = await submit(hass, await start(hass), {"device": device_of(hass, other)})
        values = suggested(result)
        assert "switch" not in values
        result = await submit(hass, result, values)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        await hass.async_block_till_done()
        emulator.plug_in()
        await hass.services.async_call(
            "switch", "turn_off", {"entity_id": "switch.otherbox_allow_charging"}, blocking=True
        )
        await hass.async_block_till_done()
        assert emulator.allows_a == 0


async def test_the_same_device_twice(
    hass: HomeAssistant, loaded: MockConfigEntry, other: MockConfigEntry
) -> None:
    """A charger that was added is not added again."""
    result = await submit(hass, await start(hass), {"device": device_of(hass, other)})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")


async def test_a_charger_of_our_own(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """Our own device, and an entity of it, are refused where they are chosen."""
    [device] = dr.async_entries_for_config_entry(dr.async_get(hass), loaded.entry_id)
    result = await start(hass)
    for values, errors in (
        ({}, {"base": "no_device"}),
        ({"device": "0123"}, {"device": "no_entities"}),
        ({"device": device.id}, {"device": "no_entities"}),
        ({"entity": "sensor.car_port_status"}, {"entity": "no_entities"}),
    ):
        result = await submit(hass, result, values)
        assert (result["type"], result["errors"]) == (FlowResultType.FORM, errors)


async def test_a_charger_that_is_here_by_its_own_vendor(hass: HomeAssistant, other: MockConfigEntry) -> None:
    """One with the serial number or the address of a charger of ours is that charger."""
    async with SmartEvseEmulator() as box:
        entry = smartevse_entry(box)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        registry = dr.async_get(hass)
        registry.async_update_device(device_of(hass, other), serial_number=str(box.serial))
        result = await submit(hass, await start(hass), {"device": device_of(hass, other)})
        assert result["errors"] == {"device": "already_here"}


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({"status": None}, {"status": "no_status"}),
        ({"switch": None}, {"switch": "no_pause"}),
        ({"limit": "sensor.otherbox_power"}, {"limit": "wrong_unit"}),
        ({"limit": "sensor.otherbox_current_l1"}, {"limit": "limit_not_settable"}),
        ({"power": "sensor.otherbox_current_l1"}, {"power": "wrong_unit"}),
        ({"start": "button.x"}, {"stop": "one_button"}),
        ({"stop": "button.x"}, {"start": "one_button"}),
        ({"limit": "number.another_current_limit"}, {"limit": "own_entity"}),
        ({"limit": "number.taken"}, {"limit": "entity_taken"}),
        ({"start": "button.taken", "stop": "button.x"}, {"start": "entity_taken"}),
        # One that starts and stops in turn is neither.
        ({"start": "button.x", "stop": "button.x"}, {"stop": "same_entity"}),
        ({"phases": "switch.otherbox_charging_allowed"}, {"phases": "same_entity"}),
        ({"limit": "select.mode"}, {"limit": "wrong_options"}),
        ({"switch": "select.mode"}, {"switch": "wrong_options"}),
        ({"phases": "select.mode"}, {"phases": "wrong_options"}),
        ({"limit": "number.box_power"}, {"limit": "wrong_unit"}),
    ],
)
async def test_a_choice_that_cannot_be(
    hass: HomeAssistant, other: MockConfigEntry, change: dict[str, str | None], errors: dict[str, str]
) -> None:
    """Each mistake is an error at its field, and the form stays with what was chosen."""
    registry = er.async_get(hass)
    taken = MockConfigEntry(
        domain=DOMAIN,
        title="Another",
        data={"roles": {"limit": {"entity_id": "number.taken"}, "stop": {"entity_id": "button.taken"}}},
    )
    taken.add_to_hass(hass)
    registry.async_get_or_create(
        "number", DOMAIN, "x", suggested_object_id="another_current_limit", config_entry=taken
    )
    # Its integration has not started.
    registry.async_get_or_create(
        "number", "box", "p", suggested_object_id="box_power", unit_of_measurement="kW"
    )
    hass.states.async_set("select.mode", "eco", {"options": ["eco", "fast"]})
    result = await submit(hass, await start(hass), {"device": device_of(hass, other)})
    values = suggested(result)
    changed = {key: value for key, value in (values | change).items() if value is not None}
    result = await submit(hass, result, changed)
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, errors)
    assert suggested(result) == changed
    result = await submit(hass, result, values)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_an_integration_without_devices(hass: HomeAssistant) -> None:
    """One of its entities stands for all of them: KEBA has no device."""
    registry = er.async_get(hass)
    for platform, key in (
        ("binary_sensor", "charging_state"),
        ("binary_sensor", "plug_state"),
        ("binary_sensor", "device_state"),
        ("sensor", "max_current"),
        ("sensor", "charging_power"),
        ("sensor", "total_energy"),
        ("sensor", "session_energy"),
        ("sensor", "energy_target"),
    ):
        registry.async_get_or_create(
            platform, "keba", f"keba_wallbox_123_{key}", suggested_object_id=f"keba_{key}"
        )
    result = await submit(hass, await start(hass), {"entity": "sensor.keba_max_current"})
    assert suggested(result) == {
        "status": "binary_sensor.keba_charging_state",
        "plugged": "binary_sensor.keba_plug_state",
        "charging": "binary_sensor.keba_charging_state",
        "online": "binary_sensor.keba_device_state",
        "limit": "sensor.keba_max_current",
        "power": "sensor.keba_charging_power",
        "energy": "sensor.keba_total_energy",
        "session_energy": "sensor.keba_session_energy",
        CONF_CIRCUIT_CURRENT: 63,
    }
    result = await submit(hass, result, suggested(result) | {CONF_CIRCUIT_CURRENT: 16})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].title == "KEBA"
    assert result["result"].data["owners"] == []


async def test_disabled_entities_are_enabled(hass: HomeAssistant, other: MockConfigEntry) -> None:
    """What an integration disables by default, such as the currents of Peblar, is of use here."""
    registry = er.async_get(hass)
    owner = MockConfigEntry(domain="peblar", title="Peblar")
    owner.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=owner.entry_id, identifiers={("peblar", "1")}, manufacturer="Peblar"
    )
    for platform, key, disabled in (
        ("sensor", "cp_state", None),
        ("number", "charge_current_limit", None),
        ("switch", "charge", None),
        ("sensor", "current_phase_1", er.RegistryEntryDisabler.INTEGRATION),
    ):
        registry.async_get_or_create(
            platform,
            "peblar",
            f"1_{key}",
            translation_key=key,
            suggested_object_id=f"peblar_{key}",
            config_entry=owner,
            device_id=device.id,
            disabled_by=disabled,
        )
    result = await submit(hass, await start(hass), {"device": device.id})
    values = suggested(result)
    assert values["current_l1"] == "sensor.peblar_current_phase_1"
    result = await submit(hass, result, values)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    item = registry.async_get("sensor.peblar_current_phase_1")
    assert item and item.disabled_by is None


async def test_reconfigure(
    hass: HomeAssistant, loaded: MockConfigEntry, other: MockConfigEntry, emulator: OtherboxEmulator
) -> None:
    """Other entities are chosen for a charger that is set up; its current is not asked for again."""
    result = await loaded.start_reconfigure_flow(hass)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "existing_entities")
    values = suggested(result)
    assert values == {role: entity["entity_id"] for role, entity in loaded.data["roles"].items()}
    result = await submit(hass, result, {key: value for key, value in values.items() if key != "phases"})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    await hass.async_block_till_done()
    assert "phases" not in loaded.data["roles"]
    assert loaded.options == {CONF_CIRCUIT_CURRENT: 32.0}
    assert loaded.state is ConfigEntryState.LOADED


async def test_reconfigure_without_its_device(
    hass: HomeAssistant, loaded: MockConfigEntry, other: MockConfigEntry
) -> None:
    """Where the device has gone, its entities can be replaced all the same."""
    assert await hass.config_entries.async_remove(other.entry_id)
    await hass.async_block_till_done()
    result = await loaded.start_reconfigure_flow(hass)
    assert result["type"] is FlowResultType.FORM
    assert suggested(result)["limit"] == loaded.data["roles"]["limit"]["entity_id"]
