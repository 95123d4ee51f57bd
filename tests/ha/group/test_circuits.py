"""Circuits of a running group: their form, and what they leave to the chargers behind them."""

from typing import Any

import pytest

from custom_components.evse_pilot.balancing.circuits import SUBENTRY_CIRCUIT
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant

from .conftest import House

pytestmark = pytest.mark.timeout(120)

GARAGE = {"name": "Sub-board", "fuse": 17.0, "reserve": 1.0, "behind": "main", "members": ["id_Garage"]}


def circuit(name: str, *members: str, fuse: float = 17.0, behind: str = "main") -> ConfigSubentryDataWithId:
    """Return a circuit of a group, as its flow would have made it."""
    data = {"fuse": fuse, "reserve": 1.0, "behind": behind, "members": list(members)}
    return ConfigSubentryDataWithId(
        data=data, subentry_type=SUBENTRY_CIRCUIT, title=name, unique_id=None, subentry_id=f"id_{name}"
    )


async def _begin(hass: HomeAssistant, house: House, circuit_id: str | None = None) -> Any:
    context: Any = {"source": SOURCE_USER}
    if circuit_id is not None:
        context = {"source": SOURCE_RECONFIGURE, "subentry_id": circuit_id}
    return await hass.config_entries.subentries.async_init(
        (house.group.entry_id, SUBENTRY_CIRCUIT), context=context
    )


async def test_two_behind_a_sub_board(empty_house: House, members: list[ConfigSubentryDataWithId]) -> None:
    """They share what it carries, though the main fuse leaves more, and name it."""
    await empty_house.load_group(*members, circuit("Sub-board", "id_Garage", "id_Carport"))
    for box in empty_house.boxes.values():
        box.plug_in()
    await empty_house.live(40)
    assert empty_house.offers == [8.0, 8.0]
    assert empty_house.why() == ["circuit", "circuit"]
    assert empty_house.read("binary_sensor.limiting") == "on"
    # A silent meter lifts nothing.
    empty_house.meter_works = False
    await empty_house.live(90)
    assert sum(empty_house.offers) <= 16
    await empty_house.restart()
    assert sum(empty_house.offers) <= 16


async def test_a_circuit_behind_another(empty_house: House, members: list[ConfigSubentryDataWithId]) -> None:
    """A charger counts in each circuit that it is behind."""
    await empty_house.load_group(
        *members,
        circuit("Barn", "id_Carport", fuse=8.0, behind="id_Sub-board"),
        circuit("Sub-board", "id_Garage", fuse=19.0),
    )
    for box in empty_house.boxes.values():
        box.plug_in()
    await empty_house.live(60)
    assert empty_house.offers == [11.0, 7.0]


@pytest.mark.parametrize(
    ("fuse", "offers"),
    [
        (30.0, [8.0, 8.0]),
        (14.0, [6.5, 6.5]),
        # Two do not fit: the first by priority, and by name, has it.
        (12.0, [0.0, 8.0]),
    ],
)
async def test_the_safe_current_is_what_a_circuit_bears(
    empty_house: House, members: list[ConfigSubentryDataWithId], fuse: float, offers: list[float]
) -> None:
    """A group that is switched off leaves no more than that behind, for nothing watches the circuit then."""
    board = circuit("Sub-board", "id_Garage", "id_Carport", fuse=fuse)
    await empty_house.load_group(*members, board, safe_current=8.0, leave="safe")
    for box in empty_house.boxes.values():
        box.plug_in()
    await empty_house.live(40)
    await empty_house.act("switch.turn_off", "switch.group_enabled")
    await empty_house.live(20)
    assert empty_house.offers == offers


async def test_the_form(hass: HomeAssistant, charging: House) -> None:
    """A circuit is added, changed and deleted while cars charge."""
    assert charging.offers == [11.0, 11.0]
    result = await _begin(hass, charging)
    assert result["step_id"] == "user"
    result = await hass.config_entries.subentries.async_configure(result["flow_id"], GARAGE | {"fuse": 9.0})
    assert result["type"] == "create_entry"
    await charging.settle()
    await charging.live(30)
    assert charging.offers[0] == 8
    assert charging.offers[1] > 11

    [subentry] = charging.group.get_subentries_of_type(SUBENTRY_CIRCUIT)
    assert subentry.title == "Sub-board"
    result = await _begin(hass, charging, subentry.subentry_id)
    result = await hass.config_entries.subentries.async_configure(
        result["flow_id"], GARAGE | {"name": "Barn", "fuse": 8.0}
    )
    assert result["reason"] == "reconfigure_successful"
    await charging.settle()
    await charging.live(30)
    assert charging.offers[0] == 7
    hass.config_entries.async_remove_subentry(charging.group, subentry.subentry_id)
    await charging.settle()
    await charging.live(60)
    assert charging.offers == [11.0, 11.0]


async def test_impossible_circuits(
    hass: HomeAssistant, empty_house: House, members: list[ConfigSubentryDataWithId]
) -> None:
    """Loops, a fuse for no car, and a charger on two circuits are refused at the field."""
    inner = circuit("Inner", "id_Carport", behind="id_Outer")
    await empty_house.load_group(*members, inner, circuit("Outer"))
    result = await _begin(hass, empty_house, "id_Outer")
    configure = hass.config_entries.subentries.async_configure
    for change, errors in (
        ({"behind": "id_Inner"}, {"behind": "circuit_loop"}),
        ({"fuse": 6.0}, {"fuse": "circuit_too_small"}),
        ({"members": ["id_Carport"]}, {"members": "in_two_circuits"}),
    ):
        result = await configure(result["flow_id"], GARAGE | change)
        assert result["errors"]
        assert result["errors"].items() >= errors.items()
    result = await configure(result["flow_id"], GARAGE | {"fuse": 12.0})
    assert result["reason"] == "reconfigure_successful"


async def test_no_charger_yet(hass: HomeAssistant, empty_house: House) -> None:
    """A group without a charger has nothing to put behind a circuit."""
    await empty_house.load_group()
    assert (await _begin(hass, empty_house))["reason"] == "no_member"


async def test_a_loop_that_was_stored_bounds_all_of_it(
    empty_house: House, members: list[ConfigSubentryDataWithId]
) -> None:
    """No form makes one; the smaller fuse holds then, and nothing hangs."""
    await empty_house.load_group(
        *members,
        circuit("One", "id_Garage", behind="id_Two", fuse=15.0),
        circuit("Two", "id_Carport", behind="id_One"),
    )
    for box in empty_house.boxes.values():
        box.plug_in()
    await empty_house.live(40)
    assert empty_house.offers == [7.0, 7.0]
