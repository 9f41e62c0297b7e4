"""What planning may ask for: one frozen value for each act, carried out by the engine.

Effects of one lane are carried out in order and the rest of the lane is dropped at the first that
fails (the next plan asks again); lanes run side by side. Carrying out an effect twice does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from espalier.planning.world.kinds import Kind
from espalier.planning.world.pruner_lookup import PrunerLookup
from espalier.planning.world.record import AttemptRecord, End, MadeTrial
from espalier.planning.world.study_search import Search
from espalier.planning.world.warm_start import WarmStart

Body: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CheckTemplate:
    """Ask the API server, without storing anything, whether it would take what runs a trial.

    Parameters
    ----------
    generation
        The Study's, which this is about.
    probe
        The workload that stands for all of the Study's.
    kind
        Its kind.
    """

    generation: int
    probe: Body
    kind: Kind


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Read trials of earlier studies and record them, or remember why that cannot be done."""

    wanted: WarmStart


@dataclass(frozen=True, slots=True)
class LookUpPruner:
    """Find what a Study's pruner names elsewhere and record it, or remember why it cannot be."""

    wanted: PrunerLookup


@dataclass(frozen=True, slots=True)
class CreateTrial:
    """Create a Trial object."""

    number: int
    body: Body


@dataclass(frozen=True, slots=True)
class Propose:
    """Work out what a trial is to run, and record it; where it is recorded, nothing is done."""

    number: int
    search: Search


@dataclass(frozen=True, slots=True)
class Prepare:
    """Begin to work out what the next trial is to run, so that it is there when it is needed."""

    number: int
    search: Search


@dataclass(frozen=True, slots=True)
class LookFor:
    """Ask for the very object by its name: only a positive answer says that it is gone.

    Parameters
    ----------
    plural
        ``trials`` or that of a workload; or ``PODS_OF`` for the pods of the workload of this name.
    selector
        By which labels such pods are found.
    """

    number: int
    plural: str
    name: str
    selector: str = ""


@dataclass(frozen=True, slots=True)
class RecordSampled:
    """Record that all numbers below this one have been given to Trials."""

    upto: int


@dataclass(frozen=True, slots=True)
class AdoptTrial:
    """Give a hand-made Trial its number, labels and owner."""

    name: str
    """The Trial's."""
    uid: str
    """The Trial's: another one of its name is left alone."""
    number: int
    """What it gets."""
    metadata: Body
    """What is merged into its own."""


@dataclass(frozen=True, slots=True)
class CreateWorkload:
    """Create what runs a trial.

    Parameters
    ----------
    kind
        Its kind.
    probe
        The same for a Trial that stands for all of the Study's: where that is taken and this one is
        not, the fault is the Trial's own.
    """

    number: int
    body: Body
    kind: Kind
    probe: Body = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeleteWorkload:
    """Delete the workload with this uid; pods that nobody deleted go by the garbage collector."""

    number: int
    """The trial's."""
    name: str
    """The workload's."""
    uid: str
    """The workload's: another one of its name is left alone."""
    kind: Kind
    """Its kind."""


@dataclass(frozen=True, slots=True)
class DeletePod:
    """Delete the pod with this uid; of one that is being deleted already the time gets shorter.

    Parameters
    ----------
    grace
        Seconds until its processes are killed, at least 1; None: what its own spec says.
    """

    name: str
    uid: str
    grace: int | None = None


@dataclass(frozen=True, slots=True)
class SuspendWorkload:
    """Suspend a running workload, or resume one that Espalier suspended.

    Parameters
    ----------
    name
        The workload's.
    uid
        The workload's: another one of its name is left alone.
    suspend
        Whether it is to stand still, or to go on.
    kind
        Its kind.
    by_queue
        Whether a queue owns it: then it is the queue that is told to, and that does it.
    """

    name: str
    uid: str
    suspend: bool
    kind: Kind
    by_queue: bool = False


@dataclass(frozen=True, slots=True)
class BindPod:
    """Let a pod report for its trial.

    Parameters
    ----------
    over
        Whether it has ended and only left something: it is not the one that runs the trial.
    """

    number: int
    trial: str
    pod: str
    uid: str
    over: bool = False


@dataclass(frozen=True, slots=True)
class IngestTail:
    """Store what a sidecar could not deliver and left in its termination message."""

    number: int
    pod_uid: str
    message: str


@dataclass(frozen=True, slots=True)
class RecordAttempt:
    """Write what was seen of a trial's attempt into the store.

    Parameters
    ----------
    attempt
        Its own `attempt` is 0 where the pod may have no number yet.
    decisive
        Whether anything but its seconds is new.
    """

    number: int
    attempt: AttemptRecord
    decisive: bool = True


@dataclass(frozen=True, slots=True)
class AskWhy:
    """Ask what the cluster says about an object that does not go on.

    Parameters
    ----------
    plural
        ``pods`` or that of a workload.
    queue
        The queue that holds the workload back, which is asked then.
    """

    plural: str
    name: str
    uid: str
    queue: str = ""


@dataclass(frozen=True, slots=True)
class RecordTrials:
    """Write what trials were made as into the store: their objects may be deleted.

    Parameters
    ----------
    trials
        Number, and what is to be known of the trial from now on.
    """

    trials: tuple[tuple[int, MadeTrial], ...]


@dataclass(frozen=True, slots=True)
class RecordEnd:
    """Write a trial's one ending into the store."""

    number: int
    end: End


@dataclass(frozen=True, slots=True)
class WriteTrialStatus:
    """Merge these fields into a Trial's status."""

    name: str
    uid: str
    status: Body


@dataclass(frozen=True, slots=True)
class WriteStudyStatus:
    """Merge these fields into the Study's status."""

    status: Body


@dataclass(frozen=True, slots=True)
class EmitEvent:
    """Post an Event about the Study or one of its Trials; best effort."""

    kind: str
    """``Study`` or ``Trial``."""
    name: str
    """The object's that it is about."""
    uid: str
    """The object's."""
    warning: bool
    """Whether somebody should do something."""
    reason: str
    """One word out of a closed list."""
    message: str
    """A sentence."""


@dataclass(frozen=True, slots=True)
class Wake:
    """Plan again at this time (seconds since the epoch), if nothing happens before."""

    at: float


Effect: TypeAlias = (
    CheckTemplate
    | TakeOver
    | LookUpPruner
    | CreateTrial
    | Propose
    | Prepare
    | LookFor
    | RecordSampled
    | AdoptTrial
    | CreateWorkload
    | DeleteWorkload
    | DeletePod
    | SuspendWorkload
    | BindPod
    | IngestTail
    | RecordAttempt
    | RecordTrials
    | AskWhy
    | RecordEnd
    | WriteTrialStatus
    | WriteStudyStatus
    | EmitEvent
    | Wake
)
