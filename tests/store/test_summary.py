"""What a judge had to say comes back from the store as it was, from older stores as well."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace

from espalier.pruning import Leader, Report, TrialState
from espalier.store.summary import summary_of, summary_text
from tests.pruning.judging import judge_of

LEADERS = (
    Leader(3, 0.5, 0.48, 0.4, 0.56, 0.7),
    Leader(1, 0.6, 0.47, 0.4, 0.54),
    Leader(2, math.inf, math.inf),
)


def summary():
    judge = judge_of(shadows=())
    for trial in range(4):
        for step in range(9):
            judge.report(Report(trial, 1, step, trial + (step * trial) % 3), float(step))
        judge.close(trial, TrialState.COMPLETED, 9.0)
    return judge.summary()


def test_a_summary_comes_back_as_it_was():
    told = summary()
    assert len(told.leaders) == 4
    assert summary_of(summary_text(told)) == told
    told = replace(told, leaders=LEADERS)
    assert summary_of(summary_text(told)) == told


def test_one_of_a_version_that_told_of_no_leaders_has_none():
    told = asdict(summary())
    del told["leaders"]
    assert summary_of(json.dumps(told)) == replace(summary(), leaders=())


def test_one_whose_leaders_are_told_otherwise_is_none():
    told = asdict(summary()) | {"leaders": [{"number": 3}]}
    assert summary_of(json.dumps(told)) is None
    assert summary_of(None) is None
