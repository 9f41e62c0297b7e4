"""Whether a study is at its end, and what holds its trials back; pure sums over the standings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from espalier.api import space_of
from espalier.api.reasons import (
    BAD_COMMAND,
    ENDING_BY_REASON,
    IMAGE_PULL_FAILED,
    POD_REFUSED,
    StudyReason,
)
from espalier.planning.names import FIRST_HAND_MADE
from espalier.planning.settings import Settings
from espalier.planning.standing import Standing
from espalier.pruning import Direction, TrialState

if TYPE_CHECKING:
    from espalier.api import StudySpec
    from espalier.planning.record import End, StudyRecord

TEMPLATE_FAULTS = frozenset({IMAGE_PULL_FAILED.reason, BAD_COMMAND.reason, POD_REFUSED.reason})
"""Endings that the next trial of the same template would have too."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a study ends; ``stops`` where its running trials are ended for it."""

    succeeded: bool
    reason: StudyReason
    message: str
    stops: bool = False


def sampled_limit(spec: StudySpec, standings: Sequence[Standing], template: int) -> int:
    """Return how many trials are sampled: ``trials.max``, or as many as a grid has.

    Trials that ended by a fault of an earlier template are made up for.
    """
    forgiven = sum(
        1
        for standing in standings
        if standing.end and _forgiven(standing.end, template) and _sampled(standing)
    )
    size = spec.sampler.sampler().size(space_of(spec.parameters))
    limit = spec.trials.max + forgiven
    return limit if size is None else min(limit, size)


def counted_failures(standings: Sequence[Standing], template: int) -> int:
    """Return how many trials failed by their own fault, under the template as it is now."""
    return sum(
        1
        for standing in standings
        if standing.end
        and (ending := ENDING_BY_REASON.get(standing.end.reason)) is not None
        and ending.counts
        and not _forgiven(standing.end, template)
    )


def judge_outcome(
    spec: StudySpec, record: StudyRecord, standings: Sequence[Standing], template: int
) -> Outcome | None:
    """Tell how the study ends; None while it goes on."""
    failures = counted_failures(standings, template)
    if failures >= spec.trials.max_failed:
        return Outcome(
            False,
            StudyReason.TOO_MANY_FAILURES,
            f"{failures} trials failed by their own fault and spec.trials.maxFailed is "
            f"{spec.trials.max_failed}; {_newest_failure(standings)}",
            stops=True,
        )
    if (outcome := _target(spec, record)) is not None:
        return outcome
    limit = sampled_limit(spec, standings, template)
    sampled = [standing for standing in standings if standing.number < limit]
    if len(sampled) < limit or any(standing.end is None for standing in standings):
        return None
    if not any(s.end and s.end.state is TrialState.COMPLETED for s in standings):
        return Outcome(
            False,
            StudyReason.NO_TRIAL_COMPLETED,
            f"All {len(standings)} trials ended and none was completed; "
            f"{_newest_failure(standings)}",
        )
    if limit < spec.trials.max:
        return Outcome(True, StudyReason.GRID_EXHAUSTED, f"The grid has {limit} configurations.")
    return Outcome(True, StudyReason.ALL_TRIALS_ENDED, f"All {len(standings)} trials have ended.")


def hold_until(standings: Sequence[Standing], template: int, settings: Settings) -> float | None:
    """Return until when no trial is started, since the template has a fault that trials ran into.

    The time grows with the number of such endings since the last other one.
    """
    faults: list[End] = []
    ended = [standing.end for standing in standings if standing.end is not None]
    for end in sorted(ended, key=lambda end: end.at, reverse=True):
        if end.reason not in TEMPLATE_FAULTS or end.generation != template:
            break
        faults.append(end)
    if not faults:
        return None
    hold = min(settings.template_hold * len(faults), settings.max_template_hold)
    return faults[0].at + hold


def newest_end(standings: Sequence[Standing]) -> tuple[Standing, End] | None:
    """Return the trial that ended last, with its ending."""
    ended = [(standing, standing.end) for standing in standings if standing.end is not None]
    return max(ended, key=lambda pair: (pair[1].at, pair[0].number), default=None)


def _newest_failure(standings: Sequence[Standing]) -> str:
    failed = [s for s in standings if s.end and s.end.state is TrialState.FAILED]
    newest = newest_end(failed)
    if newest is None:
        return "none failed"
    standing, end = newest
    return f"the newest, trial {standing.number}: {end.reason}: {end.message}"


def _forgiven(end: End, template: int) -> bool:
    return end.reason in TEMPLATE_FAULTS and end.generation != template


def _sampled(standing: Standing) -> bool:
    return standing.number < FIRST_HAND_MADE


def _target(spec: StudySpec, record: StudyRecord) -> Outcome | None:
    target = spec.objective.target
    best = record.trial(record.best).latest if record.best is not None else None
    if target is None or best is None:
        return None
    larger = spec.objective.direction is Direction.MAXIMIZE
    if best < target if larger else best > target:
        return None
    return Outcome(
        True,
        StudyReason.TARGET_REACHED,
        f"Trial {record.best} has {spec.objective.metric} {best:.6g}, the target is {target:.6g}.",
        stops=True,
    )
