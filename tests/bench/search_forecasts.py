"""How well the ends of pruned trials are foretold on recorded curves: ours beside other ways.

Studies of 60 recorded configurations in random order, with 4 workers, pruned by a Median from a
tenth of the steps on and by Auto; four lists a task. At a study's end every way foretells what its
pruned trials would have come to, from what the study has seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata, spearmanr

from espalier.backtest.candidate import Candidate
from espalier.backtest.curves import read_file
from espalier.backtest.measure import Setting
from espalier.backtest.simulate import simulate
from espalier.planning.proposing.forecasts import FEWEST, forecasts_of
from espalier.pruning import Terms
from espalier.pruning.history.dense_rungs import rungs_up_to
from espalier.pruning.pruners.posterior.regression import chain, transition
from espalier.search import Outcome, PastTrial
from tests.bench.quality_markdown import table
from tests.bench.search_drivers import PRUNERS
from tests.bench.search_surrogate import Array
from tests.bench.search_tasks import CURVES

SETTING = Setting(workers=4, trials=60, orders=4)
Pairs = tuple[Array, Array]


@dataclass(frozen=True)
class Seen:
    """A study at its end: curves whose steps beyond `steps` nobody has seen."""

    scores: Array
    steps: Sequence[int]
    completed: Sequence[int]
    pruned: Sequence[int]

    @property
    def horizon(self) -> int:
        return self.scores.shape[1]

    def last(self, trial: int) -> float:
        return float(self.scores[trial, self.steps[trial] - 1])

    def window(self, trial: int, step: int) -> float:
        """Take the mean over the last 15 % of the steps up to one."""
        return float(self.scores[trial, step - max(1, math.ceil(0.15 * step)) : step].mean())

    def ends(self, step: int) -> Pairs:
        """Give the completed trials' scores at a step, and at the end."""
        pairs = self.scores[self.completed][:, [step - 1, -1]]
        known = pairs[np.isfinite(pairs).all(axis=1)]
        return known[:, 0], known[:, 1]


Way = Callable[[Seen], Callable[[int], float]]


def by_last(seen: Seen) -> Callable[[int], float]:
    return seen.last


def as_pruned(seen: Seen) -> Callable[[int], float]:
    order = rankdata([seen.last(trial) for trial in seen.pruned]) / (len(seen.pruned) + 1)
    least = float(np.nanmin(seen.scores[seen.completed, -1]))
    places = dict(zip(seen.pruned, order, strict=True))
    return lambda trial: least - 1 - seen.horizon + seen.steps[trial] + places[trial]


def by_gain(seen: Seen) -> Callable[[int], float]:
    outcomes = dict.fromkeys(seen.completed, Outcome.COMPLETED)
    trials = [
        PastTrial(
            trial,
            {},
            outcomes.get(trial, Outcome.PRUNED),
            tuple(range(1, steps + 1)),
            tuple(seen.scores[trial, :steps]),
        )
        for trial, steps in enumerate(seen.steps)
    ]
    found = forecasts_of(trials, seen.horizon)
    return lambda trial: found[trial].score


def by_the_same_score(seen: Seen) -> Callable[[int], float]:
    def end(trial: int) -> float:
        here, ends = map(np.sort, seen.ends(seen.steps[trial]))
        below = max(0.0, float(here[0]) - seen.last(trial))
        return float(np.interp(seen.last(trial), here, ends)) - below

    return end


def by_regression(seen: Seen) -> Callable[[int], float]:
    def end(trial: int) -> float:
        bias, slope = _line(*seen.ends(seen.steps[trial]))
        return bias + slope * seen.last(trial)

    return end


def from_rung_to_rung(seen: Seen) -> Callable[[int], float]:
    """Chain regressions to the next rung, each of all trials that were seen at both."""
    rungs = [*rungs_up_to(seen.horizon), seen.horizon]

    def end(trial: int) -> float:
        at = seen.steps[trial]
        score = seen.window(trial, at)
        for rung in (rung for rung in rungs if rung > at):
            both = [other for other, steps in enumerate(seen.steps) if steps >= rung]
            there = [
                float(seen.scores[o, -1]) if rung == seen.horizon else seen.window(o, rung)
                for o in both
            ]
            pairs = np.array([[seen.window(o, at), t] for o, t in zip(both, there, strict=True)])
            pairs = pairs[np.isfinite(pairs).all(axis=1)] if len(pairs) else pairs
            if len(pairs) >= FEWEST - 1:
                bias, slope = _line(pairs[:, 0], pairs[:, 1])
                score, at = bias + slope * score, rung
        return score

    return end


def by_posterior(seen: Seen) -> Callable[[int], float]:
    """Ask the regressions that the pruner Posterior chains."""
    rungs = rungs_up_to(seen.horizon)
    fits = []
    for place, rung in enumerate(rungs):
        after = rungs[place + 1] if place + 1 < len(rungs) else seen.horizon
        at = [(seen.window(o, rung), o) for o, steps in enumerate(seen.steps) if steps >= rung]
        column = sorted(entry for entry in at if math.isfinite(entry[0]))
        top = column[len(column) // 2 :] if len(column) > 2 else []
        rows = []
        for score, trial in top:
            if seen.steps[trial] >= after:
                last = after == seen.horizon
                end = float(seen.scores[trial, -1]) if last else seen.window(trial, after)
                before = seen.window(trial, rungs[place - 1]) if place else score
                rows.append((score, before, end))
        finite = [row for row in rows if math.isfinite(row[2])]
        fits.append(transition(top, finite, 1.0 - rung / after))
    reaches = chain(fits)

    def end(trial: int) -> float:
        steps = seen.steps[trial]
        place = max((place for place, rung in enumerate(rungs) if rung <= steps), default=0)
        score = seen.window(trial, steps)
        before = seen.window(trial, rungs[place - 1]) if place else score
        return reaches[place].mean(score, before)

    return end


WAYS: Mapping[str, Way] = {
    "as pruned: last step, then last score": as_pruned,
    "last score": by_last,
    "last score + median gain of the completed (ours)": by_gain,
    "the completed one with the same score at the step": by_the_same_score,
    "regression of the end on the score, of the completed": by_regression,
    "regressions from rung to rung, of all seen at both": from_rung_to_rung,
    "`Posterior`'s own": by_posterior,
}


def markdown(tasks: Sequence[str]) -> str:
    """Write the mean figures over tasks, by pruner and way."""
    found: dict[tuple[str, str], list[Array]] = {}
    for name in tasks:
        for pruner in ("Median", "Auto"):
            told: dict[str, list[list[float]]] = {}
            for seen in _studies(name, pruner):
                for way, make in WAYS.items():
                    told.setdefault(way, []).append(_figures(seen, make(seen)))
            for way, rows in told.items():
                found.setdefault((pruner, way), []).append(np.array(rows).mean(axis=0))
    rows = []
    for (pruner, way), each in found.items():
        rank, best, error, bias = np.array(each).mean(axis=0)
        exact = ["–", "–"] if way.startswith("as pruned") else [f"{error:.2f}", f"{bias:+.2f}"]
        rows.append([pruner, way, f"{rank:.3f}", f"{best:.3f}", *exact])
    return table(["pruner", "told", "rank correlation", "best tenth", "error", "bias"], rows)


def _studies(name: str, pruner: str) -> Iterator[Seen]:
    (path,) = CURVES.rglob(f"{name}.npz")
    curves = read_file(path)
    for number in range(SETTING.orders):
        drawn = curves.take(SETTING.order(curves, number))
        uid = f"{name}/{number}"
        terms = Terms(curves.direction, curves.steps, study_uid=uid, trials=len(drawn))
        engine = Candidate(pruner, PRUNERS[pruner]).make(terms)
        outcome = simulate(drawn, SETTING.workers, engine)
        scores, steps = drawn.values * curves.direction.sign, outcome.steps
        whole = np.isfinite(outcome.completed_at)
        finite = [bool(np.isfinite(scores[i, steps[i] - 1])) for i in range(len(drawn))]
        completed = [i for i in range(len(drawn)) if whole[i] and finite[i]]
        pruned = [i for i in range(len(drawn)) if not whole[i] and finite[i]]
        if len(completed) >= FEWEST and len(pruned) > FEWEST:
            yield Seen(scores, steps, completed, pruned)


def _figures(seen: Seen, end: Callable[[int], float]) -> list[float]:
    """Give rank correlation, best tenth found, error and bias; nothing is told above the best."""
    completed, pruned = list(seen.completed), list(seen.pruned)
    truth = np.where(np.isfinite(seen.scores[:, -1]), seen.scores[:, -1], -np.inf)
    best = truth[completed].max()
    told = np.minimum([end(trial) for trial in pruned], best)
    unit = best - np.median(truth) or 1.0
    off = np.clip((told - np.minimum(truth[pruned], best)) / unit, -5, 5)
    ends, all_told = truth[completed + pruned], np.concatenate([truth[completed], told])
    size = math.ceil(0.1 * len(ends))
    shared = len(_top(ends, size) & _top(all_told, size)) / size
    apart = np.ptp(rankdata(told)) > 0 and np.ptp(rankdata(truth[pruned])) > 0
    rank = float(spearmanr(told, truth[pruned]).statistic) if apart else 0.0
    return [rank, shared, float(np.abs(off).mean()), float(off.mean())]


def _top(scores: Array, size: int) -> set[int]:
    return set(np.argsort(-scores, kind="stable")[:size].tolist())


def _line(here: Array, ends: Array) -> tuple[float, float]:
    """Fit a line that does not fall, shrunk by two trials' worth towards a slope of 1."""
    level, end = float(here.mean()), float(ends.mean())
    spread = float(((here - level) ** 2).sum())
    if not spread > 0.0:
        return end - level, 1.0
    prior = 2.0 * spread / len(here)
    both = float(((here - level) * (ends - end)).sum())
    slope = max(0.05, (both + prior) / (spread + prior))
    return end - slope * level, slope
