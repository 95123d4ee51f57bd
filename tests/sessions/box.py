"""A charger of numbers, and what a tracker makes of its readings."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
import json

from custom_components.evse_pilot.chargers.types import SessionReading, Status
from custom_components.evse_pilot.sessions.session import ChargingSession
from custom_components.evse_pilot.sessions.tracker import Change, Happened, SessionTracker, Tariff, Tracked

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
POLL_S = 5.0


@dataclass
class Box:
    """Counts what its car draws, in the registers that it has, and is read every five seconds."""

    has_total: bool = True
    has_session: bool = True
    has_number: bool = False
    now: datetime = NOON
    total_wh: float = 5_670_123.0
    session_wh: float = 4_200.0
    number: int = 626
    plugged_in: bool = False
    power_w: float = 0.0
    tariff: Tariff | None = None
    card: str | None = None
    tracker: SessionTracker = field(default_factory=SessionTracker)
    happened: list[Happened] = field(default_factory=list)

    # What a person does

    def plug_in(self) -> None:
        """Plug a car in, which draws nothing yet."""
        if not self.plugged_in:
            self.plugged_in, self.power_w = True, 0.0
            self.session_wh, self.number = 0.0, self.number + 1

    def unplug(self) -> None:
        """Unplug it."""
        self.plugged_in, self.power_w = False, 0.0

    def swap(self) -> None:
        """Let one car go and another come, between two readings."""
        if self.plugged_in:
            self.unplug()
            self.plug_in()

    def draw(self, watts: float) -> None:
        """Let the car draw so much."""
        self.power_w = watts if self.plugged_in else 0.0

    # Time

    def live(self, seconds: float) -> None:
        """Let time pass, and nothing be read."""
        self.now += timedelta(seconds=seconds)
        self.total_wh += self.power_w * seconds / 3600
        self.session_wh += self.power_w * seconds / 3600

    def poll(self, count: int = 1, every_s: float = POLL_S) -> None:
        """Read it so many times."""
        for _ in range(count):
            self.live(every_s)
            self.read(self.reading)

    def read(self, reading: SessionReading) -> None:
        """Let the tracker take a reading."""
        self.happened += self.tracker.read(self.now, reading, self.status, self.tariff)

    @property
    def status(self) -> Status:
        """Return what it does."""
        if not self.plugged_in:
            return Status.DISCONNECTED
        return Status.CHARGING if self.power_w else Status.CONNECTED

    @property
    def reading(self) -> SessionReading:
        """Return what it shows."""
        return SessionReading(
            plugged_in=self.plugged_in,
            power_w=self.power_w,
            total_wh=self.total_wh if self.has_total else None,
            session_wh=self.session_wh if self.has_session else None,
            number=self.number if self.has_number else None,
            phases=3 if self.power_w else None,
            card=self.card,
        )

    def restart_home_assistant(self) -> None:
        """Store what is known and take it up again."""
        stored = json.loads(json.dumps(self.tracker.tracked.as_dict()))
        assert Tracked.from_dict(stored) == replace(self.tracker.tracked, is_absent=False)
        self.tracker = SessionTracker(Tracked.from_dict(stored))

    # What came of it

    @property
    def ended(self) -> list[ChargingSession]:
        """Return the sessions that ended."""
        return [each.session for each in self.happened if each.change is Change.ENDED]

    @property
    def sessions(self) -> list[ChargingSession]:
        """Return all sessions, the one that lasts among them."""
        return self.ended + ([self.tracker.session] if self.tracker.session else [])

    @property
    def seen(self) -> list[Change]:
        """Return the changes that were seen as they happened."""
        return [each.change for each in self.happened if each.is_seen]
