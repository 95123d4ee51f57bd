"""Entities in memory, and the actions that were carried out on them."""

from collections.abc import Callable, Mapping
from typing import Any, override

from chargers.entity_port import DeviceFacts, EntityPort, Reading, Role
from chargers.errors import ChargerError
from chargers.existing.charger import ExistingCharger, Setup
from chargers.existing.profiles import GENERIC, Profile


class FakePort(EntityPort):
    """Entities that show what a test sets, each with its kind and its attributes."""

    def __init__(self, **entities: tuple[str, str | None, Mapping[str, Any]]) -> None:
        """Have entities by role: kind, value and attributes."""
        self.entities = {Role(role): entity for role, entity in entities.items()}
        self.calls: list[tuple[str, dict[str, Any], Role | None]] = []
        self.error: ChargerError | None = None
        self.t = 100.0
        self.reported_s: dict[Role, float] = {}
        self.listeners: list[Callable[[], None]] = []
        self.refreshed = 0

    def show(self, role: Role, value: str | None) -> None:
        """Let an entity show another value, which is reported now."""
        kind, _, attributes = self.entities[role]
        self.entities[role] = (kind, value, attributes)
        self.reported_s[role] = self.t
        for listener in tuple(self.listeners):
            listener()

    @override
    def domain(self, role: Role) -> str | None:
        return self.entities[role][0] if role in self.entities else None

    @override
    def name(self, role: Role) -> str:
        return f"sensor.{role}"

    @override
    def read(self, role: Role) -> Reading | None:
        if role not in self.entities:
            return None
        _, value, attributes = self.entities[role]
        return Reading(value=value, at_s=self.reported_s.get(role, 0.0), attributes=attributes)

    @override
    def now_s(self) -> float:
        return self.t

    @override
    def facts(self) -> DeviceFacts:
        return DeviceFacts()

    @override
    async def call(self, action: str, data: Mapping[str, Any], role: Role | None) -> None:
        self.calls.append((action, dict(data), role))
        if self.error is not None:
            raise self.error

    @override
    async def act(self, amps: float) -> None:
        await self.call("own", {"current": amps}, None)

    @override
    async def refresh(self) -> None:
        self.refreshed += 1

    @override
    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)


def charger_of(
    port: FakePort,
    profile: Profile = GENERIC,
    *,
    circuit_a: float = 32.0,
    owners: frozenset[Role] = frozenset(),
    more: frozenset[Role] = frozenset(),
    has_action: bool = False,
) -> ExistingCharger:
    """Return a charger with the entities of a port, and of roles that have no entity any more."""
    setup = Setup(
        integration=profile.integration,
        device_id="device-1",
        circuit_a=circuit_a,
        roles=frozenset(port.entities) | more,
        owners=owners,
        has_action=has_action,
    )

    async def read_profile(_: str) -> Profile:
        return profile

    return ExistingCharger(port, setup, read_profile)
