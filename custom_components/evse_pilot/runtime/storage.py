"""Values that outlive a restart, one file each, with versions."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
import math
from typing import Any, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import UnsupportedStorageVersionError
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN, LOGGER

type Migrate = Callable[[int, Any], Any]

# What a reader may raise for a value that is none; absurd numbers are an ArithmeticError.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def moment_from(value: object) -> datetime | None:
    """Read a stored moment, in UTC; None if it is none."""
    try:
        return dt_util.as_utc(datetime.fromisoformat(value)) if isinstance(value, str) else None
    except ValueError, OverflowError:
        return None


def storage_key(kind: str, entry_id: str) -> str:
    """Return the name of the file in which a kind of value of an entry is stored."""
    return f"{DOMAIN}.{kind}.{entry_id}"


class _VersionedStore(Store[Any]):
    """A file with versions; an older one that cannot be migrated counts as empty."""

    def __init__(self, hass: HomeAssistant, version: int, key: str, migrate: Migrate | None) -> None:
        super().__init__(hass, version, key)
        self._migrate = migrate

    @override
    async def _async_migrate_func(self, old_major_version: int, old_minor_version: int, old_data: Any) -> Any:
        return None if self._migrate is None else self._migrate(old_major_version, old_data)


# The files of which a warning was logged.
_WARNED: HassKey[set[str]] = HassKey(f"{DOMAIN}_unreadable")


class Parts:
    """The parts of a stored value: one that is missing or cannot be read has its default, and the others are kept."""

    def __init__(self, data: Any) -> None:
        """Take the JSON; TypeError if it has no parts."""
        if not isinstance(data, Mapping):
            raise TypeError("no object")
        self.data: Mapping[str, Any] = data
        self.dropped: list[str] = []

    def read[V](self, key: str, read: Callable[[Any], V], default: V) -> V:
        """Return what the function makes of a part; it raises one of UNREADABLE for what it cannot read."""
        if key not in self.data:
            return default
        try:
            return read(self.data[key])
        except UNREADABLE:
            self.dropped.append(key)
            return default


class Stored[T]:
    """One value of an entry, as JSON in a file of its own.

    `read` makes the value of JSON, and `write` the opposite. What cannot be read, is of a newer version or of another
    type is dropped with one warning: a charger is then as if that had not been stored, and nothing fails.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        key: str,
        *,
        version: int,
        read: Callable[[Parts], T],
        write: Callable[[T], Any],
        migrate: Migrate | None = None,
    ) -> None:
        """Read nothing yet; `migrate` gets an older version and its JSON."""
        self._store = _VersionedStore(hass, version, key, migrate)
        self._hass = hass
        self._key = key
        self._read = read
        self._write = write
        # When the pending value is stored, by the loop's clock; and what returns it.
        self._due_s = math.inf
        self._value_fn: Callable[[], T] | None = None

    async def async_load(self) -> T | None:
        """Return the stored value; None: there is none that can be read."""
        try:
            data = await self._store.async_load()
            if data is None:
                return None
            parts = Parts(data)
            value = self._read(parts)
        except (*UNREADABLE, UnsupportedStorageVersionError) as error:
            self._warn(type(error).__name__)
            return None
        if parts.dropped:
            self._warn(", ".join(parts.dropped))
        return value

    def _warn(self, what: str) -> None:
        """Log what was dropped, once, however often it is read."""
        warned = self._hass.data.setdefault(_WARNED, set())
        if self._key in warned:
            return
        warned.add(self._key)
        # Not the key: it names the entry, and the file's own name is in Home Assistant's storage folder.
        entry = self._hass.config_entries.async_get_entry(self._key.rpartition(".")[2])
        title = "EVSE Pilot" if entry is None else entry.title
        LOGGER.warning("%s: a stored value cannot be read (%s) and is dropped", title, what)

    async def async_save(self, value: T) -> None:
        """Store a value at once."""
        self._hass.data.setdefault(_WARNED, set()).discard(self._key)
        self._due_s = math.inf
        await self._store.async_save(self._write(value))

    @callback
    def async_delay_save(self, value_fn: Callable[[], T], delay_s: float) -> None:
        """Store what the function returns in a while, or when Home Assistant stops; none puts off an earlier one."""
        self._value_fn = value_fn
        due_s = self._hass.loop.time() + delay_s
        # Home Assistant's own store would begin the time anew with each call, and might never come to an end.
        if due_s < self._due_s:
            self._due_s = due_s
            self._store.async_delay_save(self._pending, delay_s)

    def _pending(self) -> Any:
        assert self._value_fn is not None
        self._due_s = math.inf
        return self._write(self._value_fn())

    def async_remove(self) -> Awaitable[None]:
        """Remove the file."""
        self._due_s = math.inf
        return self._store.async_remove()
