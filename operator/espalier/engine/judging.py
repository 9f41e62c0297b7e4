"""From a Study to the judge of its trials, by way of settings that the store keeps.

The settings that a study started with stay its own: a judge built from them, fed with the study's
log, comes to the stored decisions without the cluster.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from espalier.api import Study
from espalier.api.pruner import PrunerSpec, PruningSpec, build_judge
from espalier.pruning import Direction, Judge, Report, Verdict, verdict_of
from espalier.store import Log, StoredEnd, StoredObservation


def settings_of(study: Study) -> dict[str, Any]:
    """Return what a study's judge depends on, as plain JSON values."""
    spec = study.spec
    return {
        "metric": spec.objective.metric,
        "direction": spec.objective.direction.value,
        "target": spec.objective.target,
        "horizon": spec.resource.max,
        "seed": spec.sampler.seed,
        "trials": spec.trials.max,
        "pruner": spec.pruner.model_dump(mode="json", by_alias=True, exclude_none=True),
        "pruning": spec.pruning.model_dump(mode="json", by_alias=True, exclude_none=True),
    }


def judge_of(uid: str, settings: dict[str, Any]) -> Judge:
    """Build a study's judge.

    Raises
    ------
    SpecError
        If the pruner cannot be built, such as a plug-in that is not installed.
    """
    return build_judge(
        PrunerSpec.model_validate(settings["pruner"]),
        PruningSpec.model_validate(settings["pruning"]),
        study_uid=uid,
        seed=settings["seed"],
        direction=Direction(settings["direction"]),
        horizon=settings["horizon"],
        target=settings["target"],
        trials=settings["trials"],
    )


def is_judged(settings: dict[str, Any], metric: str, step: int) -> bool:
    """Whether a value is judged: the objective's, up to the resource's maximum."""
    return bool(metric == settings["metric"] and step <= settings["horizon"])


def arrivals(log: Log) -> Iterator[StoredObservation | StoredEnd]:
    """Yield a log's values and endings in the order in which they came."""
    ends = iter(log.ends)
    end = next(ends, None)
    for seen in log.observations:
        while end is not None and end.seq < seen.seq:
            yield end
            end = next(ends, None)
        yield seen
    while end is not None:
        yield end
        end = next(ends, None)


def replay(
    judge: Judge, log: Log
) -> Iterator[tuple[StoredObservation | StoredEnd, Verdict | None]]:
    """Feed a log to a fresh judge; yield each arrival with its verdict, if judged."""
    settings = log.study.settings
    for arrival in arrivals(log):
        if isinstance(arrival, StoredEnd):
            judge.close(arrival.trial, arrival.end.state, arrival.end.at)
            yield arrival, None
        elif is_judged(settings, arrival.metric, arrival.step):
            report = Report(arrival.trial, arrival.attempt, arrival.step, arrival.value)
            yield arrival, verdict_of(judge, report, arrival.at)
        else:
            yield arrival, None
