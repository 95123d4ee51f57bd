"""The life of a token: shared, renewed in time, warned of, ended, and begun again."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.evse_pilot.const import CONF_EXPIRES_AT, CONF_REFRESH_TOKEN, CONF_SERIAL, DOMAIN
from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, ConfigEntryState
from homeassistant.const import CONF_ACCESS_TOKEN, CONF_PASSWORD, CONF_USERNAME, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.emulators.base import Line
from tests.emulators.evnex import EvnexEmulator
from tests.ha.conftest import Call, Read
from tests.ha.repairs import go_on, open_flow

from .conftest import Pass, Publish, entry_for

type SetUp = Callable[..., Awaitable[MockConfigEntry]]


@pytest.fixture
def set_up(hass: HomeAssistant, emulator: EvnexEmulator) -> SetUp:
    """Return a function that sets up the charger with a token that lasts so long."""

    async def set_up(**how: Any) -> MockConfigEntry:
        entry = entry_for(emulator, **how)
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        return entry

    return set_up


def issues(hass: HomeAssistant) -> list[ir.IssueEntry]:
    """Return what EVSE Pilot asks the owner to mend."""
    return [issue for (domain, _), issue in ir.async_get(hass).issues.items() if domain == DOMAIN]


def reauths(hass: HomeAssistant) -> list[Any]:
    """Return the log-ins that are asked for."""
    return [
        flow for flow in hass.config_entries.flow.async_progress() if flow["context"]["source"] == "reauth"
    ]


async def asked(hass: HomeAssistant, pass_time: Pass) -> Any:
    """Let refusals go on for more than a minute, and return the one log-in that is asked for."""
    for _ in range(10):
        await pass_time(61)
        if reauths(hass):
            break
    [flow] = reauths(hass)
    return flow


async def settle(hass: HomeAssistant) -> None:
    """Let sockets and tasks come to rest."""
    for _ in range(40):
        await asyncio.sleep(0.005)
        await hass.async_block_till_done()


async def test_expiry_and_back_to_life(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: EvnexEmulator,
    publish: Publish,
    read: Read,
    pass_time: Pass,
) -> None:
    """A token that ends in mid-stream asks for a log-in, once; with it, the charger is live again."""
    await publish()
    emulator.expire_token()
    await settle(hass)
    assert read("sensor.status") == STATE_UNAVAILABLE
    assert reauths(hass) == []
    flow = await asked(hass, pass_time)

    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"next_step_id": "account_login"}
    )
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {CONF_USERNAME: emulator.username, CONF_PASSWORD: emulator.password}
    )
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert loaded.state is ConfigEntryState.LOADED
    emulator.plug_in()
    await publish()
    assert read("sensor.status") == "charging"
    assert reauths(hass) == []


async def test_expiry_where_it_can_be_renewed(
    hass: HomeAssistant, set_up: SetUp, emulator: EvnexEmulator, publish: Publish, read: Read
) -> None:
    """With a refresh token no person is needed: the stream is gone for a moment, and that is all."""
    token = emulator.token()
    entry = await set_up(token=token, refresh=next(iter(emulator.refresh_tokens)))
    await publish()
    emulator.expire_token()
    await emulator.subscribed(2)
    await settle(hass)
    await publish()
    assert read("sensor.status") == "disconnected"
    assert reauths(hass) == []
    assert entry.data[CONF_ACCESS_TOKEN] != token


@pytest.mark.parametrize("why", ["moved", "refused"])
async def test_a_new_token_that_opens_nothing(
    hass: HomeAssistant, set_up: SetUp, emulator: EvnexEmulator, pass_time: Pass, why: str
) -> None:
    """A charger that has left the account is asked for, not set up again and again; nor with tokens that are no good."""
    emulator.expires_in = -1 if why == "refused" else 10_000_000
    if why == "moved":
        emulator.foreign = {emulator.serial}
    token = emulator.token(lasts_s=1000 if why == "moved" else -1)
    entry = await set_up(token=token, refresh=next(iter(emulator.refresh_tokens)))
    await settle(hass)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    for _ in range(5):
        await pass_time(90)
        await settle(hass)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    [flow] = reauths(hass)
    assert flow["step_id"] == "account_reauth"
    # At the first refusal, and before a person is asked.
    grants = [request for request in emulator.calls if request.path == "/oauth/token"]
    assert len(grants) == 2
    # It is another token now, and the next one is kept to.
    assert entry.data[CONF_ACCESS_TOKEN] != token


async def test_a_cloud_that_fails_after_it_has_renewed(
    hass: HomeAssistant, set_up: SetUp, emulator: EvnexEmulator
) -> None:
    """A token that could not be tried is taken all the same: a line that fails is no reason to ask anybody."""
    emulator.line_for = lambda request: request.path == "/v1/devices"
    emulator.line = Line.ERROR
    old = emulator.token(lasts_s=-1)
    entry = await set_up(token=old, refresh=next(iter(emulator.refresh_tokens)))
    await settle(hass)
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data[CONF_ACCESS_TOKEN] != old


async def test_a_command_with_a_token_that_has_ended(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: EvnexEmulator,
    publish: Publish,
    call: Call,
    pass_time: Pass,
) -> None:
    """A cloud that goes on streaming for a token that has ended is found out by the next command."""
    await publish()
    for token in emulator.tokens.values():
        token.expires_at = emulator.now
    with pytest.raises(Exception, match="no longer accepts the log-in"):
        await call("number.set_value", "number.current_limit", value=10)
    await settle(hass)
    assert reauths(hass) == []
    await asked(hass, pass_time)


async def test_a_token_that_has_ended_before_the_start(
    hass: HomeAssistant, set_up: SetUp, emulator: EvnexEmulator, pass_time: Pass
) -> None:
    """Home Assistant was off for months: the log-in is asked for, and there is no warning beside it."""
    entry = await set_up(token=emulator.token(lasts_s=-1), lasts=timedelta(days=-1))
    assert entry.state is ConfigEntryState.SETUP_RETRY
    await asked(hass, pass_time)
    assert issues(hass) == []


async def test_renewed_before_the_start(hass: HomeAssistant, set_up: SetUp, emulator: EvnexEmulator) -> None:
    """A token that has ended, or is about to, is renewed before it is used, where that works."""
    for lasts in (timedelta(days=-1), timedelta(days=6)):
        old = emulator.token(lasts_s=lasts.total_seconds())
        refresh = list(emulator.refresh_tokens)[-1]
        entry = await set_up(token=old, refresh=refresh, lasts=lasts)
        assert entry.state is ConfigEntryState.LOADED
        assert entry.data[CONF_ACCESS_TOKEN] != old
        assert entry.data[CONF_REFRESH_TOKEN] not in (refresh, None)
        assert issues(hass) == []
        assert await hass.config_entries.async_remove(entry.entry_id)


async def test_renewed_once_for_all(hass: HomeAssistant) -> None:
    """Entries of one account that start at the same time use its refresh token once."""
    async with EvnexEmulator(chargers=3) as emulator:
        token = emulator.token()
        refresh = next(iter(emulator.refresh_tokens))
        entries = [
            entry_for(emulator, serial, token=token, refresh=refresh, lasts=timedelta(days=1))
            for serial in emulator.devices
        ]
        for entry in entries:
            entry.add_to_hass(hass)
        assert await async_setup_component(hass, DOMAIN, {})
        await settle(hass)
        assert [entry.state for entry in entries] == [ConfigEntryState.LOADED] * 3
        assert len({entry.data[CONF_ACCESS_TOKEN] for entry in entries}) == 1
        assert entries[0].data[CONF_ACCESS_TOKEN] != token
        grants = [request for request in emulator.calls if request.path == "/oauth/token"]
        assert len(grants) == 1
        for entry in entries:
            assert await hass.config_entries.async_unload(entry.entry_id)


async def test_renewed_while_it_runs(
    hass: HomeAssistant, set_up: SetUp, emulator: EvnexEmulator, pass_time: Pass
) -> None:
    """When its end comes near, the token is renewed within half a day, and the stream begins anew with it."""
    token = emulator.token()
    entry = await set_up(token=token, refresh=next(iter(emulator.refresh_tokens)))
    await emulator.subscribed()
    await pass_time(13 * 3600)
    assert entry.data[CONF_ACCESS_TOKEN] == token
    near = (dt_util.utcnow() + timedelta(days=6)).isoformat()
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_EXPIRES_AT: near})
    await pass_time(26 * 3600)
    await emulator.subscribed(2)
    assert entry.data[CONF_ACCESS_TOKEN] != token
    assert entry.state is ConfigEntryState.LOADED


async def test_a_warning_in_good_time(
    hass: HomeAssistant, set_up: SetUp, emulator: EvnexEmulator, publish: Publish
) -> None:
    """A week before the end of a token that cannot be renewed, a repair leads to the log-in."""
    entry = await set_up(lasts=timedelta(days=6), refresh="good for nothing")
    assert entry.state is ConfigEntryState.LOADED
    [issue] = issues(hass)
    assert issue.is_fixable
    assert issue.translation_key == "login_ends"
    ends = dt_util.as_local(dt_util.utcnow() + timedelta(days=6)).date()
    assert issue.translation_placeholders == {"name": "EVNEX", "date": ends.isoformat()}

    shown = await open_flow(hass, issue.issue_id)
    assert shown["type"] is FlowResultType.FORM
    assert shown["description_placeholders"] == issue.translation_placeholders
    late = await open_flow(hass, issue.issue_id)
    done = await go_on(hass, shown)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    [flow] = reauths(hass)
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"next_step_id": "account_token"}
    )
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {CONF_ACCESS_TOKEN: emulator.token()}
    )
    assert result["reason"] == "reauth_successful"
    await settle(hass)
    assert issues(hass) == []
    await hass.config_entries.async_remove(entry.entry_id)
    assert (await go_on(hass, late))["reason"] == "gone"


async def test_one_warning_for_an_account(hass: HomeAssistant) -> None:
    """Two chargers of one account make one warning, which goes with the charger that it names."""
    async with EvnexEmulator(chargers=2) as emulator:
        token = emulator.token()
        entries = [
            entry_for(emulator, serial, token=token, lasts=timedelta(days=1)) for serial in emulator.devices
        ]
        # The one that is named first comes last.
        for entry in sorted(entries, key=lambda entry: entry.entry_id, reverse=True):
            entry.add_to_hass(hass)
            await hass.config_entries.async_setup(entry.entry_id)
        [issue] = issues(hass)
        assert issue.data is not None
        await hass.config_entries.async_remove(str(issue.data["entry_id"]))
        assert issues(hass) == []
        for left in hass.config_entries.async_entries(DOMAIN):
            await hass.config_entries.async_unload(left.entry_id)


async def test_no_warning_where_there_is_no_end(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: EvnexEmulator
) -> None:
    """A token that never ends, or has outlived what was known of its end, is no matter."""
    data = {key: value for key, value in entry.data.items() if key != "expires_at"}
    hass.config_entries.async_update_entry(entry, data=data)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert issues(hass) == []
    assert await hass.config_entries.async_unload(entry.entry_id)
    outlived = (dt_util.utcnow() - timedelta(days=1)).isoformat()
    hass.config_entries.async_update_entry(entry, data=data | {"expires_at": outlived})
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert issues(hass) == []


async def test_the_others_are_offered(hass: HomeAssistant) -> None:
    """The other chargers of an account are offered, and nothing else of it."""
    async with EvnexEmulator(chargers=4) as emulator:
        emulator.others = [{"id": "f00", "name": "lamp", "connected": True, "functions": ["brew"]}]
        first, second, third, fourth = emulator.devices
        emulator.devices[third].connected = False
        token = emulator.token()
        for serial in (first, fourth):
            entry = entry_for(emulator, serial, token=token)
            entry.add_to_hass(hass)
            await hass.config_entries.async_setup(entry.entry_id)
        await settle(hass)
        [flow] = hass.config_entries.flow.async_progress()
        assert flow["context"]["source"] == SOURCE_INTEGRATION_DISCOVERY
        assert flow["context"]["unique_id"] == f"evnex_{second}"
        assert token not in str(flow)
        for entry_ in hass.config_entries.async_entries(DOMAIN):
            assert entry_.data[CONF_SERIAL] in (first, fourth)
            await hass.config_entries.async_unload(entry_.entry_id)


async def test_a_list_that_cannot_be_had(
    hass: HomeAssistant, entry: MockConfigEntry, emulator: EvnexEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    """A list that could not be read is no error: the charger itself is there."""
    emulator.line_for = lambda request: request.path == "/v1/devices"
    emulator.line = Line.ERROR
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert hass.config_entries.flow.async_progress() == []
    ours = [record for record in caplog.records if "custom_components.evse_pilot" in record.name]
    assert not [record for record in ours if record.levelno >= logging.INFO]
