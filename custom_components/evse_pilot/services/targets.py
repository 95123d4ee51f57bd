"""The chargers and groups that an action targets, and commands to each of them."""

from collections.abc import Awaitable, Callable, Iterable
from itertools import chain, count
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.service import async_extract_config_entry_ids

from ..balancing.settings import CONF_CHARGER, SUBENTRY_CHARGER, is_group
from ..const import DOMAIN, LOGGER
from ..entities.device import EvseConfigEntry
from ..runtime.errors import commanding, is_read_back, raise_all, translated

type Targets[T] = list[tuple[EvseConfigEntry, T]]


async def async_targeted(call: ServiceCall, *, groups: bool, members: bool = False) -> list[EvseConfigEntry]:
    """Return the chargers, or groups, that a call targets, loaded or not, in a stable order; an area may have both.

    With `members` a group stands for its chargers.
    """
    entry_ids = await async_extract_config_entry_ids(call)
    if members:
        entry_ids |= {charger for entry_id in entry_ids for charger in _members(call.hass, entry_id)}
    return [
        entry
        for entry_id in sorted(entry_ids)
        if (entry := call.hass.config_entries.async_get_entry(entry_id))
        and entry.domain == DOMAIN
        and is_group(entry) is groups
    ]


def by_name[T](found: Iterable[tuple[EvseConfigEntry, T]]) -> dict[str, T]:
    """Return what was found of each charger under its name; of several with one name all but the first have a number."""
    named: dict[str, T] = {}
    for entry, value in sorted(found, key=lambda each: each[0].entry_id):
        names = chain((entry.title,), (f"{entry.title} ({number})" for number in count(2)))
        named[next(name for name in names if name not in named)] = value
    return named


def _members(hass: HomeAssistant, entry_id: str) -> set[str]:
    """Return the entries of the chargers of a group; of any other entry none."""
    entry = hass.config_entries.async_get_entry(entry_id)
    if entry is None or entry.domain != DOMAIN or not is_group(entry):
        return set()
    return {
        subentry.data[CONF_CHARGER]
        for subentry in entry.subentries.values()
        if subentry.subentry_type == SUBENTRY_CHARGER
    }


async def async_entries(call: ServiceCall, *, groups: bool = False) -> list[EvseConfigEntry]:
    """Return the loaded chargers, or groups, that a call targets, in a stable order.

    Raises ServiceValidationError if there is none, or if one is not loaded.
    """
    entries = await async_targeted(call, groups=groups)
    if not entries:
        raise invalid("no_group_targeted" if groups else "no_charger_targeted")
    for entry in entries:
        if entry.state is not ConfigEntryState.LOADED:
            raise invalid("not_loaded", name=entry.title)
    return entries


async def async_capable[T](call: ServiceCall, capability: type[T]) -> Targets[T]:
    """Return the targeted chargers with their capability; ServiceValidationError if one lacks it."""
    targets = []
    for entry in await async_entries(call):
        if (capable := entry.runtime_data.target.capability(capability)) is None:
            raise not_supported(call, entry)
        targets.append((entry, capable))
    return targets


async def async_command_each[T](
    targets: Targets[T],
    command: Callable[[EvseConfigEntry, T], Awaitable[Any]],
    check: Callable[[EvseConfigEntry, T], Any] = lambda _, __: None,
    *,
    refresh: bool = True,
) -> None:
    """Send a command to each target, and read each charger afterwards unless the command does so itself.

    All targets are checked before the first command is sent. Raises ServiceValidationError if one does not pass
    the check, and HomeAssistantError with the name of each target where the command failed; the others were sent.
    """
    for entry, target in targets:
        with translated(HomeAssistantError, entry.title):
            check(entry, target)
    failures: list[HomeAssistantError] = []
    for entry, target in targets:
        try:
            with commanding(entry.title):
                await command(entry, target)
        except HomeAssistantError as error:
            LOGGER.debug("Command to %s failed: %s", entry.title, error.translation_key)
            failures.append(error)
            if not is_read_back(error):
                continue
        if refresh:
            await entry.runtime_data.coordinator.async_refresh()
    raise_all(failures)


async def async_parts[T](call: ServiceCall, kind: type[T]) -> Targets[T]:
    """Return the targeted chargers with one of their parts, such as their schedules; ServiceValidationError if one has none."""
    targets: Targets[T] = []
    for entry in await async_entries(call):
        if (part := entry.runtime_data.part(kind)) is None:
            raise not_supported(call, entry)
        targets.append((entry, part))
    return targets


def not_supported(call: ServiceCall, entry: EvseConfigEntry) -> ServiceValidationError:
    """Return the error for a charger that cannot carry out the action."""
    return invalid("not_supported", name=entry.title, action=call.service)


def invalid(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the error for a call that the caller has to correct."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders or None
    )
