"""How a charger of another integration is reached: through entities, as they are seen from below Home Assistant."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

# The keys of a charger's entry: the integration that has it, and the device and the entities of that.
CONF_INTEGRATION, CONF_DEVICE, CONF_ROLES, CONF_OWNERS = "integration", "device", "roles", "owners"
# An action of its owner's that sets the limit, as one step of an automation.
CONF_LIMIT_ACTION = "limit_action"


class Role(StrEnum):
    """What an entity is to its charger."""

    STATUS = "status"
    PLUGGED = "plugged"
    CHARGING = "charging"
    LIMIT = "limit"
    SWITCH = "switch"
    START = "start"
    STOP = "stop"
    PHASES = "phases"
    POWER = "power"
    CURRENT_L1 = "current_l1"
    CURRENT_L2 = "current_l2"
    CURRENT_L3 = "current_l3"
    ENERGY = "energy"
    SESSION_ENERGY = "session_energy"
    ONLINE = "online"


CURRENTS = (Role.CURRENT_L1, Role.CURRENT_L2, Role.CURRENT_L3)
# What is set, pressed or switched: each is one entity, and of one charger.
COMMANDED = (Role.LIMIT, Role.SWITCH, Role.START, Role.STOP, Role.PHASES)
# The kinds of entity that a role can be played by.
DOMAINS: Mapping[Role, tuple[str, ...]] = {
    Role.STATUS: ("sensor", "binary_sensor", "select"),
    Role.PLUGGED: ("binary_sensor",),
    Role.CHARGING: ("binary_sensor",),
    Role.LIMIT: ("number", "select", "input_number", "sensor"),
    Role.SWITCH: ("switch", "select", "input_boolean"),
    Role.START: ("button", "input_button"),
    Role.STOP: ("button", "input_button"),
    Role.PHASES: ("switch", "select", "input_select"),
    Role.POWER: ("sensor",),
    Role.CURRENT_L1: ("sensor",),
    Role.CURRENT_L2: ("sensor",),
    Role.CURRENT_L3: ("sensor",),
    Role.ENERGY: ("sensor",),
    Role.SESSION_ENERGY: ("sensor",),
    Role.ONLINE: ("binary_sensor",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an entity shows: None while its integration shows nothing, such as for want of a connection.

    `at_s`: when it was reported last, in seconds of the clock of the port.
    """

    value: str | None
    at_s: float
    attributes: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def unit(self) -> str | None:
        """Return the unit of the value."""
        unit = self.attributes.get("unit_of_measurement")
        return unit if isinstance(unit, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """What is known of the device that the entities belong to."""

    manufacturer: str | None = None
    model: str | None = None
    firmware: str | None = None


class EntityPort(Protocol):
    """The entities of one charger."""

    def domain(self, role: Role) -> str | None:
        """Return which kind of entity plays a role; None: none does."""

    def name(self, role: Role) -> str:
        """Return how the entity of a role is called, also where there is none."""

    def read(self, role: Role) -> Reading | None:
        """Return what the entity of a role shows; None: there is no such entity."""

    def now_s(self) -> float:
        """Return the time by the clock of the readings, in seconds."""

    def facts(self) -> DeviceFacts:
        """Return what is known of the device."""

    async def call(self, action: str, data: Mapping[str, Any], role: Role | None) -> None:
        """Carry out an action, on the entity of a role if there is one; raises a ChargerError."""

    async def act(self, amps: float) -> None:
        """Carry out the owner's action for a current in A; raises a ChargerError."""

    async def refresh(self) -> None:
        """Have the entities read anew after a command, where their integration does not do that by itself."""

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call the listener after each report of an entity, until the returned function is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An entity that may play a role; what it shows is not known before its integration has started."""

    entity_id: str
    domain: str
    translation_key: str | None = None
    unique_id: str = ""
    device_class: str | None = None
    state_class: str | None = None
    unit: str | None = None
    state: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    is_enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Which entity plays which role, as far as it can be found out, and the most that the charger may give, in A."""

    name: str | None
    roles: Mapping[Role, str]
    maximum_a: float


class EntityChooser(Protocol):
    """Finds out which entity of a device is what."""

    async def propose(self, integration: str, candidates: Sequence[Candidate]) -> Proposal:
        """Return what is proposed to the owner."""

    async def problem(
        self,
        integration: str,
        chosen: Mapping[Role, Candidate],
        owners: frozenset[Role],
        *,
        has_action: bool,
    ) -> tuple[str, str] | None:
        """Return the field and the key of the first error in a choice; None: it can be used.

        `has_action`: an action of the owner's sets the limit.
        """
