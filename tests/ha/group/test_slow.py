"""Boxes that take seconds for an answer: what lowers one of them does not wait for a poll."""

import asyncio
from functools import partial

import pytest

from tests.emulators.base import Line, Request
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import House

pytestmark = pytest.mark.timeout(60)


def _is_first(box: SmartEvseEmulator, request: Request) -> bool:
    return box.calls == [request]


@pytest.mark.parametrize(("base_a", "offers"), [(10.0, [7.0, 7.0]), (22.0, [0.0, 0.0])])
async def test_f13_a_lower_limit_goes_before_a_poll(
    house: House, monkeypatch: pytest.MonkeyPatch, base_a: float, offers: list[float]
) -> None:
    """A poll that the box is at gives way, and is no lost poll; nothing is taken for the owner's afterwards."""
    for box in house.boxes.values():
        box.plug_in()
    await house.live(30)
    assert house.offers == [11.0, 11.0]
    monkeypatch.setattr("custom_components.evse_pilot.chargers.http.TIMEOUT_S", 300.0)
    polls = []
    for name, box in house.boxes.items():
        box.calls.clear()
        box.arrived.clear()
        # The poll is never answered, and all after it is.
        box.line, box.line_for = Line.SILENT, partial(_is_first, box)
        polls.append(asyncio.create_task(house.entries[name].runtime_data.coordinator.async_refresh()))
        await box.arrived.wait()
    house.base_a = [base_a, 2.0, 2.0]
    await house.measure()
    await asyncio.gather(*polls)
    for name, box in house.boxes.items():
        box.line = Line.OK
        box.advance(1)
        assert house.entries[name].runtime_data.coordinator.last_update_success
    # One reading alone opens no contactor.
    assert house.offers == [max(amps, 6.0) for amps in offers]
    await house.live(20)
    assert house.offers == offers
    assert house.why() == ["main_fuse_l1", "main_fuse_l1"]
    assert all("owner" not in house.claims(name) for name in house.boxes)
