"""A charger that is not controlled any more gets back what its owner had set."""

import asyncio
from dataclasses import replace
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..chargers.capabilities import Limiter
from ..chargers.charger import Charger
from ..chargers.errors import ChargerError
from ..const import LOGGER
from ..runtime.issues import async_show_issue
from .claim import OF_A_GROUP, Source
from .core import ControlCore
from .shown import Sent
from .store import Record, stored_control
from .writer import async_write, shown

# Home Assistant does not wait longer for what is unloaded.
_WITHIN_S = 10.0
# What stays: the owner's own word, and what keeps a fuse whole that the charger still shares.
_KEPT = OF_A_GROUP | {Source.OWNER}


async def async_restore(hass: HomeAssistant, entry: ConfigEntry, charger: Charger[Any]) -> None:
    """Send what its owner had set to a charger whose entry is disabled or removed.

    A charger that cannot be reached stays as it is: a warning and a repair issue name it.
    """
    stored = stored_control(hass, entry.entry_id)
    record = await stored.async_load()
    if record is None or record.sent == Sent():
        return
    try:
        async with asyncio.timeout(_WITHIN_S):
            restored = await _async_restore(charger, record)
        await stored.async_save(restored)
    except (ChargerError, TimeoutError) as error:
        LOGGER.warning("%s could not be restored: %s", entry.title, type(error).__name__)
        async_show_issue(hass, entry, "not_restored", {"name": entry.title})


async def _async_restore(charger: Charger[Any], record: Record) -> Record:
    """Restore a charger, and return what is to be taken up if the entry is enabled again."""
    await charger.identify()
    core = ControlCore()
    core.claims = {source: claim for source, claim in record.claims.items() if source in _KEPT}
    core.baseline, core.sent_before = record.baseline, record.sent
    now = shown(charger, await _async_first_state(charger))
    core.read(0.0, now)
    target = core.target
    if target is not None and core.differs(target):
        await async_write(charger, target, now, charger.fetch)
    sent = Sent()
    if target is None or target.current_a == 0:
        # Limit, mode and phases are restored when it may charge again.
        sent = replace(record.sent, current=False, confirmed_a=None)
    if target is not None and core.claims:
        # What is changed at the charger from now on is a person's.
        limit_a = target.current_a or record.sent.limit_a
        sent = replace(sent, current=True, confirmed_a=target.current_a, limit_a=limit_a)
    claims = {source: claim for source, claim in record.claims.items() if source not in _KEPT} | core.claims
    return replace(record, claims=claims, baseline=core.baseline, sent=sent, stored_at=dt_util.utcnow())


async def _async_first_state(charger: Charger[Any]) -> Any:
    """Return the first snapshot that shows a limit; a charger that streams shows it with its first event."""
    state = await charger.fetch()
    try:
        charger.require(Limiter).load(state)
    except ChargerError:
        if (stream := charger.stream()) is None:
            raise
        try:
            return await anext(stream)
        finally:
            await stream.aclose()
    return state
