"""The closed lists of reasons: why a condition is as it is, and how trials end.

A reason is a word for machines; its sentence says the same to people, in the documentation. A
condition's own message has the numbers, names and the remedy of the case at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from espalier.pruning import TrialState


class StudyCondition(StrEnum):
    """Types of a Study's conditions."""

    ACCEPTED = "Accepted"
    PROGRESSING = "Progressing"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    DEGRADED = "Degraded"
    BRANCHES_CLOSED = "BranchesClosed"
    BUDGET_SPENT = "BudgetSpent"


class TrialCondition(StrEnum):
    """Types of a Trial's conditions."""

    STARTED = "Started"
    FINISHED = "Finished"
    NOTHING_HEARD = "NothingHeard"
    STEPS_BEYOND = "StepsBeyondMax"
    PARAMETERS_NOT_USED = "ParametersNotUsed"


class Phase(StrEnum):
    """A Trial in one word; only for display, derived from its conditions."""

    PENDING = "Pending"
    RUNNING = "Running"
    COMPLETED = "Completed"
    PRUNED = "Pruned"
    FAILED = "Failed"


class Retry(StrEnum):
    """What follows when an attempt has ended in a way."""

    NEVER = "Never"
    COUNTED = "Counted"
    FREE = "Free"


@dataclass(frozen=True, slots=True)
class Ending:
    """A way in which a trial, or one attempt of it, can end.

    Attributes
    ----------
    reason
        Reason of the Trial's ``Finished`` condition; while a new attempt is to follow, its status
        is ``False``.
    sentence
        What happened.
    state
        What the pruners and the phase say of a trial that ended so.
    counts
        Whether it counts towards ``spec.trials.maxFailed``.
    retry
        Whether a new attempt follows: never, out of ``spec.trials.retries``, or always.
    """

    reason: str
    sentence: str
    state: TrialState
    counts: bool
    retry: Retry

    @property
    def phase(self) -> Phase:
        """The phase of a trial that ended so."""
        return Phase(self.state.value)


def _good(reason: str, state: TrialState, sentence: str) -> Ending:
    return Ending(reason, sentence, state, counts=False, retry=Retry.NEVER)


def _own_failure(reason: str, retry: Retry, sentence: str) -> Ending:
    return Ending(reason, sentence, TrialState.FAILED, counts=True, retry=retry)


def _no_fault(reason: str, retry: Retry, sentence: str) -> Ending:
    return Ending(reason, sentence, TrialState.FAILED, counts=False, retry=retry)


COMPLETED = _good(
    "Completed", TrialState.COMPLETED, "The trainer ended with exit code 0 and had reported."
)
PRUNED = _good(
    "Pruned",
    TrialState.PRUNED,
    "The pruner or a person ended the trial; its decision says who, and why.",
)
TRAINER_FAILED = _own_failure(
    "TrainerFailed", Retry.COUNTED, "The trainer ended with an exit code other than 0."
)
OUT_OF_MEMORY = _own_failure(
    "OutOfMemory", Retry.COUNTED, "A container was killed for taking more memory than its limit."
)
STORAGE_EXCEEDED = _own_failure(
    "StorageExceeded", Retry.COUNTED, "The pod took more local storage than its limits allow."
)
IMAGE_PULL_FAILED = _own_failure(
    "ImagePullFailed", Retry.NEVER, "An image of the pod template could not be pulled."
)
START_FAILED = _own_failure(
    "StartFailed", Retry.COUNTED, "The container runtime could not start a container."
)
BAD_COMMAND = _own_failure(
    "BadCommand",
    Retry.NEVER,
    "A container could not be started: its command does not exist or cannot be executed.",
)
POD_REFUSED = _own_failure(
    "PodRefused", Retry.NEVER, "The pod could not be made as the template says."
)
TIME_LIMIT_EXCEEDED = _own_failure(
    "TimeLimitExceeded",
    Retry.NEVER,
    "The trainer ran longer than spec.trials.timeLimitSeconds or its pod's activeDeadlineSeconds.",
)
NO_METRIC = _own_failure(
    "NoMetric",
    Retry.NEVER,
    "The trainer ended with exit code 0 without one finite value of the objective's metric up to"
    " spec.resource.max.",
)
PARAMETERS_REFUSED = _no_fault(
    "ParametersRefused", Retry.NEVER, "The Trial's parameters do not lie in the Study's space."
)
DELETED_BY_USER = _no_fault(
    "DeletedByUser", Retry.NEVER, "The Trial or its Job was deleted, and not by Espalier."
)
JOB_GONE = _no_fault(
    "JobGone", Retry.NEVER, "The trial's Job is gone, and nobody saw how its trainer ended."
)
POD_DELETED = _no_fault(
    "PodDeleted", Retry.FREE, "The pod was deleted before its trainer had ended."
)
END_NOT_SEEN = _no_fault(
    "EndNotSeen", Retry.FREE, "The Job is over, and nobody saw how its trainer ended."
)
STUDY_ENDED = _no_fault(
    "StudyEnded", Retry.NEVER, "The study ended while the trial was still running."
)
STUDY_STOPPED = _no_fault(
    "StudyStopped", Retry.NEVER, "spec.stop ended the study while the trial was still running."
)
BUDGET_SPENT = _no_fault(
    "BudgetSpent", Retry.NEVER, "The study's budget was spent before the trial had ended."
)
EVICTED = _no_fault("Evicted", Retry.FREE, "The pod was evicted through the eviction API.")
PREEMPTED = _no_fault("Preempted", Retry.FREE, "The pod made room for one of higher priority.")
NODE_LOST = _no_fault(
    "NodeLost", Retry.FREE, "The pod's node went away, was shut down, rebooted or tainted."
)
KUBELET_REFUSED = _no_fault(
    "KubeletRefused",
    Retry.FREE,
    "The kubelet refused the pod before a container was started, as when a device is away.",
)
NODE_PRESSURE = _no_fault(
    "NodePressure", Retry.FREE, "The kubelet ended the pod: the node was short of a resource."
)
SUSPENDED = _no_fault(
    "Suspended", Retry.FREE, "The Study was suspended, or a queue suspended the trial's Job."
)

ENDINGS: tuple[Ending, ...] = (
    COMPLETED,
    PRUNED,
    TRAINER_FAILED,
    OUT_OF_MEMORY,
    STORAGE_EXCEEDED,
    IMAGE_PULL_FAILED,
    START_FAILED,
    BAD_COMMAND,
    POD_REFUSED,
    TIME_LIMIT_EXCEEDED,
    NO_METRIC,
    PARAMETERS_REFUSED,
    DELETED_BY_USER,
    JOB_GONE,
    STUDY_ENDED,
    STUDY_STOPPED,
    BUDGET_SPENT,
    EVICTED,
    PREEMPTED,
    NODE_LOST,
    NODE_PRESSURE,
    KUBELET_REFUSED,
    POD_DELETED,
    END_NOT_SEEN,
    SUSPENDED,
)
ENDING_BY_REASON = {ending.reason: ending for ending in ENDINGS}


class ConditionReason(StrEnum):
    """Reasons of conditions, besides the endings; each member knows its condition and sentence."""

    type: str
    sentence: str

    def __new__(cls, value: str, type_: str, sentence: str) -> ConditionReason:
        """Make a member out of its word, its condition's type and its sentence."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.type = type_
        member.sentence = sentence
        return member


class StudyReason(ConditionReason):
    """Reasons of a Study's conditions."""

    SPEC_ACCEPTED = "SpecAccepted", "Accepted", "The spec can be carried out."
    SPEC_REFUSED = "SpecRefused", "Accepted", "The spec cannot be carried out."
    TEMPLATE_REFUSED = (
        "TemplateRefused",
        "Accepted",
        "The API server refuses a Job made from spec.template; the message has its words.",
    )
    WARM_START_REFUSED = (
        "WarmStartRefused",
        "Accepted",
        "What spec.warmStart names is not there or does not fit; the message says which and why.",
    )
    PRUNER_REFUSED = (
        "PrunerRefused",
        "Accepted",
        "What spec.pruner names elsewhere is not there or does not fit; the message says which and"
        " why.",
    )
    RUNNING = "Running", "Progressing", "Trials run or are about to."
    REPEATING = (
        "Repeating",
        "Progressing",
        "All trials have ended; the best of them are run again with other seeds.",
    )
    SUSPENDED = "Suspended", "Progressing", "spec.suspend is true: no trial runs."
    SCALED_TO_ZERO = "ScaledToZero", "Progressing", "spec.trials.parallelism is 0: no trial starts."
    NOT_ACCEPTED = "NotAccepted", "Progressing", "Nothing starts before the spec is accepted."
    ENDED = "Ended", "Progressing", "The study is over; the condition Succeeded says how."
    IN_PROGRESS = "InProgress", "Succeeded", "The study has not ended yet."
    ALL_TRIALS_ENDED = "AllTrialsEnded", "Succeeded", "spec.trials.max trials have ended."
    TARGET_REACHED = "TargetReached", "Succeeded", "A trial reached spec.objective.target."
    GRID_EXHAUSTED = "GridExhausted", "Succeeded", "Every configuration of the grid has been run."
    SPACE_EXHAUSTED = (
        "SpaceExhausted",
        "Succeeded",
        "Every configuration of the space has been tried.",
    )
    STOPPED = "Stopped", "Succeeded", "spec.stop ended the study; the best so far is its result."
    BUDGET_SPENT = "BudgetSpent", "Succeeded", "A limit of spec.budget is met."
    TOO_MANY_FAILURES = "TooManyFailures", "Failed", "spec.trials.maxFailed trials have failed."
    NO_TRIAL_COMPLETED = "NoTrialCompleted", "Failed", "All trials ended and none was completed."
    AS_EXPECTED = "AsExpected", "Degraded", "Nothing is in the way."
    REFUSED = "Refused", "Degraded", "The spec is not accepted; the condition Accepted says why."
    NAME_TAKEN = "NameTaken", "Degraded", "Another's object has the name of a trial or of its Job."
    QUOTA_EXCEEDED = "QuotaExceeded", "Degraded", "A quota of the namespace refuses a trial."
    POD_SECURITY = "PodSecurity", "Degraded", "The namespace's Pod Security level refuses the pods."
    PODS_REFUSED = "PodsRefused", "Degraded", "A LimitRange or a policy refuses the pods."
    NO_POD = "NoPod", "Degraded", "A Job has made no pod."
    NODE_SILENT = "NodeSilent", "Degraded", "A pod is to go, and its node does not let it go."
    UNSCHEDULABLE = "Unschedulable", "Degraded", "The scheduler finds no node for a trial's pod."
    QUEUE_REFUSES = "QueueRefuses", "Degraded", "A queue starts no trial however long it waits."
    IMAGE_PULL_FAILING = "ImagePullFailing", "Degraded", "An image of the template is not pulled."
    CONTAINER_NOT_CREATED = (
        "ContainerNotCreated",
        "Degraded",
        "A container cannot be made: a Secret or ConfigMap is missing, or a field is wrong.",
    )
    VOLUME_NOT_MOUNTED = "VolumeNotMounted", "Degraded", "A volume of the pod cannot be mounted."
    POD_NOT_STARTING = (
        "PodNotStarting",
        "Degraded",
        "A pod has a node and does not start.",
    )
    CONTAINER_RUNS_ON = "ContainerRunsOn", "Degraded", "The trainer is done and its pod goes on."
    NO_METRIC_YET = "NoMetricYet", "Degraded", "A trial runs and reports nothing under the metric."
    TRIAL_SILENT = "TrialSilent", "Degraded", "A trial had reported, and has not for long."
    QUEUED_LONG = "QueuedLong", "Degraded", "A queue holds back all that could go on."
    NOT_CARRIED_OUT = "NotCarriedOut", "Degraded", "A request fails each time that it is made."
    TRIALS_FAILING = "TrialsFailing", "Degraded", "Trials fail; the message has the newest ending."
    HORIZON_MISMATCH = (
        "HorizonMismatch",
        "Degraded",
        "spec.resource.max is not what the trainers count to.",
    )
    OTHER_METRIC = "OtherMetric", "Degraded", "Values come, but none under the objective's name."
    PARAMETERS_NOT_USED = (
        "ParametersNotUsed",
        "Degraded",
        "A trainer says that it uses other parameters than its Trial's.",
    )
    VALUES_REFUSED = (
        "ValuesRefused",
        "Degraded",
        "Most values contradict earlier ones.",
    )
    STEPS_GO_BACK = (
        "StepsGoBack",
        "Degraded",
        "A trial's steps do not grow: few are judged.",
    )
    VALUES_LATE = "ValuesLate", "Degraded", "All values of a trial came in its last moment."
    SAMPLER_FAILING = (
        "SamplerFailing",
        "Degraded",
        "The sampler fails; what trials run is drawn at random instead.",
    )
    PRUNING_PAUSED = "PruningPaused", "Degraded", "Too many prunings at once; pruning pauses."
    STALLED = "Stalled", "Degraded", "Nothing has moved for long, and nothing tells why."
    BRANCH_LOST = (
        "BranchLost",
        "BranchesClosed",
        "Values of a parameter have lost with high probability, and are proposed no more.",
    )
    ALL_OPEN = "AllOpen", "BranchesClosed", "Every value of every parameter may be proposed."
    WITHIN_BUDGET = "WithinBudget", "BudgetSpent", "No limit of spec.budget is met."
    SOFT_LIMIT_MET = (
        "SoftLimitMet",
        "BudgetSpent",
        "A soft limit of spec.budget is met: no trial starts, what runs goes on.",
    )
    HARD_LIMIT_MET = (
        "HardLimitMet",
        "BudgetSpent",
        "A hard limit of spec.budget is met: what ran was ended.",
    )


class TrialReason(ConditionReason):
    """Reasons of a Trial's conditions, besides its endings."""

    QUEUED = "Queued", "Started", "The trial waits for a slot."
    JOB_CREATED = "JobCreated", "Started", "The Job is there; its pod does not run yet."
    HELD_BY_QUEUE = "HeldByQueue", "Started", "A queue does not let the Job run, or not any more."
    UNSCHEDULABLE = "Unschedulable", "Started", "The scheduler finds no node for the pod."
    STARTING = "Starting", "Started", "The pod has a node; its containers do not run yet."
    START_FAILING = "StartFailing", "Started", "A container cannot be started; it is tried again."
    IMAGE_PULLING = "ImagePulling", "Started", "An image is not there yet."
    TRAINER_RUNNING = "TrainerRunning", "Started", "The trainer has been started."
    NEVER_STARTED = "NeverStarted", "Started", "The trial ended before its trainer was started."
    IN_PROGRESS = "InProgress", "Finished", "The trial has not ended yet."
    RETRYING = "Retrying", "Finished", "An attempt ended; the next one is under way."
    STOPPING = "Stopping", "Finished", "The trial is to end; its pod is not gone yet."
    OTHER_NAMES = "OtherNames", "NothingHeard", "Values come, but none under the objective's name."
    NONE_MATCHED = "NoneMatched", "NothingHeard", "What a collector has read held no value."
    SOURCE_UNREADABLE = (
        "SourceUnreadable",
        "NothingHeard",
        "What a collector is to read is not there, cannot be read, or was given up.",
    )
    NOTHING_CAME = "NothingCame", "NothingHeard", "A trainer runs, and nothing has come of it."
    VALUES_CAME = "ValuesCame", "NothingHeard", "Values of the objective's metric have come."
    JUDGED_AS_LAST = (
        "JudgedAsLast",
        "StepsBeyondMax",
        "Steps beyond spec.resource.max were reported: no more than one of them is judged.",
    )
    OTHERS_USED = (
        "OthersUsed",
        "ParametersNotUsed",
        "The trainer says that it uses other parameters than the Trial's.",
    )
