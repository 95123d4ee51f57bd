"""The runtime data of a config entry, and the description of a vendor."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from ..chargers.charger import Charger
from ..chargers.entity_port import EntityChooser
from ..control.controller import ChargerController
from ..control.owner import OwnerControls
from ..runtime.accounts import Cloud
from .descriptions import Entities


@dataclass(frozen=True, kw_only=True)
class Vendor[C: Charger[Any], S]:
    """A family of chargers: its name, the form to add one, and the entities of each.

    `connect` gets the entry's data and options, and Home Assistant's time zone; `pace` returns the time from one snapshot
    to the next; `login` are the fields of the form that are asked for again when the charger refuses them, `options` those
    that say how the charger is used, and not how it is reached.
    """

    key: str
    name: str
    form: vol.Schema
    connect: Callable[[HomeAssistant, Mapping[str, Any], tzinfo], C]
    pace: Callable[[S], timedelta]
    entities: Entities[C, S]
    login: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    cloud: Cloud | None = None
    """The cloud of its chargers, if they cannot be reached locally; the form then has the other fields."""
    chooser: EntityChooser | None = None
    """What finds out which entity is what, if its chargers are those of other integrations."""
    recognises: Callable[[str], bool]
    """Whether a host name on the network is that of such a charger."""
    serial_from_name: Callable[[str], str | None]

    def has_log_in(self, data: Mapping[str, Any]) -> bool:
        """Return whether an entry's data have a log-in that a charger, or its cloud, could refuse."""
        return self.cloud is not None or any(data.get(key) for key in self.login)

    def unique_id(self, serial: str) -> str:
        """Return the id of the entry of a charger."""
        return f"{self.key}_{serial}"


@dataclass(frozen=True, kw_only=True)
class Device[C, S]:
    """The runtime data of an entry: commands go to the target, readings come from the coordinator."""

    id: str
    info: DeviceInfo
    target: C
    coordinator: DataUpdateCoordinator[S]
    entities: Entities[C, S]
    parts: tuple[Device[Any, Any], ...] = ()
    """Further parts of the same device: its schedule, its control, its sessions and its plan."""
    depends_on_answers: bool = True
    """Whether what it has depends on the answers of a box, of which one alone may be odd."""
    control: ChargerController | None = None
    """The controller of its current, if it is a charger."""
    owner: OwnerControls | None = None
    """The controls of a person, if it is a charger."""
    subentry_id: str | None = None
    """The config subentry of the device, if it is a member of a group."""

    def part[T](self, kind: type[T]) -> T | None:
        """Return what one of its parts commands, by its kind, such as its schedule; None: it has none."""
        targets = (part.target for part in self.parts)
        return next((target for target in targets if isinstance(target, kind)), None)


def settings_of(entry: ConfigEntry) -> dict[str, Any]:
    """Return how a charger is reached and used, as its vendor connects with it."""
    return {**entry.data, **entry.options}


# A config entry has no type parameters for its charger and its state.
type EvseConfigEntry = ConfigEntry[Device[Any, Any]]
