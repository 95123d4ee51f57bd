"""What can go wrong between a charger and its caller."""


class ChargerError(Exception):
    """Something between us and the charger went wrong; if known, how long to leave it alone, in seconds."""

    def __init__(self, *args: object, retry_after_s: float | None = None) -> None:
        """Say what, for the log: no secrets."""
        super().__init__(*args)
        self.retry_after_s = retry_after_s


class ChargerUnreachableError(ChargerError):
    """The charger did not answer, or the answer did not arrive whole."""


class ChargerSilentError(ChargerUnreachableError):
    """Nothing came from the charger within the time-out."""


class ChargerBusyError(ChargerUnreachableError):
    """The charger says it has no time now."""


class ChargerRateLimitError(ChargerBusyError):
    """Its cloud has been asked too often."""


class ChargerOfflineError(ChargerUnreachableError):
    """Its cloud answers, but the charger is not connected to it, or says nothing."""


class ChargerCloudError(ChargerUnreachableError):
    """Its cloud has a problem of its own."""


class ChargerNoReplyError(ChargerUnreachableError):
    """A command was sent and never answered: it may have been carried out all the same."""


class ChargerAuthError(ChargerError):
    """The charger does not know us, or no longer."""


class ChargerForbiddenError(ChargerAuthError):
    """The account is known, but has no right to this charger."""


class ChargerProtocolError(ChargerError):
    """The answer is not one that this charger would give."""


class ChargerRefusedError(ChargerError):
    """The charger, or we on its behalf, said no; nothing has changed.

    The reason is a word of lower-case letters and underscores with a translation of its own.
    """

    def __init__(self, reason: str, **placeholders: str) -> None:
        """Say why, with what the translated sentence needs."""
        super().__init__(reason)
        self.reason = reason
        self.placeholders = placeholders


def check_range(value: float, low: float, high: float) -> None:
    """Refuse a value that is not from low to high."""
    if not low <= value <= high:
        raise ChargerRefusedError("out_of_range", minimum=f"{low:g}", maximum=f"{high:g}")
