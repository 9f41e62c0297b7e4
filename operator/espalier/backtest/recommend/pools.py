"""The trials that lists are drawn from: halves of a study, each with and without its best ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from espalier.backtest.curves import Curves
from espalier.backtest.measure import Setting

HALVINGS = 4
"""So often is a study halved: more do not tell more, they are halves of the same trials."""
BEST_LEFT_OUT = 4
"""Of each half as many pools are made: the whole half, and without its best one, two, three."""
LISTS_IN_POOL = 4
"""A half is cut to so many times the longest list: more trials would only take memory."""
POOLS = 2 * HALVINGS * BEST_LEFT_OUT
"""The pools of a study."""
Winner = tuple[str, int]
"""A study's name and the place of the trial in its record."""


@dataclass(frozen=True)
class Pool:
    """Trials of a study that lists are drawn from.

    Parameters
    ----------
    study
        The study's name.
    rows
        Which trials, by their places in the record.
    curves
        Theirs, under a name of its own.
    """

    study: str
    rows: tuple[int, ...]
    curves: Curves

    def winner(self, setting: Setting, number: int) -> Winner:
        """Return who ends best of the list with this number; of several the first in the record."""
        order = setting.order(self.curves, number)
        finals = self.curves.finals
        best = max(finals[place] for place in order)
        return self.study, min(self.rows[place] for place in order if finals[place] == best)


def pools(curves: Curves, setting: Setting) -> list[Pool]:
    """Halve a study several times at random, and leave out none to three of each half's best.

    With all trials in each half its list would always be won by the same one; leaving out the best
    asks what would have been lost had the study not met it. Half after half; the halves 2i and
    2i + 1 have no trial in common. Of an odd number one trial is left out each time.
    """
    name = int.from_bytes(blake2b(curves.name.encode(), digest_size=8).digest())
    size = min(len(curves) // 2, LISTS_IN_POOL * setting.trials)
    found: list[Pool] = []
    for halving in range(HALVINGS):
        rng = np.random.default_rng([setting.seed, halving, name])
        drawn = [int(row) for row in rng.permutation(len(curves))]
        for rows in (drawn[:size], drawn[size : 2 * size]):
            best = sorted(rows, key=lambda row: (-curves.finals[row], row))
            for left_out in range(BEST_LEFT_OUT):
                without = [row for row in rows if row not in best[:left_out]]
                # A list's order hangs on the end of the name: the number stands there.
                found.append(_pool(curves, without, f"{curves.name} {len(found):02}"))
    return found


def _pool(curves: Curves, rows: Sequence[int], name: str) -> Pool:
    taken = curves.take(rows)
    named = Curves(name, taken.direction, taken.values, taken.seconds)
    return Pool(curves.name, tuple(rows), named)


def winners(parts: Sequence[Pool], setting: Setting) -> tuple[Winner, ...]:
    """Return who wins each list of these pools, pool after pool."""
    return tuple(part.winner(setting, number) for part in parts for number in range(setting.orders))
