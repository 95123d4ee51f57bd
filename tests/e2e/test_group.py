"""Three chargers of three vendors share a main fuse with a house, and two of them that of a garage."""

from contextlib import suppress
from functools import partial

from aiohttp import ClientError
import pytest

from .conftest import House, until

# Real time: calm takes 20 s, silence 15 s, and a restart as long as it takes.
pytestmark = pytest.mark.timeout(300)

FUSE_A, MARGIN_A, GARAGE_FUSE_A = 35, 1, 25
CHARGERS = ("smartevse", "lektrico", "psp")
STATUSES = ("sensor.smartevse_status", "sensor.lektrico_status", "sensor.psp_evse_status")
SENSORS = ("sensor.smartevse_current_l1", "sensor.lektrico_current_l1", "sensor.psp_evse_power")
VOLTS = 230


async def drawn_a(house: House) -> list[float]:
    """Return what each car draws on its first phase."""
    return [float((await house.box(charger))["Drawn"].split(" ")[0]) for charger in CHARGERS]


async def mains_a(house: House) -> float:
    """Return the highest of what flows through the three fuses."""
    return max(float(amps.split(" ")[0]) for amps in (await house.box("house"))["Mains"].split(", "))


async def test_three_chargers_share(house: House) -> None:
    """A kettle lowers all within a second of the meter's report; a silent meter and a restart leave them safe."""

    async def share() -> bool:
        drawn = await drawn_a(house)
        return sum(drawn) >= 28 and max(drawn) - min(drawn) <= 3

    async def are_read() -> bool:
        seen = [float((await house.get(f"/api/states/{sensor}"))[1]["state"]) for sensor in SENSORS]
        drawn = await drawn_a(house)
        return await share() and seen == [drawn[0], drawn[1], drawn[2] * 3 * VOLTS]

    async def fit() -> bool:
        return await mains_a(house) <= FUSE_A

    async def draws(charger: int) -> bool:
        return (await drawn_a(house))[charger] > 0

    async def is_read(charger: int, wanted: str) -> bool:
        state: str = (await house.get(f"/api/states/{STATUSES[charger]}"))[1]["state"]
        return state == wanted

    async def are_safe() -> bool:
        return max(await drawn_a(house)) <= 6

    async def is_gone() -> bool:
        return not await house.answers()

    async def is_back() -> bool:
        with suppress(ClientError):
            return await house.is_running()
        return False

    for button in ("kettle_off", "oven_off", "plug_in_meter"):
        await house.press(button, charger="house")
    # Each may have a third only if none has a limit of its own, as another test may have set.
    for charger in ("smartevse", "lektrico", "psp_evse"):
        await house.act("evse_pilot.clear_current_limit", f"sensor.{charger}_status")
    await house.act("switch.turn_on", "switch.main_fuse_load_balancing")
    # Chargers that come from elsewhere are set first to what fits, and a car has come before the next one does: of three
    # that draw too much at once, one would be paused for as long as contactors are spared.
    for n, charger in enumerate(CHARGERS):
        await house.press("unplug", charger=charger)
        await until(partial(is_read, n, "disconnected"), 20)
    for n, charger in enumerate(CHARGERS):
        await house.press("plug_in", charger=charger)
        await until(partial(draws, n), 60)
        await until(partial(is_read, n, "charging"), 20)
    # Each has about a third of what the fuse and its margin leave, in its own steps, and Home Assistant has read it.
    await until(are_read, 60)
    assert await mains_a(house) <= FUSE_A - MARGIN_A

    await house.press("kettle_on", charger="house")
    # The meter reports once a second; the time to command three chargers, on a busy machine, comes on top.
    await until(fit, 10)
    # All of them fit, if each has less.
    assert min(await drawn_a(house)) >= 6
    await house.press("kettle_off", charger="house")
    await until(share, 60)

    await house.press("unplug_meter", charger="house")
    await until(are_safe, 25)
    await house.becomes("binary_sensor.main_fuse_mains_meter_silent", "on")
    await house.press("plug_in_meter", charger="house")
    await until(share, 60)

    await house.post("/api/services/homeassistant/restart", {})
    await until(is_gone, 60)
    # What it sent last is on its way, and a car has 5 s to follow; nothing commands them after that.
    await until(are_safe, 40)
    await until(is_back, 120)
    await until(share, 60)


async def garage_a(house: House) -> float:
    """Return the highest of what flows through the three fuses of the garage."""
    return max(float(amps.split(" ")[0]) for amps in (await house.box("house"))["Garage"].split(", "))


async def test_two_chargers_behind_a_sub_board(house: House) -> None:
    """The meter of the garage sees the welder, and the two cars in it make room, although the main fuse has more."""

    async def draw(least_a: float, most_a: float) -> bool:
        return all(least_a <= amps <= most_a for amps in (await drawn_a(house))[:2])

    async def fit() -> bool:
        return await garage_a(house) <= GARAGE_FUSE_A

    for charger, button in (("psp", "unplug"), ("smartevse", "plug_in"), ("lektrico", "plug_in")):
        await house.press(button, charger=charger)
    for charger in ("smartevse", "lektrico"):
        await house.act("evse_pilot.clear_current_limit", f"sensor.{charger}_status")
    await house.act("switch.turn_on", "switch.main_fuse_load_balancing")
    await until(partial(draw, 11, 13), 90)
    await house.press("welder_on", charger="house")
    await until(fit, 10)
    assert await draw(6, 8)
    for charger in ("smartevse", "lektrico"):
        await house.becomes(f"sensor.main_fuse_{charger}_share_limited_by", "circuit")
    await house.press("welder_off", charger="house")
    await until(partial(draw, 11, 13), 60)
    await house.press("unplug", charger="lektrico")


async def test_a_peak_target(house: House) -> None:
    """A target below what is drawn holds the car back; the demonstration's own one limits nothing."""
    target = "number.main_fuse_main_fuse_peak_target"
    await house.appears("sensor.main_fuse_main_fuse_predicted_peak")
    await house.press("plug_in")
    await house.act("switch.turn_on", "switch.main_fuse_load_balancing")
    await house.becomes("sensor.smartevse_status", "charging")
    try:
        # The house alone draws more.
        await house.act("number.set_value", target, value=1)
        await house.becomes("sensor.smartevse_limited_by", "peak")
        await house.becomes("sensor.smartevse_status", "paused")
    finally:
        await house.act("number.set_value", target, value=25)
