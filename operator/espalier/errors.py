"""Errors, named by what to do next.

There are four treatments and no more: the user fixes the spec, the reporter fixes the report, the
caller tries again later, or we fix a bug. A message says what was expected, what came, and what to
do. Anything else that is raised is treated as our bug.
"""

from __future__ import annotations


class SpecError(Exception):
    """Fix your spec: an object of the user's is wrong, and waiting will not help.

    Parameters
    ----------
    field : str
        Path of the offending field, such as ``spec.parameters[2].float.min``.
    message : str
        What was expected, what came, what to do.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


class ReportError(Exception):
    """Your report is bad: nothing of it was stored, and sending it again will not help.

    Parameters
    ----------
    code : str
        A name out of a closed list (docs/reference/ingest-protocol.md).
    message : str
        What was expected, what came, what to do.
    status : int
        The HTTP status of the answer.
    index : int, optional
        Position of the offending report in its batch.
    """

    def __init__(self, code: str, message: str, *, status: int, index: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.index = index


class RetryLater(Exception):  # noqa: N818
    """Try again: nothing is wrong with what was asked, something we need does not answer.

    Parameters
    ----------
    message : str
        What does not answer.
    after : float
        Seconds to wait before the next attempt.
    """

    def __init__(self, message: str, *, after: float = 1.0) -> None:
        super().__init__(message)
        self.message = message
        self.after = after


class InternalError(Exception):
    """Our bug: something happened that the code rules out; the message says what."""
