"""Action that lists the charging sessions of chargers."""

from collections.abc import Sequence
import csv
from datetime import date
from enum import StrEnum
from io import StringIO
from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType
from homeassistant.util import dt as dt_util

from ..entities.device import EvseConfigEntry
from ..sessions.recorder import async_sessions, began_between
from ..sessions.session import FIELDS, ChargingSession
from .action import Action
from .fields import checked, word
from .targets import async_targeted, by_name, invalid, not_supported


class Format(StrEnum):
    """How the sessions of a charger are returned."""

    LIST = "list"
    CSV = "csv"


_SESSIONS: VolDictType = {
    vol.Optional("start"): checked(cv.date),
    vol.Optional("end"): checked(cv.date),
    vol.Optional("format", default=Format.LIST): word(Format),
}


async def _list_sessions(call: ServiceCall) -> ServiceResponse:
    first, last = call.data.get("start"), call.data.get("end")
    if first is not None and last is not None and last < first:
        raise invalid("dates_reversed", start=first.isoformat(), end=last.isoformat())
    entries = await async_targeted(call, groups=False, members=True)
    if not entries:
        raise invalid("no_charger_targeted")
    found = [
        (entry, _in_format(call.data["format"], await _async_between(call, entry, first, last)))
        for entry in entries
    ]
    return {"chargers": by_name(found)}


async def _async_between(
    call: ServiceCall, entry: EvseConfigEntry, first: date | None, last: date | None
) -> list[ChargingSession]:
    """Return the sessions of a charger that began on these days, oldest first."""
    if (sessions := await async_sessions(call.hass, entry)) is None:
        raise not_supported(call, entry)
    return began_between(sessions, first, last)


def _in_format(format_: Format, sessions: Sequence[ChargingSession]) -> Any:
    zone = dt_util.get_default_time_zone()
    rows = [session.as_dict(zone) for session in sessions]
    return rows if format_ is Format.LIST else _csv(rows)


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    """Return a table with a line of names, which a spreadsheet reads."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows([_cell(row[name]) for name in FIELDS] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    # A text from a charger that a spreadsheet would take for a formula.
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value


ACTIONS = (
    Action(
        name="list_sessions",
        handler=_list_sessions,
        schema=_SESSIONS,
        members=True,
        response=SupportsResponse.ONLY,
    ),
)
