"""A meter of the mains that reports what cannot be, in a running house."""

from collections.abc import Awaitable, Callable

import pytest

from custom_components.evse_pilot.balancing.settings import CONF_EXPORTS
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from tests.ha.repairs import issue_of, issues

from .conftest import House

pytestmark = pytest.mark.timeout(120)

type Load = Callable[..., Awaitable[House]]
# Within so many seconds a meter that shows what cannot be counts as silent: three readings, and 15 s at least.
SILENT_AFTER_S = 20


@pytest.fixture
def load(empty_house: House, members: list[ConfigSubentryDataWithId]) -> Load:
    """Return how to make a group, in a house that can feed in or not."""

    async def load(*, exports: bool, cars: int = 2) -> House:
        await empty_house.load_group(*members, **{CONF_EXPORTS: exports})
        for box in [*empty_house.boxes.values()][:cars]:
            box.plug_in()
        await empty_house.live(60)
        return empty_house

    return load


async def highest_offer_a(house: House, seconds: int) -> float:
    """Let so many seconds pass; return the highest current that was offered to any car meanwhile."""
    highest_a = 0.0
    for _ in range(seconds):
        await house.live(1)
        highest_a = max(highest_a, *house.offers)
    return highest_a


async def check_doubt(hass: HomeAssistant, house: House, *, mends: Callable[[], None]) -> None:
    """Check that the chargers get the safe current, that a repair opens after a minute, and that both end."""
    issue_id = f"meter_implausible_{house.group.entry_id}"
    assert house.offers == [6.0, 6.0]
    assert house.why() == ["meter_silent", "meter_silent"]
    assert house.read("binary_sensor.meter_silent") == "on"
    assert issues(hass) == set()
    assert await highest_offer_a(house, 60) == 6
    assert issues(hass) == {issue_id}
    issue = issue_of(hass, issue_id)
    assert issue.translation_placeholders == {"group": "Main fuse"}
    assert issue.severity is ir.IssueSeverity.ERROR
    assert await highest_offer_a(house, 300) == 6
    mends()
    await house.live(40)
    assert issues(hass) == set()
    assert house.offers == [11.0, 11.0]
    assert house.read("binary_sensor.meter_silent") == "off"


@pytest.mark.parametrize("exports", [False, True])
async def test_d2_a_reader_that_lost_its_meter(hass: HomeAssistant, load: Load, exports: bool) -> None:
    """It reports 0 A on all phases while two cars draw 11 A: neither is raised, whether the house feeds in or not."""
    house = await load(exports=exports)
    assert house.offers == [11.0, 11.0]
    house.meter_shows = lambda amps: [0.0] * len(amps)
    assert await highest_offer_a(house, SILENT_AFTER_S) == 11
    await check_doubt(hass, house, mends=lambda: setattr(house, "meter_shows", list))


async def test_f10_a_template_that_gives_kilowatts(hass: HomeAssistant, load: Load) -> None:
    """It shows 5.5 for 24 A while two cars draw 11 A: neither is raised in a house that cannot feed in."""
    house = await load(exports=False)
    assert house.offers == [11.0, 11.0]
    house.meter_shows = lambda amps: [0.23 * each for each in amps]
    assert await highest_offer_a(house, SILENT_AFTER_S) == 11
    await check_doubt(hass, house, mends=lambda: setattr(house, "meter_shows", list))


async def test_f10_a_house_that_feeds_in(hass: HomeAssistant, load: Load) -> None:
    """The same readings are the sun's where there is one: the cars get it."""
    house = await load(exports=True)
    house.base_a = [-12.0, -12.0, -12.0]
    await house.live(90)
    assert house.offers == [16.0, 16.0]
    assert issues(hass) == set()


@pytest.mark.parametrize("exports", [False, True])
async def test_f16_a_meter_that_is_stuck(hass: HomeAssistant, load: Load, exports: bool) -> None:
    """It repeats one value when a second car begins to charge: both get the safe current, and the fuse stays whole."""
    house = await load(exports=exports, cars=1)
    assert house.offers[0] == 16
    stuck_a = house.mains_a
    house.meter_shows = lambda amps: stuck_a
    house.boxes["Carport"].plug_in()
    over_s = 0
    for _ in range(60):
        await house.live(1)
        over_s += max(house.mains_a) > 25
    assert over_s == 0
    await check_doubt(hass, house, mends=lambda: setattr(house, "meter_shows", list))
