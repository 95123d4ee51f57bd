"""The blueprint that reminds of the cable."""

from freezegun.api import FrozenDateTimeFactory

from homeassistant.core import HomeAssistant, ServiceCall
from tests.emulators.base import Line
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import Later, Use, settle

NAME = "cable_forgotten"
# 20:58 in Amsterdam
EVENING = "2026-11-20T19:58:02+00:00"


async def test_no_car(
    hass: HomeAssistant,
    use: Use,
    charger: str,
    phone: str,
    notified: list[ServiceCall],
    emulator: SmartEvseEmulator,
    later: Later,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Each evening without a car is one notification; one with a car, or without an answer, is none."""
    await use(NAME, charger=charger, phones=[phone])
    freezer.move_to(EVENING)
    await later(minutes=4)
    [call] = notified
    assert (call.data["title"], call.data["message"]) == ("SmartEVSE", "The car is not plugged in.")
    emulator.press("plug_in")
    await later(minutes=1)
    freezer.move_to(EVENING.replace("-20T", "-21T"))
    await later(minutes=4)
    assert len(notified) == 1
    emulator.press("unplug")
    await later(minutes=1)
    emulator.line = Line.REFUSED
    await later(minutes=3)
    freezer.move_to(EVENING.replace("-20T", "-22T"))
    await later(minutes=4)
    emulator.line = Line.OK
    await later(minutes=2)
    assert len(notified) == 1


async def test_persons(
    hass: HomeAssistant,
    use: Use,
    charger: str,
    phone: str,
    notified: list[ServiceCall],
    later: Later,
    freezer: FrozenDateTimeFactory,
) -> None:
    """While all are away there is no reminder; a quarter of an hour after one has come home late there is."""
    hass.states.async_set("person.anna", "not_home")
    await use(NAME, charger=charger, phones=[phone], persons=["person.anna"])
    # In the afternoon it is not yet time.
    hass.states.async_set("person.anna", "home")
    await later(minutes=17)
    hass.states.async_set("person.anna", "not_home")
    await settle()
    freezer.move_to(EVENING)
    await later(minutes=4)
    assert not notified
    hass.states.async_set("person.anna", "home")
    await later(minutes=10)
    assert not notified
    await later(minutes=7)
    assert len(notified) == 1


async def test_a_day_that_was_not_chosen(
    hass: HomeAssistant,
    use: Use,
    charger: str,
    phone: str,
    notified: list[ServiceCall],
    later: Later,
    freezer: FrozenDateTimeFactory,
) -> None:
    """On a Friday nothing is sent where only Sundays were chosen."""
    await use(NAME, charger=charger, phones=[phone], days=["sun"])
    freezer.move_to(EVENING)
    await later(minutes=4)
    assert not notified
