"""The number of commands of a day: a charger stores some of them in memory that wears out."""

from dataclasses import dataclass

from homeassistant.util import dt as dt_util


@dataclass(slots=True, kw_only=True)
class WriteCount:
    """How many commands were sent on a day, by the clock of the house."""

    count: int = 0
    day: str = ""

    @property
    def today(self) -> int:
        """Return how many were sent today."""
        return self.count if self.day == _today() else 0

    def add(self) -> None:
        """Count one."""
        self.count, self.day = self.today + 1, _today()


def _today() -> str:
    return dt_util.now().date().isoformat()
