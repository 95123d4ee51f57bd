"""The demonstration works both ways: from the chargers' buttons to Home Assistant and back."""

from functools import partial

from aiohttp import ClientSession
import pytest

from script.demo.house import FUSE_A, GROUP

from .conftest import Demo, House, until

# Real time: each step takes up to one poll, and a restart takes two.
pytestmark = pytest.mark.timeout(180)

STATUS = "sensor.smartevse_status"
MODE = "select.smartevse_mode"


async def test_nothing_to_repair(house: House) -> None:
    """The demonstration is set up as a house should be."""
    issues = (await house.command("repairs/list_issues"))["issues"]
    assert [issue["issue_id"] for issue in issues if issue["domain"] == "evse_pilot"] == []


async def test_from_the_box_to_home_assistant(house: House) -> None:
    """A car that is plugged in, an error, a broken line, a restart and a hand on the box are seen."""
    await house.press("plug_in")
    await house.becomes(STATUS, "charging")
    await house.press("turn_mode", 3)
    await house.becomes(MODE, "smart")
    await house.press("fail", 4)
    await house.becomes("sensor.smartevse_error_or_wait_reason", "rcm_tripped")
    await house.becomes(STATUS, "fault")
    await house.press("clear")
    await house.becomes(STATUS, "charging")
    await house.press("break_line", "cut")
    await house.becomes(STATUS, "unavailable")
    await house.press("break_line", "ok")
    await house.becomes(STATUS, "charging")
    # A short restart is a poll that is lost, and no news.
    await house.press("reboot")
    await house.becomes(STATUS, "charging")
    await house.press("unplug")
    await house.becomes(STATUS, "disconnected")


async def test_from_home_assistant_to_the_box(house: House) -> None:
    """A mode and a limit that are chosen in Home Assistant are obeyed, and shown."""
    await house.press("plug_in")
    await house.becomes(STATUS, "charging")
    await house.act("select.select_option", MODE, option="smart")
    assert (await house.box())["Mode"] == "smart"
    await house.act("number.set_value", "number.smartevse_current_limit", value=8.3)
    await house.becomes("sensor.smartevse_current_l1", "8.3")
    assert (await house.box())["Drawn"] == "8.3 A, 8.3 A, 8.3 A"
    await house.act("switch.turn_off", "switch.smartevse_allow_charging")
    assert (await house.box())["Mode"] == "pause"
    await house.becomes(STATUS, "paused")
    await house.act("button.press", "button.smartevse_clear_current_limit")


async def test_a_lektrico_both_ways(house: House) -> None:
    """Its plug, its limit, its lock and a hand in its app are seen on the other side; so is its energy meter."""
    status, box = "sensor.lektrico_status", "lektrico"
    for button in ("clear", "unlock", "resume", "unplug"):
        await house.press(button, charger=box)
    await house.becomes(status, "disconnected")
    await house.press("plug_in", charger=box)
    await house.becomes(status, "charging")
    await house.act("number.set_value", "number.lektrico_current_limit", value=8)
    await house.becomes("sensor.lektrico_current_l1", "8.0")
    assert (await house.box(box))["Drawn"] == "8 A, 8 A, 8 A"
    await house.act("switch.turn_on", "switch.lektrico_charger_lock")
    assert (await house.box(box))["Locked"] == "yes"
    await house.becomes(status, "locked")
    await house.act("switch.turn_off", "switch.lektrico_charger_lock")
    await house.press("pause", charger=box)
    await house.becomes("switch.lektrico_allow_charging", "off")
    await house.act("switch.turn_on", "switch.lektrico_allow_charging")
    await house.becomes(status, "charging")
    await house.press("house", -3, charger="lektrico_em")
    await house.becomes("sensor.lektrico_2_mains_power", "-2070.0")


async def test_a_psp_both_ways(house: House) -> None:
    """A car at the PSP EVSE is seen, started, boosted and limited, and its meter is counted."""
    status, charge = "sensor.psp_evse_status", "switch.psp_evse_allow_charging"
    await house.press("plug_in", charger="psp")
    await house.becomes(status, "charging")
    await house.act("number.set_value", "number.psp_evse_current_limit", value=10)
    await house.becomes("sensor.psp_evse_power", "6900.0")
    await house.becomes("sensor.psp_evse_meter_1_power", "6900.0")
    await house.act("switch.turn_on", "switch.psp_evse_boost")
    assert (await house.box("psp"))["Session"] == "boosted"
    await house.act("switch.turn_off", charge)
    assert (await house.box("psp"))["Session"] == "stopped"
    await house.becomes(status, "paused")
    await house.press("push_start", charger="psp")
    await house.becomes(charge, "on")
    await house.act("evse_pilot.take_power_control", status)
    assert (await house.box("psp"))["Control meter"] == "remote control"
    await house.act("evse_pilot.release_power_control", status)
    assert (await house.box("psp"))["Control meter"] == "its own"
    await house.press("unplug", charger="psp")
    await house.becomes(status, "disconnected")


async def test_a_charger_of_another_integration_both_ways(house: House) -> None:
    """A car at a charger that Home Assistant already had is seen, and limited, by its entities."""
    status, box = "sensor.otherbox_status_2", "otherbox"
    await house.press("plug_in", charger=box)
    await house.becomes(status, "charging")
    await house.act("number.set_value", "number.otherbox_current_limit", value=10)
    await house.becomes("number.otherbox_charge_limit", "10.0")
    await house.becomes("sensor.otherbox_current_l1", "10.0")
    assert (await house.box(box))["Drawn"] == "10 A on 3 phases"
    # A limit that was never there is a person's, however soon after a command.
    await house.press("limit", 12, charger=box)
    await house.becomes("number.otherbox_current_limit", "12.0")
    await house.act("switch.turn_off", "switch.otherbox_allow_charging")
    await house.becomes(status, "paused")
    shown = await house.box(box)
    assert (shown["Limit"], shown["Allowed"]) == ("12 A", "no")
    await house.act("switch.turn_on", "switch.otherbox_allow_charging")
    await house.becomes(status, "charging")
    await house.press("limit", 16, charger=box)
    await house.press("unplug", charger=box)
    await house.becomes(status, "disconnected")


async def test_evnex_both_ways(house: House) -> None:
    """A charger in a cloud sends events, takes commands, and is unavailable when it is gone."""
    status, limit = "sensor.evnex_status", "number.evnex_current_limit"
    await house.press("plug_in", charger="evnex")
    await house.becomes(status, "charging")
    await house.act("number.set_value", limit, value=13)
    await house.becomes(limit, "13.0")
    await house.becomes("sensor.evnex_power", "2990.0")
    assert (await house.box("evnex"))["Drawn"] == "13 A"
    await house.press("cut_streams", charger="evnex")
    await house.act("switch.turn_off", "switch.evnex_allow_charging")
    await house.becomes(status, "paused")
    assert (await house.box("evnex"))["Mode"] == "disabled"
    await house.act("switch.turn_on", "switch.evnex_allow_charging")
    await house.becomes(status, "charging")
    await house.press("go_offline", charger="evnex")
    await house.becomes(status, "unavailable")
    await house.press("come_back", charger="evnex")
    await house.press("unplug", charger="evnex")
    await house.becomes(status, "disconnected")


async def test_a_wrong_button(demo: Demo, house: House) -> None:
    """The control page shows what is wrong with its input."""
    async with ClientSession() as session:
        for path in (
            "toaster/plug_in",
            "smartevse/explode",
            "smartevse/draw?value=much",
            "smartevse/turn_mode?value=9",
        ):
            async with session.post(f"{demo.buttons}/{path}") as response:
                assert response.status == 400
                assert (await response.text()).endswith(".\n")


@pytest.mark.timeout(300)
async def test_chargers_of_the_core_in_a_group(house: House) -> None:
    """A Lektrico of ours and two chargers of Home Assistant's own integrations share a fuse, on their own wires."""
    makes = ("lektrico", "v2c", "nrgkick")
    names = ("lektrico", "v2c_trydan", "nrgkick")
    statuses = ("sensor.lektrico_status", "sensor.v2c_trydan_status", "sensor.nrgkick_status_2")

    async def drawn_a() -> list[float]:
        return [float((await house.box(make))["Drawn"].split(" ")[0]) for make in makes]

    async def all_between(least_a: float, most_a: float) -> bool:
        mains = (await house.box("house"))["Mains"].split(", ")
        fits = max(float(amps.split(" ")[0]) for amps in mains) <= FUSE_A
        return fits and all(least_a <= amps <= most_a for amps in await drawn_a())

    for entry, title in (("v2c", "V2C Trydan"), ("nrgkick", "NRGkick")):
        [other] = await house.command("config_entries/get", domain=entry)
        assert other["state"] == "loaded"
        [ours] = [
            each
            for each in await house.command("config_entries/get", domain="evse_pilot")
            if each["title"] == title
        ]
        assert ours["state"] == "loaded"
    [group] = [
        each
        for each in await house.command("config_entries/get", domain="evse_pilot")
        if each["title"] == GROUP
    ]
    members = await house.command("config_entries/subentries/list", entry_id=group["entry_id"])
    assert {"Lektrico", "V2C Trydan", "NRGkick"} <= {member["title"] for member in members}

    for name in names:
        await house.act("evse_pilot.clear_current_limit", f"sensor.{name}_limited_by")
    await house.act("switch.turn_on", "switch.main_fuse_load_balancing")
    try:
        for make, status in zip(makes, statuses, strict=True):
            await house.press("unplug", charger=make)
            await house.becomes(status, "disconnected")
        # A car has come before the next one does: of three that draw too much at once, one would be paused for as long as
        # contactors are spared.
        for make, status in zip(makes, statuses, strict=True):
            await house.press("plug_in", charger=make)
            await house.becomes(status, "charging")
        await until(partial(all_between, 11, 16), 60)
        await house.press("load", 12, charger="house")
        await until(partial(all_between, 6, 9), 30)
        for make in makes[1:]:
            limit_a = float((await house.box(make))["Limit"].split(" ")[0])
            assert 6 <= limit_a <= 9
        for name, phase in zip(names, ("l1", "l1", "l2"), strict=True):
            await house.becomes(f"sensor.{name}_limited_by", f"main_fuse_{phase}")
    finally:
        await house.press("load", 2, charger="house")
        for make in makes:
            await house.press("unplug", charger=make)
