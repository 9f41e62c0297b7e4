"""The repeats of the finalists: which are there, which are still to be made, which may run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from espalier.errors import SpecError
from espalier.planning.effects import CreateTrial
from espalier.planning.finalists.choosing import parameters_of_trial
from espalier.planning.standing.look import Look
from espalier.planning.workload.trial import build_trial
from espalier.planning.world.chosen import chosen, planned
from espalier.planning.world.names import trial_name
from espalier.planning.world.snapshot import TrialView
from espalier.pruning import repeat_of


def missing(look: Look) -> Iterator[int]:
    """Yield the numbers of the repeats that are still to be made, in their order.

    One whose name another trial of the study has is given up, which is not there to make room; so
    is one of which nobody knows the parameters any more.
    """
    study = look.snapshot.study
    return (
        number
        for number in planned(study)
        if number not in look
        and not look.is_named(trial_name(study.name, number))
        and _parameters(look, number) is not None
    )


def new_repeats(look: Look, free: int) -> tuple[CreateTrial, ...]:
    """Return the next repeats to be made, as many as there are free slots."""
    study = look.snapshot.study
    return tuple(
        CreateTrial(number, build_trial(study, number, _parameters(look, number) or {}))
        for number in islice(missing(look), max(0, free))
    )


def _parameters(look: Look, number: int) -> Mapping[str, Any] | None:
    """Return the parameters of the finalist that a number is a repeat of."""
    repeat = repeat_of(number)
    return None if repeat is None else parameters_of_trial(look, repeat.of)


def are_due(look: Look) -> bool:
    """Whether repeats are to be made, or have not ended."""
    wanted = planned(look.snapshot.study)
    running = {standing.number for standing in look.going_on}
    return any(number in running for number in wanted) or any(missing(look))


def check_repeat(look: Look, view: TrialView) -> None:
    """Check that a Trial which says that it is a repeat is one of those that are to be made.

    Raises
    ------
    SpecError
        If no finalist is to have this repeat, or its parameters are not the finalist's.
    """
    if not view.repeat:
        return
    repeat = repeat_of(view.number) if view.number is not None else None
    if repeat is None or repeat.of not in chosen(look.snapshot.study):
        raise SpecError(
            "spec.repeat",
            "expected a Trial without repeat, which the operator writes into those that run a"
            f" finalist again, got Trial {view.name}; create one with the same parameters and"
            " without repeat",
        )
    wanted = parameters_of_trial(look, repeat.of)
    if wanted is not None and dict(view.parameters) != dict(wanted):
        raise SpecError(
            "spec.parameters",
            f"expected those of trial {repeat.of}, of which it is a repeat, got others; delete the"
            " Trial, the operator makes the repeats itself",
        )
