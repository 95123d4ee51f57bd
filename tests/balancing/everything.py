"""Days with everything on, and a judge of all that may never be: fuses, contactors, phases, limits."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
import math
from random import Random
from typing import Any, override

from custom_components.evse_pilot.balancing.law.model import Ceiling
from custom_components.evse_pilot.balancing.sun.model import SunMode

from .days import HOUSE_AT_MOST, VOLTS, CarKind, random_day
from .everything_days import Board, EveryCar, EveryDay, every_day
from .everything_law import EveryOurs
from .everything_score import EveryScore
from .peak_days import Windows
from .simulator import DayWorld
from .world import ALLOWED_S, LEAST_A, Breaker, Car, Limit, inside

# Of docs/load_balancing.md and docs/solar.md; a second is for the clock of the simulation.
MINIMUM_ON_S, MINIMUM_OFF_S, _CLOCK_S = 120.0, 180.0, 1.0
SESSION_SWITCHES, DAILY_SWITCHES = 16, 24
# From one change of the phases to one to the next; to three it is the minimum off time.
_TO_ONE_S = 40.0
# A charger without a meter behind its sub-board is read so often at least.
_READ_WITHIN_S = 10.0
# On how many phases a car draws is known so long after it begins.
_KNOWN_S = 90.0
# How often it is decided while no car could charge.
_IDLE_S = 10.0
# A window may be above its target by so much (docs/peaks.md).
_ABOVE = 1.01


@dataclass(slots=True, eq=False)
class _Car(Car[EveryCar]):
    # The phases that its charger is set to, until when it is busy with that, and when it was set lately
    on: int = 3
    switching_s: float = -math.inf
    switched_s: list[float] = field(default_factory=list)
    in_session: int = 0
    asleep: bool = False
    paused_s: float = math.inf
    # When its charger was last allowed to charge, and when a command opened its contactor
    on_s: float = -math.inf
    off_s: float = -math.inf
    # When a person last chose something for it, or plugged it in; and when a command came late
    hand_s: float = -math.inf
    late_s: float = -math.inf


class EveryWorld(DayWorld[_Car]):
    """One day with all of it."""

    day: EveryDay
    law: EveryOurs
    score: EveryScore

    def __init__(self, day: EveryDay, seed: int) -> None:
        """Begin shortly before the first car comes."""
        score = EveryScore()
        # The world begins before these are known.
        self._boards: list[tuple[Board, Breaker, list[float]]] = []
        self._limits: list[Limit] = []
        self._windows: Windows | None = None
        self._carried_s = -math.inf
        super().__init__(day, EveryOurs(day), seed, score)
        self._rng = Random(f"everything {seed}")
        self._roof_a = [0.0] * len(day.fuse_a)
        self._battery_w = 0.0
        self._stored_wh = 0.0 if day.battery is None else day.battery.begins_wh
        self._windows = None if day.tariff is None else Windows(day.tariff.length_s)
        for board in day.boards:
            self._add_board(board)
        self._add_limits()
        self._plan()

    @override
    def new_car(self, n: int, kind: CarKind) -> _Car:
        assert isinstance(kind, EveryCar)
        phases = tuple(phase - 1 for phase in kind.phases[: kind.uses])
        felt_a = LEAST_A if kind.needs_a <= LEAST_A else 0.0
        return _Car(n, kind, phases, felt_a=felt_a, on=len(kind.phases))

    def _add_board(self, board: Board) -> None:
        fuses_a = (board.fuse_a,) * len(self.day.fuse_a)
        others_a = [0.0] * len(fuses_a)
        within_s = max(board.meter_every_s or 0.0, _READ_WITHIN_S)
        breaker = Breaker(fuses_a, within_s, self.score.boards, self.is_out_of_reach)
        self._boards.append((board, breaker, others_a))
        for t, phase, amps in board.changes:
            if t <= self.now:
                others_a[phase] += amps
            else:
                self.at(t, partial(self._switch_on_board, len(self._boards) - 1, phase, amps))
        if board.meter_every_s is not None:
            self.at(
                self.now + self._rng.random() * board.meter_every_s,
                partial(self._sample_board, len(self._boards) - 1),
            )

    def _add_limits(self) -> None:
        day, phases = self.day, range(len(self.day.fuse_a))

        def add(limit_a: Sequence[float], amps_fn: Callable[[], Sequence[float]], **kwargs: Any) -> Limit:
            args = (day.meter_every_s, kwargs.pop("score", self.score.limits), self.is_out_of_reach)
            self._limits.append(limit := Limit(limit_a, amps_fn, *args, **kwargs))
            return limit

        if day.sum_a is not None:
            add((day.sum_a,), self._sum_a, readings=2)
        if day.unbalance_a is not None:
            bounds = (day.unbalance_a,) * len(phases)
            allowed_s = ALLOWED_S + _KNOWN_S
            add(bounds, self._uneven_a, score=self.score.unbalance, readings=2, allowed_s=allowed_s)
        for start_s, end_s, ceiling in day.ceilings:
            cars_only = ceiling.cars_only
            if ceiling.phase_a is not None:
                amps_fn = self._cars_a if cars_only else self._phases_a
                limit = add((ceiling.phase_a,) * len(phases), amps_fn, readings=2)
            else:
                assert ceiling.sum_a is not None
                amps_fn = self._sum_of_cars_a if cars_only else self._sum_a
                limit = add((ceiling.sum_a,), amps_fn, readings=2)
            limit.is_on = False
            self.at(start_s, partial(self._limit, limit, ceiling))
            self.at(end_s, partial(self._limit, limit, None))

    def _plan(self) -> None:
        for t, amps in self.day.roof:
            self.at(max(t, self.now), partial(self._shine, amps))
        for t, n, mode in self.day.hand:
            self.at(max(t, self.now), partial(self._choose, n, mode))
        if self.day.battery is not None:
            self.at(self.now, self._regulate)

    # What flows

    def _cars_a(self) -> list[float]:
        """Return what the cars draw of what they are offered; what they take beyond that is another matter."""
        amps = [0.0] * len(self.mains)
        for car in self.cars:
            for p in car.phases:
                amps[p] += min(car.drawn_a, car.felt_a)
        return amps

    def _uneven_a(self) -> list[float]:
        amps = [0.0] * len(self.mains)
        for car in self.cars:
            if len(car.phases) < len(self.mains):
                for p in car.phases:
                    amps[p] += min(car.drawn_a, car.felt_a)
        return amps

    def _sum_of_cars_a(self) -> list[float]:
        return [sum(self._cars_a())]

    def _sum_a(self) -> list[float]:
        return [sum(self.mains) if any(car.drawn_a for car in self.cars) else 0.0]

    def _phases_a(self) -> list[float]:
        cars_a = self._cars_a()
        return [amps if cars_a[p] else 0.0 for p, amps in enumerate(self.mains)]

    @override
    def weigh(self, t: float) -> None:
        super().weigh(t)
        for board, breaker, others_a in self._boards:
            breaker.amps[:] = others_a
            for n in board.members:
                for p in self.cars[n].phases:
                    breaker.amps[p] += self.cars[n].drawn_a
            breaker.weigh(t)
        for limit in self._limits:
            limit.weigh(t)

    @override
    def pass_time(self, seconds: float) -> None:
        super().pass_time(seconds)
        for _, breaker, _ in self._boards:
            breaker.pass_time(self.now, seconds)
        if self._windows is not None:
            self._windows.pass_time(self.now, seconds, VOLTS * sum(self.mains))
        self._stored_wh += self._battery_w * seconds / 3600

    @override
    def switch(self, phase: int, amps: float, t: float) -> None:
        super().switch(phase, amps, t)
        if amps > 0:
            self._note_load(phase, t)

    def _note_load(self, phase: int, t: float) -> None:
        for limit in self._limits:
            limit.note_load(min(phase, len(limit.fuse_a) - 1), t)

    def _switch_on_board(self, n: int, phase: int, amps: float, t: float) -> None:
        _, breaker, others_a = self._boards[n]
        others_a[phase] += amps
        self.weigh(t)
        if amps > 0:
            breaker.note_load(phase, t)

    def _shine(self, amps: Sequence[float], t: float) -> None:
        before_a, self._roof_a = self._roof_a, list(amps)
        for p, given_a in enumerate(amps):
            self.house[p] += before_a[p] - given_a
        self.weigh(t)
        for p, given_a in enumerate(amps):
            if given_a < before_a[p]:
                self.fuse.note_load(p, t)
                self._note_load(p, t)

    def _regulate(self, t: float) -> None:
        """Let the battery take what is fed in, and give what is drawn, as far as it and the fuse can."""
        battery = self.day.battery
        assert battery is not None
        self.at(t + battery.every_s, self._regulate)
        phases = len(self.house)
        wanted_w = self._battery_w - VOLTS * sum(self.mains)
        own_a = self._battery_w / VOLTS / phases
        room_a = min(
            HOUSE_AT_MOST * fuse - (amps - own_a)
            for fuse, amps in zip(self.day.fuse_a, self.house, strict=True)
        )
        may_w = max(0.0, min(battery.most_w, room_a * phases * VOLTS))
        wanted_w = max(-battery.most_w, min(may_w, wanted_w))
        if self._stored_wh >= battery.holds_wh:
            wanted_w = min(wanted_w, 0.0)
        if self._stored_wh <= 0:
            wanted_w = max(wanted_w, 0.0)
        change_a = (wanted_w - self._battery_w) / VOLTS / phases
        if abs(change_a) > 0.05 or (wanted_w == 0 != self._battery_w):
            self._battery_w = wanted_w
            for p in range(phases):
                self.house[p] += change_a
            self.weigh(t)
            if change_a > 0:
                for p in range(phases):
                    self.fuse.note_load(p, t)
                    self._note_load(p, t)
        percent = max(0.0, min(100.0, 100 * self._stored_wh / battery.holds_wh))
        self.law.read_battery(*((None, 0.0) if inside(t, battery.away) else (self._battery_w, percent)))

    # What the law takes

    @override
    def note_reading(self, reading: Sequence[float | None], t: float) -> None:
        super().note_reading(reading, t)
        for limit in self._limits:
            limit.note_reading([0.0] * len(limit.fuse_a), t)
        for board, breaker, _ in self._boards:
            if board.meter_every_s is None:
                breaker.note_reading(reading, t)

    def _sample_board(self, n: int, t: float) -> None:
        board, breaker, _ = self._boards[n]
        assert board.meter_every_s is not None
        self.at(t + board.meter_every_s, partial(self._sample_board, n))
        if not inside(t, board.meter_down):
            self.at(t + self.day.meter_delay_s, partial(self._report_board, n, list(breaker.amps)))

    def _report_board(self, n: int, reading: list[float], t: float) -> None:
        board, breaker, _ = self._boards[n]
        breaker.note_reading(reading, t)
        self.law.read_circuit(t, board.id, reading)
        self.carry_out(t)

    @override
    def show(self, car: _Car, t: float) -> None:
        if car.kind.can_switch:
            self.law.read_phases(car.n, car.on)
        super().show(car, t)

    def _limit(self, limit: Limit, ceiling: Ceiling | None, t: float) -> None:
        limit.is_on = ceiling is not None
        self.law.limit(ceiling)
        self.weigh(t)
        self.carry_out(t)

    def _choose(self, n: int | None, mode: SunMode, t: float) -> None:
        for car in self.cars if n is None else [self.cars[n]]:
            car.hand_s = t
        self.law.choose_mode(n, mode)
        self.carry_out(t)

    # What cars and chargers do

    @override
    def carry_out(self, t: float) -> None:
        # While no car could charge nothing can go wrong, and a day is long.
        if t >= self._carried_s + _IDLE_S or any(car.plugged and not car.full for car in self.cars):
            self._carried_s = t
            super().carry_out(t)

    @override
    def plug(self, car: _Car, plugged: bool, t: float) -> None:
        car.asleep, car.in_session = False, 0
        car.paused_s = t if car.felt_a < LEAST_A else math.inf
        car.on_s, car.off_s, car.hand_s = t, -math.inf, t
        super().plug(car, plugged, t)

    @override
    def feel(self, car: _Car, amps: float, t: float) -> None:
        if amps < LEAST_A:
            car.paused_s = min(car.paused_s, t)
        elif car.plugged:
            car.asleep |= t - car.paused_s > car.kind.sleeps_after_s
            car.paused_s = math.inf
        super().feel(car, amps if amps >= car.kind.needs_a else 0.0, t)

    @override
    def follow(self, car: _Car, t: float) -> None:
        if car.asleep or t < car.switching_s:
            car.drawn_a, car.wakes_at_s = 0.0, math.inf
            return
        super().follow(car, t)

    @override
    def give(self, t: float, car: _Car, amps: float) -> None:
        if car.pending_a is not None:
            car.late_s = t
        phases = self.law.sent_phases.get(car.n)
        if amps and phases not in (None, car.on) and not self._switch_phases(t, car, phases):
            car.pending_a = None
            return
        if amps == 0 != car.offer_a:
            self._judge_stop(t, car)
        elif car.offer_a == 0 != amps:
            self._judge_start(t, car)
        super().give(t, car, amps)

    def _switch_phases(self, t: float, car: _Car, to: int) -> bool:
        """Switch a charger, which takes its time or refuses; return whether it takes the current that came with that.

        One that is to start on one phase does not while it has three.
        """
        is_up = to > car.on
        if t < car.switching_s or car.kind.switches_s == math.inf:
            return is_up
        self._judge_switch(t, car, to)
        car.switching_s = t + car.kind.switches_s
        if car.kind.switches_s:
            self.at(car.switching_s, partial(self._switched, car, to))
            return is_up
        self._switched(car, to, t)
        return True

    def _switched(self, car: _Car, to: int, t: float) -> None:
        car.on = to
        car.phases = tuple(phase - 1 for phase in car.kind.phases[: min(car.kind.uses, to)])
        self.draw(car, t)

    # Judging

    def _find(self, t: float, car: _Car, what: str) -> None:
        self.score.found.append((t, car.n, what))

    def _judge_stop(self, t: float, car: _Car) -> None:
        if not car.drawn_a:
            car.off_s = -math.inf
            return
        car.off_s = t
        if t >= car.on_s + MINIMUM_ON_S - _CLOCK_S or car.hand_s >= car.on_s:
            return
        if self.law.is_forced.get(car.n):
            self.score.forced_stops += 1
        elif car.late_s >= car.on_s:
            self.score.late_commands += 1
        else:
            self.score.early_stops += 1
            self._find(t, car, f"stops after {t - car.on_s:.0f} s")

    def _judge_start(self, t: float, car: _Car) -> None:
        self.score.starts += 1
        last_switch_s = car.switched_s[-1] if car.switched_s else -math.inf
        is_free = max(car.hand_s, last_switch_s) >= car.off_s
        if t < car.off_s + MINIMUM_OFF_S - _CLOCK_S and not is_free:
            if car.late_s >= car.off_s:
                self.score.late_commands += 1
            else:
                self.score.early_starts += 1
                self._find(t, car, f"starts after {t - car.off_s:.0f} s")
        car.on_s = t

    def _judge_switch(self, t: float, car: _Car, to: int) -> None:
        score = self.score
        last_s = car.switched_s[-1] if car.switched_s else -math.inf
        car.switched_s = [each for each in car.switched_s if each > t - 86_400] + [t]
        car.in_session += 1
        score.switches += 1
        score.most_switches = max(score.most_switches, len(car.switched_s))
        if car.drawn_a or (car.plugged and car.offer_a):
            score.under_load += 1
            self._find(t, car, "switches its phases under load")
        is_soon = t < last_s + (MINIMUM_OFF_S if to == 3 else _TO_ONE_S) and car.hand_s < last_s
        if is_soon or car.in_session > SESSION_SWITCHES or len(car.switched_s) > DAILY_SWITCHES:
            score.too_often += 1
            self._find(t, car, f"switches its phases to {to} after {t - last_s:.0f} s, {car.in_session}.")

    @override
    def live(self) -> EveryScore:
        super().live()
        if (windows := self._windows) is not None and (tariff := self.day.tariff) is not None:
            blind = self.day.meter_down + [span for car in self.cars for span in car.kind.line_down]
            late_s = 2 * self.day.meter_every_s + ALLOWED_S
            for n, drawn_ws in enumerate(windows.drawn_ws):
                start_s, end_s = n * tariff.length_s, (n + 1) * tariff.length_s
                if any(start < end_s and start_s < end + late_s for start, end in blind):
                    continue
                part = drawn_ws / (tariff.target_w * tariff.length_s)
                self.score.windows += 1
                self.score.above += part > _ABOVE
                self.score.highest = max(self.score.highest, part)
                if part > _ABOVE:
                    self.score.found.append((start_s, -1, f"a window of {100 * part:.1f} %"))
        return self.score


def play_every(number: int) -> EveryScore:
    """Live through the day of this number."""
    return EveryWorld(every_day(number), number).live()


def play_everything(numbers: Sequence[int], jobs: int = 1) -> dict[str, EveryScore]:
    """Live through the days of these numbers; return the scores by the pace of the meter, and of all."""
    with ProcessPoolExecutor(jobs) if jobs > 1 else nullcontext() as pool:
        scores = list(pool.map(play_every, numbers, chunksize=4) if pool else map(play_every, numbers))
    found = {"all": EveryScore()}
    for number, score in zip(numbers, scores, strict=True):
        found["all"].add(score)
        pace = f"meter {random_day(number).meter_every_s:g} s"
        found.setdefault(pace, EveryScore()).add(score)
    return dict(sorted(found.items(), key=lambda item: (len(item[0]), item[0])))
