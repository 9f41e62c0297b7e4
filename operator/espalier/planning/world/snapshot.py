"""The world at one moment as far as one study goes: what a plan depends on besides the time."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from espalier.planning.world.blueprint import Blueprint
from espalier.planning.world.heard import Heard
from espalier.planning.world.lookup_refusal import LookupRefusal
from espalier.planning.world.record import StudyRecord
from espalier.planning.world.workload_view import WorkloadView

if TYPE_CHECKING:
    from espalier.api import StudySpec
    from espalier.planning.world.tally import Tally


POD_OVER = frozenset({"Succeeded", "Failed"})
"""Phases in which none of a pod's processes is left."""


def sooner(grace: int | None, than: int | None) -> bool:
    """Whether a pod that is being deleted would go sooner with another grace period.

    It can only get shorter. None stands for what the pod's own spec says.
    """
    return grace is not None and (than is None or grace < than)


@dataclass(frozen=True, slots=True)
class StudyView:
    """A Study object; ``error`` says why its spec cannot be read.

    ``spec`` is then the last one that could be, None where none could. Of the annotations there are
    those for Kueue.
    """

    uid: str
    """Its uid, which no other Study ever has."""
    namespace: str
    """Where it and all of its trials are."""
    name: str
    """Its name."""
    generation: int
    """How often its spec has changed, from 1 on."""
    deleting: bool
    """Whether somebody has deleted it: what is its own goes with it."""
    spec: StudySpec | None
    error: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    """All of its labels."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    status: Mapping[str, Any] = field(default_factory=dict)
    """Its status as it was last seen."""
    status_written_at: float = 0.0
    """When its status was last written by this process; in seconds since the epoch, 0 if never."""
    created_at: float = 0.0
    """When it was made; in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class TrialView:
    """A Trial object; ``number`` is None until a hand-made one has been adopted.

    Parameters
    ----------
    uid
        Its uid, which no other Trial ever has.
    name
        Its name, and its workload's.
    parameters
        Values by parameter.
    generation
        How often its spec has changed, from 1 on.
    created_at
        When it was made; in seconds since the epoch.
    deleting
        Whether somebody has deleted it.
    adopted
        Whether it has the labels and the owner that make it the Study's.
    sampled
        Whether it says that the operator sampled it; nothing irrevocable may rest on that.
    protected, why_protected
        Whether somebody asked that it is never pruned, and why, if he said so.
    why_prune
        Why somebody asked that it is pruned, empty where he did not say; None where nobody has.
    by
        Who asked, as far as the Trial says.
    repeat
        Whether it says that it runs a finalist again; nothing may rest on that either.
    status
        Its status as it was last seen.
    status_written_at
        When its status was last written by this process; in seconds since the epoch, 0 if
        never.
    """

    uid: str
    name: str
    number: int | None
    parameters: Mapping[str, Any]
    generation: int = 1
    created_at: float = 0.0
    deleting: bool = False
    adopted: bool = True
    sampled: bool = True
    protected: bool = False
    why_protected: str = ""
    why_prune: str | None = None
    by: str = ""
    repeat: bool = False
    status: Mapping[str, Any] = field(default_factory=dict)
    status_written_at: float = 0.0


@dataclass(frozen=True, slots=True)
class ContainerView:
    """The state of one container of a pod; ``last_reason`` is why the state before it ended."""

    name: str
    """Its name in the pod."""
    running: bool = False
    """Whether it runs now."""
    waiting_reason: str = ""
    """The kubelet's word for why it does not run yet; empty if it does not wait."""
    waiting_message: str = ""
    """The kubelet's sentence about the same."""
    exit_code: int | None = None
    """What its process ended with; None while it has not ended."""
    exit_reason: str = ""
    """The kubelet's word for its end, such as ``OOMKilled``."""
    exit_message: str = ""
    """What it left as its termination message."""
    started_at: float | None = None
    """In seconds since the epoch; None if it has not started."""
    finished_at: float | None = None
    """In seconds since the epoch; None while it has not ended."""
    last_reason: str = ""


@dataclass(frozen=True, slots=True)
class PodView:
    """A pod of a trial, by its owner chain.

    Parameters
    ----------
    uid
        Its uid, which no other pod ever has.
    name
        Its name.
    number
        Number of its trial.
    job_name
        Name of the workload that made it.
    job_uid
        Uid of that workload.
    phase
        The kubelet's word for where it stands.
    created_at
        When it was made; in seconds since the epoch.
    started_at
        When the kubelet took it; in seconds since the epoch, None if it has not.
    deleting
        Whether somebody has deleted it.
    deleting_since
        When somebody asked for its deletion; None where that is not known.
    grace
        Seconds that its processes have since its deletion; None where that is not known.
    disruption, disrupted_at
        Reason of ``DisruptionTarget`` and since when, or the kubelet's own word for it.
    reason, message
        Of the pod's status: the kubelet's words.
    unschedulable
        Why the scheduler finds no node for it; empty where that is not so.
    gpus
        How many accelerators it holds.
    containers
        Its containers but our own, by name; init containers too.
    sidecar
        Our container in it; None where it has none yet.
    node
        The node on which it is; empty before.
    reports
        Whether it may report for its trial, as its workload's kind says.
    """

    uid: str
    name: str
    number: int
    job_name: str
    job_uid: str
    phase: str
    created_at: float
    started_at: float | None = None
    deleting: bool = False
    deleting_since: float | None = None
    grace: int | None = None
    disruption: str = ""
    disrupted_at: float | None = None
    reason: str = ""
    message: str = ""
    unschedulable: str = ""
    gpus: float = 0.0
    containers: Mapping[str, ContainerView] = field(default_factory=dict)
    sidecar: ContainerView | None = None
    node: str = ""
    reports: bool = True

    @property
    def over(self) -> bool:
        """Whether none of the pod's processes is left, so that its devices are free."""
        return self.phase in POD_OVER


@dataclass(frozen=True, slots=True)
class TemplateVerdict:
    """What the API server said to a dry run of a Job made from the Study's template.

    Parameters
    ----------
    until
        When it is to be asked again though the Study is unchanged; None: never.
    probe
        `fingerprint` of the Job that was accepted: as long as a changed Study would have the same
        one made, nothing needs to be asked.
    """

    generation: int
    accepted: bool
    message: str = ""
    until: float | None = None
    probe: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """For how long a pod was seen in its states, by the operator's own clock; in seconds.

    Parameters
    ----------
    held
        With a node, until it ended.
    ran
        With a running trainer.
    blocked
        Unable to start, since the first failure to do so that was seen; 0 while nothing fails.
    ended
        Since its trainer was seen to have ended; 0 while it has not.
    """

    held: float = 0.0
    ran: float = 0.0
    blocked: float = 0.0
    ended: float = 0.0


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something does not go on, in the cluster's own words.

    Parameters
    ----------
    reason, message
        Of the newest Warning Event about it, or of a queue's condition.
    source
        Who says so, such as ``kubelet`` or ``kueue``.
    at
        When it was said last, in seconds since the epoch; None: it holds now.
    """

    reason: str
    message: str
    source: str = ""
    at: float | None = None

    def words(self) -> str:
        """Return who says what, without a full stop."""
        said = (self.source, self.reason, self.message.rstrip(" ."))
        return ": ".join(part for part in said if part)


class FailureKind(StrEnum):
    """What a failure is about."""

    NAME = "name"
    """Another's object has the name."""
    QUOTA = "quota"
    """A quota of the namespace is used up."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that the plan asked for and that has failed each time since.

    Parameters
    ----------
    act
        What was tried, such as ``create Job s-1``.
    message
        The newest answer.
    seconds
        For how long it has failed.
    ago
        Seconds since it was tried last.
    kind
        What it is about.
    """

    act: str
    message: str
    seconds: float
    ago: float = 0.0
    kind: FailureKind = FailureKind.OTHER


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the next plan of one study depends on, besides the time.

    Parameters
    ----------
    study, record
        The Study object, and what is stored of it.
    blueprint
        What the Study means.
    trials, workloads, pods
        Its objects, but for those of trials that have ended and have left nothing to be done.
    tally
        What all trials that have ended come to; None where it is to be made of the objects, which
        are then all there are.
    template
        What the API server said to the Study's template; None where it was not asked yet.
    bound
        Uids of the pods that may report.
    tails
        Uids of the pods whose termination message has been stored.
    refused
        What the API server has against the Job of a Trial, by the Trial's uid, where it takes
        those of others.
    absent
        By kind's plural and name: how it is known that an object which this study had is gone.
    restored
        Kinds' plurals and names of objects that vanished because the cluster went back to an
        earlier state: nobody deleted them.
    cut_short
        Kinds' plurals and names of objects that were seen to be deleted before they were over.
    spans
        For how long each pod was seen in its states, by the pod's uid.
    idle
        Seconds since a Trial (or the Study itself) last came further, by its uid.
    unmoved
        Uids of Trials that have not come further since the operator saw them first.
    causes
        What the cluster says about a Job, a pod or a Trial that does not go on, by its uid.
    asked
        Seconds since the cluster was asked for the cause last, by the uid of a Job or pod.
    failures
        What fails each time that it is tried.
    heard
        What the sidecars of trials have heard, by the trials' numbers.
    sampler_fault
        What the sampler said when it failed last; empty where it serves, or that is not known.
    warm_start
        Why trials of earlier studies cannot be taken over; None where nothing is known against it.
    pruner
        Why what the pruner names was not found; None where nothing is known against it.
    """

    study: StudyView
    record: StudyRecord
    blueprint: Blueprint
    trials: tuple[TrialView, ...] = ()
    workloads: tuple[WorkloadView, ...] = ()
    pods: tuple[PodView, ...] = ()
    template: TemplateVerdict | None = None
    bound: Set[str] = field(default_factory=frozenset)
    tails: frozenset[str] = field(default_factory=frozenset)
    refused: Mapping[str, str] = field(default_factory=dict)
    absent: Mapping[tuple[str, str], str] = field(default_factory=dict)
    restored: Set[tuple[str, str]] = field(default_factory=frozenset)
    cut_short: Set[tuple[str, str]] = field(default_factory=frozenset)
    spans: Mapping[str, Span] = field(default_factory=dict)
    idle: Mapping[str, float] = field(default_factory=dict)
    unmoved: Set[str] = field(default_factory=frozenset)
    causes: Mapping[str, Cause] = field(default_factory=dict)
    asked: Mapping[str, float] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    tally: Tally | None = None
    heard: Mapping[int, tuple[Heard, ...]] = field(default_factory=dict)
    sampler_fault: str = ""
    warm_start: LookupRefusal | None = None
    pruner: LookupRefusal | None = None
