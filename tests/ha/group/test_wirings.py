"""Chargers between two phases, in a running group."""

from collections.abc import Sequence

import pytest

from custom_components.evse_pilot.balancing.settings import wired_to

from .conftest import House, member

pytestmark = pytest.mark.timeout(120)


async def between_phases(house: House, *wirings: str, phases: int = 3) -> None:
    """Wire each charger between two phases, and let a one-phase car charge at each."""
    members = [
        member(entry.entry_id, name, wiring=wiring)
        for (name, entry), wiring in zip(house.entries.items(), wirings, strict=True)
    ]
    await house.load_group(*members, phases=phases)
    for box in house.boxes.values():
        box.draw(16, 1)
        box.plug_in()
    house.meter_works = False


async def live_between(house: House, seconds: int, wirings: Sequence[str]) -> float:
    """Let time pass with a meter that sees each car on both of its phases; return the most on a phase after 30 s."""
    most_a = 0.0
    for second in range(seconds):
        mains_a = list(house.base_a)
        for box, wiring in zip(house.boxes.values(), wirings, strict=True):
            for phase in wired_to(wiring):
                mains_a[phase - 1] += box.ev_currents_a[0]
        for phase, amps in enumerate(mains_a, 1):
            house.hass.states.async_set(
                f"sensor.mains_l{phase}", f"{amps:.2f}", {"unit_of_measurement": "A"}, force_update=True
            )
        await house.live(1)
        if second >= 30:
            most_a = max(most_a, *mains_a)
    return most_a


@pytest.mark.parametrize(
    ("wirings", "phases", "given"),
    [(("1_2", "2_3"), 3, [11.0, 11.0]), (("1_2", "1_3"), 3, [11.0, 11.0]), (("1_2", "1_2"), 2, [11.0, 11.0])],
)
async def test_d3_between_two_phases(
    empty_house: House, wirings: tuple[str, str], phases: int, given: list[float]
) -> None:
    """Without neutral, or between two legs, a one-phase car counts on both phases: never 30 A on 25 A."""
    await between_phases(empty_house, *wirings, phases=phases)
    assert await live_between(empty_house, 90, wirings) <= 25
    assert empty_house.offers == given
