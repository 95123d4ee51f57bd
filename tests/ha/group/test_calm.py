"""A steady house is a calm one: reasons, and what limits a charger, change with the house and not with the meter."""

from collections import Counter
import random

import pytest

from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback

from .conftest import NAMES, House

pytestmark = pytest.mark.timeout(300)


class Changes:
    """Counts the changes of the entities of a group."""

    def __init__(self, hass: HomeAssistant, house: House) -> None:
        """Count from now on."""
        self._names = {house.entity_id("sensor.reason", name): "reason" for name in NAMES} | {
            house.entity_id("binary_sensor.limiting"): "limiting"
        }
        self.counted: Counter[str] = Counter()
        hass.bus.async_listen("state_changed", self._on_change)

    @callback
    def _on_change(self, event: Event[EventStateChangedData]) -> None:
        before, after = event.data["old_state"], event.data["new_state"]
        if before and after and before.state != after.state:
            self.counted[self._names.get(event.data["entity_id"], "other")] += 1


@pytest.mark.parametrize("base_a", [[2.0, 2.0, 2.1], [3.1, 3.0, 2.0]])
async def test_d5_d6_a_steady_house(hass: HomeAssistant, house: House, base_a: list[float]) -> None:
    """Behind phases that differ by 0.1 A, a quarter of an hour brings one change of a reason at most."""
    noise = random.Random(1)
    for box in house.boxes.values():
        box.plug_in()
    house.base_a = list(base_a)
    await house.live(60)
    changes = Changes(hass, house)
    for _ in range(900):
        house.base_a = [amps + noise.choice((-0.1, 0.0, 0.1)) for amps in base_a]
        await house.live(1)
    assert changes.counted["reason"] <= 1
    assert changes.counted["limiting"] <= 1
