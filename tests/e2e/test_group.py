"""Three chargers of three vendors share a main fuse with a house that has a kettle."""

import asyncio
from collections.abc import Awaitable, Callable
import time

from aiohttp import ClientError
import pytest

from .conftest import House

# Real time: calm takes 20 s, silence 15 s, and a restart as long as it takes.
pytestmark = pytest.mark.timeout(300)

CHARGERS = {"smartevse": "smartevse", "lektrico": "lektrico", "psp": "psp_evse"}


async def drawn_a(house: House) -> list[float]:
    """Return what each car draws on its first phase."""
    return [float((await house.box(charger))["Drawn"].split(" ")[0]) for charger in CHARGERS]


async def at_most(house: House, most_a: float, seconds: float) -> None:
    """Wait until no car draws more than this on a phase."""
    end = time.monotonic() + seconds
    while max(drawn := await drawn_a(house)) > most_a:
        assert time.monotonic() < end, drawn
        await asyncio.sleep(0.1)


async def is_gone(house: House) -> bool:
    """Return whether Home Assistant has stopped."""
    try:
        await house.get("/manifest.json")
    except ClientError:
        return True
    return False


async def is_back(house: House) -> bool:
    """Return whether it has started again."""
    return await house.answers() and await house.is_running()


async def until(condition: Callable[[House], Awaitable[bool]], house: House) -> None:
    """Wait until Home Assistant is as far as this; the test's own time-out is the limit."""
    # Nobody tells it from outside.
    while not await condition(house):  # noqa: ASYNC110
        await asyncio.sleep(0.2)


async def test_three_chargers_share(house: House) -> None:
    """A kettle lowers all within a second of the meter's report; a silent meter and a restart leave them safe."""
    for button in ("kettle_off", "oven_off", "plug_in_meter"):
        await house.press(button, charger="house")
    await house.act("switch.turn_on", "switch.main_fuse_load_balancing")
    for box in CHARGERS:
        await house.press("unplug", charger=box)
        await house.press("plug_in", charger=box)
    for name in CHARGERS.values():
        await house.becomes(f"sensor.main_fuse_{name}_given_current", "7.0")
    assert (await house.box("house"))["Mains"] == "23 A, 23 A, 23 A"

    await house.press("kettle_on", charger="house")
    # The meter reports once a second.
    await at_most(house, 6, 2.5)
    assert sum(await drawn_a(house)) <= 14
    await house.press("kettle_off", charger="house")
    await house.becomes("sensor.main_fuse_lektrico_given_current", "11.0")

    await house.press("unplug_meter", charger="house")
    await at_most(house, 6, 20)
    await house.becomes("sensor.main_fuse_lektrico_reason", "meter_silent")
    await house.press("plug_in_meter", charger="house")
    await house.becomes("sensor.main_fuse_lektrico_given_current", "11.0")

    await house.act("homeassistant.restart", "")
    await at_most(house, 6, 30)
    # It has gone, and they stay with that.
    await until(is_gone, house)
    await at_most(house, 6, 0)
    await until(is_back, house)
    await house.becomes("sensor.main_fuse_lektrico_given_current", "11.0")
