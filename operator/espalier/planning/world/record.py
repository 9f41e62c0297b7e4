"""What the data path has recorded of a study, as planning sees it.

The engine's report path builds these values out of the store and the ledger; planning only reads
them. They are the truth about endings: a pod tells how a process stopped, a record tells why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from espalier.pruning.history.result import Rank, result_rank
from espalier.pruning.oversight.restraint import Restraint
from espalier.pruning.repeats import is_repeat

if TYPE_CHECKING:
    from espalier.planning.world.earlier import TakenOver
    from espalier.planning.world.pruner_lookup import PrunerFound
    from espalier.pruning import Decision, Direction, JudgeSummary, Leader, TrialState
    from espalier.search import ClosedBranch, Proposal


@dataclass(frozen=True, slots=True)
class End:
    """How a trial ended; written once a trial, never changed.

    Parameters
    ----------
    reason
        A reason of the Trial's ``Finished`` condition (``espalier.api.reasons``).
    message
        What happened, and what to do where something can be done.
    state
        What the pruners learn: ``Completed``, ``Pruned`` or ``Failed``.
    at
        Seconds since the epoch.
    gpu_seconds
        Accelerator time that the trial held.
    template
        `fingerprint` of the pod template that the trial ran; 0 if it never ran.
    held
        Seconds that its attempts' pods held a node, all together.
    pace
        Seconds a step between the first and the last report of its last attempt; None where there
        were less than two steps.
    """

    reason: str
    message: str
    state: TrialState
    at: float
    gpu_seconds: float = 0.0
    template: int = 0
    held: float = 0.0
    pace: float | None = None


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """What was seen of one attempt of a trial, recorded when it was seen: pods and Jobs go.

    Nothing that is recorded is taken back: seconds only grow, and what is true stays true.

    Parameters
    ----------
    attempt
        From 1 on.
    pod, pod_uid, job_uid
        The attempt's pod, and the Job that made it.
    gpus
        Accelerators that the pod holds.
    held, ran
        Seconds for which the pod had a node, and for which its trainer ran, when last seen.
    disruption
        Why it was disrupted, a reason of `DisruptionTarget` or one of the kubelet's; else empty.
    deleted
        Whether the pod was being deleted by somebody else while its trainer had not ended.
    suspended
        Whether its Job was suspended under it.
    exit_code, exit_reason
        How the trainer's container ended; None and empty while it has not.
    over
        Whether the pod has ended, or is gone.
    """

    attempt: int
    pod_uid: str
    pod: str = ""
    job_uid: str = ""
    gpus: float = 0.0
    held: float = 0.0
    ran: float = 0.0
    disruption: str = ""
    deleted: bool = False
    suspended: bool = False
    exit_code: int | None = None
    exit_reason: str = ""
    over: bool = False


class Origin(StrEnum):
    """Who chose a trial's parameters."""

    SAMPLED = "Sampled"
    ENQUEUED = "Enqueued"
    """The Study's own list."""
    HAND_MADE = "HandMade"
    REPEAT = "Repeat"
    """Nobody: they are a finalist's, run again with another seed."""


@dataclass(frozen=True, slots=True)
class MadeTrial:
    """A trial as it was made, recorded because its object may be deleted.

    Parameters
    ----------
    name
        The Trial object's.
    parameters
        The values of its parameters by name, as JSON: kept of all trials, looked at of few.
    origin
        Who chose them.
    template
        `fingerprint` of the pod template that its newest Job runs; 0 while it has none.
    created_at, started_at
        When the object was created, and when its trainer began first, in seconds since the epoch;
        None while it has not.
    told
        What its number was recorded with first, as JSON, where that was something else: a person
        has deleted a Trial of his own and made another one under its number. Empty otherwise.
    """

    name: str
    parameters: str
    origin: Origin
    template: int = 0
    created_at: float = 0.0
    started_at: float | None = None
    told: str = ""

    @property
    def told_of(self) -> str:
        """What searches are told that it runs: the first record stands, as proposals rest on it."""
        return self.told or self.parameters

    def after(self, known: MadeTrial | None) -> MadeTrial:
        """Return this record of a number of which another one is known already."""
        if known is None or known.told_of == self.parameters:
            return replace(self, told="")
        return replace(self, told=known.told_of)


class Wanted(StrEnum):
    """What is wanted of a trial, by the decisions on it; planning compares it with what is seen."""

    RUN = "Run"
    """It goes on, as far as the pruner is concerned: its Job is to be there until it has ended."""
    GONE = "Gone"
    """It was pruned: its Job and its pods are to go. No later decision takes that back."""


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """What is stored of one trial.

    Parameters
    ----------
    number
        The trial's number in its study.
    attempt
        The highest attempt that a pod was bound to; 0 if none ever was.
    step, latest
        The highest step that was reported for the objective's metric, and its value.
    best, best_step
        The best value over all steps in the study's direction, and its step.
    decision
        The newest decision, also when it kept the trial.
    prune
        The decision that pruned the trial; never replaced once there.
    end
        The trial's one ending.
    attempts
        What was seen of its attempts, in their order; not all need have been seen.
    pace
        Seconds a step between the first and the last report of the newest attempt; None where
        there are less than two steps.
    names, values
        The metrics that have values, and how many there are in all.
    beyond
        The highest step of the objective's metric beyond ``resource.max``: those are not judged.
    refused
        How many values were refused since they contradict earlier ones.

    The last four are for messages: of a study at rest they are not remembered.
    """

    number: int
    attempt: int = 0
    step: int | None = None
    latest: float | None = None
    best: float | None = None
    best_step: int | None = None
    decision: Decision | None = None
    prune: Decision | None = None
    end: End | None = None
    attempts: tuple[AttemptRecord, ...] = ()
    pace: float | None = None
    names: frozenset[str] = field(default=frozenset(), compare=False)
    values: int = field(default=0, compare=False)
    beyond: int | None = field(default=None, compare=False)
    refused: int = field(default=0, compare=False)

    @property
    def wanted(self) -> Wanted:
        """What the decisions on the trial come to; how it ended is another matter (`end`)."""
        return Wanted.RUN if self.prune is None else Wanted.GONE


_UNRESTRAINED = Restraint()
_NO_TRIALS: Mapping[int, TrialRecord] = MappingProxyType({})
NOTHING_PROPOSED: Mapping[int, Proposal] = MappingProxyType({})
_NOTHING_MADE: Mapping[int, MadeTrial] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """What is stored of one study.

    Parameters
    ----------
    uid
        ``metadata.uid`` of the Study.
    trials
        By number; a trial of which nothing is stored is absent.
    best
        The number of the completed trial whose last value is the best.
    summary
        What the judge accounts for: risk, exempt trials, shadows.
    sampled
        Numbers below it have been given to Trials that were seen to exist.
    restraint
        What holds pruning back, as far as it is recorded.
    exempt
        Of the trials, those that are never pruned, to measure how often pruning is wrong.
    made
        What trials were made as, by number, also of those of which nothing else is stored.
    proposals
        What trials are to run, by number, as far as that was proposed.
    proposed_last
        The number for which was proposed last; None where that never was.
    exhausted
        The least number for which no configuration was left; None where there always was one.
    closed
        The branches of the space that were closed when was proposed last.
    leaders
        The completed trials with the best expected values, the best first (`confirmed_leaders`).
    earlier
        What was taken over from earlier studies; None where nothing was.
    pruner
        What the Study's pruner names elsewhere, as it was found; None where it was not looked for.
    """

    uid: str
    trials: Mapping[int, TrialRecord] = field(default_factory=lambda: _NO_TRIALS)
    best: int | None = None
    summary: JudgeSummary | None = None
    sampled: int = 0
    restraint: Restraint = _UNRESTRAINED
    exempt: frozenset[int] = frozenset()
    made: Mapping[int, MadeTrial] = field(default_factory=lambda: _NOTHING_MADE)
    proposals: Mapping[int, Proposal] = field(default_factory=lambda: NOTHING_PROPOSED)
    proposed_last: int | None = None
    exhausted: int | None = None
    closed: tuple[ClosedBranch, ...] = ()
    leaders: tuple[Leader, ...] = ()
    earlier: TakenOver | None = None
    pruner: PrunerFound | None = None

    def trial(self, number: int) -> TrialRecord:
        """Return what is stored of a trial, an empty record where nothing is."""
        return self.trials.get(number) or TrialRecord(number)

    @property
    def leading(self) -> int | None:
        """The number of the best completed trial: by its expected value, where that is told."""
        return self.leaders[0].trial if self.leaders else self.best


def confirmed_leaders(
    summary: JudgeSummary | None, trials: Mapping[int, TrialRecord]
) -> tuple[Leader, ...]:
    """Return the leaders that the judge tells of, as far as their ends are stored.

    None, so that last values decide, where the first has another last value than the judge knows:
    it came when the trial had ended, or beyond the last step.
    """
    told = () if summary is None else summary.leaders
    stored = [(each, trials[each.trial]) for each in told if each.trial in trials]
    ended = [(each, trial) for each, trial in stored if trial.end is not None]
    if not ended or ended[0][1].latest != ended[0][0].last:
        return ()
    return tuple(each for each, _ in ended)


def best_completed(trials: Mapping[int, TrialRecord], direction: Direction) -> int | None:
    """Return the completed trial whose last value is the best; None if there is none."""
    ranks = (final_rank(trial, direction) for trial in trials.values())
    best = max((rank for rank in ranks if rank is not None), default=None)
    return None if best is None else -best[1]


def final_rank(trial: TrialRecord, direction: Direction) -> Rank | None:
    """Return by what completed trials are compared, larger is better; None if it is none.

    A finalist's repeat is none: it speaks for its finalist.
    """
    if trial.end is None or trial.end.state != "Completed" or trial.latest is None:
        return None
    if is_repeat(trial.number):
        return None
    return result_rank(direction.score(trial.latest), trial.number)
