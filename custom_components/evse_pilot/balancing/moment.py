"""A moment that is computed from seconds, and shown."""

from datetime import datetime, timedelta
import math

from homeassistant.util.dt import utcnow

# A moment in the future is computed from seconds, and differs by less than this each time.
_SAME_MOMENT_S = 2.0


class CalmMoment:
    """A moment in the future, which is the same one as before where only the clocks differ."""

    def __init__(self) -> None:
        """Show none yet."""
        self.shown: datetime | None = None

    def in_seconds(self, seconds: float | None) -> datetime | None:
        """Return the moment that is so many seconds away; None: there is none."""
        if seconds is None:
            self.shown = None
            return None
        until = utcnow().replace(microsecond=0) + timedelta(seconds=math.ceil(seconds))
        if self.shown is None or abs((until - self.shown).total_seconds()) > _SAME_MOMENT_S:
            self.shown = until
        return self.shown
