"""The sessions of one charger in Home Assistant: its readings in, what is stored, shown and announced out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..chargers.capabilities import EnergyMeter
from ..chargers.charger import Charger
from ..chargers.types import Status
from ..control.claim import Reason
from ..control.controller import ChargerController
from ..runtime.clock import monotonic_s
from ..runtime.coordinator import ChargerCoordinator
from ..runtime.shown_state import ShownState
from .finished import TakesNoMore
from .price import NamedPrice
from .registers import Registers
from .session import ChargingSession
from .store import pruned, stored_sessions, stored_tracked
from .tracker import Change, Happened, SessionTracker, Tracked, draws

SAVE_DELAY_S, SAVE_SOON_S = 60, 1
# What a car that may charge shows; with any other status something keeps it from charging.
_MAY_CHARGE = (Status.CONNECTED, Status.CHARGING)

type OnChange = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsState:
    """What is shown: the sessions that ended, oldest first.

    `counts_energy`: the last reading has a register of it. `currency`: that of the price; None: the owner has named
    none.
    """

    sessions: tuple[ChargingSession, ...] = ()
    counts_energy: bool = False
    currency: str | None = None

    @property
    def last(self) -> ChargingSession | None:
        """Return the one that ended last."""
        return self.sessions[-1] if self.sessions else None


class SessionRecorder:
    """Follows the sessions of one charger, and stores them."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        charger: Charger[Any],
        readings: ChargerCoordinator[Any],
        controller: ChargerController,
    ) -> None:
        """Know the charger and its readings; nothing is recorded yet."""
        self._hass = hass
        self._entry = entry
        self._charger = charger
        self._readings = readings
        self._controller = controller
        self._stored, self._stored_ended = (
            stored_tracked(hass, entry.entry_id),
            stored_sessions(hass, entry.entry_id),
        )
        self._tracker, self._calm = SessionTracker(), TakesNoMore()
        self._price = NamedPrice(hass, entry)
        self._before: Any = None
        self._was_away = self._is_due = self._has_ended = self._is_stopped = False
        self._saved: Tracked | None = None
        self._listeners: list[OnChange] = []
        self._shown = SessionsState()
        self.coordinator = ShownState(hass, entry, f"{entry.title} sessions", lambda: self._shown)
        self.coordinator.show()

    async def async_load(self) -> None:
        """Take up what was stored, before the charger is read for the first time."""
        if (tracked := await self._stored.async_load()) is not None:
            self._saved = tracked
            self._tracker = SessionTracker(tracked)
            self._calm = TakesNoMore(is_finished=tracked.is_finished)
        sessions = await self._stored_ended.async_load() or ()
        self._show(sessions=pruned(sessions, dt_util.utcnow()))

    @callback
    def async_start(self) -> None:
        """Follow the readings from now on."""
        for cancel in (
            self._readings.async_add_reading_listener(self._on_reading),
            self._readings.async_add_listener(self._on_update),
            self._async_stop,
        ):
            self._entry.async_on_unload(cancel)
        self._price.async_start()
        if (tariff := self._price.tariff) is not None:
            self._show(currency=tariff.currency)
        self._on_reading(self._readings.data)

    async def _async_stop(self) -> None:
        """Store for the last time; nothing after the end, for the file may be removed by then."""
        if self._is_stopped:
            return
        self._is_stopped = True
        await self._stored.async_save(self._tracker.tracked)
        if self._has_ended:
            await self._stored_ended.async_save(self._ended_to_save())

    @property
    def session(self) -> ChargingSession | None:
        """Return the session that lasts."""
        return self._tracker.session

    @callback
    def async_add_change_listener(self, listener: OnChange) -> CALLBACK_TYPE:
        """Call with each change of a session that was seen as it happened, and with what is known of the session."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def report(self) -> dict[str, Any]:
        """Return what is known for a bug report, without the card."""
        tracked = self._tracker.tracked
        if tracked.session is not None:
            tracked = replace(tracked, session=replace(tracked.session, card=None))
        return {"ended": len(self._shown.sessions), "tracked": tracked.as_dict()}

    # Readings

    def refine(self, state: Any) -> Any:
        """Return the state of a charger whose car takes no more as finished, and what the controller makes of others."""
        state = self._controller.refine(state)
        if (meter := self._charger.capability(EnergyMeter)) is None:
            return state
        is_finished = self._calm.read(
            monotonic_s(self._hass),
            draws=draws(meter.session_reading(state), state.status),
            may_charge=self._may_charge(state.status),
            has_charged=self._tracker.has_charged,
        )
        return self._charger.with_status(state, Status.FINISHED) if is_finished else state

    def _may_charge(self, status: Status | None) -> bool | None:
        """Return whether a car may charge now, or could if it wanted to; None: not known."""
        target = self._controller.target
        if target is not None and target.reason is Reason.CAR_TAKES_NO_MORE:
            # Its group may have paused it just for that.
            return status is Status.PAUSED or status in _MAY_CHARGE
        if status not in _MAY_CHARGE:
            return None if status is None else False
        return None if target is None else target.current_a > 0

    @callback
    def _on_update(self) -> None:
        """Note an absence; one or two lost polls are none, and the coordinator does not show them."""
        if not self._readings.last_update_success:
            self._was_away = True
            self._tracker.absent()
            self._calm.absent()

    @callback
    def _on_reading(self, state: Any) -> None:
        meter = self._charger.capability(EnergyMeter)
        if self._is_stopped or meter is None:
            return
        before, self._before = self._before, state
        if self._may_have_restarted(before, state):
            self._tracker.restarted()
        self._was_away = False
        now, reading = dt_util.utcnow(), meter.session_reading(state)
        happened = self._tracker.read(now, reading, state.status, self._price.tariff)
        happened += self._tracker.finished(takes_no_more=state.status is Status.FINISHED)
        self._save(soon=bool(happened))
        # By each reading, for entities are added when two in a row had it.
        self._show(counts_energy=Registers.of(now, reading).are_known)
        for each in happened:
            self._announce(each)

    def _may_have_restarted(self, before: Any, state: Any) -> bool:
        """Return whether it has restarted since the last reading, or was away and does not show when it started."""
        started_at, read_at = self._charger.started_at(state), self._tracker.tracked.read_at
        if before is None:
            return started_at is not None and read_at is not None and started_at > read_at
        return self._charger.restarted(before, state) or (self._was_away and started_at is None)

    @callback
    def add_sun(self, energy_wh: float) -> None:
        """Note how much the car has received of the sun; it is stored with what it receives."""
        self._tracker.add_sun(energy_wh)

    # What comes of them

    @callback
    def _announce(self, happened: Happened) -> None:
        session = happened.session
        if happened.change is Change.ENDED:
            self._keep(session)
        if not happened.is_seen:
            return
        words = session.as_dict(dt_util.get_default_time_zone())
        known = {key: value for key, value in words.items() if value is not None}
        for listener in tuple(self._listeners):
            listener(happened.change.value, known)

    @callback
    def _keep(self, session: ChargingSession) -> None:
        """Store a session that ended, and show it."""
        sessions = pruned((*self._shown.sessions, session), dt_util.utcnow())
        self._has_ended = True
        self._stored_ended.async_delay_save(self._ended_to_save, SAVE_SOON_S)
        self._show(sessions=sessions)

    @callback
    def _show(self, **changes: Any) -> None:
        """Show what has changed."""
        self._shown = replace(self._shown, **changes)
        self.coordinator.show()

    @callback
    def _save(self, *, soon: bool) -> None:
        """Store what has changed: at once what has happened, and in a while what a car that charges receives."""
        if soon:
            self._stored.async_delay_save(self._what_to_save, SAVE_SOON_S)
        elif not self._is_due and self._has_news:
            # Each new call would start the delay again.
            self._is_due = True
            self._stored.async_delay_save(self._what_to_save, SAVE_DELAY_S)

    @property
    def _has_news(self) -> bool:
        """Return whether something was counted since it was stored, and not only read again."""
        tracked, saved = self._tracker.tracked, self._saved
        if saved is None or tracked.session != saved.session:
            return True
        registers, before = tracked.registers, saved.registers
        return registers is not None and (before is None or registers.differ(before))

    def _what_to_save(self) -> Tracked:
        self._is_due, self._saved = False, self._tracker.tracked
        return self._saved

    def _ended_to_save(self) -> tuple[ChargingSession, ...]:
        self._has_ended = False
        return self._shown.sessions


def began_between(
    sessions: tuple[ChargingSession, ...], first: date | None, last: date | None
) -> list[ChargingSession]:
    """Return the sessions that began on these days, by the clock of the house; None: however early, or late."""

    def day(moment: datetime) -> date:
        return dt_util.as_local(moment).date()

    return [
        session
        for session in sessions
        if (first is None or day(session.begin) >= first) and (last is None or day(session.begin) <= last)
    ]


async def async_sessions(hass: HomeAssistant, entry: ConfigEntry) -> tuple[ChargingSession, ...] | None:
    """Return the sessions of a charger that ended, also of one that is disabled or does not answer.

    None: it is no charger but a meter.
    """
    if entry.state is not ConfigEntryState.LOADED:
        return pruned(await stored_sessions(hass, entry.entry_id).async_load() or (), dt_util.utcnow())
    recorder = entry.runtime_data.part(SessionRecorder)
    return None if recorder is None else recorder.coordinator.data.sessions


async def async_forget_sessions(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Remove what was stored of a charger that was removed."""
    await stored_tracked(hass, entry.entry_id).async_remove()
    await stored_sessions(hass, entry.entry_id).async_remove()
