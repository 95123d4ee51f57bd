"""Adding an EVNEX by its account, and logging in again."""

from collections.abc import AsyncGenerator, Iterator
from datetime import timedelta
import logging
from typing import Any
from unittest.mock import Mock, patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import (
    CONF_CIRCUIT_CURRENT,
    CONF_EXPIRES_AT,
    CONF_REFRESH_TOKEN,
    CONF_SERIAL,
    CONF_VENDOR,
    DOMAIN,
)
from custom_components.evse_pilot.runtime.accounts import CONF_SIBLING
from homeassistant.config_entries import (
    SOURCE_IGNORE,
    SOURCE_INTEGRATION_DISCOVERY,
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.const import (
    CONF_ACCESS_TOKEN,
    CONF_CODE,
    CONF_NAME,
    CONF_PASSWORD,
    CONF_URL,
    CONF_USERNAME,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.util import dt as dt_util
from tests.emulators.base import Line
from tests.emulators.evnex import CLIENTS, EvnexEmulator

from .conftest import entry_for, url_of

LOGIN = {CONF_USERNAME: "ev@example.com", CONF_PASSWORD: "correct horse"}


@pytest.fixture(autouse=True)
def _unload() -> Iterator[None]:
    """Add entries without setting them up: that is another test's matter."""

    async def set_up(_: HomeAssistant, entry: ConfigEntry) -> bool:
        entry.runtime_data = Mock(control=None)
        return True

    with patch("custom_components.evse_pilot.async_setup_entry", set_up):
        yield


@pytest.fixture(autouse=True)
def _no_secret_in_the_log(emulator: EvnexEmulator, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No flow logs a password, a token or a serial, not even for debugging."""
    caplog.set_level(logging.DEBUG)
    yield
    # Home Assistant's own debug lines show unique ids.
    text = "\n".join(
        record.getMessage()
        for record in caplog.get_records("call")
        if "evse_pilot" in record.name or record.levelno >= logging.INFO
    )
    assert not emulator.calls or "v1/devices" in text or "oauth/token" in text
    for secret in (LOGIN[CONF_PASSWORD], *emulator.tokens, emulator.serial):
        assert secret not in text


@pytest.fixture
async def emulator() -> AsyncGenerator[EvnexEmulator]:
    """Return a cloud with two ACIs and a lamp, listening."""
    async with EvnexEmulator(chargers=2) as emulator:
        emulator.others = [{"id": "f00", "name": "lamp", "connected": True, "functions": ["brew"]}]
        yield emulator


async def start(hass: HomeAssistant, way: str) -> ConfigFlowResult:
    """Begin by hand, choose EVNEX, and then how to log in."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    result = await answer(hass, result, next_step_id="evnex")
    assert result["type"] is FlowResultType.MENU
    assert result["menu_options"] == ["account_login", "account_token"]
    return await answer(hass, result, next_step_id=way)


async def answer(hass: HomeAssistant, result: ConfigFlowResult, **user_input: Any) -> ConfigFlowResult:
    """Fill in a form, or choose in a menu."""
    assert result["type"] in (FlowResultType.FORM, FlowResultType.MENU), result
    return await hass.config_entries.flow.async_configure(result["flow_id"], user_input)


def suggested(result: ConfigFlowResult) -> dict[str, Any]:
    """Return what a form shows already."""
    schema: Any = result["data_schema"]
    return {
        str(marker): marker.description["suggested_value"]
        for marker in schema.schema
        if marker.description and "suggested_value" in marker.description
    }


def offered(result: ConfigFlowResult) -> list[str]:
    """Return the names of the chargers that can be chosen."""
    schema: Any = result["data_schema"]
    return [option["label"] for option in schema.schema[CONF_SERIAL].config["options"]]


async def test_log_in(hass: HomeAssistant, emulator: EvnexEmulator) -> None:
    """E-mail and password, a charger and its circuit are all that is asked; the password is not kept."""
    result = await start(hass, "account_login")
    assert suggested(result) == {CONF_URL: "https://api.particle.io"}
    result = await answer(hass, result, **{CONF_URL: url_of(emulator)}, **LOGIN)
    assert result["step_id"] == "account_charger"
    assert offered(result) == ["garage", "garage 1"]
    result = await answer(hass, result, **{CONF_SERIAL: emulator.serial, CONF_CIRCUIT_CURRENT: 25})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "EVNEX"
    assert result["result"].unique_id == f"evnex_{emulator.serial}"
    data = dict(result["data"])
    ends = dt_util.parse_datetime(data.pop(CONF_EXPIRES_AT))
    assert ends is not None
    assert timedelta(days=89) < ends - dt_util.utcnow() <= timedelta(days=90)
    assert data.pop(CONF_ACCESS_TOKEN) in emulator.tokens
    assert data.pop(CONF_REFRESH_TOKEN) in emulator.refresh_tokens
    assert data == {
        CONF_VENDOR: "evnex",
        CONF_URL: url_of(emulator),
        CONF_SERIAL: emulator.serial,
    }
    assert result["options"] == {CONF_CIRCUIT_CURRENT: 25}
    assert emulator.aci.received == []


async def test_paste_a_token(hass: HomeAssistant, emulator: EvnexEmulator) -> None:
    """A token from the vendor's own page is as good; it lasts no longer than the vendor states."""
    result = await start(hass, "account_token")
    result = await answer(
        hass, result, **{CONF_URL: f"{url_of(emulator)}/", CONF_ACCESS_TOKEN: f" {emulator.token()} "}
    )
    second = list(emulator.devices)[1]
    result = await answer(hass, result, **{CONF_SERIAL: second, CONF_CIRCUIT_CURRENT: 16})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"][CONF_URL] == url_of(emulator)
    assert result["data"][CONF_ACCESS_TOKEN] in emulator.tokens
    assert CONF_REFRESH_TOKEN not in result["data"]
    assert result["data"][CONF_EXPIRES_AT] > (dt_util.utcnow() + timedelta(days=89)).isoformat()


async def test_a_token_that_never_ends(hass: HomeAssistant, emulator: EvnexEmulator) -> None:
    """A token without an end needs no date."""
    emulator.expires_in = 0
    result = await answer(hass, await start(hass, "account_login"), **{CONF_URL: url_of(emulator)}, **LOGIN)
    result = await answer(hass, result, **{CONF_SERIAL: emulator.serial, CONF_CIRCUIT_CURRENT: 25})
    assert CONF_EXPIRES_AT not in result["data"]


async def test_mistakes_first(hass: HomeAssistant, emulator: EvnexEmulator) -> None:
    """A wrong address, a wrong password and a locked account are errors, without the password; then it works."""
    url = url_of(emulator)
    result = await start(hass, "account_login")
    result = await answer(hass, result, **{CONF_URL: "http://api.particle.io"}, **LOGIN)
    assert result["errors"] == {CONF_URL: "invalid_url"}
    assert emulator.calls == []
    assert suggested(result) == {CONF_URL: "http://api.particle.io", CONF_USERNAME: "ev@example.com"}
    result = await answer(hass, result, **{CONF_URL: url}, **(LOGIN | {CONF_PASSWORD: "wrong"}))
    assert result["errors"] == {"base": "wrong_password"}
    emulator.lock_account()
    result = await answer(hass, result, **{CONF_URL: url}, **LOGIN)
    assert result["errors"] == {"base": "locked"}
    emulator.advance(1801)
    emulator.sso = True
    result = await answer(hass, result, **{CONF_URL: url}, **LOGIN)
    assert result["errors"] == {"base": "sso_user"}
    emulator.sso = False
    result = await answer(hass, result, **{CONF_URL: url}, **LOGIN)
    assert result["step_id"] == "account_charger"


@pytest.mark.parametrize("way", ["account_login", "account_token"])
async def test_p1_an_account_that_is_not_allowed(
    hass: HomeAssistant, emulator: EvnexEmulator, way: str
) -> None:
    """An account that the cloud does not allow is neither a wrong password nor an answer without sense."""
    answers = LOGIN if way == "account_login" else {CONF_ACCESS_TOKEN: emulator.token()}
    emulator.refuse_account()
    result = await answer(hass, await start(hass, way), **{CONF_URL: url_of(emulator)}, **answers)
    assert result["errors"] == {"base": "account_not_allowed"}
    emulator.accept_account()
    result = await answer(hass, result, **{CONF_URL: url_of(emulator)}, **answers)
    assert result["step_id"] == "account_charger"


async def test_p2_a_cloud_that_takes_no_log_in_from_here(
    hass: HomeAssistant, emulator: EvnexEmulator
) -> None:
    """A cloud that does not know this program, and a server that fails at a wrong password, are shown as such."""
    emulator.clients.clear()
    url = {CONF_URL: url_of(emulator)}
    result = await answer(hass, await start(hass, "account_login"), **url, **LOGIN)
    assert result["errors"] == {"base": "client_refused"}
    emulator.local = True
    result = await answer(hass, result, **url, **LOGIN)
    assert result["errors"] == {"base": "client_refused"}
    emulator.clients = set(CLIENTS)
    result = await answer(hass, result, **url, **(LOGIN | {CONF_PASSWORD: "wrong"}))
    assert result["errors"] == {"base": "wrong_password"}
    result = await answer(hass, result, **url, **LOGIN)
    assert result["step_id"] == "account_charger"


@pytest.mark.parametrize("way", ["account_login", "account_token"])
@pytest.mark.parametrize("line", [line for line in Line if line is not Line.OK])
async def test_a_bad_line(hass: HomeAssistant, emulator: EvnexEmulator, line: Line, way: str) -> None:
    """Whatever the line does is an error in the form, which stays for another try."""
    answers = LOGIN if way == "account_login" else {CONF_ACCESS_TOKEN: emulator.token()}
    emulator.line = line
    result = await answer(hass, await start(hass, way), **{CONF_URL: url_of(emulator)}, **answers)
    assert result["step_id"] == way
    assert result["errors"] and set(result["errors"]) == {"base"}
    emulator.line = Line.OK
    result = await answer(hass, result, **{CONF_URL: url_of(emulator)}, **answers)
    assert result["step_id"] == "account_charger"


async def test_one_time_password(hass: HomeAssistant, emulator: EvnexEmulator) -> None:
    """An account may ask for a one-time password, which may be wrong at first."""
    emulator.one_time_password = "123456"
    result = await answer(hass, await start(hass, "account_login"), **{CONF_URL: url_of(emulator)}, **LOGIN)
    assert result["step_id"] == "account_code"
    result = await answer(hass, result, **{CONF_CODE: "654321"})
    assert result["errors"] == {"base": "wrong_code"}
    result = await answer(hass, result, **{CONF_CODE: "123456"})
    assert result["step_id"] == "account_charger"


async def test_a_wrong_token(hass: HomeAssistant, emulator: EvnexEmulator) -> None:
    """A token that is none, or has ended, and an address that is none are errors."""
    result = await start(hass, "account_token")
    for wrong in ("nonsense", emulator.token(lasts_s=-1)):
        result = await answer(hass, result, **{CONF_URL: url_of(emulator), CONF_ACCESS_TOKEN: wrong})
        assert result["errors"] == {"base": "not_authorized"}
        assert CONF_ACCESS_TOKEN not in suggested(result)
    result = await answer(hass, result, **{CONF_URL: "ftp://x", CONF_ACCESS_TOKEN: emulator.token()})
    assert result["errors"] == {CONF_URL: "invalid_url"}


async def test_only_chargers_that_are_online(hass: HomeAssistant, emulator: EvnexEmulator) -> None:
    """What is offline may be no charger, so it is not offered; if nothing is left, the flow ends with that reason."""
    emulator.go_offline()
    answers = {CONF_URL: url_of(emulator), CONF_ACCESS_TOKEN: emulator.token()}
    result = await answer(hass, await start(hass, "account_token"), **answers)
    assert offered(result) == ["garage 1"]
    for device in emulator.devices.values():
        device.connected = False
    result = await answer(hass, await start(hass, "account_token"), **answers)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "no_chargers"


async def test_what_is_there_already(hass: HomeAssistant, emulator: EvnexEmulator) -> None:
    """A charger that is set up is not offered again, one that is ignored is; a second one has its own title."""
    entry_for(emulator).add_to_hass(hass)
    _, second = emulator.devices
    MockConfigEntry(domain=DOMAIN, unique_id=f"evnex_{second}", source=SOURCE_IGNORE).add_to_hass(hass)
    answers = {CONF_URL: url_of(emulator), CONF_ACCESS_TOKEN: emulator.token()}
    result = await answer(hass, await start(hass, "account_token"), **answers)
    assert offered(result) == ["garage 1"]
    result = await answer(hass, result, **{CONF_SERIAL: second, CONF_CIRCUIT_CURRENT: 16})
    assert result["title"] == "EVNEX 2"
    result = await answer(hass, await start(hass, "account_token"), **answers)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_added_twice_at_once(hass: HomeAssistant, emulator: EvnexEmulator) -> None:
    """Two forms that are open side by side add a charger once."""
    answers = {CONF_URL: url_of(emulator), CONF_ACCESS_TOKEN: emulator.token()}
    forms = [await answer(hass, await start(hass, "account_token"), **answers) for _ in range(2)]
    chosen = {CONF_SERIAL: emulator.serial, CONF_CIRCUIT_CURRENT: 16}
    assert (await answer(hass, forms[0], **chosen))["type"] is FlowResultType.CREATE_ENTRY
    result = await answer(hass, forms[1], **chosen)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert len(hass.config_entries.async_entries(DOMAIN)) == 1


# Discovered


async def discover(hass: HomeAssistant, sibling: MockConfigEntry, serial: str) -> ConfigFlowResult:
    """Offer a charger of the account of a sibling."""
    return await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_INTEGRATION_DISCOVERY},
        data={CONF_SIBLING: sibling.entry_id, CONF_SERIAL: serial, CONF_NAME: "garage 1"},
    )


async def test_discovered(hass: HomeAssistant, emulator: EvnexEmulator) -> None:
    """Another charger of the account is offered by its name; only its circuit is left to ask."""
    sibling = entry_for(emulator, refresh="again")
    sibling.add_to_hass(hass)
    _, second = emulator.devices
    result = await discover(hass, sibling, second)
    assert result["step_id"] == "account_confirm"
    assert result["description_placeholders"] == {"vendor": "EVNEX", "name": "garage 1"}
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["title_placeholders"] == {"name": "garage 1"}
    result = await answer(hass, result, **{CONF_CIRCUIT_CURRENT: 20})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "EVNEX 2"
    assert result["data"] == {**sibling.data, CONF_SERIAL: second}
    assert result["options"] == {CONF_CIRCUIT_CURRENT: 20}


async def test_discovered_and_known(hass: HomeAssistant, emulator: EvnexEmulator) -> None:
    """A charger that is there is not offered; without its sibling there is no log-in to share."""
    sibling = entry_for(emulator)
    sibling.add_to_hass(hass)
    assert (await discover(hass, sibling, emulator.serial))["reason"] == "already_configured"
    result = await discover(hass, sibling, "f01")
    await hass.config_entries.async_remove(sibling.entry_id)
    assert (await answer(hass, result, **{CONF_CIRCUIT_CURRENT: 20}))["reason"] == "no_account"
    assert (await discover(hass, sibling, "f01"))["reason"] == "no_account"


# Again


@pytest.fixture
def entries(hass: HomeAssistant, emulator: EvnexEmulator) -> list[MockConfigEntry]:
    """Return entries for both chargers of the account, and one of a charger in another cloud."""
    token = emulator.token()
    entries = [entry_for(emulator, serial, token=token) for serial in emulator.devices]
    entries.append(entry_for(emulator, "f00ba4", token="another"))
    for entry in entries:
        entry.add_to_hass(hass)
        entry.runtime_data = Mock(control=None)
        entry.mock_state(hass, ConfigEntryState.LOADED)
    hass.config_entries.async_update_entry(
        entries[2], data={**entries[2].data, CONF_URL: "https://cloud.example"}
    )
    return entries


@pytest.mark.parametrize("way", ["account_login", "account_token"])
async def test_log_in_again(
    hass: HomeAssistant, emulator: EvnexEmulator, entries: list[MockConfigEntry], way: str
) -> None:
    """One new log-in, by either way, serves all entries of the account; the address is not asked again."""
    first, second, stranger = entries
    emulator.expire_token()
    result = await first.start_reauth_flow(hass)
    assert result["type"] is FlowResultType.MENU
    assert result["step_id"] == "account_reauth"
    result = await answer(hass, result, next_step_id=way)
    schema: Any = result["data_schema"]
    answers = LOGIN if way == "account_login" else {CONF_ACCESS_TOKEN: emulator.token()}
    assert {str(marker) for marker in schema.schema} == set(answers)
    with patch.object(hass.config_entries, "async_schedule_reload") as reload:
        result = await answer(hass, result, **answers)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    assert {call.args[0] for call in reload.call_args_list} == {first.entry_id, second.entry_id}
    assert first.data[CONF_ACCESS_TOKEN] == second.data[CONF_ACCESS_TOKEN]
    assert emulator.tokens[first.data[CONF_ACCESS_TOKEN]].expires_at > emulator.now
    assert (CONF_REFRESH_TOKEN in second.data) is (way == "account_login")
    assert first.options == {CONF_CIRCUIT_CURRENT: 16}
    assert stranger.data[CONF_ACCESS_TOKEN] == "another"


async def test_log_in_again_with_another_account(
    hass: HomeAssistant, emulator: EvnexEmulator, entries: list[MockConfigEntry]
) -> None:
    """An account that does not have the charger is refused, and nothing changes."""
    before = [dict(entry.data) for entry in entries]
    token = emulator.token()
    emulator.tokens[token].owner = "somebody@example.com"
    result = await answer(hass, await entries[0].start_reauth_flow(hass), next_step_id="account_token")
    result = await answer(hass, result, **{CONF_ACCESS_TOKEN: token})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "another_account"
    assert [dict(entry.data) for entry in entries] == before


async def test_log_in_again_with_a_one_time_password(
    hass: HomeAssistant, emulator: EvnexEmulator, entries: list[MockConfigEntry]
) -> None:
    """A one-time password is asked for again, too; a wrong password is an error."""
    emulator.one_time_password = "123456"
    result = await answer(hass, await entries[0].start_reauth_flow(hass), next_step_id="account_login")
    result = await answer(hass, result, **(LOGIN | {CONF_PASSWORD: "wrong"}))
    assert result["errors"] == {"base": "wrong_password"}
    result = await answer(hass, result, **LOGIN)
    result = await answer(hass, result, **{CONF_CODE: "123456"})
    assert result["reason"] == "reauth_successful"


async def test_log_in_again_while_offline(
    hass: HomeAssistant, emulator: EvnexEmulator, entries: list[MockConfigEntry]
) -> None:
    """A charger that is offline is of the account all the same."""
    emulator.go_offline()
    result = await answer(hass, await entries[0].start_reauth_flow(hass), next_step_id="account_token")
    result = await answer(hass, result, **{CONF_ACCESS_TOKEN: emulator.token()})
    assert result["reason"] == "reauth_successful"


async def test_log_in_again_without_asking(
    hass: HomeAssistant, emulator: EvnexEmulator, entries: list[MockConfigEntry]
) -> None:
    """Where the cloud takes a refresh token, no person is needed, and it is used once for all entries."""
    refresh = next(iter(emulator.refresh_tokens))
    for entry in entries[:2]:
        hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_REFRESH_TOKEN: refresh})
    emulator.expire_token()
    with patch.object(hass.config_entries, "async_schedule_reload") as reload:
        for entry in entries[:2]:
            result = await entry.start_reauth_flow(hass)
            assert result["type"] in (FlowResultType.ABORT, FlowResultType.MENU)
            assert result.get("reason") == "reauth_successful"
            if entry is entries[0]:
                assert reload.call_count == 2
                token = entry.data[CONF_ACCESS_TOKEN]
    assert [entry.data[CONF_ACCESS_TOKEN] == token for entry in entries] == [False, False, False]


# Changed


async def test_reconfigure(
    hass: HomeAssistant, emulator: EvnexEmulator, entries: list[MockConfigEntry]
) -> None:
    """Another address of the cloud is that of the account."""
    first, second, stranger = entries
    result = await first.start_reconfigure_flow(hass)
    assert result["step_id"] == "account_reconfigure"
    assert suggested(result) == {CONF_URL: url_of(emulator)}
    result = await answer(hass, result, **{CONF_URL: "a b"})
    assert result["errors"] == {CONF_URL: "invalid_url"}
    emulator.line = Line.ERROR
    result = await answer(hass, result, **{CONF_URL: url_of(emulator)})
    assert result["errors"] == {"base": "cloud_error"}
    emulator.line = Line.OK
    result = await answer(hass, result, **{CONF_URL: url_of(emulator)})
    assert result["reason"] == "reconfigure_successful"

    async with EvnexEmulator(chargers=2) as same:
        same.tokens = emulator.tokens
        moved = url_of(same)
        result = await first.start_reconfigure_flow(hass)
        result = await answer(hass, result, **{CONF_URL: moved})
    assert result["reason"] == "reconfigure_successful"
    assert [entry.data[CONF_URL] for entry in entries] == [moved, moved, "https://cloud.example"]
    assert second.data[CONF_ACCESS_TOKEN] == first.data[CONF_ACCESS_TOKEN]
    assert stranger.data[CONF_ACCESS_TOKEN] == "another"


async def test_options(hass: HomeAssistant, emulator: EvnexEmulator) -> None:
    """What the circuit carries is changed with Configure, and the charger is set up anew with it."""
    entry = entry_for(emulator)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.supports_options
    with patch.object(hass.config_entries, "async_schedule_reload") as reload:
        result: Any = await hass.config_entries.options.async_init(entry.entry_id)
        assert result["step_id"] == "charger"
        assert suggested(result) == {CONF_CIRCUIT_CURRENT: 16}
        result = await hass.config_entries.options.async_configure(
            result["flow_id"], {CONF_CIRCUIT_CURRENT: 20}
        )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {CONF_CIRCUIT_CURRENT: 20}
    reload.assert_called_once_with(entry.entry_id)
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_only_chargers_have_options(hass: HomeAssistant) -> None:
    """One of another make as well, for its price, but none that is ignored."""
    assert MockConfigEntry(domain=DOMAIN, data={CONF_VENDOR: "psp"}).supports_options
    for data in ({}, {CONF_VENDOR: "unknown"}):
        assert not MockConfigEntry(domain=DOMAIN, data=data).supports_options
