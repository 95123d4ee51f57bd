"""Adding a Lektrico: by hand, discovered, moved, protected."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_socket import socket_allow_hosts

from custom_components.evse_pilot.const import CONF_SERIAL, CONF_VENDOR, DOMAIN
from homeassistant.config_entries import SOURCE_DHCP, SOURCE_USER, SOURCE_ZEROCONF, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_MAC, CONF_PASSWORD, CONF_PORT, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from tests.emulators.base import Line
from tests.emulators.lektrico import LektricoEmulator

from .conftest import entry_for

LOG_IN = {CONF_USERNAME: "me", CONF_PASSWORD: "secret"}


@pytest.fixture(autouse=True)
def _not_set_up(hass: HomeAssistant) -> Iterator[None]:
    """Add entries without setting them up: that is another test's matter."""
    with patch("custom_components.evse_pilot.async_setup_entry", return_value=True):
        yield


async def start(hass: HomeAssistant) -> ConfigFlowResult:
    """Begin by hand and choose Lektrico in the menu."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": "lektrico"})
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "lektrico")
    return result


async def answer(hass: HomeAssistant, result: ConfigFlowResult, **data: str) -> ConfigFlowResult:
    """Fill in a form."""
    assert result["type"] is FlowResultType.FORM
    return await hass.config_entries.flow.async_configure(result["flow_id"], data)


def suggested(result: ConfigFlowResult) -> dict[str, Any]:
    """Return what the fields of a form have in them already."""
    schema: Any = result["data_schema"]
    return {str(marker): (marker.description or {}).get("suggested_value") for marker in schema.schema}


def address(emulator: LektricoEmulator) -> str:
    """Return what a person types."""
    return f"{emulator.host}:{emulator.port}"


def leave(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let a box have another address than that of its entry, where nothing answers any more."""
    socket_allow_hosts(["127.0.0.1", "127.0.0.9"])
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_HOST: "127.0.0.9"})


async def discover(
    hass: HomeAssistant, emulator: LektricoEmulator, name: str = "Lektrico-3p22k-500123"
) -> ConfigFlowResult:
    """Let a box announce itself to Home Assistant."""
    info = ZeroconfServiceInfo(
        ip_address=ip_address("127.0.0.1"),
        ip_addresses=[ip_address("127.0.0.1")],
        port=emulator.port,
        hostname=f"{name.lower()}._http._tcp.local.",
        type="_http._tcp.local.",
        name=f"{name}._http._tcp.local.",
        properties={"id": "3p22k_500123", "fw_id": "20230109-124642/v1.22-36"},
    )
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_ZEROCONF}, data=info)


@pytest.mark.parametrize(("model", "serial"), [("1p7k", "500006"), ("em", "810172")])
async def test_by_hand(hass: HomeAssistant, model: str, serial: str) -> None:
    """An address is all that is needed, for a charger and for a meter; the title has no serial."""
    async with LektricoEmulator(model) as emulator:
        result = await answer(hass, await start(hass), host=address(emulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Lektrico"
    assert result["result"].unique_id == f"lektrico_{serial}"
    assert result["data"] == {
        CONF_VENDOR: "lektrico",
        CONF_HOST: "127.0.0.1",
        CONF_PORT: emulator.port,
        CONF_SERIAL: serial,
    }
    assert emulator.commands() == []


@pytest.mark.parametrize("empty", [True, False], ids=["empty", "401"])
async def test_n21_by_hand_with_a_log_in(
    hass: HomeAssistant, emulator: LektricoEmulator, empty: bool
) -> None:
    """A protected box asks for its log-in where none was given, refuses a wrong one, and is added with the right one."""
    emulator.username, emulator.password, emulator.empty_for_401 = "me", "secret", empty
    result = await answer(hass, await start(hass), host=address(emulator))
    assert result["errors"] == {"base": "login_required"}
    assert suggested(result)[CONF_HOST] == address(emulator)
    result = await answer(hass, result, host=address(emulator), username="me", password="wrong")
    assert result["errors"] == {"base": "not_authorized"}
    result = await answer(hass, result, host=address(emulator), **LOG_IN)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == {
        CONF_VENDOR: "lektrico",
        CONF_HOST: "127.0.0.1",
        CONF_PORT: emulator.port,
        CONF_SERIAL: "500123",
        **LOG_IN,
    }


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("line", "error"),
    [
        (Line.SILENT, "unreachable"),
        (Line.ERROR, "unreachable"),
        (Line.NOT_FOUND, "unexpected_answer"),
        (Line.STRANGER, "unexpected_answer"),
        (Line.HTML, "unexpected_answer"),
        (Line.NULL, "unexpected_answer"),
        (Line.BUSY, "busy"),
    ],
)
async def test_by_hand_with_a_mistake_first(
    hass: HomeAssistant, emulator: LektricoEmulator, line: Line, error: str
) -> None:
    """A host that does not answer, or is not a Lektrico, is an error at the field; the form stays, and then it works."""
    emulator.line = line
    result = await answer(hass, await start(hass), host=address(emulator))
    assert result["errors"] == {CONF_HOST: error}
    emulator.line = Line.OK
    result = await answer(hass, result, host=address(emulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_refused(hass: HomeAssistant, emulator: LektricoEmulator) -> None:
    """A box that refuses to identify itself has an error of its own, too."""
    emulator.fails_with = {"device_id.get": -1}
    result = await answer(hass, await start(hass), host=address(emulator))
    assert result["errors"] == {CONF_HOST: "refused"}


async def test_twice(hass: HomeAssistant, entry: MockConfigEntry, emulator: LektricoEmulator) -> None:
    """A box that is there is not added again; a second one has a title of its own."""
    result = await answer(hass, await start(hass), host=address(emulator))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    async with LektricoEmulator("1p7k") as second:
        result = await answer(hass, await start(hass), host=address(second))
    assert result["title"] == "Lektrico 2"


async def test_zeroconf(hass: HomeAssistant, emulator: LektricoEmulator) -> None:
    """A box that announces itself is offered by its name, and added with one click."""
    result = await discover(hass, emulator)
    assert result["step_id"] == "discovery_confirm"
    assert result["description_placeholders"] == {
        "vendor": "Lektrico",
        "name": "Lektrico-3p22k-500123",
        "address": address(emulator),
    }
    result = await answer(hass, result)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert (result["title"], result["result"].unique_id) == ("Lektrico", "lektrico_500123")


async def test_e1_zeroconf_of_a_known_box(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: LektricoEmulator
) -> None:
    """A known box without a log-in that has left its address is followed."""
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_PORT: emulator.port + 1})
    result = await discover(hass, emulator)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert entry.data[CONF_PORT] == emulator.port
    assert emulator.commands() == []


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("line", [Line.UNAUTHORIZED, Line.FORBIDDEN, Line.TOO_MANY, Line.BUSY])
@pytest.mark.parametrize("login", [{}, LOG_IN], ids=["open", "protected"])
async def test_e1_a_stranger_that_shows_no_serial(
    hass: HomeAssistant, emulator: LektricoEmulator, line: Line, login: dict[str, str]
) -> None:
    """What refuses every request may be any box: only a protected one that is away is offered to be followed there."""
    entry = entry_for(emulator, **login)
    entry.add_to_hass(hass)
    before = dict(entry.data)
    emulator.line = Line.REFUSED
    async with LektricoEmulator("3p22k", "2.0") as stranger:
        stranger.line = line
        result = await discover(hass, stranger)
    assert stranger.calls
    assert not [call for call in stranger.calls if "authorization" in call.headers]
    if login and line in (Line.UNAUTHORIZED, Line.FORBIDDEN):
        assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "moved")
    else:
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert dict(entry.data) == before


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("line", [Line.OK, Line.UNAUTHORIZED, Line.BUSY, Line.SILENT])
@pytest.mark.parametrize("typed", [{}, LOG_IN], ids=["without", "with"])
async def test_e1_added_again_with_a_stored_log_in(
    hass: HomeAssistant, emulator: LektricoEmulator, line: Line, typed: dict[str, str]
) -> None:
    """A typed address does not get the stored log-in; with a log-in of its own it counts, once the box has left."""
    entry = entry_for(emulator, username="old", password="older")
    entry.add_to_hass(hass)
    before = dict(entry.data)
    emulator.line = line
    async with LektricoEmulator("3p22k", "2.0") as other:
        result = await answer(hass, await start(hass), host=address(other), **typed)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    moved = typed and line is Line.SILENT
    assert dict(entry.data) == before | (typed | {CONF_PORT: other.port} if moved else {})


@pytest.mark.usefixtures("impatient")
async def test_e1_a_part_of_a_log_in_replaces_the_whole(
    hass: HomeAssistant, emulator: LektricoEmulator
) -> None:
    """No part of the stored log-in is sent with the one that was typed."""
    entry = entry_for(emulator, username="old", password="older")
    entry.add_to_hass(hass)
    emulator.line = Line.SILENT
    async with LektricoEmulator("3p22k", "2.0") as other:
        await answer(hass, await start(hass), host=address(other), password="secret")
    assert (entry.data[CONF_PORT], entry.data[CONF_PASSWORD]) == (other.port, "secret")
    assert CONF_USERNAME not in entry.data


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("is_there", [True, False])
async def test_e1_a_renamed_stranger_that_is_given_a_log_in(
    hass: HomeAssistant, emulator: LektricoEmulator, is_there: bool
) -> None:
    """A discovered box that turns out to be a known one gets its entry only when that has left its address."""
    entry = entry_for(emulator, username="old", password="older")
    entry.add_to_hass(hass)
    before = dict(entry.data)
    emulator.line = Line.OK if is_there else Line.SILENT
    async with LektricoEmulator("3p22k", "2.0", username="me", password="secret") as other:
        result = await answer(hass, await discover(hass, other, "Lektrico-garage"), **LOG_IN)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert not [call for call in other.calls if call.headers.get("authorization") == "Basic b2xkOm9sZGVy"]
    assert dict(entry.data) == (before if is_there else before | LOG_IN | {CONF_PORT: other.port})


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("password", ["", "other"])
async def test_e1_no_log_in_for_a_stranger(
    hass: HomeAssistant, emulator: LektricoEmulator, is_there: bool, password: str
) -> None:
    """A stranger that announces the name and the serial of a protected box does not get its log-in, or its entry."""
    emulator.username, emulator.password = "me", "secret"
    entry = entry_for(emulator, **LOG_IN)
    entry.add_to_hass(hass)
    before = dict(entry.data)
    emulator.line = Line.OK if is_there else Line.SILENT
    async with LektricoEmulator("3p22k", "2.0", username="me", password=password) as stranger:
        result = await discover(hass, stranger)
    if is_there:
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
        assert stranger.calls == []
    else:
        # Its owner decides.
        assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "moved")
        assert stranger.calls
    assert not [call for call in stranger.calls if "authorization" in call.headers]
    assert dict(entry.data) == before


@pytest.mark.usefixtures("impatient")
async def test_e1_a_protected_box_that_has_moved(hass: HomeAssistant, emulator: LektricoEmulator) -> None:
    """Its owner is asked before its log-in is sent to the new address, where it must answer to it."""
    emulator.username, emulator.password = "me", "secret"
    entry = entry_for(emulator, **LOG_IN)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_PORT: emulator.port + 1})
    before = dict(entry.data)
    result = await discover(hass, emulator)
    assert result["step_id"] == "moved"
    assert result["description_placeholders"] == {
        "name": "Lektrico",
        "address": address(emulator),
        "old_address": f"127.0.0.1:{emulator.port + 1}",
    }
    assert not [call for call in emulator.calls if "authorization" in call.headers]
    emulator.password = "changed"
    result = await answer(hass, result)
    assert result["errors"] == {"base": "not_authorized"}
    assert dict(entry.data) == before
    emulator.password = "secret"
    result = await answer(hass, result)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert dict(entry.data) == before | {CONF_PORT: emulator.port}


@pytest.mark.parametrize("protected", [True, False])
async def test_e1_reconfigure_sends_a_stored_log_in_only_where_one_is_asked_for(
    hass: HomeAssistant, emulator: LektricoEmulator, protected: bool
) -> None:
    """A mistyped address does not get the password of the box."""
    entry = entry_for(emulator, **LOG_IN)
    entry.add_to_hass(hass)
    before = dict(entry.data)
    if protected:
        emulator.username, emulator.password = "me", "secret"
    async with LektricoEmulator("1p7k") as other:
        result = await answer(hass, await entry.start_reconfigure_flow(hass), host=address(other))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "another_charger")
    assert not [call for call in other.calls if "authorization" in call.headers]
    result = await answer(hass, await entry.start_reconfigure_flow(hass), host=address(emulator))
    assert result["reason"] == "reconfigure_successful"
    assert any("authorization" in call.headers for call in emulator.calls) is protected
    assert dict(entry.data) == before


async def test_zeroconf_of_another_box_at_the_address(hass: HomeAssistant) -> None:
    """What answers with another serial than the name has is not what was announced."""
    async with LektricoEmulator("1p7k") as emulator:
        result = await discover(hass, emulator)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "unexpected_answer")


@pytest.mark.usefixtures("impatient")
async def test_zeroconf_of_a_protected_box(hass: HomeAssistant, emulator: LektricoEmulator) -> None:
    """A box that wants a log-in is asked for it, after a mistake too, and added."""
    emulator.username, emulator.password = "me", "secret"
    result = await discover(hass, emulator)
    assert result["step_id"] == "discovery_login"
    assert result["description_placeholders"] == {"vendor": "Lektrico", "name": "Lektrico-3p22k-500123"}
    assert set(suggested(result)) == {CONF_USERNAME, CONF_PASSWORD}
    result = await answer(hass, result)
    assert result["errors"] == {"base": "login_required"}
    result = await answer(hass, result, username="me", password="wrong")
    assert result["errors"] == {"base": "not_authorized"}
    emulator.line = Line.SILENT
    result = await answer(hass, result, **LOG_IN)
    assert result["errors"] == {"base": "unreachable"}
    emulator.line = Line.OK
    result = await answer(hass, result, **LOG_IN)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == "lektrico_500123"
    assert {key: result["data"][key] for key in LOG_IN} == LOG_IN


async def test_zeroconf_of_a_protected_box_that_was_renamed(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: LektricoEmulator
) -> None:
    """Without a serial in its name a box is known to be there already after the log-in only."""
    emulator.username, emulator.password = "me", "secret"
    leave(hass, entry)
    result = await discover(hass, emulator, "Lektrico-garage")
    assert result["step_id"] == "discovery_login"
    result = await answer(hass, result, **LOG_IN)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert entry.data[CONF_HOST] == "127.0.0.1"


async def test_dhcp(hass: HomeAssistant, emulator: LektricoEmulator) -> None:
    """A box that only DHCP has seen is offered if it answers on the usual port."""
    info = DhcpServiceInfo(ip="127.0.0.1", hostname="lektrico-3p22k-500123", macaddress="020000000002")
    with patch("custom_components.evse_pilot.flows.discovery.HTTP_PORT", emulator.port):
        result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_DHCP}, data=info)
        result = await answer(hass, result)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"][CONF_MAC] == "02:00:00:00:00:02"


async def test_reconfigure_keeps_the_log_in(hass: HomeAssistant, emulator: LektricoEmulator) -> None:
    """A box that has moved gets its new address; the log-in is neither shown nor lost when it is left empty."""
    emulator.username, emulator.password = "me", "secret"
    entry = entry_for(emulator, **LOG_IN)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_HOST: "192.0.2.99"})
    result = await entry.start_reconfigure_flow(hass)
    assert suggested(result) == {
        CONF_HOST: f"192.0.2.99:{emulator.port}",
        CONF_USERNAME: None,
        CONF_PASSWORD: None,
    }
    result = await answer(hass, result, host=address(emulator))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert entry.data[CONF_HOST] == "127.0.0.1"
    assert {key: entry.data[key] for key in LOG_IN} == LOG_IN


async def test_reconfigure_with_another_log_in(hass: HomeAssistant, emulator: LektricoEmulator) -> None:
    """A log-in that is filled in replaces the old one; a wrong one is an error."""
    emulator.username, emulator.password = "me", "new"
    entry = entry_for(emulator, **LOG_IN)
    entry.add_to_hass(hass)
    result = await answer(hass, await entry.start_reconfigure_flow(hass), host=address(emulator))
    assert result["errors"] == {"base": "not_authorized"}
    result = await answer(hass, result, host=address(emulator), password="new")
    assert result["reason"] == "reconfigure_successful"
    assert (entry.data[CONF_USERNAME], entry.data[CONF_PASSWORD]) == ("me", "new")


@pytest.mark.usefixtures("impatient")
async def test_n21_reauth(hass: HomeAssistant, emulator: LektricoEmulator) -> None:
    """The new log-in is asked for, after a mistake too; all else stays, and of the old one the user name is filled in."""
    emulator.username, emulator.password = "me", "new"
    entry = entry_for(emulator, **LOG_IN)
    entry.add_to_hass(hass)
    before = dict(entry.data)
    result = await entry.start_reauth_flow(hass)
    assert result["step_id"] == "reauth_confirm"
    assert result["description_placeholders"] == {"vendor": "Lektrico", "name": "Lektrico"}
    assert suggested(result) == {CONF_USERNAME: "me", CONF_PASSWORD: None}
    result = await answer(hass, result)
    assert result["errors"] == {"base": "login_required"}
    result = await answer(hass, result, username="me", password="wrong")
    assert result["errors"] == {"base": "not_authorized"}
    emulator.line = Line.SILENT
    result = await answer(hass, result, username="me", password="new")
    assert result["errors"] == {"base": "unreachable"}
    emulator.line = Line.OK
    result = await answer(hass, result, username="me", password="new")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reauth_successful")
    assert dict(entry.data) == before | {CONF_PASSWORD: "new"}


async def test_reauth_without_a_log_in(hass: HomeAssistant, emulator: LektricoEmulator) -> None:
    """A box without its former password is asked for none from then on."""
    entry = entry_for(emulator, **LOG_IN)
    entry.add_to_hass(hass)
    result = await answer(hass, await entry.start_reauth_flow(hass))
    assert result["reason"] == "reauth_successful"
    assert not LOG_IN.keys() & entry.data.keys()


async def test_reauth_at_another_box(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A log-in that another box at the address accepts is not taken for the old one's."""
    async with LektricoEmulator("1p7k", username="me", password="secret") as other:
        hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_PORT: other.port})
        before = dict(entry.data)
        result = await answer(hass, await entry.start_reauth_flow(hass), **LOG_IN)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "another_charger")
    assert dict(entry.data) == before
