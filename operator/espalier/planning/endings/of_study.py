"""Whether a study is at its end, and what holds its trials back; pure sums."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from espalier.api.reasons import STUDY_STOPPED, StudyReason
from espalier.planning.endings.of_trial import EndingVerdict
from espalier.planning.finalists.repeating import are_due
from espalier.planning.finalists.results import finalists_of
from espalier.planning.finalists.words import outcome
from espalier.planning.standing.look import Look
from espalier.planning.world.chosen import is_chosen
from espalier.planning.world.faults import OUTAGES
from espalier.planning.world.names import called
from espalier.planning.world.settings import OperatorSettings
from espalier.planning.world.tally import Tally
from espalier.pruning import TrialState

if TYPE_CHECKING:
    from espalier.api import StudySpec


@dataclass(frozen=True, slots=True)
class StudyEnding:
    """How a study ends.

    Parameters
    ----------
    succeeded
        Whether it came to a result.
    reason, message
        Of the conditions that say so.
    stops
        Whether its running trials are ended for it.
    trials
        How these end; None: as `StudyEnded`, with the same message.
    """

    succeeded: bool
    reason: StudyReason
    message: str
    stops: bool = False
    trials: EndingVerdict | None = None


def sampled_limit(look: Look) -> int:
    """Return how many trials are sampled: ``trials.max``, or as many as there is to try.

    Trials that ended by a fault of an earlier template are made up for, by new configurations or,
    where a grid has no more, by their own (`espalier.planning.sampling`).
    """
    faulted, template = look.tally.faulted, look.blueprint.template
    limit = look.blueprint.most_sampled + faulted.total() - faulted[template]
    exhausted = look.snapshot.record.exhausted
    return limit if exhausted is None else min(limit, exhausted)


def counted_failures(tally: Tally, template: int, outage: float = 0.0) -> int:
    """Return how many failures there were by trials' own fault, under the template as it is now.

    Trials that were kept from starting by one outage are one failure: what they could not get,
    an image or a Secret, none of them could.

    Parameters
    ----------
    tally
        Of the study's trials that have ended.
    template
        `fingerprint` of the template as it is now.
    outage
        Endings that follow one another within so many seconds belong to one outage.
    """
    count = tally.own_failures + tally.template_failures[template]
    for reason in OUTAGES:
        last = -math.inf
        for at in tally.outages.get((template, reason), ()):
            count += at - last > outage
            last = at
    return count


def judge_study_ending(look: Look, search: StudyEnding | None) -> StudyEnding | None:
    """Tell how the study ends; None while it goes on.

    Parameters
    ----------
    search
        How the search ends: with it the study does, unless its finalists are to be run again,
        which nobody waits for in a study that was stopped.
    """
    spec = look.blueprint.spec
    assert spec is not None
    if search is None or not search.succeeded or spec.finalists is None or spec.stop:
        return search
    if look.searching or not is_chosen(look.snapshot.study) or are_due(look):
        return None
    said = outcome(finalists_of(look), spec.objective.direction)
    return replace(search, message=f"{search.message} {said}".rstrip())


def judge_search_ending(look: Look, settings: OperatorSettings) -> StudyEnding | None:
    """Tell how the search ends, of which repeats of finalists are no part; None while it goes on.

    Too many failures end it whatever failed, a repeat too: then the study has failed.
    """
    blueprint, tally, spec = look.blueprint, look.tally, look.blueprint.spec
    assert spec is not None
    failures = counted_failures(tally, blueprint.template, settings.template_hold)
    if failures >= spec.trials.max_failed:
        return StudyEnding(
            False,
            StudyReason.TOO_MANY_FAILURES,
            f"{failures} trials failed by their own fault and spec.trials.maxFailed is "
            f"{spec.trials.max_failed}; {_newest_failure(tally)}",
            stops=True,
        )
    if spec.stop:
        return _stopped(look)
    if (ending := _target(spec, look)) is not None:
        return ending
    limit = sampled_limit(look)
    if look.searching or look.below(limit) < limit:
        return None
    if not tally.phases[TrialState.COMPLETED.value]:
        return StudyEnding(
            False,
            StudyReason.NO_TRIAL_COMPLETED,
            f"All {look.searched} trials ended and none was completed; {_newest_failure(tally)}",
        )
    if look.snapshot.record.exhausted is not None:
        return StudyEnding(
            True,
            StudyReason.SPACE_EXHAUSTED,
            f"Each configuration of the space has been tried, by {look.searched} trials.",
        )
    size = blueprint.size
    if size is not None and size < spec.trials.max:
        return StudyEnding(True, StudyReason.GRID_EXHAUSTED, f"The grid has {size} configurations.")
    return StudyEnding(
        True, StudyReason.ALL_TRIALS_ENDED, f"All {look.searched} trials have ended."
    )


def _newest_failure(tally: Tally) -> str:
    newest = tally.newest_failure()
    if newest is None:
        return "none failed"
    return f"the newest, {called(newest.number)}: {newest.end.reason}: {newest.end.message}"


def _stopped(look: Look) -> StudyEnding:
    completed = look.tally.phases[TrialState.COMPLETED.value]
    told = f"spec.stop ended the study after {look.searched} of {sampled_limit(look)} trials"
    if not completed:
        why = "and none had completed; set it to false to go on."
        said, reason = f"{told}, {why}", StudyReason.NO_TRIAL_COMPLETED
    else:
        said, reason = f"{told}; {completed} completed.", StudyReason.STOPPED
    trials = EndingVerdict(STUDY_STOPPED, said)
    return StudyEnding(completed > 0, reason, said, stops=True, trials=trials)


def _target(spec: StudySpec, look: Look) -> StudyEnding | None:
    target, number = spec.objective.target, look.snapshot.record.best
    best = look.record(number).latest if number is not None else None
    if target is None or best is None:
        return None
    if spec.objective.direction.better(target, best):
        return None
    return StudyEnding(
        True,
        StudyReason.TARGET_REACHED,
        f"Trial {number} has {spec.objective.metric} {best:.6g}, the target is {target:.6g}.",
        stops=True,
    )
