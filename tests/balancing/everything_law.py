"""The law of the fuse, that of the sun and the claims on the chargers, put together as a running group has them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
import math
from types import SimpleNamespace
from typing import Any, cast, override

from custom_components.evse_pilot.balancing.law.model import Ceiling, Circuit, Group
from custom_components.evse_pilot.balancing.link import MemberLink
from custom_components.evse_pilot.balancing.settings import CONF_STRATEGY
from custom_components.evse_pilot.balancing.solar import SunSteering
from custom_components.evse_pilot.balancing.sun.model import SunChoice, SunMode
from custom_components.evse_pilot.balancing.sun_link import OF_THE_SUN, SunLink
from custom_components.evse_pilot.balancing.sun_settings import (
    CHARGING_POSITIVE,
    CONF_BATTERY_CHARGE,
    CONF_BATTERY_FIRST,
    CONF_BATTERY_GIVES,
    CONF_BATTERY_POWER,
    CONF_BATTERY_SIGN,
)
from custom_components.evse_pilot.chargers.capabilities import PhaseSwitch
from custom_components.evse_pilot.control.claim import OF_A_GROUP, Claim, Reason, Source, Target
from custom_components.evse_pilot.control.core import ControlCore
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, PERCENTAGE, UnitOfPower
from homeassistant.core import State

from .controller import SimulatedController
from .days import HOUSE_AT_MOST, Day
from .everything_days import EveryCar, EveryDay
from .peak_days import PeakWatch
from .simulator import Ours
from .world import LEAST_A, TRIPS_AT

_POWER, _CHARGE = "sensor.battery_power", "sensor.battery_charge"
# Why a charger is paused for no limit.
_BY_SUN = frozenset(
    {Reason.WAITING_FOR_SOLAR, Reason.SOLAR_SURPLUS, Reason.CHANGING_PHASES, Reason.PAUSED_BY_OWNER}
)
# For what takes time alone it is decided anew so long after the last reading.
_TICK_S, _SUN_S = 10.0, 1.5


class _Phases(PhaseSwitch[int]):
    """The capability; the snapshot is the number of phases."""

    @override
    def phases(self, state: int) -> int | None:
        return state

    @override
    async def set_phases(self, phases: int) -> None:
        # Only what it shows is asked; the controller of the simulator commands.
        raise NotImplementedError


class _Device:
    """What the link of a running group finds of a charger."""

    def __init__(self, *, can_switch: bool) -> None:
        self.target = self
        self._phases = _Phases() if can_switch else None

    def capability(self, kind: object) -> _Phases | None:
        return self._phases if kind is PhaseSwitch else None

    def part(self, kind: object) -> None:
        """Return none: no session is recorded."""


class _Link:
    """What the sun of a running group asks of a member, over a simulated controller."""

    def __init__(self, n: int, car: EveryCar, controller: SimulatedController) -> None:
        self.id = str(n)
        self.controller = controller
        self.device = _Device(can_switch=car.can_switch)
        self.snapshot: int | None = None
        self.control = self
        self.daily_writes = 500
        self.sun = SunLink(
            cast("Any", self), SunChoice(mode=car.mode, auto_phases=car.can_switch), len(car.phases)
        )

    @property
    def core(self) -> ControlCore:
        return self.controller.core

    @property
    def claims(self) -> Mapping[Source, Claim]:
        return self.core.claims

    @property
    def own_without_sun(self) -> Target | None:
        return self.controller.own_without(OF_A_GROUP | OF_THE_SUN)

    def set_claim(self, source: Source, claim: Claim | None) -> None:
        self.controller.claim(source, claim)

    def set_claims(self, claims: Mapping[Source, Claim | None]) -> None:
        for source, claim in claims.items():
            self.set_claim(source, claim)

    def on_sun_choice(self) -> None:
        """Nothing is stored."""


class EveryOurs(Ours):
    """All that a group has, with its own clock between the readings of a slow meter."""

    def __init__(self, day: EveryDay) -> None:
        """Make the group, its chargers, its sun and its tariff."""
        super().__init__(day)
        self._links = [
            _Link(n, car, controller)
            for n, (car, controller) in enumerate(zip(day.cars, self.controllers, strict=True))
        ]
        self._has_sun = bool(day.roof)
        self._states: dict[str, State] = {}
        self._battery: tuple[float | None, float | None] = (None, None)
        options: dict[str, Any] = {CONF_STRATEGY: day.strategy.value}
        if day.battery is not None:
            options |= {
                CONF_BATTERY_POWER: _POWER,
                CONF_BATTERY_CHARGE: _CHARGE,
                CONF_BATTERY_SIGN: CHARGING_POSITIVE,
                CONF_BATTERY_FIRST: day.battery.first_percent,
                CONF_BATTERY_GIVES: day.battery.gives_w,
            }
        links = cast("dict[str, MemberLink]", {link.id: link for link in self._links})
        hass = cast("Any", SimpleNamespace(states=self._states))
        entry = cast("Any", SimpleNamespace(options=options, title="house"))
        self._sun = SunSteering(hass, entry, links, lambda: None)
        begins_s = min(car.plugs_in_s for car in day.cars) - 120
        tariff = day.tariff
        self._watch = None if tariff is None else PeakWatch(tariff.length_s, tariff.target_w, begins_s)
        # When the sun was last asked, and the fuse.
        self._followed_s = self._decided_s = -math.inf
        # Of the last command to each charger: the phases, and whether a limit asked for it.
        self.sent_phases: dict[int, int | None] = {}
        self.is_forced: dict[int, bool] = {}
        self._given_a: dict[str, float] = {}

    @override
    def group(self, day: Day) -> Group:
        assert isinstance(day, EveryDay)
        house = super().group(day)
        safe_a = house.safe_a
        for board in day.boards:
            # What is safe for a sub-board, whatever else is on it.
            if board.changes:
                left_a = (math.sqrt(TRIPS_AT) - HOUSE_AT_MOST) * board.fuse_a
                safe_a = min(safe_a, left_a / len(board.members))
        return replace(
            house,
            safe_a=safe_a if safe_a >= LEAST_A else 0.0,
            strategy=day.strategy,
            sum_a=day.sum_a,
            unbalance_a=day.unbalance_a,
            circuits=tuple(
                Circuit(
                    id=board.id,
                    limit_a=board.fuse_a - board.margin_a,
                    members=frozenset(str(n) for n in board.members),
                    fuse_a=None if board.meter_every_s is None else board.fuse_a,
                )
                for board in day.boards
            ),
        )

    # What is read, and set

    @override
    def read_mains(self, t: float, amps: Sequence[float | None]) -> None:
        if self._watch is not None:
            self._watch.read(t, amps)
        super().read_mains(t, amps)
        self._decided_s = -math.inf
        # Asked at every other reading of a fast meter, the sun is as well served.
        if t >= self._followed_s + _SUN_S:
            self._followed_s = -math.inf

    def read_circuit(self, t: float, circuit: str, amps: Sequence[float | None]) -> None:
        """Take a reading of the meter of a sub-board."""
        self.law.read_circuit(t, circuit, amps)
        self._decided_s = -math.inf

    def read_phases(self, n: int, phases: int) -> None:
        """Take on how many phases a charger is set to charge, with its next reading."""
        self.on_phases[n] = self._links[n].snapshot = phases

    def read_battery(self, power_w: float | None, percent: float | None) -> None:
        """Take what the sensors of the battery show, charging positive; None: they are not there."""
        self._battery = (power_w, percent)

    def _show_battery(self) -> None:
        power_w, percent = self._battery
        for name, value, unit in ((_POWER, power_w, UnitOfPower.WATT), (_CHARGE, percent, PERCENTAGE)):
            shown = "unavailable" if value is None else f"{value:.0f}"
            self._states[name] = State(name, shown, {ATTR_UNIT_OF_MEASUREMENT: unit})

    def choose_mode(self, n: int | None, mode: SunMode) -> None:
        """Let a person choose a mode for one car, or for all."""
        for link in self._links if n is None else [self._links[n]]:
            link.sun.choose_mode(mode)
        self._decided_s = self._followed_s = -math.inf

    def limit(self, ceiling: Ceiling | None) -> None:
        """Let an action limit the group, or lift that limit."""
        self.law.group = replace(self.law.group, temporary=ceiling)
        self._decided_s = -math.inf

    # What is decided

    @override
    def offers(self, t: float) -> Mapping[int, float]:
        if t < self._decided_s + _TICK_S:
            return {}
        self._decided_s = t
        if t >= self._followed_s + _TICK_S:
            self._followed_s = t
            self._show_battery()
            self._sun.update(t, self.law, steers=True, has_sun=self._has_sun)
            for link in self._links:
                if link.core.shown is not None:
                    self.law.change_own(link.id, link.controller.own)
        self.law.peak = None if self._watch is None else self._watch.window(t)
        decision = self.law.decide(t)
        for write in decision.writes:
            self.controllers[int(write.id)].give(write.amps)
        # One that comes may have had another one make way for it, which no limit has asked for.
        is_turn = any(write.amps and not self._given_a.get(write.id) for write in decision.writes)
        self._given_a |= {write.id: write.amps for write in decision.writes}
        commands: dict[int, float] = {}
        for n, controller in enumerate(self.controllers):
            if (amps := controller.command(t)) is not None:
                commands[n] = amps
                target = controller.core.command
                assert target is not None
                of_group = target.source is Source.GROUP
                reason = decision.shares[str(n)].reason if of_group else target.reason
                self.sent_phases[n] = target.phases
                self.is_forced[n] = of_group and not is_turn and reason not in _BY_SUN
        return {n: commands[n] for n in sorted(commands, key=lambda n: commands[n] > self._offers_a[n])}

    @override
    def taken(self, n: int, amps: float) -> None:
        super().taken(n, amps)
        if amps and (phases := self.sent_phases.get(n)) is not None:
            self.controllers[n].core.commands.phases.accept(phases)
