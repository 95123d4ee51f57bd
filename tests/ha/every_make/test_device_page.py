"""The page of each make of charger: its firmware, also after an update between two polls. Case E12."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from tests.emulators.base import Line
from tests.emulators.smartevse import FIRMWARES
from tests.ha.conftest import Age
from tests.ha.makes import MAKES, look


def _smartevse(emulator: Any) -> str:
    emulator.firmware = FIRMWARES["3.7.4"]
    return "v3.7.4"


def _lektrico(emulator: Any) -> str:
    emulator.firmware, emulator.restarts = "2.1", emulator.restarts + 1
    return "2.1"


def _psp(emulator: Any) -> str:
    emulator.reboot(0)
    emulator.version = "0.9.3"
    return "0.9.3"


def _evnex(emulator: Any) -> str:
    emulator.aci.firmware_version = 8
    return "8"


def _firmware(hass: HomeAssistant, entry: MockConfigEntry) -> str | None:
    [device] = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return device.sw_version


@pytest.mark.parametrize(
    ("name", "update"),
    [("smartevse", _smartevse), ("lektrico", _lektrico), ("psp", _psp), ("evnex", _evnex)],
)
async def test_e12_an_update_between_two_polls(
    hass: HomeAssistant, age: Age, name: str, update: Callable[[Any], str]
) -> None:
    """A charger that is there again at the next poll shows its new firmware, as does one that is only restarted."""
    make = MAKES[name]
    async with make.emulator() as emulator:
        emulator.advance(60)
        if make.other is not None:
            await make.other(hass, emulator)
        entry = make.entry(emulator)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await look(hass, make, entry, emulator)
        before = _firmware(hass, entry)
        assert before
        firmware = update(emulator)
        assert firmware != before
        # One that streams is not polled, but asked for its firmware now and then.
        age(3600)
        for _ in range(2):
            emulator.advance(5)
            await look(hass, make, entry, emulator)
        assert _firmware(hass, entry) == firmware
        assert entry.runtime_data.info["sw_version"] == firmware
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("name", ["smartevse", "lektrico", "psp"])
async def test_e9_each_charger_is_named_in_the_log(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """Of two chargers of a make the log names the one that was lost and found, by the title of its entry."""
    make = MAKES[name]
    async with make.emulator() as emulator:
        emulator.advance(60)
        if make.other is not None:
            await make.other(hass, emulator)
        entry = make.entry(emulator)
        entry.add_to_hass(hass)
        hass.config_entries.async_update_entry(entry, title="Carport")
        assert await hass.config_entries.async_setup(entry.entry_id)
        await look(hass, make, entry, emulator)
        emulator.line = Line.REFUSED
        for _ in range(4):
            await look(hass, make, entry, emulator)
        emulator.line = Line.OK
        await look(hass, make, entry, emulator)
        assert await hass.config_entries.async_unload(entry.entry_id)
    logged = [record.getMessage() for record in caplog.records if "data" in record.getMessage()]
    assert [line for line in logged if line.startswith("Error fetching")] == [
        "Error fetching Carport data: Carport does not answer"
    ]
    assert "Fetching Carport data recovered" in logged
