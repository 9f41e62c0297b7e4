"""What is tried: each pruner from careful to bold, by the settings that make it so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from espalier.api.pruner import PrunerSpec
from espalier.api.validation import checked
from espalier.backtest.candidate import Candidate, resolved
from espalier.backtest.knobs import KNOBS, STATING, Knob, Sweep
from espalier.declared.names import section_of
from espalier.pruning import Direction, Terms
from espalier.pruning.pruners.base import Pruner
from espalier.pruning.pruners.goal import Goal
from espalier.pruning.pruners.nop import Nop

FACTORS = (2, 3, 4)
"""Of a rung one in so many goes on."""
BASES: dict[str, tuple[dict[str, Any], ...]] = {
    "Percentile": ({"percentile": 25},),
    "Patient": ({"patience": 1},),
    "SuccessiveHalving": tuple({"reductionFactor": factor} for factor in FACTORS),
    "Hyperband": ({"reductionFactor": 3},),
}
"""Settings beside the one that is turned, where the type needs some, or has a second that counts;
of Percentile, a rule stricter than Median, which is the 50th."""


def default(goal: Goal) -> Candidate:
    """Return what prunes where a Study says no more than its goal."""
    if goal is Goal.KEEP_WINNER:
        return Candidate("Auto", {"type": "Auto"})
    return _with_goal("Auto", goal)


def all_types() -> tuple[str, ...]:
    """Return the types that are tried where nobody names one: Nop, and all that have a knob."""
    return (Nop.name, *KNOBS)


def strictnesses(types: Iterable[str], goal: Goal) -> list[Candidate]:
    """Return each of the types over its own knob; one without a knob as it is."""
    return [each for kind in types for each in _over(kind, goal)]


def _over(kind: str, goal: Goal) -> Iterator[Candidate]:
    if goal is not Goal.KEEP_WINNER and kind in STATING:
        yield _with_goal(kind, goal)
    if kind not in KNOBS:
        yield Candidate(kind, {"type": kind})
        return
    section = section_of(kind)
    knob: Knob = KNOBS[kind]
    for base in BASES.get(kind, ({},)):
        words = [f"{name}={value}" for name, value in base.items() if name != knob.setting]
        pruner = {"type": kind, **({section: base} if base else {})}
        yield from Sweep(Candidate(" ".join([kind, *words]), pruner), knob).candidates()


def _with_goal(kind: str, goal: Goal) -> Candidate:
    return Candidate(f"{kind} goal={goal}", {"type": kind, section_of(kind): {"goal": str(goal)}})


def distinct(candidates: Iterable[Candidate], horizons: Sequence[int]) -> list[Candidate]:
    """Leave out what is the same rule as one before it in trials of each of these lengths.

    Raises
    ------
    SpecError
        If one is no pruner.
    """
    found: list[Candidate] = []
    rules: list[list[Any]] = []
    for candidate in candidates:
        built = [_built(candidate, horizon) for horizon in horizons]
        if built not in rules:
            rules.append(built)
            found.append(candidate)
    return found


def _built(candidate: Candidate, horizon: int) -> Pruner:
    candidate.judge(Terms(Direction.MAXIMIZE, horizon))  # says what is wrong in words
    return checked(PrunerSpec, resolved(candidate.pruner, horizon), "spec.pruner").build()
