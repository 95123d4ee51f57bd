"""A Home Assistant to measure in, with chargers of other processes."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
import tempfile
from typing import Any
from unittest.mock import patch

from aiohttp import ThreadedResolver
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from custom_components.evse_pilot.const import (
    CONF_CIRCUIT_CURRENT,
    CONF_EXPIRES_AT,
    CONF_SERIAL,
    CONF_VENDOR,
    DOMAIN,
)
from homeassistant import loader
from homeassistant.const import CONF_ACCESS_TOKEN, CONF_HOST, CONF_PORT, CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from .boxes import HOST, POLLED


class _Resolver(ThreadedResolver):
    """A resolver as Home Assistant closes it."""

    real_close = ThreadedResolver.close


@asynccontextmanager
async def home() -> AsyncGenerator[HomeAssistant]:
    """Run a Home Assistant that finds the integration; it is not stopped by itself."""
    with (
        tempfile.TemporaryDirectory() as folder,
        # The chargers have addresses; no names are asked for.
        patch("homeassistant.helpers.aiohttp_client._async_make_resolver", lambda _: _Resolver()),
    ):
        async with async_test_home_assistant(config_dir=folder) as hass:
            hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
            yield hass


def entry_of(make: str, port: int, number: int = 1, token: str = "") -> MockConfigEntry:
    """Return the entry of an emulated charger, by its number; an EVNEX needs a token."""
    where: dict[str, Any] = {CONF_HOST: HOST, CONF_PORT: port}
    options: dict[str, Any] = {}
    if make == "smartevse":
        where[CONF_SERIAL] = str(number)
    elif make == "evnex":
        where = {
            CONF_URL: f"http://{HOST}:{port}",
            CONF_SERIAL: POLLED["evnex"].rpartition("/")[2],
            CONF_ACCESS_TOKEN: token,
            CONF_EXPIRES_AT: (dt_util.utcnow() + timedelta(days=400)).isoformat(),
        }
        options = {CONF_CIRCUIT_CURRENT: 16}
    return MockConfigEntry(
        domain=DOMAIN,
        title=f"{make} {number}",
        unique_id=f"{make}_{number}",
        data={CONF_VENDOR: make} | where,
        options=options,
        minor_version=2 if make == "evnex" else 1,
    )


async def set_up(hass: HomeAssistant, entries: Sequence[MockConfigEntry]) -> None:
    """Set up entries, all at once as at a start; RuntimeError if one is refused, or shows nothing."""
    for entry in entries:
        entry.add_to_hass(hass)
    are_set_up = await asyncio.gather(*(hass.config_entries.async_setup(entry.entry_id) for entry in entries))
    if not all(are_set_up):
        raise RuntimeError("an entry was not set up")
    # Not until a stream has ended, which it does not.
    await hass.async_block_till_done()
    if not all(shown_entities(hass, entry) for entry in entries):
        raise RuntimeError("an entry has no entities")


def shown_entities(hass: HomeAssistant, entry: MockConfigEntry) -> int:
    """Return how many entities of an entry are on."""
    registered = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return sum(not each.disabled for each in registered)
