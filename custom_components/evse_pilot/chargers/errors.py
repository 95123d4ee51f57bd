"""Errors of a charger."""


class ChargerError(Exception):
    """A request to a charger failed; `retry_after_s`: when it may be sent again, in seconds, if known."""

    def __init__(self, *args: object, retry_after_s: float | None = None) -> None:
        """Set a text for the log, without secrets."""
        super().__init__(*args)
        self.retry_after_s = retry_after_s


class ChargerUnreachableError(ChargerError):
    """The charger did not answer, or the answer did not arrive whole."""


class ChargerSilentError(ChargerUnreachableError):
    """Nothing came from the charger: it took no connection, hung up, or sent nothing within the time-out."""


class ChargerBusyError(ChargerUnreachableError):
    """The charger refused the request for want of time."""


class ChargerGaveWayError(ChargerBusyError):
    """A poll was ended for a command that could not wait; the charger is no less there for it."""


class ChargerRateLimitError(ChargerBusyError):
    """Its cloud received too many requests."""


class ChargerOfflineError(ChargerUnreachableError):
    """Its cloud answers, but the charger is not connected to it, or sends nothing."""


class ChargerCloudError(ChargerUnreachableError):
    """Its cloud failed."""


class ChargerNoReplyError(ChargerUnreachableError):
    """A command was sent and never answered; it may have been carried out."""


class ChargerAuthError(ChargerError):
    """The charger does not accept the log-in, or no longer."""


class ChargerForbiddenError(ChargerAuthError):
    """The account is known, but has no right to this charger."""


class ChargerProtocolError(ChargerError):
    """The answer is not one that this charger would give."""


class ChargerMismatchError(ChargerProtocolError):
    """Another charger answers at this address; it may be a neighbour's, and must be neither shown nor controlled."""

    def __init__(self) -> None:
        """Use one text for all makes; it is without the serial numbers of either."""
        super().__init__("another charger answers")


class ChargerRefusedError(ChargerError):
    """A command was refused, by the charger or before it was sent; nothing has changed.

    The reason is a key of lower-case letters and underscores with a translation of its own.
    """

    def __init__(self, reason: str, **placeholders: str) -> None:
        """Set the reason, and the placeholders of its translation."""
        super().__init__(reason)
        self.reason = reason
        self.placeholders = placeholders


def check_range(value: float, low: float, high: float, unit: str | None = None) -> None:
    """Raise ChargerRefusedError, with the unit, for a value that is not from low to high."""
    if not low <= value <= high:
        raise ChargerRefusedError("out_of_range", minimum=in_unit(low, unit), maximum=in_unit(high, unit))


def in_unit(value: float, unit: str | None) -> str:
    """Return a value for a sentence, such as 6 A."""
    return f"{value:g}" if unit is None else f"{value:g} {unit}"
