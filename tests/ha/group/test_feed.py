"""A group that feeds a SmartEVSE the currents of the mains."""

from typing import Any

import pytest

from custom_components.evse_pilot.balancing.feed import as_wired
from custom_components.evse_pilot.balancing.settings import (
    CONF_CHARGER,
    CONF_FEED,
    CONF_WIRING,
    SUBENTRY_CHARGER,
)
from custom_components.evse_pilot.chargers.capabilities import MeterFeed
from custom_components.evse_pilot.chargers.smartevse.charger import SmartEvse
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.emulators.base import Line
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import House


@pytest.fixture
async def fed(empty_house: House, members: list[ConfigSubentryDataWithId]) -> House:
    """Return a house whose group feeds the first charger, of which the mains meter is API."""
    empty_house.boxes["Garage"].mains_meter = "API"
    await empty_house.poll()
    garage, carport = members
    garage["data"] = {**garage["data"], CONF_FEED: True, CONF_WIRING: "3-1-2"}
    await empty_house.load_group(garage, carport)
    await empty_house.live(3)
    return empty_house


def feeds(box: SmartEvseEmulator) -> int:
    """Return how often a box was sent currents since the last time, and forget it."""
    count = sum(call.path == "/currents" for call in box.calls)
    box.calls.clear()
    return count


async def test_d8_one_feed_in_a_second(fed: House) -> None:
    """The box has the currents of its own conductors, sent once in one to two seconds, and nothing is read for it."""
    garage, carport = fed.boxes.values()
    fed.base_a = [1.0, 2.5, -4.0]
    feeds(garage)
    for _ in range(20):
        await fed.live(1, polled=False)
    reads = sum(call.method == "GET" for call in garage.calls)
    assert 10 <= feeds(garage) <= 20
    assert reads == 0
    assert garage.api_mains_a == [-4.0, 1.0, 2.5]
    assert feeds(carport) == 0


async def test_d8_nothing_stale(fed: House) -> None:
    """A meter that stops is fed for 10 s more, and then no more, so that the box stops by itself."""
    garage = fed.boxes["Garage"]
    fed.meter_works = False
    await fed.live(12, polled=False)
    feeds(garage)
    await fed.live(20, polled=False)
    assert feeds(garage) == 0
    fed.meter_works = True
    await fed.live(3, polled=False)
    assert feeds(garage) >= 1


async def test_d8_one_phase_is_missing(hass: HomeAssistant, fed: House) -> None:
    """Without one phase nothing is sent: what is not known is no 0 A."""
    garage = fed.boxes["Garage"]
    fed.meter_works = False
    for _ in range(15):
        hass.states.async_set("sensor.mains_l1", "3", {"unit_of_measurement": "A"})
        await fed.live(1, polled=False)
    feeds(garage)
    for _ in range(5):
        hass.states.async_set("sensor.mains_l1", "3", {"unit_of_measurement": "A"})
        await fed.live(1, polled=False)
    assert feeds(garage) == 0


async def test_d8_quiet_after_a_refusal(fed: House, caplog: pytest.LogCaptureFixture) -> None:
    """A box whose meter is not API is asked once, logged once, and asked again after an absence or an hour."""
    garage = fed.boxes["Garage"]
    garage.mains_meter = "Disabled"
    await fed.poll()
    caplog.clear()
    await fed.live(60)
    assert caplog.text.count("Garage does not take the mains currents: mains_meter_not_api") == 1
    feeds(garage)
    garage.mains_meter = "API"
    await fed.live(30)
    assert feeds(garage) == 0
    garage.line = Line.REFUSED
    await fed.live(40)
    garage.line = Line.OK
    feeds(garage)
    await fed.live(10)
    assert feeds(garage) >= 3


async def test_d8_again_after_an_hour(fed: House, caplog: pytest.LogCaptureFixture) -> None:
    """An hour after a refusal it is asked again."""
    garage = fed.boxes["Garage"]
    garage.mains_meter = "Disabled"
    await fed.live(10)
    garage.mains_meter = "API"
    await fed.live(10)
    feeds(garage)
    fed.offset_s += 3600
    await fed.live(5)
    assert feeds(garage) >= 1


async def test_d8_only_what_can_be_fed(
    hass: HomeAssistant,
    empty_house: House,
    members: list[ConfigSubentryDataWithId],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The option is refused at the field for a charger that takes no currents, and accepted for one that does."""
    garage, carport = members
    group = await empty_house.load_group(garage)
    numbers = {key: value for key, value in carport["data"].items() if key != CONF_CHARGER} | {
        CONF_FEED: True
    }

    async def add() -> Any:
        opened = await hass.config_entries.subentries.async_init(
            (group.entry_id, SUBENTRY_CHARGER), context={"source": SOURCE_USER}
        )
        return await hass.config_entries.subentries.async_configure(
            opened["flow_id"], {CONF_CHARGER: carport["data"][CONF_CHARGER], **numbers}
        )

    async def change() -> Any:
        opened = await hass.config_entries.subentries.async_init(
            (group.entry_id, SUBENTRY_CHARGER),
            context={"source": SOURCE_RECONFIGURE, "subentry_id": "id_Garage"},
        )
        return await hass.config_entries.subentries.async_configure(opened["flow_id"], numbers)

    with monkeypatch.context() as patch:
        patch.setattr(SmartEvse, "has", lambda _, kind: kind is not MeterFeed)
        for refused in (await add(), await change()):
            assert refused["errors"] == {CONF_FEED: "cannot_be_fed"}
    assert (await change())["reason"] == "reconfigure_successful"
    await empty_house.settle()
    assert group.subentries["id_Garage"].data[CONF_FEED] is True
    assert (await add())["type"] is FlowResultType.CREATE_ENTRY
    await empty_house.settle()


@pytest.mark.parametrize(
    ("mains_a", "wiring", "fed_a"),
    [
        ((1, 2, 3), "1-2-3", (1, 2, 3)),
        ((1, 2, 3), "3-1-2", (3, 1, 2)),
        ((1, 2, 3), "2", (2, 1, 3)),
        ((7,), "1", (7, 0, 0)),
    ],
)
def test_wiring(mains_a: tuple[float, ...], wiring: str, fed_a: tuple[float, ...]) -> None:
    """Each conductor of the charger has the phase that it is on; all phases of the house are there."""
    assert as_wired(mains_a, wiring) == fed_a
