"""What real boxes of old and new firmware answer, and what of it shows at once."""

from chargers.types import Status

from .conftest import Connect, Make


async def test_l5_a_start_on_a_charger_that_asks_for_a_card(make: Make, connect: Connect) -> None:
    """A start has a tag, as that of the vendor's client has."""
    box = await make()
    box.keys["headless"].value = False
    box.plug_in()
    charger = connect(box)
    assert (await charger.fetch()).status is Status.AWAITING_AUTHORIZATION
    await charger.start()
    assert (await charger.fetch()).status is Status.CHARGING
    assert box.tag == "HASS"
