"""What planning reads of the object that runs a trial, whatever its kind."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from espalier.planning.world.kinds import Kind


class Finished(Enum):
    """Whether a workload has come to its end: then it makes no pod any more."""

    NO = "no"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class WorkloadView:
    """An object that runs a trial, such as a Job.

    Parameters
    ----------
    kind
        Its kind.
    uid, name
        Of the object; no uid where it has just been asked for.
    trial_uid
        Uid of the Trial that controls it.
    number
        The trial's.
    created_at
        Seconds since the epoch, by the API server's clock.
    template
        `fingerprint` of the pod template that it was made of; 0 where it does not say so.
    deleting
        Whether it is being deleted.
    suspended, suspended_by_us
        Whether it is to have no pods for now, and whether Espalier had it suspended.
    queue
        The queue whose name it carries, which then suspends and resumes it; empty where none does.
    finished, reason, message
        Whether it is over, and if it has failed in which of its controller's words.
    selector
        By which labels its pods are found.
    """

    kind: Kind
    uid: str
    name: str
    trial_uid: str
    number: int
    created_at: float
    template: int = 0
    deleting: bool = False
    suspended: bool = False
    suspended_by_us: bool = False
    queue: str = ""
    finished: Finished = Finished.NO
    reason: str = ""
    message: str = ""
    selector: str = ""

    @property
    def over(self) -> bool:
        """Whether it makes no pod any more."""
        return self.finished is not Finished.NO

    @property
    def succeeded(self) -> bool:
        """Whether it came to its end as it should."""
        return self.finished is Finished.SUCCEEDED

    @property
    def failed(self) -> bool:
        """Whether its controller has given it up."""
        return self.finished is Finished.FAILED

    @property
    def title(self) -> str:
        """Its kind and name, such as ``Job s-1``."""
        return f"{self.kind.name} {self.name}"
