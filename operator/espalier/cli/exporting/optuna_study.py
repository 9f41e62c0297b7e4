"""What is known of a study, as `espalier.search.optuna_export` writes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from espalier.api import parse_study
from espalier.api.parameters import space_of
from espalier.cli.exporting.tables import encodable
from espalier.declared.bounds import LARGEST_STEP
from espalier.errors import SpecError
from espalier.planning.proposing.past import outcome_of
from espalier.planning.world.parameters_text import parameters_of_text
from espalier.pruning import Direction, is_repeat, repeat_of
from espalier.search import Outcome
from espalier.search.optuna_export import StudyToWrite, TrialToWrite
from espalier.search.optuna_storage import OurStudy
from espalier.search.space import Space
from espalier.study_log.log import StoredSpec
from espalier.views.gathered import Gathered
from espalier.views.trials import ranks_of, state_of, trial_view

_TOLD = {
    "name": "name",
    "origin": "origin",
    "proposed_by": "proposedBy",
    "rank": "rank",
    "reason": "reason",
    "message": "message",
    "attempt": "attempt",
    "trial_seconds": "trialSeconds",
    "gpu_seconds": "gpuSeconds",
}
"""Attributes of a trial, by the fields of its view that they are."""


def study_to_write(gathered: Gathered) -> StudyToWrite:
    """Return a study for Optuna.

    Repeats of finalists are no trials of their own there: they would be the best by luck. The
    finalist has their values as attributes.
    """
    row, terms = gathered.study, gathered.study.terms
    repeats, ranks = _repeats(gathered), ranks_of(gathered)
    numbers = [number for number in gathered.numbers if not is_repeat(number)]
    return StudyToWrite(
        name=encodable(f"{row.namespace}/{row.name}"),
        maximizes=terms.direction is Direction.MAXIMIZE,
        about=OurStudy(
            row.uid, terms.metric, None if terms.horizon == LARGEST_STEP else terms.horizon
        ),
        space=_space(gathered.specs),
        trials=[
            _trial(gathered, number, ranks.get(number), repeats.get(number, ()))
            for number in numbers
        ],
        attributes={"pruner": row.settings.pruner.get("type"), "espalier_version": row.version},
    )


def _repeats(gathered: Gathered) -> Mapping[int, Sequence[float]]:
    """Return the last values of each finalist's completed repeats."""
    found: dict[int, list[float]] = defaultdict(list)
    for number in gathered.values:
        values = gathered.counted(number)
        repeat, place = repeat_of(number), values.latest()
        if repeat is not None and place is not None and state_of(gathered, number) == "Completed":
            found[repeat.of].append(values.values[place])
    return found


def _space(specs: Sequence[StoredSpec]) -> Space:
    """Return the space as the Study said it last; without one, values tell what they may be."""
    if not specs:
        return Space(())
    spec, meta = specs[-1].spec, {"name": "exported", "namespace": "exported", "uid": "exported"}
    kind = {"apiVersion": "espalier.dev/v1alpha1", "kind": "Study"}
    try:
        return space_of(parse_study({**kind, "metadata": meta, "spec": spec}).spec.parameters)
    except SpecError:
        return Space(())


def _trial(
    gathered: Gathered, number: int, rank: int | None, repeats: Sequence[float]
) -> TrialToWrite:
    view = trial_view(gathered, number, rank)
    made, values = gathered.made.get(number), gathered.values.get(number)
    steps, reported = ([], []) if values is None else values.curve()
    stored = gathered.ends.get(number)
    given = {} if made is None else parameters_of_text(made.parameters)
    told = {name: view[key] for name, key in _TOLD.items() if view[key] not in (None, "")}
    told["exempt"] = view["exempt"]
    told |= {f"pruned_{key}": said for key, said in (view["pruned"] or {}).items()}
    return TrialToWrite(
        number=number,
        parameters={encodable(name): value for name, value in given.items()},
        outcome=_outcome(gathered, number),
        steps=steps,
        values=reported,
        began=_began(gathered, number),
        ended=None if stored is None else stored.end.at,
        attributes=told | _of_repeats(repeats),
    )


def _of_repeats(values: Sequence[float]) -> dict[str, Any]:
    return {"repeats": list(values), "repeats_mean": fmean(values)} if values else {}


def _outcome(gathered: Gathered, number: int) -> Outcome | None:
    stored = gathered.ends.get(number)
    if stored is not None:
        return outcome_of(stored.end)
    return Outcome.RUNNING if state_of(gathered, number) == "Running" else None


def _began(gathered: Gathered, number: int) -> float | None:
    """Return when a trial started, as well as is known."""
    made, values = gathered.made.get(number), gathered.values.get(number)
    if made is not None and made.started_at is not None:
        return made.started_at
    if values is not None and len(values):
        return values.at[0]
    return None if made is None else made.created_at
