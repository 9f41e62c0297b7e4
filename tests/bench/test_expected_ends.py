"""What the best trial by its expected value is worth, on recorded curves. Prints figures.

Each study draws 48 trials of a task. A trial is worth what its next three values are on the mean,
which the study has not seen (its curves end three steps early), or what the same configuration
ends at with other seeds, where a task has some. In units of the spread of the task's better half.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from espalier.backtest.curves import direction_of
from espalier.pruning import Direction, Leader, Ledger, Report, Terms, TrialState
from espalier.pruning.history.expected_ends import Leaders
from espalier.pruning.history.local_level import MOST_VALUES
from espalier.pruning.history.noise import noise_of

CURVES = Path(__file__).parents[1] / "curves"
STUDIES, TRIALS, UNSEEN = 150, 48, 3
WITHIN = 1.645


def leaders_of(scores: np.ndarray) -> tuple[Leader, ...]:
    """Let a study of these trials end; larger is better."""
    ledger = Ledger(Terms(Direction.MAXIMIZE))
    for trial, values in enumerate(scores[:, -MOST_VALUES:]):
        for step, value in enumerate(values):
            ledger.append(Report(trial, 1, step, float(value)))
        ledger.close(trial, TrialState.COMPLETED)
    return Leaders.of(ledger).told()


def measured(scores: np.ndarray, worth: np.ndarray, blur: np.ndarray) -> dict[str, float]:
    """Compare the best by expected value with the best by last value.

    Parameters
    ----------
    scores
        N trials x S steps, larger is better.
    worth
        What each trial is worth.
    blur
        The standard error of that.
    """
    rng = np.random.default_rng(12)
    known = worth[np.isfinite(worth)]
    spread = np.std(np.sort(known)[-len(known) // 2 :])
    gains, ahead, behind, held, sures, firsts = [], [], [], [], [], []
    for _ in range(STUDIES):
        drawn = rng.choice(len(scores), TRIALS, replace=False)
        leaders = leaders_of(scores[drawn])
        first = leaders[0]
        best, luckiest = drawn[first.trial], drawn[int(np.nanargmax(scores[drawn, -1]))]
        gains.append((worth[best] - worth[luckiest]) / spread)
        ahead.append((first.expected - worth[best]) / spread)
        behind.append((scores[luckiest, -1] - worth[luckiest]) / spread)
        for each in leaders:
            if each.low is None or not np.isfinite(worth[drawn[each.trial]]):
                continue
            half = np.hypot((each.high - each.low) / 2, WITHIN * blur[drawn[each.trial]])
            held.append(abs(each.expected - worth[drawn[each.trial]]) <= half + 1e-12)
        sures.append(np.nan if first.sure is None else first.sure)
        firsts.append(best == drawn[int(np.nanargmax(worth[drawn]))])
    return {
        "another": float(np.mean(np.array(gains) != 0)),
        "gain": float(np.mean(gains)),
        "error": float(np.std(gains) / np.sqrt(STUDIES)),
        "promised too much, last": float(np.mean(behind)),
        "promised too much, expected": float(np.mean(ahead)),
        "held": float(np.mean(held)),
        "sure": float(np.nanmean(sures)),
        "was best": float(np.mean(firsts)),
    }


def test_the_best_by_expected_value_is_worth_no_less_than_the_best_by_last_value() -> None:
    gains = []
    print()
    for path in sorted(CURVES.rglob("*.npz")):
        sign = direction_of(json.loads(path.with_suffix(".json").read_text())["direction"]).sign
        arrays = np.load(path)
        scores = arrays["values"].astype(float) * sign
        worth = scores[:, -UNSEEN:].mean(axis=1)
        seen = scores[:, :-UNSEEN]
        noise = np.array([noise_of(row.tolist()) or 0.0 for row in seen])
        gains.append(_print(path.stem, measured(seen, worth, noise / np.sqrt(UNSEEN))))
        if "values_seeds" in arrays:
            others = arrays["values_seeds"].astype(float)[1:, :, -1] * sign
            blur = others.std(axis=0, ddof=1) / np.sqrt(len(others))
            gains.append(_print(f"{path.stem}: seeds", measured(scores, others.mean(axis=0), blur)))
    print(f"  {'mean':<34} {np.mean(gains):+.3f}")
    assert np.mean(gains) > 0


def _print(name: str, found: dict[str, float]) -> float:
    print(
        f"  {name:<34} another {found['another']:4.0%}  worth {found['gain']:+.3f} "
        f"± {found['error']:.3f}  too good by {found['promised too much, last']:+.3f} -> "
        f"{found['promised too much, expected']:+.3f}  held {found['held']:4.0%}  "
        f"sure {found['sure']:4.0%}, was best {found['was best']:4.0%}"
    )
    return found["gain"]
