"""What a study has taken over from earlier ones, as its own log keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from espalier.search import Outcome


@dataclass(frozen=True, slots=True)
class EarlierTrial:
    """A trial of an earlier study, mapped onto the present one's parameters.

    Parameters
    ----------
    study
        Uid of the study that it is of; of a table of results, what stands for one.
    number
        Its number there.
    parameters
        The values of the present study's parameters by name, as JSON.
    outcome
        How it ended, as far as the present study is concerned.
    steps, values
        What it reported for the objective, by step, in the user's sign; NaN where it diverged.
    """

    study: str
    number: int
    parameters: str
    outcome: Outcome
    steps: tuple[int, ...] = ()
    values: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class EarlierSource:
    """Where trials were taken from, and what became of them.

    Parameters
    ----------
    kind, name
        ``Study`` or ``ConfigMap``, and which; of a ConfigMap with its key.
    study
        Uid of the study that the trials are of.
    taken
        How many trials were taken.
    left_out
        How many were not, by the reason in words.
    """

    kind: str
    name: str
    study: str
    taken: int
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TakenOver:
    """That trials were taken over, once, and from where.

    Parameters
    ----------
    asked
        `fingerprint` of what was asked for.
    sources
        In the Study's order.
    """

    asked: int
    sources: tuple[EarlierSource, ...]
