"""One charger of a group: what it says, what it is told, and what has to be remembered of it."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
import math
from typing import Any, Protocol, Self, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util
from homeassistant.util.dt import utcnow

from ..chargers.capabilities import Limiter
from ..chargers.errors import ChargerError
from ..chargers.types import Load, OwnBalancing
from ..const import LOGGER
from ..control.claim import Reason
from ..entities.device import Device
from ..runtime.errors import error_key
from ..steering import Steering
from .law.model import Share, Write
from .settings import CONF_MAXIMUM, CONF_MINIMUM
from .watch import ChargerWatch

# What is left of a moment to come is known to the second, and no better.
_SAME_MOMENT_S = 2.0
# A limit that differs by less is the same.
_SAME_A = 0.5


class Changed(Protocol):
    """There is something to remember: in a while, or soon."""

    def __call__(self, *, soon: bool = False) -> None:
        """Remember it."""


@dataclass(kw_only=True)
class Kept:
    """What outlives a restart. Amperes are per phase."""

    charger: str
    # What the group has told it last; None: nothing, since it was taken.
    given_a: float | None = None
    # The limit that it had when the group took it.
    owners_limit_a: float | None = None
    # With what the group has left it: that is nobody's own limit.
    left_a: float | None = None
    # What a person has set in the group.
    limit_a: float | None = None
    writes: int = 0
    day: str = ""

    @classmethod
    def read(cls, charger: str, stored: object) -> Self:
        """Read what was stored; what makes no sense is as if it had never been."""
        kept = cls(charger=charger)
        if not isinstance(stored, Mapping) or stored.get("charger") != charger:
            return kept
        for name in ("given_a", "owners_limit_a", "left_a", "limit_a"):
            value = stored.get(name)
            if isinstance(value, (int, float)) and 0 <= value < math.inf:
                setattr(kept, name, float(value))
        if isinstance(stored.get("writes"), int) and isinstance(stored.get("day"), str):
            kept.writes, kept.day = stored["writes"], stored["day"]
        return kept

    def as_dict(self) -> dict[str, Any]:
        """Return it for the storage."""
        return asdict(self)

    @property
    def writes_today(self) -> int:
        """Return how often the charger was told something today."""
        return self.writes if self.day == _today() else 0

    def count(self) -> None:
        """Count one more."""
        self.writes, self.day = self.writes_today + 1, _today()


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberState:
    """What a charger is given, and why. Amperes are per phase."""

    given_a: float | None
    reason: str | None
    phase: int | None
    until: datetime | None
    limit_a: float
    minimum_a: float
    maximum_a: float
    writes_today: int


class MemberLink(ChargerWatch):
    """Hears a charger of the group, and tells it its limit: one command at a time, and only the newest."""

    def __init__(
        self,
        hass: HomeAssistant,
        group: ConfigEntry,
        member_id: str,
        title: str,
        numbers: Mapping[str, Any],
        kept: Kept,
        *,
        heard: Callable[[MemberLink], None],
        changed: Changed,
    ) -> None:
        """Know the charger; `heard` is called with each reading, `changed` when there is something to remember."""
        super().__init__(hass, kept.charger)
        self.id = member_id
        self.title = title
        self.kept = kept
        self.load: Load | None = None
        self.share: Share | None = None
        self.own_balancing: OwnBalancing | None = None
        self.wish: Write | None = None
        self.steered = False
        self.numbers = numbers
        self._heard = heard
        self._changed_fn = changed
        self._lock = asyncio.Lock()
        self._failing = False
        self._told_of: tuple[bool, float | None] | None = None
        self._until: datetime | None = None
        self.coordinator = DataUpdateCoordinator[MemberState](
            hass,
            LOGGER,
            config_entry=group,
            name=f"{group.title} - {title}",
            update_method=self._async_state,
            always_update=False,
        )
        self.coordinator.data = self.state()

    # What it says

    @property
    def limiter(self) -> Limiter[Any] | None:
        """Return how its current is limited; None while it is not there."""
        if self.device is None:
            return None
        limiter: Limiter[Any] | None = self.device.target.capability(Limiter)
        return limiter

    @property
    def _steering(self) -> Steering | None:
        return None if self.device is None else self.device.steering

    @property
    def allowed(self) -> bool:
        """Return whether its owner and its schedule let a car charge."""
        return self._steering is None or self._steering.allowed

    @property
    def ceiling_a(self) -> float | None:
        """Return the smallest limit that a person or a schedule has set."""
        limits_a = [
            amps
            for amps in (self.kept.limit_a, None if self._steering is None else self._steering.ceiling_a)
            if amps is not None
        ]
        return min(limits_a, default=None)

    @callback
    @override
    def found(self, device: Device[Any, Any]) -> list[Callable[[], None]]:
        assert device.steering is not None
        device.steering.set_steered(self.steered)
        self._told_of = (self.allowed, self.ceiling_a)
        return [device.steering.async_add_listener(self._steering_changed)]

    @callback
    def set_steered(self, steered: bool) -> None:
        """Say that the group steers it from now on, or no longer."""
        self.steered = steered
        if self._steering is not None:
            self._steering.set_steered(steered)

    @callback
    def _steering_changed(self) -> None:
        """Read it anew when its owner or its schedule allow something else."""
        if self._told_of != (told_of := (self.allowed, self.ceiling_a)) and self.readings is not None:
            self._told_of = told_of
            self._hass.async_create_task(self.readings.async_request_refresh())

    @callback
    @override
    def hear(self, state: Any) -> None:
        if self.device is None or (limiter := self.limiter) is None:
            return
        self.own_balancing = self.device.target.own_balancing(state)
        with suppress(ChargerError):
            self.load = limiter.load(state)
            self._note_owners_limit(self.load.limit_a)
            self._heard(self)

    @callback
    def _note_owners_limit(self, limit_a: float) -> None:
        """Remember with what it was found, until the group tells it something else."""
        kept = self.kept
        if kept.given_a is not None or limit_a <= 0:
            return
        if kept.left_a is not None and abs(limit_a - kept.left_a) < _SAME_A:
            return
        kept.owners_limit_a, kept.left_a = limit_a, None

    # What it is told

    async def async_write(self, write: Write) -> bool:
        """Set a limit, unless something newer is wished by then; return whether the charger took it."""
        async with self._lock:
            return self.wish is write and await self._async_tell(write.amps)

    @property
    def has_a(self) -> float | None:
        """Return the limit that it was told last, or was found with; None: not known."""
        if self.kept.given_a is None and self.load is not None:
            return self.load.limit_a
        return self.kept.given_a

    def rises(self, write: Write) -> bool:
        """Return whether a limit is above the one it has; what is not known may be."""
        return self.has_a is None or write.amps > self.has_a

    async def _async_tell(self, amps: float) -> bool:
        limiter, readings = self.limiter, self.readings
        if limiter is None or readings is None:
            return False
        is_first = self.kept.given_a is None
        self.kept.count()
        # Before it is sent: if the reply is lost, the charger may have taken it all the same.
        self.kept.given_a = amps
        self._changed_fn(soon=is_first)
        try:
            try:
                await limiter.set_limit(amps)
            finally:
                # Nothing may be read any more by which it would be kept.
                readings.async_keep()
        except ChargerError as error:
            if not self._failing:
                LOGGER.warning("%s cannot be told its share: %s", self.name, error_key(error))
            self._failing = True
            return False
        if self._failing:
            LOGGER.info("%s takes its share again", self.name)
        self._failing = False
        return True

    async def async_leave(self, amps: float) -> None:
        """Tell a charger that is steered with what it is left, unless it has that, or is not allowed to charge."""
        self.wish = None
        async with self._lock:
            away = self.share is not None and self.share.reason is Reason.PAUSED_BY_OWNER
            if self.steered and self.has_a is not None and amps != self.has_a and self.allowed and not away:
                await self._async_tell(amps)

    def safe_a(self, safe_a: float) -> float:
        """Return the safe current as it can be set; no more than its owner had set."""
        amps = min(math.floor(safe_a), self.owners_a())
        return amps if amps >= self._least_a else 0.0

    def owners_a(self) -> float:
        """Return what its owner had set; what is not known is the most that the owner gave it in the group."""
        found_a = self.kept.owners_limit_a
        if self._steering is not None and self._steering.owners_limit_a is not None:
            found_a = self._steering.owners_limit_a
        most_a = self.numbers[CONF_MAXIMUM] if self.load is None else self.load.maximum_a
        return float(min(self.numbers[CONF_MAXIMUM] if found_a is None else found_a, most_a))

    @property
    def _least_a(self) -> float:
        minimum_a: float = self.numbers[CONF_MINIMUM]
        return minimum_a if self.load is None else max(minimum_a, self.load.minimum_a)

    @callback
    def _forget_given(self) -> None:
        """Take what it has now for nobody's own limit, and remember no more what it was given."""
        kept = self.kept
        if kept.given_a is not None:
            kept.left_a = None if kept.given_a == kept.owners_limit_a else kept.given_a
            kept.given_a = None
            self._changed_fn(soon=True)

    async def async_let_go(self) -> None:
        """Leave it to its owner and its schedule, who are to see what it has now."""
        self._forget_given()
        if self.readings is not None and self.steered:
            await self.readings.async_refresh()
        self.set_steered(False)

    # What is shown

    async def async_set_limit(self, amps: float) -> None:
        """Set what a person lets the group give it at most; the maximum is no limit."""
        self.kept.limit_a = None if amps >= self.numbers[CONF_MAXIMUM] else amps
        self._changed_fn()
        if self.load is not None:
            self._heard(self)

    async def _async_state(self) -> MemberState:
        return self.state()

    def state(self) -> MemberState:
        """Return what is shown."""
        share, maximum_a = self.share, self.numbers[CONF_MAXIMUM]
        return MemberState(
            given_a=None if share is None else share.amps,
            reason=None if share is None else word_of(share),
            phase=None if share is None else share.phase,
            until=self._moment(None if share is None else share.seconds),
            limit_a=maximum_a if self.kept.limit_a is None else self.kept.limit_a,
            minimum_a=self.numbers[CONF_MINIMUM],
            maximum_a=maximum_a,
            writes_today=self.kept.writes_today,
        )

    def _moment(self, seconds: float | None) -> datetime | None:
        """Return the moment that is so far away; the same one as before, but for the dust of two clocks."""
        if seconds is None:
            self._until = None
            return None
        until = utcnow().replace(microsecond=0) + timedelta(seconds=math.ceil(seconds))
        if self._until is None or abs((until - self._until).total_seconds()) > _SAME_MOMENT_S:
            self._until = until
        return self._until

    @callback
    def show(self) -> None:
        """Tell the entities, if there is something new."""
        if (state := self.state()) != self.coordinator.data:
            self.coordinator.async_set_updated_data(state)


def word_of(share: Share) -> str:
    """Return why a charger is given just so much, in one word; the main fuse has one for each phase."""
    if share.reason is Reason.MAIN_FUSE and share.phase is not None:
        return f"{share.reason.value}_l{share.phase}"
    return share.reason.value


def _today() -> str:
    return dt_util.now().date().isoformat()
