"""Adding, set-up, lost and restored lines, new addresses, diagnostics."""

import json
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from pytest_socket import socket_allow_hosts

from custom_components.evse_pilot.const import CONF_SERIAL, CONF_VENDOR, DOMAIN
from homeassistant.config_entries import SOURCE_DHCP, SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_MAC, CONF_PORT, STATE_UNAVAILABLE
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
from tests.emulators.base import Line
from tests.emulators.psp import PspEmulator
from tests.ha.conftest import LoseAndFind, Poll, Read, complaints

from .conftest import SERIAL, Later, entry_for

SECRETS = ("e0:e2:e6", "e0e2e6", "559evse", "192.168.0.3")


async def add(hass: HomeAssistant, emulator: PspEmulator) -> ConfigFlowResult:
    """Choose PSP EVSE in the menu, and fill in its form."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": "psp"})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "psp"
    return await hass.config_entries.flow.async_configure(
        result["flow_id"], {CONF_HOST: f"{emulator.host}:{emulator.port}"}
    )


async def test_by_hand(hass: HomeAssistant, emulator: PspEmulator) -> None:
    """Its address is all that is asked; it is known by its MAC address, which is in no title."""
    result = await add(hass, emulator)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "PSP EVSE"
    assert result["data"] == {
        CONF_VENDOR: "psp",
        CONF_HOST: "127.0.0.1",
        CONF_PORT: emulator.port,
        CONF_SERIAL: SERIAL,
    }
    assert result["result"].unique_id == f"psp_{SERIAL}"
    await hass.async_block_till_done()
    assert not [request for request in emulator.calls if request.method == "POST"]
    again = await add(hass, emulator)
    assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "already_configured")


@pytest.mark.parametrize("line", [line for line in Line if line is not Line.OK])
async def test_by_hand_with_a_mistake_first(hass: HomeAssistant, emulator: PspEmulator, line: Line) -> None:
    """What does not answer, or is no PSP EVSE, is an error at the field; the form stays, and then it works."""
    emulator.line = line
    result = await add(hass, emulator)
    assert result["errors"]
    assert result["errors"][CONF_HOST] in ("unreachable", "unexpected_answer", "busy")
    emulator.line = Line.OK
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {CONF_HOST: f"{emulator.host}:{emulator.port}"}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_new_address_by_dhcp(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """A charger that is known is followed to the address that it gets."""
    socket_allow_hosts(["127.0.0.1", "127.0.0.9"])
    hass.config_entries.async_update_entry(loaded, data={**loaded.data, CONF_HOST: "127.0.0.9"})
    result = await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_DHCP},
        data=DhcpServiceInfo(ip="127.0.0.1", hostname="espressif", macaddress=SERIAL),
    )
    assert result["reason"] == "already_configured"
    assert loaded.data[CONF_HOST] == "127.0.0.1"
    assert loaded.data[CONF_MAC] == "e0:e2:e6:00:00:01"
    await hass.async_block_till_done()


async def test_stranger_by_dhcp(hass: HomeAssistant, emulator: PspEmulator) -> None:
    """Another device with the same chip is not offered."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_DHCP},
        data=DhcpServiceInfo(ip="127.0.0.1", hostname="espressif", macaddress="e0e2e6999999"),
    )
    assert result["reason"] == "not_supported"
    assert emulator.calls == []


async def test_reconfigure(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """It moves to another address; another charger there is not taken for it."""
    for mac, reason in (
        ("E0:E2:E6:00:00:02", "another_charger"),
        ("E0:E2:E6:00:00:01", "reconfigure_successful"),
    ):
        async with PspEmulator(mac=mac) as other:
            flow = await loaded.start_reconfigure_flow(hass)
            result = await hass.config_entries.flow.async_configure(
                flow["flow_id"], {CONF_HOST: f"{other.host}:{other.port}"}
            )
            assert result["reason"] == reason
            await hass.async_block_till_done()
            assert (loaded.data[CONF_PORT] == other.port) is (reason != "another_charger")
    assert await hass.config_entries.async_unload(loaded.entry_id)


async def test_set_up_sends_no_command(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: PspEmulator, poll: Poll
) -> None:
    """Setting it up reads each resource once and those of a poll twice, one at a time; then a poll is one request."""
    assert loaded.state is ConfigEntryState.LOADED
    paths = [f"{call.method} {call.path.rpartition('/')[2]}" for call in emulator.calls]
    assert paths == [
        *("GET SystemInfo", "GET Status", "GET SystemConfig", "GET Meter1", "GET Meter2"),
        *("GET SystemInfo", "GET Status"),
    ]
    await poll()
    assert len(emulator.calls) == 8
    assert emulator.most_connections == 1


async def test_device(hass: HomeAssistant, loaded: MockConfigEntry, emulator: PspEmulator) -> None:
    """The device has its model, its firmware and its address on the network."""
    [device] = dr.async_entries_for_config_entry(dr.async_get(hass), loaded.entry_id)
    assert device.identifiers == {(DOMAIN, f"psp_{SERIAL}")}
    assert device.connections == {(dr.CONNECTION_NETWORK_MAC, "e0:e2:e6:00:00:01")}
    assert (device.name, device.manufacturer) == ("PSP EVSE", "PSP EVSE")
    assert (device.model, device.sw_version) == ("PSP EVSE v1.0 (01100200)", "0.9.2")


@pytest.mark.parametrize("line", [line for line in Line if line is not Line.OK])
async def test_lost_once_and_found_once(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: PspEmulator,
    lose_and_find: LoseAndFind,
    later: Later,
    entity_id: Read,
    line: Line,
) -> None:
    """A line that breaks makes the charger unavailable once, with one line in the log; its return makes another.

    A register of a meter goes and comes with it.
    """
    changes: dict[str, list[str]] = {
        entity_id(f"sensor.{key}"): [] for key in ("status", "meter1_04_0048_kWh")
    }

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        assert state
        changes[state.entity_id].append(state.state)

    await later()
    async_track_state_change_event(hass, list(changes), note)
    await lose_and_find(emulator, line)
    assert list(changes.values()) == [[STATE_UNAVAILABLE, "disconnected"], [STATE_UNAVAILABLE, "0.331"]]


async def test_another_box_at_the_address(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: PspEmulator, poll: Poll, read: Read
) -> None:
    """After a mix-up of addresses another charger is neither shown nor controlled."""
    emulator.mac = "E0:E2:E6:00:00:02"
    emulator.booted_at -= 86_400
    emulator.plug_in()
    await poll()
    assert read("sensor.status") == STATE_UNAVAILABLE
    await hass.services.async_call(
        "switch", "turn_off", {"entity_id": "switch.psp_evse_allow_charging"}, blocking=True
    )
    assert not [request for request in emulator.calls if request.method == "POST"]


@pytest.mark.parametrize("key", [*PspEmulator().resource("Status"), *PspEmulator().resource("SystemConfig")])
async def test_a_key_that_is_lost(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: PspEmulator,
    poll: Poll,
    caplog: pytest.LogCaptureFixture,
    key: str,
) -> None:
    """A key that a firmware does not have leaves its entities unknown and all others as they are."""
    caplog.clear()
    emulator.lost_keys = {key}
    emulator.reboot(0)
    await poll()
    assert not [state for state in hass.states.async_all() if state.state == STATE_UNAVAILABLE]
    assert complaints(caplog) == []


async def test_no_secret_in_the_log(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    emulator: PspEmulator,
    poll: Poll,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither the address on the network nor the Wi-Fi's name or a meter's address is ever logged."""
    caplog.set_level(logging.DEBUG)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    await entry.runtime_data.target.set_limit(10)
    emulator.line = Line.SILENT
    await poll()
    emulator.line = Line.OK
    await poll()
    assert await hass.config_entries.async_unload(entry.entry_id)
    # Debug lines of Home Assistant itself contain unique ids and states, which this integration cannot hide.
    text = "\n".join(
        record.getMessage().lower()
        for record in caplog.records
        if "evse_pilot" in record.name or record.levelno >= logging.INFO
    )
    assert "psp evse" in text
    assert "get /webapi/v1/status: 200, " in text
    assert "post /webapi/v1/systemconfig: 200, " in text
    assert [secret for secret in SECRETS if secret in text] == []


async def test_diagnostics(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, emulator: PspEmulator
) -> None:
    """The snapshot and the raw answers are there, what is secret or personal is not, nor is what we do not know."""
    emulator.plug_in()
    emulator.altered = {"Status": {"NewSecret": "tomorrow's token"}}
    entry = entry_for(emulator)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry, options={"power_source": {"type": "ip_sdm120m", "address": "192.168.0.39"}}
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    text = json.dumps(diagnostics).lower()
    assert [secret for secret in (*SECRETS, "127.0.0.1", "tomorrow") if secret in text] == []
    assert diagnostics["data"]["vendor"] == "psp"
    assert diagnostics["state"]["power_w"] == 11_040
    assert diagnostics["state"]["mac"] == "**REDACTED**"
    assert "total import" in json.dumps(diagnostics["state"]["meter1"])
    assert set(diagnostics["answers"]) == {"Status", "SystemConfig", "SystemInfo", "Meter1", "Meter2"}
    assert diagnostics["answers"]["SystemConfig"]["ChargeCurrent"] == 16
