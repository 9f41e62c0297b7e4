"""The four treatments of an error, each named by what is to be done next.

A message says what was expected, what came and what to do. Anything else that is raised is
treated as a bug of ours.
"""

from __future__ import annotations


class EspalierError(Exception):
    """Any error that Espalier itself raises; its message says what was expected and what came."""


class SpecError(EspalierError):
    """The Study, Trial or template must be changed by who wrote it; trying again does not help.

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

    def __reduce__(self) -> tuple[type[SpecError], tuple[str, str]]:
        """Survive the way out of another process."""
        return type(self), (self.field, self.message)


class ReportError(EspalierError):
    """A report is bad: nothing of its batch was stored, and sending it again does not help.

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
    after : float, optional
        Seconds after which the same may be sent again, where that is so.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int,
        index: int | None = None,
        after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.index = index
        self.after = after


class RetryLater(EspalierError):
    """Something that Espalier needs is away or busy; the same request may succeed later.

    Parameters
    ----------
    message : str
        What does not answer.
    after : float, optional
        Seconds to wait at least, where the other side said so.
    """

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.after = after


class InternalError(EspalierError):
    """A defect of Espalier itself: to be reported, with its traceback, as a bug."""
