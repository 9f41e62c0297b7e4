"""Whether a study is at its end, and what holds its trials back; pure sums over the standings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from espalier.api.reasons import (
    BAD_COMMAND,
    ENDING_BY_REASON,
    IMAGE_PULL_FAILED,
    POD_REFUSED,
    STUDY_ENDED,
    StudyReason,
)
from espalier.planning.standing.standing import Standing
from espalier.planning.world.blueprint import Blueprint
from espalier.planning.world.names import FIRST_HAND_MADE
from espalier.planning.world.settings import OperatorSettings
from espalier.pruning import TrialState

if TYPE_CHECKING:
    from espalier.api import StudySpec
    from espalier.planning.world.record import End, StudyRecord

TEMPLATE_FAULTS = frozenset({IMAGE_PULL_FAILED.reason, BAD_COMMAND.reason, POD_REFUSED.reason})
"""Endings that the next trial of the same template would have too."""

OUTAGES = frozenset({IMAGE_PULL_FAILED.reason, POD_REFUSED.reason})
"""Those of them that may pass by themselves: a registry is away, a Secret comes late."""


@dataclass(frozen=True, slots=True)
class StudyEnding:
    """How a study ends; ``stops`` where its running trials are ended for it."""

    succeeded: bool
    """Whether it came to what it was for."""
    reason: StudyReason
    """One word out of a closed list."""
    message: str
    """A sentence with the numbers."""
    stops: bool = False


def sampled_limit(blueprint: Blueprint, standings: Sequence[Standing]) -> int:
    """Return how many trials are sampled: ``trials.max``, or as many as a grid has.

    Trials that ended by a fault of an earlier template are made up for, by new configurations or,
    where a grid has no more, by their own (`espalier.planning.sampling`).
    """
    forgiven = sum(
        1
        for standing in standings
        if standing.end and forgiven_end(standing.end, blueprint.template) and _sampled(standing)
    )
    return blueprint.most_sampled + forgiven


def counted_failures(standings: Sequence[Standing], template: int, outage: float = 0.0) -> int:
    """Return how many failures there were by trials' own fault, under the template as it is now.

    Trials that were kept from starting by one outage are one failure: what they could not get,
    an image or a Secret, none of them could.

    Parameters
    ----------
    outage
        Endings that follow one another within so many seconds belong to one outage.
    """
    count = 0
    last: dict[str, float] = {}
    for standing in sorted(standings, key=_ended_at):
        end = standing.end
        ending = ENDING_BY_REASON.get(end.reason) if end is not None else None
        if end is None or ending is None or not ending.counts or forgiven_end(end, template):
            continue
        same = end.reason in OUTAGES and end.at - last.get(end.reason, -math.inf) <= outage
        last[end.reason] = end.at
        count += not same
    return count


def _ended_at(standing: Standing) -> float:
    return standing.end.at if standing.end is not None else math.inf


def judge_study_ending(
    blueprint: Blueprint,
    record: StudyRecord,
    standings: Sequence[Standing],
    settings: OperatorSettings,
) -> StudyEnding | None:
    """Tell how the study ends; None while it goes on."""
    spec = blueprint.spec
    assert spec is not None
    failures = counted_failures(standings, blueprint.template, settings.template_hold)
    if failures >= spec.trials.max_failed:
        return StudyEnding(
            False,
            StudyReason.TOO_MANY_FAILURES,
            f"{failures} trials failed by their own fault and spec.trials.maxFailed is "
            f"{spec.trials.max_failed}; {_newest_failure(standings)}",
            stops=True,
        )
    if (ending := _target(spec, record)) is not None:
        return ending
    limit = sampled_limit(blueprint, standings)
    sampled = [standing for standing in standings if standing.number < limit]
    if len(sampled) < limit or any(standing.end is None for standing in standings):
        return None
    if not any(s.end and s.end.state is TrialState.COMPLETED for s in standings):
        return StudyEnding(
            False,
            StudyReason.NO_TRIAL_COMPLETED,
            f"All {len(standings)} trials ended and none was completed; "
            f"{_newest_failure(standings)}",
        )
    size = blueprint.size
    if size is not None and size < spec.trials.max:
        return StudyEnding(True, StudyReason.GRID_EXHAUSTED, f"The grid has {size} configurations.")
    return StudyEnding(
        True, StudyReason.ALL_TRIALS_ENDED, f"All {len(standings)} trials have ended."
    )


def newest_end(standings: Sequence[Standing]) -> tuple[Standing, End] | None:
    """Return the trial that ended last, with its ending."""
    ended = [(standing, standing.end) for standing in standings if standing.end is not None]
    return max(ended, key=lambda pair: (pair[1].at, pair[0].number), default=None)


def _newest_failure(standings: Sequence[Standing]) -> str:
    failed = [
        s
        for s in standings
        if s.end and s.end.state is TrialState.FAILED and s.end.reason != STUDY_ENDED.reason
    ]
    newest = newest_end(failed)
    if newest is None:
        return "none failed"
    standing, end = newest
    return f"the newest, trial {standing.number}: {end.reason}: {end.message}"


def forgiven_end(end: End, template: int) -> bool:
    """Whether a trial ended by a fault that an earlier template had."""
    return end.reason in TEMPLATE_FAULTS and end.generation != template


def _sampled(standing: Standing) -> bool:
    return standing.number < FIRST_HAND_MADE


def _target(spec: StudySpec, record: StudyRecord) -> StudyEnding | None:
    target = spec.objective.target
    best = record.trial(record.best).latest if record.best is not None else None
    if target is None or best is None:
        return None
    if spec.objective.direction.better(target, best):
        return None
    return StudyEnding(
        True,
        StudyReason.TARGET_REACHED,
        f"Trial {record.best} has {spec.objective.metric} {best:.6g}, the target is {target:.6g}.",
        stops=True,
    )
