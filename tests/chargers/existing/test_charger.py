"""Each way to command a charger through entities, and what becomes of entities that are not as they should be."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

from chargers.capabilities import ChargingSwitch, EnergyMeter, Limiter, PhaseSwitch
from chargers.entity_port import Role
from chargers.errors import (
    ChargerError,
    ChargerNoReplyError,
    ChargerOfflineError,
    ChargerProtocolError,
    ChargerRefusedError,
)
from chargers.existing.profiles import GENERIC, profile_of, read_profile
from chargers.types import Status
import pytest

from .fake import FakePort, charger_of

type Entity = tuple[str, str | None, Mapping[str, Any]]

STATUS: Entity = ("sensor", "connected", {})
LIMIT: Entity = ("number", "16", {"unit_of_measurement": "A", "min": 6, "max": 32, "step": 1})
SWITCH: Entity = ("switch", "on", {})


def _sensor(value: str | None, unit: str) -> Entity:
    return ("sensor", value, {"unit_of_measurement": unit})


async def test_number_and_switch() -> None:
    """The most common: a number in A, and a switch that allows charging."""
    port = FakePort(status=STATUS, limit=LIMIT, switch=SWITCH)
    charger = charger_of(port)
    state = await charger.fetch()
    assert (state.status, state.limit_a, state.allows_charging) == (Status.CONNECTED, 16, True)
    await charger.set_limit(10.7)
    await charger.set_charging(True)
    await charger.set_charging(False)
    assert port.calls == [
        ("number.set_value", {"value": 10}, Role.LIMIT),
        ("switch.turn_off", {}, Role.SWITCH),
    ]
    port.show(Role.SWITCH, "off")
    paused = await charger.fetch()
    assert paused.status is Status.PAUSED
    load = charger.load(paused)
    assert (load.limit_a, load.set_a) == (0, 16)


async def test_action_of_the_owner() -> None:
    """It sets the limit, whatever kind of entity shows that, and whatever the profile would do."""
    shown: Entity = ("sensor", "16", {"unit_of_measurement": "A"})
    for limit, profile in ((shown, GENERIC), (LIMIT, GENERIC), (shown, read_profile("keba"))):
        port = FakePort(status=STATUS, limit=limit, switch=SWITCH)
        charger = charger_of(port, profile, has_action=True)
        state = await charger.fetch()
        assert charger.has(Limiter)
        assert state.limit_a == 16
        await charger.set_limit(9.0)
        await charger.set_limit(12.7)
        assert port.calls == [("own", {"current": amps}, None) for amps in (9, 12)]


async def test_what_was_just_commanded_counts_until_it_is_reported() -> None:
    """A switch that is used twice within a moment is used twice, though it shows nothing of it yet."""
    port = FakePort(status=STATUS, limit=LIMIT, switch=SWITCH)
    charger = charger_of(port)
    await charger.fetch()
    await charger.set_charging(False)
    await charger.set_charging(True)
    assert [action for action, *_ in port.calls] == ["switch.turn_off", "switch.turn_on"]
    port.t += 5
    port.show(Role.SWITCH, "off")
    await charger.set_charging(False)
    assert len(port.calls) == 2


@pytest.mark.parametrize(
    "limit",
    [
        # No limit at all, by the words of some
        ("select", "-1", {"options": ["-1", "6", "16"]}),
        # What an integration shows that has not read its charger yet
        ("number", "0", {"unit_of_measurement": "A", "min": 6, "max": 32}),
        ("number", "0", {"unit_of_measurement": "mA", "min": 6000, "max": 32000}),
        # Of a part, or a power
        ("number", "16", {"unit_of_measurement": "%", "min": 0, "max": 100}),
        ("number", "11", {"unit_of_measurement": "kW", "min": 0, "max": 22}),
        ("number", "nan", LIMIT[2]),
        ("number", "-6", {"unit_of_measurement": "A", "min": -32, "max": 32}),
        ("select", "16", {"options": None}),
    ],
)
async def test_a_limit_that_is_none(limit: Entity) -> None:
    """It is not known, so that a group counts with the most; it is not taken for a charger that gives nothing."""
    charger = charger_of(FakePort(status=STATUS, limit=limit, switch=SWITCH))
    assert (await charger.fetch()).limit_a is None


@pytest.mark.parametrize(
    "limit",
    [
        ("number", "11", {"unit_of_measurement": "kW", "min": 0, "max": 22}),
        ("number", "50", {"unit_of_measurement": "%", "min": 0, "max": 100}),
        ("select", "eco", {"options": ["eco", "fast"]}),
    ],
)
async def test_a_limit_in_another_unit_is_not_set(limit: Entity) -> None:
    """10 A are no 10 kW: nothing is sent."""
    port = FakePort(status=STATUS, limit=limit, switch=SWITCH)
    charger = charger_of(port)
    await charger.fetch()
    with pytest.raises(ChargerRefusedError):
        await charger.set_limit(10)
    assert port.calls == []


@pytest.mark.parametrize(
    ("least", "step", "minimum_a", "asked"),
    [
        (6, 4, 6, {6: 6, 9: 6, 10: 10, 13.9: 10, 16: 14}),
        (0, 4, 8, {8: 8, 11: 8, 16: 16}),
        (0, 5, 10, {10: 10, 16: 15}),
        (7, 2, 7, {7: 7, 16: 15}),
        (6, 0.5, 6, {6: 6, 10.7: 10.5}),
        (1, 1, 6, {6: 6, 10.7: 10}),
    ],
)
async def test_steps_begin_at_the_least(
    least: float, step: float, minimum_a: float, asked: Mapping[float, float]
) -> None:
    """A limit is rounded down to what an entity has, and never to less than a car knows."""
    attributes = {"unit_of_measurement": "A", "min": least, "max": 32, "step": step}
    port = FakePort(status=STATUS, limit=("number", "16", attributes), switch=SWITCH)
    charger = charger_of(port)
    assert (await charger.fetch()).minimum_a == minimum_a
    for amps in asked:
        await charger.set_limit(amps)
    assert [data["value"] for _, data, _ in port.calls] == list(asked.values())


async def test_steps_that_pass_over_what_a_circuit_bears() -> None:
    """4 A are no limit for a car, and 8 A too much for the circuit: nothing is set."""
    attributes = {"unit_of_measurement": "A", "min": 0, "max": 32, "step": 4}
    port = FakePort(status=STATUS, limit=("number", "16", attributes), switch=SWITCH)
    charger = charger_of(port, circuit_a=7)
    await charger.fetch()
    with pytest.raises(ChargerRefusedError):
        await charger.set_limit(7)
    assert port.calls == []


async def test_input_helpers_are_set_by_their_own_actions() -> None:
    """A helper of Home Assistant's may stand for an action that only an automation can carry out."""
    port = FakePort(
        status=STATUS,
        limit=("input_number", "16", LIMIT[2]),
        start=("input_button", None, {}),
        stop=("button", None, {}),
    )
    charger = charger_of(port)
    await charger.fetch()
    await charger.set_limit(8)
    await charger.set_charging(False)
    await charger.set_charging(True)
    assert [action for action, *_ in port.calls] == [
        "input_number.set_value",
        "button.press",
        "input_button.press",
    ]


async def test_milliamperes() -> None:
    """A limit in mA is set in mA, and read as A."""
    attributes = {"unit_of_measurement": "mA", "min": 6000, "max": 16000, "step": 1000}
    port = FakePort(status=STATUS, limit=("number", "16000", attributes), switch=SWITCH)
    charger = charger_of(port)
    state = await charger.fetch()
    assert (state.limit_a, state.minimum_a, state.maximum_a, state.step_a) == (16, 6, 16, 1)
    await charger.set_limit(9)
    assert port.calls == [("number.set_value", {"value": 9000}, Role.LIMIT)]


async def test_a_limit_to_choose() -> None:
    """Of the currents of a select the next lower one is chosen, and never one above what was asked for."""
    options = ["0", "6 A", "10A", "13", "16 a", "eco"]
    port = FakePort(status=STATUS, limit=("select", "16 a", {"options": options}), switch=SWITCH)
    charger = charger_of(port)
    state = await charger.fetch()
    assert (state.limit_a, state.minimum_a, state.maximum_a, state.step_a) == (16, 6, 16, 4)
    for amps in (12.9, 6, 16):
        await charger.set_limit(amps)
    chosen = [data["option"] for _, data, _ in port.calls]
    assert chosen == ["10A", "6 A", "16 a"]
    port.show(Role.LIMIT, "eco")
    with pytest.raises(ChargerProtocolError):
        charger.load(await charger.fetch())


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        # As an integration has them before its first reading, and as they are by mistake
        ({"min": 0, "max": 0, "step": 1}, (6, 20, 1)),
        ({"min": 0, "max": 100, "step": 1}, (6, 20, 1)),
        ({"min": -32, "max": 32, "step": 1}, (6, 20, 1)),
        ({"min": 6, "max": 4, "step": 0}, (6, 20, 1)),
        ({"min": 8, "max": 16, "step": 0.001}, (8, 16, 0.1)),
        ({"min": 25, "max": 32, "step": 50}, (20, 20, 1)),
        ({"min": "low", "max": None, "step": "x"}, (6, 20, 1)),
        ({}, (6, 20, 1)),
    ],
)
async def test_a_range_that_lies(attributes: dict[str, Any], expected: tuple[float, ...]) -> None:
    """What is set is never outside of what the circuit carries and a car knows, whatever an entity offers."""
    port = FakePort(
        status=STATUS, limit=("number", "16", attributes | {"unit_of_measurement": "A"}), switch=SWITCH
    )
    state = await charger_of(port, circuit_a=20.0).fetch()
    assert (state.minimum_a, state.maximum_a, state.step_a) == expected


async def test_a_limit_of_zero_pauses_where_nothing_else_does() -> None:
    """A number that takes 0 is its own switch; what it shows below 6 A is a pause."""
    port = FakePort(status=STATUS, limit=("number", "16", {**LIMIT[2], "min": 0}))
    charger = charger_of(port)
    await charger.fetch()
    await charger.set_charging(False)
    assert port.calls == [("number.set_value", {"value": 0}, Role.LIMIT)]
    for shown in ("0", "3"):
        port.t += 5
        port.show(Role.LIMIT, shown)
        state = await charger.fetch()
        assert charger.allows_charging(state) is False
        assert state.status is Status.PAUSED
        load = charger.load(state)
        assert (load.limit_a, load.set_a) == (0, None)
    await charger.set_charging(True)
    assert port.calls[-1] == ("number.set_value", {"value": 6}, Role.LIMIT)


async def test_a_switch_alone_limits_to_all_or_nothing() -> None:
    """Without a limit a charger is switched: its least is its most."""
    port = FakePort(status=STATUS, switch=SWITCH)
    charger = charger_of(port, circuit_a=20)
    load = charger.load(await charger.fetch())
    assert (load.limit_a, load.minimum_a, load.maximum_a) == (20, 20, 20)
    await charger.set_limit(20)
    assert port.calls == []
    with pytest.raises(ChargerRefusedError):
        await charger.set_limit(16)
    await charger.set_charging(False)
    assert port.calls == [("switch.turn_off", {}, Role.SWITCH)]


@pytest.mark.parametrize("limit", [None, ("sensor", "16", {"unit_of_measurement": "A"})])
async def test_what_cannot_be_commanded_is_only_read(limit: Entity | None) -> None:
    """Sensors alone make no charger that a group could limit."""
    entities: dict[str, Entity] = {"status": STATUS, "energy": _sensor("1.5", "kWh")}
    if limit is not None:
        entities["limit"] = limit
    charger = charger_of(FakePort(**entities))
    await charger.fetch()
    assert charger.capability(Limiter) is None
    assert charger.capability(ChargingSwitch) is None
    assert charger.capability(PhaseSwitch) is None
    assert charger.capability(EnergyMeter) is charger


async def test_a_mirror_pauses_only_what_charges() -> None:
    """A switch that shows whether a car charges is off without one, and that is no pause of its owner's."""
    profile = read_profile("wallbox")
    port = FakePort(
        status=("sensor", "Ready", {}),
        limit=("number", "16", {"min": 6, "max": 32}),
        switch=("switch", None, {}),
    )
    charger = charger_of(port, profile)
    for word, switched, allowed, shows in (
        ("Ready", None, None, False),
        ("Waiting for car demand", "on", True, False),
        ("Charging", "on", True, True),
        ("Paused", "off", False, True),
        ("Scheduled", "off", False, True),
    ):
        port.show(Role.STATUS, word)
        port.show(Role.SWITCH, switched)
        state = await charger.fetch()
        assert charger.allows_charging(state) is allowed
        assert charger.load(state).shows_pause is shows


async def test_actions_of_a_profile() -> None:
    """KEBA has no entity that can be set: its limit, its pause and its status are actions and attributes."""
    profile = read_profile("keba")
    port = FakePort(
        status=("binary_sensor", "off", {"status": "ready for charging"}),
        plugged=("binary_sensor", "on", {}),
        charging=("binary_sensor", "off", {"status": "ready for charging"}),
        online=("binary_sensor", "on", {}),
        limit=("sensor", "16.0", {"unit_of_measurement": "A"}),
    )
    charger = charger_of(port, profile)
    assert (await charger.fetch()).status is Status.CONNECTED
    await charger.set_limit(12)
    await charger.set_charging(False)
    assert port.calls == [("keba.set_current", {"current": 12}, None), ("keba.disable", {}, None)]
    port.t += 5
    port.entities[Role.STATUS] = ("binary_sensor", "off", {"status": "not ready for charging; unplugged"})
    port.show(Role.STATUS, "off")
    assert (await charger.fetch()).status is Status.CONNECTED
    port.t += 5
    port.entities[Role.STATUS] = ("binary_sensor", "off", {"status": "not ready for charging"})
    port.show(Role.STATUS, "off")
    state = await charger.fetch()
    assert (state.status, state.allows_charging) == (Status.PAUSED, False)
    port.show(Role.PLUGGED, "off")
    assert (await charger.fetch()).status is Status.DISCONNECTED


async def test_an_action_on_a_device() -> None:
    """Easee takes a limit by an action on its device; 0 A pauses it."""
    port = FakePort(
        status=("sensor", "charging", {}),
        limit=("sensor", "32", {"unit_of_measurement": "A"}),
        current_l1=_sensor("15.5", "A"),
    )
    charger = charger_of(port, read_profile("easee"))
    load = charger.load(await charger.fetch())
    # The one current is of the phase with most.
    assert load.drawn_a == (15.5, 15.5, 15.5)
    await charger.set_limit(10)
    await charger.set_charging(False)
    action = "easee.set_charger_dynamic_limit"
    assert port.calls == [
        (action, {"device_id": "device-1", "current": 10}, None),
        (action, {"device_id": "device-1", "current": 0}, None),
    ]


async def test_another_entity_of_the_owner_is_commanded_as_what_it_is() -> None:
    """Words and actions of a profile are not used on an entity that its owner chose instead."""
    port = FakePort(status=STATUS, limit=("number", "16", LIMIT[2]), switch=SWITCH)
    charger = charger_of(port, read_profile("v2c"), owners=frozenset({Role.SWITCH, Role.LIMIT}))
    state = await charger.fetch()
    assert state.allows_charging is True
    await charger.set_charging(False)
    assert port.calls == [("switch.turn_off", {}, Role.SWITCH)]
    # By the profile the switch pauses.
    charger = charger_of(port, read_profile("v2c"))
    assert (await charger.fetch()).allows_charging is False


@pytest.mark.parametrize(
    ("integration", "entity", "one", "three", "calls"),
    [
        ("peblar", SWITCH, "on", "off", ["switch.turn_on", "switch.turn_off"]),
        ("goecharger_api2", ("select", "0", {}), "1", "2", ["select.select_option"] * 2),
        ("", ("switch", "off", {}), "on", "off", ["switch.turn_on", "switch.turn_off"]),
        ("", ("select", "3", {"options": ["1", "3"]}), "1", "3", ["select.select_option"] * 2),
        ("", ("input_select", "3", {"options": ["3", "1"]}), "1", "3", ["input_select.select_option"] * 2),
    ],
)
async def test_phases(integration: str, entity: Entity, one: str, three: str, calls: list[str]) -> None:
    """A switch that forces one phase, or a select."""
    port = FakePort(status=STATUS, limit=LIMIT, switch=SWITCH, phases=entity)
    charger = charger_of(port, read_profile(integration))
    for word, phases in ((one, 1), (three, 3), ("x", None)):
        port.show(Role.PHASES, word)
        state = await charger.fetch()
        assert charger.phases(state) == phases
        assert charger.load(state).phases == ((1,) if phases == 1 else (1, 2, 3))
    await charger.set_phases(1)
    await charger.set_phases(3)
    assert [action for action, *_ in port.calls] == calls
    assert [data.get("option", one) for _, data, _ in port.calls] == (
        [one, three] if port.calls[0][1] else [one] * 2
    )
    with pytest.raises(ChargerRefusedError):
        await charger.set_phases(2)


async def test_unavailable_entities() -> None:
    """One that shows nothing is not known; when none shows anything the charger is gone."""
    port = FakePort(status=STATUS, limit=LIMIT, switch=SWITCH, power=_sensor("3.7", "kW"))
    charger = charger_of(port)
    port.show(Role.LIMIT, None)
    port.show(Role.POWER, None)
    state = await charger.fetch()
    assert (state.limit_a, state.power_w, state.status) == (None, None, Status.CONNECTED)
    with pytest.raises(ChargerProtocolError):
        charger.load(state)
    port.show(Role.STATUS, None)
    port.show(Role.SWITCH, None)
    for attempt in (charger.fetch, charger.identify, lambda: charger.set_charging(False)):
        with pytest.raises(ChargerOfflineError):
            await attempt()
    with pytest.raises(ChargerOfflineError):
        await charger.set_limit(10)
    assert port.calls == []
    port.show(Role.STATUS, "charging")
    assert (await charger.fetch()).status is Status.CHARGING


async def test_offline_by_its_own_entity() -> None:
    """An integration may go on showing the last values of a charger that has lost its cloud."""
    port = FakePort(status=STATUS, limit=LIMIT, switch=SWITCH, online=("binary_sensor", "off", {}))
    with pytest.raises(ChargerOfflineError):
        await charger_of(port).fetch()


async def test_missing_entities_are_named() -> None:
    """What no integration provides any more is not known, and its owner can be asked for it."""
    port = FakePort(status=STATUS, limit=LIMIT, switch=SWITCH)
    charger = charger_of(port, more=frozenset({Role.POWER, Role.ENERGY}))
    state = await charger.fetch()
    assert set(state.missing) == {Role.POWER, Role.ENERGY}
    assert charger.missing() == ("sensor.energy", "sensor.power")


async def test_old_measurements_are_none() -> None:
    """A current that was reported long ago is none, so that a group counts with what the charger may give."""
    port = FakePort(
        status=("sensor", "charging", {}), limit=LIMIT, switch=SWITCH, current_l1=_sensor("0", "A")
    )
    charger = charger_of(port)
    port.show(Role.CURRENT_L1, "6000")
    port.entities[Role.CURRENT_L1] = _sensor("6000", "mA")
    assert charger.load(await charger.fetch()).drawn_a == (6, 6, 6)
    port.t += 301
    assert charger.load(await charger.fetch()).drawn_a is None
    port.show(Role.STATUS, "disconnected")
    assert charger.load(await charger.fetch()).drawn_a == (0, 0, 0)


async def test_energies_count_only_what_can_be() -> None:
    """A counter that leaps counts from its second reading on, each report being one reading."""
    port = FakePort(
        status=STATUS,
        limit=LIMIT,
        switch=SWITCH,
        energy=_sensor("1000", "kWh"),
        session_energy=_sensor("500", "Wh"),
    )
    charger = charger_of(port)
    for _ in range(3):
        assert (await charger.fetch()).energy_wh is None
    for role, value in ((Role.ENERGY, "1000"), (Role.SESSION_ENERGY, "500")):
        port.t += 10
        port.show(role, value)
    state = await charger.fetch()
    assert (state.energy_wh, state.session_energy_wh) == (1_000_000, 500)
    reading = charger.session_reading(state)
    assert (reading.total_wh, reading.session_wh, reading.plugged_in) == (1_000_000, 500, True)
    port.t += 10
    port.show(Role.ENERGY, "0")
    assert (await charger.fetch()).energy_wh == 1_000_000


async def test_the_stream_has_each_change() -> None:
    """A snapshot follows each report; several in one moment are one."""
    port = FakePort(status=STATUS, limit=LIMIT, switch=SWITCH)
    charger = charger_of(port)
    async with aclosing(charger.stream()) as stream:
        waiting = anext(stream)
        task = asyncio.ensure_future(waiting)
        await asyncio.sleep(0)
        port.show(Role.LIMIT, "10")
        port.show(Role.STATUS, "charging")
        state = await task
        assert (state.limit_a, state.status) == (10, Status.CHARGING)
        task = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        assert not task.done()
        for role in (Role.STATUS, Role.LIMIT, Role.SWITCH):
            port.show(role, None)
        await asyncio.sleep(0)
        # Whether it is gone, and not only for a moment, is found out by a poll.
        assert not task.done()
        port.show(Role.STATUS, "paused")
        assert (await task).status is Status.PAUSED
    assert port.listeners == []


@pytest.mark.parametrize("error", [ChargerNoReplyError("x"), ChargerRefusedError("value_not_allowed")])
async def test_a_failed_action_is_no_command(error: ChargerError) -> None:
    """What an integration did not carry out is sent again when it is asked for again."""
    port = FakePort(status=STATUS, limit=LIMIT, switch=SWITCH)
    charger = charger_of(port)
    await charger.fetch()
    port.error = error
    for _ in range(2):
        with pytest.raises(type(error)):
            await charger.set_charging(False)
    assert len(port.calls) == 2


async def test_a_report_has_no_entity_ids() -> None:
    """What it shows is in a bug report, and not under which name."""
    port = FakePort(status=STATUS, limit=LIMIT)
    charger = charger_of(port, read_profile("peblar"))
    await charger.fetch()
    report = charger.report()
    assert report["profile"] == "peblar"
    assert report["entities"] == {
        "limit": {"kind": "number", "value": "16", "unit": "A"},
        "status": {"kind": "sensor", "value": "connected", "unit": None},
    }
    assert "device-1" not in str(report)


def test_a_pause_of_0_where_a_profile_knows_that_it_is_none() -> None:
    """A number that takes 0 and does not pause by it is no switch."""
    raw = {"integration": "x", "name": "X", "tried": "read", "roles": {"limit": {"keys": ["limit"]}}}
    port = FakePort(status=STATUS, limit=("number", "16", {**LIMIT[2], "min": 0}))
    charger = charger_of(port, profile_of(raw | {"limit": {"zero_pauses": False}}))
    assert charger.capability(Limiter) is None
