"""A charger of another integration: its entities are its wire, and the actions of Home Assistant its commands."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
import math
from typing import Any, override

from ..capabilities import ChargingSwitch, EnergyMeter, EntityBacked, Limiter, PhaseSwitch
from ..charger import Charger
from ..counters import Counters
from ..entity_port import EntityPort, Reading, Role
from ..errors import ChargerOfflineError, ChargerProtocolError, ChargerRefusedError, check_range
from ..types import LEAST_A, Identity, Load, SessionReading, Status, drawn_phases
from .models import (
    ExistingState,
    Pause,
    Readings,
    Wiring,
    bounds,
    choices,
    energy_of,
    flag_of,
    is_mirror,
    limit_factor,
    pause_of,
    phase_words,
    settable,
    state_of,
)
from .profiles import GENERIC, Command, Profile

# Without one of these nothing of the charger is known.
_VITAL = (Role.STATUS, Role.PLUGGED, Role.CHARGING, Role.LIMIT, Role.SWITCH)
# While it shows one of these, what mirrors charging can show a pause.
_MAY_PAUSE = frozenset(
    {Status.CHARGING, Status.PAUSED, Status.SCHEDULED, Status.WAITING_FOR_POWER, Status.WAITING_FOR_SOLAR}
)
# What shows whether a car may charge
_SHOWS = {
    Pause.SWITCH: Role.SWITCH,
    Pause.BUTTONS: Role.STATUS,
    Pause.ACTIONS: Role.STATUS,
    Pause.ZERO: Role.LIMIT,
}
_DUST_A = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Which charger it is, and what its owner has set."""

    integration: str
    device_id: str | None
    circuit_a: float
    roles: frozenset[Role]
    owners: frozenset[Role] = field(default_factory=frozenset)
    # An action of the owner's sets the limit.
    has_action: bool = False


class ExistingCharger(
    Charger[ExistingState],
    Limiter[ExistingState],
    ChargingSwitch[ExistingState],
    PhaseSwitch[ExistingState],
    EnergyMeter[ExistingState],
    EntityBacked,
):
    """One charger that another integration has."""

    def __init__(
        self, port: EntityPort, setup: Setup, read_profile: Callable[[str], Awaitable[Profile]]
    ) -> None:
        """Know its entities; nothing is read yet, not even its profile."""
        self._port = port
        self._setup = setup
        self._read_profile = read_profile
        self._profile: Profile | None = None
        self._wiring = Wiring(
            profile=GENERIC, circuit_a=setup.circuit_a, pause=None, has_limit=Role.LIMIT in setup.roles
        )
        self._counters = Counters(port.now_s)
        self._seen: dict[Role, Reading] = {}
        self._last: ExistingState | None = None
        self._commands = asyncio.Lock()
        # What was commanded last, which its entities may not show yet.
        self._allowed: bool | None = None
        self._allowed_s = -math.inf

    @override
    async def identify(self) -> Identity:
        await self._prepare()
        await self._port.refresh()
        self._readings()
        facts = self._port.facts()
        maker = facts.manufacturer or self._wiring.profile.name
        model = facts.model or ""
        names = (model,) if maker.lower() in model.lower() else (maker, model)
        return Identity(model=" ".join(filter(None, names)) or "EV charger", firmware=facts.firmware)

    @override
    async def fetch(self) -> ExistingState:
        await self._prepare()
        await self._port.refresh()
        return self._read()

    @override
    def stream(self) -> AsyncGenerator[ExistingState]:
        return self._stream()

    async def _stream(self) -> AsyncGenerator[ExistingState]:
        await self._prepare()
        changed = asyncio.Event()
        cancel = self._port.listen(changed.set)
        try:
            while True:
                await changed.wait()
                changed.clear()
                # A poll finds out whether it is gone, and not only for a moment.
                with suppress(ChargerOfflineError):
                    yield self._read()
        finally:
            cancel()

    @override
    def report(self) -> Mapping[str, object]:
        readings = {role: self._port.read(role) for role in sorted(self._setup.roles)}
        return {
            "profile": self._wiring.profile.integration or None,
            "entities": {
                role.value: {
                    "kind": self._port.domain(role),
                    "value": None if reading is None else reading.value,
                    "unit": None if reading is None else reading.unit,
                }
                for role, reading in readings.items()
            },
        }

    @override
    def has(self, kind: type[object]) -> bool:
        """Return whether its entities give it a capability: what can be paused can be limited, if only to its maximum."""
        roles = self._setup.roles
        if kind in (Limiter, ChargingSwitch):
            return self._wiring.pause is not None
        if kind is PhaseSwitch:
            return Role.PHASES in roles and self._wiring.pause is not None
        if kind is EnergyMeter:
            return not roles.isdisjoint({Role.ENERGY, Role.SESSION_ENERGY, Role.POWER})
        return True

    @override
    def missing(self) -> tuple[str, ...]:
        missing = {self._port.name(role) for role in self._setup.roles if self._port.read(role) is None}
        return tuple(sorted(missing))

    # What is read

    async def _prepare(self) -> None:
        """Read the profile, once."""
        if self._profile is not None:
            return
        profile = await self._read_profile(self._setup.integration)
        self._wiring = Wiring(
            profile=profile,
            circuit_a=self._setup.circuit_a,
            pause=pause_of(
                profile,
                self._setup.roles,
                self._setup.owners,
                self._limit(),
                has_action=self._setup.has_action,
            ),
            has_limit=Role.LIMIT in self._setup.roles,
            owners=self._setup.owners,
        )
        self._profile = profile

    def _limit(self) -> tuple[str | None, Mapping[str, Any] | None]:
        """Return the kind of entity that the limit is, and its attributes; None: it is not there."""
        reading = self._port.read(Role.LIMIT) if Role.LIMIT in self._setup.roles else None
        is_there = reading is not None and reading.value is not None
        return self._port.domain(Role.LIMIT), reading.attributes if reading and is_there else None

    def _readings(self) -> Readings:
        """Read all entities; ChargerOfflineError if none shows anything of the charger, or it is known to be offline."""
        readings = {role: self._same(role, self._port.read(role)) for role in self._setup.roles}
        vital = [readings[role] for role in _VITAL if role in readings]
        if not any(reading is not None and reading.value is not None for reading in vital):
            raise ChargerOfflineError("no entity shows anything")
        if flag_of(self._wiring, readings, Role.ONLINE) is False:
            raise ChargerOfflineError("offline by its own entity")
        return readings

    def _same(self, role: Role, reading: Reading | None) -> Reading | None:
        """Return the reading of before if it is still that one, by which a counter knows it."""
        if reading is None:
            return None
        before = self._seen.get(role)
        if before is not None and (before.at_s, before.value) == (reading.at_s, reading.value):
            return before
        self._seen[role] = reading
        return reading

    def _read(self) -> ExistingState:
        readings = self._readings()
        energies = [
            self._counters.read(role, energy_of(readings.get(role), role), readings.get(role))
            for role in (Role.ENERGY, Role.SESSION_ENERGY)
        ]
        self._last = state_of(
            self._wiring,
            readings,
            self._port.now_s(),
            firmware=self._port.facts().firmware,
            energy_wh=energies[0],
            session_energy_wh=energies[1],
        )
        return self._last

    # Limiter

    @property
    @override
    def daily_writes(self) -> int:
        return self._wiring.profile.daily_writes

    @property
    @override
    def settles_s(self) -> float:
        return self._wiring.profile.settles_s

    @property
    @override
    def pace_s(self) -> float:
        return self._wiring.profile.pace_s

    @override
    def load(self, state: ExistingState) -> Load:
        if state.limit_a is None:
            raise ChargerProtocolError("no limit")
        drawn_a = state.currents_a
        if state.status is Status.DISCONNECTED:
            drawn_a = (0.0,) * 3
        return Load(
            status=state.status,
            limit_a=0.0 if state.allows_charging is False else state.limit_a,
            minimum_a=state.minimum_a,
            maximum_a=state.maximum_a,
            step_a=state.step_a,
            # Where the phases are not known, it is taken to draw on all three.
            phases=(1,) if state.phases == 1 else (1, 2, 3)[: len(drawn_a or (0, 0, 0))],
            # 0 hides the limit of before.
            set_a=state.limit_a or None,
            shows_pause=state.status in _MAY_PAUSE if is_mirror(self._wiring) else True,
            drawn_a=drawn_a,
        )

    @override
    async def set_limit(self, amps: float) -> None:
        readings = self._readings()
        minimum_a, maximum_a = bounds(self._wiring, readings)
        check_range(amps, minimum_a, maximum_a, "A")
        if self._wiring.has_limit:
            await self._set_limit(amps, readings)
            if self._wiring.pause is Pause.ZERO:
                self._note(True)

    async def _set_limit(self, amps: float, readings: Readings) -> None:
        """Set a limit, or 0 where that pauses."""
        profile, reading = self._wiring.profile, readings.get(Role.LIMIT)
        domain = self._port.domain(Role.LIMIT)
        command = profile.set_limit if self._wiring.knows(Role.LIMIT) else None
        offered = {} if reading is None else choices(reading.attributes)
        if command is None and offered and not self._setup.has_action:
            fitting = [each for each in offered if each <= amps + _DUST_A and (each >= LEAST_A or not amps)]
            if not fitting:
                raise ChargerRefusedError("value_not_allowed")
            await self._call(f"{domain}.select_option", {"option": offered[max(fitting)]}, Role.LIMIT)
            return
        amps = settable(self._wiring, readings, amps)
        if 0 < amps < LEAST_A - _DUST_A:
            # Its steps have none that both a car and the circuit take.
            raise ChargerRefusedError("value_not_allowed")
        if self._setup.has_action:
            async with self._commands:
                await self._port.act(_whole(amps))
        elif command is not None:
            await self._command(command, amps)
        else:
            factor = 1.0 if reading is None else limit_factor(reading)
            if factor is None:
                raise ChargerRefusedError("value_not_allowed")
            value = round(amps / factor, 3)
            await self._call(f"{domain}.set_value", {"value": _whole(value)}, Role.LIMIT)

    # Charging

    @override
    def allows_charging(self, state: ExistingState) -> bool | None:
        return state.allows_charging

    @override
    async def set_charging(self, on: bool) -> None:
        if self._allows_now() is on:
            return
        await self._switch(on)
        self._note(on)

    def _allows_now(self) -> bool | None:
        """Return whether a car may charge: what was commanded last, until the entity that shows it was reported again."""
        shown = self._read().allows_charging
        reading = self._port.read(_SHOWS[self._wiring.pause or Pause.SWITCH])
        is_newer = reading is not None and reading.at_s > self._allowed_s
        return shown if self._allowed is None or is_newer else self._allowed

    def _note(self, allowed: bool) -> None:
        self._allowed, self._allowed_s = allowed, self._port.now_s()

    async def _switch(self, on: bool) -> None:
        profile, pause = self._wiring.profile, self._wiring.pause
        if pause is Pause.ZERO:
            # 0 has hidden the limit of before.
            readings = self._readings()
            await self._set_limit(bounds(self._wiring, readings)[0] if on else 0.0, readings)
        elif pause is Pause.BUTTONS:
            role = Role.START if on else Role.STOP
            await self._call(f"{self._port.domain(role)}.press", {}, role)
        elif pause is Pause.ACTIONS:
            command = profile.allow if on else profile.forbid
            assert command is not None
            await self._command(command, None)
        else:
            switch = profile.switch
            allow, forbid = (
                (switch.allow, switch.forbid[0]) if self._wiring.knows(Role.SWITCH) else ("on", "off")
            )
            await self._set_word(Role.SWITCH, allow if on else forbid)

    # Phases

    @override
    def phases(self, state: ExistingState) -> int | None:
        return state.phases

    @override
    async def set_phases(self, phases: int) -> None:
        if phases not in (1, 3):
            raise ChargerRefusedError("value_not_allowed")
        one, three = phase_words(self._wiring, self._readings())
        await self._set_word(Role.PHASES, one if phases == 1 else three)

    # Energy

    @override
    def energy_wh(self, state: ExistingState) -> float | None:
        return state.session_energy_wh if state.energy_wh is None else state.energy_wh

    @override
    def session_reading(self, state: ExistingState) -> SessionReading:
        return SessionReading(
            plugged_in=state.plugged_in,
            power_w=state.power_w,
            session_wh=state.session_energy_wh,
            total_wh=state.energy_wh,
            phases=None if state.currents_a is None else drawn_phases(state.currents_a),
        )

    # What is sent

    async def _set_word(self, role: Role, word: str) -> None:
        """Turn a switch on or off, or choose an option."""
        domain = self._port.domain(role)
        if domain in ("switch", "input_boolean"):
            await self._call(f"{domain}.turn_{word}", {}, role)
        else:
            await self._call(f"{domain}.select_option", {"option": word}, role)

    async def _command(self, command: Command, amps: float | None) -> None:
        """Carry out an action of a profile."""
        values = {"$amps": None if amps is None else _whole(amps), "$device": self._setup.device_id}
        data = {
            key: values.get(value, value) if isinstance(value, str) else value
            for key, value in command.data.items()
        }
        await self._call(command.action, data, None)

    async def _call(self, action: str, data: Mapping[str, Any], role: Role | None) -> None:
        async with self._commands:
            await self._port.call(action, data, role)


def _whole(value: float) -> float:
    """Return a number without a decimal point where it is whole: some integrations take no other."""
    return int(value) if float(value).is_integer() else value
