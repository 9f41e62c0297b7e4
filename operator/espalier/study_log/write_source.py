"""An earlier study as JSON lines that hold what a warm start needs, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from espalier.api.judging import JudgeSettings
from espalier.declared.bounds import LARGEST_STEP
from espalier.planning.proposing.taking_over import SourceStudy, SourceTrial, thinned
from espalier.planning.world.earlier import EarlierTrial
from espalier.planning.world.parameters_text import text_of_parameters
from espalier.pruning import Terms
from espalier.study_log.log import Log, StoredEarlier, StudyRow
from espalier.study_log.write_lines import lines

THINNINGS = (200, 100, 50, 25, 12, 6, 3, 2)
"""Values of a trial that are written at most, one after the other until all of it fits."""


def source_lines(source: SourceStudy) -> Iterator[str]:
    """Yield a study as lines, which `espalier.study_log.sources.source_of` understands."""
    # Where the last step is not known, each trial has come as far as it had to.
    horizon = LARGEST_STEP if source.horizon is None else source.horizon
    trials = max(1, len(source.trials))
    settings = JudgeSettings(
        Terms(
            source.direction,
            horizon,
            study_uid=source.uid,
            metric=source.metric,
            trials=trials,
        ),
        {"type": "Nop"},
        {},
    )
    row = StudyRow(0, source.uid, "", source.name, settings, 0.0, "")
    told = tuple(
        EarlierTrial(
            source.uid,
            each.number,
            text_of_parameters(each.parameters),
            each.outcome,
            tuple(each.steps),
            tuple(each.values),
        )
        for each in source.trials
    )
    return lines(Log(row, [], (), earlier=StoredEarlier(0, (), told, 0.0)))


def fitted(source: SourceStudy, most: int) -> tuple[str, int] | None:
    """Return a study as text of at most so many bytes, and how many values a trial has at most.

    None where even the first and last values of its trials are too much.
    """
    for points in THINNINGS:
        thin = replace(source, trials=[_thin(each, points) for each in source.trials])
        text = "\n".join(source_lines(thin)) + "\n"
        if len(text.encode()) <= most:
            return text, points
    return None


def _thin(trial: SourceTrial, most: int) -> SourceTrial:
    steps: Sequence[int] = thinned(trial.steps, most)
    return replace(trial, steps=steps, values=thinned(trial.values, most))
