"""The treatments of an error, each named by what is to be done next.

A message says what was expected, what came and what to do. Anything else that is raised is
treated as a bug of ours.
"""

from __future__ import annotations


class EspalierError(Exception):
    """Any error that Espalier itself raises; its message says what was expected and what came."""


class InputError(EspalierError):
    """Something that a person wrote must be changed; trying again does not help.

    Parameters
    ----------
    field : str
        What is wrong: the path of a field such as ``spec.parameters[2].float.min``, a flag such as
        ``--store``, a file, or nothing where the message says it.
    message : str
        What was expected, what came, what to do.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message

    def __reduce__(self) -> tuple[type[InputError], tuple[str, str]]:
        """Survive the way out of another process."""
        return type(self), (self.field, self.message)


class SpecError(InputError):
    """The Study, Trial or template must be changed by who wrote it."""


class UsageError(InputError):
    """A flag, an argument or a file must be changed by who runs the command."""


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
    within : float, optional
        Seconds to wait at most, however often it failed, where it is known to pass by itself.
    """

    def __init__(
        self, message: str, after: float | None = None, *, within: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.after = after
        self.within = within


class Outdated(EspalierError):
    """What was known of the cluster is so no longer: look again, and decide anew."""


class InternalError(EspalierError):
    """A defect of Espalier itself: to be reported, with its traceback, as a bug."""


TREATMENTS: tuple[type[EspalierError], ...] = (
    SpecError,
    UsageError,
    ReportError,
    RetryLater,
    Outdated,
    InternalError,
)
"""What can be done next about an error; every error is treated in one of these ways."""


def treatment(error: BaseException) -> type[EspalierError]:
    """Return how an error is treated: what Espalier did not raise itself is a bug of ours."""
    return next((each for each in TREATMENTS if isinstance(error, each)), InternalError)
