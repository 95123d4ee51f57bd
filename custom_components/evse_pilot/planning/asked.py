"""Actions of other integrations that return prices, where their entities do not show those of the hours to come.

Data in, prices out: nothing is called here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

from .prices import joined, prices_of_list
from .segments import Price

_WITH_VAT: Final = {"energyzero": "get_energy_prices", "easyenergy": "get_energy_usage_prices"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A call of an action; `key`: under which its response has the list, None: under a name of its own."""

    action: str
    data: Mapping[str, Any]
    per_kwh: float = 1.0
    key: str | None = "prices"


def asks_of(platform: str, config_entry_id: str, now: datetime) -> list[Ask]:
    """Return the calls for the prices of today and tomorrow of an integration; `now` in the zone of the house."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    tomorrow, after = today + timedelta(days=1), today + timedelta(days=2)
    entry = {"config_entry": config_entry_id}
    # Some fail for a day without prices, as tomorrow is until noon: each day is a call of its own.
    days = [day.date().isoformat() for day in (today, tomorrow)]
    if platform == "nordpool":
        # Of a MWh, whatever its sensors show.
        return [
            Ask(action="get_prices_for_date", data=entry | {"date": day}, per_kwh=0.001, key=None)
            for day in days
        ]
    if (action := _WITH_VAT.get(platform)) is not None:
        return [Ask(action=action, data=entry | {"incl_vat": True, "start": day, "end": day}) for day in days]
    times = {"start": today.isoformat(" "), "end": after.isoformat(" ")}
    if platform == "tibber":
        return [Ask(action="get_prices", data=times)]
    if platform == "entsoe":
        return [Ask(action="get_energy_prices", data=entry | times)]
    return []


def prices_of_response(ask: Ask, response: object, names: tuple[str, ...], zone: tzinfo) -> tuple[Price, ...]:
    """Return the prices in a response; of several homes or areas that with one of the names, else the first."""
    found = response if ask.key is None else _get(response, ask.key)
    if isinstance(found, Mapping):
        lists = {str(name): entries for name, entries in found.items()}
        chosen = next((name for name in names if name in lists), next(iter(lists), None))
        found = None if chosen is None else lists[chosen]
    return joined([prices_of_list(found, ask.per_kwh, zone)])


def _get(response: object, key: str) -> object:
    return response.get(key) if isinstance(response, Mapping) else None
