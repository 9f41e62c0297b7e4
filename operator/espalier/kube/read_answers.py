"""What the answers on the way to the read API mean for a person who asks it.

Three may answer: the read API itself, the API server that passes a question on, and whatever is in
between. They are told apart by the form of what they say.
"""

from __future__ import annotations

import json
from typing import Any

from espalier.errors import EspalierError, RetryLater, UsageError

_LATER = {408, 425, 429, 500, 502, 503, 504}
WITHOUT = "; `--from FILE` shows an exported log without it"


class NotGiven(UsageError):
    """The read API has no answer for who asks: ask for something else, or as somebody else.

    Parameters
    ----------
    status : int
        The HTTP status by which it said so.
    message : str
        Its own words.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__("", message)
        self.status = status

    def __reduce__(self) -> tuple[type[NotGiven], tuple[int, str]]:  # type: ignore[override]
        """Survive the way out of another process."""
        return type(self), (self.status, self.message)


def error_of(route: str, code: int, body: bytes) -> EspalierError:
    """Turn an answer that is not 2xx into the error that says what to do.

    Parameters
    ----------
    route
        By which way it was asked, in words.
    """
    found = _object(body)
    own = found.get("error")
    if isinstance(own, dict):
        return _of_read_api(code, str(own.get("message") or code))
    said = str(found.get("message") or f"the answer is {code}")[:300]
    if found.get("kind") == "Status":
        return _of_api_server(route, code, said)
    return RetryLater(f"{route}: {said}, but not as the read API does; is a proxy in between?")


def _of_read_api(code: int, said: str) -> EspalierError:
    if code in _LATER:
        return RetryLater(f"the read API cannot answer now: {said}; try again")
    return NotGiven(code, said)


def _of_api_server(route: str, code: int, said: str) -> EspalierError:
    if code == 401:
        return UsageError("", f"the API server does not know you ({said}); log in again")
    if code == 403:
        return UsageError(
            "",
            f"{route}: {said}; have an administrator grant `get` of services/proxy there, or give "
            f"--server{WITHOUT}",
        )
    if code == 404:
        return UsageError(
            "",
            f"{route}: {said}; is the read API installed there? --operator-namespace and "
            f"ESPALIER_READ_SERVICE say where else{WITHOUT}",
        )
    if code in _LATER:
        return RetryLater(f"{route}: {said}; does the operator run? Try again")
    return UsageError("", f"{route}: {said}; ask an administrator what it means")


def is_out_of_place(error_code: int, body: bytes) -> bool:
    """Tell whether the API server, not the read API, says that there is nothing or no right."""
    return error_code in (403, 404) and _object(body).get("kind") == "Status"


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
