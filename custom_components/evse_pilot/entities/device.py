"""What a loaded entry holds, and how a vendor gets there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from typing import Any

from aiohttp import ClientSession
import voluptuous as vol

from homeassistant.config_entries import ConfigEntry
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from ..chargers.charger import Charger
from ..control.controller import ChargerController
from ..control.owner import OwnerControls
from ..runtime.accounts import Cloud
from .descriptions import Entities


@dataclass(frozen=True, kw_only=True)
class Vendor[C: Charger[Any], S]:
    """A family of chargers: its name, the form that a person fills in, and what comes of it.

    `connect` gets the entry's data and the time zone of the house; `pace` says how long after such a snapshot the
    next one is due; `login` names those fields of the form that are asked again when the charger refuses them.
    """

    key: str
    name: str
    form: vol.Schema
    connect: Callable[[ClientSession, Mapping[str, Any], tzinfo], C]
    pace: Callable[[S], timedelta]
    entities: Entities[C, S]
    login: tuple[str, ...] = ()
    cloud: Cloud | None = None
    """Where its chargers are, if they are in no network of the house; the form then has what is left to ask."""
    recognises: Callable[[str], bool]
    """Whether a name seen on the network is one of theirs."""
    serial_from_name: Callable[[str], str | None]

    def unique_id(self, serial: str) -> str:
        """Return the id of the entry of a charger."""
        return f"{self.key}_{serial}"


@dataclass(frozen=True, kw_only=True)
class Device[C, S]:
    """What an entry holds: commands go to the target, readings come from the coordinator."""

    id: str
    info: DeviceInfo
    target: C
    coordinator: DataUpdateCoordinator[S]
    entities: Entities[C, S]
    parts: tuple[Device[Any, Any], ...] = ()
    """What else is shown as the same device: its schedule."""
    control: ChargerController | None = None
    """The controller of its current, if it is a charger."""
    owner: OwnerControls | None = None
    """The controls of a person, if it is a charger."""
    subentry_id: str | None = None
    """Which part of its entry it comes from, if it is a member of a group."""


# The one place where the types are let go.
type EvseConfigEntry = ConfigEntry[Device[Any, Any]]
