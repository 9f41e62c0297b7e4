"""Histories for samplers: trials that have ended in every way, with a plain objective."""

import math

from espalier.search import (
    NO_HISTORY,
    Choice,
    FloatRange,
    History,
    IntRange,
    Outcome,
    Parameter,
    PastTrial,
    Random,
    Scale,
    Space,
    TellPruned,
    When,
    tell,
)

FLAT = Space(
    (
        Parameter("lr", FloatRange(1e-5, 1.0, Scale.LOG)),
        Parameter("momentum", FloatRange(0.0, 1.0)),
        Parameter("width", IntRange(16, 1024, Scale.LOG)),
        Parameter("layers", IntRange(2, 8, step=2)),
        Parameter("optimizer", Choice(("sgd", "adam", "rms"))),
    )
)
NUMBERS = Space(FLAT.parameters[:2])
BRANCHED = Space(
    (
        Parameter("optimizer", Choice(("sgd", "adam", True, 1))),
        Parameter("lr", FloatRange(1e-5, 1.0, Scale.LOG)),
        Parameter("dropout", FloatRange(0.0, 0.5, step=0.1)),
        Parameter("momentum", FloatRange(0.0, 1.0), When("optimizer", ("sgd",))),
        Parameter("layers", IntRange(1, 4)),
        Parameter("width", IntRange(16, 1024), When("layers", (2, 3, 4))),
    )
)


def score_of(parameters) -> float:
    """The better the nearer the rate is to 0.001."""
    lr = float(parameters.get("lr", 1.0))
    return -abs(math.log10(lr) + 3) - (0.5 if parameters.get("optimizer") == "sgd" else 0.0)


def ended(space: Space, count: int, seed: int = 3, told: TellPruned = TellPruned.AS_PRUNED):
    """A history of so many trials: completed, pruned early or late, failed."""
    return tell(
        [_trial(n, Random().propose(space, NO_HISTORY, seed, n)) for n in range(count)], told, {}
    )


def running(space: Space, count: int, first: int = 1000, seed: int = 3) -> History:
    """Trials that run."""
    parameters = [Random().propose(space, NO_HISTORY, seed, first + n) for n in range(count)]
    trials = [PastTrial(first + n, p, Outcome.RUNNING) for n, p in enumerate(parameters)]
    return tell(trials, TellPruned.AS_PRUNED, {})


def _trial(number: int, parameters) -> PastTrial:
    score = score_of(parameters)
    if number % 9 == 5:
        return PastTrial(number, parameters, Outcome.FAILED)
    if number % 3 == 1:
        last = 1 + number % 4
        steps = range(1, last + 1)
        return PastTrial(number, parameters, Outcome.PRUNED, steps, [score - 1 / s for s in steps])
    return PastTrial(number, parameters, Outcome.COMPLETED, range(1, 6), [score] * 5)
