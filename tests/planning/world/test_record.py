"""What is wanted of a trial follows from the decisions on it."""

from __future__ import annotations

import pytest

from espalier.planning.world.record import End, TrialRecord, Wanted
from espalier.pruning import Action, Decision, Reason, TrialState


def decision(action: Action) -> Decision:
    return Decision(0, 1, 3, action, Reason.PLUGIN_KEEPS, {}, None, None, "Toy", {})


KEEP, PRUNE = decision(Action.KEEP), decision(Action.PRUNE)
FAILED = End("Failed", "", TrialState.FAILED, 1.0)


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        pytest.param(TrialRecord(0), Wanted.RUN, id="nothing was decided"),
        pytest.param(TrialRecord(0, decision=KEEP), Wanted.RUN, id="it was kept"),
        pytest.param(TrialRecord(0, decision=PRUNE, prune=PRUNE), Wanted.GONE, id="it was pruned"),
        pytest.param(
            TrialRecord(0, decision=KEEP, prune=PRUNE), Wanted.GONE, id="nothing takes a prune back"
        ),
        pytest.param(TrialRecord(0, end=FAILED), Wanted.RUN, id="an end is no decision"),
    ],
)
def test_wanted(record: TrialRecord, wanted: Wanted) -> None:
    assert record.wanted is wanted
