"""The emulated PSP EVSE follows the document of the vendor, and its world follows physics."""

import json
from typing import Any

import pytest

from tests.emulators.base import Line, Request
from tests.emulators.psp import (
    CHARGING,
    CONNECTED,
    IDLE,
    IP_SDM72D_M,
    MODBUS_NMID30_2,
    MODBUS_SDM120M,
    NO_ACTION,
    NO_SUPERVISOR,
    NONE,
    REMOTE,
    PspEmulator,
)

NOON = 1_800_000_000.0


@pytest.fixture
def box() -> PspEmulator:
    """Return a controller of the newest firmware; its clock stands still at noon until it is wound."""
    return PspEmulator(clock=lambda: NOON)


async def ask(
    box: PspEmulator, method: str, resource: str, body: bytes = b"", peer: str = "127.0.0.1"
) -> Any:
    """Send a request and return the JSON of the answer, or the status of one that is none."""
    response = await box.answer(Request(method, f"/webapi/v1/{resource}", {}, {}, body, peer))
    assert response
    return json.loads(response.body) if response.status == 200 else response.status


async def get(box: PspEmulator, resource: str = "Status") -> Any:
    """GET a resource."""
    return await ask(box, "GET", resource)


async def post(box: PspEmulator, resource: str, peer: str = "127.0.0.1", **body: Any) -> Any:
    """POST to a resource."""
    return await ask(box, "POST", resource, json.dumps(body).encode(), peer)


@pytest.mark.parametrize(
    ("method", "resource", "body", "status"),
    [
        ("GET", "EvseCtrl", b"", 404),
        ("POST", "Status", b"{}", 404),
        ("POST", "Meter1", b"{}", 404),
        ("GET", "Meter3", b"", 404),
        ("GET", "", b"", 404),
        ("POST", "EvseCtrl", b"", 400),
        ("POST", "EvseCtrl", b"[1]", 400),
        ("POST", "SystemConfig", b"{", 400),
    ],
)
async def test_requests_that_are_none(
    box: PspEmulator, method: str, resource: str, body: bytes, status: int
) -> None:
    """What the document does not know is not answered as if it did."""
    assert await ask(box, method, resource, body) == status


async def test_spellings_of_the_generations() -> None:
    """Older firmware spells the session's time as the table does, and has no total."""
    for firmware, duration, total in (("0.5.0", "01:01:05", None), ("0.9.2", "01h:01m:05s", 3665)):
        box = PspEmulator(firmware, clock=lambda: NOON)
        box.plug_in()
        box.advance(3665)
        status = await get(box)
        assert status["SystemVersion"] == firmware
        assert status["ActualDuration"] == duration
        assert status.get("ActualDurationTotalSeconds") == total


async def test_wifi_is_spelled_in_two_ways(box: PspEmulator) -> None:
    """Status and SystemInfo have the Wi-Fi in two forms."""
    assert (await get(box))["WiFiInfo"] == "559EVSE:60%"
    assert (await get(box, "SystemInfo"))["WiFiInfo"] == "559EVSE,RSSI:-49dB/68%"


async def test_a_session(box: PspEmulator) -> None:
    """A car comes, charges for an hour at 16 A on three phases, is full, and leaves."""
    assert (await get(box))["EvseState"] == IDLE
    box.plug_in()
    box.plug_in()
    status = await get(box)
    assert (status["EvseState"], status["ActualCurrent"], status["ActualPower"]) == (CHARGING, 16, 11_040)
    box.advance(3600)
    # In Ws.
    assert (await get(box))["ActualEnergy"] == 11_040 * 3600
    box.draw(0)
    status = await get(box)
    assert (status["EvseState"], status["ActualPower"], status["ChargerStarted"]) == (CONNECTED, 0, True)
    box.unplug()
    status = await get(box)
    assert (status["EvseState"], status["ChargerStarted"]) == (IDLE, False)
    assert status["ActualEnergy"] == 11_040 * 3600
    box.plug_in()
    assert (await get(box))["ActualEnergy"] == 0


async def test_current_without_charging_as_in_the_example(box: PspEmulator) -> None:
    """A controller that reports its offer does so also while nothing is drawn."""
    box.shows_offer = True
    box.plug_in()
    box.draw(0)
    status = await get(box)
    assert (status["EvseState"], status["ActualCurrent"], status["ActualPower"]) == (CONNECTED, 16, 11_040)


@pytest.mark.parametrize(("cable_a", "amps"), [(None, 32), (20, 20), (63, 32)])
async def test_cable(cable_a: int | None, amps: float) -> None:
    """A cable in a socket is coded, and carries no more than that."""
    box = PspEmulator(cable_a=cable_a, settings={"ChargeCurrent": 32})
    box.plug_in()
    status = await get(box)
    assert status.get("PPCodedCurrent") == cable_a
    assert status["ActualCurrent"] == amps
    assert box.settings["ChargerMode"] == int(cable_a is not None)


async def test_one_phase(box: PspEmulator) -> None:
    """On one phase it draws a third."""
    assert await post(box, "SystemConfig", Charge3Phase=False) == {"Charge3Phase": "Set=>False"}
    box.plug_in()
    status = await get(box)
    assert (status["ThreePhaseCharging"], status["ActualPower"]) == (False, 3680)


async def test_toggles(box: PspEmulator) -> None:
    """True toggles, false is no action, and so is what is not allowed."""
    assert await post(box, "EvseCtrl", ChargeStartToggle=True) == {"ChargeStartToggle": NO_ACTION}
    box.plug_in()
    assert await post(box, "EvseCtrl", ChargeBoostToggle=True, Other=1) == {"ChargeBoostToggle": "Set=>True"}
    assert (await get(box))["ActualCurrent"] == 32
    assert await post(box, "EvseCtrl", ChargeBoostToggle=False) == {"ChargeBoostToggle": NO_ACTION}
    assert await post(box, "EvseCtrl", ChargeStartToggle=True) == {"ChargeStartToggle": "Set=>False"}
    status = await get(box)
    assert (status["ChargerStarted"], status["ChargeBoosted"], status["BoostAllowed"]) == (
        False,
        False,
        False,
    )
    assert await post(box, "EvseCtrl", ChargeBoostToggle=True) == {"ChargeBoostToggle": NO_ACTION}
    assert await post(box, "EvseCtrl", ChargeStartToggle=1) == {"ChargeStartToggle": NO_ACTION}
    assert await post(box, "EvseCtrl", ChargeStartToggle=True) == {"ChargeStartToggle": "Set=>True"}


async def test_buttons_on_the_charger(box: PspEmulator) -> None:
    """A person at the charger may do what a client may."""
    box.push_start()
    box.push_boost()
    assert (box.started, box.boosted) == (False, False)
    box.plug_in()
    box.push_boost()
    assert box.boosted
    box.push_start()
    assert (box.started, box.boosted, box.state) == (False, False, CONNECTED)


async def test_supervisor(box: PspEmulator) -> None:
    """Power is taken from the supervisor's address only, and while the control meter is remote control."""
    assert await post(box, "EvseCtrl", EVSEPowerAvailable=5000) == {"EVSEPowerAvailable": NO_SUPERVISOR}
    box.settings |= {"Meter2Type": REMOTE, "Meter2Ip": "127.0.0.1"}
    box.plug_in()
    assert box.drawn_a == 16
    assert await post(box, "EvseCtrl", "127.0.0.2", EVSEPowerAvailable=5000) == {
        "EVSEPowerAvailable": NO_SUPERVISOR
    }
    assert await post(box, "EvseCtrl", EVSEPowerAvailable=5000) == {"EVSEPowerAvailable": "Set=>5000"}
    assert box.drawn_a == 7
    for nonsense in (-1, "5000", 0.5):
        assert await post(box, "EvseCtrl", EVSEPowerAvailable=nonsense) == {"EVSEPowerAvailable": NO_ACTION}
    assert await post(box, "EvseCtrl", EVSEPowerAvailable=4139) == {"EVSEPowerAvailable": "Set=>4139"}
    assert (box.drawn_a, box.state) == (0, CONNECTED)


async def test_control_strategy(box: PspEmulator) -> None:
    """It keeps to what its control meter leaves of the limit; a limit of 0 is none, as in the example."""
    box.plug_in()
    assert "ActualPowerAvailable" not in await get(box)
    box.settings["ControlStrategy"] = 1
    assert (await get(box))["ActualPowerAvailable"] == 22_080
    box.settings["ControlLimit"] = 8400
    box.house(1500)
    assert (await get(box))["ActualPowerAvailable"] == 6900
    assert box.drawn_a == 10
    box.house(9000)
    assert (await get(box))["ActualPowerAvailable"] == 0
    assert box.state == CONNECTED


@pytest.mark.parametrize(
    ("settings", "taken"),
    [
        ({"ChargeCurrent": 6}, True),
        ({"ChargeCurrent": 5}, False),
        ({"ChargeCurrent": 33}, False),
        ({"ChargeCurrent": True}, False),
        ({"ChargeCurrent": "6"}, False),
        ({"ChargeAutoStart": False}, True),
        ({"ChargeAutoStart": 0}, False),
        ({"Meter1Type": NONE}, True),
        ({"Meter1Type": REMOTE, "Meter1Ip": "192.0.2.1"}, False),
        ({"Meter2Type": REMOTE}, False),
        ({"Meter2Type": REMOTE, "Meter2Ip": "192.0.2.1"}, True),
        ({"Meter1Type": IP_SDM72D_M}, False),
        ({"Meter1Type": IP_SDM72D_M, "Meter1Ip": "192.0.2.1"}, True),
        ({"Meter1Ip": "nowhere"}, False),
        ({"Meter1Ip": 7}, False),
        ({"TimeStamp": 1}, False),
    ],
)
async def test_settings(box: PspEmulator, settings: dict[str, Any], taken: bool) -> None:
    """A setting within its range is taken; a meter by IP only together with its address."""
    reply = await post(box, "SystemConfig", **settings)
    key, value = next(iter(settings.items()))
    assert reply[key] == (f"Set=>{value}" if taken else NO_ACTION)
    assert ((await get(box, "SystemConfig")).get(key) == value) is taken


@pytest.mark.parametrize("type_", range(8))
async def test_meters(box: PspEmulator, type_: int) -> None:
    """Each type of meter has registers of its own, and some have none."""
    box.settings["Meter2Type"] = type_
    data = (await get(box, "Meter2"))["Meter2"]["ModbusData"]
    assert len(data) == {0: 0, 1: 9, 2: 13, 3: 7, 4: 9, 5: 13, 6: 7, 7: 0}[type_]
    assert all(set(register) == {"Desc", "ErrCounter", "Value", "DataStatus"} for register in data.values())


async def test_values_of_the_meters(box: PspEmulator) -> None:
    """The first meter measures the car, the second one the house with it."""
    box.settings["Meter2Type"] = MODBUS_SDM120M
    box.plug_in()
    box.advance(3600)
    first = (await get(box, "Meter1"))["Meter1"]["ModbusData"]
    second = (await get(box, "Meter2"))["Meter2"]["ModbusData"]
    assert first["0x04_0x0034"]["Value"] == 11_040
    assert first["0x04_0x0048"]["Value"] == pytest.approx(0.331 + 11.04)
    # The digits of a 32-bit float.
    assert first["0x04_0x0048"]["Value"] != round(0.331 + 11.04, 6)
    assert second["0x04_0x000c"]["Value"] == 12_540


async def test_meter_that_is_lost(box: PspEmulator) -> None:
    """A meter that is disconnected counts errors, and its registers are not available; so is one by itself."""
    box.unavailable = {"0x04_0x0156"}
    box.lose_meter(1)
    box.advance(5)
    status = await get(box)
    assert (status["Meter1Status"], status["Meter2Status"]) == (5, 0)
    data = (await get(box, "Meter1"))["Meter1"]["ModbusData"]
    assert {register["DataStatus"] for register in data.values()} == {"Not available"}
    assert data["0x04_0x0034"]["ErrCounter"] == 5
    box.mend_meter()
    data = (await get(box, "Meter1"))["Meter1"]["ModbusData"]
    assert [key for key, register in data.items() if register["DataStatus"] != "Valid"] == ["0x04_0x0156"]


@pytest.mark.parametrize("spelling", ["SCode", "Scode"])
async def test_restart(box: PspEmulator, spelling: str) -> None:
    """A restart begins the time stamp anew, and keeps the settings; both spellings are understood."""
    box.plug_in()
    box.settings["ChargeCurrent"] = 9
    assert (await get(box))["TimeStamp"] == 3_600_000
    assert await post(box, "SystemInfo", **{spelling: "Reset", "SCodeData": ""}) == {"Reset": "Performing"}
    assert box.is_offline
    box.advance(12)
    status = await get(box)
    assert (status["TimeStamp"], status["ActualCurrent"]) == (2000, 9)
    assert not box.is_offline


async def test_other_service_codes(box: PspEmulator) -> None:
    """A reset to factory settings and a network of its own take it off the network; other codes do nothing."""
    assert await post(box, "SystemInfo", SCode="Dance") == {"Dance": NO_ACTION}
    assert not box.left_network
    box.settings["ChargeCurrent"] = 9
    assert await post(box, "SystemInfo", SCode="WiFiSetToAP") == {"WiFiSetToAP": "Performing"}
    assert (box.left_network, box.settings["ChargeCurrent"]) == (True, 9)
    assert await box.answer(Request("GET", "/webapi/v1/Status", {}, {}, b"")) is None
    box.left_network = False
    assert await post(box, "SystemInfo", SCode="FactoryDefault") == {"FactoryDefault": "Performing"}
    assert (box.left_network, box.settings["ChargeCurrent"]) == (True, 16)


async def test_update(box: PspEmulator) -> None:
    """An update is found, allowed, and installed."""
    assert await post(box, "SystemInfo", UpdateRunToggle=True) == {"UpdateRunToggle": NO_ACTION}
    assert await post(box, "SystemInfo", UpdateCheckToggle=False) == {"UpdateCheckToggle": NO_ACTION}
    assert await post(box, "SystemInfo", UpdateCheckToggle=True) == {"UpdateCheckToggle": "Performing"}
    info = await get(box, "SystemInfo")
    assert (info["OTAUpdateAllowed"], info["OTAMsg"]) == (False, "Firmware is up to date")
    box.new_firmware()
    await post(box, "SystemInfo", UpdateCheckToggle=True)
    assert (await get(box, "SystemInfo"))["OTAUpdateAllowed"]
    assert await post(box, "SystemInfo", UpdateRunToggle=True) == {"UpdateRunToggle": "Performing"}
    box.advance(61)
    assert (await get(box))["SystemVersion"] == "0.9.3"


@pytest.mark.parametrize("state", [2, 3, 7, 8, 9, 10, 11])
async def test_faults(box: PspEmulator, state: int) -> None:
    """A fault stops charging, and nothing may be toggled while it lasts."""
    box.plug_in()
    box.fail(state)
    status = await get(box)
    assert (status["EvseState"], status["ActualCurrent"], status["StartStopAllowed"]) == (state, 0, False)
    assert (await get(box, "SystemInfo"))["GeneralInfo"] == "System: Failure"
    box.clear()
    assert (await get(box))["EvseState"] == CHARGING


async def test_lost_and_odd_keys(box: PspEmulator) -> None:
    """A key may be missing, or have another value."""
    box.lost_keys = {"EvseState"}
    box.altered = {"Status": {"ActualCurrent": "odd"}, "Meter1": {"more": 1}}
    status = await get(box)
    assert "EvseState" not in status
    assert status["ActualCurrent"] == "odd"
    assert (await get(box, "Meter1"))["more"] == 1


async def test_every_button_can_be_pressed(box: PspEmulator) -> None:
    """Each button of the demonstration does something, with a value and without."""
    for button in box.buttons:
        box.press(button)
    box.press("draw", "10")
    box.press("break_line", "ok")
    assert (box.car_max_a, box.line, box.fault) == (10, Line.OK, 0)
    with pytest.raises(ValueError, match="no such button"):
        box.press("stop")


@pytest.mark.parametrize(
    ("button", "value"),
    [
        ("fail", "1"),
        ("fail", "12"),
        ("lose_meter", "3"),
        ("house", "nan"),
        ("draw", "much"),
        ("plug_in", "5"),
    ],
)
async def test_a_button_that_takes_no_such_value(box: PspEmulator, button: str, value: str) -> None:
    """A wrong value is refused before it can disturb the emulated world."""
    before = await get(box)
    with pytest.raises(ValueError):
        box.press(button, value)
    assert await get(box) == before


async def test_registers_of_a_three_phase_meter() -> None:
    """Each register of the NMID30-2 is a float of two, and the neutral current is the 225th."""
    box = PspEmulator(settings={"Meter2Type": MODBUS_NMID30_2})
    data = (await get(box, "Meter2"))["Meter2"]["ModbusData"]
    addresses = [int(key.rpartition("x")[2], 16) for key in data]
    assert all(address % 2 == 0 for address in addresses)
    assert data["0x04_0x00e0"]["Desc"] == "NeutralCurrent[A]"
