"""What is kept of a trial's last few values is what all of its values say."""

from __future__ import annotations

import math
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning import Direction, Ledger, Report, Terms
from espalier.pruning.history.recent_best import RecentBests

scores = st.sampled_from([0.0, 0.1, 0.1, 0.5, -0.5, math.nan, math.inf, -math.inf])
said = st.tuples(st.integers(0, 30), scores)


def best(values: Iterable[float]) -> float:
    return max((value for value in values if value == value), default=math.nan)


@given(
    st.integers(1, 6),
    st.lists(st.tuples(said, st.booleans(), st.integers(1, 2)), min_size=1, max_size=60),
)
def test_a_look_sees_what_all_values_say(
    recent: int, history: list[tuple[tuple[int, float], bool, int]]
) -> None:
    ledger = Ledger(Terms(Direction.MAXIMIZE, 100))
    for (step, score), looks, attempt in history:
        ledger.append(Report(0, attempt, step, score))
        if looks:
            curve = ledger.curve(0)
            _, by_step = curve.whole()
            found = RecentBests.of(ledger, recent).look(curve)
            assert repr(found.after) == repr(best(by_step[-recent:]))
            assert repr(found.before) == repr(best(by_step[:-recent]))
