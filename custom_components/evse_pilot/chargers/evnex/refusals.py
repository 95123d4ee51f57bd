"""What a refusal of the Particle cloud means: by the word in its body, and by its HTTP status where it has none.

The servers that people run in place of the cloud use the same words with other statuses. docs/evnex.md has the table.
"""

from collections.abc import Callable, Mapping
import re

from aiohttp import ClientResponse

from ..account import ChargerAccountError, ChargerCodeRequiredError, ChargerLoginError
from ..errors import (
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
)
from ..wire import number, text

type _Kind = Callable[[str], ChargerError]


def _function_missing(_: str) -> ChargerError:
    return ChargerRefusedError("function_missing")


_LONGEST_RETRY_AFTER_S = 3600.0
_STATUSES: Mapping[int, _Kind] = {
    401: ChargerAuthError,
    403: ChargerForbiddenError,
    404: ChargerOfflineError,
    408: ChargerCloudError,
    429: ChargerRateLimitError,
    503: ChargerBusyError,
    529: ChargerRateLimitError,
}
# A call that the cloud gave up may have been carried out; a device that does not understand one has not.
_CALL_STATUSES: Mapping[int, _Kind] = {400: _function_missing, 408: ChargerNoReplyError}

_TIMED_OUT = re.compile(r".*(timed out|time-?out).*", re.IGNORECASE)
# Words of OAuth, and sentences of the servers. An older cloud has invalid_grant for a token, too; invalid_request is
# about the token as well, for nothing else of our requests can be malformed.
_WORDS: tuple[tuple[re.Pattern[str], _Kind], ...] = tuple(
    (re.compile(words, re.IGNORECASE), kind)
    for words, kind in (
        ("unauthorized|access_denied|(invalid|insufficient)_scope", ChargerAccountError),
        ("invalid_(token|grant|request|client)|unauthorized_(request|client)", ChargerAuthError),
        (
            ".*permission denied|no device found|entity does not exist|.*n't have access",
            ChargerForbiddenError,
        ),
        (".*(not connected|offline|could not get device).*", ChargerOfflineError),
        (".*function.* not found|unknown function.*", _function_missing),
        ("rate_limit_exceeded", ChargerRateLimitError),
        ("server_error", ChargerCloudError),
    )
)
# The description of a server_error, from a server whose own check of the password fails.
_WRONG_LOGIN = re.compile(r"wrong password|user doesn't exist", re.IGNORECASE)


def check(response: ClientResponse, raw: object, *, is_call: bool = False) -> None:
    """Raise the error that an answer stands for, unless it is a success; `raw` is its JSON, None: it has none.

    401 is about the token, whatever the body calls it.
    """
    status = response.status
    kind = None if status == 401 else _meaning(raw, is_call=is_call)
    if kind is None:
        if status == 200:
            return
        statuses = {**_STATUSES, **_CALL_STATUSES} if is_call else _STATUSES
        kind = statuses.get(status, ChargerCloudError if status >= 500 else ChargerProtocolError)
    error = kind(f"HTTP status {status}")
    if isinstance(error, ChargerRateLimitError):
        error.retry_after_s = number(response.headers.get("Retry-After"), 0, _LONGEST_RETRY_AFTER_S)
    raise error


def check_login(response: ClientResponse, raw: object, reason: str) -> None:
    """Raise the error that the answer to a log-in stands for, unless it is a success.

    `reason` is that of the ChargerLoginError for what was sent: a wrong password, or a wrong one-time password.
    """
    status, body = response.status, raw if isinstance(raw, Mapping) else {}
    match _word(raw):
        case "mfa_required":
            if (challenge := text(body.get("mfa_token"))) is None:
                raise ChargerProtocolError("no token for the one-time password")
            raise ChargerCodeRequiredError(challenge)
        case "sso_user":
            raise ChargerLoginError("sso_user")
        case "rate_limit_exceeded":
            raise ChargerLoginError("locked")
        case "invalid_client" | "unauthorized_client" | "unsupported_grant_type":
            # The password may be right: the cloud takes no log-in from this program, or none of this kind.
            raise ChargerLoginError("client_refused")
        case "invalid_grant":
            raise ChargerLoginError(reason)
        case "invalid_request":
            raise ChargerProtocolError(f"HTTP status {status}")
        case "server_error" if _WRONG_LOGIN.fullmatch(text(body.get("error_description")) or ""):
            raise ChargerLoginError(reason)
    if status == 429:
        raise ChargerLoginError("locked")
    if status == 401 or (status in (400, 403) and _meaning(raw) is None):
        raise ChargerLoginError(reason)
    check(response, raw)


def _word(raw: object) -> str | None:
    """Return what the body names as its error, without a full stop at its end; None: it is no such body."""
    word = text(raw.get("error")) if isinstance(raw, Mapping) else None
    return None if word is None else word.rstrip(".")


def _meaning(raw: object, *, is_call: bool = False) -> _Kind | None:
    """Return the error that a body names; None: none that is known."""
    if (word := _word(raw)) is None:
        return None
    if _TIMED_OUT.fullmatch(word):
        return ChargerNoReplyError if is_call else ChargerCloudError
    return next((kind for words, kind in _WORDS if words.fullmatch(word)), None)
