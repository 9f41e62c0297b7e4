"""The false-prune rate that exempt trials tell, against studies in which the truth is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

from espalier.pruning import (
    BreakerSettings,
    Direction,
    Guards,
    Judge,
    Median,
    MinimumAcceptable,
    OwnValue,
    Patient,
    Peers,
    Pruner,
    Report,
    SuccessiveHalving,
    Terms,
    Threshold,
    TrialState,
)
from espalier.pruning.oversight.exempt import Exemption
from tests.pruning.histories import DIRECTIONS

TRIALS, STEPS, WORKERS, STUDIES = 12, 6, 4, 500
EXEMPT = 25.0
ALONE: dict[str, tuple[Pruner, Pruner]] = {
    # For maximize and minimize: bounds are in the user's own sign.
    "Threshold": (
        Threshold(lower=-0.5, warmup_steps=2),
        Threshold(upper=0.5, warmup_steps=2),
    ),
    "Patient": (Patient(patience=1, min_delta=0.5),) * 2,
}
AMONG: dict[str, tuple[Pruner, Pruner]] = {
    "Median": (Median(startup_trials=0, peers=Peers.REACHED, own_value=OwnValue.LAST),) * 2,
    "SuccessiveHalving": (SuccessiveHalving(min_resource=1, reduction_factor=2),) * 2,
}


@dataclass(frozen=True)
class Twins:
    """A study with exempt trials, and the same one without.

    Parameters
    ----------
    would, false
        What the exempt trials of the first told, 0 where there was nothing to compare with.
    pruned, wrong
        The trials that the pruner, not a guard, pruned in the second; and those of them that would
        have ended better than the best that it returned.
    exempt
        The exempt trials of the first.
    """

    would: int
    false: int
    pruned: frozenset[int]
    wrong: frozenset[int]
    exempt: frozenset[int]


def curves_of(seed: int) -> np.ndarray:
    """Curves whose early values say something of the final one; a few diverge for a while."""
    rng = np.random.default_rng(seed)
    doubt = np.linspace(1.5, 0.0, STEPS)
    curves = rng.normal(size=(TRIALS, 1)) + doubt * rng.normal(size=(TRIALS, STEPS))
    for trial in np.flatnonzero(rng.random(TRIALS) < 0.1):
        curves[trial, int(rng.integers(1, STEPS - 2)) : STEPS - 1] = math.nan
    return curves


def judge_of(pruner: Pruner, direction: Direction, exempt: float, seed: int) -> Judge:
    guards = Guards(
        keep_best=0,
        exempt_percent=exempt,
        minimum_acceptable=MinimumAcceptable(value=-1.5 * direction.sign, from_step=2),
        breaker=BreakerSettings(share_percent=0.0),
    )
    return Judge(pruner, Terms(direction, STEPS, study_uid=f"s{seed}"), guards)


def play(judge: Judge, curves: np.ndarray) -> dict[int, bool]:
    """Run a study; give the pruned trials, and whether the pruner did it rather than a guard."""
    pruned: dict[int, bool] = {}
    waiting, running = list(range(TRIALS)), dict[int, int]()
    while waiting or running:
        while waiting and len(running) < WORKERS:
            running[waiting.pop(0)] = 0
        for trial, step in list(running.items()):
            value = judge.ledger.user(curves[trial, step])
            running[trial] += 1
            decision = judge.report(Report(trial, 1, step + 1, value), 0.0).decision
            assert decision is not None
            if decision.prunes:
                pruned[trial] = decision.pruner != "Guards"
                del running[trial]
            elif step + 1 == STEPS:
                judge.close(trial, TrialState.COMPLETED, 0.0)
                del running[trial]
    return pruned


def twins(pruners: tuple[Pruner, Pruner], seed: int) -> Twins:
    curves, direction = curves_of(seed), DIRECTIONS[seed % 2]
    pruner = pruners[seed % 2]
    first = judge_of(pruner, direction, EXEMPT, seed)
    second = judge_of(pruner, direction, 0.0, seed)
    play(first, curves)
    pruned = frozenset(trial for trial, own in play(second, curves).items() if own)
    summary, leader = first.summary(), second.ledger.leader()
    told = summary.false_prune_rate is not None
    return Twins(
        would=summary.exempt_would_prune if told else 0,
        false=summary.false_prunes if told else 0,
        pruned=pruned,
        wrong=frozenset(t for t in pruned if leader is not None and curves[t, -1] > leader.last),
        exempt=frozenset(
            filter(Exemption(Terms(direction, study_uid=f"s{seed}"), EXEMPT), range(TRIALS))
        ),
    )


@pytest.mark.parametrize("pruners", ALONE.values(), ids=ALONE)
def test_where_trials_are_judged_alone_exempt_trials_tell_the_truth_about_themselves(pruners):
    false = 0
    for study in (twins(pruners, seed) for seed in range(STUDIES)):
        if study.would:
            assert study.would == len(study.pruned & study.exempt)
            assert study.false == len(study.wrong & study.exempt)
            false += study.false
    assert false > 20


@pytest.mark.parametrize("pruners", [*ALONE.values(), *AMONG.values()], ids=[*ALONE, *AMONG])
def test_the_rate_that_exempt_trials_tell_is_the_true_one_within_the_sampling_error(pruners):
    error = variance = 0.0
    for study in (twins(pruners, seed) for seed in range(STUDIES)):
        pruned, would = len(study.pruned), study.would
        if would and pruned > 1:
            # Exempt trials are drawn without replacement from those that are to be pruned.
            share = len(study.wrong) / pruned
            error += study.false - would * share
            left = max(0, pruned - would) / (pruned - 1)
            variance += would * share * (1.0 - share) * left
    assert abs(error) < 3.0 * math.sqrt(variance)
    assert variance > 10.0
