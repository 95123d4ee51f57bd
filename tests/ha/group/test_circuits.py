"""Circuits of a running group: their form, and what they leave to the chargers behind them."""

from typing import Any

import pytest

from custom_components.evse_pilot.balancing.circuits import SUBENTRY_CIRCUIT
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntryState,
    ConfigSubentryDataWithId,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .conftest import House

pytestmark = pytest.mark.timeout(120)

GARAGE = {"name": "Sub-board", "fuse": 17.0, "reserve": 1.0, "behind": "main", "members": ["id_Garage"]}


BOARD = {f"sensor_l{phase}": f"sensor.board_l{phase}" for phase in (1, 2, 3)}
METER: dict[str, Any] = {**BOARD, "sign": "import_positive", "nominal_voltage": 230.0}


def circuit(
    name: str, *members: str, fuse: float = 17.0, behind: str = "main", **meter: Any
) -> ConfigSubentryDataWithId:
    """Return a circuit of a group, as its flow would have made it."""
    data = {"fuse": fuse, "reserve": 1.0, "behind": behind, "members": list(members), **meter}
    return ConfigSubentryDataWithId(
        data=data, subentry_type=SUBENTRY_CIRCUIT, title=name, unique_id=None, subentry_id=f"id_{name}"
    )


class SubBoard:
    """A sub-board that both chargers are on, with other loads and a meter that reports with that of the mains."""

    def __init__(self, house: House) -> None:
        """Switch nothing on."""
        self._house = house
        self.others_a = [0.0, 0.0, 0.0]
        self.meter_works = True
        house.meter_shows = self._report

    @property
    def drawn_a(self) -> list[float]:
        """Return what flows through its fuse."""
        boxes = self._house.boxes.values()
        return [amps + sum(box.ev_currents_a[n] for box in boxes) for n, amps in enumerate(self.others_a)]

    def _report(self, mains: list[float]) -> list[float]:
        # A value that never changes would be taken for stuck.
        noise_a = self._house.offset_s % 3 / 100
        for n, amps in enumerate(self.drawn_a, 1):
            if self.meter_works:
                self._house.hass.states.async_set(
                    f"sensor.board_l{n}", f"{amps + noise_a:.2f}", {"unit_of_measurement": "A"}
                )
        return [amps + others for amps, others in zip(mains, self.others_a, strict=True)]


async def test_a_sub_board_with_a_meter(
    empty_house: House, members: list[ConfigSubentryDataWithId], entity_registry: er.EntityRegistry
) -> None:
    """Other loads on it count as they are; renamed sensors are followed, and silent ones mean the safe current."""
    for n in (1, 2, 3):
        entity_registry.async_get_or_create("sensor", "test", f"board{n}", suggested_object_id=f"board_l{n}")
    board = SubBoard(empty_house)
    await empty_house.load_group(
        *members, circuit("Sub-board", "id_Garage", "id_Carport", fuse=20.0, metered=True, **METER)
    )
    for box in empty_house.boxes.values():
        box.plug_in()
    await empty_house.live(60)
    assert 18 < sum(empty_house.offers) <= 19
    assert empty_house.why() == ["circuit", "circuit"]
    board.others_a = [0.0, 5.0, 0.0]
    await empty_house.live(30)
    assert max(board.drawn_a) <= 20
    assert 13 < sum(empty_house.offers) <= 14
    board.others_a = [0.0, 0.0, 0.0]
    await empty_house.live(90)
    assert sum(empty_house.offers) > 17.5
    board.meter_works = False
    await empty_house.live(120)
    assert empty_house.offers == [6.0, 6.0]
    assert empty_house.why() == ["meter_silent", "meter_silent"]
    assert empty_house.read("binary_sensor.meter_silent") == "on"


async def test_a_renamed_sensor_of_a_sub_board(
    empty_house: House, members: list[ConfigSubentryDataWithId], entity_registry: er.EntityRegistry
) -> None:
    """The circuit has its new name."""
    item = entity_registry.async_get_or_create("sensor", "test", "board1", suggested_object_id="board_l1")
    board = circuit("Sub-board", "id_Garage", metered=True, **METER)
    await empty_house.load_group(*members, board)
    entity_registry.async_update_entity(item.entity_id, new_entity_id="sensor.barn_l1")
    await empty_house.settle()
    assert empty_house.group.subentries["id_Sub-board"].data["sensor_l1"] == "sensor.barn_l1"
    assert empty_house.group.state is ConfigEntryState.LOADED


async def test_the_form_of_a_meter(hass: HomeAssistant, charging: House) -> None:
    """The sensors are asked for where there is one, checked as those of the mains, and taken away with it."""
    SubBoard(charging)
    await charging.live(1)
    configure = hass.config_entries.subentries.async_configure
    result = await _begin(hass, charging)
    result = await configure(result["flow_id"], GARAGE | {"metered": True})
    assert result["step_id"] == "sensors"
    result = await configure(result["flow_id"], METER | {"sensor_l2": "sensor.board_l1"})
    assert result["errors"] == {"sensor_l2": "sensor_twice"}
    result = await configure(result["flow_id"], METER)
    assert result["type"] == "create_entry"
    await charging.settle()
    [subentry] = charging.group.get_subentries_of_type(SUBENTRY_CIRCUIT)
    assert subentry.data == {k: v for k, v in (GARAGE | METER).items() if k != "name"} | {"metered": True}

    result = await _begin(hass, charging, subentry.subentry_id)
    result = await configure(result["flow_id"], GARAGE | {"metered": True})
    result = await configure(result["flow_id"], METER | {"sign": "export_positive"})
    assert result["reason"] == "reconfigure_successful"
    await charging.settle()
    result = await _begin(hass, charging, subentry.subentry_id)
    result = await configure(result["flow_id"], GARAGE)
    assert result["reason"] == "reconfigure_successful"
    await charging.settle()
    [subentry] = charging.group.get_subentries_of_type(SUBENTRY_CIRCUIT)
    assert not subentry.data.keys() & METER.keys()


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
