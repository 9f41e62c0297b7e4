"""The four treatments of an error, each named by what is to be done next."""

from __future__ import annotations


class EspalierError(Exception):
    """Any error that Espalier itself raises; its message says what was expected and what came."""


class SpecError(EspalierError):
    """The Study, Trial or template must be changed by who wrote it; trying again does not help."""


class ReportError(EspalierError):
    """A report is bad; its sender must not send it again as it is."""


class RetryLater(EspalierError):
    """Something that Espalier needs is away or busy; the same request may succeed later.

    Parameters
    ----------
    after
        Seconds to wait at least, where the other side said so.
    """

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class InternalError(EspalierError):
    """A defect of Espalier itself: to be reported, with its traceback, as a bug."""
