"""Config flow of a charger: added by its address, discovered, moved."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_socket import socket_allow_hosts

from custom_components.evse_pilot.chargers.errors import ChargerAuthError, ChargerRefusedError
from custom_components.evse_pilot.const import CONF_SERIAL, CONF_VENDOR, DOMAIN
from custom_components.evse_pilot.vendors import VENDORS
from homeassistant.config_entries import (
    SOURCE_DHCP,
    SOURCE_IGNORE,
    SOURCE_USER,
    SOURCE_ZEROCONF,
    ConfigFlowResult,
)
from homeassistant.const import CONF_HOST, CONF_MAC, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from tests.emulators.base import Line
from tests.emulators.smartevse import SmartEvseEmulator

from .conftest import entry_for


@pytest.fixture(autouse=True)
def _unload(hass: HomeAssistant) -> Iterator[None]:
    """Add entries without setting them up: that is another test's matter."""
    with patch("custom_components.evse_pilot.async_setup_entry", return_value=True):
        yield


async def start(hass: HomeAssistant) -> ConfigFlowResult:
    """Start the flow and choose SmartEVSE in the menu."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["type"] is FlowResultType.MENU
    assert result["menu_options"] == [*VENDORS, "group"]
    return await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": "smartevse"})


async def submit(hass: HomeAssistant, result: ConfigFlowResult, host: str) -> ConfigFlowResult:
    """Fill in the form."""
    assert result["type"] is FlowResultType.FORM
    return await hass.config_entries.flow.async_configure(result["flow_id"], {CONF_HOST: host})


def announced(
    emulator: SmartEvseEmulator,
    name: str = "SmartEVSE-12345",
    *,
    port: int | None = -1,
    host: str = "127.0.0.1",
) -> ZeroconfServiceInfo:
    """Return the discovery of a box."""
    return ZeroconfServiceInfo(
        ip_address=ip_address(host),
        ip_addresses=[ip_address(host)],
        port=emulator.port if port == -1 else port,
        hostname=f"{name}.local.",
        type="_http._tcp.local.",
        name=f"{name}._http._tcp.local.",
        properties={},
    )


async def discover(hass: HomeAssistant, info: ZeroconfServiceInfo | DhcpServiceInfo) -> ConfigFlowResult:
    """Let Home Assistant come across a box."""
    source = SOURCE_ZEROCONF if isinstance(info, ZeroconfServiceInfo) else SOURCE_DHCP
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": source}, data=info)


def leave(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let a box have another address than that of its entry, where nothing answers any more."""
    socket_allow_hosts(["127.0.0.1", "127.0.0.9"])
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_HOST: "127.0.0.9"})


@pytest.mark.parametrize("form", ["{host}:{port}", "http://{host}:{port}/", " {host}:{port} "])
async def test_by_hand(hass: HomeAssistant, emulator: SmartEvseEmulator, form: str) -> None:
    """A host with a port, with or without http://, is all that is asked."""
    result = await start(hass)
    assert result["step_id"] == "smartevse"
    result = await submit(hass, result, form.format(host=emulator.host, port=emulator.port))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "SmartEVSE"
    assert result["data"] == {
        CONF_VENDOR: "smartevse",
        CONF_HOST: "127.0.0.1",
        CONF_PORT: emulator.port,
        CONF_SERIAL: "12345",
    }
    assert result["result"].unique_id == "smartevse_12345"
    assert not [request for request in emulator.calls if request.method == "POST"]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        *((line, "unexpected_answer") for line in Line if line not in (Line.OK, Line.BUSY, Line.TOO_MANY)),
        (Line.BUSY, "busy"),
        (Line.TOO_MANY, "busy"),
    ],
)
async def test_by_hand_with_a_mistake_first(
    hass: HomeAssistant, emulator: SmartEvseEmulator, line: Line, error: str
) -> None:
    """An address without an answer, or without a SmartEVSE, is an error at the field; then the form works."""
    if line in (Line.REFUSED, Line.SILENT, Line.CUT, Line.NOT_HTTP, Line.ERROR):
        error = "unreachable"
    emulator.line = line
    address = f"{emulator.host}:{emulator.port}"
    result = await submit(hass, await start(hass), address)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {CONF_HOST: error}
    emulator.line = Line.OK
    result = await submit(hass, result, address)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    "host", ["", "  ", "https://127.0.0.1", "a b", "user@127.0.0.1", "127.0.0.1:99999", "[::1"]
)
async def test_no_address(hass: HomeAssistant, emulator: SmartEvseEmulator, host: str) -> None:
    """An invalid address is an error at the field, and the form stays for another try."""
    result = await submit(hass, await start(hass), host)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {CONF_HOST: "invalid_host"}
    assert emulator.calls == []
    result = await submit(hass, result, f"{emulator.host}:{emulator.port}")
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_refused(hass: HomeAssistant, emulator: SmartEvseEmulator) -> None:
    """A charger that refuses to identify itself has a text of its own."""
    with patch(
        "custom_components.evse_pilot.chargers.smartevse.charger.from_wire",
        side_effect=ChargerRefusedError("anything"),
    ):
        result = await submit(hass, await start(hass), f"{emulator.host}:{emulator.port}")
    assert result["errors"] == {CONF_HOST: "refused"}


async def test_the_same_box_twice(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: SmartEvseEmulator
) -> None:
    """A box that is there already is not added again; a new address is taken over once it has left the other."""
    leave(hass, entry)
    result = await submit(hass, await start(hass), f"{emulator.host}:{emulator.port}")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert entry.data[CONF_HOST] == "127.0.0.1"


async def test_two_boxes(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A second box gets a title of its own, without its serial, which the title would carry into the log."""
    async with SmartEvseEmulator(serial=54321) as second:
        result = await submit(hass, await start(hass), f"{second.host}:{second.port}")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "SmartEVSE 2"


async def test_without_a_serial(hass: HomeAssistant) -> None:
    """A box that reports no serial number is identified by its address, and added once."""
    async with SmartEvseEmulator("1.4") as emulator:
        address = f"{emulator.host}:{emulator.port}"
        result = await submit(hass, await start(hass), address)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["result"].unique_id is None
        assert CONF_SERIAL not in result["data"]
        result = await submit(hass, await start(hass), address)
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "already_configured"


async def test_a_serial_after_an_update(hass: HomeAssistant, emulator: SmartEvseEmulator) -> None:
    """A box that was added without a serial number is not added again when newer firmware reports one."""
    entry_for(emulator, serial=False).add_to_hass(hass)
    result = await submit(hass, await start(hass), f"{emulator.host}:{emulator.port}")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_zeroconf(hass: HomeAssistant, emulator: SmartEvseEmulator) -> None:
    """A box that announces itself is offered by its name, and added with one click."""
    result = await discover(hass, announced(emulator))
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "discovery_confirm"
    assert result["description_placeholders"] == {
        "vendor": "SmartEVSE",
        "name": "SmartEVSE-12345",
        "address": f"127.0.0.1:{emulator.port}",
    }
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["title_placeholders"] == {"name": "SmartEVSE-12345"}
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "SmartEVSE"
    assert result["result"].unique_id == "smartevse_12345"
    assert result["data"][CONF_PORT] == emulator.port


@pytest.mark.parametrize("name", ["Sensorbox-12345", "printer", "SmartEVSE"])
async def test_zeroconf_of_something_else(
    hass: HomeAssistant, emulator: SmartEvseEmulator, name: str
) -> None:
    """A Sensorbox has the same server but is no charger."""
    result = await discover(hass, announced(emulator, name))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "not_supported"
    assert emulator.calls == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [(Line.SILENT, "unreachable"), (Line.STRANGER, "unexpected_answer"), (Line.BUSY, "busy")],
)
async def test_zeroconf_without_an_answer(
    hass: HomeAssistant, emulator: SmartEvseEmulator, line: Line, reason: str
) -> None:
    """What announces itself and does not answer as a SmartEVSE is not offered."""
    emulator.line = line
    result = await discover(hass, announced(emulator))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == reason


async def test_zeroconf_of_a_box_that_does_not_let_us_in(
    hass: HomeAssistant, emulator: SmartEvseEmulator
) -> None:
    """Where there is no log-in that could be asked for, a box that wants one is not offered."""
    with patch(
        "custom_components.evse_pilot.chargers.smartevse.charger.SmartEvse.identify",
        side_effect=ChargerAuthError("anything"),
    ):
        result = await discover(hass, announced(emulator))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "not_authorized"


async def test_e1_zeroconf_of_a_known_box(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: SmartEvseEmulator
) -> None:
    """A known box that has left its address and answers at another one is followed."""
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_PORT: emulator.port + 1})
    result = await discover(hass, announced(emulator))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert (entry.data[CONF_HOST], entry.data[CONF_PORT]) == ("127.0.0.1", emulator.port)


@pytest.mark.parametrize("line", [Line.OK, Line.BUSY])
async def test_e1_an_announcement_while_the_box_is_there(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: SmartEvseEmulator, line: Line
) -> None:
    """A stranger that announces the name of a box, with its serial, gets neither its entry nor a request."""
    emulator.line = line
    before = dict(entry.data)
    async with SmartEvseEmulator() as stranger:
        result = await discover(hass, announced(stranger))
    assert result["reason"] == "already_configured"
    assert dict(entry.data) == before
    assert stranger.calls == []


@pytest.mark.parametrize("line", [Line.OK, Line.BUSY])
async def test_e1_by_hand_while_the_box_is_there(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: SmartEvseEmulator, line: Line
) -> None:
    """Another box with the serial of a known one does not get its entry by being added."""
    emulator.line = line
    before = dict(entry.data)
    async with SmartEvseEmulator() as stranger:
        result = await submit(hass, await start(hass), f"{stranger.host}:{stranger.port}")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert dict(entry.data) == before


async def test_e1_by_hand_of_an_ignored_box(hass: HomeAssistant, emulator: SmartEvseEmulator) -> None:
    """A box that was ignored can be added."""
    MockConfigEntry(domain=DOMAIN, unique_id="smartevse_12345", source=SOURCE_IGNORE).add_to_hass(hass)
    result = await submit(hass, await start(hass), f"{emulator.host}:{emulator.port}")
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("line", [Line.SILENT, Line.HTML, Line.REFUSED, Line.BUSY, Line.TOO_MANY])
async def test_e1_an_announcement_of_something_else(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: SmartEvseEmulator, line: Line
) -> None:
    """While the box is away, what does not answer as this box at the announced address is not followed, nor another box."""
    emulator.line = Line.SILENT
    before = dict(entry.data)
    async with SmartEvseEmulator() as stranger, SmartEvseEmulator(serial=54321) as other:
        stranger.line = line
        for announcer in (stranger, other):
            result = await discover(hass, announced(announcer, "SmartEVSE-12345"))
            assert result["reason"] == "already_configured"
    assert dict(entry.data) == before
    # A box that starts may need a while.
    assert len(other.calls) == 3


async def test_e1_a_box_that_starts(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    emulator: SmartEvseEmulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is asked again after a while, for it announces its address before it serves requests."""
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_PORT: emulator.port + 1})
    emulator.line = Line.REFUSED

    async def sleep(_: float) -> None:
        emulator.line = Line.OK

    monkeypatch.setattr("custom_components.evse_pilot.flows.discovery.asyncio.sleep", sleep)
    await discover(hass, announced(emulator))
    assert entry.data[CONF_PORT] == emulator.port


async def test_e1_a_box_without_a_number_in_its_name(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: SmartEvseEmulator
) -> None:
    """The serial in an answer is as easily forged as a name: the box is followed when it has left its address."""
    before = dict(entry.data)
    async with SmartEvseEmulator() as stranger:
        result = await discover(hass, announced(stranger, "SmartEVSE-garage"))
        assert result["reason"] == "already_configured"
        assert dict(entry.data) == before
        emulator.line = Line.SILENT
        result = await discover(hass, announced(stranger, "SmartEVSE-garage"))
    assert result["reason"] == "already_configured"
    assert entry.data[CONF_PORT] == stranger.port


async def test_zeroconf_of_an_ignored_box(hass: HomeAssistant, emulator: SmartEvseEmulator) -> None:
    """A box that was ignored is not offered again."""
    MockConfigEntry(domain=DOMAIN, unique_id="smartevse_12345", source=SOURCE_IGNORE).add_to_hass(hass)
    result = await discover(hass, announced(emulator))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_zeroconf_without_a_number_in_the_name(
    hass: HomeAssistant, emulator: SmartEvseEmulator
) -> None:
    """A box with a changed name is asked for its serial, and offered only once."""
    result = await discover(hass, announced(emulator, "SmartEVSE-garage"))
    assert result["type"] is FlowResultType.FORM
    again = await discover(hass, announced(emulator, "SmartEVSE-garage"))
    assert again["type"] is FlowResultType.ABORT
    assert again["reason"] == "already_in_progress"
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
    assert result["result"].unique_id == "smartevse_12345"


async def test_zeroconf_of_a_box_without_a_serial(hass: HomeAssistant) -> None:
    """Old firmware reports its serial number only in its host name."""
    async with SmartEvseEmulator("1.4") as emulator:
        result = await discover(hass, announced(emulator))
        result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
    assert result["result"].unique_id == "smartevse_12345"
    assert result["data"][CONF_SERIAL] == "12345"


async def test_by_hand_while_discovered(hass: HomeAssistant, emulator: SmartEvseEmulator) -> None:
    """An address can be entered while the same box also waits as discovered."""
    await discover(hass, announced(emulator))
    result = await submit(hass, await start(hass), f"{emulator.host}:{emulator.port}")
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_e1_dhcp_of_a_known_name(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: SmartEvseEmulator
) -> None:
    """A known box that gets a new address from the router is followed, and known by its MAC from then on."""
    leave(hass, entry)
    info = DhcpServiceInfo(ip="127.0.0.1", hostname="smartevse-12345", macaddress="020000000002")
    result = await discover(hass, info)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert entry.data[CONF_HOST] == "127.0.0.1"
    assert entry.data[CONF_PORT] == emulator.port
    assert entry.data[CONF_MAC] == "02:00:00:00:00:02"


async def test_e1_dhcp_of_a_known_mac(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A box that is known by its MAC is followed, whatever it calls itself, but not while it is at its address."""
    dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, "smartevse_12345")},
        connections={(dr.CONNECTION_NETWORK_MAC, "02:00:00:00:00:02")},
    )
    info = DhcpServiceInfo(ip="127.0.0.9", hostname="esp32s2", macaddress="020000000002")
    result = await discover(hass, info)
    assert result["reason"] == "already_configured"
    assert entry.data[CONF_HOST] == "127.0.0.1"
    leave(hass, entry)
    result = await discover(
        hass, DhcpServiceInfo(ip="127.0.0.1", hostname="esp32s2", macaddress="020000000002")
    )
    assert result["reason"] == "already_configured"
    assert (entry.data[CONF_HOST], entry.data[CONF_MAC]) == ("127.0.0.1", "02:00:00:00:00:02")


async def test_e1_dhcp_of_a_known_mac_without_a_serial(hass: HomeAssistant) -> None:
    """A box of old firmware that was added by its address is followed by its MAC as well."""
    async with SmartEvseEmulator("1.4") as emulator:
        entry = entry_for(emulator, serial=False)
        entry.add_to_hass(hass)
        leave(hass, entry)
        dr.async_get(hass).async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(DOMAIN, entry.entry_id)},
            connections={(dr.CONNECTION_NETWORK_MAC, "02:00:00:00:00:02")},
        )
        info = DhcpServiceInfo(ip="127.0.0.1", hostname="esp32s2", macaddress="020000000002")
        result = await discover(hass, info)
    assert result["reason"] == "already_configured"
    assert entry.data[CONF_HOST] == "127.0.0.1"


async def test_e1_dhcp_at_the_known_address(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The MAC of a box is learned once; a second one at its address is not believed."""
    for mac in ("020000000002", "020000000003"):
        info = DhcpServiceInfo(ip="127.0.0.1", hostname="smartevse-12345", macaddress=mac)
        result = await discover(hass, info)
        assert result["reason"] == "already_configured"
        assert entry.data[CONF_MAC] == "02:00:00:00:00:02"


async def test_dhcp_of_a_new_box(hass: HomeAssistant, emulator: SmartEvseEmulator) -> None:
    """A new box that only DHCP has seen is offered if it answers on the usual port."""
    info = DhcpServiceInfo(ip="127.0.0.1", hostname="smartevse-12345", macaddress="020000000002")
    with patch("custom_components.evse_pilot.flows.discovery.HTTP_PORT", emulator.port):
        result = await discover(hass, info)
        assert result["type"] is FlowResultType.FORM
        result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"][CONF_MAC] == "02:00:00:00:00:02"


async def test_reconfigure(hass: HomeAssistant, entry: MockConfigEntry, emulator: SmartEvseEmulator) -> None:
    """A charger that moved gets its new address, after a mistake too, and keeps everything else."""
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_HOST: "192.0.2.99"})
    result = await entry.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure"
    schema: Any = result["data_schema"]
    [host] = schema.schema
    assert host.description == {"suggested_value": f"192.0.2.99:{emulator.port}"}
    result = await submit(hass, result, "a b")
    assert result["errors"] == {CONF_HOST: "invalid_host"}
    emulator.line = Line.SILENT
    result = await submit(hass, result, f"{emulator.host}:{emulator.port}")
    assert result["errors"] == {CONF_HOST: "unreachable"}
    emulator.line = Line.OK
    result = await submit(hass, result, f"{emulator.host}:{emulator.port}")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert entry.data[CONF_HOST] == "127.0.0.1"
    assert entry.data[CONF_SERIAL] == "12345"


async def test_reconfigure_to_another_box(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The address of another box is refused: its history would go on with another charger's numbers."""
    before = dict(entry.data)
    async with SmartEvseEmulator(serial=54321) as other:
        result = await submit(hass, await entry.start_reconfigure_flow(hass), f"{other.host}:{other.port}")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "another_charger"
    assert entry.data == before


async def test_reconfigure_without_a_serial_to_a_known_box(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: SmartEvseEmulator
) -> None:
    """A box without a serial cannot take the address of one that is there already."""
    async with SmartEvseEmulator("1.4") as old:
        nameless = entry_for(old, "Old", serial=False)
        nameless.add_to_hass(hass)
        result = await submit(
            hass, await nameless.start_reconfigure_flow(hass), f"{emulator.host}:{emulator.port}"
        )
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "already_configured"
        result = await submit(hass, await nameless.start_reconfigure_flow(hass), f"{old.host}:{old.port}")
        assert result["reason"] == "reconfigure_successful"


async def test_address_of_ipv6(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """An IPv6 address is shown as a person would type it."""
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_HOST: "fe80::1", CONF_PORT: 80})
    result = await entry.start_reconfigure_flow(hass)
    schema: Any = result["data_schema"]
    [host] = schema.schema
    assert host.description == {"suggested_value": "[fe80::1]"}
