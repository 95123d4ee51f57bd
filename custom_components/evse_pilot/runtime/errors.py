"""The errors of a charger as translated errors of Home Assistant."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from aiohttp import ClientError
import voluptuous as vol

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.update_coordinator import UpdateFailed

from ..chargers.account import ChargerAccountError, ChargerLoginError
from ..chargers.command import one_command
from ..chargers.errors import (
    ChargerAuthError,
    ChargerBusyError,
    ChargerCloudError,
    ChargerError,
    ChargerForbiddenError,
    ChargerNoReplyError,
    ChargerOfflineError,
    ChargerProtocolError,
    ChargerRateLimitError,
    ChargerRefusedError,
    ChargerSilentError,
    ChargerUnreachableError,
)
from ..const import DOMAIN
from .storage import UNREADABLE

# What other integrations let through when something is asked of them.
FAILS_ELSEWHERE = (HomeAssistantError, TimeoutError, ClientError, vol.Invalid, *UNREADABLE)
# The first that fits counts.
_KEYS: tuple[tuple[type[ChargerError], str], ...] = (
    (ChargerRateLimitError, "rate_limited"),
    (ChargerBusyError, "busy"),
    (ChargerOfflineError, "offline"),
    (ChargerCloudError, "cloud_error"),
    (ChargerNoReplyError, "no_reply"),
    (ChargerUnreachableError, "unreachable"),
    (ChargerForbiddenError, "forbidden"),
    (ChargerAccountError, "account_not_allowed"),
    (ChargerAuthError, "not_authorized"),
    (ChargerProtocolError, "unexpected_answer"),
    (ChargerRefusedError, "refused"),
)


def error_key(error: ChargerError) -> str:
    """Return the translation key of an error."""
    if isinstance(error, ChargerLoginError):
        return error.reason
    return next(key for type_, key in _KEYS if isinstance(error, type_))


@contextmanager
def commanding(name: str) -> Iterator[None]:
    """Make what a person asks of a charger one command, carried out in time or not at all, with translated errors."""
    with translated(HomeAssistantError, name), one_command():
        yield


@contextmanager
def translated(kind: type[HomeAssistantError], name: str) -> Iterator[None]:
    """Raise what a charger raises as an error of this kind, which names the charger.

    A refusal of a command is the caller's to mend (ServiceValidationError). A log-in that failed is no
    ConfigEntryAuthFailed, which would end the polls for good (runtime/log_in.py).
    """
    try:
        yield
    except ChargerRefusedError as error:
        raise (ServiceValidationError if kind is HomeAssistantError else kind)(
            translation_domain=DOMAIN,
            translation_key=f"{error_key(error)}_{error.reason}",
            translation_placeholders={"name": name, **error.placeholders},
        ) from error
    except ChargerError as error:
        raised = kind(
            translation_domain=DOMAIN,
            translation_key=error_key(error),
            translation_placeholders={"name": name},
        )
        if isinstance(raised, UpdateFailed):
            raised.retry_after = error.retry_after_s
        raise raised from error


def raise_all(failures: Sequence[HomeAssistantError]) -> None:
    """Raise what has failed of commands to several chargers, as one error; nothing if none has."""
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="several_failed",
            translation_placeholders={"failures": "; ".join(map(str, failures))},
        )


def is_read_back(error: HomeAssistantError) -> bool:
    """Return whether a charger is read after a command that failed with this error.

    It may have carried out the command all the same, and only a poll can start a new log-in. A command that was
    refused has changed nothing, and a charger that is silent or busy would only be asked in vain: the next poll shows.
    """
    cause = error.__cause__
    return isinstance(cause, ChargerError) and not isinstance(
        cause, (ChargerRefusedError, ChargerSilentError, ChargerBusyError)
    )
