"""Fields and errors that the forms of several flows share."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import SOURCE_IGNORE, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from ..balancing.settings import is_group
from ..const import DOMAIN

type Errors = dict[str, str]
type Schema = dict[vol.Marker, Any]

# The field of an error that concerns the form as a whole.
BASE = "base"
MAXIMUM_A = 500


class WarnsOnce:
    """A flow with warnings: shown as errors, and accepted when the same values are submitted again."""

    _warned: tuple[str, dict[str, Any]] | None = None

    def warn_once(self, field: str, key: str, values: Mapping[str, Any]) -> Errors:
        """Return a warning about these values, unless it was shown just before.

        It is at the field, and at the form as well: the field may be out of sight.
        """
        before, self._warned = self._warned, (key, dict(values))
        return {} if self._warned == before else {BASE: key, field: key}


class FormError(Exception):
    """An error to show in a form: its field and its key."""

    def __init__(self, field: str, key: str) -> None:
        """Set the field and the key."""
        super().__init__(key)
        self.field = field
        self.key = key


def number(unit: str, least: float, most: float, step: float) -> NumberSelector:
    """Return a field for a number with a unit."""
    return NumberSelector(
        NumberSelectorConfig(
            min=least, max=most, step=step, mode=NumberSelectorMode.BOX, unit_of_measurement=unit
        )
    )


def choice(key: str, options: list[str]) -> SelectSelector:
    """Return a field for one of some translated options; few of them are shown as a list."""
    few = len(options) <= 3
    return SelectSelector(
        SelectSelectorConfig(
            options=options,
            translation_key=key,
            mode=SelectSelectorMode.LIST if few else SelectSelectorMode.DROPDOWN,
        )
    )


def chargers(hass: HomeAssistant) -> list[ConfigEntry]:
    """Return the entries that are chargers."""
    return [
        entry
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.source != SOURCE_IGNORE and not is_group(entry)
    ]


def entry_options(entries: list[ConfigEntry]) -> list[SelectOptionDict]:
    """Return the options of a field for one of some config entries."""
    return [SelectOptionDict(value=entry.entry_id, label=entry.title) for entry in entries]
