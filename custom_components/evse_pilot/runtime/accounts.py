"""Accounts in a cloud: the token that the entries of an account share, and its life."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import ClientSession

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_ACCESS_TOKEN, CONF_NAME, CONF_URL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import discovery_flow, issue_registry as ir
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..chargers.account import Account, Token
from ..chargers.errors import ChargerAuthError, ChargerError
from ..const import CONF_EXPIRES_AT, CONF_REFRESH_TOKEN, CONF_SERIAL, CONF_VENDOR, DOMAIN

WARN_BEFORE = timedelta(days=7)
LOOK_EVERY = timedelta(hours=12)
CONF_SIBLING = "sibling"

# A refresh token is good for one new token, so the entries of an account must not use it at the same time.
_LOCK: HassKey[asyncio.Lock] = HassKey(f"{DOMAIN}_renewal")
_TOKEN = {CONF_ACCESS_TOKEN, CONF_EXPIRES_AT, CONF_REFRESH_TOKEN}


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """A cloud through which chargers are reached: its address, and an account in it.

    `connect` gets the address and an access token, or None before there is one; a token lasts no longer than
    `token_lasts` where the cloud does not state its end.
    """

    url: str
    connect: Callable[[ClientSession, str, str | None], Account]
    token_lasts: timedelta


def account_of(hass: HomeAssistant, cloud: Cloud, url: str, token: Token | None) -> Account:
    """Return the account that a token belongs to, or one to log in to."""
    return cloud.connect(async_get_clientsession(hass), url, None if token is None else token.access)


def token_of(data: Mapping[str, Any]) -> Token:
    """Return the token in an entry's data."""
    expires_at = data.get(CONF_EXPIRES_AT)
    return Token(
        access=data[CONF_ACCESS_TOKEN],
        refresh=data.get(CONF_REFRESH_TOKEN),
        expires_at=None if expires_at is None else dt_util.parse_datetime(expires_at),
    )


def with_token(data: Mapping[str, Any], token: Token) -> dict[str, Any]:
    """Return an entry's data with this token in place of the one it had."""
    token_data = {
        CONF_ACCESS_TOKEN: token.access,
        CONF_REFRESH_TOKEN: token.refresh,
        CONF_EXPIRES_AT: None if token.expires_at is None else token.expires_at.isoformat(),
    }
    return {key: value for key, value in data.items() if key not in _TOKEN} | {
        key: value for key, value in token_data.items() if value is not None
    }


@callback
def async_entries_at(hass: HomeAssistant, data: Mapping[str, Any]) -> list[ConfigEntry]:
    """Return the entries of the same vendor at the same cloud, of whatever account."""
    return [
        entry
        for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False)
        if (entry.data.get(CONF_VENDOR), entry.data.get(CONF_URL)) == (data[CONF_VENDOR], data[CONF_URL])
    ]


@callback
def async_siblings(hass: HomeAssistant, entry: ConfigEntry) -> list[ConfigEntry]:
    """Return the entries of the same account, this one included: those with the same token."""
    token = entry.data[CONF_ACCESS_TOKEN]
    return [other for other in async_entries_at(hass, entry.data) if other.data[CONF_ACCESS_TOKEN] == token]


@callback
def async_update_account(
    hass: HomeAssistant,
    entries: list[ConfigEntry],
    token: Token,
    *,
    but: ConfigEntry | None = None,
    **updates: Any,
) -> None:
    """Give entries another token, and set up anew those that have used the old one, but for one."""
    for entry in entries:
        hass.config_entries.async_update_entry(entry, data=with_token(entry.data, token) | updates)
        # One that is being set up has not got that far yet, and one that is switched off stays so.
        resting = (ConfigEntryState.SETUP_IN_PROGRESS, ConfigEntryState.NOT_LOADED)
        if entry is not but and entry.state not in resting:
            hass.config_entries.async_schedule_reload(entry.entry_id)


async def async_renew(hass: HomeAssistant, entry: ConfigEntry, cloud: Cloud) -> bool:
    """Exchange the token of an account for a new one, without a person; return whether it is good for this charger.

    One that left the account, or a cloud that grants tokens and then refuses them, would be set up again and again.
    """
    token = token_of(entry.data)
    if token.refresh is None:
        return False
    async with hass.data.setdefault(_LOCK, asyncio.Lock()):
        if entry.data[CONF_ACCESS_TOKEN] != token.access:
            # Another entry of the account was faster.
            return True
        try:
            renewed = await account_of(hass, cloud, entry.data[CONF_URL], None).renew(token)
        except ChargerError:
            return False
        opens = await _async_opens(hass, entry, cloud, renewed)
        async_update_account(hass, async_siblings(hass, entry), renewed, but=None if opens else entry)
    return opens


async def _async_opens(hass: HomeAssistant, entry: ConfigEntry, cloud: Cloud, token: Token) -> bool:
    """Return whether a token is good for the charger of an entry, as far as that can be found out now."""
    try:
        listed = await account_of(hass, cloud, entry.data[CONF_URL], token).devices()
    except ChargerAuthError:
        return False
    except ChargerError:
        return True
    return entry.data[CONF_SERIAL] in {device.serial for device in listed}


async def async_look_after(hass: HomeAssistant, entry: ConfigEntry, cloud: Cloud) -> None:
    """Renew a token that is about to end, now and as long as the entry is there; or warn its owner in time."""

    async def look(now: datetime) -> None:
        ends = token_of(entry.data).expires_at
        is_ending = ends is not None and ends - now < WARN_BEFORE
        if is_ending and not await async_renew(hass, entry, cloud) and ends is not None and ends > now:
            _async_warn(hass, entry, ends)
        else:
            _async_calm(hass, entry)

    await look(dt_util.utcnow())
    entry.async_on_unload(async_track_time_interval(hass, look, LOOK_EVERY))


@callback
def _async_warn(hass: HomeAssistant, entry: ConfigEntry, ends: datetime) -> None:
    """Warn that the log-in is about to end: once for all entries of the account."""
    first, *others = sorted(async_siblings(hass, entry), key=lambda sibling: sibling.entry_id)
    # One that came later may be the first now.
    for other in others:
        async_forget_warning(hass, other)
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(first),
        data={"flow": "log_in", "entry_id": first.entry_id},
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key="login_ends",
        translation_placeholders={
            "name": first.title,
            "date": dt_util.as_local(ends).date().isoformat(),
        },
    )


@callback
def _async_calm(hass: HomeAssistant, entry: ConfigEntry) -> None:
    for sibling in async_siblings(hass, entry):
        async_forget_warning(hass, sibling)


@callback
def async_forget_warning(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take back the warning that the log-in of an entry is about to end."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry))


def _issue_id(entry: ConfigEntry) -> str:
    return f"login_ends_{entry.entry_id}"


async def async_offer_others(
    hass: HomeAssistant, entry: ConfigEntry, cloud: Cloud, unique_id: Callable[[str], str]
) -> None:
    """Offer the other chargers of an account as discovered."""
    account = account_of(hass, cloud, entry.data[CONF_URL], token_of(entry.data))
    try:
        listed = await account.devices()
    except ChargerError:
        # Whether this charger can be reached is another matter, and shown elsewhere.
        return
    known = {other.unique_id for other in hass.config_entries.async_entries(DOMAIN)}
    for device in listed:
        if device.is_charger and unique_id(device.serial) not in known:
            # Without the token: the flow finds it where the sibling keeps it.
            discovery_flow.async_create_flow(
                hass,
                DOMAIN,
                context={"source": SOURCE_INTEGRATION_DISCOVERY},
                data={CONF_SIBLING: entry.entry_id, CONF_SERIAL: device.serial, CONF_NAME: device.name},
            )
