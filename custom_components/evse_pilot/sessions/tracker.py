"""Follows one charger from plug-in to unplug: readings in, sessions out.

No clock, no charger and no Home Assistant. All that it knows is one frozen value, so that a restart changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from ..chargers.types import DRAWS_A, SessionReading, Status
from ..chargers.wire import number
from .registers import Registers
from .session import ChargingSession, Ending, moment, session_from_dict, session_to_dict

# With less power a car does not charge: an ampere on one phase.
_DRAWS_W = 230.0 * DRAWS_A
# A counter that is missing for longer has gone.
_MISSING = timedelta(minutes=10)
# For so long after an absence or a restart its counters may not show that yet.
_SETTLES = timedelta(minutes=1)
# Of a longer time between two readings is not known whether the car charged all the while, nor what the price was.
_GAP = timedelta(minutes=15)
_MOST_GAP_S = 1e9


class Change(StrEnum):
    """What has become of a session."""

    STARTED = "session_started"
    FINISHED = "charging_finished"
    ENDED = "session_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """The price that the owner has named, per kWh; None: it is not known now. A fixed one holds at any time."""

    per_kwh: float | None
    currency: str
    is_fixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A change of a session, and whether it was seen as it happened, and not only found afterwards."""

    change: Change
    session: ChargingSession
    is_seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """What is known of a charger. `session`: the one that lasts; `registers`: what has been counted."""

    session: ChargingSession | None = None
    registers: Registers | None = None
    # Whether the charger's own session is the one that lasts, and no longer the one before.
    is_own: bool = False
    # Whether the car of the session came while the charger was not read, and was not counted since.
    came_unseen: bool = False
    # Whether it was not read for a while before the last reading; and until its registers have settled: whether they
    # were not read for a while, whether it may have restarted, after which it counts a session from 0, and since when
    # it is read again.
    is_absent: bool = False
    missed: bool = False
    may_have_restarted: bool = False
    back_at: datetime | None = None
    # When the first reading came that showed no car, or another number of the session: the second one counts.
    gone_at: datetime | None = None
    gone_unseen: bool = False
    other_at: datetime | None = None
    other_number: int | None = None
    # The last reading, whether the car drew then, and the time in which it may have, to be compared with its energy.
    read_at: datetime | None = None
    drew: bool = False
    gap_s: float = 0.0
    # Whether the car was found to take no more in this session.
    is_finished: bool = False
    was_finished: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON for the storage."""
        return {
            "session": None if self.session is None else session_to_dict(self.session),
            "registers": None if self.registers is None else self.registers.as_dict(),
            "is_own": self.is_own,
            "came_unseen": self.came_unseen,
            "missed": self.missed,
            "may_have_restarted": self.may_have_restarted,
            "back_at": _text(self.back_at),
            "gone_at": _text(self.gone_at),
            "gone_unseen": self.gone_unseen,
            "other_at": _text(self.other_at),
            "other_number": self.other_number,
            "read_at": _text(self.read_at),
            "drew": self.drew,
            "gap_s": self.gap_s,
            "is_finished": self.is_finished,
            "was_finished": self.was_finished,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Read what was stored; it raises ValueError and the like for what makes no sense."""
        session, registers = stored.get("session"), stored.get("registers")
        other = stored.get("other_number")
        return cls(
            session=None if session is None else session_from_dict(session),
            registers=None if registers is None else Registers.from_dict(registers),
            back_at=_moment(stored.get("back_at")),
            gone_at=_moment(stored.get("gone_at")),
            other_at=_moment(stored.get("other_at")) if isinstance(other, int) else None,
            other_number=other if isinstance(other, int) else None,
            read_at=_moment(stored.get("read_at")),
            gap_s=number(stored.get("gap_s"), 0, _MOST_GAP_S) or 0.0,
            **{flag: stored.get(flag) is True for flag in _FLAGS},
        )


_FLAGS = (
    *("is_own", "came_unseen", "missed", "may_have_restarted", "gone_unseen", "drew"),
    *("is_finished", "was_finished"),
)


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _moment(stored: object) -> datetime | None:
    return None if stored is None else moment(stored)


def draws(reading: SessionReading, status: Status | None) -> bool:
    """Return whether the car charges: by its power, or where that is not measured by the word of the charger."""
    return status is Status.CHARGING if reading.power_w is None else reading.power_w >= _DRAWS_W


class SessionTracker:
    """The sessions of one charger; moments are in UTC."""

    def __init__(self, tracked: Tracked | None = None) -> None:
        """Go on from what was known; what has happened since then was not seen."""
        self.tracked = Tracked()
        if tracked is not None:
            self.tracked = replace(tracked, is_absent=True, missed=True, back_at=None)

    @property
    def session(self) -> ChargingSession | None:
        """Return the session that lasts."""
        return self.tracked.session

    @property
    def has_charged(self) -> bool:
        """Return whether the car has charged in the session that lasts."""
        return self.session is not None and self.session.charging_s > 0

    def absent(self) -> None:
        """Note that the charger does not answer: what happens until it does is not seen."""
        self._set(is_absent=True, missed=True, back_at=None)

    def restarted(self) -> None:
        """Note that the charger has restarted, or may have: it counts the energy of a session from 0 then."""
        self._set(may_have_restarted=True, back_at=None)

    def finished(self, *, takes_no_more: bool) -> list[Happened]:
        """Note whether the car takes no more; the first time in a session is a change."""
        was_finished = self.tracked.was_finished
        self._set(is_finished=takes_no_more, was_finished=was_finished or takes_no_more)
        if self.session is None or was_finished or not takes_no_more:
            return []
        return [Happened(change=Change.FINISHED, session=self.session, is_seen=True)]

    def add_sun(self, energy_wh: float) -> None:
        """Note how much the car has received of the sun."""
        if (session := self.session) is not None:
            self._set(session=replace(session, sun_wh=(session.sun_wh or 0.0) + energy_wh))

    def read(
        self, now: datetime, reading: SessionReading, status: Status | None, tariff: Tariff | None = None
    ) -> list[Happened]:
        """Take a reading, and return what has become of the session."""
        happened: list[Happened] = []
        begins_seen: bool | None = None
        registers = Registers.of(now, reading)
        if (self.tracked.missed or self.tracked.may_have_restarted) and self.tracked.back_at is None:
            self._set(back_at=now)
        is_drawing = draws(reading, status)
        if self.session is None:
            if not reading.plugged_in:
                self._rest(registers, is_known=reading.plugged_in is False)
                return happened
            begins_seen = self._begin(now, tariff)
        self._follow(now, reading, is_drawing=is_drawing)
        if begins_seen is not None and self.session is not None:
            happened.append(Happened(change=Change.STARTED, session=self.session, is_seen=begins_seen))
        happened += self._count(registers, tariff, is_gone=reading.plugged_in is False)
        if reading.plugged_in is False:
            happened += self._gone(now)
        elif reading.plugged_in:
            self._set(gone_at=None, is_absent=False)
        return happened

    # A session begins and ends

    def _rest(self, registers: Registers, *, is_known: bool) -> None:
        """Note the registers of a charger without a car."""
        if is_known:
            # What was counted before an absence is no measure of what comes after it.
            counts = registers.are_known or self.tracked.missed or self.tracked.registers is None
            kept = registers if counts else self.tracked.registers
            self._set(registers=kept, is_absent=False, missed=False, may_have_restarted=False, back_at=None)
        self._set(read_at=registers.at, drew=False)

    def _begin(self, now: datetime, tariff: Tariff | None) -> bool:
        """Begin a session, and return whether its plug-in was seen."""
        before = self.tracked
        is_first = before.registers is None
        unseen = before.is_absent or is_first
        self.tracked = Tracked(
            session=_new(now, tariff),
            registers=before.registers,
            is_own=is_first,
            came_unseen=unseen and not is_first,
            missed=before.missed,
            may_have_restarted=before.may_have_restarted,
            back_at=before.back_at,
            read_at=before.read_at,
        )
        return not unseen

    def _gone(self, now: datetime) -> list[Happened]:
        """Take a reading without a car; a pilot reads so for a moment now and then, and two in a row count."""
        tracked = self.tracked
        if tracked.gone_at is None:
            self._set(gone_at=now, gone_unseen=tracked.is_absent, is_absent=False)
            return []
        ending = Ending.NOT_SEEN if tracked.gone_unseen else Ending.UNPLUGGED
        return [self._end(tracked.gone_at, ending, is_seen=not tracked.gone_unseen)]

    def _end(self, at: datetime, ending: Ending, *, is_seen: bool) -> Happened:
        session = self.session
        assert session is not None
        ended = replace(session, end=max(at, session.begin), ending=ending)
        self.tracked = Tracked(registers=self.tracked.registers, read_at=self.tracked.read_at)
        return Happened(change=Change.ENDED, session=ended, is_seen=is_seen)

    # What the car draws

    def _follow(self, now: datetime, reading: SessionReading, *, is_drawing: bool) -> None:
        """Note for how long the car charges, with which power, on how many phases, and with which card."""
        tracked, session = self.tracked, self.session
        assert session is not None
        passed_s = 0.0 if tracked.read_at is None else max(0.0, (now - tracked.read_at).total_seconds())
        gap_s = tracked.gap_s
        if passed_s > _GAP.total_seconds():
            gap_s += passed_s
        elif is_drawing and tracked.drew:
            session = replace(session, charging_s=session.charging_s + passed_s)
        if is_drawing:
            session = replace(
                session,
                peak_w=_most(session.peak_w, reading.power_w),
                phases=_most(session.phases, reading.phases or None),
            )
        session = replace(
            session,
            card=session.card or reading.card,
            is_estimated=session.is_estimated or reading.is_estimated,
        )
        self._set(session=session, read_at=now, drew=is_drawing, gap_s=gap_s)

    # What it has received

    def _count(self, registers: Registers, tariff: Tariff | None, *, is_gone: bool) -> list[Happened]:
        """Add what was counted since the last time; another car begins another session."""
        before = self.tracked.registers
        if before is None:
            if registers.are_known:
                self._counted(registers, 0.0, tariff)
            return []
        registers = registers.after(before)
        if self._waits(before, registers, is_gone=is_gone):
            return []
        is_other = self._is_other_car(before, registers)
        if is_other and not is_gone:
            return self._exchange(before, registers, tariff)
        if self.tracked.came_unseen:
            gain_wh = registers.own_wh(before)
        elif is_other and self.tracked.missed:
            # One more has come and gone while nothing was read.
            gain_wh = _left_wh(before, registers)
        else:
            gain_wh = registers.gain_wh(before)
        self._counted(registers, gain_wh, tariff)
        return []

    def _waits(self, before: Registers, registers: Registers, *, is_gone: bool) -> bool:
        """Return whether the next reading is to be waited for: a counter is missing, or a number is new."""
        tracked = self.tracked
        if not is_gone and tracked.is_own and before.number not in (None, registers.number):
            if registers.number != tracked.other_number:
                # One number alone may be odd.
                self._set(other_number=registers.number, other_at=registers.at)
                return True
        elif tracked.other_number is not None:
            self._set(other_number=None, other_at=None)
        if not registers.are_known:
            return True
        is_missing = before.total_wh is not None and registers.total_wh is None
        return is_missing and timedelta() <= registers.at - before.at <= _MISSING

    def _is_other_car(self, before: Registers, registers: Registers) -> bool:
        """Return whether the charger shows that its car is another one, though nothing was read of an unplugging."""
        if not self.tracked.is_own:
            return False
        if None not in (before.number, registers.number):
            return before.number != registers.number
        if self.tracked.may_have_restarted:
            return False
        return registers.fell(before) or (self.tracked.missed and registers.lost_a_session(before))

    def _exchange(self, before: Registers, registers: Registers, tariff: Tariff | None) -> list[Happened]:
        """End the session of the car before, with what the new one has not received, and begin the next."""
        tracked = self.tracked
        is_seen = not tracked.missed
        at = tracked.other_at or registers.at
        self._counted(registers, _left_wh(before, registers), tariff)
        ended = self._end(at, Ending.OTHER_CAR, is_seen=is_seen)
        session = replace(_new(at, tariff), is_estimated=ended.session.is_estimated)
        self.tracked = Tracked(session=session, registers=before, is_own=True, read_at=registers.at)
        self._counted(registers, registers.own_wh(before), tariff)
        assert self.session is not None
        return [ended, Happened(change=Change.STARTED, session=self.session, is_seen=is_seen)]

    def _counted(self, registers: Registers, gain_wh: float, tariff: Tariff | None) -> None:
        """Add an energy to the session, and its cost."""
        tracked, session = self.tracked, self.session
        assert session is not None
        before = tracked.registers
        if registers.are_known:
            session = replace(session, energy_wh=(session.energy_wh or 0.0) + gain_wh)
        passed_s, unseen_s = 0.0, tracked.gap_s
        if before is not None:
            hidden_s = registers.hidden_s(before, gain_wh, session.peak_w) if session.peak_w else 0.0
            passed_s, unseen_s = max(0.0, registers.passed_s(before)) + hidden_s, unseen_s + hidden_s
        session = _priced(session, gain_wh, passed_s, tariff)
        if unseen_s and session.peak_w:
            charging_s = min(unseen_s, gain_wh * 3600 / session.peak_w)
            session = replace(session, charging_s=session.charging_s + charging_s)
        differ = before is not None and registers.differ(before)
        # After an absence an odd counter, such as one that begins again from 0, is shown one reading late.
        settles = tracked.back_at is not None and abs(registers.at - tracked.back_at) <= _SETTLES
        unsettled = settles and not differ
        self._set(
            session=session,
            registers=registers,
            is_own=tracked.is_own or differ,
            came_unseen=False,
            missed=tracked.missed and unsettled,
            may_have_restarted=tracked.may_have_restarted and unsettled,
            back_at=tracked.back_at if unsettled else None,
            other_number=None,
            other_at=None,
            gap_s=0.0,
        )

    def _set(self, **changes: Any) -> None:
        self.tracked = replace(self.tracked, **changes)


def _new(begin: datetime, tariff: Tariff | None) -> ChargingSession:
    if tariff is None:
        return ChargingSession(begin=begin)
    return ChargingSession(begin=begin, cost=0.0, currency=tariff.currency)


def _priced(
    session: ChargingSession, gain_wh: float, passed_s: float, tariff: Tariff | None
) -> ChargingSession:
    """Add the cost of an energy; without a price, or with one that may not have held all the while, it has none."""
    is_same = tariff is not None and session.currency in (None, tariff.currency)
    if (
        tariff is None
        or tariff.per_kwh is None
        or not is_same
        or (passed_s > _GAP.total_seconds() and not tariff.is_fixed)
    ):
        return replace(session, unpriced_wh=session.unpriced_wh + gain_wh)
    cost = (session.cost or 0.0) + gain_wh / 1000 * tariff.per_kwh
    return replace(session, cost=cost, currency=tariff.currency)


def _left_wh(before: Registers, registers: Registers) -> float:
    """Return what the car before has received last: what was counted, less what the next one has; 0: not known."""
    total_wh = registers.total_gain_wh(before)
    skipped = None not in (before.number, registers.number) and registers.number != (before.number or 0) + 1
    return 0.0 if total_wh is None or skipped else max(0.0, total_wh - registers.own_wh(before))


def _most[N: float](known: N | None, read: N | None) -> N | None:
    return known if read is None else read if known is None else max(known, read)
