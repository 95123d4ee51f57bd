"""Values that outlive a restart, one file each, with versions."""

from collections.abc import Awaitable, Callable
from typing import Any, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import UnsupportedStorageVersionError
from homeassistant.helpers.storage import Store

from ..const import DOMAIN, LOGGER

type Migrate = Callable[[int, Any], Any]


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


class Stored[T]:
    """One value of an entry, as JSON in a file of its own.

    `read` makes the value of JSON, and raises KeyError, TypeError, ValueError or AttributeError for what is none; `write`
    the opposite. What cannot be read, is of a newer version or of another type is dropped with one warning: a charger is
    then as if nothing had been stored, and nothing fails.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        key: str,
        *,
        version: int,
        read: Callable[[Any], T],
        write: Callable[[T], Any],
        migrate: Migrate | None = None,
    ) -> None:
        """Read nothing yet; `migrate` gets an older version and its JSON."""
        self._store = _VersionedStore(hass, version, key, migrate)
        self._key = key
        self._read = read
        self._write = write

    async def async_load(self) -> T | None:
        """Return the stored value; None: there is none that can be read."""
        try:
            data = await self._store.async_load()
            return None if data is None else self._read(data)
        except (KeyError, TypeError, ValueError, AttributeError, UnsupportedStorageVersionError) as error:
            # Not the key: it names the entry, and the file's own name is in Home Assistant's storage folder.
            LOGGER.warning("A stored value cannot be read (%s) and is dropped", type(error).__name__)
            return None

    async def async_save(self, value: T) -> None:
        """Store a value at once."""
        await self._store.async_save(self._write(value))

    @callback
    def async_delay_save(self, value_fn: Callable[[], T], delay_s: float) -> None:
        """Store what the function returns in a while, or when Home Assistant stops."""
        self._store.async_delay_save(lambda: self._write(value_fn()), delay_s)

    def async_remove(self) -> Awaitable[None]:
        """Remove the file."""
        return self._store.async_remove()
