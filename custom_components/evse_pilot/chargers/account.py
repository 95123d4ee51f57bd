"""An account in a vendor's cloud: how to log in, and which chargers it has."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from .errors import ChargerAuthError


class ChargerLoginError(ChargerAuthError):
    """A log-in was refused; the reason is a word with a translation of its own."""

    def __init__(self, reason: str) -> None:
        """Set the reason."""
        super().__init__(reason)
        self.reason = reason


class ChargerAccountError(ChargerAuthError):
    """The cloud does not allow the account anything; the log-in itself is not wrong."""


class ChargerCodeRequiredError(ChargerAuthError):
    """The password was right, and a one-time password is required as well."""

    def __init__(self, challenge: str) -> None:
        """Set what has to be sent back together with the one-time password."""
        super().__init__("one-time password required")
        self.challenge = challenge


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """The key to all chargers of an account, for a while; `expires_at` None: for how long is not known."""

    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One device of an account; `is_charger` is None while it is offline, and not known."""

    serial: str = field(repr=False)
    name: str = field(repr=False)
    is_charger: bool | None


class Account(Protocol):
    """An account in a cloud, logged in or not yet. All may raise a ChargerError."""

    async def log_in(self, username: str, password: str) -> Token:
        """Log in; ChargerCodeRequiredError if a one-time password is needed, ChargerLoginError if refused."""

    async def confirm(self, challenge: str, code: str) -> Token:
        """Finish a log-in with a one-time password."""

    async def renew(self, token: Token) -> Token:
        """Exchange a token for a new one without a person; ChargerAuthError if that does not work."""

    async def devices(self) -> list[Listed]:
        """Return what belongs to the account, once logged in."""
