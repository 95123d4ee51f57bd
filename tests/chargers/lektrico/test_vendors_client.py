"""The vendor's own client (PyPI lektricowifi) drives the emulator: what it expects of a box, the emulator does."""

from typing import Any

import pytest

from tests.emulators.lektrico import LektricoEmulator

from .conftest import Make

lektricowifi = pytest.importorskip("lektricowifi")


def client(box: LektricoEmulator) -> Any:
    """Return the vendor's client of a box."""
    return lektricowifi.Device(f"{box.host}:{box.port}")


@pytest.mark.parametrize(
    ("model", "serial"), [("1p7k", 500006), ("3p22k", 500123), ("em", 810172), ("3em", 830017)]
)
async def test_config(make: Make, model: str, serial: int) -> None:
    """It recognises each kind of device."""
    box = await make(model)
    async with client(box) as device:
        config = await device.device_config()
    assert (config["type"], config["serial_number"]) == (model, serial)


@pytest.mark.parametrize("firmware", ["1.41", "1.47", "1.51", "2.0"])
@pytest.mark.parametrize(("model", "phases"), [("1p7k", 1), ("3p22k", 3)])
async def test_a_session(make: Make, model: str, phases: int, firmware: str) -> None:
    """A car is plugged in, authorised, charged with less, paused, resumed, stopped and unplugged."""
    box = await make(model, firmware)
    async with client(box) as device:

        async def info() -> dict[str, Any]:
            answer: dict[str, Any] = await device.device_info(model)
            return answer

        assert (await info())["charger_state"] == "available"
        # Its parameter is `headless` of the box, in spite of its name.
        assert (await device.set_auth(False))["result"] is True
        box.plug_in()
        answer = await info()
        assert (answer["charger_state"], answer["require_auth"]) == ("need_auth", True)
        assert (await device.send_charge_start())["result"] is True
        answer = await info()
        assert (answer["charger_state"], answer["current_limit_reason"]) == (
            "charging",
            "installation_current",
        )
        assert answer["instant_power"] == 16 * 230 * phases
        assert [answer[f"current_l{phase}"] for phase in (1, 2, 3)] == [16.0] * phases + [0.0] * (3 - phases)

        await device.set_dynamic_current(10)
        answer = await info()
        assert (answer["dynamic_current"], answer["current_limit_reason"]) == (10, "dynamic_limit")
        box.advance(3600)
        assert (await info())["session_energy"] == pytest.approx(2300 * phases)
        await device.set_dynamic_current(0)
        assert (await info())["charger_state"] == "paused"
        await device.set_dynamic_current(32)
        await device.set_user_current(8)
        assert (await info())["current_l1"] == 8
        if model == "3p22k" and firmware >= "1.51":
            await device.set_relay_mode(8, 1)
            answer = await info()
            assert (answer["relay_mode"], answer["current_l2"]) == (1, 0)

        box.fail("overvoltage_error")
        answer = await info()
        assert (answer["charger_state"], answer["overvoltage_error"], answer["rcd_error"]) == (
            "error",
            True,
            False,
        )
        box.clear()
        await device.set_charger_locked(True)
        assert (await info())["charger_state"] == "locked"
        await device.set_charger_locked(False)
        await device.set_led_max_brightness(30)
        assert (await info())["led_max_brightness"] == 30
        await device.send_charge_schedule_override()
        await device.send_charge_stop()
        assert (await info())["charger_state"] == "need_auth"
        box.unplug()
        assert (await info())["charger_state"] == "available"
        assert (await device.send_reset())["result"] is True
    assert box.restarts == 5


@pytest.mark.parametrize("model", ["em", "3em"])
async def test_an_energy_meter(make: Make, model: str) -> None:
    """It reads the house, and sets how the load is balanced."""
    box = await make(model)
    box.house(4)
    async with client(box) as device:
        assert (await device.set_load_balancing_mode(lektricowifi.LBMode.GREEN))["result"] is True
        answer = await device.device_info(model)
    assert (answer["lb_mode"], answer["breaker_curent"], answer["current_l1"]) == (3, 32, 4.0)
    assert answer["power_l3"] == (920.0 if model == "3em" else 0.0)
