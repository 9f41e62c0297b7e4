"""Which kind a task is of, by what is measured on its curves and not by what it is about.

`python -m tools.curves.kinds DIR...` writes the kind of every NAME.json in DIR into it and shows
nothing else, so that held-out tasks stay unseen; with `--facts` it shows what was measured.

- `jumps`: at least a fifth of the better half of the trials stand still for the first tenth of
  their steps, and later win two fifths of all that there is to win within two steps.
- `noisy`: in the last value of the best quarter noise is more than 0.15 of the spread.
- `crossing`: neither, but the ranks of the better half at half of the steps correlate (Spearman)
  with the last ones by less than 0.6.
- `clean`: the rest.

The limits lie in gaps: of the 24 first tasks none has 0.01 to 0.3 of such trials, noise of 0.08 to
0.43, or without noise a correlation of 0.45 to 0.75.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

JUMPING, NOISE, STABILITY = 0.2, 0.15, 0.6
STILL, LEAP = 0.02, 0.4


@dataclass(frozen=True)
class Facts:
    """What is measured on a task's curves.

    Parameters
    ----------
    jumping
        Share of the better half of the trials that stand still and then jump.
    noise
        Variance of the noise in the last values of the best quarter, in variances of those values:
        by third differences of neighbouring steps, of which a smooth trend has none, or by what
        other seeds of the same trial came to, whichever is more.
    stability
        Spearman correlation of the better half's values at half of the steps with the last ones.
    """

    jumping: float
    noise: float
    stability: float

    @property
    def kind(self) -> str:
        """The kind by these facts."""
        if self.jumping >= JUMPING:
            return "jumps"
        if self.noise > NOISE:
            return "noisy"
        return "crossing" if self.stability < STABILITY else "clean"


def facts(path: Path) -> Facts:
    """Measure a task: NAME.json with its NAME.npz."""
    sign = 1.0 if json.loads(path.read_text())["direction"] == "max" else -1.0
    with np.load(path.with_suffix(".npz")) as data:
        values = data["values"].astype(float) * sign
        seeds = data["values_seeds"][:, :, -1].astype(float) if "values_seeds" in data else None
    whole = np.isfinite(values).all(axis=1)
    order = np.flatnonzero(whole)[np.argsort(-values[whole, -1])]
    half, quarter = order[: len(order) // 2], order[: max(10, len(order) // 4)]
    range_ = np.quantile(values[whole, -1], 0.95) - np.median(values[whole, 0])
    by_seed = 0.0 if seeds is None else _noise_by_seeds(seeds[:, quarter])
    return Facts(
        _jumping(values[half], float(range_)),
        max(_noise_by_steps(values[quarter]), by_seed),
        float(spearmanr(values[half, values.shape[1] // 2 - 1], values[half, -1])[0]),
    )


def _jumping(values: np.ndarray, range_: float) -> float:
    """Share of the trials that stand still for a tenth of the steps and jump at some time."""
    begun = values[:, : max(2, values.shape[1] // 10)]
    still = (np.abs(begun - values[:, :1]) <= STILL * range_).all(axis=1)
    return float((still & ((values[:, 2:] - values[:, :-2]).max(axis=1) >= LEAP * range_)).mean())


def _noise_by_steps(values: np.ndarray) -> float:
    """By the last quarter of the steps; a third difference of noise has 20 times its variance."""
    tail = values[:, -max(6, values.shape[1] // 4) :]
    noise = np.median((np.diff(tail, n=3, axis=1) ** 2).mean(axis=1)) / 20
    return _share(float(noise), values[:, -1])


def _noise_by_seeds(finals: np.ndarray) -> float:
    """By the last values of all seeds, seeds x trials; the first seed's are those of the task."""
    return _share(float(np.nanmean(np.nanvar(finals, axis=0, ddof=1))), finals[0])


def _share(noise: float, finals: np.ndarray) -> float:
    spread = float(np.var(finals))
    return noise / spread if spread else float(noise > 0)


def write_kind(path: Path) -> Facts:
    """Measure a task, and write its kind into its NAME.json."""
    measured, about = facts(path), json.loads(path.read_text())
    about["kind"] = measured.kind
    path.write_text(json.dumps(about, separators=(",", ":")) + "\n")
    return measured


def main() -> None:
    shown = "--facts" in sys.argv
    for folder in [name for name in sys.argv[1:] if name != "--facts"]:
        for path in sorted(Path(folder).glob("*.json")):
            measured = write_kind(path)
            if shown:
                print(path.stem, measured.kind, measured)


if __name__ == "__main__":
    main()
