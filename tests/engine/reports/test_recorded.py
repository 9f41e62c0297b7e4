"""The best completed trial is the same, whether it is kept up to date or looked for anew."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from espalier.engine.reports.recorded import Recorded
from espalier.planning.world.record import End, TrialRecord, best_completed
from espalier.pruning import Direction, TrialState

VALUES = st.none() | st.sampled_from([0.0, 1.0, 2.0, float("nan"), float("inf")])
STATES = st.none() | st.sampled_from([TrialState.COMPLETED, TrialState.PRUNED, TrialState.FAILED])


def record(number, latest, state):
    end = None if state is None else End(state.value, "it ended", state, 0.0)
    return replace(TrialRecord(number, latest=latest), end=end)


CHANGES = st.lists(st.lists(st.builds(record, st.integers(0, 5), VALUES, STATES), max_size=3))


@given(CHANGES, st.sampled_from(list(Direction)))
def test_the_best_completed_trial_is_kept_up_to_date(changes, direction):
    recorded, known = Recorded(direction), dict[int, TrialRecord]()
    for records in changes:
        recorded.take(records)
        known |= {each.number: each for each in records}
        assert recorded.trials == known
        assert recorded.best == best_completed(known, direction)
