"""Why a charger could not be commanded last: logged when that begins, and when it is over."""

from ..chargers.errors import ChargerError, ChargerRefusedError
from ..const import LOGGER
from ..runtime.errors import error_key


class Problem:
    """The error of the last command of one charger."""

    def __init__(self, title: str) -> None:
        """Know the name of the charger in the log; there is no problem yet."""
        self.key: str | None = None
        self._title = title

    def begin(self, error: ChargerError) -> str:
        """Take an error, and return its key."""
        key = error_key(error)
        key = f"{key}_{error.reason}" if isinstance(error, ChargerRefusedError) else key
        if self.key is None:
            LOGGER.warning("%s cannot be commanded: %s", self._title, key)
        self.key = key
        return key

    def end(self) -> None:
        """Note that the charger does what it is sent."""
        if self.key is not None:
            LOGGER.info("%s can be commanded again", self._title)
            self.key = None

    def forget(self) -> None:
        """Forget an error that its person has seen: what was asked is taken back."""
        self.key = None
