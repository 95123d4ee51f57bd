"""Triggers and conditions of our own: what they look at, and what an automation gets of it."""

from datetime import timedelta
from pathlib import Path
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
import voluptuous as vol

from custom_components.evse_pilot.condition import CONDITIONS
from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.control.claim import Reason
from custom_components.evse_pilot.entities.automation import LIMIT_REASONS, reasons_of
from custom_components.evse_pilot.trigger import TRIGGERS
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    condition,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
    trigger,
)
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import parse_yaml
from tests.emulators.smartevse import SmartEvseEmulator
from tests.ha.automations import async_automate, async_holds, device_of, entity_of
from tests.ha.conftest import Poll, complaints, entry_for
from tests.ha.makes import MAKES, settle

CARD, OTHER_CARD = "04A1B2C3D4E5F6", "010203040506"


def session_of(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Return the event entity of a charger's sessions, before its first event."""
    item = er.async_get(hass).async_get_or_create(
        "event",
        DOMAIN,
        f"{entry.unique_id}_session",
        config_entry=entry,
        device_id=device_of(hass, entry),
        translation_key="session",
    )
    hass.states.async_set(item.entity_id, STATE_UNKNOWN)
    return item.entity_id


def happen(hass: HomeAssistant, entity_id: str, event_type: str, **record: Any) -> None:
    """Let an event entity show an event."""
    attributes = {"event_types": [event_type], "event_type": event_type, "friendly_name": "Session"}
    hass.states.async_set(entity_id, dt_util.utcnow().isoformat(), attributes | record)


async def put(hass: HomeAssistant, entry: MockConfigEntry, where: str) -> dict[str, str]:
    """Put a charger into an area on a floor, both with a label; return the target of that kind."""
    floor = fr.async_get(hass).async_create("Ground floor")
    area = ar.async_get(hass).async_create("Garage", floor_id=floor.floor_id)
    of_area = lr.async_get(hass).async_create("Outside")
    of_device, of_entity = (lr.async_get(hass).async_create(name) for name in ("Cars", "Plugs"))
    ar.async_get(hass).async_update(area.id, labels={of_area.label_id})
    dr.async_get(hass).async_update_device(
        device_of(hass, entry), area_id=area.id, labels={of_device.label_id}
    )
    plug = entity_of(hass, entry, "binary_sensor.plug")
    er.async_get(hass).async_update_entity(plug, labels={of_entity.label_id})
    return {
        "device": {"device_id": device_of(hass, entry)},
        "entity": {"entity_id": plug},
        "area": {"area_id": area.id},
        "floor": {"floor_id": floor.floor_id},
        "label of the area": {"label_id": of_area.label_id},
        "label of the device": {"label_id": of_device.label_id},
        "label of the entity": {"label_id": of_entity.label_id},
    }[where]


@pytest.mark.parametrize(
    "where",
    [
        "device",
        "entity",
        "area",
        "floor",
        "label of the area",
        "label of the device",
        "label of the entity",
    ],
)
async def test_targets(
    hass: HomeAssistant, emulator: SmartEvseEmulator, loaded: MockConfigEntry, poll: Poll, where: str
) -> None:
    """A charger is found by each kind of target."""
    target = await put(hass, loaded, where)
    runs = await async_automate(hass, target, "plugged_in")
    emulator.press("plug_in")
    await poll()
    assert len(runs.take()) == 1
    assert await async_holds(hass, "is_plugged_in", target)


async def test_a_renamed_and_localised_entity(
    hass: HomeAssistant, emulator: SmartEvseEmulator, entry: MockConfigEntry, poll: Poll
) -> None:
    """Ids and names are the owner's, and of the language of the installation; both may change at any time."""
    hass.config.language = "de"
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    registry = er.async_get(hass)
    registry.async_update_entity(
        entity_of(hass, entry, "binary_sensor.plug"), new_entity_id="binary_sensor.kabel", name="Kabel"
    )
    runs = await async_automate(hass, {"device_id": device_of(hass, entry)}, "plugged_in", "unplugged")
    emulator.press("plug_in")
    await poll()
    assert [run["entity"] for run in runs.take()] == ["binary_sensor.kabel"]
    registry.async_update_entity("binary_sensor.kabel", new_entity_id="binary_sensor.stecker")
    await hass.async_block_till_done()
    emulator.press("unplug")
    await poll()
    assert [(run["id"], run["entity"]) for run in runs.take()] == [("unplugged", "binary_sensor.stecker")]


async def test_a_charger_that_is_added_later(
    hass: HomeAssistant, loaded: MockConfigEntry, poll: Poll
) -> None:
    """An area covers a charger that is put into it later, which fires nothing by that."""
    area = ar.async_get(hass).async_create("Garage")
    runs = await async_automate(hass, {"area_id": area.id}, "plugged_in", "charging_started")
    async with SmartEvseEmulator(serial=77) as second:
        second.advance(5)
        second.press("plug_in")
        entry = entry_for(second, "Second")
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        dr.async_get(hass).async_update_device(device_of(hass, entry), area_id=area.id)
        await poll()
        assert not runs.take()
        second.press("unplug")
        await poll()
        second.press("plug_in")
        await poll()
        assert runs.take("plugged_in")[0]["entity"] == entity_of(hass, entry, "binary_sensor.plug")
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_charger_that_is_removed(
    hass: HomeAssistant, emulator: SmartEvseEmulator, loaded: MockConfigEntry, poll: Poll
) -> None:
    """Its removal fires nothing, and an automation goes on with the chargers that are left; so it does when made anew."""
    async with SmartEvseEmulator(serial=77) as second:
        second.advance(5)
        second.press("plug_in")
        entry = entry_for(second, "Second")
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        target = {"device_id": [device_of(hass, loaded), device_of(hass, entry)]}
        runs = await async_automate(
            hass,
            target,
            *("plugged_in", "unplugged", "limited_by", "fault"),
            all=("plugged_in", {"behavior": "all"}),
        )
        await hass.config_entries.async_remove(entry.entry_id)
        await hass.async_block_till_done()
    assert not runs.take()
    assert not await async_holds(hass, "is_plugged_in", target, behavior="all")
    emulator.press("plug_in")
    await poll()
    assert len(runs.take("plugged_in")) == len(runs.take("all")) == 1
    assert await async_holds(hass, "is_plugged_in", target, behavior="all")
    await hass.services.async_call("automation", "turn_off", {"entity_id": "automation.test"}, blocking=True)
    await hass.services.async_call("automation", "turn_on", {"entity_id": "automation.test"}, blocking=True)
    emulator.press("unplug")
    await poll()
    assert len(runs.take("unplugged")) == 1


async def test_entities_of_others_never_match(
    hass: HomeAssistant, loaded: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """A plug of another integration, one without an integration, and another of ours are none of a charger."""
    area = ar.async_get(hass).async_create("Kitchen")
    other = er.async_get(hass).async_get_or_create(
        "binary_sensor", "other", "plug", original_device_class="plug", translation_key="plug"
    )
    er.async_get(hass).async_update_entity(other.entity_id, area_id=area.id)
    status = entity_of(hass, loaded, "sensor.status")
    names = [other.entity_id, "binary_sensor.none", status]
    target = {"area_id": area.id, "entity_id": names}
    caplog.clear()
    runs = await async_automate(hass, target, "plugged_in")
    warned = [record.getMessage() for record in complaints(caplog)]
    # What is named and can never match is named in the log, once; an area may be empty.
    assert warned == [
        f"evse_pilot.plugged_in cannot look at {name}, which has no such entity: binary_sensor plug"
        for name in sorted(names)
    ]
    for name in names:
        for state in ("off", "on", "off"):
            hass.states.async_set(name, state)
    await hass.async_block_till_done()
    assert not runs.take()
    for behavior in ("any", "all"):
        assert not await async_holds(hass, "is_plugged_in", target, behavior=behavior)


async def test_a_disabled_entity(
    hass: HomeAssistant,
    emulator: SmartEvseEmulator,
    loaded: MockConfigEntry,
    poll: Poll,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A trigger on a disabled entity does not fire and is named in the log; it works when that is enabled."""
    registry = er.async_get(hass)
    plug = entity_of(hass, loaded, "binary_sensor.plug")
    registry.async_update_entity(plug, disabled_by=er.RegistryEntryDisabler.USER)
    assert await hass.config_entries.async_reload(loaded.entry_id)
    caplog.clear()
    target = {"device_id": device_of(hass, loaded)}
    runs = await async_automate(hass, target, "plugged_in")
    [warning] = complaints(caplog)
    assert warning.getMessage() == (
        f"evse_pilot.plugged_in cannot look at SmartEVSE before this entity is enabled: {plug}"
    )
    emulator.press("plug_in")
    await poll()
    assert not runs.take()
    assert not await async_holds(hass, "is_plugged_in", target)
    registry.async_update_entity(plug, disabled_by=None)
    assert await hass.config_entries.async_reload(loaded.entry_id)
    await hass.async_block_till_done()
    assert not runs.take()
    for button in ("unplug", "plug_in"):
        emulator.press(button)
        await poll()
    assert len(runs.take()) == 1


async def test_for_at_least(
    hass: HomeAssistant,
    emulator: SmartEvseEmulator,
    loaded: MockConfigEntry,
    poll: Poll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """With a duration a trigger waits, and a change back ends the waiting."""
    plug = entity_of(hass, loaded, "binary_sensor.plug")
    runs = await async_automate(hass, {"entity_id": plug}, late=("plugged_in", {"for": {"minutes": 5}}))

    async def after(minutes: int, button: str | None = None) -> int:
        if button is not None:
            emulator.press(button)
            await poll()
        freezer.tick(timedelta(minutes=minutes))
        async_fire_time_changed(hass)
        await settle(hass, MAKES["smartevse"])
        return len(runs.take())

    assert await after(4, "plug_in") == 0
    assert await after(4, "unplug") == 0
    assert await after(4, "plug_in") == 0
    assert not await async_holds(hass, "is_plugged_in", {"entity_id": plug}, **{"for": {"minutes": 5}})
    assert await after(2) == 1
    assert await async_holds(hass, "is_plugged_in", {"entity_id": plug}, **{"for": {"minutes": 5}})


async def test_session(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """Charging that finished and a session that ended carry the session; coming back from an outage does not fire."""
    entity_id = session_of(hass, loaded)
    runs = await async_automate(
        hass, {"device_id": device_of(hass, loaded)}, "charging_finished", "session_ended"
    )
    happen(hass, entity_id, "session_started")
    happen(hass, entity_id, "charging_finished", energy=7.2)
    await hass.async_block_till_done()
    [run] = runs.take()
    assert (run["id"], run["entity"], run["session"]) == ("charging_finished", entity_id, {"energy": 7.2})
    happen(hass, entity_id, "session_ended", energy=7.3, card="04A1")
    await hass.async_block_till_done()
    [run] = runs.take()
    assert run["id"] == "session_ended"
    assert run["session"] == {"energy": 7.3, "card": "04A1"}
    # The charger is away, and is back with its last event.
    last = hass.states.get(entity_id)
    assert last is not None
    hass.states.async_set(entity_id, "unavailable")
    hass.states.async_set(entity_id, last.state, last.attributes)
    await hass.async_block_till_done()
    assert not runs.take()


@pytest.fixture
def with_reader(emulator: SmartEvseEmulator) -> SmartEvseEmulator:
    """Return a charger with a card reader."""
    emulator.rfid_reader = "EnableAll"
    return emulator


@pytest.mark.usefixtures("all_enabled")
async def test_card(
    hass: HomeAssistant, with_reader: SmartEvseEmulator, entry: MockConfigEntry, poll: Poll
) -> None:
    """A card fires with its number: the first one, another one, and not the same reading again."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await poll()
    runs = await async_automate(hass, {"device_id": device_of(hass, entry)}, "card_presented")
    # The first one brings the entity, which is added with its second reading.
    with_reader.swipe(OTHER_CARD)
    await poll()
    await poll()
    assert not runs.take()
    with_reader.swipe(CARD)
    await poll()
    [run] = runs.take()
    assert run["card"] == CARD
    await poll()
    assert not runs.take()
    # Without a card since it started, the last card is unknown.
    with_reader.last_card = "0" * 12
    await poll()
    assert not runs.take()
    with_reader.swipe(CARD)
    await poll()
    assert [run["card"] for run in runs.take()] == [CARD]
    assert await hass.config_entries.async_reload(entry.entry_id)
    await poll()
    assert not runs.take()


@pytest.mark.usefixtures("all_enabled")
async def test_a_card_that_the_reader_shows(
    hass: HomeAssistant,
    with_reader: SmartEvseEmulator,
    entry: MockConfigEntry,
    poll: Poll,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The same card again fires by the status of the reader, and a card that changes both fires once."""
    with_reader.last_card = CARD
    assert await hass.config_entries.async_setup(entry.entry_id)
    await poll()
    await poll()
    runs = await async_automate(hass, {"device_id": device_of(hass, entry)}, "card_presented")

    async def shows(status: str, card: str) -> list[str | None]:
        def alter(answer: Any) -> Any:
            if "evse" in answer:
                answer["evse"] |= {"rfid": status, "rfid_lastread": card}
            return answer

        with_reader.alters = alter
        freezer.tick(6)
        await poll()
        return [run["card"] for run in runs.take()]

    assert await shows("Present", CARD) == [CARD]
    assert await shows("Present", CARD) == []
    assert await shows("Ready to read card", CARD) == []
    assert await shows("Card not in storage", OTHER_CARD) == [OTHER_CARD]
    # Another card before the reader was ready again.
    assert await shows("Card not in storage", CARD) == [CARD]
    assert await shows("Card Stored", CARD) == []
    # A new name of the entity is no card.
    card = entity_of(hass, entry, "sensor.rfid_card")
    er.async_get(hass).async_update_entity(card, name="Badge")
    assert await shows("Ready to read card", CARD) == []
    # The reader shows that there is a card, and not which.
    assert await shows("Ready to read card", "0" * 12) == []
    assert await shows("Invalid", "0" * 12) == [None]


async def test_a_card_where_its_entity_is_disabled(
    hass: HomeAssistant, loaded: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """A charger whose card entities are disabled, or missing, is named in the log."""
    caplog.clear()
    await async_automate(hass, {"device_id": device_of(hass, loaded)}, "card_presented")
    [warning] = complaints(caplog)
    assert "evse_pilot.card_presented cannot look at SmartEVSE before this entity is enabled" in (
        warning.getMessage()
    )


async def test_automations_start_before_the_chargers(
    hass: HomeAssistant, emulator: SmartEvseEmulator, loaded: MockConfigEntry, poll: Poll
) -> None:
    """At a start of Home Assistant what is plugged in already fires nothing."""
    emulator.press("plug_in")
    await poll()
    target = {"device_id": device_of(hass, loaded)}
    assert await hass.config_entries.async_unload(loaded.entry_id)
    runs = await async_automate(
        hass, target, "plugged_in", "unplugged", "charging_started", "charging_paused", "limited_by", "fault"
    )
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await poll()
    assert not runs.take()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("limited_by", {"reason": ["own_maximum"]}),
        ("plugged_in", {"reason": []}),
        ("session_ended", {"for": 5}),
    ],
)
async def test_options_that_do_not_exist(
    hass: HomeAssistant, loaded: MockConfigEntry, name: str, options: dict[str, Any]
) -> None:
    """An option or a reason that there is not is refused when the automation is saved."""
    with pytest.raises(vol.Invalid):
        await trigger.async_validate_trigger_config(
            hass,
            [{"platform": f"{DOMAIN}.{name}", "target": {"label_id": "x"}, "options": options}],
        )


def test_the_reasons_of_a_limit() -> None:
    """None chosen is every limit; the main fuse is its phases; what limits nothing cannot be chosen."""
    phases = {Reason.MAIN_FUSE_L1, Reason.MAIN_FUSE_L2, Reason.MAIN_FUSE_L3}
    assert reasons_of([]) == set(LIMIT_REASONS) | phases
    assert reasons_of(["main_fuse"]) == {Reason.MAIN_FUSE} | phases
    assert reasons_of(["scheduled"]) == {Reason.SCHEDULED}
    assert set(Reason) - set(LIMIT_REASONS) - phases == {
        Reason.OWN_MAXIMUM,
        Reason.CAR_TAKES_LESS,
        Reason.CAR_TAKES_NO_MORE,
        Reason.NOT_PLUGGED_IN,
        Reason.OFF,
    }


async def test_the_editor_offers_them(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """Home Assistant can read what describes the triggers and conditions, and offers our devices only."""
    await async_automate(hass, {"device_id": device_of(hass, loaded)}, "plugged_in")
    assert "automation" in hass.config.components
    described = {
        "trigger": (TRIGGERS, await trigger.async_get_all_descriptions(hass)),
        "condition": (CONDITIONS, await condition.async_get_all_descriptions(hass)),
    }
    for known, descriptions in described.values():
        for name in known:
            description = descriptions[f"{DOMAIN}.{name}"]
            assert description is not None
            [of_ours] = description["target"]["entity"]
            assert of_ours["integration"] == DOMAIN


async def test_the_examples_of_the_documentation(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """Home Assistant takes each automation that the documentation shows."""
    text = (Path(__file__).parents[2] / "docs" / "automations.md").read_text(encoding="utf-8")
    examples: list[Any] = [parse_yaml(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
    assert len(examples) == 3
    named = [{"alias": f"Example {number}", **example} for number, example in enumerate(examples)]
    assert await async_setup_component(hass, "automation", {"automation": named})
    await hass.async_block_till_done()
    for number in range(len(examples)):
        state = hass.states.get(f"automation.example_{number}")
        assert state is not None
        assert state.state == "on"
